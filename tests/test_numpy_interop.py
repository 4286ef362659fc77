"""NumPy's scalars, functions and object arrays with Values: they work and give Values, or say what to do instead."""

import math
import operator

import numpy as np
import pytest

import autograd
from autograd import Value, dot, gradients, logsumexp, softmax, total

SCALARS = [np.float64, np.float32, np.float16, np.longdouble, np.int64, np.int8, np.uint16]

# a op b at a = 3, b = 2, and the derivatives; 9 ln 3 = 9.887510598012988.
OPERATORS = [
    (operator.add, 5.0, 1.0, 1.0),
    (operator.sub, 1.0, 1.0, -1.0),
    (operator.mul, 6.0, 2.0, 3.0),
    (operator.truediv, 1.5, 0.5, -0.75),
    (operator.pow, 9.0, 6.0, 9.887510598012988),
]


def values(*numbers):
    return np.array([Value(x) for x in numbers])


def data(array):
    return [x.data for x in np.ravel(array)]


# --- scalars --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", SCALARS)
@pytest.mark.parametrize(("op", "value", "along_a", "along_b"), OPERATORS)
def test_a_numpy_scalar_on_either_side_of_an_operator_gives_a_value(op, value, along_a, along_b, kind):
    a, b = Value(3.0), Value(2.0)
    left, right = op(kind(3), b), op(a, kind(2))
    for y in (left, right):
        assert type(y) is Value  # no array without dimensions
        assert type(y.data) is float
        assert y.data == value
        y.backward()
    assert (a.grad, b.grad) == pytest.approx((along_a, along_b), rel=1e-15)


@pytest.mark.parametrize("x", [np.float64(0.1), np.float32(0.1), np.float16(0.1)])
def test_a_scalar_keeps_its_own_number(x):
    # 0.1 as a float32 is 0.100000001490116...
    v = Value(1.0)
    assert (v * x).data == (x * v).data == float(x)
    assert (v + x).parents[1].data == float(x)


@pytest.mark.parametrize("op", [operator.iadd, operator.imul, operator.isub, operator.itruediv])
def test_a_scalar_that_is_assigned_to_becomes_a_value(op):
    v = Value(2.0)
    y = op(np.float64(6.0), v)
    assert type(y) is Value
    assert y.data == op(6.0, 2.0)


@pytest.mark.parametrize("kind", SCALARS)
@pytest.mark.parametrize("op", [operator.lt, operator.le, operator.gt, operator.ge])
@pytest.mark.parametrize("other", [1, 2, 3])
def test_comparing_with_a_numpy_scalar_gives_a_truth_value(op, other, kind):
    v = Value(2.0)
    assert type(op(v, kind(other))) is bool
    assert op(v, kind(other)) is op(2, other)
    assert isinstance(op(kind(other), v), bool | np.bool_)
    assert bool(op(kind(other), v)) is op(other, 2)


def test_equality_with_a_numpy_scalar_is_by_identity():
    v = Value(2.0)
    assert not v == np.float64(2.0)  # noqa: SIM201 (what is tested)
    assert not np.float64(2.0) == v  # noqa: SIM201 (what is tested)
    assert v != np.float64(2.0)


def test_arrays_without_dimensions_count_as_their_number():
    v = Value(2.0)
    for y in (v * np.array(3.0), np.array(3.0) * v):
        assert type(y) is Value
        assert y.data == 6.0
    assert (np.array(3.0) - v).data == 1.0
    assert (v - np.array(3.0)).data == -1.0


def test_numpy_s_truth_values_count_as_0_and_1():
    v = Value(2.0)
    assert (v * (np.float64(1.0) > 0)).data == 2.0
    assert ((np.float64(1.0) > 3) * v).data == 0.0


@pytest.mark.parametrize("name", ["exp", "tanh", "sqrt", "sigmoid", "relu"])
@pytest.mark.parametrize("kind", [np.float64, np.float32, np.int64])
def test_functions_of_numpy_scalars_give_floats(name, kind):
    function = getattr(autograd, name)
    assert type(function(kind(2))) is float
    assert function(kind(2)) == function(2.0)


# --- functions of NumPy's on Values ---------------------------------------------------------------------------------

