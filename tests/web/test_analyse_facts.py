"""Clinical facts beside a model's answer: read by published scores, kept with who and when, not mixed in."""

from __future__ import annotations

import json
import zipfile
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import select

from cutis.clinical.facts import Facts
from cutis.clinical.prognosis import scorten
from cutis.clinical.record import from_dict, to_dict
from cutis.clinical.units import QUANTITIES, Amount
from cutis.web.analyse.facts import entering
from cutis.web.analyse.facts.fields import DRUG, EARLIER, ORGANS, SITES, TITLES
from cutis.web.database import Analysis, AuditEntry, ClinicalFacts, Participant, Photo
from cutis.web.jobs.worker import Worker
from cutis.web.people.roles import Role

from .conftest import Browser, World

FILLED = {
    "age": "57",
    "temperature": "38,9",
    "heart_rate": "124",
    "mucosal_sites": ["mouth", "eyes"],
    "skin_pain": "yes",
    "detached_percent": "6",
    "bicarbonate": "22",
    "bicarbonate.unit": "mmol/L",
    "drugs.1.name": "carbamazepine",
    "drugs.1.start_day": "14",
    "drugs.1.ongoing": "yes",
}


@pytest.fixture(scope="module")
def clinician(world: World) -> Browser:
    return world.a.people[Role.CLINICIAN]


@pytest.fixture(scope="module")
def rash(world: World, clinician: Browser) -> dict[str, str]:
    """A photo of a rash that `drug_reaction` has answered: its addresses."""
    from cutis.phantoms.erythema.wide import render_wide

    out = BytesIO()
    Image.fromarray(render_wide("severe", 480, np.random.default_rng(9)).image).save(out, "JPEG", quality=92)
    sent = clinician.post(
        f"/studies/{world.a.id}/analyse", {"pseudonym": "F-1"}, files={"photo": ("x", out.getvalue())}
    )
    photo = str(sent.headers["location"].split("/")[4])
    platform = clinician.platform
    Worker.of(platform.database, platform.store, platform.audit, platform.settings.data_folder).do(photo)
    with platform.database.reading() as session:
        rows = session.scalars(select(Analysis).where(Analysis.photo_id == photo)).all()
    of = {str((one.result or {}).get("task")): one.id for one in rows}
    base = f"/studies/{world.a.id}/photos/{photo}"
    return {
        "photo": photo,
        "analysis": of["drug_reaction"],
        "quality": of["image_quality"],
        "page": f"{base}/analysis",
        "facts": f"{base}/analyses/{of['drug_reaction']}/facts",
    }


def test_facts_stand_beside_the_answer_with_their_scores_and_change_nothing_of_it(
    world: World, clinician: Browser, rash: dict[str, str]
) -> None:
    before = clinician.api("GET", f"/api{rash['page'].removesuffix('analysis')}analyses").json()
    assert "Nothing was entered yet." in clinician.get(rash["page"]).text
    kept = clinician.post(rash["facts"], FILLED)
    assert kept.status_code == 303, kept.text
    shown = clinician.get(rash["page"]).text
    expected = scorten(Facts(age=57, heart_rate=124, detached_percent=6, bicarbonate=Amount(22, "mmol/L")))
    assert (expected.low, expected.high) == (2, 5)
    assert "2 to 5 of 7 points" in shown
    assert "3 parts are not known" in shown  # malignancy, urea and glucose
    assert "Bastuji-Garin et al. 2000" in shown
    assert "ALDEN" in shown
    assert "high risk of SJS/TEN in case-control studies" in shown
    assert "They are no part of the model" in shown
    assert "Amber clinician person" in shown
    after = clinician.api("GET", f"/api{rash['page'].removesuffix('analysis')}analyses").json()
    assert after == before


def test_what_is_entered_later_stands_above_and_earlier_entries_stay(
    world: World, clinician: Browser, rash: dict[str, str]
) -> None:
    address = f"/api{rash['facts']}"
    clinician.post(rash["facts"], FILLED)
    count = len(clinician.api("GET", address).json())
    assert clinician.post(rash["facts"], FILLED).status_code == 303  # sent twice, kept once
    assert len(clinician.api("GET", address).json()) == count
    form = clinician.get(rash["facts"]).text
    assert 'value="38.9"' in form
    assert 'value="carbamazepine"' in form
    assert 'value="14"' in form
    made = clinician.api("POST", address, json={"facts": {"detached_percent": 35}})
    assert made.status_code == 201, made.text
    listed = clinician.api("GET", address).json()
    assert [one["facts"] for one in listed][:2] == [{"detached_percent": 35}, listed[1]["facts"]]
    assert len(listed) == count + 1
    assert "35% detached: in an epidermal necrolysis that is called TEN." in clinician.get(rash["page"]).text
    with clinician.platform.database.reading() as session:
        lines = session.scalars(select(AuditEntry).where(AuditEntry.action == "facts.entered")).all()
        rows = session.scalars(select(ClinicalFacts)).all()
    assert {one.who for one in lines} == {clinician.user}
    assert {one.details["entry"] for one in lines} == {one.id for one in rows}
    assert lines[-1].details["urgency"] == "urgent"
    assert "picture" not in listed[0]["reading"]
    assert listed[1]["reading"]["scores"][0]["total"] is None


