"""`fit` and `evaluate`: what is met, measured, shown and restored, and what is refused."""

import collections
import gc
import math
import os
import pty
import random
import sys
import termios

import numpy as np
import pytest

from autograd import Value
from nn import MLP, SGD, History, Module, evaluate, fit
from nn.losses import hinge, squared_error


class Line(Module):
    """y = slope x, and a note of every x that it was given in training."""

    def __init__(self, slope=0.0):
        self.slope = Value(slope)
        self.met = []

    def __call__(self, x):
        if self.training:
            self.met.append(x)
        return self.slope * x


XS = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]


def train(model, xs=XS, **settings):
    settings = {"loss": squared_error, "optimizer": SGD(model.parameters(), lr=1e-3), "epochs": 3} | settings
    return fit(model, xs, [3.0 * x for x in xs], **settings)


# --- Batches


@pytest.mark.parametrize("batch_size", [1, 2, 3, 7, 100, None])
def test_every_example_is_met_once_in_an_epoch(batch_size):
    model = Line()
    train(model, batch_size=batch_size, epochs=4)
    epochs = [model.met[first : first + 7] for first in range(0, 28, 7)]
    assert len(model.met) == 28
    assert all(sorted(epoch) == XS for epoch in epochs)
    assert len(set(map(tuple, epochs))) > 1  # a new order in each


def test_a_step_descends_the_mean_of_its_batch():
    # Batches (1, 2) and (3): the derivative of the mean of (s x - 3 x)^2 is the mean of 2 x^2 (s - 3).
    # s = 0: -(2 + 8) / 2 * 3 = -15, so s = 0.15 with rate 0.01; then 2 * 9 * (0.15 - 3) = -51.3, so s = 0.663.
    model = Line()
    train(model, [1.0, 2.0, 3.0], batch_size=2, epochs=1, shuffle=False, optimizer=SGD(model.parameters(), lr=0.01))
    assert model.slope.data == pytest.approx(0.663, rel=1e-14)
    assert model.met == [1.0, 2.0, 3.0]


def test_the_order_depends_on_the_seed_alone_and_the_global_generator_is_left_alone():
    state = random.getstate()
    models = [Line(), Line(), Line()]
    histories = [train(model, seed=seed) for model, seed in zip(models, (1, 1, 2), strict=True)]
    assert random.getstate() == state
    assert models[0].met == models[1].met != models[2].met
    assert histories[0]["loss"] == histories[1]["loss"]


def test_without_shuffling_the_order_stays():
    model = Line()
    train(model, shuffle=False, epochs=2)
    assert model.met == XS + XS


def test_the_examples_are_left_as_they_were():
    xs = XS.copy()
    train(Line(), xs)
    assert xs == XS


def test_rows_and_targets_may_be_numpys():
    inputs = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    model = MLP(2, [3, 1], "tanh", seed=0)
    history = fit(model, inputs, np.array([1, 1, -1]), loss=hinge, epochs=30)
    assert history["loss"][-1] < history["loss"][0]


# --- What is measured


def test_the_history_holds_the_means_of_every_example_before_its_step():
    # Slope 0, rate 0: outputs 0, targets 3 and 6, losses 9 and 36; of the validation, target 1: loss 1.
    model = Line()
    history = fit(
        model,
        [1.0, 2.0],
        [3.0, 6.0],
        loss=squared_error,
        optimizer=SGD(model.parameters(), lr=0.0),
        epochs=2,
        batch_size=1,
        validation=([5.0], [1.0]),
        metrics={"error": lambda y, t: abs(y.data - t), "big": lambda _, t: t > 5},
    )
    assert history.columns == [
        "epoch",
        "loss",
        "error",
        "big",
        "validation_loss",
        "validation_error",
        "validation_big",
        "seconds",
    ]
    assert history["epoch"] == [1, 2]
    assert (history["loss"], history["error"], history["big"]) == ([22.5] * 2, [4.5] * 2, [0.5] * 2)
    assert (history["validation_loss"], history["validation_error"]) == ([1.0] * 2, [1.0] * 2)
    assert all(seconds > 0.0 for seconds in history["seconds"])
    assert len(history) == len(history.rows) == 2
    assert repr(history).startswith("History(2 epochs; last: loss 22.5, error 4.5, big 0.5, validation_loss 1,")


def test_an_empty_history_says_so():
    assert (repr(History()), History().columns, len(History())) == ("History(0 epochs)", [], 0)
    with pytest.raises(KeyError, match="no column 'loss'; there are none yet"):
        History()["loss"]


def test_a_column_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(KeyError, match="no column 'los'; there are 'epoch', 'loss', 'seconds'; did you mean 'loss'"):
        train(Line())["los"]


def test_the_loss_falls():
    losses = train(Line(), epochs=100)["loss"]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < losses[0] / 100


