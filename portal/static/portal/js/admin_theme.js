/* The theme belongs to the person, on every page of the portal. The admin's own script remembers one in the browser and would prefer it. */
try {
  localStorage.removeItem("adminTheme");
  localStorage.removeItem("_x_adminTheme");
} catch {
  /* A browser without storage remembers nothing either. */
}
