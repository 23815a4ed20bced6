"""The colour of skin from what is in it: melanin above, blood below, in a scattering dermis.

Light crosses the epidermis, where melanin absorbs it, is scattered back by the dermis, where blood absorbs
it, and crosses the epidermis again. The spectra are integrated over the three bands of a camera once; per
pixel there remain a table look-up for the dermis and one power for the epidermis. This is the two-chromophore
model of Tsumura with the saturation of real tissue.

Sources: Tsumura et al. 1999, J Opt Soc Am A 16:2169 and 2003, ACM Trans Graph 22:770 (two chromophores);
Jacques 1998, Oregon Medical Laser Center News, "Skin optics" (melanosomes, bloodless skin); Jacques 2013,
Phys Med Biol 58:R37 (scattering of dermis); Gratzer and Kollias, compiled by Prahl (haemoglobin); Wyman et
al. 2013, J Comput Graph Tech 2:1 (fit of the CIE 1931 observer); Chardon et al. 1991, Int J Cosmet Sci 13:191
(individual typology angle).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.floating[Any]]  # float32 throughout, for speed
Floats = NDArray[np.float64]

WAVELENGTHS = np.arange(410.0, 701.0, 10.0)  # nm

# Molar extinction of oxygenated and deoxygenated haemoglobin at WAVELENGTHS, 1/(cm M).
# fmt: off
_OXY = np.array([
    466840, 480360, 246072, 102580, 62816, 44480, 33209, 26629, 23684, 20933, 20035, 24202, 39957, 53236,
    43016, 32613, 44496, 50104, 14401, 3200, 1506, 942, 610, 442, 368, 320, 294, 278, 276, 290,
], dtype=np.float64)
_DEOXY = np.array([
    303956, 407560, 528600, 413280, 103292, 23389, 16156, 14550, 16684, 20862, 25774, 31590, 39036, 46592,
    53412, 53788, 45072, 37020, 28324, 14677, 9444, 6510, 5149, 4345, 3750, 3227, 2795, 2408, 2052, 1794,
], dtype=np.float64)
# fmt: on
_HAEMOGLOBIN = 150.0 / 64500.0  # mol per litre of whole blood

_EPIDERMIS = 0.006  # cm
_OBLIQUE = 2.0  # diffuse light crosses a thin layer on a path this much longer than its depth
_ABOVE = 0.005  # share of light that the epidermis itself sends back, so that no skin is quite black
_UNEVEN = 0.35  # squared variation of melanin within a pixel: light leaks between the basal cells
_BANDS = ((602.0, 27.0), (541.0, 30.0), (462.0, 25.0))  # centre and width of red, green, blue, nm
# By band, chosen by eye against photos: no spectra are published for these in living skin.
_DEEP_ABSORBANCE = np.array([1.9, 1.8, 1.5], dtype=np.float32)[:, None, None]
_TISSUE_ABOVE = np.array([0.040, 0.062, 0.110], dtype=np.float32)[:, None, None]
_KERATIN = np.array([0.84, 0.79, 0.70], dtype=np.float32)[:, None, None]
_YELLOW_ABSORBANCE = np.array([0.06, 0.28, 1.0], dtype=np.float32)[:, None, None]
_CRUST_ABSORBANCE = np.array([1.0, 1.7, 2.1], dtype=np.float32)[:, None, None]
_BLOOD_RANGE = (1e-4, 1.0)
_BLOOD_STEPS = 512
_OXYGEN_STEPS = 17

# ITA in degrees that bounds skin types I-VI from below; type I ends at 70.
ITA_BOUNDS = (55.0, 41.0, 28.0, 10.0, -30.0, -55.0)
ITA_LIGHTEST = 70.0
NORMAL_BLOOD = 0.004  # volume share in the dermis of untanned, unflushed skin
OXYGEN = 0.75  # saturation of the blood in normal skin


def melanosome_absorption(wavelength: Floats) -> Floats:
    """Absorption coefficient inside a melanosome, 1/cm; wavelength in nm. Source: Jacques 1998."""
    return np.asarray(6.6e11 * wavelength**-3.33)


def bloodless_absorption(wavelength: Floats) -> Floats:
    """Absorption coefficient of skin without blood or melanin, 1/cm. Source: Jacques 1998."""
    return np.asarray(0.244 + 85.3 * np.exp(-(wavelength - 154.0) / 66.2))


def dermal_scattering(wavelength: Floats) -> Floats:
    """Reduced scattering coefficient of skin, 1/cm. Source: Jacques 2013, mean over skin."""
    return np.asarray(46.0 * (wavelength / 500.0) ** -1.42)


def blood_absorption(oxygen: float) -> Floats:
    """Absorption coefficient of whole blood at WAVELENGTHS, 1/cm, at an oxygen saturation 0..1."""
    extinction = oxygen * _OXY + (1.0 - oxygen) * _DEOXY
    return np.asarray(2.303 * extinction * _HAEMOGLOBIN)


def _dermis(blood: float, oxygen: float, scatter: float) -> Floats:
    absorption = bloodless_absorption(WAVELENGTHS) + blood * blood_absorption(oxygen)
    ratio = 2.0 * absorption / (0.75 * scatter * dermal_scattering(WAVELENGTHS))
    return np.asarray(1.0 + ratio - np.sqrt(ratio**2 + 2.0 * ratio))


def reflectance_spectrum(
    melanin: float, blood: float, oxygen: float = OXYGEN, scatter: float = 1.0
) -> Floats:
    """Diffuse reflectance of skin at WAVELENGTHS, 0..1.

    Args:
        melanin: volume share of melanosomes in the epidermis, 0.01 (palest) to 0.45 (darkest).
        blood: volume share of blood in the dermis, 0.002 (pale) to 0.1 (flushed) to 1 (inside a vessel).
        oxygen: saturation of that blood, 0..1.
        scatter: scattering relative to normal dermis; scar is above 1.

    Source: Kubelka-Munk for the dermis (K = 2 absorption, S = 3/4 reduced scattering); Lambert-Beer twice
        through the epidermis, averaged over a gamma distribution of melanin within the pixel.
    """
    dermis = _dermis(blood, oxygen, scatter)
    twice = 2.0 * melanin * melanosome_absorption(WAVELENGTHS) * _EPIDERMIS * _OBLIQUE
    return np.asarray(_ABOVE + (1.0 - _ABOVE) * dermis * (1.0 + _UNEVEN * twice) ** (-1.0 / _UNEVEN))


@lru_cache(maxsize=1)
def band_weights() -> Floats:
    """Sensitivity of red, green and blue at WAVELENGTHS; each row sums to 1. Shape (3, wavelengths)."""
    rows = [np.exp(-0.5 * ((WAVELENGTHS - centre) / width) ** 2) for centre, width in _BANDS]
    weights = np.array(rows)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


@lru_cache(maxsize=1)
def melanin_absorbance() -> Field:
    """Absorbance (natural log) of both crossings of an epidermis full of melanosomes. Shape (3, 1, 1)."""
    per_band = band_weights() @ melanosome_absorption(WAVELENGTHS)
    return (per_band * 2.0 * _EPIDERMIS * _OBLIQUE).astype(np.float32)[:, None, None]


@lru_cache(maxsize=1)
def _dermis_table() -> Field:
    """Reflectance of the dermis by band. Shape (3, oxygen steps * blood steps), blood in equal log steps."""
    blood = np.geomspace(*_BLOOD_RANGE, _BLOOD_STEPS)
    table = [
        [band_weights() @ _dermis(share, oxygen, 1.0) for share in blood]
        for oxygen in np.linspace(0.0, 1.0, _OXYGEN_STEPS)
    ]
    return np.ascontiguousarray(np.array(table, dtype=np.float32).reshape(-1, 3).T)


def dermis_reflectance(arterial: Field, venous: Field, scatter: Field | float = 1.0) -> Field:
    """Light that the dermis sends back, by camera band.

    Args:
        arterial: (height, width) volume share of well oxygenated blood (saturation 0.9).
        venous: (height, width) volume share of poorly oxygenated blood (saturation 0.3).
        scatter: scattering relative to normal dermis.

    Returns:
        (3, height, width), 0..1.
    """
    total = arterial + venous
    oxygen = (0.9 * arterial + 0.3 * venous) / np.maximum(total, 1e-6)
    low, high = np.log(_BLOOD_RANGE)
    # More scattering shortens the path, which is the same as less of every absorber.
    step = (np.log(np.maximum(total / scatter, _BLOOD_RANGE[0])) - low) * ((_BLOOD_STEPS - 1) / (high - low))
    column = np.minimum(step, _BLOOD_STEPS - 1).astype(np.int32)
    row = (oxygen * (_OXYGEN_STEPS - 1) + 0.5).astype(np.int32)
    return np.asarray(_dermis_table()[:, row * _BLOOD_STEPS + column])


def add_deep_melanin(light: Field, deep: Field) -> None:
    """Melanin in the dermis, seen through scattering tissue, which adds blue: in place.

    Args:
        light: (3, height, width) reflectance of the dermis.
        deep: (height, width) amount; 1 is a distinct blue-grey nest.

    Source: the Tyndall effect as dermoscopy texts describe it: brown at the junction, grey and blue below.
    """
    light *= np.exp(_DEEP_ABSORBANCE * -deep)
    light += _TISSUE_ABOVE * (np.float32(1.0) - np.exp(-deep))


def add_epidermis(light: Field, melanin: Field) -> None:
    """Both crossings of the epidermis, and the little that it sends back itself: in place."""
    leak = melanin_absorbance() * (melanin * np.float32(_UNEVEN))
    light *= np.exp(np.log1p(leak) * np.float32(-1.0 / _UNEVEN))
    light *= np.float32(1.0 - _ABOVE)
    light += np.float32(_ABOVE)


def add_keratin(light: Field, cover: Field) -> None:
    """Scale and keratin hide what is below and are nearly white: in place; cover 0..1."""
    share = np.clip(cover, 0.0, 1.0)
    light += share * (_KERATIN - light)


def add_yellow(light: Field, amount: Field) -> None:
    """Serum, sebum and soaked keratin absorb blue: in place; 1 is amber."""
    light *= np.exp(_YELLOW_ABSORBANCE * -amount)


def add_crust(light: Field, amount: Field) -> None:
    """Dried blood and dark plugs: in place; 1 is red-brown, 3 black."""
    light *= np.exp(_CRUST_ABSORBANCE * -amount)


def skin_reflectance(melanin: Field, arterial: Field, venous: Field) -> Field:
    """Diffuse reflectance of plain skin by camera band: (3, height, width), for maps of volume shares."""
    light = dermis_reflectance(arterial, venous)
    add_epidermis(light, melanin)
    return light


def _lobe(peak: float, below: float, above: float) -> Floats:
    width = np.where(peak > WAVELENGTHS, below, above)
    return np.asarray(np.exp(-0.5 * ((WAVELENGTHS - peak) / width) ** 2))


@lru_cache(maxsize=1)
def _observer() -> Floats:
    """CIE 1931 colour matching at WAVELENGTHS under equal-energy light, scaled so that white has Y = 1."""
    x = 1.056 * _lobe(599.8, 37.9, 31.0) + 0.362 * _lobe(442.0, 16.0, 26.7) - 0.065 * _lobe(501.1, 20.4, 26.2)
    y = 0.821 * _lobe(568.8, 46.9, 40.5) + 0.286 * _lobe(530.9, 16.3, 31.1)
    z = 1.217 * _lobe(437.0, 11.8, 36.0) + 0.681 * _lobe(459.0, 26.0, 13.8)
    return np.asarray(np.array([x, y, z]) / y.sum())


_TO_SRGB = np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]])


def spectrum_to_srgb(spectrum: Floats) -> Floats:
    """Linear sRGB of a reflectance spectrum under a light that white-balances to white. Shape (3,)."""
    xyz, white = _observer() @ spectrum, _observer().sum(axis=1)
    srgb = _TO_SRGB @ (xyz / white * np.array([0.9505, 1.0, 1.089]))
    return np.asarray(srgb)


@lru_cache(maxsize=1)
def band_to_srgb() -> Field:
    """The camera's colour matrix, (3, 3): from its bands to linear sRGB, fitted on skin; white is white."""
    samples = [
        reflectance_spectrum(melanin, blood, oxygen)
        for melanin in (0.01, 0.05, 0.12, 0.25, 0.45)
        for blood in (0.002, 0.02, 0.1, 0.5)
        for oxygen in (0.3, 0.9)
    ]
    spectra = np.array([*samples, *[np.ones_like(WAVELENGTHS)] * 40])
    bands = spectra @ band_weights().T
    wanted = np.array([spectrum_to_srgb(spectrum) for spectrum in spectra])
    matrix = np.linalg.lstsq(bands, wanted, rcond=None)[0].T
    return np.asarray(matrix / matrix.sum(axis=1, keepdims=True), dtype=np.float32)


