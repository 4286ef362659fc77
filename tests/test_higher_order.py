"""Derivatives one to four of every primitive, in every pairing of modes, against mpmath's derivatives of the value."""

import math
from functools import cache
from itertools import product

import pytest
import references
from mpmath import mp, mpf

import autograd
from autograd import Dual, Value, activations, grad, gradients, jvp, primitives
from autograd.rules import Primitive

TABLE = {
    name: x
    for module in (primitives, activations)
    for name, x in vars(module).items()
    # `ratio` is `divide` but at b = 0, where no reference can follow.
    if isinstance(x, Primitive) and name != "ratio"
}

# Ordinary points, where a rule branches, and tails. A list among the operands is a group.
INVERSE = [(0.0,), (0.3,), (-0.5,), (0.9,)]
EVERYWHERE = [(0.0,), (0.7,), (-1.3,), (1.0,), (-1.0,), (2.5,)]
AWAY_FROM_0 = [(0.7,), (-1.3,), (1.0,), (-1.0,), (2.5,)]
BELOW_AND_ABOVE = [(1.5, 0.25), (-1.5, 0.25), (-0.3, 2.0), (0.3, 1.0), (-2.0, 1.0)]
POSITIVE = [(0.3,), (1.0,), (2.0,), (7.5,)]
POINTS = {
    "exp": EVERYWHERE,
    "exp2": EVERYWHERE,
    "expm1": [*EVERYWHERE, (-20.0,)],
    "log": POSITIVE,
    "log2": POSITIVE,
    "log10": POSITIVE,
    "log1p": [*POSITIVE, (0.0,), (-0.5,), (1e-8,)],
    "sqrt": POSITIVE,
    "rsqrt": POSITIVE,
    "cbrt": [*POSITIVE, (-0.3,), (-8.0,)],
    "square": EVERYWHERE,
    "reciprocal": [*POSITIVE, (-0.3,), (-2.0,)],
    "power": [(2.0, 3.0), (2.0, 1.0), (2.0, 2.0), (1.5, 0.0), (0.7, 0.5), (1.3, -2.5), (0.7, 1.5), (3.0, 2.5)],
    "hypot": [(3.0, 4.0), (-1.0, 2.0), (5.0, -5.0), (0.5, 10.0), (20.0, 0.5), (1.0, 100.0)],
    "sin": [*EVERYWHERE, (30.0,)],
    "cos": [*EVERYWHERE, (30.0,)],
    "tan": [*EVERYWHERE, (4.0,)],
    "asin": INVERSE,
    "acos": INVERSE,
    "atan": [*EVERYWHERE, (0.99,), (1.01,), (-0.99,), (-1.01,), (50.0,)],
    "atan2": [
        (1.0, 1.0),
        (1.0, -1.0),
        (-1.0, 1.0),
        (-2.0, -2.0),
        (0.5, 2.0),
        (2.0, 0.5),
        (-0.5, -2.0),
        (2.0, -0.5),
        (0.0, 2.0),
        (2.0, 0.0),
        (-2.0, 0.0),
    ],
    "sinh": EVERYWHERE,
    "cosh": EVERYWHERE,
    "tanh": [*EVERYWHERE, (20.0,), (-20.0,)],
    "asinh": [*EVERYWHERE, (0.99,), (1.01,), (-0.99,), (-1.01,), (50.0,)],
    "acosh": [(1.1,), (1.5,), (2.0,), (10.0,)],
    "atanh": INVERSE,
    "erf": [*EVERYWHERE, (3.0,), (-3.0,)],
    "erfc": [*EVERYWHERE, (3.0,), (5.0,), (-5.0,)],
    "sigmoid": [*EVERYWHERE, (-30.0,), (20.0,)],
    "log_sigmoid": [*EVERYWHERE, (-30.0,), (30.0,)],
    "softplus": [*EVERYWHERE, (-30.0,), (30.0,)],
    "softsign": AWAY_FROM_0,
    "relu": AWAY_FROM_0,
    "leaky_relu": BELOW_AND_ABOVE,
    "elu": [*BELOW_AND_ABOVE, (-20.0, 1.0)],
    "silu": [*EVERYWHERE, (-30.0,), (20.0,)],
    "gelu": [*EVERYWHERE, (-5.0,), (-8.0,), (5.0,)],
    "gelu_tanh": [*EVERYWHERE, (-5.0,), (5.0,)],
    "absolute": AWAY_FROM_0,
    "identity": EVERYWHERE,
    "negative": EVERYWHERE,
    "sign": AWAY_FROM_0,
    "step": AWAY_FROM_0,
    "maximum": [(1.0, 2.0), (2.0, 1.0), (-1.0, -3.0)],
    "minimum": [(1.0, 2.0), (2.0, 1.0), (-1.0, -3.0)],
    "add": [(1.5, -2.0)],
    "subtract": [(1.5, -2.0)],
    "multiply": [(1.5, -2.0), (0.0, 3.0)],
    "divide": [(1.5, -2.0), (-3.0, 0.7), (0.0, 2.0)],
    "logaddexp": [(1.0, 1.0), (0.0, 0.0), (0.5, -1.0), (-1.0, 0.5), (0.0, 30.0), (30.0, 0.0)],
    "total": [([1.0, -2.0, 0.5],)],
    "dot": [([1.0, -2.0], [0.5, 3.0], 0.25)],
    "logsumexp": [([1.0, 1.0],), ([0.5, 0.5, 0.5],), ([0.5, -1.0, 2.0],), ([0.7],), ([2.0, 2.0, -1.0],)],
}


