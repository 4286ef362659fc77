"""`Value`: its numbers and derivatives against numbers worked by hand, its protocol against Python's own."""

import copy
import math
import operator
import pickle
import weakref
from contextlib import nullcontext
from decimal import Decimal
from fractions import Fraction
from math import inf, nan
from numbers import Real

import numpy as np
import pytest
import references
from calls import calls_made

import autograd
from autograd import (
    Dual,
    Value,
    activations,
    atan2,
    dot,
    draw,
    elu,
    gradients,
    hypot,
    leaky_relu,
    logaddexp,
    logsumexp,
    maximum,
    minimum,
    primitive,
    primitives,
    relu,
    sigmoid,
    softmax,
    softplus,
    step,
    total,
)
from autograd.domains import POSITIVE, REAL
from autograd.rules import Group, Primitive
from autograd.systems import FLOATS, Arrays, MultiPrecision

PRIMITIVES = {
    p.name: p for module in (primitives, activations) for p in vars(module).values() if isinstance(p, Primitive)
}
KINKS = [(p, kink) for p in PRIMITIVES.values() for kink in p.kinks]


def close(x):
    return pytest.approx(x, rel=1e-15, abs=0.0, nan_ok=True)


def ordinary(p):
    """Operands inside the domain at which every operand matters, flat: a group has two members."""
    singles = {"acosh": [1.7], "leaky_relu": [-0.6, 0.2], "elu": [-0.6, 2.0]}.get(p.name, [0.6, 1.3])
    return [0.3, -0.4] * p.n_groups + singles[: len(p.operands) - p.n_groups]


def run(p, flat):
    """A primitive's value and flat local derivatives over floats, by its rule alone."""
    value, derivatives = p.rule(FLOATS, *p.shaped(flat))
    return value, p.flat(derivatives)


# --- operators ------------------------------------------------------------------------------------------------------

# a op b at a = 3, b = 2, then its derivatives with respect to a and b. 3**2 ln 3 = 9 * 1.0986122886681098.
OPERATORS = [
    (operator.add, 5.0, 1.0, 1.0),
    (operator.sub, 1.0, 1.0, -1.0),
    (operator.mul, 6.0, 2.0, 3.0),
    (operator.truediv, 1.5, 0.5, -0.75),
    (operator.pow, 9.0, 6.0, 9.887510598012988),
]
NUMBERS = [int, float, Fraction, np.float64, np.float32, np.int64, np.uint8]


@pytest.mark.parametrize(("op", "value", "along_a", "along_b"), OPERATORS)
def test_an_operator_between_two_values_has_the_value_and_both_derivatives(op, value, along_a, along_b):
    a, b = Value(3.0), Value(2.0)
    y = op(a, b)
    y.backward()
    assert (y.data, a.grad, b.grad) == (value, along_a, close(along_b))
    assert y.parents == (a, b)
    assert y.local_derivatives == (along_a, close(along_b))


@pytest.mark.parametrize("kind", NUMBERS)
@pytest.mark.parametrize(("op", "value", "along_a", "along_b"), OPERATORS)
def test_an_operator_takes_a_number_on_the_right(op, value, along_a, along_b, kind):
    a = Value(3.0)
    y = op(a, kind(2))
    y.backward()
    assert (type(y), y.data, a.grad) == (Value, value, along_a)
    assert [parent.data for parent in y.parents] == [3.0, 2.0]


@pytest.mark.parametrize("kind", NUMBERS)
@pytest.mark.parametrize(("op", "value", "along_a", "along_b"), OPERATORS)
def test_an_operator_takes_a_number_on_the_left(op, value, along_a, along_b, kind):
    """Guards against `1 - x`, `10 / x` and `2 ** x` computed the wrong way round."""
    b = Value(2.0)
    y = op(kind(3), b)
    y.backward()
    assert (type(y), y.data, b.grad) == (Value, value, close(along_b))
    assert [parent.data for parent in y.parents] == [3.0, 2.0]


def test_true_counts_as_one_like_in_python():
    assert (Value(3.0) + True).data == (True + Value(3.0)).data == 4.0


@pytest.mark.parametrize(
    ("expression", "value", "derivative"),
    [
        (lambda x: 2 - x, -2.0, -1.0),
        (lambda x: 10 / x, 2.5, -0.625),
        (lambda x: 2**x, 16.0, 11.090354888959125),  # 16 ln 2 = 16 * 0.6931471805599453
        (lambda x: -x, -4.0, -1.0),
        (lambda x: +x, 4.0, 1.0),
        (lambda x: abs(x - 6), 2.0, -1.0),
        (lambda x: x - 1 - x, -1.0, 0.0),
        (lambda x: 1 / (1 / x), 4.0, 1.0),
        (lambda x: x**-0.5, 0.5, -0.0625),  # -1/2 * 4**(-3/2)
        (lambda x: (-x) ** 3, -64.0, -48.0),
        (lambda x: x / x, 1.0, 0.0),
        (lambda x: x**x, 256.0, 610.8913564466920),  # 256 (ln 4 + 1) = 256 * 2.3862943611198906
    ],
)
def test_expressions_of_one_variable_at_four(expression, value, derivative):
    x = Value(4.0)
    y = expression(x)
    y.backward()
    assert (y.data, x.grad) == (value, close(derivative))


@pytest.mark.parametrize("op", [operator.iadd, operator.isub, operator.imul, operator.itruediv, operator.ipow])
def test_an_assignment_operator_makes_a_new_node_and_leaves_the_old_one_alone(op):
    x = Value(3.0)
    y = op(x, 2)
    assert y is not x
    assert x.data == 3.0
    assert y.parents[0] is x


def test_subtraction_division_and_power_are_nodes_of_their_own():
    a, b = Value(49.0), Value(7.0)
    for y, name in [(a - b, "subtract"), (a / b, "divide"), (a**2, "power"), (-a, "negative")]:
        assert y.primitive.name == name
        assert all(not parent.parents for parent in y.parents)


@pytest.mark.parametrize("p", PRIMITIVES.values(), ids=PRIMITIVES)
def test_parents_and_local_derivatives_are_flat_tuples_of_one_length(p):
    flat = [Value(x) for x in ordinary(p)]
    y = p(*p.shaped(flat))
    assert type(y) is Value
    assert type(y.data) is float
    assert type(y.parents) is type(y.local_derivatives) is tuple
    assert y.parents == tuple(flat)
    assert [type(x) for x in y.local_derivatives] == [float] * len(flat)
    assert y.primitive is p


@pytest.mark.parametrize("p", PRIMITIVES.values(), ids=PRIMITIVES)
def test_a_primitive_of_values_agrees_with_mpmath(p):
    name = {"ratio": "divide"}.get(p.name, p.name)
    flat = ordinary(p)
    variables = [Value(x) for x in flat]
    y = p(*p.shaped(variables))
    y.backward()
    assert y.data == pytest.approx(float(references.value(name, p.shaped(flat))), rel=1e-15)
    expected = [float(x) for x in references.derivatives(name, p.shaped(flat))]
    assert [x.grad for x in variables] == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("p", [p for p in PRIMITIVES.values() if hasattr(Value, p.name)], ids=lambda p: p.name)
