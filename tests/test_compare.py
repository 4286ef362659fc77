"""`python -m autograd.compare`: counts against formulas worked by hand, derivatives against each other, the command."""

import json
import math
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from autograd import Value, compare, costs, jacobian, scaling, total
from autograd.expressions import evaluate
from autograd.graph import adjoints, tangents, topological_order
from autograd.interpreted import INTERPRETED
from autograd.scaling import CHUNK, CHUNKS, DIFFERENCES, FORWARD, METHODS, REVERSE, SHAPES

BY_NAME = {shape.name: shape for shape in SHAPES}
QUICK = ["--inputs", "1", "2", "5", "--repeats", "2"]


class Counting(float):
    """A tangent or adjoint that counts how often one like it is multiplied by a local derivative."""

    count = 0

    def __mul__(self, other):
        Counting.count += 1
        return Counting(float(self) * float(other))

    __rmul__ = __mul__

    def __add__(self, other):
        return Counting(float(self) + float(other))

    __radd__ = __add__


@pytest.fixture(autouse=True)
def _from_zero():
    Counting.count = 0


def run(capsys, *arguments):
    status = compare.main(arguments)
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def refusal(capsys, *arguments):
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (2, "")
    # One line; below it, where it is the expression that is wrong, that with a caret.
    assert re.fullmatch(r"autograd\.compare: [^\n]+\n(  [^\n]*\n *\^~*\n)?", err)
    return err


def graph(text, **values):
    output, inputs = evaluate(text, values)
    return output, list(inputs.values())


# --- counts ---------------------------------------------------------------------------------------------------------


def test_multiply_adds_of_a_small_graph_are_those_worked_by_hand():
    # With c = a + b, d = b + 1, e = c * d the edges are a-c, b-c, b-d, 1-d, c-e, d-e.
    # Reverse: all but 1-d, which leads to a plain number: 5.
    # Forward from a: a-c, c-e: 2. From b: b-c, b-d, c-e, d-e: 4.
    e, (a, b) = graph("(a + b) * (b + 1)", a=2.0, b=1.0)
    assert costs.multiply_adds([e], [a, b]) == 5
    assert costs.multiply_adds([e], [a]) == 2
    assert costs.multiply_adds([e], [b]) == 4


@pytest.mark.parametrize(
    "text",
    [
        "(a + b) * (b + 1)",
        "a",
        "a * a * a",
        "2 * 3 + b",
        "tanh(a * b + 3) ** 2 / (1 + exp(-a))",
        "dot([a, b, 2], [b, 3, 4], a)",
        "total([a, a, 1, b])",
        "logsumexp([a * b, 2 * a, 0])",
    ],
)
def test_multiply_adds_are_as_many_as_the_passes_make(text):
    output, inputs = graph(text, **{name: 0.7 + i for i, name in enumerate("ab") if re.search(rf"\b{name}\b", text)})
    order = topological_order(output)
    moving = costs.dependent_on(inputs, order)
    adjoints(order, Counting(1.0), lambda node: node.local_derivatives, towards=moving.__contains__)
    assert Counting.count == costs.multiply_adds([output], inputs)
    for x in inputs:
        Counting.count = 0
        tangents(order, {x: Counting(1.0)}, lambda node: node.local_derivatives)
        assert Counting.count == costs.multiply_adds([output], [x])


def test_a_node_that_is_used_twice_passes_along_both_edges():
    x = Value(3.0)
    assert costs.multiply_adds([x * x], [x]) == 2


@pytest.mark.parametrize("shape", SHAPES, ids=BY_NAME)
@pytest.mark.parametrize("n", [1, 2, 3, 7, 33, 64])
def test_multiply_adds_of_a_growing_function_follow_their_formula(shape, n):
    inputs = [Value(x) for x in shape.point(n)]
    outputs = shape.make(n)(INTERPRETED, inputs)
    reverse = sum(costs.multiply_adds([output], inputs) for output in outputs)
    forward = sum(costs.multiply_adds(outputs, [x]) for x in inputs)
    assert reverse == eval(shape.reverse, {"n": n})  # noqa: S307 (ours)
    assert forward == eval(shape.forward, {"n": n})  # noqa: S307 (ours)


@pytest.mark.parametrize("n", [1, 10, 100, 1000])
def test_reverse_mode_walks_each_edge_of_the_graph_once_however_many_inputs_there_are(n):
    shape = SHAPES[0]
    inputs = [Value(x) for x in shape.point(n)]
    outputs = shape.make(n)(INTERPRETED, inputs)
    recorded = costs.Recorded.of(outputs)
    assert costs.multiply_adds(outputs, inputs) == recorded.edges == 5 * n
    assert recorded.nodes == 3 * n + 2
    # A pass of forward mode walks 3n + 2 of the 5n edges, so all n passes are n times a part that does not vanish.
    assert costs.multiply_adds(outputs, inputs[:1]) == 3 * n + 2


