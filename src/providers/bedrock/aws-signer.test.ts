import { createRequire } from "node:module";
import { describe, expect, test } from "vitest";
import { createAwsSigner, type RequestToSign } from "./aws-signer.ts";

// AWS's Signature Version 4 test suite: its credentials, its time, and the signature of each of its requests.
const suite = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
};
const suiteMs = Date.UTC(2015, 7, 30, 12, 36);
const suiteToken =
  "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";

const unreserved = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const form = "application/x-www-form-urlencoded";

const vectors: readonly (readonly [string, Partial<RequestToSign>, string, string])[] = [
  ["get-vanilla", {}, "host;x-amz-date", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"],
  [
    "get-vanilla-query-order-key-case",
    { query: "Param2=value2&Param1=value1" },
    "host;x-amz-date",
    "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
  ],
  [
    "get-vanilla-query-order-value",
    { query: "Param1=value2&Param1=value1" },
    "host;x-amz-date",
    "5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694",
  ],
  [
    "get-vanilla-query-order-encoded",
    { query: "Param-3=Value3&Param=Value2&%E1%88%B4=Value1" },
    "host;x-amz-date",
    "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac",
  ],
  [
    "get-vanilla-query-unreserved",
    { query: `${unreserved}=${unreserved}` },
    "host;x-amz-date",
    "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
  ],
  [
    "get-vanilla-utf8-query",
    { query: "ሴ=bar" },
    "host;x-amz-date",
    "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
  ],
  [
    "get-unreserved",
    { path: `/${unreserved}` },
    "host;x-amz-date",
    "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f",
  ],
  ["get-utf8", { path: "/ሴ" }, "host;x-amz-date", "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"],
  [
    "get-space",
    { path: "/example space/" },
    "host;x-amz-date",
    "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741",
  ],
  [
    "get-slashes",
    { path: "//example//" },
    "host;x-amz-date",
    "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84",
  ],
  ["get-slash", { path: "//" }, "host;x-amz-date", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"],
  [
    "get-header-value-trim",
    { headers: { "my-header1": " value1", "my-header2": ' "a   b   c"' } },
    "host;my-header1;my-header2;x-amz-date",
    "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
  ],
  [
    "get-header-key-duplicate",
    { headers: { "my-header1": "value2,value2,value1" } },
    "host;my-header1;x-amz-date",
    "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
  ],
  [
    "post-vanilla",
    { method: "POST" },
    "host;x-amz-date",
    "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
  ],
  [
    "post-header-value-case",
    { method: "POST", headers: { "my-header1": "VALUE1" } },
    "host;my-header1;x-amz-date",
    "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d",
  ],
  [
    "post-vanilla-query",
    { method: "POST", query: "Param1=value1" },
    "host;x-amz-date",
    "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11",
  ],
  [
    "post-x-www-form-urlencoded",
    { method: "POST", headers: { "content-type": form }, body: "Param1=value1" },
    "content-type;host;x-amz-date",
    "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
  ],
  [
    "post-x-www-form-urlencoded-parameters",
    { method: "POST", headers: { "content-type": `${form}; charset=utf8` }, body: "Param1=value1" },
    "content-type;host;x-amz-date",
    "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe",
  ],
];

function signSuite(request: Partial<RequestToSign>, credentials: { readonly sessionToken?: string } = {}) {
  const signer = createAwsSigner({
    region: "us-east-1",
    service: "service",
    credentials: { ...suite, ...credentials },
  });
  return signer.sign({ method: "GET", host: "example.amazonaws.com", path: "/", body: "", ...request }, suiteMs);
}

test.each(vectors)("AWS's vector %s has AWS's signature", (_name, request, signedHeaders, signature) => {
  expect(signSuite(request)).toEqual({
    "x-amz-date": "20150830T123600Z",
    authorization: `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=${signedHeaders}, Signature=${signature}`,
  });
});

test("AWS's vector post-sts-header-before signs the session token as well", () => {
  const headers = signSuite({ method: "POST" }, { sessionToken: suiteToken });
  expect(headers["x-amz-security-token"]).toBe(suiteToken);
  expect(headers["authorization"]).toContain("SignedHeaders=host;x-amz-date;x-amz-security-token");
  expect(headers["authorization"]).toContain("85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead");
});

describe("against the signer of the AI SDK", () => {
  interface Aws4Fetch {
    readonly AwsV4Signer: new (options: Record<string, unknown>) => {
      sign(): Promise<{ readonly headers: Headers }>;
    };
  }
  const load = createRequire(createRequire(import.meta.url).resolve("@ai-sdk/amazon-bedrock"));
  const { AwsV4Signer } = load("aws4fetch") as Aws4Fetch;

  test.each([
    ["a model's id", "https://bedrock-runtime.us-east-1.amazonaws.com", "us.anthropic.claude-sonnet-4-20250514-v1:0"],
    [
      "an ARN",
      "https://bedrock-runtime.eu-west-1.amazonaws.com",
      "arn:aws:bedrock:eu-west-1:1:inference-profile/a.b-c",
    ],
    ["odd characters and a port", "http://127.0.0.1:8080/proxy", "it's (a) *model*!~ü"],
  ])("a request for %s has the same signature, on two days", async (_what, base, model) => {
    const credentials = { ...suite, sessionToken: "token" };
    const signer = createAwsSigner({ region: "us-east-1", service: "bedrock", credentials });
    const url = new URL(`${base}/model/${encodeURIComponent(model)}/converse`);
    const body = JSON.stringify({ messages: [{ text: "Grüße 👩‍🚀" }] });
    for (const nowMs of [Date.UTC(2026, 0, 31, 23, 59, 59, 999), Date.UTC(2026, 1, 1)]) {
      const datetime = new Date(nowMs).toISOString().replace(/[:-]|\.\d{3}/g, "");
      const shared = { region: "us-east-1", service: "bedrock", datetime, ...credentials };
      const theirs = await new AwsV4Signer({ url: url.href, method: "POST", body, ...shared }).sign();
      const ours = signer.sign({ method: "POST", host: url.host, path: url.pathname, query: "", body }, nowMs);
      expect(ours["authorization"]).toBe(theirs.headers.get("authorization"));
      expect(ours["x-amz-security-token"]).toBe("token");
    }
  });
});
