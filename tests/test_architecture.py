"""The floors of the house: who may import whom, what an import costs, and what is public."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import autograd
from autograd.rules import Primitive

ROOT = Path(__file__).parent.parent
AUTOGRAD, NN = (sorted((ROOT / package).glob("**/*.py")) for package in ("autograd", "nn"))

# A module imports only from floors below its own. A new module gets its floor here.
FLOORS = {
    "systems": 0,
    "graph": 0,
    "modes": 0,
    "domains": 0,
    "refusals": 0,
    "signatures": 0,
    "rules": 1,
    "copying": 1,
    "anomalies": 1,
    "primitives": 2,
    "interpreted": 2.5,
    "activations": 3,
    "methods": 3.5,
    "value": 4,
    "dual": 4,
    "trees": 0,
    "reverse": 5,
    "tracing": 1,
    "program": 2,
    "regions": 0,
    "lowering": 3,
    "placing": 3,
    "flags": 3,
    "recorder": 5,
    "wanted": 0,
    "optional": 0,
    "batches": 2,
    "guards": 3,
    "runner": 9,
    "tape_text": 10,
    "lines": 6,
    "rule_lines": 7,
    "product_lines": 7,
    "numpy_code": 8,
    "tape": 11,
    "recording": 12,
    "runs": 6,
    "transforms": 7,
    "check": 8,
    "formulas": 4,
    "rendering": 0,
    "grouping": 5,
    "collapsing": 6,
    "diagram": 7,
    "captions": 8,
    "listing": 9,
    "pictures": 9,
    "mermaid": 10,
    "drawing": 11,
    "draw": 12,
    "expressions": 5,
    "report": 5,
    "commands": 6,
    "costs": 5,
    "scaling": 6,
    "cost_plot": 7,
    "compare": 8,
    "steps": 5,
    "mistakes": 6,
    "verdict": 7,
    "narration": 8,
    "svg": 0,
    "stepper": 1,
    "frames": 9,
    "explain": 13,
    "__main__": 14,
    "__init__": 99,
}

OPTIONAL = (
    "numpy scipy sympy mpmath sklearn matplotlib pygraphviz graphviz tqdm pandas jax IPython safetensors torch".split()
)

# The names of DESIGN's section 4.
FUNCTIONS = (
    "exp exp2 expm1 log log2 log10 log1p sqrt rsqrt cbrt square reciprocal absolute"
    " sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh erf erfc"
    " sigmoid log_sigmoid softplus softsign relu leaky_relu elu silu gelu gelu_tanh step sign"
    " power maximum minimum atan2 hypot logaddexp total dot logsumexp"
).split()
OTHER_NAMES = "Value Primitive primitive softmax gradients no_grad detect_anomaly draw".split()


def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path):
    """(module, name or None) of every import, those inside functions too."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield from ((node.module, alias.name) for alias in node.names)


def dotted(path, package):
    """The module in a file, without the package's name: "layers", or "plots.style"."""
    return ".".join(path.relative_to(ROOT / package).with_suffix("").parts)


def imported_modules(path, package):
    """The modules of its own package that a file imports, without the package's name."""
    known = {dotted(p, package) for p in (ROOT / package).glob("**/*.py")}
    for module, name in imports(path):
        if module == package or module.startswith(f"{package}."):
            base = module.removeprefix(package).removeprefix(".")
            whole = f"{base}.{name}" if base and name else name or base
            yield next(x for x in (whole, base, f"{base}.__init__", "__init__") if x in known)


