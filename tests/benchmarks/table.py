"""Times by turns, so that noise hits all alike, and one table of them: what was measured, ratios, bars."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import ClassVar


@dataclass(frozen=True)
class Patience:
    """How long to measure.

    Attributes:
        rounds: in each, everybody has a turn.
        turn: seconds, at least one call.
        whole: seconds after which somebody slow has no more turns, if it had three.
    """

    rounds: int = 15
    turn: float = 0.03
    whole: float = 12.0


def by_turns(calls: Mapping[str, Callable[[], object]], patience: Patience, *, collects=True):
    """Seconds that a call takes, for each a list with a number for each round."""
    many = {}
    for name, call in calls.items():
        took = timed(call)
        many[name] = max(1, int(patience.turn / max(took, timed(call) if took < patience.turn else took)))
    seconds = {name: [] for name in calls}
    turns = [*calls.items()]
    for _ in range(patience.rounds):
        turns = [*turns[1:], turns[0]]  # nobody always follows the one who leaves the most behind
        for name, call in turns:
            if len(seconds[name]) < 3 or sum(seconds[name]) * many[name] < patience.whole:
                seconds[name].append(timed(call, many[name], collects=collects))
    return seconds


def timed(call, number=1, *, collects=True):
    """Seconds a call, after the cycles of those before were collected, and some calls that are not counted."""
    gc.collect()
    for _ in range(number // 4):
        call()
    if not collects:
        gc.disable()
    try:
        start = perf_counter()
        for _ in range(number):
            call()
        return (perf_counter() - start) / number
    finally:
        gc.enable()


def ratio(seconds, others):
    """The median over the rounds of the ratio in each."""
    return median(a / b for a, b in zip(seconds, others, strict=False))


@dataclass(frozen=True)
class AtLeast:
    """A bar for a ratio."""

    limit: float
    words: ClassVar[str] = "at least"

    def shortfall(self, value):
        """By what share the bar is not met; negative if it is."""
        return 1.0 - value / self.limit

    def __str__(self):
        return f"{self.words} {self.limit:,g}"


@dataclass(frozen=True)
class AtMost(AtLeast):
    """A bar for a ratio."""

    words: ClassVar[str] = "at most"

    def shortfall(self, value):
        return value / self.limit - 1.0


class Table:
    """Printed as it comes, in Markdown."""

    WIDTHS = (64, 7, 34, 6, 14, 16)

    def __init__(self):
        self._line("", "time", "ratio", "", "bar", "")
        print("|" + "|".join(["---"] * len(self.WIDTHS)) + "|")

    def _line(self, *cells):
        print("| " + " | ".join(f"{cell:<{n}}" for cell, n in zip(cells, self.WIDTHS, strict=True)) + " |", flush=True)

    def title(self, text):
        """What the lines that follow are about."""
        self._line(f"**{text}**", "", "", "", "", "")

    def line(self, name, seconds, of="", value=None, bar=None):
        """One measurement.

        Args:
            name: what was measured.
            seconds: a number for each round; None if the line is about a ratio alone.
            of, value: which ratio, and what it is.
            bar: what it should be.
        """
        time = "" if seconds is None else shown(median(seconds))
        verdict = ""
        if bar is not None:
            missing = bar.shortfall(value)
            verdict = "met" if missing <= 0.0 else f"not met by {100.0 * missing:.0f} %"
        number = "" if value is None else f"{value:,.0f}" if value >= 100.0 else f"{value:.3g}"
        self._line(name, time, of, number, "" if bar is None else str(bar), verdict)


def shown(seconds):
    """Three digits and a unit."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.{max(0, 2 - len(str(int(seconds / size))) + 1)}f} {unit}"
    return f"{seconds / 1e-9:.0f} ns"
