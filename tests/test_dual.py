"""`Dual`: forward mode from the rules, against mpmath's derivatives and numbers worked by hand."""

import math
import re
from fractions import Fraction
from math import inf, isnan, nan

import numpy as np
import pytest
import references

import autograd
from autograd import (
    Dual,
    Value,
    activations,
    cbrt,
    detect_anomaly,
    dot,
    exp,
    grad,
    gradients,
    hessian,
    jacobian,
    jvp,
    log,
    logsumexp,
    no_grad,
    primitive,
    primitives,
    sin,
    sqrt,
)
from autograd import total as sum_of
from autograd.graph import tangents, topological_order
from autograd.rules import Group, Primitive

TABLE = {
    name: x
    for module in (primitives, activations)
    for name, x in vars(module).items()
    # `ratio` is `divide` but at b = 0, where no reference can follow.
    if isinstance(x, Primitive) and name != "ratio"
}

ORDINARY = [(0.3,), (-0.7,), (1.7,), (-2.5,), (4.0,)]
POSITIVE = [(0.3,), (1.7,), (40.0,)]
PAIRS = [(0.3, -0.7), (-1.7, 2.5), (4.0, 0.5)]
INSIDE = [(0.3,), (-0.7,), (0.95,)]
POINTS = {
    **dict.fromkeys(["log", "log2", "log10", "sqrt", "rsqrt"], POSITIVE),
    **dict.fromkeys(["asin", "acos", "atanh"], INSIDE),
    "log1p": [(0.3,), (-0.7,), (4.0,)],
    "acosh": [(1.3,), (1.7,), (40.0,)],
    "power": [(2.0, 3.0), (0.7, -1.5), (1.7, 0.5), (3.0, 1.0)],
    "leaky_relu": [(1.7, 0.25), (-0.7, 0.25)],
    "elu": [(1.7, 0.25), (-0.7, 0.25)],
    "total": [([0.3, -0.7, 1.7],)],
    "logsumexp": [([0.3, -0.7, 1.7],), ([1.0, 1.0],)],
    "dot": [([0.3, -0.7], [1.7, 2.5], 0.5), ([0.3], [1.7], -1.0)],
    **dict.fromkeys("add subtract multiply divide hypot atan2 maximum minimum logaddexp".split(), PAIRS),
}
CASES = [(name, operands) for name in TABLE for operands in POINTS.get(name, ORDINARY)]


def flat(operands):
    return [x for group in operands for x in (group if isinstance(group, list) else [group])]


def shaped(operands, numbers):
    rest = iter(numbers)
    return [[next(rest) for _ in group] if isinstance(group, list) else next(rest) for group in operands]


def close(x):
    return pytest.approx(x, rel=1e-13, abs=1e-15)


# --- every primitive ------------------------------------------------------------------------------------------------


def test_the_table_is_that_of_the_references():
    assert set(TABLE) == set(references.VALUES)


@pytest.mark.parametrize(("name", "operands"), CASES)
def test_every_primitive_on_duals_agrees_with_mpmath(name, operands):
    p, numbers = TABLE[name], flat(operands)
    value = close(float(references.value(name, operands)))
    slopes = [float(x) for x in references.derivatives(name, operands)]
    # One operand at a time among plain numbers.
    for i, slope in enumerate(slopes):
        found = p(*shaped(operands, [*numbers[:i], Dual(numbers[i], 1.0), *numbers[i + 1 :]]))
        assert (found.primal, found.tangent) == (value, close(slope))
        assert (type(found.primal), type(found.tangent)) == (float, float)
    # All at once, along 1, 2, 3, ...
    found = p(*shaped(operands, [Dual(x, k) for k, x in enumerate(numbers, 1)]))
    assert found.primal == value
    assert found.tangent == close(sum(k * slope for k, slope in enumerate(slopes, 1)))
    # Every direction of the inputs in one run: the whole gradient.
    n = len(numbers)
    basis = [tuple(1.0 if i == j else None for j in range(n)) for i in range(n)]
    found = p(*shaped(operands, [Dual(x, row) for x, row in zip(numbers, basis, strict=True)]))
    assert list(found.tangents) == close(slopes)


