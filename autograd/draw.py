"""Pictures of computational graphs: values and adjoints in the nodes, local derivatives on the edges.

The picture is that of Christopher Olah's essay "Calculus on Computational Graphs" (2015). Graphviz draws it where it is
found; where it is not, the same graph is shown as text.
"""

from __future__ import annotations

from functools import cached_property
from html import escape
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograd.graph import tangents, topological_order
from autograd.report import formulas_of, names_of, operation, printable
from autograd.value import Constant, Value

if TYPE_CHECKING:
    import os

MOST_NODES = 300
HOW_TO_GET_PICTURES = (
    "Pictures need Graphviz: pip install pygraphviz, or your system's package graphviz (apt, dnf, brew, winget)."
)

_REVERSE, _FORWARD = "#a03000", "#0055aa"
_OUTPUT, _VARIABLE, _OPERATION = "#f6d5c3", "#cfe3f5", "#f2f2f2"


def draw(value: Value, *, formulas: bool = False, along: Value | None = None) -> Drawing:
    """The graph that a value was computed by, as a `Drawing`: shown in a notebook, saved to a file, or read as text.

    Args:
        value: the output; TypeError if it is no Value, ValueError if it depends on more than 300 nodes.
        formulas: show the local derivatives as formulas too, in the names of the nodes; needs SymPy.
        along: a node to show forward mode from: each node's tangent, its derivative with respect to that one.

    >>> from autograd import Value, draw
    >>> a, b = Value(2.0, "a"), Value(1.0, "b")
    >>> e = (a + b) * (b + 1)
    >>> e.label = "e"
    >>> e.backward()
    >>> draw(e)  # doctest: +ELLIPSIS
    a = 2                adjoint 2
    b = 1                adjoint 5
    v2 = a + b = 3       adjoint 2
    v4 = b + 1 = 2       adjoint 3
    e = v2 * v4 = 6      adjoint 1
    """
    if not isinstance(value, Value):
        raise TypeError(f"draw shows the graph of a Value, not of {type(value).__name__}")
    order: list[Value] = topological_order(value)
    if len(order) > MOST_NODES:
        raise ValueError(
            f"this graph has {len(order)} nodes, and a picture of more than {MOST_NODES} cannot be read."
            " Draw the output of one example rather than a batch's loss, or a node further inside"
        )
    if along is not None and along not in order:
        raise ValueError(f"the output does not depend on {along!r}, so there is nothing to show along it")
    return Drawing(order, formulas=formulas, along=along)


