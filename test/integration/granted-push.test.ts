/** Pushes that may need a grant, at real remotes: with a fence, without one, and with one that comes meanwhile. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { leaseRef } from "../../src/git/lease-ref.ts";
import { grantsBy } from "../../src/guards/grants.ts";
import { fenceRefusal, grantedPush, noGrants, type PushGrants } from "../../src/integration/granted-push.ts";
import { leaseRefs } from "../../src/integration/lease-refs.ts";
import { createFenced, type Fenced, mainRef, repository } from "../guards/fenced.ts";

const lease = { token: 3, sequence: 0, owner: "integrator-3" };

async function takeOver(fenced: Fenced) {
  return [
    {
      ref: leaseRef,
      old: await fenced.ref(leaseRef),
      new: await fenced.lease({ token: 3, owner: lease.owner }),
    },
  ];
}

/** The grants of this world's key, counted. */
function countedGrants({ key }: Fenced, from = 0): PushGrants & { asked: number } {
  const grants = grantsBy({ key: async () => (counted.asked > from ? key : null), repository, main: "main" });
  const counted = {
    asked: 0,
    optionsFor(push: Parameters<PushGrants["optionsFor"]>[0]) {
      counted.asked++;
      return grants.optionsFor(push);
    },
  };
  return counted;
}

test("a remote that takes no push options gets the same push without a grant", async () => {
  await using fenced = await createFenced();
  const push = grantedPush(fenced.line, countedGrants(fenced));
  const updates = await takeOver(fenced);
  assert.deepEqual(await push({ updates, lease, candidates: [] }), { kind: "pushed" });
  assert.equal(await fenced.ref(leaseRef), updates[0]?.new);
});

test("what moves nothing that is guarded carries no grant", async () => {
  await using fenced = await createFenced();
  const grants = grantsBy({ key: async () => fenced.key, repository, main: "main" });
  const sha = await fenced.commit("x");
  assert.deepEqual(
    await grants.optionsFor({
      updates: [{ ref: "refs/heads/x", old: null, new: sha }],
      lease,
      candidates: [],
    }),
    [],
  );
  assert.deepEqual(
    await grants.optionsFor({ updates: [{ ref: mainRef, old: sha, new: null }], lease, candidates: [] }),
    [],
  );
});

test("a fence, or a key, that comes while a push is on its way: it is made again with what holds now", async () => {
  await using fenced = await createFenced();
  await fenced.fence("install");
  const grants = countedGrants(fenced, 1);
  const push = grantedPush(fenced.line, grants);
  assert.deepEqual(await push({ updates: await takeOver(fenced), lease, candidates: [] }), {
    kind: "pushed",
  });
  assert.equal(grants.asked, 2);
});

test("a fence that refuses is asked no third time, and is told from any other no", async () => {
  await using fenced = await createFenced();
  await fenced.fence("install");
  const without = await grantedPush(
    fenced.line,
    noGrants,
  )({ updates: await takeOver(fenced), lease, candidates: [] });
  assert.match(
    fenceRefusal(without) ?? "",
    /^its fence .*refused \(no_grant\): Only the integrator moves refs\/signalbox\/lease\.$/,
  );
  const stranger = { ...lease, token: 9 };
  const wrong = await grantedPush(
    fenced.line,
    countedGrants(fenced),
  )({ updates: await takeOver(fenced), lease: stranger, candidates: [] });
  assert.match(fenceRefusal(wrong) ?? "", /bad_lease/, "a grant for another lease than the ref holds");
  await fenced.fence("uninstall");
  await fenced.world.hook(fenced.world.origin, "pre-receive", "echo no >&2; exit 1");
  const no = await grantedPush(
    fenced.line,
    noGrants,
  )({ updates: await takeOver(fenced), lease, candidates: [] });
  assert.equal(no.kind, "refused");
  assert.equal(fenceRefusal(no), null);
});

test("a lease that the fence refuses is not held without one: the session waits instead", async () => {
  await using fenced = await createFenced();
  await fenced.fence("install");
  const refused = await leaseRefs(fenced.line).swap(null, lease);
  assert.equal(refused.kind, "remote_away");
  const granted = leaseRefs(fenced.line, grantsBy({ key: async () => fenced.key, repository, main: "main" }));
  assert.equal((await granted.swap(null, lease)).kind, "swapped");
  assert.deepEqual((await granted.read()).kind, "present");
});
