"""Every primitive, over every number system, against references that use no rule (see references.py)."""

import math
import re
from itertools import product
from random import Random

import numpy as np
import pytest
from mpmath import mp, mpf
from references import derivatives, value

from autograd import activations, primitives
from autograd.interpreted import INTERPRETED
from autograd.rules import Primitive, primitive
from autograd.systems import FLOATS, Arrays, MultiPrecision
from autograd.value import Value

TABLE = {
    name: x
    for module in (primitives, activations)
    for name, x in vars(module).items()
    # `ratio` is `divide` but at b = 0, where no reference can follow.
    if isinstance(x, Primitive) and name != "ratio"
}
SINGLE = [name for name, p in TABLE.items() if not p.n_groups]
LARGEST = mpf(1.7976931348623157e308)
# Subnormal numbers have few digits: they are right to 1e-13 of the smallest normal one.
SUBNORMAL = mpf("1e-13") * mpf(2.2250738585072014e-308)

# --- where to look --------------------------------------------------------------------------------------------------

MAGNITUDES = [
    *(
        5e-324,
        1e-310,
        2.3e-308,
        1e-200,
        1e-100,
        1e-20,
        1e-8,
        1e-3,
        0.1,
        0.3,
        0.5,
        0.7517916,
        1 - 2**-53,
        1.0,
        1 + 2**-52,
    ),
    *(
        1.2784645,
        1.5,
        2.0,
        math.pi,
        5.0,
        8.3,
        10.0,
        18.7,
        19.1,
        20.0,
        22.0,
        26.5,
        36.7,
        37.5,
        38.2,
        40.0,
        88.0,
        99.9,
        101.0,
    ),
    *(300.0, 354.9, 700.0, 709.0, 709.7, 710.2, 745.0, 746.0, 1e3, 1e5, 1e8, 1e15, 1e22, 1e100, 1e103, 1e154, 1.4e154),
    *(1e160, 1e200, 1e300, 1.79e308),
]
PLAIN = [
    -1e200,
    -745.5,
    -30.0,
    -2.0,
    -1.0,
    -0.5,
    -1e-8,
    0.0,
    1e-300,
    1e-8,
    0.25,
    1.0,
    1 + 2**-52,
    2.0,
    3.0,
    40.0,
    710.0,
    1e200,
]


# What no interval can say; and slopes of 1e200, which would show the last digit of exp(-745) as the first of a result.
OUTSIDE = {
    "power": lambda a, b: a == 0 and b < 0,
    "elu": lambda _, alpha: abs(alpha) > 1e3,
}


def operands_of(name):
    """Tuples of operands inside the domain: ordinary, near the edges, in the tails, and the extremes of floats."""
    table, random = TABLE[name], Random(name)
    if len(table.domain) == 1:
        xs = [0.0, *MAGNITUDES, *(-x for x in MAGNITUDES)]
        xs += [random.gauss(0.0, 3.0) for _ in range(40)] + [random.uniform(-1, 1) for _ in range(10)]
        xs += [1.0 + math.ldexp(random.random(), -k) for k in range(0, 50, 5)]
        xs += [-1.0 + math.ldexp(1.0, -k) for k in (20, 52, 53)]
        found = [(x,) for x in xs]
    else:
        pairs = list(product(PLAIN, repeat=2))
        pairs += [(random.gauss(0, 5), random.gauss(0, 5)) for _ in range(60)]
        pairs += [(abs(random.gauss(0, 5)), random.gauss(0, 5)) for _ in range(40)]
        pairs += [(-2.0, -3.0), (-2.5, 3.0), (1e-200, -1.0), (1e-200, 2.0), (1e200, 1.5), (0.0, 1.5), (5e-324, 0.5)]
        found = [xs for xs in pairs if not OUTSIDE.get(name, lambda *_: False)(*xs)]
    return [xs for xs in found if all(x in interval for x, interval in zip(xs, table.domain, strict=True))]


