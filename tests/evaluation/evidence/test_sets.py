"""Sets of classes: calibrated on the tune split, measured where the study was evaluated."""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from cutis.evaluation.evidence.report import write_evidence
from cutis.evaluation.evidence.sets import Sets, find_sets, in_words, method
from cutis.evaluation.gather import read_study
from cutis.evaluation.patients import by_patient
from cutis.evaluation.report import write_report
from cutis.evaluation.study import Study

from ..conftest import LABELS, Tables
from .conftest import DRAWS, write_answers
from .test_report import told

PHOTOS = 252


def _splits(photos: int = PHOTOS) -> list[str]:
    """Three patients of two photos in train, three in tune, three in test, over and over."""
    return [("train", "tune", "test")[k // 6 % 3] for k in range(photos)]


def _write(tables: Tables, photos: int = PHOTOS, **options: Any) -> None:
    tables.write_truth(photos, **({"split": _splits(photos), "age": [40] * photos} | options))


@pytest.fixture
def halves(tables: Tables) -> Path:
    _write(tables)
    return write_answers(tables, "net", 1.1, kind="model")


def _sets(study: Study, *paths: Path) -> Sets:
    found, why = find_sets(study, study.sources[0], paths, DRAWS)
    assert found is not None, why
    return found


def test_each_figure_is_what_counting_by_hand_gives(tables: Tables, halves: Path) -> None:
    """Photos that are groups of their own: the limit is an order statistic, and shares are counts."""
    study = read_study([halves], tables.truth, group="image_id")
    found = _sets(study, halves)
    table = pl.read_csv(halves)
    chances = table.select([f"p_{label}" for label in LABELS]).to_numpy()
    truth = np.array([LABELS.index(one) for one in pl.read_csv(tables.truth)["diagnosis"]])
    split = np.array(_splits())
    kept = np.zeros((int((split == "test").sum()), 3), dtype=bool)
    for k in range(3):
        scores = np.sort(1 - chances[(split == "tune") & (truth == k), k])
        limit = scores[math.ceil(0.9 * (len(scores) + 1)) - 1]
        kept[:, k] = 1 - chances[split == "test", k] <= limit + 1e-12
    kept[np.arange(len(kept)), chances[split == "test"].argmax(axis=1)] = True
    shown = truth[split == "test"]
    parts = [shown == k for k in range(3)] + [np.ones(len(shown), dtype=bool)]
    assert [row.label for row in found.rows] == [*LABELS, ""]
    for row, part in zip(found.rows, parts, strict=True):
        assert row.photos == part.sum()
        right = kept[part, shown[part]].mean()
        assert row.figures["coverage"].value == pytest.approx(right)
        assert row.figures["set_size"].value == pytest.approx(kept[part].sum(axis=1).mean())
        assert row.figures["single"].value == pytest.approx((kept[part].sum(axis=1) == 1).mean())
        assert row.figures["coverage"].low <= right <= row.figures["coverage"].high
    assert found.rows[-1].figures["set_size"].value > 1.2
    assert found.always == ()


def test_new_patients_are_covered_as_promised_class_by_class(tables: Tables) -> None:
    _write(tables, 1800)
    path = write_answers(tables, "net", 1.1, kind="model")
    study = read_study([path], tables.truth)
    found = _sets(study, path)
    assert (found.photos, found.groups) == (600, 300)
    covered = [row.figures["coverage"].value for row in found.rows]
    assert min(covered) > 0.8
    assert 0.86 < covered[-1] < 0.95


def test_sources_order_of_classes_and_rounding_do_not_matter(tables: Tables, halves: Path) -> None:
    study = read_study([halves], tables.truth)
    found = _sets(study, halves)
    table = pl.read_csv(halves)
    turned = table.select("image_id", "source", "kind", "prediction", "p_nv", "p_bcc", "p_mel")
    turned.reverse().write_csv(halves)
    again = _sets(read_study([halves], tables.truth), halves)
    assert {row.label: row.figures for row in again.rows} == {row.label: row.figures for row in found.rows}


def test_a_class_with_too_few_patients_is_always_named(tables: Tables) -> None:
    columns = {"diagnosis": [LABELS[2] if k // 2 % 9 == 8 else LABELS[k // 2 % 2] for k in range(PHOTOS)]}
    _write(tables, **columns)
    path = write_answers(tables, "net", 1.5, kind="model")
    study = read_study([path], tables.truth)
    found = _sets(study, path)
    rare = next(row for row in found.rows if row.label == "nv")
    assert rare.calibrated < 9
    assert found.always == ("nv",)
    said = in_words(study, "net", found, {"bcc": "BCC", "mel": "MEL", "nv": "NEVUS"})
    assert said.endswith(" NEVUS is always among them, for want of patients to calibrate on.")
    assert found.rows[-1].figures["set_size"].value >= 1
    assert rare.figures == {} or rare.figures["coverage"].value == 1.0


def test_patients_are_calibrated_as_patients(tables: Tables) -> None:
    labels = ("mild", "severe")
    _write(tables, labels=labels)
    path = write_answers(tables, "net", 1.2, labels=labels, kind="model")
    study = by_patient(read_study([path], tables.truth), {})
    found = _sets(study, path)
    assert found.photos == found.groups == 42
    assert found.rows[-1].photos == study.size == 42
    mean = pl.read_csv(path).with_columns(patient=pl.int_range(PHOTOS) // 2)
    pooled = mean.group_by("patient", maintain_order=True).agg(pl.col("p_mild").mean())["p_mild"].to_numpy()
    truth = np.arange(PHOTOS // 2) % 2
    split = np.array(_splits())[::2]
    scores = np.sort(1 - np.where(truth == 0, pooled, 1 - pooled))
    assert len(scores) == 126
    both = np.zeros((42, 2), dtype=bool)
    for k, chance in enumerate((pooled, 1 - pooled)):
        held = np.sort(1 - chance[(split == "tune") & (truth == k)])
        limit = held[math.ceil(0.9 * (len(held) + 1)) - 1]
        both[:, k] = 1 - chance[split == "test"] <= limit + 1e-12
    both[np.arange(42), (pooled[split == "test"] < 0.5).astype(int)] = True
    assert found.rows[-1].figures["set_size"].value == pytest.approx(both.sum(axis=1).mean())


def test_what_is_missing_is_said_in_a_clause(tables: Tables, halves: Path) -> None:
    def why(study: Study, *paths: Path) -> str:
        found, reason = find_sets(study, study.sources[0], paths, DRAWS)
        assert found is None
        return reason

    study = read_study([halves], tables.truth)
    assert why(study) == ""
    assert why(read_study([halves], tables.truth, split="all"), halves) == (
        "the tune split, on which they are calibrated, is among the photos evaluated"
    )
    assert "among the photos evaluated" in why(read_study([halves], tables.truth, split="tune"), halves)
    plain = replace(study.sources[0], probabilities=None)
    assert find_sets(study, plain, [halves], DRAWS) == (None, "")
    held = [k for k, split in enumerate(_splits()) if split == "tune"]
    table = pl.read_csv(halves)
    table.filter(~pl.int_range(pl.len()).is_in(held)).write_csv(halves)  # train is still there
    bare = read_study([halves], tables.truth)
    assert why(bare, halves) == "the predictions hold no answers on the tune split that can be used"
    table.filter(pl.Series(_splits()) == "test").write_csv(halves)
    bare = read_study([halves], tables.truth)
    assert why(bare, halves) == "the predictions hold no answers of net on the tune split"
    assert method(bare, None, "so it is").endswith("that hold the truth were not made: so it is.")
    assert method(bare, None, "") == ""
    few = pl.Series(["train" if s == "tune" and k > 40 else s for k, s in enumerate(_splits())])
    table.write_csv(halves)
    pl.read_csv(tables.truth).with_columns(split=few).write_csv(tables.truth)
    few_study = read_study([halves], tables.truth)
    assert why(few_study, halves) == "the tune split holds fewer than 9 patients of every class"
    pl.read_csv(tables.truth).drop("split").write_csv(tables.truth)
    none = read_study([halves], tables.truth)
    assert why(none, halves) == "manifest.csv has no tune split to calibrate them on"


def test_the_page_has_the_part_where_it_can_be_made_and_a_sentence_where_not(
    tables: Tables, halves: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    measured = write_report([halves], tables.truth, tables.folder / "out", draws=DRAWS).measured

    def page(*paths: Path) -> str:
        return told(write_evidence(measured, tables.folder / "out", predictions=paths).page)

    text = page(halves)
    assert "How many diagnoses must be named to be sure" in text
    assert "So that the truth is among them for 90% of each diagnosis, net must name" in text
    assert "Calibrated on 84 photos of 42 patients of the tune split. Each patient counts as one." in text
    assert "split-conformal" in text
    heads = (tables.folder / "out" / "tables" / "sets.csv").read_text().splitlines()[0]
    assert heads.startswith("class,calibrated_on,photos,coverage,coverage_low,coverage_high,set_size")
    assert "must be named to be sure" not in page()
    pl.read_csv(halves).filter(pl.Series(_splits()) == "test").write_csv(halves)
    measured = write_report([halves], tables.truth, tables.folder / "out", draws=DRAWS).measured
    text = page(halves)
    assert "must be named to be sure" not in text
    assert (
        "Sets of diagnoses that hold the truth were not made: the predictions hold no answers of net on the "
        "tune split." in text
    )
