"""What all schedules share: the optimiser whose rate they change, epochs, and a state that can be saved and restored.

A change of `lr` from elsewhere, by hand or by another schedule, stays as a factor: schedules of one optimiser multiply,
in whatever order they are made and stepped; one that is made where the rate is 0 joins in at the first other rate that
it meets. Of the optimiser a schedule knows `lr` only.
"""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Real
from typing import Any, NamedTuple, Protocol

from nn.settings import Count, NonNegative, Settings, non_negative
from nn.wording import shortened


class HasRate(Protocol):
    """Something with a learning rate that may be assigned, as optimisers have."""

    lr: float


class Conditions(NamedTuple):
    """Which of the conditions of Robbins and Siegmund hold, and why; None where that cannot be decided."""

    sum_is_infinite: bool | None
    sum_of_squares_is_finite: bool | None
    reason: str


class Schedule(Settings):
    """Base class of schedules.

    Attributes:
        optimizer: what has the rate `lr`.
        last_epoch: how many epochs are over.
        last_lr: the rate that this schedule set last.
    """

    optimizer: HasRate
    last_epoch: Count
    last_lr: NonNegative

    def __post_init__(self) -> None:
        lr = getattr(self.optimizer, "lr", None)
        if isinstance(self.optimizer, type) or not isinstance(lr, Real):
            came = f"{type(self.optimizer).__name__}: {shortened(self.optimizer)}"
            raise TypeError(f"{type(self).__name__} changes the lr of an optimizer, such as SGD(...), not of {came}")
        self._check_together()
        self.last_epoch = 0
        self.last_lr = float(lr)

    def __repr__(self) -> str:
        settings = "".join(f"{setting}, " for setting in self._said())
        return f"{type(self).__name__}({settings}epoch {self.last_epoch}, lr {self.optimizer.lr!r})"

    def get_last_lr(self) -> list[float]:
        """The rate, in a list as in torch."""
        return [float(self.optimizer.lr)]

    def robbins_siegmund(self) -> Conditions:
        """Which of two conditions the rates a_k meet: sum a_k = inf, and sum a_k² < inf; and why.

        With both, stochastic gradient descent on a (pseudo-)convex loss converges almost surely: the first lets it go
        any distance, the second lets the noise die out. A constant number of steps with each rate, as in an epoch, is a
        constant factor to both sums, and changes nothing.

        Source: Robbins and Monro, A stochastic approximation method, 1951; Robbins and Siegmund, A convergence theorem
        for non negative almost supermartingales, 1971.
        """
        raise NotImplementedError(f"{type(self).__name__} does not say; define robbins_siegmund")

    def meets_robbins_siegmund(self) -> bool | None:
        """Whether both conditions of `robbins_siegmund` hold; None where that cannot be decided."""
        first, second, _ = self.robbins_siegmund()
        return None if first is None or second is None else first and second

    def state_dict(self) -> dict[str, Any]:
        """Settings, epochs and rates, as JSON can hold them; functions are not among them."""
        return {"schedule": type(self).__name__, **self._saved(), "lr": float(self.optimizer.lr)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over settings, epochs and rates, that of the optimizer too; nothing is changed unless all can be.

        Raises:
            ValueError: it is the state of another class, or something is missing, unknown or out of its range.
            TypeError: something is of the wrong kind.
        """
        restored = self._restored(state, "schedule")
        lr = non_negative("lr", state.get("lr"))
        vars(self).update(vars(restored))
        self.optimizer.lr = lr

    def _set(self, lr: float) -> None:
        self.optimizer.lr = lr
        self.last_lr = lr


class ClosedForm(Schedule):
    """Base class of schedules whose rate is a formula of the epoch.

    Attributes:
        base_lr: the rate that the formula begins with, the optimiser's when the schedule was made.
    """

    base_lr: NonNegative

    def __post_init__(self) -> None:
        super().__post_init__()
        self.base_lr = self.last_lr
        self._set(self.rate(0))

    def rate(self, epoch: int) -> float:
        """The rate of an epoch, from 0, by `base_lr` and the settings."""
        raise NotImplementedError(f"{type(self).__name__} does not say its rate; define rate")

    def step(self) -> None:
        """An epoch is over: set the rate of the next."""
        lr = self.optimizer.lr
        changed = lr != self.last_lr
        if changed and lr:
            self.base_lr = self.base_lr * (lr / self.last_lr) if self.last_lr else lr
        new = self.rate(self.last_epoch + 1)
        self.last_epoch += 1
        if lr or not changed:  # a 0 from elsewhere stays until it is changed there
            self._set(new)
