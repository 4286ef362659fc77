"""The table of primitives: arithmetic, elementary functions and sums, each with the one rule that defines it.

How to write a rule. `m.where(c, a, b)` states a kink; `m.pick(c, a, b)` joins two forms of the same smooth function,
one of which keeps its digits where the other loses them. Over arrays both are computed, so operands are clamped first.
A rule raises only where its value does: where only the derivative does not exist, `m.ratio` gives inf or nan. There is
no `if`, `and` or `==`; constants come from `m.pi` and `m.rational`; every branch carries NaN.

Accuracy: values within 4 ulp, local derivatives within 1e-13 (relative), unless a docstring says what forbids it.
"""

# Formulas: Abramowitz and Stegun, Handbook of Mathematical Functions (1964), chapters 3, 4 and 7.

from __future__ import annotations

from math import inf, nan
from typing import Any

from autograd.domains import NONNEGATIVE, NONZERO, POSITIVE, REAL, Interval, Kink
from autograd.rules import Group, primitive

# --- arithmetic -----------------------------------------------------------------------------------------------------


@primitive(symbol="+")
def add(m, a, b):
    """y = a + b;  dy/da = 1, dy/db = 1."""
    return a + b, (1.0, 1.0)


@primitive(symbol="-")
def subtract(m, a, b):
    """y = a - b;  dy/da = 1, dy/db = -1."""
    return a - b, (1.0, -1.0)


@primitive(symbol="*")
def multiply(m, a, b):
    """y = a b;  dy/da = b, dy/db = a."""
    return a * b, (b, a)


@primitive(symbol="/", domain=[REAL, NONZERO])
def divide(m, a, b):
    """y = a / b;  dy/da = 1 / b, dy/db = -y / b."""
    y = a / b
    return y, (1.0 / b, -y / b)


@primitive(symbol="=")
def identity(m, x):
    """y = x;  dy/dx = 1. A node of its own, so that derivatives with respect to it are not those with respect to x."""
    return x, (1.0,)


@primitive(symbol="-")
def negative(m, x):
    """y = -x;  dy/dx = -1."""
    return -x, (-1.0,)


@primitive(
    symbol="**",
    domain=[NONNEGATIVE, REAL],
    kinks=[
        Kink("a = 0, 0 < b < 1", (0.0, 0.5), (inf, 0.0), "the tangent is vertical"),
        Kink("a = 0, b = 0", (0.0, 0.0), (0.0, -inf), "x**0 is 1 for every x; 0**b falls from 1 to 0 at b = 0"),
        Kink("a < 0", (-2.0, 3.0), (12.0, nan), "a**b is real only for integers b, so there is no slope along b"),
    ],
)
def power(m, a, b):
    """y = a**b;  dy/da = b a**(b-1), dy/db = y ln a. A negative a needs an integer b.

    Along b the derivative is 0 at a = 0 < b. With b < 1 the first is computed as b y / a, as a**(b-1) may overflow
    where y does not; so it is with b > 2**53, where b - 1 is b, and odd is even.
    """
    y = m.power(a, b)
    from_one = m.pick(b < 1.0, 1.0, b)
    nonzero = m.where(m.absolute(a) > 0.0, a, 1.0)
    quotient = m.ratio(b * y, nonzero)
    along_a = m.pick(b < 1.0, quotient, m.pick(b > 2.0**53, quotient, b * m.power(a, from_one - 1.0)))
    at_zero = m.where(b >= 1.0, along_a, m.where(b > 0.0, inf, 0.0 * b))
    positive = m.where(a > 0.0, a, m.where(a < 0.0, nan, 1.0))
    along_b = m.where(b > 0.0, 0.0 * a, m.where(b <= 0.0, a - inf, b))
    return y, (
        m.where(m.absolute(a) >= 0.0, m.where(m.absolute(a) > 0.0, along_a, at_zero), a * b),
        m.where(m.absolute(a) > 0.0, y * m.log(positive), along_b),
    )


@primitive(domain=NONZERO)
def reciprocal(m, x):
    """y = 1 / x;  dy/dx = -y**2."""
    y = 1.0 / x
    return y, (-y * y,)


