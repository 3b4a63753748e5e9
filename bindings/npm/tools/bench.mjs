// Times of the module in Node: `node bindings/npm/tools/bench.mjs BUNDLE FILE…`. The native ones:
// `cargo run --release -p plimsoll-wasm --features plimsoll/fast-regex --example native -- BUNDLE FILE…`.

import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { Engine, instance } from "../../../target/npm/plimsoll/src/node.js";

const ROUNDS = 20;
const [bundle, ...paths] = process.argv.slice(2);
const wasm = readFileSync(new URL("../../../target/npm/plimsoll/wasm/plimsoll.wasm", import.meta.url));
console.log(`module: ${wasm.length} bytes, ${gzipSync(wasm, { level: 9 }).length} with gzip`);

let start = performance.now();
const lap = () => {
  const [now, before] = [performance.now(), start];
  start = now;
  return now - before;
};
const module = await WebAssembly.compile(wasm);
console.log(`compiled: ${lap().toFixed(2)} ms`);
const own = await instance(module);
console.log(`instance: ${lap().toFixed(2)} ms`);
const engine = await Engine.load(readFileSync(bundle), { now: "2026-06-01T00:00:00Z" }, { wasm: own });
console.log(`engine: ${lap().toFixed(2)} ms`);
const files = paths.map((path) => [path, readFileSync(path)]);
let best = Infinity;
let bytes;
for (let round = 0; round < ROUNDS; round++) {
  lap();
  bytes = 0;
  for (const [name, text] of files) bytes += Buffer.byteLength(engine.decideText(text, { name, format: "yaml" }));
  const each = (lap() * 1000) / Math.max(files.length, 1);
  if (round === 0) console.log(`first round: ${each.toFixed(1)} µs a decision`);
  best = Math.min(best, each);
}
console.log(`best of ${ROUNDS} rounds over ${files.length} files: ${best.toFixed(1)} µs a decision (${bytes} bytes of decisions)`);
console.log(`memory: ${own.memory / 1024} KiB`);
