// Fills in a package's usual minutes when it is chosen, as long as nobody has entered other ones.
const minutes = document.getElementById("minutes");
const packages = [...document.querySelectorAll("input[data-minutes]")];
const usual = () => packages.map((each) => each.dataset.minutes);

for (const each of packages) {
  each.addEventListener("change", () => {
    if (!minutes.value || usual().includes(minutes.value)) minutes.value = each.dataset.minutes;
  });
}
