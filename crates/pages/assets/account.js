"use strict";

/* Adds a passkey, and tells the authenticators which passkeys there are. The texts are in the page. */
(() => {
  const section = document.getElementById("own-passkeys");
  const form = document.getElementById("add-passkey");
  const button = form.querySelector("button");
  const { rpId, userId, name, displayName } = section.dataset;

  /* The page shows what is so now: each load puts right what an authenticator may have missed. */
  const report = async () => {
    const held = [...section.querySelectorAll("[data-credential]")];
    const allAcceptedCredentialIds = held.map((passkey) => passkey.dataset.credential);
    await Passkey.signal("signalAllAcceptedCredentials", { rpId, userId, allAcceptedCredentialIds });
    await Passkey.signal("signalCurrentUserDetails", { rpId, userId, name, displayName });
  };

  const follow = (target) => {
    /* The same address with a fragment would not be loaded again. */
    if (location.href.endsWith(target)) {
      location.reload();
    } else {
      location.assign(target);
    }
  };

  /* Whoever is signed out by now signs in again, too. */
  const trouble = (answer) => (answer.status === 401 ? "again" : Passkey.trouble(answer));

  const add = async () => {
    const begun = await Passkey.ask("/register/challenge", {});
    if (!begun.ok) {
      return begun.status === 409 ? "full" : trouble(begun);
    }
    const publicKey = Passkey.created(begun.body.publicKey);
    const credential = await navigator.credentials.create({ publicKey });
    const chosen = form.elements.namedItem("passkey_name").value.trim();
    const answer = await Passkey.ask("/register", {
      challenge_id: begun.body.challenge_id,
      credential: Passkey.json(credential),
      name: chosen || undefined,
    });
    if (answer.ok) {
      follow("/account?passkey=added#passkeys");
      return "done";
    }
    if (answer.status < 500 && answer.status !== 409) {
      /* Nobody will ever ask for it. */
      await Passkey.signal("signalUnknownCredential", { rpId, credentialId: credential.id });
    }
    return trouble(answer);
  };

  const press = async (event) => {
    event.preventDefault();
    button.disabled = true;
    Passkey.tell("working");
    let came = "offline";
    try {
      came = await add();
    } catch (error) {
      came = Passkey.failure(error);
    }
    if (came === "done") {
      return;
    }
    button.disabled = false;
    if (came === "again") {
      /* To the sign-in and back, with what was typed. */
      Passkey.tell("working");
      form.submit();
      return;
    }
    Passkey.tell(came);
  };

  if (!Passkey.isThere) {
    Passkey.tell("unsupported");
    return;
  }
  form.hidden = false;
  form.addEventListener("submit", press);
  report();
})();
