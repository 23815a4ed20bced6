"""Studies: protocols by version, enrolment and arms, answers, consent, and withdrawal that leaves nothing."""

from __future__ import annotations

import io
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import inspect, select, text

from cutis.web.analyse import mosaics
from cutis.web.database import Answers, AuditEntry, Consent, Participant, Photo, ProtocolVersion
from cutis.web.errors import RefusedError
from cutis.web.people.access import Access
from cutis.web.people.roles import Role
from cutis.web.photos.intake import take_in
from cutis.web.studies import arms, consent, editor, versions
from cutis.web.studies.answers import add_answers, checked
from cutis.web.studies.consent import text_now
from cutis.web.studies.due import due
from cutis.web.studies.protocol import DEFAULT, Arm, Protocol, protocol_of, read_protocol

from .conftest import InStudy, World, jpeg

DOCUMENT: dict[str, Any] = {
    "views": [
        {"key": "left", "name": "Left hand", "outline": "hand"},
        {"key": "right", "name": "Right hand", "outline": "hand"},
        {"key": "close", "name": "Close-up", "needed": False},
    ],
    "visits": [
        {"key": "start", "name": "Start", "day": 0, "after": 3, "views": ["left", "right", "close"]},
        {
            "key": "month",
            "name": "Month 1",
            "day": 28,
            "before": 3,
            "after": 7,
            "views": ["left", "right"],
            "questionnaires": ["itch"],
        },
    ],
    "questionnaires": [
        {
            "key": "itch",
            "title": "Itch",
            "questions": [
                {"key": "itch", "text": "How strong?", "kind": "scale", "least": 0, "most": 10},
                {
                    "key": "creams",
                    "text": "Which?",
                    "kind": "several",
                    "choices": ["emollient", "steroid"],
                    "needed": False,
                },
                {"key": "note", "text": "Anything else?", "kind": "text", "needed": False},
            ],
        }
    ],
    "eligibility": [{"key": "adult", "text": "18 or older?"}],
    "arms": [{"key": "usual", "name": "Usual care"}, {"key": "app", "name": "Reminders", "weight": 2}],
}
PROTOCOL = read_protocol(DOCUMENT)


def _study(world: World, document: dict[str, Any] | None = None, name: str = "A new study") -> InStudy:
    """A study of one's own, made by the administrator, who is its investigator."""
    someone = world.administrator
    made = someone.post("/studies", {"name": name})
    identity = made.headers["location"].rsplit("/", 1)[1]
    if document is not None:
        given = {"number": 0, "document": document}
        answer = someone.api("POST", f"/api/studies/{identity}/protocol", json=given)
        assert answer.status_code == 200, answer.text
    return InStudy(identity, name, {Role.INVESTIGATOR: someone}, {})


def _access(study: InStudy) -> Access:
    return Access(user=study.people[Role.INVESTIGATOR].user, study=study.id, role=Role.INVESTIGATOR)


def _enrol(study: InStudy, pseudonym: str, **more: Any) -> dict[str, Any]:
    given = {"pseudonym": pseudonym, "eligibility": {"adult": "yes"}, **more}
    someone = study.people[Role.INVESTIGATOR]
    made = someone.api("POST", f"/api/studies/{study.id}/participants", json=given)
    assert made.status_code == 201, made.text
    return dict(made.json())


def _send(study: InStudy, participant: str, data: bytes, **form: str) -> Any:
    someone = study.people[Role.INVESTIGATOR]
    return someone.api(
        "POST",
        f"/api/studies/{study.id}/photos",
        data={"participant": participant, **form},
        files={"photo": ("x.jpg", data)},
    )


# --- protocol


def test_a_study_begins_with_one_visit_and_one_view(world: World) -> None:
    study = _study(world)
    with world.administrator.platform.database.reading() as session:
        assert protocol_of(session, study.id) == DEFAULT
    assert [one.key for one in DEFAULT.views] == ["photo"]


