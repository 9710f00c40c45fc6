import { TypeOverrides, types } from "pg";

/** How the driver reads columns: bigint as a number. What we count stays far below 2^53, and the driver hands out text. */
export const readNumbers = new TypeOverrides();
readNumbers.setTypeParser(types.builtins.INT8, Number);
