"""One place for colours and frame, readable in both themes."""

from __future__ import annotations

import re
from pathlib import Path

import cutis
from cutis.evaluation import svg
from cutis.explain import palette

SOURCE = Path(cutis.__file__).parent
STYLE = SOURCE / "pages" / "templates" / "page.css"
COLOUR = r"#(?:[0-9a-f]{6}|[0-9a-f]{3})\b"


def themes() -> tuple[dict[str, str], dict[str, str]]:
    """Colour by token: light, and dark, which replaces some of the light ones."""
    light, dark = re.findall(r":root \{(.*?)\}", STYLE.read_text(encoding="utf-8"), flags=re.DOTALL)[:2]
    tokens = [dict(re.findall(rf"--(\w+): ({COLOUR})", block)) for block in (light, dark)]
    return tokens[0], tokens[0] | tokens[1]


def light_of(colour: str) -> float:
    values = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values]
    return sum(w * v for w, v in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_text_and_states_stand_out_from_both_grounds_in_both_themes() -> None:
    for tokens in themes():
        for ink in ("text", "quiet", "accent", "good", "attention", "urgent"):
            for ground in ("ground", "raised"):
                dark, light = sorted((light_of(tokens[ink]), light_of(tokens[ground])))
                assert (light + 0.05) / (dark + 0.05) >= 4.5, (ink, ground)


def test_the_dark_theme_replaces_every_colour() -> None:
    light, dark = themes()
    # The ground of a printed code stays white: cameras read dark squares on a light ground.
    assert {token for token in light if light[token] == dark[token]} == {"paper"}


def test_colours_and_frame_stand_in_one_place() -> None:
    found = (path for path in SOURCE.glob("*/templates/**/*") if path.is_file())
    templates = [path for path in found if path.parent != STYLE.parent]
    assert len(templates) > 5
    for path in templates:
        text = path.read_text(encoding="utf-8")
        assert "<html" not in text and ":root" not in text, path
        if path.suffix == ".css":
            assert set(re.findall(COLOUR, text)) <= {"#000", "#fff"}, path  # over photos, in both themes


def test_figures_are_drawn_in_the_colours_of_the_page() -> None:
    light, dark = themes()
    drawn = {
        "text": svg.TEXT,
        "quiet": svg.QUIET,
        "line": svg.LINE,
        "accent": svg.ACCENT,
        "ground": svg.GROUND,
    }
    assert drawn.items() <= light.items()
    assert (light["quiet"], dark["quiet"]) == palette.UNKNOWN
