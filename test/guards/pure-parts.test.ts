import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { readBlockRecord } from "../../src/guards/block-record.ts";
import { endsWithInclude, withInclude, withoutInclude } from "../../src/guards/include-block.ts";
import { guardPlaces, hookPlaces } from "../../src/guards/places.ts";
import { anyCase, guardModeOf, rules, wordsOfRule } from "../../src/guards/policy.ts";
import { isGuardScript, quoted, quotedForConfig, scriptText } from "../../src/guards/script-text.ts";
import { runChild } from "../world/child.ts";

const folder = join(import.meta.dirname, "../../src/guards");

test("guards refuse where the integrator lands, and warn where it only shadows", () => {
  const table = [
    [true, true, "refuse"],
    [true, false, "warn"],
    [false, true, "warn"],
    [false, false, "warn"],
  ] as const;
  for (const [enabled, parity_evidence_accepted, mode] of table)
    assert.equal(guardModeOf({ enabled, parity_evidence_accepted }), mode);
});

test("a pattern matches main in any case, and nothing else", () => {
  assert.equal(anyCase("rel-1.x/A"), "[rR][eE][lL]-1.[xX]/[aA]");
});

test("every rule that a script names has words, and every word has a script", () => {
  const texts = readdirSync(folder)
    .filter((name) => name.endsWith(".sh"))
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .join("\n");
  for (const rule of Object.keys(rules)) assert.ok(texts.includes(rule), rule);
  const named = [...texts.matchAll(/(?:rule=|say_no "\$\w+" )([a-z_]+)\b/g)].map(([, rule = ""]) => rule);
  for (const rule of named) assert.ok(rule in rules, rule);
  assert.equal(wordsOfRule("of_tomorrow"), "of_tomorrow");
});

test("a script knows its settings whatever is in them", async () => {
  const hostile = 'it\'s `here` $HOME \\ "and"\nthere';
  const settings = { privateDir: hostile, main: "main", addresses: ["a", hostile] };
  const text = scriptText({
    name: "x",
    settings,
    more: { other: "'" },
    bodies: [`printf '%s|' "$private" "$guarded" "$other"`],
  });
  assert.equal(isGuardScript(text), true);
  assert.equal(isGuardScript("#!/bin/sh\necho hi\n"), false);
  const { stdout } = await runChild("sh", ["-c", text], { cwd: "/", env: {} });
  assert.equal(stdout, `${hostile}|a\n${hostile}\n|'|`);
  assert.equal(quoted("a'b"), "'a'\\''b'");
  assert.equal(quotedForConfig('a\\b"c\n'), '"a\\\\b\\"c\\n"');
});

test("the include is at the end of a configuration once, and leaves every byte when it is taken away", () => {
  const line = fc.constantFrom("[core]", "\thooksPath = x", "# note", "", "[include]", "\tpath = y");
  fc.assert(
    fc.property(fc.array(line), fc.boolean(), (lines, isWhole) => {
      const text = `${lines.join("\n")}${isWhole && lines.length > 0 ? "\n" : ""}`;
      const included = withInclude(text, "ours");
      assert.equal(withoutInclude(included), text);
      assert.equal(withInclude(included, "ours"), included);
      assert.ok(endsWithInclude(included, "ours"));
      // What others add behind it stays, and the include moves behind that.
      const later = `${included}[remote "x"]\n\turl = y\n`;
      assert.equal(endsWithInclude(later, "ours"), false);
      assert.ok(endsWithInclude(withInclude(later, "ours"), "ours"));
      const joint = text === "" || text.endsWith("\n") ? "" : "\n";
      assert.equal(withoutInclude(later), `${text}${joint}[remote "x"]\n\turl = y\n`);
    }),
  );
});

test("a note becomes a payload of one-line fields, whatever was typed", () => {
  const at = "2026-01-02T03:04:05.000Z";
  const note = ["signalbox-block 1", "pre_push", "refs/heads/main", "session-7", "git push", "\u001b[2Jx"];
  assert.deepEqual(readBlockRecord(note.join("\n"), at), {
    actor: "session-7",
    command: "git push [2Jx",
    ref: "refs/heads/main",
    rule: rules.pre_push,
    blocked_at: at,
  });
  assert.equal(readBlockRecord("", at), null);
  assert.equal(readBlockRecord("signalbox-block 2\na\nb\nc\n", at), null);
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 3000 }), fc.string(), (command, actor) => {
      const blocked = readBlockRecord(
        `signalbox-block 1\nx\ny\n${actor.replaceAll("\n", "")}\n${command}`,
        at,
      );
      assert.ok(blocked !== null && blocked.command.length > 0 && blocked.actor.length > 0);
      assert.ok(
        [...blocked.command].length <= 2000 && !/[\p{Cc}\u202e]/u.test(blocked.command + blocked.actor),
      );
    }),
  );
});

test("what is ours in a clone lies in its git folder, and the rest in the private one", () => {
  const { included, hooks } = hookPlaces("/c/.git");
  assert.deepEqual([included, hooks], ["/c/.git/signalbox/hooks.gitconfig", "/c/.git/signalbox/hooks"]);
  assert.ok(Object.values(guardPlaces("/p")).every((path) => path.startsWith("/p/guards/")));
});
