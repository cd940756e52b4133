/* The work that shows a person is there (ALTCHA, version 2: PBKDF2), for the element and for the hosted page.
   Loaded when somebody begins to fill a form in. */
(() => {
  "use strict";
  const PATIENCE = 8000;

  const toBytes = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
  const toHex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");

  /** Find the number whose derived key begins as asked; the browser does the arithmetic outside of this script. */
  const solve = async ({ nonce, salt, cost, keyLength, keyPrefix }) => {
    const start = toBytes(nonce);
    const password = new Uint8Array(start.length + 4);
    password.set(start);
    const parameters = { name: "PBKDF2", hash: "SHA-256", salt: toBytes(salt), iterations: cost };
    for (let counter = 0; ; counter++) {
      new DataView(password.buffer).setUint32(start.length, counter);
      const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
      const derivedKey = toHex(await crypto.subtle.deriveBits(parameters, key, keyLength * 8));
      if (derivedKey.startsWith(keyPrefix)) {
        return { counter, derivedKey };
      }
    }
  };

  /** Ask for a challenge and solve it: what is sent along. Browsers allow it on https pages only. */
  window.crmFormProof = async (url) => {
    const answer = await fetch(url, { credentials: "omit" });
    const challenge = await answer.json();
    if (!challenge.parameters || !crypto.subtle) {
      return undefined;
    }
    return btoa(JSON.stringify({ challenge, solution: await solve(challenge.parameters) }));
  };

  const readFile = (file) =>
    new Promise((done, failed) => {
      const reader = new FileReader();
      reader.onload = () => done({ name: file.name, data: reader.result.split(",")[1] || "" });
      reader.onerror = failed;
      reader.readAsDataURL(file);
    });

  /** Read files as the server takes them: a list of name and data (base64). */
  window.crmFormFiles = (files) => Promise.all([...files].map(readFile));

  const form = document.querySelector("form[data-challenge]");
  if (form) {
    let working, waiting;
    const note = (value) => (form.elements.proof.value = value || "none");
    const work = () => (working = window.crmFormProof(form.dataset.challenge).then(note, () => note()));
    form.addEventListener("focusin", work, { once: true });
    form.addEventListener("submit", (event) => {
      // Only while the work goes on: a form that is sent again while its event is still handled is not sent at all.
      if (working && !form.elements.proof.value) {
        event.preventDefault();
        const { submitter } = event;
        if (!waiting && submitter) {
          Object.assign(submitter, { textContent: submitter.dataset.sending || submitter.textContent });
          submitter.setAttribute("aria-disabled", "true");
        }
        waiting ||= Promise.race([working, new Promise((done) => setTimeout(done, PATIENCE))]).then(() => {
          note(form.elements.proof.value);
          form.requestSubmit(submitter);
        });
      }
    });
  }
  // In a frame: say how high the page is; whoever shows it asked for it.
  if (window.parent !== window && document.body.classList.contains("embedded")) {
    const tell = () => window.parent.postMessage({ crmForm: true, height: document.documentElement.offsetHeight + 8 }, "*");
    new ResizeObserver(tell).observe(document.body);
    tell();
  }
})();
