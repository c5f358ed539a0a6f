/** A candidate: one state of one branch that somebody wants on main. Pure. */

export type Candidate = { slug: string; branch: string; sha: string };

/** The candidate's one key, in Redis and in records. Slugs and shas hold neither `@` nor `:`. */
export function candidateKey(candidate: Candidate): string {
  return `${candidate.slug}@${candidate.sha}:${candidate.branch}`;
}

/** What a landing's `Signalbox-Candidate` trailer names. */
export function landingName(candidate: Candidate): string {
  return `${candidate.slug}@${candidate.sha}`;
}

export function sameCandidate(a: Candidate, b: Candidate): boolean {
  return a.slug === b.slug && a.branch === b.branch && a.sha === b.sha;
}

/** Seven digits, as people read commits. */
export function shortSha(sha: string): string {
  return sha.slice(0, 7);
}
