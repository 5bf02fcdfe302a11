"""torch.backends.mkldnn: Intel's oneDNN, which minitorch does not use."""

from __future__ import annotations

enabled = True


def is_available() -> bool:
    """Always False."""
    return False
