"""Write torch_trajectories.json beside this file: what torch's optimisers and schedules do in 100 steps, in float64.

Run with a Python that has torch: python tests/data/make_torch_trajectories.py. The tests need the file, not torch.
"""

import json
import math
from pathlib import Path

import torch

KEPT = (1, 2, 5, 10, 20, 50, 100)

# MLP 2-4-1, tanh, in the order of its parameters: weights and bias of each hidden neuron, then of the output.
NETWORK = [0.53, -0.34, 0.16, -0.77, 0.23, 0.07, 0.46, 0.93, -0.25, 0.37, -0.64, 0.28, 0.85, -0.52, 0.39, 0.61, -0.14]
INPUTS = [[0.0, 1.0], [1.0, 0.5], [-1.0, 0.25], [0.5, -1.0], [-0.5, -0.75]]
TARGETS = [4.0, -2.0, 1.0, 3.0, -4.0]

OPTIMIZERS = [
    ("SGD", {}),
    ("SGD", {"momentum": 0.9}),
    ("SGD", {"momentum": 0.9, "dampening": 0.9}),
    ("SGD", {"momentum": 0.9, "nesterov": True}),
    ("SGD", {"weight_decay": 0.1}),
    ("SGD", {"momentum": 0.8, "dampening": 0.25, "weight_decay": 0.1}),
    ("SGD", {"momentum": 0.9, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("Adagrad", {}),
    ("Adagrad", {"lr": 0.3, "lr_decay": 0.05, "initial_accumulator_value": 0.5}),
    ("Adagrad", {"lr": 0.1, "weight_decay": 0.1, "eps": 0.01}),
    ("RMSprop", {}),
    ("RMSprop", {"lr": 0.003, "alpha": 0.9, "eps": 1e-4}),
    ("RMSprop", {"lr": 0.002, "momentum": 0.5}),
    ("RMSprop", {"centered": True}),
    ("RMSprop", {"lr": 0.002, "alpha": 0.95, "centered": True, "momentum": 0.9, "weight_decay": 0.1}),
    ("Adam", {}),
    ("Adam", {"lr": 0.05}),
    ("Adam", {"lr": 0.02, "betas": [0.8, 0.95], "eps": 1e-4}),
    ("Adam", {"lr": 0.05, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.03, "betas": [0.5, 0.6], "amsgrad": True}),
    ("AdamW", {}),
    ("AdamW", {"lr": 0.05, "weight_decay": 0.1}),
    ("AdamW", {"lr": 0.2, "betas": [0.5, 0.6], "amsgrad": True}),
]

# Functions for LambdaLR, by the name that stands in the file; the tests have the same.
LAMBDAS = {"warm_up": lambda epoch: min(1.0, epoch / 20.0), "wave": lambda epoch: 0.6 + 0.4 * math.sin(epoch)}

SCHEDULES = [
    [("ConstantLR", {})],
    [("ConstantLR", {"factor": 1.0})],
    [("ConstantLR", {"factor": 0.25, "total_iters": 30})],
    [("StepLR", {"step_size": 10})],
    [("StepLR", {"step_size": 7, "gamma": 0.8})],
    [("ExponentialLR", {"gamma": 0.97})],
    [("CosineAnnealingLR", {"T_max": 100})],
    [("CosineAnnealingLR", {"T_max": 30, "eta_min": 2e-4})],
    [("LambdaLR", {"lr_lambda": "warm_up"})],
    [("LambdaLR", {"lr_lambda": "wave"})],
    [("InverseTimeLR", {"decay": 0.1})],
    [("InverseTimeLR", {"decay": 0.5, "power": 0.75})],
    [("ReduceLROnPlateau", {})],
    [("ReduceLROnPlateau", {"factor": 0.5, "patience": 2, "threshold": 0.02})],
    [("ReduceLROnPlateau", {"factor": 0.7, "patience": 1, "mode": "max", "cooldown": 3, "min_lr": 2e-4})],
    [("ReduceLROnPlateau", {"factor": 0.8, "patience": 0, "threshold": 0.01, "threshold_mode": "abs", "eps": 1e-5})],
    [("ReduceLROnPlateau", {"mode": "max", "threshold_mode": "abs", "threshold": 0.1, "patience": 3})],
    # Several on one optimiser, which multiply.
    [("ExponentialLR", {"gamma": 0.98}), ("StepLR", {"step_size": 15, "gamma": 0.5})],
    [("ConstantLR", {"factor": 0.5, "total_iters": 8}), ("ExponentialLR", {"gamma": 0.97})],
    [("ExponentialLR", {"gamma": 0.99}), ("ReduceLROnPlateau", {"factor": 0.5, "patience": 2, "threshold": 0.02})],
]


def rosenbrock(parameters):
    x, y = parameters
    return (1.0 - x) ** 2 + 100.0 * (y - x**2) ** 2


def network(parameters):
    hidden = torch.tanh(torch.tensor(INPUTS, dtype=torch.float64) @ parameters[:12].view(4, 3)[:, :2].T
                        + parameters[:12].view(4, 3)[:, 2])  # fmt: skip
    outputs = hidden @ parameters[12:16] + parameters[16]
    return ((outputs - torch.tensor(TARGETS, dtype=torch.float64)) ** 2).mean()


PROBLEMS = {"rosenbrock": (rosenbrock, [-1.2, 1.0]), "network": (network, NETWORK)}


def made(name, settings, optimizer):
    if name == "InverseTimeLR":  # which torch has not: by its formula
        decay, power = settings["decay"], settings.get("power", 1.0)
        return torch.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: (1.0 + decay * epoch) ** -power)
    if name == "LambdaLR":
        settings = {"lr_lambda": LAMBDAS[settings["lr_lambda"]]}
    return getattr(torch.optim.lr_scheduler, name)(optimizer, **settings)


def trajectory(problem, optimizer_name, settings, schedules):
    case = followed(problem, optimizer_name, settings, schedules)
    # Where a rounding error grows, torch would not reproduce itself on another machine: such a case says nothing.
    moved = followed(problem, optimizer_name, settings, schedules, factor=1.0 + 2.0**-50)
    assert all(
        math.isclose(x, y, rel_tol=2e-11, abs_tol=0.0)
        for step in KEPT
        for x, y in zip(case["points"][step], moved["points"][step], strict=True)
    ), (problem, optimizer_name, settings, schedules)
    return case


def followed(problem, optimizer_name, settings, schedules, factor=1.0):
    function, start = PROBLEMS[problem]
    start = [factor * x for x in start]
    parameters = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    arguments = dict(settings)
    if "betas" in arguments:
        arguments["betas"] = tuple(arguments["betas"])
    decay = 0.0
    if optimizer_name == "SGD" and arguments.pop("decoupled_weight_decay", False):  # which torch's SGD has not
        decay = arguments.pop("weight_decay")
    optimizer = getattr(torch.optim, optimizer_name)([parameters], **arguments)
    schedulers = [made(name, schedule, optimizer) for name, schedule in schedules]
    points, rates = {}, {}
    for step in range(1, 101):
        optimizer.zero_grad()
        loss = function(parameters)
        loss.backward()
        rates[step] = optimizer.param_groups[0]["lr"]
        with torch.no_grad():
            parameters.mul_(1.0 - rates[step] * decay)
        optimizer.step()
        for scheduler in schedulers:
            if isinstance(scheduler, torch.optim.lr_scheduler.ReduceLROnPlateau):
                scheduler.step(loss.item())
            else:
                scheduler.step()
        points[step] = parameters.tolist()
    case = {"problem": problem, "optimizer": optimizer_name, "settings": settings}
    if schedules:
        case |= {"schedules": schedules, "rates": {step: rates[step] for step in KEPT}}
    return case | {"points": {step: points[step] for step in KEPT}}


def main():
    cases = [trajectory(problem, *optimizer, []) for problem in PROBLEMS for optimizer in OPTIMIZERS]
    cases += [
        trajectory(problem, *optimizer, schedules)
        for problem in PROBLEMS
        for optimizer in (("SGD", {}), ("Adam", {"lr": 0.02}))
        for schedules in SCHEDULES
    ]
    content = {"torch": torch.__version__, "network": {"start": NETWORK, "inputs": INPUTS, "targets": TARGETS}}
    lines = ",\n".join(json.dumps(case, allow_nan=False) for case in cases)
    text = f'{json.dumps(content)[:-1]}, "cases": [\n{lines}\n]}}\n'
    json.loads(text)
    Path(__file__).with_name("torch_trajectories.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
