"""`accuracy`: what `fit` and `evaluate` can report beside the loss. Other metrics are functions of your own.

It sees the output and the target of one example; what is trained, and by which loss, it does not know.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan
from typing import Any

from autograd import Value
from nn.encoding import argmax, threshold
from nn.targets import class_target, is_probability, is_sign, length, refuse

__all__ = ["accuracy"]


def accuracy(output: Any, target: Any, at: float = 0.0) -> float:
    """1.0 if the output decides for the class of the target, else 0.0; the mean over examples is the accuracy.

    A single output decides between two classes, for the second if it is above `at`; of several, one for each class, the
    largest decides, the first of equal ones. A NaN is no decision, and counts as wrong.

    Args:
        output: a score or logit, a Value or number; or K >= 2 of them, or of probabilities.
        target: for a single output 0 or 1, or -1 or 1; else the index of the class, or its indicator vector.
        at: what a single output is compared with. For a probability it is 0.5: `functools.partial(accuracy, at=0.5)`.

    Raises:
        ValueError: another target, or a list of a single output.
        TypeError: an output is no Value or number.

    >>> from autograd import Value
    >>> accuracy(Value(0.3), 1), accuracy(Value(0.3), -1), accuracy([0.1, 2.0, 0.5], 1)
    (1.0, 0.0, 1.0)
    >>> from nn import MLP, evaluate, losses
    >>> model, loss = MLP(2, [1], init=lambda *_: 1.0), losses.binary_cross_entropy_with_logits
    >>> evaluate(model, [[1.0, 0.5], [-1.0, 2.0]], [1, 0], loss=loss, metrics={"accuracy": accuracy})["accuracy"]
    0.5
    """
    if length(output) is None:
        if not (is_sign(target) or (is_probability(target) and target in (0, 1))):
            refuse("accuracy", "one of two classes, 0 or 1, or -1 or 1", target)
        return float(threshold(output, at) == (target > 0) and not _has_nan([output]))
    classes = class_target("accuracy", output, target, "the output itself, without a list")
    decided = argmax(output) == (classes if isinstance(classes, int) else argmax(classes))
    return float(decided and not _has_nan(output))


def _has_nan(outputs: Sequence[Any]) -> bool:
    return any(isnan(x.data if isinstance(x, Value) else x) for x in outputs)
