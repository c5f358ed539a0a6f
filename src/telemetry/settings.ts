/**
 * Pure. Whether traces are told, and to whom, by the environment variables that OpenTelemetry gives to all programs. They
 * are set for many at once, so what we cannot do switches our traces off with a word: it never stops a command.
 */

export type Variables = { readonly [name: string]: string | undefined };

export type TelemetrySettings =
  | { kind: "off" }
  | { kind: "unusable"; problem: string }
  /** `receiver`: its address without path, user and password, for people. */
  | { kind: "on"; protocol: Protocol; receiver: string };

export const protocols = ["http/protobuf", "http/json"] as const;
export type Protocol = (typeof protocols)[number];

const defaultEndpoint = "http://localhost:4318";

/** Reads the variables; an empty one counts as unset. */
export function telemetrySettings(variables: Variables): TelemetrySettings {
  const value = (...names: string[]) => {
    const name = names.find((each) => (variables[each] ?? "").trim() !== "");
    return name === undefined ? null : { name, text: (variables[name] ?? "").trim() };
  };
  if (value("OTEL_SDK_DISABLED")?.text.toLowerCase() === "true") return { kind: "off" };
  const exporter = value("OTEL_TRACES_EXPORTER");
  const exporters = exporter?.text.split(",").map((each) => each.trim());
  if (exporters?.includes("none")) return { kind: "off" };
  const endpoint = value("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT");
  if (endpoint === null && !exporters?.includes("otlp")) return { kind: "off" };
  if (exporter !== null && !exporters?.includes("otlp"))
    return unusable(`${exporter.name} is ${JSON.stringify(cut(exporter.text))}; only otlp is known`);
  const receiver = originOf(endpoint?.text ?? defaultEndpoint);
  // Its text may hold a password.
  if (receiver === null) return unusable(`${endpoint?.name} is no http:// or https:// URL`);
  const asked = value("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL");
  const protocol = protocols.find((each) => each === (asked?.text ?? protocols[0]));
  if (protocol === undefined)
    return unusable(
      `${asked?.name} is ${JSON.stringify(cut(asked?.text ?? ""))}; ${protocols.join(" and ")} are known`,
    );
  return { kind: "on", protocol, receiver };
}

function unusable(problem: string): TelemetrySettings {
  return { kind: "unusable", problem };
}

function originOf(text: string): string | null {
  const url = URL.parse(text);
  return url !== null && (url.protocol === "http:" || url.protocol === "https:") ? url.origin : null;
}

function cut(text: string): string {
  return text.slice(0, 40);
}