def test_each_field_that_does_not_hold_is_named_and_nothing_is_kept(
    clinician: Browser, rash: dict[str, str]
) -> None:
    address = f"/api{rash['facts']}"
    before = clinician.api("GET", address).json()
    wrong = {
        **FILLED,
        "age": "old",
        "temperature": "370",
        "urea": "28",
        "urea.unit": "mmol/L",
        "glucose": "252",
        "glucose.unit": "",
        "mucosal_sites": ["none", "mouth"],
    }
    told = clinician.post(rash["facts"], wrong)
    assert told.status_code == 422
    assert "&#39;None involved&#39; is ticked, and something else too." in told.text
    told = clinician.post(rash["facts"], {**wrong, "mucosal_sites": ["mouth"], "drugs.2.start_day": "3"})
    assert "The drug has no name." in told.text
    told = clinician.post(rash["facts"], {**wrong, "mucosal_sites": ["mouth"]})
    assert "Age is &#39;old&#39;, not a number." in told.text
    assert "Did you mean 37.0?" in told.text
    assert "Glucose is given without a unit." in told.text
    assert 'value="370"' in told.text  # what was typed is still there
    said = clinician.api(
        "POST", address, json={"facts": {"age": 300, "drugs": [{"name": "x", "start_day": "y"}]}}
    )
    assert said.status_code == 422
    assert said.headers["content-type"] == "application/problem+json"
    assert set(said.json()["fields"]) == {"age", "drugs.1.start_day"}
    for odd in (
        {},
        {"age": None},
        {"nonsense": 1},
        {"age": 10**400},
        {"drugs": "x"},
        {"drugs": [{"name": "\0"}]},
    ):
        assert clinician.api("POST", address, json={"facts": odd}).status_code == 422, odd
    assert clinician.api("POST", address, json={"facts": [1]}).status_code == 422
    assert clinician.api("GET", address).json() == before


def test_facts_are_asked_beside_an_answer_for_drug_reactions_only(
    world: World, clinician: Browser, rash: dict[str, str]
) -> None:
    other = rash["facts"].replace(rash["analysis"], rash["quality"])
    assert clinician.get(other).status_code == 409
    assert clinician.api("POST", f"/api{other}", json={"facts": {"age": 5}}).status_code == 409
    elsewhere = world.b.people[Role.CLINICIAN]
    assert elsewhere.get(rash["facts"]).status_code == 404
    assert elsewhere.api("GET", f"/api{rash['facts']}").status_code == 404
    assert world.a.people[Role.READER].api("GET", f"/api{rash['facts']}").status_code == 403
    assert world.a.bound[Role.CLINICIAN].api("GET", f"/api{rash['facts']}").status_code == 404


def test_facts_and_scores_are_exported_printed_and_gone_with_the_participant(
    world: World, clinician: Browser, rash: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clinician.post(rash["facts"], FILLED)
    paper: list[str] = []
    monkeypatch.setattr(
        "cutis.web.analyse.paper.write_pdf",
        lambda html, place: (paper.append(html), place.write_bytes(b"%PDF-")),
    )
    assert clinician.get(f"{rash['page']}.pdf").status_code == 200
    assert "of 7 points" not in paper[0].partition("Clinical facts beside the photo")[0]
    assert "2 to 5 of 7 points" in paper[0].partition("Clinical facts beside the photo")[2]
    investigator = world.a.people[Role.INVESTIGATOR]
    archive = zipfile.ZipFile(BytesIO(investigator.post(f"/studies/{world.a.id}/export", {}).content))
    facts = archive.read("facts.csv").decode()
    assert f"{rash['photo']},F-1," in facts
    assert "temperature,38.9" in facts
    assert "bicarbonate,22.0 mmol/L" in facts
    assert ",urea," not in facts  # missing is missing
    scores = archive.read("scores.csv").decode()
    assert "scorten,2,5," in scores
    assert "facts.csv" in archive.read("README.md").decode()
    with clinician.platform.database.reading() as session:
        whose = session.get_one(Photo, rash["photo"]).participant_id
        pseudonym = session.get_one(Participant, whose).pseudonym
    gone = clinician.post(f"/studies/{world.a.id}/participants/{whose}/withdraw", {"pseudonym": pseudonym})
    assert gone.status_code == 303
    assert clinician.api("GET", f"/api{rash['facts']}").status_code == 404
    assert clinician.api("POST", f"/api{rash['facts']}", json={"facts": {"age": 5}}).status_code == 404


_TRUTH = st.sampled_from([True, False])


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "age": st.integers(0, 120).map(float),
            "temperature": st.floats(31, 42),
            "skin_pain": _TRUTH,
            "malignancy": _TRUTH,
            "mucosal_sites": st.lists(st.sampled_from(list(SITES)), unique=True),
            "organs": st.lists(st.sampled_from(list(ORGANS)), unique=True),
            "bicarbonate": st.floats(1, 60).map(lambda value: {"value": value, "unit": "mmol/L"}),
            "drugs": st.lists(
                st.fixed_dictionaries(
                    {"name": st.sampled_from(["ibuprofen", "パラセタモール", "x y"])},
                    optional={
                        "start_day": st.integers(-60, -8),
                        "stop_day": st.integers(-7, 9),
                        "earlier": st.sampled_from(list(EARLIER)),
                        "clearance_impaired": _TRUTH,
                    },
                ),
                max_size=1,
            ),
        },
    )
)
def test_facts_survive_the_form(said: dict[str, Any]) -> None:
    facts = from_dict(said)
    again = entering.read(entering.plain(entering.back(facts)))
    assert json.dumps(to_dict(again)) == json.dumps(to_dict(facts))


def test_every_fact_that_can_be_wrong_has_a_title() -> None:
    from dataclasses import fields

    from cutis.clinical.facts import Exposure

    assert {one.name for one in fields(Facts)} <= set(TITLES)
    asked = {one.name for one in DRUG}
    assert {one.name for one in fields(Exposure)} - asked == {"start", "stop"}  # days are asked instead
    assert set(QUANTITIES) <= set(TITLES)
