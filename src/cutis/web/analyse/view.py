"""An analysis as a page shows it: one sentence with its number and how sure it is, then what it rests on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cutis.pages.environment import in_thousand, whole_percent
from cutis.runtime.patient import PatientScore
from cutis.web.analyse.kind_words import (
    NOT_MADE_FOR,
    made_for_words,
    other_words,
    photo_words,
    unsure_words,
)
from cutis.web.analyse.lesions import together
from cutis.web.analyse.meaning import USUAL, Meaning, meaning
from cutis.web.analyse.outbox import answered_anyway, may_be_asked_anyway
from cutis.web.database import Analysis
from cutis.web.database.analysis import DONE
from cutis.web.words import _, later, ngettext

RANK = {"quality": 0, "lesions": 1, "classes": 2, "grade": 3, "conditions": 4, "map": 5}
WHY = {
    "colour": later("This photo is in colour, and the model judges grey images of a microscope."),
    "grey": later("This photo is grey, and the model judges photos in colour."),
    "no_face": later("No face was found in this photo, and the model judges areas of a face."),
    "no_detector": later("Faces cannot be found here, since the program that finds them is not installed."),
    "face": later("The face in this photo cannot be judged."),
    "unlike": later("This photo is unlike those that the model was trained on: do not rely on its answer."),
}
DETAIL = {
    "blur": later("Sharp enough for an overview: details under %(pixels)s pixels are lost."),
    "noise": later("Grain shows when the photo is zoomed into."),
    "compression": later("Traces of compression show when the photo is zoomed into."),
}


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
        """That the kind of the photo is not certain, in words; empty where it is."""
        return unsure_words(self.result["photo"].get("kind", {}))

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


def shown(
    rows: Iterable[Analysis],
    prevalences: Mapping[tuple[str, str], float],
    tried: Mapping[str, float] | None = None,
) -> list[Shown]:
    """What is done, the quality of the photo first, then what suits it.

    Args:
        rows: analyses of one photo.
        prevalences: of the study.
        tried: shares that somebody wants to see instead, by identity of the analysis.
    """
    made = [_shown(one, prevalences, (tried or {}).get(one.id)) for one in rows if one.state == DONE]
    return sorted(made, key=lambda one: (not one.fits, -_belongs(one), RANK.get(one.kind, 9)))


def _belongs(one: Shown) -> float:
    """How well the photo is of the model's own kind; not known counts less than known."""
    said = one.result.get("unlike", {})
    if one.kind == "quality":
        return 2.0
    if one.anyway:
        return -1.0
    if not said.get("known"):
        return 0.4
    return float(said["share"]) / 4 if said.get("odd") else 0.5 + float(said["share"]) / 2


def _shown(row: Analysis, prevalences: Mapping[tuple[str, str], float], tried: float | None) -> Shown:
    result = row.result or {}
    anyway = answered_anyway(row)
    if not result["suits"]["suits"] and result["suits"]["why"] != "unlike" and not anyway:
        return Shown(row, result, "unknown", _("Not asked"), _why_not(result), fits=False)
    makers = {
        "quality": _quality,
        "classes": _classes,
        "grade": _classes,
        "lesions": _lesions,
        "conditions": _conditions,
        "map": _map,
    }
    made = makers[result["kind"]](row, result)
    if anyway:
        more = (_(NOT_MADE_FOR), *made.more)
        return _with(made, state="attention", word=_("Asked all the same"), more=more, asked=("", ""))
    made = with_prevalence(made, prevalences, tried)
    if not result["suits"]["suits"]:
        why = _(WHY["unlike"])
        return _with(made, fits=False, state="attention", word=_("Unlike its photos"), more=(why, *made.more))
    return made


def _why_not(result: Mapping[str, Any]) -> str:
    if result["suits"]["why"] == "kind":
        return other_words(result)
    return result["suits"].get("words") or _(WHY.get(result["suits"]["why"], ""))


def with_prevalence(made: Shown, prevalences: Mapping[tuple[str, str], float], tried: float | None) -> Shown:
    """The same, with what it means at the clinic's prevalence, or at the one that somebody tries."""
    label = made.asked[0]
    if not label:
        return made
    share = tried or prevalences.get((made.result["task"], label))
    found = meaning(_rates(made.result, label), share or USUAL, known=share is not None)
    return _with(made, meaning=found)


def _with(made: Shown, **changes: Any) -> Shown:
    from dataclasses import replace

    return replace(made, **changes)


def _rates(result: Mapping[str, Any], label: str) -> Mapping[str, Any]:
    if result["kind"] == "lesions":
        return dict(result["rule"]["point"]["found"] or result["rates"])
    for one in result.get("labels", ()):
        if one["name"] == label:
            point = (one["point"] or {}).get("found") or {}
            return dict(point if {"sensitivity", "specificity"} <= set(point) else one["rates"])
    return {}


def probability_words(value: float) -> str:
    """``72% (720 in 1,000)``."""
    return f"{whole_percent(value)} ({in_thousand(value)})"


