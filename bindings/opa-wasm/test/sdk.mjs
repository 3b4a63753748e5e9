// Asks a module through npm's `@open-policy-agent/opa-wasm`: `node sdk.mjs MODULE DATA CASES`; a line of JSON for each case.
import { readFileSync } from "node:fs";
import opa from "@open-policy-agent/opa-wasm";

const [module, data, cases] = process.argv.slice(2).map((file) => readFileSync(file));
const began = performance.now();
const policy = await opa.loadPolicy(module);
const loaded = performance.now() - began;
policy.setData(JSON.parse(data));
let asked = 0;
for (const line of cases.toString().split("\n").filter(Boolean)) {
  // As text, so that places in it are those of the text.
  const input = new TextEncoder().encode(JSON.parse(line)).buffer;
  const start = performance.now();
  const answer = policy.evaluate(input, "plimsoll/decision");
  asked += performance.now() - start;
  console.log(JSON.stringify(answer));
}
console.error(`loaded in ${loaded.toFixed(0)} ms, asked for ${asked.toFixed(0)} ms, ${policy.mem.buffer.byteLength >> 10} KiB`);
