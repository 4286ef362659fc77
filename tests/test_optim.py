"""Optimisers against torch's numbers and hand-derived ones, as steps and on arrays; state that is saved; refusals."""

import copy
import json
import math
import pickle
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from random import Random

import numpy as np
import pytest
import trajectories
from trajectories import eagerly, largest_error, on_arrays

from autograd import Value
from nn import MLP, optim
from nn.optim import SGD, Adagrad, Adam, AdamW, Optimizer, RMSprop
from nn.optimizer import larger, sqrt
from nn.settings import NonNegative

CASES = [case for case in trajectories.DATA["cases"] if "schedules" not in case]

# Every rule with every kind of memory: (class, settings).
KINDS = [(getattr(optim, case["optimizer"]), case["settings"]) for case in CASES if case["problem"] == "network"]
KINDS.append((SGD, {"momentum": 0.9, "averaged_momentum": True, "weight_decay": 0.1}))


def ids(x):
    return x.__name__ if isinstance(x, type) else str(x)


def three():
    """Three parameters, and a function that leaves other derivatives in them each time."""
    parameters = [Value(1.0), Value(-2.0), Value(0.5)]

    def differentiate(k):
        for i, p in enumerate(parameters):
            p.grad = math.sin(3.0 * k + i) * 10.0 ** (i - 1) + p.data

    return parameters, differentiate


# --- trajectories ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("move", [eagerly, on_arrays], ids=["step", "updated"])
@pytest.mark.parametrize("case", CASES, ids=trajectories.named)
def test_a_hundred_steps_are_those_of_torch(case, move):
    points, _ = trajectories.run(case, move)
    assert largest_error(points, case["points"]) <= 1e-10


class WrongAdam(Adam):
    """eps inside the root, where it is not."""

    def rule(self, x, gradient, memory, step):
        b1, b2 = self.betas
        mean = memory["mean"] = b1 * memory.get("mean", 0.0) + (1.0 - b1) * gradient
        square = memory["square"] = b2 * memory.get("square", 0.0) + (1.0 - b2) * gradient * gradient
        return x - self.lr * mean / (1.0 - b1**step) / (square / (1.0 - b2**step) + self.eps**2) ** 0.5


class WrongSGD(SGD):
    """Dampening in the first step too, where torch has none."""

    def rule(self, x, gradient, memory, step):
        memory.setdefault("velocity", 0.0)
        return super().rule(x, gradient, memory, step)


@pytest.mark.parametrize(("name", "wrong"), [("Adam", WrongAdam), ("SGD", WrongSGD)])
def test_a_wrong_rule_would_be_caught(name, wrong):
    classes = type("classes", (), {name: wrong})
    errors = [
        largest_error(trajectories.run(case, classes=classes)[0], case["points"])
        for case in CASES
        if case["optimizer"] == name and (name == "Adam" or case["settings"].get("dampening"))
    ]
    assert max(errors) > 1e-8


def test_every_optimiser_has_trajectories_with_all_of_its_settings():
    told = {case["optimizer"]: set() for case in CASES}
    for case in CASES:
        told[case["optimizer"]] |= case["settings"].keys()
    assert told.keys() == {"SGD", "Adagrad", "RMSprop", "Adam", "AdamW"}
    assert told["SGD"] == {"momentum", "dampening", "weight_decay", "nesterov", "decoupled_weight_decay"}
    assert told["Adagrad"] == {"lr", "lr_decay", "weight_decay", "initial_accumulator_value", "eps"}
    assert told["RMSprop"] == {"lr", "alpha", "eps", "weight_decay", "momentum", "centered"}
    assert told["Adam"] == {"lr", "betas", "eps", "weight_decay", "amsgrad"}


