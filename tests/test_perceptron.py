"""The perceptron's rule against runs by hand, Novikoff's bound, its criterion, and data that no line separates."""

import copy
import math
import pickle
import random

import numpy as np
import pytest

from autograd import Value, total
from nn import losses
from nn.perceptron import LearningRecord, Perceptron, Update
from nn.separability import is_certificate

CORNERS = [[0, 0], [0, 1], [1, 0], [1, 1]]
AND, OR, XOR = [-1, -1, -1, 1], [-1, 1, 1, 1], [-1, 1, 1, -1]


def line(perceptron):
    return [w.data for w in perceptron.w], perceptron.b.data


def test_or_is_learnt_as_by_hand():
    # The samples are s0 = 00, s1 = 01, s2 = 10, s3 = 11; after each update, (w1, w2; theta):
    # epoch 1: s0 (0 0; -1), s1 (0 1; 0), s2 (1 1; 1)    epoch 2: s0 (1 1; 0)
    # epoch 3: s0 (1 1; -1), s1 (1 2; 0)                 epoch 4: s0 (1 2; -1), s2 (2 2; 0)
    # epoch 5: s0 (2 2; -1)                              epoch 6: none is wrong
    perceptron = Perceptron(2)
    record = perceptron.learn(CORNERS, OR)
    assert [(u.epoch, u.sample, *u.new_weights, u.new_threshold) for u in record.updates] == [
        (1, 0, 0, 0, -1),
        (1, 1, 0, 1, 0),
        (1, 2, 1, 1, 1),
        (2, 0, 1, 1, 0),
        (3, 0, 1, 1, -1),
        (3, 1, 1, 2, 0),
        (4, 0, 1, 2, -1),
        (4, 2, 2, 2, 0),
        (5, 0, 2, 2, -1),
    ]
    assert (record.epochs, record.separated, record.separable, record.certificate) == (6, True, True, None)
    assert line(perceptron) == ([2.0, 2.0], -1.0)
    assert [perceptron.predict(x) for x in CORNERS] == OR


def test_and_is_learnt_as_by_hand():
    # epoch 1: s0 (0 0; -1), s3 (1 1; 0)                 epoch 2: s0 (1 1; -1), s1 (1 0; -2), s3 (2 1; -1)
    # epoch 3: s1 (2 0; -2), s2 (1 0; -3), s3 (2 1; -2)  epoch 4: s2 (1 1; -3), s3 (2 2; -2)
    # epoch 5: s1 (2 1; -3), s3 (3 2; -2)                epoch 6: s1 (3 1; -3), s2 (2 1; -4), s3 (3 2; -3)
    # epoch 7: s2 (2 2; -4), s3 (3 3; -3)                epoch 8: s1 (3 2; -4)    epoch 9: none is wrong
    perceptron = Perceptron(2)
    record = perceptron.learn(CORNERS, AND)
    samples = "03 013 123 23 13 123 23 1".split()
    assert [(u.epoch, u.sample) for u in record.updates] == [
        (epoch, int(sample)) for epoch, wrong in enumerate(samples, 1) for sample in wrong
    ]
    assert repr(record) == "LearningRecord(separated after 18 updates in 9 epochs)"
    assert line(perceptron) == ([3.0, 2.0], -4.0)


def test_the_record_is_a_chain_of_lines():
    perceptron = Perceptron(2, init="uniform", seed=3)
    start = line(perceptron)
    updates = perceptron.learn(CORNERS, AND).updates
    assert all(isinstance(update, Update) for update in updates)
    ends = [(list(u.new_weights), u.new_threshold) for u in updates]
    assert [(list(u.weights), u.threshold) for u in updates] == [start, *ends[:-1]]
    assert ends[-1] == line(perceptron)
    for u in updates:
        x, t = CORNERS[u.sample], AND[u.sample]
        assert (np.dot(u.weights, x) + u.threshold) * t <= 0
        assert list(u.new_weights) == [w + t * xj for w, xj in zip(u.weights, x, strict=True)]
        assert u.new_threshold == u.threshold + t


def test_a_sample_on_the_line_counts_as_wrong():
    for target in (-1, 1):
        perceptron = Perceptron(1)
        perceptron.load_state_dict({"w.0": 1.0, "b": -2.0})
        assert perceptron.predict([2.0]) == 0
        record = perceptron.learn([[2.0]], [target])
        assert record.updates[0] == (1, 0, (1.0,), -2.0, (1.0 + 2.0 * target,), -2.0 + target)
        assert perceptron.predict([2.0]) == target


def test_xor_is_proven_inseparable():
    # From (0 0; 0): s0 (0 0; -1), s1 (0 1; 0), s2 (1 1; 1), s3 (0 0; 0): epoch 2 would begin as epoch 1 did.
    # Each sample once: -(0, 0, 1) + (0, 1, 1) + (1, 0, 1) - (1, 1, 1) = 0.
    record = Perceptron(2).learn(CORNERS, XOR)
    assert (record.epochs, record.separated, record.repeats, record.separable) == (1, False, True, False)
    assert record.certificate == (1, 1, 1, 1)
    assert is_certificate(record.certificate, CORNERS, XOR)
    assert str(record) == "not separated after 4 updates in 1 epoch, and proven: no line separates these samples"


