"""Samples in folders, one folder a class."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from minitorch.vision._pillow import pillow
from minitorch.vision.datasets.utils import StrPath
from minitorch.vision.datasets.vision import Transform, VisionDataset

IMG_EXTENSIONS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")
Extensions = str | tuple[str, ...]
Samples = list[tuple[str, int]]


def has_file_allowed_extension(filename: str, extensions: Extensions) -> bool:
    """Whether a name ends in one of `extensions`, in whatever case."""
    return filename.lower().endswith(extensions)


def is_image_file(filename: str) -> bool:
    """Whether a name ends in one of IMG_EXTENSIONS."""
    return has_file_allowed_extension(filename, IMG_EXTENSIONS)


def find_classes(directory: StrPath) -> tuple[list[str], dict[str, int]]:
    """The folders in `directory` in order, and their numbers. Raises FileNotFoundError where there are none."""
    classes = sorted(entry.name for entry in os.scandir(directory) if entry.is_dir())
    if not classes:
        raise FileNotFoundError(f"Couldn't find any class folder in {directory}.")
    return classes, {name: label for label, name in enumerate(classes)}


def make_dataset(
    directory: StrPath,
    class_to_idx: dict[str, int] | None = None,
    extensions: Extensions | None = None,
    is_valid_file: Callable[[str], bool] | None = None,
    allow_empty: bool = False,
) -> Samples:
    """(path, class number) of every file under the class folders that has one of `extensions`, or `is_valid_file`.

    Raises ValueError unless exactly one of these two is given, and FileNotFoundError for a class without a file,
    unless `allow_empty`.
    """
    if class_to_idx is None:
        _, class_to_idx = find_classes(directory)
    elif not class_to_idx:
        raise ValueError("'class_to_index' must have at least one entry to collect any samples.")
    if (extensions is None) == (is_valid_file is None):
        raise ValueError("Both extensions and is_valid_file cannot be None or not None at the same time")
    root = os.path.expanduser(directory)
    samples: Samples = []
    empty = []
    for name in sorted(class_to_idx):
        paths = [
            os.path.join(folder, file)
            for folder, _, files in sorted(os.walk(os.path.join(root, name), followlinks=True))
            for file in sorted(files)
        ]
        if extensions is not None:
            valid = [path for path in paths if has_file_allowed_extension(path, extensions)]
        elif is_valid_file is not None:
            valid = [path for path in paths if is_valid_file(path)]
        samples += [(path, class_to_idx[name]) for path in valid]
        if not valid:
            empty.append(name)
    if empty and not allow_empty:
        listed = extensions if isinstance(extensions, str) else ", ".join(extensions or ())
        supported = f"Supported extensions are: {listed}" if extensions is not None else ""
        raise FileNotFoundError(f"Found no valid file for the classes {', '.join(empty)}. {supported}")
    return samples


class DatasetFolder(VisionDataset):
    """The files under `root`/class/..., each read by `loader`: samples are (what it returns, class number).

    `samples` lists path and class number, `classes` the folders' names. Raises as `find_classes` and `make_dataset`.
    """

    def __init__(
        self,
        root: StrPath,
        loader: Callable[[str], Any],
        extensions: tuple[str, ...] | None = None,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        directory = self.root or ""
        classes, class_to_idx = self.find_classes(directory)
        self.loader = loader
        self.extensions = extensions
        self.classes = classes
        self.class_to_idx = class_to_idx
        self.samples = self.make_dataset(directory, class_to_idx, extensions, is_valid_file, allow_empty)
        self.targets = [label for _, label in self.samples]

    @staticmethod
    def make_dataset(
        directory: StrPath,
        class_to_idx: dict[str, int],
        extensions: tuple[str, ...] | None = None,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> Samples:
        """The samples; a subclass may choose others. Raises ValueError where `class_to_idx` is None."""
        if class_to_idx is None:
            raise ValueError("The class_to_idx parameter cannot be None.")
        return make_dataset(directory, class_to_idx, extensions, is_valid_file, allow_empty)

    def find_classes(self, directory: StrPath) -> tuple[list[str], dict[str, int]]:
        """The classes and their numbers; a subclass may choose others."""
        return find_classes(directory)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        path, target = self.samples[index]
        sample: Any = self.loader(path)
        label: Any = target
        if self.transform is not None:
            sample = self.transform(sample)
        if self.target_transform is not None:
            label = self.target_transform(label)
        return sample, label

    def __len__(self) -> int:
        return len(self.samples)


def pil_loader(path: StrPath) -> Any:
    """The image in a file, as RGB. Raises OSError that names a file that is damaged or no image."""
    with open(path, "rb") as file:
        image = pillow("Image").open(file)
        try:
            return image.convert("RGB")
        except (OSError, SyntaxError, ValueError) as error:
            raise OSError(f"{os.fspath(path)}: {error}") from error


def default_loader(path: StrPath) -> Any:
    """What reads ImageFolder's files: `pil_loader`."""
    return pil_loader(path)


class ImageFolder(DatasetFolder):
    """The images under `root`/class/...: samples are (PIL image in RGB, class number). `imgs` is `samples`."""

    def __init__(
        self,
        root: StrPath,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
        loader: Callable[[str], Any] = default_loader,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> None:
        extensions = IMG_EXTENSIONS if is_valid_file is None else None
        super().__init__(root, loader, extensions, transform, target_transform, is_valid_file, allow_empty)
        self.imgs = self.samples
