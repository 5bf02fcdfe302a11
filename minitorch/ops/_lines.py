"""Convolution as products of lines: how an image has to lie so that one product reads it in place.

An image is laid out line by line; a line holds a row for each channel, and in it the batch, one image after the other.
The rows that a line of windows meets then lie next to each other, and overlap with those of the next: the matrix of an
im2col, which is larger by the kernel's height, is there as views. Across the width there are two ways:

- the columns of the kernel are multiplied all at once, as if they were so many filters more, and the results added up,
  each moved to its place. For steps greater than 1 the columns of the image are dealt out first, as so many channels.
- else the line has rows for each column of the kernel: more to lay out, and nothing to add up.

The first is for kernels of few filters and many channels: products of so few rows are poor ones, and the adjoint would
add up more than it multiplies.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

from minitorch import parallel
from minitorch.backend import Array, cache_blocks
from minitorch.ops._windows import Shape, Window

_FEW = 32
"""Rows up to which a product is a poor one."""
_STRIPES = 8
"""Into how many sums the gradient of a kernel falls at most, each over a part of the batch."""


class Lines:
    """The lines of images of size `image`, over which windows slide to the positions `size`."""

    def __init__(self, window: Window, image: Shape, size: Shape, groups: int, channels: int, filters: int) -> None:
        """`channels` and `filters`: the channels that come in and go out, in each group."""
        self.window, self.image, self.size = window, image, size
        self.groups, self.channels, self.filters = groups, channels, filters
        self.tall = (size[0] - 1) * window.stride[0] + window.span()[0]
        inner = window.inner()
        taps = list(itertools.product(*map(range, inner.kernel)))
        width = tuple(n + (reach - 1) // s for n, reach, s in zip(size[1:], inner.span(), inner.stride, strict=True))
        self.laid = inner
        """Which elements of the image a line holds: those that this window meets. One row for each of its taps."""
        self.width = size[1:]
        self.places = [(k, 0) for k in range(len(taps))]
        """Of each column of the kernel, the row of the line that it multiplies, and how far the result has to move."""
        poor = filters <= _FEW and channels * window.kernel[0] >= 8 * filters
        if poor and math.prod(width) <= 2 * math.prod(size[1:]):
            rows = tuple(min(reach, s) for reach, s in zip(inner.span(), inner.stride, strict=True))
            self.laid, self.width = Window(rows, inner.stride, inner.padding, (1,) * len(rows)), width
            self.places = []
            for tap in taps:
                offsets = [k * d for k, d in zip(tap, inner.dilation, strict=True)]
                row = [offset % s for offset, s in zip(offsets, inner.stride, strict=True)]
                shift = [offset // s for offset, s in zip(offsets, inner.stride, strict=True)]
                self.places.append((_flat(row, rows), _flat(shift, width)))
        self.shifts = sorted({shift for _, shift in self.places})
        self.rows = channels * math.prod(self.laid.kernel)
        """The rows of a line."""
        top = window.padding[0]
        shown = max(0, min(image[0], self.tall - top))
        self.pieces = [
            ((slice(None), slice(top, top + shown), ..., *at), (slice(None), slice(shown), ..., *of), row)
            for row, (at, of) in enumerate(self.laid.taps(image[1:], self.width))
        ]
        """For each row of a channel: where it has elements of images (groups, H, C, N, ...), which, and its number."""
        self.whole = not top and self.tall <= image[0] and self.laid.fits(image[1:], self.width)
        """Whether all that is laid out lies inside the image."""

    # --- the kernel -------------------------------------------------------------------------------------------------

    def matrix(self, xp: Any, w: Array) -> Array:
        """The kernel (O, C / groups, ...) as matrices (groups, shifts * filters, height * rows)."""
        matrix = xp.zeros(self._matrix_shape(), w.dtype)
        taps = w.reshape(self.groups, self.filters, self.channels, self.window.kernel[0], -1)
        for k, (row, shift) in enumerate(self.places):
            matrix[:, self.shifts.index(shift), :, :, :, row] = taps[..., k].swapaxes(2, 3)
        return matrix.reshape(self.groups, self._moving(), -1)

    def kernel(self, xp: Any, matrix: Array) -> Array:
        """The kernel from its matrices."""
        matrix = matrix.reshape(self._matrix_shape())
        parts = [matrix[:, self.shifts.index(shift), :, :, :, row] for row, shift in self.places]
        taps = xp.stack(parts, axis=4).swapaxes(2, 3)
        return taps.reshape(self.groups * self.filters, self.channels, *self.window.kernel)

    def _matrix_shape(self) -> Shape:
        rows = math.prod(self.laid.kernel)
        return (self.groups, len(self.shifts), self.filters, self.window.kernel[0], self.channels, rows)

    # --- products, each of a part of the batch ------------------------------------------------------------------------

    def nbytes(self, itemsize: int) -> float:
        """What an image goes through, laid out, as each line of the kernel meets it, and multiplied: at a product's
        speed, which is twice that of other steps."""
        met = self.window.kernel[0] * self.rows
        return (self.tall * self.rows + self.size[0] * (met + self._moving())) * self._cell(itemsize) / 2

    def parts(self, xp: Any, n: int, itemsize: int) -> list[slice]:
        """The batch in parts that stay in the cache between being laid out and being multiplied."""
        laid, products = self.tall * self.rows, self.size[0] * self._moving()
        rows = max(laid, products) if len(self.shifts) > 1 else laid
        return parallel.parts(xp, n, rows * self._cell(itemsize), n * self.nbytes(itemsize))

    def _heights(self, xp: Any, n: int, rows: int, itemsize: int) -> Iterator[slice]:
        """As `parts`, of the height of the output, for products of so many rows: where even one image is too large."""
        return cache_blocks(xp, self.size[0], rows * n * self._cell(itemsize))

    def _moving(self) -> int:
        """The rows of the product that each shift has its part of."""
        return len(self.shifts) * self.filters

    def _cell(self, itemsize: int) -> int:
        """What a row takes in a line, of one image."""
        return self.groups * math.prod(self.width) * itemsize

    def multiply(self, xp: Any, matrix: Array, x: Array, offset: Array | None, out: Array) -> None:
        """The sums over the windows of `x` into `out` (N, groups, filters, *size), plus the offset."""
        met, n = self._met(xp, x), len(x)
        for part in self._heights(xp, n, self._moving(), x.itemsize):
            windows = met[:, part]
            shape = (*windows.shape[:2], matrix.shape[1], windows.shape[3])
            products = xp.matmul(matrix[:, None], windows, out=parallel.scratch(xp, "products", shape, x.dtype))
            products = products.reshape(*shape[:2], len(self.shifts), self.filters, shape[3])
            sums = products[:, :, 0]
            length = shape[3] - self.shifts[-1]
            for k, shift in enumerate(self.shifts[1:], 1):
                sums[..., :length] += products[:, :, k, :, shift : shift + length]
            lines = sums.reshape(*sums.shape[:3], n, *self.width)[self._valid()]
            images = lines.transpose(3, 0, 2, 1, *range(4, lines.ndim))
            if offset is None:
                out[:, :, :, part] = images
            else:
                xp.add(images, offset, out=out[:, :, :, part])

    def spread(self, xp: Any, turned: Array, g: Array, out: Array) -> None:
        """The adjoint: sends `g` (N, groups, filters, *size) back to `out` (N, groups, channels, *image), all zeros.

        `turned` is the matrix, transposed.
        """
        n, (step, apart), high = len(g), (self.window.stride[0], self.window.dilation[0]), self.window.kernel[0]
        columns = n * math.prod(self.width)
        met = parallel.scratch(xp, "lines", (self.groups, self.tall, self.rows, columns), g.dtype)
        met[...] = 0
        for part in self._heights(xp, n, self._moving() + self.rows, g.itemsize):
            gradients = self._moved(xp, g, part)
            shape = (*gradients.shape[:2], self.rows, columns)
            products = parallel.scratch(xp, "products", shape, g.dtype)
            for line in range(high):
                rows = turned[:, None, line * self.rows : (line + 1) * self.rows]
                top = part.start * step + line * apart
                lines = met[:, top : top + (shape[1] - 1) * step + 1 : step]
                lines += xp.matmul(rows, gradients, out=products)
        met = met.reshape(self.groups, self.tall, self.channels, -1, n, *self.width)
        for at, of, row in self.pieces:
            image = out.transpose(1, 3, 2, 0, *range(4, out.ndim))[of]
            image += met[:, :, :, row][at]

    def collect(self, xp: Any, g: Array, x: Array) -> Array:
        """The adjoint with respect to the kernel: what each of its elements met in `x`, weighted by `g`.

        In the form of `matrix`, and of the whole batch.
        """
        parts = self.parts(xp, len(x), x.itemsize)
        shape = (self.groups, self.window.kernel[0] * self.rows, self._moving())

        def add_up(stripe: list[slice]) -> Array:
            total = xp.zeros(shape, x.dtype)
            for part in stripe:
                met = self._met(xp, x[part])
                for lines in self._heights(xp, len(x[part]), self._moving(), x.itemsize):
                    # In this order BLAS takes two thirds of the time that it takes for the transposed product.
                    total += xp.matmul(met[:, lines], self._moved(xp, g[part], lines).swapaxes(2, 3)).sum(axis=1)
            return total

        length = -(-len(parts) // max(1, min(_STRIPES, parallel.SCRATCH // (math.prod(shape) * x.itemsize))))
        work = len(x) * self.nbytes(x.itemsize)
        totals = parallel.each(add_up, [parts[k : k + length] for k in range(0, len(parts), length)], work)
        return sum(totals[1:], start=totals[0]).swapaxes(1, 2)

    def _met(self, xp: Any, x: Array) -> Array:
        """What the kernel meets: (groups, lines of the output, height * rows, N * width), overlapping."""
        n, kernel = len(x), self.window.kernel
        shape = (self.groups, self.tall, self.channels, math.prod(self.laid.kernel), n, *self.width)
        laid = parallel.scratch(xp, "lines", shape, x.dtype)
        if not self.whole:
            laid[...] = 0
        images = x.reshape(n, self.groups, self.channels, *self.image)
        images = images.transpose(1, 3, 2, 0, *range(4, images.ndim))
        for at, of, row in self.pieces:
            laid[:, :, :, row][at] = images[of]
        columns = n * math.prod(self.width)
        line = self.rows * columns
        steps = (self.tall * line, self.window.stride[0] * line, self.window.dilation[0] * line, columns, 1)
        views = xp.lib.stride_tricks.as_strided(
            laid,
            (self.groups, self.size[0], kernel[0], self.rows, columns),
            tuple(step * laid.itemsize for step in steps),
        )
        return views.reshape(self.groups, self.size[0], -1, columns)  # a view, but for a dilated height

    def _moved(self, xp: Any, g: Array, part: slice) -> Array:
        """The gradient of some lines as each shift sees it: (groups, lines, shifts * filters, N * width)."""
        lines = g[:, :, :, part].transpose(1, 3, 2, 0, *range(4, g.ndim))
        columns = lines.shape[3] * math.prod(self.width)
        shape = (*lines.shape[:2], len(self.shifts), self.filters, columns)
        moved = parallel.scratch(xp, "gradients", shape, g.dtype)
        first = moved[:, :, 0].reshape(*lines.shape[:4], *self.width)
        if self.width != self.size[1:]:
            first[...] = 0
        first[self._valid()] = lines
        for k, shift in enumerate(self.shifts[1:], 1):
            moved[:, :, k, :, :shift] = 0
            moved[:, :, k, :, shift:] = moved[:, :, 0, :, : columns - shift]
        return moved.reshape(*lines.shape[:2], -1, columns)

    def _valid(self) -> Any:
        """Of lines (..., *width), the positions that there are."""
        return (..., *(slice(n) for n in self.size[1:]))


def _flat(index: list[int], shape: Shape) -> int:
    """The place of an element in a row-major array."""
    place = 0
    for own, length in zip(index, shape, strict=True):
        place = place * length + own
    return place
