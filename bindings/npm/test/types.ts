// Compiled, never run: what the types allow, and what they refuse.

import { Engine, PlimsollError, compile, type Decision, type Settings } from "plimsoll";

const settings: Settings = { profile: ["a"], now: new Date(), limits: { fuel: 5 }, severity: "high" };
const { bundle } = await compile({ "a.plim": "module a" }, { name: "mine" });
const engine: Engine = await Engine.load([bundle], settings);
const inventory = engine.inventory().insert({}).complete();
const decision: Decision = engine.evaluator().decide("a", { name: "a.yaml", inventory });
const text: string | undefined = decision.findings[0]?.fix?.edits[0]?.patch[0]?.path;
inventory.remove({ kind: "Pod", name: text ?? "" });
export const codes: string[] = decision.errors.map((error) => error.code);
export const told = (error: unknown): string => (error instanceof PlimsollError ? error.code : "");

// @ts-expect-error a key that is not known
await Engine.load(bundle, { onyl: "a" });
// @ts-expect-error a severity that is none
await Engine.load(bundle, { severity: "hihg" });
// @ts-expect-error an engine is loaded, not made
new Engine();
// @ts-expect-error an identity has a name
inventory.remove({ kind: "Pod" });
// @ts-expect-error texts are texts
await compile({ "a.plim": 1 });
