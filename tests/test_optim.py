"""SGD against torch's numbers, and settings that it refuses."""

import math

import numpy as np
import pytest

from autograd import Value
from nn import MLP, SGD

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


def test_the_defaults_are_those_of_torch():
    sgd = SGD([Value(1.0)])
    settings = (sgd.lr, sgd.momentum, sgd.dampening, sgd.weight_decay, sgd.nesterov)
    assert settings == (0.001, 0.0, 0.0, 0.0, False)


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
    ],
)
def test_settings_out_of_their_range_are_refused(settings, error, message):
    with pytest.raises(error) as caught:
        SGD([Value(1.0)], **settings)
    assert str(caught.value).startswith(message)


def test_settings_may_be_numpys():
    assert SGD([Value(1.0)], lr=np.float64(0.5)).lr == 0.5


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
