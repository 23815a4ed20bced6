"""`cutis evaluate` and `cutis compare` from the command line."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from cutis.cli import main
from cutis.core.bundle import BundleInfo, Member, TrainingData, Vector, Vectors, write_bundle
from cutis.core.labels import Categorical

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


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def cutis(
    tables: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Done]:
    """Run the command line in the folder of the tables."""

    def run(*arguments: str) -> Done:
        monkeypatch.chdir(tables)
        monkeypatch.setattr(sys, "argv", ["cutis", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
        said = capsys.readouterr()
        return Done(int(left.value.code or 0), said.out, said.err)

    return run


def test_evaluate_writes_report_and_metrics_and_says_where(tables: Path, cutis: Callable[..., Done]) -> None:
    done = cutis(
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


def test_evidence_is_asked_for_and_stands_beside_the_report(tables: Path, cutis: Callable[..., Done]) -> None:
    options = ("--truth", "truth.csv", "--target", "dx", "--out", "out", "--replicates", "100")
    done = cutis("evaluate", "a.csv", "b.csv", *options, "--evidence")
    assert done.returncode == 0, done.stderr
    last = done.stdout.strip().splitlines()[-1]
    assert last.startswith("Evidence: out/evidence.html")
    assert "STARD-AI: " in done.stdout
    assert (tables / "out" / "report.html").is_file()
    assert (tables / "out" / "tables" / "sources.tex").is_file()
    page = (tables / "out" / "evidence.html").read_text()
    assert "truth.csv has no tune split to calibrate them on" in page
    assert (tables / "out" / "figures" / "flow.svg").is_file()


def test_both_commands_judge_patients_when_asked(tables: Path, cutis: Callable[..., Done]) -> None:
    """Two classes of the three, on 20 patients with two photos each."""
    kept = pl.read_csv(tables / "truth.csv").filter(pl.col("dx") != "nv")
    kept.with_columns(patient_id="lesion_id").write_csv(tables / "two.csv")
    for name in "ab":
        table = pl.read_csv(tables / f"{name}.csv").drop("p_nv")
        share = pl.col("p_mel") / (pl.col("p_mel") + pl.col("p_bcc"))
        said = pl.when(share >= 0.5).then(pl.lit("mel")).otherwise(pl.lit("bcc"))
        table.with_columns(p_bcc=1 - share, p_mel=share, prediction=said).write_csv(tables / f"{name}.csv")
    options = ("--truth", "two.csv", "--target", "dx", "--out", "out", "--replicates", "100")
    for command, data in (("evaluate", "metrics.json"), ("compare", "compare.json")):
        done = cutis(command, "a.csv", "b.csv", *options, "--by", "patient")
        assert done.returncode == 0, done.stderr
        assert "patients" in done.stdout
        assert json.loads((tables / "out" / data).read_text())["n"] == 20
        wrong = cutis(command, "a.csv", "b.csv", *options, "--by", "visit")
        assert wrong.returncode != 0
        assert "'visit' is none of photo, patient and lesion" in wrong.stderr


def test_compare_writes_page_and_data_and_says_where(tables: Path, cutis: Callable[..., Done]) -> None:
    done = cutis(
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


@pytest.mark.parametrize(
    ("command", "title", "steps"), [("evaluate", "Measuring", 4), ("compare", "Comparing", 3)]
)
def test_in_a_log_progress_says_how_many_steps_there_are(
    cutis: Callable[..., Done], monkeypatch: pytest.MonkeyPatch, command: str, title: str, steps: int
) -> None:
    monkeypatch.setattr("cutis.cli.progress.EVERY", 0.0)
    asked = ("--truth", "truth.csv", "--target", "dx", "--out", "out", "--replicates", "100")
    subgroups = ("--subgroup", "lesion_id") if command == "evaluate" else ()
    done = cutis(command, "a.csv", "b.csv", *asked, *subgroups)
    lines = [line for line in done.stderr.splitlines() if line.startswith(f"{title}:")]
    assert [line.partition(",")[0] for line in lines] == [
        f"{title}: {n + 1} of {steps}" for n in range(steps)
    ]
    assert all(re.search(r", [\d.]+/s, about \d+ min left$", line) for line in lines)


def test_a_mistake_is_one_message_and_leaves_nothing_behind(tables: Path, cutis: Callable[..., Done]) -> None:
    done = cutis("evaluate", "a.csv", "--truth", "truth.csv", "--out", "out")
    assert done.returncode == 1
    assert done.stderr.startswith("truth.csv:1: which column holds the truth?")
    assert "Traceback" not in done.stderr
    assert not (tables / "out").exists()


def test_an_unknown_bundle_is_named(cutis: Callable[..., Done]) -> None:
    done = cutis(
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


def test_the_card_of_a_bundle_file_is_in_the_report(tables: Path, cutis: Callable[..., Done]) -> None:
    training = TrainingData("rendered skin", True, 90, 45, "f", "s")
    member = Member("run", "mobilenetv2_100", 96, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    info = BundleInfo(
        "tiny",
        "7",
        "2026-01-01",
        "0.1.0",
        "dermoscopy",
        "Skin",
        Categorical(LABELS),
        "dermoscopic",
        96,
        (member,),
        training,
    )
    vector = Vector(np.zeros((4, 4, 3), np.uint8), dict.fromkeys(LABELS, 1 / 3))
    write_bundle(tables / "tiny.cutis", info, b"graph", "# Card", Vectors((vector,), "test", 1e-3, 0.0))
    asked = (
        "--truth",
        "truth.csv",
        "--target",
        "dx",
        "--out",
        "out",
        "--bundle",
        "tiny.cutis",
        "--replicates",
        "100",
    )
    done = cutis("evaluate", "a.csv", *asked)
    assert done.returncode == 0, done.stderr
    assert "tiny: trained on rendered images, not for care" in done.stderr
    assert "tiny, version 7" in (tables / "out" / "report.html").read_text()


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
