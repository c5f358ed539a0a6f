/**
 * Reads TypeScript into the facts that the rules of the house judge: what a file imports, calls, names and says. Parsed
 * by the project's own compiler (its programming interface is marked unstable, its version is pinned), from texts held in
 * memory, so that a bad snippet is judged exactly as a real file is.
 */
import { type Node, type SourceFile, SyntaxKind } from "typescript/unstable/ast";
import { createVirtualFileSystem } from "typescript/unstable/fs";
import { API } from "typescript/unstable/sync";

export type Import = { specifier: string; typeOnly: boolean; names: string[]; line: number };
export type Call = { callee: string; args: string[]; firstString: string | null; text: string; line: number };
export type FunctionFact = {
  name: string;
  lines: number;
  parameters: number;
  isAsync: boolean;
  line: number;
};
export type Comment = { text: string; line: number };
export type Located = { text: string; line: number };

/** What the rules know of one file. Lines count from 1. */
export type Source = {
  path: string;
  text: string;
  lines: number;
  imports: Import[];
  calls: Call[];
  /** Dotted names as written: `process.env`, `Date.now`, `new Date`. */
  accesses: Located[];
  strings: Located[];
  functions: FunctionFact[];
  classes: Located[];
  casts: Located[];
  anys: Located[];
  comments: Comment[];
};

const root = "/house";

/** Parses `texts` (path from the repository's root → content). Paths that are not TypeScript are ignored. */
export function readSources(texts: Record<string, string>): Source[] {
  const paths = Object.keys(texts).filter((path) => /\.tsx?$/.test(path));
  const config = {
    compilerOptions: { noLib: true, noEmit: true, noResolve: true, jsx: "preserve" },
    files: paths,
  };
  const files: Record<string, string> = { [`${root}/tsconfig.json`]: JSON.stringify(config) };
  for (const path of paths) files[`${root}/${path}`] = texts[path] ?? "";
  const api = new API({ cwd: root, fs: createVirtualFileSystem(files) });
  try {
    const snapshot = api.updateSnapshot({ openProjects: [`${root}/tsconfig.json`] });
    const program = snapshot.getProjects()[0]?.program;
    return paths.map((path) => {
      const file = program?.getSourceFile(`${root}/${path}`);
      if (file === undefined) throw new Error(`${path} was not parsed`);
      return factsOf(path, file);
    });
  } finally {
    api.close();
  }
}

