"""The RegiSCAR score: how well a reaction fits DRESS (with eosinophilia and systemic symptoms)."""

from __future__ import annotations

from cutis.clinical.facts import Facts
from cutis.clinical.score import Item, Score, ends, points, settled, unsettled
from cutis.clinical.units import in_first_unit

SOURCE = "Kardaun et al. 2007, Br J Dermatol 156:609; Kardaun et al. 2013, Br J Dermatol 169:1071"
_BANDS = ((1, "no case"), (3, "possible case"), (5, "probable case"), (9, "definite case"))
_SKIN = {
    "facial_swelling": "facial oedema",
    "purpura": "purpura",
    "infiltration": "infiltration",
    "scaling": "scaling",
}


def regiscar(facts: Facts) -> Score:
    """The RegiSCAR validation score for DRESS, -4 to 9.

    Its table says what an unknown fact counts; that total is `published`. The range says what may become of
    it.

    Source: Kardaun et al. 2007, Br J Dermatol 156:609; Kardaun et al. 2013, Br J Dermatol 169:1071.
    """
    fever = None if facts.temperature is None else facts.temperature >= 38.5
    extent = None if facts.rash_percent is None else facts.rash_percent > 50
    biopsy = facts.biopsy_suggests_dress
    items = (
        _three("fever", fever, (-1, 0, -1), "38.5 degrees C or more; no or not known counts -1"),
        _three("lymph nodes", facts.lymph_nodes, (0, 1, 0), "enlarged at two sites or more"),
        _eosinophils(facts),
        _three("atypical lymphocytes", facts.atypical_lymphocytes, (0, 1, 0), "seen in the blood"),
        _three("extent of the rash", extent, (0, 1, 0), "more than 50% of the body surface"),
        _suggesting(facts),
        _three("biopsy", biopsy, (-1, 0, 0), "not suggesting DRESS counts -1"),
        _organs(facts),
        _three(
            "resolution", facts.lasted_15_days, (-1, 0, -1), "in 15 days or more; no or not known counts -1"
        ),
        _other_causes(facts),
    )
    low, high = ends(items)
    notes = (
        "It says how well what is known fits DRESS in hindsight; early in the reaction little is known, and "
        "'no case' does not make a reaction harmless.",
    )
    return Score(
        "regiscar", "RegiSCAR score for DRESS", items, low, high, _reading(low, high), SOURCE, (), notes
    )


def band(total: int) -> str:
    """What the publication calls a total: no, possible, probable or definite case."""
    return next(name for most, name in _BANDS if total <= most)


def _reading(low: int, high: int) -> str:
    first, last = band(low), band(high)
    between = first if first == last else f"{first} to {last}"
    return f"{points(low, high)} points: {between} of DRESS"


def _three(name: str, fact: bool | None, counts: tuple[int, int, int], rule: str) -> Item:
    """Points for no, yes and not known."""
    no, yes, unknown = counts
    if fact is None:
        return unsettled(name, min(no, yes), max(no, yes), rule, unknown)
    return settled(name, "yes" if fact else "no", yes if fact else no, rule)


def _suggesting(facts: Facts) -> Item:
    """Two of four looks of the skin; whether there are two may be known before all four are."""
    rule = "two or more of facial oedema, purpura (not only on the legs), infiltration, scaling; no counts -1"
    known = {title: getattr(facts, field) for field, title in _SKIN.items()}
    seen = [title for title, fact in known.items() if fact]
    open_ones = sum(fact is None for fact in known.values())
    finding = ", ".join(seen) or ("none" if not open_ones else "none known")
    if len(seen) >= 2:
        return settled("rash suggesting DRESS", finding, 1, rule)
    if len(seen) + open_ones < 2:
        return settled("rash suggesting DRESS", finding, -1, rule)
    return unsettled("rash suggesting DRESS", -1, 1, rule, 0, finding)


def _organs(facts: Facts) -> Item:
    rule = "1 for one organ, 2 for two or more, each with no other explanation"
    if facts.organs is None:
        return unsettled("organs", 0, 2, rule, 0)
    count = len(set(facts.organs))
    names = ", ".join(organ.replace("_", " ") for organ in facts.organs) or "none"
    return settled("organs", names, min(count, 2), rule)


def _other_causes(facts: Facts) -> Item:
    rule = "three or more tests for other causes done, and none positive"
    negative, positive = facts.other_causes_negative, facts.other_causes_positive
    if positive:
        return settled("other causes excluded", f"{positive} positive", 0, rule)
    if negative is not None and negative < 3:
        return settled("other causes excluded", f"{negative} negative", 0, rule)
    if negative is None or positive is None:
        finding = (
            "not known" if negative is None else f"{negative} negative, whether one is positive not known"
        )
        return unsettled("other causes excluded", 0, 1, rule, 0, finding)
    return settled("other causes excluded", f"{negative} negative, none positive", 1, rule)


def _eosinophils(facts: Facts) -> Item:
    """By their count; by their share too, where there are fewer than 4 x 10^9/L leukocytes."""
    rule = (
        "0.7 to 1.49 x 10^9/L 1, from 1.5 2; with fewer than 4.0 x 10^9/L leukocytes also 10 to 19.9% 1, "
        "from 20% 2"
    )
    count = None if facts.eosinophils is None else in_first_unit("eosinophils", facts.eosinophils)
    all_cells = None if facts.leukocytes is None else in_first_unit("leukocytes", facts.leukocytes)
    percent = facts.eosinophils_percent
    if percent is None and count is not None and all_cells:
        percent = round(100 * count / all_cells, 6)  # 0.8 of 4.0 is 20, not a little less
    if count is None and percent is not None and all_cells is not None:
        count = round(percent * all_cells / 100, 6)
    if all_cells is None and count and percent:
        all_cells = round(100 * count / percent, 6)
    finding = _eosinophils_said(facts)
    if count is None:
        sure = percent is not None and percent == 0
        return unsettled("eosinophils", 0, 0 if sure else 2, rule, 0, finding)
    by_count = 2 if count >= 1.5 else 1 if count >= 0.7 else 0
    few = None if all_cells is None else all_cells < 4.0
    if few is False or by_count == 2 or count == 0:
        return settled("eosinophils", finding, by_count, rule)
    if few and percent is not None:
        by_percent = 2 if percent >= 20 else 1 if percent >= 10 else 0
        return settled("eosinophils", finding, max(by_count, by_percent), rule)
    return unsettled("eosinophils", by_count, 2, rule, by_count, f"{finding}, leukocytes not known")


def _eosinophils_said(facts: Facts) -> str:
    known = [str(facts.eosinophils)] if facts.eosinophils else []
    if facts.eosinophils_percent is not None:
        known.append(f"{facts.eosinophils_percent:g}%")
    if facts.leukocytes is not None:
        known.append(f"leukocytes {facts.leukocytes}")
    return ", ".join(known) if facts.eosinophils or facts.eosinophils_percent is not None else "not known"
