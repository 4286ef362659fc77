"""`Drawing`: a graph ready to be looked at, in a notebook, in a file, or as text where there is no Graphviz."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Collection
from functools import cached_property

from autograd.captions import Captions
from autograd.listing import listing
from autograd.mermaid import mermaid_source
from autograd.pictures import dot_source
from autograd.rendering import HOW_TO_GET_PICTURES, NoRendererError, has_renderer, rendered

SOURCES = (".dot", ".mmd")
"""Of the files that a drawing can be saved as without Graphviz."""

ENDINGS = (".svg", ".png", ".pdf", *SOURCES)
"""Of the files that a drawing can be saved as."""

SHOWN_AS = ("image/svg+xml", "image/png", "text/plain")
"""JupyterLab shows no SVG of a notebook that came from somebody else and was not run yet; PNG it does."""

PAGE = 684.0
"""Points: how wide a picture is at most in a page; the column of a notebook has about as many."""


class Drawing:
    """A graph ready to be looked at. Made by `draw`.

    In a notebook it is shown as SVG, or as PNG where SVG is not trusted, and no wider than the page. Where no Graphviz
    is found, the same graph is shown as text, with a line that says how to get pictures.

    Attributes:
        svg: the picture, as text (RuntimeError where no Graphviz is found, as for png).
        png: the picture, as bytes.
        source: the graph in DOT, Graphviz's language. Node k of the graph's topological order has the id `vk`, its
            operand i, node j, the edge `vj-vk-i`; the elements of the SVG have them too.
        mermaid: the graph in Mermaid, for Markdown on GitHub and in notebooks; Mermaid draws at most 500 edges.
        text: the graph as text, one computation a line.
    """

    def __init__(self, captions: Captions) -> None:
        self._captions = captions

    def __repr__(self) -> str:
        return self.text if has_renderer() else f"{self.text}\n{HOW_TO_GET_PICTURES}"

    @cached_property
    def text(self) -> str:
        """One computation a line."""
        return listing(self._captions)

    @cached_property
    def source(self) -> str:
        """The graph in DOT."""
        return dot_source(self._captions)

    @cached_property
    def mermaid(self) -> str:
        """The graph in Mermaid."""
        return mermaid_source(self._captions)

    @cached_property
    def svg(self) -> str:
        """The picture as SVG, to be put into a page, and made narrower if it is wider than one."""
        import re  # noqa: PLC0415 (it takes milliseconds to import)

        text = rendered(self.source, "svg").decode()
        text = text[text.index("<svg") :]
        width, height = map(float, re.findall(r'="([\d.]+)pt"', text)[:2])
        scale = min(1.0, PAGE / width)
        size = f'width="{scale * width:.0f}pt" height="{scale * height:.0f}pt"'
        return re.sub(r'width="[\d.]+pt" height="[\d.]+pt"', size, text, count=1)

    @cached_property
    def png(self) -> bytes:
        """The picture as PNG."""
        return rendered(self.source, "png")

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the picture; the ending says how: .svg, .png, .pdf, or .dot and .mmd (Mermaid) for a source.

        Raises:
            ValueError: another ending.
            RuntimeError: Graphviz was not found.
        """
        from pathlib import Path  # noqa: PLC0415 (it takes 3 ms to import)

        path = Path(path)
        ending = path.suffix.lower()
        if ending not in ENDINGS:
            raise ValueError(
                f"{path}: a drawing is saved as {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]},"
                f" not {path.suffix or 'without ending'}"
            )
        if ending == ".dot":
            picture = self.source.encode()
        elif ending == ".mmd":
            picture = self.mermaid.encode()
        else:
            picture = rendered(self.source, ending.removeprefix("."))
        path.write_bytes(picture)

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, str]:
        makers = {
            "image/svg+xml": lambda: self.svg,
            "image/png": lambda: b64encode(self.png).decode(),
            "text/vnd.mermaid": lambda: self.mermaid,
        }
        wanted = [kind for kind in include or SHOWN_AS if kind not in (exclude or ())]
        text = self.text
        bundle = {}
        for kind in wanted:
            if kind in makers:
                try:
                    bundle[kind] = makers[kind]()
                except (
                    ImportError,
                    NoRendererError,
                ) as problem:  # the package graphviz, which writes DOT, or a renderer
                    text = f"{self.text}\n{problem if isinstance(problem, NoRendererError) else HOW_TO_GET_PICTURES}"
        return {**bundle, "text/plain": text}
