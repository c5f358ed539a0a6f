/** Pure. What the guards of this machine refuse, by which rule, and when they only warn. */

/** The part of the configuration that decides whether guards refuse. */
export type GuardedCutover = { enabled: boolean; parity_evidence_accepted: boolean };

/** `refuse`: only the integrator moves main. `warn`: others are told, and let through. */
export type GuardMode = "refuse" | "warn";

/** Guards refuse exactly where the integrator lands; in shadow mode somebody else has to. */
export function guardModeOf({ enabled, parity_evidence_accepted }: GuardedCutover): GuardMode {
  return enabled && parity_evidence_accepted ? "refuse" : "warn";
}

/** The rules by which the scripts stop something, each in the words that an event carries. */
export const rules = {
  pre_push: "the pre-push hook: only the integrator moves it",
  git_push: "the git wrapper: only the integrator moves it",
  git_send_pack: "the git wrapper: send-pack goes past the pre-push hook",
  gh_pr_merge: "the gh wrapper: a merge by the forge goes past the line",
  gh_api: "the gh wrapper: a call of the forge's API changes it past the line",
  gh_repo: "the gh wrapper: a setting or sync of the repository changes it past the line",
} as const;

/** The words of a rule; a code of another version is said as it is. */
export function wordsOfRule(code: string): string {
  return new Map<string, string>(Object.entries(rules)).get(code) ?? code;
}

/**
 * A pattern of the shell that matches `text` in any case: on a file system that does not tell cases apart, `Main` is main.
 * Letters, digits and `. _ - /` only: nothing else may be in main's name.
 */
export function anyCase(text: string): string {
  return [...text]
    .map((character) => {
      const [lower, upper] = [character.toLowerCase(), character.toUpperCase()];
      return lower === upper ? character : `[${lower}${upper}]`;
    })
    .join("");
}
