import assert from "node:assert/strict";
import { test } from "node:test";
import { readEnvironment } from "../../src/config.ts";
import { asksPermission, cutoverPlace } from "../../src/guards/cutover-store.ts";
import { integrate } from "../../src/integration/session.ts";
import { leaseName } from "../../src/integration/stores/delivery-store.ts";
import { connect } from "../../src/redis/connection.ts";
import { openEngine, stopEngine } from "../../src/redis/engine.ts";
import { keysOf } from "../../src/redis/keys.ts";
import { openLeaseStore } from "../../src/redis/lease-store.ts";
import { engineOf, openWorkplace } from "../../src/workplace.ts";
import { openWorld } from "../world/world.ts";

const silent = { info: () => {}, warn: () => {} };

test("a session that cannot begin gives its lease back, and the next one need not wait for it", async () => {
  await using world = await openWorld({ down: true, config: { lease: { ttl: "10m", renew: "1m" } } });
  const environment = readEnvironment(world.env);
  const workplace = await openWorkplace(world.clone, environment);
  const place = engineOf(workplace);
  const engine = await openEngine({ ...place, home: environment.home, path: environment.path });
  const redis = await connect(engine.target);
  try {
    const keys = keysOf(workplace.repositoryId);
    const lease = openLeaseStore({
      redis,
      leaseKey: keys.lease(leaseName),
      tokenKey: keys.leaseToken(leaseName),
    });
    const session = () =>
      integrate({
        workplace,
        log: silent,
        stop: new AbortController().signal,
        graceMs: 1,
        permission: (at) => asksPermission(cutoverPlace(workplace, at.keys.control, at.redis)),
      });
    // Room for us and for the session's first connection; its second is refused.
    await redis.command(["CONFIG", "SET", "maxclients", 2]);
    await assert.rejects(session(), { code: /^redis_(too_many_clients|unreachable)$/ });
    await redis.command(["CONFIG", "SET", "maxclients", 100]);
    assert.equal((await lease.read()).lease, null);
    assert.equal(Number(await redis.command(["GET", keys.leaseToken(leaseName)])), 1, "it had been taken");

    assert.equal((await session()).end, "drained");
    assert.equal((await lease.read()).lease, null);
  } finally {
    await redis.close();
    await stopEngine(place);
  }
});
