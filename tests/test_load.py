"""Load: graphs of a million nodes in every operation, memory that stays flat over training, and nothing kept alive.

The default run takes a few operations to a million nodes and counts the work of all others at small sizes. With
`LOAD=full` in the environment all go to a million nodes, and training to 10,000 steps: half an hour, and 4 GB.
"""

import copy
import gc
import os
import pickle
import sys
import tracemalloc
import weakref
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest
from calls import calls_made

from autograd import (
    Value,
    check_gradients,
    detect_anomaly,
    dot,
    draw,
    explain,
    grad,
    gradients,
    hessian,
    hvp,
    jacobian,
    jvp,
    no_grad,
    reciprocal,
    record,
    total,
    value_and_grad,
    vjp,
)
from autograd.costs import multiply_adds
from autograd.graph import topological_order
from nn import MLP, evaluate, fit
from nn.losses import squared_error
from nn.optim import Adam

FULL = os.environ.get("LOAD") == "full"
full = pytest.mark.skipif(not FULL, reason="half an hour and 4 GB: LOAD=full")
MILLION = 1_000_000


@contextmanager
def collector_off():
    was_enabled = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


# --- graphs of n nodes, of one variable at 2, with all numbers exact ------------------------------------------------


def chain(x, n):
    """1 / (1 / (1 / ... x)), as often as makes it x again: the second derivatives are those of x, through all of it."""
    for _ in range(n):
        x = reciprocal(x)
    return x


def fan(x, n):
    """n / x: x has n users, and the sum as many terms."""
    return total([reciprocal(x) for _ in range(n)])


def wide(x, n):
    """A sum of n - 1 other variables and x * x."""
    return total([*map(Value, range(n - 1)), x * x])


def repeated(x, n):
    """n x * x: a single node whose 2 n parents are all the same."""
    return dot([x] * n, [x] * n)


def exact(shape, n):
    """The value and the first two derivatives, by hand."""
    return {
        chain: (2.0, 1.0, 0.0),
        fan: (n / 2, -n / 4, n / 4),
        wide: ((n - 1) * (n - 2) / 2 + 4, 4.0, 2.0),
        repeated: (4.0 * n, 4.0 * n, 2.0 * n),
    }[shape]


SHAPES = [chain, fan, wide, repeated]

# --- every operation ------------------------------------------------------------------------------------------------


def backward_twice(f, value, slope, curvature):
    x = Value(2.0)
    y = f(x)
    y.backward()
    y.backward()
    assert (y.data, x.grad) == (value, 2 * slope)


def plain_gradients(f, value, slope, curvature):
    x = Value(2.0)
    assert gradients(f(x), x) == slope


def gradients_as_graphs(f, value, slope, curvature):
    x = Value(2.0)
    first = gradients(f(x), x, create_graph=True)
    assert (first.data, gradients(first, x)) == (slope, curvature)


def reverse_transforms(f, value, slope, curvature):
    assert (grad(f)(2.0), value_and_grad(f)(2.0)) == (slope, (value, slope))
    found, pullback = vjp(f, 2.0)
    assert (found, pullback(1.0)) == (value, slope)


def forward_transform(f, value, slope, curvature):
    assert jvp(f, (2.0,), (1.0,)) == (value, slope)


def second_transform(f, value, slope, curvature):
    assert hvp(f, (2.0,), (1.0,)) == curvature


def all_derivatives_of_several_results(f, value, slope, curvature):
    assert jacobian(lambda x: [f(x), x])(2.0) == [slope, 1.0]


