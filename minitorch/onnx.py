"""torch.onnx: minitorch does not write ONNX files."""

from __future__ import annotations

from typing import Any, NoReturn

from minitorch.errors import NotSupportedError


def export(model: Any, args: Any = (), f: Any = None, **kwargs: Any) -> NoReturn:
    """Raises NotSupportedError: save the state_dict and export from torch, which reads the same file."""
    raise NotSupportedError(
        "torch.onnx.export: minitorch does not write ONNX; torch.save(model.state_dict(), path) and export from torch"
    )


def is_in_onnx_export() -> bool:
    """Always False."""
    return False