@primitive
def square(m, x):
    """y = x**2;  dy/dx = 2 x."""
    return x * x, (2.0 * x,)


@primitive
def ratio(m, a, b):
    """y = a / b by IEEE 754: at b = 0 inf or nan, no error. For rules; differentiated like `divide`."""
    y = m.ratio(a, b)
    return y, (m.ratio(1.0, b), -m.ratio(y, b))


# --- exponentials and logarithms ------------------------------------------------------------------------------------


@primitive
def exp(m, x):
    """y = e**x;  dy/dx = y."""
    y = m.exp(x)
    return y, (y,)


@primitive
def exp2(m, x):
    """y = 2**x;  dy/dx = y ln 2."""
    y = m.exp2(x)
    return y, (y * m.log(2.0),)


@primitive
def expm1(m, x):
    """y = e**x - 1, exact near 0;  dy/dx = e**x (y + 1 would lose the left tail)."""
    return m.expm1(x), (m.exp(x),)


@primitive(domain=POSITIVE)
def log(m, x):
    """y = ln x;  dy/dx = 1 / x."""
    return m.log(x), (1.0 / x,)


@primitive(domain=POSITIVE)
def log2(m, x):
    """y = ln x / ln 2;  dy/dx = 1 / (x ln 2)."""
    return m.log2(x), (1.0 / x / m.log(2.0),)


@primitive(domain=POSITIVE)
def log10(m, x):
    """y = ln x / ln 10;  dy/dx = 1 / (x ln 10)."""
    return m.log10(x), (1.0 / x / m.log(10.0),)


@primitive(domain=Interval(low=-1.0))
def log1p(m, x):
    """y = ln(1 + x), exact near 0;  dy/dx = 1 / (1 + x)."""
    return m.log1p(x), (1.0 / (1.0 + x),)


# --- roots ----------------------------------------------------------------------------------------------------------


@primitive(domain=NONNEGATIVE, kinks=[Kink("x = 0", (0.0,), (inf,), "the tangent is vertical")])
def sqrt(m, x):
    """y = x**(1/2);  dy/dx = 1 / (2 y)."""
    y = m.sqrt(x)
    return y, (m.ratio(0.5, y + 0.0),)  # the root of -0.0 is -0.0


@primitive(domain=POSITIVE)
def rsqrt(m, x):
    """y = x**(-1/2);  dy/dx = -y / (2 x)."""
    y = 1.0 / m.sqrt(x)
    return y, (-0.5 * y / x,)


@primitive(kinks=[Kink("x = 0", (0.0,), (inf,), "the tangent is vertical")])
def cbrt(m, x):
    """y = x**(1/3), odd;  dy/dx = 1 / (3 y**2)."""
    y = m.cbrt(x)
    return y, (m.ratio(1.0, 3.0 * y * y),)


@primitive(kinks=[Kink("a = b = 0", (0.0, 0.0), (0.0, 0.0), "the tip of a cone: the middle of its slopes")])
def hypot(m, a, b):
    """y = sqrt(a**2 + b**2), no overflow on the way;  dy/da = a / y, dy/db = b / y.

    Second and higher derivatives lose digits where |a / b| is far from 1: they are accurate for ratios within 100.
    """
    y = m.hypot(a, b)
    nonzero = m.where(y <= 0.0, 1.0, y)
    return y, (a / nonzero, b / nonzero)


# --- trigonometric functions and their inverses ---------------------------------------------------------------------


@primitive
def sin(m, x):
    """y = sin x;  dy/dx = cos x."""
    return m.sin(x), (m.cos(x),)


@primitive
def cos(m, x):
    """y = cos x;  dy/dx = -sin x."""
    return m.cos(x), (-m.sin(x),)


@primitive
def tan(m, x):
    """y = tan x;  dy/dx = 1 + y**2."""
    y = m.tan(x)
    return y, (1.0 + y * y,)


_EDGES = [Kink("x = -1", (-1.0,), (inf,), "the tangent is vertical"), Kink("x = 1", (1.0,), (inf,), "vertical as well")]


