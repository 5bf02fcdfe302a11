"""Random numbers drawn where the arrays lie: on a GPU by CuPy's generator, whose numbers are not torch's."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from minitorch.backend import Array, device_of, to_host
from minitorch.errors import NotSupportedError
from minitorch.random_stream import _RANDOM_MODULUS, DEFAULT_SEED, RandomStream

Shape = int | Sequence[int]


def _one(shape: Shape) -> int:
    """How many numbers are drawn to check what is asked for: torch's checks may depend on there being any."""
    return min(shape if isinstance(shape, int) else math.prod(shape), 1)


class ArrayStream:
    """The draws of `RandomStream`, made of another module's `random.RandomState`.

    Arguments mean the same and raise the same: every draw first draws one number, if any, from a RandomStream, which
    checks them.
    Differs from torch: other numbers, and the state cannot be saved.
    """

    def __init__(self, xp: Any, seed: int = DEFAULT_SEED) -> None:
        self._xp = xp
        self._check = RandomStream()
        self.manual_seed(seed)

    def manual_seed(self, seed: int) -> ArrayStream:
        """Starts the numbers of `seed`."""
        self._check.manual_seed(seed)
        self._generators: dict[int | None, Any] = {}
        return self

    @property
    def _random(self) -> Any:
        """The generator of the current GPU: one of another GPU cannot draw there."""
        index = device_of(self._xp.empty(0)).index
        if index not in self._generators:
            self._generators[index] = self._xp.random.RandomState(self.initial_seed() % 2**32)
        return self._generators[index]

    def seed(self) -> int:
        """Starts numbers that the operating system's randomness chooses; returns their seed."""
        return self.manual_seed(int.from_bytes(os.urandom(8), "little")).initial_seed()

    def initial_seed(self) -> int:
        """The seed with which the numbers began."""
        return self._check.initial_seed()

    def get_state(self) -> Array:
        """Raises NotSupportedError: CuPy does not tell its generator's state."""
        raise NotSupportedError("the state of a CUDA generator: CuPy does not tell it; use manual_seed")

    set_state = get_state

    def _units(self, shape: Shape, dtype: Any) -> Array:
        """Numbers in [0, 1) with as many bits as a float32 (a float64) has."""
        bits = 53 if self._xp.dtype(dtype) == self._xp.float64 else 24
        whole = self._random.randint(0, 2**24, shape).astype("float64")
        if bits == 53:
            whole += self._random.randint(0, 2**29, shape) * 2.0**-29
        return (whole * 2.0**-24).astype("float64" if bits == 53 else "float32")

    def uniform(self, shape: Shape, dtype: Any = "float32", low: float = 0.0, high: float = 1.0) -> Array:
        """Numbers in [low, high)."""
        self._check.uniform(0, dtype, low, high)
        return (self._units(shape, dtype) * (high - low) + low).astype(dtype)

    def normal(
        self, shape: Shape, dtype: Any = "float32", mean: float = 0.0, std: float = 1.0, contiguous: bool = True
    ) -> Array:
        """Normal numbers."""
        self._check.normal(_one(shape), dtype, mean, std)
        return (self._random.standard_normal(shape) * std + mean).astype(dtype)

    def normal_tensor(self, mean: Any, std: Any, dtype: Any = "float32") -> Array:
        """Normal numbers around each `mean` with each `std`."""
        self._check.normal(_one((mean + std * 0).shape), dtype)
        if not (self._xp.asarray(std) >= 0).all():
            raise RuntimeError("normal expects all elements of std >= 0.0")
        scaled = self._random.standard_normal((mean + std * 0).shape) * std
        return (scaled + mean).astype(dtype)

    def log_normal(self, shape: Shape, dtype: Any = "float32", mean: float = 1.0, std: float = 2.0) -> Array:
        """exp of normal numbers."""
        self._check.log_normal(_one(shape), dtype, mean, std)
        return self._xp.exp(self._random.standard_normal(shape) * std + mean).astype(dtype)

    def random(self, shape: Shape, dtype: Any = "int64") -> Array:
        """Non-negative integers of every size that the dtype holds."""
        self._check.random(1, dtype)
        return self._random.randint(0, _RANDOM_MODULUS[np.dtype(dtype)], shape).astype(dtype)

    def randint(self, low: int, high: int | None, shape: Shape, dtype: Any = "int64") -> Array:
        """Integers from `low` to `high - 1`."""
        self._check.randint(low, high, 0, dtype)
        top = 2**24 + 1 if high is None else high
        return self._random.randint(low, top, shape).astype(dtype)

    def randperm(self, n: int, dtype: Any = "int64") -> Array:
        """A permutation of 0 to n - 1."""
        self._check.randperm(min(n, 0), dtype)
        return self._random.permutation(n).astype(dtype)

    def bernoulli(self, p: Any, shape: Shape | None = None, dtype: Any = None) -> Array:
        """Ones with probability `p`, else zeros."""
        if hasattr(p, "dtype"):
            self._check.bernoulli(to_host(p))
            return (self._units(p.shape, p.dtype) < p).astype(dtype or p.dtype)
        self._check.bernoulli(p, 0)
        return (self._units(() if shape is None else shape, "float32") < p).astype(dtype or "float32")

    def exponential(self, shape: Shape, dtype: Any = "float32", lambd: float = 1.0) -> Array:
        """Exponential numbers of rate `lambd`."""
        self._check.exponential(_one(shape), dtype, lambd)
        return (-self._xp.log1p(-self._units(shape, "float64")) / lambd).astype(dtype)

    def geometric(self, p: float, shape: Shape, dtype: Any = "float32") -> Array:
        """Trials up to the first success."""
        self._check.geometric(p, _one(shape), dtype)
        return self._random.geometric(p, shape).astype(dtype)

    def cauchy(self, shape: Shape, dtype: Any = "float32", median: float = 0.0, sigma: float = 1.0) -> Array:
        """Cauchy numbers."""
        self._check.cauchy(0, dtype, median, sigma)
        return (self._random.standard_cauchy(shape) * sigma + median).astype(dtype)

    def poisson(self, rate: Array) -> Array:
        """Poisson numbers of each `rate`."""
        self._check.poisson(to_host(rate).reshape(-1)[:0])
        return self._random.poisson(rate, rate.shape).astype(rate.dtype)

    def binomial(self, count: Array, prob: Array) -> Array:
        """Binomial numbers of each `count` and `prob`."""
        self._check.binomial(to_host(count).reshape(-1)[:0], to_host(prob).reshape(-1)[:0])
        return self._random.binomial(count.astype("int64"), prob, prob.shape).astype(prob.dtype)

    def standard_gamma(self, shape: Array) -> Array:
        """Gamma numbers of rate 1 of each `shape`."""
        self._check.standard_gamma(to_host(shape).reshape(-1)[:0])
        return self._random.standard_gamma(shape, shape.shape).astype(shape.dtype)

    def multinomial(self, weights: Array, num_samples: int, replacement: bool = False) -> Array:
        """Indices drawn by `weights` of shape (n,) or (rows, n)."""
        xp = self._xp
        self._check.multinomial(to_host(weights), num_samples, replacement)
        shape = (*weights.shape[:-1], num_samples, weights.shape[-1]) if replacement else weights.shape
        share = xp.expand_dims(weights, -2) if replacement else weights
        # The largest of weight / exponential is a draw by weight, the next largest the draw after it.
        keys = share / self.exponential(shape, weights.dtype)
        return keys.argmax(axis=-1) if replacement else (-keys).argsort(axis=-1)[..., :num_samples]
