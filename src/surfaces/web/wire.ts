/** What the API says, as the web reads it. Types alone: the daemon that serves this page validated what it sends. */
export type {
  CandidateShape,
  ConditionShape,
  DoctorShape,
  EventShape,
  Finding,
  NotificationShape,
  SessionShape,
} from "../../board/shapes.ts";
export type {
  Board,
  CandidateDetail,
  EventPage,
  EventTypeShape,
  FileStatShape,
  HistoryShape,
  Me,
  NotificationPage,
  Train,
} from "../../board/shapes-of-api.ts";

import type { CandidateDetail } from "../../board/shapes-of-api.ts";

export type ConflictShape = CandidateDetail["conflicts"][number];
