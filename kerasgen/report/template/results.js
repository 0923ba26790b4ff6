// Translated images with a wipe handle, denoised images, and nearest neighbours.

function translationSection(run) {
  if (!run.translation) return null;
  const { directions } = run.translation;
  const state = { direction: 0, image: 0, right: "outputs" };
  const under = picture("data:,", ""), over = picture("data:,", "");
  const frame = element("div", { class: "wipe" }, under, element("div", { class: "over" }, over), element("div", { class: "handle", "aria-hidden": "true" }));
  const handle = slider({ label: "Wipe", min: 0, max: 100, step: 0.5, value: 50, className: "wide",
    describe: (share) => `${Math.round(share)} % input`, oninput: (share) => wipe(share) });
  const wipe = (share) => { handle.show(share); frame.style.setProperty("--wipe", `${share}%`); };
  const choices = element("div", { class: "thumbnails", role: "group", "aria-label": "Test images" });
  const right = menu("Compare the input with", ["output", "target"], (i) => { state.right = ["outputs", "targets"][i]; show(); });
  const show = () => {
    const direction = directions[state.direction];
    right.node.hidden = !direction.targets;
    const shown = direction[state.right] || direction.outputs;
    [over.src, over.alt] = [direction.inputs[state.image], "Input"];
    [under.src, under.alt] = [shown[state.image], state.right === "targets" ? "Target" : "Output"];
    [...choices.children].forEach((choice, i) => {
      choice.setAttribute("aria-pressed", String(i === state.image));
      choice.firstChild.src = direction.inputs[i];
    });
  };
  choices.append(...directions[0].inputs.map((source, i) => {
    const choice = button("", () => { state.image = i; show(); }, { "aria-label": `Test image ${i + 1}` });
    choice.append(picture(source, ""));
    return choice;
  }));
  const move = (event) => {
    const bounds = frame.getBoundingClientRect();
    wipe(Math.max(0, Math.min(100, (100 * (event.clientX - bounds.left)) / bounds.width)));
  };
  frame.addEventListener("pointerdown", (event) => { frame.setPointerCapture(event.pointerId); move(event); });
  frame.addEventListener("pointermove", (event) => { if (event.buttons) move(event); });
  const which = directions.length > 1 && menu("Direction", directions.map(({ name }) => name.replace("to", " to ")), (i) => { state.direction = i; show(); });
  wipe(50);
  show();
  return section("Translation", "Drag over the picture: the input is on the left of the line.",
    element("div", { class: "controls" }, which && which.node, right.node), frame, handle.node, choices);
}

function denoisingSection(run) {
  if (!run.denoising) return null;
  const { steps, clean, is_absolute: isAbsolute } = run.denoising;
  const normal = steps.findIndex(({ strength }) => strength === (isAbsolute ? 0.3 : 1));
  const noisy = picture("data:,", "Images with noise", "pixels"), denoised = picture("data:,", "Denoised images", "pixels");
  const show = (index) => { [noisy.src, denoised.src] = [steps[index].noisy, steps[index].denoised]; };
  const strength = slider({ label: "Noise", min: 0, max: steps.length - 1, step: 1, value: normal, className: "wide",
    describe: (index) => `${steps[index].strength}${isAbsolute ? "" : " × training"}`, oninput: show });
  show(normal);
  const row = (name, image) => element("figure", { class: "row" }, element("figcaption", { text: name }), image);
  const unit = isAbsolute ? "It is a standard deviation, for values from 0 to 1." : "The noise of the training has strength 1.";
  return section("Denoising", `Move the slider to change the strength of the noise. ${unit}`, strength.node,
    row("Original", picture(clean, "Original images", "pixels")), row("With noise", noisy), row("Denoised", denoised));
}

function neighborsSection(runs) {
  const shown = runs.filter((run) => run.neighbors).map((run) => element("figure", {},
    picture(run.neighbors, "Samples above their nearest training images"), runs.length > 1 && element("figcaption", { text: run.name })));
  return section("Nearest training images", "Samples in the first row, and the training images nearest to each below it. Copies would look the same.", shown);
}
