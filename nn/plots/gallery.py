"""`write`: the pictures that suit a trained network and its data, as PNG files in a folder.

It knows which picture goes with which data; how each is drawn, and how the network was trained, others know.
"""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Callable, Iterable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

from nn.datasets import Dataset
from nn.history import History
from nn.layers import MLP
from nn.plots.curves import learning_curves
from nn.plots.decisions import confusion_matrix
from nn.plots.fits import pieces, predictions
from nn.plots.images import digits, weight_images
from nn.plots.networks import network
from nn.plots.parameters import weight_histograms
from nn.plots.regions import decision_regions
from nn.plots.style import apart
from nn.plots.units import bent_plane, hidden_units
from nn.tasks import Task
from nn.wording import NO_MATPLOTLIB

Pictures: TypeAlias = dict[str, Callable[[], Any]]

N_IMAGES = 40
"""How many digits are drawn, the wrong ones first."""

WIDEST = 32
"""The widest layer of which each unit is drawn."""


def require_folder(path: str | os.PathLike[str]) -> Path:
    """The folder, if pictures can be drawn and written there; nothing is changed, nor is it made yet.

    Raises:
        ModuleNotFoundError: matplotlib is not installed.
        OSError, ValueError: no file can be written there, or it is no path.
    """
    if find_spec("matplotlib") is None:
        raise ModuleNotFoundError(NO_MATPLOTLIB, name="matplotlib")
    there = Path(path).resolve()
    while not there.exists():
        there = there.parent
    tempfile.TemporaryFile(dir=there).close()
    return Path(path)


def write(
    folder: str | os.PathLike[str], task: Task, model: MLP, history: History, train: Dataset, test: Dataset
) -> list[Path]:
    """Write the pictures that suit the data, each under the name of its function; those that were there are replaced.

    Learning curves and weights always; the network if it is narrow. Of a classification the confusion matrix of the
    test examples; of two inputs decision regions, hidden units and the bent plane too; of 8 x 8 pixels the test images
    with their decisions, and the first layer's weights as images. Of a regression predictions against targets; of one
    input and one hidden layer the pieces too.

    Args:
        folder: where; it is made if it is not there.
        task: how rows become inputs and outputs decisions.
        model: the trained network.
        history: of its training.
        train: the examples that it was trained on, raw, as the task takes them.
        test: those that were held out.

    Returns:
        The files that were written.

    Raises:
        ModuleNotFoundError: matplotlib is not installed.
        OSError: a file cannot be written.
    """
    folder = require_folder(folder)
    pictures: Pictures = {
        "learning_curves": partial(learning_curves, history),
        "weight_histograms": partial(weight_histograms, model),
    }
    if max(model.n_inputs, *(len(layer.neurons) for layer in model.layers)) <= WIDEST:
        names = plain(task.class_names if task.n_outputs > 1 else [test.target_name])
        pictures["network"] = partial(network, model, input_names=plain(task.input_names), output_names=names)
    pictures |= (_of_classes if task.class_names else _of_numbers)(task, model, train, test)
    folder.mkdir(parents=True, exist_ok=True)
    return [_saved(folder / f"{name}.png", draw) for name, draw in pictures.items()]


def _of_classes(task: Task, model: MLP, train: Dataset, test: Dataset) -> Pictures:
    outputs = task.predict(model, test.inputs)
    decided = [task.decide(output) for output in outputs]
    targets = [int(target) for target in test.targets]
    names: dict[str, Any] = {"class_names": plain(task.class_names)}
    pictures: Pictures = {"confusion_matrix": partial(confusion_matrix, decided, targets, **names)}
    if model.n_inputs == 2:
        about: dict[str, Any] = {**names, "input_names": plain(task.input_names), "scaling": task.scaled}
        pictures["decision_regions"] = partial(decision_regions, model, test.inputs, targets, **about)
        seen = {"model": model, "inputs": train.inputs, "targets": train.targets, **about}
        for depth, layer in enumerate(model.layers[:-1], start=1):
            if len(layer.neurons) <= WIDEST:
                pictures[f"hidden_units_{depth}"] = partial(hidden_units, **seen, layer=depth)
            pictures[f"bent_plane_{depth}"] = partial(bent_plane, **seen, layer=depth)
    if model.n_inputs == 64 and test.same_unit:
        order = sorted(range(len(test)), key=lambda i: decided[i] == targets[i])[:N_IMAGES]
        columns: tuple[Any, ...] = (test.inputs, decided, targets)
        chosen = ([column[i] for i in order] for column in columns)
        sure = [task.probability(outputs[i]) for i in order]
        pictures["digits"] = partial(digits, *chosen, probabilities=sure, **names)
        pictures["weight_images"] = partial(weight_images, model)
    return pictures


def _of_numbers(task: Task, model: MLP, train: Dataset, test: Dataset) -> Pictures:
    decided = [task.decide(output) for output in task.predict(model, test.inputs)]
    (name,) = plain([test.target_name])
    pictures: Pictures = {"predictions": partial(predictions, decided, test.targets, name=name)}
    if model.n_inputs == 1 and len(model.layers) == 2:
        names = [f"{name}, standardised" for name in plain([*task.input_names, test.target_name])]
        pictures["pieces"] = partial(pieces, model, *task.examples(train), names=names)
    return pictures


def plain(names: Iterable[str]) -> list[str]:
    r"""Names from data as matplotlib writes them: dollars are no mathematics, nor does an underscore hide them.

    >>> print(*plain(["price in $", "_id", "an extraordinarily long name"]), sep="|")
    price in \$| _id|an extraordinarily long…
    """
    short = [name if len(name) <= 24 else name[:23].rstrip() + "…" for name in names]
    return [f" {name}" if name.startswith("_") else name for name in (x.replace("$", r"\$") for x in short)]


def _saved(path: Path, draw: Callable[[], Any]) -> Path:
    with apart(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)  # of letters that the font has not
        drawn = draw()
        (drawn[0] if isinstance(drawn, list) else drawn).figure.savefig(path, dpi=150)
    return path
