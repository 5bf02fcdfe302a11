"""torchvision.ops against its definitions, computed box by box, and against torch's layers."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import minitorch
from minitorch.vision import ops

BOXES = np.float32([[0, 0, 4, 4], [2, 2, 6, 6], [0, 0, 4, 4.5], [10, 10, 12, 13], [3, 1, 5, 3]])
SCORES = np.float32([0.5, 0.9, 0.6, 0.1, 0.6])


def area(box: np.ndarray) -> float:
    return max(box[2] - box[0], 0) * max(box[3] - box[1], 0)


def overlap(a: np.ndarray, b: np.ndarray) -> tuple[float, float]:
    """IoU and generalized IoU of two boxes."""
    shared = (
        area(np.r_[np.maximum(a[:2], b[:2]), np.minimum(a[2:], b[2:])])
        if all(np.minimum(a[2:], b[2:]) > np.maximum(a[:2], b[:2]))
        else 0.0
    )
    united = area(a) + area(b) - shared
    around = area(np.r_[np.minimum(a[:2], b[:2]), np.maximum(a[2:], b[2:])])
    return shared / united, shared / united - (around - united) / around


def test_overlaps() -> None:
    boxes, others = minitorch.tensor(BOXES), minitorch.tensor(BOXES[1:4])
    expected = np.array([[overlap(a, b) for b in BOXES[1:4]] for a in BOXES])
    np.testing.assert_allclose(ops.box_area(boxes).numpy(), [area(box) for box in BOXES])
    np.testing.assert_allclose(ops.box_iou(boxes, others).numpy(), expected[..., 0], rtol=1e-6)
    np.testing.assert_allclose(ops.generalized_box_iou(boxes, others).numpy(), expected[..., 1], rtol=1e-5, atol=1e-7)
    assert ops.box_iou(boxes, boxes).dtype is minitorch.float32
    assert ops.box_iou(boxes, boxes[:0]).shape == (5, 0)
    whole = boxes.long()
    assert ops.box_iou(whole, whole).diag().tolist() == [1.0] * 5


def test_an_overlap_has_a_gradient() -> None:
    boxes = minitorch.tensor(BOXES[:1], dtype=minitorch.float64, requires_grad=True)
    other = minitorch.tensor(BOXES[1:2], dtype=minitorch.float64)
    assert minitorch.autograd.gradcheck(lambda b: ops.generalized_box_iou(b, other), (boxes,))


@pytest.mark.parametrize("out_fmt", ["xyxy", "xywh", "cxcywh"])
@pytest.mark.parametrize("in_fmt", ["xyxy", "xywh", "cxcywh"])
def test_formats(in_fmt: str, out_fmt: str) -> None:
    forms = {"xyxy": [1.0, 2.0, 4.0, 8.0], "xywh": [1.0, 2.0, 3.0, 6.0], "cxcywh": [2.5, 5.0, 3.0, 6.0]}
    given = minitorch.tensor([forms[in_fmt]])
    converted = ops.box_convert(given, in_fmt, out_fmt)
    assert converted.tolist() == [forms[out_fmt]] and converted.data_ptr() != given.data_ptr()


def test_boxes_are_cut_and_left_out() -> None:
    boxes = minitorch.tensor([[-1.0, -2.0, 5.0, 3.0], [1.0, 1.0, 9.0, 9.0]])
    assert ops.clip_boxes_to_image(boxes, (4, 6)).tolist() == [[0, 0, 5, 3], [1, 1, 6, 4]]
    assert ops.remove_small_boxes(minitorch.tensor(BOXES), 3).tolist() == [0, 1, 2]
    assert ops.remove_small_boxes(minitorch.tensor(BOXES), 2).tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("threshold", [0.0, 0.1, 0.14, 0.5, 0.95])
def test_the_best_of_boxes_that_overlap(threshold: float) -> None:
    rng = np.random.default_rng(0)
    corners = rng.random((60, 2)) * 10
    boxes = np.float32(np.c_[corners, corners + rng.random((60, 2)) * 5 + 0.1])
    scores = np.float32(rng.random(60))
    kept: list[int] = []
    for k in np.argsort(-scores):
        if all(overlap(boxes[k], boxes[other])[0] <= threshold for other in kept):
            kept.append(int(k))
    assert ops.nms(minitorch.tensor(boxes), minitorch.tensor(scores), threshold).tolist() == kept


def test_the_best_of_each_class() -> None:
    boxes, scores = minitorch.tensor(BOXES) - 3, minitorch.tensor(SCORES)
    assert ops.nms(boxes, scores, 0.5).tolist() == [1, 2, 4, 3]
    classes = minitorch.tensor([0, 1, 1, 1, 0])
    assert ops.batched_nms(boxes, scores, classes, 0.5).tolist() == [1, 2, 4, 0, 3]
    none = ops.batched_nms(boxes[:0], scores[:0], classes[:0], 0.5)
    assert none.shape == (0,) and none.dtype is minitorch.int64


@pytest.mark.parametrize("alpha", [0.25, 1, -1])
@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
def test_focal_loss(alpha: float, reduction: str) -> None:
    x, y = np.float32([-3, -0.5, 0, 2, 40]), np.float32([1, 0, 1, 1, 1])
    p = np.where(y == 1, 1 / (1 + np.exp(-x)), 1 - 1 / (1 + np.exp(-x)))
    weight = 1 if alpha < 0 else np.where(y == 1, alpha, 1 - alpha)
    expected = -weight * (1 - p) ** 3 * np.log(p)
    loss = ops.sigmoid_focal_loss(minitorch.tensor(x), minitorch.tensor(y), alpha, 3, reduction)
    np.testing.assert_allclose(loss.numpy(), getattr(expected, reduction, lambda: expected)(), rtol=1e-5, atol=1e-7)


def test_stochastic_depth() -> None:
    minitorch.manual_seed(0)
    x = minitorch.ones(2000, 2, 3)
    rows = ops.stochastic_depth(x, 0.2, "row")
    assert bool((rows == rows[:, :1, :1]).all()) and set(rows.unique().tolist()) == {0.0, 1.25}
    assert abs(float(rows.mean()) - 1) < 0.05
    whole = {float(ops.stochastic_depth(x[:2], 0.5, "batch").sum()) for _ in range(20)}
    assert whole == {0.0, 24.0}
    layer = ops.StochasticDepth(1.0, "row")
    assert repr(layer) == "StochasticDepth(p=1.0, mode=row)"
    assert not layer(x).any() and layer.eval()(x) is x and ops.stochastic_depth(x, 0, "row") is x


def test_convolution_normalization_activation() -> None:
    block = ops.Conv2dNormActivation(3, 4, kernel_size=(3, 5), dilation=2)
    assert [type(layer).__name__ for layer in block] == ["Conv2d", "BatchNorm2d", "ReLU"]
    assert block[0].padding == (2, 4) and block[0].bias is None and block[2].inplace and block.out_channels == 4
    assert block(minitorch.ones(1, 3, 8, 8)).shape == (1, 4, 8, 8)
    bare = ops.Conv2dNormActivation(3, 4, 1, 2, 0, norm_layer=None, activation_layer=None)
    assert len(bare) == 1 and bare[0].bias is not None and bare[0].stride == (2, 2)
    smooth = ops.Conv2dNormActivation(3, 4, activation_layer=minitorch.nn.Sigmoid, inplace=None, bias=True)
    assert smooth[0].bias is not None and type(smooth[2]) is minitorch.nn.Sigmoid


def test_squeeze_and_excitation() -> None:
    block = ops.SqueezeExcitation(4, 2)
    assert list(block.state_dict()) == ["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"]
    x = np.random.default_rng(0).standard_normal((2, 4, 3, 3)).astype(np.float32)
    weight = {name: torch.from_numpy(value.numpy()) for name, value in block.state_dict().items()}
    hidden = torch.conv2d(
        torch.from_numpy(x).mean((2, 3), keepdim=True), weight["fc1.weight"], weight["fc1.bias"]
    ).relu()
    scale = torch.conv2d(hidden, weight["fc2.weight"], weight["fc2.bias"]).sigmoid()
    np.testing.assert_allclose(block(minitorch.tensor(x)).detach().numpy(), (scale * torch.from_numpy(x)).numpy(), 1e-5)


def test_linear_layers() -> None:
    net = ops.MLP(3, [4, 5, 2], norm_layer=minitorch.nn.BatchNorm1d, inplace=True, bias=False, dropout=0.5)
    inner = ["Linear", "BatchNorm1d", "ReLU", "Dropout"]
    assert [type(layer).__name__ for layer in net] == [*inner, *inner, "Linear", "Dropout"]
    assert net[2].inplace and net[3].inplace and net[3].p == 0.5 and net[0].bias is None
    assert net(minitorch.ones(6, 3)).shape == (6, 2)
    assert [type(layer).__name__ for layer in ops.MLP(3, [2])] == ["Linear", "Dropout"]


def test_errors() -> None:
    x = minitorch.ones(1, 4)
    with pytest.raises(ValueError, match="Unsupported Bounding Box Conversions for given in_fmt xyxy and out_fmt yx"):
        ops.box_convert(x, "xyxy", "yx")
    with pytest.raises(ValueError, match=r"Invalid alpha value: 2. alpha must be in the range \[0,1\] or -1"):
        ops.sigmoid_focal_loss(x, x, 2)
    with pytest.raises(ValueError, match="Invalid Value for arg 'reduction': 'x'"):
        ops.sigmoid_focal_loss(x, x, reduction="x")
    with pytest.raises(ValueError, match="drop probability has to be between 0 and 1, but got 2"):
        ops.stochastic_depth(x, 2, "row")
    with pytest.raises(ValueError, match="mode has to be either 'batch' or 'row', but got x"):
        ops.stochastic_depth(x, 0.5, "x")
