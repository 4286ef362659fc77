"""Transforms: structures, nesting in all pairings of modes, Hessians worked by hand, and what wrong calls are told."""

import contextvars
import copy
import math
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from fractions import Fraction
from itertools import product
from random import Random
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import (
    Dual,
    Value,
    dot,
    exp,
    grad,
    gradients,
    hessian,
    hvp,
    jacobian,
    jvp,
    log,
    no_grad,
    sin,
    sqrt,
    tanh,
    value_and_grad,
    vjp,
)


class Point(NamedTuple):
    x: object
    y: object


def all_floats(tree):
    if isinstance(tree, list | tuple):
        return all(map(all_floats, tree))
    return type(tree) is float


def by_vjp(function):
    return lambda x: vjp(function, x)[1](1.0)


def by_jvp(function):
    return lambda x: jvp(function, (x,), (1.0,))[1]


# Every way to the derivative of a function of one number.
WAYS = {
    "grad": grad,
    "value_and_grad": lambda f: lambda x: value_and_grad(f)(x)[1],
    "vjp": by_vjp,
    "jvp": by_jvp,
    "jacobian forward": lambda f: jacobian(f, mode="forward"),
    "jacobian reverse": lambda f: jacobian(f, mode="reverse"),
    "jacobian auto": jacobian,
}
PAIRS = list(product(WAYS, repeat=2))
MODES = {"R": grad, "F": by_jvp}


def nested(function, modes):
    for mode in reversed(modes):
        function = MODES[mode](function)
    return function


# --- perturbation confusion -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("outer", "inner"), PAIRS)
def test_the_inner_derivative_of_x_plus_y_is_one_whatever_the_outer_one_is(outer, inner):
    # d/dx [x * d/dy (x + y)] = d/dx [x * 1] = 1.
    found = WAYS[outer](lambda x: x * WAYS[inner](lambda y: x + y)(1.0))(1.0)
    assert type(found) is float
    assert found == 1.0


@pytest.mark.parametrize(("outer", "inner"), PAIRS)
def test_an_inner_derivative_depends_on_the_outer_variable_that_it_captured(outer, inner):
    # d/dx [x * d/dy (x y y) at 3] = d/dx [x * 6 x] = 12 x = 12.
    assert WAYS[outer](lambda x: x * WAYS[inner](lambda y: x * y * y)(3.0))(1.0) == 12.0


@pytest.mark.parametrize(("outer", "inner"), PAIRS)
def test_an_inner_derivative_taken_at_the_outer_variable(outer, inner):
    # d/dx [x * d/dy (x y) at y = x] = d/dx [x * x] = 2 x = 6.
    assert WAYS[outer](lambda x: x * WAYS[inner](lambda y: x * y)(x))(3.0) == 6.0


@pytest.mark.parametrize(("outer", "inner"), PAIRS)
def test_an_inner_function_that_ignores_its_argument(outer, inner):
    # d/dx [x + d/dy (x * x)] = 1, and d/dx [x * y at the derivative of a constant] = 0.
    assert WAYS[outer](lambda x: x + WAYS[inner](lambda y: x * x)(2.0))(5.0) == 1.0
    assert WAYS[outer](lambda x: x * WAYS[inner](lambda y: 7.0)(2.0))(5.0) == 0.0


@pytest.mark.parametrize("modes", list(map("".join, product("RF", repeat=3))))
def test_three_levels_that_capture_each_others_variables(modes):
    # f(x) = x * d/dy [y * d/dz (x y z z) at z = y] at y = x.  The innermost is 2 x y z = 2 x y y; then
    # d/dy (2 x y**3) = 6 x y y = 6 x**3; so f = 6 x**4 and f' = 24 x**3 = 192 at 2.
    first, second, third = (MODES[mode] for mode in modes)
    found = first(lambda x: x * second(lambda y: y * third(lambda z: x * y * z * z)(y))(x))(2.0)
    assert type(found) is float
    assert found == 192.0


@pytest.mark.parametrize("modes", list(map("".join, product("RF", repeat=3))))
def test_three_levels_at_fixed_points(modes):
    # d/dz (x y z) at 5 = x y; d/dy (y x y) at 3 = 6 x; d/dx (x 6 x) at 2 = 24.
    first, second, third = (MODES[mode] for mode in modes)
    assert first(lambda x: x * second(lambda y: y * third(lambda z: x * y * z)(5.0))(3.0))(2.0) == 24.0


@pytest.mark.parametrize(("outer", "inner"), PAIRS)
def test_variables_that_pass_through_a_list(outer, inner):
    # kept[0] = x y; d/dy (x y y) at 3 = 6 x; 6 x + x * (x y at y = 3) = 6 x + 3 x x; its derivative at 2 is 18.
    def function(x):
        kept = []

        def within(y):
            kept.append(x * y)
            return kept[0] * y

        return WAYS[inner](within)(3.0) + x * kept[0] * WAYS[inner](lambda y: y)(0.0)

    # What leaks from a forward transform still carries its tangent; from a reverse one it is a number like others.
    if inner in {"grad", "value_and_grad", "vjp", "jacobian reverse"}:
        assert WAYS[outer](function)(2.0) == 18.0
    assert WAYS[outer](lambda x: WAYS[inner](lambda y: [x * y, y][0] * y)(3.0))(2.0) == 6.0


@pytest.mark.parametrize(("outer", "inner"), PAIRS)
def test_a_list_of_closures_made_in_an_inner_function(outer, inner):
    # The slopes d/dy (x**k y) = x**k for k = 0 .. 3 sum to 1 + x + x**2 + x**3; its derivative at 2 is 1 + 4 + 12.
    def function(x):
        lines = [lambda y, k=k: x**k * y for k in range(4)]
        return sum(WAYS[inner](line)(1.5) for line in lines)

    assert WAYS[outer](function)(2.0) == 17.0


@pytest.mark.parametrize("modes", list(map("".join, product("RF", repeat=4))))
def test_the_fourth_derivative_of_a_bell_at_zero_is_twelve(modes):
    # exp(-x**2) = 1 - x**2 + x**4/2 - ...
    for bell in (lambda x: exp(-x * x), lambda x: exp(-(x**2))):
        found = nested(bell, modes)(0.0)
        assert type(found) is float
        assert found == pytest.approx(12.0, rel=1e-12)


