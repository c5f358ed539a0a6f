/** Ring 3 as a whole: real pushes at a real bare repository with the fence in it. */
import assert from "node:assert/strict";
import { chmod, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { leaseRef } from "../../src/git/lease-ref.ts";
import type { PushResult } from "../../src/git/push-report.ts";
import { breakGlassText, grantOption } from "../../src/guards/grant.ts";
import { breakGlassBy } from "../../src/guards/grants.ts";
import { ensureIntegratorKey } from "../../src/guards/integrator-key.ts";
import { runChild } from "../world/child.ts";
import { createFenced, type Fenced, mainRef, repository } from "./fenced.ts";

/** A fenced origin under token 5. */
async function underLease(options: { format?: "sha1" | "sha256" } = {}): Promise<Fenced> {
  const fenced = await createFenced(options);
  assert.deepEqual((await fenced.fence("install")).problems, []);
  assert.equal((await fenced.takeOver(5)).kind, "pushed");
  return fenced;
}

const code = (answer: PushResult): string =>
  answer.kind === "refused"
    ? (/signalbox: refused \((\w+)\)/.exec(answer.detail)?.[1] ?? answer.detail)
    : answer.kind;

test("a grant moves main and the lease ref together, again and again; the remote keeps the last token alone", async () => {
  await using fenced = await underLease();
  for (const name of ["one", "two", "three"]) {
    const commit = await fenced.commit(name);
    assert.equal((await fenced.land(commit)).kind, "pushed");
    assert.equal(await fenced.ref(mainRef), commit);
  }
  assert.equal((await fenced.takeOver(9)).kind, "pushed");
  assert.equal((await fenced.land(await fenced.commit("four"))).kind, "pushed");
  const store = join(fenced.world.origin, "signalbox");
  assert.deepEqual(await readdir(join(store, "fence")), ["9"]);
  assert.deepEqual(await readdir(join(store, "admitted")), [], "what was admitted is used up");
  assert.deepEqual((await fenced.fence("status")).token, 9);
});

test("a repository of sha256 is fenced the same", async () => {
  await using fenced = await underLease({ format: "sha256" });
  const commit = await fenced.commit("one");
  assert.equal(code(await fenced.land(commit, { without: true })), "no_grant");
  assert.equal((await fenced.land(commit)).kind, "pushed");
});

test("a grant that is not for this push, here and now, is refused, and main stays", async () => {
  await using fenced = await underLease();
  const first = await fenced.commit("one");
  assert.equal((await fenced.land(first)).kind, "pushed");
  const next = await fenced.commit("two");
  const now = Math.floor(Date.now() / 1000);
  const privateDir = join(fenced.world.directory, "stranger");
  const stranger = await ensureIntegratorKey({ privateDir, path: fenced.world.env.PATH ?? "" });
  const zeros = "0".repeat(40);
  const cases: Record<string, [string, Parameters<Fenced["land"]>[1]]> = {
    "no grant": ["no_grant", { without: true }],
    "signed by another key": ["bad_signature", { signedBy: stranger }],
    "of another repository": ["other_repository", { repository: "bakery-9" }],
    "that has expired": ["expired", { expires: now - 1 }],
    "that lives for a day": ["not_yet", { expires: now + 86_400 }],
    "of a token that was overtaken": ["stale_token", { token: 4 }],
    "of a token that the new lease does not hold": ["bad_lease", { token: 7 }],
    "of a sequence that the new lease does not hold": ["bad_lease", { sequence: 9 }],
    "with a token that is none": ["bad_grant", { token: -1 }],
    "with a token beyond all numbers": ["bad_grant", { token: 1e21 }],
    "for other commits": ["other_transition", { moves: (m) => m.map((move) => ({ ...move, new: first })) }],
    "from another main": ["other_transition", { moves: (m) => m.map((move) => ({ ...move, old: zeros })) }],
    "for main alone": ["other_transition", { moves: (m) => m.filter(({ ref }) => ref === mainRef) }],
    "for the lease alone": ["other_transition", { moves: (m) => m.filter(({ ref }) => ref !== mainRef) }],
    "for another branch": [
      "bad_grant",
      { moves: (m) => m.map((move) => ({ ...move, ref: "refs/heads/dev" })) },
    ],
    "with a line smuggled in": [
      "bad_grant",
      { candidates: ["a@b"], repository: `${repository}\nsurprise 1` },
    ],
  };
  for (const [title, [expected, change]] of Object.entries(cases)) {
    assert.equal(code(await fenced.land(next, change)), expected, title);
    assert.equal(await fenced.ref(mainRef), first, title);
  }
  assert.equal((await fenced.land(next)).kind, "pushed");
});

test("a grant is damaged by any change of its text", async () => {
  await using fenced = await underLease();
  const next = await fenced.commit("one");
  const updates = [{ ref: mainRef, old: await fenced.ref(mainRef), new: next }];
  const good = grantOption(
    breakGlassText({ repository, holder: "ada", nonce: "ab", expires: 2e9 }),
    fenced.key,
  );
  const cases: Record<string, [string, string[]]> = {
    empty: ["bad_signature", ["signalbox-grant="]],
    "not of its letters": ["bad_grant", ["signalbox-grant=$(touch x)"]],
    "of a letter too few": ["bad_signature", [good.slice(0, -3)]],
    "of other words": ["bad_signature", [`signalbox-grant=${Buffer.from("main").toString("base64url")}`]],
    "with a zero byte": ["bad_grant", [`signalbox-grant=${Buffer.from("a\0b").toString("base64url")}`]],
    "with a delete byte": ["bad_grant", [`signalbox-grant=${Buffer.from("a\x7f").toString("base64url")}`]],
    "of the wrong name": ["no_grant", [good.replace("signalbox-grant", "signalbox-grants")]],
    "given twice": ["bad_grant", [good, good]],
  };
  for (const [title, [expected, options]] of Object.entries(cases))
    assert.equal(code(await fenced.push(updates, options)), expected, title);
  assert.notEqual(await fenced.ref(mainRef), next);
});

test("what the key has signed is a grant only if it says all that a grant says", async () => {
  await using fenced = await underLease();
  const main = await fenced.ref(mainRef);
  const next = await fenced.commit("one");
  const updates = [{ ref: mainRef, old: main, new: next }];
  const glass = { repository, holder: "ada", nonce: "ab12", expires: Math.floor(Date.now() / 1000) + 100 };
  const good = breakGlassText(glass);
  const cases: Record<string, [string, string]> = {
    "of another version": ["bad_grant", good.replace("break-glass 1", "break-glass 2")],
    "of no kind": ["bad_grant", good.replace("signalbox-break-glass 1\n", "")],
    "without an end": ["bad_grant", good.replace(/^expires .*\n/m, "")],
    "with an end that is no number": ["bad_grant", good.replace(/^expires .*/m, "expires soon")],
    "without a repository": ["other_repository", good.replace(/^repository .*\n/m, "")],
    "without a name": ["bad_grant", good.replace(/^nonce .*\n/m, "")],
    "whose name is a path": ["bad_grant", breakGlassText({ ...glass, nonce: "../../hooks" })],
    "a commit": ["bad_grant", `tree ${"1".repeat(40)}\nauthor A <a@b> 1 +0000\n\nmessage\n`],
  };
  for (const [title, [expected, text]] of Object.entries(cases)) {
    assert.equal(code(await fenced.push(updates, [grantOption(text, fenced.key)])), expected, title);
    assert.equal(await fenced.ref(mainRef), main, title);
  }
  const { signSsh } = await import("../../src/git/ssh-signature.ts");
  const asCommit = `${good}${signSsh(fenced.key, "git", Buffer.from(good))}`;
  const elsewhere = `signalbox-grant=${Buffer.from(asCommit).toString("base64url")}`;
  assert.equal(code(await fenced.push(updates, [elsewhere])), "bad_signature", "signed as a commit is");
  assert.equal((await fenced.push(updates, [grantOption(good, fenced.key)])).kind, "pushed");
});

test("a ref that is named twice in one push is refused, whatever git thinks of it", async () => {
  await using fenced = await underLease();
  const { world } = fenced;
  const hook = join(world.origin, "signalbox/hooks/pre-receive");
  const zeros = "0".repeat(40);
  for (const ref of [mainRef, leaseRef]) {
    const stdin = `${zeros} ${"a".repeat(40)} ${ref}\n${zeros} ${"b".repeat(40)} ${ref}\n`;
    const ran = await runChild(hook, [], { cwd: world.origin, env: { GIT_DIR: "." }, stdin });
    assert.equal(ran.code, 1, ref);
    assert.match(ran.stderr, /signalbox: refused \(twice\)/, ref);
  }
});

test("a stale holder's grant is refused after a take-over, and so is a replayed one", async () => {
  await using fenced = await underLease();
  const [main, lease] = [await fenced.ref(mainRef), await fenced.ref(leaseRef)];
  const late = await fenced.commit("of the one that was paused");
  const lateLease = await fenced.lease({ token: 5, sequence: 1 });
  const { landingText } = await import("../../src/guards/grant.ts");
  const moves = [
    { ref: mainRef, old: main, new: late },
    { ref: leaseRef, old: lease, new: lateLease },
  ];
  const text = landingText({
    repository,
    token: 5,
    sequence: 1,
    holder: "integrator-1",
    candidates: [],
    moves,
    expires: Math.floor(Date.now() / 1000) + 200,
  });
  const grant = grantOption(text, fenced.key);
  assert.equal((await fenced.takeOver(6)).kind, "pushed");
  assert.equal((await fenced.push(moves, [grant])).kind, "stale", "the lease ref itself says so first");
  const taken = await fenced.ref(leaseRef);
  const again = [
    { ref: mainRef, old: main, new: late },
    { ref: leaseRef, old: taken, new: lateLease },
  ];
  assert.equal(code(await fenced.push(again, [grant])), "other_transition");
  assert.equal(code(await fenced.push(again.slice(0, 1), [grant])), "no_lease");
  assert.equal(code(await fenced.takeOver(5)), "stale_token");
  assert.equal(await fenced.ref(mainRef), main);
});

test("whatever else would change what main is, is refused, and ordinary branches pass", async () => {
  await using fenced = await underLease();
  const { world } = fenced;
  const main = await fenced.ref(mainRef);
  const commit = await world.branch("feature", { "a.txt": "a\n" });
  await world.run(world.origin, "symbolic-ref", "refs/heads/door", mainRef);
  await world.run(world.origin, "symbolic-ref", "refs/heads/porch", "refs/heads/door");
  await world.run(world.origin, "symbolic-ref", "refs/heads/side", "refs/heads/feature");
  const from = ["-C", world.clone, "push", "--force", "--no-verify", "origin"];
  const refused: Record<string, [string, string[]]> = {
    "refs/heads/main": ["no_grant", [`${commit}:refs/heads/main`]],
    "the short name": ["no_grant", ["feature:main"]],
    "its deletion": ["deletion", [":main"]],
    "its deletion by name": ["deletion", ["--delete", "main"]],
    "hidden among others": [
      "no_grant",
      [`${commit}:refs/heads/x`, `${commit}:main`, `${commit}:refs/tags/v1`],
    ],
    "a tag of the name goes, main does not": [
      "no_grant",
      [`${commit}:refs/heads/main`, `${commit}:refs/tags/main`],
    ],
    MAIN: ["alias", [`${commit}:refs/heads/MAIN`]],
    Main: ["alias", [`${commit}:refs/heads/Main`]],
    Heads: ["alias", [`${commit}:refs/Heads/main`]],
    "a branch below": ["alias", [`${commit}:refs/heads/main/x`]],
    "a branch below an alias": ["alias", [`${commit}:refs/heads/mAin/x/y`]],
    "a symref": ["alias", [`${commit}:refs/heads/door`]],
    "a symref to a symref": ["alias", [`${commit}:refs/heads/porch`]],
    "a replacement": ["replace", [`${commit}:refs/replace/${main}`]],
    "a replacement in capitals": ["replace", [`${commit}:refs/Replace/${main}`]],
    "the lease ref": ["no_grant", [`${commit}:${leaseRef}`]],
    "the lease ref's deletion": ["deletion", [`:${leaseRef}`]],
    "the lease ref in capitals": ["reserved", [`${commit}:refs/signalbox/LEASE`]],
    "below the lease ref": ["reserved", [`${commit}:refs/signalbox/lease/x`]],
    "another of our refs": ["reserved", [`${commit}:refs/signalbox/items/x`]],
    "everything at once": ["no_grant", ["--all"]],
  };
  await world.run(world.clone, "branch", "--force", "other", commit);
  await world.run(world.clone, "checkout", "--quiet", "--detach");
  await world.run(world.clone, "branch", "--force", "main", commit);
  for (const [title, [expected, args]] of Object.entries(refused)) {
    const said = await world.attempt(world.directory, ...from, ...args);
    assert.notEqual(said.code, 0, title);
    assert.equal(/signalbox: refused \((\w+)\)/.exec(said.stderr)?.[1], expected, `${title}: ${said.stderr}`);
    assert.equal(await fenced.ref(mainRef), main, title);
  }
  const passes = [
    "refs/heads/mainly",
    "refs/heads/x/main",
    "refs/heads/maint",
    "refs/tags/main",
    "refs/heads/side",
    "refs/notes/x",
    "refs/heads/ma",
  ];
  for (const ref of passes) {
    const said = await world.attempt(world.directory, ...from, `${commit}:${ref}`);
    assert.equal(said.code, 0, `${ref}: ${said.stderr}`);
  }
  assert.equal((await world.attempt(world.directory, ...from, "--delete", "refs/heads/mainly")).code, 0);
});

test("the lease at the remote counts, too: a grant that is older than it is refused whatever token is remembered", async () => {
  await using fenced = await underLease();
  for (const name of ["one", "two"])
    assert.equal((await fenced.land(await fenced.commit(name))).kind, "pushed");
  const fence = join(fenced.world.origin, "signalbox/fence");
  await rm(join(fence, "5"));
  assert.equal(code(await fenced.takeOver(6)), "not_ready", "an empty folder is no state");
  await writeFile(join(fence, "0"), "");
  const main = await fenced.ref(mainRef);
  assert.equal(code(await fenced.takeOver(4)), "stale_token");
  assert.equal(code(await fenced.takeOver(5)), "stale_token", "the same token from its beginning");
  assert.equal((await fenced.takeOver(6)).kind, "pushed");
  assert.equal(await fenced.ref(mainRef), main);
});

test("a replacement that is in the repository already does not make a way for main", async () => {
  await using fenced = await underLease();
  const { world } = fenced;
  const begin = (await fenced.ref(mainRef)) ?? "";
  assert.equal((await fenced.land(await fenced.commit("one"))).kind, "pushed");
  const main = (await fenced.ref(mainRef)) ?? "";
  const side = await fenced.commit("beside", [begin]);
  await fenced.push([{ ref: "refs/heads/side", old: null, new: side }]);
  await world.run(world.origin, "replace", "--graft", side, main);
  assert.equal(code(await fenced.land(side)), "not_forward");
});

test("even with a grant main goes only forward, along its first parents, and together with the lease", async () => {
  await using fenced = await underLease();
  const begin = (await fenced.ref(mainRef)) ?? "";
  assert.equal((await fenced.land(await fenced.commit("one"))).kind, "pushed");
  const main = (await fenced.ref(mainRef)) ?? "";
  const side = await fenced.commit("beside", [begin]);
  const foxtrot = await fenced.commit("the wrong way round", [side, main]);
  assert.equal(code(await fenced.land(side)), "not_forward");
  assert.equal(code(await fenced.land(begin)), "not_forward");
  assert.equal(code(await fenced.land(foxtrot)), "not_forward");
  assert.equal((await fenced.land(await fenced.commit("the right way", [main, side]))).kind, "pushed");
});

test("hooks that are switched off from outside leave main closed, not open", async () => {
  await using fenced = await underLease();
  const { world } = fenced;
  const main = await fenced.ref(mainRef);
  await world.branch("feature", { "a.txt": "a\n" });
  const off = join(world.directory, "nowhere");
  const pack = "--receive-pack=git -c core.hooksPath=/dev/null receive-pack";
  const tries: Record<string, [string[], Record<string, string>]> = {
    "the server's command": [["push", pack, "origin", "feature:main"], {}],
    "a configuration of the caller's": [
      ["push", "origin", "feature:main"],
      { GIT_CONFIG_GLOBAL: join(world.directory, "global") },
    ],
    "the environment": [
      ["push", "origin", "feature:main"],
      { GIT_CONFIG_COUNT: "1", GIT_CONFIG_KEY_0: "core.hooksPath", GIT_CONFIG_VALUE_0: off },
    ],
    "another PATH for the hooks": [
      ["push", "origin", "feature:main"],
      { PATH: `${join(world.directory, "bin")}:${world.env.PATH}` },
    ],
    "an option of the push": [
      ["-c", `core.hooksPath=${off}`, "push", "--no-verify", "origin", "feature:main"],
      {},
    ],
    "a deletion past the hooks": [["push", pack, "origin", ":main"], {}],
  };
  await writeFile(join(world.directory, "global"), `[core]\n\thooksPath = ${off}\n`);
  await mkdir(join(world.directory, "bin"));
  for (const tool of ["ssh-keygen", "awk", "sed"]) {
    const path = join(world.directory, "bin", tool);
    await writeFile(path, "#!/bin/sh\nexit 0\n");
    await chmod(path, 0o755);
  }
  const { createGit } = await import("../../src/git/run.ts");
  for (const [title, [args, env]] of Object.entries(tries)) {
    const person = createGit({ binary: world.git.binary, env: { ...world.env, ...env }, mode: "user" });
    const said = await person.run(args, { cwd: world.clone, env });
    assert.notEqual(said.code, 0, title);
    assert.match(said.stderr, /signalbox: refused|proc-receive/, title);
    assert.equal(await fenced.ref(mainRef), main, title);
  }
  const feature = await person(fenced, ["push", pack, "origin", "feature:refs/heads/elsewhere"]);
  assert.equal(feature.code, 0, "and features pass even so");
});

async function person({ world }: Fenced, args: string[]) {
  return world.attempt(world.clone, ...args);
}

test("writing the bare repository without a push is refused for main, and for main alone", async () => {
  await using fenced = await underLease();
  const { world } = fenced;
  const main = await fenced.ref(mainRef);
  const commit = await world.branch("feature", { "a.txt": "a\n" });
  const tries = [
    ["update-ref", mainRef, commit],
    ["update-ref", "-d", mainRef],
    ["update-ref", "refs/heads/MAIN", commit],
    ["branch", "--force", "main", commit],
    ["branch", "-m", "feature", "main"],
    ["branch", "-M", "main", "gone"],
    ["fetch", "--force", "--update-head-ok", world.clone, "feature:main"],
    ["update-ref", leaseRef, commit],
    ["update-ref", "-d", leaseRef],
  ];
  for (const args of tries) {
    await world.attempt(world.origin, ...args);
    await world.attempt(world.clone, "--git-dir", world.origin, ...args);
    assert.equal(await fenced.ref(mainRef), main, args.join(" "));
    assert.equal(await fenced.ref("refs/heads/gone"), null, args.join(" "));
  }
  await world.run(world.origin, "branch", "--force", "feature", `${main}`);
  for (const tidy of [
    ["pack-refs", "--all"],
    ["gc", "--quiet"],
  ])
    await world.run(world.origin, ...tidy);
  assert.equal(await fenced.ref(mainRef), main);
  for (const args of tries) {
    await world.attempt(world.origin, ...args);
    await world.attempt(world.origin, ...args, `${main}`);
    assert.equal(await fenced.ref(mainRef), main, `packed: ${args.join(" ")}`);
  }
  assert.equal((await fenced.land(await fenced.commit("after the tidying"))).kind, "pushed");
});

test("without its key, its token or a folder it can trust the fence lets nobody move main, and features pass", async () => {
  await using fenced = await underLease();
  const { world } = fenced;
  const store = join(world.origin, "signalbox");
  const losses = ["signers", "fence", "admitted"];
  for (const name of losses) {
    const path = join(store, name);
    await rm(path, { recursive: true });
    const answer = code(await fenced.land(await fenced.commit(name)));
    assert.equal(answer, "not_ready", name);
    await world.branch(`with-no-${name}`, { [name]: "x\n" });
    assert.notDeepEqual((await fenced.fence("status")).problems, name === "admitted" ? null : [], name);
    assert.deepEqual((await fenced.fence("install")).problems, [], name);
  }
  assert.equal((await fenced.land(await fenced.commit("in order again"))).kind, "pushed");
  await rm(join(store, "hooks"), { recursive: true });
  assert.notEqual((await fenced.land(await fenced.commit("no hooks"))).kind, "pushed");
});

test("broken glass lets one push of main by hand through, forward, and no second one", async () => {
  await using fenced = await underLease();
  const { world, key } = fenced;
  const commit = await world.branch("hotfix", { "fix.txt": "fix\n" });
  const { option } = breakGlassBy(key, repository, "ada");
  const push = (...args: string[]) =>
    world.attempt(world.clone, "push", `--push-option=${option}`, "origin", ...args);
  const deleted = await push("--delete", "main");
  assert.match(deleted.stderr, /refused \(deletion\)/);
  assert.match(
    (await push("--force", `${commit}:main`, `${commit}:${leaseRef}`)).stderr,
    /refused \(bad_grant\)/,
  );
  const sent = await push(`${commit}:main`, `${commit}:refs/heads/hotfix-too`);
  assert.equal(sent.code, 0, sent.stderr);
  assert.equal(await fenced.ref(mainRef), commit);
  const later = await world.branch("hotfix-2", { "more.txt": "more\n" }, "hotfix");
  assert.match((await push(`${later}:main`)).stderr, /refused \(used\)/);
  assert.equal(await fenced.ref(mainRef), commit);
  await fenced.line.fetch([{ ref: mainRef, into: "refs/signalbox/remote/heads/main" }]);
  assert.equal((await fenced.land(await fenced.commit("the line goes on"))).kind, "pushed");
});

test("the hook that was there before still judges, with its input and its words; others still run", async () => {
  await using fenced = await createFenced();
  const { world } = fenced;
  const log = join(world.directory, "seen");
  await world.hook(
    world.origin,
    "pre-receive",
    `cat >>${log}; [ ! -e ${log}.no ] || { echo "the freeze is on" >&2; exit 1; }`,
  );
  await world.hook(world.origin, "post-receive", `echo "after: $(cat)" >>${log}`);
  await world.hook(world.origin, "update", `echo "update: $1" >>${log}`);
  const state = await fenced.fence("install");
  assert.equal(state.chained, join(world.origin, "hooks", "pre-receive"));
  assert.deepEqual(state.problems, []);
  assert.equal((await fenced.takeOver(1)).kind, "pushed");
  const commit = await fenced.commit("one");
  assert.equal((await fenced.land(commit)).kind, "pushed");
  const sha = await world.branch("feature", { "a.txt": "a\n" });
  const seen = await readFile(log, "utf8");
  assert.match(seen, new RegExp(`${commit} ${mainRef}\n`));
  assert.match(seen, new RegExp(`^0{40} ${sha} refs/heads/feature$`, "m"));
  assert.match(seen, new RegExp(`after: 0{40} ${sha} refs/heads/feature`));
  assert.match(seen, /update: refs\/heads\/main/);
  await writeFile(`${log}.no`, "");
  const refused = await fenced.land(await fenced.commit("two"));
  assert.match(refused.kind === "refused" ? refused.detail : refused.kind, /the freeze is on/);
  await assert.rejects(world.branch("other", { "b.txt": "b\n" }), /the freeze is on/);
  assert.equal(await fenced.ref(mainRef), commit);
});

test("taking it away leaves the repository byte for byte as it was, and what was added meanwhile", async () => {
  await using fenced = await createFenced();
  const { world } = fenced;
  await world.hook(world.origin, "pre-receive", "exit 0");
  const before = await readFile(join(world.origin, "config"));
  const list = await readdir(world.origin);
  await fenced.fence("install");
  await fenced.fence("install");
  const gone = await fenced.fence("uninstall");
  assert.equal(gone.installed, false);
  assert.deepEqual(await readFile(join(world.origin, "config")), before);
  assert.deepEqual(await readdir(world.origin), list);
  await fenced.fence("install");
  await world.run(world.origin, "config", "receive.maxInputSize", "5g");
  await fenced.fence("uninstall");
  const left = await world.run(world.origin, "config", "--local", "--list");
  assert.match(left, /receive.maxinputsize=5g/);
  assert.doesNotMatch(left, /hookspath|pushoptions|procreceive/i);
  assert.equal((await fenced.fence("uninstall")).installed, false, "twice is as good as once");
});

test("a folder of hooks that was configured is kept, called and put back", async () => {
  await using fenced = await createFenced();
  const { world } = fenced;
  const shared = join(world.directory, "it's shared");
  await mkdir(shared);
  const log = join(world.directory, "seen");
  for (const name of ["pre-receive", "post-receive"]) {
    await writeFile(
      join(shared, name),
      `#!/bin/sh\n. "$(dirname "$0")/words"\ncat >/dev/null; echo "$word ${name}" >>${log}\n`,
    );
    await chmod(join(shared, name), 0o755);
  }
  await writeFile(join(shared, "words"), "word=shared\n");
  await world.run(world.origin, "config", "core.hooksPath", shared);
  assert.deepEqual((await fenced.fence("install")).problems, []);
  assert.equal((await fenced.takeOver(1)).kind, "pushed");
  assert.equal(await readFile(log, "utf8"), "shared pre-receive\nshared post-receive\n");
  await fenced.fence("uninstall");
  assert.equal(await world.run(world.origin, "config", "core.hooksPath"), shared);
});

test("status names what was changed behind its back", async () => {
  await using fenced = await underLease();
  const { world } = fenced;
  const changes: Record<string, () => Promise<unknown>> = {
    hooks_path: () => world.run(world.origin, "config", "core.hooksPath", "/dev/null"),
    push_options: () => world.run(world.origin, "config", "receive.advertisePushOptions", "false"),
    hook_changed: () => writeFile(join(world.origin, "signalbox/hooks/pre-receive"), "#!/bin/sh\nexit 0\n"),
    silenced: () => world.hook(world.origin, "post-rewrite-x", "exit 0"),
  };
  for (const [expected, change] of Object.entries(changes)) {
    await change();
    const { problems } = await fenced.fence("status");
    assert.deepEqual([...new Set(problems.map((one) => one.code))], [expected]);
    assert.deepEqual((await fenced.fence("install")).problems, []);
  }
});

test("what is no bare repository of this account is left alone", async () => {
  await using fenced = await createFenced();
  const { world } = fenced;
  const { runFence } = await import("../../src/guards/remote/fence.ts");
  const at = (directory: string) =>
    runFence("install", {
      directory,
      path: world.env.PATH ?? "",
      main: "main",
      repository,
      keys: [fenced.key],
    });
  await assert.rejects(at(world.clone), { code: "not_bare" });
  await assert.rejects(at(join(world.directory, "nothing")), { code: "not_bare" });
  await assert.rejects(at(join(world.origin, "objects")), { code: "not_bare" });
  assert.deepEqual(await readdir(world.clone), [".git", "README.md"]);
});

test("a main of any name is fenced", async () => {
  await using fenced = await createFenced();
  const { world } = fenced;
  const { runFence } = await import("../../src/guards/remote/fence.ts");
  const name = "release/1.x_stable-2";
  await world.run(world.clone, "push", "--quiet", "origin", `main:refs/heads/${name}`);
  const options = {
    directory: world.origin,
    path: world.env.PATH ?? "",
    main: name,
    repository,
    keys: [fenced.key],
  };
  assert.deepEqual((await runFence("install", options)).problems, []);
  const commit = await world.branch("feature", { "a.txt": "a\n" });
  for (const ref of [name, name.replace("release", "Release")]) {
    const said = await world.attempt(world.clone, "push", "origin", `${commit}:refs/heads/${ref}`);
    assert.match(said.stderr, /signalbox: refused/, ref);
  }
  assert.equal((await world.attempt(world.clone, "push", "origin", `${commit}:main`)).code, 0);
});
