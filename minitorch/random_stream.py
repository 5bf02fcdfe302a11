"""torch's CPU random numbers, draw for draw, over NumPy arrays.

Every draw takes 32-bit words from one MT19937 stream, so a script with the same seed draws the same numbers on both
engines as long as every draw takes the same words. A "unit" is a uniform number in [0, 1): of 24 bits from one word,
or of 53 bits from two (the first word is the high half).
"""

from __future__ import annotations

import math
import operator
import os
import threading
import warnings
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

Array: TypeAlias = NDArray[Any]
Shape: TypeAlias = int | Sequence[int]

DEFAULT_SEED = 67280421310721

_UNIT24 = np.uint32(2**24 - 1)
_UNIT53 = np.uint64(2**53 - 1)
_HALF = np.uint64(32)
_BLOCK = 16
"""The fast normal transform works on blocks of this many values: eight radii, then eight angles."""
_CHUNK = 1 << 15
"""Values transformed at a time, a multiple of _BLOCK: temporaries that stay in the cache double the speed."""
_WIDE_RANGE = 2**28
"""randint takes two words a value from this range on."""
_WIDE_PERMUTATION = (2**32 - 1) // 20
"""randperm takes two words a value, and another algorithm, from this size on."""

_FLOAT64, _FLOAT32, _FLOAT16 = (np.dtype(name) for name in ("float64", "float32", "float16"))
_FLOATS = (_FLOAT64, _FLOAT32, _FLOAT16)
_BOOL = np.dtype("bool")
_DIGITS = {_FLOAT64: 53, _FLOAT32: 24, _FLOAT16: 11}
"""Bits of the significand: integers up to 2**digits are exact."""
_RANDOM_MODULUS = {_BOOL: 2, np.dtype("uint8"): 2**8} | {
    np.dtype(f"int{bits}"): 2 ** (bits - 1) for bits in (8, 16, 32, 64)
}
_RANDOM_MODULUS |= {dtype: 2**digits + 1 for dtype, digits in _DIGITS.items()}

_TYPE_NAMES = {
    np.dtype("float64"): ("Double", "double"),
    np.dtype("float32"): ("Float", "float"),
    np.dtype("float16"): ("Half", "c10::Half"),
    np.dtype("int64"): ("Long", "long"),
    np.dtype("int32"): ("Int", "int"),
    np.dtype("int16"): ("Short", "short int"),
    np.dtype("int8"): ("Char", "signed char"),
    np.dtype("uint8"): ("Byte", "unsigned char"),
    np.dtype("uint16"): ("UInt16", "short unsigned int"),
    np.dtype("uint32"): ("UInt32", "unsigned int"),
    np.dtype("uint64"): ("UInt64", "long unsigned int"),
    np.dtype("bool"): ("Bool", "bool"),
}
"""torch's error messages name a dtype in one of these two ways."""

_STATE = np.dtype(
    [
        ("seed", "<u8"),
        ("left", "<i4"),
        ("seeded", "<i4"),
        ("next", "<u8"),
        ("words", "<u8", 624),
        ("unused_x", "<f8"),
        ("normal", "<f8"),
        ("unused_rho", "<f8"),
        ("normal_valid", "<i4"),
        ("unused_tail", "V12"),
    ]
)
"""The layout of torch.get_rng_state(): the next word is number `next` of `words`, and `left - 1` of them are left."""


