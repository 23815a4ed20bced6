"""Lesions of several classes in place of photos: their photos' answers averaged, each lesion once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from cutis.core.errors import CutisError
from cutis.evaluation.assessment import Draws
from cutis.evaluation.gather import read_study
from cutis.evaluation.patients import by_patient
from cutis.evaluation.report import Report, write_report

LABELS = ("bkl", "mel", "nv")
DRAWS = Draws(replicates=200)


def _write(folder: Path, photos: int = 1) -> tuple[Path, Path, pl.DataFrame]:
    """90 lesions with one to three different photos, each photographed so often, and a model and a reader."""
    rng = np.random.default_rng(2)
    folder.mkdir(exist_ok=True)
    truth, rows = [], []
    for lesion in range(90):
        label = lesion % 3
        for photo in range(1 + lesion % 4 // 2 + lesion % 2):
            score = rng.dirichlet(1.0 + 2.0 * np.eye(3)[label])
            called = LABELS[label] if rng.random() < 0.6 else LABELS[int(rng.integers(3))]
            for time in range(photos):
                name = f"{lesion:02}-{photo}-{time}"
                truth.append(
                    {"image": f"{name}.png", "lesion_id": f"L{lesion:02}", "dx": LABELS[label], "age": lesion}
                )
                said = dict(zip((f"p_{one}" for one in LABELS), score, strict=True))
                model = {"image_id": name, "source": "net", "kind": "model"}
                rows.append(model | said | {"prediction": LABELS[int(score.argmax())]})
                rows.append({"image_id": name, "source": "Dr A", "kind": "reader", "prediction": called})
    pl.DataFrame(truth).write_csv(folder / "truth.csv")
    table = pl.DataFrame(rows)
    table.write_csv(folder / "predictions.csv")
    return folder / "truth.csv", folder / "predictions.csv", table


def _report(folder: Path, photos: int = 1) -> tuple[Report, pl.DataFrame]:
    truth, predictions, table = _write(folder, photos)
    report = write_report([predictions], truth, folder / "out", target="dx", patients=True, draws=DRAWS)
    return report, table


def _mean(table: pl.DataFrame) -> tuple[NDArray[np.str_], NDArray[np.float64]]:
    """Truth and mean probabilities of each lesion, by polars."""
    net = table.filter(pl.col("source") == "net").with_columns(lesion=pl.col("image_id").str.head(2))
    mean = net.group_by("lesion").agg(pl.col(f"p_{one}").mean() for one in LABELS).sort("lesion")
    truth = [LABELS[int(name) % 3] for name in mean["lesion"]]
    return np.array(truth), mean.drop("lesion").to_numpy()


def test_each_lesion_answers_with_the_mean_of_its_photos(tmp_path: Path) -> None:
    report, table = _report(tmp_path)
    truth, mean = _mean(table)
    said = np.array(LABELS)[mean.argmax(axis=1)]
    net = report.results["sources"]["net"]
    assert report.results["n"] == report.results["groups"] == 90
    assert report.results["unit"] == "lesion"
    assert net["balanced_accuracy"]["value"] == pytest.approx(balanced_accuracy_score(truth, said))
    area = np.mean([roc_auc_score(truth == one, mean[:, n]) for n, one in enumerate(LABELS)])
    assert net["auc_macro"]["value"] == pytest.approx(area)
    page = report.page.read_text()
    assert "mean probabilities of the lesion" in page
    assert "tested on 90 lesions" in page
    assert "Which of 3 diagnoses does the lesion show?" in page


def test_photographing_every_lesion_again_changes_no_figure_and_no_interval(tmp_path: Path) -> None:
    once, twice = (_report(tmp_path / str(photos), photos)[0].results for photos in (1, 2))
    for part in ("sources", "subgroups", "confusion", "n"):
        assert _rounded(once[part]) == _rounded(twice[part]), part


def _rounded(results: Any) -> Any:
    """Without the last digits, in which sums of more photos differ."""
    return json.loads(json.dumps(results), parse_float=lambda text: round(float(text), 9))


def test_a_reader_answers_with_the_class_of_most_photos_and_of_equals_with_the_first(tmp_path: Path) -> None:
    truth, predictions, table = _write(tmp_path)
    study = by_patient(read_study([predictions], truth, target="dx"), {})
    reader = next(source for source in study.sources if source.name == "Dr A")
    calls = table.filter(pl.col("source") == "Dr A").with_columns(lesion=pl.col("image_id").str.head(2))
    for number, said in zip(reader.rows, reader.prediction, strict=True):
        own = calls.filter(pl.col("lesion") == f"{number:02}")["prediction"].to_list()
        most = max(own.count(one) for one in LABELS)
        assert LABELS[said] == next(one for one in LABELS if own.count(one) == most)


def test_a_lesion_of_which_no_photo_was_answered_is_named(tmp_path: Path) -> None:
    truth, predictions, table = _write(tmp_path)
    table.filter(~pl.col("image_id").str.starts_with("07-")).write_csv(predictions)
    study = by_patient(read_study([predictions], truth, target="dx"), {})
    assert study.sources[0].missing == ("L07",)
    assert len(study.sources[0].rows) == 89


def test_a_group_whose_photos_show_several_classes_is_named(tmp_path: Path) -> None:
    truth, predictions, _ = _write(tmp_path)
    table = pl.read_csv(truth).with_columns(
        patient_id="P" + (pl.int_range(pl.len()) // 40).cast(pl.String),
    )
    table.write_csv(truth)
    with pytest.raises(
        CutisError, match=r"the photos of patient P0 and \d+ more show bkl, mel and nv.*lesion_id"
    ):
        by_patient(read_study([predictions], truth, target="dx", group="patient_id"), {})
