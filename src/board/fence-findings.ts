/** Pure. What `doctor` makes of the fence at the remote and of the integrator's key. */
import type { KeyExposure } from "../guards/integrator-key.ts";
import type { FenceProof } from "../guards/protection-level.ts";
import { failing, ok, warning } from "./doctor-findings.ts";
import type { Finding } from "./shapes.ts";

/** Whoever reads the key can move main. */
export function keyFinding(exposure: KeyExposure): Finding {
  if (exposure.kind === "none") return ok("key", "none: no server hook asks for one");
  if (exposure.kind === "kept") return ok("key", "the integrator's key is its owner's alone");
  const { path, mode } = exposure;
  return failing(
    "key",
    `others on this machine can read the integrator's key: ${path} has mode ${mode}`,
    `chmod 600 ${path}, then signalbox guard key rotate, since it may have been read`,
  );
}

export const noServerHook = ok(
  "server hook",
  "none is set up: the remote takes main from anybody (signalbox guard remote install)",
);

/** There is a key, so somebody has set a fence up: the remote must refuse. */
export function serverHookFinding(given: { proof: FenceProof | null; away: string | null }): Finding {
  const { proof, away } = given;
  if (away !== null)
    return warning("server hook", `the remote cannot be asked: ${away}`, "Try again when it is back.");
  if (proof?.refused === true) return ok("server hook", "the remote refused a push of main, as it must");
  return failing(
    "server hook",
    "the remote does not refuse a push of main that has no grant",
    "signalbox guard remote install DIR, where the remote's repository is",
  );
}
