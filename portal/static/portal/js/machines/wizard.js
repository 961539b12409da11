/* The wizard: one form in four steps. Without this script all steps stand below each other and work the same. */
import { byId } from "../dom.js";

const memoryWords = (mib) => (mib >= 1024 ? `${Math.round((mib / 1024) * 10) / 10} GiB` : `${mib} MiB`);

export function startWizard() {
  const form = byId("ask");
  if (!form) return;
  const panes = [...form.querySelectorAll("[data-step]")], marks = [...byId("ask-steps").children];
  const back = byId("ask-back"), next = byId("ask-next"), send = byId("ask-send"), memory = byId("mem");
  let at = 0;

  const show = () => {
    panes.forEach((pane, index) => { pane.hidden = index !== at; });
    marks.forEach((mark, index) => {
      mark.className = index < at ? "done" : "";
      if (index === at) mark.setAttribute("aria-current", "step");
      else mark.removeAttribute("aria-current");
    });
    back.hidden = at === 0;
    next.hidden = at === panes.length - 1;
    send.hidden = at !== panes.length - 1;
    if (at === panes.length - 1) sum();
  };
  const plan = () => form.querySelector("[name=plan]:checked");
  const sum = () => {
    const words = { account: form.account.value, plan: plan()?.dataset.words ?? "–", memory: memoryWords(Number(memory.value)), strategy: form.strategy.value };
    for (const cell of form.querySelectorAll("[data-sum]")) cell.textContent = words[cell.dataset.sum];
    send.disabled = !plan() || !form.account.value;
  };
  const sayMemory = () => { byId("mem-o").textContent = memoryWords(Number(memory.value)); };

  form.addEventListener("change", (event) => {
    if (event.target.name === "plan") { memory.value = event.target.dataset.memory; sayMemory(); }
  });
  memory.addEventListener("input", sayMemory);
  next.addEventListener("click", () => { at = Math.min(at + 1, panes.length - 1); show(); (panes[at].querySelector("input:not(:disabled), select") ?? send).focus(); });
  back.addEventListener("click", () => { at = Math.max(0, at - 1); show(); });
  const first = form.querySelector("[name=plan]:not(:disabled)");
  if (first) { first.checked = true; memory.value = first.dataset.memory; }
  sayMemory();
  show();
}
