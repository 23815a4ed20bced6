"""Whether a photo is good enough, in words: the number, the reason, and what zooming in would show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cutis.runtime.advice import PLAUSIBLE, SENTENCES
from cutis.web.analyse.number_words import hundred, probability_words
from cutis.web.analyse.shown import Bar, Shown, changed
from cutis.web.database import Analysis
from cutis.web.numbers import whole_percent
from cutis.web.words import _, later

DETAIL = {
    "blur": later("Sharp enough for an overview: details under %(pixels)s pixels are lost."),
    "noise": later("Grain shows when the photo is zoomed into."),
    "compression": later("Traces of compression show when the photo is zoomed into."),
}
# How far away and how central a single spot is: nothing where a whole face is looked at.
_OF_A_SPOT = ("distance", "framing")


def of_a_face(made: Shown) -> Shown:
    """The same of a photo of a face, for which the model was not made: without what is about one spot."""
    result = made.result
    faults = {name: p for name, p in result["findings"].items() if name not in _OF_A_SPOT and p >= PLAUSIBLE}
    unmade = _("This was learnt from photos of single spots: of a face it is less sure than its numbers say.")
    if result["passed"] or (result.get("detail") or {}).get("lost"):
        return changed(made, more=(unmade, *made.more))
    if not faults:
        word = _("No fault was seen")
        sentence = _("Neither its light nor its colours nor its sharpness speak against this photo.")
        whole = {**result, "passed": True}
        return changed(made, result=whole, state="good", word=word, sentence=sentence, more=(unmade,))
    spot = {SENTENCES[name] for name in _OF_A_SPOT}
    extra = {
        "advice": [one for one in made.extra["advice"] if one not in spot],
        "reason": result["titles"].get(max(faults, key=faults.__getitem__), ""),
    }
    return changed(made, more=(unmade, *made.more), extra=extra)


def quality(row: Analysis, result: Mapping[str, Any]) -> Shown:
    """Of a model that judges photos."""
    threshold = whole_percent(result["point"]["threshold"])
    values = {"number": probability_words(result["good"]), "point": threshold}
    more: list[str] = []
    detail = result.get("detail") or {"told": [], "lost": False}
    if detail["lost"]:
        values["across"] = detail["across"]
        sentence = _(
            "Not good enough: the photo is soft, and only some %(across)s points across the spot are left to "
            "judge it by."
        )
    elif result["passed"] and result["good"] < result["point"]["threshold"]:
        values["number"] = probability_words(result["good_region"])
        sentence = _(
            "Good enough where it matters: the spot by itself is good, %(number)s, at or above the %(point)s "
            "that is asked; the whole photo is not."
        )
    elif result["passed"]:
        sentence = _("Good enough to be judged: %(number)s, at or above the %(point)s that is asked.")
    else:
        sentence = _(
            "Not good enough: it is good with a probability of %(number)s only, and at least %(point)s is "
            "asked."
        )
    if not detail["lost"]:
        more.extend(_(DETAIL[name]) % {"pixels": detail["finest"]} for name in detail["told"])
    rates = result["point"]["found"] or result["rates"]
    if "sensitivity" in rates:
        more.append(
            _("In testing, %(good)s good photos passed, and %(bad)s bad ones were held back.")
            % {"good": hundred(rates["sensitivity"]), "bad": hundred(rates["specificity"])}
        )
    titles = result["titles"]
    reasons = sorted(result["findings"], key=lambda name: -float(result["findings"][name]))
    found = tuple(Bar(name, titles.get(name, name), result["findings"][name]) for name in reasons[:4])
    named = "blur" if detail["lost"] else next(iter(reasons), "")
    return Shown(
        row,
        result,
        "good" if result["passed"] else "attention",
        _("Good enough") if result["passed"] else _("Take it again"),
        sentence % values,
        tuple(more),
        found,
        (("", _("where the photo is weak")),),
        extra={"advice": result["advice"], "reason": titles.get(named, "")},
    )
