import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import fc from "fast-check";
import { isSignedBy, signedCommit } from "../../src/git/signed-commit.ts";
import {
  fingerprint,
  parsePrivateKey,
  parsePublicLine,
  publicLine,
  type SigningKey,
  signSsh,
  verifySsh,
} from "../../src/git/ssh-signature.ts";
import { runChild, told } from "../world/child.ts";
import { inTemporaryFolder } from "../world/folder.ts";
import { createGitWorld } from "../world/git.ts";

const env = { PATH: process.env.PATH ?? "" };

/** ssh-keygen itself, in a folder. */
async function keygen(cwd: string, args: readonly string[], stdin = "") {
  const ran = await runChild("ssh-keygen", args, { cwd, env, stdin });
  assert.equal(ran.code, 0, told(ran));
  return ran.stdout;
}

async function newKey(folder: string, name = "key"): Promise<SigningKey> {
  await keygen(folder, ["-q", "-t", "ed25519", "-N", "", "-C", "a test", "-f", name]);
  const key = parsePrivateKey(await readFile(join(folder, name), "utf8"));
  assert.ok(key !== null);
  return key;
}

let key: SigningKey;
let other: SigningKey;
before(() =>
  inTemporaryFolder(async (folder) => {
    key = await newKey(folder);
    other = await newKey(folder, "other");
  }),
);

describe("beside ssh-keygen", () => {
  test("a key is read as ssh-keygen made it: the same public half, the same fingerprint", () =>
    inTemporaryFolder(async (folder) => {
      const made = await newKey(folder);
      const line = await readFile(join(folder, "key.pub"), "utf8");
      assert.equal(`${publicLine(made)} a test\n`, line);
      assert.deepEqual(parsePublicLine(`integrator namespaces="git" ${line}`), made.publicBlob);
      assert.match(
        await keygen(folder, ["-l", "-f", "key.pub"]),
        new RegExp(fingerprint(made.publicBlob).replace(/[+/]/g, ".")),
      );
    }));

  test("ssh-keygen verifies what is signed here, and makes the very same signature", () =>
    inTemporaryFolder(async (folder) => {
      const made = await newKey(folder);
      const text = "main goes from here\nto there\n";
      const signature = signSsh(made, "a-namespace", Buffer.from(text));
      await writeFile(join(folder, "signature"), signature);
      await writeFile(join(folder, "signers"), `me ${publicLine(made)}\n`);
      await keygen(
        folder,
        ["-Y", "verify", "-f", "signers", "-I", "me", "-n", "a-namespace", "-s", "signature"],
        text,
      );
      assert.equal(
        await keygen(folder, ["-q", "-Y", "sign", "-n", "a-namespace", "-f", "key"], text),
        signature,
      );
    }));

  test("what is no ed25519 key without a passphrase is none", () =>
    inTemporaryFolder(async (folder) => {
      await keygen(folder, ["-q", "-t", "ed25519", "-N", "secret words", "-f", "locked"]);
      await keygen(folder, ["-q", "-t", "ecdsa", "-N", "", "-f", "curve"]);
      for (const name of ["locked", "curve", "locked.pub"])
        assert.equal(parsePrivateKey(await readFile(join(folder, name), "utf8")), null, name);
    }));
});

test("a signature holds for its content, namespace and key alone", () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array(), fc.string(), (a, b, namespace) => {
      const [content, changed] = [Buffer.from(a), Buffer.from(b)];
      const name = `x${Buffer.from(namespace).toString("hex")}`;
      const signature = signSsh(key, name, content);
      const holds = (given: Partial<Parameters<typeof verifySsh>[1]>) =>
        verifySsh(signature, {
          keys: [other.publicBlob, key.publicBlob],
          namespace: name,
          content,
          ...given,
        });
      assert.ok(holds({}));
      assert.equal(holds({ content: changed }), content.equals(changed));
      assert.ok(!holds({ namespace: `${name}x` }));
      assert.ok(!holds({ keys: [other.publicBlob] }));
      assert.ok(!holds({ keys: [] }));
    }),
    { numRuns: 50 },
  );
});

test("a signature with any byte changed, cut or added does not hold, and is no accident", () => {
  const content = Buffer.from("content");
  const signature = signSsh(key, "git", content);
  const body = Buffer.from(signature.split("\n").slice(1, -2).join(""), "base64");
  const holds = (bytes: Buffer) =>
    verifySsh(`-----BEGIN SSH SIGNATURE-----\n${bytes.toString("base64")}\n-----END SSH SIGNATURE-----`, {
      keys: [key.publicBlob],
      namespace: "git",
      content,
    });
  assert.ok(holds(body));
  for (let at = 0; at < body.length; at++) {
    const changed = Buffer.from(body);
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.ok(!holds(changed), `byte ${at}`);
    assert.ok(!holds(body.subarray(0, at)), `the first ${at} bytes`);
  }
  for (const text of ["", "nonsense", "-----BEGIN SSH SIGNATURE-----", signature.slice(0, 40)])
    assert.ok(!verifySsh(text, { keys: [key.publicBlob], namespace: "git", content }));
});

for (const format of ["sha1", "sha256"] as const)
  test(`git itself takes a commit that is signed here as signed (${format}); changed, it is not`, async () => {
    await using world = await createGitWorld({ format });
    const line = await world.line();
    const signature = { name: "Ada", email: "ada@example.org", seconds: 1_800_000_000, zone: "+0000" };
    const tree = await line.objects.writeTree([]);
    const draft = {
      tree,
      parents: [],
      author: signature,
      committer: signature,
      message: "Land\n\nSigned: no\n",
    };
    const [signed, plain] = [
      await line.objects.writeCommit(draft, key),
      await line.objects.writeCommit(draft),
    ];
    const signers = join(world.directory, "signers");
    await writeFile(signers, `integrator namespaces="git" ${publicLine(key)}\n`);
    const verify = (id: string) =>
      world.attempt(
        line.directory,
        "-c",
        "gpg.format=ssh",
        "-c",
        `gpg.ssh.allowedSignersFile=${signers}`,
        "verify-commit",
        id,
      );
    const said = await verify(signed);
    assert.equal(said.code, 0, said.stderr);
    assert.match(said.stderr, /Good "git" signature for integrator/);
    assert.notEqual((await verify(plain)).code, 0);
    assert.ok(await line.objects.isSigned(signed, [other.publicBlob, key.publicBlob]));
    assert.ok(!(await line.objects.isSigned(signed, [other.publicBlob])));
    assert.ok(!(await line.objects.isSigned(plain, [key.publicBlob])));
    assert.deepEqual((await line.objects.readCommit(signed)).message, draft.message);
    await line.close();
  });

test("a signed commit whose words were changed is not signed", () => {
  const bytes = Buffer.from("tree 1\nparent 2\nauthor a\ncommitter b\n\nLand it\n\ngpgsig not here\n");
  const signed = signedCommit(bytes, "sha1", key);
  assert.ok(isSignedBy(signed, "sha1", [key.publicBlob]));
  assert.ok(!isSignedBy(signed, "sha256", [key.publicBlob]), "the other format has another header");
  assert.ok(!isSignedBy(Buffer.from(signed.toString().replace("Land", "Lend")), "sha1", [key.publicBlob]));
  assert.ok(
    !isSignedBy(Buffer.from(signed.toString().replace("parent 2", "parent 3")), "sha1", [key.publicBlob]),
  );
  assert.ok(!isSignedBy(bytes, "sha1", [key.publicBlob]));
});
