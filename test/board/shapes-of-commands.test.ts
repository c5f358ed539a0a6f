import assert from "node:assert/strict";
import { test } from "node:test";
import { cutoverShape } from "../../src/board/shape-cutover.ts";
import * as shapes from "../../src/board/shapes.ts";
import {
  cutoverSchema,
  finalizeSchema,
  migrateSchema,
  paritySchema,
  reconcileSchema,
  submitSchema,
  trySchema,
  verifySchema,
} from "../../src/board/shapes-of-commands.ts";
import { cutoverOf } from "../../src/guards/cutover.ts";
import { jsonShapes } from "../../src/surfaces/cli/json-fields.ts";

/** The reference of the command line, held against the schemas; the real program is held against it elsewhere. */
const schemas = {
  status: shapes.statusSchema,
  "queue list": shapes.queueItemSchema,
  candidates: shapes.candidateSchema,
  why: shapes.whySchema,
  "notifications list": shapes.notificationSchema,
  "events list": shapes.eventSchema,
  "sessions list": shapes.sessionSchema,
  doctor: shapes.doctorSchema,
  submit: submitSchema,
  try: trySchema,
  verify: verifySchema,
  reconcile: reconcileSchema,
  migrate: migrateSchema,
  parity: paritySchema,
  "cutover status": cutoverSchema,
  "todo finalize": finalizeSchema,
};

for (const [command, schema] of Object.entries(schemas))
  test(`${command} prints the fields of its schema, in its order`, () => {
    assert.deepEqual(Object.keys(schema.shape), jsonShapes[command]?.fields);
  });

test("the cutover as it is shown is of its schema", () => {
  const configured = { enabled: true, parity_evidence_accepted: false, rollback_on_incomplete_parity: true };
  const shown = cutoverShape(cutoverOf(configured, null));
  assert.deepEqual(cutoverSchema.strict().parse(shown), shown);
  assert.equal(shown.mode, "shadow");
});