@pytest.mark.parametrize(("name", "operands"), CASES)
def test_every_primitive_on_duals_gives_the_bits_of_its_local_derivatives(name, operands):
    p, numbers = TABLE[name], flat(operands)
    node = p(*shaped(operands, map(Value, numbers)))
    found = p(
        *shaped(
            operands,
            [Dual(x, tuple(1.0 if i == j else None for j in range(len(numbers)))) for i, x in enumerate(numbers)],
        )
    )
    assert found.primal == node.data == p(*operands)
    assert found.tangents == node.local_derivatives


ONE_OPERAND = {name for name, p in TABLE.items() if len(p.operands) == 1 and not p.n_groups}
SIGNS = {"absolute", "negative", "identity"}  # written abs(x), -x and +x


@pytest.mark.parametrize("name", sorted(ONE_OPERAND - SIGNS))
def test_primitives_of_one_operand_are_methods(name):
    at = POINTS.get(name, ORDINARY)[0][0]
    by_method, by_function = getattr(Dual(at, 2.0), name)(), TABLE[name](Dual(at, 2.0))
    assert (by_method.primal, by_method.tangent) == (by_function.primal, by_function.tangent)


def methods(kind):
    """Names of methods and operators, without those that every object has."""
    return {name for name in dir(kind) if callable(getattr(kind, name)) and not hasattr(object, name)}


def test_duals_have_the_methods_of_values_and_values_those_of_duals():
    # A graph that is there can be walked back, and lists its nodes when it is copied: no matter of Duals.
    private = {name for name in methods(Value) if name.startswith("_") and not name.endswith("__")}
    of_graphs = {"backward", "__setstate__"}
    assert methods(Value) - private - of_graphs == methods(Dual) - {"__copy__"}
    assert methods(Dual) >= {"hypot", "elu", "leaky_relu", "arctan2", "detach", "__add__", "__rpow__", "__neg__"}


BY_NUMPY = [
    *(np.arctan, np.arcsin, np.arccos, np.arcsinh, np.arctanh, np.sin, np.cos, np.tan, np.sinh, np.cosh, np.tanh),
    *(np.exp, np.exp2, np.expm1, np.log, np.log2, np.log10, np.log1p, np.sqrt, np.cbrt, np.square, np.reciprocal),
    *(np.negative, np.positive, np.absolute),
]


@pytest.mark.parametrize("function", BY_NUMPY, ids=lambda f: f.__name__)
def test_numpy_s_functions_take_arrays_of_duals(function):
    (found,) = function(np.array([Dual(0.3, 2.0)], dtype=object))
    h = 1e-6
    slope = (function(0.3 + h) - function(0.3 - h)) / (2 * h)
    assert (found.primal, found.tangent) == (close(float(function(0.3))), pytest.approx(2 * slope, rel=1e-8))


def test_numpy_s_functions_of_two_arrays_take_duals():
    a, b = np.array([Dual(3.0, 1.0)], dtype=object), np.array([Dual(4.0, 0.0)], dtype=object)
    (length,), (angle,) = np.hypot(a, b), np.arctan2(a, b)
    assert (length.primal, length.tangent) == (5.0, close(0.6))
    assert (angle.primal, angle.tangent) == (close(math.atan(0.75)), close(4 / 25))
    (far,) = np.arccosh(np.array([Dual(2.0, 1.0)], dtype=object))
    assert (far.primal, far.tangent) == (close(math.log(2 + 3**0.5)), close(3**-0.5))


