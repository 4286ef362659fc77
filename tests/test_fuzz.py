"""Files and texts from anywhere: whatever they hold, a sound model, table or graph comes, or the documented error.

2,000 inputs are drawn; with FUZZ_INPUTS=100000 in the environment that many. Each is close enough to a valid one to
get deep: files of ours with damage done to their bytes, to the JSON they hold or to the header of their tensors (with a
checksum that is right again), tables with cells of every kind, expressions made by a grammar and spoilt by a token.
"""

import json
import math
import os
import re
import struct

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from autograd import Value
from autograd.expressions import FUNCTIONS, ExpressionError, assignments, evaluate
from nn import MLP, documents, save
from nn.data import DataError, Dataset, from_csv, rows_from_csv
from nn.serialize import ModelFileError, load_with_about

INPUTS = int(os.environ.get("FUZZ_INPUTS", "2000"))
"""How many inputs are drawn in all."""


def fuzz(share):
    """That share of all inputs."""
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
    return settings(max_examples=max(1, round(share * INPUTS)), deadline=None, suppress_health_check=checks)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


# --- damage ---------------------------------------------------------------------------------------------------------

SPLICES = st.one_of(
    st.sampled_from(rb"""\ " , { [ } ] : - 0 null true NaN -Infinity e999 \ud800 \u0000 \n""".split(b" ")),
    st.sampled_from([b"\0", b"\xff", b"\xef\xbb\xbf", b"\xfe\xff", b"\xed\xa0\x80", b"\n", b"\r"]),
    st.sampled_from([b"9" * 4400, b"[" * 2000, b'{"a":' * 2000]),
    st.binary(max_size=9),
)


@st.composite
def damaged(draw, wholes):
    """The bytes of one of some files, with a few changes made to them."""
    data = draw(wholes)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(data)))
        end = at + draw(st.integers(0, 1) | st.integers(0, 40))
        match draw(st.sampled_from(["bits", "put in", "put over", "cut off", "cut out", "repeat", "move"])):
            case "bits":
                data = data[:at] + bytes(b ^ draw(st.integers(1, 255)) for b in data[at : at + 1]) + data[at + 1 :]
            case "put in":
                data = data[:at] + draw(SPLICES) + data[at:]
            case "put over":
                data = data[:at] + draw(SPLICES) + data[end:]
            case "cut off":
                data = data[:at]
            case "cut out":
                data = data[:at] + data[end:]
            case "repeat":
                data = data[:end] + data[at:]
            case "move":
                data = data[end:] + data[at:end] + data[:at]
    return data


NUMBERS = st.one_of(
    st.integers(-2, 4),
    st.floats(),
    st.sampled_from([-0.0, 5e-324, 1e308, True, False, 2**31, 2**63, -(2**63), 2**64, 10**18, 10**400, 10**4200]),
)
TEXTS = st.text(max_size=5) | st.sampled_from(
    ["", "tanh", "softmax", "os.system", "eval", "\ud800", "\0", "a\nb", "x" * 5000]
)
DEEP = st.builds(
    lambda depth, kind: ("deep", depth, kind),
    st.sampled_from([30] * 8 + [200, 200, 900, 990, 3000]),
    st.sampled_from("[{"),
)
"""A marker of lists or dicts in each other, which are put in when the text is written."""
JUNK = st.recursive(
    st.one_of(NUMBERS, TEXTS, st.none(), DEEP),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=4,
)


def places(content, path=()):
    """The paths of everything in lists and dicts."""
    for key, x in content.items() if isinstance(content, dict) else enumerate(content):
        yield (*path, key)
        if isinstance(x, dict | list):
            yield from places(x, (*path, key))


@st.composite
def spoilt(draw, contents):
    """One of some objects of JSON, with a few of its parts changed, taken out, or given twice."""
    content = json.loads(draw(contents))
    for _ in range(draw(st.integers(0, 3))):
        *path, key = draw(st.sampled_from([*places(content)] or [(None,)]))
        holder = content
        for step in path:
            holder = holder[step]
        if not holder:
            break
        match draw(st.sampled_from(["change", "take out", "swap", "add", "twice"])):
            case "change":
                holder[key] = draw(JUNK)
            case "take out":
                del holder[key]
            case "swap":
                other = draw(st.sampled_from(sorted(holder) if isinstance(holder, dict) else range(len(holder))))
                holder[key], holder[other] = holder[other], holder[key]
            case "add" | "twice" if isinstance(holder, list):
                holder.append(draw(JUNK))
            case "add":
                holder[draw(TEXTS)] = draw(JUNK)
            case "twice":
                holder[f"{key}\N{SECTION SIGN}"] = draw(JUNK)
    return content


