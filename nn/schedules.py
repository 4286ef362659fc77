"""Schedules, each a formula of the epoch. Names, arguments and defaults are those of `torch.optim.lr_scheduler`.

A schedule is made from an optimiser, and its `step()` called after each epoch. Each says whether its rates meet the
conditions of Robbins and Siegmund. How the rate is set, and what happens to changes from elsewhere, is `nn.schedule`'s.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from nn.plateau import ReduceLROnPlateau
from nn.schedule import ClosedForm, Conditions, HasRate, Schedule
from nn.settings import Count, NonNegative, PositiveCount, Share, non_negative
from nn.wording import described

__all__ = [
    "Conditions",
    "ConstantLR",
    "CosineAnnealingLR",
    "ExponentialLR",
    "InverseTimeLR",
    "LambdaLR",
    "ReduceLROnPlateau",
    "Schedule",
    "StepLR",
]

_NO_STEPS = Conditions(False, True, "the rate is 0: there are no steps")
_STAYS = Conditions(True, False, "the rate does not fall to 0, and so the noise does not either")
_GEOMETRIC = Conditions(False, True, "the rates are a geometric series: all steps together reach a finite distance")


@dataclass(eq=False, repr=False)
class ConstantLR(ClosedForm):
    """base_lr factor for the first `total_iters` epochs, then base_lr; with factor 1 the rate stays as it is.

    Args:
        optimizer: what has the rate.
        factor: from 0 to 1.
        total_iters: a number of epochs.

    Raises:
        TypeError, ValueError: no optimizer, or a setting out of its range.

    >>> from autograd import Value
    >>> from nn.optim import SGD
    >>> schedule = ConstantLR(SGD([Value(1.0)], lr=0.5), factor=1.0)
    >>> schedule.rate(100), schedule.meets_robbins_siegmund()
    (0.5, False)
    """

    optimizer: HasRate
    factor: Share = 1.0 / 3.0
    total_iters: Count = 5

    def rate(self, epoch: int) -> float:
        """The rate of an epoch."""
        return self.base_lr * self.factor if epoch < self.total_iters else self.base_lr

    def robbins_siegmund(self) -> Conditions:
        """See `Schedule.robbins_siegmund`."""
        return _STAYS if self.base_lr else _NO_STEPS


class _Geometric(ClosedForm):
    gamma: NonNegative

    def robbins_siegmund(self) -> Conditions:
        """See `Schedule.robbins_siegmund`."""
        if not self.base_lr:
            return _NO_STEPS
        return _GEOMETRIC if self.gamma < 1.0 else _STAYS


@dataclass(eq=False, repr=False)
class StepLR(_Geometric):
    """base_lr gamma^(epoch // step_size).

    Args:
        optimizer: what has the rate.
        step_size: after how many epochs the rate changes.
        gamma: its factor then, 0 or more.

    Errors are those of `ConstantLR`.

    >>> from autograd import Value
    >>> from nn.optim import SGD
    >>> schedule = StepLR(SGD([Value(1.0)], lr=1.0), step_size=2, gamma=0.5)
    >>> [schedule.rate(epoch) for epoch in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """

    optimizer: HasRate
    step_size: PositiveCount
    gamma: NonNegative = 0.1

    def rate(self, epoch: int) -> float:
        """The rate of an epoch."""
        return self.base_lr * self.gamma ** (epoch // self.step_size)


@dataclass(eq=False, repr=False)
class ExponentialLR(_Geometric):
    """base_lr gamma^epoch.

    Args:
        optimizer: what has the rate.
        gamma: the factor of each epoch, 0 or more.

    Errors are those of `ConstantLR`.

    >>> from autograd import Value
    >>> from nn.optim import SGD
    >>> ExponentialLR(SGD([Value(1.0)], lr=1.0), gamma=0.5).robbins_siegmund().reason
    'the rates are a geometric series: all steps together reach a finite distance'
    """

    optimizer: HasRate
    gamma: NonNegative

    def rate(self, epoch: int) -> float:
        """The rate of an epoch."""
        return self.base_lr * self.gamma**epoch


@dataclass(eq=False, repr=False)
class CosineAnnealingLR(ClosedForm):
    """eta_min + (base_lr - eta_min) (1 + cos(pi epoch / T_max)) / 2: down half a wave, and up again after T_max.

    Source: Loshchilov and Hutter, SGDR, 2017, equation 5, without its restarts.

    Args:
        optimizer: what has the rate.
        T_max: after how many epochs the rate is eta_min.
        eta_min: the lowest rate.

    Errors are those of `ConstantLR`.

    >>> from autograd import Value
    >>> from nn.optim import SGD
    >>> schedule = CosineAnnealingLR(SGD([Value(1.0)], lr=1.0), T_max=10)
    >>> schedule.rate(0), round(schedule.rate(5), 9), schedule.rate(10)
    (1.0, 0.5, 0.0)
    """

    optimizer: HasRate
    T_max: PositiveCount
    eta_min: NonNegative = 0.0

    def rate(self, epoch: int) -> float:
        """The rate of an epoch."""
        return self.eta_min + (self.base_lr - self.eta_min) * (1.0 + math.cos(math.pi * epoch / self.T_max)) / 2.0

    def robbins_siegmund(self) -> Conditions:
        """See `Schedule.robbins_siegmund`."""
        return _STAYS if self.base_lr or self.eta_min else _NO_STEPS


@dataclass(eq=False, repr=False)
class InverseTimeLR(ClosedForm):
    """base_lr / (1 + decay epoch)^power; it meets the conditions of Robbins and Siegmund for 1/2 < power <= 1.

    Those are sum a_k = inf and sum a_k² < inf: the sum of 1/k^p is infinite for p <= 1, that of its squares finite for
    p > 1/2. Torch has no such schedule.

    Args:
        optimizer: what has the rate.
        decay: how quickly the rate falls, in 1 / epoch, 0 or more.
        power: p, 0 or more.

    Errors are those of `ConstantLR`.

    >>> from autograd import Value
    >>> from nn.optim import SGD
    >>> schedule = InverseTimeLR(SGD([Value(1.0)], lr=1.0), decay=1.0)
    >>> [schedule.rate(epoch) for epoch in (0, 1, 3)], schedule.meets_robbins_siegmund()
    ([1.0, 0.5, 0.25], True)
    """

    optimizer: HasRate
    decay: NonNegative
    power: NonNegative = 1.0

    def rate(self, epoch: int) -> float:
        """The rate of an epoch."""
        return self.base_lr / (1.0 + self.decay * epoch) ** self.power

    def robbins_siegmund(self) -> Conditions:
        """See `Schedule.robbins_siegmund`."""
        if not self.base_lr:
            return _NO_STEPS
        if not self.decay or not self.power:
            return _STAYS
        reason = f"the rates fall as 1 / k^{self.power:g}; wanted a power above 1/2 and at most 1"
        return Conditions(self.power <= 1.0, self.power > 0.5, reason)


@dataclass(eq=False, repr=False)
class LambdaLR(ClosedForm):
    """base_lr lr_lambda(epoch), with a function of yours.

    Args:
        optimizer: what has the rate.
        lr_lambda: a function of the epoch, from 0, that gives a number, 0 or more. It is not in `state_dict()`.

    Errors are those of `ConstantLR`; they come when the function's number is used, too.

    >>> from autograd import Value
    >>> from nn.optim import SGD
    >>> schedule = LambdaLR(SGD([Value(1.0)], lr=1.0), lambda epoch: min(1.0, epoch / 4))  # warms up
    >>> [schedule.rate(epoch) for epoch in (0, 1, 4, 9)]
    [0.0, 0.25, 1.0, 1.0]
    """

    optimizer: HasRate
    lr_lambda: Callable[[int], float]

    def _check_together(self) -> None:
        if not callable(self.lr_lambda):
            came = described(self.lr_lambda)
            raise TypeError(f"lr_lambda is {came}; wanted a function of the epoch")

    def rate(self, epoch: int) -> float:
        """The rate of an epoch."""
        factor: float = non_negative(f"lr_lambda({epoch})", self.lr_lambda(epoch))
        return self.base_lr * factor

    def robbins_siegmund(self) -> Conditions:
        """It cannot be decided; see `Schedule.robbins_siegmund`."""
        return Conditions(None, None, "lr_lambda may be any function: its values so far say nothing of a limit")
