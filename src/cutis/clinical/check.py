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


def problems(facts: Facts) -> tuple[str, ...]:
    """Everything that does not hold, one sentence each with its mend; empty where all holds."""
    amounts = tuple(_amounts(facts))
    found = [*_ranges(facts), *_temperature(facts), *_names(facts), *amounts, *_days(facts)]
    for exposure in facts.drugs:
        found += _exposure(facts, exposure)
    return (*found, *_courses(facts), *_against_each_other(facts, bool(amounts)))


def _ranges(facts: Facts) -> Iterator[str]:
    for field, (low, high, unit) in _RANGES.items():
        value = getattr(facts, field)
        if value is not None and not (isfinite(value) and low <= value <= high):
            yield f"{field} is {value:g}, not between {low:g} and {high:g} {unit}. Correct it."


def _temperature(facts: Facts) -> Iterator[str]:
    given = facts.temperature
    if given is None or _BODY[0] <= given <= _BODY[1]:
        return
    meant = ""
    if isfinite(given):
        for value in (given / 10, given / 100, (given - 32) / 1.8):
            if _BODY[0] <= value <= _BODY[1]:
                from_fahrenheit = f", which is {given:g} degrees F" if value == (given - 32) / 1.8 else ""
                meant = f" Did you mean {value:.1f}{from_fahrenheit}?"
                break
    yield f"temperature is {given:g} degrees C, which nobody has.{meant or ' Correct it, or leave it out.'}"


def _names(facts: Facts) -> Iterator[str]:
    for field, known in (("mucosal_sites", MUCOSAL_SITES), ("organs", ORGANS)):
        for name in getattr(facts, field) or ():
            if name not in known:
                yield f"{field} has '{name}'.{_did_you_mean(name, known)}"


def _did_you_mean(name: str, known: tuple[str, ...]) -> str:
    close = get_close_matches(name.casefold(), known, n=1)
    return f" Did you mean '{close[0]}'?" if close else f" Known are: {', '.join(known)}."


def _amounts(facts: Facts) -> Iterator[str]:
    for field in QUANTITIES:
        amount = getattr(facts, field)
        problem = amount and amount_problem(field, amount)
        if problem:
            yield problem


def _days(facts: Facts) -> Iterator[str]:
    since = facts.days_since_rash
    if since is not None and since < 0:
        yield f"days_since_rash is {since}: the rash would begin after the examination. Give 0 or more."
    elif since is not None and since > _LONGEST:
        yield f"days_since_rash is {since}, more than a year. Correct it, or leave it out."
    if facts.examined is None or facts.rash_began is None:
        return
    between = (facts.examined - facts.rash_began).days
    if between < 0:
        yield f"rash_began {facts.rash_began} is after examined {facts.examined}. Correct one of them."
    elif since is not None and since >= 0 and since != between:
        yield (
            f"days_since_rash is {since}, but from rash_began {facts.rash_began} to examined "
            f"{facts.examined} it is {between}. Correct one of them."
        )


def _exposure(facts: Facts, exposure: Exposure) -> Iterator[str]:
    name = f"drug '{exposure.name}'"
    if not exposure.name.strip():
        yield "a drug has no name. Give the name on its package, or leave the drug out."
    if exposure.earlier is not None and exposure.earlier not in EARLIER:
        yield f"{name}: earlier is '{exposure.earlier}'.{_did_you_mean(exposure.earlier, tuple(EARLIER))}"
    half_life = exposure.half_life_hours
    if half_life is not None and not 0 < half_life < 10000:
        yield f"{name}: half_life_hours is {half_life:g}, not between 0 and 10,000. Correct it."
    for field in ("start_day", "stop_day"):
        day = getattr(exposure, field)
        if day is not None and abs(day) > _FAR:
            yield f"{name}: {field} is {day}, more than a hundred years from the rash. Correct it."
    yield from _both_ways(facts, exposure, name)
    start, stop = _days_of(facts, exposure)
    clash = start is not None and stop is not None and stop < start
    if clash or (exposure.start and exposure.stop and exposure.stop < exposure.start):
        yield f"{name} is stopped before it is started. Correct its days."
    if start is not None and start > 0 and exposure.suspected:
        yield (
            f"{name} was started {_days_long(start)} after the rash began, so it cannot have caused it. "
            "Correct its days, or say 'suspected: false' to have it listed all the same."
        )
    yield from _after_examination(facts, exposure, start, stop, name)
    if exposure.ongoing and (exposure.stop is not None or exposure.stop_day is not None):
        yield f"{name} is ongoing and has a last day. Leave out one of them."
    if exposure.continued_without_harm and stop is not None and stop <= 0:
        yield f"{name} was stopped when the rash began and is 'continued without harm'. Correct one of them."


