"""Nested structures of numbers: taken apart from left to right, and put together again."""

from fractions import Fraction
from typing import NamedTuple

import numpy as np
import pytest

from autograd import Dual, Value
from autograd.trees import leaves, rebuilt


class Point(NamedTuple):
    x: object
    y: object


x = Value(1.0)
d = Dual(2.0, 1.0)


@pytest.mark.parametrize(
    ("tree", "flat"),
    [
        (3.0, [3.0]),
        (3, [3]),
        (x, [x]),
        (d, [d]),
        ([], []),
        ((), []),
        ([[], ([],)], []),
        ([1.0, (2.0, [3.0])], [1.0, 2.0, 3.0]),
        ([x, [d, 1.0]], [x, d, 1.0]),
        (Point(1.0, [2.0, Point(3.0, 4.0)]), [1.0, 2.0, 3.0, 4.0]),
        (Fraction(1, 2), [Fraction(1, 2)]),
        (np.array([[1.0, 2.0], [3.0, 4.0]]), [1.0, 2.0, 3.0, 4.0]),
        (np.array([x, d], dtype=object), [x, d]),
        (np.array(5.0), [5.0]),
        (np.float64(5.0), [5.0]),
        (np.zeros((2, 0)), []),
        ([np.array([1, 2]), 3.0], [1, 2, 3.0]),
    ],
)
def test_numbers_come_from_left_to_right(tree, flat):
    found = leaves(tree, "it")
    assert len(found) == len(flat)
    assert all(a is b or float(a) == float(b) for a, b in zip(found, flat, strict=True))


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ("abc", "it is str 'abc'; wanted a number"),
        (None, "it is NoneType None"),
        ([1.0, None], r"it\[1\] is NoneType None"),
        ([1.0, (2.0, ["a"])], r"it\[1\]\[1\]\[0\] is str 'a'"),
        ({"a": 1.0}, "it is dict"),
        ({1.0}, "it is set"),
        (1j, "it is complex 1j"),
        (range(3), r"it is range range\(0, 3\)"),
        (np.array([1.0, None]), r"it\[1\] is NoneType None"),
        (np.array(["a", "b"]), r"it\[0\] is str 'a'"),
        (["y" * 100], r"it\[0\] is str 'y+\.\.\.; wanted"),
    ],
)
def test_anything_else_is_a_type_error_that_says_where(tree, message):
    with pytest.raises(TypeError, match=message):
        leaves(tree, "it")


@pytest.mark.parametrize(
    "tree",
    [1.0, [1.0], (1.0,), [], (), [1.0, (2.0, [3.0], ())], Point(1.0, [2.0]), [Point(1.0, Point(2.0, 3.0))]],
)
def test_taking_apart_and_putting_together_gives_the_same(tree):
    found = rebuilt(tree, leaves(tree, "it"))
    assert found == tree
    assert type(found) is type(tree)


def test_a_structure_is_rebuilt_with_other_things_in_it():
    found = rebuilt([1.0, (2.0, Point(3.0, [4.0]))], "abcd")
    assert found == ["a", ("b", Point("c", ["d"]))]
    assert type(found[1][1]) is Point
    assert rebuilt(3.0, [x]) is x
    assert rebuilt([1.0, 2.0], [[1.0], (2.0, 3.0)]) == [[1.0], (2.0, 3.0)]


def test_the_original_is_not_changed():
    inner = [2.0]
    tree = [1.0, inner]
    found = rebuilt(tree, [5.0, 6.0])
    assert found == [5.0, [6.0]]
    assert tree == [1.0, [2.0]]
    assert found[1] is not inner


def test_arrays_of_floats_stay_arrays_of_floats():
    found = rebuilt(np.array([[1, 2], [3, 4]]), [1.0, 2.0, 3.0, 4.5])
    assert found.dtype == np.float64
    assert found.tolist() == [[1.0, 2.0], [3.0, 4.5]]
    assert rebuilt(np.zeros((2, 0)), []).shape == (2, 0)
    assert rebuilt(np.array(5.0), [7.0]) == 7.0
    assert rebuilt([np.array([1.0, 2.0]), 3.0], [4.0, 5.0, 6.0])[1] == 6.0


def test_arrays_of_anything_else_are_arrays_of_objects():
    found = rebuilt(np.array([1.0, 2.0]), [x, d])
    assert found.dtype == object
    assert found[0] is x
    assert found[1] is d
