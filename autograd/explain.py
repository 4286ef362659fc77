"""The backward pass step by step: which node passes what on to whom, and why in this order.

Text in the REPL, a picture to step through in a notebook, an animation to save. How steps are found, told and pictured,
other modules know.
"""

from __future__ import annotations

import copy
import os
from base64 import b64encode
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING

from autograd.draw import draw
from autograd.graph import topological_order
from autograd.mistakes import MISTAKES, Mistake, WrongPass
from autograd.narration import Narration
from autograd.pictures import TEXTS
from autograd.rendering import HOW_TO_GET_PICTURES, NoRendererError
from autograd.rules import number
from autograd.steps import Pass, Step, forward_pass, reverse_pass
from autograd.value import Constant, Value

if TYPE_CHECKING:
    from autograd.stepper import Stepper

ENDINGS = (".svg", ".html", ".txt")
"""Of the files that an explanation can be saved as."""

MOST_NODES = 300
LARGEST_PAGE = 1_000_000
"""Characters of all pictures to step through, which a notebook keeps; beyond it the smaller animation is shown."""


def explain(value: Value, along: Value | None = None, *, wrong: str = "", seed: float = 1.0) -> Explanation:
    """How the derivatives of a value are found, step by step, as an `Explanation`: to read, step through, or save.

    Nothing is changed: `.grad` of the nodes stays as it is, and `backward()` need not have run.

    Args:
        value: the output.
        along: a node that it depends on: forward mode is explained, the derivative of every node by this one.
        wrong: "no-order": what goes wrong when a node passes its adjoint on before it is complete;
            "overwrite": what goes wrong when the parts of an adjoint replace each other in place of adding up.
        seed: the adjoint of the output to begin with; in forward mode, the tangent of `along`.

    Raises:
        TypeError: value or along is no Value, or seed no number.
        ValueError: the output does not depend on `along`; another `wrong`, or one of forward mode.

    >>> from autograd import Value
    >>> a, b = Value(2.0, "a"), Value(1.0, "b")
    >>> explained = explain((a + b) * (b + 1))
    >>> [(step.adjoint, [part.product for part in step.contributions]) for step in explained.steps]
    [(1.0, [2.0, 3.0]), (3.0, [3.0]), (2.0, [2.0, 2.0])]
    """
    for name, x in ("value", value), ("along", along):
        if not isinstance(x, Value) and (name == "value" or x is not None):
            raise TypeError(f"explain: {name} must be a Value, not {type(x).__name__}: {x!r}")
    seed = number(seed, "explain(seed)", "a real number")
    order: list[Value] = topological_order(value)
    if wrong and wrong not in MISTAKES:
        raise ValueError(f"explain: wrong={wrong!r}; it can be {' or '.join(map(repr, MISTAKES))}")
    if along is None:
        return Explanation(MISTAKES[wrong](order, seed)) if wrong else Explanation(reverse_pass(order, seed))
    if wrong:
        raise ValueError(f"explain: wrong={wrong!r} is a mistake of reverse mode; leave out along=")
    if along not in order:
        raise ValueError(f"explain: the output does not depend on {along!r}, so nothing moves along it")
    return Explanation(forward_pass(order, along, seed))


