"""Losses of one example: an output of the network, and its target, to one Value.

| loss                             | output unit         | target                        |
|----------------------------------|---------------------|-------------------------------|
| squared_error, absolute_error    | linear, 1 or more   | as many numbers               |
| huber                            | linear, 1 or more   | as many numbers               |
| hinge, squared_hinge, perceptron | linear, 1           | -1 or 1                       |
| binary_cross_entropy_with_logits | linear, 1           | 0, 1 or a probability         |
| binary_cross_entropy             | sigmoid, 1          | 0, 1 or a probability         |
| cross_entropy                    | linear, K           | class, or K probabilities     |
| negative_log_likelihood          | log-probabilities K | class, or K probabilities     |
| indicator_error                  | sigmoid, K          | class, or its indicator       |
| margin                           | softmax, K          | class, or its indicator       |

Every number of a target may be a `Value` too. Settings are given beforehand by `functools.partial`, as in
`nn.fit(..., loss=partial(squared_error, factor=0.5))`. It knows nothing of batches: the loss of a batch is the mean
over its examples, which `nn.fit` descends. So the factors 1/n and 1/(2n) of n examples are 1 and 0.5 here, and n makes
their sum; gradients, and so the learning rates that suit them, grow with the factor.

>>> from functools import partial
>>> from autograd import Value
>>> half = partial(squared_error, factor=0.5)
>>> half(Value(3.0), 1.0).data
2.0
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from autograd import Value
from nn.binary_losses import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    hinge,
    perceptron,
    squared_hinge,
)
from nn.multiclass_losses import cross_entropy, indicator_error, margin, negative_log_likelihood
from nn.regression_losses import absolute_error, huber, squared_error

Loss: TypeAlias = Callable[[Any, Any], Value]

__all__ = [
    "Loss",
    "absolute_error",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "hinge",
    "huber",
    "indicator_error",
    "margin",
    "negative_log_likelihood",
    "perceptron",
    "squared_error",
    "squared_hinge",
]