/** A first import line that says nothing of the file is no comment, so a header is the first comment above any code. */
export function headerOf(source: Source): string {
  const first = source.comments[0];
  if (first === undefined) return "";
  const firstCode = source.text.replace(/^#!.*\n/, "").trimStart();
  return firstCode.startsWith("/*") || firstCode.startsWith("//") ? first.text : "";
}

function factsOf(path: string, file: SourceFile): Source {
  const text = file.text;
  const lineAt = lineCounter(text);
  const source: Source = {
    path,
    text,
    lines: text.trimEnd().split("\n").length,
    imports: [],
    calls: [],
    accesses: [],
    strings: [],
    functions: [],
    classes: [],
    casts: [],
    anys: [],
    comments: [],
  };
  const literals: { pos: number; end: number }[] = [];
  const visit = (node: Node): void => {
    const start = startOf(text, node.pos);
    const written = { text: text.slice(start, node.end), line: lineAt(start) };
    note(source, node, written);
    if (literalKinds.has(node.kind)) literals.push({ pos: start, end: node.end });
    node.forEachChild(visit);
  };
  visit(file);
  source.comments = commentsOf(text, literals, lineAt);
  return source;
}

const literalKinds = new Set([
  SyntaxKind.StringLiteral,
  SyntaxKind.NoSubstitutionTemplateLiteral,
  SyntaxKind.TemplateHead,
  SyntaxKind.TemplateMiddle,
  SyntaxKind.TemplateTail,
  SyntaxKind.RegularExpressionLiteral,
]);

const functionKinds = new Set([
  SyntaxKind.FunctionDeclaration,
  SyntaxKind.FunctionExpression,
  SyntaxKind.ArrowFunction,
  SyntaxKind.MethodDeclaration,
  SyntaxKind.Constructor,
  SyntaxKind.GetAccessor,
  SyntaxKind.SetAccessor,
]);

function note(source: Source, node: Node, written: Located): void {
  const { kind } = node;
  if (kind === SyntaxKind.ImportDeclaration || kind === SyntaxKind.ExportDeclaration)
    noteImport(source, written);
  else if (kind === SyntaxKind.CallExpression || kind === SyntaxKind.NewExpression)
    noteCall(source, node, written);
  else if (kind === SyntaxKind.PropertyAccessExpression) source.accesses.push(written);
  else if (kind === SyntaxKind.AsExpression) source.casts.push(castOf(node, written));
  else if (kind === SyntaxKind.AnyKeyword) source.anys.push(written);
  else if (functionKinds.has(kind)) source.functions.push(functionOf(node, written));
  else if (kind === SyntaxKind.ClassDeclaration) source.classes.push({ ...written, text: nameOf(node) });
  if (literalKinds.has(kind) && kind !== SyntaxKind.RegularExpressionLiteral)
    source.strings.push(literalOf(written));
}

function noteImport(source: Source, written: Located): void {
  const match = /(?:from\s*|^import\s*)(["'])(.+?)\1/s.exec(written.text);
  if (match?.[2] === undefined) return;
  const named = /\{([^}]*)\}/s.exec(written.text)?.[1] ?? "";
  const names = named
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
  const outside = written.text.replace(/\{[^}]*\}/s, "");
  const onlyTypes =
    names.length > 0 && names.every((name) => name.startsWith("type ")) && !/import\s+\w+\s*,/.test(outside);
  source.imports.push({
    specifier: match[2],
    typeOnly: /^(import|export)\s+type\b/.test(written.text) || onlyTypes,
    names: names.filter((name) => !name.startsWith("type ")).map((name) => name.split(/\s+as\s+/)[0] ?? name),
    line: written.line,
  });
}

function noteCall(source: Source, node: Node, written: Located): void {
  const children = childrenOf(node).map((child) =>
    source.text.slice(startOf(source.text, child.pos), child.end),
  );
  const isNew = node.kind === SyntaxKind.NewExpression;
  const callee = `${isNew ? "new " : ""}${children[0] ?? ""}`;
  const args = children.slice(1);
  const firstString = /^(["'`])(.*)\1$/s.exec(args[0] ?? "")?.[2] ?? null;
  source.calls.push({ callee, args, firstString, text: written.text, line: written.line });
  if (isNew && args.length === 0) source.accesses.push({ text: callee, line: written.line });
  const beside = callee === "new URL" && (args[1] ?? "").includes("import.meta.url");
  if (firstString !== null && (beside || callee === "import" || callee === "import.meta.resolve")) {
    // The extension is computed where a file is `.ts` in a clone and `.js` in the package.
    const specifier = firstString.replace(/\$\{[^}]*\}$/, ".ts");
    source.imports.push({ specifier, typeOnly: false, names: [], line: written.line });
  }
}

function castOf(node: Node, written: Located): Located {
  return {
    ...written,
    text: written.text.endsWith("as const") ? "as const" : `as ${lastChildText(node, written)}`,
  };
}

function functionOf(node: Node, written: Located): FunctionFact {
  const parameters = childrenOf(node).filter((child) => child.kind === SyntaxKind.Parameter).length;
  return {
    name: nameOf(node) || "(anonymous)",
    lines: linesOf(written.text) - nestedLines(node),
    parameters,
    isAsync: childrenOf(node).some((child) => child.kind === SyntaxKind.AsyncKeyword),
    line: written.line,
  };
}

/** Lines of the functions directly inside, less the one that each leaves in the text around it. */
function nestedLines(node: Node): number {
  return childrenOf(node).reduce((sum, child) => {
    if (!functionKinds.has(child.kind)) return sum + nestedLines(child);
    return sum + linesOf(textOf(child)) - 1;
  }, 0);
}

function linesOf(text: string): number {
  return text.trimEnd().split("\n").length;
}

function literalOf(written: Located): Located {
  return { ...written, text: written.text.replace(/^["'`}]|["'`]$|\$\{$/g, "") };
}

/** The name a declaration gives itself, or the constant or property it is given to. */
function nameOf(node: Node): string {
  const own = childrenOf(node).find((child) => child.kind === SyntaxKind.Identifier);
  const isDeclaration = node.kind !== SyntaxKind.ArrowFunction && node.kind !== SyntaxKind.FunctionExpression;
  if (own !== undefined && isDeclaration) return textOf(own);
  const { parent } = node;
  if (parent === undefined) return "";
  if (parent.kind === SyntaxKind.VariableDeclaration || parent.kind === SyntaxKind.PropertyAssignment) {
    const named = childrenOf(parent)[0];
    return named === undefined ? "" : textOf(named);
  }
  return "";
}

function lastChildText(node: Node, written: Located): string {
  const last = childrenOf(node).at(-1);
  return last === undefined ? written.text : textOf(last);
}

function textOf(node: Node): string {
  const file = fileOf(node);
  return file.text.slice(startOf(file.text, node.pos), node.end);
}

function fileOf(node: Node): { text: string } {
  let at: Node = node;
  while (at.parent !== undefined) at = at.parent;
  // as: the root of every parsed tree is its file; the compiler's types do not say so.
  return at as SourceFile;
}

function childrenOf(node: Node): Node[] {
  const children: Node[] = [];
  node.forEachChild((child) => {
    children.push(child);
    return undefined;
  });
  return children;
}

/** Where a node's own text begins: a position counts the blanks and comments before it. */
function startOf(text: string, position: number): number {
  const blank = /(?:\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/|^#![^\n]*)*/y;
  blank.lastIndex = position;
  return position + (blank.exec(text)?.[0].length ?? 0);
}

/** Position → line, counted once per file. */
function lineCounter(text: string): (position: number) => number {
  const starts = [0, ...[...text.matchAll(/\n/g)].map((match) => match.index + 1)];
  return (position) => {
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= position) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

function commentsOf(
  text: string,
  literals: { pos: number; end: number }[],
  lineAt: (position: number) => number,
): Comment[] {
  let masked = text;
  for (const { pos, end } of literals)
    masked = masked.slice(0, pos) + "x".repeat(end - pos) + masked.slice(end);
  return [...masked.matchAll(/\/\/[^\n]*|\/\*[\s\S]*?\*\//g)].map((match) => ({
    text: text.slice(match.index, match.index + match[0].length),
    line: lineAt(match.index),
  }));
}
