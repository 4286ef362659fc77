"""Data sets that are taken and split, and scalings: moments against exact fractions and scikit-learn."""

import collections
import dataclasses
import json
import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import StandardScaler

from nn.data import load
from nn.datasets import Dataset, Scaling


def numbered(sizes):
    """Samples that can be told apart: the input of each is its own number."""
    targets = [k for k, size in enumerate(sizes) for _ in range(size)]
    names = tuple(f"c{k}" for k in range(len(sizes)))
    return Dataset("numbered", [[float(i)] for i in range(len(targets))], targets, ("i",), names, "k")


# --- Dataset


def test_a_data_set_says_what_it_holds():
    iris = load("iris")
    assert repr(iris) == "Dataset(iris: 150 samples, 4 inputs -> species, 3 classes)"
    assert (len(iris), iris.n_inputs, iris.n_classes, iris.is_classification, iris.task) == (
        150,
        4,
        3,
        True,
        "classification",
    )
    line = Dataset("line", [[1.0]], [2.0], ("x",), (), "y")
    assert repr(line) == "Dataset(line: 1 sample, 1 input -> y, a number)"
    assert (line.n_classes, line.is_classification, line.task) == (0, False, "regression")


def test_lengths_that_do_not_match_are_refused_with_both():
    with pytest.raises(ValueError, match=r"^2 rows of inputs, 1 targets; wanted as many of each$"):
        Dataset("d", [[1.0], [2.0]], [0], ("x",), ("a", "b"), "k")
    with pytest.raises(ValueError, match=r"^row 1 has 3 numbers; wanted 2, one for each input$"):
        Dataset("d", [[1.0, 2.0], [1.0, 2.0, 3.0]], [0, 1], ("x", "y"), ("a", "b"), "k")


def test_take_keeps_order_and_repeats_and_copies():
    whole = numbered([3, 2])
    part = whole.take([4, 0, np.int64(4)])
    assert (part.inputs, part.targets, part.class_names) == ([[4.0], [0.0], [4.0]], [1, 0, 1], ("c0", "c1"))
    part.inputs[0][0] = 99.0
    assert (whole.inputs[4], part.inputs[2]) == ([4.0], [4.0])


@pytest.mark.parametrize("index", [5, -1, True])
def test_take_refuses_what_is_no_index(index):
    with pytest.raises(IndexError, match=rf"^{index} is no sample of numbered; wanted an int from 0 to 4$"):
        numbered([3, 2]).take([0, index])


def test_iris_is_split_into_40_and_10_of_each_species():
    train, test = load("iris").split()
    assert collections.Counter(train.targets) == {0: 40, 1: 40, 2: 40}
    assert collections.Counter(test.targets) == {0: 10, 1: 10, 2: 10}
    assert train.targets != sorted(train.targets)
    assert (test.name, test.input_names, test.class_names) == (
        "iris",
        load("iris").input_names,
        load("iris").class_names,
    )


@given(
    sizes=st.lists(st.integers(2, 40), min_size=2, max_size=6),
    held_out=st.floats(0.01, 0.99),
    seed=st.integers(0, 1000),
)
def test_a_split_is_complete_disjoint_and_keeps_the_share_of_every_class(sizes, held_out, seed):
    whole = numbered(sizes)
    train, test = whole.split(held_out, seed)
    assert sorted(train.inputs + test.inputs) == whole.inputs
    for part in (train, test):
        assert [whole.targets[int(i)] for (i,) in part.inputs] == part.targets
        assert set(part.targets) == set(range(len(sizes)))
    for k, size in enumerate(sizes):
        count = test.targets.count(k)
        assert abs(count - held_out * size) <= 1 + 1e-9


def test_the_shares_of_the_classes_add_up_to_the_share_of_the_whole():
    # A quarter of 50 is 12.5: were each class rounded by itself, 25 would become 24 or 26.
    assert [len(part) for part in numbered([50, 50]).split(0.25)] == [75, 25]
    assert [len(part) for part in numbered([10] * 10).split(0.25)] == [75, 25]


def test_a_regression_is_split_as_a_whole():
    line = Dataset("line", [[float(i)] for i in range(10)], [2.0 * i for i in range(10)], ("x",), (), "y")
    train, test = line.split(0.3)
    assert (len(train), len(test)) == (7, 3)
    assert sorted(train.inputs + test.inputs) == line.inputs
    assert all(
        target == 2 * x for part in (train, test) for (x,), target in zip(part.inputs, part.targets, strict=True)
    )
    assert test.inputs != sorted(test.inputs) or train.inputs != sorted(train.inputs)


@pytest.mark.parametrize(
    ("dataset", "held_out", "error", "message"),
    [
        (numbered([5, 1]), 0.2, ValueError, r"^numbered cannot be split: class 'c1' has 1 sample; wanted 2 or more"),
        (numbered([]), 0.2, ValueError, r"^numbered cannot be split: it has 0 samples; wanted 2 or more"),
        (
            Dataset("r", [[1.0]], [1.0], ("x",), (), "y"),
            0.2,
            ValueError,
            r"^r cannot be split: it has 1 sample; wanted 2",
        ),
        (numbered([5, 5]), 0, ValueError, r"^held_out is 0; wanted a number between 0 and 1$"),
        (numbered([5, 5]), 1.0, ValueError, r"^held_out is 1\.0; wanted a number between 0 and 1$"),
        (numbered([5, 5]), math.nan, ValueError, r"^held_out is nan; wanted a number between 0 and 1$"),
        (numbered([5, 5]), "half", TypeError, r"^held_out is 'half', a str; wanted a number between 0 and 1$"),
    ],
)
def test_what_cannot_be_split_is_said(dataset, held_out, error, message):
    with pytest.raises(error, match=message):
        dataset.split(held_out)


