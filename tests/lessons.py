"""Runs the lessons. As a script it stores what they print and draw: `python tests/lessons.py [NAME ...]`.

`executed` runs a notebook in a new kernel and gives a copy with its outputs; `with_solutions` adds the hidden solutions
of its exercises as cells. What is stored is free of dates and random names, so that a difference between two versions
of a notebook is a difference in what it says.
"""

import copy
import os
import re
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parent.parent / "notebooks"
SOLUTION = re.compile(r"<details>\s*<summary>Solution.*?</summary>(.*?)</details>", re.DOTALL)
FENCED = re.compile(r"```python\n(.*?)```", re.DOTALL)
HEADING = re.compile(r"^#{1,4} (.+?) *$", re.MULTILINE)


def lessons() -> list[Path]:
    """The notebooks, in order."""
    return sorted(FOLDER.glob("[0-9][0-9]-*.ipynb"))


def read(path: Path) -> nbformat.NotebookNode:
    """The notebook at `path`, as it is stored."""
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    return notebook


def prose(notebook: nbformat.NotebookNode) -> str:
    """What stands in its Markdown cells."""
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def anchors(notebook: nbformat.NotebookNode) -> set[str]:
    """What a link may name after `#`: Jupyter's way of writing a heading in an address."""
    return {heading.replace(" ", "-") for heading in HEADING.findall(FENCED.sub("", prose(notebook)))}


def solutions(notebook: nbformat.NotebookNode) -> list[str]:
    """The code of each hidden solution."""
    return ["\n".join(FENCED.findall(hidden)) for hidden in SOLUTION.findall(prose(notebook))]


def with_solutions(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """A copy that goes on with each solution as a cell."""
    longer = copy.deepcopy(notebook)
    longer.cells += [nbformat.v4.new_code_cell(code) for code in solutions(notebook) if code]
    return longer


def executed(notebook: nbformat.NotebookNode, folder: str | os.PathLike[str]) -> nbformat.NotebookNode:
    """A copy, run from start to end by a new kernel that works in `folder`; `CellExecutionError` if a cell raises."""
    fresh = copy.deepcopy(notebook)
    client = NotebookClient(
        fresh,
        timeout=120,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,  # else a print may be stored in several pieces, by chance
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute()
    return fresh


def store(path: Path) -> None:
    """Runs the notebook at `path`, and writes it with what came out."""
    with tempfile.TemporaryDirectory() as folder:
        notebook = executed(read(path), folder)
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
            "language_info": notebook.metadata.language_info,  # as Jupyter writes it: opening a lesson changes nothing
        }
    )
    for number, cell in enumerate(notebook.cells, start=1):
        cell.id = f"cell-{number:03}"
        cell.metadata = nbformat.from_dict({"tags": cell.metadata.tags} if cell.metadata.get("tags") else {})
    nbformat.write(notebook, path)


if __name__ == "__main__":
    for lesson in lessons():
        if not sys.argv[1:] or any(name in lesson.name for name in sys.argv[1:]):
            sys.stdout.write(f"{lesson.name}\n")
            store(lesson)
