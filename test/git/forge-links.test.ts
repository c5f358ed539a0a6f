/** Where forges show commits and branches: every way to write a remote, and everything that must lead nowhere. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { forgeLinks } from "../../src/git/forge-links.ts";

const gitHub = ["https://github.com/acme/shop/commit/{sha}", "https://github.com/acme/shop/tree/{branch}"];

const known: [url: string, commit: string, branch: string][] = [
  ...[
    "https://github.com/acme/shop.git",
    "https://github.com/acme/shop",
    "https://github.com/acme/shop/",
    "https://GitHub.com:443/acme/shop.git",
    "https://ada:ghp_planted@github.com/acme/shop.git",
    "https://x-access-token:secret@github.com./acme/shop.git",
    "http://github.com/acme/shop",
    "git://github.com/acme/shop.git",
    "ssh://git@github.com/acme/shop.git",
    "ssh://git@github.com:22/acme/shop.git",
    "ssh://git@ssh.github.com:443/acme/shop.git",
    "git+ssh://git@github.com//acme/shop.git",
    "git@github.com:acme/shop.git",
    "github.com:acme/shop",
    "git@github.com:/acme/shop.git",
  ].map((url): [string, string, string] => [url, gitHub[0] ?? "", gitHub[1] ?? ""]),
  [
    "https://github.acme.example/a/b",
    "https://github.acme.example/a/b/commit/{sha}",
    "https://github.acme.example/a/b/tree/{branch}",
  ],
  [
    "git@gitlab.com:acme/web/shop.git",
    "https://gitlab.com/acme/web/shop/-/commit/{sha}",
    "https://gitlab.com/acme/web/shop/-/tree/{branch}",
  ],
  [
    "ssh://git@gitlab.acme.example:2222/a/b.git",
    "https://gitlab.acme.example/a/b/-/commit/{sha}",
    "https://gitlab.acme.example/a/b/-/tree/{branch}",
  ],
  [
    "https://gitlab.acme.example:8443/a/b.git",
    "https://gitlab.acme.example:8443/a/b/-/commit/{sha}",
    "https://gitlab.acme.example:8443/a/b/-/tree/{branch}",
  ],
  [
    "https://codeberg.org/acme/shop.git",
    "https://codeberg.org/acme/shop/commit/{sha}",
    "https://codeberg.org/acme/shop/src/branch/{branch}",
  ],
  [
    "git@forgejo.acme.example:a/b.git",
    "https://forgejo.acme.example/a/b/commit/{sha}",
    "https://forgejo.acme.example/a/b/src/branch/{branch}",
  ],
  [
    "https://gitea.com/a/b.c_d-e",
    "https://gitea.com/a/b.c_d-e/commit/{sha}",
    "https://gitea.com/a/b.c_d-e/src/branch/{branch}",
  ],
  [
    "git@bitbucket.org:acme/shop.git",
    "https://bitbucket.org/acme/shop/commits/{sha}",
    "https://bitbucket.org/acme/shop/src/{branch}",
  ],
  [
    "git@git.sr.ht:~ada/shop",
    "https://git.sr.ht/~ada/shop/commit/{sha}",
    "https://git.sr.ht/~ada/shop/tree/{branch}",
  ],
];

for (const [url, commit, branch] of known)
  test(`${url.replace(/\/\/[^@/]*:[^@/]*@/, "//…@")} leads to ${commit}`, () => {
    assert.deepEqual(forgeLinks(url), { commit, branch });
  });

test("paths, this machine, addresses and unknown hosts lead nowhere", () => {
  for (const url of [
    "/srv/git/shop.git",
    "../shop.git",
    "file:///srv/git/shop.git",
    "file://github.com/acme/shop.git",
    "C:\\git\\shop",
    "https://localhost/acme/shop.git",
    "https://gitlab.localhost/acme/shop.git",
    "ssh://git@127.0.0.1/acme/shop.git",
    "https://[::1]:3000/acme/shop.git",
    "https://192.168.1.4/acme/shop.git",
    "https://git.example.com/acme/shop.git",
    "git@host:acme/shop.git",
    "gitlab:acme/shop.git",
    "https://notgithub.com/acme/shop",
    "https://github.com.evil/acme/shop/x",
    "https://evil.com/github.com/shop",
    "http://gitlab.acme.example:8080/acme/shop",
    "ext::sh -c true",
    "",
  ])
    assert.equal(forgeLinks(url), null, url);
});

test("what could carry anything else than a repository's name into an address leads nowhere", () => {
  for (const path of [
    "acme",
    "",
    "/",
    "acme/shop/extra",
    "acme/..",
    "../shop",
    "./shop",
    "acme/shop?x=1",
    "acme/shop#x",
    "acme/%2e%2e",
    "acme/shop%3Fx",
    "acme/sh%00op",
    "acme/sh op",
    'acme/sh"op',
    "acme/<script>",
    "acme/{sha}",
    "acme/{branch}",
    "acme\\shop",
    "acme/sh@op",
    "acme/shop:80",
    "acme//shop",
    "acme/\u202eshop",
    "acmé/shop",
    "-x/shop",
    `acme/${"s".repeat(600)}`,
  ])
    assert.equal(forgeLinks(`https://github.com/${path}`), null, path);
  for (const host of [
    "github.com@evil.example",
    "github.com\\@evil.example",
    "github.com%2f",
    "git hub.com",
    "github.com:99999",
    "github.com:0",
    "-github.com",
    "github..com",
  ])
    assert.equal(forgeLinks(`https://${host}/acme/shop`), null, host);
  assert.equal(forgeLinks("https://git.sr.ht/ada/shop"), null);
  assert.equal(forgeLinks("https://github.com/~ada/shop"), null);
});

test("whatever the URL, only plain https addresses come out, and no user or password", () => {
  const host = fc.constantFrom(
    "github.com",
    "gitlab.com",
    "codeberg.org",
    "git.sr.ht",
    "gitlab.x.example",
    "evil.example",
  );
  const piece = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.constantFrom("a", "b.git", "..", "~a", "%2f", "{sha}"),
  );
  const urls = fc
    .tuple(
      fc.constantFrom("https://", "ssh://", "http://", "javascript://", "git@", ""),
      piece,
      host,
      piece,
      piece,
    )
    .map(([scheme, user, at, one, two]) => `${scheme}${user}secret@${at}/${one}/${two}`);
  fc.assert(
    fc.property(fc.oneof(urls, fc.string()), (url) => {
      const links = forgeLinks(url);
      if (links === null) return;
      for (const link of [links.commit, links.branch]) {
        assert.match(link, /^https:\/\/[a-z0-9.-]+(:\d+)?(\/[A-Za-z0-9._~-]+)+\/(\{sha\}|\{branch\})$/);
        const filled = new URL(link.replace("{sha}", "a").replace("{branch}", "b"));
        assert.deepEqual([filled.username, filled.password, filled.search, filled.hash], ["", "", "", ""]);
        assert.doesNotMatch(link, /secret/);
      }
    }),
  );
});
