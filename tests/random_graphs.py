"""Random graphs of all primitives: written down as a plan, so that they run over Values, Duals, tapes and mpmath alike.

One `Maker` makes them, step after step. Its choices come from hypothesis (`plans`), which shrinks a plan that shows a
mistake to the smallest that still does, or from a seed (`random_plan`).
"""

import operator
import random
from dataclasses import dataclass, field, replace
from functools import cache
from math import inf

from hypothesis import strategies as st

from autograd import Value, activations, primitives
from autograd.graph import topological_order
from autograd.rules import Primitive

TABLE = {
    name: x for module in (primitives, activations) for name, x in vars(module).items() if isinstance(x, Primitive)
}
ALL = tuple(TABLE.values())
NUMBERS = (1.0, 0.0, -1.0, 2.0, 0.5, 3.0, -0.7)
EXTREMES = (0.0, -0.0, 1.0, -1.0, 1e-320, -1e-200, 30.0, -750.0, 1e10, 1e154, -1e200, 1.7e308, inf, -inf)
# Beyond these, roundings of values change derivatives by more than the sum of absolute contributions allows for.
LARGEST_VALUE, LARGEST_DERIVATIVE = 100.0, 20.0
# Nearer than this to a kink or a tie, roundings decide on which side a number is.
NEAR = 1e-5

# --- what a plan is -------------------------------------------------------------------------------------------------

# What is written with an operator is computed with it too.
OPERATORS = {
    primitives.add: ("{} + {}", operator.add),
    primitives.subtract: ("{} - {}", operator.sub),
    primitives.multiply: ("{} * {}", operator.mul),
    primitives.divide: ("{} / {}", operator.truediv),
    primitives.power: ("{} ** {}", operator.pow),
    primitives.negative: ("-{}", operator.neg),
    primitives.absolute: ("abs({})", abs),
}


class Branch:
    """`c if a < b else d`: a decision that a tape guards."""

    name = "branch"
    n_groups = 0
    operands = tuple("abcd")
    domain = (None,) * 4

    def __call__(self, a, b, c, d):
        return c if a < b else d

    @staticmethod
    def flat(operands):
        return operands

    @staticmethod
    def over_floats(numbers, _):
        a, b, c, d = numbers
        return (c, (0.0, 0.0, 1.0, 0.0)) if a < b else (d, (0.0, 0.0, 0.0, 1.0))


BRANCH = Branch()


@dataclass(repr=False)
class Plan:
    """A computation on p (parameters), x (arguments, row by row), c (constants) and n (results of earlier steps).

    Every operand is a tuple: ("p", i), ("x", argument, i), ("c", number) or ("n", step).
    """

    parameters: list[float]
    shapes: list[int | None]  # the length of each argument; None for a number
    rows: list[list[list[float]]]
    steps: list[tuple[Primitive, tuple]] = field(default_factory=list)
    outputs: list[tuple] = field(default_factory=list)

    def __repr__(self):
        """The plan as Python, for the first row."""
        lines = [f"p{i} = {x!r}" for i, x in enumerate(self.parameters)]
        lines += [f"x{k} = {example!r}" for k, example in enumerate(self.example(0))]
        lines += [f"v{k} = {self._written(*step)}" for k, step in enumerate(self.steps)]
        outputs = ", ".join(map(self._named, self.outputs))
        text = "; ".join([*lines, f"output = {outputs if self.is_single else f'[{outputs}]'}"])
        others = [self.example(row) for row in range(1, len(self.rows))]
        return f"{text}  # and in other rows: {others}" if others else text

    def _repr_pretty_(self, printer, _):  # for hypothesis, which would show the fields
        printer.text(repr(self))

    def _named(self, operand):
        kind, *where = operand
        if kind == "c":
            return repr(where[0])
        if kind == "x" and self.shapes[where[0]] is not None:
            return f"x{where[0]}[{where[1]}]"
        return f"{'v' if kind == 'n' else kind}{where[0]}"

    def _written(self, primitive, operands):
        groups = [f"[{', '.join(map(self._named, group))}]" for group in operands[: primitive.n_groups]]
        names = [*groups, *map(self._named, operands[primitive.n_groups :])]
        if primitive is BRANCH:
            return "{2} if {0} < {1} else {3}".format(*names)
        if primitive not in OPERATORS:
            return f"{primitive.name}({', '.join(names)})"
        if primitive is primitives.power and names[0].startswith("-"):
            names[0] = f"({names[0]})"
        return OPERATORS[primitive][0].format(*names)

    @property
    def is_single(self):
        return len(self.outputs) == 1

    def results(self, parameters, arguments, apply):
        """The outputs, where `apply(step, primitive, operands)` gives the result of a step."""
        made = []

        def value(operand):
            kind, *where = operand
            if kind == "c":
                return where[0]
            if kind == "x":
                argument = arguments[where[0]]
                return argument if self.shapes[where[0]] is None else argument[where[1]]
            return (made if kind == "n" else parameters)[where[0]]

        for k, (primitive, operands) in enumerate(self.steps):
            groups = [[value(o) for o in group] for group in operands[: primitive.n_groups]]
            made.append(apply(k, primitive, [*groups, *[value(o) for o in operands[primitive.n_groups :]]]))
        return [value(o) for o in self.outputs]

    def function(self, parameters):
        """The plan as a function of one example."""

        def run(*arguments):
            outputs = self.results(parameters, arguments, applied)
            return outputs[0] if self.is_single else outputs

        return run

    def of_numbers(self, numbers, apply=None):
        """The outputs for all numbers that go in, one after the other: the parameters, and those of an example."""
        n, rest = len(self.parameters), iter(numbers[len(self.parameters) :])
        arguments = [next(rest) if length is None else [next(rest) for _ in range(length)] for length in self.shapes]
        return self.results(numbers[:n], arguments, apply or applied)

    def numbers(self, row):
        return [*self.parameters, *(x for argument in self.rows[row] for x in argument)]

    def example(self, row):
        return [x[0] if n is None else list(x) for n, x in zip(self.shapes, self.rows[row], strict=True)]

    def batch(self):
        """For each argument its rows."""
        return [[self.example(row)[k] for row in range(len(self.rows))] for k in range(len(self.shapes))]

    def decisions(self, row):
        """How the comparisons of a row come out."""
        found = []

        def apply(_, primitive, operands):
            if primitive is BRANCH:
                found.append(operands[0] < operands[1])
            return applied(_, primitive, operands)

        self.of_numbers(self.numbers(row), apply)
        return found

    def like_row(self, row):
        """The plan with only the rows whose comparisons come out as in this one, which comes first."""
        wanted = self.decisions(row)
        others = [x for k, x in enumerate(self.rows) if k != row and self.decisions(k) == wanted]
        return replace(self, rows=[self.rows[row], *others])


