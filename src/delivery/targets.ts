/** Pure: who is told, as the configuration has it. */
import { createHash } from "node:crypto";
import type { Config } from "../config/document.ts";
import { everything, quietHoursOf, type TargetRules } from "./rules.ts";

export type Person = Config["people"][number];
export type WebhookEntry = Config["notify"]["webhooks"][number];

/** `telegram:ada`, `webhook:chat`. */
export type TargetName = { surface: "telegram" | "webhook"; target: string };

/** What a person wants to be told. `timeZone` is this machine's, for whoever has none of their own. */
export function rulesOfPerson(person: Person, timeZone: string): TargetRules {
  const { level, domains, quiet, digest } = person;
  return {
    levelMin: level,
    types: domains ?? null,
    quiet: quiet === undefined ? null : quietHoursOf(quiet, person.timeZone ?? timeZone),
    digestMs: digest ?? null,
  };
}

/** What a webhook is told: everything, or its types; a program has no quiet hours. */
export function rulesOfWebhook({ types }: WebhookEntry): TargetRules {
  return { ...everything, types: types ?? null };
}

/** Everybody that is told of anything. */
export function configuredTargets({ people, notify }: Pick<Config, "people" | "notify">): TargetName[] {
  const withTelegram = notify.telegram === undefined ? [] : people.filter(({ telegram }) => telegram);
  return [
    ...withTelegram.map(({ name }): TargetName => ({ surface: "telegram", target: name })),
    ...notify.webhooks.map((entry): TargetName => ({ surface: "webhook", target: webhookName(entry) })),
  ];
}

/**
 * What a webhook is called: its name, else a digest of its URL, which may be a secret itself. Its place in the list is no
 * name: entries are moved and taken out, and what one of them was told is nothing to the one that takes its place.
 */
export function webhookName({ name, url }: Pick<WebhookEntry, "name" | "url">): string {
  return name ?? createHash("sha256").update(url).digest("hex").slice(0, 12);
}
