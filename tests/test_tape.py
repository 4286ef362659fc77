"""A tape's replays against Values: every primitive at its edges, threads, bad input; random graphs: test_agreement."""

import copy
import gc
import linecache
import math
import pickle
import random
import re
import subprocess
import sys
import threading
import weakref
from itertools import product
from math import inf, nan

import numpy as np
import pytest
from random_graphs import TABLE

import autograd
from autograd import (
    GuardError,
    Tape,
    Value,
    atan2,
    dot,
    drawn,
    grad,
    gradients,
    hessian,
    jvp,
    log,
    logsumexp,
    record,
    softmax,
    tanh,
    total,
)
from autograd.domains import Interval


def test_a_bias_computed_from_parameters_is_differentiated_beside_constant_weights():
    p = Value(3.0)
    tape = record(lambda x: dot([2.0], [x], p * p), 1.0)
    # d/dp of 2 x + p^2 is 2 p.
    np.testing.assert_array_equal(tape.value_and_grad([1.0, 2.0])[1], [6.0])
    np.testing.assert_array_equal(tape.jvp([[1.0, 2.0]], [[0.0, 0.0]], parameter_tangents=[1.0])[1], [6.0, 6.0])


def test_numbers_that_are_gathered_again_for_tangents_are_not_mixed_up():
    p, q, r = (Value(x) for x in (3.0, 9.0, 5.0))

    def function(x):
        first = dot([p, x[3], x[0], p, 0.5], [x[4], r, x[4], p, p], x[4])
        return dot([x[2], first, -1.0, first, first], [x[4], r, x[4], p, p], first)

    example, direction = [0.1, 0.2, 0.3, 0.4, 0.5], [0.0, 0.0, 0.0, 0.0, 1.0]
    value, slope = record(function, example, parameters=[p, q, r]).jvp([[example]], [[direction]])
    # first = 3.5 x4 + x0 x4 + ... : d/dx4 = p + x0 + 1 = 4.1, and of the whole x2 - 1 + (r + 2 p + 1) 4.1.
    assert slope[0] == pytest.approx(0.3 - 1.0 + 12.0 * 4.1, rel=1e-14)
    first = 3 * 0.5 + 0.4 * 5 + 0.1 * 0.5 + 9 + 1.5 + 0.5
    assert value[0] == pytest.approx(0.3 * 0.5 + 5 * first - 0.5 + 6 * first + first, rel=1e-14)


def test_an_output_may_be_an_input_a_parameter_or_a_constant_and_stand_there_twice():
    w = Value(2.0)
    tape = record(lambda x: [x[0], w, 7.0, x[1], x[0]], [1.0, 2.0])
    rows = [[1.0, 2.0], [3.0, 4.0]]
    np.testing.assert_array_equal(tape(rows), [[1, 2, 7, 2, 1], [3, 2, 7, 4, 3]])
    _, gradient, (of_inputs,) = tape.vjp([rows], [[1, 10, 100, 1000, 5], [2, 20, 200, 2000, 6]])
    np.testing.assert_array_equal(gradient, [30.0])
    np.testing.assert_array_equal(of_inputs, [[6, 1000], [8, 2000]])
    values, tangents = tape.jvp([rows], [[[1, 2], [3, 4]]], parameter_tangents=[5.0])
    np.testing.assert_array_equal(values, [[1, 2, 7, 2, 1], [3, 2, 7, 4, 3]])
    np.testing.assert_array_equal(tangents, [[1, 5, 0, 2, 1], [3, 5, 0, 4, 3]])


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_every_row_has_its_own_cotangent_and_its_own_tangents(rows):
    p, q = Value(2.0), Value(3.0)
    tape = record(lambda x: dot([p, q, 1.0], x), [1.0, 1.0, 1.0])
    assert tape._runner.places.matrices  # x goes into a matrix product, as it came
    x = np.arange(3.0 * rows).reshape(rows, 3) + 1.0
    cotangents, direction = 10.0 ** np.arange(rows), 10.0 ** np.arange(3.0 * rows).reshape(rows, 3)
    values, gradient, (of_x,) = tape.vjp([x], cotangents)
    np.testing.assert_array_equal(values, x @ [2.0, 3.0, 1.0])
    np.testing.assert_array_equal(gradient, cotangents @ x[:, :2])
    np.testing.assert_array_equal(of_x, np.outer(cotangents, [2.0, 3.0, 1.0]))
    values, tangents = tape.jvp([x], [direction])
    np.testing.assert_array_equal(values, x @ [2.0, 3.0, 1.0])
    np.testing.assert_array_equal(tangents, direction @ [2.0, 3.0, 1.0])


def test_a_parameter_that_does_not_move_is_not_differentiated():
    p = Value(3.0)
    tape = record(lambda x: x**p, 2.0)
    # Along p the derivative of (-2)**p is nan; along x it is 3 x^2.
    np.testing.assert_array_equal(tape.jvp([[-2.0]], [[1.0]])[1], [12.0])
    np.testing.assert_array_equal(tape.jvp([[-2.0]], [[1.0]], parameter_tangents=[0.0])[1], [nan])
    both = record(lambda x: [x, p], 1.0)
    np.testing.assert_array_equal(both.jvp([[1.0]], [[2.0]])[1], [[2.0, 0.0]])


