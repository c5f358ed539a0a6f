import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, type TestContext, test } from "node:test";
import type { DeliverySurface, Outcome, Sending } from "../../../src/delivery/surface.ts";
import { type WebhookEntry, webhookName } from "../../../src/delivery/targets.ts";
import { bodyOf } from "../../../src/surfaces/webhooks/body.ts";
import { openWebhooks, outcomeOf } from "../../../src/surfaces/webhooks/webhooks.ts";
import { failed, foldOne, started } from "../../notifications/story.ts";
import { openReceiver } from "../../world/receiver.ts";

const secret = `whsec_${Buffer.alloc(32, 5).toString("base64")}`;
const notification = foldOne(started(1, "a"), failed(2, "a"));
const alarm = { event_id: "event-2", at: notification.updated_at, line: "login is blocked: conflict" };

const notice = (more: object = {}): Sending => ({
  kind: "notice",
  id: "n_2_alarm_x",
  target: "1",
  notification,
  type: "domain.software-development.deployment.failed",
  previous: null,
  ring: alarm,
  missed: null,
  mayRepeat: false,
  ...more,
});

function webhooks(
  entries: readonly WebhookEntry[],
  variables = { S: secret },
  root = "/",
): Promise<DeliverySurface> {
  return openWebhooks({ webhooks: entries, variables, root, repository: "acme/shop" });
}

const never = new AbortController().signal;
const send = async (url: string, sending = notice(), signal = never): Promise<Outcome> =>
  (await webhooks([{ name: "1", url, secretEnv: "S" }])).send(sending, signal);

async function folder(t: TestContext): Promise<string> {
  const place = await mkdtemp(join(tmpdir(), "sb-hooks-"));
  t.after(() => rm(place, { recursive: true }));
  return place;
}

