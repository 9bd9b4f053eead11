import { AgentIdPattern, MaintenanceRequest } from '@rollcall/protocol'
import { object } from '@rollcall/protocol/json-schema'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { AgentRegistryRepository } from '../../domain/agent-registry-repository.ts'
import { widerEntry } from '../../domain/maintenance.ts'
import { requireWellFormed } from '../../domain/well-formed.ts'
import type { AgentReads } from '../access/agent-reads.ts'
import { callerOf } from '../access/request-caller.ts'
import { route } from '../requests/routing.ts'
import { Validator } from '../requests/validation.ts'
import { sendJson } from './agent-routes.ts'
import { maintenanceEntryJson } from './maintenance-json.ts'

const request = new Validator<MaintenanceRequest>(MaintenanceRequest)
const params = new Validator<{ agent_id: string }>(object({ agent_id: AgentIdPattern }), '/path')

/** Adds the routes by which operators decide about agents. */
export function maintenanceRoutes(
  app: FastifyInstance,
  repository: AgentRegistryRepository,
  reads: AgentReads,
): void {
  route(app, 'setMaintenance', async (sent, reply) => {
    const pattern = patternOf(sent)
    const { kind, name } = sent.principal
    const { reason, by = kind === 'anonymous' ? sent.ip : name } = request.parse(sent.body)
    requireWellFormed('/reason', reason)
    requireWellFormed('/by', by)
    const entry = await repository.setMaintenance(pattern, { reason, by }, callerOf(sent))
    return sendJson(reply, maintenanceEntryJson(entry))
  })

  route(app, 'endMaintenance', async (sent, reply) => {
    const pattern = patternOf(sent)
    const ended = await repository.endMaintenance(pattern, callerOf(sent))
    const wider = widerEntry(await repository.maintenance(), pattern)
    const remaining = wider ? maintenanceEntryJson(wider) : null
    return sendJson(
      reply,
      `{"pattern":${JSON.stringify(pattern)},"ended":${ended},"remaining":${remaining}}`,
    )
  })

  reads.route(app, 'listMaintenance', async (_request, reply, agents) => {
    const entries = await agents.maintenance()
    return sendJson(reply, `[${entries.map(maintenanceEntryJson).join(',')}]`)
  })
}

function patternOf(sent: FastifyRequest): string {
  return params.parse(sent.params).agent_id
}
