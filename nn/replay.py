"""`Replay`: the engine that records the loss of one example once, and replays it over batches as NumPy arrays.

What cannot be recorded, or comes out differently for some example, is left to `Eager`; which of them worked, and why,
the engine says. How a tape computes, `autograd` knows.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from copy import copy
from typing import Any, NoReturn

from autograd import GuardError, RecordingWarning, Tape, Value, no_grad, record
from nn.arguments import require_value
from nn.clipping import clipped_norm, clipped_value
from nn.eager import Eager, measured
from nn.encoding import indicator, takes_class
from nn.history import Means
from nn.module import Module
from nn.optimizer import Optimizer
from nn.wording import shortened
from nn.work import Work

_COMPARED = 4
"""Of how many different targets an example is computed both ways."""


class CannotRecordError(ValueError):
    """The work has something that a tape cannot replay; the message says what."""


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
        _require_numpy()
        optimizer: Any = work.optimizer
        self._optimizer = optimizer
        self._numbers: Any = None
        self._gradient: Any = None
        _require_updates(optimizer)
        changed = list(optimizer.parameters)
        known = set(changed)
        self._parameters = changed + [p for p in work.model.parameters() if p not in known]
        self._n_changed = len(changed)
        self._penalty = None if work.penalty is None else recorded(self._penalty_of_all, parameters=self._parameters)
        self._training = _Recorded(work, self._parameters, inputs, targets, training=True)
        self._validation: _Recorded | None = None
        if validation is not None:
            try:
                self._validation = _Recorded(work, self._parameters, *validation, training=False)
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
            training.require_equal(training.first)
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
            gradient = gradient[:n]
            if work.clip_norm is not None:
                gradient, _ = clipped_norm(gradient, work.clip_norm)
            if work.clip_value is not None:
                gradient = clipped_value(gradient, work.clip_value)
            with work.uninterrupted:
                changed = self._optimizer.updated(self._numbers[:n], gradient)
                self._gradient = gradient
                if n == len(self._numbers):
                    self._numbers = changed
                else:
                    self._numbers[:n] = changed
        return cost

    def evaluate(self, inputs: Sequence[Any], targets: Sequence[Any]) -> dict[str, float]:
        """Mean loss and metrics; see `Engine`."""
        if self._eager is None and self._validation is not None and self._validation.is_of(inputs, targets):
            means = Means()
            with _in_mode(self.work.model, training=False):
                try:
                    values = self._validation.tape(self._validation.batch)
                except GuardError as error:
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
                for parameter, derivative in zip(self._parameters, self._gradient.tolist(), strict=False):
                    parameter.grad = derivative
            self._numbers = None

    def _penalty_of_all(self) -> Any:
        work = self.work
        penalty = work.penalty(work.model.parameters()) if work.penalty is not None else None
        require_value("the penalty", penalty, "a Value computed from the parameters, as nn.penalties.l2(0.01) does")
        return penalty

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


class _Recorded:
    """Examples, and the tape of one of them: its loss, and after it the outputs if metrics look at them."""

    def __init__(
        self, work: Work, parameters: Sequence[Value], inputs: Sequence[Any], targets: Sequence[Any], *, training: bool
    ) -> None:
        self._work = work
        self._inputs = inputs
        self._targets = targets
        self._output: Any = None
        """What the model gave for the first example."""
        self._n_classes = 0
        if takes_class(work.loss):
            with no_grad(), _in_mode(work.model, training=False):
                self._output = _attempted(work.model, inputs[0])
            self._require_flat()
            self._require_targets()
            self._n_classes = len(self._output) if isinstance(self._output, list | tuple) else 0
        encoded = [self._encoded(target) for target in targets]
        try:
            self.tape = self._recorded(encoded[0], parameters, training=training)
        except CannotRecordError:
            if self._output is not None:
                self._require_targets()
            raise
        self._require_targets()
        self._require_flat()
        self._kind = type(self._output) if isinstance(self._output, list | tuple) else None
        if self.tape.program.draws and self.tape.program.checks:
            line = self.tape.program.checks[0].line
            raise CannotRecordError(
                f"it draws random numbers, and decides by comparing (at {line}); only one of them can be replayed"
            )
        try:
            self.batch = self.tape.batch(inputs, encoded)
        except (TypeError, ValueError) as error:
            raise CannotRecordError(f"the examples are not rows of numbers of one shape ({error})") from error
        # What is drawn cannot be compared; what eval() gives can.
        self._compared_in_training = training and not self.tape.program.draws
        self._compared = (
            self._recorded(encoded[0], parameters, training=False) if self.tape.program.draws else self.tape
        )
        distinct = {repr(target): i for i, target in reversed([*enumerate(targets)])}
        self.first = self._prepared([0], encoded)
        self.require_equal(self._prepared(sorted({0, len(inputs) - 1, *[*distinct.values()][-_COMPARED:]}), encoded))

    def _recorded(self, target: Any, parameters: Sequence[Value], *, training: bool) -> Tape:
        with _in_mode(self._work.model, training):
            return recorded(self._loss_of_example, self._inputs[0], target, parameters=parameters)

    def is_of(self, inputs: Sequence[Any], targets: Sequence[Any]) -> bool:
        """Whether these are the examples that were prepared."""
        return inputs is self._inputs and targets is self._targets

    def measure(self, values: Any, indices: Iterable[int], means: Means) -> float:
        """Add losses and metrics of some examples to the means; the mean of their losses."""
        metrics = self._work.metrics
        losses = values[:, 0] if metrics else values
        if metrics:
            rows = zip(losses.tolist(), values[:, 1:].tolist(), indices, strict=True)
            for loss, numbers, i in rows:
                outputs = [*map(Value, numbers)]
                output: Any = outputs[0] if self._kind is None else self._kind(outputs)
                target = self._targets[i]
                means.add({"loss": loss} | {name: float(metric(output, target)) for name, metric in metrics.items()})
        else:
            means.extend("loss", losses.tolist())
        return float(losses.sum()) / len(losses)

    def _loss_of_example(self, x: Any, target: Any) -> Any:
        self._output = output = self._work.model(x)
        loss = self._loss(output, target)
        if not self._work.metrics:
            return loss
        return [loss, *(output if isinstance(output, list | tuple) else [output])]

    def _encoded(self, target: Any) -> Any:
        """What stands for a target in arrays: the numbers that it is, or the indicator vector of a class."""
        return indicator(target, self._n_classes) if self._n_classes and not hasattr(target, "__len__") else target

    def _loss(self, output: Any, target: Any) -> Value:
        loss = self._work.loss(output, target)
        require_value("the loss", loss, "a Value computed from the output, as nn.losses.squared_error does")
        return loss

    def _require_flat(self) -> None:
        """CannotRecordError unless the model's output is a Value, or a list or tuple of Values."""
        members = self._output if type(self._output) in {list, tuple} else [self._output]
        if not members or not all(isinstance(member, Value) for member in members):
            came = shortened(self._output)
            raise CannotRecordError(f"the model's output is {came}; wanted a Value or a list of Values")

    def _require_targets(self) -> None:
        """Let the loss refuse, before anything is replayed, each target that it refuses."""
        distinct = {repr(target): i for i, target in reversed([*enumerate(self._targets)])}
        for i in distinct.values():
            try:
                self._loss(self._output, self._targets[i])
            except Exception:  # noqa: BLE001 (anyone's loss; perhaps the output of another example is to blame)
                try:
                    self._eager_loss(i)
                except (TypeError, ValueError) as error:
                    if hasattr(error, "__notes__"):  # an operation outside its domain, which is met in training
                        raise CannotRecordError(f"{type(error).__name__}: {error}") from error
                    raise
                except Exception as error:
                    raise CannotRecordError(f"{type(error).__name__}: {error}") from error

    def _prepared(self, some: Sequence[int], encoded: Sequence[Any]) -> tuple[Sequence[int], Any]:
        """Some examples, by their indices, and the batch of them."""
        return some, self._compared.batch([self._inputs[i] for i in some], [encoded[i] for i in some])

    def require_equal(self, prepared: tuple[Sequence[int], Any]) -> None:
        """CannotRecordError unless these examples come out as they do eagerly."""
        some, batch = prepared
        if self._compared.program.draws:
            return
        try:
            values = self._compared(batch)
        except (GuardError, ArithmeticError, ValueError):
            return  # said if it happens in training
        losses = values[:, 0] if self._work.metrics else values
        with no_grad(), _in_mode(self._work.model, self._compared_in_training):
            for i, found in zip(some, losses.tolist(), strict=True):
                wanted = _attempted(self._eager_loss, i)
                if not (
                    math.isclose(found, wanted, rel_tol=1e-9, abs_tol=1e-9)
                    or (math.isnan(found) and math.isnan(wanted))
                ):
                    raise CannotRecordError(
                        f"the loss of example {i} is {wanted!r}, and {found!r} when it is replayed: something was"
                        " changed, drawn at random, or decided in a way that a recording cannot see, such as =="
                    )

    def raise_eagerly(self, indices: Iterable[int], error: Exception) -> NoReturn:
        """Raise what eager work raises for some of the examples, in its own words, where a replay has raised."""
        try:
            with no_grad():
                for i in indices:
                    self._eager_loss(i)
        except Exception as own:
            for note in getattr(error, "__notes__", []):
                own.add_note(note)
            raise
        raise error

    def _eager_loss(self, i: int) -> float:
        return self._loss(self._work.model(self._inputs[i]), self._targets[i]).data


