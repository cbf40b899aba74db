// Ranges of lines in the log view: #L10-L20 is marked, a click on a number chooses a line, with Shift a range.
(function () {
  "use strict";

  const table = document.querySelector("[data-log]");
  if (!table) return;
  const rows = [...table.rows];
  const number = (row) => Number(row.id.slice(1));
  let anchor = 0;

  function chosen() {
    const found = /^#L(\d+)(?:-L(\d+))?$/.exec(location.hash);
    if (!found) return null;
    const ends = [Number(found[1]), Number(found[2] || found[1])].sort((one, other) => one - other);
    return { first: ends[0], last: ends[1] };
  }

  function mark(scroll) {
    const range = chosen();
    if (!range) return;
    anchor = anchor || range.first;
    let first = null;
    for (const row of rows) {
      const inside = number(row) >= range.first && number(row) <= range.last;
      row.classList.toggle("chosen", inside);
      if (inside && !first) first = row;
    }
    if (first && scroll) first.scrollIntoView({ block: "center" });
  }

  table.addEventListener("click", (event) => {
    const link = event.target.closest(".no a");
    if (!link || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const line = number(link.closest("tr"));
    const from = event.shiftKey && anchor ? anchor : line;
    if (!event.shiftKey) anchor = line;
    const first = Math.min(from, line);
    const last = Math.max(from, line);
    const range = last > first;
    const query = "?line=" + first + (range ? "&last=" + last : "");
    history.replaceState(null, "", location.pathname + query + "#L" + first + (range ? "-L" + last : ""));
    if (range) getSelection().removeAllRanges();
    mark(false);
  });

  addEventListener("hashchange", () => {
    anchor = 0;
    mark(true);
  });
  mark(true);
})();
