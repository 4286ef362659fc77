"""From DOT, Graphviz's language, to a picture, by whichever Graphviz there is.

First the system's `dot` through the package `graphviz`, then the package `pygraphviz`, whose wheels carry Graphviz. It
knows no graphs of Values.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

HOW_TO_GET_PICTURES = (
    "Pictures need Graphviz: pip install pygraphviz, or your system's package graphviz (apt, dnf, brew, winget)."
)


class NoRendererError(RuntimeError):
    """There is no Graphviz here, or none that works; the message says how to get one."""


def has_renderer() -> bool:
    """Whether there is something to render with; it is looked for, not tried.

    >>> isinstance(has_renderer(), bool)
    True
    """
    from shutil import which  # noqa: PLC0415 (takes long to import)

    return find_spec("pygraphviz") is not None or (which("dot") is not None and find_spec("graphviz") is not None)


def rendered(source: str, kind: str) -> bytes:
    """A picture of a graph.

    Args:
        source: the graph in DOT.
        kind: "svg", "png" or "pdf".

    Raises:
        NoRendererError: no Graphviz was found, or the one that was found failed.
    """
    problems = []
    for render in (_by_dot, _by_pygraphviz):
        try:
            return render(source, kind)
        except NoRendererError as problem:
            problems.append(str(problem))
    raise NoRendererError(" ".join([*filter(None, problems), HOW_TO_GET_PICTURES]))


def _by_dot(source: str, kind: str) -> bytes:
    try:
        import graphviz  # noqa: PLC0415 (needed only by pictures)
    except ImportError:
        raise NoRendererError from None
    from subprocess import CalledProcessError  # noqa: PLC0415 (takes long to import)

    try:
        return bytes(graphviz.Source(source).pipe(format=kind, quiet=True))
    except (OSError, graphviz.ExecutableNotFound):  # OSError: there are no processes, as in a browser
        raise NoRendererError from None
    except CalledProcessError as error:  # as of a dot without the plug-in for this kind
        said = error.stderr.decode(errors="replace") if isinstance(error.stderr, bytes) else str(error.stderr)
        raise NoRendererError(f"dot failed: {' '.join(said.split())}.") from None


def _by_pygraphviz(source: str, kind: str) -> bytes:
    try:
        from pygraphviz import AGraph  # noqa: PLC0415 (optional)
    except ImportError:  # also of one whose libraries are missing
        raise NoRendererError from None
    try:
        with _silence():
            return bytes(AGraph(string=source).draw(format=kind, prog="dot"))
    except ValueError as error:
        raise NoRendererError(f"pygraphviz failed: {error}.") from None


@contextmanager
def _silence() -> Iterator[None]:
    """Inside, nothing that C code says on standard error is seen, as that the wheel's Fontconfig is an old one."""
    try:
        standard_error = os.dup(2)
    except OSError:  # there is none
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(standard_error, 2)
        os.close(standard_error)
        os.close(nowhere)
