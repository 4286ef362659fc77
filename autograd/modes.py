"""How making nodes can be changed: not recording, looking for the first NaN or inf, and telling a tape's recorder.

A mode belongs to the running thread or task (a ContextVar). It is what the `with` blocks that are open make of it: each
block takes its own changes away again, whatever happens inside, and whichever blocks began or ended meanwhile.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager


@dataclass(frozen=True)
class Mode:
    """How nodes are made while it is set."""

    records: bool = True
    detects_anomalies: bool = False
    recorder: Any = None
    """What a tape is being recorded with; it is told of every node, leaf and comparison."""
    keeps_conditions: bool = False
    """Whether comparisons give conditions that are nodes' business, as in a rule that runs over Values for a tape."""
    draws: bool = True
    """Whether `drawn` draws a random number; else 1 stands in for it."""
    blocks: tuple[dict[str, Any], ...] = ()
    """The changes of the blocks that are open, in the order in which they began."""


# None is the ordinary case; the look-up is paid for each node.
_mode: ContextVar[Mode | None] = ContextVar("autograd mode", default=None)
current = _mode.get

# Of code objects: CO_GENERATOR, CO_COROUTINE, CO_ASYNC_GENERATOR, as in the module inspect, which takes long to import.
_RUNS_LATER = 0x20 | 0x80 | 0x200


def no_grad(function: Callable[..., Any] | None = None) -> Any:
    """Inside, nothing is differentiated: operations give Values without parents, and Duals that depend on no direction.

    As a context manager, `with no_grad():`, or a decorator, `@no_grad` or `@no_grad()`; TypeError for what is no
    function, and for a generator or coroutine function, whose body runs when the decorator has ended. Of a block around
    a `yield`, as of all Python's, the consumer's code between two items is inside as well: compute inside, yield
    outside. A transform that is called inside, such as `grad(f)(x)` or `jvp`, differentiates its function all the same.

    >>> from autograd import Value, no_grad
    >>> with no_grad():
    ...     y = Value(3.0) * 2
    >>> y.parents
    ()
    """
    if function is None:
        return mode_with(records=False)
    if not callable(function):
        came = f"{type(function).__name__}: {function!r}"
        raise TypeError(f"no_grad takes a function, as @no_grad, or nothing, as in `with no_grad():`, not {came}")
    if _runs_later(function):
        came = getattr(function, "__name__", repr(function))
        raise TypeError(
            f"@no_grad has no effect on {came}, a generator or coroutine function, whose body runs later; in its body,"
            " write `with no_grad():` around what it computes between one yield and the next, with no yield inside"
        )
    return mode_with(records=False)(function)


def _runs_later(function: Any) -> bool:
    """Whether a call only makes a generator or a coroutine."""
    while isinstance(function, partial):
        function = function.func
    code = getattr(function, "__code__", None) or getattr(type(function).__call__, "__code__", None)
    return bool(getattr(code, "co_flags", 0) & _RUNS_LATER)


def detect_anomaly() -> AbstractContextManager[None]:
    """Inside, the first NaN or inf raises FloatingPointError, forward or backward, naming the node and its line.

    Results, local derivatives and adjoints are looked at, save those towards plain numbers: in `a ** 2` nobody asks for
    the derivative with respect to 2. It costs time; it is for finding an error.

    >>> from autograd import Value, detect_anomaly
    >>> with detect_anomaly():  # doctest: +ELLIPSIS
    ...     (Value(1e200) * 1e200).sqrt()
    Traceback (most recent call last):
        ...
    FloatingPointError: multiply(1e+200, 1e+200) gave inf, at <doctest ...>:2
    """
    return mode_with(detects_anomalies=True)


def without_draws() -> AbstractContextManager[None]:
    """Inside, 1 stands in for every random number of `drawn`, in eager work and replays: both come out the same.

    >>> import random
    >>> from autograd import drawn, without_draws
    >>> with without_draws():
    ...     drawn(random.random)
    Value(data=1.0, grad=0.0)
    """
    return mode_with(draws=False)


@contextmanager
def mode_with(**changes: Any) -> Iterator[None]:
    """Inside, the fields of the mode that are named have these values, unless a block that begins later says else."""
    try:  # Ctrl-C may come as soon as the mode is set
        _mode.set(_of((*_open(), changes)))
        yield
    finally:
        try:
            _close(changes)
        except KeyboardInterrupt:  # in the middle of it
            _close(changes)
            raise


def _open() -> tuple[dict[str, Any], ...]:
    mode = current()
    return () if mode is None else mode.blocks


def _close(changes: dict[str, Any]) -> None:
    """Take away these very changes, which need not be those of the block that began last: see generators."""
    _mode.set(_of(tuple([block for block in _open() if block is not changes])))


def _of(blocks: tuple[dict[str, Any], ...]) -> Mode | None:
    """What blocks make of the mode, each over those that began before it."""
    if not blocks:
        return None
    fields: dict[str, Any] = {}
    for changes in blocks:
        fields |= changes
    return Mode(**fields, blocks=blocks)
