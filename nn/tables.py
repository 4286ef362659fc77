"""CSV files as columns of text cells: delimiters, quotes and blank lines are dealt with, faults named with their line.

It does not know what a column means, which one is a target, or what is learnt from it.
"""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Self

from nn.datasets import DataError
from nn.wording import choices, counted, listed, shortened


@dataclass(frozen=True)
class Table:
    """A CSV file as columns of text cells; `lines` says on which line of the file each row begins."""

    where: str
    columns: dict[str, list[str]]
    lines: list[int]

    @classmethod
    def read(cls, path: str | os.PathLike[str], least: int) -> Self:
        """The table that a file holds; DataError for one that is no table, or has fewer than `least` rows."""
        where = repr(os.fspath(path))
        text = _text(path, where)
        delimiter = _delimiter(text)
        header, *records = list(_records(where, text, delimiter)) or [(1, [])]
        if not header[1]:
            raise DataError(f"{where}: the file is empty; wanted a line of column names, and rows below it")
        if len(header[1]) == 1 and records:
            _require_no_other(where, header[0], header[1][0], delimiter.join(records[0][1]))
        columns: dict[str, list[str]] = {}
        for position, name in enumerate(header[1], start=1):
            if not name or name in columns:
                came = f"column {position} " + (f"is named {shortened(name)} again" if name else "has no name")
                raise DataError(f"{where}, line {header[0]}: {came}; wanted a name of its own for each; rename it")
            columns[name] = []
        if records and all(as_number(name) is not None for name in columns):
            came = f"all column names are numbers, {listed(columns)}"
            raise DataError(f"{where}, line {header[0]}: {came}; wanted a line of names; add one")
        for line, cells in records:
            if len(cells) != len(columns):
                wanted = f"{len(columns)}, one for each column, with {delimiter!r} between them; mend the line"
                raise DataError(f"{where}, line {line}: {counted(len(cells), 'cell')}; wanted {wanted}")
            for column, cell in zip(columns.values(), cells, strict=True):
                column.append(cell)
        if len(records) < least:
            came = counted(len(records), "row") if records else "no row"
            raise DataError(f"{where}: {came} below the header; wanted at least {least}; add samples")
        return cls(where, columns, [line for line, _ in records])

    def require(self, names: Sequence[str], wanted: str = "wanted one of") -> None:
        """DataError unless there is a column of each of these names; `wanted` leads to the names that there are."""
        missing = [name for name in names if name not in self.columns]
        if missing:
            raise DataError(f"{self.where}: no column {listed(missing)}; {wanted} {choices(missing[0], self.columns)}")

    def texts(self, name: str, wanted: str, fits: Callable[[str], object]) -> list[str]:
        """The cells of a column; DataError, which says what was wanted, for the first that does not fit."""
        self.require([name])
        for line, text in zip(self.lines, self.columns[name], strict=True):
            if not fits(text):
                came = shortened(text) if text else "an empty cell"
                raise DataError(f"{self.where}, line {line}, column {shortened(name)}: {came}; wanted {wanted}")
        return self.columns[name]

    def numbers(self, name: str, remedy: str = "mend the cell, or take its row or column out") -> list[float]:
        """The cells of a column as finite floats; DataError, with the remedy, for the first that is none."""

        def fits(text: str) -> bool:
            value = as_number(text)
            return value is not None and math.isfinite(value)

        return [float(text) for text in self.texts(name, f"a finite number such as -1.5 or 2e3; {remedy}", fits)]

    def inputs(self, names: Sequence[str]) -> list[list[float]]:
        """The rows of these columns, in this order, as finite floats; DataError for the first cell that is none."""
        self.require(names)
        return [list(row) for row in zip(*map(self.numbers, names), strict=True)]


def _text(path: str | os.PathLike[str], where: str) -> str:
    """What the file holds, as text without NUL characters."""
    try:
        content = Path(path).read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{where}: {reason}; wanted a CSV file that can be read; check the path") from error
    try:
        text = content.decode().removeprefix("\ufeff")  # not "utf-8-sig": its errors count from behind the mark
        bad = content.find(b"\0")
    except UnicodeDecodeError as error:
        text, bad = "", error.start
    if bad < 0:
        return text
    line = content.count(b"\n", 0, bad) + 1
    came = f"byte 0x{content[bad]:02x}; wanted text in UTF-8"
    raise DataError(f"{where}, line {line}: {came}; save the file as CSV in UTF-8")


def _delimiter(text: str) -> str:
    """The first of tab, semicolon, comma that divides the header, and the row below it into as many cells."""
    # In this order: commas are frequent within the cells of the other kinds (decimal commas), but not vice versa.
    header_cells = {}
    for delimiter in "\t;,":
        try:
            widths = [len(cells) for _, cells in islice(_records("", text, delimiter), 2)] or [0]
        except DataError:  # quotes and lengths of cells can be right with another delimiter
            widths = [0]
        if widths[0] == widths[-1] > 1:
            return delimiter
        header_cells[delimiter] = widths[0]
    return max(",;\t", key=header_cells.__getitem__)


def _require_no_other(where: str, line: int, header: str, row: str) -> None:
    """DataError for a header without a delimiter, if something else divides it and the row below it alike."""
    for other, said in (("|", "'|'"), (None, "spaces")):
        widths = {len(text.split(other)) for text in (header, row)}
        if widths != {1} and len(widths) == 1:
            came = f"one column, {shortened(header)}, as it seems with {said} between cells"
            raise DataError(f"{where}, line {line}: {came}; wanted a comma, a semicolon or a tab; replace them")


def _records(where: str, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The first line's number, and the cells, of each record that is not blank."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
    line = 1
    try:
        for cells in reader:
            if len(cells) > 1 or any(map(cleaned, cells)):
                yield line, list(map(cleaned, cells))
            line = reader.line_num + 1
    except csv.Error as error:
        wanted = f"quotes that close before a delimiter, and cells of at most {csv.field_size_limit()} characters"
        raise DataError(f"{where}, line {line}: not CSV ({error}); wanted {wanted}; mend the line") from error


def as_number(text: str) -> float | None:
    """A cell as a float, nan if only Python takes it for a number (1_000), None if not even Python does."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if text.isascii() and "_" not in text else math.nan


def cleaned(text: str) -> str:
    """The text without spaces around it, and with single ones within."""
    return " ".join(text.split())
