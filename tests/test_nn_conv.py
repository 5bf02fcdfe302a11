"""Convolution, pooling, padding, resampling: the layers against torch's, their errors, and how the engine sees them."""

from __future__ import annotations

import functools
import inspect
import re
from typing import Any

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from transcript import Scene, check_scene

import minitorch

LINES = [
    "Conv1d(4, 6, 3)",
    "Conv1d(4, 6, 3, stride=2, padding=1, dilation=2, groups=2, bias=False)",
    "Conv1d(4, 2, 3, padding='same', padding_mode='circular')",
    "Conv1d(4, 2, 2, dtype=torch.float64)",
    "ConvTranspose1d(4, 6, 3)",
    "ConvTranspose1d(4, 6, 3, 2, 1, 1, 2, False, 2)",
    "MaxPool1d(2)",
    "MaxPool1d(3, 2, 1, ceil_mode=True)",
    "MaxPool1d(2, dilation=3)",
    "AvgPool1d(2)",
    "AvgPool1d(3, 2, 1, True, False)",
    "LPPool1d(2, 3)",
    "AdaptiveMaxPool1d(3)",
    "AdaptiveAvgPool1d(5)",
    "ConstantPad1d(2, 1.5)",
    "ZeroPad1d((1, 0))",
    "ReflectionPad1d(2)",
    "ReplicationPad1d((0, 3))",
    "CircularPad1d(2)",
    "Upsample(5)",
    "Upsample(scale_factor=2, mode='linear')",
]
IMAGES = [
    "Conv2d(4, 6, 3)",
    "Conv2d(4, 6, (2, 3), stride=(1, 2), padding=(1, 0), dilation=(2, 1))",
    "Conv2d(4, 6, 1, groups=2, bias=False)",
    "Conv2d(4, 4, 3, padding=1, groups=4)",
    "Conv2d(4, 6, 3, padding='same', dilation=2)",
    "Conv2d(4, 6, 3, padding='valid')",
    "Conv2d(4, 2, 3, padding=1, padding_mode='reflect')",
    "Conv2d(4, 2, 3, padding=(0, 2), padding_mode='replicate')",
    "ConvTranspose2d(4, 6, 3)",
    "ConvTranspose2d(4, 6, 3, stride=2, padding=1, output_padding=1, groups=2, bias=False)",
    "ConvTranspose2d(4, 2, (2, 3), dilation=2)",
    "MaxPool2d(2)",
    "MaxPool2d((3, 2), stride=(2, 1), padding=(1, 1), ceil_mode=True)",
    "AvgPool2d(2)",
    "AvgPool2d(3, 2, 1, ceil_mode=True, count_include_pad=False)",
    "AvgPool2d(2, divisor_override=3)",
    "LPPool2d(3, 2, ceil_mode=True)",
    "AdaptiveMaxPool2d((3, 2))",
    "AdaptiveAvgPool2d((None, 4))",
    "AdaptiveAvgPool2d(1)",
    "AdaptiveAvgPool2d(2)",
    "ConstantPad2d((1, 0, 2, -1), 3)",
    "ZeroPad2d(1)",
    "ReflectionPad2d((1, 2, 0, 1))",
    "ReplicationPad2d(2)",
    "CircularPad2d((1, 1, 2, 0))",
    "Upsample(scale_factor=(2, 1.5))",
    "Upsample((7, 3), mode='bilinear')",
    "Upsample(scale_factor=2, mode='bicubic', align_corners=True)",
    "UpsamplingNearest2d(scale_factor=2)",
    "UpsamplingBilinear2d(size=(7, 9))",
    "Unfold(2)",
    "Unfold((2, 3), dilation=2, padding=1, stride=2)",
    "PixelShuffle(2)",
    "PixelUnshuffle(2)",
]
VOLUMES = [
    "Conv3d(4, 2, 2, padding=1)",
    "ConvTranspose3d(4, 2, 2, stride=2)",
    "MaxPool3d(2)",
    "AvgPool3d(2, 1)",
    "LPPool3d(2, 2)",
    "AdaptiveAvgPool3d(2)",
    "AdaptiveMaxPool3d(3)",
    "ConstantPad3d(1, 2)",
    "ZeroPad3d(1)",
    "ReflectionPad3d(1)",
    "ReplicationPad3d(1)",
    "CircularPad3d(1)",
]
SHAPES = {
    **dict.fromkeys(LINES, (2, 4, 9)),
    **dict.fromkeys(IMAGES, (2, 4, 6, 8)),
    **dict.fromkeys(VOLUMES, (2, 4, 4, 4, 4)),
}
LAYERS = list(SHAPES)
NAMES = sorted({text.partition("(")[0] for text in LAYERS} | {"Fold", "MaxUnpool1d", "MaxUnpool2d", "MaxUnpool3d"})


