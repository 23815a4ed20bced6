"""Importers of public image sets: each module here defines ``IMPORTER``, and the folder is the registry.

An importer turns a folder as the owners of a set publish it into a manifest. Nothing is downloaded.
"""

from __future__ import annotations

import difflib
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from cutis.core.errors import CutisError

if TYPE_CHECKING:
    from cutis.data.importers._importer import Importer


def importer_names() -> tuple[str, ...]:
    """Names of all public sets that can be imported, in alphabetical order."""
    return tuple(sorted(module.name for module in iter_modules(__path__) if not module.name.startswith("_")))


def get_importer(name: str) -> Importer:
    """The importer of that name; case and hyphens do not matter.

    Raises:
        CutisError: there is none; the message lists those there are.
    """
    names = importer_names()
    plain = name.lower().replace("-", "_")
    if plain not in names:
        close = difflib.get_close_matches(plain, names, n=1)
        hint = f" Did you mean '{close[0]}'?" if close else ""
        raise CutisError(f"there is no importer '{name}'.{hint} The importers are: {', '.join(names)}.")
    importer: Importer = import_module(f"{__name__}.{plain}").IMPORTER
    return importer
