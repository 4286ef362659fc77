"""Drawings: what they say of a graph, in every form."""

import re
import sys
import xml.etree.ElementTree as ET
from math import inf, nan
from pathlib import Path

import pytest

from autograd import Value, dot, draw, formulas, gelu, total
from autograd.graph import topological_order
from nn import MLP, Neuron

pytest.importorskip("pygraphviz")

ROOT = Path(__file__).parents[1]
README_PICTURE = ROOT / "notebooks" / "pictures" / "graph.svg"
SVG = "{http://www.w3.org/2000/svg}"
HINT = "No adjoints yet: call backward() on the output, then draw again."


def worked_graph():
    """Olah's example at a = 2, b = 1: e = 6, de/da = 2, de/db = 5."""
    a, b = Value(2.0, "a"), Value(1.0, "b")
    e = (a + b) * (b + 1)
    e.label = "e"
    e.backward()
    return e


def elements(svg, kind):
    """The nodes or edges of a picture: by id the texts that are written there, as a reader sees them."""
    return {
        group.get("id"): [text.text.strip() for text in group.iter(f"{SVG}text")]
        for group in ET.fromstring(svg).iter(f"{SVG}g")  # noqa: S314 (ours)
        if group.get("class") == kind
    }


def texts(svg):
    return sorted(text.text for text in ET.fromstring(svg).iter(f"{SVG}text"))  # noqa: S314 (ours)


def tooltips(svg):
    titles = (x.get("{http://www.w3.org/1999/xlink}title") for x in ET.fromstring(svg).iter(f"{SVG}a"))  # noqa: S314
    return [title.replace("\N{WORD JOINER}", "") for title in titles if title]


def fills(svg):
    """By id the colour that a box is filled with."""
    groups = [g for g in ET.fromstring(svg).iter(f"{SVG}g") if g.get("class") == "node"]  # noqa: S314 (ours)
    shapes = [
        (g.get("id"), x.get("fill")) for g in groups for x in g.iter() if x.tag in {f"{SVG}path", f"{SVG}polygon"}
    ]
    return dict(shapes)


# --- the worked example ---------------------------------------------------------------------------------------------


def test_the_picture_shows_every_value_adjoint_and_local_derivative():
    # v0 = a, v1 = b, v2 = a + b, v3 = 1, v4 = b + 1, v5 = e = v2 v4.
    # dv2/da = dv2/db = dv4/db = 1; de/dv2 = v4 = 2, de/dv4 = v2 = 3.
    svg = draw(worked_graph()).svg
    assert elements(svg, "node") == {
        "v0": ["a", "2", "adjoint 2"],
        "v1": ["b", "1", "adjoint 5"],
        "v2": ["+", "3", "adjoint 2"],
        "v3": ["1"],
        "v4": ["+", "2", "adjoint 3"],
        "v5": ["e", "=", "*", "6", "adjoint 1"],
    }
    assert elements(svg, "edge") == {
        "v0-v2-0": ["1"],
        "v1-v2-1": ["1"],
        "v1-v4-0": ["1"],
        "v3-v4-1": [],
        "v2-v5-0": ["2"],
        "v4-v5-1": ["3"],
    }


def test_ids_are_places_in_the_topological_order():
    e = worked_graph()
    order = topological_order(e)
    named = {f"v{k}": node.label for k, node in enumerate(order) if node.label}
    shown = elements(draw(e).svg, "node")
    assert {key: shown[key][0] for key in named} == named == {"v0": "a", "v1": "b", "v5": "e"}


def test_as_text_each_line_is_one_computation():
    assert draw(worked_graph()).text.splitlines() == [
        "a = 2                adjoint 2",
        "b = 1                adjoint 5",
        "v2 = a + b = 3       adjoint 2",
        "v4 = b + 1 = 2       adjoint 3",
        "e = v2 * v4 = 6      adjoint 1",
    ]


def test_in_mermaid_it_says_the_same():
    assert draw(worked_graph()).mermaid.splitlines()[:13] == [
        "flowchart LR",
        '    v0["a<br/>2<br/>adjoint 2"]',
        '    v1["b<br/>1<br/>adjoint 5"]',
        '    v2["#43;<br/>3<br/>adjoint 2"]',
        '    v3(["1"])',
        '    v4["#43;<br/>2<br/>adjoint 3"]',
        '    v5["e = #42;<br/>6<br/>adjoint 1"]',
        '    v0 -->|"1"| v2',
        '    v1 -->|"1"| v2',
        '    v1 -->|"1"| v4',
        "    v3 --> v4",
        '    v2 -->|"2"| v5',
        '    v4 -->|"3"| v5',
    ]


