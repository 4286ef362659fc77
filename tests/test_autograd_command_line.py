"""`python -m autograd`: the table, the picture, and what it says of a wrong argument."""

import math
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from autograd.__main__ import main
from autograd.report import WIDTH

ROOT = Path(__file__).parent.parent
COLAH = ("(a + b) * (b + 1)", "a=2", "b=1")
NEURON = ("tanh(w1*x1 + w2*x2 + b)", "x1=2", "x2=0", "w1=-3", "w2=1", "b=6.8813735870195432")


def shown(capsys, *arguments):
    """What a call prints; it must succeed in silence on standard error."""
    status = main(arguments)
    out, err = capsys.readouterr()
    assert (status, err) == (0, "")
    return out


def refused(capsys, *arguments):
    """What a call that is refused says; it prints nothing else."""
    status = main(arguments)
    out, err = capsys.readouterr()
    assert (status, out) == (2, "")
    assert err.startswith("autograd: ")
    assert err.endswith("\n")
    return err.removeprefix("autograd: ").removesuffix("\n")


def run(*arguments, program=("-m", "autograd"), **options):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")} | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(  # noqa: S603 (ours)
        [sys.executable, *program, *arguments],
        env=environment | options.pop("env", {}),
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
        **options,
    )


# --- the table ------------------------------------------------------------------------------------------------------


def test_the_worked_example(capsys):
    # c = a + b = 3, d = b + 1 = 2, e = c d = 6. Reverse: de/dc = d = 2, de/dd = c = 3, de/da = 2, de/db = 2 + 3 = 5.
    # Forward along a: 1, 0, then c 1, d 0, e 1 * 2 = 2; along b: 0, 1, then c 1, d 1, e 1 * 2 + 1 * 3 = 5.
    pytest.importorskip("sympy")
    assert (
        shown(capsys, *COLAH)
        == """\
node  operation  value  local derivatives  adjoint  tangent a  tangent b
------------------------------------------------------------------------
a     input          2                           2          1          0
b     input          1                           5          0          1
v2    a + b          3  d/da = 1                 2          1          1
                        d/db = 1
v4    b + 1          2  d/db = 1                 3          0          1
v5    v2 * v4        6  d/dv2 = v4 = 2           1          2          5
                        d/dv4 = v2 = 3

adjoint: dv5/d(node), from reverse mode; tangent a: d(node)/da, from forward mode

v5 = 6; gradient: dv5/da = 2, dv5/db = 5
"""
    )


def test_the_neuron_of_the_lecture(capsys):
    pytest.importorskip("sympy")
    out = shown(capsys, *NEURON)
    assert "v9    tanh(v8)   0.707107  d/dv8 = 1 - tanh(v8)**2 = 0.5        1\n" in out
    assert "v8    v6 + b     0.881374  d/dv6 = 1                          0.5\n" in out
    gradient = "dv9/dw1 = 1, dv9/dx1 = -1.5, dv9/dw2 = 0, dv9/dx2 = 0.5, dv9/db = 0.5"
    assert out.endswith(f"\nv9 = 0.707107; gradient: {gradient}\n")


def test_tangents_for_which_there_is_no_room_stand_in_tables_of_their_own(capsys):
    out = shown(capsys, *NEURON, "--no-formulas")
    assert max(map(len, out.splitlines())) <= WIDTH
    own, forward, *_ = out.split("\n\n")
    assert own.splitlines()[0] == "node  operation     value  local derivatives  adjoint"
    assert forward.splitlines()[0] == "node  tangent w1  tangent x1  tangent w2  tangent x2  tangent b"
    assert forward.splitlines()[-1].split() == ["v9", "1", "-1.5", "0", "0.5", "0.5"]


def test_many_inputs_make_many_narrow_tables(capsys):
    names = [f"x{i}" for i in range(30)]
    out = shown(capsys, f"total([{', '.join(names)}])", *(f"{name}=1" for name in names), "--no-formulas")
    *tables, _, gradient = out.split("\n\n")
    assert all(len(line) <= WIDTH for table in tables for line in table.splitlines())
    heads = [word for table in tables for word in re.findall(r"tangent (\w+)", table.splitlines()[0])]
    assert heads == names
    assert gradient.count(" = 1") == 30