class Drawing:
    """A graph ready to be looked at. Made by `draw`.

    Attributes:
        source: the graph in DOT, Graphviz's language.
        svg: the picture (RuntimeError where Graphviz is not found).
    """

    def __init__(self, order: list[Value], *, formulas: bool = False, along: Value | None = None) -> None:
        self._order = order
        self._names = names_of(order)
        self._formulas = formulas_of(order, self._names, latex=False) if formulas else {}
        self._tangents = {} if along is None else tangents(order, {along: 1.0}, attrgetter("local_derivatives"))
        self._along = None if along is None else self._names[along]

    def __repr__(self) -> str:
        lines = []
        for node, name in self._names.items():
            if not isinstance(node, Constant):
                computed = f"{operation(node, self._names)} = " if node.parents else ""
                lines.append((f"{name} = {computed}{node.data:.4g}", ", ".join(self._derivatives(node))))
        width = max(len(computed) for computed, _ in lines)
        return "\n".join(f"{computed:<{width}}      {derivatives}" for computed, derivatives in lines)

    def _derivatives(self, node: Value) -> list[str]:
        """What both modes found at a node, in words."""
        found = [f"adjoint {node.grad:.4g}"]
        if self._along is not None:
            found.append(f"d/d{self._along} {self._tangents.get(node, 0.0):.4g}")
        return found

    @cached_property
    def source(self) -> str:
        """The graph in DOT."""
        from graphviz import Digraph  # noqa: PLC0415 (needed only by pictures)

        dot = Digraph(
            graph_attr={"rankdir": "LR", "nodesep": "0.3", "ranksep": "0.6"},
            node_attr={"fontname": "Helvetica", "fontsize": "12", "style": "filled,rounded", "color": "#888888"},
            edge_attr={"fontname": "Helvetica", "fontsize": "11", "fontcolor": "#555555", "color": "#888888"},
        )
        ids = {node: f"v{i}" for i, node in enumerate(self._order)}
        for node, key in ids.items():
            if isinstance(node, Constant):
                dot.node(key, f"{node.data:.4g}", id=key, shape="plain", style="", tooltip=repr(node.data))
            else:
                dot.node(
                    key, self._label(node), id=key, shape="box", fillcolor=self._colour(node), tooltip=_tooltip(node)
                )
        for node, key in ids.items():
            formulas = self._formulas.get(node, [""] * len(node.parents))
            for parent, derivative, formula in zip(node.parents, node.local_derivatives, formulas, strict=True):
                label = f"{formula} = {derivative:.4g}" if formula else f"{derivative:.4g}"
                dot.edge(
                    ids[parent],
                    key,
                    label="" if isinstance(parent, Constant) else f" {label} ",
                    labeltooltip=repr(derivative),
                    edgetooltip=repr(derivative),
                )
        return str(dot.source)

    def _label(self, node: Value) -> str:
        # Formulas are written in the names of the nodes, so these must be seen.
        name = self._names[node] if node.label or self._formulas else ""
        titles = [f"<B>{escape(name)}</B>"] if name else []
        if node.primitive is not None:
            titles.append(escape(node.primitive.symbol))
        derivatives = "".join(
            f'<BR/><FONT POINT-SIZE="10" COLOR="{colour}">{escape(text)}</FONT>'
            for text, colour in zip(self._derivatives(node), (_REVERSE, _FORWARD), strict=False)
        )
        return f"<{' = '.join(titles) or 'variable'}<BR/>{node.data:.4g}{derivatives}>"

    def _colour(self, node: Value) -> str:
        if node is self._order[-1]:
            return _OUTPUT
        return _OPERATION if node.parents else _VARIABLE

    @cached_property
    def svg(self) -> str:
        """The picture as SVG text."""
        text = self._rendered("svg").decode()
        return text[text.index("<svg") :]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the picture; the ending says how: .svg, .png, .pdf, or .dot for the source.

        Raises:
            ValueError: another ending.
            RuntimeError: Graphviz was not found.
        """
        path = Path(path)
        kind = path.suffix.lower().removeprefix(".")
        if kind not in {"svg", "png", "pdf", "dot"}:
            raise ValueError(
                f"{path}: a drawing is saved as .svg, .png, .pdf or .dot, not {path.suffix or 'without ending'}"
            )
        path.write_bytes(self.source.encode() if kind == "dot" else self._rendered(kind))

    def _rendered(self, kind: str) -> bytes:
        import graphviz  # noqa: PLC0415 (needed only by pictures)

        try:
            return bytes(graphviz.Source(self.source).pipe(format=kind))
        except (OSError, graphviz.ExecutableNotFound):  # OSError: there are no processes, as in a browser
            pass
        try:
            from pygraphviz import AGraph  # noqa: PLC0415 (optional)
        except ImportError:
            raise RuntimeError(HOW_TO_GET_PICTURES) from None
        return bytes(AGraph(string=self.source).draw(format=kind, prog="dot"))

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        try:
            return {"image/svg+xml": self.svg, "text/plain": repr(self)}
        except RuntimeError as no_renderer:
            return {"text/plain": f"{self!r}\n{no_renderer}"}


def _tooltip(node: Value) -> str:
    return f"{printable(node.label) or 'value'} {node.data!r}, adjoint {node.grad!r}".replace("\\", "\\\\")
