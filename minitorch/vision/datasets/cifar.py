"""CIFAR-10 and CIFAR-100: pickled batches of small colour images, read without running what a pickle may hold."""

from __future__ import annotations

import _codecs
import os
import pickle
import sys
from typing import Any, BinaryIO

import numpy as np

from minitorch.vision._pillow import pillow
from minitorch.vision.datasets.utils import StrPath, download_from_mirrors, extract_archive, shared_folder, unpack_file
from minitorch.vision.datasets.vision import Transform, VisionDataset

_SHAPE = (3, 32, 32)


class CIFAR10(VisionDataset):
    """Colour photographs in ten classes: `data` (N, 32, 32, 3) uint8 array, `targets` a list; samples (PIL image, int).

    Reads the pickles in `root`/cifar-10-batches-py, of any number of images. With `download` they are copied from
    $MINITORCH_DATA, or fetched, from $MINITORCH_MIRROR and then from `url`. Raises RuntimeError where they are missing
    or damaged, or cannot be fetched. Differs from torch: what is on disk is read whatever its MD5; nothing in a pickle
    is run; a failed download is not a URLError.
    """

    base_folder = "cifar-10-batches-py"
    url = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
    filename = "cifar-10-python.tar.gz"
    tgz_md5 = "c58f30108f718f92721af3b95e74349a"
    train_list = [
        ["data_batch_1", "c99cafc152244af753f735de768cd75f"],
        ["data_batch_2", "d4bba439e000b95fd0a9bffe97cbabec"],
        ["data_batch_3", "54ebc095f3ab1f0389bbae665268c751"],
        ["data_batch_4", "634d18415352ddfa80567beed471001a"],
        ["data_batch_5", "482c414d41f54cd18b22e5b47cb7c3cb"],
    ]
    test_list = [["test_batch", "40351d587109b95175f43aff81a1287e"]]
    meta = {"filename": "batches.meta", "key": "label_names", "md5": "5ff9c542aee3614f3951f8cda6e48888"}

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
        if not self._check_integrity():
            raise RuntimeError(
                "Dataset not found or corrupted. You can use download=True to download it "
                f"({', '.join(self._names())} are expected in {self._folder})"
            )
        batches = [self._load_batch(name) for name, _ in (self.train_list if train else self.test_list)]
        planes = np.concatenate([data for data, _ in batches])
        self.data = np.ascontiguousarray(planes.reshape(-1, *_SHAPE).transpose(0, 2, 3, 1))
        self.targets = [label for _, labels in batches for label in labels]
        self._load_meta()

    @property
    def _folder(self) -> str:
        return os.path.join(self.root or "", self.base_folder)

    def _load_batch(self, name: str) -> tuple[Any, list[int]]:
        """The rows of pixels and the labels in a file: CIFAR-10 calls them labels, CIFAR-100 fine_labels."""
        path = os.path.join(self._folder, name)
        entry = _load_pickle(path)
        data, labels = entry.get("data"), entry.get("labels", entry.get("fine_labels"))
        size = int(np.prod(_SHAPE))
        if not isinstance(data, np.ndarray) or data.dtype != np.uint8 or data.shape[1:] != (size,):
            came = f"{data.dtype} {data.shape}" if isinstance(data, np.ndarray) else type(data).__name__
            raise RuntimeError(f"{path}: expected 'data' to be a uint8 array of shape (N, {size}), got {came}")
        if not isinstance(labels, list) or len(labels) != len(data):
            came = f"{len(labels)}" if isinstance(labels, list) else type(labels).__name__
            raise RuntimeError(f"{path}: expected a list of {len(data)} labels, one for each image, got {came}")
        return data, labels

    def _load_meta(self) -> None:
        path = os.path.join(self._folder, self.meta["filename"])
        if not os.path.isfile(path):
            raise RuntimeError(
                "Dataset metadata file not found or corrupted. You can use download=True to download it "
                f"({self.meta['filename']} is expected in {self._folder})"
            )
        names = _load_pickle(path).get(self.meta["key"])
        if not isinstance(names, list):
            raise RuntimeError(f"{path}: expected a list '{self.meta['key']}', got {type(names).__name__}")
        self.classes = names
        self.class_to_idx = {name: label for label, name in enumerate(names)}

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        image, target = pillow("Image").fromarray(self.data[index]), self.targets[index]
        if self.transform is not None:
            image = self.transform(image)
        if self.target_transform is not None:
            target = self.target_transform(target)
        return image, target

    def __len__(self) -> int:
        return len(self.data)

    def _names(self) -> list[str]:
        return [name for name, _ in [*self.train_list, *self.test_list]]

    def _check_integrity(self) -> bool:
        return all(os.path.isfile(os.path.join(self._folder, name)) for name in self._names())

    def download(self) -> None:
        """Copy or fetch the files, unless all of them are there."""
        names = [*self._names(), self.meta["filename"]]
        if all(os.path.isfile(os.path.join(self._folder, name)) for name in names):
            return
        folder = shared_folder(self.base_folder, names)
        if folder:
            for name in names:
                unpack_file(os.path.join(folder, name), os.path.join(self._folder, name))
            print(f"{type(self).__name__}: copied {len(names)} files from {folder}", file=sys.stderr)
            return
        download_from_mirrors([self.url], self.root or "", self.filename, self.tgz_md5)
        extract_archive(os.path.join(self.root or "", self.filename), self.root)

    def extra_repr(self) -> str:
        """Which part it is."""
        return f"Split: {'Train' if self.train else 'Test'}"


