/** Which variables switch traces on, off, or off with a word. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type TelemetrySettings, telemetrySettings, type Variables } from "../../src/telemetry/settings.ts";

const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318" };
const on: TelemetrySettings = { kind: "on", protocol: "http/protobuf", receiver: "http://collector:4318" };

const settled: Record<string, [Variables, TelemetrySettings]> = {
  "nothing set": [{}, { kind: "off" }],
  "variables of other signals": [
    { OTEL_SERVICE_NAME: "shop", OTEL_METRICS_EXPORTER: "otlp" },
    { kind: "off" },
  ],
  "an empty endpoint": [{ OTEL_EXPORTER_OTLP_ENDPOINT: " " }, { kind: "off" }],
  "an endpoint": [endpoint, on],
  "one for traces": [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://collector:4318/v1/traces" }, on],
  "the exporter alone": [{ OTEL_TRACES_EXPORTER: "otlp" }, { ...on, receiver: "http://localhost:4318" }],
  JSON: [
    { ...endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: "http/json" },
    { ...on, protocol: "http/json" },
  ],
  "the SDK is disabled": [{ ...endpoint, OTEL_SDK_DISABLED: "True" }, { kind: "off" }],
  "disabled by another word": [{ ...endpoint, OTEL_SDK_DISABLED: "1" }, on],
  "no exporter of traces": [{ ...endpoint, OTEL_TRACES_EXPORTER: "none" }, { kind: "off" }],
  "one exporter of several": [{ ...endpoint, OTEL_TRACES_EXPORTER: "console, otlp" }, on],
  "a password in the endpoint": [
    { OTEL_EXPORTER_OTLP_ENDPOINT: "https://user:secret@collector:4318/path" },
    { ...on, receiver: "https://collector:4318" },
  ],
};

const unusable: Record<string, [Variables, RegExp]> = {
  "no URL": [{ OTEL_EXPORTER_OTLP_ENDPOINT: "collector secret" }, /^OTEL_EXPORTER_OTLP_ENDPOINT is no http/],
  "another scheme": [
    { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "grpc://secret:4317" },
    /^OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is/,
  ],
  "the protocol we do not speak": [
    { ...endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" },
    /PROTOCOL is "grpc"; http\/protobuf and http\/json/,
  ],
  "the one for traces counts": [
    { ...endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: "http/json", OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "grpc" },
    /^OTEL_EXPORTER_OTLP_TRACES_PROTOCOL/,
  ],
  "another exporter": [{ ...endpoint, OTEL_TRACES_EXPORTER: "zipkin" }, /^OTEL_TRACES_EXPORTER is "zipkin"/],
};

describe("the environment's settings for traces", () => {
  for (const [what, [variables, expected]] of Object.entries(settled))
    test(what, () => assert.deepEqual(telemetrySettings(variables), expected));

  for (const [what, [variables, problem]] of Object.entries(unusable))
    test(`cannot be used, and say so without their secrets: ${what}`, () => {
      const settings = telemetrySettings(variables);
      assert.equal(settings.kind, "unusable");
      if (settings.kind === "unusable") {
        assert.match(settings.problem, problem);
        assert.doesNotMatch(settings.problem, /secret/);
      }
    });
});
