import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { readConfiguration } from "../../../src/config/document.ts";
import { membersOf, type SeenProcess } from "../../../src/orchestration/sessions/members.ts";
import { plainText } from "../../../src/orchestration/sessions/plain-text.ts";
import {
  isOpen,
  keeperAppearsWithinMs,
  type SessionFacts,
  sessionOf,
} from "../../../src/orchestration/sessions/session.ts";
import { lastLineBytes, lastLineOf, verdictOf } from "../../../src/orchestration/sessions/verdict.ts";
import { secretNamesOf, workerEnvironment } from "../../../src/orchestration/sessions/worker-environment.ts";
import { nastyText } from "./nasty-text.ts";

describe("the verdict is the whole last line of an output", () => {
  const cases: [output: string, verdict: ReturnType<typeof verdictOf>][] = [
    ["I looked at it.\nAPPROVE\n", { kind: "approve" }],
    ["APPROVE", { kind: "approve" }],
    ["\n\n  APPROVE  \r\n\n \n", { kind: "approve" }],
    ["\u001b[1;32mAPPROVE\u001b[0m\n", { kind: "approve" }],
    ["\u001b]0;title\u0007REQUEST_CHANGES\n", { kind: "request_changes" }],
    ["FINALIZE_READY: add-login\n", { kind: "finalize_ready", slug: "add-login" }],
    ["FINALIZE_READY:add-login\n", { kind: "finalize_ready", slug: "add-login" }],
    ["FINALIZE_READY: --help\n", { kind: "none" }],
    ["FINALIZE_READY: a b\n", { kind: "none" }],
    ["FINALIZE_READY: \n", { kind: "none" }],
    ["I would say APPROVE\n", { kind: "none" }],
    ["approve\n", { kind: "none" }],
    ["APPROVE\nbut see below\n", { kind: "none" }],
    ["APPROVE.\n", { kind: "none" }],
    ["REQUEST_CHANGES\nAPPROVE", { kind: "approve" }],
    ["", { kind: "none" }],
    ["\n \n", { kind: "none" }],
  ];
  for (const [output, verdict] of cases)
    test(JSON.stringify(output), () => assert.deepEqual(verdictOf(lastLineOf(Buffer.from(output))), verdict));

  test("invalid UTF-8 before it does not hide it, within it is none", () => {
    assert.deepEqual(verdictOf(lastLineOf(Buffer.from("\xff\xfe\nAPPROVE", "latin1"))), { kind: "approve" });
    assert.deepEqual(verdictOf(lastLineOf(Buffer.from("APPROVE\xff", "latin1"))), { kind: "none" });
  });

  test("the end of a line that is longer than what is kept is no line", () => {
    const end = Buffer.from(`${"x".repeat(lastLineBytes)}APPROVE`).subarray(-lastLineBytes);
    assert.equal(lastLineOf(end), null);
    const cut = Buffer.concat([Buffer.alloc(lastLineBytes - 7, " "), Buffer.from("APPROVE")]);
    assert.equal(lastLineOf(cut), null);
  });
});

describe("terminal commands are taken out of what is shown", () => {
  const cases: [text: string, plain: string][] = [
    ["a\u001b[31mred\u001b[0m b", "ared b"],
    ["\u001b]8;;https://evil.example\u0007link\u001b]8;;\u0007", "link"],
    ["\u001b]52;c;aGVsbG8=\u001b\\x", "x"],
    ["\u001bP1$r0m\u001b\\x", "x"],
    ["\u009b31mx\u009dtitle\u009cy", "xy"],
    ["\u001b]0;never ended\nnext", "\nnext"],
    ["\u001b(Bx\u001b=y\u001b>z\u001bcw", "xyzw"],
    ["a\r\nb\r\r\nc\rd", "a\nb\nc\nd"],
    ["cut in the middle \u001b[3", "cut in the middle "],
    ["lone \u001b", "lone "],
    ["tab\tstays, bell\u0007 too", "tab\tstays, bell\u0007 too"],
  ];
  for (const [text, plain] of cases) test(JSON.stringify(text), () => assert.equal(plainText(text), plain));

  test("no escape and no carriage return is left of anything", () => {
    fc.assert(
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
      fc.property(nastyText, (text) => assert.doesNotMatch(plainText(text), /[\u001b\r\u009b]/)),
    );
  });
});

