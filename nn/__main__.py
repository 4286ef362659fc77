"""The command line: `python -m nn` trains a network of scalar Values to read handwritten digits.

It reads arguments, prints what came out and says in one line what was wrong; how a network is built, trained or saved is
known elsewhere.
"""

from __future__ import annotations

import argparse
import csv
import io
import math
import os
import shlex
import sys
import tempfile
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import Any, NoReturn

from nn import MLP, SGD, data, fit
from nn.layers import ACTIVATIONS
from nn.serialize import ModelFileError, load_with_about, save
from nn.tasks import Task
from nn.wording import choices, counted, shortened

# What is not said on the command line; widths are those of the hidden layers.
DEFAULTS: dict[str, Any] = {"widths": [16], "activation": "relu", "epochs": 60, "rate": 0.05, "batch": 16, "seed": 0}
PRESETS: dict[str, dict[str, Any]] = {
    "digits": {"widths": [48], "epochs": 20},
    "circles": {"activation": "tanh"},
    "spiral": {"widths": [24, 24], "activation": "tanh", "epochs": 200},
    "cancer": {"widths": [8], "epochs": 30},
    "diabetes": {"widths": [8], "epochs": 20, "rate": 0.005},
}
N_SAMPLES = 300
"""How many samples are made of a synthetic set."""
MOST_PARAMETERS = 1_000_000
"""Of a network that is trained here; each takes some hundred bytes and a microsecond for each example."""

EXAMPLES = """\
examples:
  python -m nn                                           handwritten digits, the main job
  python -m nn train moons --widths 8 8 --rate 0.1       two hidden layers of 8
  python -m nn train flowers.csv --target species        your own table, which begins with a line of column names
  python -m nn predict digits.json new.csv               decisions for the rows of a table
"""


