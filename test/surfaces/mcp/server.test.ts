/** `signalbox mcp` as a client meets it, its odd and hostile callers among them. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { test } from "node:test";
import { openAgent } from "../../world/agent.ts";
import { processesOf } from "../../world/leftovers.ts";
import { waitUntil } from "../../world/wait-until.ts";
import { bin, inWorld } from "../../world/world.ts";

test(
  "the tools are the verbs of the contract, each with both schemas and its reach",
  inWorld({ down: true }, async (world) => {
    await using agent = await openAgent(world);
    const { tools } = await agent.client.listTools();
    assert.deepEqual(
      tools.map(({ name }) => name),
      "submit why queue candidate follow_up try retry inbox claim release".split(" "),
    );
    for (const { name, description, inputSchema, outputSchema, annotations } of tools) {
      assert.ok((description ?? "").length > 40, name);
      assert.equal(inputSchema.additionalProperties, false, `${name} takes what it does not know`);
      assert.equal(outputSchema?.type, "object", name);
      assert.equal(annotations?.openWorldHint, false, name);
      const changes = ["submit", "retry", "claim", "release"].includes(name);
      assert.equal(annotations?.readOnlyHint, !changes, name);
    }
    assert.match(agent.client.getInstructions() ?? "", /Main is not yours/);
    assert.equal(agent.client.getServerVersion()?.name, "signalbox");
  }),
);

test(
  "with the line down a call fails with a code and a cure, and the next one finds the line that was started",
  inWorld({ down: true }, async (world) => {
    await using agent = await openAgent(world);
    const failure = await agent.failure("queue");
    assert.equal(failure.code, "redis_not_running");
    assert.match(failure.cure ?? "", /signalbox up/);
    await world.up();
    assert.deepEqual(await agent.call("queue"), { items: [], more: 0 });
  }),
);

test(
  "hostile names are refused with a code, and change nothing",
  inWorld({}, async (world) => {
    await using agent = await openAgent(world);
    const slugs = ["--help", "--by=me", "../x", "a\nb", "A B", "-C/etc", "x".repeat(4000), "{}"];
    for (const slug of slugs) {
      const { code } = await agent.failure("why", { slug });
      assert.equal(code, "bad_slug", JSON.stringify(slug.slice(0, 20)));
      await agent.failure("retry", { slug });
      await agent.failure("follow_up", { slug });
    }
    for (const branch of ["--upload-pack=x", "+main", "main", "HEAD", "refs/heads/x", "a:b", "origin/main"]) {
      await agent.failure("submit", { branch });
      await agent.failure("try", { branch });
    }
    assert.equal((await agent.failure("try", { branch: "nowhere" })).code, "no_such_branch");
    assert.equal((await agent.failure("why", { slug: "nobody" })).code, "unknown_slug");
    assert.equal((await agent.failure("claim")).code, "notification_unnamed");
    assert.equal((await agent.failure("claim", { slug: "a", id: "b" })).code, "notification_unnamed");
    assert.equal((await agent.failure("release", { slug: "nobody" })).code, "notification_unknown");
    for (const type of ["branch.pushed", "deployment.started", "integration.candidate.requeued"])
      assert.deepEqual(world.events.seen({ type }), []);
    assert.equal((await world.git("ls-remote", "origin", "refs/heads/*")).trim().split("\n").length, 1);
  }),
);

test(
  "arguments that no tool has are refused before any command runs",
  inWorld({ down: true }, async (world) => {
    await using agent = await openAgent(world);
    for (const given of [
      {},
      { slug: 1 },
      { slug: "a", more: true },
      { slug: "" },
      { slug: "a\0b" },
      { slug: "a".repeat(5000) },
    ]) {
      const { isError, content } = await agent.client.callTool({ name: "why", arguments: given });
      assert.equal(isError, true);
      assert.ok(Array.isArray(content) && /Invalid arguments/.test(String(content[0]?.text)));
    }
    const unknown = await agent.client.callTool({ name: "push_main", arguments: {} });
    assert.equal(unknown.isError, true);
  }),
);

test(
  "outside of a repository every call says so",
  inWorld({ down: true }, async (world) => {
    await using agent = await openAgent(world, { directory: world.place });
    assert.equal((await agent.failure("queue")).code, "not_a_repository");
  }),
);

test(
  "a server whose folder was removed, as a landed item's is, goes on from the main worktree",
  inWorld({}, async (world) => {
    const worker = await world.worker("leaving");
    await using agent = await openAgent(world, { directory: worker.directory });
    await rm(worker.directory, { recursive: true });
    await world.git("worktree", "prune");
    assert.deepEqual(await agent.call("queue"), { items: [], more: 0 });
  }),
);

test(
  "a call that is called off ends its command",
  inWorld({}, async (world) => {
    await world.json("queue", "pause", "--reason", "so that it waits");
    const worker = await world.worker("slow");
    await worker.commit({ "a.txt": "a\n" });
    await using agent = await openAgent(world, { directory: worker.directory });
    const stop = new AbortController();
    const call = agent.client.callTool(
      { name: "submit", arguments: { approved_by: "grace", wait_seconds: 300 } },
      undefined,
      {
        signal: stop.signal,
      },
    );
    call.catch(() => {});
    await world.events.until({ type: "integration.candidate.queued", slug: "slow" });
    stop.abort();
    await assert.rejects(call);
    const isWaiting = async () =>
      (await processesOf(world.place)).some(({ command }) => command.includes("submit"));
    await waitUntil(async () => !(await isWaiting()), { what: "the waiting command has ended" });
    assert.equal((await agent.call("why", { slug: "slow" })).who, "admin");
  }),
);

test(
  "the server ends with its client, and takes a waiting command along",
  inWorld({}, async (world) => {
    await world.json("queue", "pause", "--reason", "so that it waits");
    const worker = await world.worker("left");
    await worker.commit({ "a.txt": "a\n" });
    const server = spawn(bin, ["mcp"], {
      cwd: worker.directory,
      env: world.env,
      stdio: ["pipe", "pipe", "pipe"],
    });
    const send = (message: object) =>
      server.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
    const clientInfo = { name: "raw", version: "1" };
    const params = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo };
    send({ id: 1, method: "initialize", params });
    send({ method: "notifications/initialized" });
    server.stdin.write("this is no request\n");
    send({
      id: 2,
      method: "tools/call",
      params: { name: "submit", arguments: { approved_by: "grace", wait_seconds: 300 } },
    });
    await world.events.until({ type: "integration.candidate.queued", slug: "left" });
    server.stdin.end();
    const [code] = await once(server, "close");
    assert.equal(code, 0);
    assert.deepEqual(
      (await processesOf(world.place)).filter(({ command }) => command.includes("submit")),
      [],
    );
  }),
);
