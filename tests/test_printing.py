"""The text of arrays against torch's repr, character for character."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from torch import _tensor_str as torch_printing

from minitorch import printing
from minitorch.printing import format_tensor, get_printoptions, printoptions, set_printoptions

FLOATS = ["float16", "float32", "float64"]
INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]


@pytest.fixture(autouse=True)
def _default_options() -> Iterator[None]:
    ours, theirs = get_printoptions(), torch_printing.get_printoptions()
    yield
    set_printoptions(**ours)
    torch.set_printoptions(**theirs)


def plain(array: Any, **changes: Any) -> str:
    """`format_tensor` with the arguments of a tensor that knows no gradient."""
    arguments: dict[str, Any] = {"grad_fn_name": None, "requires_grad": False, "default_dtype": np.dtype(np.float32)}
    return format_tensor(np.asarray(array), **{**arguments, **changes})


f32 = np.float32

# Each family is a kind of data that leads the format another way; the borders of the rules are drawn often.
_powers = st.integers(-12, 12).map(lambda exponent: 10.0**exponent)
_signs = st.sampled_from([1.0, 1.0, -1.0])
_unit = st.floats(0.001, 1)
FAMILIES: dict[str, st.SearchStrategy[float]] = {
    "integral": st.integers(-1200, 1200).map(float),
    "large integral": st.integers(-(2**40), 2**40).map(float),
    "unit": st.builds(lambda sign, value: sign * value, _signs, _unit),
    "positive": _unit,
    "tiny": st.builds(lambda sign, value: sign * value * 1e-6, _signs, _unit),
    "huge": st.builds(lambda sign, value: sign * value * 1e11, _signs, _unit),
    "mixed": st.builds(lambda sign, value, power: sign * value * power, _signs, _unit, _powers),
    "any": st.floats(allow_nan=True, allow_infinity=True),
    "special": st.sampled_from([math.nan, math.inf, -math.inf, 0.0, -0.0, 1.0, 0.25]),
    "zeros": st.sampled_from([0.0, -0.0]),
    "borders": st.sampled_from([1e8, 1e8 + 8, 1e-4, 9.9999e-5, 1.0, 1000.0, 1001.0, 0.5, 500.0, 500.5, 99999.99996]),
    "subnormal": st.sampled_from([5e-324, 1e-310, 1e-45, 1e-40, 6e-8, 1e-5, -1e-45]),
}


@st.composite
def float_arrays(draw: st.DrawFn, shape: tuple[int, ...]) -> np.ndarray:
    family = FAMILIES[draw(st.sampled_from(sorted(FAMILIES)))]
    if draw(st.integers(0, 4)) == 0:
        family |= FAMILIES["special"]
    dtype = draw(st.sampled_from(["float32", *FLOATS]))
    values = draw(hnp.arrays(np.float64, shape, elements=family))
    with np.errstate(over="ignore", under="ignore"):
        return values.astype(dtype)


@st.composite
def arrays(draw: st.DrawFn) -> np.ndarray:
    """Arrays of 0 to 4 dimensions, some with no element, transposed, cut with a step, or read-only."""
    max_side = {0: 1, 1: 40, 2: 12, 3: 7, 4: 5}
    dims = draw(st.integers(0, 4))
    shape = draw(
        hnp.array_shapes(min_dims=dims, max_dims=dims, min_side=1, max_side=max_side[dims]) if dims else st.just(())
    )
    if dims and draw(st.integers(0, 9)) == 0:
        empty = draw(st.integers(0, dims - 1))
        shape = (*shape[:empty], 0, *shape[empty + 1 :])
    kind = draw(st.sampled_from(["float", "float", "integer", "bool"]))
    if kind == "float":
        array = draw(float_arrays(shape))
    elif kind == "integer":
        array = draw(hnp.arrays(draw(st.sampled_from(INTEGERS)), shape))
    else:
        array = draw(hnp.arrays(np.bool_, shape))
    layout = draw(st.sampled_from(["as is", "transposed", "stepped", "read-only"]))
    if layout == "transposed":
        array = array.T
    elif layout == "stepped" and dims:
        array = array[..., ::2]
    elif layout == "read-only":
        array.flags.writeable = False
    return array


OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "profile": st.sampled_from(["default", "short", "full"]),
        "precision": st.integers(0, 8),
        "threshold": st.sampled_from([-1, 0, 4, 20, 100, math.inf]),
        "edgeitems": st.integers(0, 4),
        "linewidth": st.integers(0, 130),
        "sci_mode": st.sampled_from([True, False, None]),
    },
)

GRAD_OPS: list[Callable[[torch.Tensor], torch.Tensor]] = [
    lambda t: t.clone(),
    lambda t: t.view(t.shape),
    lambda t: t.as_strided(t.shape, t.stride()),
]


@settings(deadline=None, max_examples=400)
@given(arrays(), OPTIONS, st.sampled_from(["float32", "float32", "float64", "float16"]), st.integers(-5, 2))
def test_repr_is_torchs(array: np.ndarray, options: dict[str, Any], default: str, grad: int) -> None:
    tensor = torch.from_numpy(array.copy())
    name = None
    if array.dtype.kind == "f" and grad >= -1:
        tensor.requires_grad_()
        if grad >= 0:
            tensor = GRAD_OPS[grad](tensor)
            name = type(tensor.grad_fn).__name__
    torch.set_default_dtype(getattr(torch, default))
    try:
        with torch_printing.printoptions(**options):
            expected = repr(tensor)
    finally:
        torch.set_default_dtype(torch.float32)
    with printoptions(**options):
        text = plain(array, grad_fn_name=name, requires_grad=tensor.requires_grad, default_dtype=np.dtype(default))
    assert text == expected


@settings(deadline=None)
@given(arrays(), OPTIONS, st.integers(1, 90), st.data())
def test_type_name_and_indent(array: np.ndarray, options: dict[str, Any], length: int, data: st.DataObject) -> None:
    """The name of a subclass stands for "tensor"; the columns of `indent` act as if they were part of the name."""
    name = "T" * length
    indent = data.draw(st.integers(0, length))
    tensor = torch.from_numpy(array.copy()).as_subclass(type(name, (torch.Tensor,), {}))
    with torch_printing.printoptions(**options):
        expected = repr(tensor)
    with printoptions(**options):
        assert name[:indent] + plain(array, type_name=name[indent:], indent=indent) == expected


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (f32(3), "tensor(3.)"),
        (np.int64(-7), "tensor(-7)"),
        (np.bool_(True), "tensor(True)"),
        (f32(1e-9), "tensor(1.0000e-09)"),
        (f32([1, 2.5]), "tensor([1.0000, 2.5000])"),
        (f32([1, 2]), "tensor([1., 2.])"),
        (f32([math.nan, math.inf, -math.inf]), "tensor([nan, inf, -inf])"),
        (f32([math.nan, 1]), "tensor([nan, 1.])"),
        (f32([math.inf, 100.5]), "tensor([     inf, 100.5000])"),
        (f32([-0.0, 0.0]), "tensor([-0., 0.])"),
        (f32([1, 1000]), "tensor([   1., 1000.])"),
        (f32([1, 1001]), "tensor([1.0000e+00, 1.0010e+03])"),
        (f32([0.1]), "tensor([0.1000])"),
        (f32([1e8]), "tensor([100000000.])"),
        (f32([2e8]), "tensor([2.0000e+08])"),
        (np.array([2e8]), "tensor([2.0000e+08], dtype=torch.float64)"),
        (np.array([1e-4]), "tensor([0.0001], dtype=torch.float64)"),
        (np.array([9.9e-5]), "tensor([9.9000e-05], dtype=torch.float64)"),
        (np.array([1, 2], np.uint8), "tensor([1, 2], dtype=torch.uint8)"),
        (np.array([2**63 - 1, -(2**63)]), "tensor([ 9223372036854775807, -9223372036854775808])"),
        (np.array([True, False]), "tensor([ True, False])"),
        (np.array([[1, 2], [3, 4]]), "tensor([[1, 2],\n        [3, 4]])"),
        (np.array([[[1], [2]], [[3], [4]]]), "tensor([[[1],\n         [2]],\n\n        [[3],\n         [4]]])"),
        (np.zeros((0,), f32), "tensor([])"),
        (np.zeros((0, 3), f32), "tensor([], size=(0, 3))"),
        (np.zeros((2, 0), np.int64), "tensor([], size=(2, 0), dtype=torch.int64)"),
        (np.zeros((0,), np.bool_), "tensor([], dtype=torch.bool)"),
        (np.arange(1001), "tensor([   0,    1,    2,  ...,  998,  999, 1000])"),
    ],
)
def test_examples(array: Any, expected: str) -> None:
    assert repr(torch.from_numpy(np.array(array))) == expected
    assert plain(array) == expected


def test_gradient_notes() -> None:
    values = f32([1, 2.5])
    assert plain(values, grad_fn_name="MulBackward0") == "tensor([1.0000, 2.5000], grad_fn=<MulBackward0>)"
    assert plain(values, requires_grad=True) == "tensor([1.0000, 2.5000], requires_grad=True)"
    both = plain(values, requires_grad=True, grad_fn_name="MulBackward0")
    assert both == "tensor([1.0000, 2.5000], grad_fn=<MulBackward0>)"


def test_parameter_text() -> None:
    parameter = torch.nn.Parameter(torch.rand(3, 20))
    assert "Parameter containing:\n" + plain(parameter.detach().numpy(), requires_grad=True) == repr(parameter)


@pytest.mark.parametrize("linewidth", [40, 100])
def test_device_note_comes_first(linewidth: int) -> None:
    """A meta tensor is the one that names its device on a machine without a GPU; it writes "..." for its values."""
    tensor = torch.empty(0, 3, dtype=torch.float64, device="meta", requires_grad=True)
    with torch_printing.printoptions(linewidth=linewidth):
        expected = repr(tensor).replace("...", "[]")
    array = np.empty((0, 3))
    with printoptions(linewidth=linewidth):
        assert plain(array, requires_grad=True, device_suffix="meta") == expected


@pytest.mark.parametrize("columns", range(20, 82))
def test_a_note_that_does_not_fit_starts_a_line(columns: int) -> None:
    array = np.arange(8, dtype=np.float64)
    tensor = torch.from_numpy(array.copy()).requires_grad_()
    torch.set_printoptions(linewidth=columns)
    set_printoptions(linewidth=columns)
    assert plain(array, requires_grad=True) == repr(tensor)


@pytest.mark.parametrize(
    "shape", [(1000,), (1001,), (2, 501), (501, 2), (300, 7), (11, 11, 11), (6, 7, 30), (7, 1, 1, 150)]
)
@pytest.mark.parametrize("profile", ["default", "short", "full"])
def test_large_arrays(shape: tuple[int, ...], profile: str) -> None:
    array = np.random.default_rng(0).standard_normal(shape).astype(f32)
    torch.set_printoptions(profile=profile)
    set_printoptions(profile=profile)
    assert plain(array) == repr(torch.from_numpy(array))


@pytest.mark.parametrize("value", [0.0, math.nan, -math.inf])
def test_rows_of_values_without_a_width_of_their_own(value: float) -> None:
    array = np.full(60, value, f32)
    assert plain(array) == repr(torch.from_numpy(array))


def test_values_that_are_left_out_do_not_choose_the_format() -> None:
    array = np.ones(2000, f32)
    array[1000] = 1e9
    assert plain(array) == repr(torch.from_numpy(array)) == "tensor([1., 1., 1.,  ..., 1., 1., 1.])"


def test_a_summarised_array_is_read_at_its_corners_only() -> None:
    """A broadcast array of 10**12 elements: no machine could copy or scan it."""
    array = np.broadcast_to(f32(1.5), (10**6, 10**6))
    assert plain(array) == repr(torch.tensor(1.5).expand(10**6, 10**6))


def test_a_signalling_nan_raises_no_warning() -> None:
    array = np.array([0x7F800001], np.uint32).view(f32)
    assert plain(array) == "tensor([nan])"


def test_negative_precision_is_refused() -> None:
    with printoptions(precision=-1), pytest.raises(ValueError, match="Format specifier missing precision"):
        plain(f32([0.5]))


def test_boundless_linewidth_is_refused() -> None:
    with torch_printing.printoptions(linewidth=math.inf), pytest.raises(OverflowError):
        repr(torch.ones(2))
    with printoptions(linewidth=math.inf), pytest.raises(OverflowError, match="infinity"):
        plain(f32([1, 1]))


CALLS = st.fixed_dictionaries(
    {},
    optional={
        "profile": st.sampled_from(["default", "short", "full", "SHORT", "other", None]),
        "precision": st.none() | st.integers(0, 8),
        "threshold": st.none() | st.integers(0, 9),
        "edgeitems": st.none() | st.integers(0, 9),
        "linewidth": st.none() | st.integers(0, 9),
        "sci_mode": st.sampled_from([True, False, None]),
    },
)


@given(st.lists(CALLS, min_size=1, max_size=5))
def test_set_printoptions_is_torchs(calls: list[dict[str, Any]]) -> None:
    set_printoptions(profile="default")
    torch.set_printoptions(profile="default")
    for arguments in calls:
        set_printoptions(**arguments)
        torch.set_printoptions(**arguments)
        assert get_printoptions() == torch_printing.get_printoptions()


def test_get_printoptions_returns_a_copy() -> None:
    get_printoptions()["precision"] = 9
    assert get_printoptions() == {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80, "sci_mode": None}


def test_printoptions_restores_after_an_error() -> None:
    set_printoptions(precision=2, sci_mode=True)
    before = get_printoptions()
    with pytest.raises(KeyError), printoptions(profile="full", precision=7):
        assert get_printoptions()["precision"] == 7
        assert get_printoptions()["sci_mode"] is None
        raise KeyError
    assert get_printoptions() == before


@pytest.mark.parametrize("manager", [printoptions, torch_printing.printoptions])
def test_printoptions_refuses_unknown_names(manager: Callable[..., Any]) -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'digits'"), manager(digits=3):
        raise AssertionError("the block must not be entered")


def test_the_public_list() -> None:
    assert printing.__all__ == ["format_tensor", "get_printoptions", "printoptions", "set_printoptions"]
