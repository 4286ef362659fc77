"""`gradients`: derivatives of any node with respect to any others, of any order, against numbers worked by hand."""

import math
from math import inf

import numpy as np
import pytest
import references

from autograd import (
    Value,
    absolute,
    activations,
    atan2,
    cos,
    dot,
    exp,
    gradients,
    hypot,
    log,
    logsumexp,
    maximum,
    power,
    primitives,
    relu,
    sigmoid,
    sin,
    softmax,
    softplus,
    sqrt,
    step,
    tanh,
    total,
)
from autograd.graph import topological_order
from autograd.rules import Primitive

PRIMITIVES = {
    p.name: p for module in (primitives, activations) for p in vars(module).values() if isinstance(p, Primitive)
}


def close(x, rel=1e-14):
    return pytest.approx(x, rel=rel, abs=0.0, nan_ok=True)


def derivatives(function, x, order):
    """The derivatives of orders 1 to `order` of a function of one Value."""
    x = Value(x)
    y = function(x)
    result = []
    for _ in range(order):
        y = gradients(y, x, create_graph=True)
        result.append(y.data)
    return result


# --- first derivatives ----------------------------------------------------------------------------------------------


def test_one_input_gives_a_number_several_give_a_list():
    # d(x^2 y)/dx = 2 x y = 12, d/dy = x^2 = 9 at (3, 2).
    x, y = Value(3.0), Value(2.0)
    z = x**2 * y
    assert gradients(z, x) == 12.0
    assert type(gradients(z, x)) is float
    assert gradients(z, [x, y]) == [12.0, 9.0]
    assert gradients(z, (y, x)) == [9.0, 12.0]
    assert gradients(z, [x]) == [12.0]
    assert gradients(z, []) == []
    assert gradients(z, (v for v in (x, y))) == [12.0, 9.0]
    assert gradients(z, np.array([x, y])) == [12.0, 9.0]


def test_an_input_that_is_asked_for_twice_is_answered_twice():
    x, y = Value(3.0), Value(2.0)
    z = x * y
    assert gradients(z, [x, y, x]) == [2.0, 3.0, 2.0]
    first, _, second = gradients(z, [x, y, x], create_graph=True)
    assert (first.data, second.data) == (2.0, 2.0)


@pytest.mark.parametrize("create_graph", [False, True])
def test_every_grad_is_left_alone(create_graph):
    a, b = Value(2.0), Value(1.0)
    c, d = a + b, b + 1
    e = c * d
    for k, node in enumerate(topological_order(e)):
        node.grad = float(k)
    gradients(e, [a, b, c], create_graph=create_graph)
    assert [node.grad for node in topological_order(e)] == [float(k) for k in range(6)]


@pytest.mark.parametrize("create_graph", [False, True])
def test_inputs_may_be_results_inside_the_graph(create_graph):
    # e = c d with c = a + b = 3 and d = b + 1 = 2: de/dc = 2, de/dd = 3, de/de = 1, de/db = 5, each in full.
    a, b = Value(2.0), Value(1.0)
    c, d = a + b, b + 1
    e = c * d
    found = gradients(e, [c, d, e, b, a], create_graph=create_graph)
    assert [float(f"{x:g}") for x in found] == [2.0, 3.0, 1.0, 5.0, 2.0]


@pytest.mark.parametrize("create_graph", [False, True])
def test_where_the_output_does_not_depend_on_an_input_the_derivative_is_zero(create_graph):
    x, other = Value(3.0), Value(4.0)
    later = x * 5
    found = gradients(x * x, [other, later, x], create_graph=create_graph)
    assert [f"{v:g}" for v in found] == ["0", "0", "6"]
    assert [type(v) for v in found] == [Value if create_graph else float] * 3


def test_a_variable_differentiated_by_itself_is_one():
    x = Value(3.0)
    assert gradients(x, x) == 1.0
    assert gradients(x, [x, Value(3.0)]) == [1.0, 0.0]
    assert gradients(x, x, create_graph=True).data == 1.0


