"""Dropout: which units are dropped, by how much the others grow, and what is left of it outside training."""

import copy
import pickle
import random

import pytest

from autograd import Value, total
from nn import MLP, SGD, evaluate, fit, losses
from nn.dropout import Dropout


def ones(n):
    return [Value(1.0) for _ in range(n)]


def data(values):
    return [x.data for x in values]


@pytest.mark.parametrize("p", [0.1, 0.25, 0.5, 0.9])
def test_units_are_dropped_one_by_one_and_the_others_grow(p):
    draws = random.Random(7)
    expected = [0.0 if draws.random() < p else 3.0 / (1.0 - p) for _ in range(50)]
    outputs = Dropout(p, seed=7)([Value(3.0) for _ in range(50)])
    assert data(outputs) == pytest.approx(expected, rel=1e-15)
    assert len(set(data(outputs))) == 2


def test_each_output_keeps_its_expectation():
    # The mean of n factors has standard deviation sqrt(p / (1 - p) / n) = 0.0087 here: five of them.
    dropout = Dropout(0.6, seed=0)
    assert sum(data(dropout(ones(20000)))) / 20000 == pytest.approx(1.0, abs=5 * 0.0087)


def test_a_dropped_unit_gets_no_gradient_and_the_others_their_factor():
    x = [Value(float(k)) for k in range(1, 21)]
    y = Dropout(0.75, seed=1)(x)
    total(y).backward()
    assert [xi.grad for xi in x] == [yi.data / xi.data for xi, yi in zip(x, y, strict=True)]
    assert {xi.grad for xi in x} == {0.0, 4.0}


def test_nothing_happens_outside_training():
    x = ones(5)
    dropout = Dropout(0.5, seed=0)
    state = dropout.random.getstate()
    assert dropout.eval()(x) == x
    assert dropout(x[0]) is x[0]
    assert dropout.random.getstate() == state
    assert data(dropout.train()(x)) != data(x)


def test_probabilities_at_the_ends():
    x = ones(5)
    assert Dropout(0.0)(x) == x
    assert data(Dropout(1.0)(x)) == [0.0] * 5  # not 0 / 0
    assert data(Dropout(1)(x)) == [0.0] * 5
    assert Dropout().p == 0.5


def test_one_value_gives_one_value():
    draws = random.Random(3)
    dropout = Dropout(0.5, seed=3)
    outputs = [dropout(Value(1.0)) for _ in range(20)]
    assert data(outputs) == [0.0 if draws.random() < 0.5 else 2.0 for _ in range(20)]


def test_each_call_draws_anew_and_leaves_the_global_generator_alone():
    state = random.getstate()
    one, again = Dropout(0.5, seed=4), Dropout(0.5, seed=4)
    first, second = data(one(ones(30))), data(one(ones(30)))
    assert first != second
    assert [data(again(ones(30))) for _ in range(2)] == [first, second]
    assert random.getstate() == state


def test_a_recording_can_draw_each_factor_anew(monkeypatch):
    # What `drawn` is given, a tape calls again for each row: unit by unit, the factors that the rows have one by one.
    seen = []
    monkeypatch.setattr("nn.dropout.drawn", lambda draw: seen.append(draw) or Value(draw()))
    Dropout(0.5, seed=6)(ones(4))
    assert len(seen) == 4
    draws = random.Random(6)
    draws_of_rows = [0.0 if draws.random() < 0.5 else 2.0 for _ in range(4 + 4)]
    assert [draw() for draw in seen] == draws_of_rows[4:]


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])  # noqa: S301
def test_a_copy_draws_what_the_original_would_have_drawn(copied):
    dropout = Dropout(0.5, seed=5)
    dropout(ones(3))
    twin = copied(dropout)
    state = dropout.random.getstate()
    drawn = data(dropout(ones(30)))
    twin.random.setstate(state)  # a shallow copy draws from the same generator
    assert data(twin(ones(30))) == drawn
    if copied is not copy.copy:
        assert twin.random is not dropout.random


