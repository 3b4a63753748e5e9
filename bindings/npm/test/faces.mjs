// The decisions of all cases, a line each: `node faces.mjs FACES`.

import { createReadStream, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import path from "node:path";
import { Engine } from "plimsoll";

const faces = process.argv[2];
const settings = JSON.parse(readFileSync(path.join(faces, "settings"), "utf8"));
const engine = await Engine.load(readFileSync(path.join(faces, "bundle")), settings);
for await (const line of createInterface({ input: createReadStream(path.join(faces, "cases")) })) {
  const { name, format, base64 } = JSON.parse(line);
  const text = engine.decideText(Buffer.from(base64, "base64"), { name, format });
  if (!process.stdout.write(`${text}\n`)) await new Promise((resume) => process.stdout.once("drain", resume));
}
