"""Every loss and its gradient against definitions in mpmath, differentiated numerically there, and against PyTorch."""

import json
import math
from functools import partial
from itertools import product
from pathlib import Path

import pytest
from mpmath import MPContext

from autograd import Value, check_gradients, logsumexp
from nn import losses
from nn.encoding import indicator, takes_class

mp = MPContext()
mp.dps = 1000  # 1 - exp(-1000) differs from 1 in the 435th digit

POINTS = [-1000.0, -40.0, 0.0, 40.0, 1000.0, 0.3, -2.5, 1.75]
SIGNED = [(z, t) for z in POINTS for t in (-1, 1)]
VECTORS = [
    ([0.3, -2.5, 1.75], [1.0, 0.5, -0.25]),
    ([-1000.0, 0.0, 1000.0, 40.0], [-40.0, 3.0, 40.0, 0.0]),
    (-2.5, 0.75),
    (1000.0, -40.0),
    ([40.0], [0.0]),
]
CLASSES = [
    [40.0, 0.0],
    [-40.0, 0.0],
    [1000.0, 0.0, -1000.0],
    [-1000.0, -1000.25, -1000.0],
    [0.0, 40.0, -40.0, 1000.0],
    [0.3, -2.5, 1.75],
]
PROBABILITIES = [0.5, 0.3, 1e-20, 1e-40, 1e-5, 1 - 2.0**-53, 1 - 1e-9]
SOFTMAXES = [
    [0.6, 0.3, 0.1],
    [0.3, 0.45, 0.25],
    [0.25, 0.75],
    [0.0, 1.0, 0.0],
    [1e-17, 1.0],
    [0.28, 0.22, 0.3, 0.2],
]
# Not of softmax, but finite.
OUTPUTS = [*SOFTMAXES, [1000.0, -1000.0, 40.0], [40.0, 39.9, 0.0], [-3.0, -1.0, -2.0]]


def true_class(outputs, c):
    return range(len(outputs)), [mp.mpf(k == c) for k in range(len(outputs))]


def huber(e, delta):
    return e * e / 2 if abs(e) <= delta else delta * (abs(e) - delta / mp.mpf(2))


def over(term):
    """The sum over components of a function of output - target."""

    def reference(outputs, targets, **settings):
        return mp.fsum(term(y - t, **settings) for y, t in zip(outputs, targets, strict=True))

    return reference


def margin(outputs, c, rho):
    x = (outputs[c] - max(y for d, y in enumerate(outputs) if d != c)) / mp.mpf(rho)
    return mp.mpf(1) if x <= 0 else 1 - x if x <= 1 else mp.mpf(0)


def cross_entropy(outputs, c):
    return mp.log(mp.fsum(mp.exp(z) for z in outputs)) - outputs[c]


def binary_cross_entropy(p, t):
    return -t * max(mp.log(p), -100) - (1 - t) * max(mp.log(1 - p), -100)


def soft(reference, outputs):
    """Probabilities for these outputs, and the reference's mean under them."""
    n = len(outputs)
    weights = [2.0 * (k + 1) / (n * (n + 1)) for k in range(n)]
    return weights, lambda ys, _: mp.fsum(w * reference(ys, c) for c, w in enumerate(weights))


# (loss, its settings, output, target, definition of (outputs, targets) in mpmath)
def regression_cases():
    for y, t in VECTORS:
        n = len(y) if isinstance(y, list) else 1
        for settings, weight in (
            ({}, 1),
            ({"factor": 0.5}, mp.mpf(1) / 2),
            ({"reduction": "mean"}, mp.mpf(1) / n),
            ({"reduction": "mean", "factor": 0.5}, mp.mpf(1) / (2 * n)),
            ({"factor": 3}, 3),
        ):
            yield losses.squared_error, settings, y, t, over(lambda e, weight=weight: weight * e * e)
            yield losses.absolute_error, settings, y, t, over(lambda e, weight=weight: weight * abs(e))
            for delta in (1.0, 0.25, 100.0):
                term = partial(lambda e, weight, delta: weight * huber(e, delta), weight=weight, delta=delta)
                yield losses.huber, settings | {"delta": delta}, y, t, over(term)
        yield losses.huber, {}, y, t, over(partial(huber, delta=1))


