"""The pictures of `explain`: what is lit in each, that the animation shows the same, that the page needs no script."""

import re
import sys
import xml.etree.ElementTree as ET
from base64 import b64decode
from html.parser import HTMLParser

import graphviz
import pytest

from autograd import Value
from autograd.explain import LARGEST_PAGE, MOST_NODES, explain
from autograd.rendering import has_renderer
from autograd.svg import Clock

SVG = "{http://www.w3.org/2000/svg}"
LIT, FAULTY = "#ffd54d", "#ffb3b3"


@pytest.fixture
def no_renderer(monkeypatch):
    """A machine without `dot` and without pygraphviz."""

    def pipe(*_, **__):
        raise graphviz.ExecutableNotFound(["dot"])

    monkeypatch.setattr(graphviz.Source, "pipe", pipe)
    monkeypatch.setitem(sys.modules, "pygraphviz", None)


pictured = pytest.mark.skipif(not has_renderer(), reason="there is no Graphviz here")


def colah():
    """Ids in topological order: a v0, b v1, a + b v2, the number 1 v3, b + 1 v4, e v5."""
    a, b = Value(2.0, "a"), Value(1.0, "b")
    e = (a + b) * (b + 1)
    e.label = "e"
    return a, b, e


def shared():
    """b is used by the output and by d; ids: a v0, the number 1 v1, b v2, d v3, L v4."""
    a = Value(2.0, "a")
    b = a + 1
    d = a * b
    loss = b + d
    b.label, d.label, loss.label = "b", "d", "L"
    return loss


def groups(svg, kind):
    return {g.get("id"): g for g in ET.fromstring(svg).iter(f"{SVG}g") if g.get("class") == kind}  # noqa: S314 (ours)


def outlines(svg):
    """The box of each node that has one."""
    found = {}
    for key, group in groups(svg, "node").items():
        shapes = [*group.iter(f"{SVG}path"), *group.iter(f"{SVG}polygon")]
        if shapes:
            found[key] = shapes[0]
    return found


def lit(svg):
    """(nodes, edges) that are lit."""
    edges = [key for key, g in groups(svg, "edge").items() if g.find(f".//{SVG}path").get("stroke-width") == "2.5"]
    return {key for key, box in outlines(svg).items() if box.get("stroke-width") == "3"}, set(edges)


def numbers(svg, word="adjoint"):
    """The running number in each node."""
    texts = {key: [x.text for x in g.iter(f"{SVG}text")] for key, g in groups(svg, "node").items()}
    return {key: x.rsplit(" ", 1)[1] for key, found in texts.items() for x in found if x.startswith(word)}


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.images, self.names = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.append(tag)
        if tag == "img":
            head, data = attributes["src"].split(",")
            assert head == "data:image/svg+xml;base64"
            self.images.append((attributes["alt"], b64decode(data).decode()))
        if tag == "details":
            self.names.append(attributes["name"])


def pictures(explanation):
    """The pictures of the page, without the one at its top."""
    return [svg for _, svg in Page(explanation.html).images[1:]]


# --- frames ---------------------------------------------------------------------------------------------------------


@pictured
def test_the_current_node_and_its_edges_are_lit():
    # The order of the steps: e passes on to v2 and v4, then v4 to b, then v2 to a and b.
    assert [lit(svg) for svg in pictures(explain(colah()[2]))] == [
        (set(), set()),
        ({"v5"}, {"v2-v5-0", "v4-v5-1"}),
        ({"v4"}, {"v1-v4-0"}),
        ({"v2"}, {"v0-v2-0", "v1-v2-1"}),
        (set(), set()),
    ]


@pictured
def test_the_adjoints_run():
    found = [numbers(svg) for svg in pictures(explain(colah()[2]))]
    assert [[frame[key] for key in ("v0", "v1", "v2", "v4", "v5")] for frame in found] == [
        ["0", "0", "0", "0", "1"],
        ["0", "0", "2", "3", "1"],
        ["0", "3", "2", "3", "1"],
        ["2", "5", "2", "3", "1"],
        ["2", "5", "2", "3", "1"],
    ]


@pictured
def test_both_edges_of_an_operand_that_is_used_twice_are_lit():
    x = Value(3.0, "x")
    assert lit(pictures(explain(x * x))[1]) == ({"v1"}, {"v0-v1-0", "v0-v1-1"})


@pictured
def test_forward_mode_runs_from_the_input():
    _, b, e = colah()
    found = pictures(explain(e, along=b))
    assert [lit(svg)[0] for svg in found] == [set(), {"v2"}, {"v4"}, {"v5"}, set()]
    assert [numbers(svg, "d/db")["v5"] for svg in found] == ["0", "0", "0", "5", "5"]
    assert numbers(found[-1], "d/db")["v0"] == "0"
    assert not numbers(found[-1], "adjoint")


@pictured
def test_wrong_numbers_are_marked_when_they_appear():
    # L, then b too early with 1 in place of 3, then d, which completes a with 4 in place of 6.
    found = pictures(explain(shared(), wrong="no-order"))
    marked = [{key for key, box in outlines(svg).items() if box.get("fill") == FAULTY} for svg in found]
    assert marked == [set(), set(), {"v2"}, {"v0", "v2"}, {"v0", "v2"}]
    dashed = [{key for key, box in outlines(svg).items() if box.get("stroke-dasharray") == "4,3"} for svg in found]
    assert dashed == marked


