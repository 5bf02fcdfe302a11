"""torch.backends.opt_einsum: the order of einsum's products, which minitorch takes as they are written."""

from __future__ import annotations

enabled = True
strategy = "auto"


def is_available() -> bool:
    """Always False."""
    return False
