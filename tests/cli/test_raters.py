"""`cutis data raters` from the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from cutis.cli import main
from cutis.stats.graded_raters import answer_tables

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def cutis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command beside m.csv: 80 photos of 40 lesions, graded 1 to 4 by four raters, some missing."""
    rng = np.random.default_rng(0)
    habits = answer_tables([-0.5, 0.0, 0.1, 0.4], [0.5, 0.5, 0.8, 0.8], 4)
    rows = ["image,lesion_id,rater_ann,rater_ben,rater_cleo,rater_dan"]
    for number in range(80):
        grade = rng.integers(0, 4)
        said = [str(1 + rng.choice(4, p=habit[grade])) if rng.random() > 0.1 else "" for habit in habits]
        rows.append(",".join((f"images/{number}.png", f"L{number // 2}", *said)))
    (tmp_path / "m.csv").write_text("\n".join(rows) + "\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["cutis", "data", "raters", *arguments, "--replicates", "200"])
        with pytest.raises(SystemExit) as caught:
            main()
        streams = capsys.readouterr()
        return int(caught.value.code or 0), streams.out, streams.err

    return run


def test_one_table_tells_how_far_raters_agree(cutis: Run) -> None:
    status, out, err = cutis("m.csv", "--task", "image_quality")
    assert (status, err) == (0, "")
    lines = [line.split() for line in out.splitlines() if line.strip()]
    assert out.splitlines()[0].strip() == "80 photos of 40 lesions, 4 raters, 4 grades"
    names = [line[0] for line in lines]
    for name in ("ratings", "quadratic", "exact", "Fleiss", "Krippendorff", "Gwet", "ICC(2,1)", "ICC(2,k)"):
        assert names.count(name) == 1
    assert sum(line[:2] == ["cleo,", "dan"] for line in lines) == 2  # of kappa and of exact agreement
    assert len([line for line in lines if line[:2] == ["mean", "of"]]) == 2
    kappa = next(line for line in lines if line[0] == "quadratic")
    low, high = map(float, kappa[-1].split("–"))
    assert low < float(kappa[-2]) < high
    assert max(map(len, out.splitlines()[:-1])) <= 80


def test_the_same_seed_gives_the_same_table(cutis: Run) -> None:
    assert cutis("m.csv")[1] == cutis("m.csv")[1]
    assert cutis("m.csv")[1] != cutis("m.csv", "--seed", "1")[1]


def test_the_vote_becomes_the_target_of_the_task(cutis: Run) -> None:
    status, out, err = cutis("m.csv", "--task", "image_quality", "--out", "there/voted.csv")
    assert status == 0
    assert out.splitlines()[-1] == "Consensus of the raters in column quality: there/voted.csv"
    table = pl.read_csv("there/voted.csv", infer_schema=False)
    assert set(table["quality"].drop_nulls()) <= {"1", "2", "3", "4"}
    assert "consensus_probability" not in table.columns
    assert table["image"][0] == "../images/0.png"
    ratings = table.select(pl.col("^rater_.*$")).rows()
    ties = 0
    for said, vote in zip(ratings, table["quality"], strict=True):
        given = [one for one in said if one is not None]
        most = max((given.count(one) for one in given), default=0)
        leading = sorted({one for one in given if given.count(one) == most})
        ties += len(leading) > 1
        assert vote == (leading[0] if leading else None)
    assert ties > 0
    assert f"Ties go to the lower grade: {ties} photos." in err


@pytest.mark.parametrize("method", ["dawid-skene", "graded"])
def test_a_model_writes_its_probability_too(cutis: Run, method: str) -> None:
    status, _, err = cutis("m.csv", "--consensus", method, "--out", "o.parquet")
    assert status == 0
    assert "Grades found, lowest first: 1, 2, 3, 4." in err
    table = pl.read_parquet("o.parquet")
    assert table["consensus_probability"].drop_nulls().is_between(0.25, 1).all()
    assert table["consensus"].null_count() == table["consensus_probability"].null_count()


def test_classes_with_ties_stay_open(cutis: Run) -> None:
    Path("c.csv").write_text(
        "image,rater_a,rater_b\n1.png,mel,nv\n2.png,nv,nv\n3.png,mel,mel\n4.png,,\n5.png,,nv\n"
    )
    status, out, err = cutis("c.csv", "--out", "o.csv", "--target", "dx")
    assert status == 0
    assert "Cohen kappa" in out
    assert "ICC" not in out
    assert "Classes found: mel, nv." in err
    assert "every photo counts as a patient of its own" in err
    assert "Ties have no consensus: 1 photo." in err
    assert "Nobody rated 1 photo; the consensus is empty there." in err
    assert pl.read_csv("o.csv")["dx"].to_list() == [None, "nv", "mel", None, "nv"]


def test_what_is_not_defined_is_said_in_words(cutis: Run) -> None:
    Path("s.csv").write_text("image,rater_a,rater_b\n1.png,2,2\n2.png,2,2\n")
    status, out, _ = cutis("s.csv", "--task", "confocal")
    assert status == 0
    assert "nan" not in out
    kappa = next(line for line in out.splitlines() if "quadratic kappa" in line)
    assert "not defined: everybody said the same" in kappa
    gwet = next(line for line in out.splitlines() if "Gwet AC2" in line)
    assert "1.000" in gwet


def test_a_target_that_is_there_is_replaced_only_when_told_so(cutis: Run) -> None:
    cutis("m.csv", "--out", "o.csv", "--consensus", "graded")
    before = Path("o.csv").read_bytes()
    status, out, err = cutis("o.csv", "--out", "o.csv")
    assert (status, out) == (1, "")
    assert err.strip().endswith(
        "o.csv:1: there is a column 'consensus' already. "
        "Replace it with --replace, or choose another column with --target."
    )
    assert Path("o.csv").read_bytes() == before
    assert cutis("o.csv", "--out", "o.csv", "--replace")[0] == 0
    assert "consensus_probability" not in Path("o.csv").read_text()
    assert not list(Path().glob(".*.part"))


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("m.csv", "--task", "skin"), 1, "there is no task 'skin'"),
        (("m.csv", "--consensus", "graded"), 2, "give it too"),
        (("m.csv", "--out", "o.csv", "--consensus", "mean"), 2, "dawid-skene"),
        (("m.csv", "--out", "o.txt"), 1, "o.txt: a manifest is a .csv or a .parquet file"),
        (("m.csv", "--out", "o.csv", "--target", "rater_ann"), 1, "cannot hold a consensus"),
        (("m.csv", "--task", "dermoscopy"), 1, "m.csv:2: rater_ann is '"),
        (("missing.csv",), 1, "there is no such file"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_written(
    cutis: Run, arguments: tuple[str, ...], status: int, message: str
) -> None:
    found, out, err = cutis(*arguments)
    assert (found, out) == (status, "")
    assert message in err
    assert not list(Path().glob("o.*"))


def test_names_are_shown_as_they_are(cutis: Run) -> None:
    Path("b.csv").write_text("image,rater_[red],rater_[/b]\n1.png,1,2\n2.png,2,2\n")
    status, out, _ = cutis("b.csv")
    assert status == 0
    assert "[red], [/b]" in out
