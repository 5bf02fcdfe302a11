"""Plays a scene on both engines: what is said on the way, errors and warnings included, must be the same."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from itertools import zip_longest
from typing import Any

import torch

import minitorch

Scene = Callable[[Any, "Transcript"], None]


class Transcript:
    """What a scene said, line by line, in words that do not depend on the engine."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, *values: Any) -> None:
        """Notes values: their reprs, dtype and shape of tensors as well."""
        for value in values:
            extra = (
                f" {value.dtype} {tuple(value.shape)}" if hasattr(value, "dtype") and hasattr(value, "shape") else ""
            )
            self.lines.append(_neutral(repr(value) + extra))

    def error(self, action: Callable[..., Any], *args: Any, exactly: bool = True) -> None:
        """Notes the exception that `action(*args)` raises: type and, if `exactly`, message; that there is none, too."""
        try:
            value = action(*args)
        except Exception as error:
            self.lines.append(f"{type(error).__name__}: {_neutral(str(error)) if exactly else ''}")
        else:
            self.lines.append(f"no error: {_neutral(repr(value))}")


def _neutral(text: str) -> str:
    """`text` without addresses and places in torch's own source, and with classes under their own names only."""
    text = text.partition(" (Triggered internally")[0]
    text = re.sub(r"at 0x[0-9a-f]+", "", text)
    return re.sub(r"\b(?:mini)?torch\.(?:\w+\.)*([A-Z]\w+)", r"\1", text)


def play(scene: Scene, engine: Any) -> list[str]:
    """The transcript of `scene` on one engine, its warnings at the end."""
    say = Transcript()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        engine.manual_seed(7)
        scene(engine, say)
    return say.lines + [f"{warning.category.__name__}: {_neutral(str(warning.message))}" for warning in caught]


def check_scene(scene: Scene) -> None:
    """Asserts that both engines say the same, and that something was said."""
    own, expected = play(scene, minitorch), play(scene, torch)
    assert expected
    differing = [f"{mine}\n  torch: {theirs}" for mine, theirs in zip_longest(own, expected) if mine != theirs]
    assert not differing, "\n".join(["the engines differ:", *differing])
