// Moving a stop by its handle: drag it, or Alt and an arrow. The server says what it would change; nothing is saved here.

const go = (address, before) => {
  const there = new URL(address, location.href);
  if (before) there.searchParams.set("avant", before);
  location.assign(there);
};

class Timetable {
  constructor(table) {
    this.table = table;
    table.addEventListener("keydown", (event) => this.key(event));
    table.addEventListener("pointerdown", (event) => this.take(event));
    // A link is dragged by the browser itself, unless told not to.
    table.addEventListener("dragstart", (event) => event.target.closest(".handle") && event.preventDefault());
  }

  key(event) {
    const handle = event.target.closest(".handle");
    const step = { ArrowUp: "up", ArrowDown: "down" }[event.key];
    if (!handle || !step || !event.altKey) return;
    event.preventDefault();
    if (handle.dataset[step]) location.assign(handle.dataset[step]);
  }

  take(event) {
    const handle = event.target.closest(".handle");
    const row = handle?.closest("tr[data-move]");
    if (!row || event.button !== 0) return;
    const from = event.clientY;
    let over = null, dragged = false;
    handle.setPointerCapture(event.pointerId);
    const move = (at) => {
      if (!dragged && Math.abs(at.clientY - from) < 6) return;
      dragged = true;
      row.classList.add("held");
      over?.classList.remove("over");
      over = this.below(at.clientY, row);
      over?.classList.add("over");
    };
    const end = (at) => {
      handle.removeEventListener("pointermove", move);
      row.classList.remove("held");
      over?.classList.remove("over");
      if (!dragged) return;
      // The click that ends a drag opens nothing.
      handle.addEventListener("click", (click) => click.preventDefault(), { once: true });
      if (at.type === "pointerup" && over && over !== row.nextElementSibling) go(row.dataset.move, over.dataset.stop);
    };
    handle.addEventListener("pointermove", move);
    handle.addEventListener("pointerup", end, { once: true });
    handle.addEventListener("pointercancel", end, { once: true });
  }

  // The row before which the hand is: the first whose middle is under it, the end of the round when none is.
  below(y, held) {
    const rows = [...this.table.querySelectorAll("tr[data-stop], tr[data-end]")].filter((row) => row !== held);
    const middle = (row) => row.getBoundingClientRect().top + row.offsetHeight / 2;
    return rows.find((row) => middle(row) > y) ?? rows[rows.length - 1];
  }
}

for (const table of document.querySelectorAll("[data-shape]")) new Timetable(table);
const cancel = document.querySelector("[data-cancel]");
if (cancel) document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && document.getElementById("raccourcis")?.hidden !== false) cancel.click();
});
