"""What can be said behind `python -m nn`, and what is taken where nothing is said: defaults, and presets by data set.

It only reads: what is done with it, `nn.__main__` knows.
"""

from __future__ import annotations

import argparse
import math
import shlex
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from nn import data
from nn.layers import ACTIVATIONS
from nn.wording import choices, nearest, shortened

# What is not said on the command line; widths are those of the hidden layers.
DEFAULTS: dict[str, Any] = {"widths": [16], "activation": "relu", "epochs": 60, "rate": 0.05, "batch": 16, "seed": 0}
PRESETS: dict[str, dict[str, Any]] = {
    "digits": {"widths": [48], "epochs": 20},
    "circles": {"activation": "tanh"},
    "spiral": {"widths": [16, 16], "activation": "tanh", "epochs": 100},
    "cancer": {"widths": [8], "epochs": 30},
    "diabetes": {"widths": [8], "epochs": 20, "rate": 0.005},
}
COMMANDS = ("train", "predict")
N_SAMPLES = 300
"""How many samples are made of a synthetic set."""

EXAMPLES = """\
examples:
  python -m nn                                           handwritten digits, the main job
  python -m nn train moons --widths 8 8 --rate 0.1       two hidden layers of 8
  python -m nn train spiral --plots pictures             with pictures of what it has learnt
  python -m nn train flowers.csv --target species        your own table, which begins with a line of column names
  python -m nn predict digits.json new.csv               decisions for the rows of a table
"""


class Refusal(Exception):  # noqa: N818  # it is no error of the program: it ends the command with one line
    """What was asked for cannot be done; the message says why in one line."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        known = self._option_string_actions
        wrong = [word for word in message.replace(":", " ").split() if word.startswith("--") and word not in known]
        meant = nearest(wrong[0].partition("=")[0], known) if wrong else None
        raise Refusal(f"{message}{f'; did you mean {meant}?' if meant else ''}; see {self.prog} --help")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        # That of `train` shall refuse what it does not know, and not leave it to the whole, which knows still less.
        options, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(unknown)}")
        return options, unknown


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """What the arguments ask for; Refusal if they cannot be understood."""
    command = arguments[0] if arguments else ""
    if command and not command.startswith("-") and command not in COMMANDS:
        is_data = command in data.DATASETS or command.lower().endswith(".csv")
        instead = f"write: python -m nn train {shlex.quote(command)}" if is_data else choices(command, COMMANDS)
        raise Refusal(f"{shortened(command)} is no command; {'to train on it, ' if is_data else 'there are '}{instead}")
    return parser().parse_args(arguments)


def parser() -> argparse.ArgumentParser:
    """The arguments of `train` and `predict`; what it cannot parse is a `Refusal`."""
    look: dict[str, Any] = {"formatter_class": argparse.RawDescriptionHelpFormatter}
    whole = _Parser(
        prog="python -m nn",
        description="Train a multilayer perceptron of scalar Values, or use one.\nWithout arguments: train digits.",
        epilog=EXAMPLES,
        **look,
    )
    commands = whole.add_subparsers(dest="command", required=True, metavar="|".join(COMMANDS))

    train = commands.add_parser(
        "train",
        usage="python -m nn train [-h] [DATA] [--OPTION ...]",
        help="train a network on a data set, test it, and save it",
        description="Train a network on a data set, test it on a fifth that was held out, and save it.",
        epilog=f"Without options each data set has settings that suit it; for a CSV file they are:\n  {_settings({})}",
        **look,
    )
    train.add_argument(
        "data",
        nargs="?",
        default="digits",
        metavar="DATA",
        help=f"{', '.join(data.DATASETS)}, or a CSV file (default: digits)",
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
    train.add_argument(
        "--plots", metavar="DIR", help="a folder for pictures of what was learnt (default: no pictures are drawn)"
    )

    predict = commands.add_parser(
        "predict",
        help="apply a saved network to the rows of a CSV file",
        description="Apply a saved network to the rows of a CSV file; prints CSV, a decision for each row.",
    )
    predict.add_argument("model", metavar="MODEL", help="a file that training saved")
    predict.add_argument("file", metavar="FILE.csv", help="a CSV file with the same input columns")
    return whole


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
