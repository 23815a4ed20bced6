"""Power of multi-reader studies: a published table, and simulated studies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.stats import norm

from cutis.core.errors import CutisError
from cutis.stats.mrmc import analyse, components, reader_areas, study
from cutis.stats.sample_size_readers import (
    Variation,
    assumed,
    cases_for_readers,
    from_pilot,
    power_table,
    readers_power,
)

# Van Dyke's study with covariances by the jackknife, from his five readers and 114 patients.
VAN_DYKE = Variation(114, 0.00020040252, 0.00080228827, 0.00034661371, 0.00034407483, 0.00023902837)
DIFFERENCE = 0.0438003


def test_van_dykes_pilot_gives_its_published_powers() -> None:
    """Chakraborty's RJafroc book, chapter on sample size: powers, cases, and the table over readers."""
    assert readers_power(DIFFERENCE, 6, 112, VAN_DYKE) == pytest.approx(0.5555789, abs=5e-6)
    assert readers_power(DIFFERENCE, 10, 163, VAN_DYKE) == pytest.approx(0.8015625, abs=5e-6)
    assert readers_power(DIFFERENCE, 10, 236, VAN_DYKE) == pytest.approx(0.9003501, abs=5e-6)
    assert readers_power(DIFFERENCE, 10, 53, VAN_DYKE, random="readers") == pytest.approx(0.8049666, abs=5e-6)
    # He has K - 1 degrees of freedom for fixed readers, the analysis here infinitely many: more power.
    assert readers_power(DIFFERENCE, 10, 133, VAN_DYKE, random="cases") == pytest.approx(0.8011167, abs=0.007)
    table = {3: None, 4: 1089, 5: 344, 6: 251, 7: 211, 8: 188, 9: 173, 10: 163, 20: 126, 50: 109, 100: 103}
    assert {readers: cases_for_readers(DIFFERENCE, readers, VAN_DYKE) for readers in table} == table
    assert cases_for_readers(DIFFERENCE, 10, VAN_DYKE, 0.9) == 236
    assert cases_for_readers(DIFFERENCE, 10, VAN_DYKE, random="readers") == 53


def test_a_pilots_components_are_taken_as_they_are(shared_data: Path) -> None:
    path = shared_data / "readers" / "vandyke.csv"
    if not path.is_file():
        pytest.skip(f"no reader tables at {path.parent}")
    table = pl.read_csv(path).sort("reader", "treatment", "case")
    asked = study(table["rating"].to_numpy().reshape(5, 2, 114), table["truth"].to_numpy()[:114])
    found = from_pilot(components(reader_areas(asked, "jackknife")), 114)
    assert found.__dict__ == pytest.approx(VAN_DYKE.__dict__, abs=1e-11)


def test_power_is_that_of_simulated_studies() -> None:
    """Scores of readers, patients and their interplay; the variation is measured on other studies."""
    rng, truth = np.random.default_rng(0), np.repeat([1, 0], [30, 30])

    def simulated(shifts: tuple[float, float], readers: int) -> np.ndarray:
        liking = rng.normal(scale=0.15, size=(readers, 2, 1))
        shift = np.array(shifts)[None, :, None] + rng.normal(scale=0.2, size=(readers, 1, 1)) + liking
        noise = [rng.normal(scale=0.55, size=shape) for shape in ((1, 1, 60), (1, 2, 60), (readers, 1, 60))]
        return shift * truth + sum(noise) + rng.normal(scale=0.3, size=(readers, 2, 60))

    alike = [components(reader_areas(study(simulated((1.9, 1.9), 6), truth))) for _ in range(100)]

    def mean(name: str) -> float:
        return float(np.mean([getattr(one, name) for one in alike]))

    parts = [mean(name) for name in ("interaction_variance", "variance", "cov1", "cov2", "cov3")]
    variation = Variation(60, *parts)
    studies, hits, gaps = 250, 0, []
    for _ in range(studies):
        made = analyse(reader_areas(study(simulated((2.2, 1.5), 6), truth)))
        hits += made.differences[0].p < 0.05
        gaps.append(made.differences[0].value)
    planned = readers_power(float(np.mean(gaps)), 6, 60, variation)
    assert 0.3 < planned < 0.95
    assert planned == pytest.approx(hits / studies, abs=0.09)


def test_power_grows_with_readers_with_cases_and_with_the_difference() -> None:
    rows = power_table(0.05, [3, 5, 9], [80, 200, 500], VAN_DYKE)
    assert all(np.all(np.diff(rows, axis=axis) > 0) for axis in (0, 1))
    assert readers_power(0.08, 5, 100, VAN_DYKE) > readers_power(0.05, 5, 100, VAN_DYKE)
    assert readers_power(0.0, 5, 100, VAN_DYKE) == 0.05
    assert readers_power(1e-6, 5, 100, VAN_DYKE) == pytest.approx(0.05, abs=1e-6)
    assert readers_power(-0.05, 5, 100, VAN_DYKE) == readers_power(0.05, 5, 100, VAN_DYKE)


def test_fixed_readers_without_any_difference_between_them_are_a_normal_test() -> None:
    alone = Variation(100, 0.0, 0.002, 0.001, 0.0, 0.0)
    error = np.sqrt(2 * 0.001 / 4)
    power = norm.sf(norm.isf(0.025) - 0.05 / error) + norm.cdf(-norm.isf(0.025) - 0.05 / error)
    assert readers_power(0.05, 4, 100, alone, random="cases") == pytest.approx(power, abs=1e-9)


def test_without_a_pilot_correlations_are_assumed_in_order() -> None:
    found = assumed(0.85, 50, 50, reader_range=0.1)
    assert found.cov1 > found.cov2 > found.cov3 > 0
    assert found.interaction == pytest.approx(0.025**2 / 2)
    with pytest.raises(CutisError, match="out of order"):
        assumed(0.85, 50, 50, neither=0.6)
    with pytest.raises(CutisError, match="1 readers and 50 cases are too few"):
        readers_power(0.05, 1, 50, found)
