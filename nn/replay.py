"""`Replay`: the engine that records the loss of one example once, and replays it over batches as NumPy arrays.

What cannot be recorded, or comes out differently for some example, is left to `Eager`; which of them worked, and why,
the engine says. How a tape computes, `autograd` knows.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from copy import copy
from typing import Any

from autograd import GuardError, no_grad
from nn.arguments import require_value
from nn.clipping import clipped_norm, clipped_value
from nn.eager import Eager, measured
from nn.examples import RecordedExamples
from nn.history import Means
from nn.module import in_mode
from nn.optimizer import Optimizer
from nn.recording import CannotRecordError, attempted, recorded, require_numpy, require_same
from nn.work import Work


class Replay:
    """Records the loss of one example, and replays it over batches: as exact as `Eager`, and many times faster.

    Before it is relied on, replays of a few examples are compared with eager work: what a recording cannot see, such as
    a decision by `==`, shows there.

    Args:
        work: what to compute.
        inputs: the examples; the first one is recorded.
        targets: theirs.
        validation: other examples, inputs and targets, if any are to be measured.
        falls_back: whether `Eager` takes over where the tape cannot go on; else that is an error.

    Raises:
        CannotRecordError: a tape cannot do this work.
    """

    def __init__(
        self,
        work: Work,
        inputs: Sequence[Any],
        targets: Sequence[Any],
        validation: tuple[Sequence[Any], Sequence[Any]] | None = None,
        *,
        falls_back: bool,
    ) -> None:
        self.work = work
        self.reason = "tape: the loss of one example was recorded, and is replayed over batches"
        self._falls_back = falls_back
        self._eager: Eager | None = None
        require_numpy()
        optimizer: Any = work.optimizer
        self._optimizer = optimizer
        self._numbers: Any = None
        self._gradient: Any = None
        _require_updates(optimizer)
        changed = list(optimizer.parameters)
        known = set(changed)
        self._of_model = work.model.parameters()
        self._parameters = changed + [p for p in self._of_model if p not in known]
        self._n_changed = len(changed)
        self._penalty = None if work.penalty is None else recorded(self._penalty_of_all, parameters=self._parameters)
        self._training = RecordedExamples(work, self._parameters, inputs, targets, training=True)
        self._validation: RecordedExamples | None = None
        if validation is not None:
            try:
                self._validation = RecordedExamples(work, self._parameters, *validation, training=False)
            except CannotRecordError as error:
                if not falls_back:
                    raise
                self.reason += f"; the validation examples eagerly: {error}"

    def step(self, inputs: Sequence[Any], targets: Sequence[Any], indices: Sequence[int], means: Means) -> float:
        """One step of the optimiser; see `Engine`."""
        if self._eager is None and self._training.is_of(inputs, targets):
            try:
                return self._step(indices, means)
            except (GuardError, CannotRecordError) as error:
                self._give_up(error)
            except (ArithmeticError, ValueError) as error:
                self.synchronize()
                self._training.raise_eagerly(indices, error)
        return self._fallback().step(inputs, targets, indices, means)

    def _step(self, indices: Sequence[int], means: Means) -> float:
        work, training = self.work, self._training
        if self._numbers is None:  # an epoch begins; others have had the model in their hands
            training.require_one_equal()
            self._require_equal_penalty()
            self._numbers = training.tape.read()
        values, gradient = training.tape.values_and_grad(training.batch[indices], parameters=self._numbers)
        penalty, slope = (0.0, 0.0) if self._penalty is None else self._penalty.value_and_grad(parameters=self._numbers)
        cost = training.measure(values, indices, means)
        if self._penalty is not None:
            means.add({"penalty": penalty})
            cost += penalty
            gradient = gradient + slope
        if math.isfinite(cost):
            n = self._n_changed
            gradient, frozen = gradient[:n], gradient[n:]
            if work.clip_norm is not None:
                gradient, _ = clipped_norm(gradient, work.clip_norm)
            if work.clip_value is not None:
                gradient = clipped_value(gradient, work.clip_value)
            with work.uninterrupted:
                changed = self._optimizer.updated(self._numbers[:n], gradient)
                self._gradient = (gradient, frozen)
                if n == len(self._numbers):
                    self._numbers = changed
                else:
                    self._numbers[:n] = changed
        return cost

    def evaluate(self, inputs: Sequence[Any], targets: Sequence[Any]) -> dict[str, float]:
        """Mean loss and metrics; see `Engine`."""
        if self._eager is None and self._validation is not None and self._validation.is_of(inputs, targets):
            means = Means()
            with in_mode(self.work.model, training=False):
                try:
                    self._validation.require_one_equal()
                    values = self._validation.tape(self._validation.batch)
                except (GuardError, CannotRecordError) as error:
                    self._give_up(error)
                else:
                    self._validation.measure(values, range(len(inputs)), means)
                    return means.result()
        return measured(self.work.model, inputs, targets, self.work.loss, self.work.metrics)

    def synchronize(self) -> None:
        """Write the numbers back to the parameters; they are read again before the next step."""
        if self._numbers is not None:
            self._training.tape.write(self._numbers)
            if self._gradient is not None:
                derivatives = [x for part in self._gradient for x in part.tolist()]
                for parameter, derivative in zip(self._parameters, derivatives, strict=True):
                    parameter.grad = derivative
            self._numbers = None

    def _penalty_of_all(self) -> Any:
        work = self.work
        penalty = work.penalty(self._of_model) if work.penalty is not None else None
        require_value("the penalty", penalty, "a Value computed from the parameters, as nn.penalties.l2(0.01) does")
        return penalty

    def _require_equal_penalty(self) -> None:
        """CannotRecordError unless the penalty is what it is eagerly: a callback may have changed its coefficient."""
        if self._penalty is not None:
            with no_grad():
                wanted = self._penalty_of_all().data
            require_same("the penalty", wanted, float(self._penalty()[0]))

    def _give_up(self, error: Exception) -> None:
        if not self._falls_back:
            raise type(error)(f"{error}; engine='auto' goes on without the tape", *error.args[1:]) from None
        self.synchronize()
        self.reason = f"eager, after a tape: {error}"
        self._eager = Eager(self.work)

    def _fallback(self) -> Eager:
        if self._eager is None:
            self._eager = Eager(self.work)
        return self._eager


def _require_updates(optimizer: Any) -> None:
    """CannotRecordError unless what the optimiser does to arrays is what it does to Values."""
    name = type(optimizer).__name__
    if "step" in vars(optimizer) or not isinstance(getattr(optimizer, "parameters", None), Collection):
        raise CannotRecordError(f"{name} has a step() of its own, or does not say its parameters")
    definers = [
        next((i for i, kind in enumerate(type(optimizer).__mro__) if method in vars(kind)), None)
        for method in ("step", "updated")
    ]
    if definers[1] is None:
        raise CannotRecordError(f"{name} has no updated(numbers, gradients), which changes arrays")
    if definers[0] is not None and definers[0] < definers[1]:
        raise CannotRecordError(f"{name} defines step(), but not updated(numbers, gradients), which changes arrays")
    if isinstance(optimizer, Optimizer) and type(optimizer).__module__ != "nn.optim":  # somebody's rule: try it
        trial = copy(optimizer)
        trial.load_state_dict(optimizer.state_dict())
        import numpy as np  # noqa: PLC0415 (optional)

        numbers = np.array([p.data for p in optimizer.parameters])
        try:
            attempted(lambda: trial.updated(numbers, np.ones_like(numbers)))
        except CannotRecordError as error:
            raise CannotRecordError(f"the rule of {name} does not take arrays ({error})") from None
