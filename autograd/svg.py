"""SVG as a tree of elements that can be changed, and attributes that change with time (SMIL).

It knows what Graphviz writes, and nothing of what is drawn.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence

_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_PREFIXES = {f"{{{_SVG}}}": "", f"{{{_XLINK}}}": "xlink:", "{http://www.w3.org/XML/1998/namespace}": "xml:"}


def parsed(svg: str, with_tooltips: bool) -> ET.Element:
    """The tree of an SVG, its names as they are written: prefixes in place of namespaces."""
    root = ET.fromstring(svg)  # noqa: S314 (made by Graphviz from our own source)
    for element in root.iter():
        element.tag = _prefixed(element.tag)
        for key, value in list(element.attrib.items()):
            del element.attrib[key]
            if with_tooltips or not key.startswith(f"{{{_XLINK}}}"):
                element.set(_prefixed(key), value)
        element.tail = None
        if not with_tooltips:
            if element.tag == "a":
                element.tag = "g"
            for title in element.findall(f"{{{_SVG}}}title"):
                element.remove(title)
    return root


def _prefixed(name: str) -> str:
    namespace, brace, local = name.rpartition("}")
    return _PREFIXES.get(namespace + brace, "") + local


def written(root: ET.Element) -> str:
    """The tree as text."""
    root.set("xmlns", _SVG)
    root.set("xmlns:xlink", _XLINK)
    return ET.tostring(root, encoding="unicode")


def middle(shape: ET.Element) -> float | None:
    """The x of a box's middle."""
    if shape.tag == "ellipse":
        return float(shape.get("cx", "0"))
    numbers = re.findall(r"-?\d+(?:\.\d+)?", shape.get("points") or shape.get("d") or "")
    xs = [float(x) for x in numbers[::2]]
    return (min(xs) + max(xs)) / 2 if xs else None


class Clock:
    """When each frame is seen."""

    def __init__(self, durations: Sequence[float]) -> None:
        total = sum(durations)
        self._timing = {"dur": f"{total:.1f}s", "calcMode": "discrete", "repeatCount": "indefinite"}
        self._times = [sum(durations[:i]) / total for i in range(len(durations))]

    def animate(self, element: ET.Element, attribute: str, values: Sequence[str]) -> None:
        """Let an attribute have each frame's value in its turn."""
        changes = [i for i, value in enumerate(values) if i == 0 or value != values[i - 1]]
        if len(changes) > 1:
            times = {
                "values": ";".join(values[i] for i in changes),
                "keyTimes": ";".join(f"{self._times[i]:.4f}".rstrip("0").rstrip(".") or "0" for i in changes),
            }
            ET.SubElement(element, "animate", {"attributeName": attribute, **times, **self._timing})

    def show_in_turn(self, parent: ET.Element, element: ET.Element, texts: Sequence[str]) -> None:
        """Let an element say each frame's text in its turn: it cannot change, so there is one for each text."""
        own = list(element)
        for text in dict.fromkeys(texts):
            is_last = text == texts[-1]
            one = element if is_last else ET.SubElement(parent, element.tag, element.attrib)
            if not is_last:
                one.extend(own)
            one.text = text
            one.set("visibility", "visible" if is_last else "hidden")
            self.animate(one, "visibility", ["visible" if x == text else "hidden" for x in texts])
