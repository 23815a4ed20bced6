"""What a measure differs by when nothing has changed: from a user's own study, else from rendered faces."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from math import isfinite
from pathlib import Path

from cutis.imaging.measures import Measure, with_range
from cutis.runtime.facial.norms import Norms
from cutis.stats.change import Repeatability, band

SHIPPED = Path(__file__).with_name("repeats.json")


@dataclass(frozen=True)
class Known:
    """The repeatability of a measure.

    Attributes:
        repeats: of it.
        source: what it was found on, in words.
        rendered: on no real photo.
    """

    repeats: Repeatability
    source: str
    rendered: bool


@dataclass(frozen=True)
class Repeats:
    """Repeatability by measure.

    Attributes:
        measures: by name; measures that are not there are compared without judgement.
    """

    measures: Mapping[str, Known] = field(default_factory=dict)

    @property
    def rendered(self) -> bool:
        """Any of it was found on rendered faces."""
        return any(one.rendered for one in self.measures.values())


def repeats(norms: Norms | None = None) -> Repeats:
    """The best that is known of each measure: a study's own repeated photos before rendered ones."""
    found = dict(shipped())
    if norms is not None:
        for name, one in norms.repeats.items():
            source = f"{one.measurements} repeated photos of {one.subjects} areas in {norms.source}"
            found[name] = Known(one, source, rendered=False)
    return Repeats(found)


def in_own_range(one: Measure, norms: Norms, *, card: bool) -> Measure:
    """The measure with the range that a study's own repeated photos show; as it is where they show none.

    Args:
        one: the measure.
        norms: of the study.
        card: whether colours were corrected with a card.
    """
    known = norms.repeats.get(one.name)
    if known is None or not isfinite(one.value) or not known.sem.value:
        return one
    if known.scale == "ratio" and one.value <= 0:  # a share of nothing would be a range without width
        return one
    return with_range(one, *band(one.value, known), card=card)


@lru_cache(maxsize=1)
def shipped() -> Mapping[str, Known]:
    """What experiments/facial_repeats.py found."""
    if not SHIPPED.is_file():
        return {}
    data = json.loads(SHIPPED.read_text(encoding="utf-8"))
    return {
        name: Known(Repeatability.from_dict(one), data["source"], rendered=True)
        for name, one in data["measures"].items()
    }