@pytest.mark.parametrize(
    ("expression", "row"),
    [
        ("a - -1", "a - (-1)"),
        ("-a", "-a"),
        ("a ** 2", "a ** 2"),
        ("2 / a", "2 / a"),
        ("maximum(a, 3)", "maximum(a, 3)"),
        ("logaddexp(a, 3)", "logaddexp(a, 3)"),
        ("total([a, 3])", "total(a, 3)"),
        ("dot([a, 2], [3, 4])", "dot([a, 2], [3, 4], 0)"),
        ("leaky_relu(a)", "leaky_relu(a, 0.01)"),
    ],
)
def test_operations_are_written_as_in_an_expression(capsys, expression, row):
    assert row.replace("total(a, 3)", "total([a, 3])") in shown(capsys, expression, "a=2", "--no-formulas")


def test_constants_are_put_into_formulas(capsys):
    pytest.importorskip("sympy")
    assert "d/dx = 3*x**2 = 12\n" in shown(capsys, "x ** 3", "x=2").replace("  ", "\n")
    assert "d/dx = 0.5/x**0.5 = 0.25\n" in shown(capsys, "x ** 0.5", "x=4").replace("  ", "\n")
    assert "d/dx = 1 if x > 0 else 0.2 = 0.2\n" in shown(capsys, "leaky_relu(x, 0.2)", "x=-4").replace("  ", "\n")


def test_a_node_that_is_an_operand_twice_has_two_derivatives(capsys):
    pytest.importorskip("sympy")
    assert shown(capsys, "a * a", "a=3").count("d/da = a = 3") == 2


def test_formulas_in_latex(capsys):
    pytest.importorskip("sympy")
    assert r"d/dx = 1 - \tanh^{2}{\left(x \right)} = 1" in shown(capsys, "tanh(x)", "x=0", "--latex")


def test_long_formulas_are_wrapped_in_their_column(capsys):
    pytest.importorskip("sympy")
    out = shown(capsys, "gelu(x) + y", "x=2", "y=3")
    assert max(map(len, out.splitlines())) <= WIDTH
    assert "sqrt(2)*x*exp(-x**2/2)" in out


def test_without_sympy_there_are_numbers_and_a_line_that_says_what_brings_formulas(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "sympy", None)
    from autograd import formulas

    for cached in vars(formulas).values():
        if hasattr(cached, "cache_clear"):
            cached.cache_clear()
    out = shown(capsys, "tanh(x)", "x=0")
    assert "d/dx = 1" in out
    assert "\n\nformulas need SymPy: pip install sympy\n\n" in out
    assert "pip install" not in shown(capsys, "tanh(x)", "x=0", "--no-formulas")


def test_results_are_not_called_as_an_input_is(capsys):
    out = shown(capsys, "v1 * v1 + v2", "v1=3", "v2=1", "--no-formulas")
    assert out.endswith("\nvv3 = 10; gradient: dvv3/dv1 = 6, dvv3/dv2 = 1\n")


def test_an_input_alone_and_numbers_alone(capsys):
    assert shown(capsys, "a", "a=2").endswith("\na = 2; gradient: da/da = 1\n")
    assert shown(capsys, "2 * 3") == "6, a plain number: the expression has no names to differentiate by\n"


def test_infinite_derivatives_are_shown(capsys):
    assert shown(capsys, "sqrt(x)", "x=0").endswith("\nv1 = 0; gradient: dv1/dx = inf\n")


