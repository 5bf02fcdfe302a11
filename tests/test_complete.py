"""Every operation has a spec, every class of nn a layer, every optimizer and scheduler a line; none is of nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch

import minitorch
from parity import layers, optimizers, schedulers
from parity.running import Engine
from parity.specs import load

ROOT = Path(__file__).resolve().parent.parent
WHERE = ("", "Tensor.", "nn.functional.", "linalg.", "special.")

# Where operations are written. What is public and comes from there is one.
FILES = ("minitorch.ops.", "minitorch.autograd.views", *(f"minitorch.{where}"[:-1] for where in WHERE[2:]))


class Elsewhere(NamedTuple):
    """Why an operation has no spec, the file of its test, and what stands there when that is not its name."""

    reason: str
    file: str
    text: str = ""


EXCEPTED = {
    "Tensor.__array_wrap__": Elsewhere("NumPy's hook", "tests/test_tensor.py", "np.exp(x)"),
    "Tensor.__delitem__": Elsewhere("always an error", "tests/test_ops_indexing.py"),
    "Tensor.__iter__": Elsewhere("gives an iterator", "tests/test_ops_shape.py", "iter("),
    "Tensor.apply_": Elsewhere("takes a function", "tests/test_tensor.py"),
    "Tensor.bfloat16": Elsewhere("a dtype that NumPy lacks", "tests/test_tensor.py"),
    "Tensor.cdouble": Elsewhere("a dtype that minitorch lacks", "tests/test_tensor.py"),
    "Tensor.cfloat": Elsewhere("a dtype that minitorch lacks", "tests/test_tensor.py"),
    "Tensor.cuda": Elsewhere("needs a GPU", "tests/test_ops_creation.py", ".cuda()"),
    "Tensor.is_pinned": Elsewhere("about memory, not elements", "tests/test_tensor.py"),
    "Tensor.is_shared": Elsewhere("about memory, not elements", "tests/test_tensor.py"),
    "Tensor.map_": Elsewhere("takes a function", "tests/test_tensor.py"),
    "Tensor.numpy": Elsewhere("gives no tensor", "tests/test_autograd.py", "w.numpy()"),
    "Tensor.pin_memory": Elsewhere("needs a GPU", "tests/test_ops_creation.py"),
    "Tensor.resize_": Elsewhere("leaves new elements as they were in memory", "tests/test_ops_shape.py"),
    "Tensor.resize_as_": Elsewhere("leaves new elements as they were in memory", "tests/test_ops_shape.py"),
    "Tensor.share_memory_": Elsewhere("about memory, not elements", "tests/test_tensor.py"),
    "embedding_bag": Elsewhere("torch leaves out what its kernel happens not to need", "tests/test_ops_pairs.py"),
    "imag": Elsewhere("always an error", "tests/test_ops_pairs.py"),
    "from_numpy": Elsewhere("makes the tensors of every example", "tests/test_ops_creation.py"),
    "frombuffer": Elsewhere("of bytes, not of tensors", "tests/test_ops_creation.py"),
    "get_rng_state": Elsewhere("the state of the random numbers", "tests/test_ops_random.py"),
    "initial_seed": Elsewhere("the state of the random numbers", "tests/test_ops_random.py"),
    "linalg.eig": Elsewhere("always an error", "tests/test_ops_lu.py"),
    "linalg.eigvals": Elsewhere("always an error", "tests/test_ops_lu.py"),
    "manual_seed": Elsewhere("the state of the random numbers", "tests/test_ops_random.py"),
    "resize_as_": Elsewhere("leaves new elements as they were in memory", "tests/test_ops_shape.py"),
    "seed": Elsewhere("gives another number each time", "tests/test_ops_random.py", "minitorch.seed()"),
    "set_default_tensor_type": Elsewhere("changes a mode", "tests/test_ops_creation.py"),
    "set_rng_state": Elsewhere("the state of the random numbers", "tests/test_ops_random.py"),
}
"""What comes from those files and cannot be compared by one call on each engine."""


def public() -> Iterator[tuple[str, Any]]:
    """The dotted name of every public operation, and the function; what torch does not have is a file's own affair."""
    for prefix in WHERE:
        space = Engine(minitorch).find(prefix[:-1]) if prefix else minitorch
        for name, value in vars(space).items() if space is not None else ():
            function = value.fget if isinstance(value, property) else value
            module = getattr(function, "__module__", None) or ""
            private = name.startswith("_") and not name.endswith("__")
            if callable(function) and not isinstance(function, type) and module.startswith(FILES) and not private:
                if Engine(torch).find(prefix + name) is not None:
                    yield prefix + name, function


