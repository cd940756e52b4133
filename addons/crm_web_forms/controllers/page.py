import re
import secrets
from urllib.parse import urlencode

from markupsafe import Markup

from odoo import http
from odoo.http import request

from ..tools import answers, conditions, origin, schema
from .common import ROUTE, FormDoor, body_limit, guarded

UTM = ("source", "medium", "campaign")
FILLABLE = ("text", "textarea", "email", "phone", "number", "date", "choice", "radio", "country", "hidden")
FRAME = ["'none'"]


class CrmWebFormPage(FormDoor, http.Controller):
    """The form as a page, for any browser, without JavaScript, and the same inside a frame."""

    @http.route("/crm/f/<string:number>", methods=["GET", "POST"], max_content_length=body_limit, **ROUTE)
    @guarded
    def form_page(self, number):
        """Show the form (GET) or take it (POST).

        POST answers 303 to the thank-you page, or shows the form again with what was typed: 422 when
        something is wrong, 429 when there are too many. A form of several pages is sent page by page.

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
        lang = self._choose_lang(form)
        embedded = bool(request.httprequest.args.get("embed"))
        chosen = request.httprequest.args.get("result")
        result = form.result_ids.filtered(lambda result: str(result.id) == chosen).with_context(lang=lang)
        return self._render(form, lang, "crm_web_forms.form_done", {"embedded": embedded, "thanks": result.thanks})

    @http.route("/crm/f/<string:number>/preview", type="http", auth="user", methods=["GET"], readonly=True)
    def form_preview(self, number, **_options):
        """Show a colleague the form as it is saved, published or not; nothing can be sent.

        :return: 200, 404
        """
        form = request.env["crm.web.form"].search([("uuid", "=", number)], limit=1)
        if not form:
            return self._not_found()
        return self._show_preview(form)

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
        version = self._choose_version(form)
        touch = self._get_touch(embedded)
        if not form._is_test(request.httprequest.args.get("test")):
            self._note(version, "view", campaign=touch["campaign"])
        return self._show(form, embedded, self._get_first_values(version._get_schema()), touch, version=version)

    def _get_first_values(self, content):
        """Return the values the page's address gives: a link may say which home it is about."""
        args = request.httprequest.args
        asked = (field["key"] for field in content["fields"] if field["type"] in FILLABLE)
        return {key: schema.first_line(args[key]) for key in asked if key in args}

    def _get_touch(self, embedded):
        """Return where the visitor comes from: {name: text}, of which nothing names a person."""
        args = request.httprequest.args
        referrer = request.httprequest.referrer
        page = referrer if embedded else request.httprequest.base_url
        touch = {name: schema.first_line(args.get(f"utm_{name}"))[:64] for name in UTM}
        touch |= {"page": origin.page_address(page), "referrer": origin.page_address("" if embedded else referrer)}
        return touch

    def _read_touch(self, sent):
        """Return what the page noted about where the visitor comes from."""
        touch = {name: schema.first_line(sent.get(f"_{name}"))[:64] for name in UTM}
        return touch | {name: origin.page_address(sent.get(f"_{name}")) for name in ("page", "referrer")}

    def _take(self, form, embedded):
        """Check what was sent: show the form again, its next page, or keep it and say thank you."""
        sent = request.httprequest.form
        form = form.with_context(lang=self._choose_lang(form))
        version, age, number = form._read_token(sent.get("_token"))
        shown = version or form.version_id
        steps = schema.split_steps(shown._get_schema()["fields"])
        step = self._read_step(sent, len(steps))
        clean, errors = answers.validate(shown._get_schema(), self._read_values(shown._get_schema(), sent))
        page = {"version": shown, "token": sent.get("_token")}
        touch = self._read_touch(sent)
        if sent.get("_go") == "back" and step:
            return self._show(form, embedded, clean, touch, step=step - 1, **page)
        asked = {field["key"]: index for index, (_label, some) in enumerate(steps) for field in some}
        files, wrong = form._check_files(shown, self._read_files(shown._get_schema()), clean)
        errors = {key: code for key, code in (errors | wrong).items() if asked[key] <= step}
        if errors:
            self._note(shown, "error", list(errors))
            first = min(asked[key] for key in errors)
            values = {**clean, **{key: sent.get(key) for key in errors if not isinstance(clean.get(key), list)}}
            return self._show(form, embedded, values, touch, 422, errors=errors, step=first, **page)
        if step + 1 < len(steps):
            return self._show(form, embedded, clean, touch, step=step + 1, **page)
        return self._finish(form, embedded, shown, clean, touch, age, number, step, files)

    def _read_files(self, content):
        """Return {key: [(name, content)]} of the files that were sent."""
        sent = request.httprequest.files
        asked = [field["key"] for field in content["fields"] if field["type"] == "file"]
        return {key: [(file.filename or "", file.read()) for file in sent.getlist(key)[:20]] for key in asked}

    def _read_step(self, sent, total):
        """Return the page that was sent; a website's own HTML sends all of them at once."""
        step = sent.get("_step", "")
        return min(int(step), total - 1) if step.isascii() and step.isdigit() and len(step) < 4 else total - 1

    def _read_values(self, content, sent):
        """Return what was sent for the fields: lists where several answers are possible."""
        several = {field["key"] for field in content["fields"] if field["type"] == "multi"}
        return {key: sent.getlist(key) if key in several else sent.get(key) for key in sent}

    def _finish(self, form, embedded, version, clean, touch, age, number, step, files):
        """Keep a complete submission, unless there are too many or the page is not ours."""
        sent = request.httprequest.form
        network = form._hash_network(request.httprequest.remote_addr)
        wait = form._wait_for_turn(version, clean, network)
        notice, token = self._check_page(form, sent.get("_token"), age)
        if wait:
            self._note(version, "wait")
            notice = form._get_words()["wait"]
        if notice:
            page = {"version": version, "notice": notice, "token": token, "wait": wait, "step": step}
            return self._show(form, embedded, clean, touch, 429 if wait else 422, **page)
        key = f"{number}:{schema.fingerprint(clean)[:16]}" if number else None
        proof = form._weigh_proof(sent.get("proof"))
        if proof == "used" and form._is_known(key):
            proof = "solved"  # a double click
        signs = form._judge(version, clean, bool(sent.get(form._get_trap())), age, proof)
        meta = {"utm": {name: touch[name] for name in UTM}, "page_url": touch["page"], "referrer": touch["referrer"]}
        meta |= {
            "network_hash": network,
            "proof": proof,
            "is_test": form._is_test(sent.get("_test")),
            **self._get_place(),
        }
        form._take(version, clean, form.env.context["lang"], key, signs, files, **meta)
        return self._thank(form, embedded, form.env.context["lang"], answers.score(version._get_schema(), clean))

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

    def _thank(self, form, embedded, lang, points=None):
        """Send the browser to the thank-you page: reloading that one sends nothing twice."""
        if form.redirect_url and not embedded:
            return self._secure(form, request.redirect(form.redirect_url, local=False), embedded)
        result = form._find_result(points)
        query = {"lang": lang, **({"embed": 1} if embedded else {}), **({"result": result.id} if result else {})}
        return self._secure(form, request.redirect(f"/crm/f/{form.uuid}/done?{urlencode(query)}"), embedded)

    # ------------------------------------------------------------
    # Showing
    # ------------------------------------------------------------

    def _show(self, form, embedded, values, touch, status=200, step=0, **more):
        """Show a page of the form with values.

        :param more: ``version``, ``errors`` ({key: code}), ``notice``, ``token``, ``wait`` (seconds)
        """
        lang = self._choose_lang(form)
        version = more.get("version") or form.version_id
        public = form._get_public_texts(lang, version._get_schema(), version.number)
        texts = {key: public["errors"][code] for key, code in (more.get("errors") or {}).items()}
        steps = schema.split_steps(public["fields"])
        asked = steps[step][1]
        here = {field["key"] for field in asked}
        # What depends on a page before is decided here, the rest by the style sheet.
        asked = [
            field
            for field in asked
            if field.get("if", {}).get("key") in here or conditions.holds(field.get("if"), values)
        ]
        note = {f"_{name}": value for name, value in touch.items()}
        note |= {"_token": more.get("token") or form._make_token(version), "_step": str(step)}
        note["_test"] = request.httprequest.args.get("test") or request.httprequest.form.get("_test", "")
        others = [field["key"] for index, (_label, some) in enumerate(steps) if index != step for field in some]
        page = {
            "values": values,
            "errors": texts,
            "wrong": [(field, texts[field["key"]]) for field in asked if field["key"] in texts],
            "notice": more.get("notice"),
            "fields": asked,
            "carried": [*note.items(), *self._carry(values, others)],
            "step": step,
            "total": len(steps),
            "label": steps[step][0],
            "rules": Markup(conditions.style(asked)),
            "challenge": f"/crm/f/{form.uuid}/challenge" if form.proof_mode != "off" else None,
            # In the same language when it comes back, whatever the browser's is.
            "action": f"/crm/f/{form.uuid}{'/embed' if embedded else ''}?{urlencode({'lang': lang})}",
            "enctype": "multipart/form-data" if any(field["type"] == "file" for field in asked) else None,
            "embedded": embedded,
        }
        response = self._render(form, lang, "crm_web_forms.form_page", page, status, public)
        if more.get("wait"):
            response.headers["Retry-After"] = str(more["wait"])
        return response

    def _show_preview(self, form):
        """Show all pages of the form one below the other, inside the builder."""
        lang = request.env.lang or form._get_default_lang()
        public = form._get_public_texts(lang, form._prepare_schema())
        asked = [{**field, "type": "section"} if field["type"] == "step" else field for field in public["fields"]]
        page = {
            "fields": [field for field in asked if field["type"] != "section" or field["label"]],
            "carried": [],
            "step": 0,
            "total": 1,
            "rules": Markup(conditions.style(asked)),
            "action": "#",
            "enctype": None,
            "embedded": True,
        }
        response = self._render(form, lang, "crm_web_forms.form_page", page, public=public)
        policy = response.headers["Content-Security-Policy"]
        policy = re.sub(r"form-action [^;]*", "form-action 'none'", policy)
        response.headers["Content-Security-Policy"] = re.sub(r"frame-ancestors [^;]*", "frame-ancestors 'self'", policy)
        return response

    def _carry(self, values, keys):
        """Return the answers of other pages as pairs for hidden inputs."""
        for key in keys:
            for value in values[key] if isinstance(values.get(key), list) else [values.get(key)]:
                if value:
                    yield key, "1" if value is True else value

    def _render(self, form, lang, template, values, status=200, public=None):
        """Return a page of a form."""
        nonce = secrets.token_urlsafe(16)
        values = {
            "wrong": [],
            "notice": None,
            "rules": "",
            "challenge": None,
            **values,
            "nonce": nonce,
            "form": form,
            "public": public or form._get_public_texts(lang),
            "direction": form.env["res.lang"]._get_data(code=lang).direction or "ltr",
        }
        html = form._render_public(template, lang, values)
        response = request.make_response(
            f"<!DOCTYPE html>\n{html}", [("Content-Type", "text/html; charset=utf-8")], status=status
        )
        return self._secure(form, response, values["embedded"], nonce)

    def _secure(self, form, response, embedded=False, nonce=None):
        """Add the headers that keep others out of the page, and the page out of caches."""
        targets = ["'self'"]
        if form and form.redirect_url:
            # Browsers apply form-action to where the form redirects, too.
            targets.append(origin.normalize_origin(form.redirect_url))
        policy = {
            "default-src": "'none'",
            "style-src": "'self'" + (f" 'nonce-{nonce}'" if nonce else ""),
            "img-src": "'self'",
            # One file of ours, for who lets scripts run; the page does not need it.
            "script-src": "'self'",
            "connect-src": "'self'",
            "base-uri": "'none'",
            "form-action": " ".join(targets),
            "frame-ancestors": " ".join(["'self'", *form._get_origins()] if embedded else FRAME),
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

    # ------------------------------------------------------------
    # Fixed answers
    # ------------------------------------------------------------

    def _say(self, status, title, text):
        """Return a page with a fixed text, without looking at any form."""
        env = self._get_visitor_env()
        lang = env["res.lang"]._get_data(code=env.lang)
        code = (lang.code or "en").replace("_", "-")
        html = Markup(
            '<!DOCTYPE html><html lang="%(lang)s" dir="%(dir)s"><head><meta charset="utf-8"/>'
            '<meta name="viewport" content="width=device-width, initial-scale=1"/>'
            "<title>%(title)s</title>"
            '<link rel="icon" href="/web/static/img/favicon.ico"/>'
            '<link rel="stylesheet" href="/crm_web_forms/static/src/hosted/form.css"/></head>'
            "<body><main><h1>%(title)s</h1><p>%(text)s</p></main></body></html>"
        ) % {"lang": code, "dir": lang.direction or "ltr", "title": title, "text": text}
        response = request.make_response(html, [("Content-Type", "text/html; charset=utf-8")], status=status)
        return self._secure(None, response)

    def _get_visitor_env(self):
        """Return an environment in the language of the browser, where there is no form to ask for one."""
        installed = dict(request.env["res.lang"].get_installed())
        lang = request.best_lang if request.best_lang in installed else "en_US"
        return request.env(context={"lang": lang})

    def _not_found(self):
        env = self._get_visitor_env()
        text = env._("The address may be wrong, or the form is closed.")
        return self._say(404, env._("This form is not available"), text)

    def _too_large(self):
        env = self._get_visitor_env()
        return self._say(413, env._("This is too long"), env._("Please go back and shorten what you wrote."))

    def _failed(self, reference):
        env = self._get_visitor_env()
        text = env._("Please go back and try again. Reference: %(reference)s", reference=reference)
        return self._say(500, env._("It could not be sent"), text)
