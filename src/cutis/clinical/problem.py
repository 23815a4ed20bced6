"""What is wrong with one fact: a sentence whose words can be translated, and the values that go into it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass


def sentence(words: str) -> str:
    """Marks words of a problem for the catalogues of whoever translates them."""
    return words


@dataclass(frozen=True)
class Problem:
    """What is wrong with one fact, and how to mend it.

    Attributes:
        field: name of the fact, such as ``age``; of the second drug ``drugs.2``, or ``drugs.2.start_day``.
        words: a sentence with places for values; the fact itself is ``%(field)s``.
        values: by their places; ``other`` is the name of a second fact, ``unit`` is in words, and ``drug`` is
            the name of the drug that it is about.
    """

    field: str
    words: str
    values: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def __str__(self) -> str:
        """In English, by the names of the facts."""
        told = self.words % {"field": self.field.rpartition(".")[2], **self.values}
        return f"drug '{self.values['drug']}': {told}" if "drug" in self.values else told
