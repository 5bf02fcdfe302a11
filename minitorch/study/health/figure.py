"""The picture of a watched training: gradients, updates, activations and losses over the steps."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from minitorch.study.health.data import Training
from minitorch.study.health.flags import DEAD, RATIO_GOOD, RATIO_HIGH, RATIO_LOW

SUFFIXES = (".png", ".pdf", ".svg")
_FEW = 8
"""So many lines have a colour and a name each; of more, the colour says how deep, and only the extremes are named."""
_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#8C6D00", "#000000")
"""Okabe and Ito's, which are told apart whatever colours one sees; the yellow darker, for white paper."""
_DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1, 1)), (0, (5, 1.5, 1, 1.5)))

_POINTS = 150
"""Of more than twice as many points a line goes through the medians of groups, with the points themselves behind."""

Line = tuple[str, Sequence[int], Sequence[float]]


def draw(trainings: Sequence[Training], path: Path) -> None:
    """Draws into a file, which is whole or not written at all.

    Raises ModuleNotFoundError without matplotlib, ValueError for what is no .png, .pdf or .svg.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise ValueError(f"plot(): expected a name that ends in {', '.join(SUFFIXES)}, got {str(path)!r}")
    figure = _figure(trainings)
    draft = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        figure.savefig(draft, dpi=120)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def need_matplotlib() -> None:
    """Raises ModuleNotFoundError, with what to install, where matplotlib is not."""
    try:
        import matplotlib.figure  # noqa: F401 - asked for its being there
    except ImportError as error:
        raise ModuleNotFoundError(
            f"a plot needs matplotlib ({error}): pip install matplotlib, or minitorch[lectures]", name="matplotlib"
        ) from None


def _figure(trainings: Sequence[Training]) -> Any:
    need_matplotlib()
    from matplotlib.figure import Figure  # without pyplot: no window, and the script's own figures stay as they are

    figure = Figure(figsize=(13, 9.5), layout="constrained")
    (gradients, updates), (activations, losses) = figure.subplots(2, 2)
    several = len(trainings) > 1
    layers = [(each, layer) for each in trainings for layer in each.in_order()]
    names = [_name(each, layer.name, trainings) for each, layer in layers]
    _lines(
        figure,
        gradients,
        [(name, layer.steps, layer.gradient) for name, (_, layer) in zip(names, layers, strict=True)],
        "the gradient's norm (log)",
        "Gradients of the layers",
    )
    _lines(
        figure,
        updates,
        [(name, layer.steps, layer.ratio) for name, (_, layer) in zip(names, layers, strict=True)],
        "norm of the update / norm of the weights (log)",
        "Updates, measured by the weights",
        guides={RATIO_GOOD: "1e-3, rule of thumb", RATIO_LOW: None, RATIO_HIGH: None},
    )
    shares: list[Line] = []
    for each in trainings:
        for site in each.activations.values():
            what = "zero" if site.is_relu else "flat"
            shares.append((f"{_name(each, site.name, trainings)}: {what}", site.steps, site.share))
            if site.is_relu and any(site.dead):
                shares.append((f"{_name(each, site.name, trainings)}: dead", site.steps, site.dead))
    _lines(
        figure,
        activations,
        shares,
        "share of the units",
        "Relus at zero, sigmoid and tanh where they are flat",
        guides={DEAD: None},
        logarithmic=False,
    )
    activations.set_ylim(-0.03, 1.03)
    curves: list[Line] = []
    for each in trainings:
        known = [(step, loss) for step, loss in enumerate(each.losses, start=1) if loss is not None]
        curves.append((each.title if several else "loss", [step for step, _ in known], [loss for _, loss in known]))
    positive = all(value > 0 for _, _, values in curves for value in values if math.isfinite(value))
    wide = positive and _decades(curves) > 2
    _lines(figure, losses, curves, "loss (log)" if wide else "loss", "The loss", logarithmic=wide)
    title = "; ".join(f"{each.title}, {each.steps} steps" for each in trainings[:3]) or "nothing was trained"
    figure.suptitle("Gradient health: " + title + (" ..." if len(trainings) > 3 else ""))
    return figure


def _name(training: Training, name: str, trainings: Sequence[Training]) -> str:
    return f"{name} ({trainings.index(training) + 1})" if len(trainings) > 1 else name


def _lines(
    figure: Any,
    panel: Any,
    lines: Sequence[Line],
    label: str,
    title: str,
    guides: dict[float, str | None] | None = None,
    logarithmic: bool = True,
) -> None:
    """One panel: a line for each entry, named or told apart by a scale of colours."""
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    drawn = []
    for name, steps, values in lines:
        points = [
            (step, value)
            for step, value in zip(steps, values, strict=True)
            if math.isfinite(value) and (value > 0 or not logarithmic)
        ]
        if points:
            drawn.append((name, points))
    panel.set(xlabel="step", ylabel=label, title=title)
    panel.grid(alpha=0.3)
    if not drawn:
        panel.text(0.5, 0.5, "nothing to show", ha="center", va="center", transform=panel.transAxes)
        return
    if logarithmic:
        panel.set_yscale("log")
    many = len(drawn) > _FEW
    order = sorted(range(len(drawn)), key=lambda k: median(value for _, value in drawn[k][1]))
    named = set(order[:3] + order[-3:]) if many else set(order)
    for k, (name, points) in enumerate(drawn):
        colour = colormaps["viridis"](0.92 * k / (len(drawn) - 1)) if many else _COLOURS[k]
        through = _medians(points)
        if through is not points and not many:
            panel.plot(*zip(*points, strict=True), color=colour, linewidth=0.5, alpha=0.3)
        panel.plot(
            *zip(*through, strict=True),
            color=colour,
            linestyle="-" if many else _DASHES[k % len(_DASHES)],
            linewidth=1 if many and k not in named else 1.7,
            marker="." if len(points) < 3 else None,
            label=_short(name) if k in named else None,
        )
    for value, text in (guides or {}).items():
        panel.axhline(value, color="0.35", linestyle=":", linewidth=1.2)
        if text:
            panel.annotate(
                text,
                (0.99, value),
                xycoords=("axes fraction", "data"),
                ha="right",
                va="center",
                fontsize=8,
                color="0.25",
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
            )
    handles, labels = panel.get_legend_handles_labels()
    if many:
        by_size = sorted(zip(labels, handles, strict=True), key=lambda pair: -median(pair[1].get_ydata()))
        labels, handles = [pair[0] for pair in by_size], [pair[1] for pair in by_size]
        scale = ScalarMappable(Normalize(1, len(drawn)), colormaps["viridis"])
        figure.colorbar(scale, ax=panel, label=f"1 to {len(drawn)}: from the first to the last", pad=0.01)
    panel.legend(
        handles,
        labels,
        title="the three highest and the three lowest" if many else None,
        loc="upper center",
        bbox_to_anchor=(0.5, -0.14),  # below, where it hides nothing
        ncols=2 if max(map(len, labels)) > 20 else 4,
        fontsize=8,
        title_fontsize=8,
        frameon=False,
    )


def _medians(points: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """The points themselves, or, of so many that their line would be a smear, the medians of groups."""
    size = len(points) // _POINTS
    if size < 2:
        return points
    groups = [points[k : k + size] for k in range(0, len(points) - size + 1, size)]
    return [(group[size // 2][0], median(value for _, value in group)) for group in groups]


def _short(name: str) -> str:
    """A legend's entry: the end of a long path says most. One that begins with _ would be left out."""
    short = name if len(name) <= 40 else "..." + name[-37:]
    return short if not short.startswith("_") else " " + short


def _decades(lines: Sequence[Line]) -> float:
    values = [value for _, _, line in lines for value in line if math.isfinite(value) and value > 0]
    return math.log10(max(values) / min(values)) if values else 0.0