GROUPS = {
    "total": [
        ([],),
        ([3.5],),
        ([1e16, 1.0, -1e16],),
        ([0.1] * 10,),
        ([1e308, 1e-308, -1e308, 5e-324],),
        ([-1.0, 2.5, 1e-20, 7.0],),
    ],
    "dot": [
        ([], [], 2.0),
        ([1.5], [-2.0], 0.25),
        ([1e10, 1.0, -1e10], [1e10, 3.0, 1e10], 0.5),
        ([0.1, 0.2, 0.3], [0.4, -0.5, 0.6], -0.07),
        ([1e-200, 1e200], [1e-200, 1e100], 1.0),
    ],
    "logsumexp": [
        ([0.0],),
        ([1000.0, 1000.0],),
        ([800.0, 0.0],),
        ([-800.0, 0.0, 40.0],),
        ([-0.6931471805599453] * 2,),
        ([1e308, -1e308],),
        ([-1e308, -1e308, -1e308],),
        ([0.0, -40.0],),
        ([1.0, 2.0, 3.0, 2.0],),
        ([36.7, 0.0, -36.7],),
    ],
}
CASES = {name: GROUPS.get(name) or operands_of(name) for name in TABLE}


def is_kink(name, operands):
    """Where the reference, which knows no convention, has no derivative: kinks, ties, and the edges of the domain."""
    if name in {"maximum", "minimum"}:
        return operands[0] == operands[1]
    if name == "atan2":
        return operands[0] == 0 and operands[1] <= 0
    if name == "power":
        return operands[0] <= 0
    if name in {"leaky_relu", "elu"}:
        return operands[0] == 0
    return any(tuple(operands) == kink.at for kink in TABLE[name].kinks)


# --- how far off ----------------------------------------------------------------------------------------------------


def ulp(x):
    return mpf(math.ulp(float(x))) if abs(x) < LARGEST else mpf(2) ** 971


# These fall to the left as an exponential does, and each rounding of the exponent is an error of so many ulp.
TAIL = {"gelu": lambda x: 2 * x * x, "gelu_tanh": lambda x: 1.6 * abs(x + 0.044715 * x**3) if x > -100 else 0.0}


def is_close_value(name, operands, found, exact):
    if math.isinf(found):
        return abs(exact) > LARGEST and (found > 0) == (exact > 0)
    # "Roots absolutely": a sum of terms that cancel is right to the last digits of the largest term.
    allowed = 4 * ulp(exact)
    if name == "logsumexp":
        allowed = max(allowed, 4 * ulp(max(map(abs, operands[0]))))
    elif name == "logaddexp":
        allowed = max(allowed, 4 * ulp(max(map(abs, operands))))
    elif name == "dot":
        weights, inputs, bias = operands
        allowed = max(allowed, 4 * ulp(max([abs(bias), *(abs(w * x) for w, x in zip(weights, inputs, strict=True))])))
    elif name in TAIL and operands[0] < 0:
        allowed = (4 + TAIL[name](operands[0])) * ulp(exact)
    return abs(found - exact) <= max(allowed, SUBNORMAL)


def largest_term(name, operands):
    """The largest of the terms whose sum is the derivative; 0 where it is a product or a single term."""
    x = mpf(operands[0])
    if name == "silu":  # s + x s (1 - s)
        return max(value("sigmoid", operands), abs(x) * derivatives("sigmoid", operands)[0])
    if name == "gelu":  # Phi(x) + x phi(x)
        return max(mp.ncdf(x), abs(x) * mp.npdf(x))
    if name == "gelu_tanh":
        return mp.ncdf(x) if x < 0 else mpf(1)
    return mpf(0)


def is_close_derivative(name, operands, found, exact):
    if math.isinf(found):
        return abs(exact) > LARGEST and (found > 0) == (exact > 0)
    relative = mpf("1e-12") if name in TAIL and abs(exact) < 1e-100 else mpf("1e-13")
    allowed = max(relative * abs(exact), SUBNORMAL)
    if abs(found - exact) <= allowed:
        return True
    return not TABLE[name].n_groups and abs(found - exact) <= 4 * ulp(largest_term(name, operands))


