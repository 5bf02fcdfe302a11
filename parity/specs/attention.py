"""Attention."""

from __future__ import annotations

from typing import Any

from parity.spec import Spec
from parity.strategies import FLOATS, Call, Draw, Input, between
from parity.tolerance import Looser

F = "nn.functional."
FINITE = between(-3.0, 3.0, "finite: infinite scores are nan in the whole row")
SMALL = between(-1.0, 1.0, "scores of a few units: exp of larger ones magnifies the rounding of the projections")
SUMS = Looser(10, "torch multiplies query and key by the root of the scale each, and rounds both")


def mask(d: Draw, shape: tuple[int, ...], dtype: str) -> Input:
    """Bools, some of which are True in every row, or numbers to add; when errors are tried, of another shape."""
    if d.fault():
        shape = (*shape[:-1], shape[-1] + 2)
    if d.flag():
        return d.given(d.rng.random(shape) < 0.7, False)
    return d.tensor(shape, dtype=dtype)


def dot_products(d: Draw) -> Call:
    """Queries, keys and values of fitting sizes, perhaps a mask."""
    d.mixed = False
    batch = d.shape(max_dims=2, min_side=1, max_side=3)
    length, source, size = d.integer(1, 4), d.integer(1, 4), d.integer(1, 4)
    query = d.tensor((*batch, length, size))
    key = d.tensor((*batch, source, size + 1 if d.fault() else size))
    value = d.tensor((*batch, source, d.integer(1, 3)))
    call = Call(query, key, value)
    # Of four dimensions torch's fused kernel takes both, and no other does.
    how = d.pick("plain", "causal", "mask", *(["both"] if d.mode == "error" and len(batch) != 2 else []))
    if how in ("mask", "both"):
        call += Call(attn_mask=mask(d, d.pick((length, source), (*batch, length, source)), query.dtype))
    if how in ("causal", "both"):
        call += Call(is_causal=True)
    return call + d.some(scale=(0.5, 1.0))


def heads(d: Draw) -> Call:
    """All that torch.nn.MultiheadAttention hands on, with or without a batch, masks and added keys."""
    d.mixed = False
    if d.dtype not in FLOATS:
        d.dtype = "float32"  # torch's complaint of integers depends on the product that comes first
    count = d.integer(1, 2)
    size = count * d.integer(1, 2)
    length, source, items = d.integer(1, 3), d.integer(1, 3), d.integer(1, 2)
    query, key = d.tensor((length, items, size)), d.tensor((source, items, size))
    value = d.tensor((source + 1 if d.fault() else source, items, size))
    own = query.dtype if query.dtype in FLOATS else "float32"

    def numbers(*shape: int) -> Input:
        return d.tensor(shape, dtype=own)

    together = d.flag()
    added = d.chance(3)
    padding: Any = d.given(d.rng.random((items, source)) < 0.2, False) if d.chance(3) else None
    if padding is not None:
        padding.array[:, 0] = False
    call = Call(
        query,
        key,
        value,
        size + 1 if d.fault() else size,
        count,
        numbers(3 * size, size) if together else None,
        numbers(3 * size) if d.flag() else None,
        numbers(1, 1, size) if added else None,
        numbers(1, 1, size) if added else None,
        d.chance(3),
        0.0,
        numbers(size, size),
        numbers(size) if d.flag() else None,
        key_padding_mask=padding,
        need_weights=d.flag(),
        average_attn_weights=d.flag(),
        use_separate_proj_weight=not together,
    )
    if not together:
        weights = {f"{each}_proj_weight": numbers(size, size) for each in "qkv"}
        call += Call(**weights)
    if padding is None and d.flag():
        call += Call(attn_mask=numbers(length, source))
    return call


SPECS = [
    # In torch the fused kernel has no second derivative.
    Spec(F + "scaled_dot_product_attention", call=dot_products, domain=FINITE, second=False, looser=SUMS),
    Spec(
        F + "multi_head_attention_forward",
        call=heads,
        domain=SMALL,
        grad=SMALL,
        dtypes=FLOATS,
        second=False,
        looser=SUMS,
    ),
]
