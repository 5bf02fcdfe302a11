"""What was seen of a training as text: a table of layers, one of activations, and what does not look healthy."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from statistics import median

from minitorch.study.health.data import WINDOW, Parameter, Training
from minitorch.study.health.flags import Flag, frozen

_WIDTH = 16
_BARS, _PLAIN = "▁▂▃▄▅▆▇█", "_.-~=+*#"
_BROKEN = "x"
"""Stands in a trend for what is not finite."""


def table(
    trainings: Sequence[Training], parameters: Sequence[Parameter], flags: Sequence[Flag], every: int, encoding: str
) -> str:
    """The report; its trends are drawn in what `encoding` can show."""
    bars = _BARS if _can_show(_BARS, encoding) else _PLAIN
    lines = ["Gradient health"]
    if not trainings:
        lines += ["", "No backward pass was seen: nothing was trained on tensors that require grad."]
    for training in trainings:
        lines += ["", *_training(training, every, bars)]
    still = frozen(parameters)
    if still:
        count = len({each.layer for each in still})
        lines += ["", f"Frozen (requires_grad=False): {_some([each.name for each in still])}, in {count} layers."]
    lines.append("")
    if flags:
        lines.append(f"{len(flags)} {'sign' if len(flags) == 1 else 'signs'} of trouble")
        for flag in flags:
            lines += ["", *textwrap.wrap(f"! {flag.kind}: {flag.seen}", 100, subsequent_indent="  ")]
            lines += textwrap.wrap(flag.advice, 98, initial_indent="  ", subsequent_indent="  ")
    elif trainings:
        lines.append("No sign of trouble.")
    return "\n".join(lines)


def _training(training: Training, every: int, bars: str) -> list[str]:
    known = [loss for loss in training.losses if loss is not None]
    counted = f"{training.steps} {'step' if training.steps == 1 else 'steps'}"
    if not training.updated:
        head = f"{training.passes} backward {'pass' if training.passes == 1 else 'passes'}, and no update"
    else:
        head = f"{training.title}: {counted}"
        head += f", {training.passes} backward passes" if training.passes != training.steps else ""
    head += f", one of {every} measured" if every > 1 else ""
    lines = [head]
    if known:
        lines.append(f"loss {known[0]:.4g} to {known[-1]:.4g}  {trend(known, bars, logarithmic=False)}")
    if training.layers:
        rows = [("layer", "gradient", "trend", "largest", "weight", "update/weight")]
        for layer in training.in_order():
            rows.append(
                (
                    layer.name,
                    number(_middle(layer.gradient)),
                    trend(layer.gradient, bars),
                    number(_middle(layer.largest)),
                    number(layer.weight[-1]),
                    number(_middle(layer.ratio)) if training.updated else "-",
                )
            )
        lines += _aligned(rows)
    if training.activations:
        rows = [("activation", "share", "trend", "", "dead", "")]
        for site in training.activations.values():
            rows.append(
                (
                    site.name,
                    f"{_middle(site.share):.0%} {'zero' if site.is_relu else 'flat'}",
                    trend(site.share, bars, logarithmic=False, bounds=(0.0, 1.0)),
                    "",
                    f"{site.dead[-1]:.0%}" if site.is_relu else "-",
                    "" if site.hidden or site.is_relu else "(output)",
                )
            )
        lines += _aligned(rows)
    return lines


def trend(
    values: Sequence[float], bars: str = _BARS, logarithmic: bool = True, bounds: tuple[float, float] | None = None
) -> str:
    """A row of small bars: the values from the first to the last, each bar the median of its part of them.

    The lowest bar is the smallest value, unless `bounds` says what the lowest and the highest are.
    """
    count = min(_WIDTH, len(values))
    parts = [values[k * len(values) // count : (k + 1) * len(values) // count] for k in range(count)]
    heights: list[float] = []
    for part in parts:
        known = sorted(value for value in part if math.isfinite(value))
        if len(known) < len(part):
            heights.append(math.nan)
        elif logarithmic:
            heights.append(math.log10(max(median(known), 1e-30)))
        else:
            heights.append(median(known))
    shown = [height for height in heights if not math.isnan(height)]
    low, high = bounds or (min(shown, default=0.0), max(shown, default=0.0))
    # What hardly changes is drawn as flat: on the log scale, less than a factor of 1.3.
    span = max(high - low, 0.11 if logarithmic else 0.02 * max(abs(high), abs(low)), 1e-30)
    top = len(bars) - 1
    return "".join(
        _BROKEN if math.isnan(height) else bars[min(top, int((height - low) / span * top + 0.5))] for height in heights
    )


def number(value: float) -> str:
    """A number in at most eight characters: 0.0123, 1.2e-07, nan."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    return f"{value:.3g}" if 1e-3 <= abs(value) < 1e4 else f"{value:.1e}"


def _middle(values: Sequence[float]) -> float:
    """The median of the last steps, or the last of all if that is not finite."""
    last = [value for value in values[-WINDOW:] if math.isfinite(value)]
    return median(last) if last and math.isfinite(values[-1]) else values[-1]


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Columns: the first and the trend to the left, numbers to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [
            cell.ljust(width) if column in (0, 2) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
            if width
        ]
        lines.append(("  " + "  ".join(cells)).rstrip())
    return lines


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:3])
    return shown + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _can_show(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