@primitive(domain=Interval(-1.0, 1.0, closed=True), kinks=_EDGES)
def asin(m, x):
    """y = arcsin x in [-pi/2, pi/2];  dy/dx = 1 / sqrt((1 - x) (1 + x))."""
    return m.asin(x), (m.ratio(1.0, m.sqrt((1.0 - x) * (1.0 + x))),)


@primitive(
    domain=Interval(-1.0, 1.0, closed=True),
    kinks=[Kink(k.where, k.at, (-inf,), "the tangent is vertical") for k in _EDGES],
)
def acos(m, x):
    """y = arccos x in [0, pi];  dy/dx = -1 / sqrt((1 - x) (1 + x))."""
    return m.acos(x), (m.ratio(-1.0, m.sqrt((1.0 - x) * (1.0 + x))),)


def _inside_and_inverse(m: Any, x: Any) -> tuple[Any, Any, Any]:
    """|x| < 1?, then x where so, and 1 / x where not: for forms that neither overflow nor cancel."""
    is_inside = m.absolute(x) < 1.0
    return is_inside, m.pick(is_inside, x, 1.0), 1.0 / m.pick(is_inside, 1.0, x)


@primitive
def atan(m, x):
    """y = arctan x in (-pi/2, pi/2);  dy/dx = 1 / (1 + x**2)."""
    is_inside, inside, inverse = _inside_and_inverse(m, x)
    return m.atan(x), (m.pick(is_inside, 1.0 / (1.0 + inside * inside), inverse * inverse / (1.0 + inverse * inverse)),)


@primitive(kinks=[Kink("y = x = 0", (0.0, 0.0), (nan, nan), "every direction is a limit")])
def atan2(m, y, x):
    """The angle of the point (x, y) in [-pi, pi];  d/dy = x / (x**2 + y**2), d/dx = -y / (x**2 + y**2)."""
    is_flat = m.absolute(y) <= m.absolute(x)
    width = m.pick(is_flat, x, y)
    slope = m.ratio(m.pick(is_flat, y, x), width)
    one = m.ratio(1.0, width) / (1.0 + slope * slope)
    other = slope * one
    return m.atan2(y, x), (m.pick(is_flat, one, other), m.pick(is_flat, -other, -one))


# --- hyperbolic functions and their inverses ------------------------------------------------------------------------


@primitive
def sinh(m, x):
    """y = sinh x;  dy/dx = cosh x."""
    return m.sinh(x), (m.cosh(x),)


@primitive
def cosh(m, x):
    """y = cosh x;  dy/dx = sinh x."""
    return m.cosh(x), (m.sinh(x),)


@primitive
def tanh(m, x):
    """y = tanh x;  dy/dx = 1 - y**2, computed as 4 t / (1 + t)**2 with t = exp(-2 |x|): exact in the tails too."""
    t = m.exp(m.pick(x < 0.0, 2.0 * x, -2.0 * x))
    s = 1.0 + t
    return m.tanh(x), (4.0 * t / (s * s),)


@primitive
def asinh(m, x):
    """y = arsinh x;  dy/dx = 1 / sqrt(1 + x**2)."""
    is_inside, inside, inverse = _inside_and_inverse(m, x)
    far = m.absolute(inverse) / m.sqrt(1.0 + inverse * inverse)
    return m.asinh(x), (m.pick(is_inside, 1.0 / m.sqrt(1.0 + inside * inside), far),)


@primitive(domain=Interval(low=1.0, closed=True), kinks=[Kink("x = 1", (1.0,), (inf,), "the tangent is vertical")])
def acosh(m, x):
    """y = arcosh x >= 0;  dy/dx = 1 / (sqrt(x - 1) sqrt(x + 1))."""
    return m.acosh(x), (m.ratio(1.0, m.sqrt(x - 1.0) * m.sqrt(x + 1.0)),)


@primitive(domain=Interval(-1.0, 1.0))
def atanh(m, x):
    """y = artanh x;  dy/dx = 1 / ((1 - x) (1 + x))."""
    return m.atanh(x), (1.0 / ((1.0 - x) * (1.0 + x)),)


# --- the error function ---------------------------------------------------------------------------------------------


