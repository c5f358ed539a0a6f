/** Ring 3 in a whole line: with the fence only the integrator moves main, and everybody else goes on as before. */
import assert from "node:assert/strict";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { runChild, told } from "../world/child.ts";
import { handOver, integrated } from "../world/facts.ts";
import { waitUntil } from "../world/wait-until.ts";
import { inWorld, type World } from "../world/world.ts";

type Fence = {
  installed: boolean;
  key: string;
  protection: string;
  problems: unknown[];
  token: number;
  proof: { refused: boolean };
};
type Status = { protection: string; fence: string; lease: unknown };
type Verified = { landings: { slug: string }[]; foreign: { commit: string }[]; mismatches: unknown[] };

const main = "refs/heads/main";

async function work(world: World, slug: string) {
  const worker = await world.worker(slug);
  await worker.commit({ [`${slug}.txt`]: `${slug}\n` });
  return worker;
}

test(
  "with a fence the line lands, signed, and nobody else moves main",
  inWorld({}, async (world) => {
    await integrated(world, await handOver(world, await work(world, "before")));
    assert.equal((await world.json<Status>("status")).protection, "detecting");
    const fence = await world.json<Fence>("guard", "remote", "install");
    assert.deepEqual(fence.problems, []);
    assert.equal(fence.protection, "enforced");
    const status = await world.json<Status>("status");
    assert.equal(status.protection, "enforced");
    assert.equal(status.fence, "both");

    const hand = await work(world, "by-hand");
    await world.git("push", "--quiet", "origin", "by-hand");
    const before = await world.origin.ref(main);
    const pushed = await runChild("git", ["push", "--no-verify", "origin", "HEAD:main"], {
      cwd: hand.directory,
      env: world.env,
    });
    assert.equal(pushed.code, 1);
    assert.match(
      pushed.stderr,
      /signalbox: refused \(no_grant\): Only the integrator moves refs\/heads\/main/,
    );
    assert.match(pushed.stderr, /signalbox submit/);
    assert.equal(await world.origin.ref(main), before);

    const candidates = [await handOver(world, hand), await handOver(world, await work(world, "another"))];
    for (const candidate of candidates) await integrated(world, candidate);
    const verified = await world.json<Verified>("verify");
    assert.deepEqual(verified.landings.map(({ slug }) => slug).sort(), ["another", "before", "by-hand"]);
    const signers = join(world.place, "signers");
    const state = (await world.json<{ private_folder: string }>("init")).private_folder;
    await writeFile(
      signers,
      `integrator namespaces="git" ${await readFile(join(state, "key/integrator.pub"), "utf8")}`,
    );
    const options = ["-c", "gpg.format=ssh", "-c", `gpg.ssh.allowedSignersFile=${signers}`];
    await world.origin.git(...options, "verify-commit", main);
    assert.equal((await stat(join(state, "key/integrator"))).mode & 0o077, 0);

    const gone = await world.json<Fence>("guard", "remote", "uninstall");
    assert.equal(gone.installed, false);
    assert.equal((await world.json<Status>("status")).protection, "detecting");
    await integrated(world, await handOver(world, await work(world, "after")));
    assert.equal((await world.json<Verified>("verify")).foreign.length, 0);
  }),
);

test(
  "an unsigned landing is foreign once landings are signed, however well it is forged",
  inWorld({}, async (world) => {
    await world.json<Fence>("guard", "remote", "install");
    const candidate = await handOver(world, await work(world, "real"));
    await integrated(world, candidate);
    await world.json<Fence>("guard", "remote", "uninstall");
    const forged = await work(world, "forged");
    await world.git("-C", forged.directory, "merge", "--quiet", "--no-edit", "-s", "ours", "origin/main");
    await world.git("fetch", "--quiet", "origin");
    const tip = (await world.git("rev-parse", "origin/main")).trim();
    const sha = (await world.git("rev-parse", "forged")).trim();
    const tree = (await world.git("merge-tree", "--write-tree", tip, sha)).trim();
    const message = `Land forged\n\nSignalbox-Candidate: forged@${sha}\nSignalbox-Delivery: d-1\nSignalbox-Checked: ${tree} none\n`;
    const commit = (await world.git("commit-tree", tree, "-p", tip, "-p", sha, "-m", message)).trim();
    await world.git("push", "--quiet", "--no-verify", "origin", `${commit}:main`);
    const ran = await world.signalbox("verify", "--json");
    assert.equal(ran.code, 1, told(ran));
    const verified: Verified = JSON.parse(ran.stdout);
    assert.deepEqual(
      verified.foreign.map((one) => one.commit),
      [commit],
    );
    assert.deepEqual(
      verified.landings.map(({ slug }) => slug),
      ["real"],
    );
  }),
);

