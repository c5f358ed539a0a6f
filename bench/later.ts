/** Claims of what is not built yet: their keys are there, their values are null. */
export const later: { key: string; reason: string }[] = [
  { key: "wait_vs_oracle", reason: "there is no policy simulator yet" },
];