@pictured
def test_the_seed_is_what_the_picture_begins_with():
    found = pictures(explain(colah()[2], seed=0.5))
    assert (numbers(found[0])["v5"], numbers(found[-1])["v1"]) == ("0.5", "2.5")


@pictured
def test_the_words_below_the_pictures_say_the_arithmetic():
    page = Page(explain(colah()[2]).html)
    assert page.images[2][0] == (
        "Step 1 of 3: e = v2 * v4; adjoint 1, the seed;"
        " times d/dv2 = 2: v2 += 2 (0 -> 2); times d/dv4 = 3: v4 += 3 (0 -> 3)"
    )
    assert page.images[0][0] == "Result; de/da = 2, de/db = 5"
    assert "<summary><b>Step 2 of 3: v4 = b + 1</b></summary>" in explain(colah()[2]).html


@pictured
def test_names_of_any_kind_are_well_formed_in_pages_and_pictures():
    explanation = explain(Value(2.0, '<β|">&') * Value(3.0, "\x00]]>"))
    assert len(pictures(explanation)) == 3
    ET.fromstring(explanation.svg)  # noqa: S314 (ours)
    assert "d/d&lt;β|&quot;&gt;&amp; = 3" in explanation.html


# --- the page -------------------------------------------------------------------------------------------------------


@pictured
def test_the_page_begins_with_the_final_picture_and_needs_no_script():
    page = Page(explain(colah()[2]).html)
    assert page.tags[:6] == ["div", "style", "div", "div", "b", "div"]
    assert page.images[0][1] == page.images[-1][1]
    assert numbers(page.images[0][1]) == {"v0": "2", "v1": "5", "v2": "2", "v4": "3", "v5": "1"}
    assert page.tags.count("details") == 5
    assert set(page.tags) == {"div", "style", "img", "details", "summary", "b"} | ({"br"} & set(page.tags))


@pictured
def test_only_one_step_is_open_at_a_time_and_two_pages_do_not_mix():
    _, b, e = colah()
    first, second = Page(explain(e).html), Page(explain(e, along=b).html)
    assert len(set(first.names)) == len(set(second.names)) == 1
    assert first.names[0] != second.names[0]


@pictured
def test_the_style_names_nothing_outside_the_page():
    style = re.search("<style>(.*)</style>", explain(colah()[2]).html, re.DOTALL)[1]
    inside = style.split("{", 1)[1]  # behind @supports
    selectors = [x.strip() for rule in re.findall(r"([^{}]+)\{", inside) for x in rule.split(",")]
    assert len(selectors) > 8
    assert all(x.startswith(".autograd-steps") for x in selectors)


@pictured
def test_pictures_and_pages_are_the_same_each_time():
    assert explain(colah()[2]).html == explain(colah()[2]).html
    assert explain(colah()[2]).svg == explain(colah()[2]).svg


@pictured
def test_a_page_that_would_be_too_large_shows_the_animation(monkeypatch):
    explanation = explain(colah()[2])
    # `autograd.explain` is the function; the module of that name is found by its full name alone.
    monkeypatch.setattr(sys.modules["autograd.explain"], "LARGEST_PAGE", 20_000)
    page = Page(explanation.html)
    assert [svg for _, svg in page.images] == [explanation.svg]
    assert "Why this order" in explanation.html
    assert LARGEST_PAGE > 20_000


# --- the animation --------------------------------------------------------------------------------------------------


def at(svg, moment):
    """The tree as it is seen at a moment, from 0 to 1, of an animation: a reading of SMIL's discrete mode."""
    root = ET.fromstring(svg)  # noqa: S314 (ours)
    parents = {child: parent for parent in root.iter() for child in parent}
    for animate in [*root.iter(f"{SVG}animate")]:
        times = [float(x) for x in animate.get("keyTimes").split(";")]
        values = animate.get("values").split(";")
        assert len(times) == len(values)
        assert "none" not in values  # browsers do not animate dashes to it
        assert times == sorted(set(times))
        assert times[0] == 0
        assert times[-1] < 1
        assert animate.get("calcMode") == "discrete"
        shown = [value for time, value in zip(times, values, strict=True) if time <= moment][-1]
        parents[animate].set(animate.get("attributeName"), shown)
    return visible(root)


def visible(root):
    """The text of a tree without what is hidden."""
    for parent in [*root.iter()]:
        for child in [*parent]:
            if child.get("visibility") == "hidden":
                parent.remove(child)
    return ET.tostring(root, encoding="unicode")


def words(svg):
    """The caption."""
    root = ET.fromstring(svg)  # noqa: S314 (ours)
    return [x.text for group in root.findall(f"{SVG}g")[1:] for x in group.iter(f"{SVG}text")]


