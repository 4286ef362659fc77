"""The data sets of the courses as plain lists: toy shapes in the plane, scikit-learn's real ones, CSV files.

Each is a `Dataset`. Nothing here knows of networks or gradients, or how a CSV file is written; scikit-learn is imported
only when one of its sets is asked for.
"""

from __future__ import annotations

import cmath
import math
import numbers
import os
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from nn.datasets import DataError, Dataset, Problem, Scaling
from nn.tables import Table, as_number, cleaned
from nn.wording import choices, described, listed, require, shortened

__all__ = [
    "DATASETS",
    "REAL",
    "SYNTHETIC",
    "DataError",
    "Dataset",
    "Scaling",
    "blobs",
    "breast_cancer",
    "circles",
    "diabetes",
    "digits",
    "from_csv",
    "iris",
    "load",
    "moons",
    "rows_from_csv",
    "spiral",
    "xor",
]


def _plane(
    name: str,
    arms: Sequence[str],
    point: Callable[[int, float], complex],
    sampling: Sequence[Any],
    closed: bool = False,
) -> Dataset:
    """Noisy samples of curves, shuffled: `arms` has each curve's class, `point(arm, t)` is x + iy for 0 <= t <= 1."""
    n_samples, noise, seed = sampling
    class_names = tuple(dict.fromkeys(arms))
    least = len(class_names)
    require("n_samples", n_samples, numbers.Integral, lambda n: n >= least, f"an int of at least {least}")
    require("noise", noise, numbers.Real, lambda sigma: 0 <= sigma < math.inf, "a finite number, 0 or more")
    require("seed", seed, numbers.Integral, lambda _: True, "an int")
    rng, samples = random.Random(int(seed)), []
    for arm, class_name in enumerate(arms):
        size = (n_samples + arm) // len(arms)  # the later arms take what division leaves, as in scikit-learn
        steps = size if closed else max(size - 1, 1)  # a closed curve does not come back to its first point
        exact = [point(arm, i / steps) for i in range(size)]
        noisy = [[rng.gauss(z.real, float(noise)), rng.gauss(z.imag, float(noise))] for z in exact]
        samples += [(row, class_names.index(class_name)) for row in noisy]
    rng.shuffle(samples)
    return Dataset(name, [row for row, _ in samples], [k for _, k in samples], ("x", "y"), class_names, "class")


def _numbered(noun: str, n_classes: int) -> list[str]:
    require("n_classes", n_classes, numbers.Integral, lambda n: n >= 2, "an int of at least 2")
    return [f"{noun} {number}" for number in range(n_classes)]


def moons(n_samples: int = 100, noise: float = 0.1, seed: int = 0) -> Dataset:
    """Two half circles that reach into each other, placed as by scikit-learn's `make_moons`.

    `n_samples` points (x, y), divided evenly among the classes; `noise` is the standard deviation of the Gaussian
    added to each coordinate; the same `seed` gives the same data. TypeError or ValueError for an argument that is
    no such number, and for fewer samples than classes.

    >>> moons(200)
    Dataset(moons: 200 samples, 2 inputs -> class, 2 classes)
    """

    def point(arm: int, t: float) -> complex:
        z = cmath.rect(1.0, math.pi * t)
        return 1 + 0.5j - z if arm else z

    return _plane("moons", ("upper", "lower"), point, (n_samples, noise, seed))


def circles(n_samples: int = 100, noise: float = 0.05, seed: int = 0, factor: float = 0.5) -> Dataset:
    """The unit circle around one of radius `factor`, between 0 and 1; all else as for `moons`.

    >>> circles(3, noise=0).class_names
    ('outer', 'inner')
    """
    require("factor", factor, numbers.Real, lambda radius: 0 < radius < 1, "a number between 0 and 1")

    def point(arm: int, t: float) -> complex:
        return cmath.rect(factor if arm else 1.0, math.tau * t)

    return _plane("circles", ("outer", "inner"), point, (n_samples, noise, seed), closed=True)


def spiral(n_samples: int = 100, noise: float = 0.02, seed: int = 0, n_classes: int = 2) -> Dataset:
    """Arms of one turn each, from radius 0.1 to 1, one for each of `n_classes` classes; all else as for `moons`.

    >>> spiral(90, n_classes=3)
    Dataset(spiral: 90 samples, 2 inputs -> class, 3 classes)
    """
    names = _numbered("arm", n_classes)

    def point(arm: int, t: float) -> complex:
        return cmath.rect(0.1 + 0.9 * t, math.tau * (t + arm / len(names)))

    return _plane("spiral", names, point, (n_samples, noise, seed))