@pytest.mark.parametrize("modes", list(map("".join, product("RF", repeat=4))))
def test_four_derivatives_with_a_captured_variable_at_every_level(modes):
    # a b c d (a + b + c + d): along d at d = c it is a b c (a + b + 3 c); of that, along c at c = b, a b (a + 7 b);
    # of that, along b at b = a, a (a + 14 a) = 15 a a; and of that 30 a = 60.
    d1, d2, d3, d4 = (MODES[mode] for mode in modes)
    found = d1(lambda a: d2(lambda b: d3(lambda c: d4(lambda d: a * b * c * d * (a + b + c + d))(c))(b))(a))(2.0)
    assert found == 60.0


@pytest.mark.parametrize("tag", [0, 1, 7])
def test_a_tag_that_a_user_chose_is_not_mixed_up_with_those_of_a_transform(tag):
    # With x = 2 + 1 e: d/dy (x y) = x = 2 + 1 e, and the value x y = 6 + 3 e.
    x = Dual(2.0, 1.0, tag)
    for transform in (jvp, lambda f, at, _: (f(*at), grad(f)(*at))):
        value, slope = transform(lambda y: x * y, (3.0,), (1.0,))
        assert [value.primal, value.tangent, slope.primal, slope.tangent] == [6.0, 3.0, 2.0, 1.0]


# --- structures -----------------------------------------------------------------------------------------------------


def test_the_gradient_has_the_structure_of_the_argument():
    # x**2 y: 2 x y = 12, x**2 = 9 at (3, 2).
    assert grad(lambda x: x * x)(3.0) == 6.0
    assert grad(lambda v: v[0] ** 2 * v[1])([3.0, 2.0]) == [12.0, 9.0]
    assert grad(lambda v: v[0] ** 2 * v[1])((3.0, 2.0)) == (12.0, 9.0)
    assert grad(lambda v: v[0][0] ** 2 * v[1][0][1])([[3.0], ((1.0, 2.0),)]) == [[12.0], ((0.0, 9.0),)]
    assert grad(lambda v: 1.0)([]) == []
    found = grad(lambda p: p.x**2 * p.y)(Point(3.0, 2.0))
    assert type(found) is Point
    assert found == Point(12.0, 9.0)


def test_the_gradient_of_several_arguments_is_a_tuple():
    found = grad(lambda x, v, p: x * v[0] + v[1] * p.y + p.x)(2.0, [3.0, 5.0], Point(7.0, 11.0))
    assert found == (3.0, [2.0, 11.0], Point(1.0, 5.0))
    assert type(found[2]) is Point
    assert all_floats(found)


def test_arrays_come_back_as_arrays_of_floats():
    weights = np.array([[1.0, 2.0], [3.0, 4.0]])
    found = grad(lambda w: (w @ np.array([1.0, 10.0])).sum() * w[0, 0])(weights)
    # s w00 with s = sum of w_i0 + 10 w_i1 = 64: d/dw00 = 64 + 1, the others w00 = 1 times (1, 10).
    assert isinstance(found, np.ndarray)
    assert found.dtype == np.float64
    assert found.tolist() == [[65.0, 10.0], [1.0, 10.0]]
    value, slope = jvp(lambda v: v * v[0], (np.array([3, 5]),), (np.array([1, 0]),))
    assert value.dtype == slope.dtype == np.float64
    assert (value.tolist(), slope.tolist()) == ([9.0, 15.0], [6.0, 5.0])
    value, pullback = vjp(lambda v: v * v[0], np.array([3.0, 5.0]))
    assert value.tolist() == [9.0, 15.0]
    assert pullback(np.array([1.0, 10.0])).tolist() == [56.0, 30.0]
    assert hvp(lambda v: v[0] ** 2 * v[1], (np.array([3.0, 5.0]),), ([1.0, 0.0],)).tolist() == [10.0, 6.0]


def test_hessians_and_jacobians_of_arrays_are_arrays_of_floats():
    # x**2 y: second derivatives 2 y, 2 x, 0.
    found = hessian(lambda v: v[0] ** 2 * v[1])(np.array([3.0, 5.0]))
    assert found.shape == (2, 2)
    assert found.dtype == np.float64
    assert found.tolist() == [[10.0, 6.0], [6.0, 0.0]]
    for mode in ("auto", "forward", "reverse"):
        found = jacobian(lambda v: v * v[0], mode)(np.array([3.0, 5.0]))
        assert found.shape == (2, 2)
        assert found.tolist() == [[6.0, 0.0], [5.0, 3.0]]


def test_whole_numbers_fractions_and_numpys_numbers_are_inputs():
    for three in (3, 3.0, Fraction(3), np.float64(3.0), np.float32(3.0), np.int64(3)):
        for way in WAYS.values():
            found = way(lambda x: x * x)(three)
            assert type(found) is float
            assert found == 6.0
    assert grad(lambda v: v[0] * v[1])([2, 5]) == [5.0, 2.0]
    assert hessian(lambda x: x**3)(2) == 12.0


def test_results_are_builtin_floats():
    c = Value(2.0)

    def function(x, y):
        return x * y * c + np.float64(1.0)

    assert all_floats(grad(function)(1.0, 2))
    assert all_floats(value_and_grad(function)(1, 2.0))
    assert all_floats(jvp(function, (1.0, 2), (1, np.float64(0.5))))
    value, pullback = vjp(function, 1, 2)
    assert all_floats((value, pullback(1), pullback(np.float64(2.0))))
    assert all_floats(hvp(function, (1, 2), (1, 0)))
    for mode in ("auto", "forward", "reverse"):
        assert all_floats(jacobian(function, mode)(1, 2))
        assert all_floats(jacobian(lambda x: [x, 3, c, c * x], mode)(1))
    assert all_floats(hessian(function)(1, 2))
    assert all_floats(value_and_grad(lambda x: 5)(1))
    assert all_floats(value_and_grad(lambda x: c * c)(1))


