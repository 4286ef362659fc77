"""The data sets: geometry against scikit-learn, its real sets, and CSV files good and bad."""

import collections
import math
import random
import re
import statistics
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sklearn.datasets

from nn import data
from nn.data import DataError, Dataset, from_csv, load, rows_from_csv

GENERATORS = [data.moons, data.circles, data.spiral, data.xor, data.blobs]


def point_set(inputs, targets):
    return {
        (round(x, 12) + 0.0, round(y, 12) + 0.0, int(target)) for (x, y), target in zip(inputs, targets, strict=True)
    }


@pytest.fixture
def csv_file(tmp_path):
    def write(content):
        path = tmp_path / "table.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


# --- Shapes in the plane


@pytest.mark.parametrize("n_samples", [2, 3, 4, 5, 100, 101])
def test_moons_without_noise_lie_where_scikit_learn_puts_them(n_samples):
    ours = data.moons(n_samples, noise=0)
    assert len(ours) == n_samples
    assert point_set(ours.inputs, ours.targets) == point_set(*sklearn.datasets.make_moons(n_samples))


@pytest.mark.parametrize("n_samples", [2, 3, 4, 5, 100, 101])
@pytest.mark.parametrize("factor", [0.5, 0.8])
def test_circles_without_noise_lie_where_scikit_learn_puts_them(n_samples, factor):
    ours = data.circles(n_samples, noise=0, factor=factor)
    assert len(ours) == n_samples
    assert point_set(ours.inputs, ours.targets) == point_set(*sklearn.datasets.make_circles(n_samples, factor=factor))


def test_the_inner_circle_has_half_the_radius_by_default():
    circles = data.circles(40, noise=0)
    radii = [(round(math.hypot(x, y), 12), k) for (x, y), k in zip(circles.inputs, circles.targets, strict=True)]
    assert collections.Counter(radii) == {(1.0, 0): 20, (0.5, 1): 20}


@pytest.mark.parametrize("n_classes", [2, 3, 5])
def test_the_arms_of_a_spiral_are_one_arm_turned(n_classes):
    spiral = data.spiral(20 * n_classes, noise=0, n_classes=n_classes)
    arms = [
        {complex(*row) for row, k in zip(spiral.inputs, spiral.targets, strict=True) if k == arm}
        for arm in range(n_classes)
    ]
    assert sorted(map(abs, arms[0])) == pytest.approx(np.linspace(0.1, 1.0, 20).tolist())
    for k, arm in enumerate(arms):
        turn = complex(math.cos(2 * math.pi * k / n_classes), math.sin(2 * math.pi * k / n_classes))
        assert sorted(arm, key=abs) == pytest.approx([z * turn for z in sorted(arms[0], key=abs)])
    # One whole turn: both ends of the first arm lie on the positive x axis, its middle on the negative one.
    first = sorted(arms[0], key=abs)
    assert [first[0], first[-1]] == pytest.approx([0.1, 1.0])
    assert first[9].real < 0 > first[10].real


def test_xor_without_noise_is_its_four_corners_and_class_1_where_the_signs_differ():
    xor = data.xor(8, noise=0)
    samples = collections.Counter((x, y, k) for (x, y), k in zip(xor.inputs, xor.targets, strict=True))
    assert samples == {(1.0, 1.0, 0): 2, (-1.0, -1.0, 0): 2, (1.0, -1.0, 1): 2, (-1.0, 1.0, 1): 2}
    assert xor.class_names == ("same sign", "different signs")


def test_blobs_without_noise_are_the_cube_roots_of_one():
    blobs = data.blobs(9, noise=0)
    h = math.sqrt(3) / 2
    assert point_set(blobs.inputs, blobs.targets) == point_set([[1, 0], [-0.5, h], [-0.5, -h]], [0, 1, 2])
    assert collections.Counter(blobs.targets) == {0: 3, 1: 3, 2: 3}


