"""Model files: every digit comes back, a file is whole or not there, and what is no model is refused in one line."""

import json
import math
import os
import re
import stat
import struct
from contextlib import suppress
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies

from autograd import Value
from nn import MLP, SGD, Dropout, Layer, Neuron, fit, load, losses, save
from nn.layers import ACTIVATIONS
from nn.serialize import ModelFileError, load_with_about


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.json"


def small():
    return MLP(2, [3, 1], "tanh", seed=0)


@pytest.mark.parametrize(
    "model",
    [
        MLP(1, [1], seed=0),
        MLP(3, [4, 2, 5], ["gelu", "sin"], "softplus", seed=1),
        MLP(2, [1, 1], ACTIVATIONS["elu"], seed=2),
        MLP(2, [3, 1], seed=3, dropout=0.1),
    ],
    ids=repr,
)
def test_a_model_comes_back_to_the_last_bit(model, path):
    save(model, path)
    again = load(path)
    assert repr(again) == repr(model)
    assert again.state_dict() == model.state_dict()


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_named_activation_can_be_saved(activation, path):
    save(MLP(1, [1, 1], activation), path)
    assert load(path).layers[0].neurons[0].activation is ACTIVATIONS[activation]


def bits(model):
    """The parameters' bits: -0.0 is not 0.0 here."""
    return [struct.pack("<d", parameter.data) for parameter in model.parameters()]


# Of any exponent: floats() alone would seldom draw a subnormal or a huge one.
EXTREME = strategies.floats(allow_nan=False, allow_infinity=False) | strategies.sampled_from(
    [0.0, -0.0, 5e-324, -5e-324, 2.2250738585072009e-308, 2.2250738585072014e-308, 1e308, -1.7976931348623157e308, 0.1]
)