def covered() -> set[str]:
    """The names that the specs try: function, method, and the in-place twin of either."""
    names = {name for spec in load() for name in spec.names()}
    names |= {f"Tensor.{name}" for name in names if "." not in name}
    return names | {f"{name}_" for name in names}


def test_every_op_has_a_spec() -> None:
    tried = covered()
    same = {id(function) for name, function in public() if name in tried}
    missing = sorted(
        name for name, function in public() if not {name} & (tried | set(EXCEPTED)) and id(function) not in same
    )
    assert not missing, f"{len(missing)} operations without a spec in parity/specs: {' '.join(missing)}"


def test_every_spec_is_an_op() -> None:
    engine = Engine(minitorch)
    names = [name for spec in load() for name in spec.names()]
    unknown = [name for name in names if engine.find(name) is None and engine.find(f"Tensor.{name}") is None]
    assert not unknown, f"{len(unknown)} specs of what minitorch does not have: {' '.join(unknown)}"


@pytest.mark.parametrize("name", sorted(EXCEPTED))
def test_what_is_excepted_is_tested_elsewhere(name: str) -> None:
    _, file, text = EXCEPTED[name]
    assert (text or name.rpartition(".")[2]) in (ROOT / file).read_text(), f"{file} says nothing of {name}"


@pytest.mark.parametrize("name", sorted(EXCEPTED))
def test_what_is_excepted_exists_and_has_no_spec(name: str) -> None:
    assert name in dict(public()), f"{name} is gone: take it out of EXCEPTED"
    assert name not in covered(), f"{name} has a spec: take it out of EXCEPTED"


# --- modules, optimizers, schedulers --------------------------------------------------------------------------------

BASES = {
    "nn": {
        "Module": Elsewhere("the base of all", "tests/test_nn_module.py", "nn.Module"),
        "RNNBase": Elsewhere("the base of RNN, LSTM and GRU, which can be called here", "tests/test_nn_rnn.py"),
    },
    "optim": {"Optimizer": Elsewhere("the base of all", "tests/test_optim.py")},
    "optim.lr_scheduler": {
        "LRScheduler": Elsewhere("the base of all", "tests/test_lr_scheduler.py"),
        "_LRScheduler": Elsewhere("the base's old name", "tests/test_lr_scheduler.py"),
    },
}
"""The classes that are not tried themselves."""

CLASSES = (
    ("nn", minitorch.nn.Module, layers.load),
    ("optim", minitorch.optim.Optimizer, optimizers.load),
    ("optim.lr_scheduler", minitorch.optim.lr_scheduler.LRScheduler, schedulers.load),
)


@pytest.mark.parametrize(("space", "base", "subjects"), CLASSES, ids=[space for space, _, _ in CLASSES])
def test_every_class_has_a_line(space: str, base: type, subjects: Any) -> None:
    found = vars(Engine(minitorch).find(space))
    classes = {name for name, value in found.items() if isinstance(value, type) and issubclass(value, base)}
    lines = {subject.name for subject in subjects()}
    assert classes - lines == set(BASES[space]), f"of {space}, without a line in parity: {sorted(classes - lines)}"
    assert not lines - classes, f"lines of what minitorch does not have: {sorted(lines - classes)}"


@pytest.mark.parametrize(("space", "name"), [(space, name) for space in BASES for name in BASES[space]])
def test_a_class_that_is_not_tried_is_tested_elsewhere(space: str, name: str) -> None:
    _, file, text = BASES[space][name]
    assert (text or name) in (ROOT / file).read_text(), f"{file} says nothing of {name}"
