/** Numbers the events of one stream. */
export interface EventSequence {
  /** @param fields JSON members after `type`, such as `"output_index":0`; "" for none */
  write(type: string, fields: string): string;
}

export function createEventSequence(): EventSequence {
  let next = 0;
  return {
    write: (type, fields) =>
      `event: ${type}\ndata: {"type":"${type}","sequence_number":${next++}${fields === "" ? "" : ","}${fields}}\n\n`,
  };
}
