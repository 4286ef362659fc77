"""`Replay`: the engine that records the loss of one example once, and replays it over batches as NumPy arrays.

What cannot be recorded, or comes out differently for some example, is left to `Eager`; which of them worked, and why,
the engine says. How a tape computes, `autograd` knows.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from autograd import GuardError, RecordingWarning, Tape, Value, no_grad, record
from nn.arguments import require_value
from nn.clipping import clipped_norm, clipped_value
from nn.eager import Eager
from nn.encoding import indicator, takes_class
from nn.history import Means
from nn.module import Module
from nn.work import Work


class CannotRecordError(ValueError):
    """The work has something that a tape cannot replay; the message says what."""


class Replay:
    """Records the loss of one example, and replays it over batches: as exact as `Eager`, and many times faster.

    Args:
        work: what to compute.
        inputs, targets: the examples; the first one is recorded.
        falls_back: whether `Eager` takes over where a comparison comes out differently than it was recorded.

    Raises:
        CannotRecordError: a tape cannot do this work.
    """

    def __init__(self, work: Work, inputs: Sequence[Any], targets: Sequence[Any], *, falls_back: bool) -> None:
        self.work = work
        self.reason = "tape: the loss of one example was recorded, and is replayed over batches"
        self._falls_back = falls_back
        self._eager: Eager | None = None
        self._prepared: list[tuple[Any, Any, Any]] = []
        self._tapes: dict[bool, Tape] = {}
        self._numbers: Any = None
        self._gradient: Any = None
        _require_updates(work.optimizer)
        changed = list(work.optimizer.parameters)
        known = set(changed)
        self._parameters = changed + [p for p in work.model.parameters() if p not in known]
        self._n_changed = len(changed)
        self._examples = _Examples(work, inputs[0], targets[0])
        self._penalty = None if work.penalty is None else self._recorded(self._penalty_of_parameters)
        self._tape(training=True)
        self._batch(inputs, targets)

    # --- what an engine does ---

    def step(self, inputs: Sequence[Any], targets: Sequence[Any], indices: Sequence[int], means: Means) -> float:
        """One step of the optimiser; see `Engine`."""
        if self._eager is None:
            try:
                return self._step(inputs, targets, indices, means)
            except GuardError as error:
                self._give_up(error)
        return self._fallback().step(inputs, targets, indices, means)

    def _step(self, inputs: Sequence[Any], targets: Sequence[Any], indices: Sequence[int], means: Means) -> float:
        work, tape = self.work, self._tape(training=True)
        if self._numbers is None:
            self._numbers = tape.read()
        batch = self._batch(inputs, targets)[indices]
        values, gradient = tape.values_and_grad(batch, parameters=self._numbers)
        losses = self._measure(values, [targets[i] for i in indices] if work.metrics else (), means)
        cost = float(losses.sum()) / len(losses)
        if self._penalty is not None:
            penalty, slope = self._penalty.value_and_grad(parameters=self._numbers)
            means.add({"penalty": penalty})
            cost += penalty
            gradient = gradient + slope
        if math.isfinite(cost):
            changed = self._numbers[: self._n_changed]
            gradient = gradient[: self._n_changed]
            if work.clip_norm is not None:
                gradient, _ = clipped_norm(gradient, work.clip_norm)
            if work.clip_value is not None:
                gradient = clipped_value(gradient, work.clip_value)
            with work.uninterrupted:
                changed = work.optimizer.updated(changed, gradient)
                if self._n_changed < len(self._parameters):
                    self._numbers[: self._n_changed] = changed
                else:
                    self._numbers = changed
                self._gradient = gradient
        return cost

    def evaluate(self, inputs: Sequence[Any], targets: Sequence[Any]) -> dict[str, float]:
        """Mean loss and metrics; see `Engine`."""
        if self._eager is None:
            means = Means()
            with _in_mode(self.work.model, training=False):
                try:
                    values = self._tape(training=False)(self._batch(inputs, targets))
                except GuardError as error:
                    self._give_up(error)
                else:
                    self._measure(values, targets, means)
                    return means.result()
        return self._fallback().evaluate(inputs, targets)

    def synchronize(self) -> None:
        """Write the numbers back to the parameters; they are read again before the next step."""
        if self._numbers is not None:
            self._tape(training=True).write(self._numbers)
            for parameter, derivative in zip(self._parameters, [] if self._gradient is None else self._gradient.tolist(),
                                             strict=False):
                parameter.grad = derivative
            self._numbers = None

    # --- the tapes ---

    def _tape(self, training: bool) -> Tape:
        """The tape of one example: its loss, and after it the outputs if metrics look at them."""
        if training not in self._tapes:
            with _in_mode(self.work.model, training):
                self._tapes[training] = self._recorded(self._loss_of_example, *self._examples.first)
        return self._tapes[training]

    def _loss_of_example(self, x: Any, target: Any) -> Any:
        output = self.work.model(x)
        loss = self.work.loss(output, target)
        require_value("the loss", loss, "a Value computed from the output, as nn.losses.squared_error does")
        if not self.work.metrics:
            return loss
        return [loss, *(output if isinstance(output, list | tuple) else [output])]

    def _penalty_of_parameters(self) -> Any:
        penalty = self.work.penalty(self.work.model.parameters()) if self.work.penalty is not None else None
        require_value("the penalty", penalty, "a Value computed from the parameters, as nn.penalties.l2(0.01) does")
        return penalty

    def _recorded(self, function: Callable[..., Any], *arguments: Any) -> Tape:
        return recorded(function, *arguments, parameters=self._parameters)

    def _batch(self, inputs: Sequence[Any], targets: Sequence[Any]) -> Any:
        """All examples as the tapes take them, prepared once."""
        for known_inputs, known_targets, batch in self._prepared:
            if known_inputs is inputs and known_targets is targets:
                return batch
        self._examples.require_targets(targets)
        try:
            batch = self._tape(training=True).batch(inputs, [self._examples.encoded(target) for target in targets])
        except (TypeError, ValueError) as error:
            raise CannotRecordError(f"the examples are not all of one shape ({error})") from error
        self._prepared.append((inputs, targets, batch))
        return batch

    def _measure(self, values: Any, targets: Sequence[Any], means: Means) -> Any:
        """Add losses and metrics to the means; the losses of all examples."""
        metrics = self.work.metrics
        if not metrics:
            means.extend("loss", values.tolist())
            return values
        means.extend("loss", values[:, 0].tolist())
        for numbers, target in zip(values[:, 1:].tolist(), targets, strict=True):
            outputs: Any = [*map(Value, numbers)]
            output = outputs if self._examples.has_many_outputs else outputs[0]
            for name, metric in metrics.items():
                means.add({name: float(metric(output, target))})
        return values[:, 0]

    # --- where it ends ---

    def _give_up(self, error: GuardError) -> None:
        if not self._falls_back:
            raise error
        self.synchronize()
        self.reason = f"eager, after a tape: {error}"
        self._eager = Eager(self.work)

    def _fallback(self) -> Eager:
        if self._eager is None:
            raise RuntimeError("the tape has not been given up")
        return self._eager


class _Examples:
    """How an example is given to a tape: its numbers as they are, a class as its indicator vector."""

    def __init__(self, work: Work, x: Any, target: Any) -> None:
        self._loss = work.loss
        with no_grad(), _in_mode(work.model, training=False):
            self._output = work.model(x)
        self.has_many_outputs = isinstance(self._output, list | tuple)
        self._n_classes = len(self._output) if self.has_many_outputs and takes_class(work.loss) else 0
        self.first = x, self.encoded(target)

    def encoded(self, target: Any) -> Any:
        """What stands for a target in arrays."""
        if self._n_classes and not hasattr(target, "__len__"):
            return indicator(target, self._n_classes)
        return target

    def require_targets(self, targets: Sequence[Any]) -> None:
        """Let the loss refuse, before anything is replayed, each target that it would refuse as a number."""
        distinct = {repr(target): target for target in targets}
        with no_grad():
            for target in distinct.values():
                self._loss(self._output, target)


@contextmanager
def _in_mode(model: Module, training: bool) -> Iterator[None]:
    """The model in `train()` or `eval()` mode, and then in its own again."""
    own = model.training
    model.train(training)
    try:
        yield
    finally:
        model.train(own)


def _require_updates(optimizer: Any) -> None:
    """CannotRecordError unless what the optimiser does to arrays is what it does to Values."""
    name = type(optimizer).__name__
    definers = [
        next((i for i, kind in enumerate(type(optimizer).__mro__) if method in vars(kind)), None)
        for method in ("step", "updated")
    ]
    if definers[1] is None:
        raise CannotRecordError(f"{name} has no updated(numbers, gradients), which changes arrays")
    if definers[0] is not None and definers[0] < definers[1]:
        raise CannotRecordError(f"{name} defines step(), but not updated(numbers, gradients), which changes arrays")


def recorded(function: Callable[..., Any], *arguments: Any, parameters: Sequence[Value]) -> Tape:
    """The tape of a function; CannotRecordError if it cannot be recorded, or would not replay what it does."""
    try:
        import numpy  # noqa: F401, ICN001, PLC0415 (optional)
    except ImportError:
        raise CannotRecordError("NumPy is not installed: pip install 'scalar-autograd[fast]'") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", RecordingWarning)
            return record(function, *arguments, parameters=parameters)
    except RecordingWarning as warning:
        raise CannotRecordError(str(warning)) from None
    except (TypeError, IndexError, AttributeError) as error:
        raise CannotRecordError(f"the function does not take Values in place of numbers ({error})") from error


def outputs(model: Callable[[Any], Any], inputs: Sequence[Any]) -> Any:
    """What a model gives for each input, as an array (n,) or (n, n_outputs): by a tape, else one by one.

    Args:
        model: a Module, in the mode in which it is.
        inputs: n rows of numbers.

    >>> from nn import MLP
    >>> outputs(MLP(2, [3, 1], "tanh", seed=0), [[0.0, 0.0], [1.0, 2.0]]).shape
    (2,)
    """
    import numpy as np  # noqa: PLC0415 (optional)

    parameters = model.parameters() if isinstance(model, Module) else []
    try:
        return recorded(model, inputs[0], parameters=parameters)(inputs)
    except (CannotRecordError, GuardError):
        pass
    with no_grad():
        found = [model(x) for x in inputs]
    return np.array([[y.data for y in row] if isinstance(row, list | tuple) else row.data for row in found])


