/** What main's own files say must be delivered before what: the `after:` lists of the roadmap. Reads, never writes. */
import { parseRoadmap, type Roadmap } from "../books/roadmap.ts";
import type { LineRepository } from "../git/line-repository.ts";

/** The roadmap at a commit of main. A file that is missing or malformed makes nobody wait. */
export async function readRoadmap(line: LineRepository, main: string, todos: string): Promise<Roadmap> {
  const { tree } = await line.objects.readCommit(main);
  const text = async (path: string): Promise<string | null> => {
    const entry = await line.objects.entryAt(tree, path);
    if (entry === null || !entry.mode.startsWith("100")) return null;
    return (await line.objects.readBlob(entry.id)).toString("utf8");
  };
  return parseRoadmap(await text(`${todos}/roadmap.yaml`), await text(`${todos}/delivered.yaml`));
}
