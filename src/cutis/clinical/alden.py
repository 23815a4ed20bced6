"""ALDEN: how likely each drug caused an epidermal necrolysis (SJS/TEN)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cutis.clinical.drugs import NOTORIETY_POINTS, Found, find
from cutis.clinical.facts import EARLIER, Exposure, Facts, day_of, delay
from cutis.clinical.score import Item, Score, ends, points, settled, signed, unsettled

SOURCE = "Sassolas et al. 2010, Clin Pharmacol Ther 88:60"
EARLIER_POINTS = {
    "sjs_ten_same_drug": 4,
    "sjs_ten_similar_drug": 2,
    "other_same_drug": 2,
    "other_similar_drug": 1,
    "never_taken": 0,
    "tolerated": -2,
}
_M = "\N{MINUS SIGN}"
_SAME_DRUG = ("sjs_ten_same_drug", "other_same_drug")
_BANDS = (
    (-1, "very unlikely"),
    (1, "unlikely"),
    (3, "possible"),
    (5, "probable"),
    (10, "very probable"),
)
_OTHER_CAUSE = "another drug of this patient has more points, and more than 3"
_NOTES = ("It was made for SJS/TEN; of other reactions it says nothing.",)


def alden(facts: Facts) -> tuple[Score, ...]:
    """The score of every drug of a patient, -12 to 10, in the order in which the drugs are given.

    The published rule for 'other cause' ranks all drugs: where one has more than 3 points before that item,
    one point is taken from each of the other drugs. Here a drug that has as many points as the first keeps
    them. The ends of a score's range are those of the whole, not the sums of the items' ends: some items
    depend on each other.

    Source: Sassolas et al. 2010, Clin Pharmacol Ther 88:60.
    """
    found = [find(exposure.name) for exposure in facts.drugs]
    before = [_before(facts, exposure, drug) for exposure, drug in zip(facts.drugs, found, strict=True)]
    scores = []
    for number, score in enumerate(before):
        others = [other for place, other in enumerate(before) if place != number]
        scores.append(_with_other_cause(score, others))
    return tuple(scores)


def band(total: int) -> str:
    """What the publication calls a total, from very unlikely to very probable."""
    return next(name for most, name in _BANDS if total <= most)


def _before(facts: Facts, exposure: Exposure, found: Found) -> Score:
    """The first five items; the range is that over earlier intake, on which two items rest."""
    items = _items(facts, exposure, found)
    known = [exposure.earlier] if exposure.earlier else list(EARLIER_POINTS)
    spans = [ends(_items(facts, replace(exposure, earlier=earlier), found)) for earlier in known]
    low, high = min(span[0] for span in spans), max(span[1] for span in spans)
    name = exposure.name if found.drug is None else found.drug.inn
    return Score("alden", f"ALDEN, {name}", items, low, high, "", SOURCE, (), _NOTES)


def _with_other_cause(score: Score, others: Sequence[Score]) -> Score:
    """One point less where another drug explains more; both ends of the range are attained."""
    possible = any(other.high > max(3, score.low) for other in others)
    certain = any(other.low > max(3, score.high) for other in others)
    published = None
    if score.published is not None:
        limit = max(3, score.published)
        totals = [other.published for other in others]
        if any(total is not None and total > limit for total in totals):
            published = -1
        elif not any(
            total is None and other.high > limit for total, other in zip(totals, others, strict=True)
        ):
            published = 0
    low, high = -int(possible), -int(certain)
    finding = "yes" if certain else "depends on what is not known" if possible else "no"
    item = unsettled("other cause", low, high, _OTHER_CAUSE, published, finding)
    first, last = score.low + low, score.high + high
    reading = f"{points(first, last)} points: {_reading(first, last)}"
    return replace(score, items=(*score.items, item), low=first, high=last, reading=reading)


def _reading(low: int, high: int) -> str:
    return band(low) if band(low) == band(high) else f"{band(low)} to {band(high)}"


def _items(facts: Facts, exposure: Exposure, found: Found) -> tuple[Item, ...]:
    return (
        _delay(facts, exposure),
        _present(facts, exposure),
        _earlier(exposure),
        _dechallenge(facts, exposure),
        _notoriety(found),
    )


def delay_points(days: int, same_drug_before: bool) -> int:
    """Points for the days from the first intake to the beginning of the reaction.

    Args:
        days: 0 or less where the drug was started on or after that day.
        same_drug_before: an earlier reaction to the same drug.
    """
    if days <= 0:
        return -3
    if days > 56:
        return -1
    if same_drug_before:
        return 3 if days <= 4 else 1
    return 1 if days <= 4 else 3 if days <= 28 else 2


def _delay(facts: Facts, exposure: Exposure) -> Item:
    same_before = exposure.earlier in _SAME_DRUG
    rule = f"5 to 28 days 3, 29 to 56 days 2, 1 to 4 days 1, later {_M}1, not before the reaction {_M}3"
    if same_before:
        rule = f"after an earlier reaction to it: 1 to 4 days 3, 5 to 56 days 1, later {_M}1"
    days = delay(facts, exposure)
    if days is None:
        # Not known, but no shorter than since the last day of intake.
        stop = day_of(facts, exposure.stop, exposure.stop_day)
        least = -stop if stop is not None else 0
        possible = [delay_points(max(day, least), same_before) for day in (0, 1, 5, 29, 57)]
        return unsettled("delay", min(possible), max(possible), rule)
    finding = f"{signed(days)} {'day' if abs(days) == 1 else 'days'}"
    given = delay_points(days, same_before)
    if exposure.earlier is not None:
        return settled("delay", finding, given, rule)
    after_reaction = delay_points(days, same_drug_before=True)
    return unsettled("delay", min(given, after_reaction), max(given, after_reaction), rule, given, finding)


def _present(facts: Facts, exposure: Exposure) -> Item:
    name = "in the body"
    rule = (
        "0 where it is in the body when the reaction begins; stopped more than five half-lives before: "
        f"{_M}1 where clearance is impaired, else {_M}3"
    )
    stop, start = day_of(facts, exposure.stop, exposure.stop_day), delay(facts, exposure)
    if exposure.ongoing or (stop is not None and stop >= 0) or (start is not None and start <= 0):
        return settled(name, "not stopped before the reaction began", 0, rule)
    since = -stop if stop is not None else start  # without its last day, no longer than since its first
    if since is not None and exposure.half_life_hours is not None:
        half_lives = since * 24 / exposure.half_life_hours
        if half_lives <= 5:
            return settled(name, f"stopped {half_lives:.1f} half-lives before, or later", 0, rule)
    gone = {True: (-1, -1), False: (-3, -3), None: (-3, -1)}[exposure.clearance_impaired]
    if stop is None:
        return unsettled(name, gone[0], 0, rule, None, "last day of intake not known")
    if exposure.half_life_hours is None:
        return unsettled(name, gone[0], 0, rule, None, "half-life not known")
    return unsettled(name, *gone, rule, None, f"stopped {half_lives:.1f} half-lives before")


def _earlier(exposure: Exposure) -> Item:
    rule = (
        "SJS/TEN after it 4; SJS/TEN after a similar drug or another reaction to it 2; another reaction to a "
        f"similar drug 1; tolerated {_M}2"
    )
    if exposure.earlier is None:
        return unsettled("earlier intake", -2, 4, rule, 0)
    return settled("earlier intake", EARLIER[exposure.earlier], EARLIER_POINTS[exposure.earlier], rule)


def _dechallenge(facts: Facts, exposure: Exposure) -> Item:
    rule = f"continued without harm {_M}2; stopped, or not known, 0"
    if exposure.continued_without_harm:
        return settled("dechallenge", "continued without harm", -2, rule)
    stop = day_of(facts, exposure.stop, exposure.stop_day)
    if exposure.continued_without_harm is False or (stop is not None and stop <= 0):
        return settled("dechallenge", "stopped, or not continued without harm", 0, rule)
    return unsettled("dechallenge", -2, 0, rule, 0)


def _notoriety(found: Found) -> Item:
    rule = f"high risk 3, lower risk 2, under surveillance 1, not known 0, not suspected {_M}1"
    if found.drug is None or not found.drug.sjs_ten:
        return unsettled("notoriety", -1, 3, rule, 0, "not graded in the table")
    level = found.drug.sjs_ten
    return settled("notoriety", level.replace("_", " "), NOTORIETY_POINTS[level], rule)