@pytest.mark.parametrize(
    ("arguments", "result"),
    [
        (["a * b", "a=-2", "b=-1e-1"], "v2 = 0.2; gradient: dv2/da = -0.1, dv2/db = -2"),
        (["-a*b", "a=-2", "b=1"], "v3 = 2; gradient: dv3/da = -1, dv3/db = 2"),
        (["--", "-a*b", "a=-2", "b=1"], "v3 = 2; gradient: dv3/da = -1, dv3/db = 2"),
        (["--latex", "--", "--a", "a=-2"], "v2 = -2; gradient: dv2/da = 1"),
        (["a * b", "a=2", "--no-formulas", "b=3"], "v2 = 6; gradient: dv2/da = 3, dv2/db = 2"),
        (["--no-formulas", "  a ", " b = 3", "a=2"], None),
        (["-1"], "-1, a plain number: the expression has no names to differentiate by"),
    ],
)
def test_negative_numbers_and_options_in_any_order(capsys, arguments, result):
    if result is None:
        assert refused(capsys, *arguments) == "b is given a number but not used; names in the expression: a"
    else:
        assert shown(capsys, *arguments).splitlines()[-1] == result


# --- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], 'there is no expression; wanted one in quotes, such as "a * b" a=2 b=1; see python -m autograd --help'),
        (["a", "+", "b", "a=1"], "'+' is not NAME=NUMBER, such as a=2; the expression comes first, in quotes"),
        (["a", "a=one"], "'a=one': wanted a number behind a=, such as 2 or -1.5e3"),
        (["a", "a=1", "a=2"], "'a=2': a has a number already, 1"),
        (["a", "--", "-a=1"], "'-a=1' is not NAME=NUMBER, such as a=2"),
        (["a", "a=1", "b=1"], "b is given a number but not used; names in the expression: a"),
        (["a", "--foo"], "unrecognized arguments: --foo; see python -m autograd --help"),
        (["a", "--draw"], "argument --draw: expected one argument; see python -m autograd --help"),
        (
            ["a", "--latex", "--no-formulas"],
            "argument --no-formulas: not allowed with argument --latex; see python -m autograd --help",
        ),
        (["+" * 10_001], "the expression has 10,001 characters; at most 10,000 are read"),
    ],
)
def test_a_wrong_argument_is_refused_in_one_line(capsys, arguments, message):
    assert refused(capsys, *arguments) == message


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (["a + c * b", "a=1", "b=2"], ["column 5: c has no number; give c=NUMBER", "  a + c * b", "      ^"]),
        (["-a.real", "a=1"], ["column 2: a.real is not allowed; ", "  -a.real", "   ^~~~~~"]),
        (
            ["1 + 1/(a - a)", "a=1"],
            ["column 5: float division by zero in divide", "  1 + 1/(a - a)", "      ^~~~~~~~~"],
        ),
        (["tahn(a)", "a=1"], ["column 1: there is no function tahn here; did you mean", "  tahn(a)", "  ^~~~"]),
    ],
)
def test_an_error_in_the_expression_is_followed_by_its_text_and_a_caret(capsys, arguments, lines):
    said, *marked = refused(capsys, *arguments).splitlines()
    assert said.startswith(lines[0])
    assert marked == lines[1:]


# --- pictures -------------------------------------------------------------------------------------------------------


def test_a_picture_is_saved(capsys, tmp_path):
    path = tmp_path / "graph.dot"
    assert shown(capsys, *COLAH, "--draw", str(path)).endswith(f"dv5/db = 5\nsaved as {path}\n")
    assert path.read_text(encoding="utf-8").count("adjoint") >= 5


@pytest.mark.parametrize(("name", "begins"), [("g.svg", b"<?xml"), ("g.PNG", b"\x89PNG"), ("g.pdf", b"%PDF")])
def test_pictures_are_of_the_kind_that_the_ending_says(capfd, tmp_path, name, begins):
    pytest.importorskip("pygraphviz")
    assert main([*COLAH, "--draw", str(tmp_path / name), "--no-formulas"]) == 0
    assert (tmp_path / name).read_bytes().startswith(begins)


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("g.gif", "the file must end in .svg, .png, .pdf, .dot or .mmd"),
        ("g", "the file must end in .svg, .png, .pdf, .dot or .mmd"),
        ("", "the file must end in .svg, .png, .pdf, .dot or .mmd"),
        ("none/g.svg", "there is no folder {folder}/none"),
        ("folder.svg", "that is a folder; name a file"),
        ("x" * 300 + ".svg", "File name too long"),
    ],
)
def test_a_place_for_no_picture_is_refused_before_anything_else(capsys, tmp_path, place, message):
    (tmp_path / "folder.svg").mkdir()
    path = tmp_path / place
    said = refused(capsys, "a wrong expression", "--draw", str(path))
    assert said == f"--draw {path}: {message.format(folder=tmp_path)}"