def binary_cases():
    for z, t in SIGNED:
        yield losses.hinge, {}, z, t, lambda y, t: max(0, 1 - t[0] * y[0])
        yield losses.squared_hinge, {}, z, t, lambda y, t: max(0, 1 - t[0] * y[0]) ** 2
        if z:  # at 0 is its kink
            yield losses.perceptron, {}, z, t, lambda y, t: -t[0] * y[0] if t[0] * y[0] <= 0 else mp.mpf(0)
    for z, t in product(POINTS, (0, 1, 0.25)):
        definition = lambda y, t: mp.log(1 + mp.exp(y[0])) - t[0] * y[0]  # noqa: E731 (a row of the table)
        yield losses.binary_cross_entropy_with_logits, {}, z, t, definition
    for p, t in product(PROBABILITIES, (0, 1, 0.25, 0.3)):
        yield losses.binary_cross_entropy, {}, p, t, lambda y, t: binary_cross_entropy(y[0], t[0])


def multiclass_cases():
    for z in CLASSES:
        for c in range(len(z)):
            yield losses.cross_entropy, {}, z, c, lambda y, c: cross_entropy(y, c[0])
            yield losses.negative_log_likelihood, {}, z, c, lambda y, c: -y[c[0]]
            yield losses.indicator_error, {}, z, c, lambda y, c: over(lambda e: e * e / 2)(y, true_class(y, c[0])[1])
        weights, definition = soft(lambda y, c: -y[c], z)
        yield losses.negative_log_likelihood, {}, z, weights, definition
    for a in SOFTMAXES:
        for c in range(len(a)):
            yield losses.indicator_error, {}, a, c, lambda y, c: over(lambda e: e * e / 2)(y, true_class(y, c[0])[1])
            mean = {"reduction": "mean", "factor": 1.0}
            definition = lambda y, c: over(lambda e: e * e)(y, true_class(y, c[0])[1]) / len(y)  # noqa: E731
            yield losses.indicator_error, mean, a, c, definition
    for p, rho in product(OUTPUTS, (0.1, 0.4, 0.7)):
        for c in range(len(p)):
            yield losses.margin, {"rho": rho}, p, c, lambda y, c, rho=rho: margin(y, c[0], rho)


CASES = [*regression_cases(), *binary_cases(), *multiclass_cases()]


def as_list(x):
    return x if isinstance(x, list) else [x]


def found(loss, output, target):
    outputs = [Value(y) for y in as_list(output)]
    result = loss(outputs if isinstance(output, list) else outputs[0], target)
    result.backward()
    return result.data, [y.grad for y in outputs]


def derivative(definition, outputs, target, k):
    """A central difference: with a step of 1e-300, half of the thousand digits are left."""
    step = mp.mpf(10) ** -300
    up, down = ([y + sign * step * (i == k) for i, y in enumerate(outputs)] for sign in (1, -1))
    return (definition(up, target) - definition(down, target)) / (2 * step)


def expected(definition, output, target):
    outputs = [mp.mpf(y) for y in as_list(output)]
    targets = [t if isinstance(t, int) else mp.mpf(t) for t in as_list(target)]
    value = float(definition(outputs, targets))
    return value, [float(derivative(definition, outputs, targets, k)) for k in range(len(outputs))]


def close(numbers):
    # 1e-12 relative; what is below the floats is 0.
    return pytest.approx(numbers, rel=1e-12, abs=1e-320)


def agree(ours, reference):
    return ours[0] == close(reference[0]) and ours[1] == close(reference[1])


def name(case):
    loss, settings, output, target, _ = case
    return f"{loss.__name__}-{settings}-{output}-{target}"


