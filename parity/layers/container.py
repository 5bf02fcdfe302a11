"""Containers, of modules and of parameters."""

from __future__ import annotations

from typing import Any

from parity.layer import Drawn, Layer
from parity.specs.norm import DIVIDED
from parity.strategies import Call, Draw, Made

RECTIFIER = Made("nn.ReLU", Call())


def linears(d: Draw, count: int) -> list[Made]:
    """Linear layers, one after the other, of a width of 2."""
    return [Made("nn.Linear", Call(2, 2, bias=d.flag())) for _ in range(count)]


def sequence(d: Draw) -> Drawn:
    """Layers one after the other: shared ones, nested ones, named ones, none."""
    parts: list[Any] = linears(d, d.integer(0, 3))
    if parts and d.flag():
        nested = Made("nn.Sequential", Call(Made("nn.BatchNorm1d", Call(2)), Made("nn.Dropout", Call(0.2))))
        parts = [nested, *parts, RECTIFIER]
    if d.fault():
        parts.append("not a module")
    input = d.tensor((d.integer(2, 4), 3 if d.fault() else 2))
    input.layout = "plain"  # of others a norm keeps the layout here, not in torch, and the mask falls on other elements
    return Call(*parts), Call(input)


def listed(d: Draw) -> Drawn:
    """Modules in a list, which cannot be called."""
    return Call([*linears(d, d.integer(0, 3)), *([3] if d.fault() else [])]), Call(d.tensor((2, 2)))


def by_name(d: Draw) -> Drawn:
    """Modules by name; not every text is a name."""
    names = ["first", "b", "" if d.fault() else "last", "with.dot" if d.fault() else "other"]
    return Call(dict(zip(names, linears(d, d.integer(0, 4)), strict=False))), Call(d.tensor((2, 2)))


def parameters(d: Draw) -> Drawn:
    """Tensors, which become parameters, and other values, which stay what they are."""
    return Call([*(tensor(d) for _ in range(d.integer(0, 3))), *d.pick([], [3])]), Call()


def parameters_by_name(d: Draw) -> Drawn:
    """As `parameters`, by name."""
    return Call({name: tensor(d) for name in d.pick("", "a", "ab", "abc")}), Call()


def tensor(d: Draw) -> Any:
    """A tensor of a small shape that wants no gradient: as a parameter it does."""
    made = d.tensor(d.shape(max_dims=2), "float32", differentiable=False)
    made.layout = "plain"
    return made


def over_devices(d: Draw) -> Drawn:
    """One module, which without a GPU is called as it is."""
    return Call(linears(d, 1)[0]) + d.some(dim=(0, 1)), Call(d.tensor((3, 3 if d.fault() else 2)))


LAYERS = [
    Layer("Sequential", draw=sequence, looser=DIVIDED),
    Layer("ModuleList", draw=listed),
    Layer("ModuleDict", draw=by_name),
    Layer("ParameterList", draw=parameters),
    Layer("ParameterDict", draw=parameters_by_name),
    Layer("DataParallel", draw=over_devices),
]
