"""torch.backends.mkl: whether NumPy multiplies matrices by Intel's MKL."""

from __future__ import annotations

from typing import Any

import numpy as np


def is_available() -> bool:
    """Whether NumPy was built with MKL."""
    config: Any = np.show_config(mode="dicts")
    return "mkl" in str(config.get("Build Dependencies", {}).get("blas", {}).get("name", "")).lower()
