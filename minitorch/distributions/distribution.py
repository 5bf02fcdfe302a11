"""Distribution: what every random variable offers."""

from __future__ import annotations

import warnings
from functools import cached_property
from typing import Any, NoReturn, Self

from minitorch.autograd.modes import no_grad
from minitorch.distributions.constraints import Constraint
from minitorch.errors import user_stacklevel
from minitorch.sizes import Size
from minitorch.tensor import Tensor

EMPTY = Size()


class Distribution:
    """A batch (of shape `batch_shape`) of independent random variables, each of whose values has shape `event_shape`.

    `arg_constraints` says what each parameter, and `support` what a value may be; both are checked, with a ValueError,
    unless `validate_args` is False. What a subclass does not define raises NotImplementedError.
    """

    has_rsample = False
    has_enumerate_support = False
    _validate_args = __debug__

    @staticmethod
    def set_default_validate_args(value: bool) -> None:
        """Turns the checks on or off for distributions that are not told. Raises ValueError for anything but a bool."""
        if value not in (True, False):
            raise ValueError(f"set_default_validate_args() takes True or False, not {value!r}")
        Distribution._validate_args = value

    def __init__(self, batch_shape: Size = EMPTY, event_shape: Size = EMPTY, validate_args: bool | None = None) -> None:
        self._batch_shape = batch_shape
        self._event_shape = event_shape
        if validate_args is not None:
            self._validate_args = validate_args
        if self._validate_args:
            self._validate_parameters()

    def _validate_parameters(self) -> None:
        try:
            constraints = self.arg_constraints
        except NotImplementedError:
            constraints = {}
            warnings.warn(
                f"{type(self)} does not define `arg_constraints`. Please set `arg_constraints = {{}}` or initialize "
                "the distribution with `validate_args=False` to turn off validation.",
                stacklevel=user_stacklevel(),
            )
        for name, constraint in constraints.items():
            if name not in vars(self) and isinstance(getattr(type(self), name, None), cached_property):
                continue  # follows from another parameter
            value = getattr(self, name)
            if not constraint.check(value).all():
                raise ValueError(
                    f"Expected parameter {name} ({type(value).__name__} of shape {tuple(value.shape)}) of distribution "
                    f"{self!r} to satisfy the constraint {constraint!r}, but found invalid values:\n{value}"
                )

    def _missing(self, name: str) -> NoReturn:
        raise NotImplementedError(f"{type(self)} does not implement {name}")

    @property
    def batch_shape(self) -> Size:
        """The shape of the batch of random variables."""
        return self._batch_shape

    @property
    def event_shape(self) -> Size:
        """The shape of one value of one variable."""
        return self._event_shape

    @property
    def arg_constraints(self) -> dict[str, Constraint]:
        """The constraint on each parameter, by its name."""
        self._missing("arg_constraints")

    @property
    def support(self) -> Constraint:
        """The set of possible values."""
        self._missing("support")

    @property
    def mean(self) -> Tensor:
        """The expectation."""
        self._missing("mean")

    @property
    def mode(self) -> Tensor:
        """The likeliest value."""
        self._missing("mode")

    @property
    def variance(self) -> Tensor:
        """The expected squared distance from the mean."""
        self._missing("variance")

    @property
    def stddev(self) -> Tensor:
        """The square root of the variance."""
        return self.variance.sqrt()

    def expand(self, batch_shape: Any, _instance: Any = None) -> Self:
        """The same variables, repeated to fill `batch_shape`: parameters become views, nothing is checked again.

        Parameters are what `arg_constraints` names, and inner distributions.
        """
        batch_shape = Size(batch_shape)
        parts: dict[str, Any] = {
            name: value.expand(batch_shape + value.shape[value.dim() - constraint.event_dim :])
            for name, constraint in self.arg_constraints.items()
            if isinstance(value := vars(self).get(name), Tensor)
        }
        for name, value in vars(self).items():
            if isinstance(value, Distribution):
                parts[name] = value.expand(batch_shape)
        if not parts:
            self._missing("expand")
        new = type(self).__new__(type(self)) if _instance is None else _instance
        vars(new).update(vars(self) | parts | {"_batch_shape": batch_shape})
        return new

    def sample(self, sample_shape: Any = EMPTY) -> Tensor:
        """Draws of shape `sample_shape + batch_shape + event_shape`, outside the graph."""
        with no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape: Any = EMPTY) -> Tensor:
        """Draws like `sample`, through which gradients flow to the parameters (where `has_rsample`)."""
        self._missing("rsample")

    def sample_n(self, n: int) -> Tensor:
        """`sample((n,))`, as one wrote it once."""
        warnings.warn(
            "`sample_n(n)` will be deprecated. Use `sample((n,))` instead.",
            FutureWarning,
            stacklevel=user_stacklevel(),
        )
        return self.sample(Size((n,)))

    def log_prob(self, value: Tensor) -> Tensor:
        """The logarithm of the density, or of the probability, at `value`; of shape sample_shape + batch_shape."""
        self._missing("log_prob")

    def cdf(self, value: Tensor) -> Tensor:
        """The probability of at most `value`."""
        self._missing("cdf")

    def icdf(self, value: Tensor) -> Tensor:
        """What is not exceeded with probability `value`: the inverse of `cdf`."""
        self._missing("icdf")

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """All values, along a new first dimension; for `expand=False` of size 1 along the batch."""
        self._missing("enumerate_support")

    def entropy(self) -> Tensor:
        """The expectation of -log_prob, of shape batch_shape."""
        self._missing("entropy")

    def perplexity(self) -> Tensor:
        """The exponential of the entropy."""
        return self.entropy().exp()

    def _extended_shape(self, sample_shape: Any = EMPTY) -> Size:
        """The shape of what `sample(sample_shape)` returns."""
        return Size(sample_shape) + self._batch_shape + self._event_shape

    def _validate_sample(self, value: Any) -> None:
        """Raises ValueError for a `value` that is no tensor, has no fitting shape, or lies outside the support."""
        if not isinstance(value, Tensor):
            raise ValueError("The value argument to log_prob must be a Tensor")
        start = value.dim() - len(self._event_shape)
        if value.shape[max(start, 0) :] != self._event_shape:
            raise ValueError(
                f"The right-most size of value must match event_shape: {value.size()} vs {self._event_shape}."
            )
        full = self._batch_shape + self._event_shape
        for given, own in zip(reversed(value.shape), reversed(full), strict=False):
            if given != own and 1 not in (given, own):
                raise ValueError(f"Value is not broadcastable with batch_shape+event_shape: {value.size()} vs {full}.")
        try:
            support = self.support
        except NotImplementedError:
            warnings.warn(
                f"{type(self)} does not define `support` to enable sample validation. Please initialize the "
                "distribution with `validate_args=False` to turn off validation.",
                stacklevel=user_stacklevel(),
            )
            return
        if not support.check(value).all():
            raise ValueError(
                f"Expected value argument ({type(value).__name__} of shape {tuple(value.shape)}) to be within the "
                f"support ({support!r}) of the distribution {self!r}, but found invalid values:\n{value}"
            )

    def _get_checked_instance(self, cls: type, _instance: Any = None) -> Any:
        """A new object for a subclass's own `expand` to fill; refuses where that subclass's `__init__` is not cls's."""
        if _instance is None and type(self).__init__ is not cls.__init__:  # type: ignore[misc]  # compared, not called
            raise NotImplementedError(
                f"Subclass {type(self).__name__} of {cls.__name__} that defines a custom __init__ method must also "
                "define a custom .expand() method."
            )
        return type(self).__new__(type(self)) if _instance is None else _instance

    def __repr__(self) -> str:
        own = {name: vars(self)[name] for name in self.arg_constraints if name in vars(self)}
        shown = (f"{name}: {value if value.numel() == 1 else value.size()}" for name, value in own.items())
        return f"{type(self).__name__}({', '.join(shown)})"
