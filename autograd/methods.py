"""The methods that all numbers of this package have: each applies a primitive to the number itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self, TypeVar

from autograd import activations, primitives
from autograd.rules import Primitive

N = TypeVar("N", bound="Methods")


def _method(primitive: Primitive) -> Callable[[N], N]:
    def method(self: N) -> N:
        result: N = primitive(self)
        return result

    method.__name__, method.__doc__ = primitive.name, primitive.__doc__
    method.__qualname__ = f"Methods.{primitive.name}"
    method.primitive = primitive  # type: ignore[attr-defined]
    return method


class Methods:
    """Base class of the numbers that interpret primitives."""

    __slots__ = ()

    __neg__ = _method(primitives.negative)
    __abs__ = _method(primitives.absolute)

    def __pos__(self) -> Self:
        return self

    # --- one for each primitive of one operand ---

    exp = _method(primitives.exp)
    exp2 = _method(primitives.exp2)
    expm1 = _method(primitives.expm1)
    log = _method(primitives.log)
    log2 = _method(primitives.log2)
    log10 = _method(primitives.log10)
    log1p = _method(primitives.log1p)
    sqrt = _method(primitives.sqrt)
    rsqrt = _method(primitives.rsqrt)
    cbrt = _method(primitives.cbrt)
    square = _method(primitives.square)
    reciprocal = _method(primitives.reciprocal)
    sin = _method(primitives.sin)
    cos = _method(primitives.cos)
    tan = _method(primitives.tan)
    asin = _method(primitives.asin)
    acos = _method(primitives.acos)
    atan = _method(primitives.atan)
    sinh = _method(primitives.sinh)
    cosh = _method(primitives.cosh)
    tanh = _method(primitives.tanh)
    asinh = _method(primitives.asinh)
    acosh = _method(primitives.acosh)
    atanh = _method(primitives.atanh)
    erf = _method(primitives.erf)
    erfc = _method(primitives.erfc)
    sign = _method(primitives.sign)
    sigmoid = _method(activations.sigmoid)
    log_sigmoid = _method(activations.log_sigmoid)
    softplus = _method(activations.softplus)
    softsign = _method(activations.softsign)
    relu = _method(activations.relu)
    silu = _method(activations.silu)
    gelu = _method(activations.gelu)
    gelu_tanh = _method(activations.gelu_tanh)
    step = _method(activations.step)

    # --- of several operands ---

    def leaky_relu(self, slope: Any = 0.01) -> Self:
        """y = x for x > 0, else slope x."""
        result: Self = activations.leaky_relu(self, slope)
        return result

    def elu(self, alpha: Any = 1.0) -> Self:
        """y = x for x > 0, else alpha (exp(x) - 1)."""
        result: Self = activations.elu(self, alpha)
        return result

    def hypot(self, other: Any) -> Self:
        """y = sqrt(self**2 + other**2)."""
        result: Self = primitives.hypot(self, other)
        return result

    def arctan2(self, x: Any) -> Self:
        """The angle of the point (x, self)."""
        result: Self = primitives.atan2(self, x)
        return result

    # NumPy looks for its own names on the elements of an object array: np.arctan(array of Values) calls these.
    arcsin, arccos, arctan = asin, acos, atan
    arcsinh, arccosh, arctanh = asinh, acosh, atanh