def comparison_with_differences(f, value, slope, curvature):
    few = partial(f.func, n=f.keywords["n"] // 50)  # it takes fifty gradients, and more values
    assert len(check_gradients(few, 2.0)) == 2


def deep_copy(f, value, slope, curvature):
    x = Value(2.0)
    twin, own = copy.deepcopy((f(x), x))
    twin.backward()
    assert (twin.data, own.grad, x.grad) == (value, slope, 0.0)


def pickling(f, value, slope, curvature):
    x = Value(2.0)
    twin, own = pickle.loads(pickle.dumps((f(x), x)))  # noqa: S301 (ours)
    twin.backward()
    assert (twin.data, own.grad, x.grad) == (value, slope, 0.0)


def freeing(f, value, slope, curvature):
    y = f(Value(2.0))
    refs = [weakref.ref(y), weakref.ref(y.parents[-1])]
    del y
    assert [ref() for ref in refs] == [None, None]


def showing(f, value, slope, curvature):
    y = f(Value(2.0))
    assert (repr(y), f"{y:.1f}", y.detach().parents) == (f"Value(data={value!r}, grad=0.0)", f"{value:.1f}", ())


def order(f, value, slope, curvature):
    y = f(Value(2.0))
    nodes = topological_order(y)
    assert nodes[-1] is y
    assert len(set(nodes)) == len(nodes) >= {repeated: 2}.get(f.func, f.keywords["n"])


def drawing(f, value, slope, curvature):
    x = Value(2.0, "x")
    y = f(x)
    y.backward()
    for picture in draw(y), draw(y, along=x):
        assert len(picture.text.splitlines()) < 310
        assert "adjoint" in picture.text


def drawing_around_a_node(f, value, slope, curvature):
    x = Value(2.0, "x")
    assert "x = 2" in draw(f(x), around=x).text


def explanation(f, value, slope, curvature):
    x = Value(2.0, "x")
    y = f(x)
    explained = explain(y)
    assert explained.steps[0].node is y
    assert len(str(explained)) < 20_000
    assert explain(y, along=x).steps[-1].tangent == slope


def tape(f, value, slope, curvature):
    replayed = record(f, 2.0)
    assert replayed([2.0, 2.0]).tolist() == [value, value]
    assert replayed.input_gradients([2.0, 2.0]).tolist() == [slope, slope]
    assert len(str(replayed)) > 100


def search_for_anomalies(f, value, slope, curvature):
    with detect_anomaly():
        x = Value(2.0)
        f(x).backward()
    assert x.grad == slope


def values_alone(f, value, slope, curvature):
    with no_grad():
        y = f(Value(2.0))
    assert (y.data, y.parents) == (value, ())


def counting(f, value, slope, curvature):
    x = Value(2.0)
    y = f(x)
    assert multiply_adds([y], [x]) >= {wide: 3}.get(f.func, f.keywords["n"])


OPERATIONS = [
    backward_twice,
    plain_gradients,
    freeing,
    showing,
    order,
    values_alone,
    gradients_as_graphs,
    reverse_transforms,
    forward_transform,
    second_transform,
    all_derivatives_of_several_results,
    comparison_with_differences,
    deep_copy,
    pickling,
    drawing,
    drawing_around_a_node,
    explanation,
    tape,
    search_for_anomalies,
    counting,
]


PAIRS = [
    pytest.param(operation, shape, id=f"{operation.__name__} of {shape.__name__}")
    for operation in OPERATIONS
    for shape in SHAPES
    if (operation, shape) != (comparison_with_differences, wide)  # which gives a Value for a float
]


def applied(operation, shape, n):
    operation(partial(shape, n=n), *exact(shape, n))


@pytest.mark.parametrize("shape", [chain, repeated])
def test_a_million_nodes_are_an_ordinary_graph(shape):
    value, slope, _ = exact(shape, MILLION)
    with collector_off():
        x = Value(2.0)
        y = shape(x, MILLION)
        assert (y.data, gradients(y, x)) == (value, slope)
        y.backward()
        assert x.grad == slope
        ref = weakref.ref(y)
        del y
        assert ref() is None


def cost(operation, shape, n):
    """How many functions an operation calls on a graph of n nodes, and the bytes that it needs at once."""
    tracemalloc.start()
    try:
        return calls_made(lambda: applied(operation, shape, n)), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def require_linear(operation, shape, n=300):
    applied(operation, shape, 10)  # what is imported or compiled the first time
    (calls, peak), (more_calls, higher_peak) = (cost(operation, shape, k) for k in (n, 4 * n))
    assert more_calls <= 4.4 * calls
    assert higher_peak <= 8 * peak  # a set grows by a factor of four at once; in the square it would be 16


@pytest.mark.parametrize(("operation", "shape"), PAIRS)
def test_four_times_the_nodes_are_four_times_the_work_and_memory(operation, shape):
    """1,200 nodes are also deeper than Python lets a function call itself."""
    assert sys.getrecursionlimit() < 1200
    require_linear(operation, shape)


def quadratic_in_calls(f, value, slope, curvature):
    for node in topological_order(f(Value(2.0))):
        topological_order(node)


def quadratic_in_memory(f, value, slope, curvature):
    nodes = topological_order(f(Value(2.0)))
    return [nodes[:k] for k in range(len(nodes))]


@pytest.mark.parametrize("operation", [quadratic_in_calls, quadratic_in_memory])
def test_an_operation_that_takes_the_square_of_the_nodes_is_noticed(operation):
    with pytest.raises(AssertionError):
        require_linear(operation, chain, 50)


def test_an_operation_that_recurses_is_noticed():
    def depth(node):
        return 1 + max(map(depth, node.parents), default=0)

    with pytest.raises(RecursionError):
        applied(lambda f, *_: depth(f(Value(2.0))), chain, 1200)


@full
@pytest.mark.parametrize(("operation", "shape"), PAIRS if FULL else PAIRS[:1])
def test_every_operation_takes_a_million_nodes(operation, shape):
    applied(operation, shape, MILLION)


# --- training in flat memory ----------------------------------------------------------------------------------------

INPUTS = [[0.1 * i, 0.3 - 0.05 * i] for i in range(8)]
TARGETS = [0.1 * i * i for i in range(8)]


def network():
    return MLP(2, [4, 1], "tanh", seed=0)


def eager_step():
    model = network()
    optimizer = Adam(model.parameters())

    def step():
        optimizer.zero_grad()
        total([squared_error(model(x), target) for x, target in zip(INPUTS, TARGETS, strict=True)]).backward()
        optimizer.step()

    return step


def tape_step():
    model = network()
    optimizer = Adam(model.parameters())
    tape = record(lambda x, t: squared_error(model(x), t), INPUTS[0], TARGETS[0], parameters=model.parameters())

    def step():
        tape.write(optimizer.updated(tape.read(), tape.value_and_grad(INPUTS, TARGETS)[1]))

    return step


def second_order_step():
    model = network()
    optimizer = Adam(model.parameters())

    def step():
        x = Value(0.3)
        optimizer.zero_grad()
        gradients(model([x, 1.0]), x, create_graph=True).square().backward()
        optimizer.step()

    return step


def fit_step(engine):
    model = network()
    optimizer = Adam(model.parameters())
    return lambda: fit(model, INPUTS, TARGETS, loss=squared_error, optimizer=optimizer, epochs=1, engine=engine)


STEPS = {
    "eager": eager_step,
    "tape": tape_step,
    "second order": second_order_step,
    "fit, eager": partial(fit_step, "eager"),
    "fit, tape": partial(fit_step, "tape"),
}
every_step = pytest.mark.parametrize("made", STEPS.values(), ids=STEPS)


def left_behind(step, times):
    """How many more objects, and blocks of memory, there are after so many steps, without the collector."""
    with collector_off():
        for _ in range(5):
            step()
        gc.collect()  # empties Python's own lists of tuples and floats to use again
        objects, blocks = len(gc.get_objects()), sys.getallocatedblocks()
        for _ in range(times):
            step()
        more = len(gc.get_objects()) - objects
        gc.collect()
        return more, sys.getallocatedblocks() - blocks


@every_step
def test_a_training_step_leaves_nothing_behind(made):
    """One thing kept in each step would be 40; what is there more is kept by this test."""
    objects, blocks = left_behind(made(), 40)
    assert objects < 10
    assert blocks < 30 or sys.gettrace()  # a tracer, as coverage's, remembers every file of code: each tape is one


def test_a_step_that_keeps_its_loss_is_noticed():
    step, kept = eager_step(), []
    assert min(left_behind(lambda: (step(), kept.append(Value(1.0))), 40)) >= 40


def resident_bytes():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@full
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the system does not say it")
@pytest.mark.parametrize("made", [eager_step, tape_step, second_order_step])
def test_memory_is_flat_over_ten_thousand_steps(made):
    step = made()
    for _ in range(500):
        step()
    gc.collect()
    before = resident_bytes()
    for _ in range(10_000):
        step()
    gc.collect()
    assert resident_bytes() <= 1.01 * before


@full
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the system does not say it")
@pytest.mark.parametrize("engine", ["eager", "tape"])
def test_memory_is_flat_over_ten_thousand_steps_of_one_fit(engine):
    after = []
    settings = {"epochs": 3, "batch_size": 1, "engine": engine, "callbacks": [lambda _: after.append(resident_bytes())]}
    fit(network(), INPUTS * 625, TARGETS * 625, loss=squared_error, **settings)
    assert after[2] <= 1.01 * after[0]


# --- nothing is kept alive ------------------------------------------------------------------------------------------


def looks(loss, model):
    repr(draw(loss, groups=model)), draw(loss, groups=model, around="layers.0.neurons.1").text, draw(model).text


def raises_in(transform):
    """Something that fails in the middle, holding the loss; its error is dropped."""

    def use(loss, model):
        def function(x):
            inner = loss * x
            raise LookupError(type(inner))

        with suppress(LookupError):
            transform(function)

    return use


def fails_in_fit(engine, loss, model):
    def fails(output, target):
        raise LookupError((output - target + loss).data)

    with suppress(LookupError):
        fit(model, INPUTS, TARGETS, loss=fails, engine=engine, epochs=1)


def fails_in_backward(loss, model):
    with suppress(FloatingPointError), detect_anomaly():
        (loss * 1e200).backward(1e200)


def no_guard(loss, model):
    tape = record(lambda x: loss * x if x > 0 else x, 1.0)
    with suppress(Exception):
        tape([1.0, -1.0])


def measures(loss, model):
    outer = loss.detach() * 0.0
    evaluate(model, INPUTS, TARGETS, loss=lambda y, t: squared_error(y, t) + outer)


USES = {
    "backward": lambda loss, model: loss.backward(),
    "backward that finds an inf": fails_in_backward,
    "gradients": lambda loss, model: gradients(gradients(loss, model.parameters()[0], create_graph=True), loss),
    "draw": looks,
    "explain": lambda loss, model: (str(explain(loss)), repr(explain(loss, along=model.parameters()[0]))),
    "record": lambda loss, model: record(lambda x: loss * x, 1.0).value_and_grad([1.0, 2.0]),
    "record that fails": raises_in(lambda function: record(function, 1.0)),
    "a guard that fails": no_guard,
    "grad": lambda loss, model: grad(lambda x: loss * x)(1.0),
    "grad that fails": raises_in(lambda function: grad(function)(1.0)),
    "jvp": lambda loss, model: jvp(lambda x: loss * x, (1.0,), (1.0,)),
    "jvp that fails": raises_in(lambda function: jvp(function, (1.0,), (1.0,))),
    "hessian": lambda loss, model: hessian(lambda x: (loss * x).exp())(0.1),
    "deepcopy": lambda loss, model: copy.deepcopy(loss),
    "pickle": lambda loss, model: pickle.dumps((loss, model)),
    "evaluate": measures,
    "fit, eager": lambda loss, model: fit(model, INPUTS, TARGETS, loss=squared_error, engine="eager", epochs=1),
    "fit, tape": lambda loss, model: fit(model, INPUTS, TARGETS, loss=squared_error, engine="tape", epochs=1),
    "fit that fails, eager": partial(fails_in_fit, "eager"),
    "fit that fails, auto": partial(fails_in_fit, "auto"),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_a_loss_is_gone_as_soon_as_it_is_dropped_whatever_it_was_used_for(use):
    """Without the cyclic collector: there is no cache that holds a node, and no cycle that one hangs on."""
    model = network()
    own = set(model.parameters())

    def used():
        loss = squared_error(model(INPUTS[1]), TARGETS[1])
        nodes = [weakref.ref(node) for node in topological_order(loss) if node not in own]
        use(loss, model)
        return nodes

    used()  # what is imported, compiled and remembered the first time
    with collector_off():
        nodes = used()
        assert len(nodes) > 10
        assert [ref() for ref in nodes if ref() is not None] == []
        assert gc.collect() == 0


@pytest.mark.parametrize("engine", ["eager", "tape"])
def test_while_fit_runs_no_step_holds_the_graphs_of_those_before(engine):
    alive = []

    def loss(output, target):
        cost = squared_error(output, target)
        losses.add(cost)
        return cost

    losses = weakref.WeakSet()
    with collector_off():
        fit(
            network(),
            INPUTS,
            TARGETS,
            loss=loss,
            engine=engine,
            epochs=5,
            batch_size=2,
            callbacks=[lambda _: alive.append(len(losses))],
        )
        assert len(losses) == 0
    assert alive == [0, 0, 0, 0, 0]
