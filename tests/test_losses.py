"""Losses: values and gradients against mpmath at ordinary and extreme outputs, and targets that they refuse."""

import itertools
import math
import pickle
import re
from functools import partial

import numpy as np
import pytest
from mpmath import MPContext

from autograd import Value, gradients, no_grad
from nn import MLP, SGD, evaluate, fit, losses
from nn.losses import (
    absolute_error,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    hinge,
    huber,
    indicator_error,
    margin,
    negative_log_likelihood,
    perceptron,
    squared_error,
    squared_hinge,
)

mp = MPContext()
mp.dps = 1000  # of exp(-800) + 1, 350 digits are the first that say more than 1

LOGITS = [0.0, -0.0, 1.0, -1.0, 0.3, -2.5, 30.0, -30.0, 40.0, -40.0, 700.0, -745.0, 800.0, -800.0, 1e16, -1e16]
EXTREMES = [1e308, -1e308, 5e-324, 1e-300]


def value_and_gradient(loss, outputs, target):
    values = [Value(z) for z in outputs] if isinstance(outputs, list) else Value(outputs)
    result = loss(values, target)
    result.backward()
    return result.data, [z.grad for z in values] if isinstance(outputs, list) else values.grad


def close(expected):
    expected = float(expected)  # beyond the floats: inf
    return pytest.approx(expected, rel=2e-15, abs=1e-322)


def sigmoid(z):
    # exp(-1e308) is beyond what mpmath's exponents are made for in a reasonable time.
    return mp.mpf(z > 0) if abs(z) > 1e15 else 1 / (1 + mp.exp(-z))


def softplus(z):
    return max(z, mp.mpf(0)) if abs(z) > 1e15 else mp.log(1 + mp.exp(z))


@pytest.mark.parametrize("t", [0, 1, 0.25, 0.9, 1e-9, False, True, np.float32(0.5), np.bool_(True), np.int64(0)])
@pytest.mark.parametrize("z", LOGITS + EXTREMES)
def test_binary_cross_entropy_and_its_gradient(z, t):
    value, gradient = value_and_gradient(binary_cross_entropy_with_logits, z, t)
    exact, t = mp.mpf(z), mp.mpf(float(t))
    assert value == close(t * softplus(-exact) + (1 - t) * softplus(exact))
    # sigmoid(z) - t cancels for soft targets: the larger term is what the error is measured against.
    slack = 4e-16 * float(t) if 0 < t < 1 else 0.0
    assert gradient == pytest.approx(float(sigmoid(exact) - t), rel=2e-15, abs=slack + 1e-322)


def softmax(logits):
    top = max(logits)
    terms = [mp.exp(z - top) if top - z < 1e15 else mp.mpf(0) for z in logits]
    return [term / mp.fsum(terms) for term in terms]


def surprise(logits, c):
    top = max(logits)
    rest = mp.fsum(mp.exp(z - top) for z in logits if top - z < 1e15)
    return (top - logits[c]) + mp.log(rest)


CLASSES = [
    [0.0, 0.0],
    [1.0, -2.0, 0.5],
    [800.0, -800.0],
    [800.0, 800.0, -800.0],
    [-745.0, 0.0, 40.0],
    [40.0, 0.0],
    [0.0, 36.0, -36.0, 1.0],
    [1000.0, 1000.5, 999.0],
    [1e6, 1e6 - 1.0, 1e6],
    [1e16, 1e16 + 2.0],
    [1e308, 0.0],
    [1e308, 1e308],
    [-1e308, -1e308, -1e308],
    [8e307, -8e307, 0.0],
    [1e308, -1e308],
    [1e308, -1e308, 0.0, 1e308],
    [5e-324, -5e-324],
]


@pytest.mark.parametrize(("logits", "c"), [(z, c) for z in CLASSES for c in range(len(z))])
def test_cross_entropy_and_its_gradient(logits, c):
    value, gradient = value_and_gradient(cross_entropy, logits, c)
    exact = [mp.mpf(z) for z in logits]
    assert value == close(surprise(exact, c))
    for k, p in enumerate(softmax(exact)):
        # p_c - 1 is minus the others' sum, which does not cancel for a sure prediction.
        others = -mp.fsum(p for j, p in enumerate(softmax(exact)) if j != c)
        assert gradient[k] == pytest.approx(float(others if k == c else p), rel=4e-15, abs=1e-322)


