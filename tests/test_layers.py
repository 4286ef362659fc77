"""Neurons, layers and networks against matrices of NumPy, torch's numbers, and bad calls."""

import functools
import random

import numpy as np
import pytest

import autograd
from autograd import Value
from nn import MLP, Layer, Neuron, layers
from nn.layers import ACTIVATIONS, linear

MATRIX_FORMS = {
    "linear": lambda z: z,
    "relu": lambda z: np.maximum(z, 0.0),
    "leaky_relu": lambda z: np.where(z > 0, z, 0.01 * z),
    "elu": lambda z: np.where(z > 0, z, np.expm1(z)),
    "tanh": np.tanh,
    "sigmoid": lambda z: 1.0 / (1.0 + np.exp(-z)),
    "softplus": lambda z: np.log1p(np.exp(z)),
    "softsign": lambda z: z / (1.0 + np.abs(z)),
    "silu": lambda z: z / (1.0 + np.exp(-z)),
    "sin": np.sin,
}


def matrices(layer):
    weights = np.array([[w.data for w in neuron.w] for neuron in layer.neurons])
    return weights, np.array([neuron.b.data for neuron in layer.neurons])


@pytest.mark.parametrize("case", range(12))
def test_a_network_computes_what_matrices_do(case):
    rng = random.Random(case)
    n_inputs, widths = rng.randint(1, 6), [rng.randint(1, 7) for _ in range(rng.randint(1, 4))]
    activations = rng.choices(list(MATRIX_FORMS), k=len(widths))
    model = MLP(n_inputs, widths, activations[:-1], activations[-1], seed=rng)
    for parameter in model.parameters():
        parameter.data = rng.uniform(-1.0, 1.0)  # biases too
    for _ in range(5):
        x = [rng.gauss(0.0, 2.0) for _ in range(n_inputs)]
        expected = np.array(x)
        for layer, name in zip(model.layers, activations, strict=True):
            weights, biases = matrices(layer)
            expected = MATRIX_FORMS[name](weights @ expected + biases)
        output = model(x)
        output = output if isinstance(output, list) else [output]
        assert [y.data for y in output] == pytest.approx(expected.tolist(), rel=1e-12, abs=1e-12)


def test_a_network_and_its_gradients_are_those_of_torch():
    # x = torch.tensor([0.7, -1.2]); z = W2 @ torch.tanh(W1 @ x + b1) + b2, in float64, with the numbers of `set_to`;
    # torch.nn.functional.cross_entropy(z[None], torch.tensor([1])).backward()  (torch 2.13.0)
    model = MLP(2, [3, 2], "tanh")
    set_to = [0.5, -0.25, 0.1, 1.0, 0.75, -0.2, -0.5, 0.125, 0.3, 1.0, -1.0, 0.5, 0.0, 0.25, 0.5, -0.75, 0.2]
    model.load_state_dict(dict(zip(model.state_dict(), set_to, strict=True)))
    z = model([0.7, -1.2])
    assert [y.data for y in z] == pytest.approx([0.9164102545300601, 0.3168442471378874], rel=1e-14)
    (autograd.logsumexp(z) - z[1]).backward()
    first = [(0.202193328841218, -0.3466171351563737, 0.28884761263031145)]
    first += [(-0.5799817965560072, 0.9942545083817267, -0.8285454236514389)]
    first += [(0.5428570296400665, -0.9306120508115427, 0.7755100423429523)]
    last = (0.41002485815127226, -0.24527871575300708, -0.12741702143032302, 0.6455570092812752)
    expected = [x for row in first for x in row] + [*last] + [-x for x in last]
    assert [parameter.grad for parameter in model.parameters()] == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize(("n_inputs", "n_hidden", "n_outputs"), [(2, 16, 1), (1, 1, 1), (64, 48, 10), (3, 1, 4)])
def test_the_parameters_are_those_of_the_textbook(n_inputs, n_hidden, n_outputs):
    # A weight for each connection and a bias for each unit: N_H (N_I + 1) + N_O (N_H + 1).
    expected = n_hidden * (n_inputs + 1) + n_outputs * (n_hidden + 1)
    assert len(MLP(n_inputs, [n_hidden, n_outputs]).parameters()) == expected


