/** Two texts that are compared. */
export type Pair = readonly [text: string, other: string];
