"""What goes wrong in other engines, one test a bug: what happens there, where it can be read, and what is right here.

Where micrograd 0.1.0, which is installed with the tests, has the bug, the test shows it there too; of other engines it
is told. "owner/repository#number" is an issue or a pull request on GitHub.
"""

import copy
import gc
import math
import os
import pickle
import subprocess
import sys
import weakref
from functools import partial
from pathlib import Path

import graphviz
import pytest
from calls import calls_made
from micrograd import nn as their_nn
from micrograd.engine import Value as Theirs

import autograd
from autograd import Dual, GuardError, Value, cbrt, draw, exp, grad, gradients, jacobian, jvp, record, sigmoid, softmax
from autograd.graph import topological_order
from nn import MLP, Layer, Module, Neuron, fit, losses

ROOT = Path(__file__).parents[1]


# --- ways to the value and the derivatives of a function of n numbers ------------------------------------------------


def by_graph(function, *numbers):
    variables = [Value(x) for x in numbers]
    result = function(*variables)
    result.backward()
    return result.data, [x.grad for x in variables]


def by_duals(function, *numbers):
    n = len(numbers)
    runs = [jvp(function, numbers, tuple(float(i == j) for j in range(n))) for i in range(n)]
    return runs[0][0], [slope for _, slope in runs]


def by_tape(function, *numbers):
    pytest.importorskip("numpy")
    tape = record(function, *(1.0 for _ in numbers))
    rows = [[x] for x in numbers]
    values, _, slopes = tape.vjp(rows, [1.0])
    return values[0], [slope[0] for slope in slopes]


every_way = pytest.mark.parametrize("way", [by_graph, by_duals, by_tape])
REVERSE_AND_FORWARD = {
    "reverse": grad,
    "forward": lambda f: lambda x: jvp(f, (x,), (1.0,))[1],
    "jacobian": jacobian,
}
every_mode = pytest.mark.parametrize("differentiate", REVERSE_AND_FORWARD.values(), ids=REVERSE_AND_FORWARD)


# --- graphs of any size ---------------------------------------------------------------------------------------------


def test_a_plain_sum_of_many_losses_is_an_ordinary_graph():
    """karpathy/micrograd#90: `backward` recurses, and 1,000 operations are too deep; a sum of losses is a chain."""
    with pytest.raises(RecursionError):
        sum(Theirs(k) * Theirs(k) for k in range(sys.getrecursionlimit())).backward()
    xs = [Value(float(k)) for k in range(20_000)]
    loss = sum(x * x for x in xs)
    loss.backward()
    assert loss.data == 19_999 * 20_000 * 39_999 / 6  # the sum of squares
    assert [x.grad for x in xs] == [2.0 * k for k in range(20_000)]


def test_a_chain_of_a_million_steps_is_built_differentiated_and_freed():
    """pytorch/pytorch#5534, ml-explore/mlx#982: a segmentation fault when a long graph is freed, node within node."""
    gc.disable()
    try:
        x = Value(1.0)
        y = x
        for _ in range(1_000_000):
            y = y * 0.999999 + 1e-7
        y.backward()
        # The limit of the recursion is 0.1; from 1 the distance 0.9 shrinks to 0.9 * 0.999999**1000000.
        assert y.data == pytest.approx(0.1 + 0.9 * 0.999999**1_000_000, rel=1e-9)
        assert x.grad == pytest.approx(0.999999**1_000_000, rel=1e-9)
        last, first = weakref.ref(y), weakref.ref(x)
        del y
        assert last() is None
        del x
        assert first() is None
    finally:
        gc.enable()


def growth(work):
    """How the calls of work of size n grow from one doubling to the next: 2 if linear, 4 if quadratic."""
    small, middle, large = (calls_made(partial(work, n)) for n in (100, 200, 400))
    return (large - middle) / (middle - small)


def test_recording_takes_work_in_proportion_to_the_nodes():
    """jax-ml/jax#40041: each `hasattr` on a tracer wrote an error message out of all that was traced before it.

    mila-iqia/blocks#177 is another: gradients in Theano, whose topological order was quadratic.
    """
    pytest.importorskip("numpy")

    def recorded(n, probe):
        def function(x):
            y = x
            for _ in range(n):
                y = (y * w + x).tanh()
                probe(y)
            return y

        w = Value(0.5)
        tape = record(function, 1.0)
        tape.value_and_grad([0.25, 2.0])

    assert growth(partial(recorded, probe=lambda y: (hasattr(y, "sharding"), repr(y)))) < 2.5
    assert growth(partial(recorded, probe=topological_order)) > 3.5  # as it was there


