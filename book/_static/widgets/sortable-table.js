/* <sortable-table><table>…</table></sortable-table>
   Each head of a column becomes a button that sorts by it, and the other way round when it is pressed
   again. Numbers sort by their data-value; a cell without value stays at the end. */
"use strict";
(() => {
  const words = new Intl.Collator("en", { numeric: true });

  const key = (row, column) => {
    const cell = row.cells[column];
    if (!("value" in cell.dataset)) return cell.textContent;
    return cell.dataset.value === "" ? null : Number(cell.dataset.value);
  };
  const compare = (a, b) => (typeof a === "number" ? a - b : words.compare(a, b));

  class SortableTable extends HTMLElement {
    connectedCallback() {
      if (this.heads) return;
      this.table = this.querySelector("table");
      this.heads = [...this.table.tHead.rows[0].cells];
      this.heads.forEach((head, column) => {
        const button = document.createElement("button");
        button.type = "button";
        button.append(...head.childNodes);
        button.addEventListener("click", () => this.sort(column));
        head.replaceChildren(button);
      });
    }

    sort(column) {
      const head = this.heads[column];
      const falling = head.getAttribute("aria-sort") === "ascending";
      for (const other of this.heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", falling ? "descending" : "ascending");
      const body = this.table.tBodies[0];
      const keyed = [...body.rows].map((row) => [key(row, column), row]);
      keyed.sort(([a], [b]) => {
        if (a === null || b === null) return (a === null) - (b === null);
        return falling ? compare(b, a) : compare(a, b);
      });
      body.append(...keyed.map(([, row]) => row));
    }
  }

  customElements.define("sortable-table", SortableTable);
})();
