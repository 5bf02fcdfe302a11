"""Activations as modules: each holds the options of the function of the same name in nn.functional."""

from __future__ import annotations

import warnings
from typing import Any

from minitorch.nn import functional
from minitorch.nn import init as initial
from minitorch.nn.module import Module
from minitorch.nn.multihead import MultiheadAttention as MultiheadAttention
from minitorch.nn.parameter import Parameter
from minitorch.ops.creation import empty
from minitorch.tensor import Tensor


class _WithOptions(Module):
    """A module whose repr shows its options: those of `_shown`, and `inplace` when it is set."""

    _shown: tuple[str, ...] = ()
    _shows_inplace = True
    inplace: bool = False

    def extra_repr(self) -> str:
        """The options."""
        options = [f"{name}={getattr(self, name)}" for name in self._shown]
        return ", ".join([*options, "inplace=True"] if self.inplace and self._shows_inplace else options)


class _InPlace(_WithOptions):
    """A module whose only option is to overwrite its input."""

    __constants__ = ["inplace"]

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace


class _AlongDim(_WithOptions):
    """A module whose only option is the dimension that it normalises; without it it warns and guesses."""

    __constants__ = ["dim"]
    _shown = ("dim",)
    dim: int | None

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim


class _Shrink(Module):
    """A module whose only option is how far from 0 an input counts as 0."""

    __constants__ = ["lambd"]

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def extra_repr(self) -> str:
        """The option."""
        return f"{self.lambd}"


class Threshold(_WithOptions):
    """x where x > threshold, else `value`."""

    __constants__ = ["threshold", "value", "inplace"]
    _shown = ("threshold", "value")

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__()
        self.threshold = threshold
        self.value = value
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Elementwise."""
        return functional.threshold(input, self.threshold, self.value, self.inplace)


class ReLU(_InPlace):
    """max(x, 0)."""

    def forward(self, input: Tensor) -> Tensor:
        """Elementwise."""
        return functional.relu(input, self.inplace)


class RReLU(_WithOptions):
    """LeakyReLU whose slope is drawn from [lower, upper) for each element; their mean in evaluation mode."""

    __constants__ = ["lower", "upper", "inplace"]
    _shown = ("lower", "upper")

    def __init__(self, lower: float = 1.0 / 8, upper: float = 1.0 / 3, inplace: bool = False) -> None:
        super().__init__()
        self.lower = lower
        self.upper = upper
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Elementwise."""
        return functional.rrelu(input, self.lower, self.upper, self.training, self.inplace)


class Hardtanh(_WithOptions):
    """x kept within [min_val, max_val]; raises AssertionError unless min_val is the smaller."""

    __constants__ = ["min_val", "max_val", "inplace"]
    _shown: tuple[str, ...] = ("min_val", "max_val")

    def __init__(
        self,
        min_val: float = -1.0,
        max_val: float = 1.0,
        inplace: bool = False,
        min_value: float | None = None,
        max_value: float | None = None,
    ) -> None:
        super().__init__()
        for old, value in (("min_value", min_value), ("max_value", max_value)):
            if value is not None:
                warnings.warn(
                    f"keyword argument `{old}` is deprecated and renamed to `{old[:-2]}`", FutureWarning, stacklevel=2
                )
        self.min_val = min_val if min_value is None else min_value
        self.max_val = max_val if max_value is None else max_value
        self.inplace = inplace
        if self.max_val <= self.min_val:
            raise AssertionError(f"max_val ({self.max_val}) must be greater than min_val ({self.min_val})")

    def forward(self, input: Tensor) -> Tensor:
        """Elementwise."""
        return functional.hardtanh(input, self.min_val, self.max_val, self.inplace)


class ReLU6(Hardtanh):
    """min(max(x, 0), 6)."""

    _shown = ()

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(0.0, 6.0, inplace)


class Sigmoid(Module):
    """The logistic function, 1 / (1 + exp(-x))."""

    def forward(self, input: Tensor) -> Tensor:
        """Elementwise."""
        return functional.sigmoid(input)


class Hardsigmoid(_InPlace):
    """A sigmoid of three straight pieces: relu6(x + 3) / 6."""

    _shows_inplace = False

    def forward(self, input: Tensor) -> Tensor:
        """Elementwise."""
        return functional.hardsigmoid(input, self.inplace)


class Tanh(Module):
    """The hyperbolic tangent."""

    def forward(self, input: Tensor) -> Tensor:
        """Elementwise."""
        return functional.tanh(input)


class SiLU(_InPlace):
    """x * sigmoid(x), also called swish."""

    def forward(self, input: Tensor) -> Tensor:
        """Elementwise."""
        return functional.silu(input, self.inplace)


class Mish(_InPlace):
    """x * tanh(softplus(x))."""

    def forward(self, input: Tensor) -> Tensor:
        """Elementwise."""
        return functional.mish(input, self.inplace)


class Hardswish(_InPlace):
    """x * hardsigmoid(x)."""

    _shows_inplace = False

    def forward(self, input: Tensor) -> Tensor:
        """Elementwise."""
        return functional.hardswish(input, self.inplace)