def as_text(content, indent=None):
    """The JSON of an object with the markers of `spoilt` and `DEEP`; NaN and infinities are in it too."""

    def plain(x):
        match x:
            case ("deep", depth, "["):
                return f"\N{PILCROW SIGN}{depth}["
            case ("deep", depth, "{"):
                return f"\N{PILCROW SIGN}{depth}{{"
            case list():
                return [plain(y) for y in x]
            case dict():
                return {key: plain(y) for key, y in x.items()}
        return x

    text = json.dumps(plain(content), indent=indent, ensure_ascii=False).replace("\N{SECTION SIGN}", "")
    for depth in (30, 200, 900, 990, 3000) if "\N{PILCROW SIGN}" in text else ():
        text = text.replace(f'"\N{PILCROW SIGN}{depth}["', "[" * depth + "]" * depth)
        text = text.replace(f'"\N{PILCROW SIGN}{depth}{{"', '{"a":' * depth + "1" + "}" * depth)
    return text


# --- models ---------------------------------------------------------------------------------------------------------

MODELS = [
    MLP(1, [1], seed=0),
    MLP(2, [2, 1], "tanh", seed=1, dropout=0.25),
    MLP(2, [1, 2, 2], ["gelu", "sin"], "softplus", seed=2),
]
"""What is saved, and what files are loaded into."""


def saved(folder, ending):
    """The bytes of files of these models."""
    path = folder / f"saved{ending}"
    for model in MODELS:
        save(model, path, about={"names": ["a", "é"], "optimizer": {"lr": 0.1, "steps": 3}})
        yield path.read_bytes()


def tried(documented, function, *arguments):
    """What a function gives, and None; or None, and the documented error, whose message is one line and not long."""
    try:
        return function(*arguments), None
    except documented as error:
        refused = error
    assert len(str(refused).splitlines()) == 1
    assert len(str(refused)) < 1_500
    return None, refused


def bits(model):
    return [struct.pack("<d", parameter.data) for parameter in model.parameters()]


def sound_or_refused(path, data):
    """Load a file with these bytes in both ways; whether it was a model, or the documented error came."""
    path.write_bytes(data)
    again = path.with_name(f"again{path.suffix}")
    outcomes = []
    for into in (None, *(MLP(m.n_inputs, [len(x.neurons) for x in m.layers], "tanh", seed=3) for m in MODELS[:2])):
        before = into and bits(into)
        came, refused = tried(ModelFileError, load_with_about, path, into)
        outcomes.append(refused is None)
        if refused:
            assert str(refused).startswith(f"{path}: ")
            assert into is None or bits(into) == before
            continue
        model, about = came
        # What came can be used for whatever a model is used for; saved again, it is the same.
        assert into is None or model is into
        assert all(type(p.data) is float and math.isfinite(p.data) for p in model.parameters())
        assert {len(neuron.w) for neuron in model.layers[0].neurons} == {model.n_inputs}
        if all(abs(p.data) < 1e50 for p in model.parameters()):
            outputs = model.eval()([0.5] * model.n_inputs)
            assert len(outputs if isinstance(outputs, list) else [outputs]) == model.n_outputs
        _, refused = tried(ValueError, save, model, again, about)
        if refused:  # how deep is too deep hangs on how deep the call is
            assert str(refused) == "about holds what JSON cannot: it is nested too deeply"
            continue
        twin, about_again = load_with_about(again)
        assert (repr(twin), bits(twin), about_again) == (repr(model), bits(model), about)
    return any(outcomes)


@pytest.fixture(scope="module")
def texts(folder):
    """Models in JSON: the bytes of some."""
    return st.sampled_from([*saved(folder, ".json")])


@pytest.fixture(scope="module")
def tensors(folder):
    """Models in tensors: the bytes of some."""
    pytest.importorskip("safetensors")
    return st.sampled_from([*saved(folder, ".safetensors")])


