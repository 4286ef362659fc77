"""Recording for networks: the tape of a function, or the reason why there is none; a model's outputs for many inputs.

How a tape computes, `autograd` knows; what is done with one in training, `nn.replay`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from autograd import GuardError, RecordingWarning, Tape, Value, no_grad, record
from nn.module import Module


class CannotRecordError(ValueError):
    """The work has something that a tape cannot replay; the message says what."""


def recorded(function: Callable[..., Any], *arguments: Any, parameters: Sequence[Value]) -> Tape:
    """The tape of a function; CannotRecordError if it cannot be recorded, or would not replay what it does."""
    require_numpy()
    with warnings.catch_warnings():
        warnings.simplefilter("error", RecordingWarning)
        tape: Tape = attempted(lambda: record(function, *arguments, parameters=parameters))
        return tape


def attempted(function: Callable[..., Any], *arguments: Any) -> Any:
    """What a function gives; CannotRecordError in place of whatever it raises: eager work will raise that itself."""
    try:
        return function(*arguments)
    except RecordingWarning as warning:
        raise CannotRecordError(str(warning)) from None
    except Exception as error:
        raise CannotRecordError(f"{type(error).__name__}: {error}") from error


def require_numpy() -> None:
    """CannotRecordError without NumPy."""
    try:
        import numpy  # noqa: F401, ICN001, PLC0415 (optional)
    except ImportError:
        raise CannotRecordError("NumPy is not installed: pip install 'scalar-autograd[fast]'") from None


@contextmanager
def in_mode(model: Module, training: bool) -> Iterator[None]:
    """The model in `train()` or `eval()` mode, and then in its own again."""
    own = model.training
    try:
        model.train(training)
        yield
    finally:
        model.train(own)


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