def test_noise_is_the_standard_deviation_of_each_coordinate():
    blobs = data.blobs(8000, noise=0.25, seed=1, n_classes=2)
    for axis, centre in [(0, 1.0), (1, 0.0)]:
        first = [row[axis] for row, k in zip(blobs.inputs, blobs.targets, strict=True) if k == 0]
        assert statistics.fmean(first) == pytest.approx(centre, abs=0.02)
        assert statistics.pstdev(first) == pytest.approx(0.25, rel=0.05)


@pytest.mark.parametrize("generator", GENERATORS)
def test_a_seed_gives_the_same_shuffled_data_and_leaves_the_global_generator_alone(generator):
    state = random.getstate()
    one, again, other = generator(seed=3), generator(seed=3), generator(seed=4)
    train, test = one.split(seed=5)
    assert random.getstate() == state
    assert one == again
    assert one.inputs != other.inputs
    assert one.targets != sorted(one.targets)
    assert (train, test) == one.split(seed=5)
    assert test != one.split(seed=6)[1]


@pytest.mark.parametrize("generator", GENERATORS)
@pytest.mark.parametrize("n_samples", [4, 7, 50])
def test_generators_divide_the_samples_evenly_and_give_builtin_numbers(generator, n_samples):
    made = generator(np.int64(n_samples), noise=np.float32(0.5))
    assert len(made) == n_samples
    counts = collections.Counter(made.targets)
    assert set(counts) == set(range(made.n_classes))
    assert max(counts.values()) - min(counts.values()) <= 1
    assert {type(x) for row in made.inputs for x in row} == {float}
    assert {type(k) for k in made.targets} == {int}
    assert (made.input_names, made.task) == (("x", "y"), "classification")


@pytest.mark.parametrize("generator", [data.spiral, data.blobs])
def test_more_classes_can_be_asked_for(generator):
    made = generator(70, n_classes=7)
    assert made.n_classes == 7
    assert collections.Counter(made.targets) == dict.fromkeys(range(7), 10)


@pytest.mark.parametrize("generator", GENERATORS)
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"n_samples": 0}, ValueError, r"^n_samples is 0; wanted an int of at least [23]$"),
        ({"n_samples": -5}, ValueError, r"^n_samples is -5; wanted an int"),
        ({"n_samples": 1}, ValueError, r"^n_samples is 1; wanted an int of at least [23]$"),
        ({"n_samples": 10.0}, TypeError, r"^n_samples is 10\.0, a float; wanted an int"),
        ({"n_samples": "10"}, TypeError, r"^n_samples is '10', a str; wanted an int"),
        ({"n_samples": True}, TypeError, r"^n_samples is True, a bool; wanted an int"),
        ({"n_samples": None}, TypeError, r"^n_samples is None, a NoneType; wanted an int"),
        ({"noise": -0.1}, ValueError, r"^noise is -0\.1; wanted a finite number, 0 or more$"),
        ({"noise": math.nan}, ValueError, r"^noise is nan; wanted a finite number"),
        ({"noise": math.inf}, ValueError, r"^noise is inf; wanted a finite number"),
        ({"noise": "much"}, TypeError, r"^noise is 'much', a str; wanted a finite number"),
        ({"noise": None}, TypeError, r"^noise is None, a NoneType; wanted a finite number"),
    ],
)
def test_generators_say_which_argument_is_wrong_and_what_they_want(generator, arguments, error, message):
    with pytest.raises(error, match=message):
        generator(**arguments)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: data.spiral(n_classes=1), ValueError, r"^n_classes is 1; wanted an int of at least 2$"),
        (lambda: data.blobs(n_classes=2.0), TypeError, r"^n_classes is 2\.0, a float; wanted an int"),
        (lambda: data.blobs(4, n_classes=5), ValueError, r"^n_samples is 4; wanted an int of at least 5$"),
        (lambda: data.circles(factor=1), ValueError, r"^factor is 1; wanted a number between 0 and 1$"),
        (lambda: data.circles(factor=math.nan), ValueError, r"^factor is nan; wanted a number between 0 and 1$"),
    ],
)
def test_the_arguments_of_single_generators_are_checked_too(call, error, message):
    with pytest.raises(error, match=message):
        call()


