/* What the page was given, and the names of accounts. */
const config = JSON.parse(document.getElementById("page-config").textContent);
export default config;

/** "7018 Zhou Yan"; an account opened after the page was loaded has only its number. */
export const nameOf = (account) => [account, config.names[account]].filter((part, at) => part && (!at || part !== String(account))).join(" ");
