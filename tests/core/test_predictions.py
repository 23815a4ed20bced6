"""Predictions survive kills and full disks when written, and every wrong cell is named when read."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cutis.core.errors import OutputError, PredictionsError
from cutis.core.predictions import conditions_in, of_condition, read_predictions
from cutis.core.predictions_writer import PredictionsWriter

LABELS = ("nv", "mel")
HEADER = "image_id,lesion_id,source,kind,prediction,p_nv,p_mel\n"


def write(
    path: Path, ids: list[str], *, key: str = "k", group: str = "lesion_id", restart: bool = False
) -> None:
    with PredictionsWriter(path, LABELS, group=group, key=key, restart=restart) as writer:
        for image in ids:
            if image not in writer.done:
                writer.write(image, f"lesion of {image}", "net", "nv", (0.75, 0.25))


def killed_after(path: Path, ids: list[str], *, key: str = "k") -> None:
    with (
        pytest.raises(KeyboardInterrupt),
        PredictionsWriter(path, LABELS, group="lesion_id", key=key) as writer,
    ):
        for image in ids:
            writer.write(image, f"lesion of {image}", "net", "nv", (0.75, 0.25))
        raise KeyboardInterrupt


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_what_is_written_is_read_back(tmp_path: Path, suffix: str) -> None:
    write(tmp_path / f"p{suffix}", ["a", "b, c", 'd "e"'])
    rows = read_predictions([tmp_path / f"p{suffix}"])
    assert rows.columns == ["image_id", "lesion_id", "source", "kind", "prediction", "p_nv", "p_mel"]
    assert rows["image_id"].to_list() == ["a", "b, c", 'd "e"']
    assert rows["kind"].unique().to_list() == ["model"]
    assert rows["p_mel"].to_list() == [0.25] * 3
    assert [file.name for file in tmp_path.iterdir()] == [f"p{suffix}"]


def test_an_image_that_is_its_own_group_stands_once_in_a_row(tmp_path: Path) -> None:
    write(tmp_path / "p.csv", ["a"], group="image_id")
    assert (tmp_path / "p.csv").read_text() == (
        "image_id,source,kind,prediction,p_nv,p_mel\na,net,model,nv,0.75,0.25\n"
    )


@given(p=st.floats(0, 1, width=32))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_probability_keeps_its_float32_value(tmp_path: Path, p: float) -> None:
    with PredictionsWriter(tmp_path / "p.csv", LABELS, key="k") as writer:
        writer.write("a", "", "net", "nv", (p, 1 - p))
    assert read_predictions([tmp_path / "p.csv"])["p_nv"][0] == pytest.approx(p, rel=1e-6, abs=1e-12)


def test_the_file_appears_only_when_it_is_complete(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("earlier result")
    killed_after(tmp_path / "p.csv", ["a"])
    assert (tmp_path / "p.csv").read_text() == "earlier result"


def test_a_killed_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    killed_after(tmp_path / "p.csv", ["a", "b"])
    with PredictionsWriter(tmp_path / "p.csv", LABELS, group="lesion_id", key="k") as writer:
        assert writer.done == {"a", "b"}
        writer.write("c", "lesion of c", "net", "mel", (0.25, 0.75))
    assert read_predictions([tmp_path / "p.csv"])["image_id"].to_list() == ["a", "b", "c"]


@given(lost=st.integers(0, 60))
def test_a_row_torn_by_the_kill_is_done_again(tmp_path_factory: pytest.TempPathFactory, lost: int) -> None:
    path = tmp_path_factory.mktemp("torn") / "p.csv"
    killed_after(path, ["a", "b\nb", "c"])
    journal = path.with_name(".p.csv.journal")
    journal.write_bytes(journal.read_bytes()[: -lost or None])
    write(path, ["a", "b\nb", "c"])
    with path.open(newline="") as handle:
        rows = list(csv.reader(handle))
    assert [row[0] for row in rows[1:]] == ["a", "b\nb", "c"]
    assert {row[-1] for row in rows[1:]} == {"0.25"}


def test_a_run_of_another_model_is_refused_until_told_to_restart(tmp_path: Path) -> None:
    killed_after(tmp_path / "p.csv", ["a"], key="one model")
    with pytest.raises(OutputError, match=r"another model.*--restart"):
        write(tmp_path / "p.csv", ["a"], key="another model")
    write(tmp_path / "p.csv", ["b"], key="another model", restart=True)
    assert read_predictions([tmp_path / "p.csv"])["image_id"].to_list() == ["b"]


def test_a_full_disk_says_so_and_keeps_the_rows(tmp_path: Path) -> None:
    class Full(io.StringIO):
        def flush(self) -> None:
            raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match=r"No space left on device.*make room"):  # noqa: SIM117
        with PredictionsWriter(tmp_path / "p.csv", LABELS, group="lesion_id", key="k") as writer:
            writer.write("a", "lesion of a", "net", "nv", (0.75, 0.25))
            assert writer._handle is not None
            writer._handle.flush()
            writer._handle = Full()  # type: ignore[assignment]
            writer._flushed = 0
            writer.write("b", "lesion of b", "net", "nv", (0.75, 0.25))
    assert not (tmp_path / "p.csv").exists()
    write(tmp_path / "p.csv", ["a", "b"])
    assert read_predictions([tmp_path / "p.csv"])["image_id"].to_list() == ["a", "b"]


def test_a_disk_that_is_really_full_says_so() -> None:
    device = Path("/dev/full")
    if not device.exists():
        pytest.skip("this system has no /dev/full")
    writer = PredictionsWriter("p.csv", LABELS, key="k")
    with device.open("w") as writer._handle:  # type: ignore[assignment]
        writer._writer = csv.writer(writer._handle)
        with pytest.raises(OutputError, match="No space left on device"):
            writer.write("a" * 100_000, "", "net", "nv", (0.75, 0.25))
        writer._handle.buffer.raw.close()  # type: ignore[union-attr]


def test_another_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"a \.csv or a \.parquet"):
        PredictionsWriter(tmp_path / "p.xlsx", LABELS, key="k")


def problems(tmp_path: Path, rows: str, header: str = HEADER) -> list[str]:
    (tmp_path / "p.csv").write_text(header + rows)
    with pytest.raises(PredictionsError) as error:
        read_predictions([tmp_path / "p.csv"])
    return [problem.removeprefix(str(tmp_path) + "/") for problem in error.value.problems]


def test_every_wrong_cell_is_named_at_once(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        "a,1,net,model,nv,0.9,0.1\n"
        ",1,net,model,nv,0.9,0.1\n"
        "b,1,net,robot,nv,0.9,0.1\n"
        "c,1,net,model,nv,1.9,0.1\n"
        "d,1,net,model,nv,x,0.1\n"
        "e,1,net,model,nv,,0.1\n"
        "f,1,net,model,bcc,0.9,0.1\n"
        "a,1,net,model,nv,0.9,0.1\n"
        "g,1,Dr A,reader,bcc,,\n"
        "h,1,Dr A,reader,,,\n",
    )
    assert [line.split(": ")[0] for line in found] == [f"p.csv:{row}" for row in (3, 4, 5, 6, 7, 8, 11, 9)]
    assert "image_id is empty" in found[0]
    assert "kind is 'robot', not one of model, reader" in found[1]
    assert "p_nv is '1.9', not a probability" in found[2]
    assert "p_nv is 'x', not a probability" in found[3]
    assert "image 'e' has some probabilities but not all" in found[4]
    assert "prediction is 'bcc', not one of nv, mel" in found[5]
    assert "prediction is empty" in found[6]
    assert "image 'a' has a prediction of source 'net' already" in found[7]


def test_missing_columns_are_named(tmp_path: Path) -> None:
    found = problems(tmp_path, "a,nv\n", header="image,prediction\n")
    assert [line.split("there is no column ")[1].split(".")[0] for line in found] == [
        "'image_id'",
        "'source'",
        "'kind'",
    ]


def test_doctors_and_models_stand_in_one_table(tmp_path: Path) -> None:
    write(tmp_path / "net.csv", ["a", "b"])
    (tmp_path / "doctor.csv").write_text("image_id,source,kind,prediction\na,Dr A,reader,mel\n")
    rows = read_predictions([tmp_path / "net.csv", tmp_path / "doctor.csv"])
    assert rows["source"].to_list() == ["net", "net", "Dr A"]
    assert rows["p_nv"].to_list() == [0.75, 0.75, None]
    assert rows.schema["p_nv"] == pl.Float64


def test_several_findings_are_joined(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(HEADER + "a,1,net,model,nv;mel,0.9,0.8\n")
    assert read_predictions([tmp_path / "p.csv"]).height == 1


GRADED = (
    "image_id,source,kind,prediction_pores,prediction_pores_deep,"
    "p_pores_0,p_pores_1,p_pores_deep_0,p_pores_deep_1"
)


def test_conditions_have_their_own_columns_and_are_read_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    columns = ("pores_0", "pores_1", "pores_deep_0", "pores_deep_1")
    answers = ("prediction_pores", "prediction_pores_deep")
    with PredictionsWriter(path, columns, key="k", answers=answers, numbers=("score_pores",)) as writer:
        writer.write("a", "a", "net", ("0", "1"), (0.9, 0.1, 0.2, 0.8, 0.1))
    assert path.read_text().splitlines()[0] == GRADED + ",score_pores"
    rows = read_predictions([path])
    assert conditions_in(rows) == ("pores", "pores_deep")
    pores = of_condition(rows, "pores")
    assert pores.columns == ["image_id", "source", "kind", "prediction", "p_0", "p_1"]
    assert pores.row(0) == ("a", "net", "model", "0", 0.9, 0.1)
    assert of_condition(rows, "pores_deep").row(0)[3:] == ("1", 0.2, 0.8)


def test_what_is_present_has_one_probability_and_a_reader_needs_none(tmp_path: Path) -> None:
    net, doctor = tmp_path / "net.csv", tmp_path / "doctor.csv"
    net.write_text("image_id,source,kind,prediction_hair,p_hair\na,net,model,present,0.75\n")
    doctor.write_text("image_id,source,kind,prediction_hair,prediction_gel\na,Dr A,reader,absent,present\n")
    rows = read_predictions([net, doctor])
    hair = of_condition(rows, "hair")
    assert hair["prediction"].to_list() == ["present", "absent"]
    assert hair["p_absent"].to_list() == [0.25, None]
    assert hair["p_present"].to_list() == [0.75, None]
    assert of_condition(rows, "gel")["source"].to_list() == ["Dr A"]


def test_wrong_cells_of_conditions_are_named(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        "a,net,model,0,1,0.9,0.1,0.2,0.8\nb,net,model,2,1,0.9,0.1,0.2,0.8\n"
        "c,net,model,0,present,0.9,,0.2,0.8\nd,net,model,,1,,,0.2,0.8\n",
        header=GRADED + "\n",
    )
    assert len(found) == 3
    assert "prediction_pores is '2', not one of 0, 1" in found[0]
    assert any("image 'c' has some probabilities but not all" in line for line in found)
    assert any("prediction_pores_deep is 'present', not one of 0, 1" in line for line in found)


def test_tables_of_conditions_and_of_classes_are_judged_apart(tmp_path: Path) -> None:
    write(tmp_path / "net.csv", ["a"])
    (tmp_path / "skin.csv").write_text("image_id,source,kind,prediction_hair\na,Dr A,reader,absent\n")
    with pytest.raises(PredictionsError, match="Judge them apart"):
        read_predictions([tmp_path / "net.csv", tmp_path / "skin.csv"])