def test_a_method_is_the_function_of_its_name(p):
    first, *rest = ordinary(p)
    x = Value(first)
    method, function = getattr(x, p.name)(*rest), p(x, *rest)
    assert (method.data, method.local_derivatives) == (function.data, function.local_derivatives)
    assert method.primitive is p
    assert method.parents[0] is x


# --- backward -------------------------------------------------------------------------------------------------------


def test_a_shared_result_gets_the_parts_of_all_its_users():
    # e = (a + b) (b + 1) at a = 2, b = 1 (Olah's example): de/da = b + 1 = 2, de/db = (b + 1) + (a + b) = 5.
    a, b = Value(2.0), Value(1.0)
    c, d = a + b, b + 1
    e = c * d
    e.backward()
    assert [x.grad for x in (a, b, c, d, e)] == [2.0, 5.0, 2.0, 3.0, 1.0]


def test_losses_that_share_a_result_add_up_on_the_variables():
    # h = x^2; d(2 h)/dx = 4 x = 12, d(h^2)/dx = 4 x^3 = 108 at 3.
    x = Value(3.0)
    h = x * x
    (2 * h).backward()
    assert (x.grad, h.grad) == (12.0, 2.0)
    (h * h).backward()
    assert (x.grad, h.grad) == (120.0, 18.0)


def test_backward_on_a_result_inside_the_graph_stops_there():
    x = Value(3.0)
    h = x * x
    y = h * 10
    h.backward()
    assert (x.grad, h.grad, y.grad) == (6.0, 1.0, 0.0)


def test_backward_on_a_variable_gives_it_one_and_accumulates():
    x = Value(3.0)
    x.backward()
    assert x.grad == 1.0
    x.backward(2.5)
    assert x.grad == 3.5


@pytest.mark.parametrize(("seed", "expected"), [(0.5, 3.0), (-2, -12.0), (0, 0.0), (np.float32(2.0), 12.0), (inf, inf)])
def test_the_seed_scales_every_derivative(seed, expected):
    x = Value(3.0)
    y = x * x
    y.backward(seed)
    assert x.grad == expected
    assert y.grad == seed
    assert type(x.grad) is type(y.grad) is float


@pytest.mark.parametrize("seed", ["1", None, 1j, Value(1.0), np.ones(2)])
def test_a_seed_that_is_no_number_is_a_type_error_and_changes_nothing(seed):
    x = Value(3.0)
    y = x * x
    with pytest.raises(TypeError, match=rf"^backward\(seed\) needs a real number, not {type(seed).__name__}: "):
        y.backward(seed)
    assert (x.grad, y.grad) == (0.0, 0.0)


def test_changing_data_after_the_forward_pass_changes_no_gradient_of_this_graph():
    a, b = Value(3.0), Value(2.0)
    y = a * b + a**2
    a.data = b.data = y.parents[0].data = 100.0
    y.backward()
    assert (y.data, a.grad, b.grad) == (15.0, 8.0, 3.0)
    assert (a * b).data == 10000.0


def test_a_zero_adjoint_is_not_skipped():
    # d(0 sqrt(x))/dx at 0 = 0 * inf, which is not a number.
    x = Value(0.0)
    (x.sqrt() * 0.0).backward()
    assert math.isnan(x.grad)
    x, y = Value(0.0), Value(0.0)
    (x.sqrt() * y).backward()
    assert (math.isnan(x.grad), y.grad) == (True, 0.0)


def test_a_number_that_met_a_value_is_a_leaf_with_the_number():
    x = Value(3.0)
    y = x * 2
    assert y.parents[1].data == 2.0
    assert y.parents[1].parents == ()
    y.backward()
    assert x.grad == 2.0


# --- kinks ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("p", "kink"), KINKS, ids=[f"{p.name} at {kink.where}" for p, kink in KINKS])
def test_at_a_kink_the_rule_and_backward_give_what_the_table_says(p, kink):
    _, derivatives = run(p, kink.at)
    assert list(derivatives) == close(list(kink.derivatives))
    variables = [Value(x) for x in kink.at]
    p(*p.shaped(variables)).backward()
    assert [x.grad for x in variables] == close(list(kink.derivatives))


@pytest.mark.parametrize(
    ("function", "at", "derivatives"),
    [
        (relu, (0.0,), (0.0,)),
        (relu, (-0.0,), (0.0,)),
        (abs, (0.0,), (0.0,)),
        (abs, (-0.0,), (0.0,)),
        (step, (0.0,), (0.0,)),
        (step, (-3.0,), (0.0,)),
        (Value.sign, (0.0,), (0.0,)),
        (Value.sign, (2.0,), (0.0,)),
        (maximum, (2.0, 2.0), (0.5, 0.5)),
        (minimum, (2.0, 2.0), (0.5, 0.5)),
        (maximum, (0.0, -0.0), (0.5, 0.5)),
        (leaky_relu, (0.0, 0.25), (0.25, 0.0)),
        (leaky_relu, (0.0, -3.0), (-3.0, 0.0)),
        (elu, (0.0, 1.0), (1.0, 0.0)),
        (elu, (0.0, 2.0), (1.0, 0.0)),
        (elu, (0.0, -0.5), (1.0, 0.0)),
        (pow, (0.0, 0.0), (0.0, -inf)),
        (pow, (0.0, 1.0), (1.0, 0.0)),
        (pow, (0.0, 2.0), (0.0, 0.0)),
        (pow, (0.0, 3.5), (0.0, 0.0)),
        (pow, (0.0, 0.5), (inf, 0.0)),
        (pow, (-0.0, 0.5), (inf, 0.0)),
        (pow, (-2.0, 3.0), (12.0, nan)),
        (pow, (-2.0, 0.0), (0.0, nan)),
        (pow, (-2.0, 1.0), (1.0, nan)),
        (pow, (-2.0, -1.0), (-0.25, nan)),
        (pow, (-1.0, 1e17), (-1e17, nan)),  # an even exponent; 1e17 - 1 is no float, and must not be taken for even too
        (Value.sqrt, (0.0,), (inf,)),
        (Value.sqrt, (-0.0,), (inf,)),
        (Value.cbrt, (0.0,), (inf,)),
        (Value.cbrt, (-0.0,), (inf,)),
        (Value.asin, (-1.0,), (inf,)),
        (Value.asin, (1.0,), (inf,)),
        (Value.acos, (-1.0,), (-inf,)),
        (Value.acos, (1.0,), (-inf,)),
        (Value.acosh, (1.0,), (inf,)),
        (hypot, (0.0, 0.0), (0.0, 0.0)),
        (hypot, (-0.0, 0.0), (0.0, 0.0)),
        (hypot, (0.0, -3.0), (0.0, -1.0)),
        (atan2, (0.0, 0.0), (nan, nan)),
        (atan2, (0.0, -0.0), (nan, nan)),
        (atan2, (0.0, -2.0), (-0.5, 0.0)),
        (logaddexp, (5.0, 5.0), (0.5, 0.5)),
    ],
)
def test_kinks_and_edges_have_the_derivatives_that_were_decided(function, at, derivatives):
    variables = [Value(x) for x in at]
    function(*variables).backward()
    assert [x.grad for x in variables] == close(list(derivatives))


