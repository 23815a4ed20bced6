"""Every error that cutis raises on purpose.

    CutisError
    ├── ManifestError       rows or columns of a manifest, all of them at once
    ├── PredictionsError    rows or columns of a predictions table
    ├── FactsError          clinical facts that do not hold or contradict each other, all at once
    ├── LeakageError        one group, or the same photo, on both sides of a split
    ├── ImageError          a file that cannot be used as an image
    ├── FaceError           a face that cannot be judged, and why (`cutis.imaging.face`)
    ├── BundleError         a bundle that is missing, damaged, altered or too new
    ├── RunError            a training run that is missing, incomplete or does not fit
    ├── OneClassError       a statistic that needs two classes was given one
    ├── OutputError         a result that could not be written
    └── MissingExtraError   an optional part of cutis that is not installed
        └── MissingDetectorError    of faces (`cutis.imaging.face`)

The text of an error is what the user reads: what, where, which value, how to mend it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


class CutisError(Exception):
    """Something that the user can mend. The command line prints its text and exits with 1."""


class _TableError(CutisError):
    """Problems found in a table, reported together.

    Args:
        problems: one sentence each, beginning with ``file:row:``.
    """

    shown = 50  # a terminal's worth; the attribute `problems` holds every one

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        hidden = len(self.problems) - self.shown
        tail = [f"... and {hidden} more of the same file."] if hidden > 0 else []
        super().__init__("\n".join([*self.problems[: self.shown], *tail]))


class ManifestError(_TableError):
    """Rows or columns of a manifest that do not hold, all of them at once."""


class PredictionsError(_TableError):
    """Rows or columns of a predictions table that do not hold, all of them at once."""


class FactsError(_TableError):
    """Clinical facts that do not hold or contradict each other, all of them at once.

    Args:
        problems: one sentence each.
        found: the same as `cutis.clinical.problem.Problem`, where they are of single facts.
    """

    def __init__(self, problems: Sequence[str], found: Sequence[object] = ()) -> None:
        super().__init__(problems)
        self.found = tuple(found)


class LeakageError(_TableError):
    """One group, or the same photo, stands on both sides of a split."""


class ImageError(CutisError):
    """A file that cannot be used as an image.

    Args:
        path: the file.
        reason: what is wrong with it, and how to mend it.
    """

    def __init__(self, path: Path | str, reason: str) -> None:
        self.path = Path(path)
        self.reason = reason
        super().__init__(f"{path}: {reason}")


class BundleError(CutisError):
    """A bundle that is missing, damaged, altered or of a newer format."""


class RunError(CutisError):
    """A training run that is missing, incomplete or does not fit what was asked of it."""


class OneClassError(CutisError):
    """A statistic that compares two classes was given only one."""


class OutputError(CutisError):
    """A result that could not be written; what stood there before is untouched."""


class MissingExtraError(CutisError):
    """An optional part of cutis is not installed.

    Args:
        extra: the extra's name in ``pip install 'cutis[extra]'``.
        needed_for: what the user asked for, to begin the sentence with.
    """

    def __init__(self, extra: str, needed_for: str) -> None:
        super().__init__(
            f"{needed_for} needs the '{extra}' extra, which is not installed. "
            f"Install it with: pip install 'cutis[{extra}]'"
        )
