"""Recording a function: comparisons become guards, numbers that leave are pointed out, leaves get their places."""

import copy
import functools
import math
import pickle
import random
import re
import sys
import warnings

import numpy as np
import pytest

import autograd
from autograd import (
    GuardError,
    RecordingWarning,
    Value,
    absolute,
    dot,
    drawn,
    exp,
    grad,
    gradients,
    hessian,
    hvp,
    jacobian,
    jvp,
    logsumexp,
    maximum,
    no_grad,
    record,
    relu,
    softmax,
    total,
    value_and_grad,
    vjp,
    without_draws,
)
from autograd.modes import current


def line(offset=0):
    """`file:line` of the caller, some lines further down."""
    frame = sys._getframe(1)
    return f"{frame.f_code.co_filename}:{frame.f_lineno + offset}"


def number(x):
    """The number in a result, which may stand in a structure of its own."""
    while isinstance(x, list | tuple):
        (x,) = x
    return x.data if isinstance(x, Value) else x


# --- guards ---------------------------------------------------------------------------------------------------------


def test_a_comparison_that_comes_out_the_same_replays():
    def leaky(x):
        return x * 2 if x > 0 else x

    np.testing.assert_array_equal(record(leaky, 1.0)([1.0, 3.0, 1e-300]), [2.0, 6.0, 2e-300])
    np.testing.assert_array_equal(record(leaky, -1.0)([-1.0, -3.0, 0.0]), [-1.0, -3.0, 0.0])


@pytest.mark.parametrize(
    ("condition", "same", "other"),
    [
        (lambda x: x > 0, 2.0, 0.0),
        (lambda x: x >= 0, 0.0, -1.0),
        (lambda x: x < 0, -1.0, 0.0),
        (lambda x: x <= 0, 0.0, 1.0),
        (lambda x: 0 < x, 2.0, 0.0),  # noqa: SIM300 (the reflected form)
        (lambda x: not x > 0, 0.0, 1.0),
        (lambda x: 0 < x < 3, 2.0, 3.0),
        (lambda x: x < x * x, 2.0, 0.5),
    ],
)
def test_each_comparison_is_guarded_in_both_outcomes(condition, same, other):
    def function(x):
        return x + 1 if condition(x) else x - 1

    for example, flipped in ((same, other), (other, same)):
        tape = record(function, example)
        np.testing.assert_array_equal(tape([example]), [number(function(example))])
        with pytest.raises(GuardError, match="row 1"):
            tape([example, flipped])


def test_a_guard_names_comparison_line_and_row():
    here = line(3)

    def function(x, limit):
        if x < limit:
            return x
        return limit

    tape = record(function, 1.0, 2.0)
    for replay in (tape, tape.value_and_grad, tape.input_gradients, lambda *a: tape.jvp(a, a)):
        with pytest.raises(GuardError) as raised:
            replay([0.0, 1.0, 5.0, 6.0], [1.0, 2.0, 3.0, 3.0])
        message = str(raised.value)
        assert "row 2" in message
        assert here in message
        assert " < " in message
        assert "autograd.maximum" in message


def test_a_guard_shows_numbers_as_numbers_and_labels_as_labels():
    w = Value(1.0, label="w")
    tape = record(lambda x: x if w > 0.25 else -x, 1.0)
    with pytest.raises(GuardError, match=re.escape("0.25 < w")):
        tape([1.0], parameters=[0.0])
    assert "0.25 < " in str(tape)


def test_comparisons_of_parameters_alone_are_guarded():
    w = Value(1.0)
    tape = record(lambda x: w * x if w > 0 else x, 3.0)
    np.testing.assert_array_equal(tape([3.0]), [3.0])
    w.data = -1.0
    with pytest.raises(GuardError):
        tape([3.0])


def test_a_comparison_made_before_the_recording_is_none_of_the_tapes_business():
    w = Value(1.0)
    chosen = w * 2 if w > 0 else w
    tape = record(lambda x: chosen * x, 3.0)
    np.testing.assert_array_equal(tape([3.0], parameters=[-1.0]), [-6.0])