@pytest.mark.parametrize("choice", [maximum, minimum])
def test_the_larger_or_smaller_of_x_and_x_has_derivative_one(choice):
    x = Value(2.0)
    choice(x, x).backward()
    assert x.grad == 1.0


# --- errors of arithmetic -------------------------------------------------------------------------------------------

ERRORS = [
    ("log", (0.0,), ValueError, "0 < x"),
    ("log", (-1.0,), ValueError, "0 < x"),
    ("log2", (0.0,), ValueError, "0 < x"),
    ("log10", (-5e-324,), ValueError, "0 < x"),
    ("log1p", (-1.0,), ValueError, "-1 < x"),
    ("sqrt", (-1.0,), ValueError, "0 <= x"),
    ("rsqrt", (-1.0,), ValueError, "0 < x"),
    ("rsqrt", (0.0,), ZeroDivisionError, "divisor"),
    ("reciprocal", (0.0,), ZeroDivisionError, "divisor"),
    ("divide", (1.0, 0.0), ZeroDivisionError, "divisor"),
    ("divide", (0.0, -0.0), ZeroDivisionError, "divisor"),
    ("power", (0.0, -1.0), ZeroDivisionError, "divisor"),
    ("power", (-8.0, 1 / 3), ValueError, "0 <= a"),
    ("power", (2.0, 1024.0), OverflowError, "1.8e308"),
    ("asin", (1.5,), ValueError, "-1 <= x <= 1"),
    ("acos", (-1.5,), ValueError, "-1 <= x <= 1"),
    ("acosh", (0.5,), ValueError, "1 <= x"),
    ("atanh", (1.0,), ValueError, "-1 < x < 1"),
    ("exp", (710.0,), OverflowError, "1.8e308"),
    ("exp2", (1024.0,), OverflowError, "1.8e308"),
    ("expm1", (710.0,), OverflowError, "1.8e308"),
    ("sinh", (-711.0,), OverflowError, "1.8e308"),
    ("cosh", (711.0,), OverflowError, "1.8e308"),
    ("sin", (inf,), ValueError, "finite"),
    ("cos", (-inf,), ValueError, "finite"),
    ("tan", (inf,), ValueError, "finite"),
]
BY_OPERATOR = {"divide": operator.truediv, "power": operator.pow}


@pytest.mark.parametrize(("name", "operands", "error", "remedy"), ERRORS)
def test_outside_the_domain_python_s_error_is_raised_with_a_note_on_operation_operands_and_remedy(
    name, operands, error, remedy
):
    labels = ["height", "width"][: len(operands)]
    labelled = [Value(x, label) for x, label in zip(operands, labels, strict=True)]
    for call in (BY_OPERATOR.get(name) or getattr(Value, name), PRIMITIVES[name]):
        with pytest.raises(error) as caught:
            call(*labelled)
        [note] = caught.value.__notes__
        assert name in note
        assert remedy in note
        for label, x in zip(labels, operands, strict=True):
            assert f"{label}={x!r}" in note


@pytest.mark.parametrize(("name", "operands", "error", "remedy"), ERRORS)
def test_a_function_of_floats_raises_the_same_with_a_note(name, operands, error, remedy):
    with pytest.raises(error) as caught:
        PRIMITIVES[name](*operands)
    [note] = caught.value.__notes__
    assert name in note
    assert remedy in note
    assert all(repr(x) in note for x in operands)


@pytest.mark.parametrize(("name", "operands", "error", "remedy"), ERRORS)
def test_the_error_is_python_s_own(name, operands, error, remedy):
    python = {
        "divide": operator.truediv,
        "power": pow,
        "rsqrt": lambda x: 1 / math.sqrt(x),
        "reciprocal": lambda x: 1 / x,
    }
    function = python.get(name) or getattr(math, name)
    if name == "power" and error is ValueError:
        assert isinstance(function(*operands), complex)  # the one answer of Python's that is not taken over
        return
    with pytest.raises(error):
        function(*operands)


def test_a_number_on_either_side_of_a_failing_operator_is_shown_too():
    for call, shown in [
        (lambda: 1 / Value(0.0, "mean"), "divide(1.0, mean=0.0)"),
        (lambda: Value(2.0, "rate") / 0, "divide(rate=2.0, 0.0)"),
        (lambda: (-8) ** Value(0.5, "half"), "power(-8.0, half=0.5)"),
    ]:
        with pytest.raises((ZeroDivisionError, ValueError)) as caught:
            call()
        assert shown in caught.value.__notes__[0]


def test_sum_difference_and_product_overflow_to_infinity_as_floats_do():
    big = Value(1e308)
    assert ((big + 1e308).data, (-big - 1e308).data, (big * -10).data) == (inf, -inf, -inf)
    assert (big / 1e-10).data == inf
    assert math.isnan((Value(inf) - inf).data)
    assert math.isnan((Value(inf) * 0).data)
    assert dot([big, 1.0], [10.0, 1.0]).data == inf
    assert math.isnan(total([Value(inf), -inf]).data)


@pytest.mark.parametrize(
    ("call", "value"),
    [
        (lambda: Value(nan) ** 0, 1.0),
        (lambda: 1 ** Value(nan), 1.0),
        (lambda: Value(inf) ** 0, 1.0),
        (lambda: Value(0.5) ** inf, 0.0),
        (lambda: hypot(Value(inf), nan), inf),
        (lambda: hypot(Value(nan), -inf), inf),
        (lambda: Value(inf).atan(), 1.5707963267948966),
        (lambda: Value(-inf).exp(), 0.0),
        (lambda: Value(inf).log(), inf),
        (lambda: Value(-inf).tanh(), -1.0),
        (lambda: Value(inf).erf(), 1.0),
        (lambda: Value(-inf).sigmoid(), 0.0),
        (lambda: Value(inf).softplus(), inf),
        (lambda: 1 / Value(-inf), -0.0),
        (lambda: logsumexp([Value(inf), 0.0]), inf),
        (lambda: logsumexp([Value(-inf), -inf]), -inf),
    ],
)
def test_what_python_and_math_say_of_nan_and_infinity_holds(call, value):
    assert call().data == value


