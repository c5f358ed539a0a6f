/** Boards to draw: one with something at every place. */
import type { EventShape, NotificationShape, SessionShape } from "../../../src/board/shapes.ts";
import type { Board, CandidateDetail, Train } from "../../../src/board/shapes-of-api.ts";
import { beginning, type TuiState } from "../../../src/surfaces/tui/state.ts";
import { type News, updated } from "../../../src/surfaces/tui/update.ts";
import { train as trainAt } from "../../board/rows.ts";

export const now = Date.parse("2026-03-01T12:00:00.000Z");
export const ago = (seconds: number) => new Date(now - seconds * 1000).toISOString();

export function train(slug: string, place: Train["place"], more: Partial<Train> = {}): Train {
  return trainAt(slug, place, {
    sha: "0123456789abcdef0123456789abcdef01234567",
    since: ago(90),
    ready_at: ago(300),
    why: `${slug} is where it is; the integrator gets to it.`,
    ...more,
  });
}

export function board(line: Partial<Board["line"]> = {}, more: Partial<Board> = {}): Board {
  const places = { not_ready: [], queued: [], on_the_line: [], landed: [], siding: [], ...line };
  return {
    at: ago(0),
    repository: "acme/shop",
    remote: "origin",
    main: "main",
    main_sha: "fedcba9876543210fedcba9876543210fedcba98",
    mode: "live",
    paused: null,
    lease: {
      owner_session_id: "integrator-4711",
      lease_token: 12,
      acquired_at: ago(60),
      expires_at: ago(-100),
    },
    processor: { lag: 0, last_event_id: "1-1", quarantined: 0 },
    checks: [],
    protection: "detecting",
    fence: "ref",
    links: null,
    counts: {
      queued: places.queued.length,
      in_progress: places.on_the_line.length,
      blocked: places.siding.length,
      integrated: places.landed.length,
      superseded: 0,
      not_ready: places.not_ready.length,
    },
    line: places,
    inbox: { open: 0, unseen: 0, needs_attention: 0 },
    sessions: [],
    ...more,
  };
}

/** One at every place, and more than fits. */
export function fullBoard(queued = 3): Board {
  const waiting = Array.from({ length: queued }, (_, at) =>
    train(`task-${at + 1}`, "queued", { position: at + 1, why: `READY at position ${at + 1}.` }),
  );
  return board({
    on_the_line: [
      train("add-search", "on_the_line", {
        phase: "merging",
        phase_since: ago(4),
        phases: [
          { phase: "picked", began_at: ago(9) },
          { phase: "merging", began_at: ago(4) },
        ],
      }),
    ],
    queued: waiting,
    siding: [
      train("paint-blue", "siding", {
        reason: "conflict",
        why: "paint-blue is blocked (conflict): colour.txt; whoever works on it can act.",
        who: "worker",
        next_action: "Merge main into the branch, then: signalbox submit",
        follow_up_slug: "paint-blue-integration-blocked-0123456",
      }),
    ],
    not_ready: [
      train("fix-login", "not_ready", { missing: [{ name: "reviewed", detail: "nobody has approved it" }] }),
    ],
    landed: [train("greet", "landed", { merge_commit: "abcdef0123456789abcdef0123456789abcdef01" })],
  });
}

export function notification(id: string, more: Partial<NotificationShape> = {}): NotificationShape {
  return {
    id,
    group: `deployment/${id}`,
    title: `${id} is on its way to main`,
    body: "",
    level: "workflow",
    human_status: "unseen",
    agent_status: "in_progress",
    claimed_by: null,
    needs_attention: false,
    actions: [],
    created_at: ago(100),
    updated_at: ago(50),
    resolved_at: null,
    history: [{ event_id: "1", at: ago(100), line: "opened" }],
    ...more,
  };
}

export function session(id: string, more: Partial<SessionShape> = {}): SessionShape {
  return {
    session_id: id,
    role: "build",
    slug: "fix-login",
    state: "running",
    runner: "process",
    pid: 1,
    worktree: "/trees/fix-login",
    command: ["agent"],
    created_at: ago(70),
    started_at: ago(70),
    last_sign_at: ago(1),
    silence_limit_ms: null,
    printed_bytes: 10,
    cut_bytes: 0,
    ended_at: null,
    exit_code: null,
    signal: null,
    why: null,
    last_line: null,
    ...more,
  };
}

export function event(serial: number, more: Partial<EventShape> = {}): EventShape {
  return {
    specversion: "1.0",
    id: `id-${serial}`,
    source: "signalbox/acme/shop/daemon/1",
    type: "domain.software-development.deployment.started",
    subject: "fix-login",
    time: ago(serial),
    dataschema: "urn:signalbox:schema:x:1",
    datacontenttype: "application/json",
    data: { slug: "fix-login" },
    idempotencykey: "k",
    eventlevel: "workflow",
    visibility: "cluster",
    sequence: String(serial),
    epoch: "e",
    streamid: `1000-${serial}`,
    ...more,
  };
}

export function detail(slug: string, more: Partial<CandidateDetail> = {}): CandidateDetail {
  return {
    candidate: null,
    why: {
      slug,
      sentence: `${slug} is blocked (conflict): colour.txt; whoever works on it can act.`,
      who: "worker",
      next_action: "Merge main into the branch, then: signalbox submit",
      branch: slug,
      sha: "0123456789abcdef0123456789abcdef01234567",
      status: "blocked",
      conditions: [
        { name: "reviewed", holds: true, detail: "round 1" },
        { name: "mergeable", holds: false, detail: "conflicts" },
      ],
      follow_up_slug: null,
    },
    queue_item: null,
    events: [event(1)],
    diffstat: [{ path: "colour.txt", insertions: 1, deletions: 2 }],
    conflicts: [
      {
        path: "colour.txt",
        kind: "content",
        message: "both sides changed it",
        ours: {
          mode: "100644",
          id: "a".repeat(40),
          excerpt: "<<<<<<< main\nred\n=======\nblue\n>>>>>>> branch\n",
        },
        theirs: null,
        main_commits: ["b".repeat(40)],
      },
    ],
    follow_up: null,
    ...more,
  };
}

/** The state after these news, at a size. */
export function after(news: readonly News[], size = { columns: 80, rows: 24 }): TuiState {
  return news.reduce((state, each) => updated(state, each).state, beginning(size, now));
}
