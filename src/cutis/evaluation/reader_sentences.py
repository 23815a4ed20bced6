"""What a study of several readers says, in sentences."""

from __future__ import annotations

import math

from cutis.evaluation import words
from cutis.evaluation.reader_results import FigureResults, ModelResults, ReaderResults
from cutis.evaluation.reader_tables import NAMES, begin, reader_title
from cutis.pages import numbers
from cutis.stats.mrmc import Analysis, NonInferiority, TreatmentDifference

_MEANT = {
    "both": "for other readers and other cases",
    "cases": "for these readers and other cases",
    "readers": "for other readers and these cases",
}
_FEW = 5
_HIGH = 0.93  # mean AUC
_DESIGNS = {
    "crossed": "Every reader read every case under every treatment.",
    "split-plot": "Blocks of readers, each with cases of their own that everyone in the block read.",
    "cases nested in readers": "Every reader read cases of their own.",
    "cases nested in treatments": "Every treatment has cases of its own.",
    "readers nested in treatments": "Every treatment has readers of its own.",
    "partially crossed": "Some readers were not there under some treatments.",
    "partly read": "Not every reader read every case.",
}


def answer(results: ReaderResults) -> str:
    """The result in one sentence."""
    main = results.auc.main
    if results.models and not main.differences:
        return _with_model(results, results.models[0])
    if not main.differences:
        area = main.areas[0]
        who = "the reader's" if area.readers == 1 else f"{area.readers} readers' mean"
        return f"{begin(who)} AUC is {_range(area.value, area.low, area.high)}."
    pair = _largest(main)
    means = {area.treatment: area for area in main.areas}
    told = " and ".join(
        f"{_range(means[name].value, means[name].low, means[name].high)} under {_named(name)}"
        for name in (pair.first, pair.second)
    )
    owner = "the reader's AUC" if len(main.compared) == 1 else "the readers' mean AUC"
    return f"{_verdict(pair, main)}: {owner} is {told}."


def second(results: ReaderResults) -> str:
    """The difference with its test, and what it is meant for."""
    main = results.auc.main
    if results.models and not main.differences:
        return _tested(results.models[0].figure.main, results.readings.model)
    if not main.differences:
        return f"The interval is {_MEANT[main.random]}."
    return _tested(main)


def margins(results: ReaderResults) -> list[str]:
    """What the margin of non-inferiority came to between treatments; see `of_models` for a model."""
    return [_margin(results.auc, test) for test in results.auc.non_inferiority]


def design(results: ReaderResults) -> str:
    """Who read what."""
    return _DESIGNS[results.readings.design]


def limits(results: ReaderResults) -> list[str]:
    """What the figures cannot bear, and what must be known to read them."""
    readings, one = results.readings, results.auc
    asked, main = readings.asked, results.auc.main
    said = []
    if "both" in one.refused:
        said.append(f"The answer is for these readers only: {one.refused['both'].split(':')[0]}.")
    elif results.question.interval == "published":
        said += _published_only(main)
    left = [name for name in asked.readers if name not in main.compared]
    if left and main.differences:
        said.append(
            f"Differences rest on {words.listed([reader_title(n) for n in main.compared])}; "
            f"{words.listed([reader_title(n) for n in left])} did not read under every treatment."
        )
    if readings.design == "partly read":
        said.append(
            "Readings are missing. Each reader's AUC is that of the cases that the reader read, which is "
            "fair where they are missing by chance or by plan, and not where hard cases were left out."
        )
    if readings.group is None:
        said.append("Every case counts as a patient of its own. Check that this is so.")
    flat = [row for row in one.readers if row.standard_error == 0]
    if flat:
        who = words.sample([f"{reader_title(r.reader)} under {_named(r.treatment)}" for r in flat])
        said.append(
            f"Nothing varies for {who} (AUC {numbers.decimal(flat[0].estimate.value)}), so that the interval "
            "is the figure itself. It says less than it seems to."
        )
    mains = [main, *(model.figure.main for model in results.models)]
    if any(pair.standard_error == 0 and pair.value for each in mains for pair in each.differences):
        said.append(
            "A difference does not vary between readers and cases, so that there is nothing to test it "
            "against: it is not shown, however large it is."
        )
    if main.components.interaction_variance < 0 or main.components.reader_variance < 0:
        said.append("A variance of readers came out below zero, and counts as none.")
    return said


