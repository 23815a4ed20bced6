"""What cutis found, as values that can be said in FHIR and read back without loss."""

from __future__ import annotations

from dataclasses import dataclass

from cutis.interop.fhir.carried import check
from cutis.interop.fhir.errors import FhirError


@dataclass(frozen=True)
class Model:
    """Which model said it.

    Attributes:
        name, version: of the bundle.
        digest: SHA-256 of the bundle, hexadecimal; names it whatever it is called.
        task: name of the task, which is also the table of codes.
        title: the task for people.
        rendered: it was trained on rendered images.
        modality: what the photos must be, such as ``dermoscopic``.
        licence: terms of use.
    """

    name: str
    version: str
    digest: str
    task: str
    title: str
    rendered: bool
    modality: str = "clinical"
    licence: str = ""


@dataclass(frozen=True)
class Outcome:
    """One possible answer and its probability.

    Attributes:
        name: of the label or grade.
        title: for people.
        probability: 0..1.
        interval: low and high end of the probability, where it was estimated.
    """

    name: str
    title: str
    probability: float
    interval: tuple[float, float] | None = None


@dataclass(frozen=True)
class Answer:
    """What was answered to one question.

    Attributes:
        question: name of the condition that is graded; empty where the task asks one thing only.
        title: of the question, for people.
        said: name of the outcome that is answered; several, where any number of conditions may be present.
        outcomes: all of them, in the order of the model.
        expected: mean grade, where conditions are graded.
    """

    question: str
    title: str
    said: str
    outcomes: tuple[Outcome, ...]
    expected: float | None = None


@dataclass(frozen=True)
class Point:
    """An operating point and on which side of it the photo is.

    Attributes:
        name: for people.
        label: whose probability is held against it.
        threshold: 0..1.
        rule: how it was chosen.
        reached: the probability is at or above it.
    """

    name: str
    label: str
    threshold: float
    rule: str
    reached: bool


@dataclass(frozen=True)
class PredictionSet:
    """The labels among which the true one lies with a promised probability.

    Attributes:
        labels: names; may be empty.
        coverage: the promise, 0..1.
    """

    labels: tuple[str, ...]
    coverage: float


@dataclass(frozen=True)
class Quality:
    """What the quality gate says of the photo.

    Attributes:
        grade: name of the grade; ``title`` for people.
        passed: it is good enough.
        good: probability that it is, 0..1.
        threshold: operating point on that.
        reasons: what may be wrong, with probabilities.
        model: name and version of the gate's bundle.
    """

    grade: str
    title: str
    passed: bool
    good: float
    threshold: float
    reasons: tuple[Outcome, ...] = ()
    model: str = ""


@dataclass(frozen=True)
class Prediction:
    """What a model says of one photo.

    Attributes:
        model: which one.
        image_id: of the photo.
        answers: one, or one per condition.
        points: operating points.
        level: of the intervals, such as 0.95; None where there are none.
        set: of likely labels, where there is one.
        quality: of the photo, where a gate looked at it.
    """

    model: Model
    image_id: str
    answers: tuple[Answer, ...]
    points: tuple[Point, ...] = ()
    level: float | None = None
    set: PredictionSet | None = None
    quality: Quality | None = None

    def __post_init__(self) -> None:
        check(self)
        banded = any(one.interval for answer in self.answers for one in answer.outcomes)
        if banded != (self.level is not None):
            raise FhirError(
                f"image {self.image_id}: intervals and their level go together. Give both, or neither."
            )


@dataclass(frozen=True)
class DicomImage:
    """Where a photo is in a picture archive.

    Attributes:
        study, series, instance: unique identifiers.
        sop_class: of the object.
    """

    study: str
    series: str
    instance: str
    sop_class: str = ""


@dataclass(frozen=True)
class Picture:
    """A photo, or something drawn over one.

    Attributes:
        image_id: of the photo.
        subject: reference to its patient, such as ``Patient/12``.
        kind: ``photo`` or ``overlay``.
        content_type: such as ``image/jpeg``.
        digest: SHA-256 of the file, hexadecimal.
        data: the file itself; empty where only ``url`` is told.
        url: where the record finds it.
        title: for people; never a person's name.
        taken: ISO 8601 date and time with zone; empty where it is not known.
        width, height: pixels.
        body_site: as in manifests; ``side`` is left, right, both or empty.
        dicom: where it is in an archive.
    """

    image_id: str
    subject: str
    kind: str = "photo"
    content_type: str = "image/jpeg"
    digest: str = ""
    data: bytes = b""
    url: str = ""
    title: str = ""
    taken: str = ""
    width: int = 0
    height: int = 0
    body_site: str = ""
    side: str = ""
    dicom: DicomImage | None = None

    def __post_init__(self) -> None:
        check(self)
        if self.kind not in ("photo", "overlay"):
            raise FhirError(f"image {self.image_id}: kind is '{self.kind}', not photo or overlay.")


@dataclass(frozen=True)
class LesionScore:
    """One lesion in a patient's answer.

    Attributes:
        image_id: of the photo it is in.
        number: of the lesion in that photo, as it is shown.
        probability: of what is looked for, 0..1.
        share: of the answer, 0..1.
    """

    image_id: str
    number: int
    probability: float
    share: float


@dataclass(frozen=True)
class Risk:
    """What the lesions together say of a patient.

    Attributes:
        model: which one.
        looked_for: name of the label; ``title`` for people.
        probability: at ``made_for``, the prevalence that the model was made for, 0..1.
        here: probability at ``prevalence``, the clinic's own.
        threshold: operating point on ``probability``.
        refer: it is reached, a reason to refer.
        sentence: the answer in words.
        lesions: what it rests on.
    """

    model: Model
    looked_for: str
    title: str
    probability: float
    made_for: float
    here: float
    prevalence: float
    threshold: float
    refer: bool
    sentence: str
    lesions: tuple[LesionScore, ...] = ()

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class Finding:
    """All that is reported at once, of one patient.

    Attributes:
        subject: reference to the patient, such as ``Patient/12``.
        when: ISO 8601 date and time with zone, of the analysis.
        predictions, pictures, risk: what is reported.
        encounter, based_on: references, where there are such.
        base: the record server's address, so that ``Patient/12`` and its full address are the same.
    """

    subject: str
    when: str
    predictions: tuple[Prediction, ...]
    pictures: tuple[Picture, ...] = ()
    risk: Risk | None = None
    encounter: str = ""
    based_on: str = ""
    base: str = ""
