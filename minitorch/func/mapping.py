"""vmap: a function of one item, run once for a whole batch."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from minitorch.errors import wrap_dim
from minitorch.func.batched import depth_of
from minitorch.func.levels import Sizes, enter, leave, stack
from minitorch.func.randomness import drawing
from minitorch.func.trees import Spec, flatten, spread, unflatten
from minitorch.ops.joining import cat
from minitorch.ops.random import get_rng_state, set_rng_state
from minitorch.tensor import Tensor

RANDOMNESS = ("error", "different", "same")


def vmap(
    func: Callable[..., Any],
    in_dims: Any = 0,
    out_dims: Any = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """`func`, written for one item, as a function of a batch: every operation runs once, over all items.

    `in_dims` and `out_dims` say where the batch lies in each input and output (None: not mapped): one number, or nested
    as those are. Keyword arguments are not mapped. `randomness`: "error", "same" for all items, or "different" ones.
    `chunk_size` items go at a time. Raises RuntimeError where the function looks at elements (`if`, `item()`, masks).
    Differs from torch: NotSupportedError for operations that NumPy has no whole-batch form of (`bincount`, ...).
    """
    check_randomness(randomness)
    if chunk_size is not None and chunk_size <= 0:
        raise ValueError(f"vmap: chunk_size should be None or greater than 0. (got {chunk_size})")
    name = getattr(func, "__name__", repr(func))

    @functools.wraps(func, updated=())
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        leaves, spec, dims = _inputs(name, in_dims, args)
        sizes = {leaf.shape[dim] for leaf, dim in zip(leaves, dims, strict=True) if dim is not None}
        if not sizes:
            raise ValueError("vmap: Expected at least one Tensor to vmap over")
        if len(sizes) > 1:
            found = [leaf.shape[dim] for leaf, dim in zip(leaves, dims, strict=True) if dim is not None]
            raise ValueError(
                "vmap: Expected all tensors to have the same size in the mapped dimension, got sizes "
                f"{found} for the mapped dimension"
            )
        (size,) = sizes

        def run(chunk: list[Any], count: int) -> tuple[list[Any], Spec, list[Any]]:
            return _run(func, name, chunk, spec, dims, kwargs, count, out_dims, randomness)

        if chunk_size is None or chunk_size >= size:
            outs, out_spec, _ = run(leaves, size)
            return unflatten(outs, out_spec)
        return _in_chunks(run, leaves, dims, size, chunk_size, randomness)

    return wrapped


def check_randomness(randomness: str) -> None:
    """Raises RuntimeError for a word that vmap does not know."""
    if randomness not in RANDOMNESS:
        raise RuntimeError(f"Only allowed values for randomness are 'error', 'different', or 'same'. Got {randomness}")


def _inputs(name: str, in_dims: Any, args: tuple[Any, ...]) -> tuple[list[Any], Spec, list[int | None]]:
    """The leaves of the arguments, their structure, and the mapped dimension of each; raises ValueError."""
    call = f"vmap({name}, in_dims={in_dims}, ...)(<inputs>)"
    if not isinstance(in_dims, int) and not isinstance(in_dims, tuple):
        raise ValueError(
            f"{call}: expected `in_dims` to be int or a (potentially nested) tuple matching the structure of inputs, "
            f"got: {type(in_dims)}."
        )
    if not args:
        raise ValueError(
            f"vmap({name})(<inputs>): got no inputs. Maybe you forgot to add inputs, or you are trying to vmap over a "
            "function with no inputs. The latter is unsupported."
        )
    leaves, spec = flatten(args)
    dims = spread(in_dims, spec)
    if dims is None:
        raise ValueError(
            f"{call}: in_dims is not compatible with the structure of `inputs`. in_dims has structure "
            f"{flatten(in_dims)[1]} but inputs has structure {spec}."
        )
    for k, (leaf, dim) in enumerate(zip(leaves, dims, strict=True)):
        if dim is None:
            continue
        if not isinstance(dim, int):
            raise ValueError(
                f"{call}: Got in_dim={dim} for an input but in_dim must be either an integer dimension or None."
            )
        if not isinstance(leaf, Tensor):
            raise ValueError(
                f"{call}: Got in_dim={dim} for an input but the input is of type {type(leaf)}. We cannot vmap over "
                "non-Tensor arguments, please use None as the respective in_dim"
            )
        if not -leaf.ndim <= dim < leaf.ndim:
            raise ValueError(
                f"{call}: Got in_dim={dim} for some input, but that input is a Tensor of dimensionality {leaf.ndim} so "
                f"expected in_dim to satisfy -{leaf.ndim} <= in_dim < {leaf.ndim}."
            )
        dims[k] = dim % leaf.ndim
    return leaves, spec, dims


def _run(
    func: Callable[..., Any],
    name: str,
    leaves: list[Any],
    spec: Spec,
    dims: list[int | None],
    kwargs: dict[str, Any],
    count: int,
    out_dims: Any,
    randomness: str,
) -> tuple[list[Any], Spec, list[Any]]:
    """The leaves of the outputs with their batch, their structure, and where the batch lies in each."""
    outer = stack.sizes
    sizes: Sizes = (*outer, count)
    mapped = [leaf if dim is None else enter(leaf, sizes, dim) for leaf, dim in zip(leaves, dims, strict=True)]
    base = next(each._array.base_module for each, dim in zip(mapped, dims, strict=True) if dim is not None)
    stack.sizes = sizes
    try:
        with drawing(randomness, base, sizes):
            result = func(*unflatten(mapped, spec), **kwargs)
    finally:
        stack.sizes = outer
    outs, out_spec = flatten(result)
    places = _out_dims(name, out_dims, out_spec)
    return [_output(name, out, dim, sizes) for out, dim in zip(outs, places, strict=True)], out_spec, places


def _out_dims(name: str, out_dims: Any, spec: Spec) -> list[Any]:
    given, _ = flatten(out_dims)
    if not all(each is None or isinstance(each, int) for each in given):
        raise ValueError(
            f"vmap({name}, ..., out_dims={out_dims}): `out_dims` must be an int, None or a python collection of ints "
            "representing where in the outputs the vmapped dimension should appear."
        )
    places = spread(out_dims, spec)
    if places is None:
        raise ValueError(
            f"vmap({name}, ..., out_dims={out_dims})(<inputs>): out_dims is not compatible with the structure of "
            f"`outputs`. out_dims has structure {flatten(out_dims)[1]} but outputs has structure {spec}."
        )
    return places


def _output(name: str, out: Any, dim: int | None, sizes: Sizes) -> Any:
    if dim is None:
        if not isinstance(out, Tensor) or depth_of(out._array) < len(sizes):
            return out
        if sizes[-1] == 1 or out._array.inner.shape[0] != 1:
            raise ValueError(f"vmap({name}, ...): `{name}` can not return a BatchedTensor when out_dim is None")
        whole = leave(out, sizes, 0)
        return whole[0]
    if not isinstance(out, Tensor):
        raise ValueError(
            f"vmap({name}, ...): `{name}` must only return Tensors, got type {type(out)}. Did you mean to set "
            "out_dims= to None for output?"
        )
    return leave(out, sizes, wrap_dim(dim, out.ndim + 1))


def _in_chunks(
    run: Callable[..., Any], leaves: list[Any], dims: list[int | None], size: int, chunk_size: int, randomness: str
) -> Any:
    """The outputs of some items at a time, joined."""
    state = get_rng_state() if randomness == "same" else None
    parts = []
    for start in range(0, size, chunk_size):
        count = min(chunk_size, size - start)
        chunk = [
            leaf if dim is None else leaf.narrow(dim, start, count) for leaf, dim in zip(leaves, dims, strict=True)
        ]
        if state is not None:
            set_rng_state(state)
        outs, spec, places = run(chunk, count)
        parts.append(outs)
    columns = zip(zip(*parts, strict=True), places, strict=True)
    return unflatten([column[0] if dim is None else cat(column, dim) for column, dim in columns], spec)