@pytest.mark.parametrize(("loss", "settings", "output", "target", "definition"), CASES, ids=map(name, CASES))
def test_a_loss_and_its_gradient_are_those_of_its_definition(loss, settings, output, target, definition):
    value, gradient = found(partial(loss, **settings), output, target)
    wanted, slopes = expected(definition, output, target)
    assert value == close(wanted)
    assert gradient == close(slopes)


@pytest.mark.parametrize(("loss", "settings", "output", "target", "definition"), CASES, ids=map(name, CASES))
def test_a_target_may_be_given_as_values(loss, settings, output, target, definition, monkeypatch):
    if takes_class(loss) and isinstance(target, int):
        target_of_values = [Value(r) for r in indicator(target, len(output))]
    else:
        target_of_values = [Value(t) for t in target] if isinstance(target, list) else Value(target)

    def refuse(*args):
        raise AssertionError("a loss decided something by the data of a Value")

    outputs = [Value(y) for y in as_list(output)]
    with monkeypatch.context() as patch:
        patch.setattr(Value, "data", property(refuse))
        for comparison in ("__lt__", "__le__", "__gt__", "__ge__"):
            patch.setattr(Value, comparison, refuse)
        result = loss(outputs if isinstance(output, list) else outputs[0], target_of_values, **settings)
    result.backward()
    wanted, slopes = expected(definition, as_list(output), target)
    assert result.data == close(wanted)
    assert [y.grad for y in outputs] == close(slopes)


def test_the_surprise_of_a_sure_prediction_is_not_lost():
    # ln(1 + exp(-40)), and -exp(-40) / (1 + exp(-40)): by mpmath, and by the series t - t^2/2 with t = 4.24835e-18.
    value, (along_true, along_other) = found(losses.cross_entropy, [40.0, 0.0], 0)
    assert value == pytest.approx(4.248354255291589e-18, rel=1e-15)
    assert (along_true, along_other) == pytest.approx((-4.248354255291589e-18, 4.248354255291589e-18), rel=1e-15)


def test_the_comparison_tells_the_textbook_formula_from_the_exact_one():
    def textbook(output, c):
        return logsumexp(output) - output[c]

    reference = expected(lambda y, c: cross_entropy(y, c[0]), [40.0, 0.0], 0)
    assert agree(found(losses.cross_entropy, [40.0, 0.0], 0), reference)
    assert not agree(found(textbook, [40.0, 0.0], 0), reference)


@pytest.mark.parametrize("z", [[0.3, -2.5, 1.75], [40.0, -40.0], [0.0, 0.0, 0.0]])
def test_probabilities_may_be_values_too(z):
    weights, definition = soft(cross_entropy, z)
    value, slopes = expected(definition, z, weights)
    for target in (weights, [Value(w) for w in weights]):
        ours = found(losses.cross_entropy, z, target)
        assert ours[0] == pytest.approx(value, rel=1e-14)
        assert ours[1] == pytest.approx(slopes, abs=1e-14)  # p - t may cancel


def test_derivatives_along_the_target_are_right_too():
    # -ln p + ln(1 - p) at p = 1/4 is ln 3; softplus(-z) - softplus(z) is -z; -2 (y - t).
    for loss, output, slope in (
        (losses.binary_cross_entropy, 0.25, math.log(3.0)),
        (losses.binary_cross_entropy, 0.0, 100.0),
        (losses.binary_cross_entropy_with_logits, 0.75, -0.75),
        (losses.squared_error, 2.0, -3.5),
    ):
        target = Value(0.25)
        loss(Value(output), target).backward()
        assert target.grad == pytest.approx(slope, rel=1e-15)


TORCH = json.loads((Path(__file__).parent / "data" / "torch_losses.json").read_text(encoding="utf-8"))["cases"]


def test_pytorch_has_said_something_about_seven_losses():
    assert len({case["loss"] for case in TORCH}) == 7
    assert len(TORCH) > 100