class RandomStream:
    """The stream of random numbers behind a `torch.Generator` on the CPU.

    Methods return new C-contiguous arrays; errors are torch's. Uniform and integer draws, permutations and masks equal
    torch's exactly; draws through log, cos and the like (normal, exponential, ...) to the last bits of their dtype.
    Draws from several threads are safe, in an order that the threads decide.
    torch here is its CPU wheel of 2.13 on a processor with AVX2: without AVX2 its uniform numbers between bounds, and
    normal ones, differ in the last bit; other builds may take `bernoulli(p)` and `exponential` from MKL's generators.
    """

    def __init__(self, seed: int = DEFAULT_SEED) -> None:
        self._lock = threading.RLock()
        self._bits = np.random.MT19937()
        self._words = np.random.RandomState(self._bits)  # which seeds it as torch does
        self._seed = 0
        self._normal: float | None = None
        self.manual_seed(seed)

    def __reduce__(self) -> tuple[Any, ...]:
        return (RandomStream, (), self.get_state())

    def __setstate__(self, state: Array) -> None:
        self.set_state(state)

    # Seeds and states

    def manual_seed(self, seed: int) -> RandomStream:
        """Starts the stream of `seed`, from -2**63 to 2**64 - 1; returns itself.

        A negative seed counts from 2**64. Only the low 32 bits choose the stream. Raises RuntimeError for what is no
        integer and ValueError for one out of range.
        """
        if isinstance(seed, bool | np.bool_) or not isinstance(seed, int | np.integer):
            raise RuntimeError(f"manual_seed expected a long, but got {type(seed).__name__}")
        if not -(2**63) <= seed < 2**64:
            raise ValueError(f"Overflow when unpacking long long: a seed lies in [-2**63, 2**64), but got {seed}")
        with self._lock:
            self._seed = int(seed) % 2**64
            self._words.seed(self._seed % 2**32)
            self._normal = None
        return self

    def seed(self) -> int:
        """Starts a stream that the operating system's randomness chooses; returns its seed."""
        return self.manual_seed(int.from_bytes(os.urandom(8), "little")).initial_seed()

    def initial_seed(self) -> int:
        """The seed with which the stream began, from 0 to 2**64 - 1."""
        return self._seed

    def get_state(self) -> Array:
        """The whole state as 5056 uint8, in the layout of torch.get_rng_state()."""
        record = np.zeros(1, _STATE)
        with self._lock:
            words, position = self._words.get_state(legacy=False)["state"].values()
            untouched = position == 624 and np.array_equal(words, _seeded_words(self._seed))
            record["seed"], record["seeded"], record["words"] = self._seed, 1, words
            record["left"], record["next"] = 625 - position, 0 if untouched else position
            if self._normal is not None:
                record["normal"], record["normal_valid"] = self._normal, 1
        return record.view(np.uint8)

    def set_state(self, state: Array) -> None:
        """Takes over a state that get_state or torch.get_rng_state() gave (as a NumPy array).

        Raises TypeError unless it is a uint8 array, RuntimeError for a wrong size or contents that are no state.
        """
        if not isinstance(state, np.ndarray):
            raise TypeError(f"expected a torch.ByteTensor, but got {type(state).__name__}")
        if state.dtype != np.uint8:
            raise TypeError(f"RNG state must be a torch.ByteTensor, but got one of {state.dtype}")
        if state.size != _STATE.itemsize:
            raise RuntimeError(
                f"Expected a CPUGeneratorImplState of size {_STATE.itemsize} but found the input RNG state size "
                f"to be {state.size}"
            )
        record = np.ascontiguousarray(state).reshape(-1).view(_STATE)[0]
        left, position = int(record["left"]), int(record["next"])
        if not record["seeded"] or not 1 <= left <= 624 or position not in {625 - left, 0 if left == 1 else 625 - left}:
            raise RuntimeError("Invalid mt19937 state")
        with self._lock:
            self._seed = int(record["seed"])
            words = {"key": record["words"].astype(np.uint32), "pos": 625 - left}
            self._words.set_state({"bit_generator": "MT19937", "state": words})
            self._normal = float(record["normal"]) if record["normal_valid"] else None

    # Words and units

    def random32(self, n: int) -> NDArray[np.uint32]:
        """The next `n` words."""
        return self._bits.random_raw(n).astype(np.uint32)  # raw: RandomState's own draws cost 13 us each

    def random64(self, n: int) -> NDArray[np.uint64]:
        """The next `n` pairs of words; the first of a pair is the high half."""
        words = self._bits.random_raw(2 * n)
        return (words[::2] << _HALF) | words[1::2]

    def _units(self, n: int, dtype: np.dtype[Any]) -> Array:
        """`n` units: 53-bit ones as float64, or 24-bit ones as float32 for every other dtype."""
        if dtype == _FLOAT64:
            wide = self.random64(n)
            wide &= _UNIT53
            units64 = wide.view(np.int64).astype(np.float64)
            units64 *= 2.0**-53
            return units64
        words = self.random32(n)
        words &= _UNIT24
        units32 = words.view(np.int32).astype(np.float32)
        units32 *= np.float32(2.0**-24)
        return units32

    # Uniform and normal

    def uniform(self, shape: Shape, dtype: DTypeLike = np.float32, low: float = 0.0, high: float = 1.0) -> Array:
        """Numbers in [low, high) as `uniform_` draws them; raises RuntimeError when the range is empty or too wide."""
        dtype = _floating(dtype, "check_uniform_bounds")
        if not -1.0 <= low <= high <= 1.0:  # bounds that every dtype holds need no closer look
            _check_bounds(low, high, dtype)
        units = self._units(_size(shape), dtype)
        # Half precision is computed in single, bounds included.
        first, last = units.dtype.type(low), units.dtype.type(high)
        values = _cast(_scaled(units, float(last - first), float(first)), dtype)
        if dtype == _FLOAT16 or (low, high) != (0, 1):
            # Rounding may reach `high`, which the range excludes.
            values[values == dtype.type(high)] = dtype.type(low)
        return values.reshape(shape)

    def normal(
        self,
        shape: Shape,
        dtype: DTypeLike = np.float32,
        mean: float = 0.0,
        std: float = 1.0,
        contiguous: bool = True,
    ) -> Array:
        """Normal numbers as `normal_` draws them; raises RuntimeError for a negative `std`.

        Fewer than 16 are drawn in pairs, of which an odd one waits for the next such call. `contiguous` False draws
        them so whatever the size: torch's way for a tensor with gaps or permuted strides (in the order of its memory).
        """
        if not std >= 0:
            raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")
        n = _size(shape)
        dtype = _floating(dtype, "normal_kernel_cpu", n)
        if n < _BLOCK or not contiguous:
            return _cast(_scaled(self._normal_pairs(n), std, mean), dtype).reshape(shape)
        whole = n - n % _BLOCK
        # The last block overlaps its predecessor and is drawn afresh, which in half precision replaces the values of
        # the incomplete block, and otherwise comes after them.
        start = whole if dtype == _FLOAT16 else n
        units = self._units(start + (_BLOCK if n % _BLOCK else 0), dtype)
        values = np.empty(n, dtype)
        _box_muller(units[:whole], std, mean, values[:whole])
        if n % _BLOCK:
            _box_muller(units[start:], std, mean, values[n - _BLOCK :])
        return values.reshape(shape)

    def _normal_pairs(self, n: int) -> NDArray[np.float64]:
        """`n` standard normal numbers in double precision, the one left over from the last call first."""
        with self._lock:
            waiting = [] if self._normal is None or not n else [self._normal]
            pairs = self._units((n - len(waiting) + 1) // 2 * 2, _FLOAT64).reshape(-1, 2)
            radius = np.sqrt(-2.0 * np.log1p(-pairs[:, 1]))
            angle = 2.0 * np.pi * pairs[:, 0]
            drawn = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
            values = np.concatenate([waiting, drawn.reshape(-1)])
            if n:
                self._normal = float(values[n]) if values.size > n else None
        return values[:n]

    def normal_tensor(self, mean: Array | float, std: Array | float, dtype: DTypeLike = np.float32) -> Array:
        """Normal numbers around each `mean` with each `std` (broadcast together), as `torch.normal` draws them.

        Raises RuntimeError when a `std` is negative.
        """
        if not isinstance(std, np.ndarray) and not std >= 0:
            raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")
        if not np.all(np.asarray(std) >= 0):
            raise RuntimeError("normal expects all elements of std >= 0.0")
        dtype = np.dtype(dtype)
        mean, std = np.asarray(mean, dtype), np.asarray(std, dtype)
        values = self.normal(np.broadcast_shapes(mean.shape, std.shape), dtype)
        values *= std
        values += mean
        return values

    def log_normal(self, shape: Shape, dtype: DTypeLike = np.float32, mean: float = 1.0, std: float = 2.0) -> Array:
        """exp of normal numbers as `log_normal_` draws them; raises RuntimeError unless `std` is positive."""
        if not std > 0:
            raise RuntimeError(f"log_normal_ expects std > 0.0, but found std={std:g}")
        dtype = _floating(dtype, "log_normal_cpu", _size(shape))
        with np.errstate(over="ignore"):
            return _cast(np.exp(_scaled(self._normal_pairs(_size(shape)), std, mean)), dtype).reshape(shape)

    # Integers

    def random(self, shape: Shape, dtype: DTypeLike = np.int64) -> Array:
        """What `random_()` draws: every non-negative value of an integer dtype, 0 to 2**digits of a floating one."""
        dtype = np.dtype(dtype)
        if not _size(shape):
            return np.empty(shape, dtype)
        if dtype not in _RANDOM_MODULUS:
            raise NotImplementedError(f"\"random_kernel_cpu\" not implemented for '{_TYPE_NAMES[dtype][0]}'")
        return _cast(self._integers(_size(shape), _RANDOM_MODULUS[dtype], dtype.itemsize == 8), dtype).reshape(shape)

    def draw_seed(self) -> int:
        """One int64 as `random_()` draws it: a DataLoader takes one such seed for its workers at each `iter`, and its
        shuffling sampler another, for the new stream whose `randperm` is the order."""
        return int(self.random(1)[0])

    def randint(self, low: int, high: int | None, shape: Shape, dtype: DTypeLike = np.int64) -> Array:
        """Integers from `low` to `high - 1` in any dtype, as `torch.randint` and `random_(low, high)` draw them.

        `high` None means up to the largest value of the dtype (for a floating one, up to 2**digits). Raises
        RuntimeError for an empty range or one that the dtype does not hold. A floating dtype warns of bounds beyond
        2**digits, and moves one that it cannot hold inwards.
        """
        dtype = np.dtype(dtype)
        low, high = operator.index(low), None if high is None else operator.index(high)
        if not (-(2**63) <= low < 2**63 and (high is None or -(2**63) <= high < 2**63)):
            raise ValueError(f"Overflow when unpacking long long: the bounds of randint are int64, got {low}, {high}")
        if high is None and low == -(2**63):
            return self._random_signed(shape, dtype) if _size(shape) else np.empty(shape, dtype)
        low, stop = _integer_range(low, high, dtype)
        values = self._integers(_size(shape), stop - low, stop - low >= _WIDE_RANGE)
        values += low
        return _cast(values, dtype).reshape(shape)

    def _random_signed(self, shape: Shape, dtype: np.dtype[Any]) -> Array:
        """Every int64, as random_(-2**63, None) draws them."""
        if dtype not in (np.dtype("int64"), _FLOAT64, _FLOAT32):
            raise NotImplementedError(
                f"\"random_full_64_bits_range_kernel_cpu\" not implemented for '{_TYPE_NAMES[dtype][0]}'"
            )
        return _cast(self.random64(_size(shape)).view(np.int64), dtype).reshape(shape)

    def _integers(self, n: int, modulus: int, wide: bool) -> NDArray[np.int64]:
        """`n` words, or pairs of words if `wide`, modulo `modulus`, with the bits of int64."""
        if wide:
            pairs = self.random64(n)
            pairs %= np.uint64(modulus)
            return pairs.view(np.int64)
        words = self.random32(n)
        words %= np.uint32(modulus)
        return words.astype(np.int64)

    def randperm(self, n: int, dtype: DTypeLike = np.int64) -> Array:
        """A permutation of 0 to n - 1 as `torch.randperm` draws it; raises RuntimeError when the dtype is too small.

        The swaps depend on each other, so they run one by one.
        """
        dtype = np.dtype(dtype)
        _check_permutation(n, dtype)
        indices = np.arange(n, dtype=np.int64)
        order = list(range(n))
        if n < _WIDE_PERMUTATION:
            words = self.random32(max(n - 1, 0)) % np.arange(n, 1, -1, dtype=np.uint32)
            for i, j in enumerate((words + indices[: words.size]).tolist()):
                order[i], order[j] = order[j], order[i]
        else:
            pairs = self.random64(n) % np.arange(1, n + 1, dtype=np.uint64)
            for i, j in enumerate(pairs.tolist()):
                order[i], order[j] = order[j], i
        return _cast(np.array(order, np.int64), dtype)

    # Other distributions

    def bernoulli(self, p: float | Array, shape: Shape | None = None, dtype: DTypeLike | None = None) -> Array:
        """Ones with probability `p`, else zeros, as `torch.bernoulli` and `bernoulli_` draw them.

        A number `p` takes 53-bit units and needs `shape` (dropout's mask is this one with 1 - p); an array, of which
        the result has the shape, takes units of its own dtype. `dtype` is `p`'s, or float32. Raises RuntimeError for
        a `p` outside [0, 1].
        """
        if not isinstance(p, np.ndarray):
            if not 0 <= p <= 1:
                raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p:g}")
            units = self.random64(_size(() if shape is None else shape))
            units &= _UNIT53
            mask = units < np.uint64(math.ceil(p * 2.0**53))
            return mask.astype(dtype or np.float32).reshape(() if shape is None else shape)
        own = _floating(p.dtype, "bernoulli_tensor_cpu_p_", p.size)
        if not np.all((p >= 0) & (p <= 1)):
            raise RuntimeError("bernoulli: Expected p_in >= 0 && p_in <= 1 to be true, but got false.")
        mask = self._units(p.size, own) < p.reshape(-1)
        return mask.astype(dtype or own).reshape(p.shape)

    def exponential(self, shape: Shape, dtype: DTypeLike = np.float32, lambd: float = 1.0) -> Array:
        """Exponential numbers of rate `lambd` as `exponential_` draws them; raises RuntimeError unless it is positive.

        gumbel_softmax's noise is minus the log of such numbers of rate 1.
        """
        dtype = np.dtype(dtype)
        if not lambd > 0:
            raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={lambd:g}")
        if dtype not in _FLOATS and _size(shape):
            raise RuntimeError(
                "Exponential distribution is a continuous probability distribution. "
                f"dtype must be a floating point but you specified {_TYPE_NAMES[dtype][0]}"
            )
        values = np.log1p(-self._units(_size(shape), _FLOAT64))
        values *= -1.0 / lambd
        return _cast(values, dtype).reshape(shape)

    def geometric(self, p: float, shape: Shape, dtype: DTypeLike = np.float32) -> Array:
        """Trials up to the first success as `geometric_` draws them; raises RuntimeError unless 0 < p < 1."""
        dtype = np.dtype(dtype)
        if not 0 < p < 1:
            raise RuntimeError(f"geometric_ expects p to be in (0, 1), but got p={p:g}")
        if (dtype not in _RANDOM_MODULUS or dtype == _BOOL) and _size(shape):
            raise NotImplementedError(f"\"geometric_cpu\" not implemented for '{_TYPE_NAMES[dtype][0]}'")
        with np.errstate(divide="ignore"):
            trials = np.ceil(np.log(self._units(_size(shape), _FLOAT64)) / math.log1p(-p))
        return _cast(trials if dtype in _FLOATS else _cast(trials, np.dtype(np.int64)), dtype).reshape(shape)

    def cauchy(self, shape: Shape, dtype: DTypeLike = np.float32, median: float = 0.0, sigma: float = 1.0) -> Array:
        """Cauchy numbers as `cauchy_` draws them; raises RuntimeError unless `sigma` is positive."""
        dtype = np.dtype(dtype)
        if dtype not in _FLOATS:
            raise RuntimeError(
                "Cauchy distribution is a continuous probability distribution. "
                f"dtype must be a floating point but you specified {_TYPE_NAMES[dtype][0]}"
            )
        if not sigma > 0:
            raise RuntimeError(f"cauchy_ expects sigma > 0.0, but found sigma={sigma:g}")
        tangent = np.tan(np.pi * (self._units(_size(shape), _FLOAT64) - 0.5))
        return _cast(_scaled(tangent, sigma, median), dtype).reshape(shape)

    def poisson(self, rate: Array) -> Array:
        """Poisson numbers of each `rate`, in its shape and dtype, as `torch.poisson` draws them.

        How many words a number takes depends on the words, so they are drawn one by one. Raises RuntimeError for a
        negative rate or nan.
        """
        dtype = _floating(rate.dtype, "poisson_cpu")
        if not np.all(rate >= 0):
            raise RuntimeError("invalid Poisson rate, expected rate to be non-negative")
        with self._lock:
            units = _UnitIterator(self)
            drawn = [_poisson_one(each, units) for each in rate.reshape(-1).tolist()]
            units.give_back()
        return _cast(np.array(drawn, np.float64), dtype).reshape(rate.shape)

    def binomial(self, count: Array, prob: Array) -> Array:
        """Binomial numbers of each `count` and `prob`, of one shape and dtype, as `torch.binomial` draws them.

        How many words a number takes depends on the words, so they are drawn one by one.
        """
        dtype = _floating(prob.dtype, "binomial_cpu")
        with self._lock:
            units = _UnitIterator(self)
            pairs = zip(count.reshape(-1), prob.reshape(-1), strict=True)
            drawn = [_binomial_one(*pair, units) for pair in pairs]
            units.give_back()
        return _cast(np.array(drawn, np.float64), dtype).reshape(prob.shape)

    def standard_gamma(self, shape: Array) -> Array:
        """Gamma numbers of rate 1 of each `shape`, in its size and dtype, as torch's Gamma distribution draws them.

        How many words a number takes depends on the words, so they are drawn one by one.
        """
        dtype = _floating(shape.dtype, "gamma_cpu")
        tiny = float(np.finfo(dtype).tiny)
        with self._lock:
            units = _UnitIterator(self)
            drawn = [max(tiny, self._gamma_one(each, units)) for each in shape.reshape(-1)]
            waiting = self._normal
            units.give_back()
            self._normal = waiting
        return _cast(np.array(drawn, np.float64), dtype).reshape(shape.shape)

    def _gamma_one(self, shape: np.floating[Any], units: _UnitIterator) -> float:
        """One gamma number by G. Marsaglia and W. W. Tsang's rejection (2000), from a cube of a normal number."""
        scale = 1.0
        if not shape > 0:
            return 0.0
        kind = type(shape)
        if shape < 1:
            scale = (1 - next(units)) ** float(kind(1) / shape)
            shape = shape + kind(1)
        d = float(shape - kind(np.float32(1 / 3)))  # torch's third has the digits of a float
        c = 1 / math.sqrt(9 * d)
        while True:
            x = self._normal_one(units)
            v = (1 + c * x) ** 3
            if v <= 0:
                continue
            u = 1 - next(units)
            if u < 1 - 0.0331 * x**4 or math.log(u) < 0.5 * x * x + d * (1 - v + math.log(v)):
                return scale * d * v

    def _normal_one(self, units: _UnitIterator) -> float:
        """As `_normal_pairs` draws one, from units that are under way."""
        waiting, self._normal = self._normal, None
        if waiting is not None:
            return waiting
        first, second = next(units), next(units)
        radius, angle = math.sqrt(-2.0 * math.log1p(-second)), 2.0 * math.pi * first
        self._normal = radius * math.sin(angle)
        return radius * math.cos(angle)

    def multinomial(self, weights: Array, num_samples: int, replacement: bool = False) -> NDArray[np.int64]:
        """Indices drawn by `weights` of shape (n,) or (rows, n), as `torch.multinomial` draws them.

        Returns shape (num_samples,) or (rows, num_samples). Raises RuntimeError for weights that are negative, not
        finite or all zero, and for more samples than weights without replacement.
        Differs from torch: equal keys (weights of zero drawn at last) are taken in order of their index.
        """
        _check_multinomial(weights, num_samples, replacement)
        # torch draws a single sample as it draws without replacement.
        _check_weights(weights, replacement and num_samples > 1)
        if replacement and num_samples > 1:
            return self._multinomial_by_sums(weights, num_samples)
        with np.errstate(divide="ignore", invalid="ignore"):
            # The largest of weight / exponential is a draw by the weights, the next largest the draw after it.
            # The exponentials are drawn in the order in which the weights lie in memory.
            by_columns = weights.ndim == 2 and 0 < abs(weights.strides[0]) < abs(weights.strides[1])
            shape = weights.shape[::-1] if by_columns else weights.shape
            noise = self.exponential(shape, weights.dtype)
            keys = weights / (noise.T if by_columns else noise)
        order: NDArray[np.int64]
        if num_samples == 1:
            order = np.argmax(keys, axis=-1, keepdims=True)
        else:
            order = np.argsort(-keys, axis=-1, kind="stable")[..., :num_samples].copy()
        return order

    def _multinomial_by_sums(self, weights: Array, num_samples: int) -> NDArray[np.int64]:
        """With replacement: where a unit falls among the running sums of the weights."""
        sums = np.cumsum(weights, axis=-1, dtype=np.promote_types(weights.dtype, np.float32))
        sums = np.atleast_2d(sums / sums[..., -1:])
        units = self._units(len(sums) * num_samples, _FLOAT64).reshape(len(sums), num_samples)
        return _first_not_below(sums, units).reshape(*weights.shape[:-1], num_samples)


