/**
 * Who may call: bearer tokens, one a role, from files in the private folder; and browsers, which a one-time code has
 * given a session. Only digests of sessions and codes are kept, and compared in constant time: who reads the memory or
 * the file of sessions has none of them. Sessions outlive the daemon, so that a board that is open goes on by itself.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { lstat, readFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { tokenFiles } from "../../board/api-place.ts";
import { type Me, type Role, roleSchema } from "../../board/shapes-of-api.ts";
import { wallMs } from "../../clock.ts";
import { putFile } from "../../guards/small-files.ts";

/**
 * Who calls, and by what: a cookie is sent by the browser itself, so it needs more proof. `proof` names the very token or
 * session, as its digest.
 */
export type Caller = Me & { by: "token" | "cookie"; proof: string };

export type Access = {
  /** Who holds this bearer token; null: nobody. */
  ofToken(token: string): Caller | null;
  /** Whose session this is; null: nobody's, or it has ended. */
  ofSession(session: string): Caller | null;
  /** A code for one sign-in within five minutes. */
  issueCode(me: Me): { code: string; expiresAtMs: number };
  /** The session that a code gives, once; null where it was used, or is too old. */
  signIn(code: string): Promise<{ session: string; me: Me; maxAgeS: number } | null>;
  signOut(session: string): Promise<void>;
  /** Calls once, at the moment when this caller's token or session ends to count; at once where it has. */
  whenEnded(caller: Caller, act: () => void): { forget(): void };
  /** Reads the tokens again: what another one has taken the place of ends. */
  refresh(): Promise<void>;
};

const codeLivesMs = 5 * 60_000;
const sessionLivesMs = 30 * 86_400_000;
const sessionsMax = 100;
const codesMax = 100;
const sessionsFile = "web-sessions.json";

const sessionsSchema = z.array(
  z.object({ digest: z.string(), name: z.string(), role: roleSchema, until_ms: z.number() }),
);
type StoredSession = z.infer<typeof sessionsSchema>[number];

/** Reads the tokens of the private folder; makes those that are missing, and anew those that others could have read. */
export async function openAccess(privateDir: string): Promise<Access> {
  let tokens = await readTokens(privateDir);
  const file = join(privateDir, sessionsFile);
  let sessions = await readSessions(file);
  const codes = new Map<string, { me: Me; untilMs: number }>();
  const endings = openEndings();

  async function keep(next: StoredSession[]): Promise<void> {
    const before = sessions;
    sessions = next.filter(({ until_ms }) => until_ms > wallMs()).slice(-sessionsMax);
    endings.tell(before.map(({ digest }) => digest).filter((proof) => !isKnown(proof)));
    await putFile(file, `${JSON.stringify(sessions)}\n`, 0o600);
  }

  function isKnown(proof: string): boolean {
    return (
      tokens.some(({ digest }) => digest.toString("hex") === proof) ||
      sessions.some(({ digest, until_ms }) => digest === proof && until_ms > wallMs())
    );
  }

  return {
    ofToken(token) {
      const digest = digestOf(token);
      // All are compared, so that the time tells nothing.
      const [found] = tokens.filter((each) => timingSafeEqual(each.digest, digest));
      return found === undefined
        ? null
        : { ...holderOf(found.role), by: "token", proof: digest.toString("hex") };
    },
    ofSession(session) {
      const digest = digestOf(session);
      const [found] = sessions.filter((each) => timingSafeEqual(Buffer.from(each.digest, "hex"), digest));
      if (found === undefined || found.until_ms <= wallMs()) return null;
      return { name: found.name, role: found.role, by: "cookie", proof: found.digest };
    },
    issueCode(me) {
      for (const [digest, { untilMs }] of codes) if (untilMs <= wallMs()) codes.delete(digest);
      const [oldest] = codes.keys();
      if (codes.size >= codesMax && oldest !== undefined) codes.delete(oldest);
      const code = secret();
      const expiresAtMs = wallMs() + codeLivesMs;
      codes.set(digestOf(code).toString("hex"), { me, untilMs: expiresAtMs });
      return { code, expiresAtMs };
    },
    async signIn(code) {
      const digest = digestOf(code).toString("hex");
      const issued = codes.get(digest);
      codes.delete(digest);
      if (issued === undefined || issued.untilMs <= wallMs()) return null;
      const session = secret();
      const until_ms = wallMs() + sessionLivesMs;
      await keep([...sessions, { digest: digestOf(session).toString("hex"), ...issued.me, until_ms }]);
      return { session, me: issued.me, maxAgeS: sessionLivesMs / 1000 };
    },
    async signOut(session) {
      const digest = digestOf(session).toString("hex");
      await keep(sessions.filter((each) => each.digest !== digest));
    },
    whenEnded({ proof }, act) {
      if (isKnown(proof)) return endings.add(proof, act);
      act();
      return { forget() {} };
    },
    async refresh() {
      const before = tokens;
      tokens = await readTokens(privateDir);
      endings.tell(before.map(({ digest }) => digest.toString("hex")).filter((proof) => !isKnown(proof)));
    },
  };
}

/** Who waits for the end of which token or session. */
function openEndings() {
  const waiting = new Map<string, Set<() => void>>();
  return {
    add(proof: string, act: () => void) {
      const acts = waiting.get(proof) ?? new Set();
      waiting.set(proof, acts.add(act));
      return {
        forget() {
          acts.delete(act);
          if (acts.size === 0 && waiting.get(proof) === acts) waiting.delete(proof);
        },
      };
    },
    tell(proofs: readonly string[]) {
      for (const proof of proofs) {
        const acts = waiting.get(proof) ?? [];
        waiting.delete(proof);
        for (const act of acts) act();
      }
    },
  };
}

async function readTokens(privateDir: string): Promise<{ role: Role; digest: Buffer }[]> {
  const tokens = [];
  for (const role of roleSchema.options)
    tokens.push({ role, digest: digestOf(await tokenAt(join(privateDir, tokenFiles[role]))) });
  return tokens;
}

/** A token is nobody's name: the admin's is the account that runs the daemon, the others' is their role. */
function holderOf(role: Role): Me {
  return { name: role === "admin" ? accountName() : role, role };
}

function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    // An account without an entry, as in some containers.
    return "admin";
  }
}

async function tokenAt(file: string): Promise<string> {
  const found = await lstat(file).catch(() => null);
  if (found?.isFile() === true && (found.mode & 0o077) === 0) {
    const token = (await readFile(file, "utf8")).trim();
    if (/^[A-Za-z0-9_-]{43,}$/.test(token)) return token;
  }
  const token = secret();
  await putFile(file, `${token}\n`, 0o600);
  return token;
}

async function readSessions(file: string): Promise<StoredSession[]> {
  const text = await readFile(file, "utf8").catch(() => "[]");
  try {
    const parsed = sessionsSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data.filter(({ digest }) => /^[0-9a-f]{64}$/.test(digest)) : [];
  } catch (error) {
    // Nobody is signed in then, which a new link mends.
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

/** 256 bits. */
function secret(): string {
  return randomBytes(32).toString("base64url");
}

function digestOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
