"""Runs wrong use on both engines: they must raise the same exception, the key phrase in both messages."""

from __future__ import annotations

import textwrap
import warnings
from typing import Any

import numpy as np
import torch

import minitorch


def scope_of(engine: Any) -> dict[str, Any]:
    """The names that the lines use, over an engine."""
    return {
        "torch": engine,
        "np": np,
        "nn": engine.nn,
        "F": engine.nn.functional,
        "init": engine.nn.init,
        "optim": engine.optim,
        "data": engine.utils.data,
        "Dataset": engine.utils.data.Dataset,
        "DataLoader": engine.utils.data.DataLoader,
        "TensorDataset": engine.utils.data.TensorDataset,
        "t": engine.arange(6.0).reshape(2, 3),
        "f": engine.ones(3),
        "g": engine.ones(3, requires_grad=True),
        "i": engine.arange(3),
        "b": engine.tensor([True, False, True]),
        "d": engine.ones(3, dtype=engine.float64),
        "s": engine.tensor(2.0),
    }


def raised(code: str, engine: Any) -> Exception | None:
    """What the code raises, and None if it does not."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            exec(textwrap.dedent(code), scope_of(engine))
        except Exception as error:
            return error
    return None


def check_refusals(code: str, phrase: str) -> None:
    """Fails unless both engines raise the same type of exception, with the phrase in the messages of both."""
    mine, theirs = raised(code, minitorch), raised(code, torch)
    assert type(mine).__name__ == type(theirs).__name__ != "NoneType", (mine, theirs)
    assert phrase in str(theirs), theirs
    assert phrase in str(mine), mine
