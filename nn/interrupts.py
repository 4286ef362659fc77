"""Ctrl-C, held back for the moments in which something must not be left half-done.

It knows nothing of training. Python gives signals to the main thread alone: elsewhere none comes, and none is held.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from typing import Any


class Uninterrupted:
    """`with uninterrupted:` Ctrl-C takes effect when the block is over; many such blocks within one `watched()`.

    Once it has taken effect it is held until the next block is over: what it ends is left in order by code that a
    second Ctrl-C must not break off.

    >>> uninterrupted = Uninterrupted()
    >>> with uninterrupted.watched():
    ...     with uninterrupted:
    ...         print("whole")
    whole
    """

    def __init__(self) -> None:
        self._holds = False
        self._came = False

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Take over the handler of Ctrl-C for a while: done once, as it costs more than a small step of training."""
        before = signal.getsignal(signal.SIGINT)
        if not callable(before) or current_thread() is not main_thread():  # ignored, or not Python's to handle
            yield
            return
        handle = before

        def hold(number: int, frame: Any) -> None:
            if self._holds:
                self._came = True
            else:
                self._holds = True
                handle(number, frame)
                self._holds = False  # if it has raised nothing

        try:  # Ctrl-C may come as soon as the handler is there
            signal.signal(signal.SIGINT, hold)
            yield
        finally:
            self._holds = True  # signal.signal is a function of several lines
            signal.signal(signal.SIGINT, before)
            self._release()

    def __enter__(self) -> None:
        self._holds = True

    def __exit__(self, *_: object) -> None:
        self._release()

    @contextmanager
    def lifted(self) -> Iterator[None]:
        """Within `with uninterrupted:`, a part in which Ctrl-C takes effect at once."""
        try:
            self._release()
            yield
        finally:
            self._holds = True

    def _release(self) -> None:
        self._holds = False
        if self._came:
            self._came = False
            signal.raise_signal(signal.SIGINT)
