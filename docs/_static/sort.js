// Tables of the class "sortable": a click on a heading sorts the rows, and a field above them filters.
document.addEventListener("DOMContentLoaded", () => {
  for (const table of document.querySelectorAll("table.sortable")) {
    const rows = [...table.tBodies[0].rows];
    const field = document.createElement("input");
    field.type = "search";
    field.placeholder = `Filter ${rows.length} rows`;
    field.className = "filter";
    field.setAttribute("aria-label", "Filter rows");
    table.parentElement.before(field);
    field.addEventListener("input", () => {
      const words = field.value.toLowerCase().split(/\s+/);
      for (const row of rows) {
        const text = row.textContent.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
      }
    });
    [...table.tHead.rows[0].cells].forEach((heading, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = heading.textContent;
      heading.replaceChildren(button);
      button.addEventListener("click", () => {
        const order = heading.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
        for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
        heading.setAttribute("aria-sort", order);
        const sign = order === "ascending" ? 1 : -1;
        const text = (row) => row.cells[column].textContent;
        rows.sort((a, b) => sign * text(a).localeCompare(text(b), "en", { numeric: true }));
        const number = (row) => parseFloat(text(row));
        if (rows.every((row) => text(row) === "" || !Number.isNaN(number(row)))) {
          rows.sort((a, b) => sign * ((number(a) || 0) - (number(b) || 0)));
        }
        table.tBodies[0].append(...rows);
      });
    });
  }
});
