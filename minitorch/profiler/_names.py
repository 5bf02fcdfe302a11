"""What events are called: as torch calls the operation, `minitorch::` in front of what has none in torch."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

_Name = str | Callable[[dict[str, Any]], str]

_INTERPOLATION = {1: "linear", 2: "bilinear", 3: "trilinear"}


def _by_dims(pattern: str) -> _Name:
    """The name with the number of the image's dims in it, two less than the input's, which may be no tensor yet."""
    return lambda arguments: pattern.format(getattr(arguments["input"], "ndim", 2) - 2)


def _by_size(pattern: str) -> _Name:
    """The same, counted by the size that the result gets."""
    return lambda arguments: pattern.format(len(arguments["size"]))


_PARTS = {int: "aten::select", slice: "aten::slice", type(None): "aten::unsqueeze"}


def _part(arguments: dict[str, Any]) -> str:
    """Of a basic index: integers, slices and None are an operation of torch's each, but not mixed ones."""
    kinds = {type(each) for each in arguments["key"] if each is not Ellipsis and each != slice(None)}
    return _PARTS.get(kinds.pop(), "minitorch::getitem") if len(kinds) == 1 else "minitorch::getitem"


def _by_node(arguments: dict[str, Any]) -> str:
    """Of what several operations share: the name of the node says which of them it is."""
    if "name" not in arguments:
        return "minitorch::pick"
    words = re.findall("[A-Z][a-z]*", arguments["name"].removesuffix("Backward0"))
    return f"aten::{'_'.join(words).lower()}"


def _upsample(arguments: dict[str, Any]) -> str:
    mode, dims = arguments["mode"], len(arguments["size"])
    if mode == "nearest-exact":
        return f"aten::_upsample_nearest_exact{dims}d"
    return f"aten::upsample_{_INTERPOLATION[dims] if 'linear' in mode else mode}{dims}d"


_SPECIAL = "entr erfcx gammainc gammaincc i0e i1 i1e log_ndtr multigammaln ndtri xlog1py zeta".split()
_LINALG = "eigh inv lu_factor pinv solve svdvals vector_norm".split()

_TORCH: dict[str, _Name] = {
    **{name: f"aten::special_{name}" for name in _SPECIAL},
    **{name: f"aten::linalg_{name}" for name in _LINALG},
    "adaptive_avg_pool": _by_size("aten::adaptive_avg_pool{}d"),
    "adaptive_max_pool": _by_size("aten::adaptive_max_pool{}d"),
    "assigned": "aten::copy",
    "avg_pool": _by_size("aten::avg_pool{}d"),
    "batched_matmul": "aten::matmul",
    "cast": "aten::to",
    "convolution": _by_dims("aten::conv{}d"),
    "convolution_input": _by_dims("aten::conv_transpose{}d"),
    "cross_entropy": "aten::cross_entropy_loss",
    "div_floor": "aten::div",
    "div_trunc": "aten::div",
    "embedding_bag_backward": "aten::_embedding_bag_backward",
    "fractional_max_pool": _by_size("aten::fractional_max_pool{}d"),
    "logsigmoid": "aten::log_sigmoid",
    "max_of_all": "aten::max",
    "max_pool": _by_size("aten::max_pool{}d"),
    "max_pool_only": _by_size("aten::max_pool{}d"),
    "max_unpool": lambda arguments: f"aten::max_unpool{max(len(arguments['size']), 2)}d",
    "median_all": "aten::median",
    "min_of_all": "aten::min",
    "nanmedian_all": "aten::nanmedian",
    "pad_from_input": "aten::pad",
    "part": _part,
    "pick": _by_node,
    "put": _by_node,
    "remainder_of_number": "aten::remainder",
    "rnn": lambda arguments: f"aten::{arguments['walk'].mode.lower()}",
    "safe_softmax": "aten::_safe_softmax",
    "search": "aten::searchsorted",
    "standard_gamma": "aten::_standard_gamma",
    "sum_to": "aten::sum",
    "unique": "aten::_unique2",
    "unsafe_view": "aten::_unsafe_view",
    "upsample": _upsample,
    "upsample_smooth": lambda arguments: f"aten::_upsample_{arguments['mode']}2d_aa",
    "view_dtype": "aten::view",
    "weight_norm_interface": "aten::_weight_norm_interface",
}
"""Torch's names of the operations that minitorch's own name does not give, underscore apart."""

_OWN = frozenset(
    "adaptive_avg_pool_backward add_at as_strided_backward avg_pool_backward cofactor convolution_weight "
    "ctc_gradient cumsum_from_end flat_indices gather_pairs gather_rows group_sums is_number item_shares "
    "label_pairs max_pool_backward max_pool_pick mean_over neighbour_sum nll_gradient no_other_zero "
    "pad_from_input_backward part_backward part_scatter per_count permutation pick_backward place quantile_places "
    "ratio sample_weights_backward sharers shares slope spread_pairs spread_rows standardize standardize_backward "
    "take_at taken tied upsample_backward upsample_smooth_backward weight_backward weight_of weight_of_places".split()
)
"""The operations that torch has not: steps of gradients above all, which run as operations under create_graph."""


def name_of(op: Any, args: tuple[Any, ...]) -> str:
    """The name of an operation called with these arguments."""
    own: str = op.__name__.lstrip("_")
    if own in _OWN:
        return f"minitorch::{own}"
    name = _TORCH.get(own)
    if name is None:
        return f"aten::{own}"
    return name if isinstance(name, str) else name(dict(zip(op.parameters, args, strict=True)))
