"""What the pictures look at: a network's outputs, and those of its layers, at many points at once.

A grid of points goes through one replayed tape (`nn.recording.outputs`). What is drawn of it, it does not know.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Real
from typing import Any, NamedTuple, TypeAlias

from autograd import dot
from nn.arguments import require_callable
from nn.layers import MLP, Layer, Neuron
from nn.module import in_mode
from nn.plots.style import numpy
from nn.recording import outputs
from nn.wording import counted, described, require, shortened

Rows: TypeAlias = Sequence[Sequence[float]]
Scale: TypeAlias = Callable[[Any], Rows]
Limits: TypeAlias = tuple[tuple[float, float], tuple[float, float]]


class Grid(NamedTuple):
    """Points of a rectangle of the plane, row by row from below: `shape` of them, in `rows` as (n, 2)."""

    x: Any
    y: Any
    rows: Any

    @property
    def shape(self) -> tuple[int, int]:
        """How many points there are (up, across)."""
        return len(self.y), len(self.x)

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """The rectangle as `imshow` takes it, so that each pixel's middle is its point."""
        half = [(axis[1] - axis[0]) / 2 for axis in (self.x, self.y)]
        return self.x[0] - half[0], self.x[-1] + half[0], self.y[0] - half[1], self.y[-1] + half[1]


def grid(limits: Limits, resolution: int) -> Grid:
    """A grid over a rectangle, as many points on its longer side as the resolution says."""
    np = numpy()
    try:
        sides = [high - low for low, high in limits]
    except TypeError:
        raise TypeError(f"limits is {shortened(limits)}; wanted ((low, high), (low, high))") from None
    if not min(sides) > 0 or resolution < 2:
        raise ValueError(
            f"limits {limits} and resolution {resolution}; wanted ((low, high), (low, high)) and 2 or more"
        )
    n = [max(2, round(resolution * side / max(sides))) for side in sides]
    x, y = (np.linspace(*pair, k) for pair, k in zip(limits, n, strict=True))
    return Grid(x, y, np.stack([a.ravel() for a in np.meshgrid(x, y)], axis=1))


def limits_of(rows: Rows | None, margin: float = 0.15) -> Limits:
    """A rectangle that holds the points, with a margin as a share of the larger side; without points -1.5 to 1.5."""
    if rows is None or not len(rows):
        return (-1.5, 1.5), (-1.5, 1.5)
    for i, row in enumerate(rows):
        if not hasattr(row, "__len__") or len(row) != 2:
            raise ValueError(f"row {i} is {shortened(row)}; wanted two numbers, a point of the plane")
    columns = [[float(row[i]) for row in rows] for i in (0, 1)]
    room = margin * (max(max(column) - min(column) for column in columns) or 1.0)
    (x0, x1), (y0, y1) = ((min(column) - room, max(column) + room) for column in columns)
    return (x0, x1), (y0, y1)


def require_points(rows: Rows | None, classes: Sequence[Any] | None) -> None:
    """Errors unless each point has a class, a whole number; there may be neither points nor classes."""
    n_rows, n_classes = (0 if x is None else len(x) for x in (rows, classes))
    if n_rows != n_classes:
        raise ValueError(f"{n_rows} inputs and {n_classes} targets; wanted as many of each")
    for i, c in enumerate(classes if n_classes and classes is not None else ()):
        require(f"targets[{i}]", c, Real, lambda c: c == int(c), "the number of a class, such as 0 or 1")


def size_of(limits: Limits, beside: float = 2.2) -> tuple[float, float]:
    """A figure's size in inches for a picture of a rectangle, with room beside it for a legend."""
    across, up = (high - low for low, high in limits)
    scale = 4.0 / max(across, up)
    return 0.9 + beside + scale * across, 0.8 + max(1.5, scale * up)


def evaluated(model: Callable[[Any], Any], rows: Any, scaling: Scale | None = None) -> Any:
    """What a model gives for each row, as an array (n, n_outputs), with a Module in `eval()` mode meanwhile.

    Args:
        model: a Module, or a function of one input.
        rows: n rows of numbers, an array.
        scaling: what turns rows into the model's inputs, such as a `Scaling`; None if they are.
    """
    require_callable("the model", model, "a Module, or a function of one input")
    inputs = rows if scaling is None else scaling(rows.tolist())
    with in_mode(model, training=False):
        return outputs(model, inputs).reshape(len(rows), -1)


def layers_of(model: Any) -> list[Layer]:
    """The layers of a network, of one layer or of one neuron; TypeError for anything else."""
    if isinstance(model, MLP):
        return model.layers
    if isinstance(model, Layer):
        return [model]
    if isinstance(model, Neuron):
        layer = Layer(len(model.w), 1, init="zeros")
        layer.neurons = [model]
        return [layer]
    raise TypeError(f"the model is {described(model)}; wanted an MLP, a Layer or a Neuron")


def up_to(layers: Sequence[Layer], depth: int) -> Callable[[Any], Any]:
    """The function that the first layers compute, without dropout: a list of Values of one input."""

    def through(x: Any) -> Any:
        for layer in layers[:depth]:
            x = layer(x)
        return x

    return through


def sums(layers: Sequence[Layer], depth: int) -> Callable[[Any], Any]:
    """The weighted sums of a layer, before its activation: a list of Values of one input."""
    before = up_to(layers, depth - 1)

    def summed(x: Any) -> Any:
        below = [*before(x)]
        return [dot(neuron.w, below, neuron.b) for neuron in layers[depth - 1].neurons]

    return summed


def require_inputs(model: Any, n: int, picture: str) -> list[Layer]:
    """The layers of a model with n inputs; ValueError for one with another number of them."""
    layers = layers_of(model)
    came = len(layers[0].neurons[0].w)
    if came != n:
        raise ValueError(f"{picture} shows a model of {counted(n, 'input')}, but this one has {came}: {model!r}")
    return layers


def weights_of(layer: Layer) -> list[list[float]]:
    """The weights of each neuron, n_outputs rows of n_inputs floats."""
    return [[w.data for w in neuron.w] for neuron in layer.neurons]


def layer_names(layers: Sequence[Layer]) -> list[str]:
    """The name of each layer and what it is made of, such as `hidden 1: 4 tanh` and `output: 1 linear`."""
    names = [f"hidden {i}" if len(layers) > 2 else "hidden" for i in range(1, len(layers))]
    return [f"{name}: {layer.described()}" for name, layer in zip([*names, "output"], layers, strict=True)]
