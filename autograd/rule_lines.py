"""The lines of an instruction, read from the rule of its primitive: value, local derivatives, adjoints, tangents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd.lines import TANGENTS, VALUES, Lines
from autograd.program import Instruction
from autograd.recorder import WITHOUT_DERIVATIVES
from autograd.regions import Region
from autograd.tracing import Listing, Name, text_of, traced


def write_rule(lines: Lines, instruction: Instruction) -> Callable[[], None]:
    """Write the forward lines of an instruction.

    Returns:
        A function that writes the backward lines, to be called when the adjoints of the results are there.
    """
    primitive = instruction.primitive
    listing = Listing(lines.temporary)
    shaped = [primitive.shaped(operands) for operands in instruction.operands]
    regions: list[Region | None] = []
    operands: list[Any] = []
    moves = []
    for i, operand in enumerate(primitive.operands):
        values = [each[i] for each in shaped]
        flat = [value for group in values for value in group] if operand.is_group else values
        moves.append(lines.moves(flat) and i >= WITHOUT_DERIVATIVES.get(primitive, 0))
        if not operand.is_group and values[0] in lines.program.constants:
            constant = lines.constants(values)
            operands.append(Name(listing, constant) if isinstance(constant, str) else constant)
            regions.append(None)
        else:
            region = lines.region(values)
            operands.append(Name(listing, lines.read(region), len(values[0]) if operand.is_group else None))
            regions.append(region)
    value, derivatives = traced(primitive.rule, operands, listing)
    parts = [
        (region, _one(listing, derivative))
        for region, derivative, is_moving in zip(regions, derivatives, moves, strict=True)
        if region is not None and is_moving
    ]
    results = lines.region(instruction.results)
    _write_listing(lines, listing, value, [derivative for _, derivative in parts], lines.view(results, VALUES))
    lines.temporaries += len(listing.lines)
    if lines.wanted.tangents:
        _write_tangents(lines, results, parts)

    def backward() -> None:
        for region, derivative in parts:
            lines.contribute(results, region, derivative)

    return backward


def _one(listing: Listing, derivative: Any) -> Any:
    """A local derivative as one name or number; those of a group may come as a list."""
    if not isinstance(derivative, list | tuple):
        return derivative
    if all(not isinstance(d, Name) and d == derivative[0] for d in derivative):
        return derivative[0] if derivative else 0.0
    return listing.call("stacked", *derivative)


def _write_listing(lines: Lines, listing: Listing, value: Any, derivatives: Sequence[Any], out: str) -> None:
    """The lines of a listing that are needed; the value goes to `out`."""
    needed = {x.text for x in (value, *derivatives) if isinstance(x, Name)}
    for name, _, arguments in reversed(listing.lines):
        if name in needed:
            needed.update(arguments)
    text = text_of(value)
    goes_out = False
    for name, function, arguments in listing.lines:
        if name not in needed:
            continue
        if function == "member":
            lines.write(f"{name} = {arguments[0]}[{arguments[1]}]")
            continue
        extra = ["0"] if function == "total" else []
        if name == text and (function == "total" or isinstance(lines.names[function], lines.np.ufunc)):
            extra.append(f"out={out}")
            goes_out = True
        lines.write(f"{name} = {function}({', '.join([*arguments, *extra])})")
    if not goes_out:
        lines.write(f"copyto({out}, {text})")


def _write_tangents(lines: Lines, results: Region, parts: Sequence[tuple[Region, Any]]) -> None:
    """The tangents of the results: the sum of local derivatives times tangents of operands."""
    goal = lines.view(results, TANGENTS)
    is_first = True
    for region, derivative in parts:
        product = f"multiply({text_of(derivative)}, {lines.read(region, TANGENTS)})"
        if region.slots.ndim > 1:
            product = f"total({product}, 0)"
        lines.write(f"copyto({goal}, {product})" if is_first else f"add({goal}, {product}, {goal})")
        is_first = False
    if is_first:
        lines.write(f"copyto({goal}, 0.0)")
