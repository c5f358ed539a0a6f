// A client of receive-pack of one's own: neither git push nor send-pack, and no hook of the clone's.
import { spawn, spawnSync } from "node:child_process";

const [origin, from, to] = process.argv.slice(2);
const packet = (text) => Buffer.from(`${(text.length + 4).toString(16).padStart(4, "0")}${text}`);
const pack = spawnSync("git", ["pack-objects", "--revs", "--stdout", "-q"], { input: `${to}\n^${from}\n` });
const server = spawn("git-receive-pack", [origin], {
  env: {
    ...process.env,
    PATH: `${spawnSync("git", ["--exec-path"]).stdout.toString().trim()}:${process.env.PATH}`,
  },
  stdio: ["pipe", "pipe", "inherit"],
});
server.stdout.resume();
server.stdin.write(packet(`${from} ${to} refs/heads/main\0 report-status`));
server.stdin.write("0000");
server.stdin.end(pack.stdout);
server.on("close", (code) => process.exit(code ?? 1));