def test_the_picture_in_the_readme_is_the_one_that_is_drawn_now():
    kept, drawn = README_PICTURE.read_text(), draw(worked_graph()).svg  # coordinates are the renderer's affair
    assert elements(kept, "node") == elements(drawn, "node")
    assert elements(kept, "edge") == elements(drawn, "edge")
    assert fills(kept) == fills(drawn)


def test_an_operand_that_is_used_twice_has_two_edges():
    a = Value(3.0, "a")
    assert elements(draw(a * a).svg, "edge") == {"v0-v1-0": ["3"], "v0-v1-1": ["3"]}


# --- what is shown --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("switched", "node", "edge"),
    [
        ({"names": False}, ["*", "6", "adjoint 1"], ["2"]),
        ({"operations": False}, ["e", "6", "adjoint 1"], ["2"]),
        ({"values": False}, ["e", "=", "*", "adjoint 1"], ["2"]),
        ({"adjoints": False}, ["e", "=", "*", "6"], ["2"]),
        ({"derivatives": False}, ["e", "=", "*", "6", "adjoint 1"], []),
        ({"names": False, "operations": False, "values": False, "adjoints": False}, [""], ["2"]),
    ],
)
def test_each_content_can_be_switched_off(switched, node, edge):
    drawing = draw(worked_graph(), **switched)
    assert elements(drawing.svg, "node")["v5"] == node
    assert elements(drawing.svg, "edge")["v2-v5-0"] == edge
    assert drawing.mermaid
    assert drawing.text


def test_with_formulas_the_edges_say_where_the_numbers_come_from():
    pytest.importorskip("sympy")
    shown = draw(worked_graph(), formulas=True).svg
    assert elements(shown, "edge")["v2-v5-0"] == ["v4 = 2"]  # de/dv2 is v4
    assert elements(shown, "edge")["v4-v5-1"] == ["v2 = 3"]
    assert elements(shown, "node")["v2"][:2] == ["v2 =", "+"] or elements(shown, "node")["v2"][0] == "v2"
    assert elements(shown, "node")["v3"] == ["1"]
    assert elements(draw(Value(0.0, "x").tanh(), formulas=True).svg, "edge") == {"v0-v1-0": ["1 - tanh(x)**2 = 1"]}


def test_long_formulas_take_several_lines():
    pytest.importorskip("sympy")
    (lines,) = elements(draw(gelu(Value(2.0, "x")), formulas=True).svg, "edge").values()
    assert len(lines) > 1
    assert " ".join(lines).endswith("= 1.085")
    assert max(map(len, lines)) < 40


def test_along_an_input_each_node_shows_its_tangent():
    e = worked_graph()
    (b,) = [node for node in e.parents[1].parents if node.label == "b"]
    # forward from b: b 1, a + b 1, b + 1 1, e = 1 * 2 + 1 * 3
    shown = elements(draw(e, along=b).svg, "node")
    assert {key: texts[-1] for key, texts in shown.items() if key != "v3"} == {
        "v0": "d/db 0",
        "v1": "d/db 1",
        "v2": "d/db 1",
        "v4": "d/db 1",
        "v5": "d/db 5",
    }
    assert draw(e, along=b).text.splitlines()[-1].endswith("adjoint 1, d/db 5")


def test_colours_tell_inputs_parameters_operations_and_outputs_apart():
    x, neuron = Value(0.5, "x"), Neuron(1, "tanh", seed=0)
    shown = fills(draw(neuron([x]), names=neuron).svg)
    w, inputs, _, operation, output = (shown[f"v{k}"] for k in range(5))
    assert len({w, inputs, operation, output}) == 4
    plain = fills(draw(neuron([x])).svg)
    assert plain["v0"] == plain["v1"]  # without the names, what is a parameter is not known


def test_the_larger_an_adjoint_the_stronger_the_colour():
    shown = fills(draw(worked_graph()).svg)
    unshaded = fills(draw(worked_graph(), shades=False).svg)
    assert unshaded["v0"] == unshaded["v1"]
    assert shown["v1"] == unshaded["v1"]  # adjoint 5, the largest
    darkness = {key: 3 * 255 - sum(bytes.fromhex(colour[1:])) for key, colour in shown.items() if colour != "none"}
    assert darkness["v0"] < darkness["v1"]  # 2 and 5, both inputs
    assert darkness["v2"] < darkness["v4"]  # 2 and 3, both operations


