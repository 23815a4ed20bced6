"""The answer for a patient in words: refer or not, what it rests on, and when to refer whatever it says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cutis.runtime.patient import PatientScore
from cutis.web.analyse.lesions import together
from cutis.web.analyse.number_words import hundred, score_words
from cutis.web.analyse.shown import Bar, Shown, changed
from cutis.web.database import Analysis
from cutis.web.database.analysis import DONE
from cutis.web.words import _, ngettext


def lesions(row: Analysis, result: Mapping[str, Any]) -> Shown:
    """Of a model that looks at single lesions, for one photo."""
    made = patient([row])
    assert made is not None
    bars = tuple(
        Bar(str(one["number"]), _("Lesion %(n)s") % {"n": one["number"]}, one["probability"])
        for one in sorted(result["lesions"], key=lambda one: -float(one["probability"]))
    )
    return changed(made, bars=bars)


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
        word, sentence = (
            _("No skin found"),
            _("No skin was found in this photo, so that nothing was looked at."),
        )
    else:
        word = _("No lesion found")
        sentence = _(
            "No lesion was found in this photo, so that there is no answer. That does not mean that all is "
            "well."
        )
    more = (
        _(
            "Take photos again, nearer and in even white light. If the rash worries you, refer without an "
            "answer."
        ),
    )
    return Shown(row, result, "attention", word, sentence, more)
