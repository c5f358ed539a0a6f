/** V2 and V6 as coding agents see them, through `signalbox mcp` and nothing else. */
import assert from "node:assert/strict";
import { openAgent } from "../world/agent.ts";
import { shareWorld } from "../world/shared.ts";
import { waitUntil } from "../world/wait-until.ts";

const journey = shareWorld();

journey(
  "V6: a hand-over is in the inbox until it has landed, and the answer says what it became",
  async (world) => {
    const worker = await world.worker("greet");
    await worker.commit({ "greet.txt": "hello\n" });
    await using agent = await openAgent(world, { directory: worker.directory });
    const tried = await agent.call("try", { branch: "greet" });
    assert.equal(tried.clean, true);
    const handed = await agent.call("submit", {});
    assert.equal(handed.outcome, "waiting_for_review");
    const waiting = await agent.call("why", { slug: "greet" });
    assert.equal(waiting.who, "reviewer");
    const open = await agent.call("inbox", {});
    assert.ok(
      titles(open).some((title) => title.includes("greet")),
      JSON.stringify(open),
    );
    await using reviewer = await openAgent(world);
    const landed = await reviewer.call("submit", { branch: "greet", approved_by: "grace", wait_seconds: 60 });
    assert.equal(landed.outcome, "integrated");
    assert.match(String(landed.merge_commit), /^[0-9a-f]{40}$/);
    await waitUntil(
      async () => titles(await agent.call("inbox", {})).every((title) => !title.includes("greet")),
      {
        what: "the notification is resolved",
        everyMs: 200,
      },
    );
    const { items } = await agent.call("queue", { finished: true });
    assert.ok(
      Array.isArray(items) && items.some(({ slug, status }) => slug === "greet" && status === "integrated"),
    );
  },
);

journey(
  "V2: a conflict is blocked with its evidence; one of two agents claims it, resolves it, lands it",
  async (world) => {
    const ours = await world.worker("paint-red");
    const theirs = await world.worker("paint-blue");
    await ours.commit({ "colour.txt": "red\n" });
    await theirs.commit({ "colour.txt": "blue\n" });
    await using agent = await openAgent(world, { directory: theirs.directory });
    const submit = (branch: string) =>
      agent.call("submit", { branch, approved_by: "grace", wait_seconds: 60 });
    assert.equal((await submit("paint-red")).outcome, "integrated");
    assert.equal((await agent.call("try", { branch: "paint-blue" })).clean, false);
    const blocked = await submit("paint-blue");
    assert.equal(blocked.outcome, "blocked");
    assert.equal(blocked.reason, "conflict");

    const { found, follow_up: followUp } = await agent.call("follow_up", { slug: "paint-blue" });
    assert.equal(found, true);
    const text = JSON.stringify(followUp);
    for (const word of ["colour.txt", "red", "blue", "signalbox submit", String(blocked.follow_up_slug)])
      assert.ok(text.includes(word), `the follow-up does not name ${word}: ${text}`);
    const needy = await agent.call("inbox", { needs_attention: true });
    assert.ok(titles(needy).some((title) => title.includes("paint-blue")));

    await using other = await openAgent(world, { env: { SIGNALBOX_SESSION_ID: "other-agent" } });
    const claimed = await agent.call("claim", { slug: "paint-blue", by: "first-agent" });
    assert.equal(claimed.claimed_by, "first-agent");
    assert.equal((await other.failure("claim", { slug: "paint-blue" })).code, "notification_claimed");
    assert.equal((await other.failure("release", { id: claimed.id })).code, "notification_not_claimed");
    assert.equal((await agent.call("release", { id: claimed.id, by: "first-agent" })).claimed_by, null);
    assert.equal((await other.call("claim", { id: claimed.id })).claimed_by, "other-agent");

    // Asked again as it is, it is blocked again: the retry is a new attempt, and the evidence is of that one.
    await agent.call("retry", { slug: "paint-blue" });
    await world.events.until({
      type: "deployment.failed",
      slug: "paint-blue",
      where: ({ data }) => data.attempt === 2,
    });

    await theirs.mergeMain();
    await theirs.commit({ "colour.txt": "purple\n" }, "Merge main: purple");
    assert.equal((await submit("paint-blue")).outcome, "integrated");
    assert.equal((await agent.call("why", { slug: "paint-blue" })).who, "nobody");
    const resolved = await agent.call("follow_up", { slug: "paint-blue" });
    assert.match(JSON.stringify(resolved), /"status":"resolved"/);
  },
);

function titles({ items }: Record<string, unknown>): string[] {
  assert.ok(Array.isArray(items));
  return items.map((item: { title: string }) => item.title);
}
