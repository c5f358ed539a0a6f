/** Telegram, put together from the configuration: the surface that the ledger sends by, and the ear for admins. */
import type { Config } from "../../config/document.ts";
import { openEar } from "../../delivery/ear.ts";
import { readSecret } from "../../delivery/secret.ts";
import type { DeliverySurface } from "../../delivery/surface.ts";
import { rulesOfPerson } from "../../delivery/targets.ts";
import type { Redis } from "../../redis/connection.ts";
import type { Keys } from "../../redis/keys.ts";
import type { Workplace } from "../../workplace.ts";
import type { TelegramDesk } from "./acts.ts";
import { signer } from "./buttons.ts";
import { lineOfCalls } from "./line-of-calls.ts";
import { type Log, listen } from "./listen.ts";
import { openMemory } from "./memory.ts";
import { type Person, telegramSurface } from "./surface.ts";

export type TelegramOptions = {
  workplace: Pick<Workplace, "config" | "environment" | "root" | "repositoryId">;
  redis: Redis;
  keys: Keys;
  log: Log;
};

export type Telegram = {
  surface: DeliverySurface;
  /** Hears admins until the signal; settles when it has ended. */
  listen(desk: TelegramDesk, stop: AbortSignal): Promise<void>;
};

/**
 * Null where no bot is configured. A token that is missing, or is none, is no reason not to start: the targets say that
 * they cannot be used, and why.
 */
export async function openTelegram({
  workplace,
  redis,
  keys,
  log,
}: TelegramOptions): Promise<Telegram | null> {
  const { config, environment, root, repositoryId } = workplace;
  const { telegram } = config.notify;
  if (telegram === undefined) return null;
  const place = { env: telegram.tokenEnv, file: telegram.tokenFile };
  const reading = await readSecret(place, { variables: environment.variables, root });
  const { token, unusable } = tokenOf(reading);
  const botId = token.split(":")[0] ?? "";
  const { telegramApiRoot: apiRoot } = environment;
  // Each server numbers what it hears for itself.
  const memory = openMemory({ redis, keys, botId: apiRoot === null ? botId : `${botId}@${apiRoot}` });
  // Loaded where there is a bot: the client and what it stands on are as much as the rest of a daemon's start.
  const { openBot } = await import("./bot.ts");
  const bot = openBot({ token, apiRoot });
  const ear = openEar({ redis, keys });
  const parts = {
    bot,
    calls: lineOfCalls({ memory, probe: () => bot.me() }),
    signer: signer(token, repositoryId),
    people: peopleOf(config),
  };
  return {
    surface: telegramSurface({ ...parts, repository: repositoryId, unusable, botId }),
    async listen(desk, stop) {
      if (unusable === null) return listen({ ...parts, memory, ear, desk, log, stop });
      log.warn({ why: unusable }, "telegram: the bot cannot be used");
      await ear.deaf(unusable, false);
    },
  };
}

type Token = { token: string; unusable: string | null };

/** `<number of the bot>:<secret>`. Nothing of it is repeated. */
function tokenOf(reading: Awaited<ReturnType<typeof readSecret>>): Token {
  const nobody = "0:none";
  if (reading.kind === "missing") return { token: nobody, unusable: `The bot has no token: ${reading.why}.` };
  return /^[1-9]\d{0,19}:[A-Za-z0-9_-]{20,100}$/.test(reading.secret)
    ? { token: reading.secret, unusable: null }
    : { token: nobody, unusable: "What is configured as the bot's token is none." };
}

function peopleOf({ people }: Config): Person[] {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  return people.flatMap((person) => {
    const { name, role, telegram: chat } = person;
    return chat === undefined ? [] : [{ name, role, chat, rules: rulesOfPerson(person, timeZone) }];
  });
}