@pytest.mark.parametrize(
    ("made", "defaults"),
    [
        (SGD, {"lr": 1e-3, "momentum": 0.0, "dampening": 0.0, "weight_decay": 0.0, "nesterov": False}),
        (Adagrad, {"lr": 1e-2, "lr_decay": 0, "weight_decay": 0, "initial_accumulator_value": 0, "eps": 1e-10}),
        (RMSprop, {"lr": 1e-2, "alpha": 0.99, "eps": 1e-8, "weight_decay": 0, "momentum": 0, "centered": False}),
        (Adam, {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0, "amsgrad": False}),
        (AdamW, {"lr": 1e-3, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 1e-2, "amsgrad": False}),
    ],
    ids=ids,
)
def test_the_defaults_and_their_order_are_those_of_torch(made, defaults):
    optimizer = made([Value(1.0)])
    assert {name: getattr(optimizer, name) for name in defaults} == defaults
    assert optimizer.decoupled_weight_decay is (made is AdamW)
    by_position = made([Value(1.0)], *[x or type(x)() for x in defaults.values()])
    assert by_position.state_dict() == optimizer.state_dict()


# --- hand-derived numbers -------------------------------------------------------------------------------------------


def moved(optimizer, derivatives):
    """The data of one parameter after steps with these derivatives."""
    (p,) = optimizer.parameters
    seen = []
    for derivative in derivatives:
        p.grad = derivative
        optimizer.step()
        seen.append(p.data)
    return seen


def test_averaged_momentum_is_the_lectures_form():
    # mu = 1/2, alpha = 1/4, derivatives 8, 0, 4: m = 4, 2, 3; theta = 1 - 1, 0 - 1/2, -1/2 - 3/4.
    sgd = SGD([Value(1.0)], lr=0.25, momentum=0.5, averaged_momentum=True)
    assert moved(sgd, [8.0, 0.0, 4.0]) == [0.0, -0.5, -1.25]


def test_averaged_momentum_with_decoupled_decay_is_the_lectures_form():
    # theta <- theta - alpha (m + lambda theta), mu = 1/2, alpha = 1/4, lambda = 1, derivatives 8, 0: m = 4, 2;
    # theta = 1 - (4 + 1)/4 = -1/4; then -1/4 - (2 - 1/4)/4 = -11/16.
    settings = {"momentum": 0.5, "averaged_momentum": True, "weight_decay": 1.0}
    sgd = SGD([Value(1.0)], lr=0.25, decoupled_weight_decay=True, **settings)
    assert moved(sgd, [8.0, 0.0]) == [-0.25, -0.6875]
    # Coupled, lambda theta is in m: m = 9/2, theta = 1 - 9/8 = -1/8; m = 9/4 - 1/16 = 35/16, theta = -1/8 - 35/64.
    assert moved(SGD([Value(1.0)], lr=0.25, **settings), [8.0, 0.0]) == [-0.125, -0.671875]


def test_averaged_momentum_is_torchs_at_a_rate_times_one_minus_momentum():
    derivatives = [math.cos(k) for k in range(50)]
    rates = [0.5 / (k + 1) for k in range(50)]  # whatever the rates: they stand outside the velocity
    averaged = SGD([Value(1.0)], momentum=0.75, averaged_momentum=True)
    plain = SGD([Value(1.0)], momentum=0.75)
    for derivative, rate in zip(derivatives, rates, strict=True):
        averaged.lr, plain.lr = rate, 0.25 * rate
        assert moved(averaged, [derivative]) == pytest.approx(moved(plain, [derivative]), rel=1e-13)


def test_averaged_momentum_takes_a_larger_decoupled_decay_for_the_same_path():
    derivatives = [math.cos(k) for k in range(50)]
    averaged = SGD([Value(1.0)], 0.1, 0.75, 0.0, 0.1, averaged_momentum=True, decoupled_weight_decay=True)
    plain = SGD([Value(1.0)], 0.025, 0.75, 0.0, 0.4, decoupled_weight_decay=True)
    assert moved(averaged, derivatives) == pytest.approx(moved(plain, derivatives), rel=1e-13)


