"""What is asked of readers, and how: one document, frozen when the study of readers is opened."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cutis.core.labels import Categorical, Label, Labels, Ordinal
from cutis.web.errors import RefusedError
from cutis.web.words import _, later, pgettext

Purpose = Literal["measure", "rate"]
Help = Literal["none", "sequential", "whole", "mixed"]
STEPS = 5  # of confidence, from guessing to certain
KEYS = "123456789abceghijklmnoqrstuvwxy"  # that choose an answer; d, f, p and z do something else
MOST_ANSWERS = len(KEYS)


class Choice(BaseModel):
    """One thing that can be answered.

    Attributes:
        name: short and stable, as in ``p_<name>`` of a table.
        title: for people; the name itself when empty.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.+-]{1,40}$")]
    title: Annotated[str, Field(max_length=80)] = ""

    @property
    def text(self) -> str:
        """The title, or the name where there is none."""
        return self.title or self.name


class Design(BaseModel):
    """What is asked of readers, and how.

    Attributes:
        purpose: ``measure`` readers against a known truth, or ``rate`` photos of which nobody knows it.
        question: as readers see it.
        scale: ``classes`` without order, or ``grades``, lowest first.
        task: whose labels the answers are; empty where they were given.
        answers: what can be answered.
        positive: the class that is looked for, or the grade from which a case is positive; for ROC curves.
        confidence: not asked, in five steps, or as a percentage from the one that guessing gives.
        regions: drawn on the photo: not, if one likes, or at least one.
        help: none; ``sequential``: each case without help and at once again with it; ``whole``: one session
            without and one with help; ``mixed``: half of the cases with help in each of two sessions.
        washout_days: from the end of a reader's first session to the second.
        order: ``counterbalanced`` (Latin squares), ``random`` for each reader, or ``fixed``.
        seed: of the order; the same design and seed give the same order.
        back: readers may look at their earlier answers of the session and correct them.
        limit_seconds: after which the photo is covered; None for no limit.
        disagreement: which cases an adjudicator gets: those without a common answer (``any``), or those with
            grades more than one apart (``apart``); ``none`` for no adjudication.
        adjudicator_sees: how often each answer was given.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    purpose: Purpose = "measure"
    question: Annotated[str, Field(min_length=1, max_length=300)]
    scale: Literal["classes", "grades"] = "classes"
    task: Annotated[str, Field(max_length=40)] = ""
    answers: Annotated[tuple[Choice, ...], Field(min_length=2, max_length=MOST_ANSWERS)]
    positive: Annotated[str, Field(max_length=40)] = ""
    confidence: Literal["none", "steps", "percent"] = "none"
    regions: Literal["none", "allowed", "needed"] = "none"
    help: Help = "none"
    washout_days: Annotated[int, Field(ge=0, le=365)] = 0
    order: Literal["counterbalanced", "random", "fixed"] = "counterbalanced"
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 1
    back: bool = False
    limit_seconds: Annotated[int, Field(ge=3, le=3600)] | None = None
    disagreement: Literal["none", "any", "apart"] = "none"
    adjudicator_sees: bool = False

    @model_validator(mode="after")
    def _fits(self) -> Design:
        names = self.names
        if len(set(names)) != len(names):
            raise ValueError(_("two answers have the same name"))
        if self.scale == "grades" and names != tuple(str(number) for number in _from(names[0], len(names))):
            raise ValueError(_("grades are whole numbers, each one more than the one before"))
        if self.positive and self.positive not in names:
            words = _("'%(name)s' is looked for, and is none of the answers")
            raise ValueError(words % {"name": self.positive})
        if self.purpose == "rate" and self.help != "none":
            raise ValueError(_("help is for measuring readers, not for ratings"))
        if self.disagreement == "apart" and self.scale != "grades":
            raise ValueError(_("only grades can lie apart"))
        if self.purpose == "measure" and self.disagreement != "none":
            raise ValueError(_("only ratings are adjudicated; a measurement has its truth"))
        if self.sessions == 1 and self.washout_days:
            raise ValueError(_("a pause between sessions needs two sessions"))
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Of the answers."""
        return tuple(one.name for one in self.answers)

    @property
    def sessions(self) -> int:
        """How many there are, without training."""
        return 2 if self.help in ("whole", "mixed") else 1

    @property
    def looked_for(self) -> str:
        """The class that is looked for; with two classes the second where none is named, else empty."""
        return self.positive or (self.names[1] if len(self.names) == 2 else "")

    @property
    def labels(self) -> Labels:
        """The answers as labels."""
        kind = Ordinal if self.scale == "grades" else Categorical
        return kind([Label(one.name, one.title) for one in self.answers])

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that choose the answers: a grade by its own digit."""
        if self.scale == "grades" and all(len(name) == 1 for name in self.names):
            return self.names
        return tuple(KEYS[: len(self.names)])

    @property
    def guess(self) -> int:
        """The least percentage of confidence: what guessing gives, rounded down to tens."""
        return 10 * (10 // len(self.answers))

    def choice(self, name: str) -> Choice:
        """An answer by its name.

        Raises:
            RefusedError: there is none.
        """
        for one in self.answers:
            if one.name == name:
                return one
        names = ", ".join(self.names)
        raise RefusedError(
            422, _("'%(name)s' is not one of %(names)s.") % {"name": name[:40], "names": names}
        )

    def sure(self, confidence: int | None) -> float | None:
        """Confidence on a scale of 0 (guessing) to 1 (certain)."""
        if confidence is None or self.confidence == "none":
            return None
        if self.confidence == "steps":
            return (confidence - 0.5) / STEPS
        return (confidence - self.guess) / (100 - self.guess)

    def takes(self, confidence: int | None) -> bool:
        """The confidence is one that can be given."""
        if self.confidence == "none":
            return confidence is None
        if confidence is None:
            return False
        return 1 <= confidence <= STEPS if self.confidence == "steps" else self.guess <= confidence <= 100


def _from(first: str, count: int) -> range:
    start = int(first) if first.isdecimal() else 0
    return range(start, start + count)


def first_design(purpose: Purpose = "measure", task: str = "") -> Design:
    """What a new study of readers begins with: a task's labels, or two classes; for ratings grades 0 to 4."""
    if task:
        answers, scale = answers_of(task)
        question = _("What is it?") if scale == "classes" else _("Which grade?")
        return Design(
            purpose=purpose,
            question=question,
            scale=scale,
            task=task,
            answers=answers,
            disagreement="any" if purpose == "rate" else "none",
        )
    if purpose == "rate":
        grades = (pgettext("grade", "None"), _("Slight"), _("Moderate"), _("Marked"), _("Severe"))
        answers = tuple(Choice(name=str(n), title=title) for n, title in enumerate(grades))
        question = _("How severe is it?")
        return Design(purpose=purpose, question=question, scale="grades", answers=answers, disagreement="any")
    answers = (Choice(name="benign", title=_("Benign")), Choice(name="malignant", title=_("Malignant")))
    return Design(question=_("Is it malignant?"), answers=answers, positive="malignant", confidence="steps")


