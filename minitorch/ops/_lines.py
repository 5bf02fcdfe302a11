"""Convolution as products of lines: how images have to lie so that products read what a kernel meets in place.

Images are laid out line by line; a line holds a row for each channel, and in it the columns of the whole batch. The
rows that a line of windows meets then lie next to each other, and overlap with those of the next; and to move a window
along the line is to start some places further on. So the matrix of an im2col, which is larger by the kernel's size, is
there as views: one for each column of the kernel, whose products are added up. For steps greater than 1 the columns are
dealt out first, as so many rows. A kernel of few channels has a row for each of its columns instead, and one product.

All images have three dimensions here, of which the first may be 1. It is the way on a CPU; that on a GPU is in
_columns.py.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from minitorch import parallel
from minitorch.backend import Array, cache_blocks
from minitorch.ops._windows import Shape, Window

_FEW = 4
"""Channels up to which a product meets all columns of the kernel."""
_NARROW, _NARROW_OF_FEW = 40, 12
"""Columns below which the batch comes last in a row, and the same for few channels."""
_OPERAND = 2**17
"""Bytes that a product's operand may have to stay near the processor."""
_FEWEST, _COLUMNS = 8, 512
"""Of narrow images, how many are laid out at a time at least, as it is slow to copy fewer, and how long rows become."""
_STRIPES = 8
"""Into how many sums the gradient of a kernel falls at most, each over a part of the batch."""


class _Tap(NamedTuple):
    """A column of the kernel, or all of them: the plane, the row of a channel, and the place in it where it begins."""

    plane: int
    row: int
    shift: int


class _Band(NamedTuple):
    """Rows of the kernel that meet lines which lie next to each other, from this one on."""

    line: int
    rows: slice
    height: int


