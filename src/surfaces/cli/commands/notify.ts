/** `signalbox notify list|test`: who is told, and whether it arrives. */
import { wallMs } from "../../../clock.ts";
import { askTest } from "../../../delivery/ask-test.ts";
import { readStanding, type TargetStanding } from "../../../delivery/standing.ts";
import { configuredTargets, type TargetName } from "../../../delivery/targets.ts";
import { badInput } from "../../../errors.ts";
import { nearestNames } from "../../../nearest.ts";
import { type Span, styled } from "../../text.ts";
import { age } from "../../times.ts";
import { openBus, writerOf } from "../bus-context.ts";
import { type Invocation, required } from "../invocation.ts";
import { table } from "../table.ts";

/** Every target, and how it fares. */
export async function list(call: Invocation): Promise<number> {
  await using bus = await openBus(call);
  const standing = await readStanding(bus, bus.workplace.config);
  if (call.output.json) call.output.document(standing);
  else if (standing.length === 0)
    call.output.line(
      "Nobody is told of anything: signalbox.yaml has no people with Telegram, and no webhooks.",
    );
  else {
    const titles = ["target", "state", "last told", "waiting", "why"];
    const columns = titles.map((title) => ({ title, flexible: title === "why" }));
    call.output.lines(table(columns, standing.map(cellsOf), call.output.width));
  }
  return 0;
}

/** Sends a test message by the daemon and tells what became of it. Exits 1 where it did not arrive. */
export async function test(call: Invocation): Promise<number> {
  const given = required(call, 0);
  await using bus = await openBus(call);
  const target = targetNamed(given, configuredTargets(bus.workplace.config));
  const { redis, keys, actor } = bus;
  const { kind, why } = await askTest({ redis, keys, writer: writerOf(bus) }, target, actor);
  const isSent = kind === "sent";
  const shape = { ...target, outcome: kind, why };
  if (call.output.json) call.output.document(shape);
  else if (isSent) call.output.line(styled("good", "Sent"), ` to ${nameOf(target)}.`);
  else call.output.line(styled("bad", "Not sent"), ` to ${nameOf(target)}: ${why ?? kind}.`);
  return isSent ? 0 : 1;
}

function targetNamed(given: string, targets: readonly TargetName[]): TargetName {
  const found = targets.find((target) => nameOf(target) === given);
  if (found !== undefined) return found;
  const names = targets.map(nameOf);
  const near = nearestNames(given, names)[0];
  const hint = near === undefined ? "" : ` Did you mean ${near}?`;
  throw badInput(
    "target_unknown",
    `signalbox.yaml tells nobody called ${JSON.stringify(given.slice(0, 100))}.`,
    {
      cure:
        names.length === 0 ? "Configure people or notify first." : `There are: ${names.join(", ")}.${hint}`,
    },
  );
}

function nameOf({ surface, target }: { surface: string; target: string }): string {
  return `${surface}:${target}`;
}

function cellsOf(standing: TargetStanding): Span[] {
  const { state, why, last_sent_at, waiting } = standing;
  const colour = state === "ok" ? "good" : state === "new" ? "dim" : state === "failing" ? "warn" : "bad";
  const told = last_sent_at === null ? "never" : `${age(last_sent_at, wallMs())} ago`;
  return [nameOf(standing), styled(colour, state), told, String(waiting), why ?? ""];
}
