"""`RecordedExamples`: examples that are ready to be replayed, and what a replay of them is compared with.

It knows what `fit` gives for an example, loss and metrics, and nothing of steps, optimisers or epochs.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NoReturn

from autograd import GuardError, Value, no_grad, without_draws
from nn.arguments import measure, require_value, which_example
from nn.encoding import indicator, takes_class
from nn.history import Means
from nn.module import in_mode
from nn.recording import CannotRecordError, attempted, recorded, require_same
from nn.wording import shortened
from nn.work import Work

_COMPARED = 4
"""Of how many different targets an example is computed both ways."""


class RecordedExamples:
    """Examples, and the tape of one of them: its loss, and after it the outputs if metrics look at them."""

    def __init__(
        self, work: Work, parameters: Sequence[Value], inputs: Sequence[Any], targets: Sequence[Any], *, training: bool
    ) -> None:
        self._work = work
        self._inputs = inputs
        self._targets = targets
        self._training = training
        self._output: Any = None
        """What the model gave for the first example."""
        self._n_classes = 0
        if takes_class(work.loss):
            with no_grad(), in_mode(work.model, training=False):
                self._output = attempted(work.model, inputs[0])
            self._require_values()
            self._require_targets()
            self._n_classes = len(self._output) if isinstance(self._output, list | tuple) else 0
        encoded = [self._encoded(target) for target in targets]
        try:
            with in_mode(work.model, training):
                self.tape = recorded(self._loss_of_example, inputs[0], encoded[0], parameters=parameters)
        except CannotRecordError:
            if self._output is not None:
                self._require_targets()
            raise
        self._require_targets()
        self._require_values()
        if self.tape.program.draws and self.tape.program.checks:
            line = self.tape.program.checks[0].line
            raise CannotRecordError(
                f"it draws random numbers, and decides by comparing (at {line}); only one of them can be replayed"
            )
        try:
            self.batch = self.tape.batch(inputs, encoded)
        except (TypeError, ValueError) as error:
            raise CannotRecordError(f"the examples are not rows of numbers of one shape ({error})") from error
        distinct = {repr(target): i for i, target in reversed([*enumerate(targets)])}
        self._require_equal(sorted({0, len(inputs) - 1, *[*distinct.values()][-_COMPARED:]}))
        self._turns = itertools.cycle(range(len(inputs)))

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
                output, target = _rebuilt(self._output, iter(numbers)), self._targets[i]
                means.add(
                    {"loss": loss} | {name: measure(name, metric, output, target) for name, metric in metrics.items()}
                )
        else:
            means.extend("loss", losses.tolist())
        return float(losses.sum()) / len(losses)

    def _loss_of_example(self, x: Any, target: Any) -> Any:
        self._output = output = self._work.model(x)
        loss = self._loss(output, target)
        if not self._work.metrics:
            return loss
        return [loss, *_leaves(output)]

    def _encoded(self, target: Any) -> Any:
        """What stands for a target in arrays: the numbers that it is, or the indicator vector of a class."""
        return indicator(target, self._n_classes) if self._n_classes and not hasattr(target, "__len__") else target

    def _loss(self, output: Any, target: Any) -> Value:
        loss = self._work.loss(output, target)
        require_value("the loss", loss, "a Value computed from the output, as nn.losses.squared_error does")
        return loss

    def _require_values(self) -> None:
        """CannotRecordError unless the model's output is a Value, or Values in lists or tuples."""
        members = [*_leaves(self._output)]
        if not members or not all(isinstance(member, Value) for member in members):
            came = shortened(self._output)
            raise CannotRecordError(f"the model's output is {came}; wanted a Value, or lists of Values")

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
                    error.add_note(which_example(i, self._inputs[i], self._targets[i]))
                    raise
                except Exception as error:
                    raise CannotRecordError(f"{type(error).__name__}: {error}") from error

    def require_one_equal(self) -> None:
        """CannotRecordError unless an example, each time the next, comes out as it does eagerly."""
        self._require_equal([next(self._turns)])

    def _require_equal(self, some: Sequence[int]) -> None:
        """CannotRecordError unless these examples come out as they do eagerly; what is drawn is left out of it."""
        with without_draws(), no_grad(), in_mode(self._work.model, self._training):
            try:
                values = self.tape(self.batch[some])
            except (GuardError, ArithmeticError, ValueError):
                return  # said if it happens in training
            losses = values[:, 0] if self._work.metrics else values
            for i, found in zip(some, losses.tolist(), strict=True):
                require_same(f"the loss of example {i}", attempted(self._eager_loss, i), found)

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


def _leaves(output: Any) -> Iterator[Any]:
    """What an output consists of, in order."""
    if type(output) in {list, tuple}:
        for part in output:
            yield from _leaves(part)
    else:
        yield output


def _rebuilt(like: Any, numbers: Iterator[float]) -> Any:
    """An output of the same structure with these numbers, as Values."""
    return (
        type(like)([_rebuilt(part, numbers) for part in like]) if type(like) in {list, tuple} else Value(next(numbers))
    )
