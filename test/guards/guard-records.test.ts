import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import {
  forgetProof,
  noteFence,
  noteProof,
  openUntil,
  readFences,
  readProof,
} from "../../src/guards/guard-records.ts";
import { guardPlaces } from "../../src/guards/places.ts";
import { inTemporaryFolder } from "../world/folder.ts";

test("a proof is kept until it is forgotten; what is no proof is none", () =>
  inTemporaryFolder(async (privateDir) => {
    assert.equal(await readProof(privateDir), null);
    const proof = {
      at: "2026-11-22T12:00:00Z",
      atMs: 5,
      refused: true,
      detail: "signalbox: refused (alias)",
    };
    await noteProof(privateDir, proof);
    assert.deepEqual(await readProof(privateDir), proof);
    await forgetProof(privateDir);
    await forgetProof(privateDir);
    assert.equal(await readProof(privateDir), null);
    await mkdir(join(privateDir, "guards"), { recursive: true });
    for (const text of [
      "",
      "{",
      "[]",
      "7",
      '{"at":1,"atMs":2,"refused":true,"detail":""}',
      '{"refused":true}',
    ]) {
      await writeFile(join(privateDir, "guards/proof.json"), text);
      assert.equal(await readProof(privateDir), null, text);
    }
  }));

test("fences are remembered once each, and forgotten", () =>
  inTemporaryFolder(async (privateDir) => {
    for (const directory of ["/a.git", "/b.git", "/a.git"]) await noteFence(privateDir, directory, true);
    assert.deepEqual(await readFences(privateDir), ["/b.git", "/a.git"]);
    await noteFence(privateDir, "/b.git", false);
    assert.deepEqual(await readFences(privateDir), ["/a.git"]);
  }));

test("broken glass is one number that a shell can read", () =>
  inTemporaryFolder(async (privateDir) => {
    await openUntil(privateDir, 1_795_358_400_900);
    assert.equal(await readFile(guardPlaces(privateDir).open, "utf8"), "1795358400\n");
  }));
