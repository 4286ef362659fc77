"""check_gradients: it passes what is right, and names what is wrong."""

import math
import sys
import warnings

import numpy as np
import pytest

from autograd import (
    GradientError,
    absolute,
    check_gradients,
    cos,
    dot,
    exp,
    log,
    primitive,
    relu,
    sigmoid,
    sin,
    sqrt,
    step,
    tanh,
)
from autograd.check import KinkWarning


@primitive
def sine_with_the_wrong_sign(m, x):
    """y = sin x;  dy/dx is not -cos x."""
    return m.sin(x), (-m.cos(x),)


@primitive
def sine_with_a_number_for_its_derivative(m, x):
    """y = sin x; the slope is right, and is taken for a constant when it is differentiated again."""
    y = m.sin(x)
    slope = m.cos(x)
    return y, (getattr(slope, "data", slope),)


def test_a_right_function_passes_and_its_derivatives_are_listed():
    # f = x y^2 at (3, 2): f_x = 4, f_y = 12; f_xx = 0, f_xy = 4, f_yy = 6
    lines = check_gradients(lambda x, y: x * y**2, 3.0, 2.0)
    assert [line.what for line in lines] == ["d/dx0", "d/dx1", "d2/dx0dx0", "d2/dx0dx1", "d2/dx1dx1"]
    for line, expected in zip(lines, [4.0, 12.0, 0.0, 4.0, 6.0], strict=True):
        assert line.reverse == line.forward == expected
        assert line.differences == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize(
    ("function", "at"),
    [
        (exp, 50.0),
        (log, 1e-3),
        (sqrt, 2.0),
        (lambda x: sin(x) * cos(x), 1e5),
        (lambda x: 1e10 + x * x, 3.0),
        (lambda x: tanh(x * 1e-5), 1e5),
        (lambda x: 3.0, 1.0),
        (lambda v: v[0] * v[1][0] + v[1][1] ** 3, [1.0, (2.0, -3.0)]),
        (lambda v: sigmoid(dot([0.5, -2.0], v, 0.1)), [0.3, 0.09]),
        (lambda a: (a * a).sum(), np.array([[1.0, 2.0], [3.0, 4.0]])),
    ],
)
def test_right_functions_pass_at_every_scale(function, at):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", KinkWarning)
        assert check_gradients(function, at)


def test_a_wrong_derivative_is_named_with_both_numbers():
    with pytest.raises(GradientError) as caught:
        check_gradients(lambda v: v[0] * sine_with_the_wrong_sign(v[1]), [2.0, 1.0])
    message = str(caught.value)
    assert "d/dx[1]" in message
    assert "d/dx[0]" not in message
    assert f"reverse {-2 * math.cos(1.0):.10}"[:-1] in message
    assert f"differences {2 * math.cos(1.0):.10}"[:-1] in message


def test_a_wrong_second_derivative_is_named():
    assert check_gradients(sine_with_a_number_for_its_derivative, 1.0, order=1)
    with pytest.raises(GradientError, match="d2/dxdx"):
        check_gradients(sine_with_a_number_for_its_derivative, 1.0)


def test_arguments_have_the_names_that_are_given():
    with pytest.raises(GradientError, match=r"d/dbias"):
        check_gradients(lambda w, b: w + sine_with_the_wrong_sign(b), 1.0, 2.0, names=["weight", "bias"])


@pytest.mark.parametrize(("function", "at"), [(relu, 0.0), (absolute, 0.0), (step, 0.0), (sqrt, 0.0)])
def test_a_kink_at_the_point_is_an_error_that_says_so(function, at):
    with pytest.raises(GradientError, match=r"kink, a jump, or the edge of the domain at x = 0\.0"):
        check_gradients(function, at)


@pytest.mark.parametrize(("function", "at"), [(relu, 1e-5), (absolute, -1e-4), (sqrt, 1e-5)])
def test_a_kink_nearby_is_a_warning(function, at):
    with pytest.warns(KinkWarning, match="kink.* within .* of x = "):
        check_gradients(function, at)


