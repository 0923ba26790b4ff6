// Decode latents with the page's runtime: node decode.mjs network.js live.json latents.json > images.json
import { readFileSync } from "node:fs";
import vm from "node:vm";

const [script, live, points] = process.argv.slice(2).map((path) => readFileSync(path, "utf8"));
const context = vm.createContext({ atob });
vm.runInContext(`${script}\nglobalThis.createDecoder = createDecoder;`, context);
context.live = JSON.parse(live);
const decode = vm.runInContext("createDecoder(live)", context);
const { latents, labels } = JSON.parse(points);
const images = latents.map((point, i) => Array.from(decode(point, labels ? labels[i] : 0)));
process.stdout.write(JSON.stringify(images));