# --- passes ---------------------------------------------------------------------------------------------------------


def test_backward_twice_doubles_the_variables_and_no_result():
    """karpathy/micrograd#53: adjoints of results stay, and are passed on again: d(x^3)/dx at 3 is 27, then 45."""

    def slopes(kind, between):
        x = kind(3.0)
        square = x * x
        cube = square * x
        found = []
        for _ in range(3):
            x.grad *= between
            cube.backward()
            found.append((x.grad, square.grad, cube.grad))
        return found

    # There, of the second pass: square.grad is 3 + 3, so that x gets 9 + 6 * 3 + 6 * 3.
    assert [x for x, _, _ in slopes(Theirs, between=0.0)] == [27.0, 45.0, 63.0]
    assert slopes(Value, between=0.0) == [(27.0, 3.0, 1.0)] * 3
    assert slopes(Value, between=1.0) == [(27.0, 3.0, 1.0), (54.0, 3.0, 1.0), (81.0, 3.0, 1.0)]


class FailsInValidation(Module):
    """w x, with an error as soon as it is not being trained."""

    def __init__(self):
        self.w = Value(1.0)

    def __call__(self, x):
        if not self.training:
            raise RuntimeError("validation failed")
        return self.w * x[0]


@pytest.mark.parametrize("engine", ["auto", "eager"])
def test_an_error_in_validation_leaves_derivatives_switched_on(engine):
    """Lightning-AI/pytorch-lightning#2180: after an error in validation, gradients stayed off for the whole session.

    jax-ml/jax#1035 is the same mistake: an exception inside `disable_jit()` left it disabled.
    """
    model = FailsInValidation()
    with pytest.raises(RuntimeError, match="validation failed"):
        fit(model, [[3.0]], [1.0], loss=losses.squared_error, epochs=2, validation=([[3.0]], [1.0]), engine=engine)
    model.train()
    model.w.data, model.w.grad = 1.0, 0.0
    losses.squared_error(model([3.0]), 1.0).backward()
    assert model.w.grad == 12.0  # 2 (3 w - 1) 3


@pytest.mark.parametrize("way", ["deepcopy", "pickle"])
def test_a_copy_of_a_graph_is_differentiated_like_the_original_and_apart_from_it(way):
    """micrograd: closures of a deep copy write into the original's nodes, its gradients are 0; pickling is an error.

    In ml-explore/mlx#300 `deepcopy` of a layer fails as pickling does.
    """

    def duplicate(x):
        return copy.deepcopy(x) if way == "deepcopy" else pickle.loads(pickle.dumps(x))  # noqa: S301 (ours)

    x = Theirs(3.0)
    y = x**3 + x
    if way == "deepcopy":
        twin, own = duplicate((y, x))
        twin.backward()
        assert own.grad == 0
    else:
        with pytest.raises((AttributeError, pickle.PicklingError), match="local object"):
            duplicate(y)

    x = Value(3.0)
    y = x**3 + x
    twin, own = duplicate((y, x))
    twin.backward()
    assert (own.grad, x.grad, y.grad) == (28.0, 0.0, 0.0)  # 3 x^2 + 1
    y.backward()
    assert (own.grad, x.grad) == (28.0, 28.0)
    own.data = 10.0
    assert x.data == 3.0


@every_mode
@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy])
def test_a_copy_made_inside_a_function_has_its_part_in_the_derivative(duplicate, differentiate):
    """HIPS/autograd#555: of 1 x + 2 x, with x deeply copied in each term, the derivative was 1."""
    assert differentiate(lambda x: x + 2 * duplicate(x))(5.0) == 3.0
    assert differentiate(lambda x: sum(i * duplicate(x) for i in (1, 2)))(5.0) == 3.0
    # Of a result, of a whole list, and in second derivatives: d2(x^2 x)/dx2 = 6 x.
    assert differentiate(lambda x: duplicate(x * x))(5.0) == 10.0
    assert differentiate(lambda x: duplicate([x, 2 * x])[1])(5.0) == 2.0
    assert differentiate(differentiate(lambda x: duplicate(x * x) * duplicate(x)))(5.0) == 30.0
    # Of what an enclosing derivative follows: d/dx [x d/dy (x y y) at 3] = 12 x.
    assert differentiate(lambda x: x * grad(lambda y: duplicate(x * y) * y)(3.0))(1.0) == 12.0
    # Where the argument is a node of a graph, the derivative is one too: d(2 x)/dx = 2.
    v = Value(5.0, "v")
    slope = differentiate(lambda x: duplicate(x) * duplicate(x))(v)
    assert (slope.data, gradients(slope, v)) == (10.0, 2.0)


