"""`cutis evaluate` and `cutis compare` from the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

LABELS = ("bcc", "mel", "nv")


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """A folder with truth.csv, a.csv and b.csv (models)."""
    rng = np.random.default_rng(0)
    truth = [LABELS[k // 2 % 3] for k in range(60)]
    ids = [f"p{k}" for k in range(60)]
    columns = {
        "image": [f"{i}.png" for i in ids],
        "lesion_id": [f"L{k // 2}" for k in range(60)],
        "dx": truth,
    }
    pl.DataFrame(columns).write_csv(tmp_path / "truth.csv")
    for name in "ab":
        scores = rng.dirichlet(np.ones(3), 60) + 0.8 * np.array(
            [[label == t for label in LABELS] for t in truth]
        )
        scores /= scores.sum(axis=1, keepdims=True)
        rows = {"image_id": ids, "source": [name] * 60, "kind": ["model"] * 60}
        rows |= {"prediction": [LABELS[k] for k in scores.argmax(axis=1)]}
        rows |= {f"p_{label}": scores[:, k].tolist() for k, label in enumerate(LABELS)}
        pl.DataFrame(rows).write_csv(tmp_path / f"{name}.csv")
    return tmp_path


def _cutis(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from cutis.cli import main; main()", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_evaluate_writes_report_and_metrics_and_says_where(tables: Path) -> None:
    done = _cutis(
        tables,
        "evaluate",
        "a.csv",
        "b.csv",
        "--truth",
        "truth.csv",
        "--target",
        "dx",
        "--out",
        "out",
        "--replicates",
        "100",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().splitlines()[-1] == "Report: out/report.html, figures: out/metrics.json"
    results = json.loads((tables / "out" / "metrics.json").read_text())
    assert list(results["sources"]) == ["a", "b"]
    assert (results["n"], results["groups"]) == (60, 30)
    assert f"{results['sources']['a']['accuracy']['value']:.3f}" in done.stdout
    assert "Note: Skin type is not recorded" in done.stderr


def test_compare_writes_page_and_data_and_says_where(tables: Path) -> None:
    done = _cutis(
        tables,
        "compare",
        "a.csv",
        "b.csv",
        "--truth",
        "truth.csv",
        "--target",
        "dx",
        "--out",
        "out",
        "--replicates",
        "100",
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().splitlines()[-1] == "Comparison: out/compare.html, figures: out/compare.json"
    assert json.loads((tables / "out" / "compare.json").read_text())["pairs"][0]["first"] == "a"


def test_a_mistake_is_one_message_and_leaves_nothing_behind(tables: Path) -> None:
    done = _cutis(tables, "evaluate", "a.csv", "--truth", "truth.csv", "--out", "out")
    assert done.returncode == 1
    assert done.stderr.startswith("truth.csv:1: which column holds the truth?")
    assert "Traceback" not in done.stderr
    assert not (tables / "out").exists()


def test_an_unknown_bundle_is_named(tables: Path) -> None:
    done = _cutis(
        tables,
        "evaluate",
        "a.csv",
        "--truth",
        "truth.csv",
        "--target",
        "dx",
        "--out",
        "out",
        "--bundle",
        "none.cutis",
    )
    assert done.returncode == 1
    assert "none.cutis" in done.stderr


def test_evaluation_never_loads_torch(tables: Path) -> None:
    code = (
        "import sys\n"
        "from cutis.evaluation.report import write_report\n"
        "from cutis.evaluation.compare import write_comparison\n"
        "from cutis.evaluation.assessment import Draws\n"
        "write_report(['a.csv'], 'truth.csv', 'out', target='dx', draws=Draws(100))\n"
        "write_comparison(['a.csv', 'b.csv'], 'truth.csv', 'out', target='dx', draws=Draws(100))\n"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tables, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "False", done.stderr
