/** What is kept of an output, and that it never grows without limit. */
import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import fc from "fast-check";
import { openPlainText, plainText } from "../../../src/orchestration/sessions/plain-text.ts";
import {
  beginLog,
  logParts,
  readLog,
  sizesOf,
  usualLogLimits,
} from "../../../src/orchestration/sessions/session-log.ts";
import { followOutput, logSizes } from "../../../src/orchestration/sessions/tail-session.ts";
import { openBench } from "./bench.ts";
import { nastyText } from "./nasty-text.ts";

async function inFolder(act: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "sbl-"));
  try {
    await act(join(folder, "log"));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The kept text; what was cut as dots, one a byte. */
async function readBack(folder: string, from = 0): Promise<string> {
  let text = "";
  for await (const piece of readLog(folder, from))
    text += piece.kind === "bytes" ? piece.bytes.toString("latin1") : ".".repeat(piece.to - piece.from);
  return text;
}

test("whatever comes in whatever pieces: the head and the end are there, the rest is told as cut, the size is bounded", async () => {
  const limits = fc.record({
    headBytes: fc.integer({ min: 0, max: 20 }),
    tailBytes: fc.integer({ min: 1, max: 20 }),
  });
  const chunks = fc.array(fc.uint8Array({ maxLength: 30, min: 97, max: 122 }), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(limits, chunks, fc.nat(300), (given, pieces, from) =>
      inFolder(async (folder) => {
        const log = beginLog(folder, given);
        for (const piece of pieces) log.write(piece);
        log.close();
        const all = Buffer.concat(pieces).toString("latin1");
        const kept = await readBack(folder);
        assert.equal(kept.length, all.length);
        assert.ok([...kept].every((letter, at) => letter === "." || letter === all[at]));
        assert.equal(kept.slice(0, given.headBytes), all.slice(0, given.headBytes));
        assert.equal(kept.slice(-given.tailBytes), all.slice(-given.tailBytes));
        const { printed, cut } = sizesOf(await logParts(folder));
        assert.equal(printed, all.length);
        assert.equal(cut, kept.replaceAll(/[^.]/g, "").length);
        assert.ok(printed - cut <= given.headBytes + 2 * given.tailBytes);
        assert.equal(await readBack(folder, from), kept.slice(from));
      }),
    ),
    { numRuns: 60 },
  );
});

test("a disk that takes nothing does not stop the worker's output, and what was lost is told", async () => {
  await inFolder(async (folder) => {
    const log = beginLog(folder, { headBytes: 4, tailBytes: 4 });
    log.write(Buffer.from("head"));
    // The next part cannot be made: a folder stands in its place.
    await rm(folder, { recursive: true });
    await writeFile(folder, "");
    log.write(Buffer.from("lost"));
    await rm(folder);
    const again = beginLog(folder, { headBytes: 4, tailBytes: 4 });
    again.close();
    log.write(Buffer.from("tail"));
    log.close();
    assert.equal(await readBack(folder), "........tail");
  });
});

test("a worker that prints a gigabyte fills no disk; its beginning and its end are kept", async () => {
  await using bench = await openBench();
  const session = await bench.start(`sh -c 'echo begin; head -c 1000000000 /dev/zero; echo; echo APPROVE'`);
  assert.equal((await bench.ended(session)).lastLine, "APPROVE");
  const { printed, cut } = await logSizes(bench.place, session.id);
  assert.equal(printed, 6 + 1_000_000_000 + 9);
  assert.ok(printed - cut <= usualLogLimits.headBytes + 2 * usualLogLimits.tailBytes);
  const folder = join(bench.sessionFolder(session), "log");
  const sizes = await Promise.all(
    (await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size),
  );
  assert.equal(
    sizes.reduce((sum, size) => sum + size, 0),
    printed - cut,
  );
  const text = await bench.printed(session);
  assert.ok(text.startsWith("begin\n\0") && text.endsWith("\0\nAPPROVE\n") && text.includes(`<${cut} cut>`));
});

test("followed, it is given as it comes and once, until the session has ended", async () => {
  await using bench = await openBench();
  const script = await bench.script(
    "counter",
    `for n in 1 2 3; do until [ -e "go$n" ]; do sleep 0.01; done; printf "$n "; done; echo over`,
  );
  const session = await bench.start(script);
  let text = "";
  const stop = AbortSignal.timeout(20_000);
  await bench.script("trees/a b/go1", "");
  for await (const piece of followOutput(bench.place, session.id, { from: 0, stop })) {
    if (piece.kind === "bytes") text += piece.bytes;
    await bench.script(`trees/a b/go${text.trim().split(" ").length + 1}`, "");
  }
  assert.equal(text, "1 2 3 over\n");
  assert.equal(stop.aborted, false);
});

describe("plain text of a stream", () => {
  test("is the same however its bytes are cut into chunks", () => {
    fc.assert(
      fc.property(nastyText, fc.array(fc.nat(60), { maxLength: 8 }), (text, cuts) => {
        const bytes = Buffer.from(text);
        const stream = openPlainText();
        let at = 0;
        let seen = "";
        for (const cut of [...cuts].sort((a, b) => a - b)) {
          seen += stream.push(bytes.subarray(at, cut));
          at = Math.max(at, cut);
        }
        seen += stream.push(bytes.subarray(at)) + stream.end();
        assert.equal(seen, plainText(text));
      }),
      { numRuns: 2000 },
    );
  });

  test("does not hold a long command back for ever", () => {
    const stream = openPlainText();
    stream.push(Buffer.from(`\u001b]0;${"x".repeat(5000)}`));
    assert.equal(stream.push(Buffer.from("after\n")), "after\n");
  });
});