@pytest.mark.parametrize("inner", REVERSE_AND_FORWARD)
@pytest.mark.parametrize("outer", REVERSE_AND_FORWARD)
def test_a_variable_that_leaks_from_one_derivative_is_a_constant_of_the_next(outer, inner):
    """JuliaDiff/ForwardDiff.jl#443, YingboMa/ForwardDiff2.jl#37: perturbations of two derivatives are taken for one."""

    def function(x):
        # d(x y)/dy at 1 is x, and x becomes x y; so again. The derivative of x by itself is 1.
        def product(y):
            nonlocal x
            x = x * y
            return x

        REVERSE_AND_FORWARD[inner](product)(1.0)
        return REVERSE_AND_FORWARD[inner](product)(1.0)

    found = REVERSE_AND_FORWARD[outer](function)(1.0)
    assert (type(found), found) == (float, 1.0)  # ForwardDiff: 2


# --- numbers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("x", [0.0, -0.0, 5e-324, 2.0, -2.0, 1e308, math.inf, -math.inf])
def test_x_to_the_0_and_x_to_the_1_have_derivatives_0_and_1_everywhere(x):
    """micrograd: 0 x**(0 - 1) divides by zero at 0. HIPS/autograd#149: nan there, also of `power` by its exponent."""
    if x == 0.0:
        with pytest.raises(ZeroDivisionError):
            (Theirs(x) ** 0).backward()
    for exponent, value, derivative in [(0, 1.0, 0.0), (1, x, 1.0)]:
        base = Value(x)
        y = base**exponent
        y.backward()
        assert (y.data, base.grad) == (value, derivative)
    assert grad(lambda v: v[0] ** v[1])([0.0, 1.0]) == [1.0, 0.0]


@every_way
def test_a_negative_base_to_a_fraction_is_refused_and_never_complex(way):
    """micrograd: a complex number, silently. tinygrad/tinygrad#1251: its real part, 0.809 of (-1)**0.2."""
    assert isinstance((Theirs(-8.0) ** (1 / 3)).data, complex)
    with pytest.raises(ValueError, match="a negative base needs an integer exponent") as caught:
        way(lambda a: a ** (1 / 3), -8.0)
    assert "power(" in caught.value.__notes__[0]
    with pytest.raises(ValueError, match="a negative base needs an integer exponent"):
        way(lambda b: (-8) ** b, 1 / 3)
    with pytest.raises(ValueError, match="a negative base needs an integer exponent"):
        autograd.power(-8.0, 1 / 3)
    assert way(cbrt, -8.0) == (-2.0, pytest.approx([1 / 12], rel=1e-15))  # 1 / (3 * 4)


@every_way
def test_logistic_functions_do_not_overflow_where_their_values_exist(way):
    """karpathy/micrograd#29: tanh by exp(2 x) is an OverflowError at 1,000. clab/dynet#1525: sigmoid is nan, or 0.5."""
    with pytest.raises(OverflowError):
        (math.exp(2000.0) - 1) / (math.exp(2000.0) + 1)
    assert way(autograd.tanh, 1000.0) == (1.0, [0.0])
    assert way(autograd.tanh, -1000.0) == (-1.0, [0.0])
    assert way(sigmoid, -800.0) == (0.0, [0.0])
    value, (slope,) = way(sigmoid, -700.0)
    assert (value, slope) == pytest.approx((math.exp(-700.0), math.exp(-700.0)), rel=1e-13)
    # -log sigmoid(z) is -z for such a z, and its derivative -1: nothing was lost in the sigmoid.
    assert way(lambda z: losses.binary_cross_entropy_with_logits(z, 1.0), -800.0) == (800.0, [-1.0])