def test_adjoints_that_are_no_numbers_do_no_harm():
    x = Value(0.0, "x")
    y = x.sqrt()
    y.backward()
    assert x.grad == inf
    assert "adjoint inf" in texts(draw(y).svg)
    y.grad = nan
    assert "adjoint nan" in texts(draw(y).svg)


def test_where_backward_was_not_run_a_line_says_so():
    a = Value(2.0, "a")
    drawing = draw(a * a)
    assert drawing.text.splitlines()[-1] == HINT
    assert HINT in texts(drawing.svg)
    assert "adjoint 0" not in texts(drawing.svg)
    assert HINT not in draw(a * a, adjoints=False).text
    assert HINT not in draw(worked_graph()).text
    assert draw(a).text == "a = 2"


def test_adjoints_of_another_result_are_said_to_be_that():
    a = Value(2.0, "a")
    (a * a).backward()
    assert draw(a + 1).text.splitlines()[-1].startswith("The output's adjoint is 0: these adjoints are not those of")


def test_constants_are_small_and_without_adjoint():
    x = Value(3.0, "x")
    y = x**2
    y.backward()
    assert elements(draw(y).svg, "node")["v1"] == ["2"]
    assert re.search(r"v1 \[label=2 .*shape=plain", draw(y).source)


def test_several_outputs_are_one_picture():
    a = Value(3.0, "a")
    shown = elements(draw([a * a, [a.exp()]]).svg, "node")
    assert [x[0] for x in shown.values()] == ["a", "*", "exp"]
    outlines = re.findall(r"v[12] \[.*color=\"(#\w+)\" fill", draw([a * a, a.exp()]).source)
    assert len(outlines) == 2
    assert len(set(outlines)) == 1


# --- words ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "label", ['x<|>"{}\\ & ü', "变量 α", "a;b--c->d", "\\N \\l <B>b</B>", "&amp; &#65;", "%% #35; end"]
)
def test_labels_may_hold_any_character(label):
    a = Value(1.0, label)
    y = a.tanh() * 1
    svg = draw(y).svg
    assert label in texts(svg)
    assert f"{label} = 1.0, adjoint 0.0" in tooltips(svg)
    assert f"{label} = 1" in draw(y).text


@pytest.mark.parametrize("label", ["a\x00b", "a\tb", "a\x1b[31mb", "a\nb", "a\ud800b"])
def test_control_characters_in_labels_are_shown_as_such(label):
    drawing = draw(Value(1.0, label).tanh())
    assert any(text.startswith("a\N{REPLACEMENT CHARACTER}") for text in texts(drawing.svg))
    assert "a\N{REPLACEMENT CHARACTER}" in drawing.text
    assert all(line.isprintable() for line in drawing.mermaid.splitlines())
    assert drawing.mermaid.count("\n") == draw(Value(1.0, "a").tanh()).mermaid.count("\n")


def test_in_mermaid_characters_with_a_meaning_are_written_as_numbers():
    label = 'x<|>"{}\\ & ü # ; `c` 1. end _i_'
    line = draw(Value(1.0, label).tanh()).mermaid.splitlines()[1]
    assert re.fullmatch(r'    v0\["[\w ü#;]*<br/>1"\]', line)
    assert re.sub(r"#(\d+);", lambda code: chr(int(code[1])), line) == f'    v0["{label}<br/>1"]'


def test_long_names_are_shortened_in_the_picture_and_whole_in_the_tooltip():
    name = "n" * 100
    svg = draw(Value(1.0, name).tanh()).svg
    assert any(text.startswith("nnn") and len(text) == 40 for text in texts(svg))
    assert any(name in text for text in tooltips(svg))


def test_tooltips_have_full_precision():
    x = Value(0.1, "x")
    y = x * 3
    y.backward()
    shown = tooltips(draw(y).svg)
    assert f"v2 = {0.1 * 3!r}, adjoint 1.0" in shown
    assert "x = 0.1, adjoint 3.0" in shown
    assert "dv2/dx = 3.0" in shown


