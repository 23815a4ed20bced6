"""From what patches measure to what they are: a correction of colour and exposure by least squares.

In linear light. The colour terms are red, green and blue and the roots of their products (root-polynomial
of degree two), which all scale with exposure, so that a darker photo of the same scene is corrected by the
same numbers but for exposure. The light on the card need not be even: each patch has its share of light,
estimated in turn with the colour correction.

Sources: Finlayson, Mackiewicz and Hurlbert 2015, IEEE Trans Image Process 24:1460 (root-polynomial);
Finlayson, Mohammadzadeh Darrodi and Mackiewicz 2015, J Opt Soc Am A 32:2200 (shading and colour by
alternating least squares).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.colour_card.reference import NEUTRAL, PATCHES, places
from cutis.imaging.colour_card.spaces import LUMINANCE, Floats, difference, lab_of_light

Terms = Literal["linear", "root"]

_TURNS = 12
_SHADED = 1.15  # a patch this much darker than its place should be is in hard shade
_SLOPE = 6.0  # how firmly the light's slope over the card is held to none
_FIRM = {"linear": 1e-4, "root": 3e-3}  # how firmly the terms are held to plain gains
_FLOOR = 0.06  # luminance below which errors of a patch count no more than at it
_POWERS = (0.75, 1.35)  # exponents that a camera's tone curve may have left
_STEEP = (0.5, 2.0)  # slopes of the curve between two neutral patches
_CURVE_NEEDS = 4  # neutral patches


@dataclass(frozen=True, eq=False)
class Fit:
    """A correction.

    Attributes:
        weights: (3, terms).
        curve: (n, 2) logarithms of light as measured and with the tone curve straightened; see `straight`.
        terms: see `features`.
        shade: (24,) light on each patch over that on the well-lit ones at the card's centre.
        corrected: (24, 3) linear sRGB after correction, shade still in it.
    """

    weights: Floats
    curve: Floats
    terms: Terms
    shade: Floats
    corrected: Floats


def features(light: NDArray[Any], terms: Terms) -> NDArray[Any]:
    """(..., 3 or 6) terms of (..., 3) linear light; all scale with exposure."""
    if terms == "linear":
        return light
    red, green, blue = (np.maximum(light[..., index], 0) for index in range(3))
    return np.stack(
        [*np.moveaxis(light, -1, 0), np.sqrt(red * green), np.sqrt(green * blue), np.sqrt(red * blue)],
        axis=-1,
    )


def fit_patches(
    measured: Floats,
    own: Floats,
    usable: NDArray[np.bool_],
    terms: Terms = "root",
    *,
    near: Fit | None = None,
) -> Fit:
    """Fit the correction to the usable patches.

    Args:
        measured: (24, 3) linear sRGB.
        own: (24, 3) linear sRGB that they should be.
        usable: (24,).
        terms: ``linear`` is a 3 x 3 matrix.
        near: a fit to nearly the same patches, to begin from.
    """
    fit = near
    if fit is None:
        fit = _fitted(measured, own, usable, terms, _power(measured, own, usable), None)
    lit = usable & (fit.shade > 1 / _SHADED)
    enough = int(lit[NEUTRAL].sum()) >= _CURVE_NEEDS - (near is not None)
    curve = _curve(measured, own * fit.shade[:, None], lit) if enough else _power(measured, own, usable)
    return _fitted(measured, own, usable, terms, curve, fit)


def held_out(
    fit: Fit, measured: Floats, own: Floats, usable: NDArray[np.bool_], which: NDArray[np.bool_]
) -> Floats:
    """CIEDE2000 of patches, each corrected by a fit to all the other usable ones.

    Args:
        fit: to the usable patches.
        measured, own, usable: that it was fitted to.
        which: (24,) of the usable ones are told.
    """
    found = []
    for left_out in np.flatnonzero(which):
        others = usable.copy()
        others[left_out] = False
        without = fit_patches(measured, own, others, fit.terms, near=fit)
        said = without.corrected[left_out] / without.shade[left_out]
        found.append(float(difference(lab_of_light(said), lab_of_light(own[left_out]))))
    return np.array(found)


def straight(light: NDArray[Any], curve: Floats) -> Floats:
    """Linear light without the camera's tone curve.

    Args:
        light: any shape, 0 and more.
        curve: straight between its points in logarithms, and beyond them as between the last two.
    """
    level = np.log(np.maximum(light, 1e-5))
    place = np.clip(np.searchsorted(curve[:, 0], level) - 1, 0, len(curve) - 2)
    slope = np.diff(curve[:, 1]) / np.diff(curve[:, 0])
    return np.asarray(np.exp(curve[place, 1] + slope[place] * (level - curve[place, 0])))


def _fitted(
    measured: Floats, own: Floats, usable: NDArray[np.bool_], terms: Terms, curve: Floats, near: Fit | None
) -> Fit:
    bent = straight(measured, curve)
    scale = float((own[usable] @ LUMINANCE).sum() / (bent[usable] @ LUMINANCE).sum())
    seen = features(bent * scale, terms)
    shade = np.ones(PATCHES) if near is None else near.shade
    weights = np.zeros((3, seen.shape[1]))
    for _ in range(_TURNS if near is None else _TURNS // 4):
        weights = _solved(seen[usable], own[usable] * shade[usable, None], own[usable], terms)
        shade = _shade(seen @ weights.T, own, usable)
    return Fit(weights * scale, curve, terms, shade, np.asarray(seen @ weights.T))


def _solved(seen: Floats, wanted: Floats, own: Floats, terms: Terms) -> Floats:
    """Ridge towards plain gains; a patch counts by the inverse of its luminance, as errors are seen."""
    count = 1 / (np.maximum(own @ LUMINANCE, 0) + _FLOOR)
    gains = (count[:, None] * wanted * seen[:, :3]).sum(0) / (count[:, None] * seen[:, :3] ** 2).sum(0)
    plain = np.zeros((3, seen.shape[1]))
    plain[:, :3] = np.diag(gains)
    held = (seen * count[:, None]).T @ (seen * count[:, None])
    firm = _FIRM[terms] * np.trace(held) / len(held)
    right = (seen * count[:, None]).T @ ((wanted - seen @ plain.T) * count[:, None])
    return np.asarray(plain + np.linalg.solve(held + firm * np.eye(len(held)), right).T)


def _shade(corrected: Floats, own: Floats, usable: NDArray[np.bool_]) -> Floats:
    """Share of light of each patch: a slope over the card, and what is in hard shade."""
    ratio = (corrected @ LUMINANCE) / np.maximum(own @ LUMINANCE, 1e-6)
    share = np.log(np.clip(ratio, 0.02, 50.0))
    where = (places() - places().mean(axis=0)) / 3.0
    held = np.column_stack([np.ones(PATCHES), where])
    count = usable.astype(np.float64)
    level = np.zeros(3)
    for _ in range(8):  # patches in hard shade have no say in the slope
        rest = share - held @ level
        say = count * np.where(rest < -np.log(_SHADED), 0.02, 1.0) / (1 + (rest / 0.1) ** 2)
        if level[0] == 0:
            level[0] = np.quantile(share[usable], 0.7)
            continue
        firm = np.diag([1e-9, _SLOPE, _SLOPE])
        level = np.linalg.solve((held * say[:, None]).T @ held + firm * 0.1, (held * say[:, None]).T @ share)
    smooth = held @ level
    rest = share - smooth
    hard = np.where(rest < -np.log(_SHADED), rest, 0.0)
    # 1 is the well-lit light at the centre: exposure belongs to the correction, not to the shade.
    return np.asarray(np.exp(smooth - level[0] + hard))


def _greys(measured: Floats, own: Floats, which: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Logarithms of luminance of the neutral patches, as measured and as they are, black first."""
    grey = np.zeros(PATCHES, np.bool_)
    grey[NEUTRAL] = True
    grey &= which
    seen, true = (np.log(np.maximum(light[grey] @ LUMINANCE, 1e-4)) for light in (measured, own))
    return seen[::-1], true[::-1]


def _power(measured: Floats, own: Floats, usable: NDArray[np.bool_]) -> Floats:
    """One exponent for all levels: how contrast of what was measured and of what is compare."""
    seen, true = _greys(measured, own, usable)
    slopes = [
        (true[i] - true[j]) / (seen[i] - seen[j])
        for i in range(len(seen))
        for j in range(i)
        if abs(seen[i] - seen[j]) > 0.2
    ]
    exponent = float(np.clip(np.median(slopes), *_POWERS)) if slopes else 1.0
    return np.array([[-5.0, -5.0 * exponent], [0.0, 0.0]])


def _curve(measured: Floats, lit: Floats, which: NDArray[np.bool_]) -> Floats:
    """Through the neutral patches, none of them in hard shade."""
    seen, true = _greys(measured, lit, which)
    points = [(seen[0], true[0])]
    for level, wanted in zip(seen[1:], true[1:], strict=True):
        step = level - points[-1][0]
        if step > 0.1:
            points.append(
                (level, points[-1][1] + float(np.clip((wanted - points[-1][1]) / step, *_STEEP)) * step)
            )
    return np.array(points) if len(points) > 1 else np.array([[-5.0, -5.0], [0.0, 0.0]])
