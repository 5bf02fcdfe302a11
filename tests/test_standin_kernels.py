"""The player of CuPy's kernels: it computes what they say, and refuses what CuPy refuses."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests import standin, standin_kernels
from tests.standin import StandinArray
from tests.standin_kernels import ElementwiseKernel

ROOT = Path(__file__).resolve().parent.parent

pytestmark = pytest.mark.skipif(not standin_kernels.available(), reason="no g++ that can compile kernels")

FLOATS = ("float16", "float32", "float64")
INTS = ("int8", "int16", "int32", "int64", "uint8")


def ramp(*shape: int, dtype: str = "float64") -> Any:
    return np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype)


# --- what it computes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", FLOATS + INTS)
def test_placeholders_take_the_arrays_dtype(dtype: str) -> None:
    scaled = ElementwiseKernel(
        "T x, T y, float64 by", "T out, bool large", "out = x * y + T(by); large = x > y", "scaled"
    )
    x, y = ramp(3, 4, dtype=dtype), ramp(4, dtype=dtype)
    out, large = scaled(x, y, 2.0)
    assert out.dtype == dtype and large.dtype == bool
    np.testing.assert_array_equal(out, (x * y + 2).astype(dtype))
    np.testing.assert_array_equal(large, x > np.broadcast_to(y, x.shape))


def test_two_placeholders_are_two_dtypes() -> None:
    cast = ElementwiseKernel("T x, U like", "U out", "out = x", "cast")
    assert cast(ramp(3), ramp(3, dtype="int32")).dtype == "int32"
    assert cast(ramp(3, dtype="int32"), ramp(3, dtype="float16")).dtype == "float16"


@pytest.mark.parametrize(
    "view",
    [
        lambda x: x,
        lambda x: x[::2, ::-1],
        lambda x: x[:, :, None].swapaxes(1, 2),
        lambda x: x[1:2],
        lambda x: x[:, 1:2],
        lambda x: x[1, 2],
        lambda x: x[:0],
        lambda x: ramp(6, 4).T,
        lambda x: np.broadcast_to(x[1], (3, 4, 6)),
    ],
)
def test_any_layout_and_broadcasting(view: Any) -> None:
    x, y = np.asarray(view(ramp(4, 6))), ramp(12)[::2]
    add = ElementwiseKernel("T x, T y", "T out", "out = x + 10 * y", "add")
    expected = x + 10 * y
    np.testing.assert_array_equal(add(x, y), expected)
    out = np.zeros((*expected.shape[:-1], 12))[..., ::2]
    assert add(x, y, out) is out
    np.testing.assert_array_equal(out, expected)


def test_an_output_can_be_read_and_changes_in_place() -> None:
    step = ElementwiseKernel("T g, float64 lr", "T value", "value -= T(lr) * g", "step")
    value = ramp(2, 3)
    step(np.ones((2, 3)), 0.5, value)
    np.testing.assert_array_equal(value, ramp(2, 3) - 0.5)
    twice = ElementwiseKernel("T x", "T out", "out = 2 * x", "twice")
    twice(value, value)  # the same elements: each is read before it is written
    np.testing.assert_array_equal(value, 2 * ramp(2, 3) - 1)


def test_raw_arrays_are_indexed_as_the_kernel_likes() -> None:
    turned = ElementwiseKernel(
        "raw T x, int64 shift", "raw T out", "out[i] = x[(i + shift) % x.size()] + x.shape()[0] * x.ndim", "turned"
    )
    x = ramp(4, 6)[:, ::2]  # counted row by row, whatever the layout
    out = np.zeros(12)
    turned(x, 5, out, size=12)
    np.testing.assert_array_equal(out, np.roll(x.ravel(), -5) + 8)
    assert turned(x, 5, size=12).shape == (12,)
    corner = ElementwiseKernel("raw T x, T y", "T out", "int at[] = {1, 2}; out = x[at] + y", "corner")
    np.testing.assert_array_equal(corner(x, ramp(2)), x[1, 2] + ramp(2))


def test_a_float16_is_computed_as_a_float() -> None:
    kernel = ElementwiseKernel("T x", "T out", "typedef decltype(+T()) real; real a = x; out = a * a / 1000", "square")
    assert kernel(np.float16([400]))[0] == 160  # 160,000 is no float16
    with pytest.raises(RuntimeError, match="different types"):
        ElementwiseKernel("T x", "T out", "out = x > 0 ? x : 0.f", "mixed")(np.ones(1, "float16"))


def test_functions_and_a_preamble() -> None:
    kernel = ElementwiseKernel(
        "T x", "T out", "out = half_of(max(erf(x), T(0)) + isnan(x))", "curve", preamble="#define half_of(x) ((x) / 2)"
    )
    np.testing.assert_allclose(kernel(np.array([-1.0, 0.5, np.nan]))[:2], [0, 0.2602499389])


# --- what it refuses --------------------------------------------------------------------------------------------------

ADD = ("T x, T y", "T out", "out = x + y", "add")


@pytest.mark.parametrize(
    ("declared", "args", "size", "error", "message"),
    [
        (ADD, (ramp(2), ramp(2, dtype="float32")), None, TypeError, "Type is mismatched"),
        (ADD, (ramp(2), ramp(2), ramp(2, dtype="float32")), None, TypeError, "Type is mismatched"),
        (ADD, (ramp(2),), None, TypeError, "Wrong number of arguments"),
        (ADD, (1.0, 2.0), None, TypeError, "no array says the dtype"),
        (ADD, (ramp(2), ramp(3)), None, ValueError, "broadcast"),
        (ADD, (ramp(2, 3), ramp(3), ramp(3)), None, ValueError, "Out shape is mismatched"),
        (ADD, (ramp(2), ramp(2), np.broadcast_to(ramp(1), 2)), None, ValueError, "share memory"),
        (ADD, (ramp(2), np.float64(1)), None, TypeError, "Unsupported type"),
        (ADD, (ramp(2), ramp(2), 1.0), None, TypeError, "must be an array"),
        (ADD, (ramp(2), ramp(2)), 2, ValueError, "only if all of the ndarray are 'raw'"),
        (("int32 k, T x", "T out", "out = x + k", "k"), (1.5, ramp(2)), None, TypeError, "Type is mismatched"),
        (("int32 k, T x", "T out", "out = x + k", "k"), (ramp(2), ramp(2)), None, TypeError, "Type is mismatched"),
        (("raw T x", "T out", "out = x[i]", "all"), (ramp(2),), None, ValueError, "Loop size is undecided"),
        (("raw T x, T y", "raw T out", "out[i] = x[i]", "all"), (ramp(2), ramp(2)), None, ValueError, "Undecided"),
        (("raw T x", "T out", "out = x[i + 1]", "far"), (ramp(2),), 2, IndexError, "left its raw arrays 1 times"),
        (("raw T x", "T out", "out = x[i]", "all"), (2.0,), 2, TypeError, "must be an array"),
        (("T x", "T out", "x = 1; out = x", "input"), (ramp(2),), None, RuntimeError, "read-only"),
        (("T x", "T out", "out = y", "unknown"), (ramp(2),), None, RuntimeError, "not declared"),
    ],
)
def test_what_it_refuses(declared: Any, args: Any, size: int | None, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        ElementwiseKernel(*declared)(*args, **({} if size is None else {"size": size}))


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        (("x", "T out"), "Syntax error"),
        (("real x", "T out"), "Wrong type"),
        (("cooked T x", "T out"), "Unknown keyword"),
        (("T i", "T out"), "and not `i`"),
        (("T x", "T x"), "names of their own"),
    ],
)
def test_what_cannot_be_declared(declared: tuple[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ElementwiseKernel(*declared, "")
    with pytest.raises(ValueError, match="Invalid kernel name"):
        ElementwiseKernel("T x", "T out", "out = x", "<lambda>")


def test_what_overlaps_is_refused() -> None:
    add = ElementwiseKernel(*ADD)
    x = ramp(4)
    with pytest.raises(ValueError, match="overlaps x"):
        add(x[1:], x[1:], x[:-1])
    add(x[::2], x[::2], x[1::2])  # next to each other
    np.testing.assert_array_equal(x, [0, 0, 2, 4])


def test_the_order_of_the_elements_is_nobodys_to_count_on() -> None:
    running = ElementwiseKernel("T x", "raw T out", "out[i] = x + (i ? out[i - 1] : T(0))", "running")
    out = np.zeros(4)
    running(np.ones(4), out)
    assert out.tolist() != [1, 2, 3, 4]


# --- in the stand-in --------------------------------------------------------------------------------------------------


@pytest.fixture
def cupy() -> Iterator[Any]:
    with standin.installed() as module:
        yield module


def test_the_standin_has_it(cupy: Any) -> None:
    add = cupy.ElementwiseKernel(*ADD)
    x = cupy.asarray([1.0, 2.0])
    before = standin.launches()
    out = add(x, x)
    assert isinstance(out, StandinArray) and out.get().tolist() == [2, 4]
    assert add(x, 1.0, x) is x and x.get().tolist() == [2, 3]
    assert standin.launches() == before + 2
    with pytest.raises(TypeError, match="Unsupported type"):
        add(np.ones(2), x)
    with cupy.cuda.Device(1), pytest.raises(ValueError, match="device 0 while"):
        add(x, x)


def test_what_counts_as_a_launch(cupy: Any) -> None:
    x = cupy.asarray(np.ones((3, 4)))
    cases = [
        (lambda: x + 1, 1),
        (lambda: cupy.exp(x, out=x), 1),
        (lambda: x.sum(axis=0), 1),
        (lambda: x.T.reshape(4, 3)[1:, None], 0),
        (lambda: x.T.reshape(12), 1),
        (lambda: cupy.empty_like(x), 0),
        (lambda: x.astype("float64", copy=False), 0),
        (lambda: x.astype("float32"), 1),
        (lambda: x.fill(2), 1),
        (lambda: x.__setitem__(0, 1.0), 1),
        (lambda: x[cupy.asarray([0, 1])], 2),
        (lambda: x[:0] + 1, 0),
    ]
    for number, (action, count) in enumerate(cases):
        before = standin.launches()
        action()
        assert standin.launches() - before == count, number


def test_without_a_compiler_the_name_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standin_kernels, "available", lambda: False)
    with standin.installed() as module:
        assert not hasattr(module, "ElementwiseKernel")


def test_it_declares_as_cupy_does() -> None:
    """What is accepted and refused, against CuPy itself, which needs no GPU for that."""
    told = subprocess.run(
        [sys.executable, "-c", "import cupy"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    if told.returncode:
        pytest.skip("CuPy is not installed")
    program = """
        import inspect, cupy, numpy
        from tests.standin_kernels import ElementwiseKernel
        def outcome(make, *args):
            try:
                return make(*args)
            except Exception as error:
                return type(error)
        for declared in ("T x", "raw T x", "float64 lr", "bool b", "int32 k, U y", "real x", "cooked T x", "T i"):
            kinds = [outcome(lambda: (each(declared, "T out", "", "k"), "made")[1]) for each in
                     (ElementwiseKernel, cupy.ElementwiseKernel)]
            assert (kinds[0] == "made") == (kinds[1] == "made"), (declared, kinds)
        f, d, i = numpy.float32, numpy.float64, numpy.int32
        declared = ("T x, U y, float64 lr", "T out", "", "k")
        own, theirs = ElementwiseKernel(*declared), cupy.ElementwiseKernel(*declared)
        for given in ((f, d, None), (f, f, d), (f, f, f), (f, None, None), (None, f, None), (None, i, d)):
            for out in (f, d):
                args = [0.5 if each is None else numpy.ones(2, each) for each in given]
                mine = outcome(own._dtypes, [*args, numpy.ones(2, out)])
                real = outcome(theirs._decide_params_type, tuple(given), (out,))
                if isinstance(mine, dict):
                    assert [mine[name] for name in ("x", "y", "lr")] == [numpy.dtype(each) for each in real[0]], given
                else:
                    assert isinstance(real, type) and issubclass(real, Exception), (given, out, mine, real)
    """
    subprocess.run([sys.executable, "-W", "ignore", "-c", textwrap.dedent(program)], cwd=ROOT, check=True)
