"""How fast a tape is replayed, beside eager work, micrograd, PyTorch, JAX, and derivatives written by hand in NumPy.

    python tests/benchmarks/replay.py [--quick] [--only moons ...]

One run, one table. A step is forward, backward and an update by SGD. Before it is timed, each engine makes two steps
from the same numbers, and losses and gradients must agree to 1e-9. Times are medians over rounds in which everybody has
a turn; a ratio is the median of the rounds' ratios. The cyclic garbage collector is on for all, but where a line says
otherwise; what the imports left is kept out of its sight (`gc.freeze`), so that nobody pays for the size of another's
package. One thread, float64. What is not installed is skipped.
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import sys
from functools import partial
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

os.environ.update(
    OPENBLAS_NUM_THREADS="1",
    OMP_NUM_THREADS="1",
    MKL_NUM_THREADS="1",
    XLA_FLAGS="--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    JAX_PLATFORMS="cpu",
)
sys.path.insert(0, str(Path(__file__).parents[2]))

import by_floats
import by_hand
import engines
import irregular
import numpy as np
import work as works
from table import AtLeast, AtMost, Patience, Table, by_turns, ratio, timed

from autograd import Value, record

TAPE = "tape"
PLAIN = "tape of a network with plain + and *"
ENGINES = {
    TAPE: engines.tape,
    PLAIN: partial(engines.tape, write=engines.with_plain_operators),
    "PyTorch": engines.pytorch,
    "jax.jit by hand": by_hand.jax_jit,
    "NumPy by hand": by_hand.numpy,
    "NumPy by hand, into buffers": by_hand.numpy_buffered,
    "Python floats by hand": by_floats.floats,
    "eager": engines.eager,
    "micrograd 0.1.0": engines.micrograd,
}
OPTIONAL = {"PyTorch": "torch", "jax.jit by hand": "jax", "micrograd 0.1.0": "micrograd"}


def require_agreement(name, built, reference, rate):
    """Two steps each: the losses, and the parameters' changes over the rate, are those of the reference."""
    before = built.numbers().copy(), reference.numbers().copy()
    for _ in range(2):
        losses = built.step(), reference.step()
        after = built.numbers().copy(), reference.numbers().copy()
        gradients = [(a - b) / rate for a, b in zip(before, after, strict=True)]
        scale = max(1.0, np.abs(gradients[1]).max())
        error = max(abs(losses[0] - losses[1]), np.abs(gradients[0] - gradients[1]).max() / scale)
        if not error < 1e-9:
            raise SystemExit(f"{name} does not do the same: losses {losses}, largest difference {error:.1e}")
        before = after


def steps(table, patience, work, title, bars, without=()):
    """A training step by all engines."""
    table.title(f"step of {work.name}, {title}")
    built = {}
    for name, engine in ENGINES.items():
        if name in without:
            continue
        if name in OPTIONAL and not is_there(OPTIONAL[name]):
            table.line(f"{name}: skipped (pip install {OPTIONAL[name]})", None)
            continue
        built[name] = engine(work)
        require_agreement(name, built[name], by_hand.numpy(work), work.rate)
    gc.collect()
    gc.freeze()
    seconds = by_turns({name: each.step for name, each in built.items()}, patience)
    gc.unfreeze()
    mine = seconds[TAPE]
    for name, times in seconds.items():
        upside_down = isinstance(bars.get(name), AtMost) and name != PLAIN
        of = f"{TAPE} / {name}" if upside_down else f"{'this' if name == PLAIN else name} / {TAPE}"
        value = None if name == TAPE else ratio(mine, times) if upside_down else ratio(times, mine)
        table.line(name, times, "" if name == TAPE else of, value, bars.get(name))


def is_there(module):
    try:
        import_module(module)
    except ImportError:
        return False
    return True


def moons(table, patience):
    bars = {
        "PyTorch": AtLeast(3.0),
        "micrograd 0.1.0": AtLeast(5000.0),
        "NumPy by hand": AtMost(1.5),
        PLAIN: AtMost(1.3),
    }
    steps(table, patience, works.moons(), "100 points, hinge loss and L2", bars)


def picture(table, patience):
    bars = {"PyTorch": AtLeast(1.0)}
    without = {"micrograd 0.1.0", PLAIN}  # 13 million nodes
    steps(table, patience, works.classes(784, 128, 10), "batch 64, cross-entropy", bars, without)


