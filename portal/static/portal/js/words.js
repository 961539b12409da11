/* Words of the page's language. `t("%(n)s lots", {n: 3})`; strings are collected by portal.js_words and printed as JSON on the page. */
const table = JSON.parse(document.getElementById("words")?.textContent ?? "{}");

export function t(text, values) {
  const words = table[text] ?? text;
  return values ? words.replace(/%\((\w+)\)s/g, (_whole, name) => String(values[name])) : words;
}

export const isEnglish = document.documentElement.lang === "en";
