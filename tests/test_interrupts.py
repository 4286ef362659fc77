"""Ctrl-C held back: until the block is over, once, and no longer than it was watched."""

import contextlib
import gc
import inspect
import os
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from unittest.mock import patch

import pytest

import autograd
import nn
from autograd import Value, detect_anomaly, hvp, no_grad, record, square
from autograd.modes import current
from nn import MLP, fit
from nn.interrupts import Uninterrupted
from nn.losses import squared_error
from nn.optim import Adam
from nn.schedules import StepLR


def interrupted(done):
    for _ in range(3):
        signal.raise_signal(signal.SIGINT)
        done.append(True)


def test_an_interruption_takes_effect_when_the_block_is_over_and_only_once():
    uninterrupted = Uninterrupted()
    done = []
    with uninterrupted.watched():
        with pytest.raises(KeyboardInterrupt), uninterrupted:
            interrupted(done)
        with uninterrupted:
            done.append(True)
    assert len(done) == 4


def test_outside_the_block_an_interruption_takes_effect_at_once():
    uninterrupted = Uninterrupted()
    done = []
    with uninterrupted.watched():
        with uninterrupted:
            pass
        with pytest.raises(KeyboardInterrupt):
            interrupted(done)
    assert len(done) < 2  # a signal may wait for the next bytecode


@pytest.mark.parametrize("handler", [signal.default_int_handler, signal.SIG_IGN, lambda *_: None])
def test_the_handler_is_then_what_it_was(handler):
    before = signal.signal(signal.SIGINT, handler)
    try:
        with Uninterrupted().watched():
            pass
        assert signal.getsignal(signal.SIGINT) == handler
        if handler is not signal.default_int_handler:
            uninterrupted = Uninterrupted()
            with uninterrupted.watched(), uninterrupted:
                signal.raise_signal(signal.SIGINT)  # nothing comes
    finally:
        signal.signal(signal.SIGINT, before)


def test_in_another_thread_nothing_is_held():
    def work():
        uninterrupted = Uninterrupted()
        with uninterrupted.watched(), uninterrupted:
            done.append(signal.getsignal(signal.SIGINT))

    done = []
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [signal.getsignal(signal.SIGINT)]


def test_after_it_has_taken_effect_a_second_one_waits_for_the_next_block_to_be_over():
    """What puts things in order after the first is not broken off by the second."""
    uninterrupted = Uninterrupted()
    done = []
    with uninterrupted.watched():
        with pytest.raises(KeyboardInterrupt):
            interrupted([])
        interrupted(done)
        with pytest.raises(KeyboardInterrupt), uninterrupted:
            done.append(True)
    assert len(done) == 4


def test_a_part_of_a_block_may_be_interrupted_at_once_and_what_came_before_is_told_there():
    uninterrupted = Uninterrupted()
    done = []
    with uninterrupted.watched(), uninterrupted:
        with pytest.raises(KeyboardInterrupt), uninterrupted.lifted():
            interrupted([])
        with suppress(KeyboardInterrupt):
            interrupted(done)
            with uninterrupted.lifted():
                done.append("never")
    assert done == [True, True, True]


# --- training -------------------------------------------------------------------------------------------------------

PACKAGES = [str(Path(package.__file__).parent) for package in (autograd, nn)]
PLACES = (*PACKAGES, "<autograd", contextlib.__file__, signal.__file__)
INPUTS, TARGETS = [[0.1], [-0.4], [0.7], [0.2]], [0.3, 0.1, -0.2, 0.5]


class CtrlC:
    """Comes at the n-th moment at which Python looks for signals: after a call of a built-in function, or in a call.

    Those of the two packages are counted, of their context managers, and of what sets handlers. Generators are left
    out: that they are closed looks like a call here, but Python looks for no signals then.
    """

    def __init__(self, moment=-1):
        self.moment = moment
        self.passed = 0

    def __call__(self, frame, event, argument):
        file, is_generator = frame.f_code.co_filename, frame.f_code.co_flags & inspect.CO_GENERATOR
        if (event == "c_return" or (event == "call" and not is_generator)) and file.startswith(PLACES):
            self.passed += 1
            if self.passed == self.moment:
                signal.raise_signal(signal.SIGINT)

    def __enter__(self):
        sys.setprofile(self)
        return self

    def __exit__(self, *_):
        sys.setprofile(None)


