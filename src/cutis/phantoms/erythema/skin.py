"""Normal skin as a camera at a bedside sees it: blotches, creases, freckles, moles, scars, hair."""

from __future__ import annotations

import numpy as np

from cutis.phantoms import optics
from cutis.phantoms.canvas import Field, Points, Rng, blur, rise
from cutis.phantoms.dermoscopy.shapes import outline
from cutis.phantoms.erythema.frame import Frame, Scene, seen
from cutis.phantoms.skin import Layers, Person


def plain(canvas: Frame, person: Person, rng: Rng) -> Scene:
    """The person's skin before any lesion."""
    uneven = 1.0 / (1.0 + 10.0 * person.melanin)
    slow = canvas.smooth(rng, rng.uniform(15.0, 40.0))
    blotch = canvas.smooth(rng, rng.uniform(4.0, 8.0))
    grain = canvas.rough(rng, seen(canvas, 1.0))
    melanin = person.melanin * np.exp(
        uneven * ((0.06 + 0.08 * person.sun) * slow + (0.04 + 0.10 * person.sun) * blotch + 0.13 * grain)
    )
    flush = canvas.smooth(rng, rng.uniform(8.0, 25.0))
    fine = canvas.rough(rng, seen(canvas, 2.5))
    palm = 1.7 if person.ridged else 1.25 if person.follicles else 1.0
    arterial = person.blood * 0.75 * palm * np.exp(0.14 * flush + 0.12 * fine)
    layers = Layers(
        melanin=melanin.astype(np.float32),
        arterial=arterial.astype(np.float32),
        venous=(arterial * 0.35).astype(np.float32),
        deep=canvas.full(0.0),
        scatter=np.clip(1.0 + 0.04 * grain, 0.7, 1.4).astype(np.float32),
        yellow=canvas.full(float(rng.uniform(0.0, 0.06)) + (0.05 if person.ridged else 0.0)),
        keratin=canvas.full(0.0),
        crust=canvas.full(0.0),
        shiny=canvas.full(0.0),
        relief=canvas.full(0.0),
        lesion=canvas.full(0.0),
    )
    gloss = canvas.full(float(rng.uniform(0.0, 0.15)))
    scene = Scene(canvas, layers, person, gloss, np.zeros(canvas.shape, dtype=np.int32))
    _creases(scene, rng)
    _freckles(scene, rng)
    return scene


def _creases(scene: Scene, rng: Rng) -> None:
    """Skin lines where the photo is near enough, and the pores between."""
    canvas, layers = scene.canvas, scene.layers
    spacing, stretch, angle = rng.uniform(0.7, 1.3), rng.uniform(1.3, 2.2), rng.uniform(0, np.pi)
    strength = rng.uniform(0.3, 1.0)
    spread = max(spacing, 5.0 * canvas.pixel)
    shown = strength * np.clip(spacing / spread, 0.3, 1.0)
    warp = (0.3 * canvas.smooth(rng, 2.5), 0.3 * canvas.smooth(rng, 2.5))
    net = canvas.cells(rng, spread, stretch=stretch, angle=angle, warp=warp)
    groove = np.maximum(np.float32(0.3) - net.edge, 0)
    layers.relief -= np.float32(0.09 * shown) * groove
    layers.melanin *= 1 - np.float32(0.25 * shown) * groove
    bumps = canvas.rough(rng, seen(canvas, 0.9))
    layers.relief += np.float32(0.006 * strength) * bumps


def _freckles(scene: Scene, rng: Rng) -> None:
    """Freckles and sun spots on skin that has seen sun."""
    person, canvas = scene.person, scene.canvas
    many = person.sun * rng.uniform(0.0, 1.0) * (rng.random() < 0.5)
    spots = canvas.cells(rng, rng.uniform(5.0, 11.0))
    wobble = spots.distance + 0.08 * canvas.rough(rng, seen(canvas, 1.5))
    chosen = spots.draw(rng) < 0.7 * many
    spot = rise(spots.draw(rng, 0.05, 0.17) - wobble, 0.12) * chosen
    scene.layers.melanin *= 1.0 + spots.draw(rng, 0.3, 1.3) / (1 + 4 * person.melanin) * spot


def add_mole(scene: Scene, centre: tuple[float, float], rng: Rng) -> None:
    """A melanocytic nevus."""
    radius = float(np.clip(rng.lognormal(np.log(1.2), 0.35), 0.6, 3.0))
    local = scene.window(centre, 2.0 * radius)
    if local is None:
        return
    depth = outline(
        local.canvas,
        rng,
        radius,
        centre=centre,
        longer=rng.uniform(1.0, 1.35),
        uneven=rng.uniform(0.03, 0.12),
    )
    weight = rise(depth, max(0.35 * radius, local.canvas.pixel))
    melanin = rng.uniform(0.03, 0.16)
    local.layers.melanin += weight * np.float32(melanin * (1 + 1.5 * local.person.melanin))
    local.layers.relief += weight * np.float32(rng.uniform(0.0, 0.5))


