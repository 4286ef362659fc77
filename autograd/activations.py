"""The primitives that neural networks bend their sums with, and softmax."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from autograd.domains import Kink
from autograd.interpreted import INTERPRETED
from autograd.primitives import exp, total
from autograd.rules import number, primitive


def _logistic(m: Any, x: Any) -> tuple[Any, Any, Any]:
    """The logistic function of x and of -x, and exp(-|x|): neither overflows, and both tails keep their digits."""
    t = m.exp(m.pick(x < 0.0, x, -x))
    small, large = t / (1.0 + t), 1.0 / (1.0 + t)
    return m.pick(x < 0.0, small, large), m.pick(x < 0.0, large, small), t


@primitive(symbol="σ")
def sigmoid(m, x):
    """y = 1 / (1 + exp(-x)), the logistic function;  dy/dx = y (1 - y)."""
    y, rest, _ = _logistic(m, x)
    return y, (y * rest,)


@primitive(symbol="log σ")
def log_sigmoid(m, x):
    """y = ln sigmoid(x) = -softplus(-x);  dy/dx = sigmoid(-x)."""
    _, rest, t = _logistic(m, x)
    return m.pick(x < 0.0, x - m.log1p(t), -m.log1p(t)), (rest,)


@primitive
def softplus(m, x):
    """y = ln(1 + exp x);  dy/dx = sigmoid(x)."""
    y, _, t = _logistic(m, x)
    return m.pick(x < 0.0, m.log1p(t), x + m.log1p(t)), (y,)


@primitive
def softsign(m, x):
    """y = x / (1 + |x|);  dy/dx = 1 / (1 + |x|)**2. The second derivative jumps at 0 and is given as 0 there."""
    r = 1.0 / (1.0 + m.absolute(x))
    return x * r, (r * r,)


@primitive(symbol="ReLU", kinks=[Kink("x = 0", (0.0,), (0.0,), "the derivative of the flat side, as usual")])
def relu(m, x):
    """y = max(0, x), the rectified linear unit;  dy/dx = 1 for x > 0, else 0."""
    y = m.maximum(x, 0.0)
    return y, (m.sign(y),)


@primitive(kinks=[Kink("x = 0", (0.0, 0.25), (0.25, 0.0), "the slope of the left side, as relu's 0 is")])
def leaky_relu(m, x, slope=0.01):
    """y = x for x > 0, else slope x;  dy/dx = 1 or slope, dy/dslope = min(x, 0)."""
    is_positive = x > 0.0
    return m.where(is_positive, x, slope * x), (
        m.where(is_positive, 1.0, m.where(x <= 0.0, slope, x)),
        m.where(is_positive, 0.0, x),
    )


@primitive(kinks=[Kink("x = 0, alpha != 1", (0.0, 2.0), (1.0, 0.0), "the slope of the right side")])
def elu(m, x, alpha=1.0):
    """y = x for x > 0, else alpha (exp(x) - 1);  dy/dx = 1 or alpha exp(x), dy/dalpha = exp(min(x, 0)) - 1.

    Clevert, Unterthiner, Hochreiter, Fast and accurate deep network learning by exponential linear units (2016).
    """
    left = m.where(x >= 0.0, 0.0, x)
    below = m.expm1(left)
    return m.where(x < 0.0, alpha * below, x), (m.where(x < 0.0, alpha * m.exp(left), m.where(x >= 0.0, 1.0, x)), below)


@primitive
def silu(m, x):
    """y = x sigmoid(x), also called swish;  dy/dx = s (1 + x (1 - s)) with s = sigmoid(x)."""
    s, rest, _ = _logistic(m, x)
    return x * s, (s * (1.0 + x * rest),)


@primitive
def gelu(m, x):
    """y = x Phi(x), with Phi the normal distribution function;  dy/dx = Phi(x) + x phi(x).

    The left tail falls as exp(-x**2 / 2), so roundings of x / sqrt 2 are an error of 2 x**2 ulp: up to 1e-12 far out.
    Hendrycks, Gimpel, Gaussian error linear units (2016).
    """
    cumulative = 0.5 * m.erfc(-x * m.sqrt(0.5))
    density = m.exp(-0.5 * x * x) / m.sqrt(2.0 * m.pi)
    return x * cumulative, (cumulative + x * density,)


@primitive
def gelu_tanh(m, x):
    """y = x/2 (1 + tanh u) = x sigmoid(2 u) with u = sqrt(2/pi) (x + 0.044715 x**3), the quick form of gelu.

    dy/dx = s + 2 x s (1 - s) du/dx with s = sigmoid(2 u). The left tail falls as exp(2 u): 1e-12 far out, as gelu.
    """
    scale, cubic = m.sqrt(8.0 / m.pi), m.rational(44715, 1000000)
    s, rest, _ = _logistic(m, scale * (x + cubic * x * x * x))
    # Beyond 100 `rest` is 0 or 1, to all digits that a float has; there the slope of the exponent need not overflow.
    near = m.maximum(m.minimum(x, 100.0), -100.0)
    return x * s, (s * (1.0 + near * rest * scale * (1.0 + 3.0 * cubic * near * near)),)


@primitive(kinks=[Kink("x = 0", (0.0,), (0.0,), "a jump; 0 like everywhere else")])
def step(m, x):
    """y = 1 for x >= 0, else 0, the unit of the perceptron;  dy/dx = 0."""
    y = m.where(x >= 0.0, 1.0, m.where(x < 0.0, 0.0, x))
    return y, (0.0 * y,)


def softmax(xs: Iterable[Any]) -> list[Any]:
    """exp(x_k) / sum of exp(x_j): positive numbers that add up to 1, in the proportions of exp(x_k).

    Composed of primitives, from the differences to the largest, so that nothing overflows.

    Args:
        xs: at least one number or `Value` (ValueError if none).

    >>> softmax([1000.0, 1000.0])
    [0.5, 0.5]
    """
    if not isinstance(xs, Iterable):
        raise TypeError(f"softmax needs a sequence of numbers or Values, not {type(xs).__name__}")
    xs = [x if hasattr(type(x), "interpret") else number(x, "softmax") for x in xs]
    if not xs:
        raise ValueError("softmax needs at least one number, but the sequence is empty")
    top = INTERPRETED.largest(xs)
    exponentials = [exp(x - top) for x in xs]
    whole = total(exponentials)
    return [e / whole for e in exponentials]
