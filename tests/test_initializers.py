"""Initial weights: moments against the papers' formulas, and which initializer suits which activation."""

import math
import statistics
from random import Random

import pytest

import autograd
from nn import MLP, Layer
from nn.initializers import INITIALIZERS, initializer

N_INPUTS, N_OUTPUTS = 50, 30

# He et al. 2015: 2 / n_inputs; Glorot and Bengio 2010: 2 / (n_inputs + n_outputs); uniform on (-1, 1): 1 / 3.
VARIANCES = {
    "he": 2.0 / 50.0,
    "he_normal": 2.0 / 50.0,
    "he_uniform": 2.0 / 50.0,
    "xavier": 2.0 / 80.0,
    "xavier_normal": 2.0 / 80.0,
    "xavier_uniform": 2.0 / 80.0,
    "uniform": 1.0 / 3.0,
    "zeros": 0.0,
}


def draws(name, n=20_000):
    rng = Random(1)
    return [INITIALIZERS[name](rng, N_INPUTS, N_OUTPUTS) for _ in range(n)]


@pytest.mark.parametrize("name", INITIALIZERS)
def test_the_variance_is_that_of_the_formula(name):
    weights = draws(name)
    assert statistics.pvariance(weights) == pytest.approx(VARIANCES[name], rel=0.03)
    assert statistics.fmean(weights) == pytest.approx(0.0, abs=0.03 * math.sqrt(VARIANCES[name]) + 1e-300)


@pytest.mark.parametrize("name", ["he_uniform", "xavier_uniform", "uniform"])
def test_a_uniform_initializer_has_the_limit_that_its_variance_asks_for(name):
    # The variance of the uniform distribution on (-a, a) is a^2 / 3.
    limit = math.sqrt(3.0 * VARIANCES[name])
    assert 0.99 * limit < max(map(abs, draws(name))) <= limit


@pytest.mark.parametrize("name", ["he_normal", "xavier_normal"])
def test_a_normal_initializer_has_a_fourth_moment_of_three_variances_squared(name):
    assert statistics.fmean(w**4 for w in draws(name)) == pytest.approx(3.0 * VARIANCES[name] ** 2, rel=0.1)


@pytest.mark.parametrize("name", "relu leaky_relu elu silu gelu gelu_tanh".split())
def test_rectifiers_begin_with_he(name):
    assert initializer(None, getattr(autograd, name)) is INITIALIZERS["he_normal"]


@pytest.mark.parametrize("activation", [autograd.tanh, autograd.sigmoid, autograd.sin, lambda x: x])
def test_all_others_begin_with_xavier(activation):
    assert initializer(None, activation) is INITIALIZERS["xavier_normal"]


def test_a_layer_hands_both_widths_to_its_initializer():
    asked = []

    def noted(rng, n_inputs, n_outputs):
        asked.append((n_inputs, n_outputs))
        return 0.5

    layer = Layer(3, 2, init=noted)
    assert asked == [(3, 2)] * 6
    assert [w.data for neuron in layer.neurons for w in neuron.w] == [0.5] * 6


def test_micrograds_uniform_weights_lie_between_minus_1_and_1():
    weights = [w.data for layer in MLP(40, [40, 1], init="uniform", seed=0).layers for n in layer.neurons for w in n.w]
    assert 0.95 < max(map(abs, weights)) <= 1.0
    assert [n.b.data for n in MLP(3, [4], init="uniform").layers[0].neurons] == [0.0] * 4
