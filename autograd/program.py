"""A recorded computation as a table: numbered values, and for each that is computed, its primitive and operands.

Built from a graph of Values, rewritten by `autograd.lowering`. What the numbers are worth is decided in each replay.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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
    before: int = 0
    """Computed values with lower numbers were there when it was made."""

    @property
    def sign(self) -> str:
        """How the comparison is written."""
        return "<" if self.is_strict else "<="


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
            yield f"{self.name(value)} = {primitive.name}({self.shown(operands)})"
        for check in self.checks:
            compared = f"{self.name(check.left)} {check.sign} {self.name(check.right)}"
            yield f"check that {compared} is {check.outcome}, as at {check.line}"
        yield f"give {self.shown(self.outputs)}"

    def name(self, value: int) -> str:
        """A value for people: its label, the number of a constant, or where it comes from."""
        if value in self.labels:
            return self.labels[value]
        if value in self.constants:
            return f"{self.constants[value]:g}"
        if value < self.n_parameters:
            return f"p{value}"
        for k, argument in enumerate(self.arguments):
            if value in argument:
                return f"x{k}" if len(argument) == 1 else f"x{k}[{value - argument.start}]"
        return f"v{value}"

    def shown(self, values: Sequence[int]) -> str:
        """Values as text, runs of them as `first..last`."""
        runs: list[list[int]] = []
        for value in values:
            if runs and value == runs[-1][-1] + 1 and self._kind(value) == self._kind(runs[-1][-1]) != -1:
                runs[-1].append(value)
            else:
                runs.append([value])
        return ", ".join("..".join(map(self.name, dict.fromkeys((run[0], run[-1])))) for run in runs)

    def _kind(self, value: int) -> int:
        """Values of one kind may be shown as a run: parameters, the numbers of one argument, what is computed."""
        if value in self.constants or value in self.labels:
            return -1
        if value < self.n_parameters:
            return 0
        return next((k + 2 for k, argument in enumerate(self.arguments) if value in argument), 1)


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


def counted(number: int, noun: str) -> str:
    """The number with its noun, one or several.

    >>> counted(1, "node"), counted(3, "node")
    ('1 node', '3 nodes')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
