"""Plays cupy.ElementwiseKernel on the host: the C++ compiler there makes a loop of a kernel, over NumPy's memory.

`ElementwiseKernel` takes what CuPy's takes, refuses what it refuses, and has in its C++ what a kernel of CuPy has:
the placeholders' types by their letters, `i`, raw arrays with `size()`, `shape()`, `strides()`, `ndim` and an index in
brackets, a float16 that is read as a float, and CUDA's functions that the kernels use. In CuPy, and so here:

- an input cannot be written to; an output can be read, so what changes in place is an output alone;
- the arrays of one placeholder have one dtype, that of a named dtype is the array's: nothing is cast;
- arrays are broadcast, but outputs that are given have the shape that comes of it, and raw arrays have any;
- where all arrays are raw, `size` says how often the kernel runs; elsewhere it is refused.

Stricter than CuPy:

- a raw array's index out of bounds raises IndexError: on a GPU it reads or writes something else;
- an output whose elements share memory, or that overlaps another array in another order, is refused: what is in it
  afterwards would depend on which thread came first;
- a float where the kernel takes an integer is refused.

The loop runs backwards, so that what counts on the order of the elements fails. Not played: threads that run at once,
blocks, fused multiplications and additions, and what CUDA's `min` and `max` make of nan.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

PRELUDE = r"""
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

using namespace std;  // CUDA has its functions outside of any namespace

class float16 {
    _Float16 data;

public:
    float16() = default;
    float16(float value) : data(value) {}
    template <typename Number> explicit float16(Number value) : data(value) {}
    operator float() const { return data; }

    template <typename Number> float16& operator=(Number value) {
        data = _Float16(value);
        return *this;
    }
#define CHANGED_BY(sign)                                                           \
    template <typename Number> float16& operator sign##=(Number value) {           \
        return *this = static_cast<float16>(float(data) sign value);               \
    }
    CHANGED_BY(+)
    CHANGED_BY(-)
    CHANGED_BY(*)
    CHANGED_BY(/)
#undef CHANGED_BY
};

template <typename T, typename U> T atomicAdd(T* place, U value) {
    T old = *place;
    *place = old + T(value);
    return old;
}
inline float rsqrt(float x) { return 1 / sqrt(x); }
inline double rsqrt(double x) { return 1 / sqrt(x); }
inline float normcdf(float x) { return erfc(-x * 0.70710678f) / 2; }
inline double normcdf(double x) { return erfc(-x * 0.70710678118654752440) / 2; }

struct Memory {
    char* data;
    ptrdiff_t ndim;
    const ptrdiff_t *shape, *strides;
};

static ptrdiff_t strayed;  // how often a kernel has left a raw array

template <typename T, int dims> class CArray {
    Memory own;
    ptrdiff_t count = 1;

    T& at(ptrdiff_t offset, bool inside) const {
        static T elsewhere;
        if (inside) return *reinterpret_cast<T*>(own.data + offset);
        strayed++;
        return elsewhere;
    }

    T& flat(ptrdiff_t place) const {
        ptrdiff_t offset = 0;
        bool inside = 0 <= place && place < count;
        for (int dim = dims; inside && --dim >= 0; place /= own.shape[dim])
            offset += own.strides[dim] * (place % own.shape[dim]);
        return at(offset, inside);
    }

    template <typename Int> T& each(const Int* place) const {
        ptrdiff_t offset = 0;
        bool inside = true;
        for (int dim = 0; dim < dims; dim++) {
            inside = inside && 0 <= place[dim] && place[dim] < own.shape[dim];
            offset += own.strides[dim] * place[dim];
        }
        return at(offset, inside);
    }

public:
    static const int ndim = dims;
    explicit CArray(const Memory& memory) : own(memory) {
        for (int dim = 0; dim < dims; dim++) count *= own.shape[dim];
    }
    ptrdiff_t size() const { return count; }
    const ptrdiff_t* shape() const { return own.shape; }
    const ptrdiff_t* strides() const { return own.strides; }
    T& operator[](ptrdiff_t place) { return flat(place); }
    const T& operator[](ptrdiff_t place) const { return flat(place); }
    template <typename Int> T& operator[](const Int (&place)[dims]) { return each(place); }
    template <typename Int> const T& operator[](const Int (&place)[dims]) const { return each(place); }
};

static ptrdiff_t place_of(const Memory& own, ptrdiff_t i) {  // of a broadcast array's element, in bytes
    ptrdiff_t offset = 0;
    for (ptrdiff_t dim = own.ndim; --dim >= 0; i /= own.shape[dim]) offset += own.strides[dim] * (i % own.shape[dim]);
    return offset;
}
"""

C_TYPES = {
    "bool": "bool",
    "int8": "signed char",
    "int16": "short",
    "int32": "int",
    "int64": "long long",
    "uint8": "unsigned char",
    "uint16": "unsigned short",
    "uint32": "unsigned int",
    "uint64": "unsigned long long",
    "float16": "float16",
    "float32": "float",
    "float64": "double",
}
"""CuPy's names for the dtypes in C++."""