def test_dampening_by_the_momentum_differs_in_its_first_step():
    # torch: v = 8, then 4 + 0; averaged: m = 4, then 2 + 0.
    dampened = SGD([Value(0.0)], lr=0.25, momentum=0.5, dampening=0.5)
    assert moved(dampened, [8.0, 0.0]) == [-2.0, -3.0]
    averaged = SGD([Value(0.0)], lr=0.25, momentum=0.5, averaged_momentum=True)
    assert moved(averaged, [8.0, 0.0]) == [-1.0, -1.5]


def test_coupled_and_decoupled_decay_are_one_without_momentum_and_two_with():
    for momentum, same in ((0.0, True), (0.9, False)):
        paths = [
            moved(SGD([Value(1.0)], 0.1, momentum, 0.0, 0.5, decoupled_weight_decay=decoupled), [1.0, 2.0, 3.0])
            for decoupled in (False, True)
        ]
        assert (paths[0] == pytest.approx(paths[1], rel=1e-14)) is same


def test_adamw_is_adam_with_decoupled_decay():
    adam = Adam([Value(1.0)], weight_decay=1e-2, decoupled_weight_decay=True)
    assert moved(adam, [1.0, -3.0]) == moved(AdamW([Value(1.0)]), [1.0, -3.0])


def test_the_centered_variance_is_never_negative():
    # With a constant derivative the variance is a^k (1 - a^k) g², which falls to 0: the difference of the two means is
    # all rounding error then, and torch's root of it NaN.
    a, k, g = Fraction(0.5), 60, Fraction(0.1)
    rmsprop = RMSprop([Value(0.0)], lr=0.0, alpha=0.5, centered=True)
    moved(rmsprop, [0.1] * k)
    assert rmsprop.state_dict()["memory"]["square"][0] == pytest.approx(float(a**k * (1 - a**k) * g**2), rel=1e-13)


# --- steps on arrays ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("made", "settings"), KINDS, ids=ids)
def test_steps_and_arrays_agree_bit_by_bit_and_may_alternate(made, settings):
    paths = []
    for moves in ([eagerly], [on_arrays], [eagerly, on_arrays], [on_arrays, on_arrays, eagerly]):
        parameters, differentiate = three()
        optimizer = made(parameters, **settings)
        for k in range(50):
            differentiate(k)
            moves[k % len(moves)](parameters, optimizer)
        paths.append(([p.data for p in parameters], optimizer.state_dict()))
    assert paths.count(paths[0]) == len(paths)


@pytest.mark.parametrize(("made", "settings"), KINDS, ids=ids)
def test_arrays_that_are_given_are_neither_changed_nor_kept(made, settings):
    parameters, _ = three()
    paths = []
    for reused in (False, True):
        optimizer = made(parameters, **settings)
        numbers, gradients = np.array([1.0, 2.0, 3.0]), np.array([0.5, -0.25, 4.0])
        for _ in range(5):
            before = numbers.copy(), gradients.copy()
            new = optimizer.updated(numbers, gradients)
            assert np.array_equal(numbers, before[0])
            assert np.array_equal(gradients, before[1])
            assert not np.shares_memory(new, numbers)
            if reused:  # as an engine does that computes into the same arrays again and again
                numbers[:] = new
                gradients[:] = math.nan
                gradients[:] = before[1]
            else:
                numbers, gradients = new, gradients.copy()
        paths.append(numbers.tolist())
    assert paths[0] == paths[1]
    assert [p.data for p in parameters] == [1.0, -2.0, 0.5]


@pytest.mark.parametrize("shape", [(2,), (3, 1), ()])
def test_arrays_of_another_shape_are_refused(shape):
    parameters, _ = three()
    optimizer = SGD(parameters)
    for numbers, gradients in ((np.ones(shape), np.ones(3)), (np.ones(3), np.ones(shape))):
        with pytest.raises(ValueError, match=r"wanted \(3,\), an entry for each parameter"):
            optimizer.updated(numbers, gradients)
    assert optimizer.steps == 0


