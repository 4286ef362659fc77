"""What goes wrong in a wrong backward pass, in words: where first and why, or why nothing does.

The pass itself, step by step, another module tells.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from autograd.mistakes import NO_ORDER, WrongPass, uses
from autograd.report import column, shown, table
from autograd.value import Value

RULES = {
    "no-order": "Without the topological order: a node passes its adjoint on as soon as a walk from the output, depth"
    " first, reaches it.",
    "overwrite": "Without adding up: a node keeps the last part that it is given, in place of the sum of all.",
}
"""What each kind of wrong pass does."""


def verdict(made: WrongPass, names: Mapping[Value, str]) -> str:
    """Where a pass first goes wrong and why; or why it does not, said honestly.

    Args:
        made: the wrong pass.
        names: what the nodes are called.
    """
    first = made.first
    if first is None:
        return f"Nothing goes wrong here: {_luck(made, names)}"
    node, origin = names[first.node], names[first.origin]
    if made.kind == NO_ORDER:
        told = (
            f"First wrong at step {first.step}: {node} passed on {shown(first.wrong)}, but {origin} uses {node} too,"
            f" and added {shown(first.part)} at step {first.origin_step}, too late. The adjoint of {node} is"
            f" {shown(first.right)}; in topological order {node} comes after all that use it, when it is complete."
        )
    else:
        told = (
            f"First wrong at step {first.step}: {node} held {shown(first.part)} from {origin} (step"
            f" {first.origin_step}), and {shown(first.wrong)} replaced it; their sum is {shown(first.right)}. {node}"
            " reaches the output over several paths, and its derivative is the sum over all of them."
        )
    if all(node.parents for node in made.wrong_nodes):
        told += " The derivatives by the inputs are right all the same: by luck."
    return told


def _luck(made: WrongPass, names: Mapping[Value, str]) -> str:
    """Why a wrong pass gives the right numbers."""
    users = uses(made.taken.order)
    again = [node for node, found in users.items() if len(found) > 1]
    if made.kind != NO_ORDER:
        if not again:
            return "no node is used twice, so no adjoint has a second part to add."
        return f"{_listed(again, names)} used more than once, but each part that is lost is 0."
    passing = {step.node for step in made.taken.steps}
    several = [node for node in again if node in passing and len(set(users[node])) > 1]
    if several:
        return (
            f"{_listed(several, names)} used by several nodes, but this walk happens to come there last, or what comes"
            " too late is 0. The topological order needs no such luck."
        )
    inputs = [node for node in again if not node.parents]
    more = f" {_listed(inputs, names)} used more than once, but an input passes nothing on." if inputs else ""
    return f"no result is used by two nodes, so each is complete as soon as it is reached.{more}"


def _listed(nodes: Iterable[Value], names: Mapping[Value, str]) -> str:
    """The names, with the verb behind them."""
    first, *others = [names[node] for node in nodes]
    if not others:
        return f"{first} is"
    if len(others) > 3:
        others[2:] = [f"{len(others) - 2} more"]
    return f"{', '.join([first, *others[:-1]])} and {others[-1]} are"


def comparison(made: WrongPass, names: Mapping[Value, str], most: int | None) -> str:
    """A table of the right adjoints and those of the wrong pass; of more than `most` nodes, those that differ."""
    totals, wrong = made.taken.totals, set(made.wrong_nodes)
    nodes = [node for node in made.taken.order if node in totals]
    listed = nodes if most is None or len(nodes) <= most else made.wrong_nodes[:most]
    text = table(
        [
            column("node", [[names[node]] for node in listed], str.ljust),
            column("right adjoint", [[shown(made.right[node])] for node in listed]),
            column("here", [[shown(totals[node])] for node in listed]),
            column("", [["wrong" if node in wrong else ""] for node in listed], str.ljust),
        ]
    )
    if len(listed) < len(nodes):
        text += f"\n\n{len(wrong):,} of {len(nodes):,} adjoints are wrong; {len(listed):,} of these are shown."
    return text