class _UnitIterator:
    """Hands out 53-bit units one by one, and takes back those that were drawn in advance."""

    def __init__(self, stream: RandomStream) -> None:
        self._stream = stream
        self._used = 0
        self._state = stream.get_state()
        self._ready: Iterator[float] = iter(())

    def __next__(self) -> float:
        self._used += 1
        for unit in self._ready:
            return unit
        self._ready = iter(self._stream._units(1024, _FLOAT64).tolist())
        return next(self._ready)

    def give_back(self) -> None:
        """Leaves the stream as if only the units handed out had been drawn."""
        self._stream.set_state(self._state)
        self._stream.random64(self._used)


def _size(shape: Shape) -> int:
    return shape if isinstance(shape, int) else math.prod(shape)


def _seeded_words(seed: int) -> Array:
    words: Array = np.random.RandomState(seed % 2**32).get_state(legacy=False)["state"]["key"]
    return words


def _floating(dtype: DTypeLike, kernel: str, n: int = 1) -> np.dtype[Any]:
    """NumPy's dtype for `dtype`; raises torch's NotImplementedError unless it is a floating one.

    For `n` of 0 elements it never does: most of torch's kernels are reached for elements only.
    """
    dtype = np.dtype(dtype)
    if dtype not in _FLOATS and n:
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{_TYPE_NAMES[dtype][0]}'")
    return dtype