def _days_long(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def _days_of(facts: Facts, exposure: Exposure) -> tuple[int | None, int | None]:
    """First and last day of intake, counted from the beginning of the rash."""
    start = day_of(facts, exposure.start, exposure.start_day)
    return start, day_of(facts, exposure.stop, exposure.stop_day)


def _both_ways(facts: Facts, exposure: Exposure, name: str) -> Iterator[str]:
    """A day that is given as a date and as a number must be one day."""
    began = rash_began(facts)
    if began is None:
        return
    given = (("start", exposure.start, exposure.start_day), ("stop", exposure.stop, exposure.stop_day))
    for field, on, day in given:
        counted = day_of(facts, on, None)
        if on is not None and day is not None and counted != day:
            yield f"{name}: {field} {on} is day {counted} of the rash, but {field}_day is {day}. Correct one."


def _after_examination(
    facts: Facts, exposure: Exposure, start: int | None, stop: int | None, name: str
) -> Iterator[str]:
    examined = examined_day(facts)
    if examined is not None and examined < 0:  # told already
        examined = None
    for what, on, day in (("started", exposure.start, start), ("stopped", exposure.stop, stop)):
        by_day = day is not None and examined is not None and day > examined
        by_date = on is not None and facts.examined is not None and on > facts.examined
        if by_day or by_date:
            yield f"{name} is {what} after the day of the examination. Correct its days, or the day of it."


def _courses(facts: Facts) -> Iterator[str]:
    """One drug twice at the same time is one course too many."""
    for one, other in combinations(facts.drugs, 2):
        if one.name.casefold().strip() != other.name.casefold().strip():
            continue
        (start, stop), (start2, stop2) = _days_of(facts, one), _days_of(facts, other)
        apart = (stop is not None and start2 is not None and stop < start2) or (
            stop2 is not None and start is not None and stop2 < start
        )
        if not apart:
            yield (
                f"drug '{one.name}' stands twice, and not with two courses one after the other. "
                "Leave one out, or give the days of both."
            )


def _against_each_other(facts: Facts, wrong_amounts: bool) -> Iterator[str]:
    detached, rash = facts.detached_percent, facts.rash_percent
    if detached is not None and rash is not None and detached > rash:
        yield (
            f"detached_percent {detached:g} is more than rash_percent {rash:g}, which includes it. "
            "Correct one of them."
        )
    since = examined_day(facts)
    if facts.lasted_15_days and since is not None and since < 15:
        yield f"lasted_15_days is yes, but the rash is {_days_long(since)} old. Leave it out until known."
    if wrong_amounts or facts.eosinophils is None or facts.leukocytes is None:
        return
    cells = in_first_unit("eosinophils", facts.eosinophils)
    all_cells = in_first_unit("leukocytes", facts.leukocytes)
    if cells > all_cells:
        yield f"eosinophils {facts.eosinophils} are more than leukocytes {facts.leukocytes}. Check the units."
    elif facts.eosinophils_percent is not None and all_cells > 0:
        counted = 100 * cells / all_cells
        if abs(counted - facts.eosinophils_percent) > max(2.0, 0.25 * counted):
            yield (
                f"eosinophils_percent is {facts.eosinophils_percent:g}, but {facts.eosinophils} of "
                f"{facts.leukocytes} is {counted:.0f} per cent. Correct one of them."
            )