@pytest.mark.parametrize("logits", CLASSES)
def test_cross_entropy_of_probabilities_and_its_gradient(logits):
    n = len(logits)
    target = [2.0 * (k + 1) / (n * (n + 1)) for k in range(n)]
    value, gradient = value_and_gradient(cross_entropy, logits, target)
    exact, weights = [mp.mpf(z) for z in logits], [mp.mpf(t) for t in target]
    expected = mp.fsum(t * surprise(exact, c) for c, t in enumerate(weights))
    assert value == close(expected)
    for k, p in enumerate(softmax(exact)):
        assert gradient[k] == pytest.approx(float(p * mp.fsum(weights) - weights[k]), abs=4e-16)


def test_a_target_of_probability_1_is_the_class_itself():
    for c in range(3):
        by_index = value_and_gradient(cross_entropy, [1.0, 2.0, -3.0], c)
        for row in ([float(k == c) for k in range(3)], np.eye(3)[c], tuple(int(k == c) for k in range(3))):
            assert value_and_gradient(cross_entropy, [1.0, 2.0, -3.0], row) == by_index
        assert value_and_gradient(cross_entropy, [1.0, 2.0, -3.0], np.int64(c)) == by_index


def test_two_logits_are_one_logit_more_than_the_other():
    for z, t in itertools.product([-3.0, 0.0, 0.5, 20.0], [0, 1]):
        two, (_, gradient) = value_and_gradient(cross_entropy, [0.0, z], t)
        assert value_and_gradient(binary_cross_entropy_with_logits, z, t) == pytest.approx((two, gradient), rel=1e-15)


# max(0, 1 - t z); its derivative is -t where 1 - t z > 0, else 0 (at the kink t z = 1 too, as relu's).
@pytest.mark.parametrize(
    ("z", "t", "value", "gradient"),
    [
        (0.25, 1, 0.75, -1.0),
        (0.25, -1, 1.25, 1.0),
        (1.0, 1, 0.0, 0.0),
        (-1.0, -1.0, 0.0, 0.0),
        (3.0, np.int64(1), 0.0, 0.0),
        (-3.0, np.float32(1), 4.0, -1.0),
        (800.0, -1, 801.0, 1.0),
        (1e308, 1, 0.0, 0.0),
        (1e308, -1, 1e308, 1.0),
        (-1e308, 1, 1e308, -1.0),
    ],
)
def test_hinge_and_its_gradient(z, t, value, gradient):
    assert value_and_gradient(hinge, z, t) == (value, gradient)


# (y - t)^2; its derivative is 2 (y - t).
@pytest.mark.parametrize(
    ("y", "t", "value", "gradient"),
    [
        (3.0, 1.0, 4.0, 4.0),
        (3.0, np.int64(5), 4.0, -4.0),
        (0.0, 0, 0.0, 0.0),
        (1e150, -1e150, 4e300, 4e150),
        (1e308, 0.0, math.inf, math.inf),
        ([1.0, 2.0], [0.0, 4.0], 5.0, [2.0, -4.0]),
        ([1.0, 2.0], (0.0, 4.0), 5.0, [2.0, -4.0]),
        ([1.0, 2.0], np.array([0, 4]), 5.0, [2.0, -4.0]),
        ([3.0], [1.0], 4.0, [4.0]),
        ([3.0], 1.0, 4.0, [4.0]),
        (3.0, [1.0], 4.0, 4.0),
    ],
)
def test_squared_error_and_its_gradient(y, t, value, gradient):
    found, slope = value_and_gradient(squared_error, y, t)
    assert found == pytest.approx(value, rel=1e-15)
    assert slope == pytest.approx(gradient, rel=1e-15)


def one(z=0.5):
    return Value(z)


def three():
    return [Value(0.0), Value(1.0), Value(2.0)]