@pytest.mark.parametrize("shape", SHAPES, ids=BY_NAME)
@pytest.mark.parametrize("chunk", [1, 4])
def test_duals_make_the_multiply_adds_that_are_counted(shape, chunk, monkeypatch):
    n = 6

    class CountingDual(scaling.Dual):
        def __init__(self, primal, tangent):
            super().__init__(primal, tangent)
            self.tangents = tuple([None if t is None else Counting(t) for t in tangent])

    monkeypatch.setattr(scaling, "Dual", CountingDual)
    scaling.by_forward(shape.make(n), shape.point(n), chunk)
    assert Counting.count == eval(shape.forward, {"n": n})  # noqa: S307 (ours)


def test_operations_and_those_of_the_gradient_are_those_worked_by_hand():
    # (a + b) * (b + 1): 3 operations; the gradient adds 2 for each of 5 multiply-adds, and no elementary function: 13.
    e, inputs = graph("(a + b) * (b + 1)", a=2.0, b=1.0)
    assert (costs.operations([e]), costs.gradient_operations(e, inputs)) == (3, 13)
    # sigmoid(a * b): 2 operations; 1 for sigmoid's derivative, 2 for each of 3 multiply-adds: 9.
    e, inputs = graph("sigmoid(a * b)", a=2.0, b=1.0)
    assert (costs.operations([e]), costs.gradient_operations(e, inputs)) == (2, 9)
    # A product alone is the worst case, Griewank's 5; a sum of k terms is k additions.
    e, inputs = graph("a * b", a=2.0, b=1.0)
    assert costs.gradient_operations(e, inputs) == 5 * costs.operations([e])
    assert costs.operations([total([Value(1.0), Value(2.0), Value(3.0)])]) == 3


@pytest.mark.parametrize("n", [1, 2, 30])
def test_a_gradient_costs_no_more_than_griewank_s_bound(n):
    # 4n operations: n + into s, n *, n tanh, n + into y; the gradient adds n derivatives of tanh and 2 * 5n: 15n.
    assert scaling.gradient_cost(n, repeats=2).counted == 15 / 4 <= 5


# --- memory ---------------------------------------------------------------------------------------------------------


def test_memory_of_a_graph_counts_each_object_once():
    a, b = Value(2.5), Value(1.5)
    product = a * b
    recorded = costs.Recorded.of([product])
    assert (recorded.nodes, recorded.edges) == (3, 2)
    # Three nodes, their numbers, the two tuples of the product, and the empty one that the inputs share; the local
    # derivatives are the numbers of the inputs.
    objects = [a, b, product, a.data, b.data, product.data, product.parents, product.local_derivatives, ()]
    assert recorded.bytes == sum(map(sys.getsizeof, objects))
    assert costs.Recorded.of([product, product]) == recorded


def test_only_reverse_mode_records():
    for cost in scaling.measure(SHAPES[0], 3, repeats=2):
        assert (cost.recorded.bytes > 0) == (cost.method == REVERSE)


# --- derivatives ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES, ids=BY_NAME)
@pytest.mark.parametrize("n", [1, 2, 7, CHUNK, CHUNK + 1])
def test_all_methods_give_the_same_derivatives(shape, n):
    found = {cost.method: cost for cost in scaling.measure(shape, n, repeats=2)}
    assert list(found) == list(METHODS)
    assert found[REVERSE].error == 0.0
    assert max(found[FORWARD].error, found[CHUNKS].error) < 1e-12
    assert found[DIFFERENCES].error < 1e-6
    n_inputs = shape.n_inputs(n)
    passes = [found[method].passes for method in METHODS[1:]]
    assert passes == [n_inputs, math.ceil(n_inputs / CHUNK), 2 * n_inputs]


@pytest.mark.parametrize("shape", SHAPES, ids=BY_NAME)
def test_derivatives_are_those_of_the_transforms(shape):
    function, x = shape.make(4), shape.point(4)
    wanted = jacobian(lambda x: function(INTERPRETED, x))(x)
    for found in (scaling.by_reverse(function, x), scaling.by_forward(function, x, chunk=3)):
        assert [y for row in found for y in row] == pytest.approx([y for row in wanted for y in row], rel=1e-12)


def test_a_reference_by_hand():
    # y = tanh(x**2) for one input: y' = 2x / cosh(x**2)**2, at x = 1/2.
    slope = 1.0 / math.cosh(0.25) ** 2
    for method in (scaling.by_reverse, scaling.by_forward, scaling.by_differences):
        assert method(SHAPES[0].make(1), [0.5])[0] == pytest.approx([slope], rel=1e-9)