def test_names_of_the_lectures():
    model = MLP(3, [4, 1])
    assert [len(layer.neurons) for layer in model.layers] == [4, 1]
    neuron = model.layers[0].neurons[0]
    assert (len(neuron.w), neuron.b.data, type(neuron.b)) == (3, 0.0, Value)
    assert (model.n_inputs, model.n_outputs) == (3, 1)


def test_one_line_says_what_a_model_is():
    assert repr(MLP(2, [16, 16, 1])) == "MLP(2 -> 16 relu -> 16 relu -> 1 linear, 337 parameters)"
    assert repr(Layer(2, 3, "tanh")) == "Layer(2 -> 3 tanh)"
    assert repr(Neuron(2, functools.partial(autograd.elu, alpha=2.0))) == "Neuron(2 -> partial)"


def test_a_single_output_is_a_value_and_several_are_a_list():
    assert isinstance(MLP(2, [3, 1])([1.0, 2.0]), Value)
    assert [type(y) for y in MLP(2, [3, 2])([1.0, 2.0])] == [Value, Value]
    assert [type(y) for y in Layer(2, 1)([1.0, 2.0])] == [Value]
    assert isinstance(Neuron(2)([1.0, 2.0]), Value)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_is_given_by_name_or_as_a_function(name):
    z = 1.0 * 0.75 + 0.0
    by_name, by_function = (Neuron(1, activation, init=lambda *_: 1.0) for activation in (name, ACTIVATIONS[name]))
    expected = z if name == "linear" else getattr(autograd, name)(z)
    assert by_name([0.75]).data == by_function([0.75]).data == expected


def test_each_layer_may_have_its_own_activation():
    def doubled(x):
        return 2.0 * x

    model = MLP(1, [1, 1, 1], ["tanh", doubled], "sigmoid", init=lambda *_: 1.0)
    assert model([0.5]).data == pytest.approx(1.0 / (1.0 + np.exp(-2.0 * np.tanh(0.5))), rel=1e-15)
    assert repr(model) == "MLP(1 -> 1 tanh -> 1 doubled -> 1 sigmoid, 6 parameters)"


@pytest.mark.parametrize("convert", [tuple, iter, np.array, lambda x: (xi for xi in x), lambda x: [*map(Value, x)]])
def test_inputs_come_in_many_kinds(convert):
    for model in (MLP(2, [3, 1], seed=0), Neuron(2, seed=0), Layer(2, 1, seed=0)):
        one, other = model([0.5, -1.5]), model(convert([0.5, -1.5]))
        assert repr(one) == repr(other)


def test_rows_of_a_numpy_array_are_inputs():
    model = MLP(2, [3, 1], seed=0)
    rows = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert [model(row).data for row in rows] == [model(row).data for row in rows.tolist()]
    whole = np.array([[1, 2], [3, 4]])
    assert [model(row).data for row in whole] == [model(row).data for row in rows.tolist()]


def test_gradients_reach_inputs_that_are_values():
    x = [Value(1.0), Value(2.0)]
    model = MLP(2, [1], init=lambda *_: 3.0)
    model(x).backward()
    assert [xi.grad for xi in x] == [3.0, 3.0]


def test_a_seed_gives_the_same_weights_and_leaves_the_global_generator_alone():
    state = random.getstate()
    one, again, other = (MLP(3, [4, 2], seed=seed).state_dict() for seed in (7, 7, 8))
    free, as_free = MLP(3, [4, 2]).state_dict(), MLP(3, [4, 2]).state_dict()
    assert random.getstate() == state
    assert one == again != other
    assert free != as_free
    assert len(set(one.values()) - {0.0}) == 3 * 4 + 4 * 2


@pytest.mark.parametrize("x", [3.0, "ab", None, 5])
@pytest.mark.parametrize("model", [MLP(2, [3, 1]), Layer(2, 3)], ids=repr)
def test_what_is_no_list_of_numbers_is_refused(model, x):
    with pytest.raises(TypeError, match=f"^a layer takes a list of numbers or Values, not {type(x).__name__}"):
        model(x)


