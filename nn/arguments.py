"""What `fit` and `evaluate` are given, checked before anything is computed: each fault is said with what was wanted.

It knows the kinds of the arguments, not what is done with them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from numbers import Real
from typing import Any, Protocol, TypeAlias

from autograd import Value
from nn.wording import shortened

Examples: TypeAlias = tuple[Sequence[Any], Sequence[Any]]

Metric: TypeAlias = Callable[[Any, Any], float]
"""`(output, target) -> number` for one example, such as 1.0 for a right decision; its mean is reported."""


class Optimizer(Protocol):
    """What `fit` asks of an optimiser."""

    def zero_grad(self) -> None:
        """Set the `.grad` of every parameter to 0."""

    def step(self) -> None:
        """Change every parameter once, by its `.grad`."""


def require_examples(inputs: Sequence[Any], targets: Sequence[Any]) -> int:
    """How many examples there are; ValueError for none, or for lengths that do not match."""
    if len(inputs) != len(targets):
        raise ValueError(f"{len(inputs)} inputs but {len(targets)} targets; each example needs both")
    if not len(inputs):
        raise ValueError("there are no examples: inputs and targets are empty")
    return len(inputs)


def require_pair(validation: Any) -> None:
    """TypeError unless the validation examples are a pair, inputs and targets."""
    is_pair = isinstance(validation, tuple | list) and len(validation) == 2
    if not is_pair or not all(hasattr(part, "__len__") for part in validation):
        _refuse("validation", validation, "a pair of inputs and targets, such as validation=(inputs, targets)")


def require_loss(loss: Any) -> None:
    """TypeError unless a loss can be called."""
    if not callable(loss):
        _refuse("loss", loss, "a function (output, target) -> Value, such as nn.losses.squared_error")


def require_value(loss: Any) -> None:
    """TypeError unless what a loss has returned is a Value."""
    if not isinstance(loss, Value):
        wanted = "a Value computed from the output, as nn.losses.squared_error(output, target) is"
        _refuse("what the loss returned", loss, wanted)


def require_metrics(metrics: Any) -> None:
    """TypeError unless metrics are functions by name; ValueError for the name of a column that `fit` makes."""
    if not isinstance(metrics, Mapping) or not all(isinstance(name, str) for name in metrics):
        _refuse("metrics", metrics, 'functions by name, such as metrics={"error": lambda y, t: abs(y.data - t)}')
    for name, metric in metrics.items():
        if not callable(metric):
            _refuse(f"the metric {name!r}", metric, "a function (output, target) -> number")
        if name in {"epoch", "loss", "seconds"} or name.startswith("validation_"):
            raise ValueError(f"the metric {name!r} has the name of a column that fit makes itself; rename it")


def require_optimizer(optimizer: Any, parameters: Sequence[Value]) -> None:
    """TypeError unless it is an optimiser; ValueError if it says what it changes, and none of it is the model's."""
    example = "such as SGD(model.parameters(), lr=0.1)"
    if isinstance(optimizer, type):
        raise TypeError(f"optimizer is the class {optimizer.__name__}; wanted an instance of it, {example}")
    if not all(callable(getattr(optimizer, name, None)) for name in ("zero_grad", "step")):
        _refuse("optimizer", optimizer, f"something with zero_grad() and step(), {example}")
    changed = getattr(optimizer, "parameters", None)
    if isinstance(changed, Collection) and {id(p) for p in changed}.isdisjoint(map(id, parameters)):
        raise ValueError(
            "the optimizer changes no parameter of this model, which would not be trained;"
            f" make the optimizer from this model's parameters, {example}"
        )


def require_finite(what: str, examples: Sequence[Any]) -> None:
    """ValueError for the first NaN or infinity in examples that are real numbers or sequences of them.

    >>> require_finite("inputs", [[0.0, 1.0], [2.0, math.nan]])
    Traceback (most recent call last):
    ValueError: inputs[1], column 1, is nan; wanted finite numbers: mend it, or take the example out
    """
    for i in range(len(examples)):  # by index, as training takes them
        example = examples[i]
        if isinstance(example, Real):
            found = "" if _is_finite(example) else f"{what}[{i}] is {float(example)}"
        elif isinstance(example, Mapping | str) or not (
            hasattr(example, "__len__") and hasattr(example, "__getitem__")
        ):
            continue
        else:
            wrong = ((k, x) for k, x in enumerate(example) if isinstance(x, Real) and not _is_finite(x))
            found = next((f"{what}[{i}], column {k}, is {float(x)}" for k, x in wrong), "")
        if found:
            raise ValueError(f"{found}; wanted finite numbers: mend it, or take the example out")


def _is_finite(x: Any) -> bool:
    return -math.inf < x < math.inf  # math.isfinite would not take an int beyond the floats


def _refuse(name: str, came: object, wanted: str) -> None:
    raise TypeError(f"{name} is {shortened(came)}, a {type(came).__name__}; wanted {wanted}")
