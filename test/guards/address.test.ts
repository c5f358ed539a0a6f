/** The shell's reading of a URL against the one in TypeScript, which names repositories everywhere else. */
import assert from "node:assert/strict";
import { mkdir, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { canonicalOfRemote, canonicalOfUrl, parseRemoteUrl } from "../../src/git/identity.ts";
import { runChild, told } from "../world/child.ts";
import { createGitWorld } from "../world/git.ts";
import { openYard } from "./yard.ts";

const script = join(import.meta.dirname, "../../src/guards/address.sh");

/** The addresses that the shell makes of URLs, one child for all. */
async function addressesOf(urls: readonly string[], cwd = "/"): Promise<string[]> {
  const program = `LC_ALL=C newline='\n'\n${await readFile(script, "utf8")}
while IFS= read -r url; do address_of "$url"; printf '%s\\n' "$address"; done`;
  const env = { HOME: "/home/ada", PATH: process.env.PATH };
  const ran = await runChild("sh", ["-c", program], {
    cwd,
    env,
    stdin: urls.map((url) => `${url}\n`).join(""),
  });
  assert.equal(ran.code, 0, told(ran));
  return ran.stdout.split("\n").slice(0, -1);
}

const known = [
  "https://github.com/acme/shop",
  "https://github.com/acme/shop.git/",
  "HTTPS://ada@GitHub.com.:443//acme/shop.git",
  "https://ada:secret@github.com:8443/acme%2Fshop/.git",
  "http://host:80/x",
  "http://host:8080/x",
  "ssh://git@github.com/acme/shop.git",
  "ssh://git@github.com:22/acme/shop.git",
  "ssh://git@[::1]:2222/acme/shop",
  "git+ssh://host/path",
  "git://host:9418/path",
  "git@github.com:acme/shop.git",
  "github.com:acme/shop",
  "ada@[fe80::1]:shop.git",
  "work-alias:/srv/git/shop.git",
  "/no/such/place/shop.git",
  "/no/such//place/shop/.git/",
  "file:///no/such/place",
  "file://localhost/no/such/place.git",
  "file:///no/such/pl%41ce",
  "https://host/a%zzb%",
];
const unknown = [
  "",
  "ext::sh -c foo",
  "fd::3",
  "::x",
  "ftp://host/path",
  "s3://bucket/x",
  "https://host:port/x",
];

test("every kind of URL is read by the shell as it is read everywhere else", async () => {
  const found = await addressesOf(known);
  known.forEach((url, at) => {
    assert.equal(found[at], canonicalOfUrl(url), url);
  });
  assert.deepEqual(
    await addressesOf(unknown),
    unknown.map(() => ""),
  );
});

test("so is whatever else may be written there", async () => {
  const part = fc.stringMatching(/^[A-Za-z0-9.@:%~[\]_+ -]{1,8}$/);
  const url = fc
    .tuple(
      fc.constantFrom(
        "",
        "ssh://",
        "https://",
        "HTTP://",
        "git+ssh://",
        "git@",
        "file:///",
        "file://",
        "ftp://",
        "/",
        "ext::",
      ),
      fc.array(fc.oneof(part, fc.constantFrom("github.com", "..x", ".git", "a.git", "")), {
        minLength: 1,
        maxLength: 4,
      }),
    )
    .map(([scheme, parts]) => `${scheme}${parts.join("/")}`)
    // What is relative depends on the folder: below.
    .filter((text) => {
      const parsed = parseRemoteUrl(text);
      return parsed === null || parsed.kind === "network" || parsed.path.startsWith("/no/such/");
    });
  const urls = [...new Set(fc.sample(url, { numRuns: 1500, seed: 7 }))];
  const found = await addressesOf(urls);
  urls.forEach((text, at) => {
    const expected = parseRemoteUrl(text) === null ? "" : canonicalOfUrl(text);
    assert.equal(found[at], expected, JSON.stringify(text));
  });
  assert.ok(found.filter((address) => address !== "").length > 300, "the sample says something");
});

test("a path is followed to the folder it means", async () => {
  await using world = await createGitWorld();
  await symlink(world.origin, join(world.directory, "link"));
  await mkdir(join(world.clone, "sub"));
  const urls = [
    world.origin,
    "../origin.git",
    "../link",
    join(world.directory, "link/"),
    `file://${world.origin}/`,
    world.clone,
    "./sub/..",
    "sub",
  ];
  const found = await addressesOf(urls, world.clone);
  for (const [at, url] of urls.entries())
    assert.equal(found[at], await canonicalOfRemote(url, world.clone), url);
  // git finds origin.git also by this; so must the guard.
  const [short] = await addressesOf(["../origin"], world.clone);
  assert.equal(short, found[0]);
});

test("a person's own name for a host is looked up where all else fits, and only then", async (t) => {
  const yard = await openYard(t);
  const { world } = yard;
  const { installGuards } = await import("../../src/guards/guard.ts");
  await world.run(world.clone, "remote", "set-url", "origin", "git@github.com:acme/shop.git");
  await installGuards(await yard.place());
  const bin = join(world.directory, "ssh-bin");
  const { putScript } = await import("./yard.ts");
  // Stands for an ssh whose configuration names the host `work`: the test may not write a person's own.
  await putScript(
    join(bin, "ssh"),
    `#!/bin/sh\n[ "$1 $2" = "-G --" ] || exit 1\necho "user git"\ncase $3 in work) echo "hostname github.com" ;; *) echo "hostname $3" ;; esac\n`,
  );
  const hook = join(world.clone, ".git/hooks/pre-push");
  const push = (url: string) =>
    yard.type(hook, [url, url], {
      stdin: `HEAD ${"1".repeat(40)} refs/heads/main ${"2".repeat(40)}\n`,
      env: { PATH: `${bin}:${world.env.PATH}` },
    });
  assert.equal((await push("work:acme/shop")).code, 1);
  assert.equal((await push("ssh://work/acme/shop.git")).code, 1);
  assert.equal((await push("work:acme/other")).code, 0);
  assert.equal((await push("other:acme/shop")).code, 0);
  assert.equal((await push("https://work/acme/shop")).code, 0);
});
