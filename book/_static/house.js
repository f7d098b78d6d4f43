/* What scrolls sideways takes the focus, so that the keyboard can scroll it, too. */
"use strict";
(() => {
  const SCROLLERS = ".math-scroll, .plot-canvas, .cell_output .text_html";
  const mark = () => {
    for (const box of document.querySelectorAll(SCROLLERS)) {
      if (box.scrollWidth > box.clientWidth) box.setAttribute("tabindex", "0");
      else box.removeAttribute("tabindex");
    }
  };
  window.addEventListener("load", mark);
  window.addEventListener("resize", mark);
  for (const event of ["change", "toggle"]) document.addEventListener(event, mark, true);
})();
