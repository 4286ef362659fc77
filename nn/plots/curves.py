"""`learning_curves`: loss, accuracy and whatever else was measured in training, against the epochs.

The lines of one quantity are `History.plot`'s; here they get the look of the other pictures, and the end of training
its mark.
"""

from __future__ import annotations

from typing import Any

from nn.plots.style import FAINT, INK, LINES, labelled, panels
from nn.wording import described


def learning_curves(history: Any, *quantities: str, ax: Any = None) -> list[Any]:
    """Each quantity against the epochs: of the training examples, of the validation examples, and the best epoch.

    Where early stopping has given the best parameters back, the epochs after them are shaded.

    Args:
        history: the `History` of training.
        quantities: columns, such as "loss" and "accuracy"; by default all that was measured of the examples.
        ax: matplotlib's Axes, whose place the panels take; None for a new figure.

    Returns:
        The Axes of the panels, a list, one for each quantity.

    Raises:
        KeyError: there is no such column, or no epoch yet.

    >>> from matplotlib.figure import Figure
    >>> from nn import History
    >>> history = History()
    >>> history.rows += [{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.25}]
    >>> (panel,) = learning_curves(history, ax=Figure().subplots())
    >>> [line.get_label() for line in panel.lines]
    ['loss', 'best: epoch 2']
    """
    if not hasattr(history, "columns"):
        came = described(history)
        raise TypeError(f"the history is {came}; wanted what fit returns")
    other = ("epoch", "lr", "penalty", "seconds")
    found = [name for name in history.columns if name not in other and not name.startswith("validation_")]
    names = list(quantities) or found or ["loss"]
    for name in names:
        _ = history[name]  # refuses what is no column, before there is a figure
    drawn = panels(ax, len(names), columns=2, size=(5.2, 3.7))
    for panel, name in zip(drawn, names, strict=True):
        history.plot(name, ax=panel)
        _dress(panel, history, name)
    return drawn


def _dress(ax: Any, history: Any, name: str) -> None:
    looks = [(LINES[0], "-"), (LINES[1], "--")]
    *measured, best = [*ax.lines, None] if history.best_epoch is None else ax.lines
    for line, (colour, dashes) in zip(measured, looks, strict=False):
        line.set(color=colour, linestyle=dashes, linewidth=1.8)
    if best is not None:
        best.set(color=INK, linestyle=":", linewidth=1.2)
    last = history.rows[-1]["epoch"]
    if history.restored_epoch is not None and history.restored_epoch < last:
        ax.axvspan(
            history.restored_epoch,
            last,
            color=FAINT,
            alpha=0.6,
            linewidth=0,
            zorder=0,
            label=f"not kept: stopped after epoch {last}",
        )
    values = [x for column in (name, f"validation_{name}") if column in history.columns for x in history[column]]
    if "loss" in name and min(values) >= 0.0:
        ax.set_ylim(bottom=0.0)
    labelled(ax, ("epoch", name.replace("_", " ")))
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.legend(frameon=False)