@pytest.mark.parametrize("case", TORCH, ids=lambda case: f"{case['loss']}-{case['output']}-{case['target']}")
def test_a_loss_agrees_with_pytorch(case):
    loss = partial(getattr(losses, case["loss"]), **case["settings"])
    value, gradient = found(loss, case["output"], case["target"])
    # PyTorch loses sure predictions: the slack is one rounding of a number near 1, times the logit.
    slack = 1e-15 * max(1.0, *map(abs, [*as_list(case["output"]), 1.0])) if "entropy" in case["loss"] else 0.0
    assert value == pytest.approx(case["value"], rel=1e-12, abs=slack)
    if case["gradient"] is not None:
        assert gradient == pytest.approx(as_list(case["gradient"]), rel=1e-12, abs=1e-15)


SMOOTH = [
    (losses.squared_error, [0.3, -2.5], [1.0, 2.0]),
    (partial(losses.squared_error, reduction="mean", factor=0.5), [0.3, -2.5], [1.0, 2.0]),
    (losses.absolute_error, [0.3, -2.5], [1.0, 2.0]),
    (losses.huber, [0.3, -2.5], [1.0, 2.0]),
    (losses.huber, 0.5, 0.5),  # the second derivative at e = 0 is 1
    (losses.hinge, 0.3, 1),
    (losses.squared_hinge, 0.3, -1),
    (losses.perceptron, 0.3, -1),
    (losses.binary_cross_entropy_with_logits, 0.3, 0.25),
    (losses.binary_cross_entropy, 0.3, 0.25),
    (losses.binary_cross_entropy, 0.9, 1),
    (losses.cross_entropy, [0.3, -2.5, 1.0], 2),
    (losses.cross_entropy, [0.3, -2.5, 1.0], [0.25, 0.25, 0.5]),
    (losses.negative_log_likelihood, [-0.3, -2.5], 1),
    (losses.indicator_error, [0.3, 0.9], 1),
    (partial(losses.margin, rho=0.5), [0.5, 0.3, 0.2], 0),
]


@pytest.mark.parametrize(("loss", "output", "target"), SMOOTH)
def test_both_modes_and_second_derivatives_agree_with_differences(loss, output, target):
    assert check_gradients(lambda y: loss(y, target), output)


def test_second_derivatives_are_right_where_the_indicator_holds_values():
    def loss(z):
        return losses.cross_entropy(z, [0.0 * z[0], 1.0 + 0.0 * z[0], 0.0 * z[0]])

    assert check_gradients(loss, [0.3, -2.5, 1.0])


def test_the_second_derivative_of_huber_at_no_error_is_that_of_the_parabola():
    (first, second) = check_gradients(lambda y: losses.huber(y, 0.5), 0.5)
    assert (first.reverse, second.reverse) == (0.0, 1.0)


# Kinks, by hand: -d/dz of what the docstring promises there.
@pytest.mark.parametrize(
    ("loss", "output", "target", "value", "gradient"),
    [
        (losses.absolute_error, 1.0, 1.0, 0.0, [0.0]),
        (losses.huber, 2.0, 1.0, 0.5, [1.0]),
        (losses.huber, 0.0, 1.0, 0.5, [-1.0]),
        (losses.squared_hinge, 1.0, 1, 0.0, [0.0]),
        # On the line: a step of the learning rule is due, theta <- theta + t.
        (losses.perceptron, 0.0, 1, 0.0, [-1.0]),
        (losses.perceptron, -0.0, 1, 0.0, [-1.0]),
        (losses.perceptron, 0.0, -1, 0.0, [1.0]),
        # x = 0 and x = rho: flat.
        (partial(losses.margin, rho=0.25), [0.5, 0.5], 0, 1.0, [0.0, 0.0]),
        (partial(losses.margin, rho=0.25), [0.625, 0.375], 0, 0.0, [0.0, 0.0]),
        # Two rivals share: x = 1/4, 1 - x / rho = 1/2, slopes -2 and 2 / 2.
        (partial(losses.margin, rho=0.5), [0.5, 0.25, 0.25], 0, 0.5, [-2.0, 1.0, 1.0]),
        # ln 0 is cut off at -100, and flat there; the other logarithm is not: (1 - t) / (1 - p), -t / p.
        (losses.binary_cross_entropy, 0.0, 1, 100.0, [0.0]),
        (losses.binary_cross_entropy, 0.0, 0, 0.0, [1.0]),
        (losses.binary_cross_entropy, 0.0, 0.25, 25.0, [0.75]),
        (losses.binary_cross_entropy, 1.0, 0, 100.0, [0.0]),
        (losses.binary_cross_entropy, 1.0, True, 0.0, [-1.0]),
        (losses.binary_cross_entropy, 1.0, 0.25, 75.0, [-0.25]),
        (losses.binary_cross_entropy, 1e-44, 1, 100.0, [0.0]),
        (losses.binary_cross_entropy, 5e-324, 0, 5e-324, [1.0]),
    ],
)
def test_kinks_and_cuts_are_as_the_docstring_says(loss, output, target, value, gradient):
    assert found(loss, output, target) == (value, gradient)
    assert math.copysign(1.0, found(loss, output, target)[0]) == 1.0  # nobody wants to read -0.0


