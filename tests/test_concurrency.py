"""Threads and processes: each trains a model of its own, to the bit as one after the other; and what they send."""

import gc
import multiprocessing
import pickle
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from autograd import Value, detect_anomaly, drawn, grad, no_grad, record, total
from autograd.modes import current
from nn import MLP, fit
from nn.losses import squared_error
from nn.optim import Adam

INPUTS = [[0.1 * i, 0.3 - 0.05 * i] for i in range(8)]
TARGETS = [0.1 * i * i for i in range(8)]
every_engine = pytest.mark.parametrize("engine", ["eager", "tape"])


def network(seed=0):
    return MLP(2, [3, 1], "tanh", seed=seed)


def trained(engine, seed=0):
    """The numbers of a network after training, and how that went."""
    model = network(seed)
    settings = {"optimizer": Adam(model.parameters()), "epochs": 4, "batch_size": 3, "seed": seed, "engine": engine}
    history = fit(model, INPUTS, TARGETS, loss=squared_error, validation=(INPUTS[:3], TARGETS[:3]), **settings)
    return [*model.state_dict().values()], [row["loss"] for row in history.rows]


@contextmanager
def taking_turns_often():
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)


# --- threads --------------------------------------------------------------------------------------------------------


def test_threads_that_train_models_of_their_own_give_the_numbers_of_one_after_the_other():
    """Both engines at once: the recordings of some must not hear of the nodes of others."""
    work = [("eager", "tape")[k % 2] for k in range(8)], range(8)
    alone = [*map(trained, *work)]
    assert len({str(found) for found in alone}) == 8
    with taking_turns_often(), ThreadPoolExecutor(8) as pool:
        assert [*pool.map(trained, *work)] == alone
    assert gc.isenabled()


@pytest.mark.parametrize("is_enabled", [True, False])
def test_however_threads_overlap_the_collector_is_then_as_it_was(is_enabled):
    was = gc.isenabled()
    (gc.enable if is_enabled else gc.disable)()
    thresholds, frozen = gc.get_threshold(), gc.get_freeze_count()
    inside, leave = threading.Event(), threading.Event()

    def waits(_):
        inside.set()
        leave.wait(60)

    def train(*callbacks):
        settings = {"loss": squared_error, "epochs": 1, "engine": "eager", "callbacks": callbacks}
        fit(network(), INPUTS, TARGETS, **settings)

    try:
        first = threading.Thread(target=train, args=(waits,))
        first.start()
        inside.wait(60)
        second = threading.Thread(target=train, args=(lambda _: (leave.set(), first.join(60)),))
        second.start()
        second.join(60)
        assert gc.isenabled() is is_enabled
        assert (gc.get_threshold(), gc.get_freeze_count()) == (thresholds, frozen)
    finally:
        leave.set()
        (gc.enable if was else gc.disable)()


def test_a_fit_that_finds_the_collector_paused_leaves_it_to_the_thread_that_paused_it(monkeypatch):
    """That thread may start it again at once: then nobody else is left to do so."""
    was = gc.isenabled()
    gc.enable()
    try:
        with monkeypatch.context() as patch:
            patch.setattr(gc, "isenabled", lambda: False)  # so it was, a moment ago
            trained("eager")
        assert gc.isenabled()
    finally:
        (gc.enable if was else gc.disable)()


def test_many_threads_record_at_once_each_its_own():
    """They share the parameter, as threads that serve one model do; each tape has its own nodes."""
    w = Value(0.5)

    def recording(k):
        tapes = [record(lambda x: total([(w * x).tanh() * j for j in range(1, k + 2)]), 1.0) for _ in range(5)]
        assert current() is None
        return {(len(tape.recorded.nodes), tuple(tape.parameters), *tape([2.0, 3.0]).tolist()) for tape in tapes}

    with taking_turns_often(), ThreadPoolExecutor(8) as pool:
        found = [*pool.map(recording, range(8))]
    assert found == [*map(recording, range(8))]
    assert type(w) is Value


