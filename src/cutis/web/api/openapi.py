"""What programs can do, written from the routes themselves: OpenAPI 3.1, and a page for people to read it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from cutis.core.version import __version__
from cutis.web.people.access import Access, form_of, needs
from cutis.web.people.roles import Permission
from cutis.web.platform import Held
from cutis.web.templating import page

router = APIRouter()

Anybody = Annotated[Access, needs(Permission.OPEN)]

_ONE = {"studies": "study", "analyses": "analysis", "people": "person", "identities": "identity"}
_PROBLEM = {
    "type": "object",
    "description": "What is wrong and how to mend it (RFC 9457).",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string", "description": "In a few words."},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong and how to mend it."},
        "instance": {"type": "string", "description": "A reference for the administrator."},
    },
}


@router.get("/api/openapi.json")
def openapi(request: Request, held: Held, access: Anybody) -> Response:
    """What programs can do, as OpenAPI."""
    return JSONResponse(_told(request))


@router.get("/programs")
def programs(request: Request, held: Held, access: Anybody) -> Response:
    """What programs can do, for people."""
    return page(request, "api/programs.html", groups=_groups(_told(request)), address=_address(request, held))


def _told(request: Request) -> dict[str, Any]:
    """The description of this application, made once."""
    state = request.app.state
    if not hasattr(state, "openapi"):
        state.openapi = document(tuple(one for one in request.app.routes if isinstance(one, APIRoute)))
    made: dict[str, Any] = state.openapi
    return made


def document(routes: tuple[APIRoute, ...]) -> dict[str, Any]:
    """OpenAPI of the routes below ``/api``.

    Every operation has a name made from its address, so that it stays when functions are renamed; every
    parameter of an address is described; errors are problem+json.

    Args:
        routes: of the application.
    """
    below = [one for one in routes if one.path.startswith("/api/") and one.path != "/api/openapi.json"]
    made = get_openapi(
        title="cutis",
        version=__version__,
        summary="Studies, photos, models and readings of one installation.",
        description="Send a token, made on the page of your account, with each request. "
        "Preliminary, for research use; not a medical device.",
        routes=below,
    )
    components = made.setdefault("components", {})
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    components.setdefault("schemas", {})["Problem"] = _PROBLEM
    for name in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(name, None)
    made["security"] = [{"token": []}]
    for route in below:
        for method in route.methods or ():
            _finish(made["paths"][route.path_format][method.lower()], route, method)
    return made


def operation_name(method: str, path: str) -> str:
    """The name of an operation: ``GET /api/studies/{study}/photos`` is ``get_study_photos``."""
    parts = path.removeprefix("/api/").split("/")
    words = []
    for part, following in zip(parts, [*parts[1:], ""], strict=True):
        if not part.startswith("{"):
            of_one = following.startswith("{")
            words.append(_ONE.get(part, part.removesuffix("s")) if of_one else part)
    return "_".join([method.lower(), *words]).replace("-", "_").replace(".", "_")


def _finish(operation: dict[str, Any], route: APIRoute, method: str) -> None:
    """Add to an operation what the routes do not say of themselves."""
    operation["operationId"] = operation_name(method, route.path)
    operation["summary"] = (route.description or "").split("\n")[0].rstrip(".") or operation["operationId"]
    parameters = operation.setdefault("parameters", [])
    named = {one["name"] for one in parameters if one["in"] == "path"}
    for name in route.param_convertors:
        if name not in named:
            parameters.append({"name": name, "in": "path", "required": True, "schema": {"type": "string"}})
    if not parameters:
        del operation["parameters"]
    permission = _permission(route)
    operation["x-permission"] = permission.value
    operation["tags"] = [_group(route.path)]
    if permission is Permission.OPEN:
        operation["security"] = []
    if _takes_form(route) and "requestBody" not in operation:
        fields = {"type": "object", "additionalProperties": {"type": "string"}}
        operation["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": fields}}}
    responses = operation["responses"]
    responses.pop("422", None)
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    responses["default"] = {"description": "What is wrong and how to mend it.", "content": problem}


def _permission(route: APIRoute) -> Permission:
    asked = (getattr(one.call, "permission", None) for one in route.dependant.dependencies)
    return next(one for one in asked if isinstance(one, Permission))


def _takes_form(route: APIRoute) -> bool:
    return any(one.call is form_of for one in route.dependant.dependencies)


def _group(path: str) -> str:
    """What an address is about: the last plural in it that stands before or at its end."""
    parts = [part for part in path.removeprefix("/api/").split("/") if not part.startswith("{")]
    return parts[1] if parts[0] == "studies" and len(parts) > 1 else parts[0]


def _groups(told: dict[str, Any]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Operations by what they are about."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            one = {"method": method.upper(), "path": path, **operation}
            found.setdefault(operation["tags"][0], []).append(one)
    return sorted(found.items())


def _address(request: Request, held: Held) -> str:
    return held.settings.public_url or str(request.base_url).rstrip("/")
