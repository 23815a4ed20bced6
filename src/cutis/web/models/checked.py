"""What a process of its own finds out about a bundle that somebody sent.

Zip files, arrays and graphs can be made to hurt those who open them: that process knows neither the database
nor the secret, writes nothing, has bounded memory and time, and may be ended at any moment. Nothing of the
server is imported.
"""

from __future__ import annotations

import os
import resource
import tempfile
import zipfile
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from cutis.web.apart import NotTaken, bound

_MEMORY = 4 << 30  # bytes
_MEMBERS = 200
_CARD = 1_000_000  # characters


@dataclass(frozen=True)
class Checked:
    """A bundle that holds.

    Attributes:
        digest: that identifies it.
        difference: largest difference of a probability from those that it promises.
        tolerance: largest that it allows.
        cases: images on which that was found.
    """

    digest: str
    name: str
    version: str
    task: str
    title: str
    rendered: bool
    cases: int
    difference: float
    tolerance: float


def check_for(answer: Connection, seconds: float, source: Path, unpacked: int) -> None:
    """What the process does: `check_here`, with no more memory and time than is given.

    Args:
        answer: where to say it.
        seconds: of the processor.
        source: the file.
        unpacked: bytes that its members may have together.
    """
    bound(seconds, _MEMORY)
    with tempfile.TemporaryDirectory() as empty:  # a graph can name other files: there are none
        os.chdir(empty)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        found = check_here(source, unpacked)
        os.chdir("/")
    answer.send(found)


def check_here(source: Path, unpacked: int) -> Checked | NotTaken:
    """Open a bundle, check all that it says of itself, and see that this machine reproduces its answers.

    Args:
        source: the file.
        unpacked: bytes that its members may have together.
    """
    from cutis.core.bundle import Bundle
    from cutis.core.errors import CutisError

    if reason := _too_large(source, unpacked):
        return NotTaken(reason)
    try:
        bundle = Bundle.open(source)
        if reason := _odd(bundle.info.name, bundle.info.version, bundle.info.task, bundle.info.title):
            return NotTaken(reason)
        if len(bundle.card) > _CARD:
            return NotTaken("Its card is longer than a million characters. Export it with a shorter one.")
        return _reproduced(bundle)
    except CutisError as error:
        return NotTaken(_without_path(str(error), source))
    except MemoryError:
        return NotTaken("It takes more memory than is given. Export it smaller.")


def _too_large(source: Path, unpacked: int) -> str:
    try:
        with zipfile.ZipFile(source) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return "This is not a bundle, or it is cut off. Choose a file that ends in .cutis, and send it whole."
    if len(members) > _MEMBERS or sum(one.file_size for one in members) > unpacked:
        return f"It has more than {_MEMBERS} members, or more than {unpacked / 1e6:.0f} MB unpacked."
    return ""


def _odd(*said: str) -> str:
    """What it calls itself is shown to people: plain text of a bounded length."""
    fits = all(isinstance(text, str) and 0 < len(text) <= 200 and text.isprintable() for text in said)
    return "" if fits else "Its name, version, task or title is empty, too long, or cannot be shown."


def _reproduced(bundle: object) -> Checked | NotTaken:
    from cutis.core.bundle import Bundle
    from cutis.runtime.check import check_parity
    from cutis.runtime.engine import Engine

    assert isinstance(bundle, Bundle)
    if not bundle.vectors.cases:
        return NotTaken("It has no test images, so that nobody can see whether it answers rightly here.")
    try:
        found = check_parity(bundle)
        Engine(bundle, 1)(bundle.vectors.cases[0].image)  # all outputs are there, and fit together
    except MemoryError:
        raise
    except Exception:  # what onnxruntime says of a graph is for those who made it
        return NotTaken("Its graph cannot be run by the onnxruntime that is installed here. Export it anew.")
    if not found.passed:
        return NotTaken(
            f"This machine does not reproduce its answers: a probability is off by {found.difference:.2g}, "
            f"and {found.tolerance:.2g} is allowed. Nothing was kept."
        )
    info = bundle.info
    return Checked(
        digest=bundle.digest,
        name=info.name,
        version=info.version,
        task=info.task,
        title=info.title,
        rendered=bool(info.training.rendered),
        cases=found.cases,
        difference=found.difference,
        tolerance=found.tolerance,
    )


def _without_path(words: str, source: Path) -> str:
    return words.replace(f"{source}: ", "It ", 1).replace(str(source), "the file")
