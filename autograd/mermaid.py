"""A diagram in Mermaid, which GitHub, JupyterLab and many wikis draw by themselves, with no Graphviz anywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator

from autograd.captions import Captions
from autograd.diagram import Box
from autograd.grouping import Path
from autograd.pictures import LOOKS
from autograd.report import printable


def mermaid_source(captions: Captions) -> str:
    """The diagram that the captions are of, as a Mermaid flowchart; Mermaid draws at most 500 edges."""
    lines = ["flowchart LR", *_boxes(captions, ())]
    for edge in captions.diagram.edges:
        label = "<br/>".join(map(_escaped, captions.label(edge).splitlines()))
        arrow = f'-->|"{label}"|' if label else "-->"
        lines.append(f"    {edge.tail.key} {arrow} {edge.head.key}")
    for role, look in LOOKS.items():
        keys = [box.key for box in captions.diagram.boxes if captions.role(box) == role]
        if keys:
            lines.append(f"    classDef {role} fill:{look.fill},stroke:{look.outline},color:#000")
            lines.append(f"    class {','.join(keys)} {role}")
    return "\n".join([*lines, *(f"    %% {note}" for note in captions.notes())]) + "\n"


def _boxes(captions: Captions, path: Path) -> Iterator[str]:
    """The boxes of a group and the groups within it, a line each."""
    frames = captions.diagram.frames
    indent = "    " * (len(path) + 1)
    for box in frames[path]:
        opening, closing = ("([", "])") if captions.role(box) == "constant" else ("[", "]")
        yield f'{indent}{box.key}{opening}"{_label(box, captions)}"{closing}'
    for index, inner in enumerate(frames):
        if inner and inner[:-1] == path:
            yield f'{indent}subgraph s{index}["{_escaped(inner[-1])}"]'
            yield from _boxes(captions, inner)
            yield f"{indent}end"


def _label(box: Box, captions: Captions) -> str:
    title = [captions.title(box), captions.operation(box)]
    head = title if box.is_group else [" = ".join(filter(None, title))]
    return "<br/>".join(_escaped(text) for text in (*head, *(text for _, text in captions.numbers(box))) if text) or " "


def _escaped(text: str) -> str:
    """Every character that might mean something to Mermaid, or to Markdown within it, as its number."""
    return re.sub(r"[^\w =,.+-]|_|[.+-](?!\d)", lambda found: f"#{ord(found[0])};", printable(text))
