"""The tape engine of `fit`: equal to the eager one, number for number, or not used; and it says which, and why."""

import math
import random
import signal
import sys
from functools import partial

import numpy as np
import pytest

from autograd import Value, dot, drawn, exp, log, logsumexp, softmax, softplus, tanh, total
from nn import (
    MLP,
    SGD,
    Adagrad,
    Adam,
    AdamW,
    Convolution,
    DivergenceError,
    Dropout,
    EarlyStopping,
    Module,
    Neuron,
    Perceptron,
    Recurrent,
    RMSprop,
    evaluate,
    fit,
    losses,
)
from nn.callbacks import StopTraining
from nn.penalties import l1, l2
from nn.recording import outputs
from nn.schedules import (
    ConstantLR,
    CosineAnnealingLR,
    ExponentialLR,
    InverseTimeLR,
    LambdaLR,
    ReduceLROnPlateau,
    StepLR,
)

squared_error = losses.squared_error
generator = random.Random(7)
INPUTS = [[generator.uniform(-1.0, 1.0), generator.uniform(-1.0, 1.0)] for _ in range(10)]
TARGETS = [math.sin(3.0 * a) - b for a, b in INPUTS]
SIGNS = [1 if t > 0.0 else -1 for t in TARGETS]
BITS = [1 if t > 0.0 else 0 for t in TARGETS]
CLASSES = [0, 2, 1, 1, 0, 2, 2, 0, 1, 0]
INDICATORS = [[1.0 if c == k else 0.0 for k in range(3)] for c in CLASSES]
PROBABILITIES = [[0.5, 0.25, 0.25] if c == 0 else [0.125, 0.125, 0.75] for c in CLASSES]
THREE = [[t, -t, 2.0 * t] for t in TARGETS]


def network(n_outputs=1, activation="tanh", **settings):
    return MLP(2, [4, 3, n_outputs], activation, seed=1, **settings)


def trained(make, engine):
    """A model that was trained, and its history. `make()` gives all that fit takes, new."""
    model, inputs, targets, settings = make()
    settings = {"loss": squared_error, "epochs": 3, "batch_size": 4, "progress": False} | settings
    return model, fit(model, inputs, targets, engine=engine, **settings)


def without_seconds(history):
    return [{name: x for name, x in row.items() if name != "seconds"} for row in history]


def assert_close(found, wanted):
    """Equal to 1e-12 of the size of the largest, which is what sums of rounded terms can keep."""
    size = max([1.0, *map(abs, wanted)])
    assert found == pytest.approx(wanted, rel=0.0, abs=1e-12 * size)


def assert_same(make, engine="tape"):
    """Training gives the same history, parameters and derivatives on both engines; the tape's model and history."""
    eager_model, eager_history = trained(make, "eager")
    model, history = trained(make, engine)
    assert eager_history.engine == "eager: as asked for"
    assert history.engine.startswith(engine if engine == "tape" else "eager")
    for row, wanted in zip(without_seconds(history), without_seconds(eager_history), strict=True):
        assert list(row) == list(wanted)
        assert_close([*row.values()], [*wanted.values()])
    assert (history.stopped, history.restored_epoch) == (eager_history.stopped, eager_history.restored_epoch)
    assert_close([p.data for p in model.parameters()], [p.data for p in eager_model.parameters()])
    assert_close([p.grad for p in model.parameters()], [p.grad for p in eager_model.parameters()])
    assert model.training is eager_model.training is False
    return model, history


def test_the_comparison_of_this_file_notices_a_part_in_a_thousand_million():
    rates = iter([0.1, 0.1 * (1.0 + 1e-9)])

    def make():
        model = network()
        return model, INPUTS, TARGETS, {"optimizer": SGD(model.parameters(), lr=next(rates))}

    with pytest.raises(AssertionError):
        assert_same(make)


# --- Losses


class Probabilities(Module):
    def __init__(self):
        self.network = network(3)

    def __call__(self, x):
        return softmax(self.network(x))


class LogProbabilities(Module):
    def __init__(self):
        self.network = network(3)

    def __call__(self, x):
        outputs = self.network(x)
        whole = logsumexp(outputs)
        return [z - whole for z in outputs]


def sigmoids(n_outputs=1):
    return network(n_outputs, output_activation="sigmoid")


three = partial(network, 3)
LOSSES = [
    (squared_error, network, TARGETS),
    (squared_error, three, THREE),
    (partial(squared_error, factor=0.5), network, TARGETS),
    (partial(squared_error, reduction="mean", factor=0.5), three, THREE),
    (losses.absolute_error, network, TARGETS),
    (partial(losses.absolute_error, reduction="mean"), three, THREE),
    (losses.huber, network, TARGETS),
    (partial(losses.huber, delta=0.25, reduction="mean", factor=2.0), three, THREE),
    (losses.hinge, network, SIGNS),
    (losses.squared_hinge, network, SIGNS),
    (losses.perceptron, network, SIGNS),
    (losses.binary_cross_entropy_with_logits, network, BITS),
    (losses.binary_cross_entropy_with_logits, network, [t > 0.0 for t in TARGETS]),
    (losses.binary_cross_entropy_with_logits, network, [0.25 if b else 0.875 for b in BITS]),
    (losses.binary_cross_entropy, sigmoids, BITS),
    (losses.binary_cross_entropy, sigmoids, [0.25 if b else 0.875 for b in BITS]),
    (losses.cross_entropy, three, CLASSES),
    (losses.cross_entropy, three, INDICATORS),
    (losses.cross_entropy, three, PROBABILITIES),
    (losses.cross_entropy, three, [*CLASSES[:5], *PROBABILITIES[5:]]),
    (losses.negative_log_likelihood, LogProbabilities, CLASSES),
    (losses.negative_log_likelihood, LogProbabilities, PROBABILITIES),
    (losses.indicator_error, partial(sigmoids, 3), CLASSES),
    (partial(losses.indicator_error, reduction="mean", factor=1.0), partial(sigmoids, 3), INDICATORS),
    (partial(losses.margin, rho=0.3), Probabilities, CLASSES),
    (partial(partial(losses.margin, rho=0.3), rho=0.9), Probabilities, INDICATORS),
    (lambda y, t: 0.1 * (y - t) ** 4 + tanh(y) * t, network, TARGETS),
    (lambda y, t: log(exp(y - t) + exp(t - y)), network, TARGETS),
]


@pytest.mark.parametrize(("loss", "model", "targets"), LOSSES)
def test_each_loss_is_descended_alike(loss, model, targets):
    assert_same(lambda: (model(), INPUTS, targets, {"loss": loss}))


def test_all_losses_are_among_those():
    functions = [loss.func if isinstance(loss, partial) else loss for loss, _, _ in LOSSES]
    tested = {function.__name__ for function in functions}
    assert tested >= set(losses.__all__) - {"Loss"}


