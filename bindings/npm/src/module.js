// One instance of a module: numbers and bytes in and out, by the ABI of `bindings/wasm/README.md`.
//
// INVARIANT: after a trap the instance is never called again.

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** What went wrong: `code` is a stable one of Plimsoll (`E0702`), or a word of this package. */
export class PlimsollError extends Error {
  constructor(code, message, diagnostics = []) {
    super(message);
    this.name = "PlimsollError";
    this.code = code;
    this.diagnostics = diagnostics;
  }
}

/** Words for statuses that have no code of Plimsoll. */
const WORDS = { [-1]: "HANDLE", [-2]: "MEMORY", [-3]: "ARGUMENT", [-4]: "REFUSED", [-5]: "BROKEN" };

/** The version of the ABI that this file speaks. */
const ABI = 0;

/** Bytes of a text; bytes stay what they are. */
export function bytesOf(data) {
  if (typeof data === "string") return encoder.encode(data);
  if (data instanceof Uint8Array) return data;
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  throw new PlimsollError("ARGUMENT", "bytes must be a string, an ArrayBuffer or a view of one");
}

export class Module {
  #exports;
  #broken = false;
  // What nobody holds any more is dropped in the module, too; `dispose` does it at once.
  #forgotten = new FinalizationRegistry((handle) => this.drop(handle));

  constructor(instance) {
    this.#exports = instance.exports;
    const abi = this.#exports.plimsoll_abi?.();
    if (abi !== ABI) throw new PlimsollError("ABI", `the module speaks ABI ${abi}, this package ${ABI}`);
  }

  /** A module that was compiled by the host, or its bytes. */
  static async of(source) {
    const module = source instanceof WebAssembly.Module ? source : await WebAssembly.compile(bytesOf(source));
    return new Module(await WebAssembly.instantiate(module, {}));
  }

  /** A trap has ended it. */
  get broken() {
    return this.#broken;
  }

  /** Calls an export: numbers as they are, strings and bytes as place and length. Gives its number. */
  call(name, ...args) {
    if (this.#broken) throw new PlimsollError("BROKEN", "the module was ended by a trap: load another engine");
    const exported = this.#exports[name];
    if (!exported) throw new PlimsollError("ARGUMENT", `this module has no ${name}: it can't compile`);
    const taken = [];
    try {
      const numbers = args.flatMap((arg) => (typeof arg === "number" ? [arg] : this.#put(bytesOf(arg), taken)));
      const status = exported(...numbers);
      if (status < 0) {
        const told = status === -5 ? null : JSON.parse(this.text());
        throw new PlimsollError(told?.code ?? WORDS[status] ?? "ERROR", told?.message ?? `${name} gave ${status}`);
      }
      return status;
    } catch (error) {
      if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError) {
        this.#broken = true;
        throw new PlimsollError("BROKEN", `the module was ended by a trap: ${error.message}`);
      }
      throw error;
    } finally {
      if (!this.#broken) for (const address of taken) this.#exports.plimsoll_free(address);
    }
  }

  /** Place and length of bytes in the module's memory. */
  #put(bytes, taken) {
    if (bytes.length === 0) return [0, 0];
    const address = this.#exports.plimsoll_alloc(bytes.length) >>> 0;
    if (address === 0) throw new PlimsollError("MEMORY", `there is no memory for ${bytes.length} bytes`);
    taken.push(address);
    new Uint8Array(this.#exports.memory.buffer, address, bytes.length).set(bytes);
    return [address, bytes.length];
  }

  /** A copy of the answer of the last call. */
  answer() {
    const [address, length] = [this.#exports.plimsoll_answer() >>> 0, this.#exports.plimsoll_answer_len() >>> 0];
    return new Uint8Array(this.#exports.memory.buffer, address, length).slice();
  }

  /** The answer as text. */
  text() {
    return decoder.decode(this.answer());
  }

  /** Bytes of the module's memory. */
  get memory() {
    return this.#exports.memory.buffer.byteLength;
  }

  /** Drops a handle when its object is collected. */
  watch(object, handle) {
    this.#forgotten.register(object, handle, object);
  }

  /** Drops a handle now. */
  release(object, handle) {
    this.#forgotten.unregister(object);
    this.drop(handle);
  }

  drop(handle) {
    if (!this.#broken) this.#exports.plimsoll_drop(handle);
  }
}
