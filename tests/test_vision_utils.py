"""vision.utils: grids laid out by hand, files read back by Pillow, drawings compared with Pillow's."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

import minitorch
from minitorch.vision import utils


def images(count: int = 5, channels: int = 3, height: int = 4, width: int = 6) -> np.ndarray:
    return np.random.default_rng(count).random((count, channels, height, width)).astype("f4")


def grid_by_hand(batch: np.ndarray, columns: int, padding: int, value: float) -> np.ndarray:
    count, channels, height, width = batch.shape
    rows = -(-count // columns)
    full = (channels, rows * (height + padding) + padding, columns * (width + padding) + padding)
    grid = np.full(full, value, batch.dtype)
    for number, image in enumerate(batch):
        top = padding + number // columns * (height + padding)
        left = padding + number % columns * (width + padding)
        grid[:, top : top + height, left : left + width] = image
    return grid


@pytest.mark.parametrize(("count", "nrow", "columns"), [(5, 8, 5), (5, 3, 3), (5, 1, 1), (6, 3, 3), (2, 2, 2)])
@pytest.mark.parametrize(("padding", "value"), [(2, 0.0), (0, 0.0), (3, 0.7)])
def test_make_grid_lays_images_out_in_rows(count: int, nrow: int, columns: int, padding: int, value: float) -> None:
    batch = images(count)
    expected = grid_by_hand(batch, columns, padding, value)
    for given in (minitorch.from_numpy(batch), [minitorch.from_numpy(image) for image in batch]):
        grid = utils.make_grid(given, nrow=nrow, padding=padding, pad_value=value)
        np.testing.assert_array_equal(grid.numpy(), expected, strict=True)


def test_make_grid_keeps_bytes_and_other_numbers_of_channels() -> None:
    levels = (images() * 255).astype("u1")
    grid = utils.make_grid(minitorch.from_numpy(levels), nrow=2, pad_value=9)
    np.testing.assert_array_equal(grid.numpy(), grid_by_hand(levels, 2, 2, 9), strict=True)
    assert utils.make_grid(minitorch.from_numpy(images(channels=2))).shape[0] == 2


def test_make_grid_of_one_image_is_the_image_in_three_channels() -> None:
    gray = images(1, 1)[0]
    for given in (gray[0], gray, gray[None]):
        result = utils.make_grid(minitorch.from_numpy(given))
        np.testing.assert_array_equal(result.numpy(), np.repeat(gray, 3, 0), strict=True)
    colored = images(1)
    np.testing.assert_array_equal(utils.make_grid(minitorch.from_numpy(colored)).numpy(), colored[0], strict=True)
    many = utils.make_grid(minitorch.from_numpy(images(4, 1)))
    np.testing.assert_array_equal(many.numpy(), grid_by_hand(images(4, 1).repeat(3, 1), 4, 2, 0))


def test_make_grid_normalizes_together_each_alone_or_by_a_range() -> None:
    batch = images()
    tensor = minitorch.from_numpy(batch.copy())
    low, high = batch.min(), batch.max()
    together = utils.make_grid(tensor, normalize=True, padding=0)
    np.testing.assert_allclose(together.numpy(), grid_by_hand((batch - low) / (high - low), 5, 0, 0), atol=1e-6)
    lows, highs = batch.min((1, 2, 3), keepdims=True), batch.max((1, 2, 3), keepdims=True)
    alone = utils.make_grid(tensor, normalize=True, scale_each=True)
    np.testing.assert_allclose(alone.numpy(), grid_by_hand((batch - lows) / (highs - lows), 5, 2, 0), atol=1e-6)
    ranged = utils.make_grid(tensor, normalize=True, value_range=(0.2, 0.7))
    np.testing.assert_allclose(ranged.numpy(), grid_by_hand((batch.clip(0.2, 0.7) - 0.2) / 0.5, 5, 2, 0), atol=1e-6)
    np.testing.assert_array_equal(tensor.numpy(), batch)
    assert utils.make_grid(minitorch.ones(2, 3, 2, 2), normalize=True).max() == 0


def test_make_grid_is_not_recorded() -> None:
    assert not utils.make_grid(minitorch.rand(2, 3, 4, 4, requires_grad=True)).requires_grad


def test_save_image_rounds_to_the_nearest_level(tmp_path: Path) -> None:
    batch = images() * 1.5 - 0.2
    utils.save_image(minitorch.from_numpy(batch), tmp_path / "grid.png", nrow=2)
    levels = np.clip(grid_by_hand(batch, 2, 2, 0) * np.float32(255) + np.float32(0.5), 0, 255).astype("u1")
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "grid.png")), levels.transpose(1, 2, 0))
    file = io.BytesIO()
    utils.save_image(minitorch.ones(1, 4, 4), file, format="png")
    assert Image.open(file).getpixel((0, 0)) == (255, 255, 255)


# --- drawing -------------------------------------------------------------------------------------------------------

PICTURE = (images(1, 3, 34, 46)[0] * 255).astype("u1")
BOXES = [[0, 0, 9, 9], [5, 6, 30, 20], [1, 20, 40, 30]]


def drawing(mode: str | None = None) -> tuple[Image.Image, Any]:
    canvas = Image.fromarray(PICTURE.transpose(1, 2, 0).copy())
    return canvas, ImageDraw.Draw(canvas, mode)


def check(result: minitorch.Tensor, canvas: Image.Image) -> None:
    np.testing.assert_array_equal(result.numpy().transpose(1, 2, 0), np.asarray(canvas), strict=True)


def test_draw_bounding_boxes() -> None:
    picture, boxes = minitorch.from_numpy(PICTURE.copy()), minitorch.tensor(BOXES)
    canvas, draw = drawing()
    for box, color, label in zip(BOXES, ["red", "blue", (1, 2, 3)], "abc", strict=True):
        draw.rectangle(box, outline=color, width=2)
        draw.text((box[0] + 3, box[1] + 3), label, fill=color)
    check(utils.draw_bounding_boxes(picture, boxes, list("abc"), ["red", "blue", (1, 2, 3)], width=2), canvas)
    np.testing.assert_array_equal(picture.numpy(), PICTURE)
    canvas, draw = drawing("RGBA")
    for box in BOXES:
        draw.rectangle(box, outline=(0, 128, 0), width=1, fill=(0, 128, 0, 100))
    check(utils.draw_bounding_boxes(picture, boxes.float(), colors="green", fill=True), canvas)
    assert utils.draw_bounding_boxes(picture, minitorch.zeros(0, 4)) is picture
    gray = utils.draw_bounding_boxes(picture[:1], boxes)
    assert gray.shape == (3, 34, 46)


def test_labels_of_boxes_on_a_background() -> None:
    black = minitorch.zeros(3, 30, 40, dtype=minitorch.uint8)
    box = minitorch.tensor([[2, 2, 38, 28]])
    result = utils.draw_bounding_boxes(black, box, ["I"], "red", fill_labels=True, label_background_colors="yellow")
    colors = {tuple(color) for color in result.flatten(1).T.tolist()}
    assert (255, 255, 0) in colors  # the background
    assert any(color[0] < 128 and color != (0, 0, 0) for color in colors)  # black letters on it, softened
    plain = utils.draw_bounding_boxes(black, box, ["I"], "red", label_colors="white")
    assert any(min(color) > 128 for color in plain.flatten(1).T.tolist())


def test_draw_segmentation_masks() -> None:
    picture = minitorch.full((3, 4, 4), 100, dtype=minitorch.uint8)
    masks = minitorch.zeros(2, 4, 4).bool()
    masks[0, :2] = True
    masks[1, 1:3] = True
    column = utils.draw_segmentation_masks(picture, masks, 0.5, ["red", (0, 0, 201)])[:, :, 0].T.tolist()
    assert column == [[177, 50, 50], [50, 50, 50], [50, 50, 150], [100, 100, 100]]  # black where two overlap
    floats = utils.draw_segmentation_masks(picture / 255, masks[0], 1.0, "#ff0080")[:, 0, 0].tolist()
    assert floats == pytest.approx([1, 0, 128 / 255])
    assert utils.draw_segmentation_masks(picture, masks[1], 1.0)[:, 1, 0].tolist() == [0, 0, 0]
    assert utils.draw_segmentation_masks(picture, masks[:0]) is picture


def test_draw_keypoints() -> None:
    picture = minitorch.from_numpy(PICTURE.copy())
    points = minitorch.tensor([[[5.0, 6.0], [20.0, 9.0], [30.0, 30.0]]])
    canvas, draw = drawing()
    for x, y in [(5, 6), (20, 9)]:
        draw.ellipse([x - 3, y - 3, x + 3, y + 3], fill="red", width=0)
    draw.line((5, 6, 20, 9), width=2)
    visible = minitorch.tensor([[True, True, False]])
    check(utils.draw_keypoints(picture, points, [(0, 1), (1, 2)], "red", 3, 2, visible), canvas)


def test_flow_to_image() -> None:
    still = utils.flow_to_image(minitorch.zeros(2, 3, 4))
    assert still.dtype == minitorch.uint8 and still.unique().tolist() == [255]
    right = minitorch.tensor([1.0, 0.0]).view(2, 1, 1)
    assert utils.flow_to_image(right)[:, 0, 0].tolist() == [255, 0, 0]  # red is where the wheel begins
    flow = minitorch.randn(4, 2, 5, 6)
    np.testing.assert_array_equal(utils.flow_to_image(flow * 7).numpy(), utils.flow_to_image(flow).numpy())
    assert utils.flow_to_image(flow).shape == (4, 3, 5, 6)


# --- misuse --------------------------------------------------------------------------------------------------------

ERRORS = [
    ("make_grid(3)", TypeError, "tensor or list of tensors expected, got <class 'int'>"),
    ("make_grid([1, 2])", TypeError, "tensor or list of tensors expected, got a list containing <class 'int'>"),
    ("make_grid((x, x))", TypeError, "tensor or list of tensors expected, got <class 'tuple'>"),
    ("make_grid([])", RuntimeError, "stack expects a non-empty TensorList"),
    ("make_grid([x, x[:, 1:]])", RuntimeError, "stack expects each tensor to be equal size"),
    ("make_grid(x[0, 0])", ValueError, "(N, C, H, W) expected, got 1 dimensions"),
    ("make_grid(x, normalize=True, value_range=3)", TypeError, "value_range has to be a tuple (min, max)"),
    ("save_image(x, '/nonexistent/a.png')", FileNotFoundError, "/nonexistent/a.png"),
    ("save_image(x, 'a.xyz')", ValueError, "unknown file extension: .xyz"),
    ("save_image(x, 'a.png', rows=3)", TypeError, "unexpected keyword argument 'rows'"),
    ("draw_bounding_boxes(3, box)", TypeError, "Tensor expected, got <class 'int'>"),
    ("draw_bounding_boxes(x.int(), box)", ValueError, "The image dtype must be uint8 or float, got torch.int32"),
    ("draw_bounding_boxes(x[None], box)", ValueError, "Pass individual images, not batches"),
    ("draw_bounding_boxes(x[:2], box)", ValueError, "Only grayscale and RGB images are supported"),
    ("draw_bounding_boxes(x, box.flip(1))", ValueError, "Boxes need to be in (xmin, ymin, xmax, ymax) format"),
    ("draw_bounding_boxes(x, box[:, :3])", ValueError, "wrong number of coordinates"),
    ("draw_bounding_boxes(x, box, ['a', 'b'])", ValueError, "Number of boxes (1) and labels (2) mismatch"),
    ("draw_bounding_boxes(x, box, colors=3)", ValueError, "colors must be a tuple or a string, or a list thereof"),
    ("draw_bounding_boxes(x, box, colors=[])", ValueError, "equal or larger than the number of objects, but got 0 < 1"),
    ("draw_segmentation_masks(3, m)", TypeError, "The image must be a tensor, got <class 'int'>"),
    ("draw_segmentation_masks(x[:1], m)", ValueError, "Pass an RGB image. Other Image formats are not supported"),
    ("draw_segmentation_masks(x, m[None, None])", ValueError, "masks must be of shape (H, W) or (batch_size, H, W)"),
    ("draw_segmentation_masks(x, m.float())", ValueError, "The masks must be of dtype bool. Got torch.float32"),
    ("draw_segmentation_masks(x, m[1:])", ValueError, "The image and the masks must have the same height and width"),
    ("draw_keypoints(x, box)", ValueError, "keypoints must be of shape (num_instances, K, 2)"),
    ("draw_keypoints(x, k, visibility=k[0, :, 0])", ValueError, "visibility must be of shape (num_instances, K)"),
    ("draw_keypoints(x, k, visibility=k[:, :1, 0])", ValueError, "the same dimensionality for num_instances and K"),
    ("flow_to_image(x[:2].double())", ValueError, "Flow should be of dtype torch.float, got torch.float64."),
    ("flow_to_image(x)", ValueError, "Input flow should have shape (2, H, W) or (N, 2, H, W)"),
]


@pytest.mark.parametrize(("expression", "kind", "text"), ERRORS)
def test_misuse(expression: str, kind: type[Exception], text: str, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    names = {
        "x": minitorch.rand(3, 4, 5),
        "m": minitorch.ones(4, 5).bool(),
        "box": minitorch.tensor([[0, 0, 1, 2]]),
        "k": minitorch.ones(1, 2, 2),
    }
    with pytest.raises(kind) as caught:
        eval(expression, {**vars(utils), **names})
    assert text in str(caught.value)