# --- the crossover --------------------------------------------------------------------------------------------------


def test_the_crossover_lies_where_two_powers_of_the_size_meet():
    # 8 n and n**2 meet at 8, whichever sizes were measured.
    for sizes in ([1, 3, 10, 30], [2, 100], [7, 9]):
        assert scaling.crossover(sizes, [8.0 * n for n in sizes], [float(n * n) for n in sizes]) == pytest.approx(8.0)


def test_the_crossover_is_the_last_and_may_be_missing():
    assert scaling.crossover([1, 10], [1.0, 1.0], [2.0, 2.0]) == 1.0
    assert scaling.crossover([1, 10], [2.0, 2.0], [1.0, 1.0]) is None
    assert scaling.crossover([1, 10], [1.0, 2.0], [2.0, 1.0]) is None
    assert 10 < scaling.crossover([1, 10, 100], [1.0, 2.0, 1.0], [2.0, 1.0, 2.0]) < 100
    assert scaling.crossover([4], [1.0], [2.0]) == 4.0


def test_timing_pauses_the_collector_and_restores_it():
    import gc

    assert gc.isenabled()
    seen = []
    scaling.timed(lambda: seen.append(gc.isenabled()), repeats=2)
    assert not any(seen)
    assert gc.isenabled()
    with pytest.raises(ZeroDivisionError):
        scaling.timed(lambda: 1 / 0, repeats=2)
    assert gc.isenabled()


# --- the command line: an expression --------------------------------------------------------------------------------


def test_an_expression_is_shown_with_both_modes_at_every_node(capsys):
    status, out, err = run(capsys, "(a + b) * (b + 1)", "a=2", "b=1")
    assert (status, err) == (0, "")
    table = """\
node          value  adjoint  d/da  d/db
a                 2        2     1     .
b                 1        5     .     1
v2 = a + b        3        2     1     1
1                 1        .     .     .
v4 = b + 1        2        3     .     1
v5 = v2 * v4      6        1     2     5
"""
    assert out.startswith(table)
    assert "The two modes agree." in out
    assert "reverse mode       1              5\n" in out
    assert "forward mode       2              6  = 2 + 4\n" in out
    assert "The graph has 6 edges." in out


def test_an_expression_as_json_says_the_same(capsys):
    status, out, _ = run(capsys, "(a + b) * (b + 1)", "a=2", "b=1", "--json")
    found = json.loads(out)
    assert status == 0
    assert found["gradient"] == {"a": {"reverse": 2.0, "forward": 2.0}, "b": {"reverse": 5.0, "forward": 5.0}}
    assert found["reverse"] == {"passes": 1, "multiply_adds": 5}
    assert found["forward"] == {"passes": 2, "multiply_adds": 6, "by_input": [2, 4]}
    assert [x["adjoint"] for x in found["nodes"]] == [2.0, 5.0, 2.0, None, 3.0, 1.0]
    assert found["nodes"][-1]["tangents"] == {"a": 2.0, "b": 5.0}


@pytest.mark.parametrize(
    "arguments", [("2 * 3",), ("a", "a=2"), ("tanh(w*x + b)", "w=1", "x=2", "b=0"), ("-a * 2", "a=1")]
)
def test_small_expressions_work(capsys, arguments):
    status, out, err = run(capsys, *arguments)
    assert (status, err) == (0, "")
    assert "The two modes agree." in out


def test_infinite_derivatives_are_shown_and_are_valid_json(capsys):
    _, out, _ = run(capsys, "sqrt(a)", "a=0", "--json")
    assert json.loads(out)["gradient"]["a"] == {"reverse": "inf", "forward": "inf"}
    assert "The two modes agree." in run(capsys, "sqrt(a) * a", "a=0")[1]


# --- the command line: scaling --------------------------------------------------------------------------------------


def test_scaling_prints_a_row_for_each_function_size_and_method(capsys):
    status, out, err = run(capsys, *QUICK)
    assert (status, err) == (0, "")
    for method in METHODS:
        assert len(re.findall(rf"^ *\d* +{method} +\d", out, re.MULTILINE)) == 9
    assert "n inputs to 1 output: y = Σ tanh(s xᵢ), s = Σ xᵢ\nmultiply-adds: reverse 5n, forward 3n² + 2n\n" in out
    assert "Griewank's bound is 5" in out
    assert "bookkeeping" in out
    assert re.search(r"^5 +3\.75 +5 ", out, re.MULTILINE)
    assert max(map(len, out.splitlines())) <= 120