@pytest.mark.parametrize("seed", range(5))
def test_the_proof_holds_from_any_start(seed):
    perceptron = Perceptron(3, seed=seed, init=lambda rng, *_: float(rng.randint(-9, 9)))
    inputs = [[x1, x2, x3] for x1 in (-1, 1) for x2 in (-1, 1) for x3 in (-1, 1)]
    parity = [math.prod(x) for x in inputs]
    record = perceptron.learn(inputs, parity)
    assert record.separable is False
    assert is_certificate(record.certificate, inputs, parity)


def test_the_same_point_in_both_classes_is_proven_inseparable():
    assert Perceptron(1).learn([[0.3], [0.3]], [1, -1]).separable is False


def test_too_few_epochs_leave_it_open():
    record = Perceptron(2).learn(CORNERS, AND, max_epochs=3)
    assert (len(record.updates), record.epochs, record.separated, record.separable) == (8, 3, False, None)
    assert str(record) == (
        "not separated after 8 updates in 3 epochs; nn.separability.certificate decides whether a line can"
    )


def test_learning_goes_on_from_where_it_stopped():
    perceptron = Perceptron(2)
    first = perceptron.learn(CORNERS, AND, max_epochs=3)
    second = perceptron.learn(CORNERS, AND)
    assert len(first.updates) + len(second.updates) == 18
    assert first.epochs + second.epochs == 9


def test_a_repetition_that_rounding_has_made_proves_nothing():
    # 1e17 + 1 and 1e17 - 1 are both 1e17 to a float: the weights repeat themselves, but a line does separate -1 and 1.
    perceptron = Perceptron(1)
    perceptron.load_state_dict({"w.0": -1e17, "b": 0.0})
    record = perceptron.learn([[-1.0], [1.0]], [-1, 1])
    assert (record.separated, record.repeats, record.certificate, record.separable) == (False, True, None, None)
    assert "; the weights repeat themselves, but are rounded; " in str(record)


def test_a_separation_that_rounding_has_made_proves_nothing():
    # As a float 0.1 * 0.1 is 8e-19 too large: w.x + theta is 1e-19 for the neuron, but -7e-19 in truth.
    perceptron = Perceptron(2)
    perceptron.load_state_dict({"w.0": 0.1, "w.1": -1.0, "b": 1e-19})
    record = perceptron.learn([[0.1, 0.1 * 0.1]], [1])
    assert (record.separated, record.separable) == (True, None)
    assert str(record) == "separated after 0 updates in 1 epoch, but only as floats are rounded"


@pytest.mark.parametrize("seed", range(8))
def test_the_updates_are_within_novikoffs_bound(seed):
    # With unit u and gamma = min t u.(x, 1): from zero at most (R / gamma)^2 updates, R = max |(x, 1)|.
    rng = random.Random(seed)
    u = np.array([rng.gauss(0, 1) for _ in range(4)])
    u /= np.linalg.norm(u)
    samples = [[rng.uniform(-1, 1) for _ in range(3)] for _ in range(60)]
    samples = [x for x in samples if abs(u @ [*x, 1.0]) > 0.1]
    targets = [int(np.sign(u @ [*x, 1.0])) for x in samples]
    gamma = min(abs(u @ [*x, 1.0]) for x in samples)
    radius = max(np.linalg.norm([*x, 1.0]) for x in samples)
    perceptron = Perceptron(3)
    record = perceptron.learn(samples, targets)
    assert record.separated
    assert 0 < len(record.updates) <= (radius / gamma) ** 2
    assert [perceptron.predict(x) for x in samples] == targets


def test_novikoffs_bound_is_met_where_it_is_known_by_hand():
    # Samples 1 and -1, targets 1 and -1: (x, 1) t = (1, 1) and (1, -1); u = (1, 0), gamma = 1, R^2 = 2: two updates.
    perceptron = Perceptron(1)
    assert len(perceptron.learn([[1.0], [-1.0]], [1, -1]).updates) == 2
    assert line(perceptron) == ([2.0], 0.0)


def test_an_update_is_a_step_of_gradient_descent_on_the_criterion():
    perceptron = Perceptron(2, init="uniform", seed=1)
    updates = perceptron.learn(CORNERS, AND).updates
    off_the_line = [u for u in updates if np.dot(u.weights, CORNERS[u.sample]) + u.threshold != 0.0]
    assert len(off_the_line) > 5
    for u in off_the_line:  # on it the criterion has a kink, and the rule takes the slope of the wrong side
        perceptron.load_state_dict({"w.0": u.weights[0], "w.1": u.weights[1], "b": u.threshold})
        perceptron.zero_grad()
        output = perceptron(CORNERS[u.sample])
        loss = losses.perceptron(output, AND[u.sample])
        assert loss.data == -output.data * AND[u.sample] > 0.0
        loss.backward()
        assert [p.data - 1.0 * p.grad for p in perceptron.parameters()] == [*u.new_weights, u.new_threshold]


