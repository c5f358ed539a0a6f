/** Telegram as it is configured: where its server may be, and a token that is missing or none. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readConfiguration } from "../../../src/config/document.ts";
import { environmentOf, type Variables } from "../../../src/config/environment.ts";
import { isFailure } from "../../../src/errors.ts";
import { openTelegram } from "../../../src/surfaces/telegram/telegram.ts";
import { testToken } from "../../telegram/bot-api.ts";
import { startTestRedis } from "../../world/redis.ts";

const system = { userHome: "/home/ada", temporaryDir: "/tmp" };
const rootOf = (root: string) => environmentOf({ SIGNALBOX_TELEGRAM_API_ROOT: root }, system).telegramApiRoot;

test("another server may be on this machine, or behind https; a slash at the end is left out", () => {
  assert.equal(environmentOf({}, system).telegramApiRoot, null);
  for (const root of [
    "http://127.0.0.1:8081",
    "http://localhost",
    "http://[::1]:8081",
    "https://bots.example.org",
    "https://bots.example.org:8443/telegram",
  ]) {
    assert.equal(rootOf(root), root);
    assert.equal(rootOf(`${root}/`), root);
  }
});

const hostile = [
  "http://api.telegram.org",
  "http://127.0.0.1.example.org",
  "http://localhost.example.org:80",
  "http://127.0.0.1@example.org",
  "http://127.0.0.1:8081@example.org/",
  "https://user:secret@example.org",
  "https://example.org/?to=x",
  "https://example.org/#x",
  "https://",
  "https:///x",
  "ftp://127.0.0.1",
  "file:///etc/passwd",
  "javascript:0",
  "127.0.0.1:8081",
  "https://example.org\nhttps://x",
  "http://127.0.0.1:123456",
];

for (const root of hostile)
  test(`no server for the token: ${JSON.stringify(root)}`, () => {
    assert.throws(
      () => rootOf(root),
      (error) =>
        isFailure(error, "bad_environment") && error.problems[0]?.path === "SIGNALBOX_TELEGRAM_API_ROOT",
    );
  });

const tokens: [string, Variables, RegExp | null][] = [
  ["a token", { T: testToken }, null],
  [
    "no variable",
    {},
    /^The bot has no token: the environment variable T is not set where the daemon runs\.$/,
  ],
  ["an empty one", { T: "  " }, /^The bot has no token: /],
  ["something else", { T: "swordfish" }, /^What is configured as the bot's token is none\.$/],
  ["a path in it", { T: "4242:../../../getMe?x=AAAAAAAAAAAAAAAA" }, /is none\.$/],
];

for (const [what, variables, why] of tokens)
  test(`with ${what} the bot ${why === null ? "can be used" : "cannot be used, says why, and starts nothing"}`, async () => {
    const telegram = await opened("tokenEnv: T", variables);
    const [target, ...more] = telegram?.surface.targets ?? [];
    assert.deepEqual([target?.name, more.length], ["Ann", 0]);
    if (why === null) assert.equal(target?.unusable, null);
    else assert.match(target?.unusable ?? "", why);
    assert.doesNotMatch(JSON.stringify(telegram?.surface.targets), /swordfish|getMe|AAH|1001/);
  });

test("a token may be in a file, relative to the clone", async () => {
  const root = await mkdtemp(join(tmpdir(), "sb-telegram-"));
  try {
    await writeFile(join(root, "token"), `${testToken}\n`);
    assert.equal((await opened("tokenFile: token", {}, root))?.surface.targets[0]?.unusable, null);
    assert.match(
      (await opened("tokenFile: none", {}, root))?.surface.targets[0]?.unusable ?? "",
      /cannot be read/,
    );
  } finally {
    await rm(root, { recursive: true });
  }
});

test("without a bot there is no Telegram", async () => {
  assert.equal(await opened(null, {}), null);
});

/** The configuration of one person with Telegram, and one without. */
async function opened(bot: string | null, variables: Variables, root = "/") {
  await using server = await startTestRedis();
  const people = "people: [{name: Ann, role: admin, telegram: 1001}, {name: Bob, role: viewer}]";
  const reading = readConfiguration(`${people}\n${bot === null ? "" : `notify: {telegram: {${bot}}}`}\n`);
  assert.ok(reading.kind === "read");
  const environment = environmentOf(variables, system);
  const workplace = { config: reading.config, environment, root, repositoryId: "acme/shop" };
  const log = { info: () => {}, warn: () => {} };
  return openTelegram({ workplace, redis: server.redis, keys: server.keys, log });
}
