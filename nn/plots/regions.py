"""`decision_regions`: what a model decides at each point of the plane, how sure it is, and where the data lie.

It knows a model as something that turns two numbers into a logit, K logits or probabilities.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Real
from typing import Any

import autograd
from nn.layers import MLP, Layer, Neuron
from nn.plots.evaluation import (
    Grid,
    Limits,
    Rows,
    Scale,
    evaluated,
    grid,
    layers_of,
    limits_of,
    require_points,
    size_of,
)
from nn.plots.style import CLASSES, INK, SHADE, axes, beside, labelled, numpy, points
from nn.wording import counted, require

SURE = 0.9
"""The probability at which the dotted line is drawn."""

# How the output of one unit is a probability of class 1, by its activation; else it is a logit.
_PROBABILITIES: dict[Any, Callable[[Any], Any]] = {
    autograd.sigmoid: lambda y: y,
    autograd.step: lambda y: y,
    autograd.tanh: lambda y: (1.0 + y) / 2.0,
    autograd.sign: lambda y: (1.0 + y) / 2.0,
    autograd.softsign: lambda y: (1.0 + y) / 2.0,
}


def decision_regions(
    model: Callable[[Any], Any],
    inputs: Rows | None = None,
    targets: Sequence[int] | None = None,
    *,
    class_names: Sequence[str] = (),
    input_names: Sequence[str] = ("$x_1$", "$x_2$"),
    scaling: Scale | None = None,
    threshold: float = 0.5,
    limits: Limits | None = None,
    resolution: int = 240,
    legend: bool = True,
    ax: Any = None,
) -> Any:
    """The plane in the colour of the class that the model decides for; the stronger the colour, the surer it is.

    A solid line is the boundary, a dotted one stands where the decision has the probability 0.9. Points that are
    decided wrongly have a ring.

    Args:
        model: of two inputs, with one output for two classes, or one for each class. Outputs are logits, unless an
            `MLP`, `Layer` or `Neuron` ends in sigmoid, step, tanh, sign or softsign: then its range is 0 to 1.
        inputs: points to draw, n rows of two numbers.
        targets: their classes, from 0; -1 and 1 will do for two classes.
        class_names: of the classes.
        input_names: of the axes.
        scaling: what turns a row into the model's input, if that is not the row itself.
        threshold: of two classes: the probability of class 1 above which it is decided for.
        limits: ((low, high), (low, high)) of the axes; by default around the points.
        resolution: points on the longer side.
        legend: whether to draw one, at the right side.
        ax: matplotlib's Axes; None for a new figure.

    Returns:
        The Axes; `ax.images[0]` are the colours.

    Raises:
        ValueError: lengths that do not match.

    >>> from matplotlib.figure import Figure
    >>> from nn import logic
    >>> ax = decision_regions(logic.xor_gate(), [[0, 0], [0, 1]], [0, 1], ax=Figure().subplots())
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['class 0', 'class 1', 'wrong: 0 of 2 points', 'decision boundary']
    """
    require_points(inputs, targets)
    require("threshold", threshold, Real, lambda p: 0.0 <= p <= 1.0, "a probability, from 0 to 1")
    limits = limits or limits_of(inputs)
    where = grid(limits, resolution)
    found = probabilities(model, where.rows, scaling)
    decided, sureness = _decisions(found, threshold)
    ax = axes(ax, size=size_of(limits))
    _colours(ax, where, decided, sureness)
    ax.set_facecolor("white")
    drawn = _lines(ax, where, found, threshold)
    if inputs is not None and targets is not None:
        _data(ax, model, inputs, targets, (class_names, scaling, threshold))
    labelled(ax, input_names, grid=False)
    ax.set(xlim=limits[0], ylim=limits[1], aspect="equal")
    if legend:
        handles = [*ax.get_legend_handles_labels()[0], *drawn]
        if inputs is None:
            handles = [*_patches(found.shape[1], class_names), *drawn]
        beside(ax, handles=handles)
    return ax


def probabilities(model: Callable[[Any], Any], rows: Any, scaling: Scale | None = None) -> Any:
    """The probability of each class at each row, (n, n_classes): a logit's logistic, or the softmax of K logits."""
    np = numpy()
    y = evaluated(model, rows, scaling)
    last = layers_of(model)[-1].neurons[0].activation if isinstance(model, MLP | Layer | Neuron) else None
    known = _PROBABILITIES.get(last)
    if y.shape[1] == 1:
        p = known(y) if known else 0.5 * (1.0 + np.tanh(y / 2.0))
        return np.hstack([1.0 - p, p])
    share = known(y) + 1e-300 if known else np.exp(y - y.max(axis=1, keepdims=True))
    return share / share.sum(axis=1, keepdims=True)


