/** What was added within the last `slots` slots of time, the one that is running among them. */
export class RollingSum {
  readonly #slots: Float64Array;
  readonly #slotMs: number;
  /** Where the running slot stands. */
  #at = 0;
  #slot = 0;
  #total = 0;

  constructor(slots: number, slotMs: number) {
    this.#slots = new Float64Array(slots);
    this.#slotMs = slotMs;
  }

  total(nowMs: number): number {
    this.#moveTo(nowMs);
    return this.#total;
  }

  add(amount: number, nowMs: number): void {
    this.#moveTo(nowMs);
    this.#slots[this.#at]! += amount;
    this.#total += amount;
  }

  /** Takes back what was added at `addedAtMs`; what has aged out by now is gone already. */
  takeBack(amount: number, addedAtMs: number, nowMs: number): void {
    this.#moveTo(nowMs);
    const age = Math.max(0, this.#slot - Math.floor(addedAtMs / this.#slotMs));
    const { length } = this.#slots;
    if (age >= length) return;
    const at = (this.#at - age + length) % length;
    const taken = Math.min(amount, this.#slots[at]!);
    this.#slots[at]! -= taken;
    this.#total -= taken;
  }

  clear(): void {
    this.#slots.fill(0);
    this.#total = 0;
  }

  #moveTo(nowMs: number): void {
    const slot = Math.floor(nowMs / this.#slotMs);
    const { length } = this.#slots;
    // A caller's time may be a little old.
    if (slot <= this.#slot && slot > this.#slot - length) return;
    // A clock that was set back by more than that moves nothing: what was added keeps its age.
    const steps = Math.min(slot - this.#slot, length);
    this.#slot = slot;
    if (steps === length) {
      this.clear();
      return;
    }
    for (let step = 0; step < steps; step += 1) {
      this.#at = (this.#at + 1) % length;
      this.#total -= this.#slots[this.#at]!;
      this.#slots[this.#at] = 0;
    }
  }
}