# --- scikit-learn's sets


def test_the_real_sets_hold_the_numbers_that_their_sources_print():
    iris = data.iris()
    assert (iris.inputs[0], iris.inputs[-1]) == ([5.1, 3.5, 1.4, 0.2], [5.9, 3.0, 5.1, 1.8])
    assert iris.class_names == ("setosa", "versicolor", "virginica")
    assert iris.input_names[0] == "sepal length (cm)"
    digits = data.digits()
    assert (len(digits), digits.n_inputs, digits.targets[:10]) == (1797, 64, list(range(10)))
    assert {min(map(min, digits.inputs)), max(map(max, digits.inputs))} == {0.0, 16.0}
    assert digits.input_names[-1] == "pixel_7_7"
    assert digits.class_names == tuple("0123456789")
    cancer = data.breast_cancer()
    assert cancer.class_names == ("malignant", "benign")
    assert collections.Counter(cancer.targets) == {0: 212, 1: 357}
    assert (cancer.n_inputs, cancer.inputs[0][0], cancer.input_names[0]) == (30, 17.99, "mean radius")
    diabetes = data.diabetes()
    assert diabetes.inputs[0] == [59.0, 2.0, 32.1, 101.0, 157.0, 93.2, 38.0, 4.0, 4.8598, 87.0]
    assert (diabetes.targets[:3], diabetes.task) == ([151.0, 75.0, 141.0], "regression")
    assert diabetes.input_names == ("age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6")


@pytest.mark.parametrize("name", data.REAL)
def test_the_real_sets_hold_builtin_numbers_and_strings(name):
    real = load(name)
    assert real.name == name
    assert {type(x) for row in real.inputs for x in row} == {float}
    assert {type(x) for x in real.targets} == {int if real.is_classification else float}
    assert {type(x) for x in (*real.input_names, *real.class_names)} == {str}


@pytest.mark.parametrize("name", data.REAL)
def test_without_scikit_learn_one_line_names_the_pip_command(name, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ModuleNotFoundError) as caught:
        load(name)
    assert str(caught.value) == f"the data set '{name}' comes with scikit-learn: pip install 'scalar-autograd[data]'"


def test_the_module_and_its_synthetic_sets_need_the_standard_library_only():
    code = (
        "import sys, types; package = sys.modules['nn'] = types.ModuleType('nn'); package.__path__ = [sys.argv[1]];"
        "from nn.data import load; load('moons').split();"
        "print(sorted({'numpy', 'sklearn', 'pandas', 'autograd'} & set(sys.modules)))"
    )
    # Isolated (-I), and `nn` is an empty package, so that `nn/__init__.py` does not count.
    command = [sys.executable, "-I", "-c", code, str(Path(data.__file__).parent)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603  # our own interpreter
    assert done.stdout == "[]\n"


# --- load


def test_every_name_in_the_table_loads_under_that_name():
    assert list(data.DATASETS) == ["moons", "circles", "spiral", "xor", "blobs", "iris", "digits", "cancer", "diabetes"]
    for name in data.DATASETS:
        assert load(name).name == name


def test_load_hands_the_seed_and_the_number_of_samples_on():
    assert load("moons", n_samples=30) == data.moons(30)
    assert load("blobs", seed=7) == data.blobs(seed=7)
    assert load("blobs", seed=7) != data.blobs(seed=8)


@pytest.mark.parametrize("file_name", ["fruit.csv", "FRUIT.CSV", "fr.uit.Csv"])
def test_load_reads_a_csv_file_whose_target_is_the_last_column_unless_named(tmp_path, file_name):
    path = tmp_path / file_name
    path.write_text("grams,colour,kind\n20,1.5,plum\n900,2.5,melon\n", encoding="utf-8")
    assert repr(load(path)) == f"Dataset({file_name}: 2 samples, 2 inputs -> kind, 2 classes)"
    path.write_text("grams,kind\n20.5,1\n900.5,2\n", encoding="utf-8")
    named = load(str(path), target="grams")
    assert (named.input_names, named.targets, named.inputs) == (("kind",), [20.5, 900.5], [[1.0], [2.0]])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("mons",),
            r"^no data set 'mons'; wanted a path .*\.csv, or one of 'moons', .*'diabetes'; did you mean 'moons'\?$",
        ),
        (("table.tsv",), r"^no data set 'table\.tsv'; wanted a path that ends in \.csv, or one of 'moons', "),
        (("",), r"^no data set ''; wanted"),
        (("iris", 0, "species"), r"^target 'species' for the data set 'iris'; wanted none: leave it to CSV files$"),
    ],
)
def test_load_refuses_what_it_does_not_know(arguments, message):
    with pytest.raises(DataError, match=message):
        load(*arguments)


