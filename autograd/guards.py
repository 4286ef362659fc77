"""Comparisons that a replay makes again: what is raised when one comes out differently than it was recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd.program import Program


class GuardError(RuntimeError):
    """A comparison comes out differently in a replay than when the tape was recorded.

    Attributes:
        row: the first row of the batch in which it does.
        before: the values with lower numbers had been computed when the comparison was made.
    """

    def __init__(self, message: str, row: int, before: int) -> None:
        super().__init__(message, row, before)
        self.row = row
        self.before = before

    def __str__(self) -> str:
        return str(self.args[0])


def failing(program: Program) -> Callable[[int, Any], GuardError]:
    """What a replay calls when a comparison comes out differently."""

    def failed(number: int, holds: Any) -> GuardError:
        """The error; `holds` says in which rows the comparison comes out as it was."""
        check = program.checks[number]
        left, right = program.name(check.left), program.name(check.right)
        row = int(holds[0].argmin())
        return GuardError(
            f"row {row}: {left} {check.sign} {right} was {check.outcome} when the tape was recorded, and is not here;"
            f" the comparison was made at {check.line}. Choose with autograd.maximum, relu, ... in place of if, or"
            " compute this row without the tape",
            row,
            check.before,
        )

    return failed