def add_scar(scene: Scene, centre: tuple[float, float], rng: Rng) -> None:
    """An old pale or brown line, or a stretch mark."""
    length, width = rng.uniform(8, 40), rng.uniform(0.6, 2.0)
    turn, bend = rng.uniform(0, np.pi), rng.normal(0, 0.15)
    local = scene.window(centre, 0.6 * length)
    if local is None:
        return
    x, y = local.canvas.x - np.float32(centre[0]), local.canvas.y - np.float32(centre[1])
    along = np.float32(np.cos(turn)) * x + np.float32(np.sin(turn)) * y
    across = np.float32(np.cos(turn)) * y - np.float32(np.sin(turn)) * x
    across = across + np.float32(bend / length) * along**2 + np.float32(0.25) * local.canvas.smooth(rng, 3.0)
    line = rise(np.float32(width) - np.abs(across), width) * rise(np.float32(length / 2) - np.abs(along), 4.0)
    if rng.random() < 0.6:
        local.layers.melanin *= 1 - np.float32(rng.uniform(0.2, 0.6)) * line
        local.layers.scatter += np.float32(rng.uniform(0.1, 0.4)) * line
    else:
        local.layers.melanin *= 1 + np.float32(rng.uniform(0.2, 0.7)) * line
    local.layers.arterial += np.float32(rng.uniform(0.0, 0.006)) * line


def add_nipple(scene: Scene, centre: tuple[float, float], rng: Rng) -> None:
    """Areola and nipple: reddish-brown, and nothing is wrong with them."""
    radius = rng.uniform(10, 18)
    local = scene.window(centre, 1.4 * radius)
    if local is None:
        return
    depth = outline(local.canvas, rng, radius, centre=centre, uneven=0.04)
    areola = rise(depth, 3.0)
    knob = local.canvas.disc(centre, rng.uniform(3.0, 5.0), 2.0)
    bumpy = 1 + 0.15 * local.canvas.rough(rng, seen(local.canvas, 1.5))
    share = areola * bumpy + np.float32(0.6) * knob
    local.layers.melanin += share * np.float32(0.03 + 0.5 * local.person.melanin)
    local.layers.arterial += share * np.float32(rng.uniform(0.004, 0.012))
    local.layers.relief += knob * np.float32(2.5) + areola * np.float32(0.2) * local.canvas.rough(rng, 1.5)


def add_hair(light: Field, canvas: Frame, person: Person, rng: Rng) -> None:
    """Hair of the body over reflectance (3, height, width), in place; as dense near as far."""
    area = canvas.shape[0] * canvas.shape[1] * canvas.pixel**2 / 100.0  # cm2
    count = int(min(rng.poisson(max(person.hair - 0.08, 0.0) * 9.0 * area), 2500))
    if count == 0:
        return
    along, thickness = rng.uniform(0, 2 * np.pi), rng.uniform(0.05, 0.09)
    paths = [_strand(canvas, rng, along) for _ in range(count)]
    widths = [np.full(len(path), thickness * rng.uniform(0.6, 1.2)) for path in paths]
    cover = canvas.draw(paths, widths)
    shade = np.exp(-np.array([2.6, 3.6, 5.0]) * person.hair_melanin) * 0.6 + 0.01
    shadow = blur(cover, 0.35 / canvas.pixel)
    light *= 1 - np.float32(0.12) * shadow
    cover = cover * np.float32(rng.uniform(0.7, 1.0))
    light *= 1 - cover
    light += cover * shade.astype(np.float32)[:, None, None]


def _strand(canvas: Frame, rng: Rng, along: float) -> Points:
    high, wide = canvas.shape[0] * canvas.pixel, canvas.shape[1] * canvas.pixel
    start = np.array(canvas.view.shift) + rng.uniform(-0.55, 0.55, 2) * np.array([wide, high])
    steps, length = 9, rng.uniform(4.0, 16.0)
    heading = along + rng.normal(0.0, 0.35) + np.cumsum(rng.normal(0.0, 0.08, steps))
    move = np.stack([np.cos(heading), np.sin(heading)], axis=1) * length / steps
    return np.asarray(start + np.cumsum(move, axis=0) - move.sum(axis=0) / 2)


def reference(person: Person) -> Field:
    """Light by band that the person's plain skin sends back, (3,): what a camera meters."""
    one = np.ones((1, 1), dtype=np.float32)
    blood = np.float32(person.blood * 0.75)
    light = optics.skin_reflectance(
        one * np.float32(person.melanin), one * blood, one * np.float32(0.35) * blood
    )
    return np.asarray(light[:, 0, 0])
