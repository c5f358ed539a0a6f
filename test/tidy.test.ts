/**
 * The architecture, as a test: who may import whom, what only one place may do, what pure means, how large a file may be.
 * Every rule is first shown to fail on a snippet that breaks it, then held against the house.
 */
import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { streamCallsInScripts, wrongDoors } from "./tidy/doors.ts";
import { type Finding, type House, houseOf, readHouse, report } from "./tidy/house.ts";
import { type Allowed, emptyNames, looseEnds, oversizes } from "./tidy/measure.ts";
import { impurities, untestedPureFiles } from "./tidy/purity.ts";
import { deadFiles, forbiddenDoors } from "./tidy/rooms.ts";

const root = join(import.meta.dirname, "..");

/** What may be larger than the house likes, each with its reason. */
const allowedSizes: Allowed = {};

let house: House;
before(async () => {
  house = await readHouse(root);
});

function holds(findings: readonly Finding[]): void {
  assert.equal(report(findings), "");
}

/** Files that break a rule, each under the message it must earn. */
function breaks(
  rule: (house: House) => Finding[],
  cases: Record<string, [path: string, text: string][]>,
): void {
  for (const [message, files] of Object.entries(cases)) {
    const found = rule(houseOf(Object.fromEntries(files)));
    assert.ok(
      found.some((finding) => finding.message.includes(message)),
      `nothing was found for «${message}», but: ${report(found) || "nothing"}`,
    );
  }
}

/** Files that a careless rule would accuse. */
function spares(rule: (house: House) => Finding[], files: Record<string, string>): void {
  assert.equal(report(rule(houseOf(files))), "");
}

describe("who may import whom", () => {
  test("a door that the table does not show is found", () => {
    breaks(forbiddenDoors, {
      "integration may not import orchestration": [
        ["src/integration/a.ts", 'import { b } from "../orchestration/b.ts";'],
      ],
      "orchestration may not import integration": [
        ["src/orchestration/a.ts", 'import type { B } from "../integration/b.ts";'],
      ],
      "events may not import git": [["src/events/a.ts", 'export { b } from "../git/b.ts";']],
      "git may not import redis": [["src/git/a.ts", 'const b = await import("../redis/b.ts");']],
      "nothing imports a surface": [["src/integration/a.ts", 'import "../surfaces/cli/b.ts";']],
      "nothing may know the wiring": [["src/events/a.ts", 'import { run } from "../daemon.ts";']],
      "the surface web imports the surface cli": [
        ["src/surfaces/web/a.ts", 'import { b } from "../cli/b.ts";'],
      ],
      "the foundation imports the room redis": [["src/errors.ts", 'import { b } from "./redis/b.ts";']],
    });
  });

  test("a door that the table shows is not accused", () => {
    spares(forbiddenDoors, {
      "src/events/a.ts": 'import { k } from "../redis/keys.ts";\nimport { now } from "../clock.ts";',
      "src/surfaces/cli/a.ts":
        'import { x } from "../board.ts";\nimport { y } from "../../integration/y.ts";',
      "src/daemon.ts": 'import { y } from "./integration/y.ts";',
    });
  });

  test("the house keeps to the table", () => holds(forbiddenDoors(house)));
});

describe("dead files", () => {
  test("a file that nothing reaches is found, a script too", () => {
    const texts = {
      "src/start.ts": 'import { a } from "./a.ts"; a(new URL("./b.ts", import.meta.url));',
      "src/a.ts": 'export const a = (u: URL) => u; export const text = load("used.lua");',
      "src/b.ts": "export {};",
      "src/dead.ts": "export {};",
      "src/used.lua": "",
      "src/unused.lua": "",
    };
    const found = deadFiles(houseOf(texts)).map(({ path }) => path);
    assert.deepEqual(found.sort(), ["src/dead.ts", "src/unused.lua"]);
  });

  test("every file of the house is reached from something a person starts", () => holds(deadFiles(house)));
});

describe("single doors to the world", () => {
  test("every use through another door is found", () => {
    breaks(wrongDoors, {
      "Date.now": [["src/events/a.ts", "const t = Date.now();"]],
      "new Date": [["src/events/a.ts", "const t = new Date();"]],
      "only clock.ts waits": [["src/events/a.ts", 'import { setTimeout } from "node:timers/promises";']],
      "process.env": [["src/redis/a.ts", "const home = process.env.HOME;"]],
      "only src/git starts git": [["src/integration/a.ts", 'spawn("git", ["push"]);']],
      "a synchronous child": [["src/redis/a.ts", 'execFileSync("redis-server");']],
      "only src/redis opens connections": [
        ["src/events/a.ts", 'import { createClient } from "@redis/client";'],
      ],
      "only src/events touches a stream": [["src/integration/a.ts", 'redis.command(["XADD", key]);']],
      "only integration/hands/push.ts may push main": [
        ["src/integration/hands/tidy.ts", "line.push({ updates: [{ ref: mainRef, old, new: tip }] });"],
      ],
      "takes a HeldLease": [
        ["src/integration/hands/push.ts", "export function push(tip: string) { return tip; }"],
      ],
      "only a surface prints": [["src/integration/a.ts", 'console.log("hi");']],
    });
    const script = { "src/redis/a.lua": "redis.call('XACK', KEYS[1])" };
    assert.equal(streamCallsInScripts(houseOf(script)).length, 1);
  });

  test("what only looks like it is not accused", () => {
    spares(wrongDoors, {
      "src/clock.ts": "export const wallMs = () => Date.now();",
      "src/config.ts": "export const read = (env = process.env) => env;",
      "src/integration/a.ts":
        "// Date.now() is not ours\nconst d = new Date(0); list.push({ main: 1 }); say('xadd it');",
    });
  });

  test("the house keeps to its doors", () => holds([...wrongDoors(house), ...streamCallsInScripts(house)]));
});

