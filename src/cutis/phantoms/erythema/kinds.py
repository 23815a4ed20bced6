"""The kinds of lesion, by name: each draws what one lesion is made of, from how the patient's lesions are."""

from __future__ import annotations

from collections.abc import Mapping

from cutis.phantoms.erythema import detaching, rashes, targets
from cutis.phantoms.erythema.manner import Kind

KINDS: Mapping[str, Kind] = {
    "macule": rashes.macule,
    "papule": rashes.papule,
    "measles": rashes.measles,
    "wheal": rashes.wheal,
    "target": targets.target,
    "plaque": targets.plaque,
    "bite": rashes.bite,
    "bullous_bite": rashes.bullous_bite,
    "fixed": targets.fixed,
    "dusky": detaching.dusky,
    "atypical": targets.atypical,
    "raised_atypical": targets.raised_atypical,
    "purpuric": rashes.purpuric,
    "confluent": detaching.confluent,
    "blister": detaching.blister,
    "erosion": detaching.erosion,
}