@every_way
def test_softmax_and_its_loss_do_not_overflow(way):
    """uTensor/uTensor#175: exp(378) is inf in single precision, as exp(800) is in double, and the result nan."""
    assert way(lambda a, b: softmax([a, b])[0], 800.0, 0.0) == (1.0, [0.0, 0.0])
    assert way(lambda a, b: losses.cross_entropy([a, b], 1), 800.0, 0.0) == (800.0, [1.0, -1.0])


@every_way
def test_an_exponential_beyond_the_floats_is_an_error_that_says_which(way):
    """karpathy/micrograd#119: "math range error", without a word on which of a thousand operations it was."""
    with pytest.raises(OverflowError) as caught:
        way(lambda x: exp(x) - 1, 710.0)
    assert "exp(" in caught.value.__notes__[0]
    assert "710.0" in caught.value.__notes__[0]
    assert "1.8e308" in caught.value.__notes__[0]


@every_way
def test_a_number_on_the_left_is_the_left_operand(way):
    """dlsyscourse/hw1#21: `__rsub__ = __sub__`, so that 1 - x is x - 1; tf-encrypted/tf-encrypted#518 likewise."""
    assert way(lambda x: 1 - x, 5.0) == (-4.0, [-1.0])
    assert way(lambda x: 10 / x, 5.0) == (2.0, pytest.approx([-0.4], rel=1e-15))  # -10 / x^2
    assert way(lambda x: 2**x, 5.0) == (32.0, pytest.approx([32 * math.log(2)], rel=1e-15))
    with pytest.raises(TypeError):
        2 ** Theirs(5.0)


@every_way
def test_a_number_divided_by_itself_is_1(way):
    """micrograd: a / b is a * b**-1, two roundings; 49 * 49**-1 is 0.9999999999999999."""
    assert (Theirs(49.0) / Theirs(49.0)).data == 0.9999999999999999
    value, (along_a, along_b) = way(lambda a, b: a / b, 49.0, 49.0)
    assert value == 1.0
    assert (along_a, along_b) == pytest.approx((1 / 49, -1 / 49), rel=1e-15)


# --- the graph and its picture --------------------------------------------------------------------------------------


def test_a_times_a_has_the_parent_twice_and_two_edges():
    """micrograd: parents are a set; of a * a it holds one, and the picture shows one edge."""
    a = Theirs(3.0)
    assert len((a * a)._prev) == 1
    a = Value(3.0, "a")
    y = a * a
    y.backward()
    assert y.parents == (a, a)
    assert y.local_derivatives == (3.0, 3.0)
    assert a.grad == 6.0
    assert draw(y).mermaid.count('v0 -->|"3"| v1') == 2
    assert ((a - a).parents, (a - a).local_derivatives) == ((a, a), (1.0, -1.0))


def test_two_processes_draw_the_same_bytes():
    """micrograd, trace_graph.ipynb: nodes and edges are sets, drawn in the order of their addresses, named by them."""
    assert type(Theirs(1.0)._prev) is set
    program = """
import sys
from autograd import Value, draw
from nn import MLP
a, b = Value(2.0, "a"), Value(1.0, "b")
model = MLP(2, [3, 2], "tanh", seed=0)
for drawing in (draw((a + b) * (b + 1)), draw(model), draw(model([a, b]), groups=model), draw(a * b, most=2)):
    sys.stdout.write(drawing.source + drawing.svg + drawing.mermaid + drawing.text)
"""
    outputs = set()
    for seed in "01":
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=True)  # noqa: S603 (ours)
        outputs.add(done.stdout)
    assert len(outputs) == 1
    assert len(outputs.pop()) > 10_000