def wrong_rule(*, result):
    def rule(m, x):
        """Not what a rule returns."""
        return result

    return primitive(rule)


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (2.0, "returned 2.0; a rule returns its value and the tuple"),
        ((2.0, 1.0), "returned .2.0, 1.0.; a rule returns"),
        ((2.0, (1.0,), 0.0), "returned .*; a rule returns its value and the tuple"),
        ((2.0, ()), "returned 0 local derivatives for 1 operands"),
        ((2.0, (1.0, 1.0)), "returned 2 local derivatives for 1 operands"),
        ((2.0, (None,)), "returned None among its numbers"),
        (("2", (1.0,)), "returned '2' among its numbers"),
    ],
)
def test_a_rule_that_returns_something_else_is_named_at_the_call(result, said):
    for x in (Value(3.0), 3.0, Dual(3.0, 1.0)):
        with pytest.raises(TypeError, match=f"the rule of rule {said}"):
            wrong_rule(result=result)(x)


def test_an_error_of_the_rules_own_gets_no_remedy_that_does_not_fit():
    @primitive
    def own(m, x):
        """It refuses."""
        raise ValueError("the temperature must be set")

    with pytest.raises(ValueError, match="temperature") as caught:
        own(Value(0.5, "x"))
    assert caught.value.__notes__ == ["in own(x=0.5)."]


def test_what_is_no_rule_or_no_domain_is_refused_at_once():
    with pytest.raises(TypeError, match="a rule is a function"):
        primitive(3)
    with pytest.raises(TypeError, match="domain must be an Interval"):

        @primitive(domain=(0, 1))
        def odd(m, x):
            return x, (1.0,)


def test_a_label_must_be_text():
    class Text(str):
        __slots__ = ()

    assert Value(1.0, Text("a")).label == "a"
    with pytest.raises(TypeError, match=r"^Value: the label must be text, not int: 3$"):
        Value(1.0, label=3)


# These have the same derivatives everywhere, as has dot towards its bias.
LINEAR = {"add", "subtract", "identity", "negative", "total"}


@pytest.mark.parametrize("p", PRIMITIVES.values(), ids=PRIMITIVES)
def test_a_nan_operand_gives_a_nan_value_and_a_nan_derivative(p):
    flat = ordinary(p)
    for index in range(len(flat)):
        variables = [Value(nan if k == index else x) for k, x in enumerate(flat)]
        y = p(*p.shaped(variables))
        assert math.isnan(y.data)
        is_linear = p.name in LINEAR or (p.name == "dot" and index == len(flat) - 1)
        assert is_linear or any(map(math.isnan, y.local_derivatives))
        assert math.isnan(p(*p.shaped([x.data for x in variables])))


def test_nan_to_the_0_is_1_and_its_derivative_is_nan():
    base = Value(nan)
    (base**0).backward()
    assert math.isnan(base.grad)


# --- what a Value is not --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call", [math.exp, math.sin, math.isnan, float, complex, "{0:%f}".__mod__, lambda v: math.fsum([v])]
)
def test_python_s_functions_of_floats_are_refused_with_the_remedy(call):
    """Guards against derivatives that are dropped silently."""
    with pytest.raises(TypeError, match=r"autograd\.exp\(v\).*v\.data"):
        call(Value(1.0))


@pytest.mark.parametrize("call", [int, round, lambda v: round(v, 2), math.floor, math.ceil, math.trunc])
def test_rounding_is_refused_with_the_remedy(call):
    with pytest.raises(TypeError, match=r"v\.data.*:\.3f"):
        call(Value(1.5))


@pytest.mark.parametrize("op", [operator.mod, operator.floordiv, divmod, operator.imod, operator.ifloordiv])
@pytest.mark.parametrize(
    "operands", [(Value(7.0), 2), (7, Value(2.0)), (Value(7.0), Value(2.0)), (np.float64(7), Value(2.0))]
)
def test_remainder_and_floor_division_are_refused_with_the_remedy(op, operands):
    with pytest.raises(TypeError, match=r"%.*//.*v\.data"):
        op(*operands)


@pytest.mark.parametrize("call", [bool, operator.not_, lambda v: v and 1, lambda v: any([v]), lambda v: 1 if v else 0])
def test_truth_is_refused_with_the_remedy(call):
    with pytest.raises(TypeError, match=r"compare it, as in v > 0, or test v\.data, its number$"):
        call(Value(1.0))


@pytest.mark.parametrize("call", [operator.index, range, lambda v: v @ v, lambda v: ~v, len, iter, lambda v: v[0]])
def test_a_value_is_no_integer_no_matrix_and_no_sequence(call):
    with pytest.raises(TypeError):
        call(Value(1.0))


# --- comparisons, identity, text ------------------------------------------------------------------------------------

COMPARISONS = [operator.lt, operator.le, operator.gt, operator.ge]


@pytest.mark.parametrize("op", COMPARISONS)
@pytest.mark.parametrize("other", [1.0, 2.0, 3.0, -inf, nan])
@pytest.mark.parametrize("kind", [Value, float, Fraction, np.float64, np.float32])
def test_comparisons_compare_data_and_give_a_bool(op, other, kind):
    if kind is Fraction and not math.isfinite(other):
        other = 2.5
    for left, right in [(Value(2.0), kind(other)), (kind(other), Value(2.0))]:
        result = op(left, right)
        assert type(result) is bool
        assert result is op(*(x.data if isinstance(x, Value) else float(x) for x in (left, right)))


def test_an_integer_beyond_the_floats_compares_as_python_compares_it():
    assert Value(1.0) < 10**400
    assert Value(-1e308) > -(10**400)
    assert not Value(inf) < 10**400


@pytest.mark.parametrize("op", COMPARISONS)
@pytest.mark.parametrize("other", ["2", None, 1j, [2.0]])
def test_comparing_with_what_has_no_order_is_a_type_error(op, other):
    with pytest.raises(TypeError, match="not supported between"):
        op(Value(2.0), other)
    with pytest.raises(TypeError, match="not supported between"):
        op(other, Value(2.0))


def test_equality_and_hash_are_by_identity():
    a, b = Value(2.0), Value(2.0)
    assert a == a  # noqa: PLR0124 (what is tested)
    assert a != b
    assert a != 2.0
    assert 2.0 != a  # noqa: SIM300 (what is tested)
    assert len({a, b, a}) == 2
    assert b not in [a, Value(2.0)]
    assert hash(a) != hash(b)
    before = hash(a)
    a.data = 5.0
    assert hash(a) == before
    assert "identity" in Value.__doc__


def test_text_shows_the_numbers():
    x = Value(6.0)
    assert repr(x) == str(x) == f"{x}" == "Value(data=6.0, grad=0.0)"
    (x * x).backward()
    assert repr(x) == "Value(data=6.0, grad=12.0)"
    third = Value(1 / 3)
    assert f"{third:.3f}" == "0.333"
    assert f"{third:>8.2e}" == "3.33e-01"
    assert format(Value(1234567.0), ",.0f") == "1,234,567"


def test_absolute_value_and_plus_give_values():
    x = Value(-2.0)
    y = abs(x)
    y.backward()
    assert (type(y), y.data, x.grad) == (Value, 2.0, -1.0)
    x = Value(-2.0)
    y = +x
    y.backward()
    assert (type(y), y.data, x.grad) == (Value, -2.0, 1.0)


