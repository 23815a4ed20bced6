"""What models said of a study's photos, as tables of predictions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import polars as pl

from cutis.web.database import Analysis, Photo, StoredBundle
from cutis.web.studies import measures


def source_names(bundles: dict[str, StoredBundle]) -> dict[str, str]:
    """``NAME VERSION`` of each bundle, by digest; two of one name have the digest's beginning behind it."""
    called = {digest: f"{one.name} {one.version}" for digest, one in bundles.items()}
    twice = {name for name in called.values() if list(called.values()).count(name) > 1}
    return {digest: f"{name} {digest[:8]}" if name in twice else name for digest, name in called.items()}


def predictions_of(
    photos: Sequence[Photo],
    names: dict[str, str],
    analyses: dict[str, list[Analysis]],
    bundles: dict[str, StoredBundle],
) -> dict[str, pl.DataFrame]:
    """One table for each task and set of labels, since one row has all the probabilities of its table."""
    sources = source_names(bundles)
    rows = defaultdict[tuple[str, tuple[str, ...]], list[dict[str, Any]]](list)
    for photo in photos:
        head = {"image_id": photo.id, "patient_id": names[photo.participant_id]}
        for one in analyses[photo.id]:
            source = sources.get(one.bundle_digest) or measures.made_by(bundles, one)
            said = _prediction(one.result or {})
            if said:
                task = str((one.result or {})["task"])
                rows[task, tuple(said)].append({**head, "source": source, "kind": "model", **said})
    made: dict[str, pl.DataFrame] = {}
    for (task, _columns), some in rows.items():
        name, number = task, 2
        while name in made:
            name, number = f"{task}_{number}", number + 1
        made[name] = pl.DataFrame(some, infer_schema_length=None)
    return made


def _prediction(said: dict[str, Any]) -> dict[str, Any]:
    """What `cutis.core.predictions` has of a photo's analysis; empty where that has no one answer."""
    if not said.get("suits", {}).get("suits", True):
        return {}
    if said.get("kind") == "quality" and "good" in said:
        return {
            "prediction": said["grade"],
            "grade": said["grade"],
            "reason": said["reason"],
            "passed": "yes" if said["passed"] else "no",
            "p_good": float(said["good"]),
            "p_good_region": None if said.get("good_region") is None else float(said["good_region"]),
            **{f"p_reason_{name}": float(share) for name, share in said.get("findings", {}).items()},
        }
    if said.get("kind") in ("classes", "grade") and said.get("labels"):
        chances = {f"p_{one['name']}": float(one["probability"]) for one in said["labels"]}
        return {"prediction": said["answer"], **chances}
    return {}
