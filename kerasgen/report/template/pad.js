// The pad: the plane of the first two axes, with decoded images behind and test images as dots.

function createPad(live, latents, decode) {
  const canvas = element("canvas", { class: "pad", tabindex: "0", role: "application",
    "aria-label": "Pad of two latent axes. The arrow keys move the point." });
  const spoken = element("p", { class: "visually-hidden", "aria-live": "polite" });
  const mosaic = createMosaic(live, latents, decode);
  const state = { mosaicShown: true, chosen: null, drag: null, places: [] };
  const behind = element("canvas");  // the map and the dots, which a drag does not change
  const toggle = button("Decoded map", () => {
    state.mosaicShown = !state.mosaicShown;
    toggle.setAttribute("aria-pressed", String(state.mosaicShown));
    redraw();
  }, { "aria-pressed": "true" });

  const side = () => canvas.clientWidth || 1;
  const toPad = ([x, y]) => [(x / latents.ranges[0] + 1) * side() / 2, (1 - y / latents.ranges[1]) * side() / 2];
  const fromPad = (px, py) => [(2 * px / side() - 1) * latents.ranges[0], (1 - 2 * py / side()) * latents.ranges[1]];
  const moveTo = (px, py) => {
    fromPad(px, py).forEach((value, k) => latents.moveAlong(k, Math.max(-latents.ranges[k], Math.min(latents.ranges[k], value))));
    latents.changed("move");
  };

  // Draw everything again: after a change of the map, the dots, the size or the colours.
  function redraw() {
    const size = side(), ratio = devicePixelRatio || 1, pixels = Math.round(size * ratio);
    for (const each of [canvas, behind]) if (each.width !== pixels) each.width = each.height = pixels;
    const context = behind.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = state.mosaicShown ? "#000" : cssColor("--pad");
    context.fillRect(0, 0, size, size);
    if (state.mosaicShown) {
      context.imageSmoothingEnabled = false;
      context.globalAlpha = state.chosen ? 0.55 : 0.9;
      context.drawImage(mosaic.canvas, 0, 0, size, size);
      context.globalAlpha = 1;
    }
    drawDots(context);
    draw();
  }

  // Draw the marker, and the line of an interpolation, over the rest.
  function draw() {
    const context = canvas.getContext("2d"), ratio = devicePixelRatio || 1;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.drawImage(behind, 0, 0);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    drawLineOfDrag(context);
    drawMarker(context, toPad([latents.coordinate(0), latents.coordinate(1)]));
  }

  function drawDots(context) {
    if (!state.chosen) return;
    context.lineWidth = 1;
    context.strokeStyle = cssColor("--dot-edge");
    for (let i = 0; i < state.chosen.count; i++) {
      const [x, y] = state.places[i], label = state.chosen.labelOf(i);
      context.beginPath();
      context.arc(x, y, i === state.chosen.index ? 7 : 4.5, 0, 2 * Math.PI);
      context.fillStyle = label === null ? cssColor("--accent") : classColor(label);
      context.fill();
      context.stroke();
    }
  }

  function drawLineOfDrag(context) {
    if (!state.drag || state.drag.from === null) return;
    context.beginPath();
    context.moveTo(...state.places[state.drag.from]);
    context.lineTo(...(state.drag.to === null ? [state.drag.x, state.drag.y] : state.places[state.drag.to]));
    context.strokeStyle = cssColor("--marker");
    context.lineWidth = 3;
    context.stroke();
  }

  function drawMarker(context, [x, y]) {
    for (const [color, width] of [["#000", 5], ["#fff", 2.5]]) {
      context.beginPath();
      context.arc(x, y, 9, 0, 2 * Math.PI);
      context.strokeStyle = color;
      context.lineWidth = width;
      context.stroke();
    }
  }

  function place() {
    if (!state.chosen) return;
    state.places = Array.from({ length: state.chosen.count }, (_, i) => toPad(latents.coordinatesOf(state.chosen.meanOf(i))));
  }

  function nearest(px, py, except = null) {
    let best = null, distance = NEAR;
    state.places.forEach(([x, y], i) => {
      const other = Math.hypot(x - px, y - py);
      if (other < distance && i !== except) [best, distance] = [i, other];
    });
    return best;
  }

  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    const from = nearest(event.offsetX, event.offsetY);
    state.drag = { from, to: null, x: event.offsetX, y: event.offsetY };
    if (from === null) moveTo(event.offsetX, event.offsetY);
    else state.chosen.select(from);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!state.drag) {
      canvas.style.cursor = nearest(event.offsetX, event.offsetY) === null ? "crosshair" : "pointer";
      return;
    }
    Object.assign(state.drag, { x: event.offsetX, y: event.offsetY });
    if (state.drag.from !== null) state.drag.to = nearest(event.offsetX, event.offsetY, state.drag.from);
    moveTo(event.offsetX, event.offsetY);
  });
  const release = () => {
    const drag = state.drag;
    state.drag = null;
    if (drag && drag.from !== null && drag.to !== null) state.chosen.interpolate(drag.from, drag.to);
    else draw();
  };
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);
  canvas.addEventListener("keydown", (event) => {
    const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowDown: [1, -1], ArrowUp: [1, 1] };
    if (!moves[event.key]) return;
    event.preventDefault();
    const [k, sign] = moves[event.key], step = latents.ranges[k] * (event.shiftKey ? 0.2 : 0.04);
    latents.moveAlong(k, Math.max(-latents.ranges[k], Math.min(latents.ranges[k], latents.coordinate(k) + sign * step)));
    latents.changed("move");
    spoken.textContent = [0, 1].map((axis) => latents.coordinate(axis).toFixed(2)).join(", ");
  });
  new ResizeObserver(() => { place(); redraw(); }).observe(canvas);
  document.addEventListener("colorschange", redraw);
  mosaic.onprogress = redraw;
  return {
    node: element("div", { class: "pad-frame" }, canvas, spoken, legendOf(live)), toggle, draw,
    connect(chosen) { state.chosen = chosen; place(); redraw(); },
    refresh() { place(); redraw(); mosaic.start(); },
  };
}

