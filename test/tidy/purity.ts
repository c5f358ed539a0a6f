/** Pure files: decisions as values, with no world in reach, each with a test of its own. */
import type { Finding, House } from "./house.ts";
import { inSource, resolve } from "./rooms.ts";
import { headerOf, type Source } from "./source.ts";

/** Pure by the plan of the house; any other file becomes pure by a header that begins with `Pure`. */
const declared = [
  "src/errors.ts",
  "src/redis/keys.ts",
  "src/redis/failure.ts",
  "src/git/names.ts",
  "src/events/canonical.ts",
  "src/events/catalog.ts",
  "src/events/reference.ts",
  "src/notifications/lifecycle.ts",
  "src/notifications/rules.ts",
  "src/integration/candidate.ts",
  "src/integration/readiness.ts",
  "src/integration/queue.ts",
  "src/integration/delivery.ts",
  "src/integration/follow-up.ts",
  "src/integration/reasons.ts",
  "src/integration/bookkeeping.ts",
  "src/orchestration/phases.ts",
  "src/guards/policy.ts",
  "src/surfaces/board.ts",
];

/** Packages that only turn values into values. */
const harmless = new Set(["zod", "yaml", "uuid", "node:path", "node:path/posix"]);

const worldly = /^(Date\.now|performance\.now|new Date|Math\.random|process\.\w+|crypto\.\w+)$/;

/** What a pure file reaches that it must not. */
export function impurities(house: House): Finding[] {
  const pure = new Set(pureFiles(house).map(({ path }) => path));
  return house.sources
    .filter(({ path }) => pure.has(path))
    .flatMap((source) => [
      ...source.imports.flatMap((entry) => {
        const problem = impureImport(source, entry, pure);
        return problem === null ? [] : [{ path: source.path, line: entry.line, message: problem }];
      }),
      ...source.accesses
        .filter(({ text }) => worldly.test(text))
        .map(({ text, line }) => ({ path: source.path, line, message: `a pure file reads ${text}` })),
      ...source.functions
        .filter(({ isAsync }) => isAsync)
        .map(({ name, line }) => ({ path: source.path, line, message: `a pure file waits (async ${name})` })),
    ]);
}

function impureImport(
  source: Source,
  entry: Source["imports"][number],
  pure: ReadonlySet<string>,
): string | null {
  if (entry.typeOnly) return null;
  const target = resolve(source.path, entry);
  if (target !== null) return pure.has(target) ? null : `a pure file imports ${target}, which is not`;
  if (entry.specifier === "node:crypto") {
    const other = entry.names.filter((name) => !["createHash", "createHmac", "hash"].includes(name));
    return other.length === 0 ? null : `a pure file imports ${other.join(", ")} from node:crypto`;
  }
  return harmless.has(entry.specifier) ? null : `a pure file imports ${entry.specifier}`;
}

/** Pure files that no test of their own room imports. */
export function untestedPureFiles(house: House): Finding[] {
  const imported = new Set(
    house.sources
      .filter(({ path }) => path.endsWith(".test.ts"))
      .flatMap((test) => test.imports.map((entry) => resolve(test.path, entry))),
  );
  return pureFiles(house)
    .filter(({ path }) => !imported.has(path))
    .map(({ path }) => ({ path, line: 1, message: "a pure file without a test that imports it" }));
}

/** Files that are pure by plan or by their own word. */
export function pureFiles(house: House): Source[] {
  return house.sources
    .filter(inSource)
    .filter((source) => declared.includes(source.path) || saysPure(source));
}

function saysPure(source: Source): boolean {
  return /^[/*\s]*pure\b/i.test(headerOf(source));
}
