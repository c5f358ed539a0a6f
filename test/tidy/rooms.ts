/** Who may import whom, and that every file is reached from somewhere a person starts. */
import { posix } from "node:path";
import type { Finding, House } from "./house.ts";
import type { Import, Source } from "./source.ts";

/** The rooms a room may enter. What stands directly in `src/` (clock, errors, …) is open to all but `wiring`. */
const mayEnter: Record<string, readonly string[]> = {
  telemetry: [],
  redis: [],
  git: [],
  events: ["redis", "telemetry"],
  notifications: ["redis", "events"],
  delivery: ["redis", "events", "notifications", "telemetry"],
  integration: ["events", "git", "redis", "telemetry"],
  orchestration: ["events", "git", "telemetry"],
  guards: ["events", "git"],
  board: [
    "redis",
    "git",
    "events",
    "notifications",
    "delivery",
    "integration",
    "orchestration",
    "guards",
    "telemetry",
  ],
  client: ["board"],
  surfaces: [
    "redis",
    "git",
    "events",
    "notifications",
    "delivery",
    "integration",
    "orchestration",
    "guards",
    "board",
    "client",
    "telemetry",
  ],
};

/** The composition root and the bin know everyone; nobody knows them. */
const wiring = new Set(["src/daemon.ts", "src/start.ts"]);

/** Doors that the table does not show, each with its reason. */
const knownDoors: Record<string, string> = {
  "src/start.ts → src/surfaces": "the bin hands its arguments to the command line",
  "src/daemon → src/surfaces": "the composition root starts what serves people while it runs",
  "src/daemon- → src/": "parts of the composition root",
  "src/start.ts → src/daemon.ts": "and gives it the daemon to run, so that no surface knows the wiring",
};

/** Imports across rooms that the table forbids. */
export function forbiddenDoors(house: House): Finding[] {
  return house.sources.filter(inSource).flatMap((source) =>
    source.imports.flatMap((entry) => {
      const target = resolve(source.path, entry);
      if (target === null || !target.startsWith("src/")) return [];
      const reason = whyForbidden(source.path, target, entry);
      return reason === null ? [] : [{ path: source.path, line: entry.line, message: reason }];
    }),
  );
}

function whyForbidden(from: string, target: string, entry: Import): string | null {
  if (Object.keys(knownDoors).some((door) => matchesDoor(door, from, target))) return null;
  if (wiring.has(target)) return `imports ${target}: nothing may know the wiring`;
  const [own, other] = [roomOf(from), roomOf(target)];
  if (other === "surfaces" && own !== "surfaces") return `imports ${target}: nothing imports a surface`;
  if (own === "surfaces" && other === "surfaces") return whyForbiddenSurface(from, target);
  if (wiring.has(from) || own === other || other === null) return null;
  // The foundation may name a room's types (the configuration speaks of slugs), and pure rules of git's names.
  if (own === null)
    return entry.typeOnly || other === "git" ? null : `the foundation imports the room ${other}`;
  return mayEnter[own]?.includes(other) === true ? null : `${own} may not import ${other} (${target})`;
}

function whyForbiddenSurface(from: string, target: string): string | null {
  const [own, other] = [from.split("/")[2] ?? "", target.split("/")[2] ?? ""];
  const shared = other.endsWith(".ts");
  return shared || own === other ? null : `the surface ${own} imports the surface ${other}`;
}

function matchesDoor(door: string, from: string, target: string): boolean {
  const [left = "", right = ""] = door.split(" → ");
  return from.startsWith(left) && target.startsWith(right);
}

/** Files of `src/` that no start (bin, daemon, scripts, bench) reaches: dead. */
export function deadFiles(house: House): Finding[] {
  const sources = new Map(house.sources.map((source) => [source.path, source]));
  const starts = house.sources.map(({ path }) => path).filter((path) => isStart(path));
  const reached = new Set<string>();
  const open = [...starts];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const source = sources.get(path);
    if (source === undefined || reached.has(path)) continue;
    reached.add(path);
    open.push(
      ...source.imports.map((entry) => resolve(path ?? "", entry)).filter((target) => target !== null),
    );
  }
  const scripts = [...reached].flatMap((path) => sources.get(path)?.strings ?? []).map(({ text }) => text);
  const isReached = (path: string) =>
    isStart(path) ||
    (/\.(lua|sh)$/.test(path)
      ? scripts.some((text) => text.endsWith(posix.basename(path)) || text === posix.basename(path, ".sh"))
      : reached.has(path));
  return Object.keys(house.texts)
    .filter((path) => path.startsWith("src/") && !isReached(path))
    .map((path) => ({ path, line: 1, message: "nothing that a person starts reaches this file" }));
}

function isStart(path: string): boolean {
  return (
    path === "src/main.js" ||
    path === "src/start.ts" ||
    // Its page names it, which is no script.
    path === "src/surfaces/web/main.tsx" ||
    path.startsWith("scripts/") ||
    path.startsWith("bench/")
  );
}

/** The room a path is in, or `null` for what stands directly in `src/`. `src/config/` is part of config.ts. */
export function roomOf(path: string): string | null {
  const parts = path.split("/");
  const room = parts[1] ?? "";
  return parts.length > 2 && room in mayEnter ? room : null;
}

/** The repository path an import names, or `null` for packages. */
export function resolve(from: string, entry: { specifier: string }): string | null {
  return entry.specifier.startsWith(".") ? posix.join(posix.dirname(from), entry.specifier) : null;
}

/** True for the product's own code. */
export function inSource(source: Source): boolean {
  return source.path.startsWith("src/");
}
