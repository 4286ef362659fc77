"""A scalar automatic differentiation engine: every number remembers how it was computed.

>>> from autograd import Value
>>> x = Value(0.5)
>>> y = (x * 2).tanh()
>>> y.backward()
>>> print(f"{y:.4f} {x.grad:.4f}")
0.7616 0.8399
"""

from autograd.activations import (
    elu,
    gelu,
    gelu_tanh,
    leaky_relu,
    log_sigmoid,
    relu,
    sigmoid,
    silu,
    softmax,
    softplus,
    softsign,
    step,
)
from autograd.draw import draw
from autograd.modes import detect_anomaly, no_grad
from autograd.primitives import (
    absolute,
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cbrt,
    cos,
    cosh,
    dot,
    erf,
    erfc,
    exp,
    exp2,
    expm1,
    hypot,
    log,
    log1p,
    log2,
    log10,
    logaddexp,
    logsumexp,
    maximum,
    minimum,
    power,
    reciprocal,
    rsqrt,
    sign,
    sin,
    sinh,
    sqrt,
    square,
    tan,
    tanh,
    total,
)
from autograd.rules import Primitive, primitive
from autograd.transforms import gradients
from autograd.value import Value
