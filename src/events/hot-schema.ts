/**
 * Pure: a schema that is compiled once it is asked often. The compiled one takes a quarter of the time, but making it
 * takes as long as a thousand checks, which a command that says one event would pay for nothing.
 */
import { z } from "zod";

/** So many uses make a schema worth compiling. */
const hotAfter = 200;

/** The schema's `safeParse`: the same verdicts, the same values, the same issues, compiled or not. */
export function hotSchema<Schema extends z.ZodType>(
  schema: Schema,
): (value: unknown) => z.ZodSafeParseResult<z.output<Schema>> {
  let uses = 0;
  let current = schema;
  return (value) => {
    uses += 1;
    // What zod cannot compile it hands back as it is.
    if (uses === hotAfter) current = z.compile(schema);
    return current.safeParse(value);
  };
}
