"""The data sets of the courses as plain lists: toy shapes in the plane, scikit-learn's real ones, CSV files.

A `Dataset` holds all that training asks for: rows of floats, a target for each, and names to print. Nothing here
knows of networks or gradients, and scikit-learn is imported only when one of its sets is asked for.
"""

import cmath
import csv
import difflib
import io
import math
import numbers
import os
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, Literal, Self

Task = Literal["classification", "regression"]


class DataError(ValueError):
    """Data that cannot be used: one line that says where, what came, what was wanted and what to do."""


def _require(name: str, value: object, kind: type, valid: Callable[[Any], bool], wanted: str) -> None:
    if isinstance(value, bool) or not isinstance(value, kind):
        raise TypeError(f"{name} is {value!r}, a {type(value).__name__}; wanted {wanted}")
    if not valid(value):
        raise ValueError(f"{name} is {value!r}; wanted {wanted}")


def _require_widths(rows: Iterable[Sequence[float]], width: int) -> None:
    for number, row in enumerate(rows):
        if len(row) != width:
            raise ValueError(f"row {number} has {len(row)} numbers; wanted {width}, one for each input")


@dataclass(frozen=True)
class Dataset:
    """Rows of inputs, the target of each row, and their names.

    `inputs` is n_samples rows of n_inputs floats; `targets` is n_samples class indices from 0 to n_classes - 1, or
    for regression n_samples floats, and then `class_names` is empty. ValueError if lengths do not match.

    >>> Dataset("and", [[0.0, 1.0], [1.0, 1.0]], [0, 1], ("a", "b"), ("no", "yes"), "a and b")
    Dataset(and: 2 samples, 2 inputs -> a and b, 2 classes)
    """

    name: str
    inputs: list[list[float]]
    targets: list[int] | list[float]
    input_names: tuple[str, ...]
    class_names: tuple[str, ...]
    target_name: str

    def __post_init__(self) -> None:
        if len(self.inputs) != len(self.targets):
            raise ValueError(f"{len(self.inputs)} rows of inputs, {len(self.targets)} targets; wanted as many of each")
        _require_widths(self.inputs, self.n_inputs)

    def __len__(self) -> int:
        return len(self.inputs)

    def __repr__(self) -> str:
        kind = f"{self.n_classes} classes" if self.is_classification else "a number"
        size = f"{_count(len(self), 'sample')}, {_count(self.n_inputs, 'input')}"
        return f"Dataset({self.name}: {size} -> {self.target_name}, {kind})"

    @property
    def n_inputs(self) -> int:
        """The number of columns of `inputs`."""
        return len(self.input_names)

    @property
    def n_classes(self) -> int:
        """The number of classes; 0 for regression."""
        return len(self.class_names)

    @property
    def is_classification(self) -> bool:
        """Whether the targets are class indices."""
        return self.n_classes > 0

    @property
    def task(self) -> Task:
        """What there is to learn: "classification" or "regression"."""
        return "classification" if self.is_classification else "regression"

    def take(self, indices: Iterable[int]) -> Self:
        """The samples with these indices, 0 to n_samples - 1, in this order, as copies; IndexError for any other.

        >>> xor(4, noise=0).take([0, 0, 3])
        Dataset(xor: 3 samples, 2 inputs -> class, 2 classes)
        """
        chosen = list(indices)
        for index in chosen:
            # A mask of True and False would silently repeat the samples 0 and 1.
            if isinstance(index, bool) or not 0 <= index < len(self):
                raise IndexError(f"{index!r} is no sample of {self.name}; wanted an int from 0 to {len(self) - 1}")
        inputs, targets = [[*self.inputs[i]] for i in chosen], [self.targets[i] for i in chosen]
        return replace(self, inputs=inputs, targets=targets)

    def split(self, held_out: float = 0.2, seed: int = 0) -> tuple[Self, Self]:
        """Shuffled training and test parts that share no sample, every class in the same proportion.

        `held_out`, between 0 and 1, is the test part's share: rounded, with at least one sample of each class on
        either side. ValueError if a class (for regression: the whole) has fewer than two samples.

        >>> moons(100).split(held_out=0.25)[1]
        Dataset(moons: 25 samples, 2 inputs -> class, 2 classes)
        """
        _require("held_out", held_out, numbers.Real, lambda share: 0 < share < 1, "a number between 0 and 1")
        order = list(range(len(self)))
        random.Random(seed).shuffle(order)
        groups: dict[str, list[int]] = {} if order else {"it": []}
        for index in order:
            group = f"class {self.class_names[int(self.targets[index])]!r}" if self.is_classification else "it"
            groups.setdefault(group, []).append(index)
        test, seen = set[int](), 0
        for group, members in groups.items():
            if len(members) < 2:
                came = f"{group} has {_count(len(members), 'sample')}"
                raise ValueError(f"{self.name} cannot be split: {came}; wanted 2 or more, for a part on either side")
            # Rounding the running total makes the shares of the classes add up to the share of the whole.
            share = math.floor(held_out * (seen + len(members)) + 0.5) - math.floor(held_out * seen + 0.5)
            test.update(members[: min(max(share, 1), len(members) - 1)])
            seen += len(members)
        return self.take(i for i in order if i not in test), self.take(i for i in order if i in test)


