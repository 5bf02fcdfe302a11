"""torch.utils."""

from minitorch.utils import data as data
