/** A step as one line of text. Apart, because every process of a world loads it. */

export type Role = "integrator" | "daemon";

export type Step = { role: string; name: string; side: string };

export function formatStep({ role, name, side }: Step): string {
  return `${role}\t${name}\t${side}`;
}

export function parseStep(line: string): Step {
  const [role = "", name = "", side = ""] = line.split("\t");
  return { role, name, side };
}