def _published_only(main: Analysis) -> list[str]:
    """Where the published intervals are known to be too narrow."""
    if len(main.compared) < _FEW:
        return [
            f"{words.counted(len(main.compared), 'reader')}: with fewer than five, simulated studies found "
            "differences that were not there in 3 to 9 of 100, and intervals of one treatment that missed "
            "the truth in 5 to 15. Intervals made with --interval bounded hold better."
        ]
    high = [area.treatment for area in main.areas if area.value > _HIGH and area.readers > 1]
    if not high:
        return []
    return [
        f"The published interval of so high a mean AUC ({words.listed([_named(name) for name in high])}) "
        "is too narrow: it missed the truth in 5 to 15 of 100 simulated studies at .96. Made with "
        "--interval bounded it holds better."
    ]


def _named(treatment: str) -> str:
    """``treatment 1`` for a number, else the name in quotes."""
    return f"treatment {treatment}" if treatment.replace(".", "", 1).isdecimal() else f"“{treatment}”"


def _verdict(pair: TreatmentDifference, main: Analysis) -> str:
    better, worse = (pair.first, pair.second) if pair.value > 0 else (pair.second, pair.first)
    if pair.value == 0 and pair.low == pair.high:
        return f"Readers are the same under {_named(pair.first)} and {_named(pair.second)}"
    if pair.p < 1 - main.confidence:
        return f"Readers are better under {_named(better)} than under {_named(worse)}"
    return f"No sure difference between {_named(pair.first)} and {_named(pair.second)}"


def _with_model(results: ReaderResults, model: ModelResults) -> str:
    main, name = model.figure.main, results.readings.model
    readers, own = main.areas
    pair = main.differences[0]
    if pair.p >= 1 - main.confidence:
        verdict = f"No sure difference between {name} and the readers"
    else:
        verdict = f"{name} is {'above' if pair.value < 0 else 'below'} the readers"
    return (
        f"{verdict}: AUC {_range(own.value, own.low, own.high)} against "
        f"{_range(readers.value, readers.low, readers.high)}, the mean of "
        f"{words.counted(readers.readers, 'reader')}."
    )


def _tested(main: Analysis, model: str = "") -> str:
    pair = _largest(main)
    first = "the readers" if model else _named(pair.first)
    second = model or _named(pair.second)
    df = f", df\N{NO-BREAK SPACE}{numbers.significant(pair.df)}" if pair.df != float("inf") else ""
    several = " It is the largest of several; p is not corrected." if len(main.differences) > 1 else ""
    return (
        f"{begin(first)} minus {second}: "
        f"{words.signed_interval(pair.value, pair.low, pair.high)}, {words.p_value(pair.p)}{df}, "
        f"{_MEANT[main.random]}.{several}"
    )


def _margin(one: FigureResults, test: NonInferiority, model: str = "", several: bool = False) -> str:
    verdict = "is not inferior to" if test.shown else "is not shown to be non-inferior to"
    figure = NAMES[one.figure] if one.figure == "auc" else one.figure
    new, reference = _named(test.new), _named(test.reference)
    if new == f"“{model}”":
        new, reference = model, f"the readers under {reference}" if several else "the readers"
    who = new if new == model else begin(new)
    said = f"{who} {verdict} {reference} by a margin of {test.margin:g} in {figure}"
    if math.isnan(test.low):
        return f"{said}: nothing varies between them, so that there is no bound to hold against it."
    bound = f"its lower bound is {numbers.decimal(test.low, 3, '+')}"
    return f"{said}: {bound}, one-sided {words.p_value(test.p)}."


def _largest(main: Analysis) -> TreatmentDifference:
    return max(main.differences, key=lambda pair: abs(pair.value))


def _range(value: float, low: float, high: float) -> str:
    return f"{numbers.decimal(value)} ({numbers.decimal_range(low, high)})"


def of_models(results: ReaderResults) -> list[str]:
    """The model beside the readers of each treatment."""
    name, said = results.readings.model, []
    for model in results.models:
        under = f"{begin(_named(model.treatment))}. " if len(results.models) > 1 else ""
        said.append(f"{under}{_with_model(results, model)} {_tested(model.figure.main, name)}")
        several = len(results.models) > 1
        said += [_margin(model.figure, test, name, several) for test in model.figure.non_inferiority]
        if model.against:
            places = [row.place for row in model.against]
            counts = {place: places.count(place) for place in ("above", "below", "not told apart")}
            told = [f"{count} {place}" for place, count in counts.items() if count]
            said.append(
                f"Its ROC curve against {words.counted(len(places), 'reader')}' operating points: "
                f"{words.listed(told)}. Above means that it finds more at the reader's specificity."
            )
    return said
