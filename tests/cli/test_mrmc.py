"""`cutis mrmc` from the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from cutis.cli import build_app


def _table(path: Path, **change: object) -> Path:
    rng = np.random.default_rng(0)
    rows = [
        {
            "reader": r,
            "treatment": t,
            "case": c,
            "truth": c % 2,
            "rating": 2 * (c % 2) + rng.normal(),
        }
        for r in ("ann", "bob", "cem")
        for t in ("alone", "aided")
        for c in range(20)
    ]
    pl.DataFrame([row | change for row in rows]).write_csv(path)
    return path


def _run(*arguments: str) -> None:
    with pytest.raises(SystemExit) as ended:
        build_app(["mrmc"])(["mrmc", *arguments])
    assert ended.value.code == 0


def test_a_study_is_told_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    _run(str(_table(tmp_path / "r.csv")), "--out", str(out), "--margin", "0.3", "--replicates", "100")
    told = capsys.readouterr().out
    assert "3 readers, 2 treatments, 20 cases: crossed" in told
    assert "AUC, for other readers, other cases" in told
    assert "by a margin of 0.3 in AUC" in told
    assert told.strip().splitlines()[-1] == f"Report: {out / 'report.html'}, figures: {out / 'mrmc.json'}"
    data = json.loads((out / "mrmc.json").read_text())
    assert data["study"]["readings"] == 120
    assert data["auc"]["non_inferiority"][0]["margin"] == 0.3


def test_options_reach_the_analysis(tmp_path: Path) -> None:
    table = _table(tmp_path / "r.csv")
    options = {"method": "jackknife", "interval": "bounded", "confidence": "0.9", "reference": "aided"}
    arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
    _run(str(table), "--out", str(tmp_path), *arguments, "--threshold", "1", "--replicates", "100")
    question = json.loads((tmp_path / "mrmc.json").read_text())["question"]
    assert {name: str(question[name]) for name in options} == options
    assert question["threshold"] == 1


def test_what_the_user_can_mend_ends_in_a_message_and_1(tmp_path: Path) -> None:
    table = _table(tmp_path / "r.csv", truth=1)
    done = subprocess.run(
        [sys.executable, "-m", "cutis", "mrmc", str(table), "--out", str(tmp_path / "out")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "all 20 cases are positive" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()