def _check_bounds(low: float, high: float, dtype: np.dtype[Any]) -> None:
    """Raises RuntimeError for bounds of uniform numbers that `dtype` does not hold, or that are no range."""
    name, cpp_name = _TYPE_NAMES[dtype]
    largest = float(np.finfo(dtype).max)
    for which, bound in (("from", low), ("to", high)):
        if not -largest <= bound <= largest:
            raise RuntimeError(f"{which} is out of bounds for {cpp_name}")
    if low > high:
        raise RuntimeError(f"uniform_ expects to return a [from, to) range, but found from={low:g} > to={high:g}")
    if high - low > largest:
        raise RuntimeError(
            f"uniform_ expects to-from <= std::numeric_limits<{name}>::max(), but found to={high:g} and "
            f"from={low:g} which result in to-from to exceed the limit"
        )


def _cast(values: Array, dtype: np.dtype[Any]) -> Array:
    """`values` in `dtype`; to half precision by way of single, as torch rounds."""
    if values.dtype == dtype:
        return values
    with np.errstate(over="ignore", invalid="ignore"):
        if dtype == _FLOAT16:
            values = values.astype(np.float32, copy=False)
        return values.astype(dtype, copy=False)


def _scaled(values: Array, scale: float, shift: float) -> Array:
    """values * scale + shift with one rounding at the end, as the fused instruction of torch's kernels has it."""
    if not shift and scale == 1:
        return values
    with np.errstate(over="ignore", invalid="ignore"):
        if not shift:
            scaled_only: Array = values * values.dtype.type(scale)
            return scaled_only
        scaled = np.empty_like(values)
        fused = _fused_single if values.dtype == _FLOAT32 else _fused_double
        for start in range(0, values.size, _CHUNK):
            scaled[start : start + _CHUNK] = fused(values[start : start + _CHUNK], scale, shift)
    return scaled


