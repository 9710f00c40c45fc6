import type { FastifyInstance, HTTPMethods } from "fastify";
import { HeadgateError } from "../errors.ts";

/**
 * Watches the routes that are registered from now on; the returned function then makes each of them answer 405 to the
 * methods it does not have.
 */
export function refuseOtherMethods(http: FastifyInstance): () => void {
  const methodsByUrl = new Map<string, Set<HTTPMethods>>();
  http.addHook("onRoute", ({ url, method }) => {
    const methods = methodsByUrl.get(url) ?? new Set();
    for (const one of [method].flat()) methods.add(one);
    methodsByUrl.set(url, methods);
  });

  return () => {
    for (const [url, known] of methodsByUrl) {
      const allow = [...known].join(", ");
      const others = http.supportedMethods.filter((method) => !known.has(method)) as HTTPMethods[];
      http.route({
        url,
        method: others,
        // Refused before the body is read, whatever the body is.
        onRequest: (_request, reply, done) => {
          reply.header("allow", allow);
          done(new HeadgateError("method_not_allowed", { detail: `The route takes ${allow}.` }));
        },
        handler: () => {},
      });
    }
  };
}
