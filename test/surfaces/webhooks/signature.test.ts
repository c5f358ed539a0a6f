import assert from "node:assert/strict";
import { suite, test } from "node:test";
import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { signatureHeaders, signingKeys } from "../../../src/surfaces/webhooks/signature.ts";
import { verified } from "../../world/receiver.ts";

const secretOf = (bytes: Uint8Array) => `whsec_${Buffer.from(bytes).toString("base64")}`;
const keysOf = (secret: string) => {
  const signing = signingKeys(secret);
  return signing.kind === "keys" ? signing.keys : assert.fail(signing.why);
};
const now = () => Math.floor(Date.now() / 1000);

suite("the signature of a webhook", () => {
  test("is the reference library's own, for any secret and body", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 24, maxLength: 64 }),
        fc.stringMatching(/^[a-z0-9_]{1,40}$/),
        fc.jsonValue(),
        (bytes, id, value) => {
          const body = JSON.stringify(value);
          const secret = secretOf(bytes);
          const timestampS = now();
          const headers = signatureHeaders({ id, timestampS, body }, keysOf(secret));
          const reference = new Webhook(secret).sign(id, new Date(timestampS * 1000), body);
          assert.equal(headers["webhook-signature"], reference);
          assert.deepEqual(verified(secret, { body, headers }), JSON.parse(body));
        },
      ),
    );
  });

  test("holds for no other body, id, time or secret", () => {
    const secret = secretOf(new Uint8Array(32).fill(7));
    const body = '{"a":1}';
    const headers = signatureHeaders({ id: "x", timestampS: now(), body }, keysOf(secret));
    assert.throws(() => verified(secret, { body: '{"a":2}', headers }));
    assert.throws(() => verified(secret, { body, headers: { ...headers, "webhook-id": "y" } }));
    const later = String(now() + 1);
    assert.throws(() => verified(secret, { body, headers: { ...headers, "webhook-timestamp": later } }));
    assert.throws(() => verified(secretOf(new Uint8Array(32).fill(8)), { body, headers }));
  });

  test("is one by each of several secrets, so that one can be changed for another", () => {
    const [before, after] = [secretOf(new Uint8Array(24).fill(1)), secretOf(new Uint8Array(24).fill(2))];
    const body = "{}";
    const headers = signatureHeaders({ id: "x", timestampS: now(), body }, keysOf(`${after} ${before}\n`));
    assert.deepEqual(verified(before, { body, headers }), {});
    assert.deepEqual(verified(after, { body, headers }), {});
  });

  const unusable: [secret: string, why: RegExp][] = [
    ["", /empty/],
    ["  \n", /empty/],
    ["whsec_", /0 bytes/],
    ["whsec_not-base64!", /base64/],
    ["hunter2", /base64|bytes/],
    [secretOf(new Uint8Array(23)), /23 bytes/],
    [secretOf(new Uint8Array(65)), /65 bytes/],
    [`${secretOf(new Uint8Array(24))} short`, /base64|bytes/],
  ];
  for (const [secret, why] of unusable)
    test(`is not made with ${JSON.stringify(secret.slice(0, 20))}`, () => {
      const signing = signingKeys(secret);
      assert.equal(signing.kind, "unusable");
      if (signing.kind !== "unusable") return;
      assert.match(signing.why, why);
      const [word = ""] = secret.replaceAll("whsec_", "").trim().split(" ");
      assert.ok(word === "" || !signing.why.includes(word), "no word of the secret");
    });
});
