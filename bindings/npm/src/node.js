// Node: modules are files of the package.

import { readFile } from "node:fs/promises";
import { setLoader } from "./index.js";

setLoader((name) => readFile(new URL(`../wasm/${name}`, import.meta.url)));

export { Engine, Evaluator, Inventory, compile, compileBuiltin, instance, version } from "./index.js";
export { PlimsollError } from "./module.js";
