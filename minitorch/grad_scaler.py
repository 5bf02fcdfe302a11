"""torch.amp.GradScaler: the loss is made larger before backward, and its gradients smaller before the step.

That is for float16: gradients too small for it do not vanish, and a step whose gradients overflowed is left out.
"""

from __future__ import annotations

import warnings
from typing import Any

from minitorch.autograd.modes import no_grad
from minitorch.cuda.devices import is_available
from minitorch.dtypes import float16, float32
from minitorch.ops.creation import tensor
from minitorch.tensor import Tensor


class _Steps:
    """What was done with one optimizer's gradients since the last update."""

    def __init__(self) -> None:
        self.finite: bool | None = None
        """Whether all gradients are; None where there were none to look at."""
        self.unscaled = False
        self.stepped = False


class GradScaler:
    """Scales losses; where a gradient is not finite, `step` leaves the step out and `update` shrinks the scale.

    The scale grows by `growth_factor` after `growth_interval` finite steps. Disabled, as for "cuda" without a GPU, it
    changes nothing. Raises AssertionError where nothing was scaled or has a gradient, RuntimeError for a second step.
    """

    def __init__(
        self,
        device: str = "cuda",
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        if enabled and device == "cuda" and not is_available():
            warnings.warn("torch.cuda.amp.GradScaler is enabled, but CUDA is not available.  Disabling.", stacklevel=2)
            enabled = False
        self._enabled = enabled
        if enabled:
            assert growth_factor > 1.0, "The growth factor must be > 1.0."
            assert backoff_factor < 1.0, "The backoff factor must be < 1.0."
            self._init_scale = init_scale
            self._growth_factor = growth_factor
            self._backoff_factor = backoff_factor
            self._growth_interval = growth_interval
            self._growth_tracker = 0
            self._scale: Tensor | None = None
            self._steps: dict[int, _Steps] = {}

    def scale(self, outputs: Any) -> Any:
        """The loss times the scale; of a list, a tuple or another iterable, each. ValueError for what is no tensor."""
        if not self._enabled:
            return outputs
        if isinstance(outputs, Tensor):
            if self._scale is None:
                self._scale = tensor(self._init_scale, dtype=float32)
            return outputs * self._scale.to(outputs.device)
        if isinstance(outputs, (list, tuple)):
            return type(outputs)(map(self.scale, outputs))
        if not hasattr(outputs, "__iter__"):
            raise ValueError("outputs must be a Tensor or an iterable of Tensors")
        return map(self.scale, outputs)

    def unscale_(self, optimizer: Any) -> None:
        """Divide the gradients of the optimizer's parameters by the scale, once; `step` does it, where this did not.

        Raises RuntimeError the second time and after `step`, ValueError for gradients in float16.
        """
        if not self._enabled:
            return
        scale, steps = self._known_scale("unscale_"), self._steps.setdefault(id(optimizer), _Steps())
        if steps.stepped:
            raise RuntimeError("unscale_() is being called after step().")
        if steps.unscaled:
            raise RuntimeError("unscale_() has already been called on this optimizer since the last update().")
        with no_grad():
            inverse = scale.double().reciprocal().float()
            for grad in (p.grad for group in optimizer.param_groups for p in group["params"] if p.grad is not None):
                if grad.dtype is float16:
                    raise ValueError("Attempting to unscale FP16 gradients.")
                steps.finite = steps.finite is not False and bool(grad.isfinite().all())
                grad.mul_(inverse.to(grad.device))
        steps.unscaled = True

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        """`optimizer.step(*args, **kwargs)`, if all gradients, unscaled, are finite; else nothing, and None."""
        if not self._enabled:
            return optimizer.step(*args, **kwargs)
        if "closure" in kwargs:
            raise RuntimeError("Closure use is not currently supported if GradScaler is enabled.")
        self._known_scale("step")
        steps = self._steps.setdefault(id(optimizer), _Steps())
        if steps.stepped:
            raise RuntimeError("step() has already been called since the last update().")
        if not steps.unscaled:
            self.unscale_(optimizer)
        assert steps.finite is not None, "No inf checks were recorded for this optimizer."
        result = optimizer.step(*args, **kwargs) if steps.finite else None
        steps.stepped = True
        return result

    def update(self, new_scale: float | Tensor | None = None) -> None:
        """Shrink the scale after gradients that were not finite, let it grow after enough that were; or set it."""
        if not self._enabled:
            return
        scale = self._known_scale("update")
        if new_scale is not None:
            scale.fill_(new_scale)
        else:
            found = [steps.finite for steps in self._steps.values() if steps.finite is not None]
            assert found, "No inf checks were recorded prior to update."
            self._growth_tracker = self._growth_tracker + 1 if all(found) else 0
            if not all(found):
                scale *= self._backoff_factor
            elif self._growth_tracker == self._growth_interval:
                larger = scale * self._growth_factor
                if larger.isfinite():
                    scale.copy_(larger)
                self._growth_tracker = 0
        self._steps = {}

    def _known_scale(self, name: str) -> Tensor:
        assert self._scale is not None, (
            f"Attempted {name} but _scale is None.  This may indicate your script did not use scaler.scale(loss or "
            "outputs) earlier in the iteration."
        )
        return self._scale

    def is_enabled(self) -> bool:
        """Whether anything is scaled."""
        return self._enabled

    def get_scale(self) -> float:
        """The scale as a number; 1.0 where disabled."""
        if not self._enabled:
            return 1.0
        return self._init_scale if self._scale is None else float(self._scale.item())

    def get_growth_factor(self) -> float:
        """What the scale is multiplied by to grow."""
        return self._growth_factor

    def set_growth_factor(self, new_factor: float) -> None:
        """Sets what the scale is multiplied by to grow."""
        self._growth_factor = new_factor

    def get_backoff_factor(self) -> float:
        """What the scale is multiplied by to shrink."""
        return self._backoff_factor

    def set_backoff_factor(self, new_factor: float) -> None:
        """Sets what the scale is multiplied by to shrink."""
        self._backoff_factor = new_factor

    def get_growth_interval(self) -> int:
        """The finite steps after which the scale grows."""
        return self._growth_interval

    def set_growth_interval(self, new_interval: int) -> None:
        """Sets the finite steps after which the scale grows."""
        self._growth_interval = new_interval

    def state_dict(self) -> dict[str, Any]:
        """The scale, what changes it, and the finite steps so far; empty where disabled."""
        if not self._enabled:
            return {}
        return {
            "scale": self.get_scale(),
            "growth_factor": self._growth_factor,
            "backoff_factor": self._backoff_factor,
            "growth_interval": self._growth_interval,
            "_growth_tracker": self._growth_tracker,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over another's `state_dict`; raises RuntimeError for an empty one, unless disabled."""
        if not self._enabled:
            return
        if not state_dict:
            raise RuntimeError(
                "The source state dict is empty, possibly because it was saved from a disabled instance of GradScaler."
            )
        self._init_scale = state_dict["scale"]
        if self._scale is not None:
            self._scale.fill_(self._init_scale)
        self._growth_factor = state_dict["growth_factor"]
        self._backoff_factor = state_dict["backoff_factor"]
        self._growth_interval = state_dict["growth_interval"]
        self._growth_tracker = state_dict["_growth_tracker"]

    def __getstate__(self) -> dict[str, Any]:
        """For pickle, between `update` and the next step only: steps are kept by the optimizers' identities."""
        assert not self._enabled or not self._steps, (
            "A GradScaler instance may only be pickled at the beginning of an iteration, or at the end after "
            "scaler.update()."
        )
        return self.__dict__.copy()
