/** V2 and V6 as a program hears of them by a webhook; and that a receiver that is away delays nothing and misses nothing. */
import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { isSeq, parseDocument } from "yaml";
import { inbox, statusBoard } from "../world/board.ts";
import { told } from "../world/child.ts";
import { blocked, handOver, integrated, prefix } from "../world/facts.ts";
import { type Message, openReceiver, type Receiver } from "../world/receiver.ts";
import { waitUntil } from "../world/wait-until.ts";
import { openWorld, type World, withStory } from "../world/world.ts";

const secret = `whsec_${Buffer.from("a planted secret of thirty-two b").toString("base64")}`;
/** What must be in no log, event, notification or answer. */
const planted = [secret, secret.slice(6), "very-secret-path"];

let world: World;
let receiver: Receiver;
before(async () => {
  receiver = await openReceiver();
  world = await openWorld({
    files: { "colour.txt": "white\n" },
    config: {
      notify: {
        webhooks: [
          { name: "all", url: receiver.url, secretEnv: "SIGNALBOX_TEST_HOOK" },
          {
            name: "blocked",
            url: `${receiver.url}/blocked`,
            secretEnv: "SIGNALBOX_TEST_HOOK",
            types: ["deployment.failed"],
          },
          { name: "unset", url: receiver.url, secretEnv: "SIGNALBOX_TEST_UNSET" },
        ],
      },
    },
    env: { SIGNALBOX_TEST_HOOK: secret },
  });
});
after(async () => {
  await using ending = world;
  await using _ = receiver;
  await ending.expectNothingLeft();
});

function journey(title: string, body: () => Promise<void>): void {
  test(title, () => withStory(world, body));
}

/** The messages about a slug, of the webhook that is told everything, each once. */
function about(slug: string): Message[] {
  const all = receiver.arrived.filter(({ path }) => !path.endsWith("/blocked"));
  const ids = all.map(({ headers }) => headers["webhook-id"]);
  const verified = receiver
    .messages(secret)
    .filter((_, index) => !receiver.arrived[index]?.path.endsWith("/blocked"));
  return verified.filter(
    ({ data }, index) =>
      data.notification?.group === `deployment/${slug}` && ids.indexOf(ids[index]) === index,
  );
}

const isOf = (type: string, slug: string) => (message: Message) =>
  message.type === `${prefix}${type}` && message.data.notification?.group === `deployment/${slug}`;

async function land(slug: string): Promise<void> {
  const worker = await world.worker(slug);
  await worker.commit({ [`${slug}.txt`]: `${slug}\n` });
  await integrated(world, await handOver(world, worker));
}

async function killDaemon(): Promise<void> {
  const { daemon } = await statusBoard(world);
  assert.ok(daemon.pid !== null);
  process.kill(daemon.pid, "SIGKILL");
  await waitUntil(async () => !(await statusBoard(world)).daemon.running, {
    what: "the daemon is dead",
    everyMs: 100,
  });
}

journey("[V6] a hand-over and its landing arrive signed, in order, each once", async () => {
  await land("greet");
  const landed = await receiver.hears(secret, isOf("deployment.completed", "greet"), "the landing arrives");
  assert.equal(landed.data.notification?.title, "greet is on main");
  const heard = about("greet");
  const types = heard.map(({ type }) => type.slice(prefix.length));
  assert.ok(types.length <= 2 && types.at(-1) === "deployment.completed", types.join(", "));
  const versions = heard.map(({ data }) => data.notification?.version ?? 0);
  assert.deepEqual(
    versions,
    versions.toSorted((a, b) => a - b),
  );
});

journey("[V2] a conflict arrives as an alarm, also where nothing else is asked for", async () => {
  const [ours, theirs] = [await world.worker("paint-red"), await world.worker("paint-blue")];
  await ours.commit({ "colour.txt": "red\n" });
  await theirs.commit({ "colour.txt": "blue\n" });
  await integrated(world, await handOver(world, ours));
  await blocked(world, await handOver(world, theirs), "conflict");
  const alarm = await receiver.hears(secret, isOf("deployment.failed", "paint-blue"), "the alarm arrives");
  assert.equal(alarm.data.notification?.needs_attention, true);
  assert.equal(alarm.data.alarm?.line, "paint-blue is blocked: conflict");
  const narrow = () => receiver.arrived.filter(({ path }) => path.endsWith("/blocked"));
  await waitUntil(() => narrow().length > 0, { what: "the webhook for blocked ones hears of it" });
  const types = narrow().map(({ body }) => JSON.parse(body).type);
  assert.deepEqual(types, [`${prefix}deployment.failed`]);
});

journey("a receiver that is away delays no landing, and hears all of it once it is back", async () => {
  await receiver.stop();
  await land("while-away");
  await waitUntil(async () => (await standing("webhook:all")).state === "failing", {
    what: "it is known to fail",
    everyMs: 200,
  });
  await receiver.start();
  await receiver.hears(secret, isOf("deployment.completed", "while-away"), "what it missed arrives");
  await waitUntil(async () => (await standing("webhook:all")).state === "ok", {
    what: "it is well again",
    everyMs: 200,
  });
});

journey(
  "killed with messages on their way, the daemon tells the rest after it is started, and nothing again",
  async () => {
    const before = about("greet").length + about("paint-red").length;
    receiver.answer((response) => response.writeHead(500).end());
    await land("on-its-way");
    await killDaemon();
    receiver.answer((response) => response.writeHead(204).end());
    await world.up();
    const landed = await receiver.hears(
      secret,
      isOf("deployment.completed", "on-its-way"),
      "the rest arrives",
    );
    assert.equal(landed.data.notification?.title, "on-its-way is on main");
    await waitUntil(async () => (await standing("webhook:all")).waiting === 0, {
      what: "nothing waits",
      everyMs: 200,
    });
    assert.equal(about("greet").length + about("paint-red").length, before);
  },
);

