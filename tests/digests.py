"""All that training computes, to the last bit, as one line for each case: run by test_determinism.py in processes of
their own, under several Pythons. It needs no package but these: eager, unless it is called with `tape`.
"""

import hashlib
import json
import random
import sys
import tempfile
from functools import partial
from pathlib import Path

import autograd
import nn
from autograd import Value, expressions
from nn import data, initializers, losses, optim, penalties, schedules, separability
from nn.layers import ACTIVATIONS

POINTS = data.moons(24, seed=3)
SIGNS = [2.0 * k - 1.0 for k in POINTS.targets]


ENGINE = "tape" if sys.argv[1:] == ["tape"] else "eager"


def digest(*numbers):
    """A SHA-256 of numbers, every bit of them, and of texts."""
    text = json.dumps(numbers, default=lambda x: x.data)  # the shortest text that gives the float again
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def trained(model, inputs, targets, loss, optimizer=None, schedule=None, **settings):
    optimizer = (optimizer or partial(nn.SGD, lr=0.05))(model.parameters())
    schedule = schedule and schedule(optimizer)
    settings = {"epochs": 3, "batch_size": 5, "engine": ENGINE, "progress": False} | settings
    history = nn.fit(model, inputs, targets, loss=loss, optimizer=optimizer, schedule=schedule, **settings)
    with tempfile.TemporaryDirectory() as folder:
        if type(model) is nn.MLP:
            nn.save(model, Path(folder, "model.json"), about={"optimizer": optimizer.state_dict()})
        written = [path.read_text() for path in Path(folder).iterdir()]
    return digest(model.state_dict(), [{k: row[k] for k in row if k != "seconds"} for row in history.rows], written)


def network(activation="tanh", n_outputs=1, **settings):
    return nn.MLP(2, [4, n_outputs], activation, seed=7, **settings)


def on_signs(name, **settings):
    model = settings.pop("model", None) or network()
    return name, partial(trained, model, POINTS.inputs, SIGNS, settings.pop("loss", losses.squared_error), **settings)


def cases():
    for name in ACTIVATIONS:
        yield on_signs(f"activation {name}", model=network(name))
    for name in initializers.INITIALIZERS:
        yield on_signs(f"initializer {name}", model=network(init=name))
    for name in "absolute_error hinge huber perceptron squared_error squared_hinge".split():
        yield on_signs(f"loss {name}", loss=getattr(losses, name))
    for name, output in ("binary_cross_entropy", "sigmoid"), ("binary_cross_entropy_with_logits", "linear"):
        model = network(output_activation=output)
        yield f"loss {name}", partial(trained, model, POINTS.inputs, POINTS.targets, getattr(losses, name))
    for name in "cross_entropy indicator_error margin negative_log_likelihood".split():
        loss = partial(losses.margin, rho=0.3) if name == "margin" else getattr(losses, name)
        output = "log_sigmoid" if name.startswith("negative") else "linear"
        model = network(n_outputs=2, output_activation=output)
        yield f"loss {name}", partial(trained, model, POINTS.inputs, POINTS.targets, loss)
    for name, settings in {
        "SGD": {"momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
        "Adagrad": {},
        "Adam": {"amsgrad": True},
        "AdamW": {},
        "RMSprop": {"centered": True},
    }.items():
        yield on_signs(f"optimizer {name}", optimizer=partial(getattr(optim, name), lr=0.03, **settings))
    for name, settings in {
        "ConstantLR": {},
        "CosineAnnealingLR": {"T_max": 3},
        "ExponentialLR": {"gamma": 0.9},
        "InverseTimeLR": {"decay": 0.1, "power": 0.75},
        "LambdaLR": {"lr_lambda": lambda epoch: 0.7**epoch},
        "ReduceLROnPlateau": {"patience": 0, "threshold": 0.5},
        "StepLR": {"step_size": 1},
    }.items():
        yield on_signs(f"schedule {name}", schedule=partial(getattr(schedules, name), **settings))
    yield on_signs("dropout", model=network(dropout=0.5))
    yield on_signs("no shuffling", shuffle=False)
    yield on_signs("all in one batch", batch_size=None, seed=2)
    yield on_signs("penalties", penalty=penalties.l2(0.01))
    yield on_signs("clipped by the norm", clip_norm=0.1)
    yield on_signs("clipped by value", clip_value=0.01)
    yield on_signs("validation", validation=(POINTS.inputs[:9], SIGNS[:9]), callbacks=[nn.EarlyStopping(patience=1)])
    if ENGINE == "eager":
        yield from of_other_things()


def of_other_things():
    """What is not trained by `fit`, or not on every engine."""
    rng = random.Random(5)
    rows = [[[rng.gauss(0.0, 1.0) for _ in range(6)] for _ in range(2)] for _ in range(4)]
    convolution, recurrent = nn.Convolution(2, 2, 3, seed=1), nn.Recurrent(2, 3, seed=1)

    def flat(x):
        return [z for y in x for z in flat(y)] if isinstance(x, list | tuple) else [x]

    def gradients_of(module, xs):
        loss = autograd.total([y * y for x in xs for y in flat(module(x))])
        loss.backward()
        return digest(loss.data, [p.grad for p in module.parameters()])

    yield "convolution", partial(gradients_of, convolution, rows)
    yield "recurrent", partial(gradients_of, recurrent, [list(zip(*row, strict=True)) for row in rows])
    for name, make in data.SYNTHETIC.items():
        made = make(30, seed=4)
        scaling = data.Scaling.fit(made.inputs)
        yield f"data {name}", partial(digest, made.inputs, made.targets, scaling(made.split(seed=1)[0].inputs))
    separable = data.blobs(20, noise=0.1, n_classes=2)
    yield "perceptron", partial(perceived, separable.inputs, [2 * k - 1 for k in separable.targets])
    for name, primitive in expressions.FUNCTIONS.items():
        yield f"primitive {name}", partial(both_modes, primitive, rng.random() / 2.0 + 0.25)

    def cubic(x, y):
        return autograd.exp(x * y) * x**3 + autograd.sin(y) / x

    yield "hessian", partial(digest, autograd.hessian(lambda p: cubic(*p))([0.3, 0.7]))
    third = autograd.grad(autograd.grad(autograd.grad(lambda x: cubic(x, 0.7))))
    yield "third derivative", partial(digest, third(0.3))


def perceived(inputs, targets):
    model = nn.Perceptron(2)
    return digest(repr(model.learn(inputs, targets)), model.state_dict(), separability.certificate(inputs, targets))


def both_modes(primitive, x):
    """Values and derivatives of a primitive: of single operands x, x + 1/8, ..., of groups three of these."""
    if primitive.name == "acosh":
        x += 1.0
    numbers = [x + k / 8.0 for k in range(7)]
    values = [Value(number) for number in numbers]
    n_groups = primitive.n_groups
    operands = [values[3 * k : 3 * k + 3] for k in range(n_groups)] or values[: len(primitive.operands)]
    y = primitive(*operands)
    y.backward()
    duals = [autograd.Dual(number, 1.0) for number in numbers]
    forward = primitive(*([duals[3 * k : 3 * k + 3] for k in range(n_groups)] or duals[: len(operands)]))
    return digest(y.data, [v.grad for v in values], forward.primal, forward.tangent)


if __name__ == "__main__":
    for name, run in cases():
        print(name, run())
