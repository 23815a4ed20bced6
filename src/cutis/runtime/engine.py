"""Ask a bundle: photos in, answers out. No torch."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutis import zoo
from cutis.core.bundle import Bundle, BundleInfo
from cutis.core.errors import ImageError
from cutis.core.labels import Labels
from cutis.core.predictions import SEPARATOR
from cutis.imaging.grey import luma
from cutis.imaging.read import read_rgb
from cutis.imaging.upright import upright_rgb
from cutis.runtime.session import Session, available_cores, open_session

Photo = Path | str | bytes | NDArray[Any] | Image.Image
P = TypeVar("P", bound=Photo)
A = TypeVar("A")

_AHEAD = 4  # photos per worker that are decoded or waiting; more only takes memory
_OUTPUTS = ("probabilities", "embedding", "saliency")
_BESIDE = ("findings", "finding_maps")


@dataclass(frozen=True, eq=False)
class Result:
    """What a model says of one photo.

    Attributes:
        label: name of the most probable label, of grades the median; of several conditions those above the
            lowest grade, joined by ``;``.
        title: the same for people.
        probabilities: by name, as in the columns ``p_<name>`` of a table.
        saliency: (classes, h, w) float32: what each place adds to each class's logit, over the photo cropped
            about its centre to at most 4:3 (or whole, where the bundle's networks see it whole). Of several
            conditions (conditions, h, w): what it adds to each one's score.
        embedding: (channels,) float32.
        made_grey: the photo was in colour, and the model looks at grey ones.
        findings: probability of each by itself, by name; empty where the bundle has none.
        finding_maps: (findings, h, w) float32, as ``saliency``.
        grades: name of the median grade by condition; empty where one question is answered.
        expected: mean grade by condition, counted from 0; empty where they are present or absent.
    """

    label: str
    title: str
    probabilities: dict[str, float]
    saliency: NDArray[np.float32]
    embedding: NDArray[np.float32]
    made_grey: bool = False
    findings: Mapping[str, float] = field(default_factory=dict)
    finding_maps: NDArray[np.float32] | None = None
    grades: Mapping[str, str] = field(default_factory=dict)
    expected: Mapping[str, float] = field(default_factory=dict)


class Engine:
    """An opened bundle.

    Args:
        bundle: whose checksums hold, see `Bundle.open`.
        threads: processor cores to use; all when None.

    Attributes:
        bundle: what is being run.
        threads: processor cores in use.
    """

    def __init__(self, bundle: Bundle, threads: int | None = None) -> None:
        self.bundle = bundle
        self.threads = max(1, threads or available_cores())

    @staticmethod
    def open(bundle: Path | str, threads: int | None = None) -> Engine:
        """Open a bundle by the path of its file, or by the name of a shipped one.

        Raises:
            BundleError: no such bundle, or the file is damaged, altered or of a newer format.
        """
        path = Path(bundle)
        named = not path.suffix and len(path.parts) == 1 and not path.is_file()
        return Engine(Bundle.open(zoo.path(str(bundle)) if named else path), threads)

    @property
    def info(self) -> BundleInfo:
        """What the bundle says about its model."""
        return self.bundle.info

    def __call__(self, image: Photo) -> Result:
        """Answer for one photo, with all cores.

        Args:
            image: path, contents of a file, Pillow image, or uint8 array (height, width, 3) or
                (height, width); arrays hold RGB or grey.

        Raises:
            ImageError: it cannot be used as an image.
        """
        return self._answer(image, self.quick)

    def stream(self, photos: Iterable[P]) -> Iterator[tuple[P, Result | ImageError]]:
        """Answer for any number of photos in constant memory.

        Args:
            photos: consumed as fast as they are answered.

        Yields:
            Each photo with its result, or with what is wrong with it, in the order given.
        """
        return self.in_order(photos, self._answer)

    def in_order(
        self, photos: Iterable[P], answer: Callable[[P, Session], A]
    ) -> Iterator[tuple[P, A | ImageError]]:
        """Do something with any number of photos in constant memory.

        Each worker decodes a photo and asks the network on one core, so that decoding and computing overlap
        and no core waits for another.

        Args:
            photos: consumed as fast as they are answered.
            answer: called with a photo and the session to ask; runs in several threads.

        Yields:
            Each photo with the answer, or with what is wrong with it, in the order given.
        """

        def tried(photo: P) -> A | ImageError:
            try:
                return answer(photo, self.steady)
            except ImageError as error:
                return error

        assert self.steady  # opened before the workers would all open it
        pool = ThreadPoolExecutor(self.threads, "cutis")
        waiting: deque[tuple[P, Future[A | ImageError]]] = deque()
        try:
            for photo in photos:
                waiting.append((photo, pool.submit(tried, photo)))
                if len(waiting) >= self.threads * _AHEAD:
                    earliest, future = waiting.popleft()
                    yield earliest, future.result()
            while waiting:
                earliest, future = waiting.popleft()
                yield earliest, future.result()
        finally:
            pool.shutdown(cancel_futures=True)

    def _answer(self, photo: Photo, session: Session) -> Result:
        return self.ask(self.pixels(photo), session)

    def pixels(self, photo: Photo) -> NDArray[np.uint8]:
        """(height, width, 3) RGB of a photo, no larger than is of use.

        Raises:
            ImageError: it cannot be used as an image.
        """
        return _fitting(photo, self.info)

    def ask(self, pixels: NDArray[np.uint8], session: Session | None = None) -> Result:
        """Answer for pixels.

        Args:
            pixels: (height, width, 3) RGB.
            session: who is asked; all cores when None.
        """
        session = session or self.quick
        pixels, made_grey = _in_its_colours(pixels, self.info)
        beside = self.info.findings
        outputs = (*_OUTPUTS, *_BESIDE) if beside else _OUTPUTS
        probabilities, embedding, saliency, *found = session.run(outputs, {"image": pixels[None]})
        result = _said(self.info.labels, probabilities[0], saliency[0], embedding[0], made_grey)
        if not beside:
            return result
        findings = dict(zip(beside.names, found[0][0].tolist(), strict=True))
        return replace(result, findings=findings, finding_maps=found[1][0])

    def mapped(self, pixels: NDArray[np.uint8], session: Session | None = None) -> Result:
        """Answer for pixels as `ask` does, with maps that lie where they belong, for people to look at.

        A network sees a little to one side of each place, by the padding of its convolutions. The maps are
        averaged with those of the photo turned by half, which turns the shift; so the photo is asked twice.
        What is answered is what `ask` answers, and comes from the photo as it is.

        Args:
            pixels: see `ask`.
            session: see `ask`.
        """
        upright = self.ask(pixels, session)
        if self.info.views == 4:  # mirrored both ways inside the graph
            return upright
        turned = self.ask(np.ascontiguousarray(pixels[::-1, ::-1]), session)
        saliency = _both(upright.saliency, turned.saliency)
        if upright.finding_maps is None or turned.finding_maps is None:
            return replace(upright, saliency=saliency)
        found = _both(upright.finding_maps, turned.finding_maps)
        return replace(upright, saliency=saliency, finding_maps=found)

    @cached_property
    def quick(self) -> Session:
        """All cores on one photo."""
        return open_session(self.bundle, self.threads)

    @cached_property
    def steady(self) -> Session:
        """One core per photo; several threads share the session and its weights."""
        return self.quick if self.threads == 1 else open_session(self.bundle, 1)


def _both(upright: NDArray[np.float32], turned: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean of maps, and of those of the photo turned by half, turned back."""
    return np.asarray((upright + turned[:, ::-1, ::-1]) / 2, np.float32)


def _said(
    labels: Labels,
    probabilities: NDArray[np.float32],
    saliency: NDArray[np.float32],
    embedding: NDArray[np.float32],
    made_grey: bool,
) -> Result:
    """The numbers of one photo with their names."""
    values, decided = probabilities.tolist(), labels.decide(probabilities)
    names = zip(labels.questions, np.atleast_1d(decided).tolist(), strict=True)
    return Result(
        label=SEPARATOR.join(label.name for label in labels.found(decided)),
        title=labels.in_words(decided),
        probabilities={name: values[place] for name, place in labels.told.items()},
        saliency=saliency,
        embedding=embedding,
        made_grey=made_grey,
        grades={question: labels.answers.names[answer] for question, answer in names if question},
        expected=dict(zip(labels.scores, labels.expected(probabilities).tolist(), strict=False)),
    )


def _fitting(photo: Photo, info: BundleInfo) -> NDArray[np.uint8]:
    """(height, width, 3) RGB, no larger than is of use."""
    if not info.native:
        return _reduced(_pixels(photo, info.size), info.size)
    pixels = _pixels(photo, None)
    height, width = pixels.shape[:2]
    if min(height, width) < info.size:
        name = photo if isinstance(photo, (str, Path)) else "the image"
        least = f"the model looks at patches of {info.size} x {info.size} and does not enlarge"
        raise ImageError(name, f"is {width} x {height} pixels; {least}. Give a larger image.")
    return pixels


def _in_its_colours(pixels: NDArray[np.uint8], info: BundleInfo) -> tuple[NDArray[np.uint8], bool]:
    """Grey pixels for models that map grey images, so that both ways of asking see the same."""
    if info.dense is None or bool((pixels[..., :1] == pixels[..., 1:]).all()):
        return pixels, False
    return np.repeat(luma(pixels)[..., None], 3, axis=2), True


def _pixels(photo: Photo, size: int | None) -> NDArray[np.uint8]:
    """(height, width, 3) RGB of anything that can be shown."""
    if isinstance(photo, (str, Path, bytes)):
        return read_rgb(photo, least_side=size)
    if isinstance(photo, Image.Image):
        return upright_rgb(photo)
    pixels = np.asarray(photo)
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[:, :, None], 3, axis=2)  # grey
    if pixels.ndim != 3 or pixels.shape[2] != 3 or 0 in pixels.shape:
        expected = "expected (height, width, 3) in RGB, or (height, width) in grey"
        raise ImageError("the array", f"has shape {photo.shape}; {expected}.")
    if pixels.dtype != np.uint8:
        mend = "expected uint8 from 0 to 255. Scale and convert it first"
        raise ImageError("the array", f"holds {pixels.dtype}; {mend}.")
    return pixels


def _reduced(pixels: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Average blocks of a very large photo, down to no less than twice the network's size.

    The graph's own antialiased resize is exact up to about fourfold and strays past that.
    """
    block = min(pixels.shape[:2]) // (2 * size)
    return pixels if block < 2 else np.asarray(Image.fromarray(pixels).reduce(block))