class Explanation:
    """A pass over a graph, ready to be read or looked at. Made by `explain`.

    In a notebook it is shown as a picture with previous and next. Where no Graphviz is found, as text.

    Attributes:
        steps: each with the node, its adjoint (forward: tangent) and contributions: parent, local derivative, product,
            total before and after. Inputs, which pass nothing on, and plain numbers have none.
        totals: by node, its adjoint (tangent) at the end.
        right: by node, what it should be; the same, unless a wrong pass is explained.
        mistake: where a wrong pass first goes wrong; None if nothing does.
        svg: an animation of the steps, as text (RuntimeError where no Graphviz is found, as for html; ValueError beyond
            300 nodes).
        html: pictures to step through.
        text: all steps, however many.
    """

    def __init__(self, told: Pass | WrongPass) -> None:
        made = told if isinstance(told, WrongPass) else None
        self._pass = taken = told.taken if isinstance(told, WrongPass) else told
        self._narration = Narration(taken, made)
        self.steps: Sequence[Step] = taken.steps
        self.totals: Mapping[Value, float] = taken.totals
        self.right: Mapping[Value, float] = taken.totals if made is None else made.right
        self.mistake: Mistake | None = None if made is None else made.first

    def __repr__(self) -> str:
        return self._narration.text()

    @property
    def text(self) -> str:
        """All steps, however many."""
        return self._narration.text(whole=True)

    @cached_property
    def svg(self) -> str:
        """The animation."""
        return self._stepper.animation()

    @cached_property
    def html(self) -> str:
        """Pictures to step through, or the animation where they would be too large for a notebook."""
        if len(self._drawing) * (len(self.steps) + 3) <= LARGEST_PAGE:
            return self._stepper.html()
        picture = b64encode(self.svg.encode()).decode()
        text = escape(repr(self))
        return f'<img alt="the steps, one after the other" src="data:image/svg+xml;base64,{picture}"><pre>{text}</pre>'

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it to a file; the ending says how: .svg an animation, .html pictures to step through, .txt all steps.

        Raises:
            ValueError: another ending; or a picture of more than 300 nodes.
            RuntimeError: a picture, and Graphviz was not found.
        """
        from pathlib import Path  # noqa: PLC0415 (it takes 3 ms to import)

        path = Path(path)
        ending = path.suffix.lower()
        if ending not in ENDINGS:
            found = path.suffix or "without ending"
            raise ValueError(
                f"{path}: an explanation is saved as {', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}, not {found}"
            )
        if ending == ".svg":
            content = self.svg
        elif ending == ".html":
            title = escape(self._narration.title)
            content = f'<!doctype html>\n<meta charset="utf-8">\n<title>{title}</title>\n{self.html}\n'
        else:
            content = f"{self.text}\n"
        path.write_text(content, encoding="utf-8")

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, str]:
        bundle = {"text/plain": repr(self)}
        if "text/html" in (include or ("text/html",)) and "text/html" not in (exclude or ()):
            try:
                bundle["text/html"] = self.html
            except (RuntimeError, ValueError) as no_picture:
                bundle["text/plain"] += f"\n\n{no_picture}"
        return bundle

    # --- pictures ---

    @cached_property
    def _drawing(self) -> str:
        """The graph as SVG, with the numbers of the end: of a copy, so that `.grad` of the nodes is not touched."""
        order = self._pass.order
        if len(order) > MOST_NODES:
            raise ValueError(
                f"this graph has {len(order):,} nodes; steps are pictured of at most {MOST_NODES}. Explain the output"
                " of one example rather than a batch's loss, or a node further inside"
            )
        twins = copy.deepcopy(list(order))
        for node, twin in zip(order, twins, strict=True):
            twin.grad = 0.0 if self._pass.is_forward else self.totals.get(node, 0.0)
            if not isinstance(node, Constant):
                twin.label = self._narration.names[node]  # of all nodes, because the words below the picture use them
        along = twins[order.index(self._pass.start)] if self._pass.is_forward else None
        try:
            return draw(twins[-1], adjoints=not self._pass.is_forward, along=along, shades=False, most=MOST_NODES).svg
        except ImportError:
            raise NoRendererError(HOW_TO_GET_PICTURES) from None

    @cached_property
    def _stepper(self) -> Stepper:
        from autograd.frames import frames  # noqa: PLC0415 (only pictures need XML, which takes long to import)
        from autograd.stepper import Stepper  # noqa: PLC0415

        begins, kind = ("d/d", "tangent") if self._pass.is_forward else ("adjoint", "adjoint")
        shown = frames(self._pass, self.right, self._narration.captions())
        return Stepper(self._narration.title, self._drawing, shown, begins, TEXTS[kind])