class CIFAR100(CIFAR10):
    """Colour photographs in a hundred classes, as CIFAR10 in `root`/cifar-100-python."""

    base_folder = "cifar-100-python"
    url = "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz"
    filename = "cifar-100-python.tar.gz"
    tgz_md5 = "eb9058c3a382ffc7106e4002c42a8d85"
    train_list = [["train", "16019d7e3df5f24257cddd939b257f8d"]]
    test_list = [["test", "f0ef6b0ae62326f3e7ffdfab6717acfc"]]
    meta = {"filename": "meta", "key": "fine_label_names", "md5": "7973b15100ade9c7d40fb424638fde48"}


# --- pickles -------------------------------------------------------------------------------------------------------

# What numpy arrays and numbers name in a pickle, by NumPy's old and new names. NumPy itself says which functions
# rebuild them, for the modules that hold these are private and warn.
_array = np.zeros(1)
_GLOBALS: dict[tuple[str, str], Any] = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("_codecs", "encode"): _codecs.encode,
} | {
    (f"numpy.{core}.{module}", name): function
    for core in ("core", "_core")
    for module, name, function in (
        ("multiarray", "_reconstruct", _array.__reduce__()[0]),
        ("multiarray", "scalar", _array[0].__reduce__()[0]),
        ("numeric", "_frombuffer", _array.__reduce_ex__(5)[0]),
    )
}


class _Unpickler(pickle.Unpickler):
    """Rebuilds arrays, numbers, strings, lists and dicts; whatever else a pickle names is refused, not imported."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file, encoding="latin1")

    def find_class(self, module: str, name: str) -> Any:
        try:
            return _GLOBALS[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it names {module}.{name}, which no such file needs") from None


def _load_pickle(path: str) -> dict[str, Any]:
    """The dict in a pickle; RuntimeError for anything else."""
    with open(path, "rb") as file:
        try:
            content = _Unpickler(file).load()
        # A damaged pickle fails in whatever way the opcode that it became does.
        except Exception as error:
            raise RuntimeError(
                f"{path} is not a pickle of arrays and lists: {error or type(error).__name__}"
            ) from error
    if not isinstance(content, dict):
        raise RuntimeError(f"{path}: expected a pickled dict, got {type(content).__name__}")
    return content