def test_scaling_as_json_holds_the_same_counts(capsys):
    status, out, _ = run(capsys, "--json", *QUICK)
    found = json.loads(out)
    assert status == 0
    assert [shape["name"] for shape in found["shapes"]] == list(BY_NAME)
    counted = {(x["n"], x["method"]): x["multiply_adds"] for x in found["shapes"][0]["costs"]}
    assert [counted[n, REVERSE] for n in (1, 2, 5)] == [5, 10, 25]
    assert [counted[n, FORWARD] for n in (1, 2, 5)] == [5, 16, 85]
    assert all(x["time"]["median"] > 0.0 for shape in found["shapes"] for x in shape["costs"])
    assert [x["n"] for x in found["gradient_cost"]["costs"]] == [1, 2, 5]


@pytest.mark.parametrize(("ending", "begins"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
@pytest.mark.parametrize("sizes", [["2"], ["1", "2", "5"]])
def test_the_plot_is_saved(capsys, tmp_path, ending, begins, sizes):
    pytest.importorskip("matplotlib")
    path = tmp_path / f"scaling.{ending}"
    status, _, err = run(capsys, "--inputs", *sizes, "--repeats", "2", "--plot", str(path))
    assert (status, err) == (0, "")
    assert path.read_bytes().startswith(begins)


# --- the command line: refusals -------------------------------------------------------------------------------------


@pytest.fixture
def _measures_nothing(monkeypatch):
    monkeypatch.setattr(scaling, "measure", lambda *_: pytest.fail("it began to measure"))


@pytest.mark.usefixtures("_measures_nothing")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--inputs", "0"], "'0': wanted a whole number from 1 to 10,000"),
        (["--inputs", "3", "-1"], "-1"),
        (["--inputs", "ten"], "'ten': wanted a whole number"),
        (["--inputs", "1.5"], "'1.5': wanted a whole number"),
        (["--inputs", "100000000000"], "10,000"),
        (["--inputs"], "expected at least one argument"),
        (["--repeats", "1"], "'1': wanted a whole number from 2"),
        (["--plot", "scaling.jpeg"], ".png, .svg or .pdf"),
        (["--plot", "scaling"], ".png, .svg or .pdf"),
        (["--plot", ""], ".png, .svg or .pdf"),
        (["--plot", "no/such/place/scaling.png"], "there is no folder no/such/place"),
        (["--plot", "a\0b.png"], "embedded null"),
        (["--no-such-option"], "--no-such-option"),
        (["a * b", "a=1", "b=2", "--inputs", "3"], "--inputs"),
        (["a * b", "a=1", "b=2", "--plot", "x.png"], "--plot"),
        (["a * b", "a=1"], "b"),
        (["a *", "a=1"], "column"),
        (["a * b", "a=1", "b"], "NAME=NUMBER"),
        (["__import__('os')"], "column"),
        (["1 / a", "a=0"], "division by zero"),
        (["log(a)", "a=-1"], "log"),
        ([""], "empty"),
    ],
)
def test_a_bad_argument_gets_one_line_before_anything_is_measured(capsys, arguments, words):
    assert words in refusal(capsys, *arguments)


def test_an_expression_may_begin_with_a_minus(capsys):
    status, out, _ = run(capsys, "-a*b", "a=2", "b=-3")
    assert status == 0
    assert "d/da               3.0" in out


@pytest.mark.usefixtures("_measures_nothing")
def test_a_plot_is_not_saved_over_a_directory_or_where_it_may_not_be(capsys, tmp_path):
    (tmp_path / "directory.png").mkdir()
    assert "that is a folder" in refusal(capsys, "--plot", str(tmp_path / "directory.png"))
    (tmp_path / "locked.png").touch(mode=0o400)
    if os.geteuid():
        assert "no permission" in refusal(capsys, "--plot", str(tmp_path / "locked.png"))


@pytest.mark.usefixtures("_measures_nothing")
def test_without_matplotlib_a_plot_says_how_to_get_it(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(compare.importlib.util, "find_spec", lambda _: None)
    assert "pip install matplotlib" in refusal(capsys, "--plot", str(tmp_path / "x.png"))


def test_an_interrupt_ends_it_without_traceback(capsys, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(scaling, "measure", interrupted)
    status, out, err = run(capsys)
    assert (status, out, err) == (130, "", "autograd.compare: interrupted\n")


def test_it_runs_as_a_module_also_where_the_terminal_knows_only_ascii():
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "autograd.compare", *QUICK]
    root = Path(__file__).parent.parent
    process = subprocess.run(command, env=environment, cwd=root, capture_output=True, text=True, check=False)  # noqa: S603
    assert (process.returncode, process.stderr) == (0, "")
    assert "reverse" in process.stdout