def test_who_must_answer_questions_first_is_not_added_by_analysing_a_photo(world: World) -> None:
    asks, asks_nothing = _study(world, DOCUMENT, "Asks first"), _study(world, None, "Asks nothing")
    someone = world.administrator
    assert 'name="pseudonym"' in someone.get(f"/studies/{asks_nothing.id}/analyse").text
    empty = someone.get(f"/studies/{asks.id}/analyse").text
    enrolment = f"/studies/{asks.id}/participants#enrol"
    assert 'name="pseudonym"' not in empty
    assert enrolment in empty
    person = _enrol(asks, "Q-1")
    page = someone.get(f"/studies/{asks.id}/analyse").text
    assert f'<option value="{person["id"]}"' in page
    assert '<option value="">' not in page


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"views": []}, "View is missing"),
        ({"views": [{"key": "a", "name": "A"}, {"key": "a", "name": "B"}]}, "the view's key 'a' twice"),
        ({"visits": [{"key": "v", "name": "V", "views": ["gone"]}]}, "asks in visit 'V' for 'gone'"),
        ({"arms": [{"key": "a", "name": "A"}]}, "has one arm"),
        ({"views": [{"key": "Left Hand", "name": "L"}]}, "View 1 ('L'), key is not a small letter"),
        (
            {"visits": [{"key": "v", "name": "Week 2", "day": -1}]},
            "Visit 1 ('Week 2'), day does not hold",
        ),
        ({"colour": "red"}, "Colour is not known"),
    ],
)
def test_what_is_wrong_in_a_protocol_is_named_with_its_place(change: dict[str, Any], said: str) -> None:
    with pytest.raises(RefusedError) as refused:
        read_protocol({**DEFAULT.document(), **change})
    assert refused.value.status == 422
    assert said in refused.value.words


def test_a_question_names_its_questionnaire_and_what_it_lacks() -> None:
    forms = [{"key": "q", "title": "Creams", "questions": [{"key": "a", "text": "Which?", "kind": "choice"}]}]
    with pytest.raises(
        RefusedError, match=r"Questionnaire 1 \('Creams'\), question 1 \('Which\?'\) has fewer"
    ):
        read_protocol({**DEFAULT.document(), "questionnaires": forms})


def test_earlier_versions_of_a_protocol_stay(world: World) -> None:
    study = _study(world, DOCUMENT)
    someone = world.administrator
    second = {**DOCUMENT, "on_withdrawal": "lock"}
    given = {"number": 1, "document": second}
    assert someone.api("POST", f"/api/studies/{study.id}/protocol", json=given).json()["number"] == 2
    with someone.platform.database.reading() as session:
        kept = session.scalars(
            select(ProtocolVersion.document).where(ProtocolVersion.study_id == study.id)
        ).all()
    assert [one["on_withdrawal"] for one in kept] == ["delete", "lock"]
    assert "which counts no more" in someone.get(f"/studies/{study.id}/protocol?version=1").text


def test_a_stale_form_is_refused_with_words_and_keeps_what_was_typed(world: World) -> None:
    study, someone = _study(world), world.administrator
    page = f"/studies/{study.id}/protocol/edit"
    fields = {
        "number": "0",
        "do": "save",
        "views.0.key": "photo",
        "views.0.name": "Left cheek",
        "views.0.needed": "yes",
        "visits.0.key": "visit_1",
        "visits.0.name": "Visit 1",
        "visits.0.views": "photo",
    }
    assert someone.post(page, fields).status_code == 303
    late = someone.post(page, {**fields, "views.0.name": "Right cheek"})
    assert late.status_code == 409
    assert "Somebody saved version 1 since you opened this form" in late.text
    assert 'value="Right cheek"' in late.text
    again = someone.post(page, {**fields, "views.0.name": "Right cheek", "number": "1"})
    assert again.status_code == 303
    with someone.platform.database.reading() as session:
        assert protocol_of(session, study.id).views[0].name == "Right cheek"


def test_of_two_who_save_at_once_one_is_told(world: World) -> None:
    study, held = _study(world), world.administrator.platform
    documents = [{**DEFAULT.document(), "on_withdrawal": "lock"}, DOCUMENT]

    def save(document: dict[str, Any]) -> int:
        try:
            versions.save_protocol(held, _access(study), read_protocol(document), 0)
        except RefusedError as error:
            return error.status
        return 200

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(save, documents)) == [200, 409]