def xor(n_samples: int = 100, noise: float = 0.2, seed: int = 0) -> Dataset:
    """Clusters at the corners (+-1, +-1), of class 1 where the corner's signs differ; all else as for `moons`.

    >>> sorted(zip(xor(4, noise=0).inputs, xor(4, noise=0).targets))
    [([-1.0, -1.0], 0), ([-1.0, 1.0], 1), ([1.0, -1.0], 1), ([1.0, 1.0], 0)]
    """
    corners = (1 + 1j, -1 + 1j, -1 - 1j, 1 - 1j)
    return _plane("xor", ("same sign", "different signs") * 2, lambda arm, _: corners[arm], (n_samples, noise, seed))


def blobs(n_samples: int = 100, noise: float = 0.25, seed: int = 0, n_classes: int = 3) -> Dataset:
    """Gaussian blobs, their centres evenly spaced on the unit circle, the first at (1, 0); all else as for `moons`.

    >>> blobs(4, n_classes=4)
    Dataset(blobs: 4 samples, 2 inputs -> class, 4 classes)
    """
    names = _numbered("blob", n_classes)
    return _plane("blobs", names, lambda arm, _: cmath.rect(1.0, math.tau * arm / len(names)), (n_samples, noise, seed))


def _from_sklearn(name: str, loader: str, target_name: str, **options: bool) -> Dataset:
    try:
        from sklearn import datasets  # noqa: PLC0415  # optional, and slow to import
    except ImportError as error:
        remedy = f"the data set {name!r} comes with scikit-learn: pip install 'scalar-autograd[data]'"
        raise ModuleNotFoundError(remedy, name="sklearn") from error
    bunch = getattr(datasets, loader)(**options)
    input_names, class_names = (tuple(map(str, bunch.get(key, ()))) for key in ("feature_names", "target_names"))
    return Dataset(name, bunch.data.tolist(), bunch.target.tolist(), input_names, class_names, target_name)


def iris() -> Dataset:
    """Fisher's iris flowers: lengths and widths in cm, three species. ImportError without scikit-learn.

    >>> iris()
    Dataset(iris: 150 samples, 4 inputs -> species, 3 classes)
    """
    return _from_sklearn("iris", "load_iris", "species")


def digits() -> Dataset:
    """Handwritten digits as 8 x 8 pixels of darkness 0 to 16. ImportError without scikit-learn.

    >>> digits()
    Dataset(digits: 1797 samples, 64 inputs -> digit, 10 classes)
    """
    return replace(_from_sklearn("digits", "load_digits", "digit"), same_unit=True)


def breast_cancer() -> Dataset:
    """Measures of cell nuclei in breast tumours (Wisconsin), malignant or benign. ImportError without scikit-learn.

    >>> breast_cancer()
    Dataset(cancer: 569 samples, 30 inputs -> diagnosis, 2 classes)
    """
    return _from_sklearn("cancer", "load_breast_cancer", "diagnosis")


def diabetes() -> Dataset:
    """How far diabetes has progressed after a year, from ten raw measures. ImportError without scikit-learn.

    >>> diabetes()
    Dataset(diabetes: 442 samples, 10 inputs -> disease progression, a number)
    """
    return _from_sklearn("diabetes", "load_diabetes", "disease progression", scaled=False)


