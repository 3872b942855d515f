"use strict";

/* Signs in with the token in this page's fragment, when the person presses the button and never before:
   programs that follow links in mails must not use them up. The texts are in the page. */
(() => {
  const button = document.getElementById("sign-in");
  const notices = document.querySelectorAll("[data-notice]");
  let token = null;

  const tell = (name) => {
    for (const notice of notices) {
      notice.hidden = notice.dataset.notice !== name;
    }
  };

  const read = () => {
    const found = new URLSearchParams(location.hash.slice(1)).get("token");
    if (found) {
      token = found;
      history.replaceState(null, "", location.pathname);
    }
    button.disabled = !token;
    tell(token ? null : "missing");
  };

  const follow = (target) => {
    const url = new URL(target || "/sign-in", location.origin);
    if (url.protocol === "https:" || url.protocol === "http:") {
      location.replace(url.href);
    } else {
      location.replace("/sign-in");
    }
  };

  const sent = async () => {
    const response = await fetch("/api/v1/auth/magic_link/verify", {
      method: "POST",
      credentials: "same-origin",
      cache: "no-store",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify({ token, session: "cookie" }),
    });
    if (response.ok) {
      follow((await response.json()).redirect_to);
      return "done";
    }
    if (response.status === 429 || response.status >= 500) {
      return "busy";
    }
    return response.status === 403 ? "foreign" : "refused";
  };

  const press = async () => {
    button.disabled = true;
    tell("working");
    let outcome = "offline";
    try {
      outcome = await sent();
    } catch {
      /* No answer at all. */
    }
    if (outcome === "done") {
      return;
    }
    if (outcome === "refused") {
      token = null;
    }
    button.disabled = !token;
    tell(outcome);
  };

  button.addEventListener("click", press);
  /* Another link that is opened in this tab changes nothing but the fragment. */
  addEventListener("hashchange", read);
  read();
})();