def test_a_label_is_kept_and_may_be_set():
    x = Value(2.0, "x")
    y = x * 3
    assert (x.label, y.label, Value(1.0).label) == ("x", "", "")
    y.label = "y"
    assert y.label == "y"
    assert Value(data=1.0, label="z").label == "z"


def test_detach_gives_a_new_variable_with_the_number_and_label_and_no_parents():
    x = Value(3.0)
    y = x * x
    y.label = "y"
    d = y.detach()
    assert (type(d), d.data, d.label, d.parents, d.grad) == (Value, 9.0, "y", (), 0.0)
    (d * x).backward()
    assert (x.grad, d.grad, y.grad) == (9.0, 3.0, 0.0)
    d.data = 1.0
    assert y.data == 9.0


def test_a_misspelt_attribute_is_an_error():
    x = Value(1.0)
    with pytest.raises(AttributeError):
        x.gard = 0.0


def test_what_help_shows_of_operators_and_methods_is_their_primitive_s():
    assert (Value.__add__.__name__, Value.__add__.__qualname__) == ("add", "Value add")
    assert (Value.__radd__.__name__, Value.__radd__.__qualname__) == ("reflected add", "Value reflected add")
    assert Value.__add__.__doc__ == Value.__radd__.__doc__ == primitives.add.__doc__
    assert (Value.exp.__name__, Value.exp.__qualname__) == ("exp", "Value.exp")
    assert Value.exp.__doc__ == primitives.exp.__doc__
    assert Value.__lt__.__doc__ == "Compare the data; a plain bool."
    assert Value.data.__doc__ == "The number, a float; assigning anything but a real number is a TypeError."
    assert Value.grad.__doc__.startswith("What `backward()` found, a float; set it to 0.0 to begin anew.")


@pytest.mark.parametrize(
    "call", [lambda x: x * x, lambda x: x.exp(), lambda x: maximum(x, 1.0), lambda x: dot([x], [x])]
)
def test_a_result_begins_with_no_label_and_no_derivative(call):
    for mode in (nullcontext, autograd.detect_anomaly, autograd.no_grad):
        with mode():
            y = call(Value(2.0))
        assert (y.label, y.grad) == ("", 0.0)


def test_methods_have_the_defaults_of_the_functions():
    x = Value(-1.0)
    assert x.leaky_relu().data == leaky_relu(x).data == -0.01
    assert x.elu().data == elu(x).data == math.expm1(-1.0)


def test_only_plain_numbers_that_met_a_value_are_constants_and_nothing_is_followed_from_outside():
    x = Value(2.0)
    y = x * 3.0
    assert [v.is_constant for v in (x, y, *y.parents)] == [False, False, False, True]
    assert [v.is_followed for v in (x, y, *y.parents)] == [False] * 4


def test_of_a_value_and_a_dual_the_dual_interprets():
    assert Value.rank < Dual.rank
    for y in (maximum(Value(2.0), Dual(1.0, 1.0)), maximum(Dual(1.0, 1.0), Value(2.0))):
        assert type(y) is Dual


def test_a_variable_says_whether_its_data_were_assigned():
    x = Value(2.0)
    assert x.was_assigned is False
    x.data = 3.0
    assert x.was_assigned is True


def test_the_line_that_made_a_node_is_empty_unless_it_was_looked_for():
    x = Value(2.0)
    assert (x.line, (x * x).line) == ("", "")


def test_values_have_no_dictionary_and_may_be_referred_to_weakly():
    x = Value(2.0)
    assert not hasattr(x, "__dict__")
    assert weakref.ref(x)() is x
    assert set(Value.__slots__) == {
        *("__weakref__", "_assigned", "_grad", "_line", "_number", "label", "local_derivatives", "parents", "primitive")
    }


def test_the_lectures_names_show_parents_operation_and_one_step_back():
    a, b = Value(2.0), Value(-3.0)
    y = a * b
    assert (y._prev, y._op, a._prev, a._op) == ((a, b), "*", (), "")
    a.grad, b.grad, y.grad = 1.0, 2.0, 10.0
    y._backward()
    assert (a.grad, b.grad) == (-29.0, 22.0)
    y.local_derivatives = (1.0,)
    with pytest.raises(ValueError, match="zip"):
        y._backward()


# --- data -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "number",
    [3, True, 3.0, Fraction(1, 3), np.float64(0.1), np.float32(0.1), np.float16(0.1), np.int64(3), np.uint8(3)],
)
def test_data_is_always_a_builtin_float(number):
    x = Value(number)
    assert type(x.data) is float
    assert x.data == float(number)
    x = Value(0.0)
    x.data = number
    assert type(x.data) is float
    assert x.data == float(number)
    y = x * number
    assert type(y.data) is type(y.parents[1].data) is float
    assert [type(d) for d in y.local_derivatives] == [float, float]


@primitive
def ramp(m, x):
    """y = max(x, 0), by somebody who writes whole numbers."""
    return m.where(x > 0, x, 0), (m.where(x > 0, 1, 0),)


def test_a_rule_that_gives_whole_numbers_makes_floats_too():
    x = Value(-1.0)
    y = ramp(x)
    y.backward()
    assert (repr(y), type(y.data), type(x.grad)) == ("Value(data=0.0, grad=1.0)", float, float)
    assert type(ramp(-1.0)) is float


def test_grad_starts_at_zero_and_is_a_float():
    x = Value(3)
    y = x * x
    assert (x.grad, type(x.grad), y.grad, type(y.grad)) == (0.0, float, 0.0, float)


BAD = ["a", "1.0", None, 1j, [1.0], (1.0,), {}, np.ones(1), np.array(1.0), Decimal(1), b"1", object(), float]


@pytest.mark.parametrize("bad", BAD, ids=repr)
def test_bad_data_is_a_type_error_that_says_what_came_and_what_is_wanted(bad):
    with pytest.raises(TypeError, match=rf"^Value needs a real number, not {type(bad).__name__}: "):
        Value(bad)
    x = Value(2.0)
    with pytest.raises(TypeError, match=rf"^Value\.data needs a real number, not {type(bad).__name__}: "):
        x.data = bad
    assert x.data == 2.0


def test_a_value_as_data_is_a_type_error_that_does_not_ask_for_a_value():
    x = Value(2.0)
    with pytest.raises(TypeError) as caught:
        Value(x)
    wanted, came = str(caught.value).split(" not ", 1)
    assert "number" in wanted
    assert "or a Value" not in wanted
    assert "Value" in came
    with pytest.raises(TypeError):
        x.data = Value(3.0)
    assert x.data == 2.0


