"""The command line: `python -m nn` trains a network of scalar Values to read handwritten digits.

It prints what came out, and says in one line what was wrong; how a network is built, trained or saved, other modules
know.
"""

from __future__ import annotations

import argparse
import csv
import errno
import io
import math
import os
import shlex
import sys
import tempfile
import warnings
from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import Any

from autograd import total
from nn import MLP, SGD, DivergenceWarning, data, fit, plots
from nn.encoding import confusion_counts
from nn.metrics import accuracy
from nn.options import DEFAULTS, N_SAMPLES, PRESETS, Refusal, parse
from nn.plots.gallery import require_folder
from nn.serialize import ModelFileError, load_with_about, save
from nn.tasks import Task
from nn.wording import counted, shortened

MOST_PARAMETERS = 1_000_000
"""Of a network that is trained here; each takes some hundred bytes and a microsecond for each example."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: what stands behind `python -m nn`; by default that of this process.

    Returns:
        The exit status: 0; 2 after one line on standard error that says what was wrong; 130 after Ctrl-C.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        options = parse(given or ["train", "digits"])
        {"train": _train, "predict": _predict}[options.command](options)
        print(end="", flush=True)  # a closed pipe is noticed here, not at Python's exit
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
    if sys.stderr is not None:  # None if the shell has closed it
        with suppress(OSError):
            sys.stderr.write(f"nn: {' '.join(message.split())}\n")
    return status


# --- train ----------------------------------------------------------------------------------------------------------


def _fewest(whole: data.Dataset) -> str:
    """How many samples there are of the rarest class, and how many were wanted."""
    if not whole.is_classification:
        return f"{len(whole)}; wanted 3"
    counts = [whole.targets.count(c) for c in range(whole.n_classes)]
    rarest = whole.class_names[counts.index(min(counts))]
    return f"{min(counts)} of class {shortened(rarest)}; wanted 3 of each class"


def _train(options: argparse.Namespace) -> None:
    settings = DEFAULTS | PRESETS.get(options.data, {})
    settings |= {name: x for name in settings if (x := getattr(options, name)) is not None}
    path = _place(options)
    if options.plots is not None:
        _require_folder(options.plots)
    seed = settings["seed"]
    whole = data.load(options.data, seed=seed, target=options.target, n_samples=N_SAMPLES)
    try:
        rest, test = whole.split(0.2, seed)
        train, validation = rest.split(0.2, seed)
    except ValueError:
        raise Refusal(
            f"{options.data}: too few samples: {_fewest(whole)}, to train, validate and test; add some"
        ) from None
    task = Task.of(train)
    widths = [*settings["widths"], task.n_outputs]
    n_parameters = sum((n + 1) * m for n, m in pairwise([whole.n_inputs, *widths]))
    if n_parameters > MOST_PARAMETERS:
        raise Refusal(
            f"a network of {n_parameters:,} parameters; wanted at most {MOST_PARAMETERS:,}: give less --widths"
        )
    model = MLP(whole.n_inputs, widths, settings["activation"], seed=seed)
    print(f"{whole}\n{len(train)} to train on, {len(validation)} to validate, {len(test)} held out for the test")
    print(f"{model}: every one of them a scalar Value", flush=True)

    start = perf_counter()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", DivergenceWarning)
            history = fit(
                model,
                *task.examples(train),
                loss=task.loss,
                optimizer=SGD(model.parameters(), lr=settings["rate"], momentum=0.9, weight_decay=1e-4),
                epochs=settings["epochs"],
                batch_size=settings["batch"],
                seed=seed,
                validation=task.examples(validation),
                metrics={"accuracy": accuracy} if task.class_names else {},
                progress=True,
            )
    except (OverflowError, ValueError, DivergenceWarning) as error:  # such as that of sin(inf)
        raise Refusal(f"training failed: {error}; try a lower --rate than {settings['rate']}") from error
    if history.interrupted:
        raise KeyboardInterrupt
    seconds = perf_counter() - start

    decisions = [task.decide(output) for output in task.predict(model, test.inputs)]
    save(model, path, about={"data": whole.name, "target_name": whole.target_name, "task": task.to_dict()})
    print(f"\n{_verdict(task, decisions, test.targets)}\ntrained in {seconds:.1f} s\nsaved as {path}")
    if options.plots is not None:
        written = plots.write(options.plots, task, model, history, train, test)
        print(f"{counted(len(written), 'picture')} in {options.plots}: {', '.join(file.name for file in written)}")
    print(f"\n{_what_next(options, path, settings)}")


def _place(options: argparse.Namespace) -> Path:
    """Where the model will be saved; Refusal, before the work is done, if it cannot be or should not be."""
    path = Path(options.save if options.save is not None else f"{Path(options.data).stem}.json")
    if path.is_file() and path.stat().st_size:
        try:
            load_with_about(path)
        except (OSError, ModelFileError) as error:
            raise Refusal(f"{error}; it is not overwritten: name another file with --save") from None
    try:
        _require_writable(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise Refusal(f"{path}: the model cannot be saved there ({reason}); name a file with --save") from None
    return path


def _require_folder(path: str) -> None:
    """Refusal, before the work is done, if pictures cannot be written to the folder."""
    try:
        require_folder(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise Refusal(f"{path}: pictures cannot be written there ({reason}); name a folder with --plots") from None


def _require_writable(path: Path) -> None:
    """OSError unless a file can be written there, or ValueError; nothing is changed."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if path.exists() and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    if path.is_file() or not path.exists():  # else a device, such as /dev/null
        tempfile.TemporaryFile(dir=path.resolve().parent).close()


