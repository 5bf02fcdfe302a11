"""The bundled list of torch's public names, and `minitorch api`, which measures against it.

`python tests/test_coverage.py FOLDER > minitorch/torch_names.txt` writes the list anew; FOLDER is an unpacked wheel of
torchvision.
"""

from __future__ import annotations

import ast
import importlib
import os
import pkgutil
import sys
import types
from pathlib import Path

import pytest
import torch

from minitorch import coverage

TORCHVISION = "0.28.0"

NAMESPACES = """
    torch torch.Tensor torch.nn torch.nn.Module torch.nn.functional torch.nn.init torch.nn.parameter torch.nn.utils
    torch.nn.utils.rnn torch.nn.utils.parametrizations torch.nn.utils.parametrize torch.nn.utils.prune
    torch.nn.attention torch.nn.parallel torch.optim torch.optim.Optimizer torch.optim.lr_scheduler
    torch.optim.swa_utils torch.utils torch.utils.data torch.utils.hooks torch.utils.checkpoint torch.autograd
    torch.autograd.Function
    torch.autograd.functional torch.autograd.graph torch.autograd.forward_ad torch.autograd.profiler torch.func
    torch.linalg torch.special torch.random torch.Generator torch.amp torch.accelerator torch.cuda torch.mps torch.xpu
    torch.backends.cudnn torch.backends.mps torch.distributions torch.multiprocessing torch.serialization torch.hub
    torch.testing torch.profiler torch.fft torch.sparse torch.jit torch.compiler torch.export torch.onnx
    torch.distributed torch.ao.quantization
""".split()
# What torch's files import for their own use and so carry without offering it.
BORROWED = ("torch.overrides", "torch._jit_internal", "torch._utils", "torch.utils._typing_utils")
# Packages whose inner modules no script imports by name.
CLOSED = tuple(
    """
    torch.ao torch.fx torch.distributed torch.jit torch.onnx torch.export torch.testing torch.package torch.quantization
    torch.nn.intrinsic torch.nn.qat torch.nn.quantizable torch.nn.quantized torch.nn.backends torch.utils.benchmark
    torch.utils.hipify torch.utils.data.datapipes torch.utils.serialization torch.masked torch.nativert torch.contrib
    torch.numa
    """.split()
)


def public_names(namespace: str) -> dict[str, str]:
    """Torch's public names in a module or class, each with the module that it reports."""
    head, _, last = namespace.rpartition(".")
    owner = getattr(importlib.import_module(head), last) if last[0].isupper() else importlib.import_module(namespace)
    if isinstance(owner, type):
        return {name: "" for name in dir(owner) if not name.startswith("_")}
    listed = {name for name in getattr(owner, "__all__", ()) if not name.startswith("_") and hasattr(owner, name)}
    if namespace == "torch" or not hasattr(owner, "__all__"):
        listed |= {name for name in dir(owner) if not name.startswith("_") and offered(getattr(owner, name), name)}
    modules = {name for name in listed if isinstance(getattr(owner, name), types.ModuleType)}
    return {name: reported(getattr(owner, name), namespace) for name in sorted(listed - modules)}


def offered(value: object, name: str) -> bool:
    """Whether a module without ``__all__`` means this value for its users."""
    if isinstance(value, (torch.dtype, torch.layout, torch.memory_format, torch.qscheme)):
        return True
    if not callable(value) or value is torch.Tensor or "torch_function" in name:
        return False
    home = getattr(value, "__module__", None) or ""
    return home.split(".")[0] == "torch" and not home.startswith(BORROWED)


def reported(value: object, namespace: str) -> str:
    """The module of torch that a class or a Python function says it is from, '' where that is its namespace."""
    if not isinstance(value, (type, types.FunctionType)) or value.__module__.split(".")[0] != "torch":
        return ""
    public = isinstance(value, type) or not any(part.startswith("_") for part in value.__module__.split("."))
    return value.__module__ if public and value.__module__ != namespace else ""


def public_modules() -> list[str]:
    """Torch's modules without an underscore in the name."""
    found = ["torch"]
    folders = [("torch", list(torch.__path__))]
    while folders:
        package, path = folders.pop()
        for module in pkgutil.iter_modules(path):
            name = f"{package}.{module.name}"
            if module.name.startswith("_") or package.startswith(CLOSED):
                continue
            found.append(name)
            if module.ispkg:
                folders.append((name, [os.path.join(path[0], module.name)]))
    return sorted(found)


