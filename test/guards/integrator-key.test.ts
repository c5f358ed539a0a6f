import assert from "node:assert/strict";
import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { SigningKey } from "../../src/git/ssh-signature.ts";
import {
  ensureIntegratorKey,
  keyExposure,
  knownSigners,
  readIntegratorKey,
  rotateIntegratorKey,
} from "../../src/guards/integrator-key.ts";
import { inTemporaryFolder } from "../world/folder.ts";

const path = process.env.PATH ?? "";
const blobs = (keys: readonly SigningKey[]) => keys.map(({ publicBlob }) => publicBlob.toString("hex"));

test("the key is made once, whoever asks at the same time, and is its owner's alone", () =>
  inTemporaryFolder(async (privateDir) => {
    assert.equal(await readIntegratorKey(privateDir), null);
    assert.deepEqual(await keyExposure(privateDir), { kind: "none" });
    const keys = await Promise.all(
      Array.from({ length: 4 }, () => ensureIntegratorKey({ privateDir, path })),
    );
    assert.equal(new Set(blobs(keys)).size, 1);
    assert.deepEqual(await readdir(privateDir), ["key"], "nothing half-made is left");
    assert.equal((await stat(join(privateDir, "key"))).mode & 0o777, 0o700);
    assert.equal((await stat(join(privateDir, "key/integrator"))).mode & 0o777, 0o600);
    assert.deepEqual(await keyExposure(privateDir), { kind: "kept" });
    assert.deepEqual(
      (await knownSigners(privateDir)).map((blob) => blob.toString("hex")),
      blobs(keys.slice(0, 1)),
    );
  }));

test("a key that others can read is said to be exposed", () =>
  inTemporaryFolder(async (privateDir) => {
    await ensureIntegratorKey({ privateDir, path });
    for (const mode of [0o640, 0o604, 0o620]) {
      await chmod(join(privateDir, "key/integrator"), mode);
      assert.equal((await keyExposure(privateDir)).kind, "exposed", mode.toString(8));
    }
  }));

test("a rotation tells of both keys first and of the new one alone at the end; the old one stays known", () =>
  inTemporaryFolder(async (privateDir) => {
    const former = await ensureIntegratorKey({ privateDir, path });
    const told: string[][] = [];
    const key = await rotateIntegratorKey({ privateDir, path }, async (keys) => {
      told.push(blobs(keys));
      const held = await readIntegratorKey(privateDir);
      assert.ok(
        held !== null && blobs(keys).includes(held.publicBlob.toString("hex")),
        "who signs now is known there",
      );
    });
    assert.deepEqual(told, [blobs([former, key]), blobs([key])]);
    assert.deepEqual((await readIntegratorKey(privateDir))?.publicBlob, key.publicBlob);
    assert.deepEqual(await knownSigners(privateDir), [former.publicBlob, key.publicBlob]);
    assert.deepEqual((await readdir(join(privateDir, "key"))).sort(), [
      "integrator",
      "integrator.pub",
      "signers",
    ]);
    assert.match(
      await readFile(join(privateDir, "key/integrator.pub"), "utf8"),
      new RegExp(key.publicBlob.toString("base64").replace(/[+/]/g, "\\$&")),
    );
  }));

test("a list of signers that is there and cannot be read is not taken for none", () =>
  inTemporaryFolder(async (privateDir) => {
    await ensureIntegratorKey({ privateDir, path });
    await rm(join(privateDir, "key/signers"));
    assert.deepEqual(await knownSigners(privateDir), []);
    await mkdir(join(privateDir, "key/signers"));
    await assert.rejects(knownSigners(privateDir), { code: "file_unreadable" });
  }));

test("a rotation that nobody could be told of changes nothing", () =>
  inTemporaryFolder(async (privateDir) => {
    const former = await ensureIntegratorKey({ privateDir, path });
    const refusing = rotateIntegratorKey({ privateDir, path }, () =>
      Promise.reject(new Error("the remote is away")),
    );
    await assert.rejects(refusing, /the remote is away/);
    assert.deepEqual((await readIntegratorKey(privateDir))?.publicBlob, former.publicBlob);
    assert.deepEqual(await knownSigners(privateDir), [former.publicBlob]);
    assert.equal((await readdir(join(privateDir, "key"))).length, 3);
  }));

test("a file that is no key, and a machine without ssh-keygen, are named", () =>
  inTemporaryFolder(async (privateDir) => {
    await assert.rejects(ensureIntegratorKey({ privateDir, path: "/nonexistent" }), {
      code: "no_ssh_keygen",
    });
    assert.deepEqual(await readdir(privateDir), []);
    await mkdir(join(privateDir, "key"));
    await writeFile(join(privateDir, "key/integrator"), "not a key\n");
    await assert.rejects(readIntegratorKey(privateDir), { code: "key_unreadable" });
    await assert.rejects(ensureIntegratorKey({ privateDir, path }), { code: "key_unreadable" });
  }));
