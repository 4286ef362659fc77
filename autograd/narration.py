"""A pass in words: the table of its steps, and the reason for their order.

The same words stand below the pictures of a pass. How pictures are made, it does not know.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from autograd.mistakes import OVERWRITE, WrongPass, agree, late_contributions
from autograd.report import WIDTH, column, names_of, operation, shown, table
from autograd.steps import Contribution, Pass, Step
from autograd.value import Constant, Value
from autograd.verdict import RULES, comparison, verdict

MOST_STEPS, LAST_STEPS, MOST_EDGES, MOST_NAMES = 40, 5, 12, 12
"""In a text for the screen. What is left out, a note says; a text that is saved is whole."""
LONGEST_OPERATION = 60

_REVERSE_RULE = (
    "A node passes its adjoint on to its operands, times each local derivative; what comes together adds up."
)
_REVERSE_ORDER = (
    "Why this order: the next node is always one whose adjoint is complete. Every node that uses it has had its step"
    " (column `after`), so nothing more will be added, and it is passed on once."
)
_FORWARD_ORDER = (
    "Why this order: the next node is always one whose operands have their tangents, as in the computation itself. One"
    " pass gives the derivatives by {start} alone; each other input needs a pass of its own."
)


@dataclass(frozen=True, slots=True)
class Caption:
    """What is said below one picture."""

    title: str
    lines: tuple[str, ...]


class Narration:
    """A pass, ready to be told.

    Args:
        taken: the pass.
        made: the mistakes in it; None if it is right.
        is_narrow: whether the columns are to be, numbers with four digits in place of six.
    """

    def __init__(self, taken: Pass, made: WrongPass | None = None, is_narrow: bool = False) -> None:
        self._taken = taken
        self._made = made
        self._is_narrow = is_narrow
        self._right = taken.totals if made is None else made.right
        self._overwrites = made is not None and made.kind == OVERWRITE
        self._late = set() if made is None else {id(late) for *_, late in late_contributions(taken)}

    @cached_property
    def names(self) -> dict[Value, str]:
        """What the nodes are called."""
        return names_of(self._taken.order)

    @property
    def title(self) -> str:
        """What is told, in a few words."""
        kind = "A wrong backward pass" if self._made else "Forward mode" if self._taken.is_forward else "Reverse mode"
        return f"{kind}: {self._computed(self._taken.order[-1])}"

    # --- phrases ---

    def _shown(self, x: float) -> str:
        return f"{x + 0.0:.4g}" if self._is_narrow else shown(x)

    def _computed(self, node: Value) -> str:
        if not node.parents:
            return self.names[node]
        written = operation(node, self.names)
        if len(written) > LONGEST_OPERATION:
            written = f"{written[: LONGEST_OPERATION - 4]} ..."
        return f"{self.names[node]} = {written}"

    def _times(self, x: Contribution) -> str:
        return f"d/d{self.names[x.parent]} = {self._shown(x.local_derivative)}"

    def _adds(self, node: Value, x: Contribution) -> str:
        receiver = node if self._taken.is_forward else x.parent
        return f"{self.names[receiver]} {'=' if self._overwrites else '+='} {self._shown(x.product)}"

    def _total(self, x: Contribution) -> str:
        trouble = ""
        if self._overwrites and x.before != 0.0:
            trouble = "  replaced"
        elif id(x) in self._late:
            trouble = "  too late"
        return f"{self._shown(x.before)} -> {self._shown(x.after)}{trouble}"

    def _is_wrong(self, step: Step) -> bool:
        return not agree(step.derivative, self._right[step.node])

    @cached_property
    def _complete_after(self) -> list[str]:
        """By step, the numbers of those of the nodes that use its node."""
        after: dict[Value, list[str]] = {}
        found = []
        for number, step in enumerate(self._taken.steps, 1):
            numbers = after.get(step.node, ["seed"])
            found.append(", ".join(numbers if len(numbers) <= 4 else [*numbers[:2], "...", numbers[-1]]))
            for parent in dict.fromkeys(x.parent for x in step.contributions):
                after.setdefault(parent, []).append(str(number))
        return found

    def _derivatives(self, most: int | None) -> str:
        """The derivatives that were asked for: by every input, or of the output."""
        taken, output = self._taken, self._taken.order[-1]
        scale = "" if taken.seed == 1.0 else f"{self._shown(taken.seed)} "
        inputs = [x for x in taken.order if not x.parents and not isinstance(x, Constant)]
        pairs = [(taken.start, output)] if taken.is_forward else [(x, x) for x in inputs[:most]]
        found = []
        for by, node in pairs:
            total, right = taken.totals[node], self._right[node]
            wrong = "" if agree(total, right) else f" (right: {self._shown(right)})"
            found.append(f"{scale}d{self.names[output]}/d{self.names[by]} = {self._shown(total)}{wrong}")
        left = 0 if taken.is_forward else len(inputs) - len(pairs)
        return ", ".join(found + ([f"and {left:,} more"] if left else [])) or "There are no inputs."

    # --- below pictures ---

    def captions(self) -> list[Caption]:
        """What to say before the first step, at each step, and at the end."""
        taken = self._taken
        kind, others = ("tangent", "inputs do not move") if taken.is_forward else ("adjoint", "adjoints are 0")
        start = f"{kind} of {self.names[taken.start]} = {self._shown(taken.seed)}, the seed; all other {others}"
        captions = [Caption("Start", (start,))]
        for number, step in enumerate(taken.steps, 1):
            title = f"Step {number} of {len(taken.steps)}: {self._computed(step.node)}"
            captions.append(Caption(title, (self._state(number, step), *self._parts(step))))
        told = () if self._made is None else (verdict(self._made, self.names),)
        return [*captions, Caption("Result", (self._derivatives(MOST_NAMES), *told))]

    def _state(self, number: int, step: Step) -> str:
        if self._taken.is_forward:
            return f"tangent {self._shown(step.tangent)}, gathered from its operands"
        said = f"adjoint {self._shown(step.adjoint)}"
        if self._made is not None:
            return f"{said}, which should be {self._shown(self._right[step.node])}" if self._is_wrong(step) else said
        after = self._complete_after[number - 1]
        steps = "the seed" if number == 1 else f"complete after step{'s' if ',' in after else ''} {after}"
        return f"{said}, {steps}"

    def _parts(self, step: Step) -> Iterator[str]:
        for x in step.contributions[:MOST_EDGES]:
            tangent = f"{self.names[x.parent]}: tangent {self._shown(x.carried)}; " if self._taken.is_forward else ""
            before_and_after, *trouble = self._total(x).split("  ")
            ending = f": {trouble[0]}" if trouble else ""
            yield f"{tangent}times {self._times(x)}: {self._adds(step.node, x)} ({before_and_after}){ending}"
        if len(step.contributions) > MOST_EDGES:
            yield f"and {len(step.contributions) - MOST_EDGES:,} more"

    # --- as a text ---

    def text(self, whole: bool = False) -> str:
        """Everything in order: what is done, the table, why in this order, what comes out.

        At most 100 characters wide if the names allow it, for which numbers may have four digits in place of six.

        Args:
            whole: leave nothing out, however long it gets.
        """
        taken, start = self._taken, self.names[self._taken.start]
        parts = [self._introduction()]
        if taken.steps:
            table = self._table(whole)
            if max(map(len, table.splitlines())) > WIDTH and not self._is_narrow:
                return Narration(taken, self._made, is_narrow=True).text(whole)
            left = 0 if whole else len(taken.steps) - MOST_STEPS
            more = f'{left:,} steps are not shown here: `.steps` has them, and `.save("steps.txt")` writes them all.'
            parts += [table, more] if left > 0 else [table]
            if self._made is None:
                parts.append((_FORWARD_ORDER if taken.is_forward else _REVERSE_ORDER).format(start=start))
        if self._made is not None:
            if self._made.first is not None:
                parts.append(comparison(self._made, self.names, None if whole else MOST_STEPS))
            parts.append(verdict(self._made, self.names))
        parts.append(self._derivatives(None if whole else MOST_NAMES))
        return "\n\n".join(part if "\n" in part else _filled(part) for part in parts)

    def _introduction(self) -> str:
        taken, output = self._taken, self._taken.order[-1]
        start, seed, n = self.names[taken.start], self._shown(taken.seed), len(taken.steps)
        steps = f"in {n:,} step{'' if n == 1 else 's'}"
        result = f"{self.title} = {self._shown(output.data)}" if output.parents else self.title
        if taken.is_forward:
            return (
                f"{result}, differentiated by {start} {steps}. The tangent of {start} is {seed}; a node gathers the"
                " tangents of its operands, times each local derivative. What does not depend on"
                f" {start} has the tangent 0 and no step."
            )
        rule = _REVERSE_RULE if self._made is None else RULES[self._made.kind]
        begin = f"All adjoints begin at 0, that of {start} at {seed}."
        return f"{result}, differentiated by every node {steps}. {begin} {rule}"

    def _table(self, whole: bool) -> str:
        numbers: list[int | None] = list(range(1, len(self._taken.steps) + 1))
        if len(numbers) > MOST_STEPS and not whole:
            numbers[MOST_STEPS - LAST_STEPS : -LAST_STEPS] = [None]
        rows = [self._row(number, None if whole else MOST_EDGES) for number in numbers]
        kind, adds = "tangent" if self._taken.is_forward else "adjoint", "sets" if self._overwrites else "adds"
        heads = ("step", "node", "after", kind, "times", adds, "total")
        is_right_reverse = self._made is None and not self._taken.is_forward
        return table(
            [
                column(head, cells, str.rjust if head in {"step", kind} else str.ljust)
                for head, cells in zip(heads, zip(*rows, strict=True), strict=True)
                if head != "after" or is_right_reverse
            ]
        )

    def _row(self, number: int | None, most: int | None) -> Sequence[list[str]]:
        """The cells of a step, each of some lines; of no step, the sign that some are left out."""
        if number is None:
            return [["..."], *([[""]] * 6)]
        step = self._taken.steps[number - 1]
        parts = step.contributions[:most]
        left = len(step.contributions) - len(parts)
        carried = [self._shown(x.carried) for x in (parts if self._taken.is_forward else parts[:1])]
        return [
            [str(number)],
            textwrap.wrap(
                self._computed(step.node), 16 if self._is_narrow else 22, subsequent_indent="  ", break_long_words=False
            ),
            [self._complete_after[number - 1]],
            carried + ([f"not {self._shown(self._right[step.node])}"] if self._is_wrong(step) else []),
            [self._times(x) for x in parts] + ([f"and {left:,} more"] if left else []),
            [self._adds(step.node, x) for x in parts],
            [self._total(x) for x in parts],
        ]


def _filled(text: str) -> str:
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)
