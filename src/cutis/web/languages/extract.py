"""Find all words that people read, and bring the catalogues up to date with them.

    python -m cutis.web.languages.extract

Translations that are there stay; words that are new have none yet, and words that are gone leave.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from cutis.web.languages.catalogues import FOLDER, LANGUAGES

_WEB = Path(__file__).parents[1]
_CLINICAL = _WEB.parent / "clinical"
_OF_PROBLEMS = {"Problem": (2,), "sentence": None, "NotReadError": None}
_KEYWORDS = {"_": None, "ngettext": (1, 2), "gettext": None, "later": None, "pgettext": ((1, "c"), 2)}
_HOW = [("**.py", "python"), ("templates/**.html", "jinja2")]


def words_now() -> Catalog:
    """Every word of the pages as they stand, without translations."""
    found = Catalog(project="cutis", charset="utf-8", fuzzy=False)
    for file, _line, message, comments, context in extract_from_dir(
        _WEB, _HOW, keywords=_KEYWORDS, options_map={"templates/**.html": {"newstyle_gettext": "true"}}
    ):
        found.add(message, locations=[(Path(file).as_posix(), 0)], auto_comments=comments, context=context)
    for _file, _line, message, _comments, _context in extract_from_dir(_CLINICAL, keywords=_OF_PROBLEMS):
        found.add(message)
    for words, where in (*_words_of_models(), *_words_of_scores()):
        found.add(words, locations=[(where, 0)])
    return found


def _words_of_scores() -> Iterator[tuple[str, str]]:
    """What published scores say of themselves: their items, when points are given, and what must be known."""
    from cutis.clinical.alden import alden
    from cutis.clinical.facts import Exposure, Facts
    from cutis.clinical.prognosis import abcd10, scorten
    from cutis.clinical.regiscar import regiscar

    facts = Facts(age=17, drugs=(Exposure("x"), Exposure("y", earlier="other_same_drug")))
    for score in (scorten(facts), abcd10(facts), regiscar(facts), *alden(facts)):
        for item in score.items:
            yield item.name, "clinical"
            yield item.rule, "clinical"
        for note in score.notes:
            yield note, "clinical"


def _words_of_models() -> Iterator[tuple[str, str]]:
    """What models say: names of what they tell apart, and advice on photos."""
    from cutis.core.labels import MultiLabel
    from cutis.runtime.advice import SENTENCES
    from cutis.runtime.engine import Engine
    from cutis.zoo import names

    for sentence in SENTENCES.values():
        yield sentence, "runtime/advice.py"
    for name in names():
        info = Engine.open(name).info
        sets = [info.labels, *([info.labels.grades] if isinstance(info.labels, MultiLabel) else [])]
        for labels in [*sets, *([info.findings] if info.findings else [])]:
            for label in labels.items:
                yield label.text, f"zoo/{name}"
        yield info.title, f"zoo/{name}"


def main() -> None:
    """Write the catalogues anew."""
    now = words_now()
    for language in LANGUAGES:
        if language == "en":
            continue
        place = FOLDER / f"{language}.po"
        if place.is_file():
            with place.open("rb") as file:
                kept = read_po(file, locale=language)
        else:
            kept = Catalog(locale=language, project="cutis", charset="utf-8", fuzzy=False)
        kept.update(now, no_fuzzy_matching=True)
        kept.obsolete.clear()
        with place.open("wb") as file:
            write_po(file, kept, sort_output=True, no_location=True, omit_header=True, width=110)
        missing = sum(not translated(message.string) for message in kept if message.id)
        print(f"{place.name}: {len(kept)} messages, {missing} without a translation")  # noqa: T201


def translated(string: str | tuple[str, ...] | list[str] | None) -> bool:
    """A message has a translation, in every number."""
    return all(string) if isinstance(string, tuple | list) else bool(string)


if __name__ == "__main__":
    main()
