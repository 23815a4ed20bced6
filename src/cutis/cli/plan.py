"""`cutis plan`: how many patients and readers a study needs, and the sentence for its protocol."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cutis.stats.mrmc import Random
    from cutis.stats.sample_size_readers import Variation

_POWERS = (0.7, 0.8, 0.9, 0.95)
Expected = Annotated[float, typer.Option(help="What the study is expected to find, such as 0.9.")]
Power = Annotated[float, typer.Option(help="Wanted power of the sentence.")]
Prevalence = Annotated[
    float | None, typer.Option(help="Share of positives among the patients seen; tells how many to see.")
]
Margin = Annotated[float, typer.Option(help="Largest loss that does not matter; 0 is to show a gain.")]
Whole = Annotated[str, typer.Option(help="Numbers with commas between.")]


def register(app: typer.Typer) -> None:
    """Add the group ``plan``."""
    plan = typer.Typer(help="Plan a study: patients, readers, power.", no_args_is_help=True)
    plan.command()(share)
    plan.command()(pair)
    plan.command()(area)
    plan.command()(readers)
    app.add_typer(plan, name="plan")


def share(
    expected: Expected,
    goal: Annotated[float | None, typer.Option(help="Share that is to be exceeded.")] = None,
    width: Annotated[float | None, typer.Option(help="Or: wanted width of the 95% interval.")] = None,
    power: Power = 0.8,
    prevalence: Prevalence = None,
    photos: Annotated[float, typer.Option(help="Photos of a patient, on average.")] = 1.0,
    correlation: Annotated[float, typer.Option(help="Of being right on two photos of a patient.")] = 0.5,
) -> None:
    """A sensitivity or specificity: against a goal, or with an interval of a wanted width."""
    from cutis.stats import sample_size as size

    if (goal is None) == (width is None):
        raise typer.BadParameter("give either --goal or --width.")
    effect = size.design_effect(photos, correlation)
    if width is not None:
        rows = [
            (f"{w:.3g}", size.cases_for_width(expected, w)) for w in (width / 2, width, 1.5 * width) if w < 1
        ]
        wanted, heading = size.cases_for_width(expected, width), "width"
        aim = f"for a 95% interval (Wilson) no wider than {width:g}"
    elif goal is not None:
        rows = [(f"{p:.0%}", size.cases_for_goal(expected, goal, p)) for p in _POWERS]
        wanted, heading = size.cases_for_goal(expected, goal, power), "power"
        aim = f"for a power of {power:.0%} to show more than {goal:g} (exact test, one-sided level 2.5%)"
    table = [(one, *_cases(cases, effect, photos, prevalence)) for one, cases in rows]
    _show("Cases of the class in question", _heads(heading, photos, prevalence), table)
    print(f"With an expected value of {expected:g}, {_needs(wanted, effect, photos, prevalence)} {aim}.")


def pair(
    wins: Annotated[float, typer.Option(help="Expected share of cases that only the new one gets right.")],
    losses: Annotated[float, typer.Option(help="Expected share that only the old one gets right.")],
    margin: Margin = 0.0,
    power: Power = 0.8,
    prevalence: Prevalence = None,
) -> None:
    """Two sources on the same cases: accuracy, or sensitivity among positives."""
    from cutis.stats import sample_size as size

    rows = [(f"{p:.0%}", size.cases_for_paired_shares(wins, losses, p, margin=margin)) for p in _POWERS]
    table = [(one, *_cases(cases, 1.0, 1.0, prevalence)) for one, cases in rows]
    _show("Cases judged by both", _heads("power", 1.0, prevalence), table)
    wanted = size.cases_for_paired_shares(wins, losses, power, margin=margin)
    print(
        f"If {wins:.1%} of cases are right by the new one only and {losses:.1%} by the old one only, "
        f"{_needs(wanted, 1.0, 1.0, prevalence)} for a power of {power:.0%} to show "
        f"{_claim(margin)} (score test, one-sided level 2.5%)."
    )


def area(
    expected: Expected,
    against: Annotated[float | None, typer.Option(help="Expected AUC of the other one.")] = None,
    width: Annotated[float | None, typer.Option(help="Or: wanted width of the 95% interval.")] = None,
    correlation: Annotated[float, typer.Option(help="Of the two AUCs over studies.")] = 0.4,
    margin: Margin = 0.0,
    power: Power = 0.8,
    prevalence: Annotated[float, typer.Option(help="Share of positives among the cases.")] = 0.5,
) -> None:
    """An AUC: with an interval of a wanted width, or against another on the same cases."""
    from math import ceil

    from cutis.core.errors import CutisError
    from cutis.stats import sample_size as size

    if (against is None) == (width is None):
        raise typer.BadParameter("give either --against or --width.")
    if not 0 < prevalence < 1:
        raise CutisError(f"the prevalence is {prevalence:g}, not above 0 and below 1.")
    ratio = (1 - prevalence) / prevalence
    if width is not None:
        rows = [
            (f"{w:.3g}", size.positives_for_area_width(expected, w, ratio))
            for w in (width / 2, width, 1.5 * width)
            if w < 1
        ]
        wanted, heading = size.positives_for_area_width(expected, width, ratio), "width"
        aim = f"for a 95% interval no wider than {width:g} (variance of Hanley and McNeil)"
    elif against is not None:
        other = against

        def needed(power: float) -> int:
            return size.positives_for_paired_areas(
                expected, other, correlation, power, ratio=ratio, margin=margin
            )

        rows, wanted = [(f"{p:.0%}", needed(p)) for p in _POWERS], needed(power)
        heading = "power"
        aim = (
            f"for a power of {power:.0%} to show {_claim(margin)} over an AUC of {against:g} on the same "
            f"cases (correlation {correlation:g}, variance of Hanley and McNeil, one-sided level 2.5%)"
        )
    table = [(one, f"{cases:,}", f"{ceil(ratio * cases):,}") for one, cases in rows]
    _show(f"An expected AUC of {expected:g}", (heading, "positives", "negatives"), table)
    print(
        f"With an expected AUC of {expected:g}, {wanted:,} positive and {ceil(ratio * wanted):,} negative "
        f"patients are needed {aim}."
    )


def readers(
    difference: Annotated[float, typer.Option(help="Difference of the mean AUCs that is to be found.")],
    pilot: Annotated[Path | None, typer.Option(help="mrmc.json of a pilot, from cutis mrmc.")] = None,
    auc: Annotated[float, typer.Option(help="Without a pilot: expected AUC.")] = 0.85,
    prevalence: Annotated[float, typer.Option(help="Without a pilot: share of positives.")] = 0.5,
    reader_range: Annotated[float, typer.Option(help="Without a pilot: range of readers' gains.")] = 0.05,
    counts: Annotated[str, typer.Option("--readers", help="Numbers with commas between.")] = "4,6,8,10,15",
    cases: Whole = "50,100,150,200,300",
    fixed: Annotated[bool, typer.Option("--these-readers", help="Speak of these readers only.")] = False,
    power: Power = 0.8,
) -> None:
    """Two ways of reading, by several readers who read all cases under both."""
    from cutis.stats.sample_size_readers import cases_for_readers, power_table

    if difference == 0:
        raise typer.BadParameter("a difference of 0 is never found.", param_hint="--difference")
    rows, columns = _whole(counts), _whole(cases)
    variation = _variation(pilot, auc, prevalence, reader_range)
    random: Random = "cases" if fixed else "both"
    powers = power_table(difference, rows, columns, variation, random=random)
    needed = [cases_for_readers(difference, one, variation, power, random=random) for one in rows]
    table = [
        (f"{one}", *(f"{p:.0%}" for p in line), f"{many:,}" if many else "none will do")
        for one, line, many in zip(rows, powers, needed, strict=True)
    ]
    heads = ("readers", *(f"{one:,} cases" for one in columns), f"cases for {power:.0%}")
    _show(f"Power to find a difference of {difference:g} in AUC", heads, table)
    whom = "these readers" if fixed else "readers and cases beyond those of the study"
    assumption = f"an assumed AUC of {auc:g} and correlations of .5, .4 and .3"
    basis = f"the pilot {pilot.name}" if pilot else assumption
    found = [(one, many) for one, many in zip(rows, needed, strict=True) if many]
    if not found:
        print(
            f"With up to {max(rows)} readers no number of cases reaches a power of {power:.0%}. Ask for more."
        )
        return
    one, many = min(found, key=lambda pair: pair[0] * pair[1])
    print(
        f"{one} readers and {many:,} cases, each read by everyone under both conditions, have a power of "
        f"{power:.0%} to find a difference of {difference:g} in AUC (Obuchowski-Rockette, two-sided level "
        f"5%), for {whom}. Variances are those of {basis}."
    )


def _variation(pilot: Path | None, auc: float, prevalence: float, reader_range: float) -> Variation:
    from cutis.core.errors import CutisError
    from cutis.stats.sample_size_readers import Variation, assumed

    if pilot is None:
        if not 0 < prevalence < 1:
            raise CutisError(f"the prevalence is {prevalence:g}, not above 0 and below 1.")
        positives = round(1000 * prevalence)
        return assumed(auc, positives, 1000 - positives, reader_range=reader_range)
    try:
        made = json.loads(pilot.read_text(encoding="utf-8"))
        parts = made["auc"]["components"]
        values = [float(parts[name]) for name in ("interaction_variance", "variance", "cov1", "cov2", "cov3")]
        return Variation(int(made["study"]["cases"]), max(0.0, values[0]), *values[1:])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CutisError(
            f"{pilot}: not an mrmc.json with the AUCs of two treatments and two readers or more. Give what "
            "`cutis mrmc` wrote."
        ) from error


def _whole(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise typer.BadParameter(f"'{text}' is not whole numbers with commas between.") from None


def _claim(margin: float) -> str:
    return f"a loss of less than {margin:g}" if margin else "a gain"


def _heads(first: str, photos: float, prevalence: float | None) -> tuple[str, ...]:
    heads = [first, "patients" if photos == 1 else "photos"]
    heads += ["patients"] if photos != 1 else []
    return (*heads, "patients to see") if prevalence is not None else tuple(heads)


def _cases(cases: int, effect: float, photos: float, prevalence: float | None) -> tuple[str, ...]:
    from math import ceil

    from cutis.stats.sample_size import patients_for

    patients = ceil(cases * effect / photos - 1e-9)
    found = [f"{cases:,}"] if photos == 1 else [f"{ceil(cases * effect - 1e-9):,}", f"{patients:,}"]
    return (*found, f"{patients_for(patients, prevalence):,}") if prevalence is not None else tuple(found)


def _needs(cases: int, effect: float, photos: float, prevalence: float | None) -> str:
    told = _cases(cases, effect, photos, prevalence)
    what = f"{told[0]} patients" if photos == 1 else f"{told[0]} photos of {told[1]} patients"
    see = f" (of {told[-1]} seen, at a prevalence of {prevalence:g})" if prevalence is not None else ""
    return f"{what} of the class in question{see} are needed"


def _show(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for head in heads:
        table.add_column(head, justify="right")
    for row in rows:
        table.add_row(*row)
    Console().print(table)
