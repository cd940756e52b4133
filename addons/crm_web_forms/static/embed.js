/* <crm-form form="number">: a form of the CRM on any website. No dependency, no cookie, nothing sent before "Send".
   Served as it is: two blanks of indentation keep it under 10 kB. */
(() => {
  "use strict";
  const HOME = document.currentScript ? new URL(document.currentScript.src).origin : "";
  const CSS = `
:host{display:block;font:inherit;color:inherit;--accent:var(--crm-accent,#714b67);--bad:var(--crm-bad,#b3261e)}
*{box-sizing:border-box}
.field{margin-bottom:1rem}
label{display:block;margin-bottom:.25rem;font-weight:600}
small{font-weight:400;opacity:.75}
input,select,textarea{display:block;width:100%;min-height:2.75rem;padding:.5rem .75rem;font:inherit;color:inherit;
background:transparent;border:1px solid #8793a0;border-radius:.375rem}
.box{display:grid;grid-template-columns:auto 1fr;gap:0 .75rem}
.box label{font-weight:400}
.box input{width:1.5rem;height:1.5rem;min-height:0;margin:0;accent-color:var(--accent)}
.box .error{grid-column:1/-1}
[aria-invalid=true]{border:2px solid var(--bad)}
.error{margin:.25rem 0 0;color:var(--bad);font-weight:600}
.error:empty{display:none}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
button{min-height:2.75rem;padding:.5rem 2rem;font:inherit;font-weight:600;color:#fff;background:var(--accent);border:0;
border-radius:.375rem;cursor:pointer}
button[aria-disabled=true]{opacity:.6;cursor:default}
.away{position:absolute;left:-10000px;width:1px;height:1px;overflow:hidden}
.thanks,.intro{white-space:pre-line}`;

  /** Make an element; texts are only ever text, never markup. */
  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== undefined && value !== false) {
        element.setAttribute(name, value === true ? "" : value);
      }
    }
    element.append(...children);
    return element;
  };

  const newKey = () =>
    crypto.randomUUID
      ? crypto.randomUUID()
      : Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

  /** Where the visitor of this page came from: the campaign in its address, else the page before. */
  const attribution = () => {
    const query = new URLSearchParams(location.search);
    const utm = {};
    for (const name of ["source", "medium", "campaign"]) {
      if (query.get(`utm_${name}`)) {
        utm[name] = query.get(`utm_${name}`);
      }
    }
    if (!utm.source && document.referrer) {
      const host = new URL(document.referrer).host;
      if (host !== location.host) {
        Object.assign(utm, { source: host, medium: utm.medium || "referral" });
      }
    }
    return utm;
  };

  class CrmForm extends HTMLElement {
    connectedCallback() {
      if (this.shadowRoot) {
        return;
      }
      this.attachShadow({ mode: "open" });
      // A sheet made by a script also works where the page's policy forbids style elements.
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(CSS);
      this.shadowRoot.adoptedStyleSheets = [sheet];
      this.base = (this.getAttribute("base") || HOME).replace(/\/$/, "");
      this.load();
    }

    async load() {
      const number = encodeURIComponent(this.getAttribute("form"));
      const lang = this.getAttribute("lang") || document.documentElement.lang;
      this.url = `${this.base}/crm/api/forms/${number}/submissions`;
      try {
        const query = lang ? `?lang=${encodeURIComponent(lang)}` : "";
        const answer = await fetch(`${this.base}/crm/f/${number}/schema${query}`, { credentials: "omit" });
        if (!answer.ok) {
          throw new Error(`crm-form: ${answer.status} for form ${number}`);
        }
        this.schema = await answer.json();
        this.render();
      } catch (error) {
        console.error(error);
        // What the page's author put inside: a link to the form's own page.
        this.shadowRoot.replaceChildren(make("slot"));
      }
    }

    render() {
      const { fields, words, intro, trap, lang } = this.schema;
      this.summary = make("p", { class: "error", role: "alert", part: "summary" });
      this.button = make("button", { type: "submit", part: "button" }, words.send);
      this.trap = make("input", { name: trap, tabindex: "-1", autocomplete: "off" });
      this.form = make(
        "form",
        { novalidate: true, lang, part: "form" },
        ...(intro ? [make("p", { class: "intro", part: "intro" }, intro)] : []),
        this.summary,
        ...fields.map((field) => this.renderField(field)),
        make("div", { class: "away", "aria-hidden": "true" }, make("label", {}, words.trap, this.trap)),
        this.button
      );
      this.form.addEventListener("submit", (event) => {
        event.preventDefault();
        this.send();
      });
      this.shadowRoot.replaceChildren(this.form);
      this.dispatchEvent(new CustomEvent("crm-form-ready", { bubbles: true, composed: true }));
    }

    renderField(field) {
      const { key, type, required, label } = field;
      const box = type === "checkbox" || type === "consent";
      const common = {
        id: key,
        name: key,
        part: "input",
        required,
        "aria-describedby": `${key}-error`,
        autocomplete: field.autocomplete,
      };
      if (type === "hidden") {
        const value = new URLSearchParams(location.search).get(key) || "";
        return make("input", { ...common, type: "hidden", value });
      }
      let input;
      if (type === "textarea") {
        input = make("textarea", { ...common, rows: 5, maxlength: 10000 });
      } else if (type === "choice") {
        const options = field.options.map((option) => make("option", { value: option.value }, option.label));
        input = make("select", common, make("option", { value: "" }), ...options);
      } else {
        const kind = box ? "checkbox" : { email: "email", phone: "tel" }[type] || "text";
        input = make("input", { ...common, type: kind, maxlength: box ? undefined : 256 });
      }
      const { optional, required: needed } = this.schema.words;
      const hint = box ? required && needed : !required && optional;
      const title = make("label", { for: key, part: "label" }, label, ...(hint ? [make("small", {}, ` (${hint})`)] : []));
      const error = make("p", { class: "error", id: `${key}-error`, part: "error" });
      const children = box ? [input, title, error] : [title, input, error];
      return make("div", { class: box ? "field box" : "field", part: "field" }, ...children);
    }

    collect() {
      const values = {};
      for (const { key } of this.schema.fields) {
        const input = this.form.elements.namedItem(key);
        values[key] = input.type === "checkbox" ? input.checked : input.value;
      }
      return values;
    }

    async send() {
      if (this.busy) {
        return;
      }
      this.setBusy(true);
      const fields = this.collect();
      const content = JSON.stringify(fields);
      if (content !== this.content) {
        // The same content again, after a failure of the network, is the same submission.
        Object.assign(this, { content, key: newKey() });
      }
      try {
        const answer = await fetch(this.url, {
          method: "POST",
          credentials: "omit",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify({
            fields,
            submission_key: this.key,
            version: this.schema.version,
            lang: this.schema.lang,
            page_url: location.href,
            utm: attribution(),
            [this.schema.trap]: this.trap.value,
          }),
        });
        this.show(answer.ok, await answer.json());
      } catch {
        this.complain({ message: this.schema.words.failed });
      } finally {
        this.setBusy(false);
      }
    }

    show(taken, content) {
      if (!taken) {
        return this.complain(content.error);
      }
      const thanks = make("p", { class: "thanks", role: "status", tabindex: "-1", part: "thanks" }, content.thanks);
      this.shadowRoot.replaceChildren(thanks);
      thanks.focus();
      const detail = { receipt: content.receipt };
      this.dispatchEvent(new CustomEvent("crm-form-sent", { bubbles: true, composed: true, detail }));
      if (content.redirect) {
        location.assign(content.redirect);
      }
    }

    /** Say what is wrong, next to the fields, and go to the first of them. */
    complain({ message, fields = {} }) {
      this.summary.textContent = message;
      let first;
      for (const { key, type } of this.schema.fields) {
        if (type === "hidden") {
          continue;
        }
        const input = this.form.elements.namedItem(key);
        const wrong = fields[key];
        this.shadowRoot.getElementById(`${key}-error`).textContent = wrong ? wrong.message : "";
        input.toggleAttribute("aria-invalid", Boolean(wrong));
        if (wrong) {
          input.setAttribute("aria-invalid", "true");
          first = first || input;
        }
      }
      if (first) {
        first.focus();
      }
    }

    setBusy(busy) {
      this.busy = busy;
      this.button.setAttribute("aria-disabled", busy);
      this.button.textContent = busy ? this.schema.words.sending : this.schema.words.send;
    }
  }

  if (!customElements.get("crm-form")) {
    customElements.define("crm-form", CrmForm);
  }
})();
