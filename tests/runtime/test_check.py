"""A bundle's own test passes where its graph answers as promised, and only there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cutis.core.bundle import Bundle
from cutis.runtime.check import check_parity


def test_a_faithful_runtime_passes(colour_bundle: Path) -> None:
    parity = check_parity(Bundle.open(colour_bundle))
    assert parity.passed
    assert (parity.cases, parity.tolerance) == (1, 1e-3)
    assert parity.difference < 1e-6


def test_a_runtime_that_answers_otherwise_does_not_pass(colour_bundle: Path) -> None:
    bundle = Bundle.open(colour_bundle)
    case = replace(bundle.vectors.cases[0], probabilities={"red": 0.5, "green": 0.3, "blue": 0.2})
    parity = check_parity(replace(bundle, vectors=replace(bundle.vectors, cases=(case,))))
    assert not parity.passed
    assert parity.difference == pytest.approx(0.4933, abs=1e-3)


def test_a_bundle_without_test_images_does_not_pass(colour_bundle: Path) -> None:
    bundle = Bundle.open(colour_bundle)
    assert not check_parity(replace(bundle, vectors=replace(bundle.vectors, cases=()))).passed
