"""The files that TensorBoard's projector reads: points, what they are, and small pictures of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from tensorboard.plugins.projector.projector_config_pb2 import EmbeddingInfo

from minitorch.utils.tensorboard._arrays import Array, as_bytes, grid


def write_points(folder: Path, points: Array) -> None:
    """A row of numbers, set apart by tabs, for each point (N, D)."""
    lines = ["\t".join(map(str, row)) for row in points.tolist()]
    (folder / "tensors.tsv").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def write_metadata(folder: Path, metadata: Sequence[Any], header: Sequence[str] | None) -> None:
    """A line for each point; with a header one column for each of its names.

    Raises AssertionError where a row has another number of columns.
    """
    lines = [str(each) for each in metadata]
    if header:
        if any(len(row) != len(header) for row in metadata):
            raise AssertionError("len of header must be equal to the number of columns in metadata")
        lines = ["\t".join(map(str, row)) for row in (header, *metadata)]
    (folder / "metadata.tsv").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def write_sprite(folder: Path, pictures: Array) -> None:
    """The pictures (N, C, H, W) of all points as one, which is square, as the projector wants it."""
    count, _, height, width = pictures.shape
    columns = math.ceil(math.sqrt(count))
    whole = grid(as_bytes(pictures.transpose(0, 2, 3, 1)), columns)
    if whole.shape[2] == 1:
        whole = whole.repeat(3, axis=2)
    side = max(whole.shape[:2])
    padded = np.zeros((side, side, whole.shape[2]), np.uint8)
    padded[: whole.shape[0], : whole.shape[1]] = whole
    Image.fromarray(padded).save(folder / "sprite.png")


def info(tag: str, step: str, subdir: str, metadata: Any, pictures: Array | None) -> Any:
    """What the projector's configuration says of one embedding, whose files are in `subdir` of the log directory."""
    about = EmbeddingInfo(tensor_name=f"{tag}:{step}", tensor_path=f"{subdir}/tensors.tsv")
    if metadata is not None:
        about.metadata_path = f"{subdir}/metadata.tsv"
    if pictures is not None:
        about.sprite.image_path = f"{subdir}/sprite.png"
        about.sprite.single_image_dim.extend([pictures.shape[3], pictures.shape[2]])
    return about
