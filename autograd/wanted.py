"""What a replay computes beside values; a small key that tapes and their sources share."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Wanted:
    """Gradients by reverse mode, or tangents by forward mode; neither, for values alone.

    Attributes:
        of_parameters: whether there is a gradient with respect to the parameters.
        of_inputs: whether there is one for each row's arguments.
        of_first: whether these are gradients of the first output alone.
        tangents: whether tangents are carried forward.
        along_parameters: whether, with tangents, the parameters move too; else no derivative by them is asked for.
    """

    of_parameters: bool = False
    of_inputs: bool = False
    of_first: bool = False
    tangents: bool = False
    along_parameters: bool = False

    @property
    def backward(self) -> bool:
        """Whether there is a backward pass."""
        return self.of_parameters or self.of_inputs
