/**
 * Before `npm start` and `npm test`: installs the dependencies where they are missing or not those of the lock file, the
 * project's own Node among them. Runs on any Node from 18 on, so plain JavaScript and nothing but Node's own modules.
 * When all is in place it costs some milliseconds and says nothing.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

if (!isInstalled()) {
  const release = await takeLock();
  // Somebody else may have done it while this waited.
  const code = isInstalled() ? 0 : await install();
  release();
  if (code !== 0) {
    say(`npm ci failed (${code}). Correct what it says and try again.`);
    process.exit(69);
  }
}
requireNode();

/** npm writes what it has installed into node_modules, at the very end: that is compared with the lock file. */
function isInstalled() {
  const wanted = readPackages(join(root, "package-lock.json"));
  const present = readPackages(join(root, "node_modules", ".package-lock.json"));
  if (!present) return false;
  return Object.entries(wanted ?? {}).every(([path, { version, optional }]) => {
    const found = present[path]?.version;
    return path === "" || found === version || (optional && found === undefined);
  });
}

function readPackages(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8")).packages;
  } catch {
    return null;
  }
}

/** Runs `npm ci`, quietly; answers with its exit code. */
async function install() {
  say("installing the dependencies (once)");
  const started = performance.now();
  const npm = process.env.npm_execpath;
  const args = ["ci", "--include=dev", "--include=optional", "--no-audit", "--no-fund", "--loglevel=error"];
  // The Node that runs npm, not one below node_modules, which is about to be deleted.
  const node = process.env.npm_node_execpath ?? process.execPath;
  const [program, before] = npm ? [node, [npm]] : ["npm", []];
  const child = spawn(program, [...before, ...args], {
    cwd: root,
    env: { ...process.env, PATH: pathWithoutModules() },
    stdio: ["ignore", "pipe", "pipe"],
    shell: npm === undefined && process.platform === "win32",
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  const stop = () => child.kill();
  process.once("exit", stop);
  const code = await new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (exit, signal) => resolve(exit ?? signal));
  });
  process.removeListener("exit", stop);
  if (code === 0) say(`installed in ${Math.round((performance.now() - started) / 1000)} s`);
  else process.stderr.write(output);
  return code;
}

function pathWithoutModules() {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.filter((folder) => !/(^|[\\/])node_modules([\\/]|$)/.test(folder)).join(delimiter);
}

/** One installation at a time in this clone; the lock of a dead process is taken away. */
async function takeLock() {
  const name = createHash("sha256").update(root).digest("hex").slice(0, 16);
  const lock = join(tmpdir(), `signalbox-setup-${userInfo().username}-${name}`);
  for (let waited = false; ; waited = true) {
    try {
      mkdirSync(lock);
      writeFileSync(join(lock, "pid"), String(process.pid));
      const release = () => rmSync(lock, { recursive: true, force: true });
      for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
        process.once(signal, () => {
          release();
          process.exit(130);
        });
      }
      return release;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    if (!waited) say("waiting for another installation in this folder");
    await delay(200);
    removeIfDead(lock);
  }
}

function removeIfDead(lock) {
  if (!isDead(lock)) return;
  const aside = `${lock}.${process.pid}`;
  try {
    renameSync(lock, aside);
    // Between the look and the rename somebody may have taken it anew: then it goes back.
    if (isDead(aside)) rmSync(aside, { recursive: true, force: true });
    else renameSync(aside, lock);
  } catch {
    // Another one was quicker.
  }
}

function isDead(lock) {
  try {
    process.kill(Number(readFileSync(join(lock, "pid"), "utf8")), 0);
    return false;
  } catch (error) {
    return error.code === "ESRCH";
  }
}

/** The dependencies bring a Node for the usual platforms; elsewhere the system's must do. */
function requireNode() {
  const bundled = existsSync(join(root, "node_modules", ".bin", "node"));
  if (bundled || Number(process.versions.node.split(".")[0]) >= 24) return;
  say(
    `Node 24 or newer is needed, and none is packaged for ${process.platform} ${process.arch}. Install it.`,
  );
  process.exit(69);
}

function say(line) {
  process.stderr.write(`signalbox: ${line}\n`);
}
