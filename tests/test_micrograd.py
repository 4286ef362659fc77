"""Code in micrograd's style runs after changing its import, and gives micrograd's numbers.

The README of the installed micrograd is executed; everything else is written anew.
"""

import inspect
import re
from importlib.metadata import metadata

import pytest

import autograd
import nn
from autograd import Value, draw

README = metadata("micrograd").get_payload()
EXAMPLES = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def example(containing):
    return next(text for text in EXAMPLES if containing in text)


def reversed_topological(output):
    """As the lecture finds it: recursively, over `_prev`."""
    found, order = set(), []

    def visit(node):
        if node not in found:
            found.add(node)
            for child in node._prev:
                visit(child)
            order.append(node)

    visit(output)
    return order[::-1]


def passed_back_by_hand(output):
    output.grad = 1.0
    for node in reversed_topological(output):
        node._backward()


# --- the README -----------------------------------------------------------------------------------------------------


def test_the_readme_of_micrograd_runs_with_only_its_import_changed(capsys):
    original = example("Value(-4.0)")
    lines = original.splitlines()
    [imported] = [k for k, line in enumerate(lines) if "import" in line]
    assert lines[imported] == "from micrograd.engine import Value"
    lines[imported] = "from autograd import Value"
    names = {}
    exec("\n".join(lines), names)  # noqa: S102 (what is tested)
    assert capsys.readouterr().out.split() == ["24.7041", "138.8338", "645.5773"]
    # These are the numbers that the README promises in its comments.
    assert re.findall(r"# prints ([\d.]+),", original) == ["24.7041", "138.8338", "645.5773"]
    assert names["Value"] is Value


def test_the_readme_s_example_has_micrograd_s_numbers_to_the_last_digits():
    theirs = pytest.importorskip("micrograd.engine").Value

    def run(kind):
        names = {"Value": kind}
        body = [line for line in example("Value(-4.0)").splitlines() if "import" not in line and "print" not in line]
        exec("\n".join(body), names)  # noqa: S102 (what is tested)
        return [names["g"].data, names["a"].grad, names["b"].grad, names["d"].data, names["e"].data]

    assert run(Value) == pytest.approx(run(theirs), rel=1e-14)


def test_the_readme_s_neuron_runs():
    text = example("Neuron").replace("from micrograd import nn", "import nn")
    assert "micrograd" not in text
    names = {"Value": Value, "draw_dot": draw}
    exec(text, names)  # noqa: S102 (what is tested)
    n, y = names["n"], names["y"]
    assert isinstance(y, Value)
    expected = n.w[0].data * 1.0 + n.w[1].data * -2.0 + n.b.data
    assert y.data == pytest.approx(max(0.0, expected), abs=1e-15)
    y.backward()
    # The derivative of relu, 0 or 1, times the inputs.
    slope = float(expected > 0)
    assert [w.grad for w in n.w] == [slope * 1.0, slope * -2.0]
    assert [x.grad for x in names["x"]] == [slope * n.w[0].data, slope * n.w[1].data]
    source = names["dot"].source
    assert "digraph" in source
    assert "ReLU" in source


# --- the engine's surface -------------------------------------------------------------------------------------------


def test_every_name_of_micrograd_s_value_exists():
    theirs = pytest.importorskip("micrograd.engine").Value
    ours = Value(1.0)
    for name in [*vars(theirs(1.0)), *vars(theirs)]:
        if name not in {"__dict__", "__weakref__", "__module__", "__firstlineno__", "__static_attributes__"}:
            assert hasattr(ours, name), name


def test_every_name_of_micrograd_s_networks_exists():
    theirs = pytest.importorskip("micrograd.nn")
    for kind, arguments in [("Neuron", (3,)), ("Layer", (3, 2)), ("MLP", (3, [4, 1]))]:
        original = getattr(theirs, kind)(*arguments)
        model = getattr(nn, kind)(*arguments)
        for name, attribute in [*vars(original).items(), *inspect.getmembers(type(original), inspect.isfunction)]:
            if name != "nonlin":  # our neurons have an activation
                assert hasattr(model, name), name
                if isinstance(attribute, list):
                    assert len(getattr(model, name)) == len(attribute)
        assert len(model.parameters()) == len(original.parameters())
    assert issubclass(nn.MLP, nn.Module)


