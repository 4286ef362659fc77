"""`network`: units as circles, weights as lines whose width is their size; the numbers of one example in the units.

How the weights were found, it does not know.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product
from typing import Any

from autograd import no_grad
from nn.plots.evaluation import layer_names, layers_of, weights_of
from nn.plots.style import FAINT, INK, NEGATIVE, POSITIVE, SHADE, axes, diverging, said, signed
from nn.wording import counted

RADIUS, ACROSS, WIDEST = 0.36, 3.4, 5.0
"""A unit's radius and the way to the next layer, of units 1 apart; the width of the largest weight in points."""


def network(
    model: Any,
    x: Sequence[float] | None = None,
    *,
    input_names: Sequence[str] = (),
    output_names: Sequence[str] = (),
    numbers: bool | None = None,
    most: int = 12,
    ax: Any = None,
) -> Any:
    """The network as a graph of units; a line's width is proportional to the size of its weight.

    A weight above 0 is blue and solid, below 0 vermilion and dashed. With an example, each unit shows the number that
    it gives for it, in the colours of weights.

    Args:
        model: an `MLP`, a `Layer` or a `Neuron`.
        x: one input; None for units without numbers.
        input_names: of the inputs, by default x1, x2, ...
        output_names: of the outputs, as of K classes.
        numbers: write each weight on its line and each bias under its unit; by default if there are at most 20.
        most: units of a layer that are drawn; of a wider one the first and the last, with a note.
        ax: matplotlib's Axes; None for a new figure.

    Returns:
        The Axes. Its lines are `ax.lines`, layer by layer, unit by unit; its units are `ax.patches`.

    Raises:
        TypeError: the model has no layers.
        ValueError: an input of another length.

    >>> from matplotlib.figure import Figure
    >>> from nn import MLP
    >>> ax = network(MLP(2, [3, 1], "tanh", seed=0), ax=Figure().subplots())
    >>> len(ax.patches), len(ax.lines)
    (6, 9)
    """
    layers = layers_of(model)
    widths = [len(layers[0].neurons[0].w), *(len(layer.neurons) for layer in layers)]
    values = None if x is None else _values(layers, x)
    if numbers is None:
        numbers = sum((n + 1) * m for n, m in pairwise(widths)) <= 20
    shown = [_shown(n, most) for n in widths]
    tallest = max(map(len, shown))
    ax = axes(ax, size=(1.5 + 2.0 * len(widths), 1.6 + 0.62 * tallest))
    places = [
        {unit: (ACROSS * i, (len(units) - 1) / 2 - k) for k, unit in enumerate(units)} for i, units in enumerate(shown)
    ]
    largest = _edges(ax, places, layers, numbers=numbers)
    scale = max((abs(v) for layer in values or [] for v in layer), default=0.0) or 1.0
    for depth, units in enumerate(places):
        for unit, place in units.items():
            if unit < 0:
                ax.text(*place, "⋮", ha="center", va="center", fontsize=16, color=INK)
            else:
                _unit(ax, place, None if values is None else values[depth][unit], scale, is_input=not depth)
                if numbers and depth:
                    bias = layers[depth - 1].neurons[unit].b.data
                    ax.text(
                        place[0],
                        place[1] - RADIUS - 0.03,
                        said(f"b = {bias:.2g}"),
                        ha="center",
                        va="top",
                        fontsize=7.5,
                        color=INK,
                        zorder=5,
                    )
    _say(ax, places, layers, widths, input_names, output_names, largest)
    return ax


def _values(layers: Sequence[Any], x: Sequence[float]) -> list[list[float]]:
    """The numbers of all units for one input, layer by layer, the input first."""
    values: list[Any] = [list(x)]
    with no_grad():
        for layer in layers:
            values.append(layer(values[-1]))
    return [values[0], *([y.data for y in layer] for layer in values[1:])]


