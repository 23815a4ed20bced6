"""How a face is turned, from five landmarks and the proportions of a face.

The face is a rigid set of five points, seen from far (scaled orthographic projection). Six numbers place it,
one stretches it, and ten coordinates say where it is; each landmark may deviate by what people deviate. What
five points cannot tell, whether a face is long or raised, is settled by what is usual.

Source: Gee and Cipolla 1994, Image and Vision Computing 12:639 (gaze from a few facial landmarks under weak
perspective); the weighting is an ordinary maximum a posteriori fit.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cutis.imaging.face.proportions import FIVE, PUPILS, Points
from cutis.imaging.face.values import Landmarks, Pose

# How far a landmark of one person lies from the mean face, mm: across and down.
_SPREAD: Points = np.array([(0.8, 0.8), (0.8, 0.8), (1.5, 2.5), (2.5, 2.0), (2.5, 2.0)])
_PITCH_SPREAD = 7.0  # degrees: people asked to look at the camera
_LENGTH_SPREAD = 0.06
_LEAST_PUPILS = 2.0  # pixels
_STRAIGHT = 1e-3  # radians


def fit(landmarks: Landmarks) -> Pose:
    """The pose that explains the landmarks best.

    Raises:
        ValueError: landmarks that are not finite or coincide, or eyes below the mouth's level after turning
            upright, which means that left and right were swapped.
    """
    from scipy.optimize import least_squares

    roll, scale, middle = _roughly(landmarks.points)
    seen = (landmarks.points - middle) / scale  # mm of a face that looks ahead, but for the roll

    def misfit(unknown: Points) -> Points:
        pose = _pose(unknown)
        apart = (pose.place(FIVE) - seen) / (pose.scale * _SPREAD)
        usual = [unknown[2] / np.radians(_PITCH_SPREAD), unknown[6] / _LENGTH_SPREAD]
        return np.concatenate([apart.ravel(), usual])

    start = np.array([roll, _towards(seen, roll), 0, 0, 0, 0, 0])
    # The first step is at most a hundred times as long as the start, unless that is exactly 0: a face that
    # looks straight ahead but for rounding would never leave it.
    start[np.abs(start) < _STRAIGHT] = 0
    best = least_squares(misfit, start, method="lm")
    spread = float(np.sqrt(np.linalg.pinv(best.jac.T @ best.jac)[3, 3]))
    pose = _pose(best.x, spread)
    across, down = np.array(pose.shift) * scale + middle
    return replace(pose, scale=pose.scale * scale, shift=(float(across), float(down)))


def _roughly(seen: Points) -> tuple[float, float, Points]:
    """Roll in radians, pixels per mm, and the middle between the pupils."""
    if not np.isfinite(seen).all():
        raise ValueError("a landmark is not a number; give all five in pixels of the photo")
    (left, right), mouth = seen[:2], seen[3:].mean(axis=0)
    middle = (left + right) / 2
    across, down = left - right, mouth - middle
    if np.hypot(*across) < _LEAST_PUPILS or np.hypot(*down) < _LEAST_PUPILS:
        raise ValueError("landmarks coincide; both eyes and the mouth are needed, in pixels of the photo")
    if across[0] * down[1] - across[1] * down[0] <= 0:
        raise ValueError(
            "the eyes are on the wrong sides: left and right are the person's own, so that in a photo that "
            "is not mirrored the left eye lies to the right"
        )
    scale = max(np.hypot(*across) / PUPILS, np.hypot(*down) / FIVE[3, 1] * 0.9)
    return float(np.arctan2(across[1], across[0])), float(scale), np.asarray(middle)


def _towards(seen: Points, roll: float) -> float:
    """Yaw in radians, roughly, from how far the nose lies off the middle of eyes and mouth."""
    upright = seen @ np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]])
    middle = (upright[:2].mean(axis=0) + upright[3:].mean(axis=0)) / 2
    return float(np.arcsin(np.clip((upright[2, 0] - middle[0]) / FIVE[2, 2], -0.8, 0.8)))


def _pose(unknown: Points, spread: float = 0.0) -> Pose:
    roll, yaw, pitch, log_scale, across, down, length = unknown
    return Pose(
        roll=float(np.degrees(roll)),
        yaw=float(np.degrees(yaw)),
        pitch=float(np.degrees(pitch)),
        scale=float(np.exp(np.clip(log_scale, -5, 5))),
        length=float(np.exp(np.clip(length, -1, 1))),
        shift=(float(across), float(down)),
        spread=spread,
    )
