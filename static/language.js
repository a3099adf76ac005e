// A change of language asks for the page again. What was entered goes along in this tab, and is gone once it is shown.
const KEY = "entries";
const silent = new Set(["hidden", "password", "file", "submit", "button"]);

const fields = () =>
  [...document.querySelectorAll("main form[method=post] :is(input, select, textarea)")].filter(
    (each) => each.name && !silent.has(each.type) && each.autocomplete !== "one-time-code",
  );
const ticks = (each) => each.type === "checkbox" || each.type === "radio";

for (const link of document.querySelectorAll("a[data-keeps-entries]")) {
  link.addEventListener("click", () => {
    const entries = fields().map((each) => [each.name, each.value, ticks(each) ? each.checked : null]);
    sessionStorage.setItem(KEY, JSON.stringify([new URL(link.href).pathname, entries]));
  });
}

const [page, entries] = JSON.parse(sessionStorage.getItem(KEY) ?? "[null, []]");
sessionStorage.removeItem(KEY);
if (page === location.pathname) {
  for (const each of fields()) {
    const kept = entries.find(([name, value]) => name === each.name && (!ticks(each) || value === each.value));
    if (!kept) continue;
    if (ticks(each)) each.checked = kept[2];
    else each.value = kept[1];
    // Whatever on the page goes by an entry (a sum, a question below a choice) hears of it.
    each.dispatchEvent(new Event("input", { bubbles: true }));
    each.dispatchEvent(new Event("change", { bubbles: true }));
  }
}