def flat(operands):
    return [x for group in operands for x in (group if isinstance(group, list) else [group])]


def of_one_operand(name, operands, index):
    """The primitive as a function of one of its operands, the others fixed."""
    p, numbers = TABLE[name], flat(operands)

    def function(x):
        rest = iter([*numbers[:index], x, *numbers[index + 1 :]])
        return p(*[[next(rest) for _ in group] if isinstance(group, list) else next(rest) for group in operands])

    return function


CASES = [
    pytest.param(name, operands, index, id=f"{name}({', '.join(map(str, operands))})[{index}]")
    for name, points in POINTS.items()
    for operands in points
    for index in range(len(flat(operands)))
]


def forward(function):
    """The derivative of a function of one number, by forward mode."""
    return lambda x: jvp(function, (x,), (1.0,))[1]


MODES = {"R": grad, "F": forward}


def nested(function, modes):
    """The derivative whose order is the number of modes; the first is the outermost."""
    for mode in reversed(modes):
        function = MODES[mode](function)
    return function


# Exactly 0 where the function is not, so that no two of mpmath's estimates agree. The fourth derivative of atan
# is 24 x (1 - x**2) / (1 + x**2)**4, that of sqrt(x**2 + c**2) is 3 c**2 (4 x**2 - c**2) / r**7. Those of the angle of
# the point (x, y) are -6 Im (x + iy)**-4 along x and 6 Im (x + iy)**-4 along y; on the diagonals (x + iy)**4 is real.
ZEROS = {
    ("atan", (1.0,), 0, 4),
    ("atan", (-1.0,), 0, 4),
    ("hypot", (-1.0, 2.0), 0, 4),
    *(("atan2", at, i, 4) for at in [(1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-2.0, -2.0)] for i in (0, 1)),
}


@cache
def expected(name, frozen, index, order):
    if (name, frozen, index, order) in ZEROS:
        return mpf(0)
    operands = [list(x) if isinstance(x, tuple) else x for x in frozen]
    return references.nth_derivative(name, operands, index, order, 15)


def assert_agrees(found, name, operands, index, order, by):
    """To 1e-10: relatively, or absolutely where the derivative is 0."""
    frozen = tuple(tuple(x) if isinstance(x, list) else x for x in operands)
    reference = expected(name, frozen, index, order)
    assert type(found) is float
    assert abs(mpf(found) - reference) <= mpf("1e-10") * (abs(reference) or 1), (
        f"derivative {order} by {by} is {found!r}, mpmath gives {float(reference)!r}"
    )


def test_every_primitive_is_here():
    assert set(POINTS) == set(TABLE) == set(references.VALUES)


