import assert from "node:assert/strict";
import { test } from "node:test";
import { ownHosts, refusalOfChange, refusalOfOrigin } from "../../../src/surfaces/api/origin.ts";

const port = 4321;
const host = "127.0.0.1:4321";

type Headers = Record<string, string | string[] | undefined>;
const api = (headers: Headers, method = "GET") => refusalOfOrigin({ method, headers, port, isPage: false });

const refused: [what: string, headers: Headers, code: string][] = [
  ["another name", { host: "evil.example" }, "foreign_host"],
  ["another name with our port", { host: "evil.example:4321" }, "foreign_host"],
  ["our name without the port", { host: "127.0.0.1" }, "foreign_host"],
  ["every interface", { host: "0.0.0.0:4321" }, "foreign_host"],
  ["no host", {}, "foreign_host"],
  ["a name that begins like ours", { host: "localhost.evil.example:4321" }, "foreign_host"],
  ["another port", { host: "127.0.0.1:4322" }, "foreign_host"],
  ["a name with a dot at its end", { host: "localhost.:4321" }, "foreign_host"],
  ["two hosts", { host: ["127.0.0.1:4321", "evil.example"] }, "foreign_host"],
  ["credentials in the host", { host: "127.0.0.1:4321@evil.example" }, "foreign_host"],
  ["another site", { host, origin: "http://evil.example" }, "foreign_origin"],
  ["no site at all", { host, origin: "null" }, "foreign_origin"],
  ["another port of this machine", { host, origin: "http://127.0.0.1:3000" }, "foreign_origin"],
  ["another scheme", { host, origin: `https://${host}` }, "foreign_origin"],
  [
    "another name of this machine than was asked",
    { host, origin: "http://localhost:4321" },
    "foreign_origin",
  ],
  ["a fetch of another site", { host, "sec-fetch-site": "cross-site" }, "foreign_origin"],
  ["a fetch of another port", { host, "sec-fetch-site": "same-site" }, "foreign_origin"],
  [
    "a link of another site to the API",
    { host, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" },
    "foreign_origin",
  ],
];

for (const [what, headers, code] of refused)
  test(`refused: ${what}`, () => {
    assert.equal(api(headers), code);
    assert.equal(api(headers, "POST"), code);
  });

const taken: [what: string, headers: Headers][] = [
  ["a program", { host }],
  ["localhost", { host: "localhost:4321" }],
  ["LOCALHOST", { host: "LOCALHOST:4321" }],
  ["IPv6", { host: "[::1]:4321" }],
  ["our own page", { host, origin: `http://${host}`, "sec-fetch-site": "same-origin" }],
  ["an address that was typed", { host, "sec-fetch-site": "none" }],
];

for (const [what, headers] of taken) test(`taken: ${what}`, () => assert.equal(api(headers), null));

test("a link on another page opens the board, and posts nothing to it", () => {
  const headers = { host, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" };
  assert.equal(refusalOfOrigin({ method: "GET", headers, port, isPage: true }), null);
  assert.equal(refusalOfOrigin({ method: "POST", headers, port, isPage: true }), "foreign_origin");
});

test("what a proxy claims is not listened to", () => {
  assert.equal(
    api({ host: "evil.example", "x-forwarded-host": host, forwarded: `host=${host}` }),
    "foreign_host",
  );
});

test("a change by cookie needs the header that no form can set, and proof of its origin", () => {
  assert.equal(refusalOfChange({ headers: {} }), "csrf_missing");
  assert.equal(refusalOfChange({ headers: { "x-signalbox-csrf": "0", origin: "x" } }), "csrf_missing");
  assert.equal(refusalOfChange({ headers: { "x-signalbox-csrf": "1" } }), "foreign_origin");
  assert.equal(refusalOfChange({ headers: { "x-signalbox-csrf": "1", origin: `http://${host}` } }), null);
  assert.equal(
    refusalOfChange({ headers: { "x-signalbox-csrf": "1", "sec-fetch-site": "same-origin" } }),
    null,
  );
});

test("port 80 may be left out", () => {
  assert.ok(ownHosts(80).includes("localhost"));
  assert.ok(!ownHosts(81).includes("localhost"));
});
