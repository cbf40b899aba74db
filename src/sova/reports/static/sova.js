// Keyboard, theme, copy buttons, filter of rows, charts. Every page works without it.
(function () {
  "use strict";

  const root = document.documentElement;
  const one = (selector, inside) => (inside || document).querySelector(selector);
  const all = (selector, inside) => [...(inside || document).querySelectorAll(selector)];
  const visible = (element) => element.getClientRects().length > 0;

  // --- theme: "" follows the system -------------------------------------------------------------------------------
  const THEMES = ["", "light", "dark"];
  const SIGNS = { "": "◐", light: "☀", dark: "☾" };

  function theme() {
    return root.dataset.bsTheme || "";
  }

  function setTheme(next) {
    if (next) root.dataset.bsTheme = next;
    else delete root.dataset.bsTheme;
    try {
      if (next) localStorage.setItem("sova-theme", next);
      else localStorage.removeItem("sova-theme");
    } catch (error) {
      // storage may be forbidden; then the choice holds for this page
    }
    showTheme();
    drawAll();
  }

  function nextTheme() {
    setTheme(THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length]);
  }

  function showTheme() {
    for (const button of all("[data-theme-button]")) {
      const words = "Colours: " + (theme() || "as the system") + " (t)";
      button.textContent = SIGNS[theme()];
      button.title = words;
      button.setAttribute("aria-label", words);
      button.hidden = false;
    }
  }

  // --- rows and failures ------------------------------------------------------------------------------------------
  let last = null; // where j and k were, though the focus went elsewhere

  function go(elements, step) {
    const active = document.activeElement;
    const from = elements.find((element) => element === active || element.contains(active));
    const place = elements.indexOf(from || last);
    const target = elements[place < 0 ? (step > 0 ? 0 : elements.length - 1) : place + step];
    if (!target) return;
    if (!target.hasAttribute("tabindex") && !target.matches("a[href]")) target.tabIndex = -1;
    target.focus({ preventScroll: true });
    target.scrollIntoView({ block: "nearest" });
    last = target;
  }

  // The failures of the list that was seen last: a page of a build on disk does not know of later ones.
  const FAILURES = "sova-failures";
  const BUILD = /\/builds\/[0-9a-f]{16}(\.html)?$/;
  const address = (link) => link.href.split(/[?#]/)[0];

  function keepFailures() {
    const links = all("[data-failed] a[href], a[data-failed][href]").map(address).filter((url) => BUILD.test(url));
    try {
      if (links.length && !one("[data-build]")) sessionStorage.setItem(FAILURES, JSON.stringify([...new Set(links)]));
    } catch (error) {
      // storage may be forbidden; then only links lead on
    }
  }

  function keptFailure(step) {
    try {
      const links = JSON.parse(sessionStorage.getItem(FAILURES) || "[]");
      const place = links.indexOf(address(location));
      return place < 0 ? "" : links[place + step] || "";
    } catch (error) {
      return "";
    }
  }

  function goFailure(step) {
    if (one("[data-build]")) {
      const link = one(step > 0 ? "a[rel~=next]" : "a[rel~=prev]");
      const url = link ? link.href : keptFailure(step);
      if (url) location.assign(url);
      return;
    }
    const rows = all("[data-row][data-failed]").filter(visible);
    go(rows.length ? rows : all("a[data-failed]").filter(visible), step);
  }

  function open() {
    const active = document.activeElement;
    const row = active && active.closest("[data-row]");
    const link = active && active.matches("a[href]") ? active : row && (one("a[data-open][href]", row) || one("a[href]", row));
    if (link) link.click();
  }

  // --- keys -------------------------------------------------------------------------------------------------------
  function typing(target) {
    return target.isContentEditable || (target.matches && target.matches("input:not([type=checkbox]), textarea, select"));
  }

  function help() {
    const dialog = one("#keys");
    if (dialog.open) dialog.close();
    else dialog.showModal();
  }

  let going = 0; // when g was pressed, in milliseconds

  function goPage(key) {
    const link = one('nav a[data-key="' + key + '"]');
    if (link) link.click();
    return Boolean(link);
  }

  const KEYS = {
    "?": help,
    "/": () => {
      const box = all("input[type=search]").find(visible);
      if (box) {
        box.focus();
        box.select();
      }
    },
    j: () => go(all("[data-row]").filter(visible), 1),
    k: () => go(all("[data-row]").filter(visible), -1),
    n: () => goFailure(1),
    p: () => goFailure(-1),
    o: open,
    t: nextTheme,
    g: () => {
      going = Date.now();
    },
  };

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    if (typing(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (one("dialog[open]") && event.key !== "?") return;
    if (event.key === "Enter") {
      if (event.target.matches("[data-row]")) open();
      return;
    }
    const gone = going && Date.now() - going < 1500 && /^[a-z]$/.test(event.key);
    going = 0;
    if (gone ? goPage(event.key) : Object.hasOwn(KEYS, event.key)) {
      event.preventDefault();
      if (!gone) KEYS[event.key]();
    }
  });

  // --- copy buttons -----------------------------------------------------------------------------------------------
  function copyOld(text) {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "visually-hidden";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy"); // the only way on a page that came by plain http
    area.remove();
    return done;
  }

  async function copy(button) {
    const from = one(button.dataset.copy);
    if (!from) return;
    const text = from.value === undefined ? from.textContent.trim() : from.value;
    let done = false;
    try {
      await navigator.clipboard.writeText(text);
      done = true;
    } catch (error) {
      done = copyOld(text);
    }
    const words = button.textContent;
    button.textContent = done ? "copied" : "not copied";
    setTimeout(() => (button.textContent = words), 1500);
  }

  // --- a box that leaves only rows with its words -----------------------------------------------------------------
  function filterRows(box) {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    const rows = all("main [data-row]");
    let left = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      left += row.hidden ? 0 : 1;
    }
    one("[data-filtered]").textContent = words.length ? left + " of " + rows.length + " rows" : "";
  }

  // --- charts: each is drawn from the table beside it -------------------------------------------------------------
  const charts = new Map();

  function hue(name, canvas) {
    if (name === "text") return getComputedStyle(canvas).color;
    return getComputedStyle(root).getPropertyValue("--" + name + "-solid").trim() || "gray";
  }

  function series(table, canvas) {
    const rows = all("tbody tr", table);
    return all("thead th[data-kind]", table).map((head, column) => {
      const colour = hue(head.dataset.hue, canvas);
      const kind = head.dataset.kind.replace("2", "");
      const numbers = rows.map((row) => JSON.parse(all("td", row)[column].dataset.value));
      return {
        label: head.textContent,
        data: numbers,
        type: kind === "bar" ? "bar" : "line",
        yAxisID: head.dataset.kind.endsWith("2") ? "right" : "left",
        stack: kind === "bar" ? "bars" : head.textContent,
        backgroundColor: colour,
        borderColor: kind === "bar" ? getComputedStyle(document.body).backgroundColor : colour,
        borderWidth: kind === "bar" ? { top: 1 } : 2,
        pointStyle: kind === "bar" ? "rect" : kind === "point" ? "crossRot" : "circle",
        pointRadius: kind === "point" ? 4 : 2,
        showLine: kind !== "point",
        clip: kind === "bar" ? 0 : false,
        order: kind === "bar" ? 2 : 1,
        maxBarThickness: 40,
      };
    });
  }

  function scale(position, unit, colours, grid) {
    return {
      position: position,
      stacked: position === "left",
      beginAtZero: true,
      title: { display: Boolean(unit), text: unit, color: colours.soft },
      ticks: { color: colours.soft, maxTicksLimit: 6, precision: 0 },
      grid: { color: colours.line, drawOnChartArea: grid },
      border: { color: colours.line },
    };
  }

  function draw(canvas) {
    const table = document.getElementById(canvas.dataset.chart);
    if (!table || !window.Chart) return;
    const rows = all("tbody tr", table);
    const style = getComputedStyle(canvas);
    const colours = { text: style.color, soft: style.outlineColor, line: style.borderTopColor };
    const datasets = series(table, canvas);
    const scales = {
      x: { stacked: true, ticks: { color: colours.soft, maxRotation: 0 }, grid: { display: false }, border: { color: colours.line } },
      left: scale("left", canvas.dataset.unit, colours, true),
    };
    if (datasets.some((set) => set.yAxisID === "right")) scales.right = scale("right", canvas.dataset.unit2, colours, false);
    if (canvas.dataset.unit2.endsWith("%") && scales.right) scales.right.max = 100;
    if (charts.has(canvas)) charts.get(canvas).destroy();
    const made = new window.Chart(canvas, {
      data: { labels: rows.map((row) => one("th", row).textContent), datasets: datasets },
      options: {
        animation: false,
        maintainAspectRatio: false,
        interaction: { mode: "index", intersect: false },
        scales: scales,
        plugins: {
          legend: {
            display: datasets.length > 1,
            position: "bottom",
            labels: { color: colours.text, usePointStyle: true, boxWidth: 7, boxHeight: 6, padding: 10 },
          },
          tooltip: { animation: false },
        },
        onClick: (event, hits) => {
          const link = hits.length && one("th a[href]", rows[hits[0].index]);
          if (link) link.click();
        },
      },
    });
    charts.set(canvas, made);
  }

  function drawAll() {
    all("canvas[data-chart]").forEach(draw);
  }

  // --- start; and again for what htmx put in ----------------------------------------------------------------------
  function prepare(inside) {
    for (const button of all("[data-copy]", inside)) button.hidden = false;
    for (const canvas of charts.keys()) if (!canvas.isConnected) charts.delete(canvas);
    for (const canvas of all("canvas[data-chart]", inside)) {
      if (charts.has(canvas)) continue;
      draw(canvas);
      const numbers = one("details.numbers", canvas.closest("figure"));
      if (numbers && charts.has(canvas)) numbers.open = false;
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest("button");
    if (!button) return;
    if (button.matches("[data-copy]")) copy(button);
    if (button.matches("[data-theme-button]")) nextTheme();
    if (button.matches("[data-help-button]")) help();
  });
  for (const box of all("[data-filter-rows]")) {
    box.hidden = false;
    box.addEventListener("input", () => filterRows(box));
    if (box.value) filterRows(box);
  }
  for (const button of all("[data-help-button]")) button.hidden = false;
  document.body.addEventListener("htmx:afterSettle", () => prepare(document));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  showTheme();
  prepare(document);
  keepFailures();
})();
