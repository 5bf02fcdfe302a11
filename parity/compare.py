"""Comparing what two engines return: structure, shape, dtype and values; a difference names the worst element."""

from __future__ import annotations

from typing import Any

import numpy as np

from parity.strategies import Array
from parity.tolerance import EXACT, Tolerance


class Mismatch(AssertionError):
    """The engines disagree; the message says on what, where and by how much."""


def relative_errors(actual: Array, expected: Array, allowed: Tolerance) -> Array:
    """Each element's error relative to the expected size, in the sense of the tolerance; inf where nan or inf differ.

    An element agrees exactly when its error is at most `allowed.relative`.
    """
    a, e = actual.astype(np.float64), expected.astype(np.float64)
    with np.errstate(all="ignore"):
        floor = allowed.absolute / allowed.relative if allowed.relative else 0.0
        errors = np.abs(a - e) / (np.abs(e) + floor)
    same = (a == e) | (np.isnan(a) & np.isnan(e))
    return np.asarray(np.where(same, 0.0, np.where(np.isfinite(errors), errors, np.inf)))


def compare_arrays(actual: Array, expected: Array, allowed: Tolerance, what: str, names: tuple[str, str]) -> float:
    """The worst relative error; raises Mismatch when it is more than allowed, or shape or dtype differ."""
    mine, theirs = names
    if actual.shape != expected.shape:
        raise Mismatch(f"{what}: shape {list(actual.shape)} on {mine}, {list(expected.shape)} on {theirs}")
    if actual.dtype != expected.dtype:
        raise Mismatch(f"{what}: dtype {actual.dtype} on {mine}, {expected.dtype} on {theirs}")
    if not expected.size:
        return 0.0
    if expected.dtype.kind != "f":
        # Compared in their own dtype: int64 does not fit into float64.
        errors = np.asarray(np.where(actual == expected, 0.0, np.inf))
        allowed = EXACT
    else:
        errors = relative_errors(actual, expected, allowed)
    worst = float(errors.max())
    if worst > allowed.relative:
        index = tuple(int(i) for i in np.unravel_index(int(errors.argmax()), errors.shape))
        raise Mismatch(
            f"{what}: worst element {list(index)}: {actual[index].item()!r} on {mine}, {expected[index].item()!r} on "
            f"{theirs}, {_told(actual[index], expected[index], allowed)}; "
            f"{int((errors > allowed.relative).sum())} of {errors.size} elements differ"
        )
    return worst


def _told(actual: Any, expected: Any, allowed: Tolerance) -> str:
    """The difference of two numbers in words."""
    if expected.dtype.kind != "f" or not np.isfinite(actual) or not np.isfinite(expected):
        return "must be equal"
    a, e = float(actual), float(expected)
    limit = allowed.relative * abs(e) + allowed.absolute
    share = abs(a - e) / abs(e) if e else np.inf
    told = f"difference {abs(a - e):.3g}, relative {share:.3g}, {ulp(share, str(expected.dtype)):.3g} ulp"
    return f"{told}, tolerance {limit:.3g}"


def ulp(error: float, dtype: str) -> float:
    """A relative error in units of the last place of its dtype; 0 for integers and bools."""
    return error / float(np.finfo(dtype).eps) if np.dtype(dtype).kind == "f" else 0.0


def fields(value: Any) -> tuple[str, ...]:
    """The field names of a named tuple or of a torch.return_types struct; none for a plain tuple."""
    names = getattr(value, "_fields", None) or getattr(type(value), "__match_args__", ())
    return tuple(names or ())


def is_exactly(actual: Any, expected: Any) -> bool:
    """Whether two Python values are equal, nan equal to nan."""
    return bool(actual == expected) or (actual != actual and expected != expected)
