"""Rules run over names: the lines that come out, and primitives defined here that work on a tape with no other edit."""

import math
import re

import numpy as np
import pytest
from random_graphs import TABLE

from autograd import Dual, Value, dot, gradients, primitive, record
from autograd.rules import Group
from autograd.systems import Arrays
from autograd.tracing import Listing, Name, Tracing, traced

# --- lines ----------------------------------------------------------------------------------------------------------


def test_every_call_is_a_line_and_the_same_call_is_one_line():
    listing = Listing()
    x, y = Name(listing, "x"), Name(listing, "y")
    assert (x + y).text == "t0"
    assert (x + y).text == "t0"
    assert ((x + y) * (x + y)).text == "t1"
    assert listing.lines == [("t0", "add", ("x", "y")), ("t1", "multiply", ("t0", "t0"))]


def test_every_operator_and_its_reflected_form():
    listing = Listing()
    x = Name(listing, "x")
    for result in (x - 2, 2 - x, x / 2.0, 2.0 / x, x**2, 2**x, -x, x < 0.5, x > 0.5, x <= 0.5, x >= 0.5):
        assert isinstance(result, Name)
    assert [(function, arguments) for _, function, arguments in listing.lines] == [
        ("subtract", ("x", "2.0")),
        ("subtract", ("2.0", "x")),
        ("divide", ("x", "2.0")),
        ("divide", ("2.0", "x")),
        ("power", ("x", "2.0")),
        ("power", ("2.0", "x")),
        ("negative", ("x",)),
        ("less", ("x", "0.5")),
        ("less", ("0.5", "x")),
        ("less_equal", ("x", "0.5")),
        ("less_equal", ("0.5", "x")),
    ]


def test_what_only_numbers_go_into_is_computed_at_once():
    listing = Listing()
    m = Tracing(listing)
    assert m.exp(1.0) == math.e
    assert m.where(True, 1.0, 2.0) == 1.0
    assert m.pick(False, 1.0, 2.0) == 2.0
    assert m.total([1.0, 2.0]) == 3.0
    assert listing.lines == []


def test_a_choice_between_equals_is_none():
    listing = Listing()
    m, x = Tracing(listing), Name(listing, "x")
    assert m.where(x < 0.0, x, x).text == "x"
    assert m.where(x < 0.0, 1.0, 1.0) == 1.0


def test_a_rule_may_not_branch_on_an_operand():
    x = Name(Listing(), "x")
    with pytest.raises(TypeError, match=r"m\.where or m\.pick"):
        bool(x < 0.0)
    with pytest.raises(TypeError, match=r"m\.where or m\.pick"):
        bool(x)
    with pytest.raises(TypeError, match="no length"):
        len(x)


def test_a_primitive_whose_rule_branches_is_refused_by_name_on_a_tape():
    @primitive
    def bent(m, x):
        return (x, (1.0,)) if x > 0.0 else (-x, (-1.0,))

    with pytest.raises(TypeError, match=r"m\.where or m\.pick"):
        record(bent, 1.0)([1.0])


def test_members_of_a_group_are_taken_from_it():
    listing = Listing()
    xs = Name(listing, "xs", 3)
    assert len(xs) == 3
    assert len(xs[:-1]) == 2
    assert [x.length for x in xs] == [None] * 3
    assert [arguments for _, _, arguments in listing.lines] == [("xs", "0:2:1"), ("xs", "0"), ("xs", "1"), ("xs", "2")]
    with pytest.raises(IndexError):
        xs[3]


@pytest.mark.parametrize(
    "key", [slice(a, b, c) for a in (None, 0, 2, -1, -4) for b in (None, 1, -5) for c in (1, 2, -1, -2)]
)
def test_a_slice_of_a_group_is_that_of_a_list(key):
    listing = Listing()
    chosen = Name(listing, "xs", 3)[key]
    ((_, function, (of, text)),) = listing.lines
    assert (function, of, chosen.length) == ("member", "xs", len([0, 1, 2][key]))
    assert eval(f"numbers[{text}]", {"numbers": [0, 1, 2]}) == [0, 1, 2][key]  # noqa: S307


