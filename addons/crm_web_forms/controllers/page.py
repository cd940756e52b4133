from urllib.parse import urlencode

from odoo import http
from odoo.http import request

from ..tools import origin, schema
from .common import ROUTE, FormDoor, body_limit, guarded

UTM = ("source", "medium", "campaign")


class CrmWebFormPage(FormDoor, http.Controller):
    """The form as a page, for any browser, without JavaScript, and the same inside a frame."""

    @http.route("/crm/f/<string:number>", methods=["GET", "POST"], max_content_length=body_limit, **ROUTE)
    @guarded
    def form_page(self, number):
        """Show the form (GET) or take it (POST).

        POST answers 303 to the thank-you page, or shows the form again with what was typed: 422 when
        something is wrong, 429 when there are too many.

        :return: 200, 303, 404, 405, 413, 422, 429
        """
        return self._serve(number, embedded=False)

    @http.route("/crm/f/<string:number>/embed", methods=["GET", "POST"], max_content_length=body_limit, **ROUTE)
    @guarded
    def form_embed(self, number):
        """Do the same inside a frame of the websites that may show the form."""
        return self._serve(number, embedded=True)

    @http.route("/crm/f/<string:number>/done", methods=["GET"], **ROUTE)
    @guarded
    def form_done(self, number):
        """Say thank you. Reloading it sends nothing again."""
        form = self._find_form(number)
        if not form:
            return self._not_found()
        embedded = bool(request.httprequest.args.get("embed"))
        return self._render(form, self._choose_lang(form), "crm_web_forms.form_done", {"embedded": embedded})

    # ------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------

    def _serve(self, number, embedded):
        form = self._find_form(number)
        if not form:
            return self._not_found()
        if request.httprequest.method == "OPTIONS":
            return request.make_response("", [("Allow", "GET, POST")], status=204)
        if request.httprequest.method == "POST":
            return self._take(form, embedded)
        return self._show(form, embedded, self._get_first_values(form), **self._get_attribution(embedded))

    def _get_first_values(self, form):
        """Return the values the page's address gives: a link may say which home it is about."""
        args = request.httprequest.args
        fillable = ("text", "choice", "hidden")
        return {
            field["key"]: schema.clean_line(args[field["key"]])
            for field in form.version_id.schema["fields"]
            if field["type"] in fillable and field["key"] in args
        }

    def _get_attribution(self, embedded):
        args = request.httprequest.args
        page = request.httprequest.referrer if embedded else request.httprequest.base_url
        return {
            "utm": {name: schema.clean_line(args.get(f"utm_{name}"), 64) for name in UTM},
            "page_url": origin.page_address(page),
        }

    def _show(self, form, embedded, values, utm, page_url, status=200, **more):
        """Show the form with values.

        :param more: ``version``, ``errors`` ({key: code}), ``notice``, ``token``, ``wait`` (seconds)
        """
        lang = self._choose_lang(form)
        version = more.get("version") or form.version_id
        public = form._get_public_schema(lang, version)
        texts = {key: public["errors"][code] for key, code in (more.get("errors") or {}).items()}
        page = {
            "values": values,
            "errors": texts,
            "wrong": [(field, texts[field["key"]]) for field in public["fields"] if field["key"] in texts],
            "notice": more.get("notice"),
            "token": more.get("token") or form._make_token(version),
            "utm": utm,
            "page_url": page_url,
            "embedded": embedded,
        }
        response = self._render(form, lang, "crm_web_forms.form_page", page, status, public)
        if more.get("wait"):
            response.headers["Retry-After"] = str(more["wait"])
        return response

    def _take(self, form, embedded):
        """Check what was sent and keep it."""
        sent = request.httprequest.form
        lang = self._choose_lang(form)
        form = form.with_context(lang=lang)
        token = sent.get("_token")
        version, age, number = form._read_token(token)
        shown = version or form.version_id
        page = {
            "utm": {name: schema.clean_line(sent.get(f"_{name}"), 64) for name in UTM},
            "page_url": origin.page_address(sent.get("_page")),
        }
        network = form._hash_network(request.httprequest.remote_addr)
        clean, errors = schema.validate(shown.schema, sent)
        wait = form.env["crm.web.rate.event"]._hit(form, network)
        notice, token = self._check_page(form, token, age)
        if wait:
            notice, errors = form.env._("There are too many messages now. Please send it again in a minute."), {}
        if errors or notice:
            values = {**clean, **{key: sent.get(key) for key in errors}}
            page |= {"version": shown, "errors": errors, "notice": notice, "token": token, "wait": wait}
            return self._show(form, embedded, values, status=429 if wait else 422, **page)
        key = f"{number}:{schema.fingerprint(clean)[:16]}" if number else None
        spam = form._get_spam_reason(bool(sent.get(form._get_trap())), age)
        form._take(shown, clean, lang, key, spam, network_hash=network, **self._get_place(), **page)
        return self._thank(form, embedded, lang)

    def _get_place(self):
        """Return the website the page was on, if it is none of this server's."""
        sender = self._get_origin()
        return {"origin": None if self._is_own_origin(sender) else origin.normalize_origin(sender)}

    def _check_page(self, form, token, age):
        """Return (what to tell the visitor, the token to go on with).

        A page that is too old, or is none of ours, is shown again with a fresh token and what was
        typed: one more click, nothing lost. A website of the form may send without a token.
        """
        if age is not None and age <= form._get_page_life():
            return None, token
        sender = self._get_origin()
        if age is None and sender and not self._is_own_origin(sender) and self._is_welcome(form, sender):
            return None, None
        # Whoever had the page open for a day typed slowly enough.
        fresh = form._make_token(form.version_id, age=form.min_seconds if age else 0)
        return form.env._("Please look it over and send it once more."), fresh

    def _thank(self, form, embedded, lang):
        """Send the browser to the thank-you page: reloading that one sends nothing twice."""
        if form.redirect_url and not embedded:
            return self._secure(form, request.redirect(form.redirect_url, local=False), embedded)
        query = urlencode({"lang": lang, **({"embed": 1} if embedded else {})})
        return self._secure(form, request.redirect(f"/crm/f/{form.uuid}/done?{query}"), embedded)

    # ------------------------------------------------------------
    # Answers
    # ------------------------------------------------------------

    def _render(self, form, lang, template, values, status=200, public=None):
        """Return a page of a form."""
        data = form.env["res.lang"]._get_data(code=lang)
        values = {
            **values,
            "form": form,
            "public": public or form._get_public_schema(lang),
            "trap": form._get_trap(),
            "direction": data.direction or "ltr",
        }
        html = form.env["ir.qweb"].with_context(lang=lang)._render(template, values)
        response = request.make_response(
            f"<!DOCTYPE html>\n{html}", [("Content-Type", "text/html; charset=utf-8")], status=status
        )
        return self._secure(form, response, values["embedded"])

    def _secure(self, form, response, embedded=False):
        """Add the headers that keep others out of the page, and the page out of caches."""
        frames = ["'none'"]
        targets = ["'self'"]
        if embedded:
            frames = ["'self'", *form._get_origins()]
        if form and form.redirect_url:
            # Browsers apply form-action to where the form redirects, too.
            targets.append(origin.normalize_origin(form.redirect_url))
        policy = {
            "default-src": "'none'",
            "style-src": "'self'",
            "img-src": "'self'",
            "base-uri": "'none'",
            "form-action": " ".join(targets),
            "frame-ancestors": " ".join(frames),
        }
        headers = response.headers
        headers["Content-Security-Policy"] = "; ".join(f"{name} {value}" for name, value in policy.items())
        headers["Cache-Control"] = "no-store"
        headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
        if not embedded:
            headers["X-Frame-Options"] = "DENY"
        return response

    def _say(self, status, title, text):
        """Return a page with a fixed text, without looking at any form."""
        html = (
            '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"/>'
            '<meta name="viewport" content="width=device-width, initial-scale=1"/>'
            f"<title>{title}</title>"
            '<link rel="icon" href="/web/static/img/favicon.ico"/>'
            '<link rel="stylesheet" href="/crm_web_forms/static/src/hosted/form.css"/></head>'
            f"<body><main><h1>{title}</h1><p>{text}</p></main></body></html>"
        )
        response = request.make_response(html, [("Content-Type", "text/html; charset=utf-8")], status=status)
        return self._secure(None, response)

    def _not_found(self):
        return self._say(404, "This form is not available", "The address may be wrong, or the form is closed.")

    def _too_large(self):
        return self._say(413, "This is too long", "Please go back and shorten what you wrote.")

    def _failed(self, reference):
        return self._say(500, "It could not be sent", f"Please go back and try again. Reference: {reference}")
