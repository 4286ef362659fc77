"""What `fit` and `evaluate` are given, checked before anything is computed: each fault is said with what was wanted.

It knows the kinds of the arguments, not what is done with them.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from numbers import Integral, Real
from typing import Any, Protocol, TypeAlias

from autograd import Value
from nn.module import Module
from nn.wording import described, require, require_flag, shortened

Examples: TypeAlias = tuple[Sequence[Any], Sequence[Any]]

Metric: TypeAlias = Callable[[Any, Any], float]
"""`(output, target) -> number` for one example, such as 1.0 for a right decision; its mean is reported."""


class Optimizer(Protocol):
    """What `fit` asks of an optimiser."""

    def zero_grad(self) -> None:
        """Set the `.grad` of every parameter to 0."""

    def step(self) -> None:
        """Change every parameter once, by its `.grad`."""


class Schedule(Protocol):
    """What `fit` asks of a schedule: `step()`, called after each epoch, or `step(metric)` if it wants to know one."""

    step: Callable[..., Any]


def require_examples(inputs: Sequence[Any], targets: Sequence[Any], validation: Any = None) -> int:
    """How many examples there are to train on.

    TypeError for what cannot be taken by position; ValueError for none, lengths that do not match, NaN or infinity.
    """
    n = require_as_many("", inputs, targets)
    named = {"inputs": inputs, "targets": targets}
    if validation is not None:
        if not (isinstance(validation, tuple | list) and len(validation) == 2):
            _refuse("validation", validation, _PAIR)
        require_as_many("validation ", *validation)
        named |= {"validation inputs": validation[0], "validation targets": validation[1]}
    for name, examples in named.items():
        require_finite(name, examples)
    return n


_PAIR = "a pair of inputs and targets, such as validation=(inputs, targets)"


def require_plan(numbers: Mapping[str, Any], seed: Any, flags: Mapping[str, Any]) -> None:
    """TypeError or ValueError unless the numbers are ints of at least 1, the seed is an int and the flags are bools."""
    for name, number in numbers.items():
        require(name, number, Integral, lambda k: k >= 1, "an int of at least 1")
    require("seed", seed, Integral, lambda _: True, "an int")
    for name, flag in flags.items():
        require_flag(name, flag)


def require_as_many(which: str, inputs: Sequence[Any], targets: Sequence[Any]) -> int:
    """How many examples there are; errors as for `require_examples`. `which` is put before the names."""
    for name, examples in {f"{which}inputs": inputs, f"{which}targets": targets}.items():
        require_rows(name, examples)
    if len(inputs) != len(targets):
        raise ValueError(f"{len(inputs)} {which}inputs but {len(targets)} {which}targets; each example needs both")
    if not len(inputs):
        raise ValueError(f"there are no {which}examples: inputs and targets are empty")
    return len(inputs)


def require_rows(name: str, examples: Any) -> None:
    """TypeError unless examples can be taken by position."""
    if hasattr(examples, "iloc"):  # pandas: [i] would look for the label i, perhaps that of another row
        _refuse(name, examples, "a list or an array: give .to_numpy()")
    if isinstance(examples, Mapping | str) or not _is_sequence(examples):
        _refuse(name, examples, "a list of examples, or an array with a row for each")


def _is_sequence(x: Any) -> bool:
    try:
        len(x)  # an array without dimensions has __len__, and no length
    except TypeError:
        return False
    return hasattr(x, "__getitem__")


def require_callable(name: str, function: Any, wanted: str) -> None:
    """TypeError unless an argument can be called."""
    if not callable(function):
        _refuse(name, function, wanted)


def require_loss(loss: Any) -> None:
    """TypeError unless a loss can be called."""
    require_callable("loss", loss, "a function (output, target) -> Value, such as nn.losses.squared_error")


def require_value(what: str, came: Any, wanted: str) -> None:
    """TypeError unless what a loss or penalty has returned is a Value."""
    if not isinstance(came, Value):
        advice = "; in place of max(0, x) write autograd.relu(x)" if came in (0, 0.0) else ""
        _refuse(f"what {what} returned", came, wanted + advice)


def require_model(model: Any) -> list[Value]:
    """The parameters to be trained; TypeError unless it is a Module, ValueError if one is NaN or infinite."""
    if not isinstance(model, Module):
        raise TypeError(f"fit trains a Module, which has parameters, not {type(model).__name__}")
    for module in model.modules():
        for name, members in vars(module).items():
            if isinstance(members, list) and any(isinstance(x, Value) for x in members):
                _require_values(f"{name} of {module!r}", members)
    for name, parameter in model.named_parameters():
        if not math.isfinite(parameter.data):
            raise ValueError(f"the parameter {name} is {parameter.data!r} before training; wanted a finite number")
    return model.parameters()


def _require_values(where: str, members: Sequence[Any]) -> None:
    """TypeError for a plain number among parameters, which training would leave as it is."""
    for i, x in enumerate(members):
        if isinstance(x, Real):
            remedy = f"put a Value there, and change its number by .data = {shortened(x)}"
            raise TypeError(f"element {i} of {where} is a plain number among parameters: {shortened(x)}; {remedy}")


def require_penalty(penalty: Any) -> None:
    """TypeError unless a penalty can be called, or is None."""
    if penalty is not None and not callable(penalty):
        _refuse("penalty", penalty, "a function (parameters) -> Value, such as nn.penalties.l2(0.01)")


def require_metrics(metrics: Any) -> None:
    """TypeError unless metrics are functions by name; ValueError for the name of a column that `fit` makes."""
    if not isinstance(metrics, Mapping) or not all(isinstance(name, str) for name in metrics):
        _refuse("metrics", metrics, 'functions by name, such as metrics={"accuracy": nn.metrics.accuracy}')
    for name, metric in metrics.items():
        if not callable(metric):
            _refuse(f"the metric {name!r}", metric, "a function (output, target) -> number")
        if name in {"epoch", "loss", "lr", "penalty", "seconds"} or name.startswith("validation_"):
            raise ValueError(f"the metric {name!r} has the name of a column that fit makes itself; rename it")


def require_optimizer(optimizer: Any, parameters: Sequence[Value]) -> None:
    """TypeError unless it is an optimiser; ValueError if it says what it changes, and none of it is the model's."""
    example = "such as SGD(model.parameters(), lr=0.1)"
    if isinstance(optimizer, type):
        raise TypeError(f"optimizer is the class {optimizer.__name__}; wanted an instance of it, {example}")
    if not all(callable(getattr(optimizer, name, None)) for name in ("zero_grad", "step")):
        _refuse("optimizer", optimizer, f"something with zero_grad() and step(), {example}")
    if {id(p) for p in changed_by(optimizer, parameters)}.isdisjoint(map(id, parameters)):
        raise ValueError(
            "the optimizer changes no parameter of this model, which would not be trained;"
            f" make the optimizer from this model's parameters, {example}"
        )