# --- CSV


def test_a_csv_file_becomes_a_classification_with_sorted_class_names(csv_file):
    read = from_csv(csv_file("a,kind,b\n1,plum,-2.5\n3e2,melon,+.5\n\n 4. , plum ,1E-3\n"), "kind")
    assert read == Dataset(
        "table.csv", [[1.0, -2.5], [300.0, 0.5], [4.0, 0.001]], [1, 0, 1], ("a", "b"), ("melon", "plum"), "kind"
    )


@pytest.mark.parametrize(
    "content",
    [
        "a;b b;kind\n1;2;x\n3;4;y\n",
        "a\tb b\tkind\n1\t2\tx\n3\t4\ty\n",
        "\ufeffa,b b,kind\n1,2,x\n3,4,y\n",
        "\n\na,b b,kind\r\n\r\n1,2,x\r\n   \r\n3,4,y\r\n\r\n",
        "a,b b,kind\r1,2,x\r3,4,y",
        '"a","b b","kind"\n"1","2","x"\n"3","4","y"\n',
        'a, "b\n  b", kind\n1, 2, "x"\n3, 4, y\n',
        " a ,  b   b , kind \n1,2,x\n3,4,y",
    ],
    ids=["semicolon", "tab", "byte order mark", "blank lines", "old Mac", "quotes", "quoted line end", "spaces"],
)
def test_the_same_table_can_be_written_in_many_ways(csv_file, content):
    read = from_csv(csv_file(content), "kind")
    assert read == Dataset("table.csv", [[1.0, 2.0], [3.0, 4.0]], [0, 1], ("a", "b b"), ("x", "y"), "kind")


@pytest.mark.parametrize(
    ("content", "input_names", "class_names"),
    [
        ('"a;b",kind\n1,x\n2,y\n', ("a;b",), ("x", "y")),
        ('"a,b,c";kind\n1;x\n2;y\n', ("a,b,c",), ("x", "y")),
        ("size (a, b, c);kind\n1;x\n2;y\n", ("size (a, b, c)",), ("x", "y")),
        ("height, cm\tkind\n1\tx\n2\ty\n", ("height, cm",), ("x", "y")),
        ("height; cm,kind\n1,x\n2,y\n", ("height; cm",), ("x", "y")),
        ('a,kind\n1,"x, y; z"\n2,"say ""hm"""\n', ("a",), ('say "hm"', "x, y; z")),
        ("height, cm;kind\n1;x, y\n2;z, w\n", ("height, cm",), ("x, y", "z, w")),
        ("a,kind\n1,x;1\n2,y;2\n", ("a",), ("x;1", "y;2")),
    ],
)
def test_the_delimiter_is_the_one_that_divides_header_and_row_alike(csv_file, content, input_names, class_names):
    read = from_csv(csv_file(content), "kind")
    assert (read.input_names, read.class_names, read.inputs) == (input_names, class_names, [[1.0], [2.0]])


