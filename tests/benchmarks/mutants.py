"""Tests of the tests: each line of the engine's core is made wrong in every way that mutmut knows, one at a time.

    python tests/benchmarks/mutants.py [--only value dual] [--again] [--processes 2] [--results mutants.jsonl]

Needs `pip install mutmut==2.5.1`, which makes the mutants (mutmut 3 leaves decorated functions out, and so all rules).
The tests run once in this process, which imports what they import and must find nothing wrong; then for each mutant a
fork of it imports the packages anew, with the one module changed in memory alone, and runs the tests until one fails:
first those that are named for the changed function. A mutant counts as killed by a failed test, an error, or a time or
a memory without end. Annotations, docstrings and `__all__` are left as they are; texts of messages are changed too.

Outcomes are added to the results file as they come, and known ones are not run again; `--again` runs survivors anew.
Printed are the table and the survivors; what came of it, and why those that survive are equivalent, is in mutants.md.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import difflib
import gc
import importlib.util
import json
import os
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from importlib.machinery import SourceFileLoader
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import hypothesis
import mutmut
import pytest
import references

ROOT = Path(__file__).parents[2]

# For each module: files whose tests are chosen by the name of the changed function, and files of which all are run.
TESTS = {
    "autograd.primitives": ("primitives higher_order gradients recording", "value recording higher_order tape"),
    "autograd.interpreted": ("higher_order recording", "primitives value recording higher_order tape"),
    "autograd.value": ("value", "value modes recording numpy_interop graph"),
    "autograd.methods": ("value dual", "value dual numpy_interop higher_order"),
    "autograd.dual": ("dual", "dual transforms modes recording"),
    "autograd.tape": ("tape", "tape recording lowering numpy_code"),
    "nn.regression_losses": ("losses", "losses"),
    "nn.binary_losses": ("losses", "losses loss_references"),
    "nn.multiclass_losses": ("losses", "losses loss_references"),
    "nn.optim": ("optim", "optim"),
    "autograd.activations": ("primitives higher_order gradients", "value recording higher_order tape"),
}
OF_ALL = ("wrong_calls",)
"""Files whose tests are about every module, and run as well."""

# They take long, and kill nothing that others do not.
SLOW = (
    "test_tape.py::test_a_chain_of_50_000_nodes_replays_without_recursion",
    "test_tape.py::test_without_scipy_replays_are_the_same",
    "test_tape.py::test_without_numpy_a_replay_says_what_to_install",
)
SECONDS, GIGABYTES = 240, 3
"""Of processor time, and of memory beyond what this process has: more is a mutant without end."""


class Mutated(SourceFileLoader):
    """Imports a module as if its file held another source."""

    def __init__(self, name, source):
        super().__init__(name, str(path_of(name)))
        self.source = source

    def get_code(self, fullname):
        return compile(self.source, self.path, "exec", dont_inherit=True)

    def find_spec(self, name, path=None, target=None):
        return importlib.util.spec_from_file_location(name, self.path, loader=self) if name == self.name else None


class Failed:
    """A plugin of pytest that remembers the first test that failed."""

    test = ""

    def pytest_runtest_logreport(self, report):
        if report.failed and not self.test:
            self.test = report.nodeid


def path_of(name):
    return ROOT / (name.replace(".", "/") + ".py")


def without_types(source):
    """The syntax tree's text, but for what runs nowhere: annotations, names of types, and `__all__`."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign):
            node.value = None if ast.unparse(node.annotation) == "TypeAlias" else node.value
            node.annotation = ast.Name("type")
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            node.value = ast.Name("names")
        elif isinstance(node, ast.Assign) and ast.unparse(node.value).startswith("TypeVar("):
            node.value = ast.Name("type")
    return ast.dump(tree)