describe("a worker's environment is its caller's, less our credentials", () => {
  const base = { secretNames: ["BOT", "HOOK_SECRET"], guardsDir: null, ownBinDir: "/opt/sb/bin" };
  const worker = { sessionId: "builder-a-1", role: "builder", slug: "a" };
  const of = (variables: Record<string, string>, more: object = {}) =>
    workerEnvironment({ ...base, variables, worker, ...more });

  test("what the caller has for its tools stays, git's identity too", () => {
    const variables = {
      HOME: "/h",
      GIT_AUTHOR_NAME: "Ada",
      ANTHROPIC_API_KEY: "sk",
      SIGNALBOX_HOME: "/s",
      PATH: "/bin",
    };
    const { PATH, ...kept } = of(variables);
    assert.deepEqual(kept, {
      HOME: "/h",
      GIT_AUTHOR_NAME: "Ada",
      ANTHROPIC_API_KEY: "sk",
      SIGNALBOX_HOME: "/s",
      SIGNALBOX_SESSION_ID: "builder-a-1",
      SIGNALBOX_ROLE: "builder",
      SIGNALBOX_SLUG: "a",
    });
    assert.equal(PATH, "/bin:/opt/sb/bin");
  });

  test("a repository and an index that git has set for a hook or an alias are not the worker's", () => {
    const ofAHook = {
      GIT_DIR: "/elsewhere/.git",
      GIT_COMMON_DIR: "/elsewhere/.git",
      GIT_WORK_TREE: "/elsewhere",
      GIT_INDEX_FILE: ".git/index.lock",
      GIT_OBJECT_DIRECTORY: "/elsewhere/.git/incoming",
      GIT_ALTERNATE_OBJECT_DIRECTORIES: "/elsewhere/.git/objects",
      GIT_QUARANTINE_PATH: "/elsewhere/.git/incoming",
      GIT_NAMESPACE: "other",
      GIT_PREFIX: "docs/",
      GIT_SHALLOW_FILE: "/elsewhere/.git/shallow",
    };
    const own = { GIT_AUTHOR_NAME: "Ada", GIT_SSH_COMMAND: "ssh -i key", GIT_CONFIG_COUNT: "0" };
    const named = Object.entries(of({ ...ofAHook, ...own })).filter(([name]) => name.startsWith("GIT_"));
    assert.deepEqual(Object.fromEntries(named), own);
  });

  test("tokens, webhook secrets and the integrator's keys go", () => {
    const secret = {
      SIGNALBOX_TELEGRAM_TOKEN: "1",
      BOT: "2",
      HOOK_SECRET: "3",
      SIGNALBOX_INTEGRATOR_KEY: "4",
      SIGNALBOX_GRANT: "5",
      SIGNALBOX_API_TOKEN_FILE: "6",
      SIGNALBOX_DB_PASSWORD: "7",
    };
    const environment = of({ ...secret, KEEP: "yes" });
    assert.deepEqual(
      Object.keys(environment).filter((name) => name in secret),
      [],
    );
    assert.equal(environment.KEEP, "yes");
  });

  test("which variables are secret is read from the configuration", () => {
    const text = `notify:
  telegram: {tokenEnv: BOT_TOKEN}
  webhooks: [{url: "https://a.example", secretEnv: HOOK}, {url: "https://b.example", secretFile: /s}]
`;
    const reading = readConfiguration(text);
    assert.equal(reading.kind, "read");
    assert.deepEqual(reading.kind === "read" ? secretNamesOf(reading.config.notify) : null, [
      "BOT_TOKEN",
      "HOOK",
    ]);
  });

  test("a Redis of the user's own keeps its address and loses its login", () => {
    const shown = (url: string) => of({ SIGNALBOX_REDIS_URL: url }).SIGNALBOX_REDIS_URL;
    assert.equal(shown("redis://ada:s3cret@db.example:6380/2"), "redis://db.example:6380/2");
    assert.equal(shown("rediss://:s3cret@db.example"), "rediss://db.example");
    assert.equal(shown("unix:///run/redis.sock?password=s3cret&db=1"), "unix:///run/redis.sock?db=1");
    assert.equal(shown("redis://db.example:6379"), "redis://db.example:6379");
    assert.equal(shown("s3cret without form"), undefined);
  });

  test("a worker that a worker starts is itself, and not in its caller's terminal", () => {
    const { SIGNALBOX_SESSION_ID, SIGNALBOX_SLUG, TMUX } = of(
      { SIGNALBOX_SESSION_ID: "orchestrator-1", SIGNALBOX_SLUG: "other", TMUX: "/tmp/x,1,0" },
      { worker: { ...worker, slug: null } },
    );
    assert.deepEqual([SIGNALBOX_SESSION_ID, SIGNALBOX_SLUG, TMUX], ["builder-a-1", undefined, undefined]);
  });

  test("the guards come first on its PATH", () => {
    assert.equal(of({ PATH: "/bin" }, { guardsDir: "/g" }).PATH, "/g:/bin:/opt/sb/bin");
  });
});