def test_many_columns_and_long_lines_are_no_obstacle(csv_file):
    names = [f"a column with a long name {i}" for i in range(6000)]
    row = ",".join(["1.5"] * 6000)
    read = from_csv(csv_file(f"{','.join(names)},kind\n{row},x\n{row},y\n"), "kind")
    assert (read.n_inputs, read.class_names) == (6000, ("x", "y"))


def csv_of_targets(targets):
    return "x,t\n" + "".join(f"{i},{target}\n" for i, target in enumerate(targets))


@pytest.mark.parametrize(
    ("targets", "class_names", "expected"),
    [
        ("b a b", "a b", [1, 0, 1]),
        ("True False", "False True", [1, 0]),
        ("0 1 0 1", "0 1", [0, 1, 0, 1]),
        ("10 9 -1 9 9 9", "-1 9 10", [2, 1, 0, 1, 1, 1]),
        ("2.0 1.0 1.0 2.0", "1.0 2.0", [1, 0, 0, 1]),
        ("1 1.0 2e0 2", "1 2e0", [0, 0, 1, 1]),
        ("0 1 0", None, [0.0, 1.0, 0.0]),
        ("0.5 1.5 0.5 1.5", None, [0.5, 1.5, 0.5, 1.5]),
        (" ".join(map(str, [*range(20)] * 2)), " ".join(map(str, range(20))), [*range(20)] * 2),
        (" ".join(map(str, [*range(20), *[0] * 19])), None, [*map(float, range(20)), *[0.0] * 19]),
        (" ".join(map(str, [*range(21)] * 2)), None, [*map(float, range(21))] * 2),
    ],
)
def test_the_targets_decide_between_classification_and_regression(csv_file, targets, class_names, expected):
    read = from_csv(csv_file(csv_of_targets(targets.split())), "t")
    assert read.class_names == tuple((class_names or "").split())
    assert read.targets == expected
    assert {type(target) for target in read.targets} == {float if class_names is None else int}


@pytest.mark.parametrize(
    ("targets", "task", "class_names", "expected"),
    [
        ("0 1 0 1", "regression", (), [0.0, 1.0, 0.0, 1.0]),
        ("10 9.5", "classification", ("9.5", "10"), [1, 0]),
        ("10 9 x", "classification", ("10", "9", "x"), [0, 1, 2]),
    ],
)
def test_the_task_can_be_chosen(csv_file, targets, task, class_names, expected):
    read = from_csv(csv_file(csv_of_targets(targets.split())), "t", task=task)
    assert (read.class_names, read.targets, read.task) == (class_names, expected, task)


def test_a_task_that_does_not_exist_is_refused(csv_file):
    with pytest.raises(ValueError, match=r"^task is 'clustering'; wanted 'classification', 'regression' or None$"):
        from_csv(csv_file("a,t\n1,2\n3,4\n"), task="clustering")


@pytest.mark.parametrize(
    ("content", "header", "between"),
    [
        ("a|b|c\n1|2|x\n3|4|y\n", "'a|b|c'", "'|'"),
        ("a | b | c\n1 | 2 | x\n", "'a | b | c'", "'|'"),
        ("a|b|c\n1,5|2,5|x\n", "'a|b|c'", "'|'"),
        ("\na b   c\n1 2 x\n", "'a b c'", "spaces"),
        ("a b c\n1,5 2,5 x\n", "'a b c'", "spaces"),
    ],
)
def test_a_table_with_something_else_between_its_cells_is_told_what_was_expected(csv_file, content, header, between):
    line = 1 + content.startswith("\n")
    message = (
        f"line {line}: one column, {header}, as it seems with {between} between cells;"
        " wanted a comma, a semicolon or a tab; replace them"
    )
    path = csv_file(content)
    for read in (lambda: data.from_csv(path, "c"), lambda: data.rows_from_csv(path, ["a", "b"])):
        with pytest.raises(DataError, match=re.escape(message)):
            read()