def test_validation_examples_are_measured_and_never_trained_on():
    one, other = Line(), Line()
    with_validation = train(one, validation=([100.0], [0.0]))
    without = train(other)
    assert 100.0 not in one.met
    assert one.slope.data == other.slope.data
    assert with_validation["loss"] == without["loss"]
    assert with_validation["validation_loss"][-1] == pytest.approx((100.0 * one.slope.data) ** 2, rel=1e-14)


def test_evaluate_measures_and_changes_nothing():
    model = Line(2.0)
    model.slope.grad = 5.0
    found = evaluate(model, [1.0, 2.0], [0.0, 0.0], loss=squared_error, metrics={"half": lambda y, _: y.data / 2})
    assert found == {"loss": 10.0, "half": 1.5}  # (4 + 16) / 2, (1 + 2) / 2
    assert (model.slope.data, model.slope.grad, model.training, model.met) == (2.0, 5.0, True, [])
    assert evaluate(Value, [3.0], [1.0], loss=squared_error) == {"loss": 4.0}


def test_evaluate_restores_the_mode_after_an_error():
    model = Line()
    with pytest.raises(ValueError, match="finite"):
        evaluate(model, [1.0], [math.nan], loss=squared_error)
    assert model.training


def test_a_mean_that_is_beyond_the_floats_is_inf():
    assert evaluate(Line(1.0), [1e154, 1.3e154], [0.0, 0.0], loss=squared_error)["loss"] == math.inf


def test_the_model_is_in_training_mode_while_it_trains_and_measured_and_left_in_the_other():
    model = Line()
    modes = []
    train(model, epochs=1, validation=([9.0], [9.0]), metrics={"mode": lambda *_: modes.append(model.training) or 0.0})
    assert modes == [True] * 7 + [False]
    assert not model.training


def test_without_an_optimizer_sgd_with_momentum_is_taken():
    one, other = Line(), Line()
    fit(one, [0.1, 0.2], [0.3, 0.6], loss=squared_error, epochs=5)
    fit(
        other,
        [0.1, 0.2],
        [0.3, 0.6],
        loss=squared_error,
        epochs=5,
        optimizer=SGD(other.parameters(), lr=0.1, momentum=0.9),
    )
    assert one.slope.data == other.slope.data != 0.0


def test_an_optimizer_may_be_anything_that_steps():
    class Signs:
        """Sign descent; it has a length of 0, which does not make it absent."""

        def __init__(self, parameters):
            self.parameters = parameters

        def __len__(self):
            return 0

        def zero_grad(self):
            for p in self.parameters:
                p.grad = 0.0

        def step(self):
            for p in self.parameters:
                p.data -= math.copysign(0.25, p.grad)

    model = Line()
    train(model, epochs=4, batch_size=None, optimizer=Signs(model.parameters()))
    assert model.slope.data == 1.0


# --- The cyclic collector


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("fails", [True, False])
def test_the_collector_is_paused_and_then_as_it_was(enabled, fails):
    def measured(output, target):
        seen.append(gc.isenabled())
        if fails:
            raise RuntimeError("in the metric")
        return 0.0

    seen = []
    was = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        if fails:
            with pytest.raises(RuntimeError, match="in the metric"):
                train(Line(), metrics={"m": measured})
        else:
            train(Line(), metrics={"m": measured})
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if was else gc.disable)()
    assert not any(seen)


def test_an_interruption_leaves_the_collector_and_the_mode_in_order():
    def interrupt(*_):
        raise KeyboardInterrupt

    model = Line()
    with pytest.raises(KeyboardInterrupt):
        train(model, metrics={"m": interrupt})
    assert gc.isenabled()
    assert not model.training


# --- What is refused


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"inputs": []}, ValueError, "0 inputs but 2 targets; each example needs both"),
        ({"targets": [1.0]}, ValueError, "2 inputs but 1 targets; each example needs both"),
        ({"inputs": [], "targets": []}, ValueError, "there are no examples"),
        ({"validation": ([1.0], [])}, ValueError, "1 inputs but 0 targets"),
        ({"validation": ([], [])}, ValueError, "there are no examples"),
        ({"epochs": 0}, ValueError, "epochs is 0; wanted an int of at least 1"),
        ({"epochs": 1.5}, TypeError, "epochs is 1.5, a float; wanted an int of at least 1"),
        ({"batch_size": 0}, ValueError, "batch_size is 0; wanted an int of at least 1"),
        ({"batch_size": "8"}, TypeError, "batch_size is '8', a str; wanted an int of at least 1"),
        ({"model": abs}, TypeError, "fit trains a Module, which has parameters, not builtin_function_or_method"),
        ({"model": Module()}, ValueError, "SGD was given no parameters"),
        ({"metrics": {"loss": abs}}, ValueError, "the metric 'loss' has the name of a column that fit makes itself"),
        ({"metrics": {"validation_x": abs}}, ValueError, "the metric 'validation_x' has the name of a column"),
        ({"metrics": {"m": lambda y, _: y}}, TypeError, "a Value is not a plain number"),
        ({"targets": [1.0, math.nan]}, ValueError, "targets[1] is nan; wanted finite numbers"),
    ],
)
def test_what_cannot_be_trained_is_refused(arguments, error, message):
    good = {"model": Line(), "inputs": [1.0, 2.0], "targets": [1.0, 2.0], "loss": squared_error}
    with pytest.raises(error) as caught:
        fit(**good | arguments)
    assert str(caught.value).startswith(message)
    assert gc.isenabled()


