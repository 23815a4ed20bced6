"""What is wrong with a protocol, where, in words: pydantic's findings as people read them."""

from __future__ import annotations

from cutis.web.words import _, later

_CALLED = {
    "views": later("View"),
    "visits": later("Visit"),
    "questionnaires": later("Questionnaire"),
    "questions": later("question"),
    "eligibility": later("Criterion"),
    "arms": later("Arm"),
}


def sentence(document: object, place: tuple[int | str, ...], message: str) -> str:
    """What is wrong where: ``Visit 2 ('Month 1'), day: ...``."""
    told, at = list[str](), document
    for step in place:
        if isinstance(step, int):
            at = at[step] if isinstance(at, list | tuple) and step < len(at) else None
            name = (
                next((at[k] for k in ("name", "title", "text") if at.get(k)), "")
                if isinstance(at, dict)
                else ""
            )
            told[-1] += f" {step + 1}" + (f" ('{str(name)[:60]}')" if name else "")
        else:
            told.append(_(_CALLED[step]) if step in _CALLED else step.replace("_", " "))
            at = at.get(step) if isinstance(at, dict) else None
    where = ", ".join(told) or _("The protocol")
    where = f"{where[:1].upper()}{where[1:]}"
    return _("%(where)s %(what)s.") % {"where": where, "what": _message(message)}


def _message(message: str) -> str:
    if message.startswith("Value error, "):
        return message.removeprefix("Value error, ")
    if "should match pattern '^[a-z]" in message:
        return _("is not a small letter followed by small letters, digits and _. Correct it")
    if "should match pattern" in message:
        return _("has characters that cannot be shown. Type it anew")
    if "at least 1 character" in message:
        return _("is empty. Fill it in")
    if "at least 1 item" in message:
        return _("is missing. Add one at least")
    if message == "Field required":
        return _("is missing. Add it")
    if message.startswith("Extra inputs"):
        return _("is not known. Remove it")
    words = _("does not hold: %(why)s. Correct it")
    return words % {"why": f"{message[:1].lower()}{message[1:]}"}