def test_gradients_agree_with_backward():
    xs = [Value(0.3), Value(-0.7), Value(1.9)]
    y = dot(softmax(xs), xs) * hypot(xs[0], xs[1]) + tanh(xs[2] - xs[0]) / (2 - xs[1])
    found = gradients(y, xs)
    again = [x.data for x in gradients(y, xs, create_graph=True)]
    y.backward()
    assert found == close([x.grad for x in xs])
    assert again == close([x.grad for x in xs])


def test_gradients_may_be_asked_for_again_and_again():
    x = Value(3.0)
    y = x**3
    assert [gradients(y, x) for _ in range(3)] == [27.0] * 3
    assert [gradients(y, x, create_graph=True).data for _ in range(3)] == [27.0] * 3
    y.backward()
    assert gradients(y, x) == x.grad == 27.0


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_zero_adjoint_is_not_skipped(create_graph):
    x = Value(0.0)
    found = gradients(sqrt(x) * 0.0, x, create_graph=create_graph)
    assert math.isnan(found.data if create_graph else found)


def test_derivatives_of_plain_gradients_are_not_recorded():
    x = Value(3.0)
    assert type(gradients(x * x, x)) is float


# --- wrong types ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("output", [3.0, None, "y", [Value(1.0)], np.ones(1)], ids=repr)
def test_an_output_that_is_no_value_is_a_type_error_that_says_what_came(output):
    with pytest.raises(TypeError, match=f"{type(output).__name__}.*Value"):
        gradients(output, Value(1.0))


@pytest.mark.parametrize("wrong", [3.0, None, "x", 1, np.float64(1.0)], ids=repr)
def test_inputs_that_are_no_values_are_a_type_error_that_says_what_came(wrong):
    y = Value(3.0) * 2
    with pytest.raises(TypeError, match=f"{type(wrong).__name__}.*Value"):
        gradients(y, [y, wrong])
    with pytest.raises(TypeError, match=f"{type(wrong).__name__}.*Value"):
        gradients(y, wrong)


# --- higher derivatives ---------------------------------------------------------------------------------------------


def test_create_graph_gives_values_with_a_graph_of_their_own():
    x = Value(2.0)
    slope = gradients(x**3, x, create_graph=True)
    assert (type(slope), slope.data) == (Value, 12.0)
    slope.backward()
    assert x.grad == 12.0  # 6 x
    x.grad = 0.0
    (slope * x).backward()
    assert x.grad == 36.0  # d(3 x^3)/dx = 9 x^2


