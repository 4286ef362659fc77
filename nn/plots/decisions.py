"""`confusion_matrix`: which class was taken for which.

Where decisions come from, it does not know.
"""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any

from nn.encoding import confusion_counts
from nn.plots.style import axes, labelled, sequential
from nn.wording import require


def confusion_matrix(
    decisions: Sequence[int], targets: Sequence[int], *, class_names: Sequence[str] = (), ax: Any = None
) -> Any:
    """A row for each true class, a column for each decision, and in each cell how many there were.

    The colour is the share of the true class, so that rare classes are seen as well; what is on the diagonal is right.

    Args:
        decisions: the classes that were decided for, from 0.
        targets: the true ones.
        class_names: of the classes, by default 0, 1, ...
        ax: matplotlib's Axes; None for a new figure.

    Returns:
        The Axes; `ax.images[0]` are the shares, `ax.texts` the counts, row by row.

    Raises:
        ValueError: not as many of each, or none.

    >>> from matplotlib.figure import Figure
    >>> ax = confusion_matrix([0, 0, 1], [0, 1, 1], class_names=["cat", "dog"], ax=Figure().subplots())
    >>> [text.get_text() for text in ax.texts], ax.get_title()
    (['1', '·', '1', '1'], '2 of 3 right (66.7%)')
    """
    if len(decisions) != len(targets) or not len(targets):
        raise ValueError(f"{len(decisions)} decisions and {len(targets)} targets; wanted as many of each, at least one")
    for c in (*decisions, *targets):
        require("a class", c, Integral, lambda c: c >= 0, "its number, an int of at least 0")
    n = max(len(class_names), max(decisions) + 1, max(targets) + 1)
    counts = confusion_counts(decisions, targets, n)
    shares = [[count / (sum(row) or 1) for count in row] for row in counts]
    ax = axes(ax, size=(2.6 + 0.5 * n, 1.8 + 0.45 * n))
    image = ax.imshow(shares, cmap=sequential(), vmin=0.0, vmax=1.0)
    for i, row in enumerate(counts):
        for j, count in enumerate(row):
            colour = "white" if shares[i][j] > 0.46 else "black"
            ax.text(j, i, count or "·", ha="center", va="center", color=colour, fontsize=9)
    names = [class_names[k] if k < len(class_names) else str(k) for k in range(n)]
    turned = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"} if max(map(len, names)) > 4 else {}
    ax.set_xticks(range(n), names, **turned)
    ax.set_yticks(range(n), names)
    right = sum(counts[k][k] for k in range(n))
    labelled(ax, ("decided", "true"), f"{right} of {len(targets)} right ({right / len(targets):.1%})", grid=False)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    bar = ax.figure.colorbar(image, ax=ax, shrink=0.8, pad=0.03)
    bar.set_label("share of the true class")
    bar.outline.set_visible(False)
    return ax
