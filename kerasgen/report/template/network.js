// A runtime for small networks from latents to one image. `network.py` describes the operations.

function bytesOf(text) {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}

function floatsOf(text) {
  return new Float32Array(bytesOf(text).buffer);
}

const product = (numbers) => numbers.reduce((a, b) => a * b, 1);

// Return the kernel as float32: (number - half) * scale of its channel, which is on `axis`. The numbers have `bits` bits
// each, and the most significant bit comes first.
function kernelOf(kernel, axis, bits) {
  const bytes = bytesOf(kernel.numbers), scales = floatsOf(kernel.scales);
  const inner = product(kernel.shape.slice(axis + 1)), half = 2 ** (bits - 1) - 1, mask = (1 << bits) - 1;
  const values = new Float32Array(product(kernel.shape));
  let buffer = 0, available = 0, next = 0, channel = 0, left = inner;
  for (let i = 0; i < values.length; i++) {
    while (available < bits) {
      buffer = ((buffer << 8) | bytes[next++]) & 0xffffff;
      available += 8;
    }
    available -= bits;
    values[i] = (((buffer >>> available) & mask) - half) * scales[channel];
    if (--left === 0) {
      left = inner;
      if (++channel === scales.length) channel = 0;
    }
  }
  return values;
}

function erf(x) {  // Abramowitz and Stegun 1964, formula 7.1.26: an error of at most 1.5e-7
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const sum = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.sign(x) * (1 - sum * Math.exp(-x * x));
}

const sigmoid = (x) => 1 / (1 + Math.exp(-x));