class Refusal(Exception):  # noqa: N818  # it is no error of the program: it ends the command with one line
    """What was asked for cannot be done; the message says why in one line."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise Refusal(f"{message}; see {self.prog} --help")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: what stands behind `python -m nn`; by default that of this process.

    Returns:
        The exit status: 0; 2 after one line on standard error that says what was wrong; 130 after Ctrl-C.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        options = _parser().parse_args(given or ["train", "digits"])
        options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:
        # What is still to be written goes nowhere, or Python would complain at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _say("the output was closed before all was written", 2)
    except (Refusal, data.DataError, ModelFileError, ModuleNotFoundError, FloatingPointError) as error:
        return _say(str(error), 2)
    except OSError as error:
        return _say(f"{error.filename or 'input or output'}: {error.strerror or error}", 2)
    except KeyboardInterrupt:
        return _say("interrupted; nothing was saved", 130)
    return 0


def _say(message: str, status: int) -> int:
    sys.stderr.write(f"nn: {' '.join(message.split())}\n")
    return status


# --- arguments ------------------------------------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    look: dict[str, Any] = {"formatter_class": argparse.RawDescriptionHelpFormatter}
    parser = _Parser(
        prog="python -m nn",
        description="Train a multilayer perceptron of scalar Values, or use one.\nWithout arguments: train digits.",
        epilog=EXAMPLES,
        **look,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="train|predict")

    train = commands.add_parser(
        "train",
        help="train a network on a data set, test it, and save it",
        description="Train a network on a data set, test it on a fifth that was held out, and save it.",
        epilog=f"Without options each data set has settings that suit it; for a CSV file they are:\n  {_settings({})}",
        **look,
    )
    train.set_defaults(run=_train)
    train.add_argument(
        "data", nargs="?", default="digits", help=f"{', '.join(data.DATASETS)}, or a CSV file (default: digits)"
    )
    train.add_argument("--target", metavar="COLUMN", help="of a CSV file: the column to predict (default: the last)")
    train.add_argument(
        "--widths", type=_whole, nargs="*", metavar="N", help="neurons of each hidden layer; no number: no hidden layer"
    )
    train.add_argument(
        "--activation", type=_activation, metavar="NAME", help=f"of the hidden layers: {', '.join(ACTIVATIONS)}"
    )
    train.add_argument("--epochs", type=_whole, metavar="N", help="passes over the training examples")
    train.add_argument("--rate", type=_rate, metavar="X", help="learning rate")
    train.add_argument("--batch", type=_whole, metavar="N", help="examples in a step")
    train.add_argument("--seed", type=_seed, metavar="N", help="of the split, the weights and the order (default: 0)")
    train.add_argument("--save", metavar="FILE", help="where to save the model (default: the data set's name + .json)")

    predict = commands.add_parser(
        "predict",
        help="apply a saved network to the rows of a CSV file",
        description="Apply a saved network to the rows of a CSV file; prints CSV, a decision for each row.",
    )
    predict.set_defaults(run=_predict)
    predict.add_argument("model", metavar="MODEL", help="a file that training saved")
    predict.add_argument("file", metavar="FILE.csv", help="a CSV file with the same input columns")
    return parser


def _settings(preset: dict[str, Any]) -> str:
    settings = DEFAULTS | preset
    return " ".join(f"--{k} {' '.join(map(str, x)) if isinstance(x, list) else x}" for k, x in settings.items())


def _argument(read: Callable[[str], Any], fits: Callable[[Any], bool], wanted: str) -> Callable[[str], Any]:
    """A reader of one argument, which says what was wanted if the text is something else."""

    def convert(text: str) -> Any:
        try:
            value = read(text)
        except ValueError:
            value = None
        if value is None or not fits(value):
            raise argparse.ArgumentTypeError(f"{shortened(text)} is not {wanted}")
        return value

    return convert


_whole = _argument(int, lambda n: 1 <= n < 10**9, "a whole number of at least 1 and less than a billion")
_seed = _argument(int, lambda _: True, "a whole number")
_rate = _argument(float, lambda x: 0.0 < x < math.inf, "a positive number")


def _activation(text: str) -> str:
    if text not in ACTIVATIONS:
        raise argparse.ArgumentTypeError(f"{shortened(text)} is not one of {choices(text, ACTIVATIONS)}")
    return text


# --- train ----------------------------------------------------------------------------------------------------------


def _train(options: argparse.Namespace) -> None:
    settings = DEFAULTS | PRESETS.get(options.data, {})
    settings |= {name: x for name in settings if (x := getattr(options, name)) is not None}
    path = _place(options)
    seed = settings["seed"]
    whole = data.load(options.data, seed=seed, target=options.target, n_samples=N_SAMPLES)
    try:
        rest, test = whole.split(0.2, seed)
        train, validation = rest.split(0.2, seed)
    except ValueError:
        what = "each class" if whole.is_classification else "them"
        raise Refusal(
            f"{options.data}: too few samples; wanted 3 of {what}, to train, validate and test; add some"
        ) from None
    task = Task.of(train)
    widths = [*settings["widths"], task.n_outputs]
    n_parameters = sum((n + 1) * m for n, m in pairwise([whole.n_inputs, *widths]))
    if n_parameters > MOST_PARAMETERS:
        raise Refusal(f"a network of {n_parameters:,} parameters; wanted at most {MOST_PARAMETERS:,}: give less --widths")
    model = MLP(whole.n_inputs, widths, settings["activation"], seed=seed)
    print(f"{whole}\n{len(train)} to train on, {len(validation)} to validate, {len(test)} held out for the test")
    print(f"{model}: every one of them a scalar Value", flush=True)

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
    save(model, path, about=task.to_dict() | {"data": whole.name, "target": whole.target_name})
    print(f"\n{_verdict(task, decisions, test.targets)}\ntrained in {seconds:.1f} s\nsaved as {path}\n")
    print(_what_next(options, path, settings))


def _place(options: argparse.Namespace) -> Path:
    """Where the model will be saved; Refusal, before the work is done, if it cannot be or should not be."""
    path = Path(options.save if options.save is not None else f"{Path(options.data).stem}.json")
    if options.save is None and path.exists():
        try:
            load_with_about(path)
        except ModelFileError as error:
            raise Refusal(f"{error}; it is not overwritten: name another file with --save, or this one") from None
    try:
        if path.is_dir():
            raise IsADirectoryError(None, "is a folder")  # noqa: TRY301  # said as the other reasons are
        if not path.is_file():
            tempfile.TemporaryFile(dir=path.absolute().parent).close()
        else:
            path.open("a").close()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise Refusal(f"{shortened(str(path))}: the model cannot be saved there ({reason}); name a file with --save") from None
    return path
