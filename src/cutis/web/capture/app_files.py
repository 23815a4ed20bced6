"""What makes the pages an app that can be installed: manifest, service worker, and the worker that looks."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse, JSONResponse

from cutis.web.files import STATIC, asset
from cutis.web.headers import POLICY
from cutis.web.people.access import Access, needs
from cutis.web.people.roles import Permission
from cutis.web.templating import page
from cutis.web.words import _

router = APIRouter()

Anybody = Annotated[Access, needs(Permission.OPEN)]
# WebAssembly counts as eval; a worker has the policy of its own script, so no page needs this one.
COMPILING = POLICY.replace("script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'")
_FRESH = "no-cache"


@router.get("/take-part/manifest.webmanifest")
def manifest(access: Anybody) -> Response:
    """The app's name, icons and first page."""
    icons = [
        {
            "src": asset(f"capture/icon-{size}.png"),
            "sizes": f"{size}x{size}",
            "type": "image/png",
            "purpose": p,
        }
        for size in (192, 512)
        for p in ("any", "maskable")
    ]
    told = {
        "name": _("cutis: take part"),
        "short_name": "cutis",
        "id": "/take-part",
        "start_url": "/take-part",
        "scope": "/take-part",
        "display": "standalone",
        "orientation": "portrait",
        "background_color": "#ffffff",
        "theme_color": "#ffffff",
        "icons": icons,
    }
    return JSONResponse(told, media_type="application/manifest+json", headers={"cache-control": _FRESH})


@router.get("/take-part/service-worker.js")
def service_worker(access: Anybody) -> Response:
    """Sends photos that wait, and shows the pages where there is no network; for these pages alone."""
    headers = {"cache-control": _FRESH, "service-worker-allowed": "/take-part"}
    place = STATIC / "capture" / "service-worker.js"
    return FileResponse(place, media_type="text/javascript", headers=headers)


@router.get("/take-part/offline")
def offline(request: Request, access: Anybody) -> Response:
    """What is shown where a page cannot be brought; kept on the phone, and of nobody."""
    return page(request, "capture/offline.html")


@router.get("/take-part/quality.js")
def quality_worker(access: Anybody) -> Response:
    """Runs the quality gate beside the page."""
    headers = {"cache-control": _FRESH, "content-security-policy": COMPILING}
    return FileResponse(STATIC / "capture" / "quality.js", media_type="text/javascript", headers=headers)
