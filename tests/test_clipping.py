"""Clipping, against numbers derived by hand from torch's formula, on Values, lists and arrays."""

import math

import numpy as np
import pytest

from autograd import Value
from nn.clipping import clip_grad_norm_, clip_grad_value_, clipped_norm, clipped_value


def with_gradients(*gradients):
    parameters = [Value(0.0) for _ in gradients]
    for p, gradient in zip(parameters, gradients, strict=True):
        p.grad = gradient
    return parameters


def test_a_long_gradient_is_scaled_and_keeps_its_direction():
    # torch: 5 / (50 + 1e-6) times (30, -40).
    parameters = with_gradients(30.0, -40.0)
    assert clip_grad_norm_(parameters, max_norm=5.0) == 50.0
    assert [p.grad for p in parameters] == pytest.approx([150 / 50.000001, -200 / 50.000001], rel=1e-15)


def test_a_short_gradient_stays_as_it_is():
    parameters = with_gradients(0.3, -0.4, 0.0)
    assert clip_grad_norm_(parameters, max_norm=1.0) == 0.5
    assert [p.grad for p in parameters] == [0.3, -0.4, 0.0]


@pytest.mark.parametrize("kind", [list, np.array])
@pytest.mark.parametrize(
    ("gradients", "norm", "expected"),
    [
        ([0.0, 0.0], 0.0, [0.0, 0.0]),
        ([1e200, 0.0], 1e200, [1.0, 0.0]),  # whose square is no float
        ([3e-200, 4e-200], 5e-200, [3e-200, 4e-200]),
        ([1.5e308, 1.5e308], math.inf, [0.0, 0.0]),  # whose norm is no float
        ([math.inf, 1.0], math.inf, [math.nan, 0.0]),
        ([math.nan, 1.0], math.nan, [math.nan, math.nan]),
        ([math.inf, math.nan], math.nan, [math.nan, math.nan]),
    ],
    ids=str,
)
def test_extremes_are_those_of_torch_without_overflow(kind, gradients, norm, expected):
    clipped, before = clipped_norm(kind(gradients), max_norm=1.0)
    assert before == pytest.approx(norm, rel=1e-15, nan_ok=True)
    assert list(clipped) == pytest.approx(expected, rel=1e-15, nan_ok=True)


def test_lists_and_arrays_are_clipped_alike_and_not_changed():
    gradients = [math.sin(k) * 10.0 ** (k % 7) for k in range(100)]
    array = np.array(gradients)
    for clip, bound in ((lambda x, b: clipped_norm(x, b)[0], 10.0), (clipped_value, 0.5)):
        expected = clip(list(gradients), bound)
        assert clip(array, bound).tolist() == pytest.approx(expected, rel=1e-15)
    assert array.tolist() == gradients
    assert clipped_norm(array, 1.0)[1] == pytest.approx(clipped_norm(gradients, 1.0)[1], rel=1e-15)


def test_a_parameter_that_comes_twice_counts_once():
    (p,) = with_gradients(2.0)
    assert clip_grad_norm_([p, p], max_norm=1.0) == 2.0
    assert p.grad == pytest.approx(1.0, rel=1e-6)


@pytest.mark.parametrize("wrong", [math.inf, math.nan])
def test_a_norm_that_is_not_finite_is_an_error_if_that_is_wanted(wrong):
    parameters = with_gradients(wrong, 1.0)
    with pytest.raises(FloatingPointError, match=f"the norm of the derivatives is {wrong}, which no factor"):
        clip_grad_norm_(parameters, 1.0, error_if_nonfinite=True)
    assert parameters[1].grad == 1.0


def test_values_are_clipped_to_both_bounds_and_nan_stays():
    parameters = with_gradients(-3.0, -0.5, 0.5, 3.0, math.inf, -math.inf, math.nan)
    clip_grad_value_(parameters, 1)
    assert [p.grad for p in parameters] == pytest.approx([-1.0, -0.5, 0.5, 1.0, 1.0, -1.0, math.nan], nan_ok=True)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: clip_grad_norm_([], 1.0), ValueError, "clip_grad_norm_ was given no parameters"),
        (lambda: clip_grad_norm_([1.0], 1.0), TypeError, "clip_grad_norm_ scales the .grad of Values, not float: 1.0;"),
        (
            lambda: clip_grad_value_([1.0], 1.0),
            TypeError,
            "clip_grad_value_ bounds the .grad of Values, not float",
        ),
        (lambda: clip_grad_norm_([Value(1.0)], -1), ValueError, "max_norm is -1; wanted a number, 0 or more"),
        (lambda: clip_grad_value_([Value(1.0)], math.nan), ValueError, "clip_value is nan; wanted a number, 0 or more"),
        (lambda: clipped_norm([1.0], "1"), TypeError, "max_norm is '1', a str; wanted a number, 0 or more"),
    ],
    ids=lambda x: x[:40] if isinstance(x, str) else "",
)
def test_what_cannot_be_clipped_is_refused(call, error, message):
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value).startswith(message)