@pytest.mark.parametrize(
    ("loss", "output", "target", "message"),
    [
        (squared_error, one(), math.nan, "squared_error: the target must be a finite number for each output, not nan"),
        (squared_error, one(), math.inf, "squared_error: the target must be a finite number for each output, not inf"),
        (squared_error, one(), "1", "squared_error: the target must be a finite number for each output, not '1'"),
        (squared_error, one(), None, "squared_error: the target must be a finite number for each output, not None"),
        (squared_error, one(), True, "squared_error: the target must be a finite number for each output, not True"),
        (squared_error, one(), [1.0, 2.0], "squared_error: 1 output but 2 targets; each output needs its target"),
        (squared_error, three(), 1.0, "squared_error: 3 outputs but 1 target; each output needs its target"),
        (squared_error, three(), [1.0] * 4, "squared_error: 3 outputs but 4 targets; each output needs its target"),
        (squared_error, three(), np.eye(3), "squared_error: the target must be a finite number for each output, not"),
        (hinge, one(), 0, "hinge: the target must be -1 or 1, not 0"),
        (hinge, one(), True, "hinge: the target must be -1 or 1, not True"),
        (hinge, one(), math.nan, "hinge: the target must be -1 or 1, not nan"),
        (hinge, one(), "1", "hinge: the target must be -1 or 1, not '1'"),
        (hinge, one(), [1], "hinge: the target must be -1 or 1, not [1]"),
        (hinge, [one()], 1, "hinge takes one output, a Value, not a list of 1"),
        (
            binary_cross_entropy_with_logits,
            one(),
            -1,
            "binary_cross_entropy_with_logits: the target must be a probability",
        ),
        (
            binary_cross_entropy_with_logits,
            one(),
            1.5,
            "binary_cross_entropy_with_logits: the target must be a probability",
        ),
        (binary_cross_entropy_with_logits, one(), math.nan, "binary_cross_entropy_with_logits: the target must be a"),
        (binary_cross_entropy_with_logits, one(), "yes", "binary_cross_entropy_with_logits: the target must be a"),
        (binary_cross_entropy_with_logits, one(), None, "binary_cross_entropy_with_logits: the target must be a"),
        (
            binary_cross_entropy_with_logits,
            [one()],
            1,
            "binary_cross_entropy_with_logits takes one output, a Value, not a",
        ),
        (
            cross_entropy,
            three(),
            3,
            "cross_entropy: the target must be the index of a class, an int from 0 to 2, not 3",
        ),
        (
            cross_entropy,
            three(),
            -1,
            "cross_entropy: the target must be the index of a class, an int from 0 to 2, not -1",
        ),
        (
            cross_entropy,
            three(),
            1.0,
            "cross_entropy: the target must be the index of a class, an int from 0 to 2, not 1.0",
        ),
        (
            cross_entropy,
            three(),
            True,
            "cross_entropy: the target must be the index of a class, an int from 0 to 2, not T",
        ),
        (
            cross_entropy,
            three(),
            math.nan,
            "cross_entropy: the target must be the index of a class, an int from 0 to 2, ",
        ),
        (
            cross_entropy,
            three(),
            None,
            "cross_entropy: the target must be the index of a class, an int from 0 to 2, not N",
        ),
        (cross_entropy, three(), [0.5, 0.5], "cross_entropy: 3 outputs but 2 targets; each output needs its target"),
        (
            cross_entropy,
            three(),
            [0.5, 0.6, 0.0],
            "cross_entropy: the target must be probabilities that add up to 1, not",
        ),
        (
            cross_entropy,
            three(),
            [1.5, -0.5, 0.0],
            "cross_entropy: the target must be probabilities that add up to 1, not",
        ),
        (
            cross_entropy,
            three(),
            [math.nan, 0.5, 0.5],
            "cross_entropy: the target must be probabilities that add up to 1",
        ),
        (
            cross_entropy,
            three(),
            ["a", "b", "c"],
            "cross_entropy: the target must be probabilities that add up to 1, not",
        ),
        (
            cross_entropy,
            [one()],
            0,
            (
                "cross_entropy needs at least 2 outputs, one for each class; for a single output there is "
                "binary_cross_entropy_with_logits"
            ),
        ),
        (
            cross_entropy,
            one(),
            0,
            (
                "cross_entropy needs at least 2 outputs, one for each class; for a single output there is "
                "binary_cross_entropy_with_logits"
            ),
        ),
        (cross_entropy, three(), [Value(1.0), 0.0], "cross_entropy: 3 outputs but 2 targets; each output needs its"),
        (
            absolute_error,
            one(),
            math.nan,
            "absolute_error: the target must be a finite number for each output, not nan",
        ),
        (huber, three(), [1.0], "huber: 3 outputs but 1 target; each output needs its target"),
        (squared_hinge, one(), 0, "squared_hinge: the target must be -1 or 1, not 0"),
        (perceptron, one(), 0.5, "perceptron: the target must be -1 or 1, not 0.5"),
        (perceptron, [one()], 1, "perceptron takes one output, a Value, not a list of 1"),
        (
            binary_cross_entropy,
            one(),
            2,
            "binary_cross_entropy: the target must be a probability between 0 and 1, not 2",
        ),
        (
            binary_cross_entropy,
            one(-0.5),
            1,
            (
                "binary_cross_entropy: the output must be a probability between 0 and 1, as sigmoid gives it, "
                "not Value(data=-0.5, grad=0.0); for a logit there is binary_cross_entropy_with_logits"
            ),
        ),
        (binary_cross_entropy, one(1.5), 0, "binary_cross_entropy: the output must be a probability between 0 and 1"),
        (
            indicator_error,
            one(),
            0,
            "indicator_error needs at least 2 outputs, one for each class; for a single output there is squared_error",
        ),
        (
            negative_log_likelihood,
            three(),
            3,
            "negative_log_likelihood: the target must be the index of a class, an int from 0 to 2, not 3",
        ),
        (
            negative_log_likelihood,
            one(),
            0,
            (
                "negative_log_likelihood needs at least 2 outputs, one for each class; for a single output there is "
                "binary_cross_entropy"
            ),
        ),
        (indicator_error, three(), 1.0, "indicator_error: the target must be the index of a class, an int from 0 to 2"),
        (indicator_error, three(), [1.0, 1.0, 0.0], "indicator_error: the target must be probabilities that add up to"),
        (
            partial(margin, rho=0.5),
            three(),
            [0.5, 0.5, 0.0],
            "margin: the target must be the index of a class, or its indicator, not [0.5, 0.5, 0.0]",
        ),
        (
            partial(margin, rho=0.5),
            one(),
            0,
            "margin needs at least 2 outputs, one for each class; for a single output there is hinge",
        ),
        (
            cross_entropy,
            [],
            0,
            (
                "cross_entropy needs at least 2 outputs, one for each class; for a single output there is "
                "binary_cross_entropy_with_logits"
            ),
        ),
    ],
)
def test_a_target_that_does_not_fit_is_refused(loss, output, target, message):
    with pytest.raises(ValueError, match=r"target|output") as caught:
        loss(output, target)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("loss", "instead"),
    [
        (cross_entropy, "binary_cross_entropy_with_logits"),
        (negative_log_likelihood, "binary_cross_entropy"),
        (indicator_error, "squared_error"),
        (partial(margin, rho=0.5), "hinge"),
    ],
)
def test_a_loss_of_classes_names_the_loss_for_a_single_output(loss, instead):
    with pytest.raises(ValueError, match=f"for a single output there is {instead}$"):
        loss(one(), 0)


