// The `js` blocks of the README: code, and what `console.log` prints by the comments behind it.

export function examples(readme) {
  const found = [];
  let heading = "";
  for (const part of readme.split(/^(?=#+ |```)/m)) {
    if (part.startsWith("#")) heading = part.split("\n")[0].replace(/^#+ /, "");
    const code = part.match(/^```js\n([^]*)$/)?.[1];
    if (code === undefined) continue;
    const wanted = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map((match) => match[1]);
    found.push({ name: heading, code, wanted });
  }
  return found;
}