def digits(table, patience):
    bars = {"PyTorch": AtLeast(3.0)}
    steps(table, patience, works.classes(64, 32, 10), "batch 64, cross-entropy", bars, {"micrograd 0.1.0"})


def graph(table, patience, n_rows=256):
    """Values and gradients of a graph that has no regularity."""
    built = irregular.IrregularGraph()
    inputs = np.random.default_rng(0).normal(size=(n_rows, built.n_inputs))
    rows = inputs.tolist()
    built.require_reachable(rows[0])
    tape = record(built, rows[0], parameters=built.parameters)
    batch = tape.batch(inputs)
    theta = tape.read()

    def eager(row):
        output = built([Value(x) for x in row])
        output.backward()
        return output.data

    for p in built.parameters:
        p.grad = 0.0
    outputs = [eager(row) for row in rows[:3]]
    value, gradient = tape.value_and_grad(inputs[:3], parameters=theta, reduction="sum")
    wanted = np.array([p.grad for p in built.parameters])
    error = max(abs(value / sum(outputs) - 1.0), np.abs(gradient - wanted).max() / np.abs(wanted).max())
    if not error < 1e-9:
        raise SystemExit(f"the irregular graph: eager and tape differ by {error:.1e}")
    table.title(f"irregular graph, {len(built.operations):,} nodes, 100 levels: both passes")
    calls = {TAPE: lambda: tape.value_and_grad(batch, parameters=theta), "eager": lambda: eager(rows[0])}
    gc.collect()
    gc.freeze()
    seconds = {collects: by_turns(calls, patience, collects=collects) for collects in (True, False)}
    gc.unfreeze()
    table.line(f"{TAPE}, {n_rows} rows, {len(tape):,} instructions", seconds[True][TAPE])
    for collects, times in seconds.items():
        per_row = [t / n_rows for t in times[TAPE]]
        name = f"eager, 1 row, collector {'on' if collects else 'off for both'}"
        table.line(name, times["eager"], "eager / tape, a row", ratio(times["eager"], per_row), AtLeast(100.0))


def costs(table, patience):
    """Recording and lowering, in forward-and-backward passes of one example."""
    table.title("recording and lowering, in eager passes of one example")
    for work in (works.moons(), works.classes(64, 32, 10), works.classes(784, 128, 10)):
        for name, write, bar in (
            ("dot", lambda network: network, AtMost(4.0)),
            ("plain + and *", engines.with_plain_operators, AtMost(8.0)),
        ):
            _cost(table, patience, work, f"{work.name} with {name}", write, bar)


def _cost(table, patience, work, name, write, bar):
    network = work.network()
    function, parameters = write(network), network.parameters()
    x, t = work.inputs[0].tolist(), work.targets[0].tolist()
    loss = work.loss
    tapes = []

    def eager():
        loss(function(x), t).backward()

    def recording():
        tapes[:] = [engines.recorded(work, function, parameters)]

    def replay():
        tapes[0].value_and_grad(work.inputs[:1], work.targets[:1])

    recording()
    replay()
    gc.collect()
    gc.freeze()
    passes, records, lowers, wholes = [], [], [], []
    while len(passes) < 3 or (len(passes) < patience.rounds and sum(wholes) < patience.whole):
        passes.append(timed(eager, max(1, int(0.2 * patience.turn / timed(eager)))))
        records.append(timed(recording))
        first = timed(replay)
        lowers.append(first - timed(replay, 3))
        wholes.append(records[-1] + lowers[-1])
    gc.unfreeze()
    table.line(f"{name}: one eager pass", passes)
    table.line("    record(...)", records, "record / pass", ratio(records, passes))
    table.line("    what the first replay compiles", lowers, "compile / pass", ratio(lowers, passes))
    table.line("    both", wholes, "both / pass", ratio(wholes, passes), bar)


ROWS = {"moons": moons, "picture": picture, "digits": digits, "graph": graph, "costs": costs}


def _version(package):
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return f"{package} not installed"


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", nargs="+", choices=ROWS, default=[*ROWS], help="these rows of the table")
    parser.add_argument("--quick", action="store_true", help="fewer rounds: the ratios are rough")
    asked = parser.parse_args()
    patience = Patience(3, 0.01, 1.0) if asked.quick else Patience()
    packages = ", ".join(_version(name) for name in ("numpy", "torch", "jax", "micrograd"))
    print(f"Python {platform.python_version()}, {platform.machine()}, {packages}; one thread, collector on\n")
    table = Table()
    for name in asked.only:
        ROWS[name](table, patience)


if __name__ == "__main__":
    main()
