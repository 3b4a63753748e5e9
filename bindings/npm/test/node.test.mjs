// The suite and the examples of the README in Node, over the package as it is installed.
// Run by `cargo test -p plimsoll-tests --test npm`, in a folder where the package is installed.

import test from "node:test";
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { examples } from "./examples.js";
import { tests } from "./suite.js";

for (const [name, run] of tests) test(name, run);

const readme = new URL("node_modules/plimsoll/README.md", import.meta.url);
for (const [index, { name, code, wanted }] of examples(await readFile(readme, "utf8")).entries()) {
  test(`README: ${name}`, async () => {
    const file = new URL(`example-${index}.mjs`, import.meta.url);
    await writeFile(file, code);
    const printed = [];
    const log = console.log;
    console.log = (...args) => printed.push(args.join(" "));
    try {
      await import(file);
    } finally {
      console.log = log;
    }
    assert.ok(wanted.length > 0);
    assert.deepEqual(printed, wanted);
  });
}

test("the modules are files of the package and import nothing", async () => {
  for (const name of ["plimsoll.wasm", "plimsoll-full.wasm"]) {
    const module = await WebAssembly.compile(await readFile(fileURLToPath(import.meta.resolve(`plimsoll/${name}`))));
    assert.deepEqual(WebAssembly.Module.imports(module), []);
  }
});
