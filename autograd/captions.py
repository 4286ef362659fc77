"""What a drawing says of each box and edge: names, operations, numbers of both modes, tooltips, roles.

How that is set, in DOT, in Mermaid or as text, other modules know.
"""

from __future__ import annotations

import math
import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter

from autograd.diagram import Box, Diagram, Edge
from autograd.graph import tangents
from autograd.grouping import steps
from autograd.report import formulas_of, names_of, printable
from autograd.value import Constant, Value

LONGEST_NAME = 40
FORMULA_WIDTH = 24
MOST_EVER = 3000
"""Nodes of which a picture of all is worth an advice; beyond, Graphviz takes minutes."""


@dataclass(frozen=True)
class Contents:
    """What is wanted in a drawing; the arguments of `draw`, which see.

    Attributes:
        labels: the names that were given from outside.
        parameters: the variables that are no inputs.
    """

    names: bool = True
    operations: bool = True
    values: bool = True
    adjoints: bool = True
    derivatives: bool = True
    formulas: bool = False
    shades: bool = True
    along: Value | None = None
    labels: Mapping[Value, str] = field(default_factory=dict)
    parameters: frozenset[Value] = frozenset()


class Captions:
    """The words and numbers of a diagram.

    Attributes:
        diagram: what is drawn.
        contents: what is wanted of it.
        names: of all nodes of the graph.
    """

    def __init__(self, diagram: Diagram, contents: Contents) -> None:
        self.diagram = diagram
        self.contents = contents
        order = diagram.order
        self.names = _names_in(order, contents.labels)
        alone = [box.members[0] for box in diagram.boxes if box.is_node]
        self._formulas = formulas_of(alone, self.names, latex=False) if contents.formulas else {}
        self._has_adjoints = any(node.grad for node in order)
        along = contents.along
        self._tangents = {} if along is None else tangents(order, {along: 1.0}, attrgetter("local_derivatives"))
        # The sum of a unit that is shown up close: its adjoint is what courses call the unit's delta.
        sums = [node for node in order if node in diagram.centre and not contents.parameters.isdisjoint(node.parents)]
        self._delta = sums[-1] if sums else next(iter(diagram.centre), None) if len(diagram.centre) == 1 else None

    @cached_property
    def _largest(self) -> float:
        sizes = [abs(node.grad) for box in self.diagram.boxes for node in box.results]
        return max((x for x in sizes if math.isfinite(x)), default=0.0)

    # --- boxes ---

    def role(self, box: Box) -> str:
        """What a box is: an input, a parameter, a constant, an operation, an output, or a group."""
        node = box.members[-1]
        if box.is_group:
            return "group"
        if not node.parents:
            if isinstance(node, Constant):
                return "constant"
            return "parameter" if node in self.contents.parameters else "input"
        return "output" if node in self.diagram.outputs else "operation"

    def title(self, box: Box) -> str:
        """Its name, if it has one that is to be seen; of a group, its own within the groups around it."""
        if not self.contents.names:
            return ""
        if box.is_group:
            return _shortened(printable(box.path[-1]))
        return _shortened(self._title(box, box.members[0])) if box.is_node else ""

    def _title(self, box: Box, node: Value) -> str:
        name = self.names[node]
        if isinstance(node, Constant):
            return ""
        if self.contents.formulas:  # formulas are written in the names of the nodes, so these must be seen
            return name
        if node in self.contents.labels:
            path, depth = steps(name), len(box.path)
            # The groups around it are drawn, and need not be said again.
            return ".".join(path[depth:]) if path[:depth] == box.path else name
        if self.is_beside(box) and not node.label and node.parents:
            return printable(".".join(self.diagram.groups[node]))
        return name if node.label else ""

    def operation(self, box: Box) -> str:
        """The operation that it is, or those that it holds."""
        node = box.members[0]
        if not self.contents.operations:
            return ""
        if box.is_node:
            return symbol(node)
        kinds = self._kinds(box)
        if box.is_group:
            symbols = dict.fromkeys(symbol(node) for node in box.members if node.parents)
            return within(", ".join(symbols), LONGEST_NAME) or kinds
        return within(kinds, LONGEST_NAME)

    def _kinds(self, box: Box) -> str:
        """What is in a box and how often, the commonest first."""
        counts = Counter(symbol(node) or self._leaf(node) for node in box.members)
        return ", ".join(f"{count:,} \N{MULTIPLICATION SIGN} {kind}" for kind, count in counts.most_common())

    def _leaf(self, node: Value) -> str:
        if isinstance(node, Constant):
            return "number"
        return "parameter" if node in self.contents.parameters else "input"

    def numbers(self, box: Box) -> list[tuple[str, str]]:
        """What is known of a box as (kind, text): its value, adjoint and tangent; of several nodes, from and to."""
        results, contents = box.results, self.contents
        found = []
        if contents.values:
            found.append(("value", _range([node.data for node in results])))
        if box.members[-1] in self._plain:
            return found
        if contents.adjoints and self._has_adjoints:
            adjoint = "adjoint (delta)" if [self._delta] == box.members else "adjoint"
            found.append(("adjoint", f"{adjoint} {_range([node.grad for node in results])}"))
        if contents.along is not None:
            along = _range([self._tangents.get(node, 0.0) for node in results])
            found.append(("tangent", f"d/d{_shortened(self.names[contents.along])} {along}"))
        return found

    @cached_property
    def _plain(self) -> set[Value]:
        return {node for node in self.diagram.order if isinstance(node, Constant)}

    def tooltip(self, box: Box) -> str:
        """Everything in full precision."""
        name = self.described(box)
        if not box.is_node:
            return name
        node = box.members[0]
        if isinstance(node, Constant):
            return repr(node.data)
        tangent = ""
        if self.contents.along is not None:
            tangent = f", d/d{self.names[self.contents.along]} {self._tangents.get(node, 0.0)!r}"
        return f"{name} = {node.data!r}, adjoint {node.grad!r}{tangent}"

    def described(self, box: Box) -> str:
        """A box in words: the name of a node; of a group, its whole path and what is in it."""
        return f"{self.called(box)}: {self._kinds(box)}" if box.is_group else self.called(box)

    def called(self, box: Box) -> str:
        """What a box is called where others speak of it."""
        if box.is_group:
            return printable(".".join(box.path))
        return self.names[box.members[0]] if box.is_node else self._kinds(box)

    def intensity(self, box: Box) -> float:
        """From 0 to 1, how large its adjoint is beside the largest; 1 for all where there are none, or none wanted."""
        if not (self.contents.shades and self._has_adjoints and self._largest):
            return 1.0
        size = max(abs(node.grad) for node in box.results)
        return 1.0 if not size < self._largest else math.sqrt(size / self._largest)

    def is_beside(self, box: Box) -> bool:
        """Whether it is not of the unit that is shown up close, but next to it."""
        centre = self.diagram.centre
        return bool(centre) and centre.isdisjoint(box.members)

    # --- edges ---

    def label(self, edge: Edge) -> str:
        """The local derivative, as formula too where that is wanted; between collapsed boxes how many edges it is."""
        if not edge.is_single:
            return f"\N{MULTIPLICATION SIGN}{edge.count:,}" if edge.count > 1 else ""
        node, position = edge.node, edge.position
        if not self.contents.derivatives or isinstance(node.parents[position], Constant):
            return ""
        derivative = f"{node.local_derivatives[position] + 0.0:.4g}"
        formulas = self._formulas.get(node)
        if not formulas or not formulas[position]:
            return derivative
        return "\n".join(textwrap.wrap(f"{formulas[position]} = {derivative}", FORMULA_WIDTH, break_long_words=False))

    def edge_tooltip(self, edge: Edge) -> str:
        """The local derivative in full precision, and of what."""
        if edge.count > 1:
            tail, head = self.described(edge.tail), self.described(edge.head)
            return f"{tail} \N{RIGHTWARDS ARROW} {head}: {edge.count:,} edges"
        names, operand = self.names, edge.node.parents[edge.position]
        return f"d{names[edge.node]}/d{names[operand]} = {edge.node.local_derivatives[edge.position]!r}"

    # --- the whole ---

    def notes(self) -> list[str]:
        """What whoever looks should know: that backward was not run; what is hidden, and how to see it."""
        diagram = self.diagram
        notes = []
        outputs = [node for node in diagram.order if node in diagram.outputs and node.parents]
        if self.contents.adjoints and outputs and not any(node.grad for node in outputs):
            notes.append(
                "The output's adjoint is 0: these adjoints are not those of its own backward()."
                if self._has_adjoints
                else "No adjoints yet: call backward() on the output, then draw again."
            )
        n_shown = len(diagram.box_of)
        if len(diagram.boxes) < n_shown:
            more = []
            if diagram.opened is not None and any(box.is_group for box in diagram.boxes):
                more.append(f"depth={diagram.opened + 1} opens groups")
            has_alike = any(not box.is_node and not box.is_group for box in diagram.boxes)
            if has_alike and n_shown <= MOST_EVER:
                more.append(f"most={n_shown} shows all")
            if not diagram.centre:
                more.append("around=... shows a unit up close")
            notes.append(
                "; ".join(filter(None, [f"{n_shown:,} nodes in {len(diagram.boxes)} boxes", ", ".join(more)])) + "."
            )
        elif n_shown < len(diagram.order):
            notes.append(f"{n_shown} of the {len(diagram.order):,} nodes of the graph.")
        return notes


def _names_in(order: Sequence[Value], labels: Mapping[Value, str]) -> dict[Value, str]:
    """What nodes are called: as they are named from outside, else as in a report; the two are kept apart by a prime."""
    given = {node: name if name.isprintable() else printable(name) for node, name in labels.items()}
    taken = set(given.values())
    return {
        node: given.get(node) or (f"{name}'" if name in taken and not isinstance(node, Constant) else name)
        for node, name in names_of(order).items()
    }


def symbol(node: Value) -> str:
    """How a node was computed: a sign such as + or the name of a function; nothing for what was not computed."""
    return "" if node.primitive is None else node.primitive.symbol


def _shortened(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}\N{HORIZONTAL ELLIPSIS}"


def within(text: str, width: int) -> str:
    """The text, cut to a width."""
    return text if len(text) <= width else f"{text[: width - 4]} ..."


def _range(numbers: Sequence[float]) -> str:
    """One number, or the least and the greatest of several."""
    ends = dict.fromkeys(f"{x + 0.0:.4g}" for x in (min(numbers), max(numbers)))
    return " to ".join(ends)