@pytest.mark.parametrize(("choose", "wanted"), [(max, 5.0), (min, 1.0), (lambda v: sorted(v)[1], 3.0)])
def test_max_min_and_sorted_are_guarded(choose, wanted):
    tape = record(lambda x: choose(x) * 1.0, [3.0, 1.0, 5.0])
    np.testing.assert_array_equal(tape([[3.0, 1.0, 5.0]]), [wanted])
    with pytest.raises(GuardError, match="row 1"):
        tape([[3.0, 1.0, 5.0], [5.0, 3.0, 1.0]])


def test_nan_flips_a_comparison_that_held():
    tape = record(lambda x: x if x > 0 else -x, 1.0)
    with pytest.raises(GuardError, match="row 1"):
        tape([1.0, math.nan])
    otherwise = record(lambda x: x if x > 0 else -x, -1.0)
    assert math.isnan(otherwise([math.nan])[0])


def test_comparisons_with_integers_beyond_floats_are_made_as_python_makes_them():
    tape = record(lambda x: x * 2 if x < 10**400 else x, 1.0)
    np.testing.assert_array_equal(tape([1.0, 1e308 / 2]), [2.0, 1e308])


def test_comparisons_with_something_else_are_refused_as_always():
    with pytest.raises(TypeError, match="not supported"):
        record(lambda x: x if x < "a" else -x, 1.0)


def test_an_error_of_eager_work_comes_before_a_guard_that_only_its_nan_would_flip():
    def function(x):
        y = x.log()
        return y if y > -5 else 2 * y

    tape = record(function, 1.0)
    with pytest.raises(ValueError, match="domain") as raised:
        tape([1.0, -2.0])
    assert "row 1" in raised.value.__notes__[-1]


def test_a_branch_not_taken_in_the_recording_may_hold_what_raises():
    def function(x):
        return x.log() if x > 0 else x

    with pytest.raises(GuardError, match="row 1"):
        record(function, 1.0)([1.0, -2.0])
    np.testing.assert_array_equal(record(function, -1.0)([-1.0, -2.0]), [-1.0, -2.0])


# --- rules make no guards -------------------------------------------------------------------------------------------

