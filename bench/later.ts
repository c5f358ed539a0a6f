/** Claims of what is not built yet: their keys are there, their values are null. */
export const later: { key: string; reason: string }[] = [
  { key: "sse_fanout_ms_p99", reason: "there is no API yet" },
  { key: "wait_vs_oracle", reason: "there is no policy simulator yet" },
];
