import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, type TestContext, test } from "node:test";
import fc from "fast-check";
import { type ConfigReading, configJsonSchema, readConfiguration } from "../src/config/document.ts";
import { frozen } from "../src/config/frozen.ts";
import { commentedTemplate } from "../src/config/template.ts";
import { parseDurationMs, parseSizeBytes } from "../src/config/units.ts";
import { loadConfig, privateFolder, readEnvironment, repositoryIdOf } from "../src/config.ts";
import { isFailure } from "../src/errors.ts";
import { openKnownAnswers } from "../src/known-answers.ts";
import { nearestNames } from "../src/nearest.ts";

function configOf(text: string) {
  const reading = readConfiguration(text);
  assert.equal(reading.kind, "read", JSON.stringify(reading));
  return reading.kind === "read" ? reading.config : assert.fail();
}

function problemsOf(reading: ConfigReading): string[] {
  return reading.kind === "refused" ? reading.problems.map(({ path, message }) => `${path}: ${message}`) : [];
}

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "signalbox-config-"));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

suite("signalbox.yaml", () => {
  test("gives the documented defaults where it is absent or empty", () => {
    const config = configOf("");
    assert.deepEqual(configOf("# only a comment\n"), config);
    assert.equal(config.repository, null);
    assert.deepEqual([config.remote, config.main, config.merge], ["origin", "main", "merge"]);
    assert.deepEqual(config.lease, { ttlMs: 120_000, renewMs: 30_000 });
    assert.equal(config.retentionMs, 30 * 24 * 3_600_000);
    assert.deepEqual([config.limits.files, config.limits.bytes], [10_000, 100_000_000]);
    assert.equal(config.limits.rounds, 3);
    assert.equal(config.finalize.update, false);
    assert.deepEqual(config.workers, { finalize: "builtin", maxParallel: 2, runner: "process" });
    assert.deepEqual(config.cutover, {
      enabled: true,
      parity_evidence_accepted: true,
      rollback_on_incomplete_parity: true,
    });
    assert.deepEqual(config.approval, {
      bind: "sha",
      policies: [{ paths: ["todos/roadmap.yaml"], by: "policy" }],
    });
  });

  test("takes every key of the specification", () => {
    const config = configOf(`
repository: acme/shop
remote: upstream
main: trunk
merge: squash
approval: {bind: required, policies: [{paths: [docs], by: policy}]}
checks: [{name: test, run: npm test, timeout: 90s, retries: 2}]
delivery: {todos: work/todos, demos: work/demos, deleteBranch: false, removeWorktree: false, fastForwardCheckout: true}
workers: {prepare: p, build: "b {slug}", review: r, fix: f, finalize: builtin, maxParallel: 4, runner: tmux}
people: [{name: Ada, role: admin, telegram: -1001234567890, level: business, quiet: "22:00-07:00"}]
notify: {telegram: {tokenEnv: TOKEN}, webhooks: [{url: "https://example.org/x", secretFile: /run/secret, types: [integration.*]}]}
events: [{type: acme.release.cut, schema: {type: object, default: null}}]
finalize: {update: true}
limits: {files: 5, bytes: 2MiB, submodules: forbid, symlinks: forbid, rounds: 5, roles: {build: 10m}}
lease: {ttl: 2s, renew: 500ms}
retention: 1w
port: 4000
cutover: {enabled: false, parity_evidence_accepted: false, rollback_on_incomplete_parity: false}
`);
    assert.deepEqual(config.checks, [{ name: "test", run: "npm test", timeoutMs: 90_000, retries: 2 }]);
    assert.equal(config.people[0]?.telegram, "-1001234567890");
    assert.equal(config.limits.bytes, 2 * 1024 * 1024);
    assert.deepEqual([config.workers.prepare, config.limits.rounds], ["p", 5]);
    assert.deepEqual(config.limits.roleMs, {
      prepare: 1_800_000,
      build: 600_000,
      review: 3_600_000,
      fix: 3_600_000,
      finalize: 900_000,
    });
    assert.deepEqual(config.lease, { ttlMs: 2000, renewMs: 500 });
    assert.deepEqual(config.events[0]?.schema, { type: "object", default: null });
  });

  test("is frozen through and through", () => {
    const config = configOf("checks: [{name: a, run: b}]");
    assert.ok(Object.isFrozen(config) && Object.isFrozen(config.lease) && Object.isFrozen(config.checks[0]));
  });

  test("takes the roadmap's policy from where the todos are", () => {
    assert.deepEqual(configOf("delivery: {todos: work}").approval.policies[0]?.paths, ["work/roadmap.yaml"]);
    assert.deepEqual(configOf("approval: {policies: []}").approval.policies, []);
  });

  test("treats a key without a value as absent", () => {
    assert.deepEqual(configOf("checks:\ndelivery:\n  todos:\nlease:\n"), configOf(""));
  });

  test("tells every problem at once, each with its path and line", () => {
    const text = [
      "chekcs: []",
      "lease:",
      "  ttl: 120",
      "checks:",
      "  - name: a",
      "    run: x",
      "    timeout: 15 minutes",
      "  - name: a",
      "    rn: y",
      "merge: rebase",
      "port: 99999",
    ].join("\n");
    const duration = "a duration with its unit, such as 120s, 15m, 2h or 30d";
    assert.deepEqual(problemsOf(readConfiguration(text)), [
      "chekcs: unknown key; did you mean checks? (line 1)",
      `lease.ttl: ${duration} (line 3)`,
      `checks[0].timeout: ${duration} (line 7)`,
      "checks[1].run: is missing (line 8)",
      "checks[1].rn: unknown key; did you mean run? (line 9)",
      "merge: expected one of: merge, squash (line 10)",
      "port: Too big: expected number to be <=65535 (line 11)",
    ]);
  });

  const refused: [string, string, RegExp][] = [
    ["a duplicate key", "main: a\nmain: b\n", /unique \(line 2\)/],
    ["a nested duplicate key", "lease:\n  ttl: 9s\n  ttl: 8s\n", /unique \(line 3\)/],
    ["__proto__", "__proto__: {port: 1}\n", /not allowed \(line 1\)/],
    ["__proto__ inside a section", "lease: {__proto__: {ttl: 9s}}\n", /not allowed/],
    ["__proto__ inside a user's schema", "events: [{type: a.b, schema: {__proto__: 1}}]", /not allowed/],
    ["constructor", "constructor: {}\n", /constructor: unknown key/],
    ["an alias bomb", bomb(), /alias/i],
    ["an alias without its anchor", "main: *nope", /alias/i],
    ["an endless nesting", "[".repeat(100_000), /^: nested too deep$/],
    ["an endless block nesting", "- ".repeat(60_000), /^: nested too deep$/],
    ["an unknown tag", "main: !!js/function x\n", /tag/i],
    ["several documents", "main: a\n---\nmain: b\n", /multiple documents/],
    ["a key that is no text", "1: x\n", /plain text \(line 1\)/],
    ["a list at the top", "- a\n", /expected map, received list/],
    ["broken syntax", "main: [a\n", /\(line 2\)/],
    ["a megabyte", `# ${"x".repeat(1 << 20)}`, /longer than/],
    ["a URL as the remote", "remote: https://example.org/x.git", /not a URL/],
    ["an option as the remote", "remote: --upload-pack=x", /remote's name/],
    ["an option as main", "main: -x", /short name/],
    ["a full ref as main", "main: refs/heads/main", /refs\/heads/],
    ["a repository that would leave its folder", "repository: ../x", /a name such as/],
    ["a repository with a dotted part", "repository: a/../b", /a name such as/],
    ["the engines' folder as repository", "repository: engines", /taken/],
    ["todos outside the repository", "delivery: {todos: ../x}", /inside the repository/],
    ["todos in git's own folder", "delivery: {todos: .GIT/x}", /inside the repository/],
    ["demos inside todos", "delivery: {demos: todos/demos}", /two folders/],
    ["a check named none", "checks: [{name: none, run: x}]", /no check/],
    ["a check without a command", "checks: [{name: x, run: '  '}]", /command/],
    ["a check's name that is no word", "checks: [{name: 'a b', run: x}]", /letters/],
    ["a renewal that is too rare", "lease: {ttl: 10s, renew: 6s}", /twice/],
    ["a zero duration", "retention: 0s", /at least 1ms/],
    ["a negative duration", "retention: -1s", /unit/],
    ["a secret in a URL", "notify: {webhooks: [{url: 'https://u:p@x/', secretEnv: A}]}", /without user/],
    ["a webhook to a file", "notify: {webhooks: [{url: 'file:///x', secretEnv: A}]}", /http/],
    ["a token written out", "notify: {telegram: {tokenEnv: '123:abc'}}", /never written here/],
    ["no way to the token", "notify: {telegram: {}}", /exactly one/],
    ["two ways to the token", "notify: {telegram: {tokenEnv: A, tokenFile: b}}", /exactly one/],
    ["two people of one name", "people: [{name: a, role: admin}, {name: a, role: viewer}]", /already/],
    ["no round of review", "limits: {rounds: 0}", /rounds/],
    ["no parallel worker", "workers: {maxParallel: 0}", /maxParallel/],
    ["an unknown runner", "workers: {runner: screen}", /process, tmux/],
    ["a control character in a command", 'workers: {build: "a\\u001b[31m"}', /control/],
  ];
  for (const [what, text, why] of refused) {
    test(`refuses ${what}`, () => {
      const problems = problemsOf(readConfiguration(text));
      assert.ok(problems.length > 0, "was taken");
      assert.match(problems.join("\n"), why);
    });
  }

  test("never throws, whatever the text is", () => {
    const yamlish = fc.array(
      fc.constantFrom(
        "a",
        "main",
        ":",
        " ",
        "\n",
        "- ",
        "[",
        "]",
        "{",
        "}",
        "&a",
        "*a",
        "?",
        "!!x",
        "'",
        '"',
        "|",
        "\t",
      ),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          yamlish.map((parts) => parts.join("")),
        ),
        (text) => {
          assert.ok(["read", "refused"].includes(readConfiguration(text).kind));
        },
      ),
      { numRuns: 300 },
    );
  });

  test("pollutes no prototype", () => {
    readConfiguration("__proto__: {polluted: 1}\nconstructor: {prototype: {polluted: 1}}");
    assert.equal(Reflect.get({}, "polluted"), undefined);
  });
});

