/** Everything the line depends on, each with its cure: what `doctor` says. A check that fails stops no other. */
import { existsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { join } from "node:path";
import { wallMs } from "../clock.ts";
import { readEar } from "../delivery/ear.ts";
import { readStanding } from "../delivery/standing.ts";
import { describeError, Failure } from "../errors.ts";
import { readLag } from "../events/lag.ts";
import { spoken } from "../events/spoken.ts";
import { firstInit } from "../first-init.ts";
import { findGit, gitVersion } from "../git/find-git.ts";
import { leaseRef } from "../git/lease-ref.ts";
import { readCutover } from "../guards/cutover-store.ts";
import { lookAtGuards } from "../guards/guard.ts";
import { keyExposure } from "../guards/integrator-key.ts";
import { hasIntegratorKey } from "../guards/key-place.ts";
import { placeOnPath } from "../guards/wrappers.ts";
import { headOf } from "../integration/facts.ts";
import { leaseName } from "../integration/stores/delivery-store.ts";
import { checkServer } from "../redis/check-server.ts";
import { openLease } from "../redis/lease-store.ts";
import { serverTimeMs } from "../redis/server-time.ts";
import { openLine, type Workplace } from "../workplace.ts";
import {
  clockFinding,
  diskFinding,
  earFinding,
  failing,
  fenceFinding,
  messagesFinding,
  nodeFinding,
  ok,
  quarantineFinding,
  serverFinding,
  streamFinding,
  warning,
} from "./doctor-findings.ts";
import { keyFinding, noServerHook, serverHookFinding } from "./fence-findings.ts";
import { type BoardGround, cutoverAt } from "./ground.ts";
import { cutoverFinding, hookFinding, wrappersFinding } from "./guard-findings.ts";
import { readDaemon } from "./process-file.ts";
import { proveFence } from "./prove-fence.ts";
import type { Finding } from "./shapes.ts";

export type Examination = {
  variables: Readonly<Record<string, string | undefined>>;
  /** The clone; its failure is a finding. */
  openWorkplace(): Promise<Workplace>;
  /** Its Redis; the same. Closed here. */
  openGround(): Promise<BoardGround & AsyncDisposable>;
};

/** Never throws: what cannot be looked at is a finding. The remote is asked, by a canary too where it has a fence. */
export async function examine(examination: Examination): Promise<Finding[]> {
  const { variables } = examination;
  const tools = [
    await checked("git", async () => ok("git", (await gitVersion(await findGit(variables), variables)).text)),
    nodeFinding(process.versions.node),
  ];
  let workplace: Workplace;
  try {
    workplace = await examination.openWorkplace();
  } catch (error) {
    return [...tools, broken("clone", error)];
  }
  const { root, config, repositoryId } = workplace;
  const clone = ok("clone", `${root} → ${config.remote}/${config.main}, as ${repositoryId}`);
  const local = await Promise.all([initFinding(workplace), daemonFinding(workplace), disk(workplace)]);
  const guards = await guardFindings(workplace);
  const fence = await fenceFindings(workplace);
  return [...tools, clone, ...local, ...guards, ...fence, ...(await shared(examination, workplace))];
}

/** The server's part: asked by a push that must be refused, where somebody has set a fence up. */
async function fenceFindings(workplace: Workplace): Promise<Finding[]> {
  const { privateDir } = workplace;
  return [
    await checked("key", async () => keyFinding(await keyExposure(privateDir))),
    await checked("server hook", async () =>
      (await hasIntegratorKey(privateDir)) ? serverHookFinding(await proveFence(workplace)) : noServerHook,
    ),
  ];
}

/** What needs Redis or the remote. */
async function shared(examination: Examination, workplace: Workplace): Promise<Finding[]> {
  try {
    await using opened = await examination.openGround();
    // The first question: a ground that is open already may stand on a Redis that answers no more.
    const token = Number((await opened.redis.command(["GET", opened.keys.leaseToken(leaseName)])) ?? 0);
    return await groundFindings(opened, workplace, token);
  } catch (error) {
    return [broken("redis", error), ...(await remoteFindings(workplace, 0))];
  }
}

async function groundFindings(opened: BoardGround, workplace: Workplace, token: number): Promise<Finding[]> {
  const { redis } = opened;
  const isDaemonUp = (await readDaemon(workplace.privateDir)) !== null;
  const [remote, ...others] = await Promise.all([
    remoteFindings(workplace, token),
    checked("redis", async () => serverFinding(opened.engine.kind, await checkServer(redis))),
    checked("clock", async () => clockFinding(wallMs() - (await serverTimeMs(redis)))),
    checked("stream", async () => {
      const { lag, groups } = await readLag(opened);
      return streamFinding(lag, groups, isDaemonUp);
    }),
    checked("quarantine", async () => quarantineFinding((await readLag(opened)).quarantined)),
    checked("lease", () => leaseFinding(opened)),
    checked("messages", async () => messagesFinding(await readStanding(opened, workplace.config))),
    ...(workplace.config.notify.telegram === undefined
      ? []
      : [
          checked("telegram", async () =>
            earFinding(await readEar(opened), await serverTimeMs(redis), isDaemonUp),
          ),
        ]),
    checked("cutover", async () => cutoverFinding(await readCutover(cutoverAt(opened)))),
  ]);
  return [...others, ...remote];
}

async function initFinding({ privateDir }: Workplace): Promise<Finding> {
  const first = await firstInit(privateDir);
  if (first !== null) return ok("init", `verify begins at ${first.main_sha.slice(0, 7)}`);
  return warning("init", "init has not run, so verify does not know where to begin", "signalbox init");
}

async function daemonFinding({ privateDir }: Workplace): Promise<Finding> {
  const daemon = await readDaemon(privateDir);
  if (daemon === null)
    return warning("daemon", "it does not run: nothing is queued or landed", "signalbox up --detach");
  return ok("daemon", `process ${daemon.process.pid}, since ${daemon.since}`);
}

function disk({ privateDir, root }: Workplace): Promise<Finding> {
  return checked("disk", async () => {
    const { bavail, bsize } = await statfs(privateDir).catch(() => statfs(root));
    return diskFinding(bavail * bsize, privateDir);
  });
}

/** The hook and the wrappers of this machine. */
async function guardFindings(workplace: Workplace): Promise<Finding[]> {
  const { environment, privateDir } = workplace;
  try {
    const guards = await lookAtGuards(workplace);
    const place = placeOnPath(environment.path, privateDir, (folder) => existsSync(join(folder, "git")));
    const shell = { place, isSession: environment.sessionId !== null };
    return [hookFinding(guards), wrappersFinding(guards.wrappers, shell)];
  } catch (error) {
    return [broken("guards", error)];
  }
}

async function leaseFinding(ground: BoardGround): Promise<Finding> {
  const { lease } = await openLease(ground, leaseName).read();
  if (lease === null) return ok("lease", "nobody holds it");
  return ok("lease", `token ${lease.token}, held by ${spoken(lease.owner)}`);
}

/** The remote is asked once, for main and the lease ref. */
async function remoteFindings(workplace: Workplace, token: number): Promise<Finding[]> {
  const { config } = workplace;
  try {
    await using line = await openLine(workplace);
    const main = headOf(config.main);
    const answer = await line.lsRemote([main, leaseRef], { deadlineMs: 20_000 });
    if (answer.kind === "remote_away") {
      const cure = `git ls-remote ${config.remote} shows what is wrong; the line waits and goes on by itself.`;
      return [failing("remote", `${config.remote} cannot be reached: ${answer.detail}`, cure)];
    }
    const sha = answer.refs.get(main);
    const found =
      sha === undefined
        ? failing(
            "remote",
            `${config.remote} has no branch ${config.main}`,
            `Push it, or correct main: in signalbox.yaml.`,
          )
        : ok("remote", `${config.remote}/${config.main} is at ${sha.slice(0, 7)}`);
    return [found, fenceFinding({ isPresent: answer.refs.has(leaseRef), token })];
  } catch (error) {
    return [broken("remote", error)];
  }
}

async function checked(name: string, look: () => Promise<Finding>): Promise<Finding> {
  try {
    return await look();
  } catch (error) {
    return broken(name, error);
  }
}

function broken(name: string, error: unknown): Finding {
  if (!(error instanceof Failure)) return failing(name, describeError(error), null);
  const problems = error.problems.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
  return failing(name, [error.message, ...problems].join(" "), error.cure);
}
