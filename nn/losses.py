"""Losses of one example: an output of the network, and its target, to one Value.

Each says which output unit it goes with. It knows nothing of batches: theirs is the mean, which `nn.fit` descends.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from numbers import Integral, Real
from typing import Any, NoReturn, TypeAlias

from autograd import Value, logsumexp, relu, softplus, square, total
from nn.wording import counted, shortened

Loss: TypeAlias = Callable[[Any, Any], Value]


def squared_error(output: Value | Sequence[Value], target: float | Sequence[float]) -> Value:
    """(output - target)**2, summed over the components if there are several. For a linear output.

    Args:
        output: one Value, or a list of them.
        target: a finite number, or as many of them, in the unit of the output.

    Raises:
        ValueError: a target that is no finite number, or not as many targets as outputs.

    >>> from autograd import Value
    >>> squared_error(Value(3.0), 1.0).data
    4.0
    """
    outputs, targets = _as_list(output), _as_list(target)
    _require_as_many("squared_error", outputs, targets)
    for t in targets:
        if not (_is_number(t) and math.isfinite(t)):
            _refuse("squared_error", "a finite number for each output", t)
    errors = [square(y - t) for y, t in zip(outputs, targets, strict=True)]
    error: Value = errors[0] if len(errors) == 1 else total(errors)
    return error


def hinge(output: Value, target: float) -> Value:
    """max(0, 1 - target output), the loss of support vector machines. For one linear output.

    Args:
        output: the score; its sign is the decision.
        target: -1 or 1.

    Raises:
        ValueError: another target, or a list of outputs.

    >>> from autograd import Value
    >>> hinge(Value(0.25), -1).data
    1.25
    """
    _require_one("hinge", output)
    if not (_is_number(target) and target in (-1, 1)):
        _refuse("hinge", "-1 or 1", target)
    loss: Value = relu(1.0 - target * output)
    return loss


def binary_cross_entropy_with_logits(output: Value, target: float) -> Value:
    """-t ln p - (1 - t) ln(1 - p) with p = sigmoid(output), in nats. For one linear output, the logit ln(p / (1 - p)).

    Computed as t softplus(-z) + (1 - t) softplus(z): finite for every finite z. Its derivative is sigmoid(z) - t.

    Args:
        output: the logit z.
        target: the probability t of class 1, between 0 and 1; mostly 0 or 1, or False or True.

    Raises:
        ValueError: another target, or a list of outputs.

    >>> from autograd import Value
    >>> z = Value(-800.0)
    >>> loss = binary_cross_entropy_with_logits(z, 1)
    >>> loss.backward()
    >>> loss.data, z.grad
    (800.0, -1.0)
    """
    _require_one("binary_cross_entropy_with_logits", output)
    if not (_is_bool(target) or (_is_number(target) and 0 <= target <= 1)):
        _refuse("binary_cross_entropy_with_logits", "a probability between 0 and 1", target)
    if target == 1:
        loss: Value = softplus(-output)
    elif target == 0:
        loss = softplus(output)
    else:
        loss = target * softplus(-output) + (1.0 - target) * softplus(output)
    return loss


def cross_entropy(output: Sequence[Value], target: int | Sequence[float]) -> Value:
    """-sum of t_c ln p_c with p = softmax(output), in nats. For K linear outputs, the logits.

    -ln p_c is the logsumexp of 0 and the differences z_k - z_c to the other logits: exact for sure predictions, and
    finite wherever -ln p_c is a float. The derivative with respect to z_k is p_k - t_k, finite for all finite logits.

    Args:
        output: the K >= 2 logits z.
        target: the index of the class, from 0; or K probabilities that add up to 1.

    Raises:
        ValueError: another target, or fewer than two logits.

    >>> from autograd import Value
    >>> cross_entropy([Value(1000.0), Value(0.0)], 1).data
    1000.0
    """
    n_classes = _length(output)
    if n_classes is None or n_classes < 2:
        raise ValueError(
            "cross_entropy needs the logits of at least 2 classes, one output each;"
            " for a single output there is binary_cross_entropy_with_logits"
        )
    if _length(target) is not None:
        probabilities: Any = target
        _require_as_many("cross_entropy", output, probabilities)
        numbers = all(_is_number(t) and t >= 0 for t in probabilities)
        if not (numbers and abs(math.fsum(probabilities) - 1.0) <= 1e-9):
            _refuse("cross_entropy", "probabilities that add up to 1", probabilities)
        loss: Value = total([_surprise(output, c, float(t)) for c, t in enumerate(probabilities) if t])
        return loss
    index: Any = target
    if not (isinstance(index, Integral) and _is_number(index) and 0 <= int(index) < n_classes):
        _refuse("cross_entropy", f"the index of a class, an int from 0 to {n_classes - 1}", index)
    return _surprise(output, int(index))


def _surprise(output: Sequence[Value], c: int, weight: float = 1.0) -> Value:
    """-weight ln p_c."""
    true = output[c]
    differences = [z - true for k, z in enumerate(output) if k != c]
    if any(difference > sys.float_info.max for difference in differences):
        # Logits of +-1e308: -ln p_c is beyond the floats, but its derivatives are not.
        beyond: Value = weight * logsumexp(output) - weight * true
        return beyond
    loss: Value = logsumexp([0.0, *differences])
    return loss if weight == 1.0 else weight * loss


def _length(x: Any) -> int | None:
    """How many there are in a list, tuple or array; None for a single thing."""
    try:
        return len(x)
    except TypeError:
        return None


def _as_list(x: Any) -> list[Any]:
    return [x] if _length(x) is None else list(x)


def _is_bool(x: Any) -> bool:
    return isinstance(x, bool) or str(getattr(x, "dtype", "")) == "bool"  # NumPy's is no Python bool


def _is_number(x: Any) -> bool:
    return isinstance(x, Real) and not _is_bool(x)


def _require_as_many(name: str, outputs: Any, targets: Any) -> None:
    if len(targets) != len(outputs):
        came = f"{counted(len(outputs), 'output')} but {counted(len(targets), 'target')}"
        raise ValueError(f"{name}: {came}; each output needs its target")


def _require_one(name: str, output: Any) -> None:
    n_outputs = _length(output)
    if n_outputs is not None:
        raise ValueError(f"{name} takes one output, a Value, not a list of {n_outputs}")


def _refuse(name: str, wanted: str, target: Any) -> NoReturn:
    raise ValueError(f"{name}: the target must be {wanted}, not {shortened(target)}")