def _verdict(task: Task, decisions: Sequence[Any], targets: Sequence[Any]) -> str:
    """How good the decisions on the test examples are, with the confusion table of a classification."""
    n = len(targets)
    if not task.class_names:
        errors = total([(d - t) * (d - t) for d, t in zip(decisions, targets, strict=True)])
        mean = total(targets) / n
        spread = total([(t - mean) * (t - mean) for t in targets])
        explained = f", R^2 {1.0 - errors / spread:.3f}" if spread else ""
        return f"test: root mean squared error {math.sqrt(errors / n):.4g}{explained}"
    right = sum(d == t for d, t in zip(decisions, targets, strict=True))
    return (
        f"test accuracy {right / n:.1%} ({right} of {n})\n\n{confusion_table(task.class_names, decisions, targets)}\n"
    )


def confusion_table(class_names: Sequence[str], decisions: Sequence[int], targets: Sequence[int]) -> str:
    r"""A row for each true class, a column for each decision; `.` for none.

    >>> print(confusion_table(["cat", "dog"], [0, 1, 1], [0, 0, 1]))
     true \ decided  cat  dog
                cat    1    1
                dog    .    1
    """
    k = range(len(class_names))
    counts = confusion_counts(decisions, targets, len(class_names))
    names = [name if len(name) <= 16 else name[:15] + "…" for name in class_names]
    width = max(len(f"{x}") for x in (*names, max(map(max, counts)))) + 2
    corner = "true \\ decided"
    first = max(len(corner), *map(len, names)) + 1
    rows = [f"{corner:>{first}}" + "".join(f"{name:>{width}}" for name in names)]
    rows += [f"{names[i]:>{first}}" + "".join(f"{counts[i][j] or '.':>{width}}" for j in k) for i in k]
    return "\n".join(rows)


def _what_next(options: argparse.Namespace, path: Path, settings: dict[str, Any]) -> str:
    other = "spiral" if options.data != "spiral" else "moons"
    wider = " ".join(str(2 * n) for n in settings["widths"]) or "8"
    again = shlex.quote(options.data) + (f" --target {shlex.quote(options.target)}" if options.target else "")
    return "\n".join(
        (
            "Try next:",
            f"  python -m nn train {again} --widths {wider} --activation tanh   another network",
            f"  python -m nn train {other}   another data set",
            f"  python -m nn predict {shlex.quote(str(path))} FILE.csv   decisions for the rows of a file",
        )
    )


# --- predict --------------------------------------------------------------------------------------------------------


def _predict(options: argparse.Namespace) -> None:
    model, about = load_with_about(options.model)
    try:
        task = Task.from_dict(about["task"])
        task.require(model)
        target_name = str(about["target_name"])
    except (KeyError, TypeError, ValueError) as error:
        reason = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise Refusal(f"{options.model}: a model, but not one that `python -m nn train` saved ({reason})") from None
    outputs = task.predict(model, data.rows_from_csv(options.file, task.input_names))
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow([target_name, *(["probability"] if task.class_names else [])])
    for output in outputs:
        decision = task.decide(output)
        if task.class_names:
            table.writerow([task.class_names[decision], f"{task.probability(output):.4f}"])
        else:
            table.writerow([decision])


if __name__ == "__main__":
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # names of classes may be in letters that it does not know
    raise SystemExit(main())
