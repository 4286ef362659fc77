"""Eager work, forward mode, tapes, mpmath and differences agree on random graphs and networks, and err alike.

Hypothesis draws the graphs; one on which two ways disagree is shrunk, and shown as Python. `AGREEMENT=20` in the
environment draws 20 times as many, and others in each run.

How far apart numbers may be is derived: every primitive is right to 4 ulp of its value or of its largest term, 8 U of
it, so a graph is right to 8 U times `sizes`, the sum of what each node's error makes of the result, to first order. A
derivative is a graph as well, that of `create_graph`, and its size says how far roundings carry in any mode.
"""

import math
import os
import warnings
from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from math import inf, isnan

import numpy as np
import pytest
import references
from hypothesis import HealthCheck, assume, find, given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf
from random_graphs import BRANCH, NEAR, TABLE, Choices, Maker, Plan, applied, distance_to_kink, plans, reference, sizes
from test_transforms import HESSIANS

import autograd
from autograd import (
    GuardError,
    Tape,
    Value,
    check_gradients,
    grad,
    gradients,
    hessian,
    jacobian,
    jvp,
    primitive,
    record,
    square,
    total,
)
from autograd.check import KinkWarning
from autograd.graph import topological_order
from autograd.trees import leaves
from nn import MLP, SGD, Adam, Convolution, Dropout, Layer, Neuron, Recurrent, fit, losses
from nn.layers import ACTIVATIONS

DEPTH = int(os.environ.get("AGREEMENT", "1"))
U = 2.0**-53
ALLOWED = 16 * U  # the other 8 U are for what is not of first order

# What textbooks define, without the convention that `ratio` is at b = 0.
DEFINITIONS = references.VALUES | {"ratio": references.VALUES["divide"], "branch": lambda a, b, c, d: c if a < b else d}


