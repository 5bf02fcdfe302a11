"""Traces made by hand, in the form that `minitorch trace` writes: what the tests of the page show."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import numpy as np

Data = dict[str, Any]


class Maker:
    """Collects the parts of a trace; each method gives the number of what it added."""

    def __init__(self, title: str = "by hand", source: str = "") -> None:
        self.data: Data = {"format": "minitorch-trace", "version": 1, "title": title, "step": 1, "engine": "minitorch"}
        for part in ("values", "modules", "leaves", "ops", "backward", "accumulations", "events"):
            self.data[part] = []
        self.data["sources"] = [{"path": "script.py", "text": source}] if source else []
        self.data["error"] = None

    def add(self, part: str, **member: Any) -> int:
        self.data[part].append({"id": len(self.data[part]), **member})
        return len(self.data[part]) - 1

    def value(self, array: Any, name: str | None = None, keep: bool = True) -> int:
        array = np.asarray(array, dtype=np.asarray(array).dtype if hasattr(array, "dtype") else np.float32)
        finite = array[np.isfinite(array)] if array.dtype.kind == "f" else array
        summary = None
        if finite.size:
            summary = {"min": float(finite.min()), "max": float(finite.max()), "mean": float(finite.mean())}
            summary |= {"std": float(finite.std()), "norm": float(np.linalg.norm(finite))}
            summary |= {"zeros": int((array == 0).sum()), "nan": int(np.isnan(array).sum())}
            summary |= {"inf": int(np.isinf(array).sum())}
        member = {"name": name, "shape": list(array.shape), "dtype": str(array.dtype), "bytes": array.nbytes}
        member |= {"data": pack(array) if keep else None, "summary": summary}
        if not keep:
            member["sample"] = {"index": [0], "shape": list(array[0].shape), "data": pack(array[0])}
        return self.add("values", **member)

    def leaf(self, name: str, array: Any, kind: str = "parameter", module: int | None = None) -> int:
        value = self.value(array, name)
        grads = {"grad_before": None, "grad": None, "updated": None}
        return self.add(
            "leaves", name=name, kind=kind, value=value, requires_grad=kind == "parameter", module=module, **grads
        )

    def op(
        self, name: str, inputs: dict[str, tuple[str, int]], out: Any, rules: dict[str, str] | None = None, **more: Any
    ) -> int:
        """An operation on leaves ("leaf", 0) and first outputs ("op", 0)."""
        tensors = []
        for argument, (kind, number) in inputs.items():
            origin = {"leaf": number} if kind == "leaf" else {"op": number, "output": 0}
            value = self.data["leaves"][number]["value"] if kind == "leaf" else self.result(number)
            tensors.append({"name": argument, "value": value, "from": origin})
        out_name, keep = more.pop("out_name", None), more.pop("keep", True)
        outputs = (
            [] if out is None else [{"value": self.value(out, out_name, keep), "name": "out", "requires_grad": True}]
        )
        member = {
            "name": name, "node": f"{name.capitalize()}Backward0", "sequence": 0, "phase": "forward", "inputs": tensors,
            "arguments": {}, "outputs": outputs, "saved": [], "doc": f"What {name} does.", "file": None, "line": 0,
            "rules": [{"argument": key, "formula": text, "doc": None} for key, text in (rules or {}).items()],
            "function": "<module>", "module": None, "seconds": 1e-5, "bytes": 4, "view": False, "in_place": None,
            "error": None,
        }  # fmt: skip
        number = self.add("ops", **(member | more))
        self.data["events"].append({"forward": number})
        return number

    def result(self, op: int) -> int:
        value: int = self.data["ops"][op]["outputs"][0]["value"]
        return value

    def pull(self, op: int, incoming: int, parts: list[Data], outgoing: dict[str, tuple[Any, Any]]) -> int:
        """A backward step: for each argument, what the rule gave and what is left of it for the argument."""
        sent = []
        tensors = {tensor["name"]: tensor for tensor in self.data["ops"][op]["inputs"]}
        for argument, (raw, fitted) in outgoing.items():
            first = self.value(raw)
            second = first if fitted is None else self.value(fitted)
            sent.append({"argument": argument, "to": tensors[argument]["from"], "raw": first, "value": second})
        node = self.data["ops"][op]["node"]
        more = {"freed": [], "freed_bytes": 0, "hooked": False, "seconds": 1e-5}
        number = self.add(
            "backward", node={"op": op}, name=node, incoming=[incoming], parts=[parts], outgoing=sent, **more
        )
        self.data["events"].append({"backward": number})
        return number

    def part(self, step: int, argument: str) -> Data:
        sent = next(out for out in self.data["backward"][step]["outgoing"] if out["argument"] == argument)
        return {"step": step, "argument": argument, "value": sent["value"]}

    def accumulate(self, leaf: int, parts: list[Data], total: Any = None, before: Any = None) -> None:
        value = parts[0]["value"] if total is None else self.value(total)
        old = None if before is None else self.value(before)
        after = value if before is None else self.value(np.asarray(before, np.float32) + np.asarray(total, np.float32))
        self.data["leaves"][leaf] |= {"grad": after, "grad_before": old}
        self.data["accumulations"].append({"leaf": leaf, "value": value, "before": old, "after": after, "parts": parts})
        self.data["events"].append({"accumulate": len(self.data["accumulations"]) - 1})

    def update(self, leaf: int, array: Any) -> None:
        self.data["leaves"][leaf]["updated"] = self.value(array, self.data["leaves"][leaf]["name"])
        self.data["events"].append({"update": leaf})


def pack(array: np.ndarray[Any, Any]) -> str:
    return base64.b64encode(zlib.compress(np.ascontiguousarray(array).tobytes())).decode()


LINE_SOURCE = """import torch

