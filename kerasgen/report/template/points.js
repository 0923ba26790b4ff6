// Points from noise to data over the epochs, with the discriminator behind and the modes that are found.

const WITHIN = 3;  // standard deviations from a mode, as in kerasgen evaluate

function pointsSection(run, epochs) {
  const points = run.points;
  if (!points) return null;
  const frames = points.epochs.map(({ epoch, points: encoded, field }) => ({
    epoch, points: floatsOf(encoded), field: field === null ? null : bytesOf(field),
  }));
  const canvas = element("canvas", { class: "points", role: "img" });
  const status = element("p", { class: "status", role: "status" });
  const data = floatsOf(points.data), state = { from: frames[frames.length - 1], to: frames[frames.length - 1], share: 1, field: true };
  const draw = () => (points.dimensions === 1 ? drawLine : drawPlane)(canvas, points, data, state);
  let animation = 0;
  const show = (epoch) => {
    const next = frames[nearestIndex(points.epochs.map((each) => each.epoch), epoch)], number = ++animation;
    state.from = state.to;
    state.to = next;
    const modes = points.modes ? `${modesFound(points, next.points).filter(Boolean).length} of ${points.modes.length} modes found` : "";
    status.textContent = [`Epoch ${next.epoch}`, modes].filter(Boolean).join(": ");
    canvas.setAttribute("aria-label", `Points of the model and of the data. ${status.textContent}`);
    const start = performance.now(), length = wantsLessMotion() || state.from === next ? 1 : 220;
    const step = (now) => {
      if (number !== animation) return;
      state.share = Math.min(1, Math.max(0, (now - start) / length));
      draw();
      if (state.share < 1) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  };
  epochs.follow(show);
  new ResizeObserver(draw).observe(canvas);
  document.addEventListener("colorschange", draw);
  const hasField = frames.some((frame) => frame.field);
  const toggle = hasField && button(`Discriminator, ${points.field_name}`, () => {
    state.field = !state.field;
    toggle.setAttribute("aria-pressed", String(state.field));
    draw();
  }, { "aria-pressed": "true" });
  return section("Points over the epochs", "Each point keeps its latents, so it can be followed through the training.",
    epochControls(epochs), element("div", { class: "points-frame" }, canvas, pointLegend(), status), toggle && element("div", { class: "controls" }, toggle));
}

function pointLegend() {
  return element("ul", { class: "legend" }, [["data", "data-mark"], ["model", "generator-mark"]]
    .map(([name, mark]) => element("li", {}, element("span", { class: `mark ${mark}`, "aria-hidden": "true" }), name)));
}

function modesFound(points, flat) {
  const size = points.dimensions;
  return points.modes.map((mode) => {
    for (let i = 0; i < flat.length; i += size) {
      let squared = 0;
      for (let k = 0; k < size; k++) squared += (flat[i + k] - mode[k]) ** 2;
      if (Math.sqrt(squared) < WITHIN * points.sigma) return true;
    }
    return false;
  });
}

function prepareCanvas(canvas, aspect) {
  const width = canvas.clientWidth || 1, ratio = devicePixelRatio || 1, height = width * aspect;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.fillStyle = cssColor("--pad");
  context.fillRect(0, 0, width, height);
  return { context, width, height };
}

// Points between two epochs move in a straight line.
function mixedPoints({ from, to, share }) {
  const eased = share * share * (3 - 2 * share);
  if (from.points.length !== to.points.length) return to.points;
  return to.points.map((value, i) => from.points[i] + eased * (value - from.points[i]));
}

function drawPlane(canvas, points, data, state) {
  const { context, width } = prepareCanvas(canvas, 1), [low, high] = points.limits;
  const place = (value) => ((value - low) / (high - low)) * width;
  if (state.field && state.to.field) context.drawImage(fieldImage(state.to.field, points.field_side), 0, 0, width, width);
  const scatter = (flat, color, radius, alpha) => {
    context.fillStyle = color;
    context.globalAlpha = alpha;
    for (let i = 0; i < flat.length; i += 2) {
      context.beginPath();
      context.arc(place(flat[i]), width - place(flat[i + 1]), radius, 0, 2 * Math.PI);
      context.fill();
    }
    context.globalAlpha = 1;
  };
  scatter(data, cssColor("--muted"), 2.6, 0.45);
  const moving = mixedPoints(state);
  scatter(moving, cssColor("--generator"), 2.6, 0.8);
  if (!points.modes) return;
  const found = modesFound(points, state.to.points);
  points.modes.forEach(([x, y], i) => {
    context.beginPath();
    context.arc(place(x), width - place(y), Math.max(9, place(low + 4 * points.sigma)), 0, 2 * Math.PI);
    context.setLineDash(found[i] ? [] : [4, 4]);
    context.strokeStyle = cssColor(found[i] ? "--generator" : "--missed");
    context.lineWidth = 2;
    context.stroke();
    context.setLineDash([]);
  });
}

// The discriminator as colours: blue for fake, red for real, clear at the middle.
function fieldImage(field, side) {
  const canvas = element("canvas", { width: side, height: side }), context = canvas.getContext("2d");
  const image = context.createImageData(side, side);
  field.forEach((value, i) => {
    const row = side - 1 - Math.floor(i / side), at = 4 * (row * side + (i % side)), real = value > 127.5;
    image.data.set(real ? [229, 72, 77] : [76, 120, 255], at);
    image.data[at + 3] = Math.abs(value - 127.5) * 1.1;
  });
  context.putImageData(image, 0, 0);
  return canvas;
}

function drawLine(canvas, points, data, state) {
  const { context, width, height } = prepareCanvas(canvas, 0.6), [low, high] = points.limits;
  const moving = mixedPoints(state), spread = standardDeviation(data), kernel = Math.max(1.06 * spread * data.length ** -0.2, 1e-3);
  const xs = Array.from({ length: 201 }, (_, i) => low + ((high - low) * i) / 200);
  const dataDensity = density(xs, data, kernel), density2 = density(xs, moving, kernel);
  const top = 1.6 * Math.max(...dataDensity, 1e-9), base = height - 24;
  const line = (ys, color, dash, scale) => {
    context.beginPath();
    ys.forEach((y, i) => context.lineTo((i / (ys.length - 1)) * width, base - Math.min(y / scale, 1.05) * (base - 8)));
    context.setLineDash(dash);
    context.strokeStyle = color;
    context.lineWidth = 2.5;
    context.stroke();
    context.setLineDash([]);
  };
  if (state.field && state.to.field) line([...state.to.field], "#4c78ff", [7, 5], 255);
  line(dataDensity, cssColor("--muted"), [2, 4], top);
  line(density2, cssColor("--generator"), [], top);
  context.fillStyle = cssColor("--generator");
  context.globalAlpha = 0.5;
  moving.forEach((x) => context.fillRect(((x - low) / (high - low)) * width, base + 4, 1.5, 14));
  context.globalAlpha = 1;
}

function standardDeviation(values) {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

function density(xs, values, width) {
  const scale = 1 / (values.length * width * Math.sqrt(2 * Math.PI));
  return xs.map((x) => scale * values.reduce((sum, value) => sum + Math.exp(-0.5 * ((x - value) / width) ** 2), 0));
}