# --- Scaling


@pytest.mark.parametrize("name", ["iris", "cancer", "diabetes", "digits"])
def test_scaling_agrees_with_scikit_learns_standard_scaler(name):
    rows = load(name).inputs
    scaling = Scaling.fit(rows)
    reference = StandardScaler().fit(rows)
    np.testing.assert_allclose(scaling.means, reference.mean_, rtol=1e-13)
    np.testing.assert_allclose(scaling.scales, reference.scale_, rtol=1e-13)
    np.testing.assert_allclose(scaling(rows), reference.transform(rows), rtol=1e-9, atol=1e-12)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=30))
def test_moments_agree_with_exact_fractions_for_every_column_of_floats(column):
    scaling = Scaling.fit([[x] for x in column])
    exact = statistics.pstdev(map(statistics.Fraction, column)) if len(set(column)) > 1 else 1.0
    peak = max(map(abs, column))
    assert scaling.means[0] == pytest.approx(
        float(statistics.mean(map(statistics.Fraction, column))), rel=1e-15, abs=1e-15 * peak
    )
    assert scaling.scales[0] == pytest.approx(float(exact) or 1.0, rel=1e-12)
    assert all(map(math.isfinite, [z for row in scaling([[x] for x in column]) for z in row]))


@pytest.mark.parametrize("size", [1, 3, 10])
@pytest.mark.parametrize("value", [0.1, 0.0, -7.3, 1.7e308, 5e-324])
def test_a_constant_column_has_scale_1_and_becomes_exactly_0(size, value):
    scaling = Scaling.fit([[value]] * size)
    assert scaling == Scaling([value], [1.0])
    assert scaling([[value]]) == [[0.0]]


def test_moments_survive_offsets_and_magnitudes_that_break_the_textbook_formula():
    # Mean 1e9 + 0.5, deviations of 0.5: E[x^2] - E[x]^2 would be 0 or negative here.
    assert Scaling.fit([[1e9], [1e9 + 1]] * 50) == Scaling([1e9 + 0.5], [0.5])
    # Neighbouring floats, whose mean no float can represent.
    assert Scaling.fit([[1.0], [1.0 + 2**-52]]).scales == [2**-53]
    # A deviation of 2.5e-324, which no float can represent either: never a division by zero.
    assert Scaling.fit([[0.0], [5e-324]]).scales == [1.0]
    # The sum and the difference to the mean overflow: 9 numbers m and one -m have mean 0.8 m and deviation 0.6 m.
    m = 1.7e308
    scaling = Scaling.fit([[m]] * 9 + [[-m]])
    assert scaling.means == pytest.approx([0.8 * m])
    assert scaling.scales == pytest.approx([0.6 * m])
    assert scaling([[m], [-m]]) == [[pytest.approx(1 / 3)], [pytest.approx(-3.0)]]


def test_scaling_goes_through_json_and_back():
    scaling = Scaling.fit(load("iris").inputs)
    saved = json.loads(json.dumps(dataclasses.asdict(scaling)))
    assert set(saved) == {"means", "scales"}
    assert Scaling(**saved) == scaling


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Scaling.fit([]), r"^no rows came; wanted at least one"),
        (lambda: Scaling.fit([[1.0, 2.0], [3.0]]), r"^row 1 has 1 number; wanted 2, one for each input$"),
        (lambda: Scaling.fit([[1.0, 2.0], [1.0, math.nan]]), r"^column 1 holds nan or inf; wanted finite numbers"),
        (lambda: Scaling.fit([[math.inf], [1.0]]), r"^column 0 holds nan or inf; wanted finite numbers"),
        (lambda: Scaling([0.0], [1.0])([[1.0], [1.0, 2.0]]), r"^row 1 has 2 numbers; wanted 1, one for each input$"),
        (lambda: Scaling([0.0, 1.0], [1.0]), r"^2 means and 1 scales; wanted as many of each$"),
        (lambda: Scaling([0.0], [0.0]), r"wanted finite means and positive scales$"),
        (lambda: Scaling([math.nan], [1.0]), r"wanted finite means and positive scales$"),
    ],
)
def test_scaling_refuses_rows_and_moments_that_do_not_fit(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_shared_scaling_is_that_of_all_numbers_together():
    # 0, 4, 4, 8 have mean 4 and variance (16 + 0 + 0 + 16) / 4 = 8.
    assert Scaling.fit([[0.0, 4.0], [4.0, 8.0]], shared=True) == Scaling([4.0, 4.0], [math.sqrt(8.0)] * 2)
    assert Scaling.fit([[3.0, 3.0]], shared=True) == Scaling([3.0, 3.0], [1.0, 1.0])
    assert Scaling.fit([[], []], shared=True) == Scaling([], [])
    with pytest.raises(ValueError, match=r"^column 1 holds nan or inf"):
        Scaling.fit([[1.0, math.inf]], shared=True)


def test_a_shared_scaling_of_the_digits_agrees_with_numpy():
    pixels = load("digits").inputs
    scaling = Scaling.fit(pixels, shared=True)
    assert scaling.means == pytest.approx([np.mean(pixels)] * 64, rel=1e-13)
    assert scaling.scales == pytest.approx([np.std(pixels)] * 64, rel=1e-13)


def test_only_the_digits_have_all_inputs_in_one_unit_and_parts_keep_that():
    assert [name for name in ("iris", "digits", "cancer", "diabetes", "moons") if load(name).same_unit] == ["digits"]
    assert all(part.same_unit for part in load("digits").split())
