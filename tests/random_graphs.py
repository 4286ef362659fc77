"""Random graphs of all primitives: written down as a plan, so that they run over Values row by row, and on a tape."""

import random
from dataclasses import dataclass, field

from autograd import Value, activations, primitives
from autograd.graph import topological_order
from autograd.rules import Primitive

TABLE = {
    name: x for module in (primitives, activations) for name, x in vars(module).items() if isinstance(x, Primitive)
}
NUMBERS = (0.0, 1.0, -1.0, 2.0, 0.5, 3.0, -0.7)
# Beyond these, roundings of values change derivatives by more than the sum of absolute contributions allows for.
LARGEST_VALUE, LARGEST_DERIVATIVE = 100.0, 20.0


@dataclass
class Plan:
    """A computation on p (parameters), x (arguments, row by row), c (constants) and n (results of earlier steps).

    Every operand is a tuple: ("p", i), ("x", argument, i), ("c", number) or ("n", step).
    """

    parameters: list[float]
    shapes: list[int | None]  # the length of each argument; None for a number
    rows: list[list[list[float]]]
    steps: list[tuple[Primitive, tuple]] = field(default_factory=list)
    outputs: list[tuple] = field(default_factory=list)

    @property
    def is_single(self):
        return len(self.outputs) == 1

    def function(self, parameters):
        """The plan as a function of one example."""

        def run(*arguments):
            made = []

            def value(operand):
                kind, *where = operand
                if kind == "c":
                    return where[0]
                if kind == "x":
                    argument = arguments[where[0]]
                    return argument if self.shapes[where[0]] is None else argument[where[1]]
                return (made if kind == "n" else parameters)[where[0]]

            for primitive, operands in self.steps:
                groups = [[value(o) for o in group] for group in operands[: primitive.n_groups]]
                made.append(primitive(*groups, *[value(o) for o in operands[primitive.n_groups :]]))
            outputs = [value(o) for o in self.outputs]
            return outputs[0] if self.is_single else outputs

        return run

    def example(self, row):
        return [x[0] if n is None else list(x) for n, x in zip(self.shapes, self.rows[row], strict=True)]

    def batch(self):
        """For each argument its rows."""
        return [[self.example(row)[k] for row in range(len(self.rows))] for k in range(len(self.shapes))]


class Maker:
    """Adds random steps that stay, in every row, inside the domains and away from kinks."""

    def __init__(self, seed):
        self.rng = rng = random.Random(seed)
        number = lambda: rng.uniform(-2.0, 2.0)  # noqa: E731
        shapes = rng.choice([[None], [3], [4, None], [2, 2], [5], [3, 2, None]])
        self.plan = Plan(
            parameters=[number() for _ in range(rng.choice([0, 1, 3, 8]))],
            shapes=shapes,
            rows=[[[number() for _ in range(n or 1)] for n in shapes] for _ in range(rng.choice([1, 2, 3, 7]))],
        )
        self.numbers = {("p", i): [x] * len(self.plan.rows) for i, x in enumerate(self.plan.parameters)}
        for k, n in enumerate(shapes):
            for i in range(n or 1):
                self.numbers["x", k, i] = [row[k][i] for row in self.plan.rows]

    def made(self):
        rng, plan = self.rng, self.plan
        n_steps = rng.choice([1, 3, 10, 40, 80])
        for _ in range(40 * n_steps):
            if len(plan.steps) >= n_steps:
                break
            self.add_something()
        last = [("n", i) for i in range(len(plan.steps))][-10:]
        leaves = [key for key in self.numbers if key[0] != "n"]
        n_outputs = rng.choice([1, 1, 1, 2, 4])
        plan.outputs = [rng.choice(last if last and rng.random() < 0.85 else leaves) for _ in range(n_outputs)]
        if n_outputs > 1 and rng.random() < 0.3:
            plan.outputs[0] = ("c", rng.choice(NUMBERS))
        return plan

    def operand(self):
        if self.rng.random() < 0.15:
            return "c", self.rng.choice([*NUMBERS, self.rng.uniform(-2.0, 2.0)])
        results = [key for key in self.numbers if key[0] == "n"][-12:]
        return self.rng.choice(results if results and self.rng.random() < 0.5 else list(self.numbers))

    def add_something(self):
        kind = self.rng.random()
        if kind < 0.12:
            self.add_layer()
        elif kind < 0.2:
            self.add_sum_of_products()
        elif kind < 0.25:
            self.add_long_sum()
        else:
            primitive = self.rng.choice(list(TABLE.values()))
            n = self.rng.randint(1 if primitive is primitives.logsumexp else 0, 6)
            groups = [[self.operand() for _ in range(n)] for _ in range(primitive.n_groups)]
            if n and groups and self.rng.random() < 0.2:
                groups[0][-1] = groups[0][0]
            self.add(primitive, *groups, *[self.operand() for _ in primitive.operands[primitive.n_groups :]])

    def add_layer(self):
        """Dots with the same inputs, some with weights and bias that lie together."""
        rng, plan = self.rng, self.plan
        k = rng.randrange(len(plan.shapes))
        inputs = [("x", k, i) for i in range(plan.shapes[k] or 1)]
        if rng.random() < 0.4:
            inputs = [self.operand() for _ in range(rng.randint(1, 5))]
        lie_together = rng.random() < 0.6
        for j in range(rng.randint(1, 3)):
            first = j * (len(inputs) + 1)
            if lie_together and first + len(inputs) < len(plan.parameters):
                weights = [("p", first + i) for i in range(len(inputs))]
                bias = ("p", first + len(inputs)) if rng.random() < 0.7 else self.operand()
            else:
                weights, bias = [self.operand() for _ in inputs], self.operand()
            self.add(primitives.dot, weights, inputs, bias)

    def add_sum_of_products(self):
        """As micrograd's neurons write it."""
        whole = None
        for _ in range(self.rng.randint(1, 6)):
            product = self.add(primitives.multiply, self.operand(), self.operand())
            whole = product if whole is None else product and self.add(primitives.add, whole, product)
            if whole is None:
                return
        if self.rng.random() < 0.7:
            self.add(primitives.add, whole, self.operand())

    def add_long_sum(self):
        whole = self.operand()
        for _ in range(self.rng.randint(6, 12)):
            whole = whole and self.add(primitives.add, whole, self.operand())

    def add(self, primitive, *operands):
        """The new step, or None if it would leave the domain, come near to a kink or be ill-conditioned."""
        flat = primitive.flat(operands)
        if all(kind == "c" for kind, *_ in flat):
            return None
        results = []
        for row in range(len(self.plan.rows)):
            numbers = [key[1] if key[0] == "c" else self.numbers[key][row] for key in flat]
            try:
                value, derivatives = primitive.over_floats(numbers, numbers)
            except (ArithmeticError, ValueError):
                return None
            asked_for = [d for d, (kind, *_) in zip(derivatives, flat, strict=True) if kind != "c"]
            if not abs(value) <= LARGEST_VALUE or not all(abs(d) <= LARGEST_DERIVATIVE for d in asked_for):
                return None
            if _is_near_a_kink(primitive, numbers, flat):
                return None
            results.append(value)
        key = "n", len(self.plan.steps)
        self.plan.steps.append((primitive, operands))
        self.numbers[key] = results
        return key


