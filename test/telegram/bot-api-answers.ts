/** How the Bot API refuses, in its own words: the texts are the protocol, since the codes alone do not tell the cases apart. */
import type { ApiError } from "grammy/types";

/** An error as the server writes it. */
export function refusal(code: number, description: string, parameters?: ApiError["parameters"]): ApiError {
  return parameters === undefined
    ? { ok: false, error_code: code, description }
    : { ok: false, error_code: code, description, parameters };
}

/** 429: the wait is named twice, in words and as a number of seconds. */
export function tooManyRequests(retryAfterS: number): ApiError {
  return refusal(429, `Too Many Requests: retry after ${retryAfterS}`, { retry_after: retryAfterS });
}

export const refusals = {
  unauthorized: refusal(401, "Unauthorized"),
  unknownMethod: refusal(404, "Not Found: method not found"),
  notFound: refusal(404, "Not Found"),
  conflict: refusal(
    409,
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
  ),
  webhookActive: refusal(
    409,
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
  ),
  notModified: refusal(
    400,
    "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message",
  ),
  editNotFound: refusal(400, "Bad Request: message to edit not found"),
  cannotEdit: refusal(400, "Bad Request: message can't be edited"),
  replyNotFound: refusal(400, "Bad Request: message to be replied not found"),
  textEmpty: refusal(400, "Bad Request: message text is empty"),
  textTooLong: refusal(400, "Bad Request: message is too long"),
  editTooLong: refusal(400, "Bad Request: MESSAGE_TOO_LONG"),
  buttonData: refusal(400, "Bad Request: BUTTON_DATA_INVALID"),
  chatNotFound: refusal(400, "Bad Request: chat not found"),
  queryTooOld: refusal(
    400,
    "Bad Request: query is too old and response timeout expired or query ID is invalid",
  ),
  blocked: refusal(403, "Forbidden: bot was blocked by the user"),
  deactivated: refusal(403, "Forbidden: user is deactivated"),
  kicked: refusal(403, "Forbidden: bot was kicked from the supergroup chat"),
  neverStarted: refusal(403, "Forbidden: bot can't initiate conversation with a user"),
} as const;