def test_without_a_dot_a_drawing_is_text_and_one_line_of_advice(monkeypatch, tmp_path):
    """xflr6/graphviz#68: the package is installed, the program is not, and a notebook shows a traceback."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    with pytest.raises(graphviz.ExecutableNotFound):
        graphviz.Source("digraph {a -> b}")._repr_mimebundle_()
    a = Value(2.0, "a")
    y = a * a
    y.backward()
    bundle = draw(y)._repr_mimebundle_()
    assert list(bundle) == ["text/plain"]
    *graph, advice = bundle["text/plain"].splitlines()
    assert [line.split() for line in graph] == ["a = 2 adjoint 4".split(), "v1 = a * a = 4 adjoint 1".split()]
    assert advice.startswith("Pictures need Graphviz: pip install pygraphviz")


# --- networks -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("x", [[1.0], [1.0, 2.0, 3.0], []])
@pytest.mark.parametrize("model", [MLP(2, [3, 1]), Layer(2, 3), Neuron(2)], ids=repr)
def test_inputs_of_another_length_are_refused_with_both_lengths(model, x):
    """karpathy/micrograd#107: weights and inputs are zipped; what is too long is cut off, what is missing left out."""
    assert isinstance(their_nn.Neuron(2)([Theirs(number) for number in x]), Theirs)
    with pytest.raises(ValueError, match=rf"takes 2 numbers, got {len(x)}"):
        model(x)


def test_a_hidden_layer_of_one_neuron_works():
    """karpathy/micrograd#13: a layer of one neuron gives no list, and the next layer fails on it."""
    with pytest.raises(TypeError, match="not iterable"):
        their_nn.MLP(2, [1, 1, 3])([1.0, -1.0])
    model = MLP(2, [1, 1, 3], "tanh", init=lambda *_: 0.5)
    output = model([1.0, -3.0])
    autograd.total(output).backward()
    hidden = math.tanh(0.5 * math.tanh(-1.0))
    assert [y.data for y in output] == pytest.approx([0.5 * hidden] * 3, rel=1e-15)
    # Three outputs with weight 1/2 on the second layer's neuron, and that with 1/2 on the first's.
    second = 1.5 * (1 - hidden**2)
    first = 0.5 * second * (1 - math.tanh(-1.0) ** 2)
    assert [layer.neurons[0].b.grad for layer in model.layers] == pytest.approx([first, second, 1.0], rel=1e-14)
    assert [type(y) for y in Layer(2, 1)([1.0, -1.0])] == [Value]


# --- tapes ----------------------------------------------------------------------------------------------------------


def test_a_branch_that_would_be_taken_otherwise_stops_a_replay():
    """`torch.jit.trace` keeps the branch of its example for all that follows, with a warning at best.

    pytorch/pytorch#10841 lists it among traces that do not stand for their program; #140539 is still open.
    """
    np = pytest.importorskip("numpy")

    def huber(r):
        return 0.5 * r * r if abs(r) < 1 else abs(r) - 0.5

    tape = record(huber, 0.5)
    np.testing.assert_array_equal(tape([0.5, -0.25]), [0.125, 0.03125])
    np.testing.assert_array_equal(tape.input_gradients([0.5, -0.25]), [0.5, -0.25])
    for replay in (tape, tape.input_gradients, lambda rows: tape.jvp([rows], [rows])):
        with pytest.raises(GuardError, match="row 2"):
            replay([0.5, -0.25, 3.0])  # a trace would give 4.5 with derivative 3
    # What the message advises: both branches, and a choice that is an operation.
    mended = record(lambda r: abs(r) - 0.5 + 0.5 * autograd.relu(1 - abs(r)) ** 2, 0.5)
    np.testing.assert_array_equal(mended([0.5, -0.25, 3.0]), [0.125, 0.03125, 2.5])
    np.testing.assert_array_equal(mended.input_gradients([0.5, -0.25, 3.0]), [0.5, -0.25, 1.0])
    assert [*map(grad(huber), [0.5, -0.25, 3.0])] == [0.5, -0.25, 1.0]


def test_training_with_a_loss_that_branches_is_never_silently_wrong():
    """The same in training: `fit` replays, meets the other branch, and goes on example by example."""
    pytest.importorskip("numpy")

    def huber(output, target):
        r = output - target
        return 0.5 * r * r if abs(r) < 1 else abs(r) - 0.5

    def trained(engine):
        model = Neuron(1, "linear", init=lambda *_: 0.0)
        rows, targets = [[float(k)] for k in range(8)], [2.0 * k for k in range(8)]
        fit(model, rows, targets, loss=huber, epochs=5, shuffle=False, batch_size=4, engine=engine)
        return [p.data for p in model.parameters()]

    assert trained("auto") == pytest.approx(trained("eager"), rel=1e-12)
    with pytest.raises(GuardError):
        trained("tape")
    assert gradients(huber(w := Value(5.0), 2.0), w) == 1.0
    assert isinstance(Dual(1.0, 1.0) < 2, bool)