def make(engine: Any, text: str) -> Any:
    """The layer that `text` says, made from seed 3."""
    engine.manual_seed(3)
    return eval(f"torch.nn.{text}", {"torch": engine})


@pytest.mark.parametrize("text", LAYERS)
def test_layers(text: str) -> None:
    """repr, state, output, gradients of input and parameters; the state of the one in the other."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal(SHAPES[text]).astype("float64" if "float64" in text else "float32")
    own, expected = make(minitorch, text), make(torch, text)
    assert repr(own) == repr(expected)
    assert list(own.state_dict()) == list(expected.state_dict())
    for name, value in expected.state_dict().items():
        np.testing.assert_array_equal(own.state_dict()[name].numpy(), value.numpy())
    # Other values than the first ones, brought over by the state.
    with torch.no_grad():
        for parameter in expected.parameters():
            parameter.uniform_(-1, 1)
    own.load_state_dict({name: minitorch.tensor(value.numpy()) for name, value in expected.state_dict().items()})
    results = []
    for engine, layer in ((minitorch, own), (torch, expected)):
        source = engine.tensor(x, requires_grad=True)
        out = layer(source)
        out.backward(engine.tensor(np.random.default_rng(1).standard_normal(tuple(out.shape)).astype(x.dtype)))
        results.append([out.detach(), source.grad, *(parameter.grad for parameter in layer.parameters())])
        assert out.is_contiguous()
    for mine, theirs in zip(*results, strict=True):
        assert mine.dtype is getattr(minitorch, str(theirs.dtype).removeprefix("torch."))
        assert mine.shape == tuple(theirs.shape)
        np.testing.assert_allclose(mine.numpy(), theirs.numpy(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("text", [each for each in LAYERS if each not in VOLUMES and "Upsample" not in each])
def test_unbatched_input(text: str) -> None:
    x = np.random.default_rng(0).standard_normal(SHAPES[text][1:]).astype("float64" if "float64" in text else "float32")
    if "Upsampling" in text or "PixelShuffle" in text:
        x = x[None]
    own, expected = (make(engine, text)(engine.tensor(x)).detach().numpy() for engine in (minitorch, torch))
    np.testing.assert_allclose(own, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
def test_signatures(name: str) -> None:
    own, expected = (inspect.signature(getattr(engine.nn, name)) for engine in (minitorch, torch))
    assert [(p.name, p.default) for p in own.parameters.values()] == [
        (p.name, p.default) for p in expected.parameters.values()
    ]


@pytest.mark.parametrize("name", NAMES)
def test_is_what_torchs_is(name: str) -> None:
    own, expected = (getattr(engine.nn, name) for engine in (minitorch, torch))
    assert {kind.__name__ for kind in expected.__mro__} <= {kind.__name__ for kind in own.__mro__}
    assert getattr(own, "__constants__", None) == getattr(expected, "__constants__", None)


@pytest.mark.parametrize("spatial", [1, 2, 3])
def test_unpooling_undoes_pooling(spatial: int) -> None:
    x = np.random.default_rng(0).standard_normal((2, 3, *(5,) * spatial)).astype(np.float32)
    results = []
    for engine in (minitorch, torch):
        source = engine.tensor(x, requires_grad=True)
        pool = getattr(engine.nn, f"MaxPool{spatial}d")(2, return_indices=True)
        unpool = getattr(engine.nn, f"MaxUnpool{spatial}d")(2)
        out, indices = pool(source)
        back = unpool(out, indices, output_size=source.size())
        (back * back).sum().backward()
        results.append(
            [repr(unpool), out.detach().numpy(), indices.numpy(), back.detach().numpy(), source.grad.numpy()]
        )
    assert results[0][0] == results[1][0]
    for own, expected in zip(results[0][1:], results[1][1:], strict=True):
        np.testing.assert_array_equal(own, expected)


def test_fold_adds_up_what_unfold_took() -> None:
    for engine in (minitorch, torch):
        columns = engine.nn.Unfold(2)(engine.ones(1, 1, 3, 3))
        folded = engine.nn.Fold((3, 3), 2)(columns)
        assert folded.tolist() == [[[[1, 2, 1], [2, 4, 2], [1, 2, 1]]]]
    assert repr(minitorch.nn.Fold(3, 2)) == repr(torch.nn.Fold(3, 2))


def test_transposed_convolution_of_a_wanted_size() -> None:
    for size in ((9, 9), (10, 9), (1, 2, 10, 10)):
        own, expected = (
            make(engine, "ConvTranspose2d(2, 2, 3, 2)")(engine.ones(1, 2, 4, 4), output_size=size).detach().numpy()
            for engine in (minitorch, torch)
        )
        np.testing.assert_allclose(own, expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("shape", "weight", "padding", "stride"),
    [
        ((2, 3, 9, 9), (4, 3, 5, 5), 0, 1),
        ((2, 3, 6, 6), (4, 3, 3, 3), 1, 1),
        ((2, 3, 6, 6), (4, 3, 3, 3), 1, 2),
        ((2, 3, 4, 4), (4, 3, 1, 1), 0, 1),
    ],
)
def test_each_way_to_convolve_has_all_derivatives(shape: Any, weight: Any, padding: int, stride: int) -> None:
    """The pointwise way, the correlation as an adjoint, and the sum over taps."""
    rng = np.random.default_rng(0)
    x, w, b = (minitorch.tensor(rng.standard_normal(each), requires_grad=True) for each in (shape, weight, weight[:1]))

    def convolve(x: Any, w: Any, b: Any) -> Any:
        return minitorch.conv2d(x, w, b, stride, padding)[:, :2, :2, :2]

    assert minitorch.autograd.gradcheck(convolve, (x, w, b))
    small = [each[:1, :2].detach().requires_grad_() for each in (x, w)]
    assert minitorch.autograd.gradgradcheck(lambda x, w: minitorch.conv2d(x, w, None, stride, padding), small)


def test_what_needs_no_gradient_gets_none() -> None:
    x, w = minitorch.ones(1, 1, 4, 4), minitorch.ones(1, 1, 2, 2, requires_grad=True)
    out = minitorch.conv2d(x, w)
    assert [edge[0] is None for edge in out.grad_fn.next_functions[:2]] == [True, False]


SCENES: list[Scene] = []


def scene(function: Scene) -> Scene:
    """Adds a scene to those that are played."""
    SCENES.append(function)
    return function


@pytest.mark.parametrize("played", SCENES, ids=lambda each: each.__name__)
def test_same_on_both_engines(played: Scene) -> None:
    check_scene(played)


@scene
def nodes(torch, say):
    functional = torch.nn.functional
    line, image = torch.ones(1, 4, 8, requires_grad=True), torch.ones(1, 4, 8, 8, requires_grad=True)
    for layer in ("Conv1d(4, 2, 3)", "MaxPool1d(2)", "AvgPool1d(2)", "AdaptiveAvgPool1d(3)", "AdaptiveMaxPool1d(3)"):
        say(type(eval(f"torch.nn.{layer}", {"torch": torch})(line).grad_fn).__name__)
    for layer in (
        "Conv2d(4, 2, 3)",
        "Conv2d(4, 2, 3, padding='same')",
        "ConvTranspose2d(4, 2, 3)",
        "MaxPool2d(2)",
        "AvgPool2d(2)",
        "AdaptiveAvgPool2d(3)",
        "AdaptiveAvgPool2d(1)",
        "AdaptiveMaxPool2d(3)",
        "ZeroPad2d(1)",
        "ReflectionPad2d(1)",
        "ReplicationPad2d(1)",
        "Upsample(9)",
        "Upsample(9, mode='nearest-exact')",
        "Upsample(9, mode='bilinear')",
        "Upsample(9, mode='bicubic')",
        "PixelShuffle(2)",
        "PixelUnshuffle(2)",
        "Unfold(2)",
    ):
        say(type(eval(f"torch.nn.{layer}", {"torch": torch})(image).grad_fn).__name__)
    say(type(functional.conv2d(image[0], torch.ones(2, 4, 3, 3)).grad_fn).__name__)
    say(type(torch.channel_shuffle(image, 2).grad_fn).__name__)


@scene
def maxima_of_nan_and_equal_elements(torch, say):
    x = torch.tensor([[[[1.0, 1.0, float("nan"), 2.0], [1.0, 0.0, float("nan"), 5.0]]]], requires_grad=True)
    out, indices = torch.nn.functional.max_pool2d(x, 2, return_indices=True)
    out.sum().backward()
    say(out, indices, x.grad)
    say(torch.nn.functional.max_pool2d(torch.full((1, 1, 3, 3), -float("inf")), 2, 1, 1, return_indices=True))


@scene
def other_weights_and_other_functions(torch, say):
    nn = torch.nn

    class Positive(nn.Conv2d):
        def _conv_forward(self, input, weight, bias):
            return super()._conv_forward(input, weight.abs(), None)

    layer = Positive(2, 3, 2, padding=1, padding_mode="circular")
    x = torch.rand(1, 2, 3, 3)
    say(layer, layer(x), layer._conv_forward(x, layer.weight, layer.bias))
    for name, layer in (
        ("conv2d", nn.Conv2d(2, 3, 2)),
        ("conv_transpose2d", nn.ConvTranspose2d(2, 3, 2)),
        ("max_pool2d", nn.MaxPool2d(2)),
        ("avg_pool2d", nn.AvgPool2d(2)),
        ("lp_pool2d", nn.LPPool2d(2, 2)),
        ("adaptive_max_pool2d", nn.AdaptiveMaxPool2d(2)),
        ("adaptive_avg_pool2d", nn.AdaptiveAvgPool2d(2)),
        ("dropout", nn.Dropout()),
        ("dropout2d", nn.Dropout2d()),
    ):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(nn.functional, name, lambda *args, **kwargs: len(args))
            say(type(layer(x)).__name__)


@scene
def wrong_layers(torch, say):
    nn = torch.nn
    for make in (
        lambda: nn.Conv2d(3, 4, 3, groups=2),
        lambda: nn.Conv2d(4, 3, 3, groups=2),
        lambda: nn.Conv2d(3, 4, 3, groups=0),
        lambda: nn.Conv2d(3, 4, 3, stride=2, padding="same"),
        lambda: nn.ConvTranspose2d(3, 4, 3, padding_mode="reflect"),
        lambda: nn.ConvTranspose2d(1, 1, 3, 2)(torch.ones(1, 1, 2, 2), output_size=(9, 9)),
        lambda: nn.ConvTranspose2d(1, 1, 3, 2)(torch.ones(1, 1, 2, 2), output_size=(5,)),
        lambda: nn.Conv2d(3, 4, 3)(torch.ones(2, 1, 5, 5)),
        lambda: nn.Conv2d(3, 4, 3)(torch.ones(1, 5, 5)),
        lambda: nn.Conv2d(3, 4, 3)(torch.ones(5, 5)),
        lambda: nn.Conv1d(3, 4, 3)(torch.ones(2, 3, 4, 4)),
        lambda: nn.Conv2d(3, 4, 3)(torch.ones(2, 3, 2, 5)),
        lambda: nn.Conv2d(3, 4, 3, padding=(0, 1))(torch.ones(2, 3, 2, 1)),
        lambda: nn.functional.conv2d(torch.ones(1, 4, 3, 3), torch.ones(3, 2, 2, 2), groups=2),
        lambda: nn.functional.conv2d(torch.ones(1, 3, 3, 3), torch.ones(4, 3, 2, 2), torch.ones(3)),
        lambda: nn.functional.conv2d(torch.ones(1, 3, 3, 3), torch.ones(4, 3, 2, 2), padding="some"),
        lambda: nn.functional.conv2d(torch.ones(1, 3, 3, 3), torch.ones(4, 3, 2, 2), stride=2, padding="same"),
        lambda: nn.functional.conv2d(torch.ones(1, 3, 3, 3), torch.ones(0, 3, 2, 2)),
        lambda: nn.functional.conv_transpose2d(torch.ones(1, 2, 3, 3), torch.ones(3, 3, 2, 2)),
        lambda: nn.functional.conv_transpose2d(torch.ones(1, 3, 1, 1), torch.ones(3, 3, 2, 2), padding=1),
        lambda: nn.functional.conv_transpose2d(torch.ones(1, 3, 3, 3), torch.ones(3, 3, 2, 2), torch.ones(2)),
        lambda: nn.CircularPad2d((1,))(torch.ones(3, 2)),
        lambda: nn.CircularPad1d((1, 1, 1, 1))(torch.ones(1, 1, 2, 2)),
        lambda: nn.PixelShuffle(2)(torch.ones(1, 3, 2, 2)),
        lambda: nn.PixelShuffle(0)(torch.ones(1, 4, 2, 2)),
        lambda: nn.PixelShuffle(2)(torch.ones(2, 2)),
        lambda: nn.PixelUnshuffle(2)(torch.ones(1, 4, 3, 2)),
        lambda: torch.channel_shuffle(torch.ones(1, 4, 3), 3),
        lambda: nn.functional.pad(torch.ones(2, 3), (1, 1), mode="reflect", value=1.0),
        lambda: nn.functional.interpolate(torch.ones(1, 1, 2, 2)),
        lambda: nn.functional.interpolate(torch.ones(1, 1, 2, 2), 3, 2),
        lambda: nn.functional.interpolate(torch.ones(1, 1, 2, 2), (3, 3, 3)),
        lambda: nn.functional.interpolate(torch.ones(1, 1, 2, 2), scale_factor=(3, 3, 3)),
        lambda: nn.functional.interpolate(torch.ones(1, 1, 2, 2), 3, align_corners=True),
        lambda: nn.functional.interpolate(torch.ones(1, 1, 2, 2), 3, mode="linear"),
        lambda: nn.functional.interpolate(torch.ones(1, 1, 2, 2), 3, mode="any"),
        lambda: nn.functional.interpolate(torch.ones(1, 1, 2, 2), 3, recompute_scale_factor=True),
        lambda: nn.functional.interpolate(torch.ones(1, 1, 2, 2), 3, antialias=True),
        lambda: nn.MaxUnpool2d(2)(torch.ones(1, 1, 1, 1), torch.zeros(1, 1, 1, 1, dtype=torch.int64), (9, 9)),
        lambda: nn.MaxUnpool2d(2)(torch.ones(1, 1, 1, 1), torch.zeros(1, 1, 1, 1, dtype=torch.int64), (3,)),
    ):
        say.error(make)


@pytest.mark.parametrize(
    ("call", "phrase"),
    [
        ("F.conv2d(x, torch.ones(4, 3, 2, 2), stride=0)", "non-positive stride is not supported"),
        ("F.conv2d(x, torch.ones(4, 3, 2, 2), dilation=0)", "non-positive dilation is not supported"),
        ("F.conv2d(x, torch.ones(4, 3, 2, 2), padding=-1)", "negative padding is not supported"),
        ("F.conv2d(x, torch.ones(4, 3, 2, 2), groups=0)", "non-positive groups is not supported"),
        ("F.conv2d(x, torch.ones(4, 3, 2, 2), stride=(1, 1, 1))", "expected stride to be a single integer value"),
        ("F.conv2d(x, torch.ones(4, 3, 2, 2, dtype=torch.float64))", "should be the same"),
        ("F.conv2d(x, torch.ones(4, 3, 2, 2), torch.ones(4, dtype=torch.float64))", "and bias type"),
        ("F.conv2d(x, torch.tensor(1.0))", "weight should have at least three dimensions"),
        ("F.conv2d(x.bool(), torch.ones(4, 3, 2, 2).bool())", "not implemented for 'Bool'"),
        ("F.conv2d(torch.ones(1, 3, 0, 5), torch.ones(4, 3, 2, 2), padding=2)", "Only zero batch or zero channel"),
        ("F.conv_transpose2d(x, torch.ones(3, 3, 2, 2), output_padding=1)", "output padding must be smaller than"),
        ("F.conv_transpose2d(x, torch.ones(3, 3, 2, 2), output_padding=-1)", "negative output_padding"),
        ("F.conv_transpose2d(x, torch.ones(3, 0, 2, 2))", "non-empty"),
        ("F.max_pool2d(x, 2, padding=2)", "pad should be at most half of effective kernel size, but got pad=2"),
        ("F.max_pool2d(x, 2, padding=-1)", "pad must be non-negative, but got pad: -1"),
        ("F.max_pool2d(x, 2, stride=0)", "stride should not be zero"),
        ("F.max_pool2d(x, 2, dilation=0)", "dilation should be greater than zero"),
        ("F.max_pool2d(x, 7)", "Output size is too small"),
        ("F.max_pool2d(x, (2, 2, 2))", "kernel_size must either be a single int, or a tuple of two ints"),
        ("F.max_pool2d(x[:, :0], 2)", "Expected 3D or 4D (batch mode) tensor"),
        ("F.max_pool2d(x.bool(), 2)", "not implemented for 'Bool'"),
        ("F.avg_pool2d(x, 2, padding=2)", "pad should be at most half of effective kernel size"),
        ("F.avg_pool2d(x, 2, divisor_override=0)", "divisor must be not zero"),
        ("F.avg_pool2d(x.int(), 2)", "not implemented for 'Int'"),
        ("F.avg_pool2d(x[0, 0], 2)", "Dimension out of range"),
        ("F.avg_pool1d(x[0, 0, 0], 2)", "Expected 2 to 3 dimensions, but got 1-dimensional tensor"),
        ("F.avg_pool1d(x[0], (2, 2))", "argument 'kernel_size' should contain one int (got 2)"),
        ("F.adaptive_avg_pool2d(x, -1)", "elements of output_size must be greater than or equal to 0"),
        ("F.adaptive_avg_pool2d(x, (1, 2, 3))", "output_size must be 2"),
        ("F.adaptive_avg_pool2d(x[0, 0], (1, 2))", "Input dimension should be at least 3"),
        ("F.adaptive_avg_pool2d(x[0, 0], 2)", "Expected 3D or 4D tensor"),
        ("F.adaptive_avg_pool2d(x[:, :, :0], 2)", "being empty"),
        ("F.adaptive_avg_pool2d(x.long(), 2)", "not implemented for 'Long'"),
        ("F.adaptive_avg_pool1d(x[0], (2, 2))", "argument 'output_size' should contain one int (got 2)"),
        ("F.adaptive_max_pool1d(x, 2)", "Expected 2 to 3 dimensions, but got 4-dimensional tensor"),
        ("F.max_unpool2d(x, (x * 999).long(), 2)", "Found an invalid max index"),
        ("F.max_unpool2d(x, x.int(), 2)", "elements in indices should be type int64 but got: Int"),
        ("F.max_unpool2d(x, x[:, :1].long(), 2)", "Expected shape of indices to be same as that of the input tensor"),
        ("F.max_unpool2d(x[0, 0], x[0, 0].long(), 2)", "a 3d or 4d Tensor, but got a tensor with 2 dimensions"),
        ("F.pad(x, (1,))", "Padding length must be divisible by 2"),
        ("F.pad(x, (1,) * 10)", "Padding length should be less than or equal to two times the input dimension"),
        ("torch.constant_pad_nd(x, (1,))", "Length of pad must be even but instead it equals 1"),
        ("torch.constant_pad_nd(x, (1,) * 10)", "Length of pad should be no more than twice the number of dimensions"),
        ("torch.constant_pad_nd(x, (-3, -3))", "resulted in a negative output size, which is invalid"),
        ("F.pad(x, 1)", "argument 'pad' (position 2) must be tuple of ints, not int"),
        ("F.pad(x, (1, 1), mode='reflect')", "Padding size 2 is not supported for 4D input tensor."),
        ("F.pad(x, (1, 1), mode='some')", "Unrecognised padding mode some"),
        ("F.pad(x[0], (9, 1), mode='reflect')", "Padding size should be less than the corresponding input dimension"),
        ("F.pad(x[0], (9, 1), mode='circular')", "Padding value causes wrapping around more than once"),
        ("F.pad(x[0], (-3, -3), mode='circular')", "Negative padding value is resulting in an empty dimension"),
        ("F.pad(x[0], (-3, -3), mode='replicate')", "is too small. Calculated output"),
        ("F.pad(x[0, :, :0], (1, 1), mode='reflect')", "Expected 2D or 3D (batch mode) tensor"),
        ("F.pad(x[0].bool(), (1, 1), mode='reflect')", "not implemented for 'Bool'"),
        ("F.interpolate(x, 0)", "Input and output sizes should be greater than 0"),
        ("F.interpolate(x[:, :0], 3)", "Non-empty 4D data tensor expected"),
        ("F.interpolate(x.long(), 3)", "not implemented for 'Long'"),
        ("F.interpolate(x.long(), 3, mode='bicubic', antialias=True)", "not implemented for 'Long'"),
        ("F.interpolate(x.half(), 3, mode='bicubic', antialias=True)", "not implemented for 'Half'"),
        ("F.interpolate(x, 3, mode='lanczos')", "Lanczos mode requires antialias=True"),
        ("F.interpolate(x, 3, mode='lanczos', align_corners=True)", "Lanczos mode does not support align_corners=True"),
        ("F.interpolate(x[:, :0], 3, mode='bicubic', antialias=True)", "Non-empty 4D data tensor expected"),
        ("F.unfold(x, 7)", "but its components must be at least one"),
        ("F.unfold(x, 2, stride=0)", "stride should be greater than zero"),
        ("F.unfold(x, 2, padding=-1)", "padding should be non-negative"),
        ("F.unfold(x, (2, 2, 2))", "It is expected kernel_size equals to 2, but got size 3"),
        ("F.unfold(x[:, :0], 2)", "Expected 3D or 4D (batch mode) tensor"),
        ("F.fold(torch.ones(2, 12, 8), 4, 2)", "to match the calculated number of sliding blocks 3 * 3 = 9"),
        ("F.fold(torch.ones(2, 11, 9), 4, 2)", "to be divisible by the product of kernel_size"),
        ("F.fold(torch.ones(9), 4, 2)", "Expected 2D or 3D (batch mode) tensor for input"),
        ("F.pixel_unshuffle(torch.ones(1, 2, 2), 0)", "expects a positive downscale_factor, but got 0"),
        ("F.pixel_unshuffle(torch.ones(2, 2), 1)", "expects input to have at least 3 dimensions"),
        ("F.max_pool2d([1], 2)", "argument 'input' (position 1) must be Tensor, not list"),
        ("F.max_pool2d(x, 2.0)", "must be tuple of ints, not float"),
        ("F.max_pool2d(x, 2, ceil_mode=1)", "must be bool, not int"),
    ],
)
def test_error_texts(call: str, phrase: str) -> None:
    errors = []
    for engine in (minitorch, torch):
        with pytest.raises(Exception) as caught:
            eval(call, {"torch": engine, "F": engine.nn.functional, "x": engine.ones(1, 3, 5, 5)})
        errors.append(caught.value)
    assert phrase in str(errors[0])
    builtin = [next(kind for kind in type(error).__mro__ if kind.__module__ == "builtins") for error in errors]
    assert issubclass(builtin[0], builtin[1]), errors


@pytest.mark.parametrize("name", ["conv2d", "conv_transpose2d"])
def test_what_is_no_tensor(name: str) -> None:
    convolve = getattr(minitorch, name)
    with pytest.raises(TypeError, match=r"argument 'weight' \(position 2\) must be Tensor, not list"):
        convolve(minitorch.ones(1, 1, 2, 2), [1])
    with pytest.raises(TypeError, match="argument 'stride' must be tuple of ints, not str"):
        convolve(minitorch.ones(1, 1, 2, 2), minitorch.ones(1, 1, 1, 1), stride="a")
    with pytest.raises(TypeError, match="argument 'groups' must be int, not float"):
        convolve(minitorch.ones(1, 1, 2, 2), minitorch.ones(1, 1, 1, 1), groups=1.0)


@pytest.mark.parametrize(
    ("mode", "align_corners"),
    [("bilinear", False), ("bilinear", True), ("bicubic", False), ("bicubic", True), ("lanczos", False)],
)
@pytest.mark.parametrize(
    "how",
    [{"size": (5, 4)}, {"size": (5, 13)}, {"size": 1}, {"scale_factor": 0.5}, {"scale_factor": (0.45, 1.7)}]
    + [{"scale_factor": 0.45, "recompute_scale_factor": True}],
    ids=str,
)
def test_antialias(mode: str, align_corners: bool, how: dict[str, Any]) -> None:
    values = np.random.default_rng(0).random((2, 3, 11, 9))
    upstream, seen = None, {}
    for engine in (minitorch, torch):
        x = engine.tensor(values, requires_grad=True)
        out = engine.nn.functional.interpolate(x, mode=mode, align_corners=align_corners, antialias=True, **how)
        upstream = np.random.default_rng(1).random(tuple(out.shape)) if upstream is None else upstream
        (g,) = engine.autograd.grad((out * engine.tensor(upstream)).sum(), x)
        seen[engine] = out.detach().numpy(), g.numpy(), re.sub(" object.*", "", repr(out.grad_fn))
    for ours, theirs in zip(seen[minitorch][:2], seen[torch][:2], strict=True):
        assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)
    assert seen[minitorch][2] == seen[torch][2]


def test_antialias_twice_differentiated() -> None:
    x = minitorch.rand(1, 2, 5, 4, dtype=minitorch.float64, requires_grad=True)
    resize = functools.partial(minitorch.nn.functional.interpolate, size=(3, 7), mode="bicubic", antialias=True)
    assert minitorch.autograd.gradgradcheck(resize, x)


def test_an_even_kernel_warns_of_the_copy() -> None:
    # torch warns once in a process only.
    with pytest.warns(UserWarning, match="may require a zero-padded copy of the input"):
        out = minitorch.conv1d(minitorch.ones(1, 1, 4), minitorch.ones(1, 1, 2), padding="same")
    assert out.tolist() == [[[2, 2, 2, 1]]]


@pytest.mark.parametrize("name", ["upsample", "upsample_nearest", "upsample_bilinear"])
def test_deprecated_forms_warn(name: str) -> None:
    results = []
    for engine in (minitorch, torch):
        with pytest.warns(UserWarning, match="is deprecated"):
            results.append(getattr(engine.nn.functional, name)(engine.arange(4.0).view(1, 1, 2, 2), 3).numpy())
    np.testing.assert_allclose(*results, rtol=1e-6)


def test_training_a_small_network_prints_torchs_losses() -> None:
    losses: dict[str, list[float]] = {}
    for engine in (minitorch, torch):
        engine.manual_seed(0)
        nn = engine.nn
        model = nn.Sequential(
            nn.Conv2d(1, 4, 3), nn.MaxPool2d(2), nn.ReLU(), nn.Conv2d(4, 6, 3, padding=1), nn.AvgPool2d(2), nn.Flatten()
        )
        x, y = engine.randn(16, 1, 10, 10), engine.arange(16) % 24
        optimizer = engine.optim.SGD(model.parameters(), lr=0.1, momentum=0.5)
        for _ in range(30):
            loss = nn.functional.cross_entropy(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.setdefault(engine.__name__, []).append(loss.item())
    assert losses["minitorch"][-1] < losses["minitorch"][0]
    np.testing.assert_allclose(losses["minitorch"], losses["torch"], rtol=1e-4)


def check_convolution(name: str, x: np.ndarray, w: np.ndarray, **options: Any) -> None:
    """Both engines: the result, the gradients under a random upstream one, and the gradients of those."""
    results = []
    for engine in (minitorch, torch):
        function = getattr(engine.nn.functional, name)
        leaves = [engine.tensor(array, requires_grad=True) for array in (x, w)]
        out = function(*leaves, **options)
        rng = np.random.default_rng(1)
        upstream = engine.tensor(rng.standard_normal(tuple(out.shape)).astype(np.float32), requires_grad=True)
        first = engine.autograd.grad(out, leaves, upstream, create_graph=True)
        direction = [engine.tensor(rng.standard_normal(tuple(g.shape)).astype(np.float32)) for g in first]
        second = engine.autograd.grad(first, [*leaves, upstream], direction)
        results.append([each.detach().numpy() for each in (out, *first, *second)])
    for mine, expected in zip(*results, strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("name", ["conv1d", "conv2d", "conv_transpose2d"])
def test_a_batch_in_parts_that_fit_the_cache_gives_the_same(
    name: str, stride: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("minitorch.backend._CACHE", 1000)  # of the scratch of one image, or of two
    spatial = (9,) if name == "conv1d" else (9, 7)
    rng = np.random.default_rng(0)
    x = rng.standard_normal((7, 4, *spatial)).astype(np.float32)
    w = rng.standard_normal((4, 2, *(3 for _ in spatial))).astype(np.float32)
    check_convolution(name, x, w, stride=stride, padding=1, groups=2)


@pytest.mark.parametrize("groups", [1, 3])
@pytest.mark.parametrize("options", [{}, {"stride": 2}, {"dilation": 2, "padding": 2}], ids=str)
@pytest.mark.parametrize("name", ["conv1d", "conv2d", "conv3d"])
def test_a_kernel_of_more_numbers_than_it_meets(name: str, options: dict[str, int], groups: int) -> None:
    spatial = (3, 2, 3)[: int(name[4])]
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, 6, *spatial)).astype(np.float32)
    w = rng.standard_normal((120 * groups, 6 // groups, *(3 for _ in spatial))).astype(np.float32)
    check_convolution(name, x, w, **{"padding": 1, **options}, groups=groups)


LYING: list[tuple[tuple[int, ...], tuple[int, ...]]] = [
    ((9, 6, 7, 8), (5, 6, 3, 2)),  # narrow images of many channels: the batch comes last in a row
    ((3, 6, 5, 45), (5, 6, 3, 4)),  # wide ones: the columns do
    ((9, 2, 7, 8), (5, 2, 3, 3)),  # few channels: a row for each column of the kernel, of narrow images
    ((3, 2, 5, 17), (5, 2, 3, 3)),  # and of wide ones
    ((2, 6, 4, 5, 6), (5, 6, 2, 3, 2)),
    ((17, 12, 9), (6, 6, 4)),
    ((2, 9, 6, 45), (6, 3, 5, 1)),
]
SLIDING: list[dict[str, Any]] = [
    {},
    {"padding": 3},
    {"stride": 2, "padding": 1},
    {"stride": 3},
    {"dilation": 2, "padding": 2},
    {"stride": 2, "dilation": 3, "padding": 4},
]


@pytest.mark.parametrize("options", SLIDING, ids=str)
@pytest.mark.parametrize(("image", "kernel"), LYING, ids=str)
def test_however_the_lines_lie(image: tuple[int, ...], kernel: tuple[int, ...], options: dict[str, Any]) -> None:
    rng = np.random.default_rng(0)
    dilation = options.get("dilation", 1)
    x = rng.standard_normal((*image[:2], *(own + k * dilation for own, k in zip(image[2:], kernel[2:], strict=True))))
    w = rng.standard_normal(kernel)
    name, groups = f"conv{len(image) - 2}d", image[1] // kernel[1]
    check_convolution(name, x.astype(np.float32), w.astype(np.float32), **options, groups=groups)
