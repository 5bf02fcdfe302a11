"""torch.testing: assert_close, which says where two results differ, and make_tensor."""

from __future__ import annotations

import cmath
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from minitorch import dtypes
from minitorch.backend import to_host
from minitorch.ops.creation import empty
from minitorch.ops.random import default_stream
from minitorch.sizes import as_shape
from minitorch.tensor import Tensor, wrap

# The tolerances that torch takes for a dtype: relative, absolute.
_TOLERANCES = {"float16": (1e-3, 1e-5), "float32": (1.3e-6, 1e-5), "float64": (1e-7, 1e-7)}


class _Mismatch(Exception):
    """How two values differ, and where in the containers that hold them."""

    def __init__(self, message: str, path: tuple[Any, ...] = ()) -> None:
        super().__init__(message)
        self.path = path


def assert_close(
    actual: Any,
    expected: Any,
    *,
    allow_subclasses: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_device: bool = True,
    check_dtype: bool = True,
    check_layout: bool = True,
    check_stride: bool = False,
    msg: str | Callable[[str], str] | None = None,
) -> None:
    """Raises AssertionError unless |actual - expected| <= atol + rtol * |expected|, everywhere.

    For tensors, NumPy arrays, numbers, and sequences and mappings of them; the tolerances go by the dtype where they
    are not given. `msg` replaces the message, or makes one of it. Raises TypeError for what cannot be compared,
    ValueError for one tolerance without the other.
    """
    if (rtol is None) != (atol is None):
        raise ValueError(
            "Both 'rtol' and 'atol' must be either specified or omitted, but got no "
            f"{'rtol' if rtol is None else 'atol'}."
        )
    try:
        for path, left, right in _pairs(actual, expected, ()):
            checks = {"device": check_device, "dtype": check_dtype, "stride": check_stride}
            _compare(path, left, right, allow_subclasses, rtol, atol, equal_nan, checks)
    except _Mismatch as found:
        where = "".join(f"[{each!r}]" for each in found.path)
        text = f"{found}\n\nThe failure occurred for item {where}" if where else str(found)
        if msg is not None:
            text = msg if isinstance(msg, str) else msg(text)
        raise AssertionError(text) from None


def _pairs(actual: Any, expected: Any, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Any, Any]]:
    """The values to compare, with their places in the containers."""
    if _both(actual, expected, Sequence) and not isinstance(actual, str) and not isinstance(expected, str):
        if len(actual) != len(expected):
            raise _Mismatch(f"The length of the sequences mismatch: {len(actual)} != {len(expected)}", path)
        for k, (left, right) in enumerate(zip(actual, expected, strict=True)):
            yield from _pairs(left, right, (*path, k))
    elif _both(actual, expected, Mapping):
        missing, extra = set(expected) - set(actual), set(actual) - set(expected)
        if missing or extra:
            lines = ["The keys of the mappings do not match:"]
            lines += [f"Missing keys in the actual mapping: {sorted(missing)}"] if missing else []
            lines += [f"Additional keys in the actual mapping: {sorted(extra)}"] if extra else []
            raise _Mismatch("\n".join(lines), path)
        for key in actual:
            yield from _pairs(actual[key], expected[key], (*path, key))
    else:
        yield path, actual, expected


def _both(actual: Any, expected: Any, kind: Any) -> bool:
    return isinstance(actual, kind) and isinstance(expected, kind)


def _compare(
    path: tuple[Any, ...],
    actual: Any,
    expected: Any,
    allow_subclasses: bool,
    rtol: float | None,
    atol: float | None,
    equal_nan: bool,
    checks: Mapping[str, bool],
) -> None:
    if actual is None and expected is None:
        return
    if _both(actual, expected, bool):
        if actual is not expected:
            raise _Mismatch(f"Booleans mismatch: {actual} is not {expected}", path)
        return
    numbers = _both(actual, expected, (int, float, complex)) and not isinstance(actual, bool) | isinstance(
        expected, bool
    )
    related = type(actual) is type(expected) or (
        allow_subclasses and (isinstance(actual, type(expected)) or isinstance(expected, type(actual)))
    )
    arrays = related and (_both(actual, expected, Tensor) or _both(actual, expected, (np.ndarray, np.generic)))
    if not numbers and not arrays:
        raise TypeError(f"No comparison pair was able to handle inputs of type {type(actual)} and {type(expected)}.")
    if numbers:
        if checks["dtype"] and type(actual) is not type(expected):
            raise _Mismatch(f"The (d)types do not match: {type(actual)} != {type(expected)}.", path)
        kinds = {type(actual), type(expected)}
        usual = (1e-7, 1e-7) if kinds & {float, complex} else (0, 0)
        relative, absolute = usual if rtol is None or atol is None else (rtol, atol)
        _scalars(path, actual, expected, relative, absolute, equal_nan)
        return
    left, right = (each if isinstance(each, Tensor) else wrap(np.asarray(each)) for each in (actual, expected))
    _tensors(path, left, right, rtol, atol, equal_nan, checks)


