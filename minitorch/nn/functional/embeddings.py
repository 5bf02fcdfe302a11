"""Rows by their index: embedding, bags of rows, and one-hot vectors."""

from __future__ import annotations

import warnings

from minitorch.autograd.modes import no_grad
from minitorch.dtypes import int64
from minitorch.ops import comparison
from minitorch.ops import embedding as rows
from minitorch.ops._arguments import check_tensor
from minitorch.ops.creation import arange, zeros
from minitorch.tensor import Tensor


def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """The rows of `weight` (rows, dim) at the indices `input` (...): (..., dim).

    The row `padding_idx` gets no gradient. Rows longer than `max_norm` are shortened to that, in place, before.
    """
    if padding_idx is None:
        padding_idx = -1
    else:
        count = weight.size(0)
        if not -count <= padding_idx < count:
            raise AssertionError(f"Padding_idx must be within num_embeddings, which is {count}, but got {padding_idx}")
        padding_idx %= count
    if max_norm is not None:
        with no_grad():
            rows.embedding_renorm_(weight, input, max_norm, norm_type)
    return rows.embedding(weight, input, padding_idx, scale_grad_by_freq, sparse)


def embedding_bag(
    input: Tensor,
    weight: Tensor,
    offsets: Tensor | None = None,
    max_norm: float | None = None,
    norm_type: float = 2,
    scale_grad_by_freq: bool = False,
    mode: str = "mean",
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> Tensor:
    """The sum, mean or maximum of the rows of `weight` (rows, dim) in each bag of indices: (bags, dim).

    `input` has a bag in each row, or is (n) and `offsets` says where the bags start. Of the mode sum
    `per_sample_weights` multiply the rows. Raises ValueError for what does not go together.
    """
    if weight.dtype is int64 and input.is_floating_point():
        warnings.warn(
            "Argument order of nn.functional.embedding_bag was changed. Usage `embedding_bag(weight, input, ...)` is "
            "deprecated, and should now be `embedding_bag(input, weight, ...)`.",
            stacklevel=2,
        )
        weight, input = input, weight
    if per_sample_weights is not None and input.size() != per_sample_weights.size():
        raise ValueError(
            f"embedding_bag: If per_sample_weights ({per_sample_weights.shape}) is not None, then it must have the "
            f"same shape as the input ({input.shape})"
        )
    if weight.dim() != 2:
        raise ValueError(f"weight has to be a 2D Tensor, but got Tensor of dimension {weight.dim()}")
    if input.dim() == 2:
        if offsets is not None:
            raise ValueError(
                "if input is 2D, then offsets has to be None, as input is treated is a mini-batch of fixed length "
                f"sequences. However, found offsets of type {type(offsets)}"
            )
        offsets = arange(input.size(0), device=input.device) * input.size(1)
        include_last_offset = False  # it speaks of given offsets
        input = input.reshape(-1)
        per_sample_weights = per_sample_weights if per_sample_weights is None else per_sample_weights.reshape(-1)
    elif input.dim() != 1:
        raise ValueError(f"input has to be 1D or 2D Tensor, but got Tensor of dimension {input.dim()}")
    elif offsets is None:
        raise ValueError("offsets has to be a 1D Tensor but got None")
    elif offsets.dim() != 1:
        raise ValueError(f"offsets has to be a 1D Tensor, but got {offsets.dim()} dimensions")
    if mode not in rows.MODES:
        raise ValueError(f"mode has to be one of sum, mean or max, but got {mode!r}")
    if mode == "max" and scale_grad_by_freq:
        raise ValueError("max mode does not support scaling the gradient by the frequency")
    if mode == "max" and sparse:
        raise ValueError("max mode does not support sparse weights")
    if max_norm is not None:
        with no_grad():
            rows.embedding_renorm_(weight, input, max_norm, norm_type)
    if per_sample_weights is not None and mode != "sum":
        raise NotImplementedError(
            "embedding_bag: per_sample_weights was not None. per_sample_weights is only supported for mode='sum' (got "
            f"mode='{mode}')."
        )
    return rows.embedding_bag(
        weight,
        input,
        offsets,
        scale_grad_by_freq,
        rows.MODES.index(mode),
        sparse,
        per_sample_weights,
        include_last_offset,
        padding_idx,
    )[0]


def one_hot(input: Tensor, num_classes: int = -1) -> Tensor:
    """For every class index a vector of int64 that is 1 there, else 0; -1 means as many classes as are needed.

    Raises RuntimeError for what is no int64, and for indices out of range.
    """
    check_tensor("one_hot", "input", 1, input)
    array = input._array
    if array.dtype != "int64":
        raise RuntimeError("one_hot is only applicable to index tensor of type LongTensor.")
    if not array.size:
        if num_classes <= 0:
            raise RuntimeError("Can not infer total number of classes from empty tensor.")
        return zeros(*array.shape, num_classes, dtype=input.dtype, device=input.device)
    if int(array.min()) < 0:
        raise RuntimeError("Class values must be non-negative.")
    if num_classes == -1:
        num_classes = int(array.max()) + 1
    elif num_classes <= int(array.max()):
        raise RuntimeError("Class values must be smaller than num_classes.")
    hot: Tensor = comparison.eq(input.unsqueeze(-1), arange(num_classes, device=input.device)).to(input.dtype)
    return hot.contiguous()  # type: ignore[no-any-return]  # bound from a table