def test_a_node_says_its_operation_and_its_children():
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    c = a * b
    assert (c._op, c._prev) == ("*", (a, b))
    assert ((a + b)._op, (a - b)._op, (a / b)._op, (a**2)._op) == ("+", "-", "/", "**")
    assert (a._op, a._prev) == ("", ())
    assert set(c._prev) == {a, b}
    assert (c.relu()._op, c.tanh()._op, c.exp()._op) == ("ReLU", "tanh", "exp")


def test_the_names_of_the_lectures_are_read_only():
    y = Value(2.0) * 3
    for name in ("_prev", "_op", "_backward"):
        with pytest.raises(AttributeError):
            setattr(y, name, None)


def test_a_leaf_s_own_backward_does_nothing():
    x = Value(2.0)
    x.grad = 5.0
    assert x._backward() is None
    assert x.grad == 5.0


def test_a_node_s_own_backward_adds_to_its_parents_grad():
    a, b = Value(2.0), Value(-3.0)
    a.grad = 100.0
    c = a * b
    c.grad = 2.0
    c._backward()
    assert (a.grad, b.grad, c.grad) == (94.0, 4.0, 2.0)
    d = a * a
    d.grad = 1.0
    a.grad = 0.0
    d._backward()
    assert a.grad == 4.0


def expressions():
    """Graphs with shared nodes, a * a among them, and all kinds of operators; with their variables."""
    a, b = Value(-4.0, label="a"), Value(2.0, label="b")
    c = a + b
    c.label = "c"
    d = a * a - b**3 / c
    e = (d - 2 * c).tanh() + (c * 0.1).exp() * d
    return [a + a, a * a, c * c * c, e, (e - d).relu() + sum([a, b, c, d]), 10 / (1 - b) + 2**a], [a, b, c, d, e]


@pytest.mark.parametrize("k", range(6))
def test_passing_back_by_hand_gives_the_same_grads_as_backward(k):
    """The lecture's loop: reversed topological order, and `_backward()` of each node."""
    by_hand, variables = expressions()
    passed_back_by_hand(by_hand[k])
    automatic, same = expressions()
    automatic[k].backward()
    assert [v.grad for v in variables] == [v.grad for v in same]
    assert any(v.grad for v in variables)


def test_the_order_of_the_lecture_s_search_is_ours():
    from autograd.graph import topological_order

    for output in expressions()[0]:
        assert reversed_topological(output) == topological_order(output)[::-1]


def test_the_lecture_s_first_expression():
    # L = (a b + c) f at a = 2, b = -3, c = 10, f = -2: e = -6, d = 4, L = -8;
    # dL/df = d = 4, dL/dd = f = -2 = dL/dc = dL/de, dL/da = -2 b = 6, dL/db = -2 a = -4.
    a, b, c = Value(2.0, label="a"), Value(-3.0, label="b"), Value(10.0, label="c")
    e = a * b
    e.label = "e"
    d = e + c
    d.label = "d"
    f = Value(-2.0, label="f")
    loss = d * f
    loss.label = "L"
    loss.backward()
    assert loss.data == -8.0
    assert [v.grad for v in (a, b, c, e, d, f, loss)] == [6.0, -4.0, -2.0, -2.0, -2.0, 4.0, 1.0]
    for v in (a, b, c, f):  # one step uphill, as in the lecture
        v.data += 0.01 * v.grad
    # After the step L is (2.06 * -3.04 + 9.98) * -1.96.
    assert ((a * b + c) * f).data == pytest.approx(-7.286496, rel=1e-12)


