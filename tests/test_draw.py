"""Drawings: what they say, that they render, and what happens where nothing renders."""

import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import graphviz
import pytest

from autograd import Value, dot, draw
from autograd.draw import MOST_NODES

README_PICTURE = Path(__file__).parents[1] / "notebooks" / "pictures" / "graph.svg"


def worked_graph():
    """Olah's example at a = 2, b = 1: e = 6, de/da = 2, de/db = 5."""
    a, b = Value(2.0, "a"), Value(1.0, "b")
    e = (a + b) * (b + 1)
    e.label = "e"
    e.backward()
    return e


def texts(svg):
    return sorted(element.text for element in ET.fromstring(svg).iter() if element.tag.endswith("}text"))  # noqa: S314


@pytest.fixture
def no_renderer(monkeypatch):
    """A machine without `dot` and without pygraphviz."""

    def pipe(*_, **__):
        raise graphviz.ExecutableNotFound(["dot"])

    monkeypatch.setattr(graphviz.Source, "pipe", pipe)
    monkeypatch.setitem(sys.modules, "pygraphviz", None)


def test_the_picture_shows_values_adjoints_and_local_derivatives():
    # nodes a, b, +, 1, +, e; edges 1, 1, 1, and 2 and 3 into the product
    assert texts(draw(worked_graph()).svg) == sorted(
        [
            *("a", "2", "adjoint 2", "b", "1", "adjoint 5", "+", "3", "adjoint 2", "1", "+", "2", "adjoint 3"),
            *("e", " = *", "6", "adjoint 1", " 1 ", " 1 ", " 1 ", " 2 ", " 3 "),
        ]
    )


def test_the_picture_in_the_readme_is_the_one_that_is_drawn_now():
    assert texts(README_PICTURE.read_text()) == texts(draw(worked_graph()).svg)


def test_an_operand_that_is_used_twice_has_two_edges():
    a = Value(3.0, "a")
    assert draw(a * a).source.count("v0 -> v1") == 2


def test_the_source_is_the_same_each_time():
    assert draw(worked_graph()).source == draw(worked_graph()).source


def test_labels_may_hold_any_character():
    label = 'x<|>"{}\\ & ü'
    svg = draw(Value(1.0, label).tanh()).svg
    assert label in texts(svg)


@pytest.mark.parametrize("label", ["a\x00b", "a\tb", "a\x1b[31mb", "a\nb"])
def test_control_characters_in_labels_are_shown_as_such(label):
    drawing = draw(Value(1.0, label).tanh())
    assert any(text.startswith("a\N{REPLACEMENT CHARACTER}") for text in texts(drawing.svg))
    assert "a\N{REPLACEMENT CHARACTER}" in repr(drawing)


def test_tooltips_have_full_precision():
    x = Value(0.1, "x")
    y = x * 3
    assert repr(0.1 * 3) in draw(y).source


def test_as_text_each_line_is_one_computation():
    assert repr(draw(worked_graph())).splitlines() == [
        "a = 2                adjoint 2",
        "b = 1                adjoint 5",
        "v2 = a + b = 3       adjoint 2",
        "v4 = b + 1 = 2       adjoint 3",
        "e = v2 * v4 = 6      adjoint 1",
    ]


def test_functions_are_written_as_functions():
    w, x = Value(2.0, "w"), Value(0.5, "x")
    shown = repr(draw(dot([w], [x], 0.25).tanh()))
    assert "dot([w], [x], 0.25) = 1.25" in shown
    assert "tanh(v3) = 0.8483" in shown


def test_negation_and_powers_read_well():
    x = Value(3.0, "x")
    assert "-x = -3" in repr(draw(-x))
    assert "x ** 2 = 9" in repr(draw(x**2))


def test_a_single_constant_result_can_be_shown():
    assert repr(draw(Value(2.0))) == "v0 = 2      adjoint 0"


@pytest.mark.parametrize(
    ("ending", "begins"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF"), ("dot", b"digraph")]
)
def test_pictures_are_saved_in_the_format_of_the_ending(tmp_path, ending, begins):
    path = tmp_path / f"graph.{ending}"
    draw(worked_graph()).save(path)
    assert path.read_bytes().startswith(begins)


def test_another_ending_is_refused_and_writes_nothing(tmp_path):
    for name in ("graph.jpg", "graph"):
        with pytest.raises(ValueError, match=r"\.svg, \.png, \.pdf or \.dot"):
            draw(worked_graph()).save(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_notebook_gets_a_picture_and_text():
    bundle = draw(worked_graph())._repr_mimebundle_(include=None, exclude=None)
    assert bundle["image/svg+xml"].startswith("<svg")
    assert "e = v2 * v4 = 6" in bundle["text/plain"]


def test_pygraphviz_renders_where_there_is_no_dot(monkeypatch):
    def pipe(*_, **__):
        raise OSError(138, "no processes here")  # what a browser says

    monkeypatch.setattr(graphviz.Source, "pipe", pipe)
    assert "adjoint 5" in draw(worked_graph()).svg


@pytest.mark.usefixtures("no_renderer")
def test_without_a_renderer_a_notebook_gets_text_and_one_line_of_advice():
    bundle = draw(worked_graph())._repr_mimebundle_()
    assert list(bundle) == ["text/plain"]
    assert "e = v2 * v4 = 6" in bundle["text/plain"]
    assert re.search("Graphviz.*pip install pygraphviz", bundle["text/plain"].splitlines()[-1])


@pytest.mark.usefixtures("no_renderer")
def test_without_a_renderer_a_file_is_refused_and_not_written(tmp_path):
    with pytest.raises(RuntimeError, match="pip install pygraphviz"):
        draw(worked_graph()).save(tmp_path / "graph.png")
    assert not list(tmp_path.iterdir())
    draw(worked_graph()).save(tmp_path / "graph.dot")  # needs none


def test_with_formulas_the_edges_say_where_the_numbers_come_from():
    shown = texts(draw(worked_graph(), formulas=True).svg)
    assert " v4 = 2 " in shown  # de/dv2 is v4
    assert " v2 = 3 " in shown
    assert " = *" in shown
    x = Value(0.0, "x")
    assert " 1 - tanh(x)**2 = 1 " in texts(draw(x.tanh(), formulas=True).svg)


def test_along_an_input_each_node_shows_its_tangent():
    e = worked_graph()
    (b,) = [node for node in e.parents[1].parents if node.label == "b"]
    # forward from b: b 1, a + b 1, b + 1 1, e = 1 * 2 + 1 * 3
    assert repr(draw(e, along=b)).splitlines()[-1].endswith("adjoint 1, d/db 5")
    assert texts(draw(e, along=b).svg).count("d/db 1") == 3
    assert texts(draw(e, along=b).svg).count("d/db 5") == 1
    assert texts(draw(e, along=b).svg).count("d/db 0") == 1


def test_along_something_else_is_refused():
    with pytest.raises(ValueError, match="does not depend on"):
        draw(worked_graph(), along=Value(1.0))


def test_what_is_no_value_is_refused():
    with pytest.raises(TypeError, match="graph of a Value, not of float"):
        draw(2.0)


def test_a_graph_that_nobody_could_read_is_refused():
    y = Value(1.0)
    for _ in range(MOST_NODES):
        y = -y
    with pytest.raises(ValueError, match=f"{MOST_NODES + 1} nodes"):
        draw(y)
