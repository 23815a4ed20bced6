"""What to do about a photo that is not good enough: one plain sentence for each reason."""

from __future__ import annotations

from collections.abc import Mapping

from cutis.core.bundle_info import BundleInfo

SENTENCES: Mapping[str, str] = {
    "blur": "Hold the phone still, tap on the spot to focus, and wait until the picture is sharp.",
    "dark": "Go nearer to a window or a lamp; your own shadow should not fall on the skin.",
    "bright": "Move out of direct light, or tap on the brightest part so that the camera darkens it.",
    "glare": "Switch the flash off and turn a little until no light is reflected.",
    "colour": "Use daylight or white light, without coloured lamps or walls nearby.",
    "distance": "Hold the phone a hand's length away, so that the spot fills a third of the picture.",
    "framing": "Bring the spot to the middle, with some skin visible all around it.",
    "obstruction": "Move hair, clothing and fingers away from the spot.",
    "noise": "Use more light: in the dark the camera adds grain.",
    "compression": "Send the photo as it was taken, not a screenshot or a copy from a messenger.",
    "not_skin": "No skin was recognised. Point the camera at the spot on the skin.",
}
PLAUSIBLE = 0.5  # probability from which a finding is worth a sentence


def advice(info: BundleInfo, findings: Mapping[str, float], most: int = 2) -> tuple[str, ...]:
    """What would help, the most probable reason first.

    Args:
        info: of the gate's bundle; a finding without a sentence of ours is named by its title.
        findings: probability by name.
        most: sentences.

    Returns:
        At least one sentence where there are findings, also where none is plausible.
    """
    if info.findings is None or not findings:
        return ()
    ranked = sorted(findings, key=findings.__getitem__, reverse=True)
    told = [name for name in ranked[:most] if findings[name] >= PLAUSIBLE] or ranked[:1]
    return tuple(SENTENCES.get(name, f"{info.findings[name].text}.") for name in told)
