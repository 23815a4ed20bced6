"""Places on the skin by name, as codes of the standard.

Source: DICOM PS3.16, CID 4029 Dermatology Anatomic Site and CID 244 Laterality, as pydicom carries them; the
plain names on the left are ours and those of public image sets; where the group has no such place, they stand
for the next larger one.
"""

from __future__ import annotations

import difflib
import re
from typing import Any

from cutis.core.errors import CutisError
from cutis.interop.dicom.description import Laterality

CONTEXT_GROUP = 4029
PLAIN = {
    "skin": "Skin",
    "head": "SkinOfHead",
    "head neck": "SkinOfHead",
    "scalp": "SkinOfScalp",
    "face": "SkinOfFace",
    "forehead": "SkinOfForehead",
    "cheek": "SkinOfCheek",
    "nose": "SkinOfNose",
    "chin": "SkinOfChin",
    "ear": "SkinOfEar",
    "lip": "SkinOfLip",
    "neck": "SkinOfNeck",
    "anterior torso": "SkinOfAnteriorTrunk",
    "chest": "SkinOfAnteriorSurfaceOfThorax",
    "abdomen": "SkinOfAbdomen",
    "back": "SkinOfBack",
    "posterior torso": "SkinOfBack",
    "lower back": "SkinOfLowerBack",
    "buttock": "SkinOfButtock",
    "axilla": "SkinOfAxilla",
    "upper extremity": "SkinOfUpperExtremity",
    "arm": "SkinOfUpperExtremity",
    "forearm": "SkinOfUpperExtremity",
    "hand": "SkinOfHand",
    "palm": "SkinOfPalmOfHand",
    "lower extremity": "SkinOfLowerExtremity",
    "leg": "SkinOfLowerExtremity",
    "thigh": "SkinOfLowerExtremity",
    "lower leg": "SkinOfLowerExtremity",
    "knee": "SkinOfLowerExtremity",
    "foot": "SkinOfFoot",
    "genital": "SkinOfExternalGenitalia",
    "oral mucosa": "OralMucosa",
}
_LATERALITY = {"left": "Left", "right": "Right", "both": "Bilateral"}


def site_code(name: str) -> Any:
    """The code of a place on the skin.

    Args:
        name: a plain name (``face``, ``lower back``), the standard's (``Skin of nasolabial fold``), or a
            SNOMED CT code of CID 4029.

    Returns:
        A `pydicom.sr.coding.Code`.

    Raises:
        CutisError: it is none of them; the message names near ones.
    """
    every = _sites()
    plain = re.sub(r"[^a-z0-9]+", " ", name.lower()).strip()
    keyword = PLAIN.get(plain)
    if keyword:
        return every[_squeezed(keyword)]
    for code in every.values():
        if code.value == name.strip():
            return code
    found = every.get(_squeezed(plain)) or every.get(_squeezed(f"skin of {plain}"))
    if found:
        return found
    titles = [*PLAIN, *(code.meaning.lower() for code in every.values())]
    near = difflib.get_close_matches(plain, titles, 3, 0.5)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"Such as: {', '.join(list(PLAIN)[1:8])}."
    raise CutisError(f"'{name}' is no place on the skin that the standard knows (CID 4029). {hint}")


def laterality_code(side: Laterality) -> Any:
    """The code of a side of the body (CID 244)."""
    from pydicom.sr.codedict import codes

    return getattr(codes.SCT, _LATERALITY[side])


def side_of(text: str) -> Laterality:
    """A side by its name or letter.

    Raises:
        CutisError: it is none.
    """
    sides: dict[str, Laterality] = {
        "l": "left", "left": "left", "r": "right", "right": "right", "b": "both", "both": "both",
    }  # fmt: skip
    try:
        return sides[text.lower()]
    except KeyError:
        raise CutisError(f"The side is '{text}', not one of left, right, both. Correct it.") from None


def _sites() -> dict[str, Any]:
    from pydicom.sr import _cid_dict, _concepts_dict
    from pydicom.sr.coding import Code

    table: Any = _concepts_dict.concepts
    found = {}
    for scheme, keywords in _cid_dict.cid_concepts[CONTEXT_GROUP].items():
        for keyword in keywords:
            # of several codes of one concept the one of this context group
            for value, (meaning, groups) in table[scheme][keyword].items():
                if CONTEXT_GROUP in groups:
                    found[_squeezed(keyword)] = Code(value, scheme, meaning)
    return found


def _squeezed(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())
