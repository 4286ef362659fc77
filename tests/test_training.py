"""`fit` and `evaluate`: what is met, measured, shown and restored, and what is refused."""

import collections
import gc
import math
import os
import pickle
import pty
import random
import signal
import sys
import termios
import threading

import numpy as np
import pytest

from autograd import Value, exp
from nn import MLP, SGD, History, Module, Recurrent, evaluate, fit
from nn import training as training_module
from nn.callbacks import Callback, EarlyStopping
from nn.divergence import DivergenceError, DivergenceWarning
from nn.eager import Eager
from nn.losses import hinge, squared_error
from nn.penalties import l1, l2
from nn.schedules import ReduceLROnPlateau, StepLR


class Line(Module):
    """y = slope x, and a note of every x that it was given in training."""

    def __init__(self, slope=0.0):
        self.slope = Value(slope)
        self.met = []

    def __call__(self, x):
        if self.training:
            self.met.append(x)
        return self.slope * x


class Halving:
    """Half the rate after each epoch."""

    def __init__(self, optimizer):
        self.optimizer = optimizer

    def step(self):
        self.optimizer.lr *= 0.5


class Noting:
    """Notes the metric that it is given."""

    def __init__(self):
        self.given = []

    def step(self, metric):
        self.given.append(metric)


XS = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]


def train(model, xs=XS, **settings):
    settings = {"loss": squared_error, "optimizer": SGD(model.parameters(), lr=1e-3), "epochs": 3} | settings
    return fit(model, xs, [3.0 * x for x in xs], **settings)


# --- Batches


@pytest.mark.parametrize("batch_size", [1, 2, 3, 7, 100, None])
def test_every_example_is_met_once_in_an_epoch(batch_size):
    model = Line()
    train(model, batch_size=batch_size, epochs=4, engine="eager")
    epochs = [model.met[first : first + 7] for first in range(0, 28, 7)]
    assert len(model.met) == 28
    assert all(sorted(epoch) == XS for epoch in epochs)
    assert len(set(map(tuple, epochs))) > 1  # a new order in each


def test_a_step_descends_the_mean_of_its_batch():
    # Batches (1, 2) and (3): the derivative of the mean of (s x - 3 x)^2 is the mean of 2 x^2 (s - 3).
    # s = 0: -(2 + 8) / 2 * 3 = -15, so s = 0.15 with rate 0.01; then 2 * 9 * (0.15 - 3) = -51.3, so s = 0.663.
    model = Line()
    train(
        model,
        [1.0, 2.0, 3.0],
        batch_size=2,
        epochs=1,
        shuffle=False,
        optimizer=SGD(model.parameters(), lr=0.01),
        engine="eager",
    )
    assert model.slope.data == pytest.approx(0.663, rel=1e-14)
    assert model.met == [1.0, 2.0, 3.0]


def test_the_order_depends_on_the_seed_alone_and_the_global_generator_is_left_alone():
    state = random.getstate()
    models = [Line(), Line(), Line()]
    histories = [train(model, seed=seed, engine="eager") for model, seed in zip(models, (1, 1, 2), strict=True)]
    assert random.getstate() == state
    assert models[0].met == models[1].met != models[2].met
    assert histories[0]["loss"] == histories[1]["loss"]


def test_without_shuffling_the_order_stays():
    model = Line()
    train(model, shuffle=False, epochs=2, engine="eager")
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


# --- Ctrl-C


def interrupt(*_):
    raise KeyboardInterrupt


def test_an_interruption_ends_training_with_the_history_so_far_and_the_last_whole_step():
    # Rate 0.1 on 1 -> 3, one at a time: s <- s - 0.1 * 2 (s - 3): 0, 0.6, 1.08, 1.464. The third example is met twice,
    # then, in the second epoch, the interruption comes: five steps were made, 3 (1 - 0.8^5) = 2.01696.
    def measured(_, target):
        seen.append(target)
        if len(seen) == 6:
            raise KeyboardInterrupt
        return 0.0

    seen = []
    model = Line()
    optimizer = SGD(model.parameters(), lr=0.1)
    history = train(model, [1.0, 1.0, 1.0], batch_size=1, optimizer=optimizer, metrics={"m": measured})
    assert (len(history), history.interrupted, history.stopped) == (1, True, "interrupted in epoch 2")
    assert model.slope.data == pytest.approx(2.01696, rel=1e-14)
    assert gc.isenabled()
    assert not model.training