@pytest.mark.parametrize("size", [1e-3, 30.0, 1e4])
def test_sure_and_unsure_logits_are_descended_alike(size):
    """At 30 a cross-entropy is 1e-13 for a true class, and 60 for another."""
    scaled = [[size * a, size * b] for a, b in INPUTS]
    for loss, model, targets in [
        (losses.cross_entropy, three, CLASSES),
        (losses.binary_cross_entropy_with_logits, network, BITS),
    ]:

        def make(loss=loss, model=model, targets=targets):
            linear = model(activation="linear")
            optimizer = SGD(linear.parameters(), lr=min(0.1, 1e-3 / size**2))
            return linear, scaled, targets, {"loss": loss, "optimizer": optimizer}

        assert_same(make)


# --- Optimisers, schedules, penalties, clipping


OPTIMIZERS = [
    partial(SGD, lr=0.1),
    partial(SGD, lr=0.1, momentum=0.9),
    partial(SGD, lr=0.1, momentum=0.9, dampening=0.3),
    partial(SGD, lr=0.1, momentum=0.9, nesterov=True),
    partial(SGD, lr=0.1, momentum=0.9, averaged_momentum=True),
    partial(SGD, lr=0.1, weight_decay=0.1),
    partial(SGD, lr=0.1, momentum=0.5, weight_decay=0.1, decoupled_weight_decay=True),
    partial(Adagrad, lr=0.1),
    partial(Adagrad, lr=0.1, lr_decay=0.1, initial_accumulator_value=0.5, weight_decay=0.1),
    partial(RMSprop, lr=0.05),
    partial(RMSprop, lr=0.05, momentum=0.9, alpha=0.9),
    partial(RMSprop, lr=0.05, centered=True, weight_decay=0.1, decoupled_weight_decay=True),
    partial(Adam, lr=0.05),
    partial(Adam, lr=0.05, betas=(0.8, 0.9), eps=1e-4, weight_decay=0.1),
    partial(Adam, lr=0.05, amsgrad=True),
    partial(AdamW, lr=0.05),
    partial(AdamW, lr=0.05, weight_decay=0.3, amsgrad=True),
]


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=str)
def test_each_optimizer_moves_alike_and_remembers_alike(optimizer):
    made = []

    def make():
        model = network()
        made.append(optimizer(model.parameters()))
        return model, INPUTS, TARGETS, {"optimizer": made[-1]}

    assert_same(make)
    eager, tape = (o.state_dict() for o in made)
    for name, column in eager.pop("memory").items():
        assert_close(tape["memory"][name], column)
    assert tape.pop("memory").keys() >= set()
    assert tape == eager


class OfMine(SGD):
    """A rule of one's own, in arithmetic."""

    def rule(self, x, gradient, memory, step):
        return x - self.lr * gradient / (1.0 + gradient * gradient)


def test_an_optimizer_with_a_rule_of_ones_own_is_replayed():
    def make():
        model = network()
        return model, INPUTS, TARGETS, {"optimizer": OfMine(model.parameters(), lr=0.1)}

    assert_same(make)


@pytest.mark.parametrize(
    "schedule",
    [
        ConstantLR,
        partial(StepLR, step_size=2, gamma=0.5),
        partial(ExponentialLR, gamma=0.8),
        partial(CosineAnnealingLR, T_max=4, eta_min=0.01),
        partial(InverseTimeLR, decay=0.5),
        partial(LambdaLR, lr_lambda=lambda epoch: (epoch + 1) / 6),
        partial(ReduceLROnPlateau, patience=0, threshold=0.5),
    ],
    ids=str,
)
@pytest.mark.parametrize("validation", [None, (INPUTS[:3], TARGETS[:3])])
def test_each_schedule_sets_the_same_rates(schedule, validation):
    def make():
        model = network()
        optimizer = SGD(model.parameters(), lr=0.2, momentum=0.5)
        return (
            model,
            INPUTS,
            TARGETS,
            {"optimizer": optimizer, "schedule": schedule(optimizer), "epochs": 6, "validation": validation},
        )

    _, history = assert_same(make)
    assert len(set(history["lr"])) > 1


@pytest.mark.parametrize("penalty", [l1, l2])
def test_penalties_of_all_and_of_some_parameters_are_added_alike(penalty):
    assert_same(lambda: (network(), INPUTS, TARGETS, {"penalty": penalty(0.1)}))

    def make():
        model = network()
        weights = [p for name, p in model.named_parameters() if not name.endswith("b")]
        return model, INPUTS, TARGETS, {"penalty": penalty(0.1, of=weights)}

    _, history = assert_same(make)
    assert history["penalty"][0] > 0.0


@pytest.mark.parametrize("clipping", [{"clip_norm": 0.05}, {"clip_value": 0.02}, {"clip_norm": 1e9}])
def test_gradients_are_clipped_alike_the_penaltys_too(clipping):
    assert_same(lambda: (network(), INPUTS, TARGETS, clipping | {"penalty": l2(0.5)}))


# --- Batches, what is measured, when it ends


@pytest.mark.parametrize("batch_size", [1, 3, 10, 100, None])
@pytest.mark.parametrize("shuffle", [True, False])
def test_batches_of_every_size_are_the_same(batch_size, shuffle):
    settings = {"batch_size": batch_size, "shuffle": shuffle, "seed": 5}
    assert_same(lambda: (network(), INPUTS, TARGETS, settings))


def test_a_single_example_is_a_batch():
    assert_same(lambda: (network(), INPUTS[:1], TARGETS[:1], {}))


def test_dropout_draws_the_same_factors_for_the_same_seed():
    settings = {"validation": (INPUTS[:4], TARGETS[:4]), "metrics": {"error": lambda y, t: abs(y.data - t)}}
    model, _ = assert_same(lambda: (network(dropout=0.4), INPUTS, TARGETS, settings))
    twin, _ = trained(lambda: (network(dropout=0.4), INPUTS, TARGETS, settings), "eager")
    assert model.dropout.random.getstate() == twin.dropout.random.getstate()


class DropsInputs(Module):
    def __init__(self):
        self.dropout = Dropout(0.3, seed=3)
        self.network = network()

    def __call__(self, x):
        return self.network(self.dropout([xi if isinstance(xi, Value) else Value(xi) for xi in x]))


def test_inputs_that_are_dropped_in_training_alone_are_whole_in_validation():
    assert_same(lambda: (DropsInputs(), INPUTS, TARGETS, {"validation": (INPUTS[:4], TARGETS[:4])}))


class Noisy(Module):
    """Noise of one's own, in training or always."""

    def __init__(self, always):
        self.network = network()
        self.random = random.Random(4)
        self.always = always

    def __call__(self, x):
        y = self.network(x)
        return y + 0.1 * drawn(self.random.random) if self.training or self.always else y