@pytest.mark.parametrize(
    ("call", "value", "slope"),
    [
        (lambda x: x.leaky_relu(), -0.02, 0.01),
        (lambda x: x.leaky_relu(0.5), -1.0, 0.5),
        (lambda x: x.leaky_relu(slope=x), 4.0, -4.0),
        (lambda x: x.elu(), math.expm1(-2.0), math.exp(-2.0)),
        (lambda x: x.elu(alpha=3.0), 3 * math.expm1(-2.0), 3 * math.exp(-2.0)),
        (lambda x: x.hypot(1.5), 2.5, -0.8),
        (lambda x: x.arctan2(2.0), -math.pi / 4, 0.25),
    ],
)
def test_methods_of_several_operands_work_in_every_mode(call, value, slope):
    result = call(Dual(-2.0, 1.0))
    assert (result.primal, result.tangent) == (close(value), close(slope))
    for derivative in (grad(call), jacobian(call, mode="forward"), lambda x: jvp(call, (x,), (1.0,))[1]):
        assert derivative(-2.0) == close(slope)
    assert hessian(call)(-2.0) == close(grad(grad(call))(-2.0))


def test_what_is_detached_depends_on_nothing_at_any_level():
    x = Value(3.0)
    y = Dual(Dual(x * x, (x, 1.0), tag=0), 2.0, tag=1).detach()
    inner = y.primal
    assert (y.tag, y.tangents, inner.tag, inner.tangents) == (1, (None,), 0, (None, None))
    assert (inner.primal.data, inner.primal.parents) == (9.0, ())


@pytest.mark.parametrize("modes", [(a, b) for a in ("grad", "jvp") for b in ("grad", "jvp")])
def test_a_detached_number_is_a_constant_in_every_nesting_of_modes(modes):
    ways = {"grad": grad, "jvp": lambda f: lambda x: jvp(f, (x,), (1.0,))[1]}
    outer, inner = (ways[mode] for mode in modes)

    def function(x):
        return x.detach() * x * x

    # c x**2 with c = 3: the slopes are 2 c x = 18 and 2 c = 6.
    assert inner(function)(3.0) == 18.0
    assert outer(inner(function))(3.0) == 6.0
    # What is detached of the outer variable is a constant for both.
    assert outer(lambda x: inner(lambda y: x.detach() * y * y)(x))(3.0) == 6.0


def test_groups_may_mix_duals_values_and_numbers():
    v = Value(5.0)
    # w x + b with w = (2 + e, v), x = (3, 7), b = 1: 2*3 + 35 + 1 = 42; tangent 3.
    found = dot([Dual(2.0, 1.0), v], [3.0, 7.0], 1.0)
    assert (found.primal.data, found.tangent) == (42.0, 3.0)
    assert gradients(found.primal, v) == 7.0
    found = dot([2.0, v], [3.0, Dual(7.0, 1.0)], bias=Dual(1.0, 10.0))
    assert found.primal.data == 42.0
    assert found.tangent.data == 15.0  # v + 10
    assert gradients(found.tangent, v) == 1.0
    found = sum_of([1, v, Dual(2.0, 3.0)])
    assert (found.primal.data, found.tangent) == (8.0, 3.0)
    # softmax of two equal numbers is 1/2, its slope by the other -1/4.
    found = logsumexp([v, Dual(5.0, 1.0)])
    assert (found.primal.data, found.tangent.data) == (close(5.0 + math.log(2)), 0.5)
    assert gradients(found.tangent, v) == close(-0.25)
    assert logsumexp([0.0, Dual(0.0, 1.0)]).tangent == 0.5


def test_composed_functions_take_duals():
    # softmax of (0, 0) along the first: 1/4 and -1/4.
    first, second = autograd.softmax([Dual(0.0, 1.0), 0.0])
    assert (first.primal, first.tangent, second.tangent) == (0.5, 0.25, -0.25)
    assert autograd.leaky_relu(Dual(-2.0, 1.0)).tangent == 0.01
    assert autograd.elu(Dual(-2.0, 1.0), alpha=3.0).tangent == close(3 * math.exp(-2))


