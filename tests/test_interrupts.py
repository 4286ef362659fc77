"""Ctrl-C held back: until the block is over, once, and no longer than it was watched."""

import signal
import threading

import pytest

from nn.interrupts import Uninterrupted


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
