"""Recording for networks: the tape of a function, or the reason why there is none; a model's outputs for many inputs.

How a tape computes, `autograd` knows; what is done with one in training, `nn.replay`.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any

from autograd import GuardError, RecordingWarning, Tape, Value, no_grad, record, without_draws
from nn.arguments import require_rows
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


def require_same(what: str, wanted: float, found: float) -> None:
    """CannotRecordError unless a replay has found what eager work gives, but for rounding."""
    if not math.isclose(found, wanted, rel_tol=1e-9, abs_tol=1e-9) and repr(found) != repr(wanted):
        raise CannotRecordError(
            f"{what} is {wanted!r}, and {found!r} when it is replayed: something was changed, drawn at random, or"
            " decided in a way that a recording cannot see, such as =="
        )


def outputs(model: Callable[[Any], Any], inputs: Sequence[Any]) -> Any:
    """What a model gives for each input, as an array (n,) or (n, n_outputs): by a tape, else one by one.

    The first and the last are computed both ways; where that differs, all are computed one by one.

    Args:
        model: a Module, in the mode in which it is, or a function of one input.
        inputs: n rows of numbers, at least one.

    Raises:
        TypeError: the inputs cannot be taken by position, as those of a DataFrame.
        ValueError: there are none.

    >>> from nn import MLP
    >>> outputs(MLP(2, [3, 1], "tanh", seed=0), [[0.0, 0.0], [1.0, 2.0]]).shape
    (2,)
    """
    import numpy as np  # noqa: PLC0415 (optional)

    require_rows("inputs", inputs)
    if not len(inputs):
        raise ValueError("there are no inputs; wanted at least one")
    parameters = model.parameters() if isinstance(model, Module) else []
    with suppress(CannotRecordError, GuardError, ArithmeticError, TypeError, ValueError):  # eager work says it better
        tape = recorded(model, inputs[0], parameters=parameters)
        some = [inputs[0], inputs[-1]]
        with without_draws(), no_grad():
            for x, replayed in zip(some, tape(some).reshape(2, -1).tolist(), strict=True):
                for wanted, found in zip(np.ravel(_plain(model(x))), replayed, strict=True):
                    require_same("an output", float(wanted), found)
        return tape(inputs)
    with no_grad():
        found = np.array([_plain(model(x)) for x in inputs])
    return found if found.ndim == 1 else found.reshape(len(found), -1)


def _plain(output: Any) -> Any:
    """Numbers in place of the Values of an output."""
    if isinstance(output, Value):
        return output.data
    return [_plain(part) for part in output] if isinstance(output, Iterable) else output
