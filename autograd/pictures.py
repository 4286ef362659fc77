"""A diagram in DOT, Graphviz's language: what each kind of box looks like, and how groups stand around boxes.

The background is white, for dark pages too; the fonts are those that every renderer can measure. What boxes and edges
say, `autograd.captions` knows.
"""

from __future__ import annotations

from html import escape
from typing import Any, NamedTuple

from autograd.captions import Captions
from autograd.diagram import Box
from autograd.grouping import OPERATORS, Path
from autograd.report import printable


class Look(NamedTuple):
    """Of a role: the colour of its box where the gradient is largest, and of its outline; the style of its corners."""

    fill: str
    outline: str
    style: str


# After Okabe and Ito, whose colours the colour-blind can tell apart; corners tell variables from results in print.
LOOKS = {
    "input": Look("#a6d3f2", "#0072b2", "filled"),
    "parameter": Look("#f7e08c", "#a88400", "filled"),
    "operation": Look("#d4d4d4", "#707070", "filled,rounded"),
    "output": Look("#f9bd94", "#c04a00", "filled,rounded"),
    "group": Look("#c9e0c4", "#4d7a5a", "filled,rounded"),
}
TEXTS = {"value": "#000000", "adjoint": "#8f2d00", "tangent": "#004a80"}
"""Colours of the numbers."""
GREY = "#555555"
MANY_EDGES = 200

GRAPH = {
    "rankdir": "LR",
    "nodesep": "0.25",
    "ranksep": "0.5",
    "bgcolor": "white",
    "fontname": "Helvetica",
    "fontsize": "11",
    "fontcolor": GREY,
    "tooltip": " ",
}
FRAMES = {"labeljust": "l", "labelloc": "t", "style": "rounded", "color": "#c4c4c4"}
NODES = {"fontname": "Helvetica", "fontsize": "12", "shape": "box", "height": "0.4", "margin": "0.1,0.05"}
EDGES = {
    "fontname": "Helvetica",
    "fontsize": "11",
    "fontcolor": "#333333",
    "color": "#808080",
    "arrowsize": "0.7",
}


def dot_source(captions: Captions) -> str:
    """The diagram that the captions are of, in DOT."""
    from graphviz import Digraph  # noqa: PLC0415 (needed only by pictures)

    diagram = captions.diagram
    place = {box: index for index, box in enumerate(diagram.boxes)}
    goes_back = any(place[edge.tail] > place[edge.head] for edge in diagram.edges)  # groups that use each other
    has_many_edges = len(diagram.edges) > MANY_EDGES
    is_network = any(box.is_group for box in diagram.boxes) and not goes_back
    dot = Digraph("graph", graph_attr=GRAPH, node_attr=NODES, edge_attr=EDGES)
    if is_network or has_many_edges:  # straight lines from side to side; curves around boxes would take minutes
        dot.attr(splines="line", mclimit="0.1", ranksep=f"{min(2.5, 0.9 + len(diagram.edges) / 100):.2g}")
        dot.attr("edge", tailport="e", headport="w", color="#a6a6a6", arrowsize="0.4" if has_many_edges else "0.6")
    if len(diagram.edges) > 5 * MANY_EDGES:  # a picture that nobody can read should still come soon
        dot.attr(nslimit="2")
    notes = captions.notes()
    if notes:
        dot.attr(label="".join(f"{_escaped(note)}\\l" for note in notes), labeljust="l", labelloc="b")
    _boxes(dot, captions)
    for edge in diagram.edges:
        lines = [f" {_escaped(line)} " for line in captions.label(edge).splitlines()]
        tooltip = _tooltip(captions.edge_tooltip(edge))
        attributes = {"color": "#bbbbbb", "arrowsize": "0.5"} if captions.role(edge.tail) == "constant" else {}
        dot.edge(
            edge.tail.key,
            edge.head.key,
            id=edge.key,
            label="\\n".join(lines),
            edgetooltip=tooltip,
            labeltooltip=tooltip,
            **attributes,
        )
    return str(dot.source)


def _boxes(dot: Any, captions: Captions) -> None:
    """The boxes, and frames around those of a group."""
    frames = captions.diagram.frames
    # Graphviz sets what it finds first in a frame lowest, parameters always, groups if no result outside follows.
    ends_inside = not any(edge.head in frames[()] for edge in captions.diagram.edges)

    def write(graph: Any, path: Path) -> None:
        boxes = frames[path]
        if path and boxes and (ends_inside or not boxes[0].is_group):
            boxes = boxes[::-1]
        for box in boxes:
            _box(graph, box, captions)
        for inner in frames:
            if inner and inner[:-1] == path:
                name = ".".join(inner)
                with graph.subgraph(name=f"cluster {name}", graph_attr=FRAMES) as frame:
                    frame.attr(label=_escaped(inner[-1]), tooltip=_tooltip(name))
                    write(frame, inner)

    write(dot, ())


def _box(graph: Any, box: Box, captions: Captions) -> None:
    role = captions.role(box)
    tooltip = _tooltip(captions.tooltip(box))
    if role == "constant":
        label = captions.operation(box) or dict(captions.numbers(box)).get("value") or "number"
        graph.node(box.key, _escaped(label), id=box.key, shape="plain", fontcolor=GREY, fontsize="11", tooltip=tooltip)
        return
    look = LOOKS[role]
    style = look.style + (",dashed" if captions.is_beside(box) else ",bold" if role == "output" else "")
    graph.node(
        box.key,
        _label(box, captions),
        id=box.key,
        style=style,
        fillcolor=_mixed(look.fill, captions.intensity(box)),
        color=look.outline,
        tooltip=tooltip,
    )


def _label(box: Box, captions: Captions) -> str:
    """A label in Graphviz's HTML: name and operation, then the numbers."""
    title, operation = captions.title(box), captions.operation(box)
    parts = [f"<B>{_html(title)}</B>"] if title else []
    if operation:
        is_sign = operation in OPERATORS
        parts.append(f'<FONT POINT-SIZE="15">{_html(operation)}</FONT>' if is_sign else _html(operation))
    separator = "<BR/>" if box.is_group or captions.is_beside(box) else " = "
    lines = [separator.join(parts)] if parts else []
    for kind, text in captions.numbers(box):
        size = "12" if kind == "value" else "10"
        lines.append(f'<FONT POINT-SIZE="{size}" COLOR="{TEXTS[kind]}">{_html(text)}</FONT>')
    return f"<{'<BR/>'.join(lines) or ' '}>"


def _mixed(colour: str, share: float) -> str:
    """A colour with white: all of it at 1, a trace at 0."""
    share = 0.12 + 0.88 * share
    parts = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(255 - share * (255 - part)):02x}" for part in parts)


def _html(text: str) -> str:
    """Text within Graphviz's HTML, where a backslash still begins an escape."""
    return escape(text).replace("\\", "\\\\")


def _escaped(text: str) -> str:
    """Text as Graphviz takes it: & begins an entity, a backslash an escape."""
    return printable(text).replace("&", "&amp;").replace("\\", "\\\\")


def _tooltip(text: str) -> str:
    # In tooltips Graphviz looks for escapes twice; what cannot be seen keeps them apart.
    return _escaped(text).replace("\\\\", "\\\\\N{WORD JOINER}")
