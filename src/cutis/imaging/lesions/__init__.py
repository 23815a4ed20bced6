"""From a wide photo to its lesions: found by colour, edited by the user, cut out with skin around them."""

from cutis.imaging.lesions.crop import crop
from cutis.imaging.lesions.find import find_lesions
from cutis.imaging.lesions.values import Lesion, Lesions

__all__ = ["Lesion", "Lesions", "crop", "find_lesions"]