def test_noise_of_ones_own_is_drawn_anew_for_each_example():
    assert_same(lambda: (Noisy(always=False), INPUTS, TARGETS, {"validation": (INPUTS[:3], TARGETS[:3])}))
    _, history = trained(lambda: (Noisy(always=True), INPUTS, [0.0] * 10, {"epochs": 30}), "auto")
    assert len(set(history["loss"])) == 30


def test_metrics_are_given_the_output_and_the_target_as_they_are():
    def is_right(output, target):
        assert type(target) is int
        assert type(output) is list
        return max(range(3), key=lambda k: output[k].data) == target

    settings = {
        "loss": losses.cross_entropy,
        "metrics": {"accuracy": is_right, "first": lambda y, _: y[0].data},
        "validation": (INPUTS[2:5], CLASSES[2:5]),
        "penalty": l2(0.01),
    }
    _, history = assert_same(lambda: (network(3), INPUTS, CLASSES, settings))
    wanted = "epoch loss accuracy first penalty validation_loss validation_accuracy validation_first seconds"
    assert history.columns == wanted.split()


def test_outputs_may_be_lists_of_lists_as_those_of_a_convolution():
    def first_row(output, target):
        assert [len(row) for channel in output for row in channel] == [2, 2, 2, 2]
        return output[0][0][1].data - target[0]

    images = [[[[x + 0.3 * k, 0.5 * x, -x], [x * x, 1.0, k], [k, x - 1.0, 0.25]]] for k, (x, _) in enumerate(INPUTS)]
    rows = [[x, -x] for x, _ in INPUTS]
    settings = {
        "loss": lambda output, target: squared_error(output[1][0], target),
        "metrics": {"first": first_row},
        "validation": (images[2:5], rows[2:5]),
    }
    _, history = assert_same(lambda: (Convolution(1, 2, (2, 2), seed=1, activation="tanh"), images, rows, settings))
    assert "validation_first" in history.columns


def test_the_last_rows_validation_is_what_evaluate_gives_afterwards():
    validation = (INPUTS[:3], TARGETS[:3])
    model, history = trained(lambda: (network(), INPUTS, TARGETS, {"validation": validation}), "tape")
    found = evaluate(model, *validation, loss=squared_error)["loss"]
    assert history["validation_loss"][-1] == pytest.approx(found, rel=1e-12)


def test_training_that_stops_early_restores_the_same_parameters():
    settings = {
        "validation": (INPUTS[:3], [-t for t in TARGETS[:3]]),
        "callbacks": [EarlyStopping(patience=3)],
        "epochs": 30,
    }
    _, history = assert_same(lambda: (network(), INPUTS, TARGETS, settings))
    assert history.restored_epoch is not None


def test_training_stops_at_the_same_cost():
    _, history = assert_same(lambda: (network(), INPUTS, TARGETS, {"stop_at": 0.3, "epochs": 60}))
    assert 1 < len(history) < 60


def test_a_callback_that_ends_training_ends_it():
    def end(training):
        if training.epoch == 2:
            raise StopTraining("enough")

    _, history = assert_same(lambda: (network(), INPUTS, TARGETS, {"callbacks": [end]}))
    assert history.stopped == "enough"


def test_numbers_that_a_callback_gives_the_parameters_are_those_of_the_next_epoch():
    def halve(training):
        for parameter in training.model.parameters():
            parameter.data *= 0.5

    assert_same(lambda: (network(), INPUTS, TARGETS, {"callbacks": [halve]}))


def test_a_callback_finds_the_parameters_and_derivatives_of_the_epochs_last_step():
    seen = {"eager": [], "tape": []}
    for engine, found in seen.items():

        def look(training, found=found):
            found.append([x for p in training.model.parameters() for x in (p.data, p.grad)])

        trained(lambda look=look: (network(), INPUTS, TARGETS, {"callbacks": [look]}), engine)
    for found, wanted in zip(seen["tape"], seen["eager"], strict=True):
        assert_close(found, wanted)


# --- Inputs, models, parameters


@pytest.mark.parametrize("kind", [np.float64, np.float32, np.int64, np.uint8, object])
def test_examples_may_be_arrays_of_every_kind(kind):
    inputs = np.array([[1, 0], [0, 1], [1, 1], [0, 0], [1, 0]], dtype=kind)
    targets = np.array([1, 0, 1, 0, 0], dtype=kind)
    assert_same(lambda: (network(), inputs, targets, {}))
    assert_same(lambda: (network(), [tuple(map(int, x)) for x in inputs], tuple(map(int, targets)), {}))


@pytest.mark.parametrize("kind", [np.int64, np.uint8, np.int32])
def test_classes_may_be_numpys(kind):
    assert_same(lambda: (network(3), np.array(INPUTS), np.array(CLASSES, kind), {"loss": losses.cross_entropy}))
    assert_same(lambda: (network(3), np.array(INPUTS), np.array(INDICATORS), {"loss": losses.cross_entropy}))


class Images(Module):
    def __init__(self):
        self.convolution = Convolution(1, 2, (2, 2), seed=1, activation="tanh")
        self.output = Neuron(8, "linear", seed=2)

    def __call__(self, x):
        return self.output([y for channel in self.convolution(x) for row in channel for y in row])


class Memory(Module):
    def __init__(self):
        self.cell = Recurrent(1, 3, seed=1)
        self.output = Neuron(3, "linear", seed=2)

    def __call__(self, x):
        return self.output(self.cell(x)[-1])


class Shared(Module):
    """The same weights twice, and a product of them."""

    def __init__(self):
        self.neuron = Neuron(2, "tanh", seed=1)
        self.twins = [self.neuron, self.neuron.w[0]]
        self.scale = Value(0.5)

    def __call__(self, x):
        hidden = self.neuron([self.neuron(x), self.twins[0](x[::-1])])
        return hidden * self.scale + self.scale * self.scale * self.neuron.w[0]


class Plain(Module):
    """A network in plain + and *, as micrograd's."""

    def __init__(self):
        draw = random.Random(3)
        self.w = [[Value(draw.uniform(-1, 1)) for _ in range(2)] for _ in range(3)]
        self.b = [Value(0.0) for _ in range(3)]
        self.v = [Value(draw.uniform(-1, 1)) for _ in range(3)]

    def __call__(self, x):
        sums = [sum((wi * xi for wi, xi in zip(w, x, strict=True)), b) for w, b in zip(self.w, self.b, strict=True)]
        hidden = [h.tanh() for h in sums]
        return sum(v * h for v, h in zip(self.v, hidden, strict=True))


class Matrix(Module):
    """NumPy's arrays of Values: `@`, and outputs that are an array."""

    def __init__(self):
        draw = random.Random(3)
        self.weights = [[Value(draw.uniform(-1, 1)) for _ in range(2)] for _ in range(3)]

    def __call__(self, x):
        return np.array(self.weights) @ np.array(x)


