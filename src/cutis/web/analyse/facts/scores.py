"""Published scores in the reader's language: the total, what it means, its parts, and its source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cutis.clinical import alden, prognosis, regiscar
from cutis.clinical.drugs import NOTORIETY
from cutis.clinical.facts import Exposure, Facts, delay
from cutis.clinical.score import Item, Score, points
from cutis.web.analyse.facts.fields import EARLIER, OF_PATIENT, Asked
from cutis.web.numbers import whole_percent
from cutis.web.words import _, later, ngettext

MEANS = {
    "scorten": later("How many with such points died, of patients with SJS/TEN. Range 0 to 7."),
    "abcd10": later("The predicted risk to die in hospital, of adults with SJS/TEN. Range 0 to 8."),
    "regiscar": later("How well what is known fits DRESS, in hindsight. Range \N{MINUS SIGN}4 to 9."),
    "alden": later("How likely this drug caused an SJS/TEN. Range \N{MINUS SIGN}12 to 10."),
}
_BANDS = {
    "no case": later("no case"),
    "possible case": later("possible case"),
    "probable case": later("probable case"),
    "definite case": later("definite case"),
    "very unlikely": later("very unlikely"),
    "unlikely": later("unlikely"),
    "possible": later("possible"),
    "probable": later("probable"),
    "very probable": later("very probable"),
}
LEVELS = {
    "high_risk": later("high risk of SJS/TEN in case-control studies"),
    "lower_risk": later("definite, lower risk of SJS/TEN in case-control studies"),
    "surveillance": later("suspected of SJS/TEN, under surveillance"),
    "not_suspected": later("no raised risk of SJS/TEN in case-control studies"),
}
assert set(LEVELS) == set(NOTORIETY)
# Which facts an item of a score rests on, so that it is shown as it was entered.
_RESTS_ON = {
    "age": ("age",),
    "malignancy": ("malignancy",),
    "cancer": ("malignancy",),
    "dialysis": ("dialysis",),
    "heart rate": ("heart_rate",),
    "detached skin": ("detached_percent",),
    "urea": ("urea",),
    "bicarbonate": ("bicarbonate",),
    "glucose": ("glucose",),
    "fever": ("temperature",),
    "lymph nodes": ("lymph_nodes",),
    "atypical lymphocytes": ("atypical_lymphocytes",),
    "extent of the rash": ("rash_percent",),
    "biopsy": ("biopsy_suggests_dress",),
    "resolution": ("lasted_15_days",),
    "organs": ("organs",),
    "eosinophils": ("eosinophils", "eosinophils_percent", "leukocytes"),
    "rash suggesting DRESS": ("facial_swelling", "purpura", "infiltration", "scaling"),
    "other causes excluded": ("other_causes_negative", "other_causes_positive"),
}


@dataclass(frozen=True)
class Line:
    """One item of a score: its name, what was entered, its points, and when points are given."""

    name: str
    entered: str
    points: str
    rule: str
    known: bool


@dataclass(frozen=True)
class Told:
    """A score in words.

    Attributes:
        total: points, with the range and what the publication calls it; empty where nothing of it is known.
        open: how many items are not known.
        published: the total by the publication's own rule for unknown facts, where it is not settled.
        risks: what it predicts.
    """

    name: str
    title: str
    means: str
    total: str
    open: int
    published: str
    risks: tuple[str, ...]
    lines: tuple[Line, ...]
    notes: tuple[str, ...]
    source: str


def scores_told(facts: Facts) -> tuple[Told, ...]:
    """The scores of a patient."""
    found = prognosis.scorten(facts), prognosis.abcd10(facts), regiscar.regiscar(facts)
    return tuple(_told(score, facts, score.title) for score in found)


def drug_told(score: Score, facts: Facts, exposure: Exposure) -> Told:
    """The score of one drug."""
    return _told(score, facts, "ALDEN", exposure)


def _told(score: Score, facts: Facts, title: str, exposure: Exposure | None = None) -> Told:
    lines = tuple(_line(item, facts, exposure) for item in score.items)
    known = exposure is not None or any(line.entered for line in lines)
    settled = score.published is None or score.low == score.high
    return Told(
        score.name,
        title if score.name != "regiscar" else _("RegiSCAR score for DRESS"),
        _(MEANS[score.name]),
        _total(score) if known else "",
        len(score.missing),
        "" if settled or not known else _published(score),
        tuple(_risks(score)) if known else (),
        lines,
        tuple(_(note) for note in score.notes),
        score.source,
    )


def _total(score: Score) -> str:
    values = {"points": _points(score.low, score.high)}
    if score.name == "scorten":
        return _("%(points)s of 7 points") % values
    if score.name == "abcd10":
        return _("%(points)s of 8 points") % values
    band = regiscar.band if score.name == "regiscar" else alden.band
    return _called(_points(score.low, score.high), band(score.low), band(score.high))


def _published(score: Score) -> str:
    band = regiscar.band if score.name == "regiscar" else alden.band
    assert score.published is not None
    if score.name not in ("regiscar", "alden"):
        return ""
    return _called(points(score.published, score.published), band(score.published), band(score.published))


def _called(total: str, first: str, last: str) -> str:
    values = {"points": total, "first": _(_BANDS[first]), "last": _(_BANDS[last])}
    if first == last:
        return _("%(points)s points: %(first)s") % values
    return _("%(points)s points: %(first)s to %(last)s") % values


def _points(low: int, high: int) -> str:
    if low == high:
        return points(low, high)
    return _("%(low)s to %(high)s") % {"low": points(low, low), "high": points(high, high)}


def _risks(score: Score) -> Iterator[str]:
    if score.name == "scorten":
        table = [prognosis.SCORTEN_MORTALITY[min(end, 5)] for end in (score.low, score.high)]
        intervals = dict.fromkeys(f"{100 * one[1]:.1f}–{100 * one[2]:.1f}%" for one in table)
        yield _("In the publication %(share)s with such points died (95%% interval %(interval)s).") % {
            "share": _share(table[0][0], table[1][0]),
            "interval": ", ".join(intervals),
        }
        formula = score.risks[1]
        yield _("By its formula %(share)s die in hospital.") % {"share": _share(formula.low, formula.high)}
    elif score.name == "abcd10":
        risk = score.risks[0]
        yield _("Predicted to die in hospital: %(share)s.") % {"share": _share(risk.low, risk.high)}


def _share(low: float, high: float) -> str:
    """``12%``, or ``12% to 35%``."""
    first, last = whole_percent(low), whole_percent(high)
    return first if first == last else _("%(low)s to %(high)s") % {"low": first, "high": last}


def _line(item: Item, facts: Facts, exposure: Exposure | None) -> Line:
    entered = _entered(item, facts) if exposure is None else _of_drug(item, facts, exposure)
    return Line(_(item.name), entered, _points(item.low, item.high), _(item.rule), item.known)


def _entered(item: Item, facts: Facts) -> str:
    names = _RESTS_ON[item.name]
    found = []
    for name in names:
        words = value_words(OF_PATIENT[name], getattr(facts, name))
        if words and len(names) > 1:
            words = f"{_(OF_PATIENT[name].title)}: {words}"
        found.append(words)
    return "; ".join(words for words in found if words)


def _of_drug(item: Item, facts: Facts, exposure: Exposure) -> str:
    if item.name == "delay":
        days = delay(facts, exposure)
        return "" if days is None else days_words(days)
    if item.name == "earlier intake":
        return _(EARLIER[exposure.earlier]) if exposure.earlier else ""
    if item.name == "notoriety":
        from cutis.clinical.drugs import find

        drug = find(exposure.name).drug
        return _(LEVELS[drug.sjs_ten]) if drug and drug.sjs_ten else ""
    return ""


def days_words(days: int) -> str:
    """``14 days``."""
    return ngettext("%(n)s day", "%(n)s days", abs(days)) % {"n": points(days, days)}


def value_words(asked: Asked, value: object) -> str:
    """What was entered, in words; empty where it is not known."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, tuple):
        return ", ".join(_(asked.choices[one]) for one in value) or _("none")
    if isinstance(value, int | float):
        return f"{value:g} {_(asked.unit)}".strip()
    return str(value)
