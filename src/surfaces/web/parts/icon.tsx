/** The page's own few icons, drawn in the text's colour. Never the only bearer of a meaning. */

const paths = {
  check: "M3.5 8.5l3 3 6-7",
  cross: "M4 4l8 8M12 4l-8 8",
  dot: "M8 6.5a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3z",
  warn: "M8 2.5l6 10.5H2zM8 6.5v3M8 11.4v.1",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  play: "M5 3.5l7 4.5-7 4.5z",
  drain: "M3 3.5h10M5 7h6M7 10.5h2M8 10.5v3",
  retry: "M13 8a5 5 0 1 1-1.6-3.7M13 2.5v2.7h-2.7",
  copy: "M5.5 5.5h7v8h-7zM3.5 10.5v-8h7",
  sun: "M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9",
  moon: "M13 9.5A5.5 5.5 0 1 1 6.5 3a4.3 4.3 0 0 0 6.5 6.5z",
  screen: "M2 3.5h12v7.5H2zM6 13.5h4M8 11v2.5",
  help: "M6 6.2a2 2 0 1 1 2.8 1.9c-.6.3-.8.7-.8 1.4M8 11.6v.1",
  arrow: "M3 8h10M9 4l4 4-4 4",
  out: "M6.5 3.5h-3v9h9v-3M9 3h4v4M13 3L7.5 8.5",
  back: "M13 8H3M7 4L3 8l4 4",
  eye: "M1.5 8S4 3.8 8 3.8 14.5 8 14.5 8 12 12.2 8 12.2 1.5 8 1.5 8zM8 6.4a1.6 1.6 0 1 0 0 3.2 1.6 1.6 0 0 0 0-3.2z",
  hand: "M8 14c-3 0-4.5-2-5-4l-.8-2.3c-.2-.8.9-1.2 1.3-.4L4.7 9V3.8c0-1 1.4-1 1.4 0V7 2.6c0-1 1.5-1 1.5 0V7 3.2c0-1 1.4-1 1.4 0v4.2-2.8c0-1 1.4-1 1.4 0V10c0 2.5-1.2 4-2.4 4z",
  clock: "M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM8 5v3.2l2 1.3",
} as const;

export type IconName = keyof typeof paths;

/** An icon beside a text that says the same. */
export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}
