"""What holds for every public set, and for the next one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from cutis.core.errors import CutisError
from cutis.core.manifest import SPLITS, Manifest, read_manifest
from cutis.data.importers import get_importer, importer_names
from cutis.data.importers._importer import import_set
from cutis.imaging.read import read_rgb

Publish = Callable[[str], Path]
every_set = pytest.mark.parametrize("name", importer_names())


@every_set
def test_an_importer_says_what_it_is(name: str) -> None:
    importer = get_importer(name)
    assert importer.name == name
    assert importer.title and importer.licence and importer.source and importer.target


@every_set
def test_the_table_of_sets_in_the_documentation_is_complete(name: str) -> None:
    importer = get_importer(name)
    lines = (Path(__file__).parents[3] / "docs" / "datasets.md").read_text(encoding="utf-8").splitlines()
    (line,) = [line for line in lines if line.startswith(f"| `{name}` |") and f"`{importer.target}`" in line]
    assert f"| {importer.licence} |" in line


@every_set
def test_the_manifest_of_a_set_is_read_back_and_its_images_open(
    name: str, imported: Callable[[str], Manifest]
) -> None:
    manifest = imported(name)
    assert manifest.labels
    assert all(read_rgb(path).ndim == 3 for path in manifest.paths)
    assert not any(Path(image).is_absolute() for image in manifest.table["image"])


@every_set
def test_the_vocabulary_is_that_of_the_contract(name: str, imported: Callable[[str], Manifest]) -> None:
    table = imported(name).table
    assert table["modality"].is_in(["dermoscopic", "clinical", "confocal", "fundus"]).all()
    if "split" in table.columns:
        assert set(table["split"]) <= set(SPLITS) and table["split"].n_unique() > 1
    if "skin_type" in table.columns:
        assert set(table["skin_type"].drop_nulls()) <= {*"123456", "1-2", "3-4", "5-6"}
    if "body_site" in table.columns:
        sites = table["body_site"].drop_nulls()
        assert sites.str.contains(r"^[a-z]+( [a-z]+)*$").all()
        assert not sites.is_in(["unknown"]).any()


@every_set
def test_no_column_is_empty_and_none_is_left_for_the_user_to_guess(
    name: str, imported: Callable[[str], Manifest]
) -> None:
    table = imported(name).table
    assert [column for column in table.columns if table[column].is_null().all()] == []
    assert all(column == column.lower() and " " not in column for column in table.columns)


@every_set
def test_csv_and_parquet_say_the_same_and_twice_is_the_same(
    name: str, publish: Publish, tmp_path: Path
) -> None:
    importer, folder = get_importer(name), publish(name)
    tables = []
    for out in ("a/m.csv", "b/m.csv", "c/m.parquet"):
        import_set(importer, folder, tmp_path / out)
        table = read_manifest(tmp_path / out, target=importer.target).table
        tables.append(table.drop("row").with_columns(pl.col("image").str.replace("^.*/", "")))
    assert tables[0].equals(tables[1])
    assert tables[0].equals(tables[2])


@every_set
def test_an_empty_folder_is_told_what_was_looked_for(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(CutisError, match=r"looked for .*\.(csv|npz).* but found no tables, and 0 images"):
        import_set(get_importer(name), tmp_path / "empty", tmp_path / "m.csv")
    assert not (tmp_path / "m.csv").exists()


@every_set
def test_the_owners_folder_is_left_as_it_was(name: str, publish: Publish, tmp_path: Path) -> None:
    folder = publish(name)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    import_set(get_importer(name), folder, tmp_path / "m.csv")
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_an_unknown_name_lists_the_importers() -> None:
    with pytest.raises(
        CutisError, match=r"no importer 'ham1000'. Did you mean 'ham10000'.*ddi, derm7pt"
    ) as told:
        get_importer("ham1000")
    assert all(name in str(told.value) for name in importer_names())


@pytest.mark.parametrize("name", ["PAD-UFES-20", "pad-ufes-20", "pad_ufes_20"])
def test_case_and_hyphens_of_a_name_do_not_matter(name: str) -> None:
    assert get_importer(name).name == "pad_ufes_20"
