"""MNIST and the datasets that took its file format, idx: a header of sizes, then the numbers."""

from __future__ import annotations

import gzip
import math
import os
import shutil
import string
import sys
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import minitorch
from minitorch import Tensor
from minitorch.vision._pillow import pillow
from minitorch.vision.datasets.utils import (
    StrPath,
    download_from_mirrors,
    extract_archive,
    find_file,
    shared_folder,
    unpack_file,
    verify_str_arg,
)
from minitorch.vision.datasets.vision import Transform, VisionDataset

# The third byte of an idx file says what its numbers are; they are big-endian.
_DTYPES = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
_MAX_DIMS = 3
_SUFFIXES = ("", ".gz")  # a file that lies there both ways is read as it is


class MNIST(VisionDataset):
    """Handwritten digits: `data` (N, 28, 28) uint8, `targets` (N,) int64; samples are (PIL image, int).

    Reads the idx files in `root`/MNIST/raw, of any number and size of images. With `download` files that are not
    there are copied from $MINITORCH_DATA/MNIST/raw or fetched, from $MINITORCH_MIRROR and then from `mirrors`.
    Raises RuntimeError where there are none, and ValueError or RuntimeError for a damaged file.
    Differs from torch: files that are only there as .gz are read; as many labels as images are required.
    """

    mirrors = ["https://ossci-datasets.s3.amazonaws.com/mnist/", "http://yann.lecun.com/exdb/mnist/"]
    resources: Any = [
        ("train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
        ("train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432"),
        ("t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3"),
        ("t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c"),
    ]
    training_file = "training.pt"
    test_file = "test.pt"
    classes = [
        "0 - zero",
        "1 - one",
        "2 - two",
        "3 - three",
        "4 - four",
        "5 - five",
        "6 - six",
        "7 - seven",
        "8 - eight",
        "9 - nine",
    ]

    def __init__(
        self,
        root: StrPath,
        train: bool = True,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
        download: bool = False,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.train = train
        if download:
            self.download()
        if not self._check_exists():
            raise RuntimeError(
                f"Dataset not found. You can use download=True to download it ({', '.join(self._names())} are expected "
                f"in {self.raw_folder}, plain or .gz)"
            )
        self.data, self.targets = self._load_data()

    @property
    def train_labels(self) -> Tensor:
        """The old name of `targets`."""
        return self._renamed("train_labels", "targets")

    @property
    def test_labels(self) -> Tensor:
        """The old name of `targets`."""
        return self._renamed("test_labels", "targets")

    @property
    def train_data(self) -> Tensor:
        """The old name of `data`."""
        return self._renamed("train_data", "data")

    @property
    def test_data(self) -> Tensor:
        """The old name of `data`."""
        return self._renamed("test_data", "data")

    def _renamed(self, old: str, new: str) -> Tensor:
        warnings.warn(f"{old} has been renamed {new}", stacklevel=3)
        tensor: Tensor = getattr(self, new)
        return tensor

    @property
    def raw_folder(self) -> str:
        """Where the idx files lie."""
        return os.path.join(self._folder(), "raw")

    @property
    def processed_folder(self) -> str:
        """Where releases of old kept tensors."""
        return os.path.join(self._folder(), "processed")

    def _folder(self) -> str:
        return os.path.join(self.root or "", type(self).__name__)

    @property
    def class_to_idx(self) -> dict[str, int]:
        """The label of each class."""
        return {name: label for label, name in enumerate(self.classes)}

    def _names(self) -> list[str]:
        """The idx files that must be there, unpacked: images, labels and so on."""
        return [os.path.splitext(name)[0] for name, _ in self.resources]

    def _check_exists(self) -> bool:
        return all(find_file(self.raw_folder, name, _SUFFIXES) for name in self._names())

    def download(self) -> None:
        """Copy or fetch the files, unless all of them are there."""
        if not (self._check_exists() or self._copy_shared()):
            self._fetch()

    def _copy_shared(self) -> bool:
        """Take the files from $MINITORCH_DATA, where all of them are there."""
        names = self._names()
        folder = shared_folder(os.path.join(type(self).__name__, "raw"), names, _SUFFIXES)
        if folder:
            for name in names:
                unpack_file(find_file(folder, name, _SUFFIXES), os.path.join(self.raw_folder, name))
            counts = " and ".join(f"{_count(os.path.join(self.raw_folder, name)):,}" for name in names[::2])
            print(f"{type(self).__name__}: copied {counts} images from {folder}", file=sys.stderr)
        return bool(folder)

    def _fetch(self) -> None:
        for name, md5 in self.resources:
            urls = [f"{mirror.rstrip('/')}/{name}" for mirror in self.mirrors]
            download_from_mirrors(urls, self.raw_folder, name, md5)
            extract_archive(os.path.join(self.raw_folder, name))

    def _load_data(self) -> tuple[Tensor, Tensor]:
        part = "train" if self.train else "t10k"
        return _load(self.raw_folder, f"{part}-images-idx3-ubyte", f"{part}-labels-idx1-ubyte", read_label_file)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        target = self._target(index)
        image: Any = pillow("Image").fromarray(self.data[index].numpy())
        if self.transform is not None:
            image = self.transform(image)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return image, target

    def _target(self, index: int) -> Any:
        return int(self.targets[index])

    def __len__(self) -> int:
        return len(self.data)

    def extra_repr(self) -> str:
        """Which part it is."""
        return f"Split: {'Train' if self.train else 'Test'}"


class FashionMNIST(MNIST):
    """Pictures of clothes in ten classes, in MNIST's format and sizes."""

    mirrors = ["http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"]
    resources = [
        ("train-images-idx3-ubyte.gz", "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
        ("train-labels-idx1-ubyte.gz", "25c81989df183df01b3e8a0aad5dffbe"),
        ("t10k-images-idx3-ubyte.gz", "bef4ecab320f06d8554ea6380940ec79"),
        ("t10k-labels-idx1-ubyte.gz", "bb300cfdad3c16e7a12a480ee83cd310"),
    ]
    classes = [
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ]


class KMNIST(MNIST):
    """Cursive Japanese characters in ten classes, in MNIST's format and sizes."""

    mirrors = ["http://codh.rois.ac.jp/kmnist/dataset/kmnist/"]
    resources = [
        ("train-images-idx3-ubyte.gz", "bdb82020997e1d708af4cf47b453dcf7"),
        ("train-labels-idx1-ubyte.gz", "e144d726b3acfaa3e44228e80efcd344"),
        ("t10k-images-idx3-ubyte.gz", "5c965bf0a639b31b8f53240b1b52f4d7"),
        ("t10k-labels-idx1-ubyte.gz", "7320c461ea6c1c855c0b718fb2a4b134"),
    ]
    classes = ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"]


class EMNIST(MNIST):
    """Handwritten characters; `split` says which of six sets. Each file holds the images transposed, as published.

    Raises ValueError for an unknown split, and as MNIST does.
    """

    url = "https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip"
    md5 = "58c8d27c78d21e728a6bc7b3cc06412e"
    splits = ("byclass", "bymerge", "balanced", "letters", "digits", "mnist")
    # In the merged sets these small letters count as their capitals.
    _merged_classes = set("cijklmopsuvwxyz")
    _all_classes = set(string.digits + string.ascii_letters)
    classes_split_dict = {
        "byclass": sorted(_all_classes),
        "bymerge": sorted(_all_classes - _merged_classes),
        "balanced": sorted(_all_classes - _merged_classes),
        "letters": ["N/A", *string.ascii_lowercase],
        "digits": list(string.digits),
        "mnist": list(string.digits),
    }

    def __init__(self, root: StrPath, split: str, **kwargs: Any) -> None:
        self.split = verify_str_arg(split, "split", self.splits)
        self.training_file = self._training_file(split)
        self.test_file = self._test_file(split)
        super().__init__(root, **kwargs)
        self.classes = self.classes_split_dict[self.split]

    @staticmethod
    def _training_file(split: str) -> str:
        return f"training_{split}.pt"

    @staticmethod
    def _test_file(split: str) -> str:
        return f"test_{split}.pt"

    @property
    def _file_prefix(self) -> str:
        return f"emnist-{self.split}-{'train' if self.train else 'test'}"

    @property
    def images_file(self) -> str:
        """The path of the images."""
        return os.path.join(self.raw_folder, f"{self._file_prefix}-images-idx3-ubyte")

    @property
    def labels_file(self) -> str:
        """The path of the labels."""
        return os.path.join(self.raw_folder, f"{self._file_prefix}-labels-idx1-ubyte")

    def _names(self) -> list[str]:
        return [os.path.basename(self.images_file), os.path.basename(self.labels_file)]

    def _load_data(self) -> tuple[Tensor, Tensor]:
        images, labels = self._names()
        return _load(self.raw_folder, images, labels, read_label_file)

    def _fetch(self) -> None:
        archive = os.path.basename(self.url)
        download_from_mirrors([self.url], self.raw_folder, archive, self.md5)
        extract_archive(os.path.join(self.raw_folder, archive), remove_finished=True)
        unpacked = Path(self.raw_folder, "gzip")
        for packed in sorted(unpacked.glob("*.gz")):
            extract_archive(packed, self.raw_folder)
        shutil.rmtree(unpacked)


class QMNIST(MNIST):
    """MNIST with the 50,000 test digits that it dropped, and eight numbers a label: `targets` is (N, 8) int64.

    `what` is "train", "test", "test10k" (MNIST's), "test50k" (the others) or "nist"; by default `train` says which.
    With `compat` a sample's target is the class alone, an int. Raises ValueError for another `what`, and as MNIST.
    """

    subsets = {"train": "train", "test": "test", "test10k": "test", "test50k": "test", "nist": "nist"}
    _base = "https://raw.githubusercontent.com/facebookresearch/qmnist/master/"
    resources = {
        "train": [
            (f"{_base}qmnist-train-images-idx3-ubyte.gz", "ed72d4157d28c017586c42bc6afe6370"),
            (f"{_base}qmnist-train-labels-idx2-int.gz", "0058f8dd561b90ffdd0f734c6a30e5e4"),
        ],
        "test": [
            (f"{_base}qmnist-test-images-idx3-ubyte.gz", "1394631089c404de565df7b7aeaf9412"),
            (f"{_base}qmnist-test-labels-idx2-int.gz", "5b5b05890a5e13444e108efe57b788aa"),
        ],
        "nist": [
            (f"{_base}xnist-images-idx3-ubyte.xz", "7f124b3b8ab81486c9d8c2749c17f834"),
            (f"{_base}xnist-labels-idx2-int.xz", "5ed0e788978e45d4a8bd4b7caec3d79d"),
        ],
    }
    _rows = {"test10k": slice(10_000), "test50k": slice(10_000, None)}

    def __init__(
        self, root: StrPath, what: str | None = None, compat: bool = True, train: bool = True, **kwargs: Any
    ) -> None:
        default = "train" if train else "test"
        self.what = verify_str_arg(default if what is None else what, "what", self.subsets)
        self.compat = compat
        self.data_file = self.training_file = self.test_file = f"{self.what}.pt"
        super().__init__(root, train, **kwargs)

    @property
    def images_file(self) -> str:
        """The path of the images."""
        return os.path.join(self.raw_folder, self._names()[0])

    @property
    def labels_file(self) -> str:
        """The path of the labels."""
        return os.path.join(self.raw_folder, self._names()[1])

    def _names(self) -> list[str]:
        files = self.resources[self.subsets[self.what]]
        return [os.path.splitext(os.path.basename(url))[0] for url, _ in files]

    def _fetch(self) -> None:
        for url, md5 in self.resources[self.subsets[self.what]]:
            name = os.path.basename(url)
            download_from_mirrors([url], self.raw_folder, name, md5)
            extract_archive(os.path.join(self.raw_folder, name))

    def _load_data(self) -> tuple[Tensor, Tensor]:
        images, labels = self._names()
        data, targets = _load(self.raw_folder, images, labels, _read_label_table)
        rows = self._rows.get(self.what, slice(None))
        return data[rows], targets[rows]

    def _target(self, index: int) -> Any:
        return int(self.targets[index][0]) if self.compat else self.targets[index]

    def extra_repr(self) -> str:
        """Which subset it is."""
        return f"Split: {self.what}"


# --- idx files -----------------------------------------------------------------------------------------------------


def _count(path: str) -> int:
    """The first size of an idx file."""
    with open(path, "rb") as file:
        return int.from_bytes(file.read(8)[4:], "big")


def _load(
    folder: str, images_file: str, labels_file: str, read_labels: Callable[[str], Tensor]
) -> tuple[Tensor, Tensor]:
    images, labels = (find_file(folder, name, _SUFFIXES) for name in (images_file, labels_file))
    data, targets = read_image_file(images), read_labels(labels)
    if len(data) != len(targets):
        raise RuntimeError(
            f"{images} holds {len(data)} images, but {labels} holds {len(targets)} labels: they are not of one set"
        )
    return data, targets


def _content(path: StrPath) -> bytes:
    if not os.fspath(path).endswith(".gz"):
        return Path(path).read_bytes()
    try:
        with gzip.open(path) as file:
            return file.read()
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise RuntimeError(f"{path} is not a whole .gz file: {error}") from error


def read_sn3_pascalvincent_tensor(path: StrPath, strict: bool = True) -> Tensor:
    """The tensor in an idx file, plain or .gz, in the dtype that its header names.

    Raises ValueError for another kind of file, and RuntimeError for one that is shorter or longer than its sizes say;
    longer is allowed unless `strict`.
    """
    content = _content(path)
    code, ndim = content[2:4] if len(content) >= 4 else (0, 0)
    if content[:2] != b"\0\0" or code not in _DTYPES or not 1 <= ndim <= _MAX_DIMS:
        raise ValueError(
            f"{path} is not an idx file: expected two zero bytes, a code of {sorted(_DTYPES)} and 1 to {_MAX_DIMS} "
            f"dimensions, got {list(content[:4])}"
        )
    start = 4 + 4 * ndim
    if len(content) < start:
        raise RuntimeError(f"{path} is truncated or corrupt: its header needs {start} bytes, it has {len(content)}")
    shape = [int.from_bytes(content[at : at + 4], "big") for at in range(4, start, 4)]
    dtype = np.dtype(_DTYPES[code])
    expected = start + math.prod(shape) * dtype.itemsize
    if len(content) < expected or (strict and len(content) > expected):
        raise RuntimeError(
            f"{path} is truncated or corrupt: sizes {tuple(shape)} of {dtype.name} need {expected:,} bytes, it has "
            f"{len(content):,}"
        )
    array = np.frombuffer(content, dtype, math.prod(shape), start).reshape(shape)
    return minitorch.from_numpy(array.astype(dtype.newbyteorder("=")))


def _read(path: StrPath, dtype: minitorch.dtype, ndim: int) -> Tensor:
    tensor = read_sn3_pascalvincent_tensor(path)
    if tensor.dtype != dtype:
        raise TypeError(f"{path} should be of dtype {dtype} instead of {tensor.dtype}")
    if tensor.ndim != ndim:
        raise ValueError(f"{path} should have {ndim} dimension instead of {tensor.ndim}")
    return tensor


def read_label_file(path: StrPath) -> Tensor:
    """The labels in an idx file of bytes, (N,) int64."""
    labels: Tensor = _read(path, minitorch.uint8, 1).long()
    return labels


def _read_label_table(path: StrPath) -> Tensor:
    labels: Tensor = _read(path, minitorch.int32, 2).long()
    return labels


def read_image_file(path: StrPath) -> Tensor:
    """The images in an idx file of bytes, (N, height, width) uint8."""
    return _read(path, minitorch.uint8, 3)
