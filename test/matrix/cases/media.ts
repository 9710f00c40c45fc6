import type { MatrixCase } from "../matrix-case.ts";
import { pdfBase64, pngBase64, shortAnswer, wavBase64 } from "./samples.ts";

const png = `data:image/png;base64,${pngBase64}`;
const pdf = `data:application/pdf;base64,${pdfBase64}`;
const url = "https://example.com/cat.jpg";

/** What is not text. */
export const mediaCases: readonly MatrixCase[] = [
  {
    name: "image-base64",
    about: "an image in the request, between words",
    requests: {
      chat: {
        messages: [
          {
            role: "user",
            content: [
              { type: "text", text: "What is this?" },
              { type: "image_url", image_url: { url: png, detail: "low" } },
              { type: "text", text: "One word." },
            ],
          },
        ],
      },
      responses: {
        input: [
          {
            role: "user",
            content: [
              { type: "input_text", text: "What is this?" },
              { type: "input_image", image_url: png, detail: "low" },
              { type: "input_text", text: "One word." },
            ],
          },
        ],
      },
      messages: {
        max_tokens: 1024,
        messages: [
          {
            role: "user",
            content: [
              { type: "text", text: "What is this?" },
              { type: "image", source: { type: "base64", media_type: "image/png", data: pngBase64 } },
              { type: "text", text: "One word." },
            ],
          },
        ],
      },
    },
    answer: shortAnswer,
  },
  {
    name: "image-url",
    about: "an image that the vendor has to fetch",
    requests: {
      chat: {
        messages: [
          {
            role: "user",
            content: [
              { type: "text", text: "What is this?" },
              { type: "image_url", image_url: { url } },
            ],
          },
        ],
      },
      responses: {
        input: [
          {
            role: "user",
            content: [
              { type: "input_text", text: "What is this?" },
              { type: "input_image", image_url: url },
            ],
          },
        ],
      },
      messages: {
        max_tokens: 1024,
        messages: [
          {
            role: "user",
            content: [
              { type: "text", text: "What is this?" },
              { type: "image", source: { type: "url", url } },
            ],
          },
        ],
      },
    },
    answer: shortAnswer,
  },
  {
    name: "document-pdf",
    about: "a PDF in the request",
    requests: {
      chat: {
        messages: [
          {
            role: "user",
            content: [
              { type: "file", file: { filename: "report.pdf", file_data: pdf } },
              { type: "text", text: "Sum it up." },
            ],
          },
        ],
      },
      responses: {
        input: [
          {
            role: "user",
            content: [
              { type: "input_file", filename: "report.pdf", file_data: pdf },
              { type: "input_text", text: "Sum it up." },
            ],
          },
        ],
      },
      messages: {
        max_tokens: 1024,
        messages: [
          {
            role: "user",
            content: [
              {
                type: "document",
                title: "report.pdf",
                source: { type: "base64", media_type: "application/pdf", data: pdfBase64 },
              },
              { type: "text", text: "Sum it up." },
            ],
          },
        ],
      },
    },
    answer: shortAnswer,
  },
  {
    name: "stored-file",
    about: "a file that lies at the vendor, and is nothing to another",
    requests: {
      chat: {
        messages: [
          {
            role: "user",
            content: [
              { type: "file", file: { file_id: "file-abc" } },
              { type: "text", text: "Sum it up." },
            ],
          },
        ],
      },
      responses: {
        input: [
          {
            role: "user",
            content: [
              { type: "input_file", file_id: "file-abc" },
              { type: "input_text", text: "Sum it up." },
            ],
          },
        ],
      },
      messages: {
        max_tokens: 1024,
        messages: [
          {
            role: "user",
            content: [
              { type: "document", source: { type: "file", file_id: "file_abc" } },
              { type: "text", text: "Sum it up." },
            ],
          },
        ],
      },
    },
    headers: { messages: { "anthropic-beta": "files-api-2025-04-14" } },
    answer: shortAnswer,
  },
  {
    name: "audio",
    about: "sound in the request, which chat completions has",
    requests: {
      chat: {
        messages: [
          {
            role: "user",
            content: [
              { type: "text", text: "What is said?" },
              { type: "input_audio", input_audio: { data: wavBase64, format: "wav" } },
            ],
          },
        ],
      },
    },
    answer: shortAnswer,
  },
];
