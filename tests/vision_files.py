"""Small data sets in the formats of MNIST and CIFAR, for the tests of vision."""

from __future__ import annotations

import gzip
import pickle
import struct
from pathlib import Path

import numpy as np

from minitorch.vision import datasets

NAMES = {"train": "train", "t10k": "t10k"}


def idx(array: np.ndarray, code: int = 8) -> bytes:
    """An idx file: two zero bytes, what the numbers are, how many sizes, the sizes, the numbers (big-endian)."""
    return struct.pack(f">HBB{array.ndim}I", 0, code, array.ndim, *array.shape) + array.tobytes()


def write_mnist(
    raw: Path, packed: bool = False, count: int = 7, seed: int = 0, names: dict[str, str] = NAMES
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The four files in the folder `raw`; what they hold, by part."""
    raw.mkdir(parents=True, exist_ok=True)
    draw = np.random.default_rng(seed)
    arrays = {}
    for part, name in names.items():
        images = draw.integers(0, 256, (count, 4, 3), dtype=np.uint8)
        labels = draw.integers(0, 10, count, dtype=np.uint8)
        arrays[part] = (images, labels)
        for file, array in ((f"{name}-images-idx3-ubyte", images), (f"{name}-labels-idx1-ubyte", labels)):
            content = idx(array)
            path = raw / (file + ".gz" if packed else file)
            path.write_bytes(gzip.compress(content, mtime=0) if packed else content)
    return arrays


def write_cifar(root: Path, kind: type[datasets.CIFAR10] = datasets.CIFAR10, protocol: int = 2) -> np.ndarray:
    """Every file with two images; the pixels of the train files, one after another."""
    where = root / kind.base_folder
    where.mkdir(parents=True, exist_ok=True)
    draw = np.random.default_rng(0)
    key = "fine_labels" if kind is datasets.CIFAR100 else "labels"
    batches = []
    for name, _ in [*kind.train_list, *kind.test_list]:
        batches.append(draw.integers(0, 256, (2, 3072), dtype=np.uint8))
        content = {"data": batches[-1], key: [0, 1], "filenames": ["a", "b"], "batch_label": "x"}
        (where / name).write_bytes(pickle.dumps(content, protocol))
    (where / kind.meta["filename"]).write_bytes(pickle.dumps({kind.meta["key"]: ["cat", "dog"]}, protocol))
    return np.concatenate(batches[: len(kind.train_list)])
