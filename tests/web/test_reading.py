"""Studies of readers: designed, frozen, read once and blindly, adjudicated, told in the contract's tables."""

from __future__ import annotations

import csv
import io
import json
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select, text
from sqlalchemy.exc import DatabaseError

from cutis.web.database import (
    Analysis,
    AuditEntry,
    CaseShown,
    Member,
    Participant,
    Photo,
    Reader,
    ReaderStudy,
    Reading,
    ReadingCase,
    StoredBundle,
)
from cutis.web.database.row import now
from cutis.web.people.roles import Role
from cutis.web.reading import agreement, answering, changes, downloads, reports, room
from cutis.web.reading.design import first_design
from cutis.web.reading.found import reader_study
from cutis.web.reading.tables import agreed, files

from .conftest import Browser, InStudy, World, _person, jpeg

BINARY = {
    "question": "Is it malignant?",
    "answers": [{"name": "benign"}, {"name": "malignant", "title": "Malignant"}],
    "confidence": "steps",
    "positive": "malignant",
}
GRADES = {
    "purpose": "rate",
    "question": "How severe?",
    "scale": "grades",
    "answers": [{"name": str(n)} for n in range(5)],
    "disagreement": "any",
}


@pytest.fixture
def study(world: World) -> InStudy:
    return world.a


@pytest.fixture
def boss(study: InStudy) -> Browser:
    return study.people[Role.INVESTIGATOR]


@pytest.fixture(scope="module")
def photos(world: World) -> list[str]:
    """Twelve photos of six participants at a site, with everything that readers must not see."""
    study, someone = world.a, world.a.people[Role.CLINICIAN]
    made = []
    for n in range(6):
        who = someone.api(
            "POST", f"/api/studies/{study.id}/participants", json={"pseudonym": f"SECRET-{n}"}
        ).json()["id"]
        for k in range(2):
            sent = someone.api(
                "POST",
                f"/api/studies/{study.id}/photos",
                data={"participant": who, "key": f"{n}-{k}"},
                files={"photo": ("hidden-name.jpg", jpeg(100 + 2 * n + k, 80, 60))},
            )
            assert sent.status_code == 201, sent.text
            made.append(sent.json()["id"])
    return made


@pytest.fixture
def people(world: World, study: InStudy) -> Callable[[int], list[Browser]]:
    """New members who are readers."""

    def make(count: int) -> list[Browser]:
        found = [_person(boss_platform(world), world.stranger, f"Reader {n}") for n in range(count)]
        with boss_platform(world).database.writing() as session:
            session.add_all(Member(study_id=study.id, user_id=one.user, role=Role.READER) for one in found)
        return found

    return make


def boss_platform(world: World) -> Any:
    return world.administrator.platform


def _make(
    boss: Browser,
    study: InStudy,
    design: dict[str, Any],
    photos: list[str],
    readers: list[Browser],
    *,
    training: int = 0,
    adjudicators: list[Browser] | None = None,
    open_: bool = True,
) -> str:
    """A study of readers; the address of its API. Every other photo is malignant."""
    made = boss.api(
        "POST", f"/api/studies/{study.id}/readings", json={"title": "A reading", "design": design}
    )
    assert made.status_code == 201, made.text
    place = f"/api/studies/{study.id}/readings/{made.json()['id']}"
    names = [one["name"] for one in design["answers"]]
    measured = design.get("purpose", "measure") == "measure"
    cases = [
        {"photo": photo, "truth": names[n % len(names)] if measured else None, "training": n < training}
        for n, photo in enumerate(photos)
    ]
    assert boss.api("POST", f"{place}/cases", json={"cases": cases}).json() == {"count": len(photos)}
    for who, adjudicator in ((readers, False), (adjudicators or [], True)):
        if who:
            sent = {"users": [one.user for one in who], "adjudicator": adjudicator}
            assert boss.api("POST", f"{place}/readers", json=sent).json() == {"count": len(who)}
    if design.get("help", "none") != "none":
        _give_help(boss, place, names)
    if open_:
        opened = boss.api("POST", f"{place}/open")
        assert opened.status_code == 200, opened.text
    return place


def _give_help(boss: Browser, place: str, names: list[str]) -> None:
    with boss.platform.database.writing() as session:
        for case in session.scalars(
            select(ReadingCase).where(ReadingCase.reader_study_id == place.rpartition("/")[2])
        ):
            scores = {name: 0.8 if name == case.truth else 0.2 / (len(names) - 1) for name in names}
            case.help = {"source": "helper 1.0", "rendered": True, "probabilities": scores}


def _answer(reader: Browser, place: str, number: int, answer: str, **more: Any) -> Any:
    sent = {"place": number, "answer": answer, "seconds": 0.5, "key": f"key-{number:04d}", **more}
    return reader.api("POST", f"{place}/answers", json=sent)


def _read(reader: Browser, place: str, choose: Callable[[dict[str, Any]], dict[str, Any]]) -> int:
    """Read until nothing is left; how many cases that were."""
    count = 0
    while (told := reader.api("GET", f"{place}/standing").json())["state"] == "reading":
        case = reader.api("GET", f"{place}/places/{told['place']}").json()
        assert reader.api("GET", f"{place}/places/{told['place']}/photo").status_code == 200
        kept = _answer(reader, place, told["place"], **choose(case))
        assert kept.status_code == 201, kept.text
        count += 1
    return count


def _rows(boss: Browser, place: str, name: str) -> list[dict[str, str]]:
    got = boss.api("GET", f"{place}/files/{name}")
    assert got.status_code == 200, got.text
    return list(csv.DictReader(io.StringIO(got.text)))


# The design


