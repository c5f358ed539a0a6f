import assert from "node:assert/strict";
import { hostname } from "node:os";
import { suite, test } from "node:test";
import fc from "fast-check";
import {
  formatOwner,
  hostInWords,
  isOwnerDead,
  ownerOfThisProcess,
  parseOwner,
  plainStart,
} from "../../src/redis/owner.ts";

suite("an owner", () => {
  test("is read back as it was written, and nothing else is one", () => {
    const word = fc.stringMatching(/^[A-Za-z0-9.-]{1,20}$/);
    fc.assert(
      fc.property(word, word, fc.nat(), word, word, (role, host, pid, processStart, random) => {
        const owner = { role, host, pid, processStart, random };
        assert.deepEqual(parseOwner(formatOwner(owner)), owner);
      }),
    );
    for (const text of ["", "integrator", "integrator:h:1:s", "integrator:h:1:s:r:x"])
      assert.equal(parseOwner(text), null);
    assert.equal(plainStart("Mon Nov 22 10:00:00 2026"), "Mon-Nov-22-10-00-00-2026");
  });
});

test("a process that lives is not dead, one that ended is, and one elsewhere cannot be told", async () => {
  const own = await ownerOfThisProcess("integrator");
  assert.equal(await isOwnerDead(own), false);
  const parts = parseOwner(own);
  assert.ok(parts !== null);
  assert.equal(await isOwnerDead(formatOwner({ ...parts, processStart: "1" })), true);
  assert.equal(await isOwnerDead(formatOwner({ ...parts, host: "elsewhere", processStart: "1" })), false);
  assert.equal(await isOwnerDead("somebody"), false);
  assert.equal(hostInWords(parts.host), hostname());
  if (process.platform === "linux") {
    // Of this name, but where other pids are: a container with the host's network, or the machine before it was restarted.
    const namesake = formatOwner({ ...parts, host: `${hostname()}~00000000`, processStart: "1" });
    assert.equal(await isOwnerDead(namesake), false);
    assert.equal(await isOwnerDead(formatOwner({ ...parts, host: hostname(), processStart: "1" })), false);
  }
  assert.notEqual(own, await ownerOfThisProcess("integrator"));
});
