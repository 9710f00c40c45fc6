export { createScriptedProvider, type ScriptedProvider, type ScriptedProviderOptions } from "./scripted-provider.ts";
export type { ScriptedAnswer, ScriptedUsage } from "./scripted-answer.ts";
export type { Ledger, SeenRequest } from "./ledger.ts";
export {
  createHostileProvider,
  type BadCertificate,
  type HostileProvider,
  type HostileProviderOptions,
  type TlsAddress,
} from "./hostile-provider/hostile-provider.ts";
export { faults } from "./hostile-provider/faults.ts";
export type { Fault, FaultGroup } from "./hostile-provider/fault.ts";
export type { FaultWindow } from "./hostile-provider/fault-rules.ts";
export type { HostileModel } from "./hostile-provider/plan-answer.ts";
export type { HostileDialect } from "./hostile-provider/hostile-request.ts";
export {
  hostilePrices,
  type AnswerEnd,
  type HostileEntry,
  type HostileLedger,
} from "./hostile-provider/hostile-ledger.ts";
export {
  createHostileReceiver,
  type Delivery,
  type HostileReceiver,
  type HostileReceiverOptions,
} from "./hostile-provider/hostile-receiver.ts";
export { receiverFaults, type ReceiverFault } from "./hostile-provider/faults/receiving.ts";
export { createHalfOpenProxy, type HalfOpenProxy, type TcpTarget } from "./hostile-provider/half-open-proxy.ts";
export { createTcpBalancer, type TcpBalancer, type TcpBalancerOptions } from "./hostile-provider/tcp-balancer.ts";
