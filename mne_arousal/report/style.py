"""Style and script of pages: on a screen, on a phone and in print."""

from __future__ import annotations

CSS = """
table.mne-arousal { border-collapse: collapse; font-variant-numeric: tabular-nums; }
table.mne-arousal th, table.mne-arousal td {
  padding: .15rem .6rem; border-bottom: 1px solid #ddd; vertical-align: top; }
table.mne-arousal td.number { text-align: right; white-space: nowrap; }
table.mne-arousal td.short { white-space: nowrap; }
table.mne-arousal th { text-align: left; }
table.mne-arousal th button { all: unset; cursor: pointer; font-weight: bold; }
table.mne-arousal th button:focus-visible { outline: 2px solid #0072B2; }
table.mne-arousal th[aria-sort=ascending] button::after { content: " \\25B2"; }
table.mne-arousal th[aria-sort=descending] button::after { content: " \\25BC"; }
div.mne-arousal-scroll { overflow-x: auto; }
div.mne-arousal-scroll.long { max-height: 36rem; overflow: auto; }
div.mne-arousal-scroll.long th { position: sticky; top: 0; background: white; }
figure.mne-arousal { margin: 0 0 .5rem; }
figure.mne-arousal img { display: block; width: 100%; max-width: 1150px; height: auto;
  margin: 0 auto; }
figure.mne-arousal figcaption { color: #555; text-align: center; font-size: .9rem; }
div.mne-arousal-numbers { display: flex; flex-wrap: wrap; gap: .5rem; justify-content: center; }
div.mne-arousal-numbers div { flex: 1 1 9rem; max-width: 14rem; padding: .4rem .8rem;
  border: 1px solid #ccc; border-radius: .4rem; text-align: center; }
div.mne-arousal-numbers b { display: block; font-size: 1.4rem; line-height: 1.3; }
div.mne-arousal-numbers span { color: #444; font-size: .85rem; }
p.mne-arousal-note { color: #444; font-size: .9rem; margin: .5rem 0 0; }
#content .accordion-header .badge, #filter-by-tags-dropdown-menu { display: none; }
body #content { margin-top: 80px; }
body footer nav.fixed-bottom { position: static; }
body footer { margin-top: 1rem; }
body #container { padding-bottom: 0; }
table.mne-arousal td.words { min-width: 11rem; }
body #top-bar .fs-3 { font-size: 1.2rem !important; }
#content .accordion-item { scroll-margin-top: 70px; }
@media (max-width: 900px) {
  #top-bar { position: static !important; }
  #top-bar .navbar-brand { white-space: normal; overflow-wrap: anywhere; margin: 0; }
  #top-bar .navbar-brand img { width: 48px; }
  #toc { display: none; }
  body #content { width: 100%; margin: .3rem 0 0 !important; padding: 0; }
  #content .accordion-body { padding: .5rem; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; }
  table.mne-arousal.pairs td { overflow-wrap: anywhere; }
}
@media (max-width: 600px) {
  figure.mne-arousal.wide { overflow-x: auto; }
  figure.mne-arousal.wide img { width: 820px; max-width: none; }
  div.mne-arousal-numbers div { flex-basis: 40%; padding: .3rem; }
  table.mne-arousal th, table.mne-arousal td { padding: .15rem .35rem; font-size: .85rem; }
}
@media print {
  @page { size: A4 landscape; margin: 10mm; }
  #top-bar { position: static !important; box-shadow: none; }
  #toc { display: none !important; }
  body #container, #container > .row { display: block; margin: 0 !important;
    padding: 0 !important; }
  body #content { width: 100%; margin: 0 !important; padding: 0; }
  #content .collapse { display: block !important; height: auto !important; }
  #content .accordion-item { border: 0; }
  #content .accordion-header { break-after: avoid; }
  #content .accordion-button { background: none !important; color: black; padding-left: 0; }
  #content .accordion-button::after { display: none; }
  #content .accordion-button a { color: black; font-weight: bold; }
  #content .accordion-body { padding: 0 0 .5rem; }
  div.mne-arousal-scroll, div.mne-arousal-scroll.long { max-height: none; overflow: visible; }
  div.mne-arousal-scroll.long th { position: static; }
  table.mne-arousal { font-size: 7.5pt; }
  table.mne-arousal th, table.mne-arousal td { padding: .05rem .3rem; }
  table.mne-arousal thead { display: table-header-group; break-inside: avoid; }
  table.mne-arousal th button { display: contents; } /* Chromium repeats no head with a button */
  table.mne-arousal td.words { min-width: 0; }
  table.mne-arousal tr { break-inside: avoid; }
  figure.mne-arousal { break-inside: avoid; }
  figure.mne-arousal img { width: auto; max-width: 100%; max-height: 150mm; }
  figure.mne-arousal.first img { max-height: 130mm; }
  div.mne-arousal-numbers { break-inside: avoid; flex-wrap: nowrap; }
  pre { white-space: pre-wrap; font-size: 7.5pt; }
}
"""
# Cells carry what they sort by in data-value: numbers as numbers, texts as texts, unknown last.
SORT_JS = """
document.addEventListener("click", function (event) {
  const button = event.target.closest("table.mne-arousal th button");
  if (!button) { return; }
  const head = button.parentElement;
  const table = head.closest("table");
  const column = Array.prototype.indexOf.call(head.parentElement.children, head);
  const down = head.getAttribute("aria-sort") === "ascending";
  table.querySelectorAll("th").forEach(function (th) { th.removeAttribute("aria-sort"); });
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const value = function (row) { return row.children[column].dataset.value; };
  const compare = function (a, b) {
    const x = value(a), y = value(b);
    if (x === "" || y === "") { return (x === "") - (y === ""); }
    const nx = Number(x), ny = Number(y);
    const order = isNaN(nx) || isNaN(ny) ? x.localeCompare(y) : nx - ny;
    return down ? -order : order;
  };
  const body = table.tBodies[0];
  Array.from(body.rows).sort(compare).forEach(function (row) { body.appendChild(row); });
});
"""