def graphs(n):
    """Settings: so many graphs in an ordinary run, the same in each."""
    return settings(
        max_examples=n * DEPTH,
        derandomize=DEPTH == 1,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


# --- exactly --------------------------------------------------------------------------------------------------------

# Slopes where there is none, as the primitives' docstrings state them.
SLOPES_AT_KINKS = {
    "absolute": lambda x: (0,),
    "sign": lambda x: (0,),
    "step": lambda x: (0,),
    "relu": lambda x: (0,),
    "leaky_relu": lambda x, slope: (slope, 0),
    "elu": lambda x, alpha: (1, 0),
    "maximum": lambda a, b: (0.5, 0.5),
    "minimum": lambda a, b: (0.5, 0.5),
    "hypot": lambda a, b: (0, 0),
    "power": lambda a, b: (int(b == 1), 0),
    "branch": lambda a, b, c, d: (0, 0, 1, 0) if a < b else (0, 0, 0, 1),
}


class Exactly:
    """A plan in mpmath, at numbers that floats give: its outputs, and differences of them for derivatives.

    No rule is used. At a kink the definition is replaced by the line whose slope the primitive states.

    Attributes:
        kinks: by step, value, operands and slopes there.
    """

    # Differences with this step leave out 1e-80 times a higher derivative, and the digits leave 1e-80 of what the
    # second differences divide by its square. So nothing is seen of what is below FLOOR.
    DIGITS, STEP, FLOOR = 160, mpf("1e-40"), 1e-70

    def __init__(self, plan, numbers):
        self.plan, self.numbers, self.kinks = plan, numbers, {}
        with mp.workdps(self.DIGITS):
            self.outputs = plan.of_numbers([mpf(x) for x in numbers], self._at)

    def _at(self, k, chosen, operands):
        result = DEFINITIONS[chosen.name](*operands)
        if chosen.name in SLOPES_AT_KINKS:
            apart = distance_to_kink(chosen.name, operands)
            # A float may be at a kink where the exact number is beside it: none of both is wrong.
            assume(apart == 0 or apart > 1e-9)
            if apart == 0:
                self.kinks[k] = result, list(operands), SLOPES_AT_KINKS[chosen.name](*operands)
        return result

    def _near(self, k, chosen, operands):
        if k not in self.kinks:
            return DEFINITIONS[chosen.name](*operands)
        value, at, slopes = self.kinks[k]
        return value + sum(d * (x - a) for d, x, a in zip(slopes, operands, at, strict=True))

    def moved(self, steps):
        """The outputs where some numbers, by index, are so many steps away."""
        numbers = [mpf(x) for x in self.numbers]
        for i, n in steps:
            numbers[i] += n * self.STEP
        return self.plan.of_numbers(numbers, self._near)

    def slopes(self):
        """For each output its derivatives."""
        with mp.workdps(self.DIGITS):
            pairs = [(self.moved([(i, 1)]), self.moved([(i, -1)])) for i in range(len(self.numbers))]
            return [[(right[j] - left[j]) / (2 * self.STEP) for right, left in pairs] for j in range(len(self.outputs))]

    def curvatures(self):
        """The second derivatives of the first output."""
        n = range(len(self.numbers))
        signs = [(1, 1), (1, -1), (-1, 1), (-1, -1)]
        with mp.workdps(self.DIGITS):
            return [
                [sum(a * b * self.moved([(i, a), (j, b)])[0] for a, b in signs) / (4 * self.STEP**2) for j in n]
                for i in n
            ]


def require_close(found, exact, size, what, allowed=ALLOWED):
    error = abs(mpf(found) - exact)
    units = mp.nstr(error / (U * size + 1e-300), 3)
    assert error <= allowed * size + Exactly.FLOOR, (
        f"{what} gives {found!r}, mpmath {mp.nstr(exact, 17)}: {units} U of {size:.3g} apart"
    )


# --- one row --------------------------------------------------------------------------------------------------------


def as_value(x):
    return x if isinstance(x, Value) else Value(x)


def require_agreement(plan):
    """Values and first derivatives of the first row: eager, backward, gradients, their graphs, forward mode, mpmath."""
    numbers = plan.numbers(0)
    exactly = Exactly(plan, numbers)
    variables = [Value(x) for x in numbers]
    outputs = [as_value(x) for x in plan.of_numbers(variables)]
    size = sizes(*outputs)
    for output, plain, exact in zip(outputs, plan.of_numbers(numbers), exactly.outputs, strict=True):
        assert plain == output.data
        require_close(output.data, exact, size[output], "eager work")
    forward = jacobian(plan.of_numbers, mode="forward")(numbers)
    direction = [1.0 / (k + 1) for k in range(len(numbers))]
    along = jvp(plan.of_numbers, (numbers,), (direction,))[1]
    for j, slopes in enumerate(exactly.slopes()):
        graph = gradients(outputs[j], variables, create_graph=True)
        size = sizes(*graph)
        for x in variables:
            x.grad = 0.0
        outputs[j].backward()
        ways = {
            "backward": [x.grad for x in variables],
            "gradients": gradients(outputs[j], variables),
            "the graph of derivatives": [x.data for x in graph],
            "forward mode": forward[j],
        }
        for way, found in ways.items():
            for i, exact in enumerate(slopes):
                require_close(found[i], exact, size[graph[i]], f"d output {j} / d number {i} by {way}")
        exact = mp.fdot(direction, slopes)
        whole = sum(d * size[x] for d, x in zip(direction, graph, strict=True))
        require_close(along[j], exact, whole, f"output {j} along a direction")


FAMILIES = {
    "arithmetic": "add subtract multiply divide ratio identity negative power reciprocal square",
    "exponentials": "exp exp2 expm1 log log2 log10 log1p logaddexp logsumexp",
    "roots": "sqrt rsqrt cbrt hypot power",
    "trigonometric": "sin cos tan asin acos atan atan2",
    "hyperbolic": "sinh cosh tanh asinh acosh atanh erf erfc",
    "activations": "sigmoid log_sigmoid softplus softsign relu leaky_relu elu silu gelu gelu_tanh",
    "choices": "absolute sign step maximum minimum relu leaky_relu elu",
    "sums": "total dot logsumexp add multiply",
    "all": " ".join(TABLE),
}


def table(family):
    """The primitives of a family; products and differences join them."""
    return tuple(TABLE[name] for name in dict.fromkeys(["multiply", "subtract", *FAMILIES[family].split()]))


@pytest.mark.parametrize("family", FAMILIES)
def test_eager_work_and_both_modes_agree_with_mpmath(family):
    @graphs(40)
    @given(plans(table=table(family)))
    def agree(plan):
        require_agreement(plan)

    agree()


def test_the_graphs_are_of_every_primitive_with_fan_out_repeated_parents_constants_unused_nodes_and_kinks():
    met = Counter()

    def look_for_kinks(k, chosen, operands):
        if chosen.name in SLOPES_AT_KINKS and distance_to_kink(chosen.name, operands) == 0.0:
            met[f"kink of {chosen.name}"] += 1
        return applied(k, chosen, operands)

    def look(plan):
        uses = Counter(o for chosen, operands in plan.steps for o in set(chosen.flat(operands)))
        met.update(chosen.name for chosen, _ in plan.steps)
        met["fan-out"] += any(n > 1 for n in uses.values())
        met["unused"] += any(("n", k) not in uses and ("n", k) not in plan.outputs for k in range(len(plan.steps)))
        for chosen, operands in plan.steps:
            flat = chosen.flat(operands)
            met["repeated"] += len(set(flat)) < len(flat)
            met["constant"] += any(kind == "c" for kind, *_ in flat)
            met[f"{len(flat)} operands"] += chosen.n_groups > 0
        plan.of_numbers(plan.numbers(0), look_for_kinks)

    for family in FAMILIES:
        for seed in range(200):
            look(Maker(Choices.seeded(seed), 8, table(family)).made())
    wanted = {*TABLE, "branch", "fan-out", "unused", "repeated", "constant", "1 operands", "6 operands", "13 operands"}
    wanted |= {f"kink of {name}" for name in SLOPES_AT_KINKS}
    assert {name for name in wanted if not met[name]} == set()


# --- second derivatives ---------------------------------------------------------------------------------------------


def require_equal_curvatures(plan):
    """Second derivatives of the first output by all pairings of modes, and by mpmath away from kinks."""
    numbers = plan.numbers(0)
    exactly = Exactly(plan, numbers)
    variables = [Value(x) for x in numbers]
    output = as_value(plan.of_numbers(variables)[0])
    graph = [
        gradients(slope, variables, create_graph=True) for slope in gradients(output, variables, create_graph=True)
    ]
    size = sizes(*(x for row in graph for x in row))
    found = {name: way(lambda v: plan.of_numbers(v)[0])(numbers) for name, way in HESSIANS.items()}
    found["the graph of the graph of derivatives"] = [[x.data for x in row] for row in graph]
    exact = found["hessian"] if exactly.kinks else exactly.curvatures()
    for way, rows in found.items():
        for i, row in enumerate(graph):
            for j, x in enumerate(row):
                what = f"d2 output / d number {i} d number {j} by {way}"
                require_close(rows[i][j], mpf(exact[i][j]), size[x], what)


@pytest.mark.parametrize("family", FAMILIES)
def test_second_derivatives_agree_in_all_pairings_of_modes_and_with_mpmath(family):
    graphs(12)(given(plans(4, table(family)))(require_equal_curvatures))()


# --- differences ----------------------------------------------------------------------------------------------------


@graphs(40)
@given(plans(5))
def test_differences_of_floats_agree(plan):
    numbers = plan.numbers(0)
    assume(not Exactly(plan, numbers).kinks)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", KinkWarning)  # nearby there may be one
        compared = check_gradients(lambda v: plan.of_numbers(v)[0], numbers, order=1)
    assert len(compared) == len(numbers)


# --- tapes ----------------------------------------------------------------------------------------------------------


def assert_close(got, wanted, size):
    """To 1e-12 of the sum of absolute contributions: a tape adds up in another order, with NumPy's functions."""
    got, wanted, size = np.asarray(got, float), np.asarray(wanted, float), np.asarray(size, float)
    assert got.reshape(wanted.shape).shape == wanted.shape
    np.testing.assert_array_less(np.abs(got.reshape(wanted.shape) - wanted), 1e-12 * size + 1e-300)


def side_by_side(arrays, rows):
    return np.concatenate([np.asarray(array).reshape(rows, -1) for array in arrays], axis=1)


def recorded(plan, row=0):
    parameters = [Value(x) for x in plan.parameters]
    return record(plan.function(parameters), *plan.example(row), parameters=parameters)


def require_equal_replays(plan, cotangents, directions):
    rows, n = len(plan.rows), len(plan.outputs)
    tape = recorded(plan)
    batch = plan.batch()
    wanted = reference(plan, cotangents)
    given = [row[0] for row in cotangents] if plan.is_single else cotangents
    for _ in range(2):  # the buffers of the first replay are used again
        assert_close(tape(*batch), wanted.values, wanted.size_of_values)
        values, gradient, of_inputs = tape.vjp(batch, given)
        assert_close(values, wanted.values, wanted.size_of_values)
        assert_close(gradient, wanted.gradient, wanted.size_of_gradient)
        assert_close(side_by_side(of_inputs, rows), wanted.of_inputs, wanted.size_of_inputs)
    if plan.is_single:
        of_one = reference(plan, [[1.0]] * rows)
        mean, gradient = tape.value_and_grad(*batch)
        assert_close(mean * rows, math.fsum(x for (x,) in of_one.values), sum(x for (x,) in of_one.size_of_values))
        assert_close(gradient * rows, of_one.gradient, of_one.size_of_gradient)
        of_inputs = tape.input_gradients(*batch)
        of_inputs = of_inputs if isinstance(of_inputs, tuple) else (of_inputs,)
        assert_close(side_by_side(of_inputs, rows), of_one.of_inputs, of_one.size_of_inputs)
        weights = [abs(w) + 0.5 for w in given]
        weighted = reference(plan, [[w] for w in weights])
        whole, gradient = tape.value_and_grad(*batch, weights=weights, reduction="sum")
        terms = [w * x for w, (x,) in zip(weights, of_one.values, strict=True)]
        assert_close(
            whole, math.fsum(terms), sum(w * s for w, (s,) in zip(weights, of_one.size_of_values, strict=True))
        )
        assert_close(gradient, weighted.gradient, weighted.size_of_gradient)
        _, mean_gradient = tape.value_and_grad(*batch, weights=weights)
        assert_close(mean_gradient * sum(weights), weighted.gradient, weighted.size_of_gradient)
    # Forward mode: the gradient times the direction.
    of_parameters = np.array(directions[: len(plan.parameters)])
    along = directions[len(plan.parameters) :]
    tangents, start = [], 0
    for length in plan.shapes:
        tangents.append([along[start] if length is None else along[start : start + length]] * rows)
        start += length or 1
    values, moved = tape.jvp(batch, tangents, parameter_tangents=of_parameters)
    assert_close(values, wanted.values, wanted.size_of_values)
    moved = np.asarray(moved).reshape(rows, n)
    for row, j in ((0, 0), (rows - 1, n - 1)):
        slopes = reference(plan, [[float((i, k) == (row, j)) for k in range(n)] for i in range(rows)])
        slope = of_parameters @ slopes.gradient + np.array(along) @ slopes.of_inputs[row]
        size = np.abs(of_parameters) @ slopes.size_of_gradient + np.abs(along) @ slopes.size_of_inputs[row]
        assert_close(moved[row, j], slope, size)


@pytest.mark.parametrize(("longest", "n"), [(8, 120), (60, 50)])
def test_replays_are_eager_work_row_by_row(longest, n):
    @graphs(n)
    @given(plans(longest), st.randoms(use_true_random=True))
    def agree(plan, rng):
        plan = plan.like_row(rng.randrange(len(plan.rows)))
        cotangents = [[rng.uniform(-1.0, 1.0) for _ in plan.outputs] for _ in plan.rows]
        require_equal_replays(plan, cotangents, [rng.uniform(-1.0, 1.0) for _ in plan.numbers(0)])

    agree()


@graphs(80)
@given(plans(8, (*[BRANCH] * 3, *(TABLE[name] for name in ("multiply", "subtract", "tanh", "maximum")))))
def test_a_replay_fails_exactly_where_a_comparison_comes_out_differently(plan):
    differ = [row for row in range(len(plan.rows)) if plan.decisions(row) != plan.decisions(0)]
    tape = recorded(plan)
    if not differ:
        tape(*plan.batch())
        return
    with pytest.raises(GuardError) as caught:
        tape(*plan.batch())
    assert caught.value.row in differ


# --- errors ---------------------------------------------------------------------------------------------------------


def outcome(function):
    """What it gives, or the type of what it raises."""
    try:
        return function()
    except (ArithmeticError, ValueError) as error:
        return type(error)


def numbers_of(outputs):
    return [x.data if isinstance(x, Value) else x.primal if hasattr(x, "primal") else float(x) for x in outputs]


def same(found, wanted):
    """The same type of error; or the same numbers, bit for bit but for the signs of NaN."""
    return found == wanted or (
        type(found) is type(wanted) is list
        and all(x == y or (isnan(x) and isnan(y)) for x, y in zip(found, wanted, strict=True))
    )


SUMS = {TABLE[name] for name in ("add", "subtract", "total", "dot")}


def cancels(outputs):
    """Whether a sum is far smaller than its terms: what is left is rounding, and arrays are summed in another order."""
    for node in topological_order(*(y for y in outputs if isinstance(y, Value))):
        if node.primitive in SUMS:
            terms = [abs(x.data * d) for x, d in zip(node.parents, node.local_derivatives, strict=True)]
            if abs(node.data) < 1e-3 * max(terms, default=0.0):
                return True
    return False


def require_same_errors(plan):
    eager = []
    for row in range(len(plan.rows)):
        numbers = plan.numbers(row)
        result = outcome(lambda numbers=numbers: numbers_of(plan.of_numbers([Value(x) for x in numbers])))
        eager.append(result)
        ones = [1.0] * len(numbers)
        # Functions, not operators: Python's own ** of floats gives complex numbers.
        plain = outcome(lambda numbers=numbers: plan.of_numbers(numbers, lambda _, chosen, xs: chosen(*xs)))
        assert same(plain, result), f"row {row}: floats give {plain}, Values {result}"
        along = outcome(lambda numbers=numbers, ones=ones: jvp(plan.of_numbers, (numbers,), (ones,))[0])
        assert same(along, result), f"row {row}: forward mode gives {along}, eager work {result}"
        tape = outcome(lambda row=row: recorded(plan, row))
        assert tape == result or {type(tape), type(result)} == {Tape, list}, f"row {row}: recording gives {tape}"
    fine = [row for row, result in enumerate(eager) if type(result) is list]
    assume(fine)
    assume(not any(cancels(plan.of_numbers([Value(x) for x in plan.numbers(row)])) for row in fine))
    wanted = next((result for result in eager if type(result) is type), None)
    tape = recorded(plan, fine[0])
    batch = plan.batch()
    seeds = np.ones(len(eager) if plan.is_single else (len(eager), len(plan.outputs)))
    for replay in (lambda: tape(*batch), lambda: tape.vjp(batch, seeds)[0], lambda: tape.jvp(batch, batch)[0]):
        found = outcome(lambda replay=replay: replay().reshape(len(eager), -1).tolist())
        if wanted is not None or type(found) is type:
            assert found == wanted, f"a replay gives {found}, eager work {eager}"
        else:
            np.testing.assert_allclose(found, eager, rtol=1e-12, atol=1e-300)


@graphs(250)
@given(plans(5, wild=True))
def test_what_raises_eagerly_raises_the_same_in_forward_mode_and_in_replays(plan):
    require_same_errors(plan)


# --- networks -------------------------------------------------------------------------------------------------------

# (loss, outputs, targets to choose from, textbook definition of outputs and target)
LOSSES = [
    (losses.squared_error, 1, [0.5, -1.0], lambda ys, t: (ys[0] - t) ** 2),
    (losses.absolute_error, 1, [0.625, -1.5], lambda ys, t: abs(ys[0] - t)),
    (losses.huber, 1, [0.5, -3.0], lambda ys, t: (ys[0] - t) ** 2 / 2 if abs(ys[0] - t) <= 1 else abs(ys[0] - t) - 0.5),
    (losses.hinge, 1, [1, -1], lambda ys, t: max(0, 1 - t * ys[0])),
    (losses.binary_cross_entropy_with_logits, 1, [1, 0], lambda ys, t: mp.log(1 + mp.exp((1 - 2 * t) * ys[0]))),
    (
        losses.squared_error,
        2,
        [[0.5, -1.0], [0.0, 2.0]],
        lambda ys, t: sum((y - x) ** 2 for y, x in zip(ys, t, strict=True)),
    ),
    (losses.cross_entropy, 3, [0, 2, 1], lambda ys, t: mp.log(sum(mp.exp(y) for y in ys)) - ys[t]),
]


@dataclass
class Network:
    """An MLP, a loss and examples; written down, so that it is built anew for each engine."""

    n_inputs: int
    widths: list[int]
    activations: list[str]
    loss: int
    inputs: list[list[float]]
    seed: int

    @property
    def targets(self):
        _, _, targets, _ = LOSSES[self.loss]
        return [targets[k % len(targets)] for k in range(len(self.inputs))]

    def made(self):
        return MLP(self.n_inputs, self.widths, self.activations, "linear", seed=self.seed)

    def exactly(self, numbers, x, target):
        """The loss of one example, in mpmath, and how near to a kink it comes."""
        rest, nearest = iter(numbers), inf
        for width, name in zip(self.widths, [*self.activations, "linear"], strict=True):
            sums = [(sum(next(rest) * xi for xi in x), next(rest)) for _ in range(width)]
            x = [a + b for a, b in sums]
            if name != "linear":
                extra = {"leaky_relu": [mpf(0.01)], "elu": [mpf(1)]}.get(name, [])
                nearest = min([nearest, *(distance_to_kink(name, [s, *extra]) for s in x)])
                x = [references.VALUES[name](s, *extra) for s in x]
        return LOSSES[self.loss][3](x, target), nearest


@st.composite
def networks(draw):
    loss = draw(st.integers(0, len(LOSSES) - 1))
    n_inputs = draw(st.integers(1, 3))
    hidden = draw(st.lists(st.integers(1, 4), max_size=2))
    numbers = st.floats(-2.0, 2.0, width=16)
    row = st.lists(numbers, min_size=n_inputs, max_size=n_inputs)
    return Network(
        n_inputs,
        [*hidden, LOSSES[loss][1]],
        [draw(st.sampled_from([*ACTIVATIONS])) for _ in hidden],
        loss,
        draw(st.lists(row, min_size=1, max_size=5)),
        draw(st.integers(0, 99)),
    )


@graphs(60)
@given(networks())
def test_the_loss_of_a_network_agrees_in_both_modes_with_a_tape_and_with_mpmath(network):
    model, loss = network.made(), LOSSES[network.loss][0]
    parameters = model.parameters()
    numbers = [p.data for p in parameters]
    x, target = network.inputs[0], network.targets[0]
    with mp.workdps(Exactly.DIGITS):
        exact, nearest = network.exactly([mpf(p) for p in numbers], [mpf(xi) for xi in x], target)
        assume(nearest > NEAR)
    output = loss(model(x), target)
    graph = gradients(output, parameters, create_graph=True)
    size = sizes(*graph)
    require_close(output.data, exact, sizes(output)[output], "eager work")
    output.backward()
    tape = record(lambda x: loss(model(x), target), x, parameters=parameters)
    _, replayed = tape.value_and_grad([x])

    def of_parameters(numbers):
        """The loss, with these in place of the parameters."""
        rest = iter(numbers)
        for layer in changed.layers:
            for neuron in layer.neurons:
                neuron.w, neuron.b = [next(rest) for _ in neuron.w], next(rest)
        return loss(changed(x), target)

    changed = network.made()
    forward = jacobian(of_parameters, mode="forward")(numbers)
    with mp.workdps(Exactly.DIGITS):
        for i, node in enumerate(graph):
            right, left = ([mpf(p) for p in numbers] for _ in range(2))
            right[i] += Exactly.STEP
            left[i] -= Exactly.STEP
            pair = [network.exactly(moved, [mpf(xi) for xi in x], target)[0] for moved in (right, left)]
            slope = (pair[0] - pair[1]) / (2 * Exactly.STEP)
            require_close(parameters[i].grad, slope, size[node], f"d loss / d parameter {i} by backward")
            require_close(forward[i], slope, size[node], f"d loss / d parameter {i} by forward mode")
            require_close(replayed[i], slope, size[node], f"d loss / d parameter {i} by a tape", 1e-12)


@graphs(30)
@given(
    networks(),
    # Adam divides by the size of the derivatives: where one is nothing but rounding, eps keeps it so.
    st.sampled_from([partial(SGD, lr=0.01), partial(Adam, lr=0.01, eps=1e-3)]),
    st.sampled_from([1, 2, None]),
)
def test_both_engines_train_a_network_alike(network, optimizer, batch_size):
    trained = []
    for engine in ("eager", "tape"):
        model = network.made()
        history = fit(
            model,
            network.inputs,
            network.targets,
            loss=LOSSES[network.loss][0],
            optimizer=optimizer(model.parameters()),
            epochs=3,
            batch_size=batch_size,
            engine=engine,
            progress=False,
        )
        trained.append([*(row["loss"] for row in history), *(p.data for p in model.parameters())])
    eager, taped = trained
    assert taped == pytest.approx(eager, rel=1e-10, abs=1e-12)


def through(layer, x):
    """The sum of what a layer gives."""
    return total(leaves(layer(x), "outputs"))


LAYERS = {
    "Neuron": (lambda: Neuron(2, "tanh", seed=0), [0.5, -0.25]),
    "Layer": (lambda: Layer(2, 3, "tanh", seed=0), [0.5, -0.25]),
    "MLP": (lambda: MLP(2, [3, 1], "tanh", seed=0, dropout=0.5), [0.5, -0.25]),
    "Dropout": (lambda: Dropout(0.5, seed=0), [0.5, -0.25]),
    "Convolution": (lambda: Convolution(1, 2, 2, activation="tanh", seed=0), [[0.5, -0.25, 1.0]]),
    "Recurrent": (lambda: Recurrent(2, 2, seed=0), [[0.5, -0.25], [1.0, 2.0]]),
}


@pytest.mark.parametrize("name", LAYERS)
def test_forward_mode_goes_through_every_layer(name):
    make, x = LAYERS[name]
    # A layer made anew draws the same numbers, so that dropout drops the same.
    reverse = leaves(grad(lambda x: through(make(), x))(x), "slopes")
    forward = leaves(jacobian(lambda x: through(make(), x), mode="forward")(x), "slopes")
    assert forward == pytest.approx(reverse, rel=1e-14)
    assert any(reverse)
    twice = hessian(lambda x: square(through(make(), x)))(x)
    again = jacobian(grad(lambda x: square(through(make(), x))), mode="reverse")(x)
    assert leaves(twice, "curvatures") == pytest.approx(leaves(again, "curvatures"), rel=1e-12)


# --- what is found, and how it looks --------------------------------------------------------------------------------


def test_a_plan_is_shown_as_python_that_computes_it():
    @graphs(60)
    @given(plans(20))
    def holds(plan):
        names = {name: getattr(autograd, name, TABLE[name]) for name in TABLE}
        exec(repr(plan), names)  # noqa: S102 (our own text)
        wanted = plan.of_numbers(plan.numbers(0))
        assert names["output"] == (wanted[0] if plan.is_single else wanted)

    holds()


def planted(factor):
    """A sine whose slope is wrong by a factor."""

    @primitive
    def crooked(m, x):
        return m.sin(x), (m.cos(x) * factor,)

    return crooked


def disagrees(plan):
    try:
        require_agreement(plan)
    except AssertionError:
        return True
    return False


@pytest.fixture
def _defined(monkeypatch):
    monkeypatch.setitem(DEFINITIONS, "crooked", mp.sin)


@pytest.mark.usefixtures("_defined")
def test_a_wrong_rule_is_found_and_shown_by_a_graph_of_one_step():
    chosen = (*table("trigonometric"), planted(1.001))
    found = find(plans(table=chosen), disagrees, settings=settings(graphs(1000), derandomize=True))
    assert len(found.steps) <= 2
    assert repr(found) == "x0 = 1.0; v0 = crooked(x0); output = v0"


@pytest.mark.usefixtures("_defined")
def test_a_slope_that_is_wrong_in_the_last_digits_is_found():
    plan = Plan([], [None], [[[0.5]]], [(TABLE["exp"], [("x", 0, 0)])], [("n", 1)])
    for factor, is_wrong in ((-1.0, True), (1.0 + 1e-12, True), (1.0, False)):
        steps = [*plan.steps, (planted(factor), [("n", 0)])]
        assert disagrees(replace(plan, steps=steps)) == is_wrong
