"""Files of tensors: what the format's description says is in them, PyTorch's are read, no damage goes unnoticed.

The format: eight bytes, the length of the header as a little-endian integer; the header, JSON with the dtype, shape and
place of every tensor; the numbers, little-endian (https://huggingface.co/docs/safetensors). The tests write and read
it by that, byte by byte.
"""

import builtins
import hashlib
import json
import math
import struct

import hypothesis
import pytest
from hypothesis import strategies

from autograd import tanh
from nn import MLP, load, save
from nn.layers import ACTIVATIONS
from nn.serialize import ModelFileError, load_with_about

pytest.importorskip("safetensors")

LETTERS = {"F64": "d", "F32": "f", "F16": "e", "I64": "q", "I8": "b", "BF16": "h", "F8_E4M3": "b"}


def written(tensors, metadata=None):
    """The bytes of a file with these tensors: name -> (dtype, shape, numbers)."""
    header, data = ({} if metadata is None else {"__metadata__": metadata}), b""
    for name, (dtype, shape, numbers) in tensors.items():
        begin = len(data)
        data += struct.pack(f"<{len(numbers)}{LETTERS[dtype]}", *numbers)
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [begin, len(data)]}
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def read(data):
    """The tensors and the metadata of a file."""
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    metadata = header.pop("__metadata__", {})
    numbers = data[8 + length :]
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        letter = LETTERS[entry["dtype"]]
        count = (end - begin) // struct.calcsize(letter)
        tensors[name] = (entry["dtype"], entry["shape"], list(struct.unpack(f"<{count}{letter}", numbers[begin:end])))
    return tensors, metadata


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


def small():
    return MLP(2, [3, 1], "tanh", seed=0, dropout=0.25)


def bits(model):
    return [struct.pack("<d", parameter.data) for parameter in model.parameters()]


# --- ours -----------------------------------------------------------------------------------------------------------


def test_a_file_holds_the_tensors_that_pytorch_names(path):
    model = MLP(2, [3, 1], "tanh")
    for i, parameter in enumerate(model.parameters()):
        parameter.data = i / 8.0
    save(model, path, about={"names": ["a", "é"]})
    tensors, metadata = read(path.read_bytes())
    assert tensors == {
        "layers.0.weight": ("F64", [3, 2], [0.0, 0.125, 0.375, 0.5, 0.75, 0.875]),  # neuron by neuron: rows
        "layers.0.bias": ("F64", [3], [0.25, 0.625, 1.0]),
        "layers.1.weight": ("F64", [1, 3], [1.125, 1.25, 1.375]),
        "layers.1.bias": ("F64", [1], [1.5]),
    }
    assert json.loads(metadata["scalar-autograd"]) == {
        "format": "scalar-autograd MLP",
        "n_inputs": 2,
        "widths": [3, 1],
        "activations": ["tanh", "linear"],
        "dropout": 0.0,
        "about": {"names": ["a", "é"]},
    }


@pytest.mark.parametrize(
    "model", [MLP(1, [1], seed=0), MLP(3, [4, 2, 5], ["gelu", "sin"], "softplus"), small()], ids=repr
)
def test_a_model_comes_back_to_the_last_bit(model, path):
    save(model, path)
    again = load(path)
    assert repr(again) == repr(model)
    assert bits(again) == bits(model)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_named_activation_can_be_saved(activation, path):
    save(MLP(1, [1, 1], activation), path)
    assert load(path).layers[0].neurons[0].activation is ACTIVATIONS[activation]


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


def test_the_ending_chooses_the_kind_of_file_whatever_its_capitals(tmp_path):
    save(small(), tmp_path / "a.SafeTensors")
    assert read((tmp_path / "a.SafeTensors").read_bytes())[0]
    save(small(), tmp_path / "safetensors")
    assert json.loads((tmp_path / "safetensors").read_bytes())["widths"] == [3, 1]


def test_the_same_model_is_the_same_file_and_its_numbers_begin_at_a_multiple_of_eight(path):
    files = set()
    for _ in range(20):  # safetensors itself writes the metadata in one order or the other
        save(small(), path, about={"é": "\ud800"})
        files.add(path.read_bytes())
    assert len(files) == 1
    assert int.from_bytes(files.pop()[:8], "little") % 8 == 0


