// The page: a header and the sections that the data call for.

function header(title, lines) {
  const theme = button("Dark or light", () => {
    const root = document.documentElement, dark = getComputedStyle(root).colorScheme === "dark";
    root.dataset.theme = dark ? "light" : "dark";
    document.dispatchEvent(new Event("colorschange"));
  }, { class: "theme" });
  return element("header", {}, element("div", {}, element("p", { class: "brand", text: "kerasgen" }), element("h1", { text: title }),
    lines.filter(Boolean).map((line) => element("p", { class: "subtitle", text: line }))), theme);
}

function badges(run) {
  const planned = run.planned && run.planned !== run.epochs ? ` of ${run.planned}` : "";
  const parameters = (run.facts.Training || []).find(([name]) => name === "parameters");
  const values = [["epochs", `${run.epochs}${planned}`], ["time", formatSeconds(run.seconds)], ["data", run.dataset],
    ["parameters", parameters ? parameters[1] : null]];
  return element("dl", { class: "badges" }, values.filter(([, value]) => value).map(([name, value]) =>
    element("div", {}, element("dt", { text: name }), element("dd", { text: value }))));
}

function epochsOf(runs) {
  const numbers = runs.flatMap((run) => (run.points ? run.points.epochs.map(({ epoch }) => epoch) : run.samples ? run.samples.epochs : []));
  const known = numbers.length ? numbers : runs.flatMap((run) => run.history.epoch);
  return createEpochs([...new Set(known)].sort((a, b) => a - b));
}

function runPage(run) {
  const epochs = epochsOf([run]);
  return [header(run.name, [[run.summary || run.recipe, run.paper].filter(Boolean).join(" · ")]),
    element("main", {}, badges(run), decoderSection(run), pointsSection(run, epochs), samplesSection(run, epochs),
      trajectorySection(run), translationSection(run), denoisingSection(run), chartsSection([run], epochs), scoresSection([run]),
      neighborsSection([run]), commandsSection(run), factsSection([run]))].flat();
}

function comparisonPage(data) {
  const epochs = epochsOf(data.runs);
  return [header(data.title, [`${data.runs.length} runs side by side`]),
    element("main", {}, comparedSamples(data.runs, epochs), chartsSection(data.runs, epochs), scoresSection(data.runs),
      neighborsSection(data.runs), factsSection(data.runs))];
}

function galleryPage(data) {
  const cards = data.links.map((run) => {
    const results = Object.entries(run.results).map(([key, value]) => `${humanize(key)} ${formatNumber(value)}`);
    return element("a", { class: "card gallery-card", href: encodeURIComponent(run.link) },
      run.picture && picture(run.picture, ""), element("h2", { text: run.name }),
      element("p", { text: `${run.summary || run.recipe} · ${run.dataset}` }),
      element("p", { class: "note", text: [`${run.epochs} epochs`, formatSeconds(run.seconds), ...results].join(" · ") }));
  });
  return [header(data.title, [`${cards.length} ${cards.length === 1 ? "run" : "runs"}`]), element("main", { class: "gallery" }, cards)];
}

function main() {
  const data = JSON.parse(document.getElementById("data").textContent);
  const page = data.links ? galleryPage(data) : data.runs.length === 1 ? runPage(data.runs[0]) : comparisonPage(data);
  document.getElementById("page").append(...page.filter(Boolean), element("footer", { text: "Made by kerasgen. This file works offline and loads nothing." }));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => document.dispatchEvent(new Event("colorschange")));
}

main();
