import type { OperationId } from '../../operations/operation.ts'
import { OPERATIONS } from '../../operations/operations.ts'
import { pathPattern } from '../requests/routing.ts'

/** Kinds of requests that an overloaded registry refuses, in that order. */
export const LOAD_CLASSES = ['read', 'change', 'heartbeat'] as const

export type LoadClass = (typeof LOAD_CLASSES)[number]

/**
 * The class of each operation; `never` is never refused: it is how operators see what is wrong and act on it.
 * A deregistration is refused as late as a heartbeat, because it frees resources and few clients repeat it.
 */
export const CLASS_OF: Readonly<Record<OperationId, LoadClass | 'never'>> = {
  registerAgent: 'change',
  heartbeat: 'heartbeat',
  heartbeats: 'heartbeat',
  deregisterAgent: 'heartbeat',
  getAgent: 'read',
  getCard: 'read',
  getWellKnownCard: 'read',
  verifyCard: 'read',
  setCard: 'change',
  removeCard: 'change',
  listAgents: 'read',
  listEvents: 'read',
  agentEvents: 'read',
  listCapabilities: 'read',
  prometheusTargets: 'read',
  mcp: 'read',
  mcpServerCard: 'read',
  ardManifest: 'read',
  aiCatalog: 'read',
  ardSearch: 'read',
  ardEntries: 'read',
  ardEntry: 'read',
  mcpServers: 'read',
  mcpServerVersions: 'read',
  mcpServerVersion: 'read',
  agentServerCard: 'read',
  cleanUp: 'never',
  describeRegistry: 'never',
  health: 'never',
  healthLive: 'never',
  healthReady: 'never',
  metrics: 'never',
  openApiDocument: 'never',
  setMaintenance: 'never',
  listMaintenance: 'never',
  endMaintenance: 'never',
  createToken: 'never',
  listTokens: 'never',
  revokeToken: 'never',
  whoami: 'never',
  createWebhook: 'never',
  listWebhooks: 'never',
  getWebhook: 'never',
  changeWebhook: 'never',
  deleteWebhook: 'never',
  testWebhook: 'never',
}

const ROUTES = Object.entries(OPERATIONS).map(([id, { method, path }]) => ({
  method,
  pattern: pathPattern(path),
  loadClass: CLASS_OF[id as OperationId],
}))

/**
 * Returns the class of a request that no router has seen yet, as the router would find it; undefined: it is never
 * refused.
 */
export function loadClassOf(method: string, url: string): LoadClass | undefined {
  const path = decoded(url.replace(/^\w+:\/\/[^/?#]*/, '').split(/[?#]/, 1)[0] ?? '')
  const verb = method === 'HEAD' ? 'GET' : method
  const route = ROUTES.find((each) => each.method === verb && each.pattern.test(path))
  return route === undefined || route.loadClass === 'never' ? undefined : route.loadClass
}

/** The router decodes paths as well, so that an escaped letter does not lead around this. */
function decoded(path: string): string {
  if (!path.includes('%')) return path
  try {
    return decodeURI(path)
  } catch {
    return path
  }
}