def test_the_form_shows_a_protocol_and_gives_the_same_back() -> None:
    draft = editor.draft_of(PROTOCOL)
    assert read_protocol(editor.document_of(draft)) == PROTOCOL


def test_parts_of_the_form_are_added_moved_and_removed_without_being_saved(world: World) -> None:
    study, someone = _study(world, DOCUMENT), world.administrator
    page = someone.get(f"/studies/{study.id}/protocol/edit")
    assert page.status_code == 200
    draft = editor.draft_of(PROTOCOL)
    assert editor.change(draft, "add:views") == "views.3.name"
    assert editor.change(draft, "add:questionnaires.0.questions") == "questionnaires.0.questions.3.text"
    assert editor.change(draft, "up:views:1") == "views.0.name"
    assert [one["key"] for one in draft["views"]] == ["right", "left", "close", "view_1"]
    editor.change(draft, "remove:views:1")
    assert draft["visits"][0]["views"] == ["right", "close"]
    for nonsense in ("add:nothing", "remove:views:99", "up:questionnaires.9.questions:1", "x", "up:views:0"):
        assert editor.change(draft, nonsense) == ""
    with someone.platform.database.reading() as session:
        assert protocol_of(session, study.id) == PROTOCOL


# --- visits


@given(
    start=st.dates(date(2024, 1, 1), date(2030, 1, 1)),
    day=st.integers(0, 400),
    before=st.integers(0, 30),
    after=st.integers(0, 30),
    later=st.integers(-50, 500),
    there=st.sets(st.sampled_from(["left", "right", "close"])),
)
def test_a_visit_is_due_exactly_within_its_days_while_a_needed_view_is_missing(
    start: date, day: int, before: int, after: int, later: int, there: set[str]
) -> None:
    visit = {"key": "v", "name": "V", "day": day, "before": before, "after": after}
    views = ["left", "right", "close"]
    protocol = read_protocol({"views": DOCUMENT["views"], "visits": [{**visit, "views": views}]})
    person = Participant(id="p", enrolled=start, state="enrolled")
    photos = [Photo(participant_id="p", visit="v", view=view) for view in there]
    others = [Photo(participant_id="q", visit="v", view=view) for view in views]
    today = start + timedelta(days=later)
    (found,) = due(protocol, person, [*photos, *others], today)
    missing = [view for view in ("left", "right") if view not in there]
    assert list(found.views) == missing
    assert (found.closes - found.opens).days == before + after
    if not missing:
        assert found.state == "done"
    elif later < day - before:
        assert found.state == "later"
    else:
        assert found.state == ("due" if later <= day + after else "missed")
    person.state = "withdrawn"
    assert due(protocol, person, photos, today) == []


def test_what_is_due_and_missing_is_said_first(world: World) -> None:
    study = _study(world, DOCUMENT)
    early, now = _enrol(study, "D-1"), _enrol(study, "D-2")
    with world.administrator.platform.database.writing() as session:
        session.get_one(Participant, early["id"]).enrolled = date.today() - timedelta(days=60)
    assert _send(study, now["id"], jpeg(31), visit="start", view="left").status_code == 201
    told = world.administrator.api("GET", f"/api/studies/{study.id}/due").json()
    states = {(one["participant"], one["visit"]): (one["state"], one["views"]) for one in told}
    assert states == {
        (now["id"], "start"): ("due", ["right"]),
        (early["id"], "start"): ("missed", ["left", "right"]),
        (early["id"], "month"): ("missed", ["left", "right"]),
    }
    shown = world.administrator.get(f"/studies/{study.id}").text
    assert "1 visit is due" in shown
    assert shown.index("Due now") < shown.index("Missing") < shown.index("Enrolment")


