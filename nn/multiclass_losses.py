"""Losses of one example of K classes, with an output for each class.

The target is the index of a class, or K numbers that stand for it. Which examples there are, and that their mean is
descended, it does not know; `nn.losses` has the table of all losses.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import reduce
from numbers import Real
from typing import TypeAlias

from autograd import Value, dot, logsumexp, maximum, minimum, relu, sign, total
from nn.encoding import class_loss, indicator
from nn.regression_losses import squared_error
from nn.targets import class_target, is_value, refuse
from nn.wording import require

Class: TypeAlias = int | Sequence[Value | float]

_LARGEST = sys.float_info.max


@class_loss
def cross_entropy(output: Sequence[Value], target: Class) -> Value:
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
    t = class_target("cross_entropy", output, target, "binary_cross_entropy_with_logits")
    if isinstance(t, int):
        return _surprise(output, t)
    if any(map(is_value, t)):
        # One formula for every target. The factor sign(1 - t_k) is 1 but for t_k = 1, where it is 0 and takes z_c - z_c
        # out of the derivatives as well: they are minus the sum of the other p, where p_c - 1 would cancel.
        expected = dot(t, output)
        loss: Value = logsumexp([sign(1.0 - p) * (z - expected) for p, z in zip(t, output, strict=True)])
        return loss
    loss = total([_surprise(output, c, p) for c, p in enumerate(t) if p])
    return loss


def _surprise(output: Sequence[Value], c: int, weight: float = 1.0) -> Value:
    """-weight ln p_c."""
    true = output[c]
    loss: Value = logsumexp([0.0, *(z - true for k, z in enumerate(output) if k != c)])
    if loss > _LARGEST:
        # Logits of +-1e308: -ln p_c is beyond the floats, but its derivatives are not.
        loss = weight * logsumexp(output) - weight * true
        return loss
    return loss if weight == 1.0 else weight * loss


@class_loss
def negative_log_likelihood(output: Sequence[Value], target: Class) -> Value:
    """-sum of t_c ln p_c, in nats, PyTorch's `nll_loss`. For K outputs that are the log-probabilities ln p.

    Of logits, `cross_entropy` is the same and keeps more digits.

    Args:
        output: the K >= 2 log-probabilities.
        target: the index of the class, from 0; or K probabilities that add up to 1.

    Raises:
        ValueError: another target, or fewer than two outputs.

    >>> from autograd import Value
    >>> negative_log_likelihood([Value(-0.5), Value(-1.5)], 1).data
    1.5
    """
    t = class_target("negative_log_likelihood", output, target, "binary_cross_entropy")
    loss: Value = -output[t] if isinstance(t, int) else -dot(t, output)
    return loss


@class_loss
def indicator_error(output: Sequence[Value], target: Class, *, reduction: str = "sum", factor: float = 0.5) -> Value:
    """factor times the sum of (a_c - r_c)**2, with r the indicator of the class. For K sigmoid outputs a.

    Args:
        output: the K >= 2 outputs a.
        target: the index of the class, from 0; or its indicator vector r, K numbers.
        reduction: over the components, "sum" or "mean".
        factor: 0.5, so that the derivative is a_c - r_c.

    Raises:
        ValueError: another target, fewer than two outputs, or a setting out of its range.

    >>> from autograd import Value
    >>> indicator_error([Value(0.5), Value(0.5)], 1).data
    0.25
    """
    t = class_target("indicator_error", output, target, "squared_error")
    r = indicator(t, len(output)) if isinstance(t, int) else t
    return squared_error(output, r, reduction=reduction, factor=factor)


@class_loss
def margin(output: Sequence[Value], target: Class, *, rho: float) -> Value:
    """1 for x <= 0, 1 - x / rho for 0 <= x <= rho, 0 for x >= rho, with x = p_c - max of the other p. For K softmax p.

    x is the margin by which the true class c wins. The derivative is 0 on both flat parts and at both kinks: a sample
    that is clearly wrong teaches nothing, nor does one at x = 0, where equal outputs are. Equal rivals share what is
    the largest one's. It is neither the hinge loss nor PyTorch's `multi_margin_loss`.

    Args:
        output: the K >= 2 outputs p.
        target: the index of the class, from 0; or its indicator vector.
        rho: the margin that is enough, between 0 and 1.

    Raises:
        ValueError: another target, fewer than two outputs, or rho out of its range.
        TypeError: rho is no number.

    >>> from autograd import Value
    >>> margin([Value(0.5), Value(0.375), Value(0.125)], 0, rho=0.5).data
    0.75
    """
    require("rho", rho, Real, lambda r: 0 < r < 1, "a number between 0 and 1")
    t = class_target("margin", output, target, "hinge")
    if isinstance(t, int):
        true, others = output[t], [p for k, p in enumerate(output) if k != t]
    else:
        if not any(map(is_value, t)):
            refuse("margin", "the index of a class, or its indicator", target)
        # The true class is no rival of its own: it is cut off at the least float, the others at the largest.
        true, others = dot(t, output), [minimum(p, (1.0 - 2.0 * r) * _LARGEST) for r, p in zip(t, output, strict=True)]
    loss: Value = relu(1.0 - relu((true - reduce(maximum, others)) / rho))
    return loss