@pytest.mark.parametrize(
    ("function", "at", "expected"),
    [
        (lambda x: x**4, 3.0, [108.0, 108.0, 72.0, 24.0, 0.0]),
        (lambda x: x * x * x * x, 3.0, [108.0, 108.0, 72.0, 24.0, 0.0]),
        (lambda x: x**4, -3.0, [-108.0, 108.0, -72.0, 24.0, 0.0]),
        (lambda x: x**4, 0.0, [0.0, 0.0, 0.0, 24.0, 0.0]),
        (lambda x: x**0, 0.0, [0.0] * 4),
        (lambda x: x**1, 0.0, [1.0, 0.0, 0.0, 0.0]),
        (lambda x: x**2, 0.0, [0.0, 2.0, 0.0, 0.0]),
        (lambda x: x**3, 0.0, [0.0, 0.0, 6.0, 0.0]),
        (lambda x: x**0, -2.0, [0.0] * 4),
        (lambda x: x**1, -2.0, [1.0, 0.0, 0.0, 0.0]),
        (lambda x: x**2, -2.0, [-4.0, 2.0, 0.0, 0.0]),
        (lambda x: x.square(), 0.0, [0.0, 2.0, 0.0, 0.0]),
        # (1/x)^(n) = (-1)^n n! / x^(n + 1)
        (lambda x: 1 / x, 2.0, [-0.25, 0.25, -0.375, 0.75]),
        (lambda x: x**-1, 2.0, [-0.25, 0.25, -0.375, 0.75]),
        (lambda x: x.reciprocal(), 2.0, [-0.25, 0.25, -0.375, 0.75]),
        # x^(1/2) at 4: 1/4, -1/32, 3/256, -15/2048
        (sqrt, 4.0, [0.25, -0.03125, 0.01171875, -0.00732421875]),
        (lambda x: x**0.5, 4.0, [0.25, -0.03125, 0.01171875, -0.00732421875]),
        # 2^x at 3: 8 (ln 2)^n, ln 2 = 0.6931471805599453
        (lambda x: 2**x, 3.0, [5.545177444479562, 3.843624111345611, 2.664197215911436, 1.846680788664667]),
        # x^x at 1: 1, 2, 3, 8 (OEIS A005727)
        (lambda x: x**x, 1.0, [1.0, 2.0, 3.0, 8.0]),
        # tanh x = x - x^3/3 + 2 x^5/15 - ...
        (tanh, 0.0, [1.0, 0.0, -2.0, 0.0, 16.0]),
        # sigmoid x = 1/2 + x/4 - x^3/48 + x^5/480 - ...
        (sigmoid, 0.0, [0.25, 0.0, -0.125, 0.0, 0.25]),
        # softplus' = sigmoid
        (softplus, 0.0, [0.5, 0.25, 0.0, -0.125, 0.0]),
        (lambda x: -(-x).log_sigmoid(), 0.0, [0.5, 0.25, 0.0, -0.125]),
        # exp(-x^2) = 1 - x^2 + x^4/2 - ...: the fourth is 4!/2 = 12
        (lambda x: exp(-(x**2)), 0.0, [0.0, -2.0, 0.0, 12.0]),
        (lambda x: exp(-x * x), 0.0, [0.0, -2.0, 0.0, 12.0]),
        (lambda x: exp(-x.square()), 0.0, [0.0, -2.0, 0.0, 12.0]),
        (sin, 0.0, [1.0, 0.0, -1.0, 0.0]),
        (cos, 0.0, [0.0, -1.0, 0.0, 1.0]),
        # tan x = x + x^3/3 + 2 x^5/15 + ..., and so on with the other series at 0
        (Value.tan, 0.0, [1.0, 0.0, 2.0, 0.0, 16.0]),
        (Value.asin, 0.0, [1.0, 0.0, 1.0, 0.0, 9.0]),
        (Value.atan, 0.0, [1.0, 0.0, -2.0, 0.0, 24.0]),
        (Value.asinh, 0.0, [1.0, 0.0, -1.0, 0.0, 9.0]),
        (Value.atanh, 0.0, [1.0, 0.0, 2.0, 0.0, 24.0]),
        (Value.sinh, 0.0, [1.0, 0.0, 1.0, 0.0]),
        (Value.cosh, 0.0, [0.0, 1.0, 0.0, 1.0]),
        (Value.expm1, 0.0, [1.0, 1.0, 1.0, 1.0]),
        (log, 2.0, [0.5, -0.25, 0.25, -0.375]),
        (Value.log1p, 0.0, [1.0, -1.0, 2.0, -6.0]),
        # silu x = x sigmoid(x) = x/2 + x^2/4 - x^4/48 + ...
        (Value.silu, 0.0, [0.5, 0.5, 0.0, -0.5]),
        # x |x| has the derivatives 2 |x| and 2 sign x.
        (lambda x: x * abs(x), 3.0, [6.0, 2.0, 0.0]),
        (lambda x: x * abs(x), -3.0, [6.0, -2.0, 0.0]),
    ],
)
def test_higher_derivatives_of_functions_of_one_variable(function, at, expected):
    # 1e-15 beside the zeros: where a sum of terms cancels, their rounding is left.
    assert derivatives(function, at, len(expected)) == pytest.approx(expected, rel=1e-14, abs=1e-14)


