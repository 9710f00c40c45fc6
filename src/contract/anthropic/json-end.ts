/** Finds where a JSON object ends in text that comes in pieces, without keeping the text. */
export interface JsonEnd {
  /** `blank` before anything but white space came; `other` if it is no object. */
  readonly state: "blank" | "open" | "ended" | "other";
  feed(text: string): void;
}

const quote = 34;
const backslash = 92;

export function createJsonEnd(): JsonEnd {
  let state: JsonEnd["state"] = "blank";
  let depth = 0;
  let isInString = false;
  let isEscaped = false;

  function feedString(code: number): void {
    if (isEscaped) isEscaped = false;
    else if (code === backslash) isEscaped = true;
    else if (code === quote) isInString = false;
  }

  function feedCode(code: number): void {
    if (isInString) feedString(code);
    else if (code === quote) isInString = true;
    // [ 91, ] 93, { 123, } 125
    else if (code === 91 || code === 123) depth++;
    else if ((code === 93 || code === 125) && --depth === 0) state = "ended";
  }

  return {
    get state() {
      return state;
    },
    feed: (text) => {
      let at = 0;
      if (state === "blank") {
        at = text.search(/\S/);
        if (at === -1) return;
        state = text[at] === "{" ? "open" : "other";
      }
      for (; at < text.length && state === "open"; at++) feedCode(text.charCodeAt(at));
    },
  };
}
