/** Putting a notification off: for an hour, until this evening, tomorrow, next week. */
import { wallMs, zoneOffsetMinutes } from "../clock.ts";
import { snoozeTimes } from "../snooze-times.ts";
import { snoozeNotification } from "../state/acts.ts";

export function Snooze({ id }: { id: string }) {
  return (
    <label className="select snooze">
      <span className="hidden">Snooze</span>
      <select
        value=""
        onChange={({ target }) => {
          const chosen = snoozeTimes(wallMs(), zoneOffsetMinutes()).find(({ name }) => name === target.value);
          if (chosen !== undefined) void snoozeNotification(id, { until: chosen.until, words: chosen.name });
        }}
      >
        <option value="" disabled>
          Snooze…
        </option>
        {snoozeTimes(wallMs(), 0).map(({ name }) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
