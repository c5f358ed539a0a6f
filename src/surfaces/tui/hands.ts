/** What the board asks for is done here, over the daemon's API; what comes of it is told back as news. */
import type { Client } from "../../client/client.ts";
import { parseTimeMs, wallMs } from "../../clock.ts";
import { describeError, isFailure } from "../../errors.ts";
import { coalesced } from "./coalesced.ts";
import { ringSequence, type TerminalKind } from "./ring.ts";
import type { Act } from "./state.ts";
import type { Effect, News } from "./update.ts";

export type HandsOptions = {
  client: Client;
  tell: (news: News) => void;
  /** Writes what moves no cursor: a bell. */
  write: (sequence: string) => void;
  terminal: TerminalKind;
  suspend: () => void;
  leave: () => void;
};

export type Hands = {
  perform(effect: Effect): void;
  /** Follows the board and the log until `signal` aborts. Never throws. */
  follow(signal: AbortSignal): Promise<void>;
};

/** Events that are fetched at the start, and lines of a session's output. */
const eventsAtStart = 300;
const outputLines = 1000;
const notificationsShown = 500;
const tickMs = 1_000;

/** The hands over one client. */
export function openHands({ client, tell, write, terminal, suspend, leave }: HandsOptions): Hands {
  const load = coalesced((error) => tell(complaint(error)));
  const clock = lineClock();
  const loadLog = () =>
    load("log", async () => {
      const { items } = await client.events({ before: "", limit: eventsAtStart });
      tell({ kind: "logged", events: items });
    });
  return {
    perform(effect) {
      switch (effect.kind) {
        case "load_candidate":
          return load(`candidate ${effect.slug}`, async () =>
            tell({ kind: "candidate", detail: await client.candidate(effect.slug) }),
          );
        case "load_session":
          return load(`session ${effect.id}`, async () =>
            tell({
              kind: "session_text",
              id: effect.id,
              text: await client.sessionLog(effect.id, outputLines),
            }),
          );
        case "load_notifications":
          return load("notifications", async () =>
            tell({
              kind: "notifications",
              items: (await client.notifications({ limit: notificationsShown })).items,
            }),
          );
        case "load_sessions":
          return load("sessions", async () =>
            tell({ kind: "sessions", items: await client.sessions({ all: true }) }),
          );
        case "act":
          return void done(client, effect.act).then(
            (text) => tell({ kind: "said", text, tone: "good" }),
            (error: unknown) => tell(complaint(error)),
          );
        case "ring":
          return write(ringSequence(effect.text, terminal));
        case "suspend":
          return suspend();
        case "leave":
          return leave();
        default:
          return effect satisfies never;
      }
    },
    async follow(signal) {
      const ticking = setInterval(() => tell({ kind: "tick", nowMs: clock.nowMs() }), tickMs);
      loadLog();
      for await (const event of client.follow(signal)) {
        if (event.kind === "board") {
          clock.setBy(event.board.at);
          tell({ kind: "tick", nowMs: clock.nowMs() });
          tell({ kind: "board", board: event.board });
        } else if (event.kind === "log") tell({ kind: "logged", events: [event.event] });
        else if (event.kind === "resync") loadLog();
        else tell({ kind: "link", link: { kind: "away", why: `The daemon is away: ${event.why}` } });
      }
      clearInterval(ticking);
    },
  };
}

/** The clock of the line: ages on the screen are differences to times that it has given. */
function lineClock(): { nowMs(): number; setBy(at: string): void } {
  let aheadMs = 0;
  return {
    nowMs: () => wallMs() + aheadMs,
    setBy(at) {
      const ms = parseTimeMs(at);
      if (ms !== null) aheadMs = ms - wallMs();
    },
  };
}

/** What was done, in a sentence. Throws what the daemon refused. */
async function done(client: Client, act: Act): Promise<string> {
  switch (act.kind) {
    case "pause":
      await client.pause(act.reason);
      return "The queue is paused; what is in hand finishes.";
    case "resume":
      await client.resume(act.reason);
      return "The queue goes on.";
    case "retry": {
      const item = await client.retry(act.slug);
      return item === null ? `${act.slug} is judged again.` : `${act.slug} is ${item.status}: ${item.why}`;
    }
    case "acknowledge": {
      const { notification } = await client.acknowledge(act.slug);
      return `${act.slug} is yours, ${notification.claimed_by ?? "nobody"}.`;
    }
    case "acknowledge_notification": {
      await client.act(act.id, "see");
      const { notification } = await client.act(act.id, "claim");
      return `Claimed by ${notification.claimed_by ?? "nobody"}: ${act.title}`;
    }
    default:
      return act satisfies never;
  }
}

function complaint(error: unknown): News {
  const cure = isFailure(error) && error.cure !== null ? ` → ${error.cure}` : "";
  return { kind: "said", text: `${describeError(error)}${cure}`, tone: "bad" };
}