def test_a_primitive_defined_here_works_on_duals_with_no_other_edit():
    @primitive
    def cube(m, x):
        return x * x * x, (3.0 * x * x,)

    @primitive
    def weighted(m, xs: Group, scale=2.0):
        return scale * m.total(xs), ([scale] * len(xs), m.total(xs))

    assert (cube(Dual(2.0, 1.0)).primal, cube(Dual(2.0, 1.0)).tangent) == (8.0, 12.0)
    # Nested: value 8, slope 12, second derivative 6 x = 12.
    twice = cube(Dual(Dual(2.0, 1.0, 0), 1.0, 1))
    assert (twice.primal.primal, twice.primal.tangent, twice.tangent.tangent) == (8.0, 12.0, 12.0)
    assert gradients(cube(Dual(v := Value(2.0), 1.0)).tangent, v) == 12.0
    found = weighted([1.0, Dual(3.0, 1.0)], scale=Dual(5.0, 10.0))
    assert (found.primal, found.tangent) == (20.0, 45.0)
    assert weighted([1.0, Dual(3.0, 1.0)]).tangent == 2.0


# --- operators ------------------------------------------------------------------------------------------------------

# a op b at (3, 2): value, slope along a, slope along b.
OPERATORS = [
    (lambda a, b: a + b, 5.0, 1.0, 1.0),
    (lambda a, b: a - b, 1.0, 1.0, -1.0),
    (lambda a, b: a * b, 6.0, 2.0, 3.0),
    (lambda a, b: a / b, 1.5, 0.5, -0.75),
    (lambda a, b: a**b, 9.0, 6.0, 9 * math.log(3)),
]


@pytest.mark.parametrize(("operator", "value", "along_a", "along_b"), OPERATORS)
def test_operators_with_numbers_on_either_side(operator, value, along_a, along_b):
    for other in (float, int, Fraction, np.float64, np.int64):
        found = operator(Dual(3.0, 1.0), other(2))
        assert isinstance(found, Dual)
        assert (found.primal, found.tangent) == (value, close(along_a))
        found = operator(other(3), Dual(2.0, 1.0))
        assert isinstance(found, Dual)
        assert (found.primal, found.tangent) == (value, close(along_b))
        assert (type(found.primal), type(found.tangent)) == (float, float)
    found = operator(Dual(3.0, 1.0), Dual(2.0, 10.0))
    assert (found.primal, found.tangent) == (value, close(along_a + 10 * along_b))


@pytest.mark.parametrize(("operator", "value", "along_a", "along_b"), OPERATORS)
def test_operators_with_values_on_either_side_give_duals_of_values(operator, value, along_a, along_b):
    v = Value(2.0)
    found = operator(Dual(3.0, 1.0), v)
    assert isinstance(found, Dual)
    assert found.primal.data == value
    assert gradients(found.primal, v) == close(along_b)
    assert float(getattr(found.tangent, "data", found.tangent)) == close(along_a)
    v = Value(3.0)
    found = operator(v, Dual(2.0, 1.0))
    assert isinstance(found, Dual)
    assert found.primal.data == value
    assert gradients(found.primal, v) == close(along_a)
    assert float(getattr(found.tangent, "data", found.tangent)) == close(along_b)


def test_signs_and_absolute_values():
    x = Dual(-3.0, 2.0)
    assert [((-x).primal, (-x).tangent), (abs(x).primal, abs(x).tangent)] == [(3.0, -2.0), (3.0, -2.0)]
    assert +x is x
    x += 1
    assert (x.primal, x.tangent) == (-2.0, 2.0)


def test_sums_of_python_and_objects_of_numpy():
    xs = [Dual(1.0, 1.0), Dual(2.0, 10.0)]
    assert (sum(xs).primal, sum(xs).tangent) == (3.0, 11.0)
    found = np.array([2.0, 3.0]) @ np.array(xs)
    assert (found.primal, found.tangent) == (8.0, 32.0)
    assert [x.tangent for x in np.array([2.0, 3.0]) * xs[0]] == [2.0, 3.0]