def typology_angle(linear_srgb: Floats) -> float:
    """Individual typology angle of a colour, in degrees: high is pale, below -30 is dark.

    Args:
        linear_srgb: (3,) linear sRGB, 0..1.
    """
    xyz = np.linalg.inv(_TO_SRGB) @ linear_srgb / np.array([0.9505, 1.0, 1.089])
    cubed = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16.0 / 116.0)
    lightness = 116.0 * cubed[1] - 16.0
    yellow = 200.0 * (cubed[1] - cubed[2])
    return float(np.degrees(np.arctan2(lightness - 50.0, max(yellow, 1e-6))))


@lru_cache(maxsize=1)
def _melanin_by_angle() -> tuple[Floats, Floats]:
    melanin = np.geomspace(0.002, 0.6, 160)
    angle = [typology_angle(spectrum_to_srgb(reflectance_spectrum(m, NORMAL_BLOOD))) for m in melanin]
    return np.array(angle)[::-1], melanin[::-1]


def melanin_of_type(skin_type: int, place: float) -> float:
    """Melanosome share of a Fitzpatrick type.

    Args:
        skin_type: 1 (I) to 6 (VI).
        place: 0 (the type's palest) to 1 (its darkest).

    Source: ITA ranges of Chardon et al. 1991 as bounds of the types, inverted through the optical model.
    """
    upper = ITA_LIGHTEST if skin_type == 1 else ITA_BOUNDS[skin_type - 2]
    angle = upper + place * (ITA_BOUNDS[skin_type - 1] - upper)
    return float(np.interp(angle, *_melanin_by_angle()))
