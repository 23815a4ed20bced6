"""Ask all models that wait for a photo: whether it is good enough first, then those that it suits."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import Any

from cutis.core.errors import CutisError, ImageError
from cutis.runtime.engine import Engine
from cutis.web.analyse import answers, faces, lesions, mosaics
from cutis.web.analyse.engines import Engines
from cutis.web.analyse.kind import Kind, kind_of_photo, made_for
from cutis.web.analyse.reference import reference_of
from cutis.web.analyse.scene import Scene
from cutis.web.jobs.claims import Outcome

_log = logging.getLogger("cutis.web")
UNFORESEEN = "The model could not answer for this photo. Ask again; if it stays, tell the administrator."


def analyse(
    engines: Engines,
    scene: Scene,
    photo: str,
    wanted: Mapping[str, str],
    maps: Path,
    keep: Callable[[dict[str, Outcome]], object],
    anyway: Collection[str] = (),
) -> None:
    """Ask models about a photo.

    Args:
        engines: opened models.
        scene: the photo.
        photo: its digest.
        wanted: identity of each analysis, with the digest of its model.
        maps: folder of the data, for maps of mosaics.
        keep: called with what was found out; the quality of the photo comes first and alone.
        anyway: identities of analyses that somebody asked for, whatever kind of photo it is.
    """
    opened: list[tuple[str, str, Engine]] = []
    broken: dict[str, Outcome] = {}
    for identity, digest in wanted.items():
        try:
            opened.append((identity, digest, engines.open(digest)))
        except CutisError as error:
            _log.warning("the model %s cannot be opened (%s)", digest[:12], error)
            broken[identity] = Outcome(None, "The file of the model is missing or damaged.")
    if broken:
        keep(broken)
    opened.sort(key=lambda one: answers.kind_of(one[2].info) != "quality")
    rest: dict[str, Outcome] = {}
    asking = _Asking(engines, scene, photo, maps)
    for identity, digest, engine in opened:
        outcome = asking.timed(engine, digest, anyway=identity in anyway)
        if outcome.result is not None and outcome.result["kind"] == "quality":
            keep({identity: outcome})
        else:
            rest[identity] = outcome
    if rest:
        keep(rest)


class _Asking:
    """A photo and the models that are asked about it."""

    def __init__(self, engines: Engines, scene: Scene, photo: str, maps: Path) -> None:
        self.engines, self.scene, self.photo, self.maps = engines, scene, photo, maps

    @cached_property
    def kind(self) -> Kind:
        """Of the photo; found out when the first model wants to know."""
        return kind_of_photo(self.engines, self.scene)

    def timed(self, engine: Engine, digest: str, *, anyway: bool) -> Outcome:
        """Ask a model; a failure is told, and is not that of the others."""
        begun = perf_counter()
        try:
            said, embedding = self._asked(engine, digest, anyway=anyway)
        except ImageError as error:
            return Outcome(None, f"The photo {error.reason}", seconds=perf_counter() - begun)
        except Exception as error:
            _log.error("a model failed (%s)", type(error).__name__, exc_info=error)
            return Outcome(None, UNFORESEEN, seconds=perf_counter() - begun)
        return Outcome(said, embedding=embedding, seconds=round(perf_counter() - begun, 4))

    def _asked(self, engine: Engine, digest: str, *, anyway: bool) -> tuple[dict[str, Any], bytes | None]:
        scene = self.scene
        said = answers.head(engine, scene, self.kind if made_for(engine.info) else None)
        if not said["suits"]["suits"] and not anyway:
            return said, None
        kind = said["kind"]
        if kind == "map":
            out = mosaics.place(self.maps, self.photo, digest)
            return said | mosaics.mapped(self.engines.dense(digest), scene, out), None
        if kind == "conditions":
            return said | faces.conditions(engine, scene), None
        reference = reference_of(digest)
        if kind in ("classes", "grade"):
            found, result = answers.classes(engine, scene, reference)
            return _by_oddness(said | found), answers.unit(result.embedding)
        more = answers.quality(engine, scene) if kind == "quality" else lesions.lesions(engine, scene)
        whole = scene.whole(engine)
        odd = {} if kind == "quality" else {"unlike": answers.unlike(reference, whole.embedding)}
        return _by_oddness(said | more | odd), answers.unit(whole.embedding)


def _by_oddness(said: dict[str, Any]) -> dict[str, Any]:
    """A photo that is unlike all that the model was trained on does not suit it."""
    if said.get("unlike", {}).get("unlike") and said["suits"]["suits"]:
        said["suits"] = {"suits": False, "why": "unlike"}
    return said
