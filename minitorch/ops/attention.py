"""Attention: averages of values, weighted by how well each query fits the keys."""

from __future__ import annotations

import math
import warnings
from typing import Any

from minitorch.autograd.op import op
from minitorch.backend import Array
from minitorch.dtypes import bool_ as bool_dtype
from minitorch.errors import shape_list
from minitorch.ops.activation import _softmax_input, softmax
from minitorch.ops.creation import full, ones, zeros
from minitorch.ops.joining import cat
from minitorch.ops.linalg import linear, matmul
from minitorch.ops.random import dropout
from minitorch.tensor import Tensor


@op(backward="SafeSoftmaxBackward0")
def _safe_softmax(xp: Any, input: Array) -> Array:
    """softmax along the last dimension, 0 where all of it is minus infinity: a query that may look at nothing."""
    if not input.size:
        return input.copy()
    highest = input.max(axis=-1, keepdims=True)
    nothing = highest == -math.inf
    out = input - xp.where(nothing, 0, highest)
    xp.exp(out, out=out)
    out /= out.sum(axis=-1, keepdims=True) + nothing
    return out


_safe_softmax.grad(input=lambda xp, g, out: _softmax_input(xp, g, out, -1))


def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """`softmax(query @ key.T * scale + attn_mask) @ value`: (..., L, E), (..., S, E) and (..., S, V) give (..., L, V).

    A mask of bools says which keys count; `is_causal` leaves out those after the query's own place; `scale` is by
    default 1 / sqrt(E); `enable_gqa` lets several heads of the query share one of key and value. Raises RuntimeError
    for what does not fit. Source: Vaswani et al., Attention is all you need, 2017.
    """
    name = "scaled_dot_product_attention"
    for position, (argument, each) in enumerate((("query", query), ("key", key), ("value", value)), 1):
        if not isinstance(each, Tensor):
            raise TypeError(
                f"{name}(): argument '{argument}' (position {position}) must be Tensor, not {type(each).__name__}"
            )
    _check_attention(query, key, value, attn_mask, is_causal)
    if enable_gqa:
        heads = query.size(-3)
        if heads % key.size(-3) or heads % value.size(-3):
            raise RuntimeError(
                f"Number of heads in key and value must divide the number of heads in query, but got {key.size(-3)}, "
                f"{value.size(-3)} and {heads}"
            )
        key = key.repeat_interleave(heads // key.size(-3), -3)
        value = value.repeat_interleave(heads // value.size(-3), -3)
    factor = 1 / math.sqrt(query.size(-1) or 1) if scale is None else scale
    scores = matmul(query * factor, key.transpose(-2, -1))
    if is_causal:
        attn_mask = ones(scores.shape[-2:], dtype=bool_dtype, device=query.device).tril()
    if attn_mask is not None:
        allowed = attn_mask.dtype is bool_dtype
        scores = scores.masked_fill(~attn_mask, -math.inf) if allowed else scores + attn_mask
    weights = _safe_softmax(scores)
    if dropout_p > 0:
        weights = dropout(weights, dropout_p, True)
    result: Tensor = matmul(weights, value)
    return result


def _check_attention(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, is_causal: bool) -> None:
    """Raises torch's errors for tensors that do not fit together."""
    dims = [each.dim() for each in (query, key, value)]
    if min(dims) < 2:
        raise RuntimeError(
            "Expected query, key, and value to all be at least 2 dimensional, but got query.dim: "
            f"{dims[0]} key.dim: {dims[1]} and value.dim: {dims[2]} instead."
        )
    kinds = [each.dtype for each in (query, key, value)]
    if len(set(kinds)) > 1:
        raise RuntimeError(
            f"Expected query, key, and value to have the same dtype, but got query.dtype: {kinds[0]} key.dtype: "
            f"{kinds[1]} and value.dtype: {kinds[2]} instead."
        )
    if not kinds[0].is_floating_point:
        raise RuntimeError(f"scaled_dot_product_attention: expected scalar type Float but found {kinds[0].legacy_name}")
    if mask is not None:
        if is_causal:
            raise RuntimeError("scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True")
        if mask.dtype not in (bool_dtype, kinds[0]):
            raise RuntimeError(
                "Expected attn_mask dtype to be bool or float or to match query dtype, but got attn_mask.dtype: "
                f"{mask.dtype} and query.dtype: {kinds[0]} instead."
            )


# --- several heads ----------------------------------------------------------------------------------------------------


def multi_head_attention_forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Tensor | None,
    in_proj_bias: Tensor | None,
    bias_k: Tensor | None,
    bias_v: Tensor | None,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Tensor,
    out_proj_bias: Tensor | None,
    training: bool = True,
    key_padding_mask: Tensor | None = None,
    need_weights: bool = True,
    attn_mask: Tensor | None = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Tensor | None = None,
    k_proj_weight: Tensor | None = None,
    v_proj_weight: Tensor | None = None,
    static_k: Tensor | None = None,
    static_v: Tensor | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> tuple[Tensor, Tensor | None]:
    """Attention of several heads, each over its own projection of (L, N, E), (S, N, E) and (S, N, E), N may be absent.

    Returns the projected result (L, N, E), and the weights (N, L, S), or (N, heads, L, S) when these are not averaged.
    Masks are True, or minus infinity, where a key does not count. Source: Vaswani et al., 2017.
    """
    batched = _check_dims(query, key, value, key_padding_mask, attn_mask, num_heads)
    if not batched:
        query, key, value = (
            query.unsqueeze(1),
            query.unsqueeze(1) if key is query else key.unsqueeze(1),
            query.unsqueeze(1) if value is query else value.unsqueeze(1),
        )
        key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
    length, items, embed_dim = query.shape
    _check_sizes(query, key, value, embed_dim_to_check, num_heads, use_separate_proj_weight)
    if is_causal and attn_mask is None:
        raise RuntimeError(
            "Need attn_mask if specifying the is_causal hint. You may use the Transformer module method "
            "`generate_square_subsequent_mask` to create this mask."
        )
    other = attn_mask
    padding = _as_numbers(key_padding_mask, "key_padding_mask", "attn_mask", other, query.dtype)
    if is_causal and padding is None and not need_weights:
        mask = None  # the hint says what the mask would
    else:
        mask = _as_numbers(attn_mask, "attn_mask", "", None, query.dtype)
        is_causal = is_causal and padding is None and not need_weights
    if mask is not None:
        mask = _check_mask(mask, (length, key.shape[0]), items * num_heads)

    if use_separate_proj_weight:
        q, k, v = _project_separately(query, key, value, q_proj_weight, k_proj_weight, v_proj_weight, in_proj_bias)
    else:
        assert in_proj_weight is not None, "use_separate_proj_weight is False but in_proj_weight is None"
        q, k, v = _project(query, key, value, in_proj_weight, in_proj_bias)

    added = 0
    if bias_k is not None and bias_v is not None:
        if static_k is not None or static_v is not None:
            raise AssertionError(f"bias cannot be added to static {'key' if static_k is not None else 'value'}.")
        k = cat([k, bias_k.repeat(1, items, 1)])
        v = cat([v, bias_v.repeat(1, items, 1)])
        added += 1
    elif bias_k is not None or bias_v is not None:
        raise AssertionError(
            "bias_k is set but bias_v is None" if bias_v is None else "bias_v is set but bias_k is None"
        )

    size = embed_dim // num_heads

    def heads_of(x: Tensor) -> Tensor:
        split: Tensor = x.reshape(x.shape[0], items * num_heads, size).transpose(0, 1)
        return split

    q = heads_of(q)
    k = heads_of(k) if static_k is None else _check_static("static_k", static_k, items * num_heads, size)
    v = heads_of(v) if static_v is None else _check_static("static_v", static_v, items * num_heads, size)
    if add_zero_attn:
        nothing = zeros((items * num_heads, 1, size), dtype=k.dtype, device=k.device)
        k, v = cat([k, nothing], 1), cat([v, nothing], 1)
        added += 1
    source = k.shape[1]
    if padding is not None:
        if tuple(padding.shape) != (items, source - added):
            raise AssertionError(
                f"Expected key_padded_mask.shape[{0 if padding.shape[0] != items else 1}] to be "
                f"{items if padding.shape[0] != items else source - added}, but got "
                f"{padding.shape[0] if padding.shape[0] != items else padding.shape[1]}"
            )
        padding = _widened(padding, added).view(items, 1, 1, source).expand(-1, num_heads, -1, -1)
        padding = padding.reshape(items * num_heads, 1, source)
    if mask is not None:
        mask = _widened(mask, added)
    mask = padding if mask is None else mask if padding is None else mask + padding

    rate = dropout_p if training else 0.0
    weights = None
    if need_weights:
        scores = matmul(q * math.sqrt(1 / size), k.transpose(-2, -1))
        weights = softmax(scores if mask is None else scores + mask, -1)
        if rate > 0:
            weights = dropout(weights, rate, True)
        out = matmul(weights, v)
        weights = weights.view(items, num_heads, length, source)
        weights = weights.mean(1) if average_attn_weights else weights
    else:
        out = scaled_dot_product_attention(q, k, v, mask, rate, is_causal)
    out = linear(out.transpose(0, 1).reshape(length * items, embed_dim), out_proj_weight, out_proj_bias)
    out = out.view(length, items, out.shape[1])
    if batched:
        return out, weights
    return out.squeeze(1), None if weights is None else weights.squeeze(0)


def _check_dims(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    key_padding_mask: Tensor | None,
    attn_mask: Tensor | None,
    num_heads: int,
) -> bool:
    """Whether there is a batch dimension; raises AssertionError when the numbers of dimensions do not fit."""
    dims = query.dim()
    if dims not in (2, 3):
        raise AssertionError(f"query should be unbatched 2D or batched 3D tensor but received {dims}-D query tensor")
    for_query = f"For {'batched (3-D)' if dims == 3 else 'unbatched (2-D)'} `query`, expected"
    if not key.dim() == value.dim() == dims:
        raise AssertionError(
            f"{for_query} `key` and `value` to be {dims}-D but found {key.dim()}-D and {value.dim()}-D tensors "
            "respectively"
        )
    if key_padding_mask is not None and key_padding_mask.dim() != dims - 1:
        raise AssertionError(
            f"{for_query} `key_padding_mask` to be `None` or {dims - 1}-D but found {key_padding_mask.dim()}-D tensor "
            "instead"
        )
    if attn_mask is not None:
        if attn_mask.dim() not in (2, 3):
            raise AssertionError(
                f"{for_query} `attn_mask` to be `None`, 2-D or 3-D but found {attn_mask.dim()}-D tensor instead"
            )
        expected = (num_heads, query.shape[0], key.shape[0])
        if dims == 2 and attn_mask.dim() == 3 and tuple(attn_mask.shape) != expected:
            raise AssertionError(f"Expected `attn_mask` shape to be {expected} but got {attn_mask.shape}")
    return bool(dims == 3)


def _check_sizes(query: Tensor, key: Tensor, value: Tensor, expected: int, heads: int, separate: bool) -> None:
    embed_dim = query.shape[-1]
    if embed_dim != expected:
        raise AssertionError(f"was expecting embedding dimension of {expected}, but got {embed_dim}")
    if embed_dim % heads:
        raise AssertionError(f"embed_dim {embed_dim} not divisible by num_heads {heads}")
    if separate and key.shape[:2] != value.shape[:2]:
        raise AssertionError(f"key's sequence and batch dims {key.shape[:2]} do not match value's {value.shape[:2]}")
    if not separate and key.shape != value.shape:
        raise AssertionError(f"key shape {key.shape} does not match value shape {value.shape}")
    if key.shape[1] != query.shape[1]:
        raise RuntimeError(
            f"multi_head_attention_forward(): expected key and query of one batch size, but got {key.shape[1]} and "
            f"{query.shape[1]}: shape {shape_list(key.shape)} is invalid"
        )


def _as_numbers(mask: Tensor | None, name: str, other_name: str, other: Tensor | None, dtype: Any) -> Tensor | None:
    """A mask to add: minus infinity where a mask of bools is True."""
    if mask is None:
        return None
    if mask.dtype is not bool_dtype and not mask.is_floating_point():
        raise AssertionError(f"only bool and floating types of {name} are supported")
    if other is not None and other.dtype is not mask.dtype:
        warnings.warn(
            f"Support for mismatched {name} and {other_name} is deprecated. Use same type for both instead.",
            stacklevel=4,
        )
    if mask.dtype is not bool_dtype:
        return mask
    numbers: Tensor = zeros(mask.shape, dtype=dtype, device=mask.device).masked_fill_(mask, -math.inf)
    return numbers


def _check_mask(mask: Tensor, places: tuple[int, int], many: int) -> Tensor:
    expected = places if mask.dim() == 2 else (many, *places)
    if tuple(mask.shape) != expected:
        raise RuntimeError(f"The shape of the {mask.dim()}D attn_mask is {mask.shape}, but should be {expected}.")
    return mask.unsqueeze(0) if mask.dim() == 2 else mask


def _widened(mask: Tensor, added: int) -> Tensor:
    """The mask with zeros for keys that were added behind the others."""
    if not added:
        return mask
    return cat([mask, full((*mask.shape[:-1], added), 0.0, dtype=mask.dtype, device=mask.device)], -1)


def _check_static(name: str, given: Tensor, many: int, size: int) -> Tensor:
    for dim, expected in ((0, many), (2, size)):
        if given.shape[dim] != expected:
            raise AssertionError(f"expecting {name}.size({dim}) of {expected}, but got {given.shape[dim]}")
    return given


def _project(query: Tensor, key: Tensor, value: Tensor, weight: Tensor, bias: Tensor | None) -> tuple[Tensor, ...]:
    """Queries, keys and values by one weight (3 * E, E): where their inputs are the same, in one product."""
    size = query.shape[-1]
    if key is value and query is key:
        return tuple(linear(query, weight, bias).chunk(3, -1))
    if key is value:
        weights = weight.split([size, 2 * size])
        biases = (None, None) if bias is None else bias.split([size, 2 * size])
        return (linear(query, weights[0], biases[0]), *linear(key, weights[1], biases[1]).chunk(2, -1))
    q_weight, k_weight, v_weight = weight.chunk(3)
    return _project_separately(query, key, value, q_weight, k_weight, v_weight, bias)


def _project_separately(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    q_weight: Tensor | None,
    k_weight: Tensor | None,
    v_weight: Tensor | None,
    bias: Tensor | None,
) -> tuple[Tensor, ...]:
    """Queries, keys and values, each by a weight of its own."""
    biases = (None, None, None) if bias is None else bias.chunk(3)
    projected = []
    for name, x, weight, own in zip("qkv", (query, key, value), (q_weight, k_weight, v_weight), biases, strict=True):
        if weight is None:
            raise AssertionError(f"use_separate_proj_weight is True but {name}_proj_weight is None")
        projected.append(linear(x, weight, own))
    return tuple(projected)
