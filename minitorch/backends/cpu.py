"""torch.backends.cpu: what the processor can do."""

from __future__ import annotations

from typing import Any

import numpy as np


def get_cpu_capability() -> str:
    """The widest instructions that NumPy found on this processor: "AVX512", "AVX2" or "DEFAULT"."""
    config: Any = np.show_config(mode="dicts")
    names = " ".join([str(name) for group in config.get("SIMD Extensions", {}).values() for name in group])
    return (
        "AVX512"
        if "AVX512" in names or "X86_V4" in names
        else "AVX2"
        if "AVX2" in names or "X86_V3" in names
        else "DEFAULT"
    )