@pytest.mark.parametrize(
    ("function", "at", "expected"),
    [
        (relu, -2.0, [0.0, 0.0]),
        (relu, 0.0, [0.0, 0.0]),
        (relu, 2.0, [1.0, 0.0]),
        (lambda x: relu(x) ** 2, -2.0, [0.0, 0.0]),
        (lambda x: relu(x) ** 2, 3.0, [6.0, 2.0]),
        (step, -2.0, [0.0, 0.0]),
        (step, 2.0, [0.0, 0.0]),
        (Value.sign, -2.0, [0.0, 0.0]),
        (Value.sign, 0.0, [0.0, 0.0]),
        (absolute, -2.0, [-1.0, 0.0]),
        (absolute, 0.0, [0.0, 0.0]),
        (lambda x: x.leaky_relu(0.25), -2.0, [0.25, 0.0]),
        (lambda x: x.leaky_relu(0.25), 2.0, [1.0, 0.0]),
        (lambda x: x.elu(2.0), 2.0, [1.0, 0.0]),
        (lambda x: x.elu(2.0), -1.0, [0.7357588823428847, 0.7357588823428847]),  # 2 / e
        (lambda x: maximum(x, 1.0), 0.5, [0.0, 0.0]),
        (lambda x: maximum(x, 1.0), 1.0, [0.5, 0.0]),
        (lambda x: maximum(x, x * x), 3.0, [6.0, 2.0]),
        (lambda x: x.softsign(), 1.0, [0.25, -0.25]),  # 1 / (1 + x)^2, -2 / (1 + x)^3
        (lambda x: x.softsign(), 0.0, [1.0, 0.0]),
        (sqrt, 0.0, [inf, -inf]),
    ],
)
def test_functions_with_kinks_have_second_derivatives_on_every_side(function, at, expected):
    assert derivatives(function, at, 2) == close(expected)


@pytest.mark.parametrize("p", PRIMITIVES.values(), ids=PRIMITIVES)
def test_second_derivatives_of_every_primitive_agree_with_mpmath(p):
    name = {"ratio": "divide"}.get(p.name, p.name)
    singles = {"acosh": [1.7], "leaky_relu": [-0.6, 0.2], "elu": [-0.6, 2.0]}.get(p.name, [0.6, 1.3])
    flat = [0.3, -0.4] * p.n_groups + singles[: len(p.operands) - p.n_groups]
    variables = [Value(x) for x in flat]
    slopes = gradients(p(*p.shaped(variables)), variables, create_graph=True)
    for k, (slope, x) in enumerate(zip(slopes, variables, strict=True)):
        expected = float(references.nth_derivative(name, p.shaped(flat), k, 2))
        assert gradients(slope, x) == pytest.approx(expected, rel=1e-13, abs=1e-15)
    matrix = [gradients(slope, variables) for slope in slopes]
    for row, column in zip(matrix, zip(*matrix, strict=True), strict=True):
        assert row == pytest.approx(column, rel=1e-13, abs=1e-15)  # the order of differentiation does not matter


POINTS = [-800.0, -40.0, -1.5, -0.3, -1e-300, -0.0, 0.0, 1e-300, 0.3, 1.0, 2.5, 40.0, 800.0, 1e200, inf]


@pytest.mark.parametrize("p", PRIMITIVES.values(), ids=PRIMITIVES)
def test_a_rule_over_values_gives_the_same_bits_as_over_floats(p):
    """Otherwise create_graph would take a rounding for a change of data."""
    n = len(p.operands) + p.n_groups
    for flat in [(x,) for x in POINTS] if n == 1 else [(x, y, *[0.5] * (n - 2)) for x in POINTS for y in POINTS]:
        variables = [Value(x) for x in flat]
        try:
            y = p(*p.shaped(variables))
        except (ArithmeticError, ValueError):
            continue
        again = [x.data for x in gradients(y, variables, create_graph=True)]
        assert repr(again) == repr([gradients(y, x) for x in variables])