def third(logits):
    return grad(grad(grad(lambda x: logsumexp([x, *logits[1:]]))))(logits[0])


def test_equal_logits_have_the_derivatives_of_different_ones():
    """The third derivative of logsumexp by one logit is the third cumulant of its indicator, p (1 - p) (1 - 2 p)."""
    rows = [[0.0, 0.0, 0.0], [1.0, 1.0, 0.0], [1.0, 2.0, 3.0], [2.0, 0.0, 2.0]]
    p = [float(np.exp(row[0]) / np.exp(row).sum()) for row in rows]
    found = record(third, [0.1, 0.5, 0.2])(rows)
    np.testing.assert_allclose(found, [x * (1.0 - x) * (1.0 - 2.0 * x) for x in p], rtol=1e-13)


@pytest.mark.parametrize(
    "slope",
    [
        lambda x: jvp(lambda z: softmax([z, 2 * z])[0], (x,), (1.0,))[1],
        grad(lambda z: softmax([z, 2 * z])[0]),
        hessian(lambda z: softmax([z, 2 * z])[0]),
        lambda x: jvp(grad(lambda z: softmax([z, 2 * z])[0]), (x,), (1.0,))[1],
    ],
)
def test_slopes_of_a_softmax_are_replayed_whichever_number_is_the_largest(slope):
    tape = record(slope, 1.0)
    assert not tape.program.checks
    np.testing.assert_allclose(tape([-1.0, 0.0, 2.0]), [slope(x) for x in (-1.0, 0.0, 2.0)], rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("logits", [*product([inf, -inf, nan, 0.0], repeat=2)])
def test_recorded_slopes_of_logsumexp_are_those_of_eager_work_beyond_numbers(logits):
    tape = record(grad(logsumexp), list(logits))
    for row in (logits, logits[::-1]):
        np.testing.assert_array_equal(tape([row]), [grad(logsumexp)(list(row))])


def test_a_recorded_angle_has_a_slope_on_the_axes():
    slope = record(grad(lambda y: atan2(y, 2.0)), 0.5)  # 2 / (4 + y^2)
    y = np.array([0.0, 0.5, 2.0, -2.0, 3.0, -0.0])
    np.testing.assert_allclose(slope(y), 2.0 / (4.0 + y * y), rtol=1e-15)
    np.testing.assert_allclose(slope.input_gradients(y), -4.0 * y / (4.0 + y * y) ** 2, rtol=1e-15)


SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -3.0, 20.0, -40.0, 1e-100, 1e100]


@pytest.mark.parametrize("p", [p for p in TABLE.values() if not p.n_groups], ids=lambda p: p.name)
def test_slopes_of_a_recorded_slope_are_those_of_eager_work(p):
    """Both sides of a choice are computed on a tape: the one that is not taken must not spoil the other."""
    n = len(p.operands)
    rows = list(product(SPECIAL, repeat=n))
    if p.name == "power":  # the slopes of 0**b are infinite for b < 1, and along b for b = 1
        rows = [(a, b) for a, b in rows if a or b > 1]
    for i in range(n):

        def slope(xs, i=i):
            return grad(lambda x: p(*xs[:i], x, *xs[i + 1 :]))(xs[i])

        tape = record(slope, [1.5] if p.name == "acosh" else [0.3, 0.7][:n])
        for row in rows:
            try:
                wanted = grad(slope)(list(row))
            except (ArithmeticError, ValueError):
                continue
            np.testing.assert_allclose(tape.input_gradients([row])[0], wanted, rtol=1e-9, atol=1e-12)


def test_a_batch_keeps_its_numbers_when_the_arrays_are_changed():
    w = Value(2.0)
    for tape in (record(lambda x: w * x, 1.0), record(lambda x: dot([w, w], x), [1.0, 1.0])):
        rows = np.ones((3, 2)) if tape._runner.places.matrices else np.ones(3)
        batch, wanted = tape.batch(rows), tape(rows).tolist()
        rows[:] = 0.0
        assert tape(batch).tolist() == wanted != tape(rows).tolist()


def test_no_rows_of_a_batch_are_no_batch():
    batch = record(lambda x: x * x, 1.0).batch([1.0, 2.0, 3.0])
    for none in (slice(5, 9), [], np.zeros(3, bool)):
        with pytest.raises(ValueError, match="of the batch of 3 rows none is taken; wanted at least one"):
            batch[none]
    with pytest.raises(ValueError, match=r"the mask has the shape \(1,\); wanted \(3,\), a bool for each row"):
        batch[np.array([True])]


@pytest.mark.parametrize("arguments", [3, None, 1.5])
def test_arguments_that_are_no_list_are_refused_with_what_came(arguments):
    tape = record(lambda x: x * x, 1.0)
    message = rf"^arguments is {arguments}; wanted a list with an array for each argument$"
    with pytest.raises(TypeError, match=message):
        tape.vjp(arguments, [1.0])
    with pytest.raises(TypeError, match=message):
        tape.jvp(arguments, [[1.0]])


