"""How fast eager nodes are, beside micrograd 0.1.0 and beside a node written by hand; all ratios from one run.

    python tests/benchmarks/eager.py

The step is that of micrograd's demo: forward, backward and update of an MLP 2-16-16-1 on 100 two-moon points (hinge
loss and L2 penalty), in the same lines for both. Medians, with the cyclic garbage collector on and off for both.
"""

from __future__ import annotations

import gc
import platform
import sys
import timeit
from pathlib import Path
from statistics import median
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parents[2]))


def moons_step(value, model, points, signs):
    """One step of the demo, by the engine whose Value and MLP these are."""
    inputs = [[value(x) for x in point] for point in points]
    scores = [model(x) for x in inputs]
    losses = [(1 + -sign * score).relu() for sign, score in zip(signs, scores, strict=True)]
    loss = sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in model.parameters())
    model.zero_grad()
    loss.backward()
    for p in model.parameters():
        p.data -= 0.01 * p.grad


def compare_with_micrograd(rounds=11):
    import micrograd.engine
    import micrograd.nn

    import autograd
    import nn

    moons = nn.data.moons(100, seed=1337)
    signs = [2.0 * t - 1.0 for t in moons.targets]
    engines = {
        "micrograd": (micrograd.engine.Value, micrograd.nn.MLP(2, [16, 16, 1])),
        "autograd": (autograd.Value, nn.MLP(2, [16, 16, 1], seed=1)),
    }
    print("moons step, MLP 2-16-16-1, 100 points: milliseconds (median; least to most)")
    for collects in (True, False):
        times = {name: [] for name in engines}
        for _ in range(2):
            for name, engine in engines.items():
                gc.collect()  # the other engine's cycles
                for _ in range(rounds):
                    if not collects:
                        gc.disable()
                    start = perf_counter()
                    moons_step(*engine, moons.inputs, signs)
                    times[name].append(1e3 * (perf_counter() - start))
                    if not collects:
                        gc.enable()
                        gc.collect()  # the step's own cycles; not timed
        print(f"  collector {'on' if collects else 'off'}")
        for name, each in times.items():
            print(f"    {name:<12}{median(each):9.1f}   ({min(each):.1f} to {max(each):.1f})")
        print(f"    ratio       {median(times['micrograd']) / median(times['autograd']):9.1f}")


def compare_with_hand_written(number=100_000, rounds=11):
    from autograd import Value
    from autograd.modes import current
    from autograd.primitives import multiply

    new = object.__new__

    def by_hand(self, other):
        """The operator as it is, but for the call of the rule."""
        if type(other) is not Value:
            other = Value(other)
        a, b = self._number, other._number
        if current() is not None:
            raise NotImplementedError
        node = new(Value)
        node._number = a * b
        node.grad = 0.0
        node.label = ""
        node.parents = (self, other)
        node.local_derivatives = (b, a)
        node.primitive = multiply
        return node

    by_hand = type("ByHand", (Value,), {"__slots__": (), "__mul__": by_hand})
    a, b, c = Value(2.0), Value(3.0), by_hand(2.0)
    rule, hand = [], []
    for _ in range(rounds):
        rule.append(1e9 / number * timeit.timeit(lambda: a * b, number=number))
        hand.append(1e9 / number * timeit.timeit(lambda: c * b, number=number))
    print("one a * b node: nanoseconds (median), the call from a lambda included, collector off (as timeit does)")
    print(f"    by its rule {median(rule):9.0f}\n    by hand     {median(hand):9.0f}")
    print(f"    ratio       {median(rule) / median(hand):9.2f}")


def chain(lengths=(100_000, 1_000_000), rounds=3):
    from autograd import Value

    print("a chain of steps y = y * 0.999999 + 1e-7: microseconds a step, built + differentiated + freed (median)")
    for collects in (True, False):
        (gc.enable if collects else gc.disable)()
        each = {}
        for n in lengths:
            times = []
            for _ in range(rounds):
                start = perf_counter()
                y = Value(1.0)
                for _ in range(n):
                    y = y * 0.999999 + 1e-7
                y.backward()
                del y
                times.append(1e6 / n * (perf_counter() - start))
            each[n] = median(times)
        gc.enable()
        shown = ", ".join(f"{n:,} steps {t:.2f}" for n, t in each.items())
        print(f"  collector {'on ' if collects else 'off'}: {shown}; ratio {each[lengths[-1]] / each[lengths[0]]:.2f}")


if __name__ == "__main__":
    print(f"Python {platform.python_version()}, {platform.machine()}")
    compare_with_hand_written()
    compare_with_micrograd()
    chain()
