// Starts allauth's passkey scripts. An element with data-passkey names the form function; its other
// data attributes are the ids the function asks for.

for (const place of document.querySelectorAll("[data-passkey]")) {
  const { passkey, ...ids } = place.dataset;
  window.allauth.webauthn.forms[passkey]({ ids });
}