def _shown(n: int, most: int) -> list[int]:
    """The units that are drawn, and -1 for a gap between them."""
    if n <= most:
        return list(range(n))
    half = max(1, (most - 1) // 2)
    return [*range(half), -1, *range(n - half, n)]


def _edges(ax: Any, places: Sequence[dict[int, Any]], layers: Sequence[Any], *, numbers: bool) -> float:
    """A line for each weight; the size of the largest."""
    weights = [weights_of(layer) for layer in layers]
    largest = max((abs(w) for rows in weights for row in rows for w in row), default=0.0) or 1.0
    for (left, right), rows in zip(pairwise(places), weights, strict=True):
        for (j, end), (i, start) in product(right.items(), left.items()):
            if i >= 0 and j >= 0:
                _edge(ax, start, end, rows[j][i], largest)
                if numbers:
                    _write(ax, start, end, i, rows[j][i])
    return largest


def _edge(ax: Any, start: Any, end: Any, weight: float, largest: float) -> None:
    width = WIDEST * abs(weight) / largest
    look = signed(weight)
    if weight < 0:
        # matplotlib takes dashes in units of the width; these are as long in wide lines as in thin ones.
        look["linestyle"] = (0, (5.0 / max(width, 1.0), 2.0 / max(width, 1.0)))
    (x0, y0), (x1, y1) = start, end
    ax.plot([x0, x1], [y0, y1], linewidth=width, zorder=1, solid_capstyle="butt", **look)


def _write(ax: Any, start: Any, end: Any, source: int, weight: float) -> None:
    """A weight on its line: those of one unit at one distance, those of its neighbours at another."""
    share = 0.24 + 0.16 * (source % 3)
    ax.text(
        *((1 - share) * a + share * b for a, b in zip(start, end, strict=True)),
        said(f"{weight:.2g}"),
        fontsize=7.5,
        ha="center",
        va="center",
        color=INK,
        zorder=2,
        bbox={"boxstyle": "round,pad=0.12", "facecolor": "white", "edgecolor": "none"},
    )


def _unit(ax: Any, place: Any, value: float | None, scale: float, *, is_input: bool) -> None:
    from matplotlib.patches import Circle  # noqa: PLC0415 (optional)

    colour: Any = "#f2f2f2" if is_input else "white"
    if value is not None:
        colour = diverging()(0.5 + 0.4 * value / scale)
        ax.text(
            *place,
            said(f"{value:.2f}" if abs(value) < 100 else f"{value:.0e}"),
            ha="center",
            va="center",
            fontsize=8,
            color=INK,
            zorder=5,
        )
    ax.add_patch(Circle(place, RADIUS, facecolor=colour, edgecolor=INK, linewidth=1.2, zorder=3))


def _say(
    ax: Any,
    places: Sequence[dict[int, tuple[float, float]]],
    layers: Sequence[Any],
    widths: Sequence[int],
    input_names: Sequence[str],
    output_names: Sequence[str],
    largest: float,
) -> None:
    """Names of inputs, outputs and layers, and what a line means."""
    from matplotlib.lines import Line2D  # noqa: PLC0415 (optional)

    for unit, (x, y) in places[0].items():
        if unit >= 0:
            name = input_names[unit] if unit < len(input_names) else f"$x_{{{unit + 1}}}$"
            ax.text(x - RADIUS - 0.15, y, name, ha="right", va="center", color=INK)
    for unit, (x, y) in places[-1].items():
        if 0 <= unit < len(output_names):
            ax.text(x + RADIUS + 0.15, y, output_names[unit], ha="left", va="center", color=INK)
    top = max(len(units) for units in places) / 2 + 0.15
    for units, name in zip(places, [counted(widths[0], "input"), *layer_names(layers)], strict=True):
        ax.text(next(iter(units.values()))[0], top, name, ha="center", va="bottom", color=SHADE, fontsize=9)
    kinds: list[Any] = [(POSITIVE, "-", "weight above 0"), (NEGATIVE, (0, (4, 1.5)), "weight below 0")]
    handles: list[Any] = [Line2D([], [], color=c, linestyle=d, linewidth=2, label=name) for c, d, name in kinds]
    handles.append(Line2D([], [], color=FAINT, linewidth=WIDEST, label=f"widest line: |w| = {largest:.3g}"))
    ax.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.01), ncols=3, frameon=False, fontsize=8.5)
    ax.set(xlim=(-0.9, ACROSS * (len(places) - 1) + 0.9), ylim=(-top - 0.1, top + 0.35), aspect="equal")
    ax.set_axis_off()
