"""What is lit in each picture of a pass, and what is said below it.

Nodes and edges go by their ids in the drawing. What "lit" looks like, it does not know.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from autograd.mistakes import agree
from autograd.narration import Caption
from autograd.stepper import Frame
from autograd.steps import Pass
from autograd.value import Value


def frames(taken: Pass, right: Mapping[Value, float], captions: Sequence[Caption]) -> list[Frame]:
    """One frame before the first step, one for each step, one at the end.

    Args:
        taken: the pass.
        right: the derivatives that are right; those of the pass may be wrong.
        captions: one for each frame.
    """
    keys = {node: f"v{index}" for index, node in enumerate(taken.order)}
    numbers = dict.fromkeys(keys.values(), 0.0) | {keys[taken.start]: taken.seed}
    coming = Counter(x.parent for step in taken.steps for x in step.contributions)
    turns = {step.node for step in taken.steps}
    start = {keys[taken.start]}
    touched, done = (set(), start) if taken.is_forward else (start, set())
    faulty: set[str] = set()
    found: list[Frame] = []

    def show(current: Iterable[str] = (), edges: Iterable[str] = ()) -> None:
        caption, texts = captions[len(found)], {key: f"{x + 0.0:.4g}" for key, x in numbers.items()}
        now, along, begun, finished, wrong = map(frozenset, (current, edges, touched, done, faulty))
        found.append(Frame(caption.title, caption.lines, now, along, begun, finished, wrong, texts))

    show()
    for step in taken.steps:
        key = keys[step.node]
        if not agree(step.derivative, right[step.node]):
            faulty.add(key)
        for x in step.contributions:
            receiver = keys[step.node if taken.is_forward else x.parent]
            numbers[receiver] = x.after
            touched.add(receiver)
            coming[x.parent] -= 1
            if not coming[x.parent] and x.parent not in turns:  # an input, which has all its parts
                done.add(keys[x.parent])
                if not agree(taken.totals[x.parent], right[x.parent]):
                    faulty.add(keys[x.parent])
        show([key], [f"{keys[x.parent]}-{key}-{x.position}" for x in step.contributions])
        done.add(key)
    done.update(keys.values())
    faulty.update(keys[node] for node, total in taken.totals.items() if not agree(total, right[node]))
    show()
    return found