def test_a_photo_of_no_visit_of_the_protocol_is_refused(world: World) -> None:
    study = _study(world, DOCUMENT)
    person = _enrol(study, "P-1")["id"]
    refused = _send(study, person, jpeg(32), visit="start", view="nose")
    assert refused.status_code == 422
    assert "It has start: left, right, close; month: left, right." in refused.json()["detail"]
    assert _send(study, person, jpeg(32), visit="start").status_code == 422
    assert _send(study, person, jpeg(32)).status_code == 201


# --- enrolment


def test_who_may_not_take_part_leaves_nothing_but_a_count(world: World) -> None:
    study, someone = _study(world, DOCUMENT), world.administrator
    path = f"/studies/{study.id}/participants"
    refused = someone.post(path, {"pseudonym": "Zz-unfit", "criterion.adult": "no"})
    assert refused.status_code == 409
    assert "18 or older?" in refused.text
    assert someone.post(path, {"pseudonym": "Zz-unfit"}).status_code == 422
    with someone.platform.database.reading() as session:
        assert session.scalars(select(Participant).where(Participant.study_id == study.id)).all() == []
        lines = session.scalars(select(AuditEntry).where(AuditEntry.study == study.id)).all()
    noted = [one.details for one in lines if one.action == "participant.not_eligible"]
    assert noted == [{"criteria": "adult"}]


@given(weights=st.lists(st.integers(1, 4), min_size=2, max_size=4), seed=st.integers(0, 2**64))
def test_chance_keeps_arms_balanced_within_a_block(weights: list[int], seed: int) -> None:
    kinds = [Arm(key=f"a{n}", name="A", weight=w) for n, w in enumerate(weights)]
    drawn, counts = arms.sequence(kinds, f"{seed:x}"), [0] * len(weights)
    total = sum(weights)
    for number in range(1, 20 * total):
        counts[int(next(drawn)[1:])] += 1
        for count, weight in zip(counts, weights, strict=True):
            # Never further from its share than all of the largest block.
            assert abs(count - number * weight / total) <= 3 * weight
    again = arms.sequence(kinds, f"{seed:x}")
    first = arms.sequence(kinds, f"{seed:x}")
    assert [next(again) for _ in range(50)] == [next(first) for _ in range(50)]


def test_arms_are_assigned_in_order_even_to_those_who_come_at_once(world: World) -> None:
    study, held = _study(world, DOCUMENT), world.administrator.platform
    from cutis.web.secret import seal
    from cutis.web.studies import changes

    def enrol(number: int) -> None:
        changes.add_participant(held, _access(study), f"R-{number:02d}", "", {"adult": "yes"})

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(enrol, range(12)))
    with held.database.reading() as session:
        people = session.scalars(
            select(Participant).where(Participant.study_id == study.id).order_by(Participant.created)
        ).all()
        noted = session.scalars(
            select(AuditEntry)
            .where(AuditEntry.study == study.id, AuditEntry.action == "participant.added")
            .order_by(AuditEntry.number)
        ).all()
    planned = arms.sequence(PROTOCOL.arms, seal(held.secret, "arms", f"{study.id}:"))
    assert [one.details["arm"] for one in noted] == [next(planned) for _ in range(12)]
    assert {one.arm for one in people} == {"usual", "app"}


def test_arms_cannot_change_after_chance_has_assigned_somebody(world: World) -> None:
    study, someone = _study(world, DOCUMENT), world.administrator
    path = f"/api/studies/{study.id}/protocol"
    _enrol(study, "C-1")
    fewer = {"number": 1, "document": {**DOCUMENT, "arms": []}}
    assert someone.api("POST", path, json=fewer).status_code == 409
    renamed = [{**DOCUMENT["arms"][0], "name": "As before"}, DOCUMENT["arms"][1]]
    again = {"number": 1, "document": {**DOCUMENT, "arms": renamed}}
    assert someone.api("POST", path, json=again).status_code == 200


