"""Files and texts made to do harm: nothing in them is run, and no size that they claim is believed.

Python's own audit events say what a process does: what it opens, imports, compiles, executes, starts.
"""

import io
import json
import pickle
import struct
import sys
import zipfile
from importlib.util import find_spec

import pytest
from pythons import VERSIONS, found, run

from nn import MLP, save

MARK = "it-was-run"
CODE = f"__import__('pathlib').Path({MARK!r}).touch()"


class Runs:
    """What runs code when it is unpickled."""

    def __reduce__(self):
        return eval, (CODE,)


def model(**changes):
    """A model file with some fields changed."""
    content = {
        "format": "scalar-autograd MLP",
        "n_inputs": 1,
        "widths": [1],
        "activations": ["linear"],
        "about": {},
        "parameters": {"layers.0.neurons.0.w.0": 0.5, "layers.0.neurons.0.b": 0.25},
    }
    return json.dumps(content | changes).encode()


def header(entries, numbers=b"", length=None):
    """A file of tensors with this header: a shape and offsets for each tensor, or metadata."""
    described = {
        name: x if isinstance(x, dict) else {"dtype": "F64", "shape": x[0], "data_offsets": x[1]}
        for name, x in entries.items()
    }
    text = json.dumps(described).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + numbers


def archive():
    """As torch.save writes: a zip with a pickle in it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as whole:
        whole.writestr("archive/data.pkl", pickle.dumps(Runs()))
    return file.getvalue()


SPEAKING = {  # names that something might take for code, or for a module to import
    "code as activation": {"activations": [CODE]},
    "a module as activation": {"activations": ["os.system"]},
    "a dunder as activation": {"activations": ["__class__"]},
    "code as width": {"widths": [CODE]},
    "code as dropout": {"dropout": CODE},
    "code as parameter": {"parameters": {"layers.0.neurons.0.w.0": CODE, "layers.0.neurons.0.b": 0.0}},
    "a name that is a path": {"parameters": {"__class__.__init__.__globals__": 0.5, "layers.0.neurons.0.b": 0.0}},
    "what others revive": {"about": {"py/object": "os.system", "__reduce__": CODE, "!!python/object/apply:eval": CODE}},
}
HOSTILE = {
    "pickle.json": pickle.dumps(Runs()),
    "pickle of old.json": pickle.dumps(Runs(), protocol=0),
    "archive.json": archive(),
    "pickle.safetensors": pickle.dumps(Runs()),
    "archive.safetensors": archive(),
    "code.safetensors": CODE.encode(),
    "metadata.safetensors": header({"__metadata__": {"scalar-autograd": CODE, "sha256": CODE, "pickle": CODE}}),
    "source.json": CODE.encode(),
    "formula.csv": f"a,kind\n=cmd|'/c calc'!A0,x\n{CODE},y\n".encode(),
    "header.csv": f"{CODE},=1+1\n1,2\n3,4\n".encode(),
    "pickle.csv": pickle.dumps(Runs(), protocol=0),
} | {f"{name}.json": model(**changes) for name, changes in SPEAKING.items()}

WATCHED = """
import json, pathlib, pickle, sys
from autograd.expressions import evaluate, ExpressionError
from nn import load
from nn.data import DataError, from_csv
from nn.serialize import ModelFileError

def outcome(path):
    try:
        if path.suffix == ".csv":
            from_csv(path)
        elif path.suffix == ".expression":
            evaluate(text, {"a": 2.0})
        else:
            load(path)
        return "read"
    except (ModelFileError, DataError, ExpressionError) as error:
        return type(error).__name__

def watch(event, arguments):
    if current and event != "builtins.id":
        what = str(arguments[0]) if event == "open" else ""
        seen[current].append(f"{event} {what} {arguments[1]}" if what else event)

hostile = json.loads(sys.stdin.read())
current, seen, outcomes = None, {}, {}
for first in "first.json", "first.safetensors", "first.csv":
    outcomes[first] = outcome(pathlib.Path(first))   # what is imported the first time that it is needed is ours