@fuzz(0.15)
@given(data=st.data())
def test_a_model_in_json_whose_bytes_are_damaged_is_sound_or_refused(folder, texts, data):
    sound_or_refused(folder / "bytes.json", data.draw(damaged(texts)))


@fuzz(0.15)
@given(data=st.data())
def test_a_model_in_json_with_other_fields_is_sound_or_refused(folder, texts, data):
    encoding = data.draw(st.sampled_from(["utf-8"] * 5 + ["utf-8-sig", "utf-16", "utf-32-be"]))
    sound_or_refused(folder / "fields.json", as_text(data.draw(spoilt(texts))).encode(encoding, "surrogatepass"))


@fuzz(0.1)
@given(data=st.data())
def test_a_model_of_tensors_whose_bytes_are_damaged_is_sound_or_refused(folder, tensors, data):
    sound_or_refused(folder / "bytes.safetensors", data.draw(damaged(tensors)))


def header(data):
    """The header of a file of tensors, and the numbers behind it."""
    end = 8 + int.from_bytes(data[:8], "little")
    return json.loads(data[8:end]), data[end:]


@fuzz(0.1)
@given(data=st.data())
def test_a_model_of_tensors_with_another_header_is_sound_or_refused(folder, tensors, data):
    entries, numbers = header(data.draw(tensors))
    if data.draw(st.booleans()):  # another program's, without metadata
        del entries["__metadata__"]
    text = as_text(data.draw(spoilt(st.just(json.dumps(entries))))).encode(errors="surrogatepass")
    length = data.draw(st.sampled_from([len(text)] * 9 + [0, len(text) + 1, 10**8, 2**63, 2**64 - 1]))
    sound_or_refused(folder / "header.safetensors", struct.pack("<Q", length) + text + numbers)


DTYPES = ["float64"] * 6 + ["float32", "float16", "int64", "uint8", "bool", "complex64"]


LAYERS = st.sampled_from(
    ["layers.0 layers.1", "layers.0 layers.0", "layers.0 layers.0 layers.1 layers.1", "0 0", "0 0 2 2", ""]
)
SIZES = st.sampled_from([1, 1, 1, 2, 0])


@fuzz(0.1)
@given(data=st.data())
def test_a_model_of_tensors_with_a_right_checksum_is_sound_or_refused(folder, tensors, data):
    import numpy as np
    import safetensors.numpy

    from nn.tensors import _digest

    arrays = {}
    for i, layer in enumerate(data.draw(LAYERS).split()):
        name, shape = (f"{layer}.bias", st.tuples(SIZES)) if i % 2 else (f"{layer}.weight", st.tuples(SIZES, SIZES))
        shape = data.draw(shape | shape | shape | st.lists(SIZES, max_size=3).map(tuple))
        n_bytes = 16 * math.prod(shape)
        numbers = np.frombuffer(
            data.draw(st.just(bytes(n_bytes)) | st.binary(min_size=n_bytes, max_size=n_bytes)),
            data.draw(st.sampled_from(DTYPES)),
            math.prod(shape),
        )
        arrays[name] = numbers.reshape(shape).copy()
    metadata = header(data.draw(tensors))[0]["__metadata__"]
    text = as_text(data.draw(spoilt(st.just(metadata["scalar-autograd"]))))
    text = data.draw(st.sampled_from([text] * 20 + ["", "[]", "{}", "null", "[" * 100_000, '{"format": NaN}']))
    text = text.encode(errors="replace").decode()
    metadata = data.draw(st.sampled_from([{"scalar-autograd": text, "sha256": _digest(text, arrays)}] * 9 + [None]))
    sound_or_refused(folder / "forged.safetensors", safetensors.numpy.save(arrays, metadata))


# --- tables ---------------------------------------------------------------------------------------------------------

CELLS = st.one_of(
    st.sampled_from("1 -2.5 3e2 .5 0 1.0 x plum".split()),
    st.sampled_from("nan inf -Infinity 1e999 1_000 0x1f ٣ 1,5 1;2 a\"b \" '' =1+1 __import__('os') \x1b[31m".split()),
    st.sampled_from(["", " 4 ", "9" * 5000, "1\t2", "a\nb", "\r", "\x85", "\u2028", "\ufeff", "é" * 200, "\U0001f600"]),
    st.text(max_size=4).filter(lambda text: "\0" not in text),
)
NAMES = st.sampled_from(["a", "b", "kind", "a b", "é", "t"]) | CELLS


