/** `signalbox migrate`: take over, once, what is in flight under an older way of working. */

import type { MigrateShape } from "../../../board/shapes-of-commands.ts";
import { catalogWith } from "../../../events/catalog-with.ts";
import { createGit } from "../../../git/run.ts";
import { migrate as runMigration } from "../../../orchestration/migrate.ts";
import { openLine } from "../../../workplace.ts";
import { openBus, writerOf } from "../bus-context.ts";
import type { Invocation } from "../invocation.ts";
import { migrateLines } from "../render/migrate.ts";

/** Exits 0 whatever it finds: what it cannot decide is named, with what to do, and left alone. */
export async function migrate(call: Invocation): Promise<number> {
  const dryRun = call.options.flag("dry-run");
  await using bus = await openBus(call);
  const { redis, keys, workplace } = bus;
  const { git, clone, config } = workplace;
  const found = await runMigration(
    {
      source: { redis, keys, catalog: catalogWith(config.events) },
      writer: writerOf(bus),
      git,
      userGit: createGit({ binary: git.binary, env: call.environment.variables, mode: "user" }),
      clone,
      openLine: () => openLine(workplace),
      remote: config.remote,
      main: config.main,
      todos: config.delivery.todos,
    },
    { dryRun },
  );
  const items = found.map(({ place: worktree, next: next_action, ...rest }) => ({
    ...rest,
    worktree,
    next_action,
  }));
  const shape: MigrateShape = { dry_run: dryRun, items };
  if (call.output.json) call.output.document(shape);
  else call.output.lines(migrateLines(shape));
  return 0;
}
