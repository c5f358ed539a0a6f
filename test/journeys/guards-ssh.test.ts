/** The fence behind a real sshd: set up by a script on a machine that has neither Node nor Redis, kept over the wire. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { runChild, told } from "../world/child.ts";
import { handOver, integrated } from "../world/facts.ts";
import { findSshd, startSshd, type TestSshd } from "../world/sshd.ts";
import { inWorld, type World } from "../world/world.ts";

const found = await findSshd();
const skip =
  found === null ? "there is no sshd here, and no package of it can be fetched (openssh-server)" : false;
const main = "refs/heads/main";

let place: string;
let open: TestSshd;
let gate: TestSshd;
before(async () => {
  if (found === null) return;
  place = await mkdtemp(join(tmpdir(), "sb-ssh-"));
  await mkdir(join(place, "gate"));
  open = await startSshd(found, place);
  // What the page on security recommends: git's own verbs, and nothing that the client's words can change.
  gate = await startSshd(found, join(place, "gate"), { forced: 'git-shell -c \\"$SSH_ORIGINAL_COMMAND\\"' });
});
after(async () => {
  if (found === null) return;
  await open[Symbol.asyncDispose]();
  await gate[Symbol.asyncDispose]();
  await rm(place, { recursive: true, force: true });
});

async function overSsh(world: World, sshd: TestSshd) {
  // The same repository by another URL is another one to us: the first one's folder would only be in the way.
  await rm(world.home, { recursive: true });
  await world.git("remote", "set-url", "origin", sshd.url(world.origin.directory));
  world.env.GIT_SSH_COMMAND = sshd.command;
  const ran = await world.signalbox("init", "--yes");
  assert.equal(ran.code, 0, told(ran));
  const script = await world.signalbox("guard", "remote", "install", "--print");
  assert.equal(script.code, 0, told(script));
  const installed = await open.run(`sh -s -- install ${world.origin.directory}`, script.stdout);
  assert.equal(installed.code, 0, installed.stderr);
  assert.match(installed.stdout, /^installed yes$/m);
  assert.doesNotMatch(installed.stdout, /^problem/m);
}

for (const way of ["a plain account", "a forced command"] as const)
  test(
    `over ssh to ${way}: the line lands, and no form of push moves main`,
    { skip },
    inWorld({ down: true }, async (world) => {
      const sshd = way === "a plain account" ? open : gate;
      await overSsh(world, sshd);
      await world.up();
      const status = await world.json<{ protection: string; proof: { detail: string } }>(
        "guard",
        "remote",
        "status",
      );
      assert.equal(status.protection, "enforced", status.proof?.detail);
      const worker = await world.worker("over-the-wire");
      await worker.commit({ "wire.txt": "wire\n" });
      await integrated(world, await handOver(world, worker));
      const landed = await world.origin.ref(main);

      const other = await world.worker("by-hand");
      await other.commit({ "hand.txt": "hand\n" });
      const forms = [
        ["push", "--no-verify", "origin", "HEAD:main"],
        ["push", "--no-verify", "--force", "origin", "HEAD:refs/heads/main"],
        ["push", "--no-verify", "origin", "+HEAD:main"],
        ["push", "--no-verify", "origin", ":main"],
        [
          "push",
          "--no-verify",
          "--receive-pack=git -c core.hooksPath=/dev/null receive-pack",
          "origin",
          "HEAD:main",
        ],
        [
          "push",
          "--no-verify",
          "--receive-pack=env GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=core.hooksPath GIT_CONFIG_VALUE_0=/dev/null git-receive-pack",
          "origin",
          "HEAD:main",
        ],
        ["push", "--no-verify", sshd.url(world.origin.directory), "HEAD:MAIN"],
        ["send-pack", sshd.url(world.origin.directory), "HEAD:refs/heads/main"],
        ["push", "--no-verify", "--mirror", "origin"],
      ];
      for (const args of forms) {
        const ran = await runChild("git", args, { cwd: other.directory, env: world.env });
        assert.notEqual(ran.code, 0, told(ran));
        assert.equal(await world.origin.ref(main), landed, args.join(" "));
      }
      const feature = await runChild("git", ["push", "origin", "by-hand"], {
        cwd: other.directory,
        env: world.env,
      });
      assert.equal(feature.code, 0, told(feature));
      assert.equal(await world.origin.ref("refs/heads/MAIN"), null);
    }),
  );
