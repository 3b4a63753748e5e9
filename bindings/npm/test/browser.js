// In the page: the suite, the README's examples, and the decisions of all cases, told to the server.

import { Engine } from "plimsoll";
import { examples } from "./examples.js";
import { run } from "./suite.js";

const tell = (path, body) => fetch(path, { method: "POST", body });

async function example({ name, code, wanted }) {
  const printed = [];
  const log = console.log;
  console.log = (...args) => printed.push(args.join(" "));
  try {
    // Only as a module of the page's own can an example name the package.
    await import(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
    if (JSON.stringify(printed) !== JSON.stringify(wanted)) throw new Error(`printed ${JSON.stringify(printed)}`);
    return `ok README: ${name}`;
  } catch (error) {
    return `not ok README: ${name}: ${error?.stack ?? error}`;
  } finally {
    console.log = log;
  }
}

async function cases() {
  const bundle = await (await fetch("/faces/bundle")).arrayBuffer();
  const engine = await Engine.load(bundle, await (await fetch("/faces/settings")).json());
  for (let from = 0; ; from += 200) {
    const text = await (await fetch(`/faces/cases?from=${from}`)).text();
    if (text === "") return;
    const decisions = text.trimEnd().split("\n").map((line) => {
      const { name, format, base64 } = JSON.parse(line);
      const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
      return engine.decideText(bytes, { name, format });
    });
    await tell("/decisions", decisions.map((d) => `${d}\n`).join(""));
  }
}

try {
  const lines = await run();
  const readme = await (await fetch("/node_modules/plimsoll/README.md")).text();
  for (const one of examples(readme)) lines.push(await example(one));
  await tell("/lines", lines.map((line) => `${line}\n`).join(""));
  await cases();
  await tell("/end", "");
} catch (error) {
  await tell("/lines", `not ok page: ${error?.stack ?? error}\n`);
  await tell("/end", "");
}