def test_a_design_is_frozen_when_it_is_opened_and_its_hash_stands_in_the_audit(
    boss: Browser, study: InStudy, photos: list[str], people: Any
) -> None:
    (reader,) = people(1)
    place = _make(boss, study, BINARY, photos[:4], [reader], open_=False)
    assert boss.api("GET", f"{place}/progress").json()["lacking"] == []
    opened = boss.api("POST", f"{place}/open").json()
    assert len(opened["digest"]) == 64
    with boss.platform.database.reading() as session:
        line = session.scalar(
            select(AuditEntry).where(
                AuditEntry.action == "reading.opened", AuditEntry.subject == opened["id"]
            )
        )
        assert line is not None
        assert line.details["digest"] == opened["digest"]
        case = session.scalar(select(ReadingCase.id).where(ReadingCase.reader_study_id == opened["id"]))
    changed = {"title": "Another", "design": {**BINARY, "question": "Another?"}}
    tries = [
        boss.api("POST", f"{place}/design", json=changed),
        boss.api("POST", f"{place}/cases", json={"cases": [{"photo": photos[5], "truth": "benign"}]}),
        boss.api("POST", f"{place}/cases/{case}/drop"),
        boss.api("POST", f"{place}/open"),
    ]
    assert [one.status_code for one in tries] == [409] * 4
    assert boss.api("GET", place).json()["design"]["question"] == "Is it malignant?"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"answers": [{"name": "one"}]}, "answers"),
        ({"answers": [{"name": "same"}, {"name": "same"}]}, "same name"),
        ({"answers": [{"name": "a b"}, {"name": "c"}]}, "letters, digits"),
        ({"scale": "grades"}, "whole numbers"),
        ({"positive": "none of them"}, "none of the answers"),
        ({"purpose": "rate", "help": "whole"}, "not for ratings"),
        ({"washout_days": 7}, "two sessions"),
        ({"disagreement": "any"}, "adjudicated"),
        ({"seed": -1}, "seed"),
        ({"question": ""}, "question"),
        ({"more": 1}, "more"),
    ],
)
def test_a_design_that_does_not_hold_is_refused_with_a_reason(
    boss: Browser, study: InStudy, change: dict[str, Any], words: str
) -> None:
    sent = {"title": "x", "design": {**BINARY, **change}}
    refused = boss.api("POST", f"/api/studies/{study.id}/readings", json=sent)
    assert refused.status_code == 422
    assert words in refused.json()["detail"]


def test_what_is_lacking_is_said_and_stops_the_opening(
    boss: Browser, study: InStudy, photos: list[str]
) -> None:
    made = boss.api("POST", f"/api/studies/{study.id}/readings", json={"title": "Bare"}).json()
    place = f"/api/studies/{study.id}/readings/{made['id']}"
    lacking = boss.api("GET", f"{place}/progress").json()["lacking"]
    assert len(lacking) == 2  # cases and readers
    boss.api("POST", f"{place}/cases", json={"cases": [{"photo": one} for one in photos[:3]]})
    refused = boss.api("POST", f"{place}/open")
    assert refused.status_code == 409
    assert "3 cases have no truth." in refused.json()["detail"]


@pytest.mark.parametrize("begin", ["measure", "rate", "rate:image_quality", "measure:dermoscopy"])
def test_every_beginning_is_a_design_that_holds(boss: Browser, study: InStudy, begin: str) -> None:
    sent = {"title": "From a beginning", "begin": begin}
    made = boss.api("POST", f"/api/studies/{study.id}/readings", json=sent)
    assert made.status_code == 201, made.text
    page = boss.get(f"/studies/{study.id}/readings/{made.json()['id']}/design")
    assert page.status_code == 200
    assert made.json()["design"]["question"] in page.text


def test_the_design_page_keeps_what_it_shows(boss: Browser, study: InStudy) -> None:
    made = boss.post(f"/studies/{study.id}/readings", {"title": "By hand", "begin": "measure"})
    where = made.headers["location"]
    form = {
        "title": "By hand, better",
        "question": "Which of three?",
        "answers": "a = First\nb\nc = Third",
        "scale": "classes",
        "positive": "c",
        "confidence": "percent",
        "regions": "needed",
        "help": "mixed",
        "washout_days": "14",
        "order": "random",
        "seed": "7",
        "limit_seconds": "30",
        "back": "yes",
    }
    assert boss.post(f"{where}/design", form).status_code == 303
    design = boss.api("GET", f"/api{where}").json()["design"]
    assert [one["name"] for one in design["answers"]] == ["a", "b", "c"]
    assert (design["washout_days"], design["seed"], design["limit_seconds"]) == (14, 7, 30)
    assert design["back"]
    refused = boss.post(f"{where}/design", {**form, "answers": "a = Only one", "question": "Which of one?"})
    assert refused.status_code == 422
    assert "does not hold" in refused.text
    assert "a = Only one" in refused.text, "what was typed is not lost"
    assert "Which of one?" in refused.text
    assert boss.api("GET", f"/api{where}").json()["design"] == design


def test_cases_come_by_a_table_or_not_at_all(
    boss: Browser, study: InStudy, photos: list[str], people: Any
) -> None:
    made = boss.post(f"/studies/{study.id}/readings", {"title": "By a table", "begin": "measure"})
    where = made.headers["location"]

    def send(table: str) -> Any:
        return boss.post(f"{where}/cases", files={"table": ("cases.csv", table.encode(), "text/csv")})

    template = boss.get(f"{where}/cases.csv").text
    assert all(photo in template for photo in photos)
    filled = template.replace("\r", "").splitlines()
    rows = [line for line in filled[1:] if line.split(",")[0] in photos]
    table = "\n".join([filled[0], *(f"{','.join(row.split(',')[:2])},benign,yes" for row in rows[:3])])
    assert send(table).status_code == 303
    listed = boss.api("GET", f"/api{where}/cases").json()
    assert {one["truth"] for one in listed} == {"benign"}
    assert all(one["training"] for one in listed)
    for wrong, words in (
        ("image_id,truth\nnowhere,benign\n", "not in this study"),
        (f"image_id,truth\n{photos[0]},cancer\n", "row 2"),
        (f"image_id;truth\n{photos[0]};benign\n{photos[0]};benign\n", "twice"),
        (f"image,truth\n{photos[0]},benign\n", "image_id"),
        (f"image_id,p_benign,p_malignant\n{photos[0]},0.9,0.9\n", "add up"),
        ("", "image_id"),
    ):
        refused = send(wrong)
        assert refused.status_code in (404, 422), wrong
        assert words in refused.text, wrong
    assert len(boss.api("GET", f"/api{where}/cases").json()) == len(listed)
    helped = f"image_id,source,kind,prediction,p_benign,p_malignant\n{photos[0]},m,model,benign,0.9,0.1\n"
    assert send(helped).status_code == 303


