"""torch.layout and torch.memory_format: names that options take. All tensors here are strided."""

from __future__ import annotations

from typing import Any


class _Named:
    """A value that is only a name."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> tuple[Any, ...]:
        return (_by_name, (self.name,))


class layout(_Named):
    """How a tensor's elements lie in memory."""

    __slots__ = ()


class memory_format(_Named):
    """In which order the dimensions of a new tensor lie in memory."""

    __slots__ = ()


strided = layout("strided")
sparse_coo = layout("sparse_coo")
contiguous_format = memory_format("contiguous_format")
preserve_format = memory_format("preserve_format")
channels_last = memory_format("channels_last")
channels_last_3d = memory_format("channels_last_3d")

_NAMES = {
    each.name: each
    for each in (strided, sparse_coo, contiguous_format, preserve_format, channels_last, channels_last_3d)
}


def _by_name(name: str) -> Any:
    return _NAMES[name]
