import { defineConfig } from "headgate";

// No provider is declared, so `headgate dev` picks one and says which: a key in the environment (such as OPENAI_API_KEY),
// else a model server on this machine, else the built-in offline engine. To decide yourself, declare one:
//
//   providers: {
//     openai: { type: "openai-chat", baseUrl: "https://api.openai.com/v1", apiKeyEnv: "OPENAI_API_KEY" },
//   },
//   models: {
//     small: { provider: "openai", model: "gpt-5-nano" },
//     large: { provider: "openai", model: "gpt-5" },
//   },
//   tiers: { fast: "small", standard: "small", smart: "large" },
//
// `apiKeyEnv` is the name of the variable; the key itself stands in no file.
export default defineConfig({});
