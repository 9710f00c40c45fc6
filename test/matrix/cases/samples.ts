import type { Json } from "../matrix-case.ts";

/** A PNG of one pixel. */
export const pngBase64 =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
/** The smallest PDF that readers open. */
export const pdfBase64 = Buffer.from("%PDF-1.1\n1 0 obj<</Pages 2 0 R>>endobj\ntrailer<</Root 1 0 R>>").toString(
  "base64",
);
/** The head of a WAV file. */
export const wavBase64 = Buffer.from("RIFF$\0\0\0WAVEfmt ").toString("base64");

const parameters = {
  type: "object",
  properties: { city: { type: "string", description: "Such as Paris." } },
  required: ["city"],
  additionalProperties: false,
};

/** The same tool in each dialect. */
export const weatherTool = {
  chat: { type: "function", function: { name: "get_weather", description: "The weather of a city.", parameters } },
  responses: {
    type: "function",
    name: "get_weather",
    description: "The weather of a city.",
    parameters,
    strict: false,
  },
  messages: { name: "get_weather", description: "The weather of a city.", input_schema: parameters },
} as const satisfies Record<string, Json>;

/** A tool without arguments. */
export const clockTool = {
  chat: { type: "function", function: { name: "get_time", parameters: { type: "object", properties: {} } } },
  responses: { type: "function", name: "get_time", parameters: { type: "object", properties: {} }, strict: false },
  messages: { name: "get_time", input_schema: { type: "object", properties: {} } },
} as const satisfies Record<string, Json>;

/** A short answer in two pieces. */
export const shortAnswer = {
  type: "said",
  text: ["Hello", " there."],
  end: "stop",
  usage: { input: 12, output: 4 },
} as const;