sys.addaudithook(watch)
for name, text in hostile:
    path = pathlib.Path(name)
    seen[name], current = [], name
    outcomes[name] = outcome(path)
    current = None
if "control" in sys.argv:
    seen["control"], current = [], "control"
    pickle.loads(pathlib.Path("pickle.json").read_bytes())
    current = None
print(json.dumps([outcomes, seen]))
"""


def watched(folder, hostile, *arguments):
    """What came of each of these files or expressions, and the audit events on the way."""
    program = folder / "watched.py"
    program.write_text(WATCHED)
    done = run(sys.executable, str(program), *arguments, cwd=folder, input=json.dumps(hostile))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def files(tmp_path):
    for name, data in HOSTILE.items():
        (tmp_path / name).write_bytes(data)
    save(MLP(1, [1]), tmp_path / "first.json")
    (tmp_path / "first.csv").write_text("a,kind\n1,x\n2,y\n")
    return tmp_path


def test_reading_a_file_opens_it_and_does_nothing_else(files):
    pytest.importorskip("safetensors")
    save(MLP(1, [1]), files / "first.safetensors")
    outcomes, seen = watched(files, [(name, "") for name in HOSTILE], "control")
    assert {outcomes.pop(f"first.{ending}") for ending in ("json", "safetensors", "csv")} == {"read"}
    assert (files / MARK).exists()  # by the control, which unpickles
    assert {"pickle.find_class", "compile", "exec"} <= set(seen.pop("control"))
    for name, events in seen.items():
        assert [event.removesuffix("b") for event in events] == [f"open {name} r"]
    read = {name for name, outcome in outcomes.items() if outcome == "read"}
    assert read == {"what others revive.json", "header.csv"}  # texts: what is said about a model, names of columns


HOSTILE_EXPRESSIONS = [
    CODE,
    "__import__",
    "__import__(os)",
    "__builtins__",
    "__debug__",
    "eval(a)",
    "exec(a)",
    "open(a)",
    "a.__class__",
    "a.__class__.__mro__",
    "().__class__.__bases__[0].__subclasses__()",
    "tanh.rule.__globals__",
    "total.__self__",
    "f'{a}'",
    "lambda: a",
    "(a := 2)",
    "[a for a in [1]]",
    "[a][0]",
    "a if a else a",
    "not a",
    "a and a",
    "a < 3",
    "await a",
    "(yield)",
    "*a",
    "tanh(*[a])",
    "tanh(**{})",
    "print(a)",
    "__ｉmport__(os)",
    "ｅｖａｌ(a)",
    "а",
]


def test_an_expression_is_parsed_and_never_executed_nor_does_it_reach_attributes_or_builtins(files):
    pytest.importorskip("safetensors")
    save(MLP(1, [1]), files / "first.safetensors")
    expressions = {f"{i}.expression": text for i, text in enumerate(HOSTILE_EXPRESSIONS)}
    outcomes, seen = watched(files, [*expressions.items()])
    for name, text in expressions.items():
        assert (text, outcomes[name], {*seen[name]} - {"compile"}) == (text, "ExpressionError", set())
    assert not (files / MARK).exists()


# --- sizes ----------------------------------------------------------------------------------------------------------

LIMITED = """
import json, pathlib, resource, sys
from autograd.expressions import evaluate, ExpressionError
from nn import MLP, load
from nn.serialize import ModelFileError
into = MLP(1, [1])
if "tensors" in sys.argv:
    load("first.safetensors")

resource.setrlimit(resource.RLIMIT_CPU, (20, 20))   # seconds; what is refused takes a hundredth
pages = int(pathlib.Path("/proc/self/statm").read_text().split()[0]) if sys.platform == "linux" else 0
size = pages * resource.getpagesize() + 200 * 2**20
if pages:
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
refused = 0
for path in sorted(pathlib.Path().glob("bomb*")):
    for model in None, into:
        try:
            load(path, model)
        except ModelFileError:
            refused += 1
for text in json.loads(sys.stdin.read()):
    try:
        evaluate(text, {"a": 1.0})
    except ExpressionError:
        refused += 1
