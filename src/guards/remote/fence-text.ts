/** The fence for one repository as a script: what is its own (main's name, the key) put into the hooks' text. */
import { publicLine, type SigningKey, signSsh } from "../../git/ssh-signature.ts";
import { grantNamespace } from "../grant.ts";
import { anyCase } from "../policy.ts";

/** The files beside this one. */
export type FenceParts = Record<"setup" | "preReceive" | "procReceive" | "referenceTransaction", string>;

export type FenceOptions = {
  main: string;
  repository: string;
  /** All that may sign; the first also signs the trial that an installation verifies. */
  keys: readonly SigningKey[];
};

/** Where programs are looked for at the remote: never where a client's environment says. */
const path = "/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin:/usr/local/git/bin";

/** The whole script: `sh -s -- install|uninstall|status DIR`. */
export function fenceScript(parts: FenceParts, { main, repository, keys }: FenceOptions): string {
  const own: Record<string, string> = {
    MAIN: quoted(`refs/heads/${main}`),
    REPOSITORY: quoted(repository),
    PATH: quoted(path),
    MAIN_PATTERN: anyCase(`refs/heads/${main}`),
    LEASE_PATTERN: anyCase("refs/signalbox/lease"),
    RESERVED_PATTERN: anyCase("refs/signalbox"),
    REPLACE_PATTERN: anyCase("refs/replace"),
  };
  const hooks = [
    hook("hook_pre_receive", filled(parts.preReceive, own)),
    hook("hook_proc_receive", filled(parts.procReceive, own)),
    hook("hook_reference_transaction", filled(parts.referenceTransaction, own)),
  ].join("\n");
  const [key] = keys;
  const signers = keys.map((each) => `integrator namespaces="${grantNamespace}" ${publicLine(each)}`);
  const probe = "a trial of the fence";
  const signature = key === undefined ? "" : signSsh(key, grantNamespace, Buffer.from(`${probe}\n`));
  return filled(parts.setup, {
    ...own,
    HOOKS: hooks,
    SIGNERS: signers.join("\n"),
    PROBE: probe,
    PROBE_SIGNATURE: signature.trimEnd(),
  });
}

/** A word of the shell, whatever is in it. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function hook(name: string, text: string): string {
  return `${name}() {\n\tcat <<'SIGNALBOX_END'\n${text.trimEnd()}\nSIGNALBOX_END\n}`;
}

/** Names that are not ours stay as they are: what is put in is never looked at again. */
function filled(text: string, values: Record<string, string>): string {
  return text.replace(/@([A-Z_]+)@/g, (whole, name: string) => values[name] ?? whole);
}
