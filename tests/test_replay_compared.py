"""What a recording cannot see, a comparison with eager work does: then that is what is done."""

import math
import random

import numpy as np
import pandas as pd
import pytest

from nn import MLP, SGD, Module, evaluate, fit, losses
from nn.recording import outputs


def engines(make, **options):
    """The losses of the eager engine and of the one that is chosen, and the reason for that one."""
    rows = [[0.1 * i, math.sin(i)] for i in range(40)]
    columns = {}
    for engine in ("eager", "auto"):
        model, loss, targets = make(rows)
        history = fit(model, rows, targets, loss=loss, epochs=3, engine=engine, **options)
        columns[engine] = {name: history[name] for name in history.columns if name.endswith("loss")}
    return columns["eager"], columns["auto"], history.engine


def test_a_weight_that_is_looked_up_by_the_target_is_noticed():
    def weighted(output, target):
        return {7.0: 10.0}.get(target, 1.0) * (output - target) ** 2

    def make(rows):
        return MLP(2, [3, 1], seed=0), weighted, [float(i % 10) for i in range(40)]

    eager, auto, reason = engines(make, clip_norm=1.0)
    assert eager == auto
    assert "looked up in a set or a dict" in reason


@pytest.mark.parametrize("p", [0.0, 0.1])
def test_noise_of_a_model_s_own_is_noticed_beside_dropout(p):
    class Noisy(Module):
        def __init__(self):
            self.inner = MLP(2, [4, 1], "tanh", seed=0, dropout=p)
            self.random = random.Random(1)

        def __call__(self, x):
            return self.inner([xi + self.random.gauss(0.0, 1.0) for xi in x] if self.training else x)

    _, _, reason = engines(lambda rows: (Noisy(), losses.squared_error, [x[0] for x in rows]))
    assert reason.startswith("eager: ")
    assert "drawn at random" in reason


def test_a_change_of_what_eval_gives_is_noticed_in_the_validation_loss():
    class Scaled(Module):
        def __init__(self):
            self.inner, self.scale = MLP(2, [4, 1], "tanh", seed=1), 1.0

        def __call__(self, x):
            y = self.inner(x)
            return y if self.training else y * self.scale

    rows = [[0.1 * i, math.sin(i)] for i in range(40)]
    targets = [x[0] for x in rows]
    model, found = Scaled(), []

    def halve(training):
        found.append(evaluate(model, rows, targets, loss=losses.squared_error)["loss"])
        model.scale *= 0.5

    history = fit(
        model, rows, targets, loss=losses.squared_error, epochs=4, validation=(rows, targets), callbacks=[halve]
    )
    assert history["validation_loss"] == pytest.approx(found, rel=1e-12)
    assert history.engine.startswith("eager, after a tape: the loss of example")


def test_examples_that_are_changed_in_place_are_noticed_in_their_turn():
    rows = np.array([[0.1 * i, math.sin(i)] for i in range(8)])
    targets = [float(x[0]) for x in rows]

    def change(training):
        rows[1:] += 0.5  # the first is as it was

    history = fit(
        MLP(2, [1], seed=0), rows, targets, loss=losses.squared_error, epochs=3, shuffle=False, callbacks=[change]
    )
    assert "the loss of example 1 is" in history.engine


def test_outputs_of_a_model_that_draws_for_itself_are_drawn_for_each_input():
    noise = random.Random(0)
    found = outputs(lambda x: x[0] + noise.gauss(0.0, 1.0), [[1.0]] * 4)
    assert len(set(found.tolist())) == 4


def test_outputs_of_a_function_that_looks_its_input_up_are_those_of_the_function():
    found = outputs(lambda x: x[0] * (10.0 if x[0] in {1.0, 3.0} else 1.0), [[2.0], [1.0], [3.0]])
    assert found.tolist() == [2.0, 10.0, 30.0]


@pytest.mark.parametrize(
    ("inputs", "error", "message"),
    [
        ([], ValueError, "there are no inputs"),
        (np.zeros((0, 2)), ValueError, "there are no inputs"),
        (pd.DataFrame({"a": [1.0], "b": [2.0]}), TypeError, "to_numpy"),
        ("abc", TypeError, "a list of examples"),
    ],
)
def test_outputs_of_what_is_no_list_of_inputs_is_an_error_that_says_so(inputs, error, message):
    with pytest.raises(error, match=message):
        outputs(MLP(2, [1]), inputs)


def test_measuring_leaves_every_module_in_its_own_mode():
    model = MLP(2, [3, 1], dropout=0.5, seed=0)
    for training in (False, True):
        model.train(not training)
        model.dropout.train(training)
        evaluate(model, [[1.0, 2.0]], [1.0], loss=losses.squared_error)
        assert (model.training, model.dropout.training) == (not training, training)


class Frozen(Module):
    """A part stays in eval() whatever is said, as a class that makes train() its own says."""

    def __init__(self):
        self.inner = MLP(2, [4, 1], "tanh", seed=0)
        self.fixed = MLP(2, [3, 2], "tanh", seed=1, dropout=0.5)
        self.scale = 1.0

    def train(self, mode=True):
        super().train(mode)
        self.fixed.train(False)
        self.scale = 2.0 if mode else 1.0
        return self

    def __call__(self, x):
        return self.inner(self.fixed(x)) * self.scale


def test_a_train_of_a_model_s_own_is_what_switches_modes():
    rows = [[0.1 * i, 0.3 - 0.05 * i] for i in range(10)]
    targets = [0.1 * i for i in range(10)]
    found = []
    for engine in ("eager", "tape"):
        model = Frozen()
        history = fit(
            model,
            rows,
            targets,
            loss=losses.squared_error,
            optimizer=SGD(model.parameters(), lr=0.01),
            epochs=3,
            validation=(rows, targets),
            engine=engine,
        )
        found.append([*history["loss"], *history["validation_loss"]])
        model.eval()
        by_hand = sum((model(x).data - t) ** 2 for x, t in zip(rows, targets, strict=True)) / 10
        assert history["validation_loss"][-1] == pytest.approx(by_hand, rel=1e-12)
        model.train()
        assert evaluate(model, rows, targets, loss=losses.squared_error)["loss"] == pytest.approx(by_hand, rel=1e-12)
        assert (model.training, model.scale, model.fixed.training) == (True, 2.0, False)
    assert found[0] == pytest.approx(found[1], rel=1e-12)
