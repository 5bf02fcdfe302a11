"""torch.UntypedStorage: the block of memory that a tensor and its views share, as far as scripts look at it."""

from __future__ import annotations

from typing import Any

from minitorch.backend import Array, device_of
from minitorch.devices import device


class UntypedStorage:
    """The bytes under a tensor; two tensors share memory when `data_ptr()` of theirs is one number.

    Differs from torch: it is for looking at; tensors cannot be made of it.
    """

    def __init__(self, row: Array, address: int) -> None:
        self._row = row
        self._address = address

    def data_ptr(self) -> int:
        """The address of the first byte; 0 for no memory."""
        return self._address if self._row.size else 0

    def nbytes(self) -> int:
        """How many bytes there are."""
        return int(self._row.nbytes)

    def size(self) -> int:
        """How many bytes there are."""
        return self.nbytes()

    def __len__(self) -> int:
        return self.nbytes()

    def tolist(self) -> list[int]:
        """The bytes as numbers."""
        return [int(byte) for byte in self._row.tobytes()]

    @property
    def device(self) -> device:
        """Where the memory is."""
        return device_of(self._row)

    def __eq__(self, other: Any) -> bool:
        return isinstance(other, UntypedStorage) and self.data_ptr() == other.data_ptr()

    def __hash__(self) -> int:
        return hash(self._address)
