"""Grids of positions, and images read at them."""

from __future__ import annotations

from parity.spec import Spec
from parity.strategies import Call, Domain, Draw
from parity.tolerance import Looser

F = "nn.functional."
FLOATS = ("float32", "float64")
WITHIN = Domain("positions in and around the image", low=-1.6, high=1.6)
ADDED = Looser(300, "weights by products, whose rounding shows where pixels cancel")


def maps(d: Draw) -> Call:
    """Affine maps, and the size of the image."""
    dims, n = d.integer(2, 3), d.integer(1, 2)
    size = (n, d.integer(1, 2), *(d.integer(2, 4) for _ in range(dims)))
    theta = d.tensor((n + 1 if d.fault() else n, dims, dims if d.fault() else dims + 1))
    return Call(theta, (*size, 2) if d.fault() else size, align_corners=d.flag())


def positions(d: Draw) -> Call:
    """Images and positions, and how to read them."""
    d.mixed = False
    dims, n = d.integer(2, 3), d.integer(1, 2)
    input = d.tensor((n, d.integer(1, 2), *(d.integer(1, 4) for _ in range(dims))))
    columns = dims + 1 if d.fault() else dims
    grid = d.tensor((n + 1 if d.fault() else n, *(d.integer(1, 3) for _ in range(dims)), columns))
    modes = ("bilinear", "nearest", "bicubic") if dims == 2 or d.fault() else ("bilinear", "nearest")
    padding = "any" if d.fault() else d.pick("zeros", "border", "reflection")
    return Call(input, grid, d.pick(*modes), padding, d.flag())


SPECS = [
    Spec(F + "affine_grid", call=maps, domain=WITHIN, grad=WITHIN, dtypes=FLOATS),
    Spec(F + "grid_sample", call=positions, domain=WITHIN, grad=WITHIN, dtypes=FLOATS, looser=ADDED),
]
