"""The ways to a gradient: the rules, the compositions, finite differences and torch, found and then compared."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minitorch.autograd.engine import grad
from minitorch.autograd.modes import no_grad
from minitorch.backend import to_host
from minitorch.study.check.compare import compared_input, compared_value, where_they_differ
from minitorch.study.check.composing import Composer, composing
from minitorch.study.check.compositions import text as composition_text
from minitorch.study.check.differences import Differences, Index, central
from minitorch.study.check.problem import Flat, Problem, differentiable, leaves_of
from minitorch.study.check.report import Check
from minitorch.study.check.results import COMPOSED, DIFFERENCES, RULE, TORCH, Array, InputCheck
from minitorch.study.formulas import formulas
from minitorch.tensor import Tensor, wrap

_OF_UPSTREAM = 0.1
"""The largest in the array counts as no less than that part of the largest upstream gradient."""


def _engine(problem: Problem, call: Flat, within: Any = None) -> tuple[list[Array], list[Array]]:
    """Values and gradients by a backward pass of this engine, within a context if need be."""
    leaves, tensors = leaves_of(problem)
    with within or contextlib.nullcontext():
        outs = differentiable(call(tensors))
        pairs = zip(problem.upstream, outs, strict=True)
        seeds: list[Tensor] = [wrap(each.astype(out._array.dtype)) for each, out in pairs]
        # A composition's steps may be needed again, by the gradient of a gradient.
        found = grad(outs, leaves, seeds, retain_graph=True, allow_unused=True)
    gradients = [
        np.zeros(leaf._array.shape, leaf._array.dtype) if g is None else to_host(g._array)
        for g, leaf in zip(found, leaves, strict=True)
    ]
    return [to_host(out._array) for out in outs], gradients


def _by_torch(problem: Problem, call: Flat) -> tuple[list[Array], list[Array]]:
    """Values and gradients by torch."""
    torch = importlib.import_module("torch")
    tensors = [torch.from_numpy(array.copy()) for array in problem.arrays]
    leaves = [tensors[k].requires_grad_() for k in problem.wanted]
    copies = [each.clone() if each.requires_grad else each for each in tensors]
    outs = [each for each in call(copies) if each.requires_grad]
    seeds = [torch.from_numpy(each.copy()).to(out.dtype) for each, out in zip(problem.upstream, outs, strict=True)]
    found = torch.autograd.grad(outs, leaves, seeds, allow_unused=True)
    gradients = [
        np.zeros(tuple(leaf.shape)) if g is None else g.detach().numpy() for g, leaf in zip(found, leaves, strict=True)
    ]
    return [each.detach().numpy() for each in outs], gradients


def solve(problem: Problem, upstream: Any, seed: int, limit: int, order: int) -> Check:
    """Finds and compares the gradients."""
    leaves, tensors = leaves_of(problem)
    outs = problem.call(tensors)
    followed = differentiable(outs)
    if not followed:
        kinds = ", ".join(str(each.dtype) for each in outs) or "nothing"
        if not any(each._array.dtype.kind == "f" for each in outs):
            raise ValueError(f"study.check({problem.name}): it returns {kinds}, which has no gradient to check")
        raise ValueError(f"study.check({problem.name}): the result does not require grad: there is nothing to check")
    places = [k for k, each in enumerate(outs) if each.requires_grad]
    problem.upstream = _upstream(problem.name, upstream, followed, seed)
    del leaves, tensors, outs, followed
    notes = list(problem.notes)
    ways: dict[str, list[Array]] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the first call has given those of the operation
        values, ways[RULE] = _engine(problem, problem.call)
        names = [f"output {k}" if len(values) > 1 else "result" for k in range(len(values))]
        pairs: list[tuple[str, str, Array, Array]] = []
        composer = Composer()
        by_parts, parts = _engine(problem, problem.composed_call or problem.call, composing(composer))
        if problem.composed_call is not None:
            pairs += [(COMPOSED, name, a, b) for name, a, b in zip(names, values, by_parts, strict=True)]
        pairs += [(COMPOSED, name, a, b) for name, a, b in composer.values]
        if composer.composed or problem.composed_call is not None:
            ways[COMPOSED] = parts
        notes += _said(composer, problem.composed_call is not None, order)
        if problem.torch_call is not None:
            try:
                theirs, ways[TORCH] = _by_torch(problem, problem.torch_call)
                pairs += [(TORCH, name, a, b) for name, a, b in zip(names, values, theirs, strict=True)]
            except Exception as error:  # whatever torch says to arguments that are minitorch's alone
                notes.append(f"torch: {type(error).__name__}: {str(error).strip().splitlines()[0]}")
        size = _OF_UPSTREAM * max((float(np.abs(each).max()) for each in problem.upstream if each.size), default=0.0)
        rounding = _rounding(problem, ways)
        doubtful = [
            where_they_differ([found[k] for found in ways.values()], problem.arrays[position].dtype.name, size)
            for k, position in enumerate(problem.wanted)
        ]
        numeric = _differences(problem, places, doubtful, seed, limit, notes)
    checks = []
    for k, position in enumerate(problem.wanted):
        own = {way: found[k] for way, found in ways.items()}
        own[DIFFERENCES] = numeric[k].values
        checks.append(
            compared_input(problem.names[position], problem.arrays[position], own, numeric[k], size, rounding[k])
        )
    notes += [f"{own.name}: {_BY_DESIGN}" for own in checks if _against_differences(own)]
    return Check(
        problem.name,
        order,
        seed,
        checks,
        [compared_value(way, name, a, b) for way, name, a, b in pairs],
        notes,
        problem.texts[1] + [composition_text(op) for op in composer.composed.values()],
        problem.texts[0]
        or [line for op in (composer.composed or composer.primitives).values() for line in _formulas(op)],
    )


def _said(composer: Any, given: bool, order: int) -> list[str]:
    """What there is to say about the composed way."""
    notes = []
    if not composer.composed and not given and order == 1:
        names = [*composer.primitives]
        if len(names) == 1 and not composer.missing:
            notes.append(f"composed: {names[0]} is a primitive")
        elif names and not composer.missing:
            notes.append(f"composed: made of primitives as it stands: {', '.join(names)}")
    return notes + [f"composed: {name} is not: {reason}" for name, reason in composer.missing.items()]


_BY_DESIGN = (
    "the other ways agree with each other, the differences do not: the gradient leaves out something that the value "
    "depends on (a detached part, a row of padding, the other triangle of a symmetric matrix), or elements are tied"
)


def _against_differences(own: InputCheck) -> bool:
    """Whether the differences stand alone against at least two ways that agree."""
    wrong = [pair for pair in own.pairs if not pair.ok]
    known = [pair for pair in own.pairs if DIFFERENCES not in (pair.first, pair.second)]
    return bool(wrong) and bool(known) and all(pair.ok for pair in known)


def _upstream(name: str, given: Any, outs: Sequence[Tensor], seed: int) -> list[Array]:
    """The gradient that each result gets: as given, or drawn, of either sign and not near 0."""
    if given is None:
        draw = np.random.default_rng(seed)
        drawn = [np.asarray(draw.uniform(0.5, 1.5, o.shape) * draw.choice([-1.0, 1.0], o.shape)) for o in outs]
        return [each.astype(to_host(out._array).dtype) for each, out in zip(drawn, outs, strict=True)]
    listed = isinstance(given, (list, tuple)) and (len(outs) > 1 or any(isinstance(each, Tensor) for each in given))
    several = list(given) if listed else [given]
    found = [np.array(to_host(each._array) if isinstance(each, Tensor) else each, float) for each in several]
    expected = [tuple(out.shape) for out in outs]
    if [each.shape for each in found] != expected:
        raise ValueError(
            f"study.check({name}): upstream must have a tensor for each result that requires grad, of shapes "
            f"{expected}, got {[each.shape for each in found]}"
        )
    return [each.astype(to_host(out._array).dtype) for each, out in zip(found, outs, strict=True)]


def _differences(
    problem: Problem, places: Sequence[int], doubtful: Sequence[list[Index]], seed: int, limit: int, notes: list[str]
) -> list[Differences]:
    """Finite differences by each wanted array, in float64, or in its own dtype where the function refuses.

    Where not all elements are tried, the doubtful ones come first.
    """
    for dtype in (np.float64, None):
        work = [array.astype(dtype) if dtype and array.dtype.kind == "f" else array.copy() for array in problem.arrays]

        def results(work: list[Array] = work) -> list[Array]:
            tensors: list[Tensor] = [wrap(array.copy()) for array in work]
            with no_grad():
                outs = [to_host(each._array) for each in problem.call(tensors)]
            return [outs[k] for k in places]

        def terms(results: Callable[[], list[Array]] = results) -> Array:
            pairs = zip(results(), problem.upstream, strict=True)
            return np.concatenate([(out.astype(np.float64) * each).reshape(-1) for out, each in pairs])

        try:
            kinds = {each.dtype for each in results()}
        except (RuntimeError, TypeError, ValueError, IndexError, NotImplementedError) as error:
            if dtype is None:
                raise
            notes.append(f"differences: not in float64, for there it raises: {str(error).splitlines()[0]}")
            continue
        eps = max(float(np.finfo(each).eps) for each in (*kinds, *(work[k].dtype for k in problem.wanted)))
        found = []
        for k, first in zip(problem.wanted, doubtful, strict=True):
            elements = _chosen(problem.arrays[k], first, seed, limit)
            if len(elements) < problem.arrays[k].size:
                notes.append(
                    f"differences: by {len(elements)} of the {problem.arrays[k].size} elements of {problem.names[k]}; "
                    "`limit` says how many"
                )
            with np.errstate(all="ignore"):
                found.append(central(terms, work[k], elements, eps))
        return found
    raise AssertionError("the operation was called with these arguments before")


def _rounding(problem: Problem, ways: dict[str, list[Array]]) -> list[Array]:
    """How far the gradients change in float64, for each input: what lies between two ways may be that."""
    arrays = problem.arrays
    zeros = [np.zeros(arrays[k].shape) for k in problem.wanted]
    if all(array.dtype != "float32" and array.dtype != "float16" for array in arrays):
        return zeros
    wide = dataclasses.replace(problem, arrays=[a.astype(np.float64) if a.dtype.kind == "f" else a for a in arrays])
    found = zeros
    composed = problem.composed_call or problem.call
    for way, call, within in ((RULE, problem.call, None), (COMPOSED, composed, composing(Composer()))):
        if way not in ways:
            continue
        try:
            _, exact = _engine(wide, call, within)
        except (RuntimeError, TypeError, ValueError, IndexError, NotImplementedError):
            return zeros  # it takes no float64, which finite differences will say
        gaps = [np.abs(a - b) for a, b in zip(exact, ways[way], strict=True)]
        found = [np.maximum(old, np.where(np.isfinite(gap), gap, 0.0)) for old, gap in zip(found, gaps, strict=True)]
    return found


def _chosen(array: Array, first: list[Index], seed: int, limit: int) -> list[Index]:
    """The elements to try: all, or the first ones and some that are drawn."""
    if array.size <= limit:
        return [*np.ndindex(array.shape)]
    drawn = np.random.default_rng(seed).choice(array.size, limit, replace=False)
    others = [tuple(map(int, np.unravel_index(k, array.shape))) for k in drawn]
    return sorted([*dict.fromkeys(first[: limit // 2] + others)][:limit])


def _formulas(op: Any) -> list[str]:
    """The rules of an operation, argument by argument."""
    lines = []
    for each in formulas(op):
        first, *more = str(each["formula"]).splitlines()
        head = f"{op.__name__.lstrip('_')}, {each['argument']}: "
        lines.append("\n".join([head + first, *(f"    {line}" for line in more)]))
    return lines