def _fused_single(values: Array, scale: float, shift: float) -> Array:
    # The product of two singles is exact in double.
    result: Array = values * np.float64(np.float32(scale)) + np.float64(np.float32(shift))
    return result


def _fused_double(values: Array, scale: float, shift: float) -> Array:
    product = values * scale
    total: Array = product + shift
    if max(abs(scale), abs(shift)) > 2.0**900:
        # The parts below would overflow.
        return total
    # What the two roundings lost, by Dekker's product and Knuth's sum, comes back in a third.
    high, low = _halves(values)
    scale_high, scale_low = _halves(scale)
    product_error = ((high * scale_high - product) + high * scale_low + low * scale_high) + low * scale_low
    moved = total - product
    total += (product - (total - moved)) + (shift - moved) + product_error
    return total


def _halves(values: Any) -> tuple[Any, Any]:
    """A double as the sum of two numbers of at most 26 bits, whose products are exact."""
    spread = values * (2.0**27 + 1)
    high = spread - (spread - values)
    return high, values - high


def _box_muller(units: Array, std: float, mean: float, out: Array) -> None:
    """Fills `out` with normal numbers made of as many units: of each 16, eight give radii and eight give angles."""
    number = units.dtype.type
    # Eight numbers as one item: taking every other item is then a plain strided copy.
    eight = np.dtype((np.void, 8 * units.itemsize))
    for start in range(0, units.size, _CHUNK):
        block = units[start : start + _CHUNK]
        pairs = block.view(eight).reshape(-1, 2)
        radius = np.ascontiguousarray(pairs[:, 0]).view(number)
        angle = np.ascontiguousarray(pairs[:, 1]).view(number)
        np.subtract(1, radius, out=radius)
        np.log(radius, out=radius)
        radius *= number(-2)
        np.sqrt(radius, out=radius)
        angle *= number(2 * np.pi)
        normal = np.empty_like(block)
        items = normal.view(eight).reshape(-1, 2)
        items[:, 0] = (radius * np.cos(angle)).view(eight)
        items[:, 1] = (radius * np.sin(angle)).view(eight)
        out[start : start + _CHUNK] = _cast(_scaled(normal, std, mean), out.dtype)


