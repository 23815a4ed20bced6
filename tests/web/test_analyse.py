"""What models say of a photo: the same as elsewhere, in words for everybody, never of another study."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import func, select

from cutis import zoo
from cutis.core.bundle import Bundle
from cutis.runtime.engine import Engine
from cutis.runtime.gate import Gate
from cutis.runtime.patient import patient_score
from cutis.web.analyse import grids
from cutis.web.analyse.engines import Engines
from cutis.web.analyse.meaning import meaning
from cutis.web.analyse.viridis import VIRIDIS
from cutis.web.database import Analysis, AuditEntry, Photo
from cutis.web.database.analysis import DONE
from cutis.web.jobs.worker import Worker
from cutis.web.people.roles import Role

from .conftest import Browser, InStudy, World, jpeg


@pytest.fixture(scope="module")
def rash() -> list[bytes]:
    """Two rendered photos of one patient's rash."""
    from cutis.phantoms.erythema.wide import render_wide

    found = []
    for number in range(2):
        rng = np.random.default_rng([9, number])
        wide = render_wide("severe", 480, rng, subject=np.random.default_rng(9), photo=number)
        out = BytesIO()
        Image.fromarray(wide.image).save(out, "JPEG", quality=92)
        found.append(out.getvalue())
    return found


@pytest.fixture(scope="module")
def mosaic() -> bytes:
    """A grey image like tissue under a microscope."""
    rng = np.random.default_rng(4)
    coarse = Image.fromarray(rng.integers(30, 220, (60, 70), np.uint8)).resize(
        (560, 480), Image.Resampling.BICUBIC
    )
    out = BytesIO()
    coarse.save(out, "PNG")
    return out.getvalue()


@pytest.fixture(scope="module")
def worker(world: World) -> Worker:
    platform = world.administrator.platform
    return Worker.of(platform.database, platform.store, platform.audit, platform.settings.data_folder)


@pytest.fixture(scope="module")
def clinician(world: World) -> Browser:
    return world.a.people[Role.CLINICIAN]


def _send(study: InStudy, content: bytes, pseudonym: str = "R-1") -> str:
    """Send a photo as the page does; its identity."""
    someone = study.people[Role.CLINICIAN]
    sent = someone.post(
        f"/studies/{study.id}/analyse", {"pseudonym": pseudonym}, files={"photo": ("x", content)}
    )
    assert sent.status_code == 303, sent.text
    return str(sent.headers["location"].split("/")[4])


def _page(study: InStudy, photo: str, more: str = "") -> Any:
    answer = study.people[Role.CLINICIAN].get(f"/studies/{study.id}/photos/{photo}/analysis{more}")
    assert answer.status_code == 200, answer.text
    return answer


def _rows(study: InStudy, photo: str) -> dict[str, Analysis]:
    with study.people[Role.CLINICIAN].platform.database.reading() as session:
        found = session.scalars(select(Analysis).where(Analysis.photo_id == photo)).all()
    return {one.result["task"] if one.result else one.id: one for one in found}


@pytest.fixture(scope="module")
def analysed(world: World, worker: Worker, rash: list[bytes]) -> list[str]:
    """The photos of the rash, analysed."""
    photos = [_send(world.a, one) for one in rash]
    for one in photos:
        worker.do(one)
    return photos


@pytest.fixture(scope="module")
def spot(world: World, worker: Worker) -> str:
    """A dermoscopic photo, analysed."""
    from cutis.phantoms.dermoscopy import render

    out = BytesIO()
    photo = render("melanocytic_nevus", 256, np.random.default_rng(7)).image
    Image.fromarray(photo).save(out, "JPEG", quality=92)
    sent = _send(world.a, out.getvalue(), "R-3")
    worker.do(sent)
    return sent


def test_the_page_waits_then_says_it_all(world: World, worker: Worker, rash: list[bytes]) -> None:
    photo = _send(world.a, jpeg(301, 480, 360), "W-1")
    waiting = _page(world.a, photo).text
    assert "data-waiting" in waiting
    assert 'http-equiv="refresh"' in waiting
    assert "models are still at it" in waiting
    assert worker.do(photo) >= 5
    done = _page(world.a, photo).text
    assert "data-waiting" not in done
    assert 'http-equiv="refresh"' not in done
    part = _page(world.a, photo, "?part=yes").text
    assert part.lstrip().startswith('<div id="results"')
    assert "<html" not in part


