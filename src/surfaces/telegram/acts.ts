/** What an admin asks for in Telegram, done at the desk: the queue's and the inbox's own rules decide, as everywhere. */
import type { Desk } from "../../board/desk.ts";
import { isFailure } from "../../errors.ts";
import {
  helpAnswer,
  openAnswer,
  queueAnswer,
  refusedAnswer,
  sentence,
  statusAnswer,
  whyAnswer,
} from "./answers.ts";
import type { Press } from "./buttons.ts";
import type { Command } from "./commands.ts";
import { slugOf, tryMark, type Words } from "./messages.ts";
import { bold, name, phrase } from "./text.ts";

/** What of the desk Telegram needs. */
export type TelegramDesk = Pick<
  Desk,
  "board" | "why" | "candidate" | "queueItem" | "pause" | "resume" | "retry" | "notification" | "act"
>;

/** Does what a command asks for; a refusal is an answer. Throws only what is broken. */
export async function obey(desk: TelegramDesk, by: string, command: Command): Promise<Words> {
  return answered(async () => {
    switch (command.verb) {
      case "help":
        return helpAnswer();
      case "status":
        return statusAnswer(await desk.board());
      case "queue":
        return queueAnswer(await desk.board());
      case "why":
        return whyAnswer(await desk.why(command.slug));
      case "pause":
        await desk.pause(by, { reason: command.reason, draining: false });
        return sentence(
          "⏸ ",
          bold("Paused"),
          ": ",
          phrase(command.reason),
          ". What is on the line finishes. /resume",
        );
      case "resume":
        return (await desk.resume(by, command.reason))
          ? sentence("▶️ ", bold("The queue goes on."))
          : sentence("The queue was not paused.");
      case "retry":
        await desk.retry(by, command.slug);
        return sentence("🔁 ", name(command.slug), " is queued again.");
      default:
        return command satisfies never;
    }
  });
}

/** What pressing a button came to: a short word on top of the screen, and perhaps a message. */
export type PressAnswer = { toast: string; words: Words | null };

/** Does what a button asks for. Throws only what is broken. */
export async function press(desk: TelegramDesk, by: string, pressed: Press): Promise<PressAnswer> {
  if (pressed.kind === "forged") return { toast: "This button is not one of mine.", words: null };
  if (pressed.kind === "expired")
    return { toast: "This button is too old. Write /queue to see how things stand.", words: null };
  try {
    return await pushed(desk, by, pressed);
  } catch (error) {
    if (isFailure(error)) return { toast: error.message, words: null };
    throw error;
  }
}

async function pushed(
  desk: TelegramDesk,
  by: string,
  { verb, notificationId: id, mark }: Extract<Press, { kind: "pressed" }>,
): Promise<PressAnswer> {
  if (verb === "ack") {
    await desk.act({ id, action: "see", by });
    await desk.act({ id, action: "claim", by });
    return { toast: "It is yours.", words: null };
  }
  const slug = slugOf(await desk.notification(id));
  if (slug === null) return { toast: "This is about no candidate.", words: null };
  if (verb === "open") return { toast: "", words: openAnswer(await desk.candidate(slug)) };
  const item = await desk.queueItem(slug);
  // A second press, or a press on what was overtaken, must not start what nobody has looked at.
  if (item === null || tryMark(item) !== mark)
    return { toast: `This is about an earlier try of ${slug}.`, words: null };
  await desk.retry(by, slug);
  return { toast: `${slug} is queued again.`, words: null };
}

async function answered(act: () => Promise<Words>): Promise<Words> {
  try {
    return await act();
  } catch (error) {
    if (isFailure(error)) return refusedAnswer(error);
    throw error;
  }
}