def mutants_of(name):
    """For each mutant a key that outlasts changes elsewhere in the file, the function that it is in, and the source."""
    source = path_of(name).read_text(encoding="utf-8")
    lines, seen, tree = source.splitlines(keepends=True), Counter(), ast.parse(source)
    for statement in tree.body:  # one by one: mutmut parses what it is given anew for each mutant
        first, last = first_line(statement) - 1, statement.end_lineno
        part = "".join(lines[first:last])
        plain = without_types(part)
        for place in mutmut.list_mutations(mutmut.Context(source=part, filename=name)):
            changed, _ = mutmut.mutate(mutmut.Context(source=part, filename=name, mutation_id=place))
            if not is_python(changed) or without_types(changed) == plain:
                continue
            pair = [x.rstrip() for x in difflib.ndiff(part.splitlines(), changed.splitlines()) if x[0] in "-+"]
            function = function_at(tree, first + place.line_number + 1)
            key = "\n".join([f"{name}, {function or 'module'}:", *pair])
            seen[key] += 1
            whole = "".join(lines[:first]) + changed + "".join(lines[last:])
            yield key + (f"\n({seen[key]})" if seen[key] > 1 else ""), function, whole


def is_python(source):
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True


def first_line(statement):
    return min([statement.lineno, *(d.lineno for d in getattr(statement, "decorator_list", ()))])


def function_at(tree, line):
    """The name of the function or method in which the line is, or of the class; decorators belong to it."""
    found = ""
    for node in ast.walk(tree):
        kind = ast.FunctionDef if found else ast.FunctionDef | ast.ClassDef
        if isinstance(node, kind) and first_line(node) <= line <= node.end_lineno:
            found = node.name
    return found


def run(*arguments, plugins=()):
    """pytest's exit code; 0 if no test had such a name."""
    quiet = "-x -q --assert=plain --tb=no -p no:cacheprovider -p no:unraisableexception".split()
    slow = [f"--deselect=tests/{test}" for test in SLOW]
    code = pytest.main([*quiet, *slow, *arguments], plugins=list(plugins))
    return 0 if code == pytest.ExitCode.NO_TESTS_COLLECTED else int(code)


def stages(name, function):
    """Arguments of pytest, run after run."""
    chosen, whole = ([str(ROOT / f"tests/test_{test}.py") for test in tests.split()] for tests in TESTS[name])
    whole = [*whole, *(str(ROOT / f"tests/test_{test}.py") for test in OF_ALL)]
    public = function and not function.startswith("_") and function != "rule"
    named = [["-k", function, chosen[0]], ["-k", function, *chosen[1:]]] if public else [chosen[:1]]
    return [*(files for files in named if files[-1] != function), whole, [str(path_of(name))]]


def forget():
    """The next import of the packages, and of their tests, is the first."""
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None) or ""
        if file.startswith(str(ROOT)) and name not in {"__main__", references.__name__}:
            del sys.modules[name]


@contextlib.contextmanager
def silent():
    """Nothing is printed, by this process or what it starts."""
    kept = os.dup(1), os.dup(2)
    with Path(os.devnull).open("wb") as nowhere:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            for stream, number in zip((sys.stdout, sys.stderr), (1, 2), strict=True):
                stream.flush()
                os.dup2(kept[number - 1], number)
                os.close(kept[number - 1])


