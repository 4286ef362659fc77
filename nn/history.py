"""What training has measured, epoch by epoch, as a table of plain numbers.

How they were measured, and what for, it does not know.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nn.wording import choices, counted


class History:
    """What was measured in training: a table with a row for each epoch and a column for each quantity.

    `history["loss"]` is a column, a list of floats; `history.columns` names them; `len(history)` counts the epochs.
    `rows` is the table itself: a dict for each epoch, which iteration gives one after the other.

    >>> history = History()
    >>> history.rows.append({"epoch": 1, "loss": 0.5})
    >>> history, history["loss"]
    (History(1 epoch; last: loss 0.5), [0.5])
    """

    def __init__(self) -> None:
        self.rows: list[dict[str, float]] = []

    @property
    def columns(self) -> list[str]:
        """The names of what was measured."""
        return list(self.rows[0]) if self.rows else []

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[dict[str, float]]:
        return iter(self.rows)

    def __getitem__(self, column: str) -> list[float]:
        if column not in self.columns:
            raise KeyError(f"no column {column!r}; there are {choices(str(column), self.columns) or 'none yet'}")
        return [row[column] for row in self.rows]

    def __repr__(self) -> str:
        last = [f"{name} {x:.4g}" for name, x in self.rows[-1].items() if name != "epoch"] if self.rows else []
        return f"History({counted(len(self), 'epoch')}{'; last: ' if last else ''}{', '.join(last)})"


class Means:
    """Means of named quantities."""

    def __init__(self) -> None:
        self.columns: dict[str, list[float]] = {}

    def add(self, row: Mapping[str, float]) -> None:
        """Count one more example, with these numbers."""
        for name, x in row.items():
            self.columns.setdefault(name, []).append(x)

    def result(self) -> dict[str, float]:
        """The mean of each quantity over the examples so far."""
        # Not math.fsum: it raises where a diverging sum is inf or nan.
        return {name: sum(column) / len(column) for name, column in self.columns.items()}