def test_an_interruption_between_epochs_says_after_which():
    history = train(Line(), callbacks=[interrupt])
    assert (len(history), history.stopped) == (1, "interrupted after epoch 1")


class Pair(Module):
    def __init__(self):
        self.a = Value(0.0)
        self.b = Value(0.0)

    def __call__(self, x):
        return self.a * x + self.b


def test_ctrl_c_within_a_step_waits_until_the_step_is_whole():
    class Interrupted(SGD):
        def step(self):
            for p in self.parameters:
                p.data = 1.0
                signal.raise_signal(signal.SIGINT)

    model = Pair()
    handler = signal.getsignal(signal.SIGINT)
    history = train(model, optimizer=Interrupted(model.parameters()))
    assert history.stopped == "interrupted in epoch 1"
    assert (model.a.data, model.b.data) == (1.0, 1.0)
    assert signal.getsignal(signal.SIGINT) is handler


def test_training_works_outside_the_main_thread():
    model = Line()
    thread = threading.Thread(target=train, args=(model,))
    thread.start()
    thread.join()
    assert model.slope.data != 0.0


# --- What is refused


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"inputs": []}, ValueError, "0 inputs but 2 targets; each example needs both"),
        ({"targets": [1.0]}, ValueError, "2 inputs but 1 targets; each example needs both"),
        ({"inputs": [], "targets": []}, ValueError, "there are no examples"),
        ({"validation": ([1.0], [])}, ValueError, "1 validation inputs but 0 validation targets"),
        ({"validation": ([], [])}, ValueError, "there are no validation examples"),
        ({"epochs": 0}, ValueError, "epochs is 0; wanted an int of at least 1"),
        ({"epochs": 1.5}, TypeError, "epochs is 1.5, a float; wanted an int of at least 1"),
        ({"batch_size": 0}, ValueError, "batch_size is 0; wanted an int of at least 1"),
        ({"batch_size": "8"}, TypeError, "batch_size is '8', a str; wanted an int of at least 1"),
        ({"model": abs}, TypeError, "fit trains a Module, which has parameters, not builtin_function_or_method"),
        ({"model": Module()}, ValueError, "SGD was given no parameters"),
        ({"metrics": {"loss": abs}}, ValueError, "the metric 'loss' has the name of a column that fit makes itself"),
        ({"metrics": {"validation_x": abs}}, ValueError, "the metric 'validation_x' has the name of a column"),
        ({"metrics": {"m": lambda y, _: y}}, TypeError, "the metric 'm' returned Value(data="),
        ({"targets": [1.0, math.nan]}, ValueError, "targets[1] is nan; wanted finite numbers"),
    ],
)
def test_what_cannot_be_trained_is_refused(arguments, error, message):
    good = {"model": Line(), "inputs": [1.0, 2.0], "targets": [1.0, 2.0], "loss": squared_error}
    with pytest.raises(error) as caught:
        fit(**good | arguments)
    assert str(caught.value).startswith(message)
    assert gc.isenabled()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"inputs": iter([1.0])}, TypeError, "inputs is <list_iterator"),
        ({"targets": {0: 1.0, 1: 2.0}}, TypeError, "targets is {0: 1.0, 1: 2.0}, a dict; wanted a list of examples"),
        ({"inputs": np.array(1.0)}, TypeError, "inputs is array(1.), an ndarray; wanted a list of examples"),
        ({"validation": (3, [1.0])}, TypeError, "validation inputs is 3, an int; wanted a list of examples"),
        ({"metrics": {"lr": abs}}, ValueError, "the metric 'lr' has the name of a column that fit makes itself"),
        ({"metrics": {"penalty": abs}}, ValueError, "the metric 'penalty' has the name of a column"),
        ({"penalty": 0.01}, TypeError, "penalty is 0.01, a float; wanted a function (parameters) -> Value, such as"),
        ({"penalty": l2}, TypeError, "the coefficient of l2 is [Value("),
        ({"penalty": lambda _: 0.0}, TypeError, "what the penalty returned is 0.0, a float; wanted a Value computed"),
        ({"clip_norm": 0.0}, ValueError, "clip_norm is 0.0; wanted a finite number above 0, or None"),
        ({"clip_value": "1"}, TypeError, "clip_value is '1', a str; wanted a finite number above 0, or None"),
        ({"clip_norm": 1.0, "clip_value": 1.0}, ValueError, "clip_norm and clip_value are both given; wanted one"),
        ({"stop_at": "low"}, TypeError, "stop_at is 'low', a str; wanted a finite number, the cost that is low enough"),
        ({"stop_at": math.nan}, ValueError, "stop_at is nan; wanted a finite number"),
        ({"engine": "jax"}, ValueError, "engine is 'jax'; wanted one of 'auto', 'eager', 'tape'"),
        ({"engine": None}, TypeError, "engine is None, a NoneType; wanted one of 'auto', 'eager', 'tape'"),
        ({"schedule": "step"}, TypeError, "schedule is 'step', a str; wanted something with step(), such as"),
        ({"schedule": Halving}, TypeError, "schedule is the class Halving; wanted an instance of it, such as"),
        ({"callbacks": print}, TypeError, "callbacks is <built-in function print>, a builtin_function_or_method; want"),
        ({"callbacks": None}, TypeError, "callbacks is None, a NoneType; wanted a list, such as callbacks=[nn.Early"),
        ({"callbacks": EarlyStopping()}, TypeError, "callbacks is EarlyStopping(patience=10, "),
        ({"callbacks": [EarlyStopping]}, TypeError, "callbacks[0] is the class EarlyStopping; wanted an instance of"),
        (
            {"callbacks": ["stop"]},
            TypeError,
            "callbacks[0] is 'stop', a str; wanted a function of one argument, an nn.",
        ),
        ({"seed": None}, TypeError, "seed is None, a NoneType; wanted an int"),
        ({"callbacks": [lambda: None]}, TypeError, "callbacks[0] is <function <lambda>>, a function; wanted"),
    ],
)
def test_what_was_asked_for_wrongly_is_refused_before_a_step_is_made(arguments, error, message):
    model = Line()
    good = {"model": model, "inputs": [1.0, 2.0], "targets": [1.0, 2.0], "loss": squared_error}
    with pytest.raises(error) as caught:
        fit(**good | arguments)
    assert str(caught.value).startswith(message)
    assert model.slope.data == 0.0


