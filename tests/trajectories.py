"""Runs of optimisers and schedules on the problems of data/torch_trajectories.json, to be compared with torch's."""

import json
import math
from pathlib import Path

import numpy as np

from autograd import Value, tanh
from nn import optim, schedules

DATA = json.loads((Path(__file__).parent / "data" / "torch_trajectories.json").read_text(encoding="utf-8"))
LAMBDAS = {"warm_up": lambda epoch: min(1.0, epoch / 20.0), "wave": lambda epoch: 0.6 + 0.4 * math.sin(epoch)}


def named(case):
    """A name for a case, as a test's id."""
    described = [f"{name} {settings}" for name, settings in case.get("schedules", [])]
    return " ".join([case["problem"], case["optimizer"], str(case["settings"]), *described])


def rosenbrock(p):
    x, y = p
    return (1.0 - x) ** 2 + 100.0 * (y - x**2) ** 2


def network(p):
    """The mean squared error of an MLP 2-4-1, its 17 parameters in the order of `MLP.parameters()`."""
    loss = 0.0
    for (a, b), target in zip(DATA["network"]["inputs"], DATA["network"]["targets"], strict=True):
        output = p[16]
        for k in range(4):
            output = output + p[12 + k] * tanh(p[3 * k] * a + p[3 * k + 1] * b + p[3 * k + 2])
        loss = loss + (output - target) ** 2
    return loss / 5.0


PROBLEMS = {"rosenbrock": (rosenbrock, [-1.2, 1.0]), "network": (network, DATA["network"]["start"])}


def made(case, classes=optim):
    """The parameters, optimizer and schedules of a case, new."""
    parameters = [Value(x) for x in PROBLEMS[case["problem"]][1]]
    optimizer = getattr(classes, case["optimizer"])(parameters, **case["settings"])
    made_schedules = [
        getattr(schedules, name)(
            optimizer, **{key: LAMBDAS[x] if key == "lr_lambda" else x for key, x in settings.items()}
        )
        for name, settings in case.get("schedules", [])
    ]
    return parameters, optimizer, made_schedules


def eagerly(parameters, optimizer):
    optimizer.step()


def on_arrays(parameters, optimizer):
    new = optimizer.updated(np.array([p.data for p in parameters]), np.array([p.grad for p in parameters]))
    for p, x in zip(parameters, new.tolist(), strict=True):
        p.data = x


def advance(case, parameters, optimizer, schedules, move=eagerly):
    """One step, and an epoch's end."""
    optimizer.zero_grad()
    loss = PROBLEMS[case["problem"]][0](parameters)
    loss.backward()
    move(parameters, optimizer)
    for schedule in schedules:
        schedule.step(*[loss.data] if "Plateau" in type(schedule).__name__ else [])


def run(case, move=eagerly, classes=optim):
    """After each of the steps that the case has: the parameters, and the rate that the step was made with."""
    parameters, optimizer, made_schedules = made(case, classes)
    points, rates = {}, {}
    for step in range(1, 101):
        rate = optimizer.lr
        advance(case, parameters, optimizer, made_schedules, move)
        if str(step) in case["points"]:
            points[str(step)] = [p.data for p in parameters]
            rates[str(step)] = rate
    return points, rates


def relative_error(x, expected):
    return 0.0 if x == expected else abs(x - expected) / max(abs(expected), 1e-300)


def largest_error(found, expected):
    """The largest relative error of any coordinate at any step."""
    return max(
        relative_error(x, y) for step, point in expected.items() for x, y in zip(found[step], point, strict=True)
    )
