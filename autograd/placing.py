"""Where the values of a program stand in arrays, so that operands are slices of them wherever the graph allows.

Four kinds of stores: the parameters, `shared` values computed from them, the values of the `rows`, and arguments that
are only ever multiplied by matrices, which stay where they are. A slot is a row of a store.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograd.primitives import dot
from autograd.program import Instruction, Program


@dataclass
class Places:
    """The store and the slot of each value, how large the stores are, and which slots hold a constant 1.

    Attributes:
        store: of a value: "theta", "shared", "rows", or "x0" for the first argument; constants may have none.
        slot: of a value, in its store.
        n_shared, n_rows: how many slots these stores have.
        ones: slots of the rows that hold 1: below a matrix product's inputs, so that its bias is one more weight.
        matrices: the arguments that stay where they are.
        loaded: the arguments that are copied into the rows.
    """

    store: dict[int, str] = field(default_factory=dict)
    slot: dict[int, int] = field(default_factory=dict)
    n_shared: int = 0
    n_rows: int = 0
    ones: list[int] = field(default_factory=list)
    matrices: list[int] = field(default_factory=list)
    loaded: list[int] = field(default_factory=list)

    def put(self, store: str, values: Sequence[int], of_products: Container[tuple[int, ...]] = ()) -> None:
        """Place values one after the other, and a 1 below them if they are all the inputs of a matrix product."""
        first = self.n_rows if store == "rows" else self.n_shared
        for slot, value in enumerate(values, first):
            self.store[value] = store
            self.slot[value] = slot
        if store == "rows":
            self.n_rows += len(values)
            if tuple(values) in of_products:
                self.ones.append(self.n_rows)
                self.n_rows += 1
        else:
            self.n_shared += len(values)


def place(program: Program, instructions: Sequence[Instruction]) -> Places:
    """Places for all values; the nodes of each instruction are put in the order of their operands' slots."""
    places = Places()
    for value in range(program.n_parameters):
        places.store[value] = "theta"
        places.slot[value] = value
    of_products = {_inputs(instruction) for instruction in instructions if instruction.shares_inputs}
    _place_arguments(program, instructions, places, of_products)
    places.put("rows", [*program.draws], of_products)
    places.put("shared", sorted(_constants_in_groups(program, instructions)))
    for instruction in instructions:
        _order(instruction, places.slot)
        places.put("rows" if instruction.is_row else "shared", instruction.results, of_products)
    return places


def _place_arguments(
    program: Program, instructions: Sequence[Instruction], places: Places, of_products: set[tuple[int, ...]]
) -> None:
    """Arguments that are only multiplied by matrices stay where they are; others are copied into the rows."""
    elsewhere = _used_elsewhere(program, instructions)
    for k, argument in enumerate(program.arguments):
        if tuple(argument) in of_products and elsewhere.isdisjoint(argument):
            places.matrices.append(k)
            for slot, value in enumerate(argument):
                places.store[value] = f"x{k}"
                places.slot[value] = slot
        else:
            places.loaded.append(k)
            places.put("rows", argument, of_products)


def _constants_in_groups(program: Program, instructions: Sequence[Instruction]) -> set[int]:
    """The constants that are members of groups of operands: these are read as arrays."""
    constants = program.constants.keys()
    found: set[int] = set()
    for instruction in instructions:
        primitive = instruction.primitive
        if primitive.n_groups:
            for operands in instruction.operands:
                if not constants.isdisjoint(operands):
                    found.update(*primitive.shaped(operands)[: primitive.n_groups])
    return found & constants


def _inputs(instruction: Instruction) -> tuple[int, ...]:
    operands = instruction.operands[0]
    return tuple(operands[len(operands) // 2 : -1])


def _used_elsewhere(program: Program, instructions: Sequence[Instruction]) -> set[int]:
    """The values that are used in any other way than as one of a matrix product's inputs."""
    used = set(program.outputs)
    for check in program.checks:
        used |= {check.left, check.right}
    arguments = {tuple(argument) for argument in program.arguments}
    for instruction in instructions:
        if instruction.shares_inputs and _inputs(instruction) in arguments:
            used.update(operands[-1] for operands in instruction.operands)
        else:
            used.update(*instruction.operands)
    return used


def _order(instruction: Instruction, slot: dict[int, int]) -> None:
    """Sort the nodes of an instruction by the slots of their operands."""
    if len(instruction) == 1:
        return
    many = instruction.primitive is dot

    def key(i: int) -> Any:
        operands = instruction.operands[i]
        return slot.get(operands[0], 0) if many else tuple([slot.get(operand, 0) for operand in operands])

    order = sorted(range(len(instruction)), key=key)
    instruction.results = [instruction.results[i] for i in order]
    instruction.operands = [instruction.operands[i] for i in order]
