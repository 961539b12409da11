/* Tabs with arrow keys, as the ARIA pattern asks: one tab stop, arrows move, panels follow. */
export function wireTabs(list) {
  if (list.dataset.wired) return;
  list.dataset.wired = "yes";
  const tabs = [...list.querySelectorAll("[role=tab]")];
  list.addEventListener("click", (event) => {
    const tab = event.target.closest("[role=tab]");
    if (tab) selectTab(tabs, tab);
  });
  list.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length];
    selectTab(tabs, next);
    next.focus();
  });
}

/** Show one tab's panel; the others are hidden, and the list tells whoever listens. */
export function selectTab(tabs, chosen) {
  for (const tab of tabs) {
    const on = tab === chosen;
    tab.setAttribute("aria-selected", String(on));
    tab.tabIndex = on ? 0 : -1;
    const panel = document.getElementById(tab.getAttribute("aria-controls"));
    if (panel) panel.hidden = !on;
  }
  chosen.dispatchEvent(new CustomEvent("tab:chosen", { bubbles: true, detail: chosen.id }));
}
