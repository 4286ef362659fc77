"""`fit`: mini-batch gradient descent over examples, and the `History` of it."""

from __future__ import annotations

import gc
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from random import Random
from time import perf_counter
from typing import Any, Protocol, TypeAlias

from autograd import Value, no_grad, total
from nn.losses import Loss
from nn.module import Module
from nn.optim import SGD

Examples: TypeAlias = tuple[Sequence[Any], Sequence[Any]]

Metric: TypeAlias = Callable[[Any, Any], float]
"""`(output, target) -> number` for one example, such as 1.0 for a right decision; its mean is reported."""


class Optimizer(Protocol):
    """What `fit` asks of an optimiser."""

    def zero_grad(self) -> None: ...
    def step(self) -> None: ...


class History:
    """What was measured in training: a table with a row for each epoch and a column for each quantity.

    `history["loss"]` is a column, a list of floats; `history.columns` names them; `len(history)` counts the epochs.
    """

    def __init__(self) -> None:
        self.rows: list[dict[str, float]] = []

    @property
    def columns(self) -> list[str]:
        """The names of what was measured."""
        return list(self.rows[0]) if self.rows else []

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, column: str) -> list[float]:
        if column not in self.columns:
            raise KeyError(f"no column {column!r}; there are {', '.join(self.columns) or 'none yet'}")
        return [row[column] for row in self.rows]

    def __repr__(self) -> str:
        last = ", ".join(f"{name} {x:.4g}" for name, x in self.rows[-1].items() if name != "epoch") if self.rows else ""
        return f"History({len(self)} epochs{last and '; last: '}{last})"


