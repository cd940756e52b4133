/* <crm-form form="number">: a form of the CRM on any website. No dependency, no cookie, nothing sent before "Send".
   Served as it is: tabs keep it under 10 kB. */
(() => {
	"use strict";
	const HOME = document.currentScript ? new URL(document.currentScript.src).origin : "";
	const FIRST = "crm-form-first";
	const KEPT = 90 * 24 * 3600 * 1000;

	const newKey = () => crypto.getRandomValues(new Uint32Array(4)).join("-");

	/** Where the visitor of this page came from: the campaign in its address, else the page before. */
	const lastTouch = () => {
		const query = new URLSearchParams(location.search);
		const touch = {};
		for (const name of ["source", "medium", "campaign"]) {
			if (query.get(`utm_${name}`)) {
				touch[name] = query.get(`utm_${name}`);
			}
		}
		const before = document.referrer && new URL(document.referrer);
		if (before && before.host !== location.host) {
			touch.referrer = before.origin + before.pathname;
			if (!touch.source) {
				Object.assign(touch, { source: before.host, medium: touch.medium || "referral" });
			}
		}
		return touch;
	};

	/** What brought the visitor first; kept only where the website says attribution="on". */
	const firstTouch = (last) => {
		try {
			const kept = JSON.parse(localStorage.getItem(FIRST));
			if (kept && Date.now() - kept.at < KEPT) {
				return kept;
			}
			const touch = { ...last, page: location.origin + location.pathname, at: Date.now() };
			localStorage.setItem(FIRST, JSON.stringify(touch));
			return touch;
		} catch {
			return undefined;
		}
	};

	/** The second file: proof of work and reading of files. */
	let loading;
	const loadProof = (base) =>
		(loading ||= new Promise((done, failed) => {
			const script = document.createElement("script");
			Object.assign(script, { src: `${base}/crm_web_forms/static/proof.js`, onload: done, onerror: failed });
			document.head.append(script);
		}));

	class CrmForm extends HTMLElement {
		connectedCallback() {
			if (!this.shadowRoot) {
				this.attachShadow({ mode: "open" });
				this.base = (this.getAttribute("base") || HOME).replace(/\/$/, "");
				this.load();
			}
		}

		async load() {
			const number = encodeURIComponent(this.getAttribute("form"));
			const lang = this.getAttribute("lang") || document.documentElement.lang;
			const query = new URLSearchParams({ lang, campaign: lastTouch().campaign || "" });
			this.url = `${this.base}/crm/api/forms/${number}/submissions`;
			this.challenge = `${this.base}/crm/f/${number}/challenge?${query}`;
			try {
				const answer = await fetch(`${this.base}/crm/f/${number}/schema?${query}`, { credentials: "omit" });
				if (!answer.ok) {
					throw new Error(`crm-form: ${answer.status} for form ${number}`);
				}
				this.schema = await answer.json();
				this.render();
			} catch (error) {
				console.error(error);
				// What the page's author put inside: a link to the form's own page.
				this.shadowRoot.replaceChildren(document.createElement("slot"));
			}
		}

		render() {
			// Also works where the page's policy forbids style elements.
			const sheet = new CSSStyleSheet();
			sheet.replaceSync(this.schema.style);
			this.shadowRoot.adoptedStyleSheets = [sheet];
			// Made by the server; what visitors write never comes back in it.
			this.shadowRoot.innerHTML = this.schema.html;
			this.form = this.shadowRoot.querySelector("form");
			this.steps = [...this.form.querySelectorAll("[data-step]")];
			this.asked = this.schema.fields.filter(({ type }) => type !== "section" && type !== "step");
			this.step = 0;
			this.prefill();
			this.form.addEventListener("submit", (event) => {
				event.preventDefault();
				this.advance();
			});
			this.form.addEventListener("focusin", () => this.start(), { once: true });
			const back = this.part("back");
			if (back) {
				back.addEventListener("click", () => this.turn(this.step - 1));
			}
			this.tell("crm-form-ready");
		}

		part(name) {
			return this.form.querySelector(`[data-part=${name}]`);
		}

		tell(name, detail) {
			this.dispatchEvent(new CustomEvent(name, { bubbles: true, composed: true, detail }));
		}

		controls(key) {
			return [...this.form.querySelectorAll(`[name="${key}"]`)];
		}

		/** The page's address may say which home it is about. */
		prefill() {
			const query = new URLSearchParams(location.search);
			for (const { key, type } of this.asked) {
				if (query.has(key) && !["checkbox", "consent", "file", "multi"].includes(type)) {
					for (const input of this.controls(key)) {
						if (input.type === "radio") {
							input.checked = input.value === query.get(key);
						} else {
							input.value = query.get(key);
						}
					}
				}
			}
		}

		start() {
			this.proof = loadProof(this.base).then(() => window.crmFormProof(this.challenge));
			this.proof.catch(() => {});
		}

		read({ key, type }) {
			const inputs = this.controls(key);
			const ticked = inputs.filter((input) => input.checked).map((input) => input.value);
			if (type === "multi") {
				return ticked;
			}
			if (type === "checkbox" || type === "consent") {
				return ticked.length > 0;
			}
			return inputs[0].type === "radio" ? ticked[0] || "" : inputs[0].value;
		}

		async collect() {
			const values = {};
			for (const field of this.asked) {
				const files = field.type === "file" && this.controls(field.key)[0].files;
				values[field.key] = files ? await window.crmFormFiles(files) : this.read(field);
			}
			return values;
		}

		/** What is plainly missing on this page. */
		findErrors() {
			const errors = {};
			for (const field of this.asked) {
				const [input] = this.controls(field.key);
				// Neither hidden by a condition nor on another page.
				if (field.type !== "hidden" && input.closest("[data-field]").offsetParent) {
					const value = this.read(field);
					if (field.required && (!value || value.length === 0)) {
						errors[field.key] = { message: this.schema.errors.required };
					} else if (input.validity.typeMismatch) {
						errors[field.key] = { message: this.schema.errors[field.type] };
					}
				}
			}
			return errors;
		}

		advance() {
			if (this.busy) {
				return;
			}
			const fields = this.findErrors();
			const wrong = Object.keys(fields).length;
			this.complain({ message: wrong ? this.schema.words.summary : "", fields });
			if (!wrong) {
				if (this.step + 1 < this.steps.length) {
					this.turn(this.step + 1);
				} else {
					this.send();
				}
			}
		}

		turn(step, focus = true) {
			this.step = step;
			this.steps.forEach((part, index) => (part.hidden = index !== step));
			this.part("back").hidden = !step;
			this.label();
			const title = this.steps[step].querySelector("h2,legend,label,input");
			if (focus && title) {
				title.tabIndex = -1;
				title.focus();
			}
		}

		label() {
			const { send, sending, next } = this.schema.words;
			this.part("send").textContent = this.busy ? sending : this.step + 1 < this.steps.length ? next : send;
		}

		async send(again = false) {
			this.setBusy(true);
			try {
				const fields = await this.collect();
				const content = JSON.stringify(fields);
				if (content !== this.content) {
					// The same content again is the same submission.
					Object.assign(this, { content, key: newKey() });
				}
				const { referrer, ...utm } = lastTouch();
				const first = this.getAttribute("attribution") === "on" ? firstTouch({ ...utm, referrer }) : undefined;
				const late = new Promise((done) => setTimeout(done, 8000));
				const proof = await Promise.race([this.proof, late]).catch(() => undefined);
				const { version, lang, trap } = this.schema;
				const body = { fields, submission_key: this.key, version, lang, page_url: location.href, utm, referrer, first };
				const answer = await fetch(this.url, {
					method: "POST",
					credentials: "omit",
					headers: { "Content-Type": "application/json" },
					body: JSON.stringify({ ...body, proof, [trap]: this.controls(trap)[0].value }),
				});
				const result = await answer.json();
				if (!answer.ok && result.error.code === "E_PROOF" && !again) {
					this.start();
					return this.send(true);
				}
				this.show(answer.ok, result);
			} catch {
				this.complain({ message: this.schema.words.failed });
			}
			this.setBusy(false);
		}

		show(taken, content) {
			if (!taken) {
				return this.complain(content.error);
			}
			const thanks = document.createElement("p");
			Object.assign(thanks, { className: "thanks", tabIndex: -1, textContent: content.thanks });
			thanks.setAttribute("role", "status");
			thanks.setAttribute("part", "thanks");
			this.shadowRoot.replaceChildren(thanks);
			thanks.focus();
			this.tell("crm-form-sent", { receipt: content.receipt });
			if (content.redirect) {
				location.assign(content.redirect);
			}
		}

		/** Say what is wrong, next to the fields, and go to the first of them. */
		complain({ message, fields = {} }) {
			this.part("summary").textContent = message;
			let first;
			for (const { key, type } of this.asked) {
				const wrong = fields[key];
				const text = this.shadowRoot.getElementById(`f_${key}_error`);
				if (type === "hidden" || !text) {
					continue;
				}
				text.textContent = wrong ? wrong.message : "";
				text.parentElement.classList.toggle("wrong", Boolean(wrong));
				const inputs = this.controls(key);
				if (inputs[0].type !== "radio") {
					inputs.forEach((input) => input.setAttribute("aria-invalid", Boolean(wrong)));
				}
				first = first || (wrong && inputs[0]);
			}
			if (first) {
				const step = this.steps.findIndex((part) => part.contains(first));
				if (step !== this.step) {
					this.turn(step, false);
				}
				first.focus();
			}
		}

		setBusy(busy) {
			this.busy = busy;
			this.part("send").setAttribute("aria-disabled", busy);
			this.label();
		}
	}

	if (!customElements.get("crm-form")) {
		customElements.define("crm-form", CrmForm);
		// Frames tell how high they are.
		addEventListener("message", ({ origin, source, data }) => {
			if (origin === HOME && data && data.crmForm) {
				const frames = [...document.querySelectorAll("iframe")];
				const frame = frames.find(({ contentWindow }) => contentWindow === source);
				if (frame) {
					frame.style.height = `${Math.min(Number(data.height) || 640, 10000)}px`;
				}
			}
		});
	}
})();
