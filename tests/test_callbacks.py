"""Callbacks: when they are called, how they end training, and which parameters early stopping gives back."""

import gc
import math

import pytest

from autograd import Value
from nn import MLP, SGD, History, Module, fit
from nn.callbacks import Callback, EarlyStopping, StopAt, StopTraining, Training
from nn.losses import squared_error


class Counter(Module):
    """Its parameter counts the steps that were made."""

    def __init__(self):
        self.steps = Value(0.0)

    def __call__(self, x):
        return self.steps + 0.0 * x


class Count(SGD):
    def step(self):
        self.parameters[0].data += 1.0


def run(losses, *callbacks, epochs=None, **settings):
    """Train with one step an epoch; the validation loss of epoch k is losses[k - 1], whatever the model does."""

    def loss(output, target):
        return output * 0.0 + (1.0 if target == 0.0 else losses[int(output.data) - 1])

    model = Counter()
    settings = {"loss": loss, "validation": ([1.0], [1.0]), "optimizer": Count(model.parameters())} | settings
    history = fit(model, [1.0], [0.0], epochs=epochs or len(losses), callbacks=list(callbacks), **settings)
    return model, history


# --- When they are called


class Diary(Callback):
    def __init__(self, name, pages):
        self.name = name
        self.pages = pages

    def begin(self, training):
        self.pages.append((self.name, "begin", training.columns))

    def __call__(self, training):
        self.pages.append((self.name, training.epoch, training.row["validation_loss"], training.model.steps.data))

    def end(self, training):
        self.pages.append((self.name, "end", training.history.stopped, training.model.training))


def test_callbacks_begin_are_called_after_each_epoch_and_end_in_reverse_order():
    pages = []
    run([3.0, 2.0], Diary("a", pages), Diary("b", pages))
    columns = ["epoch", "loss", "validation_loss", "seconds"]
    assert pages == [
        ("a", "begin", columns),
        ("b", "begin", columns),
        ("a", 1, 3.0, 1.0),
        ("b", 1, 3.0, 1.0),
        ("a", 2, 2.0, 2.0),
        ("b", 2, 2.0, 2.0),
        ("b", "end", "2 epochs done", False),
        ("a", "end", "2 epochs done", False),
    ]


def test_the_columns_that_are_announced_are_those_that_come():
    class Announced(Callback):
        def begin(self, training):
            self.columns = training.columns

    class Still:
        def step(self):
            pass

    announced = Announced()
    everything = {
        "metrics": {"m": lambda *_: 1.0, "k": lambda *_: 2.0},
        "penalty": lambda parameters: parameters[0] * 0.0,
        "schedule": Still(),
    }
    for settings in ({}, everything, everything | {"validation": None}):
        _, history = run([1.0], announced, **settings)
        assert history.columns == announced.columns


def test_what_a_callback_is_given_names_the_model_the_optimizer_and_the_history():
    seen = []
    model, history = run([1.0], seen.append)
    (training,) = seen
    assert isinstance(training, Training)
    assert training.model is model
    assert isinstance(training.optimizer, Count)
    assert training.history is history


def test_a_callback_may_change_the_parameters():
    def clamp(training):
        training.model.steps.data = min(training.model.steps.data, 2.0)

    model, history = run([5.0, 4.0, 3.0, 2.0], clamp)
    assert history["validation_loss"] == [5.0, 4.0, 3.0, 3.0]
    assert model.steps.data == 2.0


def test_callbacks_meet_the_model_in_eval_mode_and_each_epoch_trains_in_the_other():
    class Noting(Counter):
        def __call__(self, x):
            modes.append("step" if self.training else "evaluation")
            return super().__call__(x)

    modes = []
    model = Noting()
    looks = [lambda training: modes.append(training.model.training)]
    fit(model, [1.0], [0.0], loss=squared_error, validation=([1.0], [0.0]), epochs=2, callbacks=looks, engine="eager")
    assert modes == ["step", "evaluation", False] * 2


def test_to_end_training_a_callback_raises_and_the_others_are_called_all_the_same():
    def first(training):
        if training.epoch == 2:
            raise StopTraining("enough")

    def second(training):
        seen.append(training.epoch)
        if training.epoch == 2:
            raise StopTraining

    seen = []
    _, history = run([1.0] * 5, first, second)
    assert (len(history), history.stopped, seen) == (2, "enough", [1, 2])
    seen = []
    _, history = run([1.0] * 5, second)
    assert (len(history), history.stopped) == (2, "a callback ended it in epoch 2")


