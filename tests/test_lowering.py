"""The passes from a recorded program to a lowered one, one by one, and how nodes become instructions."""

import math
from dataclasses import replace
from functools import partial

import pytest
from random_graphs import random_plan

from autograd import Value, dot, primitives, record, relu
from autograd.lowering import (
    LONG_SUM,
    MANY_PRODUCTS,
    PASSES,
    drop_unneeded,
    find_sums_of_products,
    fold_constants,
    instructions,
    make_groups_uniform,
    merge_duplicates,
)
from autograd.primitives import add, exp, identity, multiply, subtract, tanh, total
from autograd.program import Check, Program

# Two parameters (0, 1), an argument of three numbers (2, 3, 4), the constants 2.0, 2.0 and 0.0 (5, 6, 7).
program = partial(
    Program, n_parameters=2, arguments=(range(2, 5),), draws={}, constants={5: 2.0, 6: 2.0, 7: 0.0}, checks=()
)
P0, P1, X0, X1, X2, TWO, TWO_AGAIN, ZERO = range(8)


def evaluated(program, parameters, inputs, drawn=()):
    """The outputs of a program, by floats, node after node."""
    numbers = (
        dict(program.constants) | dict(enumerate([*parameters, *inputs])) | dict(zip(program.draws, drawn, strict=True))
    )
    for value, (primitive, operands) in program.nodes.items():
        flat = [numbers[operand] for operand in operands]
        numbers[value] = primitive.over_floats(flat, flat)[0]
    return [numbers[value] for value in program.outputs]


# --- what every pass keeps ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(0, 500, 5))
def test_no_pass_changes_what_comes_out(seed):
    plan = random_plan(seed)
    parameters = [Value(x) for x in plan.parameters]
    current = record(plan.function(parameters), *plan.example(0), parameters=parameters).recorded
    inputs = [[x for argument in row for x in argument] for row in plan.rows]
    wanted = [evaluated(current, plan.parameters, row) for row in inputs]
    for change in PASSES:
        current = change(current)
        for row, results in zip(inputs, wanted, strict=True):
            # Sums may be added up in another order; the graphs are made of moderate numbers.
            assert evaluated(current, plan.parameters, row) == pytest.approx(results, rel=1e-11, abs=1e-11)
        assert len(current.outputs) == len(plan.outputs)


@pytest.mark.parametrize("change", PASSES)
def test_a_pass_leaves_its_program_alone_and_finds_nothing_the_second_time(change):
    plan = random_plan(9)
    parameters = [Value(x) for x in plan.parameters]
    given = record(plan.function(parameters), *plan.example(0), parameters=parameters).recorded
    before = str(given)
    once = change(given)
    assert str(given) == before
    assert str(change(once)) == str(once)


# --- fold constants -------------------------------------------------------------------------------------------------


def test_what_only_constants_go_into_is_a_constant():
    folded = fold_constants(
        program(nodes={8: (multiply, (TWO, TWO_AGAIN)), 9: (exp, (8,)), 10: (add, (9, X0))}, outputs=(10,))
    )
    assert folded.nodes == {10: (add, (9, X0))}
    assert folded.constants[8] == 4.0
    assert folded.constants[9] == math.exp(4.0)


def test_a_sum_of_nothing_is_folded_and_a_dot_of_nothing_is_its_bias():
    folded = fold_constants(program(nodes={8: (total, ()), 9: (primitives.dot, (X0,))}, outputs=(8, 9)))
    assert folded.constants[8] == 0.0
    assert folded.nodes == {9: (identity, (X0,))}


# --- merge duplicates -----------------------------------------------------------------------------------------------