class ELU(_WithOptions):
    """x above 0, alpha * (exp(x) - 1) below."""

    __constants__ = ["alpha", "inplace"]
    _shown = ("alpha",)

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Elementwise."""
        return functional.elu(input, self.alpha, self.inplace)


class CELU(_WithOptions):
    """x above 0, alpha * (exp(x / alpha) - 1) below."""

    __constants__ = ["alpha", "inplace"]
    _shown = ("alpha",)

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha = alpha
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Elementwise."""
        return functional.celu(input, self.alpha, self.inplace)


class SELU(_InPlace):
    """ELU with the scale and alpha that keep mean 0 and variance 1 through layers."""

    def forward(self, input: Tensor) -> Tensor:
        """Elementwise."""
        return functional.selu(input, self.inplace)


class GLU(_WithOptions):
    """The first half along `dim` times the sigmoid of the second."""

    __constants__ = ["dim"]
    _shown = ("dim",)

    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """Half the size along `dim`."""
        return functional.glu(input, self.dim)


class GELU(Module):
    """x times the probability that a normal number is below x; `approximate` "tanh" is a cheaper formula."""

    __constants__ = ["approximate"]

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, input: Tensor) -> Tensor:
        """Elementwise."""
        return functional.gelu(input, approximate=self.approximate)

    def extra_repr(self) -> str:
        """The option."""
        return f"approximate={self.approximate!r}"


class Hardshrink(_Shrink):
    """x where |x| > lambd, else 0."""

    def forward(self, input: Tensor) -> Tensor:
        """Elementwise."""
        return functional.hardshrink(input, self.lambd)


class LeakyReLU(_WithOptions):
    """x above 0, negative_slope * x below."""

    __constants__ = ["inplace", "negative_slope"]
    _shown = ("negative_slope",)

    def __init__(self, negative_slope: float = 1e-2, inplace: bool = False) -> None:
        super().__init__()
        self.negative_slope = negative_slope
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Elementwise."""
        return functional.leaky_relu(input, self.negative_slope, self.inplace)


class LogSigmoid(Module):
    """log(sigmoid(x))."""

    def forward(self, input: Tensor) -> Tensor:
        """Elementwise."""
        return functional.logsigmoid(input)


class Softplus(_WithOptions):
    """log(1 + exp(beta * x)) / beta, which is x itself where beta * x > threshold."""

    __constants__ = ["beta", "threshold"]
    _shown = ("beta", "threshold")

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta = beta
        self.threshold = threshold

    def forward(self, input: Tensor) -> Tensor:
        """Elementwise."""
        return functional.softplus(input, self.beta, self.threshold)


class Softshrink(_Shrink):
    """x moved by lambd towards 0, and 0 within lambd of it."""

    def forward(self, input: Tensor) -> Tensor:
        """Elementwise."""
        return functional.softshrink(input, self.lambd)


class PReLU(_WithOptions):
    """LeakyReLU whose slope is learned: one, or one a channel (`num_parameters`)."""

    __constants__ = ["num_parameters"]
    _shown = ("num_parameters",)
    weight: Tensor

    def __init__(self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        self.num_parameters = num_parameters
        self.init = init
        self.weight = Parameter(empty(num_parameters, device=device, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Sets every slope to `init`."""
        initial.constant_(self.weight, self.init)

    def forward(self, input: Tensor) -> Tensor:
        """Elementwise; channels are dimension 1."""
        return functional.prelu(input, self.weight)


class Softsign(Module):
    """x / (1 + |x|)."""

    def forward(self, input: Tensor) -> Tensor:
        """Elementwise."""
        return functional.softsign(input)


class Tanhshrink(Module):
    """x - tanh(x)."""

    def forward(self, input: Tensor) -> Tensor:
        """Elementwise."""
        return functional.tanhshrink(input)


class Softmin(_AlongDim):
    """Softmax of -x. Without `dim` it warns and guesses."""

    def forward(self, input: Tensor) -> Tensor:
        """Positive numbers that sum to 1 along `dim`."""
        return functional.softmin(input, self.dim, _stacklevel=5)


class Softmax(_AlongDim):
    """exp(x) over its sum along `dim`. Without `dim` it warns and guesses."""

    def forward(self, input: Tensor) -> Tensor:
        """Positive numbers that sum to 1 along `dim`."""
        return functional.softmax(input, self.dim, _stacklevel=5)


class Softmax2d(Module):
    """Softmax over the channels of (N, C, H, W) or (C, H, W); raises ValueError for other shapes."""

    def forward(self, input: Tensor) -> Tensor:
        """Positive numbers that sum to 1 over the channels."""
        if input.ndim not in (3, 4):
            raise ValueError(f"Softmax2d: expected input to be 3D or 4D, got {input.ndim}D instead")
        return functional.softmax(input, -3)


class LogSoftmax(_AlongDim):
    """log of Softmax. Without `dim` it warns and guesses."""

    def forward(self, input: Tensor) -> Tensor:
        """Logarithms of numbers that sum to 1 along `dim`."""
        return functional.log_softmax(input, self.dim, _stacklevel=5)
