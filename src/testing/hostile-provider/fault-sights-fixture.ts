import type { RawAnswer } from "./ask-raw-fixture.ts";
import type { HostileEntry } from "./hostile-ledger.ts";

/** What the bytes of a fault must show; in Chat Completions unless it is not for them. */
export interface Sight {
  readonly see: RegExp | string;
  readonly never?: RegExp;
  /** @default "open" */
  readonly end?: RawAnswer["end"];
  /** What the ledger says once it is settled. @default "finished", or "cut" where the server ends the connection */
  readonly told?: HostileEntry["end"];
  /** The bytes after which nothing more is to be waited for, where the answer never becomes complete. */
  readonly until?: RegExp;
  readonly params?: string;
  /** @default what the fault is for, a stream where both */
  readonly form?: "plain" | "stream";
  readonly body?: Readonly<Record<string, unknown>>;
  /** @default a token a word of the text */
  readonly tokens?: number;
}

export const never = /(?!)/;
const status = (code: number, more = ""): Sight => ({ see: new RegExp(`^HTTP/1\\.1 ${code} ${more}`, "s"), tokens: 0 });
const header = (code: number, name: string, value: string): Sight => status(code, `.*\\r\\n${name}: ${value}\\r\\n`);
const open = (until: RegExp, tokens: number, see = until): Sight => ({ see, until, told: "open", tokens });

const connect: Readonly<Record<string, Sight>> = {
  "accept-reset": { see: /^$/, end: "reset", tokens: 0 },
  "accept-fin": { see: /^$/, end: "fin", tokens: 0 },
  "slow-accept": { see: /^HTTP\/1\.1 200/, params: "ms=20" },
};

const statuses: Readonly<Record<string, Sight>> = {
  "bad-request": status(400, ".*invalid_request_error"),
  "context-length": status(400, ".*context_length_exceeded"),
  "content-filter": status(400, ".*content_filter"),
  "too-large": status(413),
  unprocessable: status(422),
  unauthorized: status(401, ".*invalid_api_key"),
  "payment-required": status(402),
  forbidden: status(403),
  "model-gone": status(404, ".*model_not_found"),
  "spend-cap": { ...status(429, ".*insufficient_quota"), never: /retry-after/i },
  "spend-cap-enforced": { ...status(429, ".*enforced_spend_limit_reached"), never: /retry-after/i },
  "spend-cap-azure": { ...status(429, ".*Azure"), never: /retry-after/i },
  "request-timeout": status(408),
  conflict: status(409),
  "too-early": status(425),
  "server-error": status(500),
  unavailable: status(503),
  "gateway-timeout": status(504),
  overloaded: status(529),
  "odd-5xx": status(599),
  "should-not-retry": header(503, "x-should-retry", "false"),
  "should-retry": header(429, "x-should-retry", "true"),
  "rate-limit-bare": { ...status(429), never: /retry-after/i },
  "rate-limit": header(429, "retry-after", "1"),
  "rate-limit-date": header(429, "retry-after", "\\w{3}, \\d\\d \\w{3} 20\\d\\d [\\d:]{8} GMT"),
  "rate-limit-past-date": header(429, "retry-after", ".* 2015 .*"),
  "rate-limit-ms": header(429, "retry-after-ms", "500"),
  "rate-limit-negative": header(429, "retry-after", "-5"),
  "rate-limit-day": header(429, "retry-after", "86400"),
  "rate-limit-nan": header(429, "retry-after", "NaN"),
  "rate-limit-huge": header(429, "retry-after", "1e400"),
  "rate-limit-durations": header(429, "x-ratelimit-reset-requests", "6m0s"),
  "rate-limit-garbage": header(429, "x-ratelimit-remaining-requests", "-1"),
  status: { ...header(507, "retry-after", "soon"), params: "code=507&retry-after=soon" },
};