SPECIAL = st.tuples(st.sampled_from(["", "a,b\n1,2\n"]), st.text('ab1.5-e_,;\t\n\r" \ufeff\u0663\0', max_size=60))


@st.composite
def tables(draw):
    """The bytes of a table that is written in some dialect, more or less right."""
    delimiter = draw(st.sampled_from(",,;\t"))
    quoting = draw(st.sampled_from(["where due", "all", "none"]))

    def written(cell):
        due = quoting == "all" or any(c in cell for c in f'{delimiter}"\r\n')
        return '"' + cell.replace('"', '""') + '"' if due and quoting != "none" else cell

    width = draw(st.integers(1, 4))
    header = draw(st.lists(NAMES, min_size=width, max_size=width, unique=draw(st.booleans())))
    cells = st.sampled_from([CELLS, st.floats(-1e3, 1e3).map(repr), st.integers(0, 3).map(str)])
    columns = [draw(cells) for _ in range(width)]
    rows = [[draw(column) for column in columns] for _ in range(draw(st.integers(0, 6)))]
    if rows and draw(st.integers(0, 4)) == 0:
        ragged = draw(st.sampled_from(rows))
        ragged[draw(st.integers(0, width)) :] = draw(st.lists(CELLS, max_size=3))
    end = draw(st.sampled_from(["\n", "\n", "\r\n", "\r", "\n\n", " \n"]))
    text = end.join(delimiter.join(map(written, row)) for row in [header, *rows]) + draw(st.sampled_from(["", end]))
    encoding = draw(st.sampled_from(["utf-8"] * 7 + ["utf-8-sig", "utf-16", "latin-1"]))
    return text.encode(encoding, "surrogatepass" if encoding != "latin-1" else "replace")


def whole_or_refused(path, data, target, task):
    """Read a table with these bytes in both ways; whether it was a data set, or the documented error came."""
    path.write_bytes(data)
    outcomes = []
    for read, *arguments in (from_csv, target, task), (rows_from_csv, ["a"]):
        came, refused = tried(DataError, read, path, *arguments)
        outcomes.append(refused is None)
        if refused:
            assert str(refused).startswith(repr(str(path)))
            continue
        rows = came.inputs if isinstance(came, Dataset) else came
        assert len({len(row) for row in rows}) == 1
        assert all(type(x) is float and math.isfinite(x) for row in rows for x in row)
        if isinstance(came, Dataset):
            assert len(came) >= 2
            assert len(repr(came).splitlines()) == 1
            assert all(map(math.isfinite, came.targets))
            assert not came.is_classification or set(came.targets) == set(range(came.n_classes)) > {0}
            assert task is None or came.task == task
    return any(outcomes)


@fuzz(0.2)
@given(
    data=tables() | damaged(tables()) | st.binary(max_size=80) | SPECIAL.map("".join).map(str.encode),
    target=st.sampled_from([None, None, "a", "b", "kind", "\ud800"]),
    task=st.sampled_from([None, "classification", "regression"]),
)
def test_a_table_is_a_sound_data_set_or_refused(folder, data, target, task):
    whole_or_refused(folder / "table.csv", data, target, task)


# --- expressions ----------------------------------------------------------------------------------------------------

TOKENS = st.sampled_from(
    "a b c pi e 1 2.5 1e308 1e999 1j 0x1f 0b1 0o7 07 1_0 9**9**9 + - * / ** // % @ & | ^ ~ << >> ( ) [ ] { } , . ="
    " == := -> : ; ! ' \" # \\ lambda if else for in is not and or await yield async None True __import__ __debug__"
    " tanh( log( dot([ total([ power( x= *a **a elu(a,alpha=1,alpha=2) f'{a}' a.b a[0] \n \t \f \0 é ｘ ａ а ٣ ² ∞"
    " \u202e \u200b \U0001d44e \udcff _ \ufeff".split(" ")
)
LEAVES = st.sampled_from(["a", "b", "c", "pi", "1", "0", "2.5", "1e-300", "1e300", "710", "9" * 400, "x"])
GRAMMAR = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", " ** "]), inner).map("".join),
        inner.map("({})".format),
        inner.map("-{}".format),
        st.tuples(st.sampled_from(sorted(FUNCTIONS)), st.lists(inner, max_size=3)).map(
            lambda call: f"{call[0]}({', '.join(call[1])})"
        ),
        st.tuples(st.sampled_from(["dot", "total", "logsumexp", "hypot"]), st.lists(inner, max_size=3)).map(
            lambda call: f"{call[0]}([{', '.join(call[1])}])"
        ),
        st.tuples(
            st.sampled_from("elu leaky_relu dot power".split()), inner, TEXTS.filter(str.isidentifier), inner
        ).map(lambda call: f"{call[0]}({call[1]}, {call[2]}={call[3]})"),
    ),
    max_leaves=10,
)