def test_a_masked_array_is_refused_unless_nothing_is_masked():
    tape = record(lambda x: x * x, 1.0)
    with pytest.raises(TypeError, match="argument 0 is a masked array; fill what is masked"):
        tape(np.ma.array([1.0, 2.0], mask=[False, True]))
    assert tape(np.ma.array([1.0, 2.0], mask=[False, False])).tolist() == [1.0, 4.0]


def test_a_constant_result_is_a_result_like_others():
    tape = record(lambda x: 2.0, 1.0)
    np.testing.assert_array_equal(tape([1.0, 5.0]), [2.0, 2.0])
    value, gradient = tape.value_and_grad([1.0, 5.0])
    assert (value, gradient.shape) == (2.0, (0,))
    np.testing.assert_array_equal(tape.input_gradients([1.0, 5.0]), [0.0, 0.0])


def test_arguments_may_be_arrays_and_several_and_come_back_in_their_shapes():
    tape = record(lambda a, b, c: (a * a).sum() * b + c[0], np.ones((2, 3)), 1.0, [1.0, 2.0])
    a, b, c = np.arange(12.0).reshape(2, 2, 3), [2.0, 3.0], [[1.0, 5.0], [2.0, 6.0]]
    np.testing.assert_array_equal(tape(a, b, c), [2 * 55 + 1.0, 3 * 451 + 2.0])
    along_a, along_b, along_c = tape.input_gradients(a, b, c)
    np.testing.assert_array_equal(along_a, 2 * a * np.array(b)[:, None, None])
    np.testing.assert_array_equal(along_b, [55.0, 451.0])
    np.testing.assert_array_equal(along_c, [[1.0, 0.0], [1.0, 0.0]])


def test_of_several_outputs_the_first_is_differentiated_and_the_others_come_along():
    w = Value(3.0)
    tape = record(lambda x: [w * x, w + x], 1.0)
    values, gradient = tape.values_and_grad([1.0, 2.0])
    np.testing.assert_array_equal(values, [[3.0, 4.0], [6.0, 5.0]])
    np.testing.assert_array_equal(gradient, [1.5])
    _, gradient = tape.values_and_grad([1.0, 2.0], weights=[1.0, 3.0])
    np.testing.assert_array_equal(gradient, [1.75])


def test_large_values_add_up_to_infinity_in_silence():
    w = Value(1.0)
    tape = record(lambda x: w * x, 1.0)
    value, gradient = tape.value_and_grad([1.7e308, 1.7e308], reduction="sum")
    assert (value, *gradient) == (inf, inf)
    value, gradient = tape.value_and_grad([inf, -inf], reduction="sum")
    assert math.isnan(value)
    assert math.isnan(gradient[0])


def test_a_derivative_that_is_an_infinite_constant_is_given():
    np.testing.assert_array_equal(record(lambda x: x * inf, 1.0).input_gradients([1.0, 2.0]), [inf, inf])
    np.testing.assert_array_equal(record(lambda x: x**nan, 1.0)([1.0, 2.0]), [1.0, nan])


def test_a_product_of_one_repeated_input_moves_forward():
    a, b = Value(3.0), Value(5.0)

    def function(x):
        y = x * 2.0
        return dot([a, b], [y, y], 1.0)

    values, tangents = record(function, 1.0).jvp([[1.0, 2.0]], [[1.0, 10.0]])
    np.testing.assert_array_equal(values, [17.0, 33.0])
    np.testing.assert_array_equal(tangents, [16.0, 160.0])


def test_a_function_without_arguments_is_one_row():
    w = Value(3.0)
    tape = record(lambda: w * w)
    np.testing.assert_array_equal(tape(), [9.0])
    value, gradient = tape.value_and_grad()
    assert (value, *gradient) == (9.0, 6.0)
    assert tape.input_gradients() == ()


# --- every primitive, everywhere ------------------------------------------------------------------------------------

POINTS = (
    *(0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, -3.0, 0.25, -1.5, 7.3, 30.0, -30.0, 100.5, -750.0, 709.0, 750.0),
    *(1e-8, -1e-8, 1e16, -1e16, 1e154, 1e200, -1e200, 1.7e308, -1.7e308, 2.3e-308, 5e-324, -5e-324, inf, -inf, nan),
)
FEWER = (0.0, -0.0, 1.0, -1.0, 0.5, 2.0, -3.0, -2.5, 750.0, 1e-8, 1e200, -1e200, 5e-324, inf, -inf, nan)
ONE = [name for name, p in TABLE.items() if len(p.operands) == 1 and not p.n_groups]
TWO = [name for name, p in TABLE.items() if len(p.operands) == 2 and not p.n_groups]


def eager_outcome(primitive, numbers):
    """The class of the error, or the value and its derivatives."""
    try:
        return None, *primitive.over_floats(numbers, numbers)
    except (ArithmeticError, ValueError) as error:
        return type(error), nan, [nan] * len(numbers)


def same(got, wanted, rel=1e-12, scale=0.0):
    if math.isnan(wanted) or math.isinf(wanted):
        return math.isnan(got) if math.isnan(wanted) else got == wanted
    return abs(got - wanted) <= rel * max(abs(wanted), scale) + 1e-320


