"""`cutis clinical`: what the facts beside the picture say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from cutis.clinical.score import Score
    from cutis.clinical.summary import DrugSummary, Summary


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(clinical)


def clinical(
    facts: Annotated[
        Path, typer.Argument(help="JSON of one patient or a list of them, or a CSV with one per row.")
    ],
    out: Annotated[Path | None, typer.Option(help="Also write the summary as JSON.")] = None,
    picture: Annotated[
        float | None, typer.Option(help="Score of a severe reaction in the photos of this patient, 0 to 1.")
    ] = None,
    operating_point: Annotated[
        float | None, typer.Option(help="Score from which the picture counts as a sign, 0 to 1.")
    ] = None,
    calibration: Annotated[
        Path | None,
        typer.Option(help="Coefficients fitted on your own patients, to combine picture and facts."),
    ] = None,
) -> None:
    """Tell what clinical facts say of a suspected severe drug reaction: red flags, scores, drugs, next step.

    Facts that are not known are left open: a score then is a range. It recommends whom to refer; it is no
    diagnosis.
    """
    import json

    from cutis.clinical.combine import read_calibration
    from cutis.clinical.record import read_facts
    from cutis.clinical.summary import Picture, summarise, to_json
    from cutis.core.files import write_text

    if operating_point is not None and picture is None:
        raise typer.BadParameter("--operating-point belongs to --picture; give that too.")
    fitted = None if calibration is None else read_calibration(calibration)
    patients = read_facts(facts)
    if picture is not None and len(patients) > 1:
        raise typer.BadParameter(f"--picture is the score of one patient, and {facts} has {len(patients)}.")
    seen = None if picture is None else Picture(picture, operating_point)
    told = [(name, summarise(known, seen, fitted)) for name, known in patients]
    for name, summary in told:
        _print(summary, name if len(told) > 1 else "")
    if out is not None:
        plain = [{"patient_id": name, **to_json(summary)} for name, summary in told]
        text = json.dumps(plain[0] if len(plain) == 1 else plain, indent=2, ensure_ascii=False)
        write_text(out, text + "\n")
        print(f"Summary: {out}")


def _print(summary: Summary, name: str) -> None:
    from rich.console import Console

    from cutis.clinical.summary import NOTE

    console = Console(highlight=False, markup=False, emoji=False)
    if name:
        console.rule(name, align="left", characters="-")
    console.print(f"{summary.next_step}\n")
    _print_signs(console, summary)
    _print_picture(console, summary)
    for drug in summary.drugs:
        _print_drug(console, drug)
    if summary.detached is not None:
        extent = summary.detached
        console.print(
            f"Detached area {extent.low:g}%: in epidermal necrolysis such an extent is called {extent.name} "
            f"({extent.source}).\n"
        )
    for score in summary.scores:
        _print_score(console, score)
    console.print(NOTE)


def _print_signs(console: Console, summary: Summary) -> None:
    from cutis.clinical.flags import SOURCE

    def names(present: bool | None) -> str:
        return ", ".join(flag.name for flag in summary.flags if flag.present is present) or "none"

    console.print(f"Signs present: {names(True)}")
    console.print(f"Signs absent: {names(False)}")
    console.print(f"Not known: {names(None)}")
    console.print(f"Signs after {SOURCE}; what makes a referral urgent is cutis's own rule, not validated.\n")


def _print_picture(console: Console, summary: Summary) -> None:
    picture = summary.picture
    if picture is None:
        console.print("Picture: none was given.")
    elif picture.operating_point is None:
        console.print(f"Picture: score {picture.score:.2f}; without an operating point it counts as no sign.")
    else:
        side = "at or above" if picture.sign else "below"
        console.print(
            f"Picture: score {picture.score:.2f}, {side} the operating point {picture.operating_point:.2f}."
        )
    combined = summary.combined
    if combined is None:
        console.print(f"{summary.not_combined}\n")
        return
    from cutis.clinical.score import share

    console.print(
        f"Picture and facts combined: {share(combined.probability)}, 95% interval "
        f"{share(combined.low, combined.high)}, in patients like those of {combined.calibration}."
    )
    rows = [("at the outset", "", f"{combined.intercept:+.2f}")]
    rows += [(part.name, f"{part.value:.2f}", f"{part.log_odds:+.2f}") for part in combined.parts]
    _table(console, ("part", "value", "log odds"), rows)


def _print_drug(console: Console, drug: DrugSummary) -> None:
    from cutis.clinical.score import signed

    console.print(f"Drug: {drug.found.text}")
    row = drug.found.drug
    if row is not None:
        for line in (row.note, f"HLA: {row.hla}" if row.hla else "", f"Sources: {'; '.join(drug.sources)}"):
            if line:
                _say(console, f"{line}", 2)
    days = "not known"
    if drug.days is not None:
        days = f"{signed(drug.days)} {'day' if abs(drug.days) == 1 else 'days'}"
    _say(console, f"From the first intake to the rash: {days}", 2)
    for fit in drug.latency:
        verdict = f"{fit.fits}. " if fit.fits else ""
        _say(console, f"{fit.reaction}: {verdict}{fit.text} ({fit.source})", 2)
    _print_score(console, drug.causality)


def _print_score(console: Console, score: Score) -> None:
    from cutis.clinical.score import points, signed

    console.print(f"{score.title}: {score.reading}")
    if score.missing:
        _say(console, f"Open: {', '.join(score.missing)}", 2)
    if score.total is None and score.published is not None:
        _say(console, f"With what is not known counted as the publication says: {signed(score.published)}", 2)
    for risk in score.risks:
        _say(console, f"{risk.text}", 2)
    for note in score.notes:
        _say(console, f"{note}", 2)
    _say(console, f"Source: {score.source}", 2)
    rows = [(item.name, item.finding, points(item.low, item.high)) for item in score.items]
    _table(console, ("item", "known", "points"), rows)


def _say(console: Console, text: str, indent: int = 0) -> None:
    """A paragraph whose further lines are indented as the first."""
    from rich.padding import Padding
    from rich.text import Text

    console.print(Padding(Text(text), (0, 0, 0, indent), expand=False))


def _table(console: Console, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=True)
    for column in columns:
        table.add_column(column, justify="right" if column in ("points", "log odds", "value") else "left")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)
