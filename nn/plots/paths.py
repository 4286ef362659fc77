"""Gradient descent as a picture: steps down a curve, and the paths of optimisers over a surface.

A path is what a real optimiser does with the derivatives of the engine. What the function is a loss of, this module
does not know.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

from autograd import Value
from nn.arguments import require_callable
from nn.optim import SGD
from nn.plots.evaluation import Limits, evaluated, grid, limits_of, size_of
from nn.plots.style import INK, MARKERS, POSITIVE, SHADE, axes, beside, labelled, line, numpy, panels, said
from nn.wording import counted, shortened

Path: TypeAlias = Sequence[Sequence[float]]


def path(
    function: Callable[[list[Value]], Value],
    start: Iterable[float],
    optimizer: Callable[[list[Value]], Any],
    n_steps: int = 50,
) -> list[tuple[float, ...]]:
    """The points that an optimiser goes through, the start first; fewer if the numbers grow beyond the floats.

    Args:
        function: gives a Value of a list of Values.
        start: the numbers to begin with.
        optimizer: makes one of the parameters, such as `partial(nn.SGD, lr=0.1)`.
        n_steps: how many steps it takes.

    >>> path(lambda v: v[0] ** 2, [1.0], partial(SGD, lr=0.25), 3)
    [(1.0,), (0.5,), (0.25,), (0.125,)]
    """
    require_callable("function", function, "a function of a list of Values")
    require_callable(
        "optimizer", optimizer, "a function that makes one of the parameters, such as partial(SGD, lr=0.1)"
    )
    parameters = [Value(x) for x in start]
    points = [tuple(p.data for p in parameters)]
    steps = optimizer(parameters)
    for _ in range(n_steps):
        steps.zero_grad()
        try:
            function(parameters).backward()
            steps.step()
        except OverflowError:
            break
        points.append(tuple(p.data for p in parameters))
        if not all(map(math.isfinite, points[-1])):
            return points[:-1]
    return points


def descent(
    function: Callable[[Value], Value],
    start: float,
    rates: Sequence[float],
    *,
    n_steps: int = 12,
    limits: tuple[float, float] | None = None,
    names: Sequence[str] = ("x", "f(x)"),
    ax: Any = None,
) -> list[Any]:
    """Gradient descent on a curve, a panel for each learning rate: too small it is slow, too large it overshoots.

    Args:
        function: of one Value.
        start: where it begins.
        rates: the learning rates.
        n_steps: how many steps are taken.
        limits: (low, high) of x; by default around the lowest point found, as far as paths have not climbed far above
            the start. A step that leaves them is said in the title.
        names: of the axes.
        ax: matplotlib's Axes, whose place the panels take; None for a new figure.

    Returns:
        The Axes of the panels, a list; in each the second line is the path.

    >>> from matplotlib.figure import Figure
    >>> (panel,) = descent(lambda x: x * x, -2.0, [0.25], n_steps=3, ax=Figure().subplots())
    >>> panel.lines[1].get_xdata().tolist()
    [-2.0, -1.0, -0.5, -0.25]
    """
    np = numpy()

    require_callable("function", function, "a function of one Value")
    if not isinstance(rates, Collection) or not len(rates):
        raise ValueError(f"rates is {shortened(rates)}; wanted a list of learning rates, at least one")

    def of_list(v: list[Value]) -> Value:
        return function(v[0])

    def height(x: float) -> float:
        return function(Value(x)).data

    paths = [[x for (x,) in path(of_list, [start], partial(SGD, lr=rate), n_steps)] for rate in rates]
    if limits is None:
        lowest = min((x for found in paths for x in found), key=height)
        highest = height(start) + 0.6 * (height(start) - height(lowest))  # above that a path is lost
        reach = 1.3 * max(abs(x - lowest) for found in paths for x in found if height(x) <= highest) or 1.0
        limits = (lowest - reach, lowest + reach)
    xs = np.linspace(*limits, 301)
    ys = evaluated(of_list, xs[:, None])[:, 0]
    room = 0.08 * (ys.max() - ys.min() or 1.0)
    drawn = panels(ax, len(rates), columns=3, size=(3.7, 3.3))
    for panel, rate, found in zip(drawn, rates, paths, strict=True):
        inside = next((i for i, x in enumerate(found) if not limits[0] <= x <= limits[1]), len(found))
        seen = found[: inside + 1]
        heights = [height(x) for x in seen]
        panel.plot(xs, ys, color=SHADE, linewidth=1.6, zorder=1, label="the function")
        panel.plot(
            seen,
            heights,
            "o",
            color=POSITIVE,
            markersize=5,
            linestyle="--",
            linewidth=1.0,
            zorder=2,
            markeredgecolor="white",
            markeredgewidth=0.5,
            label="descent",
        )
        panel.plot(seen[:1], heights[:1], "s", color=INK, markersize=7, zorder=3, label="start")
        after = counted(len(found) - 1, "step")
        reached = f"{after}: {names[0]} = {found[-1]:.3g}"
        ending = f"outside after {counted(inside, 'step')}" if inside < len(found) else reached
        labelled(panel, (names[0], names[1] if panel is drawn[0] else ""), f"learning rate {rate:g}\n{said(ending)}")
        panel.set(xlim=limits, ylim=(ys.min() - room, ys.max() + room))
    drawn[0].legend(frameon=False, loc="upper center")
    return drawn


def paths_on_contour(
    function: Callable[[list[Value]], Value],
    paths: Mapping[str, Path],
    *,
    minimum: Sequence[float] | None = None,
    limits: Limits | None = None,
    names: Sequence[str] = ("$w_1$", "$w_2$"),
    ax: Any = None,
) -> Any:
    """The paths of optimisers over the contour lines of a function of two numbers; the darker, the lower.

    Neighbouring lines have the same area between them, so that a valley is seen as well as its walls.

    Args:
        function: gives a Value of a list of two Values.
        paths: by name, the points gone through, such as `path` gives them.
        minimum: the lowest point, for a mark.
        limits: ((low, high), (low, high)) of the axes; by default around the paths.
        names: of the axes.
        ax: matplotlib's Axes; None for a new figure.

    Returns:
        The Axes, with a line for each path, in order.

    >>> from matplotlib.figure import Figure
    >>> def bowl(w):
    ...     return w[0] ** 2 + 4.0 * w[1] ** 2
    >>> found = {"descent": path(bowl, [1.0, 1.0], partial(SGD, lr=0.1), 20)}
    >>> ax = paths_on_contour(bowl, found, minimum=[0.0, 0.0], ax=Figure().subplots())
    """
    require_callable("function", function, "a function of a list of Values")
    if not isinstance(paths, Mapping) or not paths:
        raise ValueError(f"paths is {shortened(paths)}; wanted paths by name, such as {{'SGD': path(...)}}")
    ax = surface(function, limits or limits_of([p for points in paths.values() for p in points]), names, ax)
    for i, (name, points) in enumerate(paths.items()):
        across, up = zip(*points, strict=True)
        every = max(1, len(points) // 12)
        ax.plot(
            across,
            up,
            marker=MARKERS[i % len(MARKERS)],
            markevery=(i % every, every),  # where paths share a valley, their marks stand apart
            markersize=5,
            markeredgecolor="white",
            markeredgewidth=0.5,
            linewidth=1.8,
            label=f"{name}: {counted(len(points) - 1, 'step')}",
            **line(i),
        )
    begins = dict.fromkeys(tuple(points[0]) for points in paths.values())
    ax.plot(
        *zip(*begins, strict=True),
        "o",
        color="white",
        markeredgecolor=INK,
        markersize=9,
        linestyle="none",
        label="start",
        zorder=4,
    )
    if minimum is not None:
        ax.plot(
            *([x] for x in minimum),
            "*",
            color=INK,
            markeredgecolor="white",
            markersize=15,
            linestyle="none",
            label="minimum",
            zorder=4,
        )
    beside(ax)
    return ax


def surface(function: Callable[[list[Value]], Value], limits: Limits, names: Sequence[str], ax: Any) -> Any:
    """The contour lines of a function of two numbers, in grey."""
    np = numpy()
    where = grid(limits, 200)
    height = evaluated(function, where.rows)[:, 0].reshape(where.shape)
    levels = np.unique(np.quantile(height[np.isfinite(height)], np.linspace(0.0, 1.0, 15)))
    ax = axes(ax, size=size_of(limits))
    if len(levels) > 1:
        shades = [str(x) for x in np.linspace(0.72, 0.98, len(levels) - 1)]
        ax.contourf(where.x, where.y, height, levels=levels, colors=shades)
        ax.contour(where.x, where.y, height, levels=levels, colors="#999999", linewidths=0.5, linestyles="-")
    labelled(ax, names, grid=False)
    ax.set(xlim=limits[0], ylim=limits[1], aspect="equal")
    return ax
