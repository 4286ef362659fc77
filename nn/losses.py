"""Losses of one example: an output of the network, and its target, to one Value.

The loss of a batch is their mean, which is what `nn.fit` descends. Each names the output unit that it goes with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from autograd import Value, logsumexp, softplus, square, total

Loss: TypeAlias = Callable[[Any, Any], Value]


def squared_error(output: Value | Sequence[Value], target: float | Sequence[float]) -> Value:
    """(output - target)**2, summed over the components if there are several. For a linear output.

    Args:
        output: one Value, or a list of them.
        target: a number, or as many of them (ValueError otherwise), in the unit of the output.

    >>> from autograd import Value
    >>> squared_error(Value(3.0), 1.0).data
    4.0
    """
    if isinstance(output, list | tuple):
        targets = _same_length("squared_error", output, target)
        error: Value = total([square(y - t) for y, t in zip(output, targets, strict=True)])
        return error
    _no_list("squared_error", target)
    error = square(output - target)
    return error


def hinge(output: Value, target: float) -> Value:
    """max(0, 1 - target output), the loss of support vector machines. For one linear output.

    Args:
        output: the score; its sign is the decision.
        target: -1 or 1 (ValueError otherwise).

    >>> from autograd import Value
    >>> hinge(Value(0.25), -1).data
    1.25
    """
    if target not in (-1, 1):
        raise ValueError(f"hinge: the target must be -1 or 1, not {target!r}")
    return (1.0 - target * output).relu()


def binary_cross_entropy_with_logits(output: Value, target: float) -> Value:
    """-t ln p - (1 - t) ln(1 - p) with p = sigmoid(output), in nats. For one linear output, the logit ln(p / (1 - p)).

    Computed as t softplus(-z) + (1 - t) softplus(z): finite for every finite z. Its derivative is sigmoid(z) - t.

    Args:
        output: the logit z.
        target: the probability t of class 1, between 0 and 1 (ValueError otherwise); mostly 0 or 1.

    >>> from autograd import Value
    >>> z = Value(-800.0)
    >>> loss = binary_cross_entropy_with_logits(z, 1)
    >>> loss.backward()
    >>> loss.data, z.grad
    (800.0, -1.0)
    """
    if not 0 <= target <= 1:
        raise ValueError(f"binary_cross_entropy_with_logits: the target must be between 0 and 1, not {target!r}")
    if target == 1:
        return (-output).softplus()
    loss: Value = softplus(output)
    return loss if target == 0 else target * (-output).softplus() + (1.0 - target) * loss


def cross_entropy(output: Sequence[Value], target: int | Sequence[float]) -> Value:
    """-sum of t_c ln p_c with p = softmax(output), in nats. For K linear outputs, the logits.

    -ln p_c is the logsumexp of the differences z_k - z_c: finite for all finite logits, and exact for sure predictions. The
    derivative with respect to z_k is p_k - t_k.

    Args:
        output: the K >= 2 logits z.
        target: the index of the class, from 0; or K probabilities that add up to 1 (ValueError otherwise).

    >>> from autograd import Value
    >>> cross_entropy([Value(1000.0), Value(0.0)], 1).data
    1000.0
    """
    if not isinstance(output, list | tuple) or len(output) < 2:
        raise ValueError(
            "cross_entropy needs the logits of at least 2 classes, one output each;"
            " for a single output there is binary_cross_entropy_with_logits"
        )
    if isinstance(target, list | tuple):
        probabilities = _same_length("cross_entropy", output, target)
        if any(t < 0 for t in probabilities) or abs(sum(probabilities) - 1.0) > 1e-9:
            raise ValueError(f"cross_entropy: the target's probabilities must add up to 1, not {list(target)!r}")
        terms = [t * cross_entropy(output, c) for c, t in enumerate(probabilities) if t]
        loss: Value = total(terms)
        return loss
    if not (isinstance(target, int) or hasattr(target, "__index__")) or not 0 <= target < len(output):
        raise ValueError(
            f"cross_entropy: the target must be the index of a class, 0 to {len(output) - 1}, not {target!r}"
        )
    true = output[target]
    loss = logsumexp([z - true for z in output])
    return loss


def _same_length(name: str, output: Sequence[Value], target: Any) -> Sequence[float]:
    if not hasattr(target, "__len__") or len(target) != len(output):
        found = f"{len(target)} targets" if hasattr(target, "__len__") else f"the single target {target!r}"
        raise ValueError(f"{name}: {len(output)} outputs but {found}; each output needs its target")
    targets: Sequence[float] = target
    return targets


def _no_list(name: str, target: Any) -> None:
    if hasattr(target, "__len__"):
        raise ValueError(f"{name}: one output but {len(target)} targets; each output needs its target")
