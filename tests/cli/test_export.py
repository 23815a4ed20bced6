"""`cutis export` as a user meets it."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from cutis.cli.export import export
from cutis.core.errors import MissingExtraError, RunError


def test_a_folder_that_is_no_run_is_named(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="is not a training run"):
        export([tmp_path], tmp_path / "net.cutis")


def test_other_numbers_of_views_are_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(typer.BadParameter, match="expected 1, 2 or 4"):
        export([tmp_path], tmp_path / "net.cutis", views=3)


def test_without_torch_the_message_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'cutis\[train\]'"):
        export([tmp_path], tmp_path / "net.cutis")


def test_a_bundle_is_named_as_one(tmp_path: Path) -> None:
    with pytest.raises(typer.BadParameter, match=r"ends in \.cutis"):
        export([tmp_path], tmp_path / "net.onnx")
