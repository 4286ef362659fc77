"""`History`: a table of numbers that can be read, written and drawn."""

import csv
import io
import math
import sys

import pytest

from nn import History


def table(**columns):
    history = History()
    n = len(next(iter(columns.values())))
    history.rows += [{"epoch": i + 1} | {name: column[i] for name, column in columns.items()} for i in range(n)]
    return history


def test_a_dict_holds_its_columns():
    history = table(loss=[0.5, 0.25], accuracy=[0.0, 1.0])
    assert history.to_dict() == {"epoch": [1, 2], "loss": [0.5, 0.25], "accuracy": [0.0, 1.0]}
    assert History().to_dict() == {}


def test_csv_keeps_every_digit_and_every_kind_of_float():
    losses = [0.1 + 0.2, 1e-320, math.inf, 5e300, 1 / 3]
    text = table(loss=losses, **{"a, b": losses}).to_csv()
    header, *rows = csv.reader(io.StringIO(text))
    assert header == ["epoch", "loss", "a, b"]
    assert [int(row[0]) for row in rows] == [1, 2, 3, 4, 5]
    assert [float(row[1]) for row in rows] == [float(row[2]) for row in rows] == losses


def test_csv_is_written_to_a_file(tmp_path):
    history = table(loss=[0.5, 0.25])
    path = tmp_path / "history.csv"
    path.write_text("something longer that was there before\n" * 5)
    assert history.to_csv(path) is None
    assert path.read_bytes() == b"epoch,loss\n1,0.5\n2,0.25\n"
    assert history.to_csv(str(path)) is None
    with pytest.raises(FileNotFoundError):
        history.to_csv(tmp_path / "nowhere" / "history.csv")


def test_an_empty_history_is_an_empty_text():
    assert History().to_csv() == ""


def test_the_best_epoch_has_the_lowest_loss_of_validation_if_there_is_one():
    assert table(loss=[3.0, 1.0, 1.0]).best_epoch == 2
    assert table(loss=[3.0, 2.0, 1.0], validation_loss=[2.0, 3.0, 4.0]).best_epoch == 1
    assert table(loss=[math.inf, math.nan, 2.0]).best_epoch == 3
    assert table(loss=[math.nan]).best_epoch is None
    assert History().best_epoch is None


def test_the_best_epoch_is_the_one_that_was_restored():
    history = table(loss=[3.0, 1.0, 2.0])
    history.restored_epoch = 3
    assert history.best_epoch == 3


def test_its_repr_says_why_training_ended():
    history = table(loss=[0.5, 0.25])
    assert repr(history) == "History(2 epochs; last: loss 0.25)"
    history.stopped = "interrupted in epoch 3"
    assert repr(history) == "History(2 epochs; last: loss 0.25; interrupted in epoch 3)"
    history = History("eager: as asked for")
    history.stopped = "interrupted in epoch 1"
    assert repr(history) == "History(0 epochs; interrupted in epoch 1)"


# --- The plot


@pytest.fixture
def axes():
    figure = pytest.importorskip("matplotlib.figure").Figure()
    return figure.subplots()


def test_both_losses_are_drawn_and_the_best_epoch_is_marked(axes):
    history = table(loss=[3.0, 2.0, 1.0], validation_loss=[3.0, 2.5, 4.0], accuracy=[0.0, 0.5, 1.0])
    assert history.plot(ax=axes) is axes
    drawn = {line.get_label(): (list(line.get_xdata()), list(line.get_ydata())) for line in axes.get_lines()}
    assert drawn["loss"] == ([1, 2, 3], [3.0, 2.0, 1.0])
    assert drawn["validation loss"] == ([1, 2, 3], [3.0, 2.5, 4.0])
    assert drawn["best: epoch 2"][0] == [2, 2]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("epoch", "loss")
    assert [text.get_text() for text in axes.get_legend().get_texts()] == list(drawn)
    axes.figure.canvas.draw()


def test_another_quantity_can_be_drawn(axes):
    table(loss=[3.0, 1.0], accuracy=[0.25, 1.0]).plot("accuracy", ax=axes)
    line, best = axes.get_lines()
    assert list(line.get_ydata()) == [0.25, 1.0]
    assert best.get_label() == "best: epoch 2"
    assert axes.get_ylabel() == "accuracy"


def test_a_single_epoch_can_be_seen(axes):
    table(loss=[3.0]).plot(ax=axes)
    assert axes.get_lines()[0].get_marker() == "o"


def test_what_was_not_measured_cannot_be_drawn():
    with pytest.raises(KeyError, match="no column 'acuracy'; there are 'epoch', 'accuracy'; did you mean 'accuracy'"):
        table(accuracy=[1.0]).plot("acuracy")
    with pytest.raises(KeyError, match="no column 'loss'; there are none yet"):
        History().plot()


def test_without_axes_there_is_a_new_figure():
    pytest.importorskip("matplotlib").use("agg")
    from matplotlib import pyplot as plt

    axes = table(loss=[3.0, 1.0]).plot()
    assert axes.figure.number in plt.get_fignums()
    plt.close(axes.figure)


def test_without_matplotlib_one_line_names_the_pip_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ModuleNotFoundError) as caught:
        table(loss=[1.0]).plot()
    assert str(caught.value) == "a plot needs matplotlib, which is not installed: pip install 'scalar-autograd[viz]'"