def test_a_loss_that_diverges_ends_training_before_its_step():
    model = Line(1.0)
    with pytest.raises(FloatingPointError, match=r"^the loss became inf in epoch \d+: training diverges\. Lower the"):
        train(model, epochs=500, batch_size=None, optimizer=SGD(model.parameters(), lr=1e3))
    assert math.isfinite(model.slope.data)


def test_a_parameter_that_diverges_in_the_last_step_is_found():
    model = Line(1.0)
    with pytest.raises(FloatingPointError, match=r"^a parameter became inf in epoch 1: training diverges"):
        train(model, epochs=1, batch_size=None, optimizer=SGD(model.parameters(), lr=1e308))


# --- Progress


def test_nothing_is_shown_where_standard_error_is_no_terminal(capsys):
    train(Line())
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("bar", [True, False])
def test_a_line_for_each_epoch_if_asked_for(capsys, monkeypatch, bar):
    if not bar:
        monkeypatch.setitem(sys.modules, "tqdm", None)
    train(Line(), epochs=10, progress=True, validation=([1.0], [3.0]))
    out, err = capsys.readouterr()
    assert out == ""
    lines = err.splitlines()
    assert len(lines) == 10
    assert lines[0].startswith("epoch  1 of 10   loss ")
    assert "validation loss 3." in lines[-1]


def test_a_terminal_gets_lines_and_a_bar_unless_it_is_told_not_to(monkeypatch):
    def shown(**settings):
        leader, follower = pty.openpty()
        termios.tcsetwinsize(follower, (24, 100))
        with os.fdopen(follower, "w") as terminal:
            monkeypatch.setattr(sys, "stderr", terminal)
            train(Line(), **settings)
            terminal.write("end")
            terminal.flush()
            monkeypatch.undo()
            text = b""
            while not text.endswith(b"end"):
                text += os.read(leader, 4096)
        os.close(leader)
        return text.decode()

    text = shown()
    counts = collections.Counter(word for word in text.split() if word in {"epoch", "loss"})
    assert counts == {"epoch": 3, "loss": 3}
    assert "step" in text
    assert shown(progress=False) == "end"


def test_an_optimizer_of_another_model_is_refused_rather_than_training_nothing():
    model, other = MLP(2, [1], seed=0), MLP(2, [1], seed=0)
    with pytest.raises(ValueError, match="optimizer"):
        fit(model, [[0.0, 1.0]], [1.0], loss=squared_error, optimizer=SGD(other.parameters()))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"validation": 0.2}, "validation .*a pair of inputs and targets"),
        ({"loss": "mse"}, "loss .*a function"),
        ({"loss": lambda y, t: 1.0}, "what the loss returned .*a Value"),
        ({"optimizer": "sgd"}, "optimizer .*zero_grad"),
        ({"optimizer": SGD}, "the class SGD; wanted an instance"),
        ({"metrics": ["accuracy"]}, "metrics .*functions by name"),
    ],
)
def test_a_wrong_argument_is_a_type_error_that_says_what_was_wanted(arguments, said):
    with pytest.raises(TypeError, match=said):
        fit(MLP(2, [1], seed=0), [[0.0, 1.0]], [1.0], **{"loss": squared_error, **arguments})


def test_an_input_that_is_not_finite_is_named_before_training():
    with pytest.raises(ValueError, match=r"inputs\[1\].*nan"):
        fit(MLP(2, [1], seed=0), [[0.0, 1.0], [2.0, math.nan]], [1.0, 1.0], loss=squared_error)


def test_a_history_gives_its_rows():
    history = fit(MLP(1, [1], seed=0), [[0.0], [1.0]], [1.0, 1.0], loss=squared_error, epochs=3)
    assert [row["epoch"] for row in history] == [1, 2, 3]


def test_an_optimizer_says_what_it_is():
    assert repr(SGD(MLP(2, [16, 16, 1]).parameters(), lr=0.1, momentum=0.9)).startswith("SGD(lr=0.1, momentum=0.9")
