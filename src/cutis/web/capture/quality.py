"""The quality gate for phones: its network as bytes, and what its answers mean, in words."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import IO, TYPE_CHECKING

from sqlalchemy.orm import Session

from cutis.web.errors import RefusedError
from cutis.web.models import registry
from cutis.web.platform import Platform
from cutis.web.words import _, later

if TYPE_CHECKING:
    from cutis.runtime.gate import Gate

TASK = "image_quality"
_HELD = 2  # bundles, each with its network in memory
_ONE = threading.Lock()
_UNFAULTED = later("No fault was seen. Check that the picture fills the outline.")
_WORDS = {
    "good": later("Good. Hold still and take the photo."),
    "kept": later("Good enough to use."),
    "outline": later("Fill the outline, hold still and take the photo."),
    "unfaulted": _UNFAULTED,
    "looking": later("Looking at the picture"),
}
# How far away and how central a single spot is: nothing where an outline of the body is to be filled.
_OF_A_SPOT = ("distance", "framing")


@dataclass(frozen=True)
class Quality:
    """A quality gate.

    Attributes:
        model: the ONNX graph, which takes photos of any size and gives probabilities and findings.
        digest: SHA-256 of it.
        good: places of the grades that pass, in its probabilities.
        threshold: on their sum, from which a photo passes.
        findings: names, in the order of its answers.
        plausible: probability from which a finding is worth a sentence.
    """

    model: bytes
    digest: str
    good: tuple[int, ...]
    threshold: float
    findings: tuple[str, ...]
    plausible: float

    def told(self) -> Mapping[str, object]:
        """What a page's script needs to know, with its words in the language that is spoken."""
        from cutis.runtime.advice import SENTENCES

        return {
            "good": list(self.good),
            "threshold": self.threshold,
            "plausible": self.plausible,
            "of_a_spot": [place for place, name in enumerate(self.findings) if name in _OF_A_SPOT],
            "advice": [_(SENTENCES.get(name, name)) for name in self.findings],
            "words": {name: _(words) for name, words in _WORDS.items()},
        }


@dataclass(frozen=True)
class Advice:
    """What is said of a photo that was taken.

    Attributes:
        passed: it is good enough.
        sentence: what would help; that it is good where it passed.
    """

    passed: bool
    sentence: str


def quality_of(held: Platform, session: Session, study: str) -> Quality | None:
    """The gate that a study uses on phones; None where it has none."""
    for bundle in registry.active(session, study):
        if bundle.task == TASK:
            return _quality(registry.bundle_path(held, bundle.digest))
    return None


def advise(
    held: Platform, session: Session, study: str, file: IO[bytes], *, outlined: bool = False
) -> Advice:
    """What the gate says of a photo, of which nothing is kept: for phones that cannot ask it themselves.

    Args:
        held: the platform.
        session: of its database.
        study: identity.
        file: the photo.
        outlined: it was to fill the outline of a part of the body.

    Raises:
        RefusedError: it is no photo, or the study has no gate.
    """
    from cutis.runtime.advice import PLAUSIBLE, advice
    from cutis.web.photos.decoder import examine

    gate = next(
        (
            _gate(registry.bundle_path(held, one.digest))
            for one in registry.active(session, study)
            if one.task == TASK
        ),
        None,
    )
    if gate is None:
        raise RefusedError(404)
    scratch = held.store.scratch()
    photo, preview = (scratch.with_name(f"{scratch.name}-{part}") for part in ("photo", "preview"))
    settings = held.settings
    try:
        with scratch.open("xb") as copy:
            copy.write(file.read())
        examine(
            scratch,
            photo,
            preview,
            megapixels=settings.upload_megapixels,
            seconds=settings.decode_seconds,
        )
        with _ONE:  # a session on all cores; two at once take twice as long
            verdict = gate(preview)
    finally:
        held.store.settle(scratch, kept=False)
    if verdict.passed:
        return Advice(True, _(_WORDS["kept"]))
    if outlined:
        faults = {n: p for n, p in verdict.whole.findings.items() if n not in _OF_A_SPOT and p >= PLAUSIBLE}
        if not faults and not verdict.lost:
            return Advice(True, _(_UNFAULTED))
        said = advice(gate.engine.info, faults, most=1) or verdict.advice
        return Advice(False, _(said[0]) if said else "")
    return Advice(False, _(verdict.advice[0]) if verdict.advice else "")


@lru_cache(maxsize=_HELD)
def _quality(path: Path) -> Quality:
    from cutis.core.bundle import Bundle
    from cutis.runtime.advice import PLAUSIBLE
    from cutis.runtime.gate import operating_point

    bundle = Bundle.open(path)
    info = bundle.info
    names = info.labels.names
    return Quality(
        model=bundle.model,
        digest=hashlib.sha256(bundle.model).hexdigest(),
        good=tuple(names.index(name) for name in info.good),
        threshold=operating_point(info, None, path).threshold,
        findings=info.findings.names if info.findings else (),
        plausible=PLAUSIBLE,
    )


@lru_cache(maxsize=_HELD)
def _gate(path: Path) -> Gate:
    from cutis.runtime.engine import Engine
    from cutis.runtime.gate import Gate

    return Gate(Engine.open(path))