suite("the file on disk", () => {
  test("is read from the root of the clone", async (t) => {
    const root = await folder(t);
    assert.equal((await loadConfig({ root })).main, "main");
    await writeFile(join(root, "signalbox.yaml"), "\uFEFFmain: trunk\r\nremote: up\r\n");
    const config = await loadConfig({ root });
    assert.deepEqual([config.main, config.remote], ["trunk", "up"]);
  });

  test("fails as bad input, with its problems, when it is wrong or unreadable", async (t) => {
    const root = await folder(t);
    await writeFile(join(root, "signalbox.yaml"), "mian: x\nprot: 1\n");
    await assert.rejects(loadConfig({ root }), (error) => {
      assert.ok(isFailure(error, "config_invalid"));
      assert.equal(error.exitCode, 2);
      assert.deepEqual(
        error.problems.map(({ path }) => path),
        ["mian", "prot"],
      );
      return true;
    });
    await writeFile(join(root, "signalbox.yaml"), Buffer.from([0x6d, 0xff, 0xfe]));
    await assert.rejects(loadConfig({ root }), (error) => isFailure(error, "config_unreadable"));
    await rm(join(root, "signalbox.yaml"));
    await mkdir(join(root, "signalbox.yaml"));
    await assert.rejects(loadConfig({ root }), (error) => isFailure(error, "config_unreadable"));
  });
});

