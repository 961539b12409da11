/* Colour tokens as the browser resolves them, for canvases. Tokens use light-dark(), so they must be read through a probe element;
   they are read once per theme and up/down choice, never per frame. */
const probe = document.createElement("span");
probe.hidden = true;
let cache = new Map();

export function colour(token) {
  let value = cache.get(token);
  if (value === undefined) {
    if (!probe.isConnected) document.body.append(probe);
    probe.style.color = `var(--${token})`;
    value = getComputedStyle(probe).color;
    cache.set(token, value);
  }
  return value;
}

/** The same colour with another opacity: "rgb(1, 2, 3)" becomes "rgba(1, 2, 3, 0.3)". */
export function faint(token, alpha) {
  const parts = colour(token).match(/[\d.]+/g);
  return `rgba(${parts[0]}, ${parts[1]}, ${parts[2]}, ${alpha})`;
}

export function onColours(listener) {
  document.addEventListener("ui:colours", () => {
    cache = new Map();
    listener();
  });
}
