"""Classes as indicator vectors, decisions from outputs, and which losses take a class."""

import functools
import math

import numpy as np
import pytest

from autograd import Dual, Value, softmax, step
from nn import losses
from nn.encoding import argmax, class_loss, indicator, takes_class, threshold


def test_an_indicator_is_a_row_of_the_identity_matrix():
    for n in (1, 2, 5):
        assert [indicator(c, n) for c in range(n)] == np.eye(n).tolist()
    assert indicator(np.int64(1), np.int32(2)) == [0.0, 1.0]
    assert all(type(x) is float for x in indicator(0, 3))


def test_argmax_undoes_an_indicator():
    assert [argmax(indicator(c, 4)) for c in range(4)] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [
        ([Value(0.5), Value(2.0), Value(-1.0)], 1),
        ([0.25, Value(0.25), 0.25], 0),
        ([-3.0, -1.0, -1.0], 1),
        ([-0.0, 0.0], 0),
        (np.array([1.0, 3.0, 2.0]), 1),
        ((0, 5, 1), 1),
        ([-math.inf, -1e308], 1),
        ([1.0, math.nan, math.inf, math.nan], 1),
        ([7.0], 0),
    ],
)
def test_argmax_is_the_first_of_the_largest(outputs, expected):
    found = argmax(outputs)
    assert (found, type(found)) == (expected, int)


def test_argmax_agrees_with_numpy():
    for row in np.random.default_rng(0).integers(-2, 3, (50, 4)).astype(float):
        assert argmax(row) == np.argmax(row)
        assert argmax(softmax(list(row))) == np.argmax(row)


@pytest.mark.parametrize(
    ("output", "settings", "expected"),
    [
        (Value(0.1), {}, 1),
        (Value(-0.1), {}, 0),
        (0.0, {}, 0),  # on the threshold
        (Value(0.5), {"at": 0.5}, 0),
        (Value(0.7), {"at": 0.5}, 1),
        (np.float64(0.7), {"at": 0.5, "classes": (-1, 1)}, 1),
        (-3, {"classes": (-1, 1)}, -1),
        (3.0, {"classes": ("benign", "malignant")}, "malignant"),
    ],
)
def test_threshold_is_the_second_class_above_it(output, settings, expected):
    assert threshold(output, **settings) == expected


def test_off_the_threshold_it_is_the_step_unit():
    for z in (-2.0, -1e-300, 1e-300, 3.0):
        assert threshold(z) == step(z)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: indicator(3, 3), ValueError, "index is 3; wanted a class, an int from 0 to 2"),
        (lambda: indicator(-1, 3), ValueError, "index is -1; wanted a class, an int from 0 to 2"),
        (lambda: indicator(1.0, 3), TypeError, "index is 1.0, a float; wanted a class, an int from 0 to 2"),
        (lambda: indicator(True, 3), TypeError, "index is True, a bool; wanted a class, an int from 0 to 2"),
        (lambda: indicator(0, 0), ValueError, "n_classes is 0; wanted an int of at least 1"),
        (lambda: indicator(0, "3"), TypeError, "n_classes is '3', a str; wanted an int of at least 1"),
        (lambda: argmax([]), ValueError, "argmax needs at least one output, but the sequence is empty"),
        (
            lambda: argmax(Value(1.0)),
            TypeError,
            "argmax needs a sequence of outputs, one for each class, not Value(data=1.0, grad=0.0); for a single",
        ),
        (
            lambda: argmax("abc"),
            TypeError,
            "argmax needs a sequence of outputs, one for each class, not 'abc'; for a single output there is threshold",
        ),
        (lambda: argmax([1.0, "a"]), TypeError, "argmax needs a Value or a number for each output, not 'a', a str"),
        (
            lambda: argmax([Dual(1.0, 0.0)]),
            TypeError,
            "argmax needs a Value or a number for each output, not Dual(primal=1.0, tangent=0.0), a Dual; its num",
        ),
        (
            lambda: threshold([Value(1.0)]),
            TypeError,
            "threshold needs a Value or a number for each output, not [Value(data=1.0, grad=0.0)], a list; for sev",
        ),
        (lambda: threshold(1.0, at="0"), TypeError, "at is '0', a str; wanted a number"),
        (lambda: threshold(1.0, at=math.nan), ValueError, "at is nan; wanted a number"),
        (
            lambda: threshold(1.0, classes=(0, 1, 2)),
            ValueError,
            "classes is (0, 1, 2); wanted two, such as (0, 1) or (-1, 1)",
        ),
    ],
)
def test_what_cannot_be_encoded_or_decided_is_refused(call, error, message):
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value).startswith(message)


def test_losses_with_an_output_for_each_class_take_a_class():
    taking = {name for name in losses.__all__ if name != "Loss" and takes_class(getattr(losses, name))}
    assert taking == {"cross_entropy", "negative_log_likelihood", "indicator_error", "margin"}


def test_settings_and_wrappers_do_not_hide_that_a_loss_takes_a_class():
    inner = functools.partial(losses.margin, rho=0.5)
    inner.__name__ = "half margin"  # a partial with attributes stays one inside another
    assert takes_class(functools.partial(inner))
    assert not takes_class(functools.partial(losses.squared_error, factor=0.5))

    @functools.wraps(losses.cross_entropy)
    def weighted(output, target):
        return 2.0 * losses.cross_entropy(output, target)

    assert takes_class(weighted)
    assert not takes_class(lambda output, target: output)

    @class_loss
    def own(output, target):
        return -output[target]

    assert takes_class(own)


def test_a_loss_takes_the_indicator_wherever_it_takes_the_class():
    output = [Value(0.5), Value(0.3), Value(0.2)]
    for name in ("cross_entropy", "negative_log_likelihood", "indicator_error"):
        loss = getattr(losses, name)
        assert loss(output, 2).data == loss(output, indicator(2, 3)).data
    for c in range(3):
        index, vector = (losses.margin(output, target, rho=0.5).data for target in (c, indicator(c, 3)))
        assert index == vector
