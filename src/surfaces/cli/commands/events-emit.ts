/** `signalbox events emit TYPE --data JSON`. */
import { badInput } from "../../../errors.ts";
import { styled } from "../../text.ts";
import { openBus } from "../bus-context.ts";
import { type Invocation, required } from "../invocation.ts";
import { producerOn } from "../writer.ts";

/** Says one fact and answers its id; what the catalog refuses is refused before anything is written. */
export async function emit(call: Invocation): Promise<number> {
  const type = required(call, 0);
  const payload = await payloadOf(call);
  const correlationId = call.options.text("correlation");
  const causationId = call.options.text("causation");
  await using bus = await openBus(call);
  const said = await producerOn(bus).emit(type, payload, {
    ...(correlationId === null ? {} : { correlationId }),
    ...(causationId === null ? {} : { causationId }),
  });
  const { id, streamId, duplicate } = said;
  if (call.output.json) call.output.document({ id, stream_id: streamId, duplicate });
  else
    call.output.line(styled("good", duplicate ? "said before" : "said"), `: ${id} `, styled("dim", streamId));
  return 0;
}

async function payloadOf(call: Invocation): Promise<unknown> {
  const given = call.options.text("data");
  if (given === null)
    throw badInput("no_data", "An event needs its payload: --data JSON, or --data - to read it from stdin.", {
      cure: "signalbox events schema shows what each type takes.",
    });
  const text = given === "-" ? await readStdin() : given;
  try {
    return JSON.parse(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw badInput("bad_json", "--data is not JSON.", { problems: [{ path: "data", message }] });
  }
}

/** More than any event may have; the rest is not read. */
const longestBytes = 1024 * 1024;

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin) {
    const part = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    length += part.length;
    if (length > longestBytes)
      throw badInput("event_too_large", "The payload on stdin is longer than 1 MiB.");
    chunks.push(part);
  }
  return Buffer.concat(chunks).toString("utf8");
}
