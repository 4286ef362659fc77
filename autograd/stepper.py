"""Pictures of a pass: the drawing of its graph with the current node and edges lit, as frames, animation and page.

No scripts and no widgets: the animation is SMIL inside the SVG, the page is made of `<details>` that CSS turns into
previous and next. Where either is taken away, the final picture is left. What is lit when, it is told.
"""

from __future__ import annotations

import hashlib
import textwrap
import xml.etree.ElementTree as ET
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from autograd.svg import Clock, middle, parsed, written

_SHAPES = {"polygon", "path", "ellipse"}
_LIT, _TOUCHED, _WAITING, _FAULTY = "#ffd54d", "#fff3cd", "#ffffff", "#ffb3b3"
_FAINT = "#999999"
_FONT, _LINE, _LETTER = 11.0, 14.5, 5.9
"""Of captions in an animation: size, line height, and a letter's mean width, in points."""


@dataclass(frozen=True)
class Frame:
    """What one picture shows; nodes and edges by their ids in the drawing.

    Attributes:
        title, lines: the caption.
        current: the nodes whose turn it is, one or none.
        edges: that something goes along.
        touched: nodes that have received a part, and wait for more or for their turn.
        done: nodes whose number is final.
        faulty: nodes whose number is wrong.
        numbers: the running numbers as text, of the nodes.
    """

    title: str
    lines: Sequence[str]
    current: frozenset[str] = frozenset()
    edges: frozenset[str] = frozenset()
    touched: frozenset[str] = frozenset()
    done: frozenset[str] = frozenset()
    faulty: frozenset[str] = frozenset()
    numbers: Mapping[str, str] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """How long it takes to read."""
        return min(8.0, 1.5 + 0.8 * len(self.lines))


Look = dict[tuple[ET.Element, str], str]
"""Of elements and attributes, their values in one frame; the attribute "text" is what the element says."""