OPTIONS = ("-O1", "-std=c++17", "-fPIC", "-shared", "-ffp-contract=off", "-fno-strict-aliasing", "-w")


@functools.cache
def _folder() -> Path | None:
    """Where this process's kernels lie until it ends; None without a compiler that takes the prelude."""
    compiler = shutil.which("g++")
    if compiler is None:
        return None
    holder = tempfile.TemporaryDirectory(prefix="minitorch-kernels-")
    _folder.holder = holder  # type: ignore[attr-defined]  # the folder goes when this does
    folder = Path(holder.name)
    (folder / "prelude.h").write_text(PRELUDE)
    told = subprocess.run(
        [compiler, *OPTIONS, "-x", "c++-header", "prelude.h"], cwd=folder, capture_output=True, check=False, timeout=120
    )
    return None if told.returncode else folder


def available() -> bool:
    """Whether kernels can be compiled here."""
    return _folder() is not None


@functools.cache
def _compiled(source: str) -> Any:
    """The function of a source; raises RuntimeError with what the compiler has to say."""
    folder = _folder()
    assert folder is not None, "kernels need g++, with _Float16"
    stem = folder / hashlib.sha256(source.encode()).hexdigest()[:20]
    stem.with_suffix(".cpp").write_text(source)
    told = subprocess.run(
        ["g++", *OPTIONS, f"{stem}.cpp", "-o", f"{stem}.so"], cwd=folder, capture_output=True, text=True, check=False
    )
    if told.returncode:
        raise RuntimeError(f"{told.stderr}\n{source}")
    run = ctypes.CDLL(f"{stem}.so").run
    run.restype = ctypes.c_ssize_t
    return run


class Parameter:
    """What stands between two commas: `T x`, `raw T y`, `float64 lr`."""

    def __init__(self, text: str, is_input: bool) -> None:
        *words, kind, self.name = text.split() if len(text.split()) > 1 else [text, ""]
        if not self.name:
            raise ValueError(f"Syntax error: {text}")
        if set(words) - {"raw"}:
            raise ValueError(f"Unknown keyword {words}")
        self.raw, self.is_input = "raw" in words, is_input
        self.letter = kind if len(kind) == 1 else None
        if self.letter is None and kind not in C_TYPES:
            raise ValueError(f"Wrong type {kind}")
        self.dtype = None if self.letter else np.dtype(kind)


def parameters_of(text: str, is_input: bool) -> list[Parameter]:
    return [Parameter(each, is_input) for each in text.split(",")] if text.strip() else []


