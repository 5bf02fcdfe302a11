"""`study.check`: the gradient of any operation, found in up to four ways that share nothing, side by side.

1. rule: the hand-written gradient rules, by an ordinary backward pass;
2. composed: the operation's definition from primitives (`study.compositions`), differentiated step by step;
3. differences: central finite differences in float64 (`study.differences`);
4. torch: PyTorch's own, where it is installed and has the function.
"""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import functools
import html
import importlib
import importlib.util
import inspect
import itertools
import math
import re
import sys
import textwrap
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

import minitorch
from minitorch import dtypes, random
from minitorch.autograd.engine import grad
from minitorch.autograd.modes import enable_grad, no_grad
from minitorch.backend import to_host
from minitorch.nn import functional
from minitorch.nn.module import Module
from minitorch.study.composing import Composer, composing, forward_of
from minitorch.study.compositions import text as composition_text
from minitorch.study.differences import Differences, Index, Kink, central
from minitorch.study.formulas import formulas
from minitorch.tensor import Tensor, wrap

Array = npt.NDArray[Any]
Flat = Callable[[Sequence[Any]], list[Any]]
"""A function of a list of tensors, which returns the list of its tensors."""

RULE, COMPOSED, DIFFERENCES, TORCH = "rule", "composed", "differences", "torch"


@dataclass(frozen=True)
class Tolerance:
    """How far two numbers may lie apart: a part of the number, and a part of the largest in the array."""

    relative: float
    of_largest: float

    def __str__(self) -> str:
        return f"{self.relative:g} of each element + {self.of_largest:g} of the largest"


TOLERANCES = {
    "float64": Tolerance(1e-7, 1e-9),
    "float32": Tolerance(1e-4, 1e-5),
    "float16": Tolerance(2e-2, 1e-2),
}
"""By dtype. A gradient that is 0.05 % off lies outside, but in float16. What rounding did to the number is allowed."""
_OF_UPSTREAM = 0.1
"""The largest in the array counts as no less than that part of the largest upstream gradient."""
_MOST_ROUNDING = 1e-4
"""More than that part of the largest is not forgiven as rounding."""


@dataclass(frozen=True)
class Pair:
    """Two ways compared: the largest absolute and relative differences, and the worst element with both its numbers."""

    first: str
    second: str
    absolute: float
    relative: float
    worst: Index
    numbers: tuple[float, float]
    ok: bool

    def __str__(self) -> str:
        at, (a, b) = _index(self.worst), self.numbers
        return f"{self.first} and {self.second} differ by {self.absolute:.3g} at {at}: {a:.8g} and {b:.8g}"


@dataclass
class InputCheck:
    """The gradient of one input: the array of each way (None where there is none), and each pair of ways compared."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    ways: dict[str, Array | None]
    pairs: list[Pair]
    kinks: list[Kink]
    errors: Array
    """What finite differences may be off by, element by element; nan where none was taken."""
    wrong_at_kinks: list[Kink] = field(default_factory=list)
    """Those where the rule's slope does not lie between those to the left and to the right."""

    @property
    def ok(self) -> bool:
        """Whether all ways agree."""
        return not self.wrong_at_kinks and all(pair.ok for pair in self.pairs)


@dataclass
class Check:
    """What `check` found: print it; `.ok`; `.inputs` has the arrays."""

    name: str
    order: int
    seed: int
    inputs: list[InputCheck]
    values: list[Pair]
    """The value of each composed operation, and that of its composition; and torch's."""
    notes: list[str]
    """Why a way is missing, and what else is to be known."""
    compositions: list[str]
    """The text of each composition that was used."""
    rules: list[str]
    """The formulas of the rules that were compared."""
    first: Check | None = None
    """With order=2, the check of the gradient itself."""

    @property
    def ok(self) -> bool:
        """Whether the values and all ways to each gradient agree, those of the first order included."""
        return (
            all(each.ok for each in self.values)
            and all(each.ok for each in self.inputs)
            and (self.first is None or self.first.ok)
        )

    @property
    def failures(self) -> list[str]:
        """What does not agree, a line for each, with the input and its worst element."""
        return ([] if self.first is None else self.first.failures) + _own_failures(self)

    def __getitem__(self, name: str) -> InputCheck:
        """The check of the input of that name."""
        for each in self.inputs:
            if each.name == name:
                return each
        raise KeyError(f"{name}: expected one of {', '.join(each.name for each in self.inputs)}")

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        return "\n".join(_lines(self))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return _page(self)


