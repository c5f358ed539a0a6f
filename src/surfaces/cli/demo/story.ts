/** Pure. The demo's project and its five workers: what each changes, as a shell script it runs in its own worktree. */

export type Worker = {
  slug: string;
  title: string;
  reviewer: string;
  commits: readonly { message: string; files: Readonly<Record<string, string>> }[];
};

const prices = (body: string) => `/** What a basket costs, in cents. */
export function total(items) {
${body}
}
`;

/** The file two workers change at the same place: whoever comes second is blocked. */
export const disputedFile = "src/prices.js";

/** What both of them wanted, as somebody who understands both writes it. */
export const resolvedFile =
  prices(`  const sum = items.reduce((all, item) => all + item.price * item.count, 0);
  const discounted = items.length >= 10 ? sum * 0.95 : sum;
  return Math.round(discounted);`);

/** What is on main before anybody starts. */
export const seed: Readonly<Record<string, string>> = {
  "README.md": "# Corner shop\n\nA very small shop, built by five workers at once.\n",
  "package.json": `${JSON.stringify({ name: "corner-shop", version: "1.0.0", type: "module" }, null, 2)}\n`,
  "src/catalog.js": `/** What is on the shelves. */
export const catalog = [
  { name: "apples", price: 250 },
  { name: "bread", price: 420 },
  { name: "cheese", price: 890 },
];
`,
  "src/greeting.js": `/** What the door says. */
export function greeting() {
  return "Welcome!";
}
`,
  [disputedFile]: prices("  return items.reduce((all, item) => all + item.price * item.count, 0);"),
};

export const workers: readonly Worker[] = [
  {
    slug: "opening-hours",
    title: "Say when the shop is open",
    reviewer: "rita",
    commits: [
      {
        message: "Add the opening hours",
        files: {
          "src/opening-hours.js": `/** Weekdays from 8 to 18, Saturdays until noon. */
export function isOpen(day, hour) {
  if (day === "sunday") return false;
  return hour >= 8 && hour < (day === "saturday" ? 12 : 18);
}
`,
        },
      },
    ],
  },
  {
    slug: "greet-by-name",
    title: "Greet customers by their name",
    reviewer: "omar",
    commits: [
      {
        message: "Greet a customer whose name is known",
        files: {
          "src/greeting.js": `/** What the door says, to a customer it knows. */
export function greeting(name = null) {
  return name === null ? "Welcome!" : \`Welcome back, \${name}!\`;
}
`,
        },
      },
    ],
  },
  {
    slug: "search",
    title: "Find things by a part of their name",
    reviewer: "rita",
    commits: [
      {
        message: "Search the catalog",
        files: {
          "src/search.js": `import { catalog } from "./catalog.js";

/** Everything whose name holds \`part\`. */
export function search(part) {
  return catalog.filter(({ name }) => name.includes(part));
}
`,
        },
      },
      {
        message: "Put more on the shelves",
        files: {
          "src/catalog.js": `/** What is on the shelves. */
export const catalog = [
  { name: "apples", price: 250 },
  { name: "apple juice", price: 310 },
  { name: "bread", price: 420 },
  { name: "cheese", price: 890 },
];
`,
        },
      },
    ],
  },
  {
    slug: "discounts",
    title: "Five per cent off for large baskets",
    reviewer: "omar",
    commits: [
      {
        message: "Give a discount from ten items on",
        files: {
          [disputedFile]: prices(`  const sum = items.reduce((all, item) => all + item.price * item.count, 0);
  return items.length >= 10 ? sum * 0.95 : sum;`),
        },
      },
    ],
  },
  {
    slug: "whole-cents",
    title: "Never charge a part of a cent",
    reviewer: "rita",
    commits: [
      {
        message: "Round to whole cents",
        files: {
          [disputedFile]: prices(
            "  return Math.round(items.reduce((all, item) => all + item.price * item.count, 0));",
          ),
        },
      },
    ],
  },
];

/** `todos/roadmap.yaml` on main: what is planned, in order. */
export function roadmap(): string {
  const entries = workers.map(({ slug, title }) => `- slug: ${slug}\n  title: ${title}\n`);
  return `# What we build next, in this order.\n${entries.join("")}`;
}

/** What a worker does in its worktree: changes, commits, and the hand-over. */
export function workerScript(worker: Worker): string {
  const { slug, title, commits, reviewer } = worker;
  const notes = {
    [`todos/${slug}/requirements.md`]: `# ${title}\n`,
    [`todos/${slug}/demo.md`]: `# ${title}\n\nDone by a worker in its own worktree, at the same time as four others.\n`,
  };
  return script([
    ...commit("Plan the work", notes),
    ...commits.flatMap(({ message, files }) => commit(message, files)),
    `signalbox submit --approved-by ${reviewer}`,
  ]);
}

/** What the blocked worker does: takes main in, resolves by hand, and hands over again. */
export function fixScript(worker: Worker): string {
  return script([
    "git fetch --quiet origin",
    "git merge --quiet origin/main >/dev/null || true",
    ...writeFiles({ [disputedFile]: resolvedFile }),
    "git add --all",
    `git commit --quiet --message 'Merge main, and keep what both wanted'`,
    `signalbox submit --approved-by ${worker.reviewer}`,
  ]);
}

function script(lines: readonly string[]): string {
  return ["#!/bin/sh", "set -eu", ...lines, ""].join("\n");
}

function commit(message: string, files: Readonly<Record<string, string>>): string[] {
  return [...writeFiles(files), "git add --all", `git commit --quiet --message '${message}'`];
}

function writeFiles(files: Readonly<Record<string, string>>): string[] {
  return Object.entries(files).flatMap(([path, text]) => [
    `mkdir -p '${path.split("/").slice(0, -1).join("/") || "."}'`,
    `cat > '${path}' <<'END_OF_FILE'\n${text}END_OF_FILE`,
  ]);
}