@pytest.mark.parametrize(
    ("p", "error", "message"),
    [
        (1.5, ValueError, "p is 1.5; wanted a probability, from 0 to 1"),
        (-0.1, ValueError, "p is -0.1; wanted a probability, from 0 to 1"),
        (float("nan"), ValueError, "p is nan; wanted a probability, from 0 to 1"),
        ("0.5", TypeError, "p is '0.5', a str; wanted a probability, from 0 to 1"),
        (True, TypeError, "p is True, a bool; wanted a probability, from 0 to 1"),
    ],
)
def test_what_is_no_probability_is_refused(p, error, message):
    with pytest.raises(error) as caught:
        Dropout(p)
    assert str(caught.value) == message
    with pytest.raises(error) as caught:
        MLP(2, [3, 1], dropout=p)
    assert str(caught.value) == message.replace("p is", "dropout is", 1)


@pytest.mark.parametrize("x", [3.0, "ab", None])
def test_what_is_no_list_is_refused(x):
    for dropout in (Dropout(), Dropout().eval()):
        with pytest.raises(TypeError, match=f"^Dropout takes a Value or a list of Values, not {type(x).__name__}"):
            dropout(x)


# --- in a network ---------------------------------------------------------------------------------------------------


def test_a_network_drops_the_outputs_of_its_hidden_layers_and_no_others():
    # All weights 1, biases 0, inputs 1: each hidden layer of 4 gives 2 f, then the sum of those times f', and so on.
    model = MLP(2, [4, 3, 2], "relu", seed=random.Random(9), init=lambda *_: 1.0, dropout=0.5)
    draws = random.Random(9)
    for _ in range(10):
        factors = [0.0 if draws.random() < 0.5 else 2.0 for _ in range(4 + 3)]
        expected = sum(factors[4:]) * 2.0 * sum(factors[:4])
        assert data(model([1.0, 1.0])) == [expected, expected]
    assert data(model.eval()([1.0, 1.0])) == [24.0, 24.0]


def test_dropout_changes_neither_weights_nor_names():
    plain, dropped = MLP(3, [5, 2], seed=1), MLP(3, [5, 2], seed=1, dropout=0.5)
    assert plain.state_dict() == dropped.state_dict()
    assert data(plain([1.0, 2.0, 3.0])) == data(dropped.eval()([1.0, 2.0, 3.0]))


def test_one_line_says_it():
    assert repr(MLP(2, [4, 1], dropout=0.25)) == "MLP(2 -> 4 relu -> 1 linear, dropout 0.25, 17 parameters)"
    assert repr(MLP(2, [4, 1])) == "MLP(2 -> 4 relu -> 1 linear, 17 parameters)"
    assert repr(Dropout(0.1)) == "Dropout(0.1)"


def test_training_drops_and_measuring_does_not():
    inputs, targets = [[0.0], [1.0], [2.0]], [0.0, 1.0, 2.0]
    model = MLP(1, [8, 1], seed=0, dropout=0.5)
    twin = MLP(1, [8, 1], seed=0)
    assert evaluate(model, inputs, targets, loss=losses.squared_error) == evaluate(
        twin, inputs, targets, loss=losses.squared_error
    )
    for network in (model, twin):
        fit(
            network,
            inputs,
            targets,
            loss=losses.squared_error,
            optimizer=SGD(network.parameters(), lr=0.01),
            epochs=1,
            progress=False,
        )
    assert not model.training
    assert model.state_dict() != twin.state_dict()


def test_the_same_seed_trains_the_same_network():
    def trained(network):
        for _ in range(3):
            network.zero_grad()
            network([1.0, -1.0]).backward()
            SGD(network.parameters(), lr=0.1).step()
        return network.state_dict()

    model, again, other = (MLP(2, [6, 1], seed=seed, dropout=0.5) for seed in (1, 1, 2))
    twin = copy.deepcopy(model)
    assert trained(model) == trained(again) == trained(twin) != trained(other)
