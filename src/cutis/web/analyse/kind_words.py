"""Kinds of photos in words: which a model is for, and which a photo is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cutis.web.numbers import whole_percent
from cutis.web.words import _, later

_FOR = {
    "dermoscopic": later("This model is for dermoscopic photos."),
    "clinical": later("This model is for clinical photos of skin."),
    "face": later("This model is for photos of a face."),
    "confocal": later("This model is for grey images of a microscope."),
}
_FOUND = {
    "dermoscopic": later("This looks like a dermoscopic photo."),
    "clinical": later("This looks like a clinical photo of skin."),
    "face": later("This looks like a photo of a face."),
    "confocal": later("This looks like a grey image of a microscope."),
}
_VIEW = {
    "dermoscopic": later("By the protocol this is a dermoscopic photo."),
    "clinical": later("By the protocol this is a clinical photo of skin."),
    "face": later("By the protocol this is a photo of a face."),
    "confocal": later("By the protocol this is an image of a microscope."),
}
_GATEWAY = {
    "dermoscopic": later("By who sent it this is a dermoscopic photo."),
    "confocal": later("By who sent it this is an image of a microscope."),
}
_BY_SOURCE = {"view": _VIEW, "gateway": _GATEWAY, "found": _FOUND}
NOT_MADE_FOR = later("It was asked all the same, by a person: do not rely on its answer.")


def photo_words(kind: Mapping[str, Any]) -> str:
    """What a photo is, such as ``This looks like a dermoscopic photo.``, in a sentence.

    Args:
        kind: of `Kind.plain`, or nothing of it in results of earlier versions.
    """
    if kind.get("name") and not kind["sure"]:
        return unsure_words(kind)
    return _(_BY_SOURCE[kind["source"]].get(kind["name"], "")) if kind.get("name") else ""


def unsure_words(kind: Mapping[str, Any]) -> str:
    """Of a photo whose kind could not be told for certain, that it is so; else nothing."""
    if not kind or kind["sure"]:
        return ""
    if kind["probability"] is None:
        return _("What kind of photo this is, is not known.")
    likely = {"number": whole_percent(kind["probability"])}
    if kind["name"] == "dermoscopic":
        return _("This is probably a dermoscopic photo (%(number)s), but that is not certain.") % likely
    return _("This is probably a clinical photo of skin (%(number)s), but that is not certain.") % likely


def other_words(result: Mapping[str, Any]) -> str:
    """``This model is for dermoscopic photos. This looks like a photo of a face.``, and the like."""
    said = made_for_words(result), photo_words(result["photo"].get("kind", {}))
    return " ".join(one for one in said if one)


def made_for_words(result: Mapping[str, Any]) -> str:
    """Which kind of photos the model of a result is for."""
    wanted = "face" if result["kind"] == "conditions" else result["modality"]
    return _(_FOR.get(wanted, ""))