describe("pure files", () => {
  test("a world in reach of a pure file is found", () => {
    const pure = "/** Pure: decides. */\n";
    breaks(impurities, {
      "imports node:fs": [["src/integration/queue.ts", 'import { readFileSync } from "node:fs";']],
      "reads Math.random": [["src/a.ts", `${pure}export const a = () => Math.random();`]],
      "reads process.env": [["src/a.ts", `${pure}export const a = process.env;`]],
      "imports src/clock.ts, which is not": [["src/a.ts", `${pure}import { pause } from "./clock.ts";`]],
      "imports randomUUID from node:crypto": [
        ["src/a.ts", `${pure}import { createHash, randomUUID } from "node:crypto";`],
      ],
      "waits (async a)": [["src/a.ts", `${pure}export const a = async () => 1;`]],
    });
  });

  test("types of the world and hashes are no impurity", () => {
    const text =
      '/** Pure. */\nimport { createHash } from "node:crypto";\nimport type { Redis } from "./redis/connection.ts";';
    spares(impurities, { "src/a.ts": text });
  });

  test("a pure file without a test is found", () => {
    const found = untestedPureFiles(houseOf({ "src/a.ts": "/** Pure: a. */", "test/b.test.ts": "" }));
    assert.equal(found.length, 1);
  });

  test("the pure files of the house are pure", () => holds(impurities(house)));

  test("every pure file of the house has its test", () => holds(untestedPureFiles(house)));
});

describe("sizes, names and words", () => {
  test("what is too large is found, and so is an exception nobody needs", () => {
    const long = `function long() {\n${"  work();\n".repeat(60)}}\n`;
    const rule = (allowed: Allowed) => (given: House) => oversizes(given, allowed);
    breaks(rule({}), {
      "301 lines": [["src/a.ts", "work();\n".repeat(301)]],
      "long: 62 lines": [["src/a.ts", long]],
      "wide: 5 parameters": [["src/a.ts", "const wide = (a, b, c, d, e) => a;"]],
    });
    breaks(rule({ "src/a.ts#short": "was long" }), { "and is not": [["src/a.ts", "function short() {}"]] });
    spares(rule({ "src/a.ts#long": "a table" }), { "src/a.ts": long });
    const inner = `  function inner() {\n${"    work();\n".repeat(40)}  }\n`;
    spares(rule({}), { "src/a.ts": `function factory() {\n${inner}${inner.replace("inner", "other")}}\n` });
  });

  test("a name that says nothing is found", () => {
    const found = emptyNames(
      houseOf({
        "src/git/utils.ts": "",
        "src/events/event-helper.ts": "",
        "src/a.ts": "class QueueManager {}",
      }),
    );
    assert.equal(found.length, 3);
    spares(emptyNames, { "src/events/datable.ts": "class Informant {}" });
  });

  test("any, bare casts and notes to oneself are found", () => {
    breaks(looseEnds, {
      any: [["src/a.ts", "const a: any = 1;"]],
      "without a reason": [["src/a.ts", "const a = b as Foo;"]],
      "a note to oneself": [["src/a.ts", "// TODO later"]],
      "the compiler is silenced": [["src/a.ts", "// @ts-ignore"]],
    });
    spares(looseEnds, {
      "src/a.ts":
        'import { x as y } from "./x.ts";\n// as: parsed by the schema above.\nconst a = b as Foo;\nconst c = [1] as const;\nconst d = "TODO any";',
    });
  });

  test("the house is of a readable size", () => holds(oversizes(house, allowedSizes)));

  test("names in the house say something", () => holds(emptyNames(house)));

  test("the house has no loose ends", () => holds(looseEnds(house)));
});

test("every dependency has a recorded reason", async () => {
  const { dependencies, devDependencies } = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const folder = join(root, "docs/decisions");
  const decisions = (await readdir(folder)).map((name) => readFile(join(folder, name), "utf8"));
  const text = (await Promise.all(decisions)).join("\n");
  const names = Object.keys({ ...dependencies, ...devDependencies }).filter(
    (name) => !name.startsWith("@types/"),
  );
  assert.deepEqual(
    names.filter((name) => !text.includes(name)),
    [],
  );
});
