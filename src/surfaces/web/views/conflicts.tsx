/** What git could not join: each path with main's side beside the branch's. */
import { plain, shortSha, words } from "../format.ts";
import { Commit, Pill } from "../parts/bits.tsx";
import { Panel } from "../parts/panel.tsx";
import type { ConflictShape } from "../wire.ts";

type Props = { conflicts: readonly ConflictShape[]; main: string; branch: string };

export function Conflicts({ conflicts, main, branch }: Props) {
  return (
    <Panel title="Conflicts" count={conflicts.length}>
      {conflicts.map((conflict, at) => (
        <details key={`${conflict.path} ${conflict.kind}`} className="conflict" open={at < 3}>
          <summary>
            <code>{plain(conflict.path)}</code>
            <Pill tone="bad">{words(conflict.kind)}</Pill>
          </summary>
          {conflict.message !== "" && <p className="dim">{plain(conflict.message)}</p>}
          {conflict.main_commits.length > 0 && (
            <p className="dim">
              Changed on {main} since by{" "}
              {conflict.main_commits.map((sha) => (
                <Commit key={sha} sha={sha} />
              ))}
            </p>
          )}
          <div className="sides">
            <Side title={`${main} (ours)`} side={conflict.ours} />
            <Side title={`${branch} (theirs)`} side={conflict.theirs} />
          </div>
        </details>
      ))}
    </Panel>
  );
}

function Side({ title, side }: { title: string; side: ConflictShape["ours"] }) {
  return (
    <figure className="side">
      <figcaption>
        {plain(title)}
        {side !== null && <span className="dim"> {shortSha(side.id)}</span>}
      </figcaption>
      {side === null ? (
        <p className="dim side-none">Not there on this side.</p>
      ) : side.excerpt === null ? (
        <p className="dim side-none">Binary, or too large to show.</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be in reach of the keyboard.
        <pre tabIndex={0}>
          {linesOf(side.excerpt).map(({ key, text, kind }) => (
            <span key={key} className={`code-line ${kind}`}>
              {text}
            </span>
          ))}
        </pre>
      )}
    </figure>
  );
}

/** Lines, with git's own conflict marks told apart. */
function linesOf(excerpt: string) {
  let within: "" | "ours" | "theirs" = "";
  return excerpt
    .replace(/\n$/, "")
    .split("\n")
    .map((line, at) => {
      const isMark = /^(<{7}|={7}|>{7}|\|{7})/.test(line);
      if (line.startsWith("<<<<<<<")) within = "ours";
      else if (line.startsWith("=======")) within = "theirs";
      const kind = isMark ? "line-mark" : within === "" ? "" : `line-${within}`;
      if (line.startsWith(">>>>>>>")) within = "";
      return { key: at, text: plain(line), kind };
    });
}