@pytest.mark.parametrize("x", [["a", "b"], [None, 1.0]])
def test_elements_that_are_no_numbers_are_refused(x):
    with pytest.raises(TypeError, match=r"^Value needs a"):
        MLP(2, [3, 1])(x)


@pytest.mark.parametrize("x", [[[1.0], [2.0]], np.eye(2), [(1.0, 2.0)]])
def test_several_examples_at_once_are_refused(x):
    with pytest.raises(TypeError, match=r"^a layer takes one example, .* call it for each row, or nn\.outputs"):
        MLP(2, [3, 1])(x)


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda: MLP(2, 1), TypeError, "widths must be a list such as [16, 1], not int: 1"),
        (lambda: MLP(2, "16"), TypeError, "widths must be a list such as [16, 1], not str: '16'"),
        (lambda: MLP(2, []), ValueError, "widths is empty; it needs at least the output's width, such as [1]"),
        (lambda: MLP(2, [0]), ValueError, "widths[0] is 0; wanted a whole number of at least 1"),
        (lambda: MLP(2, [4, -1]), ValueError, "widths[1] is -1; wanted a whole number of at least 1"),
        (lambda: MLP(2, [4.0]), TypeError, "widths[0] is 4.0, a float; wanted a whole number of at least 1"),
        (lambda: MLP(2, [True]), TypeError, "widths[0] is True, a bool; wanted a whole number of at least 1"),
        (lambda: MLP(0, [1]), ValueError, "n_inputs is 0; wanted a whole number of at least 1"),
        (lambda: MLP("2", [1]), TypeError, "n_inputs is '2', a str; wanted a whole number of at least 1"),
        (lambda: Neuron(None), TypeError, "n_inputs is None, a NoneType; wanted a whole number of at least 1"),
        (lambda: MLP(2, [3, 1], ["relu", "tanh"]), ValueError, "2 activations for 1 hidden layer; give one for all"),
        (lambda: MLP(2, [1], ["relu"]), ValueError, "1 activation for 0 hidden layers; give one for all"),
        (
            lambda: MLP(2, [1], "rleu"),
            ValueError,
            "no activation 'rleu'; wanted a callable, or one of 'linear', 'relu'",
        ),
        (lambda: MLP(2, [3, 1], None), TypeError, "activation must be a name or a callable, not NoneType: None"),
        (lambda: MLP(2, [3, 1], init="hee"), ValueError, "no init 'hee'; wanted a callable, or one of 'he',"),
        (lambda: MLP(2, [3, 1], output_activation=3), TypeError, "activation must be a name or a callable, not int: 3"),
    ],
)
def test_a_network_that_cannot_be_is_refused(build, error, message):
    with pytest.raises(error) as caught:
        build()
    assert str(caught.value).startswith(message)


def test_a_misspelt_activation_is_guessed():
    with pytest.raises(ValueError, match=r"; did you mean 'sigmoid'\?$"):
        Neuron(2, "sigmod")


def test_widths_may_be_numpys_or_a_generator():
    assert repr(MLP(np.int64(2), np.array([3, 1]))) == repr(MLP(2, (n for n in (3, 1)))) == repr(MLP(2, [3, 1]))


def test_linear_is_the_weighted_sum_itself():
    x = Value(2.0)
    assert linear(x) is x


def test_the_layers_there_are_stand_in_one_place():
    assert {"MLP", "Neuron", "Layer", "Convolution", "Recurrent", "Dropout", "ACTIVATIONS"} <= set(layers.__all__)
    assert all(hasattr(layers, name) for name in layers.__all__)
    assert (layers.Layer, layers.Neuron, layers.MLP) == (Layer, Neuron, MLP)


def test_a_layer_of_another_width_in_the_middle_is_named():
    model = MLP(2, [3, 1])
    model.layers[1] = Layer(4, 1)
    with pytest.raises(ValueError, match=r"^Layer takes 4 numbers, got 3$"):
        model([1.0, 2.0])
    with pytest.raises(ValueError, match=r"^MLP takes 2 numbers, got 1$"):
        model([1.0])