def test_numbers_are_those_that_the_models_give_elsewhere(world: World, spot: str) -> None:
    platform = world.administrator.platform
    rows = _rows(world.a, spot)
    with platform.database.reading() as session:
        kept = session.get_one(Photo, spot)
    path = platform.store.photo(kept.digest, kept.kind)
    verdict = Gate(Engine.open("image_quality"))(path)
    quality = rows["image_quality"].result
    assert quality is not None
    assert quality["good"] == pytest.approx(verdict.good, abs=2e-3)
    assert quality["passed"] == verdict.passed
    assert quality["advice"] == list(verdict.advice)
    expected = Engine.open("dermoscopy")(path).probabilities
    said = rows["dermoscopy"].result
    assert said is not None
    assert {one["name"]: one["probability"] for one in said["labels"]} == pytest.approx(expected, abs=2e-3)
    assert sum(one["kept"] for one in said["labels"]) >= 1


def test_the_quality_comes_first_and_rendered_training_is_said(world: World, analysed: list[str]) -> None:
    shown = _page(world.a, analysed[0]).text
    assert shown.index('class="answer verdict"') < shown.index("<section")
    assert "in 1,000" in shown
    assert shown.count("Trained on rendered images, not for care.") >= 1
    assert "/models/" in shown  # the card is one click away


def test_what_does_not_suit_a_photo_is_said_and_not_shown(world: World, analysed: list[str]) -> None:
    rows = _rows(world.a, analysed[0])
    assert rows["confocal"].result is not None
    assert rows["confocal"].result["suits"] == {"suits": False, "why": "colour"}
    assert rows["facial"].result is not None
    assert rows["facial"].result["suits"]["suits"] is False
    shown = _page(world.a, analysed[0]).text
    assert "the model judges grey images of a microscope" in shown


def test_several_photos_of_a_patient_give_one_answer(world: World, analysed: list[str]) -> None:
    results = [_rows(world.a, one)["drug_reaction"].result for one in analysed]
    scores = [lesion["probability"] for one in results if one for lesion in one["lesions"]]
    assert len(scores) >= 2
    expected = patient_score(Engine.open("drug_reaction").info, scores)
    with world.administrator.platform.database.reading() as session:
        whose = session.get_one(Photo, analysed[0]).participant_id
    where = f"/studies/{world.a.id}/participants/{whose}/screening"
    said = world.a.people[Role.CLINICIAN].api("GET", f"/api{where}").json()
    assert said["lesions"] == len(scores)
    assert said["probability"] == pytest.approx(expected.probability, abs=1e-6)
    assert said["positive"] == expected.positive
    assert said["rendered"] is True
    assert sum(said["among_a_thousand"].values()) == 1000
    shown = world.a.people[Role.CLINICIAN].get(where).text
    assert ("Refer urgently" in shown) == expected.positive
    assert "never a diagnosis" in shown


def test_how_common_it_is_changes_what_an_answer_means(world: World, analysed: list[str]) -> None:
    row = _rows(world.a, analysed[0])["drug_reaction"]
    asked = _page(world.a, analysed[0], f"?of={row.id}&prevalence=50").text
    assert "At the share that you try here." in asked
    investigator = world.a.people[Role.INVESTIGATOR]
    form = {"task": "drug_reaction", "label": "severe", "prevalence": "7", "photo": analysed[0]}
    assert investigator.post(f"/studies/{world.a.id}/prevalence", form).status_code == 303
    kept = _page(world.a, analysed[0]).text
    assert "of whom 70 have it" in kept
    assert "At the share that this study has set." in kept
    for wrong in ("0", "100", "many", "nan", "-3"):
        refused = investigator.post(f"/studies/{world.a.id}/prevalence", {**form, "prevalence": wrong})
        assert refused.status_code == 422, wrong
    assert _page(world.a, analysed[0]).text.count("of whom 70 have it") == 1
    other = investigator.post(f"/studies/{world.b.id}/prevalence", form)
    assert other.status_code == 404
    with world.administrator.platform.database.reading() as session:
        said = session.scalars(select(AuditEntry).where(AuditEntry.action == "prevalence.set")).all()
    assert [one.details["share"] for one in said] == [0.07]


