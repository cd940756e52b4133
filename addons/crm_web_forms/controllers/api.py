import re

from odoo import http
from odoo.http import request

from ..exceptions import KeyReused
from ..tools import answers, body, openapi, origin, schema, upload
from .common import ROUTE, FormDoor, body_limit, guarded

KEY = re.compile(r"[\w.:-]{8,100}", re.ASCII)
PREFLIGHT_AGE = "600"
UTM = ("source", "medium", "campaign")


class CrmWebFormApi(FormDoor, http.Controller):
    """The form for programs: the schema to show it with, the address to send it to."""

    @http.route("/crm/f/<string:number>/schema", methods=["GET", "OPTIONS"], **ROUTE)
    @guarded
    def form_schema(self, number):
        """Return what a page needs to show the form, in the language of ``?lang=`` or of the browser.

        :return: 200 with an ETag, 204 (preflight), 304, 403, 404
        """
        form = self._find_form(number)
        refused = self._refuse(form)
        if refused or request.httprequest.method == "OPTIONS":
            return refused or self._preflight("GET, OPTIONS")
        version = self._choose_version(form)
        self._note(version, "view", campaign=request.httprequest.args.get("campaign"))
        public = form._get_public_schema(self._choose_lang(form), version)
        etag = f'"{schema.fingerprint(public)[:32]}"'
        headers = [("ETag", etag), ("Cache-Control", "public, max-age=0, must-revalidate")]
        if etag in (request.httprequest.headers.get("If-None-Match") or "").replace("W/", ""):
            return self._with_cors(request.make_response("", headers, status=304), "Accept-Language")
        return self._with_cors(request.make_json_response(public, headers), "Accept-Language")

    @http.route("/crm/api/forms/<string:number>/openapi.json", methods=["GET", "OPTIONS"], **ROUTE)
    @guarded
    def form_openapi(self, number):
        """Return the contract of the form for other programs (OpenAPI 3.1): its fields, answers and codes.

        :return: 200, 204 (preflight), 403, 404
        """
        form = self._find_form(number)
        refused = self._refuse(form)
        if refused or request.httprequest.method == "OPTIONS":
            return refused or self._preflight("GET, OPTIONS")
        made = openapi.document(form._get_public_texts(self._choose_lang(form)), form.get_base_url())
        return self._with_cors(request.make_json_response(made, [("Cache-Control", "no-store")]))

    @http.route("/crm/f/<string:number>/challenge", methods=["GET", "OPTIONS"], **ROUTE)
    @guarded
    def form_challenge(self, number):
        """Return a challenge for the proof of work; asked for when somebody begins to fill the form in.

        :return: 200 with the challenge (empty if the form asks for none), 204 (preflight), 403, 404
        """
        form = self._find_form(number)
        refused = self._refuse(form)
        if refused or request.httprequest.method == "OPTIONS":
            return refused or self._preflight("GET, OPTIONS")
        self._note(self._choose_version(form), "start", campaign=request.httprequest.args.get("campaign"))
        challenge = form.env["crm.web.challenge"]._make(form) if form.proof_mode != "off" else {}
        return self._with_cors(request.make_json_response(challenge, [("Cache-Control", "no-store")]))

    @http.route(
        "/crm/api/forms/<string:number>/submissions",
        methods=["POST", "OPTIONS"],
        max_content_length=body_limit,
        **ROUTE,
    )
    @guarded
    def form_submit(self, number):
        """Take a submission: a JSON object with the fields' keys under ``fields`` (or at the top).

        Beside them: ``submission_key`` (or the header ``Idempotency-Key``): the same one again is the same
        submission; ``page_url``, ``referrer``, ``utm`` (source, medium, campaign), ``first`` (the same of the
        first visit), ``lang``, ``version``, ``proof``. Files: a list of ``name`` and ``data`` (base64).
        Unknown keys are dropped. Browsers need an allowed origin; servers may send
        ``Authorization: Bearer <key of the form>``.

        :return: 202 with a receipt; 400, 403, 404, 409, 413, 415, 422, 429 with ``error.code``
        """
        form = self._find_form(number)
        bearer = self._get_bearer()
        trusted = bool(form and bearer is not None and form._check_key(bearer))
        refused = self._refuse(form, trusted)
        if refused or request.httprequest.method == "OPTIONS":
            return refused or self._preflight("POST, OPTIONS")
        if bearer is not None and not trusted:
            return self._error(403, "E_KEY", "This is not the key of the form.")
        if request.httprequest.mimetype != "application/json":
            return self._error(415, "E_MEDIA_TYPE", "Send JSON: Content-Type: application/json.")
        try:
            data = body.parse(request.httprequest.get_data())
        except ValueError as error:
            return self._error(400, "E_JSON", str(error))
        return self._take(form, data, trusted)

    # ------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------

    def _refuse(self, form, trusted=False):
        """Return the answer to a request for no form or from a website that may not show it, or None."""
        if not form:
            return self._error(404, "E_FORM", "There is no such form, or it is closed.", cors=False)
        sender = self._get_origin()
        # Without an origin it is no browser: programs can claim any, so that asking for one protects nobody.
        if sender is not None and not trusted and not self._is_welcome(form, sender):
            return self._error(403, "E_ORIGIN", "This website may not use the form: add it to the form.", cors=False)
        return None

    def _get_bearer(self):
        """Return the key in the request, or None if there is none."""
        kind, _blank, value = (request.httprequest.headers.get("Authorization") or "").partition(" ")
        return value.strip() if kind.lower() == "bearer" else None

    def _take(self, form, data, trusted):
        """Check what was sent and keep it."""
        values = data["fields"] if isinstance(data.get("fields"), dict) else data
        version = self._get_version(form, data.get("version"))
        content = version._get_schema()
        clean, errors = answers.validate(content, values)
        given = {f["key"]: upload.decode(values.get(f["key"])) for f in content["fields"] if f["type"] == "file"}
        files, wrong = form._check_files(version, given, clean)
        network = form._hash_network(request.httprequest.remote_addr)
        wait = form._wait_for_turn(version, clean, network, trusted)
        lang = self._choose_lang(form, body.text(data.get("lang")))
        if wait:
            self._note(version, "wait")
            response = self._error(429, "E_RATE", form.with_context(lang=lang)._get_words()["wait"])
            response.headers["Retry-After"] = str(wait)
            return response
        key = data.get("submission_key") or request.httprequest.headers.get("Idempotency-Key") or None
        if key is not None and not (isinstance(key, str) and KEY.fullmatch(key)):
            return self._error(422, "E_SUBMISSION_KEY", "submission_key: 8 to 100 letters, digits or . _ : -")
        if errors or wrong:
            self._note(version, "error", [*errors, *wrong])
            return self._invalid(form, lang, errors | wrong)
        proof = form._weigh_proof(data.get("proof"), trusted)
        if proof in ("late", "used", "wrong") and not form._is_known(key):
            return self._error(422, "E_PROOF", "The proof of work is not valid any more. Get another challenge.")
        meta = {"network_hash": network, "proof": proof, "is_test": trusted and data.get("test") is True}
        trapped = bool(data.get(form._get_trap()) or values.get(form._get_trap()))
        signs = form._judge(version, clean, trapped, proof=proof)
        return self._keep(form, version, clean, lang, key, signs, files, {**meta, **self._read_touch(data)})

    def _get_version(self, form, number):
        """Return the version the sender saw, by default the present one."""
        known = form._get_version_ids().get(number) if isinstance(number, int) else None
        return form.version_id.browse(known) or form.version_id

    def _read_touch(self, data):
        """Return where the visitor comes from, as far as the page told."""
        first = data["first"] if isinstance(data.get("first"), dict) else {}
        first = {**self._clean_utm(first), "page": origin.page_address(first.get("page"))}
        return {
            "utm": self._clean_utm(data["utm"] if isinstance(data.get("utm"), dict) else {}),
            "first_touch": first if any(first.values()) else None,
            "page_url": origin.page_address(data.get("page_url")),
            "referrer": origin.page_address(data.get("referrer")),
            "origin": origin.normalize_origin(self._get_origin()),
        }

    def _clean_utm(self, utm):
        return {name: schema.first_line(utm.get(name))[:64] for name in UTM}

    def _keep(self, form, version, clean, lang, key, signs, files, meta):
        """Keep a valid submission and answer with its receipt."""
        try:
            receipt = form._take(version, clean, lang, key, signs, files, **meta)
        except KeyReused:
            return self._error(409, "E_KEY_REUSED", "This submission_key was used for another submission.")
        answer = {"receipt": receipt, "thanks": form._get_thanks(version, clean, lang)}
        if form.redirect_url:
            answer["redirect"] = form.redirect_url
        return self._with_cors(request.make_json_response(answer, [("Cache-Control", "no-store")], status=202))

    # ------------------------------------------------------------
    # Answers
    # ------------------------------------------------------------

    def _invalid(self, form, lang, errors):
        """Say what is wrong with which field, in the visitor's language."""
        form = form.with_context(lang=lang)
        texts = form._get_error_texts()
        fields = {key: {"code": code, "message": texts[code]} for key, code in errors.items()}
        return self._error(422, "E_FIELDS", form._get_words()["summary"], fields=fields)

    def _error(self, status, code, message, cors=True, **more):
        """Return an error a program can tell by its code."""
        content = {"error": {"code": code, "message": message, **more}}
        response = request.make_json_response(content, [("Cache-Control", "no-store")], status=status)
        if not cors:
            response.headers["Vary"] = "Origin"
            return response
        return self._with_cors(response)

    def _preflight(self, methods):
        """Answer the question browsers ask before they send."""
        response = request.make_response(
            "",
            [
                ("Allow", methods),
                ("Access-Control-Allow-Methods", methods),
                ("Access-Control-Allow-Headers", "Content-Type, Idempotency-Key"),
                ("Access-Control-Max-Age", PREFLIGHT_AGE),
            ],
            status=204,
        )
        return self._with_cors(response)

    def _with_cors(self, response, *vary):
        """Let the website that asked read the answer. Never any cookie: no credentials."""
        sender = self._get_origin()
        response.headers["Vary"] = ", ".join(("Origin", *vary))
        if sender is not None:
            response.headers["Access-Control-Allow-Origin"] = sender
            response.headers["Access-Control-Expose-Headers"] = "ETag, Retry-After"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    def _too_large(self):
        form = self._find_form_of_path()
        sender = self._get_origin()
        cors = bool(form and sender is not None and self._is_welcome(form, sender))
        return self._error(413, "E_TOO_LARGE", "The body is larger than the form takes.", cors=cors)

    def _failed(self, reference):
        return self._error(500, "E_SERVER", "It could not be taken. Try again.", cors=False, reference=reference)
