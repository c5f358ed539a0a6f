/** What the environment does to traces: nothing by default, and never a failed command. */
import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe } from "node:test";
import { told } from "../world/child.ts";
import { approvalOf, prefix, submitAndWait } from "../world/facts.ts";
import { openCollector } from "../world/otlp.ts";
import { shareWorld } from "../world/shared.ts";
import type { World } from "../world/world.ts";

const folder = mkdtempSync(join(tmpdir(), "sbt-"));
const loadedFile = join(folder, "loaded");
after(() => rm(folder, { recursive: true }));

const journey = shareWorld({
  env: {
    NODE_OPTIONS: `--import=${join(import.meta.dirname, "../world/list-loaded.ts")}`,
    LOADED_FILE: loadedFile,
    LOADED_LIKE: "@opentelemetry|/telemetry/(?:open|settings|sdk)\\.",
  },
});

const loaded = () => readFile(loadedFile, "utf8").catch(() => "");

const traceId = "0af7651916cd43dd8448eb211c80319c";
const traceparent = `00-${traceId}-b7ad6b7169203331-01`;

type Event = { id: string; traceparent?: string; tracestate?: string };

/** Says an approval of `slug` from such an environment: what was printed, and the event. */
async function say(world: World, slug: string, env: Record<string, string>) {
  const data = JSON.stringify(approvalOf({ slug }));
  const ran = await world.signalboxIn(
    { env: { ...world.env, ...env } },
    ...["events", "emit", `${prefix}review.approved`, "--data", data],
  );
  assert.equal(ran.code, 0, told(ran));
  const listed = await world.signalbox("events", "--slug", slug, "--json");
  const events = listed.stdout
    .split("\n")
    .flatMap((line): Event[] => (line === "" ? [] : [JSON.parse(line)]));
  return { stderr: ran.stderr, stdout: ran.stdout, events };
}

describe("traces by the environment", () => {
  journey("with no variable set, a landing loads nothing for them, in no process", async (world) => {
    const worker = await world.worker("plain");
    await worker.commit({ "plain.txt": "x\n" });
    const landed = await submitAndWait(world, worker);
    assert.equal(landed.outcome, "integrated");
    await world.json("status");
    const urls = (await loaded()).split("\n");
    // What says something asks whether there is anybody to tell: two small files, and no library.
    assert.deepEqual(
      urls.filter((url) => !/\/(?:open|settings)\./.test(url) && url !== ""),
      [],
    );
    const events = await world.signalbox("events", "--slug", "plain", "--json");
    assert.doesNotMatch(events.stdout, /traceparent/);
  });

  journey("a command that looks loads nothing, even where traces are told", async (world) => {
    await using collector = await openCollector();
    await rm(loadedFile, { force: true });
    const env = { ...world.env, ...collector.env };
    for (const args of [["status"], ["queue"], ["events", "--json"], ["why", "plain"]])
      assert.equal((await world.signalboxIn({ env }, ...args)).code, 0);
    assert.equal(await loaded(), "");
    await say(world, "loads", collector.env);
    assert.match(await loaded(), /@opentelemetry\/sdk-trace/);
  });

  journey("the caller's trace goes along where nothing is told here", async (world) => {
    const { events } = await say(world, "passes", { TRACEPARENT: traceparent, TRACESTATE: "vendor=1" });
    assert.deepEqual([events[0]?.traceparent, events[0]?.tracestate], [traceparent, "vendor=1"]);
  });

  journey("said again from another trace, it is the same event, in the first one's trace", async (world) => {
    await say(world, "again", { TRACEPARENT: traceparent });
    const other = `00-${"1".repeat(32)}-${"2".repeat(16)}-01`;
    const { stdout, events } = await say(world, "again", { TRACEPARENT: other });
    assert.match(stdout, /said before/);
    assert.deepEqual(
      events.map((event) => event.traceparent),
      [traceparent],
    );
  });

  journey("what is no traceparent is left out", async (world) => {
    const hostile = [
      "00-short-01",
      traceparent.toUpperCase(),
      `${traceparent}","data":{},"x":"`,
      `${traceparent}\n`,
      "x".repeat(100_000),
    ];
    for (const [at, value] of hostile.entries()) {
      const { events } = await say(world, `hostile-${at}`, { TRACEPARENT: value, TRACESTATE: "a=1" });
      assert.equal(events.length, 1);
      assert.ok(events[0] !== undefined && !("traceparent" in events[0]) && !("tracestate" in events[0]));
    }
  });

  journey(
    "by default they go as protobuf, with the headers and the name that the variables give",
    async (world) => {
      await using collector = await openCollector();
      await say(world, "proto", {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_HEADERS: "x-tenant=shop",
        OTEL_SERVICE_NAME: "the-line",
        TRACEPARENT: traceparent,
      });
      const [posted] = collector.posted;
      assert.ok(posted);
      assert.equal(posted.path, "/v1/traces");
      assert.equal(posted.headers["content-type"], "application/x-protobuf");
      assert.equal(posted.headers["x-tenant"], "shop");
      for (const part of [Buffer.from(traceId, "hex"), "the-line", "signalbox events emit"])
        assert.ok(posted.body.includes(part), String(part));
    },
  );

  journey("what is not sampled is not told, and says so to those who hear it", async (world) => {
    await using collector = await openCollector();
    const env = { ...collector.env, OTEL_TRACES_SAMPLER: "always_off", TRACEPARENT: traceparent };
    const { events } = await say(world, "unsampled", env);
    assert.match(events[0]?.traceparent ?? "", new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`));
    await say(world, "disabled", { ...collector.env, OTEL_SDK_DISABLED: "true" });
    assert.equal(collector.posted.length, 0);
  });

  journey("a collector that is away is one line", async (world) => {
    const { stderr } = await say(world, "away", { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" });
    assert.match(
      stderr,
      /^The traces cannot be sent to http:\/\/127\.0\.0\.1:9 \([^)]+\); nothing waits for them\.\n$/,
    );
  });

  journey("a wrong variable is one line, and the command does what it is for", async (world) => {
    await using collector = await openCollector();
    const wrong: [env: Record<string, string>, line: RegExp, sent: number][] = [
      [
        { OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" },
        /^No traces are sent: OTEL_EXPORTER_OTLP_PROTOCOL is "grpc"; .*\n$/,
        0,
      ],
      [
        { OTEL_EXPORTER_OTLP_ENDPOINT: "collector" },
        /^No traces are sent: OTEL_EXPORTER_OTLP_ENDPOINT is no .*\n$/,
        0,
      ],
      [
        { OTEL_TRACES_SAMPLER: "sometimes" },
        /^Traces: OTEL_TRACES_SAMPLER value "sometimes" invalid, .*\n$/,
        1,
      ],
    ];
    for (const [at, [env, line, sent]] of wrong.entries()) {
      const before = collector.posted.length;
      const { stderr } = await say(world, `wrong-${at}`, { ...collector.env, ...env });
      assert.match(stderr, line);
      assert.equal(collector.posted.length - before, sent);
    }
  });
});
