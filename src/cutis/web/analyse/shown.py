"""An analysis as a page shows it: a sentence with its number, and what it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cutis.web.analyse.kind_words import made_for_words, photo_words, unsure_words
from cutis.web.analyse.meaning import Meaning
from cutis.web.analyse.outbox import answered_anyway, may_be_asked_anyway
from cutis.web.database import Analysis


@dataclass(frozen=True)
class Bar:
    """A probability on its scale.

    Attributes:
        point: the operating point; None where there is none.
        reached: the probability is at or above it.
        kept: this answer is not ruled out.
    """

    name: str
    title: str
    probability: float
    point: Mapping[str, Any] | None = None
    reached: bool = False
    kept: bool = False


@dataclass(frozen=True, eq=False)
class Shown:
    """One analysis.

    Attributes:
        state: ``good``, ``attention``, ``urgent`` or ``unknown``.
        word: of the state.
        sentence: the answer, with its number and how sure it is.
        more: further sentences.
        layers: names of its maps with what they show, the one that is shown first at the beginning.
        asked: label that `meaning` is about, with its title.
    """

    analysis: Analysis
    result: Mapping[str, Any]
    state: str
    word: str
    sentence: str
    more: tuple[str, ...] = ()
    bars: tuple[Bar, ...] = ()
    layers: tuple[tuple[str, str], ...] = ()
    asked: tuple[str, str] = ("", "")
    meaning: Meaning | None = None
    fits: bool = True
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """Of the answer, see `cutis.web.analyse.answers`."""
        return str(self.result["kind"])

    @property
    def of_photo(self) -> str:
        """What kind of photo it is, in words; empty where this model was asked whatever it is."""
        return photo_words(self.result["photo"].get("kind", {}))

    @property
    def unsure(self) -> str:
        """That the photo may be of another kind than the model is for; empty where its own is likeliest."""
        kind = self.result["photo"].get("kind", {})
        own = self.kind != "conditions" and kind.get("name") == self.result["modality"]
        return "" if own else unsure_words(kind)

    @property
    def anyway(self) -> bool:
        """Somebody asked for it, though the photo is of another kind than the model is for."""
        return answered_anyway(self.analysis)

    @property
    def made_for(self) -> str:
        """Which kind of photos the model is for, in words."""
        return made_for_words(self.result)

    @property
    def may_be_asked(self) -> bool:
        """Somebody may ask for it all the same."""
        return may_be_asked_anyway(self.analysis)


def changed(one: Shown, **changes: Any) -> Shown:
    """The same, with other values."""
    return replace(one, **changes)
