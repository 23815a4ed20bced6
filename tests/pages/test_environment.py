"""What every page may rely on: its frame, its words for probabilities, and that text stays text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import TemplateNotFound, UndefinedError

from cutis import __version__
from cutis.pages.environment import environment, in_thousand, whole, whole_percent


@pytest.mark.parametrize(
    ("probability", "text", "thousand"),
    [
        (0.0, "0%", "0 in 1,000"),
        (0.0001, "under 1%", "under 1 in 1,000"),
        (0.005, "under 1%", "5 in 1,000"),
        (0.5, "50%", "500 in 1,000"),
        (0.724, "72%", "724 in 1,000"),
        (0.9999, "over 99%", "over 999 in 1,000"),
        (1.0, "100%", "1,000 in 1,000"),
    ],
)
def test_probabilities_are_whole_percent_and_in_a_thousand(
    probability: float, text: str, thousand: str
) -> None:
    assert whole_percent(probability) == text
    assert in_thousand(probability) == thousand


@given(st.floats(0, 1, exclude_min=True, exclude_max=True))
def test_what_may_be_otherwise_is_never_called_certain(probability: float) -> None:
    assert whole_percent(probability) not in ("0%", "100%")
    assert in_thousand(probability) not in ("0 in 1,000", "1,000 in 1,000")


def test_every_page_says_what_it_is_of_which_version_and_what_it_is_not() -> None:
    page = environment("cutis.cli").from_string('{% extends "page.html" %}').render()
    for said in ("Preliminary, for research use", "Not a medical device.", f"cutis {__version__}, 20"):
        assert said in page
    assert "--accent: #0b6e6e" in page


def test_a_package_sees_its_own_templates_and_not_another_package_s() -> None:
    assert environment("cutis.cli").get_template("demo.html")
    with pytest.raises(TemplateNotFound):
        environment("cutis.explain").get_template("demo.html")


def test_text_stays_text_and_a_missing_value_is_an_error() -> None:
    templates = environment("cutis.cli")
    assert templates.from_string("{{ name }}").render(name="<b>") == "&lt;b&gt;"
    with pytest.raises(UndefinedError, match="'name' is undefined"):
        templates.from_string("{{ name }}").render()


def test_an_interval_does_not_break_over_lines() -> None:
    assert whole("<i> found 85 (80–90) of all (or most)") == (
        '&lt;i&gt; found 85 <span class="whole">(80–90)</span> of all (or most)'
    )