test(
  "broken glass: said, opened for one push, seen by everybody; the line goes on from there",
  inWorld({}, async (world) => {
    await world.json<Fence>("guard", "remote", "install");
    const asWorker = { env: { ...world.env, SIGNALBOX_ROLE: "builder" } };
    for (const args of [
      ["break-glass", "--reason", "x"],
      ["remote", "install"],
      ["remote", "uninstall"],
      ["key", "rotate"],
    ])
      assert.equal((await world.signalboxIn(asWorker, "guard", ...args)).code, 4, args.join(" "));
    assert.equal((await world.signalbox("guard", "break-glass")).code, 2);
    const hotfix = await work(world, "hotfix");
    const opened = await world.json<{ push_option: string; command: string }>(
      "guard",
      "break-glass",
      "--reason",
      "the shop is down",
    );
    const push = (...more: string[]) =>
      runChild("git", ["push", ...more, `--push-option=${opened.push_option}`, "origin", "HEAD:main"], {
        cwd: hotfix.directory,
        env: world.env,
      });
    const first = await push();
    assert.equal(first.code, 0, told(first));
    const fixed = await world.origin.ref(main);
    await hotfix.commit({ "more.txt": "more\n" });
    assert.match((await push()).stderr, /pre-push hook/, "the ring before it has closed again, too");
    assert.match((await push("--no-verify")).stderr, /refused \(used\)/);
    assert.equal(await world.origin.ref(main), fixed);
    const said = await world.events.until({ type: "integration.guard.opened" });
    assert.equal(said.data.reason, "the shop is down");
    const inbox = await world.json<{ title: string; body: string }[]>("notifications");
    assert.ok(
      inbox.some(({ body }) => body.includes("the shop is down")),
      JSON.stringify(inbox),
    );
    await integrated(world, await handOver(world, await work(world, "afterwards")));
    const merge = (await world.origin.history()).find(({ trailers }) =>
      trailers["Signalbox-Candidate"]?.startsWith("afterwards@"),
    );
    assert.equal(merge?.parents[0], fixed);
  }),
);

test(
  "a key is rotated under a line at work: nothing is refused, and old landings stay ours",
  inWorld({}, async (world) => {
    const { key } = await world.json<Fence>("guard", "remote", "install");
    await integrated(world, await handOver(world, await work(world, "first")));
    const rotated = await world.json<{ key: string; fences: string[]; not_told: unknown[] }>(
      "guard",
      "key",
      "rotate",
    );
    assert.notEqual(rotated.key, key);
    assert.deepEqual([rotated.fences, rotated.not_told], [[world.origin.directory], []]);
    await integrated(world, await handOver(world, await work(world, "second")));
    assert.deepEqual((await world.json<Fence>("guard", "remote", "status")).problems, []);
    assert.equal((await world.json<Verified>("verify")).foreign.length, 0);
  }),
);

test(
  "of two who change the key at once, or tell a fence of it, one waits: the fence knows the key that is kept",
  inWorld({}, async (world) => {
    await world.json<Fence>("guard", "remote", "install");
    const ran = await Promise.all([
      world.signalbox("guard", "key", "rotate"),
      world.signalbox("guard", "key", "rotate"),
      world.signalbox("guard", "remote", "install"),
      world.signalbox("guard", "key", "rotate"),
    ]);
    for (const each of ran) assert.equal(each.code, 0, told(each));
    assert.deepEqual((await world.json<Fence>("guard", "remote", "status")).problems, []);
    await integrated(world, await handOver(world, await work(world, "after")));
  }),
);

test(
  "doctor names a fence that is gone and a key that others can read",
  inWorld({}, async (world) => {
    const named = async (name: string) => {
      const ran = await world.signalbox("doctor", "--json");
      const { checks }: { checks: { name: string; level: string; cure: string | null }[] } = JSON.parse(
        ran.stdout,
      );
      return checks.find((check) => check.name === name);
    };
    assert.equal((await named("server hook"))?.level, "ok");
    await world.json<Fence>("guard", "remote", "install");
    assert.equal((await named("server hook"))?.level, "ok");
    await world.origin.git("config", "core.hooksPath", "hooks");
    await world.origin.git("config", "--unset-all", "receive.procReceiveRefs");
    const broken = await named("server hook");
    assert.equal(broken?.level, "error");
    assert.match(broken?.cure ?? "", /guard remote install/);
    assert.equal((await world.json<Status>("status")).protection, "detecting");
    const state = (await world.json<{ private_folder: string }>("init")).private_folder;
    const { chmod } = await import("node:fs/promises");
    await chmod(join(state, "key/integrator"), 0o644);
    assert.equal((await named("key"))?.level, "error");
  }),
);

test(
  "an integrator whose key the fence does not know blocks nobody: it waits, and lands once it is known",
  inWorld({}, async (world) => {
    await world.json<Fence>("guard", "remote", "install");
    const state = (await world.json<{ private_folder: string }>("init")).private_folder;
    const { rename } = await import("node:fs/promises");
    await rename(join(state, "key"), join(state, "key.lost"));
    const candidate = await handOver(world, await work(world, "patient"));
    await world.events.until({ type: "integration.candidate.queued", slug: "patient" });
    // The daemon's own session may be trying at this moment; then ours only says so.
    const ran = await waitUntil(
      async () => {
        const tried = await world.signalbox("integrate");
        return tried.code === 75 ? tried : null;
      },
      { what: "a session that the fence refuses", everyMs: 300 },
    );
    assert.match(ran.stderr + ran.stdout, /its fence does not admit this integrator: refused \(no_grant\)/);
    const queue = await world.json<{ slug: string; status: string }[]>("queue");
    assert.equal(queue.find(({ slug }) => slug === "patient")?.status, "queued");
    await rename(join(state, "key.lost"), join(state, "key"));
    await integrated(world, candidate);
  }),
);