describe("only what is proven belongs to a session", () => {
  const keeper = { pid: 100, startTime: "7" };
  const owner = { sessionId: "s", keeper };
  const seen = (pid: number, more: Partial<SeenProcess> = {}): SeenProcess => ({
    pid,
    startTime: "9",
    parent: 1,
    group: pid,
    session: pid,
    zombie: false,
    mark: null,
    ...more,
  });
  const own = seen(100, { startTime: "7", mark: "s" });
  const cases: [title: string, processes: SeenProcess[], pids: number[]][] = [
    ["its mark, wherever the process went", [own, seen(200, { mark: "s" })], [200]],
    ["the keeper's group, while that keeper is there", [own, seen(101, { group: 100, session: 100 })], [101]],
    ["its terminal session, whatever the group", [own, seen(101, { session: 100 })], [101]],
    ["the group of a keeper that is a zombie", [{ ...own, zombie: true }, seen(101, { group: 100 })], [101]],
    [
      "not the group of another process with the keeper's number",
      [seen(100), seen(101, { group: 100, session: 100 })],
      [],
    ],
    ["not a group whose leader is gone", [seen(101, { group: 100, session: 100 })], []],
    [
      "children, and theirs, of what belongs",
      [own, seen(101, { mark: "s" }), seen(102, { parent: 101 }), seen(103, { parent: 102 })],
      [101, 102, 103],
    ],
    [
      "not a session that a worker started",
      [
        own,
        seen(101, { mark: "s" }),
        seen(102, { parent: 101, mark: "other" }),
        seen(103, { parent: 102, mark: "other" }),
      ],
      [101],
    ],
    ["not what has ended already", [own, seen(101, { mark: "s", zombie: true })], []],
    ["not its keeper, and not who asks", [own, seen(50, { mark: "s" })], []],
    ["not a stranger", [own, seen(300), seen(301, { mark: "other" })], []],
    ["a process of its own that was given the dead keeper's number", [seen(100, { mark: "s" })], [100]],
  ];
  for (const [title, processes, pids] of cases)
    test(title, () =>
      assert.deepEqual(
        membersOf(processes, owner, [50]).map(({ pid }) => pid),
        pids,
      ),
    );

  test("whatever is running, a process without proof is left alone", () => {
    const any = fc.record({
      pid: fc.integer({ min: 1, max: 20 }),
      startTime: fc.constantFrom("7", "9"),
      parent: fc.integer({ min: 1, max: 20 }),
      group: fc.integer({ min: 1, max: 20 }),
      session: fc.integer({ min: 1, max: 20 }),
      zombie: fc.boolean(),
      mark: fc.constantFrom(null, "other"),
    });
    const list = fc.uniqueArray(any, { selector: ({ pid }) => pid });
    fc.assert(
      fc.property(list, (processes) => {
        // No mark, and no keeper: there is nothing to be proven by.
        assert.deepEqual(membersOf(processes, { sessionId: "s", keeper: { pid: 30, startTime: "7" } }), []);
        const strangers = membersOf(processes, { sessionId: "s", keeper: { pid: 5, startTime: "7" } });
        assert.ok(strangers.every(({ mark, pid }) => mark === null && pid !== 5));
      }),
    );
  });
});

describe("a session's state follows from what is written down", () => {
  const request: SessionFacts["request"] = {
    id: "builder-a-1",
    role: "builder",
    slug: "a",
    runner: "process",
    argv: ["x"],
    worktree: "/w",
    createdAt: "2026-01-01T00:00:00.000Z",
    silenceLimitMs: null,
    log: { headBytes: 1, tailBytes: 1 },
    graceMs: 1,
    socket: null,
  };
  const keeper = { pid: 1, startTime: "1" };
  const worker = { process: { pid: 2, startTime: "2" }, startedAt: "2026-01-01T00:00:01.000Z" };
  const ending = { by: "ada", reason: "enough", at: "2026-01-01T00:00:02.000Z" };
  const ended = {
    how: "exited" as const,
    why: "exit 0",
    exitCode: 0,
    signal: null,
    by: null,
    lastLine: null,
    endedAt: "2026-01-01T00:00:03.000Z",
  };
  const asked: SessionFacts = {
    request,
    keeper: null,
    keeperRuns: false,
    worker: null,
    ending: null,
    ended: null,
    silent: false,
    lastSignMs: null,
    ageMs: 0,
  };
  const kept = { ...asked, keeper, keeperRuns: true };
  const cases: [state: string, facts: SessionFacts][] = [
    ["starting", asked],
    ["lost", { ...asked, ageMs: keeperAppearsWithinMs }],
    ["starting", kept],
    ["running", { ...kept, worker, ageMs: 1e9 }],
    ["silent", { ...kept, worker, silent: true }],
    ["ending", { ...kept, worker, silent: true, ending }],
    ["lost", { ...kept, worker, keeperRuns: false }],
    ["lost", { ...kept, worker, ending, keeperRuns: false }],
    ["ended", { ...kept, worker, keeperRuns: false, ended }],
    ["ended", { ...kept, worker, ending, ended }],
  ];
  for (const [state, facts] of cases)
    test(state, () => {
      const session = sessionOf(facts);
      assert.equal(session.state, state);
      assert.equal(isOpen(session), state !== "ended");
    });
});