class Intercept(Module):
    """What does not look at its input."""

    def __init__(self):
        self.b = Value(0.25)

    def __call__(self, x):
        return self.b


IMAGES = [[[[a, b, a * b], [b, a, 1.0], [a + b, 0.0, b]]] for a, b in INPUTS]
SEQUENCES = [[[a], [b], [a * b]] for a, b in INPUTS]


@pytest.mark.parametrize(
    ("model", "inputs", "targets", "loss"),
    [
        (Images, IMAGES, TARGETS, squared_error),
        (Images, np.array(IMAGES), np.array(TARGETS), squared_error),
        (Memory, SEQUENCES, TARGETS, squared_error),
        (Memory, np.array(SEQUENCES), TARGETS, squared_error),
        (partial(Perceptron, 2, seed=1, init="xavier"), INPUTS, SIGNS, losses.perceptron),
        (Shared, INPUTS, TARGETS, squared_error),
        (Plain, INPUTS, TARGETS, squared_error),
        (Intercept, INPUTS, TARGETS, squared_error),
        (Intercept, INPUTS, TARGETS, lambda y, t: y * y),
        (Intercept, INPUTS, TARGETS, lambda y, t: y),
    ],
)
def test_models_of_all_sorts_are_replayed(model, inputs, targets, loss):
    settings = {"loss": loss, "validation": (inputs[:3], targets[:3]), "penalty": l2(0.1)}
    assert_same(lambda: (model(), inputs, targets, settings))


def test_only_the_parameters_of_the_optimizer_are_changed_in_whatever_order():
    extra = Value(3.0)

    def make():
        extra.data = 3.0
        model = network()
        some = [*reversed(model.layers[1].neurons[0].w), extra, model.layers[2].neurons[0].b]
        optimizer = Adam(some, lr=0.1, weight_decay=0.1)
        # The other parameters stay, but they are penalised and in the way of the gradient; clipping looks at `some`.
        return model, INPUTS, TARGETS, {"optimizer": optimizer, "penalty": l2(0.1), "clip_norm": 0.3}

    def numbers(engine):
        model, history = trained(make, engine)
        parameters = [*model.parameters(), extra]
        return without_seconds(history), [p.data for p in parameters], extra.grad

    (eager_rows, eager_data, eager_grad), (rows, data, grad) = numbers("eager"), numbers("tape")
    for row, wanted in zip(rows, eager_rows, strict=True):
        assert_close([*row.values()], [*wanted.values()])
    assert_close(data, eager_data)
    assert (extra.data != 3.0, grad) == (True, eager_grad)
    initial = [p.data for p in network().parameters()]
    assert sum(x != y for x, y in zip(data, initial, strict=False)) == 5


def test_a_penalty_may_hold_values_that_are_no_parameters_of_the_model():
    def make():
        model = network()
        extra = Value(2.0)
        optimizer = SGD([*model.parameters(), extra], lr=0.1)
        return model, INPUTS, TARGETS, {"optimizer": optimizer, "penalty": l2(0.5, of=[extra, Value(7.0)])}

    _, history = assert_same(make)
    assert history["penalty"][0] > history["penalty"][1] > 0.25 * 49.0


def test_training_goes_on_where_it_was_after_a_layer_was_replaced_too():
    numbers = {}
    for engine in ("eager", "tape"):
        model = network()
        optimizer = Adam(model.parameters(), lr=0.05)
        settings = {"loss": squared_error, "epochs": 2, "batch_size": 4, "engine": engine}
        fit(model, INPUTS, TARGETS, optimizer=optimizer, **settings)
        fit(model, INPUTS[::-1], TARGETS[::-1], optimizer=optimizer, **settings)
        model.layers[1:] = MLP(4, [5, 1], "sigmoid", seed=2).layers
        history = fit(model, INPUTS, TARGETS, optimizer=SGD(model.parameters(), lr=0.1), **settings)
        assert history.engine.startswith(engine)
        numbers[engine] = [p.data for p in model.parameters()]
    assert_close(numbers["tape"], numbers["eager"])


def test_the_model_is_called_to_record_it_and_not_for_each_example():
    class Counting(Module):
        def __init__(self):
            self.network = network(dropout=0.2)
            self.calls = 0

        def __call__(self, x):
            self.calls += 1
            return self.network(x)

    for settings in ({}, {"validation": (INPUTS, TARGETS), "metrics": {"one": lambda y, t: 1.0}}):
        model, history = trained(lambda settings=settings: (Counting(), 2 * INPUTS, 2 * TARGETS, settings), "tape")
        assert history.engine.startswith("tape")
        assert model.calls < 20  # of 60 examples in training, and as many in validation


# --- What a tape cannot do


class Sometimes(Module):
    """A comparison that comes out as it was recorded for a while, and later does not."""

    def __init__(self, **settings):
        self.network = network(**settings)

    def __call__(self, x):
        y = self.network(x)
        return y if y < 1.2 else 0.5 * y + 0.6


class Embedding(Module):
    def __init__(self):
        self.table = [Value(0.1 * k) for k in range(4)]
        self.scale = Value(1.0)

    def __call__(self, x):
        return self.table[x] * self.scale


class Named(Module):
    def __init__(self):
        self.w = Value(0.5)

    def __call__(self, x):
        return self.w * x["length"]


class Mean(Module):
    """Of as many numbers as there are."""

    def __init__(self):
        self.w = Value(0.5)

    def __call__(self, x):
        return self.w * total(x) / len(x)


class Thresholded(Module):
    """A step in eval() that looks at the number itself."""

    def __init__(self):
        self.network = network()

    def __call__(self, x):
        y = self.network(x)
        return y if self.training else Value(1.0 if y.data > 0.0 else -1.0)


class OnlyStep:
    def __init__(self, parameters):
        self.parameters = list(parameters)

    def zero_grad(self):
        for parameter in self.parameters:
            parameter.grad = 0.0

    def step(self):
        for parameter in self.parameters:
            parameter.data -= 0.1 * parameter.grad


class Bounded(SGD):
    """SGD that keeps the parameters small."""

    def step(self):
        super().step()
        for parameter in self.parameters:
            parameter.data = max(-0.5, min(0.5, parameter.data))


class WithUpdates(OnlyStep):
    """An optimizer that keeps its parameters to itself, and says what it does to arrays."""

    def __init__(self, parameters):
        self._own = list(parameters)

    def zero_grad(self):
        for parameter in self._own:
            parameter.grad = 0.0

    def step(self):
        for parameter in self._own:
            parameter.data -= 0.1 * parameter.grad

    def updated(self, numbers, gradients):
        return numbers - 0.1 * gradients


