"""What `check` found, whole, and how it is shown: as text, and as a page in a notebook."""

from __future__ import annotations

import html
import itertools
import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from minitorch.study.check.differences import Index
from minitorch.study.check.results import RULE, TOLERANCES, InputCheck, Pair, element, index_text


@dataclass
class Check:
    """What `check` found: print it; `.ok`; `.inputs` has the arrays."""

    name: str
    order: int
    seed: int
    inputs: list[InputCheck]
    values: list[Pair]
    """The value of each composed operation, and that of its composition; and torch's."""
    notes: list[str]
    """Why a way is missing, and what else is to be known."""
    compositions: list[str]
    """The text of each composition that was used."""
    rules: list[str]
    """The formulas of the rules that were compared."""
    first: Check | None = None
    """With order=2, the check of the gradient itself."""

    @property
    def ok(self) -> bool:
        """Whether the values and all ways to each gradient agree, those of the first order included."""
        return (
            all(each.ok for each in self.values)
            and all(each.ok for each in self.inputs)
            and (self.first is None or self.first.ok)
        )

    @property
    def failures(self) -> list[str]:
        """What does not agree, a line for each, with the input and its worst element."""
        return ([] if self.first is None else self.first.failures) + _own_failures(self)

    def __getitem__(self, name: str) -> InputCheck:
        """The check of the input of that name."""
        for each in self.inputs:
            if each.name == name:
                return each
        raise KeyError(f"{name}: expected one of {', '.join(each.name for each in self.inputs)}")

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        return "\n".join(_lines(self))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return _page(self)


_ROWS = 5
"""So many elements are shown side by side."""


def _worst_elements(own: InputCheck) -> list[Index]:
    """The elements to show: the worst of each pair, kinks, then the first ones."""
    found = [pair.worst for pair in sorted(own.pairs, key=lambda pair: pair.ok)]
    found += [kink.index for kink in own.kinks] + [*itertools.islice(np.ndindex(own.shape), _ROWS)]
    return sorted([*dict.fromkeys(each for each in found if len(each) == len(own.shape))][:_ROWS])


def _number(x: float) -> str:
    return "-" if math.isnan(x) else f"{x + 0.0:.7g}"  # no negative zero


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _elements(own: InputCheck) -> list[list[str]]:
    """The numbers of some elements, a column for each way."""
    ways = [way for way, array in own.ways.items() if array is not None]
    rows = [["element", *ways]]
    for index in _worst_elements(own):
        rows.append([index_text(index), *(_number(element(own.ways[way], index)) for way in ways)])
    return rows


def _comparisons(own: InputCheck) -> list[list[str]]:
    """How far each two ways are apart."""
    rows = [["compared", "absolute", "relative", "worst at", ""]]
    for pair in own.pairs:
        at = index_text(pair.worst)
        verdict = "ok" if pair.ok else "WRONG"
        rows.append([f"{pair.first} - {pair.second}", f"{pair.absolute:.2g}", f"{pair.relative:.2g}", at, verdict])
    return rows


def _own_failures(found: Check) -> list[str]:
    """The failures of this order."""
    prefix = "the gradient's gradient, " if found.order == 2 else ""
    lines = [f"{prefix}value: {each}" for each in found.values if not each.ok]
    for own in found.inputs:
        lines += [f"{prefix}{own.name}: {pair}" for pair in own.pairs if not pair.ok]
        lines += [
            f"{prefix}{own.name}: {kink}, and the rule says {_number(element(own.ways[RULE], kink.index))}"
            for kink in own.wrong_at_kinks
        ]
    return lines


def _values(found: Check) -> list[list[str]]:
    """The values compared, the worst of each operation."""
    worst: dict[tuple[str, str], Pair] = {}
    for pair in sorted(found.values, key=lambda pair: (pair.ok, -pair.relative)):
        worst.setdefault((pair.first, pair.second), pair)
    rows = [["value of", "absolute", "relative", ""]]
    for pair in worst.values():
        verdict = "ok" if pair.ok else "WRONG"
        rows.append([f"{pair.first} - {pair.second}", f"{pair.absolute:.2g}", f"{pair.relative:.2g}", verdict])
    return rows


def _title(found: Check) -> str:
    what = "the gradient of the gradient of " if found.order == 2 else ""
    return f"{what}{found.name}: {'all ways agree' if found.ok else 'NOT OK'}"


def _input_title(own: InputCheck) -> str:
    return f"{own.name}, {own.dtype} {own.shape}: agree within {TOLERANCES[own.dtype]}"


def _kink_lines(own: InputCheck) -> list[str]:
    shown = []
    for kink in own.kinks[:_ROWS]:
        verdict = ", WRONG" if kink in own.wrong_at_kinks else ""
        shown.append(f"{kink}; the rule says {_number(element(own.ways[RULE], kink.index))}{verdict}")
    more = len(own.kinks) - len(shown)
    return shown + [f"and {more} more"] * bool(more)


def _lines(found: Check) -> list[str]:
    lines = [] if found.first is None else [*_lines(found.first), ""]
    lines += [_title(found), *(f"  {each}" for each in _own_failures(found))]
    if found.values:
        lines += ["", *(f"  {line}" for line in _table(_values(found)))]
    for own in found.inputs:
        lines += ["", f"  {_input_title(own)}"]
        lines += [f"    {line}" for line in _table(_comparisons(own))]
        lines += [f"    {line}" for line in _kink_lines(own)]
        lines += ["", *(f"    {line}" for line in _table(_elements(own)))]
    for title, texts in (("rules", found.rules), ("composed", found.compositions), ("notes", found.notes)):
        if texts:
            wrapped = [line for each in texts for line in _wrapped(each)]
            lines += ["", f"  {title}:", *(f"    {line}" for line in wrapped)]
    return lines


def _wrapped(text: str) -> list[str]:
    """Lines that a terminal shows whole; code has line breaks of its own."""
    if "\n" in text:
        return text.splitlines()
    return textwrap.wrap(text, 110, subsequent_indent="    ", break_on_hyphens=False)


def _page(found: Check) -> str:
    def table(rows: Sequence[Sequence[str]]) -> str:
        head, *body = [[html.escape(cell) for cell in row] for row in rows]
        cells = "".join(f"<th scope='col'>{cell}</th>" for cell in head)
        lines = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in body)
        return f"<table><thead><tr>{cells}</tr></thead><tbody>{lines}</tbody></table>"

    parts = [] if found.first is None else [_page(found.first)]
    parts.append(f"<h4>{html.escape(_title(found))}</h4>")
    if _own_failures(found):
        parts.append(f"<ul>{''.join(f'<li>{html.escape(each)}</li>' for each in _own_failures(found))}</ul>")
    if found.values:
        parts.append(table(_values(found)))
    for own in found.inputs:
        parts.append(f"<p>{html.escape(_input_title(own))}</p>{table(_comparisons(own))}")
        parts += [f"<p>{html.escape(line)}</p>" for line in _kink_lines(own)]
        parts.append(table(_elements(own)))
    for title, texts in (("rules", found.rules), ("composed", found.compositions), ("notes", found.notes)):
        if texts:
            parts.append(f"<p>{title}</p><pre>{html.escape(chr(10).join(texts))}</pre>")
    return "".join(parts)