def check(
    op: Any,
    /,
    *inputs: Any,
    order: int = 1,
    seed: int = 0,
    upstream: Any = None,
    composed: Callable[..., Any] | None = None,
    limit: int = 100,
    **arguments: Any,
) -> Check:
    """The gradient of `op(*inputs, **arguments)` by each of its inputs in up to four ways, compared.

    `op` is whatever takes and returns tensors: an operation, a method such as Tensor.exp, a function of your own, an
    `apply`, a module, whose parameters are inputs, too. Checked are the inputs that require grad, or all of floats if
    none does. The gradient comes from `upstream`, or numbers drawn with `seed`, which is set before each call, too.
    `order=2` goes on to the gradient's gradient. `composed` stands in for what `op` is made of; finite differences are
    taken of `limit` elements an input. Raises what `op` raises, and ValueError where there is no gradient to check.
    """
    if order not in (1, 2):
        raise ValueError(f"check(): order must be 1 or 2, got {order!r}")
    subject = _Subject(op, inputs, arguments, composed, seed)
    first = _Problem(subject.name, subject.names, subject.arrays, subject.wanted, subject.call, subject.composed_call)
    first.torch_call, first.notes = subject.torch_call()
    first.texts = subject.texts()
    with random.fork_rng():
        try:
            while subject.left_out(first):
                pass
            found = _solve(first, upstream, seed, limit, 1)
            if order == 1:
                return found
            second = _solve(_gradient_of(first), None, seed + 1, limit, 2)
        except Exception as error:
            error.add_note(f"study.check({subject.name}): {subject.described()}")
            raise
    second.first = found
    return second


# --- what is checked --------------------------------------------------------------------------------------------------


