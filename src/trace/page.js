
// A click on an event in the picture or in the table shows it in both.
document.addEventListener("click", (click) => {
  const clicked = click.target.closest("[data-event]");
  if (!clicked) return;
  for (const old of document.querySelectorAll(".chosen")) old.classList.remove("chosen");
  for (const event of document.querySelectorAll(`[data-event="${clicked.dataset.event}"]`)) {
    event.classList.add("chosen");
    if (event !== clicked) event.scrollIntoView({ block: "nearest", inline: "center" });
  }
});
