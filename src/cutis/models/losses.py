"""Losses for classes of very different frequency."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - the name that torch's own documentation uses
from torch import Tensor

from cutis.models import Imbalance

_PRESENT = 0.05  # share of a cell that a condition covers where it is plainly there


def class_weights(counts: Tensor) -> Tensor:
    """(..., classes) image counts -> (..., classes) weights, inverse to frequency, mean 1 over the images."""
    present = counts.clamp(min=1).float()
    weights = counts.sum(-1, keepdim=True) / (counts.shape[-1] * present)
    return weights


def classification_loss(
    logits: Tensor,
    target: Tensor,
    counts: Tensor,
    *,
    imbalance: Imbalance = "none",
    smoothing: float = 0.0,
    gamma: float = 2.0,
) -> Tensor:
    """Cross-entropy, or one of its answers to class imbalance.

    Args:
        logits: (batch, classes), or (batch, questions, classes).
        target: alike, probabilities, so that mixed and soft labels need no other path; NaN where an answer is
            not known.
        counts: (classes,) or (questions, classes) how often training shows each class.
        imbalance: ``weighted`` by inverse frequency; ``focal`` (Lin et al. 2017, arXiv:1708.02002), the easy
            images counting less; ``logit-adjusted`` (Menon et al. 2021, arXiv:2007.07314): the prior is added
            while training, so that the bare logits rank classes as if all were equally frequent.
        smoothing: label smoothing, 0..1.
        gamma: of the focal loss.

    Returns:
        Mean over what is known; 0 where nothing is.
    """
    classes = logits.shape[-1]
    known = ~target.isnan().any(-1)  # (batch,) or (batch, questions)
    target = target.nan_to_num() * (1 - smoothing) + smoothing / classes
    if imbalance == "logit-adjusted":
        prior = counts.clamp(min=1).float() / counts.sum(-1, keepdim=True)
        logits = logits + prior.log()
    log_p = F.log_softmax(logits.float(), dim=-1)
    terms = -target * log_p  # (batch, ..., classes)
    if imbalance == "weighted":
        terms = terms * class_weights(counts)
    elif imbalance == "focal":
        terms = terms * (1 - log_p.exp()) ** gamma
    return (terms.sum(-1) * known).sum() / known.sum().clamp(min=1)


def findings_loss(log_odds: Tensor, target: Tensor) -> Tensor:
    """Binary cross-entropy of findings that were looked for.

    Args:
        log_odds: (batch, findings).
        target: (batch, findings) 0 absent to 1 present; NaN where it is not known.

    Returns:
        Mean over what is known; 0 where nothing is.
    """
    known = ~target.isnan()
    terms = F.binary_cross_entropy_with_logits(log_odds.float(), target.nan_to_num(), reduction="none")
    return (terms * known).sum() / known.sum().clamp(min=1)


def places_loss(shown: Tensor, cover: Tensor) -> Tensor:
    """Binary cross-entropy of where conditions are: many answers of a photo that has one grade of each.

    Args:
        shown: (batch, conditions, rows, columns) probability that a cell shows the condition.
        cover: (batch, conditions, height, width) share of each place that the condition covers, 0 to 1; NaN
            all over where it is not known.

    Returns:
        Mean over what is known; 0 where nothing is.
    """
    rows, columns = shown.shape[-2:]
    share = F.adaptive_avg_pool2d(cover, (rows, columns))
    known = ~share.isnan()
    # A freckle or a line covers a twentieth of a cell, and is there all the same.
    present = (share.nan_to_num() / _PRESENT).clamp(max=1)
    log_odds = torch.logit(shown.float(), eps=1e-6)
    terms = F.binary_cross_entropy_with_logits(log_odds, present, reduction="none")
    return (terms * known).sum() / known.sum().clamp(min=1)


def one_hot(target: Tensor, classes: int) -> Tensor:
    """(batch,) class indices -> (batch, classes) probabilities."""
    return torch.nn.functional.one_hot(target, classes).float()
