"""The example's study: protocol, people, photos and a study of readers, made as people would make them."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from io import BytesIO

from sqlalchemy import func, select

from cutis.core.errors import CutisError
from cutis.web.database import AuditEntry, Participant, User
from cutis.web.example.pictures import Picture, pictures
from cutis.web.people.access import Access
from cutis.web.people.passwords import hashed
from cutis.web.people.roles import Role
from cutis.web.photos.intake import take_in
from cutis.web.platform import Platform
from cutis.web.reading import cases as reading_cases
from cutis.web.reading import changes as reading
from cutis.web.reading.design import Choice, Design
from cutis.web.studies import answers, changes, consent, versions
from cutis.web.studies.due import this_day
from cutis.web.studies.protocol import Protocol, read_protocol

LOGIN = "example"
PHOTOS = 15
_SINCE = timedelta(days=30)  # the example's participants came so long ago: both visits can be there
_CONSENT = """What this is
This study is an example. Its photos are rendered by a program and show nobody.

What happens
Photos of the skin are taken at two visits, and a few questions are asked.

Your rights
Whoever takes part may stop at any time, without a reason. The photos are then deleted.
"""


@dataclass(frozen=True)
class Made:
    """How to look at the example: sign in with these.

    Attributes:
        photos: that were added now.
    """

    login: str
    password: str
    photos: int


def make_example(held: Platform, progress: Callable[[int], None] | None = None) -> Made:
    """Fill an empty installation; where the example is already, give its account a new password.

    Args:
        held: the platform; nobody has an account yet.
        progress: called with 1 for each of `PHOTOS` photos.

    Raises:
        CutisError: there are people already, whose installation this is.
    """
    password = secrets.token_urlsafe(12)
    if _there(held, password):
        return Made(LOGIN, password, 0)
    access = _somebody(held, password)
    study = changes.make_study(
        held,
        access,
        "Example: rendered skin",
        "A study to look around in. Its photos are rendered and show nobody.",
        keeps_capture_time=False,
    )
    access = replace(access, study=study.id, role=Role.INVESTIGATOR)
    sites = [changes.add_site(held, access, name).id for name in ("Basel", "Kyoto")]
    versions.save_protocol(held, access, _protocol(), based_on=0)
    text = versions.save_texts(held, access, {"en": _CONSENT}, based_on=0)[0]
    photos, cases = _participants(held, access, sites, text.id, progress)
    _readers(held, access, cases)
    return Made(LOGIN, password, photos)


def _there(held: Platform, password: str) -> bool:
    """The example was made before; its account then has the password."""
    kept = hashed(password, LOGIN)
    with held.database.writing() as session:
        user = session.scalar(
            select(User)
            .join(AuditEntry, AuditEntry.subject == User.id)
            .where(AuditEntry.action == "example.made", User.login == LOGIN)
        )
        if user is not None:
            user.password = kept
            held.audit.add(session, "password.reset", who=user.id, subject=user.id)
            return True
        people = session.scalar(select(func.count(User.id)))
    if people:
        raise CutisError(
            f"{held.settings.data_folder}: people work here already ({people}); an example would stand among "
            "their studies. Choose an empty folder with --data."
        )
    return False


def _somebody(held: Platform, password: str) -> Access:
    """The one account, of an administrator who is an investigator too."""
    kept = hashed(password, LOGIN)
    with held.database.writing() as session:
        user = User(login=LOGIN, name="Example investigator", password=kept, administrator=True)
        session.add(user)
        session.flush()
        held.audit.add(session, "example.made", who=user.id, subject=user.id)
        return Access(user=user.id, name=user.name, login=user.login, administrator=True)


def _protocol() -> Protocol:
    itch = {"key": "itch", "text": "How strong was the itch in the last 24 hours?", "kind": "scale"}
    cream = {"key": "cream", "text": "Was the cream used as agreed?", "kind": "yes_no"}
    views = [
        {"key": "spot", "name": "The spot, close up", "outline": "lesion", "advice": "In daylight."},
        {"key": "face", "name": "Face from the front", "outline": "face", "needed": False},
        {"key": "microscope", "name": "Confocal mosaic", "needed": False},
    ]
    asked = {"views": ["spot", "face", "microscope"], "questionnaires": ["diary"]}
    return read_protocol(
        {
            "views": views,
            "visits": [
                {"key": "baseline", "name": "Baseline", "day": 0, "after": 3, **asked},
                {"key": "week_4", "name": "Week 4", "day": 28, "before": 3, "after": 5, **asked},
            ],
            "questionnaires": [{"key": "diary", "title": "Itch and cream", "questions": [itch, cream]}],
            "eligibility": [{"key": "adult", "text": "Is the participant 18 or older?", "must": "yes"}],
            "arms": [{"key": "usual", "name": "Usual care"}, {"key": "reminder", "name": "Photo reminders"}],
        }
    )


def _participants(
    held: Platform, access: Access, sites: list[str], text: str, progress: Callable[[int], None] | None
) -> tuple[int, dict[str, str]]:
    """Enrol everybody, with photos and answers; the number of photos, and photo -> truth of the cases."""
    known: dict[str, str] = {}
    cases: dict[str, str] = {}
    count = 0
    for picture in pictures():
        if picture.participant not in known:
            site = sites[len(known) % len(sites)]
            known[picture.participant] = _enrolled(held, access, picture.participant, site, text)
        photo = _added(held, access, known[picture.participant], picture)
        count += 1
        if picture.truth:
            cases[photo] = picture.truth
        if progress:
            progress(1)
    for number, participant in enumerate(known.values()):
        for visit, itch in (("baseline", 7 - number), ("week_4", 3)):
            given = {"itch": itch, "cream": True}
            answers.add_answers(held, access, participant, visit, "diary", given)
    _enrolled(held, access, "E-006", sites[1], "")
    return count, cases


def _enrolled(held: Platform, access: Access, pseudonym: str, site: str, text: str) -> str:
    made = changes.add_participant(held, access, pseudonym, site, {"adult": "yes"})
    if text:
        consent.sign(held, access, made.id, text, kind="paper")
        with held.database.writing() as session:
            session.get_one(Participant, made.id).enrolled = this_day() - _SINCE
    return made.id


def _added(held: Platform, access: Access, participant: str, picture: Picture) -> str:
    file = BytesIO(picture.file)
    return take_in(held, access, participant, "", file, picture.visit, picture.view).photo.id


def _readers(held: Platform, access: Access, cases: dict[str, str]) -> None:
    """A study of readers that is open, with the one person as its reader."""
    design = Design(
        question="Is this rendered lesion malignant?",
        answers=(Choice(name="benign", title="Benign"), Choice(name="malignant", title="Malignant")),
        positive="malignant",
        confidence="steps",
        regions="allowed",
    )
    made = reading.make(held, access, "Reading rendered lesions", design)
    asked = [
        reading_cases.Asked(photo, truth, number < 2) for number, (photo, truth) in enumerate(cases.items())
    ]
    reading_cases.put(held, access, made.id, asked)
    reading.add_readers(held, access, made.id, [access.user])
    reading.open_(held, access, made.id)
