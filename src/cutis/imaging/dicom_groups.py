"""What an enhanced DICOM image says of one of its frames: functional groups (PS3.3 C.7.6.16)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_SHOWN = "FrameVOILUTSequence"  # a window or a table
_READ = {
    "PixelValueTransformationSequence": ("RescaleSlope", "RescaleIntercept"),
    _SHOWN: ("WindowCenter", "WindowWidth", "VOILUTSequence"),
    "PixelMeasuresSequence": ("PixelSpacing", "SliceThickness", "SpacingBetweenSlices"),
}


@dataclass(frozen=True, eq=False)
class FrameDataset:
    """A data set as it holds for one frame; its values are asked for by `get`.

    Attributes:
        data: the pydicom data set of all frames.
        own: value of each attribute that the frame's groups stand in place of; None where there is none.
    """

    data: Any
    own: dict[str, Any]

    def get(self, keyword: str, default: Any = None) -> Any:
        """The value of an attribute, or the default where it is not there."""
        value = self.own[keyword] if keyword in self.own else self.data.get(keyword)
        return default if value is None else value

    def __getattr__(self, keyword: str) -> Any:
        return getattr(self.data, keyword)


def of_frame(data: Any, frame: int) -> Any:
    """The data set as it holds for one frame.

    What is said of the frame goes before what is said of all frames, and that before the data set's own. Most
    images have no such groups; theirs is the data set itself.

    Args:
        data: the pydicom data set.
        frame: number of the frame, from 0.
    """
    own = {
        keyword: said.get(keyword)
        for name, said in _groups(data, frame)
        for keyword in _READ[name]
        if keyword in said or name == _SHOWN  # a frame with a window has no table, though all may have one
    }
    return FrameDataset(data, own) if own else data


def has_own_window(data: Any, frame: int) -> bool:
    """Whether a frame says by itself how it is shown; other frames may say otherwise."""
    return bool(_item(data, "PerFrameFunctionalGroupsSequence", frame).get(_SHOWN))


def _groups(data: Any, frame: int) -> Iterator[tuple[str, Any]]:
    for sequence, place in (
        ("SharedFunctionalGroupsSequence", 0),
        ("PerFrameFunctionalGroupsSequence", frame),
    ):
        item = _item(data, sequence, place)
        for name in _READ:
            if said := item.get(name):
                yield name, said[0]


def _item(data: Any, sequence: str, place: int) -> Any:
    items = data.get(sequence) or ()
    return items[place] if place < len(items) else {}
