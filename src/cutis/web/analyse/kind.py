"""What kind of photo it is, and whether a model is for that kind.

What is known goes first: the kind of the view in the study's protocol, then what the gateway was told. Else
it is found out: a grey photo is of a microscope; a face is found by its landmarks; a dermoscopic photo is
told from a clinical one by the embedding of the photo's quality (`telling`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from cutis.core.bundle_info import BundleInfo
from cutis.core.errors import CutisError, ImageError
from cutis.runtime.gate import operating_point, probability_good
from cutis.web.analyse.engines import Engines
from cutis.web.analyse.scene import Known, Scene
from cutis.web.analyse.telling import telling_of
from cutis.web.database import Delivery, Photo
from cutis.web.studies.protocol import protocols_of

DERMOSCOPIC, CLINICAL, FACE, CONFOCAL = "dermoscopic", "clinical", "face", "confocal"
_FROM_GATEWAY = "gateway-"  # begins the key of a photo that came through it


@dataclass(frozen=True)
class Kind:
    """What kind of photo it is.

    Attributes:
        name: ``dermoscopic``, ``clinical``, ``face`` or ``confocal``; empty where it could not be found out.
        source: ``view``, ``gateway`` or ``found``.
        sure: models of other kinds are not asked.
        probability: of a kind that was told by its look; None where it was not.
    """

    name: str
    source: str = "found"
    sure: bool = True
    probability: float | None = None

    def plain(self) -> dict[str, Any]:
        """As a result keeps it."""
        return asdict(self)


def known_of(session: Session, photo: Photo) -> Known | None:
    """The kind of a photo, where the study's protocol or who sent it says so.

    A gateway calls everything clinical that nobody calls otherwise, so that this word alone says nothing.
    """
    if photo.view:
        for _number, protocol in protocols_of(session, photo.study_id):
            if (view := protocol.view(photo.view)) is not None:
                if view.kind:
                    return Known(view.kind, "view")
                break
    if photo.key.startswith(_FROM_GATEWAY):
        delivery = session.get(Delivery, photo.key.removeprefix(_FROM_GATEWAY))
        if delivery is not None and delivery.modality in (DERMOSCOPIC, CONFOCAL):
            return Known(delivery.modality, "gateway")
    return None


def kind_of_photo(engines: Engines, scene: Scene) -> Kind:
    """Find out what kind of photo it is; see the beginning."""
    if scene.known is not None:
        return Kind(scene.known.kind, scene.known.source)
    if scene.grey:
        return Kind(CONFOCAL)
    chance, sure = _dermoscopic(engines, scene)
    if chance is not None and chance >= sure:
        return Kind(DERMOSCOPIC, probability=chance)
    try:
        if scene.faces():
            return Kind(FACE)
    except CutisError:  # the finder is not installed: whether there is a face, is not known
        pass
    if chance is None:
        return Kind("", sure=False)
    if chance >= 0.5:
        return Kind(DERMOSCOPIC, sure=False, probability=chance)
    return Kind(CLINICAL, sure=1 - chance >= sure, probability=1 - chance)


def made_for(info: BundleInfo) -> tuple[str, ...]:
    """Kinds of photos that a bundle is for; empty for any."""
    if info.passing:
        return ()
    if info.modality == CLINICAL:
        return (FACE,) if info.labels.several else (CLINICAL, FACE)
    return (info.modality,) if info.modality in (DERMOSCOPIC, CONFOCAL) else ()


def suits(info: BundleInfo, kind: Kind) -> bool:
    """Whether a bundle is to be asked about a photo of a kind.

    Whether there is a face in a clinical photo, a model of faces says itself.
    """
    wanted = made_for(info)
    if not wanted or not kind.sure or kind.name in wanted:
        return True
    return wanted == (FACE,) and kind == Kind(CLINICAL, probability=kind.probability)


def _dermoscopic(engines: Engines, scene: Scene) -> tuple[float | None, float]:
    """Probability that a photo is dermoscopic, and from which on that is sure.

    Of a photo that is not good enough it never is: one in ten dermoscopic ones that were degraded passed for
    a clinical one with more than nine tenths.
    """
    telling = telling_of()
    if telling is None:
        return None, 1.0
    try:
        engine = engines.open(telling.digest)
        whole = scene.whole(engine)
    except ImageError:
        raise
    except CutisError:  # the bundle is not here
        return None, 1.0
    good = probability_good(engine.info, whole) >= operating_point(engine.info, None).threshold
    return float(telling.dermoscopic(whole.embedding[None])[0]), telling.sure if good else np.inf