def test_tables_with_labels_are_refused_since_a_label_is_no_position():
    pandas = pytest.importorskip("pandas")
    targets = pandas.Series([1.0, 2.0], index=[1, 0])
    with pytest.raises(TypeError, match=r"targets is .* a Series; wanted a list or an array: give \.to_numpy\(\)"):
        fit(Line(), [1.0, 2.0], targets, loss=squared_error)


# --- Descent by hand: y = s x on (1, 3) and (2, 6), squared error. The mean's derivative is 5 (s - 3); rate 0.1.


def by_hand(epochs=2, model=None, **settings):
    model = Line() if model is None else model
    settings = {"optimizer": SGD(model.parameters(), lr=0.1)} | settings
    return model.slope, train(model, [1.0, 2.0], batch_size=None, epochs=epochs, **settings)


def test_two_steps_on_the_full_batch():
    # s: 0, then 0 + 0.1 * 15 = 1.5, then 1.5 + 0.1 * 7.5 = 2.25. Losses (9 + 36) / 2 and (2.25 + 9) / 2.
    slope, history = by_hand()
    assert slope.data == pytest.approx(2.25, rel=1e-15)
    assert history["loss"] == pytest.approx([22.5, 5.625], rel=1e-15)


def test_an_l2_penalty_pulls_the_slope_and_has_a_column_of_its_own():
    # Penalty 0.25 s^2, derivative 0.5 s. s: 1.5, then 1.5 + 0.1 (7.5 - 0.75) = 2.175; 0 at 15 / 5.5 = 30 / 11.
    slope, history = by_hand(penalty=l2(0.5), validation=([1.0], [3.0]))
    assert slope.data == pytest.approx(2.175, rel=1e-15)
    assert history["loss"] == pytest.approx([22.5, 5.625], rel=1e-15)
    assert history["penalty"] == pytest.approx([0.0, 0.5625], rel=1e-15)
    assert history["validation_loss"][-1] == pytest.approx(0.825**2, rel=1e-14)
    assert history.columns == ["epoch", "loss", "penalty", "validation_loss", "seconds"]
    assert by_hand(100, penalty=l2(0.5))[0].data == pytest.approx(30 / 11, rel=1e-14)


