"""A study of several readers as plain data, every figure in full: what ``mrmc.json`` holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from cutis import __version__
from cutis.evaluation.reader_results import FigureResults, ModelResults, ReaderResults
from cutis.pages.environment import now
from cutis.stats.discrimination import Roc
from cutis.stats.mrmc import Analysis

_UNDEFINED = {
    "ms_treatment": "there is one treatment",
    "ms_reader": "there is one reader",
    "ms_interaction": "it needs two treatments and two readers who read under both",
    "cov1": "no reader read under two treatments",
    "cov2": "no two readers read under the same treatment",
    "cov3": "no two readers read under different treatments",
    "reader_variance": "it needs two readers",
    "interaction_variance": "it needs two treatments and two readers who read under both",
    "value": "the reader did not take part",
}
_INFINITE = {
    "df": "infinite: nothing rests on a spread between few readers, so that the normal distribution holds",
    "df_error": "infinite: nothing rests on a spread between few readers, so that chi-squared holds",
    "t": "infinite: there is a difference, and nothing varies",
    "f": "infinite: there is a difference, and nothing varies",
    "threshold": "infinite: the curve begins where no case is called",
}


def plain(results: ReaderResults) -> dict[str, Any]:
    """The results as JSON can hold them.

    A number that is none, or infinite, is None, and its reason stands beside it under the same name with
    ``_reason``.
    """
    asked, readings = results.readings.asked, results.readings
    return {
        "study": {
            "file": readings.name,
            "fingerprint": readings.fingerprint,
            "design": readings.design,
            "readers": list(asked.readers),
            "treatments": list(asked.treatments),
            "cases": len(asked.truth),
            "positives": int(asked.truth.sum()),
            "negatives": int((~asked.truth).sum()),
            "group": readings.group,
            "groups": asked.count,
            "readings": readings.given,
            "unanswered": readings.unanswered,
            "read": [
                {
                    "reader": asked.readers[r],
                    "treatment": asked.treatments[t],
                    "cases": int(asked.read[r, t].sum()),
                }
                for r, t in np.argwhere(asked.took_part)
            ],
            "model": readings.model or None,
        },
        "question": told(asdict(results.question)),
        "threshold": results.threshold,
        **{one.figure: _figure(one) for one in results.figures},
        "operating_points": [asdict(point) for point in results.points],
        "curves": {
            treatment: {
                "readers": {name: _curve(curve) for name, curve in curves.items()},
                "average": {
                    "false_positive_rate": results.averages[treatment].false_positive_rate.tolist(),
                    "sensitivity": results.averages[treatment].sensitivity.tolist(),
                    "low": results.averages[treatment].low.tolist(),
                    "high": results.averages[treatment].high.tolist(),
                },
            }
            for treatment, curves in results.curves.items()
        },
        "model": [_model(one) for one in results.models],
        "cutis": __version__,
        "created": now(),
    }


def told(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record whose numbers are all numbers, with the reason beside each that was none."""
    found: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, float) and not np.isfinite(value):
            found[name] = None
            reasons = _UNDEFINED if np.isnan(value) else _INFINITE
            found[f"{name}_reason"] = reasons.get(name, "not defined" if np.isnan(value) else "infinite")
        else:
            found[name] = value
    return found


def _figure(one: FigureResults) -> dict[str, Any]:
    areas = one.areas
    size = areas.auc.size
    cells = [
        {"reader": reader, "treatment": treatment}
        for reader in areas.readers
        for treatment in areas.treatments
    ]
    return {
        "method": areas.method,
        "readers": [
            {
                "reader": row.reader,
                "treatment": row.treatment,
                **told(row.estimate.to_dict()),
                "standard_error": row.standard_error,
                "cases": row.cases,
            }
            for row in one.readers
        ],
        "reader_differences": [
            {"reader": pair.reader, "first": pair.first, "second": pair.second, **asdict(pair.difference)}
            for pair in one.pairs
        ],
        "components": told(asdict(one.main.components)),
        "analyses": {random: _analysis(found) for random, found in one.analyses.items()},
        "not_possible": dict(one.refused),
        "non_inferiority": [told(asdict(test)) for test in one.non_inferiority],
        "covariance": {
            "of": cells,
            "values": [
                [None if np.isnan(value) else float(value) for value in row]
                for row in areas.covariance.reshape(size, size)
            ],
        },
    }


def _analysis(found: Analysis) -> dict[str, Any]:
    return {
        "random": {"both": "readers and cases", "cases": "cases", "readers": "readers"}[found.random],
        "confidence": found.confidence,
        "interval": found.interval,
        "compared": list(found.compared),
        "test": told(asdict(found.test)) if found.test else None,
        "treatments": [told(asdict(area)) for area in found.areas],
        "differences": [told(asdict(pair)) for pair in found.differences],
    }


def _model(one: ModelResults) -> dict[str, Any]:
    return {
        "treatment": one.treatment,
        "auc": _figure(one.figure),
        "curve": _curve(one.curve),
        "against_readers": [asdict(row) for row in one.against],
    }


def _curve(curve: Roc) -> dict[str, list[float | None]]:
    return {
        "false_positive_rate": curve.false_positive_rate.tolist(),
        "sensitivity": curve.sensitivity.tolist(),
        # The curve begins above every rating, where no case is called: there is no number for that.
        "threshold": [float(value) if np.isfinite(value) else None for value in curve.threshold],
    }
