"""What training has measured, epoch by epoch, as a table of plain numbers: to look at, to keep, to draw.

How they were measured, and what for, it does not know.
"""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

from nn.wording import NO_MATPLOTLIB, choices, counted


class History:
    """What was measured in training: a table with a row for each epoch and a column for each quantity.

    `history["loss"]` is a column, a list of floats; `history.columns` names them; `len(history)` counts the epochs.
    `rows` is the table itself: a dict for each epoch, which iteration gives one after the other.

    Attributes:
        stopped: why training ended, in one phrase; empty as long as it has not.
        interrupted: whether it was Ctrl-C that ended it.
        restored_epoch: the epoch whose parameters `EarlyStopping` gave back to the model; None if none did.
        engine: how the steps were computed, and why so.

    >>> history = History()
    >>> history.rows.append({"epoch": 1, "loss": 0.5})
    >>> history, history["loss"]
    (History(1 epoch; last: loss 0.5), [0.5])
    """

    def __init__(self, engine: str = "") -> None:
        self.rows: list[dict[str, float]] = []
        self.stopped = ""
        self.interrupted = False
        self.restored_epoch: int | None = None
        self.engine = engine

    @property
    def columns(self) -> list[str]:
        """The names of what was measured."""
        return list(self.rows[0]) if self.rows else []

    @property
    def best_epoch(self) -> int | None:
        """The epoch that was restored; if none was, the first with the lowest loss, that of validation if there is one.

        None if there is no epoch with a finite loss.

        >>> history = History()
        >>> history.rows += [{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.25}, {"epoch": 3, "loss": 0.75}]
        >>> history.best_epoch
        2
        """
        if self.restored_epoch is not None:
            return self.restored_epoch
        name = "validation_loss" if "validation_loss" in self.columns else "loss"
        finite = [row for row in self.rows if math.isfinite(row.get(name, math.nan))]
        return int(min(finite, key=lambda row: row[name])["epoch"]) if finite else None

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[dict[str, float]]:
        return iter(self.rows)

    def __getitem__(self, column: str) -> list[float]:
        if column not in self.columns:
            raise KeyError(f"no column {column!r}; there are {choices(str(column), self.columns) or 'none yet'}")
        return [row[column] for row in self.rows]

    def __repr__(self) -> str:
        last = ", ".join(f"{name} {x:.4g}" for name, x in self.rows[-1].items() if name != "epoch") if self.rows else ""
        said = (counted(len(self), "epoch"), last and f"last: {last}", self.stopped)
        return f"History({'; '.join(part for part in said if part)})"

    def to_dict(self) -> dict[str, list[float]]:
        """The columns by name, as `pandas.DataFrame` takes them.

        >>> history = History()
        >>> history.rows += [{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.25}]
        >>> history.to_dict()
        {'epoch': [1, 2], 'loss': [0.5, 0.25]}
        """
        return {name: self[name] for name in self.columns}

    def to_csv(self, path: str | os.PathLike[str] | None = None) -> str | None:
        r"""The table as CSV: a line of column names, then a line for each epoch, with every digit.

        Args:
            path: a file to write, which replaces one that is there; None for the text itself.

        Returns:
            The text, or None if it was written to a file.

        Raises:
            OSError: the file cannot be written.

        >>> history = History()
        >>> history.rows.append({"epoch": 1, "loss": 0.1})
        >>> history.to_csv()
        'epoch,loss\n1,0.1\n'
        """
        text = io.StringIO()
        if self.rows:
            table = csv.DictWriter(text, self.columns, lineterminator="\n")
            table.writeheader()
            table.writerows(self.rows)
        if path is None:
            return text.getvalue()
        Path(path).write_text(text.getvalue(), encoding="utf-8", newline="")
        return None

    def plot(self, quantity: str = "loss", *, ax: Any = None) -> Any:
        """Draw a quantity against the epochs: that of training, that of validation, and a mark at the best epoch.

        Args:
            quantity: a column, such as a metric's name; `validation_` before it names the second line.
            ax: matplotlib's Axes to draw on; None for those of a new figure.

        Returns:
            The Axes.

        Raises:
            KeyError: there is no such column.
            ModuleNotFoundError: matplotlib is not installed.
        """
        _ = self[quantity]  # refuses what is no column
        if ax is None:
            try:
                from matplotlib import pyplot as plt  # noqa: PLC0415 (optional)
            except ImportError:
                raise ModuleNotFoundError(NO_MATPLOTLIB, name="matplotlib") from None
            ax = plt.subplots()[1]
        for name in (quantity, f"validation_{quantity}"):
            if name in self.columns:
                marker = "o" if len(self) == 1 else None  # a line of one point would not be seen
                ax.plot(self["epoch"], self[name], label=name.replace("_", " "), marker=marker)
        best = self.best_epoch
        if best is not None:
            ax.axvline(best, color="gray", linestyle="--", label=f"best: epoch {best}")
        ax.set_xlabel("epoch")
        ax.set_ylabel(quantity.replace("_", " "))
        ax.legend()
        return ax


class Means:
    """Means of named quantities."""

    def __init__(self) -> None:
        self.columns: dict[str, list[float]] = {}

    def add(self, row: Mapping[str, float]) -> None:
        """Count one more example, with these numbers."""
        for name, x in row.items():
            self.columns.setdefault(name, []).append(x)

    def extend(self, name: str, numbers: Iterable[float]) -> None:
        """Count a number of each of several examples."""
        self.columns.setdefault(name, []).extend(numbers)

    def result(self) -> dict[str, float]:
        """The mean of each quantity over the examples so far."""
        return {name: _mean(column) for name, column in self.columns.items()}


def _mean(column: list[float]) -> float:
    """Not by sum(), whose last bit depends on Python's version."""
    try:
        return math.fsum(column) / len(column)
    except (OverflowError, ValueError):  # a diverging sum: the inf or nan that repeated + gives
        return reduce(add, column) / len(column)