@pytest.mark.parametrize("content", ["sepal length\n1\n2\n", "a|b\n1\n2\n"])
def test_a_table_of_one_column_may_have_any_name(csv_file, content):
    name = content.splitlines()[0]
    assert data.rows_from_csv(csv_file(content), [name]) == [[1.0], [2.0]]
    with pytest.raises(
        DataError, match=re.escape(f"no column beside the target {name!r}; wanted inputs; add a column")
    ):
        data.from_csv(csv_file(content))


@pytest.mark.parametrize("name", ["iris", "cancer", "diabetes"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_what_pandas_writes_is_read_back_to_the_last_bit(tmp_path, name, delimiter):
    real = load(name)
    frame = pd.DataFrame(real.inputs, columns=list(real.input_names))
    frame[real.target_name] = [real.class_names[k] for k in real.targets] if real.class_names else real.targets
    path = tmp_path / "table.csv"
    frame.to_csv(path, sep=delimiter, index=False)
    read = from_csv(path, real.target_name)
    assert (read.inputs, read.input_names, read.task) == (real.inputs, real.input_names, real.task)
    decoded = [read.class_names[k] for k in read.targets] if read.class_names else read.targets
    assert decoded == frame[real.target_name].tolist()
    assert rows_from_csv(path, real.input_names) == real.inputs


def test_rows_to_predict_from_are_picked_by_name_and_in_that_order(csv_file):
    path = csv_file("a,note,b,kind\n1,hello,2,\n3,,4,x\n")
    assert rows_from_csv(path, ["b", "a"]) == [[2.0, 1.0], [4.0, 3.0]]
    assert rows_from_csv(csv_file("a\n1\n"), ("a",)) == [[1.0]]


def test_spaces_in_the_names_that_are_asked_for_count_as_little_as_in_the_header(csv_file):
    path = csv_file('"b\n b",kind\n1,x\n2,y\n')
    assert rows_from_csv(path, [" b   b"]) == [[1.0], [2.0]]
    assert from_csv(path, "kind ").class_names == ("x", "y")


FULL = "a,b,kind\n1,2,x\n3,4,y\n"

# What the file holds, the target, and what the message must say of it: where, what came, what was wanted, what to do.
BAD_FILES = {
    "empty": (b"", None, ["the file is empty", "wanted a line of column names, and rows below it"]),
    "byte order mark only": (b"\xef\xbb\xbf", None, ["the file is empty"]),
    "blank lines only": ("\n  \n\r\n", None, ["the file is empty"]),
    "header only": ("a,b\n", None, ["no row below the header", "wanted at least 2", "add samples"]),
    "one row": ("a,kind\n1,x\n", None, ["1 row below the header", "wanted at least 2"]),
    "Latin-1": (
        "a,kind\n1,x\n2,caf\xe9\n".encode("latin-1"),
        None,
        ["line 3", "byte 0xe9", "wanted text in UTF-8", "save"],
    ),
    "mark, then Latin-1": (b"\xef\xbb\xbfa\n\xe9b\n", None, ["line 2", "byte 0xe9", "wanted text in UTF-8", "save"]),
    "UTF-16": (FULL.encode("utf-16"), None, ["line 1", "byte 0xff", "wanted text in UTF-8", "save"]),
    "NUL": ("a,kind\n1,x\0\n2,y\n", None, ["line 2", "byte 0x00", "wanted text in UTF-8", "save"]),
    "name twice": ("a,b,a\n1,2,3\n4,5,6\n", None, ["line 1", "column 3", "is named 'a' again", "wanted", "rename it"]),
    "name missing": ("\na,,b\n1,2,3\n4,5,6\n", None, ["line 2", "column 2", "has no name", "wanted", "rename it"]),
    "other target": (FULL, "kynd", ["no column 'kynd'", "wanted one of 'a', 'b', 'kind'", "did you mean 'kind'?"]),
    "far target": (FULL, "species", ["no column 'species'", "wanted one of 'a', 'b', 'kind'"]),
    "target only": ("kind\nx\ny\n", None, ["no column beside the target 'kind'", "wanted inputs", "add a column"]),
    "short row": ("a,b,kind\n1,2,x\n3,y\n", None, ["line 3", "2 cells", "wanted 3", "','", "mend the line"]),
    "shortest row": ("a;b;kind\n1;2;x\n\n3\n", None, ["line 4", "1 cell;", "wanted 3", "';'", "mend the line"]),
    "short first row": ("a;b;kind\n1;2\n3;4;y\n", None, ["line 2", "2 cells", "wanted 3", "';'"]),
    "long row": ("a,b,kind\n1,2,x\n3,4,y,5\n", None, ["line 3", "4 cells", "wanted 3", "mend the line"]),
    "hole": (
        "a,b,kind\n1,2,x\n3, ,y\n",
        None,
        ["line 3", "column 'b'", "an empty cell", "wanted a finite number", "mend"],
    ),
    "hole in the target": (
        "a,kind\n1,x\n3,\n",
        None,
        ["line 3", "column 'kind'", "an empty cell", "wanted", "fill it in"],
    ),
    "text": (
        "a,kind\n1,x\ntall,y\n",
        None,
        ["line 3", "column 'a'", "'tall'", "wanted a finite number", "mend the cell"],
    ),
    "nan": ("a,kind\nnan,x\n1,y\n", None, ["line 2", "column 'a'", "'nan'", "wanted a finite number", "mend the cell"]),
    "inf": ("a,kind\n1,x\n-inf,y\n", None, ["line 3", "column 'a'", "'-inf'", "wanted a finite number"]),
    "overflow": ("a,kind\n1e999,x\n1,y\n", None, ["line 2", "column 'a'", "'1e999'", "wanted a finite number"]),
    "underscore": ("a,kind\n1_000,x\n1,y\n", None, ["line 2", "column 'a'", "'1_000'", "wanted a finite number"]),
    "decimal comma": (
        "a;kind\n1,5;x\n2,5;y\n",
        None,
        ["line 2", "column 'a'", "'1,5'", "wanted a finite number such as -1.5"],
    ),
    "other digits": ("a,kind\n\u0663,x\n1,y\n", None, ["line 2", "column 'a'", "wanted a finite number"]),
    "hexadecimal": ("a,kind\n0x1F,x\n1,y\n", None, ["line 2", "column 'a'", "'0x1F'", "wanted a finite number"]),
    "below a quoted line end": ('a,"b\nb",kind\n1,2,x\n3,z,y\n', None, ["line 4", "column 'b b'", "'z'"]),
    "open quote": (
        'a,kind\n1,x\n2,"y\n3,z\n',
        None,
        ["line 3", "not CSV", "wanted quotes that close", "mend the line"],
    ),
    "text after a quote": ('a,kind\n1,x\n"2"3,y\n', None, ["line 3", "not CSV", "',' expected", "mend the line"]),
    "over-long cell": (
        f"a,kind\n1,x\n2,{'y' * 200_000}\n",
        None,
        ["line 3", "field limit", "wanted", "131072 characters"],
    ),
    "one class": (
        "a,kind\n1,x\n2,x\n",
        None,
        ["column 'kind'", "no target but 'x'", "wanted two classes", "add samples"],
    ),
    "one number": ("a,t\n1,7\n2,7\n3,7.0\n", "t", ["column 't'", "no target but '7'", "wanted two classes"]),
    "mixed targets": (
        "a,t\n1,7\n2,x\n",
        "t",
        ["line 3", "column 't'", "'x'", "a finite number", "classes may have any names"],
    ),
    "nan among names": ("a,t\n1,x\n2,nan\n", "t", ["line 2", "column 't'", "'x'", "classes may have any names"]),
    "underscore targets": ("a,t\n1,1_000\n2,2_000\n", "t", ["line 2", "column 't'", "'1_000'", "a finite number"]),
    "nan targets": ("a,t\n1,1.5\n2,nan\n", "t", ["line 3", "column 't'", "'nan'", "a finite number"]),
    "terminal codes": ("a,kind\n1,x\n\x1b[31m\u2028,y\n", None, ["line 3", r"'\x1b[31m'"]),
    "long text": (f"a,kind\n1,x\n{'z' * 61},y\n", None, ["line 3", f"'{'z' * 60}...'", "wanted"]),
}


@pytest.mark.parametrize("fault", BAD_FILES)
def test_a_bad_file_is_refused_in_one_line_that_says_where_what_and_what_to_do(csv_file, fault):
    content, target, fragments = BAD_FILES[fault]
    path = csv_file(content)
    with pytest.raises(DataError) as caught:
        from_csv(path, target)
    message = str(caught.value)
    assert message.startswith(repr(str(path)))
    assert len(message.splitlines()) == 1
    assert len(message) < 400 + len(str(path))
    for fragment in fragments:
        assert fragment in message


@pytest.mark.parametrize(
    ("content", "input_names", "fragments"),
    [
        (
            FULL,
            ["a", "c", "kinds"],
            ["no column 'c', 'kinds'", "the model needs the columns 'a', 'c', 'kinds'; the file has 'a', 'b', 'kind'"],
        ),
        (FULL, ["kinds", "a"], ["no column 'kinds'", "did you mean 'kind'?"]),
        (FULL, ["a", "kind"], ["line 2", "column 'kind'", "'x'", "wanted a finite number"]),
        (FULL, [f"c{i}" for i in range(30)], ["no column 'c0', ", "'c11', ... (30 in all); the file has 'a'"]),
        ("a,b\n1,2\n3,\n", ["b"], ["line 3", "column 'b'", "an empty cell", "wanted a finite number"]),
        ("a,b\n1,2\n3\n", ["a"], ["line 3", "1 cell", "wanted 2"]),
        ("a,b\n", ["a"], ["no row below the header", "wanted at least 1"]),
        ("", ["a"], ["the file is empty"]),
    ],
)
def test_rows_to_predict_from_are_checked_in_the_same_way(csv_file, content, input_names, fragments):
    path = csv_file(content)
    with pytest.raises(DataError) as caught:
        rows_from_csv(path, input_names)
    message = str(caught.value)
    assert message.startswith(repr(str(path)))
    for fragment in fragments:
        assert fragment in message


def test_of_many_columns_the_message_lists_a_dozen(csv_file):
    header, row = ",".join(f"column{i}" for i in range(500)), ",".join(["1"] * 500)
    with pytest.raises(DataError, match=r"'column0', .*'column11', \.\.\. \(500 in all\); did you mean 'column499'\?$"):
        from_csv(csv_file(f"{header}\n{row}\n{row}\n"), "kolumn499")


@pytest.mark.parametrize(
    ("name", "reason"),
    [("missing.csv", "No such file"), (".", "Is a directory"), ("a\0b.csv", "null"), ("x" * 5000, "too long")],
)
def test_a_path_that_cannot_be_read_is_named(tmp_path, name, reason):
    with pytest.raises(DataError, match=r"wanted a CSV file that can be read; check the path$") as caught:
        from_csv(tmp_path / name, "kind")
    assert str(caught.value).startswith(repr(f"{tmp_path / name}"))
    assert reason in str(caught.value)
    with pytest.raises(DataError, match="wanted a CSV file that can be read"):
        rows_from_csv(str(tmp_path / name), ["a"])
