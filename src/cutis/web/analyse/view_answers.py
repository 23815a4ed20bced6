"""Answers of models in words: which of several, how much of several things, or a grade for every place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cutis.web.analyse.number_words import listed, probability_words
from cutis.web.analyse.shown import Bar, Shown
from cutis.web.database import Analysis
from cutis.web.numbers import whole_percent
from cutis.web.words import _, ngettext


def classes(row: Analysis, result: Mapping[str, Any]) -> Shown:
    """Of a model that tells several things apart, or grades of one."""
    labels = sorted(result["labels"], key=lambda one: -float(one["probability"]))
    if result["kind"] == "grade":
        labels = list(result["labels"])
    bars = tuple(_bar(one) for one in labels)
    top = next(one for one in labels if one["name"] == result["answer"])
    others = [one for one in labels if one["kept"] and one is not top]
    values = {
        "title": _(top["title"]),
        "number": probability_words(top["probability"]),
        "others": listed([_(one["title"]) for one in others]),
        "n": len(labels),
    }
    if not others:
        sentence = _("Likeliest of %(n)s answers: %(title)s, %(number)s; the others are ruled out.")
    elif len(others) > 4:
        sentence = _("Likeliest of %(n)s answers: %(title)s, %(number)s; %(k)s others are not ruled out.")
        values["k"] = len(others)
    else:
        sentence = ngettext(
            "Likeliest of %(n)s answers: %(title)s, %(number)s; not ruled out: %(others)s.",
            "Likeliest of %(n)s answers: %(title)s, %(number)s; not ruled out: %(others)s.",
            len(others),
        )
    if result["promise"] == "tested":
        promise = _("Answers are ruled out so that in testing 9 of 10 photos kept the true one.")
    else:
        promise = _(
            "Answers are ruled out by the model's own probabilities: those that are kept make up nine "
            "tenths. How often that is right was not tested."
        )
    layers = tuple((one["name"], _(one["title"])) for one in labels if one["name"] in result["layers"])
    return Shown(
        row,
        result,
        "unknown",
        _("Preliminary"),
        sentence % values,
        (promise,),
        bars,
        layers,
        (top["name"], _(top["title"])),
    )


def _bar(one: Mapping[str, Any]) -> Bar:
    point = one["point"]
    reached = point is not None and one["probability"] >= point["threshold"]
    return Bar(one["name"], one["title"], one["probability"], point, reached, one["kept"])


def conditions(row: Analysis, result: Mapping[str, Any]) -> Shown:
    """Of a model that grades areas of a face."""
    scale, names = [_(one) for one in result["scale"]], result["names"]
    marked = [
        (grade["grade"] + sum(n * p for n, p in enumerate(grade["probabilities"])) / 10, area, name, grade)
        for area in result["areas"]
        for name, grade in area["grades"].items()
    ]
    _rank, area, name, grade = max(marked, key=lambda one: one[0])
    values = {
        "condition": _(names[name]),
        "area": _(area["title"]),
        "grade": scale[grade["grade"]].lower(),
        "low": scale[grade["low"]].lower(),
        "high": scale[grade["high"]].lower(),
        "number": probability_words(grade["probabilities"][grade["grade"]]),
    }
    if grade["grade"] == 0:
        sentence = _("Nothing above the lowest grade, %(grade)s, in the areas that could be judged.")
    elif grade["low"] == grade["high"]:
        sentence = _("Most marked: %(condition)s, %(area)s: %(grade)s, %(number)s.")
    else:
        sentence = _(
            "Most marked: %(condition)s, %(area)s: %(grade)s, %(number)s; from %(low)s to %(high)s with nine "
            "in ten."
        )
    judged = len(result["areas"])
    more = ngettext("%(n)s area could be judged.", "%(n)s areas could be judged.", judged) % {"n": judged}
    return Shown(row, result, "unknown", _("Preliminary"), sentence % values, (more,))


def of_map(row: Analysis, result: Mapping[str, Any]) -> Shown:
    """Of a model that grades every place."""
    said = result["map"]
    if said["mean"] is None:
        return Shown(row, result, "unknown", _("No answer"), _("No tissue was found in this image."))
    low, middle, high = (f"{one:.1f}" for one in said["middle"])
    values = {
        "mean": f"{said['mean']:.1f}",
        "first": said["grades"][0],
        "last": said["grades"][-1],
        "low": low,
        "middle": middle,
        "high": high,
    }
    sentence = _(
        "Mean grade %(mean)s on the scale from %(first)s to %(last)s; half of the tissue lies between "
        "%(low)s and %(high)s."
    )
    sure = _("In half of the tissue the model gives its grade a probability of at least %(percent)s.") % {
        "percent": whole_percent(said["confidence"][1])
    }
    return Shown(row, result, "unknown", _("Preliminary"), sentence % values, (sure,))
