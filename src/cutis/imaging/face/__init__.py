"""From a photo to the areas of a face: found, turned upright, cut at one scale, usable skin marked.

A detector gives five landmarks; proportions of the face give the rest. Landmarks can also be given by hand
(`face_of`), and a photo of one area alone needs none (`area_alone`).
"""

from cutis.imaging.face.areas import Area, area_alone, cut_areas
from cutis.imaging.face.choose import COARSEST, one_face, refusals
from cutis.imaging.face.detect import find_faces, packaged
from cutis.imaging.face.identity import mask_eyes, mask_identity
from cutis.imaging.face.proportions import AREAS_OF_VIEW, MM_PER_PIXEL, SITES, AreaName, View
from cutis.imaging.face.refusals import MAKE_UP, FaceError, MissingDetectorError, Reason, Refusal
from cutis.imaging.face.values import Box, Detector, Face, Found, Landmarks, Pose, face_of
from cutis.imaging.face.warp import Upright, upright

AREAS = tuple(SITES)

__all__ = [
    "AREAS",
    "AREAS_OF_VIEW",
    "COARSEST",
    "MAKE_UP",
    "MM_PER_PIXEL",
    "Area",
    "AreaName",
    "Box",
    "Detector",
    "Face",
    "FaceError",
    "Found",
    "Landmarks",
    "MissingDetectorError",
    "Pose",
    "Reason",
    "Refusal",
    "Upright",
    "View",
    "area_alone",
    "cut_areas",
    "face_of",
    "find_faces",
    "mask_eyes",
    "mask_identity",
    "one_face",
    "packaged",
    "refusals",
    "upright",
]
