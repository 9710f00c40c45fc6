import { createGoogle } from "@ai-sdk/google";
import type { Oracle } from "../oracle.ts";

/** Vertex is read with it too: its answers have the same shapes. */
export const geminiOracle: Oracle = {
  name: "gemini",
  covers: ({ response }) => response.status === 200,
  create: (_recording, fetch) => createGoogle({ apiKey: "none", baseURL: "http://oracle", fetch })("gemini-2.5-flash"),
};