@pytest.mark.parametrize("other", ["a", None, 1j, [1.0], {}])
def test_operators_with_anything_else_are_type_errors(other):
    for operator, *_ in OPERATORS:
        with pytest.raises(TypeError):
            operator(Dual(3.0, 1.0), other)
        with pytest.raises(TypeError):
            operator(other, Dual(3.0, 1.0))
    with pytest.raises(TypeError):
        Dual(3.0, 1.0) < other  # noqa: B015


# --- tangents -------------------------------------------------------------------------------------------------------


def test_several_tangents_at_once_are_those_one_at_a_time():
    def function(x, y):
        return exp(x * y) / (1 + x * x) - sin(y) * x**y

    at = (1.3, 0.4)
    chunk = function(Dual(at[0], (1.0, 0.0, 2.0)), Dual(at[1], (0.0, 1.0, -3.0)))
    singles = [function(Dual(at[0], a), Dual(at[1], b)) for a, b in ((1.0, 0.0), (0.0, 1.0), (2.0, -3.0))]
    assert chunk.tangents == tuple(x.tangent for x in singles)
    assert chunk.tangent == chunk.tangents
    assert {x.primal for x in singles} == {chunk.primal}
    assert chunk.tangents[2] == close(2 * chunk.tangents[0] - 3 * chunk.tangents[1])


def test_no_dependence_is_not_a_zero_tangent():
    # d sqrt(x)/dx at 0 is inf. Along a direction on which x does not depend nothing is multiplied; 0 * inf is nan.
    assert sqrt(Dual(0.0, (1.0, None))).tangents == (inf, None)
    found = sqrt(Dual(0.0, (1.0, 0.0))).tangents
    assert found[0] == inf
    assert isnan(found[1])
    found = sqrt(Dual(0.0, (1.0, None))) + Dual(2.0, (None, 1.0))
    assert found.tangents == (inf, 1.0)
    assert (Dual(inf, (1.0, None)) * Dual(0.0, (None, 1.0))).tangents == (0.0, inf)
    assert isnan((Dual(inf, 0.0) * 1.0 * Dual(2.0, 0.0)).tangent)


def test_nothing_is_known_of_a_direction_that_nothing_depends_on():
    x = Dual(3.0, None)
    assert (x * 2 + 1).tangent is None
    assert exp(x).tangent is None
    assert (x * Dual(2.0, 1.0)).tangent == 3.0
    assert repr(x) == "Dual(primal=3.0, tangent=None)"


def test_a_direction_that_one_operand_does_not_have_is_none_of_its():
    assert (Dual(3.0, (1.0,)) * Dual(2.0, (0.5, 4.0))).tangents == (3.5, 12.0)
    assert (Dual(2.0, (0.5, 4.0)) + Dual(3.0, (1.0,))).tangents == (1.5, 4.0)


def test_anomalies_are_looked_for_in_primals_and_tangents():
    with autograd.detect_anomaly():
        with pytest.raises(FloatingPointError) as tangent:
            exp(Dual(0.0, inf))
        with pytest.raises(FloatingPointError) as primal:
            Dual(1e200) * 1e200
    assert str(tangent.value).startswith("exp(Dual(primal=0.0, tangent=inf)) gave the tangent inf, at ")
    assert str(primal.value).startswith("multiply(Dual(primal=1e+200, tangent=0.0), 1e+200) gave inf, at ")
    assert exp(Dual(0.0, inf)).tangent == inf


def test_without_recording_nothing_depends_on_any_direction():
    x, y = Dual(3.0, (1.0, 2.0)), Dual(Dual(2.0, 1.0, tag=0), 5.0, tag=1)
    with no_grad():
        square, product, mixed = x * x, dot([x, x], [x, 2.0]), y * 3.0
    assert (square.primal, square.tangents) == (9.0, (None, None))
    assert (product.primal, product.tangents) == (15.0, (None, None))
    assert (mixed.primal.primal, mixed.primal.tangents, mixed.tangents) == (6.0, (None,), (None,))
    assert (square * x).tangents == (9.0, 18.0)


