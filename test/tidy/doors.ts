/** The single doors to the world: time, environment, git, Redis, streams, canonical main. */
import type { Finding, House } from "./house.ts";
import { inSource } from "./rooms.ts";
import type { Call, Source } from "./source.ts";

type Rule = (source: Source) => Finding[];

/** Every use of the world through another door than its own. */
export function wrongDoors(house: House): Finding[] {
  const rules = [time, environment, git, redisConnections, streams, pushOfMain, printing];
  return house.sources.filter(inSource).flatMap((source) => rules.flatMap((rule) => rule(source)));
}

const timeReaders = /^(Date\.now|performance\.now|process\.hrtime(\.bigint)?|process\.uptime|new Date)$/;

/** A browser has a clock of its own. */
const clocks = ["src/clock.ts", "src/surfaces/web/clock.ts"];

const time: Rule = (source) =>
  clocks.includes(source.path)
    ? []
    : [
        ...findAll(source, timeReaders, (name) => `${name}: only clock.ts reads the time`),
        ...importsOf(source, /^node:(timers\/promises|perf_hooks)$/, "only clock.ts waits and measures"),
      ];

const environment: Rule = (source) =>
  isIn(source, ["src/config.ts", "src/config/"])
    ? []
    : findAll(source, /^process\.env$/, () => "process.env: only config.ts reads the environment");

const starters = /(^|\.)(spawn|spawnSync|exec|execSync|execFile|execFileSync|execa|execaSync|fork|\$)$/;

const git: Rule = (source) => {
  if (source.path.startsWith("src/git/")) return [];
  const named = (call: Call) => /(^|\/)git(\s|$)/.test(call.firstString ?? "");
  const started = source.calls.filter((call) => starters.test(call.callee) && named(call));
  const blocking = source.calls.filter((call) => /Sync$/.test(call.callee) && starters.test(call.callee));
  return [
    ...started.map((call) => finding(source, call, "only src/git starts git")),
    ...blocking.map((call) =>
      finding(source, call, "a synchronous child can outlast the lease: use an asynchronous one"),
    ),
  ];
};

const redisConnections: Rule = (source) =>
  source.path.startsWith("src/redis/")
    ? []
    : [
        ...importsOf(
          source,
          /^(@redis\/|redis$|ioredis|iovalkey|valkey-)/,
          "only src/redis opens connections",
        ),
        ...source.calls
          .filter((call) => /^(net\.)?(connect|createConnection)$/.test(call.callee) && importsNet(source))
          .map((call) => finding(source, call, "only src/redis opens connections")),
      ];

const streamCommand =
  /^x(add|read|readgroup|range|revrange|len|trim|ack|claim|autoclaim|pending|group|info|del|setid)$/i;

const streams: Rule = (source) => {
  if (source.path.startsWith("src/events/")) return [];
  const words = source.strings.filter(({ text }) => streamCommand.test(text));
  return words.map((word) => finding(source, word, `${word.text}: only src/events touches a stream`));
};

/** Lua scripts that call a stream command outside src/events. */
export function streamCallsInScripts(house: House): Finding[] {
  return Object.entries(house.texts)
    .filter(([path]) => path.startsWith("src/") && path.endsWith(".lua") && !path.startsWith("src/events/"))
    .filter(([, text]) => /redis\.p?call\(\s*['"]x/i.test(text))
    .map(([path]) => ({ path, line: 1, message: "only src/events touches a stream" }));
}

/** A push is `line.push({ updates })`; only its hand may make one that names main, and only with the proof of a lease. */
const pushOfMain: Rule = (source) => {
  const pushes = source.calls.filter((call) => /\.push$/.test(call.callee) && /\bupdates\b/.test(call.text));
  if (source.path.startsWith("src/git/")) return [];
  if (source.path === "src/integration/hands/push.ts") {
    const proven = /:\s*HeldLease\b/.test(source.text);
    return proven
      ? []
      : [{ path: source.path, line: 1, message: "the push of main takes a HeldLease as its proof" }];
  }
  const ofMain = pushes.filter((call) => /main/i.test(call.text));
  return ofMain.map((call) => finding(source, call, "only integration/hands/push.ts may push main"));
};

const printing: Rule = (source) =>
  isIn(source, ["src/surfaces/", "src/start.ts"])
    ? []
    : findAll(
        source,
        /^(console\.\w+|process\.(stdout|stderr))$/,
        (name) => `${name}: only a surface prints`,
      );

function findAll(source: Source, pattern: RegExp, message: (name: string) => string): Finding[] {
  return source.accesses
    .filter(({ text }) => pattern.test(text))
    .map((access) => finding(source, access, message(access.text)));
}

function importsOf(source: Source, pattern: RegExp, message: string): Finding[] {
  return source.imports
    .filter((entry) => pattern.test(entry.specifier) && !entry.typeOnly)
    .map((entry) => finding(source, entry, `${entry.specifier}: ${message}`));
}

function importsNet(source: Source): boolean {
  return source.imports.some(({ specifier }) => specifier === "node:net" || specifier === "node:tls");
}

function finding(source: Source, at: { line: number }, message: string): Finding {
  return { path: source.path, line: at.line, message };
}

function isIn(source: Source, places: readonly string[]): boolean {
  return places.some(
    (place) => source.path === place || (place.endsWith("/") && source.path.startsWith(place)),
  );
}
