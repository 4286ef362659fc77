"""`ReduceLROnPlateau`: the schedule that looks at how training goes, and lowers the rate when that stops helping.

What the metric measures it does not know. Names, arguments and defaults are those of `torch.optim.lr_scheduler`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from numbers import Real
from typing import Annotated, Any, ClassVar

from nn.schedule import Conditions, HasRate, Schedule
from nn.settings import BelowOne, Count, NonNegative, one_of
from nn.wording import require


def _best(name: str, value: Any) -> float | None:
    if value is not None:
        require(name, value, Real, lambda x: x == x, "a number, or None before the first")  # noqa: PLR0124 (no NaN)
    return None if value is None else float(value)


@dataclass(eq=False, repr=False)
class ReduceLROnPlateau(Schedule):
    """lr <- max(factor lr, min_lr) when a metric has not become better for more than `patience` epochs.

    Args:
        optimizer: what has the rate.
        mode: "min" if less is better, as with a loss; "max" if more is.
        factor: of the rate, 0 or more and below 1.
        patience: how many epochs without a better metric are borne.
        threshold: by how much it must be better than the best so far, 0 or more.
        threshold_mode: "rel" if the threshold is a part of the best, "abs" if it is in the unit of the metric.
        cooldown: for how many epochs after a reduction none is counted as bad.
        min_lr: the lowest rate.
        eps: a reduction that is not larger than this is not made.

    Attributes:
        best: the best metric so far; None before the first.
        num_bad_epochs: how many epochs in a row were not better.
        cooldown_counter: how many epochs the cooldown lasts yet.

    Raises:
        TypeError, ValueError: no optimizer, or a setting out of its range.

    >>> from autograd import Value
    >>> from nn.optim import SGD
    >>> schedule = ReduceLROnPlateau(SGD([Value(1.0)], lr=1.0), patience=1)
    >>> for loss in [3.0, 2.0, 2.0, 2.0]:
    ...     schedule.step(loss)
    >>> schedule.get_last_lr()
    [0.1]
    """

    optimizer: HasRate
    mode: Annotated[str, one_of("min", "max")] = "min"
    factor: BelowOne = 0.1
    patience: Count = 10
    threshold: NonNegative = 1e-4
    threshold_mode: Annotated[str, one_of("rel", "abs")] = "rel"
    cooldown: Count = 0
    min_lr: NonNegative = 0.0
    eps: NonNegative = 1e-8
    best: Annotated[float | None, _best] = field(default=None, init=False)
    num_bad_epochs: Count = field(default=0, init=False)
    cooldown_counter: Count = field(default=0, init=False)

    _SIGNS: ClassVar = {"min": -1.0, "max": 1.0}

    def step(self, metric: float) -> None:
        """An epoch is over, with this metric; a NaN is no better than any number. TypeError if it is no number."""
        require("the metric", metric, Real, lambda _: True, "a number, such as the validation loss")
        self.last_epoch += 1
        if self._is_better(metric):
            self.best, self.num_bad_epochs = metric, 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        lr = self.optimizer.lr
        if self.num_bad_epochs > self.patience:
            reduced = max(lr * self.factor, self.min_lr)
            lr = reduced if lr - reduced > self.eps else lr
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
        self._set(lr)

    def _is_better(self, metric: float) -> bool:
        sign = self._SIGNS[self.mode]
        if self.best is None:
            return sign * metric > -math.inf
        margin = sign * self.threshold
        bound = self.best * (1.0 + margin) if self.threshold_mode == "rel" else self.best + margin
        return sign * metric > sign * bound

    def robbins_siegmund(self) -> Conditions:
        """It cannot be decided; see `Schedule.robbins_siegmund`."""
        return Conditions(None, None, "the rates depend on metrics that are yet to come")
