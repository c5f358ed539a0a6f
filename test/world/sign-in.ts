/** A browser's way in: the one-time link of `open`, given for a cookie. */
import assert from "node:assert/strict";
import type { Api, Ask } from "./http.ts";

/** How a signed-in browser asks: with its cookie, and the header that no form can set. */
export async function signIn(api: Api, name: string): Promise<Ask & { headers: Record<string, string> }> {
  const link = await api.post("/login/link", { name });
  const url: unknown =
    link.json !== null && typeof link.json === "object" && "url" in link.json ? link.json.url : "";
  const proof = { origin: api.url, "x-signalbox-csrf": "1" };
  const code = new URL(String(url)).hash.slice("#code=".length);
  const answer = await api.post("/login", { code }, { as: "none", headers: proof });
  assert.equal(answer.status, 200, answer.text);
  const cookie = answer.headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
  return { as: "none", headers: { ...proof, cookie } };
}
