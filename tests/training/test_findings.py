"""What is known of findings, and what a run learns of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from cutis.core.errors import ManifestError
from cutis.core.labels import Label
from cutis.core.manifest import Manifest, read_manifest
from cutis.training.findings import finding_targets, findings_in


def table(tmp_path: Path, **columns: list[object]) -> Manifest:
    count = len(next(iter(columns.values())))
    images = [f"{number}.png" for number in range(count)]
    pl.DataFrame({"image": images, **columns}).write_csv(tmp_path / "manifest.csv")
    return read_manifest(tmp_path / "manifest.csv", find_images=False)


def test_what_is_plain_counts_and_what_is_faint_or_empty_is_not_known(tmp_path: Path) -> None:
    manifest = table(tmp_path, severity_blur=["0", "0.2", "0.3", "0.4", "1", None])
    found = finding_targets(manifest, ("blur", "noise"))
    np.testing.assert_array_equal(found[:, 0], [0, 0, np.nan, 1, 1, np.nan])
    assert np.isnan(found[:, 1]).all()  # nobody looked for noise


def test_every_wrong_severity_is_named_with_its_row(tmp_path: Path) -> None:
    manifest = table(tmp_path, severity_blur=["0.5", "much", "1.5"])
    with pytest.raises(ManifestError) as told:
        finding_targets(manifest, ("blur",))
    assert "manifest.csv:3: severity_blur is 'much', not a number from 0 to 1" in str(told.value)
    assert "manifest.csv:4: severity_blur is '1.5'" in str(told.value)


def test_only_findings_that_have_a_column_are_asked_about(tmp_path: Path) -> None:
    manifest = table(tmp_path, severity_blur=[0.1])
    assert findings_in(manifest, (Label("blur"), Label("noise"))) == (Label("blur"),)
