"""Training steps by engines that differentiate: this one, eager and on its tape, micrograd and PyTorch."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from work import Engine, Work, flat

import autograd
import nn


def with_plain_operators(network):
    """The network as micrograd writes it: each neuron a sum of products by + and *, no `dot`."""

    def outputs(x):
        for layer in network.layers:
            sums = [sum((w * v for w, v in zip(n.w, x, strict=True)), n.b) for n in layer.neurons]
            x = [n.activation(each) for n, each in zip(layer.neurons, sums, strict=True)]
        return x[0] if len(x) == 1 else x

    return outputs


def recorded(work: Work, function, parameters):
    """The tape of the loss of one example."""
    loss = work.loss
    return autograd.record(lambda x, t: loss(function(x), t), work.inputs[0], work.targets[0], parameters=parameters)


def tape(work: Work, write=lambda network: network):
    """Recorded once. `write` is how the network's function is written; the penalty is SGD's weight decay."""
    network = work.network()
    program = recorded(work, write(network), network.parameters())
    sgd = nn.optim.SGD(program.parameters, lr=work.rate, weight_decay=2.0 * work.penalty)
    batch = program.batch(work.inputs, work.targets)
    theta = program.read()

    def step():
        nonlocal theta
        value, gradient = program.value_and_grad(batch, parameters=theta)
        theta = sgd.updated(theta, gradient)
        return value

    return Engine(step, lambda: theta)


def _of_graphs(work: Work, value, network, loss):
    """Steps in the lines of micrograd's demo, for both engines that build the graph anew."""
    parameters = network.parameters()
    rows = work.inputs.tolist()
    targets = work.targets.tolist()

    def step():
        outputs = [network([value(x) for x in row]) for row in rows]
        losses = [loss(output, t) for output, t in zip(outputs, targets, strict=True)]
        mean = sum(losses) * (1.0 / len(losses))
        cost = mean + work.penalty * sum(p * p for p in parameters) if work.penalty else mean
        network.zero_grad()
        cost.backward()
        for p in parameters:
            p.data -= work.rate * p.grad
        return mean.data

    return Engine(step, lambda: np.array([p.data for p in parameters]))


def eager(work: Work):
    """Graphs of Values."""
    return _of_graphs(work, autograd.Value, work.network(), work.loss)


def micrograd(work: Work):
    """Graphs of its Values; it has the hinge loss alone, as 1 - t s by relu."""
    from micrograd.engine import Value
    from micrograd.nn import MLP

    network = MLP(work.widths[0], [*work.widths[1:]])
    for parameter, own in zip(network.parameters(), work.network().parameters(), strict=True):
        parameter.data = own.data
    return _of_graphs(work, Value, network, lambda score, sign: (1 + -sign * score).relu())


def pytorch(work: Work):
    """Eager, float64, as its users write it; the penalty is SGD's weight decay."""
    import torch

    torch.set_num_threads(1)
    modules = []
    for n, m in pairwise(work.widths):
        modules += [torch.nn.Linear(n, m, dtype=torch.float64), torch.nn.ReLU()]
    network = torch.nn.Sequential(*modules[:-1])
    linear = modules[::2]
    with torch.no_grad():
        for module, (weights, bias) in zip(linear, work.layers(), strict=True):
            module.weight.copy_(torch.from_numpy(weights.T))
            module.bias.copy_(torch.from_numpy(bias))
    inputs = torch.from_numpy(work.inputs)
    if work.is_hinge:
        targets = torch.from_numpy(work.targets)[:, None]

        def criterion(scores, signs):
            return torch.relu(1.0 - signs * scores).mean()

    else:
        targets = torch.from_numpy(work.targets).argmax(1)
        criterion = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(network.parameters(), lr=work.rate, weight_decay=2.0 * work.penalty)

    def step():
        optimizer.zero_grad()
        loss = criterion(network(inputs), targets)
        loss.backward()
        optimizer.step()
        return loss.item()

    return Engine(step, lambda: flat([(m.weight.detach().numpy().T, m.bias.detach().numpy()) for m in linear]))
