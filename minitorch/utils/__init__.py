"""torch.utils."""

from minitorch.utils import checkpoint as checkpoint
from minitorch.utils import data as data
from minitorch.utils import hooks as hooks
