import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { execa } from "execa";
import { isFailure } from "../../src/errors.ts";
import { connect, defineScript, type Redis } from "../../src/redis/connection.ts";
import { isWorldFailure } from "../../src/redis/failure.ts";
import { movedTo } from "../../src/redis/route.ts";
import { parseRedisUrl } from "../../src/redis/target.ts";
import { findTestServer, startTestRedis, type TestRedis } from "../world/redis.ts";
import { waitUntil } from "../world/wait-until.ts";

const loopback = ["--bind", "127.0.0.1", "--protected-mode", "no"];

test("a MOVED reply names the node, the own one where the host is left out", () => {
  assert.deepEqual(movedTo("MOVED 3999 10.0.0.2:6381", "10.0.0.1:1"), { host: "10.0.0.2", port: 6381 });
  assert.deepEqual(movedTo("MOVED 3999 :6381", "10.0.0.1:1"), { host: "10.0.0.1", port: 6381 });
  assert.deepEqual(movedTo("MOVED 3999 ::1:6381", "[::1]:1"), { host: "::1", port: 6381 });
  assert.equal(movedTo("ASK 1 h:1", "h:1"), null);
});

test("in a cluster all commands find the node of their slot, keyless ones and scripts too", async () => {
  const [portA, portB] = [await freePort(), await freePort()];
  const node = (port: number) => [...loopback, "--port", `${port}`, "--cluster-enabled", "yes"];
  await using a = await startTestRedis({ args: node(portA) });
  await using b = await startTestRedis({ args: node(portB) });
  await a.redis.command(["CLUSTER", "ADDSLOTSRANGE", 0, 8191]);
  await b.redis.command(["CLUSTER", "ADDSLOTSRANGE", 8192, 16383]);
  await b.redis.command(["CLUSTER", "SET-CONFIG-EPOCH", 2]);
  await a.redis.command(["CLUSTER", "MEET", "127.0.0.1", portB]);
  for (const node of [a, b]) await clusterUp(node);
  // "foo" is in slot 12182, b's half; the first seed is a.
  const url = `redis+cluster://127.0.0.1:${portA},127.0.0.1:${portB}`;
  const redis = await connect(parseRedisUrl(url));
  const calls = Array.from({ length: 20 }, (_, index) =>
    redis.command(["HSET", "{foo}:h", `f${index}`, "1"]),
  );
  await Promise.all(calls);
  const size = defineScript("size", "return redis.call('HLEN', KEYS[1])");
  assert.equal(await redis.script(size, ["{foo}:h"], []), 20);
  assert.deepEqual(
    await redis.pipeline([
      ["SET", "{foo}:a", "x"],
      ["GET", "{foo}:a"],
    ]),
    ["OK", "x"],
  );
  assert.match(String(await redis.command(["INFO", "server"])), new RegExp(`tcp_port:${portB}`));
  // The node dies, the other seed answers: it is said that the cluster cannot serve these keys, and nothing hangs.
  await b.kill();
  await assert.rejects(redis.command(["GET", "{foo}:a"]), (error) => isFailure(error));
  await redis.close();
});

test("through Sentinel the master of now is found, and the next one after a failover", async () => {
  const [portA, portB, portNobody] = [await freePort(), await freePort(), await freePort()];
  await using a = await startTestRedis({ args: [...loopback, "--port", `${portA}`] });
  const replicaOf = ["--replicaof", "127.0.0.1", `${portA}`, "--repl-diskless-sync-delay", "0"];
  await using b = await startTestRedis({ args: [...loopback, "--port", `${portB}`, ...replicaOf] });
  await using sentinel = await startSentinel(a.dir, portA);
  const url = `redis+sentinel://127.0.0.1:${portNobody},127.0.0.1:${sentinel.port}/line`;
  const redis = await connect(parseRedisUrl(url));
  await redis.command(["SET", "x", "1"]);
  const knows = async () =>
    String(await sentinel.redis.command(["SENTINEL", "REPLICAS", "line"])).includes("ok");
  await waitUntil(async () => (await b.redis.command(["GET", "x"])) === "1" && knows(), {
    what: "the replica",
  });
  await sentinel.redis.command(["SENTINEL", "FAILOVER", "line"]);
  // While it fails over there are failures, each typed; then the new master is written to.
  await waitUntil(
    async () => {
      await redis.command(["SET", "x", "2"]).catch((error: unknown) => {
        assert.ok(isWorldFailure(error), String(error));
      });
      return (
        (await b.redis.command(["GET", "x"])) === "2" &&
        String(await b.redis.command(["ROLE"])).startsWith("master")
      );
    },
    { what: "a write to the new master" },
  );
  await redis.close();
  await assert.rejects(
    connect(parseRedisUrl(`redis+sentinel://127.0.0.1:${sentinel.port}/nobody`)),
    (error) => isFailure(error, "redis_unreachable"),
  );
});

test("TLS is spoken where the URL says so, and only with a certificate that is trusted", async (t) => {
  const made = await execa("openssl", ["version"], { reject: false });
  if (made.failed) return t.skip("no openssl here");
  const port = await freePort();
  await using folder = await startTestRedis();
  const [key, certificate] = [join(folder.dir, "key.pem"), join(folder.dir, "cert.pem")];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
  const request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  await execa("openssl", [...request, "-days", "1", "-keyout", key, "-out", certificate, ...subject]);
  const files = ["--tls-cert-file", certificate, "--tls-key-file", key, "--tls-ca-cert-file", certificate];
  const args = [...loopback, "--tls-port", `${port}`, ...files, "--tls-auth-clients", "no"];
  await using server = await startTestRedis({ args });
  assert.ok(server);
  const redis = await connect(parseRedisUrl(`rediss://localhost:${port}?ca=${certificate}`));
  assert.equal(await redis.command(["PING"]), "PONG");
  await redis.close();
  for (const url of [`rediss://localhost:${port}`, `redis://localhost:${port}`]) {
    await assert.rejects(connect(parseRedisUrl(url), { deadlineMs: 2000 }), (error) =>
      isFailure(error, "redis_unreachable"),
    );
  }
});

async function clusterUp(node: TestRedis): Promise<void> {
  await waitUntil(
    async () => {
      const text = String(await node.redis.command(["CLUSTER", "INFO"]));
      return text.includes("cluster_state:ok") && text.includes("cluster_slots_ok:16384");
    },
    { what: "the cluster's agreement" },
  );
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  // A cluster node also takes its port + 10000.
  const port = typeof address === "object" && address ? address.port : 0;
  return port > 50_000 ? port - 20_000 : port;
}

async function startSentinel(
  dir: string,
  masterPort: number,
): Promise<{ port: number; redis: Redis } & AsyncDisposable> {
  const port = await freePort();
  const configuration = join(dir, "sentinel.conf");
  const monitor = `sentinel monitor line 127.0.0.1 ${masterPort} 1\nsentinel down-after-milliseconds line 2000\n`;
  await writeFile(configuration, `port ${port}\nbind 127.0.0.1\ndir "${dir}"\n${monitor}`);
  const child = spawn(findTestServer(), [configuration, "--sentinel"], { stdio: "ignore" });
  const target = parseRedisUrl(`redis://127.0.0.1:${port}`);
  const redis = await waitUntil(() => connect(target), { what: "the sentinel" });
  return {
    port,
    redis,
    [Symbol.asyncDispose]: async () => {
      await redis.close();
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}
