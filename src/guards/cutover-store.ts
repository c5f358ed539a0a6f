/**
 * Where the cutover's decisions are kept: in the line's control values, one write with the event that tells of them, and,
 * as last seen, in the private folder. The second is there for one case: a Redis that came back empty must not put a line
 * to work that somebody had switched off.
 */
import { join } from "node:path";
import { isoTime, wallMs } from "../clock.ts";
import { Failure } from "../errors.ts";
import type { AtomicWriter, Guard } from "../events/atomic-write.ts";
import {
  type Change,
  type Cutover,
  type CutoverDecision,
  changedConfiguration,
  cutoverOf,
  decide,
  guardsIn,
  type IntegratorCutoverControls,
  parseDecision,
} from "./cutover.ts";
import { putFile, textIfThere } from "./small-files.ts";
import { setGuardMode } from "./wrappers.ts";

/** The line's control hash, and how its `cutover` field is read. */
export type ControlField = { key: string; read(): Promise<string | null> };

export type CutoverPlace = {
  privateDir: string;
  configured: IntegratorCutoverControls;
  control: ControlField;
};

const field = "cutover";

/** The cutover of a workplace, by the line's control hash in its Redis. */
export function cutoverPlace(
  { privateDir, config }: { privateDir: string; config: { cutover: IntegratorCutoverControls } },
  key: string,
  redis: { command(args: string[]): Promise<unknown> },
): CutoverPlace {
  const read = async () => {
    const raw = await redis.command(["HGET", key, field]);
    return typeof raw === "string" ? raw : null;
  };
  return { privateDir, configured: config.cutover, control: { key, read } };
}

/** What the integrator asks before it takes a candidate, and before it pushes one. */
export function asksPermission(place: CutoverPlace) {
  return async () => {
    const cutover = await readCutover(place);
    const { mode, why, guard } = cutover;
    return { live: mode === "live", why, refusal: refusalOf(cutover), guard };
  };
}

/** A cutover as it was read, and what holds a write to it. */
export type ReadCutover = Cutover & { guard: Guard };

/** What holds now. Throws what Redis throws: nobody may land who cannot ask. */
export async function readCutover(place: CutoverPlace): Promise<ReadCutover> {
  const { raw, decided } = await newest(place);
  return { ...cutoverOf(place.configured, decided), guard: guardOf(place, raw) };
}

/** What held when it was last seen here: for a look that must do without Redis. */
export async function lastCutover(place: Omit<CutoverPlace, "control">): Promise<Cutover> {
  return cutoverOf(place.configured, await remembered(place.privateDir));
}

/**
 * Decides, says so, and sets the guards of this machine accordingly. `changed` is false where it was so already. Throws
 * `parity_incomplete` where what would hold then is neither landing nor shadow.
 */
export async function changeCutover(
  place: CutoverPlace,
  writer: AtomicWriter,
  change: Omit<Change, "at">,
): Promise<{ changed: boolean; cutover: Cutover }> {
  for (let tries = 0; tries < triesMax; tries++) {
    const { raw, decided } = await newest(place);
    const next = decide(place.configured, decided, { ...change, at: isoTime(wallMs()) });
    if (next === null) return { changed: false, cutover: cutoverOf(place.configured, decided) };
    const cutover = cutoverOf(place.configured, next);
    requireMode(cutover);
    if (await write(place, writer, { raw, next, isTold: true })) return { changed: true, cutover };
  }
  throw new Failure({
    code: "raced",
    kind: "temporary",
    message: "The cutover changed again and again while it was being changed.",
    cure: "Try again.",
  });
}

/**
 * For whoever begins to serve the line: a configuration that was changed since is a decision like any other, and said.
 * Throws `parity_incomplete`.
 */
export async function beginCutover(place: CutoverPlace, writer: AtomicWriter): Promise<void> {
  const { raw, decided } = await newest(place);
  const next = changedConfiguration(place.configured, decided, isoTime(wallMs()));
  requireMode(cutoverOf(place.configured, next ?? decided));
  if (next !== null) await write(place, writer, { raw, next, isTold: decided !== null });
  await keepCutover(place, writer);
}

/** Again and again: a Redis that has forgotten the last decision is told it, and the guards here do what holds. */
export async function keepCutover(place: CutoverPlace, writer: AtomicWriter): Promise<void> {
  const { raw, decided } = await newest(place);
  if (decided !== null && parseDecision(raw)?.number !== decided.number)
    await write(place, writer, { raw, next: decided, isTold: false });
  else await remember(place.privateDir, cutoverOf(place.configured, decided));
}

/** Throws `parity_incomplete` where the line may neither land nor shadow. */
export function requireMode(cutover: Cutover): void {
  const refusal = refusalOf(cutover);
  if (refusal !== null) throw refusal;
}

function refusalOf({ mode }: Cutover): Failure | null {
  if (mode !== "refused") return null;
  return new Failure({
    code: "parity_incomplete",
    kind: "refused",
    message:
      "The cutover is on, its parity evidence is not accepted, and rollback_on_incomplete_parity: false forbids to shadow.",
    cure: "Look at signalbox parity, then set parity_evidence_accepted: true in signalbox.yaml; or enabled: false, to shadow.",
  });
}

const triesMax = 10;
const fileName = "cutover.json";

async function newest({ control, privateDir }: CutoverPlace) {
  const [raw, here] = await Promise.all([control.read(), remembered(privateDir)]);
  const there = parseDecision(raw);
  const decided = (there?.number ?? 0) >= (here?.number ?? 0) ? there : here;
  return { raw, decided };
}

async function write(
  place: CutoverPlace,
  writer: AtomicWriter,
  { raw, next, isTold }: { raw: string | null; next: CutoverDecision; isTold: boolean },
): Promise<boolean> {
  const { by, reason, enabled, parity_evidence_accepted, evidence } = next;
  const data = { by, reason, enabled, parity_evidence_accepted };
  const event = {
    type: "domain.software-development.integration.cutover.changed",
    data: evidence === null ? data : { ...data, evidence },
  };
  const written = await writer.write({
    guards: [guardOf(place, raw)],
    ops: [{ op: "hset", key: place.control.key, field, value: JSON.stringify(next) }],
    events: isTold ? [event] : [],
  });
  if (written.kind !== "written") return false;
  await remember(place.privateDir, cutoverOf(place.configured, next));
  return true;
}

function guardOf({ control }: CutoverPlace, raw: string | null): Guard {
  return { kind: "field", key: control.key, field, equals: raw };
}

async function remembered(privateDir: string): Promise<CutoverDecision | null> {
  // What cannot be read is not what nobody decided: a line that was switched off would go to work.
  return parseDecision(await textIfThere(join(privateDir, fileName)));
}

/** As last seen, for a Redis that forgets; and for the scripts of the guards, which cannot ask. */
async function remember(privateDir: string, cutover: Cutover): Promise<void> {
  if (cutover.decision !== null)
    await putFile(join(privateDir, fileName), `${JSON.stringify(cutover.decision)}\n`, 0o600);
  await setGuardMode(privateDir, guardsIn(cutover));
}
