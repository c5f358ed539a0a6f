/**
 * Pure: a recorded name as people would say it. What is recorded tells processes apart and stays as it is in JSON; nobody
 * wants to read a pid and a nonce in a message.
 */

/** `<role>:<host>[~<start of the machine>]:<pid>:<start of the process>:<nonce>`, as a lease has it. */
const processName = /^([a-z][a-z-]*):([^:~]+)(?:~[^:]*)?:\d+:[A-Za-z0-9-]+:[A-Za-z0-9]+$/;

const ownNames: Readonly<Record<string, string>> = {
  daemon: "the daemon",
  reconcile: "reconciliation",
  unknown: "somebody unknown",
};

/** Who it was: `the integrator on vm`, `the daemon`; a person's or a session's name as it is. */
export function spoken(name: string): string {
  const [, role, host] = processName.exec(name) ?? [];
  if (role !== undefined && host !== undefined) return `the ${role} on ${host}`;
  return Object.hasOwn(ownNames, name) ? (ownNames[name] ?? name) : name;
}

/** The same at the beginning of a sentence. */
export function spokenFirst(name: string): string {
  const words = spoken(name);
  return words === name ? name : `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}
