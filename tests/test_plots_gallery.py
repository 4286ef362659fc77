"""`python -m nn train ... --plots DIR`: the pictures that suit the data, and refusals before any work is done."""

import csv
import math
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from nn import MLP, History, plots
from nn.__main__ import main
from nn.plots import style
from nn.plots.gallery import require_folder

pytest.importorskip("matplotlib")

ROOT = Path(__file__).parent.parent
ALWAYS = {"learning_curves.png", "weight_histograms.png"}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def trained(capsys, *arguments):
    """The names of the pictures that a training has written, which are also those that it says."""
    assert main(["train", *arguments, "--plots", "pictures"]) == 0
    (line,) = re.findall(r"^(\d+) pictures in pictures: (.*)$", capsys.readouterr().out, re.MULTILINE)
    written = {path.name for path in Path("pictures").iterdir()}
    assert (int(line[0]), set(line[1].split(", "))) == (len(written), written)
    for path in Path("pictures").iterdir():
        assert path.read_bytes().startswith(b"\x89PNG\r\n")
    return written


def refusal(capsys, *arguments):
    assert main(["train", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""  # nothing was begun
    (line,) = err.splitlines()
    return line.removeprefix("nn: ")


def write_csv(name, header, rows):
    with Path(name).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])


@pytest.mark.parametrize(
    ("arguments", "pictures"),
    [
        (
            "moons --epochs 3 --widths 4 3",
            "confusion_matrix decision_regions network hidden_units_1 hidden_units_2 bent_plane_1 bent_plane_2",
        ),
        ("blobs --epochs 3 --widths", "confusion_matrix decision_regions network"),
        ("moons --epochs 3 --widths 40", "confusion_matrix decision_regions bent_plane_1"),
        ("iris --epochs 3", "confusion_matrix network"),
        ("digits --epochs 1 --widths 8", "confusion_matrix digits weight_images"),
        ("diabetes --epochs 3", "predictions network"),
        ("line.csv --epochs 3 --widths 4", "predictions network pieces"),
        ("line.csv --epochs 3 --widths 4 2", "predictions network"),
    ],
)
def test_the_pictures_suit_the_data(capsys, arguments, pictures):
    if any(name in arguments for name in ("iris", "digits", "diabetes")):
        pytest.importorskip("sklearn")
    write_csv("line.csv", ["x", "y"], [[x / 10, math.sin(x / 10) + 0.5] for x in range(50)])
    assert trained(capsys, *arguments.split()) == ALWAYS | {f"{name}.png" for name in pictures.split()}


def test_of_many_digits_the_wrong_ones_come_first(capsys, monkeypatch):
    pytest.importorskip("sklearn")
    calls = []

    def seen(images, decisions, targets, **options):
        calls.append([decision == target for decision, target in zip(decisions, targets, strict=True)])
        return plots.digits(images, decisions, targets, **options)

    monkeypatch.setattr("nn.plots.gallery.digits", seen)
    trained(capsys, "digits", "--epochs", "1", "--widths", "8")
    (right,) = calls
    assert len(right) == 40
    assert not right[0]
    assert right == sorted(right)


def test_names_in_any_letters_are_written_as_they_are(capsys):
    names = ["a$b$", "_c", r"$\frac$", "日本", "x" * 80]
    write_csv("odd.csv", [r"$\bad", "_y", "kind"], [[i % 7, i % 11, names[i % 5]] for i in range(60)])
    written = trained(capsys, "odd.csv", "--epochs", "1", "--widths", "2")
    assert {"decision_regions.png", "confusion_matrix.png", "network.png"} < written


def test_a_picture_of_the_same_name_is_replaced_and_others_stay(capsys):
    Path("pictures").mkdir()
    Path("pictures/network.png").write_text("old")
    Path("pictures/mine.txt").write_text("mine")
    assert main(["train", "xor", "--epochs", "1", "--widths", "2", "--plots", "pictures"]) == 0
    assert Path("pictures/network.png").read_bytes().startswith(b"\x89PNG")
    assert Path("pictures/mine.txt").read_text() == "mine"


