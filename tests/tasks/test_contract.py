"""What every task promises; a newcomer is tested by being there."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest

from cutis.core.errors import CutisError
from cutis.core.operating_point import POOLINGS
from cutis.tasks import get_task, task_names


@pytest.fixture(params=task_names())
def task(request: pytest.FixtureRequest):  # type: ignore[no-untyped-def]
    return get_task(request.param)


def test_its_name_is_that_of_its_module(task) -> None:  # type: ignore[no-untyped-def]
    assert task.name in task_names()


def test_its_labels_are_named_as_columns_can_be(task) -> None:  # type: ignore[no-untyped-def]
    assert all(name.replace("_", "").isalnum() and name == name.lower() for name in task.labels.names)


def test_its_network_and_its_renderer_exist(task) -> None:  # type: ignore[no-untyped-def]
    for place in (task.network.builder, task.phantoms):
        module, function = place.split(":")
        assert callable(getattr(import_module(module), function))


def test_it_renders_each_of_its_labels(task) -> None:  # type: ignore[no-untyped-def]
    import numpy as np

    module, function = task.phantoms.split(":")
    render = getattr(import_module(module), function)
    for label in task.labels.names:
        assert render(label, 48, np.random.default_rng(0)).image.shape in {(48, 48, 3), (48, 48)}


def test_an_unknown_task_is_answered_with_those_there_are() -> None:
    with pytest.raises(CutisError, match=r"The tasks are: .*dermoscopy"):
        get_task("astrology")


def test_listing_tasks_loads_no_torch() -> None:
    code = "import sys, cutis.tasks as t\nfor n in t.task_names(): t.get_task(n)\n"
    code += "sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_what_it_asks_beside_its_labels_is_named_as_columns_can_be(task) -> None:  # type: ignore[no-untyped-def]
    names = [label.name for label in task.findings]
    assert len(set(names)) == len(names)
    assert all(name.replace("_", "").isalnum() and name == name.lower() for name in names)
    assert task.passing is None or task.passing in task.labels.names


def test_what_it_screens_for_is_one_of_its_labels(task) -> None:  # type: ignore[no-untyped-def]
    if task.screening is not None:
        assert task.screening.positive in task.labels.names
        assert 0 < task.screening.sensitivity < 1
        assert task.screening.pooling in POOLINGS
