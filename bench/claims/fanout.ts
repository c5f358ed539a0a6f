/**
 * `sse_fanout_ms_p99`: 500 clients watch the board of a daemon that knows 1,000 candidates; one event after another is said.
 * From the moment an event is handed to the API to the moment a client reads it,
 * over all events and clients. The clients are all in this process, beside the daemon: what they cost is in it.
 */
import { type ClientRequest, request } from "node:http";
import { readApiPlace } from "../../src/board/api-place.ts";
import { openClient } from "../../src/client/client.ts";
import { isoTime, monotonicMs, wallMs } from "../../src/clock.ts";
import { readEnvironment } from "../../src/config.ts";
import { openWorkplace } from "../../src/workplace.ts";
import { waitUntil } from "../../test/world/wait-until.ts";
import type { Claim, Effort, Measured } from "../claim.ts";
import { inGroups } from "../ground/product.ts";
import { openStage } from "../ground/stage.ts";
import { percentile, rounded } from "../numbers.ts";

export const fanout: Claim = {
  key: "sse_fanout_ms_p99",
  what: "an event to 500 clients of the API, 1,000 candidates on the board",
  target: { is: "at most", value: 1000 },
};

const approved = "domain.software-development.review.approved";
const clients = 500;
const candidates = 1000;

/** Says `events` events, each when all have heard the one before. */
export async function measureFanout({ quick, progress }: Effort): Promise<Measured> {
  const events = quick ? 10 : 50;
  await using stage = await openStage({ files: 1000, branches: candidates, items: 0 });
  const { product } = stage;
  await inGroups(stage.take(candidates), product.finalize);
  const { privateDir } = await openWorkplace(product.clone, readEnvironment(product.env));
  const client = openClient(privateDir);
  await waitUntil(async () => (await client.board()).counts.not_ready === candidates, {
    what: "the board has them all",
    withinMs: 120_000,
    everyMs: 500,
  });
  const crowd = await gather(privateDir);
  try {
    progress(`fan-out: ${clients} clients watch`);
    const tookMs: number[] = [];
    for (let at = 0; at < events; at++) {
      const slug = `fan-${at}`;
      const heard = crowd.hear(`"subject":"${slug}"`);
      const beganMs = monotonicMs();
      await client.emit(approved, {
        slug,
        review_round: 1,
        reviewer_session_id: "bench",
        approved_at: isoTime(wallMs()),
      });
      tookMs.push(...(await heard).map((ms) => ms - beganMs));
    }
    return {
      value: rounded(percentile(tookMs, 0.99)),
      detail: {
        clients,
        candidates,
        events,
        p50_ms: rounded(percentile(tookMs, 0.5)),
        longest_ms: rounded(Math.max(...tookMs)),
        board_kb: Math.round(crowd.boardBytes() / 1000),
      },
    };
  } finally {
    crowd.disperse();
  }
}

type Crowd = {
  /** When each client had the event, on this process' clock, ms. */
  hear(text: string): Promise<number[]>;
  boardBytes(): number;
  disperse(): void;
};

/** All of them, connected and with their first board. */
async function gather(privateDir: string): Promise<Crowd> {
  const { url, token } = await readApiPlace(privateDir, "viewer");
  let awaited = "";
  let heard: number[] = [];
  let boardBytes = 0;
  let ready = 0;
  const sent: ClientRequest[] = [];
  for (let at = 0; at < clients; at++) {
    let tail = "";
    let bytes = 0;
    const client = request(`${url}/api/v1/stream`, {
      agent: false,
      headers: { authorization: `Bearer ${token}` },
    });
    client.on("response", (response) => {
      response.setEncoding("latin1");
      response.on("data", (text: string) => {
        if (bytes === 0) ready++;
        bytes += text.length;
        boardBytes = Math.max(boardBytes, bytes);
        // A word may be cut in two by the packets.
        const seen = tail + text;
        tail = seen.slice(-80);
        if (awaited === "" || !seen.includes(awaited)) return;
        heard.push(monotonicMs());
        tail = "";
      });
    });
    client.on("error", () => {});
    client.end();
    sent.push(client);
  }
  await waitUntil(() => ready === clients, { what: `${clients} clients are connected`, withinMs: 60_000 });
  return {
    async hear(text) {
      heard = [];
      awaited = text;
      await waitUntil(() => heard.length >= clients, {
        what: "all have heard it",
        withinMs: 60_000,
        everyMs: 5,
      });
      awaited = "";
      return heard;
    },
    boardBytes: () => boardBytes,
    disperse() {
      for (const client of sent) client.destroy();
    },
  };
}
