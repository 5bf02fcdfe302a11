"""Whether the random numbers that came in from outside the engine were drawn with a seed."""

from __future__ import annotations

import functools
import random
from typing import Any

import numpy as np


class Seeds:
    """Which random numbers, outside the engine, were drawn without a seed."""

    def __init__(self, torch: Any) -> None:
        self._seeded: set[str] = set()
        self._loose = False
        self._watch(random, "seed", "random")
        self._watch(np.random, "seed", "numpy.random")
        self._watch(torch, "manual_seed", "torch")
        self._watch(torch.random, "manual_seed", "torch")
        self._states = self._now()
        default_rng = np.random.default_rng

        @functools.wraps(default_rng)
        def noting(seed: Any = None) -> Any:
            self._loose = self._loose or seed is None
            return default_rng(seed)

        np.random.default_rng = noting

    def _watch(self, module: Any, name: str, called: str) -> None:
        original = getattr(module, name)

        @functools.wraps(original)
        def noting(*args: Any, **kwargs: Any) -> Any:
            self._seeded.add(called)
            return original(*args, **kwargs)

        setattr(module, name, noting)

    @staticmethod
    def _now() -> dict[str, Any]:
        state: Any = np.random.get_state()
        return {"random": hash(random.getstate()), "numpy.random": (int(state[1][0]), int(state[2]))}

    def missing(self, drawing: bool) -> tuple[str, ...]:
        """What should have been called, for the numbers drawn so far to be the same in every run.

        `drawing` says that an operation draws them, and not that they came in from elsewhere.
        """
        if drawing:
            return () if "torch" in self._seeded else ("torch.manual_seed",)
        now = self._now()
        drawn = [f"{name}.seed" for name in now if name not in self._seeded and now[name] != self._states[name]]
        return (*drawn, "numpy.random.default_rng with a seed") if self._loose else tuple(drawn)
