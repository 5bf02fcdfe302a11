"""torch.backends.cuda: its switches may be set and read, and change nothing: products keep their operands' dtype."""

from __future__ import annotations

from minitorch.cuda.devices import is_available


class cuBLASModule:
    """The switches of matrix products."""

    allow_tf32 = False
    allow_fp16_reduced_precision_reduction = True
    allow_bf16_reduced_precision_reduction = True


matmul = cuBLASModule()


def is_built() -> bool:
    """Whether a GPU can be used: nothing is built in, and CuPy is optional."""
    return is_available()