def test_a_graph_that_is_too_large_to_be_read_is_saved_collapsed(capsys, tmp_path):
    path = tmp_path / "g.dot"
    assert shown(capsys, "+".join(["a"] * 400), "a=1", "--no-formulas", "--draw", str(path))
    assert "400 nodes in 3 boxes" in path.read_text(encoding="utf-8")


def test_a_picture_without_a_renderer_is_refused_before_any_work(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "pygraphviz", None)
    assert main([*COLAH, "--draw", str(tmp_path / "g.svg")]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("autograd: no picture: Pictures need Graphviz: pip install pygraphviz")
    assert err.endswith(f"Or save the source: --draw {tmp_path / 'g.dot'}\n")
    assert list(tmp_path.iterdir()) == []


def test_a_picture_that_cannot_be_written_is_one_line(capsys, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    assert main([*COLAH, "--draw", str(tmp_path / "g.dot")]) == 2
    assert capsys.readouterr().err == f"autograd: {tmp_path / 'g.dot'}: No space left on device\n"


# --- the process ----------------------------------------------------------------------------------------------------


def test_help_shows_two_examples_that_run(capsys):
    with pytest.raises(SystemExit) as left:
        main(["--help"])
    assert left.value.code == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= WIDTH
    examples = [line.strip() for line in out.splitlines() if line.startswith("  python -m autograd")]
    assert len(examples) == 2
    assert examples[0] == 'python -m autograd "(a + b) * (b + 1)" a=2 b=1'
    for word in ("--draw FILE", "--latex", "--no-formulas", "logsumexp", "NAME=NUMBER"):
        assert word in out


def test_it_runs_as_a_module():
    done = run(*COLAH, "--no-formulas")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("\nv5 = 6; gradient: dv5/da = 2, dv5/db = 5\n")
    done = run("a +")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("autograd: column 4: the end does not fit here;")


def test_letters_that_the_terminal_does_not_know_do_no_harm():
    ascii_only = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "1"}
    done = run("ω * 2", "ω=1", "--no-formulas", env=ascii_only)
    assert (done.returncode, done.stderr) == (0, "")
    assert r"\u03c9 * 2" in done.stdout
    done = run("ω * 2", env=ascii_only)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(r"autograd: column 1: \u03c9 has no number; give \u03c9=NUMBER")


def test_no_optional_package_is_needed():
    program = (
        "import sys\n"
        "for name in 'numpy scipy sympy mpmath matplotlib pygraphviz graphviz'.split(): sys.modules[name] = None\n"
        "from autograd.__main__ import main\n"
        "raise SystemExit(main(sys.argv[1:]))"
    )
    done = run(*COLAH, program=("-c", program))
    assert (done.returncode, done.stderr) == (0, "")
    assert "pip install sympy" in done.stdout


def test_ctrl_c_ends_it_without_traceback(capsys, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("autograd.__main__.evaluate", interrupted)
    assert main(COLAH) == 130
    assert capsys.readouterr().err == "autograd: interrupted\n"


def test_output_that_is_closed_early_is_one_line():
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as closed:
        done = subprocess.run(  # noqa: S603 (ours)
            [sys.executable, "-m", "autograd", *COLAH, "--no-formulas"],
            cwd=ROOT,
            stdout=closed,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (2, "autograd: the output was closed before all was written\n")


def test_values_are_shown_to_six_digits_and_never_as_minus_zero(capsys):
    out = shown(capsys, "a * b", f"a={math.pi!r}", "b=-0.0", "--no-formulas")
    assert "3.14159" in out
    assert " -0" not in out


def test_the_table_in_the_readme_is_what_is_printed(capsys):
    assert main(["(a + b) * (b + 1)", "a=2", "b=1"]) == 0
    table = capsys.readouterr().out.split("\n\n")[0]
    assert table in (Path(__file__).parents[1] / "README.md").read_text()
