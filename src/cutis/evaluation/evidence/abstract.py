"""The structured abstract, each sentence with its figures, in plain words."""

from __future__ import annotations

from collections.abc import Sequence

from cutis.core.bundle_info import BundleInfo
from cutis.evaluation.assessment import Assessment, Draws
from cutis.evaluation.evidence.failures import Failures
from cutis.evaluation.evidence.readers import Overall, ReaderStudy
from cutis.evaluation.evidence.results import main_measures, spoken
from cutis.evaluation.evidence.units import counted_photos, counted_units, evaluated, showing
from cutis.evaluation.gaps import Gap, widest
from cutis.evaluation.population import composition
from cutis.evaluation.study import Study
from cutis.evaluation.words import (
    class_noun,
    counted,
    decimal_interval,
    group_noun,
    listed,
    p_value,
    percent,
    percent_interval,
)
from cutis.pages.numbers import decimal, signed_range
from cutis.stats.comparison import Difference
from cutis.stats.intervals import Estimate

_SHARES = ("sensitivity", "specificity", "ppv", "npv", "accuracy", "balanced_accuracy")
LEVEL = 0.05


def title(study: Study, main: Assessment, titles: dict[str, str]) -> str:
    """The title of the study: what it is, of what, on whom."""
    what = (
        f"finding {titles[study.labels[study.positive]]}"
        if len(study.labels) == 2
        else f"naming {len(study.labels)} {class_noun(study.truth.target or '', 2)}"
    )
    return f"Diagnostic accuracy of {main.name} in {what} on {evaluated(study)}"


def question(study: Study, main: Assessment, readers: Sequence[Assessment], titles: dict[str, str]) -> str:
    """What the study asks."""
    if len(study.labels) == 2:
        asked = (
            f"how well {main.name} tells {showing(study, titles[study.labels[study.positive]])} from others"
        )
    else:
        nouns = class_noun(study.truth.target or "", 2)
        asked = f"how often {main.name} names the right one of {len(study.labels)} {nouns}"
    beside = f", beside {counted(len(readers), 'reader')} on the same {study.units}" if readers else ""
    return f"To measure {asked}{beside}."


def abstract(
    study: Study,
    main: Assessment,
    readers: Sequence[Assessment],
    *,
    against: ReaderStudy | None,
    gaps: Sequence[Gap],
    failures: Failures,
    limits: Sequence[str],
    draws: Draws,
    bundle: BundleInfo | None,
    titles: dict[str, str],
) -> list[tuple[str, str]]:
    """Headings and paragraphs, after STARD for Abstracts."""
    results = [_composition(study, titles), _figures(study, main)]
    if against is not None:
        results += reader_sentences(study, against)
    results.append(_gap_sentence(study, gaps))
    results.append(_failure_sentence(main, failures))
    return [
        ("Objective", question(study, main, readers, titles)),
        ("Methods", " ".join(_methods(study, main, readers, draws, bundle))),
        ("Results", " ".join(one for one in results if one)),
        ("Limits", " ".join(_main_limits(study, main, limits))),
        ("Conclusion", conclusion(study, main, against)),
        ("Registration and funding", "Open for the author."),
    ]


def said(measure: str, estimate: Estimate) -> str:
    """A figure with its interval, as the measure is written."""
    return percent_interval(estimate) if measure in _SHARES else decimal_interval(estimate)


def reader_sentences(study: Study, against: ReaderStudy) -> list[str]:
    """The readers beside the model, in one or two sentences."""
    measure = against.measures[0]
    overall = against.of(measure)
    values = [100 * reading.reader_figures[measure].value for reading in against.readings]
    if overall.readers == 1:
        reading = against.readings[0]
        return [
            f"{reading.reader} reached a {spoken(measure)} of {said(measure, overall.mean)} on "
            f"{counted_units(study, reading.photos)}, {_lead(measure, overall.difference, against.model)}."
        ]
    return [
        f"{counted(overall.readers, 'reader')} reached a mean {spoken(measure)} of "
        f"{said(measure, overall.mean)}, each between {min(values):.0f}% and {max(values):.0f}%; for readers "
        f"and cases like these, that is {_lead(measure, overall.difference, against.model)}.",
        _single_readers(overall, against),
    ]


def conclusion(study: Study, main: Assessment, against: ReaderStudy | None) -> str:
    """What the figures bear, and no more."""
    if against is None:
        return (
            f"On these {study.units} the figures of {main.name} stand as above; nobody was set beside it. "
            "What they mean for practice is for the author to say."
        )
    overall = against.of(against.measures[0])
    name, lead = spoken(overall.measure), overall.difference
    who = "readers like these" if overall.random_readers else against.readings[0].reader
    if lead.p >= LEVEL:
        verdict = (
            f"No difference in {name} between {who} and {main.name} was shown; it may lie anywhere from "
            f"{_range(overall.measure, lead)}."
        )
    else:
        more = "lower" if lead.value > 0 else "higher"
        verdict = f"On these {study.units} {main.name} had a {more} {name} than {who}."
    return f"{verdict} What this means for practice is for the author to say."


