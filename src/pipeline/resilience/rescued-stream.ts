import type { Call } from "../../call.ts";
import { HeadgateError } from "../../errors.ts";
import type { Provider } from "../../providers/provider.ts";
import type { Part, Usage } from "../../reply.ts";
import { addUsage } from "./add-usage.ts";
import type { Attempt } from "./attempt.ts";
import { decide } from "./decisions.ts";
import type { Stop } from "./itinerary.ts";
import type { Asking } from "./asking.ts";
import type { ModelRun } from "./model-run.ts";
import { createAgreement } from "./rescue/agreement.ts";
import { findAnchor } from "./rescue/anchor.ts";
import { canContinue, canRestart, type SentAnswer } from "./rescue/can-continue.ts";
import { toContinuationMessages, type ContinuationMode } from "./rescue/continuation-messages.ts";
import type { Joint } from "./rescue/joint.ts";
import { createSeam } from "./rescue/seam.ts";
import { SentTape } from "./sent-tape.ts";

export interface RescuedStreamOptions {
  readonly call: Call;
  readonly run: ModelRun;
  readonly attempt: Attempt;
  /** Called once, when nothing more comes. */
  readonly onEnd: () => void;
}

/** How a broken stream is gone on with. */
type Way = "restart" | "continue";

/** A second answer and how it joins what was sent. */
interface Joining {
  readonly joint: Joint;
  readonly way: Way;
  readonly tape: SentTape;
  /** It has been passed on from, and its client knows. */
  isTold: boolean;
}

/**
 * The parts of a streamed answer, whatever its stream does: when it breaks, another model call goes on with it, so that the
 * client sees one coherent answer or an error. An endpoint's stream is reset and starts over. Text that cannot be taken back
 * is gone on with only where it provably fits: from a second answer that says the same up to there, else from a continuation.
 */
export class RescuedStream implements AsyncIterator<Part, undefined> {
  readonly #options: RescuedStreamOptions;
  #attempt: Attempt;
  #source: AsyncIterator<Part>;
  /** Absent where nothing can be gone on with, or where the client can be told to start anew. */
  readonly #tape: SentTape | undefined;
  readonly #queue: Part[] = [];
  readonly #spent: Usage[] = [];
  #joining: Joining | undefined;
  /** Of the second answer, for when it has joined. */
  #usage: Part | undefined;
  #hasDiverged = false;
  #isRescued = false;
  #isOver = false;
  /** What the client is told if nothing goes on. */
  #failure: HeadgateError | undefined;

  constructor(options: RescuedStreamOptions) {
    const { attempt, call } = options;
    this.#options = options;
    this.#attempt = attempt;
    this.#source = attempt;
    if (call.snapshot.resilience.rescue && !call.endpoint) this.#tape = new SentTape();
  }

