"""The levels at which minitorch is compared with torch: what is tried at each, and the harness that tries it."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from parity import layers, optimizers, schedulers, specs
from parity.harness import Harness
from parity.module_harness import Modules
from parity.optimizer_harness import Optimizers
from parity.scheduler_harness import Schedulers
from parity.subject import Subject
from parity.trials import Trials


@dataclass(frozen=True)
class Level:
    """One level."""

    name: str
    load: Callable[[], Sequence[Any]]
    trials: type[Trials[Any]]

    def matching(self, pattern: str) -> list[Subject]:
        """The subjects one of whose names matches the pattern, with * and ?."""
        return [each for each in self.load() if any(fnmatch.fnmatchcase(name, pattern) for name in each.names())]


LEVELS = (
    Level("op", specs.load, Harness),
    Level("module", layers.load, Modules),
    Level("optimizer", optimizers.load, Optimizers),
    Level("scheduler", schedulers.load, Schedulers),
)