HUGE = [1.7e308, 1e308, -1e308, 5e-324, 0.0]


@pytest.mark.parametrize(
    ("loss", "outputs", "targets"),
    [
        (losses.absolute_error, HUGE, [0.0, 1.0]),
        (losses.huber, HUGE, [0.0, 1.0]),
        (losses.hinge, HUGE, [-1, 1]),
        (losses.perceptron, HUGE, [-1, 1]),
        (losses.binary_cross_entropy_with_logits, HUGE, [0, 1, 0.5]),
        (losses.binary_cross_entropy, [0.0, 5e-324, 1e-300, 1.0], [0, 1, 0.5]),
        (partial(losses.absolute_error, reduction="mean"), list(map(list, product(HUGE, HUGE))), [[0.0, 0.0]]),
        (partial(losses.margin, rho=0.5), list(map(list, product(HUGE, HUGE, HUGE))), [0, 1, 2]),
        (losses.negative_log_likelihood, list(map(list, product(HUGE, HUGE))), [0, 1]),
    ],
)
def test_losses_are_finite_for_every_finite_output(loss, outputs, targets):
    for output, target in product(outputs, targets):
        value, gradient = found(loss, output, target)
        assert all(map(math.isfinite, [value, *gradient])), (output, target)


def test_the_indicator_of_values_stays_finite_at_the_largest_logits():
    for z in ([1e308, -1e308], [1e308, 0.0, -1e308], [1.7e308, 1.7e308]):
        r = [Value(x) for x in indicator(0, len(z))]
        value, gradient = found(losses.cross_entropy, z, r)
        assert (value, gradient) == found(losses.cross_entropy, z, 0)
        assert all(map(math.isfinite, [value, *gradient]))


def test_a_class_of_squared_error_is_the_lectures_half_sum_over_units():
    # K = 3 units a = (0.5, 0.25, 1), class 1: 1/2 (0.25 + 0.5625 + 1), slopes a - r.
    assert found(losses.indicator_error, [0.5, 0.25, 1.0], 1) == (0.90625, [0.5, -0.75, 1.0])
    assert found(partial(losses.squared_error, factor=0.5), [0.5, 0.25, 1.0], indicator(1, 3)) == (
        0.90625,
        [0.5, -0.75, 1.0],
    )


def test_a_class_index_makes_a_small_graph():
    def count(loss):
        outputs = [Value(0.1 * k) for k in range(10)]
        seen, waiting = set(), [loss(outputs, 3)]
        while waiting:
            node = waiting.pop()
            if node not in seen and node.parents:
                seen.add(node)
                waiting.extend(node.parents)
        return len(seen)

    assert count(losses.negative_log_likelihood) == 1
    assert count(losses.cross_entropy) == 10  # nine differences and their logsumexp
    assert count(partial(losses.margin, rho=0.5)) == 8 + 5
    assert count(losses.indicator_error) == 21