print(refused)
try:
    print(len(bytearray(2 * size if pages else 1)))
except MemoryError:
    print("no memory")
"""
NO_TENSORS = {
    "a width as a long text": model(n_inputs=10**9, widths=["abc"]),
    "a width as a list": model(n_inputs=10**12, widths=[[1, 2, 3]]),
    "a network of any size": model(n_inputs=10**9, widths=[10**9]),
    "widths that cancel": model(n_inputs=10**9, widths=[10**9, -(10**9), 1]),
    "sizes of thousands of digits": model(n_inputs=10**4000, widths=[10**4000]),
    "an integer that takes long to read": model().replace(b"0.5", b"9" * 10**6),
    "lists in lists": model(widths=0).replace(b'"widths": 0', b'"widths": ' + b"[" * 10**6 + b"]" * 10**6),
    "dicts in dicts": model(about=0).replace(b'"about": 0', b'"about": ' + b'{"a":' * 10**6),
}
TENSORS = {
    "a header of 2**63 bytes": header({}, length=2**63),
    "a header of 100 MB": header({}, length=10**8),
    "a tensor of 2**62 numbers": header({"0.weight": ([2**31, 2**31], [0, 8])}, bytes(8)),
    "a shape of no numbers": header({"0.weight": ([2**40, 0], [0, 0]), "0.bias": ([0], [0, 0])}),
    "a shape of no numbers, with a bias": header({"0.weight": ([0, 2**40], [0, 0]), "0.bias": ([0], [0, 0])}),
    "an offset behind the end": header({"0.weight": ([1, 1], [2**40, 2**40 + 8])}),
}
COSTLY_EXPRESSIONS = [
    "9**9**9",
    "9**9**9**9",
    "(9**9**9)*0",
    "9**" * 3000 + "9",
    "2**99999999999",
    "10**(10**10)",
    "-9**9**9",
    "power(9, power(9, 9))",
    "9" * 9999,
    "0x" + "f" * 9990,
    "1e999999999",
    "1e" + "9" * 4000,
    "a" * 10_001,
    "9" * 10**7,
    "(" * 199 + "a b",
    "(" * 5000,
    "[" * 5000,
    "(" * 4000 + "a" + ")" * 4000,
    "tanh(" * 1900 + "a" + ")" * 1900,
    "total([" * 199,
    "-" * 9999 + "a",
    "a" + "+a" * 4990,
    "a" + "**a" * 3000,
    "a." * 4990 + "a",
    "a" + "[a" * 190,
    "f(a=" * 190,
    "(a for a in " * 90 + "a",
    "not " * 2400 + "a",
    "a if a else " * 800 + "a",
    "lambda a:" * 1000 + "a",
    "a<" * 4999 + "a",
]


@pytest.mark.skipif(sys.platform != "linux", reason="what a process may use is limited as Linux does it")
@pytest.mark.parametrize("version", VERSIONS)
def test_claimed_sizes_huge_powers_and_deep_nesting_are_refused_in_little_time_and_memory(tmp_path, version):
    python = found(version)
    if python is None:
        pytest.skip(f"Python {version} is not installed here: neither python{version} on the PATH nor a pyenv has it")
    tensors = python == sys.executable and find_spec("safetensors") is not None
    if tensors:
        save(MLP(1, [1]), tmp_path / "first.safetensors")
    bombs = [(".json", data) for data in NO_TENSORS.values()]
    bombs += [(".safetensors", data) for data in TENSORS.values()] * tensors
    for i, (ending, data) in enumerate(bombs):
        (tmp_path / f"bomb{i}{ending}").write_bytes(data)
    arguments = ["tensors"] * tensors
    done = run(python, "-c", LIMITED, *arguments, cwd=tmp_path, input=json.dumps(COSTLY_EXPRESSIONS))
    assert done.returncode == 0, done.stderr[-2000:]
    # The last line is a control: memory beyond the limit is refused.
    assert done.stdout.split("\n")[:2] == [str(2 * len(bombs) + len(COSTLY_EXPRESSIONS)), "no memory"]
