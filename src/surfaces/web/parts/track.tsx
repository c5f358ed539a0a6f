/** The track diagram: the board as a signaller sees it. For the eyes alone; the lists below it say the same to everybody. */
import { useEffect, useRef, useState } from "react";
import { plain } from "../format.ts";
import { hrefOf } from "../routes.ts";
import type { SignalAspect } from "../standing.ts";
import { fitted, type Layout, layoutOf, type Mark, panel, type Standing } from "../track-layout.ts";

type Props = { standing: Standing; aspect: SignalAspect };

export function Track({ standing, aspect }: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return (
    <div ref={frame} className="track">
      {width > 0 && <Diagram layout={layoutOf(width, standing)} aspect={aspect} />}
    </div>
  );
}

function Diagram({ layout, aspect }: { layout: Layout; aspect: SignalAspect }) {
  const { width, rails, titles, more } = layout;
  return (
    <svg width={width} height={panel.height} viewBox={`0 0 ${width} ${panel.height}`} aria-hidden="true">
      <g className="rails">
        {rails.yard.map((path) => (
          <path key={path} d={path} />
        ))}
        <path d={rails.siding} className="rail-siding" />
        <path d={rails.main} className="rail-main" />
        <path d={rails.buffer} />
      </g>
      <g className="zone-titles">
        <text x={titles.yard} y={22}>
          Not ready
        </text>
        <text x={titles.approach} y={22}>
          Queued
        </text>
        <text x={titles.junction} y={22}>
          On the line
        </text>
        <text x={titles.main} y={22}>
          Main
        </text>
        <text x={titles.siding} y={panel.height - 6}>
          Siding: blocked
        </text>
      </g>
      <Stops stops={layout.stops} />
      <Signal {...layout.signal} aspect={aspect} />
      {layout.landings.map(({ key, slug, x, y }, at) => (
        <a key={key} href={hrefOf({ view: "candidate", slug })} tabIndex={-1} className="landing">
          <circle r={at === 0 ? 6 : 4.5} style={{ transform: `translate(${x}px, ${y}px)` }}>
            <title>{plain(slug)}</title>
          </circle>
        </a>
      ))}
      {layout.trains.map((train) => (
        <TrainMark key={train.key} train={train} />
      ))}
      {more.map(({ kind, x, y, count }) => (
        <text key={kind} className="more" x={x + 8} y={y + 4}>
          +{count.toLocaleString("en")} more
        </text>
      ))}
    </svg>
  );
}

function Stops({ stops }: { stops: Layout["stops"] }) {
  return (
    <g className="stops">
      {stops.map(({ name, x, y, reached, isNamed }) => (
        <g key={name} className={`stop stop-${reached}`}>
          <path d={`M${x} ${y - 7}v14`} />
          {isNamed && (
            <text x={x} y={y + 32}>
              {name}
            </text>
          )}
        </g>
      ))}
    </g>
  );
}

function Signal({ x, y, aspect }: { x: number; y: number; aspect: SignalAspect }) {
  return (
    <g className={`signal signal-${aspect}`} transform={`translate(${x} ${y})`}>
      <path d="M0 -6V-26" />
      <rect x={-7} y={-50} width={14} height={26} rx={7} />
      <circle cy={-43} r={3.6} className="lamp-stop" />
      <circle cy={-32} r={3.6} className="lamp-clear" />
    </g>
  );
}

function TrainMark({ train: { slug, kind, x, y, width } }: { train: Mark }) {
  const half = panel.trainHeight / 2;
  const body = `M4 ${-half}H${width - 11}L${width} 0L${width - 11} ${half}H4a4 4 0 0 1 -4 -4V${-half + 4}a4 4 0 0 1 4 -4z`;
  return (
    <a
      href={hrefOf({ view: "candidate", slug })}
      tabIndex={-1}
      className={`train train-${kind}`}
      style={{ transform: `translate(${x}px, ${y}px)` }}
    >
      <title>{plain(slug)}</title>
      <path d={body} />
      <text x={8} y={4}>
        {plain(fitted(slug, width))}
      </text>
    </a>
  );
}
