"""Boxes, one a row: (x1, y1, x2, y2), the corners, with x1 <= x2 and y1 <= y2."""

from __future__ import annotations

import minitorch
from minitorch import Tensor


def box_area(boxes: Tensor) -> Tensor:
    """The area of each box, (N, 4) to (N,)."""
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])


def _sides(low: Tensor, high: Tensor) -> Tensor:
    """The product of the two sides from `low` to `high` (..., 2), zero where one of them is negative."""
    return (high - low).clamp(min=0).prod(-1)


def _shared_and_united(boxes1: Tensor, boxes2: Tensor) -> tuple[Tensor, Tensor]:
    """The area that each of N boxes shares with each of M, and the area that the two cover, both (N, M)."""
    one, other = boxes1[:, None], boxes2[None]
    low, high = minitorch.max(one[..., :2], other[..., :2]), minitorch.min(one[..., 2:], other[..., 2:])
    shared = _sides(low, high)
    return shared, box_area(boxes1)[:, None] + box_area(boxes2) - shared


def box_iou(boxes1: Tensor, boxes2: Tensor) -> Tensor:
    """What each of N boxes shares with each of M, as a part of what the two cover: (N, M)."""
    shared, united = _shared_and_united(boxes1, boxes2)
    return shared / united


def generalized_box_iou(boxes1: Tensor, boxes2: Tensor) -> Tensor:
    """`box_iou` less the part of the smallest box around both that neither covers: (N, M), from -1 to 1.

    Source: Rezatofighi et al., Generalized intersection over union, 2019.
    """
    shared, united = _shared_and_united(boxes1, boxes2)
    one, other = boxes1[:, None], boxes2[None]
    low, high = minitorch.min(one[..., :2], other[..., :2]), minitorch.max(one[..., 2:], other[..., 2:])
    around = _sides(low, high)
    return shared / united - (around - united) / around


_FORMATS = ("xyxy", "xywh", "cxcywh")


def box_convert(boxes: Tensor, in_fmt: str, out_fmt: str) -> Tensor:
    """Boxes (..., 4) in another format: "xyxy", corners; "xywh", corner and size; "cxcywh", centre and size.

    Raises ValueError for another one. Differs from torchvision: there are no rotated boxes.
    """
    if in_fmt not in _FORMATS or out_fmt not in _FORMATS:
        raise ValueError(
            f"Unsupported Bounding Box Conversions for given in_fmt {in_fmt} and out_fmt {out_fmt}: "
            f"use two of {_FORMATS}"
        )
    if in_fmt == out_fmt:
        return boxes.clone()
    low, high = boxes[..., :2], boxes[..., 2:]
    if in_fmt == "xywh":
        high = low + high
    elif in_fmt == "cxcywh":
        low, high = low - 0.5 * high, low + 0.5 * high
    if out_fmt == "xywh":
        high = high - low
    elif out_fmt == "cxcywh":
        low, high = (low + high) / 2, high - low
    return minitorch.cat([low, high], -1)


def clip_boxes_to_image(boxes: Tensor, size: tuple[int, int]) -> Tensor:
    """Boxes (..., 4) with what lies outside an image of `size` (height, width) cut off."""
    height, width = size
    x, y = boxes[..., 0::2].clamp(0, width), boxes[..., 1::2].clamp(0, height)
    return minitorch.stack([x, y], -1).reshape(boxes.shape)


def remove_small_boxes(boxes: Tensor, min_size: float) -> Tensor:
    """The indices of the boxes that have no side shorter than `min_size`."""
    large = (boxes[:, 2] - boxes[:, 0] >= min_size) & (boxes[:, 3] - boxes[:, 1] >= min_size)
    return minitorch.where(large)[0]


def nms(boxes: Tensor, scores: Tensor, iou_threshold: float) -> Tensor:
    """The indices of the boxes to keep, best score first: whose `box_iou` with every better one kept is low enough."""
    left = scores.argsort(descending=True, stable=True)
    kept = []
    while len(left):
        best, left = left[:1], left[1:]
        kept.append(best)
        left = left[~(box_iou(boxes[best], boxes[left])[0] > iou_threshold)]
    return minitorch.cat(kept) if kept else left


def batched_nms(boxes: Tensor, scores: Tensor, idxs: Tensor, iou_threshold: float) -> Tensor:
    """`nms` within each class apart: `idxs` (N,) are the boxes' classes."""
    if not len(boxes):
        return nms(boxes, scores, iou_threshold)
    # Each class in a place of its own, where its boxes touch no others.
    place = idxs.to(boxes.dtype) * (boxes.max() - boxes.min() + 1)
    return nms(boxes + place[:, None], scores, iou_threshold)