def test_losses_leave_no_graph_where_nothing_is_recorded():
    with no_grad():
        assert cross_entropy(three(), 0).parents == ()
        assert squared_error(one(), 1.0).parents == ()


REDUCTIONS = "wanted 'sum' or 'mean' (over the components)"


@pytest.mark.parametrize(
    ("loss", "output", "target", "settings", "error", "message"),
    [
        (squared_error, one(), 1.0, {"reduction": "none"}, ValueError, f"reduction is 'none'; {REDUCTIONS}"),
        (squared_error, one(), 1.0, {"reduction": None}, ValueError, f"reduction is None; {REDUCTIONS}"),
        (squared_error, one(), 1.0, {"factor": 0}, ValueError, "factor is 0; wanted a positive number"),
        (absolute_error, one(), 1.0, {"factor": math.inf}, ValueError, "factor is inf; wanted a positive number"),
        (
            indicator_error,
            three(),
            1,
            {"factor": "half"},
            TypeError,
            "factor is 'half', a str; wanted a positive number",
        ),
        (huber, one(), 1.0, {"delta": 0.0}, ValueError, "delta is 0.0; wanted a positive number"),
        (huber, one(), 1.0, {"delta": math.inf}, ValueError, "delta is inf; wanted a positive number"),
        (huber, one(), 1.0, {"delta": math.nan}, ValueError, "delta is nan; wanted a positive number"),
        (huber, one(), 1.0, {"delta": True}, TypeError, "delta is True, a bool; wanted a positive number"),
        (margin, three(), 1, {"rho": 0.0}, ValueError, "rho is 0.0; wanted a number between 0 and 1"),
        (margin, three(), 1, {"rho": 1}, ValueError, "rho is 1; wanted a number between 0 and 1"),
        (margin, three(), 1, {"rho": 1.5}, ValueError, "rho is 1.5; wanted a number between 0 and 1"),
        (margin, three(), 1, {"rho": "0.5"}, TypeError, "rho is '0.5', a str; wanted a number between 0 and 1"),
        (margin, three(), 1, {}, TypeError, "margin() missing 1 required keyword-only argument: 'rho'"),
    ],
)
def test_a_setting_out_of_its_range_is_refused(loss, output, target, settings, error, message):
    with pytest.raises(error, match=f"^{re.escape(message)}$"):
        loss(output, target, **settings)


