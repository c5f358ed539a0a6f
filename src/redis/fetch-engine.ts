/**
 * The distribution's own redis-server, without root and without installing anything: apt is pointed at lists and a cache
 * of ours, the packages are unpacked into a folder, and a wrapper finds their libraries there. The machine is not changed.
 * Only apt-based systems for now; elsewhere the person is told the one command.
 */
import { constants } from "node:fs";
import { access, chmod, mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { delimiter, dirname, isAbsolute, join, relative } from "node:path";
import { describeError } from "../errors.ts";
import { type EngineBinary, versionOf } from "./engine-binary.ts";
import { isRecent } from "./engine-version.ts";

export type FetchOptions = {
  /** Copies are kept here, one folder each. */
  enginesDir: string;
  path: string;
  progress: (line: string) => void;
};

export type FetchOutcome = { kind: "fetched"; binary: EngineBinary } | { kind: "impossible"; reason: string };

/** The packages that hold a server: Debian's redis-server is a link into redis-tools. */
const offers = [
  { server: "redis-server", packages: ["redis-server", "redis-tools"] },
  { server: "valkey-server", packages: ["valkey-server", "valkey-tools"] },
] as const;

/** Not replaced by a copy: the loader and libc of a system belong together. */
const partsOfLibc = /^(libc6|libc-bin|libgcc-s1|libstdc\+\+6|libcrypt1)$/;

const commands = [
  ["apt-get", "sudo apt-get install redis-server"],
  ["dnf", "sudo dnf install redis"],
  ["brew", "brew install redis"],
  ["apk", "sudo apk add redis"],
  ["pacman", "sudo pacman -S valkey"],
  ["zypper", "sudo zypper install redis"],
] as const;

/** Fetches a server into `enginesDir`. Safe when several do it at once. Takes some ten seconds. */
export async function fetchEngine(options: FetchOptions): Promise<FetchOutcome> {
  for (const program of ["apt-get", "apt-cache", "dpkg-deb"]) {
    if (!(await onPath(program, options.path)))
      return { kind: "impossible", reason: `there is no ${program}` };
  }
  await mkdir(options.enginesDir, { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(join(options.enginesDir, ".fetch-"));
  try {
    return await fetchWithApt(folder, options);
  } catch (error) {
    return { kind: "impossible", reason: describeError(error).split("\n")[0] ?? "" };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The one command that installs a server on this system, for a person to run. */
export async function installCommand(path: string): Promise<string> {
  for (const [program, command] of commands) {
    if (await onPath(program, path)) return command;
  }
  return "Install Redis 7.0 or newer";
}

async function fetchWithApt(
  folder: string,
  { enginesDir, path, progress }: FetchOptions,
): Promise<FetchOutcome> {
  const apt = await privateApt(folder, path);
  progress("Fetching redis-server from the distribution's packages (once; nothing is installed)");
  // Of many sources some are often broken: what matters is whether the package comes.
  await apt("apt-get", ["update"]).catch(() => undefined);
  for (const { server, packages } of offers) {
    if (!(await offersServer(apt, server))) continue;
    const names = await withLibraries(apt, packages);
    const downloads = join(folder, server, "downloads");
    const engine = join(folder, server, "engine");
    const root = join(engine, "root");
    await mkdir(downloads, { recursive: true });
    await mkdir(root, { recursive: true });
    await apt("apt-get", ["download", ...names], downloads);
    for (const name of await readdir(downloads)) {
      // Loaded where it is needed: it would cost every command a fifth of its start.
      const { execa } = await import("execa");
      await execa("dpkg-deb", ["-x", join(downloads, name), root], { env: { PATH: path }, timeout: 60_000 });
    }
    await writeWrapper(engine, server);
    const binary = await versionOf(join(engine, "bin", server));
    if (binary && isRecent(binary)) return keep(engine, enginesDir, binary);
  }
  return { kind: "impossible", reason: "the distribution offers no redis-server 7.0 or newer" };
}

type Apt = (program: "apt-get" | "apt-cache", args: string[], cwd?: string) => Promise<string>;

/** apt with its lists, cache and state in `folder`; the machine's sources and proxies are used as they are. */
async function privateApt(folder: string, path: string): Promise<Apt> {
  const state = join(folder, "apt");
  for (const part of ["lists/partial", "cache/archives/partial", "state"]) {
    await mkdir(join(state, part), { recursive: true });
  }
  const status = join(state, "state", "status");
  await writeFile(status, "");
  const settings = [
    `Dir::State=${join(state, "state")}`,
    `Dir::State::lists=${join(state, "lists")}`,
    `Dir::State::status=${status}`,
    `Dir::Cache=${join(state, "cache")}`,
    `Dir::Log=${state}`,
    "APT::Sandbox::User=root",
    "Acquire::Languages=none",
    "Acquire::Retries=1",
    "Acquire::http::Timeout=15",
    "Acquire::https::Timeout=15",
  ];
  const switches = ["-q", ...settings.flatMap((setting) => ["-o", setting])];
  return async (program, args, cwd = folder) => {
    // Added to the environment of this process, which may name a proxy.
    const env = { PATH: path, LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive" };
    // Loaded where it is needed: it would cost every command a fifth of its start.
    const { execa } = await import("execa");
    const { stdout } = await execa(program, [...switches, ...args], {
      cwd,
      env,
      timeout: 180_000,
      stdin: "ignore",
    });
    return stdout;
  };
}

async function offersServer(apt: Apt, server: string): Promise<boolean> {
  const text = await apt("apt-cache", ["show", "--no-all-versions", server]).catch(() => "");
  const version = /^Version: (?:\d+:)?(\d+)\./m.exec(text)?.[1];
  return version !== undefined && Number(version) >= 7;
}

async function withLibraries(apt: Apt, packages: readonly string[]): Promise<string[]> {
  // Libraries of libraries, but not those of the scripts that an installation would run.
  const wanted = new Set<string>(packages);
  for (let level: string[] = [...packages]; level.length > 0; ) {
    const found = await Promise.all(level.map((name) => dependencies(apt, name)));
    level = [...new Set(found.flat())].filter((name) => isLibrary(name) && !wanted.has(name));
    for (const name of level) wanted.add(name);
  }
  return [...wanted];
}

async function dependencies(apt: Apt, name: string): Promise<string[]> {
  const text = await apt("apt-cache", ["depends", "--important", name]);
  return [...text.matchAll(/^\s+(?:Pre)?Depends: ([a-z0-9][a-z0-9+.-]*)$/gm)].map((match) => match[1] ?? "");
}

function isLibrary(name: string): boolean {
  return /^(lib|lua-)/.test(name) && !/-perl$/.test(name) && !partsOfLibc.test(name);
}

async function writeWrapper(engine: string, server: string): Promise<void> {
  const root = join(engine, "root");
  const files = await readdir(root, { recursive: true, withFileTypes: true });
  const libraries = files.filter(({ name }) => /\.so(\.|$)/.test(name)).map(({ parentPath }) => parentPath);
  const folders = [...new Set(libraries)].map((folder) => `$here/root/${relative(root, folder)}`);
  const program = files.find(({ name, parentPath }) => name === server && parentPath.endsWith("bin"));
  if (!program) throw new Error(`the packages hold no ${server}`);
  const place = relative(root, join(program.parentPath, program.name));
  const text = [
    "#!/bin/sh",
    'here=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd) || exit 1',
    `LD_LIBRARY_PATH="${folders.join(":")}" exec "$here/root/${place}" "$@"`,
    "",
  ].join("\n");
  const wrapper = join(engine, "bin", server);
  await mkdir(dirname(wrapper), { recursive: true });
  await writeFile(wrapper, text);
  await chmod(wrapper, 0o755);
}

async function keep(engine: string, enginesDir: string, binary: EngineBinary): Promise<FetchOutcome> {
  const name = `${binary.family}-${binary.version}-${process.arch}`;
  const kept = join(enginesDir, name);
  // Whoever comes second finds the first one's copy, which is the same.
  await rename(engine, kept).catch(async (error: unknown) => {
    await access(kept).catch(() => Promise.reject(error));
  });
  return { kind: "fetched", binary: { ...binary, path: join(kept, "bin", `${binary.family}-server`) } };
}

async function onPath(program: string, path: string): Promise<boolean> {
  for (const folder of path.split(delimiter).filter(isAbsolute)) {
    const found = await access(join(folder, program), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return true;
  }
  return false;
}