def _is_near_a_kink(primitive, numbers, operands):
    if not primitive.kinks:
        return False
    if len(numbers) == 1:
        return min(abs(numbers[0]), abs(abs(numbers[0]) - 1.0)) < 1e-5
    apart = abs(numbers[0] - numbers[1])
    return min(abs(numbers[0]), abs(numbers[1])) < 1e-5 or (apart < 1e-5 and operands[0] != operands[1])


def random_plan(seed):
    return Maker(seed).made()


@dataclass
class Reference:
    """What Values give, row by row, and for each number the sum of the absolute contributions to it."""

    values: list[list[float]]
    size_of_values: list[list[float]]
    gradient: list[float]
    size_of_gradient: list[float]
    of_inputs: list[list[float]]
    size_of_inputs: list[list[float]]


def reference(plan, cotangents):
    """Values, and cotangents times derivatives: of the parameters summed over the rows, of the arguments row by row."""
    n = len(plan.parameters)
    found = Reference([], [], [0.0] * n, [0.0] * n, [], [])
    for row, seeds in enumerate(cotangents):
        parameters = [Value(x) for x in plan.parameters]
        arguments = [[Value(x) for x in argument] for argument in plan.rows[row]]
        given = [a[0] if n is None else a for n, a in zip(plan.shapes, arguments, strict=True)]
        output = plan.function(parameters)(*given)
        outputs = [x if isinstance(x, Value) else Value(x) for x in ([output] if plan.is_single else output)]
        order = topological_order(*outputs)
        size = {}
        for node in order:
            parts = zip(node.parents, node.local_derivatives, strict=True)
            size[node] = abs(node.data) + sum(abs(d) * size[p] for p, d in parts if not p.is_constant)
        adjoint = dict.fromkeys(order, 0.0)
        contributed = dict.fromkeys(order, 0.0)
        for x, seed in zip(outputs, seeds, strict=True):
            adjoint[x] += seed
            contributed[x] += abs(seed)
        for node in reversed(order):
            for parent, derivative in zip(node.parents, node.local_derivatives, strict=True):
                if not parent.is_constant:
                    adjoint[parent] += adjoint[node] * derivative
                    contributed[parent] += contributed[node] * abs(derivative)
        found.values.append([x.data for x in outputs])
        found.size_of_values.append([size[x] for x in outputs])
        for i, parameter in enumerate(parameters):
            found.gradient[i] += adjoint.get(parameter, 0.0)
            found.size_of_gradient[i] += contributed.get(parameter, 0.0)
        flat = [x for argument in arguments for x in argument]
        found.of_inputs.append([adjoint.get(x, 0.0) for x in flat])
        found.size_of_inputs.append([contributed.get(x, 0.0) for x in flat])
    return found