@pytest.mark.parametrize("bad", ["a", None, 1j, [1.0], np.ones(2), np.ma.array([1.0, 2.0]), np.ma.array(2.0), object()])
def test_a_bad_operand_of_a_function_is_a_type_error_wherever_it_stands(bad):
    v = Value(2.0)
    for call in (
        lambda: autograd.exp(bad),
        lambda: hypot(v, bad),
        lambda: hypot(bad, v),
        lambda: hypot(1.0, bad),
        lambda: total([v, bad]),
        lambda: total([1.0, bad]),
        lambda: dot([v], [bad]),
        lambda: dot([bad], [v]),
        lambda: dot([v], [1.0], bad),
        lambda: v.leaky_relu(bad),
        lambda: softmax([v, bad]),
    ):
        with pytest.raises(TypeError):
            call()


# --- functions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("p", PRIMITIVES.values(), ids=PRIMITIVES)
def test_a_function_of_floats_returns_a_float(p):
    numbers = p.shaped(ordinary(p))
    value = p(*numbers)
    assert type(value) is float
    assert value == p(*p.shaped([Value(x) for x in ordinary(p)])).data


@pytest.mark.parametrize("p", [p for p in PRIMITIVES.values() if p.name != "atanh"], ids=lambda p: p.name)
@pytest.mark.parametrize("kind", [int, bool, np.float64, np.float32, np.int64, Fraction])
def test_a_function_of_other_numbers_returns_a_builtin_float(p, kind):
    flat = [kind(1)] * len(ordinary(p))
    value = p(*p.shaped(flat))
    assert type(value) is float
    assert value == p(*p.shaped([1.0] * len(flat)))


@pytest.mark.parametrize("values", [[1.0, 2.0], [1, 2], [np.float64(1.0), np.float32(2.0)]])
def test_softmax_of_floats_returns_floats(values):
    # The first is 1 / (1 + e), the second its rest.
    probabilities = softmax(values)
    assert [type(p) for p in probabilities] == [float, float]
    assert probabilities == pytest.approx([0.2689414213699951, 0.7310585786300049], rel=1e-15)


def test_a_value_among_floats_makes_the_result_a_value():
    v = Value(2.0)
    for y in (
        hypot(1.0, v),
        hypot(v, 1.0),
        total([1.0, v]),
        dot([1.0], [2.0], v),
        dot([1.0], [v]),
        logsumexp([1.0, v]),
    ):
        assert type(y) is Value
        y.backward()
    assert all(type(y) is Value for y in softmax([1.0, v]))


def test_an_empty_sum_is_zero():
    assert total([]) == 0.0
    assert type(total([])) is float
    assert dot([], []) == 0.0
    bias = Value(3.0)
    y = dot([], [], bias)
    y.backward()
    assert (y.data, bias.grad) == (3.0, 1.0)


@pytest.mark.parametrize("function", [logsumexp, softmax])
@pytest.mark.parametrize("nothing", [[], (), iter([]), np.array([])])
def test_logsumexp_and_softmax_of_nothing_are_value_errors_that_say_so(function, nothing):
    with pytest.raises(ValueError, match="empty") as caught:
        function(nothing)
    assert not any("finite" in note or "Clamp" in note for note in getattr(caught.value, "__notes__", ()))


def test_softmax_says_what_it_needs():
    with pytest.raises(TypeError, match=r"^softmax needs a sequence of numbers or Values, not float$"):
        softmax(1.0)
    with pytest.raises(TypeError, match=r"^softmax needs a number or a Value, not str: 'a'"):
        softmax(["a"])
    with pytest.raises(ValueError, match=r"^softmax needs at least one number, but the sequence is empty$"):
        softmax([])


def test_zeros_keep_their_sign_through_elu():
    assert [math.copysign(1.0, elu(x)) for x in (-0.0, 0.0)] == [-1.0, 1.0]


def test_groups_may_be_any_iterable():
    def values():
        return [Value(1.0), Value(2.0), Value(3.0)]

    def generator():
        yield from values()

    for group in (values(), tuple(values()), generator(), iter(values()), np.array(values()), dict.fromkeys(values())):
        assert total(group).data == 6.0
    assert dot((v for v in values()), range(3)).data == 8.0
    assert dot(map(float, "123"), values(), bias=1).data == 15.0
    # ln(e + e^2 + e^3) = 3 + ln(1 + e^-1 + e^-2)
    assert logsumexp(generator()).data == pytest.approx(3.4076059644443806, rel=1e-15)
    assert sum(p.data for p in softmax(generator())) == pytest.approx(1.0, rel=1e-15)


@pytest.mark.parametrize("p", [primitives.exp, activations.sigmoid, dot], ids=lambda p: p.name)
def test_values_alone_take_the_short_way_through_a_primitive(p, monkeypatch):
    operands = [[Value(0.5)] * 20] * p.n_groups + [Value(0.5)]
    short = calls_made(lambda: p(*operands))
    monkeypatch.setattr(p, "fast", {})
    assert short < 0.75 * calls_made(lambda: p(*operands))


def test_the_gradient_of_a_weighted_sum_is_the_other_factor():
    weights, inputs, bias = [Value(2.0), Value(-3.0)], [Value(0.5), Value(4.0)], Value(10.0)
    y = dot(weights, inputs, bias)
    y.backward()
    assert y.data == -1.0
    assert [v.grad for v in (*weights, *inputs, bias)] == [0.5, 4.0, 2.0, -3.0, 1.0]
    assert y.parents == (*weights, *inputs, bias)


def test_a_weighted_sum_of_a_value_with_itself_has_both_parts():
    xs = [Value(3.0), Value(4.0)]
    dot(xs, xs).backward()
    assert [x.grad for x in xs] == [6.0, 8.0]


@pytest.mark.parametrize(("weights", "inputs"), [(2, 3), (3, 2), (0, 1), (1, 0)])
@pytest.mark.parametrize("kind", [Value, float])
@pytest.mark.parametrize("group", [list, tuple, iter, np.array])
def test_lengths_that_do_not_match_are_a_value_error_with_both_lengths(weights, inputs, kind, group):
    """Guards against inputs of the wrong length that are truncated."""
    with pytest.raises(ValueError, match=rf"{weights} weights.*{inputs} inputs"):
        dot(group([kind(1.0)] * weights), group([kind(1.0)] * inputs), kind(0.0))


def test_operands_may_be_given_by_name():
    x = Value(-2.0)
    assert leaky_relu(x).data == -0.02
    assert leaky_relu(x, slope=0.2).data == leaky_relu(x, 0.2).data == x.leaky_relu(slope=0.2).data == -0.4
    assert leaky_relu(slope=0.2, x=x).data == -0.4
    # e^-2 - 1 is -0.8646647167633873.
    assert elu(x).data == pytest.approx(-0.8646647167633873, rel=1e-15)
    assert elu(x, alpha=2).data == x.elu(alpha=2.0).data == pytest.approx(-1.7293294335267746, rel=1e-15)
    assert dot([x], [3.0], bias=1.0).data == dot(weights=[x], inputs=[3.0], bias=1.0).data == -5.0
    assert leaky_relu(-2.0, slope=0.2) == -0.4