class OfSigns(SGD):
    """A rule that was written for floats."""

    def rule(self, x, gradient, memory, step):
        return x - self.lr if gradient > 0.0 else x + self.lr


class OfMath(SGD):
    def rule(self, x, gradient, memory, step):
        return x - self.lr * math.tanh(gradient)


def with_optimizer(kind):
    def make():
        model = network()
        return model, INPUTS, TARGETS, {"optimizer": kind(model.parameters())}

    return make


def by_equality(output, target):
    return softplus(-output) if target == 1 else softplus(output)


def by_kind(output, target):
    return softplus(-output) if isinstance(target, int) and target else softplus(output)


def by_table(output, target):
    return softplus({0: 1.0, 1: -1.0}[target] * output)


def twice_cross_entropy(output, target):
    return 2.0 * losses.cross_entropy(output, target)


def by_index(output, target):
    return logsumexp(output) - output[target]


def weighted_by_data(output, target):
    return squared_error(output, target) * (1.0 if output.data > 0.0 else 2.0)


def penalty_of_large(parameters):
    return 0.1 * total([p * p for p in parameters if abs(p.data) > 0.5])


def penalty_that_compares(parameters):
    return 0.1 * total([p * p if p > 0.2 else 0.5 * p * p for p in parameters])


def clamped(parameters):
    optimizer = SGD(parameters, lr=0.1)
    step = optimizer.step

    def clamped_step():
        step()
        for parameter in optimizer.parameters:
            parameter.data = max(-0.5, min(0.5, parameter.data))

    optimizer.step = clamped_step
    return optimizer


RAGGED = [x * (1 + i % 2) for i, x in enumerate(INPUTS)]

LEFT_TO_EAGER = {
    "a loss that reads .data": (lambda: (network(), INPUTS, TARGETS, {"loss": weighted_by_data}), ".data"),
    "a loss that compares by ==": (lambda: (network(), INPUTS, BITS, {"loss": by_equality}), ""),
    "a loss that looks at the target's type": (lambda: (network(), INPUTS, BITS, {"loss": by_kind}), ""),
    "a loss that looks into a dict": (lambda: (network(), INPUTS, BITS, {"loss": by_table}), ""),
    "a loss of a class": (lambda: (network(3), INPUTS, CLASSES, {"loss": twice_cross_entropy}), "class"),
    "a target as index": (lambda: (network(3), INPUTS, CLASSES, {"loss": by_index}), "indices must be integers"),
    "a penalty that reads .data": (lambda: (network(), INPUTS, TARGETS, {"penalty": penalty_of_large}), ".data"),
    "an output that is an array": (lambda: (Matrix(), INPUTS, CLASSES, {"loss": losses.cross_entropy}), "array"),
    "an input as index": (lambda: (Embedding(), [0, 3, 1, 2], TARGETS[:4], {}), "indices must be integers"),
    "inputs that are dicts": (lambda: (Named(), [{"length": x} for x, _ in INPUTS], TARGETS, {}), "dict"),
    "inputs of two lengths": (lambda: (Mean(), RAGGED, TARGETS, {}), "shape"),
    "an optimizer with step alone": (with_optimizer(OnlyStep), "OnlyStep has no updated"),
    "an optimizer whose step is another": (with_optimizer(partial(Bounded, lr=0.1)), "Bounded defines step"),
    "an optimizer whose step was replaced": (with_optimizer(clamped), "step"),
    "an optimizer that hides its parameters": (with_optimizer(WithUpdates), "parameters"),
    "a rule with an if": (with_optimizer(partial(OfSigns, lr=0.01)), "OfSigns"),
    "a rule of math": (with_optimizer(partial(OfMath, lr=0.1)), "OfMath"),
}


@pytest.mark.parametrize("case", LEFT_TO_EAGER)
def test_what_cannot_be_replayed_is_left_to_the_eager_engine_which_says_why(case):
    make, word = LEFT_TO_EAGER[case]
    _, history = assert_same(make, engine="auto")
    assert history.engine.startswith("eager: ")
    assert word in history.engine
    assert "_Followed" not in history.engine
    assert "inhomogeneous" not in history.engine


@pytest.mark.parametrize("case", LEFT_TO_EAGER)
def test_who_insists_on_the_tape_is_told_why_not_before_training(case):
    make, word = LEFT_TO_EAGER[case]
    model, inputs, targets, settings = make()
    before = model.state_dict()
    with pytest.raises(ValueError, match=r"^engine='tape' cannot do this: .*; engine='auto' takes what can$") as caught:
        fit(model, inputs, targets, engine="tape", **{"loss": squared_error} | settings)
    assert word in str(caught.value)
    assert model.state_dict() == before


@pytest.mark.parametrize("kind", [SGD, OfMine, OfMath])
@pytest.mark.parametrize("engine", ["auto", "tape"])
def test_without_numpy_the_engine_is_eager_and_says_how_to_get_it(engine, kind, monkeypatch):
    make = with_optimizer(partial(kind, lr=0.1))
    wanted, _ = trained(make, "eager")
    monkeypatch.setitem(sys.modules, "numpy", None)
    advice = "NumPy is not installed: pip install 'scalar-autograd[fast]'"
    if engine == "tape":
        with pytest.raises(ValueError, match="NumPy is not installed"):
            trained(make, engine)
    else:
        model, history = trained(make, engine)
        assert history.engine == f"eager: {advice}"
        assert model.state_dict() == wanted.state_dict()


@pytest.mark.parametrize("engine", ["Auto", "tap", "", "numpy"])
def test_an_engine_that_there_is_not_is_refused(engine):
    with pytest.raises(ValueError, match=r"engine is '.*'; wanted one of 'auto', 'eager', 'tape'"):
        fit(network(), INPUTS, TARGETS, loss=squared_error, engine=engine)
    with pytest.raises(TypeError, match="engine is None, a NoneType; wanted one of"):
        fit(network(), INPUTS, TARGETS, loss=squared_error, engine=None)


# A comparison that comes out differently: in the first batch, later in training, in validation


GIVEN_UP = {
    "later": lambda: (
        Sometimes(),
        INPUTS,
        [3.0 * t for t in TARGETS],
        {"epochs": 12, "penalty": l2(0.01), "metrics": {"error": lambda y, t: y.data - t}, "clip_norm": 1.0},
    ),
    "in the first batch": lambda: (network(), INPUTS, SIGNS, {"loss": lambda y, t: y * y if t > 0 else softplus(y)}),
    "with momentum": lambda: with_momentum(Adam, lr=0.05, amsgrad=True),
    "in the penalty": lambda: (network(), INPUTS, TARGETS, {"penalty": penalty_that_compares, "epochs": 6}),
    "in validation": lambda: (
        Sometimes(),
        INPUTS,
        TARGETS,
        {"validation": ([[9.0, -9.0], [-9.0, 9.0]], [3.0, -3.0]), "epochs": 4},
    ),
}


