"""What a tape prints, the source that it runs, and where its values stand."""

import linecache
import os
import re
import subprocess
import sys
import textwrap
import traceback

import numpy as np
import pytest
from random_graphs import random_plan

from autograd import GuardError, Value, dot, logsumexp, record, relu, tanh, total
from autograd.numpy_code import numpy_source
from autograd.placing import place
from autograd.regions import Region, Written, affine
from autograd.wanted import Wanted


def neuron():
    w, b = Value(2.0), Value(-1.0)
    return record(lambda x, t: (tanh(w * x + b) - t) ** 2, 1.0, 0.0)


# --- text -----------------------------------------------------------------------------------------------------------


def test_a_tape_prints_what_was_recorded_what_the_passes_left_and_what_is_replayed():
    assert str(neuron()) == textwrap.dedent(
        """\
        recorded: 5 nodes
            v4 = multiply(p0, x0)
            v5 = add(v4, p1)
            v6 = tanh(v5)
            v7 = subtract(v6, x1)
            v9 = power(v7, 2)
            give v9
        nodes after each pass: fold constants 5, merge duplicates 5, drop unneeded 5, find sums of products 4, make groups uniform 4
        replayed: 4 instructions
            v0 = x1  # for each row
            v1 = dot(p0 as 1 x 1; x0_0; p1)  # for each row; one matrix product: the same inputs
            v2 = tanh(v1)  # for each row; 1 node
            v3 = subtract(v2, v0)  # for each row; 1 node
            v4 = power(v3, 2)  # for each row; 1 node
            give v4"""  # noqa: E501
    )
    assert repr(neuron()) == "Tape(5 nodes in 4 instructions, 2 parameters)"
    assert len(neuron()) == 4


def test_the_source_of_a_replay_is_straight_line_numpy():
    assert neuron().source(gradient=False) == textwrap.dedent(
        """\
        def bind(rows):
            V = empty((5, rows))
            U = empty((0, 1))
            V_0 = V[1:2]
            V_2 = V[2:3]
            V_3 = V[0:1]
            V_4 = V[3:4]
            V_5 = V[4:5]
            def run(theta, xs, drawn, seed, moved, dxs):
                x0, x1 = xs
                column = theta.reshape(-1, 1)
                results = empty((1, rows))
                column_1 = column[0:2].reshape(1, 2)
                copyto(V_3, x1)
                # 0: dot, 1 node
                matmul(column_1, x0, V_0)
                # 1: tanh, 1 node
                t6 = tanh(V_0, out=V_2)
                # 2: subtract, 1 node
                t10 = subtract(V_2, V_3, out=V_4)
                # 3: power, 1 node
                t11 = power(V_4, 2.0, out=V_5)
                results[0:1] = V_5
                return results, None, [], None
            return run, V, U
        """
    )


def test_the_backward_pass_is_the_rules_derivatives_times_adjoints():
    lines = neuron().source().splitlines()
    backward = [line.strip() for line in lines[next(i for i, x in enumerate(lines) if "results[0:1]" in x) + 1 :]]
    assert [re.sub(r"_\d+|t\d+", "", line) for line in backward if not line.startswith("return")] == [
        "copyto(A, seed[0:1])",
        "# and back",
        "multiply(A, , A)",  # the square's derivative is a line of the forward part, as the tanh's is
        "copyto(A, A)",
        "multiply(A, , A)",
        "matmul(A, x0.T, gradient)",  # the weight's derivative and the bias's, as below the inputs stands a 1
    ]


def test_a_long_program_is_shown_in_part_and_whole_on_demand():
    tape = record(lambda x: total([(x * float(i)).sin() for i in range(100)]), 1.0)
    assert len(str(tape).splitlines()) < 60
    assert "more lines: print(tape.recorded)" in str(tape)
    assert len(str(tape.recorded).splitlines()) == 100 + 100 + 1 + 1
    assert len(str(tape.program).splitlines()) == 202