def test_a_thread_that_records_or_searches_or_records_nothing_does_so_for_itself():
    """While it is in the middle, others make ordinary nodes, also of Values that it follows."""
    w = Value(0.5)
    inside, leave = threading.Event(), threading.Event()

    def waits(x):
        y = w * x
        inside.set()
        leave.wait(60)
        return y

    def quietly():
        with no_grad():
            return waits(1.0)

    def searching():
        with detect_anomaly():
            return waits(1.0)

    for work in quietly, searching, lambda: record(waits, 1.0, parameters=[w]), lambda: grad(waits)(1.0):
        inside.clear()
        leave.clear()
        thread = threading.Thread(target=work)
        thread.start()
        try:
            assert inside.wait(60)
            y = w * 3.0
            w.grad = 0.0
            y.backward()
            assert (type(y), len(y.parents), y.line, w.grad, w.data) == (Value, 2, "", 3.0, 0.5)
        finally:
            leave.set()
            thread.join(60)


# --- processes ------------------------------------------------------------------------------------------------------

# From Python 3.12 on: that others' threads are running, as NumPy's are, is no matter here.
forks = pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
METHODS = [method for method in ("fork", "spawn") if method in multiprocessing.get_all_start_methods()]


def trains_on(pipe, engine):
    """In the other process: what is sent is a model, a loss with its graph, and a tape; more of each comes back."""
    model, optimizer, loss, tape = pipe.recv()
    history = fit(
        model, INPUTS, TARGETS, loss=squared_error, optimizer=optimizer, epochs=3, engine=engine, progress=False
    )
    loss.backward()
    slope = float(tape.value_and_grad([2.0, 3.0])[1][0])
    pipe.send((model, optimizer, history, loss, tape, slope, trained(engine)))
    pipe.close()


@forks
@every_engine
@pytest.mark.parametrize("method", METHODS)
def test_another_process_goes_on_with_what_it_is_sent_and_sends_it_back(method, engine):
    model = network()
    optimizer = Adam(model.parameters())
    settings = {"loss": squared_error, "optimizer": optimizer, "engine": engine, "progress": False}
    fit(model, INPUTS, TARGETS, epochs=2, **settings)
    w = Value(0.5)
    tape = record(lambda x: (w * x).sin(), 1.0)
    loss = (w * 3.0).sin()
    before = tape.value_and_grad([2.0, 3.0])  # it has been compiled, and has its buffers
    context = multiprocessing.get_context(method)
    here, there = context.Pipe()
    process = context.Process(target=trains_on, args=(there, engine))
    process.start()
    here.send((model, optimizer, loss, tape))
    assert here.poll(120)
    other_model, other_optimizer, history, other_loss, other_tape, slope, other_trained = here.recv()
    process.join(60)
    assert process.exitcode == 0
    loss.backward()
    assert other_loss.parents[0].parents[0].grad == w.grad != 0.0
    assert slope == before[1][0] == other_tape.value_and_grad([2.0, 3.0])[1][0]
    assert tape.value_and_grad([2.0, 3.0])[0] == before[0]
    again = fit(model, INPUTS, TARGETS, epochs=3, **settings)
    assert [row["loss"] for row in history.rows] == [row["loss"] for row in again.rows]
    assert (other_model.state_dict(), other_optimizer.state_dict()) == (model.state_dict(), optimizer.state_dict())
    assert other_trained == trained(engine)


def replays_what_it_inherited(pipe, tape, run):
    pipe.send((tape.value_and_grad([2.0, 3.0])[0], run(), current() is None))


@forks
@pytest.mark.skipif("fork" not in METHODS, reason="the system has no fork")
def test_a_fork_in_the_middle_of_things_replays_the_tape_and_goes_on():
    """The child inherits a compiled tape, a graph half-made, and the mode that is on."""
    w = Value(0.5)
    tape = record(lambda x: (w * x).sin(), 1.0)
    wanted = tape.value_and_grad([2.0, 3.0])[0]
    half = w * 3.0
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()

    def goes_on():
        half.sin().backward()
        return w.grad

    with no_grad():
        process = context.Process(target=replays_what_it_inherited, args=(there, tape, goes_on))
        process.start()
    assert here.poll(60)
    value, slope, has_no_mode = here.recv()
    process.join(60)
    assert (value, has_no_mode, w.grad) == (wanted, False, 0.0)
    assert slope == 0.0  # in the child nothing is recorded: it is still inside the block
    assert goes_on() == pytest.approx(0.07073720166770291 * 3.0, rel=1e-15)  # cos(1.5)


def test_a_tape_that_draws_with_a_local_function_is_no_pickle_and_pickle_says_why():
    local = lambda: 0.5  # noqa: E731 (it has no name to be found by)
    tape = record(lambda x: x * drawn(local), 1.0)
    with pytest.raises((pickle.PicklingError, AttributeError), match="lambda"):
        pickle.dumps(tape)