def test_what_is_said_about_a_model_comes_back(path):
    save(small(), path, about={"names": ["a", "é"], "n": 3, "x": 0.1})
    assert load_with_about(path)[1] == {"names": ["a", "é"], "n": 3, "x": 0.1}


def test_what_a_file_cannot_say_is_not_written(path):
    model = small()
    model.parameters()[4].data = math.nan
    with pytest.raises(ValueError, match=r"the parameter layers\.0\.neurons\.1\.w\.1 is nan; wanted a finite number"):
        save(model, path)
    with pytest.raises(ValueError, match="not JSON compliant"):
        save(small(), path, about={"x": math.inf})
    assert [*path.parent.iterdir()] == []


# --- damage ---------------------------------------------------------------------------------------------------------


def test_a_file_cut_anywhere_is_refused_and_the_model_stays_as_it_was(path):
    save(MLP(1, [1], seed=0), path)
    whole = path.read_bytes()
    model = MLP(1, [1], seed=1)
    before = bits(model)
    for n in range(len(whole)):
        path.write_bytes(whole[:n])
        with pytest.raises(ModelFileError) as caught:
            load(path, into=model)
        assert str(caught.value).startswith(f"{path}: ")
    assert bits(model) == before


@pytest.mark.parametrize("change", [0x01, 0x20, 0x80, 0xFF])
def test_no_changed_byte_goes_unnoticed(path, change):
    saved = MLP(1, [1], seed=0)
    save(saved, path, about={"x": 1})
    whole = path.read_bytes()
    refused = 0
    for i in range(len(whole)):
        path.write_bytes(whole[:i] + bytes([whole[i] ^ change]) + whole[i + 1 :])
        try:
            model, about = load_with_about(path)
        except ModelFileError:
            refused += 1
        else:  # a blank between the entries of the header became another
            assert (repr(model), bits(model), about) == (repr(saved), bits(saved), {"x": 1})
    assert refused > 0.95 * len(whole)


@pytest.mark.parametrize("change", [0x01, 0x20, 0x80, 0xFF])
def test_a_changed_byte_of_another_s_file_gives_finite_parameters_or_is_refused(path, change):
    whole = written({"0.weight": ("F32", [1, 1], [0.5]), "0.bias": ("F32", [1], [0.25])})
    for i in range(len(whole)):
        path.write_bytes(whole[:i] + bytes([whole[i] ^ change]) + whole[i + 1 :])
        model = MLP(1, [1], seed=0)
        before = bits(model)
        try:
            load(path, into=model)
        except ModelFileError:
            assert bits(model) == before
        else:
            assert all(math.isfinite(parameter.data) for parameter in model.parameters())


def test_a_change_on_purpose_is_told_what_to_do(path):
    save(MLP(1, [1], seed=0), path)
    tensors, metadata = read(path.read_bytes())
    tensors["layers.0.bias"] = ("F64", [1], [0.5])
    path.write_bytes(written(tensors, metadata))
    with pytest.raises(
        ModelFileError, match=r"SHA-256 is another .without the metadata 'scalar-autograd' it is read as"
    ):
        load(path)
    path.write_bytes(written(tensors))
    assert load(path, into=MLP(1, [1])).parameters()[1].data == 0.5


def forged(text, dtype="F64"):
    """A file of ours with this text in its metadata, and the checksum that goes with it, computed by its definition."""
    tensors = {"layers.0.bias": (dtype, [1], [0.5]), "layers.0.weight": (dtype, [1, 1], [2.0])}
    digest = hashlib.sha256(text.encode())
    for name, (_, shape, numbers) in tensors.items():
        digest.update(f"{name} {'float64' if dtype == 'F64' else 'float32'} {tuple(shape)}".encode())
        digest.update(struct.pack(f"<{LETTERS[dtype]}", *numbers))
    return written(tensors, {"scalar-autograd": text, "sha256": digest.hexdigest()})


OURS = {"format": "scalar-autograd MLP", "n_inputs": 1, "widths": [1], "activations": ["linear"], "about": {}}


