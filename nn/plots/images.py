"""Pictures as inputs: digits with what was decided, and the weights of each unit as the picture that it looks for.

It knows an image as a row of numbers and the number of its rows and columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, isqrt
from numbers import Integral
from typing import Any

from nn.plots.evaluation import Rows, layers_of, weights_of
from nn.plots.style import INK, NEGATIVE, SHADE, axes, diverging
from nn.wording import counted, require

GAP = 0.22
"""The space between images, as a share of an image's width; captions take twice as much."""


def digits(
    images: Rows,
    decisions: Sequence[int] | None = None,
    targets: Sequence[int] | None = None,
    *,
    probabilities: Sequence[float] | None = None,
    class_names: Sequence[str] = (),
    shape: tuple[int, int] | None = None,
    columns: int = 8,
    ax: Any = None,
) -> Any:
    """Images with the decision under each; where it is wrong a frame, and what it should be.

    Args:
        images: n rows of numbers, the pixels of an image row by row; the larger the darker.
        decisions: the class that was decided for, of each.
        targets: the true class of each.
        probabilities: how sure each decision is, from 0 to 1.
        class_names: by default 0, 1, ...
        shape: (rows, columns) of pixels; by default a square.
        columns: images in a row.
        ax: matplotlib's Axes; None for a new figure.

    Returns:
        The Axes; `ax.images` are the images, `ax.texts` their captions.

    Raises:
        ValueError: lengths that do not match.

    >>> from matplotlib.figure import Figure
    >>> ax = digits([[0, 9, 9, 0], [9, 0, 0, 9]], [0, 1], [0, 0], ax=Figure().subplots())
    >>> [text.get_text() for text in ax.texts]
    ['0', '1, is 0']
    """
    for name, column in {"decisions": decisions, "targets": targets, "probabilities": probabilities}.items():
        if column is not None and len(column) != len(images):
            raise ValueError(f"{counted(len(images), 'image')} and {len(column)} {name}; wanted as many of each")
    place = _Mosaic(ax, len(images), shape or _square(images), columns, caption=decisions is not None)
    darkest = max(max(row) for row in images) or 1.0
    for i, row in enumerate(images):
        place.show(i, row, cmap="gray_r", vmin=0.0, vmax=darkest)
        if decisions is None:
            continue
        is_wrong = targets is not None and decisions[i] != targets[i]
        said = _class(decisions[i], class_names)
        if probabilities is not None:
            said += f" ({probabilities[i]:.0%})"
        if is_wrong and targets is not None:
            said = f"{said}, is {_class(targets[i], class_names)}"
        place.say(i, said, color=NEGATIVE if is_wrong else INK, weight="bold" if is_wrong else "normal")
        place.frame(i, color=NEGATIVE if is_wrong else SHADE, linewidth=2.5 if is_wrong else 0.5)
    if decisions is not None and targets is not None:
        wrong = sum(d != t for d, t in zip(decisions, targets, strict=True))
        place.ax.set_title(f"decisions; {wrong} of {len(images)} wrong, framed", fontsize="medium")
    return place.ax


def weight_images(
    model: Any, *, shape: tuple[int, int] | None = None, most: int = 48, columns: int = 8, ax: Any = None
) -> Any:
    """The weights of each unit of the first layer as an image: blue where dark speaks for it, vermilion against.

    Colours are as strong as the weight is large, on one scale for all units. Units are numbered from 1.

    Args:
        model: an `MLP`, a `Layer` or a `Neuron` whose inputs are pixels.
        shape: (rows, columns) of pixels; by default a square.
        most: units that are drawn.
        columns: images in a row.
        ax: matplotlib's Axes; None for a new figure.

    Returns:
        The Axes; `ax.images` are the images, in the order of the units.

    Raises:
        ValueError: the inputs are not as many as the pixels.

    >>> from matplotlib.figure import Figure
    >>> from nn import MLP
    >>> len(weight_images(MLP(4, [3, 1], seed=0), ax=Figure().subplots()).images)
    3
    """
    layer = layers_of(model)[0]
    weights = weights_of(layer)
    shown = weights[:most]
    place = _Mosaic(ax, len(shown), shape or _square(weights), columns, caption=True)
    largest = max(abs(w) for row in shown for w in row) or 1.0
    for i, row in enumerate(shown):
        image = place.show(i, row, cmap=diverging(), vmin=-largest, vmax=largest)
        place.say(i, str(i + 1))
        place.frame(i, color=SHADE, linewidth=0.5)
    bar = place.ax.figure.colorbar(image, ax=place.ax, shrink=0.7, pad=0.02)
    bar.set_label("weight")
    rest = f" (the first {most} of {len(weights)})" if len(weights) > most else ""
    place.ax.set_title(f"weights of the first layer: {layer.described()}{rest}", fontsize="medium")
    return place.ax


class _Mosaic:
    """Images side by side in one Axes, each of width 1."""

    def __init__(self, ax: Any, n: int, shape: tuple[int, int], columns: int, *, caption: bool) -> None:
        if not n:
            raise ValueError("no images came; wanted at least one")
        require("columns", columns, Integral, lambda k: k >= 1, "an int of at least 1")
        self.shape, self.columns = shape, min(columns, n)
        self.height = shape[0] / shape[1]
        self.down = self.height + (2.2 if caption else 1.0) * GAP
        rows = ceil(n / self.columns)
        across = self.columns * (1 + GAP) - GAP
        self.ax = axes(ax, size=(0.9 * across + (0.6 if caption else 1.6), 0.9 * rows * self.down + 0.6))
        self.ax.set_axis_off()
        self.limits = {"xlim": (-GAP, across + GAP), "ylim": (-(rows * self.down), GAP), "aspect": "equal"}

    def box(self, i: int) -> tuple[float, float]:
        """The left upper corner of an image."""
        row, column = divmod(i, self.columns)
        return column * (1 + GAP), -row * self.down

    def show(self, i: int, pixels: Sequence[float], **options: Any) -> Any:
        """Draw one image."""
        rows, columns = self.shape
        if len(pixels) != rows * columns:
            raise ValueError(f"{counted(len(pixels), 'pixel')}; wanted {rows} x {columns}: say shape=(rows, columns)")
        image = [list(pixels[k * columns : (k + 1) * columns]) for k in range(rows)]
        x, y = self.box(i)
        drawn = self.ax.imshow(image, extent=(x, x + 1, y - self.height, y), interpolation="nearest", **options)
        self.ax.set(**self.limits)  # imshow has set them to those of this image
        return drawn

    def say(self, i: int, text: str, **options: Any) -> None:
        """Write under an image."""
        x, y = self.box(i)
        self.ax.text(x + 0.5, y - self.height - 0.05, text, ha="center", va="top", fontsize=8, **options)

    def frame(self, i: int, **options: Any) -> None:
        """Draw a frame around an image."""
        (x, y), h = self.box(i), self.height
        self.ax.plot([x, x + 1, x + 1, x, x], [y, y, y - h, y - h, y], clip_on=False, **options)


def _square(rows: Rows) -> tuple[int, int]:
    n = len(rows[0]) if len(rows) else 1
    side = isqrt(n)
    if side * side != n:
        raise ValueError(f"{counted(n, 'pixel')} are no square; say shape=(rows, columns)")
    return side, side


def _class(k: int, names: Sequence[str]) -> str:
    return names[k] if k < len(names) else str(k)
