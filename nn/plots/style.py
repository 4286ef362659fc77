"""The look of every picture, in one place: colours, markers, dashes, new axes, panels side by side, labels.

Colours are those of Okabe and Ito (Color universal design, 2008), which the colour-blind can tell apart. No picture
relies on them alone: lines differ in their dashes too, points in their markers, the sign of a number in both. What is
drawn, it does not know.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from nn.wording import NO_MATPLOTLIB, kind

POSITIVE, NEGATIVE = "#0072b2", "#d55e00"
"""Blue and vermilion: of numbers above and below 0, and of the classes 1 and 0."""

INK, SHADE, FAINT = "#222222", "#777777", "#dddddd"
"""Greys of what is said, of what stands behind, and of grids."""

CLASSES = (NEGATIVE, POSITIVE, "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#222222", "#b8a800")
LINES = (POSITIVE, NEGATIVE, "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#222222", "#b8a800")
MARKERS = "osD^vPX*<>"
DASHES: tuple[Any, ...] = ("-", "--", "-.", ":", (0, (6, 1, 1, 1, 1, 1)), (0, (1, 1)), (0, (8, 3)))

PADDING = {"w_pad": 0.14, "h_pad": 0.06}
"""Around Axes, in inches: numbers at the end of an axis reach beyond it."""


def numpy() -> Any:
    """NumPy, without which there is no matplotlib.

    Raises:
        ModuleNotFoundError: it is not installed.
    """
    try:
        import numpy as np  # noqa: PLC0415 (optional)
    except ImportError:
        raise ModuleNotFoundError(NO_MATPLOTLIB, name="matplotlib") from None
    return np


_APART: ContextVar[bool] = ContextVar("_APART", default=False)


@contextmanager
def apart() -> Iterator[None]:
    """Meanwhile new figures are not pyplot's: they need no display, and nothing of them stays when they are dropped."""
    token = _APART.set(True)
    try:
        yield
    finally:
        _APART.reset(token)


def axes(ax: Any = None, *, size: tuple[float, float] = (5.6, 4.2)) -> Any:
    """The Axes that were given, or those of a new figure of this size in inches.

    Raises:
        ModuleNotFoundError: matplotlib is not installed.
        TypeError: what was given is no Axes.
    """
    if ax is not None:
        if not hasattr(ax, "get_subplotspec"):
            raise TypeError(f"ax is {kind(ax)}; wanted matplotlib's Axes, as plt.subplots()[1], or None")
        return ax
    try:
        from matplotlib import figure  # noqa: PLC0415 (optional)
        from matplotlib import pyplot as plt  # noqa: PLC0415 (optional)
    except ImportError:
        raise ModuleNotFoundError(NO_MATPLOTLIB, name="matplotlib") from None
    new: Any = (figure.Figure if _APART.get() else plt.figure)(figsize=size, layout="compressed")
    new.get_layout_engine().set(**PADDING)
    return new.subplots()


def panels(ax: Any, n: int, *, columns: int, size: tuple[float, float], **options: Any) -> list[Any]:
    """n Axes, row by row, in the place of the one that was given, or in a new figure.

    Args:
        ax: the Axes that make room for them, or None.
        n: how many.
        columns: how many in a row, at most.
        size: of one of them, in inches, if the figure is new.
        options: what `Figure.add_subplot` takes.
    """
    columns = min(n, columns)
    rows = -(-n // columns)
    ax = axes(ax, size=(columns * size[0], rows * size[1]))
    ax.set_axis_off()
    place = ax.get_subplotspec()
    if place is None:
        box = ax.get_position()
        grid = ax.figure.add_gridspec(rows, columns, left=box.x0, right=box.x1, bottom=box.y0, top=box.y1)
    else:
        grid = place.subgridspec(rows, columns)
    return [ax.figure.add_subplot(grid[divmod(i, columns)], **options) for i in range(n)]


def labelled(ax: Any, names: Sequence[str], title: str = "", *, grid: bool = True) -> Any:
    """The Axes with names on them and the house's frame: an open corner, a faint grid behind everything."""
    across, up = names
    ax.set_xlabel(across)
    ax.set_ylabel(up)
    if title:
        ax.set_title(title, fontsize="medium")
    ax.spines[["top", "right"]].set_visible(False)
    ax.set_axisbelow(True)
    ax.grid(grid, **({"color": FAINT, "linewidth": 0.6} if grid else {}))
    return ax


def beside(ax: Any, **options: Any) -> Any:
    """The legend to the right of the Axes, where it hides nothing."""
    settings = {
        "loc": "upper left",
        "bbox_to_anchor": (1.01, 1.0),
        "frameon": False,
        "borderaxespad": 0.0,
        "handlelength": 2.7,
    }
    return ax.legend(**(settings | options))


def line(i: int) -> dict[str, Any]:
    """Colour and dashes of the i-th line."""
    return {"color": LINES[i % len(LINES)], "linestyle": DASHES[i % len(DASHES)]}


def signed(x: float) -> dict[str, Any]:
    """Colour and dashes of a number by its sign: blue and solid from 0 on, vermilion and dashed below."""
    return {"color": NEGATIVE, "linestyle": (0, (4, 1.5))} if x < 0 else {"color": POSITIVE, "linestyle": "-"}


def points(
    ax: Any,
    rows: Sequence[Sequence[float]],
    classes: Sequence[int],
    names: Sequence[str] = (),
    *,
    inked: bool = False,
    size: float = 6.0,
) -> None:
    """Points of the plane, each class with its colour and marker, and its name in the legend.

    Args:
        ax: matplotlib's Axes.
        rows: the points.
        classes: of each, from 0; of two classes also -1 and 1.
        names: of the classes.
        inked: in white and greys, to be seen on colours.
        size: of a marker, in points.
    """
    for k in sorted({max(c, 0) for c in classes}):
        members = [row for row, c in zip(rows, classes, strict=True) if max(c, 0) == k]
        colour = ("white", INK, "#bbbbbb", "#666666")[k % 4] if inked else CLASSES[k % len(CLASSES)]
        ax.plot(
            [row[0] for row in members],
            [row[1] for row in members],
            MARKERS[k % len(MARKERS)],
            color=colour,
            markeredgecolor=INK if inked and k % 4 != 1 else "white",
            markeredgewidth=0.11 * size,
            markersize=size,
            label=names[k] if k < len(names) else f"class {k}",
            zorder=3,
        )


def said(number: str) -> str:
    """The text of a number with the minus sign that matplotlib writes on axes."""
    return number.replace("-", "\N{MINUS SIGN}")


def diverging() -> Any:
    """The colour map of signed numbers: vermilion, white at 0, blue; where print has no colours, blue is the darker."""
    from matplotlib.colors import LinearSegmentedColormap  # noqa: PLC0415 (optional)

    return LinearSegmentedColormap.from_list("signed", ["#e27a2c", "#ffffff", "#005a96"])


def sequential() -> Any:
    """The colour map of numbers from 0 on: white to blue."""
    from matplotlib.colors import LinearSegmentedColormap  # noqa: PLC0415 (optional)

    return LinearSegmentedColormap.from_list("amount", ["#ffffff", POSITIVE, "#00304b"])
