"""`hidden_units`: what each unit gives all over the plane; `bent_plane`: the plane as a layer bends it.

A unit is drawn by what it has learnt. How it learnt it, this module does not know.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, sqrt
from typing import Any

from nn.plots.evaluation import (
    Limits,
    Rows,
    Scale,
    evaluated,
    grid,
    layer_names,
    limits_of,
    require_inputs,
    size_of,
    sums,
    up_to,
    weights_of,
)
from nn.plots.style import INK, SHADE, axes, beside, diverging, labelled, numpy, panels, points, said


def hidden_units(
    model: Any,
    inputs: Rows | None = None,
    targets: Sequence[int] | None = None,
    *,
    layer: int = 1,
    input_names: Sequence[str] = ("$x_1$", "$x_2$"),
    class_names: Sequence[str] = (),
    scaling: Scale | None = None,
    limits: Limits | None = None,
    resolution: int = 120,
    ax: Any = None,
) -> list[Any]:
    """The output of each unit of a layer over the plane, and then the network's own, a panel for each.

    Blue is above 0, vermilion below, on one scale for all units and on one for all outputs. A line stands where the
    unit's weighted sum, before its activation, is 0. The title says the weight with which a single output takes it.

    Args:
        model: an `MLP` of two inputs.
        inputs: points to draw, if wanted.
        targets: their classes.
        layer: which layer, from 1; that of the outputs is the last.
        input_names: of the axes.
        class_names: of the classes.
        scaling: what turns a row into the model's input, if that is not the row itself.
        limits: ((low, high), (low, high)) of the axes; by default around the points.
        resolution: points on the longer side.
        ax: matplotlib's Axes, whose place the panels take; None for a new figure.

    Returns:
        The Axes of the panels, a list: units in order, the network's outputs last (unless that is the layer).

    Raises:
        ValueError: the model has not two inputs, or not so many layers.

    >>> from matplotlib.figure import Figure
    >>> from nn import logic
    >>> [panel.get_title() for panel in hidden_units(logic.xor_gate(), ax=Figure().subplots())]
    ['unit 1 (weight 1.00)', 'unit 2 (weight −1.00)', 'output']
    """
    layers = require_inputs(model, 2, "hidden_units")
    _require_layer(layer, len(layers), 1)
    limits = limits or limits_of(inputs)
    where = grid(limits, resolution)
    depths = {layer: "unit", len(layers): "output"}
    after = weights_of(layers[layer]) if layer < len(layers) else []
    drawn: list[tuple[Any, Any, str, float]] = []
    for depth, noun in depths.items():
        y, z = (evaluated(of(layers, depth), where.rows, scaling) for of in (up_to, sums))
        largest = float(abs(y).max()) or 1.0
        for unit in range(y.shape[1]):
            title = noun if y.shape[1] == 1 else f"{noun} {unit + 1}"
            if noun == "unit" and len(after) == 1:
                title += said(f" (weight {after[0][unit]:.2f})")
            drawn.append((y[:, unit], z[:, unit], title, largest))
    columns = min(4, ceil(sqrt(len(drawn) + 1)))
    across, up = size_of(limits, beside=0.3)
    *found, scales = panels(ax, len(drawn) + 1, columns=columns, size=(0.58 * across, 0.58 * up))
    n_rows = ceil(len(drawn) / columns)
    images: dict[str, Any] = {}  # one of the units, one of the outputs: each has its scale
    for i, (panel, (y, z, title, largest)) in enumerate(zip(found, drawn, strict=True)):
        image = panel.imshow(
            y.reshape(where.shape),
            origin="lower",
            extent=where.extent,
            cmap=diverging(),
            vmin=-largest,
            vmax=largest,
            interpolation="bilinear",
        )
        if z.min() < 0.0 < z.max():
            panel.contour(where.x, where.y, z.reshape(where.shape), levels=[0.0], colors=INK, linewidths=1.2)
        if inputs is not None and targets is not None:
            points(panel, inputs, [int(t) for t in targets], class_names, inked=True, size=3.5)
        images[title.split()[0]] = image
        labelled(panel, input_names, title, grid=False)
        panel.title.set_fontsize("small")
        panel.tick_params(labelsize=7, labelbottom=i // columns == n_rows - 1, labelleft=not i % columns)
        panel.xaxis.label.set_visible(i // columns == n_rows - 1)
        panel.yaxis.label.set_visible(not i % columns)
        panel.set(xlim=limits[0], ylim=limits[1], aspect="equal")
    _scales(scales, images)
    return found


def _scales(panel: Any, images: dict[str, Any]) -> None:
    """Colour bars in a panel of their own."""
    panel.set_axis_off()
    for i, (noun, image) in enumerate(images.items()):
        bar = panel.figure.colorbar(image, cax=panel.inset_axes((0.05 + 0.5 * i, 0.0, 0.08, 1.0)))
        bar.ax.tick_params(labelsize=7)
        bar.ax.set_title(f"{noun}s" if noun == "unit" else noun, fontsize=8)


def bent_plane(
    model: Any,
    inputs: Rows | None = None,
    targets: Sequence[int] | None = None,
    *,
    layer: int = 1,
    class_names: Sequence[str] = (),
    input_names: Sequence[str] = ("$x_1$", "$x_2$"),
    scaling: Scale | None = None,
    limits: Limits | None = None,
    lines: int = 15,
    ax: Any = None,
) -> Any:
    """Where a layer takes the plane: a square grid of lines and the points, as the layer's units see them.

    Of a layer of two units the axes are their outputs. Of a wider one they are the two directions in which its outputs
    for the grid vary most (principal components); the labels say which share of the variance they hold. If the next
    layer is the one output, and the layer has two units, a line stands where that is 0 before its activation.

    Args:
        model: an `MLP` of two inputs.
        inputs: points to draw, if wanted.
        targets: their classes.
        layer: after which layer, from 1; 0 is the plane itself.
        class_names: of the classes.
        input_names: of the axes of the plane itself.
        scaling: what turns a row into the model's input, if that is not the row itself.
        limits: ((low, high), (low, high)) of the grid; by default around the points.
        lines: how many lines of the grid there are each way.
        ax: matplotlib's Axes; None for a new figure.

    Returns:
        The Axes.

    Raises:
        ValueError: the model has not two inputs, or not so many layers.

    The picture is that of Olah, Neural networks, manifolds, and topology (2014).

    >>> from matplotlib.figure import Figure
    >>> from nn import MLP
    >>> ax = bent_plane(MLP(2, [2, 1], "tanh", seed=0), ax=Figure().subplots())
    >>> ax.get_title(), ax.get_xlabel()
    ('after hidden, 2 tanh', 'unit 1')
    """
    np = numpy()
    layers = require_inputs(model, 2, "bent_plane")
    _require_layer(layer, len(layers), 0)
    (x0, x1), (y0, y1) = limits or limits_of(inputs)
    n = 8 * (lines - 1) + 1
    across, up = np.linspace(x0, x1, n), np.linspace(y0, y1, n)
    rows = [np.stack([np.full(n, x), up], axis=1) for x in across[::8]]
    rows += [np.stack([across, np.full(n, y)], axis=1) for y in up[::8]]

    def bent(points_of_plane: Any) -> Any:
        return evaluated(up_to(layers, layer), points_of_plane, scaling) if layer else points_of_plane

    everywhere = bent(np.concatenate(rows))
    turned, names, square = _flattened(everywhere, layer, input_names)
    seen = turned(everywhere)
    ax = axes(ax, size=size_of(limits_of(seen, 0.05)) if square else (6.2, 4.4))
    for k, curve in enumerate(np.split(seen, len(rows))):
        ax.plot(*curve.T, color=SHADE, linewidth=0.7, linestyle="-" if k < lines else (0, (5, 1.5)), zorder=1)
    if inputs is not None and targets is not None:
        places = turned(bent(np.array(inputs, dtype=float)))
        points(ax, places.tolist(), [int(t) for t in targets], class_names)
    if square:
        ax.set_aspect("equal")
        ax.locator_params(nbins=6)
    if layer and layer == len(layers) - 1 and len(layers[layer - 1].neurons) == 2 and len(layers[layer].neurons) == 1:
        _boundary(ax, layers[layer].neurons[0])
    title = "the plane" if not layer else f"after {layer_names(layers)[layer - 1].replace(':', ',')}"
    labelled(ax, names, title, grid=False)
    if ax.get_legend_handles_labels()[0]:
        beside(ax)
    return ax


def _flattened(outputs: Any, layer: int, input_names: Sequence[str]) -> tuple[Any, list[str], bool]:
    """What turns a layer's outputs into two numbers, the names of these, and whether they have one unit."""
    np = numpy()
    width = outputs.shape[1]
    if width == 1:
        return (lambda y: np.hstack([y, 0.0 * y])), ["unit 1", ""], False
    if width == 2:
        return (lambda y: y), (["unit 1", "unit 2"] if layer else list(input_names)), True
    middle = outputs.mean(axis=0)
    _, sizes, directions = np.linalg.svd(outputs - middle, full_matrices=False)
    directions = directions[:2]
    # A direction's sign is chosen, so that the picture is the same on every machine.
    directions = directions * np.sign(directions[np.arange(2), abs(directions).argmax(axis=1)])[:, None]
    shares = sizes**2 / (sizes**2).sum()
    names = [f"component {i + 1} ({shares[i]:.0%})" for i in range(2)]
    return (lambda y: (y - middle) @ directions.T), names, True


def _boundary(ax: Any, neuron: Any) -> None:
    """The line where the output's weighted sum of two units is 0, within the limits that there are."""
    np = numpy()
    (w1, w2), b = [w.data for w in neuron.w], neuron.b.data
    if not (w1 or w2):
        return
    limits = {"xlim": ax.get_xlim(), "ylim": ax.get_ylim()}
    near = np.array([w1, w2]) * (-b / (w1 * w1 + w2 * w2))
    far = 100.0 * max(abs(x) for x in (*ax.get_xlim(), *ax.get_ylim()))
    along = np.array([-w2, w1]) / np.hypot(w1, w2) * far
    ax.plot(*np.stack([near - along, near + along], 1), color=INK, linewidth=1.6, label="decision boundary", zorder=2)
    ax.set(**limits)


def _require_layer(layer: int, n_layers: int, least: int) -> None:
    if isinstance(layer, bool) or not isinstance(layer, int) or not least <= layer <= n_layers:
        raise ValueError(f"layer is {layer!r}; wanted an int from {least} to {n_layers}, which this model has")