@pytest.mark.parametrize(("name", "operands", "index"), CASES)
def test_derivatives_one_to_four_agree_with_mpmath_in_every_pairing_of_modes(name, operands, index):
    function, x = of_one_operand(name, operands, index), flat(operands)[index]
    for order in (1, 2, 3, 4):
        # Of the fourth order each mode over itself, and both mixtures; test_transforms has all 16.
        pairings = product("RF", repeat=order) if order < 4 else ("RRRR", "FFFF", "FRFR", "RFRF")
        for pairing in map("".join, pairings):
            assert_agrees(nested(function, pairing)(x), name, operands, index, order, pairing)


@pytest.mark.parametrize(("name", "operands", "index"), CASES)
def test_derivatives_one_to_four_of_a_graph_agree_with_mpmath(name, operands, index):
    x = Value(flat(operands)[index])
    y = of_one_operand(name, operands, index)(x)
    for order in (1, 2, 3, 4):
        y = gradients(y, x, create_graph=True)
        assert_agrees(y.data, name, operands, index, order, "gradients")
    assert x.grad == 0.0


@pytest.mark.parametrize(("name", "operands", "index"), CASES)
def test_derivatives_one_to_four_of_nested_duals_agree_with_mpmath(name, operands, index):
    # Dual is the public class: (((x, 1), 1), 1), with a tag for each level, and no transform.
    x = flat(operands)[index]
    for tag in (1, 2, 3, 4):
        x = Dual(x, 1.0, tag)
    y = of_one_operand(name, operands, index)(x)
    for order in (4, 3, 2, 1):
        slope, y = y, y.primal
        for _ in range(order):
            slope = 0.0 if slope is None else slope.tangent if isinstance(slope, Dual) else 0.0
        assert_agrees(float(0.0 if slope is None else slope), name, operands, index, order, "Duals")


# --- numbers worked by hand, where rules branch ---------------------------------------------------------------------

