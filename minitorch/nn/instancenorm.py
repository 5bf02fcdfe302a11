"""Instance normalisation layers: each channel of each item by itself."""

from __future__ import annotations

import warnings
from typing import Any

from minitorch.nn import functional
from minitorch.nn.batchnorm import _NormBase
from minitorch.tensor import Tensor


class _InstanceNorm(_NormBase):
    """Each channel of each item brought to mean 0 and variance 1. Without weights and running statistics by default."""

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)

    def _get_no_batch_dim(self) -> int:
        """The number of dimensions of a single item; each layer has its own."""
        raise NotImplementedError(f"{type(self).__name__} has no _get_no_batch_dim")

    def _check_input_dim(self, input: Tensor) -> None:
        single = self._get_no_batch_dim()
        if input.dim() not in (single, single + 1):
            raise ValueError(f"expected {single}D or {single + 1}D input (got {input.dim()}D input)")

    def _load_from_state_dict(
        self,
        state_dict: dict[str, Any],
        prefix: str,
        local_metadata: dict[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        old = local_metadata.get("version")
        if old is None and not self.track_running_stats:
            tracked = [key for key in (prefix + "running_mean", prefix + "running_var") if key in state_dict]
            if tracked:
                error_msgs.append(
                    f"Unexpected running stats buffer(s) {' and '.join(map(repr, tracked))} for "
                    f"{type(self).__name__} with track_running_stats=False. If state_dict is a checkpoint saved before "
                    "0.4.0, this may be expected because the layer does not track running stats by default since "
                    "0.4.0. Please remove these keys from state_dict."
                )
                for key in tracked:
                    state_dict.pop(key)
        super()._load_from_state_dict(
            state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
        )

    def forward(self, input: Tensor) -> Tensor:
        """Of the input's shape, with or without a batch dimension; raises ValueError for other dimensions."""
        self._check_input_dim(input)
        channels = input.dim() - self._get_no_batch_dim()
        if input.size(channels) != self.num_features:
            if self.affine:
                raise ValueError(
                    f"expected input's size at dim={channels} to match num_features ({self.num_features}), but got: "
                    f"{input.size(channels)}."
                )
            warnings.warn(
                f"input's size at dim={channels} does not match num_features. You can silence this warning by not "
                "passing in num_features, which is not used because affine=False",
                stacklevel=2,
            )
        batched = input if channels else input.unsqueeze(0)
        out = functional.instance_norm(
            batched,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            self.training or not self.track_running_stats,
            self.momentum if self.momentum is not None else 0.0,
            self.eps,
        )
        return out if channels else out.squeeze(0)


class InstanceNorm1d(_InstanceNorm):
    """Instance normalisation of (N, C, L) or (C, L). Source: Ulyanov et al., Instance normalization, 2016."""

    def _get_no_batch_dim(self) -> int:
        return 2


class InstanceNorm2d(_InstanceNorm):
    """Instance normalisation of (N, C, H, W) or (C, H, W). Source: Ulyanov et al., 2016."""

    def _get_no_batch_dim(self) -> int:
        return 3


class InstanceNorm3d(_InstanceNorm):
    """Instance normalisation of (N, C, D, H, W) or (C, D, H, W). Source: Ulyanov et al., 2016."""

    def _get_no_batch_dim(self) -> int:
        return 4