def test_help_is_the_newest_result_of_a_model_of_the_task_and_stays_what_it_was(
    boss: Browser, study: InStudy, photos: list[str], people: Any
) -> None:
    (reader,) = people(1)
    design = {**first_design("measure", "drug_reaction").model_dump(mode="json"), "help": "sequential"}
    place = _make(boss, study, {**design, "help": "none"}, photos[:2], [reader], open_=False)
    boss.api("POST", f"{place}/design", json={"title": "Helped", "design": design})

    def analysed(version: str, severe: float) -> None:
        labels = [
            {"name": "not_severe", "probability": 1 - severe},
            {"name": "severe", "probability": severe},
        ]
        with boss.platform.database.writing() as session:
            digest = f"{version:0>64}"
            session.add(
                StoredBundle(
                    digest=digest,
                    name="skin",
                    version=version,
                    task="drug_reaction",
                    title="t",
                    rendered=True,
                    size=1,
                )
            )
            session.flush()
            session.execute(delete(Analysis).where(Analysis.bundle_digest == digest))
            session.add_all(
                Analysis(
                    study_id=study.id,
                    photo_id=photo,
                    bundle_digest=digest,
                    state="done",
                    result={"kind": "classes", "labels": labels},
                )
                for photo in photos[:2]
            )

    assert "no result of a model" in boss.api("POST", f"{place}/open").json()["detail"]
    kind = boss.platform.database.engine.dialect.name[:3]
    analysed(f"1.{kind}", 0.2)
    analysed(f"2.{kind}", 0.7)
    assert boss.api("POST", f"{place}/open").status_code == 200
    analysed(f"3.{kind}", 0.9)
    assert reader.api("GET", f"{place}/places/1").json()["help"] is None
    _answer(reader, place, 1, "severe")
    shown = reader.api("GET", f"{place}/places/2").json()["help"]
    assert (shown["source"], shown["rendered"]) == (f"skin 2.{kind}", True)
    assert {one["name"]: one["value"] for one in shown["scores"]}["severe"] == 0.7


# Reading


def test_readers_answer_each_case_once_in_their_own_order(
    boss: Browser, study: InStudy, photos: list[str], people: Any
) -> None:
    readers = people(4)
    place = _make(boss, study, BINARY, photos[:6], readers)
    for reader in readers:
        assert _read(reader, place, lambda case: {"answer": "benign", "confidence": 3}) == 6
        assert reader.api("GET", f"{place}/standing").json()["state"] == "done"
    with boss.platform.database.reading() as session:
        identity = place.rpartition("/")[2]
        counted = session.scalar(select(func.count(Reading.id)).where(Reading.reader_study_id == identity))
        orders = session.scalars(select(Reader.order).where(Reader.reader_study_id == identity)).all()
    assert counted == 24
    assert len({str(order) for order in orders}) == 4


def test_a_reader_is_told_nothing_of_whom_where_or_when(
    boss: Browser, study: InStudy, photos: list[str], people: Any
) -> None:
    """Every answer that a reader gets, byte by byte, headers too."""
    one, other = people(2)
    design = {**BINARY, "help": "sequential", "back": True, "regions": "allowed"}
    place = _make(boss, study, design, photos, [one, other], training=2)
    _read(other, place, lambda case: {"answer": "malignant", "confidence": 4})
    page = place.removeprefix("/api")
    told: list[Any] = []
    for _ in range(6):
        number = one.api("GET", f"{place}/standing").json()["place"]
        for base, ask in ((place, lambda path: one.api("GET", path)), (page, one.get)):
            told += [
                ask(f"{base}/standing"),
                ask(f"{base}/places/{number}"),
                ask(f"{base}/places/{number}/photo"),
            ]
        told.append(one.get(f"{page}/room"))
        told.append(_answer(one, place, number, "benign", confidence=1))
    told += [one.get(f"/studies/{study.id}/readings"), one.api("GET", f"/api/studies/{study.id}/readings")]
    assert {one.status_code for one in told} <= {200, 201}
    with boss.platform.database.reading() as session:
        rows = session.scalars(select(Photo).where(Photo.study_id == study.id)).all()
        hidden = {"SECRET", "hidden-name", "Amber site", *study.names["participant"].split()}
        for row in rows:
            hidden |= {row.id, row.digest, row.arrived_digest, row.participant_id}
            hidden |= {row.created.strftime("%Y-%m-%d"), row.created.strftime("%a, %d %b")}
    hidden |= {other.user, "Reader 1"}
    readings = f"/studies/{study.id}/readings"
    for answer in told:
        path = str(answer.request.url.path)
        heads = [
            f"{name}: {value}" for name, value in answer.headers.items() if name not in ("date", "set-cookie")
        ]
        said = answer.content.decode("latin-1") + "\n".join(heads)
        if path.endswith(readings):  # the list says when a study of readers was made, not when a photo was
            said = said.replace(now().strftime("%Y-%m-%d"), "")
        found = [word for word in hidden if word in said]
        assert not found, (path, found)
        assert "last-modified" not in answer.headers
        assert "etag" not in answer.headers
        if "/places/" in path and not path.endswith("/photo"):
            assert "truth" not in answer.text


def test_who_is_no_reader_sees_no_case_and_a_reader_only_those_that_are_due(
    boss: Browser, study: InStudy, photos: list[str], people: Any
) -> None:
    reader, other = people(2)
    place = _make(boss, study, BINARY, photos[:8], [reader])
    for path in ("standing", "places/1", "places/1/photo"):
        assert other.api("GET", f"{place}/{path}").status_code == 404
    assert _answer(other, place, 1, "benign", confidence=1).status_code == 404
    statuses = [reader.api("GET", f"{place}/places/{n}/photo").status_code for n in (1, 2, 3, 4, 8, 9)]
    assert statuses == [200, 200, 200, 409, 409, 404]
    assert reader.api("GET", f"/api/studies/{study.id}/photos/{photos[0]}/file").status_code == 403
    assert reader.api("GET", f"{place}/progress").status_code == 403
    assert reader.api("GET", f"{place}/files/design.json").status_code == 403


def test_each_look_at_a_case_stands_in_the_audit(
    boss: Browser, study: InStudy, photos: list[str], people: Any
) -> None:
    (reader,) = people(1)
    place = _make(boss, study, BINARY, photos[:3], [reader])
    reader.api("GET", f"{place}/places/1/photo")
    reader.get(f"{place.removeprefix('/api')}/places/1/photo")
    _answer(reader, place, 1, "benign", confidence=1)
    with boss.platform.database.reading() as session:
        lines = session.scalars(
            select(AuditEntry).where(AuditEntry.who == reader.user).order_by(AuditEntry.number)
        ).all()
        assert [line.action for line in lines] == ["case.seen", "case.seen", "reading.answered"]
        assert lines[0].details["photo"] in photos
        assert boss.platform.audit.verify(session).problems == ()