def with_momentum(kind, **settings):
    model = Sometimes()
    optimizer = kind(model.parameters(), **settings)
    return model, INPUTS, [3.0 * t for t in TARGETS], {"epochs": 25, "optimizer": optimizer}


@pytest.mark.parametrize("case", GIVEN_UP)
def test_where_a_comparison_comes_out_differently_training_goes_on_as_if_it_had_been_eager(case):
    _, history = assert_same(GIVEN_UP[case], engine="auto")
    assert __file__ in history.engine  # where the comparison was made


def test_dropout_draws_as_eagerly_where_a_comparison_comes_out_differently():
    settings = {"epochs": 12}
    assert_same(lambda: (Sometimes(dropout=0.3), INPUTS, [3.0 * t for t in TARGETS], settings), engine="auto")


@pytest.mark.parametrize("case", GIVEN_UP)
def test_who_insists_on_the_tape_is_told_of_the_comparison(case):
    with pytest.raises((ValueError, RuntimeError), match="comparison") as caught:
        trained(GIVEN_UP[case], "tape")
    assert __file__ in str(caught.value)
    assert "engine='auto'" in str(caught.value)


def test_a_guard_that_fails_leaves_the_parameters_of_the_last_whole_step():
    make = GIVEN_UP["later"]
    model, inputs, targets, settings = make()
    initial = model.state_dict()
    with pytest.raises((ValueError, RuntimeError)):
        fit(model, inputs, targets, engine="tape", **{"loss": squared_error, "batch_size": 4} | settings)
    assert model.state_dict() != initial
    assert all(map(math.isfinite, model.state_dict().values()))
    assert not model.training


# Validation that the tape of the training examples does not fit


def test_validation_may_have_another_shape_than_training():
    longer = [x + x for x in SEQUENCES]
    assert_same(lambda: (Memory(), SEQUENCES, TARGETS, {"validation": (longer, TARGETS)}))


IN_VALIDATION = {
    "several lengths": lambda: (Mean(), INPUTS, TARGETS, {"validation": (RAGGED, TARGETS)}),
    "a model that reads .data then": lambda: (Thresholded(), INPUTS, SIGNS, {"validation": (INPUTS[:4], SIGNS[:4])}),
}


@pytest.mark.parametrize("case", IN_VALIDATION)
def test_validation_that_cannot_be_replayed_is_eager(case):
    eager_model, wanted = trained(IN_VALIDATION[case], "eager")
    model, history = trained(IN_VALIDATION[case], "auto")
    assert_close(history["validation_loss"], wanted["validation_loss"])
    assert_close([*model.state_dict().values()], [*eager_model.state_dict().values()])
    assert "eager" in history.engine


@pytest.mark.parametrize("case", IN_VALIDATION)
def test_who_insists_on_the_tape_is_told_of_validation_before_training(case):
    model, inputs, targets, settings = IN_VALIDATION[case]()
    before = model.state_dict()
    with pytest.raises(ValueError, match=r"^engine='tape' cannot do this: "):
        fit(model, inputs, targets, loss=squared_error, engine="tape", **settings)
    assert model.state_dict() == before


# What changes from step to step


def replacing_activation(model, inputs):
    model.layers[0].neurons[0].activation = exp


def shifting_inputs(model, inputs):
    for x in inputs:
        x[0] += 0.125


CHANGES = {"the activation of a layer": replacing_activation, "the inputs, in place": shifting_inputs}


@pytest.mark.parametrize("change", CHANGES)
def test_what_a_callback_changes_is_not_overlooked(change):
    def make():
        model, inputs = network(), [list(x) for x in INPUTS]
        optimizer = SGD(model.parameters(), lr=0.02)
        callbacks = [lambda training: CHANGES[change](model, inputs)]
        return model, inputs, TARGETS, {"optimizer": optimizer, "callbacks": callbacks}

    assert_same(make, engine="auto")


@pytest.mark.parametrize("kind", [float, Value])
def test_a_coefficient_that_a_callback_changes_is_not_overlooked(kind):
    def make():
        strength = [kind(0.5)]

        def weaken(training):
            strength[0] = kind(0.5 / (1 + training.epoch))

        settings = {"loss": lambda y, t: strength[0] * squared_error(y, t), "callbacks": [weaken]}
        return network(), INPUTS, TARGETS, settings

    assert_same(make, engine="auto")


def test_the_dropout_that_a_callback_weakens_is_weaker_on_the_tape_too():
    def make():
        model = network(dropout=0.6)

        def weaken(training):
            model.dropout.p *= 0.5

        return model, INPUTS, TARGETS, {"callbacks": [weaken]}

    assert_same(make)


class Jittered:
    """Examples that are others each time."""

    def __init__(self):
        self.random = random.Random(0)

    def __len__(self):
        return len(INPUTS)

    def __getitem__(self, i):
        return [x + self.random.gauss(0.0, 0.1) for x in INPUTS[i]]


def test_examples_that_are_drawn_anew_each_time_are_not_frozen():
    _, history = trained(lambda: (network(), Jittered(), TARGETS, {}), "auto")
    assert history.engine.startswith("eager: ")
    with pytest.raises(ValueError, match=r"^engine='tape' cannot do this: "):
        trained(lambda: (network(), Jittered(), TARGETS, {}), "tape")


class Shaken(Module):
    """Noise that is drawn without `drawn`, which a recording cannot see."""

    def __init__(self):
        self.network = network()
        self.random = random.Random(1)

    def __call__(self, x):
        return self.network(x) + self.random.gauss(0.0, 0.1)


def test_noise_that_is_not_marked_as_drawn_is_not_frozen():
    _, history = trained(lambda: (Shaken(), INPUTS, TARGETS, {}), "auto")
    assert history.engine.startswith("eager: ")


# --- Wrong examples


WRONG_TARGETS = [
    (losses.hinge, network, BITS),
    (losses.perceptron, network, [*SIGNS[:9], 0.5]),
    (losses.binary_cross_entropy_with_logits, network, SIGNS),
    (losses.binary_cross_entropy, sigmoids, [1.5, *BITS[1:]]),
    (losses.cross_entropy, three, [7, *CLASSES[1:]]),
    (losses.cross_entropy, three, [*CLASSES[:9], 7]),
    (losses.cross_entropy, three, [*CLASSES[:9], -1]),
    (losses.cross_entropy, three, [1.0, *CLASSES[1:]]),
    (losses.cross_entropy, three, [*CLASSES[:9], 1.0]),
    (losses.cross_entropy, three, [True, *CLASSES[1:]]),
    (losses.cross_entropy, three, [*INDICATORS[:9], [0.5, 0.25, 0.5]]),
    (losses.cross_entropy, three, [*INDICATORS[:9], [0.0, 1.0]]),
    (losses.cross_entropy, network, CLASSES),
    (partial(losses.margin, rho=0.3), Probabilities, [*CLASSES[:9], 3]),
    (partial(losses.margin, rho=0.3), Probabilities, [*INDICATORS[:9], [0.5, 0.5, 0.0]]),
    (partial(losses.margin, rho=3.0), Probabilities, CLASSES),
    (partial(losses.squared_error, reduction="total"), network, TARGETS),
    (squared_error, three, TARGETS),
    (squared_error, network, [*TARGETS[:9], True]),
    (squared_error, network, [*TARGETS[:9], None]),
    (squared_error, network, [*TARGETS[:9], "1.0"]),
    (squared_error, network, [*TARGETS[:9], math.nan]),
    (losses.cross_entropy, three, [*INDICATORS[:9], [math.nan, 0.0, 1.0]]),
]


