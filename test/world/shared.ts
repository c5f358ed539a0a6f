/** One world for all journeys of a file: they are told apart by their slugs. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { expectOneStory } from "./invariants.ts";
import { openWorld, type World, type WorldOptions, withStory } from "./world.ts";

export type Journey = (title: string, body: (world: World) => Promise<void>) => void;

/**
 * Opens a world before the file's tests and ends it after them: main, events and queue must tell one story, and nothing
 * may be left. Gives the function that declares a test in it.
 */
export function shareWorld(options: WorldOptions = {}, story: { foreignCommits?: number } = {}): Journey {
  let world: World | null = null;
  before(async () => {
    world = await openWorld(options);
  });
  after(async () => {
    if (world === null) return;
    await using ending = world;
    await withStory(ending, async () => {
      await expectOneStory(ending, story);
      await ending.expectNothingLeft();
    });
  });
  return (title, body) => {
    test(title, async () => {
      const opened = world ?? assert.fail("the world did not open");
      await withStory(opened, () => body(opened));
    });
  };
}