// The names of the classes with the colours of their dots.
function legendOf(live) {
  const names = live.dots && live.dots.labels && live.dots.class_names;
  if (!names || names.length > CLASS_COLORS.length) return null;
  return element("ul", { class: "legend", "aria-label": "Classes of the dots" }, names.map((name, label) => {
    const mark = element("span", { class: "mark", "aria-hidden": "true" });
    mark.style.background = classColor(label);
    return element("li", {}, mark, name);
  }));
}

// Images decoded on a grid over the plane, in pieces between frames.
function createMosaic(live, latents, decode) {
  const [height, width] = live.image_shape, canvas = element("canvas", { width: width * MOSAIC, height: height * MOSAIC });
  const mosaic = { canvas, onprogress: () => {}, start };
  let current = 0;

  function start() {
    const number = ++current;
    const base = latents.point.map((value, i) => value - latents.coordinate(0) * latents.axes[0][i] - latents.coordinate(1) * latents.axes[1][i]);
    // From the middle outwards, because the middle is looked at first
    const cells = Array.from({ length: MOSAIC * MOSAIC }, (_, i) => [Math.floor(i / MOSAIC), i % MOSAIC]);
    const middle = (MOSAIC - 1) / 2;
    cells.sort((a, b) => Math.hypot(a[0] - middle, a[1] - middle) - Math.hypot(b[0] - middle, b[1] - middle));
    const work = () => {
      if (number !== current) return;
      const until = performance.now() + 6;
      while (cells.length && performance.now() < until) drawCell(base, ...cells.shift());
      mosaic.onprogress();
      if (cells.length) setTimeout(work, 8);
    };
    setTimeout(work, 120);  // sliders that still move start it again
  }

  function drawCell(base, row, column) {
    const x = ((2 * column + 1) / MOSAIC - 1) * latents.ranges[0], y = (1 - (2 * row + 1) / MOSAIC) * latents.ranges[1];
    const point = base.map((value, i) => value + x * latents.axes[0][i] + y * latents.axes[1][i]);
    drawImage(canvas, decode(point, latents.label), live.image_shape, column * width, row * height);
  }

  return mosaic;
}
