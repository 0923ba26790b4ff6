// Settings, scores and commands.

function copyButton(text) {
  const copy = button("Copy", async () => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {  // a page of file:// may have no clipboard
      const area = element("textarea", { class: "hidden-text", readonly: true });
      area.value = text;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    copy.textContent = "Copied";
    setTimeout(() => { copy.textContent = "Copy"; }, 1500);
  }, { class: "copy" });
  return copy;
}

function commandsSection(run) {
  const rows = run.commands.map(([purpose, command]) => {
    const copy = copyButton(command);
    copy.setAttribute("aria-label", `Copy the command: ${purpose}`);
    return element("div", { class: "command" }, element("span", { class: "purpose", text: purpose }),
      element("code", { text: command, tabindex: "0" }), copy);
  });
  return section("Commands", null, rows);
}

// Return the facts of the runs, a column for each; rows that differ are marked.
function factsSection(runs) {
  const titles = [...new Set(runs.flatMap((run) => Object.keys(run.facts)))];
  const tables = titles.map((title) => {
    const values = runs.map((run) => new Map(run.facts[title] || []));
    const names = [...new Set(values.flatMap((each) => [...each.keys()]))];
    const rows = names.map((name) => {
      const texts = values.map((each) => each.get(name) ?? "–");
      const differs = new Set(texts).size > 1 && name !== "started";
      return element("tr", { class: differs ? "differs" : "" }, element("th", { scope: "row", text: humanize(name) }),
        texts.map((text) => element("td", { text })));
    });
    const head = runs.length > 1 && element("thead", {}, element("tr", {}, element("td"),
      runs.map((run) => element("th", { scope: "col", text: run.name }))));
    return rows.length ? element("div", { class: "facts" }, element("h3", { text: title }),
      element("div", { class: "scroll" }, element("table", {}, head, element("tbody", {}, rows)))) : null;
  });
  const note = runs.length > 1 ? "Settings that differ are marked." : null;
  return section("Settings, data and versions", note, element("div", { class: "fact-tables" }, tables));
}

function scoresSection(runs) {
  const names = [...new Set(runs.flatMap((run) => run.scores.map((score) => score.name)))];
  const notes = runs.filter((run) => run.scores_note).map((run) => element("p", { class: "note",
    text: `${runs.length > 1 ? `${run.name}: s` : "S"}cores are left out, because they are ${run.scores_note}.` }));
  const rows = names.map((name) => element("tr", {}, element("th", { scope: "row", text: name }), runs.map((run) => {
    const score = run.scores.find((each) => each.name === name);
    const spread = score && score.spread !== null ? ` ± ${formatNumber(score.spread)}` : "";
    return element("td", {}, element("strong", { text: score ? formatNumber(score.value) + spread : "–" }),
      score && runs.length === 1 && element("div", { class: "note", text: score.estimator }));
  })));
  const head = runs.length > 1 && element("thead", {}, element("tr", {}, element("td"),
    runs.map((run) => element("th", { scope: "col", text: run.name }))));
  const table = rows.length ? element("div", { class: "scroll" }, element("table", { class: "scores" }, head, element("tbody", {}, rows))) : null;
  return section("Scores", table ? "From kerasgen evaluate." : null, table, notes);
}