def assert_replays_as_eager(primitive, tape, points, columns, operands_of):
    """One row at a time the same error or number; then all rows that raise nothing together."""
    fine = []
    for numbers in points:
        error, value, derivatives = eager_outcome(primitive, operands_of(numbers))
        arguments = [[x] for x in numbers]
        if error is not None:
            with pytest.raises(error) as raised:
                tape(*arguments)
            assert type(raised.value) is error, numbers
            assert "row 0" in raised.value.__notes__[-1]
            assert primitive.name in raised.value.__notes__[-1]
            continue
        (got,) = tape(*arguments)
        assert same(got, value), (numbers, got, value)
        fine.append((numbers, value, [derivatives[k] for k in columns]))
    if not fine:
        return
    arguments = [*zip(*(numbers for numbers, *_ in fine), strict=True)]
    found = tape.input_gradients(*arguments)
    found = found if isinstance(found, tuple) else (found,)
    for row, (numbers, value, derivatives) in enumerate(fine):
        for got, wanted in zip(found, derivatives, strict=True):
            assert same(got[row], wanted), (numbers, got[row], wanted, value)
    values, moved = tape.jvp(arguments, [[1.0] * len(fine), *[[0.0] * len(fine)] * (len(columns) - 1)])
    for row, (numbers, value, derivatives) in enumerate(fine):
        assert same(values[row], value), numbers
        if len(columns) == 1:
            assert same(moved[row], derivatives[0]), numbers


@pytest.mark.parametrize("name", ONE)
def test_a_primitive_of_one_operand_replays_as_it_works(name):
    primitive = TABLE[name]
    kinks = [kink.at for kink in primitive.kinks]
    tape = record(primitive, _inside(primitive.domain[0]))
    assert_replays_as_eager(primitive, tape, [(x,) for x in POINTS] + kinks, [0], lambda numbers: numbers)


@pytest.mark.parametrize("name", TWO)
def test_a_primitive_of_two_operands_replays_as_it_works(name):
    primitive = TABLE[name]
    tape = record(primitive, *map(_inside, primitive.domain))
    points = [*product(FEWER, FEWER), *(kink.at for kink in primitive.kinks)]
    assert_replays_as_eager(primitive, tape, points, [0, 1], lambda numbers: numbers)


@pytest.mark.parametrize("name", TWO)
def test_so_it_does_with_a_constant_among_its_operands(name):
    primitive = TABLE[name]
    for constant in FEWER:
        for first in (True, False):
            operands_of = (lambda x, c=constant: (c, *x)) if first else (lambda x, c=constant: (*x, c))
            start = next((x for x in FEWER if eager_outcome(primitive, operands_of((x,)))[0] is None), None)
            if start is None:
                continue
            tape = record(lambda x, operands_of=operands_of: primitive(*operands_of((x,))), start)
            points = [(x,) for x in FEWER]
            if name == "power" and constant == 0.5 and not first:
                points.remove((-math.inf,))  # NumPy takes the root here, which is nan; C's and Python's pow give inf
            assert_replays_as_eager(primitive, tape, points, [int(first)], operands_of)


@pytest.mark.parametrize("name", ONE)
def test_so_it_does_when_its_operand_is_a_parameter(name):
    primitive = TABLE[name]
    w = Value(_inside(primitive.domain[0]))
    tape = record(lambda x: primitive(w) + x, 0.0)
    for number in POINTS:
        error, value, derivatives = eager_outcome(primitive, (number,))
        if error is None:
            got, gradient = tape.value_and_grad([0.0, 0.0], parameters=[number], reduction="sum")
            assert same(got, 2.0 * value), number
            assert same(gradient[0], 2.0 * derivatives[0]), number
        else:
            with pytest.raises(error):
                tape([0.0, 0.0], parameters=[number])


def _inside(interval: Interval):
    return next(x for x in (0.5, 2.0, -2.0) if x in interval)


def test_the_recorded_slope_of_a_power_is_differentiated_at_0_too():
    tape = record(lambda a, b: gradients(a**b, [a], create_graph=True)[0], 2.0, 3.0)
    slopes, (along_a, along_b) = tape([0.0, 4.0], [3.0, 0.5]), tape.input_gradients([0.0, 4.0], [3.0, 0.5])
    # b a**(b - 1); along a, b (b - 1) a**(b - 2), along b, a**(b - 1) (1 + b ln a): 0 as a falls to 0 and b is 3.
    np.testing.assert_array_equal(slopes, [0.0, 0.25])
    np.testing.assert_array_equal(along_a, [0.0, -0.03125])
    np.testing.assert_allclose(along_b, [0.0, 0.5 * (1.0 + math.log(2.0))], rtol=1e-15)


def test_infinities_and_nan_that_raise_nothing_replay_in_silence():
    tape = record(lambda a, b: [a + b, a * b, logsumexp([a, b]), dot([a, a], [b, b]), total([a, b, a])], 1.0, 2.0)
    with np.errstate(all="raise"):
        found = tape([inf, inf, 1e308, nan], [inf, -inf, 1e308, 1.0])
    for row, (a, b) in zip(found, [(inf, inf), (inf, -inf), (1e308, 1e308), (nan, 1.0)], strict=True):
        wanted = [a + b, a * b, logsumexp([a, b]), dot([a, a], [b, b]), total([a, b, a])]
        np.testing.assert_array_equal(row, wanted)


