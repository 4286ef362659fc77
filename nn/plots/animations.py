"""Training and the paths of optimisers as moving pictures: matplotlib's Animations, saved as GIF by its own writer.

`Snapshots` keeps the parameters epoch by epoch while `nn.fit` trains; what each frame shows, any picture of the plane
can say.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from numbers import Integral
from typing import Any

from autograd import Value
from nn.callbacks import Callback, Training
from nn.plots.evaluation import Limits, Rows, limits_of, size_of
from nn.plots.lines import SIGNS, ends_of_line, require_record
from nn.plots.paths import Path, surface
from nn.plots.regions import decision_regions
from nn.plots.style import INK, LINES, MARKERS, axes, beside, labelled, line, panels, points
from nn.wording import counted, described, require


class Snapshots(Callback):
    """A callback that keeps the parameters as they were before training and after every so many epochs.

    Args:
        every: epochs between two snapshots.

    Attributes:
        epochs: of each snapshot; 0 is before training.
        numbers: of each snapshot, a number for each of the model's parameters.
        losses: of each snapshot, the epoch's loss; before training there is none, NaN.

    >>> from nn import MLP, fit, losses
    >>> snapshots = Snapshots(every=2)
    >>> model = MLP(1, [1], seed=0)
    >>> history = fit(model, [[1.0]], [2.0], loss=losses.squared_error, epochs=5, callbacks=[snapshots])
    >>> snapshots.epochs
    [0, 2, 4, 5]
    """

    def __init__(self, every: int = 1) -> None:
        require("every", every, Integral, lambda n: n >= 1, "a number of epochs, an int of at least 1")
        self.every = every
        self._forget()

    def _forget(self) -> None:
        self.epochs: list[int] = []
        self.numbers: list[list[float]] = []
        self.losses: list[float] = []
        self._latest: tuple[int, list[float], float] | None = None

    def begin(self, training: Training) -> None:
        """Forget another training; keep the first parameters."""
        self._forget()
        self._look(training, 0, math.nan)
        self._keep()

    def __call__(self, training: Training) -> None:
        """Keep the parameters of every so many epochs."""
        self._look(training, training.epoch, training.row["loss"])
        if training.epoch % self.every == 0:
            self._keep()

    def end(self, training: Training) -> None:  # noqa: ARG002 (early stopping may have changed the parameters since)
        """Keep the parameters of the last epoch."""
        self._keep()

    def _look(self, training: Training, epoch: int, loss: float) -> None:
        self._latest = epoch, [p.data for p in training.model.parameters()], loss

    def _keep(self) -> None:
        if self._latest is not None:
            epoch, numbers, loss = self._latest
            self.epochs.append(epoch)
            self.numbers.append(numbers)
            self.losses.append(loss)
            self._latest = None


def animated_training(
    model: Any,
    snapshots: Snapshots,
    inputs: Rows,
    targets: Sequence[Any],
    *,
    draw: Callable[..., Any] = decision_regions,
    interval: int = 120,
    ax: Any = None,
    **options: Any,
) -> Any:
    """A picture of the model as it learns, a frame for each snapshot, and beside it the loss up to then.

    Args:
        model: the model that was trained. Its parameters are changed for each frame, and given back.
        snapshots: what was kept while it was trained.
        inputs: the examples.
        targets: their targets.
        draw: a picture `draw(model, inputs, targets, ax=..., **options)`: `decision_regions`, `hidden_units`,
            `bent_plane` or your own.
        interval: milliseconds between frames.
        ax: matplotlib's Axes, whose place the two panels take; None for a new figure.
        options: of the picture.

    Returns:
        matplotlib's Animation; `save` writes it.

    Raises:
        ValueError: the snapshots are of another model, or there are none.
    """
    parameters = model.parameters()
    if not isinstance(snapshots, Snapshots):
        came = described(snapshots)
        raise TypeError(
            f"snapshots is {came}; wanted nn.plots.Snapshots(), a callback of the fit that trained the model"
        )
    if not snapshots.numbers or len(snapshots.numbers[0]) != len(parameters):
        raise ValueError(f"the snapshots are not of {model!r}; give them to the fit that trains it: callbacks=[...]")
    picture, curve = panels(ax, 2, columns=2, size=(5.2, 4.0))
    figure, others = picture.figure, set(picture.figure.axes)
    if draw is decision_regions:
        options = {"limits": limits_of(inputs), "resolution": 120, "legend": False} | options

    def frame(i: int) -> list[Any]:
        for panel in set(figure.axes) - others:  # what the last frame drew in the place of `picture`, or beside it
            panel.remove()
        picture.clear()
        own = [p.data for p in parameters]
        try:
            _assign(parameters, snapshots.numbers[i])
            draw(model, inputs, targets, ax=picture, **options)
        finally:
            _assign(parameters, own)
        curve.set_title(f"epoch {snapshots.epochs[i]}", fontsize="medium")
        here.set_data(snapshots.epochs[: i + 1], snapshots.losses[: i + 1])
        now.set_data([snapshots.epochs[i]], [snapshots.losses[i]])
        return [*figure.get_children(), here, now]

    (here,) = curve.plot([], [], color=LINES[0], linewidth=1.8)
    (now,) = curve.plot([], [], "o", color=INK)
    labelled(curve, ("epoch", "loss"))
    known = [x for x in snapshots.losses if math.isfinite(x)]
    curve.set(xlim=(0, 1.03 * max(1, snapshots.epochs[-1])), ylim=(0.0, 1.05 * max(known, default=1.0) or 1.0))
    return _animation(figure, frame, len(snapshots.epochs), interval)


def animated_paths(
    function: Callable[[list[Value]], Value],
    paths: Mapping[str, Path],
    *,
    limits: Limits | None = None,
    names: Sequence[str] = ("$w_1$", "$w_2$"),
    interval: int = 80,
    ax: Any = None,
) -> Any:
    """The paths of optimisers over contour lines, step by step; arguments as `paths_on_contour`.

    Returns:
        matplotlib's Animation; `save` writes it.
    """
    ax = surface(function, limits or limits_of([p for steps in paths.values() for p in steps]), names, ax)
    trails, heads = [], []
    for i, name in enumerate(paths):
        trails += ax.plot([], [], linewidth=1.8, **line(i))
        heads += ax.plot(
            [],
            [],
            MARKERS[i % len(MARKERS)],
            color=LINES[i % len(LINES)],
            markersize=8,
            markeredgecolor="white",
            label=name,
        )
    beside(ax)

    def frame(k: int) -> list[Any]:
        for trail, head, steps in zip(trails, heads, paths.values(), strict=True):
            done = steps[: k + 1]
            trail.set_data(*zip(*done, strict=True))
            head.set_data(*([x] for x in done[-1]))
        ax.set_title(f"step {k}", fontsize="medium")
        return [*trails, *heads]

    return _animation(ax.figure, frame, max(map(len, paths.values())), interval)


def animated_perceptron(
    record: Any,
    inputs: Rows,
    targets: Sequence[int],
    *,
    limits: Limits | None = None,
    interval: int = 600,
    ax: Any = None,
) -> Any:
    """The line w · x + theta = 0 as the learning rule moves it, and a ring around the wrong sample that moves it.

    Args:
        record: the `LearningRecord` of a perceptron of two inputs.
        inputs: the samples that it learnt.
        targets: their classes, -1 or 1.
        limits: ((low, high), (low, high)) of the axes; by default around the samples.
        interval: milliseconds between frames: one before the first update, and one after each.
        ax: matplotlib's Axes; None for a new figure.

    Returns:
        matplotlib's Animation; `save` writes it.

    Raises:
        ValueError: the perceptron has not two inputs, or there was no update.
    """
    require_record(record)
    updates = record.updates
    if not updates or len(updates[0].weights) != 2:
        raise ValueError(f"{record!r} has no line that moves in the plane; wanted updates of two weights")
    limits = limits or limits_of(inputs, 0.3)
    ax = axes(ax, size=size_of(limits))
    points(ax, inputs, [int(t > 0) for t in targets], SIGNS)
    (drawn,) = ax.plot([], [], color=INK, linewidth=2.4, label="w · x + theta = 0")
    look = {"markersize": 12, "markerfacecolor": "none", "markeredgecolor": INK}
    (ring,) = ax.plot([], [], "o", label="wrong, moves it", **look)
    labelled(ax, ("$x_1$", "$x_2$"), " ", grid=False)
    ax.set(xlim=limits[0], ylim=limits[1], aspect="equal")
    beside(ax)
    places = [(u.weights, u.threshold) for u in updates] + [(updates[-1].new_weights, updates[-1].new_threshold)]

    def frame(k: int) -> list[Any]:
        ends = ends_of_line(*places[k], limits)
        drawn.set_data([x for x, _ in ends], [y for _, y in ends])
        wrong = [inputs[u.sample] for u in updates[k : k + 1]]
        ring.set_data([x for x, _ in wrong], [y for _, y in wrong])
        ax.set_title(f"after {counted(k, 'update')}", fontsize="medium")
        return [drawn, ring]

    return _animation(ax.figure, frame, len(places), interval)


def save(animation: Any, path: str | os.PathLike[str], *, fps: float | None = None, dpi: float = 90) -> None:
    """Write an animation as GIF, by matplotlib's PillowWriter: nothing else has to be installed.

    Args:
        animation: as `animated_training` and the others return it.
        path: the file, which ends in .gif.
        fps: frames in a second; by default as the animation's interval says.
        dpi: pixels in an inch.

    Raises:
        ValueError: the path does not end in .gif.
        OSError: the file cannot be written.
    """
    from matplotlib.animation import PillowWriter  # noqa: PLC0415 (optional)

    path = os.fspath(path)
    if not path.lower().endswith(".gif"):
        raise ValueError(f"{path!r}; wanted a name that ends in .gif: animation.save writes what else matplotlib can")
    if not hasattr(animation, "event_source"):
        came = described(animation)
        raise TypeError(f"the animation is {came}; wanted what animated_training and the others return")
    rate: Any = fps or 1000.0 / animation.event_source.interval  # it need not be whole
    animation.save(path, writer=PillowWriter(fps=rate), dpi=dpi)


def _animation(figure: Any, frame: Callable[[int], list[Any]], n: int, interval: int) -> Any:
    from matplotlib.animation import FuncAnimation  # noqa: PLC0415 (optional)

    frame(0)
    figure.draw_without_rendering()
    figure.set_layout_engine("none")  # nothing moves from frame to frame but what is shown
    return FuncAnimation(figure, frame, frames=n, interval=interval, blit=False, init_func=list)


def _assign(parameters: Sequence[Value], numbers: Sequence[float]) -> None:
    for parameter, x in zip(parameters, numbers, strict=True):
        parameter.data = x
