"""vision.transforms: what a definition, Pillow or torch say; random draws are replayed on torch's stream."""

from __future__ import annotations

import colorsys
import math
import pickle
import random
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageEnhance, ImageOps

import minitorch
import minitorch.vision.transforms as T
import minitorch.vision.transforms.functional as F

SEEDS = range(5)
RNG = np.random.default_rng(0)
MODES = ("RGB", "L", "RGBA", "1", "P", "I", "F", "I;16", "LA")


def picture(mode: str = "RGB", height: int = 8, width: int = 11) -> Image.Image:
    noise = np.random.default_rng(height * width).integers(0, 256, (height, width, 4)).astype("u1")
    if mode in ("RGB", "RGBA", "LA"):
        bands = len(Image.new(mode, (1, 1)).getbands())
        return Image.frombytes(mode, (width, height), np.ascontiguousarray(noise[..., :bands]).tobytes())
    gray = np.ascontiguousarray(noise[..., 0])
    if mode == "P":
        return Image.fromarray(noise[..., :3].copy()).quantize(16)
    if mode == "I;16":
        return Image.frombytes(mode, (width, height), (gray.astype("<u2") * 250).tobytes())
    if mode == "I":
        return Image.fromarray(gray.astype("i4") * 1000)
    return Image.fromarray(gray.astype("f4") / 7) if mode == "F" else Image.fromarray(gray).convert(mode)


def both(array: np.ndarray) -> tuple[minitorch.Tensor, torch.Tensor]:
    return minitorch.from_numpy(array.copy()), torch.from_numpy(array.copy())


def noise(*shape: int, dtype: str = "float32") -> np.ndarray:
    values = np.random.default_rng(sum(shape)).random(shape)
    return (values * 256).astype("u1") if dtype == "uint8" else values.astype(dtype)


def equal(result: Any, expected: Any) -> None:
    """The same pixels; images of the same mode and size, tensors of the same dtype and shape."""
    if isinstance(expected, Image.Image):
        assert (result.mode, result.size) == (expected.mode, expected.size)
        assert result.tobytes() == expected.tobytes()
        assert result.getpalette() == expected.getpalette()
    else:
        expected = expected.numpy() if isinstance(expected, torch.Tensor) else expected
        assert isinstance(result, minitorch.Tensor)
        np.testing.assert_array_equal(result.numpy(), expected, strict=True)


def close(result: minitorch.Tensor, expected: torch.Tensor, atol: float = 1e-6) -> None:
    assert result.numpy().dtype == expected.numpy().dtype
    np.testing.assert_allclose(result.numpy(), expected.numpy(), rtol=1e-5, atol=atol)


def seed(number: int) -> None:
    torch.manual_seed(number)
    minitorch.manual_seed(number)
    random.seed(number)


def same_stream() -> None:
    """The transform took exactly the numbers that the replay took from torch's stream."""
    assert minitorch.rand(1).item() == torch.rand(1).item()


def uniform(low: float, high: float) -> float:
    return torch.empty(1).uniform_(low, high).item()


def integer(low: int, high: int) -> int:
    return int(torch.randint(low, high, (1,)).item())


# --- conversions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P", "LA"])
def test_to_tensor_puts_channels_first_and_bytes_between_0_and_1(mode: str) -> None:
    array = np.asarray(picture(mode))
    array = array[:, :, None] if array.ndim == 2 else array
    equal(T.ToTensor()(picture(mode)), array.transpose(2, 0, 1).astype("f4") / np.float32(255))


@pytest.mark.parametrize(("mode", "dtype"), [("I", "i4"), ("I;16", "i2"), ("F", "f4"), ("1", "f4")])
def test_to_tensor_leaves_other_numbers_as_they_are(mode: str, dtype: str) -> None:
    equal(T.ToTensor()(picture(mode)), np.asarray(picture(mode)).astype(dtype)[None])


def test_to_tensor_of_every_level_is_torchs_division() -> None:
    levels = np.arange(256, dtype="u1").reshape(16, 16)
    equal(T.ToTensor()(levels), torch.from_numpy(levels)[None].float() / 255)


@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_to_tensor_gives_the_default_dtype(dtype: str) -> None:
    levels = np.arange(256, dtype="u1").reshape(16, 16)
    minitorch.set_default_dtype(getattr(minitorch, dtype))
    try:
        equal(T.ToTensor()(levels), torch.from_numpy(levels)[None].to(getattr(torch, dtype)) / 255)
    finally:
        minitorch.set_default_dtype(minitorch.float32)


@pytest.mark.parametrize("dtype", ["int16", "int64", "float32", "float64", "bool"])
def test_to_tensor_of_an_array_keeps_its_dtype(dtype: str) -> None:
    array = (RNG.random((4, 5, 3)) * 9).astype(dtype)
    equal(T.ToTensor()(array), array.transpose(2, 0, 1))
    assert T.ToTensor()(array).is_contiguous()
    equal(T.ToTensor()(array[..., 0].copy()), array[None, ..., 0])


@pytest.mark.parametrize("mode", MODES)
def test_pil_to_tensor_and_back(mode: str) -> None:
    array = np.array(picture(mode))
    tensor = T.PILToTensor()(picture(mode))
    equal(tensor, (array[:, :, None] if array.ndim == 2 else array).transpose(2, 0, 1))
    if mode in ("RGB", "L", "RGBA", "LA", "I", "F"):
        equal(T.ToPILImage("F" if mode == "F" else None)(tensor), picture(mode))


def test_to_pil_image_of_floats_counts_from_0_to_1() -> None:
    values = noise(3, 4, 5)
    expected = Image.fromarray((values * 255).astype("u1").transpose(1, 2, 0).copy())
    equal(T.ToPILImage()(minitorch.from_numpy(values)), expected)
    equal(F.to_pil_image(values.transpose(1, 2, 0)), expected)
    equal(F.to_pil_image(minitorch.from_numpy(values), "HSV"), Image.frombytes("HSV", (5, 4), expected.tobytes()))
    equal(F.to_pil_image(minitorch.from_numpy(values[0])), expected.getchannel(0))