def _integer_range(low: int, high: int | None, dtype: np.dtype[Any]) -> tuple[int, int]:
    """The range [low, stop) that `dtype` holds of the one asked for; raises torch's errors."""
    cpp_name = _TYPE_NAMES[dtype][1]
    floating = dtype in _FLOATS
    limits = (0, 1)
    if floating:
        largest = int(np.finfo(dtype).max)
        limits = (-largest, largest)
    elif dtype != _BOOL:
        limits = (int(np.iinfo(dtype).min), int(np.iinfo(dtype).max))
    if high is None:
        stop = 2 ** _DIGITS[dtype] + 1 if floating else limits[1] + 1
    else:
        stop = high
        if low >= stop:
            raise RuntimeError(f"random_ expects 'from' to be less than 'to', but got from={low} >= to={stop}")
    for which, bound in (("from", low), ("to - 1", stop - 1)):
        if not limits[0] <= bound <= min(limits[1], 2**63 - 1):
            raise RuntimeError(f"{which} is out of bounds for {cpp_name}")
        if floating and abs(bound) > 2 ** _DIGITS[dtype]:
            warnings.warn(
                f"{which} is out of bounds [-(2^{_DIGITS[dtype]}), 2^{_DIGITS[dtype]}]. Due to precision limitations "
                f"{cpp_name} can support discrete uniform distribution only within this range.",
                stacklevel=4,
            )
    if not floating:
        return low, stop
    number = dtype.type
    if int(number(low + 1)) < low:
        low = int(np.nextafter(number(low + 1), number(np.inf)))
    if high is None and low >= stop - 1:
        raise RuntimeError(
            "random_ expects 'from' casted to dtype to be less than or equal to 'to_inc' casted to dtype, "
            f"but got from={low} > to_inc={stop - 1}"
        )
    if stop <= int(number(stop - 1)) < 2**63:  # which as an int64, in torch, is not above it
        stop = int(np.nextafter(number(stop - 1), number(-np.inf)))
    if low >= stop:
        raise RuntimeError(
            "random_ expects 'from' casted to dtype to be less than 'to' casted to dtype, "
            f"but got from={low} >= to={stop}"
        )
    return low, stop