class _Subject:
    """A call taken apart: the tensors in it, by name, and how to make it again with others."""

    def __init__(
        self, op: Any, inputs: Sequence[Any], arguments: dict[str, Any], composed: Callable[..., Any] | None, seed: int
    ) -> None:
        if not callable(op):
            raise TypeError(f"check(): expected a function of tensors, got {type(op).__name__}")
        self.op, self.seed, self.inputs, self.arguments = op, seed, inputs, arguments
        self.name = _name(op)
        self.tensors: list[Tensor] = []
        self.names: list[str] = []
        for name, value in _named(op, inputs, arguments):
            for suffix, tensor in _tensors_in(value):
                if not any(tensor is each for each in self.tensors):
                    self.tensors.append(tensor)
                    self.names.append(name + suffix)
        self.module = copy.deepcopy(op) if isinstance(op, Module) else None
        self.parameters = [] if self.module is None else [name for name, _ in op.named_parameters()]
        if self.module is not None:
            self.tensors += [tensor for _, tensor in op.named_parameters()]
            self.names += self.parameters
            self.buffers = [(own, np.array(to_host(own._array))) for own in self.module.buffers()]
        self.arrays = [np.array(to_host(each._array)) for each in self.tensors]
        floats = [k for k, array in enumerate(self.arrays) if array.dtype.kind == "f"]
        if not floats:
            got = ", ".join(str(array.dtype) for array in self.arrays) or "no tensor"
            raise ValueError(
                f"study.check({self.name}): expected an input of floating point numbers, which alone have gradients, "
                f"got {got}: convert it, x.float()"
            )
        given = [k for k in floats if k < len(self.tensors) - len(self.parameters)]
        asking = [k for k in floats if self.tensors[k].requires_grad]
        self.chosen = any(k in asking for k in given)
        """Whether the caller said which tensors of the call are to be checked."""
        self.wanted = asking if self.chosen else sorted({*given, *asking})
        if not any(self.arrays[k].size for k in self.wanted):
            raise ValueError(f"study.check({self.name}): the inputs have no elements: there is nothing to check")
        self.other = composed or forward_of(op)

    def described(self) -> str:
        """The call's tensors, for errors."""
        return ", ".join(f"{name} {a.dtype} {a.shape}" for name, a in zip(self.names, self.arrays, strict=True))

    def left_out(self, problem: _Problem) -> bool:
        """Tries the call, and leaves out an input that the operation says it is not differentiable by, if it was not
        asked for by name; whether there was one."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                problem.call(_leaves(problem)[1])
            except RuntimeError as error:
                refused = re.search(r"not differentiable with respect to argument '(\w+)'", str(error))
                if refused is None or self.chosen or refused[1] not in self.names:
                    raise
                k = self.names.index(refused[1])
                if problem.wanted == [k] or k not in problem.wanted:
                    raise
                problem.wanted.remove(k)
                problem.notes.append(f"{refused[1]}: left out, for {self.name} has no gradient by it")
                return True
        return False

    def texts(self) -> tuple[list[str], list[str]]:
        """The rule, and what stands in for the operation, where they are not the engine's."""
        function = forward_of(self.op) is not None
        rule = [_source(self.op.__self__.backward)] if function else []
        other = self.op.__self__.forward if function and isinstance(self.other, functools.partial) else self.other
        return rule, [] if other is None else [_source(other)]

    def call(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        """The results of the operation on these tensors."""
        return self._called(self.module or self.op, tensors)

    @property
    def composed_call(self) -> Flat | None:
        """The call of what stands in for the operation, where it is said what that is."""
        return None if self.other is None else functools.partial(self._called, self.other)

    def _called(self, op: Any, tensors: Sequence[Tensor]) -> list[Tensor]:
        args, kwargs = self._with(tensors, lambda value: value)
        if self.module is not None:
            _set_parameters(self.module, dict(zip(self.parameters, tensors[-len(self.parameters) :], strict=False)))
            kinds = [each._array.dtype for each in tensors if each._array.dtype.kind == "f"]
            for buffer, content in self.buffers:
                buffer._array = content.astype(kinds[0] if content.dtype.kind == "f" else content.dtype)
        random.manual_seed(self.seed)
        result = op(*args, **kwargs)
        return [tensor for _, tensor in _tensors_in(result)]

    def _with(self, tensors: Sequence[Any], change: Callable[[Any], Any]) -> tuple[Any, Any]:
        places = {id(old): new for old, new in zip(self.tensors, tensors, strict=True)}

        def put(value: Any) -> Any:
            if isinstance(value, Tensor):
                return places[id(value)]
            if isinstance(value, (list, tuple)):
                made = [put(each) for each in value]
                return type(value)(*made) if hasattr(value, "_fields") else type(value)(made)
            if isinstance(value, dict):
                return {name: put(each) for name, each in value.items()}
            return change(value)

        return put(tuple(self.inputs)), put(self.arguments)

    def torch_call(self) -> tuple[Flat | None, list[str]]:
        """The same call for torch's tensors; None, and why, where torch has no such function."""
        torch, reason = _torch()
        if self.module is not None:
            torch, reason = None, "a module is not tried on it; its function can be"
        path = None if torch is None else _torch_path(self.op)
        other = None if path is None else _attribute(torch, path)
        if torch is None:
            return None, [f"torch: {reason}"]
        if other is None:
            return None, [f"torch: it has no function that is {self.name}"]

        def call(tensors: Sequence[Any]) -> list[Any]:
            args, kwargs = self._with(tensors, functools.partial(_for_torch, torch))
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(self.seed)
                result = other(*args, **kwargs)
            return [each for _, each in _tensors_in(result, torch.Tensor)]

        return call, []


def _name(op: Any) -> str:
    owner = getattr(op, "__self__", None)
    if isinstance(owner, type):
        return f"{owner.__name__}.{op.__name__}"
    return str(getattr(op, "__name__", type(op).__name__)).lstrip("_")


def _source(function: Any) -> str:
    """The text of a function, its name where there is none to be had."""
    try:
        return textwrap.dedent(inspect.getsource(function)).rstrip()
    except (OSError, TypeError):
        return str(getattr(function, "__name__", function))


def _named(op: Any, inputs: Sequence[Any], arguments: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The arguments, each with the name that the function gives it."""
    names: list[str] = []
    if hasattr(op, "parameters") and isinstance(op.parameters, tuple):
        names = list(op.parameters)
    else:
        target = op.forward if isinstance(op, Module) else forward_of(op) and op.__self__.forward or op
        with contextlib.suppress(TypeError, ValueError):
            positional = [
                each.name
                for each in inspect.signature(target).parameters.values()
                if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)
            ]
            names = positional[1:] if positional[:1] == ["ctx"] else positional
    names = ["input" if name == "self" else name for name in names]
    for k, value in enumerate(inputs):
        yield (names[k] if k < len(names) else f"input {k}"), value
    yield from arguments.items()


def _tensors_in(value: Any, kind: Any = Tensor) -> Iterator[tuple[str, Any]]:
    """The tensors in a value, in tuples, lists and dicts, too, each with what is written behind the value's name."""
    if isinstance(value, kind):
        yield "", value
    elif isinstance(value, (list, tuple)):
        for k, each in enumerate(value):
            for suffix, tensor in _tensors_in(each, kind):
                yield f"[{k}]{suffix}", tensor
    elif isinstance(value, dict):
        for name, each in value.items():
            for suffix, tensor in _tensors_in(each, kind):
                yield f"[{name!r}]{suffix}", tensor


def _set_parameters(module: Module, tensors: dict[str, Tensor]) -> None:
    """Puts tensors in the places of a module's parameters, wherever it has the same one."""
    old = {id(parameter): tensors[name] for name, parameter in module.named_parameters()}
    for each in module.modules():
        own: dict[str, Any] = each._parameters
        for name, parameter in own.items():
            if parameter is not None and id(parameter) in old:
                own[name] = old[id(parameter)]


def _torch() -> tuple[Any, str]:
    """The torch that is installed; None, and why, where there is none."""
    if sys.modules.get("torch") is minitorch:
        return None, "this process runs minitorch under that name"
    try:
        if importlib.util.find_spec("torch") is None:
            return None, "it is not installed (pip install torch)"
        return importlib.import_module("torch"), ""
    except (ImportError, ValueError) as error:
        return None, f"it cannot be imported here ({error})"


@functools.cache
def _public() -> dict[int, str]:
    """Where minitorch's public functions are found, by their identity; the first place counts."""
    places: dict[int, str] = {}
    for prefix, namespace in (
        ("", minitorch),
        ("nn.functional.", functional),
        ("special.", minitorch.special),
        ("linalg.", minitorch.linalg),
        ("Tensor.", Tensor),
    ):
        for name, value in vars(namespace).items():
            if callable(value) and (namespace is Tensor or not name.startswith("__")):
                places.setdefault(id(value), prefix + name)
    return places


def _torch_path(op: Any) -> str | None:
    """The dotted name under which torch has a function of minitorch's; None for one of the user's."""
    return _public().get(id(op))


def _attribute(torch: Any, path: str) -> Any:
    return functools.reduce(lambda found, name: getattr(found, name, None), path.split("."), torch)


def _for_torch(torch: Any, value: Any) -> Any:
    """An argument that is no tensor, as torch takes it."""
    if isinstance(value, dtypes.dtype):
        return getattr(torch, value.name)
    return torch.device(str(value)) if isinstance(value, minitorch.device) else value


# --- the problem, and its ways ----------------------------------------------------------------------------------------


@dataclass
class _Problem:
    """A function of some arrays, by some of which it is to be differentiated."""

    name: str
    names: list[str]
    arrays: list[Array]
    wanted: list[int]
    call: Flat
    composed_call: Flat | None
    torch_call: Flat | None = None
    notes: list[str] = field(default_factory=list)
    upstream: list[Array] = field(default_factory=list)
    texts: tuple[list[str], list[str]] = ([], [])
    """The rule, and its composition, where they are not the engine's."""


def _leaves(problem: _Problem, dtype: Any = None) -> tuple[list[Tensor], list[Tensor]]:
    """Fresh tensors of the arrays that are wanted and of all, the former in the graph: copies, to be written to."""
    tensors: list[Tensor] = []
    for k, array in enumerate(problem.arrays):
        own = array.astype(dtype) if dtype is not None and array.dtype.kind == "f" else array.copy()
        tensor: Tensor = wrap(own)
        tensors.append(tensor.requires_grad_() if k in problem.wanted else tensor)
    leaves = [tensors[k] for k in problem.wanted]
    # A leaf may not be written to in place, a copy of it may.
    return leaves, [each.clone() if each.requires_grad else each for each in tensors]


def _differentiable(outs: Sequence[Tensor]) -> list[Tensor]:
    return [each for each in outs if each.requires_grad]


def _engine(problem: _Problem, call: Flat, within: Any = None) -> tuple[list[Array], list[Array]]:
    """Values and gradients by a backward pass of this engine, within a context if need be."""
    leaves, tensors = _leaves(problem)
    with within or contextlib.nullcontext():
        outs = _differentiable(call(tensors))
        pairs = zip(problem.upstream, outs, strict=True)
        seeds: list[Tensor] = [wrap(each.astype(out._array.dtype)) for each, out in pairs]
        # A composition's steps may be needed again, by the gradient of a gradient.
        found = grad(outs, leaves, seeds, retain_graph=True, allow_unused=True)
    gradients = [
        np.zeros(leaf._array.shape, leaf._array.dtype) if g is None else to_host(g._array)
        for g, leaf in zip(found, leaves, strict=True)
    ]
    return [to_host(out._array) for out in outs], gradients


def _by_torch(problem: _Problem, call: Flat) -> tuple[list[Array], list[Array]]:
    """Values and gradients by torch."""
    torch = importlib.import_module("torch")
    tensors = [torch.from_numpy(array.copy()) for array in problem.arrays]
    leaves = [tensors[k].requires_grad_() for k in problem.wanted]
    copies = [each.clone() if each.requires_grad else each for each in tensors]
    outs = [each for each in call(copies) if each.requires_grad]
    seeds = [torch.from_numpy(each.copy()).to(out.dtype) for each, out in zip(problem.upstream, outs, strict=True)]
    found = torch.autograd.grad(outs, leaves, seeds, allow_unused=True)
    gradients = [
        np.zeros(tuple(leaf.shape)) if g is None else g.detach().numpy() for g, leaf in zip(found, leaves, strict=True)
    ]
    return [each.detach().numpy() for each in outs], gradients


def _solve(problem: _Problem, upstream: Any, seed: int, limit: int, order: int) -> Check:
    """Finds and compares the gradients."""
    leaves, tensors = _leaves(problem)
    outs = problem.call(tensors)
    followed = _differentiable(outs)
    if not followed:
        kinds = ", ".join(str(each.dtype) for each in outs) or "nothing"
        if not any(each._array.dtype.kind == "f" for each in outs):
            raise ValueError(f"study.check({problem.name}): it returns {kinds}, which has no gradient to check")
        raise ValueError(f"study.check({problem.name}): the result does not require grad: there is nothing to check")
    places = [k for k, each in enumerate(outs) if each.requires_grad]
    problem.upstream = _upstream(problem.name, upstream, followed, seed)
    del leaves, tensors, outs, followed
    notes = list(problem.notes)
    ways: dict[str, list[Array]] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the first call has given those of the operation
        values, ways[RULE] = _engine(problem, problem.call)
        names = [f"output {k}" if len(values) > 1 else "result" for k in range(len(values))]
        pairs: list[tuple[str, str, Array, Array]] = []
        composer = Composer()
        by_parts, parts = _engine(problem, problem.composed_call or problem.call, composing(composer))
        if problem.composed_call is not None:
            pairs += [(COMPOSED, name, a, b) for name, a, b in zip(names, values, by_parts, strict=True)]
        pairs += [(COMPOSED, name, a, b) for name, a, b in composer.values]
        if composer.composed or problem.composed_call is not None:
            ways[COMPOSED] = parts
        notes += _said(composer, problem.composed_call is not None, order)
        if problem.torch_call is not None:
            try:
                theirs, ways[TORCH] = _by_torch(problem, problem.torch_call)
                pairs += [(TORCH, name, a, b) for name, a, b in zip(names, values, theirs, strict=True)]
            except Exception as error:  # whatever torch says to arguments that are minitorch's alone
                notes.append(f"torch: {type(error).__name__}: {str(error).strip().splitlines()[0]}")
        size = _OF_UPSTREAM * max((float(np.abs(each).max()) for each in problem.upstream if each.size), default=0.0)
        rounding = _rounding(problem, ways)
        doubtful = [
            _doubtful([found[k] for found in ways.values()], problem.arrays[position].dtype.name, size)
            for k, position in enumerate(problem.wanted)
        ]
        numeric = _differences(problem, places, doubtful, seed, limit, notes)
    checks = []
    for k, position in enumerate(problem.wanted):
        own = {way: found[k] for way, found in ways.items()}
        own[DIFFERENCES] = numeric[k].values
        checks.append(_input(problem.names[position], problem.arrays[position], own, numeric[k], size, rounding[k]))
    notes += [f"{own.name}: {_BY_DESIGN}" for own in checks if _against_differences(own)]
    return Check(
        problem.name,
        order,
        seed,
        checks,
        [_value(way, name, a, b) for way, name, a, b in pairs],
        notes,
        problem.texts[1] + [composition_text(op) for op in composer.composed.values()],
        problem.texts[0]
        or [line for op in (composer.composed or composer.primitives).values() for line in _formulas(op)],
    )


def _said(composer: Any, given: bool, order: int) -> list[str]:
    """What there is to say about the composed way."""
    notes = []
    if not composer.composed and not given and order == 1:
        names = [*composer.primitives]
        if len(names) == 1 and not composer.missing:
            notes.append(f"composed: {names[0]} is a primitive")
        elif names and not composer.missing:
            notes.append(f"composed: made of primitives as it stands: {', '.join(names)}")
    return notes + [f"composed: {name} is not: {reason}" for name, reason in composer.missing.items()]


_BY_DESIGN = (
    "the other ways agree with each other, the differences do not: the gradient leaves out something that the value "
    "depends on (a detached part, a row of padding, the other triangle of a symmetric matrix), or elements are tied"
)


def _against_differences(own: InputCheck) -> bool:
    """Whether the differences stand alone against at least two ways that agree."""
    wrong = [pair for pair in own.pairs if not pair.ok]
    known = [pair for pair in own.pairs if DIFFERENCES not in (pair.first, pair.second)]
    return bool(wrong) and bool(known) and all(pair.ok for pair in known)


def _upstream(name: str, given: Any, outs: Sequence[Tensor], seed: int) -> list[Array]:
    """The gradient that each result gets: as given, or drawn, of either sign and not near 0."""
    if given is None:
        draw = np.random.default_rng(seed)
        drawn = [np.asarray(draw.uniform(0.5, 1.5, o.shape) * draw.choice([-1.0, 1.0], o.shape)) for o in outs]
        return [each.astype(to_host(out._array).dtype) for each, out in zip(drawn, outs, strict=True)]
    listed = isinstance(given, (list, tuple)) and (len(outs) > 1 or any(isinstance(each, Tensor) for each in given))
    several = list(given) if listed else [given]
    found = [np.array(to_host(each._array) if isinstance(each, Tensor) else each, float) for each in several]
    expected = [tuple(out.shape) for out in outs]
    if [each.shape for each in found] != expected:
        raise ValueError(
            f"study.check({name}): upstream must have a tensor for each result that requires grad, of shapes "
            f"{expected}, got {[each.shape for each in found]}"
        )
    return [each.astype(to_host(out._array).dtype) for each, out in zip(found, outs, strict=True)]


def _differences(
    problem: _Problem, places: Sequence[int], doubtful: Sequence[list[Index]], seed: int, limit: int, notes: list[str]
) -> list[Differences]:
    """Finite differences by each wanted array, in float64, or in its own dtype where the function refuses.

    Where not all elements are tried, the doubtful ones come first.
    """
    for dtype in (np.float64, None):
        work = [array.astype(dtype) if dtype and array.dtype.kind == "f" else array.copy() for array in problem.arrays]

        def results(work: list[Array] = work) -> list[Array]:
            tensors: list[Tensor] = [wrap(array.copy()) for array in work]
            with no_grad():
                outs = [to_host(each._array) for each in problem.call(tensors)]
            return [outs[k] for k in places]

        def terms(results: Callable[[], list[Array]] = results) -> Array:
            pairs = zip(results(), problem.upstream, strict=True)
            return np.concatenate([(out.astype(np.float64) * each).reshape(-1) for out, each in pairs])

        try:
            kinds = {each.dtype for each in results()}
        except (RuntimeError, TypeError, ValueError, IndexError, NotImplementedError) as error:
            if dtype is None:
                raise
            notes.append(f"differences: not in float64, for there it raises: {str(error).splitlines()[0]}")
            continue
        eps = max(float(np.finfo(each).eps) for each in (*kinds, *(work[k].dtype for k in problem.wanted)))
        found = []
        for k, first in zip(problem.wanted, doubtful, strict=True):
            elements = _chosen(problem.arrays[k], first, seed, limit)
            if len(elements) < problem.arrays[k].size:
                notes.append(
                    f"differences: by {len(elements)} of the {problem.arrays[k].size} elements of {problem.names[k]}; "
                    "`limit` says how many"
                )
            with np.errstate(all="ignore"):
                found.append(central(terms, work[k], elements, eps))
        return found
    raise AssertionError("the operation was called with these arguments before")


def _rounding(problem: _Problem, ways: dict[str, list[Array]]) -> list[Array]:
    """How far the gradients change in float64, for each input: what lies between two ways may be that."""
    arrays = problem.arrays
    zeros = [np.zeros(arrays[k].shape) for k in problem.wanted]
    if all(array.dtype != "float32" and array.dtype != "float16" for array in arrays):
        return zeros
    wide = dataclasses.replace(problem, arrays=[a.astype(np.float64) if a.dtype.kind == "f" else a for a in arrays])
    found = zeros
    composed = problem.composed_call or problem.call
    for way, call, within in ((RULE, problem.call, None), (COMPOSED, composed, composing(Composer()))):
        if way not in ways:
            continue
        try:
            _, exact = _engine(wide, call, within)
        except (RuntimeError, TypeError, ValueError, IndexError, NotImplementedError):
            return zeros  # it takes no float64, which finite differences will say
        gaps = [np.abs(a - b) for a, b in zip(exact, ways[way], strict=True)]
        found = [np.maximum(old, np.where(np.isfinite(gap), gap, 0.0)) for old, gap in zip(found, gaps, strict=True)]
    return found


def _chosen(array: Array, first: list[Index], seed: int, limit: int) -> list[Index]:
    """The elements to try: all, or the first ones and some that are drawn."""
    if array.size <= limit:
        return [*np.ndindex(array.shape)]
    drawn = np.random.default_rng(seed).choice(array.size, limit, replace=False)
    others = [tuple(map(int, np.unravel_index(k, array.shape))) for k in drawn]
    return sorted([*dict.fromkeys(first[: limit // 2] + others)][:limit])


def _doubtful(ways: Sequence[Array], dtype: str, size: float) -> list[Index]:
    """The elements where the ways do not agree: it may be for a kink."""
    found: list[Index] = []
    for a, b in itertools.combinations(ways, 2):
        if a.shape == b.shape:
            _, excess = _gaps(a.astype(np.float64), b.astype(np.float64), TOLERANCES[dtype], size)
            found += [tuple(map(int, each)) for each in np.argwhere(excess > 0)]
    return [*dict.fromkeys(found)]


def _gradient_of(problem: _Problem) -> _Problem:
    """The gradient of a function, as a function of the same arrays and of the upstream gradient."""
    count = len(problem.arrays)
    names = [
        "upstream gradient" if len(problem.upstream) == 1 else f"upstream {k}" for k in range(len(problem.upstream))
    ]

    def gradients(call: Flat) -> Flat:
        def function(tensors: Sequence[Tensor]) -> list[Tensor]:
            keep = any(each.requires_grad for each in tensors)
            with enable_grad():
                own = [
                    each if k not in problem.wanted or each.requires_grad else each.detach().requires_grad_()
                    for k, each in enumerate(tensors[:count])
                ]
                outs = _differentiable(call([each.clone() if each.requires_grad else each for each in own]))
                given = [seed.to(out.dtype) for seed, out in zip(tensors[count:], outs, strict=True)]
                wrt = [own[k] for k in problem.wanted]
                found = grad(outs, wrt, given, create_graph=keep, allow_unused=True)
            return [wrap(np.zeros_like(x._array)) if g is None else g for g, x in zip(found, wrt, strict=True)]

        return function

    def by_torch(call: Flat) -> Flat:
        def function(tensors: Sequence[Any]) -> list[Any]:
            torch = importlib.import_module("torch")
            copies = [each.clone() if each.requires_grad else each for each in tensors[:count]]
            outs = [each for each in call(copies) if each.requires_grad]
            wrt = [tensors[k] for k in problem.wanted]
            found = torch.autograd.grad(outs, wrt, tensors[count:], create_graph=True, allow_unused=True)
            return [torch.zeros_like(x) if g is None else g for g, x in zip(found, wrt, strict=True)]

        return function

    return _Problem(
        problem.name,
        problem.names + names,
        problem.arrays + problem.upstream,
        problem.wanted + [*range(count, count + len(names))],
        gradients(problem.call),
        None if problem.composed_call is None else gradients(problem.composed_call),
        None if problem.torch_call is None else by_torch(problem.torch_call),
    )


def _formulas(op: Any) -> list[str]:
    """The rules of an operation, argument by argument."""
    lines = []
    for each in formulas(op):
        first, *more = str(each["formula"]).splitlines()
        head = f"{op.__name__.lstrip('_')}, {each['argument']}: "
        lines.append("\n".join([head + first, *(f"    {line}" for line in more)]))
    return lines


# --- comparing --------------------------------------------------------------------------------------------------------


def _index(index: Index) -> str:
    return f"[{', '.join(map(str, index))}]"


def _at(array: Array | None, index: Index) -> float:
    return math.nan if array is None else float(array[index])


def _gaps(
    x: Array, y: Array, tolerance: Tolerance, size: float, slack: Any = 0.0, use: Any = True
) -> tuple[Array, Array]:
    """How far two arrays lie apart, and how much of it is beyond the tolerance; the largest is `size` at least."""
    with np.errstate(all="ignore"):
        same = (x == y) | (np.isnan(x) & np.isnan(y))
        gap = np.where(same, 0.0, np.abs(x - y))
        gap = np.where(np.isnan(gap), np.inf, gap)
        both = _larger(x, y)
        largest = max(float(both.max(initial=0.0, where=np.broadcast_to(use, x.shape))), size)
        return gap, gap - (tolerance.relative * both + tolerance.of_largest * largest + slack)


def _larger(x: Array, y: Array) -> Array:
    """The larger size of each two numbers; 0 where that is not finite."""
    both = np.maximum(np.abs(x), np.abs(y))
    return np.where(np.isfinite(both), both, 0.0)


def _compared(
    first: str, second: str, a: Array, b: Array, tolerance: Tolerance, size: float, slack: Any = 0.0, where: Any = True
) -> Pair | None:
    """Two arrays compared where they are to be; None where there is nothing to compare."""
    if a.shape != b.shape:
        return Pair(first, second, math.inf, math.inf, (), (math.nan, math.nan), False)
    use = np.broadcast_to(where, a.shape)
    if not use.any():
        return None
    x, y = a.astype(np.float64), b.astype(np.float64)
    gap, excess = _gaps(x, y, tolerance, size, slack, use)
    excess = np.where(use, excess, -np.inf)
    ok = bool((excess <= 0).all())
    worst = np.unravel_index(int(np.argmax(np.where(use, gap, -1) if ok else excess)), a.shape)
    index = tuple(map(int, worst))
    floor = tolerance.of_largest * max(float(_larger(x, y)[use].max()), size, 1e-300)
    relative = np.where(gap == 0, 0.0, gap / np.maximum(_larger(x, y), floor))
    return Pair(
        first, second, float(gap[use].max()), float(relative[use].max()), index, (float(x[index]), float(y[index])), ok
    )


def _value(way: str, name: str, a: Array, b: Array) -> Pair:
    pair = _compared(name, way, a, b, TOLERANCES.get(a.dtype.name, TOLERANCES["float64"]), 1e-3)
    return pair or Pair(name, way, 0.0, 0.0, (), (math.nan, math.nan), True)


def _input(
    name: str, array: Array, ways: dict[str, Any], numeric: Differences, size: float, rounding: Array
) -> InputCheck:
    """All pairs of ways to the gradient of one input."""
    tolerance = TOLERANCES[array.dtype.name]
    taken, smooth = ~np.isnan(numeric.values), np.ones(array.shape, bool)
    for kink in numeric.kinks:
        smooth[kink.index] = False
    numerical_slack = np.where(taken, np.nan_to_num(2 * numeric.errors, posinf=0.0), 0.0)
    largest = max(float(_larger(ways[RULE], ways[RULE]).max(initial=0.0)), size)
    slack = np.minimum(4 * rounding.max(initial=0.0), _MOST_ROUNDING * largest)
    order = [way for way in (RULE, COMPOSED, DIFFERENCES, TORCH) if way in ways]
    pairs = []
    for first, second in itertools.combinations(order, 2):
        numerical = DIFFERENCES in (first, second)
        # At a kink each may choose; the rule's choice is torch's.
        where = taken if numerical else True if {first, second} == {RULE, TORCH} else smooth
        pair = _compared(
            first,
            second,
            ways[first],
            ways[second],
            tolerance,
            size,
            slack + (numerical_slack if numerical else 0.0),
            where,
        )
        if pair is not None:
            pairs.append(pair)
    wrong = [kink for kink in numeric.kinks if not kink.allows(_at(ways[RULE], kink.index))]
    arrays = {way: ways.get(way) for way in (RULE, COMPOSED, DIFFERENCES, TORCH)}
    return InputCheck(name, array.shape, array.dtype.name, arrays, pairs, numeric.kinks, numeric.errors, wrong)


# --- shown ------------------------------------------------------------------------------------------------------------

_ROWS = 5
"""So many elements are shown side by side."""


def _worst_elements(own: InputCheck) -> list[Index]:
    """The elements to show: the worst of each pair, kinks, then the first ones."""
    found = [pair.worst for pair in sorted(own.pairs, key=lambda pair: pair.ok)]
    found += [kink.index for kink in own.kinks] + [*itertools.islice(np.ndindex(own.shape), _ROWS)]
    return sorted([*dict.fromkeys(each for each in found if len(each) == len(own.shape))][:_ROWS])


def _number(x: float) -> str:
    return "-" if math.isnan(x) else f"{x + 0.0:.7g}"  # no negative zero


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _elements(own: InputCheck) -> list[list[str]]:
    """The numbers of some elements, a column for each way."""
    ways = [way for way, array in own.ways.items() if array is not None]
    rows = [["element", *ways]]
    for index in _worst_elements(own):
        rows.append([_index(index), *(_number(_at(own.ways[way], index)) for way in ways)])
    return rows


def _comparisons(own: InputCheck) -> list[list[str]]:
    """How far each two ways are apart."""
    rows = [["compared", "absolute", "relative", "worst at", ""]]
    for pair in own.pairs:
        at = _index(pair.worst)
        verdict = "ok" if pair.ok else "WRONG"
        rows.append([f"{pair.first} - {pair.second}", f"{pair.absolute:.2g}", f"{pair.relative:.2g}", at, verdict])
    return rows


def _own_failures(found: Check) -> list[str]:
    """The failures of this order."""
    prefix = "the gradient's gradient, " if found.order == 2 else ""
    lines = [f"{prefix}value: {each}" for each in found.values if not each.ok]
    for own in found.inputs:
        lines += [f"{prefix}{own.name}: {pair}" for pair in own.pairs if not pair.ok]
        lines += [
            f"{prefix}{own.name}: {kink}, and the rule says {_number(_at(own.ways[RULE], kink.index))}"
            for kink in own.wrong_at_kinks
        ]
    return lines


def _values(found: Check) -> list[list[str]]:
    """The values compared, the worst of each operation."""
    worst: dict[tuple[str, str], Pair] = {}
    for pair in sorted(found.values, key=lambda pair: (pair.ok, -pair.relative)):
        worst.setdefault((pair.first, pair.second), pair)
    rows = [["value of", "absolute", "relative", ""]]
    for pair in worst.values():
        verdict = "ok" if pair.ok else "WRONG"
        rows.append([f"{pair.first} - {pair.second}", f"{pair.absolute:.2g}", f"{pair.relative:.2g}", verdict])
    return rows


def _title(found: Check) -> str:
    what = "the gradient of the gradient of " if found.order == 2 else ""
    return f"{what}{found.name}: {'all ways agree' if found.ok else 'NOT OK'}"


def _input_title(own: InputCheck) -> str:
    return f"{own.name}, {own.dtype} {own.shape}: agree within {TOLERANCES[own.dtype]}"


def _kink_lines(own: InputCheck) -> list[str]:
    shown = []
    for kink in own.kinks[:_ROWS]:
        verdict = ", WRONG" if kink in own.wrong_at_kinks else ""
        shown.append(f"{kink}; the rule says {_number(_at(own.ways[RULE], kink.index))}{verdict}")
    more = len(own.kinks) - len(shown)
    return shown + [f"and {more} more"] * bool(more)


def _lines(found: Check) -> list[str]:
    lines = [] if found.first is None else [*_lines(found.first), ""]
    lines += [_title(found), *(f"  {each}" for each in _own_failures(found))]
    if found.values:
        lines += ["", *(f"  {line}" for line in _table(_values(found)))]
    for own in found.inputs:
        lines += ["", f"  {_input_title(own)}"]
        lines += [f"    {line}" for line in _table(_comparisons(own))]
        lines += [f"    {line}" for line in _kink_lines(own)]
        lines += ["", *(f"    {line}" for line in _table(_elements(own)))]
    for title, texts in (("rules", found.rules), ("composed", found.compositions), ("notes", found.notes)):
        if texts:
            wrapped = [line for each in texts for line in _wrapped(each)]
            lines += ["", f"  {title}:", *(f"    {line}" for line in wrapped)]
    return lines


def _wrapped(text: str) -> list[str]:
    """Lines that a terminal shows whole; code has line breaks of its own."""
    if "\n" in text:
        return text.splitlines()
    return textwrap.wrap(text, 110, subsequent_indent="    ", break_on_hyphens=False)


def _page(found: Check) -> str:
    def table(rows: Sequence[Sequence[str]]) -> str:
        head, *body = [[html.escape(cell) for cell in row] for row in rows]
        cells = "".join(f"<th scope='col'>{cell}</th>" for cell in head)
        lines = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in body)
        return f"<table><thead><tr>{cells}</tr></thead><tbody>{lines}</tbody></table>"

    parts = [] if found.first is None else [_page(found.first)]
    parts.append(f"<h4>{html.escape(_title(found))}</h4>")
    if _own_failures(found):
        parts.append(f"<ul>{''.join(f'<li>{html.escape(each)}</li>' for each in _own_failures(found))}</ul>")
    if found.values:
        parts.append(table(_values(found)))
    for own in found.inputs:
        parts.append(f"<p>{html.escape(_input_title(own))}</p>{table(_comparisons(own))}")
        parts += [f"<p>{html.escape(line)}</p>" for line in _kink_lines(own)]
        parts.append(table(_elements(own)))
    for title, texts in (("rules", found.rules), ("composed", found.compositions), ("notes", found.notes)):
        if texts:
            parts.append(f"<p>{title}</p><pre>{html.escape(chr(10).join(texts))}</pre>")
    return "".join(parts)