def test_without_recording_errors_have_their_notes_and_anomalies_are_found():
    with no_grad(), pytest.raises(ValueError, match="domain") as caught:
        Dual(-1.0, 1.0).log()
    assert "log(" in caught.value.__notes__[0]
    with no_grad(), detect_anomaly(), pytest.raises(FloatingPointError, match="gave inf"):
        Dual(1e200, 1.0) * 1e200


def test_a_zero_tangent_is_a_number_like_others():
    assert (Dual(3.0, 0.0) * 2).tangent == 0.0
    assert Dual(3.0).tangent == 0.0
    assert isnan(cbrt(Dual(0.0, 0.0)).tangent)


def test_tags_are_not_mixed():
    # (2 + a)(3 + b) = 6 + 3 a + 2 b + a b.
    x, y = Dual(2.0, 1.0, tag=0), Dual(3.0, 1.0, tag=1)
    for found in (x * y, y * x):
        assert found.tag == 1
        assert (found.primal.tag, found.primal.primal, found.primal.tangent) == (0, 6.0, 3.0)
        assert (found.tangent.tag, found.tangent.primal, found.tangent.tangent) == (0, 2.0, 1.0)
    found = x + y
    assert (found.primal.primal, found.primal.tangent, found.tangent) == (5.0, 1.0, 1.0)
    # The same tag: (2 + a)(3 + a) = 6 + 5 a.
    assert (Dual(2.0, 1.0, 4) * Dual(3.0, 1.0, 4)).tangent == 5.0


def test_nested_duals_give_second_derivatives():
    # x**3 at 2: 8, 12, 12, 6.
    x = Dual(Dual(Dual(2.0, 1.0, 0), 1.0, 1), 1.0, 2)
    y = x * x * x
    assert y.primal.primal.primal == 8.0
    assert [y.tangent.primal.primal, y.primal.tangent.primal, y.primal.primal.tangent] == [12.0] * 3
    assert [y.tangent.tangent.primal, y.tangent.primal.tangent, y.primal.tangent.tangent] == [12.0] * 3
    assert y.tangent.tangent.tangent == 6.0


def test_a_dual_of_values_gives_graphs():
    # x**2 exp(x) at 1 along 1: 3 e; its derivative (x**2 + 4 x + 2) exp(x) is 7 e.
    x = Value(1.0)
    slope = (Dual(x, 1.0) ** 2 * exp(Dual(x, 1.0))).tangent
    assert isinstance(slope, Value)
    assert slope.data == close(3 * math.e)
    assert gradients(slope, x) == close(7 * math.e)
    slope.backward()
    assert x.grad == close(7 * math.e)


def test_a_tangent_may_be_a_value():
    # x**2 along v: 2 x v = 30, linear in v.
    v = Value(5.0)
    slope = (Dual(3.0, v) ** 2).tangent
    assert (slope.data, gradients(slope, v)) == (30.0, 6.0)


def test_duals_are_never_inside_values():
    with pytest.raises(TypeError, match=r"real number.*Dual"):
        Value(Dual(1.0))


# --- comparisons, refusals ------------------------------------------------------------------------------------------


def test_comparisons_are_those_of_the_primals():
    x = Dual(2.0, 5.0)
    for other in (3, 3.0, Value(3.0), Dual(3.0, -1.0), Fraction(3), Dual(Dual(3.0), 1.0, 1), Dual(Value(3.0), 1.0)):
        results = [x < other, x <= other, x > other, x >= other, other > x, other >= x, other < x, other <= x]
        assert results == [True, True, False, False, True, True, False, False]
        assert all(type(result) is bool for result in results)
    assert [x <= 2, x >= 2, x < 2, x > 2] == [True, True, False, False]
    assert not Dual(nan) < 1
    assert [Dual(Value(2.0), 1.0) < 3, Dual(Value(2.0), 1.0) > Value(3.0), Dual(Dual(2.0), 1.0, 1) < 3] == [
        True,
        False,
        True,
    ]
    assert max(Dual(1.0), x, Dual(0.0)) is x


