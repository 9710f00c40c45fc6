import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { HeadgateError } from "../../errors.ts";
import type { KeyRow } from "../../store/store.ts";
import { createKey } from "../create-key.ts";
import { parseInput } from "../parse-input.ts";
import type { ServerContext } from "../server-context.ts";

const label = z.string().trim().min(1).max(100);

const newKeyBody = z.strictObject({
  name: label,
  tenant: label.optional(),
  team: label.optional(),
  scopes: z
    .array(z.enum(["call", "admin"]))
    .min(1)
    .max(2)
    .optional(),
});

/** `/admin/v1/keys`: client keys. A change holds from the moment it is answered. */
export function registerAdminKeys(http: FastifyInstance, context: ServerContext): void {
  const { store, clock, keys } = context;
  const onRequest = context.admit("admin");

  http.get("/admin/v1/keys", { onRequest }, async () => {
    const rows = await store.listKeys();
    return { keys: rows.map(toView) };
  });

  http.post("/admin/v1/keys", { onRequest }, async (request, reply) => {
    const { name, tenant, team, scopes } = parseInput(newKeyBody, request.body);
    const { secret, row } = createKey({ name, tenant, team, scopes, nowMs: clock.now() });
    await store.insertKey(row);
    await keys.refresh();
    void reply.code(201);
    return { ...toView(row), secret };
  });

  http.delete<{ Params: { id: string } }>("/admin/v1/keys/:id", { onRequest }, async (request, reply) => {
    const isRevoked = await store.revokeKey(request.params.id, clock.now());
    if (!isRevoked) throw new HeadgateError("key_not_found");
    await keys.refresh();
    void reply.code(204);
    return null;
  });
}

function toView({ sha256: _sha256, ...view }: KeyRow): Omit<KeyRow, "sha256"> {
  return view;
}