def test_equal_nodes_and_constants_become_one_down_to_outputs_and_checks():
    nodes = {
        8: (multiply, (X0, TWO)),
        9: (multiply, (X0, TWO_AGAIN)),
        10: (exp, (8,)),
        11: (exp, (9,)),
        12: (add, (10, 11)),
        13: (multiply, (TWO, X0)),  # another order is another node
    }
    check = Check(is_strict=True, left=11, right=9, outcome=True, line="here:1")
    merged = merge_duplicates(program(nodes=nodes, outputs=(11, 12, 13), checks=(check,)))
    assert merged.nodes == {8: nodes[8], 10: nodes[10], 12: (add, (10, 10)), 13: nodes[13]}
    assert merged.outputs == (10, 12, 13)
    assert merged.checks == (replace(check, left=10, right=8),)
    assert merged.constants == {TWO: 2.0, ZERO: 0.0}


def test_zero_and_minus_zero_are_two_constants():
    merged = merge_duplicates(program(constants={5: 0.0, 6: -0.0}, nodes={}, outputs=(5, 6)))
    assert merged.outputs == (5, 6)


# --- drop unneeded --------------------------------------------------------------------------------------------------


def test_only_what_an_output_or_a_check_depends_on_is_left():
    nodes = {8: (exp, (X0,)), 9: (exp, (8,)), 10: (tanh, (X1,)), 11: (add, (X2, TWO))}
    check = Check(is_strict=False, left=11, right=P0, outcome=True, line="here:1")
    left = drop_unneeded(program(nodes=nodes, outputs=(8,), checks=(check,)))
    assert left.nodes == {8: nodes[8], 11: nodes[11]}
    assert left.constants == {TWO: 2.0}


# --- find sums of products ------------------------------------------------------------------------------------------


def sums(nodes, outputs, **options):
    return find_sums_of_products(program(nodes=nodes, outputs=outputs, **options)).nodes


def test_products_with_parameters_that_are_added_up_become_a_dot_parameters_first():
    nodes = {
        8: (multiply, (P0, X0)),
        9: (multiply, (X1, P1)),
        10: (add, (8, 9)),
    }
    ((_, (primitive, operands)),) = sums(nodes, (10,)).items()
    assert primitive is primitives.dot
    assert operands[:4] == (P0, P1, X0, X1)


def test_what_is_added_beside_is_the_bias():
    nodes = {8: (multiply, (P0, X0)), 9: (add, (P1, 8))}
    assert sums(nodes, (9,)) == {9: (primitives.dot, (P0, X0, P1))}
    nodes = {8: (multiply, (P0, X0)), 9: (add, (ZERO, 8)), 10: (add, (9, P1))}
    assert sums(nodes, (10,)) == {10: (primitives.dot, (P0, X0, P1))}  # as sum(...) begins
    nodes = {8: (multiply, (P0, X0)), 9: (add, (8, X1)), 10: (add, (9, X2))}
    found = sums(nodes, (10,))
    (bias,) = [value for value, (primitive, _) in found.items() if primitive is total]
    assert found[bias][1] == (X1, X2)
    assert found[10] == (primitives.dot, (P0, X0, bias))


def test_a_sum_or_product_that_is_used_elsewhere_stays():
    nodes = {8: (multiply, (P0, X0)), 9: (add, (8, P1)), 10: (exp, (8,))}
    assert sums(nodes, (9, 10)) == nodes
    nodes = {8: (multiply, (P0, X0)), 9: (add, (8, P1)), 10: (add, (9, 9))}
    assert sums(nodes, (10,))[10] == (add, (9, 9))
    nodes = {8: (multiply, (P0, X0)), 9: (add, (8, P1))}
    assert sums(nodes, (9, 8)) == nodes
    check = Check(is_strict=True, left=8, right=P0, outcome=True, line="here:1")
    assert sums(nodes, (9,), checks=(check,)) == nodes


def test_few_products_of_rows_stay_and_many_become_a_dot():
    def squares(n):
        nodes = {8 + i: (multiply, (X0, X1 if i % 2 else X2)) for i in range(n)}
        whole = 8
        for i in range(1, n):
            nodes[100 + i] = add, (whole, 8 + i)
            whole = 100 + i
        return nodes, (whole,)

    nodes, outputs = squares(MANY_PRODUCTS - 1)
    assert sums(nodes, outputs) == nodes
    found = sums(*squares(MANY_PRODUCTS))
    assert [primitive for primitive, _ in found.values()] == [primitives.dot]


