"""Many images in one picture, pictures as files, and boxes, masks and key points drawn onto images."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import minitorch
import minitorch.nn.functional as F
from minitorch import Tensor
from minitorch.vision._pillow import pillow
from minitorch.vision.transforms.functional import convert_image_dtype, pil_to_tensor, to_pil_image

_Color = str | tuple[int, int, int]
_Colors = list[_Color] | _Color | None


@minitorch.no_grad()
def make_grid(
    tensor: Tensor | list[Tensor],
    nrow: int = 8,
    padding: int = 2,
    normalize: bool = False,
    value_range: tuple[float, float] | None = None,
    scale_each: bool = False,
    pad_value: float = 0.0,
) -> Tensor:
    """Put images (N, C, H, W), or a list of images, into one of `nrow` columns with margins between them.

    One channel becomes three. `normalize` takes `value_range`, or what the images hold, to 0 to 1, for all images
    at once or for each alone.
    """
    images = _batch(tensor)
    if normalize:
        if value_range is not None and not isinstance(value_range, tuple):
            raise TypeError("value_range has to be a tuple (min, max) if specified. min and max are numbers")
        images = images.clone()
        for part in images if scale_each else [images]:
            low, high = value_range[:2] if value_range is not None else (part.min().item(), part.max().item())
            part.clamp_(low, high).sub_(low).div_(max(high - low, 1e-5))
    count, channels, height, width = images.shape
    if count == 1:
        return images[0]
    columns = min(nrow, count)
    rows = math.ceil(count / columns)
    height, width = height + padding, width + padding
    tiles = images.new_full((rows * columns, channels, height, width), pad_value)
    tiles[:count, :, padding:, padding:] = images
    grid = tiles.view(rows, columns, channels, height, width).permute(2, 0, 3, 1, 4)
    grid = grid.reshape(channels, rows * height, columns * width)
    return F.pad(grid, (0, padding, 0, padding), value=pad_value)


def _batch(tensor: Tensor | list[Tensor]) -> Tensor:
    """Images as (N, 3, H, W), or with as many channels as they have if that is not one."""
    if not isinstance(tensor, (Tensor, list)):
        raise TypeError(f"tensor or list of tensors expected, got {type(tensor)}")
    if isinstance(tensor, list):
        for image in tensor:
            if not isinstance(image, Tensor):
                raise TypeError(f"tensor or list of tensors expected, got a list containing {type(image)}")
        tensor = minitorch.stack(tensor)
    if tensor.ndim not in (2, 3, 4):
        raise ValueError(f"images (H, W), (C, H, W) or (N, C, H, W) expected, got {tensor.ndim} dimensions")
    images = tensor.reshape((1,) * (4 - tensor.ndim) + tuple(tensor.shape))
    return images.expand(-1, 3, -1, -1) if images.shape[1] == 1 else images


@minitorch.no_grad()
def save_image(
    tensor: Tensor | list[Tensor], fp: str | Path | BinaryIO, format: str | None = None, **kwargs: Any
) -> None:
    """Save an image, or a grid of images made with `kwargs`; numbers from 0 to 1 become 0 to 255."""
    grid = make_grid(tensor, **kwargs)
    levels = grid.mul(255).add_(0.5).clamp_(0, 255).permute(1, 2, 0).to("cpu", minitorch.uint8)
    pillow("Image").fromarray(levels.numpy()).save(fp, format=format)


# --- drawing -------------------------------------------------------------------------------------------------------


@minitorch.no_grad()
def draw_bounding_boxes(
    image: Tensor,
    boxes: Tensor,
    labels: list[str] | None = None,
    colors: _Colors = None,
    fill: bool | None = False,
    width: int = 1,
    font: str | None = None,
    font_size: int | None = None,
    label_colors: _Colors = None,
    label_background_colors: _Colors = None,
    fill_labels: bool = False,
) -> Tensor:
    """Draw boxes (N, 4), each (xmin, ymin, xmax, ymax), with labels at their corners, onto an image (C, H, W)."""
    _require_image(image, "Tensor expected", (1, 3), "Only grayscale and RGB images are supported")
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise ValueError(f"wrong number of coordinates: boxes should be of shape (N, 4), got {tuple(boxes.shape)}")
    if (boxes[:, 0] > boxes[:, 2]).any() or (boxes[:, 1] > boxes[:, 3]).any():
        raise ValueError("Boxes need to be in (xmin, ymin, xmax, ymax) format: minima come first")
    count = boxes.shape[0]
    if count == 0:
        return image
    texts = [None] * count if labels is None else labels
    if len(texts) != count:
        raise ValueError(
            f"Number of boxes ({count}) and labels ({len(texts)}) mismatch. Please specify labels for each box."
        )
    outlines = _rgb(colors, count)
    text_colors = _rgb(label_colors or "black", count) if label_colors or fill_labels else outlines
    backgrounds = _rgb(label_background_colors, count) if label_background_colors else outlines
    typeface = _font(font, font_size)
    picture = to_pil_image(convert_image_dtype(image.expand(3, -1, -1), minitorch.uint8))
    draw = pillow("ImageDraw").Draw(picture, "RGBA" if fill else None)
    rows = zip(boxes.to(minitorch.int64).tolist(), texts, outlines, text_colors, backgrounds, strict=False)
    for box, text, color, text_color, background in rows:
        draw.rectangle(box, width=width, outline=color, fill=(*color, 100) if fill else None)
        if text is not None:
            corner = (box[0] + width + 1, box[1] + width + 1)
            if fill_labels:
                left, top, right, bottom = draw.textbbox(corner, text, font=typeface)
                draw.rectangle((left - 1, top - 1, right + 1, bottom + 1), fill=background)
            draw.text(corner, text, fill=text_color, font=typeface)
    return convert_image_dtype(pil_to_tensor(picture), image.dtype)


@minitorch.no_grad()
def draw_segmentation_masks(image: Tensor, masks: Tensor, alpha: float = 0.8, colors: _Colors = None) -> Tensor:
    """Colour an image (3, H, W) where masks (N, H, W) are True; `alpha` 1 hides it; where masks overlap it is black."""
    _require_image(
        image, "The image must be a tensor", (3,), "Pass an RGB image. Other Image formats are not supported"
    )
    if masks.ndim == 2:
        masks = masks[None]
    if masks.ndim != 3:
        raise ValueError("masks must be of shape (H, W) or (batch_size, H, W)")
    if masks.dtype != minitorch.bool:  # type: ignore[attr-defined] # renamed where it is imported
        raise ValueError(f"The masks must be of dtype bool. Got {masks.dtype}")
    if masks.shape[-2:] != image.shape[-2:]:
        raise ValueError("The image and the masks must have the same height and width")
    if len(masks) == 0:
        return image
    colored = image.clone()
    for mask, color in zip(masks, _rgb(colors, len(masks)), strict=False):
        levels = minitorch.tensor(color, dtype=minitorch.uint8, device=image.device)
        colored[:, mask] = convert_image_dtype(levels, image.dtype)[:, None]
    colored[:, masks.sum(0) > 1] = 0
    return (image * (1 - alpha) + colored * alpha).to(image.dtype)


@minitorch.no_grad()
def draw_keypoints(
    image: Tensor,
    keypoints: Tensor,
    connectivity: list[tuple[int, int]] | None = None,
    colors: _Color | None = None,
    radius: int = 2,
    width: int = 3,
    visibility: Tensor | None = None,
) -> Tensor:
    """Draw points (N, K, 2), as (x, y), onto an image (3, H, W), and lines between those that are connected.

    `visibility` (N, K) says which points to draw.
    """
    _require_image(
        image, "The image must be a tensor", (3,), "Pass an RGB image. Other Image formats are not supported"
    )
    if keypoints.ndim != 3:
        raise ValueError("keypoints must be of shape (num_instances, K, 2)")
    seen = minitorch.ones(keypoints.shape[:2]).bool() if visibility is None else visibility.bool()
    if seen.ndim == 3 and seen.shape[-1] == 1:
        seen = seen[..., 0]
    if seen.ndim != 2:
        raise ValueError(f"visibility must be of shape (num_instances, K). Got ndim={seen.ndim}")
    if seen.shape != keypoints.shape[:2]:
        raise ValueError(
            f"keypoints and visibility must have the same dimensionality for num_instances and K. "
            f"Got visibility = {seen.shape} and keypoints = {keypoints.shape}"
        )
    picture = to_pil_image(convert_image_dtype(image, minitorch.uint8))
    draw = pillow("ImageDraw").Draw(picture)
    points, shown = keypoints.to(minitorch.int64).tolist(), seen.tolist()
    for instance, visible in zip(points, shown, strict=True):
        for (x, y, *_), to_draw in zip(instance, visible, strict=True):
            if to_draw:
                draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=colors, width=0)
        for start, end in connectivity or []:
            if visible[start] and visible[end]:
                draw.line((*instance[start][:2], *instance[end][:2]), width=width)
    return convert_image_dtype(pil_to_tensor(picture), image.dtype)


def _require_image(image: Tensor, expected: str, channels: tuple[int, ...], otherwise: str) -> None:
    """Raise unless this is one image of so many channels, in bytes or floats."""
    if not isinstance(image, Tensor):
        raise TypeError(f"{expected}, got {type(image)}")
    if image.dtype != minitorch.uint8 and not image.is_floating_point():
        raise ValueError(f"The image dtype must be uint8 or float, got {image.dtype}")
    if image.ndim != 3:
        raise ValueError("Pass individual images, not batches")
    if image.shape[0] not in channels:
        raise ValueError(otherwise)


def _rgb(colors: _Colors, count: int) -> list[tuple[int, ...]]:
    """Red, green and blue for each of the objects, of which all may share one colour; without any, from a palette."""
    if colors is None:
        return [tuple(number * step % 255 for step in (2**25 - 1, 2**15 - 1, 2**21 - 1)) for number in range(count)]
    if not isinstance(colors, (str, tuple, list)):
        raise ValueError(f"colors must be a tuple or a string, or a list thereof, but got {colors}.")
    several = colors if isinstance(colors, list) else [colors] * count
    if len(several) < count:
        raise ValueError(
            f"Number of colors must be equal or larger than the number of objects, but got {len(several)} < {count}."
        )
    return [pillow("ImageColor").getrgb(color) if isinstance(color, str) else color for color in several]


def _font(font: str | None, size: int | None) -> Any:
    fonts = pillow("ImageFont")
    return fonts.load_default() if font is None else fonts.truetype(font=font, size=size or 10)


# --- optical flow --------------------------------------------------------------------------------------------------

# The colour wheel of Baker et al., "A Database and Evaluation Methodology for Optical Flow": from one colour to the
# next in so many steps. Each arc raises (+) or lowers (-) one channel of red, green, blue.
_ARCS: Sequence[tuple[int, int, int]] = ((15, 1, 1), (6, 0, -1), (4, 2, 1), (11, 1, -1), (13, 0, 1), (6, 2, -1))


@minitorch.no_grad()
def flow_to_image(flow: Tensor) -> Tensor:
    """Movements in x and y, (2, H, W) or (N, 2, H, W), as colours (uint8): the hue is the direction."""
    if flow.dtype != minitorch.float32:
        raise ValueError(f"Flow should be of dtype torch.float, got {flow.dtype}.")
    if flow.ndim not in (3, 4) or flow.shape[-3] != 2:
        raise ValueError(f"Input flow should have shape (2, H, W) or (N, 2, H, W), got {flow.shape}.")
    longest = flow.pow(2).sum(-3).sqrt().max()
    flow = flow / (longest + minitorch.finfo(flow.dtype).eps)
    length = flow.pow(2).sum(-3).sqrt()
    wheel = _color_wheel().to(flow.device)
    x, y = flow.unbind(-3)
    place = (minitorch.atan2(-y, -x) / math.pi + 1) / 2 * (len(wheel) - 1)
    lower = place.floor().long()
    part = (place - lower)[..., None]
    color = (1 - part) * wheel[lower] + part * wheel[(lower + 1) % len(wheel)]
    return (255 * (1 - length[..., None] * (1 - color))).floor().to(minitorch.uint8).movedim(-1, -3)


def _color_wheel() -> Tensor:
    """55 colours round the circle, from 0 to 1, (55, 3)."""
    color = [255, 0, 0]
    wheel = []
    for steps, channel, sign in _ARCS:
        start = color[channel]
        for step in range(steps):
            color[channel] = start + sign * (255 * step // steps)
            wheel.append(list(color))
        color[channel] = start + sign * 255
    return minitorch.tensor(wheel, dtype=minitorch.float32) / 255
