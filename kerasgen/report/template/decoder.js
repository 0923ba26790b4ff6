// The part of the page that decodes latents live: a pad, sliders along axes, and test images as dots.

const MOSAIC = 13;  // decoded images along a side of the pad's background
const STRIP = 9;  // images of an interpolation
const NEAR = 13;  // pixels around a dot

// Return a random number generator with standard normal values (mulberry32 and Box and Muller).
function createRandom(seed) {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);

// Two random orthonormal directions, or the unit vectors if there are not more latents.
function randomDirections(size, random) {
  if (size <= 2) return Array.from({ length: size }, (_, k) => Float32Array.from({ length: size }, (_, i) => Number(i === k)));
  const first = Float32Array.from({ length: size }, random), second = Float32Array.from({ length: size }, random);
  const scale = 1 / Math.sqrt(dot(first, first));
  first.forEach((value, i) => { first[i] = value * scale; });
  const shared = dot(first, second);
  second.forEach((value, i) => { second[i] = value - shared * first[i]; });
  const length = Math.sqrt(dot(second, second));
  return [first, second.map((value) => value / length)];
}

// The latents that the page shows: a point, its coordinates along the axes, and a class.
function createLatents(live) {
  const size = live.latent_dim, random = createRandom(1), listeners = [];
  const flat = floatsOf(live.axes), count = live.ranges.length;
  const state = {
    size, label: 0, point: floatsOf(live.center), center: floatsOf(live.center), ranges: [...live.ranges],
    axes: Array.from({ length: count }, (_, k) => flat.subarray(k * size, (k + 1) * size)),
    random, version: 0,
    coordinate: (k) => state.axes[k].reduce((sum, value, i) => sum + value * (state.point[i] - state.center[i]), 0),
    moveAlong(k, value) {
      const change = value - state.coordinate(k);
      state.point = state.point.map((each, i) => each + change * state.axes[k][i]);
    },
    coordinatesOf: (point) => [0, 1].map((k) => (state.axes[k] ? state.axes[k].reduce((sum, value, i) => sum + value * (point[i] - state.center[i]), 0) : 0)),
    follow: (listener) => listeners.push(listener),
    // `kind` is "move" within the plane of the pad, "jump" out of it, and "axes" for new axes.
    changed(kind) {
      if (kind !== "move") state.version++;
      listeners.forEach((listener) => listener(kind));
    },
  };
  if (!live.encodes) {
    const restart = () => {
      state.center = Float32Array.from({ length: size }, random);
      state.point = Float32Array.from(state.center);
    };
    state.newStart = () => { restart(); state.changed("jump"); };
    state.newDirections = () => {
      state.axes = randomDirections(size, random);
      state.ranges = state.axes.map(() => Math.max(3, 0.8 * Math.sqrt(size)));
      state.changed("axes");
    };
    if (size > 2) restart();
    state.axes = randomDirections(size, random);
    state.ranges = state.axes.map(() => Math.max(3, 0.8 * Math.sqrt(size)));
  }
  return state;
}

// Put a decoded image into a canvas, pixel for pixel.
function drawImage(canvas, image, [height, width, channels], left = 0, top = 0) {
  const context = canvas.getContext("2d"), size = height * width;
  const pixels = canvas.pixels ??= context.createImageData(width, height), bytes = pixels.data;
  for (let i = 0; i < size; i++) {
    const first = i * channels;
    bytes[4 * i] = 255 * image[first];  // the array rounds
    bytes[4 * i + 1] = 255 * image[channels === 3 ? first + 1 : first];
    bytes[4 * i + 2] = 255 * image[channels === 3 ? first + 2 : first];
    bytes[4 * i + 3] = 255;
  }
  context.putImageData(pixels, left, top);
}

function imageCanvas(shape, label, count = 1) {
  return element("canvas", { width: shape[1] * count, height: shape[0], role: "img", "aria-label": label, class: "pixels" });
}

