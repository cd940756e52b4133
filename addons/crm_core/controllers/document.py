from odoo import fields, http
from odoo.exceptions import UserError
from odoo.http import content_disposition, request

from ..tools import evidence

MOST_BYTES = 25 * 1024 * 1024
# A link in the address is a key: it must not travel to other pages nor stay in a cache.
HEADERS = {"Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


class DocumentController(http.Controller):
    """Where a signer reads, signs or refuses; the link is the key, no account is needed.

    A wrong link is answered with 404, one whose time is over with 410, both without a word about the document.
    """

    @http.route(
        "/my/document/<int:signer_id>/<string:token>", type="http", auth="public", methods=["GET"], website=True
    )
    def document_page(self, signer_id, token, **kwargs):
        """Show the document to the person the link was sent to.

        :return: a page; 404 for a wrong link, 410 for one that is over
        """
        signer, refusal = self._find(signer_id, token)
        if refusal:
            return refusal
        if request.env.user.share and not signer.viewed_on:
            signer.viewed_on = fields.Datetime.now()
        return self._render(
            "crm_core.crm_document_portal_page", {**self._prepare_page(signer), **self._get_note(kwargs)}
        )

    @http.route(
        "/my/document/<int:signer_id>/<string:token>/sign",
        type="jsonrpc",
        auth="public",
        methods=["POST"],
        website=True,
    )
    def document_sign(self, signer_id, token, name=None, signature=None, **kwargs):
        """Sign; called by the host's signature form.

        :param name: as typed
        :param signature: base64 of the picture
        :return: a dict: ``force_refresh`` and ``redirect_url``, or ``error``
        """
        signer, refusal = self._find(signer_id, token)
        if refusal:
            return {"error": request.env._("This link is not valid any more.")}
        try:
            if signer.state != "signed":  # a second click finds the first one's signature
                signer._sign(name, signature, self._get_circumstances())
        except UserError as error:
            return {"error": str(error)}
        return {"force_refresh": True, "redirect_url": f"{signer._get_path()}?note=signed"}

    @http.route(
        "/my/document/<int:signer_id>/<string:token>/refuse", type="http", auth="public", methods=["POST"], website=True
    )
    def document_refuse(self, signer_id, token, reason=None, **kwargs):
        """Refuse to sign, with a reason.

        :return: back to the page, which says that it is over
        """
        signer, refusal = self._find(signer_id, token)
        if refusal:
            return refusal
        try:
            signer._refuse(reason)
        except UserError as error:
            values = {**self._prepare_page(signer), "error": str(error)}
            return self._render("crm_core.crm_document_portal_page", values, 400)
        return self._render("crm_core.crm_document_portal_refused", {"document": signer.document_id})

    @http.route(
        "/my/document/<int:signer_id>/<string:token>/pdf", type="http", auth="public", methods=["GET"], website=True
    )
    def document_pdf(self, signer_id, token, **kwargs):
        """Download the document: the frozen one once everybody has signed.

        :return: a PDF; 404 or 410 as the page
        """
        signer, refusal = self._find(signer_id, token)
        if refusal:
            return refusal
        document = signer.document_id
        content = document._print()[document.id]
        name = content_disposition(f"{document._get_file_name()}.pdf")
        return request.make_response(
            content, [("Content-Type", "application/pdf"), ("Content-Disposition", name), *HEADERS.items()]
        )

    @http.route("/my/document/verify", type="http", auth="public", methods=["GET", "POST"], website=True)
    def document_verify(self, fingerprint=None, file=None, **kwargs):
        """Tell whether a PDF is one that was signed here, without telling what is in it.

        :param fingerprint: SHA-256 of the file, or
        :param file: the file itself; it is not kept
        :return: a page; 404 when there is no such document
        """
        if file:
            fingerprint = evidence.fingerprint(file.read(MOST_BYTES))
        fingerprint = (fingerprint or "").strip().lower()
        # sudo: the answer names no one and nothing of the text.
        document = (
            request.env["crm.document"].sudo().search([("pdf_hash", "=", fingerprint)], limit=1)
            if fingerprint
            else None
        )
        intact = bool(document) and not document._get_problems()
        values = {"fingerprint": fingerprint, "found": document, "intact": intact}
        return self._render("crm_core.crm_document_portal_verify", values, 404 if fingerprint and not document else 200)

    @http.route(
        "/my/files/<int:lead_id>/<int:partner_id>/<string:token>",
        type="http",
        auth="public",
        methods=["GET", "POST"],
        website=True,
    )
    def files_page(self, lead_id, partner_id, token, file_id=None, file=None, **kwargs):
        """Show a customer which files are needed, and take them.

        :param file_id: which line of the checklist the file is for
        :param file: the upload
        :return: a page; 404 for a wrong link, 410 once the opportunity is closed
        """
        files = request.env["crm.lead.file"]._find_by_token(lead_id, partner_id, token)
        if not files:
            raise request.not_found()
        if not files.lead_id.active or files.lead_id.won_status == "lost":
            return self._render("crm_core.crm_document_portal_gone", {}, 410)
        values = {"files": files, "lead": files.lead_id, "res_company": files.lead_id.company_id or request.env.company}
        wanted = files.filtered(lambda line: str(line.id) == file_id)
        if request.httprequest.method == "POST" and wanted and file:
            try:
                wanted._receive([(file.filename or "file", file.read(MOST_BYTES + 1))])
            except UserError as error:
                return self._render("crm_core.crm_lead_file_portal", {**values, "error": str(error)}, 400)
            return request.redirect(wanted._get_path())
        return self._render("crm_core.crm_lead_file_portal", values)

    # ------------------------------------------------------------

    def _find(self, signer_id, token):
        """Return (signer, None), or (None, response) when it is over.

        :raise NotFound: the link is wrong
        """
        signer = request.env["crm.document.signer"]._find_by_token(signer_id, token)
        if not signer:
            raise request.not_found()
        document = signer.document_id
        if document.state == "cancelled" or document.is_expired:
            return None, self._render("crm_core.crm_document_portal_gone", {}, 410)
        return signer.with_context(lang=request.env.lang), None

    def _prepare_page(self, signer):
        document = signer.document_id
        return {
            "signer": signer,
            "document": document,
            "page_name": "document",
            "res_company": document.company_id,
            "problems": document._get_problems() if document.state == "signed" else [],
            "waiting_for": document.signer_ids.filtered(lambda other: other.is_turn) - signer,
        }

    def _get_note(self, parameters):
        return {"note": parameters.get("note") if parameters.get("note") == "signed" else False}

    def _get_circumstances(self):
        """Return what the evidence says about how it was signed."""
        user = request.env.user
        session = "own device, link sent by e-mail"
        if not user._is_public():
            session = f"own device, logged in as {user.login}" if user.share else f"office of {user.name}"
        return {
            "ip": request.httprequest.remote_addr or "",
            "user_agent": (request.httprequest.user_agent.string or "")[:250],
            "session": session,
        }

    def _render(self, template, values, status=200):
        response = request.render(template, {"no_breadcrumbs": True, **values}, status=status)
        response.headers.extend(HEADERS)
        return response
