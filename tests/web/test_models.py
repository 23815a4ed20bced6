"""Models: what is taken, what is shown of them, which answers where, how two compare, what has changed."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import func, select

from cutis import zoo
from cutis.core.bundle import Bundle, Vectors, write_bundle
from cutis.web.apart import NotTaken
from cutis.web.database import (
    Analysis,
    AuditEntry,
    Member,
    Participant,
    Photo,
    Reader,
    ReaderStudy,
    Reading,
    ReadingCase,
    StoredBundle,
    Study,
    StudyModel,
)
from cutis.web.database.analysis import DONE
from cutis.web.database.row import now
from cutis.web.models import registry
from cutis.web.models.card import card_html
from cutis.web.models.checked import check_here
from cutis.web.models.drift import drift
from cutis.web.models.labels import truth_of
from cutis.web.people.roles import Role
from cutis.web.reading.design import Choice, Design

SHIPPED = "drug_reaction"


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return Bundle.open(zoo.path(SHIPPED))


@pytest.fixture(scope="module")
def newer(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same model under another version: another bundle of the same task."""
    path = tmp_path_factory.mktemp("newer") / "newer.cutis"
    info = replace(bundle.info, version="9.9", name="second look")
    write_bundle(path, info, bundle.model, bundle.card, bundle.vectors)
    return path


def _send(browser: Any, data: bytes, *, api: bool = True) -> Any:
    files = {"bundle": ("any.cutis", data)}
    return browser.api("POST", "/api/models", files=files) if api else browser.post("/models", files=files)


def _refused(held: Any, count: int) -> None:
    with held.database.reading() as session:
        lines = session.scalar(
            select(func.count(AuditEntry.number)).where(AuditEntry.action == "model.refused")
        )
        assert lines == count
    kept = held.settings.data_folder / "models"
    assert not list(kept.glob(".incoming*"))
    assert len(list(kept.glob("*.cutis"))) == len(zoo.names())


def test_shipped_models_are_there_from_the_start_and_answer_in_every_study(world: Any) -> None:
    someone = world.a.people[Role.CLINICIAN]
    listed = someone.api("GET", "/api/models").json()
    assert {one["name"] for one in listed} == set(zoo.names())
    in_use = someone.api("GET", f"/api/studies/{world.a.id}/models").json()
    assert {one["task"]: one["model"]["name"] for one in in_use} == {
        name: name for name in ("confocal", "dermoscopy", "drug_reaction", "facial", "image_quality")
    }
    page = someone.get(f"/studies/{world.a.id}/models")
    assert "as shipped" in page.text
    digest = Bundle.open(zoo.path(SHIPPED)).digest
    assert Bundle.open(registry.bundle_path(someone.platform, digest)).digest == digest