@pytest.mark.parametrize("by_hand", [False, True])
@pytest.mark.parametrize("spelling", ["tanh", "exp", "fraction", "dot"])
def test_the_lecture_s_neuron(spelling, by_hand):
    # n = x1 w1 + x2 w2 + b = -6 + 0 + 6.88137... = 0.88137..., chosen so that 1 - tanh(n)^2 = 1/2.
    x1, x2 = Value(2.0, label="x1"), Value(0.0, label="x2")
    w1, w2 = Value(-3.0, label="w1"), Value(1.0, label="w2")
    b = Value(6.8813735870195432, label="b")
    n = autograd.dot([w1, w2], [x1, x2], b) if spelling == "dot" else x1 * w1 + x2 * w2 + b
    n.label = "n"
    if spelling == "exp":
        e = (2 * n).exp()
        o = (e - 1) / (e + 1)
    elif spelling == "fraction":
        o = (n.exp() - (-n).exp()) * (n.exp() + (-n).exp()) ** -1
    else:
        o = n.tanh()
    o.label = "o"
    if by_hand:
        passed_back_by_hand(o)
    else:
        o.backward()
    assert o.data == pytest.approx(0.7071067811865476, rel=1e-12)
    grads = {v.label: v.grad for v in (x1, w1, x2, w2, b, n)}
    assert grads == pytest.approx(
        {"x1": -1.5, "w1": 1.0, "x2": 0.5, "w2": 0.0, "b": 0.5, "n": 0.5}, rel=1e-12, abs=1e-15
    )


def test_sum_begins_with_the_integer_zero():
    values = [Value(1.0), Value(2.0), Value(3.0)]
    y = sum(values)
    y.backward()
    assert (type(y), y.data) == (Value, 6.0)
    assert [v.grad for v in values] == [1.0, 1.0, 1.0]
    assert sum((v * v for v in values), Value(10.0)).data == 24.0


def test_a_variable_that_is_used_twice_accumulates():
    """The bug that the lecture makes and mends."""
    a = Value(3.0, label="a")
    (a + a).backward()
    assert a.grad == 2.0
    a, b = Value(-2.0), Value(3.0)
    d, e = a * b, a + b
    (d * e).backward()
    assert (a.grad, b.grad) == (-3.0, -8.0)  # d(a^2 b + a b^2) = 2 a b + b^2, a^2 + 2 a b


# --- training -------------------------------------------------------------------------------------------------------


def test_the_lecture_s_four_examples_are_learnt_by_hand_written_descent():
    inputs = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5], [0.5, 1.0, 1.0], [1.0, 1.0, -1.0]]
    targets = [1.0, -1.0, -1.0, 1.0]
    model = nn.MLP(3, [4, 4, 1], "tanh", "tanh", seed=0)
    assert len(model.parameters()) == 41
    losses = []
    for _ in range(60):
        outputs = [model(x) for x in inputs]
        loss = sum((output - target) ** 2 for target, output in zip(targets, outputs, strict=True))
        for p in model.parameters():
            p.grad = 0.0
        loss.backward()
        for p in model.parameters():
            p.data += -0.1 * p.grad
        losses.append(loss.data)
    assert losses[-1] < 0.05 < losses[0]
    assert [(model(x).data > 0) for x in inputs] == [target > 0 for target in targets]


def test_the_moons_are_told_apart_in_micrograd_s_style():
    """100 points, hinge loss and L2, a rate that falls from 1 to 0.1: accuracy 1 within 100 steps."""
    make_moons = pytest.importorskip("sklearn.datasets").make_moons
    points, classes = make_moons(n_samples=100, noise=0.1, random_state=1)
    signs = classes * 2 - 1  # NumPy's integers
    model = nn.MLP(2, [16, 16, 1], seed=1337)
    assert len(model.parameters()) == 337
    for k in range(100):
        scores = [model(list(map(Value, row))) for row in points]
        losses = [(1 + -sign * score).relu() for sign, score in zip(signs, scores, strict=True)]
        penalty = 1e-4 * sum(p * p for p in model.parameters())
        loss = sum(losses) * (1.0 / len(losses)) + penalty
        accuracy = sum((sign > 0) == (score.data > 0) for sign, score in zip(signs, scores, strict=True)) / 100
        if accuracy == 1.0:
            break
        model.zero_grad()
        loss.backward()
        for p in model.parameters():
            p.data -= (1.0 - 0.9 * k / 100) * p.grad
    assert accuracy == 1.0
    assert loss.data < 0.2
    assert all(type(p.data) is float for p in model.parameters())
