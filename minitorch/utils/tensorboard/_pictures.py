"""Summaries that are pictures: images, boxes drawn into them, matplotlib's figures, videos."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont  # tensorboard itself needs Pillow
from tensorboard.compat.proto.summary_pb2 import Summary

from minitorch.utils.tensorboard._arrays import Array, as_bytes, grid, make_np, to_hwc


def image(tag: str, tensor: Any, rescale: float = 1, dataformats: str = "NCHW") -> Any:
    """A picture, or several in a grid; its size is multiplied by `rescale`."""
    return _picture(tag, make_image(as_bytes(to_hwc(make_np(tensor), dataformats)), rescale))


def image_boxes(
    tag: str,
    tensor_image: Any,
    tensor_boxes: Any,
    rescale: float = 1,
    dataformats: str = "CHW",
    labels: Sequence[str] | None = None,
) -> Any:
    """A picture with boxes, rows of (left, top, right, bottom), and a label at each."""
    array = as_bytes(to_hwc(make_np(tensor_image), dataformats))
    return _picture(tag, make_image(array, rescale, make_np(tensor_boxes), labels))


def make_image(tensor: Array, rescale: float = 1, rois: Array | None = None, labels: Any = None) -> Any:
    """An array (H, W, C) of uint8 as a PNG with its size. Raises TypeError where C is not 1 to 4."""
    height, width, channels = tensor.shape
    if channels not in (1, 2, 3, 4):
        raise TypeError(f"Cannot handle this data type: a picture has 1 to 4 channels, got {channels}")
    # Of the size before it is scaled, as torch says it.
    proto = Summary.Image(height=height, width=width, colorspace=channels)
    drawn = Image.fromarray(tensor[:, :, 0] if channels == 1 else np.ascontiguousarray(tensor))
    if rois is not None:
        drawn = draw_boxes(drawn, rois, labels)
    drawn = drawn.resize((int(width * rescale), int(height * rescale)), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    drawn.save(file, format="PNG")
    proto.encoded_image_string = file.getvalue()
    return proto


def draw_boxes(disp_image: Any, boxes: Array, labels: Any = None) -> Any:
    """Draws red boxes (N, 4), and the labels above them, into a PIL image, which is returned.

    Raises ValueError for boxes of another shape, IndexError where there are fewer labels than boxes.
    """
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise ValueError(f"expected boxes of shape (N, 4), got {boxes.shape}")
    if labels is not None and len(labels) < len(boxes):
        raise IndexError(f"expected a label for each of the {len(boxes)} boxes, got {len(labels)}")
    draw = ImageDraw.Draw(disp_image)
    for k, (left, top, right, bottom) in enumerate(boxes.tolist()):
        corners = [(left, top), (left, bottom), (right, bottom), (right, top), (left, top)]
        draw.line(corners, width=2, fill="Red")
        if labels is not None and labels[k]:
            font = ImageFont.load_default()
            x0, y0, x1, y1 = font.getbbox(labels[k])
            wide, high = x1 - x0, y1 - y0
            margin = int(np.ceil(0.05 * high))
            draw.rectangle([(left, bottom - high - 2 * margin), (left + wide, bottom)], fill="Red")
            draw.text((left + margin, bottom - high - margin), labels[k], fill="Black", font=font)
    return disp_image


def figure_to_image(figures: Any, close: bool = True) -> Array:
    """A matplotlib figure as an array (3, H, W) of uint8, a list of figures of one size as (N, 3, H, W).

    `close` closes them for pyplot.
    """
    if isinstance(figures, (list, tuple)):
        return np.stack([figure_to_image(figure, close) for figure in figures])
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas: Any = FigureCanvasAgg(figures)
    canvas.draw()
    array = np.asarray(canvas.buffer_rgba())[:, :, :3].transpose(2, 0, 1).copy()
    pyplot = sys.modules.get("matplotlib.pyplot")
    if close and pyplot is not None:
        pyplot.close(figures)
    return array


def video(tag: str, tensor: Any, fps: float = 4) -> Any:
    """Videos (N, T, C, H, W), next to each other, as an animated GIF. Raises ValueError for another shape.

    Differs from torch: Pillow makes it, so that moviepy is not needed.
    """
    array = make_np(tensor)
    if array.ndim != 5 or array.shape[2] not in (1, 3) or not array.size:
        raise ValueError(f"add_video: expected a tensor of shape (N, T, C, H, W), C being 1 or 3, got {array.shape}")
    return Summary(value=[Summary.Value(tag=tag, image=make_video(_side_by_side(as_bytes(array)), fps))])


def make_video(tensor: Array, fps: float) -> Any:
    """An array (T, H, W, C) of uint8 as a GIF with its size."""
    _, height, width, channels = tensor.shape
    first, *rest = [Image.fromarray(frame[:, :, 0] if channels == 1 else frame) for frame in tensor]
    file = io.BytesIO()
    first.save(file, format="GIF", save_all=True, append_images=rest, duration=1000 / fps, loop=0)
    return Summary.Image(height=height, width=width, colorspace=channels, encoded_image_string=file.getvalue())


def _side_by_side(videos: Array) -> Array:
    """Videos (N, T, C, H, W) as one (T, H', W', C): in rows of a power of two, up to twice or four times as wide."""
    count = len(videos)
    cells = 1 << (count - 1).bit_length()
    rows: int = 2 ** ((count.bit_length() - 1) // 2)
    return np.stack([grid(frame, cells // rows, rows) for frame in videos.transpose(1, 0, 3, 4, 2)])


def _picture(tag: str, proto: Any) -> Any:
    return Summary(value=[Summary.Value(tag=tag, image=proto)])
