/** What the bundler is told beyond its options: how parts share code, and how Node's own modules are reached. */
import { readFile } from "node:fs/promises";
import { builtinModules } from "node:module";
import { dirname } from "node:path";

/**
 * One common file instead of dozens. A bundler that splits puts every module into a file of its own combination of parts,
 * and each file costs a start a third of a millisecond. So every part (what is imported lazily) begins with an import of
 * the modules in `common`, which are loaded by then in any case: what belongs to all parts lands in one file.
 */
export function commonPart({ common, parts }) {
  const own = new Set([...common, ...parts]);
  const text = common.map((path) => `import ${JSON.stringify(path)};`).join("\n");
  return {
    name: "common-part",
    setup(build) {
      build.onResolve({ filter: /^signalbox:common$/ }, () => ({ path: "common", namespace: "signalbox" }));
      build.onLoad({ filter: /.*/, namespace: "signalbox" }, () => ({ contents: text, resolveDir: "/" }));
      build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        if (!own.has(path)) return null;
        // On the same line: what errors say of lines stays true.
        const contents = `import "signalbox:common";${await readFile(path, "utf8")}`;
        return { contents, loader: "ts", resolveDir: dirname(path) };
      });
    },
  };
}

/**
 * Node's own modules by `process.getBuiltinModule`. An `import` of one reads all its exports, which loads what hangs on
 * its getters (streams, workers, web crypto): a third of Node's own start, for nothing. `node:crypto`, as much again, is
 * loaded by the first call of one of its functions: most commands make no digest.
 */
export const plainBuiltins = {
  name: "plain-builtins",
  setup(build) {
    const known = new Set(builtinModules);
    build.onResolve({ filter: /^(?:node:)?[a-z_/0-9]+$/ }, ({ path, kind }) => {
      const name = path.replace(/^node:/, "");
      if (!known.has(name)) return null;
      return { path: `node:${name}`, namespace: kind === "require-call" ? "builtin-whole" : "builtin" };
    });
    build.onLoad({ filter: /.*/, namespace: "builtin-whole" }, ({ path }) => ({
      contents: `module.exports = ${reach(path)};`,
    }));
    build.onLoad({ filter: /.*/, namespace: "builtin" }, ({ path }) => ({ contents: exportsOf(path) }));
  },
};

/** The schema library's messages in our one language: the other fifty are a third of it. */
export const englishOnly = {
  name: "english-only",
  setup(build) {
    build.onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, ({ path }) => ({
      contents: 'export { default as en } from "./en.js";',
      resolveDir: dirname(path),
    }));
  },
};

function exportsOf(path) {
  const names = Object.keys(process.getBuiltinModule(path)).filter((name) => /^[A-Za-z_$][\w$]*$/.test(name));
  const lines = names
    .filter((name) => name !== "default")
    .map((name) =>
      path === "node:crypto" && isFunction(path, name)
        ? `export const ${name} = (...given) => ${reach(path)}.${name}(...given);`
        : // Marked as pure, so that the exports nobody imports are left out.
          `export const ${name} = /* @__PURE__ */ (() => ${reach(path)}.${name})();`,
    );
  return [...lines, `export default /* @__PURE__ */ ${reach(path)};`].join("\n");
}

/** A plain function: no class, and no getter, which would load what it is there to put off. */
function isFunction(path, name) {
  const found = Object.getOwnPropertyDescriptor(process.getBuiltinModule(path), name);
  return typeof found?.value === "function" && /^[a-z]/.test(name);
}

function reach(path) {
  return `process.getBuiltinModule(${JSON.stringify(path)})`;
}
