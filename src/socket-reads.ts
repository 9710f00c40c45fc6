import type { Socket } from "node:net";

/** Most bytes of one read. */
export const readBytes = 8 * 1024;

/**
 * All sockets are read through one buffer, and what came is copied out at once. Node's own way takes 64 KiB for each read,
 * of which a few bytes of an event hold on to all.
 */
export const readThroughOneBuffer = {
  buffer: new Uint8Array(readBytes),
  callback(this: Socket, bytes: number, buffer: Uint8Array): boolean {
    return this.push(copyBytes(buffer.subarray(0, bytes)));
  },
};

/** From here on a copy has memory of its own: a part of Node's pool that is kept holds on to 64 KiB. */
const ownMemoryBytes = 2048;

function copyBytes(bytes: Uint8Array): Buffer {
  const { length } = bytes;
  const copy = length < ownMemoryBytes ? Buffer.allocUnsafe(length) : Buffer.allocUnsafeSlow(length);
  copy.set(bytes);
  return copy;
}
