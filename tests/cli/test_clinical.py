"""`cutis clinical` from the command line."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cutis.cli import main
from cutis.clinical.combine import Calibration, write_calibration

Run = Callable[..., tuple[int, str, str]]
CASE = {
    "age": 57,
    "skin_pain": True,
    "mucosal_sites": ["mouth"],
    "temperature": 38.9,
    "bun": "30 mg/dL",
    "drugs": [{"name": "Tegretol", "start_day": -14}, "newdrugumab"],
}


@pytest.fixture
def cutis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command beside case.json."""
    (tmp_path / "case.json").write_text(json.dumps(CASE))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["cutis", "clinical", *arguments])
        with pytest.raises(SystemExit) as caught:
            main()
        streams = capsys.readouterr()
        return int(caught.value.code or 0), streams.out, streams.err

    return run


def test_the_next_step_comes_first_and_the_note_last(cutis: Run) -> None:
    status, out, err = cutis("case.json")
    assert (status, err) == (0, "")
    assert out.startswith("Refer urgently, today")
    assert out.rstrip().endswith("no medical device.")
    assert max(len(line.rstrip()) for line in out.splitlines()) <= 80


def test_every_score_is_printed_with_its_points(cutis: Run) -> None:
    out = cutis("case.json")[1]
    assert "SCORTEN: 2 to 7 of 7 points" in out
    assert "ABCD-10: 1 to 8 of 8 points" in out
    assert "RegiSCAR score for DRESS" in out
    assert "ALDEN, carbamazepine" in out
    lines = [line.split() for line in out.splitlines()]
    assert ["urea", "30", "mg/dL", "BUN", "1"] in lines
    assert ["bicarbonate", "not", "known", "0", "to", "1"] in lines


def test_a_drug_that_is_not_in_the_table_is_told(cutis: Run) -> None:
    assert "newdrugumab: not in the table: this says nothing about its safety." in cutis("case.json")[1]


def test_the_summary_is_written_and_the_last_line_says_where(cutis: Run, tmp_path: Path) -> None:
    out = cutis("case.json", "--out", "s.json")[1]
    assert out.splitlines()[-1] == "Summary: s.json"
    assert json.loads((tmp_path / "s.json").read_text())["urgency"] == "urgent"


def test_a_picture_stands_beside_the_facts(cutis: Run) -> None:
    out = cutis("case.json", "--picture", "0.7", "--operating-point", "0.2")[1]
    assert "Picture: score 0.70, at or above the operating point 0.20." in out
    assert "Not combined: there is no calibration" in out
    assert "counts as no sign" in cutis("case.json", "--picture", "0.7")[1]


def test_a_calibration_combines_and_shows_the_parts(cutis: Run, tmp_path: Path) -> None:
    own = Calibration(
        "the ward", 99, 30, ("picture_log_odds", "skin_pain"), (1.0, 2.0), -1.0, ((0.1,) * 3,) * 3
    )
    write_calibration(own, tmp_path / "own.json")
    out = " ".join(cutis("case.json", "--picture", "0.5", "--calibration", "own.json")[1].split())
    assert "Picture and facts combined: 73% (731 in 1,000)" in out
    assert "the ward: 99 patients, 30 severe" in out
    assert "skin_pain 1.00 +2.00" in out


def test_all_contradictions_are_told_at_once(cutis: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text('{"temperature": 370, "days_since_rash": -1, "drugs": [{"name": ""}]}')
    status, out, err = cutis("bad.json")
    assert (status, out) == (1, "")
    lines = err.splitlines()
    assert len(lines) == 3
    assert all(line.startswith("bad.json: ") for line in lines)
    assert "Did you mean 37.0?" in err


def test_a_table_holds_several_patients(cutis: Run, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("patient_id,age,skin_pain\nP1,50,yes\nP2,60,\n")
    status, out, _ = cutis("p.csv", "--out", "s.json")
    assert status == 0
    assert (
        out.index("P1") < out.index("Refer urgently") < out.index("P2") < out.index("not all were looked for")
    )
    told = json.loads((tmp_path / "s.json").read_text())
    assert [patient["patient_id"] for patient in told] == ["P1", "P2"]
    assert cutis("p.csv", "--picture", "0.5")[0] == 2


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["none.json"], 1, "there is no such file"),
        (["case.json", "--calibration", "none.json"], 1, "there is no such file"),
        (["case.json", "--picture", "71"], 1, "as a share, 0 to 1"),
        (["case.json", "--operating-point", "0.5"], 2, "belongs to --picture"),
        ([], 2, "Missing argument"),
    ],
)
def test_what_is_wrong_is_told_clearly(cutis: Run, arguments: list[str], status: int, said: str) -> None:
    code, _, err = cutis(*arguments)
    assert code == status
    assert said in " ".join(err.replace("│", " ").split())


def test_neither_torch_nor_pictures_are_loaded() -> None:
    code = (
        "import sys, cutis.cli.clinical, cutis.clinical.summary as s;"
        "from cutis.clinical.facts import Facts; s.summarise(Facts());"
        "print([m for m in ('torch', 'PIL', 'matplotlib', 'sklearn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
