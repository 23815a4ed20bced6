"""Reporting guidelines, filled in from what the run knows.

Each guideline is a CSV file in the folder ``checklists``: the number of the item, the part of the article
it is about, its topic in our own short words, the facts that answer it, and what the author still has to
say where the run knows a part only. The wording of an item is the guideline's; read it there.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Literal

Status = Literal["answered", "in part", "open"]


@dataclass(frozen=True)
class Fact:
    """Something that the run knows.

    Attributes:
        text: one or two sentences.
        place: key of the section of the report that shows it.
    """

    text: str
    place: str


@dataclass(frozen=True)
class Item:
    """An item of a guideline with its answer.

    Attributes:
        number: as in the guideline, such as ``15a``.
        part: of the article that it is about.
        topic: what it asks for, in short.
        status: whether the run answers it.
        answer: what the run says; empty where it is open.
        left: what the author still has to say; empty where nothing is left.
        places: keys of the sections that show it.
    """

    number: str
    part: str
    topic: str
    status: Status
    answer: str
    left: str
    places: tuple[str, ...]


@dataclass(frozen=True)
class Checklist:
    """A guideline, filled in.

    Attributes:
        key: such as ``stard_ai``.
        title: its name.
        about: what it is for.
        source: where it is published.
        items: all of them, in order.
    """

    key: str
    title: str
    about: str
    source: str
    items: tuple[Item, ...]

    def count(self, status: Status) -> int:
        """How many items have this status."""
        return sum(item.status == status for item in self.items)


def filled(facts: Mapping[str, Fact]) -> tuple[Checklist, ...]:
    """Every guideline, answered from facts.

    Args:
        facts: by name, see `facts.facts`; a fact that the run does not know is not there.
    """
    folder = files(__package__) / "checklists"
    guidelines = json.loads((folder / "checklists.json").read_text("utf-8"))
    made = []
    for about in guidelines:
        text = (folder / f"{about['key']}.csv").read_text("utf-8")
        items = tuple(_item(row, facts) for row in csv.DictReader(text.splitlines()))
        made.append(Checklist(items=items, **about))
    return tuple(made)


def asked_for() -> frozenset[str]:
    """The names of all facts that some item asks for."""
    folder = files(__package__) / "checklists"
    rows = [
        row
        for file in folder.iterdir()
        if file.name.endswith(".csv")
        for row in csv.DictReader(file.read_text("utf-8").splitlines())
    ]
    return frozenset(name for row in rows for name in row["facts"].split())


def _item(row: Mapping[str, str], facts: Mapping[str, Fact]) -> Item:
    known = [facts[name] for name in row["facts"].split() if name in facts]
    status: Status = "open" if not known else "in part" if row["left"] else "answered"
    return Item(
        number=row["number"],
        part=row["part"],
        topic=row["topic"],
        status=status,
        answer=" ".join(dict.fromkeys(fact.text for fact in known)),
        left=row["left"],
        places=tuple(dict.fromkeys(fact.place for fact in known)),
    )
