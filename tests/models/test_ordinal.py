"""The ordinal head: grades keep their order whatever the score."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cutis.models.ordinal import OrdinalHead, OrdinalHeads


def head(classes: int, seed: int) -> OrdinalHead:
    torch.manual_seed(seed)
    made = OrdinalHead(1, classes)
    torch.nn.init.ones_(made.score.weight)
    torch.nn.init.normal_(made.places)
    return made


@settings(deadline=None, max_examples=50)
@given(classes=st.integers(2, 7), seed=st.integers(0, 10**6), score=st.floats(-5, 5), more=st.floats(0.01, 3))
def test_exceeding_each_grade_gets_likelier_with_the_score(
    classes: int, seed: int, score: float, more: float
) -> None:
    probabilities = torch.softmax(head(classes, seed)(torch.tensor([[score], [score + more]])), 1)
    above = 1 - probabilities.cumsum(1)[:, :-1]  # (2, classes - 1): of exceeding each grade
    assert (above[1] >= above[0] - 1e-6).all()


def test_log_odds_of_neighbours_are_score_less_threshold() -> None:
    made = head(4, 1)
    x = torch.tensor([[0.7]])
    log_p = torch.log_softmax(made(x), 1)[0]
    assert (log_p[1:] - log_p[:-1]).tolist() == pytest.approx((0.7 - made.thresholds).tolist(), abs=1e-5)


def test_it_is_the_linear_layer_of_its_weight_and_bias() -> None:
    made = OrdinalHead(6, 5)
    x = torch.randn(3, 6)
    assert torch.allclose(made(x), x @ made.weight.T + made.bias, atol=1e-6)


def test_an_untrained_head_expects_the_middle_grade() -> None:
    made = OrdinalHead(3, 5)
    torch.nn.init.zeros_(made.score.weight)
    probabilities = torch.softmax(made(torch.zeros(1, 3)), 1)[0]
    assert float((probabilities * torch.arange(5)).sum()) == pytest.approx(2.0, abs=1e-5)


def test_heads_side_by_side_begin_by_saying_what_each_says() -> None:
    made = OrdinalHeads(6, 3, 5)
    x = torch.randn(4, 6)
    assert torch.allclose(made(x), torch.cat([head(x) for head in made.heads], 1), atol=1e-6)
    assert made.weight.shape == (15, 6)
    assert made.bias.shape == (15,)


def test_heads_side_by_side_learn_that_a_photo_is_not_clear() -> None:
    """Signs of the same grades, half of them certain, half drawn at random: no one score tells both."""
    rng = torch.Generator().manual_seed(3)
    grade = torch.randint(0, 5, (4000,), generator=rng)
    clear = torch.randint(0, 2, (4000,), generator=rng).bool()
    seen = torch.where(clear, grade, torch.randint(0, 5, (4000,), generator=rng))
    sign = torch.nn.functional.one_hot(seen, 5).float()
    x = torch.cat([sign * clear[:, None], sign * ~clear[:, None]], 1)
    made = OrdinalHeads(10, 1, 5)
    optimiser = torch.optim.LBFGS(made.parameters(), max_iter=200, line_search_fn="strong_wolfe")

    def step() -> torch.Tensor:
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(made(x), grade)
        loss.backward()
        return loss

    optimiser.step(step)
    sure = torch.softmax(made(x), 1).gather(1, seen[:, None])[:, 0].detach()
    assert sure[clear].min() > 0.97
    assert sure[~clear].max() < 0.3


def test_with_two_grades_a_head_is_a_logistic_regression() -> None:
    made, x = OrdinalHead(6, 2), torch.randn(4, 6)
    present = torch.softmax(made(x), 1)[:, 1]
    assert torch.allclose(present, torch.sigmoid(made.score(x)[:, 0] - made.thresholds[0]), atol=1e-6)