def test_an_answer_that_is_sent_again_is_one_answer(
    boss: Browser, study: InStudy, photos: list[str], people: Any
) -> None:
    (reader,) = people(1)
    place = _make(boss, study, BINARY, photos[:4], [reader])
    first = _answer(reader, place, 1, "benign", confidence=2)
    again = _answer(reader, place, 1, "benign", confidence=2)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["new"] is False
    assert (
        _answer(reader, place, 1, "malignant", confidence=2).status_code == 409
    )  # the key of another answer
    assert _answer(reader, place, 1, "benign", confidence=2, key="another-key").status_code == 409  # answered
    assert _answer(reader, place, 3, "benign", confidence=2).status_code == 409  # not its turn
    assert reader.api("GET", f"{place}/standing").json()["place"] == 2


def test_many_clicks_at_once_are_one_answer(
    boss: Browser, study: InStudy, photos: list[str], people: Any
) -> None:
    (reader,) = people(1)
    place = _make(boss, study, BINARY, photos[:4], [reader])
    identity = place.rpartition("/")[2]
    with boss.platform.database.reading() as session:
        access = _access(session, reader, study)
    given = answering.Given(1, "benign", 2, 0.1, "pressed-twice")
    told: list[Any] = []

    def press() -> None:
        told.append(answering.answer(boss.platform, access, identity, given))

    threads = [threading.Thread(target=press) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(one.new for one in told) == [False] * 7 + [True]
    with boss.platform.database.reading() as session:
        assert session.scalar(select(func.count(Reading.id)).where(Reading.reader_study_id == identity)) == 1


def _access(session: Any, reader: Browser, study: InStudy) -> Any:
    from cutis.web.people.access import Access

    return Access(user=reader.user, study=study.id, role=Role.READER)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"answer": "cancer"}, "not one of"),
        ({"answer": ""}, "not one of"),
        ({"confidence": None}, "how sure"),
        ({"confidence": 6}, "how sure"),
        ({"seconds": -1}, "seconds"),
        ({"seconds": float("1e9")}, "seconds"),
        ({"key": "short"}, "key"),
        ({"key": "no blanks, please"}, "key"),
        ({"regions": [{"kind": "star", "points": [[1, 1], [2, 2], [3, 3]]}]}, "region"),
        ({"regions": [{"kind": "free", "points": [[1, 1], [2]]}]}, "region"),
        ({"regions": [{"kind": "free", "points": [[1, 1]]}]}, "corners"),
        ({"regions": []}, "Draw a region"),
    ],
)
def test_an_answer_that_does_not_hold_keeps_nothing_but_a_line(
    boss: Browser, study: InStudy, photos: list[str], people: Any, change: dict[str, Any], words: str
) -> None:
    (reader,) = people(1)
    place = _make(boss, study, {**BINARY, "regions": "needed"}, photos[:3], [reader])
    box = {"kind": "box", "points": [[-5, 2], [9999, 8]]}
    good = {"answer": "benign", "confidence": 2, "regions": [box]}
    refused = _answer(reader, place, 1, **{**good, **change})
    assert refused.status_code == 422
    assert words in refused.text
    assert reader.api("GET", f"{place}/standing").json()["done"] == 0
    assert _answer(reader, place, 1, **good).status_code == 201
    with boss.platform.database.reading() as session:
        kept = session.scalar(
            select(Reading.regions).where(Reading.reader_study_id == place.rpartition("/")[2])
        )
        assert kept == [{"kind": "box", "points": [[0, 2], [80, 8]]}]  # within the photo


def test_a_time_that_cannot_be_right_is_marked(
    boss: Browser, study: InStudy, photos: list[str], people: Any
) -> None:
    (reader,) = people(1)
    place = _make(boss, study, BINARY, photos[:4], [reader])
    reader.api("GET", f"{place}/places/1/photo")
    _answer(reader, place, 1, "benign", confidence=1, seconds=0.5)
    reader.api("GET", f"{place}/places/2/photo")
    _answer(reader, place, 2, "benign", confidence=1, seconds=3600)
    _answer(reader, place, 3, "benign", confidence=1, seconds=5)  # its photo was never sent
    with boss.platform.database.reading() as session:
        chosen = select(Reading.plausible).where(Reading.reader_study_id == place.rpartition("/")[2])
        assert session.scalars(chosen.order_by(Reading.place)).all() == [True, False, False]


def test_answers_are_only_added_to(boss: Browser, study: InStudy, photos: list[str], people: Any) -> None:
    (reader,) = people(1)
    place = _make(boss, study, {**BINARY, "back": True}, photos[:4], [reader])
    _answer(reader, place, 1, "benign", confidence=1)
    _answer(reader, place, 2, "benign", confidence=1)
    shown = reader.api("GET", f"{place}/places/1").json()
    assert shown["earlier"]["answer"] == "benign"
    for n, answer in enumerate(("malignant", "benign")):
        kept = _answer(reader, place, 1, answer, confidence=5, key=f"better-{n}")
        assert kept.status_code == 201
    assert reader.api("GET", f"{place}/standing").json()["place"] == 3
    identity = place.rpartition("/")[2]
    with boss.platform.database.reading() as session:
        rows = session.scalars(
            select(Reading).where(Reading.reader_study_id == identity, Reading.place == 1)
        ).all()
        first = next(one for one in rows if one.corrects is None)
        second = next(one for one in rows if one.corrects == first.id)
        third = next(one for one in rows if one.corrects == second.id)
        assert (first.answer, second.answer, third.answer) == ("benign", "malignant", "benign")
        assert third.confidence == 5
    with (
        pytest.raises(DatabaseError, match="only added to"),
        boss.platform.database.writing() as session,
    ):
        session.execute(text("UPDATE readings SET answer = 'malignant'"))


def test_one_goes_back_only_where_the_design_lets_one(
    boss: Browser, study: InStudy, photos: list[str], people: Any
) -> None:
    (reader,) = people(1)
    place = _make(boss, study, BINARY, photos[:4], [reader])
    _answer(reader, place, 1, "benign", confidence=1)
    assert reader.api("GET", f"{place}/places/1").status_code == 409
    at_once = _make(boss, study, {**BINARY, "back": True, "help": "sequential"}, photos[:4], [reader])
    _answer(reader, at_once, 1, "benign", confidence=1)
    assert reader.api("GET", f"{at_once}/places/1").status_code == 409
    taught = _make(boss, study, {**BINARY, "back": True}, photos[:5], [reader], training=1)
    _answer(reader, taught, 1, "benign", confidence=1)
    assert reader.api("GET", f"{taught}/places/1").status_code == 409


