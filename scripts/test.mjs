/**
 * `npm test`: formatting and lint, types, then every test with real parts. `npm test -- test/git` runs only the tests
 * there. The last line is `N passed, N failed`, from the real totals; formatting and types count as one each.
 */
import { spawn } from "node:child_process";
import { globSync, statSync } from "node:fs";
import { delimiter, dirname, join, relative } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { fileURLToPath } from "node:url";
import { chooseBinary, findBinaries } from "../src/redis/engine-binary.ts";
import { fetchEngine, installCommand } from "../src/redis/fetch-engine.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
process.chdir(root);

const named = process.argv.slice(2);
const files = testFiles(named);
const totals = { passed: 0, failed: 0 };
const failures = [];
const modules = join(root, "node_modules", ".bin");
process.env.PATH = `${modules}${delimiter}${process.env.PATH ?? ""}`;

await provideRedis();
if (named.length === 0) {
  await check("formatting and lint", "biome", ["ci", "."]);
  await check("types", "tsc", ["--noEmit"]);
  await check("types of the web", "tsc", ["-p", "src/surfaces/web"]);
}
await runTests();
for (const failure of failures) process.stdout.write(`✖ ${failure}\n`);
process.stdout.write(`${totals.passed} passed, ${totals.failed} failed\n`);
process.exitCode = totals.failed > 0 || totals.passed === 0 ? 1 : 0;

function testFiles(paths) {
  return (paths.length === 0 ? ["test"] : paths).flatMap(testFilesAt);
}

function testFilesAt(path) {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile()) return [path];
  const inside = found ? globSync(`${path}/**/*.test.ts`).sort() : [];
  if (inside.length > 0) return inside;
  process.stderr.write(`no tests at ${path}\n`);
  process.exit(2);
}

/** The tests want a real server: the system's, or the distribution's, fetched once and kept below node_modules. */
async function provideRedis() {
  const enginesDir = join(root, "node_modules", ".cache", "signalbox-engines");
  let binary = chooseBinary(await findBinaries(process.env.PATH, enginesDir), null);
  if (!binary) {
    const progress = (line) => process.stderr.write(`signalbox: ${line}\n`);
    const outcome = await fetchEngine({ enginesDir, path: process.env.PATH, progress });
    if (outcome.kind === "impossible") {
      const command = await installCommand(process.env.PATH);
      process.stderr.write(`The tests need redis-server 7.0 or newer (${outcome.reason}): ${command}\n`);
      process.exit(69);
    }
    binary = outcome.binary;
  }
  process.env.PATH = `${process.env.PATH}${delimiter}${dirname(binary.path)}`;
}

async function check(name, program, args) {
  const child = spawn(join(modules, program), args, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output += chunk;
    });
  }
  const code = await new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", resolve);
  });
  totals[code === 0 ? "passed" : "failed"] += 1;
  if (code !== 0) {
    process.stdout.write(output);
    failures.push(name);
  }
  process.stdout.write(`${code === 0 ? "✔" : "✖"} ${name}\n`);
}

async function runTests() {
  const paths = files.map((path) => join(root, relative(root, path)));
  const stream = run({ files: paths, concurrency: 2, timeout: 300_000 });
  stream.on("test:summary", ({ file, counts }) => {
    // One for each file, and a last one for all.
    if (file !== undefined) return;
    totals.passed += counts.passed;
    totals.failed += counts.failed + counts.cancelled;
  });
  // Named again at the very end: where only the end of a long run is kept, it still says what failed, and of what.
  stream.on("test:fail", ({ name, file, details }) => {
    const { cause, failureType } = details.error;
    if (failureType === "subtestsFailed") return;
    const why = String(cause?.message ?? cause ?? details.error.message).split("\n", 3);
    failures.push(`${relative(root, file ?? "")} › ${name}: ${why.join(" ").slice(0, 300)}`);
  });
  const reported = stream.compose(spec);
  for await (const chunk of reported) process.stdout.write(chunk);
}
