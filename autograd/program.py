"""A recorded computation as a table: numbered values, and for each that is computed, its primitive and operands.

Built from a graph of Values, rewritten by `autograd.lowering`. What the numbers are worth is decided in each replay.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TypeAlias

from autograd.rules import Primitive

Node: TypeAlias = tuple[Primitive, tuple[int, ...]]


@dataclass(frozen=True)
class Check:
    """A comparison that every replay must find as it was: `left < right`, or <= if it is not strict."""

    is_strict: bool
    left: int
    right: int
    outcome: bool
    line: str

    def __str__(self) -> str:
        return f"v{self.left} {'<' if self.is_strict else '<='} v{self.right} is {self.outcome}, at {self.line}"


@dataclass(frozen=True)
class Program:
    """Numbered values: parameters first, then the numbers of each argument, then what is drawn, constant or computed.

    Attributes:
        n_parameters: values 0 to n_parameters - 1 are shared by all rows.
        arguments: the values of each argument's numbers, one of them for each row.
        draws: values that are drawn anew for each row.
        constants: values that never change.
        nodes: computed values, operands before results.
        outputs: the values that a replay gives.
        checks: the comparisons that a replay makes again.
        labels: names of values, for messages.
        copies: computed values that are the same in all rows, but stand among those of the rows.
    """

    n_parameters: int
    arguments: tuple[range, ...]
    draws: Mapping[int, Callable[[], float]]
    constants: Mapping[int, float]
    nodes: Mapping[int, Node]
    outputs: tuple[int, ...]
    checks: tuple[Check, ...] = ()
    labels: Mapping[int, str] = field(default_factory=dict)
    copies: frozenset[int] = frozenset()

    def uses(self) -> Counter[int]:
        """How often each value is an operand, an output or compared."""
        counts: Counter[int] = Counter(self.outputs)
        for check in self.checks:
            counts[check.left] += 1
            counts[check.right] += 1
        for _, operands in self.nodes.values():
            counts.update(operands)
        return counts

    def rows(self) -> set[int]:
        """The values that may differ from row to row."""
        rows = {value for argument in self.arguments for value in argument} | set(self.draws) | self.copies
        for value, (_, operands) in self.nodes.items():
            if not rows.isdisjoint(operands):
                rows.add(value)
        return rows

    def next_value(self) -> int:
        """The first number that names no value."""
        leaves = (self.n_parameters - 1, *(a[-1] for a in self.arguments if a), *self.draws, *self.constants)
        return 1 + max((*leaves, *self.nodes), default=-1)

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def lines(self) -> Iterator[str]:
        """The program as text, a line for each node."""
        for value, (primitive, operands) in self.nodes.items():
            yield f"v{value} = {primitive.name}({self.shown(operands)})"
        yield from (f"check {check}" for check in self.checks)
        yield f"give {self.shown(self.outputs)}"

    def shown(self, values: Sequence[int]) -> str:
        """Values as text: constants as numbers, runs of values as `first..last`."""
        parts: list[str] = []
        for is_constant, run in groupby(values, self.constants.__contains__):
            members = [*run]
            parts += [f"{self.constants[v]:g}" for v in members] if is_constant else _runs(members, self.n_parameters)
        return ", ".join(parts)


def _runs(values: Sequence[int], n_parameters: int) -> list[str]:
    """`p0..p2, v7` for [0, 1, 2, 7] with three parameters."""
    runs: list[list[int]] = []
    for value in values:
        if runs and value == runs[-1][-1] + 1 and value != n_parameters:
            runs[-1].append(value)
        else:
            runs.append([value])
    texts = []
    for run in runs:
        letter = "p" if run[0] < n_parameters else "v"
        texts.append(f"{letter}{run[0]}" if len(run) == 1 else f"{letter}{run[0]}..{letter}{run[-1]}")
    return texts


@dataclass
class Instruction:
    """Nodes of one level with the same primitive: one operation on arrays.

    Attributes:
        primitive: the operation.
        results: the value that each node gives.
        operands: the operands of each node, as many for each.
        is_row: whether the results differ from row to row.
        shares_inputs: for dots, whether all have the same inputs, so that they are one matrix product.
    """

    primitive: Primitive
    results: list[int]
    operands: list[tuple[int, ...]]
    is_row: bool
    shares_inputs: bool = False

    def __len__(self) -> int:
        return len(self.results)