@hypothesis.given(strategies.lists(EXTREME, min_size=13, max_size=13))
@hypothesis.settings(deadline=None, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
def test_every_float_comes_back_to_the_last_bit(path, numbers):
    model = small()
    for parameter, x in zip(model.parameters(), numbers, strict=True):
        parameter.data = x
    save(model, path)
    assert bits(load(path)) == bits(model)
    assert bits(load(path, into=small())) == bits(model)


def test_what_is_said_about_a_model_comes_back(path):
    save(small(), path, about={"names": ["a", "é"], "n": 3})
    assert load_with_about(path)[1] == {"names": ["a", "é"], "n": 3}


def test_training_goes_on_where_the_file_left_it(path):
    inputs, targets = [[0.0, 1.0], [1.0, 0.0], [0.5, 0.5]], [1.0, -1.0, 0.25]

    def trained(model, optimizer):
        fit(model, inputs, targets, loss=losses.squared_error, optimizer=optimizer, epochs=3, shuffle=False)
        return model

    model = small()
    optimizer = SGD(model.parameters(), lr=0.05, momentum=0.9)
    trained(model, optimizer)
    save(model, path, about={"optimizer": optimizer.state_dict()})
    again, about = load_with_about(path)
    optimizer_again = SGD(again.parameters(), lr=1.0)
    optimizer_again.load_state_dict(about["optimizer"])
    assert bits(trained(again, optimizer_again)) == bits(trained(model, optimizer))


def test_a_file_is_replaced_and_nothing_is_left_beside_it(path):
    path.write_text("old")
    save(small(), path)
    save(small(), str(path))
    assert load(path).state_dict() == small().state_dict()
    assert [*path.parent.iterdir()] == [path]


def test_a_file_that_cannot_be_written_whole_stays_as_it_was(path, monkeypatch):
    save(small(), path)
    before = path.read_bytes()

    def fail(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space left") as caught:
        save(MLP(1, [1]), path)
    assert caught.value.filename == str(path)
    assert path.read_bytes() == before
    assert [*path.parent.iterdir()] == [path]


def test_a_link_stays_and_its_target_is_written(path):
    link = path.with_name("link.json")
    link.symlink_to(path)
    save(small(), link)
    assert link.is_symlink()
    assert load(path).state_dict() == small().state_dict()


def test_a_new_file_has_the_permissions_of_any_new_file(path):
    save(small(), path)
    other = path.with_name("other")
    other.touch()
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(other.stat().st_mode)


def test_a_device_is_written_to_and_not_replaced():
    device = Path(os.devnull)
    save(small(), device)
    assert stat.S_ISCHR(device.stat().st_mode)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        save(small(), tmp_path / "no" / "model.json")
    assert caught.value.filename == str(tmp_path / "no" / "model.json")
    with pytest.raises(IsADirectoryError):
        save(small(), tmp_path)
    assert [*tmp_path.iterdir()] == []


class Louder(MLP):
    def __call__(self, x):
        return 2.0 * super().__call__(x)


def nested(depth):
    """So many dicts in each other."""
    inner = {}
    for _ in range(depth):
        inner = {"a": inner}
    return inner


def with_parameter(x):
    model = small()
    model.parameters()[0].data = x
    return model


def mixed():
    model = small()
    model.layers[0].neurons[1].activation = ACTIVATIONS["relu"]
    return model


def shared():
    model = small()
    model.layers[0].neurons[1].b = model.layers[0].neurons[0].b
    return model


def extended():
    model = small()
    model.temperature = Value(1.0)
    return model


class Residual(Layer):
    def __call__(self, x):
        x = list(x)
        return [y + xi for y, xi in zip(super().__call__(x), x, strict=True)]


class Twice(Neuron):
    def __call__(self, x):
        return 2.0 * super().__call__(x)


class Halved(Dropout):
    def __call__(self, x):
        return [0.5 * xi for xi in x]


def holding(part):
    """An MLP with a part that computes something else than the class that it is in the place of."""
    model = small()
    match part:
        case Dropout():
            model.dropout = part
        case Neuron():
            model.layers[0].neurons[1] = part
        case _:
            model.layers[0] = part
    return model


OTHER_PARTS = [
    (
        Residual(2, 2, "tanh"),
        "layers[0] is Layer(2 -> 2 tanh), a Residual; wanted a Layer and no other class; keep the",
    ),
    (Twice(2, "tanh"), "layers[0].neurons[1] is Neuron(2 -> tanh), a Twice; wanted a Neuron and no other class; keep"),
    (Halved(0.5), "dropout is Dropout(0.5), a Halved; wanted a Dropout and no other class; keep the parameters by"),
    (math.sin, "layers[0] is <built-in function sin>, a builtin_function_or_method; wanted a Layer and no other class"),
]


@pytest.mark.parametrize(("part", "message"), OTHER_PARTS, ids=["layer", "neuron", "dropout", "function"])
def test_a_part_that_may_compute_something_else_is_no_part_of_a_file(path, part, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        save(holding(part), path)
    assert not path.exists()
    save(small(), path)
    model = holding(part)
    before = bits(model)
    with pytest.raises(ValueError, match=re.escape(message)):
        load(path, into=model)
    assert bits(model) == before


@pytest.mark.parametrize(
    ("model", "about", "error", "message"),
    [
        (
            small().layers[0],
            None,
            TypeError,
            "save writes an MLP, not Layer; for other modules keep model.state_dict()",
        ),
        (Louder(2, [1]), None, TypeError, "save writes an MLP, not Louder"),
        (
            MLP(1, [1, 1], lambda x: x),
            None,
            ValueError,
            "Layer(1 -> 1 <lambda>) has the activation <lambda>, which has no name; give a name, such as",
        ),
        (mixed(), None, ValueError, "Layer(2 -> 3 tanh) has 2 different activations"),
        (shared(), None, ValueError, "these widths need 13 parameters, but there are 12"),
        (extended(), None, ValueError, "these widths need 13 parameters, but there are 14"),
        (
            with_parameter(math.nan),
            None,
            ValueError,
            "the parameter layers.0.neurons.0.w.0 is nan; wanted a finite number",
        ),
        (with_parameter(-math.inf), None, ValueError, "the parameter layers.0.neurons.0.w.0 is -inf; wanted a finite"),
        (
            small(),
            {"x": {1, 2}},
            TypeError,
            "about holds what JSON cannot: Object of type set is not JSON serializable",
        ),
        (
            small(),
            {"x": math.nan},
            ValueError,
            "about holds what JSON cannot: Out of range float values are not JSON compliant",
        ),
        (small(), {1: "a", "1": "b"}, ValueError, "about holds what JSON cannot: the key '1' stands there twice"),
        (small(), nested(100_000), ValueError, "about holds what JSON cannot: it is nested too deeply"),
    ],
)
def test_what_a_file_cannot_say_is_not_written(path, model, about, error, message):
    with pytest.raises(error) as caught:
        save(model, path, about)
    assert str(caught.value).startswith(message)
    assert not path.exists()


def damaged(**changes):
    model = MLP(1, [1], seed=0)
    content = {
        "format": "scalar-autograd MLP",
        "n_inputs": 1,
        "widths": [1],
        "activations": ["linear"],
        "about": {},
        "parameters": model.state_dict(),
    } | changes
    return json.dumps({name: x for name, x in content.items() if x is not ...})


W, B = "layers.0.neurons.0.w.0", "layers.0.neurons.0.b"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "not a JSON file ("),
        ("{", "not a JSON file ("),
        ("weights", "not a JSON file ("),
        (b"\xff\xfe\x00", "not a JSON file ("),
        ("[" * 100_000, "not a JSON file ("),
        (damaged(parameters={W: math.nan, B: 0.0}), "not a JSON file (NaN is no JSON)"),
        ("[]", 'not a model that nn.save wrote, which has "format": "scalar-autograd MLP"'),
        ("{}", "not a model that nn.save wrote"),
        ('{"format": "safetensors"}', "not a model that nn.save wrote"),
        (damaged(widths=...), "a damaged model: no 'widths'; perhaps another version wrote it"),
        (damaged(about=...), "a damaged model: no 'about'; perhaps another version wrote it"),
        (damaged(momentum=0.5), "a damaged model: an unknown 'momentum'; perhaps another version wrote it"),
        (damaged(dropout="0.5"), "a damaged model: dropout is '0.5', which is no number"),
        (damaged(dropout=1.5), "a damaged model: dropout is 1.5; wanted a probability"),
        (damaged(about=[]), "a damaged model: about is [], which is no dict"),
        (damaged(widths=1), "a damaged model: widths is 1, which is no list"),
        (damaged(widths=[]), "a damaged model: 0 widths and the activations ['linear']; wanted a name for each"),
        (damaged(widths=[], activations=[], parameters={}), "a damaged model: 0 widths and the activations []"),
        (damaged(widths=[2]), "a damaged model: these widths need 4 parameters, but there are 2"),
        (damaged(widths=[10**12]), "a damaged model: these widths need 2000000000000 parameters, but there are 2"),
        (damaged(widths=[1.0]), "a damaged model: widths[0] is 1.0, a float"),
        (damaged(n_inputs="1"), "a damaged model: n_inputs is '1', which is no int"),
        (damaged(n_inputs=-3, widths=[-1]), "a damaged model: n_inputs is -3; wanted a whole number of at least 1"),
        (damaged(n_inputs=True), "a damaged model: n_inputs is True, a bool"),
        (damaged(activations=["rleu"]), "a damaged model: no activation 'rleu'"),
        (damaged(activations=[None]), "a damaged model: 1 width and the activations [None]; wanted a name for each"),
        (damaged(parameters=[1.0, 2.0]), "a damaged model: parameters is [1.0, 2.0], which is no dict"),
        (
            damaged(parameters={W: 1.0, "c": 0.0}),
            "a damaged model: the state has 2 numbers, the model 2 parameters: mis",
        ),
        (damaged(parameters={W: 1.0, B: "0"}), f"a damaged model: the state of {B} must be a number, not str: '0'"),
        (damaged(parameters={W: True, B: 0.0}), f"a damaged model: the state of {W} must be a number, not bool: True"),
        (
            damaged(parameters={W: 10**400, B: 0.0}),
            "a damaged model: the state of layers.0.neurons.0.w.0 is an int beyond the floats",
        ),
        (damaged().replace("0.0", "1e999"), f"a damaged model: the parameter {B} is inf; wanted a finite number"),
    ],
)
def test_a_file_that_holds_no_model_is_refused_in_one_line(path, content, message):
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(ModelFileError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}: {message}")
    assert len(str(caught.value).splitlines()) == 1