@pytest.mark.parametrize(("made", "settings"), KINDS, ids=ids)
@pytest.mark.parametrize("extreme", [0.0, 5e-324, 1e-200, 1e200, -1.7e308, math.inf, math.nan])
def test_extreme_derivatives_are_carried_through_alike(made, settings, extreme):
    results = []
    for move in (eagerly, on_arrays):
        parameters = [Value(1.0), Value(2.0)]
        optimizer = made(parameters, **settings)
        for _ in range(3):
            parameters[0].grad, parameters[1].grad = extreme, 1.0
            move(parameters, optimizer)
        results.append([p.data for p in parameters])
    assert np.array_equal(*results, equal_nan=True)
    assert math.isfinite(results[0][1])
    assert all(type(p.data) is float for p in parameters)


@pytest.mark.parametrize(("x", "y", "expected"), [(1.0, 2.0, 2.0), (2.0, 1.0, 2.0), (1.0, math.nan, math.nan)])
def test_the_larger_of_two_floats_is_that_of_arrays(x, y, expected):
    results = [larger(x, y), larger(np.array([x]), np.array([y]))[0]]
    assert results == pytest.approx([expected] * 2, nan_ok=True)


def test_roots_of_floats_are_rounded_as_those_of_arrays_are():
    random = Random(0)
    numbers = [random.random() * 10.0 ** random.randint(-30, 30) for _ in range(20_000)]  # pow errs in about 17
    assert [sqrt(x) for x in numbers] == sqrt(np.array(numbers)).tolist()


# --- state ----------------------------------------------------------------------------------------------------------


def through_json(state):
    return json.loads(json.dumps(state, allow_nan=False))


@pytest.mark.parametrize("move", [eagerly, on_arrays], ids=["step", "updated"])
@pytest.mark.parametrize(("made", "settings"), KINDS, ids=ids)
def test_training_that_is_stopped_and_restored_goes_on_bit_by_bit(made, settings, move):
    def train(first, last, state=None, data=(1.0, -2.0, 0.5)):
        parameters, differentiate = three()
        optimizer = made(parameters, **({"lr": 0.5} if state else settings))  # other settings, which the state mends
        if state:
            optimizer.load_state_dict(through_json(state))
        for p, x in zip(parameters, data, strict=True):
            p.data = x
        for k in range(first, last):
            differentiate(k)
            move(parameters, optimizer)
        return optimizer.state_dict(), [p.data for p in parameters]

    assert train(20, 40, *train(0, 20)) == train(0, 40)


SWITCHED_ON = [
    (SGD, {"momentum": 0.9}),
    (SGD, {"momentum": 0.9, "dampening": 0.5}),
    (SGD, {"momentum": 0.9, "averaged_momentum": True}),
    (RMSprop, {"momentum": 0.9}),
    (RMSprop, {"centered": True}),
    (partial(Adam, betas=(0.9, 0.2)), {"amsgrad": True}),  # of two that soon forget: the largest square is not the last
    (partial(AdamW, betas=(0.9, 0.2)), {"amsgrad": True}),
]


def train_with_a_switch(made, switched, move, *, restored, after=0):
    """Four steps, a setting switched on, `after` steps, perhaps another optimiser in its place, and four steps more."""
    parameters, differentiate = three()
    optimizer = made(parameters, lr=0.1)
    for k in range(8 + after):
        if k == 4:
            for name, x in switched.items():
                setattr(optimizer, name, x)
        if restored and k == 4 + after:
            state = through_json(optimizer.state_dict())
            optimizer = made(parameters)
            optimizer.load_state_dict(state)
            assert through_json(optimizer.state_dict()) == state
        differentiate(k)
        move(parameters, optimizer)
    return [p.data for p in parameters]


@pytest.mark.parametrize("after", [0, 1])
@pytest.mark.parametrize("move", [eagerly, on_arrays], ids=["step", "updated"])
@pytest.mark.parametrize(("made", "switched"), SWITCHED_ON, ids=ids)
def test_what_is_switched_on_in_the_middle_is_saved_and_goes_on_bit_by_bit(made, switched, move, after):
    wanted = train_with_a_switch(made, switched, move, restored=False, after=after)
    assert train_with_a_switch(made, switched, move, restored=True, after=after) == wanted
    assert wanted != train_with_a_switch(made, {}, move, restored=False, after=after)