def test_signed_zeros_among_constants_are_told_apart():
    tape = record(lambda x: [atan2(0.0, x), atan2(-0.0, x)], -1.0)
    np.testing.assert_array_equal(tape([-1.0]), [[math.pi, -math.pi]])


def test_an_error_names_instruction_and_row_and_the_first_of_several_rows():
    tape = record(lambda x: tanh(log(x * 2.0)) + 1.0, 1.0)
    for rows, bad in (([1.0, 2.0, 3.0, -1.0, 5.0], 3), ([1.0, -2.0, 3.0, 0.0], 1), ([0.0], 0)):
        with pytest.raises(ValueError, match="domain") as raised:
            tape(rows)
        notes = "\n".join(raised.value.__notes__)
        assert f"row {bad} of the batch" in notes
        assert "log" in notes
        assert f"log({rows[bad] * 2.0}" in notes
        with pytest.raises(ValueError, match="domain"):
            tape.value_and_grad(rows)
        with pytest.raises(ValueError, match="domain"):
            tape.jvp([rows], [rows])


def test_of_two_errors_in_one_row_the_one_that_eager_work_meets_first_is_raised():
    tape = record(lambda x, y: [(x * 1.0).log(), 1.0 / y, y.sqrt().exp()], 1.0, 1.0)
    with pytest.raises(ZeroDivisionError) as raised:
        tape([1.0, 1.0, -1.0], [1.0, 0.0, 1.0])
    assert "row 1" in raised.value.__notes__[-1]
    with pytest.raises(ValueError, match="domain"):
        tape([-1.0], [0.0])
    with pytest.raises(OverflowError):
        tape([1.0], [1e6])


def test_the_next_replay_after_an_error_is_right():
    tape = record(lambda x: x.log(), 1.0)
    with pytest.raises(ValueError, match="domain"):
        tape([-1.0, 1.0])
    np.testing.assert_array_equal(tape([1.0, math.e]), [0.0, 1.0])


def test_a_division_by_zero_raises_also_when_the_other_operand_is_not_finite():
    tape = record(lambda x, y: x / y, 1.0, 1.0)
    for x in (nan, inf, -inf, 0.0, 1.0):
        with pytest.raises(ZeroDivisionError):
            tape([x], [0.0])
    w = Value(inf)
    for function in (lambda y: w / y, lambda y: (y + inf) / y, lambda y: drawn(lambda: inf) / y):
        with pytest.raises(ZeroDivisionError):
            record(function, 1.0)([0.0])


# --- parameters -----------------------------------------------------------------------------------------------------


def test_parameters_that_are_not_reached_have_the_gradient_zero():
    u, v, w = Value(1.0), Value(2.0), Value(3.0)
    tape = record(lambda x: v * x, 1.0, parameters=[u, v, w])
    assert tape.parameters == [u, v, w]
    np.testing.assert_array_equal(tape.value_and_grad([2.0, 4.0])[1], [0.0, 3.0, 0.0])


def test_changed_data_is_seen_by_the_next_replay_and_given_numbers_come_before_it():
    w = Value(2.0)
    tape = record(lambda x: w * x, 1.0)
    w.data = 5.0
    np.testing.assert_array_equal(tape([1.0, 2.0]), [5.0, 10.0])
    np.testing.assert_array_equal(tape([1.0, 2.0], parameters=[7.0]), [7.0, 14.0])
    np.testing.assert_array_equal(tape.read(), [5.0])
    np.testing.assert_array_equal(tape([1.0, 2.0]), [5.0, 10.0])


def test_write_sets_data_and_if_given_grad():
    v, w = Value(2.0), Value(3.0)
    tape = record(lambda x: w * x + v, 1.0, parameters=[w, v])
    tape.write(np.array([5.0, 6.0]))
    assert (w.data, v.data, w.grad, v.grad) == (5.0, 6.0, 0.0, 0.0)
    tape.write(np.array([7.0, 8.0]), np.array([0.5, 0.25]))
    assert (w.data, v.data, w.grad, v.grad) == (7.0, 8.0, 0.5, 0.25)
    assert type(w.data) is float


@pytest.mark.parametrize("numbers", [[1.0], [1.0, 2.0, 3.0]])
def test_write_of_a_wrong_length_says_so_and_changes_nothing(numbers):
    v, w = Value(2.0), Value(3.0)
    tape = record(lambda x: w * x + v, 1.0, parameters=[w, v])
    said = rf"has the shape \({len(numbers)},\); wanted \(2,\), a number for each parameter$"
    with pytest.raises(ValueError, match=f"^numbers {said}"):
        tape.write(np.array(numbers))
    with pytest.raises(ValueError, match=f"^gradient {said}"):
        tape.write(np.array([5.0, 6.0]), np.array(numbers))
    assert (w.data, v.data, w.grad, v.grad) == (3.0, 2.0, 0.0, 0.0)


# --- threads and batches --------------------------------------------------------------------------------------------


