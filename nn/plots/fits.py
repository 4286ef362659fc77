"""Fitted functions: the pieces that add up to one, the errors to the targets, predictions against targets.

How the function was fitted, it does not know.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from nn.plots.evaluation import Rows, evaluated, limits_of, require_inputs, size_of, up_to, weights_of
from nn.plots.style import FAINT, INK, NEGATIVE, POSITIVE, SHADE, axes, beside, labelled, line, numpy, panels, said
from nn.wording import counted


def pieces(
    model: Any,
    inputs: Sequence[Any] | None = None,
    targets: Sequence[float] | None = None,
    *,
    function: Callable[[float], float] | None = None,
    limits: tuple[float, float] | None = None,
    names: Sequence[str] = ("x", "y"),
    ax: Any = None,
) -> list[Any]:
    """The pieces w_j h_j(x) of a network with one input and one hidden layer; beside them their sum, the network.

    Args:
        model: an `MLP` of one input, one hidden layer and one linear output.
        inputs: the examples, if they are to be drawn.
        targets: their targets.
        function: what was to be fitted, of a float, if it is to be drawn.
        limits: (low, high) of x; by default those of the inputs, or -1 to 1.
        names: of the input and the output, with their units.
        ax: matplotlib's Axes, whose place the panels take; None for a new figure.

    Returns:
        Two Axes, a list: pieces, each a line, then the bias; and the sum.

    Raises:
        ValueError: the model has not that shape.

    That such sums come close to every continuous function: Cybenko, Approximation by superpositions of a sigmoidal
    function (1989).

    >>> from matplotlib.figure import Figure
    >>> from nn import MLP
    >>> left, right = pieces(MLP(1, [3, 1], "tanh", seed=0), ax=Figure().subplots())
    >>> left.get_title(), len(right.lines)
    ('3 pieces', 1)
    """
    np = numpy()
    layers = require_inputs(model, 1, "pieces")
    if len(layers) != 2 or len(layers[1].neurons) != 1 or not layers[1].described().endswith(" linear"):
        raise ValueError(f"pieces shows a model of one hidden layer and one linear output, not {model!r}")
    given = None if inputs is None else [float(x[0]) if hasattr(x, "__len__") else float(x) for x in inputs]
    low, high = limits or ((min(given), max(given)) if given else (-1.0, 1.0))
    xs = np.linspace(low, high, 401)
    (weights,), bias = weights_of(layers[1]), layers[1].neurons[0].b.data
    parts = evaluated(up_to(layers, 1), xs[:, None]) * np.array(weights)
    left, right = panels(ax, 2, columns=2, size=(5.0, 3.6))
    few = len(weights) <= 8
    for j, part in enumerate(parts.T):
        look = {"linewidth": 1.6 if few else 1.1, "alpha": 1.0 if few else 0.85}
        left.plot(xs, part, label=f"unit {j + 1}" if few else None, **look, **line(j))
    left.axhline(bias, color=SHADE, linewidth=1.0, linestyle=":", label=said(f"bias {bias:.2g}"))
    labelled(left, (names[0], "$w_j h_j(x)$"), f"{counted(len(weights), 'piece')}")
    left.set_xlim(low, high)
    left.legend(frameon=False, fontsize=8, ncols=2 if few else 1)
    if function is not None:
        right.plot(xs, [function(float(x)) for x in xs], color=INK, linestyle="--", linewidth=1.4, label="target")
    if given is not None and targets is not None:
        right.plot(
            given,
            list(targets),
            "o",
            color=SHADE,
            markersize=4,
            markeredgecolor="white",
            markeredgewidth=0.4,
            label="examples",
            zorder=1,
        )
    right.plot(xs, parts.sum(axis=1) + bias, color=POSITIVE, linewidth=2.2, label="network", zorder=3)
    labelled(right, names, "their sum and the bias: the network")
    right.set_xlim(low, high)
    right.legend(frameon=False, fontsize=8)
    return [left, right]


def error_vectors(outputs: Rows, targets: Rows, *, names: Sequence[str] = ("$y_1$", "$y_2$"), ax: Any = None) -> Any:
    """Outputs and targets as points of a plane, and an arrow from each output to its target: the error.

    Args:
        outputs: n rows of two numbers; for one output of one input, the rows are (x, output).
        targets: as many, likewise: where the outputs should be, in the same unit.
        names: of the axes.
        ax: matplotlib's Axes; None for a new figure.

    Returns:
        The Axes. Its arrows are `ax.collections[0]`, a matplotlib Quiver.

    Raises:
        ValueError: not as many of each, or rows of another length.

    >>> from matplotlib.figure import Figure
    >>> error_vectors([[0.0, 0.0]], [[3.0, 4.0]], ax=Figure().subplots()).get_title()
    'root mean square of the error: 5'
    """
    np = numpy()
    if len(outputs) != len(targets) or any(len(row) != 2 for row in (*outputs, *targets)):
        raise ValueError(f"{len(outputs)} outputs and {len(targets)} targets; wanted as many of each, of two numbers")
    ax = axes(ax, size=size_of(limits_of([*outputs, *targets], 0.06), beside=1.4))
    y, t = np.array(outputs, dtype=float), np.array(targets, dtype=float)
    error = t - y
    ax.quiver(*y.T, *error.T, angles="xy", scale_units="xy", scale=1.0, width=0.004, color=SHADE, zorder=1)
    look = {"markersize": 6, "linestyle": "none", "markeredgewidth": 1.2}
    ax.plot(*t.T, "o", markerfacecolor="white", markeredgecolor=POSITIVE, label="target", zorder=2, **look)
    ax.plot(
        *y.T,
        "s",
        color=NEGATIVE,
        markeredgecolor="white",
        label="output",
        zorder=3,
        **(look | {"markeredgewidth": 0.6}),
    )
    size = math.sqrt(float((error**2).sum(axis=1).mean()))
    labelled(ax, names, f"root mean square of the error: {size:.3g}")
    ax.set_aspect("equal")
    ax.locator_params(nbins=6)
    beside(ax)
    return ax


def predictions(decisions: Sequence[float], targets: Sequence[float], *, name: str = "target", ax: Any = None) -> Any:
    """What was predicted against what is: on the diagonal it would be right.

    Args:
        decisions: the numbers that the network gives, in the unit of the targets.
        targets: the true ones.
        name: of the quantity, with its unit.
        ax: matplotlib's Axes; None for a new figure.

    Returns:
        The Axes; the first line is the points, the second the diagonal.

    Raises:
        ValueError: not as many of each, or none.

    >>> from matplotlib.figure import Figure
    >>> predictions([1.0, 4.0], [1.0, 2.0], name="mass in g", ax=Figure().subplots()).get_xlabel()
    'mass in g, true'
    """
    if len(decisions) != len(targets) or not len(targets):
        raise ValueError(f"{len(decisions)} predictions and {len(targets)} targets; wanted as many of each, at least 1")
    ax = axes(ax, size=(5.0, 4.6))
    ax.plot(
        targets,
        decisions,
        "o",
        color=POSITIVE,
        markersize=5.5,
        markeredgecolor="white",
        markeredgewidth=0.6,
        alpha=0.85,
        label="examples",
        zorder=2,
    )
    low, high = min(*targets, *decisions), max(*targets, *decisions)
    room = 0.05 * (high - low or 1.0)
    ends = [low - room, high + room]
    ax.plot(ends, ends, color=INK, linestyle="--", linewidth=1.2, label="predicted = true", zorder=1)
    error = math.sqrt(math.fsum((d - t) ** 2 for d, t in zip(decisions, targets, strict=True)) / len(targets))
    labelled(ax, (f"{name}, true", f"{name}, predicted"), f"root mean squared error {error:.4g}")
    ax.set(xlim=ends, ylim=ends, aspect="equal")
    ax.legend(frameon=False, loc="upper left")
    ax.set_facecolor("white")
    ax.grid(color=FAINT, linewidth=0.6)
    return ax
