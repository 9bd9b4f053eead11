/**
 * What a route that an application adds shows of agents. `totals`: possibly any, so only callers that see all agents
 * get it. `nothing`: the others get it as well.
 */
export type ShownByRoute = 'totals' | 'nothing'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Of a route that an application adds; default `totals`. */
    shows?: ShownByRoute
  }
}