def test_a_case_that_is_fetched_ahead_says_whether_one_may_go_back_from_it(
    boss: Browser, study: InStudy, photos: list[str], people: Any
) -> None:
    (reader,) = people(1)

    def back(place: str, number: int) -> bool:
        return bool(reader.api("GET", f"{place}/places/{number}").json()["back"])

    lets = {**BINARY, "back": True}
    taught = _make(boss, study, lets, photos[:5], [reader], training=1)
    assert [back(taught, n) for n in (1, 2, 3)] == [False, False, True]  # none is answered yet
    assert reader.api("GET", f"{taught}/places/2").json()["earlier"] is None
    never = _make(boss, study, BINARY, photos[:4], [reader])
    at_once = _make(boss, study, {**lets, "help": "sequential"}, photos[:4], [reader])
    assert not any(back(place, n) for place in (never, at_once) for n in (1, 2, 3))
    twice = _make(boss, study, {**lets, "help": "mixed"}, photos[:2], [reader])
    _answer(reader, twice, 1, "benign", confidence=1)
    assert [back(twice, n) for n in (2, 3, 4)] == [True, False, True]  # the second session begins with 3


def test_training_comes_first_tells_the_truth_and_is_not_counted(
    boss: Browser, study: InStudy, photos: list[str], people: Any
) -> None:
    (reader,) = people(1)
    place = _make(boss, study, BINARY, photos[:6], [reader], training=2)
    told = [_answer(reader, place, n, "benign", confidence=1).json() for n in (1, 2, 3)]
    assert [one["right"] for one in told] == [True, False, None]
    assert [one["truth"] for one in told] == ["benign", "Malignant", ""]
    _read(reader, place, lambda case: {"answer": "benign", "confidence": 1})
    boss.api("POST", f"{place}/close")
    assert len(_rows(boss, place, "predictions.csv")) == 4
    everything = _rows(boss, place, "answers.csv")
    assert [row["session"] for row in everything] == ["training", "training", *["1"] * 4]
    assert [row["counts"] for row in everything] == ["no", "no", *["yes"] * 4]


def test_the_second_session_opens_after_the_pause(
    boss: Browser, study: InStudy, photos: list[str], people: Any
) -> None:
    readers = people(2)
    place = _make(boss, study, {**BINARY, "help": "whole", "washout_days": 14}, photos[:3], readers)
    for reader in readers:
        seen = []

        def choose(case: dict[str, Any], seen: list[bool] = seen) -> dict[str, Any]:
            seen.append(case["helped"])
            assert (case["help"] is not None) == case["helped"]
            return {"answer": "benign", "confidence": 1}

        assert _read(reader, place, choose) == 3
        assert len(set(seen)) == 1
        told = reader.api("GET", f"{place}/standing").json()
        assert told["state"] == "pause"
        assert reader.api("GET", f"{place}/places/4/photo").status_code == 409
        assert _answer(reader, place, 4, "benign", confidence=1).status_code == 409
    with boss.platform.database.writing() as session:  # two weeks later
        identity = place.rpartition("/")[2]
        found = session.get_one(ReaderStudy, identity)
        found.design = {**found.design, "washout_days": 0}
    for reader in readers:
        assert _read(reader, place, lambda case: {"answer": "benign", "confidence": 1}) == 3


def test_the_pause_ends_when_it_should(boss: Browser, study: InStudy, photos: list[str], people: Any) -> None:
    (reader,) = people(1)
    place = _make(boss, study, {**BINARY, "help": "mixed", "washout_days": 2}, photos[:2], [reader])
    _read(reader, place, lambda case: {"answer": "benign", "confidence": 1})
    identity = place.rpartition("/")[2]
    with boss.platform.database.reading() as session:
        found = reader_study(session, study.id, identity)
        row = session.scalar(select(Reader).where(Reader.reader_study_id == identity))
        assert row is not None
        told = room.standing(session, found, row)
        last = session.scalar(select(func.max(Reading.created)).where(Reading.reader_id == row.id))
        assert last is not None
        assert told.opens == last.replace(tzinfo=last.tzinfo) + timedelta(days=2)


def test_a_photo_that_is_withdrawn_is_passed_over_and_left_out(
    boss: Browser, study: InStudy, people: Any, photos: list[str]
) -> None:
    (reader,) = people(1)
    chosen = photos[8:12]
    place = _make(boss, study, BINARY, chosen, [reader])
    with boss.platform.database.writing() as session:
        gone = session.get_one(Photo, chosen[0])
        session.get_one(Participant, gone.participant_id).state = "withdrawn"
    seen = []
    for n in range(1, 5):
        case = reader.api("GET", f"{place}/places/{n}").json()
        seen.append(case["gone"])
        assert case["why"] == ("withdrawn" if case["gone"] else "")
        photo = reader.api("GET", f"{place}/places/{n}/photo")
        assert photo.status_code == (410 if case["gone"] else 200)
        sent = {"answer": "" if case["gone"] else "benign", "confidence": None if case["gone"] else 1}
        assert _answer(reader, place, n, **sent).status_code == 201
    assert sum(seen) == 2  # both photos of that participant
    with boss.platform.database.writing() as session:
        session.get_one(Participant, gone.participant_id).state = "enrolled"
    boss.api("POST", f"{place}/close")
    assert len(_rows(boss, place, "predictions.csv")) == 2


def _bind(world: World, study: InStudy, who: Browser, site: str) -> None:
    with boss_platform(world).database.writing() as session:
        member = session.scalar(select(Member).where(Member.user_id == who.user, Member.study_id == study.id))
        assert member is not None
        member.sites = [site]


def _at_a_site(boss: Browser, study: InStudy, photos: list[str], name: str) -> str:
    """Bring the participants of photos to a site of their own; its identity."""
    site: str = boss.api("POST", f"/api/studies/{study.id}/sites", json={"name": name}).json()["id"]
    with boss.platform.database.writing() as session:
        for photo in photos:
            who = session.get_one(Photo, photo).participant_id
            session.get_one(Participant, who).site_id = site
    return site