@pytest.mark.parametrize("engine", ["auto", "tape"])
@pytest.mark.parametrize(("loss", "model", "targets"), WRONG_TARGETS)
def test_wrong_targets_are_refused_with_the_losses_own_words_and_before_training(loss, model, targets, engine):
    untrained = model()
    before = untrained.state_dict()

    def make():
        return untrained, INPUTS, targets, {"loss": loss}

    with pytest.raises((TypeError, ValueError)) as wanted:
        trained(make, "eager")
    untrained.load_state_dict(before)
    with pytest.raises(wanted.type) as caught:
        trained(make, engine)
    assert str(caught.value) == str(wanted.value)
    assert untrained.state_dict() == before


@pytest.mark.parametrize("wrong", [None, "1.5", 1j, [0.5]])
@pytest.mark.parametrize("position", [0, 7])
def test_inputs_that_are_no_numbers_are_refused_as_eagerly(wrong, position):
    inputs = [list(x) for x in INPUTS]
    inputs[position][1] = wrong
    messages = []
    for engine in ("eager", "auto"):
        with pytest.raises(TypeError) as caught:
            trained(lambda: (network(), inputs, TARGETS, {}), engine)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]


def test_a_target_is_not_asked_about_with_the_output_of_another_example():
    """log(y t) is there for each example with its own target, but not for the first output and the second target."""

    class Slope(Module):
        def __init__(self):
            self.w = Value(1.5)

        def __call__(self, x):
            return self.w * x

    settings = {"loss": lambda y, t: log(y * t) ** 2}
    assert_same(lambda: (Slope(), [1.0, -1.0, 2.0], [1.0, -1.0, 0.5], settings))


# --- What goes wrong in training


def both_errors(make, kind):
    """What each engine raises, and the model that it leaves."""
    errors, models = [], []
    for engine in ("eager", "tape"):
        model, inputs, targets, settings = make()
        settings = {"loss": squared_error, "epochs": 40, "batch_size": 4, "engine": engine} | settings
        with pytest.raises(kind) as caught:
            fit(model, inputs, targets, **settings)
        errors.append(caught.value)
        models.append(model)
        assert not model.training
    return errors, models


@pytest.mark.parametrize("rate", [3.0, 30.0])
def test_training_that_diverges_is_said_in_the_same_epoch_with_the_same_words(rate):
    def make():
        model = network(activation="relu")
        optimizer = SGD(model.parameters(), lr=rate)
        settings = {"optimizer": optimizer, "schedule": ExponentialLR(optimizer, 1.01), "epochs": 200}
        return model, [[100.0 * a, 100.0 * b] for a, b in INPUTS], TARGETS, settings

    (wanted, error), models = both_errors(make, DivergenceError)
    assert str(error) == str(wanted)
    assert error.history.stopped == wanted.history.stopped
    assert len(error.history) == len(wanted.history)
    assert error.history.engine.startswith("tape")
    # Numbers that have grown so far keep few equal digits; neither engine makes a step from a loss that is not finite.
    finite = [[math.isfinite(p.data) for p in model.parameters()] for model in models]
    assert finite[0] == finite[1]


class Slopes(Module):
    def __init__(self):
        self.w = Value(1.0)

    def __call__(self, x):
        return self.w * x


def test_an_overflow_is_a_divergence_on_both_engines():
    def make():
        """w is 1, then 1 - 1000 cosh 1 at x = 1: exp of more than a thousand."""
        model = Slopes()
        return model, [1.0], [0.0], {"loss": lambda y, t: exp(y) - exp(-y), "optimizer": SGD([model.w], lr=1000.0)}

    said = "the loss overflowed .* in epoch 2, at a learning rate of 1000"
    for engine in ("eager", "tape"):
        with pytest.raises(DivergenceError, match=said) as caught:
            trained(make, engine)
        assert len(caught.value.history) == 1
        assert isinstance(caught.value.__cause__, OverflowError)


def leaving_the_domain(epochs=9):
    """w falls by 0.25 an epoch, from 1: log(w x + 0.375) has no value at x = 1 in epoch 7, at 2 and -1 in others."""
    model = Slopes()
    settings = {
        "loss": lambda y, t: t * log(y + 0.375) * 0.0 + y * t,
        "optimizer": SGD([model.w], lr=1.0),
        "batch_size": None,
        "shuffle": False,
        "epochs": epochs,
    }
    return model, [0.0, 0.5, 1.0, 0.5], [0.0, 0.0, 1.0, 0.0], settings


def test_an_operation_outside_its_domain_raises_what_it_raises_eagerly_and_says_for_which_row():
    """w is 1, 0.75, 0.5, 0.25, 0, -0.25, -0.5: log(-0.125) in the seventh step, at the third example."""
    (wanted, error), models = both_errors(leaving_the_domain, ValueError)
    assert type(error) is type(wanted) is ValueError
    assert str(error) == str(wanted)
    assert [model.w.data for model in models] == [-0.5, -0.5]
    assert any("log(-0.125)" in note for note in error.__notes__)
    assert any("row 2" in note and "instruction" in note for note in error.__notes__)


def test_a_loss_that_is_nan_at_once_is_a_divergence_on_both_engines():
    class Difference(Slopes):
        def __call__(self, x):
            return self.w * 1e308 * x * 10.0 - self.w * 1e308 * x * 10.0

    for engine in ("eager", "auto", "tape"):
        with pytest.raises(DivergenceError, match="the loss became nan in epoch 1"):
            trained(lambda: (Difference(), [1.0, 2.0], [0.0, 0.0], {}), engine)


def test_an_overflow_at_once_is_a_divergence_too():
    for engine in ("eager", "auto", "tape"):
        with pytest.raises(DivergenceError, match=r"the loss overflowed .* in epoch 1"):
            trained(lambda: (Slopes(), [1.0, 1000.0], [0.0, 0.0], {"loss": lambda y, t: exp(y)}), engine)