@pytest.mark.parametrize(
    "wrong", ["text", "zip", "cut off", "altered", "bomb", "answers", "no test", "empty"]
)
def test_what_is_no_whole_model_is_refused_in_words_and_leaves_nothing(
    world: Any, bundle: Bundle, tmp_path: Path, wrong: str
) -> None:
    data = zoo.path(SHIPPED).read_bytes()
    held = world.administrator.platform
    with held.database.reading() as session:
        before = session.scalar(
            select(func.count(AuditEntry.number)).where(AuditEntry.action == "model.refused")
        )
    if wrong == "text":
        data = b"Dear doctor"
    elif wrong == "empty":
        data = b""
    elif wrong == "cut off":
        data = data[: len(data) // 2]
    elif wrong == "altered":
        middle = len(data) // 2
        data = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
    elif wrong in ("zip", "bomb"):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            if wrong == "bomb":
                with archive.open("bundle.json", "w") as member:
                    for _ in range(1300):
                        member.write(bytes(1 << 20))
            else:
                archive.writestr("x.txt", "x")
        data = out.getvalue()
    else:
        cases = tuple(
            replace(one, probabilities={k: 1 - v for k, v in one.probabilities.items()})
            for one in bundle.vectors.cases
        )
        vectors = Vectors(cases if wrong == "answers" else (), "none", 1e-3, 0.0)
        write_bundle(tmp_path / "x.cutis", bundle.info, bundle.model, bundle.card, vectors)
        data = (tmp_path / "x.cutis").read_bytes()
    answer = _send(world.administrator, data)
    assert answer.status_code == 422, answer.text
    told = answer.json()["detail"]
    assert str(held.settings.data_folder) not in told
    assert "/" not in told.replace("and/or", "")
    if wrong == "answers":
        assert "does not reproduce its answers" in told
    _refused(held, before + 1)


def test_a_graph_that_cannot_be_run_is_refused(bundle: Bundle, tmp_path: Path) -> None:
    write_bundle(tmp_path / "x.cutis", bundle.info, b"not a graph", bundle.card, bundle.vectors)
    found = check_here(tmp_path / "x.cutis", 10**9)
    assert isinstance(found, NotTaken)
    assert "cannot be run" in found.reason


def test_only_an_administrator_adds_models_and_the_page_says_what_was_wrong(world: Any) -> None:
    assert _send(world.a.people[Role.INVESTIGATOR], b"x").status_code == 403
    page = _send(world.administrator, b"Dear doctor", api=False)
    assert page.status_code == 422
    assert "This is not a bundle" in page.text


def test_a_model_is_taken_activated_and_changes_nothing_of_what_was(
    world: Any, newer: Path, bundle: Bundle
) -> None:
    administrator, investigator = world.administrator, world.a.people[Role.INVESTIGATOR]
    sent = _send(administrator, newer.read_bytes())
    assert sent.status_code == 201, sent.text
    digest = sent.json()["digest"]
    assert _send(administrator, newer.read_bytes()).status_code == 200
    where = f"/studies/{world.a.id}/models"
    assert investigator.post(where, {"task": "dermoscopy", "digest": digest}).status_code == 422
    assert investigator.post(where, {"task": SHIPPED, "digest": digest}).status_code == 303
    assert investigator.post(where, {"task": SHIPPED, "digest": digest}).status_code == 409
    page = investigator.get(where).text
    assert "second look 9.9" in page
    other = world.b.people[Role.INVESTIGATOR].api("GET", f"/api/studies/{world.b.id}/models").json()
    assert {one["model"]["name"] for one in other if one["task"] == SHIPPED} == {SHIPPED}
    # back, and off
    assert (
        investigator.api("POST", f"/api{where}", json={"task": SHIPPED, "digest": bundle.digest}).status_code
        == 200
    )
    off = investigator.api("POST", f"/api{where}", json={"task": SHIPPED, "digest": ""}).json()
    assert [one["model"] for one in off if one["task"] == SHIPPED] == [None]
    with administrator.platform.database.reading() as session:
        active = registry.active(session, world.a.id)
        assert SHIPPED not in {one.task for one in active}
        rows = session.scalars(
            select(StudyModel).where(StudyModel.study_id == world.a.id).order_by(StudyModel.since)
        ).all()
        assert [one.until is None for one in rows] == [False, False, True]
        lines = session.scalars(
            select(AuditEntry.action)
            .where(AuditEntry.study == world.a.id, AuditEntry.action.startswith("model."))
            .order_by(AuditEntry.number)
        ).all()
        assert lines == ["model.activated", "model.activated", "model.switched_off"]
    assert "2 earlier choices" in investigator.get(where).text


def test_a_study_stays_with_the_model_that_it_began_with_when_cutis_ships_another(
    world: Any, monkeypatch: pytest.MonkeyPatch, bundle: Bundle, newer: Path, tmp_path: Path
) -> None:
    held = world.administrator.platform
    replaced = tmp_path / "confocal.cutis"
    old = Bundle.open(zoo.path("confocal"))
    write_bundle(replaced, replace(old.info, version="77"), old.model, old.card, old.vectors, old.dense)
    genuine = zoo.path
    monkeypatch.setattr(zoo, "path", lambda name: replaced if name == "confocal" else genuine(name))
    registry.register_shipped(held.database, held.audit, held.settings.data_folder)
    monkeypatch.undo()
    try:
        with held.database.reading() as session:
            for study in (world.a, world.b):
                found = {one.task: one for one in registry.active(session, study.id)}
                assert found["confocal"].digest == old.digest
            begun_later = registry.active(session, "a study to come")
            assert {one.version for one in begun_later if one.task == "confocal"} == {"77"}
        assert (
            "cutis ships a newer one"
            in world.a.people[Role.CLINICIAN].get(f"/studies/{world.a.id}/models").text
        )
    finally:
        registry.register_shipped(held.database, held.audit, held.settings.data_folder)


def test_a_card_is_shown_without_running_or_fetching_anything() -> None:
    html = card_html(
        "# Title <script>alert(1)</script>\n\n[a](javascript:x) ![i](http://x.org/i.png)\n\n"
        "<img src=x onerror=y>\n\n"
        "| a | b |\n|--|--|\n| 1 | **2** |\n"
    )
    assert "<script" not in html
    assert "<img" not in html
    assert "href" not in html
    assert '<table class="figures">' in html
    assert "<strong>2</strong>" in html


@pytest.mark.parametrize("name", zoo.names())
def test_every_shipped_model_has_a_page(world: Any, name: str) -> None:
    digest = Bundle.open(zoo.path(name)).digest
    page = world.a.people[Role.READER].get(f"/models/{digest}")
    assert page.status_code == 200
    assert "What it was trained on" in page.text
    told = world.a.people[Role.READER].api("GET", f"/api/models/{digest}").json()
    assert told["info"]["labels"]["items"]
    rendered = Bundle.open(zoo.path(name)).info.training.rendered
    assert ("Trained on rendered images, not for care" in page.text) == rendered


def _photos(held: Any, name: str, days: list[float], per: int = 1) -> tuple[Study, list[Photo]]:
    """A study with a participant for each day, and so many photos of each."""
    photos = []
    with held.database.writing() as session:
        study = Study(name=name)
        session.add(study)
        session.flush()
        user = session.scalar(select(AuditEntry.who).where(AuditEntry.action == "photo.added"))
        for number, day in enumerate(days):
            participant = Participant(study_id=study.id, pseudonym=f"{name}-{number}")
            session.add(participant)
            session.flush()
            photos += [
                Photo(
                    study_id=study.id,
                    participant_id=participant.id,
                    added_by=user,
                    key=f"{number}-{each}",
                    arrived_digest=f"{number:032}{each:032}",
                    digest=f"{number:032}{each:032}",
                    kind="jpg",
                    size=1,
                    width=1,
                    height=1,
                    created=now() - timedelta(days=100 - day),
                )
                for each in range(per)
            ]
        session.add_all(photos)
    return study, photos


def _said(held: Any, study: Study, photos: list[Photo], digest: str, scores: Any, vectors: Any) -> None:
    with held.database.writing() as session:
        for photo, score, vector in zip(photos, scores, vectors, strict=True):
            session.add(
                Analysis(
                    study_id=study.id,
                    photo_id=photo.id,
                    bundle_digest=digest,
                    state=DONE,
                    result={"probabilities": {"severe": float(score), "not_severe": float(1 - score)}},
                    embedding=np.asarray(vector, dtype=np.float16).tobytes(),
                )
            )


def test_two_models_are_compared_on_the_studys_own_labels(world: Any, bundle: Bundle, newer: Path) -> None:
    held, rng = world.administrator.platform, np.random.default_rng(1)
    someone = world.a.people[Role.INVESTIGATOR]
    second = _send(world.administrator, newer.read_bytes()).json()["digest"]
    asked = {"task": SHIPPED, "one": bundle.digest, "other": second}
    where = f"/api/studies/{world.a.id}/models"
    none = someone.api("GET", f"{where}/compare", params=asked).json()
    assert "No photo of this study has a label" in none["answer"]
    study, photos = _photos(held, "C", [1.0] * 60)
    truth = rng.random(60) < 0.5
    _said(held, study, photos, bundle.digest, np.where(truth, 0.9, 0.1), np.zeros((60, 4)))
    _said(held, study, photos, second, rng.random(60), np.zeros((60, 4)))
    with held.database.writing() as session:
        session.add(Member(study_id=study.id, user_id=someone.user, role=Role.INVESTIGATOR))
    lines = [
        {"photo": photo.id if n % 2 else photo.digest, "label": "severe" if truth[n] else "not_severe"}
        for n, photo in enumerate(photos)
    ]
    where = f"/api/studies/{study.id}/models"
    few = someone.api("POST", f"{where}/labels", json={"task": SHIPPED, "labels": lines[:5]})
    assert few.json() == {"count": 5}
    assert (
        "Too few to compare: 5 labelled photos"
        in someone.api("GET", f"{where}/compare", params=asked).json()["answer"]
    )
    table = "photo;label\n" + "\n".join(f"{one['photo']};{one['label']}" for one in lines)
    sent = someone.post(
        f"/studies/{study.id}/models/labels", asked, files={"labels": ("l.csv", table.encode())}
    )
    assert sent.status_code == 303, sent.text
    found = someone.api("GET", f"{where}/compare", params=asked).json()
    assert found["both"] == found["participants"] == 60
    assert found["figures"][f"{bundle.info.name} {bundle.info.version}"]["accuracy"]["value"] == 1.0
    test = next(one for one in found["tests"] if one["measure"] == "balanced_accuracy")
    assert test["low"] > 0
    assert test["p_corrected"] < 0.05
    assert "finds more than second look 9.9" in found["answer"]
    page = someone.get(f"/studies/{study.id}/models/compare", params=asked)
    assert "finds more than second look 9.9" in page.text
    assert "McNemar" in page.text


def test_what_readers_agreed_on_without_help_becomes_labels(world: Any) -> None:
    held, someone = world.administrator.platform, world.a.people[Role.INVESTIGATOR]
    _study, photos = _photos(held, "F", [1.0, 2.0, 3.0])
    with held.database.writing() as session:
        study = photos[0].study_id
        session.add(Member(study_id=study, user_id=someone.user, role=Role.INVESTIGATOR))
        design = Design(
            question="Severe?", answers=(Choice(name="not_severe"), Choice(name="severe")), positive="severe"
        )
        room = ReaderStudy(
            study_id=study,
            title="Room",
            design=design.model_dump(mode="json"),
            state="open",
            made_by=someone.user,
        )
        session.add(room)
        session.flush()
        cases = [
            ReadingCase(reader_study_id=room.id, number=n, photo_id=photo.id)
            for n, photo in enumerate(photos, start=1)
        ]
        readers = [
            Reader(reader_study_id=room.id, user_id=user, pseudonym=f"R{n}", number=n)
            for n, user in enumerate((someone.user, world.b.people[Role.READER].user), start=1)
        ]
        session.add_all([*cases, *readers])
        session.flush()
        said = [("severe", "severe"), ("severe", "not_severe"), ("not_severe", "not_severe")]
        for number, (case, answers) in enumerate(zip(cases, said, strict=True), start=1):
            for reader, answer in zip(readers, answers, strict=True):
                row = Reading(
                    reader_study_id=room.id,
                    reader_id=reader.id,
                    case_id=case.id,
                    place=number,
                    session=1,
                    helped=case is cases[2],
                    answer=answer,
                    seconds=1.0,
                    plausible=True,
                    key=f"k{number}",
                )
                session.add(row)
    where, given = f"/api/studies/{study}/models/labels", {"task": SHIPPED, "reading": room.id}
    assert someone.api("POST", where, json=given).status_code == 404, "answers may still change"
    with held.database.writing() as session:
        session.get_one(ReaderStudy, room.id).state = "closed"
    assert "Take these labels" in someone.get(f"/studies/{study}/models/compare?task={SHIPPED}").text
    assert someone.api("POST", where, json=given).json() == {"count": 1}
    with held.database.reading() as session:
        assert truth_of(session, study, SHIPPED) == {photos[0].id: "severe"}
    other = world.a.people[Role.INVESTIGATOR].api(
        "POST", f"/api/studies/{world.a.id}/models/labels", json=given
    )
    assert other.status_code == 404, "of another study"


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (b"\xff\xfe\x00", "This is not a table"),
        (b"a,b\n1,2\n", "needs a column"),
        (b"photo,label\n", "No line of the table has a label"),
        (b"photo,label\nx,grave\n", "another label than"),
        (b"photo,label\nnobody,severe\n", "name no photo of this study: 2"),
    ],
)
def test_a_table_of_labels_that_does_not_hold_is_refused_whole(world: Any, table: bytes, told: str) -> None:
    someone = world.a.people[Role.INVESTIGATOR]
    answer = someone.post(
        f"/studies/{world.a.id}/models/labels", {"task": SHIPPED}, files={"labels": ("l.csv", table)}
    )
    assert answer.status_code == 422
    assert told in answer.text
    borrowed = f"photo,label\n{world.b.names['photo']},severe\n".encode()
    answer = someone.post(
        f"/studies/{world.a.id}/models/labels", {"task": SHIPPED}, files={"labels": ("l.csv", borrowed)}
    )
    assert answer.status_code == 422


