"""Losses under class imbalance, against their definitions."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from hypothesis import given
from hypothesis import strategies as st

from cutis.models import Imbalance
from cutis.models.losses import class_weights, classification_loss, one_hot

COUNTS = torch.tensor([60.0, 30.0, 10.0])


def batch(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(8, 3, generator=generator), torch.randint(0, 3, (8,), generator=generator)


@given(seed=st.integers(0, 50), smoothing=st.floats(0, 0.5))
def test_without_imbalance_it_is_cross_entropy(seed: int, smoothing: float) -> None:
    logits, target = batch(seed)
    ours = classification_loss(logits, one_hot(target, 3), COUNTS, smoothing=smoothing)
    torch.testing.assert_close(ours, F.cross_entropy(logits, target, label_smoothing=smoothing))


def test_weights_are_those_of_scikit_learn() -> None:
    from sklearn.utils.class_weight import compute_class_weight

    target = [0] * 60 + [1] * 30 + [2] * 10
    wanted = compute_class_weight("balanced", classes=np.arange(3), y=target)
    assert class_weights(COUNTS).tolist() == pytest.approx(wanted.tolist())


def test_focal_loss_without_focus_is_cross_entropy_and_with_it_counts_easy_images_less() -> None:
    logits, target = batch()
    plain = classification_loss(logits, one_hot(target, 3), COUNTS)
    unfocused = classification_loss(logits, one_hot(target, 3), COUNTS, imbalance="focal", gamma=0.0)
    torch.testing.assert_close(unfocused, plain)
    easy = one_hot(torch.tensor([0]), 3) * 8.0
    soft = one_hot(torch.tensor([0]), 3)
    focused = classification_loss(easy, soft, COUNTS, imbalance="focal")
    assert focused < 0.01 * classification_loss(easy, soft, COUNTS)


def test_logit_adjustment_is_indifferent_where_logits_are_the_log_prior_odds_removed() -> None:
    """With equal bare logits the adjusted model believes the prior, whose cross-entropy is the entropy."""
    prior = COUNTS / COUNTS.sum()
    logits = torch.zeros(1, 3)
    loss = classification_loss(logits, prior[None], COUNTS, imbalance="logit-adjusted")
    torch.testing.assert_close(loss, -(prior * prior.log()).sum())


def test_a_class_that_training_never_shows_gives_no_infinite_loss() -> None:
    logits, target = batch()
    counts = torch.tensor([90.0, 10.0, 0.0])
    for imbalance in ("weighted", "focal", "logit-adjusted"):
        loss = classification_loss(logits, one_hot(target, 3), counts, imbalance=imbalance)  # type: ignore[arg-type]
        assert torch.isfinite(loss)


@given(seed=st.integers(0, 50))
def test_answers_that_are_not_known_are_left_out_of_the_mean(seed: int) -> None:
    logits, target = batch(seed)
    shares = one_hot(target, 3)
    shares[::2] = torch.nan
    ours = classification_loss(logits, shares, COUNTS, smoothing=0.1)
    torch.testing.assert_close(ours, classification_loss(logits[1::2], shares[1::2], COUNTS, smoothing=0.1))


def test_where_nothing_is_known_there_is_no_loss_and_no_push() -> None:
    logits = torch.randn(4, 2, 3, requires_grad=True)
    loss = classification_loss(logits, torch.full((4, 2, 3), torch.nan), COUNTS.expand(2, 3))
    loss.backward()
    assert loss.item() == 0
    assert logits.grad is not None and float(logits.grad.abs().sum()) == 0


@pytest.mark.parametrize("imbalance", ["none", "weighted", "focal", "logit-adjusted"])
def test_questions_side_by_side_cost_the_mean_of_each(imbalance: Imbalance) -> None:
    (first, one), (second, other) = batch(1), batch(2)
    counts = torch.stack([COUNTS, COUNTS.flip(0)])
    ours = classification_loss(
        torch.stack([first, second], 1),
        torch.stack([one_hot(one, 3), one_hot(other, 3)], 1),
        counts,
        imbalance=imbalance,
    )
    alone = [
        classification_loss(x, one_hot(t, 3), c, imbalance=imbalance)
        for x, t, c in ((first, one, counts[0]), (second, other, counts[1]))
    ]
    torch.testing.assert_close(ours, torch.stack(alone).mean())
