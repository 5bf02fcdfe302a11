"""vision.io: files written by Pillow are read, and files written are read by Pillow."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import minitorch
from minitorch.vision import io as vision_io
from minitorch.vision.io import ImageReadMode

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 9, 4), dtype=np.uint8)


def saved(path: Path, mode: str, **options: object) -> Path:
    opaque = mode in ("1", "L", "P", "RGB")
    Image.fromarray(PIXELS[..., :3] if opaque else PIXELS).convert(mode).save(path, **options)
    return path


@pytest.mark.parametrize(("mode", "channels"), [("L", 1), ("LA", 2), ("RGB", 3), ("RGBA", 4), ("1", 1), ("P", 3)])
def test_a_picture_keeps_the_channels_it_has(tmp_path: Path, mode: str, channels: int) -> None:
    path = saved(tmp_path / "a.png", mode)
    image = Image.open(path)
    expected = np.array(image.convert({"1": "L", "P": "RGB"}.get(mode, mode))).reshape(6, 9, channels)
    for given in (path, str(path), vision_io.read_file(path)):
        read = vision_io.decode_image(given)
        np.testing.assert_array_equal(read.numpy(), expected.transpose(2, 0, 1), strict=True)
    image.close()


@pytest.mark.parametrize(
    ("mode", "pillow_mode", "channels"),
    [("GRAY", "L", 1), ("GRAY_ALPHA", "LA", 2), ("RGB", "RGB", 3), ("RGB_ALPHA", "RGBA", 4), ("RGBA", "RGBA", 4)],
)
def test_other_channels_are_made_on_demand(tmp_path: Path, mode: str, pillow_mode: str, channels: int) -> None:
    path = saved(tmp_path / "a.jpg", "RGB")
    with Image.open(path) as image:
        expected = np.array(image.convert(pillow_mode)).reshape(6, 9, channels).transpose(2, 0, 1)
    for given in (ImageReadMode[mode], mode, mode.lower()):
        np.testing.assert_array_equal(vision_io.read_image(str(path), given).numpy(), expected, strict=True)
    assert ImageReadMode.RGBA is ImageReadMode.RGB_ALPHA
    assert [each.value for each in ImageReadMode] == [0, 1, 2, 3, 4]


def test_a_palette_with_a_transparent_colour_gives_four_channels(tmp_path: Path) -> None:
    assert vision_io.read_image(str(saved(tmp_path / "a.png", "P", transparency=0))).shape == (4, 6, 9)


def test_the_camera_s_orientation_is_followed_only_on_demand(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    path = saved(tmp_path / "a.jpg", "RGB", exif=exif)
    lying = vision_io.read_image(path)
    upright = vision_io.decode_jpeg(vision_io.read_file(path), apply_exif_orientation=True)
    np.testing.assert_array_equal(upright.numpy(), np.rot90(lying.numpy(), -1, (1, 2)))


@pytest.mark.parametrize("channels", [1, 3])
def test_what_is_written_is_read_by_pillow(tmp_path: Path, channels: int) -> None:
    picture = minitorch.from_numpy(np.ascontiguousarray(PIXELS[..., :channels].transpose(2, 0, 1)))
    vision_io.write_png(picture, tmp_path / "a.png")
    vision_io.write_jpeg(picture, str(tmp_path / "a.jpg"), quality=100)
    with Image.open(tmp_path / "a.png") as png, Image.open(tmp_path / "a.jpg") as jpeg:
        np.testing.assert_array_equal(np.array(png).reshape(6, 9, channels), PIXELS[..., :channels])
        assert (png.format, jpeg.format, jpeg.size) == ("PNG", "JPEG", (9, 6))
    assert vision_io.decode_png(vision_io.encode_png(picture, 0)).equal(picture)
    assert len(vision_io.encode_jpeg(picture, 5)) < len(vision_io.encode_jpeg(picture, 95))


def test_bytes_go_to_a_file_and_back(tmp_path: Path) -> None:
    vision_io.write_file(str(tmp_path / "a"), minitorch.tensor([1, 2, 255], dtype=minitorch.uint8))
    assert (tmp_path / "a").read_bytes() == b"\x01\x02\xff"
    assert vision_io.read_file(tmp_path / "a").tolist() == [1, 2, 255]


def test_errors(tmp_path: Path) -> None:
    byte = minitorch.zeros(3, dtype=minitorch.uint8)
    png = io.BytesIO()
    Image.fromarray(PIXELS).save(png, "PNG")
    for wrong, kind, words in (
        (lambda: vision_io.read_image(str(tmp_path / "no.png")), RuntimeError, "No such file or directory: "),
        (lambda: vision_io.decode_image(byte), RuntimeError, "Unsupported image file, JPEG or PNG or WEBP or GIF exp"),
        (
            lambda: vision_io.decode_jpeg(minitorch.frombuffer(png.getbuffer(), dtype=minitorch.uint8)),
            RuntimeError,
            "Unsupported image file, JPEG expected",
        ),
        (lambda: vision_io.decode_image(byte[:0]), RuntimeError, "Expected a non empty 1-dimensional tensor of uint8"),
        (
            lambda: vision_io.decode_image(byte.float()),
            RuntimeError,
            "1-dimensional tensor of uint8, got torch.float32",
        ),
        (lambda: vision_io.read_image(str(saved(tmp_path / "a.png", "L")), "CMYK"), KeyError, "CMYK"),
        (lambda: vision_io.write_file(tmp_path / "a", byte.float()), RuntimeError, "Expected a tensor of bytes"),
        (
            lambda: vision_io.encode_png(minitorch.zeros(3, 2, 2)),
            RuntimeError,
            "dtype should be uint8, got torch.float",
        ),
        (lambda: vision_io.encode_png(byte), RuntimeError, "should be a 3-dimensional tensor of 1 or 3 channels"),
        (
            lambda: vision_io.encode_png(byte.view(3, 1, 1), 10),
            RuntimeError,
            "Compression level should be between 0 and",
        ),
        (lambda: vision_io.encode_jpeg(byte.view(3, 1, 1), 0), ValueError, "positive number between 1 and 100, got 0"),
    ):
        with pytest.raises(kind, match=words):
            wrong()