def from_csv(path: str | os.PathLike[str], target: str | None = None, task: Problem | None = None) -> Dataset:
    r"""A data set from a CSV file: a header line, then a row for each sample; all columns but the target are inputs.

    The file is UTF-8, with tab, semicolon or comma between cells; blank lines and spaces around cells do not count.
    `target` names the target column (None: the last one). `task` None means classification if no target is a number,
    or if all are whole numbers with at most 20 different values and at least twice as many rows; else regression.
    Classes are sorted, by value if all are numbers, else as text. DataError for a file that does not fit, ValueError
    for another task.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "fruit.csv")
    ...     _ = path.write_text("grams;kind\n20;plum\n900;melon\n", encoding="utf-8")
    ...     from_csv(path, "kind")
    Dataset(fruit.csv: 2 samples, 1 input -> kind, 2 classes)
    """
    if task not in {None, "classification", "regression"}:
        raise ValueError(f"task is {task!r}; wanted 'classification', 'regression' or None")
    if target is not None and not isinstance(target, str):
        raise TypeError(f"target is {described(target)}; wanted the name of a column")
    table = Table.read(path, least=2)
    target = [*table.columns][-1] if target is None else cleaned(target)
    texts = table.texts(target, "a target; fill it in or take the row out", bool)
    input_names = tuple(name for name in table.columns if name != target)
    if not input_names:
        raise DataError(f"{table.where}: no column beside the target {shortened(target)}; wanted inputs; add a column")
    values = [as_number(text) for text in texts]
    if target in texts and all(as_number(name) is not None for name in input_names):
        came = f"the column names {listed([*input_names, target])} look like a sample"
        raise DataError(f"{table.where}: {came}; wanted a line of names above the samples; add one")
    if (task or _likely_task(values)) == "regression":
        targets = table.numbers(
            target,
            "mend the cell, take its row out or choose another target; classes may have any names, but all of them",
        )
        return Dataset(Path(path).name, table.inputs(input_names), targets, input_names, (), target)
    keys: Sequence[Any] = texts if any(value is None or math.isnan(value) for value in values) else values
    # Of the texts of one number, such as 1 and 1.0, the first names the class.
    classes = sorted(dict(zip(reversed(keys), reversed(texts), strict=True)).items())
    if len(classes) < 2:
        came = f"no target but {shortened(texts[0])}"
        raise DataError(
            f"{table.where}, column {shortened(target)}: {came}; wanted two classes; add samples of another"
        )
    index = {key: number for number, (key, _) in enumerate(classes)}
    class_names = tuple(text for _, text in classes)
    indices = [index[key] for key in keys]
    return Dataset(Path(path).name, table.inputs(input_names), indices, input_names, class_names, target)


def _likely_task(values: Sequence[float | None]) -> Problem:
    whole = all(value is not None and value.is_integer() for value in values)
    few = len(set(values)) <= min(20, len(values) / 2)
    return "classification" if (whole and few) or values.count(None) == len(values) else "regression"


def rows_from_csv(path: str | os.PathLike[str], input_names: Sequence[str]) -> list[list[float]]:
    """Rows to predict from: the columns of a CSV file that have these names, in this order, and no others.

    Returns n_samples rows of n_inputs floats. DataError for a missing column and for a file that does not fit.
    """
    if isinstance(input_names, str) or not all(isinstance(name, str) for name in input_names):
        raise TypeError(f"input_names is {shortened(input_names)}; wanted a list of the names of columns")
    table, names = Table.read(path, least=1), [cleaned(name) for name in input_names]
    table.require(names, f"the model needs the columns {listed(names)}; the file has")
    return table.inputs(names)


SYNTHETIC: dict[str, Callable[..., Dataset]] = {make.__name__: make for make in (moons, circles, spiral, xor, blobs)}
REAL: dict[str, Callable[[], Dataset]] = {"iris": iris, "digits": digits, "cancer": breast_cancer, "diabetes": diabetes}
DATASETS: dict[str, Callable[..., Dataset]] = SYNTHETIC | REAL


def load(name: str | os.PathLike[str], seed: int = 0, target: str | None = None, n_samples: int = 100) -> Dataset:
    """A data set by its name in `DATASETS`, or from a CSV file if the name ends in .csv.

    `seed` and `n_samples` are for the synthetic ones, `target` for CSV files: the target column's name, by default the
    last column's. DataError for an unknown name and for what `from_csv` refuses; ImportError if scikit-learn is needed
    and missing.

    >>> load("circles", seed=1)
    Dataset(circles: 100 samples, 2 inputs -> class, 2 classes)
    """
    name = os.fspath(name)
    if name.lower().endswith(".csv"):
        return from_csv(name, target)
    if name not in DATASETS:
        raise DataError(
            f"no data set {shortened(name)}; wanted a path that ends in .csv, or one of {choices(name, DATASETS)}"
        )
    if target is not None:
        raise DataError(f"target {shortened(target)} for the data set {name!r}; wanted none: leave it to CSV files")
    return SYNTHETIC[name](n_samples, seed=seed) if name in SYNTHETIC else REAL[name]()
