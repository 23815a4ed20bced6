"""The published screen for severe drug reactions, told by `cutis evaluate` as it was published."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import polars as pl
import pytest

from cutis.cli import main

TABLE = {("severe", "severe"): 755, ("severe", "mild"): 52, ("mild", "severe"): 761, ("mild", "mild"): 1832}


def _run(monkeypatch: pytest.MonkeyPatch, folder: Path, *arguments: str) -> int:
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["cutis", *arguments])
    with pytest.raises(SystemExit) as left:
        main()
    return int(left.value.code or 0)


def _write(folder: Path) -> None:
    """One patient per lesion, as the table counts them."""
    cells = [pair for pair, count in TABLE.items() for _ in range(count)]
    names = [f"lesion{number}" for number in range(len(cells))]
    truth = {"image": [f"{name}.jpg" for name in names], "patient_id": names, "state": [t for t, _ in cells]}
    pl.DataFrame(truth).write_csv(folder / "truth.csv")
    said = {"image_id": names, "source": "published", "kind": "model", "prediction": [p for _, p in cells]}
    pl.DataFrame(said).write_csv(folder / "table.csv")


@pytest.mark.parametrize("by", ["photo", "patient"])
def test_the_published_table_and_its_predictive_value_where_few_are_ill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], by: str
) -> None:
    _write(tmp_path)
    options = ("--target", "state", "--by", by, "--prevalence", "0.01,5%", "--replicates", "100")
    status = _run(
        monkeypatch, tmp_path, "evaluate", "table.csv", "--truth", "truth.csv", "--out", "out", *options
    )
    said = capsys.readouterr()
    assert status == 0, said.err
    results = json.loads((tmp_path / "out" / "metrics.json").read_text())
    point = results["operating_point"]["published"]
    assert list(point["counts"].values()) == [755, 52, 761, 1832]
    published = {  # value, and Wilson's interval
        "sensitivity": (0.936, 0.9165, 0.951),
        "specificity": (0.707, 0.689, 0.724),
        "ppv": (0.498, 0.473, 0.523),
        "npv": (0.972, 0.964, 0.979),
        "accuracy": (0.761, 0.746, 0.775),
    }
    for name, figures in published.items():
        for found in (results["sources"]["published"][name], point[name]):
            assert tuple(found.values()) == pytest.approx(figures, abs=0.0006), name
    assert point["prevalence"] == pytest.approx(0.237, abs=0.001)
    rare, common = results["at_prevalence"]["published"]
    assert rare["ppv"]["value"] == pytest.approx(0.031, abs=0.0005)
    assert common["ppv"]["value"] == pytest.approx(0.1437, abs=0.0005)
    assert rare["ppv"]["low"] < 0.031 < rare["ppv"]["high"] < 0.04
    assert rare["per_1000"]["true_positives"] == pytest.approx(9.36, abs=0.01)
    assert rare["per_1000"]["false_positives"] == pytest.approx(290.5, abs=0.1)
    assert "0.031" in said.out and "0.144" in said.out
    page = (tmp_path / "out" / "report.html").read_text()
    assert "At the prevalence where it is used" in page
    assert "9.4 are called and 0.6 missed" in page


def test_a_wrong_prevalence_or_unit_is_one_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _write(tmp_path)
    common = ("evaluate", "table.csv", "--truth", "truth.csv", "--out", "out", "--target", "state")
    assert _run(monkeypatch, tmp_path, *common, "--prevalence", "12") == 1
    assert "prevalence '12' is no share between 0 and 1" in capsys.readouterr().err
    assert _run(monkeypatch, tmp_path, *common, "--by", "visit") == 2
    assert not (tmp_path / "out").exists()
