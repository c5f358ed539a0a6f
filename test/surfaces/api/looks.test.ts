/** What the API answers: the shapes of the command line, exactly, and described by a document that a validator takes. */
import assert from "node:assert/strict";
import { Validator } from "@seriousme/openapi-schema-validator";
import { z } from "zod";
import {
  candidateSchema,
  doctorSchema,
  queueItemSchema,
  sessionSchema,
  statusSchema,
  whySchema,
} from "../../../src/board/shapes.ts";
import {
  boardSchema,
  candidateDetailSchema,
  eventPageSchema,
  eventTypeSchema,
  historySchema,
  meSchema,
  notificationPageSchema,
} from "../../../src/board/shapes-of-api.ts";
import { landOneBlockOne } from "../../world/facts.ts";
import { apiOf } from "../../world/http.ts";
import { shareWorld } from "../../world/shared.ts";
import type { World } from "../../world/world.ts";

const journey = shareWorld({ files: { "text.txt": "one\n" } });

/** One that landed, one that is blocked, one that waits for its review. */
async function furnish(world: World): Promise<void> {
  const early = await world.worker("early");
  await early.commit({ "early.txt": "early\n" });
  await early.push();
  await landOneBlockOne(world, { "good.txt": "good\n" });
  await world.signalboxIn({ cwd: early.directory }, "submit");
}

/** Where `GET` leads, and what it must answer: nothing more, nothing less. */
const shapes: [path: string, schema: z.ZodType][] = [
  ["/status", statusSchema],
  ["/board", boardSchema],
  ["/queue", z.array(queueItemSchema)],
  ["/queue/good", queueItemSchema],
  ["/queue/early", z.null()],
  ["/candidates", z.array(candidateSchema)],
  ["/candidates?slug=early", z.array(candidateSchema).length(1)],
  ["/candidates/good", candidateDetailSchema],
  ["/candidates/bad", candidateDetailSchema],
  ["/candidates/early", candidateDetailSchema],
  ["/why/good", whySchema],
  ["/why/bad", whySchema],
  ["/why/early", whySchema],
  ["/notifications", notificationPageSchema],
  ["/notifications?all=true&level=business&needs_attention=1&limit=1", notificationPageSchema],
  ["/events?limit=3", eventPageSchema],
  ["/events?before=&limit=3&slug=bad", eventPageSchema],
  ["/events/types", z.array(eventTypeSchema).min(10)],
  ["/sessions?all=1", z.array(sessionSchema)],
  ["/history", historySchema],
  ["/history?days=1", historySchema],
  ["/doctor", doctorSchema],
  ["/me", meSchema],
];

journey("every look answers in its shape", async (world) => {
  await furnish(world);
  const api = await apiOf(world);
  for (const [path, schema] of shapes) {
    const answer = await api.ask(path, { as: "viewer" });
    assert.equal(answer.status, 200, `${path}: ${answer.text}`);
    assert.match(answer.headers["content-type"] ?? "", /^application\/json/, path);
    assert.equal(answer.headers["cache-control"], "no-store", path);
    assert.deepEqual(schema.parse(answer.json), answer.json, path);
  }
});

journey("the API and the command line say the same", async (world) => {
  const api = await apiOf(world);
  for (const [path, words] of [
    ["/queue", ["queue"]],
    ["/queue/bad", ["queue", "show", "bad"]],
    ["/candidates", ["candidates"]],
    ["/why/early", ["why", "early"]],
  ] as const)
    assert.deepEqual((await api.ask(path)).json, await world.json(...words), path);
});

journey("the board has each candidate where it stands", async (world) => {
  const api = await apiOf(world);
  const { line, counts, inbox } = boardSchema.parse((await api.ask("/board")).json);
  const slugs = (trains: readonly { slug: string }[]) => trains.map(({ slug }) => slug);
  assert.deepEqual(
    [slugs(line.landed), slugs(line.siding), slugs(line.not_ready)],
    [["good"], ["bad"], ["early"]],
  );
  assert.equal(line.siding[0]?.reason, "conflict");
  assert.deepEqual([counts.integrated, counts.blocked, counts.not_ready], [1, 1, 1]);
  assert.ok(inbox.needs_attention >= 1);
});

