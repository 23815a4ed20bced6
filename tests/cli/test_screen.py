"""`cutis screen`: one command from photos to a recommendation."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cutis.cli import build_app, main


@pytest.fixture
def bundle(colour_bundle: Path, tmp_path: Path) -> Path:
    """The bundle of colours, which looks for red."""
    from dataclasses import replace

    from cutis.core.bundle import Bundle, OperatingPoint, Vectors, write_bundle

    opened = Bundle.open(colour_bundle)
    info = replace(opened.info, operating_points=(OperatingPoint("red", "red", 0.5, "youden"),))
    write_bundle(tmp_path / "red.cutis", info, opened.model, "# Red\n", Vectors((), "by hand", 1e-3, 0.0))
    return tmp_path / "red.cutis"


def photo(path: Path) -> Path:
    rows, columns = np.indices((240, 300))
    skin = np.array([215, 170, 150]) + np.random.default_rng(0).normal(0, 3, (240, 300, 3))
    for row, column in ((60, 70), (170, 200)):
        skin[np.hypot(rows - row, columns - column) < 18] -= (5, 60, 50)
    Image.fromarray(np.clip(skin, 0, 255).astype(np.uint8)).save(path)
    return path


def test_photos_become_files_and_a_sentence(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    arguments = ["screen", str(bundle), str(photo(tmp_path / "arm.png")), "--out", str(out)]
    monkeypatch.setattr("sys.argv", ["cutis", *arguments])
    with pytest.raises(SystemExit) as ended:
        build_app(arguments)(arguments)
    assert ended.value.code == 0
    said = capsys.readouterr()
    assert "trained on rendered images, not for care" in said.err
    assert "never a diagnosis" in said.out
    assert said.out.splitlines()[-1].startswith(f"Screening: {out / 'screening.html'}")
    assert {path.name for path in out.iterdir()} == {
        "lesions.csv", "patient.json", "screening.html", "overlay_01_arm.png",
    }  # fmt: skip
    assert len(json.loads((out / "patient.json").read_text())["photos"][0]["lesions"]["lesions"]) == 2


def test_nothing_but_unreadable_photos_is_an_error(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"no photo")
    arguments = ["screen", str(bundle), str(tmp_path / "broken.jpg"), "--out", str(tmp_path / "out")]
    monkeypatch.setattr("sys.argv", ["cutis", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert "broken.jpg" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def run(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr("sys.argv", ["cutis", *arguments])
    with pytest.raises(SystemExit) as ended:
        build_app(arguments)(arguments)
    return int(ended.value.code or 0)


def test_facts_stand_beside_the_photos_and_make_the_answer_more_urgent_only(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arm = photo(tmp_path / "arm.png")
    answers = {}
    for name, facts in (
        ("none", None),
        ("ill", {"skin_pain": True, "mucosal_sites": ["mouth"], "drugs": [{"name": "allopurinol"}]}),
        ("well", {"skin_pain": False, "temperature": 36.8}),
    ):
        arguments = ["screen", str(bundle), str(arm), "--out", str(tmp_path / name)]
        if facts is not None:
            (tmp_path / f"{name}.json").write_text(json.dumps(facts))
            arguments += ["--facts", str(tmp_path / f"{name}.json")]
        assert run(arguments, monkeypatch) == 0
        answers[name] = json.loads((tmp_path / name / "patient.json").read_text())
    assert answers["none"]["clinical"] is None
    assert answers["ill"]["refer"] is True
    assert answers["ill"]["answer"].startswith("Refer")
    assert answers["well"]["refer"] == answers["none"]["refer"] == answers["none"]["refer_by_photos"]
    assert answers["ill"]["clinical"]["urgency"] == "urgent"
    page = (tmp_path / "ill" / "screening.html").read_text()
    assert "Clinical facts" in page and "SCORTEN" in page and "allopurinol" in page
    assert "Clinical facts" not in (tmp_path / "none" / "screening.html").read_text()
    assert "By the facts: Refer urgently" in capsys.readouterr().out


def test_facts_of_two_patients_or_wrong_ones_stop_before_photos_are_read(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arm = photo(tmp_path / "arm.png")
    for text, expected in (
        ('[{"age": 50}, {"age": 60}]', "2 patients"),
        ('{"temperature": 370}', "Did you mean 37.0"),
    ):
        (tmp_path / "facts.json").write_text(text)
        arguments = ["screen", str(bundle), str(arm), "--out", str(tmp_path / "out")]
        monkeypatch.setattr("sys.argv", ["cutis", *arguments, "--facts", str(tmp_path / "facts.json")])
        with pytest.raises(SystemExit) as ended:
            main()
        assert ended.value.code in (1, 2)
        said = " ".join(capsys.readouterr().err.replace("│", " ").split())
        assert expected in said
        assert not (tmp_path / "out").exists()
