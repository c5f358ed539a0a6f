/** For libraries that decide by `NODE_ENV`, when they are loaded, whether they check themselves for their developers. */

/** To be called before such a library is imported, in a process that starts no others: they would inherit it. */
export function chooseProductionMode(): void {
  process.env.NODE_ENV ??= "production";
}