@pytest.mark.parametrize("name", TABLE)
def test_a_rule_over_names_lists_functions_that_arrays_have(name):
    chosen = TABLE[name]
    listing = Listing()
    operands = [Name(listing, o.name, 3 if o.is_group else None) for o in chosen.operands]
    value, derivatives = traced(chosen.rule, operands, listing)
    assert isinstance(value, Name)
    assert len(derivatives) == len(operands)
    known = {o.name for o in chosen.operands}
    named = {*dir(Arrays()), *"add subtract multiply divide negative less less_equal member".split()}
    for result, function, arguments in listing.lines:
        assert function in named
        for argument in arguments:
            is_number = re.fullmatch(r'float\("-?(inf|nan)"\)|-?[\d.]+(e[-+]?\d+)?', argument)
            assert argument in known or function == "member" or is_number
        known.add(result)


# --- primitives of one's own ----------------------------------------------------------------------------------------


@primitive
def cube(m, x):
    """y = x^3."""
    return x * x * x, (3.0 * x * x,)


@primitive
def wrong_cube(m, x):
    """y = x^3, with a derivative that is wrong."""
    return x * x * x, (2.0 * x * x,)


@primitive
def constant_slope(m, x):
    """y = 5 whatever x is."""
    return 0.0 * x + 5.0, (0.0,)


@primitive
def squares(m, xs: Group):
    """y = sum of x_k^2, written with comprehensions."""
    return m.total([x * x for x in xs]), ([2.0 * x for x in xs],)


@primitive
def builtin_sum(m, xs: Group, scale):
    """y = scale times the sum, by Python's own sum."""
    whole = sum(xs)
    return scale * whole, ([scale for _ in xs], whole)


@primitive
def norm(m, xs: Group):
    """y = root of the sum of squares, by each."""
    y = m.sqrt(m.total(m.each(lambda x: x * x, xs)))
    return y, (m.each(lambda x: x / y, xs),)


@primitive
def weighted(m, weights: Group, xs: Group, power):
    """y = sum of w_k x_k^power, one by one."""
    powers = [m.power(x, power) for x in xs]
    terms = [w * p for w, p in zip(weights, powers, strict=True)]
    slopes = [w * power * m.power(x, power - 1.0) for w, x in zip(weights, xs, strict=True)]
    return m.total(terms), (powers, slopes, m.total([t * m.log(x) for t, x in zip(terms, xs, strict=True)]))


@primitive
def first_of(m, xs: Group):
    """y = x_0: derivatives that are numbers, not all the same."""
    return xs[0], ([1.0] + [0.0] * (len(xs) - 1),)


@primitive
def largest(m, xs: Group):
    """y = the largest."""
    top = m.largest_last(xs)[-1]
    return top, (m.each(lambda x: m.where(x < top, 0.0, 1.0), xs),)


@primitive
def alternate(m, xs: Group):
    """y = x_0 + x_2 + ..., and the last once more: slices with a step, forwards and backwards."""
    n = len(xs)
    return m.total(xs[::2]) + xs[::-1][0], ([1.0 - k % 2 + (k == n - 1) for k in range(n)],)


@primitive
def polynomial(m, coefficients: Group, x):
    """y = c_0 + c_1 x + ..., by Horner's scheme; its derivatives by the coefficients are the powers of x."""
    y = slope = 0.0
    for c in coefficients[::-1]:
        slope = slope * x + y
        y = y * x + c
    return y, ([x**k for k in range(len(coefficients))], slope)


@primitive
def magnitude(m, x):
    """y = |x|, by Python's own abs."""
    return abs(x), (m.sign(x),)


def assert_as_eager(function, rows, parameters):
    """Values, gradients and tangents of a function of one list are those of Values, row by row."""
    tape = record(function, rows[0], parameters=parameters)
    values, gradient, (along,) = tape.vjp([rows], [1.0] * len(rows))
    inputs = [[Value(x) for x in row] for row in rows]
    results = [function(row) for row in inputs]
    np.testing.assert_allclose(values, [y.data for y in results], rtol=1e-14)
    wanted = np.array([gradients(y, parameters) for y in results]).sum(axis=0)
    np.testing.assert_allclose(gradient, wanted, rtol=1e-13, atol=1e-15)
    slopes = [gradients(y, x) for x, y in zip(inputs, results, strict=True)]
    np.testing.assert_allclose(along, slopes, rtol=1e-13, atol=1e-15)
    directions = [[math.sin(i + 3 * j) for i in range(len(row))] for j, row in enumerate(rows)]
    _, tangents = tape.jvp([rows], [directions])
    moved = [sum(a * b for a, b in zip(*pair, strict=True)) for pair in zip(slopes, directions, strict=True)]
    np.testing.assert_allclose(tangents, moved, rtol=1e-13, atol=1e-15)


