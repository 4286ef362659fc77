"""Where pictures come from: the system's `dot`, pygraphviz, both or neither, in a process and in a notebook.

No machine need have a `dot`: one is made here, a program of that name on the PATH that renders by pygraphviz and signs
what it has drawn.
"""

import base64
import re
import stat
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import graphviz
import pytest

from autograd import Value, draw
from autograd.rendering import HOW_TO_GET_PICTURES, NoRendererError, rendered

pytest.importorskip("pygraphviz")

ROOT = Path(__file__).parents[1]
SIGNED = "<!-- drawn by dot -->"
FAKE_DOT = f"""#!{sys.executable}
import sys
from pygraphviz import AGraph
kind = next(x[2:] for x in sys.argv if x.startswith("-T"))
sys.stdout.buffer.write(AGraph(string=sys.stdin.read()).draw(format=kind, prog="dot"))
if kind == "svg":
    sys.stdout.write("{SIGNED}")
"""
ENVIRONMENTS = ["nothing", "pygraphviz", "dot", "both"]


@pytest.fixture(params=ENVIRONMENTS)
def environment(request, monkeypatch, tmp_path):
    """One of the four, set up for this process; its name."""
    monkeypatch.setenv("PATH", str(tmp_path))
    if request.param in {"dot", "both"}:
        fake(tmp_path)
    if request.param in {"nothing", "dot"}:
        monkeypatch.setitem(sys.modules, "pygraphviz", None)
    return request.param


def fake(folder, program=FAKE_DOT):
    """A `dot` in the folder."""
    path = folder / "dot"
    path.write_text(program)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def worked_graph():
    """Olah's example at a = 2, b = 1: e = 6, de/da = 2, de/db = 5."""
    a, b = Value(2.0, "a"), Value(1.0, "b")
    e = (a + b) * (b + 1)
    e.label = "e"
    e.backward()
    return e


def numbers(svg):
    """The numbers in a picture, those on the edges included."""
    texts = [x.text for x in ET.fromstring(svg).iter() if x.tag.endswith("}text")]  # noqa: S314 (ours)
    return sorted(int(x) for text in texts for x in re.findall(r"\d+", text))


# --- in a process ---------------------------------------------------------------------------------------------------


def test_a_picture_where_there_is_a_renderer_and_else_text_with_one_line_of_advice(environment):
    drawing = draw(worked_graph())
    bundle = drawing._repr_mimebundle_(include=None, exclude=None)
    if environment == "nothing":
        assert list(bundle) == ["text/plain"]
        *graph, advice = bundle["text/plain"].splitlines()
        assert graph[-1] == "e = v2 * v4 = 6      adjoint 1"
        assert advice == HOW_TO_GET_PICTURES
        assert "pip install pygraphviz" in advice
        assert repr(drawing) == bundle["text/plain"]
    else:
        assert sorted(bundle) == ["image/png", "image/svg+xml", "text/plain"]
        # values 2 1 3 1 2 6; adjoints 2 5 2 3 1; local derivatives 1 1 1 2 3
        assert numbers(bundle["image/svg+xml"]) == sorted([2, 1, 3, 1, 2, 6, 2, 5, 2, 3, 1, 1, 1, 1, 2, 3])
        assert repr(drawing) == drawing.text == bundle["text/plain"]
        assert (SIGNED in bundle["image/svg+xml"]) is (environment in {"dot", "both"})  # dot comes first


