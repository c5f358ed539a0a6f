/**
 * Main's `.gitattributes`, cut down to what a merge without a checkout needs and what runs nothing (pure): the built-in
 * merge drivers. A driver, filter or diff program that a repository names is left out.
 */

const builtIn = new Set([
  "merge=union",
  "merge=text",
  "merge=binary",
  "merge",
  "-merge",
  "!merge",
  "binary",
  "-binary",
]);

/** The lines of `text` that matter, with only the attributes that do. Macros made of built-in ones survive. */
export function safeAttributes(text: string): string {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const macros = new Map<string, string[]>();
  const kept: string[] = [];
  for (const line of lines) {
    if (line === "" || line.startsWith("#")) continue;
    const { pattern, attributes } = splitLine(line);
    const allowed = attributes.filter(
      (attribute) => builtIn.has(attribute) || macros.has(attribute.replace(/^[-!]/, "")),
    );
    if (allowed.length === 0) continue;
    const macro = /^\[attr\]([A-Za-z0-9_.][A-Za-z0-9_.-]*)$/.exec(pattern)?.[1];
    // A macro called as one of git's own would change what that means.
    if (macro !== undefined && !["merge", "binary"].includes(macro)) macros.set(macro, allowed);
    else if (pattern.startsWith("[attr]")) continue;
    kept.push(`${pattern} ${allowed.join(" ")}`);
  }
  return kept.length === 0 ? "" : `${kept.join("\n")}\n`;
}

/** A pattern with blanks stands in double quotes, with backslash escapes. */
function splitLine(line: string): { pattern: string; attributes: string[] } {
  const quoted = /^"(?:[^"\\]|\\.)*"/.exec(line)?.[0];
  const pattern = quoted ?? line.split(/[ \t]/, 1)[0] ?? "";
  return {
    pattern,
    attributes: line
      .slice(pattern.length)
      .split(/[ \t]+/)
      .filter((each) => each !== ""),
  };
}
