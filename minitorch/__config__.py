"""torch.__config__: what minitorch computes with, in words."""

from __future__ import annotations

import os
import platform
from typing import Any

import numpy as np

from minitorch import blas
from minitorch.settings import get_num_interop_threads, get_num_threads
from minitorch.version import __version__


def _blas() -> str:
    """The library of NumPy's matrix products, with its version."""
    config: Any = np.show_config(mode="dicts")
    found = config.get("Build Dependencies", {}).get("blas", {})
    return f"{found.get('name', 'unknown')} {found.get('version', '')}".strip()


def show() -> str:
    """The versions of minitorch, Python, NumPy and its BLAS, a line each."""
    return f"""\
minitorch {__version__}
  - Python {platform.python_version()}
  - NumPy {np.__version__}
  - BLAS: {_blas()}
"""


def parallel_info() -> str:
    """The numbers of threads, and what the environment says of them, a line each."""
    variables = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    lines = [
        f"torch.get_num_threads() : {get_num_threads()}",
        f"torch.get_num_interop_threads() : {get_num_interop_threads()}",
        f"{_blas()} : {blas.get_threads()} threads",
        f"os.cpu_count() : {os.cpu_count()}",
        "Environment variables:",
        *(f"\t{name} : {os.environ.get(name, '[not set]')}" for name in variables),
    ]
    return "\n".join(lines) + "\n"
