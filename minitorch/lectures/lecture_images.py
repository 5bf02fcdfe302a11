"""Handwritten digits, MNIST's where they are at hand: the data of the lectures on images.

    train_set = lecture_images.load(args.data, train=True)     # samples: a (1, 28, 28) tensor, and the digit, an int
    image, label = train_set[0]

With a transform of one's own, samples are torchvision's: the transform gets a PIL image, anew each time.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import lecture_tools
import torch
from torch.utils.data import Dataset
from torchvision import datasets, transforms

SIZE = 28
MEAN, STD = 0.1307, 0.3081
"""Of the pixels of MNIST's 60,000 training images, each between 0 and 1."""

NORMALIZED = transforms.Compose([transforms.ToTensor(), transforms.Normalize((MEAN,), (STD,))])
"""A PIL image as a (1, height, width) tensor, with mean 0 and standard deviation 1 over all of MNIST."""

_FILES = tuple(f"{part}-{kind}-ubyte" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1"))
_HELD_OUT = 297

Transform = Callable[[Any], Any]


class SmallDigits(Dataset):
    """scikit-learn's 1,797 digits of 8x8, each enlarged to 20x20 in the middle of 28x28, where MNIST's stand too.

    The last 297 are the test set. Samples are MNIST's: a PIL image, or what `transform` makes of it, and an int.
    """

    def __init__(self, train: bool, transform: Transform | None = None) -> None:
        purpose = f"without --data DIR or {lecture_tools.DATA_VARIABLE} this lecture"
        digits = lecture_tools.optional("sklearn.datasets", "scikit-learn", purpose).load_digits()
        part = slice(-_HELD_OUT) if train else slice(-_HELD_OUT, None)
        grey = (digits.images[part] * (255 / 16)).astype("uint8")
        self.images = [self._enlarged(pixels) for pixels in grey]
        self.targets = torch.from_numpy(digits.target[part]).long()
        self.transform = transform

    @staticmethod
    def _enlarged(pixels: Any) -> Any:
        pillow = _pillow()
        image = pillow.new("L", (SIZE, SIZE))
        image.paste(pillow.fromarray(pixels).resize((20, 20), pillow.Resampling.BICUBIC), (4, 4))
        return image

    def __getitem__(self, index: int) -> tuple[Any, int]:
        image = self.images[index]
        return image if self.transform is None else self.transform(image), int(self.targets[index])

    def __len__(self) -> int:
        return len(self.images)


class Kept(Dataset):
    """A dataset each of whose samples is made once and kept. Not for a transform that draws at random."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self._samples: list[Any] = [None] * len(dataset)

    def __getitem__(self, index: int) -> Any:
        if self._samples[index] is None:
            self._samples[index] = self.dataset[index]
        return self._samples[index]

    def __len__(self) -> int:
        return len(self._samples)


def load(directory: Path | None, train: bool, transform: Transform | None = NORMALIZED) -> Dataset:
    """The training set or the test set: MNIST's in `directory`/MNIST/raw, or without a directory SmallDigits.

    Says which with the training set. Normalized images, the default, are kept. Ends the script where files are missing
    or damaged.
    """
    digits = SmallDigits(train, transform) if directory is None else _mnist(directory, train, transform)
    if train:
        name = "scikit-learn's 8x8 digits, enlarged" if directory is None else "MNIST/raw"
        lecture_tools.say(f"data: {name}: {len(digits)} images to train on")
    return Kept(digits) if transform is NORMALIZED else digits


def _pillow() -> Any:
    return lecture_tools.optional("PIL.Image", "Pillow", "a lecture on images")


def _mnist(directory: Path, train: bool, transform: Transform | None) -> datasets.MNIST:
    _pillow()
    for name in _FILES:
        lecture_tools.data_file(directory, f"MNIST/raw/{name}.gz", f"MNIST/raw/{name}")
    try:
        digits = datasets.MNIST(root=directory, train=train, download=False, transform=transform)
    except (OSError, EOFError, ValueError, RuntimeError, TypeError) as error:
        lecture_tools.stop(f"cannot use the images in {directory}: {error}")
    if len(digits) == 0 or digits.data.shape[1:] != (SIZE, SIZE) or digits.targets.max() > 9:
        lecture_tools.stop(
            f"cannot use the images in {directory}: expected images of {SIZE}x{SIZE} with labels from 0 to 9, got a "
            f"tensor of shape {tuple(digits.data.shape)} with labels {sorted(set(digits.targets.tolist()))}"
        )
    return digits
