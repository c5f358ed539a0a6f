/** `signalbox roadmap …`: what is planned, and how to change it. */
import type { Position } from "../../../books/placing.ts";
import { badInput, isFailure } from "../../../errors.ts";
import { plannedItems } from "../../../orchestration/planned-items.ts";
import type { RoadmapEdit } from "../../../orchestration/roadmap.ts";
import { openBus } from "../bus-context.ts";
import { workplaceOf } from "../clone-context.ts";
import { type Invocation, required } from "../invocation.ts";
import { storesOf } from "../line-context.ts";
import { slugAtDoor } from "../names-at-the-door.ts";
import { handOverPlan } from "../plan-hand-over.ts";
import { knownPlans, nothingKnownOfPlans, planningPlaceOf } from "../planning-context.ts";
import { roadmapLines, roadmapRows } from "../render/roadmap.ts";

/** The roadmap in order, with what is still on its way. Works without the line, and without the remote. */
export async function list(call: Invocation): Promise<number> {
  const workplace = await workplaceOf(call);
  const place = planningPlaceOf(call, workplace);
  const planned = await plannedItems(place, await knownIfUp(call));
  if (planned.away !== null)
    call.output.note(`${planned.away} Shown is what was seen last of ${place.remote}/${place.main}.`);
  const rows = roadmapRows(planned.items);
  if (call.output.json) call.output.document(rows);
  else call.output.lines(roadmapLines(rows, call.output.width));
  return 0;
}

/** Plans a new item. */
export async function add(call: Invocation): Promise<number> {
  const slug = slugAtDoor(required(call, 0));
  const text = (name: string) => oneLine(name, call.options.text(name));
  const after = call.options.list("after").map(slugAtDoor);
  const group = call.options.text("group");
  const edit: RoadmapEdit = {
    act: "add",
    item: {
      slug,
      title: text("title"),
      description: text("description"),
      group: group === null ? null : slugAtDoor(group),
      after: [...new Set(after)],
    },
    position: positionOf(call, ["before"]) ?? { at: "last" },
  };
  return handOverPlan(call, edit);
}

/** Puts an item elsewhere in the order. */
export async function move(call: Invocation): Promise<number> {
  const slug = slugAtDoor(required(call, 0));
  const position = positionOf(call, ["before", "after"]);
  if (position === null)
    throw badInput("no_position", `Where is ${slug} to go?`, {
      cure: "Say --first, --last, --before SLUG or --after SLUG.",
    });
  if ("slug" in position && position.slug === slug)
    throw badInput("no_position", `${slug} cannot stand beside itself.`);
  return handOverPlan(call, { act: "move", slug, position });
}

/** Takes an item out of the roadmap. */
export async function drop(call: Invocation): Promise<number> {
  return handOverPlan(call, { act: "drop", slug: slugAtDoor(required(call, 0)) });
}

/** Where it is to stand; null where nothing was said. Two places at once are refused. */
function positionOf(call: Invocation, neighbours: readonly ("before" | "after")[]): Position | null {
  const said: Position[] = [];
  if (call.options.flag("first")) said.push({ at: "first" });
  if (call.options.flag("last")) said.push({ at: "last" });
  for (const at of neighbours) {
    const slug = call.options.text(at);
    if (slug !== null) said.push({ at, slug: slugAtDoor(slug) });
  }
  if (said.length > 1) throw badInput("two_positions", "An item has one place: name only one.");
  return said[0] ?? null;
}

const longestText = 1000;

function oneLine(name: string, text: string | null): string | null {
  if (text === null) return null;
  const trimmed = text.trim();
  const wrong =
    trimmed === ""
      ? "is empty"
      : trimmed.length > longestText
        ? `has more than ${longestText} characters`
        : /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(trimmed)
          ? "has a character that is not seen, or a line end"
          : null;
  if (wrong === null) return trimmed;
  throw badInput("bad_text", `The ${name} ${wrong}.`, { problems: [{ path: name, message: wrong }] });
}

async function knownIfUp(call: Invocation) {
  try {
    await using bus = await openBus(call);
    return await knownPlans(storesOf(bus));
  } catch (error) {
    if (!isFailure(error) || error.kind !== "unavailable") throw error;
    return nothingKnownOfPlans;
  }
}