def fit(
    model: Callable[[Any], Any],
    inputs: Sequence[Any],
    targets: Sequence[Any],
    *,
    loss: Loss,
    optimizer: Optimizer | None = None,
    epochs: int = 10,
    batch_size: int | None = 32,
    shuffle: bool = True,
    seed: int = 0,
    validation: Examples | None = None,
    metrics: Mapping[str, Metric] | None = None,
    progress: bool | None = None,
) -> History:
    """Train a model by gradient descent on the mean loss of mini-batches.

    Args:
        model: a `Module`; called with one input, it gives the output that the loss takes.
        inputs: n examples.
        targets: their n targets.
        loss: `(output, target) -> Value` for one example, from `nn.losses` or your own.
        optimizer: what changes the parameters; by default `SGD` with rate 0.1 and momentum 0.9.
        epochs: passes over the examples.
        batch_size: examples in a step; None for all.
        shuffle: draw a new order for each epoch, from a generator of its own that begins with `seed`.
        seed: of that generator.
        validation: (inputs, targets), measured after each epoch and never trained on.
        metrics: by name, functions `(output, target) -> number` of one example. Their means over the training examples (as
            they were met, before the step) and over the validation examples become columns.
        progress: show a bar on standard error, and a line for each epoch; by default where that is a terminal. The bar is
            `tqdm`'s; without it there are the lines.

    Returns:
        The `History`: for each epoch its number, the mean loss and metrics of the training examples, those of the
        validation examples (`validation_loss`, ...), and the seconds that it took.

    Raises:
        ValueError: nothing to train on, lengths that do not match, or a setting out of its range.
        FloatingPointError: the loss is no longer finite. The parameters are those before that step.

    >>> from nn import MLP, fit, losses
    >>> model = MLP(1, [1], seed=0)
    >>> history = fit(model, [[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0], loss=losses.squared_error, epochs=200)
    >>> f"{model([3.0]):.3f}"
    '7.000'
    """
    n = _count(inputs, targets)
    if validation is not None:
        _count(*validation)
    size = n if batch_size is None else batch_size
    if epochs < 1 or size < 1:
        raise ValueError(f"epochs and batch_size must be at least 1, not {epochs} and {batch_size}")
    if not isinstance(model, Module):
        raise TypeError(f"fit trains a Module, which has parameters, not {type(model).__name__}")
    optimizer = optimizer or SGD(model.parameters(), lr=0.1, momentum=0.9)
    metrics = metrics or {}
    random = Random(seed)
    order = list(range(n))
    history = History()
    model.train()
    try:
        with _collector_paused(), _progress(epochs, -(-n // size), shown=progress) as report:
            for epoch in range(1, epochs + 1):
                start = perf_counter()
                if shuffle:
                    random.shuffle(order)
                means = _Means()
                for first in range(0, n, size):
                    batch = order[first : first + size]
                    optimizer.zero_grad()
                    batch_loss = _batch_loss(model, [(inputs[i], targets[i]) for i in batch], loss, metrics, means)
                    if not math.isfinite(batch_loss.data):
                        raise FloatingPointError(
                            f"the loss became {batch_loss.data!r} in epoch {epoch}: training diverges. Lower the learning"
                            " rate, or scale the inputs to about -1 to 1"
                        )
                    batch_loss.backward()
                    optimizer.step()
                    del batch_loss  # frees this graph before the next is built
                    report.step()
                row = {"epoch": epoch, **means.result()}
                if validation is not None:
                    measured = evaluate(model, *validation, loss=loss, metrics=metrics)
                    row |= {f"validation_{name}": x for name, x in measured.items()}
                history.rows.append(row | {"seconds": perf_counter() - start})
                report.epoch(row)
                # Graphs are freed when they are dropped; this is for cycles that the model or a metric makes.
                gc.collect(0)
    finally:
        model.eval()
    return history


def evaluate(
    model: Callable[[Any], Any],
    inputs: Sequence[Any],
    targets: Sequence[Any],
    *,
    loss: Loss,
    metrics: Mapping[str, Metric] | None = None,
) -> dict[str, float]:
    """The mean loss and the mean of each metric over examples; nothing is recorded, no parameter changed.

    Arguments and errors are those of `fit`.
    """
    _count(inputs, targets)
    training = isinstance(model, Module) and model.training
    means = _Means()
    try:
        if isinstance(model, Module):
            model.eval()
        with no_grad():
            _batch_loss(model, zip(inputs, targets, strict=True), loss, metrics or {}, means)
    finally:
        if isinstance(model, Module):
            model.train(training)
    return means.result()


def _batch_loss(
    model: Callable[[Any], Any], examples: Any, loss: Loss, metrics: Mapping[str, Metric], means: _Means
) -> Value:
    """The mean loss of some examples, as a Value; adds each example's loss and metrics to `means`."""
    values = []
    for x, target in examples:
        output = model(x)
        value = loss(output, target)
        values.append(value)
        means.add({"loss": value.data} | {name: metric(output, target) for name, metric in metrics.items()})
    mean: Value = total(values) * (1.0 / len(values))
    return mean


class _Means:
    """Running means of named quantities."""

    def __init__(self) -> None:
        self.columns: dict[str, list[float]] = {}

    def add(self, row: Mapping[str, float]) -> None:
        for name, x in row.items():
            self.columns.setdefault(name, []).append(x)

    def result(self) -> dict[str, float]:
        return {name: math.fsum(column) / len(column) for name, column in self.columns.items()}


def _count(inputs: Sequence[Any], targets: Sequence[Any]) -> int:
    if len(inputs) != len(targets):
        raise ValueError(f"{len(inputs)} inputs but {len(targets)} targets; each example needs both")
    if not len(inputs):
        raise ValueError("there are no examples: inputs and targets are empty")
    return len(inputs)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Without the cyclic garbage collector, which would scan all live nodes again and again and find no cycle."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class _Report:
    """Shows nothing; what `fit` tells of its progress."""

    def step(self) -> None:
        """One step was made."""

    def epoch(self, row: Mapping[str, float]) -> None:
        """One epoch is over, and this was measured."""


class _Lines(_Report):
    """A line on standard error for each epoch, and tqdm's bar below them if there is one."""

    def __init__(self, epochs: int, bar: Any) -> None:
        self.epochs = epochs
        self.bar = bar

    def step(self) -> None:
        if self.bar is not None:
            self.bar.update()

    def epoch(self, row: Mapping[str, float]) -> None:
        measured = "  ".join(f"{name.replace('_', ' ')} {x:.4f}" for name, x in row.items() if name != "epoch")
        line = f"epoch {row['epoch']:>{len(str(self.epochs))}} of {self.epochs}   {measured}"
        if self.bar is not None:
            self.bar.write(line, file=sys.stderr)
        else:
            print(line, file=sys.stderr, flush=True)


@contextmanager
def _progress(epochs: int, steps: int, *, shown: bool | None) -> Iterator[_Report]:
    if not (sys.stderr.isatty() if shown is None else shown):
        yield _Report()
        return
    try:
        from tqdm import tqdm  # noqa: PLC0415 (optional)
    except ImportError:
        yield _Lines(epochs, None)
        return
    # Off a terminal (in a log, say) the lines are enough.
    with tqdm(total=epochs * steps, unit="step", leave=False, disable=None) as bar:
        yield _Lines(epochs, bar)