def test_two_threads_may_replay_one_tape_at_the_same_time():
    w = [Value(0.1 * i) for i in range(20)]
    tape = record(lambda x: tanh(dot(w[:10], x, w[10])) * logsumexp([a * w[11] for a in x]), [0.5] * 10)
    rng = np.random.default_rng(0)
    batches = [tape.batch(rng.normal(size=(50, 10))) for _ in range(4)]
    wanted = [tape.value_and_grad(batch) for batch in batches]
    wrong = []

    def work(k):
        for _ in range(300):
            value, gradient = tape.value_and_grad(batches[k])
            if value != wanted[k][0] or (gradient != wanted[k][1]).any():
                wrong.append(k)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_results_are_arrays_of_their_own():
    w = Value(2.0)
    tape = record(lambda x: [x * w, x], 1.0)
    first, again = tape([1.0, 2.0]), tape([5.0, 6.0])
    np.testing.assert_array_equal(first, [[2, 1], [4, 2]])
    np.testing.assert_array_equal(again, [[10, 5], [12, 6]])
    single = record(lambda x: x * w, 1.0)
    value, gradient = single.value_and_grad([1.0])
    along = single.input_gradients([1.0])
    single.value_and_grad([7.0])
    single.input_gradients([7.0], parameters=[9.0])
    assert (value, *gradient, *along) == (2.0, 1.0, 2.0)


@pytest.mark.parametrize(
    "indices", [[0, 2], [2, 2, 1], np.array([1]), slice(1, 3), np.array([True, False, True]), slice(None)]
)
def test_a_batch_is_used_again_and_its_rows_are_taken_as_numpy_takes_them(indices):
    w = [Value(1.0), Value(2.0), Value(3.0)]
    tape = record(lambda x, t: (dot(w[:2], x, w[2]) - t) ** 2, [1.0, 2.0], 0.0)
    x, t = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 7.0]]), np.array([0.0, 1.0, 2.0])
    batch = tape.batch(x, t)
    assert len(batch) == 3
    np.testing.assert_array_equal(tape(batch), [64.0, 169.0, 400.0])
    np.testing.assert_array_equal(tape(batch), tape(x, t))
    some = batch[indices]
    assert len(some) == len(t[indices])
    np.testing.assert_array_equal(tape(some), tape(x[indices], t[indices]))
    np.testing.assert_array_equal(tape.value_and_grad(some)[1], tape.value_and_grad(x[indices], t[indices])[1])


def test_a_batch_does_not_see_what_later_becomes_of_the_array():
    tape = record(lambda x: x[0] + x[1], [1.0, 2.0])
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    kept = x.copy()
    tape(x)
    np.testing.assert_array_equal(x, kept)
    np.testing.assert_array_equal(tape(x[::-1]), [7.0, 3.0])
    np.testing.assert_array_equal(tape(np.asfortranarray(x)), [3.0, 7.0])
    np.testing.assert_array_equal(tape(x.astype("float32")), [3.0, 7.0])
    np.testing.assert_array_equal(tape([[1, 2], [3, 4]]), [3.0, 7.0])


def test_any_number_of_rows_after_any_other():
    w = Value(2.0)
    tape = record(lambda x: w * x, 1.0)
    for rows in [*range(1, 30), 3, 1, 1000, 2]:
        x = np.arange(float(rows))
        np.testing.assert_array_equal(tape(x), 2.0 * x)
        assert tape.value_and_grad(x, reduction="sum")[1] == [x.sum()]


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda tape: pickle.loads(pickle.dumps(tape))])  # noqa: S301
@pytest.mark.parametrize("has_run", [False, True])
def test_a_copied_tape_works_and_does_not_disturb_the_first(copied, has_run):
    w = Value(2.0)
    tape = record(loss, 1.0, parameters=[w])
    if has_run:
        tape([1.0])
        tape.value_and_grad([1.0])
    other = copied(tape)
    np.testing.assert_array_equal(other([1.0, math.e]), [0.0, 1.0])
    np.testing.assert_array_equal(tape([1.0]), [0.0])
    for each in (tape, other):
        with pytest.raises(ValueError, match="domain"):
            each([-1.0])
    results = other([1.0])
    tape([5.0])
    np.testing.assert_array_equal(results, [0.0])


def loss(x):
    return x.log()


def test_a_tape_that_is_dropped_is_gone_without_the_cyclic_collector():
    w = Value(2.0)
    tape = record(lambda x: w * x if x > 0 else x, 1.0)
    tape.value_and_grad([1.0])
    known = weakref.ref(tape)
    sources = [file for file in linecache.cache if file.startswith("<autograd tape")]
    gc.disable()
    try:
        del tape
        assert known() is None
    finally:
        gc.enable()
    assert len([file for file in linecache.cache if file.startswith("<autograd tape")]) < len(sources)


# --- bad input ------------------------------------------------------------------------------------------------------