def test_mixed_derivatives():
    # f = x^2 y^3 + sin(x y) at (1, 2): f_xy = 6 x y^2 + cos(xy) - xy sin(xy) = 24 + cos 2 - 2 sin 2.
    x, y = Value(1.0), Value(2.0)
    f = x**2 * y**3 + sin(x * y)
    f_x, f_y = gradients(f, [x, y], create_graph=True)
    expected = 24.0 - 0.4161468365471424 - 2 * 0.9092974268256817
    assert gradients(f_x, y) == close(expected)
    assert gradients(f_y, x) == close(expected)
    # f_xyy = 12 x y - 2 x sin(xy) - x^2 y cos(xy) = 24 - 2 sin 2 - 2 cos 2
    f_xy = gradients(f_x, y, create_graph=True)
    assert gradients(f_xy, y) == close(24.0 - 2 * 0.9092974268256817 + 2 * 0.4161468365471424)


def test_second_derivatives_of_logsumexp_are_the_covariance_of_the_softmax():
    # For two equal logits p = (1/2, 1/2): the matrix is diag(p) - p p^T.
    xs = [Value(3.0), Value(3.0)]
    slopes = gradients(logsumexp(xs), xs, create_graph=True)
    assert [gradients(slope, xs) for slope in slopes] == [[0.25, -0.25], [-0.25, 0.25]]


def test_second_derivatives_through_groups():
    # y = (w . x + b)^2 at w = (1, 2), x = (3, 4), b = 5: s = 16, d2y/dw_i dw_j = 2 x_i x_j, dy/dw0 dx0 = 2 s + 2 w0 x0.
    w, x, b = [Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)], Value(5.0)
    y = dot(w, x, b) ** 2
    slope = gradients(y, w[0], create_graph=True)
    assert slope.data == 96.0
    assert gradients(slope, [*w, *x, b]) == [18.0, 24.0, 38.0, 12.0, 6.0]
    assert gradients(gradients(total([v * v for v in w]), w[1], create_graph=True), w) == [0.0, 2.0]


def test_higher_derivatives_with_respect_to_a_result_inside():
    # y = h^3 with h = x^2 = 4: dy/dh = 48, d2y/dh2 = 24, and d(dy/dh)/dx = 24 * 4.
    x = Value(2.0)
    h = x * x
    slope = gradients(h**3, h, create_graph=True)
    assert (slope.data, gradients(slope, h), gradients(slope, x)) == (48.0, 24.0, 96.0)


def test_a_derivative_that_is_constant_can_be_differentiated_again():
    x = Value(3.0)
    assert derivatives(lambda x: 2 * x + 1, 3.0, 3) == [2.0, 0.0, 0.0]
    slope = gradients(x + 1, x, create_graph=True)
    assert (slope.data, gradients(slope, x)) == (1.0, 0.0)


def test_the_gradient_penalty_of_a_neuron_trains():
    # f = tanh(w x) at w = 1/2, x = 2; penalty = (df/dx)^2 = w^2 s^4 with s = sech 1;
    # d/dw = 2 w s^4 - 4 w^2 x s^4 tanh 1 = s^4 (1 - 2 tanh 1).
    w, x = Value(0.5), Value(2.0)
    slope = gradients(tanh(w * x), x, create_graph=True)
    (slope**2).backward()
    sech, tanh_1 = 0.6480542736638853, 0.7615941559557649
    assert slope.data == close(0.5 * sech**2)
    assert w.grad == close(sech**4 * (1 - 2 * tanh_1))


