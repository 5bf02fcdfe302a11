"""torch.utils.hooks: the handle that takes a hook off again."""

from minitorch.node import RemovableHandle as RemovableHandle
