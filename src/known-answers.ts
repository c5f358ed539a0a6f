/**
 * What short commands would otherwise work out anew each time (the checked configuration, the repository's id), kept for
 * the next process: loading the YAML reader, the schema and the digests costs more than everything else such a command
 * does.
 *
 * A question holds all that its answer depends on, the rules of this build included, so no answer can be stale. Whatever
 * is wrong with the file (torn, strange, somebody else's) means that nothing is known. Since a configuration names
 * commands, only a file that nobody but this user can have written is believed. Nothing here ever fails a command.
 */
import { constants } from "node:fs";
import { lstat, mkdir, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";

export type KnownAnswers = {
  /** What was answered before; undefined where that is not known. */
  recall(question: string): unknown;
  /** Keeps an answer that JSON can hold; does nothing where it cannot be kept. */
  remember(question: string, answer: unknown): Promise<void>;
};

export type AnswersPlace = {
  /** A folder of ours alone; made where its parent exists. */
  folder: string;
  /** What decides the answers: part of every question, so that two versions of us do not disturb each other. */
  rules: string;
};

/** Put in by the build: a digest of everything that decides an answer. What runs from its sources keeps none. */
declare const signalboxRules: string | undefined;

/** The answers of this build below SIGNALBOX_HOME. */
export async function openBuiltInAnswers(home: string): Promise<KnownAnswers> {
  if (typeof signalboxRules === "undefined") return noAnswers;
  // No repository's folder begins with a dot.
  return openKnownAnswers({ folder: join(home, ".known"), rules: signalboxRules });
}

/** The answers kept in `folder`, read once. */
export async function openKnownAnswers(place: AnswersPlace): Promise<KnownAnswers> {
  const ownUser = process.geteuid?.();
  // Where files have no owner, nobody can be told from us.
  if (ownUser === undefined) return noAnswers;
  const { folder, rules } = place;
  const known = new Map(await readAnswers(folder, ownUser));
  const whole = (question: string) => `${rules}\n${question}`;
  return {
    recall: (question) => known.get(whole(question)),
    async remember(question, answer) {
      const written = JSON.stringify(answer);
      if (question.length > longestQuestion || !isDeepStrictEqual(JSON.parse(written), answer)) return;
      // Read again: another process may have learned something meanwhile.
      const others = (await readAnswers(folder, ownUser)).filter(([other]) => other !== whole(question));
      const answers = [[whole(question), answer] as const, ...others].slice(0, answersAtMost);
      await writeAnswers(folder, ownUser, answers);
    },
  };
}

/** Knows nothing, learns nothing. */
export const noAnswers: KnownAnswers = { recall: () => undefined, remember: async () => {} };

type Answer = readonly [question: string, answer: unknown];

const fileName = "answers.json";
const answersAtMost = 32;
const longestQuestion = 64 * 1024;
const longestFile = 4 * 1024 * 1024;

async function readAnswers(folder: string, ownUser: number): Promise<Answer[]> {
  if (!(await isOursAlone(folder, ownUser))) return [];
  const content = await readOwnFile(join(folder, fileName), ownUser);
  if (content === null) return [];
  try {
    const answers: unknown = JSON.parse(content);
    return Array.isArray(answers) ? answers.filter(isAnswer) : [];
  } catch {
    // Torn, by a full disk or a power cut.
    return [];
  }
}

/** Whole or not at all. */
async function writeAnswers(folder: string, ownUser: number, answers: readonly Answer[]): Promise<void> {
  const draft = join(folder, `${fileName}.${process.pid}.${crypto.randomUUID()}.draft`);
  try {
    await mkdir(folder, { mode: 0o700 }).catch(ignoreExisting);
    if (!(await isOursAlone(folder, ownUser))) return;
    await writeFile(draft, JSON.stringify(answers), { flag: "wx", mode: 0o600 });
    await rename(draft, join(folder, fileName));
  } catch {
    // A full disk, a read-only home: worked out again next time.
    await rm(draft, { force: true }).catch(() => {});
  }
}

async function readOwnFile(path: string, ownUser: number): Promise<string | null> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    () => null,
  );
  if (file === null) return null;
  try {
    const found = await file.stat();
    const believed = found.isFile() && found.uid === ownUser && (found.mode & 0o022) === 0;
    return believed && found.size <= longestFile ? await readFile(file, "utf8") : null;
  } catch {
    return null;
  } finally {
    await file.close();
  }
}

async function isOursAlone(folder: string, ownUser: number): Promise<boolean> {
  const found = await lstat(folder).catch(() => null);
  return found?.isDirectory() === true && found.uid === ownUser && (found.mode & 0o077) === 0;
}

function isAnswer(value: unknown): value is Answer {
  return Array.isArray(value) && value.length === 2 && typeof value[0] === "string";
}

function ignoreExisting(error: unknown): void {
  if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
}