suite("what was checked before", () => {
  const everything = `
remote: upstream
approval: {policies: &rules [{paths: [docs], by: policy}]}
workers: {build: "b {slug}"}
people: [{name: Ada, role: admin, telegram: -1001234567890, quiet: "22:00-07:00"}]
notify: {telegram: {tokenEnv: TOKEN}, webhooks: [{url: "https://example.org/x", secretFile: /run/secret}]}
events: [{type: acme.release.cut, schema: {type: object, default: null, examples: *rules, maximum: 1.5}}]
limits: {bytes: 2MiB, roles: {build: 10m}}
`;

  async function clone(t: TestContext, text: string) {
    const root = await folder(t);
    await writeFile(join(root, "signalbox.yaml"), text);
    const place = { folder: join(root, ".known"), rules: "1" };
    const load = async (rules = "1") =>
      loadConfig({ root, answers: await openKnownAnswers({ ...place, rules }) });
    return { root, place, load };
  }

  test("is the same configuration, frozen, and is not checked again", async (t) => {
    for (const text of ["", everything]) {
      const { place, load } = await clone(t, text);
      const first = await load();
      assert.deepEqual(first, configOf(text));
      const again = await load();
      assert.deepEqual(again, first);
      assert.ok(Object.isFrozen(again) && Object.isFrozen(again.lease) && Object.isFrozen(again.people));
      // That it came from there is seen by what only it says.
      const file = join(place.folder, "answers.json");
      await writeFile(file, (await readFile(file, "utf8")).replaceAll('"ttlMs":120000', '"ttlMs":7'));
      assert.equal((await load()).lease.ttlMs, 7);
    }
  });

  test("counts for exactly this text and these rules", async (t) => {
    const { root, load } = await clone(t, "main: trunk\n");
    assert.equal((await load()).main, "trunk");
    await writeFile(join(root, "signalbox.yaml"), "main: other\n");
    assert.equal((await load()).main, "other");
    await rm(join(root, "signalbox.yaml"));
    assert.equal((await load()).main, "main");
    assert.equal((await load("2")).main, "main");
  });

  test("hides no problem: what is wrong is told every time", async (t) => {
    const { root, load } = await clone(t, "main: trunk\n");
    await load();
    await writeFile(join(root, "signalbox.yaml"), "mian: trunk\n");
    for (let time = 0; time < 2; time++)
      await assert.rejects(load(), (error) => isFailure(error, "config_invalid"));
  });

  test("names a repository as it was named the first time", async (t) => {
    const { root, place } = await clone(t, "");
    const id = async (repository: string | null, remoteUrl: string) =>
      repositoryIdOf({ repository, remoteUrl, root, answers: await openKnownAnswers(place) });
    const first = await id(null, "git@example.org:team/app.git");
    assert.match(first, /^app-[0-9a-f]{8}$/);
    assert.equal(await id(null, "https://example.org/team/app"), first);
    assert.notEqual(await id(null, "https://example.org/other/app"), first);
    assert.equal(await id("acme/shop", "https://example.org/team/app"), "acme/shop");
    assert.equal(await repositoryIdOf({ repository: null, remoteUrl: "example.org:team/app", root }), first);
  });
});

