/** Where a projection stands in the log: the last event it has handled. */
export type Position = { streamId: string; sequence: number; epoch: string };
