"""Sequences of different lengths in one batch: padded to one length, or packed without the padding."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from minitorch import dtypes
from minitorch.devices import is_lenient
from minitorch.errors import broadcast_error
from minitorch.ops.creation import arange, as_tensor, empty_like
from minitorch.ops.joining import cat
from minitorch.ops.parts import unbind
from minitorch.ops.permutation import transpose
from minitorch.ops.rnn import gather_rows, spread_rows
from minitorch.ops.slices import index_select
from minitorch.ops.sorting import sort
from minitorch.tensor import Tensor

NOT_SORTED = (
    "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You can pass "
    "`enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to sidestep this requirement if you do not "
    "need ONNX exportability."
)


class PackedSequence_(NamedTuple):
    """The fields of a PackedSequence."""

    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None
    unsorted_indices: Tensor | None


class PackedSequence(PackedSequence_):
    """Sequences without padding: `data` (N, ...) holds all first steps, then all second ones, longest sequence first.

    `batch_sizes` says how many sequences have a first step, a second one, and so on. `sorted_indices` is where the
    sequences stood before they were sorted; None when they were sorted already.
    """

    __slots__ = ()

    def __new__(
        cls,
        data: Any,
        batch_sizes: Tensor | None = None,
        sorted_indices: Tensor | None = None,
        unsorted_indices: Tensor | None = None,
    ) -> PackedSequence:
        if batch_sizes is None:
            assert isinstance(data, (list, tuple)) and len(data) == 2, "Expected data to be a list or tuple of length 2"
            data, batch_sizes = data
        if batch_sizes.device.type != "cpu":
            raise ValueError(
                "batch_sizes should always be on CPU. Instances of PackedSequence should never be created manually. "
                "They should be instantiated by functions like pack_sequence and pack_padded_sequences in "
                f"nn.utils.rnn: got batch_sizes on {batch_sizes.device}"
            )
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """With the data in another dtype or on another device; itself where nothing changes."""
        data = self.data.to(*args, **kwargs)
        if data is self.data:
            return self
        moved = (
            None if each is None else each.to(data.device) for each in (self.sorted_indices, self.unsorted_indices)
        )
        return PackedSequence(data, self.batch_sizes, *moved)

    def cuda(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """On the GPU."""
        return self.to(self.data.cuda(*args, **kwargs).device)

    def cpu(self) -> PackedSequence:
        """In the CPU's memory."""
        return self.to("cpu")

    def double(self) -> PackedSequence:
        """In float64."""
        return self.to(dtypes.float64)

    def float(self) -> PackedSequence:
        """In float32."""
        return self.to(dtypes.float32)

    def half(self) -> PackedSequence:
        """In float16."""
        return self.to(dtypes.float16)

    def long(self) -> PackedSequence:
        """In int64."""
        return self.to(dtypes.int64)

    def int(self) -> PackedSequence:
        """In int32."""
        return self.to(dtypes.int32)

    def short(self) -> PackedSequence:
        """In int16."""
        return self.to(dtypes.int16)

    def char(self) -> PackedSequence:
        """In int8."""
        return self.to(dtypes.int8)

    def byte(self) -> PackedSequence:
        """In uint8."""
        return self.to(dtypes.uint8)

    def pin_memory(self) -> PackedSequence:
        """With the data in memory that a GPU reads directly."""
        return self._replace(data=self.data.pin_memory())

    def is_pinned(self) -> bool:
        """Whether the data lie in memory that a GPU reads directly."""
        pinned: bool = self.data.is_pinned()
        return pinned

    @property
    def is_cuda(self) -> bool:
        """Whether the data lie on a GPU."""
        return self.data.is_cuda


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """The permutation (n) that undoes the given one; None for None."""
    if permutation is None:
        return None
    inverse: Tensor = empty_like(permutation)
    inverse.scatter_(0, permutation, arange(0, permutation.numel(), device=permutation.device))
    return inverse


