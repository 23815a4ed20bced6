"""Catalogues of words, one file a language, in the format that translators' programs read."""

from __future__ import annotations

from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

LANGUAGES = {"en": "English", "ja": "日本語", "zh": "中文", "fr": "Français"}
FOLDER = Path(__file__).with_name("catalogues")


@cache
def catalogue(language: str) -> NullTranslations:
    """The words of a language; English is what stands in the program itself.

    Args:
        language: a key of `LANGUAGES`.
    """
    place = FOLDER / f"{language}.po"
    if not place.is_file():
        return NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = BytesIO()
    with place.open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)
