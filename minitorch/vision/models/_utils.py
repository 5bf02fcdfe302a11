"""What several families of models share: how weights start, widths, and outputs from within."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from minitorch import Tensor, nn


def initialize(
    model: nn.Module, conv: Callable[[Tensor], object], linear: Callable[[Tensor], object] | None = None
) -> None:
    """Draws the weights of convolutions and of linear layers, in the modules' order, and sets their biases to zero.

    Normalization is left alone: it starts as the identity.
    """
    for module in model.modules():
        draw = conv if isinstance(module, nn.Conv2d) else linear if isinstance(module, nn.Linear) else None
        if draw is not None:
            draw(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def he_normal(weight: Tensor) -> Tensor:
    """Normal numbers that keep the gradients' size through ReLU.

    Source: He et al., Delving deep into rectifiers, 2015.
    """
    return nn.init.kaiming_normal_(weight, mode="fan_out", nonlinearity="relu")


def small_normal(weight: Tensor) -> Tensor:
    """Normal numbers of standard deviation 0.01."""
    return nn.init.normal_(weight, 0, 0.01)


def _make_divisible(v: float, divisor: int, min_value: int | None = None) -> int:
    """The multiple of `divisor` nearest to `v`, at least `min_value`, and not below nine tenths of `v`."""
    nearest = max(min_value or divisor, int(v + divisor / 2) // divisor * divisor)
    return nearest if nearest >= 0.9 * v else nearest + divisor


class IntermediateLayerGetter(nn.ModuleDict):
    """Runs a model's children one after the other, and returns the outputs of those named, under new names.

    `return_layers` maps a child's name to the output's. Raises ValueError for a child that there is not.
    """

    def __init__(self, model: nn.Module, return_layers: dict[str, str]) -> None:
        children = dict(model.named_children())
        if not set(return_layers) <= set(children):
            raise ValueError("return_layers are not present in model")
        last = max(list(children).index(name) for name in return_layers)
        super().__init__(OrderedDict(list(children.items())[: last + 1]))
        self.return_layers = dict(return_layers)

    def forward(self, x: Tensor) -> OrderedDict[str, Tensor]:
        """The outputs, in the model's order."""
        found = OrderedDict()
        for name, module in self.items():
            x = module(x)
            if name in self.return_layers:
                found[self.return_layers[name]] = x
        return found