def test_what_needs_no_renderer_is_saved_without_and_the_rest_is_refused(environment, tmp_path):
    drawing = draw(worked_graph())
    for ending, begins in {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF"}.items():
        path = tmp_path / f"graph.{ending}"
        if environment == "nothing":
            with pytest.raises(RuntimeError, match="pip install pygraphviz"):
                drawing.save(path)
            assert not path.exists()
        else:
            drawing.save(path)
            assert path.read_bytes().startswith(begins)
    drawing.save(tmp_path / "graph.dot")
    drawing.save(tmp_path / "graph.mmd")


def test_the_kinds_that_are_asked_for_are_given():
    drawing = draw(worked_graph())
    png = drawing._repr_mimebundle_(include={"image/png"})
    assert base64.b64decode(png["image/png"]).startswith(b"\x89PNG")
    assert sorted(png) == ["image/png", "text/plain"]
    assert sorted(drawing._repr_mimebundle_(exclude={"image/svg+xml", "image/png"})) == ["text/plain"]
    mermaid = drawing._repr_mimebundle_(include=["text/vnd.mermaid", "text/html"])
    assert mermaid["text/vnd.mermaid"] == drawing.mermaid
    assert "text/html" not in mermaid


def test_in_a_browser_where_there_are_no_processes_there_is_text(monkeypatch):
    def pipe(*_, **__):
        raise OSError(138, "emscripten does not support processes")

    monkeypatch.setattr(graphviz.Source, "pipe", pipe)
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    assert draw(worked_graph())._repr_mimebundle_()["text/plain"].endswith(HOW_TO_GET_PICTURES)


@pytest.mark.usefixtures("no_pygraphviz")
def test_without_the_package_that_writes_dot_there_is_text(monkeypatch):
    monkeypatch.setitem(sys.modules, "graphviz", None)
    bundle = draw(worked_graph())._repr_mimebundle_()
    assert list(bundle) == ["text/plain"]
    assert bundle["text/plain"].endswith(HOW_TO_GET_PICTURES)


def test_a_dot_that_fails_gives_way_to_pygraphviz(monkeypatch, tmp_path):
    fake(tmp_path, "#!/bin/sh\necho 'Format: \"svg\" not recognized. Use one of:' >&2\nexit 1\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert numbers(draw(worked_graph()).svg)
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    advice = draw(worked_graph())._repr_mimebundle_()["text/plain"].splitlines()[-1]
    assert advice.startswith('dot failed: Format: "svg" not recognized. Use one of:')
    assert advice.endswith(HOW_TO_GET_PICTURES)


def test_what_is_no_dot_is_refused_by_every_renderer(environment):
    with pytest.raises(NoRendererError):
        rendered("digraph {", "svg")


def test_nothing_is_said_on_standard_error(environment, capfd):
    draw(worked_graph())._repr_mimebundle_()
    assert capfd.readouterr() == ("", "")


@pytest.fixture
def no_pygraphviz(monkeypatch):
    monkeypatch.setitem(sys.modules, "pygraphviz", None)


# --- in a notebook --------------------------------------------------------------------------------------------------

SETUP = """\
import os, sys
sys.path.insert(0, {root!r})
os.environ["PATH"] = {path!r}
if {without_pygraphviz}:
    sys.modules["pygraphviz"] = None
"""
DRAW = """\
from autograd import Value, draw
from nn import MLP
a, b = Value(2.0, "a"), Value(1.0, "b")
e = (a + b) * (b + 1)
e.label = "e"
e.backward()
draw(e)
"""
CELLS = [
    DRAW,
    "draw(MLP(2, [3, 1], seed=0))",
    "from IPython.display import display\ndisplay(draw(e), include=['image/png', 'text/plain'])",
]


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_a_notebook_that_displays_drawings_runs(name, tmp_path):
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    if name in {"dot", "both"}:
        fake(tmp_path)
    setup = SETUP.format(root=str(ROOT), path=str(tmp_path), without_pygraphviz=name in {"nothing", "dot"})
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in (setup, *CELLS)])
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    _, first, network, png = [list(cell.outputs) for cell in notebook.cells]
    assert [len(outputs) for outputs in (first, network, png)] == [1, 1, 1]  # and nothing on standard error
    text = "".join(first[0].data["text/plain"])
    assert "e = v2 * v4 = 6      adjoint 1" in text
    assert "layers.1.neurons.0" in "".join(network[0].data["text/plain"])
    if name == "nothing":
        assert text.splitlines()[-1] == HOW_TO_GET_PICTURES
        assert list(first[0].data) == list(png[0].data) == ["text/plain"]
    else:
        assert numbers(first[0].data["image/svg+xml"]).count(5) == 1
        assert (SIGNED in first[0].data["image/svg+xml"]) is (name in {"dot", "both"})
        assert base64.b64decode(png[0].data["image/png"]).startswith(b"\x89PNG")
        assert HOW_TO_GET_PICTURES not in text