def test_numpys_numbers_are_one_number_as_results():
    for constant in (np.float64(5.0), np.int64(5)):
        assert value_and_grad(lambda x: constant)(1) == (5.0, 0.0)  # noqa: B023 (called at once)
        assert jvp(lambda x: constant, (1.0,), (1.0,)) == (5.0, 0.0)  # noqa: B023


@pytest.mark.parametrize("way", WAYS)
def test_a_function_that_ignores_its_argument_has_derivative_zero(way):
    c = Value(3.0)
    for constant in (5, 5.0, c, c * 2):
        found = WAYS[way](lambda x: constant)(1.0)  # noqa: B023 (called at once)
        assert type(found) is float
        assert found == 0.0


def test_an_argument_that_is_ignored_has_gradient_zero():
    assert grad(lambda x, y: x * x)(3.0, 4.0) == (6.0, 0.0)
    assert jacobian(lambda x, y: [y, 2.0], mode="forward")(3.0, 4.0) == [(0.0, 1.0), (0.0, 0.0)]
    assert jacobian(lambda x, y: [y, 2.0], mode="reverse")(3.0, 4.0) == [(0.0, 1.0), (0.0, 0.0)]
    assert hessian(lambda v: v[0] * 2)([1.0, 2.0]) == [[0.0, 0.0], [0.0, 0.0]]
    assert vjp(lambda v: [v[1], 3.0], [1.0, 2.0])[1]([1.0, 1.0]) == [0.0, 1.0]
    assert jvp(lambda v: [v[1], 3.0], ([1.0, 2.0],), ([1.0, 0.0],)) == ([2.0, 3.0], [0.0, 0.0])


def test_the_identity_has_derivative_one():
    for way in WAYS.values():
        assert way(lambda x: x)(4.0) == 1.0
    assert jacobian(lambda v: v)([4.0, 5.0]) == [[1.0, 0.0], [0.0, 1.0]]


def test_keyword_arguments_are_constants():
    def function(x, y=1.0, *, scale=1.0, names=()):
        return x**2 * y * scale + len(names)

    assert grad(function)(3.0, scale=5.0) == 30.0
    assert grad(function)(3.0, y=2.0) == 12.0
    assert value_and_grad(function)(3.0, 2.0, scale=5.0, names="ab") == (92.0, (60.0, 45.0))
    assert jacobian(function)(3.0, scale=5.0) == 30.0
    assert hessian(function)(3.0, scale=5.0) == 10.0


def test_a_jacobian_has_the_structure_of_the_result_and_inside_that_of_the_argument():
    for mode in ("auto", "forward", "reverse"):
        assert jacobian(lambda v: v[0] * v[1], mode)([2.0, 3.0]) == [3.0, 2.0]
        assert jacobian(lambda v: [v[0] * v[1], v[0] + v[1]], mode)([2.0, 3.0]) == [[3.0, 2.0], [1.0, 1.0]]
        assert jacobian(lambda x: [x, x * x, [5.0]], mode)(3.0) == [1.0, 6.0, [0.0]]
        assert jacobian(lambda x, v: (x * v[0], [v[0] ** 2]), mode)(2.0, [3.0]) == ((3.0, [2.0]), [(0.0, [6.0])])
        found = jacobian(lambda v: Point(v[0] * v[1], v[0]), mode)([2.0, 3.0])
        assert found == Point([3.0, 2.0], [1.0, 0.0])
        assert type(found) is Point
        assert jacobian(lambda v: [], mode)([2.0, 3.0]) == []


def test_jacobians_agree_in_both_modes_for_wide_and_tall_functions():
    def wide(v):
        return [v[0] * v[1] * v[2] * v[3]]

    def tall(v):
        return [v[0] * v[1], sin(v[0]), exp(v[1]), v[1], 2.0]

    # Products of the other three of 2, 3, 5, 7; and of tall at (2, 3) by hand.
    tall_by_hand = [[3.0, 2.0], [math.cos(2.0), 0.0], [0.0, math.exp(3.0)], [0.0, 1.0], [0.0, 0.0]]
    for mode in ("auto", "forward", "reverse"):
        assert jacobian(wide, mode)([2.0, 3.0, 5.0, 7.0]) == [[105.0, 70.0, 42.0, 30.0]]
        assert jacobian(tall, mode)([2.0, 3.0]) == tall_by_hand


def test_a_hessian_of_several_arguments_is_a_tuple_of_tuples():
    # x**2 y**3 at (2, 3): 2 y**3 = 54, 6 x y y = 108, 6 x x y = 72.
    assert hessian(lambda x, y: x**2 * y**3)(2.0, 3.0) == ((54.0, 108.0), (108.0, 72.0))
    assert hessian(lambda x, v: x * v[0] ** 2)(2.0, [3.0]) == ((0.0, [6.0]), [(6.0, [4.0])])
    assert hessian(lambda x: x**3)(2.0) == 12.0


def test_a_pullback_can_be_called_again_and_the_function_ran_once():
    runs = []

    def function(v):
        runs.append(1)
        return [v[0] * v[1], v[0] + v[1]]

    value, pullback = vjp(function, [2.0, 3.0])
    assert value == [6.0, 5.0]
    assert [pullback([1.0, 0.0]), pullback([0.0, 1.0]), pullback([2, 1]), pullback((1.0, 0.0))] == [
        [3.0, 2.0],
        [1.0, 1.0],
        [7.0, 5.0],
        [3.0, 2.0],
    ]
    assert runs == [1]
    _, pullback = vjp(lambda x, y: x * y, 2.0, 3.0)
    assert pullback(10.0) == (30.0, 20.0)


def test_the_grad_of_captured_values_is_untouched():
    c, d = Value(2.0), Value(3.0)
    e = c * d
    e.backward()
    before = [v.grad for v in (c, d, e)]

    def function(x):
        return x * x * c + e

    for way in WAYS.values():
        assert way(function)(3.0) == 12.0
        assert way(way(function))(3.0) == 4.0
    assert hessian(function)(3.0) == hvp(function, (3.0,), (1.0,)) == 4.0
    assert [v.grad for v in (c, d, e)] == before


def test_functions_with_branches_and_loops():
    def function(x):
        y = x
        while y < 10:
            y = y * x
        return y if x > 0 else -x

    # 3 * 3 * 3 = 27: x**3, so 27, 18, 6.
    assert grad(function)(3.0) == 27.0
    assert by_jvp(function)(3.0) == 27.0
    assert [nested(function, modes)(3.0) for modes in ("RR", "FF", "RF", "FR")] == [18.0] * 4


