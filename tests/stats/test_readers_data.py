"""Real raters: the skin-type experts of Groh et al. 2021."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from cutis.stats.agreement import estimates
from cutis.stats.graded_raters import graded_raters
from cutis.stats.pairwise import cohen_kappa, exact_agreement
from cutis.stats.rater_models import dawid_skene
from cutis.stats.ratings import majority, panel

EXPERTS = ["e_label", "e2_label", "e3_label"]


@pytest.fixture(scope="module")
def skin_types(shared_data: Path) -> NDArray[np.float64]:
    """(320, 4) Fitzpatrick types 0 .. 5 by three experts and one assistant; -1 in the file is no rating."""
    path = shared_data / "readers" / "fitzpatrick17k_expert_labels.csv"
    if not path.is_file():
        pytest.skip(f"no reader tables at {path.parent}")
    table = pl.read_csv(path).select(pl.col(*EXPERTS, "ra_label").replace(-1, None).cast(pl.Float64) - 1)
    return table.to_numpy()


def test_experts_agree_as_published(skin_types: NDArray[np.float64]) -> None:
    experts = skin_types[:, :3]
    assert cohen_kappa(experts, 6, weights="quadratic").round(3).tolist() == [0.822, 0.837, 0.843]
    assert exact_agreement(experts, 6).round(2).tolist() == [0.52, 0.53, 0.56]


def test_every_coefficient_has_an_interval_around_it(skin_types: NDArray[np.float64]) -> None:
    found = estimates(panel(skin_types[:, :3], 6, names=EXPERTS), 500, np.random.default_rng(0), ordinal=True)
    assert all(one.low < one.value < one.high for one in found.values())
    assert found["quadratic_kappa"].value == pytest.approx((0.8216 + 0.8372 + 0.8434) / 3, abs=1e-4)
    # Off by one is most of the disagreement, so what weighs distance lies well above what does not.
    assert found["krippendorff_alpha_ordinal"].low > 0.7
    assert found["krippendorff_alpha_nominal"].high < 0.5


def test_rater_models_settle_and_side_with_the_majority(skin_types: NDArray[np.float64]) -> None:
    voted = majority(skin_types, 6)
    clear = ~np.isnan(voted)
    for found in (dawid_skene(skin_types, 6), graded_raters(skin_types, 6)):
        assert found.converged
        assert np.mean(found.answer[clear] == voted[clear]) > 0.8
        assert np.abs(found.answer[clear] - voted[clear]).max() <= 2
