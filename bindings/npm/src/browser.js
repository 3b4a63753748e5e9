// Browsers: modules are fetched from beside this file. Bundlers know `new URL(…, import.meta.url)`.

import { setLoader } from "./index.js";

const URLS = {
  "plimsoll.wasm": () => new URL("../wasm/plimsoll.wasm", import.meta.url),
  "plimsoll-full.wasm": () => new URL("../wasm/plimsoll-full.wasm", import.meta.url),
};

setLoader(async (name) => {
  const url = URLS[name]();
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} can't be fetched: ${response.status}`);
  // A server that does not know the type of WebAssembly is no reason to fail.
  const typed = (response.headers.get("content-type") ?? "").startsWith("application/wasm");
  return typed ? WebAssembly.compileStreaming(response) : response.arrayBuffer();
});

export { Engine, Evaluator, Inventory, compile, compileBuiltin, instance, version } from "./index.js";
export { PlimsollError } from "./module.js";