def started(name, function, source):
    """A fork in which the tests meet the mutant, and where to read the name of the test that killed it."""
    outcome, told = os.pipe()
    if pid := os.fork():
        os.close(told)
        return pid, outcome
    try:
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        seconds = resource.getrusage(resource.RUSAGE_SELF)
        done = int(seconds.ru_utime + seconds.ru_stime)
        resource.setrlimit(resource.RLIMIT_CPU, (done + SECONDS, done + SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (used + (GIGABYTES << 30),) * 2)
        signal.alarm(8 * SECONDS)  # one that waits for ever
        sys.meta_path.insert(0, Mutated(name, source))
        failed, code = Failed(), 0
        with silent():
            for arguments in stages(name, function):
                code = run(*arguments, plugins=[failed])
                if code:
                    break
        if code:
            os.write(told, (failed.test or "an error while tests were collected").encode())
        os._exit(1 if code else 0)
    finally:
        os._exit(2)


def outcomes(work, processes):
    """(key, the test that killed it, or "" if none did) of each piece of work, as they come."""
    work, running = list(reversed(work)), {}
    while work or running:
        while work and len(running) < processes:
            key, *mutant = work.pop()
            pid, outcome = started(*mutant)
            running[pid] = key, outcome
        pid, status = os.wait()
        key, outcome = running.pop(pid)
        with open(outcome, "rb") as told:  # noqa: PTH123 (a pipe)
            killer = told.read().decode()
        yield key, killer or ("" if status == 0 else "no end, or a crash")


def main():
    parser = argparse.ArgumentParser(description="Count the mutants of the engine's core that the tests kill.")
    short = {name.split(".")[1]: name for name in TESTS}
    parser.add_argument("--only", nargs="+", choices=short, default=list(short), metavar="MODULE")
    parser.add_argument("--again", action="store_true", help="run the known survivors again")
    parser.add_argument("--processes", type=int, default=2, help="how many mutants at a time (default: 2)")
    parser.add_argument("--results", type=Path, default=Path("mutants.jsonl"), help="outcomes (default: %(default)s)")
    options = parser.parse_args()
    os.chdir(ROOT)
    os.environ |= {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    compiled = tempfile.TemporaryDirectory()
    sys.pycache_prefix, sys.dont_write_bytecode = compiled.name, False
    hypothesis.settings.register_profile("mutants", derandomize=True, database=None, deadline=None, max_examples=20)
    hypothesis.settings.load_profile("mutants")
    known = {}
    if options.results.exists():
        for line in options.results.read_text(encoding="utf-8").splitlines():
            key, killer = json.loads(line)
            known[key] = killer
    rows = []
    for name in [short[only] for only in options.only]:
        mutants = list(mutants_of(name))
        work = [(key, name, *rest) for key, *rest in mutants if is_open(known, key, options.again)]
        if work:
            test(work, known, options)
        killed = sum(bool(known.get(key)) for key, *_ in mutants)
        rows.append((name, len(mutants), killed, [key for key, *_ in mutants if not known.get(key)]))
    rows.append(("all", sum(row[1] for row in rows), sum(row[2] for row in rows), []))
    for _, _, _, survivors in rows:
        print("".join(f"{key}\n\n" for key in survivors), end="")
    print("| module | mutants | killed | survived | share |\n|---|---|---|---|---|")
    for name, number, killed, _ in rows:
        print(f"| {name} | {number} | {killed} | {number - killed} | {100 * killed / max(number, 1):.1f} % |")


def is_open(known, key, again):
    return key not in known or (again and not known[key])


def test(work, known, options):
    """Run what is to be run of one module, and write down what comes of it."""
    name = work[0][1]
    print(f"{name}: {len(work)} mutants; first the tests of the module as it is", flush=True)
    start = time.perf_counter()
    failed = Failed()
    with silent():
        code = next((code for arguments in stages(name, "") if (code := run(*arguments, plugins=[failed]))), 0)
    if code:
        sys.exit(f"a test fails without any mutant: {failed.test}")
    print(f"{time.perf_counter() - start:.0f} s", flush=True)
    forget()
    gc.collect()
    source = path_of(name).read_text(encoding="utf-8")
    work = [("", name, work[0][2], source), *work]  # the control: no mutant, and nothing may be killed
    with options.results.open("a", encoding="utf-8") as results:
        for i, (key, killer) in enumerate(outcomes(work, options.processes)):
            if not key:
                if killer:
                    sys.exit(f"a test fails without any mutant, in a fork: {killer}")
                continue
            known[key] = killer
            results.write(json.dumps([key, killer]) + "\n")
            results.flush()
            if i % 20 == 0:
                print(f"{i} of {len(work)} after {time.perf_counter() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main()