def vision_names(folder: Path) -> dict[str, dict[str, str]]:
    """Torchvision's public names, read from its source: importing it would take a torch built for it."""
    sections = {}
    for namespace, pattern in {
        "torchvision.transforms": "transforms/[ta]*.py",
        "torchvision.transforms.functional": "transforms/functional.py",
        "torchvision.datasets": "datasets/*.py",
        "torchvision.models": "models/*.py",
        "torchvision.utils": "utils.py",
    }.items():
        names: dict[str, str] = {}
        package = folder / namespace.replace(".", "/") / "__init__.py"
        exported = declared(ast.parse(package.read_text())) if package.exists() else []
        for file in sorted((folder / "torchvision").glob(pattern)):
            tree = ast.parse(file.read_text())
            home = "torchvision." + ".".join(file.relative_to(folder / "torchvision").with_suffix("").parts)
            defined = [node for node in tree.body if isinstance(node, (ast.ClassDef, ast.FunctionDef))]
            for node in defined if not file.name.startswith("_") else []:
                if node.name in (exported or declared(tree) or [node.name]) and not node.name.startswith("_"):
                    names[node.name] = home if isinstance(node, ast.ClassDef) and home != namespace else ""
        sections[namespace] = dict(sorted(names.items()))
    return sections


def declared(tree: ast.Module) -> list[str]:
    """The names in the file's ``__all__``; empty where it has none."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "__all__":
            return [part.value for part in ast.walk(node.value) if isinstance(part, ast.Constant)]
    return []


TORCH = torch.__version__.partition("+")[0]
HEADER = f"""\
# Public names of torch {TORCH} and torchvision {TORCHVISION}, the yardstick of `minitorch api`.
# Read from the installed torch and from torchvision's source by tests/test_coverage.py, which also checks this file.
# Of a module: its __all__ or, where it has none, the functions and classes that are torch's own. Of a class: its
# attributes. Nothing that begins with an underscore. Beside a name: the module that the class or function reports,
# where that is another one.
"""


def write(vision_folder: Path) -> None:
    vision = vision_names(vision_folder)
    print(HEADER)
    print("\n".join(["[modules]", *public_modules(), "torchvision", *vision]))
    for namespace, names in {**{name: public_names(name) for name in NAMESPACES}, **vision}.items():
        print(f"\n[{namespace}]")
        for name, home in names.items():
            print(f"{name} {home}".rstrip())


@pytest.mark.filterwarnings("ignore")  # torch warns when its deprecated modules and attributes are looked at
@pytest.mark.parametrize("namespace", NAMESPACES)
def test_the_list_is_torchs(namespace: str) -> None:
    assert coverage.sections()[namespace] == public_names(namespace)


def test_the_lists_modules_are_torchs() -> None:
    listed = [name for name in coverage.sections()["modules"] if not name.startswith("torchvision")]
    assert listed == public_modules()
    assert coverage.LIST.read_text(encoding="utf-8").startswith(HEADER)


@pytest.mark.parametrize(
    ("namespace", "name", "family"),
    [
        ("torch", "quantize_per_tensor", "quantized and low-bit"),
        ("torch", "uint8", None),
        ("torch", "uint3", "quantized and low-bit"),
        ("torch", "complex64", "complex"),
        ("torch.Tensor", "to_sparse", "sparse"),
        ("torch", "index_copy", None),
        ("torch", "narrow_copy", None),
        ("torch", "view_copy", "copies of views"),
        ("torch.linalg", "eig", None),
        ("torch", "eig", "removed from torch"),
        ("torch.fft", "rfft", "fft"),
        ("torch.autograd.graph", "Node", None),
        ("torch", "Node", "jit and internals"),
        ("torch.utils.data", "DistributedSampler", "distributed"),
    ],
)
def test_families_counted_apart(namespace: str, name: str, family: str | None) -> None:
    assert name in coverage.sections()[namespace]
    assert coverage.family(namespace, name) == family


def test_every_family_counts_something() -> None:
    found = {
        coverage.family(namespace, name)
        for namespace in coverage.namespaces()
        for name in coverage.sections()[namespace]
    }
    assert found == {None, *coverage.FAMILIES}


def test_what_is_there_counts_and_what_is_not_does_not() -> None:
    row = coverage.measure("torch.Tensor")
    assert {"backward", "relu", "sum", "shape", "grad"} <= set(row.have)
    assert "map2_" in row.missing
    assert row.apart["sparse"] >= 10
    absent = coverage.measure("torch.autograd.forward_ad")
    assert absent.have == ()
    assert "make_dual" in absent.missing


def test_namespaces_by_short_names() -> None:
    assert coverage.namespaces("optim") == coverage.namespaces("torch.optim")
    assert coverage.namespaces("nn.utils")[:2] == ["torch.nn.utils", "torch.nn.utils.rnn"]
    assert coverage.namespaces("transforms") == ["torchvision.transforms", "torchvision.transforms.functional"]
    assert coverage.namespaces("nothing") == []


def test_near_names_are_ones_that_minitorch_has() -> None:
    assert coverage.near("Linearr", coverage.find("torch.nn"), "torch.nn")[0] == "torch.nn.Linear"
    assert coverage.near("ReLU", coverage.find("torch"), "torch")[:2] == ["torch.nn.ReLU", "torch.nn.functional.relu"]
    assert coverage.near("zzzzzz", coverage.find("torch"), "torch") == []


if __name__ == "__main__":
    write(Path(sys.argv[1]))
