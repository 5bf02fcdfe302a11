"""Tensor's methods and operators, bound from tables: one entry a method, the families in the order of their files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch.autograd import engine
from minitorch.autograd.views import in_place
from minitorch.ops import conversion, creation, elementwise, linalg, random, reduction, shape
from minitorch.tensor import Tensor

# Bound under their own names: Tensor.exp is the function exp.
METHODS: tuple[Callable[..., Any], ...] = (
    engine.backward,
    engine.retain_grad,
    # elementwise
    elementwise.add,
    elementwise.sub,
    elementwise.mul,
    elementwise.div,
    elementwise.true_divide,
    elementwise.floor_divide,
    elementwise.remainder,
    elementwise.fmod,
    elementwise.neg,
    elementwise.positive,
    elementwise.abs,
    elementwise.reciprocal,
    elementwise.pow,
    elementwise.square,
    elementwise.sqrt,
    elementwise.rsqrt,
    elementwise.exp,
    elementwise.log,
    elementwise.tanh,
    elementwise.sigmoid,
    elementwise.clamp,
    elementwise.clamp_min,
    elementwise.clamp_max,
    elementwise.maximum,
    elementwise.minimum,
    elementwise.eq,
    elementwise.ne,
    elementwise.lt,
    elementwise.le,
    elementwise.gt,
    elementwise.ge,
    elementwise.clone,
    elementwise.fill_,
    elementwise.zero_,
    elementwise.copy_,
    # activation
    # reduction
    reduction.sum,
    reduction.mean,
    reduction.prod,
    reduction.max,
    reduction.min,
    reduction.amax,
    reduction.amin,
    reduction.argmax,
    reduction.argmin,
    reduction.all,
    reduction.any,
    reduction.count_nonzero,
    reduction.var,
    reduction.std,
    reduction.norm,
    reduction.cumsum,
    # sorting
    # shape
    shape.view,
    shape.view_as,
    shape.reshape,
    shape.reshape_as,
    shape.contiguous,
    shape.flatten,
    shape.ravel,
    shape.unflatten,
    shape.squeeze,
    shape.unsqueeze,
    shape.transpose,
    shape.swapaxes,
    shape.swapdims,
    shape.t,
    shape.permute,
    shape.movedim,
    shape.moveaxis,
    shape.adjoint,
    shape.sum_to_size,
    shape.expand,
    shape.expand_as,
    shape.broadcast_to,
    shape.repeat,
    shape.tile,
    shape.select,
    shape.narrow,
    shape.narrow_copy,
    shape.split_with_sizes,
    shape.split,
    shape.chunk,
    shape.tensor_split,
    shape.hsplit,
    shape.vsplit,
    shape.dsplit,
    shape.unbind,
    shape.diagonal,
    shape.diag,
    shape.diag_embed,
    shape.diagflat,
    shape.tril,
    shape.triu,
    shape.select_scatter,
    shape.slice_scatter,
    shape.diagonal_scatter,
    shape.flip,
    shape.fliplr,
    shape.flipud,
    shape.rot90,
    shape.roll,
    shape.unfold,
    shape.as_strided,
    shape.resize_,
    shape.resize_as_,
    shape.is_same_size,
    # indexing
    # linalg
    linalg.addbmm,
    linalg.addmm,
    linalg.addmv,
    linalg.addr,
    linalg.baddbmm,
    linalg.bmm,
    linalg.cross,
    linalg.dot,
    linalg.inner,
    linalg.kron,
    linalg.matmul,
    linalg.matrix_power,
    linalg.mm,
    linalg.mv,
    linalg.outer,
    linalg.trace,
    linalg.vdot,
    # creation and conversion
    conversion.to,
    conversion.cpu,
    conversion.cuda,
    conversion.type_as,
    conversion.share_memory_,
    conversion.is_shared,
    conversion.pin_memory,
    conversion.is_pinned,
    creation.new_tensor,
    creation.new_zeros,
    creation.new_ones,
    creation.new_full,
    creation.new_empty,
    creation.new_empty_strided,
    # random
    random.bernoulli,
    random.multinomial,
    random.uniform_,
    random.normal_,
    random.log_normal_,
    random.exponential_,
    random.cauchy_,
    random.geometric_,
    random.random_,
    random.bernoulli_,
)

# Bound as `name_`: the result is written into the tensor itself.
IN_PLACE: tuple[Callable[..., Any], ...] = (
    # elementwise
    elementwise.add,
    elementwise.sub,
    elementwise.mul,
    elementwise.div,
    elementwise.true_divide,
    elementwise.floor_divide,
    elementwise.remainder,
    elementwise.fmod,
    elementwise.neg,
    elementwise.abs,
    elementwise.reciprocal,
    elementwise.pow,
    elementwise.square,
    elementwise.sqrt,
    elementwise.rsqrt,
    elementwise.exp,
    elementwise.log,
    elementwise.tanh,
    elementwise.sigmoid,
    elementwise.clamp,
    elementwise.clamp_min,
    elementwise.clamp_max,
    elementwise.eq,
    elementwise.ne,
    elementwise.lt,
    elementwise.le,
    elementwise.gt,
    elementwise.ge,
    # activation
    # reduction
    # shape
    # indexing
    # linalg
    linalg.addbmm,
    linalg.addmm,
    linalg.addmv,
    linalg.addr,
    linalg.baddbmm,
)

# Under other names: methods with a signature of their own, aliases, and in-place methods that are no op's twin.
NAMED: dict[str, Callable[..., Any]] = {
    # elementwise
    "where": elementwise.where_method,
    "clip": elementwise.clamp,
    "clip_": in_place(elementwise.clamp, "clip_"),
    # activation
    # reduction
    # sorting
    # shape
    **shape.IN_PLACE,
    # indexing
    # linalg
    "ger": linalg.outer,
    # creation and conversion
    "type": conversion.type_,
    "new": creation.new,
    **conversion.TO_DTYPE,
    # random
}

PROPERTIES: dict[str, Callable[[Tensor], Any]] = {
    # shape
    "T": shape.reversed_dims,
    "H": shape.H,
    "mT": shape.mT,
    "mH": shape.mH,
}

OPERATORS: dict[str, Callable[..., Any]] = {
    "__iter__": shape.iterate,
    "__matmul__": linalg.matmul,
    "__rmatmul__": linalg.rmatmul,
    "__add__": elementwise.operator(elementwise.add),
    "__radd__": elementwise.operator(elementwise.add),
    "__iadd__": elementwise.operator(in_place(elementwise.add)),
    "__mul__": elementwise.operator(elementwise.mul),
    "__rmul__": elementwise.operator(elementwise.mul),
    "__imul__": elementwise.operator(in_place(elementwise.mul)),
    "__sub__": elementwise.operator(elementwise.sub),
    "__rsub__": elementwise.operator(elementwise.rsub),
    "__isub__": elementwise.operator(in_place(elementwise.sub)),
    "__truediv__": elementwise.operator(elementwise.div),
    "__rtruediv__": elementwise.operator(elementwise.rdiv),
    "__itruediv__": elementwise.operator(in_place(elementwise.div)),
    "__floordiv__": elementwise.operator(elementwise.floor_divide),
    "__rfloordiv__": elementwise.operator(elementwise.floor_divide, reflected=True),
    "__ifloordiv__": elementwise.operator(in_place(elementwise.floor_divide)),
    "__mod__": elementwise.operator(elementwise.remainder),
    "__rmod__": elementwise.operator(elementwise.remainder, reflected=True),
    "__imod__": elementwise.operator(in_place(elementwise.remainder)),
    "__pow__": elementwise.operator(elementwise.pow),
    "__rpow__": elementwise.operator(elementwise.pow, reflected=True),
    "__ipow__": elementwise.operator(in_place(elementwise.pow)),
    "__neg__": elementwise.neg,
    "__pos__": elementwise.positive,
    "__abs__": elementwise.abs,
    "__eq__": elementwise.operator(elementwise.eq),
    "__ne__": elementwise.operator(elementwise.ne),
    "__lt__": elementwise.operator(elementwise.lt),
    "__le__": elementwise.operator(elementwise.le),
    "__gt__": elementwise.operator(elementwise.gt),
    "__ge__": elementwise.operator(elementwise.ge),
}

for function in METHODS:
    setattr(Tensor, function.__name__, function)
for function in IN_PLACE:
    setattr(Tensor, f"{function.__name__}_", in_place(function))
for name, function in {**NAMED, **OPERATORS}.items():
    setattr(Tensor, name, function)
for name, function in PROPERTIES.items():
    setattr(Tensor, name, property(function))