class ElementwiseKernel:
    """cupy.ElementwiseKernel over NumPy's arrays and Python's numbers."""

    def __init__(
        self,
        in_params: str,
        out_params: str,
        operation: str,
        name: str = "kernel",
        reduce_dims: bool = True,
        preamble: str = "",
        no_return: bool = False,
        return_tuple: bool = False,
    ) -> None:
        if not re.fullmatch("[a-zA-Z_][a-zA-Z_0-9]*", name):
            raise ValueError(f"Invalid kernel name: {name!r}")
        self.inputs, self.outputs = parameters_of(in_params, True), parameters_of(out_params, False)
        self.parameters = self.inputs + self.outputs
        names = [each.name for each in self.parameters]
        if "i" in names or len(set(names)) < len(names):
            raise ValueError(f"parameters have names of their own, and not `i`: {names}")
        self.operation, self.name, self.preamble = operation, name, preamble
        self.no_return, self.return_tuple = no_return, return_tuple

    def __call__(self, *args: Any, size: int | None = None) -> Any:
        """Runs it; returns the outputs."""
        given = len(args) > len(self.inputs)
        if len(args) not in (len(self.inputs), len(self.parameters)):
            raise TypeError(f"Wrong number of arguments for {self.name!r}: {len(args)}")
        for each, parameter in zip(args, self.parameters, strict=False):
            if not isinstance(each, np.ndarray) and (parameter.raw or not parameter.is_input):
                raise TypeError(f"{parameter.name} must be an array, not {type(each)}")
        dtypes = self._dtypes(args)
        shape = self._shape(args, size)
        outputs = list(args[len(self.inputs) :])
        if not given:
            if any(each.raw for each in self.outputs) and size is None:
                raise ValueError("Output array size is Undecided")
            outputs = [np.empty(shape, dtypes[each.name]) for each in self.outputs]
        arrays = [*args[: len(self.inputs)], *outputs]
        _check_outputs(arrays, self.parameters, shape)
        self._run(arrays, dtypes, shape)
        if self.no_return:
            return None
        return outputs[0] if len(outputs) == 1 and not self.return_tuple else tuple(outputs)

    def _dtypes(self, args: Sequence[Any]) -> dict[str, Any]:
        """The dtype of each parameter."""
        letters: dict[str | None, Any] = {}
        for each, parameter in zip(args, self.parameters, strict=False):
            if not isinstance(each, np.ndarray):
                continue
            if each.dtype.name not in C_TYPES:
                raise TypeError(f"no kernel for {each.dtype}")
            wanted = parameter.dtype or letters.setdefault(parameter.letter, each.dtype)
            if wanted != each.dtype:
                raise TypeError(f"Type is mismatched. {parameter.name} {each.dtype} {wanted}")
        missing = [each.name for each in self.parameters if each.dtype is None and each.letter not in letters]
        if missing:
            raise TypeError(f"no array says the dtype of {missing}")
        dtypes = {each.name: each.dtype or letters[each.letter] for each in self.parameters}
        for each, parameter in zip(args, self.parameters, strict=False):
            if not isinstance(each, np.ndarray):
                if type(each) not in (bool, int, float):
                    raise TypeError(f"Unsupported type {type(each)}")
                if isinstance(each, float) and dtypes[parameter.name].kind != "f":
                    raise TypeError(f"Type is mismatched. {parameter.name} {each} {dtypes[parameter.name]}")
        return dtypes

    def _shape(self, args: Sequence[Any], size: int | None) -> tuple[int, ...]:
        """Over what the kernel runs."""
        plain = [
            each.shape
            for each, parameter in zip(args, self.parameters, strict=False)
            if isinstance(each, np.ndarray) and not parameter.raw
        ]
        if size is None:
            if not plain:
                raise ValueError("Loop size is undecided.")
            return np.broadcast_shapes(*plain)
        if plain:
            raise ValueError("Specified 'size' can be used only if all of the ndarray are 'raw'.")
        return (size,)

    def _run(self, arrays: list[Any], dtypes: dict[str, Any], shape: tuple[int, ...]) -> None:
        memories, kept = [], []
        for each, parameter in zip(arrays, self.parameters, strict=True):
            if not isinstance(each, np.ndarray):
                each = np.asarray(each, dtypes[parameter.name])
            if not parameter.raw:
                each = np.broadcast_to(each, shape)
            geometry = (ctypes.c_ssize_t * (2 * each.ndim))(*each.shape, *each.strides)
            kept.append((each, geometry))
            start = ctypes.addressof(geometry)
            memories += [each.__array_interface__["data"][0], each.ndim, start, start + 8 * each.ndim]
        run = _compiled(self._source(dtypes, [each.ndim for each, _ in kept]))
        count = int(np.prod(shape, dtype=np.int64))
        strayed = run(ctypes.c_ssize_t(count), (ctypes.c_ssize_t * len(memories))(*memories))
        if strayed:
            raise IndexError(f"{self.name} left its raw arrays {strayed} times")

    def _source(self, dtypes: dict[str, Any], dims: list[int]) -> str:
        lines = ['#include "prelude.h"']
        for letter in sorted({each.letter for each in self.parameters if each.letter}):
            (dtype,) = {dtypes[each.name] for each in self.parameters if each.letter == letter}
            lines.append(f"typedef {C_TYPES[dtype.name]} {letter};")
        lines += [self.preamble, 'extern "C" ptrdiff_t run(ptrdiff_t count, Memory* memories) {', "strayed = 0;"]
        elements = []
        for k, (each, ndim) in enumerate(zip(self.parameters, dims, strict=True)):
            constant, kind = "const " if each.is_input else "", C_TYPES[dtypes[each.name].name]
            if each.raw:
                lines.append(f"{constant}CArray<{kind}, {ndim}> {each.name}(memories[{k}]);")
            else:
                place = f"memories[{k}].data + place_of(memories[{k}], i)"
                elements.append(f"{constant}{kind} &{each.name} = *reinterpret_cast<{kind}*>({place});")
        lines += ["for (ptrdiff_t i = count; --i >= 0;) {", *elements, f"{self.operation};", "}", "return strayed; }"]
        return "\n".join(lines)


def _check_outputs(arrays: list[Any], parameters: list[Parameter], shape: tuple[int, ...]) -> None:
    for out, parameter in zip(arrays, parameters, strict=True):
        if parameter.is_input:
            continue
        if not parameter.raw and out.shape != shape:
            raise ValueError(f"Out shape is mismatched: {parameter.name} {out.shape} {shape}")
        if out.size and any(step == 0 and size > 1 for step, size in zip(out.strides, out.shape, strict=True)):
            raise ValueError(f"elements of the output {parameter.name} share memory")
        for other, its in zip(arrays, parameters, strict=True):
            if other is out or not isinstance(other, np.ndarray) or not np.may_share_memory(out, other):
                continue
            same = not (parameter.raw or its.raw) and out.shape == other.shape and out.strides == other.strides
            if same and its.is_input and out.__array_interface__["data"] == other.__array_interface__["data"]:
                continue  # each element is read before it is written
            if np.shares_memory(out, other):
                raise ValueError(f"the output {parameter.name} overlaps {its.name}")