def test_the_undamaged_file_is_read(path):
    path.write_text(damaged())
    assert repr(load(path)) == "MLP(1 -> 1 linear, 2 parameters)"


def test_a_file_from_before_there_was_dropout_is_read(path):
    path.write_text(damaged(dropout=...))
    assert load(path).dropout.p == 0.0


def test_a_file_cut_anywhere_or_with_any_byte_changed_is_refused_or_a_model(path):
    save(MLP(1, [1], seed=0), path)
    whole = path.read_bytes()
    damages = [whole[:n] for n in range(len(whole) - 1)]  # without its last character, a newline, it is still whole
    for damage in damages:
        path.write_bytes(damage)
        with pytest.raises(ModelFileError):
            load(path)
    for i in range(len(whole)):
        path.write_bytes(whole[:i] + bytes([whole[i] ^ 0x11]) + whole[i + 1 :])
        with suppress(ModelFileError):
            assert all(math.isfinite(p.data) for p in load(path).parameters())  # a digit was changed


# --- into a model ---------------------------------------------------------------------------------------------------


def test_a_model_takes_the_parameters_of_a_file_and_is_given_back(path):
    save(small(), path, about={"epoch": 3})
    model = MLP(2, [3, 1], "tanh", seed=1)
    neuron = model.layers[0].neurons[0]
    again, about = load_with_about(path, into=model)
    assert again is model
    assert again.layers[0].neurons[0] is neuron
    assert bits(model) == bits(small())
    assert about == {"epoch": 3}


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (MLP(3, [3, 1], "tanh", seed=1), "another architecture: n_inputs 2 in the file, 3 in the model"),
        (MLP(2, [4, 1], "tanh", seed=1), "another architecture: widths [3, 1] in the file, [4, 1] in the model"),
        (
            MLP(2, [3, 1], "relu", seed=1),
            "another architecture: activations ['tanh', 'linear'] in the file, ['relu', 'linear'] in the model",
        ),
        (MLP(2, [3, 1], "tanh", dropout=0.5), "another architecture: dropout 0.0 in the file, 0.5 in the model"),
        (extended(), "another architecture: the state has 13 numbers, the model 14 parameters: missing 'temperature'"),
        (shared(), "another architecture: the state has 13 numbers, the model 12 parameters: unknown"),
    ],
)
def test_a_model_of_another_architecture_stays_as_it_was(path, model, message):
    save(small(), path)
    before = bits(model)
    with pytest.raises(ModelFileError) as caught:
        load(path, into=model)
    assert str(caught.value).startswith(f"{path}: {message}")
    assert bits(model) == before


