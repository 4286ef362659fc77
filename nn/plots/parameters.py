"""`weight_histograms`: how the weights of each layer are spread; `gradient_sizes`: how large its derivatives are.

They know a model only by its layers. How it was trained, they do not know.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any

from autograd import gradients, total
from nn.arguments import require_loss
from nn.losses import Loss
from nn.plots.evaluation import layer_names, layers_of, weights_of
from nn.plots.style import INK, LINES, MARKERS, axes, beside, labelled, line, panels, said
from nn.wording import counted, require


def weight_histograms(model: Any, *, bins: int = 30, ax: Any = None) -> list[Any]:
    """A histogram of the weights of each layer, one below the other on one axis; biases are not among them.

    Its title says their mean ± their standard deviation.

    Args:
        model: an `MLP`, a `Layer` or a `Neuron`.
        bins: how many intervals there are, from the smallest weight of the model to the largest.
        ax: matplotlib's Axes, whose place the panels take; None for a new figure.

    Returns:
        The Axes of the panels, a list, one for each layer.

    >>> from matplotlib.figure import Figure
    >>> from nn import MLP
    >>> (panel,) = weight_histograms(MLP(3, [1], init="zeros"), ax=Figure().subplots())
    >>> panel.get_title()
    'output: 1 linear, 3 weights, 0 ± 0'
    """
    layers = layers_of(model)
    require("bins", bins, Integral, lambda k: k >= 1, "an int of at least 1")
    weights = [[w for row in weights_of(layer) for w in row] for layer in layers]
    low, high = min(map(min, weights)), max(map(max, weights))
    low, high = (low, high) if low < high else (low - 0.5, high + 0.5)
    drawn = panels(ax, len(layers), columns=1, size=(5.6, 1.9))
    for i, (panel, name, numbers) in enumerate(zip(drawn, layer_names(layers), weights, strict=True)):
        colour = LINES[i % len(LINES)]
        panel.hist(numbers, bins=bins, range=(low, high), color=colour, alpha=0.8, edgecolor="white", linewidth=0.4)
        panel.axvline(0.0, color=INK, linewidth=0.8, linestyle=":")
        mean = math.fsum(numbers) / len(numbers)
        spread = math.sqrt(math.fsum((w - mean) ** 2 for w in numbers) / len(numbers))
        title = f"{name}, {counted(len(numbers), 'weight')}, {said(f'{mean:.2g}')} ± {spread:.2g}"
        labelled(panel, ("weight" if panel is drawn[-1] else "", "how many"), title)
        panel.yaxis.get_major_locator().set_params(integer=True)
    return drawn


def gradient_sizes(models: Any, inputs: Sequence[Any], targets: Sequence[Any], *, loss: Loss, ax: Any = None) -> Any:
    """The size of the derivatives of the mean loss with respect to the weights of each layer, on a logarithmic axis.

    The size is the root of the mean square. In a deep network of sigmoids it falls from layer to layer towards the
    inputs (Hochreiter 1991; Glorot and Bengio, Understanding the difficulty of training deep feedforward neural
    networks, 2010).

    Args:
        models: a network, or several by name.
        inputs: the examples.
        targets: their targets.
        loss: of one example.
        ax: matplotlib's Axes; None for a new figure.

    Returns:
        The Axes, with a line for each model; a layer whose derivatives are all 0 has no point.

    >>> from matplotlib.figure import Figure
    >>> from nn import MLP, losses
    >>> model = MLP(1, [1], init="zeros")
    >>> ax = gradient_sizes(model, [[1.0]], [2.0], loss=losses.squared_error, ax=Figure().subplots())
    >>> ax.lines[0].get_ydata().tolist()  # d/dw (w - 2)^2 at 0 is -4
    [4.0]
    """
    named = models if isinstance(models, Mapping) else {"": models}
    sizes = {name: _sizes(model, inputs, targets, loss) for name, model in named.items()}
    ax = axes(ax)
    for i, (name, column) in enumerate(sizes.items()):
        shown = [x or math.nan for x in column]
        ax.plot(range(1, len(shown) + 1), shown, marker=MARKERS[i % len(MARKERS)], linewidth=1.8, label=name, **line(i))
    ax.set_yscale("log")
    ax.set_xticks(range(1, max(map(len, sizes.values())) + 1))
    labelled(ax, ("layer, from the inputs to the output", "root mean square of ∂loss/∂w"))
    if len(sizes) > 1:
        beside(ax)
    return ax


def _sizes(model: Any, inputs: Sequence[Any], targets: Sequence[Any], loss: Loss) -> list[float]:
    layers = layers_of(model)
    require_loss(loss)
    if not len(inputs) or len(inputs) != len(targets):
        raise ValueError(f"{len(inputs)} inputs and {len(targets)} targets; wanted as many of each, at least one")
    mean = total(loss(model(x), t) for x, t in zip(inputs, targets, strict=True)) / len(inputs)
    weights = [[w for neuron in layer.neurons for w in neuron.w] for layer in layers]
    found = iter(gradients(mean, [w for column in weights for w in column]))
    return [math.sqrt(math.fsum(next(found) ** 2 for _ in column) / len(column)) for column in weights]
