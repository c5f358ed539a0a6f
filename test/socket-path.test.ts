import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { isFailure } from "../src/errors.ts";
import { makeSocketFolder, socketPathOf } from "../src/socket-path.ts";

const folders = { runtimeDir: "/run/user/1", temporaryDir: "/var/tmp" };
const deep = `/home/${"long/".repeat(30)}`;

test("the socket is in the private folder where its path is short", () => {
  assert.equal(socketPathOf({ ...folders, privateDir: "/s/shop-1" }), "/s/shop-1/redis.sock");
});

test("a deep private folder has it under a hashed name in the runtime, else the temporary folder", () => {
  const near = socketPathOf({ ...folders, privateDir: deep });
  assert.match(near, new RegExp(`^/run/user/1/signalbox-${userInfo().uid}/[0-9a-f]{16}\\.sock$`));
  const other = socketPathOf({ ...folders, runtimeDir: null, privateDir: deep });
  assert.ok(other.startsWith("/var/tmp/signalbox-"));
  assert.notEqual(near, socketPathOf({ ...folders, privateDir: `${deep}x` }));
});

test("no path passes 99 bytes, whatever the folders are called", () => {
  const path = fc.string({ unit: "grapheme", maxLength: 150 }).map((text) => `/${text.replaceAll("\0", "")}`);
  fc.assert(
    fc.property(path, path, fc.option(path), (privateDir, temporaryDir, runtimeDir) => {
      const socket = socketPathOf({ privateDir, temporaryDir, runtimeDir });
      assert.ok(Buffer.byteLength(socket) <= 99, socket);
    }),
  );
});

test("its folder is made for its owner alone, and one that others may enter is refused", async (t) => {
  const folder = await temporary(t);
  const own = join(folder, "own");
  await makeSocketFolder(join(own, "x.sock"));
  assert.equal((await stat(own)).mode & 0o777, 0o700);
  const shared = join(folder, "shared");
  await mkdir(shared);
  await chmod(shared, 0o777);
  await assert.rejects(makeSocketFolder(join(shared, "x.sock")), (error) =>
    isFailure(error, "unsafe_folder"),
  );
});

async function temporary(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sb-socket-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
