"""What a study asks for: views, visits, questionnaires, who may take part, arms, and what withdrawal does."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from sqlalchemy import select
from sqlalchemy.orm import Session

from cutis.web.database import ProtocolVersion, Study
from cutis.web.errors import RefusedError
from cutis.web.studies.protocol_problems import sentence
from cutis.web.words import _, later

Outline = Literal[
    "none", "lesion", "face", "face_left", "face_right", "hand", "foot", "arm", "leg", "chest", "back"
]
Kind = Literal["choice", "several", "number", "text", "date", "scale", "yes_no"]
PhotoKind = Literal["", "dermoscopic", "clinical", "face", "confocal"]
OnWithdrawal = Literal["delete", "lock"]

Key = Annotated[str, Field(max_length=30, pattern=r"^[a-z][a-z0-9_]*$")]
Line = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]+$")]
Words = Annotated[str, Field(max_length=500, pattern=r"^[^\x00-\x09\x0b-\x1f\x7f]*$")]
Number = Annotated[float, Field(ge=-1e9, le=1e9, allow_inf_nan=False)]


def plain(number: float | None) -> str:
    """A number with all of its digits, so that it can be read back; a whole one without a point."""
    if number is None:
        return ""
    return str(int(number)) if float(number).is_integer() and abs(number) < 1e15 else repr(number)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class View(_Part):
    """A view that is photographed.

    Attributes:
        outline: drawn over the viewfinder.
        advice: a sentence for who takes the photo.
        needed: a visit without it is not complete.
        kind: of photo, which decides what models are asked; empty to find it out from each photo.
    """

    key: Key
    name: Line
    outline: Outline = "none"
    kind: PhotoKind = ""
    advice: Words = ""
    needed: bool = True


class Question(_Part):
    """A question.

    Attributes:
        choices: of ``choice`` and ``several``.
        unit: of a number, such as ``mg``.
        least, most: of a number; the ends of a scale, whole numbers, 0 and 10 by themselves.
        needed: cannot be left empty.
    """

    key: Key
    text: Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]+$")]
    kind: Kind
    choices: Annotated[tuple[Line, ...], Field(max_length=40)] = ()
    unit: Annotated[str, Field(max_length=20, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""
    least: Number | None = None
    most: Number | None = None
    needed: bool = True

    @property
    def ends(self) -> tuple[int, int]:
        """Of a scale."""
        return int(self.least or 0), int(10 if self.most is None else self.most)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.kind in ("choice", "several"):
            if len(self.choices) < 2:
                raise ValueError(_("has fewer than two choices. Write one on each line"))
            _once(self.choices, later("the choice"))
            if any(";" in one for one in self.choices):
                raise ValueError(
                    _("has a choice with ; in it, which divides choices in tables. Write it otherwise")
                )
        elif self.choices:
            words = _("has choices, which a question of the kind '%(kind)s' has not. Remove them")
            raise ValueError(words % {"kind": self.kind})
        if self.least is not None and self.most is not None and self.least >= self.most:
            words = _("goes from %(least)s to %(most)s. Let the most be above the least")
            raise ValueError(words % {"least": plain(self.least), "most": plain(self.most)})
        if self.kind == "scale":
            low, high = self.ends
            if (
                any(end is not None and end % 1 for end in (self.least, self.most))
                or not 1 <= high - low <= 20
            ):
                raise ValueError(
                    _("is a scale whose ends are not whole numbers, 1 to 20 apart. Correct them")
                )
        return self


class Questionnaire(_Part):
    """Questions that are answered together."""

    key: Key
    title: Line
    questions: Annotated[tuple[Question, ...], Field(min_length=1, max_length=100)]

    @model_validator(mode="after")
    def _whole(self) -> Self:
        _once((one.key for one in self.questions), later("the question's key"))
        return self


class Visit(_Part):
    """A visit and the days on which it may be.

    Attributes:
        day: after enrolment, which is day 0.
        before, after: how many days earlier and later it may be.
        views, questionnaires: keys of what it asks for.
    """

    key: Key
    name: Line
    day: Annotated[int, Field(ge=0, le=36_500)] = 0
    before: Annotated[int, Field(ge=0, le=3650)] = 0
    after: Annotated[int, Field(ge=0, le=3650)] = 0
    views: Annotated[tuple[Key, ...], Field(max_length=40)] = ()
    questionnaires: Annotated[tuple[Key, ...], Field(max_length=20)] = ()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        _once(self.views, later("the view"))
        _once(self.questionnaires, later("the questionnaire"))
        return self


class Criterion(_Part):
    """What decides who may take part: who answers otherwise than ``must`` is not enrolled."""

    key: Key
    text: Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]+$")]
    must: Literal["yes", "no"] = "yes"


class Arm(_Part):
    """A group to which chance assigns participants, ``weight`` of all weights of them."""

    key: Key
    name: Line
    weight: Annotated[int, Field(ge=1, le=10)] = 1


class Protocol(_Part):
    """What a study asks for; one document, of which every version is kept."""

    views: Annotated[tuple[View, ...], Field(min_length=1, max_length=40)]
    visits: Annotated[tuple[Visit, ...], Field(min_length=1, max_length=60)]
    questionnaires: Annotated[tuple[Questionnaire, ...], Field(max_length=20)] = ()
    eligibility: Annotated[tuple[Criterion, ...], Field(max_length=40)] = ()
    arms: Annotated[tuple[Arm, ...], Field(max_length=8)] = ()
    on_withdrawal: OnWithdrawal = "delete"

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for called, parts in (
            (later("the view's key"), self.views),
            (later("the visit's key"), self.visits),
            (later("the questionnaire's key"), self.questionnaires),
            (later("the criterion's key"), self.eligibility),
            (later("the arm's key"), self.arms),
        ):
            _once((one.key for one in parts), called)
        if len(self.arms) == 1:
            raise ValueError(_("has one arm. Add a second one, or remove it: chance needs two"))
        for visit in self.visits:
            _known(visit, later("views"), visit.views, self.views)
            _known(visit, later("questionnaires"), visit.questionnaires, self.questionnaires)
        return self

    def visit(self, key: str) -> Visit | None:
        """The visit of a key."""
        return next((one for one in self.visits if one.key == key), None)

    def view(self, key: str) -> View | None:
        """The view of a key."""
        return next((one for one in self.views if one.key == key), None)

    def questionnaire(self, key: str) -> Questionnaire | None:
        """The questionnaire of a key."""
        return next((one for one in self.questionnaires if one.key == key), None)

    def document(self) -> dict[str, Any]:
        """Plain data; the inverse is `read_protocol`."""
        return self.model_dump(mode="json")


def read_protocol(document: object) -> Protocol:
    """Check a protocol.

    Args:
        document: plain data, or JSON as text.

    Raises:
        RefusedError: it does not hold; each place is named with its mend.
    """
    if isinstance(document, str | bytes):
        try:
            document = json.loads(document)
        except ValueError as error:
            raise RefusedError(422, _("The protocol is not JSON. Correct it."), title=_(TITLE)) from error
    try:
        return Protocol.model_validate(document)
    except ValidationError as error:
        wrong = [sentence(document, one["loc"], one["msg"]) for one in error.errors()[:10]]
        raise RefusedError(422, " ".join(wrong), title=_(TITLE)) from error


TITLE = later("The protocol does not hold")


def latest(session: Session, study: Study | str) -> ProtocolVersion | None:
    """The version that counts; None while the default one does."""
    identity = study if isinstance(study, str) else study.id
    chosen = select(ProtocolVersion).where(ProtocolVersion.study_id == identity)
    return session.scalar(chosen.order_by(ProtocolVersion.number.desc()).limit(1))


def protocol_of(session: Session, study: Study | str) -> Protocol:
    """What a study asks for now.

    Args:
        session: of the database.
        study: or its identity.
    """
    version = latest(session, study)
    return DEFAULT if version is None else Protocol.model_validate(version.document)


def protocols_of(session: Session, study: Study | str) -> Iterable[tuple[int, Protocol]]:
    """Every version with its number, the newest first; 0 is the default one of every study."""
    identity = study if isinstance(study, str) else study.id
    chosen = select(ProtocolVersion).where(ProtocolVersion.study_id == identity)
    for version in session.scalars(chosen.order_by(ProtocolVersion.number.desc())):
        yield version.number, Protocol.model_validate(version.document)
    yield 0, DEFAULT


def _once(keys: Iterable[str], called: str) -> None:
    seen = set[str]()
    for key in keys:
        if key in seen:
            words = _("has %(called)s '%(key)s' twice. Change one of them")
            raise ValueError(words % {"called": _(called), "key": key})
        seen.add(key)


def _known(visit: Visit, called: str, asked: tuple[str, ...], there: Iterable[Any]) -> None:
    keys = [one.key for one in there]
    for key in asked:
        if key not in keys:
            words = _(
                "asks in visit '%(visit)s' for '%(key)s', which is not among the %(called)s (%(have)s). "
                "Add it there, or remove it from the visit"
            )
            have = ", ".join(keys) or _("none")
            raise ValueError(words % {"visit": visit.name, "key": key, "called": _(called), "have": have})


DEFAULT = Protocol(
    views=(View(key="photo", name="Photo"),),
    visits=(Visit(key="visit_1", name="Visit 1", views=("photo",)),),
)