@primitive
def erf(m, x):
    """y = 2 / sqrt(pi) times the integral of exp(-t**2) from 0 to x;  dy/dx = 2 / sqrt(pi) exp(-x**2)."""
    return m.erf(x), (2.0 / m.sqrt(m.pi) * m.exp(-x * x),)


@primitive
def erfc(m, x):
    """y = 1 - erf x, exact in the right tail;  dy/dx = -2 / sqrt(pi) exp(-x**2)."""
    return m.erfc(x), (-2.0 / m.sqrt(m.pi) * m.exp(-x * x),)


# --- choices --------------------------------------------------------------------------------------------------------


@primitive(symbol="abs", kinks=[Kink("x = 0", (0.0,), (0.0,), "the middle of the slopes -1 and 1")])
def absolute(m, x):
    """y = |x|;  dy/dx = sign x."""
    return m.absolute(x), (m.sign(x),)


@primitive(kinks=[Kink("x = 0", (0.0,), (0.0,), "a jump; 0 like everywhere else")])
def sign(m, x):
    """y = -1, 0 or 1 with the sign of x;  dy/dx = 0."""
    y = m.sign(x)
    return y, (0.0 * y,)


_TIE = [Kink("a = b", (2.0, 2.0), (0.5, 0.5), "shared, so that maximum(x, x) and minimum(x, x) have derivative 1")]


def _share(m: Any, a: Any, b: Any) -> Any:
    """1 where a > b, 0 where a < b, and half where they are equal."""
    return m.where(a > b, 1.0, m.where(a < b, 0.0, m.where(a <= b, 0.5, a + b)))


@primitive(symbol="max", kinks=_TIE)
def maximum(m, a, b):
    """y = the larger of a and b;  the derivative goes to it."""
    share = _share(m, a, b)
    return m.maximum(a, b), (share, 1.0 - share)


@primitive(symbol="min", kinks=_TIE)
def minimum(m, a, b):
    """y = the smaller of a and b;  the derivative goes to it."""
    share = _share(m, b, a)
    return m.minimum(a, b), (share, 1.0 - share)


# --- sums of any number of operands ---------------------------------------------------------------------------------


@primitive(symbol="Σ")
def total(m, terms: Group):
    """y = the sum of the terms, rounded once unless it overflows on the way (0 if there are none);  dy/dx_k = 1.

    Over arrays, as in the replay of a tape, sums are NumPy's, here and in `dot`.
    """
    return m.total(terms), ([1.0] * len(terms),)


@primitive
def dot(m, weights: Group, inputs: Group, bias=0.0):
    """y = bias + sum of w_k x_k;  dy/dw_k = x_k, dy/dx_k = w_k, dy/dbias = 1.

    Each product is rounded, and their sum once: the error is at most half an ulp of each product, whatever cancels.
    """
    return m.sum_products(weights, inputs, bias), (inputs, weights, 1.0)


@primitive
def logsumexp(m, xs: Group):
    """y = ln(sum of exp x_k), finite for all finite x;  dy/dx_k = exp(x_k - y), the softmax.

    Computed from the differences to the largest, top + ln(1 + rest): nothing overflows, and a small rest is not lost.
    """
    ordered = m.largest_last(xs)
    top = ordered[-1]
    rest = m.total(m.each(lambda x: m.exp_below(x, top), ordered[:-1]))
    y = m.where(m.absolute(top) < inf, top + m.log1p(rest), top)
    return y, (m.each(lambda x: m.exp_below(x, top) / (1.0 + rest), xs),)


@primitive
def logaddexp(m, a, b):
    """y = ln(exp a + exp b), finite for all finite a and b;  dy/da = 1 / (1 + exp(b - a)), dy/db = 1 - dy/da."""
    is_less = a < b
    top = m.pick(is_less, b, a)
    t = m.exp(m.pick(is_less, a - b, b - a))
    smaller, larger = t / (1.0 + t), 1.0 / (1.0 + t)
    y = m.where(m.absolute(top) < inf, top + m.log1p(t), top)
    return y, (m.pick(is_less, smaller, larger), m.pick(is_less, larger, smaller))
