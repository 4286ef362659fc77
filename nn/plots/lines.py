"""`perceptron_lines`: the line of a perceptron as its learning rule moves it.

It reads what `Perceptron.learn` has recorded; the rule itself it does not know.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from nn.plots.evaluation import Limits, Rows, limits_of, require_points, size_of
from nn.plots.style import INK, axes, beside, labelled, points
from nn.wording import counted, described

SIGNS = ("class \N{MINUS SIGN}1", "class 1")


def perceptron_lines(
    record: Any,
    inputs: Rows,
    targets: Sequence[int],
    *,
    limits: Limits | None = None,
    input_names: Sequence[str] = ("$x_1$", "$x_2$"),
    class_names: Sequence[str] = SIGNS,
    ax: Any = None,
) -> Any:
    """The line w · x + theta = 0 after each update, the later the darker; the last one thick, its arrow to class 1.

    Args:
        record: the `LearningRecord` of a perceptron of two inputs.
        inputs: the samples that it learnt.
        targets: their classes, -1 or 1.
        limits: ((low, high), (low, high)) of the axes; by default around the samples.
        input_names: of the axes.
        class_names: of the classes -1 and 1.
        ax: matplotlib's Axes; None for a new figure.

    Returns:
        The Axes. A line's `get_gid()` is "update 1", "update 2", ...; an update that leaves no weight has none.

    Raises:
        ValueError: the perceptron has not two inputs.

    >>> from matplotlib.figure import Figure
    >>> from nn import Perceptron
    >>> inputs, targets = [[0, 0], [0, 1], [1, 0], [1, 1]], [-1, 1, 1, 1]
    >>> perceptron_lines(Perceptron(2).learn(inputs, targets), inputs, targets, ax=Figure().subplots()).get_title()
    'separated: 9 updates, 6 epochs'
    """
    require_record(record)
    require_points(inputs, targets)
    if record.updates and len(record.updates[0].weights) != 2:
        raise ValueError(f"perceptron_lines shows a plane, but there are {len(record.updates[0].weights)} inputs")
    limits = limits or limits_of(inputs, 0.3)
    ax = axes(ax, size=size_of(limits))
    n = len(record.updates)
    earlier: str | None = "after an earlier update"
    for k, update in enumerate(record.updates, start=1):
        ends = ends_of_line(update.new_weights, update.new_threshold, limits)
        if not ends:
            continue
        look = {"color": str(0.85 - 0.55 * k / n), "linewidth": 1.0, "linestyle": "--", "label": earlier}
        if k == n:
            look = {"color": INK, "linewidth": 2.4, "linestyle": "-", "label": f"after the last, update {n}"}
            _arrow(ax, update.new_weights, ends, limits)
        else:
            earlier = None  # one entry in the legend is enough
        ax.plot(*zip(*ends, strict=True), gid=f"update {k}", zorder=2, **look)
    points(ax, inputs, [int(t > 0) for t in targets], class_names)
    labelled(ax, input_names, _said(record), grid=False)
    ax.set(xlim=limits[0], ylim=limits[1], aspect="equal")
    beside(ax)
    return ax


def require_record(record: Any) -> None:
    """TypeError unless it has the updates of a perceptron."""
    if not hasattr(record, "updates"):
        came = described(record)
        raise TypeError(f"the record is {came}; wanted what Perceptron.learn returns")


def _arrow(ax: Any, weights: Sequence[float], ends: Sequence[tuple[float, float]], limits: Limits) -> None:
    """From the middle of a line, in the direction of the weights."""
    (ax0, ay0), (ax1, ay1) = ends
    foot = ((ax0 + ax1) / 2, (ay0 + ay1) / 2)
    length = 0.12 * max(high - low for low, high in limits) / math.hypot(*weights)
    tip = (foot[0] + length * weights[0], foot[1] + length * weights[1])
    look = {"arrowstyle": "-|>", "color": INK, "linewidth": 2, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 16}
    ax.annotate("", tip, foot, zorder=4, arrowprops=look)


def ends_of_line(weights: Sequence[float], threshold: float, limits: Limits) -> list[tuple[float, float]]:
    """Two points of the line w · x + theta = 0, beyond the limits on either side; none if no weight is left.

    >>> ends_of_line([1.0, 0.0], -2.0, ((-4.0, 4.0), (-3.0, 3.0)))
    [(2.0, -10.0), (2.0, 10.0)]
    """
    w1, w2 = weights
    size = math.hypot(w1, w2)
    if not size:
        return []
    (x0, x1), (y0, y1) = limits
    mx, my, reach = (x0 + x1) / 2, (y0 + y1) / 2, math.hypot(x1 - x0, y1 - y0)
    away = (w1 * mx + w2 * my + threshold) / size
    fx, fy = mx - away * w1 / size, my - away * w2 / size
    dx, dy = -w2 / size * reach, w1 / size * reach
    return [(fx - dx, fy - dy), (fx + dx, fy + dy)]


def _said(record: Any) -> str:
    done = f"{counted(len(record.updates), 'update')}, {counted(record.epochs, 'epoch')}"
    if record.separated:
        return f"separated: {done}"
    return f"not separated: {done}" + (" (no line separates them)" if record.separable is False else "")
