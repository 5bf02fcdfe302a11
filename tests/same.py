"""Runs one expression on both engines: they must give the same value, or raise the same exception."""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np
import torch

import minitorch


def outcome(expression: str, engine: Any, setup: str = "") -> str:
    """What `expression` gives, over `torch` standing for the engine: its repr with all that it leaves out, or an error.

    Of an error only the type is told; of a tensor also dtype, shape, strides and requires_grad.
    """
    scope: dict[str, Any] = {"torch": engine, "np": np}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        exec(setup, scope)
        caught.clear()
        try:
            value = eval(expression, scope)
        except Exception as error:
            return f"raises {type(error).__name__}"
    # torch says this once in a process, so that what it warns of depends on what ran before.
    caught = [each for each in caught if "requires_grad=True to a scalar" not in str(each.message)]
    said = f"warns {caught[0].category.__name__}, " if caught else ""
    if isinstance(value, engine.Tensor):
        said += f"{value!r}, {value.dtype}, {tuple(value.shape)}, {value.stride()}, {value.requires_grad}"
    else:
        said += repr(value)
    return re.sub(r"at 0x[0-9a-f]+", "", said)


def check_same(expression: str, setup: str = "") -> None:
    """Asserts that both engines have the same outcome."""
    assert outcome(expression, minitorch, setup) == outcome(expression, torch, setup)


def check_same_error(expression: str, phrase: str, setup: str = "") -> None:
    """Asserts that both engines raise the same type of exception, both with `phrase` in the message."""
    errors = []
    for engine in (minitorch, torch):
        scope: dict[str, Any] = {"torch": engine, "np": np}
        exec(setup, scope)
        try:
            eval(expression, scope)
        except Exception as error:
            errors.append(error)
    assert [type(error) for error in errors] == [type(errors[-1])] * 2, errors
    for error in errors:
        assert phrase in str(error)
