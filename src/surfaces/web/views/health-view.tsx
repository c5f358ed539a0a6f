/** Health: what `signalbox doctor` says, the worst first, each with its cure. */
import { plain, words } from "../format.ts";
import { Pill, type Tone } from "../parts/bits.tsx";
import { Icon } from "../parts/icon.tsx";
import { Panel } from "../parts/panel.tsx";
import { Read } from "../parts/states.tsx";
import { useResource } from "../state/resource.ts";
import type { DoctorShape, Finding } from "../wire.ts";

const ranks = { error: 0, warning: 1, ok: 2 } as const;
const tones: Record<Finding["level"], Tone> = { error: "bad", warning: "warn", ok: "good" };
const icons = { error: "cross", warning: "warn", ok: "check" } as const;

export function HealthView() {
  const doctor = useResource<DoctorShape>("/doctor");
  return (
    <div className="health-view">
      <div className="view-head">
        <h1>Health</h1>
        <button type="button" onClick={doctor.reload}>
          <Icon name="retry" /> Examine again
        </button>
      </div>
      <Read of={doctor}>
        {({ checks }) => {
          const sorted = checks.toSorted((a, b) => ranks[a.level] - ranks[b.level]);
          const wrong = checks.filter(({ level }) => level !== "ok").length;
          return (
            <Panel
              title={wrong === 0 ? "All is well" : "What needs a look"}
              count={wrong === 0 ? null : wrong}
            >
              <ul className="findings">
                {sorted.map((finding) => (
                  <Row key={finding.name} finding={finding} />
                ))}
              </ul>
            </Panel>
          );
        }}
      </Read>
    </div>
  );
}

function Row({ finding: { name, level, detail, cure } }: { finding: Finding }) {
  return (
    <li className={`finding finding-${level}`}>
      <span className="finding-name">
        <Icon name={icons[level]} />
        <strong>{words(name)}</strong>
      </span>
      <span className="finding-text">
        <span>{plain(detail)}</span>
        {cure !== null && <span className="cure">{plain(cure)}</span>}
      </span>
      <Pill tone={tones[level]}>{level}</Pill>
    </li>
  );
}