def made():
    model = MLP(1, [2, 1], "tanh", seed=0)
    return model, Adam(model.parameters(), lr=0.01)


def train(model, optimizer, engine, epochs=2):
    settings = {"optimizer": optimizer, "batch_size": 2, "schedule": StepLR(optimizer, 1, gamma=0.5)}
    return fit(model, INPUTS, TARGETS, loss=squared_error, epochs=epochs, engine=engine, **settings)


def numbers(model):
    return [*model.state_dict().values()]


def steps(engine):
    """The numbers of the parameters after each step of training, from the first on."""
    found = [numbers(made()[0])]
    for n in range(1, 5):
        model, optimizer = made()
        change = "step" if engine == "eager" else "updated"
        own = getattr(optimizer, change)

        def counting(*arguments, own=own, optimizer=optimizer, n=n):
            result = own(*arguments)
            if optimizer.steps == n:
                signal.raise_signal(signal.SIGINT)
            return result

        with patch.object(type(optimizer), change, staticmethod(counting)):
            assert train(model, optimizer, engine).interrupted
        found.append(numbers(model))
    return found


def moments(engine):
    """All with LOAD=full in the environment; else some, and all those at the end, where things are put in order."""
    train(*made(), engine)
    model, optimizer = made()
    with CtrlC() as counter:
        train(model, optimizer, engine)
    if os.environ.get("LOAD") == "full":
        return range(1, counter.passed + 1)
    return [*range(1, counter.passed, counter.passed // 60), *range(counter.passed - 80, counter.passed + 1)]


@pytest.mark.parametrize("engine", ["eager", "tape"])
def test_whenever_ctrl_c_comes_the_parameters_are_those_of_a_whole_step_and_everything_is_in_order(engine):
    whole = steps(engine)
    assert len({str(state) for state in whole}) == 5
    handler, ended = signal.getsignal(signal.SIGINT), set()
    for moment in moments(engine):
        model, optimizer = made()
        try:
            with CtrlC(moment):
                history = train(model, optimizer, engine)
            ended.add(history.interrupted)
            assert not any(module.training for module in model.modules())
        except KeyboardInterrupt:
            ended.add("raised")
        assert numbers(model) == whole[optimizer.steps]
        assert signal.getsignal(signal.SIGINT) == handler
        assert current() is None
        assert gc.isenabled()
        assert {type(parameter) for parameter in model.parameters()} == {Value}
        if moment % 8 == 0:
            twin, another = made()
            twin.load_state_dict(model.state_dict())
            another.load_state_dict(optimizer.state_dict())
            for each in (model, optimizer), (twin, another):
                assert not train(*each, engine, epochs=1).interrupted
            assert numbers(model) == numbers(twin)
    # Before training has begun, and after it was over, there is no history to give: the interruption is raised.
    assert ended == {True, "raised"}


def uses(x):
    with no_grad():
        square(x)
    with detect_anomaly():
        square(x).backward()
    tape = record(lambda t: x * t, 1.0, parameters=[x])
    hvp(lambda t: square(x) * t * t, (1.0,), (1.0,))
    return tape


def test_whenever_ctrl_c_comes_modes_end_and_values_are_ordinary_again():
    x = Value(2.0)
    with CtrlC() as counter:
        uses(x)
    assert counter.passed > 100
    for moment in range(1, counter.passed, 1 if os.environ.get("LOAD") == "full" else 7):
        x = Value(2.0)
        with suppress(KeyboardInterrupt), CtrlC(moment):
            uses(x)
        assert current() is None
        assert type(x) is Value
