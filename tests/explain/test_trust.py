from __future__ import annotations

from dataclasses import replace

import pytest

from cutis.explain.faithfulness import Summary
from cutis.explain.sanity import Depth, Sanity
from cutis.explain.trust import judge, number, percent, plain, signed
from cutis.stats.intervals import Estimate

ABOVE, AROUND, BELOW = Estimate(0.2, 0.1, 0.3), Estimate(0.01, -0.1, 0.1), Estimate(-0.2, -0.3, -0.1)
AREA = Estimate(0.4, 0.3, 0.5)
GOOD = Summary(20, 15, AREA, AREA, AREA, AREA, ABOVE, ABOVE, Estimate(0.9, 0.7, 1.0))


def check(spearman: Estimate) -> Sanity:
    return Sanity((Depth("stem", 1.0, spearman, AREA),), 12, 3)


FORGETS, REMEMBERS = check(Estimate(0.05, -0.1, 0.2)), check(Estimate(0.8, 0.7, 0.9))


@pytest.mark.parametrize(
    ("summary", "sanity", "level", "headline"),
    [
        (GOOD, FORGETS, "good", "The map can be trusted"),
        (GOOD, None, "attention", "Good as far as checked"),
        (GOOD, REMEMBERS, "urgent", "Do not rely on the map"),
        (replace(GOOD, advantage=BELOW), FORGETS, "urgent", "Do not rely on the map"),
        (replace(GOOD, advantage=AROUND), FORGETS, "attention", "Not shown to be better than chance"),
        (replace(GOOD, over_centre=AROUND), FORGETS, "attention", "Read with care"),
        (replace(GOOD, groups=7), FORGETS, "unknown", "Not known"),
        (None, FORGETS, "unknown", "Not known"),
    ],
)
def test_the_verdict_follows_the_weakest_check(summary, sanity, level, headline) -> None:
    verdict = judge(summary, sanity)
    assert (verdict.level, verdict.headline) == (level, headline)


def test_many_photos_of_few_lesions_prove_nothing() -> None:
    assert judge(replace(GOOD, photos=500, groups=3), FORGETS).level == "unknown"


def test_a_check_that_was_not_run_says_why() -> None:
    findings = judge(GOOD, None, "it needs the onnx package").findings
    assert any("it needs the onnx package" in finding.sentence for finding in findings)


def test_figures_are_written_with_their_intervals() -> None:
    assert signed(Estimate(0.204, 0.143, 0.268)) == "+0.20 (+0.14 to +0.27)"
    assert signed(Estimate(-0.001, -0.06, 0.06)) == "0.00 (−0.06 to +0.06)"
    assert percent(Estimate(0.94, 0.84, 1.0)) == "94% (84–100)"
    assert plain(Estimate(0.204, 0.143, 0.268)) == "0.20 (0.14–0.27)"
    assert number(-0.3) == "−0.30"