HAND = [
    # tanh x = x - x**3/3 + ..., so the third derivative at 0 is -2; by parity the second and the fourth are 0.
    (autograd.tanh, 0.0, (1.0, 0.0, -2.0, 0.0)),
    # sigmoid x = 1/2 + x/4 - x**3/48 + ...
    (autograd.sigmoid, 0.0, (0.25, 0.0, -0.125, 0.0)),
    # softplus is the integral of sigmoid, log_sigmoid x = -softplus(-x).
    (autograd.softplus, 0.0, (0.5, 0.25, 0.0, -0.125)),
    (autograd.log_sigmoid, 0.0, (0.5, -0.25, 0.0, 0.125)),
    # silu x = x sigmoid x = x/2 + x**2/4 - x**4/48 + ...
    (autograd.silu, 0.0, (0.5, 0.5, 0.0, -0.5)),
    # gelu x = x/2 + (x**2 - x**4/6 + ...) / sqrt(2 pi)
    (autograd.gelu, 0.0, (0.5, 2 / math.sqrt(2 * math.pi), 0.0, -4 / math.sqrt(2 * math.pi))),
    # atan' = 1 / (1 + x**2): 1/2, -2x / (..)**2 = -1/2, (6x**2 - 2) / (..)**3 = 1/2, 24 x (1 - x**2) / (..)**4 = 0.
    (autograd.atan, 1.0, (0.5, -0.5, 0.5, 0.0)),
    (autograd.atan, -1.0, (0.5, 0.5, 0.5, 0.0)),
    # asinh' = r**-1 with r**2 = 1 + x**2: -x r**-3, (2 x**2 - 1) r**-5, (9 x - 6 x**3) r**-7.
    (autograd.asinh, 1.0, (2**-0.5, -(2**-1.5), 2**-2.5, 3 * 2**-3.5)),
    (autograd.asinh, -1.0, (2**-0.5, 2**-1.5, 2**-2.5, -3 * 2**-3.5)),
    # Powers at and beside the points where the rule branches in b; a whole number of factors also at 0.
    (lambda x: x**1, 2.0, (1.0, 0.0, 0.0, 0.0)),
    (lambda x: x**2, 3.0, (6.0, 2.0, 0.0, 0.0)),
    (lambda x: x**0, 3.0, (0.0, 0.0, 0.0, 0.0)),
    (lambda x: x**3, -2.0, (12.0, -12.0, 6.0, 0.0)),
    (lambda x: x**0, 0.0, (0.0, 0.0, 0.0, 0.0)),
    (lambda x: x**1, 0.0, (1.0, 0.0, 0.0, 0.0)),
    (lambda x: x**2, 0.0, (0.0, 2.0, 0.0, 0.0)),
    (lambda x: x**3, 0.0, (0.0, 0.0, 6.0, 0.0)),
    (lambda x: x**4, 0.0, (0.0, 0.0, 0.0, 24.0)),
    (lambda x: x**5, 0.0, (0.0, 0.0, 0.0, 0.0)),
    (lambda x: 2.0**x, 1.0, tuple(2 * math.log(2) ** k for k in (1, 2, 3, 4))),
    (lambda x: 2.0**x, 0.0, tuple(math.log(2) ** k for k in (1, 2, 3, 4))),
    (lambda x: 2.0**x, 2.0, tuple(4 * math.log(2) ** k for k in (1, 2, 3, 4))),
    # At a tie log(exp x + exp c) is c + softplus(x - c): the derivatives of softplus at 0.
    (lambda x: autograd.logaddexp(x, 3.0), 3.0, (0.5, 0.25, 0.0, -0.125)),
    (lambda x: autograd.logaddexp(3.0, x), 3.0, (0.5, 0.25, 0.0, -0.125)),
    (lambda x: autograd.logsumexp([x, 3.0]), 3.0, (0.5, 0.25, 0.0, -0.125)),
    (lambda x: autograd.logsumexp([3.0, x]), 3.0, (0.5, 0.25, 0.0, -0.125)),
    # log(exp x + exp x) = x + log 2; sqrt(x**2 + x**2) = sqrt(2) |x|; atan2(x, x) is constant.
    (lambda x: autograd.logaddexp(x, x), 0.7, (1.0, 0.0, 0.0, 0.0)),
    (lambda x: autograd.logsumexp([x, x, x]), 0.7, (1.0, 0.0, 0.0, 0.0)),
    (lambda x: autograd.hypot(x, x), 2.0, (math.sqrt(2), 0.0, 0.0, 0.0)),
    (lambda x: autograd.atan2(x, x), 2.0, (0.0, 0.0, 0.0, 0.0)),
    # On the left of 0 elu is alpha (exp x - 1), at 0 and on its right x; relu and leaky_relu have no curvature.
    (lambda x: autograd.elu(x, 2.0), -1.0, (2 / math.e,) * 4),
    (autograd.elu, 1.0, (1.0, 0.0, 0.0, 0.0)),
    (autograd.relu, 0.0, (0.0, 0.0, 0.0, 0.0)),
    (autograd.leaky_relu, 0.0, (0.01, 0.0, 0.0, 0.0)),
    # Not a whole number of factors: b (b - 1) .. a**(b - k) is infinite as soon as k > b.
    (lambda x: x**2.5, 0.0, (0.0, 0.0, math.inf)),
    (lambda x: x**1.5, 0.0, (0.0, math.inf)),
    (lambda x: x**0.5, 0.0, (math.inf,)),
    (abs, 0.0, (0.0, 0.0, 0.0, 0.0)),
    # softsign on the right is 1 - 1/(1 + x): (1 + x)**-2, -2 (..)**-3, 6 (..)**-4, -24 (..)**-5.
    (autograd.softsign, 1.0, (1 / 4, -1 / 4, 3 / 8, -3 / 4)),
    (autograd.softsign, -1.0, (1 / 4, 1 / 4, 3 / 8, 3 / 4)),
]


@pytest.mark.parametrize(("function", "at", "by_hand"), HAND)
@pytest.mark.parametrize("pairing", ["RRRR", "FFFF", "FRRR", "RRRF", "FRFR", "RFRF"])
def test_derivatives_where_rules_branch_are_those_worked_by_hand(function, at, by_hand, pairing):
    found = [nested(function, pairing[-order:])(at) for order in range(1, len(by_hand) + 1)]
    assert found == pytest.approx(by_hand, rel=1e-12, abs=1e-12)


# --- mixed derivatives ----------------------------------------------------------------------------------------------