def test_text_is_the_same_in_every_run():
    code = textwrap.dedent(
        """
        import sys
        sys.path.insert(0, "tests")
        from random_graphs import random_plan
        from autograd import Value, record
        for seed in (3, 12, 40, 77):
            plan = random_plan(seed)
            parameters = [Value(x) for x in plan.parameters]
            tape = record(plan.function(parameters), *plan.example(0))
            print(tape, tape.source(), tape.parameters)
        """
    )
    texts = {
        subprocess.run(  # noqa: S603
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | {"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(texts) == 1
    assert len(texts.pop()) > 1000


def test_the_lines_of_a_replay_stand_in_tracebacks():
    tape = record(lambda x: x * 2 if x < 5 else x, 1.0)
    try:
        tape([7.0])
    except RuntimeError as error:
        frames = traceback.extract_tb(error.__traceback__)
        (frame,) = [frame for frame in frames if frame.filename.startswith("<autograd tape")]
        assert "failed(" in (frame.line or "")
    else:
        pytest.fail("the guard did not raise")
    linecache.checkcache()


def test_a_long_replay_is_compiled_in_parts_and_its_lines_stand_in_tracebacks():
    def deep(x):
        for _ in range(1500):
            x = x.sin()
        return x if x < 5 else x * 2

    tape = record(deep, 1.0)
    source = numpy_source(tape.program, tape._runner.instructions, tape._runner.places, Wanted(of_inputs=True))
    assert len(source.parts) > 5
    assert max(part.count("\n") for part in source.parts) < 1010
    assert all(part.startswith("def ") for part in source.parts)
    with pytest.raises(GuardError) as caught:
        tape([float("nan")])
    (*_, frame) = [f for f in traceback.extract_tb(caught.value.__traceback__) if f.filename.startswith("<autograd")]
    assert (frame.line or "").startswith("if not (holds := less(")
    assert tape.source(gradient=False).splitlines()[frame.lineno - 1].strip() == frame.line


# --- slices, not gathers --------------------------------------------------------------------------------------------


def network(n_inputs, *widths):
    weights = []
    for n, m in zip((n_inputs, *widths), widths, strict=False):
        weights.append([[Value(0.01 * (i + j)) for i in range(n + 1)] for j in range(m)])

    def function(x):
        for layer in weights[:-1]:
            x = [relu(dot(w[:-1], x, w[-1])) for w in layer]
        return [dot(w[:-1], x, w[-1]) for w in weights[-1]]

    return function, [p for layer in weights for w in layer for p in w]


@pytest.mark.parametrize("gradient", [False, True])
def test_a_network_whose_weights_lie_in_rows_is_replayed_without_a_gather(gradient):
    function, parameters = network(3, 16, 16, 2)
    tape = record(
        lambda x, t: logsumexp(function(x)) - dot(t, function(x)), [1.0] * 3, [1.0, 0.0], parameters=parameters
    )
    source = tape.source(gradient=gradient)
    assert "take(" not in source
    assert "add_at" not in source
    assert source.count("matmul(") == (3 if not gradient else 3 + 3 + 2)
    # The bias is one more weight: no line adds one.
    assert tape.counts()["dot"] == 16 + 16 + 2 + 1


def test_an_argument_that_is_only_multiplied_by_weights_is_not_copied():
    function, parameters = network(3, 4, 1)
    tape = record(lambda x: function(x)[0], [1.0] * 3, parameters=parameters)
    source = tape.source()
    assert not re.search(r"copyto\(.*\bx0\)", source)
    assert re.search(r"matmul\(\w+, x0, ", source)


def test_parameters_out_of_order_are_gathered_and_give_the_same():
    function, parameters = network(3, 4, 2)
    rng = np.random.default_rng(0)
    order = rng.permutation(len(parameters))
    rows = rng.normal(size=(5, 3))
    loss = lambda x: logsumexp(function(x))  # noqa: E731
    straight = record(loss, [1.0] * 3, parameters=parameters)
    mixed = record(loss, [1.0] * 3, parameters=[parameters[i] for i in order])
    assert "take(" in mixed.source()
    np.testing.assert_allclose(mixed(rows), straight(rows), rtol=1e-15)
    np.testing.assert_allclose(
        mixed.value_and_grad(rows)[1], straight.value_and_grad(rows)[1][order], rtol=1e-13, atol=1e-16
    )


@pytest.mark.parametrize("seed", range(0, 200, 7))
def test_every_value_has_a_place_of_its_own(seed):
    plan = random_plan(seed)
    parameters = [Value(x) for x in plan.parameters]
    tape = record(plan.function(parameters), *plan.example(0), parameters=parameters)
    places = place(tape.program, tape._runner.instructions)
    taken = [(places.store[value], places.slot[value]) for value in places.store]
    assert len(set(taken)) == len(taken)
    for instruction in tape._runner.instructions:
        slots = [places.slot[value] for value in instruction.results]
        assert slots == [*range(slots[0], slots[0] + len(slots))]


# --- regions --------------------------------------------------------------------------------------------------------

SLOTS = {
    "block": [[3, 4, 5], [[3, 4], [5, 6]], [[2]], [7]],
    "one": [[3, 3, 3], [[3, 3], [4, 4]]],
    "by node": [[[3, 6], [4, 7], [5, 8]]],
    "index": [[3, 5], [4, 3], [[3, 4], [4, 5]], [[3, 3], [5, 5]], [[5, 3], [6, 4]], []],
}


@pytest.mark.parametrize(("form", "slots"), [(form, slots) for form, each in SLOTS.items() for slots in each])
def test_a_view_of_a_region_is_what_indexing_gives(form, slots):
    slots = np.array(slots, dtype=np.intp)
    region = Region.of("rows", slots)
    assert region.form == form
    assert region.is_view == (form != "index")
    if region.is_view:
        buffer = np.arange(20.0).reshape(10, 2)
        view = eval(region.view("buffer", "2"), {"buffer": buffer})  # noqa: S307
        assert np.shares_memory(view, buffer)
        np.testing.assert_array_equal(np.broadcast_to(view, (*slots.shape, 2)), buffer[slots])


@pytest.mark.parametrize(
    ("slots", "size", "wanted"),
    [
        ([[0, 1], [2, 3]], 4, (0, 2)),
        ([[1, 2], [4, 5]], 7, (1, 3)),
        ([[1, 2], [4, 5]], 6, None),  # the last row would reach beyond the end
        ([[3, 4, 5]], 6, (3, 3)),
        ([[2, 1]], 6, None),
        ([[2, 3], [0, 1]], 6, None),
        ([[0, 1], [1, 2]], 6, None),  # rows that overlap
        ([[0, 1], [2, 3], [5, 6]], 9, None),
    ],
)
def test_rows_of_a_matrix_are_slices_when_they_lie_evenly(slots, size, wanted):
    assert affine(np, np.array(slots), size) == wanted


def test_what_is_written_first_is_assigned_and_what_is_added_to_begins_at_zero():
    written = Written(np, {"rows": 10})
    everything = np.ones(10, bool)
    assert written.is_first("rows", np.array([2, 3]))
    assert not written.is_first("rows", np.array([3, 4]))  # 4 is added to, and was not there
    assert written.ranges("rows", everything) == [(0, 2), (4, 10)]
    assert written.ranges("rows", np.arange(10) < 5) == [(0, 2), (4, 5)]


def test_many_ranges_are_one():
    written = Written(np, {"rows": 40})
    assert written.is_first("rows", np.arange(0, 40, 2))
    assert written.ranges("rows", np.ones(40, bool)) == [(0, 40)]