def applied(_, primitive, operands):
    """The result of a step over floats, Values or Duals."""
    return OPERATORS[primitive][1](*operands) if primitive in OPERATORS else primitive(*operands)


# --- how one is made ------------------------------------------------------------------------------------------------


class Choices:
    """Where choices come from; the first of several, and the smallest number, are the simplest.

    Args:
        whole: `whole(low, high)` gives a whole number, both ends included.
        number: gives a float.
        together: runs a function whose choices belong together.
    """

    def __init__(self, whole, number, together):
        self.whole, self.number, self.together = whole, number, together

    @classmethod
    def seeded(cls, seed):
        rng = random.Random(seed)
        return cls(rng.randint, lambda: rng.choice([rng.choice(NUMBERS), rng.uniform(-2.0, 2.0)]), lambda act: act())

    @classmethod
    def drawn(cls, draw, numbers):
        return cls(lambda low, high: draw(_whole(low, high)), lambda: draw(numbers), lambda act: draw(st.builds(act)))

    def of(self, options):
        return options[self.whole(0, len(options) - 1)]

    def happens(self, percent):
        return self.whole(1, 100) > 100 - percent


_whole = cache(st.integers)
ORDINARY = (
    st.sampled_from((1.0, 0.0)) | st.sampled_from(NUMBERS) | st.floats(-2.0, 2.0, width=32, allow_subnormal=False)
)
WILD = st.sampled_from(EXTREMES) | st.floats(allow_nan=False)


@st.composite
def plans(draw, longest=8, table=ALL, *, wild=False):
    """Plans of at most about so many steps; wild ones of any numbers, with steps that may raise."""
    return Maker(Choices.drawn(draw, WILD if wild else ORDINARY), longest, table, wild=wild).made()


def random_plan(seed):
    choices = Choices.seeded(seed)
    return Maker(choices, choices.of([1, 3, 10, 40, 80])).made()


# Results of these are exact wherever their operands are, or are rounded in the same way by everybody.
SOLID = {TABLE[name] for name in "identity negative absolute sign step relu maximum minimum subtract multiply".split()}


SHAPES = [[None], [3], [None, None], [4, None], [2, 2], [5], [3, 2, None]]