function decoderSection(run) {
  const live = run.live;
  if (!live) return run.live_reason ? section("Latent space", null, element("p", { class: "note", text: run.live_reason })) : null;
  const decode = createDecoder(live), latents = createLatents(live), shape = live.image_shape;
  window.kerasgen = { decode: (point, label) => Array.from(decode(point, label)) };  // for the console, and for tests
  const result = imageCanvas(shape, "Decoded image");
  const speed = element("p", { class: "note speed" }), meter = createMeter(speed);
  const pad = latents.axes.length > 1 ? createPad(live, latents, decode) : null;
  const chosen = live.dots ? createChosen(live, latents, decode) : null;
  const show = () => meter.time(() => drawImage(result, decode(latents.point, latents.label), shape));
  let waiting = false;
  const update = (kind) => {
    if (!waiting) requestAnimationFrame(() => { waiting = false; show(); if (pad) pad.draw(); });
    waiting = true;
    if (kind !== "move" && pad) pad.refresh();
  };
  latents.follow(update);
  if (pad && chosen) pad.connect(chosen);
  const classes = live.classes && menu("Class", live.classes, (label) => { latents.label = label; latents.changed("jump"); });
  if (chosen && classes) chosen.onlabel = (label) => { classes.select.value = label; };
  const shown = element("div", { class: "shown" },
    element("figure", { class: "main-image" }, result, element("figcaption", { text: "Decoded now" })), chosen && chosen.node);
  const controls = element("div", { class: "controls" }, latentButtons(live, latents), classes && classes.node,
    pad && pad.toggle);
  const side = element("div", { class: "side" }, shown, chosen && chosen.strip, axisSliders(live, latents), speed);
  requestAnimationFrame(() => update("jump"));
  return section(live.encodes ? "Latent space" : "Generator", noteOf(live, pad), controls,
    element("div", { class: "play-area" }, pad && pad.node, side));
}

function noteOf(live, pad) {
  const place = pad ? "Drag on the pad or move the sliders" : "Move the slider";
  if (!live.encodes) return `${place}: the generator runs in this page. The pad spans two random directions in the space of ${live.latent_dim} latents.`;
  const dots = live.dots ? " Each dot is a test image. Click one to see its reconstruction; drag from one dot to another to interpolate." : "";
  return `${place}: the decoder runs in this page.${dots}`;
}

function latentButtons(live, latents) {
  if (!live.encodes) return [button("New start", latents.newStart, { class: "primary" }),
    live.latent_dim > 2 && button("New directions", latents.newDirections)];
  const random = () => {
    latents.point = latents.point.map((_, i) => (live.has_prior ? 0 : latents.center[i]));
    if (live.has_prior) latents.point = latents.point.map(() => latents.random());
    else latents.axes.forEach((_, k) => latents.moveAlong(k, 0.5 * latents.ranges[k] * latents.random()));
    latents.changed("jump");
  };
  const center = () => { latents.point = Float32Array.from(latents.center); latents.changed("jump"); };
  return [button("Random latents", random, { class: "primary" }), button("Centre", center)];
}

function axisSliders(live, latents) {
  const nodes = latents.axes.map((_, k) => {
    const share = live.shares ? `, ${Math.round(100 * live.shares[k])} %` : "";
    const label = live.encodes ? (live.latent_dim > 2 ? `Axis ${k + 1}${share}` : `Latent ${k + 1}`) : `Direction ${k + 1}`;
    const range = latents.ranges[k];
    const axis = slider({
      label, min: -range, max: range, step: range / 200, value: latents.coordinate(k), describe: (value) => value.toFixed(2),
      oninput: (value) => { latents.moveAlong(k, value); latents.changed(k < 2 ? "move" : "jump"); },
    });
    latents.follow(() => axis.show(latents.coordinate(k)));
    return axis.node;
  });
  return element("div", { class: "axes" }, nodes);
}

