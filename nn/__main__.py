"""The command line: `python -m nn` trains a network of scalar Values to read handwritten digits."""

from __future__ import annotations

import argparse
import csv
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, NoReturn

from nn import MLP, SGD, data, fit
from nn.layers import ACTIVATIONS
from nn.serialize import ModelFileError, load_with_about, save
from nn.tasks import Task

# What is not said on the command line; widths are those of the hidden layers.
DEFAULTS: dict[str, Any] = {"widths": [16], "activation": "relu", "epochs": 60, "rate": 0.05, "batch": 16, "seed": 0}
PRESETS: dict[str, dict[str, Any]] = {
    "digits": {"widths": [32], "epochs": 20},
    "circles": {"activation": "tanh"},
    "spiral": {"widths": [24, 24], "activation": "tanh", "epochs": 200},
    "cancer": {"widths": [8], "epochs": 30},
    "diabetes": {"widths": [8], "epochs": 20, "rate": 0.005},
}
MORE_SAMPLES = 300
"""How many samples are made of a synthetic set."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise SystemExit(_refuse(f"{message}; see {self.prog} --help"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status: 0, or 2 after one line that says what was wrong."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser().parse_args(given or ["train", "digits"])
    try:
        return int(options.run(options))
    except (data.DataError, ModelFileError, ModuleNotFoundError, FloatingPointError, OverflowError) as error:
        return _refuse(str(error))
    except OSError as error:
        return _refuse(f"{error.filename or ''}: {error.strerror}")
    except KeyboardInterrupt:
        print("\nstopped; nothing was saved", file=sys.stderr)
        return 130


def _refuse(message: str) -> int:
    print(f"nn: {' '.join(message.split())}", file=sys.stderr)
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m nn",
        description="Train a multilayer perceptron of scalar Values, or use one. Without arguments: train digits.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="train|predict")

    train = commands.add_parser("train", help="train a network on a data set and save it")
    train.set_defaults(run=_train)
    train.add_argument("data", nargs="?", default="digits", help=f"{', '.join(data.DATASETS)}, or a CSV file (default: digits)")
    train.add_argument("--target", metavar="COLUMN", help="of a CSV file: the column to predict (default: the last)")
    train.add_argument("--widths", type=_width, nargs="*", metavar="N", help="neurons of each hidden layer")
    train.add_argument("--activation", type=_activation, help=f"of the hidden layers: {', '.join(ACTIVATIONS)}")
    train.add_argument("--epochs", type=_width, help="passes over the training examples")
    train.add_argument("--rate", type=_rate, help="learning rate")
    train.add_argument("--batch", type=_width, help="examples in a step")
    train.add_argument("--seed", type=int, help="of the split, the weights and the order (default: 0)")
    train.add_argument("--save", type=Path, metavar="FILE", help="where to save the model (default: NAME.json)")

    predict = commands.add_parser("predict", help="apply a saved network to the rows of a CSV file")
    predict.set_defaults(run=_predict)
    predict.add_argument("model", type=Path, help="a file that training saved")
    predict.add_argument("file", type=Path, help="a CSV file with the same input columns")
    return parser


def _width(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text[:9]) < 1 or len(text) > 9:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = math.nan
    if not 0.0 < rate < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number")
    return rate


def _activation(text: str) -> str:
    if text not in ACTIVATIONS:
        raise argparse.ArgumentTypeError(f"{text!r} is not one of {', '.join(ACTIVATIONS)}")
    return text


def _train(options: argparse.Namespace) -> int:
    settings = DEFAULTS | PRESETS.get(options.data, {})
    settings |= {name: x for name in settings if (x := getattr(options, name)) is not None}
    path: Path = options.save or Path(f"{Path(options.data).stem}.json")
    if path.is_dir() or not path.absolute().parent.is_dir():
        return _refuse(f"{path}: the model cannot be saved there; give --save a file in a folder that exists")

    seed = settings["seed"]
    whole = data.load(options.data, seed=seed, target=options.target)
    if options.data in data.SYNTHETIC:
        whole = data.SYNTHETIC[options.data](MORE_SAMPLES, seed=seed)
    try:
        rest, test = whole.split(0.2, seed)
        train, validation = rest.split(0.2, seed)
    except ValueError as error:
        return _refuse(f"{options.data}: {error}")
    task = Task.of(train)
    model = MLP(whole.n_inputs, [*settings["widths"], task.n_outputs], settings["activation"], seed=seed)
    print(f"{whole}\n{len(train)} to train on, {len(validation)} to validate, {len(test)} held out for the test")
    print(f"{model}: every one of them a scalar Value")

    start = perf_counter()
    fit(
        model,
        *task.examples(train),
        loss=task.loss,
        optimizer=SGD(model.parameters(), lr=settings["rate"], momentum=0.9, weight_decay=1e-4),
        epochs=settings["epochs"],
        batch_size=settings["batch"],
        seed=seed,
        validation=task.examples(validation),
        metrics={"accuracy": task.is_right} if task.class_names else {},
        progress=True,
    )
    seconds = perf_counter() - start

    decisions = [task.decide(output) for output in task.predict(model, test.inputs)]
    print()
    print(_verdict(task, decisions, test.targets))
    print(f"trained in {seconds:.1f} s")
    save(model, path, about=task.to_dict() | {"data": whole.name, "target": whole.target_name})
    print(f"saved as {path}\n")
    print(_what_next(options.data, path, settings))
    return 0


def _verdict(task: Task, decisions: Sequence[Any], targets: Sequence[Any]) -> str:
    """How good the decisions on the test examples are, with the confusion table of a classification."""
    n = len(targets)
    if not task.class_names:
        errors = math.fsum((d - t) ** 2 for d, t in zip(decisions, targets, strict=True))
        mean = math.fsum(targets) / n
        spread = math.fsum((t - mean) ** 2 for t in targets)
        explained = f", R^2 {1.0 - errors / spread:.3f}" if spread else ""
        return f"test: root mean squared error {math.sqrt(errors / n):.4g}{explained}"
    right = sum(d == t for d, t in zip(decisions, targets, strict=True))
    return f"test accuracy {right / n:.1%} ({right} of {n})\n\n{confusion_table(task.class_names, decisions, targets)}\n"


def confusion_table(class_names: Sequence[str], decisions: Sequence[int], targets: Sequence[int]) -> str:
    """A row for each true class, a column for each decision; `.` for none.

    >>> print(confusion_table(["cat", "dog"], [0, 1, 1], [0, 0, 1]))
     true \\ decided  cat  dog
                cat    1    1
                dog    .    1
    """
    k = range(len(class_names))
    counts = [[0 for _ in k] for _ in k]
    for decision, target in zip(decisions, targets, strict=True):
        counts[target][decision] += 1
    names = [name if len(name) <= 16 else name[:15] + "…" for name in class_names]
    width = max(len(f"{x}") for x in (*names, max(map(max, counts)))) + 2
    corner = "true \\ decided"
    first = max(len(corner), *map(len, names)) + 1
    rows = [f"{corner:>{first}}" + "".join(f"{name:>{width}}" for name in names)]
    rows += [f"{names[i]:>{first}}" + "".join(f"{counts[i][j] or '.':>{width}}" for j in k) for i in k]
    return "\n".join(rows)


def _what_next(name: str, path: Path, settings: dict[str, Any]) -> str:
    other = "spiral" if name != "spiral" else "moons"
    wider = " ".join(str(2 * n) for n in settings["widths"]) or "8"
    return "\n".join(
        (
            "Try next:",
            f"  python -m nn train {name} --widths {wider} --activation tanh   another network",
            f"  python -m nn train {other}   another data set",
            f"  python -m nn predict {path} FILE.csv   decisions for the rows of a file",
        )
    )


def _predict(options: argparse.Namespace) -> int:
    model, about = load_with_about(options.model)
    try:
        task = Task.from_dict(about)
        if len(task.inputs.means) != len(task.input_names) or len(task.input_names) != len(model.layers[0].neurons[0].w):
            raise ValueError("names, scaling and network differ in the number of inputs")  # noqa: TRY301
    except (KeyError, TypeError, ValueError) as error:
        return _refuse(f"{options.model}: a model, but not one that `python -m nn train` saved ({error})")
    outputs = task.predict(model, data.rows_from_csv(options.file, task.input_names))
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow([about.get("target", "prediction"), *(["probability"] if task.class_names else [])])
    for output in outputs:
        decision = task.decide(output)
        if task.class_names:
            table.writerow([task.class_names[decision], f"{task.probability(output):.4f}"])
        else:
            table.writerow([decision])
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