@pytest.mark.parametrize("changed", [False, True])
def test_drift_is_seen_where_there_is_some_and_only_there(world: Any, bundle: Bundle, changed: bool) -> None:
    held, rng = world.administrator.platform, np.random.default_rng(2)
    days = [float(day) for day in np.linspace(0, 90, 80)]
    study, photos = _photos(held, f"D{changed}", days)
    late = np.array(days) > 60
    scores = np.clip(0.3 + 0.1 * rng.standard_normal(80) + 0.3 * (late & changed), 0, 1)
    vectors = rng.standard_normal((80, 8)) + 3.0 * (late & changed)[:, None]
    _said(held, study, photos, bundle.digest, scores, vectors)
    with held.database.reading() as session:
        found = drift(session, study.id, bundle.digest, bundle.info)
    assert [one.key for one in found] == ["score", "embedding"]
    assert [one.state for one in found] == ["attention" if changed else "good"] * 2
    assert len(found[0].weeks) == 13
    assert all(week.low <= week.value <= week.high for week in found[0].weeks)


def test_early_or_with_few_participants_nothing_is_claimed(world: Any, bundle: Bundle) -> None:
    held = world.administrator.platform
    study, photos = _photos(held, "E", [0.0, 1.0, 50.0], per=10)
    _said(held, study, photos, bundle.digest, np.r_[np.zeros(20), np.ones(10)], np.zeros((30, 4)))
    with held.database.reading() as session:
        found = drift(session, study.id, bundle.digest, bundle.info)
        assert {one.state for one in found} == {"unknown"}
        assert "Too few" in found[0].sentence
        assert drift(session, "none", bundle.digest, bundle.info) == ()
    page = world.a.people[Role.CLINICIAN].get(f"/studies/{world.a.id}/models/drift")
    assert page.status_code == 200
    assert "has answered for no photo" in page.text


def test_bundles_of_the_platform_are_what_the_zoo_ships(world: Any) -> None:
    with world.administrator.platform.database.reading() as session:
        rows = session.scalars(select(StoredBundle).where(StoredBundle.current)).all()
    assert {one.digest for one in rows} == {Bundle.open(zoo.path(name)).digest for name in zoo.names()}


def test_a_model_that_only_waited_for_a_busy_server_is_not_refused_for_good(tmp_path: Path) -> None:
    import os

    from cutis.web.errors import RefusedError
    from cutis.web.models.upload import check

    os.mkfifo(tmp_path / "never")  # reading it waits for a writer who never comes
    with pytest.raises(RefusedError, match="busy") as refused:
        check(tmp_path / "never", 1000, seconds=0.3)
    assert refused.value.status == 503