def test_settings_that_are_small_or_large_are_fine():
    # e = 2: delta (e - delta / 2) = 0.25 (2 - 0.125); e^2 / 2 = 2 within a delta of 1e300.
    assert [huber(Value(3.0), 1.0, delta=d).data for d in (0.25, 1e300)] == [0.46875, 2.0]
    assert [squared_error(Value(3.0), 1.0, factor=f).data for f in (0.25, 1e300)] == [1.0, 4e300]
    # x = 0.5 - 0.375: 1 - 0.125 / 0.25 = 1/2; far beyond the margin 0.0625 the loss is 0.
    assert [margin([Value(0.5), Value(0.375), Value(0.125)], 0, rho=r).data for r in (0.25, 0.0625)] == [0.5, 0.0]


def test_defaults_are_the_sum_and_the_factor_and_delta_of_the_formulas():
    outputs, targets = [Value(3.0), Value(0.0)], [1.0, 4.0]
    assert squared_error(outputs, targets).data == 4.0 + 16.0
    assert absolute_error(outputs, targets).data == 2.0 + 4.0
    assert huber(outputs, targets).data == 1.5 + 3.5
    assert indicator_error([Value(0.5), Value(0.75)], 0).data == 0.5 * (0.25 + 0.5625)
    assert squared_error(outputs, targets, reduction="mean", factor=0.5).data == 5.0
    assert squared_error(outputs, targets, reduction="mean", factor=2).data == 20.0


@pytest.mark.parametrize(("factor", "made_by"), [(1.0, ("square", "total")), (2.0, ("multiply", "dot"))])
def test_a_factor_that_is_not_1_is_a_factor_and_1_is_no_node(factor, made_by):
    one_number = squared_error(Value(3.0), 1.0, factor=factor)
    several = squared_error([Value(3.0), Value(0.0)], [1.0, 4.0], factor=factor)
    assert (one_number.data, several.data) == (4.0 * factor, 20.0 * factor)
    assert (one_number.primitive.name, several.primitive.name) == made_by


@pytest.mark.parametrize(("target", "z"), [(1, math.inf), (True, 800.0), (0, -math.inf), (False, -800.0)])
def test_a_sure_target_makes_one_softplus_and_is_right_at_infinity(target, z):
    loss = binary_cross_entropy_with_logits(Value(z), target)
    assert loss.data == 0.0
    assert loss.primitive.name == "softplus"


def test_the_logarithm_of_a_probability_is_flat_from_the_cut_on():
    # Kept above -100: of exp(-100.5), which lies between exp(-101) and exp(-100), and at the cut itself.
    for p in (math.exp(-100.5), math.exp(-100.0)):
        assert value_and_gradient(binary_cross_entropy, p, 1) == (100.0, 0.0)
    value, slope = value_and_gradient(binary_cross_entropy, math.exp(-99.5), 1)
    assert (value, slope) == pytest.approx((99.5, -math.exp(99.5)), rel=1e-13)


