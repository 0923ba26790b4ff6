// Samples on their way from noise to data, with a slider of time.

function trajectorySection(run) {
  const shown = run.trajectory;
  if (!shown) return null;
  const frames = createEpochs(shown.times.map((_, i) => i));
  const describe = (i) => `time ${shown.times[i].toFixed(2)}`;
  const view = shown.pictures ? trajectoryOfImages(shown, describe) : trajectoryOfPoints(shown, describe);
  frames.follow(view.show);
  return section("From noise to data", "Time 1 is noise and time 0 is data. The network moves every sample a small step at each time.",
    epochControls(frames, "Time", describe), view.node);
}

function trajectoryOfImages(shown, describe) {
  const image = picture(shown.pictures[0], "", "samples"), caption = element("figcaption");
  const show = (i) => {
    image.src = shown.pictures[i];
    caption.textContent = describe(i);
    image.alt = `Samples at ${describe(i)}`;
  };
  return { node: element("div", { class: "figures" }, element("figure", {}, image, caption)), show };
}

function trajectoryOfPoints(shown, describe) {
  const frames = shown.points.map((encoded) => ({ points: floatsOf(encoded), field: null })), data = floatsOf(shown.data);
  const canvas = element("canvas", { class: "points", role: "img" });
  const state = { from: frames[0], to: frames[0], share: 1, field: false };
  const draw = () => (shown.dimensions === 1 ? drawLine : drawPlane)(canvas, shown, data, state);
  const show = (i) => {
    state.from = state.to = frames[i];
    canvas.setAttribute("aria-label", `Points of the model and of the data at ${describe(i)}`);
    draw();
  };
  new ResizeObserver(draw).observe(canvas);
  document.addEventListener("colorschange", draw);
  return { node: element("div", { class: "points-frame" }, canvas, pointLegend()), show };
}
