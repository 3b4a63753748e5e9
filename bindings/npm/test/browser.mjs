// Serves the page, opens it in Chromium without a window, and prints what it tells: `node browser.mjs CHROMIUM FACES OUT`.
// FACES holds bundle, settings and cases; the decisions are written to OUT.

import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const [chromium, faces, out] = process.argv.slice(2);
const TYPES = { ".js": "text/javascript", ".mjs": "text/javascript", ".html": "text/html", ".wasm": "application/wasm" };
const cases = readFileSync(path.join(faces, "cases"), "utf8").split("\n").filter((line) => line !== "");
writeFileSync(out, "");
let failed = false;

async function post(request, body) {
  if (request.url === "/decisions") appendFileSync(out, body);
  if (request.url === "/lines") {
    process.stdout.write(body);
    failed ||= body.toString().split("\n").some((line) => line.startsWith("not ok"));
  }
  if (request.url === "/end") setImmediate(end);
}

const server = createServer(async (request, response) => {
  const url = new URL(request.url, "http://localhost");
  const parts = [];
  for await (const part of request) parts.push(part);
  if (request.method === "POST") {
    await post(request, Buffer.concat(parts));
    return response.end();
  }
  if (url.pathname === "/faces/cases") {
    const from = Number(url.searchParams.get("from"));
    return response.end(cases.slice(from, from + 200).map((line) => `${line}\n`).join(""));
  }
  const file = url.pathname.startsWith("/faces/")
    ? path.join(faces, path.basename(url.pathname))
    : path.join(process.cwd(), path.normalize(url.pathname));
  const headers = { "content-type": TYPES[path.extname(file)] ?? "text/plain; charset=utf-8" };
  if (file.endsWith(".html")) {
    headers["content-security-policy"] = "script-src 'self' 'unsafe-inline' blob: 'wasm-unsafe-eval'";
  }
  const bytes = await readFile(file).catch(() => null);
  response.writeHead(bytes ? 200 : 404, headers);
  response.end(bytes ?? "");
});

const profile = mkdtempSync(path.join(tmpdir(), "plimsoll-chromium-"));
let browser;
const timer = setTimeout(() => {
  console.log("not ok page: it did not end in time");
  failed = true;
  end();
}, Number(process.env.PLIMSOLL_BROWSER_SECONDS ?? 900) * 1000);

function end() {
  clearTimeout(timer);
  browser.once("exit", () => {
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    process.exit(failed ? 1 : 0);
  });
  browser.kill();
  server.close();
}

server.listen(0, "127.0.0.1", () => {
  browser = spawn(chromium, [
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", `--user-data-dir=${profile}`,
    `http://127.0.0.1:${server.address().port}/browser.html`,
  ], { stdio: "ignore" });
  browser.on("error", (error) => {
    console.log(`not ok page: ${chromium} can't be run: ${error.message}`);
    process.exit(1);
  });
});