# --- answers


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "'How strong?' has no answer"),
        ({"itch": 11}, "11 is out of range, which is 0 to 10"),
        ({"itch": 2.5}, "2.5 is not a whole number"),
        ({"itch": "nan"}, "is not a number"),
        ({"itch": 1, "creams": ["tar"]}, "are not some of emollient, steroid"),
        ({"itch": 1, "other": 1}, "'other' is not a question"),
        ({"itch": 1, "note": "x" * 2001}, "more than 2000"),
        ({"itch": 1, "note": "a\0b"}, "cannot be shown"),
    ],
)
def test_answers_that_do_not_hold_are_named(values: dict[str, Any], said: str) -> None:
    with pytest.raises(RefusedError) as refused:
        checked(PROTOCOL.questionnaires[0], values)
    assert said in refused.value.words


def test_answers_sent_twice_are_kept_once_and_corrections_stand_beside_them(world: World) -> None:
    study, someone = _study(world, DOCUMENT), world.administrator
    person = _enrol(study, "Q-1")["id"]
    path = f"/api/studies/{study.id}/participants/{person}/answers"
    given = {"visit": "month", "questionnaire": "itch", "values": {"itch": 7}, "key": "one"}
    first = someone.api("POST", path, json=given)
    assert first.status_code == 201, first.text
    assert someone.api("POST", path, json=given).json()["id"] == first.json()["id"]
    someone.api("POST", path, json={**given, "values": {"itch": 6}, "key": "two"})
    assert [one["values"] for one in someone.api("GET", path).json()] == [{"itch": 7}, {"itch": 6}]
    wrong = someone.post(
        f"/studies/{study.id}/participants/{person}/answers",
        {"visit": "month", "questionnaire": "itch", "q.itch": "", "q.note": "typed in vain?"},
    )
    assert wrong.status_code == 422
    assert "typed in vain?" in wrong.text


# --- consent and withdrawal

STROKES = [[[0.1, 0.5], [0.317371, 0.2], [0.6, 0.8]]]


def _text(study: InStudy, words: str = "You may withdraw.", number: int = 0) -> str:
    someone = study.people[Role.INVESTIGATOR]
    given = {"number": number, "texts": {"en": words, "fr": "Vous pouvez vous retirer."}}
    saved = someone.api("POST", f"/api/studies/{study.id}/consent-texts", json=given)
    assert saved.status_code == 200, saved.text
    return next(str(one["id"]) for one in saved.json() if one["language"] == "en")


def test_only_the_text_that_counts_can_be_signed_and_once_is_enough(world: World) -> None:
    study, someone = _study(world, DOCUMENT), world.administrator
    person, old = _enrol(study, "S-1")["id"], _text(study)
    path = f"/api/studies/{study.id}/participants/{person}/consent"
    assert someone.api("POST", path, json={"text": old}).status_code == 422
    first = someone.api("POST", path, json={"text": old, "strokes": STROKES, "clock": "1999-01-01T00:00:00Z"})
    assert first.status_code == 201
    again = someone.api("POST", path, json={"text": old, "strokes": STROKES})
    assert again.json()["id"] == first.json()["id"]
    new = _text(study, "You may withdraw at any time.", 1)
    other = _enrol(study, "S-2")["id"]
    late = f"/api/studies/{study.id}/participants/{other}/consent"
    assert someone.api("POST", late, json={"text": old, "strokes": STROKES}).status_code == 409
    assert someone.api("POST", late, json={"text": new, "kind": "paper"}).status_code == 201
    with someone.platform.database.reading() as session:
        found = text_now(session, study.id, "ja")
        assert found is not None
        assert (found.language, found.number) == ("en", 2)
        kept = session.scalars(select(Consent).where(Consent.study_id == study.id)).all()
    assert {one.signed_by_clock for one in kept} == {"1999-01-01T00:00:00Z", None}
    assert all(one.signed.year > 2000 for one in kept)
    assert "1 consent is to be signed" in someone.get(f"/studies/{study.id}").text  # S-1, of the new text


def _everything(held: Any) -> str:
    """All rows of all tables but the audit, as text."""
    found = []
    with held.database.engine.connect() as connection:
        for table in inspect(held.database.engine).get_table_names():
            if table not in ("audit_entries", "audit_head"):
                rows = connection.execute(text(f'SELECT * FROM "{table}"'))
                found += [f"{table} {tuple(row)!r}" for row in rows]
    return "\n".join(found)


