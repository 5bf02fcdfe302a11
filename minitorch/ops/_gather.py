"""Windows over images on a GPU: one kernel, in which each element of the result gathers what it is made of.

Nothing is added where another thread adds, too, so the numbers do not depend on which comes first. A formula takes the
windows as a `Sliding` or a `Covering`, and its kernel as the numbers that those consist of: three of each, for images
of one, two or three dimensions. In the kernels' text `n` are the sizes of an image and `m` the numbers of positions;
`k`, `s`, `p` and `d` are kernel, stride, padding and dilation.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from minitorch.fused import Fused
from minitorch.ops._windows import Shape, Window


class Sliding(NamedTuple):
    """A window that slides over images of one size, at so many positions."""

    window: Window
    image: Shape
    positions: Shape

    @functools.lru_cache(maxsize=256)  # noqa: B019 - what it keeps alive are plain numbers
    def numbers(self) -> Shape:
        """What a kernel gets, in the order of its letters."""
        return _three_each(_LETTERS[Sliding], (self.image, self.positions, *self.window))


class Covering(NamedTuple):
    """Windows that cover images of one size evenly, so many in each dimension."""

    image: Shape
    positions: Shape

    def numbers(self) -> Shape:
        """What a kernel gets, in the order of its letters."""
        return _three_each(_LETTERS[Covering], self)


_LETTERS: dict[type, str] = {Sliding: "nmkspd", Covering: "nm"}


def _three_each(letters: str, shapes: Sequence[Shape]) -> Shape:
    """Dimensions that images lack come first, of size 1; there the window is one element, and nothing is padded."""
    missing = 3 - len(shapes[0])
    return tuple(
        n
        for letter, shape in zip(letters, shapes, strict=True)
        for n in (*((0 if letter == "p" else 1,) * missing), *shape)
    )


def gathers(xp: Any) -> bool:
    """Whether there are kernels for the arrays of this module."""
    return xp is not np and hasattr(xp, "ElementwiseKernel")


class Gather(Fused):
    """A formula `plain(xp, windows, *arrays)`, and its kernel, which takes the windows as numbers."""

    def over(self, xp: Any) -> Callable[..., Any]:
        """As Fused; what the function takes first is a Sliding or a Covering."""
        function = super().over(xp)
        if not gathers(xp):
            return function
        return lambda windows, *arrays, **size: function(*windows.numbers(), *arrays, **size)


def gather(windows: type, inputs: str, outputs: str, body: str) -> Callable[[Callable[..., Any]], Gather]:
    """As `fused`, of a formula that takes windows of this class before its inputs."""
    numbers = ", ".join(f"int32 {letter}{dim}" for letter in _LETTERS[windows] for dim in range(3))
    return lambda plain: Gather(plain, f"{numbers}, {inputs}", outputs, body)


# --- the kernels' text ------------------------------------------------------------------------------------------------

_SIZES = "ptrdiff_t points = (ptrdiff_t)n0 * n1 * n2, places = (ptrdiff_t)m0 * m1 * m2;"

AT_POSITION = f"""
    {_SIZES}
    ptrdiff_t image = i / places;
    int place = i - image * places, a0 = place / (m1 * m2), a1 = place / m2 % m1, a2 = place % m2;
"""
"""Where `i` counts positions: the number of its image, and the position in it."""

AT_ELEMENT = f"""
    {_SIZES}
    ptrdiff_t image = i / points;
    int place = i - image * points, a0 = place / (n1 * n2), a1 = place / n2 % n1, a2 = place % n2;
"""
"""Where `i` counts elements of images: the number of its image, and the element in it."""


def _nested(*loops: str) -> Callable[[str], str]:
    """The loops of each dimension, `#` being its number, around what is done in the innermost."""
    heads = "\n".join(loop.replace("#", str(dim)) for dim in range(3) for loop in loops)
    return lambda use: f"{heads}\n{use}\n}}}}}}"


each_tap = _nested(
    "for (int t# = 0; t# < k#; t#++) {",
    "int b# = a# * s# - p# + t# * d#;",
)
"""Text that uses each tap (t0, t1, t2) of a position's window, with the element (b0, b1, b2), which may lie outside."""

each_meeting = _nested(
    "for (int t# = 0; t# < k#; t#++) {",
    "int q# = a# + p# - t# * d#, b# = q# / s#;",
    "if (q# < 0 || b# * s# != q# || b# >= m#) continue;",
)
"""Text that uses each tap (t0, t1, t2) that meets an element, with the position (b0, b1, b2) where it does."""

each_covered = _nested("for (int b# = (ptrdiff_t)a# * n# / m#; b# < ((ptrdiff_t)(a# + 1) * n# + m# - 1) / m#; b#++) {")
"""Text that uses each element (b0, b1, b2) of a position's window, of windows that cover the image."""

each_covering = _nested("for (int b# = (ptrdiff_t)a# * m# / n#; b# < ((ptrdiff_t)(a# + 1) * m# + n# - 1) / n#; b#++) {")
"""Text that uses each position (b0, b1, b2) whose window covers an element, of windows that cover the image."""

TAP = "((t0 * k1 + t1) * k2 + t2)"
"""The number of a tap, row by row."""
INSIDE = "(b0 >= 0 && b0 < n0 && b1 >= 0 && b1 < n1 && b2 >= 0 && b2 < n2)"
ELEMENT = "((ptrdiff_t)(b0 * n1 + b1) * n2 + b2)"
"""The place of an element in its image."""
POSITION = "((ptrdiff_t)(b0 * m1 + b1) * m2 + b2)"
"""The place of a position among those of its image."""
