/** One of a few: radio buttons that look like a row of tabs, and behave as radio buttons do. */
import { useId } from "react";

type Props<Name extends string> = {
  name: string;
  options: Readonly<Record<NoInfer<Name>, string>>;
  value: Name;
  change(next: NoInfer<Name>): void;
};

export function Choice<Name extends string>({ name, options, value, change }: Props<Name>) {
  const group = useId();
  // as: the keys of a record of names are those names; the language's own type is wider.
  const names = Object.keys(options) as Name[];
  return (
    <fieldset className="choice">
      <legend className="hidden">{name}</legend>
      {names.map((option) => (
        <label key={option}>
          <input type="radio" name={group} checked={option === value} onChange={() => change(option)} />
          <span>{options[option]}</span>
        </label>
      ))}
    </fieldset>
  );
}
