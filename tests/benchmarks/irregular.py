"""A graph without any regularity: operations at random, each of values that were drawn at random."""

from __future__ import annotations

from operator import add, mul, sub
from random import Random

from autograd import Value, maximum, tanh, total
from autograd.graph import topological_order

OPERATIONS = (add, sub, mul, maximum, tanh)


class IrregularGraph:
    """n_nodes operations in levels of as many, each of one value of the level before and one of any before that.

    Each value of a level is used in the next one, so that the output, the sum of the last level, depends on every one.

    Args:
        n_nodes: how many operations, the sum at the end not counted.
        depth: how many levels.
        n_leaves: half of them are the numbers of the row, half are parameters.
    """

    def __init__(self, n_nodes=20_000, depth=100, n_leaves=200, seed=1):
        random = Random(seed)
        width = n_nodes // depth
        self.n_inputs = n_leaves // 2
        self.parameters = [Value(random.uniform(-1.0, 1.0)) for _ in range(n_leaves - self.n_inputs)]
        self.operations = []
        level = range(n_leaves)
        for _ in range(depth):
            chosen = random.sample(level, len(level))
            n_before = level.stop
            for k in range(width):
                operation = random.choice(OPERATIONS)
                one, other = chosen[k % len(chosen)], random.randrange(n_before)
                self.operations.append((operation, (one,) if operation is tanh else (one, other)))
            level = range(n_before, n_before + width)
        self.last = level

    def __call__(self, x):
        values = [*x, *self.parameters]
        for operation, operands in self.operations:
            values.append(operation(*[values[i] for i in operands]))
        return total(values[self.last.start :])

    def require_reachable(self, x):
        """Every operation was made, and the output depends on every one of them."""
        made = sum(1 for node in topological_order(self([Value(v) for v in x])) if node.parents)
        assert made == len(self.operations) + 1, f"{made} nodes are reached"
