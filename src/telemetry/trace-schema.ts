/** Pure: a place in a trace as it lies in records; absent in those of a version that knew nothing of it. */
import { z } from "zod";

export const traceSchema = z
  .object({ traceparent: z.string(), tracestate: z.string().exactOptional() })
  .exactOptional();
