"""Trained weights, what the functions that build models have in common, and the register of these by name."""

from __future__ import annotations

import fnmatch
import functools
import inspect
import os
import types
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Self, TypeVar
from urllib.error import URLError
from urllib.parse import urljoin

from minitorch import hub, nn
from minitorch.vision.models._presets import ImageClassification

M = TypeVar("M", bound=nn.Module)
Builder = Callable[..., M]

_DEPRECATED = "deprecated since 0.13 and may be removed in the future"
# The weights that `pretrained=True` meant before there were several.
_FIRST = "IMAGENET1K_V1"


@dataclass
class Weights:
    """One file of trained weights: where it is, the transform for its images, and what is known about it.

    The same file is the same weights: an enum finds a member by its value when it is unpickled.
    """

    url: str
    transforms: Callable[..., Any] = field(compare=False)
    meta: dict[str, Any] = field(compare=False)


class WeightsEnum(Enum):
    """The trained weights of one model; `DEFAULT` is the best of them."""

    value: Weights

    @classmethod
    def verify(cls, obj: Any) -> Self | None:
        """The member that `obj` is or names, None for None.

        Raises KeyError for a name that is not one, TypeError for the weights of another model.
        """
        if isinstance(obj, str):
            return cls[obj.removeprefix(f"{cls.__name__}.")]
        if obj is not None and not isinstance(obj, cls):
            raise TypeError(
                f"Invalid Weight class provided; expected {cls.__name__} but received {type(obj).__name__}."
            )
        return obj

    def get_state_dict(self, *args: Any, **kwargs: Any) -> Mapping[str, Any]:
        """Fetches the file once, as `hub.load_state_dict_from_url` does, and reads it.

        Raises URLError, which says where to put the file, when it is not there and cannot be fetched.
        """
        try:
            loaded: Mapping[str, Any] = hub.load_state_dict_from_url(self.url, *args, **kwargs)
        except (URLError, ConnectionError, TimeoutError) as error:
            folder = next(iter(args), kwargs.get("model_dir")) or os.path.join(hub.get_dir(), "checkpoints")
            path = os.path.join(folder, kwargs.get("file_name") or os.path.basename(self.url))
            reason = getattr(error, "reason", error)
            raise URLError(
                f"cannot fetch {self.url} ({reason}); download it elsewhere and save it as {path}"
            ) from error
        return loaded

    def __repr__(self) -> str:
        return str(self)

    @property
    def url(self) -> str:
        """Where the file is."""
        return self.value.url

    @property
    def transforms(self) -> Callable[..., Any]:
        """Makes the transform of an image into the model's input."""
        return self.value.transforms

    @property
    def meta(self) -> dict[str, Any]:
        """What is known: "num_params", "min_size" of an image, "recipe" of the training, "_metrics"."""
        return self.value.meta


class _Meta(dict[str, Any]):
    """What is known of weights, and an answer to who asks for more."""

    def __missing__(self, key: str) -> Any:
        known = f"known are {', '.join(map(repr, self))}"
        if key == "categories":
            raise KeyError(f"the names of ImageNet's 1000 classes do not come with these weights; {known}")
        raise KeyError(f"{key!r} is not known of these weights; {known}")


def imagenet(
    name: str,
    recipe: str,
    parameters: int,
    accuracy: tuple[float, float],
    min_size: int = 1,
    **preset: Any,
) -> Weights:
    """Weights trained on ImageNet-1K: file name, recipe, number of parameters, accuracy (first, first five) in percent.

    `preset` goes to the transform.
    """
    meta = _Meta(
        num_params=parameters,
        min_size=(min_size, min_size),
        recipe=urljoin("https://github.com/pytorch/vision/", recipe),
        _metrics={"ImageNet-1K": {"acc@1": accuracy[0], "acc@5": accuracy[1]}},
    )
    preset = {"crop_size": 224, **preset}
    url = f"https://download.pytorch.org/models/{name}.pth"
    return Weights(url, functools.partial(ImageClassification, **preset), meta)


# --- functions that build models -----------------------------------------------------------------------------------


_builders: dict[str, Builder[Any]] = {}
_weights: dict[str, type[WeightsEnum]] = {}


def register_model(weights: type[WeightsEnum]) -> Callable[[Builder[M]], Builder[M]]:
    """Registers a function that builds a model under its name.

    Its `weights` then come to it as a member of the enum or None, be they given so, by name, or in the old ways
    (by position, `pretrained=True`), of which it warns; with weights `num_classes` has to be theirs.
    """

    def register(builder: Builder[M]) -> Builder[M]:
        @functools.wraps(builder)
        def build(*args: Any, **kwargs: Any) -> M:
            if len(args) > 2:
                raise TypeError(f"{builder.__name__}() takes at most weights and progress by position, got {args}")
            chosen = weights.verify(_current(weights, args, kwargs))
            if chosen is not None:
                fix(kwargs, num_classes=1000)
            return builder(weights=chosen, **kwargs)

        _builders[builder.__name__] = build
        _weights[builder.__name__] = weights
        return build

    return register


