import { createHash, createHmac } from "node:crypto";

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of credentials that expire. */
  readonly sessionToken?: string;
}

export interface AwsSignerOptions {
  readonly region: string;
  /** As in the signature's scope, such as `bedrock`. */
  readonly service: string;
  readonly credentials: AwsCredentials;
}

export interface RequestToSign {
  readonly method: string;
  /** With the port, unless it is the protocol's own. */
  readonly host: string;
  /** As it goes out: `%` in it is escaped once more, as every service but S3 asks. */
  readonly path: string;
  /** As it goes out, without `?`. */
  readonly query?: string;
  /** What else is signed, names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface AwsSigner {
  /** The headers that make the request valid, for some minutes around `nowMs`. */
  sign(request: RequestToSign, nowMs: number): Record<string, string>;
}

const algorithm = "AWS4-HMAC-SHA256";

/** Signs requests with AWS Signature Version 4, in headers. */
export function createAwsSigner({ region, service, credentials }: AwsSignerOptions): AwsSigner {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  let signingKey: { readonly date: string; readonly key: Buffer } | undefined;

  // The key is derived anew once a day.
  function findSigningKey(date: string): Buffer {
    if (signingKey?.date !== date) {
      let key: Buffer = Buffer.from(`AWS4${secretAccessKey}`);
      for (const part of [date, region, service, "aws4_request"]) key = hmac(key, part);
      signingKey = { date, key };
    }
    return signingKey.key;
  }

  return {
    sign: (request, nowMs) => {
      const time = new Date(nowMs).toISOString().replace(/[:-]|\.\d{3}/g, "");
      const date = time.slice(0, 8);
      const added = {
        "x-amz-date": time,
        ...(sessionToken === undefined ? {} : { "x-amz-security-token": sessionToken }),
      };
      const headers = { ...request.headers, host: request.host, ...added };
      const names = Object.keys(headers).sort();
      const scope = `${date}/${region}/${service}/aws4_request`;
      const digest = sha256(toCanonicalRequest(request, headers, names));
      const signature = hmac(findSigningKey(date), [algorithm, time, scope, digest].join("\n")).toString("hex");
      return {
        ...added,
        authorization: `${algorithm} Credential=${accessKeyId}/${scope}, SignedHeaders=${names.join(";")}, Signature=${signature}`,
      };
    },
  };
}

function toCanonicalRequest(
  { method, path, query, body }: RequestToSign,
  headers: Readonly<Record<string, string>>,
  names: readonly string[],
): string {
  return [
    method,
    toCanonicalPath(path),
    query === undefined ? "" : toCanonicalQuery(query),
    ...names.map((name) => `${name}:${(headers[name] ?? "").trim().replace(/ +/g, " ")}`),
    "",
    names.join(";"),
    sha256(body),
  ].join("\n");
}

/** Dot segments have no place in a parsed URL; only empty ones are left to be taken out. */
function toCanonicalPath(path: string): string {
  const steps = path.split("/").filter((step) => step !== "");
  const isFolder = steps.length > 0 && path.endsWith("/");
  return `/${steps.map(escape).join("/")}${isFolder ? "/" : ""}`;
}

function toCanonicalQuery(query: string): string {
  return [...new URLSearchParams(query)]
    .map(([name, value]) => [escape(name), escape(value)] as const)
    .sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

function compare(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

/** RFC 3986: all but unreserved characters. */
function escape(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