@pictured
@pytest.mark.parametrize("arguments", [{}, {"wrong": "overwrite"}, {"wrong": "no-order"}, {"along": None}])
def test_the_animation_shows_the_same_as_the_pictures(arguments):
    output = shared()
    if "along" in arguments:
        arguments = {"along": output.parents[0].parents[0]}
    explanation = explain(output, **arguments)
    word = "d/da" if "along" in arguments else "adjoint"
    frames = explanation._stepper._frames
    durations = [frame.seconds for frame in frames]
    durations[-1] += 3.0
    for i, picture in enumerate(pictures(explanation)):
        moment = (sum(durations[:i]) + durations[i] / 2) / sum(durations)
        seen = at(explanation.svg, moment)
        assert lit(seen) == lit(picture)
        assert numbers(seen, word) == numbers(picture, word)
        assert {k: x.get("fill") for k, x in outlines(seen).items()} == {
            k: x.get("fill") for k, x in outlines(picture).items()
        }
        assert words(seen)[0] == frames[i].title
        assert " ".join(words(seen)[1:]) == " ".join(frames[i].lines)


@pictured
def test_where_nothing_moves_the_animation_is_the_final_picture():
    svg = re.sub("<animate[^>]*/>", "", explain(colah()[2]).svg)
    still = visible(ET.fromstring(svg))  # noqa: S314 (ours)
    assert numbers(still) == {"v0": "2", "v1": "5", "v2": "2", "v4": "3", "v5": "1"}
    assert words(still) == ["Result", "de/da = 2, de/db = 5"]


@pictured
def test_long_captions_stay_inside_the_animation():
    svg = explain(shared(), wrong="no-order").svg
    width = float(ET.fromstring(svg).get("viewBox").split()[2])  # noqa: S314 (ours)
    assert max(map(len, words(at(svg, 0.99)))) * 5.5 < width


def test_a_number_that_comes_back_is_shown_again():
    # The text is 2, then 1, then 2 again, a second each: three elements would be one too many.
    parent = ET.Element("g")
    element = ET.SubElement(parent, "text")
    Clock([1.0, 1.0, 2.0]).show_in_turn(parent, element, ["2", "1", "2"])
    assert [(x.text, x[0].get("keyTimes"), x[0].get("values")) for x in parent] == [
        ("2", "0;0.25;0.5", "visible;hidden;visible"),
        ("1", "0;0.25;0.5", "hidden;visible;hidden"),
    ]


# --- files, notebooks, machines without Graphviz --------------------------------------------------------------------


@pictured
def test_it_is_saved_as_the_ending_says(tmp_path):
    explanation = explain(colah()[2])
    for name in ("steps.svg", "steps.HTML", "steps.txt"):
        explanation.save(tmp_path / name)
    assert (tmp_path / "steps.svg").read_text(encoding="utf-8") == explanation.svg
    page = (tmp_path / "steps.HTML").read_text(encoding="utf-8")
    assert page.startswith('<!doctype html>\n<meta charset="utf-8">\n<title>Reverse mode: e = v2 * v4</title>\n')
    assert explanation.html in page
    assert (tmp_path / "steps.txt").read_text(encoding="utf-8") == f"{explanation.text}\n"


@pytest.mark.parametrize(("name", "found"), [("steps.png", ".png"), ("steps", "without ending")])
def test_another_ending_is_refused(tmp_path, name, found):
    with pytest.raises(ValueError, match=rf"saved as \.svg, \.html or \.txt, not {found}"):
        explain(colah()[2]).save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pictured
def test_a_notebook_gets_pictures_and_text():
    explanation = explain(colah()[2])
    assert explanation._repr_mimebundle_() == {"text/html": explanation.html, "text/plain": repr(explanation)}
    assert explanation._repr_mimebundle_(exclude=["text/html"]) == {"text/plain": repr(explanation)}
    assert explanation._repr_mimebundle_(include=["image/png"]) == {"text/plain": repr(explanation)}


@pytest.mark.usefixtures("no_renderer")
def test_without_graphviz_a_notebook_gets_text_and_a_line_that_says_what_brings_pictures(tmp_path):
    explanation = explain(colah()[2])
    (kind, text), *others = explanation._repr_mimebundle_().items()
    assert (kind, others) == ("text/plain", [])
    assert text.startswith(repr(explanation))
    assert "pip install pygraphviz" in text.splitlines()[-1]
    with pytest.raises(RuntimeError, match="pip install pygraphviz"):
        explanation.save(tmp_path / "steps.svg")
    explanation.save(tmp_path / "steps.txt")


def test_without_the_package_graphviz_too(monkeypatch):
    for name in ("graphviz", "pygraphviz"):
        monkeypatch.setitem(sys.modules, name, None)
    assert "Pictures need Graphviz" in explain(colah()[2])._repr_mimebundle_()["text/plain"]


def test_a_graph_that_is_too_large_for_pictures_is_told_as_text():
    x = Value(1.0, "x")
    y = x
    for _ in range(MOST_NODES):
        y = y.sin()
    bundle = explain(y)._repr_mimebundle_()
    assert [*bundle] == ["text/plain"]
    assert (
        bundle["text/plain"].splitlines()[-1].startswith("this graph has 301 nodes; steps are pictured of at most 300.")
    )
