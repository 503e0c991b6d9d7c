// Comfort only: every page works without this file.
(() => {
  "use strict";
  // An error summary is read first.
  const first = document.querySelector("[data-focus]");
  if (first) first.focus();
  // A form is sent once, however often its button is tapped.
  document.addEventListener("submit", (event) => {
    const button = event.target.querySelector("button[type=submit]");
    if (!button || button.dataset.sent) return event.target.dataset.sent && event.preventDefault();
    event.target.dataset.sent = "yes";
    setTimeout(() => delete event.target.dataset.sent, 5000);
  });
  // A select marked so sends its form when it changes.
  document.querySelectorAll("select[data-send]").forEach((one) => {
    one.addEventListener("change", () => one.form.requestSubmit());
  });
  document.querySelectorAll("[data-print]").forEach((one) => {
    one.hidden = false;
    one.addEventListener("click", () => window.print());
  });
})();
