"""All that the facts say, part by part, in words that recommend and never diagnose."""

from __future__ import annotations

import json

import pytest

from cutis.clinical.combine import Calibration
from cutis.clinical.facts import Exposure, Facts
from cutis.clinical.flags import Urgency
from cutis.clinical.summary import Picture, summarise, to_json
from cutis.core.errors import CutisError

ILL = Facts(
    age=57,
    skin_pain=True,
    mucosal_sites=("mouth", "eyes"),
    temperature=39,
    detached_percent=6,
    days_since_rash=2,
    drugs=(Exposure("Tegretol", start_day=-14), Exposure("newdrugumab")),
)
QUIET = Facts(
    mucosal_sites=(),
    skin_pain=False,
    blisters=False,
    nikolsky=False,
    temperature=37,
    facial_swelling=False,
)
OWN = Calibration("the ward", 100, 30, ("picture_log_odds", "skin_pain"), (1.0, 2.0), -1.0, ((0.0,) * 3,) * 3)


def test_an_ill_patient_is_referred_urgently_with_every_sign_named() -> None:
    summary = summarise(ILL)
    assert summary.urgency is Urgency.URGENT
    for said in (
        "Refer urgently",
        "the skin hurts",
        "mouth, eyes",
        "39 degrees",
        "carbamazepine, begun 14 days",
    ):
        assert said in summary.next_step


def test_a_quiet_patient_is_watched_and_told_for_what() -> None:
    step = summarise(QUIET).next_step
    assert step.startswith("No sign of a severe reaction in these facts; watch for")
    assert "blisters" in step


def test_a_patient_of_whom_little_is_known_is_not_called_quiet() -> None:
    summary = summarise(Facts(skin_pain=False))
    assert summary.urgency is Urgency.ASK
    assert (
        "not all were looked for: mucosa, blisters, detachment, facial swelling, fever" in summary.next_step
    )


def test_one_lesser_sign_is_seen_soon() -> None:
    summary = summarise(Facts(**{**vars(QUIET), "temperature": 39}))
    assert summary.next_step.startswith("Have a dermatologist look at it within a day or two: fever of 39")


def test_no_sentence_is_a_diagnosis() -> None:
    for facts in (ILL, QUIET, Facts()):
        step = summarise(facts, Picture(0.9, 0.2)).next_step.casefold()
        for word in ("diagnos", "the patient has", "suffers", "ai says", "this is sjs", "probably"):
            assert word not in step


def test_a_picture_at_its_operating_point_makes_it_urgent_and_one_below_changes_nothing() -> None:
    assert summarise(QUIET, Picture(0.2, 0.2)).urgency is Urgency.URGENT
    assert (
        "photos score 0.20, at or above the operating point 0.20"
        in summarise(QUIET, Picture(0.2, 0.2)).next_step
    )
    assert summarise(QUIET, Picture(0.19, 0.2)).urgency is Urgency.WATCH
    assert summarise(QUIET, Picture(0.99)).urgency is Urgency.WATCH
    assert summarise(ILL, Picture(0.0, 0.2)).urgency is Urgency.URGENT


@pytest.mark.parametrize("wrong", [(-0.1, None), (71, None), (0.5, 2)])
def test_a_picture_is_a_share(wrong: tuple[float, float | None]) -> None:
    with pytest.raises(CutisError, match="as a share, 0 to 1"):
        Picture(*wrong)


def test_a_combined_score_needs_a_calibration_and_hides_no_part() -> None:
    alone = summarise(ILL, Picture(0.5, 0.2))
    assert alone.combined is None
    assert "there is no calibration" in alone.not_combined
    both = summarise(ILL, Picture(0.5, 0.2), OWN)
    assert both.combined is not None
    assert both.combined.probability == pytest.approx(1 / (1 + 2.718281828 ** (1.0 - 2.0)))
    assert [part.name for part in both.combined.parts] == ["picture_log_odds", "skin_pain"]
    assert (both.scores, both.flags, both.drugs, both.urgency) == (
        alone.scores,
        alone.flags,
        alone.drugs,
        alone.urgency,
    )


def test_what_the_calibration_needs_and_is_not_known_is_said() -> None:
    summary = summarise(Facts(), Picture(0.5), OWN)
    assert summary.combined is None
    assert "skin_pain is not known" in summary.not_combined


def test_every_score_shows_its_items_and_source() -> None:
    summary = summarise(ILL)
    assert [score.name for score in summary.scores] == ["scorten", "abcd10", "regiscar"]
    for score in (*summary.scores, *(drug.causality for drug in summary.drugs)):
        assert score.items
        assert score.source
    assert summary.detached is not None
    assert summary.detached.name == "SJS"


def test_every_drug_is_told_of_also_one_that_is_not_in_the_table() -> None:
    known, unknown = summarise(ILL).drugs
    assert known.days == 14
    assert {fit.reaction for fit in known.latency} == {"SJS/TEN", "DRESS"}
    assert known.sources
    assert unknown.found.text == "newdrugumab: not in the table: this says nothing about its safety."
    assert (unknown.days, unknown.latency, unknown.sources) == (None, (), ())


def test_the_summary_is_plain_data() -> None:
    plain = json.loads(json.dumps(to_json(summarise(ILL, Picture(0.5, 0.2), OWN)), allow_nan=False))
    assert plain["urgency"] == "urgent"
    assert "no diagnosis" in plain["note"]
    scorten = plain["scores"][0]
    assert scorten["total"] is None
    assert (scorten["low"], scorten["high"]) == (1, 6)
    assert "bicarbonate" in scorten["missing"]
    assert scorten["items"][0] == {
        "name": "age",
        "finding": "57 years",
        "low": 1,
        "high": 1,
        "published": 1,
        "rule": "40 years or more",
    }
    assert plain["drugs"][0]["in_table"]["inn"] == "carbamazepine"
    assert plain["drugs"][1]["in_table"] is None
    assert plain["facts"]["drugs"][0]["name"] == "Tegretol"
