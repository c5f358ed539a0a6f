/** Pure: the names of the private refs of the line's own repository. */

/** Below it, the refs that follow the remote's. */
const trackingPrefix = "refs/signalbox/remote";

/** The private ref that follows a ref of the remote: `refs/heads/x` → `refs/signalbox/remote/heads/x`. */
export function trackingRef(ref: string): string {
  return ref.replace(/^refs/, trackingPrefix);
}

/** What a fetch takes so that a ref of the remote is followed. */
export function followed(ref: string): { ref: string; into: string } {
  return { ref, into: trackingRef(ref) };
}
