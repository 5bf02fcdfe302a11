"""What one operation is called: engines, operators and in-place forms have names of their own for the same thing."""

from __future__ import annotations

import functools

_SAME: dict[str, tuple[str, ...]] = {
    "add": ("radd", "iadd"),
    "sub": ("subtract", "rsub", "isub"),
    "mul": ("multiply", "rmul", "imul"),
    "div": ("divide", "true_divide", "truediv", "rtruediv", "itruediv", "rdiv", "div_floor", "div_trunc"),
    "floor_divide": ("floordiv", "rfloordiv", "ifloordiv"),
    "remainder": ("mod", "rmod", "imod", "remainder_of_number"),
    "pow": ("rpow", "ipow", "float_power", "square"),
    "neg": ("negative",),
    "abs": ("absolute",),
    "matmul": ("rmatmul", "imatmul", "mm", "bmm", "mv", "dot", "inner", "batched_matmul"),
    "max": ("max_of_all",),
    "min": ("min_of_all",),
    "median": ("median_all",),
    "nanmedian": ("nanmedian_all",),
    "mean": ("mean_over",),
    "norm": ("vector_norm", "linalg_vector_norm"),
    "inverse": ("inv", "linalg_inv"),
    "solve": ("linalg_solve",),
    "pinv": ("pinverse", "linalg_pinv"),
    "interpolate": ("upsample",),
    "linear": ("addmm", "baddbmm"),
    "eq": ("equal_to",),
    "ne": ("not_equal",),
    "gt": ("greater",),
    "ge": ("greater_equal",),
    "lt": ("less",),
    "le": ("less_equal",),
    "bitwise_and": ("and", "iand"),
    "bitwise_or": ("or", "ror", "ior"),
    "bitwise_xor": ("xor", "rxor", "ixor"),
    "bitwise_not": ("invert",),
    "clamp": ("clip", "clamp_min", "clamp_max"),
    "reshape": ("view", "unsafe_view", "flatten", "ravel", "view_as", "reshape_as", "unflatten"),
    "permute": ("t", "T", "transpose", "numpy_t", "swapaxes", "swapdims", "movedim", "moveaxis", "mT"),
    "getitem": ("select", "slice", "index", "part", "narrow"),
    "setitem": ("index_put", "index_put_impl"),
    "cat": ("concat", "concatenate"),
    "unbind": ("iter",),
    "expand": ("expand_as", "broadcast_to"),
    "to": (
        "to_copy",
        "float",
        "double",
        "half",
        "long",
        "int",
        "short",
        "byte",
        "char",
        "bool",
        "type",
        "type_as",
        "cast",
    ),
    "clone": ("contiguous",),
    "conv": ("conv1d", "conv2d", "conv3d", "convolution"),
    "conv_transpose": ("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"),
    "max_pool": (
        "max_pool1d",
        "max_pool2d",
        "max_pool3d",
        "max_pool2d_with_indices",
        "boolean_dispatch",
        "max_pool_only",
    ),
    "avg_pool": ("avg_pool1d", "avg_pool2d", "avg_pool3d"),
    "adaptive_max_pool": ("adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d"),
    "adaptive_avg_pool": ("adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d"),
    "batch_norm": ("native_batch_norm", "batch_norm_with_update", "native_batch_norm_legit", "cudnn_batch_norm"),
    "layer_norm": ("native_layer_norm",),
    "group_norm": ("native_group_norm",),
    "nll_loss": ("nll_loss2d", "nll_loss_nd"),
    "binary_cross_entropy_with_logits": ("bce_with_logits",),
    "rnn": ("rnn_tanh", "rnn_relu"),
    "dropout": ("native_dropout",),
    "softplus": ("logsigmoid",),
    "uniform": ("kaiming_uniform", "xavier_uniform"),
    "normal": ("kaiming_normal", "xavier_normal"),
    "fill": ("constant", "zeros", "ones", "zero", "full"),
}

_COMMON = {other: name for name, others in _SAME.items() for other in others}

RANDOM = frozenset(
    "rand randn randint randperm rand_like randn_like randint_like normal uniform bernoulli multinomial poisson random "
    "exponential log_normal cauchy geometric dropout dropout1d dropout2d dropout3d alpha_dropout feature_dropout "
    "feature_alpha_dropout rrelu rrelu_with_noise gumbel_softmax trunc_normal orthogonal sparse fractional_max_pool2d "
    "around".split()
)
"""The operations that draw random numbers, by their common names."""

CREATION = (
    "tensor as_tensor asarray from_numpy zeros ones full empty zeros_like ones_like full_like empty_like arange range "
    "linspace logspace eye rand randn randint randperm rand_like randn_like randint_like normal"
).split()
"""The functions that make tensors of what is none."""

OVERWRITES = frozenset(
    "uniform normal random exponential log_normal cauchy geometric fill zero copy constant ones zeros eye dirac "
    "kaiming_uniform kaiming_normal xavier_uniform xavier_normal trunc_normal orthogonal sparse".split()
)
"""The operations for which it does not matter what was in the tensor that they write to."""

UNSET = frozenset("empty empty_like empty_strided new_empty resize set".split())
"""What leaves memory as it was: there is nothing in it to compare."""

SHAPING = frozenset("getitem reshape permute to clone expand cat stack unbind setitem squeeze unsqueeze copy".split())
"""The operations, by their common names, that layers put arrays into shape with, each engine in its own way."""

PARTS = UNSET | frozenset(
    "t view reshape unsafe_view permute transpose numpy_t expand detach alias lift_fresh select slice unsqueeze "
    "squeeze as_strided split unbind local_scalar_dense scalar_tensor clone to_copy zeros ones ones_like zeros_like "
    "fill copy narrow record_function_enter_new".split()
)
"""What engines do within an operation to bring arrays into shape."""


@functools.cache
def plain_name(name: str) -> str:
    """A name without the marks of operators, private and in-place forms: `__iadd__` is iadd, `_log_softmax` itself."""
    return name.split(".")[0].strip("_").removesuffix("_forward")


@functools.cache
def common_name(name: str) -> str:
    """The one name of an operation that goes by several: `mm`, `__rmatmul__` and `bmm` are matmul."""
    if name == "__rand__":
        return "bitwise_and"  # and not the random numbers of `rand`
    plain = plain_name(name)
    return _COMMON.get(plain, plain)
