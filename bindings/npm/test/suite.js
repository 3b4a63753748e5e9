// What is tested in Node and in a browser alike: a list of names and functions that throw.

import {
  Engine, PlimsollError, compile, compileBuiltin, instance, version,
} from "plimsoll";

function equal(given, wanted) {
  const [a, b] = [JSON.stringify(given), JSON.stringify(wanted)];
  if (a !== b) throw new Error(`${a} is not ${b}`);
}

function ok(truth, what = "it is not so") {
  if (!truth) throw new Error(typeof what === "string" ? what : JSON.stringify(what));
}

async function fails(code, run) {
  let given;
  try {
    given = await run();
  } catch (error) {
    ok(error instanceof PlimsollError, `${error?.stack}`);
    if (code !== null) equal(error.code, code);
    return error;
  }
  throw new Error(`${JSON.stringify(given)} is no error`);
}

const POLICY = `module p
/// Pods do not share the network of their node.
policy host_network {
    id = "T-1" severity = high
    param names: set<string> = {}
    on Pod as pod
    if pod.metadata.name not in names
    deny "no" if pod.spec?.hostNetwork == true at pod.spec?.hostNetwork
}`;

const pod = (name, hostNetwork = true) => ({
  apiVersion: "v1", kind: "Pod", metadata: { name }, spec: { hostNetwork, containers: [] },
});

let known;
const bundle = async () => (known ??= (await compile({ "p.plim": POLICY }, { name: "t" })).bundle);