class Lines:
    """The lines of images of size `image`, over which windows slide to the positions `size`."""

    def __init__(self, window: Window, image: Shape, size: Shape, groups: int, channels: int, filters: int) -> None:
        """`channels` and `filters`: the channels that come in and go out, in each group."""
        missing = 3 - len(image)
        plain = ((number,) * missing for number in (1, 1, 0, 1))
        window = Window(*(each + own for each, own in zip(plain, window, strict=True)))
        self.kernel, self.stride, padding, dilation = window
        self.image, self.size = (1,) * missing + image, (1,) * missing + size
        self.groups, self.channels, self.filters = groups, channels, filters
        span = window.span()
        steps = zip(self.size[:2], self.stride, span, strict=False)
        self.tall = tuple((n - 1) * step + reach for n, step, reach in steps)
        """The depth and the height of what is laid out."""
        (_, high, wide), (_, down, step) = self.kernel, self.stride
        few = channels <= _FEW
        if few:
            self.split = (1, wide)
            places = [(0, 0)]
            across = Window(*(each[2:] for each in window))
        else:
            self.split = (wide, 1)
            places = [(offset % step, offset // step) for offset in range(0, span[2], dilation[2])]
            across = Window((min(span[2], step),), (step,), padding[2:], (1,))
        self.rows = across.kernel[0]
        """The rows of each channel."""
        self.reach = max(shift for _, shift in places)
        self.width = self.size[2] + self.reach
        """The columns of each row."""
        self.narrow = self.size[2] < (_NARROW_OF_FEW if few else _NARROW)
        """Whether the batch comes last in a row, and not the columns of an image."""
        planes = range(0, span[0], dilation[0])
        self.taps = [_Tap(plane, *place) for plane, place in itertools.product(planes, places)]
        self.pieces = [(row, at, of) for row, ((at,), (of,)) in enumerate(across.taps(self.image[2:], (self.width,)))]
        """For each row of a channel: where it has columns of the image, and which."""
        shown = [max(0, min(own, n - p)) for own, n, p in zip(self.image, self.tall, padding, strict=False)]
        self.shown = tuple(slice(p, p + n) for p, n in zip(padding, shown, strict=False))
        """The planes and the lines that lie inside the image."""
        self.whole = tuple(shown) == self.tall and across.fits(self.image[2:], (self.width,))
        """Whether all that is laid out lies inside the image."""
        self.met = [_Band(0, slice(high), high)]
        """What the kernel meets."""
        starts = range(min(down, high))
        self.reached = [_Band(row, slice(row, high, down), -(-(high - row) // down)) for row in starts]
        """What it reaches when it is turned round, from the lines of a gradient."""
        if dilation[1] > 1:  # then no two rows meet lines next to each other
            self.met = self.reached = [_Band(row * dilation[1], slice(row, row + 1), 1) for row in range(high)]
        self.margin = self.reached[0].height - 1
        """Lines of zeros beside those of a gradient, for each row to meet one."""
        self.operand = self.met[0].height * channels * self.split[1]
        """The rows of a product's operand."""

    # --- the kernel -------------------------------------------------------------------------------------------------

    def matrices(self, w: Array) -> list[Array]:
        """The kernel (O, C / groups, ...) as matrices (groups, 1, 1, filters, rows it meets), for each tap and band."""
        parts = [tap[:, :, band.rows] for tap in self._columns(w) for band in self.met]
        return [part.reshape(self.groups, 1, 1, self.filters, -1) for part in parts]

    def adjoints(self, w: Array) -> list[Array]:
        """The kernel as matrices (groups, 1, 1, rows it reaches, rows of gradients), for each tap and band."""
        parts = [tap[:, :, band.rows][:, :, ::-1] for tap in self._columns(w) for band in self.reached]
        turned = (part.transpose(0, 3, 2, 1).reshape(self.groups, 1, 1, part.shape[3], -1) for part in parts)
        return [np.ascontiguousarray(part) for part in turned]

    def _columns(self, w: Array) -> Array:
        """(taps, groups, filters, height, channels * columns of a tap)."""
        deep, high, _ = self.kernel
        columns = w.reshape(self.groups, self.filters, self.channels, deep, high, *self.split)
        columns = columns.transpose(3, 5, 0, 1, 4, 2, 6).reshape(len(self.taps), self.groups, self.filters, high, -1)
        return np.ascontiguousarray(columns)  # BLAS takes no rows that run backwards

    # --- products, each of a part of the batch ------------------------------------------------------------------------

    @functools.lru_cache(maxsize=256)  # noqa: B019 - there are few of these, and they are remembered anyway
    def nbytes(self, itemsize: int) -> float:
        """What an image goes through, laid out, as the kernel meets it, and multiplied: of that two thirds, as products
        are faster than other steps."""
        products = len(self.taps) * len(self.met) * (self.operand + self.filters) * math.prod(self.size)
        return self._laid_out() * itemsize + self.groups * products * itemsize * 2 / 3

    def _laid_out(self) -> int:
        """The numbers of an image that is laid out."""
        return self.groups * math.prod(self.tall) * self.channels * self.rows * self.width

    @functools.lru_cache(maxsize=256)  # noqa: B019 - there are few of these, and they are remembered anyway
    def parts(self, n: int, itemsize: int) -> list[slice]:
        """The batch in parts that are laid out at a time."""
        out = self.groups * self.filters * math.prod(self.size)
        length = _OPERAND // (self.operand * self.size[2] * itemsize)
        length = max(1, min(length, parallel.SCRATCH // (4 * itemsize * max(self._laid_out(), out))))
        if self.narrow:
            length = max(min(length, _COLUMNS // self.size[2]), _FEWEST)
            length = 2 ** (length.bit_length() - 1)  # columns that begin where a processor likes them to
        return parallel.runs(n, length, n * self.nbytes(itemsize))

    def in_parts(self, compute: Callable[[slice], Any], n: int, itemsize: int) -> None:
        """`compute` of all parts of a batch of `n`, in threads where it is worth it."""
        parallel.each(compute, self.parts(n, itemsize), n * self.nbytes(itemsize))

    def multiply(self, matrices: list[Array], x: Array, bias: Array | None, out: Array) -> None:
        """The sums over the windows of `x` into `out` (N, groups * filters, ...), plus the bias."""
        laid, images = self._laid(x), self._in_lines(out, self.filters, self.size)
        for part in self._heights(images[:, :, 0].nbytes):
            met = (self._met(laid, tap, band, part) for tap in self.taps for band in self.met)
            operand = next(met)
            length = operand.shape[-1]
            shape = (*operand.shape[:3], self.filters, length if self.narrow else laid.shape[-1])
            sums = parallel.scratch(np, "sums", shape, x.dtype)
            total, product = sums[..., :length], parallel.scratch(np, "products", shape, x.dtype)[..., :length]
            np.matmul(matrices[0], operand, out=total)
            for matrix, operand in zip(matrices[1:], met, strict=True):
                total += np.matmul(matrix, operand, out=product)
            if bias is not None:
                total += bias.reshape(self.groups, 1, 1, -1, 1)
            images[:, :, part] = self._grid(sums, len(x))[..., : self.size[2], :]

    def spread(self, adjoints: list[Array], g: Array, out: Array) -> None:
        """The adjoint: sends `g` (N, groups * filters, ...) back to `out` (N, groups * channels, ...), all zeros."""
        gradients, laid = self._gradients(g, self.margin), self._empty(len(g), g.dtype)
        laid[...] = 0
        for (tap, band), matrix in zip(itertools.product(self.taps, self.reached), adjoints, strict=True):
            self._reach(laid, gradients, tap, band, matrix)
        for inside, row, at in self._places(laid, out):
            if self.split[1] > 1:  # then rows overlap
                inside += row[..., at, :]
            else:
                inside[...] = row[..., at, :]

    def _reach(self, laid: Array, gradients: Array, tap: _Tap, band: _Band, matrix: Array) -> None:
        """Adds what a tap and a band send back to the lines that are inside the image."""
        step = self.stride[1]
        first = max(0, -((band.line - self.shown[1].start) // step))
        last = min(self.size[1] + band.height - 1, -((band.line - self.shown[1].stop) // step))
        if last <= first:
            return
        columns = self._from(tap, laid)
        met = np.ndarray(
            (*gradients.shape[:2], last - first, band.height * self.filters, columns.stop - columns.start),
            gradients.dtype,
            gradients,
            (self.margin + 1 - band.height + first) * gradients.strides[2],
            gradients.strides,
        )
        planes = slice(tap.plane, tap.plane + (self.size[0] - 1) * self.stride[0] + 1, self.stride[0])
        lines = slice(band.line + first * step, band.line + (last - 1) * step + 1, step)
        target = laid[:, planes, lines, :, tap.row : tap.row + self.split[1], columns]
        rows = matrix.shape[3]
        for part in cache_blocks(np, last - first, met[:, :, 0, 0].nbytes * rows):
            shape = (*met.shape[:2], part.stop - part.start, rows, met.shape[4])
            products = parallel.scratch(np, "products", shape, met.dtype)
            # Of a column and a row BLAS is not asked, and NumPy's own loop takes twice the time of this.
            product = np.multiply if matrix.shape[4] == 1 else np.matmul
            product(matrix, met[:, :, part], out=products)
            target[:, :, part] += products.reshape(*shape[:3], self.channels, -1, shape[4])

    def collect(self, g: Array, x: Array, shape: Shape) -> Array:
        """The adjoint with respect to the kernel, of `shape`: what each of its elements met in `x`, weighted by `g`.

        Of the whole batch.
        """
        parts = self.parts(len(x), x.itemsize)
        deep, high, _ = self.kernel
        columns = (len(self.taps), self.groups, high, self.channels * self.split[1], self.filters)

        def add_up(stripe: list[slice]) -> Array:
            total = np.zeros(columns, x.dtype)
            for part in stripe:
                laid, gradients = self._laid(x[part]), self._gradients(g[part], 0)
                for lines in self._heights(math.prod(gradients.shape[:2]) * self.operand * self.filters * x.itemsize):
                    weights = gradients[:, :, lines].swapaxes(3, 4)
                    for tap, sums in zip(self.taps, total, strict=True):
                        for band in self.met:
                            met = self._met(laid, tap, band, lines)
                            # In this order BLAS takes two thirds of the time that it takes for the transposed product.
                            products = np.matmul(met, weights[..., : met.shape[4], :]).sum(axis=(1, 2))
                            sums[:, band.rows] += products.reshape(self.groups, band.height, -1, self.filters)
            return total

        length = -(-len(parts) // max(1, min(_STRIPES, parallel.SCRATCH // (math.prod(columns) * x.itemsize))))
        work = len(x) * self.nbytes(x.itemsize)
        totals = parallel.each(add_up, [parts[k : k + length] for k in range(0, len(parts), length)], work)
        total = sum(totals[1:], start=totals[0])
        total = total.reshape(deep, self.split[0], self.groups, high, self.channels, self.split[1], self.filters)
        return total.transpose(2, 6, 4, 0, 3, 1, 5).reshape(shape)

    def _heights(self, nbytes: int) -> Iterator[slice]:
        """Lines of the output in runs, of so many bytes each: where even one image is too large."""
        return cache_blocks(np, self.size[1], nbytes)

    # --- lines --------------------------------------------------------------------------------------------------------

    def _in_lines(self, images: Array, channels: int, size: Shape) -> Array:
        """Images (N, groups * channels, ...) as (groups, D, H, channels, W, N)."""
        return images.reshape(-1, self.groups, channels, *size).transpose(1, 3, 4, 2, 5, 0)

    def _grid(self, lines: Array, n: int) -> Array:
        """Lines (..., width * N), or (..., N * width) of images that are not narrow, as (..., width, N)."""
        if self.narrow:
            return lines.reshape(*lines.shape[:-1], -1, n)
        return lines.reshape(*lines.shape[:-1], n, -1).swapaxes(-1, -2)

    def _from(self, tap: _Tap, lines: Array) -> slice:
        """The columns that a tap meets."""
        length = lines.shape[-1]
        unit = length // self.width if self.narrow else 1
        return slice(tap.shift * unit, length + (tap.shift - self.reach) * unit)

    def _empty(self, n: int, dtype: Any) -> Array:
        """Lines to be laid out: (groups, D, H, channels, rows, columns)."""
        shape = (self.groups, *self.tall, self.channels, self.rows, self.width * n)
        return parallel.scratch(np, "lines", shape, dtype)

    def _places(self, laid: Array, images: Array) -> Iterator[tuple[Array, Array, slice]]:
        """For each row of a channel: the columns of the images that it has, and all of the row, and where in it."""
        shown = self._grid(laid, len(images))[:, self.shown[0], self.shown[1]]
        lines = self._in_lines(images, self.channels, self.image)[:, : shown.shape[1], : shown.shape[2]]
        for row, at, of in self.pieces:
            yield lines[..., of, :], shown[..., row, :, :], at

    def _laid(self, x: Array) -> Array:
        laid = self._empty(len(x), x.dtype)
        if not self.whole:
            laid[...] = 0
        for inside, row, at in self._places(laid, x):
            row[..., at, :] = inside
        return laid

    def _met(self, laid: Array, tap: _Tap, band: _Band, part: slice) -> Array:
        """What the kernel meets: (groups, D, lines of the output, rows, columns), overlapping."""
        columns, (deep, down, _), strides = self._from(tap, laid), self.stride, laid.strides
        start = (0, tap.plane, part.start * down + band.line, 0, tap.row, columns.start)
        row = strides[4] if self.split[1] > 1 else strides[3]
        return np.ndarray(
            (self.groups, self.size[0], part.stop - part.start, self.operand, columns.stop - columns.start),
            laid.dtype,
            laid,
            sum(n * step for n, step in zip(start, strides, strict=True)),
            (strides[0], deep * strides[1], down * strides[2], row, strides[5]),
        )

    def _gradients(self, g: Array, margin: int) -> Array:
        """The lines of a gradient, and so many of zeros on either side: (groups, D, H, filters, columns)."""
        lines = self._in_lines(g, self.filters, self.size)
        deep, high = self.size[:2]
        width = self.size[2] if self.narrow else self.width
        shape = (self.groups, deep, high + 2 * margin, self.filters, width * len(g))
        laid = parallel.scratch(np, "gradients", shape, g.dtype)
        if margin or width > self.size[2]:
            laid[...] = 0
        self._grid(laid, len(g))[:, :, margin : margin + high, :, : self.size[2]] = lines
        return laid
