"""The text of a tensor: `repr` in torch's format, over plain NumPy arrays, and the print options that shape it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from itertools import compress
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["format_tensor", "get_printoptions", "printoptions", "set_printoptions"]

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class PrintOptions:
    """What `set_printoptions` sets; `threshold` may be `math.inf`, and `sci_mode=None` lets the values decide."""

    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


_PROFILES = {
    "default": PrintOptions(),
    "short": PrintOptions(precision=2, edgeitems=2),
    "full": PrintOptions(threshold=math.inf),
}
_options = _PROFILES["default"]


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Set how tensors are printed: first the profile ("default", "short" or "full"), then whatever else is given.

    As in torch, an argument left out keeps its value, except `sci_mode`, which every call sets anew,
    and a profile of another name changes nothing.
    """
    global _options
    given = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    changes: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    start = _options if profile is None else _PROFILES.get(profile, _options)
    _options = replace(start, **changes, sci_mode=sci_mode)


def get_printoptions() -> dict[str, Any]:
    """Return the current options as a new dict, fit for `set_printoptions(**options)`."""
    return asdict(_options)


@contextmanager
def printoptions(**kwargs: Any) -> Iterator[None]:
    """Apply `set_printoptions(**kwargs)` within a `with` block, and put the former options back at its end.

    Raises TypeError where `set_printoptions` has no argument of that name.
    """
    former = get_printoptions()
    set_printoptions(**kwargs)
    try:
        yield
    finally:
        set_printoptions(**former)


def format_tensor(
    array: Array,
    *,
    grad_fn_name: str | None,
    requires_grad: bool,
    default_dtype: np.dtype[Any],
    device_suffix: str | None = None,
    type_name: str = "tensor",
    indent: int = 0,
) -> str:
    """Return torch's repr of a tensor that holds `array`, an array of any shape and layout.

    `device_suffix` names the device where torch would show it ("cuda:0"). `indent` says how many columns are taken
    before the first line; the lines that follow are moved right by as much. A summarised array is read at its corners
    only. Raises ValueError where the precision is negative.
    """
    options = _options
    margin = indent + len(type_name) + 1
    body, notes = _body(array, default_dtype, margin, options)
    if device_suffix is not None:
        notes.insert(0, f"device='{device_suffix}'")
    if grad_fn_name is not None:
        notes.append(f"grad_fn=<{grad_fn_name}>")
    elif requires_grad:
        notes.append("requires_grad=True")
    text = _append_notes(" " * indent + f"{type_name}({body}", notes, margin, options.linewidth)
    return text[indent:] + ")"


def _body(array: Array, default_dtype: np.dtype[Any], margin: int, options: PrintOptions) -> tuple[str, list[str]]:
    """The bracketed values, and the notes on size and dtype without which they could not be read back."""
    summarize = array.size > options.threshold
    sized = options.edgeitems == 0  # torch then writes the size whether or not values were left out
    plain = {default_dtype, np.dtype(np.int64), np.dtype(np.bool_)}
    if array.size == 0:
        body, sized, plain = "[]", array.ndim != 1, {default_dtype}
    elif array.ndim > 0 and summarize and options.edgeitems <= 0:
        body = "[...]"
    else:
        body = _nested(array, summarize, margin, options)
    notes = [f"size={array.shape}"] if sized else []
    if array.dtype not in plain:
        notes.append(f"dtype=torch.{array.dtype.name}")
    return body, notes


def _append_notes(text: str, notes: Sequence[str], margin: int, linewidth: int) -> str:
    """Add the notes after commas; one that would pass `linewidth` starts a new line at `margin`."""
    # The line where the values end counts two columns longer than it is: torch reckons so, and only on that line.
    column = len(text) - text.rfind("\n") + 1
    for note in notes:
        if column + 2 + len(note) > linewidth:
            text += ",\n" + " " * margin + note
            column = margin + len(note)
        else:
            text += ", " + note
            column += 2 + len(note)
    return text


def _nested(array: Array, summarize: bool, margin: int, options: PrintOptions) -> str:
    """The values in nested brackets; of a summarised array each axis keeps `edgeitems` at both ends."""
    edge = options.edgeitems
    cut = [summarize and size > 2 * edge for size in array.shape]
    if any(cut):
        ends = (np.r_[:edge, size - edge : size] if size > 2 * edge else np.arange(size) for size in array.shape)
        array = array[np.ix_(*ends)]
    texts, width = _element_texts(array, options)

    def block(texts: list[str], axis: int) -> str:
        if axis == array.ndim:
            return texts[0]
        start = margin + axis
        if axis == array.ndim - 1:
            items = [*texts[:edge], " ...", *texts[edge:]] if cut[axis] else texts
            room = max(1, math.floor((options.linewidth - start) / (width + 2)))
            rows = [", ".join(items[i : i + room]) for i in range(0, len(items), room)]
            newlines = "\n"
        else:
            step = len(texts) // array.shape[axis]
            rows = [block(texts[i : i + step], axis + 1) for i in range(0, len(texts), step)]
            if cut[axis]:
                rows.insert(edge, "...")
            newlines = "\n" * (array.ndim - axis - 1)
        return "[" + ("," + newlines + " " * (start + 1)).join(rows) + "]"

    return block(texts, 0)


def _element_texts(values: Array, options: PrintOptions) -> tuple[list[str], int]:
    """Each value's text, aligned to the right, and the width that torch reckons with when it breaks lines."""
    numbers = values.ravel().tolist()
    if values.dtype.kind != "f":
        texts = [str(number) for number in numbers]
        width = max(map(len, texts))
    else:
        # Python's floats are doubles, in which torch, too, measures and writes floats of any dtype.
        doubles = np.array(numbers, dtype=np.float64)
        counted = np.isfinite(doubles) & (doubles != 0)
        spec = _float_spec(doubles[counted], options)
        texts = [format(number, spec) for number in numbers]
        # Zeros, infinities and nans do not count: an array of nothing else has width 1, and its lines come out longer.
        width = max(map(len, compress(texts, counted)), default=1)
    return [text.rjust(width) for text in texts], width


def _float_spec(measured: npt.NDArray[np.float64], options: PrintOptions) -> str:
    """The format that all floats of an array share, chosen by its finite nonzero values."""
    if measured.size == 0:
        return "#.0f"
    magnitudes = np.abs(measured)
    low, high = float(magnitudes.min()), float(magnitudes.max())
    integral = bool((measured == np.trunc(measured)).all())
    scientific = options.sci_mode
    if scientific is None:
        scientific = high / low > 1000 or high > 1e8 or low < 1e-4
    if scientific:
        return f".{options.precision}e"
    # The alternate form writes the point although no digit follows it.
    return "#.0f" if integral else f".{options.precision}f"