def test_a_memory_that_has_not_begun_is_none_in_the_state():
    sgd = SGD([Value(1.0), Value(2.0)], lr=0.1)
    sgd.step()
    assert sgd.state_dict()["memory"] == {}
    sgd.momentum = 0.9
    assert sgd.state_dict()["memory"] == {"velocity": None}
    sgd.parameters[0].grad, sgd.parameters[1].grad = 3.0, 4.0
    sgd.step()
    assert sgd.state_dict()["memory"] == {"velocity": [3.0, 4.0]}
    sgd.momentum = 0.0  # switched off, it waits
    assert sgd.state_dict()["memory"] == {"velocity": [3.0, 4.0]}


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])  # noqa: S301 (ours)
def test_copies_go_on_as_the_original_does(duplicate):
    adam = Adam([Value(1.0)], lr=0.1)
    moved(adam, [1.0, 2.0])
    other = duplicate(adam)
    assert other.parameters[0] is not adam.parameters[0]
    assert moved(other, [3.0]) == moved(adam, [3.0])


def state_of(**changes):
    adam = Adam([Value(1.0), Value(2.0)])
    adam.step()
    return adam.state_dict() | changes


SETTINGS = state_of()["settings"]


@pytest.mark.parametrize(
    ("state", "error", "message"),
    [
        (SGD([Value(1.0)] * 2).state_dict(), ValueError, "the state is that of SGD; wanted that of Adam"),
        (AdamW([Value(1.0)] * 2).state_dict(), ValueError, "the state is that of AdamW; wanted that of Adam"),
        (Adam([Value(1.0)]).state_dict(), ValueError, "the state is for 1 parameters; this optimizer changes 2"),
        ({}, TypeError, "the state is {}; wanted what state_dict() of Adam gave"),
        (None, TypeError, "the state is None; wanted what state_dict() of Adam gave"),
        ({"optimizer": "Adam"}, ValueError, "the settings are None; Adam has 'lr', 'betas', 'eps',"),
        (state_of(settings=SETTINGS | {"lr": -1.0}), ValueError, "lr is -1.0; wanted a finite number, 0 or more"),
        (state_of(settings=SETTINGS | {"rate": 1.0}), ValueError, "the settings are {"),
        (state_of(settings=SETTINGS | {"betas": [0.9]}), TypeError, "betas is [0.9], a list; wanted a pair of numbers"),
        (state_of(state={"steps": -1}), ValueError, "steps is -1; wanted a whole number of at least 0"),
        (state_of(state={"steps": 1.5}), TypeError, "steps is 1.5, a float; wanted a whole number of at least 0"),
        (state_of(memory={"mean": [0.0, 0.0]}), ValueError, "the memory is {'mean': [0.0, 0.0]}; Adam needs 'mean',"),
        (
            state_of(memory={"mean": [0.0, 0.0], "square": None, "largest": None}),
            ValueError,
            "the memory 'largest' is None; wanted 2 numbers",
        ),
        (state_of(memory=None), ValueError, "the memory is None; Adam needs 'mean', 'square'"),
        (
            state_of(memory={"mean": [0.0, 0.0], "square": [0.0]}),
            ValueError,
            "the memory 'square' is [0.0]; wanted 2 numbers",
        ),
        (
            state_of(memory={"mean": [0.0, 0.0], "square": [0.0, "a"]}),
            ValueError,
            "the memory 'square' is [0.0, 'a']; wanted 2 numbers",
        ),
    ],
    ids=lambda x: x[:30] if isinstance(x, str) else "",
)
def test_a_state_that_cannot_be_loaded_changes_nothing(state, error, message):
    optimizer = Adam([Value(1.0), Value(2.0)], lr=0.25)
    optimizer.step()
    before = optimizer.state_dict()
    with pytest.raises(error) as caught:
        optimizer.load_state_dict(state)
    assert str(caught.value).startswith(message)
    assert optimizer.state_dict() == before