@dataclass(frozen=True)
class Scaling:
    """Standardisation, fitted to training rows and then applied to any rows: (x - mean) / scale in each column.

    `means` and `scales` are plain lists of n_inputs finite floats, the scales positive (ValueError otherwise), so that
    `dataclasses.asdict(scaling)` goes into JSON and `Scaling(**saved)` brings it back.

    >>> Scaling.fit([[1.0, 5.0], [3.0, 5.0]])
    Scaling(means=[2.0, 5.0], scales=[1.0, 1.0])
    """

    means: list[float]
    scales: list[float]

    def __post_init__(self) -> None:
        if len(self.means) != len(self.scales):
            raise ValueError(f"{len(self.means)} means and {len(self.scales)} scales; wanted as many of each")
        if not (all(map(math.isfinite, self.means)) and all(0 < scale < math.inf for scale in self.scales)):
            raise ValueError(f"means {self.means}, scales {self.scales}; wanted finite means and positive scales")

    @classmethod
    def fit(cls, rows: Sequence[Sequence[float]]) -> Self:
        """Mean and population standard deviation of each column of `rows`; a constant column has scale 1.0.

        ValueError for no rows, for rows of different lengths, and for a nan or inf.

        >>> Scaling.fit([[1e308], [-1e308]]).scales
        [1e+308]
        """
        if not rows:
            raise ValueError("no rows came; wanted at least one to fit a scaling to")
        _require_widths(rows, len(rows[0]))
        moments = [_mean_and_scale(number, column) for number, column in enumerate(zip(*rows, strict=True))]
        return cls([mean for mean, _ in moments], [scale for _, scale in moments])

    def __call__(self, rows: Iterable[Sequence[float]]) -> list[list[float]]:
        """The standardised rows, as new lists; ValueError for a row that is not n_inputs long.

        >>> Scaling(means=[2.0], scales=[0.5])([[1.0], [2.0]])
        [[-2.0], [0.0]]
        """
        rows, columns = list(rows), list(zip(self.means, self.scales, strict=True))
        _require_widths(rows, len(columns))
        # Halves, because the difference of two large numbers may overflow; otherwise they do not change a bit.
        return [[(x / 2 - m / 2) / s * 2 for x, (m, s) in zip(row, columns, strict=True)] for row in rows]


def _mean_and_scale(number: int, column: Sequence[float]) -> tuple[float, float]:
    if not all(map(math.isfinite, column)):
        raise ValueError(f"column {number} holds nan or inf; wanted finite numbers: remove or replace them")
    low, high = min(column), max(column)
    if low == high:
        return float(low), 1.0
    # A power of two brings the column into [-1, 1]: that is exact, and neither sums nor squares can overflow.
    exponent = math.frexp(max(-low, high))[1]
    scaled = [math.ldexp(x, -exponent) for x in column]
    mean = math.fsum(scaled) / len(scaled)
    deviations = [x - mean for x in scaled]
    # The second term takes out what the mean's own rounding has added to the squares.
    variance = math.fsum(d * d for d in deviations) / len(scaled) - (math.fsum(deviations) / len(scaled)) ** 2
    # 1.0 also where a deviation is too small for a float: only columns of the tiniest floats come to that.
    return math.ldexp(mean, exponent), math.ldexp(math.sqrt(max(variance, 0.0)), exponent) or 1.0


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
    _require("n_samples", n_samples, numbers.Integral, lambda n: n >= least, f"an int of at least {least}")
    _require("noise", noise, numbers.Real, lambda sigma: 0 <= sigma < math.inf, "a finite number, 0 or more")
    rng, samples = random.Random(seed), []
    for arm, class_name in enumerate(arms):
        size = (n_samples + arm) // len(arms)  # the later arms take what division leaves, as in scikit-learn
        steps = size if closed else max(size - 1, 1)  # a closed curve does not come back to its first point
        exact = [point(arm, i / steps) for i in range(size)]
        noisy = [[rng.gauss(z.real, float(noise)), rng.gauss(z.imag, float(noise))] for z in exact]
        samples += [(row, class_names.index(class_name)) for row in noisy]
    rng.shuffle(samples)
    return Dataset(name, [row for row, _ in samples], [k for _, k in samples], ("x", "y"), class_names, "class")


