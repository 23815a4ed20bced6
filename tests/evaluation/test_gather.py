"""Predictions and truth fit together, or the message says why not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from cutis.core.errors import CutisError, ManifestError, PredictionsError
from cutis.evaluation.gather import read_study

from .conftest import LABELS, Tables


def test_answers_are_matched_by_image_and_not_by_row(tables: Tables) -> None:
    truth = tables.write_truth()
    path = tables.write_predictions(accuracy=1.0)
    shuffled = pl.read_csv(path).sample(fraction=1.0, shuffle=True, seed=1)
    shuffled.write_csv(path)
    study = read_study([path], truth)
    answers = study.answers(study.sources[0])
    assert np.array_equal(answers.truth, answers.prediction)
    assert answers.count == 30
    assert study.labels == LABELS


def test_a_photo_without_an_answer_is_named_and_not_counted(tables: Tables) -> None:
    truth = tables.write_truth()
    study = read_study([tables.write_predictions(keep=lambda row: row not in (3, 7))], truth)
    assert study.sources[0].missing == ("p03", "p07")
    assert len(study.answers(study.sources[0]).truth) == 58


def test_only_the_test_split_is_evaluated_where_there_is_one(tables: Tables) -> None:
    splits = ["test" if k % 3 == 0 else "train" for k in range(60)]
    truth = tables.write_truth(split=splits)
    predictions = tables.write_predictions()
    study = read_study([predictions], truth)
    assert (study.size, study.flow.split, study.flow.other_splits) == (20, "test", 40)
    assert study.sources[0].beside == 40
    assert read_study([predictions], truth, split="all").size == 60
    assert read_study([predictions], truth, split="train").size == 40
    with pytest.raises(ManifestError, match="no row has split 'tune'"):
        read_study([predictions], truth, split="tune")


def test_photos_without_a_label_are_left_out_and_counted(tables: Tables) -> None:
    labels = [None if k < 4 else LABELS[k % 3] for k in range(60)]
    study = read_study(
        [tables.write_predictions()] if tables.write_truth(diagnosis=labels) else [], tables.truth
    )
    assert (study.size, study.flow.unlabelled) == (56, 4)


def test_a_run_folder_stands_for_its_predictions(tables: Tables) -> None:
    truth = tables.write_truth()
    path = tables.write_predictions()
    run = tables.folder / "run"
    run.mkdir()
    path.rename(run / "predictions.csv")
    assert read_study([run], truth).sources[0].name == "net"
    with pytest.raises(PredictionsError, match=r"without predictions\.csv"):
        read_study([tables.folder / "images"], truth)


def test_a_class_that_only_the_truth_knows_is_a_class(tables: Tables) -> None:
    truth = tables.write_truth()
    study = read_study([tables.write_predictions(labels=("mel", "nv"))], truth)
    assert study.labels == ("mel", "nv", "bcc")
    source = study.sources[0]
    assert source.scored.tolist() == [True, True, False]
    assert source.probabilities is not None
    assert np.all(source.probabilities[:, 2] == 0)


def test_one_of_two_probabilities_says_both(tables: Tables) -> None:
    truth = tables.write_truth(labels=("mild", "severe"))
    path = tables.write_predictions(labels=("mild", "severe"))
    pl.read_csv(path).drop("p_mild").with_columns(prediction=pl.lit("severe")).write_csv(path)
    source = read_study([path], truth).sources[0]
    assert source.probabilities is not None
    assert source.probabilities.sum(axis=1) == pytest.approx(np.ones(60))
    assert source.scored.all()


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"target": "sex"}, "no class in common"),
        ({"target": "colour"}, "no column 'colour'"),
        ({"group": "colour"}, "no column 'colour'"),
        ({"positive": "mel"}, "needs two classes"),
    ],
)
def test_a_wrong_option_is_refused_by_name(tables: Tables, options: dict[str, str], expected: str) -> None:
    truth = tables.write_truth()
    with pytest.raises(CutisError, match=expected):
        read_study([tables.write_predictions()], truth, **options)  # type: ignore[arg-type]


def test_a_truth_without_a_known_target_asks_for_one(tables: Tables) -> None:
    truth = tables.write_truth()
    pl.read_csv(truth).rename({"diagnosis": "finding"}).write_csv(truth)
    predictions = tables.folder / "p.csv"
    pl.DataFrame({"image_id": ["p00"], "source": ["a"], "kind": ["reader"], "prediction": ["mel"]}).write_csv(
        predictions
    )
    with pytest.raises(ManifestError, match=r"--target.*finding"):
        read_study([predictions], truth)
    assert read_study([predictions], truth, target="finding").size == 60


def test_other_images_are_refused_with_an_example_of_each(tables: Tables) -> None:
    truth = tables.write_truth()
    path = tables.write_predictions()
    pl.read_csv(path).with_columns(image_id=pl.col("image_id") + "x").write_csv(path)
    with pytest.raises(PredictionsError, match="p00x, p01x and 58 more, the truth p00, p01"):
        read_study([path], truth)


def test_probabilities_that_do_not_add_up_are_refused_by_row(tables: Tables) -> None:
    truth = tables.write_truth()
    path = tables.write_predictions()
    rows = pl.read_csv(path)
    rows = rows.with_columns(p_mel=pl.when(pl.col("image_id") == "p05").then(1.0).otherwise(pl.col("p_mel")))
    rows.write_csv(path)
    with pytest.raises(PredictionsError, match="probabilities of image 'p05' add up to") as caught:
        read_study([path], truth)
    assert len(caught.value.problems) == 1


def test_probabilities_for_some_photos_only_are_refused(tables: Tables) -> None:
    truth = tables.write_truth()
    path = tables.write_predictions()
    rows = pl.read_csv(path)
    blank = [
        pl.when(pl.col("image_id") == "p05").then(None).otherwise(pl.col(f"p_{n}")).alias(f"p_{n}")
        for n in LABELS
    ]
    rows.with_columns(blank).write_csv(path)
    with pytest.raises(PredictionsError, match=r"1 of 60 photos have no probabilities \(p05\)"):
        read_study([path], truth)


def test_one_patient_only_is_refused(tables: Tables) -> None:
    truth = tables.write_truth(patient_id=["P0"] * 60)
    with pytest.raises(CutisError, match="all 60 photos are of one patient_id"):
        read_study([tables.write_predictions()], truth)
    assert read_study([tables.folder / "net.csv"], truth, group="image_id").count == 60


def test_several_findings_in_one_cell_are_refused(tables: Tables) -> None:
    truth = tables.write_truth()
    path = tables.write_predictions(kind="reader")
    pl.read_csv(path).with_columns(prediction=pl.lit("mel;nv")).write_csv(path)
    with pytest.raises(PredictionsError, match="several findings"):
        read_study([path], truth)


def test_missing_photos_do_not_stop_an_evaluation(tables: Tables) -> None:
    truth = tables.write_truth()
    Path(tables.folder / "images" / "p00.png").unlink()
    assert read_study([tables.write_predictions()], truth).size == 60
