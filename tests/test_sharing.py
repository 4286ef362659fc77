"""Shared weights: against PyTorch's numbers, against sums over their uses by hand, and on inputs that do not fit."""

import copy
import json
import pickle
from pathlib import Path

import numpy as np
import pytest

from autograd import Value, dot, total
from nn import Module, fit, losses
from nn.layers import Convolution, Layer, Neuron, Recurrent

TORCH = json.loads((Path(__file__).parent / "data" / "torch_sharing.json").read_text(encoding="utf-8"))


def flat(nested):
    return [x for part in nested for x in flat(part)] if isinstance(nested, list) else [nested]


def values(nested):
    return [values(part) for part in nested] if isinstance(nested, list) else Value(nested)


def data(nested):
    return [data(part) for part in nested] if isinstance(nested, list) else nested.data


def grads(nested):
    return [x.grad for x in flat(nested)]


def load(neurons, weights, biases):
    for neuron, row, bias in zip(neurons, weights, biases, strict=True):
        for w, x in zip(neuron.w, row, strict=True):
            w.data = x
        neuron.b.data = bias


def close(expected):
    return pytest.approx(flat(expected), rel=1e-12, abs=1e-14)


# --- PyTorch --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", TORCH["convolutions"], ids=lambda case: f"{case['size']} by {case['kernel_size']}")
def test_a_convolution_and_its_gradients_are_those_of_torch(case):
    names = ("in_channels", "out_channels", "kernel_size", "stride")
    layer = Convolution(**{name: case[name] for name in names}, activation="tanh")
    load(layer.kernels, case["weight"], case["bias"])
    x = values(case["x"])
    output = layer(x)
    assert np.shape(data(output)) == np.shape(case["output"])
    assert flat(data(output)) == close(case["output"])
    dot(flat(output), flat(case["factors"])).backward()
    assert [grads(kernel.w) for kernel in layer.kernels] == [close(row) for row in case["weight_grad"]]
    assert [kernel.b.grad for kernel in layer.kernels] == close(case["bias_grad"])
    assert grads(x) == close(case["x_grad"])


@pytest.mark.parametrize("case", TORCH["recurrents"], ids=lambda case: f"{case['n_inputs']} to {case['n_hidden']}")
def test_a_recurrent_cell_and_its_gradients_are_those_of_torch(case):
    cell = Recurrent(case["n_inputs"], case["n_hidden"])
    neurons = cell.layer.neurons
    load(neurons, [w + u for w, u in zip(case["weight_ih"], case["weight_hh"], strict=True)], case["bias"])
    x, state = values(case["x"]), values(case["state"])
    states = cell(x, state)
    assert np.shape(data(states)) == np.shape(case["output"])
    assert flat(data(states)) == close(case["output"])
    dot(flat(states), flat(case["factors"])).backward()
    assert flat([grads(neuron.w[: case["n_inputs"]]) for neuron in neurons]) == close(case["weight_ih_grad"])
    assert flat([grads(neuron.w[case["n_inputs"] :]) for neuron in neurons]) == close(case["weight_hh_grad"])
    assert [neuron.b.grad for neuron in neurons] == close(case["bias_grad"])
    assert grads(x) == close(case["x_grad"])
    assert grads(state) == close(case["state_grad"])


# --- by hand --------------------------------------------------------------------------------------------------------


def test_the_gradient_of_a_shared_kernel_is_the_sum_over_its_windows():
    # y0 = w0 x0 + w1 x1 + b and y1 = w0 x1 + w1 x2 + b; L = y0 + 10 y1 with x = 2, 3, 5:
    # dL/dw0 = x0 + 10 x1 = 32, dL/dw1 = x1 + 10 x2 = 53, dL/db = 11; with w = 7, -1: dL/dx = 7, -1 + 70, -10.
    layer = Convolution(1, 1, 2, activation="linear")
    load(layer.kernels, [[7.0, -1.0]], [0.5])
    x = values([2.0, 3.0, 5.0])
    [[y0, y1]] = layer([x])
    assert (y0.data, y1.data) == (11.5, 16.5)
    (y0 + 10.0 * y1).backward()
    assert grads(layer.parameters()) == [32.0, 53.0, 11.0]
    assert grads(x) == [7.0, 69.0, -10.0]


def test_the_gradient_of_a_recurrent_weight_is_the_sum_over_the_steps():
    # h1 = w x1 + b, h2 = w x2 + u h1 + b; L = h2 with x = 2, 3, w = 5, u = 7, b = 1: h1 = 11, h2 = 93;
    # dL/dw = x2 + u x1 = 17, dL/du = h1 = 11, dL/db = 1 + u = 8.
    cell = Recurrent(1, 1, "linear")
    load(cell.layer.neurons, [[5.0, 7.0]], [1.0])
    [h1], [h2] = cell([[2.0], [3.0]])
    assert (h1.data, h2.data) == (11.0, 93.0)
    h2.backward()
    assert grads(cell.parameters()) == [17.0, 11.0, 8.0]