def answers_of(task: str) -> tuple[tuple[Choice, ...], Literal["classes", "grades"]]:
    """The labels of a task as answers.

    Raises:
        RefusedError: there is no such task, or it asks about several conditions at once.
    """
    from cutis.tasks import get_task

    if task not in one_question_tasks():
        names = ", ".join(one_question_tasks())
        raise RefusedError(422, _("The task is one of %(names)s.") % {"names": names})
    labels = get_task(task).labels
    choices = tuple(Choice(name=one.name, title=one.title) for one in labels.items)
    return choices, "grades" if labels.ordered else "classes"


def one_question_tasks() -> list[str]:
    """Tasks that one answer answers."""
    from cutis.tasks import get_task, task_names

    return [name for name in task_names() if not get_task(name).labels.several]


def checked(values: Any) -> Design:
    """A design, or why it does not hold, in one sentence for each fault.

    Raises:
        RefusedError: it does not hold.
    """
    try:
        return Design.model_validate(values)
    except ValidationError as error:
        words = "; ".join(_fault(one) for one in error.errors(include_url=False)[:8])
        raise RefusedError(422, _("The design does not hold: %(what)s.") % {"what": words}) from error


_FAULTS = {
    "too_short": later("two are needed at least"),
    "too_long": later("there are too many"),
    "string_pattern_mismatch": later("'%(value)s' has other signs than letters, digits and _ . + -"),
    "string_too_long": later("'%(value)s' is too long"),
    "string_too_short": later("it is empty"),
    "greater_than_equal": later("%(value)s is too small"),
    "less_than_equal": later("%(value)s is too large"),
}


def _fault(one: Mapping[str, Any]) -> str:
    """What is wrong with a field, for who filled it in."""
    if one["type"] == "value_error":
        return str(one["ctx"]["error"])
    where = ".".join(str(part) for part in one["loc"])
    if one["type"] not in _FAULTS:
        return f"{where}: {one['msg']}"
    return f"{where}: {_(_FAULTS[one['type']]) % {'value': str(one['input'])[:40]}}"


def digest_of(design: Design, cases: Sequence[Sequence[str | int | bool]]) -> str:
    """SHA-256 of what a study of readers is made of."""
    told = {"design": design.model_dump(mode="json"), "cases": [list(one) for one in cases]}
    text = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
