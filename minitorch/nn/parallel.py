"""torch.nn.parallel: a model on several GPUs, which here is a model on one device, and not in several processes.

Differs from torch: a batch is never split, also where there are several GPUs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from minitorch.cuda.devices import current_device, is_available
from minitorch.devices import device
from minitorch.distributed import refuse
from minitorch.nn.module import Module
from minitorch.tensor import Tensor


def _number(given: int | device) -> int:
    return given if isinstance(given, int) else given.index or 0


class DataParallel(Module):
    """Calls `module`, which keeps its own device; its state_dict has `module.` before each key, as torch's.

    Raises RuntimeError on a GPU when a parameter or buffer lies elsewhere.
    """

    def __init__(
        self,
        module: Module,
        device_ids: Sequence[int | device] | None = None,
        output_device: int | device | None = None,
        dim: int = 0,
    ) -> None:
        super().__init__()
        self.module = module
        self.dim = dim
        self.device_ids: list[int] = []
        if is_available():
            self.device_ids = [_number(each) for each in device_ids or (current_device(),)][:1]
            self.output_device = self.device_ids[0]
            self.src_device_obj = device("cuda", self.output_device)

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        """What the module returns."""
        if self.device_ids:
            for tensor in (*self.module.parameters(), *self.module.buffers()):
                if tensor.device != self.src_device_obj:
                    raise RuntimeError(
                        f"module must have its parameters and buffers on device {self.src_device_obj} (device_ids[0]) "
                        f"but found one of them on device: {tensor.device}"
                    )
        return self.module(*inputs, **kwargs)


def data_parallel(
    module: Module,
    inputs: Any,
    device_ids: Sequence[int | device] | None = None,
    output_device: int | device | None = None,
    dim: int = 0,
    module_kwargs: Mapping[str, Any] | None = None,
) -> Tensor:
    """`module(*inputs, **module_kwargs)`; raises RuntimeError where there is no GPU, as torch does."""
    if not is_available():
        raise RuntimeError("device type could not be determined: data_parallel needs a GPU; call the module itself")
    result: Tensor = module(*(inputs if isinstance(inputs, tuple) else (inputs,)), **(module_kwargs or {}))
    return result


class DistributedDataParallel(Module):
    """For isinstance and annotations; making one raises NotSupportedError: minitorch computes in one process."""

    def __init__(self, module: Module, *args: Any, **kwargs: Any) -> None:
        refuse("torch.nn.parallel.DistributedDataParallel")
