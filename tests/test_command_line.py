"""`python -m nn`: good runs on few epochs, and bad calls, each of which gets one line and status 2."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nn import MLP, data, load, save
from nn.__main__ import confusion_table, main
from nn.options import DEFAULTS, N_SAMPLES, PRESETS
from nn.serialize import load_with_about

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_csv(name, header, rows):
    with Path(name).open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def write_fruit(name="fruit.csv"):
    write_csv(name, ["grams", "cm", "kind"], [[i, 30 - i, "plum" if i < 15 else "melon"] for i in range(30)])


def about_task(input_names, class_names):
    """What training would have said of a network, unscaled."""
    n = len(input_names)
    scalings = {"inputs": {"means": [0.0] * n, "scales": [1.0] * n}, "target": {"means": [0.0], "scales": [1.0]}}
    return {"target_name": "t", "task": {"input_names": input_names, "class_names": class_names} | scalings}


def run(*arguments, **settings):
    """`python -m nn` as a process of its own."""
    settings = {"env": {**os.environ, "PYTHONPATH": str(ROOT)}, "text": True, "encoding": "utf-8"} | settings
    return subprocess.Popen(  # noqa: S603  # our own interpreter
        [sys.executable, "-m", "nn", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, **settings
    )


def refusal(capsys, *arguments):
    """The one line that a bad call gets."""
    assert main(list(arguments)) == 2
    err = capsys.readouterr().err
    assert err.endswith("\n")
    *progress, line = err.splitlines()
    assert all(shown.startswith("epoch ") for shown in progress)
    assert line.startswith("nn: ")
    return line.removeprefix("nn: ")


# --- Good runs


@pytest.mark.parametrize("name", [*data.SYNTHETIC, "iris", "cancer"])
def test_a_classification_is_trained_tested_and_saved(capsys, name):
    assert main(["train", name, "--epochs", "2", "--widths", "4"]) == 0
    out, err = capsys.readouterr()
    whole = data.load(name, n_samples=N_SAMPLES)
    n_outputs = whole.n_classes if whole.n_classes > 2 else 1
    n_test = round(0.2 * len(whole))
    assert out.startswith(f"{whole}\n")
    assert f"{n_test} held out for the test\nMLP({whole.n_inputs} -> 4 " in out
    assert f"{n_outputs} linear, " in out
    assert f" of {n_test})\n\n" in out
    assert " true \\ decided" in out
    assert f"\nsaved as {name}.json\n" in out
    assert "Try next:\n  python -m nn train " in out
    assert [line.split("   ")[0] for line in err.splitlines()] == ["epoch 1 of 2", "epoch 2 of 2"]
    assert "  validation accuracy 0." in err or "  validation accuracy 1." in err
    assert load(f"{name}.json").n_outputs == n_outputs


def test_a_regression_is_trained_tested_and_saved(capsys):
    assert main(["train", "diabetes", "--epochs", "5"]) == 0
    out, err = capsys.readouterr()
    assert "-> disease progression, a number)" in out
    assert "\ntest: root mean squared error " in out
    assert ", R^2 0." in out
    assert "accuracy" not in out + err


def test_the_main_job_is_what_comes_without_arguments(capsys, monkeypatch):
    monkeypatch.setitem(PRESETS, "digits", {"widths": [1], "epochs": 1, "batch": 1000})
    assert main([]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Dataset(digits: 1797 samples, 64 inputs -> digit, 10 classes)\n")
    assert "\ntest accuracy " in out
    assert Path("digits.json").is_file()


def test_the_same_call_gives_the_same_model(capsys):
    for name in ("a.json", "b.json"):
        assert main(["train", "xor", "--epochs", "2", "--seed", "7", "--save", name]) == 0
    assert Path("a.json").read_bytes() == Path("b.json").read_bytes()
    assert main(["train", "xor", "--epochs", "2", "--seed", "8", "--save", "b.json"]) == 0
    assert Path("a.json").read_bytes() != Path("b.json").read_bytes()


def test_every_option_counts(capsys):
    options = "--widths 3 2 --activation gelu --epochs 1 --rate 0.5 --batch 7 --seed -3 --save sub/m.json"
    Path("sub").mkdir()
    assert main(["train", "moons", *options.split()]) == 0
    assert repr(load("sub/m.json")) == "MLP(2 -> 3 gelu -> 2 gelu -> 1 linear, 20 parameters)"
    assert "  python -m nn train moons --widths 6 4 --activation tanh   another" in capsys.readouterr().out


def test_no_widths_are_no_hidden_layer(capsys):
    assert main(["train", "xor", "--epochs", "1", "--widths"]) == 0
    assert "MLP(2 -> 1 linear, 3 parameters)" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["fruit.csv", "digits.csv", "moons.CSV", "a b.csv"])
def test_a_table_is_trained_on_whatever_its_name(capsys, name):
    write_fruit(name)
    assert main(["train", name, "--epochs", "1"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"Dataset({name}: 30 samples, 2 inputs -> kind, 2 classes)\n")
    assert load(f"{Path(name).stem}.json").n_inputs == 2
    quoted = f"'{name}'" if " " in name else name
    assert f"  python -m nn train {quoted} --widths 32 --activation tanh " in out


def test_the_target_of_a_table_can_be_named_and_is_named_again(capsys):
    write_fruit()
    assert main(["train", "fruit.csv", "--target", "cm", "--epochs", "1"]) == 2  # the kind is text, and now an input
    assert "column 'kind': 'plum'; wanted a finite number" in capsys.readouterr().err
    write_csv("numbers.csv", ["a", "b c"], [[i, 2 * i] for i in range(30)])
    assert main(["train", "numbers.csv", "--target", "b c", "--epochs", "1"]) == 0
    assert "  python -m nn train numbers.csv --target 'b c' --widths" in capsys.readouterr().out


def test_a_model_that_training_saved_is_replaced(capsys):
    for _ in range(2):
        assert main(["train", "xor", "--epochs", "1"]) == 0
    assert main(["train", "moons", "--epochs", "1", "--save", "xor.json"]) == 0
    assert load_with_about("xor.json")[1]["data"] == "moons"


def test_predictions_are_those_of_the_model(capsys):
    write_fruit()
    assert main(["train", "fruit.csv", "--epochs", "30"]) == 0
    capsys.readouterr()
    # Another order of the columns, and one more.
    write_csv("new.csv", ["note", "cm", "grams"], [["x", 29, 1], ["y", 2, 28]])
    assert main(["predict", "fruit.json", "new.csv"]) == 0
    out, err = capsys.readouterr()
    table = list(csv.reader(io.StringIO(out)))
    assert err == ""
    assert [row[0] for row in table] == ["kind", "plum", "melon"]
    assert all(0.5 <= float(row[1]) <= 1.0 for row in table[1:])


def test_predictions_of_a_number_are_in_its_unit(capsys):
    # y = 100 + 10 x, which a network without hidden layer learns to many digits.
    write_csv("line.csv", ["x", "y"], [[x / 10, 100 + x] for x in range(50)])
    assert main(["train", "line.csv", "--widths", "--epochs", "100", "--rate", "0.05"]) == 0
    write_csv("new.csv", ["x"], [[0], [10]])
    capsys.readouterr()
    assert main(["predict", "line.json", "new.csv"]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head == "y"
    assert [float(row) for row in rows] == pytest.approx([100.0, 200.0], abs=0.5)


def test_the_confusion_table_counts_each_decision():
    # Of three cats one was taken for a dog; both dogs and no cow were seen.
    table = confusion_table(["cat", "dog", "cow"], [0, 0, 1, 1, 1], [0, 0, 0, 1, 1])
    assert [line.split()[-4:] for line in table.splitlines()] == [
        ["decided", "cat", "dog", "cow"],
        ["cat", "2", "1", "."],
        ["dog", ".", "2", "."],
        ["cow", ".", ".", "."],
    ]
    assert len({len(line) for line in table.splitlines()}) == 1
    assert "an extraordinar…" in confusion_table(["an extraordinarily long name", "b"], [0], [1])


@pytest.mark.parametrize("arguments", [["--help"], ["train", "--help"], ["predict", "-h"]])
def test_help_is_help(capsys, arguments):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    out, err = capsys.readouterr()
    assert (caught.value.code, err) == (0, "")
    assert out.startswith("usage: python -m nn")


def test_the_help_of_train_names_every_data_set_activation_and_default(capsys):
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    out = capsys.readouterr().out
    assert all(name in out for name in data.DATASETS)
    assert f"--epochs {DEFAULTS['epochs']} --rate {DEFAULTS['rate']}" in out


def test_presets_are_of_data_sets_and_settings_that_there_are():
    assert set(PRESETS) <= set(data.DATASETS)
    assert all(set(preset) <= set(DEFAULTS) for preset in PRESETS.values())


# --- Bad calls


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ("trian", "'trian' is no command; there are 'train', 'predict'; did you mean 'train'?"),
        ("--epochs 3", "argument train|predict: invalid choice: '3'"),
        ("train mons", "no data set 'mons'; wanted a path that ends in .csv, or one of 'moons', 'circles'"),
        ("train table.tsv", "no data set 'table.tsv'; wanted a path that ends in .csv, or one of"),
        ("train missing.csv", "'missing.csv': No such file or directory; wanted a CSV file that can be read"),
        ("train folder.csv", "'folder.csv': Is a directory; wanted a CSV file that can be read; check the path"),
        ("train moons --target x", "target 'x' for the data set 'moons'; wanted none: leave it to CSV files"),
        ("train fruit.csv --target sort", "'fruit.csv': no column 'sort'; wanted one of 'grams', 'cm', 'kind'"),
        ("train hole.csv", "'hole.csv', line 3, column 'a': an empty cell; wanted a finite number"),
        ("train text.csv", "'text.csv', line 2, column 'a': 'tall'; wanted a finite number"),
        (
            "train piped.csv",
            "'piped.csv', line 1: one column, 'a|b|c', as it seems with '|' between cells; wanted a comma, a semicolon",
        ),
        ("train empty.csv", "'empty.csv': the file is empty; wanted a line of column names, and rows below it"),
        (
            "train few.csv",
            "few.csv: too few samples: 1 of class 'x'; wanted 3 of each class, to train, validate and test; add some",
        ),
        ("train two.csv", "two.csv: too few samples: 2; wanted 3, to train, validate and test; add some"),
        ("train moons --epochs 0", "argument --epochs: '0' is not a whole number of at least 1"),
        ("train moons --epochs 1.5", "argument --epochs: '1.5' is not a whole number of at least 1"),
        ("train moons --epochs 9999999999", "argument --epochs: '9999999999' is not a whole number of at least 1 and"),
        ("train moons --batch -4", "argument --batch: '-4' is not a whole number of at least 1"),
        ("train moons --widths 8 x", "argument --widths: 'x' is not a whole number of at least 1"),
        ("train moons --widths 8 0", "argument --widths: '0' is not a whole number of at least 1"),
        ("train moons --widths 99999999", "a network of 399,999,997 parameters; wanted at most 1,000,000: give less"),
        ("train moons --rate -1", "argument --rate: '-1' is not a positive number; see python -m nn train --help"),
        ("train moons --rate nan", "argument --rate: 'nan' is not a positive number"),
        ("train moons --rate inf", "argument --rate: 'inf' is not a positive number"),
        ("train moons --rate fast", "argument --rate: 'fast' is not a positive number"),
        ("train moons --rate", "argument --rate: expected one argument"),
        ("train moons --seed x", "argument --seed: 'x' is not a whole number"),
        ("train moons --activation rleu", "argument --activation: 'rleu' is not one of 'linear', 'relu', 'leaky_relu'"),
        ("train moons circles", "unrecognized arguments: circles; see python -m nn"),
        ("train moons --speed 3", "unrecognized arguments: --speed 3"),
        ("train moons --save no/m.json", "no/m.json: the model cannot be saved there (No such file or directory)"),
        ("train moons --save folder.csv", "folder.csv: the model cannot be saved there (Is a directory); name a file"),
        ("train moons --save fruit.csv/m.json", "fruit.csv/m.json: the model cannot be saved there (Not a directory)"),
        ("train taken.csv", "taken.json: not a model that nn.save wrote, which has "),
        ("train moons --rate 1e308", "training failed|became"),
        ("train moons --rate 1e30 --activation sin", "training failed|became"),
        ("train diabetes --rate 1e200 --widths", "became"),
        ("predict", "the following arguments are required: MODEL, FILE.csv; see python -m nn predict --help"),
        ("predict m.json", "the following arguments are required: FILE.csv"),
        ("predict missing.json fruit.csv", "missing.json: No such file or directory"),
        ("predict folder.csv fruit.csv", "folder.csv: Is a directory"),
        ("predict fruit.csv fruit.csv", "fruit.csv: not a JSON file (Expecting value: line 1 column 1 (char 0))"),
        ("predict taken.json fruit.csv", "taken.json: not a model that nn.save wrote, which has "),
        (
            "predict bare.json fruit.csv",
            "bare.json: a model, but not one that `python -m nn train` saved (no 'task')",
        ),
        ("predict damaged.json fruit.csv", "damaged.json: a damaged model: no 'widths'; perhaps another version wrote"),
        (
            "predict other.json fruit.csv",
            "other.json: a model, but not one that `python -m nn train` saved (MLP(3 -> 1",
        ),
        ("predict m.json missing.csv", "'missing.csv': No such file or directory; wanted a CSV file that can be read"),
        (
            "predict m.json folder.csv",
            "'folder.csv': Is a directory; wanted a CSV file that can be read; check the path",
        ),
        (
            "predict m.json hole.csv",
            "'hole.csv': no column 'grams', 'cm'; the model needs the columns 'grams', 'cm'; the file has 'a', 'b'",
        ),
        ("predict m.json holed.csv", "'holed.csv', line 2, column 'cm': an empty cell; wanted a finite number"),
        ("predict m.json far.csv", "row 1: the network's output is not finite; check its inputs"),
        ("predict m.json fruit.csv --save x", "unrecognized arguments: --save x"),
    ],
)
def test_a_bad_call_gets_one_line_that_says_what_is_wrong(capsys, arguments, line):
    about = about_task(["grams", "cm"], ["a", "b"])
    save(MLP(2, [2, 1], init=lambda *_: 1e10), "m.json", about)
    save(MLP(3, [1]), "other.json", about)
    save(MLP(2, [1]), "bare.json")
    damaged = json.loads(Path("m.json").read_text())
    del damaged["widths"]
    Path("damaged.json").write_text(json.dumps(damaged))
    Path("folder.csv").mkdir()
    Path("empty.csv").touch()
    Path("piped.csv").write_text("a|b|c\n1|2|x\n3|4|y\n")
    Path("taken.json").write_text('{"precious": true}')
    for name in ("fruit.csv", "taken.csv"):
        write_fruit(name)
    write_csv("hole.csv", ["a", "b"], [[1, 2], ["", 3], [4, 5]])
    write_csv("text.csv", ["a", "b"], [["tall", 2], [3, 4], [5, 6]])
    write_csv("few.csv", ["a", "b"], [[1, "x"], [2, "y"], [3, "y"], [4, "y"]])
    write_csv("two.csv", ["a", "b"], [[1, 0.5], [2, 0.25]])
    write_csv("holed.csv", ["grams", "cm"], [[1, ""]])
    write_csv("far.csv", ["grams", "cm"], [[1e308, 1e308]])
    before = {path.name for path in Path().iterdir()}

    found = refusal(capsys, *arguments.split())
    if "became" in line:
        assert any(found.startswith(start) for start in ("the loss became", "a parameter became", "training failed: "))
        assert "rate" in found
    else:
        assert found.startswith(line)
    assert {path.name for path in Path().iterdir()} == before
    assert Path("taken.json").read_text() == '{"precious": true}'


def test_an_empty_name_is_no_place_to_save(capsys):
    assert refusal(capsys, "train", "moons", "--save", "").endswith("(Is a directory); name a file with --save")
    assert "embedded null" in refusal(capsys, "train", "moons", "--save", "a\0b")


def test_a_place_that_cannot_be_written_is_found_before_training(capsys, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied", "x")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)  # the tests may run as root, who may write everywhere
    assert refusal(capsys, "train", "moons") == (
        "moons.json: the model cannot be saved there (Permission denied); name a file with --save"
    )


def test_without_scikit_learn_one_line_names_the_pip_command(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    assert refusal(capsys, "train", "iris").endswith("comes with scikit-learn: pip install 'scalar-autograd[data]'")


def test_an_interruption_is_one_line_and_status_130(capsys, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("nn.__main__.fit", interrupt)
    assert main(["train", "moons"]) == 130
    assert capsys.readouterr().err == "nn: interrupted; nothing was saved\n"
    assert not Path("moons.json").exists()


# --- As a process


def test_ctrl_c_ends_training_with_one_line():
    process = run("train", "moons", "--epochs", "100000")
    assert process.stderr.readline().startswith("epoch ")  # it is under way
    process.send_signal(signal.SIGINT)
    *epochs, last = process.communicate()[1].splitlines()
    assert last == "nn: interrupted; nothing was saved"
    assert all(line.startswith("epoch ") for line in epochs)
    assert process.returncode == 130
    assert list(Path().iterdir()) == []


def test_a_reader_that_stops_reading_is_no_traceback():
    save(MLP(1, [1], seed=0), "m.json", about_task(["x"], []))
    write_csv("many.csv", ["x"], [[i] for i in range(20_000)])
    process = run("predict", "m.json", "many.csv")
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == "nn: the output was closed before all was written\n"
    assert process.wait() == 2
    process.stderr.close()


@pytest.mark.parametrize("closed", ["stdout", "stderr"])
def test_a_stream_that_is_closed_from_the_start_does_no_harm(monkeypatch, closed):
    monkeypatch.setattr(sys, closed, None)  # what Python does under `>&-`
    assert main(["train", "xor", "--epochs", "1"]) == 0
    assert main(["train", "missing.csv"]) == 2


def test_a_bad_call_of_a_process_has_status_2():
    process = run("train", "missing.csv")
    out, err = process.communicate()
    assert (process.returncode, out) == (2, "")
    assert err.startswith("nn: 'missing.csv': No such file or directory; ")


def test_names_that_the_output_cannot_spell_are_escaped():
    write_csv("new.csv", ["x"], [[1]])
    save(MLP(1, [1], init=lambda *_: 1.0), "m.json", about_task(["x"], ["köln", "Ω"]))
    process = run(
        "predict", "m.json", "new.csv", env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii"}
    )
    assert process.communicate() == ("t,probability\n\\u03a9,0.7311\n", "")
    assert process.returncode == 0


def test_a_file_that_holds_no_model_is_never_overwritten(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    rows = "x,y,kind\n" + "\n".join(f"{i},{i % 7},{'ab'[i % 2]}" for i in range(40)) + "\n"
    Path("mine.csv").write_text(rows)
    for name in ("moons", "mine.csv"):
        assert "it is not overwritten" in refusal(capsys, "train", name, "--epochs", "1", "--save", "mine.csv")
    assert Path("mine.csv").read_text() == rows
