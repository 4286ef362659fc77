"""The picture of `python -m autograd.compare`: time and multiply-adds against the size, on logarithmic axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from autograd.scaling import (
    CHUNK,
    CHUNKS,
    DIFFERENCES,
    FORWARD,
    METHODS,
    REVERSE,
    Cost,
    Shape,
    crossover,
    times,
    typeset,
)

# Colours that the colour-blind can tell apart (Okabe, Ito, Color universal design, 2008), and how a line is named.
_STYLES = {
    REVERSE: ("#0072b2", "o", "reverse"),
    FORWARD: ("#d55e00", "s", "forward, 1 at a time"),
    CHUNKS: ("#cc79a7", "D", f"forward, {CHUNK} at once"),
    DIFFERENCES: ("#777777", "^", "differences"),
}
_RING: dict[str, Any] = {
    "marker": "o",
    "linestyle": "",
    "markersize": 12,
    "markerfacecolor": "none",
    "markeredgecolor": "black",
}


def plot(path: Path, measured: dict[Shape, list[Cost]]) -> None:
    """Draw time and multiply-adds against the size, a column for each function, on logarithmic axes.

    Bars are interquartile ranges; rings mark the crossovers, where the line of reverse mode crosses another.

    Args:
        path: the file; its ending says the format.
        measured: the costs of each function, for ascending sizes.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415 (optional)
    from matplotlib.lines import Line2D  # noqa: PLC0415 (optional)

    figure = Figure(figsize=(13.5, 8), layout="constrained")
    axes = figure.subplots(2, len(measured), sharex=True, sharey="row", gridspec_kw={"hspace": 0.06})
    curves: list[tuple[Any, dict[str, list[float]], dict[str, str]]] = []
    for (above, below), (shape, found) in zip(axes.T, measured.items(), strict=True):
        above.set_title(shape.name, fontsize=13, fontweight="bold", pad=24)
        above.text(0.5, 1.03, shape.formula, transform=above.transAxes, ha="center", fontsize=10, color="#444444")
        below.set_xlabel("size n")
        names = {method: name for method, (_, _, name) in _STYLES.items()}
        curves.append((above, {method: [1e3 * t for t in times(found, method)] for method in METHODS}, names))
        for method in METHODS:
            each = [cost for cost in found if cost.method == method]
            middle, half = [1e3 * x.time.median for x in each], [5e2 * x.time.spread for x in each]
            low = [min(h, 0.9 * m) for h, m in zip(half, middle, strict=True)]  # a bar ends above 0
            above.errorbar([x.n for x in each], middle, (low, half), fmt="none", ecolor=_STYLES[method][0], capsize=3)
        names = {REVERSE: f"reverse: {typeset(shape.reverse)}", FORWARD: f"forward: {typeset(shape.forward)}"}
        counts = {method: [float(x.multiply_adds) for x in found if x.method == method] for method in names}
        curves.append((below, counts, names))
    axes[0][0].set_ylabel("time of all derivatives in ms")
    axes[1][0].set_ylabel("multiply-adds of all derivatives")
    sizes = sorted({cost.n for found in measured.values() for cost in found})
    for panel, lines, _ in curves:
        _draw(panel, sizes, lines)
    for panel, lines, names in curves:  # once the axes, which panels of a row share, have their limits
        _name(panel, sizes, lines, names)
    ring = Line2D([], [], **_RING, label="crossover of reverse mode with forward mode, or with central differences")
    figure.legend(handles=[ring], loc="outside lower center", frameon=False)
    figure.savefig(path, dpi=160)


def _draw(panel: Any, sizes: Sequence[int], lines: dict[str, list[float]]) -> None:
    """The lines of one panel, and where that of reverse mode crosses another."""
    decades = [10**k for k in range(len(str(sizes[-1])))]
    panel.set(xscale="log", yscale="log", xlim=(0.8 * sizes[0], (sizes[-1] + 1) * (2 * sizes[-1] / sizes[0]) ** 0.55))
    panel.set_xticks(decades, [f"{decade:,}" for decade in decades])
    panel.minorticks_off()
    panel.margins(y=0.09)
    panel.grid(color="#e4e4e4", linewidth=0.6)
    panel.spines[["top", "right"]].set_visible(False)
    for method, values in lines.items():
        colour, marker, _ = _STYLES[method]
        panel.plot(sizes, values, marker, color=colour, linestyle="-", markersize=4.5, linewidth=1.6)
    for method in (FORWARD, DIFFERENCES):
        if method in lines:
            _mark_crossover(panel, sizes, lines[REVERSE], lines[method], "forward" if method == FORWARD else "")


def _mark_crossover(panel: Any, sizes: Sequence[int], reverse: list[float], other: list[float], name: str) -> None:
    """A ring where two lines cross; where they do not, words if the other line has a name."""
    start = crossover(sizes, reverse, other) or crossover(sizes, other, reverse)
    if start is None or (start == sizes[0] and reverse[0] != other[0]):
        if name:
            order = f"reverse below {name}" if reverse[0] < other[0] else f"{name} below reverse"
            panel.text(0.03, 0.94, f"{order} at every size", transform=panel.transAxes, fontsize=9, color="#444444")
        return
    k = max((i for i, size in enumerate(sizes) if size < start), default=0)
    share = math.log(start / sizes[k]) / math.log(sizes[k + 1] / sizes[k]) if start > sizes[0] else 0.0
    height = other[k] * (other[min(k + 1, len(other) - 1)] / other[k]) ** share
    panel.plot([start], [height], **_RING)
    panel.annotate(f"n = {start:.2g}", (start, height), (10, -10), textcoords="offset points", fontsize=9)


def _name(panel: Any, sizes: Sequence[int], lines: dict[str, list[float]], names: dict[str, str]) -> None:
    """The name of each line at its end, names of near lines moved apart."""
    low, high = map(math.log, panel.get_ylim())
    heights = {method: (math.log(values[-1]) - low) / (high - low) for method, values in lines.items()}
    order = sorted(heights, key=heights.__getitem__)
    for _ in range(200):
        for below, above in pairwise(order):
            excess = 0.06 - (heights[above] - heights[below])
            if excess > 0.0:
                heights[below] -= excess / 2.0
                heights[above] += excess / 2.0
    for method, height in heights.items():
        panel.annotate(
            names[method],
            (sizes[-1], height),
            (8, 0),
            xycoords=panel.get_xaxis_transform(),
            textcoords="offset points",
            va="center",
            fontsize=10,
            color=_STYLES[method][0],
        )