def test_long_graphs_are_no_deep_recursion():
    def function(x):
        y = x
        for _ in range(20_000):
            y = y * 1.0 + 0.0
        return y

    assert grad(function)(2.0) == 1.0
    assert by_jvp(function)(2.0) == 1.0


# --- Values and Duals as arguments ----------------------------------------------------------------------------------


def test_a_value_as_argument_gives_values_that_can_be_differentiated_further():
    # x**3 at 2: 3 x**2 = 12, 6 x = 12, 6.
    for way in WAYS.values():
        x = Value(2.0)
        slope = way(lambda t: t**3)(x)
        assert isinstance(slope, Value)
        assert slope.data == 12.0
        second = gradients(slope, x, create_graph=True)
        assert (second.data, gradients(second, x)) == (12.0, 6.0)
        slope.backward()
        assert x.grad == 12.0


@pytest.mark.parametrize("way", WAYS)
def test_with_a_value_as_argument_constant_derivatives_are_values_too(way):
    # The type must not depend on the mode, nor on whether the function happens to be linear.
    for function, slope in ((lambda t: 3.0 * t, 3.0), (lambda t: t, 1.0), (lambda t: 5.0, 0.0)):
        found = WAYS[way](function)(Value(2.0))
        assert isinstance(found, Value)
        assert found.data == slope


def test_data_that_were_changed_before_the_transform_do_not_matter():
    # y was 2 * 2; that x is 3 by now is no affair of d/dt (t * t) at y.
    x = Value(2.0)
    y = x * x
    x.data = 3.0
    for way in WAYS.values():
        assert way(lambda t: t * t)(y).data == 8.0


def test_copies_of_a_variable_are_ordinary_values_when_the_transform_has_ended():
    copies = []

    def function(x):
        copies.extend([copy.copy(x), copy.deepcopy(x)])
        return x * x

    assert grad(function)(2.0) == 4.0
    for c in copies:
        assert type(c) is Value
        found = grad(lambda t: t * c)(3.0)  # noqa: B023 (called at once)
        assert type(found) is float
        assert found == 2.0


def test_one_value_among_the_arguments_is_enough():
    # x y y: d/dx = y y, d/dy = 2 x y; of the second by y: 2 x.
    x, y = 5.0, Value(3.0)
    along_x, along_y = grad(lambda x, y: x * y * y)(x, y)
    assert (along_x.data, along_y.data) == (9.0, 30.0)
    assert (gradients(along_x, y), gradients(along_y, y)) == (6.0, 10.0)
    found = grad(lambda v: v[0] * v[1] * v[1])([x, y])
    assert [g.data for g in found] == [9.0, 30.0]
    value, slope = jvp(lambda v: v[0] * v[1] * v[1], ([x, y],), ([0.0, 1.0],))
    assert (value.data, slope.data, gradients(slope, y)) == (45.0, 30.0, 10.0)


def test_a_value_that_is_argument_and_captured_at_once():
    # d/dt (x t t) at t = x is 2 x x; its derivative by x is 4 x = 12.
    for way in WAYS.values():
        x = Value(3.0)
        slope = way(lambda t: x * t * t)(x)  # noqa: B023 (called at once)
        assert slope.data == 18.0
        assert gradients(slope, x) == 12.0


def test_a_value_as_tangent_gives_values():
    # The jvp of x**2 at 3 along v is 6 v; the hvp of x**3 is 18 v.
    v = Value(5.0)
    slope = jvp(lambda x: x * x, (3.0,), (v,))[1]
    assert isinstance(slope, Value)
    assert (slope.data, gradients(slope, v)) == (30.0, 6.0)
    curvature = hvp(lambda x: x**3, (3.0,), (v,))
    assert (curvature.data, gradients(curvature, v)) == (90.0, 18.0)


def test_a_value_as_cotangent_gives_values():
    v = Value(5.0)
    back = vjp(lambda x: x * x, 3.0)[1](v)
    assert isinstance(back, Value)
    assert (back.data, gradients(back, v)) == (30.0, 6.0)


@pytest.mark.parametrize("outer", WAYS)
def test_a_pullback_is_differentiable_by_its_cotangent(outer):
    # The pullback of x**3 at 2 is 12 c: 12 c * c has derivative 24 c = 24 at 1.
    _, pullback = vjp(lambda x: x**3, 2.0)
    assert WAYS[outer](lambda c: pullback(c) * c)(1.0) == 24.0
    assert WAYS[outer](lambda v: jvp(lambda x: x**3, (2.0,), (v,))[1] * v)(1.0) == 24.0


@pytest.mark.parametrize("outer", WAYS)
def test_a_pullback_is_differentiable_by_the_point_when_it_was_made_there(outer):
    # 2 x * 5 x = 10 x x: 20 x = 60.
    def function(x):
        _, pullback = vjp(lambda t: t * t, x)
        return pullback(5.0 * x)

    assert WAYS[outer](function)(3.0) == 60.0


def test_a_dual_as_argument_gives_duals():
    # x**3 at 2 + 1 e: 12 + 12 e.
    for way in WAYS.values():
        slope = way(lambda t: t**3)(Dual(2.0, 1.0))
        assert isinstance(slope, Dual)
        assert (slope.primal, slope.tangent) == (12.0, 12.0)
        assert (type(slope.primal), type(slope.tangent)) == (float, float)


def test_a_dual_with_several_tangents_as_argument():
    for way in WAYS.values():
        slope = way(lambda t: t**3)(Dual(2.0, (1.0, 10.0)))
        assert (slope.primal, slope.tangent) == (12.0, (12.0, 120.0))


def test_a_dual_of_values_as_argument():
    # 3 x**2 at x = 2 with tangent v: 12 + 6 x v e; the tangent's derivatives by x and v are 6 v = 30 and 6 x = 12.
    for way in WAYS.values():
        x, v = Value(2.0), Value(5.0)
        slope = way(lambda t: t**3)(Dual(x, v))
        assert (slope.primal.data, slope.tangent.data) == (12.0, 60.0)
        assert gradients(slope.tangent, [x, v]) == [30.0, 12.0]


