"""`cutis plan` from the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cutis.cli import main
from cutis.stats.sample_size import cases_for_goal, patients_for

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["cutis", "plan", *arguments])
        with pytest.raises(SystemExit) as caught:
            main()
        streams = capsys.readouterr()
        return int(caught.value.code or 0), " ".join(streams.out.split()), streams.err

    return run


def test_a_sensitivity_against_a_goal(plan: Run) -> None:
    status, out, _ = plan("share", "--expected", "0.936", "--goal", "0.88", "--prevalence", "0.1")
    cases = cases_for_goal(0.936, 0.88)
    assert status == 0
    assert f"{cases:,} patients of the class in question (of {patients_for(cases, 0.1):,} seen" in out
    assert "power of 80% to show more than 0.88" in out


def test_several_photos_of_a_patient_cost_photos_and_save_patients(plan: Run) -> None:
    _, out, _ = plan("share", "--expected", "0.9", "--width", "0.1", "--photos", "3", "--correlation", "0.5")
    assert "282 photos of 94 patients" in out  # 141 independent ones, twice that for photos of a patient


def test_paired_areas_and_shares(plan: Run) -> None:
    status, out, _ = plan("area", "--expected", "0.9", "--against", "0.85", "--margin", "0.02")
    assert status == 0
    assert "to show a loss of less than 0.02 over an AUC of 0.85" in out
    status, out, _ = plan("pair", "--wins", "0.2", "--losses", "0.1")
    assert "234 patients" in out  # Connor's formula
    assert "to show a gain" in out


def test_readers_from_a_pilot_and_without(plan: Run, tmp_path: Path) -> None:
    parts = {
        "interaction_variance": 0.00020040252,
        "variance": 0.00080228827,
        "cov1": 0.00034661371,
        "cov2": 0.00034407483,
        "cov3": 0.00023902837,
    }
    (tmp_path / "mrmc.json").write_text(json.dumps({"study": {"cases": 114}, "auc": {"components": parts}}))
    status, out, _ = plan(
        "readers", "--difference", "0.0438003", "--pilot", "mrmc.json", "--readers", "3,6,10"
    )
    assert status == 0
    assert "none will do" in out
    assert "251" in out  # published for Van Dyke's pilot: 6 readers and 251 cases, 10 readers and 163
    assert "6 readers and 251 cases" in out
    assert "163" in out
    status, out, _ = plan("readers", "--difference", "0.05", "--these-readers")
    assert status == 0
    assert "for these readers. Variances are those of an assumed AUC of 0.85" in out


def test_what_cannot_be_planned_is_said(plan: Run, tmp_path: Path) -> None:
    assert plan("share", "--expected", "0.9")[0] == 2
    assert plan("readers", "--difference", "0.05", "--readers", "few")[0] == 2
    assert plan("readers", "--difference", "0")[0] == 2
    for wrong in (("nan",), ("1.5",), ("0.05", "--power", "1"), ("0.05", "--reader-range", "-1")):
        assert plan("readers", "--difference", *wrong)[0] == 1
    (tmp_path / "other.json").write_text("{}")
    status, _, err = plan("readers", "--difference", "0.05", "--pilot", "other.json")
    assert status == 1
    assert "other.json: not an mrmc.json" in err
    status, _, err = plan("share", "--expected", "0.8", "--goal", "0.9")
    assert status == 1
    assert "not above the goal" in err
