"""Ask all models that wait for a photo: whether it is good enough first, then those that it suits."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

from cutis.core.errors import CutisError, ImageError
from cutis.runtime.engine import Engine
from cutis.web.analyse import answers, faces, lesions, mosaics
from cutis.web.analyse.engines import Engines
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
) -> None:
    """Ask models about a photo.

    Args:
        engines: opened models.
        scene: the photo.
        photo: its digest.
        wanted: identity of each analysis, with the digest of its model.
        maps: folder of the data, for maps of mosaics.
        keep: called with what was found out; the quality of the photo comes first and alone.
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
    for identity, digest, engine in opened:
        outcome = _timed(engines, engine, scene, photo, digest, maps)
        if outcome.result is not None and outcome.result["kind"] == "quality":
            keep({identity: outcome})
        else:
            rest[identity] = outcome
    if rest:
        keep(rest)


def _timed(engines: Engines, engine: Engine, scene: Scene, photo: str, digest: str, maps: Path) -> Outcome:
    begun = perf_counter()
    try:
        said, embedding = _asked(engines, engine, scene, photo, digest, maps)
    except ImageError as error:
        return Outcome(None, f"The photo {error.reason}", seconds=perf_counter() - begun)
    except Exception as error:  # one model's failure is not that of the others
        _log.error("a model failed (%s)", type(error).__name__, exc_info=error)
        return Outcome(None, UNFORESEEN, seconds=perf_counter() - begun)
    return Outcome(said, embedding=embedding, seconds=round(perf_counter() - begun, 4))


def _asked(
    engines: Engines, engine: Engine, scene: Scene, photo: str, digest: str, maps: Path
) -> tuple[dict[str, Any], bytes | None]:
    said = answers.head(engine, scene)
    if not said["suits"]["suits"]:
        return said, None
    kind = said["kind"]
    if kind == "map":
        return said | mosaics.mapped(engines.dense(digest), scene, mosaics.place(maps, photo, digest)), None
    if kind == "conditions":
        return said | faces.conditions(engine, scene), None
    if kind in ("classes", "grade"):
        found, result = answers.classes(engine, scene, reference_of(digest))
        return _by_oddness(said | found), answers.unit(result.embedding)
    more = answers.quality(engine, scene) if kind == "quality" else lesions.lesions(engine, scene)
    whole = engine.ask(answers.asked_of(engine, scene))
    reference = reference_of(digest)
    odd = {} if kind == "quality" else {"unlike": answers.unlike(reference, whole.embedding)}
    return _by_oddness(said | more | odd), answers.unit(whole.embedding)


def _by_oddness(said: dict[str, Any]) -> dict[str, Any]:
    """A photo that is unlike all that the model was trained on does not suit it."""
    if said.get("unlike", {}).get("unlike"):
        said["suits"] = {"suits": False, "why": "unlike"}
    return said
