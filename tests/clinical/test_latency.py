"""Whether a delay fits what was published."""

from __future__ import annotations

import pytest

from cutis.clinical.drugs import find
from cutis.clinical.latency import Latency, latency


def of(days: int, name: str) -> dict[str, Latency]:
    return {fit.reaction: fit for fit in latency(days, find(name).drug)}


@pytest.mark.parametrize(
    ("days", "fits"),
    [
        (-1, "does not fit"),
        (0, "does not fit"),
        (1, "may fit"),
        (4, "may fit"),
        (5, "fits"),
        (28, "fits"),
        (29, "may fit"),
        (56, "may fit"),
        (57, "hardly fits"),
    ],
)
def test_the_window_of_epidermal_necrolysis(days: int, fits: str) -> None:
    assert of(days, "newdrugumab")["SJS/TEN"].fits == fits


@pytest.mark.parametrize(
    ("days", "fits"), [(0, "does not fit"), (15, "may fit"), (16, "fits"), (57, "may fit")]
)
def test_dress_by_allopurinol_begins_late(days: int, fits: str) -> None:
    """Soria et al. 2020, abstract: all 8 cases by allopurinol after more than 15 days."""
    fit = of(days, "allopurinol")["DRESS"]
    assert fit.fits == fits
    assert days == 0 or "All 8 cases" in fit.text


def test_only_reactions_that_a_drug_is_known_for_are_told() -> None:
    assert set(of(10, "allopurinol")) == {"SJS/TEN", "DRESS"}
    assert set(of(10, "diltiazem")) == {"SJS/TEN", "AGEP"}
    assert set(of(10, "newdrugumab")) == {"SJS/TEN"}


def test_agep_tells_the_median_of_its_kind_of_drug() -> None:
    assert "1 day for antibiotics" in of(1, "amoxicillin")["AGEP"].text
    assert "11 days" in of(1, "diltiazem")["AGEP"].text
    assert of(-1, "diltiazem")["AGEP"].fits == "does not fit"


def test_dress_by_antibiotics_may_begin_early() -> None:
    assert "6 were by antibiotics" in of(8, "vancomycin")["DRESS"].text
    assert "antibiotics" not in of(8, "mexiletine")["DRESS"].text


def test_every_answer_has_its_source() -> None:
    for name in ("allopurinol", "amoxicillin", "vancomycin"):
        for days in (-2, 3, 20, 100):
            assert all(fit.source and fit.text for fit in latency(days, find(name).drug))
