"""Look at every photo of a manifest: can it be read, is it there twice, does it leak across the split?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import polars as pl

from cutis.core.manifest import SPLITS, Manifest
from cutis.data.duplicates import Pair, find_duplicates
from cutis.data.fingerprint import fingerprint
from cutis.data.leakage import copy_leaks, group_leaks


@dataclass(frozen=True, eq=False)
class Findings:
    """What a check found.

    Attributes:
        manifest: as it was read.
        unreadable: one sentence for each photo that cannot be used, with its row.
        leaks: one sentence for each group in two splits, then for each copy, with the rows.
        empty: one sentence for each class that a split does not show.
        notes: what is special about files that can be read, such as ``16-bit``, with their rows.
        advice: what may be meant otherwise, such as labels that differ only in their case.
        pairs: copies, those in two splits first, then those in two groups.
    """

    manifest: Manifest
    unreadable: tuple[str, ...]
    leaks: tuple[str, ...]
    empty: tuple[str, ...]
    notes: dict[str, tuple[int, ...]]
    advice: tuple[str, ...]
    pairs: tuple[Pair, ...]

    @property
    def to_mend(self) -> int:
        """Number of findings that the user must mend before training."""
        return len(self.unreadable) + len(self.leaks) + len(self.empty)


def check_rows(manifest: Manifest) -> Findings:
    """What the rows alone tell, before a photo is read: groups in two splits, empty classes, advice."""
    split = "split" in manifest.table.columns
    return Findings(
        manifest,
        unreadable=(),
        leaks=tuple(group_leaks(manifest)) if split else (),
        empty=tuple(_empty_classes(manifest)) if split else (),
        notes={},
        advice=tuple(_advice(manifest)),
        pairs=(),
    )


def check_manifest(
    manifest: Manifest, *, threads: int | None = None, progress: Callable[[int], None] | None = None
) -> Findings:
    """Read every photo of a manifest; what `check_rows` finds is among the findings.

    Args:
        manifest: rows and columns are right.
        threads: default: as many as there are processors.
        progress: called with the number of photos just read.
    """
    rows = manifest.table["row"].to_list()
    images = manifest.table["image"].to_list()
    prints = fingerprint(manifest.paths, threads=threads, progress=progress)
    pairs = find_duplicates(manifest.paths, prints=prints, threads=threads)
    notes: dict[str, list[int]] = {}
    for position, texts in sorted(prints.notes.items()):
        for text in texts:
            notes.setdefault(text, []).append(rows[position])
    found = check_rows(manifest)
    copies = copy_leaks(manifest, pairs) if "split" in manifest.table.columns else []
    return replace(
        found,
        unreadable=tuple(
            f"{manifest.path}:{rows[at]}: image '{images[at]}' {fault.reason}"
            for at, fault in sorted(prints.faults.items())
        ),
        leaks=(*found.leaks, *copies),
        notes={text: tuple(where) for text, where in sorted(notes.items())},
        pairs=tuple(
            sorted(
                pairs, key=lambda pair: (not _differs(manifest, pair, "split"), _same_group(manifest, pair))
            )
        ),
    )


def describe_pair(manifest: Manifest, pair: Pair) -> str:
    """A pair of copies on one line: ids, distance, and whether it is expected."""
    ids, groups = manifest.table["image_id"], manifest.table[manifest.group]
    kind = "exact copy" if pair.exact else f"near copy{', ' + pair.turned if pair.turned else ''}"
    parts = [f"{ids[pair.first]}  {ids[pair.second]}  distance {pair.distance:.3f}  {kind}"]
    if manifest.group != "image_id":
        same = groups[pair.first] == groups[pair.second]
        parts.append(f"same {manifest.group}" if same else f"different {manifest.group}")
    for column in (manifest.target, "split"):
        if column is not None and _differs(manifest, pair, column):
            one, other = (manifest.table[column][at] for at in (pair.first, pair.second))
            parts.append(f"{column} {_known(one)} and {_known(other)}")
    return "; ".join(parts)


def _known(value: object) -> object:
    return "missing" if value is None else value


def _differs(manifest: Manifest, pair: Pair, column: str) -> bool:
    if column not in manifest.table.columns:
        return False
    values = manifest.table[column]
    return bool(values[pair.first] != values[pair.second])


def _same_group(manifest: Manifest, pair: Pair) -> bool:
    return not _differs(manifest, pair, manifest.group)


def _empty_classes(manifest: Manifest) -> list[str]:
    if manifest.target is None:
        return []
    target = manifest.target
    splits = [split for split in SPLITS if (manifest.table["split"] == split).any()]
    shown = set(manifest.table.select("split", target).unique().iter_rows())
    return [
        f"{manifest.path}: no row of split '{split}' has {target} '{name}'. "
        "Split again (cutis data split), add cases, or leave the class out."
        for name in manifest.labels
        for split in splits
        if (split, name) not in shown
    ]


def _advice(manifest: Manifest) -> list[str]:
    advice = []
    if manifest.group == "image_id":
        advice.append(
            "There is no patient_id or lesion_id, so each photo counts as a patient of its own. "
            "If a patient has several photos, add the column: else they can stand in two splits."
        )
    plain = pl.DataFrame({"label": manifest.labels}, schema={"label": pl.String})
    alike = plain.group_by(pl.col("label").str.to_lowercase().str.replace_all(r"[\s_-]+", " ").alias("plain"))
    for names in alike.agg("label").filter(pl.col("label").list.len() > 1)["label"]:
        written = "' and '".join(sorted(names))
        advice.append(
            f"{manifest.target} '{written}' count as different classes. Write them alike if they are one."
        )
    return advice