class Stepper:
    """The pictures of one pass.

    Args:
        title: of the whole.
        svg: the drawing of the graph. Nodes have ids v0, v1, ... and edges v0-v1-0, ...; what has none stays as it is.
        frames: in order; the last one is the final picture.
        begins: how the line in a node's box begins that shows the number which runs.
        colour: of what is lit.
    """

    def __init__(self, title: str, svg: str, frames: Sequence[Frame], begins: str, colour: str) -> None:
        self._title = title
        self._svg = svg
        self._frames = frames
        self._begins = begins
        self._colour = colour

    # --- one frame ---

    def picture(self, index: int) -> str:
        """A frame as SVG, without tooltips, which a picture in a page cannot show."""
        root = parsed(self._svg, with_tooltips=False)
        for (element, attribute), value in self._look(root, self._frames[index]).items():
            if attribute == "text":
                element.text = value
            else:
                element.set(attribute, value)
        return written(root)

    def _look(self, root: ET.Element, frame: Frame) -> Look:
        look: Look = {}
        for group in root.iter("g"):
            key = group.get("id", "")
            if group.get("class") == "node":
                self._light_node(look, group, key, frame)
            elif group.get("class") == "edge":
                self._light_edge(look, group, lit=key in frame.edges)
        return look

    def _light_node(self, look: Look, group: ET.Element, key: str, frame: Frame) -> None:
        number = next((x for x in reversed([*group.iter("text")]) if (x.text or "").startswith(self._begins)), None)
        shape = next((x for x in group.iter() if x.tag in _SHAPES), None)
        if number is None or shape is None:
            return  # a constant, or not in the pass
        is_lit = key in frame.current
        fill = shape.get("fill", "")
        if key in frame.faulty:
            fill = _FAULTY
        elif is_lit:
            fill = _LIT
        elif key not in frame.done:
            fill = _TOUCHED if key in frame.touched else _WAITING
        look[shape, "fill"] = fill
        look[shape, "stroke"] = self._colour if is_lit else shape.get("stroke", "")
        look[shape, "stroke-width"] = "3" if is_lit else shape.get("stroke-width", "1")
        # Dashes for print, and the colour-blind. Browsers do not animate to "none": 1,0 is a line without gaps.
        look[shape, "stroke-dasharray"] = "4,3" if key in frame.faulty else "1,0"
        is_known = key in frame.done | frame.touched | frame.current | frame.faulty
        look[number, "fill"] = number.get("fill", self._colour) if is_known else _FAINT
        words, _, final = (number.text or "").rpartition(" ")
        look[number, "text"] = f"{words} {frame.numbers.get(key, final)}"
        centre = middle(shape)
        if centre is not None:
            number.set("text-anchor", "middle")
            number.set("x", f"{centre:.2f}")

    def _light_edge(self, look: Look, group: ET.Element, lit: bool) -> None:
        for element in group.iter():
            if element.tag == "path":
                look[element, "stroke"] = self._colour if lit else element.get("stroke", "")
                look[element, "stroke-width"] = "2.5" if lit else element.get("stroke-width", "1")
            elif element.tag == "polygon":
                for attribute in ("stroke", "fill"):
                    look[element, attribute] = self._colour if lit else element.get(attribute, "")
            elif element.tag == "text":
                look[element, "fill"] = self._colour if lit else element.get("fill", "")
                look[element, "font-weight"] = "bold" if lit else "normal"

    # --- the animation ---

    def animation(self) -> str:
        """All frames as one SVG that runs by itself, captions below; where nothing moves, the final picture."""
        root = parsed(self._svg, with_tooltips=True)
        looks = [self._look(root, frame) for frame in self._frames]
        durations = [frame.seconds for frame in self._frames]
        durations[-1] += 3.0  # before it begins anew
        clock = Clock(durations)
        parents = {child: parent for parent in root.iter() for child in parent}
        for element, attribute in looks[-1]:
            values = [look[element, attribute] for look in looks]
            if attribute == "text":
                clock.show_in_turn(parents[element], element, values)
            else:
                clock.animate(element, attribute, values)
                element.set(attribute, values[-1])
        self._caption(root, clock)
        return written(root)

    def _caption(self, root: ET.Element, clock: Clock) -> None:
        """Room below the drawing, and in it the caption of each frame in its turn."""
        left, top, width, height = map(float, root.get("viewBox", "0 0 0 0").split())
        letters = max(60, int(width / _LETTER))
        texts = [
            [frame.title, *(x for line in frame.lines for x in textwrap.wrap(line, letters))] for frame in self._frames
        ]
        below = _LINE * max(map(len, texts)) + 10
        full = max(width, _LETTER * max(len(line) for text in texts for line in text) + 16)
        root.set("viewBox", f"{left:.2f} {top:.2f} {full:.2f} {height + below:.2f}")
        root.set("width", f"{full:.0f}pt")
        root.set("height", f"{height + below:.0f}pt")
        paper = {"x": f"{left:.2f}", "y": f"{top:.2f}", "width": f"{full:.2f}", "height": f"{height + below:.2f}"}
        root.insert(0, ET.Element("rect", {**paper, "fill": "white"}))
        for index, text in enumerate(texts):
            is_last = index == len(texts) - 1
            group = ET.SubElement(root, "g", {"visibility": "visible" if is_last else "hidden"})
            clock.animate(group, "visibility", ["visible" if i == index else "hidden" for i in range(len(texts))])
            for i, line in enumerate(text):
                y = top + height + _LINE * (i + 0.8)
                place = {"x": f"{left + 8:.2f}", "y": f"{y:.2f}", "font-size": f"{_FONT}"}
                weight = {"font-weight": "bold", "fill": self._colour} if i == 0 else {"fill": "#222222"}
                ET.SubElement(group, "text", {**place, "font-family": "Helvetica,sans-Serif", **weight}).text = line

    # --- the page ---

    def html(self) -> str:
        """The final picture, then each step behind a line that opens it; styled: one picture, previous and next."""
        pictures = [f"data:image/svg+xml;base64,{b64encode(self.picture(i).encode()).decode()}" for i in self._indices]
        group = "steps-" + hashlib.sha256("".join(pictures).encode()).hexdigest()[:12]
        parts = [
            f'<div class="autograd-steps">\n<style>{_STYLE}</style>',
            f'<div class="whole"><div><b>{escape(self._title)}</b></div>',
            f"{_figure(pictures[-1], self._frames[-1])}</div>",
        ]
        for frame, picture in zip(self._frames, pictures, strict=True):
            parts.append(
                f'<details name="{group}"><summary><b>{escape(frame.title)}</b></summary>'
                f"{_figure(picture, frame)}</details>"
            )
        return "\n".join([*parts, "</div>"])

    @property
    def _indices(self) -> range:
        return range(len(self._frames))


def _figure(picture: str, frame: Frame) -> str:
    alt = escape("; ".join([frame.title, *frame.lines]))
    lines = "<br>".join(map(escape, frame.lines))
    return f'<div><img alt="{alt}" src="{picture}"></div><div>{lines}</div>'


# Only one of the details of a name is open at a time. Of the others only the neighbours' lines are seen: as buttons.
_STYLE = """
@supports selector(:has(*)) {
.autograd-steps { position: relative; padding-top: 42px; line-height: 1.4; }
.autograd-steps img { max-width: 100%; margin: 8px 0; }
.autograd-steps > details > summary { display: none; }
.autograd-steps > details[open] > summary { display: block; list-style: none; }
.autograd-steps > details:has(+ details[open]) > summary,
.autograd-steps > details[open] + details > summary,
.autograd-steps:not(:has(> details[open])) > details:first-of-type > summary {
  display: block; position: absolute; top: 0; left: 0; width: 96px; padding: 4px 0; list-style: none;
  border: 1px solid; border-radius: 4px; text-align: center; cursor: pointer; }
.autograd-steps > details[open] + details > summary { left: 106px; }
.autograd-steps:not(:has(> details[open])) > details:first-of-type > summary { width: 202px; }
.autograd-steps > details:not([open]) > summary > b { display: none; }
.autograd-steps > details:has(+ details[open]) > summary::after { content: "\\2039\\A0 previous"; }
.autograd-steps > details[open] + details > summary::after { content: "next\\A0 \\203A"; }
.autograd-steps:not(:has(> details[open])) > details:first-of-type > summary::after {
  content: "step by step\\A0 \\203A"; }
.autograd-steps:has(> details[open]) > .whole { display: none; }
}
"""
