"""Words that people read, in the language of who asks. English where no catalogue has them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from gettext import NullTranslations

_SPOKEN: ContextVar[tuple[str, NullTranslations]] = ContextVar("spoken")
_ENGLISH = ("en", NullTranslations())


def _(words: str) -> str:
    """Words in the language of the request that is answered; values go in afterwards: ``_("...") % ...``."""
    return _SPOKEN.get(_ENGLISH)[1].gettext(words)


def ngettext(one: str, several: str, count: int) -> str:
    """As `_`, by a number."""
    return _SPOKEN.get(_ENGLISH)[1].ngettext(one, several, count)


def pgettext(context: str, words: str) -> str:
    """As `_`, for English words that mean one thing here and another elsewhere."""
    return _SPOKEN.get(_ENGLISH)[1].pgettext(context, words)


def later(words: str) -> str:
    """Marks words for the catalogues that are translated where they are shown: constants of a module."""
    return words


def said_again(sentence: str, marked: Sequence[str]) -> str:
    """A sentence that was made where no language is known, in the language of the request.

    Args:
        sentence: in English, with its values in it; such as one that was kept before anybody asked.
        marked: sentences that it may be, marked by `later`, with places for values: ``%(name)s``. A value may
            be one of them too.

    Returns:
        The sentence as it is where it is none of them.
    """
    for words in marked:
        if found := _pattern(words).fullmatch(sentence):
            return _(words) % {name: said_again(value, marked) for name, value in found.groupdict().items()}
    return sentence


@cache
def _pattern(words: str) -> re.Pattern[str]:
    """What fits a sentence with any values in its places."""
    parts = re.split(r"%\((\w+)\)s", words.replace("%%", "%"))
    return re.compile(
        "".join(f"(?P<{part}>.*)" if n % 2 else re.escape(part) for n, part in enumerate(parts)), re.DOTALL
    )


def language() -> str:
    """The language of the request that is answered, such as ``en``."""
    return _SPOKEN.get(_ENGLISH)[0]


@contextmanager
def speaking(name: str, catalogue: NullTranslations) -> Iterator[None]:
    """Speak a language: within, words come from its catalogue."""
    token = _SPOKEN.set((name, catalogue))
    try:
        yield
    finally:
        _SPOKEN.reset(token)