def _numbered(noun: str, n_classes: int) -> list[str]:
    _require("n_classes", n_classes, numbers.Integral, lambda n: n >= 2, "an int of at least 2")
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
    _require("factor", factor, numbers.Real, lambda radius: 0 < radius < 1, "a number between 0 and 1")

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
    return _from_sklearn("digits", "load_digits", "digit")


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


def from_csv(path: str | os.PathLike[str], target: str | None = None, task: Task | None = None) -> Dataset:
    r"""A data set from a CSV file: a header line, then a row for each sample; all columns but the target are inputs.

    The file is UTF-8, with tab, semicolon or comma between cells; blank lines and spaces around cells do not count.
    `target` names the target column (None: the last one). `task` None means classification if no target is a number,
    or if all are whole numbers with at most 20 different values and at least twice as many rows; else regression.
    Classes are sorted, by value if all are numbers, else as text. DataError for a file that does not fit.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "fruit.csv")
    ...     _ = path.write_text("grams;kind\n20;plum\n900;melon\n", encoding="utf-8")
    ...     from_csv(path, "kind")
    Dataset(fruit.csv: 2 samples, 1 input -> kind, 2 classes)
    """
    if task not in {None, "classification", "regression"}:
        raise ValueError(f"task is {task!r}; wanted 'classification', 'regression' or None")
    table = _Table.read(path, least=2)
    target = [*table.columns][-1] if target is None else _clean(target)
    texts = table.texts(target, "a target; fill it in or take the row out", bool)
    input_names = tuple(name for name in table.columns if name != target)
    if not input_names:
        raise DataError(f"{table.where}: no column beside the target {_short(target)}; wanted inputs; add a column")
    values = [_number(text) for text in texts]
    if (task or _likely_task(values)) == "regression":
        targets = table.numbers(target, "mend the cell, or choose task='classification' or another target")
        return Dataset(Path(path).name, table.inputs(input_names), targets, input_names, (), target)
    keys: Sequence[Any] = texts if any(value is None or math.isnan(value) for value in values) else values
    # Of the texts of one number, such as 1 and 1.0, the first names the class.
    classes = sorted(dict(zip(reversed(keys), reversed(texts), strict=True)).items())
    if len(classes) < 2:
        came = f"no target but {_short(texts[0])}"
        raise DataError(f"{table.where}, column {_short(target)}: {came}; wanted two classes; add samples of another")
    index = {key: number for number, (key, _) in enumerate(classes)}
    class_names = tuple(text for _, text in classes)
    indices = [index[key] for key in keys]
    return Dataset(Path(path).name, table.inputs(input_names), indices, input_names, class_names, target)


def _likely_task(values: Sequence[float | None]) -> Task:
    whole = all(value is not None and value.is_integer() for value in values)
    few = len(set(values)) <= min(20, len(values) / 2)
    return "classification" if (whole and few) or values.count(None) == len(values) else "regression"


def rows_from_csv(path: str | os.PathLike[str], input_names: Sequence[str]) -> list[list[float]]:
    """Rows to predict from: the columns of a CSV file that have these names, in this order, and no others.

    Returns n_samples rows of n_inputs floats. DataError for a missing column and for a file that does not fit.
    """
    return _Table.read(path, least=1).inputs([_clean(name) for name in input_names])


@dataclass(frozen=True)
class _Table:
    """A CSV file as columns of text cells; `lines` says on which line of the file each row begins."""

    where: str
    columns: dict[str, list[str]]
    lines: list[int]

    @classmethod
    def read(cls, path: str | os.PathLike[str], least: int) -> Self:
        where = repr(os.fspath(path))
        text = _text(path, where)
        delimiter = _delimiter(text)
        header, *records = list(_records(where, text, delimiter)) or [(1, [])]
        if not header[1]:
            raise DataError(f"{where}: the file is empty; wanted a line of column names, and rows below it")
        columns: dict[str, list[str]] = {}
        for position, name in enumerate(header[1], start=1):
            if not name or name in columns:
                came = f"column {position} " + (f"is named {_short(name)} again" if name else "has no name")
                raise DataError(f"{where}, line {header[0]}: {came}; wanted a name of its own for each; rename it")
            columns[name] = []
        for line, cells in records:
            if len(cells) != len(columns):
                wanted = f"{len(columns)}, one for each column, with {delimiter!r} between them; mend the line"
                raise DataError(f"{where}, line {line}: {_count(len(cells), 'cell')}; wanted {wanted}")
            for column, cell in zip(columns.values(), cells, strict=True):
                column.append(cell)
        if len(records) < least:
            came = _count(len(records), "row") if records else "no row"
            raise DataError(f"{where}: {came} below the header; wanted at least {least}; add samples")
        return cls(where, columns, [line for line, _ in records])

    def require(self, names: Sequence[str]) -> None:
        missing = [name for name in names if name not in self.columns]
        if missing:
            raise DataError(
                f"{self.where}: no column {_listed(missing)}; wanted one of {_choices(missing[0], self.columns)}"
            )

    def texts(self, name: str, wanted: str, fits: Callable[[str], object]) -> list[str]:
        self.require([name])
        for line, text in zip(self.lines, self.columns[name], strict=True):
            if not fits(text):
                came = _short(text) if text else "an empty cell"
                raise DataError(f"{self.where}, line {line}, column {_short(name)}: {came}; wanted {wanted}")
        return self.columns[name]

    def numbers(self, name: str, remedy: str = "mend the cell, or take its row or column out") -> list[float]:
        def fits(text: str) -> bool:
            value = _number(text)
            return value is not None and math.isfinite(value)

        return [float(text) for text in self.texts(name, f"a finite number such as -1.5 or 2e3; {remedy}", fits)]

    def inputs(self, names: Sequence[str]) -> list[list[float]]:
        self.require(names)
        return [list(row) for row in zip(*map(self.numbers, names), strict=True)]