# value and derivative at 0.5, from tables and by hand
UFUNCS = [
    (np.exp, 1.6487212707001282, 1.6487212707001282),
    (np.exp2, 1.4142135623730951, 0.9802581434685472),  # sqrt(2) ln 2
    (np.expm1, 0.6487212707001282, 1.6487212707001282),
    (np.log, -0.6931471805599453, 2.0),
    (np.log2, -1.0, 2.8853900817779268),  # 2 / ln 2
    (np.log10, -0.3010299956639812, 0.8685889638065037),  # 2 / ln 10
    (np.log1p, 0.4054651081081644, 0.6666666666666666),
    (np.sqrt, 0.7071067811865476, 0.7071067811865476),
    (np.cbrt, 0.7937005259840998, 0.5291336839893998),  # 0.5^(1/3), and 2/3 of it
    (np.square, 0.25, 1.0),
    (np.reciprocal, 2.0, -4.0),
    (np.negative, -0.5, -1.0),
    (np.positive, 0.5, 1.0),
    (np.absolute, 0.5, 1.0),
    (np.sin, 0.479425538604203, 0.8775825618903728),
    (np.cos, 0.8775825618903728, -0.479425538604203),
    (np.tan, 0.5463024898437905, 1.2984464104095248),
    (np.arcsin, 0.5235987755982989, 1.1547005383792515),  # pi/6, 2/sqrt(3)
    (np.arccos, 1.0471975511965979, -1.1547005383792515),
    (np.arctan, 0.4636476090008061, 0.8),
    (np.sinh, 0.5210953054937474, 1.1276259652063807),
    (np.cosh, 1.1276259652063807, 0.5210953054937474),
    (np.tanh, 0.46211715726000973, 0.7864477329659275),
    (np.arcsinh, 0.48121182505960347, 0.8944271909999159),  # ln of the golden ratio, 2/sqrt(5)
    (np.arctanh, 0.5493061443340549, 1.3333333333333333),
]


@pytest.mark.parametrize(("function", "value", "derivative"), UFUNCS, ids=lambda x: getattr(x, "__name__", ""))
def test_a_function_of_numpy_s_works_on_a_value(function, value, derivative):
    x = Value(0.5)
    y = function(x)
    assert type(y) is Value
    y.backward()
    assert (y.data, x.grad) == pytest.approx((value, derivative), rel=1e-15)


@pytest.mark.parametrize(("function", "value", "derivative"), UFUNCS, ids=lambda x: getattr(x, "__name__", ""))
def test_a_function_of_numpy_s_works_on_arrays_of_values(function, value, derivative):
    xs = np.array([[Value(0.5), Value(0.5)], [Value(0.5), Value(0.5)]])
    ys = function(xs)
    assert ys.shape == (2, 2)
    assert all(type(y) is Value for y in ys.flat)
    np.sum(ys).backward()
    assert data(ys) == pytest.approx([value] * 4, rel=1e-15)
    assert [x.grad for x in xs.flat] == pytest.approx([derivative] * 4, rel=1e-15)


def test_arccosh_works_from_one_on():
    x = Value(1.25)  # arcosh 1.25 = ln 2, and 1 / sqrt(1.25**2 - 1) = 4/3
    y = np.arccosh(x)
    y.backward()
    assert (y.data, x.grad) == pytest.approx((0.6931471805599453, 1.3333333333333333), rel=1e-15)


