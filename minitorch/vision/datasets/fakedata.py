"""Images of noise, for trying out a program without data."""

from __future__ import annotations

from typing import Any

import minitorch
from minitorch.vision.datasets.vision import Transform, VisionDataset
from minitorch.vision.transforms import functional


class FakeData(VisionDataset):
    """`size` images of noise with random labels, the same at every access: samples are (PIL image, int).

    Sample `index` is drawn from the seed `index` + `random_offset`; the global generator is left as it was.
    """

    def __init__(
        self,
        size: int = 1000,
        image_size: tuple[int, int, int] = (3, 224, 224),
        num_classes: int = 10,
        transform: Transform | None = None,
        target_transform: Transform | None = None,
        random_offset: int = 0,
    ) -> None:
        super().__init__(transform=transform, target_transform=target_transform)
        self.size = size
        self.num_classes = num_classes
        self.image_size = image_size
        self.random_offset = random_offset

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        if index >= len(self):
            raise IndexError(f"{type(self).__name__} index out of range")
        state = minitorch.get_rng_state()
        minitorch.manual_seed(index + self.random_offset)
        noise = minitorch.randn(*self.image_size)
        label: Any = int(minitorch.randint(0, self.num_classes, (1,)))
        minitorch.set_rng_state(state)
        image: Any = functional.to_pil_image(noise)
        if self.transform is not None:
            image = self.transform(image)
        if self.target_transform is not None:
            label = self.target_transform(label)
        return image, label

    def __len__(self) -> int:
        return self.size