class Unwilling(Diary):
    """Ends training before it begins."""

    def __init__(self, name, pages, *why):
        super().__init__(name, pages)
        self.why = why

    def begin(self, training):
        super().begin(training)
        raise StopTraining(*self.why)


@pytest.mark.parametrize("engine", ["eager", "tape"])
def test_training_that_a_callback_ends_before_it_begins_is_a_history_of_no_epochs(engine, capsys):
    pages = []
    callbacks = [Diary("a", pages), Unwilling("b", pages, "enough"), Unwilling("c", pages, "too much"), pages.append]
    model = MLP(1, [2, 1], seed=0)
    before = model.state_dict()
    settings = {"callbacks": callbacks, "engine": engine, "progress": True}
    history = fit(model, [[1.0]], [0.0], loss=squared_error, epochs=5, **settings)
    assert (len(history), history.stopped, history.interrupted) == (0, "enough", False)
    assert history.engine.startswith(engine)
    columns = ["epoch", "loss", "seconds"]
    assert pages == [(name, "begin", columns) for name in "abc"] + [(name, "end", "enough", False) for name in "cba"]
    assert model.state_dict() == before
    assert not any(module.training for module in model.modules())
    assert "stopped after epoch 0 of 5: enough" in capsys.readouterr().err


def test_what_ends_training_before_it_begins_need_not_say_why():
    history = run([1.0], Unwilling("a", []))[1]
    assert (len(history), history.stopped) == (0, "a callback ended it before the first epoch")


def test_a_callback_that_returns_true_is_told_how_training_is_ended():
    with pytest.raises(TypeError, match=r"returned True; to end training, a callback raises StopTraining\('why'\)"):
        run([1.0], lambda _: True)


@pytest.mark.parametrize("begins", [True, False])
def test_an_error_in_a_callback_leaves_nothing_half_done(begins):
    class Failing(Callback):
        def begin(self, _):
            if begins:
                raise RuntimeError("mine")

        def __call__(self, _):
            raise RuntimeError("mine")

        def end(self, _):
            ended.append("failing")

    class First(Callback):
        def end(self, training):
            ended.append("first")
            models.append(training.model)

    ended, models = [], []
    with pytest.raises(RuntimeError, match="mine"):
        run([1.0, 1.0], First(), Failing())
    assert ended == (["first"] if begins else ["failing", "first"])
    assert gc.isenabled()
    assert models[0].training is begins  # fit had not begun, or had left it in eval mode
    assert models[0].steps.data == (0.0 if begins else 1.0)


def test_the_base_class_does_nothing():
    assert run([1.0], Callback())[1].stopped == "1 epoch done"


# --- Early stopping


def test_training_stops_when_patience_is_over_and_the_best_parameters_come_back():
    # Improvements by more than 0.1: epochs 1, 2, 3. Epoch 5 is better by 0.05 only: it does not count for patience,
    # which ends in epoch 3 + 3, but it is the best.
    stopping = EarlyStopping(3, min_delta=0.1)
    model, history = run([5.0, 4.0, 3.0, 3.5, 2.95, 3.2, 1.0], stopping)
    assert history["validation_loss"] == [5.0, 4.0, 3.0, 3.5, 2.95, 3.2]
    assert history.stopped == "validation_loss has not improved for 3 epochs (best: 2.95 in epoch 5)"
    assert (stopping.best, stopping.best_epoch) == (2.95, 5)
    assert history.restored_epoch == history.best_epoch == 5
    assert model.steps.data == 5.0
    assert not history.interrupted


def test_small_improvements_add_up():
    # Each is better by 0.04 only; those of three epochs by 0.12, which is more than 0.1.
    losses = [1.0 - 0.04 * i for i in range(10)]
    assert run(losses, EarlyStopping(3, min_delta=0.1))[1].stopped == "10 epochs done"
    assert len(run(losses, EarlyStopping(2, min_delta=0.1))[1]) == 3


def test_the_first_of_equals_is_the_best():
    model, history = run([2.0, 1.0, 1.0, 1.0], EarlyStopping(2))
    assert (model.steps.data, len(history)) == (2.0, 4)


def test_patience_of_one_ends_at_the_first_epoch_that_is_not_better():
    model, history = run([3.0, 2.0, 2.5, 1.0], EarlyStopping(1))
    assert (model.steps.data, len(history)) == (2.0, 3)
    assert history.stopped == "validation_loss has not improved for 1 epoch (best: 2 in epoch 2)"


def test_the_best_parameters_come_back_at_the_last_epoch_too():
    model, history = run([3.0, 1.0, 2.0], EarlyStopping(10))
    assert (model.steps.data, history.stopped, history.restored_epoch) == (2.0, "3 epochs done", 2)


