"""What sets have in common: finding images, groups, splits, and writing all or nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutis.core.errors import CutisError, ManifestError, OutputError
from cutis.core.manifest import read_manifest
from cutis.data.importers import get_importer
from cutis.data.importers._importer import arranged, import_set

Publish = Callable[[str], Path]


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*"))


def test_listed_images_that_are_missing_are_counted_and_named(publish: Publish, tmp_path: Path) -> None:
    folder = publish("ham10000")
    (folder / "HAM10000_images_part_1" / "ISIC_0027419.jpg").unlink()
    (folder / "HAM10000_images_part_2" / "ISIC_0026769.jpg").unlink()
    with pytest.raises(CutisError, match=r"2 of 5 images .* ISIC_0027419, ISIC_0026769.*--skip-missing"):
        import_set(get_importer("ham10000"), folder, tmp_path / "out" / "m.csv")
    assert not (tmp_path / "out").exists()


def test_missing_images_are_left_out_when_asked(publish: Publish, tmp_path: Path) -> None:
    folder = publish("ham10000")
    (folder / "HAM10000_images_part_2" / "ISIC_0026769.jpg").unlink()
    done = import_set(get_importer("ham10000"), folder, tmp_path / "m.csv", skip_missing=True)
    assert done.missing == ("ISIC_0026769",)
    assert read_manifest(tmp_path / "m.csv", target="dx").table.height == 4


def test_a_set_without_any_of_its_images_is_not_a_manifest_even_when_skipping(
    publish: Publish, tmp_path: Path
) -> None:
    folder = publish("ddi")
    for image in folder.glob("*.png"):
        image.unlink()
    with pytest.raises(CutisError, match="none of the 3 images"):
        import_set(get_importer("ddi"), folder, tmp_path / "m.csv", skip_missing=True)


def test_archives_that_are_still_packed_are_named(tmp_path: Path) -> None:
    (tmp_path / "HAM10000_images_part_1.zip").write_bytes(b"PK")
    with pytest.raises(CutisError, match=r"HAM10000_metadata\.csv.*Unpack HAM10000_images_part_1\.zip first"):
        import_set(get_importer("ham10000"), tmp_path, tmp_path / "m.csv")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CutisError, match="there is no such folder"):
        import_set(get_importer("ddi"), tmp_path / "nowhere", tmp_path / "m.csv")


def test_a_manifest_has_a_known_ending_and_that_is_said_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(CutisError, match=r"m\.xlsx: a manifest is a \.csv or a \.parquet file"):
        import_set(get_importer("ddi"), tmp_path / "nowhere", tmp_path / "m.xlsx")


def test_every_wrong_cell_of_a_table_is_named_with_its_line(publish: Publish, tmp_path: Path) -> None:
    folder = publish("pad_ufes_20")
    table = folder / "metadata.csv"
    table.write_text(table.read_text().replace(",NEV,", ",NVE,").replace(",55,", ",155,"))
    with pytest.raises(ManifestError) as told:
        import_set(get_importer("pad_ufes_20"), folder, tmp_path / "m.csv")
    first, second = told.value.problems
    assert "metadata.csv:2: diagnostic is 'NVE', not one of ack, bcc" in first
    assert "metadata.csv:3: age is '155', not a number of years from 0 to 120" in second
    assert not (tmp_path / "m.csv").exists()


def test_a_table_that_is_not_the_owners_says_which_columns_are_missing(
    publish: Publish, tmp_path: Path
) -> None:
    folder = publish("ddi")
    table = folder / "ddi_metadata.csv"
    table.write_text(table.read_text().replace("DDI_file", "file").replace("skin_tone", "tone"))
    with pytest.raises(
        ManifestError, match="no column DDI_file, skin_tone; the columns are DDI_ID, file, tone"
    ):
        import_set(get_importer("ddi"), folder, tmp_path / "m.csv")


def test_an_image_that_is_listed_twice_stops_the_import(publish: Publish, tmp_path: Path) -> None:
    folder = publish("fitzpatrick17k")
    table = folder / "fitzpatrick17k.csv"
    lines = table.read_text().splitlines()
    table.write_text("\n".join([*lines, lines[1]]))
    with pytest.raises(
        ManifestError, match="csv:4: md5hash is '5e82a45bc5d78bd24ae9202d194423f8', which row 2"
    ):
        import_set(get_importer("fitzpatrick17k"), folder, tmp_path / "m.csv")


def test_copies_are_counted_and_the_nearest_is_taken(publish: Publish, tmp_path: Path) -> None:
    folder = publish("ddi")
    (folder / "small").mkdir()
    (folder / "small" / "000001.png").write_bytes((folder / "000001.png").read_bytes())
    done = import_set(get_importer("ddi"), folder, tmp_path / "m.csv")
    assert done.copies == 1
    assert "small" not in done.table["image"][0]


def test_two_tables_that_could_both_be_meant_are_not_guessed_between(
    publish: Publish, tmp_path: Path
) -> None:
    folder = publish("ddi")
    table = folder / "ddi_metadata.csv"
    for place in ("one", "two"):
        (folder / place).mkdir()
        (folder / place / table.name).write_bytes(table.read_bytes())
    table.unlink()
    with pytest.raises(CutisError, match=r"one/ddi_metadata\.csv, two/ddi_metadata\.csv could each be"):
        import_set(get_importer("ddi"), folder, tmp_path / "m.csv")


def test_images_are_found_from_a_manifest_in_any_place(publish: Publish, tmp_path: Path) -> None:
    folder = publish("ddi")
    for out in (folder / "m.csv", tmp_path / "deep" / "down" / "m.csv"):
        import_set(get_importer("ddi"), folder, out)
        assert all(path.is_file() for path in read_manifest(out).paths)


def test_images_are_found_through_links(publish: Publish, tmp_path: Path) -> None:
    folder = publish("ddi")
    (tmp_path / "disk").mkdir()
    for image in folder.glob("*.png"):
        image.rename(tmp_path / "disk" / image.name)
    (folder / "images").symlink_to(tmp_path / "disk")
    (folder / "again").symlink_to(folder)  # leads back: must not be followed for ever
    done = import_set(get_importer("ddi"), folder, tmp_path / "m.csv")
    assert done.table.height == 3


def test_a_manifest_that_was_there_survives_a_failed_import(publish: Publish, tmp_path: Path) -> None:
    out = tmp_path / "m.csv"
    out.write_text("precious")
    folder = publish("ddi")
    (folder / "000001.png").unlink()
    with pytest.raises(CutisError):
        import_set(get_importer("ddi"), folder, out)
    assert out.read_text() == "precious"


def test_an_array_set_writes_its_images_beside_the_manifest(publish: Publish, tmp_path: Path) -> None:
    steps: list[int] = []
    import_set(get_importer("dermamnist"), publish("dermamnist"), tmp_path / "d.csv", progress=steps.append)
    assert sum(steps) == 6
    assert files(tmp_path / "d_images" / "train") == ["00000.png", "00001.png", "00002.png"]
    with pytest.raises(OutputError, match="d_images: is there already"):
        import_set(get_importer("dermamnist"), tmp_path / "published dermamnist", tmp_path / "d.csv")


def test_a_damaged_array_leaves_nothing_behind(publish: Publish, tmp_path: Path) -> None:
    archive = publish("dermamnist") / "dermamnist_64.npz"
    whole = archive.read_bytes()
    out = tmp_path / "out"
    for damaged in (whole[: len(whole) // 2], whole[:2000] + b"\0" * 500 + whole[2500:], b"no archive"):
        archive.write_bytes(damaged)
        with pytest.raises(CutisError, match="not a whole MedMNIST file"):
            import_set(get_importer("dermamnist"), archive, out / "d.csv")
        assert not out.exists() or files(out) == []


def test_images_of_an_array_go_when_its_manifest_cannot_be_written(
    publish: Publish, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OutputError("d.csv: could not be written (No space left on device).")

    monkeypatch.setattr("cutis.data.importers._importer.write_manifest", full)
    out = tmp_path / "out"
    with pytest.raises(OutputError, match="No space left"):
        import_set(get_importer("dermamnist"), publish("dermamnist"), out / "d.csv")
    assert files(out) == []


ids = st.sampled_from(["a", "b", "c", None])


@given(st.lists(st.tuples(ids, ids, st.sampled_from(["train", "test"])), min_size=1, max_size=12))
def test_every_image_gets_a_group_and_known_groups_are_kept(
    rows: list[tuple[str | None, str | None, str]],
) -> None:
    table = pl.DataFrame(
        {
            "image": [f"{number}.png" for number in range(len(rows))],
            "image_id": [f"image {number}" for number in range(len(rows))],
            "patient_id": pl.Series([row[0] for row in rows], dtype=pl.String),
            "lesion_id": pl.Series([row[1] for row in rows], dtype=pl.String),
            "dx": ["nv"] * len(rows),
            "split": [row[2] for row in rows],
        }
    )
    result = arranged(table, "dx")
    for column, before in (("patient_id", 0), ("lesion_id", 1)):
        if any(row[before] for row in rows):
            assert result[column].null_count() == 0
            kept = [
                (row[before], after) for row, after in zip(rows, result[column], strict=True) if row[before]
            ]
            assert all(old == new for old, new in kept)
        else:
            assert column not in result.columns
    if {"patient_id", "lesion_id"} <= set(result.columns):
        lonely = result.filter(pl.Series([row[0] is None for row in rows]))
        for patient, lesion in lonely.select("patient_id", "lesion_id").iter_rows():
            mates = {row[0] for row in rows if row[1] == lesion and row[0]}
            assert patient in (mates or {lesion})
    assert ("split" in result.columns) == (len({row[2] for row in rows}) == 2)