def test_without_the_option_nothing_is_drawn(capsys):
    assert main(["train", "xor", "--epochs", "1"]) == 0
    assert "picture" not in capsys.readouterr().out
    assert [path.name for path in Path().iterdir()] == ["xor.json"]


def test_folders_are_made_when_they_are_needed():
    assert main(["train", "xor", "--epochs", "1", "--widths", "2", "--plots", "a/b"]) == 0
    assert Path("a/b/network.png").is_file()


@pytest.mark.parametrize(
    ("place", "reason"),
    [("file", "Not a directory"), ("file/deeper", "Not a directory"), ("a\0b", "embedded null byte")],
)
def test_a_place_that_is_no_folder_is_refused_before_training(capsys, place, reason):
    Path("file").write_text("precious")
    said = refusal(capsys, "moons", "--plots", place)
    assert said == f"{place}: pictures cannot be written there ({reason}); name a folder with --plots"
    assert [path.name for path in Path().iterdir()] == ["file"]


def test_a_folder_that_cannot_be_written_is_refused_before_training(capsys, monkeypatch):
    Path("pictures").mkdir()
    own = sys.modules["tempfile"].TemporaryFile

    def refuse(*_, dir):  # noqa: A002 (the name that the library gives it)
        if Path(dir).name == "pictures":
            raise PermissionError(13, "Permission denied", "x")
        return own(dir=dir)

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)  # the tests may run as root, who may write everywhere
    assert refusal(capsys, "moons", "--plots", "pictures/new") == (
        "pictures/new: pictures cannot be written there (Permission denied); name a folder with --plots"
    )
    assert list(Path("pictures").iterdir()) == []


def test_without_matplotlib_one_line_names_the_pip_command(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    said = "a plot needs matplotlib, which is not installed: pip install 'scalar-autograd[viz]'"
    assert refusal(capsys, "moons", "--plots", "pictures") == said
    for draw in (lambda: plots.network(MLP(2, [1])), lambda: plots.decision_regions(MLP(2, [1]))):
        with pytest.raises(ModuleNotFoundError) as caught:
            draw()
        assert str(caught.value) == said
    monkeypatch.setitem(sys.modules, "numpy", None)
    with pytest.raises(ModuleNotFoundError) as caught:
        plots.decision_regions(MLP(2, [1]))
    assert str(caught.value) == said


def test_writing_needs_no_display_and_leaves_no_figure():
    program = (
        "import sys; from nn.__main__ import main;"
        "code = main(['train', 'xor', '--epochs', '1', '--widths', '2', '--plots', 'p']);"
        "from matplotlib import pyplot; sys.exit(code or len(pyplot.get_fignums()))"
    )
    environment = {k: v for k, v in os.environ.items() if k != "DISPLAY"}
    environment |= {"PYTHONPATH": str(ROOT), "MPLBACKEND": "tkagg", "PYTHONDONTWRITEBYTECODE": "1"}
    process = subprocess.run(  # noqa: S603 (ours)
        [sys.executable, "-W", "error", "-c", program], env=environment, capture_output=True, text=True, check=False
    )
    assert process.returncode == 0, process.stderr
    assert Path("p/decision_regions.png").is_file()


def test_a_folder_is_looked_at_and_not_made():
    assert require_folder("new/folder") == Path("new/folder")
    assert not Path("new").exists()


def test_what_is_no_axes_is_refused():
    with pytest.raises(TypeError, match=r"ax is a str; wanted matplotlib's Axes, as plt.subplots"):
        plots.learning_curves(_history(), ax="left")


def test_figures_apart_are_not_pyplot_s():
    plt = pytest.importorskip("matplotlib.pyplot")
    with style.apart():
        ax = style.axes()
        with pytest.raises(RuntimeError, match="inside"), style.apart():
            raise RuntimeError("inside")
        assert type(ax.figure) is type(style.axes().figure)
    assert plt.get_fignums() == []


def test_every_picture_is_offered_and_documented():
    assert len(set(plots.__all__)) == len(plots.__all__)
    for name in plots.__all__:
        assert getattr(plots, name).__doc__
        assert name in plots.__doc__


def _history():
    history = History()
    history.rows.append({"epoch": 1, "loss": 0.5})
    return history
