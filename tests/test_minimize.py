"""`minimize`: known minima, of functions and of networks; parameters after success, failure and errors."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import OptimizeResult

from autograd import Value, exp, log, total
from nn import MLP
from nn.losses import squared_error
from nn.minimize import minimize

INPUTS, TARGETS = [[0.0], [1.0], [2.0], [3.0]], [1.0, 3.0, 2.0, 5.0]
# Least squares by hand: mean x 3/2, mean y 11/4, slope (sum xy - 4 · 3/2 · 11/4) / (sum x² - 9) = 5.5 / 5 = 11/10.
SLOPE, INTERCEPT = 1.1, 2.75 - 1.1 * 1.5


def rosenbrock(v):
    x, y = v
    return (1.0 - x) ** 2 + 100.0 * (y - x**2) ** 2


def line():
    model = MLP(1, [1], seed=0)
    return model, lambda: total([squared_error(model(x), t) for x, t in zip(INPUTS, TARGETS, strict=True)])


@pytest.mark.parametrize("method", ["L-BFGS-B", "BFGS", "CG", "SLSQP", "Newton-CG"])
def test_the_minimum_of_rosenbrocks_valley_is_found(method):
    result = minimize(rosenbrock, [-1.2, 1.0], method=method, tol=1e-10)
    assert result.x == pytest.approx([1.0, 1.0], abs=1e-4)
    assert result.fun < 1e-9


def test_the_derivatives_are_the_engines():
    # scipy.optimize.minimize with no derivatives needs three calls for each gradient of two variables.
    result = minimize(rosenbrock, [-1.2, 1.0], tol=1e-12)
    assert result.success
    assert result.njev == result.nfev
    assert result.jac == pytest.approx([0.0, 0.0], abs=1e-6)


def test_parameters_are_set_to_the_minimum_found():
    model, loss = line()
    result = minimize(loss, parameters=model.parameters(), tol=1e-12)
    assert result.success
    assert [p.data for p in model.parameters()] == result.x.tolist() == pytest.approx([SLOPE, INTERCEPT], rel=1e-7)
    assert loss().data == pytest.approx(result.fun, rel=1e-15)
    # The residual sum of squares by hand: sum y² - 4 (11/4)² - 1.1 · 5.5 = 39 - 30.25 - 6.05.
    assert result.fun == pytest.approx(2.7, rel=1e-12)


def test_grad_is_left_alone_and_data_are_floats():
    model, loss = line()
    for p in model.parameters():
        p.grad = 7.0
    minimize(loss, parameters=model.parameters())
    assert {p.grad for p in model.parameters()} == {7.0}
    assert {type(p.data) for p in model.parameters()} == {float}


def test_only_the_given_parameters_change_and_unused_ones_stay():
    a, b, unused = Value(3.0), Value(4.0), Value(5.0)
    minimize(lambda: (a - 2.0 * b) ** 2, parameters=iter([a, unused]))
    assert (a.data, b.data, unused.data) == (pytest.approx(8.0), 4.0, 5.0)


def test_settings_of_scipy_are_passed_on():
    result = minimize(rosenbrock, np.array([-1.2, 1.0]), options={"maxiter": 2})
    assert (result.nit, result.success) == (2, False)
    bounded = minimize(rosenbrock, [-1.2, 1.0], bounds=[(-2.0, 0.5), (None, None)])
    assert bounded.x == pytest.approx([0.5, 0.25], abs=1e-6)
    seen = []
    minimize(rosenbrock, [-1.2, 1.0], callback=lambda x: seen.append(x.copy()), options={"maxiter": 3})
    assert len(seen) == 3


def test_parameters_hold_the_best_found_when_the_search_ends_early():
    model, loss = line()
    before = loss().data
    result = minimize(loss, parameters=model.parameters(), options={"maxiter": 1})
    assert not result.success
    assert [p.data for p in model.parameters()] == result.x.tolist()
    assert loss().data < before


def test_parameters_hold_what_was_found_whatever_was_tried_last():
    def method(function, x0, args, **_):
        function(np.array([7.0]))
        return OptimizeResult(x=np.array([5.0]))

    p = Value(1.0)
    minimize(lambda: p * p, parameters=[p], method=method)
    assert p.data == 5.0


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_after_an_error_parameters_are_as_they_were(error):
    model, loss = line()
    before = [p.data for p in model.parameters()]
    calls = []

    def failing():
        calls.append([p.data for p in model.parameters()])
        if len(calls) == 3:
            raise error
        return loss()

    with pytest.raises(error):
        minimize(failing, parameters=model.parameters())
    assert calls[2] != before
    assert [p.data for p in model.parameters()] == before


def test_errors_of_the_engine_come_through():
    with pytest.raises(ValueError, match="log"):
        minimize(lambda v: log(v[0]), [-1.0])


def test_nan_is_said_with_the_place():
    with pytest.raises(FloatingPointError, match=r"the function gave nan, at \[2.0\]"):
        minimize(lambda v: v[0] * float("inf") * 0.0, [2.0])


def test_a_minimum_with_a_transcendental_function():
    # exp(x) - 3x has its minimum where exp(x) = 3.
    result = minimize(lambda v: exp(v[0]) - 3.0 * v[0], [0.0], tol=1e-14)
    assert result.x[0] == pytest.approx(1.0986122886681098, rel=1e-7)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: minimize(rosenbrock),
            TypeError,
            "minimize takes either x0, the numbers to start with,",
        ),
        (lambda: minimize(rosenbrock, [1.0], parameters=[Value(1.0)]), TypeError, "minimize takes either x0, the"),
        (lambda: minimize(rosenbrock, []), ValueError, "x0 is []; wanted a list of the numbers to start with"),
        (lambda: minimize(rosenbrock, 1.0), ValueError, "x0 is 1.0; wanted a list of the numbers to start with"),
        (lambda: minimize(rosenbrock, parameters=[]), ValueError, "minimize was given no parameters; pass model."),
        (lambda: minimize(rosenbrock, parameters=[1.0]), TypeError, "minimize changes Values, not float: 1.0; pass"),
        (lambda: minimize(lambda v: 1.0, [1.0]), TypeError, "minimize: the function gave 1.0, a float; wanted a Value"),
    ],
    ids=lambda x: x[:40] if isinstance(x, str) else "",
)
def test_what_cannot_be_minimised_is_refused(call, error, message):
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value).startswith(message)


def test_without_scipy_one_line_says_what_to_install():
    program = "from nn.minimize import minimize; minimize(lambda v: v[0] * v[0], [1.0])"
    command = [sys.executable, "-S", "-c", program]
    root = Path(__file__).parent.parent
    process = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)  # noqa: S603 (ours)
    last = process.stderr.strip().splitlines()[-1]
    assert last == "ModuleNotFoundError: minimize needs SciPy: pip install 'scalar-autograd[fast]'"
