"""The exact decision against SciPy's linear programs, and against certificates by hand."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from nn.separability import certificate, is_certificate, separates

CORNERS = [[0, 0], [0, 1], [1, 0], [1, 1]]


@st.composite
def small_samples(draw):
    n_inputs = draw(st.integers(1, 3))
    row = st.lists(st.integers(-3, 3), min_size=n_inputs, max_size=n_inputs)
    return draw(st.lists(st.tuples(row, st.sampled_from([-1, 1])), min_size=1, max_size=12))


@settings(max_examples=150, deadline=None)
@given(small_samples())
def test_the_answer_is_that_of_a_linear_program(samples):
    inputs, targets = [x for x, _ in samples], [t for _, t in samples]
    # A separating line can be scaled so that (w.x + theta) t >= 1 for all samples.
    rows = [[-t * xj for xj in (*x, 1)] for x, t in samples]
    program = linprog(np.zeros(len(rows[0])), A_ub=rows, b_ub=-np.ones(len(rows)), bounds=(None, None))
    found = certificate(inputs, targets)
    assert (found is None) == (program.status == 0)
    if found is not None:
        # Added up here, by the definition.
        assert min(found) >= 0
        assert max(found) > 0
        assert math.gcd(*found) == 1
        for column in range(len(rows[0])):
            assert sum(m * row[column] for m, row in zip(found, rows, strict=True)) == 0
        assert is_certificate(found, inputs, targets)


def test_xor_has_the_certificate_that_is_known_by_hand():
    # -(0, 0, 1) + (0, 1, 1) + (1, 0, 1) - (1, 1, 1) = 0, and every certificate is a multiple of it.
    assert certificate(CORNERS, [-1, 1, 1, -1]) == (1, 1, 1, 1)
    assert certificate(CORNERS, [-1, -1, -1, 1]) is None


def test_a_point_between_others_has_its_weights_as_certificate():
    # 0.25 lies between 0 and 1 as 3/4 of 0 and 1/4 of 1: 3 (0, 1) + 1 (1, 1) - 4 (0.25, 1) = 0.
    assert certificate([[0.0], [1.0], [0.25]], [1, 1, -1]) == (3, 1, 4)


def test_floats_are_taken_as_the_fractions_that_they_are():
    # 0.1 + 0.2 is not 0.3 in floats: the third point lies off the middle of the others, by 2^-55.
    middle = [[0.1, 0.1], [0.2, 0.2], [(0.1 + 0.2) / 2.0, (0.1 + 0.2) / 2.0]]
    assert Fraction(0.1) + Fraction(0.2) != 2 * Fraction(0.15)
    first, second, third = certificate(middle, [1, 1, -1])
    assert first + second == third
    assert first * Fraction(0.1) + second * Fraction(0.2) == third * Fraction(middle[2][0])
    # Off the line through the others by the smallest of floats is off it.
    assert certificate([[0.1, 0.0], [0.2, 0.0], [0.15, 5e-324]], [1, 1, -1]) is None
    assert certificate([[0.1, 0.0], [0.2, 0.0], [0.15, 0.0]], [1, 1, -1]) is not None


def test_numbers_far_apart_cost_no_digits():
    assert certificate([[1e300], [1e300 * (1 + 2**-52)]], [-1, 1]) is None
    assert certificate([[1e300], [1e-300], [0.0]], [1, -1, 1]) is not None


def test_touching_is_not_separated():
    assert certificate([[0.0], [0.0]], [1, -1]) == (1, 1)


def test_one_class_is_always_separated():
    assert certificate(CORNERS, [1, 1, 1, 1]) is None


@pytest.mark.parametrize("wrong", [(0, 0, 0, 0), (1, 1, 1, 2), (-1, -1, -1, -1), (1, 1, 1, 0)])
def test_a_wrong_certificate_is_seen(wrong):
    assert not is_certificate(wrong, CORNERS, [-1, 1, 1, -1])


def test_whether_a_line_separates_is_exact():
    assert separates([1.0, 1.0], -1.5, CORNERS, [-1, -1, -1, 1])
    assert not separates([1.0, 1.0], -1.0, CORNERS, [-1, -1, -1, 1])  # 01 and 10 lie on it
    assert not separates([0.1, -1.0], 1e-19, [[0.1, 0.1 * 0.1]], [1])  # floats would say so
    with pytest.raises(ValueError, match=r"^1 weight for samples of 2 numbers$"):
        separates([1.0], 0.0, CORNERS, [-1, -1, -1, 1])


def test_a_certificate_has_a_number_for_each_sample():
    with pytest.raises(ValueError, match=r"^3 multipliers for 4 samples; wanted one for each$"):
        is_certificate((1, 1, 1), CORNERS, [-1, 1, 1, -1])


def test_targets_of_zero_and_one_are_refused():
    with pytest.raises(ValueError, match=r"^targets\[0\] is 0; wanted -1 or 1"):
        certificate(CORNERS, [0, 1, 1, 0])