def changed_by(optimizer: Any, parameters: Sequence[Value]) -> Collection[Value]:
    """The parameters that an optimiser changes: its own, or all that there are if it does not say."""
    changed = getattr(optimizer, "parameters", None)
    return changed if isinstance(changed, Collection) else parameters


def require_schedule(schedule: Any, optimizer: Any) -> None:
    """TypeError unless it is a schedule or None; ValueError if it, or the optimiser, would not change the rate."""
    example = "such as schedule=StepLR(optimizer, step_size=10), and that optimizer for fit too"
    if isinstance(schedule, type):
        raise TypeError(f"schedule is the class {schedule.__name__}; wanted an instance of it, {example}")
    if schedule is None:
        return
    if not callable(getattr(schedule, "step", None)):
        _refuse("schedule", schedule, f"something with step(), {example}")
    if getattr(schedule, "optimizer", optimizer) is not optimizer:
        raise ValueError(f"the schedule changes the rate of another optimizer than that of fit; wanted one, {example}")
    if not isinstance(getattr(optimizer, "lr", None), Real):
        _refuse("optimizer", optimizer, "one with a number `lr`, which is what a schedule changes")
    if wants_metric(schedule) and getattr(schedule, "mode", "min") == "max":
        raise ValueError(
            "the schedule waits for a metric to grow (mode='max'), but fit gives it a loss; wanted mode='min', or,"
            " for a metric of yours, callbacks=[lambda training: schedule.step(training.row['validation_accuracy'])]"
        )


def wants_metric(schedule: Schedule) -> bool:
    """Whether `schedule.step` must be given a number, as that of ReduceLROnPlateau."""
    return _takes(schedule.step, 0) is False


def require_clipping(clip_norm: Any, clip_value: Any) -> None:
    """TypeError or ValueError unless one of both is a bound for the gradient, or none."""
    for name, bound in {"clip_norm": clip_norm, "clip_value": clip_value}.items():
        if bound is not None:
            require(name, bound, Real, lambda x: 0.0 < x < math.inf, "a finite number above 0, or None")
    if clip_norm is not None and clip_value is not None:
        raise ValueError("clip_norm and clip_value are both given; wanted one of them, or none")


def require_callbacks(callbacks: Any) -> None:
    """TypeError unless callbacks are a list of functions of one argument."""
    if not isinstance(callbacks, list | tuple):
        _refuse("callbacks", callbacks, "a list, such as callbacks=[nn.EarlyStopping(patience=5)]")
    for i, callback in enumerate(callbacks):
        if isinstance(callback, type):
            raise TypeError(f"callbacks[{i}] is the class {callback.__name__}; wanted an instance of it")
        if not callable(callback) or _takes(callback, 1) is False:
            _refuse(f"callbacks[{i}]", callback, "a function of one argument, an nn.Training")


def _takes(function: Callable[..., Any], n: int) -> bool | None:
    """Whether a function can be called with n arguments; None if it does not say."""
    try:
        inspect.signature(function).bind(*range(n))
    except TypeError:
        return False
    except ValueError:
        return None
    return True


def which_example(i: int, x: Any, target: Any) -> str:
    """What is noted on an error that comes of one example."""
    return f"in example {i}, whose input is {shortened(x)}, and target {shortened(target)}"


def measure(name: str, metric: Metric, output: Any, target: Any) -> float:
    """What a metric gives for one example; TypeError if that is no number."""
    came = metric(output, target)
    if isinstance(came, Real):
        return float(came)
    try:
        return float(came)  # an array of one number, say
    except (TypeError, ValueError) as error:
        advice = "; its number is .data" if isinstance(came, Value) else ""
        wanted = f"a number{advice}"
        raise TypeError(f"the metric {name!r} returned {described(came)}; wanted {wanted}") from error


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
    raise TypeError(f"{name} is {described(came)}; wanted {wanted}")