@pytest.mark.parametrize(
    ("function", "value", "along_a", "along_b"),
    [
        (np.hypot, 5.0, 0.6, 0.8),
        (np.arctan2, 0.6435011087932844, 0.16, -0.12),  # atan(3/4), 4/25, -3/25
        (np.add, 7.0, 1.0, 1.0),
        (np.subtract, -1.0, 1.0, -1.0),
        (np.multiply, 12.0, 4.0, 3.0),
        (np.divide, 0.75, 0.25, -0.1875),
        (np.power, 81.0, 108.0, 88.9875953821169),  # 81 ln 3
        (np.maximum, 4.0, 0.0, 1.0),
        (np.minimum, 3.0, 1.0, 0.0),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_a_function_of_numpy_s_of_two_operands_works(function, value, along_a, along_b):
    a, b = Value(3.0), Value(4.0)
    y = function(a, b)
    assert type(y) is Value
    y.backward()
    assert (y.data, a.grad, b.grad) == pytest.approx((value, along_a, along_b), rel=1e-14)
    a = Value(3.0)
    [z] = function(np.array([a]), 4.0)
    assert (z.data if isinstance(z, Value) else z) == pytest.approx(value, rel=1e-14)
    if isinstance(z, Value):
        z.backward()
    assert a.grad == pytest.approx(along_a, rel=1e-14)


def test_errors_come_through_numpy_with_their_notes():
    with pytest.raises(ValueError, match="domain") as caught:
        np.log(np.array([Value(1.0), Value(-1.0, "rate")]))
    assert "log(rate=-1.0)" in caught.value.__notes__[0]
    with pytest.raises(OverflowError):
        np.exp(Value(1000.0))


@pytest.mark.parametrize(
    "function", [np.floor, np.ceil, np.rint, np.isnan, np.isfinite, np.float64, np.float32, np.int64]
)
def test_what_would_drop_the_derivative_is_a_type_error(function):
    with pytest.raises(TypeError):
        function(Value(1.5))


def test_an_array_of_floats_is_not_made_of_values_silently():
    with pytest.raises(TypeError, match=r"v\.data"):
        np.array([Value(1.0)], dtype=float)
    with pytest.raises(TypeError, match=r"v\.data"):
        values(1.0, 2.0).astype(float)
    row = np.zeros(2)
    with pytest.raises((TypeError, ValueError)):
        row[0] = Value(1.0)


# --- arrays of Values -----------------------------------------------------------------------------------------------


def test_a_value_stays_an_element():
    v = Value(1.0)
    array = np.array([v, v])
    assert (array.dtype, array.shape) == (object, (2,))
    assert array[0] is v
    assert np.array(v).shape == ()
    assert np.array([[v, 1.0], [2.0, v]]).shape == (2, 2)


@pytest.mark.parametrize(("op", "value", "along_a", "along_b"), OPERATORS)
def test_operators_between_arrays_and_values_go_element_by_element(op, value, along_a, along_b):
    a, b = Value(3.0), Value(2.0)
    numbers_right, numbers_left = np.array([2.0, 2.0]), np.array([3, 3])
    for result in (op(a, numbers_right), op(np.array([a, a]), 2), op(np.array([a, a]), numbers_right)):
        a.grad = 0.0
        assert data(result) == [value, value]
        result.sum().backward()
        assert a.grad == 2 * along_a
    for result in (op(numbers_left, b), op(3, np.array([b, b])), op(numbers_left, np.array([b, b]))):
        b.grad = 0.0
        assert data(result) == [value, value]
        result.sum().backward()
        assert b.grad == pytest.approx(2 * along_b, rel=1e-15)


def test_comparisons_of_arrays_go_element_by_element():
    xs = values(1.0, 2.0, 3.0)
    assert list(xs > 1.5) == list(np.array([1.0, 2.0, 3.0]) > Value(1.5)) == [False, True, True]
    assert list(xs < np.array([2.0, 2.0, 2.0])) == [True, False, False]
    assert data(xs[(xs > 1.5).astype(bool)]) == [2.0, 3.0]
    assert np.argmax(xs) == 2
    assert data(np.sort(values(3.0, 1.0, 2.0))) == [1.0, 2.0, 3.0]
    assert (np.max(xs), np.min(xs)) == (xs[2], xs[0])


def test_sums_products_and_means():
    xs = values(2.0, 3.0, 4.0)
    for y, value, slopes in [
        (np.sum(xs), 9.0, [1.0, 1.0, 1.0]),
        (xs.sum(), 9.0, [1.0, 1.0, 1.0]),
        (np.prod(xs), 24.0, [12.0, 8.0, 6.0]),
        (np.mean(xs), 3.0, [1 / 3] * 3),
        (np.dot(xs, xs), 29.0, [4.0, 6.0, 8.0]),
        (np.inner(xs, np.array([1.0, 0.0, 2.0])), 10.0, [1.0, 0.0, 2.0]),
        (np.linalg.norm(values(3.0, 4.0)), 5.0, None),
        (np.cumsum(xs)[-1], 9.0, [1.0, 1.0, 1.0]),
        (np.trace(np.diag(xs)), 9.0, [1.0, 1.0, 1.0]),
        (sum(xs), 9.0, [1.0, 1.0, 1.0]),
    ]:
        assert type(y) is Value
        assert y.data == value
        if slopes:
            assert gradients(y, xs) == pytest.approx(slopes, rel=1e-15)


def test_a_sum_along_an_axis():
    a = np.array([[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]])
    assert data(a.sum(axis=0)) == [4.0, 6.0]
    assert data(a.mean(axis=1)) == [1.5, 3.5]


def test_matrix_products():
    # y = |W x|^2 with W = [[1, 2], [3, 4]], x = (5, 6): W x = (17, 39); dy/dW = 2 (W x) x^T, dy/dx = 2 W^T W x.
    w = np.array([[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]])
    x = values(5.0, 6.0)
    h = w @ x
    assert data(h) == [17.0, 39.0]
    y = h @ h
    assert type(y) is Value
    y.backward()
    assert y.data == 1810.0
    assert [v.grad for v in w.flat] == [170.0, 204.0, 390.0, 468.0]
    assert [v.grad for v in x] == [268.0, 380.0]
    assert data(w @ np.array([5.0, 6.0])) == data(np.array([[1.0, 2.0], [3.0, 4.0]]) @ x) == [17.0, 39.0]
    assert data(w @ w) == data(np.matmul(w, w)) == [7.0, 10.0, 15.0, 22.0]
    assert data(np.dot(w, np.eye(2))) == [1.0, 2.0, 3.0, 4.0]
    assert data(w.T @ x) == [23.0, 34.0]


def test_a_network_of_arrays_has_the_gradient_of_one_of_neurons():
    # The lecture's neuron: tanh(-3 * 2 + 1 * 0 + b) with 1 - tanh^2 = 1/2.
    w, b = values(-3.0, 1.0), Value(6.8813735870195432)
    y = np.tanh(w @ np.array([2.0, 0.0]) + b)
    y.backward()
    assert y.data == pytest.approx(math.sqrt(0.5), rel=1e-14)
    assert [v.grad for v in w] == pytest.approx([1.0, 0.0], rel=1e-14)


def test_second_derivatives_through_arrays():
    x = values(0.5, 2.0)
    y = np.sum(x**3)
    slopes = np.array(gradients(y, x, create_graph=True))
    assert data(slopes) == [0.75, 12.0]
    assert gradients(np.sum(slopes), x) == [3.0, 12.0]


def test_arrays_are_groups():
    xs = values(1.0, 2.0)
    numbers = np.array([3.0, 4.0])
    assert total(xs).data == 3.0
    assert dot(xs, numbers).data == dot(numbers, xs).data == dot(xs, numbers, bias=np.float64(0.0)).data == 11.0
    assert dot(numbers, numbers) == 25.0
    assert type(total(numbers)) is float
    # ln(e^3 + e^4) = 4 + ln(1 + 1/e)
    assert logsumexp(numbers) == logsumexp(np.array([Value(3.0), Value(4.0)])).data == pytest.approx(4.313261687518222)
    assert [type(p) for p in softmax(numbers)] == [float, float]
    assert [p.data for p in softmax(xs)] == pytest.approx([0.2689414213699951, 0.7310585786300049], rel=1e-15)


@pytest.mark.parametrize("array", [np.array([1.0, 2.0]), values(1.0, 2.0), np.array(1.0), np.array([Value(1.0)])])
@pytest.mark.parametrize(
    "function", [autograd.exp, autograd.tanh, autograd.relu, Value, lambda x: autograd.hypot(1.0, x)]
)
def test_an_array_in_place_of_a_number_is_a_type_error_that_points_to_numpy(function, array):
    with pytest.raises(TypeError, match=r"ndarray.*NumPy|ndarray.*numpy"):
        function(array)


@pytest.mark.parametrize("function", [total, logsumexp, softmax, lambda x: dot(x, x)])
def test_a_matrix_in_place_of_a_group_is_an_error(function):
    with pytest.raises((TypeError, ValueError)):
        function(np.ones((2, 2)))


# --- masked arrays --------------------------------------------------------------------------------------------------

MASKED = np.ma.array([1.0, 2.0, 3.0], mask=[False, True, False])


@pytest.mark.parametrize(
    "call",
    [
        lambda v: v * MASKED,
        lambda v: MASKED * v,
        lambda v: v + MASKED,
        lambda v: MASKED - v,
        lambda v: np.ma.exp(v),  # noqa: PLW0108 (to stand beside the others)
    ],
)
def test_masked_arrays_do_not_drop_the_derivative_silently(call):
    """`numpy.ma` takes an attribute `_data` of anything it meets for the array without its mask."""
    v = Value(2.0)
    try:
        result = call(v)
    except (TypeError, AttributeError):
        return  # that is not silent
    elements = list(np.ma.compressed(np.ma.atleast_1d(result)))
    assert elements
    assert all(type(x) is Value for x in elements)