// Show the median time of a decoded image, and the frames per second while the image changes.
function createMeter(node) {
  let times = [], frames = [];
  return {
    time(work) {
      const before = performance.now();
      work();
      const after = performance.now();
      times = [...times.slice(-29), after - before];
      frames = [...frames.filter((frame) => after - frame < 1000), after];
      if (times.length < 5) return;  // the first images wait for the compiler
      const median = [...times].sort((a, b) => a - b)[times.length >> 1];
      const rate = frames.length > 5 ? Math.round((1000 * (frames.length - 1)) / (after - frames[0])) : null;
      node.textContent = `${median.toFixed(1)} ms for an image${rate ? `, ${rate} images a second` : ""}`;
    },
  };
}

// The selected test image, its reconstruction, and the images on the way to another one.
function createChosen(live, latents, decode) {
  const { dots, image_shape: shape } = live, means = floatsOf(dots.means), size = live.latent_dim;
  const [height, width] = shape, sprite = new Image();
  sprite.src = dots.sprite;
  const original = imageCanvas(shape, "Test image"), reconstruction = imageCanvas(shape, "Reconstruction");
  const name = element("figcaption", { text: "Test image" });
  const node = element("div", { class: "pair", hidden: true }, element("figure", {}, original, name),
    element("figure", {}, reconstruction, element("figcaption", { text: "Reconstruction" })));
  const images = imageCanvas(shape, "Interpolation between two test images", STRIP), caption = element("figcaption");
  const strip = element("figure", { class: "strip", hidden: true }, images, caption);
  const between = slider({ label: "Between", min: 0, max: 1, step: 0.005, value: 0, className: "wide",
    describe: (t) => `${Math.round(100 * t)} %`, oninput: (t) => chosen.between(t) });
  strip.append(between.node);
  const chosen = {
    node, strip, count: dots.count, index: null, onlabel: () => {}, pair: null,
    meanOf: (i) => means.subarray(i * size, (i + 1) * size),
    labelOf: (i) => (dots.labels ? dots.labels[i] : null),
    nameOf(i) {
      const label = chosen.labelOf(i);
      const text = label === null ? null : dots.class_names ? dots.class_names[label] : String(label);
      return `Test image ${i + 1}${text ? `, class ${text}` : ""}`;
    },
    select(i) {
      chosen.index = i;
      node.hidden = false;
      original.getContext("2d").drawImage(sprite, (i % dots.columns) * width, Math.floor(i / dots.columns) * height, width, height, 0, 0, width, height);
      name.textContent = chosen.nameOf(i);
      if (live.classes && chosen.labelOf(i) !== null) {
        latents.label = chosen.labelOf(i);
        chosen.onlabel(latents.label);
      }
      drawImage(reconstruction, decode(chosen.meanOf(i), latents.label), shape);
      latents.point = Float32Array.from(chosen.meanOf(i));
      latents.changed("jump");
    },
    interpolate(from, to) {
      chosen.pair = [from, to];
      strip.hidden = false;
      caption.textContent = `From ${chosen.nameOf(from).toLowerCase()} to ${chosen.nameOf(to).toLowerCase()}`;
      for (let k = 0; k < STRIP; k++) drawImage(images, decode(chosen.mix(k / (STRIP - 1)), latents.label), shape, k * width);
      if (wantsLessMotion()) return chosen.between(1);
      const start = performance.now();
      const step = (now) => {
        const t = Math.min(1, Math.max(0, (now - start) / 1200));
        if (chosen.pair[0] !== from || chosen.pair[1] !== to) return;
        chosen.between(t);
        if (t < 1) requestAnimationFrame(step);
      };
      requestAnimationFrame(step);
    },
    mix(t) {
      const [a, b] = chosen.pair.map(chosen.meanOf);
      return a.map((value, i) => (1 - t) * value + t * b[i]);
    },
    between(t) {
      between.show(t);
      latents.point = chosen.mix(t);
      latents.changed("move");
    },
  };
  return chosen;
}