MIXED = {
    "power": [(2.0, 3.0), (2.0, 1.0), (2.0, 2.0), (1.5, 0.0), (0.7, 0.5), (1.3, -2.5)],
    "hypot": [(3.0, 4.0), (-1.0, 2.0)],
    "atan2": [(1.0, 2.0), (2.0, 1.0), (-1.0, 2.0), (2.0, -1.0), (3.0, 0.5)],
    "multiply": [(1.5, -2.0)],
    "divide": [(1.5, -2.0)],
    "logaddexp": [(0.5, -1.0), (-1.0, 0.5), (1.0, 1.0)],
    "leaky_relu": [(-0.7, 0.25), (0.7, 0.25)],
    "elu": [(-0.7, 0.25), (0.7, 0.25)],
}


@pytest.mark.parametrize(("name", "at"), [(name, at) for name, points in MIXED.items() for at in points])
@pytest.mark.parametrize("modes", ["RR", "FF", "RF", "FR"])
def test_mixed_derivatives_agree_with_mpmath_in_either_order(name, at, modes):
    p, (a, b) = TABLE[name], at
    with mp.workdps(40):
        reference = float(mp.diff(references.VALUES[name], at, (1, 1)))
    outer, inner = (MODES[mode] for mode in modes)
    first_b = outer(lambda x: inner(lambda y: p(x, y))(b))(a)
    first_a = outer(lambda y: inner(lambda x: p(x, y))(a))(b)
    assert (first_b, first_a) == pytest.approx((reference, reference), rel=1e-10, abs=1e-14)


@pytest.mark.parametrize("modes", ["RR", "FF", "RF", "FR"])
def test_mixed_derivatives_at_the_kinks_of_a_family_do_not_depend_on_the_order(modes):
    outer, inner = (MODES[mode] for mode in modes)
    # elu is x there, as on its right side, whatever alpha; leaky_relu is slope x, as on its left.
    for function, expected in ((autograd.elu, 0.0), (autograd.leaky_relu, 1.0)):
        assert outer(lambda x, f=function: inner(lambda a: f(x, a))(2.0))(0.0) == expected
        assert outer(lambda a, f=function: inner(lambda x: f(x, a))(0.0))(2.0) == expected


def test_the_slope_of_a_power_along_its_exponent_is_flat_at_0():
    # d/db a**b = a**b ln a, which is 0 at a = 0 and falls as a**2 ln a for b = 2: its slope there is 0.
    for outer, inner in product(MODES.values(), repeat=2):
        assert outer(lambda a, inner=inner: inner(lambda b: primitives.power(a, b))(2.0))(0.0) == 0.0


# --- one operand that outweighs the others --------------------------------------------------------------------------


@pytest.mark.parametrize("xs", [[20.0, 0.0], [0.0, 20.0], [0.0, 30.0, 1.0]])
def test_logsumexp_keeps_its_digits_where_one_operand_outweighs_the_others(xs):
    # As logaddexp does: the slope of the largest is nearly 1, but its own slope is s (1 - s), about exp(-20).
    for index, order in product(range(len(xs)), (1, 2, 3, 4)):
        reference = references.nth_derivative("logsumexp", (xs,), index, order, 15)
        for modes in ("RRRR", "FFFF"):
            found = nested(of_one_operand("logsumexp", (xs,), index), modes[:order])(xs[index])
            assert abs(mpf(found) - reference) <= mpf("1e-10") * abs(reference), (index, order, modes)


def test_the_softmax_of_an_infinite_logit_is_as_undecided_as_a_graph():
    xs = [Value(math.inf), Value(0.0)]
    y = autograd.logsumexp(xs)
    for slopes in (gradients(y, xs), [slope.data for slope in gradients(y, xs, create_graph=True)]):
        assert math.isnan(slopes[0])
        assert slopes[1] == 0.0


def test_where_a_power_has_no_slope_it_has_no_second_one_either():
    """Of (-2)**3: 6 a along a, and nothing along b, in which order ever."""
    (aa, ab), (ba, bb) = autograd.hessian(lambda a, b: a**b)(-2.0, 3.0)
    assert aa == -12.0
    assert math.isnan(ab)
    assert math.isnan(ba)
    assert math.isnan(bb)
