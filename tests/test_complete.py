"""Every operation has a spec, and every spec is an operation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import minitorch
from parity.harness import Engine
from parity.specs import load

WHERE = ("", "Tensor.", "nn.functional.", "linalg.", "special.")

# Where operations are written. What is public and comes from there is one.
FILES = ("minitorch.ops.", "minitorch.autograd.views", *(f"minitorch.{where}"[:-1] for where in WHERE[2:]))

EXCEPTED = {
    "Tensor.__array_wrap__": "NumPy's hook; tests/test_tensor.py",
}
"""What comes from those files and cannot be compared by one call on each engine, and where it is tested instead."""


def public() -> Iterator[tuple[str, Any]]:
    """The dotted name of every public operation, and the function."""
    for prefix in WHERE:
        space = Engine(minitorch).find(prefix[:-1]) if prefix else minitorch
        for name, value in vars(space).items() if space is not None else ():
            function = value.fget if isinstance(value, property) else value
            module = getattr(function, "__module__", None) or ""
            private = name.startswith("_") and not name.endswith("__")
            if callable(function) and not isinstance(function, type) and module.startswith(FILES) and not private:
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
def test_what_is_excepted_exists_and_has_no_spec(name: str) -> None:
    assert name in dict(public()), f"{name} is gone: take it out of EXCEPTED"
    assert name not in covered(), f"{name} has a spec: take it out of EXCEPTED"
