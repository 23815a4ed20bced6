"""Inflammation shows as it does under the microscope: every sign grows with the grade."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from cutis.phantoms.confocal.conditions import USUAL, draw_skin
from cutis.phantoms.confocal.dermis import papillae
from cutis.phantoms.confocal.epidermis import honeycomb
from cutis.phantoms.confocal.lattice import Window, tissue
from cutis.phantoms.confocal.place import LEVELS, Place
from cutis.phantoms.confocal.scene import painted

GRADES = (0.0, 1.0, 2.0, 3.0, 4.0)
SUBJECTS = 4


def place(subject: int, grade: float, depth: float, size: int = 160) -> Place:
    window = Window(5000.0 * subject, 0.0, size, size)
    skin = draw_skin(USUAL, np.random.default_rng(subject))
    full = np.ones(window.shape, dtype=np.float32)
    return Place(window, skin, np.float32(grade) * full, np.float32(depth) * full)


def rising(values: list[float]) -> bool:
    return all(low < high for low, high in itertools.pairwise(values))


@pytest.mark.parametrize("depth", range(len(LEVELS)))
def test_inflammatory_cells_become_more_at_every_level(depth: int) -> None:
    counts = [
        float(np.mean([len(painted(place(who, grade, depth)).places) for who in range(SUBJECTS)]))
        for grade in GRADES
    ]
    assert rising(counts)
    assert counts[0] < 0.15 * counts[-1]


@pytest.mark.parametrize(("channel", "size"), [(10, 30.0), (20, 20.0)])
def test_spongiosis_widens_the_dark_space_between_cells(channel: int, size: float) -> None:
    dark = []
    for grade in GRADES:
        shares = []
        for who in range(SUBJECTS):
            light, cells = honeycomb(place(who, grade, 0.0), channel, size, 0.2)
            shares.append(float((light[cells.border < 3] < 0.06).mean()))
        dark.append(float(np.mean(shares)))
    assert rising(dark)
    assert dark[0] < 0.02
    assert dark[-1] > 0.3


def test_the_honeycomb_is_bright_at_borders_and_dark_in_nuclei_without_inflammation() -> None:
    light, cells = honeycomb(place(1, 0.0, 1.0), 20, 20.0, 0.26)
    assert light[cells.border < 1].mean() > 2 * light[cells.border > 3].mean()
    assert light[cells.away < 3].mean() < 0.8 * light[(cells.away > 6) & (cells.border > 3)].mean()


def test_keratinocytes_have_the_size_that_was_asked_for() -> None:
    window = Window(0.0, 0.0, 400, 400)
    x, y = np.meshgrid(window.x.astype(np.float32), window.y.astype(np.float32))
    cells = tissue(x, y, 2, 20.0, 0.24)
    numbers, areas = np.unique(cells.cell, return_counts=True)
    diameter = 2 * np.sqrt(400 * 400 / len(numbers) / np.pi)
    assert diameter == pytest.approx(20.0, rel=0.12)
    assert np.median(areas) > 0.7 * np.pi * 10**2


@pytest.mark.parametrize("depth", [2.0, 3.0])
def test_vessels_widen(depth: float) -> None:
    lumen = [
        float(np.mean([(papillae(place(who, grade, depth)).lumen > 0).mean() for who in range(SUBJECTS)]))
        for grade in GRADES
    ]
    assert rising(lumen)
    assert lumen[-1] > 2 * lumen[0]


def test_dermis_takes_over_with_depth() -> None:
    share = [float(papillae(place(0, 1.0, depth, 320)).share.mean()) for depth in (1.2, 1.7, 2.0, 2.4, 3.0)]
    assert share[0] < 0.01
    assert rising(share)
    assert share[-1] > 0.99


def test_cells_gather_round_vessels_in_the_dermis() -> None:
    near, far = 0.0, 0.0
    for who in range(SUBJECTS):
        here = place(who, 3.0, 3.2, 320)
        lumen = papillae(here).lumen
        at = here.window.pixels(*painted(here).places.T)
        cuff, away = (lumen < 0) & (lumen > -15), lumen < -35
        near += cuff[at].sum() / cuff.sum()
        far += away[at].sum() / away.sum()
    assert near > 1.5 * far
