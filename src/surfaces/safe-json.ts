/** Pure. JSON as every surface prints it. */

/**
 * JSON that is also safe to look at: what JSON itself leaves bare (C1, bidi, zero-width characters, line separators) is
 * written as `\uXXXX`, which every parser reads back as the same string. `null` for what is absent.
 */
export function safeJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, (_, each: unknown) => (each === undefined ? null : each), indent).replace(
    /[\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
