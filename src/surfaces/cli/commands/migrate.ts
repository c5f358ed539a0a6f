/** `signalbox migrate`: take over, once, what is in flight under an older way of working. */

import type { MigrateShape } from "../../../board/shapes-of-commands.ts";
import { migrate as runMigration } from "../../../orchestration/migrate.ts";
import { openLine } from "../../../workplace.ts";
import { openBus, writerOf } from "../bus-context.ts";
import { userGitOf } from "../clone-context.ts";
import type { Invocation } from "../invocation.ts";
import { migrateLines } from "../render/migrate.ts";
import { sourceOf } from "../source-context.ts";

/** Exits 0 whatever it finds: what it cannot decide is named, with what to do, and left alone. */
export async function migrate(call: Invocation): Promise<number> {
  const dryRun = call.options.flag("dry-run");
  await using bus = await openBus(call);
  const { workplace } = bus;
  const { git, clone, config } = workplace;
  const found = await runMigration(
    {
      source: sourceOf(bus),
      writer: writerOf(bus),
      git,
      userGit: userGitOf(call, git),
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
