// Looks again every few seconds while a statement's PDF is drawn, and puts what is new in the place of what stood there.
// Whatever is the same is left alone: the focus stays where it is, and a screen reader is told only when a state changes.
const SECONDS = 3;

const goesOn = () => document.querySelector("[data-drawing]") !== null;

async function look() {
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (answer.redirected) return;
    if (answer.ok) show(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    // The network is away for a moment: what the page says stays, and the next look may succeed.
  }
  if (goesOn()) setTimeout(look, SECONDS * 1000);
}

function show(fresh) {
  for (const part of document.querySelectorAll("[data-watched]")) {
    const found = fresh.getElementById(part.id);
    if (found && found.innerHTML !== part.innerHTML) part.replaceChildren(...found.childNodes);
  }
}

if (goesOn()) setTimeout(look, SECONDS * 1000);
