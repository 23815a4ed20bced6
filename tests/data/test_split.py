"""Promises of a split: groups whole, classes everywhere, one seed one split."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutis.core.errors import CutisError, ManifestError
from cutis.core.manifest import Manifest
from cutis.data.split import split_manifest

Rows = Sequence[tuple[str, str | None]]


def manifest(rows: Rows) -> Manifest:
    """Rows of (patient, class)."""
    table = pl.DataFrame(
        {
            "image": [f"{i}.png" for i in range(len(rows))],
            "image_id": [str(i) for i in range(len(rows))],
            "patient_id": [patient for patient, _ in rows],
            "dx": [label for _, label in rows],
            "row": [i + 2 for i in range(len(rows))],
        },
        schema_overrides={"dx": pl.String},
    )
    return Manifest(Path("manifest.csv"), table, "patient_id", ("dx",))


any_rows = st.lists(
    st.tuples(st.integers(0, 40).map("P{}".format), st.sampled_from(["nv", "mel", "bcc", None])),
    min_size=1,
    max_size=120,
)


def placed(split: Manifest, column: str = "image_id") -> dict[str, str]:
    return dict(split.table.select(column, "split").iter_rows())


@given(rows=any_rows, seed=st.integers(0, 9))
def test_no_patient_is_on_both_sides_of_a_split(rows: Rows, seed: int) -> None:
    split = split_manifest(manifest(rows), seed=seed, allow_empty_class=True)
    assert split.table.group_by("patient_id").agg(pl.col("split").n_unique())["split"].max() == 1
    assert split.table.drop("split").equals(manifest(rows).table)


@given(rows=any_rows, seed=st.integers(0, 9))
def test_no_split_is_empty_where_there_are_as_many_patients_as_splits(rows: Rows, seed: int) -> None:
    split = split_manifest(manifest(rows), seed=seed, allow_empty_class=True)
    assert split.table["split"].n_unique() == 3 or len({patient for patient, _ in rows}) < 3


def test_classes_that_are_all_too_rare_leave_no_split_empty() -> None:
    rows = [(f"P{i}", f"class {i // 2}") for i in range(24)]
    split = split_manifest(manifest(rows), allow_empty_class=True)
    assert set(split.table["split"]) == {"train", "tune", "test"}


@given(rows=any_rows, seed=st.integers(0, 9), order=st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows: Rows, seed: int, order: Random) -> None:
    whole = manifest(rows)
    places = list(range(len(rows)))
    order.shuffle(places)
    shuffled = Manifest(whole.path, whole.table[places], whole.group, whole.targets)
    one, other = (split_manifest(m, seed=seed, allow_empty_class=True) for m in (whole, shuffled))
    assert placed(one) == placed(other)
    assert one.split_hash == other.split_hash


@given(
    sizes=st.lists(st.lists(st.integers(1, 6), min_size=3, max_size=60), min_size=1, max_size=4),
    seed=st.integers(0, 9),
)
def test_each_class_is_in_each_split_and_in_proportion(sizes: list[list[int]], seed: int) -> None:
    rows = [
        (f"P{k}_{i}", f"class{k}")
        for k, groups in enumerate(sizes)
        for i, n in enumerate(groups)
        for _ in range(n)
    ]
    split = split_manifest(manifest(rows), seed=seed).table
    for k, groups in enumerate(sizes):
        found = dict(split.filter(pl.col("dx") == f"class{k}")["split"].value_counts().iter_rows())
        assert set(found) == {"train", "tune", "test"}
        for name, share in (("train", 0.7), ("tune", 0.1), ("test", 0.2)):
            assert abs(found[name] - share * sum(groups)) <= 2 * max(groups)


@given(seed=st.integers(0, 99))
def test_large_and_small_groups_are_spread_alike(seed: int) -> None:
    rows = [(f"P{i}", "nv") for i in range(300) for _ in range(1 + i % 5)]
    split = split_manifest(manifest(rows), seed=seed).table
    groups = split.group_by("split").agg(pl.len() / pl.col("patient_id").n_unique())
    sizes = dict(groups.iter_rows())
    assert abs(sizes["train"] - 3) < 0.6
    assert abs(sizes["test"] - 3) < 0.9


@given(data=st.data())
def test_patients_with_several_classes_are_whole_and_each_class_is_everywhere(data: st.DataObject) -> None:
    names = ("nv", "mel", "bcc")
    patients = data.draw(st.lists(st.sets(st.sampled_from(names), min_size=1), min_size=12, max_size=40))
    patients += [{name} for name in names for _ in range(3)]
    rows = [(f"P{i}", name) for i, classes in enumerate(patients) for name in sorted(classes)]
    split = split_manifest(manifest(rows)).table
    assert split.group_by("patient_id").agg(pl.col("split").n_unique())["split"].max() == 1
    assert set(split.select("split", "dx").unique().iter_rows()) == {
        (part, name) for part in ("train", "tune", "test") for name in names
    }


def test_seeds_give_different_splits_and_one_seed_the_same() -> None:
    whole = manifest([(f"P{i}", "nv" if i % 3 else "mel") for i in range(60)])
    first, again, other = (placed(split_manifest(whole, seed=seed)) for seed in (0, 0, 1))
    assert first == again
    assert first != other


@given(pairs=st.lists(st.tuples(st.integers(0, 29), st.integers(0, 29)), max_size=20))
def test_patients_who_share_copies_of_a_photo_stay_together(pairs: list[tuple[int, int]]) -> None:
    whole = manifest([(f"P{i}", "nv") for i in range(30)])
    together = [(str(one), str(other)) for one, other in pairs]
    split = placed(split_manifest(whole, together=together, allow_empty_class=True))
    assert all(split[one] == split[other] for one, other in together)


def test_a_class_with_too_few_groups_is_named_with_their_number() -> None:
    rows = [(f"P{i}", "nv") for i in range(9)] + [
        ("P90", "mel"),
        ("P91", "mel"),
        ("P91", "mel"),
        ("P92", "df"),
    ]
    with pytest.raises(ManifestError) as caught:
        split_manifest(manifest(rows))
    few, fewer = caught.value.problems
    assert "dx 'df' has 1 group (patient_id); 3 are needed for one each in train, tune, test" in few
    assert "dx 'mel' has 2 groups (patient_id)" in fewer
    assert "split" in split_manifest(manifest(rows), allow_empty_class=True).table.columns


def test_a_share_of_zero_leaves_a_split_out() -> None:
    whole = manifest([(f"P{i}", "nv") for i in range(10)] + [("Q1", "mel"), ("Q2", "mel")])
    split = split_manifest(whole, parts=(0.8, 0, 0.2)).table
    assert dict(split["split"].value_counts().iter_rows()) == {"train": 9, "test": 3}


@pytest.mark.parametrize(
    "parts", [(0.5, 0.5), (0.8, 0.3, -0.1), (0.5, 0.2, 0.2), (float("nan"), 0.5, 0.5), (1, 1, 1)]
)
def test_shares_that_do_not_add_up_are_refused(parts: tuple[float, ...]) -> None:
    with pytest.raises(CutisError, match="three shares that add up to 1"):
        split_manifest(manifest([("P1", "nv")]), parts=parts)


def test_without_a_target_only_numbers_count() -> None:
    whole = manifest([(f"P{i}", "nv" if i else "mel") for i in range(50)])
    split = split_manifest(Manifest(whole.path, whole.table, whole.group)).table
    assert dict(split["split"].value_counts().iter_rows()) == {"train": 35, "tune": 5, "test": 10}