# one step of gradient descent
x, y = torch.tensor(3.0), torch.tensor(5.0)
w = torch.tensor(1.0, requires_grad=True)
y_hat = x * w
r = y_hat - y
l = r ** 2
l.backward()
w.data -= 0.01 * w.grad
"""


def line(**names: str) -> Data:
    """y = wx and its squared loss at w = 1, x = 3, y = 5, with an update."""
    made = Maker("y = wx", LINE_SOURCE)
    x, y, w = made.leaf("x", 3.0, "input"), made.leaf("y", 5.0, "input"), made.leaf("w", 1.0)
    mul = made.op(
        "mul", {"input": ("leaf", x), "other": ("leaf", w)}, 3.0, {"input": "g * other", "other": "g * input"},
        out_name="y_hat", file=0, line=6, saved=[{"name": "input", "value": 0}],
    )  # fmt: skip
    sub = made.op(
        "sub", {"input": ("op", mul), "other": ("leaf", y)}, -2.0, {"input": "g"}, out_name="r", file=0, line=7
    )
    power = made.op(
        "pow", {"input": ("op", sub)}, 4.0, {"input": "g * (exponent * input ** (exponent - 1))"},
        arguments={"exponent": {"shown": "2"}}, out_name="l", file=0, line=8,
    )  # fmt: skip
    one = made.value(1.0)
    first = made.pull(power, one, [{"step": None, "argument": None, "value": one}], {"input": (-4.0, None)})
    second = made.pull(sub, made.part(first, "input")["value"], [made.part(first, "input")], {"input": (-4.0, None)})
    third = made.pull(mul, made.part(second, "input")["value"], [made.part(second, "input")], {"other": (-12.0, None)})
    made.data["backward"][third] |= {"freed": ["input"], "freed_bytes": 4}
    made.accumulate(w, [made.part(third, "other")])
    made.update(w, 1.12)
    return made.data


def arrays() -> Data:
    """What numbers come in: a picture, matrices, a bias that is broadcast, a shared input, nan, int64."""
    rng = np.random.default_rng(0)
    made = Maker("arrays", "net(x)\n")
    image = rng.normal(size=(2, 3, 16, 20)).astype(np.float32)
    x, b = made.leaf("x", image, "input"), made.leaf("b", rng.normal(size=20).astype(np.float32))
    added = made.op("add", {"input": ("leaf", x), "other": ("leaf", b)}, image + 1, {"input": "g", "other": "g"})
    small = np.array([[1.5, np.nan, np.inf], [-0.1, 0.0, 1e-7]], np.float32)
    made.op("exotic", {"input": ("op", added)}, small)
    made.op("argmax", {"input": ("op", added)}, np.arange(5) * 2**53, node=None)
    made.op("huge", {"input": ("op", added)}, rng.normal(size=(4, 8, 8)).astype(np.float32), keep=False)
    v = made.leaf("v", [1.0, -2.0, 0.5])
    squared = made.op(
        "mul",
        {"input": ("leaf", v), "other": ("leaf", v)},
        [1.0, 4.0, 0.25],
        {"input": "g * other", "other": "g * input"},
    )
    g = made.value([1.0, 0.0, 2.0])
    step = made.pull(
        squared,
        g,
        [{"step": None, "argument": None, "value": g}],
        {"input": ([1.0, 0.0, 1.0], None), "other": ([1.0, 0.0, 1.0], None)},
    )
    made.accumulate(v, [made.part(step, "input"), made.part(step, "other")], [2.0, 0.0, 2.0], before=[1.0, 1.0, 1.0])
    g = made.value(np.ones_like(image))
    step = made.pull(
        added,
        g,
        [{"step": None, "argument": None, "value": g}],
        {"other": (np.ones_like(image), np.full(20, 96.0, np.float32))},
    )
    made.accumulate(b, [made.part(step, "other")])
    return made.data


def failed() -> Data:
    """A script whose second operation raises."""
    made = Maker("failed", "a = x @ w\nb = a @ a\n")
    x, w = made.leaf("x", np.ones((2, 3)), "input"), made.leaf("w", np.ones((3, 4)))
    product = made.op("matmul", {"input": ("leaf", x), "other": ("leaf", w)}, np.full((2, 4), 3.0), file=0, line=1)
    message = "mat1 and mat2 shapes cannot be multiplied (2x4 and 2x4)"
    made.op(
        "matmul", {"input": ("op", product), "other": ("op", product)}, None, node=None, file=0, line=2,
        error=f"RuntimeError: {message}",
    )  # fmt: skip
    made.data["error"] = {"type": "RuntimeError", "message": message, "file": 0, "line": 2, "op": 1}
    return made.data


def nested(blocks: int = 4, depth: int = 3) -> Data:
    """A residual net with its backward: each block is a module of modules, `depth` layers of 3 operations and a sum."""
    made = Maker(f"{blocks} blocks of {depth} layers", "for block in net:\n    x = x + block(x)\n")
    net = made.add("modules", path="net", type="Sequential", extra="", parent=None, call=0)
    current = ("leaf", made.leaf("x", np.ones((2, 3)), "input"))
    weights = {}
    for number in range(blocks):
        block = made.add("modules", path=f"net.{number}", type="Block", extra="3", parent=net, call=0)
        skip = current
        for layer in range(depth):
            path = f"net.{number}.layer{layer}"
            module = made.add("modules", path=path, type="Layer", extra="3, 3", parent=block, call=0)
            weight = made.leaf(f"{path}.weight", np.eye(3), module=module)
            for name in ("matmul", "add", "relu"):
                inputs = {"input": current} | ({"other": ("leaf", weight)} if name != "relu" else {})
                rules = dict.fromkeys(inputs, "g")
                current = ("op", made.op(name, inputs, np.ones((2, 3)), rules, module=module, file=0, line=2))
                weights[current[1]] = weight
        current = (
            "op",
            made.op("add", {"input": current, "other": skip}, np.ones((2, 3)), module=block, file=0, line=2),
        )
    for op in reversed(made.data["ops"]):
        g = made.value(np.ones((2, 3)))
        made.pull(op["id"], g, [], {tensor["name"]: (np.ones((2, 3)), None) for tensor in op["inputs"]})
    return made.data