def _difference(path: tuple[Any, ...], attribute: str, actual: Any, expected: Any) -> _Mismatch:
    return _Mismatch(f"The values for attribute '{attribute}' do not match: {actual} != {expected}.", path)


def _tensors(
    path: tuple[Any, ...],
    actual: Tensor,
    expected: Tensor,
    rtol: float | None,
    atol: float | None,
    equal_nan: bool,
    checks: Mapping[str, bool],
) -> None:
    if actual.shape != expected.shape:
        raise _difference(path, "shape", actual.shape, expected.shape)
    for name, own, other in (
        ("device", actual.device, expected.device),
        ("dtype", actual.dtype, expected.dtype),
        ("stride()", actual.stride(), expected.stride()),
    ):
        if checks[name.removesuffix("()")] and own != other:
            raise _difference(path, name, own, other)
    usual = [_TOLERANCES.get(each.dtype.name, (0.0, 0.0)) for each in (actual, expected)]
    relative = max(each[0] for each in usual) if rtol is None else rtol
    absolute = max(each[1] for each in usual) if atol is None else atol
    a, b = to_host(actual._array), to_host(expected._array)
    if a.dtype != b.dtype:
        common = dtypes.promote_pair(a.dtype, b.dtype)
        a, b = a.astype(common), b.astype(common)
    if a.dtype.kind == "b":
        a, b = a.astype(np.int64), b.astype(np.int64)
    if a.ndim == 0:
        _scalars(path, a.item(), b.item(), relative, absolute, equal_nan)
        return
    close = np.isclose(a, b, relative, absolute, equal_nan)
    if close.all():
        return
    exact = relative == absolute == 0
    wide = a.dtype if a.dtype.kind == "f" else np.dtype("float64")
    apart = np.where(close, 0, np.abs(a - b) if a.dtype.kind == "f" else np.maximum(a, b) - np.minimum(a, b))
    ratio = np.where(close, 0, apart.astype(wide) / np.abs(b.astype(wide)))
    if a.dtype.kind != "f":
        ratio = ratio.astype(np.float32)  # torch divides integers in float32
    wrong = int((~close).sum())
    lines = [
        f"Tensor-likes are not {'equal' if exact else 'close'}!",
        "",
        f"Mismatched elements: {wrong} / {a.size} ({wrong / a.size:.1%})",
    ]
    for kind, figures, allowed in (("absolute", apart, absolute), ("relative", ratio, relative)):
        worst = int(np.argmax(figures))
        place = tuple(int(each) for each in np.unravel_index(worst, a.shape))
        limit = "" if exact else f" (up to {allowed} allowed)"
        lines.append(f"Greatest {kind} difference: {figures.flat[worst].item()} at index {place}{limit}")
    raise _Mismatch("\n".join(lines), path)


def _scalars(path: tuple[Any, ...], actual: Any, expected: Any, rtol: float, atol: float, equal_nan: bool) -> None:
    apart = abs(actual - expected)
    if actual == expected or (equal_nan and cmath.isnan(actual) and cmath.isnan(expected)):
        return
    if cmath.isfinite(apart) and apart <= atol + rtol * abs(expected):
        return
    exact = rtol == atol == 0
    ratio = apart / abs(expected) if expected else float("inf")
    limits = ("", "") if exact else (f" (up to {atol} allowed)", f" (up to {rtol} allowed)")
    raise _Mismatch(
        f"Scalars are not {'equal' if exact else 'close'}!\n\n"
        f"Expected {expected} but got {actual}.\n"
        f"Absolute difference: {apart}{limits[0]}\n"
        f"Relative difference: {ratio}{limits[1]}",
        path,
    )


def make_tensor(
    *shape: Any,
    dtype: dtypes.dtype,
    device: Any,
    low: float | None = None,
    high: float | None = None,
    requires_grad: bool = False,
    noncontiguous: bool = False,
    exclude_zero: bool = False,
    memory_format: Any = None,
) -> Tensor:
    """A tensor of random numbers in [low, high), by default [-9, 9), for a dtype and device that must be named.

    Differs from torch: the numbers are others. Raises ValueError unless low < high.
    """
    sizes = as_shape("make_tensor", shape)
    floating = dtype.is_floating_point
    bounds = (0, 2) if dtype is dtypes.bool_ else (-9, 9) if floating else (-9 if dtype.is_signed else 0, 10)
    least, most = bounds[0] if low is None else low, bounds[1] if high is None else high
    if not least < most:
        raise ValueError(f"`low` must be less than `high`, but got {low} >= {high}")
    out: Tensor = empty((*sizes, 2) if noncontiguous and sizes else sizes, dtype=dtype, device=device)
    if noncontiguous and sizes:
        out = wrap(out._array[..., 0])
    stream = default_stream(np)
    drawn = stream.uniform(sizes, "float64", float(least), float(most))
    if not floating:
        drawn = np.floor(drawn)
    if exclude_zero:
        drawn[drawn == 0] = np.finfo(dtype.numpy).tiny if floating else 1
    filled: Tensor = wrap(drawn.astype(dtype.numpy)).to(out.device)
    out._array[...] = filled._array
    return out.requires_grad_(requires_grad)
