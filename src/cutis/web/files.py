"""Style sheets and scripts: those of the platform, the shared style of all pages, browser libraries."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse

import cutis.pages
from cutis.web.errors import RefusedError
from cutis.web.people.access import Access, needs
from cutis.web.people.roles import Permission

router = APIRouter()

STATIC = Path(__file__).parent / "static"
VENDOR = {  # library -> its main file, and what is off without it
    "htmx": ("htmx/htmx.min.js", "pages load whole after each action"),
    "onnxruntime-web": ("onnxruntime-web/ort.wasm.min.mjs", "no live quality check while photographing"),
    "openseadragon": ("openseadragon/openseadragon.min.js", "large images do not zoom"),
}
_SHARED = {"page.css": Path(cutis.pages.__file__).parent / "templates" / "page.css"}
_KINDS = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".wasm": "application/wasm",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}


def missing_libraries() -> tuple[str, ...]:
    """What is off, since a browser library is not there."""
    return tuple(
        f"{name}: {off}" for name, (file, off) in VENDOR.items() if not (STATIC / "vendor" / file).is_file()
    )


@lru_cache(maxsize=256)
def asset(name: str) -> str:
    """The address of a file, which changes with what is in it."""
    place = _place(name)
    if place is None:
        raise FileNotFoundError(f"there is no static file {name}")
    return f"/static/{name}?v={hashlib.sha256(place.read_bytes()).hexdigest()[:10]}"


@router.get("/static/{name:path}")
def static_file(name: str, access: Annotated[Access, needs(Permission.OPEN)], v: str = "") -> Response:
    """One of the files that make the pages."""
    place = _place(name)
    if place is None:
        raise RefusedError(404)
    lasts = "public, max-age=31536000, immutable" if v else "public, max-age=300"
    return FileResponse(place, media_type=_KINDS[place.suffix], headers={"cache-control": lasts})


def _place(name: str) -> Path | None:
    """The file of a name, if it is one that may be seen."""
    if name in _SHARED:
        return _SHARED[name]
    place = (STATIC / name).resolve()
    fits = place.is_relative_to(STATIC) and place.suffix in _KINDS and place.is_file()
    return place if fits else None