def test_a_penalty_that_a_callback_changes_is_noticed():
    coefficient = [1.0]

    def halve(_):
        coefficient[0] /= 2.0

    def penalty(parameters):
        return coefficient[0] * parameters[0]

    histories = []
    for engine in ("eager", "auto"):
        coefficient[0] = 1.0
        histories.append(by_hand(3, penalty=penalty, callbacks=[halve], engine=engine)[1])
    assert histories[0]["penalty"] == histories[1]["penalty"]
    assert "the penalty is" in histories[1].engine


def test_a_parameter_that_is_nan_before_training_is_not_called_divergence():
    with pytest.raises(ValueError, match="the parameter slope is nan before training"):
        train(Line(math.nan))


def test_an_l1_penalty_pulls_the_slope_by_the_same_everywhere():
    # Penalty 0.5 |s|, derivative 0 at 0, then 0.5. s: 1.5, then 1.5 + 0.1 (7.5 - 0.5) = 2.2; 0 at 3 - 0.1.
    assert by_hand(penalty=l1(0.5))[0].data == pytest.approx(2.2, rel=1e-15)
    assert by_hand(100, penalty=l1(0.5))[0].data == pytest.approx(2.9, rel=1e-14)


def test_an_l2_penalty_is_the_coupled_weight_decay_of_sgd():
    inputs = [[0.1 * i, math.sin(i)] for i in range(20)]
    targets = [math.cos(i) for i in range(20)]
    found = []
    for decay, penalty in ((0.05, None), (0.0, l2(0.05)), (0.0, None)):
        model = MLP(2, [4, 1], "tanh", seed=0)
        optimizer = SGD(model.parameters(), lr=0.05, momentum=0.9, weight_decay=decay)
        fit(
            model,
            inputs,
            targets,
            loss=squared_error,
            optimizer=optimizer,
            penalty=penalty,
            epochs=20,
            batch_size=8,
        )
        found.append([p.data for p in model.parameters()])
    decayed, penalised, free = found
    assert penalised == pytest.approx(decayed, rel=1e-12, abs=1e-12)
    assert penalised != pytest.approx(free, rel=1e-2)


def test_training_stops_at_the_wanted_cost():
    # The losses are 22.5, 5.625, 1.40625 (each a quarter of the one before), 0.3515625.
    _, history = by_hand(100, stop_at=1.40625)
    assert history["loss"] == [22.5, 5.625, 1.40625]
    assert history.stopped == "loss reached 1.40625 in epoch 3"
    _, history = by_hand(4, stop_at=0.1)
    assert (len(history), history.stopped, history.interrupted) == (4, "4 epochs done", False)


def test_the_gradient_is_clipped_before_the_step():
    # The derivatives are -15 and 5 (0.3 - 3) = -13.5: both are made -3. The norm's factor has 1e-6 in it, as torch's.
    assert by_hand(clip_value=3.0)[0].data == pytest.approx(0.6, rel=1e-15)
    norm = 3.0 * 15.0 / (15.0 + 1e-6)
    assert by_hand(1, clip_norm=3.0)[0].data == pytest.approx(0.1 * norm, rel=1e-14)
    assert by_hand(clip_norm=14.0)[0].data == pytest.approx(1.4 + 0.8, rel=1e-6)  # the second is 8: not clipped


def test_the_norm_is_that_of_the_parameters_which_are_trained():
    # y = a x + b with b frozen at 0: that of a alone is -15, then -13.5; b's own would count too, and more each time.
    model = Pair()
    train(model, [1.0, 2.0], batch_size=None, epochs=2, optimizer=SGD([model.a], lr=0.1), clip_norm=3.0)
    assert model.a.data == pytest.approx(0.6, rel=1e-6)
    assert model.b.data == 0.0


@pytest.mark.parametrize("engine", ["eager", "tape"])
@pytest.mark.parametrize(("clipping", "gradients"), [({}, (-7.5, -4.5)), ({"clip_value": 3.0}, (-3.0, -8.1))])
def test_the_gradients_that_are_left_are_those_of_the_last_step_the_frozen_ones_too(engine, clipping, gradients):
    # y = a x + b with b frozen at 0; a is 1.5 after the first step, 0.3 if clipped. At a, that of a is 5 (a - 3), that
    # of b, which nobody clips, 3 (a - 3).
    model = Pair()
    model.b.grad = 99.0
    settings = {"optimizer": SGD([model.a], lr=0.1), "engine": engine} | clipping
    train(model, [1.0, 2.0], batch_size=None, epochs=2, **settings)
    assert (model.a.grad, model.b.grad) == pytest.approx(gradients, rel=1e-14)
    assert model.b.data == 0.0