def _main_limits(study: Study, main: Assessment, limits: Sequence[str]) -> list[str]:
    """The first few that are about the study; those about single sources stand with the others below."""
    names = [f"{source.name} " for source in study.sources]
    names += [
        f"{source.name}{sign}" for source in study.sources if source is not main.source for sign in ":,"
    ]
    return [limit for limit in limits if not limit.startswith(tuple(names))][:3]


def _methods(
    study: Study,
    main: Assessment,
    readers: Sequence[Assessment],
    draws: Draws,
    bundle: BundleInfo | None,
) -> list[str]:
    which = f" (split {study.flow.split})" if study.flow.split else ""
    given = f"{main.name} ({main.source.kind})"
    trained = (
        f", trained on {counted(bundle.training.images, 'photo')} of {bundle.training.name}" if bundle else ""
    )
    others = f" and {counted(len(readers), 'reader')}" if readers else ""
    noun = class_noun(study.truth.target or "")
    photos = counted_photos(study, study.pooled.photos if study.pooled else study.size, study.count)
    each = f", from all photos of the {study.unit}" if study.pooled else ""
    return [
        f"Photos that were collected beforehand: {photos}{which} with a known {noun}.",
        f"Index tests: {given}{trained}{others}, one {noun} per {study.unit}{each}.",
        f"Reference standard: column {study.truth.target} of the truth's table.",
        f"Intervals are 95%, from {draws.replicates:,} draws of whole {group_noun(study.truth.group)}.",
    ]


def _composition(study: Study, titles: dict[str, str]) -> str:
    shares = composition(study)
    if len(study.labels) == 2:
        one = shares[study.labels[study.positive]]
        name = titles[study.labels[study.positive]]
        verb = "had" if study.pooled else "showed"
        number = f"{one.photos:,} ({percent(one.share)}%)" if one.photos else "none"
        return f"Of {counted_units(study, study.size)}, {number} {verb} {name}."
    order = sorted(shares, key=lambda label: -shares[label].photos)[:3]
    most = listed([f"{titles[label].lower()} ({percent(shares[label].share)}%)" for label in order])
    return f"Most common among {counted_units(study, study.size)} were {most}."


def _figures(study: Study, main: Assessment) -> str:
    there = [name for name in main_measures(study) if name in main.figures]
    parts = [f"{spoken(name)} {said(name, main.figures[name])}" for name in there]
    return f"The figures of {main.name} were: {', '.join(parts)}."


def _lead(measure: str, lead: Difference, model: str) -> str:
    """``2.1 percentage points more than net (−1.0 to +5.2, p = 0.180)``."""
    if not lead.low and not lead.high:
        return f"no different from {model}"
    size, unit = (100.0, " percentage points") if measure in _SHARES else (1.0, "")
    value = decimal(size * abs(lead.value), 1 if unit else 3)
    way = "more" if lead.value > 0 else "less"
    ends = signed_range(size * lead.low, size * lead.high, 1 if unit else 3)
    return f"{value}{unit} {way} than {model} ({ends}, {p_value(lead.p)})"


def _range(measure: str, lead: Difference) -> str:
    if measure in _SHARES:
        return f"{signed_range(100 * lead.low, 100 * lead.high, 1)} percentage points"
    return signed_range(lead.low, lead.high, 3)


def _single_readers(overall: Overall, against: ReaderStudy) -> str:
    above, below = len(overall.above), len(overall.below)
    left = overall.readers - above - below
    return (
        f"After correction for their number, {_some(above)} of the {overall.readers} readers "
        f"{'was' if above < 2 else 'were'} above {against.model}, {_some(below)} below, and {_some(left)} "
        "not told apart."
    )


def _gap_sentence(study: Study, gaps: Sequence[Gap]) -> str:
    if not gaps:
        return ""
    sure = [gap for gap in gaps if gap.sure]
    measures = list(dict.fromkeys(gap.measure for gap in gaps))
    tested = len({(gap.column, gap.value) for gap in gaps})
    low = widest(gaps, measures[0])
    text = f"Of {counted(tested, 'subgroup')}, {len({(g.column, g.value) for g in sure}) or 'none'} "
    text += f"differed surely from the rest in {listed([spoken(name) for name in measures])}"
    if low is None:
        return text + "."
    where = f"{low.column.replace('_', ' ')} {low.value}"
    ends = signed_range(100 * low.difference.low, 100 * low.difference.high, 1)
    return (
        f"{text}; farthest below in {spoken(low.measure)} was {where} "
        f"({decimal(100 * low.difference.value, 1, '+')} points, {ends})."
    )


def _failure_sentence(main: Assessment, found: Failures) -> str:
    if not found.wrong:
        return f"No answer of {main.name} was wrong."
    text = f"{counted(found.wrong, 'answer')} of {main.name} {'was' if found.wrong == 1 else 'were'} wrong"
    if found.sure:
        wrong = (
            f"{found.sure_wrong:,} ({percent(found.sure_wrong / found.sure)}%)"
            if found.sure_wrong
            else "none"
        )
        text += f"; of the {found.sure:,} that it gave with 90% sureness or more, {wrong}"
    if found.beside is not None and found.beside.all_wrong:
        all_wrong = found.beside.all_wrong
        text += f"; {all_wrong:,} {'was' if all_wrong == 1 else 'were'} wrong for every reader too"
    return text + "."


def _some(number: int) -> str:
    return f"{number:,}" if number else "none"
