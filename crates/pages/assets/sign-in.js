"use strict";

/* Signs in with a passkey: by the button, or by the autofill of the e-mail field (conditional mediation). The
   texts are in the page. */
(() => {
  const button = document.getElementById("passkey");
  const next = document.querySelector("[name='next']").value;
  /* A challenge is good for five minutes; the autofill may be chosen at any time. */
  const renewal = 4 * 60 * 1000;
  let waiting = null;
  let isBusy = false;

  const sign = async (options) => {
    const begun = await Passkey.ask("/login/challenge", {});
    if (!begun.ok) {
      return Passkey.trouble(begun);
    }
    const publicKey = Passkey.requested(begun.body.publicKey);
    const credential = await navigator.credentials.get({ publicKey, ...options });
    const answer = await Passkey.ask("/login", {
      challenge_id: begun.body.challenge_id,
      credential: Passkey.json(credential),
      session: "cookie",
    });
    if (answer.ok) {
      location.replace(next || "/sign-in");
      return "done";
    }
    if (answer.body.details?.credential) {
      const known = { rpId: publicKey.rpId, credentialId: credential.id };
      await Passkey.signal("signalUnknownCredential", known);
      return "unknown";
    }
    return Passkey.trouble(answer);
  };

  const outcome = async (options) => {
    try {
      return await sign(options);
    } catch (error) {
      return Passkey.failure(error);
    }
  };

  /* Waits for the autofill. What does not work then is told only once the person has chosen something. */
  const wait = async () => {
    waiting?.abort();
    const mine = new AbortController();
    waiting = mine;
    const renew = setTimeout(() => {
      if (document.visibilityState === "visible") {
        wait();
      } else {
        /* Until somebody looks again. */
        mine.abort();
      }
    }, renewal);
    const came = await outcome({ mediation: "conditional", signal: mine.signal });
    clearTimeout(renew);
    if (waiting === mine) {
      waiting = null;
    }
    if (came === "unknown" || came === "refused") {
      Passkey.tell(came);
    }
  };

  const press = async () => {
    isBusy = true;
    waiting?.abort();
    waiting = null;
    button.disabled = true;
    Passkey.tell("working");
    const came = await outcome({});
    isBusy = false;
    if (came === "done") {
      return;
    }
    button.disabled = false;
    Passkey.tell(came);
    await offer();
  };

  const offer = async () => {
    if (await PublicKeyCredential.isConditionalMediationAvailable?.()) {
      await wait();
    }
  };

  if (!Passkey.isThere) {
    return;
  }
  button.hidden = false;
  button.addEventListener("click", press);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && !waiting && !isBusy) {
      offer();
    }
  });
  offer();
})();