@pytest.mark.parametrize(
    ("source", "dtype", "expected"),
    [
        (np.array([255, 0, 7], "u1"), "float32", np.array([255, 0, 7], "f4") / np.float32(255)),
        (np.array([255, 0, 7], "u1"), "int16", np.array([255 * 128, 0, 7 * 128], "i2")),
        (np.array([255, 0, 7], "u1"), "uint8", np.array([255, 0, 7], "u1")),
        (np.array([32767, 0, 700], "i2"), "uint8", np.array([32767 // 128, 0, 700 // 128], "u1")),
        (np.array([32767, -700], "i2"), "float64", np.array([32767, -700]) / 32767),
        (np.array([1.0, 0.5, 0.0], "f4"), "uint8", np.array([255, 127, 0], "u1")),
        (np.array([1.0, 0.5], "f4"), "float64", np.array([1.0, 0.5])),
        (np.array([True, False]), "float32", np.array([1, 0], "f4")),
        (np.array([1.0, 0.5]), "int32", np.array([2**31 - 1, 2**30 - 1], "i4")),
    ],
)
def test_convert_image_dtype_keeps_full_brightness(source: np.ndarray, dtype: str, expected: np.ndarray) -> None:
    equal(T.ConvertImageDtype(getattr(minitorch, dtype))(minitorch.from_numpy(source)), expected)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(3, 4, 5), (2, 3, 4, 5)])
def test_normalize_is_minus_mean_over_std(dtype: str, shape: tuple[int, ...]) -> None:
    values, expected = both(noise(*shape, dtype=dtype))
    mean, std = [0.1, 0.2, 0.3], (0.5, 2, 0.25)
    center, spread = (torch.tensor(numbers, dtype=expected.dtype).view(3, 1, 1) for numbers in (mean, std))
    equal(T.Normalize(mean, std)(values), (expected - center) / spread)
    equal(
        T.Normalize(minitorch.tensor(mean, dtype=minitorch.float64), np.array(std))(values),
        (expected - center) / spread,
    )
    equal(T.Normalize(0.5, [0.5])(values), (expected - 0.5) / 0.5)
    equal(values, expected)
    assert F.normalize(values, mean, std, inplace=True) is values
    equal(values, (expected - center) / spread)


def test_normalize_is_differentiable() -> None:
    image = minitorch.rand(3, 2, 2, requires_grad=True)
    T.Normalize([0.5] * 3, [0.5, 1.0, 2.0])(image).sum().backward()
    assert image.grad is not None
    assert image.grad[:, 0, 0].tolist() == [2.0, 1.0, 0.5]


def test_normalize_does_not_mix_up_constants() -> None:
    image = minitorch.ones(1, 2, 2)
    assert T.Normalize([0.5], [0.5])(image).unique().tolist() == [1.0]
    assert T.Normalize([0.5], [0.25])(image).unique().tolist() == [2.0]
    assert T.Normalize([0.5], [0.5])(image.double()).dtype == minitorch.float64
    normalize = T.Normalize([0.5], [0.5])
    normalize.mean[0] = 0.0
    assert normalize(image).unique().tolist() == [2.0]


def test_linear_transformation() -> None:
    matrix, mean, image = noise(12, 12), noise(12), noise(2, 3, 2, 2)
    result = T.LinearTransformation(minitorch.from_numpy(matrix), minitorch.from_numpy(mean))(
        minitorch.from_numpy(image)
    )
    close(result, torch.from_numpy((image.reshape(2, 12) - mean) @ matrix).view(2, 3, 2, 2))


# --- sizes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_resize_of_an_image_is_pillows(mode: str) -> None:
    for interpolation, code in [("NEAREST", 0), ("BILINEAR", 2), ("BICUBIC", 3), ("LANCZOS", 1), ("BOX", 4)]:
        result = T.Resize((5, 14), T.InterpolationMode[interpolation])(picture(mode))
        equal(result, picture(mode).resize((14, 5), code))
        equal(T.Resize((5, 14), code)(picture(mode)), picture(mode).resize((14, 5), code))


@pytest.mark.parametrize(
    ("size", "wanted", "max_size", "expected"),
    [
        ((8, 11), 4, None, (4, 5)),  # 4 * 11 / 8, rounded down
        ((11, 8), [4], None, (5, 4)),
        ((8, 11), 4, 5, (4, 5)),
        ((8, 16), 6, 9, (4, 9)),  # the longer edge would be 12: 9 * 6 / 12, rounded down
        ((16, 8), 6, 9, (9, 4)),
        ((8, 11), (3, 4), None, (3, 4)),
        ((7, 7), 20, None, (20, 20)),
        ((1, 1), 3, None, (3, 3)),
    ],
)
def test_resize_to_a_length_of_the_shorter_edge(size: Any, wanted: Any, max_size: Any, expected: Any) -> None:
    resize = T.Resize(wanted, max_size=max_size)
    assert resize(picture("L", *size)).size == expected[::-1]
    assert resize(minitorch.rand(1, *size)).shape[1:] == expected


def test_resize_to_the_same_size_gives_the_very_image() -> None:
    image, tensor = picture(), minitorch.rand(3, 8, 11)
    assert T.Resize(8)(image) is image
    assert T.Resize((8, 11))(tensor) is tensor


@pytest.mark.parametrize("mode", ["nearest", "nearest-exact", "bilinear", "bicubic"])
@pytest.mark.parametrize("antialias", [True, False])
@pytest.mark.parametrize("size", [(5, 4), (20, 31), (3, 14), (1, 1)])
def test_resize_of_a_tensor_is_interpolation(mode: str, antialias: bool, size: tuple[int, int]) -> None:
    values, expected = both(noise(2, 3, 8, 11))
    smooth = mode[:2] == "bi"
    options: dict[str, Any] = {"antialias": antialias, "align_corners": False} if smooth else {}
    reference = torch.nn.functional.interpolate(expected, size, mode=mode, **options)
    resize = T.Resize(size, T.InterpolationMode(mode), antialias=antialias)
    close(resize(values), reference)
    close(resize(values[0]), reference[0])


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
def test_resize_of_bytes_rounds_and_stays_within_them(mode: str) -> None:
    values, expected = both(noise(3, 16, 9, dtype="uint8"))
    floats = torch.nn.functional.interpolate(expected[None].float(), (7, 13), mode=mode, antialias=True)[0]
    equal(T.Resize((7, 13), T.InterpolationMode(mode))(values), floats.clamp(0, 255).round().byte())


def test_resize_is_differentiable() -> None:
    image = minitorch.rand(1, 4, 4, requires_grad=True)
    T.Resize(2)(image).sum().backward()
    reference = torch.rand(1, 1, 4, 4, requires_grad=True)
    torch.nn.functional.interpolate(reference, (2, 2), mode="bilinear", antialias=True).sum().backward()
    assert image.grad is not None and reference.grad is not None
    close(image.grad, reference.grad[0])


# --- crops, flips, padding -----------------------------------------------------------------------------------------


def each_kind(array: np.ndarray) -> list[tuple[Any, Callable[[Any], np.ndarray]]]:
    """An image and a tensor with these pixels (H, W, C), and how to read the pixels of what becomes of them."""
    tensor = minitorch.from_numpy(array.transpose(2, 0, 1).copy())
    return [(Image.fromarray(array), np.asarray), (tensor, lambda result: result.numpy().transpose(1, 2, 0))]


PIXELS = noise(8, 11, 3, dtype="uint8")


def test_flips() -> None:
    for img, pixels in each_kind(PIXELS):
        np.testing.assert_array_equal(pixels(F.hflip(img)), PIXELS[:, ::-1])
        np.testing.assert_array_equal(pixels(F.vflip(img)), PIXELS[::-1])


@pytest.mark.parametrize(
    ("top", "left", "height", "width"), [(2, 3, 4, 5), (-1, -2, 5, 6), (5, 6, 9, 9), (-3, 2, 20, 3), (0, 0, 8, 11)]
)
def test_crop_is_black_over_the_edges(top: int, left: int, height: int, width: int) -> None:
    black = np.pad(PIXELS, ((20, 20), (20, 20), (0, 0)))
    for img, pixels in each_kind(PIXELS):
        expected = black[20 + top : 20 + top + height, 20 + left : 20 + left + width]
        np.testing.assert_array_equal(pixels(F.crop(img, top, left, height, width)), expected)


@pytest.mark.parametrize(
    ("size", "top", "left"), [((4, 5), 2, 3), ((3, 4), 2, 4), ((8, 11), 0, 0), ((8, 3), 0, 4), ((1, 1), 4, 5)]
)
def test_center_crop(size: tuple[int, int], top: int, left: int) -> None:
    for img, pixels in each_kind(PIXELS):
        expected = PIXELS[top : top + size[0], left : left + size[1]]
        np.testing.assert_array_equal(pixels(T.CenterCrop(size)(img)), expected)


def test_center_crop_of_a_smaller_image_puts_black_around() -> None:
    for img, pixels in each_kind(PIXELS):
        result = pixels(T.CenterCrop((11, 14))(img))
        np.testing.assert_array_equal(result, np.pad(PIXELS, ((1, 2), (1, 2), (0, 0))))


@pytest.mark.parametrize("mode", ["constant", "edge", "reflect", "symmetric"])
@pytest.mark.parametrize(("padding", "sides"), [(2, (2, 2, 2, 2)), ([1, 3], (1, 3, 1, 3)), ((1, 2, 3, 4),) * 2])
def test_pad_is_numpys(mode: Any, padding: Any, sides: tuple[int, ...]) -> None:
    left, top, right, bottom = sides
    options: dict[str, Any] = {"constant_values": 7} if mode == "constant" else {}
    for img, pixels in each_kind(PIXELS):
        result = pixels(T.Pad(padding, 7, mode)(img))
        expected = np.pad(PIXELS, ((top, bottom), (left, right), (0, 0)), mode, **options)
        np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize("mode", ["constant", "edge", "symmetric"])
def test_negative_padding_crops(mode: Any) -> None:
    for img, pixels in each_kind(PIXELS):
        result = pixels(F.pad(img, (-1, 2, 3, -2), 0, mode))
        np.testing.assert_array_equal(result, np.pad(PIXELS[:-2, 1:], ((2, 0), (0, 3), (0, 0)), mode))


@pytest.mark.parametrize("mode", MODES)
def test_pad_keeps_the_mode_and_the_palette(mode: str) -> None:
    for padding_mode in ("constant", "edge"):
        padded = F.pad(picture(mode), 2, 0, padding_mode)
        assert padded.mode == mode
        equal(F.crop(padded, 2, 2, 8, 11), picture(mode))


def test_pad_with_a_colour() -> None:
    assert F.pad(picture(), 1, (1, 2, 3)).getpixel((0, 0)) == (1, 2, 3)
    assert F.pad(picture(), 1, [9]).getpixel((0, 0)) == (9, 9, 9)
    assert F.pad(picture("F"), 1, 0.5).getpixel((0, 0)) == 0.5


def test_five_and_ten_crops() -> None:
    height, width = 3, 4
    for img, pixels in each_kind(PIXELS):
        crops = [pixels(crop) for crop in T.TenCrop((height, width))(img)]
        corners = [PIXELS[:3, :4], PIXELS[:3, -4:], PIXELS[-3:, :4], PIXELS[-3:, -4:], PIXELS[2:5, 4:8]]
        mirrored = PIXELS[:, ::-1]
        corners += [mirrored[:3, :4], mirrored[:3, -4:], mirrored[-3:, :4], mirrored[-3:, -4:], mirrored[2:5, 4:8]]
        for crop, expected in zip(crops, corners, strict=True):
            np.testing.assert_array_equal(crop, expected)
        np.testing.assert_array_equal(pixels(T.TenCrop((3, 4), True)(img)[5]), PIXELS[::-1][:3, :4])
        assert len(T.FiveCrop(2)(img)) == 5


# --- random places -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", SEEDS)
def test_random_flips_draw_one_number(number: int) -> None:
    for transform, code in (
        (T.RandomHorizontalFlip(), Image.Transpose.FLIP_LEFT_RIGHT),
        (T.RandomVerticalFlip(0.3), Image.Transpose.FLIP_TOP_BOTTOM),
    ):
        seed(number)
        result = transform(picture())
        equal(result, picture().transpose(code) if torch.rand(1).item() < transform.p else picture())
        same_stream()


@pytest.mark.parametrize("number", SEEDS)
def test_random_crop_draws_row_then_column(number: int) -> None:
    seed(number)
    result = T.RandomCrop((4, 5), padding=2, fill=9)(picture())
    top, left = integer(0, 12 - 4 + 1), integer(0, 15 - 5 + 1)
    equal(result, ImageOps.expand(picture(), 2, (9, 9, 9)).crop((left, top, left + 5, top + 4)))
    same_stream()
    seed(number)
    assert T.RandomCrop((9, 11), pad_if_needed=True)(picture()).size == (11, 9)
    assert integer(0, 10 - 9 + 1) in (0, 1)  # one row was missing: one was added on either side
    integer(0, 1)
    same_stream()
    seed(number)
    image = picture()
    equal(T.RandomCrop((8, 11))(image), image)
    same_stream()  # nothing is drawn where there is no choice


@pytest.mark.parametrize("number", SEEDS)
def test_random_resized_crop_draws_area_shape_row_column(number: int) -> None:
    scale, ratio = (0.2, 0.9), (0.5, 2.0)
    seed(number)
    result = T.RandomResizedCrop(6, scale, ratio)(picture())
    logs = torch.log(torch.tensor(ratio))
    for _ in range(10):
        area = 8 * 11 * uniform(*scale)
        aspect = torch.exp(torch.empty(1).uniform_(logs[0], logs[1])).item()
        width, height = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        if width <= 11 and height <= 8:
            break
    top, left = integer(0, 8 - height + 1), integer(0, 11 - width + 1)
    equal(result, picture().crop((left, top, left + width, top + height)).resize((6, 6), Image.Resampling.BILINEAR))
    same_stream()


@pytest.mark.parametrize(("ratio", "box"), [((5.0, 6.0), (0, 3, 11, 5)), ((0.1, 0.2), (4, 0, 6, 8))])
def test_random_resized_crop_falls_back_to_the_middle(ratio: Any, box: tuple[int, ...]) -> None:
    result = T.RandomResizedCrop(6, (0.9, 1.0), ratio)(picture())
    equal(result, picture().crop(box).resize((6, 6), Image.Resampling.BILINEAR))


@pytest.mark.parametrize("number", SEEDS)
def test_random_rotation(number: int) -> None:
    seed(number)
    result = T.RandomRotation((-30, 60), T.InterpolationMode.BILINEAR, expand=True, fill=5)(picture())
    equal(result, picture().rotate(uniform(-30, 60), Image.Resampling.BILINEAR, True, fillcolor=(5, 5, 5)))
    same_stream()


def inverse(center: Any, angle: float, move: Any, scale: float, shear: Any) -> list[float]:
    """The matrix that scales, shears and turns about the center and then moves, inverted; two rows of it."""
    (x, y), turn, (a, b) = center, math.radians(angle), (math.radians(degrees) for degrees in shear)
    cos, sin = math.cos, math.sin
    to = np.array([[1, 0, x + move[0]], [0, 1, y + move[1]], [0, 0, 1]])
    rotate = np.array([[cos(turn), -sin(turn), 0], [sin(turn), cos(turn), 0], [0, 0, 1]])
    shear_y = np.array([[1, 0, 0], [-math.tan(b), 1, 0], [0, 0, 1]])
    shear_x = np.array([[1, -math.tan(a), 0], [0, 1, 0], [0, 0, 1]])
    back = np.array([[1, 0, -x], [0, 1, -y], [0, 0, 1]])
    linear = rotate @ shear_y @ shear_x @ np.diag([scale, scale, 1])
    return list(np.linalg.inv(to @ linear @ back)[:2].ravel())


@pytest.mark.parametrize("number", SEEDS)
def test_random_affine(number: int) -> None:
    seed(number)
    transform = T.RandomAffine(40, (0.2, 0.3), (0.5, 1.5), (-20, 20, -10, 10), T.InterpolationMode.BICUBIC, 9)
    result = transform(picture("RGB", 30, 40))
    angle = uniform(-40, 40)
    across, down = 0.2 * 40, 0.3 * 30
    move = (round(uniform(-across, across)), round(uniform(-down, down)))
    scale = uniform(0.5, 1.5)
    shear = (uniform(-20, 20), uniform(-10, 10))
    same_stream()
    matrix = inverse((20, 15), angle, move, scale, shear)
    expected = picture("RGB", 30, 40).transform(
        (40, 30), Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC, fillcolor=(9, 9, 9)
    )
    equal(result, expected)


@pytest.mark.parametrize("number", SEEDS)
def test_random_perspective_moves_corners_inwards(number: int) -> None:
    seed(number)
    result = T.RandomPerspective(0.5, p=1.0, fill=3)(picture("RGB", 30, 40))
    torch.rand(1)
    across, down = int(0.5 * 20), int(0.5 * 15)
    corners = [(0, 0), (39, 0), (39, 29), (0, 29)]
    moved = []
    for x, y in corners:
        columns = (0, across + 1) if x == 0 else (40 - across - 1, 40)
        rows = (0, down + 1) if y == 0 else (30 - down - 1, 30)
        moved.append((integer(*columns), integer(*rows)))
    same_stream()
    equations = []
    for (u, v), (x, y) in zip(corners, moved, strict=True):
        equations += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
    solved = np.linalg.solve(np.array(equations, float), np.array(corners, float).ravel())
    expected = picture("RGB", 30, 40).transform(
        (40, 30), Image.Transform.PERSPECTIVE, list(solved), Image.Resampling.BILINEAR, fillcolor=(3, 3, 3)
    )
    # Coordinates on the very edge may fall on either side of it.
    assert (np.asarray(result) != np.asarray(expected)).mean() < 0.01


@pytest.mark.parametrize("number", SEEDS)
def test_random_erasing(number: int) -> None:
    image = noise(3, 8, 11)
    for value in (0, "random", (1, 2, 3)):
        seed(number)
        given = minitorch.from_numpy(image.copy())
        result = T.RandomErasing(1.0, (0.1, 0.4), (0.5, 2.0), value)(given)
        torch.rand(1)
        logs = torch.log(torch.tensor((0.5, 2.0)))
        for _ in range(10):
            area = 88 * uniform(0.1, 0.4)
            aspect = torch.exp(torch.empty(1).uniform_(logs[0], logs[1])).item()
            height, width = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
            if height < 8 and width < 11:
                break
        filling = torch.empty(3, height, width).normal_() if value == "random" else None
        top, left = integer(0, 8 - height + 1), integer(0, 11 - width + 1)
        expected = torch.from_numpy(image.copy())
        hole = expected[:, top : top + height, left : left + width]
        hole.copy_(filling if filling is not None else torch.tensor(value).view(-1, 1, 1).expand_as(hole))
        close(result, expected)
        equal(given, image)
        same_stream()


def test_random_erasing_in_place_and_without_a_fit() -> None:
    image = minitorch.ones(1, 4, 4)
    assert T.RandomErasing(1.0, (0.3, 0.4), (1.0, 1.0), inplace=True)(image) is image
    assert image.min() == 0
    equal(T.RandomErasing(1.0, (1.0, 1.0), (1.0, 1.0))(minitorch.ones(1, 4, 4)), np.ones((1, 4, 4), "f4"))


# --- grids on tensors ----------------------------------------------------------------------------------------------


def sampled(image: torch.Tensor, matrix: Any, mode: str) -> torch.Tensor:
    """What torch makes of a matrix that counts pixels from the middle."""
    height, width = image.shape[-2:]
    a, b, c, d, e, f = matrix
    # In shares of half the width and half the height.
    theta = [[a, b * height / width, 2 * c / width], [d * width / height, e, 2 * f / height]]
    grid = torch.nn.functional.affine_grid(
        torch.tensor([theta], dtype=torch.float32), [1, 1, height, width], align_corners=False
    )
    return torch.nn.functional.grid_sample(image[None], grid, mode, align_corners=False)[0]


@pytest.mark.parametrize("mode", ["nearest", "bilinear"])
@pytest.mark.parametrize("angle", [17.0, -120.0])
def test_affine_and_rotate_of_a_tensor(mode: str, angle: float) -> None:
    values, expected = both(noise(3, 30, 41))
    how = T.InterpolationMode(mode)
    matrix = inverse((0, 0), angle, (3, -2), 1.3, (10, 5))
    close(F.affine(values, angle, (3, -2), 1.3, (10, 5), how), sampled(expected, matrix, mode), 2e-5)
    turned = inverse((0, 0), -angle, (0, 0), 1, (0, 0))
    close(F.rotate(values, angle, how), sampled(expected, turned, mode), 2e-5)


def test_rotate_of_a_tensor_by_quarters() -> None:
    values = noise(3, 6, 6)
    close(F.rotate(minitorch.from_numpy(values), 180.0), torch.from_numpy(values[:, ::-1, ::-1].copy()))
    wide = noise(3, 5, 7)
    turned = F.rotate(minitorch.from_numpy(wide), 90.0, expand=True)
    close(turned, torch.from_numpy(np.rot90(wide, axes=(1, 2)).copy()))


def test_fill_of_a_tensor() -> None:
    image = minitorch.ones(3, 9, 9)
    for how in (T.InterpolationMode.NEAREST, T.InterpolationMode.BILINEAR):
        assert F.rotate(image, 45.0, how, fill=[0.2, 0.4, 0.6])[:, 0, 0].tolist() == pytest.approx([0.2, 0.4, 0.6])
        assert F.rotate(image, 45.0, how, fill=0.5)[:, 0, 0].tolist() == [0.5] * 3
        assert F.rotate(image, 45.0, how)[:, 0, 0].tolist() == [0.0] * 3
        assert F.rotate(image, 45.0, how, fill=0.5)[:, 4, 4].tolist() == [1.0] * 3


def test_perspective_that_moves_every_corner_alike_is_a_shift() -> None:
    values = noise(3, 6, 7)
    start, end = [[0, 0], [6, 0], [6, 5], [0, 5]], [[1, 2], [7, 2], [7, 7], [1, 7]]
    expected = np.pad(values[:, :-2, :-1], ((0, 0), (2, 0), (1, 0)))
    result = F.perspective(minitorch.from_numpy(values), start, end)
    np.testing.assert_allclose(result.numpy(), expected, atol=1e-5)
    image = Image.fromarray((values[0] * 255).astype("u1"))
    shifted = F.perspective(image, start, end, T.InterpolationMode.NEAREST)
    np.testing.assert_array_equal(np.asarray(shifted)[3:, 2:], np.asarray(image)[1:-2, 1:-1])


def test_elastic_transform() -> None:
    values, expected = both(noise(3, 6, 9))
    displacement = np.random.default_rng(1).standard_normal((1, 6, 9, 2)).astype("f4") / 5
    identity = torch.nn.functional.affine_grid(torch.eye(2, 3)[None], [1, 1, 6, 9], align_corners=False)
    grid = identity + torch.from_numpy(displacement)
    reference = torch.nn.functional.grid_sample(expected[None], grid, align_corners=False)[0]
    close(F.elastic_transform(values, minitorch.from_numpy(displacement)), reference)
    seed(0)
    moves = T.ElasticTransform.get_params([2.0, 3.0], [0.0, 0.0], [6, 9])
    across = (torch.rand(1, 1, 6, 9) * 2 - 1) * 2 / 9
    down = (torch.rand(1, 1, 6, 9) * 2 - 1) * 3 / 6
    close(moves, torch.stack([across[0], down[0]], -1))
    assert T.ElasticTransform(1.0, 0.3)(picture("L")).mode == "L"


# --- filters and colours -------------------------------------------------------------------------------------------


def gaussian(size: int, sigma: float) -> torch.Tensor:
    places = torch.arange(size) - (size - 1) / 2
    weights = torch.exp(-(places**2) / (2 * sigma**2))
    return weights / weights.sum()


def test_gaussian_blur() -> None:
    values, expected = both(noise(3, 8, 11))
    kernel = gaussian(3, 0.7)[:, None] * gaussian(5, 1.1)[None]
    padded = torch.nn.functional.pad(expected[None], (2, 2, 1, 1), mode="reflect")
    blurred = torch.nn.functional.conv2d(padded, kernel.expand(3, 1, 3, 5), groups=3)[0]
    close(F.gaussian_blur(values, [5, 3], [1.1, 0.7]), blurred)
    close(F.gaussian_blur(values, [5, 3]), F.gaussian_blur(values, [5, 3], [1.1, 0.8]))  # 0.15 * size + 0.35
    seed(1)
    close(T.GaussianBlur(3)(values), F.gaussian_blur(values, 3, uniform(0.1, 2.0)))
    same_stream()
    image = F.gaussian_blur(picture(), 3, 1.0)
    equal(image, F.to_pil_image(F.gaussian_blur(F.pil_to_tensor(picture()), 3, 1.0)))


def test_sharpness_of_a_tensor_is_the_way_from_a_smoothed_one() -> None:
    values, expected = both(noise(3, 8, 11))
    kernel = torch.tensor([[1.0, 1, 1], [1, 5, 1], [1, 1, 1]]) / 13
    smooth = expected.clone()
    smooth[:, 1:-1, 1:-1] = torch.nn.functional.conv2d(expected[:, None], kernel[None, None])[:, 0]
    close(F.adjust_sharpness(values, 2.5), (2.5 * expected - 1.5 * smooth).clamp(0, 1))


ENHANCERS: list[tuple[Any, Any]] = [
    (F.adjust_brightness, ImageEnhance.Brightness),
    (F.adjust_contrast, ImageEnhance.Contrast),
    (F.adjust_saturation, ImageEnhance.Color),
    (F.adjust_sharpness, ImageEnhance.Sharpness),
]


@pytest.mark.parametrize(("adjust", "enhancer"), ENHANCERS)
@pytest.mark.parametrize("factor", [0, 0.4, 1.7, 2])
def test_adjust_is_pillows_enhancement(adjust: Any, enhancer: Any, factor: float) -> None:
    expected = enhancer(picture()).enhance(factor)
    equal(adjust(picture(), factor), expected)
    # On bytes in a tensor the same, but for rounding.
    levels = adjust(F.pil_to_tensor(picture()), factor).numpy().transpose(1, 2, 0).astype(int)
    assert np.abs(levels - np.asarray(expected).astype(int)).max() <= 2


@pytest.mark.parametrize("shift", [-0.5, -0.2, 0.1, 0.5])
def test_adjust_hue_turns_the_circle(shift: float) -> None:
    values = noise(3, 4, 5, dtype="float64")
    result = F.adjust_hue(minitorch.from_numpy(values), shift).numpy()
    for row in range(4):
        for column in range(5):
            hue, saturation, value = colorsys.rgb_to_hsv(*values[:, row, column])
            expected = colorsys.hsv_to_rgb((hue + shift) % 1, saturation, value)
            np.testing.assert_allclose(result[:, row, column], expected, atol=1e-12)


def test_adjust_hue_of_an_image() -> None:
    hue, saturation, value = picture().convert("HSV").split()
    turned = Image.fromarray(np.asarray(hue) + np.uint8(256 - 76))  # int(-0.3 * 255)
    equal(F.adjust_hue(picture(), -0.3), Image.merge("HSV", (turned, saturation, value)).convert("RGB"))
    equal(F.adjust_hue(picture("L"), 0.3), picture("L"))
    gray = minitorch.rand(1, 3, 3)
    assert F.adjust_hue(gray, 0.2) is gray


def test_adjust_gamma() -> None:
    levels = np.asarray(picture("L"))
    expected = np.minimum(255.999 * 1.5 * (levels / 255.0) ** 2.2, 255).astype("u1")
    equal(F.adjust_gamma(picture("L"), 2.2, 1.5), Image.fromarray(expected))
    values, reference = both(noise(3, 4, 5))
    close(F.adjust_gamma(values, 0.5, 0.9), 0.9 * reference**0.5)


@pytest.mark.parametrize("number", range(12))
def test_color_jitter_draws_an_order_then_four_factors(number: int) -> None:
    seed(number)
    result = T.ColorJitter(0.4, (0.5, 2), 0.3, 0.2)(picture())
    order = torch.randperm(4)
    factors = [uniform(0.6, 1.4), uniform(0.5, 2), uniform(0.7, 1.3), uniform(-0.2, 0.2)]
    expected = picture()
    for place in order.tolist():
        if place == 3:
            expected = F.adjust_hue(expected, factors[3])
        else:
            expected = ENHANCERS[place][1](expected).enhance(factors[place])
    equal(result, expected)
    same_stream()


def test_color_jitter_draws_nothing_for_what_it_leaves() -> None:
    seed(3)
    T.ColorJitter(contrast=0.5)(picture())
    torch.randperm(4), uniform(0.5, 1.5)
    same_stream()


def test_grayscale() -> None:
    equal(T.Grayscale()(picture()), picture().convert("L"))
    equal(T.Grayscale(3)(picture()), picture().convert("L").convert("RGB"))
    equal(F.to_grayscale(picture("P"), 1), picture("P").convert("L"))
    values, expected = both(noise(2, 3, 4, 5))
    gray = 0.2989 * expected[:, :1] + 0.587 * expected[:, 1:2] + 0.114 * expected[:, 2:]
    close(T.Grayscale()(values), gray)
    close(T.Grayscale(3)(values), gray.expand(2, 3, 4, 5))


POINTWISE: list[tuple[Any, Any, Any]] = [
    (T.RandomInvert, (), ImageOps.invert),
    (T.RandomPosterize, (3,), lambda image: ImageOps.posterize(image, 3)),
    (T.RandomSolarize, (100,), lambda image: ImageOps.solarize(image, 100)),
    (T.RandomAutocontrast, (), ImageOps.autocontrast),
    (T.RandomEqualize, (), ImageOps.equalize),
    (T.RandomAdjustSharpness, (2,), lambda image: ImageEnhance.Sharpness(image).enhance(2)),
    (T.RandomGrayscale, (), lambda image: image.convert("L").convert("RGB")),
]


@pytest.mark.parametrize(("transform", "args", "expected"), POINTWISE)
def test_random_changes_of_colour(transform: Any, args: tuple[Any, ...], expected: Any) -> None:
    image = picture("RGB", 30, 40)
    for number in SEEDS:
        seed(number)
        result = transform(*args, p=0.5)(image)
        equal(result, expected(image) if torch.rand(1).item() < 0.5 else image)
        same_stream()


@pytest.mark.parametrize(("transform", "args", "expected"), POINTWISE[:5])
def test_the_same_on_bytes_in_a_tensor(transform: Any, args: tuple[Any, ...], expected: Any) -> None:
    image = picture("RGB", 30, 40)
    image.paste((10, 20, 30), (0, 0, 40, 12))
    levels = transform(*args, p=1.0)(F.pil_to_tensor(image)).numpy().astype(int)
    reference = np.asarray(expected(image)).transpose(2, 0, 1).astype(int)
    assert np.abs(levels - reference).max() <= (1 if transform is T.RandomAutocontrast else 0)


def test_equalize_and_autocontrast_leave_a_plain_image() -> None:
    plain = minitorch.full((3, 4, 4), 9, dtype=minitorch.uint8)
    equal(F.equalize(plain), plain.numpy())
    equal(F.autocontrast(plain), plain.numpy())


# --- learned and drawn policies ------------------------------------------------------------------------------------


def operation(image: Image.Image, name: str, magnitude: float) -> Image.Image:
    """What an operation does to an image, through Pillow."""
    slope = {"ShearX": (magnitude, 0.0), "ShearY": (0.0, magnitude)}
    moves = {"TranslateX": (int(magnitude), 0), "TranslateY": (0, int(magnitude))}
    enhancers = {"Brightness": ENHANCERS[0][1], "Contrast": ENHANCERS[1][1], "Color": ENHANCERS[2][1]}
    if name in slope:
        angles = [math.degrees(math.atan(value)) for value in slope[name]]
        return image.transform(image.size, Image.Transform.AFFINE, inverse((0, 0), 0, (0, 0), 1, angles))
    if name in moves:
        x, y = moves[name]
        return image.transform(image.size, Image.Transform.AFFINE, (1, 0, -x, 0, 1, -y))
    if name in enhancers or name == "Sharpness":
        return enhancers.get(name, ImageEnhance.Sharpness)(image).enhance(1 + magnitude)
    others: dict[str, Callable[[], Image.Image]] = {
        "Identity": lambda: image,
        "Rotate": lambda: image.rotate(magnitude),
        "Posterize": lambda: ImageOps.posterize(image, int(magnitude)),
        "Solarize": lambda: ImageOps.solarize(image, magnitude),
        "AutoContrast": lambda: ImageOps.autocontrast(image),
        "Equalize": lambda: ImageOps.equalize(image),
        "Invert": lambda: ImageOps.invert(image),
    }
    return others[name]()


def magnitudes(bins: int, shear: float, move: float, turn: float, color: float, bits: int) -> dict[str, torch.Tensor]:
    """The levels of every operation on a square image, in the order in which they are drawn from."""
    levels = {name: torch.linspace(0.0, shear, bins) for name in ("ShearX", "ShearY")}
    levels.update({name: torch.linspace(0.0, move, bins) for name in ("TranslateX", "TranslateY")})
    levels["Rotate"] = torch.linspace(0.0, turn, bins)
    levels.update({name: torch.linspace(0.0, color, bins) for name in ("Brightness", "Color", "Contrast", "Sharpness")})
    levels["Posterize"] = 8 - (torch.arange(bins) / ((bins - 1) / bits)).round()
    levels["Solarize"] = torch.linspace(255.0, 0.0, bins)
    return levels


SIGNED = 9  # the first nine are drawn with a sign
PLAIN = ("AutoContrast", "Equalize")


@pytest.mark.parametrize("number", range(40))
def test_auto_augment_draws_a_pair_then_chances_and_signs(number: int) -> None:
    image = picture("RGB", 30, 30)
    policy = list(T.AutoAugmentPolicy)[number % 3]
    transform = T.AutoAugment(policy)
    assert len(transform.policies) == 25
    seed(number)
    result = transform(image)
    pair = transform.policies[integer(0, 25)]
    chances, signs = torch.rand(2), torch.randint(2, (2,))
    same_stream()
    levels = magnitudes(10, 0.3, 150.0 / 331.0 * 30, 30.0, 0.9, 4)
    for (name, p, level), chance, sign in zip(pair, chances.tolist(), signs.tolist(), strict=True):
        if chance <= p:
            magnitude = 0.0 if level is None else levels[name][level].item()
            negative = name in list(levels)[:SIGNED] and sign == 0
            image = operation(image, name, -magnitude if negative else magnitude)
    equal(result, image)


@pytest.mark.parametrize("number", range(40))
def test_rand_augment_and_trivial_augment_draw_operation_level_sign(number: int) -> None:
    for transform, levels, count in (
        (T.RandAugment(2, 7), magnitudes(31, 0.3, 150.0 / 331.0 * 30, 30.0, 0.9, 4), 2),
        (T.TrivialAugmentWide(), magnitudes(31, 0.99, 32.0, 135.0, 0.99, 6), 1),
    ):
        image = picture("RGB", 30, 30)
        seed(number)
        result = transform(image)
        for _ in range(count):
            name = ("Identity", *levels, *PLAIN)[integer(0, 14)]
            magnitude = 0.0
            if name in levels:
                magnitude = levels[name][integer(0, 31) if count == 1 else 7].item()
            if name in list(levels)[:SIGNED] and integer(0, 2):
                magnitude = -magnitude
            image = operation(image, name, magnitude)
        same_stream()
        equal(result, image)


# --- the second version --------------------------------------------------------------------------------------------


def test_v2_of_an_image_is_the_first_version() -> None:
    second = T.v2.Compose([T.v2.ToImage(), T.v2.ToDtype(minitorch.float32, scale=True), T.v2.Normalize([0.5], [0.5])])
    equal(second(picture()), T.Compose([T.ToTensor(), T.Normalize([0.5], [0.5])])(picture()).numpy())
    array = np.array(picture())
    equal(T.v2.ToImage()(array), array.transpose(2, 0, 1))
    equal(T.v2.ToImage()(array[..., 0].copy()), array[None, ..., 0])
    equal(T.v2.ToDtype(minitorch.int64)(minitorch.full((2,), 2.5)), np.array([2, 2]))
    assert T.v2.functional.get_size(picture()) == [8, 11]
    equal(T.v2.RGB()(picture("L")), picture("L").convert("RGB"))
    assert T.v2.RGB()(minitorch.rand(2, 1, 3, 4)).shape == (2, 3, 3, 4)
    image = picture()
    for unchanged in (T.v2.Identity(), T.v2.ToPureTensor(), T.v2.ToDtype(minitorch.float32)):
        assert unchanged(image) is image


@pytest.mark.parametrize("number", SEEDS)
def test_v2_chooses_and_orders_by_the_default_generator(number: int) -> None:
    steps: list[Any] = [T.v2.Lambda(lambda value, letter=letter: value + letter) for letter in "abc"]
    seed(number)
    result = T.v2.RandomChoice(steps, [1.0, 2.0, 3.0])("")
    assert result == "abc"[int(torch.multinomial(torch.tensor([1.0, 2.0, 3.0]) / 6, 1))]
    assert T.v2.RandomOrder(steps)("") == "".join("abc"[place] for place in torch.randperm(3).tolist())
    assert T.v2.RandomChoice(steps)("") == "abc"[int(torch.multinomial(torch.ones(3) / 3, 1))]
    same_stream()


# --- containers ----------------------------------------------------------------------------------------------------


def test_compose_and_lambda() -> None:
    transform = T.Compose([T.CenterCrop(4), T.ToTensor(), T.Lambda(lambda tensor: tensor * 2)])
    expected = np.asarray(picture())[2:6, 4:8].transpose(2, 0, 1).astype("f4") / np.float32(255) * 2
    close(transform(picture()), torch.from_numpy(expected))
    assert T.Compose([])(3) == 3


@pytest.mark.parametrize("number", SEEDS)
def test_random_apply_choice_order(number: int) -> None:
    steps: list[Any] = [T.Lambda(lambda value: value + "a"), T.Lambda(lambda value: value + "b")]
    seed(number)
    assert T.RandomApply(steps, 0.4)("") == ("ab" if torch.rand(1).item() <= 0.4 else "")
    same_stream()
    result = T.RandomChoice(steps, [0.3, 0.7])("")
    random.seed(number)
    assert result == random.choices("ab", [0.3, 0.7])[0]
    random.seed(number)
    result = T.RandomOrder(steps)("")
    random.seed(number)
    order = [0, 1]
    random.shuffle(order)
    assert result == "".join("ab"[place] for place in order)


def test_transforms_can_be_pickled_and_nested_in_a_module() -> None:
    transform = T.Compose([T.RandomCrop(4), T.ColorJitter(0.1), T.ToTensor(), T.Normalize([0.5], [0.5])])
    seed(0)
    first = transform(picture())
    seed(0)
    equal(pickle.loads(pickle.dumps(transform))(picture()), first.numpy())
    assert minitorch.nn.Sequential(T.CenterCrop(2), T.Normalize([0.5], [0.5]))(minitorch.rand(1, 4, 4)).shape == (
        1,
        2,
        2,
    )


REPRS = {
    "T.Compose([T.ToTensor(), T.Normalize((0.1,), (0.3,))])": (
        "Compose(\n    ToTensor()\n    Normalize(mean=(0.1,), std=(0.3,))\n)"
    ),
    "T.Resize(3)": "Resize(size=3, interpolation=bilinear, max_size=None, antialias=True)",
    "T.CenterCrop(3)": "CenterCrop(size=(3, 3))",
    "T.Pad((3, 4), 1, 'edge')": "Pad(padding=(3, 4), fill=1, padding_mode=edge)",
    "T.RandomCrop(3, padding=2)": "RandomCrop(size=(3, 3), padding=2)",
    "T.RandomHorizontalFlip()": "RandomHorizontalFlip(p=0.5)",
    "T.RandomResizedCrop(3)": (
        "RandomResizedCrop(size=(3, 3), scale=(0.08, 1.0), ratio=(0.75, 1.3333), interpolation=bilinear, "
        "antialias=True)"
    ),
    "T.TenCrop(3)": "TenCrop(size=(3, 3), vertical_flip=False)",
    "T.ColorJitter(0.1, (0.2, 0.3), hue=0.5)": (
        "ColorJitter(brightness=(0.9, 1.1), contrast=(0.2, 0.3), saturation=None, hue=(-0.5, 0.5))"
    ),
    "T.RandomRotation(10)": "RandomRotation(degrees=[-10.0, 10.0], interpolation=nearest, expand=False, fill=0)",
    "T.RandomAffine(10)": "RandomAffine(degrees=[-10.0, 10.0])",
    "T.RandomAffine(10, (0.1, 0.2), (0.5, 1.0), 3, 2, 1, (1, 2))": (
        "RandomAffine(degrees=[-10.0, 10.0], translate=(0.1, 0.2), scale=(0.5, 1.0), shear=[-3.0, 3.0], "
        "interpolation=bilinear, fill=1, center=(1, 2))"
    ),
    "T.RandomPerspective()": "RandomPerspective(p=0.5)",
    "T.Grayscale(3)": "Grayscale(num_output_channels=3)",
    "T.RandomErasing()": "RandomErasing(p=0.5, scale=(0.02, 0.33), ratio=(0.3, 3.3), value=0, inplace=False)",
    "T.GaussianBlur(3)": "GaussianBlur(kernel_size=(3, 3), sigma=(0.1, 2.0))",
    "T.RandomPosterize(3)": "RandomPosterize(bits=3,p=0.5)",
    "T.ElasticTransform()": (
        "ElasticTransform(alpha=[50.0, 50.0], sigma=[5.0, 5.0], interpolation=InterpolationMode.BILINEAR, fill=[0.0])"
    ),
    "T.AutoAugment()": "AutoAugment(policy=AutoAugmentPolicy.IMAGENET, fill=None)",
    "T.RandAugment()": (
        "RandAugment(num_ops=2, magnitude=9, num_magnitude_bins=31, interpolation=InterpolationMode.NEAREST, fill=None)"
    ),
    "T.TrivialAugmentWide()": (
        "TrivialAugmentWide(num_magnitude_bins=31, interpolation=InterpolationMode.NEAREST, fill=None)"
    ),
    "T.v2.ToDtype(t.uint8)": "ToDtype(scale=False)",
    "T.ToPILImage()": "ToPILImage()",
    "T.ToPILImage('L')": "ToPILImage(mode=L)",
    "T.Lambda(len)": "Lambda()",
    "T.ConvertImageDtype(t.uint8)": "ConvertImageDtype()",
    "T.RandomApply([T.ToTensor()])": "RandomApply(\n    p=0.5\n    ToTensor()\n)",
    "T.RandomChoice([T.ToTensor()])": "RandomChoice(\n    ToTensor()\n)(p=None)",
    "T.RandomOrder([T.ToTensor()])": "RandomOrder(\n    ToTensor()\n)",
    "T.LinearTransformation(t.eye(1), t.zeros(1))": (
        "LinearTransformation(transformation_matrix=[[1.0]], mean_vector=[0.0])"
    ),
}


@pytest.mark.parametrize("expression", REPRS)
def test_repr(expression: str) -> None:
    assert repr(eval(expression, {"T": T, "t": minitorch})) == REPRS[expression]


# --- misuse --------------------------------------------------------------------------------------------------------

ERRORS = [
    ("F.to_tensor([1])", TypeError, "pic should be PIL Image or ndarray. Got <class 'list'>"),
    ("F.to_tensor(np.ones(3))", ValueError, "pic should be 2/3 dimensional. Got 1 dimensions."),
    ("F.to_tensor(np.ones((2, 2, 3))[::-1])", ValueError, "negative"),
    ("F.pil_to_tensor(np.ones((2, 2)))", TypeError, "pic should be PIL Image. Got <class 'numpy.ndarray'>"),
    ("F.to_pil_image(3)", TypeError, "pic should be Tensor or ndarray. Got <class 'int'>."),
    ("F.to_pil_image(t.ones(3))", ValueError, "pic should be 2/3 dimensional. Got 1 dimensions."),
    ("F.to_pil_image(t.ones(5, 2, 2))", ValueError, "pic should not have > 4 channels. Got 5 channels."),
    ("F.to_pil_image(f, 'L')", ValueError, "Only modes ['RGB', 'YCbCr', 'HSV'] are supported for 3D inputs"),
    ("F.to_pil_image(f[:1], 'RGB')", ValueError, "Incorrect mode (RGB) supplied for input type uint8. Should be L"),
    ("F.to_pil_image(f.long())", TypeError, "Input type int64 is not supported"),
    ("F.convert_image_dtype(im)", TypeError, "Input img should be Tensor Image"),
    ("F.convert_image_dtype(f, 'a')", TypeError, "dtype should be torch.dtype, not str"),
    ("F.convert_image_dtype(f, t.int32)", RuntimeError, "cannot be performed safely"),
    ("F.normalize(im, [1], [1])", TypeError, "img should be Tensor Image. Got <class 'PIL.Image.Image'>"),
    ("F.normalize(f.byte(), [1], [1])", TypeError, "Input tensor should be a float tensor. Got torch.uint8."),
    ("F.normalize(f[0], [1], [1])", ValueError, "Expected tensor to be a tensor image of size (..., C, H, W)"),
    ("F.normalize(f[0, 0], [1], [1])", TypeError, "Tensor is not a torch image."),
    ("F.normalize(f, [1], [0])", ValueError, "std evaluated to zero after conversion to torch.float32"),
    ("F.normalize(f[:1], [1] * 3, [1] * 3)", RuntimeError, "doesn't match the broadcast shape [3, 4, 5]"),
    ("F.normalize(f, [1] * 2, [1] * 2)", RuntimeError, "The size of tensor a (3) must match the size of tensor b (2)"),
    ("F.hflip(3)", TypeError, "Unexpected type <class 'int'>: img should be PIL Image or Tensor"),
    ("F.hflip(f[0, 0])", TypeError, "Tensor is not a torch image."),
    ("F.get_dimensions(3)", TypeError, "Unexpected type <class 'int'>"),
    ("T.Resize(3.5)", TypeError, "Size should be int or sequence. Got <class 'float'>"),
    ("T.Resize((1, 2, 3))", ValueError, "If size is a sequence, it should have 1 or 2 values"),
    ("T.Resize(3, 'bilinear')", TypeError, "Argument interpolation should be a InterpolationMode"),
    ("T.Resize(3, 99)", KeyError, "99"),
    ("F.resize(f, 3, max_size=3)", ValueError, "max_size = 3 must be strictly greater than the requested size"),
    ("F.resize(f, (3, 4), max_size=9)", ValueError, "max_size should only be passed if size specifies the length"),
    ("F.resize(f, (1, 2, 3))", ValueError, "Size must be an int or a 1 or 2 element tuple/list, not a 3 element"),
    ("F.resize(f, (3, 0))", RuntimeError, "Input and output sizes should be greater than 0"),
    ("F.resize(f, (3, 3), T.InterpolationMode.BOX)", ValueError, "Interpolation mode 'box' is unsupported with Tensor"),
    ("T.CenterCrop((1, 2, 3))", ValueError, "Please provide only two dimensions (h, w) for size."),
    ("T.Pad('a')", TypeError, "Got inappropriate padding arg"),
    ("T.Pad(1, None)", TypeError, "Got inappropriate fill arg"),
    ("T.Pad((1, 2, 3))", ValueError, "Padding must be an int or a 1, 2, or 4 element tuple, not a 3 element tuple"),
    ("T.Pad(1, 0, 'x')", ValueError, "Padding mode should be either constant, edge, reflect or symmetric"),
    ("F.pad(f, 1.5)", TypeError, "Got inappropriate padding arg"),
    ("F.pad(f, 1, (1, 2, 3))", TypeError, "Got inappropriate fill arg"),
    ("F.pad(im, 1, 'red')", TypeError, "Got inappropriate fill arg"),
    ("F.pad(im, 1, 0, 3)", TypeError, "Got inappropriate padding_mode arg"),
    ("F.pad(im, (1, 2, 3))", ValueError, "Padding must be an int or a 1, 2, or 4 element tuple"),
    ("F.pad(im, 1, 0, 'x')", ValueError, "Padding mode should be either constant"),
    ("F.pad(im, 1, (1, 2))", ValueError, "does not match the number of channels of the image (2 != 3)"),
    ("F.pad(f[0], 1, 0, 'symmetric')", RuntimeError, "Symmetric padding of N-D tensors are not supported yet"),
    ("T.RandomCrop(9)(im)", ValueError, "Required crop size (9, 9) is larger than input image size (4, 5)"),
    ("T.RandomHorizontalFlip('a')(im)", TypeError, "'<' not supported between"),
    ("F.five_crop(im, 9)", ValueError, "Requested crop size (9, 9) is bigger than input size (4, 5)"),
    ("T.RandomResizedCrop(3, scale=3)", TypeError, "Scale should be a sequence"),
    ("T.RandomResizedCrop(3, ratio=3)", TypeError, "Ratio should be a sequence"),
    ("T.LinearTransformation(t.ones(3, 4), t.ones(3))", ValueError, "transformation_matrix should be square"),
    ("T.LinearTransformation(t.eye(3), t.ones(4))", ValueError, "mean_vector should have the same length 4"),
    ("T.LinearTransformation(t.eye(3), t.ones(3).double())", ValueError, "Input tensors should have the same dtype"),
    ("T.LinearTransformation(t.eye(3), t.ones(3))(f)", ValueError, "incompatible shape.[3 x 4 x 5] != 3"),
    ("T.ColorJitter(-1)", ValueError, "If brightness is a single number, it must be non negative."),
    ("T.ColorJitter(hue=0.6)", ValueError, "hue values should be between (-0.5, 0.5), but got [-0.6, 0.6]."),
    ("T.ColorJitter(contrast='a')", TypeError, "contrast should be a single number or a list/tuple with length 2."),
    ("T.RandomRotation(-1)", ValueError, "If degrees is a single number, it must be positive."),
    ("T.RandomRotation((1, 2, 3))", ValueError, "degrees should be a sequence of length 2."),
    ("T.RandomRotation(1, center=3)", TypeError, "center should be a sequence of length 2."),
    ("T.RandomRotation(1, fill={})", TypeError, "Fill should be either a sequence or a number."),
    ("T.RandomAffine(1, (0.1, 1.2))", ValueError, "translation values should be between 0 and 1"),
    ("T.RandomAffine(1, scale=(0, 1))", ValueError, "scale values should be positive"),
    ("T.RandomAffine(1, shear=(1,))", ValueError, "shear should be a sequence of length 2 or 4."),
    ("T.Grayscale(2)(im)", ValueError, "num_output_channels should be either 1 or 3"),
    ("F.to_grayscale(f)", TypeError, "Input should be PIL Image"),
    ("T.Grayscale()(f[:2])", TypeError, "Input image tensor permitted channel values are [1, 3], but found 2"),
    ("T.Grayscale()(f[0])", TypeError, "Input image tensor should have at least 3 dimensions, but found 2"),
    ("T.RandomErasing(value='a')", ValueError, "If value is str, it should be 'random'"),
    ("T.RandomErasing(value=None)", TypeError, "Argument value should be either a number or str or a sequence"),
    ("T.RandomErasing(p=2)", ValueError, "Random erasing probability should be between 0 and 1"),
    ("T.RandomErasing(scale=(1, 2))", ValueError, "Scale should be between 0 and 1"),
    ("T.RandomErasing(1, value=(1, 2))(f)", ValueError, "it should have either a single value or 3"),
    ("T.RandomErasing(1)(im)", TypeError, "put ToTensor before RandomErasing"),
    ("T.GaussianBlur(2)", ValueError, "Kernel size value should be an odd and positive number."),
    ("T.GaussianBlur((1, 2, 3))", ValueError, "Kernel size should be a tuple/list of two integers"),
    ("T.GaussianBlur(3, -1)", ValueError, "If sigma is a single number, it must be positive."),
    ("T.GaussianBlur(3, (2, 1))", ValueError, "sigma values should be positive and of the form (min, max)."),
    ("T.GaussianBlur(3, (1,))", ValueError, "sigma should be a single number or a list/tuple with length 2."),
    ("F.gaussian_blur(f, 3.0)", TypeError, "kernel_size should be int or a sequence of integers"),
    ("F.gaussian_blur(f, (1, 2, 3))", ValueError, "If kernel_size is a sequence its length should be 2. Got 3"),
    ("F.gaussian_blur(f, 2)", ValueError, "kernel_size should have odd and positive integers. Got [2, 2]"),
    ("F.gaussian_blur(f, 3, 'a')", TypeError, "sigma should be either float or sequence of floats"),
    ("F.gaussian_blur(f, 3, (1, 2, 3))", ValueError, "If sigma is a sequence, its length should be 2. Got 3"),
    ("F.gaussian_blur(f, 3, -1)", ValueError, "sigma should have positive values. Got [-1.0, -1.0]"),
    ("F.adjust_brightness(f, -1)", ValueError, "brightness_factor (-1) is not non-negative."),
    ("F.adjust_hue(im, 0.6)", ValueError, "hue_factor (0.6) is not in [-0.5, 0.5]."),
    ("F.adjust_gamma(im, -1)", ValueError, "Gamma should be a non-negative real number"),
    ("F.posterize(im, 9)", ValueError, "The number if bits should be between 0 and 8. Got 9"),
    ("F.posterize(f, 3)", TypeError, "Only torch.uint8 image tensors are supported, but found torch.float32"),
    ("F.solarize(f, 2.0)", TypeError, "Threshold should be less than bound of img."),
    ("F.rotate(im, 'a')", TypeError, "Argument angle should be int or float"),
    ("F.rotate(im, 1, center=3)", TypeError, "Argument center should be a sequence"),
    ("F.rotate(im, 1, center=(3,))", ValueError, "Argument center should be a sequence of length 2. Got 1"),
    (
        "F.rotate(f, 1, T.InterpolationMode.BICUBIC)",
        ValueError,
        "Interpolation mode 'bicubic' is unsupported with Tensor",
    ),
    (
        "F.rotate(f, 1, fill=(1, 2))",
        ValueError,
        "cannot broadcast to match the number of channels of the image (2 != 3)",
    ),
    ("F.affine(im, 'a', (0, 0), 1, 0)", TypeError, "Argument angle should be int or float"),
    ("F.affine(im, 1, 0, 1, 0)", TypeError, "Argument translate should be a sequence"),
    ("F.affine(im, 1, (0,), 1, 0)", ValueError, "Argument translate should be a sequence of length 2"),
    ("F.affine(im, 1, (0, 0), 0, 0)", ValueError, "Argument scale should be positive"),
    ("F.affine(im, 1, (0, 0), 1, 'a')", TypeError, "Shear should be either a single value or a sequence of two values"),
    ("F.affine(im, 1, (0, 0), 1, (1, 2, 3))", ValueError, "Shear should be a sequence containing two values"),
    ("F.perspective(im, [[0, 0]], [[0, 0]])", ValueError, "Please provide exactly four corners, got 1 startpoints"),
    ("F.erase(im, 0, 0, 1, 1, 0)", TypeError, "img should be Tensor Image"),
    ("F.elastic_transform(im, 3)", TypeError, "Argument displacement should be a Tensor"),
    ("F.elastic_transform(im, t.ones(4, 5))", ValueError, "Argument displacement shape should be (1, 4, 5, 2)"),
    ("T.ElasticTransform(1)", TypeError, "alpha should be float or a sequence of floats. Got <class 'int'>"),
    ("T.ElasticTransform([1.0] * 3)", ValueError, "If alpha is a sequence its length should be 2. Got 3"),
    ("T.ElasticTransform(sigma=[1, 2])", TypeError, "sigma should be a sequence of floats. Got <class 'int'>"),
    ("T.ElasticTransform(fill=None)", TypeError, "fill should be int or float or a list or tuple of them"),
    ("T.Lambda(3)", TypeError, "Argument lambd should be callable, got 'int'"),
    ("T.RandomChoice(3)", TypeError, "Argument transforms should be a sequence"),
    ("T.RandomChoice([], 3)", TypeError, "Argument p should be a sequence"),
    ("T.AutoAugment('a')", ValueError, "The provided policy a is not recognized."),
    ("T.RandAugment(magnitude=99)(im)", IndexError, "index 99 is out of bounds for dimension 0 with size 31"),
    ("T.TrivialAugmentWide()(3)", TypeError, "Unexpected type <class 'int'>"),
    ("T.v2.Compose([])", ValueError, "Pass at least one transform"),
    ("T.v2.Compose(3)", TypeError, "Argument transforms should be a sequence of callables"),
    ("T.v2.ToDtype('a')", ValueError, "dtype must be a torch.dtype, got <class 'str'> instead"),
    ("T.v2.functional.to_image(3)", TypeError, "Input can either be a pure Tensor, a numpy array, or a PIL image"),
    ("T.Compose(None)(1)", TypeError, "'NoneType' object is not iterable"),
]


@pytest.mark.parametrize(("expression", "kind", "text"), ERRORS)
def test_misuse(expression: str, kind: type[Exception], text: str) -> None:
    tensor = minitorch.rand(3, 4, 5)
    names = {"T": T, "F": F, "t": minitorch, "np": np, "f": tensor, "im": picture("RGB", 4, 5)}
    with pytest.raises(kind) as caught:
        eval(expression, names)
    assert text in str(caught.value)


def test_ranges_the_wrong_way_round_warn() -> None:
    for expression in ("T.RandomResizedCrop(3, ratio=(2, 1))", "T.RandomErasing(ratio=(2, 1))"):
        with pytest.warns(UserWarning, match=r"Scale and ratio should be of kind \(min, max\)"):
            eval(expression, {"T": T})


def test_without_pillow_tensors_work_and_images_say_what_to_install() -> None:
    script = """
import sys
sys.modules["PIL"] = None
import minitorch, minitorch.vision.transforms as T
print(T.Compose([T.RandomCrop(4), T.Normalize([0.5], [0.5])])(minitorch.rand(1, 8, 8)).shape)
try:
    T.ToPILImage()(minitorch.rand(1, 8, 8))
except ImportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "torch.Size([1, 4, 4])\nPIL.Image is needed for images: pip install pillow\n"
