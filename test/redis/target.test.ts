import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isFailure } from "../../src/errors.ts";
import { describeTarget, parseRedisUrl, type RedisTarget } from "../../src/redis/target.ts";

const open = { username: null, password: null, database: 0, tls: null };
const noTlsFiles = { caFile: null, certFile: null, keyFile: null, servername: null };

const readable: [url: string, target: RedisTarget][] = [
  ["redis://h", { kind: "server", address: { host: "h", port: 6379 }, access: open }],
  ["redis://h:1/2", { kind: "server", address: { host: "h", port: 1 }, access: { ...open, database: 2 } }],
  ["redis://[::1]:7000", { kind: "server", address: { host: "::1", port: 7000 }, access: open }],
  [
    "rediss://u:p%40ss@h?ca=/c.pem&servername=n",
    {
      kind: "server",
      address: { host: "h", port: 6379 },
      access: {
        username: "u",
        password: "p@ss",
        database: 0,
        tls: { ...noTlsFiles, caFile: "/c.pem", servername: "n" },
      },
    },
  ],
  [
    "redis://:p@h",
    { kind: "server", address: { host: "h", port: 6379 }, access: { ...open, password: "p" } },
  ],
  [
    "unix:///run/r%20s.sock?db=3",
    { kind: "socket", path: "/run/r s.sock", access: { ...open, database: 3 } },
  ],
  [
    "redis+cluster://a:1,b",
    {
      kind: "cluster",
      seeds: [
        { host: "a", port: 1 },
        { host: "b", port: 6379 },
      ],
      access: open,
    },
  ],
  [
    "redis+sentinel://u:p@a,b:2/main/1?sentinel-password=s",
    {
      kind: "sentinel",
      sentinels: [
        { host: "a", port: 26379 },
        { host: "b", port: 2 },
      ],
      masterName: "main",
      access: { ...open, username: "u", password: "p", database: 1 },
      sentinelAccess: { username: null, password: "s" },
    },
  ],
];

for (const [url, target] of readable) {
  test(`${url.replace(/:[^:@/]*@/, ":…@")} is read as its parts`, () => {
    assert.deepEqual(parseRedisUrl(url), target);
  });
}

for (const url of [
  "",
  "redis",
  "http://h",
  "redis://",
  "redis://a,b",
  "redis://h:0",
  "redis://h:70000",
  "redis://h/x",
  "redis://h?tls=off",
  "redis://u:%zz@h",
  "unix://host/path",
  "unix:///",
  "redis+cluster://a/1",
  "redis+sentinel://a",
]) {
  test(`«${url}» is refused as bad input`, () => {
    assert.throws(
      () => parseRedisUrl(url),
      (error) => isFailure(error, "redis_url_invalid"),
    );
  });
}

test("whatever is given as a URL, the answer is a target or bad input, and neither shows the password", () => {
  const secret = "hunter2secret";
  const forms = fc.constantFrom("redis", "rediss", "redis+cluster", "redis+sentinel", "unix", "bogus");
  fc.assert(
    fc.property(forms, fc.string(), fc.string(), (scheme, user, rest) => {
      const shown = seen(`${scheme}://${user}:${secret}@${rest}`);
      // Behind an @ of the host part it is no password any more, but a host's name.
      if (!user.includes("@") && !/[/?]/.test(user)) assert.ok(!shown.includes(secret), shown);
    }),
    { numRuns: 500 },
  );
});

function seen(url: string): string {
  try {
    return describeTarget(parseRedisUrl(url));
  } catch (error) {
    assert.ok(isFailure(error, "redis_url_invalid"), String(error));
    return `${error.message} ${error.cure}`;
  }
}
