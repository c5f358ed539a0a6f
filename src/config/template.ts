/**
 * The `signalbox.yaml` that `init` writes: what it found out as plain lines, everything else commented out with its
 * default, so that the file explains itself and says nothing twice. Pure.
 */
import { stringify } from "yaml";

export type TemplateValues = {
  /** Null: leave it to the remote's URL. */
  repository?: string | null;
  remote: string;
  main: string;
};

/** The commented file. Reading it gives the defaults plus `values`. */
export function commentedTemplate({ repository = null, remote, main }: TemplateValues): string {
  const name = repository === null ? "# repository: acme/shop" : `repository: ${scalar(repository)}`;
  const values: Record<string, string> = {
    repository: name,
    main,
    "main scalar": scalar(main),
    "remote scalar": scalar(remote),
  };
  return template.replaceAll(/\{\{([a-z ]+)\}\}/g, (place, key: string) => values[key] ?? place);
}

/** Quoted where YAML would read something else. */
function scalar(text: string): string {
  return stringify(text, { lineWidth: 0 }).trimEnd();
}

const template = `# Signalbox: how branches get onto {{main}}. Read at start and on "signalbox reload", never from a branch
# that is waiting to land. Commented lines show the defaults, or an example where there is none.

# Names this repository's private folder and Redis keys. Default: from the remote's URL.
{{repository}}
remote: {{remote scalar}}
main: {{main scalar}}

# How a branch lands. merge: by a merge commit of exactly the approved sha; squash: as one commit.
# merge: merge

# What an approval covers. sha: the sha it names, if it names one; slug: the whole item; required: it must name one.
# approval:
#   bind: sha
#   policies: # changes to nothing but these paths need no reviewer
#     - paths: [todos/roadmap.yaml]
#       by: policy

# Run on the exact tree that will be {{main}}, in this order, before it is pushed. None: nothing is run.
# checks:
#   - name: test
#     run: npm test
#     timeout: 15m
#     retries: 0

# Where work items live, and what is tidied after a landing.
# delivery:
#   todos: todos
#   demos: demos
#   deleteBranch: true
#   removeWorktree: true
#   fastForwardCheckout: false # of a clean checkout of {{main}} in this clone

# Workers per step. {slug}, {branch} and {base} are passed as arguments, never through a shell.
# workers:
#   prepare: npm ci # once, and again when a lockfile changed
#   build: my-agent build {slug}
#   review: my-agent review {branch} {base}
#   fix: my-agent fix {slug}
#   finalize: builtin
#   maxParallel: 2
#   runner: process # or tmux

# finalize:
#   update: false # merge {{main}} into the branch before it is handed over

# Who may act, and who is told what.
# people:
#   - name: Ada
#     role: admin # or viewer
#     telegram: 123456789
#     level: workflow # infrastructure, operational, workflow, business
#     quiet: "22:00-07:00" # business-level notifications break through
#     timeZone: Europe/Berlin # of the quiet hours; default: the daemon's
#     domains: [deployment, platform] # of the events; default: all
#     digest: 1h # what does not ring is put together for so long

# Secrets are named here by environment variable (…Env) or file (…File), never written.
# notify:
#   telegram:
#     tokenEnv: SIGNALBOX_TELEGRAM_TOKEN
#   webhooks:
#     - name: chat # default: a digest of the URL
#       url: https://example.org/hook
#       secretEnv: SIGNALBOX_WEBHOOK_SECRET
#       types: [domain.software-development.deployment.*]

# Event types of your own.
# events:
#   - type: acme.release.cut
#     level: operational
#     visibility: local
#     idempotency: [version]
#     schema: {type: object, properties: {version: {type: string}}, required: [version]}

# limits:
#   files: 10000 # changed by one candidate
#   bytes: 100MB # brought in by one candidate
#   submodules: allow # or forbid
#   symlinks: allow # or forbid
#   rounds: 3 # of review, before a person is asked
#   roles: # how long a worker may give no sign of life
#     prepare: 30m
#     build: 2h
#     review: 1h
#     fix: 1h
#     finalize: 15m

# lease:
#   ttl: 120s
#   renew: 30s

# How long events are kept.
# retention: 30d

# Port of the API and the web board; 0: any free one.
# port: 0

# Live while both are true; else shadow: everything is tried, nothing is pushed.
# cutover:
#   enabled: true
#   parity_evidence_accepted: true
#   rollback_on_incomplete_parity: true
`;