def test_settings_that_do_not_go_together_are_not_loaded():
    sgd = SGD([Value(1.0)], momentum=0.9, nesterov=True)
    state = sgd.state_dict()
    state["settings"]["momentum"] = 0.0
    with pytest.raises(ValueError, match="nesterov needs momentum > 0"):
        sgd.load_state_dict(state)
    assert sgd.momentum == 0.9


# --- settings that there are not -------------------------------------------------------------------------------------


@pytest.mark.parametrize("made", [SGD, Adagrad, Adam, AdamW, RMSprop])
def test_a_setting_misspelt_by_assignment_is_refused(made):
    optimizer = made([Value(1.0)], lr=0.5)
    with pytest.raises(AttributeError, match=rf"^{made.__name__} has no setting 'lrr'; there are 'lr', .*mean 'lr'\?$"):
        optimizer.lrr = 3.0
    assert not hasattr(optimizer, "lrr")
    assert optimizer.lr == 0.5


def test_what_is_there_may_be_assigned():
    sgd = SGD([Value(1.0)])
    sgd.lr, sgd.momentum, sgd.steps = 0.5, 0.9, 3
    sgd.parameters = [Value(2.0)]
    sgd.step = lambda: None  # a step that somebody has wrapped
    sgd._mine = 1.0
    assert sgd.state_dict()["settings"]["momentum"] == 0.9


# --- rules of one's own ---------------------------------------------------------------------------------------------


@dataclass(eq=False, repr=False)
class SignDescent(Optimizer):
    """A rule defined here works in every way with no other edit."""

    parameters: list
    lr: NonNegative = 0.5
    flips: NonNegative = 0.0

    def rule(self, x, gradient, memory, step):
        memory["seen"] = memory.get("seen", 0.0) + gradient * gradient
        return x - self.lr * gradient / (gradient * gradient) ** 0.5


def test_a_rule_of_ones_own_needs_nothing_else():
    parameters = [Value(1.0), Value(2.0)]
    optimizer = SignDescent(parameters)
    for move in (eagerly, on_arrays):
        parameters[0].grad, parameters[1].grad = -3.0, 4.0
        move(parameters, optimizer)
    assert [p.data for p in parameters] == [2.0, 1.0]
    assert optimizer.state_dict()["memory"] == {"seen": [18.0, 32.0]}
    assert repr(optimizer) == "SignDescent(lr=0.5, 2 parameters)"
    optimizer.label = "a rule may keep what it likes"
    again = SignDescent(parameters)
    again.load_state_dict(optimizer.state_dict())
    assert again.state_dict() == optimizer.state_dict()


# --- SGD, by number -------------------------------------------------------------------------------------------------