def test_names_may_be_given_for_the_drawing_alone():
    a, b = Value(2.0, "a"), Value(3.0)
    drawing = draw(a * b, names={a: "alpha", b: "v2"})
    assert elements(drawing.svg, "node")["v0"][0] == "alpha"
    assert drawing.text.splitlines()[2].startswith("v2' = alpha * v2 = 6")
    assert a.label == "a"


def test_parameters_have_their_names_in_the_model():
    model = MLP(1, [2, 1], "tanh", seed=0)
    shown = elements(draw(model([0.5]), names=model).svg, "node")
    names = {x[0] for x in shown.values()}
    assert {name for name, _ in model.named_parameters()} <= names
    assert "layers.0.neurons.1.w.0" in names


def test_functions_are_written_as_functions():
    w, x = Value(2.0, "w"), Value(0.5, "x")
    shown = draw(dot([w], [x], 0.25).tanh()).text
    assert "dot([w], [x], 0.25) = 1.25" in shown
    assert "tanh(v3) = 0.8483" in shown


def test_negation_and_powers_read_well():
    x = Value(3.0, "x")
    assert "-x = -3" in draw(-x).text
    assert "x ** 2 = 9" in draw(x**2).text


def test_a_line_of_many_operands_is_cut():
    xs = [Value(1.0, f"x{i}") for i in range(200)]
    assert max(map(len, draw(total(xs)).text.splitlines())) < 100


# --- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (2.0, "graph of a Value, of a list of Values, or a network, not of float"),
        ([], "not of list"),
        ([Value(1.0), "a"], "not of str"),
    ],
)
def test_what_is_no_value_is_refused(value, said):
    with pytest.raises(TypeError, match=re.escape(said)):
        draw(value)


def test_along_something_else_is_refused():
    with pytest.raises(ValueError, match="does not depend on"):
        draw(worked_graph(), along=Value(1.0))


@pytest.mark.parametrize("argument", ["names", "groups"])
def test_names_of_another_kind_are_refused(argument):
    wanted = (
        rf"draw\({argument}=\.\.\.\) takes something with named_parameters\(\).*mapping of Values to names, not list"
    )
    with pytest.raises(TypeError, match=wanted):
        draw(worked_graph(), **{argument: ["a"]})
    with pytest.raises(TypeError, match="names of Values are wanted, not int of Value"):
        draw(worked_graph(), **{argument: {Value(1.0): 1}})


@pytest.mark.parametrize(("argument", "least"), [("depth", 0), ("most", 1)])
@pytest.mark.parametrize("number", [-1, 1.5, "2", True])
def test_depth_and_most_are_whole_numbers(argument, least, number):
    with pytest.raises(ValueError, match=rf"draw\({argument}=\.\.\.\) takes a whole number of at least {least}, not "):
        draw(worked_graph(), **{argument: number})


def test_formulas_without_sympy_are_refused_at_once(monkeypatch):
    monkeypatch.setitem(sys.modules, "sympy", None)
    for cached in vars(formulas).values():
        if hasattr(cached, "cache_clear"):
            cached.cache_clear()
    with pytest.raises(ModuleNotFoundError, match="formulas need SymPy: pip install sympy"):
        draw(Value(1.0, "x").tanh(), formulas=True)


# --- files ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ending", "begins"),
    [("svg", b"<?xml"), ("PNG", b"\x89PNG"), ("pdf", b"%PDF"), ("dot", b"digraph"), ("mmd", b"flowchart LR\n")],
)
def test_pictures_are_saved_in_the_format_of_the_ending(tmp_path, ending, begins):
    path = tmp_path / f"graph.{ending}"
    draw(worked_graph()).save(path)
    assert path.read_bytes().startswith(begins)


def test_another_ending_is_refused_and_writes_nothing(tmp_path):
    for name in ("graph.jpg", "graph"):
        with pytest.raises(ValueError, match=r"\.svg, \.png, \.pdf, \.dot or \.mmd"):
            draw(worked_graph()).save(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_the_background_is_white_and_the_fonts_are_those_that_renderers_measure():
    svg = draw(worked_graph()).svg
    background = next(x for x in ET.fromstring(svg).iter(f"{SVG}polygon"))  # noqa: S314 (ours)
    assert background.get("fill") == "white"
    assert set(re.findall(r'font-family="([^"]*)"', svg)) == {"Helvetica,sans-Serif"}
    assert "<style" not in svg