@given(
    share=st.floats(0.001, 0.999),
    sensitivity=st.floats(0.01, 1.0),
    specificity=st.floats(0.0, 0.99),
)
def test_of_a_thousand_patients_each_is_counted_once(
    share: float, sensitivity: float, specificity: float
) -> None:
    rates = {
        name: {"value": value, "low": value, "high": value}
        for name, value in (("sensitivity", sensitivity), ("specificity", specificity))
    }
    found = meaning(rates, share, known=True)
    assert found is not None
    counts = (found.found, found.missed, found.alarms, found.cleared)
    assert sum(counts) == 1000
    assert min(counts) >= 0
    assert found.ill == round(1000 * share)
    by_bayes = share * sensitivity / (share * sensitivity + (1 - share) * (1 - specificity))
    assert found.ppv[0] == pytest.approx(by_bayes, abs=1e-9)


def test_without_known_rates_nothing_is_said_of_a_thousand() -> None:
    assert meaning({}, 0.1, known=True) is None


def test_similar_photos_are_of_the_same_study_only(world: World, worker: Worker, analysed: list[str]) -> None:
    content = jpeg(310, 480, 360)
    mine, theirs = _send(world.a, content, "S-1"), _send(world.b, content, "S-1")
    near = _send(world.a, jpeg(310, 500, 380), "S-2")
    for one in (mine, theirs, near):
        worker.do(one)
    where = f"/api/studies/{world.a.id}/photos/{mine}/similar"
    found = world.a.people[Role.CLINICIAN].api("GET", where).json()
    with world.administrator.platform.database.reading() as session:
        studies = set(
            session.scalars(select(Photo.study_id).where(Photo.id.in_([one["photo"] for one in found])))
        )
    assert studies == {world.a.id}
    assert found[0]["photo"] == near
    assert found[0]["likeness"] > 0.9
    assert mine not in {one["photo"] for one in found}
    assert theirs not in _page(world.a, mine).text


def test_a_mosaic_opens_at_any_zoom_with_its_map(
    world: World, worker: Worker, clinician: Browser, mosaic: bytes
) -> None:
    photo = _send(world.a, mosaic, "M-1")
    worker.do(photo)
    row = _rows(world.a, photo)["confocal"]
    assert row.state == DONE, row.problem
    assert row.result is not None
    said = row.result["map"]
    base = f"/studies/{world.a.id}/photos/{photo}/analyses/{row.id}"
    first = clinician.get(f"{base}/tile?level=0&row=0&column=0")
    assert first.status_code == 200
    assert Image.open(BytesIO(first.content)).size == (512, 480)
    assert clinician.get(f"{base}/tile?level=0&row=7&column=0").status_code == 404
    assert clinician.get(f"{base}/tile?level=-1").status_code == 422
    grades = Image.open(BytesIO(clinician.get(f"{base}/grades").content))
    assert grades.size == (said["columns"], said["rows"])
    viewer = clinician.get(f"{base}/viewer?spacing=0.5").text
    assert "Trained on rendered images, not for care." in viewer
    assert 'data-spacing="0.5"' in viewer
    assert "mm²" in viewer
    assert world.b.people[Role.CLINICIAN].get(f"{base}/tile").status_code == 404


def test_a_layer_is_clear_where_there_is_nothing(world: World, clinician: Browser, spot: str) -> None:
    row = _rows(world.a, spot)["dermoscopy"]
    base = f"/studies/{world.a.id}/photos/{spot}/analyses/{row.id}/layer"
    layer = np.asarray(Image.open(BytesIO(clinician.get(f"{base}?label=nv").content)))
    assert layer.shape[2] == 4
    assert layer[..., 3].max() == 255
    assert clinician.get(f"{base}?label=nothing").status_code == 200  # the first one
    waiting = world.a.names["analysis"]
    path = f"/studies/{world.a.id}/photos/{world.a.names['photo']}/analyses/{waiting}"
    assert clinician.get(f"{path}/layer").status_code == 409
    assert clinician.get(f"{path}/viewer").status_code == 409


