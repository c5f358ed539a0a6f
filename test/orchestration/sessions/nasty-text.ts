/** Text as terminals get it: commands that are whole, cut, nested or never end, among letters. */
import fc from "fast-check";

const units = ["\u001b", "[", "]", "P", "\r", "\n", "m", "1", ";", "\u0007", "\\", "\u009b", "ä", "😀", "x"];

export const nastyText = fc.string({ unit: fc.constantFrom(...units, "\ufeff"), maxLength: 60 });