# --- Schedules


def test_a_schedule_steps_after_each_epoch_and_the_rate_is_a_column():
    # s: 0.1 * 15 = 1.5, then with rate 0.05: 1.5 + 0.05 * 7.5 = 1.875.
    model = Line()
    optimizer = SGD(model.parameters(), lr=0.1)
    slope, history = by_hand(model=model, optimizer=optimizer, schedule=Halving(optimizer))
    assert slope.data == pytest.approx(1.875, rel=1e-15)
    assert history["lr"] == [0.1, 0.05]
    assert optimizer.lr == 0.025
    assert history.columns == ["epoch", "lr", "loss", "seconds"]


def test_the_schedules_of_the_package_are_such_schedules():
    model = Line()
    optimizer = SGD(model.parameters(), lr=0.1)
    by_hand(5, model=model, optimizer=optimizer, schedule=StepLR(optimizer, step_size=2, gamma=0.5))
    assert optimizer.lr == 0.025


def test_the_rate_is_lowered_on_a_plateau():
    # With rate 0.4 the error is multiplied by 1 - 5 * 0.4 = -1: the loss stays as it is. Two epochs in a row were not
    # better, one more than patience, when the third is over; with rate 0.04 the loss then falls.
    model = Line()
    optimizer = SGD(model.parameters(), lr=0.4)
    schedule = ReduceLROnPlateau(optimizer, patience=1)
    _, history = by_hand(5, model=model, optimizer=optimizer, schedule=schedule)
    assert history["lr"] == pytest.approx([0.4, 0.4, 0.4, 0.04, 0.04], rel=1e-15)
    assert history["loss"] == pytest.approx([22.5, 22.5, 22.5, 22.5, 22.5 * 0.64], rel=1e-12)


def test_a_schedule_that_waits_for_growth_is_not_given_a_loss():
    model = Line()
    optimizer = SGD(model.parameters())
    with pytest.raises(ValueError, match=r"waits for a metric to grow \(mode='max'\), but fit gives it a loss; wanted"):
        by_hand(model=model, optimizer=optimizer, schedule=ReduceLROnPlateau(optimizer, mode="max"))


def test_a_schedule_that_wants_a_metric_is_given_the_loss_or_that_of_validation():
    one, other = Noting(), Noting()
    _, history = by_hand(schedule=one)
    assert one.given == history["loss"]
    _, history = by_hand(schedule=other, validation=([1.0], [2.0]))
    assert other.given == history["validation_loss"] != history["loss"]


def test_a_schedule_of_another_optimizer_is_refused():
    model = Line()
    with pytest.raises(ValueError, match="the schedule changes the rate of another optimizer than that of fit; wanted"):
        by_hand(model=model, schedule=Halving(SGD(model.parameters())))


def test_an_optimizer_without_a_rate_cannot_have_a_schedule():
    class Still:
        def zero_grad(self):
            pass

        def step(self):
            pass

    with pytest.raises(TypeError, match=r"optimizer is .* a Still; wanted one with a number `lr`, which is what a sch"):
        by_hand(optimizer=Still(), schedule=Noting())


# --- Divergence


def test_a_loss_that_diverges_ends_training_before_its_step():
    # The error s - 3 is multiplied by 1 - 5 lr in each step, so with lr = 1e30 the loss by 2.5e61: from 22.5 in epoch 1
    # to 22.5 (2.5e61)^4 = 8.8e246 in epoch 5, and beyond the largest float, 1.8e308, in epoch 6.
    model = Line()
    with pytest.raises(DivergenceError) as caught:
        by_hand(500, model=model, optimizer=SGD(model.parameters(), lr=1e30))
    assert str(caught.value) == (
        "the loss became inf in epoch 6, at a learning rate of 1e+30: training diverges. Lower the learning rate, to"
        " 1e+29 say, scale the inputs to about -1 to 1, or clip the gradients (clip_norm=1.0); and make the model anew,"
        " as its parameters are far off by now"
    )
    assert model.slope.data == pytest.approx(3.0 * 5e30**5, rel=1e-12)  # after five steps, not six
    assert not model.training
    assert isinstance(caught.value, FloatingPointError)
    history = caught.value.history
    assert (len(history), history.stopped) == (5, "diverged in epoch 6")
    assert history["loss"][:2] == pytest.approx([22.5, 22.5 * 25e60], rel=1e-12)