journey(
  "a candidate in full has its timeline, its changes and, where it is blocked, both sides",
  async (world) => {
    const api = await apiOf(world);
    const bad = candidateDetailSchema.parse((await api.ask("/candidates/bad")).json);
    assert.equal(
      bad.events.at(-1)?.type.endsWith("integration.follow_up.opened") || bad.events.length > 3,
      true,
    );
    assert.deepEqual(bad.diffstat, [{ path: "text.txt", insertions: 1, deletions: 1 }]);
    assert.equal(bad.conflicts[0]?.path, "text.txt");
    assert.match(bad.conflicts[0]?.ours?.excerpt ?? "", /main's/);
    assert.match(bad.conflicts[0]?.theirs?.excerpt ?? "", /the branch's/);
    assert.equal(bad.follow_up?.status, "open");
    const good = candidateDetailSchema.parse((await api.ask("/candidates/good")).json);
    assert.deepEqual(good.diffstat.map(({ path }) => path).sort(), ["good.txt", "text.txt"]);
  },
);

journey("pages follow each other, without a gap and without a repetition", async (world) => {
  const api = await apiOf(world);
  const all = eventPageSchema.parse((await api.ask("/events?limit=1000")).json).items;
  const onward = await pagesOf(api, "since", "0-0");
  const back = await pagesOf(api, "before", "");
  const ids = all.map(({ streamid }) => streamid);
  assert.deepEqual(onward, ids);
  assert.deepEqual(back, ids.toReversed());
});

async function pagesOf(
  api: Awaited<ReturnType<typeof apiOf>>,
  name: string,
  from: string,
): Promise<string[]> {
  const ids: string[] = [];
  for (let at: string | null = from; at !== null; ) {
    const answer = await api.ask(`/events?limit=4&${name}=${at}`);
    const page: z.infer<typeof eventPageSchema> = eventPageSchema.parse(answer.json);
    ids.push(...page.items.map(({ streamid }) => streamid));
    at = page.next;
  }
  return ids;
}

journey("the API's description is OpenAPI 3.1, and names every route and its answer", async (world) => {
  const api = await apiOf(world);
  const { json } = await api.ask("/openapi.json");
  const document = z
    .looseObject({
      openapi: z.literal("3.1.0"),
      paths: z.record(z.string(), z.record(z.string(), z.looseObject({}))),
    })
    .parse(json);
  const checked = await new Validator().validate(structuredClone(document));
  assert.deepEqual(checked.errors ?? [], []);
  for (const [path] of shapes) {
    const route = `/api/v1${path.replace(/\?.*/, "").replace(/^\/(queue|candidates|why)\/\w+$/, "/$1/{slug}")}`;
    assert.ok(document.paths[route]?.get !== undefined, route);
  }
  assert.ok(document.paths["/api/v1/queue/{slug}/retry"]?.post !== undefined);
});

journey("the numbers for Prometheus tell of the same line", async (world) => {
  const api = await apiOf(world);
  const { text, headers } = await api.ask("//metrics", { as: "viewer" });
  assert.match(headers["content-type"] ?? "", /^text\/plain/);
  for (const line of [
    /^signalbox_landings_total 1$/m,
    /^signalbox_ready_to_landed_seconds_count 1$/m,
    /^signalbox_queue_items\{status="blocked"\} 1$/m,
    /^signalbox_blocked_items\{reason="conflict"\} 1$/m,
    /^signalbox_processor_lag_events 0$/m,
    /^signalbox_live 1$/m,
    /^signalbox_build_info\{version=".+"\} 1$/m,
  ])
    assert.match(text, line);
});

journey("a page says how to build the board, or is it", async (world) => {
  const api = await apiOf(world);
  const { status, headers } = await api.ask("//", { as: "none" });
  assert.equal(status, 200);
  assert.match(headers["content-type"] ?? "", /^text\/html/);
});

journey("it lives, and it is ready", async (world) => {
  const api = await apiOf(world);
  assert.equal((await api.ask("//healthz", { as: "none" })).status, 200);
  assert.equal((await api.ask("//readyz", { as: "none" })).status, 200);
});