def pack_padded_sequence(
    input: Tensor, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Leaves the padding of a batch (T, B, ...) out, or of (B, T, ...) where `batch_first`.

    `lengths` (B), a list or a CPU tensor, must fall unless `enforce_sorted` is False. Raises RuntimeError for lengths
    that are not sorted, not positive or longer than T (there torch takes what is no part of the input), and where their
    number is not B.
    """
    if not isinstance(input, Tensor):
        raise TypeError(
            f"_pack_padded_sequence(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}"
        )
    if isinstance(lengths, Tensor):
        lengths = lengths.to(device="cpu" if is_lenient() else None, dtype=dtypes.int64)
    else:
        lengths = as_tensor(lengths, dtype=dtypes.int64, device="cpu")
    if lengths.dim() != 1 or lengths.device.type != "cpu":
        raise RuntimeError(
            f"'lengths' argument should be a 1D CPU int64 tensor, but got {lengths.dim()}D {lengths.device} Long tensor"
        )
    batch_dim = 0 if batch_first else 1
    batch = input.size(batch_dim)
    steps = input.size(1 - batch_dim)
    if not input.numel():
        raise RuntimeError("Cannot pack empty tensors.")
    if lengths.numel() != batch:
        raise RuntimeError(
            f"Expected `len(lengths)` to be equal to batch_size, but got {lengths.numel()} (batch_size={batch})"
        )
    sorted_indices = None
    if not enforce_sorted:
        by_length: Any = sort(lengths, descending=True)
        lengths, sorted_indices = by_length.values, by_length.indices.to(input.device)
        input = index_select(input, batch_dim, sorted_indices)
    counts = lengths.tolist()
    if min(counts) <= 0:
        raise RuntimeError(
            "Length of all samples has to be greater than 0, but found an element in 'lengths' that is <= 0"
        )
    if any(one < other for one, other in zip(counts, counts[1:], strict=False)):
        raise RuntimeError(NOT_SORTED)
    if counts[0] > steps:
        raise RuntimeError(f"pack_padded_sequence: a length is {counts[0]}, but the input has {steps} steps")
    sizes = (lengths > arange(steps, device=lengths.device)[:, None]).sum(1)
    data = gather_rows(transpose(input, 0, 1) if batch_first else input, tuple(sizes.tolist()))
    return PackedSequence(data, sizes[: counts[0]], sorted_indices)


def pad_packed_sequence(
    sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0, total_length: int | None = None
) -> tuple[Tensor, Tensor]:
    """The batch (T, B, ...), or (B, T, ...) where `batch_first`, filled up with `padding_value`, and its lengths (B).

    The sequences stand as they did before packing. Raises ValueError for a `total_length` that is too short.
    """
    data, batch_sizes, unsorted_indices = sequence.data, sequence.batch_sizes, sequence.unsorted_indices
    sizes = batch_sizes.tolist()
    steps = len(sizes)
    if total_length is not None:
        if total_length < steps:
            raise ValueError(
                "Expected total_length to be at least the length of the longest sequence in input, but got "
                f"total_length={total_length} and max sequence length being {steps}"
            )
        steps = total_length
    if max(sizes) != sizes[0] or sum(sizes) != len(data):
        raise RuntimeError(f"pad_packed_sequence: batch_sizes {sizes} do not fit data of {len(data)} rows")
    padded = spread_rows(data, (*sizes, *[0] * (steps - len(sizes))), sizes[0], padding_value)
    lengths = (batch_sizes[:, None] > arange(sizes[0], device=batch_sizes.device)).sum(0)
    if batch_first:
        padded = transpose(padded, 0, 1)
    if unsorted_indices is not None:
        padded = index_select(padded, 0 if batch_first else 1, unsorted_indices)
        lengths = lengths[unsorted_indices.cpu()]
    return padded, lengths


def _sequences(given: Any, caller: str) -> list[Tensor]:
    """A list of tensors that have at least one dimension; raises torch's errors."""
    if not isinstance(given, Iterable):
        raise RuntimeError(f"{caller}: Expected iterable for input sequences, but got arg of type: {type(given)}")
    sequences = list(unbind(given, 0) if isinstance(given, Tensor) else given)
    if not sequences:
        raise RuntimeError("received an empty list of sequences")
    for k, each in enumerate(sequences):
        if not isinstance(each, Tensor):
            raise TypeError(f"expected Tensor as element {k} in argument 0, but got {type(each).__name__}")
        if not each.dim():
            raise RuntimeError(
                f"{caller}: expected sequences of at least one dimension, got a 0-d tensor (element {k})"
            )
        if each.shape[1:] != sequences[0].shape[1:]:
            raise broadcast_error([(1, *sequences[0].shape[1:]), (1, *each.shape[1:])])
    return sequences


def pad_sequence(
    sequences: Any, batch_first: bool = False, padding_value: float = 0.0, padding_side: str = "right"
) -> Tensor:
    """The sequences (L, ...) as one batch (T, B, ...), or (B, T, ...), filled up with `padding_value` at a side.

    Raises RuntimeError for an empty list, sizes that differ after the first, and a side other than "left" and "right".
    """
    if padding_side not in ("left", "right"):
        raise RuntimeError(f"Expected padding_side to be one of left or right, but got {padding_side}.")
    given = _sequences(sequences, "pad_sequence")
    lengths = tuple(len(each) for each in given)
    rows = cat([each.to(given[0].dtype) for each in given])
    padded = spread_rows(rows, lengths, max(lengths), padding_value, padding_side == "left")
    if batch_first:
        return padded
    turned: Tensor = transpose(padded, 0, 1).contiguous()
    return turned


def unpad_sequence(padded_sequences: Tensor, lengths: Tensor, batch_first: bool = False) -> list[Tensor]:
    """The sequences (L, ...) of a padded batch, as views."""
    each: Any = unbind(padded_sequences, 0 if batch_first else 1)
    return [sequence[:length] for sequence, length in zip(each, lengths.tolist(), strict=True)]


def pack_sequence(sequences: Any, enforce_sorted: bool = True) -> PackedSequence:
    """The sequences (L, ...) packed; they must come longest first unless `enforce_sorted` is False."""
    given = _sequences(sequences, "pack_sequence")
    lengths = as_tensor([len(each) for each in given], device="cpu")
    return pack_padded_sequence(pad_sequence(given), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """The sequences (L, ...), as they stood before packing."""
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)
