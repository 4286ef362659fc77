"""What eager work would have raised, where NumPy noticed an overflow, a division by zero or an invalid operation.

NumPy's flags cost nothing while all goes well. When one is up, the nodes whose results are not finite are computed once
more with floats, row by row, and what Python raises there is raised, with the instruction and the row.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from autograd.optional import numpy
from autograd.program import Instruction, Program


def raise_as_eager(
    program: Program,
    instructions: Sequence[Instruction],
    numbers: Callable[[int], Any],
    until: tuple[int, int] | None = None,
) -> None:
    """Raise the error of the first row, and in it of the first node, that raises one with floats; or return.

    Args:
        program: what was replayed.
        instructions: as they were replayed.
        numbers: of a value, its numbers in all rows, or one if it is the same in all.
        until: the row and the value that eager work would not have come to.
    """
    np = numpy()

    suspects: list[tuple[int, int, int, int]] = []
    for i, instruction in enumerate(instructions):
        for j, value in enumerate(instruction.results):
            suspects += [(int(row), value, i, j) for row in np.flatnonzero(~np.isfinite(numbers(value)))]
    for row, value, i, j in sorted(suspects):
        if until is not None and (row, value) >= until:
            return
        instruction = instructions[i]
        operands = [float(x[row if len(x) > 1 else 0]) for x in map(numbers, instruction.operands[j])]
        if any(map(math.isnan, operands)) and 0.0 not in operands:  # NaN came from further up, and is carried through
            continue
        try:
            instruction.primitive.over_floats(operands, operands)
        except (ArithmeticError, ValueError) as error:
            name = instruction.primitive.name
            where = f"in row {row} of the batch, instruction {i} of the tape"
            error.add_note(f"{where}: {program.name(value)} = {name}({program.shown(instruction.operands[j])})")
            raise
