// Engines, evaluators, inventories and the compiler, over a loader of modules that Node and browsers have each their own of.

import { Module, PlimsollError } from "./module.js";

const DISPOSE = Symbol.dispose ?? Symbol.for("Symbol.dispose");
const FORMATS = { json: 0, yaml: 1 };

/** Something in a module, by handle. */
class Held {
  #module;
  #handle;

  constructor(module, handle) {
    this.#module = module;
    this.#handle = handle;
    module.watch(this, handle);
  }

  /** @internal */
  get _module() {
    return this.#module;
  }

  /** @internal */
  get _handle() {
    if (this.#handle === 0) throw new PlimsollError("HANDLE", `this ${this.constructor.name} was disposed of`);
    return this.#handle;
  }

  dispose() {
    if (this.#handle !== 0) this.#module.release(this, this.#handle);
    this.#handle = 0;
  }

  [DISPOSE]() {
    this.dispose();
  }
}

/** Format, bytes and name of an input: text and bytes as they are, everything else as its JSON. */
function inputOf(input, options = {}) {
  const raw = typeof input === "string" || input instanceof ArrayBuffer || ArrayBuffer.isView(input);
  const named = /\.jsonl?$/.test(options.name ?? "") ? "json" : "yaml";
  const format = FORMATS[options.format ?? (raw ? named : "json")];
  if (format === undefined) throw new PlimsollError("ARGUMENT", `the format "${options.format}" is neither json nor yaml`);
  const text = raw ? input : JSON.stringify(input);
  if (text === undefined) throw new PlimsollError("ARGUMENT", "the input has no JSON form");
  return [format, text, options.name ?? ""];
}

/** The objects that policies may join with. */
export class Inventory extends Held {
  insert(input, options) {
    this._module.call("plimsoll_inventory_insert", this._handle, ...inputOf(input, options));
    return this;
  }

  replaceAll(inputs, options) {
    const list = Array.isArray(inputs) ? { apiVersion: "v1", kind: "List", items: inputs } : inputs;
    const empty = Array.isArray(inputs) && inputs.length === 0;
    this._module.call("plimsoll_inventory_replace", this._handle, ...inputOf(empty ? "" : list, options));
    return this;
  }

  remove(identity) {
    return this._module.call("plimsoll_inventory_remove", this._handle, JSON.stringify(identity) ?? "") === 1;
  }

  complete() {
    this._module.call("plimsoll_inventory_complete", this._handle);
    return this;
  }

  get size() {
    return this._module.call("plimsoll_inventory_len", this._handle);
  }
}

/** The scratch of evaluations. */
export class Evaluator extends Held {
  decideText(input, options = {}) {
    const inventory = options.inventory;
    if (inventory && inventory._module !== this._module) {
      throw new PlimsollError("HANDLE", "the inventory is of another engine than the evaluator");
    }
    this._module.call("plimsoll_decide", this._handle, inventory?._handle ?? 0, ...inputOf(input, options));
    return this._module.text();
  }

  decide(input, options) {
    return JSON.parse(this.decideText(input, options));
  }

  decideCluster(inventory) {
    if (inventory?._module !== this._module) {
      throw new PlimsollError("HANDLE", "the inventory is of another engine than the evaluator");
    }
    this._module.call("plimsoll_decide_cluster", this._handle, inventory._handle);
    return JSON.parse(this._module.text());
  }
}

/** Policies with all that they are told. */
export class Engine extends Held {
  #own = null;

  static async load(bundles, settings = {}, options = {}) {
    const module = await host(options.wasm, "plimsoll.wasm");
    const builder = new Held(module, module.call("plimsoll_builder"));
    try {
      for (const bundle of Array.isArray(bundles) ? bundles : [bundles]) {
        module.call("plimsoll_builder_bundle", builder._handle, bundle);
      }
      const now = settings.now ?? new Date();
      const said = { ...settings, now: now instanceof Date ? now.toISOString() : now };
      module.call("plimsoll_builder_settings", builder._handle, JSON.stringify(said));
      return new Engine(module, module.call("plimsoll_builder_build", builder._handle));
    } finally {
      builder.dispose();
    }
  }

  evaluator() {
    return new Evaluator(this._module, this._module.call("plimsoll_evaluator", this._handle));
  }

  inventory() {
    return new Inventory(this._module, this._module.call("plimsoll_inventory", this._handle));
  }

  decide(input, options) {
    return this.#evaluator().decide(input, options);
  }

  decideText(input, options) {
    return this.#evaluator().decideText(input, options);
  }

  decideCluster(inventory) {
    return this.#evaluator().decideCluster(inventory);
  }

  #evaluator() {
    this._handle;
    return (this.#own ??= this.evaluator());
  }

  dispose() {
    this.#own?.dispose();
    this.#own = null;
    super.dispose();
  }
}

/** Compiles texts of policies, path and text, to a bundle. Wrong texts are an error with all diagnostics. */
export async function compile(files, options = {}) {
  const request = JSON.stringify({ name: options.name ?? "policies", files });
  return compilation(options, (module) => module.call("plimsoll_compile", request));
}

/** Compiles the built-in policies. */
export async function compileBuiltin(options = {}) {
  return compilation(options, (module) => module.call("plimsoll_compile_builtin"));
}

async function compilation(options, run) {
  const module = await host(options.wasm, "plimsoll-full.wasm");
  const compiled = new Held(module, run(module));
  try {
    const good = module.call("plimsoll_compilation_report", compiled._handle) === 1;
    const { diagnostics, text } = JSON.parse(module.text());
    if (!good) throw new PlimsollError(diagnostics[0]?.code ?? "REFUSED", text, diagnostics);
    module.call("plimsoll_compilation_bundle", compiled._handle);
    return { bundle: module.answer(), diagnostics, text };
  } finally {
    compiled.dispose();
  }
}

/** The version of Plimsoll. */
export async function version(options = {}) {
  const module = await host(options.wasm, "plimsoll.wasm");
  module.call("plimsoll_version");
  return module.text();
}

/** A new instance of a module, beside those that are shared. */
export async function instance(source) {
  return Module.of(source);
}

let fetchModule;
const shared = new Map();

/** Says how a module of the package is got by its name. */
export function setLoader(loader) {
  fetchModule = loader;
}

/** An instance: the host's own, or one that all share until a trap ends it. */
async function host(own, name) {
  if (own instanceof Module) return own;
  if (own !== undefined) return Module.of(own);
  const known = shared.get(name);
  if (known && !(await known).broken) return known;
  const next = fetchModule(name).then((source) => Module.of(source));
  shared.set(name, next);
  next.catch(() => shared.delete(name));
  return next;
}
