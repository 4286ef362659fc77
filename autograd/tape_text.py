"""A tape as text: the program as it was recorded, what each pass left, and the instructions that are replayed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from autograd.placing import Places
from autograd.program import Instruction, Program, counted
from autograd.runner import Runner

SHOWN = 24
"""How many lines of a recorded program are shown with the tape."""

_LETTERS = {"theta": "p", "rows": "v", "shared": "s"}


def text(recorded: Program, passes: Mapping[str, int], runner: Runner) -> str:
    """The whole, for `print(tape)`."""
    instructions = runner.instructions
    before = [*recorded.lines()]
    if len(before) > SHOWN:
        before[SHOWN - 2 : -1] = [f"... ({len(before) - SHOWN + 1} more lines: print(tape.recorded))"]
    after = [*_replayed(runner.program, instructions, runner.places)]
    return "\n".join(
        [
            f"recorded: {counted(len(recorded.nodes), 'node')}",
            *(f"    {line}" for line in before),
            f"nodes after each pass: {', '.join(f'{name} {n}' for name, n in passes.items())}",
            f"replayed: {counted(len(instructions), 'instruction')}",
            *(f"    {line}" for line in after),
        ]
    )


def _replayed(program: Program, instructions: Sequence[Instruction], places: Places) -> Iterator[str]:
    """The instructions: what they compute, from what, and why these nodes are one instruction."""

    def shown(values: Sequence[int], *, each: bool = False) -> str:
        return _shown(values, program, places, each=each)

    for k in places.loaded:
        if program.arguments[k]:
            yield f"{shown(program.arguments[k])} = x{k}  # for each row"
    if program.draws:
        yield f"{shown([*program.draws])} = drawn()  # anew for each row"
    for instruction in instructions:
        operands = instruction.operands
        n = len(instruction)
        if instruction.shares_inputs:
            k = len(operands[0]) // 2
            weights = shown([v for each in operands for v in each[:k]])
            given = f"{weights} as {n} x {k}; {shown(operands[0][k:-1])}; {shown([each[-1] for each in operands])}"
            why = "one matrix product: the same inputs"
        elif n == 1:
            given, why = shown(operands[0], each=True), "1 node"
        else:
            columns = [*zip(*operands, strict=True)]
            given = "; ".join(map(shown, columns[:4])) + ("; ..." if len(columns) > 4 else "")
            why = f"{n} nodes of one level with the same operation"
        where = "for each row" if instruction.is_row else "once for all rows"
        yield f"{shown(instruction.results)} = {instruction.primitive.name}({given})  # {where}; {why}"
    for check in program.checks:
        compared = f"{shown([check.left])} {check.sign} {shown([check.right])}"
        yield f"check that {compared} is {check.outcome}, as at {check.line}"
    yield f"give {shown(program.outputs)}"


def _shown(values: Sequence[int], program: Program, places: Places, *, each: bool = False) -> str:
    """Values by where they stand: parameters p, arguments x0_, x1_, rows v, values shared by all rows s.

    If all are the same, that one is said once, but for `each`.
    """
    ends = [0]
    for i, (value, following) in enumerate(pairwise(values), 1):
        is_run = value not in program.constants and following not in program.constants
        is_run = is_run and places.store[value] == places.store[following]
        if not (is_run and places.slot[following] == places.slot[value] + 1):
            ends.append(i)
    runs = [values[a:b] for a, b in pairwise([*ends, len(values)])]
    texts = ["..".join(_name(v, program, places) for v in dict.fromkeys((run[0], run[-1]))) for run in runs if run]
    if len({*texts}) == 1 and not each:
        return texts[0]
    return ", ".join(texts[:6]) + (", ..." if len(texts) > 6 else "")


def _name(value: int, program: Program, places: Places) -> str:
    if value in program.constants:
        return f"{program.constants[value]:g}"
    store = places.store[value]
    return f"{_LETTERS.get(store, f'{store}_')}{places.slot[value]}"
