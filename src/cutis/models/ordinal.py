"""The last layer for grades: one score, and the probability of every grade from it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

_STEP = 4.0  # a score is the sum of many weights: thresholds have to keep up with it while both are learnt


class OrdinalHead(nn.Module):
    """A linear layer whose classes lie on one line, in their order.

    The log odds of each grade against the one below it are the score less that grade's threshold
    (adjacent-category model). Whatever the score, the odds of exceeding a grade rise with it and fall from
    grade to grade, so that ranks never contradict each other, as they can where a grade is K - 1 questions.
    As grade k's logit is k times the score plus a constant, the layer is linear: pooling, class activation
    maps and dense maps treat it as they treat `torch.nn.Linear`.

    Args:
        channels: of the embedding.
        classes: number of grades.

    Source: Agresti 2010, Analysis of Ordinal Categorical Data, section 4.1.
    """

    def __init__(self, channels: int, classes: int) -> None:
        super().__init__()
        self.score = nn.Linear(channels, 1, bias=False)
        start = torch.arange(1, classes, dtype=torch.float32) - classes / 2
        self.places = nn.Parameter(start / _STEP)  # (classes - 1,)

    @property
    def thresholds(self) -> Tensor:
        """(classes - 1,) where on the score's line each grade becomes likelier than the one below."""
        return _STEP * self.places

    @property
    def weight(self) -> Tensor:
        """(classes, channels), as of a linear layer."""
        rank = torch.arange(len(self.places) + 1, device=self.places.device)
        return rank[:, None] * self.score.weight

    @property
    def bias(self) -> Tensor:
        """(classes,), as of a linear layer."""
        return -torch.nn.functional.pad(self.thresholds.cumsum(0), (1, 0))

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels) -> (batch, classes) logits."""
        return torch.nn.functional.linear(x, self.weight, self.bias)


class OrdinalHeads(nn.Module):
    """Several conditions graded on the same scale, side by side as one linear layer.

    Each starts as an `OrdinalHead`, one score for all of its grades; beside it every grade has weights of its
    own, from nothing. With a score alone a photo says how much, and not how sure that is: one too blurred to
    tell slight roughness from marked would have to be as clear as a sharp one.

    Args:
        channels: of the embedding.
        conditions: how many.
        grades: of each.
    """

    def __init__(self, channels: int, conditions: int, grades: int) -> None:
        super().__init__()
        self.heads = nn.ModuleList(OrdinalHead(channels, grades) for _ in range(conditions))
        self.own = nn.Parameter(torch.zeros(conditions * grades, channels))

    @property
    def weight(self) -> Tensor:
        """(conditions x grades, channels), as of a linear layer."""
        return torch.cat([head.weight for head in self.heads]) + self.own  # type: ignore[misc]

    @property
    def bias(self) -> Tensor:
        """(conditions x grades,), as of a linear layer."""
        return torch.cat([head.bias for head in self.heads])  # type: ignore[misc]

    def forward(self, x: Tensor) -> Tensor:
        """(batch, channels) -> (batch, conditions x grades) logits, those of a condition side by side."""
        return torch.nn.functional.linear(x, self.weight, self.bias)