class Maker:
    """Adds steps that stay, in every row, inside the domains, and at kinks only where no rounding decides on the side.

    Wild ones may do anything.
    """

    def __init__(self, choices, longest, table=ALL, *, wild=False):
        self.choices, self.longest, self.table, self.wild = choices, longest, table, wild
        self.whole = choices.whole
        is_small = longest < 10
        shapes = choices.of(SHAPES[: 3 if is_small else None])
        n_rows, n_parameters = choices.of([1, 2, 3, 7]), choices.of([0, 1, 2] if is_small else [0, 1, 3, 8])
        self.plan = Plan(
            parameters=[1.0] * n_parameters,
            shapes=shapes,
            rows=[[[1.0] * (n or 1) for n in shapes] for _ in range(n_rows)],
        )
        self.inputs = [("x", k, i) for k, n in enumerate(shapes) for i in range(n or 1)]
        self.parameters = [("p", i) for i in range(n_parameters)]
        self.results = []
        # As many are chosen for every shape; the others are at random by themselves. So what becomes simpler in one
        # place, as hypothesis shrinks a plan, leaves the rest as it is.
        keys = self.inputs + self.parameters
        chosen = dict(zip(keys, [choices.number() for _ in range(5)], strict=False))
        self.numbers = {}
        for key in keys:
            kind, *where = key
            first = chosen[key] if key in chosen else self.by_itself(0, key)
            if kind == "p":
                self.numbers[key] = [first] * n_rows
                self.plan.parameters[where[0]] = first
            else:
                self.numbers[key] = [first, *(self.by_itself(row, key) for row in range(1, n_rows))]
                for row, x in zip(self.plan.rows, self.numbers[key], strict=True):
                    row[where[0]][where[1]] = x
        self.solid = set(self.numbers)

    def by_itself(self, row, key):
        """A number that depends on nothing else."""
        rng = random.Random(f"{row} {key}")
        return rng.choice([rng.choice(EXTREMES if self.wild else NUMBERS), rng.uniform(-2.0, 2.0)])

    def made(self):
        plan, choices = self.plan, self.choices
        while len(plan.steps) < self.longest and self.whole(0, 2 * self.longest):
            choices.together(self.add_something)
        if self.wild:  # everything is needed, so that whatever raises is needed
            used = {o for primitive, operands in plan.steps for o in primitive.flat(operands)}
            last = [("n", k) for k in range(len(plan.steps)) if ("n", k) not in used]
            plan.outputs = last or self.inputs[:1]
            return plan
        last, leaves = self.results[:-11:-1], self.inputs + self.parameters
        n_outputs = choices.of([1, 1, 1, 2, 4])
        plan.outputs = [choices.of(leaves if not last or choices.happens(15) else last) for _ in range(n_outputs)]
        if n_outputs > 1 and choices.happens(30):
            plan.outputs[0] = ("c", choices.of(NUMBERS))
        return plan

    def add_something(self):
        """The simplest is nothing: so hypothesis leaves out a step."""
        add_others = [self.add_branch, self.add_layer, self.add_sum_of_products, self.add_long_sum]
        # The last ones are of many steps; a wild decision may depend on a NaN.
        others = add_others[: 0 if self.wild else 1 if self.longest < 10 else 4]
        kind = self.whole(0, 15 + len(others))
        if kind > 15:
            others[kind - 16]()
        elif kind:
            self.add_primitive()

    def operand(self, interval=None):
        """A number, a constant or an earlier result; inside the interval, if there is one."""
        choices = self.choices
        if choices.happens(15):
            return "c", choices.of(NUMBERS) if choices.happens(50) else choices.number()
        of_kinds = [self.inputs, self.results[:-13:-1], self.parameters]
        options = choices.of([options for options in of_kinds if options])
        if interval is not None:
            inside = [key for key in options if all(x in interval for x in self.numbers[key])]
            options = inside or options
        return choices.of(options)

    def add_primitive(self):
        choices = self.choices
        primitive = choices.of(self.table)
        n = self.whole(int(primitive.name == "logsumexp"), 6) if primitive.n_groups else 0
        groups = [[self.operand() for _ in range(n)] for _ in range(primitive.n_groups)]
        intervals = [None] * len(primitive.operands) if self.wild else primitive.domain
        single = [self.operand(interval) for interval in intervals[primitive.n_groups :]]
        if n and choices.happens(20):
            groups[0][-1] = groups[0][0]
        elif len(single) == 2 and choices.happens(10):
            single[1] = single[0]
        self.add(primitive, *groups, *single)

    def add_branch(self):
        self.add(BRANCH, *[self.operand() for _ in range(4)])

    def add_layer(self):
        """Dots with the same inputs, some with weights and bias that lie together."""
        choices, plan = self.choices, self.plan
        k = self.whole(0, len(plan.shapes) - 1)
        inputs = [("x", k, i) for i in range(plan.shapes[k] or 1)]
        if choices.happens(40):
            inputs = [self.operand() for _ in range(self.whole(1, 5))]
        lie_together = choices.happens(60)
        for j in range(self.whole(1, 3)):
            first = j * (len(inputs) + 1)
            if lie_together and first + len(inputs) < len(plan.parameters):
                weights = [("p", first + i) for i in range(len(inputs))]
                bias = ("p", first + len(inputs)) if choices.happens(70) else self.operand()
            else:
                weights, bias = [self.operand() for _ in inputs], self.operand()
            self.add(primitives.dot, weights, inputs, bias)

    def add_sum_of_products(self):
        """As micrograd's neurons write it."""
        whole = None
        for _ in range(self.whole(1, 6)):
            product = self.add(primitives.multiply, self.operand(), self.operand())
            whole = product if whole is None else product and self.add(primitives.add, whole, product)
            if whole is None:
                return
        if self.choices.happens(70):
            self.add(primitives.add, whole, self.operand())

    def add_long_sum(self):
        whole = self.operand()
        for _ in range(self.whole(6, 12)):
            whole = whole and self.add(primitives.add, whole, self.operand())

    def add(self, primitive, *operands):
        """The new step; None if it would leave the domain, be ill-conditioned or depend on roundings."""
        flat = primitive.flat(operands)
        if all(kind == "c" for kind, *_ in flat):
            return None
        rows = [[x[1] if x[0] == "c" else self.numbers[x][row] for x in flat] for row in range(len(self.plan.rows))]
        key = "n", len(self.plan.steps)
        is_solid = all(x[0] == "c" or x in self.solid for x in flat)
        if not self.wild:
            results = [self.result(primitive, numbers, flat, is_solid) for numbers in rows]
            if None in results:
                return None
            self.numbers[key] = results
            if is_solid and primitive in SOLID:
                self.solid.add(key)
        else:
            self.numbers[key] = [0.0] * len(rows)  # nobody looks at it
        self.plan.steps.append((primitive, operands))
        self.results.append(key)
        return key

    @staticmethod
    def result(primitive, numbers, operands, is_solid):
        """The value, or None if the step should not be made."""
        try:
            value, derivatives = primitive.over_floats(numbers, numbers)
        except (ArithmeticError, ValueError):
            return None
        asked_for = [d for d, (kind, *_) in zip(derivatives, operands, strict=True) if kind != "c"]
        if not abs(value) <= LARGEST_VALUE or not all(abs(d) <= LARGEST_DERIVATIVE for d in asked_for):
            return None
        apart = distance_to_kink(primitive.name, numbers)
        is_exact = is_solid or (primitive.name in TIES and operands[0] == operands[1])
        return value if apart >= NEAR or (apart == 0.0 and is_exact) else None


