/** What the guards note in the private folder: the last proof, where fences are, until when the glass is broken. */
import { mkdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { writeIfDifferent } from "../git/line-setup.ts";
import { guardPlaces } from "./places.ts";
import type { FenceProof } from "./protection-level.ts";

/** The last answer to a canary, or null. */
export async function readProof(privateDir: string): Promise<FenceProof | null> {
  const value = await readJson(proofFile(privateDir));
  if (typeof value !== "object" || value === null) return null;
  if (!("at" in value && "atMs" in value && "refused" in value && "detail" in value)) return null;
  const { at, atMs, refused, detail } = value;
  if (typeof at !== "string" || typeof atMs !== "number" || typeof refused !== "boolean") return null;
  return { at, atMs, refused, detail: String(detail) };
}

export async function noteProof(privateDir: string, proof: FenceProof): Promise<void> {
  await write(proofFile(privateDir), `${JSON.stringify(proof)}\n`);
}

/** What was refused before says nothing any more. */
export async function forgetProof(privateDir: string): Promise<void> {
  await rm(proofFile(privateDir), { force: true });
}

/** The folders of this machine where a fence was set up, for a new key. */
export async function readFences(privateDir: string): Promise<string[]> {
  const value = await readJson(fencesFile(privateDir));
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}

export async function noteFence(privateDir: string, directory: string, isThere: boolean): Promise<void> {
  const others = (await readFences(privateDir)).filter((each) => each !== directory);
  await write(fencesFile(privateDir), `${JSON.stringify(isThere ? [...others, directory] : others)}\n`);
}

/** Lets the wrappers and the pre-push hook stand aside until then: they read one number, without Node. */
export async function openUntil(privateDir: string, untilMs: number): Promise<void> {
  await write(guardPlaces(privateDir).open, `${Math.floor(untilMs / 1000)}\n`);
}

function proofFile(privateDir: string): string {
  return join(privateDir, "guards", "proof.json");
}

function fencesFile(privateDir: string): string {
  return join(privateDir, "guards", "fences.json");
}

async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, "utf8").catch(() => "null");
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeIfDifferent(path, text);
}