def _check_permutation(n: int, dtype: np.dtype[Any]) -> None:
    if n < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {n}: [{n}]")
    if dtype not in _RANDOM_MODULUS or dtype == _BOOL:
        raise NotImplementedError(f"\"randperm\" not implemented for '{_TYPE_NAMES[dtype][0]}'")
    if dtype in _FLOATS and n > 2 ** _DIGITS[dtype] + 1:
        limit = "2049" if dtype == _FLOAT16 else f"2^{_DIGITS[dtype]}+1"
        raise RuntimeError(f"n cannot be greater than {limit} for {_TYPE_NAMES[dtype][0]} type.")
    if dtype not in _FLOATS and n > np.iinfo(dtype).max + 1:
        raise RuntimeError(f"value cannot be converted to type {dtype.name}_t without overflow: randperm of {n}")


def _poisson_one(rate: float, units: _UnitIterator) -> float:
    """One Poisson number: counting for small rates, else W. Hoermann's transformed rejection (PTRS, 1993)."""
    if rate == 0:
        return 0.0
    if rate < 10:
        floor, product, count = math.exp(-rate), next(units), 0
        while product > floor:
            product *= next(units)
            count += 1
        return float(count)
    b = 0.931 + 2.53 * math.sqrt(rate)
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    squeeze = 0.9277 - 3.6224 / (b - 2)
    while True:
        u, v = next(units) - 0.5, next(units)
        us = 0.5 - abs(u)
        k = math.floor((2 * a / us + b) * u + rate + 0.43)
        if us >= 0.07 and v <= squeeze:
            return float(k)
        if k < 0 or (us < 0.013 and v > us):
            continue
        excess = math.log(v) + math.log(inverse_alpha) - math.log(a / (us * us) + b)
        if excess <= -rate + k * math.log(rate) - math.lgamma(k + 1):
            return float(k)


