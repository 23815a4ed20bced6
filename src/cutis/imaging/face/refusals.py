"""What keeps a photo or an area of it from being judged, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cutis.core.errors import CutisError, MissingExtraError

Reason = Literal[
    "no_face",
    "several_faces",
    "wrong_view",
    "too_small",
    "blurred",
    "cut_off",
    "glasses",
    "lower_face_covered",
    "beard",
    "hair",
    "turned_away",
    "little_skin",
]

# Nothing in a photo tells foundation from skin; every answer has to say so.
MAKE_UP = (
    "Make-up cannot be recognised: on a face that wears foundation or concealer every grade and measure is "
    "of the make-up. Ask, and photograph the bare, clean skin."
)


@dataclass(frozen=True)
class Refusal:
    """Why something is not judged.

    Attributes:
        reason: a stable name.
        words: what is wrong, with the number where there is one, and how to mend it.
    """

    reason: Reason
    words: str

    def __str__(self) -> str:
        return self.words


class FaceError(CutisError):
    """A photo whose face cannot be judged.

    Args:
        refusal: why, and how to mend it; its words are the message.
    """

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal
        super().__init__(refusal.words)


class MissingDetectorError(MissingExtraError):
    """No detector was given, and the one at hand is not installed."""

    def __init__(self) -> None:
        # With its dependencies it would put a second OpenCV over the one that is there.
        CutisError.__init__(
            self,
            "Finding a face in a photo needs the package mtcnn-runtime, which is not installed. Install it "
            "with: pip install --no-deps mtcnn-runtime. Without it a photo of a single area can still be "
            "judged.",
        )