@pytest.mark.parametrize(
    ("function", "at", "slope"),
    [
        (log, 1e-15, 1e15),
        (lambda x: log(-x), -1e-15, -1e15),
        (log, 1e-200, 1e200),
        (sqrt, 1e-20, 5e9),
        (lambda x: 1 / x, 1e-50, -1e100),
        (lambda x: x**1.5, 1e-12, 1.5e-6),
        (lambda x: sin(x * 1e15), 1e-15, math.cos(1.0) * 1e15),
        (relu, 1e-15, 1.0),
        (relu, -1e-15, 0.0),
        (absolute, -1e-15, -1.0),
    ],
)
def test_functions_that_change_on_the_scale_of_a_small_input_pass(function, at, slope):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", KinkWarning)
        (line,) = check_gradients(function, at, order=1)
        assert line.reverse == pytest.approx(slope, rel=1e-14)
        assert line.differences == pytest.approx(slope, rel=1e-5)
        assert line.uncertainty <= 1e-5 * abs(slope)
        if abs(at) > 1e-100:  # else the second derivative is beyond the floats
            assert len(check_gradients(function, at)) == 2


@pytest.mark.parametrize("at", [1e-15, 1e-3, 0.3, 1e5, 1e100])
@pytest.mark.parametrize("factor", [1.001, -1.0, 0.0])
def test_a_wrong_rule_is_named_on_every_scale(factor, at):
    @primitive
    def wrong_log(m, x):
        """y = ln x;  dy/dx is not this."""
        return m.log(x), (factor / x,)

    @primitive
    def wrong_square(m, x):
        """y = x**2;  dy/dx is not this."""
        return x * x, (2.0 * factor * x,)

    for function in (wrong_log, wrong_square):
        with pytest.raises(GradientError, match=r"d/dx  .* differences [-0-9.e+]+ "):
            check_gradients(function, at)


@pytest.mark.parametrize("scale", [1.0, 1e-3, 1e-15])
def test_a_kink_at_a_small_input_is_an_error_all_the_same(scale):
    with pytest.raises(GradientError, match=f"kink, a jump, or the edge of the domain at x = {scale!r}"):
        check_gradients(lambda x: relu(x - scale), scale)


@pytest.mark.parametrize(("function", "at"), [(lambda x: x * x, 1e200), (lambda x: x * x * x - x * x, 1e200)])
def test_where_the_function_is_beyond_the_floats_the_error_says_so(function, at):
    with pytest.raises(ValueError, match=r"the function gives (inf|nan) at the point; wanted a finite number"):
        check_gradients(function, at)


@pytest.mark.parametrize(
    ("function", "at"),
    [
        (lambda x: x * x, 1.3e154),
        (exp, 709.7),
        (lambda x: x + 1, 1.797e308),
        (lambda x: x * -1.0, 1e308),
        (lambda x: 1e308 * sin(x), 1.0),
        (lambda x: 3.0 * x, 1e-310),
    ],
)
def test_right_functions_pass_at_the_ends_of_the_floats(function, at):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", KinkWarning)
        assert len(check_gradients(function, at)) == 2


def test_the_largest_float_is_the_edge_of_every_domain():
    with pytest.raises(GradientError, match="edge of the domain at"):
        check_gradients(lambda x: x * 0.5, sys.float_info.max)


def test_away_from_kinks_there_is_no_warning():
    assert check_gradients(relu, 0.5)
    assert check_gradients(absolute, -3.0)


def test_wrong_calls_say_what_was_wanted():
    with pytest.raises(ValueError, match="order must be 1 or 2, not 3"):
        check_gradients(sin, 1.0, order=3)
    with pytest.raises(TypeError, match="at\\[0\\] is str"):
        check_gradients(sin, "1")
    with pytest.raises(ValueError, match="1 arguments but 2 names"):
        check_gradients(sin, 1.0, names=["a", "b"])
    with pytest.raises(TypeError, match="wanted one number"):
        check_gradients(lambda x: [x, x], 1.0)
