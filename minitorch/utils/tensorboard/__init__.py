"""torch.utils.tensorboard: what TensorBoard shows, written by TensorBoard's own package, which is optional."""

from __future__ import annotations

import importlib.util

if importlib.util.find_spec("tensorboard") is None:
    raise ModuleNotFoundError(
        "torch.utils.tensorboard needs the package tensorboard, which is not installed: "
        "pip install 'minitorch[tensorboard]'",
        name="tensorboard",
    )

from tensorboard.summary.writer.record_writer import RecordWriter

from minitorch.utils.tensorboard.writer import FileWriter, SummaryWriter

__all__ = ["FileWriter", "RecordWriter", "SummaryWriter"]