def test_the_error_keeps_its_history_where_it_is_sent():
    model = Line()
    with pytest.raises(DivergenceError) as caught:
        by_hand(500, model=model, optimizer=SGD(model.parameters(), lr=1e30))
    sent = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 (ours)
    assert str(sent) == str(caught.value)
    assert sent.history.rows == caught.value.history.rows


def test_a_parameter_that_diverges_in_the_last_step_is_found():
    model = Line(1.0)
    with pytest.raises(
        FloatingPointError, match=r"^a parameter became inf in epoch 1, at a learning rate of 1e\+308: "
    ):
        train(model, epochs=1, batch_size=None, optimizer=SGD(model.parameters(), lr=1e308))


def test_an_operation_that_overflows_is_divergence_too():
    def loss(output, target):
        return exp(squared_error(output, target))

    model = Line()
    with pytest.raises(
        DivergenceError, match=r"^the loss overflowed \(.*\) in epoch \d+, at a learning rate of 0.5: "
    ) as e:
        train(model, [1.0, 2.0], loss=loss, optimizer=SGD(model.parameters(), lr=0.5))
    assert isinstance(e.value.__cause__, OverflowError)
    with pytest.raises(DivergenceError, match=r"^the loss overflowed \(.*\) in epoch 1, at"):
        train(Line(), [0.1], loss=loss, validation=([1.0], [100.0]))


def test_a_finite_loss_that_has_grown_a_million_times_is_pointed_out():
    # Rate 0.8: the error is multiplied by -3, the loss by 9, in each epoch. 9^7 = 4782969, and 9^6 = 531441.
    model = Line()
    with pytest.warns(DivergenceWarning) as caught:
        by_hand(8, model=model, optimizer=SGD(model.parameters(), lr=0.8))
    assert str(caught[0].message) == (
        "the loss grew from 22.5 in epoch 1 to 1.076e+08 in epoch 8, at a learning rate of 0.8: training diverges."
        " Lower the learning rate, to 0.08 say, scale the inputs to about -1 to 1, or clip the gradients"
        " (clip_norm=1.0); and make the model anew, as its parameters are far off by now"
    )
    assert caught[0].filename == __file__
    model = Line()
    _, history = by_hand(7, model=model, optimizer=SGD(model.parameters(), lr=0.8))
    assert history["loss"][-1] == pytest.approx(22.5 * 9**6, rel=1e-12)
    model = Line()
    optimizer = SGD(model.parameters(), lr=1000.0)
    with pytest.warns(
        DivergenceWarning, match=r"in epoch 2, at a learning rate of 500: "
    ):  # of that epoch, not the next
        by_hand(2, model=model, optimizer=optimizer, schedule=Halving(optimizer))


def test_a_loss_that_begins_below_zero_has_grown_when_it_is_far_from_where_it_was():
    # As above, less 100: -77.5 at first, 22.5 * 9 - 100 = 102.5 then; 22.5 * 9^7 = 1.076e8 is more than 77.5e6.
    def loss(output, target):
        return squared_error(output, target) - 100.0

    model = Line()
    _, history = by_hand(7, model=model, loss=loss, optimizer=SGD(model.parameters(), lr=0.8))
    assert history["loss"][:2] == pytest.approx([-77.5, 102.5], rel=1e-12)
    model = Line()
    with pytest.warns(DivergenceWarning, match=r"the loss grew from -77.5 in epoch 1 to 1.076e\+08 in epoch 8, at"):
        by_hand(8, model=model, loss=loss, optimizer=SGD(model.parameters(), lr=0.8))


def test_nothing_is_said_of_growth_from_nothing_that_is_still_small():
    # At s = 3 (1 + 1e-15) the loss is about 1e-29; it grows 16 times an epoch, to 1e-29 * 16^9 = 7e-19.
    model = Line(3.0 * (1.0 + 1e-15))
    _, history = by_hand(10, model=model, optimizer=SGD(model.parameters(), lr=1.0))
    assert history["loss"][-1] > 1e6 * history["loss"][0] > 0.0


# --- Engines


