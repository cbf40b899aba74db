// Runs before anything is drawn: says that JavaScript runs, and sets the colours that the reader chose.
(function () {
  "use strict";
  var root = document.documentElement;
  var theme = null;
  root.classList.add("js");
  try {
    theme = localStorage.getItem("sova-theme");
  } catch (error) {
    // storage may be forbidden; then the colours follow the system
  }
  if (theme === "light" || theme === "dark") root.dataset.bsTheme = theme;
})();
