export async function replayCommand(
  _args: string[],
  _out: { say(t: string): void; progress(t: string): void },
): Promise<number> {
  return 2;
}
