// Elements of the page. All texts of a run are inserted as text, never as markup.

function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "text") node.textContent = value;
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

let lastId = 0;
const newId = (prefix) => `${prefix}-${++lastId}`;

// Return a section with a heading, or null without content.
function section(title, note, ...content) {
  const shown = content.flat().filter(Boolean);
  if (!shown.length) return null;
  const id = newId("section");
  const heading = element("h2", { id, text: title });
  return element("section", { class: "card", "aria-labelledby": id }, heading,
    note && element("p", { class: "note", text: note }), ...shown);
}

function button(text, onclick, attributes = {}) {
  return element("button", { type: "button", onclick, ...attributes, text });
}

// Return a slider with a label and its value as text; `describe` makes the text.
function slider({ label, min, max, step, value, describe, oninput, className = "" }) {
  const id = newId("slider");
  const output = element("output", { for: id, text: describe(value) });
  const input = element("input", { type: "range", id, min, max, step, value });
  input.setAttribute("aria-valuetext", describe(value));
  const show = (number) => {
    input.value = number;
    output.textContent = describe(number);
    input.setAttribute("aria-valuetext", describe(number));
    const share = max > min ? (100 * (number - min)) / (max - min) : 0;
    input.style.setProperty("--share", `${share}%`);
  };
  input.addEventListener("input", () => { show(Number(input.value)); oninput(Number(input.value)); });
  show(value);
  const node = element("div", { class: `slider ${className}` }, element("label", { for: id, text: label }), input, output);
  return { node, input, show };
}

function menu(label, options, onchange) {
  const id = newId("menu");
  const select = element("select", { id, onchange: () => onchange(Number(select.value)) },
    options.map((text, i) => element("option", { value: i, text })));
  return { node: element("div", { class: "menu" }, element("label", { for: id, text: label }), select), select };
}

function picture(source, alt, className = "") {
  return element("img", { src: source, alt, class: `picture ${className}`, draggable: "false" });
}

const formatNumber = (value) => {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return String(value);
  const size = Math.abs(value);
  return size >= 1e5 || (size < 1e-3 && size > 0) ? value.toExponential(2) : String(Number(value.toPrecision(4)));
};

function formatSeconds(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 100) return `${formatNumber(Number(seconds.toFixed(1)))} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 100 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

const humanize = (key) => key.replaceAll("_", " ");

// Return a colour of the style sheet as a canvas takes it.
const colors = new Map();
const colorProbe = document.createElement("span");
document.body.append(colorProbe);
document.addEventListener("colorschange", () => colors.clear());
function cssColor(name) {
  if (!colors.has(name)) {
    colorProbe.style.color = `var(${name})`;
    colors.set(name, getComputedStyle(colorProbe).color);
  }
  return colors.get(name);
}

const wantsLessMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

const CLASS_COLORS = ["#4c78ff", "#ff7f0e", "#2fb344", "#e5484d", "#9467bd", "#b0764e", "#ec6cb9", "#8a8f98", "#c2b000", "#17b3c9"];
const classColor = (label) => CLASS_COLORS[((label % CLASS_COLORS.length) + CLASS_COLORS.length) % CLASS_COLORS.length];

// The epoch that the page shows. Pictures, points and charts follow it, and each can change it.
function createEpochs(numbers) {
  const listeners = [];
  const state = {
    numbers,
    index: numbers.length - 1,
    get epoch() { return numbers[state.index]; },
    follow(listener) { listeners.push(listener); listener(state.epoch); },
    set(index) {
      const bounded = Math.max(0, Math.min(numbers.length - 1, index));
      if (bounded === state.index) return;
      state.index = bounded;
      listeners.forEach((listener) => listener(state.epoch));
    },
    setNearest(epoch) { state.set(nearestIndex(numbers, epoch)); },
  };
  return state;
}

function nearestIndex(numbers, value) {
  let best = 0;
  numbers.forEach((number, i) => { if (Math.abs(number - value) < Math.abs(numbers[best] - value)) best = i; });
  return best;
}

// Return a slider over the epochs, or over other frames, with a play button.
function epochControls(epochs, label = "Epoch", describe = (number) => `${number} of ${epochs.numbers[epochs.numbers.length - 1]}`) {
  const last = epochs.numbers.length - 1;
  let timer = null;
  const play = button("▶ Play", () => (timer === null ? start() : stop()), { class: "primary play", "aria-pressed": "false" });
  const stop = () => {
    clearInterval(timer);
    timer = null;
    play.textContent = "▶ Play";
    play.setAttribute("aria-pressed", "false");
  };
  const start = () => {
    if (epochs.index === last) epochs.set(0);
    play.textContent = "❚❚ Pause";
    play.setAttribute("aria-pressed", "true");
    timer = setInterval(() => {
      epochs.set(epochs.index + 1);
      if (epochs.index === last) stop();
    }, Math.max(90, Math.min(400, 6000 / epochs.numbers.length)));
  };
  const range = slider({
    label, min: 0, max: last, step: 1, value: epochs.index, className: "wide",
    describe: (index) => describe(epochs.numbers[index]),
    oninput: (index) => { if (timer !== null) stop(); epochs.set(index); },
  });
  epochs.follow(() => range.show(epochs.index));
  return last > 0 ? element("div", { class: "controls" }, play, range.node) : null;
}