def test_what_the_file_says_of_another_architecture_is_a_line_however_it_is_written(path):
    path.write_text(damaged(n_inputs="1\n2", widths=[1] * 1000))
    with pytest.raises(ModelFileError, match=r"n_inputs '1\\n2' in the file, 1 in the model"):
        load(path, into=MLP(1, [1]))
    path.write_text(damaged(widths=[1] * 1000))
    with pytest.raises(ModelFileError, match=r"widths \[1, 1, .*, 1,\.\.\. in the file, \[1\] in the model"):
        load(path, into=MLP(1, [1]))


@pytest.mark.parametrize(
    "content", ["", "[]", damaged(parameters={W: 2.0, B: math.inf}).replace("Infinity", "1e999"), damaged(widths=...)]
)
def test_a_model_stays_as_it_was_when_the_file_is_damaged(path, content):
    path.write_text(content)
    model = MLP(1, [1], seed=0)
    before = bits(model)
    with pytest.raises(ModelFileError):
        load(path, into=model)
    assert bits(model) == before


@pytest.mark.parametrize("model", [small().layers[0], {}, MLP], ids=["a layer", "a dict", "the class"])
def test_what_is_no_network_takes_no_file(path, model):
    save(small(), path)
    with pytest.raises(TypeError, match="load fills an MLP, not "):
        load(path, into=model)


def test_a_file_that_is_not_there_is_an_os_error(path):
    with pytest.raises(FileNotFoundError):
        load(path)
