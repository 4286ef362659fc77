"""A diagram as text: one computation a line, with its numbers."""

from __future__ import annotations

from autograd.captions import Captions, symbol, within
from autograd.diagram import Box
from autograd.report import operation

LONGEST = 60
"""Of the operands of one computation, in characters."""


def listing(captions: Captions) -> str:
    """The diagram that the captions are of, a line for each box but plain numbers, and then the notes."""
    diagram = captions.diagram
    tails: dict[Box, list[Box]] = {}
    for edge in diagram.edges:
        tails.setdefault(edge.head, []).append(edge.tail)
    lines = []
    for box in diagram.boxes:
        if captions.role(box) != "constant":
            numbers = captions.numbers(box)
            value = "".join(f" = {text}" for kind, text in numbers if kind == "value")
            derivatives = ", ".join(text for kind, text in numbers if kind != "value")
            lines.append((f"{_computed(box, tails.get(box, []), captions)}{value}", derivatives))
    width = max((len(computed) for computed, _ in lines), default=0)
    aligned = [f"{computed:<{width}}      {derivatives}".rstrip() for computed, derivatives in lines]
    return "\n".join([*aligned, *captions.notes()])


def _computed(box: Box, tails: list[Box], captions: Captions) -> str:
    """What a box is, and what it is computed from: as an expression if that can be."""
    node, said = box.members[0], captions.described(box)
    if box.is_node and node.parents and all(tail.is_node for tail in tails):
        return f"{said} = {within(operation(node, captions.names), LONGEST)}"
    function = f" = {symbol(node)}" if box.is_node and node.parents else ""
    operands = dict.fromkeys(map(captions.called, tails))
    return f"{said}{function} <- {within(', '.join(operands), LONGEST)}" if operands else said