def test_long_sums_become_a_total_and_short_ones_stay():
    def long(n):
        nodes, whole = {}, X0
        for i in range(1, n):
            nodes[10 + i] = add, (whole, (X0, X1, X2)[i % 3])
            whole = 10 + i
        return nodes, (whole,)

    nodes, outputs = long(LONG_SUM - 1)
    assert sums(nodes, outputs) == nodes
    found = sums(*long(LONG_SUM))
    assert [*found.values()] == [(total, (X0, X1, X2, X0, X1, X2, X0, X1))]


def test_differences_are_no_sums():
    nodes = {8: (multiply, (P0, X0)), 9: (subtract, (8, P1))}
    assert sums(nodes, (9,)) == nodes


def test_new_values_have_new_numbers():
    nodes = {8: (multiply, (P0, X0)), 9: (add, (8, X1)), 10: (add, (9, X2)), 11: (exp, (10,))}
    found = find_sums_of_products(program(nodes=nodes, outputs=(11,)))
    assert len(set(found.nodes) | set(found.constants)) == len(found.nodes) + len(found.constants)
    assert all(operand < value or operand > 11 for value, (_, operands) in found.nodes.items() for operand in operands)


# --- make groups uniform --------------------------------------------------------------------------------------------


def test_members_of_a_group_are_of_one_kind():
    dot = primitives.dot
    given = program(
        nodes={
            8: (dot, (P0, X0, X1, X2, TWO)),
            9: (dot, (P0, TWO, X1, X2, TWO)),
            10: (exp, (P0,)),
            11: (dot, (P1, 10, X0, X1, P0)),
        },
        outputs=(8, 9, 11),
    )
    uniform = make_groups_uniform(given)
    rows = uniform.rows()
    for value in given.outputs:
        primitive, operands = uniform.nodes[value]
        for group in primitive.shaped(operands)[: primitive.n_groups]:
            assert len({operand in rows for operand in group}) == 1
            if not rows & {*group}:
                assert len({operand < uniform.n_parameters for operand in group}) == 1
    copies = {operands for primitive, operands in uniform.nodes.values() if primitive is identity}
    assert copies == {(P0,), (P1,)}  # the constant 2.0 lies where computed values that all rows share lie
    assert evaluated(uniform, [0.5, 3.0], [1.0, 2.0, 4.0]) == evaluated(given, [0.5, 3.0], [1.0, 2.0, 4.0])


def test_one_copy_serves_all():
    dot = primitives.dot
    given = program(nodes={8: (dot, (P0, X0, X1, X2, TWO)), 9: (dot, (P0, X1, X1, X2, P0))}, outputs=(8, 9))
    uniform = make_groups_uniform(given)
    assert sum(primitive is identity for primitive, _ in uniform.nodes.values()) == 1
    # A single operand, such as a bias, is read where it stands.
    assert uniform.nodes[9][1][-1] == P0


def test_uniform_groups_stay_as_they_are():
    dot = primitives.dot
    given = program(nodes={8: (dot, (P0, P1, X1, X2, TWO)), 9: (total, (X0, X1)), 10: (total, ())}, outputs=(8, 9, 10))
    assert make_groups_uniform(given).nodes == given.nodes


# --- instructions ---------------------------------------------------------------------------------------------------


def grouped(function, *example, parameters=None):
    tape = record(function, *example, parameters=parameters)
    return sorted((x.primitive.name, len(x), x.is_row, x.shares_inputs) for x in instructions(tape.program))


def test_nodes_of_one_level_with_the_same_primitive_are_one_instruction():
    assert grouped(lambda x: [v.exp() for v in x], [1.0, 2.0, 3.0]) == [("exp", 3, True, False)]


def test_nodes_of_different_levels_are_not():
    assert grouped(lambda x: [x.exp(), x.exp().exp()], 1.0) == [("exp", 1, True, False)] * 2