@st.composite
def spoilt_text(draw):
    """An expression with a token put in or over, repeated, cut, or wrapped many times."""
    text = draw(GRAMMAR)
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(text)))
        end = at + draw(st.integers(0, 3))
        times = draw(st.sampled_from([1] * 12 + [2, 50, 300, 3000]))
        text = text[:at] + draw(TOKENS) * times + text[end:]
    return text


def graph_or_refused(text, values):
    """Evaluate an expression; whether it was a graph, or the documented error came."""
    came, refused = tried(ExpressionError, evaluate, text, values)
    if refused:
        named = re.match(r"column ([0-9]+): ", str(refused))
        assert refused.column == (int(named[1]) if named else 0) <= len(text) + 1
        assert len(refused.marked.splitlines()) == (2 if named else 0)
        return False
    output, inputs = came
    assert isinstance(output, Value)
    assert inputs.keys() == values.keys()
    output.backward()
    assert all(type(x.grad) is float for x in inputs.values())
    return True


@fuzz(0.17)
@given(
    text=spoilt_text()
    | st.lists(TOKENS, max_size=12).map(" ".join)
    | st.lists(TOKENS, max_size=12).map("".join)
    | st.text(),
    numbers=st.dictionaries(st.sampled_from("abc"), st.floats(allow_nan=False, allow_infinity=False)),
)
def test_a_text_is_a_graph_or_refused(text, numbers):
    graph_or_refused(text, numbers)
    graph_or_refused(text, {name: x for name, x in numbers.items() if name in text})


@fuzz(0.03)
@given(st.lists(st.tuples(TOKENS, st.sampled_from(["=", "==", " = ", ""]), TOKENS | NUMBERS.map(repr)).map("".join)))
def test_numbers_for_names_are_finite_or_refused(arguments):
    numbers, refused = tried(ExpressionError, assignments, arguments)
    if not refused:
        assert len(numbers) == len(arguments)
        assert all(type(x) is float and math.isfinite(x) for x in numbers.values())


# --- tests of these tests -------------------------------------------------------------------------------------------


def test_a_reader_that_is_less_strict_would_be_seen(folder, monkeypatch):
    deep, ours = b"[" * 100_000, next(saved(folder, ".json")).replace(b'"names"', b'"x": NaN, "names"')
    assert not sound_or_refused(folder / "strict.json", deep)
    assert not sound_or_refused(folder / "strict.json", ours)
    monkeypatch.setattr(documents, "decoded", json.loads)
    with pytest.raises(RecursionError):
        sound_or_refused(folder / "lenient.json", deep)
    with pytest.raises(AssertionError, match="Out of range float values"):
        sound_or_refused(folder / "lenient.json", ours)


def test_what_is_drawn_is_now_sound_and_now_refused(folder, texts):
    path = folder / "drawn"
    targets = [
        (spoilt(texts), lambda content: sound_or_refused(path, as_text(content).encode(errors="replace"))),
        (damaged(texts), lambda data: sound_or_refused(path, data)),
        (tables(), lambda data: whole_or_refused(path, data, None, None)),
        (spoilt_text(), lambda text: graph_or_refused(text, {name: 0.5 for name in "abc" if name in text})),
    ]
    first = settings(max_examples=500, phases=[Phase.generate], database=None)
    for strategy, is_sound in targets:
        find(strategy, is_sound, settings=first)
        find(strategy, lambda drawn, is_sound=is_sound: not is_sound(drawn), settings=first)