suite("a webhook", () => {
  test("is sent the notification, signed, as JSON", async () => {
    await using receiver = await openReceiver();
    assert.deepEqual(await send(receiver.url), { kind: "sent" });
    const [message] = receiver.messages(secret);
    const [arrived] = receiver.arrived;
    assert.equal(arrived?.headers["content-type"], "application/json");
    assert.equal(arrived?.headers["webhook-id"], "n_2_alarm_x");
    assert.equal(message?.type, "domain.software-development.deployment.failed");
    assert.equal(message?.timestamp, notification.updated_at);
    const { repository, notification: shown, alarm: told, missed_alarm } = message?.data ?? assert.fail();
    assert.deepEqual([repository, told, missed_alarm], ["acme/shop", alarm, null]);
    assert.deepEqual(Object.keys(shown ?? {}), [
      "id",
      "version",
      "group",
      "title",
      "body",
      "level",
      "human_status",
      "agent_status",
      "claimed_by",
      "needs_attention",
      "actions",
      "created_at",
      "updated_at",
      "resolved_at",
      "history",
    ]);
  });

  test("is followed to no other place", async () => {
    await using receiver = await openReceiver();
    receiver.answer((response, count) =>
      count === 1 ? response.writeHead(307, { location: receiver.url }).end() : response.writeHead(204).end(),
    );
    const outcome = await send(receiver.url);
    assert.deepEqual(outcome, {
      kind: "failed",
      why: "it answered 307; redirects are not followed",
      afterMs: 0,
    });
    assert.equal(receiver.arrived.length, 1);
  });

  test("that answers without an end holds nobody", async () => {
    await using receiver = await openReceiver();
    receiver.answer((response) => void response.writeHead(200).write("and so on"));
    assert.deepEqual(await send(receiver.url), { kind: "sent" });
  });

  test("that does not answer is left at the signal", async () => {
    await using receiver = await openReceiver();
    const ending = new AbortController();
    receiver.answer(() => ending.abort());
    assert.deepEqual(await send(receiver.url, notice(), ending.signal), {
      kind: "failed",
      why: "the program ended while it was asked",
    });
  });

  test("that cannot be reached is named by the kind of trouble, never by its URL", async () => {
    const gone = await openReceiver();
    await gone.stop();
    assert.deepEqual(await send(gone.url), { kind: "failed", why: "it could not be reached (ECONNREFUSED)" });
  });

  test("takes a test", async () => {
    await using receiver = await openReceiver();
    await send(receiver.url, { kind: "test", id: "test-1", target: "1", by: "ada" });
    const [message] = receiver.messages(secret);
    assert.equal(message?.type, "signalbox.test");
    assert.deepEqual(message?.data, { repository: "acme/shop", by: "ada" });
  });

  const answers: [status: number, retryAfter: string | null, outcome: Outcome][] = [
    [200, null, { kind: "sent" }],
    [299, null, { kind: "sent" }],
    [410, null, { kind: "gone", why: "it answered 410: gone for good" }],
    [429, "120", { kind: "failed", why: "it answered 429", afterMs: 120_000 }],
    [503, "999999", { kind: "failed", why: "it answered 503", afterMs: 3_600_000 }],
    [503, "Fri, 31 Dec 1999 23:59:59 GMT", { kind: "failed", why: "it answered 503", afterMs: 0 }],
    [500, "-5", { kind: "failed", why: "it answered 500", afterMs: 0 }],
    [404, null, { kind: "failed", why: "it answered 404", afterMs: 0 }],
  ];
  for (const [status, retryAfter, outcome] of answers)
    test(`that answers ${status} (${retryAfter ?? "no word when"}) is ${outcome.kind}`, () =>
      assert.deepEqual(outcomeOf(status, retryAfter), outcome));

  test("gets the same words for the same sending, whatever the time", () => {
    const at = (nowIso: string) => bodyOf(notice(), { repository: "acme/shop", nowIso });
    assert.equal(at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z"));
  });
});

suite("the webhooks of a configuration", () => {
  test("are called by their names, and known by a digest of their address", async () => {
    const entries = [
      { url: "https://example.org/token-one", secretEnv: "S" },
      { name: "chat", url: "https://example.org/token-two", secretEnv: "S", types: ["deployment"] },
    ];
    const { targets } = await webhooks(entries);
    assert.deepEqual(
      targets.map(({ name, unusable }) => [name, unusable]),
      [
        [webhookName({ url: "https://example.org/token-one" }), null],
        ["chat", null],
      ],
    );
    assert.notEqual(targets[0]?.fingerprint, targets[1]?.fingerprint);
    assert.deepEqual(targets[1]?.rules.types, ["deployment"]);
    const shown = JSON.stringify(targets);
    assert.ok(
      !shown.includes("token") && !shown.includes(secret.slice(6)),
      "neither address nor secret is in it",
    );
  });

  test("take a secret from a file, relative to the clone or not", async (t) => {
    const root = await folder(t);
    await writeFile(join(root, "hook.secret"), `${secret}\n`, { mode: 0o600 });
    for (const secretFile of ["hook.secret", join(root, "hook.secret")]) {
      const surface = await webhooks([{ url: "https://example.org", secretFile }], { S: "" }, root);
      assert.equal(surface.targets[0]?.unusable, null);
    }
  });

  test("whose secret is not there, or none, say so without it", async (t) => {
    const root = await folder(t);
    await writeFile(join(root, "empty"), "\n");
    const why = async (entry: Omit<WebhookEntry, "url">, value = "") =>
      (await webhooks([{ url: "https://example.org", ...entry }], { S: value }, root)).targets[0]?.unusable;
    assert.equal(
      await why({ secretEnv: "S" }),
      "the environment variable S is not set where the daemon runs",
    );
    assert.equal(await why({ secretEnv: "S" }, "hunter2!"), "its secret is not base64 (whsec_…)");
    assert.equal(await why({ secretFile: "empty" }), "empty is empty");
    assert.equal(await why({ secretFile: "missing" }), "missing cannot be read");
  });
});
