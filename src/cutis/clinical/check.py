"""Contradictions among clinical facts, all of them in one pass, each with what was probably meant."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from itertools import combinations
from math import isfinite

from cutis.clinical.facts import (
    EARLIER,
    MUCOSAL_SITES,
    ORGANS,
    Exposure,
    Facts,
    day_of,
    examined_day,
    rash_began,
)
from cutis.clinical.problem import Problem, sentence
from cutis.clinical.units import QUANTITIES, amount_problem, in_first_unit

# field: (lowest, highest, unit for people); outside is taken to be a slip of the pen
_RANGES = {
    "age": (0.0, 120.0, "years"),
    "heart_rate": (20.0, 300.0, "beats per minute"),
    "detached_percent": (0.0, 100.0, "per cent of the body surface"),
    "rash_percent": (0.0, 100.0, "per cent of the body surface"),
    "eosinophils_percent": (0.0, 100.0, "per cent of leukocytes"),
    "other_causes_negative": (0.0, 50.0, "tests"),
    "other_causes_positive": (0.0, 50.0, "tests"),
}
_BODY = (30.0, 43.0)  # degrees Celsius
_FAR = 36525  # days from the rash; a drug begun longer ago is a slip
_LONGEST = 365  # days of a rash; more is a slip, or no acute rash


def problems(facts: Facts) -> tuple[Problem, ...]:
    """Everything that does not hold, one sentence each with its mend; empty where all holds."""
    amounts = tuple(_amounts(facts))
    found = [*_ranges(facts), *_temperature(facts), *_names(facts), *amounts, *_days(facts)]
    for number, exposure in enumerate(facts.drugs, 1):
        found += _exposure(facts, exposure, f"drugs.{number}")
    return (*found, *_courses(facts), *_against_each_other(facts, bool(amounts)))


def _ranges(facts: Facts) -> Iterator[Problem]:
    for field, (low, high, unit) in _RANGES.items():
        value = getattr(facts, field)
        if value is not None and not (isfinite(value) and low <= value <= high):
            yield Problem(
                field,
                "%(field)s is %(value)s, not between %(low)s and %(high)s %(unit)s. Correct it.",
                {"value": f"{value:g}", "low": f"{low:g}", "high": f"{high:g}", "unit": unit},
            )


def _temperature(facts: Facts) -> Iterator[Problem]:
    given = facts.temperature
    if given is None or _BODY[0] <= given <= _BODY[1]:
        return
    meant = [value for value in (given / 10, given / 100) if _BODY[0] <= value <= _BODY[1]]
    celsius = (given - 32) / 1.8
    values = {"value": f"{given:g}", "meant": f"{meant[0] if meant else celsius:.1f}"}
    words = sentence("%(field)s is %(value)s degrees C, which nobody has. Correct it, or leave it out.")
    if meant:
        words = sentence("%(field)s is %(value)s degrees C, which nobody has. Did you mean %(meant)s?")
    elif _BODY[0] <= celsius <= _BODY[1]:
        words = sentence(
            "%(field)s is %(value)s degrees C, which nobody has. Did you mean %(meant)s, which is %(value)s "
            "degrees F?"
        )
    yield Problem("temperature", words, values)


def _names(facts: Facts) -> Iterator[Problem]:
    for field, known in (("mucosal_sites", MUCOSAL_SITES), ("organs", ORGANS)):
        for name in getattr(facts, field) or ():
            if name not in known:
                yield _unknown(field, name, known)


def _unknown(field: str, name: str, known: tuple[str, ...]) -> Problem:
    close = get_close_matches(name.casefold(), known, n=1)
    if close:
        words = sentence("%(field)s has '%(value)s'. Did you mean '%(meant)s'?")
        return Problem(field, words, {"value": name, "meant": close[0]})
    words = sentence("%(field)s has '%(value)s'. Known are: %(known)s.")
    return Problem(field, words, {"value": name, "known": ", ".join(known)})


def _amounts(facts: Facts) -> Iterator[Problem]:
    for field in QUANTITIES:
        amount = getattr(facts, field)
        problem = amount and amount_problem(field, amount)
        if problem:
            yield problem


def _days(facts: Facts) -> Iterator[Problem]:
    since, field = facts.days_since_rash, "days_since_rash"
    if since is not None and since < 0:
        words = sentence(
            "%(field)s is %(value)s: the rash would begin after the examination. Give 0 or more."
        )
        yield Problem(field, words, {"value": str(since)})
    elif since is not None and since > _LONGEST:
        words = sentence("%(field)s is %(value)s, more than a year. Correct it, or leave it out.")
        yield Problem(field, words, {"value": str(since)})
    if facts.examined is None or facts.rash_began is None:
        return
    between = (facts.examined - facts.rash_began).days
    values = {"began": str(facts.rash_began), "examined": str(facts.examined), "days": str(between)}
    if between < 0:
        words = sentence("%(field)s %(began)s is after the examination of %(examined)s. Correct one of them.")
        yield Problem("rash_began", words, values)
    elif since is not None and since >= 0 and since != between:
        words = sentence(
            "%(field)s is %(value)s, but from the beginning of the rash, %(began)s, to the examination, "
            "%(examined)s, it is %(days)s. Correct one of them."
        )
        yield Problem(field, words, {"value": str(since), **values})


def _exposure(facts: Facts, exposure: Exposure, at: str) -> Iterator[Problem]:
    said = {"drug": exposure.name}
    if not exposure.name.strip():
        yield Problem(at, "The drug has no name. Give the name on its package, or leave the drug out.")
    if exposure.earlier is not None and exposure.earlier not in EARLIER:
        yield _unknown(f"{at}.earlier", exposure.earlier, tuple(EARLIER))
    half_life = exposure.half_life_hours
    if half_life is not None and not 0 < half_life < 10000:
        words = sentence("%(field)s is %(value)s, not between 0 and 10,000. Correct it.")
        yield Problem(f"{at}.half_life_hours", words, {**said, "value": f"{half_life:g}"})
    for field in ("start_day", "stop_day"):
        day = getattr(exposure, field)
        if day is not None and abs(day) > _FAR:
            words = sentence("%(field)s is %(value)s, more than a hundred years from the rash. Correct it.")
            yield Problem(f"{at}.{field}", words, {**said, "value": str(day)})
    yield from _both_ways(facts, exposure, at)
    yield from _course(facts, exposure, at)


def _course(facts: Facts, exposure: Exposure, at: str) -> Iterator[Problem]:
    said = {"drug": exposure.name}
    start, stop = _days_of(facts, exposure)
    clash = start is not None and stop is not None and stop < start
    if clash or (exposure.start and exposure.stop and exposure.stop < exposure.start):
        yield Problem(at, "It is stopped before it is started. Correct its days.", said)
    if start is not None and start > 0 and exposure.suspected:
        words = sentence(
            "It was started on day %(days)s of the rash, so it cannot have caused it. Correct "
            "its days, or say that it is not suspected to have it listed all the same."
        )
        yield Problem(at, words, {**said, "days": str(start)})
    yield from _after_examination(facts, exposure, start, stop, at)
    if exposure.ongoing and (exposure.stop is not None or exposure.stop_day is not None):
        yield Problem(at, "It is ongoing and has a last day. Leave out one of them.", said)
    if exposure.continued_without_harm and stop is not None and stop <= 0:
        words = sentence(
            "It was stopped when the rash began and is 'continued without harm'. Correct one of them."
        )
        yield Problem(at, words, said)


def _days_of(facts: Facts, exposure: Exposure) -> tuple[int | None, int | None]:
    """First and last day of intake, counted from the beginning of the rash."""
    start = day_of(facts, exposure.start, exposure.start_day)
    return start, day_of(facts, exposure.stop, exposure.stop_day)


def _both_ways(facts: Facts, exposure: Exposure, at: str) -> Iterator[Problem]:
    """A day that is given as a date and as a number must be one day."""
    if rash_began(facts) is None:
        return
    given = (("start", exposure.start, exposure.start_day), ("stop", exposure.stop, exposure.stop_day))
    for field, on, day in given:
        counted = day_of(facts, on, None)
        if on is not None and day is not None and counted != day:
            words = sentence("%(on)s is day %(counted)s of the rash, but %(field)s is %(day)s. Correct one.")
            values = {"drug": exposure.name, "on": str(on), "counted": str(counted), "day": str(day)}
            yield Problem(f"{at}.{field}_day", words, values)


def _after_examination(
    facts: Facts, exposure: Exposure, start: int | None, stop: int | None, at: str
) -> Iterator[Problem]:
    examined = examined_day(facts)
    if examined is not None and examined < 0:  # told already
        examined = None
    for field, on, day in (("start_day", exposure.start, start), ("stop_day", exposure.stop, stop)):
        by_day = day is not None and examined is not None and day > examined
        by_date = on is not None and facts.examined is not None and on > facts.examined
        if by_day or by_date:
            words = sentence("It is started after the day of the examination. Correct its days, or that day.")
            if field == "stop_day":
                words = sentence(
                    "It is stopped after the day of the examination. Correct its days, or that day."
                )
            yield Problem(f"{at}.{field}", words, {"drug": exposure.name})


def _courses(facts: Facts) -> Iterator[Problem]:
    """One drug twice at the same time is one course too many."""
    for (_, one), (number, other) in combinations(enumerate(facts.drugs, 1), 2):
        if one.name.casefold().strip() != other.name.casefold().strip():
            continue
        (start, stop), (start2, stop2) = _days_of(facts, one), _days_of(facts, other)
        apart = (stop is not None and start2 is not None and stop < start2) or (
            stop2 is not None and start is not None and stop2 < start
        )
        if not apart:
            yield Problem(
                f"drugs.{number}",
                "It stands twice, and not with two courses one after the other. Leave one out, or "
                "give the days of both.",
                {"drug": one.name},
            )


def _against_each_other(facts: Facts, wrong_amounts: bool) -> Iterator[Problem]:
    detached, rash = facts.detached_percent, facts.rash_percent
    if detached is not None and rash is not None and detached > rash:
        words = sentence(
            "%(field)s %(value)s is more than %(other)s %(rash)s, which includes it. Correct one of them."
        )
        values = {"value": f"{detached:g}", "other": "rash_percent", "rash": f"{rash:g}"}
        yield Problem("detached_percent", words, values)
    since = examined_day(facts)
    if facts.lasted_15_days and since is not None and since < 15:
        words = sentence("%(field)s is yes, but the rash is %(days)s days old. Leave it out until known.")
        yield Problem("lasted_15_days", words, {"days": str(since)})
    if wrong_amounts or facts.eosinophils is None or facts.leukocytes is None:
        return
    cells = in_first_unit("eosinophils", facts.eosinophils)
    all_cells = in_first_unit("leukocytes", facts.leukocytes)
    values = {"value": str(facts.eosinophils), "other": "leukocytes", "all": str(facts.leukocytes)}
    if cells > all_cells:
        words = sentence("%(field)s %(value)s are more than %(other)s %(all)s. Check the units.")
        yield Problem("eosinophils", words, values)
    elif facts.eosinophils_percent is not None and all_cells > 0:
        counted = 100 * cells / all_cells
        if abs(counted - facts.eosinophils_percent) > max(2.0, 0.25 * counted):
            words = sentence(
                "%(field)s is %(percent)s, but %(value)s of %(all)s is %(counted)s per cent. Correct one."
            )
            told = {"percent": f"{facts.eosinophils_percent:g}", "counted": f"{counted:.0f}"}
            yield Problem("eosinophils_percent", words, {**values, **told})