def test_counting_errors_instead_teaches_nothing():
    perceptron = Perceptron(2)
    perceptron.load_state_dict({"w.0": 0.5, "w.1": -0.25, "b": 0.125})  # right on 10 alone: 00 and 11 lie above
    errors = total([(1.0 - t * y.sign()) / 2.0 for t, y in zip(XOR, map(perceptron, CORNERS), strict=True)])
    assert errors.data == 3.0
    errors.backward()
    assert [p.grad for p in perceptron.parameters()] == [0.0, 0.0, 0.0]


def test_the_output_is_linear_and_only_the_decision_is_a_sign():
    perceptron = Perceptron(2)
    perceptron.load_state_dict({"w.0": 2.0, "w.1": -1.0, "b": 0.5})
    output = perceptron([3.0, 1.0])
    assert isinstance(output, Value)
    assert output.data == 5.5
    output.backward()
    assert [p.grad for p in perceptron.parameters()] == [3.0, 1.0, 1.0]
    assert [perceptron.predict(x) for x in ([3.0, 1.0], [0.0, 1.0], [0.0, 0.5])] == [1, -1, 0]
    assert perceptron.theta is perceptron.b
    assert list(perceptron.state_dict()) == ["w.0", "w.1", "b"]
    assert repr(perceptron) == "Perceptron(2 inputs)"


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])  # noqa: S301
def test_a_copy_learns_by_itself(copied):
    perceptron = Perceptron(2)
    twin = copied(perceptron)
    record = copied(twin.learn(CORNERS, OR))
    assert isinstance(record, LearningRecord)
    assert (line(twin), line(perceptron)) == (([2.0, 2.0], -1.0), ([0.0, 0.0], 0.0))


def test_arrays_are_samples_too():
    record = Perceptron(2).learn(np.array(CORNERS), np.array(OR))
    assert record == Perceptron(2).learn(CORNERS, OR)
    assert {type(x) for u in record.updates for x in (*u.weights, u.new_threshold)} == {float}


@pytest.mark.parametrize(
    ("inputs", "targets", "error", "message"),
    [
        (CORNERS, [0, 1, 1, 1], ValueError, "targets[0] is 0; wanted -1 or 1: of classes 0 and 1 make them by 2 * t"),
        (CORNERS, [True, -1, 1, 1], ValueError, "targets[0] is True; wanted -1 or 1"),
        (CORNERS, [-1, -1, "1", 1], ValueError, "targets[2] is '1'; wanted -1 or 1"),
        (CORNERS, [-1, 1, math.nan, 1], ValueError, "targets[2] is nan"),
        (CORNERS, [-1, 1, 1], ValueError, "4 inputs but 3 targets; each example needs both"),
        ([], [], ValueError, "there are no examples"),
        ([[1.0], [2.0]], [1, -1], ValueError, "Perceptron takes 2 numbers, but the samples have 1"),
        ([[1.0, 2.0], [2.0]], [1, -1], ValueError, "inputs[0] has 2 numbers, but inputs[1] has 1"),
        ([[1.0, math.nan]], [1], ValueError, "inputs[0], column 1, is nan; wanted finite numbers"),
        ([[1.0, "x"]], [1], TypeError, "inputs[0], column 1, is 'x', a str; wanted a number"),
        ([1.0, 2.0], [1, -1], TypeError, "inputs[0] is 1.0, a float; wanted a list of numbers"),
        (["ab"], [1], TypeError, "inputs[0] is 'ab', a str; wanted a list of numbers"),
    ],
)
def test_samples_that_cannot_be_learnt_change_nothing(inputs, targets, error, message):
    perceptron = Perceptron(2)
    with pytest.raises(error) as caught:
        perceptron.learn(inputs, targets)
    assert str(caught.value).startswith(message)
    assert line(perceptron) == ([0.0, 0.0], 0.0)


@pytest.mark.parametrize(("max_epochs", "error"), [(0, ValueError), (1.5, TypeError), (True, TypeError)])
def test_epochs_are_a_whole_number(max_epochs, error):
    with pytest.raises(error, match=rf"^max_epochs is {max_epochs}.*; wanted an int of at least 1"):
        Perceptron(2).learn(CORNERS, OR, max_epochs=max_epochs)


def test_weights_beyond_the_floats_are_refused():
    perceptron = Perceptron(2)
    perceptron.load_state_dict({"w.0": 1.5e308, "w.1": -1e308, "b": 0.0})
    with pytest.raises(FloatingPointError, match="a weight is beyond the floats; scale the inputs"):
        perceptron.learn([[1e308, 1e308]], [1])
