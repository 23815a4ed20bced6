"""The whole report: what is written, that it needs nothing, and that odd studies have one too."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

import polars as pl
import pytest

from cutis.core.bundle import Bundle
from cutis.evaluation.evidence.report import Evidence, write_evidence
from cutis.evaluation.report import Measured, write_report

from ..conftest import Tables
from .conftest import DRAWS, write_answers


@pytest.fixture(scope="module")
def written(measured: Measured, colour_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """One model and ten readers, with the model's bundle."""
    whole = replace(measured, bundle=Bundle.open(colour_bundle).info)
    return write_evidence(whole, tmp_path_factory.mktemp("evidence"))


def told(page: Path) -> str:
    """The words of a page, without its style."""
    html = re.sub(r"<style.*?</style>|<script.*?</script>|<svg.*?</svg>", "", page.read_text(), flags=re.S)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


def test_the_page_has_every_part_of_an_article(written: Evidence) -> None:
    html, text = written.page.read_text(), told(written.page)
    parts = ("abstract", "methods", "participants", "accuracy", "readers", "subgroups", "failures", "card")
    for key in (*parts, "limits", "files", "checklists"):
        assert html.count(f'<section id="{key}"') == 1
        assert f'href="#{key}"' in html
    for heading in ("Objective", "Methods", "Results", "Limits", "Conclusion"):
        assert f"<dt>{heading}</dt>" in html
    assert "Obuchowski and Rockette" in text
    assert "For the author" in text
    assert "nan" not in re.findall(r"\w+", text.lower())


def test_figures_and_tables_are_numbered_as_they_come(written: Evidence) -> None:
    html = written.page.read_text()
    for kind in ("Figure", "Table"):
        numbers = [int(n) for n in re.findall(rf"<b>{kind} (\d+)\.</b>", html)]
        assert numbers == list(range(1, len(numbers) + 1))
        assert len(numbers) > 5


def test_the_page_asks_for_nothing(written: Evidence) -> None:
    html = written.page.read_text()
    assert not re.search(r'(?:src|href)="(?!#|data:)', html)
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))


def test_paper_has_pages(written: Evidence) -> None:
    assert written.paper is not None
    assert written.why_no_paper == ""
    assert written.paper.read_bytes().startswith(b"%PDF-1.")
    assert written.paper.stat().st_size > 50_000


def test_every_drawing_is_a_file_of_its_own(written: Evidence) -> None:
    names = {path.stem for path in written.figures}
    assert {"flow", "reliability", "abstention", "confusion", "roc_mel", "benefit_mel"} <= names
    assert {"readers_balanced_accuracy", "subgroups_accuracy"} <= names
    for path in written.figures:
        root = ElementTree.parse(path).getroot()
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert float(root.attrib["width"]) > 100
        assert "var(" not in path.read_text()


def test_every_table_is_there_in_full_precision_and_for_an_article(written: Evidence) -> None:
    stems = {path.stem for path in written.tables}
    assert {
        "participants",
        "sources",
        "classes",
        "confusion",
        "readers_accuracy",
        "subgroups_accuracy",
    } <= stems
    assert {f"checklist_{one.key}" for one in written.checklists} <= stems
    assert {path.suffix for path in written.tables} == {".csv", ".tex"}
    folder = written.tables[0].parent
    readers = pl.read_csv(folder / "readers_accuracy.csv")
    assert readers["reader"].to_list() == [f"reader {k:02}" for k in range(1, 11)] + ["mean of readers"]
    gap = readers["figure"] - readers["model"] - readers["lead"]
    assert gap.abs().max() < 1e-12  # type: ignore[operator]
    stard = pl.read_csv(folder / "checklist_stard_ai.csv")
    assert stard.height == 48
    assert set(stard["status"]) == {"answered", "in part", "open"}


def test_without_weasyprint_the_page_stands_and_the_lack_is_said(
    measured: Measured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    done = write_evidence(measured, tmp_path)
    assert done.paper is None
    assert "pip install 'cutis[pdf]'" in done.why_no_paper
    assert done.page.is_file()
    assert not (tmp_path / "evidence.pdf").exists()


def made(tables: Tables, paths: list[Path], monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    report = write_report(paths, tables.truth, tables.folder / "out", draws=DRAWS)
    return told(write_evidence(report.measured, tables.folder / "out").page)


def test_two_classes_have_the_curve_at_each_readers_point(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = ("mild", "severe")
    tables.write_truth(labels=labels)
    paths = [write_answers(tables, "net", 1.5, labels=labels, kind="model", seed=50)]
    paths += [write_answers(tables, f"r{k}", 1.2, labels=labels, seed=k) for k in range(3)]
    text = made(tables, paths, monkeypatch)
    assert "The ROC curve of net at each reader's point" in text
    assert "Sensitivity" in text
    assert "called severe" in (tables.folder / "out" / "figures" / "flow.svg").read_text().lower()


def test_a_class_that_nobody_shows_and_a_reader_of_half_of_them(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables.write_truth(labels=("bcc", "mel"))
    paths = [
        tables.write_predictions("net"),
        tables.write_predictions("half", kind="reader", keep=lambda k: k < 30),
    ]
    text = made(tables, paths, monkeypatch)
    assert "No photo shows" in text
    assert "half (30)" in text


def test_ties_everywhere_are_no_obstacle(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    tables.write_truth()
    path = tables.write_predictions("net")
    flat = pl.read_csv(path).with_columns([pl.lit(1 / 3).alias(f"p_{k}") for k in ("bcc", "mel", "nv")])
    flat.with_columns(prediction=pl.lit("bcc")).write_csv(path)
    same = tables.write_predictions("always nv", kind="reader")
    pl.read_csv(same).with_columns(prediction=pl.lit("nv")).write_csv(same)
    assert "AUC" in made(tables, [path, same], monkeypatch)


def test_readers_without_a_model_have_a_report_without_a_comparison(
    tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables.write_truth()
    paths = [tables.write_predictions(name, kind="reader", seed=k) for k, name in enumerate(("ann", "ben"))]
    text = made(tables, paths, monkeypatch)
    assert "Diagnostic accuracy of ann" in text
    assert "Readers against the model" not in text


def test_nothing_wrong_is_no_failure(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    tables.write_truth()
    path = tables.write_predictions("sage", accuracy=1.0)
    assert "None of the 60 answers of sage was wrong." in made(tables, [path], monkeypatch)


def test_two_models_are_tested_against_each_other(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    tables.write_truth()
    text = made(tables, [tables.write_predictions("a"), tables.write_predictions("b", seed=4)], monkeypatch)
    assert "Models against each other on the same photos" in text


@pytest.mark.browser
@pytest.mark.parametrize(("width", "theme"), [(360, "light"), (1280, "dark")])
def test_the_page_fits_its_screen_and_reads_well(
    complaints: Callable[[Path, int, str], list[str]], written: Evidence, width: int, theme: str
) -> None:
    assert complaints(written.page, width, theme) == []
