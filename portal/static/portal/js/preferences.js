/* Language, theme and the colours of up and down. The server keeps them; theme and colours also change at once, without a reload. */

const root = document.documentElement;

/** Apply what can be applied here and save it. False lets the form travel the ordinary way (a new language needs new HTML). */
export function applyPreference(form, button) {
  const { name } = button;
  if (name === "language") return false;
  const value = name === "theme" && button.value === "toggle" ? otherTheme() : button.value;
  if (name === "theme") root.dataset.theme = value;
  if (name === "updown") root.dataset.updown = value;
  showChoice(name, value);
  document.dispatchEvent(new CustomEvent("ui:colours"));
  save(form, name, value);
  return true;
}

/** Before anything was chosen, the menu shows the default of the page. */
export function showShownTheme() {
  if (!document.querySelector("form[data-preferences] button[name=theme][aria-pressed=true]")) showChoice("theme", root.dataset.theme);
}

function otherTheme() {
  const shown = root.dataset.theme === "auto" ? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light") : root.dataset.theme;
  return shown === "dark" ? "light" : "dark";
}

function showChoice(name, value) {
  for (const button of document.querySelectorAll(`form[data-preferences] button[name=${name}]`)) {
    if (button.hasAttribute("aria-pressed")) button.setAttribute("aria-pressed", String(button.value === value));
    const word = button.querySelector("[data-updown-word]");
    if (!word) continue;
    word.textContent = value === "red-up" ? word.dataset.red : word.dataset.green;
    button.value = value === "red-up" ? "green-up" : "red-up";
  }
}

async function save(form, name, value) {
  const body = new FormData(form);
  body.set(name, value);
  try {
    await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" }, credentials: "same-origin" });
  } catch {
    /* Offline: the page already shows the choice; the next change saves it. */
  }
}

/* A theme that follows the system must repaint canvases when the system changes. */
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  if (root.dataset.theme === "auto") document.dispatchEvent(new CustomEvent("ui:colours"));
});
