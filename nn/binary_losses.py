"""Losses of one example of two classes, with one output: a score, a logit or a probability.

Which examples there are, and that their mean is descended, it does not know; `nn.losses` has the table of all losses.
"""

from __future__ import annotations

from typing import Any

from autograd import Value, primitive, relu, softplus, square, step
from nn.targets import is_probability, is_sign, is_value, require_one
from nn.wording import shortened


def hinge(output: Value, target: Value | float) -> Value:
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
    require_one("hinge", output, target, is_sign, "-1 or 1")
    loss: Value = relu(1.0 - target * output)
    return loss


def squared_hinge(output: Value, target: Value | float) -> Value:
    """max(0, 1 - target output)**2, which has no kink. For one linear output; arguments and errors as `hinge`.

    >>> from autograd import Value
    >>> squared_hinge(Value(-1.0), 1).data
    4.0
    """
    require_one("squared_hinge", output, target, is_sign, "-1 or 1")
    loss: Value = square(relu(1.0 - target * output))
    return loss


def perceptron(output: Value, target: Value | float) -> Value:
    """-target output if the sample counts as wrong, target output <= 0, else 0. For one linear output.

    The sum over samples is the perceptron criterion; a step of rate 1 down its gradient is the perceptron's learning
    rule. So the derivative on the line itself, where relu's would be 0, is -target. Arguments and errors as `hinge`.

    >>> from autograd import Value
    >>> perceptron(Value(-0.5), 1).data, perceptron(Value(0.5), 1).data
    (0.5, 0.0)
    """
    require_one("perceptron", output, target, is_sign, "-1 or 1")
    agreement = target * output
    loss: Value = 0.0 - agreement * step(-agreement)  # 0.0 - 0.0 is 0.0, where -0.0 would be seen
    return loss


def binary_cross_entropy_with_logits(output: Value, target: Value | float) -> Value:
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
    name = "binary_cross_entropy_with_logits"
    require_one(name, output, target, is_probability, "a probability between 0 and 1")
    if not is_value(target) and target == 1:
        loss: Value = softplus(-output)
    elif not is_value(target) and target == 0:
        loss = softplus(output)
    else:
        loss = target * softplus(-output) + (1.0 - target) * softplus(output)
    return loss


def binary_cross_entropy(output: Value, target: Value | float) -> Value:
    """-t ln p - (1 - t) ln(1 - p), in nats, with both logarithms kept above -100. For one sigmoid output p.

    The logarithms are cut off as in PyTorch, so that the loss is finite at p = 0 and 1. Below exp(-100) they are flat
    and their derivative is 0; elsewhere the derivative is (p - t) / (p (1 - p)), where PyTorch keeps the divisor above
    1e-12. A sigmoid rounds to 1 from a logit of 37 on, and then teaches nothing: `binary_cross_entropy_with_logits`
    of the logit does not lose it.

    Args:
        output: the probability p of class 1.
        target: the wanted probability t of class 1, between 0 and 1; mostly 0 or 1, or False or True.

    Raises:
        ValueError: an output or a target that is no probability, or a list of outputs.

    >>> from autograd import Value
    >>> binary_cross_entropy(Value(0.0), 1).data, binary_cross_entropy(Value(0.0), 0).data
    (100.0, 0.0)
    """
    name = "binary_cross_entropy"
    require_one(name, output, target, is_probability, "a probability between 0 and 1")
    try:
        loss: Value = bernoulli_surprise(output, target if is_value(target) else float(target))
    except ValueError as error:
        wanted = "a probability between 0 and 1, as sigmoid gives it"
        came = f"{shortened(output)}; for a logit there is binary_cross_entropy_with_logits"
        raise ValueError(f"{name}: the output must be {wanted}, not {came}") from error
    return loss


@primitive(symbol="BCE")
def bernoulli_surprise(m: Any, p: Any, t: Any) -> tuple[Any, tuple[Any, Any]]:
    """y = -t max(ln p, -100) - (1 - t) max(ln(1 - p), -100);  dy/dp = (p - t) / (p (1 - p)) between the cuts."""
    rest, least = 1.0 - p, m.exp(-100.0)
    is_0, is_1 = m.absolute(p) <= least, m.absolute(rest) <= least
    # Where a logarithm is cut off, so that it is not taken, its operand is set to 1.
    some_p, some_rest = m.where(is_0, 1.0, p), m.where(is_1, 1.0, rest)
    of_1 = m.where(is_0, 100.0, -m.log(some_p))
    of_0 = m.where(is_1, 100.0, -m.log1p(-m.where(is_1, 0.0, p)))
    slope = m.where(is_1, -t / some_p, (p - t) / (some_p * some_rest))
    return t * of_1 + (1.0 - t) * of_0, (m.where(is_0, (1.0 - t) / some_rest, slope), of_1 - of_0)