def test_second_derivatives_of_the_polar_coordinates():
    # At (3, 4), r = 5: r_xx = y^2 / r^3 = 16/125, r_yy = x^2 / r^3 = 9/125, r_xy = -x y / r^3 = -12/125;
    # of the angle t: t_xx = 2 x y / r^4 = 24/625 = -t_yy, t_xy = (y^2 - x^2) / r^4 = 7/625.
    x, y = Value(3.0), Value(4.0)
    r_x, r_y = gradients(hypot(x, y), [x, y], create_graph=True)
    assert [*gradients(r_x, [x, y]), *gradients(r_y, [x, y])] == close([0.128, -0.096, -0.096, 0.072])
    t_x, t_y = gradients(atan2(y, x), [x, y], create_graph=True)
    assert [*gradients(t_x, [x, y]), *gradients(t_y, [x, y])] == close([0.0384, 0.0112, 0.0112, -0.0384])


@pytest.mark.parametrize("n", [2, 50, 500])
def test_second_derivatives_of_long_graphs_do_not_grow_beyond_measure(n):
    # y = x^(n + 1) as a product: y'' = (n + 1) n at 1.
    x = Value(1.0)
    y = x
    for _ in range(n):
        y = y * x
    slope = gradients(y, x, create_graph=True)
    assert len(topological_order(slope)) < 12 * n
    assert gradients(slope, x) == (n + 1) * n


# --- data that was changed ------------------------------------------------------------------------------------------


def test_plain_gradients_are_those_of_the_recorded_numbers():
    x = Value(3.0)
    y = x * x
    x.data = 100.0
    assert gradients(y, x) == 6.0


@pytest.mark.parametrize(
    ("function", "changed"),
    [
        (lambda x, other: x * x, 4.0),
        (lambda x, other: x * other, 4.0),
        (lambda x, other: sin(x), 4.0),
        (lambda x, other: dot([other], [x]), 4.0),
        (lambda x, other: x * x, inf),
        (lambda x, other: x * x, math.nan),
        # Here the result is the same as before, but the derivatives are not.
        (lambda x, other: x**2, -3.0),
        (lambda x, other: x * x, -3.0),
        (lambda x, other: abs(x), -3.0),
        (lambda x, other: x * (other - 2), 4.0),
        (lambda x, other: power(x, other - 2), 4.0),
        (lambda x, other: cos(x - 3) * 1.0, 3.0 + 2 * math.pi),
    ],
)
def test_changed_data_and_create_graph_do_not_go_together(function, changed):
    """The graph of the derivatives would mix the old numbers with the new."""
    x, other = Value(3.0, "weight"), Value(2.0, "other")
    y = function(x, other)
    recorded = gradients(y, [x, other])
    x.data = changed
    try:
        slopes = [v.data for v in gradients(y, [x, other], create_graph=True)]
    except RuntimeError as error:
        assert "weight" in str(error)  # noqa: PT017 (the other outcome is compared below)
    else:
        assert slopes == close(recorded, rel=1e-12)


def test_changed_data_are_an_error_that_names_the_parent():
    w = Value(3.0, "w3")
    y = (w * w).tanh()
    w.data = 4.0
    with pytest.raises(RuntimeError, match="w3"):
        gradients(y, w, create_graph=True)
    w.data = 3.0
    assert gradients(y, w, create_graph=True).data == gradients(y, w)


def test_a_changed_result_inside_the_graph_is_an_error_too():
    x = Value(3.0)
    h = x * x
    h.label = "h"
    y = h * 2
    h.data = 100.0
    with pytest.raises(RuntimeError, match="h"):
        gradients(y, x, create_graph=True)


def test_data_that_were_changed_elsewhere_do_not_matter():
    x, other = Value(3.0), Value(2.0)
    y = x * x
    _ = other * x
    other.data = 7.0
    assert gradients(y, x, create_graph=True).data == 6.0


def test_nan_that_was_changed_to_a_number_is_an_error_too():
    x = Value(math.nan, "weight")
    y = x * x
    x.data = 3.0
    with pytest.raises(RuntimeError, match="weight"):
        gradients(y, x, create_graph=True)


def test_nan_in_the_graph_is_not_taken_for_a_change():
    x = Value(math.nan)
    assert math.isnan(gradients(x * x, x, create_graph=True).data)
