// Charts of logged values, drawn by uPlot. A click moves the epoch of the page.

const RUN_COLORS = ["--accent", "--second", "--third", "--fourth", "--fifth", "--sixth"];

// Return the values of a key at each of the epochs; null where a run has none.
function alignedValues(run, key, epochs) {
  const values = new Map(run.history.epoch.map((epoch, i) => [epoch, (run.history[key] || [])[i] ?? null]));
  return epochs.map((epoch) => values.get(epoch) ?? null);
}

function seriesOf(runs, key) {
  return runs.flatMap((run, i) => [[key, "training", null], [`val_${key}`, "validation", [5, 4]]]
    .filter(([name]) => run.history[name])
    .map(([name, label, dash]) => ({
      run, name, dash, color: RUN_COLORS[(runs.length > 1 ? i : dash ? 1 : 0) % RUN_COLORS.length],
      label: runs.length > 1 ? `${run.name}${dash ? ", validation" : ""}` : label,
    })));
}

function chartOptions(series, equilibrium, epochs, count) {
  const grid = { stroke: cssColor("--line"), width: 1 }, text = cssColor("--muted");
  const axis = { stroke: text, grid, ticks: { show: false }, font: "12px system-ui, sans-serif" };
  const marker = (chart) => {
    const x = Math.round(chart.valToPos(epochs.epoch, "x", true)), { left, top, width, height } = chart.bbox;
    if (x < left - 1 || x > left + width + 1) return;
    chart.ctx.fillStyle = cssColor("--marker");
    chart.ctx.fillRect(x - devicePixelRatio, top, 2 * devicePixelRatio, height);
  };
  return {
    width: 300, height: 190,
    scales: { x: { time: false } },
    legend: { live: true },
    cursor: { sync: { key: "epochs" }, points: { size: 7 }, drag: { x: false, y: false } },
    axes: [
      { ...axis, size: 28, gap: 6, values: (_, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? String(tick) : "")) },
      { ...axis, size: 56, values: (_, ticks) => ticks.map(formatNumber) },
    ],
    series: [
      { label: "epoch", value: (_, epoch) => (epoch === null ? "–" : String(epoch)) },
      ...series.map(({ label, color, dash }) => ({
        label, stroke: cssColor(color), width: 2, dash: dash || undefined, spanGaps: false,
        points: { show: count < 40, size: 5 }, value: (_, value) => formatNumber(value),
      })),
      ...(equilibrium === null ? [] : [{
        label: "equilibrium", stroke: text, width: 1.5, dash: [2, 4], points: { show: false },
        value: (_, value) => formatNumber(value),
      }]),
    ],
    hooks: { draw: [marker], ready: [(chart) => chart.setLegend({ idx: nearestIndex(chart.data[0], epochs.epoch) })] },
  };
}

// Return a card with one chart, which is drawn again when its width or the colours change.
function chart(runs, key, equilibrium, epochs, numbers) {
  const series = seriesOf(runs, key);
  const columns = series.map(({ run, name }) => alignedValues(run, name, numbers));
  const data = [numbers, ...columns, ...(equilibrium === null ? [] : [numbers.map(() => equilibrium)])];
  const drawing = element("div", { class: "drawing", role: "img", "aria-label": describeChart(key, series, columns) });
  let plot = null;
  const draw = () => {
    const width = drawing.clientWidth;
    if (!width) return;
    if (plot) plot.destroy();
    plot = new uPlot({ ...chartOptions(series, equilibrium, epochs, numbers.length), width }, data, drawing);
    plot.over.addEventListener("click", () => {
      if (plot.cursor.idx !== null) epochs.setNearest(numbers[plot.cursor.idx]);
    });
    showEpoch();
  };
  // Without a pointer on the chart, the legend has the values of the page's epoch
  const showEpoch = () => {
    if (!plot) return;
    plot.setLegend({ idx: nearestIndex(numbers, epochs.epoch) });
    plot.redraw(false);
  };
  epochs.follow(showEpoch);
  new ResizeObserver(draw).observe(drawing);
  document.addEventListener("colorschange", draw);
  drawing.addEventListener("pointerleave", showEpoch);
  return element("figure", { class: "chart" }, element("figcaption", { text: humanize(key) }), drawing);
}

function describeChart(key, series, columns) {
  const parts = series.map(({ label }, i) => {
    const known = columns[i].filter((value) => value !== null);
    return `${label}: from ${formatNumber(known[0])} to ${formatNumber(known[known.length - 1])}`;
  });
  return `Chart of ${humanize(key)} over the epochs. ${parts.join("; ")}.`;
}

function chartsSection(runs, epochs) {
  const keys = new Map(runs.flatMap((run) => run.charts.map(({ key, equilibrium }) => [key, equilibrium])));
  if (!keys.size) return null;
  const numbers = [...new Set(runs.flatMap((run) => run.history.epoch))].sort((a, b) => a - b);
  const charts = [...keys].map(([key, equilibrium]) => chart(runs, key, equilibrium ?? null, epochs, numbers));
  const table = runs.length === 1 ? valuesTable(runs[0]) : null;
  return section("Curves", "Hover to read values; click to move the epoch of the page. Dashed lines are validation.",
    element("div", { class: "charts" }, charts), table);
}

function valuesTable(run) {
  const names = Object.keys(run.history);
  const rows = run.history.epoch.map((_, i) => element("tr", {},
    names.map((name) => element("td", { text: formatNumber(run.history[name][i]) }))));
  const head = element("tr", {}, names.map((name) => element("th", { scope: "col", text: humanize(name) })));
  return element("details", {}, element("summary", { text: "All values as a table" }),
    element("div", { class: "scroll", tabindex: "0" }, element("table", { class: "numbers" }, element("thead", {}, head), element("tbody", {}, rows))));
}