TIES = {"maximum", "minimum", "branch"}


def distance_to_kink(name, numbers):
    """How far the operands are from where the primitive has a kink, a jump or a cut; inf if it has none.

    Vertical tangents are no matter: LARGEST_DERIVATIVE keeps away from them.
    """
    if not numbers:
        return inf
    x, *others = map(abs, numbers)
    if name in {"absolute", "sign", "step", "relu", "leaky_relu", "elu", "power"}:
        return x
    if name in TIES:
        return abs(numbers[0] - numbers[1])
    if name == "hypot":
        return max(x, *others)
    if name == "atan2":  # on the cut the sign of a zero decides, which mpmath does not know
        return max(x, *others) if numbers[1] >= 0.0 else x or 1e-300
    return inf


# --- what Values give -----------------------------------------------------------------------------------------------


@dataclass
class Reference:
    """What Values give, row by row, and for each number the sum of the absolute contributions to it."""

    values: list[list[float]]
    size_of_values: list[list[float]]
    gradient: list[float]
    size_of_gradient: list[float]
    of_inputs: list[list[float]]
    size_of_inputs: list[list[float]]


def sizes(*nodes):
    """Of all nodes that these depend on, the sum of absolute contributions: how far their roundings may carry.

    A node contributes its own number; those of its parents arrive times its local derivatives. So a rounding error of
    at most e times the number, in every node, changes a result by no more than e times this, to first order in e.
    """
    found = {}
    for node in topological_order(*nodes):
        parts = zip(node.parents, node.local_derivatives, strict=True)
        # A 0 without contributions is exact, whatever the slope.
        carried = [abs(d) * found[p] for p, d in parts if not p.is_constant and found[p]]
        found[node] = abs(node.data) + sum(carried)
    return found


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
        size = sizes(*outputs)
        order = topological_order(*outputs)
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