ROWS = [[1.0, 2.0, 0.5], [3.0, 1.5, 4.0], [0.25, 7.0, 2.0]]


def single(chosen):
    return lambda w: lambda x: chosen(x[0]) * w[0] + chosen(w[1] * x[1]) + chosen(w[0])


def group(chosen, *others):
    def make(w):
        def function(x):
            mixed = chosen([x[0], w[0], 1.5, x[1] * x[2]], *[make_single(w, x) for make_single in others])
            again = chosen([x[0], x[0], x[1]], *[make_single(w, x) for make_single in others])
            shared = chosen([w[0], w[1] * w[0], 2.0], *[make_single(w, x) for make_single in others])
            neighbours = [chosen([x[i], x[i + 1]], *[make_single(w, x) for make_single in others]) for i in (0, 1)]
            return mixed * 2.0 + again + shared + neighbours[0] * neighbours[1]

        return function

    return make


@pytest.mark.parametrize(
    "make",
    [
        single(cube),
        single(wrong_cube),
        single(constant_slope),
        group(squares),
        group(norm),
        group(first_of),
        group(largest),
        group(alternate),
        group(polynomial, lambda w, x: x[2]),
        single(magnitude),
        group(builtin_sum, lambda w, x: w[1]),
        group(builtin_sum, lambda w, x: x[2]),
        group(builtin_sum, lambda w, x: 3.0),
        lambda w: lambda x: weighted([w[0], x[0], 2.0], [x[1], w[1], x[2]], 2.5) + weighted(w, x[:2], x[2]),
    ],
    ids="cube wrong_cube constant norm² norm first_of largest slices horner abs sum-w sum-x sum-3 weighted".split(),
)
def test_a_primitive_defined_here_works_on_a_tape(make):
    parameters = [Value(1.25), Value(0.75)]
    assert_as_eager(make(parameters), ROWS, parameters)


def test_a_wrong_rule_is_as_wrong_on_a_tape_as_in_eager_work():
    tape = record(wrong_cube, 2.0)
    assert tape.input_gradients([2.0]) == [8.0]  # 2 x^2, where 3 x^2 = 12 would be right
    assert tape.jvp([[2.0]], [[1.0]])[1] == [8.0]
    assert wrong_cube(Dual(2.0, 1.0)).tangent == 8.0
    assert record(cube, 2.0).input_gradients([2.0]) == [12.0]


def test_a_group_may_be_empty():
    @primitive
    def offset(m, xs: Group, b):
        return m.total([x * x for x in xs]) + b, ([2.0 * x for x in xs], 1.0)

    tape = record(lambda x: offset([], x), 1.0)
    np.testing.assert_array_equal(tape([1.0, 2.0]), [1.0, 2.0])
    np.testing.assert_array_equal(tape.input_gradients([1.0, 2.0]), [1.0, 1.0])


def test_zero_times_an_infinite_adjoint_is_nan_as_in_eager_work():
    for chosen in (constant_slope, TABLE["step"], TABLE["sign"]):
        x = Value(2.0)
        wanted = gradients(chosen(x) * math.inf, x)
        got = record(lambda x, chosen=chosen: chosen(x) * math.inf, 2.0).input_gradients([2.0])
        np.testing.assert_array_equal(got, [wanted])


def test_many_nodes_of_a_primitive_defined_here_are_one_instruction():
    w = [Value(0.1 * i) for i in range(6)]
    tape = record(lambda x: dot([cube(v * x) for v in w], [1.0] * 6), 2.0)
    assert tape.counts()["cube"] == 6
    assert sum("cube" in line and "6 nodes" in line for line in str(tape).splitlines()) == 1


def test_a_rule_that_is_defined_in_terms_of_other_primitives_is_recorded_as_them():
    def composed(x):
        return cube(x) + cube(x * 2.0)

    assert record(composed, 1.0).counts() == {"multiply": 1, "cube": 2, "add": 1}