BENT = "relu absolute tanh sigmoid step sign softplus elu leaky_relu gelu gelu_tanh silu log_sigmoid softsign".split()
SMOOTH = "atan asinh sqrt cbrt square exp".split()
WAYS = {
    "gradients": lambda f, x: gradients(f(x), x, create_graph=True),
    "grad": lambda f, x: grad(f)(x),
    "grad of grad": lambda f, x: grad(grad(f))(x),
    "value_and_grad": lambda f, x: value_and_grad(f)(x)[1],
    "jvp": lambda f, x: jvp(f, [x], [1.0])[1],
    "vjp": lambda f, x: vjp(f, x)[1](1.0),
    "hvp": lambda f, x: hvp(f, [x], [1.0]),
    "jacobian": lambda f, x: jacobian(f)(x),
    "hessian": lambda f, x: hessian(f)(x),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", [*BENT, *SMOOTH])
def test_derivatives_inside_a_recorded_function_follow_to_the_other_side_of_a_kink(name, way):
    primitive = getattr(autograd, name)

    def function(x):
        y = x * 1.0
        return WAYS[way](lambda z: primitive(z) * z, y)

    rows = [2.0, 0.5, 1.0] if name == "sqrt" else [2.0, 0.5, -2.0, -0.5, 0.0, 1.0, -1.0]
    wanted = [number(function(Value(x))) for x in rows]
    for example in (1.5, -1.5) if name != "sqrt" else (1.5,):
        tape = record(function, example)
        assert tape.program.checks == ()
        np.testing.assert_allclose(np.ravel(tape(rows)), wanted, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("name", "maximum minimum atan2 hypot logaddexp power leaky_relu elu".split())
@pytest.mark.parametrize("forward", [True, False])
def test_so_do_those_of_primitives_of_two_operands(name, forward):
    primitive = getattr(autograd, name)

    def function(x, y):
        a, b = x * 1.0, y * 1.0
        if forward:
            return jvp(lambda a, b: primitive(a, b) * a * b, [a, b], [1.0, 2.0])[1]
        return dot(gradients(primitive(a, b) * a * b, [a, b], create_graph=True), [1.0, 2.0])

    xs, ys = [2.0, 0.5, 1.0, 3.0], [0.5, 2.0, 1.0, 1.0]
    if name != "power":
        xs, ys = [*xs, -1.0, 0.0, -1.0], [*ys, 1.0, 1.0, -1.0]
    tape = record(function, 1.5, 0.7)
    wanted = [number(function(Value(x), Value(y))) for x, y in zip(xs, ys, strict=True)]
    assert tape.program.checks == ()
    np.testing.assert_allclose(tape(xs, ys), wanted, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("way", ["gradients", "jvp", "grad of grad"])
def test_logsumexp_inside_makes_no_guards(way):
    def function(x):
        y = [v * 1.0 for v in x]
        if way == "jvp":
            return jvp(lambda a: logsumexp(a) * a[0], [y], [[1.0, 2.0, 3.0]])[1]
        if way == "gradients":
            return total(gradients(logsumexp(y) * y[0], y, create_graph=True))
        return grad(lambda a: total(grad(lambda b: logsumexp(b) * b[0])(a)))(y)[0]

    tape = record(function, [1.0, 2.0, 3.0])
    assert tape.program.checks == ()
    rows = [[1.0, 2.0, 3.0], [3.0, 2.0, 1.0], [1.0, 5.0, 1.0], [2.0, 2.0, 2.0]]
    wanted = [number(function([Value(v) for v in row])) for row in rows]
    np.testing.assert_allclose(tape(rows), wanted, rtol=1e-13, atol=1e-15)


def test_softmax_follows_to_rows_whose_largest_number_is_another():
    tape = record(softmax, [1.0, 2.0, 3.0])
    assert tape.program.checks == ()
    rows = [[1.0, 2.0, 3.0], [3.0, 2.0, 1.0], [0.0, 800.0, -5.0], [2.0, 2.0, 2.0], [-1e4, -1e4, -2e4]]
    np.testing.assert_allclose(tape(rows), [softmax(row) for row in rows], rtol=1e-14)
    _, _, (along,) = tape.vjp([rows], [[1.0, 2.0, 3.0]] * 5)
    for row, got in zip(rows, along, strict=True):
        x = [Value(v) for v in row]
        wanted = gradients(dot(softmax(x), [1.0, 2.0, 3.0]), x)
        np.testing.assert_allclose(got, wanted, rtol=1e-13, atol=1e-15)


def test_primitives_that_choose_replay_on_every_side_without_a_guard():
    tape = record(lambda x, y: relu(x) + maximum(x, y) * absolute(y), 1.0, 2.0)
    np.testing.assert_array_equal(tape([1.0, -1.0, 3.0], [2.0, -2.0, 0.0]), [5.0, -2.0, 3.0])


# --- numbers that leave ---------------------------------------------------------------------------------------------


def quietly(function, *arguments, **options):
    """The tape, and what was pointed out."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        tape = record(function, *arguments, **options)
    return tape, [warning for warning in caught if issubclass(warning.category, RecordingWarning)]


def inside_no_grad(x):
    with no_grad():
        y = x * x + 1
    return y * x


def by_assignment(x):
    y = x * x
    y.data = 2.0
    return y * x


def by_backward(x):
    y = x * x
    y.backward()
    return y * x.grad


def by_gradients(x):
    y = x * x
    return y * gradients(y, x)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x.detach() * x,
        lambda x: (x * x).detach() * x + x,
        lambda x: (x.detach() * x).detach() * x.detach(),
        inside_no_grad,
        lambda x: no_grad(lambda z: z * z * 3.0)(x) * x,
        lambda x: x * np.asarray([x], dtype=object)[0],
        lambda x: x * (+x),
    ],
    ids="detach detached-result detached-twice no_grad no_grad-function array plus".split(),
)
def test_what_is_detached_follows_the_inputs_without_a_derivative_and_without_a_warning(function):
    tape, noticed = quietly(function, 3.0)
    assert noticed == []
    rows = [3.0, 4.0, -2.0]
    assert [*tape(rows)] == [number(function(Value(x))) for x in rows]
    wanted = [gradients(function(x), x) for x in map(Value, rows)]
    assert [*tape.input_gradients(rows)] == wanted
    # The derivative that forward mode gives is the same.
    assert [*tape.jvp([rows], [[1.0] * 3])[1]] == wanted


@pytest.mark.parametrize(
    "way", [lambda f: lambda x: jvp(f, (x,), (1.0,))[1], grad, lambda f: lambda x: hvp(f, (x,), (1.0,))]
)
def test_derivatives_of_what_was_computed_under_no_grad_are_those_of_eager_work(way):
    def function(x):
        return inside_no_grad(x) * x * x

    tape, noticed = quietly(way(function), 3.0)
    assert noticed == []
    rows = [3.0, 4.0, -2.0]
    assert [*tape(rows)] == [way(function)(x) for x in rows]
    assert [*tape.input_gradients(rows)] == [grad(way(function))(x) for x in rows]


@pytest.mark.parametrize(
    ("function", "what"),
    [
        (lambda x: x * x.data, "`.data` was read"),
        (lambda x: Value((x * x).data) * x, "`.data` was read"),
        (lambda x: x * math.floor(x.data), "`.data` was read"),
        (by_assignment, "`.data` was assigned"),
        (by_backward, "`backward()` was called"),
        (by_gradients, "create_graph=True"),
        (lambda x: x * float(f"{x:.3f}"), ""),
        (lambda x: copy.copy(x) * x, ""),
        (lambda x: copy.deepcopy(x * 1.0) * x, ""),
        (lambda x: pickle.loads(pickle.dumps(x * 1.0)) * x, ""),  # noqa: S301 (our own)
    ],
    ids="data Value(data) floor assignment backward gradients format copy deepcopy pickle".split(),
)
def test_a_number_that_leaves_is_pointed_out_or_follows(function, what):
    tape, noticed = quietly(function, 3.0)
    rows = [3.0, 4.0]
    follows = [*tape(rows)] == [number(function(Value(x))) for x in rows]
    assert follows or noticed
    if what:
        (warning,) = noticed
        assert what in str(warning.message)
        assert f"{__file__}:" in str(warning.message)
        assert warning.filename == __file__  # it points at the call of `record`


def test_the_warning_names_the_lines_and_comes_once():
    here = line(3)

    def function(x):
        y = x.data + x.data
        return x * y * x.data

    _, (warning,) = quietly(function, 3.0)
    message = str(warning.message)
    assert here in message
    assert here.replace(here.split(":")[-1], str(int(here.split(":")[-1]) + 1)) in message


@pytest.mark.parametrize("way", WAYS)
def test_derivatives_that_stay_values_are_not_pointed_out(way):
    tape, noticed = quietly(lambda x: WAYS[way](lambda z: z * z * z, x), 3.0)
    assert noticed == []
    assert len(tape.program.nodes) > 0


def test_reading_data_after_the_recording_is_nobodys_business():
    kept = []

    def function(x):
        kept.append(x * 2)
        return kept[-1] * x

    record(function, 3.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert kept[0].data == 6.0
        assert type(kept[0]) is Value
        assert type(kept[0].parents[0]) is Value
        kept[0].backward()


def test_a_recording_that_fails_ends_like_one_that_does_not():
    kept = []

    def function(x):
        kept.append(x * 2)
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        record(function, 3.0)
    assert current() is None
    assert type(kept[0]) is Value
    assert bool(kept[0] > 1)


# --- drawn ----------------------------------------------------------------------------------------------------------


def noisy(rng):
    def function(x):
        kept = [v * drawn(lambda: float(rng.random() < 0.5)) for v in x]
        return total(kept) + drawn(rng.random)

    return function


def test_draws_come_row_by_row_in_the_order_of_eager_work():
    rng = random.Random(1)
    tape = record(noisy(rng), [1.0, 2.0, 3.0])
    rows = [[1.0, 2.0, 4.0], [8.0, 16.0, 32.0], [3.0, 5.0, 7.0]]
    rng.seed(7)
    replayed = tape(rows)
    rng.seed(7)
    eager = [noisy(rng)([Value(v) for v in row]).data for row in rows]
    np.testing.assert_allclose(replayed, eager, rtol=1e-15)


def test_each_replay_draws_anew():
    rng = random.Random(1)
    tape = record(noisy(rng), [1.0, 2.0, 3.0])
    rows = [[1.0, 2.0, 4.0]] * 5
    first, second = tape(rows), tape(rows)
    assert (first != second).all()
    assert len(set(first)) == 5


def test_in_eager_work_drawn_is_a_number_drawn_once():
    assert drawn(lambda: 2.5).data == 2.5
    assert drawn(lambda: 1).data == 1.0
    with pytest.raises(TypeError):
        drawn(lambda: "a")
    with pytest.raises((TypeError, ValueError)):
        record(lambda x: x * drawn(lambda: "a"), 1.0)([1.0])


def test_draws_that_nothing_needs_are_drawn_all_the_same():
    rng = random.Random(3)

    def function(x):
        drawn(rng.random)
        return x * drawn(rng.random)

    tape = record(function, 1.0)
    rng.seed(4)
    got = tape([1.0, 1.0])
    rng.seed(4)
    numbers = [rng.random() for _ in range(4)]
    np.testing.assert_array_equal(got, [numbers[1], numbers[3]])


def test_a_copied_generator_gives_a_copied_tape_the_same_draws():
    rng = random.Random(3)
    tape = record(noisy(rng), [1.0, 2.0, 3.0])
    state = rng.getstate()
    first = tape([[1.0, 2.0, 3.0]] * 3)
    rng.setstate(state)
    np.testing.assert_array_equal(tape([[1.0, 2.0, 3.0]] * 3), first)


def test_the_global_generator_is_left_alone():
    before = random.getstate()
    tape = record(noisy(random.Random(3)), [1.0, 2.0, 3.0])
    tape([[1.0, 2.0, 3.0]] * 3)
    assert random.getstate() == before


# --- what a tape takes as parameter ---------------------------------------------------------------------------------


def test_leaves_made_before_are_parameters_and_those_made_meanwhile_constants():
    w = Value(2.0)
    tape = record(lambda x: w * x + Value(10.0), 3.0)
    assert tape.parameters == [w]
    assert [*tape.program.constants.values()] == [10.0]


def test_parameters_come_in_the_order_in_which_the_result_depends_on_them():
    a, b, c = Value(1.0), Value(2.0), Value(3.0)
    assert record(lambda x: c * x + a * b, 1.0).parameters == [c, a, b]


def test_what_was_computed_before_is_computed_anew_from_its_variables():
    w = Value(2.0)
    doubled = w * 2
    tape = record(lambda x: doubled * x + 1.0, 3.0)
    assert tape.parameters == [w]
    w.data = 5.0
    np.testing.assert_array_equal(tape([3.0]), [31.0])
    np.testing.assert_array_equal(tape.value_and_grad([3.0])[1], [6.0])


def test_plain_numbers_that_met_values_before_are_constants():
    w = Value(2.0)
    shifted = w + 1.0
    assert record(lambda x: shifted * x, 3.0).parameters == [w]


def test_given_parameters_have_their_order_and_the_others_are_constants():
    a, b = Value(1.0), Value(2.0)
    tape = record(lambda x: a * x + b, 1.0, parameters=[b])
    assert tape.parameters == [b]
    a.data = 100.0
    np.testing.assert_array_equal(tape([1.0]), [3.0])
    np.testing.assert_array_equal(tape.value_and_grad([1.0])[1], [1.0])
    assert record(lambda x: a * x + b, 1.0, parameters=[]).parameters == []


def test_a_parameter_given_twice_is_one():
    a, b = Value(1.0), Value(2.0)
    tape = record(lambda x: a * x + b, 1.0, parameters=[b, a, b])
    assert tape.parameters == [b, a]
    np.testing.assert_array_equal(tape.value_and_grad([5.0])[1], [1.0, 5.0])


def test_a_result_may_be_taken_as_parameter():
    w = Value(2.0)
    doubled = w * 2
    tape = record(lambda x: doubled * x + w, 3.0, parameters=[doubled, w])
    np.testing.assert_array_equal(tape.value_and_grad([3.0], parameters=[10.0, 1.0])[1], [3.0, 1.0])
    np.testing.assert_array_equal(tape([3.0], parameters=[10.0, 1.0]), [31.0])


def test_a_generator_of_parameters_will_do():
    a, b = Value(1.0), Value(2.0)
    assert record(lambda x: a * x, 1.0, parameters=(p for p in (b, a))).parameters == [b, a]


def test_arguments_that_are_values_are_inputs_not_parameters():
    x = Value(2.0)
    tape = record(lambda y: y * y, x)
    assert tape.parameters == []
    np.testing.assert_array_equal(tape([3.0]), [9.0])
    assert x.grad == 0.0


def test_recording_leaves_grads_alone():
    w = Value(2.0)
    w.grad = 0.5
    tape = record(lambda x: w * x, 1.0)
    tape.value_and_grad([1.0, 2.0])
    assert w.grad == 0.5


# --- what may be recorded -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("result", ["a", None, {"y": 1.0}, object()])
def test_a_result_that_is_no_number_is_refused(result):
    with pytest.raises(TypeError, match=rf"result is {type(result).__name__}.*wanted a number"):
        record(lambda x: result, 1.0)


@pytest.mark.parametrize("argument", ["a", None, {"x": 1.0}])
def test_an_argument_that_is_no_number_is_refused(argument):
    with pytest.raises(TypeError, match=rf"argument 1 is {type(argument).__name__}.*wanted a number"):
        record(lambda x, y: x, 1.0, argument)


@pytest.mark.parametrize("argument", [[[1.0, 2.0], [3.0]], (1.0, [2.0, 3.0])])
def test_an_argument_whose_rows_no_array_can_hold_is_refused(argument):
    with pytest.raises((TypeError, ValueError), match="argument 0"):
        record(lambda v: v[0] if isinstance(v[0], Value) else v[0][0], argument)


@pytest.mark.parametrize("parameters", [[2.0], [[Value(1.0)]], 3, "w"])
def test_parameters_that_are_no_values_are_refused(parameters):
    with pytest.raises(TypeError, match="parameter"):
        record(lambda x: x * 2, 1.0, parameters=parameters)


def test_a_single_value_as_parameters_is_refused():
    w = Value(2.0)
    with pytest.raises(TypeError, match="parameter"):
        record(lambda x: x * w, 1.0, parameters=w)


def test_errors_of_the_function_come_through():
    with pytest.raises(ValueError, match="domain"):
        record(lambda x: x.log(), -1.0)
    with pytest.raises(TypeError, match="y"):
        record(lambda x, y: x, 1.0)


def test_recording_inside_no_grad_still_records():
    w = Value(2.0)
    with no_grad():
        tape = record(lambda x: w * x, 1.0)
    np.testing.assert_array_equal(tape.value_and_grad([3.0])[1], [3.0])


def test_a_tape_may_be_recorded_while_another_is():
    def function(x):
        inner = record(lambda y: y * y, 2.0)
        return x * float(inner([3.0])[0])

    tape = record(function, 1.0)
    np.testing.assert_array_equal(tape([2.0]), [18.0])


def meanwhile(compute):
    """What was computed inside a recording of another function."""
    kept = []

    def other(y):
        kept.append(compute())
        return y

    record(other, 1.0)
    return kept[0]


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_a_comparison_made_inside_an_inner_recording_is_guarded_for_the_outer_one_too(depth):
    def function(x):
        def inner():
            return 2 * x if x > 0 else -x

        for _ in range(depth):
            inner = functools.partial(meanwhile, inner)
        return inner()

    tape = record(function, 3.0)
    assert [*tape([3.0, 4.0])] == [6.0, 8.0]
    with pytest.raises(GuardError, match=r"^row 1: 0 < x0 was True"):
        tape([3.0, -2.0])


@pytest.mark.parametrize("compute", [lambda x: abs(x) * x, lambda x: grad(lambda z: abs(z) * z)(x) * x])
def test_what_is_computed_inside_an_inner_recording_follows_the_outer_inputs(compute):
    tape, noticed = quietly(lambda x: meanwhile(lambda: compute(x) + Value(2.0)) * x, 3.0)
    assert noticed == []
    rows = [3.0, -2.0, 0.5]
    wanted = [(compute(x) + 2.0) * x for x in rows]
    assert [*tape(rows)] == wanted
    assert tape.parameters == []
    assert [*tape.input_gradients(rows)] == [grad(lambda x: (compute(x) + 2.0) * x)(x) for x in rows]


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x * meanwhile(lambda: x.data),
        lambda x: x * meanwhile(lambda: (x * x).data),
        lambda x: x * meanwhile(lambda: x * x).data,
        lambda x: x * record(lambda y: y * y, x)([2.0])[0],
    ],
    ids=["inside", "inside, of a result", "after, of a result", "as the example"],
)
def test_a_number_that_leaves_the_outer_graph_by_an_inner_recording_is_pointed_out(function):
    _, noticed = quietly(function, 3.0)
    assert noticed
    assert "`.data` was read" in str(noticed[-1].message)
    assert f"{__file__}:{function.__code__.co_firstlineno}: " in str(noticed[-1].message)


def test_the_example_of_an_inner_recording_is_no_warning_of_its_own():
    _, (warning,) = quietly(lambda x: x * record(lambda y: y * y, x)([2.0])[0], 3.0)
    assert "`.data` was read" in str(warning.message)


def test_after_nested_recordings_all_values_are_ordinary_and_the_parameters_the_outer_ones():
    w, kept = Value(2.0), []

    def function(x):
        y = meanwhile(lambda: w * x * Value(5.0))
        kept.extend([x, y, *y.parents])
        return y

    tape = record(function, 3.0)
    assert {type(node) for node in kept} == {Value}
    assert tape.parameters == [w]
    assert tape.value_and_grad([1.0, 2.0])[1] == [7.5]  # the mean of 5 x


def test_an_inner_recording_that_fails_leaves_the_outer_one_whole():
    def failing(y):
        raise LookupError

    def function(x):
        with pytest.raises(LookupError):
            record(failing, 1.0)
        return x * x if x > 0 else x

    tape = record(function, 3.0)
    assert [*tape([2.0])] == [4.0]
    with pytest.raises(GuardError):
        tape([-2.0])
    assert current() is None


def test_nested_structures_of_results_are_flattened_row_by_row():
    tape = record(lambda x: [[x[0], x[1]], (x[0] * x[1], exp(x[0]))], [0.0, 2.0])
    np.testing.assert_array_equal(tape([[0.0, 2.0]]), [[0.0, 2.0, 0.0, 1.0]])


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x * {1.0: 5.0}.get(x, 1.0),
        lambda x: x * (2.0 if x in {1.0, 3.0} else 1.0),
        lambda x: x * len({x, 2.0}),
    ],
)
def test_an_input_that_is_looked_up_in_a_set_or_a_dict_is_pointed_out(function):
    _, (warning,) = quietly(function, 3.0)
    assert "an input was looked up in a set or a dict, by identity" in str(warning.message)


def test_parameters_and_results_in_a_dict_are_nobody_s_error():
    w = Value(2.0)
    scales = {w: 3.0}

    def function(x):
        y = w * x
        return {y: y * scales[w]}[y]

    tape, noticed = quietly(function, 3.0)
    assert not noticed
    assert [*tape([1.0, 2.0])] == [6.0, 12.0]


def test_without_draws_a_random_number_is_one_in_eager_work_and_in_a_replay():
    def draw():
        raise AssertionError

    def function(x):
        return x * drawn(draw)

    tape = record(function, 1.0)
    with without_draws():
        assert function(Value(3.0)).data == 3.0
        assert [*tape([3.0, 4.0])] == [3.0, 4.0]
    with pytest.raises(AssertionError):
        tape([3.0])