def _current(enum: type[WeightsEnum], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The `weights` asked for, old ways put into today's; the rest is left in `kwargs`."""
    if args:
        given = dict(zip(("weights", "progress"), args, strict=False))
        names = " and ".join(map(repr, given))
        _warn(f"Using {names} as positional parameter(s) is {_DEPRECATED}. Please use keyword parameter(s) instead.")
        kwargs.update(given)
    if "pretrained" in kwargs and "weights" not in kwargs:
        _warn(f"The parameter 'pretrained' is {_DEPRECATED}, please use 'weights' instead.")
        # Not None: that would be today's word for no weights.
        kwargs["weights"] = bool(kwargs.pop("pretrained"))
    weights = kwargs.pop("weights", None)
    if weights is None or isinstance(weights, (str, WeightsEnum)):
        return weights
    meant = enum[_FIRST] if weights else None
    _warn(
        f"Arguments other than a weight enum or `None` for 'weights' are {_DEPRECATED}. The current behavior is "
        f"equivalent to passing `weights={meant}`."
        + (f" You can also use `weights={enum.__name__}.DEFAULT` to get the most up-to-date weights." if meant else "")
    )
    return meant


def _warn(message: str) -> None:
    """Warns in the name of the line that calls the builder."""
    warnings.warn(message, stacklevel=4)


def fix(kwargs: dict[str, Any], **fixed: Any) -> None:
    """Sets arguments that a model's name or weights determine; raises ValueError for one that is given otherwise."""
    for name, value in fixed.items():
        if kwargs.setdefault(name, value) != value:
            raise ValueError(f"The parameter '{name}' expected value {value} but got {kwargs[name]} instead.")


def load(model: M, weights: WeightsEnum | None, progress: bool) -> M:
    """The model, with `weights` where there are any."""
    if weights is not None:
        model.load_state_dict(weights.get_state_dict(progress=progress, check_hash=True))
    return model


# --- models by name ------------------------------------------------------------------------------------------------


def list_models(
    module: types.ModuleType | None = None,
    include: Iterable[str] | str | None = None,
    exclude: Iterable[str] | str | None = None,
) -> list[str]:
    """The models' names in order: those of `module` that a shell pattern of `include` and none of `exclude` matches."""
    names = set(_builders)
    if module is not None:
        names = {name for name in names if _builders[name].__module__.rpartition(".")[0] == module.__name__}
    if include:
        names &= _matching(names, include)
    if exclude:
        names -= _matching(names, exclude)
    return sorted(names)


def _matching(names: Iterable[str], patterns: Iterable[str] | str) -> set[str]:
    """The names that match one of the shell patterns."""
    patterns = [patterns] if isinstance(patterns, str) else list(patterns)
    return {name for name in names if any(fnmatch.fnmatch(name, pattern) for pattern in patterns)}


def get_model_builder(name: str) -> Callable[..., nn.Module]:
    """The function that builds the model of that name; raises ValueError when there is none."""
    try:
        return _builders[name.lower()]
    except KeyError:
        raise ValueError(f"Unknown model {name}") from None


def get_model(name: str, **config: Any) -> nn.Module:
    """The model of that name; raises ValueError when there is none."""
    return get_model_builder(name)(**config)


def get_model_weights(name: Callable[..., nn.Module] | str) -> type[WeightsEnum]:
    """The enum of a model's weights; raises ValueError for an unknown model or a function that takes no weights."""
    if isinstance(name, str):
        name = get_model_builder(name)
    if "weights" not in inspect.signature(name).parameters:
        raise ValueError("The method is missing the 'weights' argument.")
    if _builders.get(name.__name__) is not name:
        raise ValueError("The WeightsEnum class for the specific method couldn't be retrieved: it is not a model's.")
    return _weights[name.__name__]


def get_weight(name: str) -> WeightsEnum:
    """The weights of a name such as "ResNet18_Weights.DEFAULT"; raises ValueError when there are none."""
    enum_name, _, member = name.partition(".")
    if not member or "." in member:
        raise ValueError(f"Invalid weight name provided: '{name}'.")
    for enum in _weights.values():
        if enum.__name__ == enum_name:
            return enum[member]
    raise ValueError(f"The weight enum '{enum_name}' for the specific method couldn't be retrieved.")
