/**
 * Lines as Ink draws them. The one place of this surface where text becomes an element: what a span says is escaped here,
 * whatever it says, and a line that a terminal measures otherwise than we do is cut, never wrapped.
 */
import { Box, Text, type TextProps } from "ink";
import { createElement, type ReactElement } from "react";
import { escapeForDisplay } from "../../git/names.ts";
import type { Span, Style } from "../text.ts";
import type { ScreenLine } from "./screen.ts";

type Look = Pick<TextProps, "color" | "bold" | "dimColor">;

/** With colours, and without: then weight alone tells what a word is. */
const looks: Readonly<Record<"colour" | "plain", Readonly<Record<Style, Look>>>> = {
  colour: {
    strong: { bold: true },
    dim: { dimColor: true },
    good: { color: "green" },
    bad: { color: "red" },
    warn: { color: "yellow" },
    accent: { color: "cyan" },
  },
  plain: {
    strong: { bold: true },
    dim: { dimColor: true },
    good: {},
    bad: { bold: true },
    warn: { bold: true },
    accent: { bold: true },
  },
};

export type PaintOptions = { columns: number; isColoured: boolean };

/** The screen: one line of text a row, in a box of exactly its size. */
export function painted(lines: readonly ScreenLine[], { columns, isColoured }: PaintOptions): ReactElement {
  const look = looks[isColoured ? "colour" : "plain"];
  const rows = lines.map(({ line, isSelected }, at) =>
    createElement(
      Text,
      { key: at, wrap: "truncate", inverse: isSelected },
      ...line.map((span, index) => spanOf(span, look, index)),
    ),
  );
  return createElement(Box, { flexDirection: "column", width: columns, height: lines.length }, ...rows);
}

function spanOf(span: Span, look: Readonly<Record<Style, Look>>, key: number): ReactElement | string {
  if (typeof span === "string") return escapeForDisplay(span);
  return createElement(Text, { key, ...look[span.style] }, escapeForDisplay(span.text));
}