def _attempted(function: Callable[..., Any], *arguments: Any) -> Any:
    """What a function gives; CannotRecordError in place of whatever it raises: eager work will raise that itself."""
    try:
        return function(*arguments)
    except RecordingWarning as warning:
        raise CannotRecordError(str(warning)) from None
    except Exception as error:
        raise CannotRecordError(f"{type(error).__name__}: {error}") from error


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
            _attempted(lambda: trial.updated(numbers, np.ones_like(numbers)))
        except CannotRecordError as error:
            raise CannotRecordError(f"the rule of {name} does not take arrays ({error})") from None


def _require_numpy() -> None:
    try:
        import numpy  # noqa: F401, ICN001, PLC0415 (optional)
    except ImportError:
        raise CannotRecordError("NumPy is not installed: pip install 'scalar-autograd[fast]'") from None


def recorded(function: Callable[..., Any], *arguments: Any, parameters: Sequence[Value]) -> Tape:
    """The tape of a function; CannotRecordError if it cannot be recorded, or would not replay what it does."""
    _require_numpy()
    with warnings.catch_warnings():
        warnings.simplefilter("error", RecordingWarning)
        tape: Tape = _attempted(lambda: record(function, *arguments, parameters=parameters))
        return tape


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
    with suppress(CannotRecordError, GuardError, ArithmeticError, TypeError, ValueError):  # eager work says it better
        return recorded(model, inputs[0], parameters=parameters)(inputs)
    with no_grad():
        found = np.array([_plain(model(x)) for x in inputs])
    return found if found.ndim == 1 else found.reshape(len(found), -1)


def _plain(output: Any) -> Any:
    """Numbers in place of the Values of an output."""
    if isinstance(output, Value):
        return output.data
    return [_plain(part) for part in output] if isinstance(output, Iterable) else output