def _files(held: Any) -> dict[Path, bytes]:
    folder = held.settings.data_folder
    return {one: one.read_bytes() for one in folder.rglob("*") if one.is_file() and one.suffix != ".cutis"}


def test_withdrawal_leaves_nothing_of_a_participant_but_the_fact(world: World) -> None:
    study, someone = _study(world, DOCUMENT), world.administrator
    held = someone.platform
    person, text_id = _enrol(study, "W-secret-1"), _text(study)
    inside = f"/api/studies/{study.id}/participants/{person['id']}"
    strokes = [[[0.1, 0.2], [0.7919, 0.2317]]]
    someone.api("POST", f"{inside}/consent", json={"text": text_id, "strokes": strokes})
    photos = [_send(study, person["id"], jpeg(70 + n), visit="start", view="left").json() for n in range(2)]
    words = "scratched until the heron flew"
    given = {"visit": "month", "questionnaire": "itch", "values": {"itch": 7, "note": words}}
    assert someone.api("POST", f"{inside}/answers", json=given).status_code == 201
    pixels = [someone.api("GET", f"/api/studies/{study.id}/photos/{p['id']}/file").content for p in photos]
    tiles = mosaics.place(held.settings.data_folder, photos[0]["digest"], "b" * 64)
    tiles.mkdir(parents=True)
    (tiles / "0.png").write_bytes(pixels[0])
    before = _files(held)
    assert all(any(one in data for data in before.values()) for one in pixels)
    assert words in _everything(held)
    assert "0.7919, 0.2317" in _everything(held)
    assert someone.api("POST", f"{inside}/withdraw", json={"pseudonym": "W"}).status_code == 422
    done = someone.api("POST", f"{inside}/withdraw", json={"pseudonym": "W-secret-1"})
    assert done.status_code == 200, done.text
    told = done.json()
    assert (told["action"], told["photos"], told["answers"]) == ("delete", 2, 1)
    rows, files = _everything(held), _files(held)
    for photo in photos:
        assert photo["id"] not in rows
        assert photo["digest"] not in rows
        assert not [one for one in files if photo["digest"] in str(one)]
        assert someone.api("GET", f"/api/studies/{study.id}/photos/{photo['id']}").status_code == 404
    for trace in (*pixels, words.encode(), b"0.7919, 0.2317"):  # the last one is of the signature
        assert not [one for one, data in files.items() if trace in data]
        assert trace.decode(errors="replace") not in rows
    with held.database.reading() as session:
        line = session.get_one(AuditEntry, told["line"])
        assert (line.seal, line.action, line.subject) == (told["seal"], "consent.withdrawn", person["id"])
        assert held.audit.verify(session).problems == ()
        kept = session.scalars(select(Consent).where(Consent.participant_id == person["id"])).all()
    assert [one.receipt for one in kept] == [told["seal"]]
    assert someone.api("POST", f"{inside}/withdraw", json={"pseudonym": "W-secret-1"}).json() == told
    printed = someone.get(f"/studies/{study.id}/participants/{person['id']}/receipt").text
    assert told["seal"] in printed
    assert _send(study, person["id"], jpeg(75)).status_code == 409
    assert someone.api("POST", f"{inside}/answers", json=given).status_code == 409


def test_a_file_that_another_photo_has_too_stays(world: World) -> None:
    study, someone = _study(world), world.administrator
    one, other = _enrol(study, "T-1")["id"], _enrol(study, "T-2")["id"]
    first, second = (_send(study, person, jpeg(80)).json() for person in (one, other))
    assert first["digest"] == second["digest"]
    gone = someone.api(
        "POST", f"/api/studies/{study.id}/participants/{one}/withdraw", json={"pseudonym": "T-1"}
    ).json()
    assert (gone["photos"], gone["shared"]) == (1, 1)
    assert someone.api("GET", f"/api/studies/{study.id}/photos/{second['id']}/file").status_code == 200
    last = someone.api(
        "POST", f"/api/studies/{study.id}/participants/{other}/withdraw", json={"pseudonym": "T-2"}
    ).json()
    assert last["shared"] == 0
    assert not someone.platform.store.photo(first["digest"], "jpg").exists()


