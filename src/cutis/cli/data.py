"""`cutis data check` and `cutis data split`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cutis.cli.progress import progress, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cutis.core.manifest import Manifest
    from cutis.data.check import Findings
    from cutis.data.duplicates import Pair


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(check)
    app.command()(split)


def check(
    manifest: Annotated[Path, typer.Argument(help="Table of photos, CSV or Parquet.")],
    target: Annotated[str | None, typer.Option(help="Column of the labels.")] = None,
    group: Annotated[str | None, typer.Option(help="Column of patients or lesions.")] = None,
    pairs: Annotated[
        Path | None, typer.Option(help="Also write the copies as a table to this CSV file.")
    ] = None,
    threads: Annotated[int | None, typer.Option(help="Default: all processors.", min=1)] = None,
) -> None:
    """Check a manifest: rows, unreadable photos, copies, and leakage across its split.

    Exit status 1 when there is something to mend.
    """
    from cutis.core.manifest import read_manifest
    from cutis.data.check import check_manifest, check_rows, describe_pair

    table = read_manifest(manifest, target=target, group=group)
    _show_counts(table)
    told = check_rows(table)  # told at once: reading every photo takes its time
    _list("Leakage by groups", told.leaks)
    _list("Empty classes", told.empty)
    _list("Worth a look", told.advice)
    with progress("Reading photos", total=len(table)) as step:
        findings = check_manifest(table, threads=threads, progress=step)
    for text, rows in findings.notes.items():
        print(f"{len(rows)} photo{'s' * (len(rows) > 1)}: {text} (row{'s' * (len(rows) > 1)} {_some(rows)})")
    if findings.pairs:
        print(f"\nCopies: {len(findings.pairs)} pairs")
        for pair in findings.pairs:
            print(describe_pair(table, pair))
        _say_expected(table, findings.pairs)
    if pairs is not None:
        _write_pairs(table, findings.pairs, pairs)
    _list("Photos that cannot be used", findings.unreadable)
    _list("Leakage by copies", findings.leaks[len(told.leaks) :])
    _end(findings)


def split(
    manifest: Annotated[Path, typer.Argument(help="Table of photos, CSV or Parquet.")],
    out: Annotated[Path, typer.Option(help="The manifest to write, CSV or Parquet.")],
    target: Annotated[
        str | None, typer.Option(help="Column of the labels; without it only numbers count.")
    ] = None,
    group: Annotated[str | None, typer.Option(help="Column of patients or lesions.")] = None,
    parts: Annotated[str, typer.Option(help="Shares of train, tune and test.")] = "0.7,0.1,0.2",
    seed: Annotated[int, typer.Option(help="Another seed, another split.", min=0)] = 0,
    allow_empty_class: Annotated[
        bool, typer.Option("--allow-empty-class", help="Accept classes with too few groups for every split.")
    ] = False,
    ignore_copies: Annotated[
        bool,
        typer.Option("--ignore-copies", help="Do not look for copies of a photo, which else stay together."),
    ] = False,
) -> None:
    """Divide a manifest into train, tune and test, by group and stratified by class.

    The same seed gives the same split, whatever the order of the rows.
    """
    from cutis.core.manifest import need_manifest_name, read_manifest, rebased, write_manifest
    from cutis.data.split import named_shares, split_manifest

    shares = _shares(parts)
    named_shares(shares)  # what is wrong with the options is said before photos are read
    need_manifest_name(out)
    table = read_manifest(manifest, target=target, group=group)
    if table.group == "image_id":
        say("No patient_id or lesion_id: every photo counts as a patient of its own. Check that this is so.")
    together = [] if ignore_copies else _copies(table)
    divided = split_manifest(
        table, parts=shares, seed=seed, allow_empty_class=allow_empty_class, together=together
    )
    write_manifest(rebased(divided, out.parent), out)
    _show_counts(divided)
    print(f"Split: {out}")


def _shares(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise typer.BadParameter(f"'{text}' is not three shares such as 0.7,0.1,0.2") from None


def _copies(table: Manifest) -> list[tuple[str, str]]:
    """Pairs of image ids that show the same photo."""
    from cutis.data.duplicates import find_duplicates
    from cutis.data.fingerprint import fingerprint

    with progress("Reading photos", total=len(table)) as step:
        prints = fingerprint(table.paths, progress=step)
    if prints.faults:
        say(f"{len(prints.faults)} photos cannot be read; `cutis data check` names them.")
    ids, groups = table.table["image_id"], table.table[table.group]
    found = find_duplicates(table.paths, prints=prints)
    across = sum(bool(groups[pair.first] != groups[pair.second]) for pair in found)
    if across and table.group != "image_id":
        say(f"{across} pairs of copies have a different {table.group}; they are kept in one split.")
    elif across:
        say(f"{across} pairs of copies are kept in one split.")
    return [(ids[pair.first], ids[pair.second]) for pair in found]


def _show_counts(manifest: Manifest) -> None:
    """Photos and groups per class and split."""
    import polars as pl
    from rich.console import Console
    from rich.table import Table

    from cutis.core.manifest import SPLITS

    rows, target, group = manifest.table, manifest.target, manifest.group
    splits = [name for name in SPLITS if "split" in rows.columns and (rows["split"] == name).any()]
    print(f"{manifest.path}: photos (and groups by {group})")
    grid = Table()
    for column in (target or "", *splits, "all"):
        grid.add_column(column, justify="left" if column == (target or "") else "right")
    parts = [rows.filter(pl.col("split") == name) for name in splits] + [rows]

    def cells(only: pl.Expr) -> list[str]:
        chosen = [part.filter(only) for part in parts]
        return [f"{part.height:,} ({part[group].n_unique():,})" for part in chosen]

    for label in manifest.labels:
        grid.add_row(label, *cells(pl.col(str(target)) == label))
    if target is not None and rows[target].null_count():
        grid.add_row("no label", *cells(pl.col(target).is_null()))
    grid.add_row("all", *cells(pl.lit(True)))
    Console().print(grid)


def _some(rows: Sequence[int], most: int = 10) -> str:
    shown = ", ".join(map(str, rows[:most]))
    return f"{shown} and {len(rows) - most} more" if len(rows) > most else shown


def _say_expected(table: Manifest, pairs: Sequence[Pair]) -> None:
    groups = table.table[table.group]
    same = sum(bool(groups[pair.first] == groups[pair.second]) for pair in pairs)
    if table.group != "image_id":
        print(
            f"{same} of them have the same {table.group}, as is to be expected; {len(pairs) - same} do not."
        )


def _write_pairs(table: Manifest, pairs: Sequence[Pair], path: Path) -> None:
    import polars as pl

    from cutis.core.files import replacing

    ids, groups = table.table["image_id"].to_list(), table.table[table.group].to_list()
    columns = {
        "image_id": [ids[pair.first] for pair in pairs],
        "copy": [ids[pair.second] for pair in pairs],
        "distance": [pair.distance for pair in pairs],
        "turned": [pair.turned for pair in pairs],
        "same_group": [groups[pair.first] == groups[pair.second] for pair in pairs],
    }
    with replacing(path) as scratch:
        pl.DataFrame(columns).write_csv(scratch)
    print(f"Copies: {path}")


def _list(title: str, sentences: Sequence[str]) -> None:
    """Findings of one kind, seen at once also where the output is a file or a pipe."""
    if sentences:
        print("\n".join((f"\n{title}: {len(sentences)}", *sentences)), flush=True)


def _end(findings: Findings) -> None:
    if not findings.to_mend:
        print("\nNothing to mend.")
        return
    kinds = (
        (len(findings.unreadable), "photo that cannot be used", "photos that cannot be used"),
        (len(findings.leaks), "leak across the split", "leaks across the split"),
        (len(findings.empty), "empty class", "empty classes"),
    )
    found = (f"{count} {one if count == 1 else many}" for count, one, many in kinds if count)
    print(f"\nTo mend: {', '.join(found)}.")
    raise typer.Exit(1)