@pytest.mark.parametrize("convert", [float, complex, math.exp, math.sin, np.float64])
def test_a_dual_is_no_float_and_the_message_says_what_to_call(convert):
    with pytest.raises(TypeError, match=r"a Dual is not a plain number: call autograd\.exp\(v\).*v\.primal"):
        convert(Dual(1.0, 1.0))


@pytest.mark.parametrize(
    ("convert", "message"),
    [
        (int, r"rounding a Dual.*v\.primal"),
        (round, r"rounding a Dual.*v\.primal"),
        (math.floor, r"rounding a Dual.*v\.primal"),
        (math.ceil, r"rounding a Dual.*v\.primal"),
        (math.trunc, r"rounding a Dual.*v\.primal"),
        (bool, r"a Dual is neither true nor false: compare it, as in v > 0, or test v\.primal, its number$"),
        (lambda x: x % 2, r"% and // of a Dual.*v\.primal"),
        (lambda x: 2 // x, r"% and // of a Dual.*v\.primal"),
        (lambda x: divmod(x, 2), r"% and // of a Dual.*v\.primal"),
    ],
)
def test_what_would_lose_the_tangent_is_refused(convert, message):
    with pytest.raises(TypeError, match=message):
        convert(Dual(1.0, 1.0))


def test_what_help_shows_of_methods_is_their_primitive_s():
    assert (Dual.exp.__name__, Dual.exp.__qualname__) == ("exp", "Methods.exp")
    assert Dual.exp.__doc__ == primitives.exp.__doc__
    assert Dual.__lt__.__doc__ == "Compare the primals; a plain bool."


def test_methods_are_named_like_their_primitives_and_there_are_no_others():
    wanted = ONE_OPERAND - SIGNS | {"hypot", "leaky_relu", "elu"}
    assert {name for name in TABLE if hasattr(Dual, name)} == wanted
    assert (Dual(2.0).tangent, Dual(2.0).tag) == (0.0, 0)
    assert not hasattr(Dual(2.0), "__dict__")


@pytest.mark.parametrize("bad", ["1.0", 1j, [1.0], np.array([1.0]), {}, object()])
def test_bad_data_are_type_errors_that_say_what_came(bad):
    with pytest.raises(TypeError, match=f"^Dual needs a number or a Value, not {type(bad).__name__}: "):
        Dual(bad)
    with pytest.raises(TypeError, match=f"^Dual needs a number or a Value, not {type(bad).__name__}: "):
        Dual(1.0, bad)
    with pytest.raises(TypeError, match=f"^Dual needs a number or a Value, not {type(bad).__name__}: "):
        Dual(1.0, (1.0, bad))


def test_no_primal_is_a_type_error():
    with pytest.raises(TypeError, match=r"Dual needs a number.*NoneType"):
        Dual(None)


def test_numbers_of_all_kinds_become_floats():
    for three in (3, Fraction(3), np.float64(3.0), np.int64(3), True + 2):
        x = Dual(three, three)
        assert (type(x.primal), x.primal) == (float, 3.0)
        assert (x * x).tangent == 18.0
        assert type((x * x).tangent) is float
        assert type(x.tangent) is float


def test_repr_and_format():
    assert repr(Dual(10.0, 6.0)) == "Dual(primal=10.0, tangent=6.0)"
    assert repr(Dual(0.0, (1.0, None))) == "Dual(primal=0.0, tangent=(1.0, None))"
    assert f"{Dual(1.23456, 1.0):.2f}" == "1.23"
    assert f"{Dual(1.0, 2.0)}" == "Dual(primal=1.0, tangent=2.0)"
    assert f"{Dual(Value(1.23456), 1.0):.2f}" == "1.23"


def test_equality_is_identity_as_for_values():
    x, y = Dual(1.0, 1.0), Dual(1.0, 1.0)
    assert x == x  # noqa: PLR0124
    assert x != y
    assert len({x, y}) == 2


# --- errors of rules ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("inside", [float, Value, lambda x: Dual(x, 1.0, 0)])
@pytest.mark.parametrize(
    ("function", "at", "error", "note"),
    [
        (log, -1.0, ValueError, r"in log\(.*domain"),
        (sqrt, -1.0, ValueError, r"in sqrt\(.*domain"),
        (lambda x: 1 / x, 0.0, ZeroDivisionError, r"in divide\(.*divisor"),
        (lambda x: x**0.5, -2.0, ValueError, r"in power\("),
        (exp, 800.0, OverflowError, r"in exp\(.*largest float"),
    ],
)
def test_errors_in_rules_carry_notes(inside, function, at, error, note):
    with pytest.raises(error) as caught:
        function(Dual(inside(at), 1.0, 1))
    (found,) = caught.value.__notes__
    assert re.search(note, found)


def test_wrong_operands_are_the_errors_of_the_primitive():
    with pytest.raises(TypeError, match="sin"):
        sin(Dual(1.0), 2.0)
    with pytest.raises(ValueError, match="2 weights but 1 inputs"):
        dot([Dual(1.0), 2.0], [1.0])
    with pytest.raises(TypeError, match="str"):
        autograd.hypot(Dual(1.0), "a")
    with pytest.raises(ValueError, match="at least one"):
        logsumexp([])


# --- forward mode over a recorded graph -----------------------------------------------------------------------------


def test_tangents_over_a_graph_worked_by_hand():
    # e = c d with c = a + b and d = b + 1 at (2, 1): along b c' = 1, d' = 1, e' = d + c = 5; along a c' = 1, e' = 2.
    a, b = Value(2.0), Value(1.0)
    c, d = a + b, b + 1
    e = c * d
    order = topological_order(e)
    along_b = tangents(order, {b: 1.0}, lambda node: node.local_derivatives)
    assert [along_b[x] for x in (b, c, d, e)] == [1.0, 1.0, 1.0, 5.0]
    assert a not in along_b
    along_a = tangents(order, {a: 1.0}, lambda node: node.local_derivatives)
    assert [along_a[x] for x in (a, c, e)] == [1.0, 1.0, 2.0]
    assert d not in along_a
    both = tangents(order, {a: 1.0, b: 10.0}, lambda node: node.local_derivatives)
    assert both[e] == 52.0


@pytest.mark.parametrize(("name", "operands"), CASES)
def test_tangents_over_a_graph_are_those_of_duals(name, operands):
    p, numbers = TABLE[name], flat(operands)
    xs = [Value(x) for x in numbers]
    y = p(*shaped(operands, xs))
    z = y * y + y
    found = tangents(
        topological_order(z), dict(zip(xs, (1.0, 2.0, 3.0, 4.0, 5.0), strict=False)), lambda n: n.local_derivatives
    )
    dual = p(*shaped(operands, [Dual(x, k) for k, x in enumerate(numbers, 1)]))
    dual = dual * dual + dual
    assert found[z] == close(dual.tangent)


def test_tangents_may_start_inside_the_graph():
    a = Value(2.0)
    c = a * a
    e = c * a
    found = tangents(topological_order(e), {c: 1.0}, lambda node: node.local_derivatives)
    assert found == {c: 1.0, e: 2.0}


def test_long_graphs_are_no_deep_recursion():
    x = Dual(1.0, 1.0)
    y = x
    for _ in range(50_000):
        y = y + x
    assert (y.primal, y.tangent) == (50_001.0, 50_001.0)
