"""One face, fit to be judged, or the reason why there is none."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from cutis.imaging.face.detect import find_faces
from cutis.imaging.face.proportions import View
from cutis.imaging.face.refusals import FaceError, Reason, Refusal
from cutis.imaging.face.values import Detector, Face

COARSEST = 0.25  # mm per pixel: beyond it neither pores nor fine lines are in the photo
_SAME = 0.35  # a face at least this wide, as a share of the widest, is a second person in the picture
_YAW: Mapping[View, tuple[float, float]] = MappingProxyType(
    {"front": (-22.0, 22.0), "left": (-75.0, -18.0), "right": (18.0, 75.0)}
)


def one_face(
    rgb: NDArray[np.uint8],
    view: View = "front",
    *,
    which: int | None = None,
    detector: Detector | None = None,
    coarsest: float = COARSEST,
    allow: Collection[Reason] = (),
) -> Face:
    """The face of a photo that was taken to judge its skin.

    Args:
        rgb: (height, width, 3) sRGB.
        view: from where it should have been taken; ``left`` shows the person's left side.
        which: number of the face from the left of the photo, 0 first, where there are several.
        detector: from a photo to faces; by default the packaged one.
        coarsest: mm per pixel beyond which the photo is refused.
        allow: reasons that shall not refuse it.

    Raises:
        FaceError: there is none, or it cannot be judged; says why and how to mend it.
        ImageError: the array is not a colour photo of bytes.
        MissingDetectorError: no detector was given and none is installed.
    """
    face = _chosen(find_faces(rgb, detector), which, rgb.shape[1], view)
    found = [one for one in refusals(rgb, face, view, coarsest) if one.reason not in allow]
    if found:
        raise FaceError(_at_once(found))
    return face


def _at_once(found: Sequence[Refusal]) -> Refusal:
    """All that is to mend before the next photo; of a head turned away the first, as the rest rests on it."""
    turned = any(one.reason == "wrong_view" for one in found)
    told = found[:1] if turned else found
    return Refusal(found[0].reason, " ".join(one.words for one in told))


def refusals(
    rgb: NDArray[np.uint8], face: Face, view: View = "front", coarsest: float = COARSEST
) -> tuple[Refusal, ...]:
    """Everything that keeps a face from being judged as a whole, the gravest first."""
    from cutis.imaging.face.coverings import covered
    from cutis.imaging.face.sharpness import blurred

    over = covered(rgb, face)
    size = _size(face, coarsest)
    found = [_view(face, view), size, blurred(rgb, face) if size is None else None, *over]
    # Under a mask a detector puts nose and mouth where they are not, so that the head seems to be turned.
    found.sort(key=lambda one: one is None or one.reason != "lower_face_covered")
    return tuple(one for one in found if one is not None)


def _chosen(faces: tuple[Face, ...], which: int | None, width: int, view: View) -> Face:
    if not faces:
        profile = (
            " In a full profile none is found, as the scale comes from both pupils: turn the head only so "
            "far that the far eye is still seen, about 45 degrees."
        )
        raise FaceError(
            Refusal(
                "no_face",
                "No face was found. Photograph the whole face upright from about 40 cm in even light, with "
                f"nothing over eyes, nose or mouth.{'' if view == 'front' else profile} A photo of a single "
                "area can be judged by naming the area.",
            )
        )
    widest = faces[0].box.width
    people = sorted(
        (face for face in faces if face.box.width >= _SAME * widest), key=lambda face: face.box.left
    )
    if which is not None:
        if not 0 <= which < len(people):
            raise FaceError(
                Refusal(
                    "no_face",
                    f"There is no face number {which}: the photo shows {len(people)}, counted from the left, "
                    "from 0.",
                )
            )
        return people[which]
    if len(people) > 1:
        where = ", ".join(f"{(face.box.left + face.box.right) / 2 / width:.0%}" for face in people)
        raise FaceError(
            Refusal(
                "several_faces",
                f"The photo shows {len(people)} faces (at {where} of its width). Say which one, counted from "
                "the left from 0, or take a photo with one person in it.",
            )
        )
    return people[0]


def _view(face: Face, view: View) -> Refusal | None:
    least, most = _YAW[view]
    if least <= face.yaw <= most:
        return None
    shown = "left" if face.yaw < 0 else "right"
    if view == "front":
        words = (
            f"The head is turned {abs(face.yaw):.0f} degrees, so that the {shown} side is shown; a front "
            f"view allows {most:.0f}. Look straight into the camera, or give the view as '{shown}'."
        )
    elif shown != view and abs(face.yaw) > _YAW["front"][1]:
        words = (
            f"The photo shows the person's {shown} side, but the view was given as '{view}'. Left and right "
            "are the person's own; some phones mirror photos of the front camera: switch that off."
        )
    else:
        words = (
            f"The head is turned {abs(face.yaw):.0f} degrees; a view from the {view} needs "
            f"{abs(least + most) / 2:.0f} or so. Turn the head until the far eye is only "
            "just seen whole, or give the view as 'front'."
        )
    return Refusal("wrong_view", words)


def _size(face: Face, coarsest: float) -> Refusal | None:
    if face.mm_per_pixel <= coarsest:
        return None
    needed = face.pupils * face.mm_per_pixel / coarsest
    low, high = (face.mm_per_pixel * (1 + side * face.spread) for side in (-1, 1))
    return Refusal(
        "too_small",
        f"The face is too small: one pixel is {face.mm_per_pixel:.2f} mm ({low:.2f} to {high:.2f}), and "
        f"pores and fine lines need {coarsest:.2f} or less. Go nearer or use the camera's full resolution: "
        f"{math.ceil(needed)} pixels between the pupils instead of {math.floor(face.pupils)}.",
    )
