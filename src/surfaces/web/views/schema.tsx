/** The schema of a type of event, field by field. */
import { plain, shortType } from "../format.ts";
import { Panel } from "../parts/panel.tsx";
import { fieldsOf } from "../schema-fields.ts";
import type { EventTypeShape } from "../wire.ts";

export function Schema({ type: { type, summary, level, schema } }: { type: EventTypeShape }) {
  const fields = fieldsOf(schema);
  return (
    <Panel title={`Schema of ${shortType(type)}`} acts={<span className="dim">{level}</span>}>
      <p>{plain(summary)}</p>
      <table className="fields">
        <thead>
          <tr>
            <th scope="col">Field</th>
            <th scope="col">Type</th>
            <th scope="col">What</th>
          </tr>
        </thead>
        <tbody>
          {fields.map((field) => (
            <tr key={field.name}>
              <th scope="row">
                <code>{plain(field.name)}</code>
                {field.isRequired && (
                  <span className="required" title="required">
                    *<span className="hidden"> required</span>
                  </span>
                )}
              </th>
              <td>
                <code className="dim">{plain(field.type)}</code>
              </td>
              <td className="dim">{plain(field.what)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <details>
        <summary>JSON Schema</summary>
        <pre className="payload">{JSON.stringify(schema, null, 2)}</pre>
      </details>
    </Panel>
  );
}