def test_what_is_locked_is_kept_and_neither_shown_nor_exported(world: World) -> None:
    study, someone = _study(world, {**DOCUMENT, "on_withdrawal": "lock"}), world.administrator
    person = _enrol(study, "L-1")["id"]
    photo = _send(study, person, jpeg(85), visit="start", view="left").json()
    inside = f"/api/studies/{study.id}/participants/{person}"
    assert someone.api("POST", f"{inside}/withdraw", json={"pseudonym": "L-1"}).json()["action"] == "lock"
    assert someone.platform.store.photo(photo["digest"], "jpg").exists()
    for part in ("", "/file"):
        path = f"/api/studies/{study.id}/photos/{photo['id']}{part}"
        assert someone.api("GET", path).status_code == 404
    assert someone.api("GET", f"/api/studies/{study.id}/photos").json() == []
    assert someone.get(f"/studies/{study.id}/photos/{photo['id']}/preview").status_code == 404
    assert photo["id"] not in someone.get(f"/studies/{study.id}").text
    zipped = someone.api("GET", f"/api/studies/{study.id}/export").content
    assert photo["id"].encode() not in zipped


def test_the_same_photo_sent_while_another_withdraws_is_whole_or_not_there(world: World) -> None:
    study, held = _study(world), world.administrator.platform
    access = _access(study)
    for round_ in range(4):
        leaving, coming = (_enrol(study, f"X-{round_}-{n}")["id"] for n in range(2))
        data = jpeg(90 + round_)
        take_in(held, access, leaving, "", io.BytesIO(data))
        with ThreadPoolExecutor(2) as pool:
            sent = pool.submit(take_in, held, access, coming, "", io.BytesIO(data))
            pool.submit(consent.withdraw, held, access, leaving).result()
            kept = sent.result().photo
        assert held.store.photo(kept.digest, kept.kind).exists()
        assert held.store.preview(kept.digest).exists()
    assert list(held.store.incoming.iterdir()) == []


def test_a_crash_after_a_withdrawal_is_finished_at_the_next_start(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    study, held = _study(world), world.administrator.platform
    person = _enrol(study, "Y-1")["id"]
    photo = take_in(held, _access(study), person, "", io.BytesIO(jpeg(96))).photo
    place = held.store.photo(photo.digest, photo.kind)

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("cutis.web.studies.erasure.remove_files", crash)
        with pytest.raises(KeyboardInterrupt):
            consent.withdraw(held, _access(study), person)
    assert place.exists()

    def known(digest: str) -> bool:
        with held.database.reading() as session:
            return session.scalar(select(Photo.id).where(Photo.digest == digest).limit(1)) is not None

    held.store.recover(known)
    assert not place.exists()
    assert not held.store.preview(photo.digest).exists()


def test_nobody_reads_or_writes_answers_and_consent_of_another_study(world: World) -> None:
    mine, theirs = _study(world, DOCUMENT), world.b
    someone, person = world.administrator, theirs.names["participant"]
    for method, part in (("GET", "answers"), ("POST", "withdraw"), ("POST", "consent"), ("GET", "visits")):
        body = {"json": {"pseudonym": "x", "text": "y"}} if method == "POST" else {}
        path = f"/api/studies/{mine.id}/participants/{person}/{part}"
        assert someone.api(method, path, **body).status_code == 404
    with pytest.raises(RefusedError):
        add_answers(someone.platform, _access(mine), person, "month", "itch", {"itch": 1})
    with someone.platform.database.reading() as session:
        assert session.scalars(select(Answers).where(Answers.participant_id == person)).all() == []


def test_the_document_of_a_protocol_is_json_and_comes_back(world: World) -> None:
    assert read_protocol(json.dumps(PROTOCOL.document())) == PROTOCOL
    assert isinstance(PROTOCOL, Protocol)
    with pytest.raises(RefusedError, match="not JSON"):
        read_protocol("{")
