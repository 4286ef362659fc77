"""The lessons run from a clean kernel, what is stored in them is what they say today, and their map leads somewhere."""

import re

import lessons
import nbformat
import pytest
from nbclient.exceptions import CellExecutionError

LESSONS = lessons.lessons()
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
NUMBER = re.compile(r"[-+]?\d+(\.\d*)?(e[-+]?\d+)?")
MEASURED = "measured"  # the tag of a cell that prints times


@pytest.fixture(scope="module", params=LESSONS, ids=lambda path: path.stem)
def lesson(request, tmp_path_factory):
    """A lesson as it is stored, as a new kernel runs it (with the solutions of its exercises), and where it ran."""
    stored, folder = lessons.read(request.param), tmp_path_factory.mktemp(request.param.stem)
    return request.param, stored, lessons.executed(lessons.with_solutions(stored), folder), folder


def said(cell):
    """The words that a cell prints or shows, without its numbers, whose last digits differ between machines."""
    texts = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell.get("outputs", [])]
    return NUMBER.sub("#", " ".join(texts)).split()


def shown(cell):
    """The kinds of what a cell shows: text, images, ..."""
    return sorted(kind for output in cell.get("outputs", []) for kind in output.get("data", {"stream": None}))


def test_what_is_stored_in_a_lesson_is_what_it_prints_and_shows(lesson):
    _, stored, fresh, _ = lesson
    for before, after in zip(stored.cells, fresh.cells, strict=False):
        assert shown(before) == shown(after), before.source
        if MEASURED not in before.metadata.get("tags", []):
            assert said(before) == said(after), before.source


def test_a_lesson_writes_no_warnings_and_leaves_no_files(lesson):
    _, _, fresh, folder = lesson
    outputs = [output for cell in fresh.cells for output in cell.get("outputs", [])]
    assert [output.text for output in outputs if output.get("name") == "stderr"] == []
    assert list(folder.iterdir()) == []


def test_a_lesson_is_stored_as_run_once_from_start_to_end(lesson):
    path, stored, _, _ = lesson
    counts = [cell.execution_count for cell in stored.cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1))
    assert path.stat().st_size < 1.5e6


def test_a_lesson_has_claims_exercises_and_a_way_on(lesson):
    _, stored, _, _ = lesson
    code = "\n".join(cell.source for cell in stored.cells if cell.cell_type == "code")
    assert code.count("assert ") >= 5
    assert len(lessons.solutions(stored)) >= 3
    assert all("assert " in solution for solution in lessons.solutions(stored))
    assert {"What-is-still-missing", "Exercises"} <= lessons.anchors(stored)


def test_a_false_claim_in_a_lesson_is_noticed(tmp_path):
    false = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("assert 1 + 1 == 3")])
    with pytest.raises(CellExecutionError, match="AssertionError"):
        lessons.executed(false, tmp_path)


def targets():
    """Each link of the map and of the lessons to another page of this project, with the page that it stands on."""
    pages = {path: lessons.prose(lessons.read(path)) for path in LESSONS}
    pages[lessons.FOLDER / "README.md"] = (lessons.FOLDER / "README.md").read_text("utf-8")
    for page, text in pages.items():
        for target in LINK.findall(text):
            if "://" not in target:
                yield page, target


def test_each_link_leads_to_a_page_and_a_heading():
    known = {path: lessons.anchors(lessons.read(path)) for path in LESSONS}
    for page, target in targets():
        name, _, anchor = target.partition("#")
        path = (page.parent / name).resolve() if name else page
        assert path.exists(), f"{page.name} links to {target}"
        assert not anchor or anchor in known[path], f"{page.name} links to {target}"


def test_the_map_leads_to_every_lesson_and_from_each_topic_to_a_heading():
    contents, topics = (lessons.FOLDER / "README.md").read_text("utf-8").split("\n## ")
    assert re.findall(r"^\| \[.*?\]\((.*?)\)", contents, re.MULTILINE) == [path.name for path in LESSONS]
    rows = [line for line in topics.splitlines() if line.startswith("| ") and not line.startswith("| what | ")]
    assert len(rows) > 60
    assert [row for row in rows if ".ipynb#" not in row] == []