export const tests = [
  ["it has a version", async () => ok(/^\d+\.\d+\.\d+/.test(await version()))],

  ["values, texts and bytes are judged alike", async () => {
    const engine = await Engine.load(await bundle());
    const text = JSON.stringify(pod("a"));
    const named = { name: "a.json" };
    const first = engine.decideText(pod("a"), named);
    equal(JSON.parse(first).allowed, false);
    equal(JSON.parse(first).findings[0].pointer, "/spec/hostNetwork");
    equal(engine.decideText(text, named), first);
    const bytes = new TextEncoder().encode(text);
    equal(engine.decideText(bytes, named), first);
    equal(engine.decideText(bytes.buffer, named), first);
    equal(engine.decideText(new DataView(bytes.buffer), named), first);
    equal(engine.evaluator().decideText(text, named), first);
    equal(engine.decide(pod("a", false)).allowed, true);
  }],

  ["settings are kept, and wrong ones refused", async () => {
    const engine = await Engine.load(await bundle(), { params: { "T-1.names": ["a"] } });
    equal(engine.decide(pod("a")).allowed, true);
    equal(engine.decide(pod("b")).allowed, false);
    const plb = await bundle();
    ok((await fails("REFUSED", () => Engine.load(plb, { onyl: "T-1" }))).message.includes("onyl"));
    ok((await fails(null, () => Engine.load(plb, { only: "host_netwrok" }))).message.includes("host_network"));
    await fails("REFUSED", () => Engine.load(plb, { now: "yesterday" }));
    await fails("REFUSED", () => Engine.load([]));
    equal((await Engine.load(plb, { now: new Date() })).decide(pod("a")).allowed, false);
  }],

  ["bundles that are none are refused", async () => {
    const plb = await bundle();
    for (const wrong of ["", "PLB", plb.slice(0, 40), plb.slice(1), new Uint8Array(1000)]) {
      const error = await fails(null, () => Engine.load(wrong));
      ok(/^E\d{4}$/.test(error.code), error.code);
    }
    const flipped = plb.slice();
    flipped[flipped.length >> 1] ^= 1;
    await fails(null, () => Engine.load(flipped));
  }],

  ["what is refused is a decision", async () => {
    const engine = await Engine.load(await bundle());
    const inputs = ["", "a: [", "# nothing", "[]", {}, [], "\0", new Uint8Array([0xff, 0xfe, 0xff]), "[".repeat(1_000_000),
      "{a: ".repeat(200_000), "- ".repeat(200_000), '{"a":'.repeat(100_000)];
    for (const input of inputs) {
      const decision = engine.decide(input);
      equal([decision.allowed, decision.errors.length > 0], [false, true]);
    }
    for (const format of ["json", "yaml"]) {
      equal(engine.decide("[".repeat(1_000_000), { format }).allowed, false);
    }
    // The engine still works.
    equal(engine.decide(pod("a", false)).allowed, true);
  }],

  ["inputs without a JSON form are told", async () => {
    const engine = await Engine.load(await bundle());
    await fails("ARGUMENT", () => engine.decide(undefined));
    await fails("ARGUMENT", () => engine.decide(() => 1));
    await fails("ARGUMENT", () => engine.decide("a", { format: "toml" }));
  }],

  ["names and hidden characters are escapes", async () => {
    const engine = await Engine.load(await bundle());
    const text = engine.decideText(pod("a\u202e\u0007\u0085é🚢"), { name: "ü.json" });
    ok(text.includes("ü.json") && text.includes("é🚢"), text);
    ok(text.includes("\\u202e") && text.includes("\\u0085") && !/[\u0000-\u001f\u0080-\u009f\u202e]/.test(text), text);
  }],

  ["an inventory is joined with", async () => {
    const { bundle } = await compile({ "q.plim": `module q
/// Names are taken once.
policy once {
    id = "T-2" severity = low
    on Pod as pod
    for other in cluster(Service)
    if other.metadata.name == pod.metadata.name
    deny "{other.metadata.name} is there"
}` });
    const engine = await Engine.load(bundle);
    const inventory = engine.inventory().complete();
    const service = (name) => ({ apiVersion: "v1", kind: "Service", metadata: { name } });
    equal(engine.decide(pod("a"), { inventory }).allowed, true);
    inventory.insert(service("a")).insert(service("a"));
    equal([inventory.size, engine.decide(pod("a"), { inventory }).allowed], [1, false]);
    await fails(null, () => inventory.insert("a: ["));
    await fails(null, () => inventory.insert([1]));
    equal(inventory.size, 1);
    equal([inventory.remove({ kind: "Service", name: "b" }), inventory.remove({ kind: "Service", name: "a" })], [false, true]);
    await fails("ARGUMENT", () => inventory.remove({ knid: "Service", name: "b" }));
    equal(inventory.size, 0);
    equal(inventory.replaceAll([service("b"), service("c")]).size, 2);
    equal(inventory.replaceAll("apiVersion: v1\nkind: Service\nmetadata: {name: d}\n").size, 1);
    equal(inventory.replaceAll([]).size, 0);
    equal(engine.decideCluster(inventory).allowed, true);
    const other = await Engine.load(bundle);
    await fails("HANDLE", () => other.decide(pod("a"), { inventory }));
  }],

  ["what was disposed of throws", async () => {
    const engine = await Engine.load(await bundle());
    const [evaluator, inventory] = [engine.evaluator(), engine.inventory()];
    equal(engine.decide(pod("a")).allowed, false);
    engine.dispose();
    engine.dispose();
    await fails("HANDLE", () => engine.decide(pod("a")));
    await fails("HANDLE", () => engine.evaluator());
    // What was made of it lives on.
    equal(evaluator.decide(pod("a"), { inventory }).allowed, false);
    evaluator.dispose();
    inventory.dispose();
    await fails("HANDLE", () => evaluator.decide(pod("a")));
    await fails("HANDLE", () => inventory.size);
  }],

  ["memory does not grow", async () => {
    const engine = await Engine.load(await bundle());
    const own = engine._module;
    const turn = () => {
      const [evaluator, inventory] = [engine.evaluator(), engine.inventory()];
      inventory.insert(pod("x".repeat(1000)));
      for (let i = 0; i < 5; i++) evaluator.decide(pod(`a${i}`), { inventory });
      evaluator.decide("a: [");
      evaluator.dispose();
      inventory.dispose();
    };
    for (let i = 0; i < 200; i++) turn();
    const before = own.memory;
    for (let i = 0; i < 2000; i++) turn();
    equal(own.memory, before);
  }],

  ["policies that are wrong are told with places", async () => {
    const error = await fails(null, () => compile({ "a.plim": "module a\nfn f(x: int) -> bool = y\n" }));
    ok(/^E\d{4}$/.test(error.code), error.code);
    equal([error.diagnostics[0].file, error.diagnostics[0].start.line], ["a.plim", 2]);
    ok(error.message.includes("a.plim:2"), error.message);
    await fails("ARGUMENT", () => compile({ "a.plim": 1 }));
    await fails(null, () => compile({ "plimsoll.toml": "nam = 1", "a.plim": "module a" }));
    const deep = `module a\nfn f() -> int = ${"(".repeat(100_000)}1${")".repeat(100_000)}`;
    await fails(null, () => compile({ "a.plim": deep }));
    const long = `module a\nfn f() -> int = ${"1 + ".repeat(5_000)}1`;
    await compile({ "a.plim": long }).catch((error) => ok(error instanceof PlimsollError && error.code !== "BROKEN", error.message));
    // The compiler still works.
    ok((await compile({ "p.plim": POLICY })).bundle.length > 100);
  }],

  ["lints are told", async () => {
    const { diagnostics, text } = await compile({ "p.plim": POLICY.replace("/// Pods do not share the network of their node.", "") });
    ok(diagnostics.every((d) => d.level === "warning") && diagnostics.length > 0 && text.length > 0, diagnostics);
  }],

  ["a bundle has its configuration", async () => {
    const { bundle } = await compile({ "p.plim": POLICY, "plimsoll.toml": 'name = "mine"\n[params]\n"T-1.names" = ["b"]\n' });
    const engine = await Engine.load(bundle);
    equal([engine.decide(pod("b")).allowed, engine.decide(pod("a")).findings[0].bundle], [true, "mine"]);
  }],

  ["the built-in policies are there", async () => {
    const { bundle } = await compileBuiltin();
    const engine = await Engine.load(bundle);
    const { findings } = engine.decide(pod("a"));
    ok(findings.length > 1 && findings.every((f) => f.bundle === "owasp" && Object.keys(f.refs).length > 0), findings);
  }],

  ["an instance of its own, and what a trap leaves", async () => {
    // A module that speaks the ABI and traps when it is asked for a builder.
    const bytes = Uint8Array.from([
      0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 127, 3, 3, 2, 0, 0, 7, 35, 2,
      12, ...new TextEncoder().encode("plimsoll_abi"), 0, 0,
      16, ...new TextEncoder().encode("plimsoll_builder"), 0, 1,
      10, 10, 2, 4, 0, 65, 0, 11, 3, 0, 0, 11,
    ]);
    const own = await instance(bytes);
    await fails("BROKEN", () => Engine.load("", {}, { wasm: own }));
    equal(own.broken, true);
    await fails("BROKEN", () => Engine.load("", {}, { wasm: own }));
    await fails("ABI", () => instance(Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0])));
    // The shared one is another.
    equal((await Engine.load(await bundle())).decide(pod("a")).allowed, false);
  }],
];

/** Runs all; gives lines of a report, `ok NAME` or `not ok NAME: why`. */
export async function run() {
  const lines = [];
  for (const [name, test] of tests) {
    try {
      await test();
      lines.push(`ok ${name}`);
    } catch (error) {
      lines.push(`not ok ${name}: ${error?.stack ?? error}`);
    }
  }
  return lines;
}
