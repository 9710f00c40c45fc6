import type { FastifyInstance } from "fastify";
import { parseJson } from "../json.ts";

/** Bodies are JSON or nothing; every other content type is refused with 415 before it is read. */
export function parseJsonBodies(http: FastifyInstance): void {
  http.removeAllContentTypeParsers();
  http.addContentTypeParser("application/json", { parseAs: "string" }, (_request, body, done) => {
    try {
      done(null, body === "" ? undefined : parseJson(body as string));
    } catch (error) {
      done(error as Error);
    }
  });
}
