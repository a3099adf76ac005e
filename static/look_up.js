// Keeps a mistyped code on the device and says so at its field, as the server would.
import { meant, wellFormed } from "./typed_code.js";

// A voucher's address: whatever host was printed on it, what counts is the token after /V/.
const ADDRESS = /^(?:HTTPS?:\/\/[^/?#\s]+)?\/V\/([A-Z2-7]{133})$/;

/** The path of a voucher's address, /V/ and its token, or null for any other text. Nothing is ever followed. */
export function voucherPath(text) {
  const found = ADDRESS.exec(text.trim().toUpperCase());
  return found ? `/V/${found[1]}` : null;
}

/** What keeps an entry from being sent: "mistyped", "shape", or nothing; what is empty is asked for by the server. */
export function fault(text) {
  if (!text.trim() || voucherPath(text)) return "";
  const code = meant(text);
  if (code === null) return "shape";
  return wellFormed(code) ? "" : "mistyped";
}

function show(form, field, words) {
  const group = field.closest(".govuk-form-group");
  group.querySelector(".govuk-error-message")?.remove();
  const message = document.createElement("p");
  message.className = "govuk-error-message";
  message.id = `${field.id}-error`;
  const unseen = document.createElement("span");
  unseen.className = "govuk-visually-hidden";
  unseen.textContent = `${form.dataset.error}: `;
  message.append(unseen, words);
  group.classList.add("govuk-form-group--error");
  field.classList.add("govuk-input--error");
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", `${field.id}-hint ${message.id}`);
  field.before(message);
  field.focus();
}

export const form = document.getElementById("look-up");

form.addEventListener("submit", (event) => {
  const field = form.elements.namedItem("code");
  const found = fault(field.value);
  if (found) {
    event.preventDefault();
    show(form, field, form.dataset[found]);
  }
});
