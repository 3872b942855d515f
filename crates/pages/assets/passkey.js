"use strict";

/* What the pages that use passkeys share: how to ask the API, and WebAuthn where a browser knows its JSON forms
   (Level 3) or does not. */
const Passkey = (() => {
  const bytes = (text) => {
    const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
  };
  const base64url = (buffer) => {
    const binary = String.fromCharCode(...new Uint8Array(buffer));
    return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  };
  const named = (descriptors) => (descriptors || []).map((one) => ({ ...one, id: bytes(one.id) }));

  const requested = (json) =>
    PublicKeyCredential.parseRequestOptionsFromJSON?.(json) ?? {
      ...json,
      challenge: bytes(json.challenge),
      allowCredentials: named(json.allowCredentials),
    };

  const created = (json) =>
    PublicKeyCredential.parseCreationOptionsFromJSON?.(json) ?? {
      ...json,
      challenge: bytes(json.challenge),
      user: { ...json.user, id: bytes(json.user.id) },
      excludeCredentials: named(json.excludeCredentials),
    };

  const written = (credential) => {
    const response = { transports: credential.response.getTransports?.() };
    for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (credential.response[part]) {
        response[part] = base64url(credential.response[part]);
      }
    }
    return {
      id: credential.id,
      rawId: base64url(credential.rawId),
      type: credential.type,
      authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
      clientExtensionResults: credential.getClientExtensionResults(),
      response,
    };
  };

  return {
    isThere: Boolean(window.PublicKeyCredential && navigator.credentials),

    requested,
    created,

    json: (credential) => {
      try {
        return credential.toJSON();
      } catch {
        /* An extension that stands in for the browser may have none, or one that does not work. */
        return written(credential);
      }
    },

    /* The answer to a POST; rejects with a TypeError if there is none. */
    ask: async (path, fields) => {
      const response = await fetch("/api/v1/auth/passkey" + path, {
        method: "POST",
        credentials: "same-origin",
        cache: "no-store",
        headers: { "Content-Type": "application/json", Accept: "application/json" },
        body: JSON.stringify(fields),
      });
      const body = await response.json().catch(() => ({}));
      return { ok: response.ok, status: response.status, body };
    },

    /* What a refusal is called on the page. */
    trouble: ({ status, body }) => {
      if (body.code === "reauthentication_required") {
        return "again";
      }
      if (status >= 500) {
        return "busy";
      }
      return { 401: "refused", 403: "foreign", 409: "conflict", 429: "limited" }[status] ?? "refused";
    },

    /* The same for what was thrown: browsers call it NotAllowedError when the person cancels, when nothing fits
       and when time is over, so that no page learns which. */
    failure: (error) => {
      const names = { NotAllowedError: "cancelled", AbortError: "aborted", InvalidStateError: "conflict" };
      return names[error.name] ?? (error instanceof TypeError ? "offline" : "cancelled");
    },

    /* Tells the authenticators what is so (WebAuthn, 5.1.10), where a browser can; nothing hangs on it. */
    signal: async (method, details) => {
      try {
        await PublicKeyCredential[method]?.(details);
      } catch {
        /* A courtesy. */
      }
    },

    /* Shows the notice of this name in the live region and hides the others. */
    tell: (name) => {
      for (const notice of document.querySelectorAll("[data-notice]")) {
        notice.hidden = notice.dataset.notice !== name;
      }
    },
  };
})();
