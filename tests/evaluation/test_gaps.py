"""Gaps between subgroups: planted ones are found, others are not, and every test counts once."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.stats import norm

from cutis.evaluation.gaps import Gap, gaps, spread_p, widest, worst
from cutis.evaluation.gather import read_study
from cutis.evaluation.study import Study
from cutis.evaluation.subgroups import NOT_RECORDED, ordered_values, values_of
from cutis.stats.comparison import holm
from cutis.stats.intervals import wilson

from .conftest import LABELS, Tables


def spoil(path: Path, wrong: list[bool]) -> Path:
    """Make some answers wrong."""
    table = pl.read_csv(path)
    turned = [
        LABELS[(LABELS.index(said) + 1) % 3] if bad else said
        for said, bad in zip(table["prediction"], wrong, strict=True)
    ]
    table.with_columns(prediction=pl.Series(turned)).write_csv(path)
    return path


def made(tables: Tables, photos: int = 240, **columns: list[object]) -> Study:
    """Right for nine of ten photos; for every second one of device B."""
    devices = ["B" if k // 2 % 4 == 0 else "A" for k in range(photos)]
    sexes = ["female" if k // 8 % 2 else "male" for k in range(photos)]
    everybody: dict[str, list[object]] = {"age": [40] * photos, "sex": sexes}
    tables.write_truth(photos, device=devices, **everybody | columns)
    path = tables.write_predictions(kind="reader", accuracy=1.0)
    bad = [k % 20 < 2 or (k // 2 % 4 == 0 and k % 2 == 0) for k in range(photos)]
    return read_study([spoil(path, bad)], tables.truth)


def found(study: Study, *columns: str) -> tuple[Gap, ...]:
    return gaps(study, study.sources[0], columns, replicates=500, rng=np.random.default_rng(0))


def test_a_planted_gap_is_found_and_nothing_else(tables: Tables) -> None:
    told = found(made(tables), "device", "sex")
    accuracy = {gap.value: gap for gap in told if gap.measure == "accuracy"}
    assert accuracy["B"].sure
    assert accuracy["B"].difference.high < 0
    assert not accuracy["female"].sure
    low = worst(told, "accuracy")
    assert low is not None
    assert low.value == "B"
    assert low == widest(told, "accuracy")


def test_the_gap_is_the_figure_here_less_that_of_the_rest(tables: Tables) -> None:
    study = made(tables)
    right = study.sources[0].prediction == study.target
    inside = values_of(study, "device") == "B"
    gap = next(g for g in found(study, "device") if g.value == "B" and g.measure == "accuracy")
    assert gap.here.value == pytest.approx(right[inside].mean())
    assert gap.rest.value == pytest.approx(right[~inside].mean())
    assert gap.difference.value == pytest.approx(gap.here.value - gap.rest.value)
    assert gap.difference.low <= gap.difference.value <= gap.difference.high


def test_a_column_with_two_values_is_one_test(tables: Tables) -> None:
    told = [gap for gap in found(made(tables), "device", "sex") if gap.measure == "accuracy"]
    device, sex = (next(gap for gap in told if gap.column == name) for name in ("device", "sex"))
    assert [gap.corrected for gap in told] == pytest.approx(
        np.repeat(holm([device.difference.p, sex.difference.p]), 2).tolist()
    )


def test_classes_that_are_too_few_are_left_out_of_the_mean(tables: Tables) -> None:
    labels = ["bcc" if k < 4 else ("mel", "nv")[k // 2 % 2] for k in range(240)]
    study = made(tables, diagnosis=labels)
    gap = next(g for g in found(study, "sex") if g.measure == "balanced_accuracy")
    assert gap.classes == 2


def test_few_patients_have_no_gap(tables: Tables) -> None:
    study = made(tables, rare=["yes" if k < 8 else "no" for k in range(240)])
    assert found(study, "rare") == ()


def few(
    tables: Tables, *, positives: int, missed: int, rest: int = 300, wrong: int = 30, inside: int = 10
) -> Study:
    """Two classes, one photo per patient: a device with few positives, and many of both in the rest."""
    here = ["mel"] * positives + ["nv"] * (inside - positives)
    elsewhere = ["mel", "nv"] * (rest // 2)
    truth = here + elsewhere
    tables.write_truth(
        len(truth),
        labels=("mel", "nv"),
        patient_id=[f"P{k}" for k in range(len(truth))],
        diagnosis=truth,
        device=["new"] * len(here) + ["old"] * len(elsewhere),
        age=[40] * len(truth),
        sex=["female"] * len(truth),
    )
    path = tables.write_predictions(kind="reader", accuracy=1.0, labels=("mel", "nv"))
    bad = [k < missed for k in range(len(here))] + [k < wrong for k in range(len(elsewhere))]
    table = pl.read_csv(path)
    turned = [
        {"mel": "nv", "nv": "mel"}[one] if b else one for one, b in zip(table["prediction"], bad, strict=True)
    ]
    table.with_columns(prediction=pl.Series(turned)).write_csv(path)
    return read_study([path], tables.truth, positive="mel")


def test_few_patients_who_are_all_right_are_no_sure_gap(tables: Tables) -> None:
    told = {gap.measure: gap for gap in found(few(tables, positives=10, missed=0), "device")}
    assert set(told) == {"sensitivity"}  # no negatives there
    study = few(tables, positives=10, missed=0, inside=20)
    told = {gap.measure: gap for gap in found(study, "device") if gap.value == "new"}
    gap = told["sensitivity"]
    own = wilson(10, 10)
    assert gap.here == own
    assert (gap.rest.value, gap.difference.value) == pytest.approx((0.9, 0.1))
    arm = math.hypot(own.value - own.low, gap.rest.high - gap.rest.value)  # Newcombe's
    assert gap.difference.low == pytest.approx(0.1 - arm)
    assert gap.difference.p == pytest.approx(2 * norm.sf(norm.ppf(0.975) * 0.1 / arm))
    assert gap.difference.low < 0 < gap.difference.high <= 1
    assert not gap.sure


def test_a_gap_of_sides_that_are_all_right_and_all_wrong_is_still_found(tables: Tables) -> None:
    study = few(tables, positives=10, missed=20, wrong=0, inside=20)
    gap = next(g for g in found(study, "device") if g.value == "new" and g.measure == "sensitivity")
    assert (gap.here.value, gap.rest.value, gap.difference.value) == (0, 1, -1)
    assert gap.here.high == wilson(0, 10).high
    assert gap.difference.low == -1 < gap.difference.high < 0
    assert gap.sure


def test_one_missed_positive_says_nothing_of_sensitivity(tables: Tables) -> None:
    told = found(few(tables, positives=1, missed=1, inside=20), "device")
    assert {gap.measure for gap in told} == {"specificity"}


def test_all_right_in_several_classes_are_wilsons_of_the_rarest(tables: Tables) -> None:
    devices = ["new" if k < 36 else "old" for k in range(240)]
    tables.write_truth(240, device=devices, age=[40] * 240, sex=["male"] * 240)
    path = tables.write_predictions(kind="reader", accuracy=1.0)
    study = read_study([spoil(path, [k >= 36 and k % 10 == 0 for k in range(240)])], tables.truth)
    told = {gap.measure: gap for gap in found(study, "device") if gap.value == "new"}
    assert told["accuracy"].here == wilson(18, 18)
    assert told["balanced_accuracy"].here == wilson(6, 6)
    assert not told["accuracy"].sure and not told["balanced_accuracy"].sure


def test_p_without_a_spread_is_one() -> None:
    assert spread_p(0.0, np.zeros(9)) == 1.0
    assert spread_p(0.1, np.full(9, 0.1)) == 1.0
    rng = np.random.default_rng(0)
    assert spread_p(1.96, rng.normal(size=100_000)) == pytest.approx(0.05, abs=0.002)


def test_many_numbers_are_cut_into_quarters_and_few_are_not(tables: Tables) -> None:
    study = made(
        tables,
        thickness=[None if k == 0 else f"{k / 100:.2f}" for k in range(240)],
        stage=[str(k % 5) for k in range(240)],
    )
    quarters = values_of(study, "thickness")
    order = ordered_values(quarters.tolist())
    assert len(order) == 5
    assert order[-1] == NOT_RECORDED
    assert order[0].startswith("up to")
    numbers = np.array([np.nan, *(k / 100 for k in range(1, 240))])
    means = [np.nanmean(numbers[quarters == name]) for name in order[:-1]]
    assert means == sorted(means)
    assert [int((quarters == name).sum()) for name in order[:-1]] == pytest.approx([60] * 4, abs=1)
    assert ordered_values(values_of(study, "stage").tolist()) == ["0", "1", "2", "3", "4"]
