"""Whether the picture can be trusted, in words, from its scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cutis.explain.faithfulness import Faithfulness, Summary
from cutis.explain.sanity import ALIKE, Sanity
from cutis.pages.numbers import decimal, decimal_range, signed_range
from cutis.stats.intervals import Estimate

Level = Literal["good", "attention", "urgent", "unknown"]
FEWEST = 8  # groups; a bootstrap over fewer says little


@dataclass(frozen=True)
class Finding:
    """One check's outcome.

    Attributes:
        level: state, for shape and colour.
        word: the state in a word or two.
        sentence: with the figures.
    """

    level: Level
    word: str
    sentence: str


@dataclass(frozen=True)
class Verdict:
    """The picture as a whole.

    Attributes:
        level: state.
        headline: a few words.
        sentence: what follows from it for the reader.
        findings: the checks behind it.
    """

    level: Level
    headline: str
    sentence: str
    findings: tuple[Finding, ...]


def judge(summary: Summary | None, sanity: Sanity | None, sanity_reason: str = "") -> Verdict:
    """Put the checks together.

    Args:
        summary: deletion and insertion over photos; None when none was scored.
        sanity: the randomised-weights check; None when it was not run.
        sanity_reason: why it was not run.
    """
    if summary is None or summary.groups < FEWEST:
        return _too_few(summary, sanity, sanity_reason)
    chance = _against_chance(summary)
    centre = _against_centre(summary)
    weights = _weights(sanity, sanity_reason)
    findings = (chance, centre, weights)
    if chance.level == "urgent" or weights.level == "urgent":
        return Verdict("urgent", "Do not rely on the map", "It does not show what the model used.", findings)
    if chance.level == "attention":
        sentence = "On these photos the map cannot be told from the same map at a random place."
        return Verdict("attention", "Not shown to be better than chance", sentence, findings)
    if centre.level == "attention":
        sentence = "The map beats chance, but no more than pointing at the middle of the photo would."
        return Verdict("attention", "Read with care", sentence, findings)
    if weights.level != "good":
        sentence = (
            "The map shows what the model used on these photos; "
            "whether it depends on what was learnt was not checked."
        )
        return Verdict("attention", "Good as far as checked", sentence, findings)
    sentence = (
        "On these photos the map shows which places the model used. It is coarse: read areas, not outlines."
    )
    return Verdict("good", "The map can be trusted", sentence, findings)


def _too_few(summary: Summary | None, sanity: Sanity | None, reason: str) -> Verdict:
    scored = summary.groups if summary else 0
    sentence = (
        f"The map was tested on {scored} {'photo' if scored == 1 else 'photos'} with a group of its own; "
        f"at least {FEWEST} are needed to tell. Explain more photos."
    )
    findings = (_against_chance(summary), _against_centre(summary)) if summary else ()
    return Verdict("unknown", "Not known", sentence, (*findings, _weights(sanity, reason)))


def _against_chance(summary: Summary) -> Finding:
    difference = summary.advantage
    text = (
        f"Score {signed(difference)} above the same map at random places; "
        f"better than chance on {percent(summary.better)} of photos."
    )
    if difference.low > 0:
        return Finding("good", "Better than chance", text)
    if difference.high < 0:
        return Finding("urgent", "Worse than chance", text)
    return Finding("attention", "No better than chance", text)


def _against_centre(summary: Summary) -> Finding:
    difference = summary.over_centre
    text = f"Score {signed(difference)} against a map that only points at the middle of the photo."
    if difference.low > 0:
        return Finding("good", "Better than the middle", text)
    return Finding("attention", "No better than the middle", text)


def _weights(sanity: Sanity | None, reason: str) -> Finding:
    if sanity is None:
        return Finding(
            "unknown", "Not checked", f"The randomised-weights check was not run{reason and ': '}{reason}."
        )
    text = (
        f"With every layer shuffled the map keeps a rank correlation of {plain(sanity.final.spearman)} "
        f"with the trained one (1 is the same map; below {ALIKE} passes)."
    )
    if sanity.passed:
        return Finding("good", "Depends on what was learnt", text)
    return Finding("urgent", "Does not depend on what was learnt", text)


def photo_finding(score: Faithfulness) -> Finding:
    """What the scores say of one photo; a single photo only hints."""
    draws = len(score.moved)
    figures = (
        f"score {number(score.map.score)}, by chance {number(score.chance)}; "
        f"ahead of {score.beaten} of {draws} moved maps"
    )
    if score.beaten == draws:
        return Finding("good", "Map holds here", figures)
    if score.advantage > 0:
        return Finding("attention", "Map hardly better than chance here", figures)
    return Finding("attention", "Map no better than chance here", figures)


def signed(estimate: Estimate) -> str:
    """``+0.20 (+0.14 to +0.27)``."""
    return f"{number(estimate.value, '+')} ({signed_range(estimate.low, estimate.high, 2)})"


def plain(estimate: Estimate) -> str:
    """``0.20 (0.14–0.27)``."""
    return f"{number(estimate.value)} ({decimal_range(estimate.low, estimate.high, 2)})"


def percent(estimate: Estimate) -> str:
    """``94% (84–100)``."""
    return f"{estimate.value:.0%} ({100 * estimate.low:.0f}–{100 * estimate.high:.0f})"


def number(value: float, sign: str = "") -> str:
    """Two decimals with a true minus sign; nothing is less than zero by rounding."""
    return decimal(value, 2, sign)
