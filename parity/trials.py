"""Trials: drawn examples of a subject, tried until they are through or one fails."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from types import ModuleType
from typing import Any, Generic, TypeVar

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy

from parity.comparison import Report
from parity.running import Engine
from parity.subject import Subject

S = TypeVar("S", bound=Subject)
Case = TypeVar("Case")


class Trials(ABC, Generic[S]):
    """Tries subjects on a candidate engine, with a reference engine as the judge.

    `examples` is how many are drawn of each kind. `profile` holds hypothesis's settings; None takes those in force, and
    the number of examples from them.
    """

    share = 1.0
    """How many examples are tried of those asked for: an example of a large subject takes longer, and tries more."""

    def __init__(
        self,
        candidate: ModuleType | Any,
        reference: ModuleType | Any,
        examples: int | None = None,
        profile: settings | None = None,
    ) -> None:
        self.candidate = candidate if isinstance(candidate, Engine) else Engine(candidate)
        self.reference = reference if isinstance(reference, Engine) else Engine(reference)
        self.profile = settings() if profile is None else profile
        self.examples = max(1, round(self.share * (examples or self.profile.max_examples)))

    def check(self, subject: S) -> Report:
        """Tries the subject; raises Mismatch at the smallest example found on which the engines disagree."""
        report = Report(subject.name)
        self._check(subject, report)
        return report

    def report(self, subject: S) -> Report:
        """Tries the subject; what fails is told in the report's `failure`."""
        report = Report(subject.name)
        try:
            self._check(subject, report)
        except Exception as error:  # a failure of one subject must not keep the others from being tried
            notes = [note for note in getattr(error, "__notes__", ()) if not note.startswith("Failing test case")]
            report.failure = "\n".join([f"{type(error).__name__}: {error}" if not str(error) else str(error), *notes])
        return report

    @abstractmethod
    def _check(self, subject: S, report: Report) -> None:
        """Tries the subject, and notes in the report what was seen."""

    def explore(self, cases: SearchStrategy[Case], examples: int, run: Callable[[Case], None]) -> None:
        """Runs as many examples; one that fails is made small, and raises what it raised."""

        @settings(
            self.profile,
            max_examples=examples,
            deadline=None,
            report_multiple_bugs=False,
            phases=[phase for phase in self.profile.phases if phase in (Phase.generate, Phase.reuse, Phase.shrink)],
            suppress_health_check=tuple(HealthCheck),
        )
        @given(case=cases)
        def example(case: Case) -> None:
            run(case)

        example()