# torch 2.13.0, float64: the steps of the test below, with
# `a, b = (torch.tensor(x, requires_grad=True) for x in (1.0, -2.0))` and `torch.optim.SGD`.
TORCH = [
    ({}, (1.3332810524806809, -0.6793871841912597)),
    ({"momentum": 0.9}, (3.7446139035501376, -0.2992783624575433)),
    ({"momentum": 0.5, "dampening": 0.25}, (1.6924192953615795, -0.3441819642621012)),
    ({"momentum": 0.9, "nesterov": True}, (3.7104140324201174, -0.01658359041538989)),
    ({"weight_decay": 0.1}, (1.3375095084043287, -0.6486402902504823)),
    ({"momentum": 0.7, "dampening": 0.1, "weight_decay": 0.1}, (2.5822439460642936, 0.031089163693313698)),
    ({"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}, (3.5706613035439125, -0.022399398640656574)),
    ({"dampening": 0.5}, (1.3332810524806809, -0.6793871841912597)),
    ({"momentum": 0.5, "dampening": -1.0}, (3.078145834366969, -0.03129907695557172)),
]


@pytest.mark.parametrize(("settings", "expected"), TORCH, ids=lambda x: str(x) if isinstance(x, dict) else "")
def test_ten_steps_are_those_of_torch(settings, expected):
    a, b = Value(1.0), Value(-2.0)
    sgd = SGD([a, b], lr=0.05, **settings)
    for _ in range(10):
        sgd.zero_grad()
        (a * a * b * b + (a - 3.0) ** 2 + 0.5 * (b + 1.0) ** 2).backward()
        sgd.step()
    assert (a.data, b.data) == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_the_rate_may_change_between_steps():
    w = Value(1.0)
    sgd = SGD([w], lr=0.5)
    for rate, expected in [(0.5, 0.5), (0.25, 0.25), (0.0, 0.25)]:
        sgd.lr = rate
        w.grad = 1.0
        sgd.step()
        assert w.data == expected


def test_a_parameter_that_comes_twice_is_changed_once():
    w = Value(1.0)
    sgd = SGD([w, w], lr=0.5)
    w.grad = 1.0
    sgd.step()
    assert w.data == 0.5


def test_zero_grad_clears_its_parameters_only():
    mine, other = Value(1.0), Value(1.0)
    mine.grad = other.grad = 2.0
    SGD([mine]).zero_grad()
    assert (mine.grad, other.grad) == (0.0, 2.0)


def test_parameters_may_come_from_a_generator():
    model = MLP(2, [1])
    assert SGD(p for p in model.parameters()).parameters == model.parameters()


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"lr": -0.1}, ValueError, "lr is -0.1; wanted a finite number, 0 or more"),
        ({"lr": math.nan}, ValueError, "lr is nan; wanted a finite number, 0 or more"),
        ({"lr": math.inf}, ValueError, "lr is inf; wanted a finite number, 0 or more"),
        ({"lr": "0.1"}, TypeError, "lr is '0.1', a str; wanted a finite number, 0 or more"),
        ({"lr": True}, TypeError, "lr is True, a bool; wanted a finite number, 0 or more"),
        ({"momentum": -1}, ValueError, "momentum is -1; wanted a finite number, 0 or more"),
        ({"momentum": None}, TypeError, "momentum is None, a NoneType; wanted a finite number, 0 or more"),
        ({"weight_decay": -1e-9}, ValueError, "weight_decay is -1e-09; wanted a finite number, 0 or more"),
        ({"dampening": math.nan}, ValueError, "dampening is nan; wanted a finite number"),
        ({"nesterov": True}, ValueError, "nesterov needs momentum > 0 and dampening = 0"),
        ({"nesterov": True, "momentum": 0.9, "dampening": 0.1}, ValueError, "nesterov needs momentum > 0"),
        ({"nesterov": 1}, TypeError, "nesterov is 1, an int; wanted True or False"),
        ({"averaged_momentum": True}, ValueError, "averaged_momentum needs 0 < momentum <= 1, dampening = 0"),
        ({"averaged_momentum": True, "momentum": 2.0}, ValueError, "averaged_momentum needs 0 < momentum <= 1"),
        ({"averaged_momentum": True, "momentum": 0.9, "dampening": 0.9}, ValueError, "averaged_momentum needs"),
        ({"averaged_momentum": True, "momentum": 0.9, "nesterov": True}, ValueError, "averaged_momentum needs"),
        ({"lr": 10**400}, ValueError, "lr is 1000"),
    ],
)
def test_settings_out_of_their_range_are_refused(settings, error, message):
    with pytest.raises(error) as caught:
        SGD([Value(1.0)], **settings)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("made", "settings", "error", "message"),
    [
        (Adam, {"betas": (0.9, 1.0)}, ValueError, "betas[1] is 1.0; wanted a number of at least 0 and below 1"),
        (Adam, {"betas": (-0.1, 0.9)}, ValueError, "betas[0] is -0.1; wanted a number of at least 0 and below 1"),
        (Adam, {"betas": 0.9}, TypeError, "betas is 0.9, a float; wanted a pair of numbers"),
        (Adam, {"betas": (0.9, "b")}, TypeError, "betas[1] is 'b', a str; wanted a number of at least 0 and below 1"),
        (Adam, {"eps": 0.0}, ValueError, "eps is 0.0; wanted a finite number above 0"),
        (RMSprop, {"alpha": 1.5}, ValueError, "alpha is 1.5; wanted a number from 0 to 1"),
        (RMSprop, {"alpha": math.nan}, ValueError, "alpha is nan; wanted a number from 0 to 1"),
        (Adagrad, {"initial_accumulator_value": -1}, ValueError, "initial_accumulator_value is -1; wanted a finite"),
        (Adagrad, {"lr_decay": None}, TypeError, "lr_decay is None, a NoneType; wanted a finite number, 0 or more"),
    ],
    ids=str,
)
def test_settings_of_the_others_are_checked_too(made, settings, error, message):
    with pytest.raises(error) as caught:
        made([Value(1.0)], **settings)
    assert str(caught.value).startswith(message)


