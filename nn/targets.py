"""What the losses are given, checked: each fault is said with the loss's name and what was wanted.

Only numbers are looked at. A target may also be a `Value`, whose number is not known yet when a network is recorded.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from numbers import Integral, Real
from typing import Any, NoReturn

from autograd import Dual, Value
from nn.wording import counted, described, shortened


def length(x: Any) -> int | None:
    """How many there are in a list, tuple or array; None for a single thing, such as a text."""
    if isinstance(x, str | bytes):
        return None
    try:
        return len(x)
    except TypeError:
        return None


VALUES = Value, Dual
"""The numbers of autograd, for `isinstance`, which is faster with a tuple than with a union."""


def is_value(x: Any) -> bool:
    """Whether it is a number of autograd, which nothing may be decided by."""
    return isinstance(x, VALUES)


def is_number(x: Any) -> bool:
    """Whether it is a plain number; a bool is none."""
    return isinstance(x, Real) and not _is_bool(x)


def require_one(name: str, output: Any, target: Any, valid: Callable[[Any], bool], wanted: str) -> None:
    """ValueError for a list of outputs, or a target that is no Value and not valid; TypeError for no output."""
    n_outputs = length(output)
    if n_outputs is not None:
        raise ValueError(f"{name} takes one output, a Value, not a list of {n_outputs}")
    _require_outputs(name, [output])
    if not (is_value(target) or valid(target)):
        refuse(name, wanted, target)


def is_sign(target: Any) -> bool:
    """Whether it is -1 or 1."""
    return is_number(target) and target in (-1, 1)


def is_probability(target: Any) -> bool:
    """Whether it is a number from 0 to 1, or False or True."""
    return _is_bool(target) or (is_number(target) and 0 <= target <= 1)


def paired(name: str, output: Any, target: Any) -> list[tuple[Any, Any]]:
    """Each output with its target; ValueError unless these are finite numbers or Values, one for each."""
    outputs, targets = ([x] if length(x) is None else list(x) for x in (output, target))
    _require_as_many(name, outputs, targets)
    _require_outputs(name, outputs)
    for t in targets:
        if not (is_value(t) or (is_number(t) and math.isfinite(t))):
            refuse(name, "a finite number for each output", t)
    return list(zip(outputs, targets, strict=True))


def class_target(name: str, output: Sequence[Any], target: Any, instead: str) -> int | list[Any]:
    """The index of the class, also for its indicator in numbers; else the K probabilities, or Values in their place.

    ValueError unless the target is one of them, and for fewer than two outputs; `instead` is the loss for a single one.
    """
    n_classes = length(output)
    if n_classes is None or n_classes < 2:
        raise ValueError(f"{name} needs at least 2 outputs, one for each class; for a single output there is {instead}")
    _require_outputs(name, output)
    if length(target) is None:
        if not (isinstance(target, Integral) and is_number(target) and 0 <= int(target) < n_classes):
            refuse(name, f"the index of a class, an int from 0 to {n_classes - 1}", target)
        return int(target)
    _require_as_many(name, output, target)
    probabilities = list(target)
    if any(map(is_value, probabilities)):
        return probabilities
    if not (all(is_number(t) and t >= 0 for t in probabilities) and abs(math.fsum(probabilities) - 1.0) <= 1e-9):
        refuse(name, "probabilities that add up to 1", probabilities)
    is_indicator = probabilities.count(0) == n_classes - 1 and 1 in probabilities
    return probabilities.index(1) if is_indicator else [float(t) for t in probabilities]


def refuse(name: str, wanted: str, target: Any) -> NoReturn:
    """ValueError: what the target must be, and what came; of names and whole floats, how to make classes of them."""
    advice = ""
    if isinstance(target, str):
        advice = "; number the classes: names = sorted(set(targets)), then [names.index(t) for t in targets]"
    elif "class" in wanted and is_number(target) and not isinstance(target, Integral) and float(target).is_integer():
        advice = "; make them ints: [int(t) for t in targets]"
    raise ValueError(f"{name}: the target must be {wanted}, not {shortened(target)}{advice}")


def _is_bool(x: Any) -> bool:
    return isinstance(x, bool) or str(getattr(x, "dtype", "")) == "bool"  # NumPy's is no Python bool


def _require_outputs(name: str, outputs: Iterable[Any]) -> None:
    """TypeError for an output that is no number of any kind, such as the None of a model without `return`."""
    for output in outputs:
        if not hasattr(output, "__float__"):  # a Value has it too, to refuse with advice
            came = described(output)
            raise TypeError(f"{name} takes outputs that are Values, not {came}; look at what the model returns")


def _require_as_many(name: str, outputs: Any, targets: Any) -> None:
    if not len(outputs):
        raise ValueError(f"{name}: there are no outputs; wanted a Value, or a list of Values")
    if len(targets) != len(outputs):
        came = f"{counted(len(outputs), 'output')} but {counted(len(targets), 'target')}"
        raise ValueError(f"{name}: {came}; each output needs its target")