def test_without_sharing_each_use_has_its_part_of_the_gradient():
    # Two neurons with the same numbers, one for each window, in place of one that is used twice.
    layer, apart = Convolution(1, 1, 2, activation="tanh", seed=0), Convolution(1, 2, 2, activation="tanh")
    load(apart.kernels, [data(layer.kernels[0].w)] * 2, [0.0, 0.0])
    x = [[0.3, -0.7, 1.1]]
    total(flat(layer(x))).backward()
    (apart(x)[0][0] + apart(x)[1][1]).backward()
    parts = [[*grads(kernel.w), kernel.b.grad] for kernel in apart.kernels]
    assert grads(layer.parameters()) == pytest.approx([a + b for a, b in zip(*parts, strict=True)], rel=1e-14)
    assert all(abs(a) > 1e-3 for part in parts for a in part)


def test_a_convolution_of_windows_as_large_as_the_input_is_a_layer():
    layer, wide = Layer(6, 3, "tanh", seed=2), Convolution(1, 3, (2, 3), activation="tanh")
    load(wide.kernels, [data(neuron.w) for neuron in layer.neurons], [0.0] * 3)
    x = [0.5, -1.0, 2.0, 0.25, 1.5, -0.75]
    assert flat(data(wide([[x[:3], x[3:]]]))) == data(layer(x))


def test_an_edge_is_found_wherever_it_is():
    layer = Convolution(1, 1, 2, activation="relu")
    load(layer.kernels, [[-1.0, 1.0]], [0.0])
    for place in range(1, 8):
        x = [0.0] * place + [1.0] * (8 - place)
        assert data(layer([x])) == [[float(k == place - 1) for k in range(7)]]


def test_three_dimensions_need_nothing_new():
    rng = np.random.default_rng(0)
    x, weight = rng.normal(size=(2, 3, 4, 3)), rng.normal(size=(1, 2, 2, 3, 1))
    layer = Convolution(2, 1, (2, 3, 1), (1, 1, 2), activation="linear")
    load(layer.kernels, [weight[0].ravel().tolist()], [0.5])
    output = data(layer(x))
    assert np.shape(output) == (1, 2, 2, 2)
    for i, j, k in np.ndindex(2, 2, 2):
        window = x[:, i : i + 2, j : j + 3, 2 * k : 2 * k + 1]
        assert output[0][i][j][k] == pytest.approx(0.5 + float((window * weight[0]).sum()), rel=1e-13)


class Alternation(Module):
    """Whether a signal alternates or is constant: what all windows say, added up."""

    def __init__(self):
        self.convolution = Convolution(1, 2, 2, activation="relu", seed=0)
        self.output = Neuron(2, "linear", seed=1)

    def __call__(self, x):
        return self.output([total(channel) for channel in self.convolution(x)])


class Memory(Module):
    """What the first number of a sequence was."""

    def __init__(self):
        self.cell = Recurrent(1, 3, seed=0)
        self.output = Neuron(3, "linear", seed=1)

    def __call__(self, x):
        return self.output(self.cell(x)[-1])


ALTERNATING = [[[float((i + k) % 2) for i in range(6)]] for k in range(2)]
CONSTANT = [[[float(k)] * 6] for k in range(2)]
SEQUENCES = [[[a], [b], [c]] for a in (-1.0, 1.0) for b in (-1.0, 1.0) for c in (-1.0, 1.0)]


@pytest.mark.parametrize(
    ("model", "inputs", "targets"),
    [
        (Alternation(), [*ALTERNATING, *CONSTANT], [1, 1, -1, -1]),
        (Memory(), SEQUENCES, [int(x[0][0]) for x in SEQUENCES]),
    ],
    ids=["convolution", "recurrent"],
)
def test_what_shares_weights_is_trained_like_any_other(model, inputs, targets):
    fit(model, inputs, targets, loss=losses.hinge, epochs=150, progress=False)
    assert [model(x).data * t > 0.5 for x, t in zip(inputs, targets, strict=True)] == [True] * len(inputs)


# --- modules --------------------------------------------------------------------------------------------------------


def test_parameters_are_counted_once_however_long_the_input():
    convolution, cell = Convolution(2, 3, (3, 3)), Recurrent(3, 4)
    assert len(convolution.parameters()) == 3 * (2 * 9 + 1)
    assert len(cell.parameters()) == 4 * (3 + 4 + 1)
    assert list(convolution.state_dict())[:2] == ["kernels.0.w.0", "kernels.0.w.1"]
    assert list(cell.state_dict())[:2] == ["layer.neurons.0.w.0", "layer.neurons.0.w.1"]
    assert repr(convolution) == "Convolution(2 channels -> 3 of 3 x 3, 57 parameters)"
    assert repr(cell) == "Recurrent(3 -> 4 tanh, 32 parameters)"


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])  # noqa: S301
@pytest.mark.parametrize(
    ("module", "x"),
    [(Convolution(1, 2, 2, seed=0), [[1.0, 2.0, 3.0]]), (Recurrent(2, 3, seed=0), [[1.0, 2.0], [3.0, 4.0]])],
    ids=["Convolution", "Recurrent"],
)
def test_a_copy_shares_its_own_weights(copied, module, x):
    twin = copied(module)
    assert twin.state_dict() == module.state_dict()
    assert len(twin.parameters()) == len(module.parameters())
    total([y * y for y in flat(twin(x))]).backward()
    assert any(grads(twin.parameters()))
    assert not any(grads(module.parameters()))
    module.load_state_dict(twin.state_dict())
    assert data(module(x)) == data(twin(x))


