"""Words for what a protocol is made of, translated where they are shown."""

from __future__ import annotations

from cutis.web.words import later

KINDS = {
    "choice": later("one of several"),
    "several": later("several of several"),
    "yes_no": later("yes or no"),
    "scale": later("scale"),
    "number": later("number"),
    "date": later("day"),
    "text": later("text"),
}
PHOTO_KINDS = {
    "": later("found out from each photo"),
    "dermoscopic": later("dermoscopic"),
    "clinical": later("clinical, not of a face"),
    "face": later("of a face"),
    "confocal": later("of a microscope, grey"),
}
OUTLINES = {
    "none": later("none"),
    "lesion": later("lesion"),
    "face": later("face, from the front"),
    "face_left": later("face, left side"),
    "face_right": later("face, right side"),
    "hand": later("hand"),
    "foot": later("foot"),
    "arm": later("arm"),
    "leg": later("leg"),
    "chest": later("chest"),
    "back": later("back"),
}
