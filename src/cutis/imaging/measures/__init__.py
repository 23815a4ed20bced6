"""Classical, explainable measures of facial skin: each with unit, range, map, sentence and source."""

from cutis.imaging.measures.all import measure, palest, with_range
from cutis.imaging.measures.measure import NAMES, UNITS, Measure

__all__ = ["NAMES", "UNITS", "Measure", "measure", "palest", "with_range"]
