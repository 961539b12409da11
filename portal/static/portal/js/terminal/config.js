/* What the server told this page: addresses, who is looking, which accounts may be asked for first. */
export const config = JSON.parse(document.getElementById("terminal-config").textContent);