const ACTIVATIONS = {
  linear: () => (x) => x,
  relu: () => (x) => (x > 0 ? x : 0),
  leaky_relu: (slope) => (x) => (x > 0 ? x : slope * x),
  tanh: () => Math.tanh,
  sigmoid: () => sigmoid,
  elu: () => (x) => (x > 0 ? x : Math.expm1(x)),
  silu: () => (x) => x * sigmoid(x),
  softplus: () => (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  gelu: () => (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
};

function applyActivation(values, operation) {
  if (operation.activation === "linear") return;
  const activate = ACTIVATIONS[operation.activation](operation.slope);
  for (let i = 0; i < values.length; i++) values[i] = activate(values[i]);
}

// Start the outputs of a layer with its bias, which has a value for each channel.
function fillWith(bias, outputs) {
  if (bias === null) return outputs.fill(0);
  for (let i = 0; i < outputs.length; i += bias.length) outputs.set(bias, i);
}

// Add to each of the outputs the product of the inputs and one row of the kernel. Four rows share the reading of inputs.
function addProducts(x, input, channels, kernel, weights, y, output, filters) {
  let o = 0;
  for (; o + 4 <= filters; o += 4) {
    const first = weights + o * channels, second = first + channels, third = second + channels, fourth = third + channels;
    let a = 0, b = 0, c = 0, d = 0;
    for (let i = 0; i < channels; i++) {
      const value = x[input + i];
      a += value * kernel[first + i];
      b += value * kernel[second + i];
      c += value * kernel[third + i];
      d += value * kernel[fourth + i];
    }
    y[output + o] += a;
    y[output + o + 1] += b;
    y[output + o + 2] += c;
    y[output + o + 3] += d;
  }
  for (; o < filters; o++) {
    let sum = 0;
    for (let i = 0; i < channels; i++) sum += x[input + i] * kernel[weights + o * channels + i];
    y[output + o] += sum;
  }
}

// Each function takes an operation and the shapes of its inputs. It returns the shape of the output and a function
// `run(inputs, outputs)` of flat arrays.
const OPERATIONS = {
  dense(operation, [shape], bits) {
    const kernel = kernelOf(operation.kernel, 1, bits);
    const bias = operation.bias && floatsOf(operation.bias);
    const [inputs, units] = operation.kernel.shape;
    const run = ([x], y) => {
      fillWith(bias, y);
      for (let i = 0; i < inputs; i++) {
        const value = x[i], row = i * units;
        if (value !== 0) for (let o = 0; o < units; o++) y[o] += value * kernel[row + o];
      }
      applyActivation(y, operation);
    };
    return { shape: [...shape.slice(0, -1), units], run };
  },

  convolve(operation, [[height, width, channels]], bits) {
    const kernel = kernelOf(operation.kernel, 3, bits);
    const bias = operation.bias && floatsOf(operation.bias);
    const [kernelHeight, kernelWidth, , filters] = operation.kernel.shape;
    const [strideY, strideX] = operation.strides;
    const [rows, top] = convolvedSize(height, kernelHeight, strideY, operation.padding);
    const [columns, left] = convolvedSize(width, kernelWidth, strideX, operation.padding);
    const run = ([x], y) => {
      fillWith(bias, y);
      for (let row = 0; row < rows; row++) for (let column = 0; column < columns; column++) {
        const output = (row * columns + column) * filters;
        for (let ky = 0; ky < kernelHeight; ky++) {
          const fromY = row * strideY + ky - top;
          if (fromY < 0 || fromY >= height) continue;
          for (let kx = 0; kx < kernelWidth; kx++) {
            const fromX = column * strideX + kx - left;
            if (fromX < 0 || fromX >= width) continue;
            const input = (fromY * width + fromX) * channels;
            for (let c = 0; c < channels; c++) {
              const value = x[input + c], weights = ((ky * kernelWidth + kx) * channels + c) * filters;
              if (value !== 0) for (let o = 0; o < filters; o++) y[output + o] += value * kernel[weights + o];
            }
          }
        }
      }
      applyActivation(y, operation);
    };
    return { shape: [rows, columns, filters], run };
  },

  convolve_transposed(operation, [[height, width, channels]], bits) {
    const kernel = kernelOf(operation.kernel, 2, bits);
    const bias = operation.bias && floatsOf(operation.bias);
    const [kernelHeight, kernelWidth, filters] = operation.kernel.shape;
    const [strideY, strideX] = operation.strides;
    const [rows, top] = transposedSize(height, kernelHeight, strideY, operation.padding);
    const [columns, left] = transposedSize(width, kernelWidth, strideX, operation.padding);
    const run = ([x], y) => {
      fillWith(bias, y);
      for (let row = 0; row < height; row++) for (let column = 0; column < width; column++) {
        const input = (row * width + column) * channels;
        for (let ky = 0; ky < kernelHeight; ky++) {
          const toY = row * strideY + ky - top;
          if (toY < 0 || toY >= rows) continue;
          for (let kx = 0; kx < kernelWidth; kx++) {
            const toX = column * strideX + kx - left;
            if (toX < 0 || toX >= columns) continue;
            const output = (toY * columns + toX) * filters;
            const weights = (ky * kernelWidth + kx) * filters * channels;
            addProducts(x, input, channels, kernel, weights, y, output, filters);
          }
        }
      }
      applyActivation(y, operation);
    };
    return { shape: [rows, columns, filters], run };
  },

  affine(operation, [shape]) {
    const scale = floatsOf(operation.scale), shift = floatsOf(operation.shift), channels = scale.length;
    const run = ([x], y) => {
      for (let i = 0; i < y.length; i++) y[i] = x[i] * scale[i % channels] + shift[i % channels];
    };
    return { shape, run };
  },

  // Group normalization; with -1 groups, each channel is a group: instance normalization.
  normalize(operation, [shape]) {
    const channels = shape[shape.length - 1], size = product(shape);
    const groups = operation.groups === -1 ? channels : operation.groups;
    const scale = operation.scale ? floatsOf(operation.scale) : new Float32Array(channels).fill(1);
    const shift = operation.shift ? floatsOf(operation.shift) : new Float32Array(channels);
    const groupOf = (i) => Math.floor(((i % channels) * groups) / channels);
    const run = ([x], y) => {
      const mean = new Float64Array(groups), variance = new Float64Array(groups), count = size / groups;
      for (let i = 0; i < size; i++) mean[groupOf(i)] += x[i] / count;
      for (let i = 0; i < size; i++) variance[groupOf(i)] += (x[i] - mean[groupOf(i)]) ** 2 / count;
      for (let i = 0; i < size; i++) {
        const group = groupOf(i), normalized = (x[i] - mean[group]) / Math.sqrt(variance[group] + operation.epsilon);
        y[i] = normalized * scale[i % channels] + shift[i % channels];
      }
    };
    return { shape, run };
  },

  upsample(operation, [[height, width, channels]]) {
    const [sizeY, sizeX] = operation.size, columns = width * sizeX;
    const run = ([x], y) => {
      for (let row = 0; row < height * sizeY; row++) for (let column = 0; column < columns; column++) {
        const from = (Math.floor(row / sizeY) * width + Math.floor(column / sizeX)) * channels;
        for (let c = 0; c < channels; c++) y[(row * columns + column) * channels + c] = x[from + c];
      }
    };
    return { shape: [height * sizeY, columns, channels], run };
  },

  activation(operation, [shape]) {
    return { shape, run: ([x], y) => { y.set(x); applyActivation(y, operation); } };
  },

  reshape(operation, [shape]) {
    const known = product(operation.shape.filter((side) => side !== -1));
    const target = operation.shape.map((side) => (side === -1 ? product(shape) / known : side));
    return { shape: target, run: ([x], y) => y.set(x) };
  },

  one_hot(operation) {
    return { shape: [operation.classes], run: ([x], y) => { y.fill(0); y[x[0]] = 1; } };
  },

  concatenate(operation, shapes) {
    const widths = shapes.map((shape) => shape[shape.length - 1]), total = widths.reduce((a, b) => a + b, 0);
    const run = (inputs, y) => {
      for (let row = 0; row < y.length / total; row++) {
        let start = row * total;
        inputs.forEach((x, k) => {
          y.set(x.subarray(row * widths[k], (row + 1) * widths[k]), start);
          start += widths[k];
        });
      }
    };
    return { shape: [...shapes[0].slice(0, -1), total], run };
  },

  add(operation, [shape]) {
    const run = (inputs, y) => {
      y.fill(0);
      for (const x of inputs) for (let i = 0; i < y.length; i++) y[i] += x[i];
    };
    return { shape, run };
  },
};

// Return the size of the output and the padding before the input, as TensorFlow computes them.
function convolvedSize(size, kernel, stride, padding) {
  if (padding === "valid") return [Math.floor((size - kernel) / stride) + 1, 0];
  const output = Math.ceil(size / stride);
  return [output, Math.floor(Math.max((output - 1) * stride + kernel - size, 0) / 2)];
}

function transposedSize(size, kernel, stride, padding) {
  if (padding === "valid") return [size * stride + Math.max(kernel - stride, 0), 0];
  return [size * stride, Math.floor(Math.max(kernel - stride, 0) / 2)];
}

const OUTPUT_MAPS = {
  sigmoid,
  identity: (x) => x,
  from_minus_one: (x) => 0.5 * (x + 1),
};

// Return a function `decode(latents, label)` that returns an image in [0, 1] as a flat array, valid until the next call.
function createDecoder(live) {
  const { operations, latents, labels, output, bits } = live.network;
  const steps = [], values = [], shapes = [];
  operations.forEach((operation, number) => {
    if (operation.op === "input") {
      shapes[number] = number === latents ? [live.latent_dim] : [1];
      values[number] = new Float32Array(shapes[number][0]);
      return;
    }
    const made = OPERATIONS[operation.op](operation, operation.inputs.map((i) => shapes[i]), bits);
    shapes[number] = made.shape;
    values[number] = new Float32Array(product(made.shape));
    const inputs = operation.inputs.map((i) => values[i]);
    steps.push(() => made.run(inputs, values[number]));
  });
  const toImage = OUTPUT_MAPS[live.output_map], image = new Float32Array(values[output].length);
  return (point, label = 0) => {
    values[latents].set(point);
    if (labels !== null) values[labels][0] = label;
    for (const step of steps) step();
    const raw = values[output];
    for (let i = 0; i < raw.length; i++) image[i] = Math.min(1, Math.max(0, toImage(raw[i])));
    return image;
  };
}
