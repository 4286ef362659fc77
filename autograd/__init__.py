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
from autograd.check import GradientError, check_gradients
from autograd.draw import draw
from autograd.dual import Dual
from autograd.explain import explain
from autograd.guards import GuardError
from autograd.modes import detect_anomaly, no_grad, without_draws
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
from autograd.recorder import RecordingWarning
from autograd.recording import drawn, record
from autograd.reverse import gradients
from autograd.rules import Primitive, primitive
from autograd.tape import Tape
from autograd.transforms import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from autograd.value import Value

__all__ = [
    "Value",
    "Dual",
    "Primitive",
    "primitive",
    "grad",
    "value_and_grad",
    "jacobian",
    "hessian",
    "jvp",
    "vjp",
    "hvp",
    "gradients",
    "check_gradients",
    "GradientError",
    "no_grad",
    "detect_anomaly",
    "record",
    "Tape",
    "drawn",
    "without_draws",
    "GuardError",
    "RecordingWarning",
    "draw",
    "explain",
    "elu",
    "gelu",
    "gelu_tanh",
    "leaky_relu",
    "log_sigmoid",
    "relu",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "softsign",
    "step",
    "absolute",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atan2",
    "atanh",
    "cbrt",
    "cos",
    "cosh",
    "dot",
    "erf",
    "erfc",
    "exp",
    "exp2",
    "expm1",
    "hypot",
    "log",
    "log1p",
    "log2",
    "log10",
    "logaddexp",
    "logsumexp",
    "maximum",
    "minimum",
    "power",
    "reciprocal",
    "rsqrt",
    "sign",
    "sin",
    "sinh",
    "sqrt",
    "square",
    "tan",
    "tanh",
    "total",
]