@pytest.mark.parametrize("engine", ["auto", "eager", "tape"])
@pytest.mark.parametrize("rows", [[[1.0, 2.0, 3.0]], np.ones((1, 3)), [1.0]])
def test_validation_inputs_that_do_not_fit_are_refused_before_training(engine, rows):
    model = MLP(2, [3, 1], "tanh", seed=0, dropout=0.5)
    numbers, drawn = model.state_dict(), model.dropout.random.getstate()
    with pytest.raises((TypeError, ValueError), match=r"takes 2 numbers, got 3|takes a list of numbers") as caught:
        fit(model, [[1.0, 2.0]], [1.0], loss=squared_error, validation=(rows, [0.5]), engine=engine)
    (note,) = caught.value.__notes__
    assert note.startswith("in example 0, whose input is ")
    assert note.endswith(", and target 0.5, of those to validate with")
    assert (model.state_dict(), model.dropout.random.getstate()) == (numbers, drawn)
    assert all(module.training for module in model.modules())


@pytest.mark.parametrize("engine", ["auto", "eager"])
def test_a_model_that_takes_inputs_of_any_length_is_validated_on_others(engine):
    model = Recurrent(1, 1, seed=0)
    settings = {"loss": lambda states, target: squared_error(states[-1][0], target), "epochs": 1, "engine": engine}
    history = fit(model, [[[1.0], [2.0]]], [1.0], validation=([[[1.0]], [[1.0], [2.0], [3.0]]], [1.0, 1.0]), **settings)
    assert math.isfinite(history["validation_loss"][0])


def test_a_model_is_not_asked_for_validation_inputs_that_are_as_long_as_the_others():
    class Counting(Line):
        calls = 0

        def __call__(self, x):
            self.calls += 1
            return super().__call__(x)

    model = Counting()
    train(model, XS, validation=([1.0, 2.0], [3.0, 6.0]), epochs=2, engine="eager")
    assert model.calls == 2 * (7 + 2)


def test_the_history_says_how_steps_were_computed():
    assert train(Line()).engine.startswith("tape: ")
    assert train(Line(), engine="eager").engine == "eager: as asked for"


def test_parameters_are_synchronized_before_anyone_looks_at_them(monkeypatch):
    class Other(Eager):
        """Keeps the numbers to itself until it is asked."""

        kept = 0.0

        def step(self, *arguments):
            self.parameters[0].data = self.kept
            try:
                cost = super().step(*arguments)
                self.kept = self.parameters[0].data
            finally:
                self.parameters[0].data = math.nan
            return cost

        def synchronize(self):
            self.parameters[0].data = self.kept

    class Looking(Callback):
        def begin(self, training):
            self.seen = []

        def __call__(self, training):
            self.seen.append(training.model.slope.data)
            if training.epoch == 2:
                raise KeyboardInterrupt

        def end(self, training):
            self.seen.append(training.model.slope.data)

    monkeypatch.setattr(training_module, "choose", lambda name, work, *examples: Other(work))
    looking = Looking()
    slope, _ = by_hand(engine="other", callbacks=[looking])
    assert [*looking.seen, slope.data] == pytest.approx([1.5, 2.25, 2.25, 2.25], rel=1e-15)
    # One at a time, interrupted at the second: only 1 -> 3 was learnt from, with derivative -6.
    model = Line()
    with_interruption = {"x": lambda _, target: interrupt() if target == 6.0 else 0.0}
    settings = {"engine": "other", "metrics": with_interruption, "optimizer": SGD(model.parameters(), lr=0.1)}
    train(model, [1.0, 2.0], batch_size=1, shuffle=False, **settings)
    assert model.slope.data == pytest.approx(0.6, rel=1e-15)


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


def test_the_lines_say_the_rate_and_why_training_stopped(capsys):
    model = Line()
    optimizer = SGD(model.parameters(), lr=1e-6)
    train(model, optimizer=optimizer, schedule=Halving(optimizer), epochs=20, stop_at=1e9, progress=True)
    first, last = capsys.readouterr().err.splitlines()
    assert first.startswith("epoch  1 of 20   lr 1e-06  loss 180.")  # 9 (1 + 4 + ... + 49) / 7 = 180
    assert last == "stopped after epoch 1 of 20: loss reached 1000000000.0 in epoch 1"


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


def test_a_number_that_took_the_place_of_a_weight_is_pointed_out():
    model = MLP(2, [1], seed=0)
    model.layers[0].neurons[0].w[1] = 0.5
    with pytest.raises(
        TypeError, match=r"^element 1 of w of Neuron.* is a plain number among parameters: 0\.5; put a V"
    ):
        fit(model, [[1.0, 2.0]], [1.0], loss=squared_error)