def two_arguments() -> Tape:
    return record(lambda x, v: x * 2 + v[0] * v[1], 1.0, [1.0, 2.0])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([1.0],), TypeError, "takes 2 arguments.* got 1"),
        (([1.0], [[1.0, 2.0]], [3.0]), TypeError, "takes 2 arguments.* got 3"),
        (([1.0], [[1.0, 2.0, 3.0]]), ValueError, r"argument 1 has the shape \(1, 3\); wanted \(rows, 2\)"),
        (([[1.0]], [[1.0, 2.0]]), ValueError, r"argument 0 has the shape \(1, 1\); wanted \(rows,\)"),
        ((1.0, [[1.0, 2.0]]), ValueError, r"argument 0 has the shape \(\); wanted \(rows,\)"),
        (([1.0, 2.0], [[1.0, 2.0]]), ValueError, "argument 1 has 1 rows, those before it 2"),
        (([], []), ValueError, "argument 0 has no rows; wanted at least one"),
        ((["a"], [[1.0, 2.0]]), TypeError, "argument 0 .*'a'.*wanted an array of numbers"),
        (([1j], [[1.0, 2.0]]), TypeError, "argument 0 .*1j.*wanted an array of numbers"),
        (([1.0, 2.0], [[1.0, 2.0], [1.0]]), TypeError, "argument 1: wanted an array of numbers"),
        (([Value(1.0)], [[1.0, 2.0]]), TypeError, "argument 0 .*Value.*wanted an array of numbers"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(arguments, error, message):
    tape = two_arguments()
    for replay in (tape, tape.value_and_grad, tape.input_gradients, tape.batch):
        with pytest.raises(error, match=message):
            replay(*arguments)


def test_nan_is_a_number_like_others():
    assert math.isnan(two_arguments()([nan], [[1.0, 2.0]])[0])


@pytest.mark.parametrize("numbers", [[1.0], [[1.0, 2.0]], [], [1.0, 2.0, 3.0]])
def test_parameters_of_another_number_are_refused(numbers):
    v, w = Value(1.0), Value(2.0)
    tape = record(lambda x: v * x + w, 1.0)
    shape = re.escape(str(np.shape(numbers)))
    with pytest.raises(
        ValueError, match=rf"^parameters has the shape {shape}; wanted \(2,\), a number for each parameter$"
    ):
        tape([1.0], parameters=numbers)


def test_parameters_that_are_no_numbers_are_refused():
    w = Value(1.0)
    tape = record(lambda x: w * x, 1.0)
    message = "parameters is ['a']; wanted an array of numbers, as tape.read() gives"
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        tape([1.0], parameters=["a"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weights": [1.0, 2.0]}, "2 weights for 3 rows; wanted one for each"),
        ({"weights": [0.0, 0.0, 0.0]}, "the weights add up to 0.0; a mean needs more than 0"),
        ({"weights": [-1.0, 0.0, 0.0]}, "the weights add up to -1.0; a mean needs more than 0"),
        ({"weights": [nan, 0.0, 0.0]}, "the weights add up to nan; a mean needs more than 0"),
        ({"reduction": "max"}, 'reduction is \'max\'; wanted "mean" or "sum"'),
    ],
)
def test_weights_and_reductions_that_do_not_fit_are_refused(options, message):
    tape = record(lambda x: x * x, 1.0)
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        tape.value_and_grad([1.0, 2.0, 3.0], **options)


def test_weights_that_are_no_numbers_are_refused():
    tape = record(lambda x: x * x, 1.0)
    message = "weights is 'a'; wanted an array of 3 numbers, one for each row"
    with pytest.raises(TypeError, match=f"^{message}$"):
        tape.value_and_grad([1.0, 2.0, 3.0], weights="a")


def test_a_mean_is_divided_by_the_sum_of_the_weights_however_small():
    w = Value(2.0)
    tape = record(lambda x: w * x, 1.0)
    for weights in ([1.0, 3.0], [0.125, 0.375]):
        value, gradient = tape.value_and_grad([4.0, 8.0], weights=weights)
        assert (value, gradient.tolist()) == (14.0, [7.0])  # (4 + 3 * 8) / 4 = 7
    value, gradient = tape.value_and_grad([4.0, 8.0], weights=[1.0, 3.0], reduction="sum")
    assert (value, gradient.tolist()) == (56.0, [28.0])


def test_the_source_is_with_the_backward_pass_unless_it_is_not_wanted():
    w = Value(2.0)
    tape = record(lambda x: w * x, 1.0)
    assert tape.source() == tape.source(gradient=True) != tape.source(gradient=False)
    assert len(tape.source().splitlines()) > len(tape.source(gradient=False).splitlines())


def test_a_tape_says_how_large_it_is():
    w = Value(2.0)
    tape = record(lambda x: (w * x).exp() + 1.0, 1.0)
    assert repr(tape) == f"Tape(3 nodes in {len(tape)} instructions, 1 parameters)"
    assert tape.counts() == {"multiply": 1, "exp": 1, "add": 1}


@pytest.mark.parametrize("name", ["value_and_grad", "input_gradients"])
def test_what_needs_a_single_output_says_so(name):
    tape = record(lambda x: [x, x * x], 1.0)
    message = f"{name} needs a function that gives one Value, this one gives a list of 2; see values_and_grad and vjp"
    with pytest.raises(ValueError, match=f"^{message}$"):
        getattr(tape, name)([1.0])


@pytest.mark.parametrize(
    ("cotangents", "shape"), [([1.0, 2.0], "(2,)"), ([[1.0, 2.0]], "(1, 2)"), ([[[1.0, 2.0]]] * 3, "(3, 1, 2)")]
)
def test_cotangents_of_another_shape_are_refused(cotangents, shape):
    tape = record(lambda x: [x, x * x], 1.0)
    message = f"cotangents has the shape {shape}; wanted (3, 2), that of what a call gives"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        tape.vjp([[1.0, 2.0, 3.0]], cotangents)


@pytest.mark.parametrize("tangents", [[[1.0]], [[1.0, 2.0, 3.0]]])
def test_tangents_of_another_number_of_rows_are_refused(tangents):
    tape = record(lambda x: x * 2, 1.0)
    with pytest.raises(ValueError, match=f"^tangents of {len(tangents[0])} rows for arguments of 2; wanted as many$"):
        tape.jvp([[1.0, 2.0]], tangents)


def test_tangents_of_another_number_of_arguments_or_parameters_are_refused():
    w = Value(2.0)
    tape = record(lambda x, y: x * y * w, 1.0, 2.0)
    with pytest.raises(TypeError, match=r"2 arguments.* got 1"):
        tape.jvp([[1.0], [2.0]], [[1.0]])
    with pytest.raises(ValueError, match=r"parameter_tangents has the shape \(2,\); wanted \(1,\)"):
        tape.jvp([[1.0], [2.0]], [[1.0], [2.0]], parameter_tangents=[1.0, 2.0])


def test_a_batch_of_another_tape_is_refused():
    batch = two_arguments().batch([1.0], [[1.0, 2.0]])
    message = r"^the batch was prepared by another tape; prepare it with this one's batch\(\.\.\.\)$"
    for other in (record(lambda x: x * 2, 1.0), record(lambda x, v: x * v[2], 1.0, [1.0, 2.0, 3.0])):
        with pytest.raises(ValueError, match=message):
            other(batch)


def test_without_numpy_a_replay_says_what_to_install():
    code = (
        "import sys; sys.modules['numpy'] = None\n"
        "from autograd import Value, record\n"
        "w = Value(3.0)\n"
        "try:\n"
        "    tape = record(lambda x: w * x, 1.0)\n"
        "    tape([1.0])\n"
        "except ImportError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603
    assert done.stderr == ""
    assert "pip install 'scalar-autograd[fast]'" in done.stdout


def test_without_scipy_replays_are_the_same():
    code = (
        "import sys, math; sys.modules['scipy'] = None\n"
        "from autograd import Value, record, erf, dot\n"
        "w = Value(3.0)\n"
        "tape = record(lambda x: [erf(x[0]), dot([w, w, x[1]], [x[0], x[0], x[0]], w)], [1.0, 2.0])\n"
        "values, gradient, _ = tape.vjp([[[0.5, 1.0]]], [[1.0, 1.0]])\n"
        "assert values[0, 0] == math.erf(0.5), values\n"
        "assert values[0, 1] == 6.5, values\n"
        "assert gradient[0] == 2.0, gradient\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603
    assert done.stderr == ""


# --- large and odd graphs -------------------------------------------------------------------------------------------


def test_a_chain_of_50_000_nodes_replays_without_recursion():
    def chain(x):
        for _ in range(50_000):
            x = x.sin()
        return x

    tape = record(chain, 1.0)
    assert len(tape.recorded.nodes) == 50_000
    x = Value(0.7)
    y = chain(x)
    values, _, (along,) = tape.vjp([[1.0, 0.7]], [1.0, 1.0])
    assert values[1] == pytest.approx(y.data, rel=1e-12)
    assert along[1] == pytest.approx(gradients(y, x), rel=1e-11)


def test_a_sum_of_20_000_terms_written_with_plus_is_one_total_or_dot():
    w = [Value(1.0 / (i + 1)) for i in range(20_000)]
    tape = record(lambda x: sum((a * x for a in w), 0.0), 1.0)
    value, gradient = tape.value_and_grad([1.0, 2.0])
    assert len(tape) <= 2
    assert value == pytest.approx(1.5 * math.fsum(a.data for a in w), rel=1e-12)
    np.testing.assert_array_equal(gradient, np.full(20_000, 1.5))


def test_what_nothing_needs_is_not_computed_and_raises_nothing():
    def function(x):
        x.log()
        return x * 2

    tape = record(function, 1.0)
    assert tape.counts() == {"multiply": 1}
    np.testing.assert_array_equal(tape([-1.0]), [-2.0])


def test_a_replay_leaves_numpys_settings_alone():
    tape = record(lambda x: x.exp() - x.relu(), 1.0)
    before = np.geterr()
    tape([-1e5, 1.0])
    with pytest.raises(OverflowError):
        tape([1e5])
    assert np.geterr() == before


def test_drawn_numbers_differ_from_row_to_row_and_are_the_same_for_the_same_seed():
    rng = random.Random(0)
    tape = record(lambda x: [x * drawn(rng.random), drawn(rng.random)], 1.0)
    rng.seed(5)
    found = tape([1.0, 2.0])
    rng.seed(5)
    eager = [[x * rng.random(), rng.random()] for x in (1.0, 2.0)]
    np.testing.assert_array_equal(found, eager)


def test_the_class_names_of_errors_are_public():
    assert issubclass(GuardError, RuntimeError)
    assert {"record", "Tape", "GuardError", "RecordingWarning", "drawn"} <= {*autograd.__all__}