def test_a_rate_that_is_assigned_is_checked():
    sgd = SGD([Value(1.0)], lr=0.5)
    with pytest.raises(ValueError, match="lr is -1; wanted a finite number, 0 or more"):
        sgd.lr = -1
    assert sgd.lr == 0.5


def test_settings_may_be_numpys():
    sgd = SGD([Value(1.0)], lr=np.float64(0.5))
    assert (sgd.lr, type(sgd.lr)) == (0.5, float)


def test_repr_says_the_rate_and_what_is_not_as_usual():
    assert repr(SGD([Value(1.0)])) == "SGD(lr=0.001, 1 parameter)"
    sgd = SGD([Value(1.0), Value(1.0)], lr=0.1, momentum=0.9, nesterov=True)
    assert repr(sgd) == "SGD(lr=0.1, momentum=0.9, nesterov=True, 2 parameters)"
    assert repr(Adam([Value(1.0)], betas=[0.5, 0.6])) == "Adam(lr=0.001, betas=(0.5, 0.6), 1 parameter)"
    assert repr(Adagrad([Value(1.0)], lr_decay=0.5)) == "Adagrad(lr=0.01, lr_decay=0.5, 1 parameter)"
    assert repr(RMSprop([Value(1.0)], centered=True)) == "RMSprop(lr=0.01, centered=True, 1 parameter)"
    assert repr(AdamW([Value(1.0)], amsgrad=True)) == "AdamW(lr=0.001, amsgrad=True, 1 parameter)"


@pytest.mark.parametrize("made", [SGD, Adagrad, RMSprop, Adam, AdamW])
def test_an_optimiser_is_equal_to_itself_alone(made):
    parameters = [Value(1.0)]
    one, other = made(parameters), made(parameters)
    assert one != other
    assert len({one, other}) == 2


def test_averaged_momentum_of_1_keeps_the_velocity_of_0():
    assert moved(SGD([Value(1.0)], lr=0.5, momentum=1.0, averaged_momentum=True), [8.0, 4.0]) == [1.0, 1.0]


def test_momentum_that_looks_ahead_may_be_small_or_large():
    # v = 8, then 8 m + 4; the step is by g + m v.
    for m in (0.125, 2.0):
        first = 1.0 - 0.5 * (8.0 + m * 8.0)
        second = first - 0.5 * (4.0 + m * (8.0 * m + 4.0))
        assert moved(SGD([Value(1.0)], lr=0.5, momentum=m, nesterov=True), [8.0, 4.0]) == [first, second]


@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ([], ValueError, "SGD was given no parameters; pass model.parameters()"),
        ([1.0], TypeError, "SGD changes Values, not float: 1.0; pass model.parameters()"),
        (
            [[Value(1.0)]],
            TypeError,
            "SGD changes Values, not list: [Value(data=1.0, grad=0.0)]; pass model.parameters()",
        ),
        (
            MLP(1, [1]),
            TypeError,
            "SGD changes Values, not MLP: MLP(1 -> 1 linear, 2 parameters); pass model.parameters()",
        ),
    ],
)
def test_what_cannot_be_changed_is_refused(parameters, error, message):
    with pytest.raises(error) as caught:
        SGD(parameters)
    assert str(caught.value) == message