const heads: Readonly<Record<string, Sight>> = {
  "bad-gateway-html": status(502, ".*<!DOCTYPE html>"),
  "html-200": status(200, ".*text/html.*<!DOCTYPE html>"),
  "no-content": status(204),
  "informational-flood": {
    see: /^(?:HTTP\/1\.1 103 Early Hints\r\nlink: [^\r]*\r\n\r\n){7}HTTP\/1\.1 200/,
    params: "count=7",
  },
  redirect: header(307, "location", "http://127\\.0\\.0\\.1:9/v1"),
  "redirect-to-metadata": header(302, "location", "http://169\\.254\\.169\\.254/.*"),
  "wrong-content-type": { see: /content-type: text\/html\r\n\r\ndata: \{/ },
  "no-content-type": { see: /^HTTP\/1\.1 200 .*\r\n\r\ndata: \{/s, never: /\r\ncontent-type:/i },
  "other-shape": { see: /content-type: application\/json\r\n\r\n\{"id"/ },
  "two-lengths": { see: /content-length: \d{3,}\r\ncontent-length: 5\r\n/, end: "fin", until: never },
  "length-and-chunked": { see: /content-length: 5\r\ntransfer-encoding: chunked\r\n/, end: "fin", until: never },
  "huge-headers": { see: /(?:x-large-\d+: y{1024}\r\n){64}/ },
  "nul-in-header": { see: /x-odd: a\0b\r\n/ },
  "obs-fold": { see: /x-odd: a\r\n b\r\n/ },
  "not-http": { see: /^220 /, end: "fin", tokens: 0 },
  "status-line-only": { see: /^HTTP\/1\.1 200 OK\r\n$/, end: "fin", tokens: 0 },
  gzip: { see: "content-encoding: gzip\r\n\r\n\u001F\u008B" },
  brotli: { see: /content-encoding: br\r\n\r\n[^{d]/ },
  "wrong-coding": { see: /content-encoding: gzip\r\n\r\ndata: / },
  "coding-chain": { see: "content-encoding: gzip, gzip, gzip, gzip, gzip, gzip\r\n\r\n\u001F\u008B" },
  "gzip-bomb": { see: /content-length: 3\d{3}\r\n/, params: "mib=3", tokens: 0 },
};

const plainBodies: Readonly<Record<string, Sight>> = {
  "empty-body": { see: /content-length: 0\r\n.*\r\n\r\n$/s },
  "truncated-json": { see: /"content":"\w[^"]*$/ },
  "bad-json": { see: /,\}$/ },
  "two-values": { see: /\}\{"id"/ },
  "deep-json": { see: /"deep":\[{1000}\[+\]+\}$/ },
  "infinite-usage": { see: /"prompt_tokens":NaN,"completion_tokens":NaN,"total_tokens":Infinity/ },
  "not-an-object": { see: /\r\n\[1,2,3\]$/ },
  "wrong-shape": { see: /\{"hello":"world"\}$/ },
  "null-body": { see: /\r\n\r\nnull$/ },
  "duplicate-keys": { see: /\{"model":"other",.*"model":"fault:duplicate-keys/ },
  "proto-key": { see: /\{"__proto__":\{"polluted":true\},"id"/ },
  bom: { see: /\r\n\r\n\xef\xbb\xbf\{/ },
  "error-200": { see: /^HTTP\/1\.1 200 .*\{"error":\{/s },
  "lone-surrogate": { see: /\\ud83d"/, tokens: 40 },
  "no-choices": { see: /"choices":\[\]/ },
  "null-content": { see: /"content":null/ },
  "no-content-field": { see: /"message":\{"role":"assistant"\}/ },
  "number-content": { see: /"content":42/ },
  "usage-missing": { see: /"finish_reason":"stop"\}\]\}$/ },
  "usage-negative": { see: /"completion_tokens":-40/ },
  "usage-huge": { see: /"completion_tokens":1e\+308/ },
  "usage-string": { see: /"completion_tokens":"40"/ },
  "usage-null": { see: /"completion_tokens":null/ },
  "slow-drip-body": { see: /"Kalo|"content":"\w/, params: "ms=0&tokens=2", tokens: 2 },
  "huge-body": { see: /\r\n\r\n {1000}.* {1000}\{/, params: "mib=2" },
  "finish-length": { see: /"finish_reason":"length"/ },
  "finish-filter": { see: /"finish_reason":"content_filter"/ },
  "finish-unknown": { see: /"finish_reason":"gremlins"/ },
  "empty-answer": { see: /"finish_reason":"stop"/, never: /"content":"\w/, tokens: 0 },
};

const framings: Readonly<Record<string, Sight>> = {
  "byte-chunks": { see: /\r\n\r\n1\r\nd\r\n1\r\na\r\n1\r\nt\r\n1\r\na\r\n/ },
  "byte-packets": { see: /\r\n\r\n1\r\nd\r\n1\r\na\r\n1\r\nt\r\n1\r\na\r\n/, params: "tokens=2", tokens: 2 },
  "one-chunk": { see: /\r\n\r\n[\da-f]{4}\r\n(?:data: .*\n\n){10,}\r\n0\r\n\r\n$/ },
  crlf: { see: /\}\r\n\r\ndata: \{/, never: /\}\n/ },
  cr: { see: /\}\r\rdata: \{/, never: /\}\n/ },
  "mixed-line-ends": { see: /\}\n\n.*\}\r\n\r\n.*\}\r\r/s },
  "split-crlf": { see: /\}\r\r\n[\da-f]+\r\n\n\r\r\n/ },
  "stream-bom": { see: /\r\n\xef\xbb\xbfdata: / },
  comments: { see: /: x\ndata: .*\n\n: y\n\n:\n/ },
  "no-space": { see: /\ndata:\{/, never: /data: / },
  "multi-line-data": { see: /data: \{"id":"[^"]+",\ndata: "object"/ },
  "unknown-fields": { see: /odd: 1\nodd\ndata: / },
  "id-with-nul": { see: /id: a\0b\ndata: / },
  "retry-field": { see: /retry: 1\ndata: / },
  "empty-events": { see: /\n\nevent: nothing\n\ndata: / },
  "no-last-blank": { see: /data: \[DONE\]\r\n0\r\n\r\n$/ },
  "unknown-events": { see: /"object":"chat\.completion\.gremlin"/ },
  "split-characters": { see: /1\r\n\xf0\r\n1\r\n\x9f\r\n/, tokens: 6 },
  trailers: { see: /0\r\nx-checksum: 1\r\n\r\n$/ },
  "zero-chunk": { see: /\r\n0\r\n\r\n[\da-f]+\r\ndata: .*\[DONE\]\n\n\r\n$/s, end: "fin", until: never, tokens: 3 },
  "bad-chunk-size": { see: /\r\nzz\r\ndata: x\r\n$/, end: "fin", tokens: 3 },
  "chunk-extensions": { see: /\r\n[\da-f]+;odd=y{1000}y+\r\ndata: / },
  "huge-line": { see: /\{"padding":"y{1000}y+",/, params: "bytes=20000" },
  "invalid-utf8": { see: /"content":"[\w ]*\xff/ },
  "split-surrogate": { see: /"\\ud83d".*"\\ude00"/s, tokens: 4 },
};

const three = /"content":"\w+"[^]*"content":" \w+"[^]*"content":" \w+"/;
const timings: Readonly<Record<string, Sight>> = {
  ttft: { see: /^HTTP\/1\.1 200/, params: "ms=20" },
  "ttft-after-head": { ...open(/\r\n\r\n$/, 0), never: /data:/ },
  stall: { ...open(three, 3), never: /finish_reason":"/ },
  "stall-keep-alive": { ...open(/(?:: keep-alive\n\n\r\n[^]*){3}/, 3), never: /finish_reason":"/ },
  "stall-empty-deltas": { ...open(/(?:"content":""\}[^]*){4}/, 3), never: /finish_reason":"/ },
  "keep-alive-only": { ...open(/(?:: OPENROUTER PROCESSING\n\n\r\n[^]*){3}/, 0), never: /data:/ },
  linger: { ...open(/\[DONE\]\n\n\r\n/, 40), never: /\r\n0\r\n\r\n$/ },
  "slow-close": {
    see: /connection: close\r\n\r\ndata: .*\[DONE\]\n\n$/s,
    never: /chunked/,
    end: "fin",
    params: "ms=20",
  },
  "slow-drip": { see: /\[DONE\]/, params: "ms=1" },
  jitter: { see: /\[DONE\]/, params: "ms=1" },
  burst: { see: /\[DONE\]/, params: "bytes=2000&tokens=10", tokens: 400 },
  "late-finish": { see: /"finish_reason":"stop"/, params: "ms=20" },
};

const cutAfterThree: Sight = { see: three, never: /finish_reason":"|\[DONE\]|\r\n0\r\n\r\n/, end: "fin", tokens: 3 };
const wellEnded: Sight = { see: /\r\n0\r\n\r\n$/ };
const endings: Readonly<Record<string, Sight>> = {
  fin: cutAfterThree,
  reset: { ...cutAfterThree, end: "reset" },
  "fin-in-event": { ...cutAfterThree, see: /data: \{"id":"[^\n]{0,30}\r\n$/ },
  "end-in-event": { see: /data: \{"id":"[^\n]{0,30}\r\n0\r\n\r\n$/, tokens: 3 },
  "no-finish": { ...wellEnded, never: /finish_reason":"|\[DONE\]/, tokens: 3 },
  "no-done": { see: /"finish_reason":"stop".*\r\n0\r\n\r\n$/s, never: /\[DONE\]/ },
  "done-without-finish": { see: /\[DONE\].*\r\n0\r\n\r\n$/s, never: /finish_reason":"/, tokens: 3 },
  "finish-twice": { see: /(?:finish_reason":"stop".*){2}\[DONE\]/s },
  "events-after-done": { see: /\[DONE\].*"content":"\w.*finish_reason":"stop"/s },
  "error-after-finish": { see: /finish_reason":"stop".*"error":.*\[DONE\]/s },
  "error-then-more": { see: /"error":.*"content":" \w.*finish_reason":"stop"/s },
  garbled: { see: /"choices":\[\{"ind\n\n\r\n.*finish_reason":"stop"/s },
  "garbled-word": { see: /data: \{"id"[^\n]*[^}\n]\n\n\r\n.*finish_reason":"stop"/s, tokens: 40 },
  ...Object.fromEntries(
    Object.entries({
      overloaded: "server_is_overloaded",
      "rate-limit": "rate_limit_exceeded",
      api: "server_error",
      unknown: "gremlin_error",
    }).flatMap(([kind, word]): [string, Sight][] => {
      const see = new RegExp(`data: \\{"error":.*${word}.*\\n\\n\\r\\n0\\r\\n\\r\\n$`);
      return [
        [`error-first-${kind}`, { see, never: /"choices"/, tokens: 0 }],
        [`error-mid-${kind}`, { see, never: /finish_reason":"/, tokens: 3 }],
        [`error-last-${kind}`, { see, never: /finish_reason":"/, tokens: 40 }],
      ];
    }),
  ),
};

const usages: Readonly<Record<string, Sight>> = {
  "usage-none": { see: /\[DONE\]/, never: /completion_tokens/ },
  "usage-only-at-start": {
    see: /"role":"assistant".*?"completion_tokens":40.*\[DONE\]/s,
    never: /"stop".*completion_tokens/s,
  },
  "usage-only-at-end": { see: /"stop"[^\n]*"completion_tokens":40/, never: /completion_tokens.*completion_tokens/s },
  "usage-twice": { see: /(?:"choices":\[\],"usage":\{.*){2}/s },
  "usage-growing": { see: /"completion_tokens":1,.*"completion_tokens":2,.*"completion_tokens":40,/s },
  "usage-shrinking": { see: /"completion_tokens":79,.*"completion_tokens":78,.*"completion_tokens":40,/s },
  "usage-zero": { see: /"completion_tokens":0,/, never: /"completion_tokens":[1-9]/ },
  "usage-wrong-types": { see: /"completion_tokens":"40"/ },
  "usage-cached": { see: /"prompt_tokens":(\d+),.*"cached_tokens":\1\b/ },
  "usage-reasoning": { see: /"completion_tokens":100040,.*"reasoning_tokens":100000/ },
  "usage-after-done": { see: /\[DONE\].*"completion_tokens":40/s },
  "usage-with-choices": { see: /"finish_reason":"stop"\}\],"usage":\{/, never: /"choices":\[\]/ },
};

const call = (see: RegExp, tokens?: number): Sight => ({ see, tokens, form: "plain" });
const asked = {
  response_format: {
    type: "json_schema",
    json_schema: { name: "a", schema: { type: "object", properties: { word: { type: "string" } } } },
  },
};
const tools: Readonly<Record<string, Sight>> = {
  "args-split": { see: /"arguments":"\{"\}.*"arguments":"c"\}/s, tokens: 17 },
  "args-bad-json": call(/"arguments":"\{\\"city\\": \\"Par"/, 2),
  "args-empty": call(/"arguments":""/, 1),
  "args-proto": call(/\\"__proto__\\":.*etc\/passwd/, 3),
  "args-huge": call(/y{1000}/, 1027),
  "unknown-tool": call(/"name":"launch_missiles"/, 2),
  "odd-tool-name": call(/"name":"\.\.\/\\"sh -c"/, 2),
  "missing-call-id": call(/"tool_calls":\[\{"type"/, 2),
  "duplicate-call-id": call(/"id":"call_1".*"id":"call_1"/, 4),
  "parallel-calls": call(/"id":"call_0".*"id":"call_127"/, 256),
  "endless-call": call(/"id":"call_same"/, 2),
  "alternating-calls": call(/Paris|Rome/, 2),
  "call-and-text": call(/"content":"\w.*"tool_calls":\[\{/, 42),
  "json-wrong-shape": call(/\\"unexpected\\"/, 6),
  "json-fenced": { ...call(/```json\\n\{.*\}\\n```/, 10), body: asked },
  "json-trailing-comma": { ...call(/"content":"\{\\"word\\":\\"\w+\\",\}"/, 3), body: asked },
  "json-cut": { ...call(/"content":"\{\\"word\\"[^}]*","refusal".*"finish_reason":"stop"/, 2), body: asked },
  "json-prose": call(/I am sorry/, 7),
};

const contents: Readonly<Record<string, Sight>> = {
  "text-xss": call(/<script>alert\(1\)/),
  "text-image-exfiltration": call(/!\[status\]\(https:/),
  "text-ansi": call(/\\u001b\[31m/),
  "text-bidi": call(/\xe2\x80\xae/),
  "text-zero-width": call(/\xe2\x80\x8b/),
  "text-injection": call(/<\|im_start\|>/),
  "text-secrets": call(/sk-proj-A/),
  "text-done": call(/data: \[DONE\]\\n\\n/),
  "text-error-event": call(/event: error\\ndata/),
  "text-line-ends": call(/one\\rtwo\\r\\n/),
  "text-nul": call(/a\\u0000b/),
  "text-unicode": call(/\xf0\x9f\x91\xa9/),
  "text-repeats": call(/very very very/),
  "text-template": call(/\{\{user\.password\}\}/),
};

const fleets: Readonly<Record<string, Sight>> = {
  "dead-keys": status(401),
  "slow-region": { see: /^HTTP\/1\.1 200/, params: "ms=20" },
  "brown-out": { ...status(503), params: "from=1&to=1" },
  flapping: status(503),
  down: { see: /^$/, end: "reset", params: "as=reset", tokens: 0 },
  herd: header(429, "retry-after", "2"),
  "token-bucket": { see: /^HTTP\/1\.1 200 .*x-ratelimit-remaining-requests: 9\r\n/s },
  capacity: { see: /^HTTP\/1\.1 200/, params: "ms=1" },
};

const vectors: Readonly<Record<string, Sight>> = {
  "short-vector": { see: /"embedding":\[(?:[^,\]]+,){6}[^,\]]+\]\}\]/, tokens: 0 },
  "null-in-vector": { see: /"embedding":\[null,/, tokens: 0 },
  "zero-vector": { see: /"embedding":\[0,0,0/, tokens: 0 },
  reordered: { see: /"index":1.*"index":0/, tokens: 0 },
  "partial-batch": { see: /"index":0/, never: /"index":1/, tokens: 0 },
  "duplicate-index": { see: /"index":0.*"index":0/, tokens: 0 },
  "unknown-category": { see: /"flagged":true.*"gremlins":true/, tokens: 0 },
  "no-verdict": { see: /"results":\[\]/, tokens: 0 },
};

export const sights: Readonly<Record<string, Sight>> = {
  ...connect,
  ...statuses,
  ...heads,
  ...plainBodies,
  ...framings,
  ...timings,
  ...endings,
  ...usages,
  ...tools,
  ...contents,
  ...fleets,
  ...vectors,
};