def mistakes(name, rule, cases, also_right=lambda *_: False):
    """The operands at which a rule is wrong, with what it gives and what is right."""
    wrong = []
    for operands in cases:
        try:
            y, local = rule(*operands)
        except OverflowError:
            if not abs(value(name, operands)) > LARGEST:
                wrong.append((operands, "overflow", value(name, operands)))
            continue
        exact = value(name, operands)
        if not is_close_value(name, operands, float(y), exact) and not also_right(operands, float(y), exact):
            wrong.append((operands, y, exact))
        if is_kink(name, operands):
            continue
        for found, slope in zip(TABLE[name].flat(local), derivatives(name, operands), strict=True):
            if not is_close_derivative(name, operands, float(found), slope):
                wrong.append((operands, found, slope))
    return [f"{operands}: {found!r}, not {mp.nstr(exact, 20)}" for operands, found, exact in wrong]


# --- floats ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TABLE)
def test_values_and_local_derivatives_are_right_over_floats(name):
    assert CASES[name], "nothing was looked at"
    assert mistakes(name, lambda *operands: TABLE[name].rule(FLOATS, *operands), CASES[name]) == []


@pytest.mark.parametrize("name", TABLE)
def test_results_over_floats_are_floats(name):
    for operands in CASES[name]:
        try:
            y, local = TABLE[name].rule(FLOATS, *operands)
        except OverflowError:
            continue
        assert {type(x) for x in (y, *TABLE[name].flat(local))} == {float}


