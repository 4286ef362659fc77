"""Reference values and derivatives of every primitive, computed by mpmath and by no rule of the engine.

`VALUES` holds the textbook definitions, which cancel wherever textbooks cancel: precision makes them right.
Derivatives are central differences of these definitions; every number is computed with growing precision and shrinking
step until two successive results agree, and a zero counts only when more than 1,200 digits have shown nothing else.
"""

from functools import cache
from math import comb

from mpmath import mp, mpf


def erfc(x):
    """mpmath's own fails for operands near 1e300; beyond 1e9 the value is below 10**-(4 * 10**17), no float but 0."""
    return mp.erfc(x) if x < 10**9 else mpf(0)


def exp(x):
    """At a huge integer mpmath multiplies e by itself; half a unit beside it, it is up to 40 times as fast."""
    return mp.exp(x) if abs(x) < 2**64 else mp.exp(mp.fsub(x, 0.5, exact=True)) * mp.exp(0.5)


VALUES = {
    # exponentials and logarithms
    "exp": exp,
    "exp2": lambda x: mpf(2) ** x,
    "expm1": lambda x: exp(x) - 1,
    "log": mp.log,
    "log2": lambda x: mp.log(x) / mp.log(2),
    "log10": lambda x: mp.log(x) / mp.log(10),
    "log1p": lambda x: mp.log(1 + x),
    # powers and roots
    "sqrt": mp.sqrt,
    "rsqrt": lambda x: 1 / mp.sqrt(x),
    "cbrt": lambda x: mp.sign(x) * mp.cbrt(abs(x)),
    "square": lambda x: x * x,
    "reciprocal": lambda x: 1 / x,
    "power": lambda a, b: a**b,
    "hypot": lambda x, y: mp.sqrt(x * x + y * y),
    # trigonometric and hyperbolic functions
    "sin": mp.sin,
    "cos": mp.cos,
    "tan": mp.tan,
    "asin": mp.asin,
    "acos": mp.acos,
    "atan": mp.atan,
    "atan2": mp.atan2,
    "sinh": mp.sinh,
    "cosh": mp.cosh,
    "tanh": mp.tanh,
    "asinh": mp.asinh,
    "acosh": mp.acosh,
    "atanh": mp.atanh,
    # activations and their kin
    "erf": mp.erf,
    "erfc": erfc,
    "sigmoid": lambda x: 1 / (1 + exp(-x)),
    "log_sigmoid": lambda x: -mp.log(1 + exp(-x)),
    "softplus": lambda x: mp.log(1 + exp(x)),
    "softsign": lambda x: x / (1 + abs(x)),
    "relu": lambda x: max(x, mpf(0)),
    "leaky_relu": lambda x, slope: x if x > 0 else slope * x,
    "elu": lambda x, alpha: x if x > 0 else alpha * (exp(x) - 1),
    "silu": lambda x: x / (1 + exp(-x)),
    "gelu": lambda x: x * erfc(-x / mp.sqrt(2)) / 2,
    "gelu_tanh": lambda x: x / 2 * (1 + mp.tanh(mp.sqrt(2 / mp.pi) * (x + mpf(44715) / 1000000 * x**3))),
    # piecewise constant or linear
    "absolute": abs,
    "identity": lambda x: x,
    "negative": lambda x: -x,
    "sign": mp.sign,
    "step": lambda x: mpf(x >= 0),
    "maximum": max,
    "minimum": min,
    # arithmetic, sums
    "add": lambda x, y: x + y,
    "subtract": lambda x, y: x - y,
    "multiply": lambda x, y: x * y,
    "divide": lambda x, y: x / y,
    "logaddexp": lambda x, y: mp.log(exp(x) + exp(y)),
    "total": sum,
    "dot": lambda weights, inputs, bias: sum(w * x for w, x in zip(weights, inputs, strict=True)) + bias,
    "logsumexp": lambda xs: mp.log(sum(exp(x) for x in xs)),
}

# Bits to spare, round by round, beyond those that the digits, the step and the operands' exponents ask for. A zero is
# one after 4,096; the last two rounds confirm what only then shows.
GUARD_BITS = (64, 128, 256, 512, 1024, 2048, 4096, 6144, 8192)


def value(name, operands, digits=40):
    """The primitive's value to `digits` significant digits."""
    return nth_derivative(name, operands, 0, 0, digits)


def derivatives(name, operands, digits=25):
    """All first partial derivatives, flat and in the order of the operands."""
    return tuple(nth_derivative(name, operands, index, 1, digits) for index in range(len(_flat(operands))))


def nth_derivative(name, operands, index, order, digits=20):
    """The derivative of this order in the flat operand `index`, to `digits` significant digits.

    Where there is none: nan if a step leaves the domain, the mean of both slopes at a kink, and ArithmeticError at a
    jump or an infinite slope, of which no two estimates agree.
    """
    operands = tuple(tuple(x) if isinstance(x, list) else x for x in operands)
    return _nth_derivative(name, operands, index, order, digits)


@cache  # several tests ask for the same number
def _nth_derivative(name, operands, index, order, digits):
    numbers = _flat(operands)
    sizes = [0, *(mp.mag(x) for x in numbers if mp.isnormal(x))]
    span = max(sizes) - min(sizes)
    # The step is relative to the operand, at 0 to the smallest other one, and always far below 1: a**b varies at 1 / b.
    others = [abs(x) for i, x in enumerate(numbers) if i != index and mp.isnormal(x)]
    nearest = abs(numbers[index]) if order and numbers[index] else min(others, default=1)
    scale = min(1, nearest) / max([1, *others])
    wanted_bits, previous = digits * 10 // 3 + 1, mpf("nan")
    for round_, guard_bits in enumerate(GUARD_BITS):
        step_bits = wanted_bits + 48 + 16 * round_
        with mp.workprec(wanted_bits + order * step_bits + (2 * order + 2) * span + guard_bits):
            estimate = _central_difference(name, operands, index, order, mp.ldexp(scale, -step_bits))
            agree = estimate and abs(estimate - previous) <= mpf(10) ** -digits * abs(estimate)
        if agree or mp.isnan(estimate) or (not estimate and guard_bits >= 4096):
            return estimate
        previous = estimate
    raise ArithmeticError(f"{name}{operands}: no two estimates of derivative {order} agree")


def _central_difference(name, operands, index, order, step):
    """sum_j (-1)^j C(n, j) f(x + (n/2 - j) h) / h^n, or 0 if no more than rounding errors is left of the sum."""
    terms = []
    for j in range(order + 1):
        numbers = _flat(operands)
        if order:
            numbers[index] += (mpf(order) / 2 - j) * step
        terms.append((-1) ** j * comb(order, j) * _real(name, _shaped(operands, numbers)))
    difference = sum(terms)
    return mpf(0) if abs(difference) <= 64 * mp.eps * max(map(abs, terms)) else difference / step**order


def _real(name, operands):
    """The definition's value at the present precision; nan if it is no finite real number."""
    try:
        result = mp.convert(VALUES[name](*operands))
    except ZeroDivisionError:
        return mp.nan
    return result if isinstance(result, mpf) and mp.isfinite(result) else mp.nan


def _flat(operands):
    """Single operands and the members of groups, as exact mpf numbers in one list."""
    return [mp.convert(x) for group in operands for x in (group if isinstance(group, list | tuple) else [group])]


def _shaped(operands, numbers):
    """The inverse of `_flat`: these numbers in the shape of the operands."""
    rest = iter(numbers)
    return [[next(rest) for _ in group] if isinstance(group, list | tuple) else next(rest) for group in operands]
