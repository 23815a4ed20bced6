"""The evidence report: ``evidence.html``, ``evidence.pdf``, and its tables and figures as files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cutis.core.errors import CutisError, OutputError
from cutis.core.files import write_text
from cutis.evaluation.evidence.abstract import said
from cutis.evaluation.evidence.checklists import Checklist
from cutis.evaluation.evidence.content import Content, put_together
from cutis.evaluation.evidence.drawings import standalone
from cutis.evaluation.evidence.pictures import SHOWN, axis_start
from cutis.evaluation.evidence.results import MEAN, spoken
from cutis.evaluation.evidence.sets import ALL, in_words
from cutis.evaluation.evidence.tables import Column, Table, cells, to_csv, to_latex
from cutis.evaluation.evidence.units import pooling_words
from cutis.evaluation.gaps import measures_of, widest, worst
from cutis.evaluation.mistakes import thumbnail
from cutis.evaluation.page import render
from cutis.evaluation.report import Measured
from cutis.evaluation.subgroups import LEAST_GROUPS
from cutis.pages.pdf import write_pdf

_MOST_PHOTOS = 12


@dataclass(frozen=True)
class Evidence:
    """What was written.

    Attributes:
        page: ``evidence.html``.
        paper: ``evidence.pdf``; None where it could not be made.
        why_no_paper: what was missing then; empty otherwise.
        tables: CSV and LaTeX files.
        figures: SVG files.
        checklists: filled in.
    """

    page: Path
    paper: Path | None
    why_no_paper: str
    tables: tuple[Path, ...]
    figures: tuple[Path, ...]
    checklists: tuple[Checklist, ...]


def write_evidence(
    measured: Measured, out: Path | str, *, predictions: Sequence[Path | str] = ()
) -> Evidence:
    """Write the report of what was measured.

    The main source is the first model; without a model, the first reader.

    Args:
        measured: see `evaluation.report.write_report`.
        out: folder to write to.
        predictions: what the study was read from; where they also answer the tune split, the report says how
            many classes must be named to be sure.

    Raises:
        OutputError: a file could not be written.
    """
    content = put_together(measured, predictions)
    folder = Path(out)
    page = _page(content, measured.warnings)
    write_text(folder / "evidence.html", page)
    tables = _write_tables(content, folder / "tables")
    figures = _write_figures(content, folder / "figures")
    paper: Path | None = folder / "evidence.pdf"
    why = ""
    try:
        write_pdf(page, folder / "evidence.pdf")
    except OutputError:
        raise
    except CutisError as error:  # the page stands; what the paper lacks is said, not hidden
        paper, why = None, str(error)
    return Evidence(folder / "evidence.html", paper, why, tables, figures, content.checklists)


def _page(content: Content, warnings: Sequence[str]) -> str:
    measures = [name for name in measures_of(content.study) if any(g.measure == name for g in content.gaps)]
    mistakes = content.main.mistakes[:_MOST_PHOTOS]
    reach = max((max(abs(g.difference.low), abs(g.difference.high)) for g in content.gaps), default=0.1)
    return render(
        "evidence.html",
        content=content,
        study=content.study,
        main=content.main,
        first=content.main,
        titles=content.titles,
        bundle=content.bundle,
        draws=content.draws,
        warnings=warnings,
        cells=cells,
        pooling=pooling_words(content.study),
        spoken=spoken,
        said=said,
        totals=(MEAN, ALL),
        set_words=_set_words(content),
        shown=SHOWN,
        starts=_starts(content),
        roc=[(panel.label, panel.svg) for panel in content.roc],
        benefit=[(panel.label, panel.svg) for panel in content.benefit],
        gap_measures=measures,
        worst={name: worst(content.gaps, name) for name in measures},
        widest={name: widest(content.gaps, name) for name in measures},
        gap_scale=next((mark for mark in (0.05, 0.1, 0.2, 0.3, 0.5) if reach <= mark), 1.0),
        least_groups=LEAST_GROUPS,
        mistakes=mistakes,
        pictures={m.path: thumbnail(m.path) for m in mistakes},
    )


def _set_words(content: Content) -> str:
    if content.sets is None:
        return ""
    return in_words(content.study, content.main.name, content.sets, content.titles)


def _starts(content: Content) -> dict[str, float]:
    """Where the axis of each measure of readers begins."""
    if content.against is None:
        return {}
    lows = {
        measure: min(one.reader_figures[measure].low for one in content.against.readings)
        for measure in content.against.measures
    }
    return {
        measure: axis_start(
            min(low, content.against.of(measure).model.low, content.against.of(measure).mean.low)
        )
        for measure, low in lows.items()
    }


def _write_tables(content: Content, folder: Path) -> tuple[Path, ...]:
    every = [table for _, table in content.tables.values()]
    every += content.more
    every += [_checklist_table(checklist, content) for checklist in content.checklists]
    written = []
    for table in every:
        for suffix, text in ((".csv", to_csv(table)), (".tex", to_latex(table))):
            written.append(folder / f"{table.key}{suffix}")
            write_text(written[-1], text)
    return tuple(written)


def _checklist_table(checklist: Checklist, content: Content) -> Table:
    columns = (
        Column("number", "Item"),
        Column("part", "Part"),
        Column("topic", "Topic"),
        Column("status", "Answer"),
        Column("answer", "What the run says"),
        Column("left", "For the author"),
        Column("sections", "Section"),
    )
    rows = tuple(
        (
            item.number,
            item.part,
            item.topic,
            item.status,
            item.answer,
            item.left,
            ", ".join(str(content.section(place).number) for place in item.places),
        )
        for item in checklist.items
    )
    title = f"{checklist.title}: {checklist.about}"
    return Table(f"checklist_{checklist.key}", title, columns, rows, f"Source: {checklist.source}.")


def _write_figures(content: Content, folder: Path) -> tuple[Path, ...]:
    written = []
    for picture in content.pictures.values():
        for name, drawing in picture.drawings.items():
            written.append(folder / f"{name}.svg")
            write_text(written[-1], standalone(drawing))
    return tuple(written)
