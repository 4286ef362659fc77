"""`fit`: mini-batch gradient descent over examples; `evaluate`: how good a model is on others.

It knows a model only as something that is called and has parameters, a loss as a function of output and target; how
a step is computed, and what the examples mean, it does not know.
"""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from numbers import Real
from random import Random
from time import perf_counter
from typing import Any

from nn.arguments import (
    Examples,
    Metric,
    Optimizer,
    Schedule,
    require_as_many,
    require_callable,
    require_callbacks,
    require_clipping,
    require_examples,
    require_loss,
    require_metrics,
    require_model,
    require_optimizer,
    require_penalty,
    require_plan,
    require_schedule,
    wants_metric,
)
from nn.callbacks import StopAt, Training, begun, reason_to_stop
from nn.divergence import noticing_overflow, require_finite_step, warn_of_growth
from nn.eager import measured, require_fitting
from nn.engines import Engine, choose
from nn.history import History, Means
from nn.losses import Loss
from nn.module import Module
from nn.optim import SGD
from nn.penalties import Penalty
from nn.progress import Report, progress_report
from nn.wording import counted, require
from nn.work import Work


def fit(
    model: Module,
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
    penalty: Penalty | None = None,
    schedule: Schedule | None = None,
    clip_norm: float | None = None,
    clip_value: float | None = None,
    stop_at: float | None = None,
    callbacks: Sequence[Callable[[Training], Any]] = (),
    engine: str = "auto",
    progress: bool | None = None,
) -> History:
    """Train a model by gradient descent on the mean loss of mini-batches.

    Args:
        model: a `Module`; called with one input, it gives the output that the loss takes. It is left in `eval()` mode,
            the `.grad` of each parameter that of the last step, clipped where the optimizer changes it.
        inputs: n examples.
        targets: their n targets.
        loss: `(output, target) -> Value` for one example, from `nn.losses` or your own.
        optimizer: what changes the parameters; by default `SGD` with rate 0.1 and momentum 0.9.
        epochs: passes over the examples, at most.
        batch_size: examples in a step (the last of an epoch takes what is left); None for all, 1 for one at a time.
        shuffle: draw a new order for each epoch, from a generator of its own that begins with `seed`.
        seed: of that generator.
        validation: (inputs, targets), measured after each epoch and never trained on.
        metrics: by name, functions `(output, target) -> number` of one example, such as `nn.metrics.accuracy`. Their
            means over the training examples (as they were met, before the step) and over the validation examples become
            columns.
        penalty: a function of the model's parameters, added to the loss of each batch: `nn.penalties.l2(0.01)`. The
            column `loss` is without it, so that it compares with `validation_loss`; `penalty` is a column of its own.
        schedule: changes `optimizer.lr`: its `step()` is called after each epoch; one that wants a metric, as
            ReduceLROnPlateau, is given the validation loss, or the loss if there is none. `lr` becomes a column.
        clip_norm: scale the gradient of each step down to this norm, if it is larger.
        clip_value: clip each derivative to between -clip_value and clip_value.
        stop_at: the cost that is low enough: training ends after the epoch whose `loss` is at most this.
        callbacks: called after each epoch with a `Training`: functions, or objects such as `EarlyStopping(patience=5)`.
            To end training they raise `StopTraining`.
        engine: how steps are computed. "eager" builds each example's graph anew; "tape" records the loss of one
            example and replays it over batches, many times faster; "auto" is the tape where NumPy is there and the loss
            can be recorded, else eager. `history.engine` says which it was, and why. The results are the same. What
            was recorded stays; a few examples are compared with eager work at the beginning, and one in each epoch, of
            the validation examples too.
            Take "eager" for models and losses that count their calls or keep other state, for decisions that no
            comparison shows (such as by `is`), and for metrics that look at more than output and target.
        progress: show a bar on standard error, and a line for each epoch; by default where that is a terminal. The bar
            is `tqdm`'s; without it there are the lines.

    Returns:
        The `History`: for each epoch its number, the mean loss and metrics of the training examples, those of the
        validation examples (`validation_loss`, ...), and the seconds that it took; `history.stopped` says why training
        ended. Ctrl-C ends it too: the parameters are then those after the last whole step.

    Raises:
        ValueError: nothing to train on, lengths that do not match, a NaN or infinity among the examples, an optimizer
            of other parameters than the model's, or a setting out of its range.
        TypeError: the model is no Module, an argument not of its kind, or a setting no number.
        DivergenceError: training diverges: the loss or a parameter is no longer finite. It is a FloatingPointError; the
            epochs before are its `.history`. A loss that has grown a million times is a `DivergenceWarning`.

    >>> from nn import MLP, fit, losses
    >>> model = MLP(1, [1], seed=0)
    >>> history = fit(model, [[0.0], [1.0], [2.0]], [1.0, 3.0, 5.0], loss=losses.squared_error, epochs=200)
    >>> f"{model([3.0]):.3f}"
    '7.000'
    """
    n = require_examples(inputs, targets, validation)
    size = n if batch_size is None else batch_size
    require_plan({"epochs": epochs, "batch_size": size}, seed, {"shuffle": shuffle, "progress": progress or False})
    parameters = require_model(model)
    optimizer = SGD(parameters, lr=0.1, momentum=0.9) if optimizer is None else optimizer
    metrics = {} if metrics is None else metrics
    require_optimizer(optimizer, parameters)
    require_loss(loss)
    require_metrics(metrics)
    require_penalty(penalty)
    require_schedule(schedule, optimizer)
    require_clipping(clip_norm, clip_value)
    callbacks = _all_callbacks(callbacks, stop_at)
    work = Work(model, loss, optimizer, metrics, penalty, clip_norm, clip_value)
    if validation is not None:
        require_fitting(model, inputs, validation)
    worker = choose(engine, work, inputs, targets, validation)
    history = History()
    training = Training(model, optimizer, history, _columns(metrics, penalty, schedule, validation))
    epoch_ends = _epoch_ends(schedule, "loss" if validation is None else "validation_loss")
    orders = _batches(n, size, Random(int(seed)) if shuffle else None)
    epoch = 0
    with (
        work.uninterrupted.watched(),
        work.uninterrupted,  # while things are prepared, and put in order again
        _collector_paused(),
        begun(callbacks, training),
        _left_in_order(model, worker, history),
        progress_report(epochs, -(-n // size), shown=progress) as report,
    ):
        try:
            with work.uninterrupted.lifted():
                for epoch, batches in zip(range(1, 1 if history.stopped else epochs + 1), orders, strict=False):
                    start = perf_counter()
                    row = {"epoch": epoch} | ({} if schedule is None else {"lr": training.optimizer.lr})
                    model.train()
                    with noticing_overflow(optimizer, history):
                        row |= _one_epoch(training, worker, inputs, targets, batches, report)
                        if validation is not None:
                            row |= {f"validation_{name}": x for name, x in worker.evaluate(*validation).items()}
                    model.eval()  # for those who look at it now
                    with work.uninterrupted:
                        history.rows.append(row | {"seconds": perf_counter() - start})
                        epoch_ends(row)
                    report.epoch(row)
                    history.stopped = reason_to_stop(callbacks, training)
                    if history.stopped:
                        break
                    # Graphs are freed when they are dropped; this is for cycles that the model or a metric makes.
                    gc.collect(0)
                if history.stopped:
                    report.stopped(epoch, history.stopped)
                else:
                    history.stopped = f"{counted(epochs, 'epoch')} done"
        except KeyboardInterrupt:
            history.interrupted = True
            history.stopped = f"interrupted {'after' if len(history) == epoch else 'in'} epoch {epoch}"
    warn_of_growth(optimizer, history, stacklevel=2)
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
    require_as_many("", inputs, targets)
    require_callable("model", model, "a Module, or a function of one input")
    require_loss(loss)
    metrics = {} if metrics is None else metrics
    require_metrics(metrics)
    return measured(model, inputs, targets, loss, metrics)


def _all_callbacks(callbacks: Sequence[Callable[[Training], Any]], stop_at: Any) -> Sequence[Callable[[Training], Any]]:
    """Those that were given, and that of `stop_at`; TypeError or ValueError for what is none."""
    require_callbacks(callbacks)
    if stop_at is None:
        return callbacks
    require("stop_at", stop_at, Real, math.isfinite, "a finite number, the cost that is low enough")
    return [*callbacks, StopAt(stop_at)]


def _columns(metrics: Mapping[str, Metric], penalty: Any, schedule: Any, validation: Any) -> list[str]:
    """The columns of a history, before there is one."""
    rate, penalised = ["lr"] if schedule is not None else [], ["penalty"] if penalty is not None else []
    measures = ["loss", *metrics]
    validated = [f"validation_{name}" for name in measures] if validation is not None else []
    return ["epoch", *rate, *measures, *penalised, *validated, "seconds"]


def _batches(n: int, size: int, random: Random | None) -> Iterator[list[list[int]]]:
    """For one epoch after the other, the examples of each batch, by their index; without end."""
    order = list(range(n))
    while True:
        if random is not None:
            random.shuffle(order)
        yield [order[first : first + size] for first in range(0, n, size)]


def _one_epoch(
    training: Training,
    worker: Engine,
    inputs: Sequence[Any],
    targets: Sequence[Any],
    batches: Iterable[Sequence[int]],
    report: Report,
) -> dict[str, float]:
    """A step for each batch of indices; what was measured meanwhile. DivergenceError if something is not finite."""
    optimizer, history = training.optimizer, training.history
    means = Means()
    for batch in batches:
        cost = worker.step(inputs, targets, batch, means)
        require_finite_step("the loss", cost, optimizer, history)
        report.step()
    worker.synchronize()
    for parameter in training.model.parameters():
        require_finite_step("a parameter", parameter.data, optimizer, history)
    return means.result()


def _epoch_ends(schedule: Schedule | None, monitor: str) -> Callable[[Mapping[str, float]], Any]:
    """What tells the schedule that an epoch is over, and, if it wants to know, how good it was."""
    if schedule is None:
        return lambda _: None
    if wants_metric(schedule):
        return lambda row: schedule.step(row[monitor])
    return lambda _: schedule.step()


@contextmanager
def _left_in_order(model: Module, worker: Engine, history: History) -> Iterator[None]:
    """After the block the model is in `eval()` mode and holds its numbers, whatever happened.

    In its own mode if training was refused before an epoch was done, by an example or a function that does not fit.
    """
    modes, refused = [(module, module.training) for module in model.modules()], False
    try:
        yield
    except (TypeError, ValueError):
        refused = not len(history)
        raise
    finally:
        history.engine = worker.reason
        model.eval()
        for module, training in modes if refused else ():
            module.training = training
        worker.synchronize()


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Without the cyclic garbage collector, which would scan all live nodes again and again and find no cycle.

    It is one for all threads: who finds it paused leaves it so, and who has paused it starts it again.
    """
    was_enabled = gc.isenabled()
    try:
        if was_enabled:
            gc.disable()
        yield
    finally:
        if was_enabled:
            gc.enable()
