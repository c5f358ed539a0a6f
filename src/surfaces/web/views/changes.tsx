/** What a candidate changes: its files, and how much of each. */
import { useState } from "react";
import { counted, plain } from "../format.ts";
import { Panel } from "../parts/panel.tsx";
import type { FileStatShape } from "../wire.ts";

const shownFirst = 30;

export function Changes({ files }: { files: readonly FileStatShape[] }) {
  const [isWhole, setWhole] = useState(false);
  if (files.length === 0) return null;
  const most = Math.max(1, ...files.map(({ insertions, deletions }) => (insertions ?? 0) + (deletions ?? 0)));
  const shown = isWhole ? files : files.slice(0, shownFirst);
  const sum = (side: "insertions" | "deletions") =>
    files.reduce((total, file) => total + (file[side] ?? 0), 0);
  return (
    <Panel
      title="Changes"
      count={files.length}
      acts={
        <span className="dim">
          <span className="added">+{sum("insertions").toLocaleString("en")}</span>{" "}
          <span className="removed">−{sum("deletions").toLocaleString("en")}</span>
        </span>
      }
    >
      <table className="changes">
        <thead className="hidden">
          <tr>
            <th>File</th>
            <th>Lines</th>
            <th>Share</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((file) => (
            <File key={file.path} file={file} most={most} />
          ))}
        </tbody>
      </table>
      {files.length > shown.length && (
        <button type="button" onClick={() => setWhole(true)}>
          Show {counted(files.length - shown.length, "more file")}
        </button>
      )}
    </Panel>
  );
}

function File({ file: { path, insertions, deletions }, most }: { file: FileStatShape; most: number }) {
  const isBinary = insertions === null || deletions === null;
  return (
    <tr>
      <td className="file" title={plain(path)}>
        <bdi>{plain(path)}</bdi>
      </td>
      <td className="lines">
        {isBinary ? (
          <span className="dim">binary</span>
        ) : (
          <>
            <span className="added">+{insertions}</span> <span className="removed">−{deletions}</span>
          </>
        )}
      </td>
      <td className="bar">
        <svg width="64" height="8" aria-hidden="true">
          <rect className="bar-added" width={share(insertions, most)} height="8" rx="1" />
          <rect
            className="bar-removed"
            x={share(insertions, most)}
            width={share(deletions, most)}
            height="8"
            rx="1"
          />
        </svg>
      </td>
    </tr>
  );
}

function share(lines: number | null, most: number): number {
  return lines === null || lines === 0 ? 0 : Math.max(2, Math.round((64 * lines) / most));
}
