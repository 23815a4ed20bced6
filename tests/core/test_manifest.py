"""A manifest is right, or every wrong row is named at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutis.core.errors import ManifestError
from cutis.core.labels import Categorical, MultiLabel, Ordinal
from cutis.core.manifest import Manifest, read_manifest, rebased, write_manifest

LABELS = Categorical(("bcc", "mel", "nv"))
Write = Callable[[str], Path]


@pytest.fixture
def written(tmp_path: Path) -> Write:
    """Write a manifest; a.jpg, b.jpg and c.jpg are there."""
    for name in "abc":
        (tmp_path / f"{name}.jpg").touch()

    def write(text: str) -> Path:
        path = tmp_path / "manifest.csv"
        path.write_bytes(text.encode())
        return path

    return write


def problems(path: Path, **options: object) -> list[str]:
    """What the error says, without the folder."""
    with pytest.raises(ManifestError) as caught:
        read_manifest(path, **options)  # type: ignore[arg-type]
    return [problem.replace(f"{path.parent}/", "") for problem in caught.value.problems]


def test_a_right_manifest_keeps_its_cells_and_knows_its_rows(written: Write) -> None:
    path = written("image,lesion_id,dx,age,site\na.jpg,L1,mel,45,back\nb.jpg,L2,,,\nc.jpg,L2,nv,0.5,arm\n")
    manifest = read_manifest(path, target="dx", labels=LABELS)
    assert (len(manifest), manifest.group, manifest.target) == (3, "lesion_id", "dx")
    assert manifest.table["row"].to_list() == [2, 3, 4]
    assert manifest.table["image_id"].to_list() == ["a", "b", "c"]
    assert manifest.table["age"].to_list() == [45, None, 0.5]
    assert manifest.table["site"].to_list() == ["back", None, "arm"]
    assert manifest.labels == ("mel", "nv")
    assert manifest.paths == [path.parent / f"{name}.jpg" for name in "abc"]
    assert len(manifest.labelled()) == 2


def test_empty_lines_over_the_header_are_counted_and_nothing_else(written: Write) -> None:
    manifest = read_manifest(written("\n\r\nimage,dx\na.jpg,mel\n\nb.jpg,nv\n"), target="dx", labels=LABELS)
    assert manifest.table["image_id"].to_list() == ["a", "b"]


def test_every_wrong_row_is_named_at_once_in_the_order_of_the_file(written: Write) -> None:
    path = written(
        "image,patient_id,dx,age,sex,split\n"
        "a.jpg,P1,melx,130,F,val\n"
        "b.jpg,,nv,NA,male,\n"
        "a.jpg,P1,,,,train\n"
        "x.jpg,P1,mel,-1,male,test\n"
    )
    found = problems(path, target="dx", labels=LABELS)
    beginnings = [
        "manifest.csv:2: age is '130', not a number of years from 0 to 120.",
        "manifest.csv:2: dx is 'melx', not one of bcc, mel, nv. Correct the cell, or leave it empty",
        "manifest.csv:2: sex is 'F', not one of female, male, other.",
        "manifest.csv:2: split is 'val', not one of train, tune, test.",
        "manifest.csv:3: age is 'NA'",
        "manifest.csv:3: patient_id is empty.",
        "manifest.csv:3: split is empty.",
        "manifest.csv:4: image_id is 'a', which row 2 has already.",
        "manifest.csv:5: age is '-1'",
        "manifest.csv:5: image is 'x.jpg', which is not a file.",
    ]
    assert len(found) == len(beginnings)
    for sentence, beginning in zip(found, beginnings, strict=True):
        assert sentence.startswith(beginning)


@pytest.mark.parametrize("cell", ["nan", "inf", "1e9", "forty", "120.01"])
def test_an_age_is_a_number_of_years(written: Write, cell: str) -> None:
    assert problems(written(f"image,age\na.jpg,{cell}\n")) == [
        f"manifest.csv:2: age is '{cell}', not a number of years from 0 to 120. "
        "Correct the cell, or leave it empty if it is not known."
    ]


def test_a_missing_column_is_named_with_the_one_that_may_be_meant(written: Write) -> None:
    found = problems(written("img,Dx\na.jpg,nv\n"), target="dx", group="clinic")
    assert found == [
        "manifest.csv:1: there is no column 'image' (the path of each image). Did you mean 'img'?",
        "manifest.csv:1: there is no column 'dx' (the target). Did you mean 'Dx'?",
        "manifest.csv:1: there is no column 'clinic' (the group). Rename or add it; the columns are img, Dx.",
    ]


@pytest.mark.parametrize(
    ("column", "meant"),
    [
        ("leison_id", "lesion_id"),
        ("Patient ID", "patient_id"),
        ("patientid", "patient_id"),
        ("splits", "split"),
        ("Age", "age"),
    ],
)
def test_a_misspelt_column_is_an_error_because_it_would_silently_not_count(
    written: Write, column: str, meant: str
) -> None:
    (found,) = problems(written(f"image,{column}\na.jpg,1\n"))
    assert f"column '{column}' is not read. Did you mean '{meant}'?" in found


@pytest.mark.parametrize("column", ["stage", "device", "site", "rater_a", "image_type", "modality"])
def test_other_columns_are_carried_along(written: Write, column: str) -> None:
    assert read_manifest(written(f"image,{column}\na.jpg,1\n")).table[column].to_list() == ["1"]


@pytest.mark.parametrize(
    ("header", "group"),
    [
        ("patient_id,lesion_id", "patient_id"),
        ("x,lesion_id", "lesion_id"),
        ("x,y", "image_id"),
    ],
)
def test_the_group_is_the_patient_else_the_lesion_else_the_image(
    written: Write, header: str, group: str
) -> None:
    assert read_manifest(written(f"image,{header}\na.jpg,1,2\n")).group == group


def test_one_lesion_may_be_that_of_two_patients_when_patients_are_the_group(written: Write) -> None:
    path = written("image,patient_id,lesion_id\na.jpg,P1,1\nb.jpg,P2,1\n")
    assert read_manifest(path).group == "patient_id"


def test_rows_are_counted_as_an_editor_counts_lines(written: Write) -> None:
    path = written('image,note,sex\r\na.jpg,"two\r\nlines",male\r\n\r\nb.jpg,,m\r\n\r\n')
    assert problems(path)[0].startswith("manifest.csv:5: sex is 'm'")


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_separators_spaces_and_a_byte_order_mark_of_spreadsheets_are_read(
    written: Write, separator: str
) -> None:
    path = written("\ufeff" + "image, dx \na.jpg, mel \nb.jpg,\n".replace(",", separator))
    assert read_manifest(path, target="dx").table["dx"].to_list() == ["mel", None]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"image,dx\n", "has no rows"),
        (b"image,dx\na.jpg,\xe4\n", "manifest.csv:2: is not UTF-8 text"),
        (b"image\0", "is not a text file"),
        (b"image,dx,dx\na.jpg,1,2\n", "column 'dx' stands twice"),
        (b"image,dx\na.jpg,1\nb.jpg,2,3\n", "manifest.csv:3: has 3 cells where the header has 2"),
        (b"image,dx\na.jpg,1\nb.jpg\n", "manifest.csv:3: has 1 cell where the header has 2"),
        (b"\n\nimage,dx\na.jpg,1\nb.jpg,2,3\n", "manifest.csv:5: has 3 cells where the header has 2"),
        (b'image,dx\na.jpg,"1\n2"\nb.jpg,"2\n', "manifest.csv:4: has a quotation mark that is not closed"),
        (b'\nimage,dx\na.jpg,1\n"b" c.jpg,2\n', "manifest.csv:4: has a quotation mark that is not closed"),
        (b'image,dx\na.jpg,"1\nb.jpg,2\n', "manifest.csv"),
    ],
)
def test_a_file_that_is_no_table_says_why(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "manifest.csv"
    path.write_bytes(content)
    assert any(message in problem for problem in problems(path))


def test_a_missing_file_and_an_unknown_ending_say_so(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="no such file"):
        read_manifest(tmp_path / "none.csv")
    with pytest.raises(ManifestError, match=r"a \.csv or a \.parquet"):
        write_manifest(pl.DataFrame({"image": ["a"]}), tmp_path / "out.xlsx")
    (tmp_path / "no.parquet").write_text("image\n")
    with pytest.raises(ManifestError, match="cannot be read as Parquet"):
        read_manifest(tmp_path / "no.parquet")


def test_when_no_image_is_there_one_sentence_says_so(written: Write) -> None:
    (found,) = problems(written("image\nx/1.jpg\nx/2.jpg\nx/3.jpg\n"))
    assert "neither this file nor that of any other row" in found
    path = written("image\nx/1.jpg\nx/2.jpg\n")
    assert len(read_manifest(path, find_images=False)) == 2


def test_two_images_of_one_name_in_two_folders_need_ids(written: Write) -> None:
    path = written("image\na.jpg\nx/a.jpg\n")
    (found,) = [p for p in problems(path) if "image_id" in p]
    assert "image_id is 'a', which row 2 has already" in found
    assert len(read_manifest(written("image,image_id\na.jpg,1\nb.jpg,2\n"))) == 2


def test_grades_that_became_decimals_are_grades_again(written: Write, tmp_path: Path) -> None:
    grades = Categorical(("0", "1", "2"))
    path = written("image,grade\na.jpg,0.0\nb.jpg,2.0\nc.jpg,\n")
    assert read_manifest(path, target="grade", labels=grades).labels == ("0", "2")
    table = pl.DataFrame({"image": ["a.jpg", "b.jpg"], "grade": [1.0, float("nan")], "weight": [1.5, 2.0]})
    table.write_parquet(tmp_path / "m.parquet")
    manifest = read_manifest(tmp_path / "m.parquet", target="grade", labels=grades)
    assert manifest.table["grade"].to_list() == ["1", None]
    assert manifest.table["weight"].to_list() == ["1.5", "2.0"]


CONDITIONS = MultiLabel(("pores", "wrinkles"), Ordinal(("0", "1", "2")))


def test_conditions_have_a_column_each_and_some_may_be_missing(written: Write) -> None:
    path = written("image,grade_pores,grade_wrinkles\na.jpg,0,\nb.jpg,,\nc.jpg,,2.0\n")
    manifest = read_manifest(path, target=CONDITIONS.columns("grade"), labels=CONDITIONS)
    assert manifest.target is None
    assert manifest.labels == ("0", "2")
    assert manifest.labelled().table["image_id"].to_list() == ["a", "c"]


def test_a_wrong_grade_of_any_condition_is_named(written: Write) -> None:
    path = written("image,grade_pores,grade_wrinkles\na.jpg,0,7\nb.jpg,5,1\n")
    with pytest.raises(ManifestError) as found:
        read_manifest(path, target=CONDITIONS.columns("grade"), labels=CONDITIONS)
    assert "grade_wrinkles is '7', not one of 0, 1, 2" in str(found.value)
    assert "grade_pores is '5'" in str(found.value)


def test_the_fingerprint_knows_every_condition(written: Write) -> None:
    prints = [
        read_manifest(written(f"image,grade_pores,grade_wrinkles\na.jpg,{cells}\n"), target=names).fingerprint
        for cells in ("0,1", "0,2", "1,1")
        for names in [CONDITIONS.columns("grade")]
    ]
    assert len(set(prints)) == 3


def test_rows_are_chosen_by_the_values_of_columns(written: Write) -> None:
    manifest = read_manifest(written("image,area,view\na.jpg,nose,front\nb.jpg,chin,left\nc.jpg,nose,left\n"))
    assert manifest.where({"area": ["nose"]}).table["image_id"].to_list() == ["a", "c"]
    assert manifest.where({"area": ["nose", "chin"], "view": ["left"]}).table["image_id"].to_list() == [
        "b",
        "c",
    ]
    with pytest.raises(ManifestError, match=r"no row has area cheek; there are: chin, nose"):
        manifest.where({"area": ["cheek"]})
    with pytest.raises(ManifestError, match=r"no column 'areas'.*Did you mean 'area'"):
        manifest.where({"areas": ["nose"]})


def test_splits_are_parts_and_an_absent_one_says_how_to_make_it(written: Write) -> None:
    manifest = read_manifest(written("image,split\na.jpg,train\nb.jpg,train\nc.jpg,test\n"))
    assert [len(manifest.part("train")), len(manifest.part("test"))] == [2, 1]
    with pytest.raises(ManifestError, match="no row has split 'tune'"):
        manifest.part("tune")
    without = read_manifest(written("image\na.jpg\n"))
    with pytest.raises(ManifestError, match="cutis data split"):
        without.part("train")
    with pytest.raises(ManifestError, match="cutis data split"):
        _ = without.split_hash


def test_fingerprints_say_what_was_trained_on_whatever_the_order(written: Write) -> None:
    one = read_manifest(written("image,dx,split\na.jpg,nv,train\nb.jpg,mel,test\n"), target="dx")
    turned = read_manifest(written("split,image,dx\ntest,b.jpg,mel\ntrain,a.jpg,nv\n"), target="dx")
    assert (one.fingerprint, one.split_hash) == (turned.fingerprint, turned.split_hash)
    other = read_manifest(written("image,dx,split\na.jpg,nv,test\nb.jpg,nv,test\n"), target="dx")
    assert other.fingerprint != one.fingerprint
    assert other.split_hash != one.split_hash


cells = st.none() | st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"], include_characters='"\n;,'), min_size=1
).filter(lambda text: text == text.strip())


@given(notes=st.lists(cells, min_size=1, max_size=8), suffix=st.sampled_from([".csv", ".parquet"]))
def test_what_is_written_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, notes: list[str | None], suffix: str
) -> None:
    path = tmp_path_factory.mktemp("m") / f"manifest{suffix}"
    images = [f"{i}.png" for i in range(len(notes))]
    write_manifest(pl.DataFrame({"image": images, "note": pl.Series(notes, dtype=pl.String)}), path)
    table = read_manifest(path, find_images=False).table
    assert table["image"].to_list() == images
    assert table["note"].to_list() == notes


def test_a_manifest_written_elsewhere_finds_the_same_images(written: Write, tmp_path: Path) -> None:
    manifest = read_manifest(written("image\na.jpg\nb.jpg\n"))
    real = tmp_path / "deep" / "er"
    real.mkdir(parents=True)
    (tmp_path / "link").symlink_to(real)
    for folder in (real, tmp_path / "link", tmp_path):
        write_manifest(rebased(manifest, folder), folder / "new.csv")
        again = read_manifest(folder / "new.csv")
        assert [p.resolve() for p in again.paths] == [p.resolve() for p in manifest.paths]
        assert not Path(again.table["image"][0]).is_absolute()


@pytest.mark.data
def test_a_published_set_reads_as_its_owners_describe_it(shared_data: Path) -> None:
    manifest: Manifest = read_manifest(shared_data / "ham10000" / "manifest.csv", target="dx")
    assert (len(manifest), manifest.group) == (10_015, "lesion_id")
    assert manifest.table["lesion_id"].n_unique() == 7_470
    counts = dict(manifest.table["dx"].value_counts().iter_rows())
    published = {"nv": 6705, "mel": 1113, "bkl": 1099, "bcc": 514, "akiec": 327, "vasc": 142, "df": 115}
    assert counts == published


def test_lines_may_end_as_they_did_on_the_macintosh(written: Write) -> None:
    manifest = read_manifest(written("image,dx\ra.jpg,mel\rb.jpg,nv\r"), target="dx")
    assert manifest.table.select("row", "image", "dx").rows() == [(2, "a.jpg", "mel"), (3, "b.jpg", "nv")]


def test_bytes_in_a_parquet_file_are_no_obstacle(written: Write, tmp_path: Path) -> None:
    written("image\na.jpg\n")
    path = tmp_path / "manifest.parquet"
    pl.DataFrame({"image": ["a.jpg"], "thumbnail": [b"\xff\xfe"], "dx": [b"mel"]}).write_parquet(path)
    manifest = read_manifest(path, target="dx")
    assert manifest.labels == ("mel",)
    assert "thumbnail" not in manifest.table.columns


def test_a_row_with_a_single_cell_and_a_folder_are_told_in_words(written: Write, tmp_path: Path) -> None:
    (problem,) = problems(written('image,dx\nb.jpg,nv\n"a.jpg,mel\n'))
    assert problem.startswith("manifest.csv:3: has 1 cell where the header has 2.")
    with pytest.raises(ManifestError, match="is a folder"):
        read_manifest(tmp_path)


def test_whole_years_are_written_as_they_were_read(written: Write, tmp_path: Path) -> None:
    manifest = read_manifest(written("image,age\na.jpg,5\nb.jpg,\n"))
    write_manifest(manifest.table, tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_text() == "image,image_id,age\na.jpg,a,5\nb.jpg,b,\n"
    manifest = read_manifest(written("image,age\na.jpg,5\nb.jpg,0.5\n"))
    write_manifest(manifest.table, tmp_path / "again.csv")
    assert "b.jpg,b,0.5" in (tmp_path / "again.csv").read_text()


def test_another_split_is_answered_with_those_there_are(written: Write) -> None:
    manifest = read_manifest(written("image,split\na.jpg,train\nb.jpg,test\n"))
    with pytest.raises(ManifestError, match=r"no row has split 'tst'\. There are train, test;"):
        manifest.part("tst")


def test_an_age_that_is_the_target_is_a_label(written: Write) -> None:
    manifest = read_manifest(written("image,age\na.jpg,40-50\nb.jpg,7\n"), target="age")
    assert manifest.labels == ("40-50", "7")


@pytest.mark.parametrize("text", ["x" * 200_000 + "\n1\n", "image\n" + "x" * 200_000 + ",2\n"])
def test_a_cell_longer_than_any_is_told_in_words(written: Write, text: str) -> None:
    with pytest.raises(ManifestError, match=r"manifest\.csv"):
        read_manifest(written(text))
