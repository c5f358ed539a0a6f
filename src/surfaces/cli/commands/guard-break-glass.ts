/** `signalbox guard break-glass --reason R`: the emergency lane. One push of main by hand, and everybody hears of it. */
import { isoTime, wallMs } from "../../../clock.ts";
import { badInput } from "../../../errors.ts";
import { breakGlassSeconds } from "../../../guards/grant.ts";
import { breakGlassBy } from "../../../guards/grants.ts";
import { openUntil } from "../../../guards/guard-records.ts";
import { readIntegratorKey } from "../../../guards/integrator-key.ts";
import { styled } from "../../text.ts";
import { openBus, writerOf } from "../bus-context.ts";
import { refuseWorkersAtGuards } from "../fence-context.ts";
import type { Invocation } from "../invocation.ts";

const guardOpened = "domain.software-development.integration.guard.opened";

/** Said first, opened then: without the event there is no grant. */
export async function breakGlass(call: Invocation): Promise<number> {
  refuseWorkersAtGuards(call);
  const reason = call.options.text("reason")?.replace(/\s+/g, " ").trim().slice(0, 500) ?? "";
  if (reason === "")
    throw badInput("reason_missing", "Broken glass needs its reason, which everybody will read.", {
      cure: 'signalbox guard break-glass --reason "…"',
    });
  await using bus = await openBus(call);
  const { config, privateDir, repositoryId } = bus.workplace;
  const key = await readIntegratorKey(privateDir);
  const opened = key === null ? null : breakGlassBy(key, repositoryId, bus.actor);
  const openedAtMs = wallMs();
  const until = opened?.until ?? isoTime(openedAtMs + breakGlassSeconds * 1000);
  const payload = { actor: bus.actor, reason, until, opened_at: isoTime(openedAtMs) };
  // Noted with the event: the next move of main by somebody else is then known to be this one.
  const noted = {
    op: "hset",
    key: bus.keys.control,
    field: "glass",
    value: JSON.stringify(payload),
  } as const;
  await writerOf(bus, "platform").write({ ops: [noted], events: [{ type: guardOpened, data: payload }] });
  await openUntil(privateDir, openedAtMs + breakGlassSeconds * 1000);
  const option = opened === null ? "" : ` --push-option=${opened.option}`;
  const command = `git push${option} ${config.remote} HEAD:${config.main}`;
  if (call.output.json) {
    call.output.document({ actor: bus.actor, reason, until, command, push_option: opened?.option ?? null });
    return 0;
  }
  call.output.line(styled("warn", "The glass is broken"), ` until ${until}, for one push, forward only:`);
  call.output.line(`  ${command}`);
  call.output.note("It is an event and a notification; what is queued is judged again on the new main.");
  return 0;
}