def test_rows_and_what_all_rows_share_are_apart():
    w = Value(2.0)
    found = grouped(lambda x: [x.exp(), w.exp()], 1.0)
    assert found == [("exp", 1, False, False), ("exp", 1, True, False)]


def test_operands_of_another_kind_are_apart():
    w, v = Value(2.0), Value(3.0)
    found = grouped(lambda x: [x[0] * w, x[1] * v, x[0] * 2.0, x[1] * 3.0, x[0] * x[1]], [1.0, 2.0])
    assert found == [("multiply", 1, True, False), ("multiply", 2, True, False), ("multiply", 2, True, False)]


def test_dots_of_shared_weights_and_the_same_inputs_are_one_product():
    w = [Value(0.1 * i) for i in range(9)]

    def layer(x):
        return [dot(w[3 * i : 3 * i + 2], x, w[3 * i + 2]) for i in range(3)]

    assert grouped(layer, [1.0, 2.0]) == [("dot", 3, True, True)]
    # Other inputs are another product; weights that differ from row to row are none.
    assert grouped(lambda x: [dot(w[:2], x), dot(w[:2], x[::-1])], [1.0, 2.0]) == [("dot", 1, True, True)] * 2
    assert grouped(lambda x: [dot(x, x)], [1.0, 2.0]) == [("dot", 1, True, False)]


def test_operands_come_before_results():
    plan = random_plan(3)
    parameters = [Value(x) for x in plan.parameters]
    lowered = record(plan.function(parameters), *plan.example(0), parameters=parameters).program
    known = {*range(lowered.n_parameters), *(v for a in lowered.arguments for v in a), *lowered.constants}
    for instruction in instructions(lowered):
        assert known.issuperset(v for operands in instruction.operands for v in operands)
        known.update(instruction.results)
    assert known.issuperset(lowered.outputs)


# --- whole networks -------------------------------------------------------------------------------------------------


def neurons(w, n_inputs, neuron):
    """Neurons in a row, weights and bias together."""
    size = n_inputs + 1

    def layer(x):
        return [neuron(w[i : i + n_inputs], x, w[i + n_inputs]) for i in range(0, len(w), size)]

    return layer


WRITTEN = {
    "dot": dot,
    "sum from the bias": lambda w, x, b: sum((wi * xi for wi, xi in zip(w, x, strict=True)), b),
    "sum from 0.0": lambda w, x, b: sum((wi * xi for wi, xi in zip(w, x, strict=True)), 0.0) + b,
    "sum from 0": lambda w, x, b: sum(wi * xi for wi, xi in zip(w, x, strict=True)) + b,
    "inputs first": lambda w, x, b: b + sum(xi * wi for wi, xi in zip(w, x, strict=True)),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_network_of_plain_plus_and_times_is_lowered_as_one_of_dots(name):
    first, second = [Value(0.1 * i) for i in range(16)], [Value(0.2 * i) for i in range(5)]

    def network(neuron):
        def function(x):
            hidden = [relu(v) for v in neurons(first, 3, neuron)(x)]
            return neurons(second, 4, neuron)(hidden)[0]

        return function

    parameters = [*first, *second]
    wanted = record(network(dot), [1.0, 2.0, 3.0], parameters=parameters)
    tape = record(network(WRITTEN[name]), [1.0, 2.0, 3.0], parameters=parameters)
    assert tape.source() == wanted.source()
    assert tape.counts() == wanted.counts() == {"dot": 5, "relu": 4}
    assert len(tape) == 3


def test_the_passes_are_counted():
    tape = record(lambda x: x * 2.0 * (Value(3.0) + 1.0) + 0.0 * x.exp() * 0.0 + x * 2.0, 1.0)
    counts = [*tape.passes.values()]
    assert [name.replace(" ", "_") for name in tape.passes] == [change.__name__ for change in PASSES]
    assert counts[0] < len(tape.recorded.nodes)
    assert counts[1] < counts[0]
    assert sum(tape.counts().values()) == counts[-1]