def test_a_photo_of_another_site_is_called_that_and_not_withdrawn(
    boss: Browser, study: InStudy, people: Any, photos: list[str], world: World
) -> None:
    bound, free = people(2)
    _bind(world, study, bound, _at_a_site(boss, study, photos[:2], "Bern"))
    place = _make(boss, study, BINARY, photos[:4], [bound, free])
    told = boss.api("GET", f"{place}/progress").json()["readers"]
    assert [one["unseen"] for one in told] == [2, 0]
    assert "does not see 2 cases" in boss.get(place.removeprefix("/api")).text
    why = []
    for n in range(1, 5):
        case = bound.api("GET", f"{place}/places/{n}").json()
        why.append(case["why"])
        photo = bound.api("GET", f"{place}/places/{n}/photo")
        assert photo.status_code == (403 if case["gone"] else 200)
        assert not case["gone"] or "site" in photo.json()["detail"]
        sent = {"answer": "" if case["gone"] else "benign", "confidence": None if case["gone"] else 1}
        assert _answer(bound, place, n, **sent).status_code == 201
    assert sorted(why) == ["", "", "site", "site"]
    assert [free.api("GET", f"{place}/places/1").json()[name] for name in ("gone", "why")] == [False, ""]
    boss.api("POST", f"{place}/close")
    assert len(_rows(boss, place, "predictions.csv")) == 2


def test_an_adjudicator_who_sees_some_sites_leaves_the_cases_of_others_to_others(
    boss: Browser, study: InStudy, people: Any, photos: list[str], world: World
) -> None:
    one, two, bound, free = people(4)
    _bind(world, study, bound, _at_a_site(boss, study, photos[4:6], "Lyon"))
    place = _make(boss, study, GRADES, photos[4:8], [one, two], adjudicators=[bound, free])
    for reader, grade in ((one, "0"), (two, "3")):
        assert _read(reader, place, lambda case, grade=grade: {"answer": grade}) == 4
    assert _read(bound, place, lambda case: {"answer": "1"}) == 2
    assert bound.api("GET", f"{place}/standing").json()["state"] == "waiting"
    assert _read(free, place, lambda case: {"answer": "2"}) == 2
    boss.api("POST", f"{place}/close")
    assert [row["how"] for row in _rows(boss, place, "consensus.csv")] == ["adjudicated"] * 4


def test_a_closed_reading_takes_nothing_more(
    boss: Browser, study: InStudy, photos: list[str], people: Any
) -> None:
    (reader,) = people(1)
    place = _make(boss, study, BINARY, photos[:3], [reader])
    _answer(reader, place, 1, "benign", confidence=1)
    assert boss.api("GET", f"{place}/files/predictions.csv").status_code == 409  # no peeking
    assert boss.api("POST", f"{place}/report").status_code == 409
    assert boss.api("POST", f"{place}/close").status_code == 200
    assert _answer(reader, place, 2, "benign", confidence=1).status_code == 409
    assert reader.api("GET", f"{place}/places/2/photo").status_code == 409
    assert reader.api("GET", f"{place}/standing").json()["state"] == "closed"
    assert reader.get(f"{place.removeprefix('/api')}/room").status_code == 200
    assert len(_rows(boss, place, "predictions.csv")) == 1


def test_what_the_investigator_sees_before_the_end_knows_no_truth(
    boss: Browser, study: InStudy, photos: list[str], people: Any
) -> None:
    readers = people(2)
    place = _make(boss, study, BINARY, photos[:6], readers)
    wrong = {"benign": "malignant", "malignant": "benign"}
    with boss.platform.database.reading() as session:
        found = session.scalars(
            select(ReadingCase).where(ReadingCase.reader_study_id == place.rpartition("/")[2])
        )
        truth = {case.number: case.truth for case in found}
        chosen = (
            select(Reader).where(Reader.reader_study_id == place.rpartition("/")[2]).order_by(Reader.number)
        )
        orders = [one.order for one in session.scalars(chosen)]

    def pages(answers: dict[str, str]) -> tuple[str, str]:
        got = boss.api("GET", f"{place}/progress").json()
        for one in got["readers"]:
            one["id"] = one["seconds"] = 0
        page = boss.get(place.removeprefix("/api"))
        assert page.status_code == 200
        assert "ccuracy" not in page.text
        return json.dumps(got["agreement"]), page.text

    for reader, order in zip(readers, orders, strict=True):
        for n, (number, _helped, _session) in enumerate(order, 1):
            _answer(reader, place, n, wrong[truth[number]], confidence=5)
    told, page = pages(wrong)
    assert json.loads(told)[0]["value"] == 1.0  # they agree, though all of them are wrong
    assert "Two readers say the same" in page


# Ratings


def test_cases_on_which_readers_differ_are_settled_by_the_adjudicator(
    boss: Browser, study: InStudy, photos: list[str], people: Any
) -> None:
    one, two, judge = people(3)
    design = {**GRADES, "adjudicator_sees": True}
    place = _make(boss, study, design, photos[:4], [one, two], adjudicators=[judge])
    assert judge.api("GET", f"{place}/standing").json()["state"] == "waiting"
    identity = place.rpartition("/")[2]
    with boss.platform.database.reading() as session:
        found = session.scalars(select(ReadingCase).where(ReadingCase.reader_study_id == identity)).all()
        readers = session.scalars(select(Reader).where(Reader.reader_study_id == identity)).all()
    orders = {reader.user_id: reader.order for reader in readers}
    grades = {one.user: {1: "0", 2: "1", 3: "2", 4: "4"}, two.user: {1: "0", 2: "2", 3: "2", 4: "0"}}
    for reader in (one, two):
        for n, (number, _helped, _session) in enumerate(orders[reader.user], 1):
            assert _answer(reader, place, n, grades[reader.user][number]).status_code == 201
    shown = judge.api("GET", f"{place}/places/1").json()
    assert {score["name"]: score["value"] for score in shown["answers"]} == {"1": 1.0, "2": 1.0}
    assert judge.api("GET", f"{place}/places/1/photo").status_code == 200
    assert _read(judge, place, lambda case: {"answer": "1"}) == 2
    assert judge.api("GET", f"{place}/standing").json()["state"] == "waiting"
    told = boss.api("GET", f"{place}/progress").json()
    assert (told["disagreed"], told["settled"]) == (2, 2)
    boss.api("POST", f"{place}/close")
    rows = {row["image_id"]: row for row in _rows(boss, place, "consensus.csv")}
    photo = {case.number: case.photo_id for case in found}
    assert [(rows[photo[n]]["consensus"], rows[photo[n]]["how"]) for n in (1, 2, 3, 4)] == [
        ("0", "agreed"),
        ("1", "adjudicated"),
        ("2", "agreed"),
        ("1", "adjudicated"),
    ]
    assert [rows[photo[4]][f"rater_R0{n}"] for n in (1, 2)] == ["4", "0"]
    assert boss.api("POST", f"{place}/report").status_code == 409  # no truth to measure by