journey("notify test says whether a message arrives, and why not", async () => {
  const sent = await world.signalbox("notify", "test", "webhook:all", "--by", "ada");
  assert.equal(sent.code, 0, told(sent));
  assert.match(sent.stdout, /^Sent to webhook:all\.$/m);
  await receiver.hears(
    secret,
    ({ type, data }) => type === "signalbox.test" && data.by === "ada",
    "the test arrives",
  );

  const unset = await world.signalbox("notify", "test", "webhook:unset", "--json");
  assert.equal(unset.code, 1, told(unset));
  const why = "the environment variable SIGNALBOX_TEST_UNSET is not set where the daemon runs";
  assert.deepEqual(JSON.parse(unset.stdout), { surface: "webhook", target: "unset", outcome: "gone", why });

  receiver.answer((response) => response.writeHead(403).end());
  const refused = await world.signalbox("notify", "test", "webhook:all");
  assert.equal(refused.code, 1, told(refused));
  assert.match(refused.stdout, /Not sent to webhook:all: it answered 403\./);
  receiver.answer((response) => response.writeHead(204).end());

  const unknown = await world.signalbox("notify", "test", "webhok:all");
  assert.equal(unknown.code, 2, told(unknown));
  assert.match(
    unknown.stderr,
    /There are: webhook:all, webhook:blocked, webhook:unset\. Did you mean webhook:all\?/,
  );
});

journey("a target that cannot be used is in the inbox and in the list, with what to do", async () => {
  const items = await inbox(world);
  const notice = items.find(({ group }) => group === "delivery/webhook/unset");
  assert.equal(notice?.needs_attention, true);
  assert.match(notice?.body ?? "", /SIGNALBOX_TEST_UNSET is not set .* signalbox notify test webhook:unset/);
  assert.equal((await standing("webhook:unset")).state, "unusable");
  const shown = await world.signalbox("notify");
  assert.equal(shown.code, 0, told(shown));
  assert.match(shown.stdout, /webhook:unset +unusable/);
  const findings = await world.signalbox("doctor", "--json");
  assert.match(
    findings.stdout,
    /"webhook:unset is unusable \(the environment variable SIGNALBOX_TEST_UNSET /,
  );
});

journey("what is mended in signalbox.yaml counts from the next reload on", async () => {
  const file = join(world.clone, "signalbox.yaml");
  const text = await readFile(file, "utf8");
  await writeFile(file, text.replace("SIGNALBOX_TEST_UNSET", "SIGNALBOX_TEST_HOOK"));
  const reloaded = await world.signalbox("reload");
  assert.equal(reloaded.code, 0, told(reloaded));
  await waitUntil(async () => (await standing("webhook:unset")).state === "ok", {
    what: "it is sent to",
    everyMs: 200,
  });
  const items = await world.json<{ group: string; agent_status: string }[]>("notifications", "--all");
  const notice = items.find(({ group }) => group === "delivery/webhook/unset");
  assert.equal(notice?.agent_status, "resolved");
});

journey("entries that change places keep what waits for them, and are told nothing twice", async () => {
  const before = about("greet").length + about("on-its-way").length;
  await receiver.stop();
  await land("moved");
  await waitUntil(async () => (await standing("webhook:all")).state === "failing", {
    what: "it is known to fail",
    everyMs: 200,
  });
  const file = join(world.clone, "signalbox.yaml");
  const document = parseDocument(await readFile(file, "utf8"));
  const list = document.getIn(["notify", "webhooks"]);
  assert.ok(isSeq(list));
  list.items.reverse();
  await writeFile(file, document.toString());
  const reloaded = await world.signalbox("reload");
  assert.equal(reloaded.code, 0, told(reloaded));
  await receiver.start();
  await receiver.hears(secret, isOf("deployment.completed", "moved"), "what it missed arrives");
  await waitUntil(async () => (await standing("webhook:all")).waiting === 0, {
    what: "nothing waits",
    everyMs: 200,
  });
  assert.equal(about("greet").length + about("on-its-way").length, before);
});

journey("neither secret nor address is in any log, event or notification", async () => {
  const entries = await readdir(world.home, { recursive: true, withFileTypes: true });
  const texts = await Promise.all(
    entries
      // What the built program has checked before holds the configuration itself, for this user alone.
      .filter((entry) => entry.isFile() && !entry.parentPath.endsWith("/.known"))
      .map((entry) => readFile(join(entry.parentPath, entry.name), "utf8")),
  );
  const said = await Promise.all([
    world.signalbox("events", "--json"),
    world.signalbox("notifications", "--all", "--json"),
    world.signalbox("notify", "--json"),
    world.signalbox("doctor"),
  ]);
  for (const text of [...texts, ...said.flatMap(({ stdout, stderr }) => [stdout, stderr])])
    for (const word of planted) assert.ok(!text.includes(word), `${word} is in: ${text.slice(0, 200)}`);
});

type Standing = { state: string; waiting: number };

async function standing(name: string): Promise<Standing> {
  const rows = await world.json<(Standing & { surface: string; target: string })[]>("notify", "list");
  return (
    rows.find(({ surface, target }) => `${surface}:${target}` === name) ?? assert.fail(`there is no ${name}`)
  );
}
