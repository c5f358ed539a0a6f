import assert from "node:assert/strict";
import { mkdir, mkdtemp, realpath, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  absoluteRemoteUrl,
  canonicalOfRemote,
  canonicalOfUrl,
  checkRemoteUrl,
  idOfCanonical,
  redactUrl,
} from "../../src/git/identity.ts";

const idOfUrl = (url: string) => idOfCanonical(canonicalOfUrl(url));

test("every spelling of one repository gives one id", () => {
  const spellings = [
    "git@example.org:team/app.git",
    "example.org:team/app",
    "ssh://git@example.org/team/app.git",
    "ssh://git@example.org:22/team/app/",
    "https://example.org/team/app",
    "https://ada@EXAMPLE.org/team/app.git/",
    "https://example.org:443//team//app.git",
    "git+ssh://git@example.org/team/app",
    "git://example.org/team/app",
  ];
  const ids = new Set(spellings.map((url) => idOfUrl(url)));
  assert.equal(ids.size, 1, [...ids].join(" "));
  assert.match([...ids][0] ?? "", /^app-[0-9a-f]{8}$/);
});

test("different repositories have different ids", () => {
  const urls = [
    "https://example.org/team/app",
    "https://example.org/team/App",
    "https://example.net/team/app",
    "https://example.org:8443/team/app",
    "/team/app",
    "https://example.org/app",
  ];
  assert.equal(new Set(urls.map((url) => idOfUrl(url))).size, urls.length);
});

test("a local path has one id, whether plain, as file URL, with slashes or .git", () => {
  const ids = ["/srv/app.git", "file:///srv/app.git", "/srv//app.git/", "/srv/app", "/srv/app/.git"].map(
    (url) => idOfUrl(url),
  );
  assert.equal(new Set(ids).size, 1);
});

test("an id is safe as a folder name whatever the URL", () => {
  for (const url of [
    "/srv/..",
    "/",
    "/srv/Ünï cöde.git",
    "/srv/.hidden",
    "host:",
    "/a/{x}:y",
    `/srv/${"x".repeat(300)}`,
  ]) {
    assert.match(idOfUrl(url), /^[a-z0-9][a-z0-9._-]{0,40}-[0-9a-f]{8}$/, url);
  }
});

test("a symlinked or relative path is the repository it leads to", async (t) => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "signalbox-id-")));
  t.after(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, "real.git"));
  await symlink(join(folder, "real.git"), join(folder, "link"));
  const real = await canonicalOfRemote(join(folder, "real.git"), "/");
  assert.equal(await canonicalOfRemote("link", folder), real);
  assert.equal(await canonicalOfRemote("./real.git/", folder), real);
  assert.equal(await absoluteRemoteUrl("../gone", folder), join(folder, "..", "gone"));
  assert.equal(await absoluteRemoteUrl("git@h:x", folder), "git@h:x");
});

test("URLs that would run something, or carry a password, are refused without showing it", () => {
  const bad = [
    "",
    "-u",
    "--upload-pack=x",
    "ext::sh -c id",
    "fd::3",
    "::x",
    "ssh://-oProxyCommand=x/y",
    "ssh://-u@h/y",
    "-h:x",
    "h:-x",
    "ftp://h/x",
    "javascript://x",
    "https://",
    "https:///x",
    "a\nb",
    "https://u:hunter2@h/x",
    "http://h\u202e/x",
    "https://h:x/y",
  ];
  for (const url of bad) {
    const wrong = checkRemoteUrl(url);
    assert.notEqual(wrong, null, JSON.stringify(url));
    assert.doesNotMatch(wrong ?? "", /hunter2|[\p{Cc}\p{Cf}]/u);
  }
  for (const url of [
    "/srv/x.git",
    "../x",
    "git@h:x.git",
    "https://ada@h/x",
    "ssh://h:2222/x",
    "file:///x",
    "[::1]:x",
  ])
    assert.equal(checkRemoteUrl(url), null, url);
});

test("users and passwords are taken out of any text", () => {
  assert.equal(
    redactUrl("fatal: 'https://u:p@h/x' and ssh://git@h/y"),
    "fatal: 'https://***@h/x' and ssh://***@h/y",
  );
  assert.equal(redactUrl("https://h/x@y"), "https://h/x@y");
});