def test_an_example_outside_the_domain_counts_only_when_it_is_met():
    """log(w x + 0.5) is not there for the last example at w = 1, but it is after the steps on those before."""

    def make():
        model = Slopes()
        settings = {
            "loss": lambda y, t: log(y + 0.5) * 0.0 + y * t,
            "optimizer": SGD([model.w], lr=0.5),
            "batch_size": 1,
            "shuffle": False,
            "epochs": 1,
        }
        return model, [1.0, 0.5, -1.0], [1.0, 1.0, 0.0], settings

    model, _ = assert_same(make)
    assert model.w.data == 0.25


def test_an_output_that_is_no_probability_is_refused_in_the_losses_words():
    """At first it is one, 0.5 x; in the second step it is 0.5 + 10 / 0.5."""

    def make():
        model = Slopes()
        model.w.data = 0.5
        return model, [1.0], [1], {"loss": losses.binary_cross_entropy, "optimizer": SGD([model.w], lr=10.0)}

    (wanted, error), models = both_errors(make, ValueError)
    assert [model.w.data for model in models] == [20.5, 20.5]
    assert "binary_cross_entropy_with_logits" in str(wanted)
    assert "binary_cross_entropy_with_logits" in str(error)


def test_a_metric_that_raises_leaves_the_parameters_of_the_last_whole_step():
    def fails(_, target):
        if target == TARGETS[6]:
            raise KeyError("mine")
        return 0.0

    # Without shuffling the seventh example is in the second batch: one step was made.
    settings = {"metrics": {"fails": fails}, "shuffle": False}
    _, models = both_errors(lambda: (network(), INPUTS, TARGETS, settings), KeyError)
    once, _ = trained(lambda: (network(), INPUTS[:4], TARGETS[:4], {"epochs": 1, "shuffle": False}), "eager")
    for model in models:
        assert_close([*model.state_dict().values()], [*once.state_dict().values()])


def test_a_callback_that_raises_leaves_the_parameters_of_its_epoch():
    def fails(training):
        if training.epoch == 2:
            raise KeyError("mine")

    _, models = both_errors(lambda: (network(), INPUTS, TARGETS, {"callbacks": [fails]}), KeyError)
    twice, _ = trained(lambda: (network(), INPUTS, TARGETS, {"epochs": 2}), "eager")
    for model in models:
        assert_close([*model.state_dict().values()], [*twice.state_dict().values()])


@pytest.mark.parametrize("engine", ["eager", "tape"])
def test_ctrl_c_leaves_the_parameters_of_the_last_whole_step_and_the_history_so_far(engine):
    counted = []

    def interrupts(_, target):
        counted.append(target)
        if len(counted) == 16:  # in the second batch of the second epoch: four steps were made
            signal.raise_signal(signal.SIGINT)
        return 0.0

    settings = {"metrics": {"interrupts": interrupts}, "shuffle": False, "epochs": 5}
    model, history = trained(lambda: (network(), INPUTS, TARGETS, settings), engine)
    assert (len(history), history.interrupted, history.stopped) == (1, True, "interrupted in epoch 2")
    assert history.engine.startswith(engine)
    twin = network()
    optimizer = SGD(twin.parameters(), lr=0.1, momentum=0.9)
    for batch in ([0, 1, 2, 3], [4, 5, 6, 7], [8, 9], [0, 1, 2, 3]):
        optimizer.zero_grad()
        (total([squared_error(twin(INPUTS[i]), TARGETS[i]) for i in batch]) / len(batch)).backward()
        optimizer.step()
    assert_close([*model.state_dict().values()], [*twin.state_dict().values()])


def test_a_loss_that_gives_no_value_is_refused_alike():
    for engine in ("eager", "auto", "tape"):
        with pytest.raises(TypeError, match=r"what the loss returned is 1.0, a float; wanted a Value"):
            trained(lambda: (network(), INPUTS, TARGETS, {"loss": lambda y, t: 1.0}), engine)


# --- Outputs of a model


def plain(output):
    return output.data if isinstance(output, Value) else output


@pytest.mark.parametrize(
    ("model", "inputs"),
    [
        (network, INPUTS),
        (three, INPUTS),
        (three, np.array(INPUTS)),
        (Memory, SEQUENCES),
        (Images, IMAGES),
        (Plain, INPUTS),
        (Shared, INPUTS),
        (Matrix, INPUTS),
        (Intercept, INPUTS),
        (Probabilities, INPUTS),
        (Embedding, [0, 3, 2]),
        (Named, [{"length": 2.0}, {"length": -1.0}]),
        (Mean, RAGGED),
        (Sometimes, [[9.0, -9.0], [-9.0, 9.0], *INPUTS]),
        (lambda: lambda x: 2.0 * x[0], INPUTS),
        (lambda: lambda x: (x[0], x[1] * x[0]), INPUTS),
        (lambda: lambda x: 1.0, INPUTS),
    ],
)
def test_outputs_are_those_of_one_call_for_each_input(model, inputs):
    called = model()
    wanted = [called(x) for x in inputs]
    wanted = np.array([[plain(y) for y in row] if hasattr(row, "__len__") else plain(row) for row in wanted])
    found = outputs(called, inputs)
    assert found.dtype == float
    assert found.shape == wanted.shape
    assert found == pytest.approx(wanted, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("kind", [network, Sometimes])
def test_outputs_are_those_of_the_mode_in_which_the_model_is(training, kind):
    model, twin = (kind(dropout=0.5).train(training) for _ in range(2))
    inputs = [*INPUTS, [9.0, -9.0]]
    assert outputs(model, inputs) == pytest.approx([twin(x).data for x in inputs], rel=1e-12)
    assert model.training is training


def test_outputs_of_wrong_inputs_raise_what_a_call_raises():
    with pytest.raises(ValueError, match="MLP takes 2 numbers, got 1"):
        outputs(network(), [[1.0]])
    with pytest.raises(ValueError, match="MLP takes 2 numbers, got 3"):
        outputs(network(), [[1.0, 2.0], [1.0, 2.0, 3.0]])
    with pytest.raises(TypeError, match="Value needs a real number, not NoneType"):
        outputs(network(), [[1.0, 2.0], [1.0, None]])
    with pytest.raises(ValueError, match="math domain error"):
        outputs(lambda x: log(x + Value(0.0)), [1.0, -1.0])


def test_outputs_call_the_model_three_times_however_many_inputs_there_are():
    calls = []

    class Noting(Module):
        def __init__(self):
            self.w = Value(2.0)

        def __call__(self, x):
            calls.append(x)
            return dot([self.w], [x])

    assert outputs(Noting(), [float(k) for k in range(100)]).tolist() == [2.0 * k for k in range(100)]
    assert calls[1:] == [0.0, 99.0]  # after the recording, the first and the last to compare with