def _binomial_one(n: np.floating[Any], p: np.floating[Any], units: _UnitIterator) -> float:
    """One binomial number: of successes or of failures, whichever are fewer; nan of nan."""
    if n <= 0 or p <= 0:
        return 0.0
    if math.isnan(n) or math.isnan(p):
        return math.nan
    if p >= 1:
        return float(n)
    if p > 0.5:
        return float(n) - _binomial_one(n, type(p)(1) - p, units)
    return _binomial_by_rejection(n, p, units) if n * p >= 10 else _binomial_by_waiting(n, p, units)


def _binomial_by_waiting(n: np.floating[Any], p: np.floating[Any], units: _UnitIterator) -> float:
    """Trials until a success, geometric numbers, are added up until there are more than n."""
    kind = type(p)
    slope, trials, count = np.log1p(-p), kind(0), 0
    while True:
        trials += np.ceil(kind(math.log(next(units))) / slope)
        if trials > n:
            return float(count)
        count += 1


def _stirling_rest(k: float) -> float:
    """log k! less Stirling's formula, (k + 1/2) log(k + 1) - (k + 1) + log(2 pi) / 2."""
    table = (
        0.0810614667953272, 0.0413406959554092, 0.0276779256849983, 0.0207906721037650, 0.0166446911898211,
        0.0138761288230707, 0.0118967099458917, 0.0104112652619720, 0.00925546218271273, 0.00833056343336287,
    )  # fmt: skip
    if k <= 9:
        return table[int(k)]
    square = (k + 1) ** 2
    return (1 / 12 - (1 / 360 - 1 / 1260 / square) / square) / (k + 1)


def _binomial_by_rejection(count: np.floating[Any], prob: np.floating[Any], units: _UnitIterator) -> float:
    """W. Hoermann's transformed rejection with squeeze (BTRS, 1993)."""
    n, p = float(count), float(prob)
    deviation = math.sqrt(n * p * (1 - p))
    b = 1.15 + 2.53 * deviation
    a = -0.0873 + 0.0248 * b + 0.01 * p
    alpha = (2.83 + 5.1 / b) * deviation
    m, odds = math.floor((n + 1) * p), p / (1 - p)
    while True:
        u, v = next(units) - 0.5, next(units)
        us = 0.5 - abs(u)
        k = math.floor((2 * a / us + b) * u + n * p + 0.5)
        if us >= 0.07 and v <= 0.92 - 4.2 / b:
            return float(k)
        if k < 0 or k > n:
            continue
        excess = math.log(v * alpha / (a / (us * us) + b))
        bound = (
            (m + 0.5) * math.log((m + 1) / (odds * (n - m + 1)))
            + (n + 1) * math.log((n - m + 1) / (n - k + 1))
            + (k + 0.5) * math.log(odds * (n - k + 1) / (k + 1))
            + _stirling_rest(m)
            + _stirling_rest(n - m)
            - _stirling_rest(k)
            - _stirling_rest(n - k)
        )
        if excess <= bound:
            return float(k)


def _check_multinomial(weights: Array, num_samples: int, replacement: bool) -> None:
    if weights.dtype not in _FLOATS:
        raise RuntimeError(
            f"multinomial only supports floating-point dtypes for input, got: {_TYPE_NAMES[weights.dtype][0]}"
        )
    if weights.ndim not in (1, 2):
        raise RuntimeError(f"prob_dist must be 1 or 2 dim, but got {weights.ndim} dim")
    if num_samples <= 0:
        raise RuntimeError("cannot sample n_sample <= 0 samples")
    if not replacement and num_samples > weights.shape[-1]:
        raise RuntimeError("cannot sample n_sample > prob_dist.size(-1) samples without replacement")
    if weights.shape[-1] > 2**24:
        raise RuntimeError("number of categories cannot exceed 2^24")


def _check_weights(weights: Array, replacement: bool) -> None:
    if replacement and not np.all(weights >= 0):
        raise RuntimeError("invalid multinomial distribution (encountering probability entry < 0)")
    if replacement and np.any(weights == np.inf):
        raise RuntimeError("invalid multinomial distribution (encountering probability entry = infinity or NaN)")
    if not np.all((weights >= 0) & (weights < np.inf)):
        raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
    if np.any(weights.sum(axis=-1, dtype=np.float64) <= 0):
        raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")


def _first_not_below(rows: Array, values: Array) -> NDArray[np.int64]:
    """For each of `values` (rows, m) the first index in the ascending row of `rows` (rows, n) not below it."""
    if len(rows) == 1:
        return np.searchsorted(rows[0], values)  # which NumPy has for a single row only, 2 to 10 times faster
    low = np.zeros(values.shape, np.int64)
    high = np.full(values.shape, rows.shape[1] - 1)
    for _ in range((rows.shape[1] - 1).bit_length()):
        middle = (low + high) // 2
        below = np.take_along_axis(rows, middle, axis=1) < values
        low = np.where(below, middle + 1, low)
        high = np.where(below, high, middle)
    return low
