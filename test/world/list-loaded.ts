/** Loaded into every process of a world (`NODE_OPTIONS=--import`): writes down which of the modules it loads are `LOADED_LIKE`. */
import { appendFileSync } from "node:fs";
import { registerHooks } from "node:module";

const [file, like] = [process.env.LOADED_FILE ?? "", new RegExp(process.env.LOADED_LIKE ?? "^$")];

if (file !== "")
  registerHooks({
    load(url, context, next) {
      if (like.test(url)) appendFileSync(file, `${url}\n`);
      return next(url, context);
    },
  });
