"""What every shipped bundle promises."""

from __future__ import annotations

import pytest

from cutis import zoo
from cutis.core.bundle import Bundle
from cutis.runtime.check import check_parity

MOST = 15 * 2**20  # bytes


@pytest.fixture(params=zoo.names())
def bundle(request: pytest.FixtureRequest) -> Bundle:
    return Bundle.open(zoo.path(request.param))


def test_it_is_small_enough_to_ship(bundle: Bundle) -> None:
    assert zoo.path(bundle.info.name).stat().st_size <= MOST


def test_it_answers_as_it_did_where_it_was_made(bundle: Bundle) -> None:
    assert check_parity(bundle).passed


def test_its_card_names_data_licence_split_figures_and_limits(bundle: Bundle) -> None:
    info = bundle.info
    assert info.training.name
    assert info.training.licence
    assert info.training.split_hash
    other = "auc" if len(info.labels) == 2 else "auc_macro"
    if info.labels.several:
        other = f"accuracy_{info.labels.names[-1]}"
    assert {"balanced_accuracy", other} <= set(info.metrics)
    assert "not a medical device" in bundle.card
    assert info.training.licence in bundle.card


def test_one_that_saw_only_rendered_images_says_so(bundle: Bundle) -> None:
    tasks = [Bundle.open(zoo.path(name)).info.task for name in zoo.names()]
    alone = tasks.count(bundle.info.task) == 1
    if bundle.info.training.rendered:
        assert "not for care" in bundle.card
        assert alone or "rendered" in bundle.info.name  # beside one that saw real photos, the name tells too
    else:
        assert "rendered" not in bundle.info.name