@pytest.mark.parametrize(("p", "t"), [(0.0, 0), (1.0, 1)])
def test_the_loss_of_a_sure_and_right_probability_curves(p, t):
    # -ln(1 - p) at 0 and -ln p at 1: first derivatives 1 and -1, second ones 1 / (1 - p)**2 = 1 and 1 / p**2 = 1.
    x = Value(p)
    (slope,) = gradients(binary_cross_entropy(x, t), [x], create_graph=True)
    assert (slope.data, *gradients(slope, [x])) == (1.0 - 2.0 * t, 1.0)


def test_the_loss_of_a_probability_is_drawn_as_bce():
    assert binary_cross_entropy(Value(0.5), 1).primitive.symbol == "BCE"


INPUTS, NUMBERS, CLASSES_OF_INPUTS = [[-1.0], [0.0], [0.5], [2.0]], [-1.0, 1.0, 2.0, 5.0], [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("loss", "widths", "output_activation", "targets"),
    [
        (partial(squared_error, factor=0.5), [1], "linear", NUMBERS),
        (partial(squared_error, factor=0.5, reduction="mean"), [2], "linear", [[t, -t] for t in NUMBERS]),
        (absolute_error, [1], "linear", NUMBERS),
        (partial(huber, delta=0.5), [1], "linear", NUMBERS),
        (squared_hinge, [1], "linear", [2 * c - 1 for c in CLASSES_OF_INPUTS]),
        (perceptron, [1], "linear", [1 - 2 * c for c in CLASSES_OF_INPUTS]),
        (binary_cross_entropy, [1], "sigmoid", CLASSES_OF_INPUTS),
        (indicator_error, [2], "sigmoid", CLASSES_OF_INPUTS),
        (partial(margin, rho=0.5), [2], "sigmoid", CLASSES_OF_INPUTS),
    ],
)
def test_fit_descends_every_loss_with_its_settings(loss, widths, output_activation, targets):
    model = MLP(1, widths, output_activation=output_activation, seed=1)
    before = evaluate(model, INPUTS, targets, loss=loss)["loss"]
    fit(model, INPUTS, targets, loss=loss, epochs=40, progress=False)
    assert evaluate(model, INPUTS, targets, loss=loss)["loss"] < 0.5 * before


def test_a_factor_scales_the_loss_of_a_batch():
    model = MLP(1, [1], seed=1)
    whole, half = (
        evaluate(model, INPUTS, NUMBERS, loss=partial(squared_error, factor=factor))["loss"] for factor in (1.0, 0.5)
    )
    assert half == whole / 2


def test_a_step_down_the_perceptron_criterion_is_the_perceptrons_learning_rule():
    # Wrong when (w x + theta) t <= 0: at w = theta = 0 every sample is; then w <- w + x t, theta <- theta + t.
    model = MLP(2, [1], seed=0)
    for parameter in model.parameters():
        parameter.data = 0.0
    optimizer = SGD(model.parameters(), lr=1.0)
    for x, t, expected in (
        ([2.0, -1.0], 1, [2.0, -1.0, 1.0]),
        ([1.0, 0.5], 1, [2.0, -1.0, 1.0]),  # 2.5 > 0: right, nothing is learnt
        ([1.0, 1.0], -1, [1.0, -2.0, 0.0]),  # 2 > 0: wrong
    ):
        fit(model, [x], [t], loss=perceptron, optimizer=optimizer, epochs=1, progress=False)
        assert [p.data for p in model.parameters()] == expected


def test_every_loss_of_the_package_has_a_row_in_its_table():
    names = {name for name in losses.__all__ if name != "Loss"}
    assert len(names) == 12
    assert all(name in losses.__doc__.split("Every number")[0] for name in names)


def test_the_loss_of_a_probability_is_pickled_with_its_graph():
    p = Value(0.25)
    copied = pickle.loads(pickle.dumps(binary_cross_entropy(p, 1)))  # noqa: S301 (our own bytes)
    copied.backward()
    assert (copied.data, copied.parents[0].grad) == (-math.log(0.25), -4.0)


@pytest.mark.parametrize(
    ("target", "advice"),
    [("dog", "number the classes"), (1.0, "make them ints"), (np.float64(2.0), "make them ints")],
)
def test_names_and_floats_in_place_of_classes_get_the_remedy(target, advice):
    with pytest.raises(ValueError, match=advice):
        losses.cross_entropy([Value(0.0), Value(1.0), Value(2.0)], target)
