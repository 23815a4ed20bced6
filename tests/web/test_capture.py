"""Taking part by link: who gets in and until when, what a phone may send, and that it arrives once."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import select

from cutis import zoo
from cutis.phantoms.erythema import render
from cutis.web.capture import links, quality, uploads
from cutis.web.capture.clock import moment_taken
from cutis.web.capture.qr import qr_svg
from cutis.web.database import (
    AuditEntry,
    Consent,
    ConsentText,
    Member,
    Participant,
    ParticipantLink,
    ParticipantSession,
    Photo,
    ProtocolVersion,
)
from cutis.web.database.participant import WITHDRAWN
from cutis.web.database.row import now
from cutis.web.errors import RefusedError
from cutis.web.people import taking_part
from cutis.web.people.roles import Role
from cutis.web.studies.protocol import read_protocol

from .conftest import Phone, jpeg

PROTOCOL = {
    "views": [{"key": "spot", "name": "The spot"}, {"key": "hand", "name": "Hand", "outline": "hand"}],
    "visits": [
        {"key": "start", "name": "Start", "after": 3, "views": ["spot", "hand"], "questionnaires": ["itch"]},
        {"key": "end", "name": "End", "day": 90, "views": ["spot"]},
    ],
    "questionnaires": [
        {
            "key": "itch",
            "title": "Itch",
            "questions": [
                {"key": "strength", "text": "How strong?", "kind": "scale"},
                {
                    "key": "where",
                    "text": "Where?",
                    "kind": "several",
                    "choices": ["Arm", "Leg"],
                    "needed": False,
                },
            ],
        }
    ],
}
STROKES = json.dumps([[[0.1, 0.5], [0.3, 0.2], [0.6, 0.9]]])


@pytest.fixture(scope="module")
def study(world: Any) -> Any:
    """Study A with a protocol of two visits and a consent text in two languages."""
    study, someone = world.a, world.a.people[Role.INVESTIGATOR]
    with someone.platform.database.writing() as session:
        document = read_protocol(PROTOCOL).document()
        session.add(ProtocolVersion(study_id=study.id, number=1000, document=document, made_by=someone.user))
        for language, text in (("en", "I agree to photos."), ("fr", "J'accepte les photos.")):
            session.add(
                ConsentText(
                    study_id=study.id, number=1000, language=language, text=text, made_by=someone.user
                )
            )
    return study


@pytest.fixture
def phone(study: Any) -> Phone:
    """A phone that was just opened, of a new participant."""
    made: Phone = study.phone()
    return made


@pytest.fixture
def signed(phone: Phone) -> Phone:
    """Such a phone, after the consent."""
    assert _sign(phone).status_code == 303
    return phone


def _sign(phone: Phone, **more: str) -> Any:
    with phone.platform.database.reading() as session:
        found = session.get_one(ParticipantSession, _session(phone).id)
        texts = session.scalars(
            select(ConsentText).where(ConsentText.study_id == found.study_id, ConsentText.language == "en")
        ).all()
    text = max(texts, key=lambda one: one.number).id
    return phone.post("/take-part/consent", {"text": text, "strokes": STROKES, **more})


def _session(phone: Phone) -> ParticipantSession:
    with phone.platform.database.reading() as session:
        chosen = select(ParticipantSession).where(ParticipantSession.participant_id == phone.participant)
        return session.scalars(chosen).one()


def _send(phone: Phone, photo: bytes, **more: str) -> Any:
    form = {"key": "k1", "visit": "start", "view": "spot", **more}
    return phone.post(
        "/take-part/photos", form, files={"photo": ("x", photo)}, headers={"accept": "application/json"}
    )


def _lines(platform: Any, action: str) -> list[AuditEntry]:
    with platform.database.reading() as session:
        return list(
            session.scalars(select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.number))
        )


def _photos(phone: Phone) -> list[Photo]:
    with phone.platform.database.reading() as session:
        return list(session.scalars(select(Photo).where(Photo.participant_id == phone.participant)))


# ---- links


def _link(study: Any, *, once: bool = False, days: int = 30) -> str:
    someone = study.people[Role.CLINICIAN]
    place = f"/api/studies/{study.id}/participants/{study.names['participant']}/links"
    made = someone.api("POST", place, json={"once": once, "days": days})
    assert made.status_code == 201, made.text
    return str(made.json()["address"].rpartition("/c/")[2])


def _change(study: Any, link: str, **values: Any) -> None:
    with study.people[Role.CLINICIAN].platform.database.writing() as session:
        row = session.scalars(
            select(ParticipantLink).where(ParticipantLink.digest == links.digest(link))
        ).one()
        for name, value in values.items():
            setattr(row, name, value)


def test_a_link_opens_a_phone_for_its_participant_alone(study: Any, world: Any) -> None:
    link = _link(study)
    shown = world.stranger.get(f"/c/{link}")
    assert study.name in shown.text
    assert f"{study.name.split()[0]}-001" not in shown.text, "who it is stands on no page of a mere link"
    opened = world.stranger.post(f"/c/{link}", {"language": "fr"})
    assert (opened.status_code, opened.headers["location"]) == (303, "/take-part")
    cookies = opened.headers.get_list("set-cookie")
    ours = next(one for one in cookies if one.startswith(f"{taking_part.COOKIE}="))
    assert all(word in ours for word in ("HttpOnly", "SameSite=strict", "Path=/take-part", "Max-Age="))
    value = ours.partition("=")[2].partition(";")[0]
    phone = Phone(world.stranger.client, world.stranger.platform, value)
    page = phone.get("/take-part")
    assert page.status_code == 200
    assert study.name in page.text
    assert "J&#39;accepte les photos." in phone.get("/take-part/consent").text
    with phone.platform.database.reading() as session:
        kept = session.scalars(select(ParticipantLink.digest)).all()
        assert link not in kept, "only the hash of a link is kept"
        assert value not in session.scalars(select(ParticipantSession.digest)).all()


def test_looking_at_a_link_does_not_use_it_up_and_opening_it_once_does(study: Any, world: Any) -> None:
    link = _link(study, once=True)
    for _ in range(3):
        assert world.stranger.get(f"/c/{link}").status_code == 200
    assert world.stranger.post(f"/c/{link}").status_code == 303
    before = len(_lines(world.stranger.platform, "participant_link.refused"))
    assert world.stranger.get(f"/c/{link}").status_code == 404
    refused = world.stranger.post(f"/c/{link}")
    assert refused.status_code == 404
    assert "good any more" in refused.text
    assert "cutis_participant" not in str(refused.headers)
    assert len(_lines(world.stranger.platform, "participant_link.refused")) == before + 2


@pytest.mark.parametrize("how", ["expired", "revoked", "made up", "used"])
def test_links_that_are_not_good_answer_in_the_same_words(how: str, study: Any, world: Any) -> None:
    link = _link(study, once=True)
    if how == "expired":
        _change(study, link, expires=now() - timedelta(seconds=1))
    elif how == "revoked":
        _change(study, link, revoked=now())
    elif how == "used":
        _change(study, link, opened=now())
    else:
        link = "no-such-link"
    lines = len(_lines(world.stranger.platform, "participant_link.refused"))
    for answer in (
        world.stranger.get(f"/c/{link}"),
        world.stranger.post(f"/c/{link}"),
        world.stranger.api("POST", "/api/take-part/sessions", json={"link": link}),
    ):
        assert answer.status_code == 404
        assert "It was used already, its time is over, or it is not complete" in answer.text
        assert study.name not in answer.text
    told = len(_lines(world.stranger.platform, "participant_link.refused")) - lines
    assert told == (0 if how == "made up" else 3), (
        "strangers cannot fill the audit with links that never were"
    )


def test_a_link_that_is_good_again_and_again_opens_on_a_second_phone(study: Any, world: Any) -> None:
    link = _link(study)
    assert [world.stranger.post(f"/c/{link}").status_code for _ in range(2)] == [303, 303]


def test_ending_a_link_closes_the_phones_that_it_opened(study: Any) -> None:
    phone, other = study.phone(), study.phone()
    assert phone.get("/take-part").status_code == 200
    place = f"/studies/{study.id}/participants/{phone.participant}/links"
    someone = study.people[Role.CLINICIAN]
    row = _session(phone).link_id
    assert someone.post(f"{place}/{row}/end").status_code == 303
    assert "Ended" in someone.get(place).text
    gone = phone.get("/take-part")
    assert gone.status_code == 401
    assert "Open your link" in gone.text
    assert _send(phone, jpeg(1)).status_code == 401
    assert other.get("/take-part").status_code == 200, "another link's phone goes on"
    line = _lines(phone.platform, "participant_link.revoked")[-1]
    assert line.details["phones"] == 1


def test_a_link_of_another_participant_is_not_ended_by_its_neighbours_address(study: Any) -> None:
    one, other = study.phone(), study.phone()
    place = f"/studies/{study.id}/participants/{one.participant}/links/{_session(other).link_id}/end"
    assert study.people[Role.CLINICIAN].post(place).status_code == 404
    assert other.get("/take-part").status_code == 200


def test_a_phone_goes_on_after_its_link_ran_out_until_it_is_unused_for_too_long(study: Any) -> None:
    phone = study.phone()
    with phone.platform.database.writing() as session:
        row = session.get_one(ParticipantSession, _session(phone).id)
        session.get_one(ParticipantLink, row.link_id).expires = now() - timedelta(days=1)
    assert phone.get("/take-part").status_code == 200, "photos that wait on it must still arrive"
    with phone.platform.database.writing() as session:
        session.get_one(ParticipantSession, row.id).expires = now() - timedelta(seconds=1)
    assert phone.get("/take-part").status_code == 401


def test_a_page_shows_the_code_and_the_link_once_and_the_code_says_the_link(study: Any) -> None:
    someone = study.people[Role.INVESTIGATOR]
    place = f"/studies/{study.id}/participants/{study.names['participant']}/links"
    made = someone.post(place, {"days": "7", "once": "yes"})
    address = made.text.partition('readonly value="')[2].partition('"')[0]
    assert address.startswith("http://cutis.test/c/")
    assert qr_svg(address) in made.text
    assert address not in someone.get(place).text
    assert someone.post(place, {"days": "8"}).status_code == 422
    assert someone.post(place, {"days": "x"}).status_code == 422


def test_a_qr_code_is_read_as_the_link_by_another_program() -> None:
    import re

    import cv2

    address = "https://skin.example.org/c/-lT9_TuSZIZAYP92XKLIqaO74dK4quLN"
    svg = str(qr_svg(address))
    side = int(re.search(r'viewBox="0 0 (\d+)', svg)[1]) // 4  # type: ignore[index]
    picture = np.full((side, side), 255, np.uint8)
    x, y = 0.0, 0.0
    path = re.search(r'class="qrline" stroke="#000" d="([^"]+)"', svg)
    assert path
    for step, values in re.findall(r"([Mmh])([-\d. ]+)", path[1]):
        numbers = [float(one) for one in values.split()]
        if step == "M":
            x, y = numbers
        elif step == "m":
            x, y = x + numbers[0], y + numbers[1]
        else:
            picture[int(y), int(x) : int(x + numbers[0])] = 0
            x += numbers[0]
    read, _, _ = cv2.QRCodeDetector().detectAndDecode(np.kron(picture, np.ones((8, 8), np.uint8)))
    assert read == address


# ---- a nurse takes the photos


def _nurse(study: Any) -> tuple[Any, Phone]:
    someone = study.people[Role.CLINICIAN]
    mine = study.phone().participant
    begun = someone.post(f"/studies/{study.id}/participants/{mine}/capture", {"language": "en"})
    assert begun.status_code == 303
    cookie = begun.headers["set-cookie"].partition("=")[2].partition(";")[0]
    return someone, Phone(someone.client, someone.platform, cookie, participant=mine, nurse=someone.cookie)


def test_a_nurse_has_the_same_pages_while_signed_in_and_is_who_added_the_photo(study: Any) -> None:
    someone, phone = _nurse(study)
    assert phone.get("/take-part").status_code == 200
    with phone.platform.database.reading() as session:
        text = session.scalars(
            select(ConsentText).where(ConsentText.study_id == study.id).order_by(ConsentText.number.desc())
        ).first()
    assert text
    assert phone.post("/take-part/consent", {"text": text.id, "paper": "yes"}).status_code == 303
    assert _send(phone, jpeg(11)).status_code == 201
    (photo,) = _photos(phone)
    assert photo.added_by == someone.user
    assert _lines(phone.platform, "photo.added")[-1].who == someone.user
    phone.nurse = ""
    assert phone.get("/take-part").status_code == 401, "after signing out the phone shows nothing"
    phone.nurse = study.people[Role.INVESTIGATOR].cookie
    assert phone.get("/take-part").status_code == 401, "nor to somebody else who is signed in"


def test_a_nurse_who_leaves_the_study_does_not_go_on(study: Any) -> None:
    someone, phone = _nurse(study)
    with phone.platform.database.writing() as session:
        member = session.scalars(
            select(Member).where(Member.user_id == someone.user, Member.study_id == study.id)
        ).one()
        member.role = Role.READER
    try:
        assert phone.get("/take-part").status_code == 401
    finally:
        with phone.platform.database.writing() as session:
            session.get_one(Member, member.id).role = Role.CLINICIAN


# ---- consent, questions, what is due


def test_nothing_is_taken_before_the_consent_is_signed(phone: Phone) -> None:
    assert "First, read and sign" in phone.get("/take-part").text
    refused = _send(phone, jpeg(1))
    assert (refused.status_code, refused.json()["title"]) == (428, "Not signed yet")
    assert phone.get("/take-part/visits/start").headers["location"] == "/take-part/consent"
    answered = phone.post("/take-part/visits/start/questions/itch", {"key": "a", "q_strength": "3"})
    assert answered.status_code == 428
    assert _photos(phone) == []
    assert _lines(phone.platform, "photo.refused")[-1].who == phone.participant


def test_a_new_text_of_the_consent_makes_photos_wait_and_a_withdrawal_refuses_them(
    study: Any, signed: Phone
) -> None:
    assert signed.get("/take-part/state").json()["unsigned"] is False
    with signed.platform.database.writing() as session:
        old = select(ConsentText).where(ConsentText.study_id == study.id, ConsentText.number == 1000)
        for one in session.scalars(old).all():
            session.add(
                ConsentText(
                    study_id=study.id, number=1001, language=one.language, text=one.text, made_by=one.made_by
                )
            )
    assert signed.get("/take-part/state").json()["unsigned"] is True
    assert _send(signed, jpeg(16)).status_code == 428, "not 409, at which a phone deletes the photo"
    assert _sign(signed).status_code == 303
    assert signed.get("/take-part/state").json()["unsigned"] is False
    assert _send(signed, jpeg(16)).status_code == 201
    with signed.platform.database.writing() as session:
        session.get_one(Participant, signed.participant).state = WITHDRAWN
    assert signed.get("/take-part/state").json()["unsigned"] is False
    assert _send(signed, jpeg(17), key="k2").status_code == 409


@pytest.mark.parametrize("strokes", ["", "[]", "no", "{}", "[[[0.5, 2]]]", '[["x"]]', "[" * 9000])
def test_a_signature_that_is_none_is_not_kept(strokes: str, phone: Phone) -> None:
    answer = _sign(phone, strokes=strokes)
    assert answer.status_code == 422
    with phone.platform.database.reading() as session:
        assert not session.scalar(select(Consent.id).where(Consent.participant_id == phone.participant))


def test_a_participant_cannot_say_that_it_was_signed_on_paper(phone: Phone) -> None:
    assert _sign(phone, strokes="", paper="yes").status_code == 422


def test_a_signature_is_kept_as_strokes_beside_the_phones_clock(signed: Phone) -> None:
    with signed.platform.database.reading() as session:
        kept = session.scalars(select(Consent).where(Consent.participant_id == signed.participant)).one()
    assert kept.signature == {"kind": "drawn", "strokes": json.loads(STROKES)}


def test_questions_are_answered_and_what_does_not_hold_is_shown_again(signed: Phone) -> None:
    place = "/take-part/visits/start/questions/itch"
    assert "How strong?" in signed.get(place).text
    wrong = signed.post(place, {"key": "a", "q_strength": "77", "q_where": "Leg"})
    assert wrong.status_code == 422
    assert "77 is out of range" in wrong.text
    assert 'value="Leg" checked' in wrong.text
    data = {"key": "a", "q_strength": "7", "q_where": ["Arm", "Leg"]}
    assert signed.post(place, data).status_code == 303
    assert signed.post(place, data).status_code == 303, "sent twice, kept once"
    assert "Answered" in signed.get("/take-part").text
    assert signed.get("/take-part/visits/end/questions/itch").status_code == 404
    assert signed.get("/take-part/visits/start/questions/none").status_code == 404


def test_the_server_says_what_is_due_next(signed: Phone) -> None:
    first = _send(signed, jpeg(1), key="a", view="spot")
    assert first.status_code == 201
    assert first.json()["next"] == {"visit": "start", "view": "hand"}
    second = _send(signed, jpeg(2), key="b", view="hand")
    assert second.json()["next"] is None
    assert {"visit": "start", "view": "hand", "photos": 1} in second.json()["kept"]


@pytest.mark.parametrize(
    "place", [("start", "face"), ("spring", "spot"), ("end", "hand"), ("", "spot"), ("../x", "spot")]
)
def test_photos_outside_of_the_protocol_are_not_taken(place: tuple[str, str], signed: Phone) -> None:
    answer = _send(signed, jpeg(3), visit=place[0], view=place[1])
    assert answer.status_code == 422
    assert _photos(signed) == []


def test_a_visit_that_is_not_yet_due_has_no_camera(signed: Phone) -> None:
    assert signed.get("/take-part/visits/end").status_code == 404
    assert signed.get("/take-part/visits/start").status_code == 200


# ---- photos: exactly once, of nobody else


def test_the_same_upload_again_is_the_same_photo(signed: Phone) -> None:
    answers = [_send(signed, jpeg(4), key="same") for _ in range(3)]
    assert [one.status_code for one in answers] == [201, 200, 200]
    assert len(_photos(signed)) == 1
    assert _send(signed, jpeg(5), key="same").status_code == 409


def test_one_photo_is_not_two_views(signed: Phone) -> None:
    assert _send(signed, jpeg(15), key="a", view="spot").status_code == 201
    again = _send(signed, jpeg(15), key="b", view="hand")
    assert (again.status_code, again.json()["title"]) == (409, "Sent before")
    assert [one.view for one in _photos(signed)] == ["spot"]
    assert _send(signed, jpeg(15), key="c", view="spot").status_code == 200


def test_a_photo_that_waited_for_another_participant_is_not_taken_as_this_ones(
    study: Any, signed: Phone
) -> None:
    other = study.phone()
    tag = uploads.owner_tag(signed.platform, other.participant)
    refused = _send(signed, jpeg(6), owner=tag)
    assert (refused.status_code, refused.json()["title"]) == (409, "Not of this participant")
    assert other.participant not in refused.text
    assert _photos(signed) == []
    own = uploads.owner_tag(signed.platform, signed.participant)
    assert _send(signed, jpeg(6), owner=own).status_code == 201
    assert signed.get("/take-part/state").json()["owner"] == own


def test_a_photo_by_link_was_added_by_no_user_and_shows_so(study: Any, signed: Phone) -> None:
    assert _send(signed, jpeg(7)).status_code == 201
    (photo,) = _photos(signed)
    assert (photo.added_by, photo.visit, photo.view) == (None, "start", "spot")
    line = _lines(signed.platform, "photo.added")[-1]
    assert (line.who, line.study) == (signed.participant, study.id)
    shown = study.people[Role.CLINICIAN].get(f"/studies/{study.id}/photos/{photo.id}")
    assert "by the participant" in shown.text


def _png_with_script() -> bytes:
    out = BytesIO()
    Image.new("RGB", (32, 32), (200, 150, 120)).save(out, "PNG")
    return out.getvalue() + b"<script>alert(1)</script>"


@pytest.mark.parametrize(
    ("photo", "status"),
    [
        (b"", 422),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", 422),
        (b"GIF89a<script>", 422),
        (b"%PDF-1.7 \xff\xd8\xff", 422),
        (jpeg(8)[:300], 422),
        (b"\xff\xd8\xff" + b"\x00" * 100, 422),
    ],
    ids=["empty", "svg", "gif", "pdf that looks on", "cut off", "only a beginning"],
)
def test_what_is_no_photo_is_not_taken_and_leaves_a_line(photo: bytes, status: int, signed: Phone) -> None:
    answer = _send(signed, photo, key="bad")
    assert answer.status_code == status
    assert answer.json()["detail"]
    assert str(signed.platform.settings.data_folder) not in answer.text
    assert _photos(signed) == []
    assert _lines(signed.platform, "photo.refused")[-1].who == signed.participant


def test_a_polyglot_keeps_its_pixels_alone(signed: Phone) -> None:
    assert _send(signed, _png_with_script(), key="poly").status_code == 201
    (photo,) = _photos(signed)
    assert b"script" not in signed.platform.store.photo(photo.digest, photo.kind).read_bytes()


def test_forms_from_elsewhere_are_not_read(signed: Phone) -> None:
    form = {"form_token": "x", "key": "k", "visit": "start", "view": "spot"}
    assert signed.post("/take-part/photos", form, files={"photo": ("x", jpeg(9))}).status_code == 403
    elsewhere = {"sec-fetch-site": "cross-site"}
    assert signed.post("/take-part/finish", headers=elsewhere).status_code == 403


# ---- clocks


def _at(hours: float) -> str:
    zone = datetime.now(UTC).astimezone().tzinfo
    return (datetime.now(zone) + timedelta(hours=hours)).isoformat(timespec="seconds")


def test_a_phones_clock_that_is_wrong_is_corrected_by_the_servers(signed: Phone) -> None:
    days = 24 * 40  # the phone is 40 days ahead, and the photo waited for two hours
    assert _send(signed, jpeg(10), taken=_at(days - 2), clock=_at(days)).status_code == 201
    (photo,) = _photos(signed)
    assert photo.taken
    off = datetime.fromisoformat(photo.taken) - (datetime.now(UTC) - timedelta(hours=2))
    assert abs(off) < timedelta(minutes=1)
    line = _lines(signed.platform, "photo.clock_corrected")[-1]
    assert abs(int(line.details["seconds"]) - 40 * 86400) < 60


def test_a_moment_that_cannot_be_is_not_kept_and_the_photo_is(signed: Phone) -> None:
    assert _send(signed, jpeg(12), taken=_at(48), clock=_at(0)).status_code == 201
    assert [one.taken for one in _photos(signed)] == [None]


@pytest.mark.parametrize("moment", ["yesterday", "2026-05-31T09:30:00", "1970-01-01T00:00:10+00:00"])
def test_what_is_no_moment_is_refused(moment: str) -> None:
    with pytest.raises(RefusedError, match="is not a moment"):
        moment_taken(moment, _at(0), now())


def test_a_clock_a_little_off_is_left_alone() -> None:
    told = moment_taken(
        "2026-05-31T09:00:00+02:00", "2026-05-31T09:30:00+02:00", datetime(2026, 5, 31, 7, 33, tzinfo=UTC)
    )
    assert (told.taken, told.wrong_by) == ("2026-05-31T09:00:00+02:00", 0)


# ---- finishing and withdrawing


def test_finishing_closes_the_phone(signed: Phone) -> None:
    done = signed.post("/take-part/finish")
    assert (done.status_code, done.headers["location"]) == (303, "/take-part/finished")
    assert 'cutis_participant=""' in done.headers["set-cookie"]
    assert signed.get("/take-part").status_code == 401
    assert signed.get("/take-part/finished").status_code == 200


def test_withdrawing_gives_a_receipt_deletes_the_photos_and_closes_the_phone(signed: Phone) -> None:
    assert _send(signed, jpeg(13)).status_code == 201
    assert signed.post("/take-part/withdraw").status_code == 422, "not without the tick"
    receipt = signed.post("/take-part/withdraw", {"sure": "yes"})
    assert receipt.status_code == 200
    line = _lines(signed.platform, "consent.withdrawn")[-1]
    assert line.seal in receipt.text
    assert _photos(signed) == []
    assert signed.get("/take-part").status_code == 401
    assert _send(signed, jpeg(14), key="later").status_code == 401


# ---- for programs


def test_a_program_takes_part_from_the_link_to_the_finish(study: Any, world: Any) -> None:
    link = _link(study, once=True)
    ask = world.stranger.client.request
    token = ask("POST", "/api/take-part/sessions", json={"link": link}).json()["token"]
    own = {"authorization": f"Bearer {token}"}
    told = ask("GET", "/api/take-part", headers=own).json()
    assert told["consent"]["text"] == "I agree to photos."
    strokes = {"text": told["consent"]["id"], "strokes": json.loads(STROKES)}
    assert ask("POST", "/api/take-part/consent", headers=own, json=strokes).status_code == 201
    answers = {"visit": "start", "questionnaire": "itch", "values": {"strength": 4}, "key": "p"}
    assert ask("POST", "/api/take-part/answers", headers=own, json=answers).status_code == 201
    form = {"key": "p1", "visit": "start", "view": "spot"}
    sent = [
        ask("POST", "/api/take-part/photos", headers=own, data=form, files={"photo": ("x", jpeg(31))})
        for _ in range(2)
    ]
    assert [one.status_code for one in sent] == [201, 200]
    assert sent[0].json()["next"] == {"visit": "start", "view": "hand"}
    assert ask("POST", "/api/take-part/finish", headers=own).status_code == 204
    gone = ask("GET", "/api/take-part", headers=own)
    assert gone.status_code == 401
    assert gone.headers["content-type"] == "application/problem+json"


def test_a_participants_token_is_no_users_and_a_users_is_no_participants(study: Any) -> None:
    phone, someone = study.phone(), study.people[Role.INVESTIGATOR]
    assert phone.api("GET", "/api/studies").status_code == 401
    assert phone.api("GET", f"/api/studies/{study.id}/photos").status_code == 401
    assert someone.api("GET", "/api/take-part").status_code == 401
    assert someone.get("/take-part").status_code == 401


# ---- the quality gate for phones


def test_the_model_is_the_shipped_one_under_the_hash_of_its_bytes(signed: Phone) -> None:
    import hashlib

    from cutis.core.bundle import Bundle

    bundle = Bundle.open(zoo.path("image_quality"))
    digest = hashlib.sha256(bundle.model).hexdigest()
    page = signed.get("/take-part/visits/start")
    setting = json.loads(page.text.partition('id="setting">')[2].partition("</script>")[0])
    assert setting["quality"]["model"] == f"/take-part/model/{digest}"
    assert setting["quality"]["threshold"] == pytest.approx(0.5025, abs=1e-4)
    assert len(setting["quality"]["advice"]) == len(bundle.info.findings or ())
    answer = signed.get(f"/take-part/model/{digest}")
    assert answer.content == bundle.model
    assert "immutable" in answer.headers["cache-control"]
    assert signed.get(f"/take-part/model/{'0' * 64}").status_code == 404


def test_only_the_worker_may_compile(signed: Phone) -> None:
    assert "wasm-unsafe-eval" in signed.get("/take-part/quality.js").headers["content-security-policy"]
    for path in ("/take-part", "/take-part/visits/start", "/take-part/service-worker.js"):
        assert "wasm-unsafe-eval" not in signed.get(path).headers["content-security-policy"]


def test_the_app_is_for_the_pages_of_participants_alone(world: Any) -> None:
    manifest = world.stranger.get("/take-part/manifest.webmanifest").json()
    assert (manifest["scope"], manifest["start_url"]) == ("/take-part", "/take-part")
    for icon in manifest["icons"]:
        found = world.stranger.get(icon["src"])
        size = int(icon["sizes"].partition("x")[0])
        assert Image.open(BytesIO(found.content)).size == (size, size)
    worker = world.stranger.get("/take-part/service-worker.js")
    assert worker.headers["service-worker-allowed"] == "/take-part"


def test_advice_after_the_shot_comes_from_the_server_and_keeps_nothing(signed: Phone) -> None:
    def advise(pixels: np.ndarray) -> Any:
        out = BytesIO()
        Image.fromarray(pixels).save(out, "JPEG", quality=92)
        answer = signed.post("/take-part/advice", files={"photo": ("x", out.getvalue())})
        assert answer.status_code == 200, answer.text
        return answer.json()

    skin = render("severe", 480, np.random.default_rng(1)).image
    assert advise(skin) == {"passed": True, "sentence": "Good enough to use."}
    dark = advise((skin * 0.22).astype(np.uint8))
    assert dark["passed"] is False
    assert dark["sentence"] == "Go nearer to a window or a lamp; your own shadow should not fall on the skin."
    assert _photos(signed) == []
    assert list(Path(signed.platform.store.incoming).iterdir()) == []
    refused = signed.post("/take-part/advice", files={"photo": ("x", b"Dear doctor")})
    assert refused.status_code == 422


def test_without_the_browser_library_the_page_says_that_advice_comes_later(
    signed: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cutis.web.capture import camera

    monkeypatch.setattr(camera, "_RUNTIME", {"script": "vendor/none.mjs"})
    page = signed.get("/take-part/visits/start")
    setting = json.loads(page.text.partition('id="setting">')[2].partition("</script>")[0])
    assert setting["quality"]["runtime"] is None
    assert quality.TASK == "image_quality"


def test_every_link_and_phone_has_its_lines_in_the_audit_and_the_chain_holds(signed: Phone) -> None:
    with signed.platform.database.reading() as session:
        actions = set(session.scalars(select(AuditEntry.action).distinct()))
        assert signed.platform.audit.verify(session).problems == ()
    assert {"participant_link.made", "participant_link.opened", "consent.signed"} <= actions
