"""`Eager`: the engine that builds the graph of each example anew. It needs nothing but Values.

It knows nothing of epochs, orders, schedules or callbacks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count
from operator import length_hint
from typing import Any

from autograd import Value, no_grad, total, without_draws
from nn.arguments import Examples, Metric, changed_by, measure, require_value, which_example
from nn.clipping import clip_grad_norm_, clip_grad_value_
from nn.history import Means
from nn.losses import Loss
from nn.module import Module, in_mode
from nn.work import Work


class Eager:
    """Builds each example's graph anew: it needs nothing but Values, and works for every model and loss."""

    def __init__(self, work: Work, reason: str = "eager: as asked for") -> None:
        self.work = work
        self.reason = reason
        self.parameters = work.model.parameters()
        self.changed = changed_by(work.optimizer, self.parameters)
        known = set(map(id, self.changed))
        self.frozen = [parameter for parameter in self.parameters if id(parameter) not in known]

    def step(self, inputs: Sequence[Any], targets: Sequence[Any], indices: Sequence[int], means: Means) -> float:
        """One step of the optimiser; see `Engine`."""
        work = self.work
        examples = ((i, inputs[i], targets[i]) for i in indices)
        cost = _mean_loss(work.model, examples, work.loss, work.metrics, means)
        if work.penalty is not None:
            penalty = work.penalty(self.parameters)
            require_value("the penalty", penalty, "a Value computed from the parameters, as nn.penalties.l2(0.01) does")
            means.add({"penalty": penalty.data})
            cost = cost + penalty
        work.optimizer.zero_grad()  # not before: an example that does not fit has changed nothing
        for parameter in self.frozen:  # of which the optimiser does not know
            parameter.grad = 0.0
        if math.isfinite(cost.data):
            cost.backward()
            if work.clip_norm is not None:
                clip_grad_norm_(self.changed, work.clip_norm)
            if work.clip_value is not None:
                clip_grad_value_(self.changed, work.clip_value)
            with work.uninterrupted:
                work.optimizer.step()
        return cost.data

    def evaluate(self, inputs: Sequence[Any], targets: Sequence[Any]) -> dict[str, float]:
        """Mean loss and metrics; see `Engine`."""
        return measured(self.work.model, inputs, targets, self.work.loss, self.work.metrics)

    def synchronize(self) -> None:
        """Nothing to do: the Values of the parameters are what is computed with."""


def measured(
    model: Callable[[Any], Any],
    inputs: Sequence[Any],
    targets: Sequence[Any],
    loss: Loss,
    metrics: Mapping[str, Metric],
) -> dict[str, float]:
    """The mean loss and metrics of examples; a Module is in `eval()` mode meanwhile, and then in its own again."""
    means = Means()
    with no_grad(), in_mode(model, training=False):
        _mean_loss(model, zip(count(), inputs, targets), loss, metrics, means)
    return means.result()


def require_fitting(model: Module, inputs: Sequence[Any], validation: Examples) -> None:
    """Before a model is trained, let it refuse validation inputs that are not as long as those it is trained on.

    It is asked for the first of them only, and only if its length is another: who counts calls counts no more of them,
    and a model that takes inputs of any length refuses none. Its parameters and generators stay as they are.
    """
    x, target = validation[0][0], validation[1][0]
    if length_hint(x, -1) == length_hint(inputs[0], -1):  # -1 for what has none, such as a number
        return
    with no_grad(), without_draws(), in_mode(model, training=False):
        try:
            model(x)
        except Exception as error:
            error.add_note(f"{which_example(0, x, target)}, of those to validate with")
            raise


def _mean_loss(
    model: Callable[[Any], Any],
    examples: Iterable[tuple[int, Any, Any]],
    loss: Loss,
    metrics: Mapping[str, Metric],
    means: Means,
) -> Value:
    """The mean loss of some examples, as a Value; adds each example's loss and metrics to `means`."""
    values = []
    for i, x, target in examples:
        try:
            output = model(x)
            value = loss(output, target)
            require_value("the loss", value, "a Value computed from the output, as nn.losses.squared_error does")
            measures = {name: measure(name, metric, output, target) for name, metric in metrics.items()}
        except Exception as error:
            error.add_note(which_example(i, x, target))
            raise
        values.append(value)
        means.add({"loss": value.data} | measures)
    mean: Value = total(values) * (1.0 / len(values))
    return mean
