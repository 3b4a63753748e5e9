// Puts the package together in target/npm/plimsoll and packs it: `node bindings/npm/tools/stage.mjs`. Prints the tarball.
//
// The modules are those of `cargo xtask wasm plimsoll plimsoll-compile`.

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync, existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import path from "node:path";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const modules = process.env.PLIMSOLL_WASM ?? path.join(root, "target/wasm/modules");
const out = path.join(root, "target/npm");
const stage = path.join(out, "plimsoll");

rmSync(stage, { recursive: true, force: true });
mkdirSync(path.join(stage, "wasm"), { recursive: true });
for (const name of ["package.json", "README.md", "src"]) {
  cpSync(path.join(root, "bindings/npm", name), path.join(stage, name), { recursive: true });
}
for (const name of ["LICENSE", "NOTICE"]) cpSync(path.join(root, name), path.join(stage, name));
for (const name of ["plimsoll.wasm", "plimsoll-full.wasm"]) {
  const from = path.join(modules, name);
  if (!existsSync(from)) {
    console.error(`error: there is no ${from}: run \`cargo xtask wasm plimsoll plimsoll-compile\``);
    process.exit(2);
  }
  cpSync(from, path.join(stage, "wasm", name));
}
const cache = path.join(out, "cache");
const told = execFileSync("npm", ["pack", "--silent", "--offline", "--cache", cache, "--pack-destination", out], { cwd: stage });
console.log(path.join(out, told.toString().trim().split("\n").pop()));
