/** Numbers the events of one stream. */
export interface EventSequence {
  /** @param fields JSON members after `type`, such as `"output_index":0`; "" for none */
  write(type: string, fields: string): string;
}

/** @param first the number of the first event */
export function createEventSequence(first = 0): EventSequence {
  let next = first;
  return {
    write: (type, fields) =>
      `event: ${type}\ndata: {"type":"${type}","sequence_number":${next++}${fields === "" ? "" : ","}${fields}}\n\n`,
  };
}