def run(program, *path, cwd=None, site=True):
    """A program in an interpreter of its own that looks for modules in `path` first."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    environment |= {"PYTHONPATH": os.pathsep.join(map(str, path)), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, *([] if site else ["-S"]), "-c", program]
    return subprocess.run(command, env=environment, cwd=cwd, capture_output=True, text=True, check=False)  # noqa: S603 (ours)


def names(paths):
    return [str(path.relative_to(ROOT)) for path in paths]


# --- floors ---------------------------------------------------------------------------------------------------------


def test_every_module_of_the_engine_has_a_floor():
    assert {path.stem for path in AUTOGRAD} == set(FLOORS)


@pytest.mark.parametrize("path", AUTOGRAD, ids=names(AUTOGRAD))
def test_a_module_of_the_engine_imports_only_from_lower_floors(path):
    own = FLOORS[path.stem]
    found = sorted(set(imported_modules(path, "autograd")))
    assert [module for module in found if FLOORS[module] >= own] == []


@pytest.mark.parametrize("path", AUTOGRAD, ids=names(AUTOGRAD))
def test_the_engine_knows_nothing_of_networks_tests_or_notebooks(path):
    assert {module.split(".")[0] for module, _ in imports(path)}.isdisjoint({"nn", "tests", "notebooks", "references"})


@pytest.mark.parametrize("path", NN, ids=names(NN))
def test_networks_use_only_public_names_of_the_engine(path):
    for module, name in imports(path):
        if module.split(".")[0] == "autograd":
            assert module == "autograd", f"{path.name} reaches into {module}"
            assert name is None or name in autograd.__all__
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "autograd":
            assert node.attr in {*autograd.__all__, "__file__"}


def test_no_modules_of_networks_import_each_other_in_a_circle():
    known = {dotted(path, "nn"): set(imported_modules(path, "nn")) - {"__init__"} for path in NN}
    del known["__init__"]  # it offers what the others define
    left = dict(known)
    while left:
        free = [name for name, needs in left.items() if not needs & left.keys()]
        assert free, f"a circle among {sorted(left)}"
        for name in free:
            del left[name]
    assert known.keys() >= {"layers", "plots.style"}


@pytest.mark.parametrize("path", [*AUTOGRAD, *NN], ids=names([*AUTOGRAD, *NN]))
def test_at_a_module_s_top_only_the_standard_library_is_imported(path):
    outside = set()
    for node in tree(path).body:
        if isinstance(node, ast.Import):
            outside |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            outside.add(node.module.split(".")[0])
    # Estimators are classes of scikit-learn's; only who asks for one imports them.
    allowed = {"autograd", "nn"} | ({"numpy", "sklearn"} if path.name == "estimators.py" else set())
    assert outside - sys.stdlib_module_names <= allowed


@pytest.mark.parametrize("path", [*AUTOGRAD, *NN], ids=names([*AUTOGRAD, *NN]))
def test_every_module_says_what_it_is(path):
    docstring = ast.get_docstring(tree(path))
    assert docstring
    assert docstring.split("\n")[0].endswith((".", ":"))


# --- imports --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("package", ["autograd", "nn"])
def test_importing_loads_nothing_optional(package):
    program = f"import {package}, sys; print(*sorted(set(sys.modules) & set({OPTIONAL})))"
    process = run(program, ROOT)
    assert (process.returncode, process.stdout.strip()) == (0, ""), process.stderr


def test_the_engine_and_networks_work_where_nothing_is_installed():
    program = """
import importlib.util
from autograd import Value, draw, gradients
from nn import MLP
assert importlib.util.find_spec("numpy") is None
assert importlib.util.find_spec("graphviz") is None
x = Value(3.0, "x")
y = MLP(1, [2, 1], "tanh", seed=0)([x]) + x ** 2
y.backward()
assert gradients(y, x) == x.grad
assert "x = 3" in repr(draw(y))
print("fine")
"""
    process = run(program, ROOT, site=False)
    assert process.stdout.strip() == "fine", process.stderr


@pytest.mark.parametrize("file", ["autograd/__init__.py", "autograd.py"])
@pytest.mark.parametrize("program", ["import nn", "from nn import MLP", "import nn.losses"])
def test_networks_say_so_when_they_meet_another_project_named_autograd(tmp_path, file, program):
    other = tmp_path / file
    other.parent.mkdir(exist_ok=True)
    other.write_text("def grad(function):\n    return function\n")
    process = run(program, tmp_path, ROOT, cwd=tmp_path)
    assert process.returncode == 1
    message = process.stderr.strip().splitlines()[-1]
    assert message.startswith("ImportError: ")
    assert str(other) in message
    assert "another project" in message
    assert "pip uninstall autograd" in message
    assert "virtual environment" in message


# --- public names ---------------------------------------------------------------------------------------------------


def test_the_names_of_the_design_are_public():
    assert set(FUNCTIONS + OTHER_NAMES) <= set(autograd.__all__)
    assert all(isinstance(getattr(autograd, name), Primitive) for name in FUNCTIONS)


def test_every_public_name_exists_once_and_is_documented():
    assert len(set(autograd.__all__)) == len(autograd.__all__)
    for name in autograd.__all__:
        assert getattr(autograd, name).__doc__


def test_a_star_import_gives_the_public_names():
    program = "from autograd import *; print(*sorted(name for name in vars() if not name.startswith('__')))"
    process = run(program, ROOT)
    assert process.stdout.split() == sorted(autograd.__all__), process.stderr
