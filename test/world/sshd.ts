/**
 * A real sshd of Debian's for one test: its own key, its own port on loopback, one account (the one that runs the test),
 * gone afterwards. Taken from the system, or from the package, unpacked beside the other engines of the tests.
 *
 * As root, sshd wants an account to drop its rights to and a folder in /run: it gets both in a mount namespace of its own.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { userInfo } from "node:os";
import { delimiter, join } from "node:path";
import { runChild, told } from "./child.ts";
import { waitUntil } from "./wait-until.ts";

export type TestSshd = {
  /** Of a path on this machine, for git. */
  url(path: string): string;
  /** The client's command, with its key: `GIT_SSH_COMMAND`. */
  command: string;
  /** Runs a command at the other end, with this on its stdin. */
  run(command: string, stdin?: string): Promise<{ code: number | null; stdout: string; stderr: string }>;
  [Symbol.asyncDispose](): Promise<void>;
};

const cache = join(import.meta.dirname, "../../node_modules/.cache/signalbox-sshd");

/** The folder that holds usr/sbin/sshd, or null where there is none and none can be fetched. */
export async function findSshd(): Promise<string | null> {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin"];
  if (folders.some((folder) => folder !== "" && existsSync(join(folder, "sshd")))) return "/";
  if (existsSync(join(cache, "usr/sbin/sshd"))) return cache;
  const draft = `${cache}.${process.pid}`;
  await mkdir(draft, { recursive: true });
  const script = `apt-get -qq download openssh-server libwrap0 && for file in *.deb; do dpkg -x "$file" . || exit; done && rm -f ./*.deb && mv "$PWD" "${cache}"`;
  const ran = await runChild("/bin/sh", ["-c", script], {
    cwd: draft,
    env: { PATH: process.env.PATH },
  }).catch(() => null);
  if (ran?.code !== 0) await runChild("/bin/rm", ["-rf", draft], { cwd: "/", env: {} });
  return existsSync(join(cache, "usr/sbin/sshd")) ? cache : null;
}

/** Starts it. `forced`: the only command that the key may run; the one asked for is in $SSH_ORIGINAL_COMMAND. */
export async function startSshd(
  found: string,
  place: string,
  options: { forced?: string } = {},
): Promise<TestSshd> {
  const folder = join(place, "sshd");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const env = { PATH: process.env.PATH };
  for (const name of ["host", "client"]) {
    const ran = await runChild("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", name], {
      cwd: folder,
      env,
    });
    assert.equal(ran.code, 0, told(ran));
  }
  const client = await readFile(join(folder, "client.pub"), "utf8");
  const restriction = options.forced === undefined ? "" : `restrict,command="${options.forced}" `;
  await writeFile(join(folder, "authorized"), `${restriction}${client}`);
  const port = await freePort();
  const { username } = userInfo();
  await writeFile(join(folder, "config"), configuration(folder, port));
  const child = await launch(found, folder);
  const flags = [
    ["-i", join(folder, "client")],
    ["-o", "StrictHostKeyChecking=no"],
    ["-o", "UserKnownHostsFile=/dev/null"],
    ["-o", "LogLevel=ERROR"],
    ["-o", "BatchMode=yes"],
    ["-F", "/dev/null"],
  ].flat();
  return {
    url: (path) => `ssh://${username}@127.0.0.1:${port}${path}`,
    command: ["ssh", ...flags].join(" "),
    run: (command, stdin = "") =>
      runChild("ssh", [...flags, "-p", String(port), `${username}@127.0.0.1`, command], {
        cwd: place,
        env,
        stdin,
      }),
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGTERM");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    },
  };
}

function configuration(folder: string, port: number): string {
  return [
    `Port ${port}`,
    "ListenAddress 127.0.0.1",
    `HostKey ${folder}/host`,
    `AuthorizedKeysFile ${folder}/authorized`,
    "StrictModes no",
    "UsePAM no",
    "PasswordAuthentication no",
    "PermitRootLogin prohibit-password",
    "PidFile none",
    "",
  ].join("\n");
}

async function launch(found: string, folder: string): Promise<ChildProcess> {
  const program =
    ["usr/sbin/sshd", "sbin/sshd"].map((name) => join(found, name)).find((path) => existsSync(path)) ??
    "sshd";
  const command = `exec "${program}" -D -e -f "${folder}/config"`;
  const isRoot = process.getuid?.() === 0;
  await writeFile(
    join(folder, "passwd"),
    `root:*:0:0:root:${folder}:/bin/sh\nsshd:*:65533:65534::/run/sshd:/usr/sbin/nologin\n`,
  );
  const own = `mount --bind "${folder}/passwd" /etc/passwd && mount -t tmpfs tmpfs /run && mkdir -m 755 /run/sshd && ${command}`;
  const args = isRoot ? ["unshare", "--mount", "/bin/sh", "-c", own] : ["/bin/sh", "-c", command];
  const [first = "", ...rest] = args;
  const child = spawn(first, rest, {
    cwd: folder,
    env: { PATH: process.env.PATH, LD_LIBRARY_PATH: found === "/" ? "" : librariesOf(found) },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const killAtExit = (): void => void child.kill("SIGKILL");
  process.once("exit", killAtExit);
  child.once("exit", () => process.removeListener("exit", killAtExit));
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-4000);
  });
  await waitUntil(
    async () => {
      if (child.exitCode !== null) throw new Error(`sshd has ended: ${said}`);
      return said.includes("Server listening");
    },
    { what: "sshd listens" },
  );
  return child;
}

/** What the package was linked with, unpacked with it. */
function librariesOf(found: string): string {
  const folder = join(found, "usr/lib");
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .join(delimiter);
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // as: a server on a port answers with an address, never with the path of a socket.
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
