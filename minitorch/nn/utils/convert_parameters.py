"""All parameters as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable

from minitorch.ops.conversion import typename
from minitorch.ops.joining import cat
from minitorch.tensor import Tensor


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """The elements of all parameters one after the other, in the graph; raises TypeError for those on two devices."""
    given = list(parameters)
    if len({parameter.device for parameter in given}) > 1:
        raise TypeError("Found two parameters on different devices, this is currently not supported.")
    return cat([parameter.view(-1) for parameter in given])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Makes consecutive parts of `vec` the data of the parameters: they share its memory."""
    if not isinstance(vec, Tensor):
        raise TypeError(f"expected torch.Tensor, but got: {typename(vec)}")
    start = 0
    for parameter in parameters:
        stop = start + parameter.numel()
        parameter.data = vec[start:stop].view_as(parameter).data
        start = stop
