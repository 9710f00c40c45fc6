import type { Call } from "../../call.ts";
import { HeadgateError } from "../../errors.ts";
import { wholeReply, type Part, type Usage } from "../../reply.ts";
import { addUsage } from "./add-usage.ts";
import type { Attempt } from "./attempt.ts";
import { decide } from "./decisions.ts";
import type { Stop } from "./itinerary.ts";
import type { Asking } from "./asking.ts";
import type { ModelRun } from "./model-run.ts";
import { createAgreement } from "./rescue/agreement.ts";
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
  #source: Pick<AsyncIterator<Part>, "next">;
  readonly #tape = new SentTape();
  readonly #queue: Part[] = [];
  readonly #spent: Usage[] = [];
  #joining: Joining | undefined;
  /** Of the second answer, for when it has joined. */
  #usage: Part | undefined;
  #hasTriedRestart = false;
  #isRescued = false;
  #isOver = false;
  /** What the client is told if nothing goes on. */
  #failure: HeadgateError | undefined;

  constructor(options: RescuedStreamOptions) {
    this.#options = options;
    this.#attempt = options.attempt;
    this.#source = options.attempt;
  }

  async next(): Promise<IteratorResult<Part, undefined>> {
    while (!this.#isOver) {
      const value = this.#queue.shift();
      if (value) return { done: false, value };
      try {
        const step = await this.#source.next();
        if (step.done === true) break;
        this.#take(step.value);
      } catch (error) {
        await this.#recover(HeadgateError.from(error));
      }
    }
    this.#end();
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<Part, undefined>> {
    await this.#attempt.leave();
    this.#end();
    return { done: true, value: undefined };
  }

  /** @throws HeadgateError `stream_cut` if the second answer does not fit */
  #take(part: Part): void {
    if (!this.#joining) {
      this.#tape.add(part);
      this.#queue.push(part.type === "usage" ? { ...part, usage: addUsage(this.#spent, part.usage) } : part);
    } else this.#join(part, this.#joining);
  }

  #join(part: Part, joining: Joining): void {
    const { joint } = joining;
    if (part.type === "text") this.#tell(joint.push(part.text), joining);
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
    this.#tape.add(part);
    this.#queue.push(part);
  }

  #tellOf(joining: Joining): void {
    if (joining.isTold) return;
    joining.isTold = true;
    this.#noteRescue();
    this.#queue.push({ type: "resumed", sent: [...this.#tape.parts], target: this.#attempt.target });
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
    await this.#attempt.leave();
    if (this.#attempt.usage) this.#spent.push(this.#attempt.usage);
    try {
      if (this.#options.call.endpoint) await this.#startOver(error);
      else await this.#goOn(isMisfit);
    } catch (thrown) {
      this.#end();
      throw this.#failure ?? thrown;
    }
  }

  /** An endpoint's client can undo what it was sent. */
  async #startOver(error: HeadgateError): Promise<void> {
    const { call, run } = this.#options;
    const stop = this.#mayAsk() ? run.itinerary.elsewhere(decide(error.code)) : undefined;
    if (!stop) throw error;
    await this.#open(stop, { call, reason: "restart" });
    this.#noteRescue();
    this.#queue.push({ type: "reset", reason: "rescued" });
  }

  async #goOn(isMisfit: boolean): Promise<void> {
    const way = this.#mayAsk() ? this.#chooseWay() : undefined;
    const { itinerary } = this.#options.run;
    const decision = decide(this.#failure?.code ?? "stream_cut");
    // What did not fit came from a deployment that answers.
    const stop = way && ((isMisfit ? itinerary.stay() : undefined) ?? itinerary.elsewhere(decision));
    if (!way || !stop) throw this.#failure ?? new HeadgateError("stream_cut");
    if (way === "restart") await this.#restart(stop);
    else await this.#continue(stop);
  }

  #mayAsk(): boolean {
    const { call, run } = this.#options;
    return call.snapshot.resilience.rescue !== undefined && !call.signal.aborted && run.attemptsLeft > 0;
  }

  #chooseWay(): Way | undefined {
    const { call, run } = this.#options;
    const sent = this.#toSentAnswer();
    const asked = { settings: call.settings, output: call.output, choices: countChoices(call) };
    const mayContinue =
      call.snapshot.resilience.rescue?.continuation === true && isTranslatable(call) && canContinue(sent, asked);
    const isLast = run.attemptsLeft === 1;
    if (!this.#hasTriedRestart && canRestart(sent, asked) && !(isLast && mayContinue)) return "restart";
    return mayContinue ? "continue" : undefined;
  }

  #toSentAnswer(): SentAnswer {
    return { text: this.#tape.text, toolCalls: [], isOpaque: !this.#tape.isRetellable };
  }

  async #restart(stop: Stop): Promise<void> {
    this.#hasTriedRestart = true;
    const joint = createAgreement(this.#tape.text);
    await this.#open(stop, { call: this.#options.call, reason: "restart", wantsParts: true });
    this.#joining = { joint, isTold: false };
  }

  async #continue(stop: Stop): Promise<void> {
    const { call, run } = this.#options;
    const sent = this.#tape.text;
    const mode: ContinuationMode = this.#continuesAnswers(stop) ? "prefill" : "instruction";
    const messages = toContinuationMessages(call.messages, sent, mode);
    if (!messages) {
      stop.turn.leave(run.options.clock.now());
      throw this.#failure ?? new HeadgateError("stream_cut");
    }
    const joint = createSeam(sent, mode);
    const asked = { ...call, messages, foreign: undefined };
    await this.#open(stop, { call: asked, reason: "continue", wantsParts: true });
    this.#joining = { joint, isTold: false };
  }

  #continuesAnswers({ target }: Stop): boolean {
    const { call, run } = this.#options;
    return run.options.findProvider(target.provider, call).continuesAnswers === true;
  }

  async #open(stop: Stop, asking: Asking): Promise<void> {
    const { attempt, whole } = await this.#options.run.open(stop, asking);
    this.#attempt = attempt;
    this.#usage = undefined;
    // A server that cannot stream answers whole.
    this.#source = whole ? wholeReply(whole).parts[Symbol.asyncIterator]() : attempt;
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
