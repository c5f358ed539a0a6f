import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { readConfiguration } from "../../src/config/document.ts";
import { configuredTargets, rulesOfPerson, rulesOfWebhook, webhookName } from "../../src/delivery/targets.ts";
import { ledgerWrites } from "../../src/delivery/writes.ts";
import { keysOf } from "../../src/redis/keys.ts";

function configured(yaml: string) {
  const reading = readConfiguration(yaml);
  assert.equal(reading.kind, "read", JSON.stringify(reading));
  return reading.kind === "read" ? reading.config : assert.fail();
}

function problems(yaml: string): string[] {
  const reading = readConfiguration(yaml);
  return reading.kind === "refused" ? reading.problems.map(({ path }) => path) : [];
}

suite("people and webhooks of the configuration", () => {
  const yaml = `
people:
  - {name: Ada, role: admin, telegram: 1, level: business, quiet: "22:00-07:00", timeZone: Europe/Berlin, domains: [deployment], digest: 1h}
  - {name: Bob, role: viewer}
  - {name: Zoë B., role: viewer, telegram: -100, quiet: "12:00-13:00"}
notify:
  telegram: {tokenEnv: TOKEN}
  webhooks:
    - {url: "https://example.org/a", secretEnv: S}
    - {name: chat, url: "https://example.org/b", secretFile: s.txt, types: [deployment.*]}
`;

  test("are told by the ways they have", () => {
    const names = configuredTargets(configured(yaml)).map(({ surface, target }) => `${surface}:${target}`);
    assert.deepEqual(names, ["telegram:Ada", "telegram:Zoë B.", "webhook:b5b10dd0429e", "webhook:chat"]);
    const without = configured(yaml.replace("telegram: {tokenEnv: TOKEN}", ""));
    assert.deepEqual(
      configuredTargets(without).map(({ surface }) => surface),
      ["webhook", "webhook"],
    );
  });

  test("have the rules they were given", () => {
    const { people, notify } = configured(yaml);
    const [ada, bob, zoe] = people.map((person) => rulesOfPerson(person, "UTC"));
    assert.deepEqual(ada, {
      levelMin: "business",
      types: ["deployment"],
      quiet: { fromMinute: 22 * 60, toMinute: 7 * 60, timeZone: "Europe/Berlin" },
      digestMs: 3_600_000,
    });
    assert.deepEqual(bob, { levelMin: "workflow", types: null, quiet: null, digestMs: null });
    assert.equal(zoe?.quiet?.timeZone, "UTC");
    assert.deepEqual(
      notify.webhooks.map((entry) => rulesOfWebhook(entry).types),
      [null, ["deployment.*"]],
    );
  });

  test("that are moved, or have another one taken out before them, are called as before", () => {
    const { webhooks } = configured(yaml).notify;
    const names = (entries: typeof webhooks) => entries.map(webhookName);
    assert.deepEqual(names(webhooks.toReversed()), names(webhooks).toReversed());
    assert.deepEqual(names(webhooks.slice(1)), names(webhooks).slice(1));
  });

  const hook = (more: string) => `{url: "https://example.org/secret", secretEnv: S${more}}`;
  const wrong: [yaml: string, path: string][] = [
    ['people: [{name: A, role: admin, quiet: "22:00-22:00"}]', "people[0].quiet"],
    ['people: [{name: A, role: admin, quiet: "22-7"}]', "people[0].quiet"],
    ["people: [{name: A, role: admin, timeZone: Mars/Olympus}]", "people[0].timeZone"],
    ["people: [{name: A, role: admin, digest: 10}]", "people[0].digest"],
    ["people: [{name: A, role: admin, domains: []}]", "people[0].domains"],
    ['people: [{name: A, role: admin, domains: ["a b"]}]', "people[0].domains[0]"],
    ["people: [{name: A, role: boss}]", "people[0].role"],
    ["people: [{name: A, role: admin}, {name: A, role: viewer}]", "people[1].name"],
    ["notify: {webhooks: [{url: 'https://u:p@example.org', secretEnv: S}]}", "notify.webhooks[0].url"],
    ["notify: {webhooks: [{url: 'ftp://example.org', secretEnv: S}]}", "notify.webhooks[0].url"],
    ["notify: {webhooks: [{url: 'https://example.org'}]}", "notify.webhooks[0].secretEnv"],
    [`notify: {webhooks: [${hook("")}, ${hook("")}]}`, "notify.webhooks[1].url"],
    [`notify: {webhooks: [${hook(", name: a")}, ${hook(", name: a")}]}`, "notify.webhooks[1].name"],
    [`notify: {webhooks: [${hook(", name: abcdef012345")}]}`, "notify.webhooks[0].name"],
    [`notify: {webhooks: [${hook(", name: 'a b'")}]}`, "notify.webhooks[0].name"],
    [
      "notify: {webhooks: [{url: 'https://example.org', secretEnv: S, secret: x}]}",
      "notify.webhooks[0].secret",
    ],
  ];
  for (const [text, path] of wrong)
    test(`are refused at ${path}: ${text}`, () => assert.deepEqual(problems(text), [path]));

  test("may have one URL twice under two names; who gives none is told so without the URL", () => {
    const both = configured(`notify: {webhooks: [${hook("")}, ${hook(", name: again, types: [review]")}]}`);
    assert.deepEqual(both.notify.webhooks.map(webhookName), ["ca0e900349db", "again"]);
    const refused = readConfiguration(`notify: {webhooks: [${hook("")}, ${hook("")}]}`);
    assert.ok(
      refused.kind === "refused" && /give each of them a name/.test(refused.problems[0]?.message ?? ""),
    );
    assert.doesNotMatch(JSON.stringify(refused), /example/);
  });
});

test("what is written of one target touches no other's keys", () => {
  const keys = keysOf("acme/shop");
  const writes = ledgerWrites(keys, "webhook", "1");
  const touched = [
    ...writes.forgetTarget(),
    ...writes.forget("n"),
    writes.due("n", 1),
    writes.due("n", null),
  ];
  for (const { key } of touched)
    assert.match(key, /^\{signalbox:acme\/shop\}:delivery:webhook(:(wanted|sent|due):1)?$/);
});