def _decisions(found: Any, threshold: float) -> tuple[Any, Any]:
    """The class at each point, and how sure that is: 0 on the boundary, 1 at probability 1."""
    np = numpy()
    n_classes = found.shape[1]
    if n_classes == 2:
        p = found[:, 1]
        decided = (p > threshold).astype(int)
        return decided, np.where(decided, (p - threshold) / (1.0 - threshold), (threshold - p) / threshold)
    return found.argmax(axis=1), (found.max(axis=1) - 1.0 / n_classes) / (1.0 - 1.0 / n_classes)


def _colours(ax: Any, where: Grid, decided: Any, sureness: Any) -> None:
    from matplotlib.colors import to_rgb  # noqa: PLC0415 (optional)

    np = numpy()
    palette = np.array([to_rgb(colour) for colour in CLASSES])
    strength = (0.10 + 0.45 * sureness)[:, None]
    colours = 1.0 - strength * (1.0 - palette[decided % len(CLASSES)])
    ax.imshow(colours.reshape(*where.shape, 3), origin="lower", extent=where.extent, interpolation="nearest")


def _lines(ax: Any, where: Grid, found: Any, threshold: float) -> list[Any]:
    """The boundary and the lines of sureness, where there are any; their entries for the legend."""
    from matplotlib.lines import Line2D  # noqa: PLC0415 (optional)

    np = numpy()
    n_classes = found.shape[1]
    if n_classes == 2:
        boundaries = [found[:, 1] - threshold]
    else:
        boundaries = [found[:, k] - np.delete(found, k, axis=1).max(axis=1) for k in range(n_classes)]
    looks: dict[str, dict[str, Any]] = {
        "decision boundary": {"color": INK, "linewidth": 1.6, "linestyle": "-"},
        f"{SURE:.0%} sure": {"color": SHADE, "linewidth": 1.0, "linestyle": ":"},
    }
    handles: list[Any] = []
    for (name, look), heights in zip(looks.items(), (boundaries, [found.max(axis=1) - SURE]), strict=True):
        crossing = [height.reshape(where.shape) for height in heights if height.min() < 0.0 < height.max()]
        for height in crossing:
            drawn = ax.contour(where.x, where.y, height, levels=[0.0], colors=look["color"])
            drawn.set(linewidth=look["linewidth"], linestyle=look["linestyle"])
        handles += [Line2D([], [], label=name, **look)] if crossing else []
    return handles


def _data(ax: Any, model: Any, inputs: Rows, targets: Sequence[int], how: Any) -> None:
    """The points, and a ring around each that is decided wrongly."""
    np = numpy()
    class_names, scaling, threshold = how
    classes = [max(int(t), 0) for t in targets]
    points(ax, inputs, classes, class_names)
    rows = np.array(inputs, dtype=float)
    wrong = rows[_decisions(probabilities(model, rows, scaling), threshold)[0] != np.array(classes)]
    name = f"wrong: {len(wrong)} of {counted(len(rows), 'point')}"
    ax.plot(
        *wrong.T,
        "o",
        markersize=11,
        markerfacecolor="none",
        markeredgecolor=INK,
        markeredgewidth=1.3,
        label=name,
        linestyle="none",
        zorder=4,
    )


def _patches(n_classes: int, class_names: Sequence[str]) -> list[Any]:
    from matplotlib.patches import Patch  # noqa: PLC0415 (optional)

    names = [class_names[k] if k < len(class_names) else f"class {k}" for k in range(n_classes)]
    return [Patch(facecolor=CLASSES[k % len(CLASSES)], alpha=0.55, label=name) for k, name in enumerate(names)]
