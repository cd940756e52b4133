"""The contract of a form for other programs, as an OpenAPI 3.1 document. No database here."""

from .schema import GROUPS, LINE_LIMIT, MARKS, TEXT_LIMIT, is_constant

CODES = {
    "400": ("E_JSON", "The body is no JSON object, or names a key twice."),
    "403": ("E_ORIGIN, E_KEY", "The website may not use the form, or the key is not the form's."),
    "404": ("E_FORM", "There is no such form, or it is closed."),
    "409": ("E_KEY_REUSED", "The submission_key was used for another submission."),
    "413": ("E_TOO_LARGE", "The body is larger than the form takes."),
    "415": ("E_MEDIA_TYPE", "The body is no JSON."),
    "422": ("E_FIELDS, E_SUBMISSION_KEY, E_PROOF", "Something in it is wrong; `fields` says what."),
    "429": ("E_RATE", "Too many submissions; try again after `Retry-After` seconds."),
}
NOTHING = {"204": {"description": "Nothing more to say (preflight)."}}
LINE = {"type": "string", "maxLength": LINE_LIMIT}
TOUCH = {"type": "object", "properties": {name: LINE for name in ("source", "medium", "campaign")}}


def document(public, server):
    """Return the OpenAPI document of a form.

    :param public: a localized schema, see ``tools/schema.py``, with ``id``, ``version`` and ``trap``
    :param server: address of this server

    >>> field = {"key": "email", "type": "email", "label": "E-mail", "required": True}
    >>> public = {"id": "1-2", "version": 3, "title": "T", "fields": [field], "trap": "url_1"}
    >>> made = document(public, "https://crm.example.com")
    >>> made["info"]["version"], made["components"]["schemas"]["Fields"]["required"]
    ('3', ['email'])
    """
    number = public["id"]
    return {
        "openapi": "3.1.0",
        "info": {"title": public["title"] or number, "version": str(public["version"])},
        "servers": [{"url": server}],
        "paths": {
            f"/crm/api/forms/{number}/submissions": {"post": _submit()},
            f"/crm/f/{number}/schema": {"get": _get("formSchema", "What a page needs to show the form.")},
            f"/crm/f/{number}/challenge": {
                "get": _get("formChallenge", "A challenge for the proof of work (ALTCHA 2).")
            },
        },
        "components": {
            "schemas": {"Fields": _fields(public["fields"]), "Submission": _submission(), **_answers()},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "The key of the form."}},
        },
    }


def _get(name, summary):
    content = {"application/json": {"schema": {"type": "object"}}}
    return {
        "operationId": name,
        "summary": summary,
        "parameters": [{"name": "lang", "in": "query", "schema": LINE}],
        "responses": {"200": {"description": summary, "content": content}, **_refusals("403", "404")},
    }


def _submit():
    return {
        "operationId": "submit",
        "summary": "Send the form. It is kept before the answer is given.",
        "security": [{}, {"key": []}],
        "parameters": [{"name": "Idempotency-Key", "in": "header", "schema": _key()}],
        "requestBody": {"required": True, "content": {"application/json": {"schema": _ref("Submission")}}},
        "responses": {
            "202": {"description": "It is kept.", "content": {"application/json": {"schema": _ref("Receipt")}}},
            **_refusals(*CODES),
        },
    }


def _refusals(*statuses):
    content = {"application/json": {"schema": _ref("Refusal")}}
    return {status: {"description": "{}: {}".format(*CODES[status]), "content": content} for status in statuses} | {
        "500": {"description": "E_SERVER: an error of ours.", "content": content}
    }


def _ref(name):
    return {"$ref": f"#/components/schemas/{name}"}


def _key():
    return {"type": "string", "pattern": r"^[\w.:-]{8,100}$"}


def _submission():
    return {
        "type": "object",
        "required": ["fields"],
        "properties": {
            "fields": _ref("Fields"),
            "submission_key": {**_key(), "description": "The same one again is the same submission."},
            "version": {"type": "integer", "description": "The version the person saw."},
            "lang": LINE,
            "page_url": LINE,
            "referrer": LINE,
            "utm": TOUCH,
            "first": {**TOUCH, "description": "What brought the person the first time."},
            "proof": {"type": "string", "maxLength": 4096, "description": "Of servers with a key, none is asked."},
            "test": {"type": "boolean", "description": "With a key: mark it as a test."},
        },
    }


def _answers():
    line = {"type": "string"}
    error = {"type": "object", "required": ["code", "message"], "properties": {"code": line, "message": line}}
    return {
        "Receipt": {
            "type": "object",
            "required": ["receipt", "thanks"],
            "properties": {"receipt": line, "thanks": line, "redirect": line},
        },
        "Refusal": {
            "type": "object",
            "required": ["error"],
            "properties": {
                "error": {
                    **error,
                    "properties": {
                        **error["properties"],
                        "fields": {"type": "object", "additionalProperties": error},
                        "reference": line,
                    },
                }
            },
        },
    }


def _fields(fields):
    asked = [field for field in fields if field["type"] not in MARKS and not is_constant(field)]
    return {
        "type": "object",
        "required": [field["key"] for field in asked if field["required"] and not field.get("if")],
        "properties": {field["key"]: {**_field(field), "description": field.get("label", "")} for field in asked},
    }


def _field(field):
    """Return the JSON schema of one field.

    >>> _field({"type": "rating", "max": 3})["enum"], _field({"type": "textarea"})["maxLength"]
    (['1', '2', '3'], 10000)
    """
    kind = field["type"]
    if kind in ("checkbox", "consent"):
        return {"type": "boolean"}
    if kind == "file":
        one = {"type": "object", "required": ["name", "data"], "properties": {"name": LINE, "data": {"type": "string"}}}
        return {"type": "array", "items": one, "contentEncoding": "base64"}
    if kind == "textarea":
        return {"type": "string", "maxLength": TEXT_LIMIT}
    values = [option["value"] for option in field.get("options", ())]
    if kind == "rating":
        values = [str(number) for number in range(1, int(field.get("max") or 5) + 1)]
    if kind == "multi":
        return {"type": "array", "items": {"enum": values}}
    # An optional choice may be left empty, as browsers send it.
    if values or kind in GROUPS:
        return {"enum": values if field.get("required", True) else ["", *values]}
    formats = {"email": "email", "date": "date"}
    return {**LINE, **({"format": formats[kind]} if kind in formats else {})}
