"""Accuracy: the decision that an output stands for, against whatever a loss takes as its target."""

import math
from functools import partial

import numpy as np
import pytest

from autograd import Value
from nn import MLP, data, evaluate, fit, losses, outputs
from nn.metrics import accuracy


@pytest.mark.parametrize(
    ("output", "target", "expected"),
    [
        (Value(0.1), 1, 1.0),
        (Value(0.1), 0, 0.0),
        (Value(0.1), -1, 0.0),
        (Value(-0.1), -1, 1.0),
        (Value(-0.1), 0.0, 1.0),
        (-0.1, 1.0, 0.0),
        (0.0, 0, 1.0),  # on the threshold: the first class, as scikit-learn decides
        (0.0, -1.0, 1.0),
        (2, True, 1.0),
        (np.float64(2.0), np.False_, 0.0),
        (np.float64(2.0), np.int64(1), 1.0),
        ([Value(0.5), Value(2.0), Value(-1.0)], 1, 1.0),
        ([Value(0.5), Value(2.0), Value(-1.0)], 0, 0.0),
        ([0.5, 2.0, -1.0], [0, 1, 0], 1.0),
        ((0.5, 2.0, -1.0), (0.0, 0.0, 1.0), 0.0),
        (np.array([0.5, 2.0]), np.array([0.0, 1.0]), 1.0),
        ([1.0, 1.0], 0, 1.0),  # the first of equal ones
        ([1.0, 1.0], np.int64(1), 0.0),
        ([0.1, 0.7, 0.2], [0.3, 0.4, 0.3], 1.0),  # probabilities: their most probable class
    ],
)
def test_an_output_decides_for_a_class_and_is_right_or_not(output, target, expected):
    found = accuracy(output, target)
    assert (found, type(found)) == (expected, float)


def test_a_probability_is_compared_with_a_half():
    of_probability = partial(accuracy, at=0.5)
    assert [of_probability(p, 1) for p in (0.4, 0.5, 0.6)] == [0.0, 0.0, 1.0]
    assert [accuracy(math.log(p / (1.0 - p)), 1) for p in (0.4, 0.5, 0.6)] == [0.0, 0.0, 1.0]  # of their logits


@pytest.mark.parametrize(
    ("output", "target", "error", "message"),
    [
        (1.0, 2, ValueError, "accuracy: the target must be one of two classes, 0 or 1, or -1 or 1, not 2"),
        (1.0, 0.5, ValueError, "accuracy: the target must be one of two classes, 0 or 1, or -1 or 1, not 0.5"),
        (1.0, "a", ValueError, "not 'a'; number the classes: names = sorted"),
        (1.0, [0, 1], ValueError, "accuracy: the target must be one of two classes"),
        ([1.0, 2.0], 2, ValueError, "accuracy: the target must be the index of a class, an int from 0 to 1, not 2"),
        ([1.0, 2.0], -1, ValueError, "accuracy: the target must be the index of a class, an int from 0 to 1, not -1"),
        ([1.0, 2.0], 1.0, ValueError, "not 1.0; make them ints: [int(t) for t in targets]"),
        ([1.0, 2.0], [0, 0, 1], ValueError, "accuracy: 2 outputs but 3 targets; each output needs its target"),
        ([1.0], 1, ValueError, "for a single output there is the output itself, without a list"),
        ("a", 1, TypeError, "threshold needs a Value or a number for each output, not 'a', a str"),
        (None, 1, TypeError, "threshold needs a Value or a number for each output, not None"),
    ],
)
def test_what_is_no_decision_or_no_class_is_refused(output, target, error, message):
    with pytest.raises(error) as caught:
        accuracy(output, target)
    assert message in str(caught.value)


@pytest.mark.parametrize("engine", ["eager", "tape"])
@pytest.mark.parametrize(
    ("made", "loss", "as_targets"),
    [
        (data.moons, losses.binary_cross_entropy_with_logits, list),
        (data.moons, losses.hinge, lambda targets: [2 * t - 1 for t in targets]),
        (data.blobs, losses.cross_entropy, list),
        (data.blobs, losses.cross_entropy, lambda targets: np.eye(3)[targets].tolist()),
    ],
    ids=["logit", "sign", "index", "indicator"],
)
def test_the_means_in_training_are_those_of_numpy_s_decisions(engine, made, loss, as_targets):
    few = made(30, seed=0)
    targets, classes = as_targets(few.targets), np.array(few.targets)
    model = MLP(2, [4, 1 if few.n_classes == 2 else 3], "tanh", seed=0)
    settings = {"loss": loss, "metrics": {"accuracy": accuracy}}

    def by_numpy():
        found = outputs(model, few.inputs)
        return float(np.mean((found > 0 if found.ndim == 1 else found.argmax(axis=1)) == classes))

    wanted = by_numpy()
    validation = (few.inputs, targets)
    history = fit(
        model, few.inputs, targets, epochs=3, batch_size=None, validation=validation, engine=engine, **settings
    )
    assert history["accuracy"][0] == pytest.approx(wanted, rel=1e-12)
    assert history["validation_accuracy"][-1] == pytest.approx(by_numpy(), rel=1e-12)
    assert evaluate(model, few.inputs, targets, **settings)["accuracy"] == pytest.approx(by_numpy(), rel=1e-12)


@pytest.mark.parametrize(
    ("output", "targets"),
    [
        (math.nan, (0, 1, -1)),
        (Value(math.nan), (0, 1)),
        ([1.0, math.nan], (0, 1)),
        ([Value(math.nan), Value(1.0)], (0, 1)),
    ],
)
def test_a_nan_is_no_decision(output, targets):
    assert [accuracy(output, target) for target in targets] == [0.0] * len(targets)
