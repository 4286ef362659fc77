"""`activations`: each with its derivative; `loss_curves`: what an output costs.

Every derivative is the engine's, never written by hand. What networks do with these functions, it does not know.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from autograd import Value, grad
from nn import losses
from nn.arguments import require_callable
from nn.neurons import ACTIVATIONS, Activation
from nn.plots.style import SHADE, axes, labelled, line, numpy, panels
from nn.wording import choices, shortened

USUAL = ("step", "sign", "sigmoid", "tanh", "relu", "leaky_relu")


def activations(*functions: str | Activation, limits: tuple[float, float] = (-4.0, 4.0), ax: Any = None) -> list[Any]:
    """Activations and their derivatives, a panel for each; a dotted upright line where one of them jumps.

    Args:
        functions: names, as `nn.layers.ACTIVATIONS` lists them, or functions of one Value; by default the usual ones.
        limits: (low, high) of the weighted sum z.
        ax: matplotlib's Axes, whose place the panels take; None for a new figure.

    Returns:
        The Axes of the panels, a list; in each the first line is the function, the second its derivative.

    Raises:
        ValueError: there is no activation of that name.

    >>> from matplotlib.figure import Figure
    >>> panel, = activations("tanh", ax=Figure().subplots())
    >>> [line.get_label() for line in panel.lines[:2]]
    ['tanh', 'its derivative']
    """
    chosen = {_name(function): _function(function) for function in functions or USUAL}
    xs = _samples(limits)
    drawn = panels(ax, len(chosen), columns=3, size=(3.3, 2.7))
    for panel, (name, function) in zip(drawn, chosen.items(), strict=True):
        slope = grad(function)
        _curves(panel, xs, {name: [function(Value(x)).data for x in xs], "its derivative": [slope(x) for x in xs]})
        labelled(panel, ("z", ""), name.replace("_", " "))
        panel.set_xlim(limits)
        panel.margins(y=0.12)
    drawn[0].legend([*drawn[0].lines[:2]], ["function", "derivative"], frameon=False, fontsize=8)
    return drawn


def loss_curves(
    functions: Mapping[str, Callable[[Any, Any], Value]] | Sequence[str],
    *,
    target: float = 1.0,
    limits: tuple[float, float] = (-3.0, 3.0),
    derivatives: bool = False,
    ax: Any = None,
) -> Any:
    """Losses of one output as functions of it, for one target.

    Args:
        functions: names of `nn.losses`, or functions `(output, target) -> Value` by name.
        target: the target.
        limits: (low, high) of the output.
        derivatives: draw the derivatives with respect to the output instead.
        ax: matplotlib's Axes; None for a new figure.

    Returns:
        The Axes, with a line for each loss, in order.

    Raises:
        ValueError: there is no loss of that name.

    >>> from matplotlib.figure import Figure
    >>> ax = loss_curves(["hinge", "perceptron"], target=1, ax=Figure().subplots())
    >>> [text.get_text() for text in ax.get_legend().get_texts()]
    ['hinge', 'perceptron']
    """
    if not isinstance(functions, Collection) or not functions:
        came = shortened(functions)
        raise ValueError(f"functions is {came}; wanted names of losses, or functions (output, target) -> Value by name")
    named = functions if isinstance(functions, Mapping) else {name: _loss(name) for name in functions}
    for name, loss in named.items():
        require_callable(f"the loss {name!r}", loss, "a function (output, target) -> Value")
    ax = axes(ax)
    xs = _samples(limits)
    curves = {}
    for name, loss in named.items():

        def of_output(y: Any, loss: Any = loss) -> Any:
            return loss(y, target)

        slope = grad(of_output)
        curves[name.replace("_", " ")] = [slope(x) if derivatives else of_output(Value(x)).data for x in xs]
    _curves(ax, xs, curves)
    ax.axhline(0.0, color=SHADE, linewidth=0.8, zorder=0)
    labelled(ax, ("output", "∂loss/∂output" if derivatives else "loss"), f"target {target:g}")
    ax.set_xlim(limits)
    ax.legend(frameon=False)
    return ax


def _samples(limits: tuple[float, float], n: int = 401) -> list[float]:
    low, high = limits
    # Around the middle, so that of symmetric limits 0 is one of them.
    return [(low + high) / 2 + (high - low) * (k - n // 2) / (n - 1) for k in range(n)]


def _curves(ax: Any, xs: Sequence[float], curves: Mapping[str, Sequence[float]]) -> None:
    """Lines, broken where a function jumps, and then the jumps; what stands alone between two of them is a point."""
    np = numpy()
    x, columns = np.array(xs), [np.array(ys) for ys in curves.values()]
    jumps = [np.flatnonzero(abs(np.diff(y)) > 0.2 * (np.ptp(y) or 1.0)) for y in columns]
    for i, (name, y, at) in enumerate(zip(curves, columns, jumps, strict=True)):
        broken = (np.insert(values, at + 1, np.nan) for values in (x, y))
        ax.plot(*broken, linewidth=2.0, label=name, **line(i))
    for i, (y, at) in enumerate(zip(columns, jumps, strict=True)):
        colour = line(i)["color"]
        for k in at:
            ax.plot(x[k : k + 2], y[k : k + 2], color=colour, linewidth=0.9, linestyle=":")
            if k + 1 in at:
                ax.plot(x[k + 1], y[k + 1], "o", color=colour, markersize=5, zorder=4)


def _name(function: str | Activation) -> str:
    return function if isinstance(function, str) else getattr(function, "__name__", type(function).__name__)


def _function(function: str | Activation) -> Activation:
    if not isinstance(function, str):
        return function
    if function not in ACTIVATIONS:
        raise ValueError(f"no activation {function!r}; there are {choices(function, ACTIVATIONS)}")
    return ACTIVATIONS[function]


def _loss(name: str) -> Callable[[Any, Any], Value]:
    names = [n for n in losses.__all__ if n != "Loss"]
    if name not in names:
        raise ValueError(f"no loss {name!r}; there are {choices(name, names)}")
    loss: Callable[[Any, Any], Value] = getattr(losses, name)
    return loss