def test_grades_next_to_each_other_need_no_adjudicator_where_the_design_says_so(
    boss: Browser, study: InStudy, photos: list[str], people: Any
) -> None:
    one, two, judge, second = people(4)
    design = {**GRADES, "disagreement": "apart", "order": "fixed"}
    place = _make(boss, study, design, photos[:3], [one, two], adjudicators=[judge, second])
    for reader, grades in ((one, "130"), (two, "204")):
        for n, grade in enumerate(grades, 1):
            _answer(reader, place, n, grade)
    assert boss.api("GET", f"{place}/progress").json()["disagreed"] == 2
    for who in (judge, second):  # a case is settled by one of them
        assert who.api("GET", f"{place}/standing").json()["state"] == "reading"
        assert who.api("GET", f"{place}/places/1/photo").status_code == 200
    shown = [who.api("GET", f"{place}/places/1").json() for who in (judge, second)]
    assert all(one["answers"] == [] for one in shown)  # blind
    assert _read(judge, place, lambda case: {"answer": "2"}) == 1
    assert _read(second, place, lambda case: {"answer": "2"}) == 1
    with boss.platform.database.reading() as session:
        pinned = session.scalars(
            select(CaseShown.case_id)
            .join(Reader, Reader.id == CaseShown.reader_id)
            .where(Reader.reader_study_id == place.rpartition("/")[2], Reader.adjudicator)
        ).all()
    assert len(set(pinned)) == 2


@pytest.mark.parametrize(
    ("given", "settled", "expected"),
    [
        (["1", "1"], None, ("1", "agreed")),
        (["1", "2", "2"], None, ("2", "majority")),
        (["3", "2"], None, ("2", "majority")),
        (["3", "2"], "4", ("4", "adjudicated")),
        ([], None, (None, "open")),
    ],
)
def test_one_grade_from_several(
    given: list[str], settled: str | None, expected: tuple[str | None, str]
) -> None:
    assert agreed(first_design("rate"), given, settled) == expected


def test_classes_of_which_two_have_as_many_votes_have_no_consensus() -> None:
    assert agreed(first_design("rate", "dermoscopy"), ["rosacea", "keloid"], None) == (None, "open")


# The end


def _evaluated(folder: Path) -> None:
    """The tables of a folder are taken by `cutis evaluate` and `cutis mrmc`."""
    from click.testing import CliRunner
    from typer.main import get_command

    from cutis.cli import build_app

    run = CliRunner()
    out = ["--out", str(folder / "e"), "--target", "truth", "--replicates", "100"]
    asked = ["evaluate", str(folder / "predictions.csv"), "--truth", str(folder / "truth.csv"), *out]
    done = run.invoke(get_command(build_app(asked)), asked)
    assert done.exit_code == 0, done.output
    asked = ["mrmc", str(folder / "readings.csv"), "--out", str(folder / "m"), "--replicates", "100"]
    done = run.invoke(get_command(build_app(asked)), asked)
    assert done.exit_code == 0, done.output
    figures = json.loads((folder / "e" / "metrics.json").read_text())["sources"]
    assert figures["R01 with help"]["accuracy"]["value"] == 1.0
    assert figures["helper 1.0"]["accuracy"]["value"] == 1.0


