(() => {
  const root = document.documentElement;
  const stored = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
  const apply = theme => { if (theme === "light" || theme === "dark") root.dataset.theme = theme; };
  root.dataset.scripted = "";
  apply(stored());
  document.addEventListener("click", event => {
    if (!event.target.closest?.("[data-theme-toggle]")) return;
    const isDark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    const theme = isDark ? "light" : "dark";
    apply(theme);
    try { localStorage.setItem("theme", theme); } catch { /* private mode: the choice lasts as long as the page */ }
  });
})();