def _text(path: str | os.PathLike[str], where: str) -> str:
    """What the file holds, as text without NUL characters."""
    try:
        content = Path(path).read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{where}: {reason}; wanted a CSV file that can be read; check the path") from error
    try:
        text = content.decode().removeprefix("\ufeff")  # not "utf-8-sig": its errors count from behind the mark
        bad = content.find(b"\0")
    except UnicodeDecodeError as error:
        text, bad = "", error.start
    if bad < 0:
        return text
    line = content.count(b"\n", 0, bad) + 1
    came = f"byte 0x{content[bad]:02x}; wanted text in UTF-8"
    raise DataError(f"{where}, line {line}: {came}; save the file as CSV in UTF-8")


def _delimiter(text: str) -> str:
    """The first of tab, semicolon, comma that divides the header, and the row below it into as many cells."""
    # In this order: commas are frequent within the cells of the other kinds (decimal commas), but not vice versa.
    header_cells = {}
    for delimiter in "\t;,":
        try:
            widths = [len(cells) for _, cells in islice(_records("", text, delimiter), 2)] or [0]
        except DataError:  # quotes and lengths of cells can be right with another delimiter
            widths = [0]
        if widths[0] == widths[-1] > 1:
            return delimiter
        header_cells[delimiter] = widths[0]
    return max(",;\t", key=header_cells.__getitem__)


def _records(where: str, text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The first line's number, and the cells, of each record that is not blank."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True)
    line = 1
    try:
        for cells in reader:
            if len(cells) > 1 or any(map(_clean, cells)):
                yield line, list(map(_clean, cells))
            line = reader.line_num + 1
    except csv.Error as error:
        wanted = f"quotes that close before a delimiter, and cells of at most {csv.field_size_limit()} characters"
        raise DataError(f"{where}, line {line}: not CSV ({error}); wanted {wanted}; mend the line") from error


def _number(text: str) -> float | None:
    """A cell as a float, nan if only Python takes it for a number (1_000), None if not even Python does."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if text.isascii() and "_" not in text else math.nan


def _clean(text: str) -> str:
    return " ".join(text.split())


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:60] + "...")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(_short, names[:12])) + (f", ... ({len(names)} in all)" if len(names) > 12 else "")


def _choices(wrong: str, names: Iterable[str]) -> str:
    close = difflib.get_close_matches(wrong, names := list(names), n=1)
    return _listed(names) + (f"; did you mean {_short(close[0])}?" if close else "")


SYNTHETIC: dict[str, Callable[..., Dataset]] = {make.__name__: make for make in (moons, circles, spiral, xor, blobs)}
REAL: dict[str, Callable[[], Dataset]] = {"iris": iris, "digits": digits, "cancer": breast_cancer, "diabetes": diabetes}
DATASETS: dict[str, Callable[..., Dataset]] = SYNTHETIC | REAL


def load(name: str | os.PathLike[str], seed: int = 0, target: str | None = None) -> Dataset:
    """A data set by its name in `DATASETS`, or from a CSV file if the name ends in .csv.

    `seed` is for the synthetic ones, `target` for CSV files: the target column's name, by default the last column's.
    DataError for an unknown name and for what `from_csv` refuses; ImportError if scikit-learn is needed and missing.

    >>> load("circles", seed=1)
    Dataset(circles: 100 samples, 2 inputs -> class, 2 classes)
    """
    name = os.fspath(name)
    if name.lower().endswith(".csv"):
        return from_csv(name, target)
    if name not in DATASETS:
        raise DataError(
            f"no data set {_short(name)}; wanted a path that ends in .csv, or one of {_choices(name, DATASETS)}"
        )
    if target is not None:
        raise DataError(f"target {_short(target)} for the data set {name!r}; wanted none: leave it to CSV files")
    return SYNTHETIC[name](seed=seed) if name in SYNTHETIC else REAL[name]()