def test_tables_and_reports_are_those_of_the_contract(
    boss: Browser,
    study: InStudy,
    photos: list[str],
    people: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Three readers without and with help; the tables as `cutis evaluate` and `cutis mrmc` take them."""
    monkeypatch.setattr(reports, "DRAWS", 100)
    from cutis.core.predictions import read_predictions

    readers = people(3)
    place = _make(boss, study, {**BINARY, "help": "mixed", "regions": "allowed"}, photos, readers, training=2)
    for seed, reader in enumerate(readers):

        def choose(case: dict[str, Any], seed: int = seed) -> dict[str, Any]:
            if case["helped"]:
                best = max(case["help"]["scores"], key=lambda score: score["value"])["name"]
                return {"answer": best, "confidence": 5}
            answer = "malignant" if (case["place"] + seed) % 3 else "benign"
            region = {"kind": "free", "points": [[1, 1], [20, 5], [9, 30]]}
            return {"answer": answer, "confidence": 2, "regions": [region]}

        assert _read(reader, place, choose) == 22
    assert boss.api("POST", f"{place}/close").status_code == 200
    for name in ("predictions.csv", "truth.csv", "readings.csv", "answers.csv"):
        (tmp_path / name).write_text(boss.api("GET", f"{place}/files/{name}").text)
    rows = read_predictions([tmp_path / "predictions.csv"])
    assert sorted(set(rows["source"])) == sorted(
        [*(f"R0{n} {arm}" for n in (1, 2, 3) for arm in ("with help", "without help")), "helper 1.0"]
    )
    assert rows.height == 7 * 10
    if boss.platform.database.engine.dialect.name == "sqlite":  # the same files from either database
        _evaluated(tmp_path)

    with boss.platform.database.reading() as session:
        access = _access(session, boss, study)
    made, thread = reports.begin(boss.platform, access, place.rpartition("/")[2])
    again, none = reports.begin(boss.platform, access, place.rpartition("/")[2])
    assert (again.id, none) == (made.id, None)
    assert thread is not None
    thread.join()
    told = boss.api("GET", f"{place}/report").json()
    assert told["state"] == "done", told["said"]
    assert {"evidence.html", "mrmc.html", "report.html"} <= set(told["files"])
    page = boss.get(f"{place.removeprefix('/api')}/files/evidence.html")
    policy = page.headers["content-security-policy"]
    assert policy.startswith("sandbox ")
    assert "allow-same-origin" not in policy
    assert "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]
    assert "R01" in page.text
    assert "with help " not in page.text.replace("with helper", "")  # with help a reader is no reader alone
    assert "with help" in boss.get(f"{place.removeprefix('/api')}/files/mrmc.html").text
    paper = boss.api("GET", f"{place}/files/evidence.pdf")
    if "evidence.pdf" in told["files"]:
        assert paper.content.startswith(b"%PDF")
    assert boss.get(place.removeprefix("/api")).text.count(">Evidence report<") == 1


def test_a_pseudonym_that_is_a_formula_is_none_in_the_tables(
    boss: Browser, study: InStudy, people: Any
) -> None:
    (reader,) = people(1)
    someone = study.people[Role.CLINICIAN]
    who = someone.api(
        "POST", f"/api/studies/{study.id}/participants", json={"pseudonym": "=HYPERLINK(1)"}
    ).json()["id"]
    sent = [
        someone.api(
            "POST",
            f"/api/studies/{study.id}/photos",
            data={"participant": who, "key": f"f{n}"},
            files={"photo": ("x.jpg", jpeg(200 + n))},
        ).json()["id"]
        for n in range(2)
    ]
    place = _make(boss, study, BINARY, sent, [reader])
    _read(reader, place, lambda case: {"answer": "benign", "confidence": 1})
    boss.api("POST", f"{place}/close")
    for name in ("predictions.csv", "truth.csv", "readings.csv", "answers.csv"):
        assert {row["patient_id"] for row in _rows(boss, place, name)} == {"'=HYPERLINK(1)"}


def test_who_takes_a_table_keeps_nobody_from_writing(
    boss: Browser, study: InStudy, photos: list[str], people: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, held, content = (
        _make(boss, study, BINARY, photos[:2], people(1)),
        boss.platform,
        downloads._content,
    )
    assert boss.api("POST", f"{place}/close").status_code == 200

    def slow(*given: Any) -> bytes:
        held.audit.note(held.database, "tests.meanwhile")  # waits for its turn, and fails where none comes
        return content(*given)

    monkeypatch.setattr(downloads, "_content", slow)
    assert boss.api("GET", f"{place}/files/truth.csv").status_code == 200
    with held.database.reading() as session:
        last = session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(2)).all()
    assert [one.action for one in last] == ["reading.file", "tests.meanwhile"]


def test_what_is_frozen_at_the_opening_holds_a_case_that_came_at_the_same_moment(
    boss: Browser, study: InStudy, photos: list[str], people: Any
) -> None:
    place, held = _make(boss, study, BINARY, photos[:2], people(1), open_=False), boss.platform
    identity = place.rpartition("/")[2]
    with held.database.reading() as session:
        access = _access(session, boss, study)
    opening = threading.Thread(target=changes.open_, args=(held, access, identity))
    with held.database.writing() as session:
        held.audit.lock(session)
        late = ReadingCase(reader_study_id=identity, number=3, photo_id=photos[2], truth="benign")
        late.training, late.help = False, {}
        session.add(late)
        session.flush()
        opening.start()
        time.sleep(0.5)
    opening.join(60)
    with held.database.reading() as session:
        chosen = select(AuditEntry).where(
            AuditEntry.action == "reading.opened", AuditEntry.subject == identity
        )
        line = session.scalars(chosen).one()
        reader = session.scalars(select(Reader).where(Reader.reader_study_id == identity)).one()
    assert line.details["cases"] == 3 and len(reader.order) == 3


# Many readers


def test_three_hundred_readers_of_two_hundred_cases(
    boss: Browser, study: InStudy, people: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Opening, finding the next case, answering and looking on stay what they are with three readers."""
    from cutis.web.people.access import Access

    platform = boss.platform
    readers = people(300)
    with platform.database.writing() as session:
        who = session.scalar(select(Photo).where(Photo.study_id == study.id).limit(1))
        assert who is not None
        rows = [
            Photo(
                study_id=study.id,
                participant_id=who.participant_id,
                added_by=boss.user,
                key=f"many-{n}",
                arrived_digest=f"{n:064x}",
                digest=who.digest,
                kind=who.kind,
                size=who.size,
                width=who.width,
                height=who.height,
            )
            for n in range(200)
        ]
        session.add_all(rows)
    photos = [one.id for one in rows]
    spent: dict[str, float] = {}

    def timed(name: str, work: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        told = work()
        spent[name] = time.perf_counter() - start
        return told

    place = _make(boss, study, {**BINARY, "help": "mixed"}, photos, [], open_=False)
    identity = place.rpartition("/")[2]
    manager = Access(user=boss.user, study=study.id, role=Role.INVESTIGATOR)
    users = [one.user for one in readers]
    assert timed("add 300 readers", lambda: changes.add_readers(platform, manager, identity, users)) == 300
    _give_help(boss, place, ["benign", "malignant"])
    timed("open 300 readers x 400 places", lambda: changes.open_(platform, manager, identity))
    accesses = [Access(user=one.user, study=study.id, role=Role.READER) for one in readers]
    with platform.database.writing() as session:  # a quarter of the places is read
        found = session.scalars(select(Reader).where(Reader.reader_study_id == identity)).all()
        numbers = {
            case.number: case.id
            for case in session.scalars(select(ReadingCase).where(ReadingCase.reader_study_id == identity))
        }
        for reader in found:
            reader.done = 100
        session.execute(
            Reading.__table__.insert(),
            [
                {
                    "id": f"{reader.number:03d}-{n:03d}",
                    "reader_study_id": identity,
                    "reader_id": reader.id,
                    "case_id": numbers[reader.order[n - 1][0]],
                    "place": n,
                    "session": 1,
                    "helped": bool(reader.order[n - 1][1]),
                    "answer": ("benign", "malignant")[(n + reader.number) % 2],
                    "confidence": 3,
                    "regions": [],
                    "seconds": 4.0,
                    "plausible": True,
                    "corrects": None,
                    "key": f"key-{n:04d}",
                    "created": now(),
                }
                for reader in found
                for n in range(1, 101)
            ],
        )

    def next_case(access: Access) -> None:
        with platform.database.reading() as session:
            reading = reader_study(session, study.id, identity)
            reader = session.scalar(
                select(Reader).where(Reader.reader_study_id == identity, Reader.user_id == access.user)
            )
            assert reader is not None
            assert room.standing(session, reading, reader).place == 101
            assert room.shown(session, reading, reader, 101).case.photo_id in photos

    timed("100 next cases", lambda: [next_case(one) for one in accesses[:100]])
    given = answering.Given(101, "benign", 3, 0.1, "the-next-one")
    timed("60 answers", lambda: [answering.answer(platform, one, identity, given) for one in accesses[:60]])
    with platform.database.reading() as session:
        reading = reader_study(session, study.id, identity)
        told = timed("agreement of 30,060 answers", lambda: agreement.agreement(session, reading))
        timed("progress of 300", lambda: agreement.progress(session, reading))
        written = timed("tables", lambda: dict(files(session, reading)))
    assert {one.arm for one in told} == {"with help", "without help"}
    assert written["predictions.csv"].count("\n") == 30_060 + 200 + 1
    with capsys.disabled():
        kind = platform.database.engine.dialect.name
        print(f"\n{kind}: " + "; ".join(f"{name} {seconds:.2f} s" for name, seconds in spent.items()))  # noqa: T201
