"""minitorch's CuPy engine as the candidate: tensors lie on the GPU, and what comes back has to lie there, too.

torch stays on the CPU, the judge. What shares memory on a GPU, and what was written to there, is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import numpy as np

import minitorch
from minitorch.backend import is_array, load_cupy, storage_of, to_host
from minitorch.ops import random
from minitorch.random_stream import DEFAULT_SEED, RandomStream
from minitorch.tensor import wrap
from parity.compare import Mismatch
from parity.running import Engine
from parity.strategies import Array

PACKED = ("RNN", "LSTM", "GRU", "RNNBase")
"""The modules that may give packed sequences, whose batch sizes are on the CPU."""


class HostStream:
    """torch's numbers in place of those of CuPy's generator, so that what is made of them can be compared."""

    def __init__(self, xp: Any, seed: int = DEFAULT_SEED) -> None:
        self._xp = xp
        self._stream = RandomStream()
        self._stream.manual_seed(seed)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._stream, name)

        def draw(*args: Any, **kwargs: Any) -> Any:
            drawn = method(*[to_host(each) if is_array(each) else each for each in args], **kwargs)
            return self._xp.asarray(drawn) if isinstance(drawn, np.ndarray) else drawn

        return draw


class OnGpu(Engine):
    """minitorch on the current GPU; raises CudaUnavailableError where there is none."""

    in_reach = False
    leaves_out: Mapping[str, str] = {
        "Tensor.cpu": "is on the CPU",
        "Tensor.type": "names the device",
        "get_device": "tells the device",
        "typename": "names the device",
        "ParameterList": "its repr names the device",
        "ParameterDict": "its repr names the device",
    }

    def __init__(self) -> None:
        super().__init__(minitorch, "minitorch on a GPU")
        self._xp = load_cupy()
        self._level = self._subject = ""

    @contextmanager
    def trying(self, level: str, subject: str) -> Iterator[None]:
        """What operations make lies on the GPU; modules and optimizers are brought there."""
        self._level, self._subject = level, subject
        others = {xp: stream for xp, stream in random._streams.items() if xp is not self._xp}
        with (
            patch.object(random, "ArrayStream", HostStream),
            patch.dict(random._streams, others, clear=True),
            minitorch.device("cuda" if level == "op" else "cpu"),
        ):
            yield

    def tensor(self, view: Array, requires_grad: bool) -> Any:
        """A tensor of the array's elements, which lie as they lie in the array's memory."""
        row, first = storage_of(view)
        moved = self._xp.asarray(row)[first:]
        made = wrap(self._xp.lib.stride_tricks.as_strided(moved, view.shape, view.strides))
        return made.requires_grad_() if requires_grad else made

    def placed(self, module: Any) -> Any:
        """The module, on the GPU."""
        return module.to("cuda")

    def array(self, tensor: Any) -> Array:
        """A copy of the elements; raises Mismatch when they are not on the GPU."""
        array = tensor.detach()._array
        self.check_place(array)
        return np.asarray(to_host(array))

    def check_place(self, array: Any) -> None:
        """Raises Mismatch for an array in the CPU's memory, but for batch sizes and an optimizer's counts."""
        if isinstance(array, np.ndarray):
            sizes = self._subject in PACKED and array.dtype == np.int64 and array.ndim == 1
            counts = self._level == "optimizer" and not array.ndim
            if not (sizes or counts):
                raise Mismatch("a result lies in the CPU's memory")