test("a frozen value cannot be changed anywhere in it", () => {
  const value = frozen({ a: [{ b: 1 }], c: null });
  assert.ok(Object.isFrozen(value) && Object.isFrozen(value.a) && Object.isFrozen(value.a[0]));
});

suite("the commented template", () => {
  test("reads as the defaults and what was found out", () => {
    assert.deepEqual(configOf(commentedTemplate({ remote: "origin", main: "main" })), configOf(""));
    const config = configOf(commentedTemplate({ repository: "acme/shop", remote: "up", main: "yes" }));
    assert.deepEqual([config.repository, config.remote, config.main], ["acme/shop", "up", "yes"]);
  });

  test("shows every key, and stays right when its comments are removed", () => {
    const text = commentedTemplate({ remote: "origin", main: "main" });
    const bare = text.replaceAll(/^# ?(?=( *)(- )?[a-z][A-Za-z_]*:( |$))/gm, "");
    const { checks, people, notify, events, workers, repository, ...rest } = configOf(bare);
    const defaults = configOf("");
    for (const [key, value] of Object.entries(rest)) {
      assert.deepEqual(value, Reflect.get(defaults, key), key);
    }
    assert.equal(repository, "acme/shop");
    assert.deepEqual([checks.length, people.length, notify.webhooks.length, events.length], [1, 1, 1, 1]);
    assert.equal(workers.build, "my-agent build {slug}");
    const properties = Reflect.get(configJsonSchema(), "properties");
    for (const key of Object.keys(Object(properties))) assert.match(bare, new RegExp(`^${key}:`, "m"), key);
  });
});

suite("durations and sizes", () => {
  const durations: [string, number | null][] = [
    ["500ms", 500],
    ["120s", 120_000],
    ["1.5h", 5_400_000],
    ["15m", 900_000],
    ["30d", 2_592_000_000],
    ["2w", 1_209_600_000],
    ["0s", null],
    ["15", null],
    ["15 m", null],
    ["-1s", null],
    ["1e9d", null],
    ["99999d", null],
    ["1y", null],
    ["", null],
  ];
  for (const [text, ms] of durations) {
    test(`"${text}" is ${ms === null ? "no duration" : `${ms} ms`}`, () =>
      assert.equal(parseDurationMs(text), ms));
  }

  test("sizes are decimal with kB, MB, GB and binary with KiB, MiB, GiB", () => {
    assert.deepEqual(["1kB", "1KiB", "100MB", "1.5GiB", "10", "1mb", "0MB"].map(parseSizeBytes), [
      1000,
      1024,
      100_000_000,
      1_610_612_736,
      null,
      null,
      null,
    ]);
  });
});

suite("the environment", () => {
  test("has the documented defaults", () => {
    const environment = readEnvironment({ HOME: "/home/ada", PATH: "/bin" });
    assert.equal(environment.home, "/home/ada/.local/state/signalbox");
    assert.deepEqual(
      [
        environment.redisUrl,
        environment.sessionId,
        environment.role,
        environment.slug,
        environment.runtimeDir,
      ],
      [null, null, null, null, null],
    );
    assert.equal(environment.path, "/bin");
    assert.ok(Object.isFrozen(environment) && Object.isFrozen(environment.variables));
  });

  test("prefers SIGNALBOX_HOME, then XDG_STATE_HOME, and ignores a relative one", () => {
    const home = (variables: Record<string, string>) => readEnvironment({ HOME: "/h", ...variables }).home;
    assert.equal(home({ XDG_STATE_HOME: "/state" }), "/state/signalbox");
    assert.equal(home({ XDG_STATE_HOME: "state" }), "/h/.local/state/signalbox");
    assert.equal(home({ XDG_STATE_HOME: "/state", SIGNALBOX_HOME: "/mine" }), "/mine");
    assert.equal(home({ SIGNALBOX_HOME: "" }), "/h/.local/state/signalbox");
  });

  test("tells every bad variable at once, and never its value", () => {
    const bad = { SIGNALBOX_HOME: "here", SIGNALBOX_REDIS_URL: "http://:secret@x", SIGNALBOX_ROLE: "a\nb" };
    assert.throws(
      () => readEnvironment(bad),
      (error) => {
        assert.ok(isFailure(error, "bad_environment"));
        assert.deepEqual(
          error.problems.map(({ path }) => path),
          ["SIGNALBOX_HOME", "SIGNALBOX_REDIS_URL", "SIGNALBOX_ROLE"],
        );
        assert.doesNotMatch(JSON.stringify([error.message, error.problems]), /secret/);
        return true;
      },
    );
  });
});

suite("a repository's identity", () => {
  test("is its configured name, else made from the remote's URL", async () => {
    const remoteUrl = "git@example.org:acme/shop.git";
    const idOf = (repository: string | null, url = remoteUrl) =>
      repositoryIdOf({ repository, remoteUrl: url, root: "/nowhere" });
    assert.equal(await idOf("acme/shop"), "acme/shop");
    assert.match(await idOf(null), /^shop-[0-9a-f]{8}$/);
    assert.equal(await idOf(null, "https://example.org/acme/shop"), await idOf(null));
    assert.notEqual(await idOf(null, "https://example.org/other/shop"), await idOf(null));
  });

  test("names one folder directly below the home, never one inside another's", () => {
    assert.equal(privateFolder("/home", "shop-0a1b2c3d"), "/home/shop-0a1b2c3d");
    assert.equal(privateFolder("/home", "acme/redis"), "/home/acme+redis");
  });
});

suite("nearest names", () => {
  const cases: [string, string[]][] = [
    ["chekcs", ["checks"]],
    ["MAIN", ["main"]],
    ["queu", ["queue"]],
    ["xyzzy", []],
    ["x", []],
  ];
  for (const [typed, expected] of cases) {
    test(`for "${typed}": ${expected.join() || "none"}`, () => {
      assert.deepEqual(nearestNames(typed, ["checks", "main", "queue", "status"]), expected);
    });
  }

  test("a swap of neighbours counts once, and hostile lengths are cut", () => {
    assert.deepEqual(nearestNames("mian", ["main", "mine"], 2), ["main"]);
    assert.deepEqual(nearestNames("a".repeat(1_000_000), ["main"]), []);
  });
});

function bomb(): string {
  const lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"];
  for (let level = 1; level < 10; level++) {
    const aliases = Array.from({ length: 10 }, () => `*a${level - 1}`).join(", ");
    lines.push(`a${level}: &a${level} [${aliases}]`);
  }
  return lines.join("\n");
}