def test_the_best_parameters_come_back_after_ctrl_c_and_after_an_error():
    def interrupt(training):
        if training.epoch == 3:
            raise error

    error = KeyboardInterrupt()
    model, history = run([3.0, 1.0, 2.0, 0.5], EarlyStopping(10), interrupt)
    assert (model.steps.data, history.stopped) == (2.0, "interrupted after epoch 3")
    error = RuntimeError("mine")
    stopping = EarlyStopping(10)
    with pytest.raises(RuntimeError, match="mine"):
        run([3.0, 1.0, 2.0, 0.5], stopping, interrupt)
    assert stopping._parameters[0].data == 2.0


def test_larger_may_be_better():
    stopping = EarlyStopping(2, monitor="validation_right", mode="max", min_delta=0.05)
    right = [0.5, 0.8, 0.82, 0.7, 0.9]
    metrics = {"right": lambda output, _: right[max(int(output.data), 1) - 1]}
    model, history = run([1.0] * 5, stopping, metrics=metrics)
    assert (model.steps.data, len(history), stopping.best) == (3.0, 4, 0.82)


def test_what_is_not_finite_is_never_the_best():
    model, _ = run([math.inf, 3.0, -math.inf, 4.0], EarlyStopping(5))
    assert model.steps.data == 2.0
    stopping = EarlyStopping(2, monitor="m")
    model, history = run([1.0] * 5, stopping, metrics={"m": lambda *_: math.nan})
    assert (model.steps.data, history.restored_epoch, stopping.best) == (2.0, None, None)
    assert history.stopped == "m has not improved for 2 epochs"


def test_another_training_begins_anew():
    stopping = EarlyStopping(2)
    run([1.0, 2.0, 3.0], stopping)
    model, history = run([5.0, 4.0, 3.0, 6.0], stopping)
    assert (model.steps.data, len(history), stopping.best) == (3.0, 4, 3.0)


# --- Stopping at a value


def test_training_stops_once_a_value_is_reached():
    _, history = run([3.0, 2.0, 1.0], StopAt(2.0, monitor="validation_loss"))
    assert (len(history), history.stopped) == (2, "validation_loss reached 2.0 in epoch 2")
    _, history = run([1.0, 2.0, 3.0, 4.0], StopAt(2.5, monitor="validation_loss", mode="max"))
    assert (len(history), history.stopped) == (3, "validation_loss reached 2.5 in epoch 3")


# --- What is refused


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: EarlyStopping(0), ValueError, "patience is 0; wanted a number of epochs, an int of at least 1"),
        (lambda: EarlyStopping(2.5), TypeError, "patience is 2.5, a float; wanted a number of epochs"),
        (lambda: EarlyStopping("validation_loss"), TypeError, "patience is 'validation_loss', a str; wanted a number"),
        (lambda: EarlyStopping(min_delta=-0.1), ValueError, "min_delta is -0.1; wanted a finite number, 0 or more"),
        (lambda: EarlyStopping(monitor=None), TypeError, "monitor is None, a NoneType; wanted the name of a column"),
        (lambda: EarlyStopping(mode="lowest"), ValueError, "mode is 'lowest'; wanted 'min', 'max': is smaller or larg"),
        (lambda: StopAt(None), TypeError, "value is None, a NoneType; wanted a finite number, the cost that is low"),
        (lambda: StopAt(1.0, mode=1), ValueError, "mode is 1; wanted 'min', 'max'"),
        (
            lambda: fit(Counter(), [1.0], [0.0], loss=squared_error, callbacks=[EarlyStopping()]),
            ValueError,
            "EarlyStopping monitors 'validation_loss', which this training does not measure; give fit validation=",
        ),
        (
            lambda: run([1.0], EarlyStopping(monitor="validation_los")),
            ValueError,
            "EarlyStopping monitors 'validation_los', which this training does not measure; there are 'epoch', 'loss',",
        ),
        (
            lambda: run([1.0], StopAt(0.9, monitor="accuracy")),
            ValueError,
            "StopAt monitors 'accuracy', which this training does not measure; there are",
        ),
    ],
)
def test_a_wrong_setting_says_what_is_wanted(make, error, message):
    with pytest.raises(error) as caught:
        make()
    assert str(caught.value).startswith(message)


def test_they_say_what_they_are():
    assert repr(EarlyStopping(5)) == "EarlyStopping(patience=5, min_delta=0.0, monitor='validation_loss', mode='min')"
    assert repr(StopAt(0.1)) == "StopAt(0.1, monitor='loss', mode='min')"
    assert History().restored_epoch is None