@pytest.mark.parametrize("dtype", ["F64", "F32"])
def test_the_checksum_is_that_of_the_text_and_of_the_tensors_as_they_lie_in_the_file(path, dtype):
    path.write_bytes(forged(json.dumps(OURS), dtype))
    assert load(path)([3.0]).data == 6.5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not a JSON file ("),
        ("[" * 100_000, "not a JSON file (it is nested too deeply)"),
        ("[]", 'not a model that nn.save wrote, which has "format": "scalar-autograd MLP"'),
        ("{}", "not a model that nn.save wrote"),
        (json.dumps(OURS | {"format": "another"}), "not a model that nn.save wrote"),
        (json.dumps(OURS | {"about": {"x": math.nan}}), "not a JSON file (NaN is no JSON)"),
        (json.dumps(OURS)[:-1] + ', "widths": [1]}', "not a JSON file (the key 'widths' stands there twice)"),
    ],
)
def test_a_text_that_describes_no_model_is_refused_whatever_its_checksum(path, text, message):
    path.write_bytes(forged(text))
    with pytest.raises(ModelFileError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}: its metadata 'scalar-autograd': {message}")


# --- PyTorch's ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "names",
    [("layers.0", "layers.1"), ("0", "2"), ("0", "10"), ("encoder.net.1", "encoder.net.3")],
    ids=lambda names: names[0],
)
@pytest.mark.parametrize("dtype", ["F64", "F32", "F16"])
def test_the_tensors_of_another_program_go_into_a_model(path, names, dtype):
    first, second = names
    path.write_bytes(
        written(
            {
                f"{second}.weight": (dtype, [1, 3], [7.0, 8.0, 9.0]),
                f"{second}.bias": (dtype, [1], [-0.25]),
                f"{first}.weight": (dtype, [3, 2], [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
                f"{first}.bias": (dtype, [3], [0.5, -0.0, 65504.0]),  # the largest number of 16 bits
            },
            {"format": "pt"},
        )
    )
    model = small()
    assert load(path, into=model) is model
    assert [str(parameter.data) for parameter in model.parameters()] == (
        "1.0 2.0 0.5 3.0 4.0 -0.0 5.0 6.0 65504.0 7.0 8.0 9.0 -0.25".split()
    )


def test_the_model_keeps_its_activations_when_it_takes_the_tensors_of_another_program(path):
    path.write_bytes(written({"0.weight": ("F64", [1, 1], [2.0]), "0.bias": ("F64", [1], [0.5])}))
    assert load(path, into=MLP(1, [1], output_activation=tanh))([0.0]).data == math.tanh(0.5)


def test_what_a_file_of_another_program_does_not_say_is_asked_for(path):
    path.write_bytes(written({"0.weight": ("F32", [1, 2], [2.0, 1.0]), "0.bias": ("F32", [1], [0.5])}))
    with pytest.raises(ModelFileError) as caught:
        load(path)
    assert str(caught.value) == (
        f"{path}: it names no activations, as nn.save does; load it into a model that has them:"
        ' load(path, into=MLP(2, [1], "relu"))'
    )


WEIGHT, BIAS = ("F64", [1, 2], [2.0, 1.0]), ("F64", [1], [0.5])


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        (
            {},
            "it holds the tensors of no layer; wanted weights and biases of linear layers in a row, such as 'layers.0",
        ),
        ({"fc.weight": WEIGHT, "fc.bias": BIAS}, "it holds the tensors 'fc.bias', 'fc.weight'; wanted"),
        ({"0.weight": WEIGHT, "0.bias": BIAS, "1.running_mean": BIAS}, "it holds the tensors '0.bias', '0.w"),
        ({"a.0.weight": WEIGHT, "b.0.bias": BIAS}, "it holds the tensors 'a.0.weight', 'b.0.bias'; wanted weights"),
        ({"0.weight": WEIGHT, "00.bias": BIAS}, "it holds the tensors '0.weight', '00.bias'; wanted"),
        ({"0.weight": WEIGHT}, "it holds no tensor '0.bias'; every layer needs its weight and its bias"),
        ({"a.0.bias": BIAS}, "it holds no tensor 'a.0.weight'; every layer needs its weight and its bias"),
        (
            {"0.weight": ("F64", [2], [2.0, 1.0]), "0.bias": BIAS},
            "the tensor '0.weight' has 1 dimension of float64; wanted 2 dimensions of floats",
        ),
        (
            {"0.weight": ("I64", [1, 2], [2, 1]), "0.bias": BIAS},
            "the tensor '0.weight' has 2 dimensions of int64; wanted 2 dimensions of floats",
        ),
        ({"0.weight": ("BF16", [1, 2], [0, 0]), "0.bias": BIAS}, "not a safetensors file that NumPy can read ("),
        ({"0.weight": ("F8_E4M3", [1, 2], [0, 0]), "0.bias": BIAS}, "not a safetensors file that NumPy can read ("),
        (
            {"0.weight": WEIGHT, "0.bias": ("F64", [2], [0.5, 0.5])},
            "layer 0 has a weight of shape (1, 2) and a bias of shape (2,), which do not fit together",
        ),
        (
            {"0.weight": WEIGHT, "0.bias": BIAS, "1.weight": WEIGHT, "1.bias": BIAS},
            "layer 1 has a weight of shape (1, 2) and a bias of shape (1,) after a layer of 1, which do not fit",
        ),
        (
            {"0.weight": ("F64", [1, 1], [2.0]), "0.bias": BIAS},
            "another architecture: n_inputs 1 in the file, 2 in the model",
        ),
        (
            {"0.weight": WEIGHT, "0.bias": BIAS, "1.weight": ("F64", [1, 1], [2.0]), "1.bias": BIAS},
            "another architecture: widths [1, 1] in the file, [1] in the model",
        ),
        (
            {"0.weight": ("F64", [1, 2], [math.nan, 1.0]), "0.bias": BIAS},
            "a damaged model: the parameter layers.0.neurons.0.w.0 is nan; wanted a finite number",
        ),
        (
            {"0.weight": WEIGHT, "0.bias": ("F32", [1], [-math.inf])},
            "a damaged model: the parameter layers.0.neurons.0.b is -inf; wanted a finite number",
        ),
        (
            {"0.weight": ("F64", [0, 2], []), "0.bias": ("F64", [0], [])},
            "another architecture: widths [0] in the file, [1] in the model",
        ),
    ],
)
def test_tensors_that_are_not_those_of_the_model_leave_it_as_it_was(path, tensors, message):
    path.write_bytes(written(tensors))
    model = MLP(2, [1], seed=0)
    before = bits(model)
    with pytest.raises(ModelFileError) as caught:
        load(path, into=model)
    assert str(caught.value).startswith(f"{path}: {message}")
    assert bits(model) == before


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b'{"format": "scalar-autograd MLP"}', b"\xff" * 100])
def test_a_file_of_another_kind_is_refused(path, content):
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match="not a safetensors file that NumPy can read"):
        load(path)