WRONG = {
    "tanh": lambda x: (math.tanh(x), (1 - math.tanh(x) ** 2,)),  # nothing is left of the tail
    "sin": lambda x: (math.sin(x), (-math.cos(x),)),
    "sigmoid": lambda x: (1 / (1 + math.exp(-x)), (math.exp(-x) / (1 + math.exp(-x)) ** 2,)),  # overflows at -800
    "expm1": lambda x: (math.expm1(x), (math.expm1(x) + 1,)),
    "log1p": lambda x: (math.log(1 + x), (1 / (1 + x),)),
    "atan": lambda x: (math.atan(x), (1 / (1 + abs(x)),)),
    "softplus": lambda x: (max(x, 0.0), (float(x > 0),)),
    "cbrt": lambda x: (math.copysign(abs(x) ** (1 / 3), x), (1 / 3 * abs(x) ** (-2 / 3) if x else math.inf,)),
    "gelu": lambda x: (x * 0.5 * (1 + math.erf(x / 2**0.5)), (0.5 * (1 + math.erf(x / 2**0.5)),)),
    "divide": lambda a, b: (a / b, (1 / b, -a / b)),
    "hypot": lambda a, b: ((a * a + b * b) ** 0.5, (0.0, 0.0)),
    "dot": lambda w, x, b: (sum(map(lambda p, q: p * q, w, x)) + b, (w, x, 1.0)),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_rule_is_caught(name):
    assert mistakes(name, WRONG[name], CASES[name])


# --- the other systems ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TABLE)
def test_the_same_rule_makes_nodes_that_hold_the_same_numbers(name):
    table = TABLE[name]
    for operands in CASES[name]:
        try:
            y, local = table.rule(FLOATS, *operands)
        except OverflowError:
            continue
        values = table.shaped([Value(x) for x in table.flat(operands)])
        node = table(*values)
        if not operands[0] and table.n_groups == 1:
            continue  # of no operands there is no node, but a float
        assert node.data == y
        assert node.parents == table.flat(values)
        assert node.local_derivatives == pytest.approx(table.flat(local), rel=0, abs=0, nan_ok=True)
        assert node.primitive is table


@pytest.mark.parametrize("name", TABLE)
def test_over_values_a_rule_gives_its_derivatives_as_graphs_of_the_same_numbers(name):
    table = TABLE[name]
    for operands in CASES[name]:
        try:
            y, local = table.rule(FLOATS, *operands)
        except OverflowError:
            continue
        again, graphs = table.rule(INTERPRETED, *table.shaped([Value(x) for x in table.flat(operands)]))
        numbers = [x.data if isinstance(x, Value) else x for x in (again, *table.flat(graphs))]
        assert numbers == pytest.approx([y, *table.flat(local)], rel=0, abs=0, nan_ok=True)


def in_batches(table, operands):
    """The operand tuples of equal shape, as one batch of arrays."""
    shapes = {}
    for each in operands:
        shapes.setdefault(tuple(np.shape(x) for x in each), []).append(each)
    for rows in shapes.values():
        columns = zip(*(table.flat(row) for row in rows), strict=True)
        yield rows, table.shaped([np.array(column, float) for column in columns])


def right_for_an_array(name):
    """What NumPy and SciPy cannot do better: a sum that rounds at each step, and the right tail of SciPy's erfc."""
    if name == "total":
        return lambda operands, y, exact: abs(y - exact) <= 4 * ulp(max(map(abs, operands[0]), default=0.0))
    if name in {"erfc", "gelu"}:
        return lambda _, y, exact: abs(y - exact) <= mpf("1e-13") * abs(exact)
    return lambda *_: False


@pytest.mark.parametrize("name", TABLE)
def test_over_arrays_a_whole_batch_is_right(name):
    table, arrays = TABLE[name], Arrays()

    def is_comparable(operands):
        if name == "gelu" and operands[0] < -37.5:
            return False  # SciPy's erfc gives no subnormal numbers
        try:
            table.rule(FLOATS, *operands)
        except OverflowError:
            return False
        return True

    rows_looked_at = 0
    for rows, batch in in_batches(table, [row for row in CASES[name] if is_comparable(row)]):
        y, local = arrays.run(table.rule, *batch)
        columns = [np.broadcast_to(x, len(rows)) for x in (y, *table.flat(local))]
        for row, found in zip(rows, zip(*columns, strict=True), strict=True):
            of_row = (found[0], table.shaped(found[1:]))
            assert mistakes(name, lambda *_, of_row=of_row: of_row, [row], right_for_an_array(name)) == []
            rows_looked_at += 1
    assert rows_looked_at


@pytest.mark.parametrize("name", TABLE)
def test_over_fifty_digits_a_rule_is_right_to_forty(name):
    table, precise = TABLE[name], MultiPrecision(60)
    # Far out, sixty digits cannot tell 1 - tanh(x)**2 from 0 either; the definitions are compared where they can.
    for operands in CASES[name]:
        flat = table.flat(operands)
        if is_kink(name, operands) or any(x and not 1e-9 < abs(x) < 1e3 for x in flat):
            continue
        y, local = precise.run(table.rule, *operands)
        pairs = [(y, value(name, operands, 45)), *zip(table.flat(local), derivatives(name, operands, 42), strict=True)]
        largest = (
            max([mpf(1), *map(abs, flat)])
            if table.n_groups or name in {"silu", "gelu", "gelu_tanh", "logaddexp"}
            else 0
        )
        for found, exact in pairs:
            if abs(found) < mpf("1e-1000"):
                continue  # hidden from the references' differences
            assert abs(found - exact) <= mpf("1e-40") * max(abs(exact), largest), operands


@pytest.mark.parametrize("taken", [True, False])
@pytest.mark.parametrize("name", SINGLE)
def test_both_forms_that_a_rule_picks_from_are_the_same_function(name, taken):
    table = TABLE[name]

    class OneForm(MultiPrecision):
        pick = staticmethod(lambda _, a, b: a if taken else b)

    forms, both = OneForm(80), MultiPrecision(80)
    for operands in [xs for xs in CASES[name] if all(1e-6 < abs(x) < 60 for x in xs) and not is_kink(name, xs)]:
        expected, slopes = both.run(table.rule, *operands)
        found, found_slopes = forms.run(table.rule, *operands)
        for a, b in zip((found, *found_slopes), (expected, *slopes), strict=True):
            assert abs(a - b) <= mpf("1e-50") * max(abs(b), 1e-30), operands


def test_the_slope_of_a_power_keeps_its_sign_and_its_digits_where_its_forms_meet():
    def slope(a, b):
        return primitives.power.rule(FLOATS, a, b)[1][0]

    # Beyond 2**53 floats are even, and b - 1 is none of them; at a = -1 the slope b a**(b - 1) is -b all the same.
    for b in (2.0**53, 2.0**53 + 2, 2.0**54 - 2, 1e20):
        assert slope(-1.0, b) == -b
    # The power itself is below the least float here, its slope is not: 108 * 0.001**107.
    assert slope(1e-3, 108.0) == pytest.approx(1.08e-319, rel=0.01, abs=0.0)
    assert slope(math.inf, 1.0) == 1.0


@pytest.mark.parametrize("name", ["logsumexp", "logaddexp"])
@pytest.mark.parametrize("at", [math.inf, -math.inf])
def test_the_logarithm_of_two_equal_infinities_is_infinite(name, at):
    for m in (FLOATS, INTERPRETED):
        operands = [at, at] if m is FLOATS else [Value(at), Value(at)]
        y, slopes = TABLE[name].rule(m, *([operands] if TABLE[name].n_groups else operands))
        assert float(getattr(y, "data", y)) == at
        assert all(math.isnan(getattr(x, "data", x)) for x in TABLE[name].flat(slopes))


def test_the_logarithm_of_one_infinity_has_no_slope_over_any_system():
    for m, x in ((FLOATS, math.inf), (INTERPRETED, Value(math.inf))):
        _, ((slope,),) = primitives.logsumexp.rule(m, [x])
        assert math.isnan(getattr(slope, "data", slope))


def test_a_rule_may_call_nothing_but_primitives():
    @primitive
    def gamma(m, x):
        return x, (m.digamma(x),)

    with pytest.raises(AttributeError, match=r"^a rule may call the primitives, and 'digamma' is none of them$"):
        gamma.rule(INTERPRETED, Value(1.0))


# --- what a primitive says of itself --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TABLE)
def test_a_primitive_says_what_it_is(name):
    table = TABLE[name]
    assert table.name == name
    assert len(table.domain) == len(table.operands)
    assert "d" in table.__doc__
    assert table.__doc__.rstrip().endswith((".", ")"))
    assert table.symbol


SYMBOLS = {
    "add": "+", "subtract": "-", "multiply": "*", "divide": "/", "power": "**", "negative": "-", "identity": "=",
    "absolute": "abs", "maximum": "max", "minimum": "min", "total": "Σ",
    "sigmoid": "σ", "log_sigmoid": "log σ", "relu": "ReLU",
}  # fmt: skip
DOMAINS = {
    "divide": "every real x, x != 0", "reciprocal": "x != 0", "power": "0 <= x, every real x",
    "log": "0 < x", "log2": "0 < x", "log10": "0 < x", "log1p": "-1 < x", "sqrt": "0 <= x", "rsqrt": "0 < x",
    "asin": "-1 <= x <= 1", "acos": "-1 <= x <= 1", "acosh": "1 <= x", "atanh": "-1 < x < 1",
}  # fmt: skip
# Operation; where; an example; what is given there; why.
WITHOUT_A_DERIVATIVE = """
power       a = 0, 0 < b < 1   (0, 0.5)   (inf, 0)    the tangent is vertical
power       a = 0, b = 0       (0, 0)     (0, -inf)   x**0 is 1 for every x; 0**b falls from 1 to 0 at b = 0
power       a < 0              (-2, 3)    (12, nan)   a**b is real only for integers b, so there is no slope along b
sqrt        x = 0              (0)        (inf)       the tangent is vertical
cbrt        x = 0              (0)        (inf)       the tangent is vertical
hypot       a = b = 0          (0, 0)     (0, 0)      the tip of a cone: the middle of its slopes
asin        x = -1             (-1)       (inf)       the tangent is vertical
asin        x = 1              (1)        (inf)       vertical as well
acos        x = -1             (-1)       (-inf)      the tangent is vertical
acos        x = 1              (1)        (-inf)      the tangent is vertical
atan2       y = x = 0          (0, 0)     (nan, nan)  every direction is a limit
acosh       x = 1              (1)        (inf)       the tangent is vertical
absolute    x = 0              (0)        (0)         the middle of the slopes -1 and 1
sign        x = 0              (0)        (0)         a jump; 0 like everywhere else
maximum     a = b              (2, 2)     (0.5, 0.5)  shared, so that maximum(x, x) and minimum(x, x) have derivative 1
minimum     a = b              (2, 2)     (0.5, 0.5)  shared, so that maximum(x, x) and minimum(x, x) have derivative 1
relu        x = 0              (0)        (0)         the derivative of the flat side, as usual
leaky_relu  x = 0              (0, 0.25)  (0.25, 0)   the slope of the left side, as relu's 0 is
elu         x = 0, alpha != 1  (0, 2)     (1, 0)      the slope of the right side
step        x = 0              (0)        (0)         a jump; 0 like everywhere else
"""


@pytest.mark.parametrize("name", TABLE)
def test_symbol_domain_and_kinks_are_those_of_the_books(name):
    table = TABLE[name]
    assert table.symbol == SYMBOLS.get(name, name)
    assert ", ".join(map(str, table.domain)) == DOMAINS.get(name, ", ".join(["every real x"] * len(table.operands)))

    def tuple_of(numbers):
        return f"({', '.join(f'{x:g}' for x in numbers)})"

    kinks = [(name, k.where, tuple_of(k.at), tuple_of(k.derivatives), k.because) for k in table.kinks]
    lines = [tuple(re.split("  +", line)) for line in WITHOUT_A_DERIVATIVE.splitlines()]
    assert kinks == [line for line in lines if line[0] == name]


def test_the_domain_is_where_the_rule_gives_a_value():
    """Just outside of it floats raise ValueError or ZeroDivisionError, at its closed ends they do not."""
    for name in SINGLE:
        for i, interval in enumerate(TABLE[name].domain):
            outside = []
            if interval.low != -math.inf:
                outside.append(math.nextafter(interval.low, -math.inf) if interval.closed else interval.low)
            if interval.high != math.inf:
                outside.append(math.nextafter(interval.high, math.inf) if interval.closed else interval.high)
            if interval.without is not None:
                outside.append(interval.without)
            for x in outside:
                operands = [0.5] * len(TABLE[name].domain)
                operands[i] = x
                with pytest.raises((ValueError, ZeroDivisionError)):
                    TABLE[name](*operands)


def test_groups_of_operands_come_first():
    from autograd.rules import Group

    with pytest.raises(TypeError, match="before single ones"):

        @primitive
        def misplaced(m, bias, terms: Group):
            """y = bias + sum of terms."""


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (lambda m, x, *, k=2.0: (k * x, (k,)), "k is keyword-only"),
        (lambda m, *xs: (sum(xs), (1.0,) * len(xs)), "xs stands for any number of operands; .* Group"),
        (lambda m, x, **named: (x, (1.0,)), "named stands for any names"),
        (lambda *everything: (everything[1], (1.0,)), "everything stands for any number"),
        (lambda *, m, x: (x, (1.0,)), "m is keyword-only"),
    ],
)
def test_a_rule_whose_parameters_can_be_no_operands_is_refused_when_it_is_made(rule, said):
    with pytest.raises(TypeError, match=f"one parameter for each.*{said}"):
        primitive(rule)


def test_operands_may_be_positional_only_and_have_defaults():
    @primitive
    def scaled(m, x, k=2.0, /):
        """y = k x;  dy/dx = k, dy/dk = x."""
        return k * x, (k, x)

    assert (scaled(3.0), scaled(3.0, 5.0)) == (6.0, 15.0)
    x = Value(3.0)
    scaled(x).backward()
    assert x.grad == 2.0


def test_a_rule_needs_an_operand():
    with pytest.raises(TypeError, match="at least one operand"):

        @primitive
        def nothing(m):
            """y = 0."""
