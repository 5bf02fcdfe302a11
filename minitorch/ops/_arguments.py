"""Arguments as torch takes them: sizes one by one or in a tuple, tensors one by one or in a list, `out=`."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

from minitorch.autograd.op import _into
from minitorch.errors import type_name
from minitorch.tensor import Tensor

Shape = tuple[int, ...]
_F = TypeVar("_F", bound=Callable[..., Any])


def ints(name: str, argument: str, given: Any, named: Any = None) -> Shape:
    """Sizes or dims as torch takes them: `f(2, 3)`, `f((2, 3))` or by name; raises TypeError for what is no integer."""
    if named is not None:
        if given:
            raise TypeError(f"{name}() got multiple values for argument '{argument}'")
        given = (named,)
    elif not given:
        raise TypeError(f'{name}() missing 1 required positional arguments: "{argument}"')
    if len(given) == 1 and isinstance(given[0], (tuple, list)):
        given = given[0]
    try:
        return tuple([each if each.__class__ is int else operator.index(each) for each in given])
    except TypeError:
        got = ", ".join(type_name(each) for each in given)
        raise TypeError(f"{name}(): argument '{argument}' must be tuple of ints, but got ({got})") from None


def tensor_list(name: str, given: Sequence[Any]) -> Sequence[Tensor]:
    """Tensors as torch takes them: `f(a, b)` or `f([a, b])`."""
    if len(given) == 1 and isinstance(given[0], (tuple, list)):
        given = given[0]
    for k, each in enumerate(given):
        if not isinstance(each, Tensor):
            raise TypeError(f"{name}(): expected Tensor as element {k} in argument 0, but got {type_name(each)}")
    return given


def check_tensor(name: str, argument: str, position: int, value: Any) -> None:
    """Raises torch's TypeError unless the argument is a tensor."""
    if not isinstance(value, Tensor):
        raise TypeError(f"{name}(): argument '{argument}' (position {position}) must be Tensor, not {type_name(value)}")


def in_a_tuple(method: Callable[..., Tensor], argument: str) -> Callable[..., Tensor]:
    """The function of a method that takes integers one by one as well: the function takes them in a tuple only."""
    name = method.__name__

    @functools.wraps(method)
    def function(*args: Any, **kwargs: Any) -> Tensor:
        if args:
            check_tensor(name, "input", 1, args[0])
        if len(args) > 2:
            raise TypeError(f"{name}() takes 2 positional arguments but {len(args)} were given")
        if len(args) == 2 and not isinstance(args[1], (list, tuple)):
            raise TypeError(
                f"{name}(): argument '{argument}' (position 2) must be tuple of ints, not {type_name(args[1])}"
            )
        return method(*args, **kwargs)

    return function


def with_out(function: _F) -> _F:
    """Lets a function that is built of operations take `out=`, as an operation does by itself."""

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        return _into(function, args, kwargs) if "out" in kwargs else function(*args, **kwargs)

    return cast(_F, called)


def at_least(name: str, input: Tensor, ndim: int, message: str) -> None:
    if input._array.ndim < ndim:
        raise RuntimeError(message.format(name=name, ndim=input._array.ndim))