@pytest.mark.parametrize("dtype", ["F64\n", "F" * 5000, "\x85"])
def test_what_is_wrong_with_a_file_is_said_in_one_line(path, dtype):
    text = json.dumps({"0.bias": {"dtype": dtype, "shape": [1], "data_offsets": [0, 8]}}).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(8))
    with pytest.raises(ModelFileError, match="not a safetensors file that NumPy can read") as caught:
        load(path)
    assert len(str(caught.value).splitlines()) == 1
    assert len(str(caught.value)) < len(str(path)) + 300


def test_tensors_under_another_ending_are_no_json(tmp_path):
    save(small(), tmp_path / "model.safetensors")
    (tmp_path / "model.json").write_bytes((tmp_path / "model.safetensors").read_bytes())
    with pytest.raises(ModelFileError, match="not a JSON file"):
        load(tmp_path / "model.json")


# --- without the packages -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", ["numpy", "safetensors.numpy"])
def test_a_missing_package_is_said_in_one_line_with_the_remedy(path, monkeypatch, missing):
    save(small(), path)
    whole = path.read_bytes()
    genuine = builtins.__import__

    def without(name, *rest):
        if name == missing:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return genuine(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    for use in (lambda: save(small(), path), lambda: load(path)):
        with pytest.raises(ModuleNotFoundError) as caught:
            use()
        assert str(caught.value) == (
            "a .safetensors file needs NumPy and safetensors: pip install 'scalar-autograd[exchange]'"
        )
    assert path.read_bytes() == whole
