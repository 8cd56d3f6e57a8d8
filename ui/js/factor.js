// Passkeys. A form says in its data attributes what it needs, and ends in an ordinary post of the browser's answer. Without
// this file it posts an empty answer, and the server says what to do instead.
(() => {
  for (const button of document.querySelectorAll('[data-print]')) {
    button.hidden = false;
    button.addEventListener('click', () => print());
  }

  // WebAuthn's own JSON reader and writer came to browsers in 2025; these few lines do for older ones too.
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
  const keys = (list) => (list || []).map((key) => ({ ...key, id: bytes(key.id) }));
  const creation = (o) => ({
    ...o, challenge: bytes(o.challenge), user: { ...o.user, id: bytes(o.user.id) }, excludeCredentials: keys(o.excludeCredentials),
  });
  const request = (o) => ({ ...o, challenge: bytes(o.challenge), allowCredentials: keys(o.allowCredentials) });
  const written = (key) => {
    const from = key.response;
    const response = { clientDataJSON: text(from.clientDataJSON) };
    if (from.attestationObject) {
      response.attestationObject = text(from.attestationObject);
      response.transports = from.getTransports ? from.getTransports() : [];
    } else {
      response.authenticatorData = text(from.authenticatorData);
      response.signature = text(from.signature);
      if (from.userHandle) response.userHandle = text(from.userHandle);
    }
    return JSON.stringify({
      id: key.id, rawId: text(key.rawId), type: key.type, authenticatorAttachment: key.authenticatorAttachment || undefined,
      clientExtensionResults: {}, response,
    });
  };

  const say = (form, words) => {
    const line = form.querySelector('[data-passkey-says]');
    if (line) line.textContent = words;
  };

  const ask = async (form) => {
    const answer = await fetch(form.dataset.ask, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json', 'X-CSRF-Token': form.elements._csrf.value },
      body: form.dataset.second ? '{"second":true}' : '{}',
    });
    const body = await answer.json();
    if (!answer.ok) throw Object.assign(new Error(), { told: body.detail });
    form.elements.try.value = body.try;
    return body.options;
  };

  const why = (form, error) => {
    if (error.told) return error.told;
    if (error.name === 'InvalidStateError') return form.dataset.there;
    return error.name === 'NotAllowedError' ? form.dataset.cancelled : form.dataset.failed;
  };

  // One question at a time: a browser refuses a second one while the first waits.
  let waiting = null;
  const run = async (form, quiet) => {
    if (waiting) waiting.abort();
    const { signal } = (waiting = new AbortController());
    say(form, '');
    try {
      const options = await ask(form);
      if (signal.aborted) return;
      const key = form.dataset.passkey === 'create'
        ? await navigator.credentials.create({ publicKey: creation(options), signal })
        : await navigator.credentials.get({
          publicKey: request(options), signal, mediation: form.dataset.passkey === 'hint' ? 'conditional' : 'optional',
        });
      form.elements.answer.value = written(key);
      form.submit();
    } catch (error) {
      if (error.name !== 'AbortError' && !quiet) say(form, why(form, error));
    }
  };

  // The field for the contact offers passkeys too. A challenge lives five minutes; a page may stay open longer.
  const hint = async (form) => {
    const field = document.querySelector('input[autocomplete~=username]');
    const offers = PublicKeyCredential.isConditionalMediationAvailable;
    if (!field || !offers || !(await offers.call(PublicKeyCredential))) return;
    field.setAttribute('autocomplete', 'username webauthn');
    run(form, true);
    setInterval(() => document.visibilityState === 'visible' && run(form, true), 240000);
  };

  for (const form of document.querySelectorAll('form[data-passkey]')) {
    addEventListener('pageshow', () => (form.elements.answer.value = ''));
    if (!window.PublicKeyCredential) {
      say(form, form.dataset.unsupported);
      continue;
    }
    if (form.dataset.passkey === 'hint') {
      hint(form);
      continue;
    }
    form.addEventListener('submit', (event) => {
      if (form.elements.answer.value) return;
      event.preventDefault();
      run(form, false);
    });
    if (form.dataset.start) run(form, true);
    // The authenticator need not offer again what the city has removed.
    if (form.dataset.unknown && PublicKeyCredential.signalUnknownCredential) {
      PublicKeyCredential.signalUnknownCredential({ rpId: form.dataset.party, credentialId: form.dataset.unknown }).catch(() => {});
    }
  }
})();