def test_a_named_operand_is_differentiated_like_others():
    x, slope, alpha, bias = Value(-2.0), Value(0.25), Value(2.0), Value(1.0)
    leaky_relu(x, slope=slope).backward()
    assert (x.grad, slope.grad) == (0.25, -2.0)
    elu(-2.0, alpha=alpha).backward()
    assert alpha.grad == pytest.approx(-0.8646647167633873, rel=1e-15)
    dot([1.0], [1.0], bias=bias).backward()
    assert bias.grad == 1.0


@pytest.mark.parametrize(
    "call",
    [
        lambda v: autograd.exp(),
        lambda v: autograd.exp(v, v),
        lambda v: autograd.exp(v, x=v),
        lambda v: autograd.exp(y=v),
        lambda v: hypot(a=v),
        lambda v: hypot(v, v, v),
        lambda v: leaky_relu(v, slop=0.1),
        lambda v: leaky_relu(slope=0.1),
        lambda v: dot([v]),
        lambda v: dot([v], [v], v, v),
        lambda v: dot([v], [v], offset=1.0),
        lambda v: total(),
        lambda v: total(v, v),
        lambda v: logsumexp(v, v),
        lambda v: v.exp(2),
        lambda v: v.hypot(),
        lambda v: softmax(),
    ],
)
def test_a_wrong_number_or_name_of_operands_is_a_type_error(call):
    with pytest.raises(TypeError):
        call(Value(1.0))


@pytest.mark.parametrize("function", [total, logsumexp, softmax, lambda x: dot(x, x)])
@pytest.mark.parametrize("single", [Value(1.0), 1.0, None])
def test_one_number_where_a_group_is_wanted_is_a_type_error(function, single):
    with pytest.raises(TypeError):
        function(single)


# --- stable by construction -----------------------------------------------------------------------------------------

EXTREMES = [0.0, 5e-324, 1e-17, 36.0, 37.0, 40.0, 709.0, 745.0, 800.0, 1e4, 1e17, 1e308]
EXTREMES = sorted({*EXTREMES, *(-x for x in EXTREMES)})


@pytest.mark.parametrize("x", EXTREMES)
@pytest.mark.parametrize(
    "p", [sigmoid, softplus, autograd.log_sigmoid, autograd.tanh, autograd.silu], ids=lambda p: p.name
)
def test_logistic_functions_are_finite_and_right_for_every_finite_operand(p, x):
    """Guards against sigmoid(-800) that crashes, and tails that cancel to 0."""
    v = Value(x)
    y = p(v)
    y.backward()
    # exp(1e308) is too much for mpmath too: there the limits hold.
    if abs(x) <= 1e4:
        value, derivative = references.value(p.name, (x,)), references.derivatives(p.name, (x,))[0]
    else:
        limits = {"sigmoid": (1, 0), "softplus": (x, 1), "log_sigmoid": (0, 0), "tanh": (1, 0), "silu": (x, 1)}
        negative = {"sigmoid": (0, 0), "softplus": (0, 0), "log_sigmoid": (x, 1), "tanh": (-1, 0), "silu": (0, 0)}
        value, derivative = (limits if x > 0 else negative)[p.name]
    # Below 2.2e-308 floats have fewer digits: exp(-745) has one bit, and -745 exp(-745) no more.
    assert y.data == pytest.approx(float(value), rel=1e-15, abs=2e-321)
    assert v.grad == pytest.approx(float(derivative), rel=1e-13, abs=2e-321)


LOGITS = [
    # logits, logsumexp, softmax
    ([800.0, 0.0], 800.0, [1.0, 0.0]),
    ([-800.0, -800.0], -799.3068528194400547, [0.5, 0.5]),  # ln 2 - 800
    ([1e308, -1e308], 1e308, [1.0, 0.0]),
    ([1e308, 1e308], 1e308, [0.5, 0.5]),
    ([-1e308, -1e308], -1e308, [0.5, 0.5]),
    ([-1e308], -1e308, [1.0]),
    ([0.0] * 4, 1.3862943611198906, [0.25] * 4),  # ln 4
    ([0.0, -40.0], 4.248354255291589e-18, [1.0, 4.248354255291589e-18]),  # ln(1 + e^-40) = e^-40
    ([0.0, -800.0, 1e308, -5e-324], 1e308, [0.0, 0.0, 1.0, 0.0]),
    ([1000.0, 999.0, -1000.0], 1000.3132616875182, [0.7310585786300049, 0.2689414213699951, 0.0]),  # 1000 + ln(1 + 1/e)
]


@pytest.mark.parametrize(("logits", "log_sum", "probabilities"), LOGITS)
def test_logsumexp_and_softmax_are_finite_and_right_for_every_finite_operand(logits, log_sum, probabilities):
    """Guards against softmax([800, 0]) that crashes."""
    xs = [Value(x) for x in logits]
    y = logsumexp(xs)
    y.backward()
    assert y.data == pytest.approx(log_sum, rel=1e-15)
    assert [x.grad for x in xs] == pytest.approx(probabilities, rel=1e-13)
    assert logsumexp(logits) == y.data
    for result in (softmax(logits), [p.data for p in softmax(xs)]):
        assert result == pytest.approx(probabilities, rel=1e-15)


@pytest.mark.parametrize(("logits", "log_sum", "probabilities"), LOGITS)
def test_the_gradient_of_softmax_is_finite_and_right(logits, log_sum, probabilities):
    # dp_i/dx_j = p_i (1[i = j] - p_j)
    xs = [Value(x) for x in logits]
    for i, (p, of_i) in enumerate(zip(softmax(xs), probabilities, strict=True)):
        expected = [of_i * ((i == j) - of_j) for j, of_j in enumerate(probabilities)]
        assert gradients(p, xs) == pytest.approx(expected, rel=1e-13, abs=1e-16)


def test_softmax_does_not_change_its_argument_and_keeps_the_order():
    xs = [Value(2.0), Value(1.0), Value(3.0)]
    before = list(xs)
    ps = [p.data for p in softmax(xs)]
    assert xs == before
    assert ps[1] < ps[0] < ps[2]


def test_logaddexp_is_finite_and_right_for_every_finite_operand():
    for a, b, value in [(800.0, 0.0, 800.0), (1e308, -1e308, 1e308), (-1e308, -1e308, -1e308), (0.0, 0.0, math.log(2))]:
        x, y = Value(a), Value(b)
        z = logaddexp(x, y)
        z.backward()
        assert z.data == value
        assert x.grad + y.grad == 1.0


# --- other types ----------------------------------------------------------------------------------------------------

ARITHMETIC = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]


