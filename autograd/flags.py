"""What eager work would have raised, where NumPy noticed an overflow, a division by zero or an invalid operation.

NumPy's flags cost nothing while all goes well. When one is up, the nodes whose results are not finite are computed once
more with floats, row by row, and what Python raises there is raised, with the instruction and the row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd.program import Instruction, Program


def raise_as_eager(
    program: Program,
    instructions: Sequence[Instruction],
    numbers: Callable[[int], Any],
) -> None:
    """Raise the error of the first row, and in it of the first node, that raises one with floats; or return.

    Args:
        program, instructions: what was replayed.
        numbers: of a value, an array of its numbers in all rows, or of one if it is the same in all.
    """
    import numpy as np  # noqa: PLC0415 (optional)

    suspects: list[tuple[int, int, int, int]] = []
    for i, instruction in enumerate(instructions):
        for j, value in enumerate(instruction.results):
            found = numbers(value)
            suspects += [(int(row), value, i, j) for row in np.flatnonzero(~np.isfinite(found))]
    for row, _, i, j in sorted(suspects):
        instruction = instructions[i]
        operands = [float(x[row if len(x) > 1 else 0]) for x in map(numbers, instruction.operands[j])]
        if any(x != x for x in operands):  # noqa: PLR0124 (NaN came from further up)
            continue
        try:
            instruction.primitive.over_floats(operands, operands)
        except (ArithmeticError, ValueError) as error:
            name = program.labels.get(instruction.results[j], f"v{instruction.results[j]}")
            error.add_note(f"in row {row} of the batch, instruction {i} of the tape: {name} = {instruction.primitive.name}")
            raise
