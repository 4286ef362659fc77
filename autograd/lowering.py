"""From a recorded graph to few, large array operations: small passes, each a function from program to program.

A pass changes what is computed, never what comes out. `PASSES` is their order; `instructions` then makes one operation
of all nodes of a level that do the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from autograd.primitives import add, dot, identity, multiply, total
from autograd.program import Instruction, Node, Program

LONG_SUM = 8
"""From how many terms on a sum without products becomes one `total`."""

MANY_PRODUCTS = 4
"""From how many terms on a sum of products of two values that both differ from row to row becomes a `dot`."""


def fold_constants(program: Program) -> Program:
    """What only constants go into is a constant."""
    constants = dict(program.constants)
    nodes: dict[int, Node] = {}
    is_constant = constants.__contains__
    for value, (primitive, operands) in program.nodes.items():
        if primitive is dot and len(operands) == 1:  # no weights: the bias alone
            primitive = identity  # noqa: PLW2901
        if all(map(is_constant, operands)):
            numbers = [constants[operand] for operand in operands]
            constants[value] = primitive.over_floats(numbers, numbers)[0]
        else:
            nodes[value] = primitive, operands
    return replace(program, constants=constants, nodes=nodes)


def merge_duplicates(program: Program) -> Program:
    """Nodes with the same primitive and operands are one, and so are constants with the same number."""
    first: dict[Any, int] = {}
    same: dict[int, int] = {}
    constants: dict[int, float] = {}
    for value, number in program.constants.items():
        known = first.setdefault(number.hex(), value)
        if known == value:
            constants[value] = number
        else:
            same[value] = known
    nodes: dict[int, Node] = {}
    for value, (primitive, operands) in program.nodes.items():
        if not same.keys().isdisjoint(operands):
            operands = tuple([same.get(operand, operand) for operand in operands])  # noqa: PLW2901
        known = first.setdefault((primitive, operands), value)
        if known == value:
            nodes[value] = primitive, operands
        else:
            same[value] = known
    return _with_values_replaced(replace(program, constants=constants, nodes=nodes), same)


def find_sums_of_products(program: Program) -> Program:
    """Sums written with + become `dot` where they add up products with * of a shared number, and long ones `total`.

    What is looked for is a tree of additions whose inner nodes nothing else uses, as `w1 * x1 + w2 * x2 + b` is.
    """
    nodes = program.nodes
    additions = {value for value, (primitive, _) in nodes.items() if primitive is add}
    if not additions:
        return program
    uses = program.uses()
    rows = program.rows()
    terms = {operand for value in additions for operand in nodes[value][1]}
    inner = {value for value in additions & terms if uses[value] == 1}
    next_value = program.next_value()
    constants = dict(program.constants)
    found: dict[int, Node] = {}
    for value, (primitive, operands) in nodes.items():
        if primitive is not add or value in inner:
            found[value] = primitive, operands
            continue
        products, others = _terms(operands, nodes, inner, uses)
        has_weights = any((a in rows) != (b in rows) and not {a, b} & constants.keys() for a, b in products)
        is_worth_it = has_weights or len(products) >= MANY_PRODUCTS
        if products and is_worth_it and len(products) + len(others) > 1:
            weights, inputs = zip(
                *[(b, a) if a in rows and b not in rows else (a, b) for a, b in products], strict=True
            )
            others = [t for t in others if constants.get(t) != 0.0]
            if not others:
                others, constants[next_value] = [next_value], 0.0
                next_value += 1
            elif len(others) > 1:
                found[next_value] = total, tuple(others)
                others = [next_value]
                next_value += 1
            found[value] = dot, (*weights, *inputs, *others)
        elif not products and len(others) >= LONG_SUM:
            found[value] = total, tuple(others)
        else:
            found[value] = primitive, operands
    return drop_unneeded(replace(program, constants=constants, nodes=found))


def _terms(
    operands: Iterable[int], nodes: Any, inner: set[int], uses: Counter[int]
) -> tuple[list[tuple[int, int]], list[int]]:
    """The products that a tree of additions adds up, as pairs of factors, and its other terms; from left to right."""
    products: list[tuple[int, int]] = []
    others: list[int] = []
    stack = [*operands][::-1]
    while stack:
        term = stack.pop()
        if term in inner:
            stack.extend(reversed(nodes[term][1]))
        elif term in nodes and nodes[term][0] is multiply and uses[term] == 1:
            products.append(nodes[term][1])
        else:
            others.append(term)
    return products, others


def drop_unneeded(program: Program) -> Program:
    """Only what an output or a comparison depends on is left."""
    needed = set(program.outputs)
    for check in program.checks:
        needed |= {check.left, check.right}
    for value in reversed([*program.nodes]):
        if value in needed:
            needed.update(program.nodes[value][1])
    nodes = {value: node for value, node in program.nodes.items() if value in needed}
    constants = {value: number for value, number in program.constants.items() if value in needed}
    return replace(program, nodes=nodes, constants=constants)


def _with_values_replaced(program: Program, same: dict[int, int]) -> Program:
    """Outputs and checks that refer to what is left of merged values."""
    if not same:
        return program
    checks = dict.fromkeys(
        replace(check, left=same.get(check.left, check.left), right=same.get(check.right, check.right))
        for check in program.checks
    )
    return replace(program, outputs=tuple([same.get(v, v) for v in program.outputs]), checks=tuple(checks))


# --- one instruction for many nodes ---------------------------------------------------------------------------------


def make_groups_uniform(program: Program) -> Program:
    """Members of a group of operands are of one kind: copies, by `identity`, stand in for those of another.

    Where some differ from row to row, all do; where some are parameters, all are, or none.
    """
    rows = program.rows()
    first_other = program.n_parameters
    nodes: dict[int, Node] = {}
    copies: dict[tuple[int, bool], int] = {}
    known: dict[tuple[int, ...], tuple[int, ...]] = {}
    next_value = program.next_value()

    def copied(value: int, *, is_row: bool) -> int:
        nonlocal next_value
        if (value, is_row) not in copies:
            copies[value, is_row] = next_value
            nodes[next_value] = identity, (value,)
            next_value += 1
        return copies[value, is_row]

    def uniform(group: tuple[int, ...]) -> tuple[int, ...]:
        if not group or max(group) < first_other:
            return group
        if group not in known:
            if not rows.isdisjoint(group):
                members = [v if v in rows else copied(v, is_row=True) for v in group]
            else:
                has_parameters = min(group) < first_other
                members = [copied(v, is_row=False) if has_parameters and v < first_other else v for v in group]
            known[group] = tuple(members)
        return known[group]

    for value, (primitive, operands) in program.nodes.items():
        n = primitive.n_groups
        if n:
            shaped = primitive.shaped(operands)
            groups = [*map(uniform, shaped[:n])]
            if any(mine is not given and mine != given for mine, given in zip(groups, shaped, strict=False)):
                operands = primitive.flat([*groups, *shaped[n:]])  # noqa: PLW2901
        nodes[value] = primitive, operands
    return replace(program, nodes=nodes, copies=frozenset(v for (_, is_row), v in copies.items() if is_row))


PASSES = (fold_constants, merge_duplicates, drop_unneeded, find_sums_of_products, make_groups_uniform)
"""In this order: each finds what the ones before it have left."""


def instructions(program: Program) -> list[Instruction]:
    """Nodes of one level that have the same primitive and kinds of operands, together; level by level.

    The level of a node is the length of the longest way to it from a leaf. Of dots of shared weights with values of
    the rows, those with the same inputs go together: they are one matrix product.
    """
    rows = program.rows()
    level: dict[int, int] = {}
    levels: dict[tuple[int, ...], int] = {}
    first_computed = min(program.nodes, default=0)
    found: dict[tuple[Any, ...], Instruction] = {}

    def kind(value: int) -> str:
        if value in rows:
            return "row"
        return "constant" if value in program.constants else "parameter" if value < program.n_parameters else "shared"

    def kind_of_group(group: Sequence[int]) -> tuple[str, int]:
        first = kind(group[0]) if group else "shared"
        return "shared" if first == "constant" else first, len(group)

    def level_of(group: tuple[int, ...]) -> int:
        if not group or max(group) < first_computed:  # leaves
            return 0
        if group not in levels:
            levels[group] = max([level.get(member, 0) for member in group])
        return levels[group]

    for value, (primitive, operands) in program.nodes.items():
        shaped = primitive.shaped(operands)
        groups, singles = shaped[: primitive.n_groups], shaped[primitive.n_groups :]
        level[value] = own = 1 + max([*map(level_of, groups), *[level.get(x, 0) for x in singles]])
        kinds: list[Any] = [*map(kind_of_group, groups), *map(kind, singles)]
        shares_inputs = primitive is dot and kinds[0][0] != "row" and kinds[1][0] == "row"
        key = own, primitive, value in rows, *kinds, shaped[1] if shares_inputs else None
        if key not in found:
            found[key] = Instruction(primitive, [], [], value in rows, shares_inputs)
        found[key].results.append(value)
        found[key].operands.append(operands)
    return [found[key] for key in sorted(found, key=lambda key: key[0])]