def test_a_captured_dual_gives_duals():
    x = Dual(2.0, 1.0)
    for way in WAYS.values():
        slope = way(lambda t: x * t * t)(3.0)  # 6 x = 12 + 6 e
        assert (slope.primal, slope.tangent) == (12.0, 6.0)


def test_no_dependence_stays_no_dependence_through_a_gradient():
    # sqrt(2 x) at 0 has slope inf along x and none along y, whichever mode is outside.
    def function(v):
        return sqrt(grad(lambda w: w[0] ** 2 + w[1])(v)[0])

    for mode in ("reverse", "forward"):
        assert jacobian(function, mode)([0.0, 3.0]) == [math.inf, 0.0]


def test_in_a_jacobian_an_infinite_slope_does_not_spoil_the_other_directions():
    for mode in ("reverse", "forward"):
        assert jacobian(lambda v: [sqrt(v[0]), sqrt(v[0]) + v[1]], mode)([0.0, 3.0]) == [
            [math.inf, 0.0],
            [math.inf, 1.0],
        ]


# --- second derivatives of test functions ---------------------------------------------------------------------------

# Moré, Garbow, Hillstrom, Testing unconstrained optimization software, ACM TOMS 7 (1981) 17-41, with its standard
# starting points: problems 1 (Rosenbrock), 21 (extended Rosenbrock), 14 (Wood), 13 (Powell singular), 5 (Beale).
# The Hessians are differentiated by hand from the sums of squares written out.


def rosenbrock(v):
    return sum(100 * (v[i + 1] - v[i] ** 2) ** 2 + (1 - v[i]) ** 2 for i in range(0, len(v), 2))


def rosenbrock_hessian(v):
    n = len(v)
    h = np.zeros((n, n))
    for i in range(0, n, 2):
        h[i, i] = 1200 * v[i] ** 2 - 400 * v[i + 1] + 2
        h[i, i + 1] = h[i + 1, i] = -400 * v[i]
        h[i + 1, i + 1] = 200
    return h


def chained_rosenbrock(v):
    return sum(100 * (v[i + 1] - v[i] ** 2) ** 2 + (1 - v[i]) ** 2 for i in range(len(v) - 1))


def chained_rosenbrock_hessian(v):
    n = len(v)
    h = np.zeros((n, n))
    for i in range(n - 1):
        h[i, i] += 1200 * v[i] ** 2 - 400 * v[i + 1] + 2
        h[i, i + 1] = h[i + 1, i] = -400 * v[i]
        h[i + 1, i + 1] += 200
    return h


def wood(v):
    a, b, c, d = v
    return (
        (10 * (b - a**2)) ** 2
        + (1 - a) ** 2
        + 90 * (d - c**2) ** 2
        + (1 - c) ** 2
        + 10 * (b + d - 2) ** 2
        + (b - d) ** 2 / 10
    )


def wood_hessian(v):
    a, b, c, d = v
    return np.array(
        [
            [1200 * a**2 - 400 * b + 2, -400 * a, 0, 0],
            [-400 * a, 200 + 20 + 0.2, 0, 20 - 0.2],
            [0, 0, 1080 * c**2 - 360 * d + 2, -360 * c],
            [0, 20 - 0.2, -360 * c, 180 + 20 + 0.2],
        ]
    )


def powell(v):
    a, b, c, d = v
    return (a + 10 * b) ** 2 + 5 * (c - d) ** 2 + (b - 2 * c) ** 4 + 10 * (a - d) ** 4


def powell_hessian(v):
    a, b, c, d = v
    p, q = 12 * (b - 2 * c) ** 2, 120 * (a - d) ** 2
    return np.array([[2 + q, 20, 0, -q], [20, 200 + p, -2 * p, 0], [0, -2 * p, 10 + 4 * p, -10], [-q, 0, -10, 10 + q]])


BEALE = (1.5, 2.25, 2.625)


def beale(v):
    return sum((y - v[0] * (1 - v[1] ** i)) ** 2 for i, y in enumerate(BEALE, 1))


def beale_hessian(v):
    # The i-th residual is y - a (1 - b**i): along a -(1 - b**i), along b i a b**(i-1), mixed i b**(i-1).
    a, b = v
    h = np.zeros((2, 2))
    for i, y in enumerate(BEALE, 1):
        residual, along = y - a * (1 - b**i), np.array([-(1 - b**i), i * a * b ** (i - 1)])
        twice_b = i * (i - 1) * a * b ** (i - 2) if i > 1 else 0.0
        h += 2 * np.outer(along, along) + 2 * residual * np.array([[0, i * b ** (i - 1)], [i * b ** (i - 1), twice_b]])
    return h


FUNCTIONS = {
    "rosenbrock 2": (rosenbrock, rosenbrock_hessian, [-1.2, 1.0]),
    "rosenbrock 10": (rosenbrock, rosenbrock_hessian, [-1.2, 1.0] * 5),
    "chained rosenbrock 10": (chained_rosenbrock, chained_rosenbrock_hessian, [-1.2, 1.0] * 5),
    "wood": (wood, wood_hessian, [-3.0, -1.0, -3.0, -1.0]),
    "powell singular": (powell, powell_hessian, [3.0, -1.0, 0.0, 1.0]),
    "beale": (beale, beale_hessian, [1.0, 1.0]),
}


def test_the_hessians_by_hand_are_those_worked_out_on_paper():
    # Rosenbrock at (-1.2, 1): 1728 - 400 + 2, 480, 200. Beale at (1, 1), residuals y: 0, 2 (1.5 + 4.5 + 7.875) and
    # 2 (1 + 4 + 9 + 2 * 2.25 + 6 * 2.625).
    assert rosenbrock_hessian([-1.2, 1.0]) == pytest.approx(np.array([[1330.0, 480.0], [480.0, 200.0]]), rel=1e-15)
    assert beale_hessian([1.0, 1.0]) == pytest.approx(np.array([[0.0, 27.75], [27.75, 68.5]]), rel=1e-15)