@pytest.mark.parametrize("op", ARITHMETIC)
@pytest.mark.parametrize("foreign", ["a", None, 1j, {}, object(), Decimal(1)], ids=repr)
def test_an_operator_with_a_foreign_type_is_a_type_error_by_python_s_protocol(op, foreign):
    name = f"__{op.__name__}__"
    assert getattr(Value(1.0), name)(foreign) is NotImplemented
    assert getattr(Value(1.0), name.replace("__", "__r", 1))(foreign) is NotImplemented
    with pytest.raises(TypeError):
        op(Value(1.0), foreign)
    with pytest.raises(TypeError):
        op(foreign, Value(1.0))


def test_a_value_times_a_list_does_not_repeat_the_list():
    with pytest.raises(TypeError):
        Value(2.0) * [1.0]
    with pytest.raises(TypeError):
        [1.0] * Value(2.0)


class Metres:
    """A foreign type with reflected operators of its own."""

    def __radd__(self, other):
        return "reflected +"

    def __rsub__(self, other):
        return "reflected -"

    def __rmul__(self, other):
        return "reflected *"

    def __rtruediv__(self, other):
        return "reflected /"

    def __rpow__(self, other):
        return "reflected **"

    def __gt__(self, other):
        return "reflected <"


def test_a_foreign_type_s_own_reflected_operators_are_respected():
    v, m = Value(1.0), Metres()
    assert [v + m, v - m, v * m, v / m, v**m, v < m] == [f"reflected {s}" for s in ("+", "-", "*", "/", "**", "<")]


@Real.register
class Interpreting(Metres):
    """A real number that interprets primitives itself, as another engine's would."""

    interpret = staticmethod(lambda primitive, operands, flat: f"interpreted {primitive.name}")
    rank = 3

    def __float__(self):
        return 1.0


def test_a_real_number_that_interprets_primitives_itself_is_no_constant():
    v, m = Value(1.0), Interpreting()
    assert [v + m, v < m, maximum(v, m)] == ["reflected +", "reflected <", "interpreted maximum"]


# --- a primitive of one's own ---------------------------------------------------------------------------------------


@primitive(symbol="bell", domain=[REAL, POSITIVE])
def bell(m, x, width=1.0):
    """y = exp(-(x / width)**2 / 2);  dy/dx = -y u / width, dy/dwidth = y u**2 / width with u = x / width."""
    u = x / width
    y = m.exp(-0.5 * u * u)
    return y, (-y * u / width, y * u * u / width)


@primitive
def distance(m, xs: Group, ys: Group, floor=0.0):
    """y = sqrt(floor + sum of (x_k - y_k)**2);  dy/dx_k = (x_k - y_k) / y = -dy/dy_k, dy/dfloor = 1 / (2 y)."""
    differences = [x - y for x, y in zip(xs, ys, strict=True)]
    y = m.sqrt(m.sum_products(differences, differences, floor))
    return y, ([d / y for d in differences], [-d / y for d in differences], 0.5 / y)


@primitive
def clipped(m, x):
    """y = min(x, 0): a rule whose result is a plain number on one side."""
    return m.where(x > 0.0, 0.0, x), (m.where(x > 0.0, 0.0, 1.0),)


# exp(-2), and 2 exp(-2), 3 exp(-2) by hand from the formulas; the distance of (3, 4) from the origin is 5.
MINE = [
    (bell, (2.0, 1.0), 0.1353352832366127, [-0.2706705664732254, 0.5413411329464508], 0.4060058497098381),
    (distance, ([3.0, 4.0], [0.0, 0.0], 0.0), 5.0, [0.6, 0.8, -0.6, -0.8, 0.1], 0.128),  # (1 - 0.6**2) / 5
    (clipped, (-2.0,), -2.0, [1.0], 0.0),
    (clipped, (2.0,), 0.0, [0.0], 0.0),
]


@pytest.fixture(params=MINE, ids=lambda case: f"{case[0].name}{case[1]}")
def mine(request):
    return request.param


def test_a_new_primitive_works_over_floats_and_values(mine):
    p, operands, value, derivatives, _ = mine
    assert p(*operands) == pytest.approx(value, rel=1e-15)
    variables = [Value(x) for x in p.flat(operands)]
    y = p(*p.shaped(variables))
    y.backward()
    assert y.data == pytest.approx(value, rel=1e-15)
    assert [x.grad for x in variables] == pytest.approx(derivatives, rel=1e-15)
    assert y.primitive is p
    assert y._op == p.symbol


def test_a_new_primitive_has_second_derivatives(mine):
    p, operands, _, derivatives, second = mine
    variables = [Value(x) for x in p.flat(operands)]
    y = p(*p.shaped(variables))
    slopes = gradients(y, variables, create_graph=True)
    assert [slope.data for slope in slopes] == pytest.approx(derivatives, rel=1e-15)
    assert gradients(slopes[0], variables[0]) == pytest.approx(second, rel=1e-14)


def test_a_new_primitive_works_over_arrays(mine):
    p, operands, value, derivatives, _ = mine
    batch = p.shaped([np.full(3, x) for x in p.flat(operands)])
    y, slopes = Arrays().run(p.rule, *batch)
    assert np.broadcast_to(y, 3) == pytest.approx([value] * 3, rel=1e-15)
    for slope, expected in zip(p.flat(slopes), derivatives, strict=True):
        assert np.broadcast_to(slope, 3) == pytest.approx([expected] * 3, rel=1e-15)


def test_a_new_primitive_works_to_fifty_digits(mine):
    p, operands, value, derivatives, _ = mine
    y, slopes = MultiPrecision(50).run(p.rule, *operands)
    assert float(y) == pytest.approx(value, rel=1e-15)
    assert [float(slope) for slope in p.flat(slopes)] == pytest.approx(derivatives, rel=1e-15)
    if p is bell:
        # exp(-2) to fifty digits, from tables
        assert str(y)[:50] == "0.135335283236612691893999494972484403407631545909"[:50]


def test_a_new_primitive_can_be_pickled_copied_and_drawn(mine):
    p, operands, _, derivatives, _ = mine
    variables = [Value(x) for x in p.flat(operands)]
    y = p(*p.shaped(variables))
    for twin, *inputs in (pickle.loads(pickle.dumps([y, *variables])), copy.deepcopy([y, *variables])):  # noqa: S301 (ours)
        twin.backward()
        assert [x.grad for x in inputs] == pytest.approx(derivatives, rel=1e-15)
        assert twin.primitive is p
    assert p.name in repr(draw(y))
    assert p.symbol in draw(y).source


def test_a_new_primitive_takes_keywords_defaults_and_explains_its_errors():
    assert bell(2.0) == bell(x=2.0, width=1.0)
    with pytest.raises(ZeroDivisionError) as caught:
        bell(Value(1.0, "position"), width=0.0)
    assert "bell(position=1.0, 0.0)" in caught.value.__notes__[0]
    with pytest.raises(ValueError, match="2 xs but 1 ys"):
        distance([1.0, 2.0], [1.0])


def test_groups_come_before_single_operands():
    with pytest.raises(TypeError, match="groups"):

        @primitive
        def wrong(m, x, xs: Group):
            return x, (1.0, [0.0 for _ in xs])
