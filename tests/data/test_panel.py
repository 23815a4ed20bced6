"""Ratings read from a manifest, and a consensus written beside them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutis.core.errors import CutisError, ManifestError
from cutis.core.labels import Categorical, Label, MultiLabel, Ordinal
from cutis.core.manifest import read_manifest
from cutis.data.panel import RatedPhotos, need_place, read_ratings, with_consensus

FOUR = Ordinal(("1", "2", "3", "4"))


def rated(path: Path, text: str, labels: Ordinal | Categorical | MultiLabel | None = None) -> RatedPhotos:
    """Ratings from a manifest of this text."""
    (path / "m.csv").write_text(text)
    return read_ratings(read_manifest(path / "m.csv", find_images=False), labels)


def test_ratings_are_positions_in_the_labels_and_empty_cells_are_missing(tmp_path: Path) -> None:
    found = rated(tmp_path, "image,rater_ann,rater_ben\na.png,4,1\nb.png,,2\nc.png,3,3\n", FOUR)
    assert (found.raters, found.idle, found.graded) == (("ann", "ben"), (), True)
    np.testing.assert_array_equal(found.ratings, [[3, 0], [np.nan, 1], [2, 2]])


def test_numbers_found_are_grades_in_numeric_order(tmp_path: Path) -> None:
    found = rated(tmp_path, "image,rater_a,rater_b\na.png,10,2.0\nb.png,9,9\nc.png,2,0.5\n")
    assert found.labels == Ordinal(("0.5", "2", "9", "10"))
    np.testing.assert_array_equal(found.ratings, [[3, 1], [2, 2], [1, 0]])
    assert found.manifest.table["rater_b"].to_list() == ["2", "9", "0.5"]  # as training wants to read them


def test_names_found_are_classes(tmp_path: Path) -> None:
    found = rated(tmp_path, "image,rater_a,rater_b\na.png,nv,mel\nb.png,bcc,nv\n")
    assert found.labels == Categorical(("bcc", "mel", "nv"))
    assert not found.graded


def test_labels_known_besides_are_taken_in_where_they_occur(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("image,rater_a,rater_b\na.png,nv,akiec\n")
    manifest = read_manifest(tmp_path / "m.csv", find_images=False)
    known = (Label("akiec", "Actinic keratosis"), Label("df", "Dermatofibroma"))
    found = read_ratings(manifest, Categorical(("mel", "nv")), known)
    assert found.labels.names == ("mel", "nv", "akiec")


def test_a_rater_who_rated_nothing_is_left_out(tmp_path: Path) -> None:
    found = rated(tmp_path, "image,rater_a,rater_b,rater_c\na.png,1,,2\nb.png,2,,2\n")
    assert (found.raters, found.idle, found.ratings.shape) == (("a", "c"), ("b",), (2, 2))


def test_every_wrong_rating_is_named_at_once_in_the_order_of_rows(tmp_path: Path) -> None:
    with pytest.raises(ManifestError) as caught:
        rated(tmp_path, "image,rater_a,rater_b\na.png,1,7\nb.png,good,2\nc.png,0.0,4\n", FOUR)
    problems = caught.value.problems
    assert [problem.split("/")[-1][:23] for problem in problems] == [
        "m.csv:2: rater_b is '7'",
        "m.csv:3: rater_a is 'go",
        "m.csv:4: rater_a is '0.",
    ]
    assert all("not one of 1, 2, 3, 4. Correct the cell" in problem for problem in problems)


def test_words_among_numbers_are_refused_rather_than_turned_into_classes(tmp_path: Path) -> None:
    with pytest.raises(
        ManifestError, match=r"m\.csv:3: rater_b is 'N/A', while others gave numbers"
    ) as caught:
        rated(tmp_path, "image,rater_a,rater_b\na.png,1,2\nb.png,1,N/A\n")
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "image,quality,grader\na.png,1,2\n",
            "no column rater_<name>.*columns are image, image_id, quality, grader",
        ),
        ("image,rater_ann\na.png,1\n", "rater_ann is the only rater; agreement needs two"),
        ("image,rater_a,rater_b\na.png,1,\nb.png,,2\n", "no photo was rated by two raters"),
        ("image,rater_a,rater_b\na.png,,\nb.png,,\n", "no photo was rated by two raters"),
    ],
)
def test_a_manifest_without_anything_to_compare_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ManifestError, match=message):
        rated(tmp_path, text)


def test_measurements_are_no_grades(tmp_path: Path) -> None:
    rows = "".join(f"{n}.png,{n / 7:.3f},{n / 3:.3f}\n" for n in range(1, 90))
    with pytest.raises(ManifestError, match="different answers; up to 100"):
        rated(tmp_path, f"image,rater_a,rater_b\n{rows}")


def test_findings_are_several_answers_at_once(tmp_path: Path) -> None:
    with pytest.raises(CutisError, match="several answers at once"):
        rated(tmp_path, "image,rater_a,rater_b\na.png,blur,dark\n", MultiLabel(("blur", "dark")))


TWO = (
    "image,lesion_id,quality,consensus_probability,rater_a,rater_b\na.png,L1,3,0.9,4,4\nb.png,L1,2,0.8,2,1\n"
)


@pytest.mark.parametrize("column", ["image", "lesion_id", "split", "rater_a", "row", "consensus_probability"])
def test_no_consensus_takes_the_place_of_what_a_manifest_needs(tmp_path: Path, column: str) -> None:
    with pytest.raises(ManifestError, match=f"'{column}' cannot hold a consensus"):
        need_place(rated(tmp_path, TWO), column, models=False, over=True)


def test_a_column_that_is_there_is_replaced_only_when_told_so(tmp_path: Path) -> None:
    found = rated(tmp_path, TWO)
    need_place(found, "vote", models=False)
    need_place(found, "quality", models=True, over=True)
    with pytest.raises(
        ManifestError, match=r"column 'quality' already\. Replace it with --replace, or choose"
    ):
        need_place(found, "quality", models=False)
    with pytest.raises(ManifestError, match="column 'consensus_probability' already"):
        need_place(found, "vote", models=True)


def test_an_old_probability_does_not_stay_beside_a_new_answer(tmp_path: Path) -> None:
    found = rated(tmp_path, TWO, FOUR)
    table = with_consensus(found, "quality", np.array([3.0, np.nan])).table
    assert table["quality"].to_list() == ["4", None]
    assert "consensus_probability" not in table.columns
    beside = with_consensus(found, "vote", np.array([3.0, 0.0])).table
    assert beside["consensus_probability"].to_list() == ["0.9", "0.8"]
    weighed = with_consensus(found, "quality", np.array([3.0, np.nan]), np.array([0.7, np.nan])).table
    assert weighed["consensus_probability"].to_list() == [0.7, None]


@given(st.lists(st.tuples(*[st.sampled_from(["", "1", "2", "3", "4"])] * 3), min_size=1, max_size=12))
def test_what_is_read_is_what_stood_there(
    tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[str]]
) -> None:
    folder = tmp_path_factory.mktemp("m")
    rows = [",".join((f"{n}.png", "4", "1", *row)) for n, row in enumerate(cells)]
    text = "\n".join(["image,rater_x,rater_y,rater_a,rater_b,rater_c", *rows])
    found = rated(folder, text, FOUR)
    for name, codes in zip(found.raters, found.ratings.T, strict=True):
        told = ["" if np.isnan(code) else FOUR.names[int(code)] for code in codes]
        cell = pl.col(f"rater_{name}").fill_null("")
        assert found.manifest.table.select(cell).to_series().to_list() == told
    assert set(found.idle) == {n for k, n in enumerate("abc") if not any(row[k] for row in cells)}