# Other ways to a Hessian than the forward-over-reverse of `hessian`.
HESSIANS = {
    "hessian": hessian,
    "reverse over reverse": lambda f: jacobian(grad(f), mode="reverse"),
    "forward over forward": lambda f: jacobian(jacobian(f, mode="forward"), mode="forward"),
    "reverse over forward": lambda f: jacobian(jacobian(f, mode="forward"), mode="reverse"),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("way", HESSIANS)
def test_hessians_are_those_worked_by_hand(name, way):
    function, by_hand, start = FUNCTIONS[name]
    found = HESSIANS[way](function)(start)
    assert all_floats(found)
    assert np.array(found) == pytest.approx(by_hand(start), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_hessians_away_from_the_starting_point_and_as_several_arguments(name):
    function, by_hand, start = FUNCTIONS[name]
    random = Random(name)
    point = [x + random.uniform(-0.5, 0.5) for x in start]
    # Powell's and Beale's have terms that cancel at random points: relative to the largest entry.
    wanted = by_hand(point)
    tolerance = 1e-12 * np.abs(wanted).max()
    assert np.array(hessian(function)(point)) == pytest.approx(wanted, rel=1e-12, abs=tolerance)
    assert np.array(hessian(lambda *v: function(v))(*point)) == pytest.approx(wanted, rel=1e-12, abs=tolerance)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_hvp_is_the_hessian_times_the_vector(name):
    function, by_hand, start = FUNCTIONS[name]
    random = Random(name)
    for _ in range(5):
        vector = [random.gauss(0, 1) for _ in start]
        found = hvp(function, (start,), (vector,))
        assert all_floats(found)
        wanted, size = by_hand(start) @ vector, np.abs(by_hand(start)) @ np.abs(vector)
        assert found == pytest.approx(wanted, rel=1e-12, abs=1e-12 * size.max())
        assert found == pytest.approx(np.array(hessian(function)(start)) @ vector, rel=1e-12, abs=1e-12 * size.max())


def test_hvp_of_several_arguments():
    # x**2 y at (3, 5) along (1, 10): 2 y + 20 x = 70, 2 x = 6.
    assert hvp(lambda x, y: x**2 * y, (3.0, 5.0), (1.0, 10.0)) == (70.0, 6.0)


# --- random graphs --------------------------------------------------------------------------------------------------

# Numbers within [-1, 1] stay there; a derivative at most doubles from node to node.
OPERATIONS = {
    "mean": lambda a, b: (a + b) / 2,
    "half difference": lambda a, b: 0.5 * a - b * 0.5,
    "times": lambda a, b: a * b,
    "tanh": lambda a, _: tanh(a),
    "sin": lambda _, b: sin(b),
}
numbers = st.floats(-1, 1, allow_subnormal=False)


@st.composite
def programs(draw):
    n_inputs, n_steps = draw(st.integers(1, 4)), draw(st.integers(1, 10))
    steps = [
        (
            draw(st.sampled_from(sorted(OPERATIONS))),
            draw(st.integers(0, n_inputs + k - 1)),
            draw(st.integers(0, n_inputs + k - 1)),
        )
        for k in range(n_steps)
    ]
    n_outputs = draw(st.integers(1, min(3, n_steps)))

    def run(v):
        nodes = list(v)
        for name, i, j in steps:
            nodes.append(OPERATIONS[name](nodes[i], nodes[j]))
        return nodes[-n_outputs:]

    def vector(n):
        return draw(st.lists(numbers, min_size=n, max_size=n))

    return run, vector(n_inputs), vector(n_inputs), vector(n_outputs)


def inner(a, b):
    return math.fsum(x * y for x, y in zip(a, b, strict=True))


@settings(max_examples=50, deadline=None)
@given(programs())
def test_jvp_and_vjp_satisfy_the_inner_product_identity_on_random_graphs(program):
    function, at, tangents, cotangents = program
    value, pullback = vjp(function, at)
    same_value, slopes = jvp(function, (at,), (tangents,))
    assert value == same_value
    assert inner(cotangents, slopes) == pytest.approx(inner(pullback(cotangents), tangents), rel=1e-12, abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(programs())
def test_jacobians_agree_in_both_modes_and_with_products_on_random_graphs(program):
    function, at, tangents, cotangents = program
    forward, reverse = (np.array(jacobian(function, mode)(at)) for mode in ("forward", "reverse"))
    assert forward == pytest.approx(reverse, rel=1e-12, abs=1e-12)
    assert jvp(function, (at,), (tangents,))[1] == pytest.approx(forward @ tangents, rel=1e-12, abs=1e-12)
    assert vjp(function, at)[1](cotangents) == pytest.approx(cotangents @ reverse, rel=1e-12, abs=1e-12)


@settings(max_examples=20, deadline=None)
@given(programs())
def test_hessians_agree_in_all_pairings_of_modes_on_random_graphs(program):
    function, at, tangents, _ = program

    def first(v):
        return function(v)[0]

    found = [np.array(way(first)(at)) for way in HESSIANS.values()]
    for other in found[1:]:
        assert other == pytest.approx(found[0], rel=1e-11, abs=1e-11)
    assert hvp(first, (at,), (tangents,)) == pytest.approx(found[0] @ tangents, rel=1e-11, abs=1e-11)


# --- wrong calls ----------------------------------------------------------------------------------------------------

TRANSFORMS = {"grad": grad, "value_and_grad": value_and_grad, "jacobian": jacobian, "hessian": hessian}


@pytest.mark.parametrize("name", TRANSFORMS)
def test_what_is_no_function_is_refused_at_once(name):
    with pytest.raises(TypeError, match=rf"{name}: the first argument must be a function, not int: 3"):
        TRANSFORMS[name](3)
    with pytest.raises(TypeError, match=rf"{name}: .*function, not Value"):
        TRANSFORMS[name](Value(3.0))


@pytest.mark.parametrize("name", TRANSFORMS)
def test_messages_name_the_transform_that_was_called(name):
    for function, arguments in ((lambda x: x, ("a",)), (lambda x: "a", (1.0,)), (lambda: 1.0, ())):
        with pytest.raises(TypeError, match=rf"^{name}: "):
            TRANSFORMS[name](function)(*arguments)


def test_messages_of_hvp_name_hvp():
    with pytest.raises(TypeError, match=r"^hvp: "):
        hvp(lambda x: x, 1.0, (1.0,))
    with pytest.raises(ValueError, match=r"^hvp: "):
        hvp(lambda x: x, (1.0,), (1.0, 2.0))
    with pytest.raises(TypeError, match=r"^hvp: "):
        hvp(lambda x: [x, x], (1.0,), (1.0,))


def test_what_is_no_function_is_refused_by_jvp_vjp_and_hvp():
    for name, call in {
        "jvp": lambda: jvp(3.0, (1.0,), (1.0,)),
        "hvp": lambda: hvp(3.0, (1.0,), (1.0,)),
        "vjp": lambda: vjp(3.0, 1.0),
    }.items():
        with pytest.raises(TypeError, match=rf"{name}: the first argument must be a function, not float"):
            call()


@pytest.mark.parametrize("name", TRANSFORMS)
@pytest.mark.parametrize(
    ("arguments", "where", "what"),
    [
        (("text",), "0", "str 'text'"),
        ((None,), "0", "NoneType None"),
        ((1j,), "0", "complex 1j"),
        (([1.0, None],), r"0\]?\[1\]", "NoneType None"),
        ((1.0, [[2.0], (3.0, "b")]), r"1\]?\[1\]\[1\]", "str 'b'"),
        (({"x": 1.0},), "0", "dict"),
        (({1.0},), "0", "set"),
    ],
)
def test_an_argument_that_is_no_number_is_named_with_its_place(name, arguments, where, what):
    with pytest.raises(TypeError, match=rf"arguments?[ \[]{where}\]? is {what}.*wanted a number"):
        TRANSFORMS[name](lambda *_: 1.0)(*arguments)
    with pytest.raises(TypeError, match=rf"argument {where} is {what}"):
        vjp(lambda *_: 1.0, *arguments)


@pytest.mark.parametrize("name", TRANSFORMS)
def test_no_argument_is_refused(name):
    with pytest.raises(TypeError, match="no argument was given"):
        TRANSFORMS[name](lambda: 1.0)()


def test_no_argument_is_refused_by_jvp_and_vjp():
    with pytest.raises(TypeError, match="vjp: no argument was given"):
        vjp(lambda: 1.0)
    with pytest.raises(TypeError, match="jvp: no argument was given"):
        jvp(lambda: 1.0, (), ())


@pytest.mark.parametrize("name", TRANSFORMS)
@pytest.mark.parametrize(("result", "what"), [("text", "str 'text'"), (None, "NoneType None"), (1j, "complex 1j")])
def test_a_result_that_is_no_number_is_named(name, result, what):
    with pytest.raises(TypeError, match=rf"the function's result is {what}"):
        TRANSFORMS[name](lambda x: result)(1.0)
    with pytest.raises(TypeError, match=rf"jvp: the function's result is {what}"):
        jvp(lambda x: result, (1.0,), (1.0,))
    with pytest.raises(TypeError, match=rf"vjp: the function's result is {what}"):
        vjp(lambda x: result, 1.0)


@pytest.mark.parametrize("several", [lambda x: [x, x], lambda x: (x, x), lambda x: np.array([x, x])])
def test_several_results_have_no_gradient_and_the_message_says_what_to_call(several):
    for transform in (grad, value_and_grad, hessian):
        with pytest.raises(TypeError, match=r"2 numbers; wanted one number.*jacobian"):
            transform(several)(1.0)
    with pytest.raises(TypeError, match=r"2 numbers; wanted one number.*jacobian"):
        hvp(several, (1.0,), (1.0,))


def test_several_results_in_a_list_of_one_have_no_gradient_either():
    with pytest.raises(TypeError, match="list of 1 numbers; wanted one number"):
        grad(lambda x: [x])(1.0)


def test_a_mode_that_there_is_not_is_a_value_error():
    with pytest.raises(ValueError, match=r"mode must be 'auto', 'forward' or 'reverse', not 'backward'"):
        jacobian(lambda x: x, mode="backward")


@pytest.mark.parametrize("transform", [jvp, hvp])
def test_primals_and_tangents_that_are_no_tuples_are_refused(transform):
    with pytest.raises(TypeError, match=r"primals must be a tuple.*not 1\.0"):
        transform(lambda x: x, 1.0, (1.0,))
    with pytest.raises(TypeError, match=r"tangents must be a tuple.*not 1\.0"):
        transform(lambda x: x, (1.0,), 1.0)
    with pytest.raises(TypeError, match=r"tangents\[0\]\[1\] is NoneType"):
        transform(lambda v: v[0], ([1.0, 2.0],), ([1.0, None],))
    with pytest.raises(TypeError, match=r"primals\[1\] is str 'a'"):
        transform(lambda x, y: x, (1.0, "a"), (1.0, 1.0))


def test_a_wrong_number_of_tangents_is_a_value_error_with_both_numbers():
    for transform in (jvp, hvp):
        with pytest.raises(ValueError, match=r"1 numbers? in primals but 2 in tangents"):
            transform(lambda x: x * x, (1.0,), (1.0, 2.0))
        with pytest.raises(ValueError, match=r"2 numbers? in primals but 1 in tangents"):
            transform(lambda v: v[0] * v[1], ([1.0, 2.0],), (1.0,))


def test_a_wrong_number_of_cotangents_is_a_value_error_with_both_numbers():
    _, pullback = vjp(lambda v: [v[0], v[1], v[0] * v[1]], [2.0, 3.0])
    with pytest.raises(ValueError, match=r"vjp: 3 .* but 2 .*cotangent"):
        pullback([1.0, 2.0])
    with pytest.raises(TypeError, match=r"the cotangent\[1\] is str 'a'"):
        pullback([1.0, "a", 2.0])


def test_messages_about_long_structures_are_short():
    for tangents in ([1.0] * 999, [[1.0]] * 1000):
        with pytest.raises(ValueError, match=r"primals") as caught:
            jvp(lambda v: v[0], ([1.0] * 1000,), (tangents,))
        assert len(str(caught.value)) < 300


def test_tangents_of_another_structure_are_a_value_error_even_if_their_number_is_right():
    with pytest.raises(ValueError, match="structure"):
        jvp(lambda v, x: v[0] * x + v[1], ([1.0, 2.0], 3.0), (1.0, [2.0, 3.0]))
    with pytest.raises(ValueError, match="structure"):
        jvp(lambda v: v[0] * v[1], ([1.0, 2.0],), (1.0, 2.0))


def test_cotangents_of_another_structure_are_a_value_error_even_if_their_number_is_right():
    _, pullback = vjp(lambda v: [v[0], [v[1], v[0] * v[1]]], [2.0, 3.0])
    assert pullback([1.0, [0.0, 10.0]]) == [31.0, 20.0]
    with pytest.raises(ValueError, match="structure"):
        pullback([[1.0, 0.0], 10.0])


# --- modes, errors, threads -----------------------------------------------------------------------------------------


def failing(x):
    del x
    raise KeyError("on purpose")


@pytest.mark.parametrize("way", WAYS)
def test_after_an_error_in_the_function_the_next_derivative_is_a_float_again(way):
    with pytest.raises(KeyError, match="on purpose"):
        WAYS[way](failing)(1.0)
    with pytest.raises(KeyError, match="on purpose"):
        WAYS[way](lambda x: x * WAYS[way](failing)(x))(1.0)
    c = Value(2.0)
    for again in WAYS.values():
        found = again(lambda x: x * x * c)(3.0)
        assert type(found) is float
        assert found == 12.0


@pytest.mark.parametrize(("outer", "within"), PAIRS)
def test_an_inner_error_that_is_caught_leaves_the_outer_transform_whole(outer, within):
    def function(x):
        with suppress(KeyError):
            WAYS[within](failing)(x)
        return x * WAYS[within](lambda y: x * y * y)(3.0)

    assert WAYS[outer](function)(1.0) == 12.0


def test_errors_of_rules_come_through_with_their_notes():
    for way in WAYS.values():
        with pytest.raises(ValueError, match=r"math domain error|positive") as caught:
            way(lambda x: log(x - 2.0))(1.0)
        assert any("log(-1.0" in note for note in caught.value.__notes__)
        with pytest.raises(ZeroDivisionError):
            way(lambda x: 1 / x)(0.0)


@pytest.mark.parametrize("way", WAYS)
def test_a_transform_inside_no_grad_differentiates_all_the_same(way):
    # It is a function from floats to floats: what is recorded inside is its own affair, as in torch.func.
    with no_grad():
        assert WAYS[way](lambda x: x**3)(2.0) == 12.0
        assert WAYS[way](WAYS[way](lambda x: x**3))(2.0) == 12.0


def test_a_pullback_may_be_called_inside_no_grad():
    _, pullback = vjp(lambda x: x**3, 2.0)
    with no_grad():
        assert pullback(1.0) == 12.0


def with_a_constant(x):
    with no_grad():
        constant = x * x
    return constant * x


@pytest.mark.parametrize("way", WAYS)
def test_no_grad_inside_the_function_makes_constants_in_every_mode(way):
    # x times the constant x**2: the slope is 9 at 3, not 27.
    assert WAYS[way](with_a_constant)(3.0) == 9.0


@pytest.mark.parametrize(("outer", "inner"), PAIRS)
def test_the_slope_of_something_times_a_constant_is_constant_in_every_pairing_of_modes(outer, inner):
    assert WAYS[outer](WAYS[inner](with_a_constant))(3.0) == 0.0


def test_products_with_hessians_know_constants_too():
    def cubic(v):
        with no_grad():
            constant = dot(v, v)
        return constant * v[0] * v[1]

    # With c = 3**2 + 2**2 for constant, the only second derivative that is not 0 is d2/dv0dv1 = c = 13.
    assert hessian(cubic)([3.0, 2.0]) == [[0.0, 13.0], [13.0, 0.0]]
    assert hvp(cubic, ([3.0, 2.0],), ([1.0, 10.0],)) == [130.0, 13.0]


@pytest.mark.parametrize(("outer", "inner"), PAIRS)
def test_a_transform_called_inside_no_grad_inside_another_differentiates(outer, inner):
    def slope(x):
        with no_grad():
            constant = x * x
            return WAYS[inner](lambda y: constant * x * y * y)(x)

    # The inner slope is 2 c x y at y = x, with c = 9 for constant: 2 c x**2, whose own slope is 4 c x = 108.
    # Its function is differentiated with all that it captured, save what was computed under no_grad itself.
    assert WAYS[outer](slope)(3.0) == 108.0


def test_threads_do_not_disturb_each_other():
    barrier = threading.Barrier(4, timeout=10)

    def work(k):
        def function(x):
            barrier.wait()  # all four are inside their outer transform
            return x * WAYS[list(WAYS)[k]](lambda y: x * y * y)(3.0)

        return [list(WAYS.values())[k](function)(1.0) for _ in range(3)]

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(work, range(4)))
    assert found == [[12.0] * 3] * 4
    assert all_floats(found)


@pytest.mark.parametrize(("outer", "within"), PAIRS)
def test_an_inner_transform_in_another_thread_with_the_context_of_this_one(outer, within):
    def function(x):
        context = contextvars.copy_context()
        with ThreadPoolExecutor(1) as pool:
            return x * pool.submit(context.run, WAYS[within](lambda y: x * y * y), 3.0).result()

    assert WAYS[outer](function)(1.0) == 12.0


@pytest.mark.parametrize(("outer", "within"), list(product(["grad", "jvp"], repeat=2)))
def test_an_inner_transform_in_a_bare_thread_is_right_as_well(outer, within):
    # A new thread has an empty context; the number must not be wrong for it.
    def function(x):
        with ThreadPoolExecutor(1) as pool:
            return x * pool.submit(WAYS[within](lambda y: x * y * y), 3.0).result()

    assert WAYS[outer](function)(1.0) == 12.0


@pytest.mark.parametrize("mode", ["auto", "forward", "reverse"])
@pytest.mark.parametrize("n_results", [1, 2, 3])
def test_jacobian_runs_the_function_once(mode, n_results):
    runs = []

    def function(v):
        runs.append(1)
        return [v[0] * v[1]] * n_results

    assert jacobian(function, mode)([2.0, 3.0]) == [[3.0, 2.0]] * n_results
    assert runs == [1]