def score_words(value: float) -> str:
    """``0.71``; the ends are not rounded away."""
    if value > 0.99:
        return _("over %(n)s") % {"n": "0.99"}
    return _("under %(n)s") % {"n": "0.01"} if value < 0.01 else f"{value:.2f}"


def hundred(value: Mapping[str, float]) -> str:
    """``98 of 100 (94–100)``."""
    value, low, high = (round(100 * value[name]) for name in ("value", "low", "high"))  # type: ignore[assignment]
    return _("%(n)s of 100 (%(low)s–%(high)s)") % {"n": value, "low": low, "high": high}


def _quality(row: Analysis, result: Mapping[str, Any]) -> Shown:
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
        sentence = _("Not good enough: %(number)s that it is, below the %(point)s that is asked.")
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


def _classes(row: Analysis, result: Mapping[str, Any]) -> Shown:
    labels = sorted(result["labels"], key=lambda one: -float(one["probability"]))
    if result["kind"] == "grade":
        labels = list(result["labels"])
    bars = tuple(_bar(one) for one in labels)
    top = next(one for one in labels if one["name"] == result["answer"])
    others = [one for one in labels if one["kept"] and one is not top]
    values = {
        "title": _(top["title"]),
        "number": probability_words(top["probability"]),
        "others": _and([_(one["title"]) for one in others]),
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


def _lesions(row: Analysis, result: Mapping[str, Any]) -> Shown:
    made = patient([row])
    assert made is not None
    bars = tuple(
        Bar(str(one["number"]), _("Lesion %(n)s") % {"n": one["number"]}, one["probability"])
        for one in sorted(result["lesions"], key=lambda one: -float(one["probability"]))
    )
    return _with(made, bars=bars)


def patient(rows: Sequence[Analysis]) -> Shown | None:
    """The answer for a patient from one or several photos, by one model.

    Returns:
        None where no photo was looked at.
    """
    rows = [one for one in rows if one.state == DONE and one.result and "rule" in one.result]
    if not rows:
        return None
    results = [one.result for one in rows if one.result]
    row, result = rows[-1], results[-1]
    answer, rule = together(results)
    title = _(result["positive_title"])
    if answer is None:
        return _nothing_found(row, result, len(rows))
    found = rule.point.found.get("sensitivity")
    values = {
        "title": title,
        "score": score_words(answer.probability),
        "point": f"{rule.point.threshold:.2f}",
        "found": hundred(found) if found else "",
    }
    if answer.positive and found:
        sentence = _(
            "Refer urgently: %(title)s is not excluded. Score %(score)s, at or above the operating point "
            "%(point)s, which found %(found)s such patients in testing."
        )
    elif answer.positive:
        sentence = _("Refer urgently: %(title)s is not excluded. Score %(score)s, at or above %(point)s.")
    elif found:
        sentence = _(
            "No reason to refer by these photos. Not suspected: %(title)s. Score %(score)s, below the "
            "operating point %(point)s, which found %(found)s such patients in testing."
        )
    else:
        sentence = _(
            "No reason to refer by these photos. Not suspected: %(title)s. Score %(score)s, below %(point)s."
        )
    return Shown(
        row,
        result,
        "urgent" if answer.positive else "unknown",
        _("Refer urgently") if answer.positive else _("No sign in these photos"),
        sentence % values,
        _rests_on(answer, results),
        asked=(rule.positive, title),
        extra={"patient": answer, "threshold": rule.point.threshold, "positive": answer.positive},
    )


def _rests_on(answer: PatientScore, results: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    lesions = sum(len(one["lesions"]) for one in results)
    more = [
        ngettext("It rests on %(n)s lesion", "It rests on %(n)s lesions", lesions) % {"n": lesions}
        + " "
        + ngettext("in %(n)s photo.", "in %(n)s photos.", len(results)) % {"n": len(results)}
    ]
    if answer.one_lesion_only:
        more.append(_("One lesion only: take more photos, with several lesions, before relying on it."))
    if not answer.positive:
        more.append(
            _(
                "Refer at once, whatever stands here, with fever, blisters, skin that comes off or hurts, or "
                "sores of the mouth, the eyes or the genitals. Look again tomorrow, and whenever it changes."
            )
        )
    return tuple(more)


def _nothing_found(row: Analysis, result: Mapping[str, Any], photos: int) -> Shown:
    if result["state"] == "no_skin":
        sentence = _("No skin was found in this photo, so that nothing was looked at.")
    else:
        sentence = _("No lesion was found in this photo; that is not a harmless answer.")
    more = (
        _(
            "Take photos again, nearer and in even white light. If the rash worries you, refer without an "
            "answer."
        ),
    )
    return Shown(row, result, "attention", _("No answer"), sentence, more)


def _conditions(row: Analysis, result: Mapping[str, Any]) -> Shown:
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


def _map(row: Analysis, result: Mapping[str, Any]) -> Shown:
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


def _and(titles: Sequence[str]) -> str:
    if len(titles) < 2:
        return "".join(titles)
    return _("%(several)s and %(last)s") % {"several": ", ".join(titles[:-1]), "last": titles[-1]}
