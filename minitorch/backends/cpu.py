"""torch.backends.cpu: what the processor can do."""

from __future__ import annotations

import numpy as np


def get_cpu_capability() -> str:
    """The widest instructions that NumPy found on this processor: "AVX512", "AVX2" or "DEFAULT"."""
    found = {str(name) for name in np.show_config(mode="dicts").get("SIMD Extensions", {}).get("found", ())}  # type: ignore[union-attr]  # the stubs allow None, which mode="dicts" never gives
    return "AVX512" if any("AVX512" in name for name in found) else "AVX2" if "AVX2" in found else "DEFAULT"
