"""What `fit` shows while it works: a line for each epoch on standard error, and a bar where that is a terminal.

It knows how many steps there are and what was measured, nothing of how.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from nn.wording import legible


class Report:
    """Shows nothing; what `fit` tells of its progress."""

    def step(self) -> None:
        """One step was made."""

    def epoch(self, row: Mapping[str, float]) -> None:
        """One epoch is over, and this was measured."""

    def stopped(self, epoch: int, reason: str) -> None:
        """Training was ended after this epoch, and why."""


class _Lines(Report):
    """A line on standard error for each epoch, and tqdm's bar below them if there is one."""

    def __init__(self, epochs: int, bar: Any) -> None:
        self.epochs = epochs
        self.bar = bar

    def step(self) -> None:
        if self.bar is not None:
            self.bar.update()

    def epoch(self, row: Mapping[str, float]) -> None:
        shown = {name: f"{x:.3g}" if name == "lr" else legible(x) for name, x in row.items() if name != "epoch"}
        measured = "  ".join(f"{name.replace('_', ' ')} {text}" for name, text in shown.items())
        self._write(f"epoch {row['epoch']:>{len(str(self.epochs))}} of {self.epochs}   {measured}")

    def stopped(self, epoch: int, reason: str) -> None:
        self._write(f"stopped after epoch {epoch} of {self.epochs}: {reason}")

    def _write(self, line: str) -> None:
        if self.bar is not None:
            self.bar.write(line, file=sys.stderr)
        else:
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()


@contextmanager
def progress_report(epochs: int, steps: int, *, shown: bool | None) -> Iterator[Report]:
    """Where to tell of each step and epoch; `shown` None shows it if standard error is a terminal."""
    if sys.stderr is None or not (sys.stderr.isatty() if shown is None else shown):  # None if the shell has closed it
        yield Report()
        return
    try:
        from tqdm import tqdm  # noqa: PLC0415 (optional)
    except ImportError:
        tqdm = None
    if tqdm is None:
        yield _Lines(epochs, None)
        return
    # Off a terminal (in a log, say) the lines are enough.
    with tqdm(total=epochs * steps, unit="step", leave=False, disable=None) as bar:
        yield _Lines(epochs, bar)
