"""Promises of a split: groups whole, classes everywhere, one seed one split."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutis.core.errors import CutisError, LeakageError, ManifestError
from cutis.core.manifest import Manifest
from cutis.data.duplicates import Pair
from cutis.data.leakage import check_leakage
from cutis.data.split import split_manifest


def manifest(rows: list[tuple[str, str | None]]) -> Manifest:
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
    return Manifest(Path("manifest.csv"), table, "patient_id", "dx")


rows = st.lists(
    st.tuples(st.integers(0, 40).map("P{}".format), st.sampled_from(["nv", "mel", None])),
    min_size=1,
    max_size=120,
)


def placed(split: Manifest) -> dict[str, str]:
    return dict(split.table.select("image_id", "split").iter_rows())


@given(rows=rows, seed=st.integers(0, 9))
def test_no_patient_is_on_both_sides_of_a_split(rows: list[tuple[str, str | None]], seed: int) -> None:
    split = split_manifest(manifest(rows), seed=seed, allow_empty_class=True)
    assert split.table.group_by("patient_id").agg(pl.col("split").n_unique())["split"].max() == 1
    check_leakage(split, pairs=[])


@given(rows=rows, seed=st.integers(0, 9), order=st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows: list[tuple[str, str | None]], seed: int, order) -> None:  # type: ignore[no-untyped-def]
    whole = manifest(rows)
    shuffled = list(range(len(rows)))
    order.shuffle(shuffled)
    other = Manifest(whole.path, whole.table[shuffled], whole.group, whole.target)
    options = {"seed": seed, "allow_empty_class": True}
    assert placed(split_manifest(whole, **options)) == placed(split_manifest(other, **options))  # type: ignore[arg-type]


@given(counts=st.lists(st.integers(3, 60), min_size=2, max_size=4), seed=st.integers(0, 9))
def test_each_class_is_in_each_split_and_in_proportion(counts: list[int], seed: int) -> None:
    rows = [(f"P{k}_{i}", f"class{k}") for k, count in enumerate(counts) for i in range(count)]
    split = split_manifest(manifest(rows), seed=seed)
    for k, count in enumerate(counts):
        shown = split.table.filter(pl.col("dx") == f"class{k}")["split"].value_counts()
        found = dict(shown.iter_rows())
        assert set(found) == {"train", "tune", "test"}
        for name, share in (("train", 0.7), ("tune", 0.1), ("test", 0.2)):
            assert abs(found[name] - share * count) <= 2


def test_seeds_give_different_splits_and_one_seed_the_same() -> None:
    whole = manifest([(f"P{i}", "nv" if i % 3 else "mel") for i in range(60)])
    first, again, other = (placed(split_manifest(whole, seed=seed)) for seed in (0, 0, 1))
    assert first == again
    assert first != other


@given(pairs=st.lists(st.tuples(st.integers(0, 29), st.integers(0, 29)), max_size=20))
def test_groups_that_show_copies_stay_together(pairs: list[tuple[int, int]]) -> None:
    whole = manifest([(f"P{i}", "nv") for i in range(30)])
    together = [(str(a), str(b)) for a, b in pairs]  # image ids
    split = split_manifest(whole, together=together, allow_empty_class=True)
    of = dict(split.table.select("patient_id", "split").iter_rows())
    assert all(of[f"P{a}"] == of[f"P{b}"] for a, b in pairs)


def test_a_class_with_too_few_groups_is_named_with_their_number() -> None:
    rows = [(f"P{i}", "nv") for i in range(9)] + [("P90", "mel"), ("P91", "mel"), ("P91", "mel")]
    with pytest.raises(ManifestError, match="'mel' has 2 groups"):
        split_manifest(manifest(rows))
    assert "split" in split_manifest(manifest(rows), allow_empty_class=True).table.columns


def test_shares_that_are_none_are_refused() -> None:
    for parts in ((0.5, 0.5), (0.8, 0.3, -0.1), (0.5, 0.2, 0.2)):
        with pytest.raises(CutisError, match="three shares that add up to 1"):
            split_manifest(manifest([("P1", "nv")]), parts=parts)


def test_a_group_on_both_sides_is_named_with_its_rows() -> None:
    whole = manifest([("P1", "nv"), ("P2", "nv"), ("P1", "mel")])
    leaking = Manifest(
        whole.path,
        whole.table.with_columns(pl.Series("split", ["train", "tune", "test"])),
        whole.group,
        whole.target,
    )
    with pytest.raises(LeakageError, match=r"patient_id 'P1' is in train in row 2; test in row 4"):
        check_leakage(leaking, pairs=[])
    check_leakage(leaking, pairs=[], allow=["groups"])


def test_copies_on_both_sides_are_named_and_copies_on_one_side_are_not() -> None:
    whole = manifest([("P1", "nv"), ("P2", "nv"), ("P3", "mel")])
    split = Manifest(
        whole.path,
        whole.table.with_columns(pl.Series("split", ["train", "train", "test"])),
        whole.group,
        whole.target,
    )
    check_leakage(split, pairs=[Pair(0, 1, 0.0)])
    with pytest.raises(LeakageError) as caught:
        check_leakage(split, pairs=[Pair(0, 1, 0.0), Pair(0, 2, 0.02)])
    assert len(caught.value.problems) == 1
    assert all(
        part in caught.value.problems[0] for part in (":4: '2' in test", "'0' in train, row 2", "0.02")
    )
    check_leakage(split, pairs=[Pair(0, 2, 0.02)], allow=["duplicates"])
