// Shows what the voucher and the business pay while the amounts are typed. The server works it out again from the form.
const box = document.querySelector("[data-sum]");
const form = box.closest("form");
const rule = Object.fromEntries(Object.entries(box.dataset).map(([name, value]) => [name, Number(value)]));

/** Pence of an entry like 1234.50 or £1,234, or null for anything else. */
function pence(text) {
  const found = /^£?(\d{1,3}(?:,\d{3})+|\d{1,10})(?:\.(\d{2}))?$/.exec(text.trim());
  return found ? Number(found[1].replaceAll(",", "")) * 100 + Number(found[2] ?? 0) : null;
}

function pounds(amount) {
  const whole = Math.floor(amount / 100).toLocaleString("en-GB");
  return `£${whole}.${String(amount % 100).padStart(2, "0")}`;
}

/** What the chosen sessions hold; where there is no choice, what the server said. */
function held() {
  const boxes = [...form.querySelectorAll("input[data-held]")];
  if (!boxes.length) return rule.held;
  return boxes.filter((each) => each.checked).reduce((sum, each) => sum + Number(each.dataset.held), 0);
}

function grant(net) {
  const share = Number((BigInt(net) * BigInt(rule.rate)) / 10000n);
  return Math.max(0, Math.min(share, rule.cap, net - rule.minimum, rule.available + held()));
}

function show() {
  const net = pence(form.elements.namedItem("net").value);
  box.hidden = !net;
  if (!net) return;
  const paid = grant(net);
  box.querySelector("[data-grant]").textContent = pounds(paid);
  box.querySelector("[data-own]").textContent = pounds(net - paid);
  box.querySelector("[data-vat]").textContent = pounds(pence(form.elements.namedItem("vat").value) ?? 0);
}

form.addEventListener("input", show);
show();
