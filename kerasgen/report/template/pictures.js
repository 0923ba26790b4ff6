// The pictures of samples over the epochs, for one run or for several side by side.

// Return a figure that follows the epochs; `choose` returns the epoch to show.
function sampleFigure(samples, title) {
  const image = picture(samples.pictures[samples.pictures.length - 1], "", "samples");
  const caption = element("figcaption");
  const show = (epoch) => {
    const index = nearestIndex(samples.epochs, epoch);
    image.src = samples.pictures[index];
    const text = `epoch ${samples.epochs[index]}`;
    caption.textContent = title ? `${title}, ${text}` : text;
    image.alt = `Samples, ${title ? `${title}, ` : ""}${text}`;
  };
  return { node: element("figure", {}, image, caption), show };
}

function samplesSection(run, epochs) {
  if (!run.samples || run.points) return null;
  const current = sampleFigure(run.samples, "");
  epochs.follow(current.show);
  const other = sampleFigure(run.samples, "");
  other.node.hidden = true;
  other.show(run.samples.epochs[0]);
  const numbers = run.samples.epochs;
  const choice = slider({
    label: "Compare with epoch", min: 0, max: numbers.length - 1, step: 1, value: 0, className: "wide",
    describe: (index) => String(numbers[index]), oninput: (index) => other.show(numbers[index]),
  });
  choice.node.hidden = true;
  const toggle = button("Two epochs side by side", () => {
    const shown = other.node.hidden;
    other.node.hidden = choice.node.hidden = !shown;
    toggle.setAttribute("aria-pressed", String(shown));
    figures.classList.toggle("two", shown);
  }, { "aria-pressed": "false" });
  const figures = element("div", { class: "figures" }, other.node, current.node);
  return section("Samples", "All pictures come from the same latents or test images, so they show what training changes.",
    epochControls(epochs), figures, numbers.length > 1 && element("div", { class: "controls" }, toggle, choice.node));
}

function comparedSamples(runs, epochs) {
  const shown = runs.filter((run) => run.samples);
  if (!shown.length) return null;
  const figures = shown.map((run) => {
    const figure = sampleFigure(run.samples, run.name);
    epochs.follow(figure.show);
    return figure.node;
  });
  return section("Samples", "The slider moves all runs. A run without this epoch shows its nearest one.",
    epochControls(epochs), element("div", { class: "figures columns" }, figures));
}
