"""Callbacks: what `fit` calls after each epoch, to watch training or to end it. `EarlyStopping` and `StopAt` are two.

They know the parameters as Values and the history as rows of numbers; how an epoch is computed they do not know.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

from autograd import Value
from nn.history import History
from nn.module import Module
from nn.wording import choices, counted, described, listed, require, shortened


class StopTraining(Exception):  # noqa: N818  # it is no error: it ends training
    """Raised by a callback, it ends training; its text becomes `history.stopped`."""


@dataclass(frozen=True)
class Training:
    """What a callback is given.

    Attributes:
        model: the network; its parameters hold the numbers after the epoch's last step, and may be changed.
        optimizer: what changes them.
        history: all that was measured so far.
        columns: the names of the columns that each row of the history has.
    """

    model: Module
    optimizer: Any
    history: History
    columns: Sequence[str]

    @property
    def epoch(self) -> int:
        """How many epochs are over."""
        return len(self.history)

    @property
    def row(self) -> dict[str, float]:
        """What the last epoch measured."""
        return self.history.rows[-1]


class Callback:
    """Base class of callbacks that need to know when training begins and ends; for others a function will do.

    Each callback is called after each epoch, once its row is in the history and the model in `eval()` mode, in the
    order in which `fit` was given them. To end training it raises `StopTraining`; the others are called for that epoch
    all the same.

    >>> def show(training):
    ...     print(training.epoch, f"{training.row['loss']:.2f}")
    >>> from nn import MLP, fit, losses
    >>> h = fit(MLP(1, [1], init="zeros"), [[1.0]], [1.0], loss=losses.squared_error, epochs=2, callbacks=[show])
    1 1.00
    2 0.36
    """

    def begin(self, training: Training) -> None:
        """Training is about to begin; what is raised here ends it before anything is computed.

        StopTraining, as in a call, is an answer: the others begin all the same, all are ended, and `fit` gives a
        history of no epochs.
        """

    def __call__(self, training: Training) -> None:
        """One more epoch is over."""

    def end(self, training: Training) -> None:
        """Training has ended, in whatever way: done, stopped, interrupted or by an error."""


@contextmanager
def begun(callbacks: Sequence[Callable[[Training], Any]], training: Training) -> Iterator[None]:
    """Begin the callbacks that want to know; after the block end those that have begun, the last one first.

    If one ends training before it begins, the history says why.
    """
    history = training.history
    with ExitStack() as stack:
        for callback in callbacks:
            if isinstance(callback, Callback):
                try:
                    callback.begin(training)
                except StopTraining as stop:
                    history.stopped = history.stopped or str(stop) or "a callback ended it before the first epoch"
                stack.callback(callback.end, training)
        yield


def reason_to_stop(callbacks: Sequence[Callable[[Training], Any]], training: Training) -> str:
    """Call all; the reason of the first that ends training, or nothing."""
    reasons = []
    for callback in callbacks:
        try:
            if callback(training) is True:
                raise TypeError(
                    f"{shortened(callback)} returned True; to end training, a callback raises StopTraining('why')"
                )
        except StopTraining as stop:
            reasons.append(str(stop) or f"a callback ended it in epoch {training.epoch}")
    return reasons[0] if reasons else ""


class StopAt(Callback):
    """Ends training once a column has reached a wanted value; `fit(stop_at=x)` is `StopAt(x)`.

    Args:
        value: a finite number; the cost that is low enough.
        monitor: the column.
        mode: "min" ends it at or below the value, "max" at or above.

    Raises:
        TypeError, ValueError: the value is no such number, or there is no such mode; by `fit`, before training: no
            such column.

    >>> StopAt(0.95, monitor="validation_accuracy", mode="max")
    StopAt(0.95, monitor='validation_accuracy', mode='max')
    """

    def __init__(self, value: float, monitor: str = "loss", mode: str = "min") -> None:
        require("value", value, Real, math.isfinite, "a finite number, the cost that is low enough")
        _require_monitor(monitor, mode)
        self.value = value
        self.monitor = monitor
        self.mode = mode

    def __repr__(self) -> str:
        return f"StopAt({self.value!r}, monitor={self.monitor!r}, mode={self.mode!r})"

    def begin(self, training: Training) -> None:
        """ValueError unless there will be the column."""
        _require_column(self, self.monitor, training.columns)

    def __call__(self, training: Training) -> None:
        """StopTraining if the value is reached."""
        x = training.row[self.monitor]
        if x <= self.value if self.mode == "min" else x >= self.value:
            raise StopTraining(f"{self.monitor} reached {self.value!r} in epoch {training.epoch}")


class EarlyStopping(Callback):
    """Ends training when a column has not improved for some epochs, and gives the model its best parameters back.

    The best parameters are those at the end of the epoch whose value was best, however little better it was. They are
    given back in whatever way training ends: at its last epoch, by Ctrl-C or by an error too. (A training column such
    as "loss" is measured before the steps of its epoch, so that its parameters have moved since.)

    Args:
        patience: end after so many epochs in a row without improvement; at least 1.
        min_delta: a value counts as improvement if it is better by more than this than that of the last improvement.
        monitor: the column; by default the loss of the validation examples.
        mode: "min" if smaller is better, "max" if larger is.

    Attributes:
        best: the best value; None before there is one. NaN and infinities never are.
        best_epoch: its epoch, also `history.restored_epoch`.

    Raises:
        TypeError, ValueError: a setting is not of its kind or out of its range; by `fit`, before training: no such
            column.

    >>> EarlyStopping(5, min_delta=1e-4)
    EarlyStopping(patience=5, min_delta=0.0001, monitor='validation_loss', mode='min')
    """

    def __init__(
        self,
        patience: int = 10,
        min_delta: float = 0.0,
        monitor: str = "validation_loss",
        mode: str = "min",
    ) -> None:
        require("patience", patience, Integral, lambda n: n >= 1, "a number of epochs, an int of at least 1")
        require("min_delta", min_delta, Real, lambda x: 0.0 <= x < math.inf, "a finite number, 0 or more")
        _require_monitor(monitor, mode)
        self.patience = patience
        self.min_delta = min_delta
        self.monitor = monitor
        self.mode = mode
        self.best: float | None = None
        self.best_epoch: int | None = None
        self._parameters: list[Value] = []
        self._kept: list[float] | None = None
        self._to_beat = math.inf
        self._improved = 0

    def __repr__(self) -> str:
        settings = ("patience", "min_delta", "monitor", "mode")
        return f"EarlyStopping({', '.join(f'{name}={getattr(self, name)!r}' for name in settings)})"

    def begin(self, training: Training) -> None:
        """Forget what was best in another training; ValueError unless there will be the column."""
        _require_column(self, self.monitor, training.columns)
        self.best = self.best_epoch = self._kept = None
        self._to_beat, self._improved = math.inf, 0
        self._parameters = training.model.parameters()

    def __call__(self, training: Training) -> None:
        """Keep the parameters if they are the best; StopTraining if there was no improvement for too long."""
        sign = 1.0 if self.mode == "min" else -1.0
        x = training.row[self.monitor]
        if math.isfinite(x):
            if self.best is None or sign * x < sign * self.best:
                self.best, self.best_epoch = x, training.epoch
                self._kept = [parameter.data for parameter in self._parameters]
            if sign * x < self._to_beat - self.min_delta:
                self._to_beat, self._improved = sign * x, training.epoch
        if training.epoch - self._improved >= self.patience:
            best = f" (best: {self.best:.4g} in epoch {self.best_epoch})" if self.best is not None else ""
            raise StopTraining(f"{self.monitor} has not improved for {counted(self.patience, 'epoch')}{best}")

    def end(self, training: Training) -> None:
        """Give the best parameters back, if there are any."""
        if self._kept is not None:
            for parameter, x in zip(self._parameters, self._kept, strict=True):
                parameter.data = x
            training.history.restored_epoch = self.best_epoch


def _require_monitor(monitor: Any, mode: Any) -> None:
    if not isinstance(monitor, str):
        wanted = 'the name of a column, such as "validation_loss"'
        raise TypeError(f"monitor is {described(monitor)}; wanted {wanted}")
    if mode not in ("min", "max"):
        raise ValueError(f"mode is {shortened(mode)}; wanted {listed(['min', 'max'])}: is smaller or larger better?")


def _require_column(callback: Callback, monitor: str, columns: Sequence[str]) -> None:
    if monitor not in columns:
        name = type(callback).__name__
        needed = (
            "; give fit validation=(inputs, targets) for it"
            if monitor.startswith("validation_") and not any(c.startswith("validation_") for c in columns)
            else ""
        )
        raise ValueError(
            f"{name} monitors {shortened(monitor)}, which this training does not measure{needed};"
            f" there are {choices(monitor, columns)}"
        )
