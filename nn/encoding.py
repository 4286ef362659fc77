"""Classes as numbers and back: indicator vectors for losses, argmax and threshold for decisions.

`takes_class` tells which losses are given a class, so that whoever records a network can give them its indicator
instead. It knows nothing of networks, nor what a loss computes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from numbers import Integral, Real
from typing import Any, TypeVar

from autograd import Dual, Value
from nn.wording import counted, described, require, shortened

__all__ = [
    "argmax",
    "class_loss",
    "confusion_counts",
    "indicator",
    "takes_class",
    "threshold",
]

_Loss = TypeVar("_Loss", bound=Callable[..., Any])


def indicator(index: int, n_classes: int) -> list[float]:
    """The vector that is 1 at a class and 0 at the others, also called one-hot.

    Args:
        index: of the class, from 0; an int, or NumPy's.
        n_classes: the length K of the vector.

    Raises:
        TypeError: one of them is no int.
        ValueError: no class, or an index that is not below their number.

    >>> indicator(2, 3)
    [0.0, 0.0, 1.0]
    """
    require("n_classes", n_classes, Integral, lambda n: n >= 1, "an int of at least 1")
    require("index", index, Integral, lambda c: 0 <= c < n_classes, f"a class, an int from 0 to {n_classes - 1}")
    return [1.0 if c == index else 0.0 for c in range(n_classes)]


def argmax(outputs: Sequence[Value | float]) -> int:
    """The index of the largest output, the first of equal ones: the decision among K classes.

    It is the same for logits and for their softmax. A NaN counts as the largest, as in NumPy and PyTorch.

    Args:
        outputs: K >= 1 Values or numbers, one for each class.

    Raises:
        TypeError: what came is no sequence, or holds something else.
        ValueError: there is none.

    >>> argmax([0.1, 0.7, 0.2])
    1
    """
    if not hasattr(outputs, "__len__") or isinstance(outputs, str):
        raise TypeError(
            f"argmax needs a sequence of outputs, one for each class, not {shortened(outputs)};"
            " for a single output there is threshold"
        )
    numbers = [_number(output, "argmax") for output in outputs]
    if not numbers:
        raise ValueError("argmax needs at least one output, but the sequence is empty")
    return max(range(len(numbers)), key=lambda c: (numbers[c] != numbers[c], numbers[c]))


def threshold(output: Value | float, at: float = 0.0, classes: tuple[Any, Any] = (0, 1)) -> Any:
    """The second class if the output is above `at`, else the first: the decision between two classes.

    An output exactly on the threshold is of the first class, as scikit-learn decides.

    Args:
        output: a Value or number.
        at: in the unit of the output. A score or logit is compared with 0, a probability with 0.5.
        classes: what to answer: (0, 1) for binary cross-entropy, (-1, 1) for hinge losses and the perceptron.

    Raises:
        TypeError: the output or `at` is no number.
        ValueError: `at` is NaN, or classes are not two.

    >>> threshold(Value(0.3)), threshold(Value(0.3), at=0.5), threshold(-2.0, classes=(-1, 1))
    (1, 0, -1)
    """
    require("at", at, Real, lambda x: x == x, "a number")  # noqa: PLR0124 (only NaN is not itself)
    if not hasattr(classes, "__len__") or len(classes) != 2:
        raise ValueError(f"classes is {shortened(classes)}; wanted two, such as (0, 1) or (-1, 1)")
    return classes[_number(output, "threshold") > at]


def confusion_counts(decisions: Sequence[int], targets: Sequence[int], n_classes: int) -> list[list[int]]:
    """How often each class was taken for which: a row for each true class, a column for each decision.

    TypeError or ValueError for what is no class from 0 to n_classes - 1, or not as many decisions as targets.

    >>> confusion_counts([0, 1, 1], [0, 0, 1], 2)
    [[1, 1], [0, 1]]
    """
    require("n_classes", n_classes, Integral, lambda n: n >= 1, "an int of at least 1")
    if len(decisions) != len(targets):
        came = f"{counted(len(decisions), 'decision')} but {counted(len(targets), 'target')}"
        raise ValueError(f"{came}; wanted one of each for every example")
    for what, classes in {"a decision": decisions, "a target": targets}.items():
        for c in classes:
            require(what, c, Integral, lambda c: 0 <= c < n_classes, f"a class, an int from 0 to {n_classes - 1}")
    counts = [[0] * n_classes for _ in range(n_classes)]
    for decision, target in zip(decisions, targets, strict=True):
        counts[target][decision] += 1
    return counts


def class_loss(loss: _Loss) -> _Loss:
    """Mark a loss as one whose target is a class: an index, or an indicator vector of numbers or Values."""
    loss.takes_class = True  # type: ignore[attr-defined]  # functions have attributes
    return loss


def takes_class(loss: Callable[..., Any]) -> bool:
    """Whether the target of a loss is a class; settings given by `functools.partial` do not hide it.

    >>> from nn import losses
    >>> takes_class(partial(losses.margin, rho=0.2)), takes_class(losses.hinge)
    (True, False)
    """
    while isinstance(loss, partial) and not hasattr(loss, "takes_class"):
        loss = loss.func
    return bool(getattr(loss, "takes_class", False))


def _number(output: Any, name: str) -> float:
    if isinstance(output, Value):
        return output.data
    if isinstance(output, Real):
        return float(output)
    wanted = "a Value or a number"
    came = described(output)
    raise TypeError(f"{name} needs {wanted} for each output, not {came}{_advice(output)}")


def _advice(output: Any) -> str:
    if isinstance(output, Dual):
        return "; its number is .primal"
    return "; for several outputs there is argmax" if isinstance(output, list | tuple) else ""
