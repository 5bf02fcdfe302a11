"""What belongs together of what two engines did: operations, results, leaves, executed lines."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from minitorch.study.diff.gaps import Value, alike
from minitorch.study.diff.operations import common_name, plain_name
from minitorch.study.diff.run import Event, Unit

_TABLE = 100
"""Operations of one execution of a line that are matched at a time."""


def match(a: Sequence[Event], b: Sequence[Event]) -> list[tuple[Event, Event]]:
    """The operations of two engines that are the same, in order: by name, else by a value that looks the same.

    Where one engine has more operations of a name than the other, those are pairs only that look the same.
    """
    parts = any(each.part for each in (*a, *b))
    if not parts and [common_name(each.name) for each in a] == [common_name(each.name) for each in b]:
        return list(zip(a, b, strict=True))
    given = a, b
    pairs: list[tuple[Event, Event]] = []
    while a and b:
        found = _best(a[:_TABLE], b[:_TABLE])
        whole = len(a) <= _TABLE and len(b) <= _TABLE
        if not whole:
            found = found[: max(1, len(found) // 2)]  # the later ones may belong to what the table does not show
        if not found:
            a, b = a[_TABLE // 2 :], b[_TABLE // 2 :]
            continue
        pairs += [(a[i], b[j]) for i, j in found]
        if whole:
            break
        a, b = a[found[-1][0] + 1 :], b[found[-1][1] + 1 :]
    counts = [Counter(common_name(each.name) for each in events if not each.part) for events in given]
    unclear = {name for name in counts[0] | counts[1] if counts[0][name] != counts[1][name]}
    return [
        (one, two)
        for one, two in pairs
        if not {common_name(one.name), common_name(two.name)} & unclear or _look_alike(one, two)
    ]


def _best(a: Sequence[Event], b: Sequence[Event]) -> list[tuple[int, int]]:
    """The pairs, in the order of both, that fit best together."""
    scores = np.zeros((len(a) + 1, len(b) + 1))
    fits = np.array([[_fit(one, two) for two in b] for one in a])
    for i in range(len(a)):
        for j in range(len(b)):
            scores[i + 1, j + 1] = max(scores[i, j + 1], scores[i + 1, j], scores[i, j] + fits[i, j])
    pairs = []
    i, j = len(a), len(b)
    while i and j:
        # From the end: of several that fit as well, the last is what flows on.
        if fits[i - 1, j - 1] and scores[i, j] == scores[i - 1, j - 1] + fits[i - 1, j - 1]:
            i, j = i - 1, j - 1
            pairs.append((i, j))
        elif scores[i, j] == scores[i - 1, j]:
            i -= 1
        else:
            j -= 1
    return pairs[::-1]


def _fit(one: Event, two: Event) -> float:
    """How well two operations fit together; 0 where they do not."""
    same, looks = common_name(one.name) == common_name(two.name), _look_alike(one, two)
    if (one.part or two.part) and not looks:
        return 0.0  # how an engine makes its operations is its own affair
    # Looks count more: a layer may be made of an operation of its own name in another layout.
    shapes = [next((value.shape for value in each.outputs if value is not None), None) for each in (one, two)]
    return (
        4.0 * same + 4.5 * looks + (shapes[0] == shapes[1]) + 0.5 * (plain_name(one.name) == plain_name(two.name))
    ) * (same or looks)


def _look_alike(one: Event, two: Event) -> bool:
    """Whether the first results look the same."""
    x, y = (next((value for value in each.outputs if value is not None), None) for each in (one, two))
    return x is not None and y is not None and alike(x, y)


def outputs(one: Event, two: Event) -> list[tuple[Value, Value]]:
    """The results of one operation on two engines, pair by pair; where one has others, those of one shape.

    What comes beside the first result of an operation that goes by another name there is its own affair.
    """
    mine, others = ([value for value in each.outputs if value is not None] for each in (one, two))
    in_order = list(zip(mine, others, strict=False))
    if len(mine) == len(others) == 1 or all(x.shape == y.shape for x, y in in_order):
        same_name = plain_name(one.name) == plain_name(two.name)
        return in_order[:1] + [(x, y) for x, y in in_order[1:] if same_name or x.dtype == y.dtype]
    pairs = []
    for value in mine:
        k = next((k for k, other in enumerate(others) if other.shape == value.shape), None)
        if k is not None:
            pairs.append((value, others.pop(k)))
    return pairs or in_order


def by_name(ours: Sequence[Any], theirs: Sequence[Any]) -> Iterator[tuple[str, Value, Value]]:
    """The leaves of two engines, pair by pair: by name, those without a name, or of one that several have, by order."""
    twins: dict[str, deque[Value]] = {}
    for name, value in theirs:
        twins.setdefault(name, deque()).append(value)
    for name, value in ours:
        twin = twins[name].popleft() if twins.get(name) else None
        if value is not None and twin is not None and (name or value.shape == twin.shape):
            yield name or "a leaf", value, twin


def missing_seeds(mine: Event, other: Event) -> list[str]:
    """What says that random numbers were drawn without a seed."""
    calls = sorted({*mine.unseeded, *other.unseeded})
    return [f"the script does not call {', '.join(calls)}: it draws other random numbers in every run"] if calls else []


def sources_of(event: Event) -> list[int]:
    """The numbers of the operations that made an operation's inputs; -1 for an unknown one."""
    return [-1 if each is None else each[2] if len(each) == 3 else each[0] for each in event.inputs]


def gradients_of(events: Sequence[Event]) -> dict[tuple[int, int], deque[Event]]:
    """The gradients by operation and output; one that several backward passes reach has several."""
    found: dict[tuple[int, int], deque[Event]] = {}
    for event in events:
        if event.kind == "gradient":
            found.setdefault((event.number, event.output), deque()).append(event)
    return found


def of_kind(events: Sequence[Event], kind: str) -> list[Event]:
    """The events of a kind, in order."""
    return [event for event in events if event.kind == kind]


def meeting(a: Sequence[Unit], b: Sequence[Unit]) -> tuple[int, int]:
    """How many executions of lines to skip on either side, as few as can be, until the same ones follow."""
    x, y = ([unit.line for unit in units] for units in (a, b))
    for total in range(1, len(x) + len(y)):
        for i in range(max(0, total - len(y) + 1), min(total, len(x) - 1) + 1):
            j = total - i
            if x[i : i + 3] == y[j : j + 3]:
                return i, j
    # They do not meet within sight: what holds no operation cannot matter.
    quiet = [0 if any(unit.events for unit in units) else len(units) for units in (a, b)]
    return quiet[0], quiet[1]
