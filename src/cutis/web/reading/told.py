"""What readers are told, for the page and for programs alike: nothing of whom, where, when or what file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel
from sqlalchemy.orm import Session

from cutis.web.database import Reader, ReaderStudy
from cutis.web.reading import room
from cutis.web.reading.adjudication import answers_of
from cutis.web.reading.answering import Answered
from cutis.web.reading.design import Design
from cutis.web.reading.found import design_of
from cutis.web.reading.room import Shown, Standing


class StandingOut(BaseModel):
    """Where a reader stands; ``place`` is the next case, ``of`` how many there are (0: not known)."""

    state: str
    place: int
    of: int
    done: int
    opens: datetime | None


class ScoreOut(BaseModel):
    """An answer and what is said of it: a probability (help), or how often it was given (adjudication)."""

    name: str
    title: str
    value: float


class HelpOut(BaseModel):
    """The result of a model."""

    source: str
    rendered: bool
    scores: list[ScoreOut]


class RegionOut(BaseModel):
    """A region in pixels of the photo; a box has two corners."""

    kind: str
    points: list[list[float]]


class EarlierOut(BaseModel):
    """What was answered before, where one may go back."""

    answer: str
    confidence: int | None
    regions: list[RegionOut]


class PlaceOut(BaseModel):
    """A case; its pixels are at ``photo``.

    ``last`` says that the next case is of another session, ``gone`` that there is no photo: answer with an
    empty answer. ``why`` is then ``withdrawn``, or ``site``: it is of one that the reader does not see.
    """

    place: int
    of: int
    session: int
    training: bool
    helped: bool
    help: HelpOut | None
    answers: list[ScoreOut]
    width: int
    height: int
    gone: bool
    why: str
    last: bool
    back: bool
    earlier: EarlierOut | None


class AnsweredOut(BaseModel):
    """An answer that is kept; after a case of training with its truth."""

    place: int
    new: bool
    right: bool | None
    truth: str
    next: StandingOut


def standing_out(reader: Reader, standing: Standing) -> StandingOut:
    """Where a reader stands."""
    return StandingOut(
        state=standing.state, place=standing.place, of=standing.of, done=reader.done, opens=standing.opens
    )


def place_out(session: Session, reading: ReaderStudy, reader: Reader, shown: Shown) -> PlaceOut:
    """A case as a reader is told of it."""
    design = design_of(reading)
    counts = answers_of(session, shown.case) if reader.adjudicator and design.adjudicator_sees else {}
    help_ = shown.case.help if shown.helped else {}
    parts = [part for _number, _helped, part in reader.order]
    there = shown.place < len(parts)
    earlier = shown.answered
    before = shown.place - 1  # answered when this case is looked at, though it may be fetched ahead
    return PlaceOut(
        place=shown.place,
        of=len(parts),
        session=shown.session,
        training=shown.case.training,
        helped=shown.helped,
        help=_help(design, help_) if help_ else None,
        answers=_scores(design, counts),
        width=shown.photo.width if shown.photo else 0,
        height=shown.photo.height if shown.photo else 0,
        gone=shown.photo is None,
        why=shown.hidden,
        last=reader.adjudicator or not there or parts[shown.place] != shown.session,
        back=room.may_go_back(design, reader, before, max(reader.done, before)),
        earlier=EarlierOut(
            answer=earlier.answer,
            confidence=earlier.confidence,
            regions=[RegionOut(**one) for one in earlier.regions],
        )
        if earlier
        else None,
    )


def answered_out(reading: ReaderStudy, reader: Reader, answered: Answered, standing: Standing) -> AnsweredOut:
    """What became of an answer."""
    design, row = design_of(reading), answered.reading
    return AnsweredOut(
        place=row.place,
        new=answered.new,
        right=row.answer == answered.truth if answered.truth else None,
        truth=design.choice(answered.truth).text if answered.truth else "",
        next=standing_out(reader, standing),
    )


def _help(design: Design, help_: Mapping[str, object]) -> HelpOut:
    scores = help_["probabilities"]
    assert isinstance(scores, dict)
    ordered = _scores(design, scores)
    if design.scale == "classes":
        ordered.sort(key=lambda one: -one.value)
    return HelpOut(source=str(help_["source"]), rendered=bool(help_["rendered"]), scores=ordered)


def _scores(design: Design, values: Mapping[str, float]) -> list[ScoreOut]:
    return [
        ScoreOut(name=one.name, title=one.text, value=values[one.name])
        for one in design.answers
        if one.name in values
    ]
