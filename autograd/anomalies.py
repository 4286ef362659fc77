"""The search for the first NaN or inf: what `detect_anomaly` looks at, and how it says what it found."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from os.path import abspath, basename, dirname, join
from types import FrameType
from typing import Any

_UNKNOWN_LINE = "; it was made outside `with detect_anomaly()`: make it inside to see the line"
_HERE = dirname(abspath(__file__))
_PACKAGES = {_HERE, join(dirname(_HERE), "nn")}


def refuse_result(data: float, parents: Sequence[Any], local_derivatives: Sequence[float], primitive: Any) -> None:
    """FloatingPointError if a result, or a local derivative that somebody may ask for, is not finite."""
    shown = f"{primitive.name}({', '.join(map(_named, parents))})"
    if not math.isfinite(data):
        raise FloatingPointError(f"{shown} gave {data!r}, at {calling_line()}")
    for parent, derivative in zip(parents, local_derivatives, strict=True):
        if not (math.isfinite(derivative) or parent.is_constant):
            raise FloatingPointError(
                f"{shown} has the local derivative {derivative!r} with respect to {_named(parent)}, at {calling_line()}"
            )


def refuse_tangents(value: Any, tangents: Sequence[Any], operands: Sequence[Any], primitive: Any) -> None:
    """FloatingPointError if a result of forward mode, or one of its tangents, is a float that is not finite."""
    for what, x in (("", value), *(("the tangent ", tangent) for tangent in tangents)):
        if isinstance(x, float) and not math.isfinite(x):
            shown = f"{primitive.name}({', '.join(map(repr, operands))})"
            raise FloatingPointError(f"{shown} gave {what}{x!r}, at {calling_line()}")


def refuse_derivatives(what: str, nodes: Iterable[Any], found: Mapping[Any, Any]) -> None:
    """FloatingPointError that names the first of these nodes whose adjoint or tangent is a float that is not finite.

    Those that are Values were looked at when they were made, as all results are.
    """
    for node in nodes:
        derivative = found.get(node)
        if isinstance(derivative, float) and not math.isfinite(derivative):
            kind = node.primitive.name if node.primitive is not None else "variable"
            made = f"; it was made at {node.line}" if node.line else _UNKNOWN_LINE
            raise FloatingPointError(f"{what} of the {kind} {_named(node)} is {derivative!r}{made}")


def calling_line() -> str:
    """`file:line` of the innermost running code that is not in these packages; of a notebook's cell, the line."""
    frame = sys._getframe()  # noqa: SLF001 (documented, for walking the running frames)
    while frame.f_back and not is_outside(frame):
        frame = frame.f_back
    file, number = frame.f_code.co_filename, frame.f_lineno
    if basename(dirname(file)).startswith("ipykernel_"):  # a name made up for the cell
        from linecache import getline  # noqa: PLC0415 (it takes a millisecond to import)

        return f"line {number} of a cell (`{getline(file, number).strip()}`)"
    return f"{file}:{number}"


def is_outside(frame: FrameType) -> bool:
    """Whether running code is not in these packages."""
    return dirname(frame.f_code.co_filename) not in _PACKAGES


def _named(node: Any) -> str:
    return f"{node.label}={node.data!r}" if node.label else repr(node.data)
