"""Networks in PyTorch: equal outputs, equal gradients. Where PyTorch is not there, what is said is tested."""

import builtins
import math

import pytest

from autograd import total
from nn import MLP, Layer, load, save
from nn.exchange import to_torch
from nn.layers import ACTIVATIONS

# Some on both sides of 20, beyond which PyTorch's softplus is x by default, and of every kink.
INPUTS = [[0.3, -0.7], [-1.5, 2.0], [0.0, 0.0], [30.0, -30.0], [-2.5, -8.0]]


def model(activation, **settings):
    return MLP(2, [4, 3, 2], activation, activation, seed=0, **settings)


def close(ours, theirs):
    return all(math.isclose(a, b, rel_tol=1e-12, abs_tol=1e-12) for a, b in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_outputs_and_gradients_are_equal(activation):
    torch = pytest.importorskip("torch")
    ours = model(activation)
    theirs = to_torch(ours)
    for row in INPUTS:
        ours.zero_grad()
        outputs = ours(row)
        total([weight * y for weight, y in zip([0.75, -1.25], outputs, strict=True)]).backward()

        x = torch.tensor(row, dtype=torch.float64)
        theirs.zero_grad()
        their_outputs = theirs(x)
        (their_outputs @ torch.tensor([0.75, -1.25], dtype=torch.float64)).backward()

        assert close([y.data for y in outputs], their_outputs.tolist())
        linear = [module for module in theirs if isinstance(module, torch.nn.Linear)]
        for layer, other in zip(ours.layers, linear, strict=True):
            for neuron, weight, bias in zip(layer.neurons, other.weight.grad, other.bias.grad, strict=True):
                assert close([w.grad for w in neuron.w], weight.tolist())
                assert close([neuron.b.grad], [bias.item()])


def test_softplus_is_equal_where_pytorch_s_default_is_not():
    torch = pytest.importorskip("torch")
    ours = MLP(1, [1], output_activation="softplus", init=lambda *_: 1.0)
    x = torch.tensor([21.0], dtype=torch.float64)
    assert abs(torch.nn.Softplus()(x).item() / ours([21.0]).data - 1.0) > 1e-12
    assert abs(to_torch(ours)(x).item() / ours([21.0]).data - 1.0) < 1e-15


def test_a_batch_gives_what_each_of_its_rows_gives():
    torch = pytest.importorskip("torch")
    ours = model("tanh")
    outputs = to_torch(ours)(torch.tensor(INPUTS, dtype=torch.float64))
    for row, theirs in zip(INPUTS, outputs.tolist(), strict=True):
        assert close([y.data for y in ours(row)], theirs)


def test_the_modules_are_those_that_one_would_write():
    torch = pytest.importorskip("torch")
    theirs = to_torch(MLP(2, [4, 3, 1], ["gelu_tanh", "sin"], dropout=0.25))
    assert [repr(module) for module in theirs] == [
        "Linear(in_features=2, out_features=4, bias=True)",
        "GELU(approximate='tanh')",
        "Dropout(p=0.25, inplace=False)",
        "Linear(in_features=4, out_features=3, bias=True)",
        "Elementwise(sin)",
        "Dropout(p=0.25, inplace=False)",
        "Linear(in_features=3, out_features=1, bias=True)",
    ]
    assert {parameter.dtype for parameter in theirs.parameters()} == {torch.float64}


@pytest.mark.parametrize("mode", [True, False])
def test_the_mode_is_that_of_the_model(mode):
    pytest.importorskip("torch")
    theirs = to_torch(model("relu", dropout=0.5).train(mode))
    assert theirs.training is mode
    assert all(module.training is mode for module in theirs)


def test_nothing_random_is_drawn_and_no_weight_is_shared():
    torch = pytest.importorskip("torch")
    ours = model("relu")
    before, state = ours.state_dict(), torch.get_rng_state()
    theirs = to_torch(ours)
    assert torch.equal(torch.get_rng_state(), state)
    with torch.no_grad():
        for parameter in theirs.parameters():
            parameter.zero_()
    assert ours.state_dict() == before


def test_weights_go_to_pytorch_and_back_as_files(tmp_path):
    pytest.importorskip("torch")
    files = pytest.importorskip("safetensors.torch")
    ours = model("relu")
    theirs = to_torch(ours)
    files.save_file(theirs.state_dict(), tmp_path / "theirs.safetensors")
    again = load(tmp_path / "theirs.safetensors", into=MLP(2, [4, 3, 2], "relu", "relu", seed=1))
    assert again.state_dict() == ours.state_dict()

    save(ours, tmp_path / "ours.safetensors")
    state = files.load_file(tmp_path / "ours.safetensors")
    assert [(name, tuple(tensor.shape)) for name, tensor in sorted(state.items())] == [
        ("layers.0.bias", (4,)),
        ("layers.0.weight", (4, 2)),
        ("layers.1.bias", (3,)),
        ("layers.1.weight", (3, 4)),
        ("layers.2.bias", (2,)),
        ("layers.2.weight", (2, 3)),
    ]
    assert all(state[f"layers.{i}.weight"].equal(theirs[2 * i].weight) for i in range(3))
    assert all(state[f"layers.{i}.bias"].equal(theirs[2 * i].bias) for i in range(3))


class Louder(MLP):
    def __call__(self, x):
        return 2.0 * super().__call__(x)


class Named(MLP):
    """Says nothing of what it computes."""


def test_a_subclass_that_says_nothing_of_what_it_computes_is_an_mlp():
    pytest.importorskip("torch")
    assert len(to_torch(Named(1, [1]))) == 1


@pytest.mark.parametrize("other", [Louder(2, [1]), MLP(2, [1]).layers[0], MLP, len, 3.0], ids=repr)
def test_what_computes_in_its_own_way_is_refused(other):
    with pytest.raises(TypeError, match="to_torch takes an MLP, whose computation it knows, not "):
        to_torch(other)


def test_an_activation_without_a_name_is_refused():
    with pytest.raises(ValueError, match=r"Layer.1 -> 1 Louder. has the activation Louder, which has no name"):
        to_torch(MLP(1, [1, 1], Louder(2, [1])))


class Negative(Layer):
    def __call__(self, x):
        return [-y for y in super().__call__(x)]


def test_a_layer_that_computes_in_its_own_way_is_refused_too():
    model = MLP(2, [3, 1], seed=0)
    model.layers[1] = Negative(3, 1, "linear")
    with pytest.raises(ValueError, match=r"layers\[1\] is Layer\(3 -> 1 linear\), a Negative; wanted a Layer"):
        to_torch(model)


def test_a_network_has_it_as_a_method():
    torch = pytest.importorskip("torch")
    x = torch.tensor([0.3, -0.4], dtype=torch.float64)
    assert MLP(2, [3, 1], seed=0).to_torch()(x).item() == pytest.approx(MLP(2, [3, 1], seed=0)([0.3, -0.4]).data)


def test_without_pytorch_one_line_names_the_remedy(monkeypatch):
    genuine = builtins.__import__

    def without(name, *rest):
        if name == "torch":
            raise ModuleNotFoundError("No module named 'torch'", name="torch")
        return genuine(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ModuleNotFoundError) as caught:
        to_torch(MLP(1, [1]))
    assert str(caught.value) == "to_torch needs PyTorch: pip install torch"
