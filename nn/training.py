"""`fit`: mini-batch gradient descent over examples; `evaluate`: how good a model is on others.

It knows a model only as something that is called and has parameters, a loss as a function of output and target; how
either is computed, and what the examples mean, it does not know.
"""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from numbers import Integral
from random import Random
from time import perf_counter
from typing import Any

from autograd import Value, no_grad, total
from nn.arguments import (
    Examples,
    Metric,
    Optimizer,
    require_examples,
    require_finite,
    require_loss,
    require_metrics,
    require_optimizer,
    require_pair,
    require_value,
)
from nn.history import History, Means
from nn.losses import Loss
from nn.module import Module
from nn.optim import SGD
from nn.progress import progress_report
from nn.wording import require


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
        model: a `Module`; called with one input, it gives the output that the loss takes. It is left in `eval()` mode.
        inputs: n examples.
        targets: their n targets.
        loss: `(output, target) -> Value` for one example, from `nn.losses` or your own.
        optimizer: what changes the parameters; by default `SGD` with rate 0.1 and momentum 0.9.
        epochs: passes over the examples.
        batch_size: examples in a step (the last of an epoch takes what is left); None for all.
        shuffle: draw a new order for each epoch, from a generator of its own that begins with `seed`.
        seed: of that generator.
        validation: (inputs, targets), measured after each epoch and never trained on.
        metrics: by name, functions `(output, target) -> number` of one example. Their means over the training examples
            (as they were met, before the step) and over the validation examples become columns.
        progress: show a bar on standard error, and a line for each epoch; by default where that is a terminal. The bar
            is `tqdm`'s; without it there are the lines.

    Returns:
        The `History`: for each epoch its number, the mean loss and metrics of the training examples, those of the
        validation examples (`validation_loss`, ...), and the seconds that it took.

    Raises:
        ValueError: nothing to train on, lengths that do not match, a NaN or infinity among the examples, an optimizer
            of other parameters than the model's, or a setting out of its range.
        TypeError: the model is no Module, an argument not of its kind, or a setting no number.
        FloatingPointError: training diverges: the loss or a parameter is no longer finite.

    >>> from nn import MLP, fit, losses
    >>> model = MLP(1, [1], seed=0)
    >>> history = fit(model, [[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0], loss=losses.squared_error, epochs=200)
    >>> f"{model([3.0]):.3f}"
    '7.000'
    """
    n = _require_all_examples(inputs, targets, validation)
    size = n if batch_size is None else batch_size
    for name, setting in {"epochs": epochs, "batch_size": size}.items():
        require(name, setting, Integral, lambda k: k >= 1, "an int of at least 1")
    if not isinstance(model, Module):
        raise TypeError(f"fit trains a Module, which has parameters, not {type(model).__name__}")
    parameters = model.parameters()
    optimizer = SGD(parameters, lr=0.1, momentum=0.9) if optimizer is None else optimizer
    metrics = {} if metrics is None else metrics
    require_optimizer(optimizer, parameters)
    require_loss(loss)
    require_metrics(metrics)
    random = Random(seed)
    order = list(range(n))
    history = History()
    model.train()
    try:
        with _collector_paused(), progress_report(epochs, -(-n // size), shown=progress) as report:
            for epoch in range(1, epochs + 1):
                start = perf_counter()
                if shuffle:
                    random.shuffle(order)
                means = Means()
                for first in range(0, n, size):
                    batch = [(inputs[i], targets[i]) for i in order[first : first + size]]
                    optimizer.zero_grad()
                    batch_loss = _batch_loss(model, batch, loss, metrics, means)
                    _require_no_divergence("the loss", batch_loss.data, epoch)
                    batch_loss.backward()
                    optimizer.step()
                    del batch_loss  # frees this graph before the next is built
                    report.step()
                for parameter in parameters:
                    _require_no_divergence("a parameter", parameter.data, epoch)
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


def _require_all_examples(inputs: Sequence[Any], targets: Sequence[Any], validation: Examples | None) -> int:
    """How many examples there are to train on; TypeError or ValueError if any cannot be used."""
    named = {"inputs": inputs, "targets": targets}
    n = require_examples(inputs, targets)
    if validation is not None:
        require_pair(validation)
        require_examples(*validation)
        named |= {"validation inputs": validation[0], "validation targets": validation[1]}
    for name, examples in named.items():
        require_finite(name, examples)
    return n


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
    require_examples(inputs, targets)
    require_loss(loss)
    metrics = {} if metrics is None else metrics
    require_metrics(metrics)
    training = isinstance(model, Module) and model.training
    means = Means()
    try:
        if isinstance(model, Module):
            model.eval()
        with no_grad():
            _batch_loss(model, zip(inputs, targets, strict=True), loss, metrics, means)
    finally:
        if isinstance(model, Module):
            model.train(training)
    return means.result()


def _batch_loss(
    model: Callable[[Any], Any],
    examples: Iterable[tuple[Any, Any]],
    loss: Loss,
    metrics: Mapping[str, Metric],
    means: Means,
) -> Value:
    """The mean loss of some examples, as a Value; adds each example's loss and metrics to `means`."""
    values = []
    for x, target in examples:
        output = model(x)
        value = loss(output, target)
        require_value(value)
        values.append(value)
        means.add({"loss": value.data} | {name: float(metric(output, target)) for name, metric in metrics.items()})
    mean: Value = total(values) * (1.0 / len(values))
    return mean


def _require_no_divergence(what: str, x: float, epoch: int) -> None:
    if not math.isfinite(x):
        raise FloatingPointError(
            f"{what} became {x!r} in epoch {epoch}: training diverges."
            " Lower the learning rate, or scale the inputs to about -1 to 1"
        )


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
