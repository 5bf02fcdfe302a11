"""torch.version: which torch's API this is, and what it was built with.

The number is that of the torch whose behaviour minitorch follows and is compared with, so that a script which asks
`torch.__version__ >= "2.0"`, or parses it, takes the branch it would take there. The local part after the `+`, where
torch's own builds say `cpu` or `cu130`, tells the engines apart.
"""

from __future__ import annotations

from minitorch.torch_version import TorchVersion

__version__ = TorchVersion("2.13.0+minitorch")
debug = False
cuda: str | None = None
"""No CUDA toolkit is built in: CuPy brings its own."""
hip: str | None = None
xpu: str | None = None
git_version = "minitorch"