  async next(): Promise<IteratorResult<Part, undefined>> {
    while (!this.#isOver) {
      const value = this.#queue.shift();
      if (value) return { done: false, value };
      try {
        const step = await this.#source.next();
        if (step.done === true) break;
        if (!this.#joining) return this.#pass(step);
        this.#join(step.value, this.#joining);
      } catch (error) {
        await this.#recover(HeadgateError.from(error));
      }
    }
    this.#end();
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<Part, undefined>> {
    this.#end();
    await this.#attempt.leave();
    return { done: true, value: undefined };
  }

  #pass(step: IteratorYieldResult<Part>): IteratorYieldResult<Part> {
    const part = step.value;
    this.#tape?.add(part);
    if (part.type !== "usage" || this.#spent.length === 0) return step;
    return { done: false, value: { ...part, usage: addUsage(this.#spent, part.usage) } };
  }

  /** @throws HeadgateError `stream_cut` if the second answer does not fit */
  #join(part: Part, joining: Joining): void {
    const { joint } = joining;
    if (part.type === "text" && part.isRefusal !== true) this.#tell(joint.push(part.text), joining);
    else if (part.type === "usage") this.#usage = { ...part, usage: addUsage(this.#spent, part.usage) };
    else if (part.type === "finish") this.#tell(joint.end(), joining);
    // What it thinks is not what the client has read the beginning of.
    else if (part.type !== "reasoning" && part.type !== "reasoning-block") throw new Misfit();
    if (joint.state === "refused") throw new Misfit();
    if (part.type !== "finish") return;
    this.#tellOf(joining);
    if (this.#usage) this.#queue.push(this.#usage);
    this.#queue.push(part);
  }

  #tell(text: string, joining: Joining): void {
    if (text === "") return;
    this.#tellOf(joining);
    const part: Part = { type: "text", text };
    joining.tape.add(part);
    this.#queue.push(part);
  }

  #tellOf(joining: Joining): void {
    if (joining.isTold) return;
    joining.isTold = true;
    this.#noteRescue();
    this.#queue.push({ type: "resumed", sent: joining.tape.parts, target: this.#attempt.target });
  }

  #noteRescue(): void {
    if (this.#isRescued) return;
    this.#isRescued = true;
    this.#options.call.notes.warnings.push("answer_rescued");
  }

  /** @throws HeadgateError why the stream ends */
  async #recover(error: HeadgateError): Promise<void> {
    const isMisfit = error instanceof Misfit;
    if (!isMisfit) this.#failure = error;
    else if (this.#joining?.way === "restart") this.#hasDiverged = true;
    await this.#attempt.leave();
    if (this.#attempt.usage) this.#spent.push(this.#attempt.usage);
    try {
      if (!this.#mayAsk()) throw error;
      if (this.#tape) await this.#goOn(this.#tape, isMisfit);
      else await this.#startOver(error);
    } catch (thrown) {
      this.#end();
      throw this.#failure ?? thrown;
    }
  }

  #mayAsk(): boolean {
    const { call, run } = this.#options;
    return call.snapshot.resilience.rescue !== undefined && !call.signal.aborted && run.attemptsLeft > 0;
  }

  /** An endpoint's client can undo what it was sent. */
  async #startOver(error: HeadgateError): Promise<void> {
    const { call, run } = this.#options;
    const stop = run.itinerary.elsewhere(decide(error));
    if (!stop) throw error;
    await this.#open(stop, { call, reason: "restart" });
    this.#noteRescue();
    this.#queue.push({ type: "reset", reason: "rescued" });
  }

  async #goOn(tape: SentTape, isMisfit: boolean): Promise<void> {
    const way = this.#chooseWay(tape);
    const { itinerary } = this.#options.run;
    const decision = decide(this.#failure ?? { code: "stream_cut", shouldRetry: undefined });
    // What did not fit came from a deployment that answers.
    const stop = way && ((isMisfit ? itinerary.stay() : undefined) ?? itinerary.elsewhere(decision));
    if (!stop) throw new HeadgateError("stream_cut");
    const joint = way === "restart" ? await this.#restart(stop, tape) : await this.#continue(stop, tape);
    this.#joining = { joint, way, tape, isTold: false };
  }

  #chooseWay(tape: SentTape): Way | undefined {
    const { call, run } = this.#options;
    const sent: SentAnswer = { text: tape.text, toolCalls: [], isOpaque: !tape.isRetellable };
    const asked = { settings: call.settings, output: call.output, choices: countChoices(call) };
    const mayRestart = !this.#hasDiverged && canRestart(sent, asked);
    const isWanted = call.snapshot.resilience.rescue?.continuation === true;
    if (!isWanted || !isTranslatable(call) || !canContinue(sent, asked)) return mayRestart ? "restart" : undefined;
    // A second answer seldom agrees for long: the last model call is not for that, where there are words to go on from.
    const isLast = run.attemptsLeft === 1 && findAnchor(sent.text) !== undefined;
    return mayRestart && !isLast ? "restart" : "continue";
  }

  async #restart(stop: Stop, { text }: SentTape): Promise<Joint> {
    await this.#open(stop, { call: this.#options.call, reason: "restart", wantsParts: true });
    return createAgreement(text);
  }

  async #continue(stop: Stop, { text }: SentTape): Promise<Joint> {
    const { call } = this.#options;
    let mode: ContinuationMode = "instruction";
    const adapt = (provider: Provider, model: string): Call => {
      mode = provider.continuesAnswers?.(model) === true ? "prefill" : "instruction";
      const messages = toContinuationMessages(call.messages, text, mode);
      if (messages) return { ...call, messages, foreign: undefined };
      throw new HeadgateError("not_translatable", { detail: "The answer has too few words to be gone on from." });
    };
    await this.#open(stop, { call, reason: "continue", wantsParts: true, adapt });
    return createSeam(text, mode);
  }

  async #open(stop: Stop, asking: Asking): Promise<void> {
    const { run } = this.#options;
    if (!(await run.mayAskAt(stop))) throw new HeadgateError("budget_exceeded");
    const { attempt, whole } = await run.open(stop, asking);
    this.#attempt = attempt;
    this.#usage = undefined;
    // A server that cannot stream answers whole.
    this.#source = whole ? whole.parts[Symbol.asyncIterator]() : attempt;
    // The client has left meanwhile.
    if (this.#isOver) await attempt.leave();
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#options.onEnd();
  }
}

/** The second answer does not join the first. */
class Misfit extends HeadgateError {
  constructor() {
    super("stream_cut", { detail: "The answer could not be gone on with." });
  }
}

function countChoices({ foreign }: Call): number {
  const n = foreign?.body["n"];
  return typeof n === "number" ? n : 1;
}

/** A continuation is asked for in Headgate's words: they must carry all of the request. */
function isTranslatable({ foreign }: Call): boolean {
  return (foreign?.losses ?? []).every(({ effect, isPrefill }) => effect === "dropped" || isPrefill === true);
}