def test_kinds_of_inputs():
    convolution, cell = Convolution(1, 1, (2, 2), seed=0), Recurrent(2, 1, seed=0)
    image, sequence = [[[1, 2, 3], [4, 5, 6]]], [[1, 2], [3, 4]]
    assert data(convolution(np.array(image))) == data(convolution(image)) == data(convolution(values(image)))
    assert data(cell(np.array(sequence))) == data(cell(sequence)) == data(cell(iter(map(tuple, sequence))))
    assert cell([]) == []


def test_a_sequence_may_be_continued_from_its_last_state():
    cell = Recurrent(1, 3, seed=0)
    sequence = [[0.5], [-1.0], [2.0], [0.1]]
    whole, first = cell(sequence), cell(sequence[:2])
    assert data(whole) == data(first) + data(cell(sequence[2:], first[-1]))


def test_weights_begin_with_the_width_that_a_unit_sees():
    seen = []
    Convolution(2, 3, (2, 4), init=lambda _, n_inputs, n_outputs: seen.append((n_inputs, n_outputs)) or 0.0)
    assert set(seen) == {(16, 24)}  # as PyTorch counts fan_in and fan_out
    seen.clear()
    Recurrent(3, 2, init=lambda _, n_inputs, n_outputs: seen.append((n_inputs, n_outputs)) or 0.0)
    assert set(seen) == {(5, 2)}


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Convolution(2, 1, 2)([[1.0, 2.0]]), ValueError, "Convolution takes 2 channels, got 1"),
        (lambda: Convolution(1, 1, 3)([[1.0, 2.0]]), ValueError, "the input of 2 is smaller than the window of 3"),
        (
            lambda: Convolution(1, 1, (2, 3))([[[1.0, 2.0], [1.0, 2.0]]]),
            ValueError,
            "the input of 2 x 2 is smaller than the window of 2 x 3",
        ),
        (
            lambda: Convolution(2, 1, 1)([[1.0, 2.0], [1.0]]),
            ValueError,
            "the lists of an input must have one length, not 1 and 2",
        ),
        (lambda: Convolution(1, 1, 1)([[]]), ValueError, "Convolution takes lists that hold numbers, but they are"),
        (lambda: Convolution(1, 1, 1)([]), ValueError, "Convolution takes lists that hold numbers, but they are"),
        (lambda: Convolution(1, 1, 1)([1.0]), TypeError, "Convolution takes lists nested 2 deep, such as [channel]"),
        (lambda: Convolution(1, 1, 1)("ab"), TypeError, "Convolution takes lists nested 2 deep, such as [channel]"),
        (lambda: Convolution(1, 1, 1)([[[1.0]]]), TypeError, "Value needs a"),
        (lambda: Convolution(0, 1, 1), ValueError, "in_channels is 0; wanted a whole number of at least 1"),
        (lambda: Convolution(1, 0, 1), ValueError, "out_channels is 0; wanted a whole number of at least 1"),
        (lambda: Convolution(1, 1, 0), ValueError, "kernel_size is 0; wanted a whole number of at least 1"),
        (lambda: Convolution(1, 1, (2, 0)), ValueError, "kernel_size[1] is 0; wanted a whole number of at least 1"),
        (lambda: Convolution(1, 1, ()), ValueError, "kernel_size is empty; it needs a number for each dimension"),
        (lambda: Convolution(1, 1, 2.0), TypeError, "kernel_size is 2.0, a float; wanted a whole number"),
        (lambda: Convolution(1, 1, 2, 0), ValueError, "stride is 0; wanted a whole number of at least 1"),
        (lambda: Convolution(1, 1, 2, (1, 1)), ValueError, "2 strides for 1 dimension; give one for all"),
        (lambda: Recurrent(0, 1), ValueError, "n_inputs is 0; wanted a whole number of at least 1"),
        (lambda: Recurrent(1, 1.0), TypeError, "n_hidden is 1.0, a float; wanted a whole number of at least 1"),
        (
            lambda: Recurrent(2, 1)([[1.0, 2.0], [1.0]]),
            ValueError,
            "Recurrent takes 2 numbers at each step, got 1 at step 1",
        ),
        (
            lambda: Recurrent(1, 1)([1.0]),
            TypeError,
            "Recurrent takes a list of numbers or Values at each step, got float at step 0: 1.0",
        ),
        (lambda: Recurrent(1, 2)([[1.0]], [0.0]), ValueError, "the state of Recurrent has 2 numbers, got 1"),
    ],
)
def test_what_does_not_fit_is_refused(call, error, message):
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value).startswith(message)