def test_a_result_comes_as_pdf_or_says_why_not(
    world: World, clinician: Browser, analysed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from cutis.core.errors import MissingExtraError

    where = f"/studies/{world.a.id}/photos/{analysed[0]}/analysis.pdf"
    made = clinician.get(where)
    if made.status_code == 200:
        assert made.content.startswith(b"%PDF")
    else:
        assert made.status_code == 501

    def missing(*_: Any) -> None:
        raise MissingExtraError("pdf", "Writing analysis.pdf")

    monkeypatch.setattr("cutis.web.analyse.paper.write_pdf", missing)
    refused = clinician.get(where)
    assert refused.status_code == 501
    assert "PDFs cannot be made here" in refused.text


def test_what_is_answered_stays_and_another_model_is_asked_beside_it(
    world: World, worker: Worker, clinician: Browser, analysed: list[str]
) -> None:
    photo = analysed[1]
    before = {one.id: one.finished for one in _rows(world.a, photo).values()}
    other = Bundle.open(zoo.path("dermoscopy_rendered")).digest
    where = f"/api/studies/{world.a.id}/photos/{photo}/analyses"
    assert clinician.api("POST", where, json={"models": [other]}).json() == {"waiting": 1}
    assert clinician.api("POST", where, json={"models": ["0" * 64]}).status_code == 404
    assert clinician.api("POST", where, json={"models": ["../x"]}).status_code == 422
    assert worker.do(photo) == 1
    said = clinician.api("GET", where).json()
    assert {one["id"]: one["finished"] is not None for one in said} == dict.fromkeys(
        [*before, next(one["id"] for one in said if one["model"] == other)], True
    )
    with world.administrator.platform.database.reading() as session:
        after = {
            one.id: one.finished for one in session.scalars(select(Analysis).where(Analysis.id.in_(before)))
        }
    assert after == before
    assert {one["state"] for one in said} == {"done"}
    assert clinician.post(f"/studies/{world.a.id}/photos/{photo}/analysis", {}).status_code == 303
    assert worker.do(photo) == 0


@pytest.mark.parametrize(
    ("form", "content", "words"),
    [
        ({"pseudonym": "B-1"}, b"", "empty"),
        ({"pseudonym": "B-1"}, b"Dear doctor", "not a photo"),
        ({"pseudonym": "B-1"}, jpeg(3)[:-40], "photo"),
        (
            {"pseudonym": "B-1"},
            b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
            "not a photo",
        ),
        ({}, jpeg(3), "participant"),
        ({"participant": "nobody"}, jpeg(3), "participant"),
        ({"pseudonym": "B-1", "key": "../../x"}, jpeg(3), "key"),
    ],
)
def test_bad_input_is_refused_in_words_and_leaves_nothing(
    world: World, clinician: Browser, form: dict[str, str], content: bytes, words: str
) -> None:
    def counts() -> tuple[int, int]:
        with clinician.platform.database.reading() as session:
            return (
                session.scalar(select(func.count(Photo.id))) or 0,
                session.scalar(select(func.count(Analysis.id))) or 0,
            )

    before = counts()
    sent = clinician.post(
        f"/studies/{world.a.id}/analyse",
        form,
        files={"photo": ("../../etc/passwd", content)},
        headers={"accept": "application/json"},
    )
    assert sent.status_code in (404, 422), sent.text
    assert words in sent.json()["detail"]
    assert "passwd" not in sent.text
    assert counts() == before


def test_a_library_for_zooming_that_is_missing_is_said(world: World, clinician: Browser) -> None:
    shown = clinician.get(f"/studies/{world.a.id}/analyse").text
    assert "Drop a photo here" in shown
    assert "DICOM" in shown


def test_maps_keep_their_place_and_their_proportions() -> None:
    values = np.zeros((4, 6), np.float32)
    values[1, 4] = 2.0
    said = grids.packed(values, (0.0, 0.25, 1.0, 0.75))
    assert np.array_equal(grids.unpacked(said) > 0, values > 0)
    layer = np.asarray(Image.open(BytesIO(grids.layer(said, 800, 400))))
    assert layer.shape == (320, 640, 4)
    rows, columns = np.nonzero(layer[..., 3] > 200)
    # Its cell's centre: row 1.5 of 4, and column 4.5 of 6 within the middle half.
    assert rows.mean() / 320 == pytest.approx(1.5 / 4, abs=0.02)
    assert columns.mean() / 640 == pytest.approx(0.25 + 0.5 * 4.5 / 6, abs=0.02)


def test_the_colours_are_those_of_viridis() -> None:
    from matplotlib import colormaps

    assert np.array_equal(VIRIDIS, colormaps["viridis"](np.arange(256), bytes=True)[:, :3])


def test_no_more_models_are_open_than_there_may_be() -> None:
    paths = {Bundle.open(zoo.path(name)).digest: zoo.path(name) for name in zoo.names()}
    engines = Engines(paths.__getitem__, most=2, threads=1)
    for digest in paths:
        engines.open(digest)
        assert len(engines.digests()) <= 2
    assert engines.digests()[-1] == list(paths)[-1]
    small = Engines(paths.__getitem__, megabytes=1, threads=1)
    for digest in paths:
        small.open(digest)
    assert len(small.digests()) == 1
